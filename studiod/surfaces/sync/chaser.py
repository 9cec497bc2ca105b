"""The transport follows the machine that leads. What is being recorded goes on until somebody says stop."""

from typing import Protocol

from studiod.desk.hub import Hub
from studiod.model.transport import TransportPhase, TransportState
from studiod.surfaces.sync.chase import ChaseState
from studiod.surfaces.sync.leaders import FASTEST_BPM, SLOWEST_BPM, ClockLeader, Leader, Order, Told
from studiod.surfaces.sync.moment import Moment

CHASE = "/sync/chase"
IN_STEP_S = 0.010  # a quarter of a frame of film; a tick over JACK shakes by a period, which the filter takes away
_MEETING_S = 1.0  # it rolls by then, or something is wrong
_EARLY_S = 0.2  # a meeting is so far ahead and a little more
_AGAIN_S = 2.0  # a meeting takes a quarter of a second, and is looked at for a while
_STEEPEST = 0.002  # who runs faster away than this would be met every five seconds: 30 frames for 29.97 are half of it
_TEMPO_STEP = 0.1  # tempos that people set
_TEMPO_NEAR = 0.06
_TEMPO_S = 0.5


class Meeting(Protocol):
    """The transport, as far as it meets another machine."""

    def press_meet(self, frame: int, position: int) -> None:
        """Roll in step with a machine that is at `position` at engine frame `frame`. Raises Refused."""
        ...


class Chaser:
    """Obeys the leader's orders, and keeps in step. All raise Refused where the transport refuses."""

    def __init__(self, hub: Hub, transport: Meeting) -> None:
        self._hub = hub
        self._transport = transport
        self._met_s = float("-inf")
        self._tempo_s = float("-inf")
        self._was_on = True
        self._is_early = False
        """It rolls before the begin of the timeline: it is met there."""

    @property
    def is_on(self) -> bool:
        """The transport is to follow."""
        return bool(self._hub.value(CHASE))

    def obey(self, order: Order, moment: Moment, by: str) -> None:
        """Do what the leader, called `by`, told. A recording ends by a stop that was told, by nothing else."""
        if not self.is_on:
            return
        self._is_early = False
        is_going = moment.is_rolling or moment.now_s - self._met_s < _MEETING_S
        if order.told is Told.STOPS:
            if is_going:
                self._hub.fire("/transport/stop", origin=by)
        elif moment.state is TransportState.RECORDING:
            return
        elif order.told is Told.ROLLS and order.position_s < -_EARLY_S:
            self._is_early = True
        elif order.told is Told.ROLLS:
            self._meet(order.position_s, order.at_s, moment)
        else:
            if is_going:
                self._hub.fire("/transport/stop", origin=by)
            if order.told is Told.STANDS and order.position_s >= 0.0:
                self._hub.fire("/transport/locate", order.position_s, origin=by)

    def turn(self, leader: Leader, moment: Moment) -> None:
        """Keep in step."""
        was_on, self._was_on = self._was_on, self.is_on
        if not self.is_on:
            return
        is_begun = self._is_early and leader.position_s(moment.now_s) >= -_EARLY_S
        is_joining = (is_begun or not was_on) and moment.state is not TransportState.RECORDING
        is_astray = self._may_correct(leader, moment) and not is_in_step(leader, moment)
        if leader.state is ChaseState.LOCKED and (is_joining or is_astray):
            self._meet(leader.position_s(moment.now_s), moment.now_s, moment)
        if isinstance(leader, ClockLeader):
            self._take_tempo(leader, moment)

    def _may_correct(self, leader: Leader, moment: Moment) -> bool:
        hub = self._hub
        is_plain = hub.value("/transport/phase") == TransportPhase.NONE and not hub.value("/loop/active")
        is_time = moment.now_s - self._met_s >= _AGAIN_S
        is_near = bool(leader.speed) and abs(leader.speed - 1.0) <= _STEEPEST
        return moment.state is TransportState.PLAYING and is_plain and is_time and is_near

    def _meet(self, position_s: float, at_s: float, moment: Moment) -> None:
        self._met_s, self._is_early = moment.now_s, False
        rate_hz = moment.rate_hz
        self._transport.press_meet(round(at_s * rate_hz), round(position_s * rate_hz) + moment.late)

    def _take_tempo(self, leader: ClockLeader, moment: Moment) -> None:
        """At rest, the desk's beats are the clock's. While it rolls they stay: they say where in the song it is."""
        tempo = leader.steady_bpm
        if moment.is_rolling or not SLOWEST_BPM <= tempo <= FASTEST_BPM or moment.now_s - self._tempo_s < _TEMPO_S:
            return
        self._tempo_s = moment.now_s
        if abs(tempo - moment.tempo_bpm) >= _TEMPO_NEAR:
            wanted = min(max(round(tempo / _TEMPO_STEP) * _TEMPO_STEP, SLOWEST_BPM), FASTEST_BPM)
            self._hub.write("/click/tempo", round(wanted, 1), "sync")


def offset_frames(leader: Leader, moment: Moment) -> int:
    """Frames by which the transport is ahead."""
    return moment.heard - round(leader.position_s(moment.now_s) * moment.rate_hz)


def is_in_step(leader: Leader, moment: Moment) -> bool:
    """Both roll, and are at one place."""
    is_followed = leader.state is ChaseState.LOCKED and moment.is_rolling
    return is_followed and abs(offset_frames(leader, moment)) <= IN_STEP_S * moment.rate_hz
