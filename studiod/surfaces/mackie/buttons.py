"""Names of the buttons and lamps of a Mackie Control, and their notes."""

from collections.abc import Mapping
from typing import Final

STRIPS: Final = 8
MASTER: Final = STRIPS
"""Place of the master fader."""
MASTER_NAME: Final = "master"
TOUCH: Final = 0x68
"""Note of the first fader's touch; the master's is the ninth."""
STRIP_ROWS: Final = ("rec", "solo", "mute", "select", "vpot")

_GLOBAL = {
    0x28: "track send pan plugin eq instrument bank/left bank/right channel/left channel/right flip global-view",
    0x34: "name-value smpte-beats f1 f2 f3 f4 f5 f6 f7 f8",
    0x3E: "view/midi view/inputs view/audio view/instruments view/aux view/buses view/outputs view/user",
    0x46: "shift option control alt read write trim touch latch group save undo cancel enter",
    0x54: "marker nudge cycle drop replace click solo rewind forward stop play record",
    0x60: "cursor/up cursor/down cursor/left cursor/right zoom scrub foot/a foot/b",
}
_LAMPS_ONLY = {"smpte": 0x71, "beats": 0x72, "rude-solo": 0x73, "relay": 0x76}
_UNLIT = frozenset({"foot/a", "foot/b"})


def _buttons() -> dict[str, int]:
    strips = {f"{row}/{i + 1}": at * STRIPS + i for at, row in enumerate(STRIP_ROWS) for i in range(STRIPS)}
    return strips | {word: first + i for first, words in _GLOBAL.items() for i, word in enumerate(words.split())}


NOTES: Final[Mapping[str, int]] = _buttons()
"""Note of every button by its name: `rec/1`, `play`, `bank/left`."""
NAMES: Final[Mapping[int, str]] = {note: name for name, note in NOTES.items()}
LAMPS: Final[Mapping[str, int]] = {
    **{name: note for name, note in NOTES.items() if name not in _UNLIT and not name.startswith("vpot/")},
    **_LAMPS_ONLY,
}
"""Note of every lamp by the name of its button, and of four that have none."""
GLOBAL_KEYS: Final = frozenset(name for name, note in NOTES.items() if note >= len(STRIP_ROWS) * STRIPS)
"""Buttons that there are once on a desk."""


def fader_name(place: int) -> str:
    """Control of the fader at `place`: `fader/1`, `fader/master`."""
    return f"fader/{MASTER_NAME if place == MASTER else place + 1}"
