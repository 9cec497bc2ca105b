"""What an import asks of the studio that has its session open."""

import pytest

from studiod.app import import_door
from tests.fakes.osc_desk import FakePeer, OscDesk


class FakeTimeline:
    """Counts; records take `recording`."""

    def __init__(self) -> None:
        self.recording: int | None = None
        self.last, self.renewed = 7, 0

    def claim_take(self) -> int:
        self.last += 1
        return self.last

    def renew_takes(self) -> None:
        self.renewed += 1


@pytest.fixture
def timeline() -> FakeTimeline:
    return FakeTimeline()


@pytest.fixture
def desk(timeline: FakeTimeline) -> OscDesk:
    desk = OscDesk()
    import_door.register(desk.endpoint, timeline)
    return desk


def ask(desk: OscDesk, address: str) -> tuple[object, ...]:
    peer = FakePeer()
    desk.send(peer, address)
    (answer,) = peer.messages()
    return answer.arguments


def test_every_claim_gets_a_number_of_its_own(desk: OscDesk) -> None:
    assert [ask(desk, "/takes/claim"), ask(desk, "/takes/claim")] == [(8,), (9,)]


def test_who_has_not_shown_to_be_there_gets_none(desk: OscDesk, timeline: FakeTimeline) -> None:
    peer = FakePeer()
    peer.is_proven = False
    desk.send(peer, "/takes/claim")
    assert timeline.last == 7


def test_what_has_come_is_laid_on_the_timeline_but_never_under_a_take_that_is_recorded(
    desk: OscDesk, timeline: FakeTimeline
) -> None:
    assert ask(desk, "/takes/renew") == (1,)
    timeline.recording = 8
    assert ask(desk, "/takes/renew") == (0,)
    assert timeline.renewed == 1
