# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The shared block seen from Python: made once, attached by file descriptor in every process."""
import os

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset, strlen

from block cimport *

from studiod.link.packing import packed, unpacked
from studiod.link.words import GAP_CAUSES, BlockMismatch, EngineClock, EngineState, Gap, SideTaken, Snapshot, TakeFrames

cdef extern from "<sys/mman.h>" nogil:
    void *mmap(void *addr, size_t length, int prot, int flags, int fd, long offset)
    int munmap(void *addr, size_t length)
    int PROT_READ, PROT_WRITE, MAP_SHARED
    void *MAP_FAILED

cdef extern from * nogil:
    """
    #define LOAD_U64(p) __atomic_load_n((uint64_t *)(p), __ATOMIC_ACQUIRE)
    #define STORE_U64(p, v) __atomic_store_n((uint64_t *)(p), (uint64_t)(v), __ATOMIC_RELEASE)
    #define LOAD_U32(p) __atomic_load_n((uint32_t *)(p), __ATOMIC_ACQUIRE)
    #define STORE_U32(p, v) __atomic_store_n((uint32_t *)(p), (uint32_t)(v), __ATOMIC_RELEASE)
    #define ADD_U64(p, v) __atomic_fetch_add((uint64_t *)(p), (uint64_t)(v), __ATOMIC_RELEASE)
    """
    uint64_t LOAD_U64(const void *p)
    void STORE_U64(void *p, uint64_t v)
    uint32_t LOAD_U32(const void *p)
    void STORE_U32(void *p, uint32_t v)
    uint64_t ADD_U64(void *p, uint64_t v)

VERSION = BLOCK_VERSION


