"""What OSC messages do to the desk, and what they are answered."""

import math

import pytest

from studiod.model.parameter import Refused
from studiod.net.access import Peer
from studiod.net.osc.codec import encode
from studiod.net.osc.endpoint import MAX_PENDING
from studiod.net.osc.packet import IMMEDIATELY, Argument, Bundle, Message, TimeTag, message
from tests.fakes.osc_desk import UNIX_AT_START, FakePeer, OscDesk


@pytest.fixture
def desk() -> OscDesk:
    return OscDesk()


@pytest.fixture
def peer() -> FakePeer:
    return FakePeer()


@pytest.mark.parametrize(
    ("address", "tags", "argument", "value"),
    [
        ("/strip/1/fader", "f", -6.0, -6.0),
        ("/strip/1/fader", "f", -math.inf, -math.inf),
        ("/strip/1/fader", "i", -6, -6.0),
        ("/strip/1/fader", "d", -6.5, -6.5),
        ("/strip/1/fader", "h", -7, -7.0),
        ("/strip/1/mute", "i", 1, 1.0),
        ("/strip/1/mute", "f", 1.0, 1.0),
        ("/strip/1/mute", "T", True, 1.0),
        ("/strip/1/mute", "s", "on", 1.0),
        ("/strip/1/arm", "i", 1, 1.0),
        ("/strip/1/monitor", "i", 2, 2.0),
        ("/strip/1/monitor", "s", "tape", 2.0),
        ("/strip/1/send/2/on", "F", False, 0.0),
        ("/strip/1/hpf", "f", 120.0, 120.0),
        ("/strip/1/pan", "f", -0.5, -0.5),
        ("/bus/2/fader", "f", 3.0, 3.0),
        ("/main/fader", "f", -3.0, -3.0),
    ],
)
def test_a_number_is_written_in_natural_units_also_the_second_time(
    desk: OscDesk, peer: FakePeer, address: str, tags: str, argument: Argument, value: float
) -> None:
    for _ in range(2):  # the second time takes the short cut
        desk.give(peer, Message(address, tags, (argument,)))
        assert desk.hub.value(address) == value
        desk.hub.write(address, desk.hub.registry[address].default, "test")
    assert peer.mail == []


def test_travel_is_a_fraction_of_the_throw(desk: OscDesk, peer: FakePeer) -> None:
    for travel, level in ((0.75, 0.0), (0.5, -10.0), (0.0, -math.inf), (7.0, 10.0)):
        desk.send(peer, "/strip/1/fader/travel", travel)
        assert desk.hub.value("/strip/1/fader") == level


def test_a_name_is_text(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/strip/1/name", "Baß")
    assert desk.hub.text("/strip/1/name") == "Baß"


@pytest.mark.parametrize(
    "wrong",
    [
        message("/strip/1/fader", 11.0),
        message("/strip/1/fader", math.nan),
        message("/strip/1/fader/travel", math.nan),
        message("/strip/1/fader/travel", "half"),
        message("/strip/1/fader", bool(1)),
        message("/strip/1/fader", -6.0, -6.0),
        message("/strip/1/fader", (-6.0,)),
        message("/strip/1/fader", None),
        message("/strip/1/pan", math.inf),
        message("/strip/1/mute", 0.5),
        message("/strip/1/mute", 2),
        message("/strip/1/mute", "maybe"),
        message("/strip/1/monitor", "radio"),
        message("/strip/1/monitor", bool(1)),
        message("/strip/1/name", 7),
        message("/strip/1/name", "a\nb"),
        message("/strip/1/name", "x" * 65),
        message("/transport/state", 1),
        message("/transport/state", "playing"),
        message("/meter/strip/1", -6.0),
        message("/transport/locate"),
        message("/transport/locate", "start"),
        message("/transport/locate", math.nan),
        message("/transport/play", 1, 2),
    ],
)
def test_a_value_that_does_not_fit_changes_nothing_and_is_told(desk: OscDesk, peer: FakePeer, wrong: Message) -> None:
    desk.send(peer, "/strip/1/fader", 0.0)
    before = desk.snapshot()
    desk.give(peer, wrong)
    assert desk.snapshot() == before
    assert desk.endpoint.traffic.refused == 1
    (told,) = peer.messages()
    assert (told.address, told.tags, told.arguments[0]) == ("/error", "ss", wrong.address)


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("/strip/1/fader", Message("/strip/1/fader", "f", (0.0,))),
        ("/strip/1/fader/travel", Message("/strip/1/fader/travel", "f", (0.75,))),
        ("/strip/1/send/1/level", Message("/strip/1/send/1/level", "f", (-math.inf,))),
        ("/strip/1/mute", Message("/strip/1/mute", "i", (0,))),
        ("/strip/1/monitor", Message("/strip/1/monitor", "s", ("auto",))),
        ("/strip/1/name", Message("/strip/1/name", "s", ("Strip 1",))),
        ("/transport/state", Message("/transport/state", "s", ("stopped",))),
        ("/meter/strip/1", Message("/meter/strip/1", "ff", (-6.0, -9.0))),
        ("/meter/main", Message("/meter/main", "N", (None,))),
        ("/transport/position", Message("/transport/position", "fs", (61.5, "0:01:01.500"))),
        ("/stats/osc/malformed", Message("/stats/osc/malformed", "i", (0,))),
    ],
)
def test_an_address_without_argument_is_a_question(
    desk: OscDesk, peer: FakePeer, address: str, answer: Message
) -> None:
    desk.hub.on_meter("/meter/strip/1", lambda: (-6.0, -9.0))
    desk.hub.on_meter("/transport/position", lambda: (61.5,))
    desk.send(peer, address)
    assert peer.packets() == [answer]


