"""Every hostile OSC input that is known to have hurt someone, and what becomes of it here."""

import base64
import json
import logging
import math
import struct
import time
import zlib
from pathlib import Path
from typing import cast

import pytest

from studiod.net.osc.codec import encode
from studiod.net.osc.packet import IMMEDIATELY, Bundle, message
from tests.fakes.osc_desk import FakePeer, OscDesk

BAD_INPUTS = Path(__file__).parents[2] / "data" / "osc" / "bad_inputs.json"
ENTRIES = {
    entry["id"]: entry
    for entry in cast("list[dict[str, str]]", json.loads(BAD_INPUTS.read_text("utf-8"))["inputs"])
    if "text" not in entry
}
DROPPED = sorted(name for name, entry in ENTRIES.items() if entry["expect"].startswith("dropped whole"))
HARMLESS = sorted(set(ENTRIES) - {"osc-denormal", "osc-range-bomb", "osc-bundle-many"})


def payload(name: str) -> bytes:
    entry = ENTRIES[name]
    return bytes.fromhex(entry["hex"]) if "hex" in entry else zlib.decompress(base64.b64decode(entry["zlib_b64"]))


@pytest.fixture
def desk() -> OscDesk:
    return OscDesk()


@pytest.fixture
def peer() -> FakePeer:
    return FakePeer()


def test_the_list_is_whole() -> None:
    assert len(ENTRIES) == 28
    assert len(DROPPED) == 14


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_a_good_message_right_after_is_obeyed(name: str, desk: OscDesk, peer: FakePeer) -> None:
    desk.endpoint.receive(payload(name), peer)
    desk.send(peer, "/strip/2/fader", -7.5)
    assert desk.hub.value("/strip/2/fader") == -7.5
    assert all(math.isfinite(value) or value == -math.inf for value in desk.store.numbers.values())


@pytest.mark.parametrize("name", DROPPED)
def test_what_is_malformed_is_counted_and_neither_obeyed_nor_answered(name: str, desk: OscDesk, peer: FakePeer) -> None:
    before = desk.snapshot()
    desk.endpoint.receive(payload(name), peer)
    assert desk.endpoint.traffic.malformed == 1
    assert desk.snapshot() == before
    assert peer.mail == []


@pytest.mark.parametrize("name", HARMLESS)
def test_nothing_else_moves_the_desk_either(name: str, desk: OscDesk, peer: FakePeer) -> None:
    before = desk.snapshot()
    desk.endpoint.receive(payload(name), peer)
    assert desk.snapshot() == before


@pytest.mark.parametrize("name", sorted(set(ENTRIES) - {"osc-bundle-many"}))
def test_no_input_costs_more_than_a_millisecond(name: str, desk: OscDesk, peer: FakePeer) -> None:
    packet = payload(name)
    start = time.process_time()
    for _ in range(20):
        desk.endpoint.receive(packet, peer)
    assert (time.process_time() - start) / 20 < 0.001


@pytest.mark.parametrize("name", ["osc-nan", "osc-double-nan", "osc-wrong-type"])
def test_a_value_that_is_none_is_refused_and_a_known_peer_is_told(name: str, desk: OscDesk, peer: FakePeer) -> None:
    desk.endpoint.receive(payload(name), peer)
    (told,) = peer.messages()
    assert (told.address, told.tags, told.arguments[0]) == ("/error", "ss", "/strip/1/fader")
    assert desk.endpoint.traffic.refused == 1


def test_errors_are_told_at_a_rate_a_person_can_read(desk: OscDesk, peer: FakePeer) -> None:
    for _ in range(1000):
        desk.endpoint.receive(payload("osc-wrong-type"), peer)
    assert len(peer.mail) == 20
    assert desk.endpoint.traffic.refused == 1000


def test_a_stranger_is_not_told(desk: OscDesk) -> None:
    stranger = FakePeer("192.168.1.66", is_proven=False)
    desk.endpoint.receive(payload("osc-wrong-type"), stranger)
    assert stranger.mail == []


@pytest.mark.parametrize("name", ["osc-track-neg", "osc-track-unicode-digit"])
def test_a_number_that_no_strip_has_is_an_unknown_address(name: str, desk: OscDesk, peer: FakePeer) -> None:
    desk.endpoint.receive(payload(name), peer)
    assert desk.endpoint.traffic.unknown == 1


def test_a_denormal_is_zero(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/strip/1/fader", -6.0)
    desk.endpoint.receive(payload("osc-denormal"), peer)
    assert desk.hub.value("/strip/1/fader") == 0.0
    assert desk.store.engine_values[desk.hub.registry.number_slot("/strip/1/fader")] == 1.0


def test_bytes_after_the_last_argument_are_the_same_fault_on_every_run(peer: FakePeer) -> None:
    for _ in range(3):
        desk = OscDesk()
        desk.send(peer, "/strip/1/fader", -6.0)  # the short cut for this address exists now
        desk.endpoint.receive(payload("osc-extra-bytes"), peer)
        assert desk.endpoint.traffic.malformed == 1
        assert desk.hub.value("/strip/1/fader") == -6.0


def test_a_range_bomb_reaches_nothing_protected(peer: FakePeer) -> None:
    desk = OscDesk(strips=101)
    desk.send(peer, "/strip/100/fader", -6.0)
    desk.send(peer, "/strip/99/fader", -6.0)
    desk.endpoint.receive(payload("osc-range-bomb"), peer)
    assert desk.hub.value("/strip/100/fader") == 0.0
    assert desk.hub.value("/strip/99/fader") == -6.0
    before = desk.snapshot()
    desk.send(peer, "/strip/[!-~]*/arm", 1)
    assert desk.snapshot() == before


def test_a_bundle_of_two_thousand_moves_ends_at_the_last_within_a_turn(desk: OscDesk, peer: FakePeer) -> None:
    packet = payload("osc-bundle-many")

    def cpu_s() -> float:
        start = time.process_time()
        desk.endpoint.receive(packet, peer)
        desk.hub.turn()
        return time.process_time() - start

    # the worst datagram there is; with the loop's own turn inside the 20 ms other sources may wait, and twice that on a
    # core whose other half is busy with something else: a decoder that looks at everything twice is far beyond
    assert min(cpu_s() for _ in range(5)) < 0.04
    assert desk.hub.value("/strip/1/fader") == struct.unpack(">f", packet[-4:])[0]
    slot = desk.hub.registry.number_slot("/strip/1/fader")
    assert [sent for sent, _ in desk.store.sent] == [slot] * 5, "one a turn, whatever the bundle"


def test_one_bad_element_spoils_the_bundle(desk: OscDesk, peer: FakePeer) -> None:
    good = encode(Bundle(IMMEDIATELY, (message("/strip/1/fader", -6.0), message("/strip/2/fader", -6.0))))
    desk.endpoint.receive(good[:-4] + b"\0\0\0\x08/a\0\0,Q\0\0", peer)
    assert desk.endpoint.traffic.malformed == 1
    assert desk.hub.value("/strip/1/fader") == 0.0


def test_garbage_at_line_rate_is_one_line_in_the_log_without_the_garbage(
    desk: OscDesk, peer: FakePeer, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(100):
        for name in ("osc-long-address", "osc-utf8-invalid-string", "osc-nonascii"):
            desk.endpoint.receive(payload(name), peer)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert len(caplog.messages[0]) < 120
    assert "aaaa" not in caplog.messages[0]
