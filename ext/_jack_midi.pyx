# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""MIDI ports of JACK (or PipeWire): one client of our own hears and speaks on all of them, to the frame."""
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset

from block cimport *
from jack_api cimport *

cdef extern from *:
    """
    #define ACQUIRE_INT(p) __atomic_load_n((int *)(p), __ATOMIC_ACQUIRE)
    #define RELEASE_INT(p, v) __atomic_store_n((int *)(p), (v), __ATOMIC_RELEASE)
    #define ACQUIRE_U64(p) __atomic_load_n((uint64_t *)(p), __ATOMIC_ACQUIRE)
    #define RELEASE_U64(p, v) __atomic_store_n((uint64_t *)(p), (v), __ATOMIC_RELEASE)
    """
    int ACQUIRE_INT(const void *p) nogil
    void RELEASE_INT(void *p, int v) nogil
    uint64_t ACQUIRE_U64(const void *p) nogil
    void RELEASE_U64(void *p, uint64_t v) nogil

cdef extern from "rt.h" nogil:
    int64_t rt_now_ns()

cdef extern from "<unistd.h>" nogil:
    ssize_t write(int fd, const void *bytes, size_t count)

cdef extern from "ring.h" nogil:
    void event_ring_init(event_ring *ring, uint64_t bytes)
    uint64_t event_span_(uint32_t bytes)

cdef enum:
    SLOTS = 128  # ports we hear, and as many that hear us
    HEARD_RING = 1 << 19  # a quarter of it is the longest message
    SAID_RING = 1 << 18
    CHANGES = 1024  # ports that came since somebody looked
    TAKEN_IN = 3  # cycles until a new cable carries what is sent

ctypedef void (*jack_registration)(uint32_t port, int is_there, void *user) noexcept nogil

ctypedef struct JackMidiEvent:  # jack_midi_event_t
    uint32_t time
    size_t size
    const char *buffer

ctypedef struct MidiApi:
    uint32_t (*event_count)(void *) noexcept nogil
    int (*event_get)(JackMidiEvent *, void *, uint32_t) noexcept nogil
    void (*clear)(void *) noexcept nogil
    char *(*reserve)(void *, uint32_t, size_t) noexcept nogil
    uint64_t (*frames_to_time)(const jack_client *, uint32_t) noexcept nogil
    int (*set_registration)(jack_client *, jack_registration, void *) noexcept nogil
    int (*disconnect)(jack_client *, const char *, const char *) noexcept nogil
    jack_port *(*port_by_id)(jack_client *, uint32_t) noexcept nogil
    jack_port *(*port_by_name)(jack_client *, const char *) noexcept nogil
    int (*aliases)(const jack_port *, char **) noexcept nogil
    int (*name_size)() noexcept nogil

ctypedef struct Midi:
    JackApi api
    MidiApi midi
    jack_client *client
    int bell  # eventfd: somebody spoke, a port came or left, the server is gone
    int lost
    uint32_t rate_hz
    jack_port *inputs[SLOTS]  # made once, and used again for another box
    jack_port *outputs[SLOTS]
    int ears[SLOTS]  # who listens on the input; 0: nobody
    int voices[SLOTS]
    uint64_t voices_from[SLOTS]  # cycle
    int outputs_made
    uint64_t cycles
    event_ring *heard  # JACK's thread -> whoever reads
    event_ring *said
    uint64_t said_cursor
    uint64_t untold  # messages that were too long for their output
    uint32_t came[CHANGES]
    uint64_t changes
    uint64_t news  # ports that came or left, and the end of the server


cdef inline void ring_bell(Midi *m) noexcept nogil:
    """Wake the reader: one addition in the kernel, which never waits."""
    cdef uint64_t one = 1
    write(m.bell, &one, sizeof(one))


cdef int hear(Midi *m, uint32_t slot, int ear, uint32_t frames, uint32_t count) noexcept nogil:
    """Put what came on one input into the ring; how much it was."""
    cdef void *buffer = m.api.port_get_buffer(m.inputs[slot], frames)
    cdef uint32_t events = m.midi.event_count(buffer)
    cdef uint32_t i
    cdef int64_t began_ns
    cdef JackMidiEvent event
    cdef event_head head
    if events == 0:
        return 0
    # JACK's own time may be another clock's
    began_ns = rt_now_ns() - <int64_t>(m.api.get_time() - m.midi.frames_to_time(m.client, count)) * 1000
    for i in range(events):
        if m.midi.event_get(&event, buffer, i) != 0:
            continue
        head.bytes = <uint32_t>event.size
        head.port = <uint16_t>slot
        head.kind = <uint16_t>ear
        head.frame = <uint32_t>(count + event.time)
        head.ns = began_ns + <int64_t>event.time * 1000000000 // m.rate_hz
        event_post(m.heard, &head, event.buffer)
    return <int>events


