"""Boxes come and go; the desk and the other boxes do not care."""

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from studiod.model.transport import TransportState
from studiod.surfaces.base import Match, Takeover
from studiod.surfaces.manager import HEAL_S, POLL_S, RETRY_S, SurfaceManager
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.models import MapModel
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.fakes.midi_ports import MemoryPorts
from tests.fakes.nanokontrol2 import NanoKontrol2
from tests.unit.surfaces.rig import desk

NANO = load_map(map_folder() / "korg-nanokontrol2.yaml")
PORT = "nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTRL 20:0"
OTHER_PORT = "nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTRL 24:0"


class Studio:
    """A desk, its loop, its MIDI sockets, and the manager between them."""

    def __init__(self, strips: int = 16, takeover: Takeover | None = None, apart: str = "") -> None:
        self.loop = HandLoop()
        self.ports = MemoryPorts(apart)
        self.hub = desk(strips)
        self.fired: list[tuple[str, tuple[float | str, ...]]] = []
        for command in ("play", "stop", "record", "locate"):
            self.hub.on_trigger(f"/transport/{command}", self._fired(command), tells_origin=True)
        self.manager = SurfaceManager(
            self.hub,
            [MapModel(NANO, self.hub, self.loop.time, Touches(), takeover)],
            self.ports,
            clock=self.loop.time,
            later=self.loop.later,
        )
        self.manager.start()

    def _fired(self, command: str) -> Callable[..., None]:
        return lambda *arguments: self.fired.append((command, arguments))

    def plug(self, box: NanoKontrol2 | None = None, port: str = PORT) -> NanoKontrol2:
        box = box or NanoKontrol2()
        box.power_on()
        self.ports.plug(port, box)
        self.turn(POLL_S + 0.2)  # found at the next look; the picture is paced
        return box

    def turn(self, seconds: float = 0.2) -> None:
        """Turns of the loop: changes go round, and there is time for what is paced."""
        self.hub.turn()
        self.loop.advance(seconds)
        self.hub.turn()

    def state(self) -> list[str]:
        return [status.state for status in self.manager.status()]


def test_a_box_plugged_in_later_is_found() -> None:
    studio = Studio()
    studio.turn(60.0)
    assert studio.manager.status() == ()
    studio.plug()
    (status,) = studio.manager.status()
    assert (status.name, status.model, status.state, status.port) == ("nanokontrol2", "nanoKONTROL2", "connected", PORT)
    assert status.note == ""


@pytest.mark.parametrize("has_keys", [False, True])
def test_the_port_of_a_box_is_for_control_alone_unless_it_has_keys(has_keys: bool) -> None:  # noqa: FBT001 - a case
    loop, ports, hub = HandLoop(), MemoryPorts(), desk()
    facts = replace(NANO, match=replace(NANO.match, has_keys=has_keys))
    model = MapModel(facts, hub, loop.time, Touches())
    manager = SurfaceManager(hub, [model], ports, clock=loop.time, later=loop.later)
    ports.plug(PORT, NanoKontrol2())
    manager.start()
    assert manager.control_ports() == (() if has_keys else (PORT,))
    ports.unplug(PORT)
    loop.advance(POLL_S + 0.1)
    assert manager.control_ports() == ()


def test_a_box_that_is_there_at_the_start_is_there_at_once() -> None:
    studio = Studio()
    studio.manager.stop()
    studio.ports.plug(PORT, NanoKontrol2())
    studio.manager.start()
    assert studio.state() == ["connected"]


def test_its_lamps_are_handed_over_and_show_the_desk() -> None:
    studio = Studio()
    studio.hub.write("/strip/3/mute", 1.0, "elsewhere")
    studio.hub.write("/strip/8/arm", 1.0, "elsewhere")
    box = studio.plug()
    assert box.is_external
    assert box.lit == {"mute/3", "arm/8", "stop"}


def test_a_box_that_does_not_answer_is_used_all_the_same() -> None:
    studio = Studio(takeover=Takeover.JUMP)
    box = studio.plug(NanoKontrol2(answers=False))
    box.move_fader(1, 127)
    assert studio.hub.value("/strip/1/fader") == 10.0
    assert b"\xb0\x2a\x7f" in box.received  # the stop lamp was tried
    assert "External" in studio.manager.status()[0].note


