"""What pydantic found, said as studiod says it: the setting, its value, what is allowed, what was probably meant."""

import difflib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from studiod.app.config.faults import SettingPath, path_text, value_text
from studiod.app.config.values import Unfit

Schema = Mapping[str, Any]
"""A part of a JSON Schema, as pydantic writes it."""

_ON = frozenset({"on", "yes", "y", "1", "true"})
_OFF = frozenset({"off", "no", "n", "0", "false"})
_NUMBER = re.compile(r"[-+]?(\d[\d_]*([.,]\d+)?|[.,]\d+)")
_SLIPS = (10, 0.1, 1000, 0.001)  # a zero too few or too many; kHz for Hz, ms for s
_LONGEST_KEY = 64  # difflib takes quadratic time


class Speaker:
    """Turns validation errors into sentences. `schema`: the whole JSON Schema of a configuration."""

    def __init__(self, schema: Schema) -> None:
        self._root = schema
        self._homes = {str(path[-1]): path for path in self._paths((), schema) if len(path) > 1}

    def sentence(self, error: ErrorDetails) -> str:
        """One sentence, without the file and the line."""
        path: SettingPath = tuple(error["loc"])
        if error["type"] == "extra_forbidden":
            return self._unknown(path)
        schema = self._at(path)
        value = error["input"]
        reason = error.get("ctx", {}).get("error")
        said = f"{path_text(path)} is {value_text(value)}"
        if error["type"] in ("too_short", "too_long") and isinstance(value, list):
            said += f" of {len(value)}"
        if isinstance(reason, Unfit):
            said += f", which {reason}"
        meant = (reason.meant if isinstance(reason, Unfit) else None) or self._meant(value, schema)
        return f"{said}; allowed {self.allowed(schema)}{_question(meant)}"

    def allowed(self, schema: Schema) -> str:
        """What a setting may be, in words."""
        plain = schema if "x-allowed" in schema else self._plain(schema)
        if "x-allowed" in plain:
            return str(plain["x-allowed"])
        if "enum" in plain:
            return ", ".join(str(choice) for choice in plain["enum"])
        if "properties" in plain:
            return f"a group of settings: {', '.join(plain['properties'])}"
        if "minimum" in plain:
            return f"{plain['minimum']:g}..{plain['maximum']:g}{' (whole)' if plain['type'] == 'integer' else ''}"
        return {"boolean": "true or false", "array": "a list"}.get(plain["type"], "text")

    # -- unknown keys ------------------------------------------------------------------------------------------------

    def _unknown(self, path: SettingPath) -> str:
        known = tuple(self._at(path[:-1]).get("properties", ()))
        key = str(path[-1])[:_LONGEST_KEY]
        close = difflib.get_close_matches(key.lower(), known, n=1)
        if not close:
            elsewhere = difflib.get_close_matches(key.lower(), self._homes, n=1, cutoff=0.8)
            close = [path_text(self._homes[name]) for name in elsewhere]
        return f"{path_text(path)} is no setting; allowed {', '.join(known)}{_question(close[0] if close else None)}"

    def _paths(self, path: SettingPath, schema: Schema) -> Iterator[SettingPath]:
        for key, inner in self._plain(schema).get("properties", {}).items():
            yield (*path, key)
            yield from self._paths((*path, key), inner)

    # -- finding a setting in the schema -----------------------------------------------------------------------------

    def _at(self, path: Sequence[str | int]) -> Schema:
        schema: Schema = self._root
        for step in path:
            schema = self._step(schema, step)
        return schema if "x-allowed" in schema else self._plain(schema)

    def _step(self, schema: Schema, step: str | int) -> Schema:
        for branch in self._branches(schema):
            if isinstance(step, int) and "items" in branch:
                return branch["items"]  # type: ignore[no-any-return]
            if isinstance(step, str) and step in branch.get("properties", {}):
                return branch["properties"][step]  # type: ignore[no-any-return]
        return {}

    def _branches(self, schema: Schema) -> Iterator[Schema]:
        if "$ref" in schema:
            schema = self._root["$defs"][schema["$ref"].rpartition("/")[2]]
        if "anyOf" not in schema:
            yield schema
        for branch in schema.get("anyOf", ()):
            yield from self._branches(branch)

    def _plain(self, schema: Schema) -> Schema:
        """The first branch that is not null, references followed."""
        return next((branch for branch in self._branches(schema) if branch.get("type") != "null"), {})

    # -- what was probably meant -------------------------------------------------------------------------------------

    def _meant(self, value: object, schema: Schema) -> str | None:
        plain = self._plain(schema)
        kind = plain.get("type")
        if "enum" in plain:
            return _choice(value, plain["enum"])
        if kind == "boolean":
            word = str(value).lower()
            return "true" if word in _ON else "false" if word in _OFF else None
        if kind == "string":
            return f'"{value_text(value)}"' if isinstance(value, bool | int | float) else None
        if kind in ("integer", "number"):
            return _number(value, plain["minimum"], plain["maximum"], is_whole=kind == "integer")
        if kind == "array" and isinstance(value, str) and _is_short(value):
            return f"[{value}]"
        return None


def _question(meant: str | None) -> str:
    return f". Did you mean {meant}?" if meant else ""


def _is_short(text: str) -> bool:
    return text.isprintable() and 0 < len(text) <= _LONGEST_KEY


def _choice(value: object, choices: Sequence[str | int]) -> str | None:
    words = [str(choice) for choice in choices]
    number = _spoken_number(value)
    if any(isinstance(choice, str) for choice in choices) or number is None:
        return next(iter(difflib.get_close_matches(str(value)[:_LONGEST_KEY].lower(), words, n=1)), None)
    for slip in (1, *_SLIPS):
        exact = [str(choice) for choice in choices if abs(number * slip - float(choice)) < 1.0]
        if exact:
            return exact[0]
    nearest = min((float(choice) for choice in choices), key=lambda choice: abs(choice - number))
    return f"{nearest:g}" if nearest / 2 <= number <= nearest * 2 else None


def _spoken_number(value: object) -> float | None:
    """The number in `value`: 1_000, "0,25", "120 bpm"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    found = _NUMBER.match(value.strip()) if isinstance(value, str) and _is_short(value) else None
    return float(found.group().replace("_", "").replace(",", ".")) if found else None


def _number(value: object, low: float, high: float, *, is_whole: bool) -> str | None:
    number = _spoken_number(value)
    if number is None or not math.isfinite(number):
        return None
    for slip in (1, *_SLIPS):
        meant = number * slip
        if is_whole:
            if abs(meant - round(meant)) > 1e-9 * abs(meant):
                continue
            meant = round(meant)
        if low <= meant <= high and meant != value:
            return f"{meant:.10g}"
    return None