cdef void speak(Midi *m, uint32_t frames) noexcept nogil:
    """Send what waits, in order; what an output has no room for goes with the next cycle, and all behind it."""
    cdef void *buffers[SLOTS]
    cdef int made = ACQUIRE_INT(&m.outputs_made)
    cdef int i
    cdef char *room
    cdef event_head head
    for i in range(made):
        buffers[i] = m.api.port_get_buffer(m.outputs[i], frames)
        m.midi.clear(buffers[i])
    while event_look(m.said, &m.said_cursor, &head):
        if head.port < made and ACQUIRE_INT(&m.voices[head.port]) == head.kind:
            if m.cycles < m.voices_from[head.port]:
                return
            room = m.midi.reserve(buffers[head.port], 0, head.bytes)
            if room != NULL:
                event_take(m.said, &m.said_cursor, &head, room)
                continue
            if m.midi.event_count(buffers[head.port]) != 0:
                return
            m.untold += 1  # it would not fit into an empty buffer
            ring_bell(m)
        RELEASE_U64(&m.said_cursor, m.said_cursor + event_span_(head.bytes))


cdef int on_cycle(uint32_t frames, void *user) noexcept nogil:
    cdef Midi *m = <Midi *>user
    cdef uint32_t count = m.api.last_frame_time(m.client)
    cdef uint32_t slot
    cdef int ear
    cdef int heard = 0
    for slot in range(SLOTS):
        ear = ACQUIRE_INT(&m.ears[slot])
        if ear:
            heard += hear(m, slot, ear, frames, count)
    speak(m, frames)
    RELEASE_U64(&m.cycles, m.cycles + 1)
    if heard:
        ring_bell(m)
    return 0


cdef inline void tell_news(Midi *m) noexcept nogil:
    RELEASE_U64(&m.news, m.news + 1)
    ring_bell(m)


cdef void on_registration(uint32_t port, int is_there, void *user) noexcept nogil:
    """JACK tells of each port that comes or leaves, in a thread of its own; nobody may ask it anything there."""
    cdef Midi *m = <Midi *>user
    if is_there:
        m.came[m.changes % CHANGES] = port
        RELEASE_U64(&m.changes, m.changes + 1)
    tell_news(m)


cdef void on_shutdown(void *user) noexcept nogil:
    cdef Midi *m = <Midi *>user
    RELEASE_INT(&m.lost, 1)
    tell_news(m)


