"""The folder of maps that were made on this desk: what was learnt, taken back step by step, and listed."""

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from studiod.desk.state import put_away, save_text
from studiod.model.parameter import Refused
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.checked_yaml import MapError
from studiod.surfaces.map_text import (
    Section,
    entries,
    entry_line,
    lines_of,
    sections,
    with_entry,
    without_entry,
)
from studiod.surfaces.maps import load_maps, map_in

MAX_STEPS: Final = 64  # that can be taken back
_JOURNAL = ".steps.json"
_NAME = re.compile(r"[a-z0-9-]{1,64}")
_LEADING = ("address", "toggle", "momentary", "trigger", "step")


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry that is put into a map."""

    section: Section
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Change:
    """What is learnt at once."""

    name: str
    """Of the map."""
    head: str
    """The file's first lines, should it not be there yet."""
    edits: tuple[Edit, ...]
    what: str
    """For people: `/strip/3/fader: CC 21 of BeatStep`."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A line of `studioctl learn --list`."""

    address: str
    box: str
    """Name of its map."""
    control: str
    where: str
    """The page or layer it is on; empty for all."""
    comment: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the folder stands after a step."""

    maps: tuple[SurfaceMap, ...] = ()
    faults: tuple[str, ...] = ()
    what: str = ""
    """What was learnt, or taken back."""
    learnt: tuple[Learnt, ...] = ()


@dataclass(slots=True)
class _Step:
    what: str
    file: str
    is_new: bool
    before: list[tuple[Section, str, str | None]] = field(default_factory=list)
    """Entries, and their lines before the step; None where there were none."""
    whole: str | None = None
    """What stood in the file, when the step took it away."""


class OwnMaps:
    """Touches the disk: call it in another thread, one call after the other.

    known: maps that those of the folder may be made from. stamp: what is written behind a line: when it was learnt.
    Raises Refused with a sentence, or OSError.
    """

    def __init__(self, folder: Path, known: Iterable[SurfaceMap], stamp: Callable[[], str]) -> None:
        self.folder = folder
        self._known = tuple(known)
        self._stamp = stamp

    def read(self) -> Outcome:
        """Every map of the folder, and the faults of those that cannot be used."""
        maps, faults = load_maps(self.folder, self._known)
        return Outcome(maps, faults, learnt=self._list())

    def learn(self, change: Change) -> Outcome:
        """Put the lines of `change` into the map of its name, which is made if need be."""
        path = self._path_of(change.name)
        is_new = not path.exists()
        text = change.head if is_new else self._text(path)
        step = _Step(change.what, path.name, is_new)
        for edit in change.edits:
            line = entry_line(edit.key, edit.value, f"learnt {self._stamp()}")
            with _naming(path):
                step.before.append((edit.section, edit.key, lines_of(text, edit.section, edit.key)))
                text = with_entry(text, edit.section, edit.key, line)
        self._keep(path, text, step)
        return replace(self.read(), what=change.what)

    def undo(self) -> Outcome:
        """Take the last step back."""
        steps = self._steps()
        if not steps:
            raise Refused("nothing is left to take back")
        step = steps.pop()
        path = self.folder / step.file
        if step.whole is not None:
            if path.exists():
                raise Refused(f"{path} was made anew since: take it away, then {step.what} can be taken back")
            self._save(path, step.whole)
        elif not path.exists():
            self._write_steps(steps)
            raise Refused(f"{path} is not there any more: there is nothing to take back of {step.what}")
        else:
            self._take_back(path, step)
        self._write_steps(steps)
        return replace(self.read(), what=step.what)

    def _take_back(self, path: Path, step: _Step) -> None:
        text = self._text(path)
        with _naming(path):
            for section, key, lines in reversed(step.before):
                text = without_entry(text, section, key) if lines is None else with_entry(text, section, key, lines)
            is_over = step.is_new and _is_empty(text)
        if is_over:
            put_away(path)
        else:
            self._save(path, text)

    def forget(self, address: str) -> Outcome:
        """Take out every line that binds a control to `address` and nothing else; it can be taken back."""
        found = 0
        for path in sorted(self.folder.glob("*.yaml")):
            text = before = self._text(path)
            step = _Step(f"{address} forgotten", path.name, is_new=False)
            with _naming(path):
                text = _without_address(text, address, step)
            if text != before:
                found += 1
                self._keep(path, text, step, before)
        if not found:
            raise Refused(f"nothing that was learnt leads to {address}; `studioctl learn --list` tells what does")
        return replace(self.read(), what=address)

    # -- files -----------------------------------------------------------------------------------------------------

    def _path_of(self, name: str) -> Path:
        """The file that holds the map `name`, or would."""
        usual = self.folder / f"{name}.yaml"
        if _NAME.fullmatch(name) is None:
            raise Refused(f"{name} is no name of a map; allowed small letters, digits and -, at most 64")
        held = {path: self._name_in(path) for path in sorted(self.folder.glob("*.yaml"))}
        found = next((path for path, other in held.items() if other == name), usual)
        if held.get(found, "") not in ("", name):
            raise Refused(f"{found} holds the map {held[found]}: give that file its name, {held[found]}.yaml")
        return found

    def _name_in(self, path: Path) -> str:
        """The name of the map in a file; empty where there is none that can be used."""
        try:
            return map_in(path.read_text(encoding="utf-8"), str(path), self._bases()).name
        except (MapError, UnicodeDecodeError):
            return ""

    def _bases(self) -> dict[str, SurfaceMap]:
        return {facts.name: facts for facts in self._known}

    def _text(self, path: Path) -> str:
        """What stands in a file that can be used. Raises Refused with its faults: such a file is not written over."""
        try:
            text = path.read_text(encoding="utf-8")
            map_in(text, str(path), self._bases())
        except UnicodeDecodeError:
            raise Refused(f"{path}: is not UTF-8 text; put it right first") from None
        except MapError as fault:
            raise Refused(f"{fault}\nput that right first, or take the file away") from None
        return text

    def _save(self, path: Path, text: str) -> None:
        try:
            map_in(text, str(path), self._bases())
        except MapError as fault:
            raise Refused(f"that would make a map that cannot be read: {fault}") from None
        save_text(path, text)

    def _keep(self, path: Path, text: str, step: _Step, before: str = "") -> None:
        """Save the file, or take it away when nothing is left in it; and note the step."""
        steps = self._steps()
        with _naming(path):
            is_over = _is_empty(text)
        if is_over:
            step.whole = before
            put_away(path)
        else:
            self._save(path, text)
        self._write_steps([*steps, step])

    # -- steps -----------------------------------------------------------------------------------------------------

    def _steps(self) -> list[_Step]:
        """Steps that can be taken back; none where their file is not ours to understand."""
        try:
            return [_step(each) for each in json.loads((self.folder / _JOURNAL).read_text(encoding="utf-8"))]
        except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return []

    def _write_steps(self, steps: list[_Step]) -> None:
        words = [asdict(step) for step in steps[-MAX_STEPS:]]
        save_text(self.folder / _JOURNAL, json.dumps(words, ensure_ascii=False, indent=1))

    def _list(self) -> tuple[Learnt, ...]:
        found: list[Learnt] = []
        for path in sorted(self.folder.glob("*.yaml")):
            try:
                text = self._text(path)
                name = map_in(text, str(path), self._bases()).name
                for section in sections(text):
                    where = section[1] if len(section) > 1 else ""
                    found += [
                        Learnt(address, name, entry.key, where, entry.comment)
                        for entry in entries(text, section)
                        if (address := _address_in(entry.value))
                    ]
            except (Refused, OSError):
                continue  # its faults are told where maps are read
        return tuple(found)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Faults say which file they are of."""
    try:
        yield
    except Refused as fault:
        raise Refused(f"{path}: {fault}") from None