def test_a_greeting_whose_answer_was_lost_is_said_again_and_the_box_is_painted() -> None:
    studio = Studio()
    studio.hub.write("/strip/3/mute", 1.0, "elsewhere")
    box = studio.plug(NanoKontrol2(answers=False))
    assert not box.is_external
    box.answers = True
    studio.turn(1.5)
    assert box.is_external
    assert box.lit == {"mute/3", "stop"}


def test_a_greeting_nobody_answers_is_given_up_and_lamps_never_wait_for_it() -> None:
    studio = Studio()
    box = studio.plug(NanoKontrol2(answers=False))
    studio.hub.write("/strip/2/mute", 1.0, "phone")
    studio.turn(0.01)
    assert b"\xb0\x31\x7f" in box.received
    studio.turn(60.0)
    assert len([message for message in box.received if message[0] == 0xF0]) == 5


def test_a_lamp_whose_message_was_lost_is_right_again_within_seconds() -> None:
    studio = Studio()
    studio.hub.write("/strip/3/mute", 1.0, "elsewhere")
    box = studio.plug()
    box.lamps = dict.fromkeys(box.lamps, False)
    studio.turn(3.0)
    assert box.lit == {"mute/3", "stop"}


def test_a_lamp_follows_a_write_from_elsewhere() -> None:
    studio = Studio()
    box = studio.plug()
    studio.hub.write("/strip/2/solo", 1.0, "phone")
    studio.turn()
    assert "solo/2" in box.lit


def test_a_button_toggles_and_its_own_lamp_shows_it() -> None:
    studio = Studio()
    box = studio.plug()
    box.press("mute/5")
    studio.turn()
    assert studio.hub.value("/strip/5/mute") == 1.0
    assert "mute/5" in box.lit
    box.press("mute/5")
    studio.turn()
    assert studio.hub.value("/strip/5/mute") == 0.0
    assert "mute/5" not in box.lit


def test_the_transport_row_fires_its_commands() -> None:
    studio = Studio()
    box = studio.plug()
    for name in ("play", "stop", "record", "rewind"):
        box.press(name)
    who = "nanokontrol2"
    assert studio.fired == [("play", (who,)), ("stop", (who,)), ("record", (who,)), ("locate", (0.0, who))]


@pytest.mark.parametrize(
    ("state", "lit"),
    [
        (TransportState.STOPPED, {"stop"}),
        (TransportState.PLAYING, {"play"}),
        (TransportState.RECORDING, {"play", "record"}),
    ],
)
def test_the_transport_lamps_show_what_the_transport_does(state: TransportState, lit: set[str]) -> None:
    studio = Studio()
    box = studio.plug()
    studio.hub.publish("/transport/state", float(state))
    studio.turn()
    assert box.lit == lit


def test_a_knob_in_its_detent_is_the_exact_centre() -> None:
    studio = Studio()
    box = studio.plug()
    for byte in (63, 80, 63):
        box.turn_knob(1, byte)
        studio.turn(0.0)
    assert studio.hub.value("/strip/1/pan") == 0.0
    box.turn_knob(1, 127)
    studio.turn(0.0)
    assert studio.hub.value("/strip/1/pan") == 1.0


def test_a_fader_far_from_the_level_waits_until_it_meets_it() -> None:
    studio = Studio()
    box = studio.plug()
    box.move_fader(1, 10)
    assert studio.hub.value("/strip/1/fader") == 0.0
    box.slide_fader(1, 127)
    studio.turn(0.0)
    assert studio.hub.value("/strip/1/fader") == 10.0


def test_track_right_puts_strips_9_to_16_under_the_hands_and_the_lamps() -> None:
    studio = Studio(takeover=Takeover.JUMP)
    studio.hub.write("/strip/9/mute", 1.0, "elsewhere")
    box = studio.plug()
    box.press("track/right")
    studio.turn()
    assert box.lit == {"mute/1", "stop"}
    assert studio.manager.status()[0].first_strip == 9
    box.move_fader(1, 127)
    assert studio.hub.value("/strip/9/fader") == 10.0
    box.press("track/right")
    assert studio.manager.status()[0].first_strip == 9


def test_the_second_bank_of_a_twelve_strip_desk_has_four_dead_columns() -> None:
    studio = Studio(strips=12)
    box = studio.plug()
    box.press("track/right")
    box.press("mute/8")
    studio.turn()
    assert box.lit == {"stop"}
    assert studio.manager.status()[0].refused == 0


