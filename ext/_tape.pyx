# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: define_macros=_GNU_SOURCE=1 _FILE_OFFSET_BITS=64
"""The tape's compiled half: capture rings into file bytes, file bytes into playback rings."""
from libc.stdint cimport int64_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset
from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.exc cimport PyErr_SetFromErrno

from block cimport *

cdef extern from "pack.h" nogil:
    void pack_begin()
    int pack_samples(const float *x, size_t frames, int bits, unsigned char *out, int plain)
    int packed_is_full(const unsigned char *x, int bits)
    void weave_ "weave"(const unsigned char *x, size_t frames, size_t width, size_t channel, size_t channels,
                        unsigned char *out)
    void unweave_ "unweave"(const unsigned char *x, size_t frames, size_t width, size_t channel, size_t channels,
                            unsigned char *out)
    void unpack_samples(const unsigned char *x, size_t frames, int bits, float *out)
    void unpack_onto(const unsigned char *x, size_t frames, int bits, float *out)

cdef extern from "crc32.h" nogil:
    void crc32_begin()
    uint32_t crc32_add(uint32_t before, const unsigned char *x, size_t bytes, int plain)

cdef extern from "piece.h" nogil:
    const size_t PIECE_CLIPS
    ctypedef struct piece_run:
        uint64_t first
        uint64_t frames
    ctypedef struct piece_plan:
        const char *base
        const block_dims *dims
        uint32_t *channels
        uint32_t tracks
        int bits
        int plain
        unsigned char *packed
        unsigned char *is_full
        uint32_t *runs
        uint64_t *more
        piece_run *clips
    int piece_room(piece_plan *plan, size_t nbytes)
    int piece_write(piece_plan *plan, const int *fds, int is_woven, uint64_t start, size_t frames, size_t silent,
                    int64_t at, uint32_t *sums, int sparse)
    int piece_claim(const int *fds, const unsigned char **pages, size_t nbytes, size_t files)

cdef extern from "sync.h" nogil:
    int sync_files(const int *fds, size_t files)

cdef extern from * nogil:
    """
    #define TAPE_LOAD(p) __atomic_load_n((uint64_t *)(p), __ATOMIC_ACQUIRE)
    #define TAPE_STORE(p, v) __atomic_store_n((uint64_t *)(p), (uint64_t)(v), __ATOMIC_RELEASE)
    """
    uint64_t TAPE_LOAD(const void *p)
    void TAPE_STORE(void *p, uint64_t v)


cdef extern from "<fcntl.h>" nogil:
    int sync_file_range(int fd, long offset, long count, unsigned int flags)
    unsigned int SYNC_FILE_RANGE_WRITE
    int fallocate(int fd, int mode, long offset, long length)
    int FALLOC_FL_KEEP_SIZE

cdef extern from "<sys/timex.h>" nogil:
    struct timex:
        unsigned int modes
    int adjtimex(timex *state)
    int TIME_ERROR


pack_begin()
crc32_begin()


def crc32(const unsigned char[::1] piece, uint32_t before=0, *, bint is_plain=False) -> int:
    """What zlib.crc32 says of `piece`, quicker. is_plain: with no instructions that only some processors have."""
    if piece.shape[0] == 0:
        return before
    cdef uint32_t total
    with nogil:
        total = crc32_add(before, &piece[0], piece.shape[0], is_plain)
    return total


def write_heads(const int[::1] fds, list pages, bytes head=b"", bytes tail=b"") -> None:
    """Write page n, of the same size as all others, to the beginning of file n. Raises OSError at the first refusal.

    head, tail: what every page begins and ends with from now on; the pages are changed in place.
    """
    cdef size_t files = fds.shape[0], size = len(pages[0]) if pages else 0, n
    cdef char *page
    cdef int status
    if len(pages) != files or not all([isinstance(each, bytearray) and len(each) == size for each in pages]):
        raise ValueError(f"{len(pages)} pages for {files} files, or not all of {size} bytes")
    if files and <size_t>(len(head) + len(tail)) > size:
        raise ValueError(f"a head of {len(head)} and a tail of {len(tail)} bytes in pages of {size}")
    if not files:
        return
    cdef const unsigned char **places = <const unsigned char **>calloc(files + 1, sizeof(void *))
    if places == NULL:
        raise MemoryError
    try:
        for n in range(files):
            page = PyByteArray_AS_STRING(pages[n])
            memcpy(page, PyBytes_AS_STRING(head), len(head))
            memcpy(page + size - len(tail), PyBytes_AS_STRING(tail), len(tail))
            places[n] = <const unsigned char *>page
        with nogil:
            status = piece_claim(&fds[0], places, size, files)
        if status:
            PyErr_SetFromErrno(OSError)
    finally:
        free(places)


