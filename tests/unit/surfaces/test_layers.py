"""Layers, pages, windows and the selected strip: what controls mean changes, and what they show follows."""

from pathlib import Path

import pytest

from studiod.surfaces.touches import Touches
from tests.unit.surfaces.mapped import Mapped
from tests.unit.surfaces.rig import desk

TEXT = """\
banks: {strip: 2, bus: 2, send: 1}
controls:
  mute/{i}: {kind: button, count: 2, cc: 16, lamp: true}
  knob/{i}: {kind: knob, count: 2, cc: 20, ring: {cc: 30}, takeover: jump}
  fader: {kind: fader, cc: 40, takeover: jump}
  shift: {kind: button, cc: 50, lamp: true}
  more: {kind: button, cc: 51, lamp: true}
  next: {kind: button, cc: 52}
  sends: {kind: button, cc: 53, lamp: true}
  right: {kind: button, cc: 54}
  home: {kind: button, cc: 55, lamp: true}
  select/{i}: {kind: button, count: 2, cc: 56, lamp: true}
bindings:
  mute/{i}: {toggle: "/strip/{bank+i}/mute"}
  fader: {address: "/strip/{selected}/fader"}
  next: {page: next}
  sends: {page: sends}
  right: {bank: 2}
  home: {bank_to: {strip: 1}}
  select/{i}: {select: "{bank+i}"}
feedback:
  home: {bank_at: {strip: 1}}
layers:
  shift:
    hold: shift
    bindings: {"mute/{i}": {toggle: "/strip/{bank+i}/solo"}, right: {bank: {send: 1}}}
  more:
    latch: more
    bindings: {"mute/{i}": {toggle: "/strip/{bank+i}/arm"}}
pages:
  pan: {bindings: {"knob/{i}": {address: "/strip/{bank+i}/pan"}}}
  sends: {bindings: {"knob/{i}": {address: "/strip/{bank+i}/send/{send+1}/level"}}}
"""


@pytest.fixture
def box(tmp_path: Path) -> Mapped:
    """The box of `TEXT`."""
    return Mapped(tmp_path, TEXT)


def press(number: int) -> tuple[str, str]:
    return f"B0 {number:02X} 7F", f"B0 {number:02X} 00"


def test_a_held_key_changes_what_buttons_mean_and_show(box: Mapped) -> None:
    box.hub.write("/strip/2/solo", 1.0, "phone")
    box.told()
    box.play("B0 32 7F")
    assert set(box.told()) == {"b0 32 7f", "b0 11 7f"}
    box.play(*press(16))
    assert (box.hub.value("/strip/1/solo"), box.hub.value("/strip/1/mute")) == (1.0, 0.0)
    box.play("B0 32 00")
    assert set(box.told()) == {"b0 32 00", "b0 11 00"}


def test_a_latched_layer_stays_until_the_next_press(box: Mapped) -> None:
    box.play(*press(51), *press(16), *press(51), *press(16))
    assert (box.hub.value("/strip/1/arm"), box.hub.value("/strip/1/mute")) == (1.0, 1.0)


def test_of_two_layers_the_later_one_counts(box: Mapped) -> None:
    box.play("B0 32 7F", *press(51), *press(16))
    assert (box.hub.value("/strip/1/arm"), box.hub.value("/strip/1/solo")) == (1.0, 0.0)


def test_a_finger_that_stays_while_the_window_moves_holds_what_is_under_it_now(tmp_path: Path) -> None:
    touches = Touches()
    text = """\
banks: {strip: 1}
controls:
  fader/{i}: {kind: fader, count: 2, cc: 40, touch: {note: 7}, motor: {cc: 40}}
  right: {kind: button, cc: 54}
bindings:
  fader/{i}: {address: "/strip/{bank+i}/fader"}
  right: {bank: 1}
"""
    box = Mapped(tmp_path, text, touches=touches)
    box.play("90 07 7f")
    assert touches.holder("/strip/1/fader", "tablet") == "mapped"
    box.play("b0 36 7f")
    assert touches.holder("/strip/1/fader", "tablet") == ""
    assert touches.holder("/strip/2/fader", "tablet") == "mapped"
    box.play("90 07 00")
    assert touches.holder("/strip/2/fader", "tablet") == ""