def test_triggers_fire(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/transport/play")
    desk.send(peer, "/transport/locate", 12.5)
    desk.give(peer, Message("/transport/locate", "d", (3.25,)))
    desk.send(peer, "/transport/locate", 7)
    assert desk.fired == [
        ("/transport/play", ()),
        ("/transport/locate", (12.5,)),
        ("/transport/locate", (3.25,)),
        ("/transport/locate", (7.0,)),
    ]


def test_a_button_fires_when_pressed_and_not_when_released(desk: OscDesk, peer: FakePeer) -> None:
    for argument in (1.0, 0.0, 1, 0):
        desk.send(peer, "/transport/stop", argument)
    assert len(desk.fired) == 2


def test_an_unknown_address_is_counted_and_a_known_peer_told(desk: OscDesk, peer: FakePeer) -> None:
    for address in ("/strip/5/fader", "/strip/01/fader", "/strip/1/fader/", "/strip", "/"):
        desk.send(peer, address, -6.0)
    assert desk.endpoint.traffic.unknown == 5
    assert [told.address for told in peer.messages()] == ["/error"] * 5


def test_a_pattern_writes_to_all_it_means(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/strip/{1,3}/fader", -6.0)
    desk.send(peer, "/strip/[2-4]/fader/travel", 0.5)
    assert [desk.hub.value(f"/strip/{strip}/fader") for strip in (1, 2, 3, 4)] == [-6.0, -10.0, -10.0, -10.0]


def test_a_pattern_reads_all_it_means_in_bundles(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/strip/*/arm")
    (answer,) = peer.packets()
    assert isinstance(answer, Bundle)
    assert answer.elements == tuple(Message(f"/strip/{strip}/arm", "i", (0,)) for strip in (1, 2, 3, 4))
    desk.send(peer, "//*")
    assert all(len(packet) <= 1400 for packet in peer.mail)
    assert len(peer.messages()) == sum(spec.kind != "trigger" for spec in desk.hub.registry)


@pytest.mark.parametrize("pattern", ["//*", "/transport/*", "/*/*/arm", "/transport/{play,record}", "//arm"])
@pytest.mark.parametrize("argument", [1, 1.0, "on"])
def test_no_pattern_arms_records_or_rolls(desk: OscDesk, peer: FakePeer, pattern: str, argument: Argument) -> None:
    desk.send(peer, pattern, argument)
    desk.send(peer, pattern)
    assert desk.fired == []
    assert not any(desk.hub.value(spec.address) for spec in desk.hub.registry if spec.address.endswith("/arm"))


def test_no_pattern_reaches_a_registered_address(desk: OscDesk, peer: FakePeer) -> None:
    called: list[tuple[Argument, ...]] = []

    def handler(arguments: tuple[Argument, ...], _peer: Peer) -> None:
        called.append(arguments)

    desk.endpoint.register("/system/shutdown", handler)
    for pattern in ("/system/*", "//shutdown", "//*"):
        desk.send(peer, pattern, 1)
    assert called == []


def test_a_registered_address_is_answered_by_its_handler(desk: OscDesk, peer: FakePeer) -> None:
    def handler(arguments: tuple[Argument, ...], asker: Peer) -> tuple[Argument, ...]:
        if not arguments:
            raise Refused("/take/list: takes a session; allowed is its name")
        return (*arguments, asker.name, 2)

    desk.endpoint.register("/take/list", handler)
    desk.send(peer, "/take/list", "demo")
    desk.send(peer, "/take/list")
    assert peer.messages() == [
        message("/take/list", "demo", "osc 127.0.0.1:9000", 2),
        message("/error", "/take/list", "/take/list: takes a session; allowed is its name"),
    ]


def test_registering_an_address_of_the_table_takes_it_over_at_once(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/strip/1/mute", 1.0)
    desk.endpoint.register("/strip/1/mute", lambda _arguments, _peer: None)
    desk.send(peer, "/strip/1/mute", 0.0)
    assert desk.hub.value("/strip/1/mute") == 1.0


def test_the_short_cut_checks_what_the_long_way_checks(desk: OscDesk, peer: FakePeer) -> None:
    for value in (-6.0, math.nan, math.inf, 11.0, 1e-42):
        desk.send(peer, "/strip/1/fader", value)
    assert desk.hub.value("/strip/1/fader") == 0.0
    assert desk.endpoint.traffic.refused == 3
    head = encode(message("/strip/1/fader", 0.0))[:-4]
    assert desk.endpoint.value_head(head + b"abcd") == head
    assert desk.endpoint.value_head(encode(message("/strip/1/fader"))) is None
    assert desk.endpoint.value_head(encode(message("/strip/2/fader", 0.0))) is None


def test_a_bundle_is_obeyed_in_order(desk: OscDesk, peer: FakePeer) -> None:
    inner = Bundle(IMMEDIATELY, (message("/strip/1/fader", -2.0), message("/strip/1/fader")))
    desk.give(peer, Bundle(IMMEDIATELY, (message("/strip/1/fader", -1.0), inner)))
    assert peer.messages() == [message("/strip/1/fader", -2.0)]


@pytest.mark.parametrize("ahead_s", [-3600.0, -0.001, 0.0])
def test_a_time_that_is_past_is_now(desk: OscDesk, peer: FakePeer, ahead_s: float) -> None:
    desk.give(peer, Bundle(TimeTag.from_unix(UNIX_AT_START + ahead_s), (message("/strip/1/fader", -1.0),)))
    assert desk.hub.value("/strip/1/fader") == -1.0


def test_a_time_to_come_is_waited_for(desk: OscDesk, peer: FakePeer) -> None:
    desk.give(peer, Bundle(TimeTag.from_unix(UNIX_AT_START + 2.0), (message("/strip/1/fader", -1.0),)))
    desk.timers.advance(1.99)
    assert desk.hub.value("/strip/1/fader") == 0.0
    desk.timers.advance(0.02)
    assert desk.hub.value("/strip/1/fader") == -1.0


@pytest.mark.parametrize("tag", [TimeTag.from_unix(UNIX_AT_START + 10.1), TimeTag((1 << 64) - 1)])
def test_a_time_far_ahead_is_refused(desk: OscDesk, peer: FakePeer, tag: TimeTag) -> None:
    desk.give(peer, Bundle(tag, (message("/strip/1/fader", -1.0),)))
    desk.timers.advance(100.0)
    assert desk.hub.value("/strip/1/fader") == 0.0
    assert [told.address for told in peer.messages()] == ["/error"]


def test_only_so_many_bundles_wait_and_none_after_the_close(desk: OscDesk, peer: FakePeer) -> None:
    for _ in range(MAX_PENDING + 1):
        desk.give(peer, Bundle(TimeTag.from_unix(UNIX_AT_START + 1.0), (message("/strip/1/fader", -1.0),)))
    assert desk.endpoint.traffic.refused == 1
    desk.endpoint.close()
    desk.endpoint.close()
    desk.timers.advance(2.0)
    assert desk.hub.value("/strip/1/fader") == 0.0


# -- sources that may be forged ------------------------------------------------------------------------------------


def test_a_stranger_is_sent_at_most_three_times_its_bytes_until_it_echoes_a_cookie(desk: OscDesk) -> None:
    stranger = FakePeer("192.168.1.66", 9000, is_proven=False)
    for question in (message("/strip/1/fader"), message("//*"), message("/subscribe", "//*", 60.0)):
        desk.give(stranger, question)
        assert sum(map(len, stranger.mail)) <= 3 * len(encode(question))
        stranger.mail.clear()
    desk.hub.write("/strip/1/fader", -6.0, "test")
    desk.hub.turn()
    desk.timers.advance(1.0)
    assert stranger.mail == []

    desk.send(stranger, "/subscribe", "/strip/1/fader")
    (challenge,) = stranger.messages()
    assert (challenge.address, challenge.tags) == ("/peer/confirm", "i")
    desk.give(stranger, challenge)
    desk.send(stranger, "/subscribe", "/strip/1/fader")
    desk.hub.write("/strip/1/fader", -7.0, "test")
    desk.hub.turn()
    assert stranger.messages() == [message("/strip/1/fader", -7.0)]


def test_a_long_answer_to_a_stranger_is_a_challenge_instead(desk: OscDesk) -> None:
    desk.endpoint.register("/system/status", lambda _arguments, _peer: ("x" * 1000,))
    stranger = FakePeer("192.168.1.66", 9000, is_proven=False)
    desk.send(stranger, "/system/status")
    assert [answer.address for answer in stranger.messages()] == ["/peer/confirm"]
    many = encode(Bundle(IMMEDIATELY, (message("/system/status"),) * 50))
    desk.endpoint.receive(many, stranger)
    assert sum(map(len, stranger.mail)) <= 3 * len(many)


def test_a_cookie_is_good_for_one_source_only_and_guessing_costs_rate(desk: OscDesk) -> None:
    first, second = (FakePeer("192.168.1.66", port, is_proven=False) for port in (9000, 9001))
    desk.send(first, "/subscribe", "//*")
    (challenge,) = first.messages()
    credit = second.credit
    desk.give(second, challenge)
    assert not second.is_proven
    assert second.credit <= credit - 1000
    assert second.mail == []


def test_a_port_that_is_not_answered_is_obeyed_and_stays_silent(desk: OscDesk) -> None:
    mute = FakePeer("192.168.1.66", 53)
    mute.is_answerable = False
    desk.send(mute, "/strip/1/fader", -6.0)
    desk.send(mute, "/strip/1/fader")
    desk.send(mute, "/subscribe", "//*")
    desk.send(mute, "/nothing", 1)
    desk.hub.write("/strip/1/fader", -7.0, "test")
    desk.hub.turn()
    assert mute.mail == []


def test_two_desks_do_not_answer_each_other_for_ever(desk: OscDesk, peer: FakePeer) -> None:
    desk.send(peer, "/error", "/x", "no such address")
    desk.send(peer, "/peer/confirm", 1)
    assert [told.address for told in peer.messages()] == ["/error"]
    assert desk.endpoint.traffic.unknown == 0


def test_whoever_presses_is_told_by_address_and_by_what_it_calls_itself(desk: OscDesk, peer: FakePeer) -> None:
    who: list[str] = []
    desk.hub.on_trigger("/transport/play", who.append, tells_origin=True)
    desk.send(peer, "/transport/play")
    desk.send(peer, "/peer/name", "tablet")
    desk.send(peer, "/transport/play", 1)
    desk.send(peer, "/peer/name", "phone (mine)")
    desk.send(peer, "/peer/name", "phone")
    desk.send(peer, "/transport/play")
    assert who == ["osc 127.0.0.1:9000", "tablet (osc 127.0.0.1:9000)", "phone (osc 127.0.0.1:9000)"]
    assert peer.mail == []


@pytest.mark.parametrize("arguments", [(), ("",), (1,), ("a\nb",), ("x" * 41,), ("a", "b")])
def test_a_name_that_is_none_is_refused(desk: OscDesk, peer: FakePeer, arguments: tuple[Argument, ...]) -> None:
    desk.send(peer, "/peer/name", *arguments)
    (answer,) = peer.messages()
    assert answer.address == "/error"
    assert peer.name == "osc 127.0.0.1:9000"
