"""What the mixing graph is made of: the C it stands on, and its state."""
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from block cimport *

cdef extern from "ramps.h" nogil:
    ctypedef struct scalar_ramp:
        float value, target, step
    void ramp_aim(scalar_ramp *ramp, float target, float frames)
    int ramp_sounds(const scalar_ramp *ramp)
    float ramp_walk(scalar_ramp *ramp)

cdef extern from "limiter.h" nogil:
    ctypedef struct peak_limiter:
        scalar_ramp ceiling
        scalar_ramp on
        uint64_t bad_samples
    float peak_limiter_gain(peak_limiter *limiter)
    void peak_limiter_prepare(peak_limiter *limiter, double rate_hz)
    uint32_t peak_limiter_latency(const peak_limiter *limiter)

cdef extern from "loudness.h" nogil:
    ctypedef struct loudness_meter:
        pass
    ctypedef struct loudness_reading:
        double momentary, short_term, integrated, range_ "range"
        float true_peak
    void loudness_reset(loudness_meter *meter)
    void loudness_read(const loudness_meter *meter, loudness_reading *reading)

cdef extern from "kernel.h" nogil:
    enum:
        MAX_STRIPS
        MAX_BUSES
        MAX_MATRICES
        SUM_LANES
        LANES
        MAIN_L
        MAIN_R
        MONO
        MATRICES
        SECTIONS
        HPF_SECTIONS
        CHUNK
        INTO_LEFT
        INTO_RIGHT
        INTO_MONO
        INTO_SOLO_L
        INTO_SOLO_R
        INTO_COUNT
        TAP_POST
        TAP_PRE
        TAP_EQ
        TAPS
    ctypedef struct ramp_lanes:
        float value[160]
        float target[160]
        float step[160]
    ctypedef struct filter_lanes:
        pass
    ctypedef struct dynamics_lanes:
        ramp_lanes mix
        float slope[160]
        float attack[160]
        float release[160]
        float hold[160]
        float rms[160]
        float reduction[160]
        float sign[160]
        int32_t key[160]
    ctypedef struct delay_lane:
        float *ring
        int32_t now, next, wanted, runs
        uint64_t born
    ctypedef struct tap_lanes:
        uint64_t open[3]
    ctypedef struct channel_lanes:
        ramp_lanes input, tape, trim, insert
        filter_lanes section[6]
        filter_lanes key_filter
        dynamics_lanes gate, comp
        delay_lane delay[160]
        delay_lane eq_delay[128]
        uint32_t delay_mask, eq_delay_mask
        float delay_fade
        uint64_t tape_open
        tap_lanes into[21]
        tap_lanes direct
        float peak[160]
        float mean_square[160]
        float front[10240]  # the first of what is scratch
        float peak_fall
        float mean_rate
        uint32_t strips
        uint64_t bad_samples, resets
    ctypedef struct strip_pass:
        uint32_t lanes[4]
        const float *const *inputs
        const float *const *tapes
        const float *const *returns
        float *const *sends
        float *const *directs
        float *const *sums
        uint64_t frame
        uint32_t frames
        int32_t is_first
    ctypedef struct sum_pass:
        uint32_t lanes
        const float *const *rows
        float *const *before
        float *const *after
        uint64_t frame
        uint32_t frames
    ctypedef struct kernel_ops:
        const char *isa
        uint32_t width
        void (*strips)(channel_lanes *, const strip_pass *) noexcept nogil
        void (*sums)(channel_lanes *, const sum_pass *) noexcept nogil
        void (*accumulate)(float *, const float *, scalar_ramp *, uint32_t) noexcept nogil
        void (*limit)(peak_limiter *, float *, float *, uint32_t) noexcept nogil
        void (*meter)(channel_lanes *, const float *const *, uint32_t) noexcept nogil
        void (*measure)(loudness_meter *, const float *const *, uint32_t) noexcept nogil
    const kernel_ops *kernel_select(const char *isa)

cdef extern from "sums.h" nogil:
    void samples_copy(float *to, const float *from_, uint32_t frames)
    void samples_clear(float *to, uint32_t frames)
    uint64_t samples_take(float *to, const float *from_, uint32_t frames)
    void samples_add(float *to, const float *from_, uint32_t frames)
    void gain_apply(float *x, uint32_t frames, scalar_ramp *gain)
    double quarter_sine(double u)

