"""What the transport tells everyone, and leaves in the shared block for the desk after this one."""

from studiod.desk.control import Control
from studiod.desk.roll import Roll
from studiod.model.transport import TransportPhase

_NEVER_S = -1.0


class Readings:
    """Publishes the state; a new desk finds there what the one before it was about."""

    def __init__(self, control: Control, roll: Roll) -> None:
        hub, block = control.hub, control.block
        self._control = control
        self._hub = hub
        self._roll = roll
        self._found = {
            address: block.number(hub.registry.number_slot(address))
            for address in ("/transport/phase", "/transport/point", "/transport/rolled", "/loop/active")
        }
        self.rolled = self._frames(self._found["/transport/rolled"])
        """Where the last roll began."""

    @property
    def preroll_frames(self) -> int:
        """How much earlier record rolls."""
        return round(self._hub.value("/transport/preroll") * self._hub.rate_hz)

    def adopt(self) -> None:
        """Let the roll go on where the desk before this one was."""
        phase = TransportPhase(int(self._found["/transport/phase"]))
        point = self._frames(self._found["/transport/point"])
        self._roll.adopt(phase, point, is_looping=bool(self._found["/loop/active"]))

    def publish(self) -> None:
        """Tell how it stands now."""
        hub, roll = self._hub, self._roll
        snapshot = self._control.snapshot
        hub.publish("/transport/state", float(snapshot.state))
        hub.publish("/transport/phase", float(roll.phase))
        hub.publish("/loop/active", float(roll.is_looping))
        hub.publish("/transport/rolled", self._seconds(self.rolled))
        hub.publish("/transport/point", self._seconds(roll.point if roll.is_enabled else None))

    def _seconds(self, position: int | None) -> float:
        return _NEVER_S if position is None else position / self._hub.rate_hz

    def _frames(self, seconds: float) -> int | None:
        return None if seconds < 0.0 else round(seconds * self._hub.rate_hz)
