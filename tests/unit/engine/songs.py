"""Something to render: noise and tones into every strip, and a mix that moves while they play."""

from dataclasses import dataclass

import numpy as np

from studiod.link import Operation
from tests.fakes.desk_rig import Rig, Samples

STRIPS, BUSES, MATRICES = 13, 3, 2  # no multiple of any vector: the last bank is part empty
OUTPUTS = 32  # mono and monitor have theirs, too
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
# One of each thing a console does, while what it did before still moves.
CONSOLE = (
    Move(33, "/strip/1/gate/on", 1.0),
    Move(111, "/strip/2/eq/on", 1.0),
    Move(333, "/strip/2/eq/2/gain", 12.0),
    Move(340, "/strip/2/eq/2/freq", 3000.0),
    Move(601, "/strip/2/eq/3/type", 5.0),
    Move(777, "/strip/4/comp/on", 1.0),
    Move(911, "/strip/4/comp/makeup", 6.0),
    Move(1001, "/strip/5/delay", 7.0),
    Move(1002, "/strip/5/delay/on", 1.0),
    Move(1111, "/strip/6/source", 4.0),  # bus 2
    Move(1313, "/strip/7/link", 1.0),
    Move(1414, "/strip/8/gate/key", 3.0),
    Move(1415, "/strip/8/gate/on", 1.0),
    Move(1616, "/bus/1/send/3/level", -3.0),
    Move(1717, "/bus/3/main/on", 1.0),
    Move(1818, "/bus/3/comp/on", 1.0),
    Move(1900, "/bus/1/link", 1.0),
    Move(2100, "/main/width", 150.0),
    Move(2200, "/main/eq/on", 1.0),
    Move(2201, "/main/eq/3/gain", -9.0),
    Move(2333, "/main/matrix/1/level", -6.0),
    Move(2444, "/bus/2/matrix/2/level", 0.0),
    Move(2500, "/strip/3/hpf/slope", 2.0),
    Move(2600, "/solo/mode", 1.0),
    Move(2601, "/strip/11/solo", 1.0),
    Move(2700, "/vca/2/fader", -20.0),
    Move(2701, "/strip/10/vca/2", 1.0),
    Move(2800, "/strip/9/mutegroup/1", 1.0),
    Move(2801, "/mutegroup/1/on", 1.0),
    Move(2900, "/oscillator/bus/2", 1.0),
    Move(2901, "/oscillator/on", 1.0),
    Move(3100, "/click/main", 1.0),
    Move(3101, "/click/on", 1.0),
    Move(3200, "/strip/12/direct/output", 30.0),
    Move(3300, "/strip/13/insert/output", 31.0),
    Move(3301, "/strip/13/insert/latency", 200.0),
    Move(3302, "/strip/13/insert/on", 1.0),
    Move(3400, "/strip/2/send/1/tap", 2.0),
    Move(3600, "/strip/1/gate/mode", 2.0),
    Move(3700, "/strip/4/comp/detector", 1.0),
    Move(3800, "/monitor/dim", 1.0),
    Move(3900, "/strip/2/eq/on", 0.0),
    Move(4400, "/strip/4/comp/on", 0.0),
    Move(4500, "/strip/5/delay", 3.0),
    Move(4700, "/strip/6/source", 1.0),
    Move(5100, "/strip/1/gate/on", 0.0),
    Move(5300, "/main/limiter/on", 0.0),
    Move(5500, "/strip/2/eq/on", 1.0),
    Move(5700, "/strip/13/insert/on", 0.0),
    Move(6100, "/strip/4/comp/on", 1.0),
    Move(6500, "/main/limiter/on", 1.0),
)
SONG = tuple(sorted((*MIX, *CONSOLE), key=lambda move: move.frame))
TRANSPORT = (
    (512, Operation.RECORD, 1),
    (3001, Operation.STOP, 0),
    (3500, Operation.RECORD, 2),
    (8191, Operation.PLAY, 0),
)


def song_rig(isa: str | None = None) -> Rig:
    """A desk that has one of everything."""
    return Rig.make(STRIPS, BUSES, isa=isa, outputs=OUTPUTS, matrices=MATRICES)


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
