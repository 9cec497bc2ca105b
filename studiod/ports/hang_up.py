"""How ports of python-rtmidi that call back are let go: without a crash, and without waiting for ever.

Its thread may be on its way into our callback, and wait for the interpreter. It holds a bare pointer to what
cancel_callback() frees: we keep that until the thread has ended. And delete() waits for the thread without letting go
of the interpreter: so the last call must be over by then.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rtmidi

LAST_CALL_S = 0.1  # is over by then, on a machine with something to do besides
_USUAL_CALL_S = 0.02
_LATEST_CALL_S = 1.0  # on any


def hang_up(midi_in: "rtmidi.MidiIn", last_call_s: float = LAST_CALL_S) -> None:
    """Let a port go, also in the middle of what it says; takes `last_call_s`."""
    leaving = _Leaving(midi_in)
    time.sleep(last_call_s)
    leaving.end()


class HangUps:
    """Ports that have said their last, and are let go a second later, by `sweep`. clock: steady seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._leaving: list[tuple[float, _Leaving]] = []

    def add(self, midi_in: "rtmidi.MidiIn") -> None:
        """One more; a call that is on its way is as good as always done when this returns."""
        self._leaving.append((self._clock() + _LATEST_CALL_S, _Leaving(midi_in)))
        time.sleep(_USUAL_CALL_S)

    def sweep(self) -> None:
        """Let go whose time has come."""
        while self._leaving and self._leaving[0][0] <= self._clock():
            self._leaving.pop(0)[1].end()

    def close(self) -> None:
        """Let all go; takes a moment if there are any."""
        if self._leaving:
            time.sleep(LAST_CALL_S)
        for _, leaving in self._leaving:
            leaving.end()
        self._leaving.clear()


@dataclass
class _Leaving:
    midi_in: "rtmidi.MidiIn"

    def __post_init__(self) -> None:
        self._needed = gc.get_referents(self.midi_in)
        self.midi_in.cancel_callback()

    def end(self) -> None:
        self.midi_in.delete()
        self._needed.clear()
