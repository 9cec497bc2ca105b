"""Which boxes are found, and on which ports: by name, by card, by what they answer; and floods."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studiod.desk.hub import Hub
from studiod.link.ports import PortNames
from studiod.surfaces.base import Gesture, Match, SurfaceMap
from studiod.surfaces.generic_midi import GenericMidi
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.matching import boxes_in, is_identity
from studiod.surfaces.models import MapModel
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.fakes.midi_ports import MemoryPorts
from tests.fakes.store import MemoryStore
from tests.unit.surfaces.mapped import HEAD
from tests.unit.surfaces.rig import RATE_HZ, desk

if TYPE_CHECKING:
    from collections.abc import Callable

NANO = load_map(map_folder() / "korg-nanokontrol2.yaml")


def matched(**match: object) -> SurfaceMap:
    """The nanoKONTROL2's map, found in another way."""
    return replace(NANO, match=replace(Match(), **match))  # type: ignore[arg-type]


def found(facts: SurfaceMap, inputs: list[str], outputs: list[str], **usb: str) -> list[list[tuple[str, str]]]:
    names = PortNames(tuple(inputs), tuple(outputs), usb)
    return [[(pair.input_name, pair.output_name) for pair in box] for box in boxes_in(facts.match, names, ())]


def test_a_box_that_only_speaks_needs_no_output() -> None:
    assert found(matched(ports=("*pedal*",), listens=False), ["Pedal 1"], []) == [[("Pedal 1", "")]]


def test_a_box_that_only_listens_needs_no_input() -> None:
    assert found(matched(ports=("*lamp*",), speaks=False), [], ["Lamp"]) == [[("", "Lamp")]]


def test_the_further_ports_of_a_box_are_not_taken_for_another_box() -> None:
    facts = matched(ports=("*LKMK3*",), also=(("*LKMK3*DAW*",),))
    ports = ["LKMK3 DAW", "LKMK3 MIDI"]
    assert found(facts, ports, ports) == [[("LKMK3 MIDI", "LKMK3 MIDI"), ("LKMK3 DAW", "LKMK3 DAW")]]
    assert found(facts, ["LKMK3 MIDI"], ["LKMK3 MIDI"]) == [], "until all its ports are there"


def test_a_card_is_known_by_its_ids() -> None:
    facts = matched(usb=("0944:0117",))
    assert found(facts, ["A", "B"], ["A", "B"], B="0944:0117") == [[("B", "B")]]


def test_with_name_and_ids_both_must_fit_where_the_ids_are_known() -> None:
    facts = matched(ports=("*nano*",), usb=("0944:0117",))
    assert found(facts, ["nano 1"], ["nano 1"], **{"nano 1": "1234:0001"}) == []
    assert found(facts, ["nano 1"], ["nano 1"], **{"nano 1": "0944:0117"}) == [[("nano 1", "nano 1")]]
    assert found(facts, ["nano 1"], ["nano 1"]) == [[("nano 1", "nano 1")]]


@pytest.mark.parametrize(
    ("message", "is_it"),
    [
        ("F0 7E 00 06 02 42 13 01 00 00 F7", True),
        ("F0 7E 05 06 02 42 13 7F F7", True),
        ("F0 7E 00 06 02 42 14 01 F7", False),
        ("F0 7E 00 06 02 42 F7", False),
        ("F0 7E 00 06 01 42 13 01 F7", False),
        ("F0 7F 00 06 02 42 13 01 F7", False),
        ("90 42 13", False),
        ("", False),
    ],
)
def test_an_identity_is_compared_byte_for_byte_but_where_any_will_do(message: str, is_it: bool) -> None:  # noqa: FBT001
    assert is_identity(bytes.fromhex(message), (0x42, 0x13, -1)) is is_it


