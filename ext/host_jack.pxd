# cython: cdivision=True
"""The engine as a native JACK (or PipeWire) client."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memset

from graph cimport process, skip
from graph_types cimport *
from host_timer cimport enter_audio_thread
from host_types cimport *
from jack_api cimport *

cdef enum:
    JITTER_US = 1000  # as late a thread may be woken though all is well
    SURE_US = 20000  # late in a row for so long: no outlier, frames are missing

ctypedef struct JackClient:
    JackApi api
    jack_client *client
    Host *host
    int generation
    jack_port *in_[128]
    jack_port *out[128]
    uint32_t inputs, outputs
    uint64_t cycles  # since we were activated
    uint32_t count_due  # JACK's count of frames at which the next cycle begins, if we are asked for each
    int64_t cycled_us  # when the last one began
    int64_t began_us  # when the first one did
    uint64_t began_frame
    int64_t usual_late_us  # how much later than its number says a cycle begins
    int64_t least_late_us  # of the odd ones: much later than usual, or much earlier
    uint32_t odd_cycles  # in a row
    uint64_t xruns_before  # them


cdef inline void pass_over_lost(JackClient *j, uint32_t frames) noexcept nogil:
    """Before a cycle of `frames`: what nobody heard since the last one is a gap.

    JACK counts on through cycles that we were left out of: that tells it to the frame. What the device loses in an xrun
    it does not count, and its time of a cycle moves there slowly; but from then on cycles begin so much later than
    their number says. A count that ran further than the time did was begun anew (PipeWire does, with another driver).
    """
    cdef Graph *g = j.host.g
    cdef int64_t rate = g.dims.rate_hz
    cdef uint32_t count = j.api.last_frame_time(j.client)
    cdef int64_t now_us = <int64_t>j.api.get_time()
    cdef int64_t period_us = <int64_t>frames * 1000000 // rate
    cdef int64_t odd_us = max(period_us // 2, JITTER_US)
    cdef int64_t left_out = <int32_t>(count - j.count_due)
    cdef int64_t more
    if j.cycles == 0:
        j.began_us = now_us
        j.began_frame = g.now.frame
    elif 0 < left_out <= (now_us - j.cycled_us + odd_us) * rate // 1000000:
        g.now.device_count = -1  # nobody is told of a frame with the count of another
        skip(g, <uint64_t>left_out, DROPPED)
    j.cycles += 1
    j.count_due = count + frames
    j.cycled_us = now_us
    more = now_us - j.began_us - <int64_t>(g.now.frame - j.began_frame) * 1000000 // rate - j.usual_late_us
    if j.cycles <= SETTLING or -odd_us < more < odd_us:
        j.usual_late_us += more if j.cycles <= SETTLING else more // FOLLOW
        j.odd_cycles = 0
        j.xruns_before = g.now.xruns
        return
    j.least_late_us = more if j.odd_cycles == 0 else min(j.least_late_us, more)
    j.odd_cycles += 1
    if j.odd_cycles < 2 or (j.xruns_before == g.now.xruns and j.odd_cycles * period_us < SURE_US):
        return  # it may be we who were late
    if j.least_late_us > 0:
        g.now.device_count = -1
        skip(g, <uint64_t>(j.least_late_us * rate // 1000000), DROPPED)
    else:
        j.usual_late_us += more  # a device that is ahead of the clock has lost nothing
    j.odd_cycles = 0


cdef inline int jack_callback(uint32_t frames, void *user) noexcept nogil:
    cdef JackClient *j = <JackClient *>user
    cdef Host *h = j.host
    cdef uint32_t i, n
    cdef uint32_t done = 0
    cdef uint64_t before
    cdef const float *taken[128]
    cdef float *given[128]
    if ACQUIRE_INT(&h.generation) != j.generation:
        for i in range(j.outputs):  # JACK plays what lies in the buffer
            memset(j.api.port_get_buffer(j.out[i], frames), 0, frames * sizeof(float))
        return 0
    before = rt_flush_denormals()  # the thread is JACK's: it gets its own rules back
    enter_audio_thread(h)
    pass_over_lost(j, frames)
    for i in range(j.inputs):
        taken[i] = <const float *>j.api.port_get_buffer(j.in_[i], frames)
    for i in range(j.outputs):
        given[i] = <float *>j.api.port_get_buffer(j.out[i], frames)
    while done < frames:
        n = min(frames - done, h.block_frames)
        for i in range(h.inputs):
            h.in_at[i] = taken[i] + done if i < j.inputs else NULL
        for i in range(h.outputs):
            h.out_at[i] = given[i] + done if i < j.outputs else h.out[i]
        h.g.now.device_count = <uint32_t>(j.count_due - frames + done + n)
        process(h.g, h.in_at, h.inputs, h.out_at, h.outputs, n)
        done += n
    rt_restore(before)
    return 0


cdef inline int jack_xrun_callback(void *user) noexcept nogil:
    cdef JackClient *j = <JackClient *>user
    if ACQUIRE_INT(&j.host.generation) == j.generation:
        j.host.g.now.xruns += 1
    return 0


cdef inline void jack_shutdown_callback(void *user) noexcept nogil:
    cdef JackClient *j = <JackClient *>user
    if ACQUIRE_INT(&j.host.generation) == j.generation:
        RELEASE_INT(&j.host.lost, 1)


cdef inline list jack_port_names(JackClient *j, unsigned long flags):
    """The audio ports that have all `flags`, in order."""
    cdef const char **names = j.api.get_ports(j.client, NULL, b"32 bit float mono audio", flags)
    cdef list found = []
    cdef int i = 0
    if names != NULL:
        while names[i] != NULL:
            found.append(names[i].decode())
            i += 1
        j.api.free(names)
    return found


cdef inline jack_register(JackClient *j, uint32_t inputs, uint32_t outputs):
    """Make ports in_1.. and out_1... Raises OSError."""
    cdef uint32_t i
    for i in range(inputs):
        j.in_[i] = j.api.port_register(j.client, b"in_%d" % (i + 1), b"32 bit float mono audio", JACK_INPUT, 0)
        if j.in_[i] == NULL:
            raise OSError(f"JACK gives no port in_{i + 1}")
    for i in range(outputs):
        j.out[i] = j.api.port_register(j.client, b"out_%d" % (i + 1), b"32 bit float mono audio", JACK_OUTPUT, 0)
        if j.out[i] == NULL:
            raise OSError(f"JACK gives no port out_{i + 1}")
    j.inputs = inputs
    j.outputs = outputs


cdef inline uint32_t jack_latency(JackClient *j, int mode) noexcept:
    """Frames from the world to our inputs (JACK_CAPTURE_LATENCY), or from our outputs to the world: the longest way."""
    cdef JackLatency range_
    cdef uint32_t latest = 0
    cdef uint32_t i
    for i in range(j.inputs if mode == JACK_CAPTURE_LATENCY else j.outputs):
        range_.most = 0
        j.api.port_get_latency_range(j.in_[i] if mode == JACK_CAPTURE_LATENCY else j.out[i], mode, &range_)
        latest = max(latest, range_.most)
    return latest
