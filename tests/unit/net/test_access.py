"""Who is heard, who is answered, and how often."""

import logging

import pytest

from studiod.net.access import AccessPolicy, LimitedLog, TokenBucket, networks
from tests.fakes.hand_loop import HandLoop


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.1.20", "10.1.2.3", "172.16.9.9", "169.254.7.7", "::1"])
def test_the_house_is_heard(host: str) -> None:
    assert AccessPolicy().admits(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "172.32.0.1", "2001:db8::1", "studio.local", ""])
def test_the_street_is_not(host: str) -> None:
    assert not AccessPolicy().admits(host)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("192.168.1.2", 53),
        ("192.168.1.2", 123),
        ("192.168.1.2", 7),
        ("192.168.1.2", 1900),
        ("192.168.1.2", 5353),
        ("192.168.255.255", 9000),
        ("255.255.255.255", 9000),
        ("224.0.0.1", 9000),
        ("0.0.0.0", 9000),  # noqa: S104
    ],
)
def test_services_groups_and_networks_are_never_answered(host: str, port: int) -> None:
    assert not AccessPolicy().may_answer(host, port)


def test_only_loopback_is_believed_without_proof_unless_the_owner_says_so() -> None:
    assert AccessPolicy().trusts("127.0.0.1")
    assert not AccessPolicy().trusts("192.168.1.2")
    assert AccessPolicy(trusted=networks(["192.168.1.0/24"])).trusts("192.168.1.2")


def test_a_network_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"'192\.168\.1\.0/33' is no network; allowed"):
        networks(["10.0.0.0/8", "192.168.1.0/33"])


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    loop = HandLoop()
    bucket = TokenBucket(10.0, 3.0, loop.time)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    loop.advance(0.1)
    assert [bucket.take() for _ in range(2)] == [True, False]


def test_a_source_is_logged_once_a_second_with_a_count(caplog: pytest.LogCaptureFixture) -> None:
    loop = HandLoop()
    log = LimitedLog(logging.getLogger("studiod.test"), loop.time)
    for _ in range(100):
        log.note("osc 10.0.0.1", "malformed")
        log.note("osc 10.0.0.2", "malformed")
    loop.advance(1.0)
    log.note("osc 10.0.0.1", "malformed")
    assert caplog.messages == [
        "osc 10.0.0.1: malformed",
        "osc 10.0.0.2: malformed",
        "osc 10.0.0.1: malformed (99 more since the last line)",
    ]


def test_forged_sources_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log = LimitedLog(logging.getLogger("studiod.test"), HandLoop().time)
    for number in range(10_000):
        log.note(f"osc 10.0.{number // 256}.{number % 256}", "malformed")
    assert len(caplog.messages) == 257
