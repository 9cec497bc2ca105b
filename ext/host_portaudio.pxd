# cython: cdivision=True
"""The PortAudio callback, in C from end to end: sounddevice opens the stream, Python never runs in it."""
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memset

from graph cimport mark_gap, process, skip
from graph_types cimport *
from host_timer cimport enter_audio_thread
from host_types cimport *

cdef enum:
    PA_CONTINUE = 0
    PA_ABORT = 2
    PA_INPUT_UNDERFLOW = 1  # zeros stand where no sound came in time
    PA_DROPPED = 2 | 4  # input overflow, output underflow: both directions begin anew, what came meanwhile is gone
    PA_TROUBLE = 1 | 2 | 4 | 8  # an xrun
    JITTER_NS = 5000000  # a USB card tells where it is in steps of some milliseconds
    SURE_NS = 20000000  # late in a row for so long: no outlier, frames are missing

ctypedef struct PaTimes:  # PaStreamCallbackTimeInfo, in seconds
    double captured  # first frame of the input
    double current
    double played


cdef inline int64_t backlog_ns(const PaTimes *times) noexcept nogil:
    """How old the first frame of the input is: a thread that comes late finds it older. 0 when nobody knows."""
    cdef double seconds = times.current - times.captured if times != NULL else 0.0
    return <int64_t>(seconds * 1e9) if 0.0 < seconds < 10.0 else 0


cdef inline int64_t in_ns(uint64_t frames, int64_t rate) noexcept nogil:
    return <int64_t>frames // rate * 1000000000 + <int64_t>frames % rate * 1000000000 // rate


cdef inline void pass_over_dropped(PortAudioStream *stream, const PaTimes *times, uint32_t frames,
                                   unsigned long flags) noexcept nogil:
    """Before a block of `frames`: the clock passes over input that nobody heard, and the gap is written down.

    That is the time until a stream that was opened gives its first frame, and what the device drops. PortAudio tells
    that frames are gone, sometimes, and never how many. The clock knows: a block is captured so much later than its
    number says.
    """
    cdef Graph *g = stream.host.g
    cdef int64_t rate = g.dims.rate_hz
    cdef int64_t period = in_ns(frames, rate)
    cdef int64_t captured = g.clock() - backlog_ns(times)
    cdef int64_t late, more
    if stream.blocks == 0:
        if g.now.monotonic_ns and captured > g.now.monotonic_ns:
            skip(g, <uint64_t>((captured - g.now.monotonic_ns) * rate // 1000000000), stream.cause)
        stream.began_ns = captured
        stream.began_frame = g.now.frame
        stream.usual_late_ns = 0
        stream.odd_blocks = 0
    stream.blocks += 1
    late = captured - stream.began_ns - in_ns(g.now.frame - stream.began_frame, rate)
    more = late - stream.usual_late_ns
    if flags & PA_DROPPED and more > period // 2:
        skip(g, <uint64_t>(more * rate // 1000000000), DROPPED)
    elif stream.blocks <= SETTLING:
        stream.usual_late_ns = late
    elif -max(period // 2, JITTER_NS) < more < max(period // 2, JITTER_NS):
        stream.usual_late_ns += more // FOLLOW
    else:
        stream.odd_blocks += 1
        if stream.odd_blocks > 1 and stream.odd_blocks * period > SURE_NS:
            if more > 0:
                skip(g, <uint64_t>(more * rate // 1000000000), DROPPED)
            else:
                stream.usual_late_ns = late  # a device that is ahead of the clock has dropped nothing
            stream.odd_blocks = 0
        return
    stream.odd_blocks = 0


cdef inline int portaudio_callback(const void *taken, void *given, unsigned long frames, const void *times,
                                   unsigned long flags, void *user) noexcept nogil:
    """PaStreamCallback over interleaved float32; `user` is a PortAudioStream."""
    cdef PortAudioStream *stream = <PortAudioStream *>user
    cdef Host *h = stream.host
    cdef const float *x = <const float *>taken
    cdef float *y = <float *>given
    cdef uint32_t done = 0
    cdef uint32_t n, f, c
    cdef uint64_t before
    if ACQUIRE_INT(&h.generation) != stream.generation:
        if y != NULL:
            memset(y, 0, frames * stream.outputs * sizeof(float))
        return PA_ABORT
    before = rt_flush_denormals()  # the thread is PortAudio's: it gets its own rules back
    enter_audio_thread(h)
    if flags & PA_TROUBLE:
        h.g.now.xruns += 1
    if stream.inputs:
        pass_over_dropped(stream, <const PaTimes *>times, <uint32_t>frames, flags)
        if flags & PA_INPUT_UNDERFLOW:
            mark_gap(h.g, frames, DROPPED)
    while done < frames:
        n = min(<uint32_t>frames - done, h.block_frames)
        for c in range(h.inputs):
            if x != NULL and c < stream.inputs:
                for f in range(n):
                    h.in_[c][f] = x[(done + f) * stream.inputs + c]
                h.in_at[c] = h.in_[c]
            else:
                h.in_at[c] = NULL
        process(h.g, h.in_at, h.inputs, h.out, h.outputs, n)
        if y != NULL:
            for c in range(stream.outputs):
                for f in range(n):
                    y[(done + f) * stream.outputs + c] = h.out[c][f] if c < h.outputs else 0.0
        done += n
    rt_restore(before)
    return PA_CONTINUE