def make_durable(const int[::1] fds) -> None:
    """fdatasync of every file, all at once: they share a journal commit and a flush. Raises OSError when one refuses.

    The others may then be durable or not. Never to be called again for a file that refused it once.
    """
    cdef int status = 0
    if fds.shape[0]:
        with nogil:
            status = sync_files(&fds[0], fds.shape[0])
    if status:
        PyErr_SetFromErrno(OSError)


def start_writeback(int fd) -> None:
    """Ask the kernel to begin writing `fd`'s dirty pages; waits for nothing. A kernel that cannot is no fault."""
    with nogil:
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE)


def reserve(int fd, long offset, long length) -> None:
    """Have the disk keep `length` bytes from `offset` on for `fd`, whose size stays. Raises OSError.

    A refusal may leave a part of it reserved: the caller truncates the file to what it holds.
    """
    cdef int status
    with nogil:
        status = fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length)
    if status:
        PyErr_SetFromErrno(OSError)


def clock_is_synchronised() -> bool | None:
    """Whether a time server disciplines the system clock; None when the kernel may not be asked."""
    cdef timex state
    memset(&state, 0, sizeof(state))
    cdef int status = adjtimex(&state)
    return None if status < 0 else status != TIME_ERROR


def clip_runs(const unsigned char[::1] packed, size_t frames, int bits, size_t at_most) -> tuple:
    """Runs of samples at full scale in `frames` packed samples: ([(first, frames), ...], how many more there are)."""
    cdef size_t i = 0, first, more = 0, width = bits // 8
    if bits not in (16, 24, 32) or <size_t>packed.shape[0] < frames * (bits // 8):
        raise ValueError(f"{frames} frames of {bits} bits in {packed.shape[0]} bytes")
    runs = []
    while i < frames:
        if not packed_is_full(&packed[i * width], bits):
            i += 1
            continue
        first = i
        while i < frames and packed_is_full(&packed[i * width], bits):
            i += 1
        if <size_t>len(runs) < at_most:
            runs.append((first, i - first))
        else:
            more += 1
    return runs, more


def weave(const unsigned char[::1] packed, size_t frames, size_t width, size_t channel, size_t channels,
          unsigned char[::1] out) -> None:
    """Put `frames` samples of `width` bytes into `out` as `channel` (from 0) of frames of `channels`."""
    _check_woven(packed.shape[0], out.shape[0], frames, width, channel, channels)
    if frames:
        with nogil:
            weave_(&packed[0], frames, width, channel, channels, &out[0])


def unweave(const unsigned char[::1] woven, size_t frames, size_t width, size_t channel, size_t channels,
            unsigned char[::1] out) -> None:
    """Take `channel` (from 0) of `frames` frames of `channels` out of `woven`: the reverse of `weave`."""
    _check_woven(out.shape[0], woven.shape[0], frames, width, channel, channels)
    if frames:
        with nogil:
            unweave_(&woven[0], frames, width, channel, channels, &out[0])


cdef _check_woven(size_t single, size_t woven, size_t frames, size_t width, size_t channel, size_t channels):
    if width not in (2, 3, 4) or channel >= channels or single < frames * width or woven < frames * width * channels:
        raise ValueError(f"{frames} frames of {width} bytes, channel {channel} of {channels}: {single}, {woven} bytes")


cdef class RingView:
    """Capture rings read, playback rings of one bank (0 or 1) written, of one shared block, on the engine clock.

    Raises IndexError for a bank there is not.
    """

    cdef object block
    cdef char *base
    cdef block_dims *dims
    cdef block_cue *cue
    cdef uint32_t bank

    def __cinit__(self, block, uint32_t bank=0):
        if bank >= BLOCK_CUES:
            raise IndexError(f"playback bank {bank}; there are {BLOCK_CUES}")
        self.block = block
        self.base = <char *><uintptr_t>block.address
        self.dims = <block_dims *>self.base
        self.bank = bank
        self.cue = &(<block_cue *>(self.base + CUE_AT))[bank]

    @property
    def oldest(self) -> int:
        """First frame the capture rings still hold for certain: the engine may be overwriting what is a block older."""
        cdef uint64_t head = TAPE_LOAD(&(<block_engine *>(self.base + ENGINE_AT)).input_head)
        cdef uint64_t held = self.dims.capture_frames - 2 * self.dims.block_frames
        return head - held if head > held else 0

    def pack(self, uint32_t channel, uint64_t start, size_t frames, int bits, unsigned char[::1] out) -> bool:
        """Write `frames` samples of capture `channel` from `start` on to `out`: little-endian; 16, 24, or 32 = float.

        Out of range samples are clipped, what is no number becomes 0. True when any of them lies at full scale. Raises
        ValueError when `out` is too short or the channel or width is none.
        """
        cdef uint64_t size = self.dims.capture_frames
        cdef uint64_t at = start & (size - 1)
        cdef const float *ring
        cdef size_t width = bits // 8
        cdef size_t n
        if (channel >= self.dims.captures or bits not in (16, 24, 32) or frames > size
                or <size_t>out.shape[0] < frames * width):
            raise ValueError(f"capture {channel}, {frames} frames of {bits} bits into {out.shape[0]} bytes")
        if frames == 0:
            return False
        ring = block_capture(self.base, self.dims, channel)
        cdef int full = 0
        cdef unsigned char *to = &out[0]
        with nogil:
            while frames:
                n = min(frames, size - at)
                full |= pack_samples(ring + at, n, bits, to, 0)
                to += n * width
                frames -= n
                at = 0
        return full != 0

    def invalidate(self) -> None:
        """Tell the engine that the playback rings hold nothing."""
        TAPE_STORE(&self.cue.generation, 0)

    def begin(self, int64_t position, tracks) -> None:
        """Start the rings anew at `position`; `tracks` are the strips (from 0) that have something on tape."""
        cdef uint64_t bits[2]
        bits[0] = bits[1] = 0
        for strip in tracks:
            bits[strip >> 6 & 1] |= <uint64_t>1 << (strip & 63)
        TAPE_STORE(&self.cue.tracks[0], bits[0])
        TAPE_STORE(&self.cue.tracks[1], bits[1])
        TAPE_STORE(&self.cue.from_, <uint64_t>position)
        TAPE_STORE(&self.cue.to, <uint64_t>position)

    def publish(self, uint64_t generation, int64_t to) -> None:
        """Tell the engine that positions up to `to` are there, for `generation`."""
        TAPE_STORE(&self.cue.to, <uint64_t>to)
        TAPE_STORE(&self.cue.generation, generation)

    @property
    def generation(self) -> int:
        return TAPE_LOAD(&self.cue.generation)

    @property
    def filled(self):
        """(first, end) position the playback rings hold."""
        return <int64_t>TAPE_LOAD(&self.cue.from_), <int64_t>TAPE_LOAD(&self.cue.to)

    def clear(self, uint32_t strip, int64_t position, size_t frames) -> None:
        """Write silence into `strip`'s playback ring."""
        self._place(strip, position, NULL, frames, 32, False)

    def place(self, uint32_t strip, int64_t position, const unsigned char[::1] samples, size_t frames,
              int bits, *, bint adds=False) -> None:
        """Write `frames` samples (little-endian; 16, 24, or 32 = float) into `strip`'s playback ring at `position`.

        adds: on top of what is there, in float32, never clipped.
        """
        if bits not in (16, 24, 32) or <size_t>samples.shape[0] < frames * (bits // 8):
            raise ValueError(f"{frames} frames of {bits} bits out of {samples.shape[0]} bytes")
        if frames:
            self._place(strip, position, &samples[0], frames, bits, adds)

    cdef _place(self, uint32_t strip, int64_t position, const unsigned char *samples, size_t frames, int bits,
                bint adds):
        cdef uint64_t size = self.dims.playback_frames
        cdef uint64_t at = <uint64_t>position & (size - 1)
        cdef float *ring
        cdef size_t n
        if strip >= self.dims.strips or frames > size:
            raise ValueError(f"strip {strip}, {frames} frames; the ring holds {size}")
        ring = block_playback(self.base, self.dims, self.bank, strip)
        with nogil:
            while frames:
                n = min(frames, size - at)
                if samples == NULL:
                    memset(ring + at, 0, n * sizeof(float))
                elif adds:
                    unpack_onto(samples, n, bits, ring + at)
                else:
                    unpack_samples(samples, n, bits, ring + at)
                if samples != NULL:
                    samples += n * <size_t>(bits // 8)
                frames -= n
                at = 0


cdef class PieceWriter:
    """Writes pieces of all tracks of a take: out of the capture rings of `block`, into its files. For one thread.

    channels: the capture ring of each track. bits: 16, 24, or 32 = float. is_plain: with no instructions that only some
    processors have; the bytes are the same. Raises ValueError for a channel that is none, or another width.
    """

    cdef object block
    cdef piece_plan plan

    def __cinit__(self, block, channels, int bits, *, bint is_plain=False):
        memset(&self.plan, 0, sizeof(self.plan))
        self.block = block
        self.plan.base = <char *><uintptr_t>block.address
        self.plan.dims = <block_dims *>self.plan.base
        self.plan.bits = bits
        self.plan.plain = is_plain
        self.plan.tracks = len(channels)
        captures = self.plan.dims.captures
        if bits not in (16, 24, 32) or not all([0 <= channel < captures for channel in channels]):
            raise ValueError(f"{bits} bits of captures {list(channels)}; there are {captures}")
        self.plan.channels = <uint32_t *>calloc(self.plan.tracks + 1, sizeof(uint32_t))
        self.plan.is_full = <unsigned char *>calloc(self.plan.tracks + 1, 1)
        self.plan.runs = <uint32_t *>calloc(self.plan.tracks + 1, sizeof(uint32_t))
        self.plan.more = <uint64_t *>calloc(self.plan.tracks + 1, sizeof(uint64_t))
        self.plan.clips = <piece_run *>calloc((self.plan.tracks + 1) * PIECE_CLIPS, sizeof(piece_run))
        if not (self.plan.channels and self.plan.is_full and self.plan.runs and self.plan.more and self.plan.clips):
            raise MemoryError
        for track, channel in enumerate(channels):
            self.plan.channels[track] = channel

    def __dealloc__(self):
        for room in (<uintptr_t>self.plan.channels, <uintptr_t>self.plan.is_full, <uintptr_t>self.plan.runs,
                     <uintptr_t>self.plan.more, <uintptr_t>self.plan.clips, <uintptr_t>self.plan.packed):
            free(<void *><uintptr_t>room)

    def write(self, const int[::1] fds, uint64_t start, size_t frames, size_t silent, int64_t at, uint32_t[::1] sums, *,
              bint is_sparse=False) -> list:
        """Write `frames` of every track from engine frame `start` on at byte `at` of its file, or woven into one file.

        silent: so many of them, the first, are written as silence. sums: the running CRC-32 of each track, changed in
        place. is_sparse: exact silence becomes a hole; no file may reach beyond `at`. Returns (track, [(first frame,
        frames), ...], how many more) where samples lie at full scale. Raises OSError where a disk refuses: files and
        sums are then as far as it came; ValueError for a piece longer than the rings, or another number of files.
        """
        cdef size_t tracks = self.plan.tracks
        cdef bint is_woven = fds.shape[0] == 1 and tracks > 1
        cdef size_t size = frames * (self.plan.bits // 8) * (tracks if is_woven else 1)
        cdef int status
        cdef uint32_t track, n
        if (not (is_woven or <size_t>fds.shape[0] == tracks) or <size_t>sums.shape[0] != tracks or silent > frames
                or frames > self.plan.dims.capture_frames):
            raise ValueError(f"{frames} frames, {silent} silent, of {tracks} tracks into {fds.shape[0]} files")
        if not piece_room(&self.plan, size):
            raise MemoryError
        with nogil:
            status = piece_write(&self.plan, &fds[0], is_woven, start, frames, silent, at, &sums[0], is_sparse)
        if status:
            PyErr_SetFromErrno(OSError)
        found = []
        for track in range(<uint32_t>tracks):
            if self.plan.runs[track]:
                told = self.plan.clips + track * PIECE_CLIPS
                runs = [(told[n].first, told[n].frames) for n in range(self.plan.runs[track])]
                found.append((track, runs, self.plan.more[track]))
        return found
