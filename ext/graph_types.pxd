"""What the mixing graph is made of: the C it stands on, and its state."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from block cimport *

cdef extern from "kernel.h" nogil:
    enum:
        MAX_LANES
        MAX_BUSES
        CHUNK
    ctypedef struct ramp_lanes:
        float value[128]
        float target[128]
        float step[128]
    ctypedef struct strip_lanes:
        ramp_lanes input, tape
        ramp_lanes trim
        ramp_lanes cutoff
        ramp_lanes dry, wet
        ramp_lanes mute
        ramp_lanes fader
        ramp_lanes left, right
        ramp_lanes pre[16]
        ramp_lanes post[16]
        float peak[128]
        float mean_square[128]
        float sum_peak[32]
        float sum_mean_square[32]
        float peak_fall
        float mean_rate
        uint32_t lanes, buses
        uint64_t bad_samples
    ctypedef struct kernel_ops:
        const char *isa
        uint32_t width
        void (*strips)(strip_lanes *, const float *const *, const float *const *, float *, float *, float *const *,
                       uint32_t) noexcept nogil
        void (*meters)(strip_lanes *, const float *const *, uint32_t, uint32_t) noexcept nogil
    const kernel_ops *kernel_select(const char *isa)

cdef extern from "sums.h" nogil:
    ctypedef struct scalar_ramp:
        float value, target, step
    ctypedef struct limiter_state:
        scalar_ramp ceiling
        double gain
        double release
    void samples_copy(float *to, const float *from_, uint32_t frames)
    void samples_clear(float *to, uint32_t frames)
    void ramp_aim(scalar_ramp *ramp, float target, float frames)
    void lane_aim(ramp_lanes *ramp, uint32_t lane, float target, float frames)
    void gain_apply(float *x, uint32_t frames, scalar_ramp *gain)
    void limiter_run(limiter_state *limiter, float *left, float *right, uint32_t frames)
    double quarter_sine(double u)

cdef extern from "rt.h" nogil:
    int64_t rt_now_ns()
    void rt_sleep_until(int64_t when_ns)
    uint64_t rt_flush_denormals()
    void rt_restore(uint64_t before)
    int64_t rt_thread_id()
    int rt_ask_priority(int priority)
    int rt_priority()

cdef extern from * nogil:
    """
    #define ACQUIRE_U64(p) __atomic_load_n((uint64_t *)(p), __ATOMIC_ACQUIRE)
    #define RELEASE_U64(p, v) __atomic_store_n((uint64_t *)(p), (uint64_t)(v), __ATOMIC_RELEASE)
    #define ACQUIRE_I64(p) __atomic_load_n((int64_t *)(p), __ATOMIC_ACQUIRE)
    #define ACQUIRE_INT(p) __atomic_load_n((int *)(p), __ATOMIC_ACQUIRE)
    #define RELEASE_INT(p, v) __atomic_store_n((int *)(p), (int)(v), __ATOMIC_RELEASE)
    #define COUNT_U64(p) __atomic_fetch_add((uint64_t *)(p), 1, __ATOMIC_RELEASE)
    """
    uint64_t ACQUIRE_U64(const void *p)
    void RELEASE_U64(void *p, uint64_t v)
    int64_t ACQUIRE_I64(const void *p)
    int ACQUIRE_INT(const void *p)
    void RELEASE_INT(void *p, int v)
    uint64_t COUNT_U64(void *p)

cdef enum Control:
    NO_CONTROL
    STRIP_FADER
    STRIP_MUTE
    STRIP_SOLO
    STRIP_ARM
    STRIP_PAN
    STRIP_TRIM
    STRIP_POLARITY
    STRIP_HPF
    STRIP_HPF_ON
    STRIP_MONITOR
    SEND_LEVEL
    SEND_ON
    SEND_PRE
    BUS_FADER
    BUS_MUTE
    MAIN_FADER
    MAIN_MUTE
    MAIN_CEILING

cdef enum:
    STOPPED = 0  # studiod.model.transport.TransportState
    PLAYING = 1
    RECORDING = 2
    MONITOR_AUTO = 0  # studiod.model.console.MONITOR_CHOICES
    MONITOR_INPUT = 1
    MONITOR_TAPE = 2
    NO_CHANNEL = -1

ctypedef struct slot_target:
    int32_t control, index, sub

ctypedef struct Graph:
    strip_lanes *lanes  # aligned, owned by the engine
    const kernel_ops *ops
    char *base  # the shared block
    block_dims *dims
    block_engine *head
    block_cue *cue
    spsc_ring *control
    spsc_ring *answers
    slot_target *slots
    float ramp_frames
    # desk values as last set
    float solo[128]
    bint any_solo
    float arm[128]
    float pan[128]
    float trim[128]
    float polarity[128]
    float monitor[128]
    float send_level[128][16]
    float send_on[128][16]
    float send_pre[128][16]
    float bus_fader[16]
    float bus_mute[16]
    float main_fader, main_mute
    int leaving  # fade out: set by the control thread before it parts from the host
    int32_t input_of[128]  # hardware input of the strip, NO_CHANNEL for none
    int32_t bus_output[16]
    int32_t main_output[2]
    scalar_ramp bus_gain[16]
    scalar_ramp main_gain[2]
    limiter_state limiter
    int64_t read_position  # of the tape; runs on past a stop until its ramp has closed, whatever is located then
    uint64_t read_generation
    uint64_t cued  # generation whose tracks the strips know
    engine_snapshot now
    float meters[512]
    # scratch of one chunk
    float left[64]
    float right[64]
    float bus[16][64]
    const float *strip_in[128]
    const float *strip_tape[128]
    const float *sums[32]  # buses, main left, main right: what is metered
