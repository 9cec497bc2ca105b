# cython: cdivision=True
"""What an engine knows: begun from the block's values, told when a take begins, taken over from another engine."""
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

from begin cimport lay_lines, line_of
from block cimport *
from graph_types cimport *


cdef inline size_t graph_bytes(Graph *g) noexcept nogil:
    """Of what an engine knows, in Graph: from the ramps on to the meters."""
    return <size_t>(<char *>&g.meters - <char *>&g.ramp_frames)


cdef inline size_t lanes_bytes(Graph *g) noexcept nogil:
    """Of what it knows in its channels: all but scratch."""
    return <size_t>(<char *>&g.lanes.front - <char *>g.lanes)


cdef inline uint32_t depth_of(delay_lane *line) noexcept nogil:
    return <uint32_t>max(line.now, max(line.next, line.wanted)) if line.runs else 0


cdef inline void tell_state(Graph *g) noexcept nogil:
    """Tell all that what is heard from here on follows from, besides inputs, tape and what is set."""
    cdef char *to = state_begin(g.told_state)
    cdef uint32_t ch
    g.told_state.frame = g.now.frame
    g.told_state.take_id = g.now.take_id
    g.told_state.bytes = graph_bytes(g) + lanes_bytes(g)
    memcpy(to, &g.ramp_frames, graph_bytes(g))
    memcpy(to + graph_bytes(g), g.lanes, lanes_bytes(g))
    for ch in range(LANES):
        if g.lanes.delay[ch].ring != NULL:
            g.told_state.depth[line_of(g, ch)] = depth_of(&g.lanes.delay[ch])
        if ch < g.dims.strips:
            g.told_state.depth[block_lines(g.dims) + ch] = depth_of(&g.lanes.eq_delay[ch])
    state_end(g.told_state)


cdef inline void take_state(Graph *g, const char *state) noexcept nogil:
    """Become the engine that told `state`, but for where things are in memory."""
    cdef bint keeps = g.keeps
    memcpy(&g.ramp_frames, state, graph_bytes(g))
    memcpy(g.lanes, state + graph_bytes(g), lanes_bytes(g))
    lay_lines(g)
    g.keeps = keeps
    g.leaving = 0
    g.waiting_count = 0  # what waited is in the journal, where it took effect


cdef inline bint fill_line(Graph *g, uint32_t index, const char *samples, uint32_t frames) noexcept nogil:
    """Give delay line `index` the float32 `samples` that it held before the frame that comes next; False: too many."""
    cdef uint32_t lines = block_lines(g.dims)
    cdef bint early = index >= lines
    cdef float *ring = block_early_line(g.base, g.dims, index - lines) if early else block_line(g.base, g.dims, index)
    cdef uint64_t size = g.dims.early_frames if early else g.dims.line_frames
    cdef uint32_t i
    if frames > size:
        return False
    for i in range(frames):
        memcpy(ring + ((g.now.frame - frames + i) & (size - 1)), samples + 4 * i, 4)
    return True