cdef extern from "aim.h" nogil:
    ctypedef struct loudness_of_two:
        loudness_meter meter
        loudness_reading reading
    void loudness_of_two_prepare(loudness_of_two *loudness, uint32_t rate_hz)
    void front_aim(channel_lanes *s, ramp_lanes *ramp, uint32_t lane, float target, float frames)
    void fader_aim(channel_lanes *s, uint32_t lane, float target, float frames)
    void tap_aim(tap_lanes *t, int tap, uint32_t lane, float target, float frames)
    int tap_sounds(const tap_lanes *t, uint32_t lane)
    void filter_flat(filter_lanes *s, uint32_t lane, float frames)
    void band_aim(filter_lanes *s, uint32_t lane, int type, double g, double gain, double q, float frames)
    void high_pass_aim(channel_lanes *s, uint32_t lane, int slope, double g, float frames)
    void key_filter_aim(filter_lanes *s, uint32_t lane, int type, double g, double q, float frames)
    void dynamics_aim(dynamics_lanes *d, uint32_t lane, float mix, float frames)
    void makeup_aim(dynamics_lanes *d, uint32_t lane, float octaves, float frames)
    void dynamics_curve(dynamics_lanes *d, uint32_t lane, int side, int sign, double threshold, double knee,
                        double slope, double limit)
    void dynamics_key(dynamics_lanes *d, uint32_t lane, int32_t strip)
    void dynamics_link(dynamics_lanes *d, uint32_t lane, int on)
    void delay_aim(delay_lane *d, int32_t frames, uint64_t now)
    void insert_aim(channel_lanes *s, uint32_t lane, float wet, float frames)
    void chains_arrive(channel_lanes *s)
    void channels_arrive(channel_lanes *s)
    void channels_begin(channel_lanes *s)
    void width_apply(float *left, float *right, uint32_t frames, scalar_ramp *width)

cdef extern from "generators.h" nogil:
    ctypedef struct oscillator:
        pass
    ctypedef struct click:
        pass
    void oscillator_prepare(oscillator *o, double rate_hz)
    void oscillator_set(oscillator *o, int32_t kind, double frequency_hz)
    void oscillator_run(oscillator *o, float *out, uint32_t frames)
    void click_prepare(click *c, uint32_t rate_hz)
    void click_set(click *c, double tempo_bpm, int32_t beats, int32_t subdivisions, float accent_gain)
    void click_run(click *c, float *out, int64_t position, uint32_t frames, int rolling)

cdef extern from "<math.h>" nogil:
    double sqrt(double x)

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

cdef enum Control:  # in the order of CONTROL_WORDS in _engine.pyx
    NO_CONTROL
    CHANNEL_FADER
    CHANNEL_MUTE
    CHANNEL_SOLO
    CHANNEL_SOLO_SAFE
    CHANNEL_PAN
    CHANNEL_PAN_LAW
    CHANNEL_MAIN_ON
    CHANNEL_MONO_ON
    CHANNEL_LINK
    CHANNEL_VCA
    CHANNEL_MUTE_GROUP
    STRIP_ARM
    STRIP_TRIMMED
    STRIP_TRIM
    STRIP_POLARITY
    STRIP_SOURCE
    STRIP_HPF
    STRIP_HPF_ON
    STRIP_HPF_SLOPE
    STRIP_MONITOR
    STRIP_DIRECT
    STRIP_DIRECT_TAP
    GATE_ON
    GATE_MODE
    GATE_THRESHOLD
    GATE_RANGE
    GATE_RATIO
    GATE_ATTACK
    GATE_HOLD
    GATE_RELEASE
    GATE_KEY
    GATE_KEY_TYPE
    GATE_KEY_FREQ
    GATE_KEY_Q
    EQ_ON
    EQ_TYPE
    EQ_FREQ
    EQ_GAIN
    EQ_Q
    EQ_BAND_ON
    COMP_ON
    COMP_MODE
    COMP_DETECTOR
    COMP_THRESHOLD
    COMP_RATIO
    COMP_KNEE
    COMP_ATTACK
    COMP_HOLD
    COMP_RELEASE
    COMP_MAKEUP
    COMP_MIX
    COMP_KEY
    INSERT_ON
    INSERT_OUTPUT
    INSERT_INPUT
    INSERT_LATENCY
    DELAY_ON
    DELAY_TIME
    SEND_LEVEL
    SEND_ON
    SEND_TAP
    SEND_PAN
    MATRIX_LEVEL
    MATRIX_ON
    BUS_ROLE
    MAIN_WIDTH
    MAIN_LIMITER_ON
    MAIN_CEILING
    VCA_FADER
    VCA_MUTE
    MUTE_GROUP_ON
    MUTE_FX
    MONITOR_SOURCE
    MONITOR_LEVEL
    MONITOR_DIM
    MONITOR_DIM_LEVEL
    MONITOR_MONO
    MONITOR_MUTE
    SOLO_MODE
    SOLO_LEVEL
    TALKBACK_ON
    TALKBACK_LEVEL
    TALKBACK_AUTODIM
    TALKBACK_MAIN
    TALKBACK_BUS
    OSCILLATOR_ON
    OSCILLATOR_SHAPE
    OSCILLATOR_FREQ
    OSCILLATOR_LEVEL
    OSCILLATOR_MAIN
    OSCILLATOR_BUS
    CLICK_ON
    CLICK_FREE
    CLICK_TEMPO
    CLICK_BEATS
    CLICK_SUBDIVISION
    CLICK_ACCENT
    CLICK_LEVEL
    CLICK_MAIN
    CLICK_BUS
    LOUDNESS_SOURCE
    LOUDNESS_ON
    SOUNDCHECK_ON

