"""The test signals of EBU Tech 3341 and 3342 (2023), rendered from their description, and BS.1770 in plain float64."""

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
Case = Mapping[str, Any]

_FILE = Path(__file__).parents[1] / "data" / "loudness" / "ebu_vectors.json"
CASES: Sequence[Case] = json.loads(_FILE.read_text(encoding="utf-8"))["cases"]
WEIGHTS = {"L": 1.0, "R": 1.0, "C": 1.0, "Ls": 1.41, "Rs": 1.41}
_OVERSAMPLING = 4


def names(case: Case) -> list[str]:
    """The case's channels."""
    return ["L", "R"] if case["channels"] == "LR" else str(case["channels"]).split()


def weights(case: Case) -> list[float]:
    """BS.1770's weight of each channel."""
    return [WEIGHTS[name] for name in names(case)]


def render(case: Case, rate_hz: int) -> Float32Array:
    """The signal of `case`, shape (channels, frames)."""
    ends = np.rint(np.cumsum([0.0, *(part["seconds"] for part in case["segments"])]) * rate_hz).astype(int)
    lengths = np.diff(ends).tolist()
    parts = [_part(part, names(case), frames, rate_hz) for part, frames in zip(case["segments"], lengths, strict=True)]
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def tone(rate_hz: int, seconds: float, level_db: float, frequency_hz: float = 1000.0) -> Float32Array:
    """One channel of a sine with that peak level, shape (frames,)."""
    return _sine(frequency_hz / rate_hz, round(seconds * rate_hz), 10 ** (level_db / 20)).astype(np.float32)


def _sine(cycles: float, frames: int, amplitude: float, phase: float = 0.0) -> Float64Array:
    return np.asarray(amplitude * np.sin(2 * np.pi * cycles * np.arange(frames) + phase), np.float64)


@lru_cache(maxsize=4)
def _unit_tone(cycles: float, frames: int) -> Float32Array:
    return _sine(cycles, frames, 1.0).astype(np.float32)


def _part(part: Mapping[str, Any], channels: Sequence[str], frames: int, rate_hz: int) -> Float32Array:
    kind = part["kind"]
    if kind == "silence":
        return np.zeros((len(channels), frames), np.float32)
    if kind == "sine":
        levels = part.get("peak_dbfs_per_channel") or dict.fromkeys(channels, part["peak_dbfs"])
        unit = _unit_tone(part["freq_hz"] / rate_hz, frames)
        return np.stack([unit * np.float32(10 ** (levels[name] / 20)) for name in channels])
    if kind == "sine_fs_div":
        row = _sine(1 / part["div"], frames, part["amplitude_ffs"], math.radians(part["phase_deg"]))
        row = _faded(row, int(part["fade_s"] * rate_hz))
    elif kind == "tp_burst_4fs":
        row = _burst(part, frames, rate_hz)
    else:
        raise LookupError(f"no signal of kind {kind}")
    return np.tile(row.astype(np.float32), (len(channels), 1))


def _faded(row: Float64Array, frames: int) -> Float64Array:
    ramp = np.arange(frames) / frames
    row[:frames] *= ramp
    row[-frames:] *= ramp[::-1]
    return row


def _burst(part: Mapping[str, Any], frames: int, rate_hz: int) -> Float64Array:
    """A carrier with one period of another tone in its middle, made at four times the rate and decimated."""
    period = part["carrier_div"] * _OVERSAMPLING
    burst = part["burst_div"] * _OVERSAMPLING
    half = frames // part["carrier_div"] // 2 * period
    carrier = _sine(1 / period, half, part["carrier_amp"])
    row = np.concatenate([carrier, _sine(1 / burst, burst, part["burst_amp"]), carrier])
    row = _faded(row, int(part["fade_s"] * _OVERSAMPLING * rate_hz))
    # windowed sinc at half the band, flat to 0.44 of the lower rate, over 100 dB down from 0.56 on
    reach = 384
    low_pass = np.sinc(np.arange(-reach, reach + 1) / _OVERSAMPLING) * np.kaiser(2 * reach + 1, 10.0)
    return np.asarray(np.convolve(row, low_pass / low_pass.sum(), "same")[part["offset"] :: _OVERSAMPLING])


def true_peak(row: NDArray[np.floating], oversampling: int = 16) -> float:
    """Magnitude of the largest sample of `row`, shape (frames,), interpolated by a long windowed sinc."""
    reach = 64
    most = 0.0
    for phase in range(oversampling):
        places = np.arange(-reach, reach + 1) - phase / oversampling
        most = max(most, float(np.abs(np.convolve(row, np.sinc(places) * np.kaiser(2 * reach + 1, 9.0))).max()))
    return most


def k_weighted_squares(samples: NDArray[np.floating], coefficients: Sequence[Sequence[float]]) -> Float64Array:
    """Squares of `samples` (frames,) after both biquads, by 16384 samples of their impulse response."""
    response = np.zeros(1 << 14)
    response[0] = 1.0
    for b0, b1, b2, a1, a2 in coefficients:
        feed, y1, y2 = np.convolve(response, (b0, b1, b2))[: len(response)].tolist(), 0.0, 0.0
        for n, x in enumerate(feed):
            y1, y2 = x - a1 * y1 - a2 * y2, y1
            feed[n] = y1
        response = np.asarray(feed)
    size = 1 << (len(samples) + len(response) - 1).bit_length()
    spectrum = np.fft.rfft(samples.astype(np.float64), size) * np.fft.rfft(response, size)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(samples)] ** 2)


def integrated(
    squares: Float64Array,
    rate_hz: int,
    *,
    relative_gate_lu: float = -10.0,
    absolute_gate_lufs: float = -70.0,
    step_s: float = 0.1,
) -> float:
    """Gated loudness by BS.1770-5 of weighted `squares` (frames,); the keywords make meters that are wrong."""
    window, step = round(0.4 * rate_hz), round(step_s * rate_hz)
    sums = np.concatenate([[0.0], np.cumsum(squares)])
    starts = np.arange(0, len(squares) - window + 1, step)
    blocks = np.maximum((sums[starts + window] - sums[starts]) / window, 1e-30)
    blocks = blocks[_lufs(blocks) > absolute_gate_lufs]
    gate = _lufs(blocks.mean()) + relative_gate_lu
    return float(_lufs(blocks[_lufs(blocks) > gate].mean()))


def loudness_range(squares: Float64Array, rate_hz: int) -> float:
    """Loudness range by Tech 3342 of weighted `squares` (frames,)."""
    window, step = 3 * rate_hz, rate_hz // 10
    sums = np.concatenate([[0.0], np.cumsum(squares)])
    starts = np.arange(0, len(squares) - window + 1, step)
    powers = (sums[starts + window] - sums[starts]) / window
    powers = powers[_lufs(powers) >= -70.0]
    levels = np.sort(_lufs(powers[powers >= 0.01 * powers.mean()]))
    low, high = (levels[int((len(levels) - 1) * part + 0.5)] for part in (0.10, 0.95))
    return float(high - low)


def _lufs(mean_square: Any) -> Any:  # noqa: ANN401 - an array or a number of numpy's
    return 10.0 * np.log10(mean_square) - 0.691
