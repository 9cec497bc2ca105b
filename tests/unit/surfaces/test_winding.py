"""Moving the position by hand: wheels, and keys that wind while they are held."""

from collections.abc import Callable
from pathlib import Path

import pytest

from studiod.desk.hub import Hub
from studiod.model.parameter import Refused
from studiod.model.transport import TransportState
from studiod.surfaces.checked_yaml import MapError
from studiod.surfaces.winding import LOCATE_EVERY_S, SETTLED_S, WIND_EVERY_S, Winding
from tests.unit.surfaces.mapped import Mapped
from tests.unit.surfaces.rig import desk

MAP = """\
controls:
  jog: {kind: wheel, cc: 60, relative: twos}
  back: {kind: button, cc: 43}
  once: {kind: button, program: 1}
bindings:
  jog: {nudge: 0.25}
  back: {nudge: -2}
  once: {nudge: 5}
"""


class Song:
    """A desk whose song stands at a position that is read, and goes where it is told."""

    def __init__(self, position_s: float = 10.0) -> None:
        self.hub = desk(4)
        self.jumps: list[float] = []
        self.is_recording = False
        self.position_s = position_s
        self.hub.on_trigger("/transport/locate", self._locate)
        self.hub.on_meter("/transport/position", lambda: (self.position_s,))

    def _locate(self, position_s: float) -> None:
        if self.is_recording:
            raise Refused("/transport/locate: a take runs")
        self.jumps.append(position_s)


def rig(tmp_path: Path) -> tuple[Song, Mapped]:
    song = Song()
    return song, Mapped(tmp_path, MAP, song.hub)


def test_a_wheel_moves_the_position_by_its_steps(tmp_path: Path) -> None:
    song, box = rig(tmp_path)
    box.play("B0 3C 02")
    assert song.jumps == [10.5]
    box.wait(1.0)
    song.position_s = 10.5
    box.play("B0 3C 7F")
    assert song.jumps == [10.5, 10.25]


def test_fast_turns_are_gathered_and_none_is_lost(tmp_path: Path) -> None:
    song, box = rig(tmp_path)
    box.play(*["B0 3C 01"] * 40)
    box.wait(LOCATE_EVERY_S + 0.01)
    assert song.jumps == [10.25, pytest.approx(20.0)]


def test_a_key_that_is_held_goes_on_winding_until_it_is_let_go(tmp_path: Path) -> None:
    song, box = rig(tmp_path)
    box.play("B0 2B 7F")
    box.wait(2 * WIND_EVERY_S + 0.05)
    assert song.jumps == [8.0, 6.0, 4.0]
    box.play("B0 2B 00")
    box.wait(2.0)
    assert len(song.jumps) == 3


def test_a_button_that_never_says_it_came_up_moves_once(tmp_path: Path) -> None:
    song, box = rig(tmp_path)
    box.play("C0 01")
    box.wait(2.0)
    assert song.jumps == [15.0]


def test_nothing_goes_before_the_beginning(tmp_path: Path) -> None:
    song, box = rig(tmp_path)
    song.position_s = 1.0
    box.play("B0 2B 7F", "B0 2B 00")
    assert song.jumps == [0.0]


def test_a_box_that_vanishes_winds_no_more(tmp_path: Path) -> None:
    song, box = rig(tmp_path)
    box.play("B0 2B 7F")
    box.surface.detach()
    box.wait(2.0)
    assert song.jumps == [8.0]


def test_while_it_records_the_hand_is_told_and_the_next_move_starts_where_it_is(tmp_path: Path) -> None:
    song, box = rig(tmp_path)
    song.is_recording = True
    (fault,) = box.surface.receive(bytes.fromhex("B0 3C 04"))
    assert "a take runs" in str(fault)
    song.is_recording = False
    box.wait(LOCATE_EVERY_S)
    box.play("B0 3C 01")
    assert song.jumps == [10.25]


def clocked(hub: Hub) -> tuple[Winding, Callable[[float], None]]:
    now = [100.0]
    winding = Winding(hub, "test", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return winding, wait


def test_the_position_that_is_read_is_believed_only_once_it_can_know_of_the_jump() -> None:
    song = Song()
    winding, wait = clocked(song.hub)
    winding.go(5.0)
    wait(SETTLED_S / 2)  # still read as 10
    winding.go(1.0)
    assert song.jumps == [15.0, 16.0]
    wait(SETTLED_S + 0.01)
    winding.go(1.0)
    assert song.jumps[-1] == 11.0


def test_while_it_rolls_the_song_went_on_since_the_jump() -> None:
    song = Song()
    song.hub.publish("/transport/state", float(TransportState.PLAYING))
    winding, wait = clocked(song.hub)
    winding.go(5.0)
    wait(0.1)
    winding.go(1.0)
    assert song.jumps == [15.0, pytest.approx(16.1)]


def test_without_a_position_nothing_moves() -> None:
    hub = desk(4)
    jumps: list[float] = []
    hub.on_trigger("/transport/locate", jumps.append)
    winding, _ = clocked(hub)
    winding.go(1.0)
    assert (jumps, winding.is_waiting) == ([], False)


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        ("jog: {nudge: 0}", "bindings.jog.nudge is 0; allowed seconds, back when negative, up to 60"),
        ("jog: {nudge: 61}", "nudge is 61"),
        ("jog: {nudge: far}", "nudge is far; allowed a number"),
        ("back: {nudge: 1, by: 2}", "bindings.back.by: only a step has one"),
        ("knob: {nudge: 1}", "a knob cannot be bound to nudge"),
    ],
)
def test_what_cannot_wind_is_refused(binding: str, expected: str, tmp_path: Path) -> None:
    text = MAP.partition("bindings:")[0] + "  knob: {kind: knob, cc: 1}\nbindings:\n  " + binding + "\n"
    with pytest.raises(MapError, match=expected.replace("{", "\\{")):
        Mapped(tmp_path, text)