def test_on_return_the_box_shows_what_happened_meanwhile_in_the_bank_it_had() -> None:
    studio = Studio()
    box = studio.plug()
    box.press("track/right")
    studio.ports.unplug(PORT)
    studio.turn(POLL_S)
    assert studio.state() == ["away"]
    studio.hub.write("/strip/10/solo", 1.0, "phone")
    studio.turn()
    studio.plug(box)
    assert studio.state() == ["connected"]
    assert box.lit == {"solo/2", "stop"}


def test_on_return_a_fader_does_not_yank_the_level() -> None:
    studio = Studio()
    box = studio.plug()
    box.slide_fader(1, 127)
    studio.ports.unplug(PORT)
    studio.turn(POLL_S)
    studio.hub.write("/strip/1/fader", -20.0, "phone")
    studio.plug(box)
    box.move_fader(1, 120)
    assert studio.hub.value("/strip/1/fader") == -20.0


def test_an_unrelated_port_that_comes_and_goes_disturbs_nothing() -> None:
    studio = Studio()
    box = studio.plug()
    before, lit = len(box.received), box.lit
    studio.ports.plug("Midi Through Port-0 14:0", NanoKontrol2())
    studio.turn(POLL_S)
    studio.ports.unplug("Midi Through Port-0 14:0")
    studio.turn(POLL_S)
    assert len(studio.ports.wires) == 1
    assert (len(box.received) - before, box.lit) == (2 * POLL_S / HEAL_S - 1, lit), "no more than the healing"
    assert studio.state() == ["connected"]


def test_two_boxes_of_one_model_stand_side_by_side() -> None:
    studio = Studio()
    first, second = studio.plug(), studio.plug(port=OTHER_PORT)
    second.press("track/right")
    first.press("mute/1")
    second.press("mute/1")
    studio.turn()
    assert [studio.hub.value(f"/strip/{strip}/mute") for strip in (1, 9)] == [1.0, 1.0]
    assert [status.name for status in studio.manager.status()] == ["nanokontrol2", "nanokontrol2-2"]
    studio.ports.unplug(PORT)
    studio.turn(POLL_S)
    assert studio.state() == ["away", "connected"]
    assert "mute/1" in second.lit


@pytest.mark.parametrize("apart", ["", " out"])
def test_a_port_that_was_not_ready_is_used_as_soon_as_it_is(apart: str) -> None:
    studio = Studio(apart=apart)
    studio.ports.refused.add(PORT + apart)
    box = studio.plug()
    assert studio.state() == ["broken"]
    studio.turn(POLL_S)
    studio.ports.refused.clear()
    studio.turn(POLL_S)
    assert studio.state() == ["connected"]
    assert box.lit == {"stop"}


def test_a_box_that_was_pulled_between_two_looks_is_let_go_and_the_desk_goes_on() -> None:
    studio = Studio()
    box = studio.plug()
    studio.ports.boxes.pop(PORT)
    studio.hub.write("/strip/1/mute", 1.0, "phone")
    studio.hub.turn()
    assert studio.state() == ["broken"]
    studio.plug(box)
    studio.turn(RETRY_S)
    assert studio.state() == ["connected"]
    assert "mute/1" in box.lit


def test_a_box_that_bounced_between_two_looks_is_opened_anew_and_shows_the_desk() -> None:
    studio = Studio()
    box = studio.plug()
    studio.hub.write("/strip/1/mute", 1.0, "phone")
    studio.turn()
    studio.ports.unplug(PORT)
    studio.plug(box)
    assert len(studio.ports.wires) == 2
    assert not studio.ports.wires[0].is_open
    assert box.lit == {"mute/1", "stop"}


def test_a_box_whose_ear_alone_left_and_came_back_is_opened_anew_and_shows_the_desk() -> None:
    studio = Studio(apart=" (in)")
    box = studio.plug()
    studio.hub.write("/strip/3/mute", 1.0, "elsewhere")
    box.power_on()
    studio.ports.bounce(f"{PORT} (in)")
    studio.turn(POLL_S + 0.2)
    assert box.lit == {"mute/3", "stop"}


def test_a_port_that_will_not_open_is_tried_again_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    studio = Studio()
    studio.ports.refused_opens = 2
    studio.plug()
    (status,) = studio.manager.status()
    assert status.state == "broken"
    assert "would not open: busy" in status.note
    studio.turn(2 * RETRY_S + POLL_S)
    assert studio.state() == ["connected"]
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


