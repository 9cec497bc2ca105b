# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Meters that stand on their own: loudness."""
from libc.math cimport HUGE_VAL, isfinite, log10
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from studiod.model.loudness import LoudnessReading

cdef extern from "loudness.h" nogil:
    ctypedef struct loudness_pair:
        pass

    ctypedef struct loudness_meter:
        uint64_t bad_samples
        double shelf_b[3]
        double shelf_a[2]
        double high_pass_a[2]

    ctypedef struct loudness_reading:
        double momentary, short_term, integrated, max_momentary, max_short_term, range
        float true_peak, sample_peak

    enum:
        LOUDNESS_MIN_HZ
        LOUDNESS_MAX_HZ
    double loudness_lufs(double mean_square)
    size_t loudness_pairs(uint32_t channels)
    int loudness_prepare(loudness_meter *m, uint32_t rate_hz, uint32_t channels, const double *weights,
                         loudness_pair *pairs)
    void loudness_feed(loudness_meter *m, const float *const *rows, uint32_t frames)
    void loudness_finish(loudness_meter *m)
    void loudness_reset(loudness_meter *m)
    void loudness_read(const loudness_meter *m, loudness_reading *reading)

cdef enum:
    MOST_CHANNELS = 1024  # as many as libsndfile opens
    FEED_FRAMES = 1 << 30  # in one call of the C meter, which counts in 32 bits


cdef double _decibels(double magnitude) noexcept:
    return 20.0 * log10(magnitude) if magnitude > 0.0 else -HUGE_VAL


cdef double _lufs(double mean_square) noexcept:
    return loudness_lufs(mean_square) if mean_square > 0.0 else -HUGE_VAL


cdef class LoudnessMeter:
    """Loudness of what it is fed, ITU-R BS.1770-5 and EBU Tech 3341/3342; what is no sample (NaN, inf) is silence."""

    cdef loudness_meter *meter
    cdef loudness_pair *pairs
    cdef double *weights
    cdef const float **rows
    cdef uint32_t channels
    cdef bint is_finished

    def __cinit__(self, int rate_hz, weights):
        given = [float(weight) for weight in weights]
        if not LOUDNESS_MIN_HZ <= rate_hz <= LOUDNESS_MAX_HZ:
            raise ValueError(f"rate_hz is {rate_hz}; allowed {LOUDNESS_MIN_HZ}..{LOUDNESS_MAX_HZ}")
        if not 1 <= len(given) <= MOST_CHANNELS:
            raise ValueError(f"{len(given)} channels; allowed 1..{MOST_CHANNELS}")
        if not all(isfinite(weight) and weight >= 0.0 for weight in given):
            raise ValueError(f"weights are {given}; each must be 0 or more")
        self.channels = <uint32_t>len(given)
        self.meter = <loudness_meter *>calloc(1, sizeof(loudness_meter))
        self.pairs = <loudness_pair *>calloc(loudness_pairs(self.channels), sizeof(loudness_pair))
        self.weights = <double *>calloc(self.channels, sizeof(double))
        self.rows = <const float **>calloc(self.channels, sizeof(float *))
        if self.meter == NULL or self.pairs == NULL or self.weights == NULL or self.rows == NULL:
            raise MemoryError
        for channel in range(self.channels):
            self.weights[channel] = given[channel]
        loudness_prepare(self.meter, <uint32_t>rate_hz, self.channels, self.weights, self.pairs)

    def __dealloc__(self):
        free(self.meter)
        free(self.pairs)
        free(self.weights)
        free(self.rows)

    @property
    def bad_samples(self) -> int:
        """How many samples were none."""
        return self.meter.bad_samples

    @property
    def coefficients(self):
        """The K-weighting: (b0, b1, b2, a1, a2) of the shelf, and of the high-pass."""
        m = self.meter
        return ((m.shelf_b[0], m.shelf_b[1], m.shelf_b[2], m.shelf_a[0], m.shelf_a[1]),
                (1.0, -2.0, 1.0, m.high_pass_a[0], m.high_pass_a[1]))

    def feed(self, const float[:, ::1] samples not None) -> None:
        """Hear `samples`, shape (channels, frames), full scale 1.0, read only.

        Raises ValueError for another number of channels, and after `finish`.
        """
        cdef Py_ssize_t frames = samples.shape[1]
        cdef Py_ssize_t at = 0
        cdef Py_ssize_t count
        cdef uint32_t channel
        if samples.shape[0] != self.channels:
            raise ValueError(f"{samples.shape[0]} channels; this meter hears {self.channels}")
        if self.is_finished:
            raise ValueError("the meter has been finished; reset it first")
        with nogil:
            while at < frames:
                count = min(frames - at, <Py_ssize_t>FEED_FRAMES)
                for channel in range(self.channels):
                    self.rows[channel] = &samples[channel, at]
                loudness_feed(self.meter, self.rows, <uint32_t>count)
                at += count

    def finish(self) -> None:
        """The file ends here: count the silence that Tech 3342 wants after it into the range, and the last true peaks.

        Loudness stays as it is. What is done twice is done once.
        """
        self.is_finished = True
        with nogil:
            loudness_finish(self.meter)

    def reset(self) -> None:
        """Forget everything heard."""
        self.is_finished = False
        loudness_reset(self.meter)

    def reading(self):
        """A LoudnessReading of what was heard since the last reset."""
        cdef loudness_reading read
        loudness_read(self.meter, &read)
        return LoudnessReading(
            momentary=_lufs(read.momentary),
            short_term=_lufs(read.short_term),
            integrated=_lufs(read.integrated),
            lra=10.0 * log10(read.range),
            true_peak=_decibels(read.true_peak),
            sample_peak=_decibels(read.sample_peak),
            max_momentary=_lufs(read.max_momentary),
            max_short_term=_lufs(read.max_short_term),
        )