class Anonymous:
    """A box behind a plain MIDI interface; it says who it is when asked."""

    def __init__(self, answer: str) -> None:
        self.emit: Callable[[bytes], None] = lambda _: None
        self.received: list[bytes] = []
        self._answer = bytes.fromhex(answer)

    def receive(self, message: bytes) -> None:
        self.received.append(message)
        if message == bytes.fromhex("F0 7E 7F 06 01 F7") and self._answer:
            self.emit(self._answer)


MAPPED = HEAD + "controls:\n  f/{i}: {kind: fader, count: 4, cc: 0, takeover: jump}\n  b: {kind: button, cc: 20}\n"
MAPPED += 'bindings:\n  "f/{i}": {address: "/strip/{bank+i}/fader"}\n  b: {toggle: /main/mute}\n'


class CountingHub(Hub):
    """A hub that knows how often a control was written."""

    writes = 0

    def write_travel(self, address: str, travel: float, origin: str) -> bool:
        """As any hub, and one more."""
        self.writes += 1
        return super().write_travel(address, travel, origin)


class Studio:
    """A desk and its sockets."""

    def __init__(self, *maps: SurfaceMap) -> None:
        self.loop = HandLoop()
        self.ports = MemoryPorts()
        self.hub = CountingHub(desk().registry, MemoryStore(), RATE_HZ)
        touches = Touches()
        models = [MapModel(facts, self.hub, self.loop.time, touches) for facts in maps]
        self.manager = SurfaceManager(self.hub, models, self.ports, clock=self.loop.time, later=self.loop.later)
        self.manager.start()

    def plug(self, answer: str = "", port: str = "USB MIDI 1") -> Anonymous:
        box = Anonymous(answer)
        self.ports.plug(port, box)
        self.loop.advance(POLL_S)
        return box

    def names(self) -> list[str]:
        return [status.name for status in self.manager.status() if status.state == "connected"]


@pytest.fixture
def facts(tmp_path: Path) -> SurfaceMap:
    """A map of four faders and a button."""
    path = tmp_path / "mapped.yaml"
    path.write_text(MAPPED, encoding="utf-8")
    return load_map(path)


def test_a_box_on_a_nameless_port_is_asked_who_it_is(facts: SurfaceMap) -> None:
    studio = Studio(replace(facts, match=Match(identity=(0x42, 0x13), behind=("*USB MIDI*",))))
    box = studio.plug("F0 7E 00 06 02 42 13 00 F7")
    studio.loop.advance(0.1)
    assert studio.names() == ["mapped"]
    box.emit(b"\xb0\x00\x7f")
    assert studio.hub.value("/strip/1/fader") == 10.0


def test_a_port_where_somebody_else_answers_or_nobody_is_left_alone_and_not_asked_again(facts: SurfaceMap) -> None:
    studio = Studio(replace(facts, match=Match(identity=(0x42, 0x13), behind=("*USB MIDI*",))))
    boxes = [studio.plug("F0 7E 00 06 02 41 13 00 F7"), studio.plug("", "USB MIDI 2"), studio.plug("", "Synth")]
    studio.loop.advance(60.0)
    assert studio.names() == []
    assert [len(box.received) for box in boxes] == [1, 1, 0]
    assert not any(wire.is_open for wire in studio.ports.wires)


def test_a_faderport_is_found_by_its_answer_where_its_port_has_another_name() -> None:
    facts = load_map(map_folder() / "presonus-faderport.yaml")
    studio = Studio(facts)
    answer = "F0 7E 7F 06 02 00 01 06 02 00 01 00 01 02 03 04 F7"
    studio.plug("F0 7E 7F 06 02 00 01 06 02 00 02 00 01 02 03 04 F7", "Other FaderPort USB 20:0")
    studio.plug("", "FaderPort 8:FaderPort 8 MIDI 1 24:0")
    assert studio.names() == []
    box = studio.plug(answer, "PreSonus:FaderPort USB 28:0")
    studio.loop.advance(0.1)
    assert studio.names() == ["faderport"]
    assert box.received[:2] == [bytes.fromhex("F0 7E 7F 06 01 F7"), bytes.fromhex("91 00 64")]


