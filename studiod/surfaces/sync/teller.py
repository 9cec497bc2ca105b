"""What one port is told of where we are: clock, song position, timecode, machine control, each at its moment."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from studiod.model.transport import TransportState
from studiod.surfaces.sync.midi_clock import ClockOut
from studiod.surfaces.sync.mmc import MmcLocate, MmcTracks, MmcVerb, encode_mmc
from studiod.surfaces.sync.moment import Moment
from studiod.surfaces.sync.mtc import MtcOut
from studiod.surfaces.sync.plan import PortPlan, Word
from studiod.surfaces.sync.timecode import Timecode

AHEAD_S = 0.1  # so much is on its way: a desk that is held up for less keeps the beat
MARGIN_S = 0.004  # what is due sooner may have been sent before it can be taken back
_STEP_S = 0.02  # clocks and quarter frames of so long are never taken for a jump
_HELD_UP_S = 0.25  # a desk that was away for longer begins anew, and sends no burst of what it missed
_SONG_POSITION = 0xF2
_SUBFRAMES = 100
_BEGIN = 1e-6


@dataclass(slots=True)
class Talk:
    """What is to be sent, and from when on what was asked for before is not."""

    forget_from_ns: int | None = None
    messages: list[tuple[int, bytes]] = field(default_factory=list)
    """When, CLOCK_MONOTONIC or 0 for at once, and what."""


class Teller:
    """Turn it with every look at the desk, at least every 50 ms. start_s: timecode at the begin of the timeline."""

    def __init__(self, plan: PortPlan, start_s: float) -> None:
        self._plan = plan
        self._start_s = start_s
        self._clock = ClockOut()
        self._timecode = MtcOut(plan.rate)
        self._before: Moment | None = None
        self._told_to = 0
        """Everything up to this engine frame is on its way."""
        self._hushed_s = float("-inf")
        self._cut_ns = 0
        """When it last began to roll otherwise."""

    @property
    def is_new(self) -> bool:
        """Nothing was told yet."""
        return self._before is None

    def hush(self, until_s: float) -> None:
        """Give no orders until `until_s`: the machine gives them, and two that do as the other does never rest."""
        self._hushed_s = until_s

    def turn(self, moment: Moment) -> Talk:
        """What the port is to hear now, and for the next tenth of a second."""
        talk, before = Talk(), self._before
        talk.messages += [(0, message) for message in self._machine_control(before, moment)]
        is_behind = moment.frame - self._told_to > _HELD_UP_S * moment.rate_hz
        if before is None or is_behind or _course(before) != _course(moment):
            self._turn_round(before, moment, talk)
        self._before = moment
        end = moment.frame + round(AHEAD_S * moment.rate_hz)
        step = round(_STEP_S * moment.rate_hz)
        while self._told_to < end:
            self._told_to = min(self._told_to + step, end)
            found = self._rolled(moment) if moment.is_rolling else self._idled(moment)
            # what should have come before the word that begins it comes right behind that
            talk.messages += [(max(at_ns, self._cut_ns), message) for at_ns, message in found]
        return talk

    def arm(self, track: int, *, is_on: bool) -> list[bytes]:
        """Track `track` was armed, or disarmed."""
        if Word.MMC not in self._plan.send or (self._before and self._before.now_s < self._hushed_s):
            return []
        some, none = frozenset((track,)), frozenset[int]()
        return [encode_mmc(MmcTracks(*((some, none) if is_on else (none, some))), self._plan.device)]

    # -- inside ----------------------------------------------------------------------------------------------------

    def _turn_round(self, before: Moment | None, moment: Moment, talk: Talk) -> None:
        """It rolls otherwise than before, or stands elsewhere."""
        cut = moment.frame + round(MARGIN_S * moment.rate_hz)
        cut_ns = moment.ns_at(cut)
        talk.forget_from_ns = self._cut_ns = cut_ns
        self._told_to = cut
        said: list[bytes] = []
        if Word.CLOCK in self._plan.send or Word.POSITION in self._plan.send:
            said += self._clock_words(before, moment, cut)
        if Word.MTC in self._plan.send:
            said += self._timecode_words(before, moment, cut)
        talk.messages += [(cut_ns, message) for message in said]

    def _clock_words(self, before: Moment | None, moment: Moment, cut: int) -> list[bytes]:
        clock = self._clock
        # a desk before this one may have left a box running
        said = [b"\xfc"] if before is None else []
        if not moment.is_rolling:
            said += clock.stop()
            if before is None or before.is_rolling or before.heard != moment.heard:
                said += clock.locate(moment.beat_at(moment.heard_s))
        elif before is not None and not before.is_rolling and moment.beat_at(moment.began_s) <= _BEGIN:
            said += clock.begin()
        else:
            said += clock.start(max(moment.beat_at(moment.position_s_at(cut)), 0.0))
        return [message for message in said if self._may_say(message)]

    def _may_say(self, message: bytes) -> bool:
        return (Word.POSITION if message[0] == _SONG_POSITION else Word.CLOCK) in self._plan.send

    def _timecode_words(self, before: Moment | None, moment: Moment, cut: int) -> list[bytes]:
        where_s = moment.position_s_at(cut) if moment.is_rolling else moment.heard_s
        full = self._timecode.locate(max(self._start_s + where_s, 0.0))
        is_start = moment.is_rolling and before is not None and not before.is_rolling
        is_same = before is not None and not (before.is_rolling or moment.is_rolling) and before.heard == moment.heard
        return [] if is_start or is_same else [full]

    def _machine_control(self, before: Moment | None, moment: Moment) -> Iterator[bytes]:
        if Word.MMC not in self._plan.send or before is None or moment.now_s < self._hushed_s:
            return
        for command in _commands(before, moment):
            yield encode_mmc(command if command is not None else self._locate(moment), self._plan.device)

    def _locate(self, moment: Moment) -> MmcLocate:
        rate = self._plan.rate
        per_s = float(rate.per_s)
        subframes = max(round((self._start_s + moment.heard_s) * per_s * _SUBFRAMES), 0)
        frames, rest = divmod(subframes, _SUBFRAMES)
        return MmcLocate(Timecode.at_frame(rate, frames), rest)

    def _rolled(self, moment: Moment) -> Iterator[tuple[int, bytes]]:
        position_s = moment.position_s_at(self._told_to)
        if Word.CLOCK in self._plan.send and position_s >= 0.0:
            for beat, message in self._clock.roll(moment.beat_at(position_s)):
                if self._may_say(message):
                    yield moment.ns_of(60.0 * beat / moment.tempo_bpm), message
        if Word.MTC in self._plan.send and self._start_s + position_s >= 0.0:
            for at_s, message in self._timecode.roll(self._start_s + position_s):
                yield moment.ns_of(at_s - self._start_s), message

    def _idled(self, moment: Moment) -> Iterator[tuple[int, bytes]]:
        if Word.CLOCK in self._plan.send:
            for at_s, message in self._clock.idle(self._told_to / moment.rate_hz, moment.tempo_bpm):
                yield moment.ns_at(at_s * moment.rate_hz), message


def _course(moment: Moment) -> tuple[object, ...]:
    """What the messages on their way depend on."""
    return moment.is_rolling, moment.lead if moment.is_rolling else moment.heard, moment.tempo_bpm


def _commands(before: Moment, moment: Moment) -> Iterator[MmcVerb | None]:
    """What a recorder that does as we do is told; None: to go where we are."""
    recorded, records = (each.state is TransportState.RECORDING for each in (before, moment))
    if not moment.is_rolling:
        if before.is_rolling:
            yield MmcVerb.STOP
        if before.is_rolling or before.heard != moment.heard:
            yield None
        return
    if before.is_rolling and before.lead != moment.lead:
        yield None
        yield MmcVerb.DEFERRED_PLAY
    if records and not recorded:
        yield MmcVerb.RECORD_STROBE
    elif recorded and not records:
        yield MmcVerb.RECORD_EXIT
    elif not before.is_rolling:
        yield MmcVerb.PLAY
