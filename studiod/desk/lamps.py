"""What lamps and remotes show of the tape: how the last take is, and whether somebody should look at the disks."""

from collections.abc import Mapping, Sequence
from typing import Any

from studiod.desk.hub import Hub
from studiod.desk.takes import Take
from studiod.link.take import RECORDING
from studiod.model.transport import TakeState, TapeAlarm

TAKE, ALARM = "/take/state", "/tape/alarm"
_TROUBLED_BOX = ("fault", "full")


class TapeLamps:
    """Publishes /take/state and /tape/alarm: any surface may bind a lamp to them, any peer subscribe."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def publish(self, tape: Mapping[str, Any], takes: Sequence[Take], *, is_tape_there: bool) -> None:
        """Tell how it stands. tape: what the tape told last. takes: those of the session, by number."""
        self._hub.publish(TAKE, float(take_state(tape, takes)))
        self._hub.publish(ALARM, float(tape_alarm(tape) if is_tape_there else TapeAlarm.ALARM))


def take_state(tape: Mapping[str, Any], takes: Sequence[Take]) -> TakeState:
    """That of the take that is being recorded, else of the last there is."""
    if tape.get("take"):
        return TakeState.RECORDING
    closed = [take for take in takes if take.state != RECORDING]
    return TakeState[closed[-1].state.upper()] if closed else TakeState.NONE


def tape_alarm(tape: Mapping[str, Any]) -> TapeAlarm:
    """The worst of what the tape tells. A take that could not be written is told of until the next one is done."""
    levels = {str(alarm.get("level")) for alarm in tape.get("alarms", ())}
    has_failed = str(tape.get("finished", 0)) in tape.get("failed", {})
    if tape.get("library_fault") or has_failed or TapeAlarm.ALARM.word in levels:
        return TapeAlarm.ALARM
    is_box_troubled = (tape.get("blackbox") or {}).get("state") in _TROUBLED_BOX
    return TapeAlarm.WARNING if levels or is_box_troubled else TapeAlarm.NONE
