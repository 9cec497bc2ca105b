"""Boxes that say half a message, or flood: told with their name and the bytes, counted, and in nobody's way."""

import pytest

from studiod.link.ports import BROKEN, MIDI_MESSAGE
from tests.fakes.port_studio import Studio

NOTE, LAMP = b"\x90\x40\x7f", b"\xb0\x01\x7f"


def test_half_a_sysex_is_told_with_box_and_bytes_once_a_second_counted_and_nobody_obeys_it(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    studio.system.plug("nano")
    studio.system.plug("keys")
    studio.poll()
    heard: list[bytes] = []
    studio.desk.open("nano", "nano", heard.append)
    studio.desk.box_at = {"nano": "nanokontrol2"}.get  # type: ignore[assignment]
    for _ in range(3):
        studio.system.play("nano", bytes.fromhex("f0 42 13"))
    studio.system.play("keys", bytes.fromhex("b0 07"))
    studio.system.play("nano", LAMP)
    studio.desk.turn()
    assert caplog.messages == [
        "nanokontrol2 (nano): f0 42 13: a system exclusive message that breaks off; 1 dropped so far",
        "keys: b0 07: a message that breaks off: b0 has 2 bytes of data; 1 dropped so far",
    ]
    assert heard == [LAMP]
    assert [event.kind for event in studio.tape.read()] == [BROKEN] * 4 + [MIDI_MESSAGE]
    ports = {port.name: port.id for port in studio.ports.ports if port.direction == "in"}
    assert [studio.desk.conduct.broken(ports[name]) for name in ("nano", "keys")] == [3, 1]
    studio.now_s += 1.5
    studio.system.play("nano", bytes.fromhex("f0 42 13"), since_last_s=1.5)
    studio.desk.turn()
    assert caplog.messages[2:] == [
        "nanokontrol2 (nano): f0 42 13: a system exclusive message that breaks off; 4 dropped so far"
    ]


def test_a_box_that_floods_for_seconds_is_told_and_counted_and_one_that_tells_all_it_has_is_not(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    studio.system.plug("loud")
    studio.system.plug("dump")
    studio.poll()
    for tenth in range(45):
        for _ in range(600):
            studio.system.play("loud", LAMP)
        for _ in range(600 if tenth < 8 else 10):
            studio.system.play("dump", NOTE)
        studio.now_s += 0.1
        studio.desk.turn()
    assert len(caplog.messages) == 3
    assert caplog.messages[0].startswith("loud: it floods: 6000 messages a second, b0 01 7f among them")
    ports = {port.name: port.id for port in studio.ports.ports if port.direction == "in"}
    assert [studio.desk.conduct.flood_s(ports[name]) for name in ("loud", "dump")] == [3, 0]
