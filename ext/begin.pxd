"""A desk before anyone has set anything, its delay lines and its memory. Not for the audio thread."""
from libc.stdint cimport uint32_t, uint64_t

from block cimport *
from graph_types cimport *

cdef extern from "<stdlib.h>" nogil:
    void *aligned_alloc(size_t alignment, size_t size)

cdef extern from "hold.h" nogil:
    int hold_all(char *base, const block_dims *dims)
    void hold_trimmed(char *base, const block_dims *dims, uint32_t strip)


cdef inline void begin_desk(Graph *g) noexcept nogil:
    """Every value that is not 0."""
    cdef double rate = g.dims.rate_hz
    cdef uint32_t i, band
    g.is_new = True
    g.passes_stale = True
    g.next_switch = <uint64_t>-1
    channels_begin(g.lanes)
    for i in range(LANES):
        g.channel[i].comp_ratio = 1.0
        for band in range(SECTIONS):
            g.channel[i].band_q[band] = 1.0
            g.channel[i].band_gain[band] = 1.0
            g.channel[i].band_freq[band] = <float>0.05
    for i in range(MAX_STRIPS):
        g.strip[i].trim = 1.0
        g.strip[i].key_q = 1.0
        g.strip[i].key_freq = <float>0.05
        g.strip[i].hpf = <float>0.005
        g.strip[i].direct_output = NO_CHANNEL
        g.strip[i].insert_output = NO_CHANNEL
        g.strip[i].insert_input = NO_CHANNEL
        g.strip[i].direct_wanted = NO_CHANNEL
        g.strip[i].insert_output_wanted = NO_CHANNEL
        g.strip[i].insert_input_wanted = NO_CHANNEL
    for i in range(VCA_COUNT):
        g.desk.vca_fader[i] = 1.0
    for i in range(2):  # left and right of main are always one
        dynamics_link(&g.lanes.comp, MAX_STRIPS + MAIN_L + i, True)
    g.width.value = g.width.target = 1.0
    g.monitor_width.value = g.monitor_width.target = 1.0
    ramp_aim(&g.out_gain, 1.0, g.ramp_frames)
    g.desk.tempo = 120.0
    g.desk.accent = 1.0
    g.desk.frequency = 1000.0
    peak_limiter_prepare(&g.limiter, rate)
    oscillator_prepare(&g.oscillator_, rate)
    click_prepare(&g.click_, g.dims.rate_hz)
    for i in range(2):
        loudness_of_two_prepare(&g.loudness[i], g.dims.rate_hz)


cdef inline bint has_chain(Graph *g, uint32_t ch) noexcept nogil:
    """Whether this desk has the channel."""
    return (ch < g.dims.strips or MAX_STRIPS <= ch < MAX_STRIPS + g.dims.buses
            or MAX_STRIPS + MAIN_L <= ch <= MAX_STRIPS + MONO
            or MAX_STRIPS + MATRICES <= ch < MAX_STRIPS + MATRICES + g.dims.matrices)


cdef inline uint32_t line_of(Graph *g, uint32_t ch) noexcept nogil:
    """Index of a channel's delay line in the block."""
    if ch < MAX_STRIPS:
        return ch
    if ch < MAX_STRIPS + MAIN_L:
        return g.dims.strips + ch - MAX_STRIPS
    if ch < MAX_STRIPS + MATRICES:
        return g.dims.strips + g.dims.buses + ch - MAX_STRIPS - MAIN_L
    return g.dims.strips + g.dims.buses + 3 + ch - MAX_STRIPS - MATRICES


cdef inline void lay_lines(Graph *g) noexcept nogil:
    """Every channel there is has its delay line in the block, every strip an early one. What they held is past."""
    cdef uint32_t ch
    g.lanes.delay_mask = <uint32_t>g.dims.line_frames - 1
    g.lanes.eq_delay_mask = <uint32_t>g.dims.early_frames - 1
    for ch in range(LANES):
        if has_chain(g, ch):
            g.lanes.delay[ch].ring = block_line(g.base, g.dims, line_of(g, ch))
        if ch < g.dims.strips:
            g.lanes.eq_delay[ch].ring = block_early_line(g.base, g.dims, ch)
