"""Leases, and what subscribers hear, in time turned by hand."""

import pytest

from studiod.net.osc.packet import Bundle, Message, message
from studiod.net.osc.subscriptions import MAX_PATTERNS, MAX_SUBSCRIBERS
from tests.fakes.osc_desk import FakePeer, OscDesk


@pytest.fixture
def desk() -> OscDesk:
    return OscDesk()


@pytest.fixture
def peer() -> FakePeer:
    return FakePeer()


def move(desk: OscDesk, level: float, address: str = "/strip/1/fader") -> None:
    desk.hub.write(address, level, "nanokontrol2")
    desk.hub.turn()


def test_changes_of_a_turn_come_as_one_bundle_each_address_once(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/subscribe", "/strip/*/fader")
    for level in (-1.0, -2.0, -3.0):
        desk.hub.write("/strip/1/fader", level, "nanokontrol2")
        desk.hub.write("/strip/2/fader", level, "nanokontrol2")
    desk.hub.write("/strip/2/mute", 1.0, "nanokontrol2")
    assert peer.mail == []
    desk.hub.turn()
    (packet,) = peer.packets()
    assert isinstance(packet, Bundle)
    assert packet.elements == (message("/strip/1/fader", -3.0), message("/strip/2/fader", -3.0))


def test_overlapping_patterns_tell_once(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/subscribe", "/strip/1/fader")
    desk.send(peer, "/subscribe", "//fader")
    move(desk, -1.0)
    assert peer.messages() == [message("/strip/1/fader", -1.0)]


def test_travel_and_words_are_told_as_they_are_asked(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/subscribe", "/strip/1/fader/travel")
    desk.send(peer, "/subscribe", "/strip/1/*")
    desk.hub.write("/strip/1/fader", -10.0, "test")
    desk.hub.write("/strip/1/monitor", 1.0, "test")
    desk.hub.write_text("/strip/1/name", "Kick", "test")
    desk.hub.turn()
    assert peer.messages() == [
        message("/strip/1/fader", -10.0),
        message("/strip/1/fader/travel", 0.5),
        message("/strip/1/monitor", "input"),
        message("/strip/1/name", "Kick"),
    ]


def test_the_writer_does_not_hear_itself_unless_it_asks(desk: OscDesk, peer: FakePeer) -> None:
    other = FakePeer(port=9001)
    desk.send(peer, "/subscribe", "//fader")
    desk.send(other, "/subscribe", "//fader", 10, 1)
    for writer in (peer, other):
        desk.send(writer, "/strip/1/fader", -float(writer.port % 100) - 5.0)
        desk.hub.turn()
    assert peer.messages() == [message("/strip/1/fader", -6.0)]
    assert other.messages() == [message("/strip/1/fader", -5.0), message("/strip/1/fader", -6.0)]


def test_the_writer_hears_what_followed_elsewhere(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/strip/1/link", 1)
    desk.hub.turn()
    desk.send(peer, "/subscribe", "//fader")
    desk.send(peer, "/strip/2/fader", -5.0)
    desk.hub.turn()
    assert peer.messages() == [message("/strip/1/fader", -5.0)]


@pytest.mark.parametrize(
    ("arguments", "lasts_s"),
    [(("//fader",), 10.0), (("//fader", 2.5), 2.5), (("//fader", 30), 30.0), (("//fader", 3600.0), 60.0)],
)
def test_a_lease_ends_by_itself(
    desk: OscDesk, peer: FakePeer, arguments: tuple[str | float, ...], lasts_s: float
) -> None:
    desk.send(peer, "/subscribe", *arguments)
    desk.timers.advance(lasts_s - 0.01)
    move(desk, -1.0)
    assert len(peer.messages()) == 1
    desk.timers.advance(0.02)
    move(desk, -2.0)
    assert peer.mail == []
    assert len(desk.endpoint.subscriptions) == 0


def test_repetition_renews_a_lease(desk: OscDesk, peer: FakePeer) -> None:
    for _ in range(5):
        desk.send(peer, "/subscribe", "//fader")
        desk.timers.advance(9.0)
    move(desk, -1.0)
    assert len(peer.messages()) == 1


def test_a_lease_is_ended_alone_or_with_the_others(desk: OscDesk, peer: FakePeer) -> None:
    for pattern in ("//fader", "//mute", "//pan"):
        desk.send(peer, "/subscribe", pattern)
    desk.send(peer, "/unsubscribe", "//fader")
    desk.send(peer, "/unsubscribe", "/never/subscribed")
    move(desk, -1.0)
    move(desk, 1.0, "/strip/1/mute")
    assert [told.address for told in peer.messages()] == ["/strip/1/mute"]
    desk.send(peer, "/unsubscribe")
    move(desk, 0.0, "/strip/1/mute")
    assert peer.mail == []


def test_meters_come_at_their_own_rate_as_long_as_someone_listens(desk: OscDesk, peer: FakePeer) -> None:
    desk.hub.on_meter("/meter/strip/1", lambda: (-6.0, -9.0))
    desk.send(peer, "/subscribe", "/meter/strip/1", 1.0)
    desk.timers.advance(0.999)
    assert peer.messages() == [message("/meter/strip/1", -6.0, -9.0)] * 19
    desk.timers.advance(10.0)
    assert peer.mail == []
    assert desk.timers.pending == 0
    desk.send(peer, "/subscribe", "/meter/*")
    desk.timers.advance(0.051)
    unmeasured = ("/meter/main", "/meter/loudness", "/meter/mono")
    assert peer.messages() == [Message(address, "N", (None,)) for address in unmeasured]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (1,),
        ("//fader", "long"),
        ("//fader", 0.0),
        ("//fader", -1),
        ("/nobody/*",),
        ("fader",),
        ("/[",),
        ("//*", 1, 1, 1),
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(
    desk: OscDesk, peer: FakePeer, arguments: tuple[str | float, ...]
) -> None:
    desk.send(peer, "/subscribe", *arguments)
    assert [told.address for told in peer.messages()] == ["/error"]
    assert peer not in desk.endpoint.subscriptions


def test_there_is_room_for_so_many_subscribers_and_patterns(desk: OscDesk) -> None:
    peers = [FakePeer(port=10_000 + number) for number in range(MAX_SUBSCRIBERS + 1)]
    for each in peers:
        desk.send(each, "/subscribe", "//fader")
    assert [told.address for told in peers[-1].messages()] == ["/error"]
    for number in range(MAX_PATTERNS):
        desk.send(peers[0], "/subscribe", f"/strip/{{1,{number}}}/*")
    assert [told.address for told in peers[0].messages()] == ["/error"]
    desk.timers.advance(10.1)
    desk.send(peers[-1], "/subscribe", "//fader")
    assert peers[-1] in desk.endpoint.subscriptions


def test_a_peer_that_left_is_told_nothing(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/subscribe", "//fader")
    desk.endpoint.forget(peer)
    move(desk, -1.0)
    assert peer.mail == []


def test_a_scene_of_changes_is_cut_to_datagrams(peer: FakePeer) -> None:
    desk = OscDesk(strips=64)
    desk.send(peer, "/subscribe", "//*")
    for strip in range(1, 65):
        desk.hub.write(f"/strip/{strip}/fader", -1.0, "scene")
    desk.hub.turn()
    assert 1 < len(peer.mail) < 4
    assert all(len(packet) <= 1400 for packet in peer.mail)
    assert len(peer.messages()) == 64
