# cython: cdivision=True
"""The host without a device: a thread that keeps time and plays the virtual stage, or silence, into the inputs."""
from libc.stdint cimport int64_t, uint32_t, uint64_t

from graph cimport process, skip
from graph_types cimport *
from host_types cimport *

cdef enum:
    GIVE_UP_NS = 1000000000  # this late the missed time is a gap, not something to catch up with
    LATE = 3  # words.GAP_CAUSES


cdef inline int64_t due_ns(Host *h, uint64_t frame) noexcept nogil:
    """When `frame` is due on the ideal clock; split so that it holds for centuries."""
    cdef uint64_t rate = h.g.dims.rate_hz
    return h.g.now.anchor_ns + <int64_t>(frame // rate * 1000000000 + frame % rate * 1000000000 // rate)


cdef inline uint64_t frame_due(Host *h, int64_t now_ns) noexcept nogil:
    """First frame that is not due yet at `now_ns`."""
    cdef uint64_t since = <uint64_t>(now_ns - h.g.now.anchor_ns) if now_ns > h.g.now.anchor_ns else 0
    cdef uint64_t rate = h.g.dims.rate_hz
    return since // 1000000000 * rate + since % 1000000000 * rate // 1000000000


cdef inline void enter_audio_thread(Host *h) noexcept nogil:
    """Once in each audio thread: priority, and who it is."""
    cdef int64_t thread = rt_thread_id()
    if h.priority_asked == thread:
        return
    h.priority_asked = thread
    h.g.now.audio_thread = thread
    h.g.now.realtime_priority = rt_priority()
    if h.g.now.realtime_priority == 0:
        h.g.now.realtime_priority = rt_ask_priority(AUDIO_PRIORITY)


cdef inline void *timer_thread(void *argument) noexcept nogil:
    cdef Host *h = <Host *>argument
    cdef uint32_t frames = h.block_frames
    cdef uint32_t i
    cdef int64_t deadline
    cdef uint64_t late, began
    rt_flush_denormals()
    enter_audio_thread(h)
    while not ACQUIRE_INT(&h.stop):
        deadline = due_ns(h, h.g.now.frame + frames)
        if rt_now_ns() > deadline + GIVE_UP_NS:
            late = frame_due(h, rt_now_ns())
            skip(h.g, late - h.g.now.frame, LATE)
            h.g.now.late_blocks += 1
            continue
        rt_sleep_until(deadline)
        for i in range(h.inputs):
            stage_play(&h.band, i, h.g.now.frame, frames, h.in_[i])
            h.in_at[i] = h.in_[i]
        began = h.g.now.frame
        process(h.g, h.in_at, h.inputs, h.out, h.outputs, frames)
        for i in range(h.outputs):
            stage_hear(&h.band, i, began, frames, h.out[i])
    return NULL
