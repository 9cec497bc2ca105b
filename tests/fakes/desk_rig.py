"""A desk without a desk process: the parameter table, a real shared block, and a real engine turned by hand."""

import os
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from studiod.engine import Engine, engine_targets
from studiod.link import Block, Dimensions, Operation, create_block
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.registry import Registry
from studiod.tape import RingView

Samples = NDArray[np.float32]


MONO_OUTPUT, MONITOR_OUTPUTS = (
    24,
    (25, 26),
)  # of a rig with enough outputs: main 0 1, buses from 2 on, matrices from 18 on


def layout(strips: int, buses: int, matrices: int = 0, inputs: int = 8, outputs: int = 8) -> ConsoleLayout:
    """A desk of `strips` strips, strip n on input n, and `buses` buses."""
    return ConsoleLayout(
        strips,
        buses,
        tuple(range(1, strips + 1)),
        tuple(f"Strip {n + 1}" for n in range(strips)),
        tuple(f"Bus {n + 1}" for n in range(buses)),
        matrix_names=tuple(f"Matrix {n + 1}" for n in range(matrices)),
        inputs=inputs,
        outputs=outputs,
        has_monitor=outputs > max(MONITOR_OUTPUTS),
    )


@dataclass
class Rig:
    """Turn it by hand: set parameters, render samples, look at the block."""

    registry: Registry
    block: Block
    fd: int
    isa: str | None = None
    resting: bool = True
    talkback_input: int = -1
    keeps: bool = True
    """Whether the engine writes the capture rings."""
    _engine: Engine | None = None
    seq: int = 0

    @classmethod
    def make(  # noqa: PLR0913 - a rig has that many sizes
        cls,
        strips: int = 8,
        buses: int = 4,
        *,
        rate_hz: int = 48000,
        block_frames: int = 1024,
        ring_s: float = 2.0,
        isa: str | None = None,
        resting: bool = True,
        inputs: int | None = None,
        outputs: int = 8,
        matrices: int = 0,
    ) -> Self:
        """A block with every parameter at its default.

        Main plays on outputs 0 and 1, bus n (from 0) on 2 + n, matrix n on 18 + n, mono and monitor behind them.
        """
        desk = layout(strips, buses, matrices, strips if inputs is None else inputs, outputs)
        registry = Registry(console_parameters(desk))
        dimensions = Dimensions(
            rate_hz,
            block_frames,
            strips,
            buses,
            strips if inputs is None else inputs,
            outputs,
            len(registry.numbers),
            len(registry.texts),
            ring_s,
            matrices,
        )
        fd = create_block(dimensions, "{}")
        rig = cls(registry, Block(fd), fd, isa, resting)
        for slot, spec in enumerate(registry.numbers):
            rig.block.store_number(slot, spec.default, spec.engine_value(spec.default, rate_hz))
        return rig

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine = None
        os.close(self.fd)

    @property
    def engine(self) -> Engine:
        """The engine; made at first use, so that `set` before it is its starting state."""
        if self._engine is None:
            self._engine = self.make_engine()
        return self._engine

    def make_engine(self) -> Engine:
        """Another engine on the same block: what a restart makes."""
        strips, buses = self.block.strips, self.block.buses
        return Engine(
            self.block,
            engine_targets(self.registry),
            [n if n < self.block.inputs else -1 for n in range(strips)],
            [2 + n for n in range(buses)],
            (0, 1),
            self.isa,
            resting=self.resting,
            matrix_outputs=[18 + n for n in range(self.block.matrices)],
            mono_output=MONO_OUTPUT,
            monitor_outputs=MONITOR_OUTPUTS if self.block.outputs > max(MONITOR_OUTPUTS) else (-1, -1),
            talkback_input=self.talkback_input,
            keeps=self.keeps,
        )

    def restart_engine(self) -> None:
        """Let the engine die and start another."""
        self._engine = None
        self._engine = self.make_engine()

    def set(self, address: str, value: float, at_frame: int = 0) -> None:
        """Store a value (natural units); a running engine is told, to take effect at `at_frame`."""
        spec = self.registry[address]
        slot = self.registry.slot(address)
        in_engine = spec.engine_value(spec.check(value), self.block.rate_hz)
        self.block.store_number(slot, value, in_engine)
        if self._engine is not None:
            assert self.block.push_control(Operation.SET, slot, in_engine, at_frame, 0)

    def ask(self, operation: Operation, slot: int = 0, value: float = 0.0, at_frame: int = 0) -> int:
        """Queue an ordered command; its sequence number."""
        self.seq += 1
        assert self.block.push_control(operation, slot, value, at_frame, self.seq)
        return self.seq

    def render(self, inputs: Samples, blocks: list[int] | None = None) -> Samples:
        """What the outputs (main l, main r, buses...) play for `inputs` (channels, frames)."""
        outputs = np.full((self.block.outputs, inputs.shape[1]), np.nan, np.float32)
        self.engine.render(np.ascontiguousarray(inputs, np.float32), outputs, blocks)
        return outputs

    def captured(self, channel: int, start: int, frames: int) -> Samples:
        """What the capture ring of `channel` holds, through the tape's own reader at 32 bits: nothing past the head."""
        assert start + frames <= self.block.capture_head
        out = bytearray(4 * frames)
        RingView(self.block).pack(channel, start, frames, 32, out)
        return np.frombuffer(out, "<f4")
