"""Markers on the timeline, and sections between two of them. They belong to the session, and are kept with it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from studiod.link.timeline import Mark
from studiod.model.parameter import TEXT_BYTES, Refused
from studiod.model.transport import LONGEST_S, timecode

MOST_MARKERS = 2000
MOST_SECTIONS = 500


@dataclass(frozen=True, slots=True)
class Marker:
    """A place; `position` in frames."""

    number: int
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Section:
    """From one marker to another, by their numbers: it moves with them."""

    number: int
    name: str
    start: int
    end: int


class Markers:
    """All of a session. Numbers stay with what they were given to; names are anybody's.

    on_change: called after every change, for who keeps them. tell: is given all of them, for the tape.
    """

    def __init__(self, rate_hz: int, tell: Callable[[Sequence[Mark]], None] = lambda _: None) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._tell = tell
        self._rate_hz = rate_hz
        self._markers: dict[int, Marker] = {}
        self._sections: dict[int, Section] = {}

    # -- reading ---------------------------------------------------------------------------------------------------

    @property
    def markers(self) -> list[Marker]:
        """Every marker, in the order of their places."""
        return sorted(self._markers.values(), key=lambda marker: (marker.position, marker.number))

    @property
    def sections(self) -> list[Section]:
        """Every section, in the order of their places."""
        return sorted(
            self._sections.values(), key=lambda section: (self.marker(section.start).position, section.number)
        )

    def marker(self, number: float) -> Marker:
        """Marker `number`. Raises Refused when there is none."""
        found = self._markers.get(int(number)) if number == math.floor(number) else None
        if found is None:
            raise Refused(f"/marker: there is no marker {number:g}; {_there_are(self._markers, 'marker')}")
        return found

    def section(self, number: float) -> Section:
        """Section `number`. Raises Refused when there is none."""
        found = self._sections.get(int(number)) if number == math.floor(number) else None
        if found is None:
            raise Refused(f"/section: there is no section {number:g}; {_there_are(self._sections, 'section')}")
        return found

    def after(self, position: int) -> Marker:
        """The first marker behind `position`. Raises Refused when there is none."""
        found = next((marker for marker in self.markers if marker.position > position), None)
        if found is None:
            raise Refused("/marker/next: there is no marker behind this position")
        return found

    def before(self, position: int) -> Marker:
        """The last marker before `position`. Raises Refused when there is none."""
        found = next((marker for marker in reversed(self.markers) if marker.position < position), None)
        if found is None:
            raise Refused("/marker/previous: there is no marker before this position")
        return found

    @property
    def marks(self) -> list[Mark]:
        """All of them, as the tape knows them."""
        places = [Mark(marker.name, marker.position) for marker in self.markers]
        for section in self.sections:
            start, end = (self.marker(number).position for number in (section.start, section.end))
            places.append(Mark(section.name, start, end - start))
        return places

    def report(self) -> dict[str, Any]:
        """For the outside: JSON, in order, with seconds and clock."""
        return {
            "rate_hz": self._rate_hz,
            "markers": [{**asdict(marker), **self._place("", marker.position)} for marker in self.markers],
            "sections": [
                {
                    **asdict(section),
                    **self._place("start_", self.marker(section.start).position),
                    **self._place("end_", self.marker(section.end).position),
                }
                for section in self.sections
            ],
        }

    def _place(self, which: str, position: int) -> dict[str, Any]:
        return {f"{which}s": position / self._rate_hz, f"{which}time": timecode(position, self._rate_hz)}

    # -- changing: each raises Refused and changes nothing when it cannot be -----------------------------------------

    def add(self, position: int, name: str = "") -> Marker:
        """Set a marker at `position`; without a name it is called by its number."""
        if len(self._markers) >= MOST_MARKERS:
            raise Refused(f"/marker/add: there are {MOST_MARKERS} markers already: delete some first")
        number = max(self._markers, default=0) + 1
        marker = Marker(number, _name("/marker/add", name) or f"Marker {number}", max(position, 0))
        self._markers[number] = marker
        self._changed()
        return marker

    def rename(self, number: float, name: str) -> None:
        """Call marker `number` something else."""
        marker = self.marker(number)
        self._markers[marker.number] = replace(marker, name=_given("/marker/rename", name))
        self._changed()

    def delete(self, number: float) -> None:
        """Delete marker `number`; one that bounds a section stays as long as that."""
        marker = self.marker(number)
        for section in self.sections:
            if marker.number in {section.start, section.end}:
                raise Refused(
                    f"/marker/delete: marker {marker.number} bounds section {section.number} ({section.name}): "
                    "delete that first"
                )
        del self._markers[marker.number]
        self._changed()

    def add_section(self, name: str, start: float, end: float) -> Section:
        """Call what lies between two markers something."""
        first, last = self.marker(start), self.marker(end)
        if first.position >= last.position:
            raise Refused(f"/section/add: marker {first.number} is not before marker {last.number}")
        if len(self._sections) >= MOST_SECTIONS:
            raise Refused(f"/section/add: there are {MOST_SECTIONS} sections already: delete some first")
        number = max(self._sections, default=0) + 1
        section = Section(number, _given("/section/add", name), first.number, last.number)
        self._sections[number] = section
        self._changed()
        return section

    def rename_section(self, number: float, name: str) -> None:
        """Call section `number` something else."""
        section = self.section(number)
        self._sections[section.number] = replace(section, name=_given("/section/rename", name))
        self._changed()

    def delete_section(self, number: float) -> None:
        """Delete section `number`; its markers stay."""
        del self._sections[self.section(number).number]
        self._changed()

    # -- kept ------------------------------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """For the session file: positions in seconds, so that they stay where they are at another rate."""
        return {
            "markers": [
                {"number": each.number, "name": each.name, "position_s": each.position / self._rate_hz}
                for each in self.markers
            ],
            "sections": [asdict(each) for each in self.sections],
        }

    def restore(self, document: Mapping[str, Any]) -> list[str]:
        """Take over what `document` returned once; a sentence for each that does not fit, which is left out."""
        self._markers, self._sections = {}, {}
        faults: list[str] = []
        for kind, take in (("markers", self._take_marker), ("sections", self._take_section)):
            found = document.get(kind)
            entries: list[Any] = found if isinstance(found, list) else []
            for entry in entries:
                try:
                    take(entry)
                except (Refused, KeyError, TypeError, ValueError, OverflowError) as fault:
                    faults.append(f"{kind}: {entry!r:.80} is left out ({fault})")
        self._tell(self.marks)
        return faults

    def _changed(self) -> None:
        self._tell(self.marks)
        self.on_change()

    def _take_marker(self, entry: Mapping[str, Any]) -> None:
        number, seconds = int(entry["number"]), float(entry["position_s"])
        if number < 1 or number in self._markers or not 0.0 <= seconds <= LONGEST_S:
            raise Refused(f"allowed are numbers from 1 on, each once, and 0..{LONGEST_S:g} s")
        self._markers[number] = Marker(number, _given("name", str(entry["name"])), round(seconds * self._rate_hz))

    def _take_section(self, entry: Mapping[str, Any]) -> None:
        number = int(entry["number"])
        first, last = self.marker(int(entry["start"])), self.marker(int(entry["end"]))
        if number < 1 or number in self._sections or first.position >= last.position:
            raise Refused("allowed are numbers from 1 on, each once, from one marker to a later one")
        self._sections[number] = Section(number, _given("name", str(entry["name"])), first.number, last.number)


def _name(address: str, name: str) -> str:
    if not name.isprintable() or len(name.encode(errors="replace")) > TEXT_BYTES:  # a lone surrogate is not printable
        raise Refused(f"{address}: that name is too long or unprintable; allowed are {TEXT_BYTES} bytes, printable")
    return name.strip()


def _given(address: str, name: str) -> str:
    if not (given := _name(address, name)):
        raise Refused(f"{address}: a name is needed")
    return given


def _there_are(numbers: Mapping[int, object], word: str) -> str:
    shown = ", ".join(map(str, sorted(numbers)[:20]))
    return f"there are {shown}" if shown else f"there is no {word} at all"
