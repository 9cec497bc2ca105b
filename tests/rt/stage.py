"""Plays the virtual stage with a desk that never leaves it alone, and says which thread made the sound.

    python -m tests.rt.stage BLOCKS [ISA]

stdout: one JSON object {"audio_thread", "main_thread", "blocks", "takes", "faults"}.
"""

import json
import os
import sys
import threading

import numpy as np

from studiod.engine import ISAS
from studiod.link import Operation
from tests.fakes.desk_rig import Rig
from tests.helpers import eventually
from tests.unit.engine.playing import Tape

STRIPS, BUSES, BLOCK_FRAMES = 32, 8, 64
TAPE_FRAMES = 90_000


def traffic(rig: Rig, tape: Tape, turn: int) -> None:
    """What a busy desk asks for in a turn: every kind of control there is."""
    strip = turn % STRIPS + 1
    rig.set(f"/strip/{strip}/fader", -float(turn % 40))
    rig.set(f"/strip/{strip}/pan", (turn % 21) / 10.0 - 1.0)
    rig.set(f"/strip/{strip}/mute", float(turn % 2))
    rig.set(f"/strip/{strip}/solo", float(turn % 3 == 0))
    rig.set(f"/strip/{strip}/arm", float(turn % 5 == 0))
    rig.set(f"/strip/{strip}/hpf", 20.0 + turn % 300)
    rig.set(f"/strip/{strip}/hpf/on", float(turn % 4 > 0))
    rig.set(f"/strip/{strip}/trim", float(turn % 12))
    rig.set(f"/strip/{strip}/polarity", float(turn % 2))
    rig.set(f"/strip/{strip}/monitor", float(turn % 3))
    bus = turn % BUSES + 1
    rig.set(f"/strip/{strip}/send/{bus}/level", -float(turn % 30))
    rig.set(f"/strip/{strip}/send/{bus}/pre", float(turn % 2))
    rig.set(f"/strip/{strip}/send/{bus}/on", float(turn % 7 > 0))
    rig.set(f"/bus/{bus}/fader", -float(turn % 10))
    rig.set(f"/bus/{bus}/mute", float(turn % 9 == 0))
    rig.set("/main/fader", -float(turn % 6))
    rig.set("/main/limiter/ceiling", -float(turn % 20))
    transport = {0: Operation.RECORD, 3: Operation.STOP, 4: Operation.PLAY, 9: Operation.STOP}.get(turn % 12)
    if transport is not None:
        rig.ask(transport, turn // 12 + 1)
    if turn % 12 == 9:  # it has stopped: somewhere else, with some strips on tape
        samples = np.full(TAPE_FRAMES, 0.1, np.float32)
        tape.cue(dict.fromkeys(range(0, STRIPS, 3), samples), position=1000 * turn)


def main() -> None:
    """Play until so many blocks have been heard."""
    wanted = int(sys.argv[1])
    isa = sys.argv[2] if len(sys.argv) > 2 else ISAS[-1]
    with Rig.make(STRIPS, BUSES, block_frames=BLOCK_FRAMES, isa=isa) as rig:
        tape = Tape(rig)
        rig.engine.hold_memory()
        rig.engine.start_virtual("stage", 120.0, STRIPS, 8)
        turn = 0
        while (heard := rig.block.snapshot().blocks) < wanted:
            turn += 1
            traffic(rig, tape, turn)
            while rig.block.pop_answer() is not None:
                pass
            eventually(lambda: rig.block.snapshot().blocks > heard + 1)
        told = rig.block.snapshot()
        rig.engine.stop()
        words = {
            "audio_thread": told.audio_thread,
            "main_thread": threading.get_native_id(),
            "blocks": told.blocks,
            "turns": turn,
            "takes": len(told.takes),
            "faults": told.bad_samples,
            "pid": os.getpid(),
        }
        sys.stdout.write(json.dumps(words))


if __name__ == "__main__":
    main()
