from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer, disjoint_base

from studiod.link import Block

CONTROL_WORDS: Final[list[str]]
CONTROLS: Final[dict[str, int]]
SOURCES: Final[dict[str, int]]
ISAS: Final[tuple[str, ...]]

@disjoint_base
class Engine:
    def __new__(
        cls,
        block: Block,
        targets: Sequence[tuple[int, int, int]],
        strip_inputs: Sequence[int],
        bus_outputs: Sequence[int],
        main_outputs: Sequence[int],
        isa: str | None = None,
        *,
        resting: bool = False,
        matrix_outputs: Sequence[int] = (),
        mono_output: int = -1,
        monitor_outputs: Sequence[int] = (-1, -1),
        talkback_input: int = -1,
        keeps: bool = True,
    ) -> Self: ...
    @property
    def isa(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def is_lost(self) -> bool: ...
    @property
    def frame(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    def restore(self, state: Buffer, lines: Mapping[int, Buffer]) -> None: ...
    def skip(self, frames: int, cause: int) -> None: ...
    def hold_memory(self) -> bool: ...
    def start_virtual(
        self, sources: str, tempo_bpm: float, inputs: int, outputs: int, loopback_frames: int = 0
    ) -> None: ...
    def start_internal(self) -> None: ...
    def portaudio_stream(self, inputs: int, outputs: int) -> tuple[int, int]: ...
    def open_jack(
        self, client_name: str, server: str | None, library: str = "libjack.so.0"
    ) -> tuple[int, int, list[str], list[str]]: ...
    def start_jack(
        self, inputs: int, outputs: int, capture_ports: Sequence[str], playback_ports: Sequence[str]
    ) -> None: ...
    def fade_out(self) -> float: ...
    def stop(self) -> None: ...
    def render(
        self, inputs: NDArray[np.float32], outputs: NDArray[np.float32], blocks: Iterable[int] | None = None
    ) -> None: ...
    def measure(self) -> None: ...
