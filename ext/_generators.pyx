# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The desk's own sounds outside the engine: for tests, and for whoever needs a tone in an array."""
from libc.stdint cimport int32_t, int64_t, uint32_t

from generators cimport *

KINDS = {"sine": OSCILLATOR_SINE, "pink": OSCILLATOR_PINK, "white": OSCILLATOR_WHITE, "sweep": OSCILLATOR_SWEEP}
LOW_RATE_HZ, HIGH_RATE_HZ = 8000, 192_000  # above, a click's burst would no longer fit
HIGH_ACCENT_DB = 12.0  # an accent then peaks at full scale
FURTHEST = 1 << 62  # frames from position 0: what the whole-number arithmetic of the onsets can hold
LONGEST = (1 << 32) - 1


cdef class Oscillator:
    """Sine, pink noise, white noise or sweep at unity level; a sine of 1 kHz until something else is set."""

    cdef oscillator state
    cdef uint32_t rate_hz

    def __cinit__(self, uint32_t rate_hz):
        _check_rate(rate_hz)
        self.rate_hz = rate_hz
        oscillator_prepare(&self.state, rate_hz)

    def set(self, str kind, double frequency_hz) -> None:
        """Sound as `kind` (sine, pink, white, sweep), the sine at `frequency_hz`, from the next frame on.

        A new kind fades in, and a sounding sine glides to its frequency, within 10 ms. The frequency is held from 1 Hz
        to 0.48 of the rate. Raises ValueError for another kind, and for a frequency that is not a positive number.
        """
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r}; allowed {', '.join(KINDS)}")
        if not 0.0 < frequency_hz < float("inf"):
            raise ValueError(f"frequency {frequency_hz:g} Hz; allowed 1..{0.48 * self.rate_hz:g}")
        oscillator_set(&self.state, KINDS[kind], frequency_hz)

    def run(self, frames):
        """Return the next `frames` samples, float32, shape (frames,). How they are cut into calls changes nothing.

        A sine and a sweep peak at 1.0; noise has an RMS of 0.0707. Raises ValueError for a count below 0.
        """
        samples = _array(frames)
        cdef float[::1] out = samples
        cdef uint32_t count = out.shape[0]
        if count:
            with nogil:
                oscillator_run(&self.state, &out[0], count)
        return samples


cdef class Click:
    """A metronome that follows the transport; 120 bpm, four beats, no subdivisions, accents of 6 dB until set."""

    cdef click state

    def __cinit__(self, uint32_t rate_hz):
        _check_rate(rate_hz)
        click_prepare(&self.state, rate_hz)

    def set(self, double tempo_bpm, int32_t beats, int32_t subdivisions, double accent_db) -> None:
        """Click `tempo_bpm` times a minute and `subdivisions` clicks a beat; the first of `beats` `accent_db` louder.

        What is under way sounds to its end as it began. Raises ValueError outside 20..400 bpm, 1..32 beats,
        1..8 subdivisions and 0..12 dB.
        """
        if not CLICK_TEMPO_LOW <= tempo_bpm <= CLICK_TEMPO_HIGH:
            raise ValueError(f"tempo {tempo_bpm:g} bpm; allowed {CLICK_TEMPO_LOW:g}..{CLICK_TEMPO_HIGH:g}")
        if not 1 <= beats <= CLICK_MOST_BEATS:
            raise ValueError(f"{beats} beats; allowed 1..{CLICK_MOST_BEATS}")
        if not 1 <= subdivisions <= CLICK_MOST_SUBDIVISIONS:
            raise ValueError(f"{subdivisions} subdivisions; allowed 1..{CLICK_MOST_SUBDIVISIONS}")
        if not 0.0 <= accent_db <= HIGH_ACCENT_DB:
            raise ValueError(f"accent {accent_db:g} dB; allowed 0..{HIGH_ACCENT_DB:g}")
        click_set(&self.state, tempo_bpm, beats, subdivisions, <float>(10.0 ** (accent_db / 20.0)))

    def onset(self, int64_t index) -> int:
        """Position in frames of click `index` (subdivisions counted, 0 at position 0, negative before) as last set.

        Raises ValueError when it lies 2^62 frames away or further.
        """
        if abs(int(index)) >= FURTHEST // (HIGH_RATE_HZ * 3):  # 3 s: the slowest click
            raise ValueError(f"click {index}; allowed are {FURTHEST // (HIGH_RATE_HZ * 3)} either way")
        return click_onset(&self.state.wanted, index)

    def run(self, int64_t position, frames, bint rolling=True):
        """Return the click of transport frames position..position + frames, float32, shape (frames,).

        While rolling the samples follow from `position` alone. When that ends, and after `set`, what was under way
        rings out over up to 25 ms, then there is silence. Raises ValueError for a count below 0 and for a position
        2^62 frames away or further.
        """
        if not -FURTHEST < position < FURTHEST:
            raise ValueError(f"position {position}; allowed less than 2^62 either way")
        samples = _array(frames)
        cdef float[::1] out = samples
        cdef uint32_t count = out.shape[0]
        if count:
            with nogil:
                click_run(&self.state, &out[0], position, count, rolling)
        return samples


cdef object _array(frames):
    import numpy as np  # here: the engine, which needs none, starts without it

    if not 0 <= frames <= LONGEST:
        raise ValueError(f"{frames} frames; allowed 0..{LONGEST}")
    return np.empty(frames, np.float32)


cdef int _check_rate(uint32_t rate_hz) except -1:
    if not LOW_RATE_HZ <= rate_hz <= HIGH_RATE_HZ:
        raise ValueError(f"rate {rate_hz} Hz; allowed {LOW_RATE_HZ}..{HIGH_RATE_HZ}")
    return 0
