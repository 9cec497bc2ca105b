"""Something to render: noise and tones into every strip, and a mix that moves while they play."""

from dataclasses import dataclass

import numpy as np

from studiod.link import Operation
from tests.fakes.desk_rig import Rig, Samples

STRIPS, BUSES = 13, 3  # no multiple of any vector: the last bank is part empty
FRAMES = 9000


@dataclass(frozen=True)
class Move:
    """`address` is set to `value` at `frame`."""

    frame: int
    address: str
    value: float


def band(strips: int = STRIPS, frames: int = FRAMES, level: float = 0.1) -> Samples:
    """Noise on a triangle on a constant for each input, shape (strips, frames): the high-pass has something to do.

    Made of integers: every machine and every numpy gives the same bits.
    """
    number = np.arange(strips * frames, dtype=np.uint32).reshape(strips, frames)
    for factor in (0x7FEB352D, 0x846CA68B):  # odd, and half their bits set: neighbours end far apart
        number = (number ^ (number >> np.uint32(16))) * np.uint32(factor)
    noise = (number >> np.uint32(8)) / (1 << 23) - 1.0
    period = 48 * np.arange(2, strips + 2)[:, np.newaxis]  # 500 Hz and below
    phase = np.arange(frames) % period / period
    triangle = 4.0 * np.abs(phase - 0.5) - 1.0
    return (level * (0.5 * noise + triangle + 0.3)).astype(np.float32)


# At frames that are no multiple of any block size; two at one frame; one amid the ramp of another.
MIX = (
    Move(17, "/strip/1/fader", -6.0),
    Move(301, "/strip/13/pan", -0.7),
    Move(450, "/strip/1/fader", 3.0),
    Move(701, "/strip/4/mute", 1.0),
    Move(997, "/strip/3/hpf", 320.0),
    Move(997, "/strip/3/hpf/on", 1.0),
    Move(1203, "/strip/5/send/1/level", -3.0),
    Move(1203, "/strip/9/solo", 1.0),
    Move(1500, "/strip/2/polarity", 1.0),
    Move(1777, "/bus/2/fader", -12.0),
    Move(2001, "/strip/5/send/1/tap", 1.0),
    Move(2600, "/strip/9/solo", 0.0),
    Move(2900, "/main/limiter/ceiling", -9.0),
    Move(3333, "/strip/8/trim", 18.0),
    Move(4000, "/strip/4/mute", 0.0),
    Move(4100, "/bus/1/mute", 1.0),
    Move(4799, "/strip/3/hpf", 20.0),
    Move(5001, "/main/fader", -2.5),
    Move(6000, "/strip/5/send/1/on", 0.0),
    Move(7000, "/bus/1/mute", 0.0),
)
TRANSPORT = (
    (512, Operation.RECORD, 1),
    (3001, Operation.STOP, 0),
    (3500, Operation.RECORD, 2),
    (8191, Operation.PLAY, 0),
)


def start_mix(rig: Rig) -> None:
    """The mix before the first frame: no two strips alike."""
    for strip in range(1, rig.block.strips + 1):
        rig.set(f"/strip/{strip}/fader", -2.0 * (strip % 5))
        rig.set(f"/strip/{strip}/pan", (strip % 7) / 3.0 - 1.0)
        rig.set(f"/strip/{strip}/trim", float(strip % 3 - 1))
        rig.set(f"/strip/{strip}/hpf/on", float(strip % 2))
        rig.set(f"/strip/{strip}/hpf", 30.0 * strip)
        for bus in range(1, rig.block.buses + 1):
            rig.set(f"/strip/{strip}/send/{bus}/level", -6.0 if (strip + bus) % 3 else -float("inf"))
            rig.set(f"/strip/{strip}/send/{bus}/tap", float((strip + bus) % 2))


def queue(rig: Rig, moves: tuple[Move, ...], transport: tuple[tuple[int, Operation, int], ...] = ()) -> None:
    """Give the engine moves and commands that take effect at their frames, in the order of frames."""
    _ = rig.engine  # made before the first move: what is set earlier is its starting state
    steps: list[tuple[int, Move | tuple[Operation, int]]] = [(move.frame, move) for move in moves]
    steps += [(frame, (operation, slot)) for frame, operation, slot in transport]
    for frame, step in sorted(steps, key=lambda pair: pair[0]):
        if isinstance(step, Move):
            rig.set(step.address, step.value, at_frame=frame)
        else:
            rig.ask(step[0], step[1], at_frame=frame)
