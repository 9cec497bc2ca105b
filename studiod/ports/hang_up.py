"""How a port of python-rtmidi that calls back is let go without a crash."""

import gc
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rtmidi

LAST_CALL_S = 0.02


def hang_up(midi_in: "rtmidi.MidiIn", last_call_s: float = LAST_CALL_S) -> None:
    """Let a port go, also in the middle of what it says.

    Its thread may be on its way into our callback, and wait for the interpreter. It holds a bare pointer to what
    cancel_callback() frees: we keep that until the thread has ended. And delete() waits for the thread without letting
    go of the interpreter: so the last call gets `last_call_s` to be done first.
    """
    needed = gc.get_referents(midi_in)
    midi_in.cancel_callback()
    time.sleep(last_call_s)
    midi_in.delete()
    del needed
