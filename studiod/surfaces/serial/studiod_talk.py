"""studiod's own line protocol, our end: greet the box, hear it, show it things, notice when it is gone."""

import itertools
from collections.abc import Iterator, Mapping

from studiod.link.box_controls import SerialControl, SerialKind
from studiod.link.box_lines import (
    LAMP_LEVELS,
    LONGEST_LINE,
    MOST_TEXT,
    VERSION,
    Ask,
    Description,
    Hello,
    Lamp,
    Line,
    Ping,
    Position,
    Ready,
    Switch,
    Text,
    Touch,
    Turn,
    decode,
    encode,
)
from studiod.surfaces.base import Gesture, Moved, Pressed, Released, Touched, Turned
from studiod.surfaces.serial.lines import LineCutter
from studiod.surfaces.serial.talk import latest

ASK_S = 1.0  # a board that boots hears nothing: it is asked again
PING_S = 1.0
SILENT_S = 3.5  # three pings without an answer, nor any other line
_POSITIONS = (SerialKind.FADER, SerialKind.KNOB)
_PLACES = (*_POSITIONS, SerialKind.ENCODER)
_LEVELS = (SerialKind.LAMP, SerialKind.BUTTON)
_LAST_PING = 65_536


class StudiodTalk:
    """The box on one line. Nothing it says counts before it has described itself; a new hello begins all anew."""

    def __init__(self) -> None:
        self.greeted = 0
        self.hello: Hello | None = None
        """Who the box says it is."""
        self.pings_answered = 0
        self._cutter = LineCutter(LONGEST_LINE)
        self._bad_lines = 0
        self._is_ready = False
        self._described: dict[int, SerialControl] = {}
        self._names: dict[str, tuple[int, SerialControl]] = {}
        self._asked_at = self._pinged_at = self._heard_at = float("-inf")
        self._pings = itertools.cycle(range(_LAST_PING))

    @property
    def junk(self) -> int:
        """Lines with a wrong checksum, or without a meaning."""
        return self._bad_lines + self._cutter.too_long

    @property
    def controls(self) -> Mapping[str, SerialControl]:
        """What the box has described."""
        return {name: control for name, (_, control) in self._names.items()} if self._is_ready else {}

    @property
    def is_ready(self) -> bool:
        """Whether the box has described itself, and answers."""
        return self._is_ready

    @property
    def says(self) -> str:
        """What the box calls itself."""
        return self.hello.name if self.hello is not None else ""

    @property
    def note(self) -> str:
        """Who the box is, or what is wrong with it."""
        if self.hello is None:
            return "waiting for the box to say who it is"
        who = f"{self.hello.name} {self.hello.firmware}"
        if self.hello.version > VERSION:
            return f"{who} speaks version {self.hello.version} of the protocol; allowed {VERSION}: update studiod"
        return who if self._is_ready else f"{who} does not answer, or its description does not arrive whole"

    def hear(self, raw: bytes, now: float) -> list[Gesture]:
        """See Talk."""
        gestures: list[Gesture] = []
        for piece in self._cutter.feed(raw):
            line = decode(piece)
            if line is None:
                self._bad_lines += 1
                continue
            self._heard_at = now
            if not self._learn(line, now) and self._is_ready:
                gestures += self._gestures(line)
        return latest(gestures)

    def say(self, now: float) -> bytes:
        """Ask who it is until it has said so; then a ping now and then."""
        if self._is_ready and now - self._heard_at > SILENT_S:
            self._is_ready = False
        if not self._is_ready:
            if now - self._asked_at < ASK_S:
                return b""
            self._asked_at = now
            return b"\n" + encode(Ask())  # whatever the line holds of before ends here
        if now - self._pinged_at < PING_S:
            return b""
        self._pinged_at = now
        return encode(Ping(next(self._pings)))

    def show(self, control: str, step: int, colour: int | None = None) -> bytes:
        """See Talk."""
        number, facts = self._names.get(control, (0, None))
        if facts is None or not self._is_ready:
            return b""
        if facts.kind in _PLACES and (facts.has_motor or facts.has_lamp):
            return encode(Position(number, min(max(step, 0), facts.steps - 1)))
        if facts.kind in _LEVELS and (facts.has_lamp or facts.kind is SerialKind.LAMP):
            step = min(max(step, 0), facts.steps - 1)
            return encode(Lamp(number, round(step * (LAMP_LEVELS - 1) / (facts.steps - 1)), colour))
        return b""

    def write(self, control: str, text: str) -> bytes:
        """What makes display `control` show `text`, cut to its letters; nothing when it is no display."""
        number, facts = self._names.get(control, (0, None))
        if facts is None or not self._is_ready or facts.kind is not SerialKind.DISPLAY:
            return b""
        shown = "".join(letter if letter.isprintable() else " " for letter in text)[: min(facts.steps, MOST_TEXT)]
        while True:
            try:
                return encode(Text(number, shown))
            except ValueError:
                shown = shown[:-1]  # letters beyond ASCII take several bytes

    # -- inside ----------------------------------------------------------------------------------------------------

    def _learn(self, line: Line, now: float) -> bool:
        """Take in what the box says of itself; whether that was it."""
        match line:
            case Hello():
                self.hello, self._is_ready = line, False
                self._described.clear()
                self._asked_at = now  # what follows needs its time
            case Description() if self.hello is not None and not self._is_ready:
                self._described[line.number] = line.control
            case Ready() if self.hello is not None and not self._is_ready:
                self._settle(self.hello)
            case Ping():
                self.pings_answered += 1
            case Description() | Ready():
                pass
            case _:
                return False
        return True

    def _settle(self, hello: Hello) -> None:
        names = {control.name: (number, control) for number, control in self._described.items()}
        if hello.version > VERSION or len(self._described) != hello.controls or len(names) != hello.controls:
            return  # a line was lost: it is asked again
        self._names, self._is_ready = names, True
        self.greeted += 1

    def _gestures(self, line: Line) -> Iterator[Gesture]:
        facts = self._described.get(getattr(line, "number", -1))
        if facts is None:
            self._bad_lines += 1
            return
        match line:
            case Position() if facts.kind in _POSITIONS and line.step < facts.steps:
                yield Moved(facts.name, facts.travel(line.step))
            case Turn() if facts.kind is SerialKind.ENCODER:
                if line.steps:
                    yield Turned(facts.name, line.steps)
            case Switch() if facts.kind in (SerialKind.BUTTON, SerialKind.ENCODER):
                yield Pressed(facts.name) if line.is_down else Released(facts.name)
            case Touch() if facts.has_touch:
                yield Touched(facts.name) if line.is_there else Released(facts.name)
            case _:
                self._bad_lines += 1
