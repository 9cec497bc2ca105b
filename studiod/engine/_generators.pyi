from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

KINDS: Final[dict[str, int]]
LOW_RATE_HZ: Final[int]
HIGH_RATE_HZ: Final[int]
HIGH_ACCENT_DB: Final[float]
FURTHEST: Final[int]
LONGEST: Final[int]

@disjoint_base
class Oscillator:
    def __new__(cls, rate_hz: int) -> Self: ...
    def set(self, kind: str, frequency_hz: float) -> None: ...
    def run(self, frames: int) -> NDArray[np.float32]: ...

@disjoint_base
class Click:
    def __new__(cls, rate_hz: int) -> Self: ...
    def set(self, tempo_bpm: float, beats: int, subdivisions: int, accent_db: float) -> None: ...
    def onset(self, index: int) -> int: ...
    def run(self, position: int, frames: int, rolling: bool = True) -> NDArray[np.float32]: ...