def create_block(dimensions, str config_json):
    """Make a shared block of `dimensions` with the resolved settings in it; returns the file descriptor of its memfd.

    The descriptor is inheritable and the caller owns it. Raises ValueError when the settings are too long.
    """
    cdef block_dims dims
    memset(&dims, 0, sizeof(dims))
    cdef bytes config = config_json.encode()
    if len(config) >= CONFIG_BYTES:
        raise ValueError(f"settings are {len(config)} bytes; allowed {CONFIG_BYTES - 1}")
    dims.rate_hz = dimensions.rate_hz
    dims.block_frames = dimensions.block_frames
    dims.strips = dimensions.strips
    dims.buses = dimensions.buses
    dims.inputs = dimensions.inputs
    dims.outputs = dimensions.outputs
    dims.numbers = dimensions.numbers
    dims.texts = dimensions.texts
    dims.matrices = dimensions.matrices
    block_lay_out(&dims, dimensions.ring_s)
    cdef uint64_t at = dims.total_bytes
    fd = os.memfd_create("studiod", 0)
    os.ftruncate(fd, at)
    cdef char *base = <char *>mmap(NULL, at, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
    if <void *>base == MAP_FAILED:
        os.close(fd)
        raise MemoryError(f"the shared block of {at // 1048576} MiB cannot be mapped; make tape.ring_s shorter")
    block_begin(base, &dims, config, len(config) + 1)
    munmap(base, at)
    os.set_inheritable(fd, True)
    return fd


cdef class Block:
    """One process's view of the shared block behind `fd` (which stays the caller's).

    Raises BlockMismatch when `fd` is no block of this layout version.
    """

    cdef char *base
    cdef block_dims *dims
    cdef size_t mapped
    cdef uint64_t *scratch  # one cell's copy, for reading
    cdef engine_take seen[BLOCK_TAKES]  # as last read
    cdef tuple takes  # the same

    def __cinit__(self, int fd):
        cdef size_t size = os.fstat(fd).st_size
        if size < SECTIONS_AT:
            raise BlockMismatch(f"file descriptor {fd} is no shared block: {size} bytes")
        self.base = <char *>mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
        if <void *>self.base == MAP_FAILED:
            self.base = NULL
            raise MemoryError("the shared block cannot be mapped")
        self.mapped = size
        self.dims = <block_dims *>self.base
        if (self.dims.magic != BLOCK_MAGIC or self.dims.version != BLOCK_VERSION
                or self.dims.header_bytes != sizeof(block_dims) or self.dims.total_bytes != size):
            found = self.dims.version if self.dims.magic == BLOCK_MAGIC else "none"
            raise BlockMismatch(f"the shared block has layout version {found}, this studiod needs {BLOCK_VERSION}; "
                                "restart studiod as a whole")
        self.takes = ()
        self.scratch = <uint64_t *>calloc(1, PLAYLIST_BYTES)
        if self.scratch == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.scratch)
        if self.base != NULL:
            munmap(self.base, self.mapped)

    # -- what it is ------------------------------------------------------------------------------------------------

    @property
    def address(self) -> int:
        """Where the block is mapped in this process: for the compiled engine and tape."""
        return <uintptr_t>self.base

    @property
    def rate_hz(self) -> int:
        return self.dims.rate_hz

    @property
    def block_frames(self) -> int:
        return self.dims.block_frames

    @property
    def strips(self) -> int:
        return self.dims.strips

    @property
    def buses(self) -> int:
        return self.dims.buses

    @property
    def matrices(self) -> int:
        return self.dims.matrices

    @property
    def inputs(self) -> int:
        return self.dims.inputs

    @property
    def outputs(self) -> int:
        return self.dims.outputs

    @property
    def numbers(self) -> int:
        return self.dims.numbers

    @property
    def texts(self) -> int:
        return self.dims.texts

    @property
    def capture_frames(self) -> int:
        """Frames the capture rings hold."""
        return self.dims.capture_frames

    @property
    def playback_frames(self) -> int:
        return self.dims.playback_frames

    @property
    def total_bytes(self) -> int:
        return self.dims.total_bytes

    @property
    def config(self) -> str:
        """The resolved settings, JSON."""
        cdef const char *text = self.base + self.dims.config_at
        return text[:strlen(text)].decode()

    # -- lives of the processes ------------------------------------------------------------------------------------

    cdef block_life *life(self):
        return <block_life *>(self.base + LIFE_AT)

    cdef int known(self, int process) except -1:
        if not 0 <= process < PROCESS_COUNT:
            raise IndexError(f"process {process}; there are {PROCESS_COUNT}")
        return process

    def beat(self, int process) -> None:
        """Count one turn of `process`."""
        ADD_U64(&self.life().beats[self.known(process)], 1)

    def beats(self, int process) -> int:
        return LOAD_U64(&self.life().beats[self.known(process)])

    def set_ready(self, int process, bint ready) -> None:
        STORE_U32(&self.life().ready[self.known(process)], ready)

    def is_ready(self, int process) -> bool:
        return bool(LOAD_U32(&self.life().ready[self.known(process)]))

    def pid(self, int process) -> int:
        """Process id, 0 while it does not run."""
        return LOAD_U32(&self.life().pids[self.known(process)])

    def set_pid(self, int process, int pid) -> None:
        STORE_U32(&self.life().pids[self.known(process)], pid)
        if pid:
            STORE_U32(&self.life().starts[self.known(process)], LOAD_U32(&self.life().starts[self.known(process)]) + 1)

    def starts(self, int process) -> int:
        """How often it was started."""
        return LOAD_U32(&self.life().starts[self.known(process)])

    # -- values (writer: desk) -------------------------------------------------------------------------------------

    def store_number(self, uint32_t slot, double value, double engine_value) -> None:
        """Keep a number in natural units and in the engine's. Raises IndexError."""
        cdef uint64_t word
        if slot >= self.dims.numbers:
            raise IndexError(f"number slot {slot}; the block has {self.dims.numbers}")
        memcpy(&word, &value, 8)
        STORE_U64(self.base + self.dims.values_at + 8 * slot, word)
        memcpy(&word, &engine_value, 8)
        STORE_U64(self.base + self.dims.engine_values_at + 8 * slot, word)

    def number(self, uint32_t slot) -> float:
        cdef uint64_t word
        cdef double value
        if slot >= self.dims.numbers:
            raise IndexError(f"number slot {slot}; the block has {self.dims.numbers}")
        word = LOAD_U64(self.base + self.dims.values_at + 8 * slot)
        memcpy(&value, &word, 8)
        return value

    def store_text(self, uint32_t slot, str text) -> None:
        if slot >= self.dims.texts:
            raise IndexError(f"text slot {slot}; the block has {self.dims.texts}")
        self._tell(self.dims.texts_at + slot * block_lined(cell_bytes(BLOCK_TEXT_BYTES)), BLOCK_TEXT_BYTES, text)

    def text(self, uint32_t slot) -> str:
        if slot >= self.dims.texts:
            raise IndexError(f"text slot {slot}; the block has {self.dims.texts}")
        return self._told(self.dims.texts_at + slot * block_lined(cell_bytes(BLOCK_TEXT_BYTES)), BLOCK_TEXT_BYTES)

    # -- cells of text: last value wins ----------------------------------------------------------------------------

    def _tell(self, uint64_t at, size_t limit, str text):
        cdef bytes raw = text.encode()
        cdef size_t size = len(raw)
        if size > limit - (0 if limit == BLOCK_TEXT_BYTES else 1):
            raise ValueError(f"{size} bytes do not fit into a cell of {limit}")
        cdef size_t words = limit // 8 if size + 8 > limit else (size + 8) // 8
        cdef uint64_t *copy = <uint64_t *>calloc(words, 8)
        if copy == NULL:
            raise MemoryError
        memcpy(copy, <const char *>raw, size)
        cell_store(<ab_cell *>(self.base + at), copy, words)
        free(copy)

    def _told(self, uint64_t at, size_t limit):
        cdef ab_cell *cell = <ab_cell *>(self.base + at)
        while not cell_load(cell, self.scratch, limit // 8):
            pass  # the writer lapped us twice while we copied: its value is newer anyway
        cdef const char *text = <const char *>self.scratch
        cdef size_t size = 0
        while size < limit and text[size] != 0:
            size += 1
        return PyBytes_FromStringAndSize(text, size).decode("utf-8", "replace")

    def store_order(self, uint64_t take_id, str order) -> None:
        """Desk: what take `take_id` records (JSON). Kept until BLOCK_TAKES takes later."""
        self._tell(self.dims.order_at + (take_id % BLOCK_TAKES) * cell_bytes(ORDER_BYTES), ORDER_BYTES, order)

    def order(self, uint64_t take_id) -> str:
        return self._told(self.dims.order_at + (take_id % BLOCK_TAKES) * cell_bytes(ORDER_BYTES), ORDER_BYTES)

    def store_keep(self, str order) -> None:
        """Desk: what the tape is to keep out of the black box (JSON); ids grow."""
        self._tell(self.dims.keep_at, ORDER_BYTES, order)

    @property
    def keep_order(self) -> str:
        return self._told(self.dims.keep_at, ORDER_BYTES)

    @property
    def keep_version(self) -> int:
        """Counts store_keep calls: cheap to watch."""
        return LOAD_U64(self.base + self.dims.keep_at)

    def store_playlist(self, uint64_t generation, str playlist) -> None:
        """Desk: what the tape is to play as `generation` (JSON); the one before it stays. ValueError: too long."""
        self._tell(self._playlist_at(generation), PLAYLIST_BYTES, packed(playlist))

    def playlist(self, uint64_t bank) -> str:
        """What was stored last for generations of the remainder `bank`."""
        return unpacked(self._told(self._playlist_at(bank), PLAYLIST_BYTES))

    def playlist_version(self, uint64_t bank) -> int:
        """Counts what was stored there: cheap to watch."""
        return LOAD_U64(self.base + self._playlist_at(bank))

    cdef uint64_t _playlist_at(self, uint64_t generation) noexcept:
        return self.dims.playlist_at + generation % BLOCK_CUES * cell_bytes(PLAYLIST_BYTES)

    def store_timeline(self, str timeline) -> None:
        """Desk: markers and sections (JSON), after every change of them."""
        self._tell(self.dims.timeline_at, TIMELINE_BYTES, timeline)

    @property
    def timeline(self) -> str:
        return self._told(self.dims.timeline_at, TIMELINE_BYTES)

    def store_status(self, int process, str status) -> None:
        """How `process` is doing (JSON); it alone writes this."""
        self._tell(self._status_at(process), self.status_bytes(process), status)

    def status(self, int process) -> str:
        return self._told(self._status_at(process), self.status_bytes(process))

    def status_version(self, int process) -> int:
        """Counts store_status calls: cheap to watch."""
        return LOAD_U64(self.base + self._status_at(process))

    def status_bytes(self, int process) -> int:
        """A status is shorter than this."""
        return self.dims.ports_status_bytes if process == PROCESS_PORTS else STATUS_BYTES

    cdef uint64_t _status_at(self, int process) except 0:
        if process == PROCESS_ENGINE:
            return self.dims.engine_status_at
        if process == PROCESS_TAPE:
            return self.dims.tape_status_at
        if process == PROCESS_DESK:
            return self.dims.desk_status_at
        if process == PROCESS_PORTS:
            return self.dims.ports_status_at
        raise IndexError(f"process {process} has no status")

    # -- control: desk -> engine, and answers ------------------------------------------------------------------------

    def claim_desk(self) -> None:
        """Take the desk's ends of the rings. Raises SideTaken while another live process holds one."""
        self._claim(&(<spsc_ring *>(self.base + self.dims.control_at)).producer_pid, "control ring's producer")
        self._claim(&(<spsc_ring *>(self.base + self.dims.answers_at)).consumer_pid, "answer ring's consumer")

    cdef _claim(self, int32_t *owner, str what):
        if not ring_claim(owner, os.getpid()):
            raise SideTaken(f"the {what} is process {owner[0]}, and it lives")

    def push_control(self, uint32_t op, uint32_t slot, double value, uint64_t at_frame, uint64_t seq) -> bool:
        """Queue one control record; False when the ring is full and nothing was written."""
        cdef control_record record
        record.op = op
        record.slot = slot
        record.value = value
        record.at_frame = at_frame
        record.seq = seq
        return bool(ring_push(<spsc_ring *>(self.base + self.dims.control_at), &record))

    def pop_answer(self):
        """Oldest answer as (op, slot, value, frame it took effect, seq), or None."""
        cdef control_record record
        cdef spsc_ring *ring = <spsc_ring *>(self.base + self.dims.answers_at)
        if not ring_peek(ring, &record):
            return None
        ring_commit(ring)
        return record.op, record.slot, record.value, record.at_frame, record.seq

    @property
    def answer_slots(self) -> int:
        return ANSWER_SLOTS

    # -- what the engine tells -------------------------------------------------------------------------------------

    def snapshot(self):
        """The engine's last word, whole."""
        cdef ab_cell *cell = <ab_cell *>(self.base + self.dims.snapshot_at)
        cdef size_t words = block_snapshot_words(self.dims)
        while not cell_load(cell, self.scratch, words):
            pass
        # a copy: another thread may have its turn, and the scratch, while objects are made
        cdef engine_snapshot told = (<engine_snapshot *>self.scratch)[0]
        cdef float *meters = <float *>(<char *>self.scratch + sizeof(engine_snapshot))
        levels = tuple([meters[i] for i in range(block_meter_floats(self.dims))])
        return Snapshot(
            told.epoch, told.frame, told.monotonic_ns, told.anchor_ns, told.position, told.state, told.generation,
            told.take_id, told.blocks, told.xruns, told.late_blocks, told.bad_samples, told.dry_frames, told.resets,
            told.strip_latency, told.main_latency, told.block_ns,
            told.worst_ns, told.period_ns, told.audio_thread, told.realtime_priority, told.applied_seq,
            told.applied_lost, told.takes_begun, self._takes(told.takes), levels,
        )

    cdef tuple _takes(self, const engine_take *told):
        """Made anew when one of them has begun or ended."""
        if memcmp(told, self.seen, sizeof(self.seen)) == 0:
            return self.takes
        found = []
        for i in range(BLOCK_TAKES):
            if told[i].id:
                stop = None if told[i].stop == BLOCK_NOT_STOPPED else told[i].stop
                found.append(TakeFrames(told[i].id, told[i].start, stop, told[i].position))
        takes = tuple(sorted(found))
        memcpy(self.seen, told, sizeof(self.seen))
        self.takes = takes
        return takes

    def clock(self):
        """Where the engine's clock stood after its last block."""
        cdef ab_cell *cell = <ab_cell *>(self.base + self.dims.snapshot_at)
        while not cell_load(cell, self.scratch, 5):
            pass
        cdef engine_snapshot *told = <engine_snapshot *>self.scratch
        return EngineClock(told.epoch, told.frame, told.monotonic_ns, told.anchor_ns, told.device_count)

    def state(self):
        """What the engine knew when the last take began, or None before any (or while it is being told)."""
        cdef block_state *told = <block_state *>(self.base + self.dims.state_at)
        cdef uint64_t changes = state_changes(told)
        cdef uint64_t frame = told.frame
        cdef uint32_t index
        if changes == 0 or changes & 1:
            return None
        blob = PyBytes_FromStringAndSize(<char *>(told + 1), told.bytes)
        take_id = told.take_id
        lines = {}
        for index in range(block_lines(self.dims) + self.dims.strips):
            if told.depth[index]:
                lines[index] = self._line(index, frame, told.depth[index])
        if state_changes(told) != changes:
            return None
        return EngineState(take_id, frame, blob, lines)

    def _line(self, uint32_t index, uint64_t frame, uint32_t depth):
        """The `depth` samples before `frame` of a delay line; None when it has gone round meanwhile."""
        cdef uint32_t lines = block_lines(self.dims)
        cdef bint early = index >= lines
        cdef float *ring
        cdef uint64_t size = self.dims.early_frames if early else self.dims.line_frames
        cdef uint64_t first = (frame - depth) & (size - 1)
        cdef uint64_t head
        ring = (block_early_line(self.base, self.dims, index - lines) if early
                else block_line(self.base, self.dims, index))
        cdef uint64_t n = min(<uint64_t>depth, size - first)
        held = PyBytes_FromStringAndSize(<char *>(ring + first), 4 * n) + PyBytes_FromStringAndSize(
            <char *>ring, 4 * (depth - n))
        head = LOAD_U64(&(<block_engine *>(self.base + ENGINE_AT)).input_head)  # the engine is at most a block further
        return held if head + self.dims.block_frames - frame + depth < size else None

    def take_applied(self, size_t most=APPLIED_SLOTS):
        """The oldest records the engine obeyed, 32 bytes each, at most `most`; first, how many were taken before."""
        cdef control_record record
        cdef uint64_t before
        cdef spsc_ring *ring = <spsc_ring *>(self.base + self.dims.applied_at)
        found = bytearray()
        before = ring.tail
        while most and ring_peek(ring, &record):
            found += PyBytes_FromStringAndSize(<char *>&record, sizeof(record))
            ring_commit(ring)
            most -= 1
        return before, bytes(found)

    @property
    def lost_span(self):
        """Frames of the first and the last record of those in a row that `take_applied` lacks: the latest such row."""
        cdef block_engine *engine = <block_engine *>(self.base + ENGINE_AT)
        return LOAD_U64(&engine.lost_from), LOAD_U64(&engine.lost_to)

    @property
    def capture_head(self) -> int:
        """Frames in the capture rings so far, engine clock."""
        return LOAD_U64(self.base + ENGINE_AT)

    @property
    def input_head(self) -> int:
        """Frames the engine has done, engine clock: all it obeyed before them has been told."""
        return LOAD_U64(&(<block_engine *>(self.base + ENGINE_AT)).input_head)

    def is_cued(self, uint64_t generation) -> bool:
        """Whether the tape has made `generation` of the playlist ready."""
        cdef block_cue *cue = &(<block_cue *>(self.base + CUE_AT))[generation % BLOCK_CUES]
        return generation != 0 and LOAD_U64(&cue.generation) == generation

    @property
    def gap_count(self) -> int:
        return LOAD_U64(&(<block_engine *>(self.base + ENGINE_AT)).gap_count)

    def gaps(self, uint64_t first=0):
        """Gaps number `first` and later, oldest first; at most the last 256."""
        cdef block_engine *engine = <block_engine *>(self.base + ENGINE_AT)
        cdef uint64_t count = LOAD_U64(&engine.gap_count)
        cdef block_gap *gap
        if count > BLOCK_GAPS and first < count - BLOCK_GAPS:
            first = count - BLOCK_GAPS
        found = []
        for i in range(first, count):
            gap = &engine.gaps[i % BLOCK_GAPS]
            found.append(Gap(gap.start, gap.frames, GAP_CAUSES.get(gap.cause, "unknown")))
        return found
