"""W(N), the reference workload of a strip, as settings of a desk; and a desk that is timed at it.

Each channel: trim, high-pass at 80 Hz (12 dB/oct), four bands, compressor, fader, mute, pan, four post-fader sends into
four mono buses that return to main with fixed gains; limiter on main; meters everywhere. White noise at 0.2 goes in.
The figures are those of the scores in tests/data/bench.
"""

import math
import time
from types import TracebackType
from typing import Self

import numpy as np

from tests.fakes.desk_rig import Rig, Samples

Settings = dict[str, str]
"""Address of a parameter: its value as a person would type it."""

RATE_HZ = 48_000
NOISE_PEAK = 0.2
NOISE_ROWS = 8  # different ones, dealt round the channels
CHUNK_SAMPLES = 2**17  # of one render: half a megabyte stays in the caches, as a sound card's buffers do
WARM_UP_S = 3.0  # ramps end, detectors settle, and every page of the two seconds of rings has been written
SENDS = (0.1, 0.2, 0.3, 0.4)
RETURNS = ((0.5, 0.3), (0.3, 0.5), (0.4, 0.2), (0.2, 0.4))
"""Linear gain of each bus into main, left and right."""
MAX_SENDS = 16
DELAY_MS = 10.0
SILENT_DBFS = -60.0

FEATURES = ("hpf", "gate", "eq", "comp", "sends", "delay")
"""What a strip can switch off, in the order of its signal; without any of them it is trim, fader, mute, pan, meter."""


def decibels(gain: float) -> str:
    """A linear gain as a level."""
    return f"{20.0 * math.log10(gain):.4f}"


def feature_settings(strip: int, feature: str, sends: int = len(SENDS)) -> Settings:
    """One feature of strip `strip` (from 1) as W has it; gate and delay, which W has not, at common settings.

    Raises ValueError for what is none of FEATURES.
    """
    at, lane = f"/strip/{strip}", strip - 1
    match feature:
        case "hpf":
            return {f"{at}/hpf": "80", f"{at}/hpf/slope": "12", f"{at}/hpf/on": "on"}
        case "gate":
            return {
                f"{at}/gate/threshold": "-30",
                f"{at}/gate/range": "40",
                f"{at}/gate/attack": "1",
                f"{at}/gate/hold": "10",
                f"{at}/gate/release": "100",
                f"{at}/gate/on": "on",
            }
        case "eq":
            bands = (
                ("lowshelf", 120.0, 3.0, math.sqrt(0.5)),
                ("bell", 400.0 + 3.0 * lane, -4.0, 1.0),
                ("bell", 2500.0, 2.5, 1.0),
                ("highshelf", 8000.0, -2.0, math.sqrt(0.5)),
            )
            settings = {f"{at}/eq/on": "on"}
            for number, (shape, freq_hz, gain_db, q) in enumerate(bands, 1):
                here = f"{at}/eq/{number}"
                settings |= {f"{here}/type": shape, f"{here}/freq": str(freq_hz), f"{here}/gain": str(gain_db)}
                settings |= {f"{here}/q": f"{q:.4f}", f"{here}/on": "on"}
            return settings
        case "comp":
            return {
                f"{at}/comp/threshold": decibels(0.06),
                f"{at}/comp/ratio": "3",
                f"{at}/comp/knee": "0",
                f"{at}/comp/attack": "5",
                f"{at}/comp/release": "100",
                f"{at}/comp/detector": "peak",
                f"{at}/comp/on": "on",
            }
        case "sends":
            levels = {f"{at}/send/{bus}/level": decibels(SENDS[(bus - 1) % len(SENDS)]) for bus in range(1, sends + 1)}
            return levels | {f"{at}/send/{bus}/tap": "post" for bus in range(1, sends + 1)}
        case "delay":
            return {f"{at}/delay": str(DELAY_MS), f"{at}/delay/on": "on"}
    raise ValueError(f"{feature} is no feature of a strip: {', '.join(FEATURES)}")


