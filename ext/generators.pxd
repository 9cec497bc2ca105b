"""C declarations of the oscillator and the click."""
from libc.stdint cimport int32_t, int64_t, uint32_t

cdef extern from "generators.h" nogil:
    enum:
        OSCILLATOR_SINE
        OSCILLATOR_PINK
        OSCILLATOR_WHITE
        OSCILLATOR_SWEEP
        CLICK_MOST_BEATS
        CLICK_MOST_SUBDIVISIONS
    const double CLICK_TEMPO_LOW
    const double CLICK_TEMPO_HIGH

    ctypedef struct oscillator:
        pass
    void oscillator_prepare(oscillator *o, double rate_hz)
    void oscillator_set(oscillator *o, int32_t kind, double frequency_hz)
    void oscillator_run(oscillator *o, float *out, uint32_t frames)

    ctypedef struct click_grid:
        pass
    ctypedef struct click:
        click_grid wanted
    void click_prepare(click *c, uint32_t rate_hz)
    void click_set(click *c, double tempo_bpm, int32_t beats, int32_t subdivisions, float accent_gain)
    int64_t click_onset(const click_grid *grid, int64_t n)
    void click_run(click *c, float *out, int64_t position, uint32_t frames, int rolling)