def test_the_further_ports_of_a_device_that_is_known_are_not_asked(facts: SurfaceMap) -> None:
    match = Match(("*Box MIDI 1*",), identity=(0x42,), behind=("*Box*",))
    studio = Studio(replace(facts, match=match))
    _, further = (studio.plug("F0 7E 00 06 02 42 F7", f"Box:Box MIDI {number + 1} 20:{number}") for number in (0, 1))
    studio.loop.advance(5.0)
    assert (studio.names(), further.received) == (["mapped"], [])


def test_of_ten_thousand_moves_in_one_turn_the_last_is_written_and_nothing_waits(facts: SurfaceMap) -> None:
    studio = Studio(facts)
    box = studio.plug(port="mapped")
    for number in range(10_000):
        box.emit(bytes((0xB0, number % 4, (number * 7) % 128)))
    studio.loop.advance(0.0)
    studio.hub.turn()
    for fader in range(4):
        last = (9_996 + fader) * 7 % 128
        assert studio.hub.travel(f"/strip/{fader + 1}/fader") == pytest.approx(last / 127)
    assert studio.hub.writes <= 1 + 4, "the first at once, then the last of each fader"
    before = studio.loop.pending
    studio.loop.advance(1.0)
    assert studio.loop.pending <= before


def test_a_press_in_a_flood_of_moves_is_done_at_once_and_in_order(facts: SurfaceMap) -> None:
    studio = Studio(facts)
    box = studio.plug(port="mapped")
    for value in (1, 2, 127):
        box.emit(bytes((0xB0, 0, value)))
    box.emit(b"\xb0\x14\x7f")
    assert studio.hub.value("/main/mute") == 1.0
    assert studio.hub.value("/strip/1/fader") == 10.0


def test_a_flood_of_one_box_does_not_hold_up_another(facts: SurfaceMap) -> None:
    studio = Studio(facts)
    loud, quiet = studio.plug(port="mapped"), studio.plug(port="mapped 2")
    for number in range(1000):
        loud.emit(bytes((0xB0, 0, number % 128)))
    quiet.emit(b"\xb0\x01\x7f")
    assert studio.hub.value("/strip/2/fader") == 10.0


def test_half_a_message_and_junk_cost_nothing(facts: SurfaceMap) -> None:
    studio = Studio(facts)
    box = studio.plug(port="mapped")
    for junk in ("f0 42", "f07ef801fef7", "40409040b0f4f57f", "b000", "b0", "", "f7", "ff" * 50):
        box.emit(bytes.fromhex(junk))
    studio.loop.advance(1.0)
    box.emit(b"\xb0\x00\x7f")
    assert studio.hub.value("/strip/1/fader") == 10.0
    assert studio.manager.status()[0].refused == 0


class Stumbling(GenericMidi):
    """A grammar with a fault: it falls over one message."""

    def decode(self, message: bytes, port: int = 0) -> tuple[Gesture, ...]:
        """What the map says, but for one message."""
        if message == b"\xf0\x66\xf7":
            raise ZeroDivisionError("half a frame")
        return super().decode(message, port)


def test_a_grammar_that_falls_over_costs_one_message_and_is_told_with_it(
    facts: SurfaceMap, caplog: pytest.LogCaptureFixture
) -> None:
    loop, ports, hub = HandLoop(), MemoryPorts(), desk()
    model = MapModel(facts, hub, loop.time, Touches(), dialect_for=Stumbling)
    manager = SurfaceManager(hub, [model], ports, clock=loop.time, later=loop.later)
    manager.start()
    box = Anonymous("")
    ports.plug("mapped", box)
    loop.advance(POLL_S)
    box.emit(b"\xf0\x66\xf7")
    box.emit(b"\xb0\x00\x7f")
    loop.advance(0.0)
    assert hub.value("/strip/1/fader") == 10.0
    assert [(status.state, status.refused) for status in manager.status()] == [("connected", 1)]
    assert "mapped: ZeroDivisionError: half a frame" in caplog.text
