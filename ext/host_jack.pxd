# cython: cdivision=True
"""A native JACK (or PipeWire) client; libjack comes by dlopen, so nothing is needed to build or to run without it."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memset

from graph cimport process, skip
from graph_types cimport *
from host_timer cimport enter_audio_thread
from host_types cimport *

cdef extern from "<dlfcn.h>" nogil:
    void *dlopen(const char *name, int flags)
    void *dlsym(void *library, const char *name)
    char *dlerror()
    int RTLD_NOW, RTLD_LOCAL

ctypedef void jack_client
ctypedef void jack_port
ctypedef int (*jack_process)(uint32_t frames, void *user) noexcept nogil
ctypedef int (*jack_xrun)(void *user) noexcept nogil
ctypedef void (*jack_shutdown)(void *user) noexcept nogil
ctypedef void (*jack_message)(const char *text) noexcept nogil

cdef enum:
    JACK_INPUT = 1  # JackPortIsInput
    JACK_OUTPUT = 2
    JACK_PHYSICAL = 4
    JACK_NO_START_SERVER = 1
    JACK_SERVER_NAME = 4
    JACK_CAPTURE_LATENCY = 0  # JackLatencyCallbackMode
    JACK_PLAYBACK_LATENCY = 1
    JITTER_US = 1000  # as late a thread may be woken though all is well
    SURE_US = 20000  # late in a row for so long: no outlier, frames are missing

ctypedef struct JackLatency:  # jack_latency_range_t, in frames
    uint32_t least, most

ctypedef struct JackApi:
    void *library
    jack_client *(*client_open)(const char *, int, int *, ...) noexcept nogil
    int (*client_close)(jack_client *) noexcept nogil
    int (*activate)(jack_client *) noexcept nogil
    int (*set_process_callback)(jack_client *, jack_process, void *) noexcept nogil
    int (*set_xrun_callback)(jack_client *, jack_xrun, void *) noexcept nogil
    void (*on_shutdown)(jack_client *, jack_shutdown, void *) noexcept nogil
    void (*set_error_function)(jack_message) noexcept nogil
    void (*set_info_function)(jack_message) noexcept nogil
    jack_port *(*port_register)(jack_client *, const char *, const char *, unsigned long, unsigned long) noexcept nogil
    void *(*port_get_buffer)(jack_port *, uint32_t) noexcept nogil
    const char *(*port_name)(const jack_port *) noexcept nogil
    int (*connect)(jack_client *, const char *, const char *) noexcept nogil
    void (*port_get_latency_range)(jack_port *, int, JackLatency *) noexcept nogil
    uint32_t (*last_frame_time)(const jack_client *) noexcept nogil
    uint64_t (*get_time)() noexcept nogil
    uint32_t (*get_sample_rate)(jack_client *) noexcept nogil
    uint32_t (*get_buffer_size)(jack_client *) noexcept nogil
    const char **(*get_ports)(jack_client *, const char *, const char *, unsigned long) noexcept nogil
    void (*free)(void *) noexcept nogil

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


cdef inline void jack_be_quiet(const char *text) noexcept nogil:
    pass  # libjack writes to stderr on its own; what matters is in the return values


cdef inline void *jack_symbol(JackApi *api, const char *name) except NULL:
    """A function of libjack. Raises OSError."""
    cdef void *found = dlsym(api.library, name)
    if found == NULL:
        raise OSError(f"libjack has no {name.decode()}: it is too old, or not JACK")
    return found


cdef inline load_jack(JackApi *api, str library):
    """Find libjack and its functions. Raises OSError."""
    cdef bytes name = library.encode()
    api.library = dlopen(name, RTLD_NOW | RTLD_LOCAL)
    if api.library == NULL:
        raise OSError(f"JACK is not installed ({dlerror().decode()}): install it, or set audio.host to auto")
    (<void **>&api.client_open)[0] = jack_symbol(api, b"jack_client_open")
    (<void **>&api.client_close)[0] = jack_symbol(api, b"jack_client_close")
    (<void **>&api.activate)[0] = jack_symbol(api, b"jack_activate")
    (<void **>&api.set_process_callback)[0] = jack_symbol(api, b"jack_set_process_callback")
    (<void **>&api.set_xrun_callback)[0] = jack_symbol(api, b"jack_set_xrun_callback")
    (<void **>&api.on_shutdown)[0] = jack_symbol(api, b"jack_on_shutdown")
    (<void **>&api.set_error_function)[0] = jack_symbol(api, b"jack_set_error_function")
    (<void **>&api.set_info_function)[0] = jack_symbol(api, b"jack_set_info_function")
    (<void **>&api.port_register)[0] = jack_symbol(api, b"jack_port_register")
    (<void **>&api.port_get_buffer)[0] = jack_symbol(api, b"jack_port_get_buffer")
    (<void **>&api.port_name)[0] = jack_symbol(api, b"jack_port_name")
    (<void **>&api.connect)[0] = jack_symbol(api, b"jack_connect")
    (<void **>&api.port_get_latency_range)[0] = jack_symbol(api, b"jack_port_get_latency_range")
    (<void **>&api.last_frame_time)[0] = jack_symbol(api, b"jack_last_frame_time")
    (<void **>&api.get_time)[0] = jack_symbol(api, b"jack_get_time")
    (<void **>&api.get_sample_rate)[0] = jack_symbol(api, b"jack_get_sample_rate")
    (<void **>&api.get_buffer_size)[0] = jack_symbol(api, b"jack_get_buffer_size")
    (<void **>&api.get_ports)[0] = jack_symbol(api, b"jack_get_ports")
    (<void **>&api.free)[0] = jack_symbol(api, b"jack_free")


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
