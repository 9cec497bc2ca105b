"""A configuration from a file and the command line: everything right, or every fault at once."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from studiod.app.config.checks import contradictions, warnings
from studiod.app.config.faults import MAX_FAULTS, ConfigError, Fault, SettingPath, path_text
from studiod.app.config.messages import Speaker
from studiod.app.config.schema import Config
from studiod.app.config.yamltext import MAX_BYTES, Document, parse_yaml

OPTIONS: Mapping[str, str] = {
    "--host": "audio.host",
    "--library": "tape.library",
    "--osc-port": "osc.port",
}
"""Command-line options that stand for a setting."""

_STATE_FOLDER = "STATE_DIRECTORY"  # systemd.exec(5): folders of StateDirectory=, with colons between them
_CONFIG_FOLDER = "XDG_CONFIG_HOME"
_LISTS_OF_GROUPS = frozenset(
    {
        ("desk", "strips"),
        ("desk", "buses"),
        ("desk", "matrices"),
        ("serial", "ports"),
        ("gpio", "controls"),
        ("surfaces", "use"),
        ("sync", "ports"),
    }
)
_PATHS_FROM_HERE = frozenset({("tape", "library")})  # on the command line a path starts where the user stands


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A configuration that can be used, and what the user should hear about it."""

    config: Config
    warnings: tuple[str, ...]
    path: Path | None


def load_config(
    path: Path | None, overrides: Mapping[str, object] | None = None, *, environment: Mapping[str, str] | None = None
) -> LoadedConfig:
    """Read `path` (None: every default), put `overrides` on top, check everything.

    overrides: by option ("--host") or setting ("audio.host"); None stands for "not given". environment: None takes
    the process's own. Raises ConfigError with every fault; nothing has been changed then, so a configuration loaded
    before stays in force.
    """
    document = _read(path)
    draft = _Draft(document, overrides or {}, os.environ if environment is None else environment)
    config = draft.resolve(Path.cwd() if path is None else path.absolute().parent)
    notes = (
        [f"{document.source} is empty; every setting has its default"] if path is not None and document.is_empty else []
    )
    return LoadedConfig(config, (*notes, *warnings(config)), path)


def to_json(config: Config) -> str:
    """`config` as one line of JSON, for `studiod.app.settings` in the other processes."""
    return json.dumps(config.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))


def _read(path: Path | None) -> Document:
    if path is None:
        return Document("defaults", {}, {})
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)  # one more shows that it is too large, whatever the folder says
    except FileNotFoundError:
        raise ConfigError(
            [Fault(str(path), None, "there is no such file; give another with --config, or none")]
        ) from None
    except (OSError, ValueError) as fault:
        reason = (getattr(fault, "strerror", None) or str(fault)).lower()
        raise ConfigError([Fault(str(path), None, f"cannot be read: {reason}")]) from None
    return parse_yaml(raw, str(path))


