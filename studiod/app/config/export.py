"""Writes config/schema.json (for editors) and docs/reference/config.md (for people) from the schema.

`python -m studiod.app.config.export` in the root of the source tree; with `--check` it writes nothing and fails when
one of them is out of date.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from studiod.app.config.load import OPTIONS
from studiod.app.config.messages import Speaker
from studiod.app.config.schema import Config

_INTRO = """\
# Configuration

Every setting of studiod, its default and what it may be. This page is written by `python -m studiod.app.config.export`.

A configuration is a YAML file given with `studiod run --config FILE`. Write only what differs from the default;
[studiod.yaml](../../config/studiod.yaml) shows every setting. Editors with a YAML language server complete and check
it as you type: keep the first line of the examples.

Nothing starts on a file with a mistake in it: every mistake is named at once with its line, what is allowed, and what
was probably meant. Unknown settings and settings given twice are mistakes. Lists are counted from 1 in messages, as
strips are on the desk. Only `true` and `false` are yes and no. Relative paths start at the folder of the file.
A file is at most 1 MiB, nested at most 50 deep, with at most 100 aliases; YAML tags are not read.
"""


_ITEMS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "desk": (("Strip", "strips"), ("Bus", "buses"), ("Matrix", "matrices")),
    "serial": (("SerialPort", "ports"),),
    "gpio": (("GpioControl", "controls"),),
    "surfaces": (("SurfaceUse", "use"), ("SurfacePedal", "pedals")),
    "sync": (("SyncPort", "ports"),),
}
"""Sections with lists of groups: the model of one of the list, and the setting."""


def schema_text() -> str:
    """JSON Schema of a configuration file, draft 2020-12, for editors."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_without_titles(Config.model_json_schema())}
    return json.dumps({**schema, "title": "studiod configuration"}, indent=2, ensure_ascii=False) + "\n"


def reference_text() -> str:
    """The reference page, Markdown."""
    schema = Config.model_json_schema()
    return "\n".join([_INTRO, *_pages(schema), *_options()])


FILES: Mapping[str, Callable[[], str]] = {
    "config/schema.json": schema_text,
    "docs/reference/config.md": reference_text,
}
"""What is written, relative to the root of the source tree."""


def main(arguments: list[str] | None = None) -> int:
    """Write or check the files; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m studiod.app.config.export", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is out of date")
    parser.add_argument("--root", type=Path, default=Path(), help="root of the source tree")
    options = parser.parse_args(arguments)
    stale = []
    for name, render in FILES.items():
        path = options.root / name
        text = render()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name}: {'out of date' if options.check else 'written'}\n")
    return 1 if options.check and stale else 0


def _without_titles(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """`schema` without the titles pydantic makes of the names; a setting may itself be called title."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _without_titles(item) for key, item in schema.items() if key != "title" or isinstance(item, dict)}


def _pages(schema: Mapping[str, Any]) -> Iterator[str]:
    speaker = Speaker(schema)
    for name, section in schema["properties"].items():
        definition = schema["$defs"][section["$ref"].rpartition("/")[2]]
        yield f"## {name}\n\n{definition['description']}\n"
        yield from _table(speaker, definition)
        for item, words in _ITEMS.get(name, ()):
            yield f"### Each of `{words}`\n\n{schema['$defs'][item]['description']}\n"
            yield from _table(speaker, schema["$defs"][item])


def _table(speaker: Speaker, definition: Mapping[str, Any]) -> Iterator[str]:
    yield "| setting | default | allowed | |\n| --- | --- | --- | --- |"
    for name, setting in definition["properties"].items():
        default = _default(setting["default"]) if "default" in setting else ""
        yield f"| `{name}` | {default} | {speaker.allowed(setting)} | {setting['description']} |"
    yield ""


def _default(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, list):
        return "<br>".join(f"`{item}`" for item in value) or "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _options() -> Iterator[str]:
    yield "## Options of the command line\n\nThey win over the file.\n\n| option | setting |\n| --- | --- |"
    yield from (f"| `{option}` | `{setting}` |" for option, setting in OPTIONS.items())
    yield ""


if __name__ == "__main__":
    sys.exit(main())
