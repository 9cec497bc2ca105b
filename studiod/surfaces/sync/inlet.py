"""One port that is listened to: its clock, its timecode, its machine control; and what nobody can make sense of."""

from collections.abc import Callable

from studiod.surfaces.sync.leaders import ClockLeader, Leader, Order, TimecodeLeader
from studiod.surfaces.sync.mmc import ALL_DEVICES, Mmc, decode_mmc
from studiod.surfaces.sync.plan import PortPlan, SyncPlan, Word

_SYSEX, _END, _REAL_TIME = 0xF0, 0xF7, 0x7F
_QUARTER_FRAME, _SONG_POSITION = 0xF1, 0xF2
_CLOCK_WORDS = frozenset((0xF8, 0xFA, 0xFB, 0xFC))
_TIMECODE = bytes((0x01, 0x01))
_CONTROL = 0x06
_SHORTEST_CONTROL = 6
_LENGTHS = {_QUARTER_FRAME: 2, _SONG_POSITION: 3}


class Inlet:
    """Feed it whole messages. desk_bpm: the tempo that lays beats on the timeline."""

    def __init__(self, plan: PortPlan, sync: SyncPlan, desk_bpm: Callable[[], float]) -> None:
        self.clock: ClockLeader | None = None
        self.timecode: TimecodeLeader | None = None
        if Word.CLOCK in plan.receive:
            self.clock = ClockLeader(desk_bpm, sync.freewheel_s)
        if Word.MTC in plan.receive:
            self.timecode = TimecodeLeader(sync.start_s, sync.freewheel_s)
        self._plan = plan

    @property
    def leader(self) -> Leader | None:
        """What leads the transport here; None where nothing is to."""
        return (self.timecode or self.clock) if self._plan.leads else None

    def hear(self, message: bytes, now_s: float) -> tuple[list[Order], list[Mmc]]:
        """What the message orders: who leads, and machine control. Raises ValueError for what makes no sense."""
        if not message:
            return [], []
        status, receive = message[0], self._plan.receive
        if status in _LENGTHS and (len(message) != _LENGTHS[status] or max(message[1:]) > 0x7F):  # noqa: PLR2004 - data
            raise ValueError(f"no whole message: {_shown(message)}")
        if status in _CLOCK_WORDS or (status == _SONG_POSITION and Word.POSITION in receive):
            return self._led(self.clock, message, now_s), []
        if status == _QUARTER_FRAME:
            return self._led(self.timecode, message, now_s), []
        if status == _SYSEX and message[1:2] == bytes((_REAL_TIME,)):
            return self._real_time(message, now_s)
        return [], []

    def turn(self, now_s: float) -> list[Order]:
        """Notice what does not come."""
        orders: list[Order] = []
        leaders: tuple[Leader | None, ...] = (self.clock, self.timecode)
        for leader in leaders:
            found = leader.turn(now_s) if leader is not None else []
            orders += found if leader is self.leader else []
        return orders

    def _led(self, leader: Leader | None, message: bytes, now_s: float) -> list[Order]:
        if leader is None:
            return []
        orders = leader.hear(message, now_s)
        return orders if leader is self.leader else []

    def _real_time(self, message: bytes, now_s: float) -> tuple[list[Order], list[Mmc]]:
        if message[-1] != _END:
            raise ValueError(f"a sysex that breaks off: {_shown(message)}")
        if message[3:5] == _TIMECODE and self.timecode is not None:
            return self._led(self.timecode, message, now_s), []
        if len(message) < _SHORTEST_CONTROL or message[3] != _CONTROL or Word.MMC not in self._plan.receive:
            return [], []
        device = self._plan.device
        is_ours = device == ALL_DEVICES or message[2] in (device, ALL_DEVICES)
        commands = decode_mmc(message, device, self._plan.rate)
        if is_ours and not commands:
            raise ValueError(f"machine control that is not understood: {_shown(message)}")
        return [], commands


def _shown(message: bytes) -> str:
    more = " ..." if len(message) > 16 else ""  # noqa: PLR2004 - a line of a log
    return message[:16].hex(" ").upper() + more
