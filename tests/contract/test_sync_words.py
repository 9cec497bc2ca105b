"""What OSC clients are promised of `/sync`."""

from functools import partial

import pytest

from studiod.net.osc.packet import Argument, message
from tests.fakes.osc_desk import FakePeer, OscDesk


def asked(desk: OscDesk, address: str, *arguments: Argument) -> tuple[Argument, ...]:
    peer = FakePeer()
    desk.send(peer, address, *arguments)
    (answer,) = peer.messages()
    return answer.arguments


@pytest.mark.parametrize(
    ("word", "at_rest", "told"),
    [("state", "none", "locked"), ("source", "none", "mtc"), ("rate", "none", "29.97df"), ("locked", 0, 1)],
)
def test_the_lock_is_told_in_words_to_who_asks_and_to_who_subscribes(
    word: str, at_rest: Argument, told: Argument
) -> None:
    desk, peer, address = OscDesk(), FakePeer(), f"/sync/{word}"
    assert asked(desk, address) == (at_rest,)
    desk.send(peer, "/subscribe", address)
    desk.timers.advance(0.1)
    peer.mail.clear()
    spec = desk.hub.registry[address]
    desk.hub.publish(address, spec.parse(str(told)))
    desk.hub.turn()
    desk.timers.advance(0.1)
    assert peer.messages() == [message(address, told)]
    assert asked(desk, address) == (told,)


@pytest.mark.parametrize("word", ["locked", "state", "source", "rate"])
def test_what_is_told_cannot_be_set(word: str) -> None:
    address, told = asked(OscDesk(), f"/sync/{word}", 1)
    assert address == f"/sync/{word}"
    assert "read only" in str(told)


def test_readings_are_numbers_or_nil_while_nothing_leads() -> None:
    desk = OscDesk()
    readings = {"position": (61.5,), "tempo": (97.3,), "drift": (-12.0,), "offset": (48.0,)}
    assert [asked(desk, f"/sync/{word}") for word in readings] == [(None,)] * 4
    for word in readings:
        desk.hub.on_meter(f"/sync/{word}", partial(readings.__getitem__, word))
    assert asked(desk, "/sync/position") == (61.5, "0:01:01.500")
    assert [asked(desk, f"/sync/{word}") for word in ("tempo", "drift", "offset")] == [
        (pytest.approx(97.3),),
        (-12.0,),
        (48.0,),
    ]


def test_chase_is_a_switch() -> None:
    desk = OscDesk()
    assert asked(desk, "/sync/chase") == (1,)
    desk.send(FakePeer(), "/sync/chase", 0)
    assert asked(desk, "/sync/chase") == (0,)
    desk.send(FakePeer(), "/sync/chase", "on")
    assert asked(desk, "/sync/chase") == (1,)
