"""The queue that never floods the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.surfaces.outbox import BURST, BURST_BYTES, Outbox


def box_of(rate: int) -> tuple[Outbox, list[bytes]]:
    sent: list[bytes] = []
    return Outbox(sent.append, rate, now=0.0, bytes_per_s=1_000_000), sent


def test_messages_leave_in_the_order_they_came() -> None:
    outbox, sent = box_of(100)
    outbox.put("a", b"1")
    outbox.put("b", b"2")
    assert outbox.drain(0.0) is None
    assert sent == [b"1", b"2"]


def test_the_newest_message_of_a_key_takes_the_place_of_the_one_that_waits() -> None:
    outbox, sent = box_of(100)
    outbox.put("a", b"1")
    outbox.put("b", b"2")
    outbox.put("a", b"3")
    outbox.drain(0.0)
    assert sent == [b"3", b"2"]


def test_a_burst_stops_at_the_limit_and_says_when_to_come_back() -> None:
    outbox, sent = box_of(100)
    for number in range(BURST + 2):
        outbox.put(str(number), bytes((number,)))
    wait = outbox.drain(0.0)
    assert len(sent) == BURST
    assert wait is not None
    assert 0.01 <= wait < 0.011
    assert outbox.drain(wait) is not None
    assert len(sent) == BURST + 1


def test_flush_empties_the_queue_at_once() -> None:
    outbox, sent = box_of(10)
    for number in range(100):
        outbox.put(str(number), b"x")
    outbox.flush()
    assert len(sent) == 100
    assert outbox.drain(0.0) is None


@given(st.integers(10, 1000), st.lists(st.tuples(st.floats(0.0, 0.1), st.integers(0, 60)), max_size=30))
def test_never_more_than_the_burst_and_the_rate_allow(rate: int, arrivals: list[tuple[float, int]]) -> None:
    outbox, sent = box_of(rate)
    now, key = 0.0, 0
    for after, count in arrivals:
        now += after
        for _ in range(count):
            outbox.put(str(key := key + 1), b"x")
        outbox.drain(now)
        assert len(sent) <= BURST + now * rate + 1e-6


@given(st.integers(10, 1000), st.integers(0, 300))
def test_coming_back_when_told_empties_the_queue_in_the_time_the_rate_needs(rate: int, count: int) -> None:
    outbox, sent = box_of(rate)
    for number in range(count):
        outbox.put(str(number), b"x")
    now = 0.0
    while (wait := outbox.drain(now)) is not None:
        now += wait
    assert len(sent) == count
    assert now <= max(count - BURST, 0) / rate * 1.01 + 1e-3


def test_long_messages_are_paced_by_their_bytes() -> None:
    sent: list[bytes] = []
    outbox = Outbox(sent.append, 500, now=0.0, bytes_per_s=2800)
    for number in range(20):
        outbox.put(str(number), bytes(60))
    now = 0.0
    while (wait := outbox.drain(now)) is not None:
        now += wait
        assert sum(map(len, sent)) <= BURST_BYTES + 60 + now * 2800
    assert len(sent) == 20
    assert now == pytest.approx((20 * 60 - BURST_BYTES) / 2800, rel=0.15)


def test_a_message_longer_than_a_burst_goes_too_and_is_paid_for() -> None:
    sent: list[bytes] = []
    outbox = Outbox(sent.append, 500, now=0.0, bytes_per_s=1000)
    outbox.put("long", bytes(1000))
    outbox.put("next", b"x")
    wait = outbox.drain(0.0)
    assert [len(message) for message in sent] == [1000]
    assert wait == pytest.approx((1000 - BURST_BYTES + 1) / 1000, rel=0.01)


def test_messages_that_belong_together_leave_together_or_are_replaced_together() -> None:
    sent: list[bytes] = []
    outbox = Outbox(sent.append, 500, now=0.0, bytes_per_s=2800)
    outbox.put("ring", b"mode", b"1")
    outbox.put("ring", b"mode", b"2")
    outbox.drain(0.0)
    assert sent == [b"mode", b"2"]