def test_a_page_changes_the_knobs_and_their_rings(box: Mapped) -> None:
    box.play("B0 14 7F")
    assert box.hub.value("/strip/1/pan") == 1.0
    assert box.told() == ["b0 1e 7f"]
    box.play(*press(52))
    assert set(box.told()) == {"b0 35 7f", "b0 1e 00", "b0 1f 00"}
    box.play("B0 14 40")
    assert box.hub.travel("/strip/1/send/1/level") == pytest.approx(64 / 127)
    box.play(*press(52))
    assert set(box.told()) == {"b0 35 00", "b0 1e 7f", "b0 1f 40"}


def test_windows_move_apart(box: Mapped) -> None:
    box.play(*press(54), *press(53))
    box.play("B0 32 7F", *press(54), "B0 32 00", "B0 15 7F")
    assert box.hub.travel("/strip/4/send/2/level") == 1.0
    box.told()
    box.play(*press(55))
    assert "b0 37 7f" in box.told()
    assert box.surface.view.banks.first_strip == 1


def test_the_selected_strip_is_under_the_one_fader(box: Mapped) -> None:
    box.play(*press(54), *press(57))
    assert set(box.told()) == {"b0 37 00", "b0 38 00", "b0 39 7f"}
    box.play("B0 28 7F")
    assert box.hub.value("/strip/4/fader") == 10.0


def test_a_release_belongs_to_what_its_press_did(tmp_path: Path) -> None:
    box = Mapped(
        tmp_path,
        """\
controls:
  talk: {kind: button, cc: 1, lamp: true}
  shift: {kind: button, cc: 2}
bindings:
  talk: {momentary: /talkback/on}
layers:
  shift: {hold: shift, bindings: {talk: {momentary: /strip/1/mute}}}
""",
    )
    box.play("B0 01 7F", "B0 02 7F")
    assert box.hub.value("/talkback/on") == 1.0
    box.play("B0 01 00")
    assert (box.hub.value("/talkback/on"), box.hub.value("/strip/1/mute")) == (0.0, 0.0)


def test_a_box_that_vanishes_holds_nothing_any_more(box: Mapped) -> None:
    box.play("B0 32 7F")
    box.surface.detach()
    box.surface.attach()
    box.play(*press(16))
    assert box.hub.value("/strip/1/mute") == 1.0


def test_on_return_page_layer_and_window_are_as_they_were(box: Mapped) -> None:
    box.play(*press(52), *press(51), *press(54))
    box.surface.detach()
    wire: list[bytes] = []
    box.surface.attach(wire.append)
    box.wait(1.0)
    shown = {message[1]: message[2] for message in wire}
    assert (shown[53], shown[51], shown[55]) == (127, 127, 0)


def test_a_knob_that_moved_while_it_meant_something_else_does_not_yank(tmp_path: Path) -> None:
    box = Mapped(
        tmp_path,
        """\
takeover: pickup
controls:
  knob: {kind: knob, cc: 1}
  next: {kind: button, cc: 2}
bindings:
  next: {page: next}
pages:
  one: {bindings: {knob: {address: /strip/1/pan}}}
  two: {bindings: {knob: {address: /strip/2/pan}}}
""",
    )
    box.play("B0 01 20", "B0 02 7F", "B0 02 00", "B0 01 7F", "B0 02 7F", "B0 02 00", "B0 01 7E")
    assert box.hub.value("/strip/1/pan") == 0.0


def test_a_knob_that_moved_past_the_last_strip_does_not_yank_when_it_is_back(tmp_path: Path) -> None:
    box = Mapped(
        tmp_path,
        """\
takeover: pickup
banks: {strip: 2}
controls:
  knob: {kind: knob, cc: 1}
  right: {kind: button, cc: 2}
  left: {kind: button, cc: 3}
bindings:
  knob: {address: "/strip/{strip+2}/pan"}
  right: {bank: 2}
  left: {bank: -2}
""",
        desk(strips=3),
    )
    box.play("B0 01 20", *press(2), "B0 01 7F", *press(3), "B0 01 7E")
    assert box.hub.value("/strip/2/pan") == 0.0


def test_a_lamp_whose_key_fires_a_command_in_a_layer_is_dark_there(tmp_path: Path) -> None:
    box = Mapped(
        tmp_path,
        """\
controls:
  it: {kind: button, cc: 1, lamp: true}
  shift: {kind: button, cc: 2}
bindings:
  it: {toggle: /main/mute}
layers:
  shift: {hold: shift, bindings: {it: {trigger: /solo/clear}}}
""",
    )
    box.play("B0 01 7F", "B0 01 00")
    assert box.told() == ["b0 01 7f"]
    box.play("B0 02 7F")
    assert box.told() == ["b0 01 00"]
    box.play("B0 02 00")
    assert box.told() == ["b0 01 7f"]