cdef enum:
    WAITING = 16  # commands that may wait for their frame
    CROSS_FRAMES = 240  # from one tape to another
    STOPPED = 0  # studiod.model.transport.TransportState
    PLAYING = 1
    RECORDING = 2
    MONITOR_AUTO = 0  # studiod.model.console.MONITOR_CHOICES
    MONITOR_INPUT = 1
    MONITOR_TAPE = 2
    MONITOR_BOTH = 3  # studiod.model.console.MONITOR_BOTH: in a rehearsal only
    NO_CHANNEL = -1
    VCA_COUNT = 8
    MUTE_GROUP_COUNT = 6
    ROLE_FX = 2  # studiod.model.console.layout.BUS_ROLES
    SOLO_PFL = 0  # studiod.model.console.section.SOLO_MODES
    SOLO_AFL = 1
    SOLO_SIP = 2
    LAW_3 = 0  # studiod.model.console.strip.PAN_LAWS
    LAW_4_5 = 1
    LAW_6 = 2
    LAW_BALANCE = 3
    GATE_GATE = 0  # studiod.model.console.chain.GATE_MODES
    GATE_EXPANDER = 1
    GATE_DUCKER = 2
    SOURCE_INPUT = 0  # studiod.model.console.strip.sources
    SOURCE_OSCILLATOR = 1
    SOURCE_CLICK = 2
    SOURCE_BUS = 3
    ROUTES = 27  # where a sum may go: what strips go into, then the matrices
    INTO_MATRIX = 21
    LAST_PASS = 17  # more than there are buses: what comes later is a cycle
    MONITOR_ROWS = 18  # main, mono, sixteen buses
    TALKBACK = 0  # the desk's own sources
    OSCILLATOR = 1
    CLICK = 2
    OWN_SOURCES = 3
    HARDWARE = 128  # channels

ctypedef struct slot_target:
    int32_t control, index, sub

ctypedef struct channel_settings:
    float fader, mute, solo, solo_safe, pan, pan_law, main_on, mono_on, link
    uint32_t vcas, mute_groups  # bits
    float eq_on
    float band_type[6]
    float band_freq[6]
    float band_gain[6]
    float band_q[6]
    float band_on[6]
    float comp_on, comp_mode, comp_detector, comp_threshold, comp_ratio, comp_knee, comp_mix
    float delay_on, delay_time
    float send_level[16]
    float send_on[16]
    float send_tap[16]
    float send_pan[16]
    float matrix_level[6]
    float matrix_on[6]
    float role

ctypedef struct strip_settings:
    float arm, trimmed, trim, polarity, monitor, hpf, hpf_on, hpf_slope
    float gate_on, gate_mode, gate_threshold, gate_range, gate_ratio
    float key_type, key_freq, key_q
    float direct_tap
    float insert_on, insert_latency
    int32_t direct_output, insert_output, insert_input  # hardware channels, NO_CHANNEL for none
    int32_t source, source_wanted
    bint plays_tape  # instead of the source
    int32_t direct_wanted, insert_output_wanted, insert_input_wanted
    uint64_t switch_at  # frame at which the wanted source is switched to, 0: none is wanted
    uint64_t patch_at  # the same of the wanted channels

