"""Writes docs/reference/studioctl.md from the grammar: `python -m studiod.app.control.docs [--check]`."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from studiod.app.control.faults import EXIT_CODES
from studiod.app.control.grammar import COMMANDS, GLOBALS, PROGRAM, Argument, Command

PAGE = Path("reference/studioctl.md")
_HEAD = """\
# studioctl

Written by `python -m studiod.app.control.docs` from `studiod/app/control/grammar.py`; do not edit.

Works a running studiod from a terminal, on the same machine or over the network. It speaks the
[OSC](osc.md) that tablets speak, over TCP, so that a command over Wi-Fi arrives whole or tells you that it did not.

`studioctl --help` lists the commands, `studioctl COMMAND --help` explains one. A first session:
[tutorial](../tutorial.md).
"""
_JSON = """\
## JSON

With `--json` every command prints what is true afterwards as JSON on standard output; complaints stay on standard
error, and on a complaint nothing is printed on standard output. A level of silence (-inf dB), and a meter that nothing
measures, is `null`.

| command | prints |
| --- | --- |
| `status`, `devices` | an object, as `/system/status` and `/system/devices` answer it |
| `takes` | a list of takes, as `/take/list` answers it |
| `proof` | an object, as `/takes/proof` leads to it |
| `takes rename`, `rate`, `tag`, `note` | `take`: as it is listed now |
| `takes trash 3`, `restore` | `takes`: their numbers |
| `takes trash` | a list of `id`, `state`, `name`, `seconds`, `tracks` |
| `takes empty` | `gone`: their numbers |
| `lanes`, `heard`, `top` | a list of strips with their lanes, as `/take/lanes` answers it |
| `sessions`, `sessions rename` ... `note` | a list of sessions |
| `sessions trash`, `restore` | `path`: where it lies |
| `meters` | `strips`, `buses`, `main`, `state`, `position_s`, `position` |
| `arm`, `disarm` | `armed`: everything that is armed now |
| `record`, `play`, `locate` | `state`, `position_s`, `position`, `armed`, `take` (the one being recorded, or null) |
| `keep` | `take`: the take that was made |
| `stop` | the same, and `finished`: the take that ended, or null |
| `fader` ... `name`, `get`, `set` | `values`: a list of `address`, `value`, `text` |
| `learn` | `phase` (bound, undone, forgotten), `sentence`, `number` |
| `learn --list` | a list of `address`, `box`, `control`, `where` (a page or layer), `comment` |
| `watch` | an object on each line: `time`, `address`, `value`, `text` |

What `meters` tells:

| of | |
| --- | --- |
| strips | `strip`, `name`, `peak_db`, `rms_db`, `gate_db`, `comp_db`, `armed`, `muted` |
| buses | `bus`, `name`, `peak_db`, `rms_db`, `comp_db`, `loudness`, `armed`, `muted` |
| main | `peak_left_db`, `rms_left_db`, both `right` too, `limiter_db`, `comp_db`, `loudness`, `armed`, `muted` |
| loudness | `momentary`, `short_term`, `integrated` in LUFS, `lra` in LU, `true_peak` in dBTP |

`gate_db`, `comp_db` and `limiter_db` are gain reduction, 0 and up. `loudness` is null where nothing measures it: on
main while `/loudness/on` is off, on every bus but the one that `/loudness/source` chooses. Silence in it is `"-inf"`,
as `studiod loudness --json` says it.
"""
_WORDS = """\
## Words

- **Targets**: `3`, `1-4`, `1,3,5-7` and `all` are strips, `bus:2`, `bus:1-3` and `bus:all` buses, `main` is main. `all`
  is every strip, not main.
- **Levels** in dB: `-6`, `+3.5`, `-6dB`, `-inf`. Out of range is refused, never bent: [the fader law](fader-law.md).
- **Positions**: `61.5`, `1:01.5`, `0:01:01.500`.
- **Pan**: `L100` ... `C` ... `R100`, or -1 to 1. **Switches**: `on`, `off`, `yes`, `no`, `1`, `0`.
- **Addresses** and what they take: [parameters](../parameters.md). Quote patterns, or the shell eats the `*`.

Colours are shown on a terminal only, and not where `NO_COLOR` is set.
"""


def page() -> str:
    """The reference page, Markdown."""
    return "\n".join(_lines())


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or say that it is stale; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m studiod.app.control.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is not up to date")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="the folder of the handbook (default: docs)")
    options = parser.parse_args(arguments)
    path: Path = options.docs / PAGE
    if path.is_file() and path.read_text(encoding="utf-8") == page():
        return 0
    if options.check:
        sys.stdout.write(f"{path} is not what the commands say; run: python -m studiod.app.control.docs\n")
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {path}\n")
    return 0


def _lines() -> Iterator[str]:
    yield _HEAD
    yield "| command | |\n| --- | --- |"
    yield from (f"| [`{command.name}`](#{command.name}) | {command.summary} |" for command in COMMANDS)
    yield "\n## Options of every command\n\nBefore or behind the command.\n"
    yield from _table(GLOBALS)
    yield "## Exit codes\n\n| code | |\n| --- | --- |"
    yield from (f"| {code} | {meaning} |" for code, meaning in EXIT_CODES)
    yield ""
    yield _WORDS
    yield _JSON
    yield "## Commands\n"
    for command in COMMANDS:
        yield from _section(command)


def _section(command: Command) -> Iterator[str]:
    yield f"### {command.name}\n\n    {command.synopsis}\n\n{command.about}\n"
    if command.arguments:
        yield from _table(command.arguments)
    width = max(len(words) for words, _ in command.examples)
    yield from (f"    {PROGRAM} {words:<{width}}  # {meaning}" for words, meaning in command.examples)
    yield ""


def _table(arguments: Sequence[Argument]) -> Iterator[str]:
    yield "| | |\n| --- | --- |"
    for argument in arguments:
        word = argument.shown.strip("[]").replace("|", "\\|")
        choices = f": {', '.join(argument.choices)}" if argument.choices else ""
        default = f" (default {argument.default_text})" if argument.is_option and argument.default is not None else ""
        yield f"| `{word}` | {argument.help}{choices}{default} |"
    yield ""


if __name__ == "__main__":
    sys.exit(main())
