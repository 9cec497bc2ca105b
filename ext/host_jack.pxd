# cython: cdivision=True
"""A native JACK (or PipeWire) client; libjack comes by dlopen, so nothing is needed to build or to run without it."""
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

from graph cimport process
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
    (<void **>&api.get_sample_rate)[0] = jack_symbol(api, b"jack_get_sample_rate")
    (<void **>&api.get_buffer_size)[0] = jack_symbol(api, b"jack_get_buffer_size")
    (<void **>&api.get_ports)[0] = jack_symbol(api, b"jack_get_ports")
    (<void **>&api.free)[0] = jack_symbol(api, b"jack_free")
