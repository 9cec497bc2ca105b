"""Keys that are down when their port leaves, or its process: they are let go, once, after they were played."""

from studiod.link.ports import MIDI_MESSAGE
from tests.fakes.port_studio import RATE_HZ, Studio

NOTE, LAMP = b"\x90\x40\x7f", b"\xb0\x01\x7f"


def test_keys_and_pedals_that_are_down_when_their_port_leaves_are_let_go_in_its_name(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.system.plug("other")
    studio.poll()
    source = studio.ports.find("keys", "in")
    for message in (NOTE, b"\x91\x30\x7f", b"\xb0\x40\x7f", b"\x81\x30\x00"):
        studio.system.play("keys", message)
    studio.system.play("other", NOTE)
    assert len(studio.tape.read()) == 5
    studio.system.unplug("keys")
    studio.poll()
    events = studio.tape.read()
    assert source is not None
    assert {(event.port, event.kind, event.frame) for event in events} == {
        (source.id, MIDI_MESSAGE, round(studio.now_s * RATE_HZ))
    }
    assert [event.message for event in events] == [b"\x80\x40\x40", b"\xb0\x40\x00"]


def test_a_patchbay_after_one_that_was_killed_lets_go_of_the_keys_that_it_left_down(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.poll()
    source = studio.ports.find("keys", "in")
    studio.system.play("keys", NOTE)
    heard = studio.tape.read()
    studio.patchbay = studio.new_patchbay()
    studio.patchbay.let_go_of(heard)
    (event,) = studio.tape.read()
    assert source is not None
    assert (event.port, event.message) == (source.id, b"\x80\x40\x40")
    studio.patchbay.let_go_of([*heard, event])
    assert studio.tape.read() == []


def test_what_was_played_in_order_stands_in_order_when_the_clock_of_the_frames_is_put_back(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.system.plug("other")
    studio.poll()
    studio.system.play("keys", NOTE)
    studio.put_clock_back(3000)
    studio.now_s += 0.02
    studio.system.play("keys", LAMP)
    studio.system.play("other", LAMP)
    studio.system.unplug("keys")
    studio.poll(after_s=0.01)
    on, lamp, other, off = studio.tape.read()
    assert on.frame == lamp.frame == off.frame > other.frame
    assert (off.port, off.message) == (on.port, b"\x80\x40\x40")


def test_a_key_that_comes_after_its_port_was_let_go_sounds_no_more(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.poll()
    listener = studio.system.inputs["keys"].on_message
    listener(NOTE, 0.0)
    studio.system.unplug("keys")
    studio.poll()
    listener(NOTE, 0.01)
    assert [event.message for event in studio.tape.read()] == [NOTE, b"\x80\x40\x40"]


def test_keys_that_a_killed_patchbay_left_down_are_let_go_after_they_were_played(studio: Studio) -> None:
    studio.system.plug("keys")
    studio.poll()
    studio.system.play("keys", NOTE)
    (on,) = studio.tape.read()
    studio.patchbay = studio.new_patchbay()
    studio.put_clock_back(3000)
    studio.patchbay.let_go_of([on])
    (off,) = studio.tape.read()
    assert (off.frame, off.message) == (on.frame, b"\x80\x40\x40")


def test_bytes_of_a_serial_line_are_nobody_s_keys(studio: Studio) -> None:
    studio.system.kinds["box"] = "studiod"
    studio.system.plug("box")
    studio.poll()
    studio.system.play("box", NOTE)
    studio.tape.read()
    studio.system.unplug("box")
    studio.poll()
    assert studio.tape.read() == []
