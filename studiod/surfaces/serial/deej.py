"""deej: sliders as lines of numbers, `512|1023|0` CR LF, over and over. Nothing is ever said to the board."""

import re
from collections.abc import Mapping

from studiod.link.box_controls import SerialControl, SerialKind
from studiod.surfaces.base import Gesture, Moved
from studiod.surfaces.serial.backlash import NOISE, Backlash
from studiod.surfaces.serial.lines import LineCutter

TOP = 1023  # a 10 bit converter
_LONGEST_LINE = 256
_LINE = re.compile(rb"\d{1,4}(?:\|\d{1,4})*\r")


def readings(line: bytes) -> tuple[int, ...] | None:
    """The numbers of one line (without its LF); None for anything that is not exactly one."""
    if _LINE.fullmatch(line) is None:
        return None
    found = tuple(map(int, line[:-1].split(b"|")))
    return found if max(found) <= TOP else None


class DeejTalk:
    """The sliders of one board, `slider/1` and on. Another number of them is another board."""

    says = ""

    def __init__(self, noise: int = NOISE) -> None:
        self.greeted = 0
        self._noise = noise
        self._cutter = LineCutter(_LONGEST_LINE)
        self._bad_lines = 0
        self._sliders: list[Backlash] = []
        self._controls: dict[str, SerialControl] = {}

    @property
    def junk(self) -> int:
        """Lines that were none of deej's."""
        return self._bad_lines + self._cutter.too_long

    @property
    def controls(self) -> Mapping[str, SerialControl]:
        """The sliders."""
        return self._controls

    @property
    def is_ready(self) -> bool:
        """Whether a whole line was heard."""
        return bool(self._sliders)

    @property
    def note(self) -> str:
        """How many sliders there are."""
        return (
            f"deej, {len(self._sliders)} sliders" if self._sliders else "waiting for a line of numbers, as deej sends"
        )

    def hear(self, raw: bytes, now: float) -> list[Gesture]:
        """Where sliders stand now that stood elsewhere; only the last line counts, for it says everything."""
        del now
        last: tuple[int, ...] | None = None
        for line in self._cutter.feed(raw):
            found = readings(line)
            if found is None:
                self._bad_lines += 1
            else:
                last = found
        if last is None:
            return []
        if len(last) != len(self._sliders):
            self._meet(len(last))
        travels = [slider.move(reading) for slider, reading in zip(self._sliders, last, strict=True)]
        return [Moved(name, travel) for name, travel in zip(self._controls, travels, strict=True) if travel is not None]

    def say(self, now: float) -> bytes:  # noqa: ARG002 - as Talk asks
        """Nothing."""
        return b""

    def show(self, control: str, step: int, colour: int | None = None) -> bytes:  # noqa: ARG002 - as Talk asks
        """Nothing: sliders show nothing."""
        return b""

    def write(self, control: str, text: str) -> bytes:  # noqa: ARG002 - as Talk asks
        """Nothing."""
        return b""

    def _meet(self, count: int) -> None:
        self.greeted += 1
        self._sliders = [Backlash(TOP, self._noise) for _ in range(count)]
        steps = TOP + 1 - 2 * self._noise
        names = [f"slider/{number}" for number in range(1, count + 1)]
        self._controls = {name: SerialControl(name, SerialKind.FADER, steps) for name in names}