cdef class JackMidi:
    """One client, closed by `close`; methods raise OSError when JACK refuses. `read` may be called in another thread.

    bell: an eventfd that is rung when there is something to read, a port came or left, or the server is gone.
    server: its name; empty is the default one.
    """

    cdef Midi *m
    cdef int ears_given
    cdef uint64_t read_cursor
    cdef uint64_t changes_seen

    def __cinit__(self, str client_name, int bell, str server, str library="libjack.so.0"):
        self.m = <Midi *>calloc(1, sizeof(Midi))
        if self.m == NULL:
            raise MemoryError
        cdef Midi *m = self.m
        cdef int status = 0
        cdef bytes name = client_name.encode()
        cdef const char *text = name
        cdef bytes server_name = server.encode()
        cdef const char *server_text = server_name
        m.bell = bell
        load_jack(&m.api, library, "set midi.api to alsa")
        self._load_midi()
        m.heard = <event_ring *>malloc(sizeof(event_ring) + HEARD_RING)
        m.said = <event_ring *>malloc(sizeof(event_ring) + SAID_RING)
        if m.heard == NULL or m.said == NULL:
            raise MemoryError
        memset(m.heard + 1, 0, HEARD_RING)  # pages that are not there would be made in JACK's thread
        memset(m.said + 1, 0, SAID_RING)
        event_ring_init(m.heard, HEARD_RING)
        event_ring_init(m.said, SAID_RING)
        m.api.set_error_function(jack_be_quiet)
        m.api.set_info_function(jack_be_quiet)
        with nogil:
            if server_text[0]:
                m.client = m.api.client_open(text, JACK_NO_START_SERVER | JACK_SERVER_NAME, &status, server_text)
            else:
                m.client = m.api.client_open(text, JACK_NO_START_SERVER, &status)
        if m.client == NULL:
            raise OSError("no JACK server answers")
        m.rate_hz = m.api.get_sample_rate(m.client)
        m.api.on_shutdown(m.client, on_shutdown, m)
        m.midi.set_registration(m.client, on_registration, m)
        m.api.set_process_callback(m.client, on_cycle, m)
        cdef int failed
        with nogil:
            failed = m.api.activate(m.client)
        if failed:
            raise OSError("JACK does not start our client")

    def __dealloc__(self):
        self.close()
        if self.m != NULL:
            free(self.m.heard)
            free(self.m.said)
            free(self.m)

    def close(self) -> None:
        """Leave; may be called twice. Afterwards nothing is heard."""
        cdef Midi *m = self.m
        cdef jack_client *client
        if m == NULL or m.client == NULL:
            return
        client, m.client = m.client, NULL
        with nogil:
            m.api.client_close(client)

    @property
    def is_lost(self) -> bool:
        """The server is gone, or has thrown us out."""
        return self.m.client == NULL or bool(ACQUIRE_INT(&self.m.lost))

    @property
    def rate_hz(self) -> int:
        """Of the server."""
        return self.m.rate_hz

    @property
    def news(self) -> int:
        """How often a port came or left, or the server went."""
        return ACQUIRE_U64(&self.m.news)

    @property
    def untold(self) -> int:
        """Messages that were too long to be sent."""
        return self.m.untold

    def sources(self) -> list:
        """Names of the ports that speak, ours too."""
        return self._names(JACK_OUTPUT)

    def targets(self) -> list:
        """Names of the ports that listen, ours too."""
        return self._names(JACK_INPUT)

    def came(self):
        """Names of ports that came since the last call, as far as they are still there; None: nobody knows which."""
        cdef uint64_t upto = ACQUIRE_U64(&self.m.changes)
        cdef jack_port *port
        cdef const char *text
        cdef list found = []
        if upto - self.changes_seen > CHANGES // 2:  # the others may be written over while we read
            self.changes_seen = upto
            return None
        while self.changes_seen < upto:
            port = self.m.midi.port_by_id(self.m.client, self.m.came[self.changes_seen % CHANGES])
            self.changes_seen += 1
            if port == NULL:
                continue
            text = self.m.api.port_name(port)
            if text != NULL:
                found.append(text.decode(errors="replace"))
        return found

    def alias(self, str name) -> str:
        """What else a port is called; empty when it has no other name, or is gone."""
        cdef Midi *m = self.m
        cdef bytes text = name.encode()
        cdef jack_port *port = m.midi.port_by_name(m.client, text) if m.client != NULL else NULL
        if port == NULL:
            return ""
        cdef int size = m.midi.name_size()
        cdef bytearray room = bytearray(2 * size)
        cdef char *both[2]
        both[0] = room
        both[1] = both[0] + size
        if m.midi.aliases(port, both) < 1:
            return ""
        return both[0].decode(errors="replace")

    def ear(self):
        """A free input: (slot, ear), which what it hears carries. Raises OSError."""
        cdef Midi *m = self.m
        cdef int slot = self._free_slot(m.ears, "listened to")
        if m.inputs[slot] == NULL:
            m.inputs[slot] = self._registered(f"in_{slot + 1}", JACK_INPUT)
        cdef int ear = self._next_ear()
        RELEASE_INT(&m.ears[slot], ear)  # before the cable is there: no message is missed
        return slot, ear

    def listen(self, int slot, str source) -> None:
        """Hear the port `source` there. Raises OSError; the input is free again then."""
        try:
            self._connect(source.encode(), <bytes>self.m.api.port_name(self.m.inputs[slot]))
        except OSError:
            RELEASE_INT(&self.m.ears[slot], 0)
            raise

    def speak_to(self, str target):
        """Be able to speak to the port `target`: (slot, voice). Raises OSError."""
        cdef Midi *m = self.m
        cdef int slot = self._free_slot(m.voices, "spoken to")
        if slot == m.outputs_made:
            m.outputs[slot] = self._registered(f"out_{slot + 1}", JACK_OUTPUT)
            RELEASE_INT(&m.outputs_made, slot + 1)
        cdef int voice = self._next_ear()
        self._connect(<bytes>m.api.port_name(m.outputs[slot]), target.encode())
        m.voices_from[slot] = ACQUIRE_U64(&m.cycles) + TAKEN_IN
        RELEASE_INT(&m.voices[slot], voice)
        return slot, voice

    def hush(self, int slot, int ear, str source) -> None:
        """Listen to `source` no more."""
        if ACQUIRE_INT(&self.m.ears[slot]) == ear:
            RELEASE_INT(&self.m.ears[slot], 0)
            if not self.is_lost:
                self._disconnect(source.encode(), <bytes>self.m.api.port_name(self.m.inputs[slot]))

    def fall_silent(self, int slot, int voice, str target) -> None:
        """Speak to `target` no more."""
        if ACQUIRE_INT(&self.m.voices[slot]) == voice:
            RELEASE_INT(&self.m.voices[slot], 0)
            if not self.is_lost:
                self._disconnect(<bytes>self.m.api.port_name(self.m.outputs[slot]), target.encode())

    def send(self, int slot, int voice, bytes message) -> None:
        """Have `message` sent in the next cycle. Raises OSError when too much waits."""
        cdef Midi *m = self.m
        cdef event_head head
        cdef uint64_t waiting = m.said.head - ACQUIRE_U64(&m.said_cursor)
        if len(message) > SAID_RING // 8 or waiting + event_span_(len(message)) > SAID_RING:
            raise OSError(f"{waiting} bytes wait to be sent, and JACK takes none")
        head.bytes = len(message)
        head.port = slot
        head.kind = voice
        head.frame = 0
        head.ns = 0
        event_post(m.said, &head, PyBytes_AS_STRING(message))

    def read(self) -> list:
        """What was heard since, in order: (slot, ear, JACK's count of frames, CLOCK_MONOTONIC in ns, bytes)."""
        cdef event_head head
        found = []
        while event_look(self.m.heard, &self.read_cursor, &head):
            message = PyBytes_FromStringAndSize(NULL, head.bytes)
            if event_take(self.m.heard, &self.read_cursor, &head, PyBytes_AS_STRING(message)):
                found.append((head.port, head.kind, head.frame, head.ns, message))
        return found

    # -- inside ----------------------------------------------------------------------------------------------------

    cdef list _names(self, unsigned long flags):
        cdef Midi *m = self.m
        cdef const char **names
        cdef list found = []
        cdef int i = 0
        if m.client == NULL:
            return found
        with nogil:
            names = m.api.get_ports(m.client, NULL, b"8 bit raw midi", flags)
        if names != NULL:
            while names[i] != NULL:
                found.append(names[i].decode(errors="replace"))
                i += 1
            m.api.free(names)
        return found

    cdef int _free_slot(self, int *taken, str what) except -1:
        cdef int slot
        for slot in range(SLOTS):
            if taken[slot] == 0:
                return slot
        raise OSError(f"{SLOTS} ports are {what} already")

    cdef int _next_ear(self):
        self.ears_given = self.ears_given % 65535 + 1
        return self.ears_given

    cdef jack_port *_registered(self, str name, unsigned long flags) except NULL:
        cdef bytes text = name.encode()
        cdef const char *at = text
        cdef jack_port *port
        with nogil:
            port = self.m.api.port_register(self.m.client, at, b"8 bit raw midi", flags, 0)
        if port == NULL:
            raise OSError(f"JACK gives no port {name}")
        return port

    cdef _connect(self, bytes source, bytes target):
        cdef const char *from_ = source
        cdef const char *to = target
        cdef int failed
        with nogil:
            failed = self.m.api.connect(self.m.client, from_, to)
        if failed:
            raise OSError("JACK does not connect it: it has just left, or is not running yet")

    cdef _disconnect(self, bytes source, bytes target):
        """Nothing is said when there is no such cable any more."""
        cdef const char *from_ = source
        cdef const char *to = target
        with nogil:
            self.m.midi.disconnect(self.m.client, from_, to)

    cdef _load_midi(self):
        cdef Midi *m = self.m
        (<void **>&m.midi.event_count)[0] = jack_symbol(&m.api, b"jack_midi_get_event_count")
        (<void **>&m.midi.event_get)[0] = jack_symbol(&m.api, b"jack_midi_event_get")
        (<void **>&m.midi.clear)[0] = jack_symbol(&m.api, b"jack_midi_clear_buffer")
        (<void **>&m.midi.reserve)[0] = jack_symbol(&m.api, b"jack_midi_event_reserve")
        (<void **>&m.midi.frames_to_time)[0] = jack_symbol(&m.api, b"jack_frames_to_time")
        (<void **>&m.midi.set_registration)[0] = jack_symbol(&m.api, b"jack_set_port_registration_callback")
        (<void **>&m.midi.disconnect)[0] = jack_symbol(&m.api, b"jack_disconnect")
        (<void **>&m.midi.port_by_id)[0] = jack_symbol(&m.api, b"jack_port_by_id")
        (<void **>&m.midi.port_by_name)[0] = jack_symbol(&m.api, b"jack_port_by_name")
        (<void **>&m.midi.aliases)[0] = jack_symbol(&m.api, b"jack_port_get_aliases")
        (<void **>&m.midi.name_size)[0] = jack_symbol(&m.api, b"jack_port_name_size")
