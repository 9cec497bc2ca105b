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
    DROPPED = 4  # words.GAP_CAUSES
    SETTLING = 8  # blocks until a stream that starts has found its pace
    FOLLOW = 16  # blocks over which the usual lateness is taken: the drift of the card's clock, not its jitter
    SURE = 4  # blocks that are late in a row: it was not this thread that came late, frames are missing

ctypedef struct PaTimes:  # PaStreamCallbackTimeInfo, in seconds
    double captured  # first frame of the input
    double current
    double played


cdef inline int64_t backlog_ns(const PaTimes *times) noexcept nogil:
    """How old the first frame of the input is: a thread that comes late finds it older. 0 when nobody knows."""
    cdef double seconds = times.current - times.captured if times != NULL else 0.0
    return <int64_t>(seconds * 1e9) if 0.0 < seconds < 10.0 else 0


cdef inline void pass_over_dropped(PortAudioStream *stream, const PaTimes *times, uint32_t frames,
                                   unsigned long flags) noexcept nogil:
    """Before a block of `frames`: the clock passes over input that the device has dropped, and the gap is written down.

    PortAudio tells that frames are gone, sometimes, and never how many. The clock knows: a block that was captured so
    much later than its number says.
    """
    cdef Graph *g = stream.host.g
    cdef int64_t rate = g.dims.rate_hz
    cdef int64_t half = <int64_t>frames * 500000000 // rate  # less is no block: the jitter of a card
    cdef int64_t captured = rt_now_ns() - backlog_ns(times)
    cdef int64_t since, late, more
    if stream.blocks == 0:
        stream.began_ns = captured
        stream.began_frame = g.now.frame
    since = <int64_t>(g.now.frame - stream.began_frame)
    late = captured - stream.began_ns - (since // rate * 1000000000 + since % rate * 1000000000 // rate)
    more = late - stream.usual_late_ns
    stream.blocks += 1
    if stream.blocks <= SETTLING or more < -half:
        stream.usual_late_ns = late
        stream.late_blocks = 0
    elif more <= half:
        stream.usual_late_ns += more // FOLLOW
        stream.late_blocks = 0
    else:
        stream.late_blocks += 1
        stream.least_more_ns = min(more, stream.least_more_ns) if stream.late_blocks > 1 else more
        if flags & PA_DROPPED or stream.late_blocks >= SURE:
            skip(g, <uint64_t>(stream.least_more_ns * rate // 1000000000), DROPPED)
            stream.late_blocks = 0
    if flags & PA_INPUT_UNDERFLOW:
        mark_gap(g, frames, DROPPED)


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
