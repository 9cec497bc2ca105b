# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The main limiter outside the engine: offline, on arrays."""
from libc.stdint cimport uint32_t, uint64_t

cdef extern from "ramps.h" nogil:
    ctypedef struct scalar_ramp:
        float value
        float target
        float step
    void ramp_aim(scalar_ramp *ramp, float target, float frames)

cdef extern from "limiter.h" nogil:
    ctypedef struct peak_limiter:
        scalar_ramp ceiling
        scalar_ramp on
        uint64_t bad_samples
    void peak_limiter_prepare(peak_limiter *limiter, double rate_hz)
    uint32_t peak_limiter_latency(const peak_limiter *limiter)
    float peak_limiter_gain(peak_limiter *limiter)
    void peak_limiter_run(peak_limiter *limiter, float *left, float *right, uint32_t frames)

cdef enum:
    AT_ONCE = 1 << 20  # frames in one call of C: any count gives the same bits

LOW_RATE_HZ, HIGH_RATE_HZ = 8000.0, 192_000.0  # above, the look-ahead would no longer fit
LOW_CEILING_DBTP, HIGH_CEILING_DBTP = -60.0, 0.0
RAMP_S = 0.010  # as every move of the desk


cdef class PeakLimiter:
    """Look-ahead true-peak limiter of a stereo programme; keeps its state from one `process` to the next."""

    cdef peak_limiter limiter
    cdef float ramp_frames
    cdef double ceiling

    def __cinit__(self, double rate_hz, double ceiling_dbtp):
        if not LOW_RATE_HZ <= rate_hz <= HIGH_RATE_HZ:
            raise ValueError(f"rate {rate_hz:g} Hz; allowed {LOW_RATE_HZ:g}..{HIGH_RATE_HZ:g}")
        peak_limiter_prepare(&self.limiter, rate_hz)
        self.ramp_frames = <float>(rate_hz * RAMP_S)
        self.limiter.ceiling.value = self.limiter.ceiling.target = _linear(ceiling_dbtp)
        self.ceiling = ceiling_dbtp

    @property
    def latency(self) -> int:
        """Frames by which what goes in comes out late; the same for all time."""
        return peak_limiter_latency(&self.limiter)

    @property
    def ceiling_dbtp(self) -> float:
        """Highest true peak that comes out, in dBTP (-60..0).

        Set: reached in 10 ms, for what comes in then. Raises ValueError out of range.
        """
        return self.ceiling

    @ceiling_dbtp.setter
    def ceiling_dbtp(self, double ceiling_dbtp) -> None:
        ramp_aim(&self.limiter.ceiling, _linear(ceiling_dbtp), self.ramp_frames)
        self.ceiling = ceiling_dbtp

    @property
    def is_on(self) -> bool:
        """Whether it limits; off it only delays, bit for bit. Set: faded in 10 ms."""
        return self.limiter.on.target != 0.0

    @is_on.setter
    def is_on(self, bint is_on) -> None:
        ramp_aim(&self.limiter.on, 1.0 if is_on else 0.0, self.ramp_frames)

    @property
    def gain(self) -> float:
        """Smallest linear gain applied since this was last read; reading starts it anew."""
        return peak_limiter_gain(&self.limiter)

    @property
    def bad_samples(self) -> int:
        """How many samples were replaced by 0: not finite, or 2^20 (+120 dBFS) and more."""
        return self.limiter.bad_samples

    def process(self, samples):
        """Return `samples` limited, `latency` frames late: a new array of the same shape (2, frames), float32.

        samples: shape (2, frames), float32, full scale 1.0; read only. How a programme is cut into calls does not
        change what comes out. Raises ValueError for another shape or type.
        """
        import numpy as np  # here: the engine, which needs none, starts without it

        if not (isinstance(samples, np.ndarray) and samples.dtype == np.float32 and samples.ndim == 2
                and samples.shape[0] == 2):
            raise ValueError(f"samples {getattr(samples, 'dtype', type(samples).__name__)} "
                             f"{getattr(samples, 'shape', '')}; wanted float32 (2, frames)")
        limited = np.array(samples, np.float32, order="C")
        cdef float[:, ::1] rows = limited
        cdef Py_ssize_t at = 0
        cdef Py_ssize_t frames = rows.shape[1]
        cdef uint32_t some
        with nogil:
            while at < frames:
                some = <uint32_t>min(frames - at, AT_ONCE)
                peak_limiter_run(&self.limiter, &rows[0, at], &rows[1, at], some)
                at += some
        return limited


cdef float _linear(double ceiling_dbtp) except -1.0:
    if not LOW_CEILING_DBTP <= ceiling_dbtp <= HIGH_CEILING_DBTP:
        raise ValueError(f"ceiling {ceiling_dbtp:g} dBTP; allowed {LOW_CEILING_DBTP:g}..{HIGH_CEILING_DBTP:g}")
    return <float>(10.0 ** (ceiling_dbtp / 20.0))
