"""Markers and sections of the timeline, as the desk tells the tape: what lies in a take is written into its files."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple


class Mark(NamedTuple):
    """A place, or a stretch."""

    name: str
    start: int
    """In frames: of the timeline, or of a take, from its first visible frame."""
    frames: int = 0
    """Length of a section; 0: a place."""

    def to_json(self) -> dict[str, Any]:
        """For take.json."""
        return self._asdict()


def timeline_to_json(marks: Iterable[Mark]) -> str:
    """For the block."""
    return json.dumps([list(mark) for mark in marks], ensure_ascii=False)


def timeline_from_json(text: str) -> tuple[Mark, ...]:
    """What `timeline_to_json` made text of; nothing where nothing was told yet."""
    return tuple(Mark(*entry) for entry in json.loads(text)) if text else ()


def marks_within(marks: Iterable[Mark], first: int, end: int) -> tuple[Mark, ...]:
    """Those that lie in frames [first, end), sections as far as they do; in order, counted from where `marks` are."""
    found = []
    for mark in marks:
        begin, stop = max(mark.start, first), min(mark.start + mark.frames, end)
        if mark.frames and begin < stop:
            found.append(Mark(mark.name, begin, stop - begin))
        elif not mark.frames and first <= mark.start < end:
            found.append(mark)
    return tuple(sorted(found, key=lambda mark: (mark.start, mark.frames, mark.name)))