def test_without_a_midi_system_the_desk_runs_and_says_why_once(caplog: pytest.LogCaptureFixture) -> None:
    studio = Studio()
    box = studio.plug()
    studio.ports.outage = "no MIDI: no JACK server is running"
    studio.turn(10.0)
    assert studio.manager.ports_fault == "no MIDI: no JACK server is running"
    assert studio.state() == ["away"]
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    studio.ports.outage = ""
    studio.plug(box)
    assert studio.state() == ["connected"]
    assert studio.manager.ports_fault == ""


def test_a_command_the_desk_refuses_is_counted_and_logged_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    studio = Studio()
    box = studio.plug()

    def broken() -> None:
        raise RuntimeError("no take can be made")

    studio.hub.on_trigger("/transport/record", broken)
    for _ in range(5):
        box.press("record")
    assert studio.manager.status()[0].refused == 5
    assert studio.state() == ["connected"]
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == [
        "nanokontrol2: RuntimeError: no take can be made (1 refused so far)"
    ]


def test_a_repaint_is_paced() -> None:
    studio = Studio()
    for strip in range(1, 17):
        for what in ("mute", "solo", "arm"):
            studio.hub.write(f"/strip/{strip}/{what}", 1.0, "elsewhere")
    box = NanoKontrol2()
    box.power_on()
    box.scene[2] = 1
    studio.ports.plug(PORT, box)
    studio.hub.turn()
    studio.manager.poll()
    assert len(box.received) <= 33  # the burst; what waits is seen to by the timer
    studio.turn()
    assert len(box.lit) == 25


def test_stop_leaves_the_lamps_dark_and_nothing_open() -> None:
    studio = Studio()
    studio.hub.write("/strip/1/mute", 1.0, "elsewhere")
    box = studio.plug()
    studio.manager.stop()
    studio.manager.stop()
    assert box.lit == set()
    assert not any(wire.is_open for wire in studio.ports.wires)
    assert studio.ports.is_closed
    assert studio.loop.pending == 0
    studio.hub.write("/strip/2/mute", 1.0, "elsewhere")
    studio.hub.turn()
    assert box.lit == set()


def test_a_message_that_was_under_way_when_its_box_left_does_nothing() -> None:
    studio = Studio()
    box = studio.plug()
    late = box.emit
    studio.ports.unplug(PORT)
    studio.turn(POLL_S)
    studio.ports.wires[0].is_open = True
    late(b"\xb0\x30\x7f")
    assert studio.hub.value("/strip/1/mute") == 0.0


def test_a_model_that_is_not_looked_for_any_more_lets_its_boxes_go_and_others_stay() -> None:
    studio = Studio()
    nano = studio.plug()
    other = replace(NANO, name="other", match=Match(("*other*",)))
    touches = Touches()
    kept = MapModel(other, studio.hub, studio.loop.time, touches)
    studio.manager.change((*studio.manager.models, kept))
    studio.plug(port="other 1")
    wire = studio.ports.wires[-1]
    assert nano.lit == {"stop"}
    studio.manager.change((kept,))
    assert nano.lit == set(), "it is switched off"
    assert [status.name for status in studio.manager.status()] == ["other"]
    assert wire.is_open
    assert len(studio.ports.wires) == 2, "the other was not opened anew"


def test_a_box_with_another_map_keeps_its_window_and_is_painted_anew() -> None:
    studio = Studio()
    nano = studio.plug()
    nano.press("track/right")
    (model,) = studio.manager.models
    assert isinstance(model, MapModel)
    studio.hub.write("/strip/9/mute", 1.0, "test")
    bound = replace(NANO, bindings={**NANO.bindings, "fader/1": NANO.bindings["fader/2"]})
    studio.manager.change([replace(model, facts=bound)])
    studio.turn(1.0)
    (status,) = studio.manager.status()
    assert (status.first_strip, status.state) == (9, "connected")
    assert nano.lit == {"stop", "mute/1"}
    nano.slide_fader(1, 127, studio.turn)
    assert studio.hub.value("/strip/10/fader") == 10.0


def test_a_port_that_is_played_on_is_heard_by_tracks_for_keyboards() -> None:
    studio = Studio()
    studio.plug()
    assert studio.manager.control_ports() == (PORT,)
    played = replace(NANO, match=replace(NANO.match, has_keys=True))
    studio.manager.change([MapModel(played, studio.hub, studio.loop.time, Touches())])
    assert [status.state for status in studio.manager.status()] == ["connected"]
    assert studio.manager.control_ports() == ()
