"""libjack by dlopen: nothing is needed to build studiod, or to run it without JACK."""
from libc.stdint cimport uint32_t, uint64_t

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


cdef inline void jack_be_quiet(const char *text) noexcept nogil:
    pass  # libjack writes to stderr on its own; what matters is in the return values


cdef inline void *jack_symbol(JackApi *api, const char *name) except NULL:
    """A function of libjack. Raises OSError."""
    cdef void *found = dlsym(api.library, name)
    if found == NULL:
        raise OSError(f"libjack has no {name.decode()}: it is too old, or not JACK")
    return found


cdef inline load_jack(JackApi *api, str library, str otherwise):
    """Find libjack and its functions. Raises OSError that says what to do `otherwise`."""
    cdef bytes name = library.encode()
    api.library = dlopen(name, RTLD_NOW | RTLD_LOCAL)
    if api.library == NULL:
        raise OSError(f"JACK is not installed ({dlerror().decode()}): install it, or {otherwise}")
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
