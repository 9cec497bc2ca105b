"""When a message came, CLOCK_MONOTONIC."""

_LATE_NS = 1_000_000_000  # a message is not handed over later than this: its port's clock is another now
_LEAK = 1e-4  # how fast two clocks may drift apart, and be followed
_NS = 1e9


class ArrivalClock:
    """When messages of one port came, out of the driver's distances between them and the moments we were told.

    We are told late, never early, and now and then much too late; the distances were measured where the message came
    in. So the times run along the distances, and lie on the earliest that were told.
    """

    def __init__(self) -> None:
        self._at_ns: float | None = None

    def arrived(self, since_last_s: float, now_ns: int) -> int:
        """Time of a message that is told at `now_ns`, `since_last_s` after the one before it, CLOCK_MONOTONIC."""
        if self._at_ns is None:
            self._at_ns = float(now_ns)
            return now_ns
        at_ns = self._at_ns + since_last_s * (1.0 + _LEAK) * _NS
        if at_ns > now_ns or now_ns - at_ns > _LATE_NS:
            at_ns = float(now_ns)
        self._at_ns = at_ns
        return round(at_ns)
