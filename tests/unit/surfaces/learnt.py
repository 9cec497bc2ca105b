"""What the tests of learning stand on: boxes, hands at them, and the files that come of it."""

from pathlib import Path

from studiod.surfaces.controls import Wire, WireKind
from studiod.surfaces.generic_midi import value_messages
from studiod.surfaces.maps import load_map, map_folder
from tests.fakes.hand import Hand, positions

NANO = load_map(map_folder() / "korg-nanokontrol2.yaml")
PORT = "BeatStep:BeatStep MIDI 1 20:0"
CC = Wire(WireKind.CC, 1, 21)
KORG = "nanoKONTROL2:nanoKONTROL2 CTRL 24:0"
FADER_5 = Wire(WireKind.CC, 1, 4)


def slide(wire: Wire = CC, way: tuple[float, ...] = (0.0, 1.0, 0.0), seed: int = 0) -> Hand:
    """A control with a position, moved along `way`."""
    hand = Hand(seed)
    hand.slide(positions(wire), wire.highest, way)
    return hand


def press(wire: Wire) -> Hand:
    """A button, pressed three times."""
    hand = Hand()
    hand.press(value_messages(wire, 127)[0], value_messages(wire, 0)[0])
    return hand


def text_of(folder: Path, name: str = "beatstep-midi-1") -> str:
    """A map that was made."""
    return (folder / f"{name}.yaml").read_text(encoding="utf-8")
