"""Moves every parameter of the table while a tone plays, and measures what is heard that is no tone.

A tone of frequency w under a gain that rests obeys y[n] - 2 cos(w) y[n-1] + y[n-2] = 0, whatever its level and phase;
so does any mix of such tones. Under a gain g that walks the left side is (g[n] - g[n-1]) x[n] + (g[n-2] - g[n-1])
x[n-2]: at most twice the largest step of the gain. A jump shows there in its full size, a ramp of N frames as its Nth
part.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from studiod.link import Operation
from studiod.model.parameter import Kind, ParameterSpec
from tests.fakes.desk_rig import Rig, Samples
from tests.golden.reference import RATE_HZ, Float64Array
from tests.golden.stand import OUTPUTS, Settings, put
from tests.unit.engine.playing import Tape

TONE_HZ = 1000
CYCLE = RATE_HZ // TONE_HZ
"""Frames."""
RAMP_FRAMES = RATE_HZ // 100
FLUTTER_FRAMES = 107
"""A quarter of a ramp, and another phase of the tone each time."""
INPUTS = 8
TALKBACK_INPUT = 6
QUIET = 1e-3
"""Below this level an output counts as if it were that loud: noise of float32 is no click."""

BASE: Settings = {
    "/strip/1/pan": -0.3,
    "/strip/2/pan": 0.4,
    "/strip/1/send/1/level": 0.0,
    "/strip/1/mono/on": 1,
    "/bus/1/main/on": 1,
    "/bus/1/pan": -0.5,
    "/bus/1/send/2/level": -6.0,
    "/bus/1/matrix/1/level": -3.0,
    "/main/matrix/2/level": -3.0,
    "/mono/matrix/1/level": -9.0,
    "/main/limiter/on": 0,
}
"""Strip 1 on every kind of sum."""

_IN_SIGHT: tuple[tuple[str, Settings], ...] = (
    (r"(.+)/eq/on", {r"\1/eq/2/gain": 12, r"\1/eq/2/freq": 1100}),
    (r"(.+)/eq/(\d)/\w+", {r"\1/eq/on": 1, r"\1/eq/\2/gain": 12, r"\1/eq/\2/freq": 1400, r"\1/eq/\2/q": 2}),
    (r"(.+)/hpf.*", {r"\1/hpf/on": 1, r"\1/hpf": 400}),
    (r"(.+)/gate/.*", {r"\1/gate/on": 1, r"\1/gate/threshold": -10, r"\1/gate/range": 20}),
    (r"(.+)/gate/.*", {r"\1/gate/attack": 30, r"\1/gate/hold": 0, r"\1/gate/release": 30}),
    (r"(.+)/gate/(ratio|key.*)", {r"\1/gate/mode": 1, "/strip/2/trim": -6, "/strip/3/trim": 3}),
    (r"(.+)/gate/key/\w+", {r"\1/gate/key/freq": 1500}),
    (r"(.+)/gate/key/(freq|q)", {r"\1/gate/key/filter": 3}),
    (r"(.+)/comp/.*", {r"\1/comp/on": 1, r"\1/comp/threshold": -30, r"\1/comp/attack": 30, r"\1/comp/release": 60}),
    (r"(.+)/comp/key", {"/strip/2/trim": -6, "/strip/3/trim": 3}),
    (r"(.+)/comp/knee", {r"\1/comp/threshold": -15, "/strip/2/main/on": 0, "/strip/3/main/on": 0}),
    (r"(.+)/delay", {r"\1/delay/on": 1}),
    (r"(.+)/delay/on", {r"\1/delay": 3.3}),
    (r"(.+)/vca/(\d)", {r"/vca/\2/fader": -20}),
    (r"(.+)/mutegroup/(\d)", {r"/mutegroup/\2/on": 1}),
    (r"/(vca|mutegroup)/(\d)/.*", {r"/strip/1/\1/\2": 1}),
    (r"/mute/fx", {"/bus/1/role": 2}),
    (r"/bus/1/role", {"/mute/fx": 1}),
    (r"(.+)/send/(\d)/.*", {r"\1/send/\2/level": 0, r"\1/fader": -3}),
    (r"(.+)/(send|direct).*", {r"\1/eq/on": 1, r"\1/eq/2/gain": 6, r"\1/eq/2/freq": 1200}),
    (r"(.+)/send/(\d)/pan", {"/bus/1/link": 1, "/bus/3/link": 1, "/bus/1/send/2/on": 0}),
    (r"(.+)/matrix/(\d)/.*", {r"\1/matrix/\2/level": 0}),
    (r"/bus/1/link", {"/bus/1/send/2/on": 0}),  # else the pair would feed itself, which the desk refuses
    (r"/strip/1/solo/safe", {"/solo/mode": 2, "/strip/2/solo": 1}),
    (r"/solo/(mode|level)", {"/strip/1/solo": 1, "/strip/1/fader": -6}),
    (r"/strip/1/direct/.*", {"/strip/1/direct/output": 31, "/strip/1/fader": -6}),
    (r"/strip/1/insert/.*", {"/strip/1/insert/on": 1, "/strip/1/insert/output": 32, "/strip/1/insert/input": 5}),
    (r"/strip/1/source", {f"/strip/2/send/{bus}/level": -2.0 * bus for bus in range(1, 5)}),
    (r"/strip/1/source", {"/strip/1/send/1/on": 0, "/oscillator/on": 1, "/oscillator/level": -10}),
    (r"/main/limiter/.*", {"/main/limiter/on": 1, "/main/limiter/ceiling": -24}),
    (r"/talkback/.*", {"/talkback/on": 1, "/talkback/main": 1}),
    (r"/oscillator/.*", {"/oscillator/on": 1, "/oscillator/main": 1, "/oscillator/level": -12}),
    (r"/monitor/dim/level", {"/monitor/dim": 1}),
)
"""What must stand how for a parameter to be heard; later lines win."""

_ROLLS = {"/strip/1/monitor": Operation.PLAY, "/strip/1/arm": Operation.RECORD}
_SLOW = ((r".*/(gate|comp)/.*", 200), (r".*/delay", 700), (r".*/latency", 500))
"""Cycles until all is at rest again; 100 where nothing is said."""


def stands(address: str) -> dict[str, float]:
    """Settings of a desk on which a move of `address` is heard."""
    settings = dict(BASE)
    for pattern, more in _IN_SIGHT:
        match = re.fullmatch(pattern, address)
        if match:
            settings |= {match.expand(name): float(value) for name, value in more.items()}
    return settings


def steered(registry_numbers: tuple[ParameterSpec, ...]) -> Iterator[ParameterSpec]:
    """What the engine follows; of rows that are alike (strips, buses...) the first."""
    for spec in registry_numbers:
        if spec.engine is not None and not re.match(r"/(strip|bus|matrix)/(?!1/)", spec.address):
            yield spec


def ways(spec: ParameterSpec) -> list[tuple[float, float]]:
    """From where to where `spec` is moved: the longest ways there are, and what lies in the middle."""
    stand = stands(spec.address).get(spec.address, spec.default)
    if spec.kind is Kind.TOGGLE:
        return [(stand, 1.0 - stand)]
    if spec.kind is Kind.CHOICE:
        others = [float(index) for index in range(len(spec.choices)) if index != stand]
        return [(stand, other) for other in (others if len(others) < INPUTS else (others[0], others[-1]))]
    middle = spec.from_travel(0.5)
    return [(spec.low, spec.high), (spec.low, middle), (middle, spec.high)]


def no_tone(sound: Float64Array) -> Float64Array:
    """Largest sample of each row that is not of a tone of TONE_HZ. sound: shape (outputs, frames), frames > 2."""
    rest = np.abs(sound[:, 2:] - 2.0 * math.cos(math.tau / CYCLE) * sound[:, 1:-1] + sound[:, :-2])
    return np.asarray(rest.max(axis=1), np.float64)


@dataclass(frozen=True)
class Moved:
    """What a move to and fro did on each output, as shares of the loudest sample there."""

    click: Float64Array
    """What was heard that is no tone, beyond what is always there."""
    jump: Float64Array
    """The same, had the sound jumped from the one state to the other at the worst frame."""


class ToneDesk:
    """A desk that plays tones of TONE_HZ without end: other levels and phases on each input and on the tape."""

    def __init__(self, settings: Mapping[str, float], rolls: Operation | None = None) -> None:
        self.rig = Rig.make(4, 4, matrices=2, inputs=INPUTS, outputs=OUTPUTS, ring_s=0.5)
        self.rig.talkback_input = TALKBACK_INPUT
        put(self.rig, settings)
        channels = np.arange(INPUTS)[:, np.newaxis]
        phases = np.arange(CYCLE) * math.tau / CYCLE + 0.6 * channels
        self._cycle: Samples = ((0.2 + 0.04 * channels) * np.sin(phases)).astype(np.float32)
        self._last = np.zeros((OUTPUTS, 2))
        if rolls is not None:
            Tape(self.rig).cue({0: np.tile(self._cycle[5], RATE_HZ // CYCLE)})
            self.rig.ask(rolls)

    @classmethod
    def for_move(cls, address: str) -> Self:
        """One that lets a move of `address` be heard, and has come to rest."""
        desk = cls(stands(address), _ROLLS.get(address))
        desk.play(100)
        return desk

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rig.__exit__(kind, error, trace)

    def play(self, cycles: int) -> Float64Array:
        """What the outputs play in so many cycles of the tone, and the two frames before."""
        heard = self.rig.render(np.tile(self._cycle, (1, cycles))).astype(np.float64)
        sound = np.concatenate([self._last, heard], axis=1)
        self._last = sound[:, -2:]
        return sound

    def move(self, address: str, value: float, phase: int = 0) -> None:
        """Set `address` in the next cycle but one, at frame `phase` of it."""
        self.rig.set(address, value, at_frame=self.rig.engine.frame + CYCLE + phase)

    def to_and_fro(self, address: str, one: float, other: float) -> Moved:
        """Move `address` three times between two values: on a crest, and twice at the worst frame of the cycle."""
        cycles = next((count for pattern, count in _SLOW if re.fullmatch(pattern, address)), 100)
        self.move(address, one)
        before = self.play(cycles)[:, -2 * CYCLE - 2 :]
        self.move(address, other, CYCLE // 4)
        heard = [self.play(cycles)]
        after = heard[0][:, -2 * CYCLE :]
        worst = int(np.abs(after - before[:, 2:]).max(axis=0)[:CYCLE].argmax())
        for value in (one, other):
            self.move(address, value, worst)
            heard.append(self.play(cycles))
        loudest = np.maximum(np.max([np.abs(sound).max(axis=1) for sound in (before, *heard)], axis=0), QUIET)
        always = 1.2 * np.maximum(no_tone(before), no_tone(after))
        jumped = np.concatenate([before[:, : 2 + CYCLE + worst], after[:, CYCLE + worst :]], axis=1)
        return Moved(
            np.maximum(np.max([no_tone(sound) for sound in heard], axis=0) - always, 0.0) / loudest,
            np.maximum(no_tone(jumped) - always, 0.0) / loudest,
        )

    def flutter(self, address: str, one: float, other: float) -> Float64Array:
        """Move `address` to and fro, each time before it has arrived; the clicks, as `Moved.click`."""
        before = self.play(2)
        start = self.rig.engine.frame
        for turn in range(9):
            self.rig.set(address, one if turn % 2 else other, at_frame=start + CYCLE // 4 + turn * FLUTTER_FRAMES)
        heard = [self.play(60), self.play(100)]
        loudest = np.maximum(np.max([np.abs(sound).max(axis=1) for sound in heard], axis=0), QUIET)
        always = 1.2 * np.maximum(no_tone(before), no_tone(heard[-1][:, -2 * CYCLE :]))
        clicks = np.maximum(np.max([no_tone(sound) for sound in heard], axis=0) - always, 0.0)
        return np.asarray(clicks / loudest, np.float64)