def desk_settings(strips: int, features: tuple[str, ...], sends: int = len(SENDS)) -> Settings:
    """A desk of `strips` strips with `features` on and the others off; `sends` of each are open where sends are on.

    It has no meter of loudness, as W has none.
    """
    settings: Settings = {"/main/limiter/ceiling": decibels(0.9), "/loudness/on": "off"}
    for bus, (left, right) in enumerate(RETURNS, 1):
        settings[f"/bus/{bus}/main/on"] = "on"
        settings[f"/bus/{bus}/fader"] = decibels(math.hypot(left, right))  # the pan's law is of constant power
        settings[f"/bus/{bus}/pan"] = f"{math.atan2(right, left) / (math.pi / 4.0) - 1.0:.4f}"
    for strip in range(1, strips + 1):
        at = f"/strip/{strip}"
        settings |= {f"{at}/trim": "0", f"{at}/fader": decibels(0.5), f"{at}/pan": f"{((strip - 1) % 11) / 5 - 1:.1f}"}
        for feature in features:
            settings |= feature_settings(strip, feature, sends)
    return settings


def workload(strips: int) -> Settings:
    """W(strips)."""
    return desk_settings(strips, ("hpf", "eq", "comp", "sends"))


def noise(channels: int, frames: int) -> Samples:
    """White noise at 0.2, (channels, frames), of NOISE_ROWS different channels; the same at every call."""
    rows = np.random.default_rng(1).uniform(-NOISE_PEAK, NOISE_PEAK, (NOISE_ROWS, frames)).astype(np.float32)
    return np.ascontiguousarray(rows[np.arange(channels) % NOISE_ROWS])


class TimedDesk:
    """A real engine on a block of its own, turned by hand over noise that was made before.

    is_live: it also writes the capture rings, as it does under a host; offline there is nothing to record.
    """

    def __init__(
        self,
        strips: int,
        frames: int,
        settings: Settings,
        isa: str | None = None,
        buses: int = 4,
        *,
        is_live: bool = False,
    ) -> None:
        self._rig = Rig.make(strips, buses, block_frames=frames, isa=isa, outputs=2 + buses)
        self._rig.keeps = is_live
        for address, words in settings.items():
            self._rig.set(address, self._rig.registry[address].parse(words))
        self._channel_samples: int = strips * max(8, CHUNK_SAMPLES // (strips * frames)) * frames
        self._frames = self._channel_samples // strips
        self._noise, self._outputs = noise(strips, self._frames), np.zeros((2 + buses, self._frames), np.float32)
        self._one_noise, self._one_output = noise(strips, frames), np.zeros((2 + buses, frames), np.float32)
        self.isa = self._rig.engine.isa
        for _ in range(self._renders(WARM_UP_S)):
            self.render()
        level = 20.0 * math.log10(float(np.sqrt(np.mean(np.square(self._outputs[:2], dtype=np.float64)))) + 1e-12)
        if not level > SILENT_DBFS:  # NaN is no sound either
            raise RuntimeError(f"the desk plays {level:.0f} dBFS: what is measured is not the workload")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rig.__exit__(kind, error, trace)

    def render(self) -> int:
        """One render of many blocks; how many samples of how many channels it was, multiplied."""
        self._rig.engine.render(self._noise, self._outputs)
        return self._channel_samples

    def render_block(self) -> None:
        """One render of one block."""
        self._rig.engine.render(self._one_noise, self._one_output)

    def ns_per_channel_sample(self, seconds: float) -> float:
        """CPU time (user + system) of this thread for a channel and a sample, over `seconds` of sound."""
        renders = self._renders(seconds)
        began = time.thread_time_ns()
        for _ in range(renders):
            self._rig.engine.render(self._noise, self._outputs)
        return (time.thread_time_ns() - began) / (renders * self._channel_samples)

    def _renders(self, seconds: float) -> int:
        return max(1, round(seconds * RATE_HZ / self._frames))
