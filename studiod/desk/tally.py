"""The record lamp: one word for all that a light over the door should tell."""

from collections.abc import Callable

from studiod.desk.hub import Change, Hub
from studiod.model.transport import Tally, TapeAlarm, TransportPhase, TransportState

TALLY = "/transport/tally"
_PHASES = {
    TransportPhase.COUNTIN: Tally.COUNTIN,
    TransportPhase.WAITING: Tally.WAITING,
    TransportPhase.REHEARSING: Tally.REHEARSING,
}


class RecordLamp:
    """Publishes /transport/tally from what the transport and the tape have told. is_armed: whether record would record.

    is_armed is asked again only when something was armed, disarmed, or plugged in elsewhere: it reads every strip.
    """

    def __init__(self, hub: Hub, is_armed: Callable[[], bool]) -> None:
        self._hub = hub
        self._ask = is_armed
        self._is_armed: bool | None = None
        hub.observe(self._note)

    def publish(self) -> None:
        """Tell how it stands now."""
        if self._is_armed is None:
            self._is_armed = self._ask()
        hub = self._hub
        state, phase, alarm = (
            int(hub.value(address)) for address in ("/transport/state", "/transport/phase", "/tape/alarm")
        )
        hub.publish(TALLY, float(tally(TransportState(state), TransportPhase(phase), TapeAlarm(alarm), self._is_armed)))

    def _note(self, changes: list[Change]) -> None:
        if any(change.spec.address.endswith(("/arm", "/port")) for change in changes):
            self._is_armed = None


def tally(state: TransportState, phase: TransportPhase, alarm: TapeAlarm, is_armed: bool) -> Tally:  # noqa: FBT001 - facts
    """The word that matters most."""
    if alarm is TapeAlarm.ALARM:
        return Tally.ALARM
    if state is TransportState.RECORDING:
        return Tally.RECORDING
    if phase in _PHASES:
        return _PHASES[phase]
    return Tally.ARMED if is_armed else Tally.NONE
