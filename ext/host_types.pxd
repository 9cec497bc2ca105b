"""Who calls the graph: what every host shares."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from graph_types cimport Graph

cdef extern from "<pthread.h>" nogil:
    ctypedef unsigned long pthread_t
    int pthread_create(pthread_t *thread, void *attributes, void *(*run)(void *) noexcept nogil, void *argument)
    int pthread_join(pthread_t thread, void **result)

cdef extern from "stage.h" nogil:
    enum:
        STAGE_SILENCE
        STAGE_COUNTER
        STAGE_BAND
        STAGE_LOOPBACK
    ctypedef struct stage:
        int kind
        uint32_t length
    int stage_make(stage *s, int kind, double rate, double tempo_bpm)
    int stage_cable(stage *s, uint32_t late, uint32_t block_frames)
    void stage_hear(stage *s, uint32_t channel, uint64_t frame, uint32_t frames, const float *in_)
    void stage_free(stage *s)
    void stage_play(const stage *s, uint32_t channel, uint64_t frame, uint32_t frames, float *out)

cdef enum:
    DROPPED = 4  # words.GAP_CAUSES
    SETTLING = 8  # blocks until a stream that starts has found its pace
    FOLLOW = 16  # blocks over which the usual lateness is taken: the drift of the card's clock, not its jitter
    MAX_CHANNELS = 128
    AUDIO_PRIORITY = 70  # under JACK's own threads, over everything that is not sound

ctypedef struct Host:
    Graph *g
    int generation  # a callback of an abandoned stream finds another number here and ends itself
    int stop  # asks the timer thread to end
    int lost  # set by whoever notices that the device is gone
    uint32_t inputs, outputs  # channels in use
    uint32_t block_frames  # most frames of one block
    int64_t priority_asked  # thread whose priority and denormals are set
    float *in_[128]  # planar scratch of block_frames, owned
    float *out[128]
    const float *in_at[128]
    float *out_at[128]
    pthread_t thread
    bint has_thread
    stage band

ctypedef struct PortAudioStream:
    Host *host
    int generation
    uint32_t inputs, outputs  # of the stream: interleaved
    uint64_t cause  # why there was no sound before the first block
    uint64_t blocks  # since it began
    int64_t began_ns  # when the first frame was captured
    uint64_t began_frame
    int64_t usual_late_ns  # how much later than its number says a block is captured
    uint32_t odd_blocks  # in a row: much later than usual, or much earlier
