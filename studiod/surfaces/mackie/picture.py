"""A simulated Mackie Control as a person sees it in a terminal."""

from typing import Final

from studiod.surfaces.mackie.simulator import MASTER_FADER, Simulator
from studiod.surfaces.mackie.words import TOP, Colour, Lamp, RingMode

ROWS: Final = 9
"""Lines of a fader's throw."""
_CELL: Final = 7  # as on the glass, so that a sentence over all strips can be read
_COLOUR_CODES: Final = {colour: 90 if colour is Colour.OFF else 30 + colour for colour in Colour}
_KEYS: Final = [
    "track",
    "send",
    "pan",
    "plugin",
    "eq",
    "instrument",
    "flip",
    "global-view",
    "name-value",
    "smpte-beats",
]
_TRANSPORT: Final = [
    "rewind",
    "forward",
    "stop",
    "play",
    "record",
    "cycle",
    "drop",
    "replace",
    "click",
    "solo",
    "marker",
    "nudge",
    "scrub",
    "rude-solo",
]
_LEFT: Final = 2


def picture(box: Simulator, hand: int) -> list[str]:
    """What the box shows, line by line with ANSI colours; `hand` is the fader 1..9 under the hand."""
    strips = range(1, 9)
    lines = [f"  {box.assignment}   {box.time}", ""]
    lines += ["".join(_glass(box, row, strip) for strip in strips) for row in (0, 1)]
    lines.append("".join(_ring(box, strip).ljust(_CELL) for strip in strips))
    for row in ("rec", "solo", "mute", "select"):
        lines.append("".join(_lamp(box, f"{row}/{strip}", row[:3]).ljust(_CELL) for strip in strips))
    lines.append("".join(_meter(box, strip).ljust(_CELL) for strip in strips))
    lines += [_faders(box, level) for level in range(ROWS - 1, -1, -1)]
    marks = ("hand" if fader in box.touched else "^" if fader == hand else "" for fader in range(1, MASTER_FADER + 1))
    lines += ["".join(mark.ljust(_CELL) for mark in marks), ""]
    lines += [" ".join(_lamp(box, name, name) for name in row) for row in (_KEYS, _TRANSPORT)]
    return [" " * _LEFT + line for line in lines]


def _glass(box: Simulator, row: int, strip: int) -> str:
    text = box.line(row)[(strip - 1) * _CELL : strip * _CELL].ljust(_CELL)
    return f"\x1b[{_COLOUR_CODES[box.colours[strip - 1]]}m{text}\x1b[0m"


def _ring(box: Simulator, strip: int) -> str:
    mode, position, is_centred = box.ring(strip)
    if not position:
        return "."
    sign = {RingMode.DOT: "|", RingMode.BOOST_CUT: "<>", RingMode.WRAP: "=", RingMode.SPREAD: "><"}[mode]
    return f"{sign}{position}{'*' if is_centred else ''}"


def _lamp(box: Simulator, name: str, word: str) -> str:
    lamp = box.lamps[name]
    return word.upper() + ("!" if lamp is Lamp.FLASH else "") if lamp is not Lamp.OFF else word


def _meter(box: Simulator, strip: int) -> str:
    level = box.meters[strip - 1]
    return ("#" * (level * 5 // 13)).ljust(5) + ("!" if box.overloads[strip - 1] else "")


def _faders(box: Simulator, level: int) -> str:
    places = (round(position / TOP * (ROWS - 1)) for position in box.faders)
    return "".join(("[==]" if place == level else " || ").ljust(_CELL) for place in places)
