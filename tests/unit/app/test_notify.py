"""What a service manager hears, on a real socket; and when its watchdog is fed."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.app.notify import Notifier, WatchdogGate


class Manager:
    """Receives notifications as systemd does: a datagram socket that is told the sender's process id."""

    def __init__(self, name: str) -> None:
        self.path = name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.settimeout(5.0)
        self._socket.bind(b"\0" + name[1:].encode() if name.startswith("@") else name)

    def hear(self) -> list[str]:
        """Wait for the next message; its lines."""
        message, ancillary, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(12))
        sender = int.from_bytes(ancillary[0][2][:4], "little")
        assert sender == os.getpid()
        return message.decode().split("\n")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    made = Manager(f"@studiod-test-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify"))
    yield made
    made.close()


@pytest.fixture
def notifier(manager: Manager) -> Iterator[Notifier]:
    made = Notifier.from_environment({"NOTIFY_SOCKET": manager.path})
    yield made
    made.close()


def test_each_word_arrives_as_its_assignment(manager: Manager, notifier: Notifier) -> None:
    notifier.ready("8 inputs at 48000 Hz")
    notifier.status("recording")
    notifier.feed()
    notifier.stopping()
    assert [manager.hear() for _ in range(4)] == [
        ["READY=1", "STATUS=8 inputs at 48000 Hz"],
        ["STATUS=recording"],
        ["WATCHDOG=1"],
        ["STOPPING=1"],
    ]


def test_a_status_of_two_lines_cannot_say_another_word(manager: Manager, notifier: Notifier) -> None:
    notifier.status("take 7\nREADY=1")
    assert manager.hear() == ["STATUS=take 7 READY=1"]


def test_without_a_manager_nothing_is_said_and_nothing_fails() -> None:
    notifier = Notifier.from_environment({})
    notifier.ready()
    notifier.close()
    assert notifier.watchdog_s is None


def test_a_manager_that_went_away_is_no_reason_to_fall(tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "nobody"))
    notifier.feed()
    notifier.close()
    notifier.close()


def test_a_manager_that_does_not_listen_never_blocks_the_speaker(manager: Manager, notifier: Notifier) -> None:
    for _ in range(1000):  # far past the length of a datagram queue (net.unix.max_dgram_qlen)
        notifier.feed()
    assert manager.hear() == ["WATCHDOG=1"]


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_limit_is_the_one_meant_for_this_process(
    environment: dict[str, str], watchdog_s: float | None
) -> None:
    assert Notifier.from_environment(environment).watchdog_s == watchdog_s


def test_the_gate_opens_at_half_the_limit_while_both_counters_move() -> None:
    gate = WatchdogGate.for_limit(10.0)
    opened = [now for now in range(21) if gate.may_feed(float(now), 750 * now, 10 * now)]
    assert opened == [5, 10, 15, 20]


@pytest.mark.parametrize(("audio", "desk"), [(0, 1), (1, 0), (0, 0)])
def test_one_counter_that_stands_still_keeps_the_gate_shut(audio: int, desk: int) -> None:
    gate = WatchdogGate.for_limit(10.0)
    assert not any(gate.may_feed(float(now), audio * now, desk * now) for now in range(100))


def test_a_counter_that_moves_again_opens_the_gate() -> None:
    gate = WatchdogGate(5.0)
    gate.may_feed(0.0, 1, 1)
    assert not gate.may_feed(6.0, 1, 2)
    assert gate.may_feed(7.0, 2, 3)


def test_an_engine_that_was_started_again_counts_as_moving() -> None:
    gate = WatchdogGate(5.0)
    gate.may_feed(0.0, 90_000, 1)
    assert gate.may_feed(5.0, 12, 2)


@given(st.lists(st.tuples(st.floats(0.0, 20.0), st.integers(0, 1), st.integers(0, 1)), max_size=60))
def test_the_gate_never_opens_without_news_from_both_since_it_last_opened(
    steps: list[tuple[float, int, int]],
) -> None:
    gate, now, audio, desk = WatchdogGate(5.0), 0.0, 0, 0
    gate.may_feed(now, audio, desk)
    fed = (now, audio, desk)
    for wait, audio_step, desk_step in steps:
        now, audio, desk = now + wait, audio + audio_step, desk + desk_step
        if gate.may_feed(now, audio, desk):
            assert now - fed[0] >= 5.0
            assert audio > fed[1]
            assert desk > fed[2]
            fed = (now, audio, desk)
