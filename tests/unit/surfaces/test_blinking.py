"""Lamps blink where a map says so, also on boxes that cannot do it; a record lamp tells what a take needs."""

import itertools
from pathlib import Path

import pytest

from studiod.model.transport import Tally
from studiod.surfaces.blinking import HALF_S
from tests.unit.surfaces.mapped import Mapped

STATES = "{address: /transport/tally, states: {recording: lit, armed: blink, countin: blink, alarm: fast, else: dark}}"
MAP = f"""\
controls:
  rec: {{kind: button, note: 95, lamp: true}}
  own: {{kind: button, note: 96, lamp: {{states: {{dark: 0, lit: 1, blink: 2}}}}}}
bindings: {{}}
feedback:
  rec: {STATES}
  own: {STATES}
"""


def show(box: Mapped, word: Tally) -> None:
    box.hub.publish("/transport/tally", float(word))
    box.hub.turn()


def changes(box: Mapped, note: str, seconds: float) -> list[str]:
    """What the lamp was told in so long, after it was met anew."""
    sent: list[bytes] = []
    box.surface.attach(sent.append)
    box.wait(0.3)  # everything is told, at the pace of the wire
    sent.clear()
    box.wait(seconds)
    return [message.hex(" ") for message in sent if message.hex(" ").startswith(f"90 {note}")]


@pytest.fixture
def box(tmp_path: Path) -> Mapped:
    return Mapped(tmp_path, MAP)


def test_a_record_lamp_on_a_note_is_lit_while_it_records_and_dark_after(box: Mapped) -> None:
    show(box, Tally.RECORDING)
    assert box.told() == ["90 5f 7f", "90 60 01"]
    show(box, Tally.NONE)
    assert box.told() == ["90 5f 00", "90 60 00"]
    show(box, Tally.RECORDING)
    assert changes(box, "5f", 3.0) == []


@pytest.mark.parametrize(("word", "rhythm"), [(Tally.COUNTIN, "blink"), (Tally.ARMED, "blink"), (Tally.ALARM, "fast")])
def test_a_lamp_that_cannot_blink_is_switched_on_and_off(box: Mapped, word: Tally, rhythm: str) -> None:
    show(box, word)
    told = changes(box, "5f", 8 * HALF_S[rhythm])
    assert 7 <= len(told) <= 9
    assert all(one != other for one, other in itertools.pairwise(told))
    assert set(told) == {"90 5f 7f", "90 5f 00"}


def test_a_lamp_that_blinks_by_itself_is_told_once(box: Mapped) -> None:
    show(box, Tally.COUNTIN)
    assert "90 60 02" in box.told()
    assert changes(box, "60", 3.0) == []
    show(box, Tally.ALARM)
    assert changes(box, "60", 3.0) == []


def test_nothing_is_sent_and_nothing_waits_once_no_lamp_blinks(box: Mapped) -> None:
    show(box, Tally.COUNTIN)
    box.wait(1.0)
    show(box, Tally.NONE)
    box.told()
    assert box.surface.drain() is None


def test_a_box_that_leaves_in_its_dark_half_comes_back_true(box: Mapped) -> None:
    show(box, Tally.COUNTIN)
    box.wait(1.3 * HALF_S["blink"])
    box.surface.detach()
    assert box.surface.drain() is None
    show(box, Tally.RECORDING)
    sent: list[bytes] = []
    box.surface.attach(sent.append)
    box.told()
    assert b"\x90\x5f\x7f" in sent


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.15, 0.3])
def test_a_blinking_lamp_is_dark_when_the_box_is_let_go(box: Mapped, seconds: float) -> None:
    show(box, Tally.ALARM)
    sent: list[bytes] = []
    box.surface.attach(sent.append)
    box.wait(0.5 + seconds)
    box.surface.dismiss()
    assert [message for message in sent if message[1] == 0x5F][-1] == b"\x90\x5f\x00"
