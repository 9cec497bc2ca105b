# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: define_macros=_GNU_SOURCE=1
"""The tape's compiled half: capture rings into file bytes, file bytes into playback rings."""
from libc.stdint cimport int64_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memset
from cpython.exc cimport PyErr_SetFromErrno

from block cimport *

cdef extern from "pack.h" nogil:
    int pack_pcm24(const float *x, size_t frames, unsigned char *out)
    int pack_pcm16(const float *x, size_t frames, unsigned char *out)
    int pack_float32(const float *x, size_t frames, unsigned char *out)
    int packed_is_full(const unsigned char *x, size_t i, int bits)
    void weave_ "weave"(const unsigned char *x, size_t frames, size_t width, size_t channel, size_t channels,
                        unsigned char *out)
    void unweave_ "unweave"(const unsigned char *x, size_t frames, size_t width, size_t channel, size_t channels,
                            unsigned char *out)
    void unpack_pcm24(const unsigned char *x, size_t frames, float *out)
    void unpack_pcm16(const unsigned char *x, size_t frames, float *out)

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
    cdef size_t i = 0, first, more = 0
    if bits not in (16, 24, 32) or <size_t>packed.shape[0] < frames * (bits // 8):
        raise ValueError(f"{frames} frames of {bits} bits in {packed.shape[0]} bytes")
    runs = []
    while i < frames:
        if not packed_is_full(&packed[0], i, bits):
            i += 1
            continue
        first = i
        while i < frames and packed_is_full(&packed[0], i, bits):
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
                if bits == 24:
                    full |= pack_pcm24(ring + at, n, to)
                elif bits == 16:
                    full |= pack_pcm16(ring + at, n, to)
                else:
                    full |= pack_float32(ring + at, n, to)
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
        self._place(strip, position, NULL, frames, 32)

    def place(self, uint32_t strip, int64_t position, const unsigned char[::1] samples, size_t frames,
              int bits) -> None:
        """Write `frames` samples (little-endian; 16, 24, or 32 = float) into `strip`'s playback ring at `position`."""
        if bits not in (16, 24, 32) or <size_t>samples.shape[0] < frames * (bits // 8):
            raise ValueError(f"{frames} frames of {bits} bits out of {samples.shape[0]} bytes")
        if frames:
            self._place(strip, position, &samples[0], frames, bits)

    cdef _place(self, uint32_t strip, int64_t position, const unsigned char *samples, size_t frames, int bits):
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
                elif bits == 24:
                    unpack_pcm24(samples, n, ring + at)
                elif bits == 16:
                    unpack_pcm16(samples, n, ring + at)
                else:
                    memcpy(ring + at, samples, n * sizeof(float))
                if samples != NULL:
                    samples += n * <size_t>(bits // 8)
                frames -= n
                at = 0
