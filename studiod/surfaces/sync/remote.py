"""Machine control from outside, as the desk's own buttons."""

from collections.abc import Callable

from studiod.desk.hub import Hub
from studiod.model.parameter import Refused
from studiod.model.transport import TransportPhase, TransportState
from studiod.surfaces.sync.chaser import CHASE
from studiod.surfaces.sync.mmc import Mmc, MmcLocate, MmcShuttle, MmcStep, MmcTracks, MmcVariable, MmcVerb
from studiod.surfaces.sync.timecode import TimecodeRate
from studiod.surfaces.winding import WIND_EVERY_S, WIND_S, Winding

SUBFRAMES = 100
_WIND = "wind"
_WINDS = {MmcVerb.FAST_FORWARD: WIND_S, MmcVerb.REWIND: -WIND_S}
_GO_ON = (MmcVerb.CHASE, MmcVerb.RECORD_PAUSE, MmcVerb.EJECT, MmcVerb.ERROR_RESET)  # and tracks: it winds on


def moves(command: Mmc) -> bool:
    """Whether it says where to be, or to wind no more."""
    return not isinstance(command, MmcTracks) and command not in _GO_ON


class Remote:
    """Obeys MMC. strips: how many tracks the desk has. start_s: timecode at the begin of the timeline, by rate.

    clock: seconds, steady. `winding` goes on by its own: `due` of it.
    """

    def __init__(
        self,
        hub: Hub,
        strips: int,
        start_s: Callable[[TimecodeRate], float],
        state: Callable[[], TransportState],
        clock: Callable[[], float],
    ) -> None:
        self.winding = Winding(hub, "sync", clock)
        self._hub = hub
        self._strips = strips
        self._start_s = start_s
        self._state = state

    def obey(self, command: Mmc, by: str) -> None:
        """Do what `by` wants; what a desk has no button for is left. Raises Refused."""
        if moves(command):
            self.winding.origin = by
            if isinstance(command, MmcStep):
                self.winding.release(_WIND)
            else:
                self.winding.forget()
        match command:
            case MmcLocate(time, subframes):
                fraction_s = subframes / SUBFRAMES / float(time.rate.per_s)
                position_s = time.position_s + fraction_s - self._start_s(time.rate)
                if position_s < 0.0:
                    raise Refused(f"locate to {time}: that is before the begin of the timeline; see sync.start")
                self.winding.go_to(position_s)
            case MmcTracks():
                self._set_tracks(command, by)
            case MmcShuttle(speed):
                is_rolling = self._state() is not TransportState.STOPPED
                self._wind((speed - is_rolling) * WIND_EVERY_S)
            case MmcStep():
                self.winding.go(command.by_s)
            case MmcVerb() if command in _WINDS:
                self._wind(_WINDS[command])
            case MmcVerb() | MmcVariable():
                self._do(_at_usual_speed(command), by)

    def _wind(self, by_s: float) -> None:
        """Wind until another word comes."""
        if not by_s:
            return
        try:
            self.winding.hold(_WIND, by_s)
        except Refused:
            self.winding.forget()
            raise

    def _do(self, verb: MmcVerb, by: str) -> None:
        state, fire = self._state(), self._hub.fire
        is_recording = state is TransportState.RECORDING
        is_waiting = self._hub.value("/transport/phase") != TransportPhase.NONE
        match verb:
            case MmcVerb.STOP | MmcVerb.PAUSE:
                fire("/transport/stop", origin=by)
            case MmcVerb.PLAY | MmcVerb.DEFERRED_PLAY if state is TransportState.STOPPED:
                fire("/transport/play", origin=by)  # play ends a recording only by its own word
            case MmcVerb.RECORD_STROBE if not is_recording:
                fire("/transport/record", origin=by)
            case MmcVerb.RECORD_EXIT if is_recording or is_waiting:
                fire("/transport/play", origin=by)
            case MmcVerb.RECORD_PAUSE:
                raise Refused("record pause: a desk has no such state; record strobe records, record exit ends it")
            case MmcVerb.CHASE:
                self._hub.write(CHASE, 1.0, by)

    def _set_tracks(self, tracks: MmcTracks, by: str) -> None:
        word = "mute" if tracks.is_mute else "arm"
        for numbers, value in ((tracks.on, 1.0), (tracks.off, 0.0)):
            for number in sorted(numbers):
                if number <= self._strips:
                    self._hub.write(f"/strip/{number}/{word}", value, by)


def _at_usual_speed(command: MmcVerb | MmcVariable) -> MmcVerb:
    if isinstance(command, MmcVerb):
        return command
    if command.speed != 1.0:
        words = command.verb.name.lower().replace("_", " ")
        raise Refused(f"{words} at {command.speed:g} times the speed: allowed 1; shuttle winds faster")
    return command.verb