ctypedef struct desk_settings:
    float vca_fader[8]
    float vca_mute[8]
    float mute_group[6]
    float mute_fx
    float monitor_level, monitor_dim, monitor_dim_level, monitor_mono, monitor_mute
    int32_t monitor_source, loudness_source
    float loudness_on
    float soundcheck
    float solo_level
    int32_t solo_mode
    float own_on[3]  # talkback, oscillator, click
    float own_level[3]
    float own_main[3]
    float own_bus[3][16]
    float talkback_autodim
    int32_t shape
    float frequency
    float click_free, tempo, beats, subdivision, accent

ctypedef int64_t (*Clock)() noexcept nogil  # nanoseconds, as CLOCK_MONOTONIC counts them

ctypedef struct Graph:
    channel_lanes *lanes  # aligned, owned by the engine
    const kernel_ops *ops
    char *base  # the shared block
    block_dims *dims
    Clock clock
    block_engine *head
    block_cue *cues  # of two generations: g is at g % BLOCK_CUES
    spsc_ring *control
    spsc_ring *answers
    spsc_ring *applied
    block_state *told_state
    slot_target *slots
    float ramp_frames
    double rms_share  # of a compressor that follows the mean square
    bint is_new  # before the first block: what is set is so at once
    # desk values as last set
    channel_settings channel[160]
    strip_settings strip[128]
    desk_settings desk
    bint any_solo, bus_solo
    int leaving  # fade out: set by the control thread before it parts from the host
    # patch: hardware channels, NO_CHANNEL for none
    int32_t input_of[128]
    int32_t bus_output[16]
    int32_t matrix_output[6]
    int32_t main_output[2]
    int32_t mono_output
    int32_t monitor_output[2]
    int32_t talkback_input
    # sums: where they go
    scalar_ramp route[32][27][3]
    uint32_t open_routes[32][3]  # bits of ROUTES
    scalar_ramp out_gain  # everything that leaves the machine
    bint passes_stale
    bint keeps  # writes the capture rings
    uint64_t trimmed_kept[2]  # bits of strips that are kept after trim
    uint64_t trimmed_open[2]  # and of those whose ring still holds some of that
    uint32_t strip_bits[18][4]  # of each pass
    uint32_t bus_bits[18]
    uint64_t patched[2]  # bits of strips with an insert or a direct out
    uint8_t own_is_clear[3]
    uint8_t strip_pass_of[128]
    uint8_t bus_pass_of[16]
    uint32_t passes
    uint64_t next_switch
    # main and monitor
    scalar_ramp width
    peak_limiter limiter
    int32_t loudness_of
    scalar_ramp monitor_gain[18][2]
    scalar_ramp solo_gain, solo_side
    scalar_ramp monitor_level
    scalar_ramp monitor_width
    # talkback, oscillator, click
    scalar_ramp own_gain[3]
    scalar_ramp own_into[3][18]  # buses, main left, right
    oscillator oscillator_
    click click_
    uint64_t click_since  # frame at which a free click began
    int32_t strip_latency  # frames every strip is late by: the longest insert
    int32_t sums_late  # the same, of buses and main where they are kept: since the last take or engine began
    int64_t sums_from  # frame before which this engine's limiter has nothing to keep
    int64_t read_position  # of the tape; runs on past a stop until its ramp has closed, whatever is located then
    uint64_t read_generation
    int64_t left_position  # where the tape was read before it was located elsewhere amid rolling
    uint64_t left_generation
    uint32_t crossed  # frames of the way over that are left
    control_record waiting[16]  # commands for a frame to come, earliest first
    uint32_t waiting_count
    bint was_wet
    uint64_t cued  # generation whose tracks the strips know
    engine_snapshot now
    # from here on nothing that sounds
    float meters[1024]
    loudness_of_two loudness[2]  # main, and the one that is chosen
    # scratch of one chunk
    float into[32][64]  # rows of the sums
    float before[32][64]
    float after[32][64]
    float solo[2][64]
    float own[3][64]
    float heard[2][64]
    float silence[64]
    const float *strip_in[128]
    const float *strip_tape[128]
    float crossing[128][64]  # both tapes, on the way over
    const float *returns[128]
    float *sends[128]
    float *directs[128]
    float *sum_rows[21]