def _without_address(text: str, address: str, step: _Step) -> str:
    """`text` without what leads to `address`, and without controls of its own that do nothing then; noted in `step`."""
    own = {entry.key for entry in entries(text, ("controls",))}
    for section in sections(text):
        for entry in entries(text, section):
            if _address_in(entry.value) == address:
                step.before.append((section, entry.key, lines_of(text, section, entry.key)))
                text = without_entry(text, section, entry.key)
                if entry.key in own and not _is_bound(text, entry.key):
                    step.before.append((("controls",), entry.key, lines_of(text, ("controls",), entry.key)))
                    text = without_entry(text, ("controls",), entry.key)
    return text


def _step(words: Mapping[str, Any]) -> _Step:
    before = [(tuple(map(str, section)), str(key), lines) for section, key, lines in words["before"]]
    file, whole = str(words["file"]), words["whole"]
    texts = (*(lines for _, _, lines in before), whole)
    if Path(file).name != file or not file.endswith(".yaml") or any(not isinstance(each, str | None) for each in texts):
        raise ValueError("no step of ours")
    return _Step(str(words["what"]), file, bool(words["is_new"]), before, whole)


def _address_in(value: str) -> str:
    """The address of a binding that has one."""
    import yaml  # noqa: PLC0415 - start-up does not pay for it

    try:
        binding = yaml.safe_load(value)
    except yaml.YAMLError:
        return ""
    found = [binding[word] for word in _LEADING if word in binding] if isinstance(binding, dict) else []
    return str(found[0]) if found else ""


def _is_empty(text: str) -> bool:
    """No control and no binding is in it."""
    return not any(entries(text, section) for section in (("controls",), *sections(text)))


def _is_bound(text: str, control: str) -> bool:
    return any(entry.key == control for section in sections(text) for entry in entries(text, section))
