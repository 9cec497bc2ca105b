# cython: cdivision=True
"""The PortAudio callback, in C from end to end: sounddevice opens the stream, Python never runs in it."""
from libc.stdint cimport uint32_t
from libc.string cimport memset

from graph cimport process
from graph_types cimport *
from host_timer cimport enter_audio_thread
from host_types cimport *

cdef enum:
    PA_CONTINUE = 0
    PA_ABORT = 2
    PA_TROUBLE = 1 | 2 | 4 | 8  # input or output, under- or overflow: an xrun


cdef inline int portaudio_callback(const void *taken, void *given, unsigned long frames, const void *times,
                                   unsigned long flags, void *user) noexcept nogil:
    """PaStreamCallback over interleaved float32; `user` is a PortAudioStream."""
    cdef PortAudioStream *stream = <PortAudioStream *>user
    cdef Host *h = stream.host
    cdef const float *x = <const float *>taken
    cdef float *y = <float *>given
    cdef uint32_t done = 0
    cdef uint32_t n, f, c
    if ACQUIRE_INT(&h.generation) != stream.generation:
        if y != NULL:
            memset(y, 0, frames * stream.outputs * sizeof(float))
        return PA_ABORT
    rt_flush_denormals()
    enter_audio_thread(h)
    if flags & PA_TROUBLE:
        h.g.now.xruns += 1
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
    return PA_CONTINUE
