from typing import Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

LOW_RATE_HZ: float
HIGH_RATE_HZ: float
LOW_CEILING_DBTP: float
HIGH_CEILING_DBTP: float
RAMP_S: float

@disjoint_base
class PeakLimiter:
    def __new__(cls, rate_hz: float, ceiling_dbtp: float) -> Self: ...
    @property
    def latency(self) -> int: ...
    ceiling_dbtp: float
    is_on: bool
    @property
    def gain(self) -> float: ...
    @property
    def bad_samples(self) -> int: ...
    def process(self, samples: NDArray[np.float32]) -> NDArray[np.float32]: ...
