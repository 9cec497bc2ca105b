"""A desk without a studio: the values of a session, and an engine that is turned by hand."""

import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from studiod.desk import state
from studiod.desk.hub import Hub
from studiod.desk.rules import lay_rules
from studiod.desk.store import BlockStore
from studiod.engine import Engine, engine_targets
from studiod.link import Block, Dimensions, Operation, create_block
from studiod.model.console import MONITOR_CHOICES, ConsoleLayout, console_parameters
from studiod.model.registry import Registry

BLOCK_FRAMES = 1024
_RING_S = 0.01  # the rings keep nothing here
_GATE = re.compile(r"(/.*)/(?:gate|comp)/on")
_ARM = re.compile(r"/(?:strip/\d+|bus/\d+|main)/arm")


@dataclass(frozen=True, slots=True)
class Outputs:
    """Which rows of an engine's output carry what: main left and right first, then those asked for."""

    has_mono: bool = False
    buses: int = 0
    """All buses of the desk, or none."""
    matrices: int = 0

    @property
    def mono(self) -> int:
        """Row of the mono main, -1 for none."""
        return 2 if self.has_mono else -1

    @property
    def first_bus(self) -> int:
        """Row of bus 1."""
        return 2 + self.has_mono

    @property
    def first_matrix(self) -> int:
        """Row of matrix 1."""
        return self.first_bus + self.buses

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.first_matrix + self.matrices


class OfflineDesk:
    """The desk of `layout` as `session` (None: none) left it, every rule of the desk in force, and nothing plugged in.

    What cannot be taken over from the session is left at its default and said in `warnings`. Raises ValueError for a
    layout that cannot be built, MemoryError.
    """

    def __init__(self, layout: ConsoleLayout, rate_hz: int, outputs: Outputs, session: Path | None) -> None:
        self.layout = layout
        self.rate_hz = rate_hz
        self.outputs = outputs
        registry = Registry(console_parameters(layout))
        fd = create_block(
            Dimensions(
                rate_hz,
                BLOCK_FRAMES,
                layout.strips,
                layout.buses,
                layout.strips,  # every strip has an input of its own
                outputs.rows,
                len(registry.numbers),
                len(registry.texts),
                _RING_S,
                layout.matrices,
            ),
            "{}",
        )
        try:
            self.block = Block(fd)
        finally:
            os.close(fd)  # it stays mapped
        self.hub = Hub(registry, BlockStore(self.block), rate_hz)
        lay_rules(self.hub, layout)
        self.warnings: list[str] = []
        if session is not None:
            self._restore(session)

    def unplug(self, playing: Collection[int], *, has_click: bool) -> None:
        """Take out of circuit what needs hardware, and let `playing`, strips from 1, play what their inputs get.

        Insert, direct out, and the choice between input and tape have no meaning here; a strip that plays a file does
        not play its other source besides, as with the tape. The click is silent unless `has_click`. The engine's own
        meters of loudness rest: they are not looked at.
        """
        strips = range(1, self.layout.strips + 1)
        inserted = [strip for strip in strips if self._write(f"/strip/{strip}/insert/on", 0.0)]
        if inserted:
            self.warnings.append(f"{_strips(inserted)}: the hardware insert is out of circuit")
        routed = [strip for strip in playing if self._write(f"/strip/{strip}/source", 0.0)]
        if routed:
            self.warnings.append(f"{_strips(routed)}: the file plays in place of the source that is set")
        for strip in strips:
            self._write(f"/strip/{strip}/monitor", float(MONITOR_CHOICES.index("input")))
            self._write(f"/strip/{strip}/direct/output", 0.0)
        self._write("/loudness/on", 0.0)
        self._write("/click/free", 0.0)  # it follows the transport, which rolls if the click is wanted
        if not has_click:
            self._write("/click/on", 0.0)
        elif self.hub.value("/click/on") == 0.0:
            self.warnings.append("the click is off in this session")

    def works_in_silence(self) -> bool:
        """Whether a gate or an expander is on: silence is what closes it."""
        found = (_GATE.fullmatch(spec.address) for spec in self.hub.registry.numbers)
        return any(
            self.hub.value(on[0]) != 0.0 and (on[0].endswith("/gate/on") or self.hub.value(f"{on[1]}/comp/mode") != 0.0)
            for on in found
            if on is not None
        )

    def make_engine(self) -> Engine:
        """An engine at the desk's values: strip n plays input row n, and nothing fades in."""
        self.hub.store_all()
        out = self.outputs
        return Engine(
            self.block,
            engine_targets(self.hub.registry),
            range(self.layout.strips),
            [out.first_bus + n if n < out.buses else -1 for n in range(self.layout.buses)],
            (0, 1),
            resting=True,
            matrix_outputs=[out.first_matrix + n if n < out.matrices else -1 for n in range(self.layout.matrices)],
            mono_output=out.mono,
            keeps=False,
        )

    def roll(self, position: int) -> None:
        """Let the transport roll from `position` with the engine's first frame: the click follows it."""
        self.block.push_control(Operation.LOCATE, 0, float(position), 0, 1)
        self.block.push_control(Operation.PLAY, 0, 0.0, 0, 2)

    def _restore(self, session: Path) -> None:
        numbers, texts, faults = state.load(session)
        kept = [(address, value) for address, value in numbers if not _ARM.fullmatch(address)]
        self.warnings += [f"session: {fault}" for fault in (*faults, *self.hub.restore(kept, texts))]

    def _write(self, address: str, value: float) -> bool:
        return self.hub.write(address, value, "render")


def _strips(numbers: Iterable[int]) -> str:
    found = [str(number) for number in numbers]
    return f"strip{'s' if len(found) > 1 else ''} {', '.join(found)}"
