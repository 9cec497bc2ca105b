"""Which protocol a line speaks, when nobody has said. MIDI is never guessed: it looks like Firmata, and like noise."""

from typing import Literal

from studiod.link.box_lines import Ask, Hello, decode, encode
from studiod.surfaces.serial.deej import readings
from studiod.surfaces.serial.firmata import QUERY_FIRMWARE, FirmataReader, Firmware
from studiod.surfaces.serial.lines import LineCutter

Protocol = Literal["studiod", "deej", "firmata", "slip-osc"]
ASK_S = 1.0
_LONGEST_LINE = 256
_LONGEST_FRAME = 4096
_SLIP_END = b"\xc0"
_OSC_HEADS = (b"/", b"#bundle\0")
_DEEJ_LINES = 3  # one line of numbers may be anybody's


class Detector:
    """Hears one line, and asks it now and then, until it is sure."""

    def __init__(self) -> None:
        self._cutter = LineCutter(_LONGEST_LINE)
        self._firmata = FirmataReader()
        self._frame = b""
        self._deej_lines = 0
        self._asked_at = float("-inf")
        self._asks_firmata = False

    def hear(self, raw: bytes) -> Protocol | None:
        """What is spoken there; None while nobody knows. What was heard until then is lost."""
        for line in self._cutter.feed(raw):
            if isinstance(decode(line), Hello):
                return "studiod"
            found = readings(line)
            self._deej_lines = 0 if found is None else self._deej_lines + 1
            if self._deej_lines >= _DEEJ_LINES:
                return "deej"
        if any(isinstance(word, Firmware) for word in self._firmata.feed(raw)):
            return "firmata"
        return "slip-osc" if self._has_osc(raw) else None

    def say(self, now: float) -> bytes:
        """What makes a box say who it is; once a second, in one tongue after the other."""
        if now - self._asked_at < ASK_S:
            return b""
        self._asked_at = now
        self._asks_firmata = not self._asks_firmata
        return QUERY_FIRMWARE if not self._asks_firmata else b"\n" + encode(Ask())

    def _has_osc(self, raw: bytes) -> bool:
        *frames, self._frame = (self._frame + raw).split(_SLIP_END)
        self._frame = self._frame[-_LONGEST_FRAME:]
        return any(frame.startswith(_OSC_HEADS) and b"\0," in frame and _is_whole(frame) for frame in frames)


def _is_whole(frame: bytes) -> bool:
    return (len(frame) - frame.count(b"\xdb\xdc") - frame.count(b"\xdb\xdd")) % 4 == 0
