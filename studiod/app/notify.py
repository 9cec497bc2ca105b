"""What systemd is told (sd_notify), and when its watchdog is fed."""

import os
import socket
from collections.abc import Mapping
from typing import Self

FEEDS_PER_LIMIT = 2  # sd_watchdog_enabled(3): notify at half the limit
_US_PER_S = 1_000_000


class Notifier:
    """Speaks to the service manager that started us; silent where there is none. Never blocks, never raises.

    socket_path: NOTIFY_SOCKET's value, `@` for an abstract one, None for nobody. watchdog_s: the manager kills us after
    this long without `feed`; None when it does not watch.
    """

    def __init__(self, socket_path: str | None, watchdog_s: float | None = None) -> None:
        self.watchdog_s = watchdog_s
        self._address = None if socket_path is None else _address(socket_path)
        self._socket: socket.socket | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The manager that the environment names: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID.

        A watchdog meant for another process (WATCHDOG_PID) or without a positive limit is none.
        """
        watched = environment.get("WATCHDOG_PID", str(os.getpid()))
        limit_us = environment.get("WATCHDOG_USEC", "")
        is_watched = watched == str(os.getpid()) and limit_us.isascii() and limit_us.isdigit() and int(limit_us) > 0
        return cls(environment.get("NOTIFY_SOCKET") or None, int(limit_us) / _US_PER_S if is_watched else None)

    def ready(self, status: str = "") -> None:
        """Start-up is complete: with Type=notify the unit becomes active now."""
        self._send("READY=1", *_status(status))

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(*_status(text))

    def feed(self) -> None:
        """Everything that matters is alive."""
        self._send("WATCHDOG=1")

    def stopping(self, status: str = "") -> None:
        """Shutting down has begun."""
        self._send("STOPPING=1", *_status(status))

    def close(self) -> None:
        """Release the socket; may be called twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, *assignments: str) -> None:
        if self._address is None or not assignments:
            return
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._socket.sendto("\n".join(assignments).encode(), self._address)
        except OSError:
            # The manager restarts (daemon-reexec) or its queue is full: the next message, at the latest the next feed,
            # comes in time, and the music does not depend on it.
            return


class WatchdogGate:
    """Opens for one feed when every counter has advanced since the last, at most every `interval_s`.

    Pure: counters and time come in as arguments. A single counter that stands still starves the watchdog, however
    fast the others run. The audio counter needs no exception for "no device": the engine then runs on its own clock.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._fed_at_s: float | None = None
        self._fed_counts: tuple[float, ...] = ()

    @classmethod
    def for_limit(cls, watchdog_s: float) -> Self:
        """The gate for a manager that kills after `watchdog_s`."""
        return cls(watchdog_s / FEEDS_PER_LIMIT)

    def may_feed(self, now_s: float, *counts: float) -> bool:
        """True when the watchdog may be fed at `now_s` (monotonic), which counts as fed.

        counts: audio blocks, desk turns: in the same order at every call. The first call only takes them down: a
        counter is alive when it was seen to move. A counter that moves backwards moved: its process was restarted.
        """
        if self._fed_at_s is None:
            self._fed_at_s, self._fed_counts = now_s, counts
            return False
        is_alive = all(count != fed for count, fed in zip(counts, self._fed_counts, strict=True))
        if not is_alive or now_s - self._fed_at_s < self._interval_s:
            return False
        self._fed_at_s, self._fed_counts = now_s, counts
        return True


def _address(socket_path: str) -> str | bytes:
    # `@` stands for the NUL that begins an abstract name: sd_notify(3).
    return b"\0" + os.fsencode(socket_path[1:]) if socket_path.startswith("@") else socket_path


def _status(text: str) -> tuple[str, ...]:
    return (f"STATUS={' '.join(text.split())}",) if text else ()
