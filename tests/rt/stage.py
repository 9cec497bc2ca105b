"""Plays the virtual stage with a desk that never leaves it alone, and says which thread made the sound.

    python -m tests.rt.stage BLOCKS [ISA]

Every section of the console is switched in before the engine begins; then the whole parameter table is walked again and
again, while the transport runs, strips record and play, and the loudness is reset.
stdout: one JSON object {"audio_thread", "main_thread", "blocks", "turns", "laps", "takes", "faults", "most"}; `most` is
the largest reading of each kind of meter.
"""

import itertools
import json
import sys
import threading
from collections.abc import Iterator

import numpy as np

from studiod.engine import ISAS
from studiod.link import MeterLayout, Operation, Snapshot
from studiod.model.parameter import Kind, ParameterSpec
from tests.fakes.desk_rig import Rig
from tests.helpers import eventually
from tests.unit.engine.playing import Tape

STRIPS, BUSES, MATRICES, BLOCK_FRAMES = 12, 4, 2, 64
OUTPUTS = 32  # main, buses, matrices, mono, monitor: a rig's places for all of them
TAPE_FRAMES = 90_000
MOVES = 32  # of a turn
GOLDEN_RATIO = 0.6180339887498949  # steps of it fill any range evenly, and never repeat


def table(rig: Rig) -> list[ParameterSpec]:
    """Everything that the engine follows."""
    return [spec for spec in rig.registry.numbers if spec.engine is not None]


def is_section(spec: ParameterSpec) -> bool:
    """Whether it switches something in; other switches mute, turn round, arm or link."""
    return spec.kind is Kind.TOGGLE and spec.address.endswith("/on") and not spec.address.startswith("/mutegroup")


def open_all(rig: Rig) -> None:
    """Switch every section in, at values at which it works."""
    for number, spec in enumerate(table(rig)):
        travel = 0.75 if spec.kind is Kind.LEVEL else number * GOLDEN_RATIO % 1.0
        rig.set(spec.address, float(is_section(spec)) if spec.kind is Kind.TOGGLE else spec.from_travel(travel))


def moves(rig: Rig) -> Iterator[tuple[str, float]]:
    """Address and value of one move after the other, for ever: anywhere, but rather on than off."""
    for number, spec in enumerate(itertools.cycle(table(rig))):
        travel = number * GOLDEN_RATIO % 1.0
        if spec.kind is Kind.TOGGLE:
            yield spec.address, float(travel > 0.2 if is_section(spec) else travel > 0.8)
        else:
            yield spec.address, spec.from_travel(travel)


def transport(rig: Rig, tape: Tape, turn: int) -> None:
    """Roll, record, stop and locate, over and over; the loudness is measured anew now and then."""
    asked = {0: Operation.RECORD, 3: Operation.STOP, 4: Operation.PLAY, 9: Operation.STOP}.get(turn % 12)
    if asked is not None:
        rig.ask(asked, turn // 12 + 1)
    if turn % 12 == 9:  # it has stopped: somewhere else, with some strips on tape
        samples = np.full(TAPE_FRAMES, 0.1, np.float32)
        tape.cue(dict.fromkeys(range(0, STRIPS, 3), samples), position=1000 * turn)
    if turn % 40 == 39:
        rig.ask(Operation.LOUDNESS_RESET)


def readings(told: Snapshot) -> dict[str, float]:
    """What each kind of meter shows, the largest of it."""
    at, meters = MeterLayout(STRIPS, BUSES, MATRICES), told.meters
    strips = np.array(meters[: at.buses]).reshape(STRIPS, MeterLayout.STRIP)
    sums = np.array(meters[at.buses : at.main]).reshape(-1, MeterLayout.SUM)
    return {
        "strip": float(strips[:, 0].max()),
        "gate": float(strips[:, 2].max()),
        "compressor": float(strips[:, 3].max()),
        "bus": float(sums[:BUSES, 0].max()),
        "matrix": float(sums[BUSES : BUSES + MATRICES, 0].max()),
        "mono": float(sums[-1, 0]),
        "main": max(meters[at.main : at.main + 2]),
        "limiter": 1.0 - meters[at.main + 4],
        "loudness": meters[at.loudness],
        "chosen loudness": meters[at.chosen_loudness],
    }


def main() -> None:
    """Play until so many blocks have been heard."""
    wanted = int(sys.argv[1])
    isa = sys.argv[2] if len(sys.argv) > 2 else ISAS[-1]
    with Rig.make(STRIPS, BUSES, matrices=MATRICES, outputs=OUTPUTS, block_frames=BLOCK_FRAMES, isa=isa) as rig:
        rig.talkback_input = STRIPS - 1
        open_all(rig)
        tape = Tape(rig)
        rig.engine.hold_memory()
        rig.engine.start_virtual("stage", 120.0, STRIPS, OUTPUTS)
        turn, most = 0, dict.fromkeys(readings(rig.block.snapshot()), 0.0)
        walk = moves(rig)
        while (heard := rig.block.snapshot().blocks) < wanted:
            turn += 1
            for address, value in itertools.islice(walk, MOVES):
                rig.set(address, value)
            transport(rig, tape, turn)
            while rig.block.pop_answer() is not None:
                pass
            eventually(lambda: rig.block.snapshot().blocks > heard + 1)
            rig.engine.measure()  # as the process does, beside the audio thread
            now = readings(rig.block.snapshot())
            most = {name: max(most[name], now[name]) for name in most}
        told = rig.block.snapshot()
        rig.engine.stop()
        words = {
            "audio_thread": told.audio_thread,
            "main_thread": threading.get_native_id(),
            "blocks": told.blocks,
            "turns": turn,
            "laps": turn * MOVES / len(table(rig)),
            "takes": len(told.takes),
            "faults": told.bad_samples + told.resets,
            "most": most,
        }
        sys.stdout.write(json.dumps(words))


if __name__ == "__main__":
    main()
