"""Ports come, speak, are spoken to and leave; and two ends of one block agree about it."""

import pytest

from studiod.link import HEARD, PORTS, EventWriter, PortEvent
from studiod.link.ports import MIDI_MESSAGE, SERIAL_BYTES, PortGone, PortInfo, PortList, PortsUnavailable
from studiod.ports import FrameClock, Patchbay
from studiod.ports.patchbay import AGAIN_S
from studiod.ports.system import ExactListener
from studiod.surfaces.base import Match
from studiod.surfaces.matching import Pair, boxes_in
from tests.fakes.port_studio import RATE_HZ, Studio
from tests.fakes.port_system import MemorySystem

RING_HOLDS = 40_000  # at most so many short messages
NOTE, LAMP = b"\x90\x40\x7f", b"\xb0\x01\x7f"


def test_a_port_is_listened_to_as_soon_as_it_is_seen_and_its_messages_carry_their_frame(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.poll()
    studio.system.play("keys", NOTE)
    (event,) = studio.tape.read()
    source = studio.ports.find("keys", "in")
    assert source is not None
    assert event == (0, source.id, MIDI_MESSAGE, round(studio.now_s * RATE_HZ), round(studio.now_s * 1e9), NOTE)
    assert (studio.ports.system, source.usb) == ("alsa", "0000:0004")


def test_more_than_one_turn_hands_over_comes_with_the_next(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.poll()
    heard: list[bytes] = []
    studio.desk.open("keys", "", heard.append)
    for number in range(5000):
        studio.system.play("keys", bytes((0xE0, number & 0x7F, number >> 7)))
    studio.desk.turn()
    assert studio.desk.is_behind
    studio.desk.turn()
    assert (len(heard), heard[-1], studio.desk.is_behind) == (5000, bytes((0xE0, 4999 & 0x7F, 4999 >> 7)), False)


def test_when_messages_were_lost_every_box_is_met_anew(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.poll()
    studio.desk.turn()
    before = studio.desk.stamp("keys")
    for _ in range(RING_HOLDS):
        studio.system.play("keys", NOTE)
    assert studio.desk.turn()
    assert studio.desk.stamp("keys") != before, "a release may have been among them"
    while studio.desk.is_behind:
        assert not studio.desk.turn()


def test_a_surface_hears_its_own_port_only_and_is_heard(studio: Studio) -> None:
    for name in ("keys", "nano"):
        studio.system.plug(name)
    studio.poll()
    heard: list[bytes] = []
    wire = studio.desk.open("nano", "nano", heard.append)
    studio.system.play("keys", NOTE)
    studio.system.play("nano", LAMP)
    studio.desk.turn()
    assert heard == [LAMP]
    wire.send(LAMP)
    assert studio.bells == 1
    studio.deliver()
    assert studio.system.sent == [("nano", LAMP)]
    wire.close()
    studio.system.play("nano", LAMP)
    studio.desk.turn()
    assert heard == [LAMP]


def test_two_who_listen_to_one_port_hear_everything_and_one_may_leave(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.poll()
    first: list[bytes] = []
    second: list[tuple[int, int, bytes]] = []
    surface = studio.desk.open("keys", "keys", first.append)
    sync = studio.desk.open_timed("keys", "", lambda event: second.append((event.frame, event.ns, event.message)))
    studio.system.play("keys", NOTE)
    studio.desk.turn()
    assert (first, second) == ([NOTE], [(round(studio.now_s * RATE_HZ), round(studio.now_s * 1e9), NOTE)])
    surface.close()
    surface.close()
    studio.system.play("keys", LAMP)
    studio.desk.turn()
    assert (first, [message for *_, message in second]) == ([NOTE], [NOTE, LAMP])
    sync.close()
    studio.system.play("keys", LAMP)
    studio.desk.turn()
    assert len(second) == 2


def test_what_is_for_a_later_moment_is_sent_then_and_in_order(studio: Studio) -> None:
    studio.system.plug("drums")
    studio.poll()
    wire = studio.desk.open("", "drums", lambda _: None)
    now_ns = round(studio.now_s * 1e9)
    for after_ms, number in ((30, 3), (10, 1), (20, 2)):
        wire.send_at(bytes((0xC0, number)), now_ns + after_ms * 1_000_000)
    wire.send(NOTE)
    studio.deliver()
    assert studio.system.sent == [("drums", NOTE)]
    assert studio.patchbay.wait_s == pytest.approx(0.01)
    studio.now_s += 0.0201
    studio.deliver()
    assert [message for _, message in studio.system.sent[1:]] == [b"\xc0\x01", b"\xc0\x02"]
    studio.now_s += 0.01
    assert studio.patchbay.wait_s == 0.0
    studio.deliver()
    assert studio.system.sent[-1] == ("drums", b"\xc0\x03")
    assert studio.patchbay.wait_s is None


def test_what_waits_can_be_let_go_from_a_moment_on_for_one_port_alone(studio: Studio) -> None:
    for name in ("drums", "video"):
        studio.system.plug(name)
    studio.poll()
    wires = {name: studio.desk.open("", name, lambda _: None) for name in ("drums", "video")}
    now_ns = round(studio.now_s * 1e9)
    for wire in wires.values():
        for after_ms in (10, 20, 30):
            wire.send_at(bytes((0xC0, after_ms)), now_ns + after_ms * 1_000_000)
    wires["drums"].forget_from(now_ns + 20_000_000)
    studio.deliver()
    studio.now_s += 0.05
    studio.deliver()
    assert [message[1] for name, message in studio.system.sent if name == "drums"] == [10]
    assert [message[1] for name, message in studio.system.sent if name == "video"] == [10, 20, 30]


def test_what_waits_for_a_box_that_leaves_goes_nowhere(studio: Studio) -> None:
    studio.system.plug("drums")
    studio.poll()
    studio.desk.open("", "drums", lambda _: None).send_at(NOTE, round(studio.now_s * 1e9) + 10_000_000)
    studio.deliver()
    studio.system.unplug("drums")
    studio.poll()
    studio.system.plug("drums")
    studio.poll()
    studio.deliver()
    assert studio.system.sent == []
    assert studio.patchbay.wait_s is None


def test_a_port_that_left_is_gone_for_whoever_speaks_to_it_and_has_another_stamp_when_it_returns(
    studio: Studio,
) -> None:
    studio.system.plug("nano")
    studio.poll()
    wire, before = studio.desk.open("nano", "nano", lambda _: None), studio.desk.stamp("nano")
    studio.system.unplug("nano")
    studio.poll()
    assert studio.desk.turn()
    assert studio.desk.names().inputs == ()
    with pytest.raises(PortGone, match="nano: is not there any more"):
        wire.send(LAMP)
    studio.system.plug("nano")
    studio.poll()
    assert studio.desk.names().inputs == ("nano",)
    assert studio.desk.stamp("nano") != before


def test_a_bounce_between_two_looks_is_noticed(studio: Studio) -> None:
    studio.system.plug("nano")
    studio.poll()
    before = studio.desk.stamp("nano")
    studio.system.unplug("nano")
    studio.system.plug("nano")
    studio.poll()
    studio.desk.turn()
    assert studio.desk.stamp("nano") != before


def test_a_stranger_that_comes_and_goes_changes_nothing_for_the_others(studio: Studio) -> None:
    studio.system.plug("nano")
    studio.poll()
    before = studio.ports.ports
    studio.system.plug("stranger")
    studio.poll()
    assert set(before) < set(studio.ports.ports)
    studio.system.unplug("stranger")
    studio.poll()
    assert studio.ports.ports == before


def test_a_port_that_would_not_open_says_why_and_is_tried_again_after_a_while(studio: Studio) -> None:
    studio.system.plug("nano")
    studio.system.broken.add("nano")
    studio.poll()
    studio.desk.turn()
    with pytest.raises(PortGone, match="nano: would not open: busy"):
        studio.desk.open("nano", "nano", lambda _: None)
    assert studio.desk.names().refused == {"nano"}
    studio.system.broken.clear()
    studio.poll(after_s=AGAIN_S[0] / 2)
    assert "nano" not in studio.system.inputs
    studio.poll(after_s=AGAIN_S[0])
    assert studio.desk.turn()
    assert studio.desk.names().refused == frozenset()
    studio.desk.open("nano", "nano", lambda _: None)


def test_an_output_that_breaks_has_another_id_and_a_fault_until_it_is_tried_again(studio: Studio) -> None:
    studio.system.plug("nano")
    studio.poll()
    wire, before = studio.desk.open("nano", "nano", lambda _: None), studio.desk.stamp("nano")
    wire.send(LAMP)
    studio.deliver()
    studio.system.broken.add("nano")
    wire.send(LAMP)
    studio.deliver()
    studio.poll(after_s=AGAIN_S[0] / 2)
    studio.desk.turn()
    with pytest.raises(PortGone, match="is not there any more"):
        wire.send(LAMP)
    assert studio.desk.stamp("nano") != before
    with pytest.raises(PortGone, match="broken pipe"):
        studio.desk.open("nano", "nano", lambda _: None)
    studio.system.broken.clear()
    studio.poll(after_s=5.0)
    studio.desk.turn()
    studio.desk.open("nano", "nano", lambda _: None).send(LAMP)
    studio.deliver()
    assert studio.system.sent == [("nano", LAMP), ("nano", LAMP)]


def test_what_is_for_a_port_that_left_goes_nowhere(studio: Studio) -> None:
    studio.patchbay.say([PortEvent(0, 77, MIDI_MESSAGE, 0, 0, LAMP)])
    assert studio.system.sent == []


def test_without_a_midi_system_there_are_no_ports_and_a_sentence(studio: Studio) -> None:
    studio.system.plug("nano")
    studio.poll()
    studio.system.outage = "no MIDI: no JACK server is running"
    studio.poll()
    studio.desk.turn()
    assert "no JACK server" in studio.desk.names().fault
    assert studio.desk.names().inputs == ()
    assert not studio.system.inputs["nano"].is_open
    studio.system.outage = ""
    studio.poll()
    assert studio.desk.names().outputs == ("nano",)


def test_while_the_ports_process_is_dead_the_desk_says_so(studio: Studio) -> None:
    with pytest.raises(PortsUnavailable, match="process is being started"):
        studio.desk.names()


def test_a_patchbay_after_another_gives_no_id_twice(studio: Studio) -> None:
    studio.system.plug("nano")
    studio.poll()
    before = {port.id for port in studio.ports.ports}
    studio.patchbay = studio.new_patchbay()
    studio.poll()
    assert before.isdisjoint(port.id for port in studio.ports.ports)


def test_outputs_whose_messages_were_lost_are_met_anew(studio: Studio) -> None:
    studio.system.plug("nano")
    studio.poll()
    wire = studio.desk.open("nano", "nano", lambda _: None)
    studio.patchbay.forget()
    studio.desk.turn()
    with pytest.raises(PortGone, match="any more"):
        wire.send(LAMP)


def test_at_the_end_every_port_is_let_go_without_a_complaint(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    studio.system.plug("nano")
    studio.poll()
    studio.desk.open("nano", "nano", lambda _: None).send(LAMP)
    studio.deliver()
    caplog.clear()
    studio.patchbay.stop()
    studio.patchbay.stop()
    assert caplog.records == []
    assert not studio.system.inputs["nano"].is_open
    assert not studio.system.outputs[0].is_open
    assert studio.system.is_closed
    assert studio.ports.ports == ()


def test_a_box_may_be_opened_in_one_direction_only(studio: Studio) -> None:
    studio.system.plug("Pedal")
    studio.system.plug("Lamp")
    studio.poll()
    heard: list[bytes] = []
    pedal = studio.desk.open("Pedal", "", heard.append)
    lamp = studio.desk.open("", "Lamp", heard.append)
    studio.poll()
    studio.system.play("Pedal", NOTE)
    studio.system.play("Lamp", NOTE)
    studio.desk.turn()
    assert heard == [NOTE]
    lamp.send(LAMP)
    studio.deliver()
    assert studio.system.sent == [("Lamp", LAMP)]
    with pytest.raises(PortGone):
        pedal.send(LAMP)
    with pytest.raises(PortGone, match="Nowhere"):
        studio.desk.open("Nowhere", "", heard.append)


def test_the_desk_is_told_whose_card_a_port_is(studio: Studio) -> None:
    ports = PortList((PortInfo(1, "Nano", "in", usb="0944:0117"), PortInfo(2, "Synth", "in")))
    studio.poll()
    studio.block.store_status(PORTS, ports.to_json())
    assert studio.desk.names().usb == {"Nano": "0944:0117"}


def test_a_serial_line_is_no_midi_port_and_its_bytes_go_both_ways(studio: Studio) -> None:
    studio.system.kinds["box"] = "studiod"
    studio.system.plug("box")
    studio.system.plug("keys")
    studio.poll()
    names = studio.desk.names()
    assert (names.inputs, names.outputs, dict(names.kinds)) == (("box", "keys"), ("box", "keys"), {"box": "studiod"})
    assert boxes_in(Match(("*",)), names, ()) == [(Pair("keys", "keys"),)]
    assert [(line.name, line.kind) for line in studio.desk.lines()] == [("box", "studiod")]
    heard: list[bytes] = []
    wire = studio.desk.open("box", "box", heard.append)
    studio.system.play("box", b"half a li")
    studio.desk.turn()
    wire.send(b"P 7*D200\n")
    studio.deliver()
    assert heard == [b"half a li"]
    assert studio.system.sent == [("box", b"P 7*D200\n")]
    assert [event.kind for event in studio.tape.read()] == [SERIAL_BYTES]


def test_a_moment_that_a_system_knows_is_taken_but_none_that_is_still_to_come(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.poll()
    listener = studio.system.inputs["keys"].on_message
    assert isinstance(listener, ExactListener)
    listener.at(NOTE, 99_900_000_000, 0)
    listener.at(NOTE, 100_500_000_000, 0)  # a smooth clock that went astray
    assert [event.ns for event in studio.tape.read()] == [99_900_000_000, round(studio.now_s * 1e9)]


def test_a_port_that_would_not_open_is_tried_again_soon_and_then_less_often(studio: Studio) -> None:
    studio.system.plug("nano")
    studio.system.broken.add("nano")
    studio.poll()
    for after_s in AGAIN_S:
        studio.poll(after_s=after_s)
    studio.system.broken.clear()
    studio.poll(after_s=AGAIN_S[-1])
    assert "nano" not in studio.system.inputs
    studio.poll(after_s=4.0)
    assert studio.system.inputs["nano"].is_open


def test_a_port_that_was_not_ready_is_heard_a_moment_later(studio: Studio) -> None:
    studio.system.plug("nano")
    studio.system.broken.add("nano")
    studio.poll()
    studio.system.broken.clear()
    studio.poll(after_s=AGAIN_S[0])
    assert studio.system.inputs["nano"].is_open


def test_it_is_alive_after_each_port_that_took_its_time(studio: Studio) -> None:
    beats: list[int] = []
    system = MemorySystem()
    patchbay = Patchbay(
        system, EventWriter(studio.block, HEARD), FrameClock(RATE_HZ), lambda _: None, now_ns=lambda: 0,
        alive=lambda: beats.append(sum(port.is_open for port in system.inputs.values())),
    )  # fmt: skip
    for name in ("keys", "pads", "nano"):
        system.plug(name)
    patchbay.poll()
    assert beats == [1, 2, 3]
    beats.clear()
    patchbay.stop()
    assert beats[0] == 2, "the first of them is closed"
