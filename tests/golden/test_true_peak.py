"""The measure itself: sines of known height, and the signals of EBU Tech 3341."""

import numpy as np
import pytest

from tests.golden.peak_signals import EBU_CASES, ebu, ebu_dbtp
from tests.golden.true_peak import true_peak_dbtp


@pytest.mark.parametrize("rate_part", [0.01, 0.1, 0.25, 1 / 3, 0.4, 0.45])
@pytest.mark.parametrize("phase", [0.0, 0.3, 0.785])
def test_a_sine_reads_its_amplitude(rate_part: float, phase: float) -> None:
    frames = np.arange(8000)
    fade = 0.5 - 0.5 * np.cos(
        np.pi * np.minimum(1.0, np.minimum(frames, frames[::-1]) / 1500)
    )  # a kink would peak itself
    wave = 0.5 * fade * np.sin(2 * np.pi * rate_part * frames + phase)
    assert true_peak_dbtp(wave) == pytest.approx(-6.0206, abs=0.002)


def test_the_louder_channel_counts() -> None:
    quiet = np.zeros(1000)
    quiet[500] = 0.25
    assert true_peak_dbtp(np.stack([quiet, -2.0 * quiet])) == pytest.approx(-6.0206, abs=0.001)


def test_silence_has_no_peak() -> None:
    assert true_peak_dbtp(np.zeros((2, 100))) == pytest.approx(-400.0)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("case", EBU_CASES)
def test_each_ebu_signal_reads_what_it_was_made_for(case: int, rate_hz: int) -> None:
    assert -0.4 <= true_peak_dbtp(ebu(case, rate_hz)) - ebu_dbtp(case) <= 0.2