class _Draft:
    """What the user wrote, wherever it was written, on its way to a Config."""

    def __init__(self, document: Document, overrides: Mapping[str, object], environment: Mapping[str, str]) -> None:
        self._document = document
        self._sources: dict[SettingPath, str] = {}
        self._faults = list(document.faults)
        self._data: dict[str, Any] = {**document.data}
        state_folder = environment.get(_STATE_FOLDER, "").partition(":")[0]
        if state_folder and not self.is_written(("tape", "library")):
            self._override(("tape", "library"), state_folder, f"${_STATE_FOLDER}")
        if not self.is_written(("surfaces", "own_maps")):
            self._place_own_maps(state_folder, environment.get(_CONFIG_FOLDER, ""))
        for source, value in overrides.items():
            if value is not None:
                self._override(tuple(OPTIONS.get(source, source).split(".")), value, source)

    def is_written(self, path: SettingPath) -> bool:
        """True when the user gave this very setting."""
        place: Any = self._data
        for step in path:
            is_item = isinstance(step, int) and isinstance(place, list) and step < len(place)
            if not is_item and not (isinstance(place, dict) and step in place):
                return False
            place = place[step]
        return True

    def resolve(self, base: Path) -> Config:
        """The checked configuration; relative paths in the file start at `base`. Raises ConfigError."""
        context = {"base": base}
        dropped: tuple[SettingPath, ...] = ()
        config: Config | None
        try:
            config = Config.model_validate(self._data, context=context)
        except ValidationError as error:
            found = error.errors(include_url=False)
            self._say(found)
            dropped = tuple(self._removable(tuple(detail["loc"])) for detail in found[:MAX_FAULTS])
            config = self._without(dropped, context) if len(found) <= MAX_FAULTS else None
        for contradiction in contradictions(config, self.is_written) if config is not None else ():
            if not any(_overlap(path, other) for path in contradiction.paths for other in dropped):
                self._faults.append(self._fault(contradiction.paths[0], contradiction.text))
        if config is None or self._faults:
            raise ConfigError(self._faults)
        return config

    def _place_own_maps(self, state_folder: str, config_folder: str) -> None:
        """A service has no home of its own to write to; others may have moved their folder of configurations."""
        if state_folder:
            self._override(("surfaces", "own_maps"), f"{state_folder}/.maps", f"${_STATE_FOLDER}")
        elif config_folder.startswith("/"):  # the XDG specification: relative ones are not heeded
            self._override(("surfaces", "own_maps"), f"{config_folder}/studiod/maps", f"${_CONFIG_FOLDER}")

    def _override(self, path: SettingPath, value: object, source: str) -> None:
        *groups, last = path
        if isinstance(value, Path):
            value = str(value)
        if path in _PATHS_FROM_HERE and isinstance(value, str) and value.strip() and not value.startswith("~"):
            value = str(Path.cwd() / value)
        place: dict[str, Any] = self._data
        for step in map(str, groups):
            inner = place.get(step)
            if inner is not None and not isinstance(inner, dict):
                return  # the file has no group there: that is the fault to report
            place[step] = {**(inner or {})}
            place = place[step]
        place[str(last)] = value
        self._sources[path] = source

    def _fault(self, path: SettingPath, text: str) -> Fault:
        for end in range(len(path), 0, -1):
            if path[:end] in self._sources:
                return Fault(self._sources[path[:end]], None, text)
        return Fault(self._document.source, self._document.line(path), text)

    def _say(self, errors: Iterable[ErrorDetails]) -> None:
        speaker = Speaker(Config.model_json_schema())
        ordered = sorted(errors, key=lambda error: self._document.line(tuple(error["loc"])) or 0)
        for i, error in enumerate(ordered):
            path: SettingPath = tuple(error["loc"])
            # Nobody reads past MAX_FAULTS, and guessing what was meant takes time.
            self._faults.append(
                self._fault(path, speaker.sentence(error) if i < MAX_FAULTS else f"{path_text(path)} is wrong")
            )

    def _removable(self, path: SettingPath) -> SettingPath:
        """The smallest written part around `path` that has a default to take its place."""
        for end in range(len(path), 1, -1):
            is_item = isinstance(path[end - 1], int)
            if self.is_written(path[:end]) and (not is_item or path[: end - 1] in _LISTS_OF_GROUPS):
                return path[:end]
        return path[:1]

    def _without(self, dropped: Iterable[SettingPath], context: dict[str, Path]) -> Config | None:
        """The configuration with defaults where it is wrong, so that contradictions are found in the same run."""
        data = self._data
        for path in dropped:
            data = cast("dict[str, Any]", _removed(data, path))
        try:
            return Config.model_validate(data, context=context)
        except ValidationError:
            return None


def _overlap(one: SettingPath, other: SettingPath) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _removed(place: object, path: SettingPath) -> object:
    """A copy of `place` without the setting at `path` (a list item becomes {}); `place` itself where there is none."""
    step, rest = path[0], path[1:]
    if isinstance(place, list) and isinstance(step, int):
        return [(_removed(item, rest) if rest else {}) if i == step else item for i, item in enumerate(place)]
    if not isinstance(place, dict) or step not in place:
        return place
    kept = {key: item for key, item in place.items() if key != step}
    return {**kept, step: _removed(place[step], rest)} if rest else kept
