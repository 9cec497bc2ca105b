# cython: cdivision=True
"""The mixing graph: parameters to ramps, transport, capture, one block of sound. No Python here, ever."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from block cimport *
from graph_types cimport *


cdef inline float *capture_ring(Graph *g, uint32_t channel) noexcept nogil:
    return <float *>(g.base + g.dims.capture_at) + channel * g.dims.capture_frames


cdef inline float *playback_ring(Graph *g, uint32_t strip) noexcept nogil:
    return <float *>(g.base + g.dims.playback_at) + strip * g.dims.playback_frames


# -- parameters to ramps -----------------------------------------------------------------------------------------------

cdef inline void aim_pan(Graph *g, uint32_t lane) noexcept nogil:
    cdef double p = (g.pan[lane] + 1.0) * 0.5
    cdef float heard = 1.0 if not g.any_solo or g.solo[lane] != 0.0 else 0.0
    lane_aim(&g.lanes.left, lane, <float>quarter_sine(1.0 - p) * heard, g.ramp_frames)
    lane_aim(&g.lanes.right, lane, <float>quarter_sine(p) * heard, g.ramp_frames)


cdef inline void aim_solo(Graph *g, uint32_t lane) noexcept nogil:
    """After a solo switch of `lane`; the others move only with the first solo and the last."""
    cdef bint any_solo = False
    cdef uint32_t other
    for other in range(g.dims.strips):
        any_solo = any_solo or g.solo[other] != 0.0
    if any_solo == g.any_solo:
        aim_pan(g, lane)
        return
    g.any_solo = any_solo
    for other in range(g.dims.strips):
        aim_pan(g, other)


cdef inline void aim_send(Graph *g, uint32_t lane, uint32_t bus) noexcept nogil:
    cdef float level = g.send_level[lane][bus] if g.send_on[lane][bus] != 0.0 else 0.0
    cdef bint pre = g.send_pre[lane][bus] != 0.0
    lane_aim(&g.lanes.pre[bus], lane, level if pre else 0.0, g.ramp_frames)
    lane_aim(&g.lanes.post[bus], lane, 0.0 if pre else level, g.ramp_frames)


cdef inline void aim_sources(Graph *g) noexcept nogil:
    """Who plays tape and who plays the input, from monitor switches, arms and the transport."""
    cdef uint32_t lane
    cdef bint tape
    cdef uint64_t tracks[2]
    tracks[0] = ACQUIRE_U64(&g.cue.tracks[0])
    tracks[1] = ACQUIRE_U64(&g.cue.tracks[1])
    for lane in range(g.dims.strips):
        tape = g.now.state != STOPPED and (tracks[lane >> 6] >> (lane & 63)) & 1
        if g.monitor[lane] == MONITOR_TAPE:
            lane_aim(&g.lanes.input, lane, 0.0, g.ramp_frames)
        else:
            if g.monitor[lane] == MONITOR_INPUT or (g.now.state == RECORDING and g.arm[lane] != 0.0):
                tape = False
            lane_aim(&g.lanes.input, lane, 0.0 if tape else 1.0, g.ramp_frames)
        lane_aim(&g.lanes.tape, lane, 1.0 if tape else 0.0, g.ramp_frames)


cdef inline void set_value(Graph *g, uint32_t slot, float value) noexcept nogil:
    """Aim whatever `slot` steers at `value` (engine space)."""
    cdef slot_target at = g.slots[slot]
    cdef uint32_t i = <uint32_t>at.index
    cdef uint32_t b = <uint32_t>at.sub
    cdef int32_t control = at.control
    if not (-1e6 < value < 1e6):  # NaN too
        return
    if control == STRIP_FADER:
        lane_aim(&g.lanes.fader, i, value, g.ramp_frames)
    elif control == STRIP_MUTE:
        lane_aim(&g.lanes.mute, i, 0.0 if value != 0.0 else 1.0, g.ramp_frames)
    elif control == STRIP_SOLO:
        g.solo[i] = value
        aim_solo(g, i)
    elif control == STRIP_ARM:
        g.arm[i] = value
        aim_sources(g)
    elif control == STRIP_PAN:
        g.pan[i] = value
        aim_pan(g, i)
    elif control == STRIP_TRIM or control == STRIP_POLARITY:
        if control == STRIP_TRIM:
            g.trim[i] = value
        else:
            g.polarity[i] = value
        lane_aim(&g.lanes.trim, i, -g.trim[i] if g.polarity[i] != 0.0 else g.trim[i], g.ramp_frames)
    elif control == STRIP_HPF:
        lane_aim(&g.lanes.cutoff, i, value, g.ramp_frames)
    elif control == STRIP_HPF_ON:
        lane_aim(&g.lanes.wet, i, 1.0 if value != 0.0 else 0.0, g.ramp_frames)
        lane_aim(&g.lanes.dry, i, 0.0 if value != 0.0 else 1.0, g.ramp_frames)
    elif control == STRIP_MONITOR:
        g.monitor[i] = value
        aim_sources(g)
    elif control == SEND_LEVEL:
        g.send_level[i][b] = value
        aim_send(g, i, b)
    elif control == SEND_ON:
        g.send_on[i][b] = value
        aim_send(g, i, b)
    elif control == SEND_PRE:
        g.send_pre[i][b] = value
        aim_send(g, i, b)
    elif control == BUS_FADER or control == BUS_MUTE:
        if control == BUS_FADER:
            g.bus_fader[i] = value
        else:
            g.bus_mute[i] = value
        ramp_aim(&g.bus_gain[i], 0.0 if g.bus_mute[i] != 0.0 else g.bus_fader[i], g.ramp_frames)
    elif control == MAIN_FADER or control == MAIN_MUTE:
        if control == MAIN_FADER:
            g.main_fader = value
        else:
            g.main_mute = value
        for i in range(2):
            ramp_aim(&g.main_gain[i], 0.0 if g.main_mute != 0.0 else g.main_fader, g.ramp_frames)
    elif control == MAIN_CEILING:
        ramp_aim(&g.limiter.ceiling, value, g.ramp_frames)


cdef inline void aim_at_silence(Graph *g) noexcept nogil:
    """Everything that leaves the machine fades out."""
    cdef uint32_t i
    for i in range(g.dims.buses):
        ramp_aim(&g.bus_gain[i], 0.0, g.ramp_frames)
    for i in range(2):
        ramp_aim(&g.main_gain[i], 0.0, g.ramp_frames)


cdef inline void snap_ramp(ramp_lanes *ramp) noexcept nogil:
    memcpy(ramp.value, ramp.target, sizeof(ramp.value))


cdef inline void snap_all(Graph *g) noexcept nogil:
    """Every ramp arrives now: the start of an offline render."""
    cdef uint32_t b
    snap_ramp(&g.lanes.input)
    snap_ramp(&g.lanes.tape)
    snap_ramp(&g.lanes.trim)
    snap_ramp(&g.lanes.cutoff)
    snap_ramp(&g.lanes.dry)
    snap_ramp(&g.lanes.wet)
    snap_ramp(&g.lanes.mute)
    snap_ramp(&g.lanes.fader)
    snap_ramp(&g.lanes.left)
    snap_ramp(&g.lanes.right)
    for b in range(MAX_BUSES):
        snap_ramp(&g.lanes.pre[b])
        snap_ramp(&g.lanes.post[b])
        g.bus_gain[b].value = g.bus_gain[b].target
    for b in range(2):
        g.main_gain[b].value = g.main_gain[b].target
    g.limiter.ceiling.value = g.limiter.ceiling.target


# -- transport ---------------------------------------------------------------------------------------------------------

cdef inline void end_take(Graph *g) noexcept nogil:
    cdef engine_take *take = &g.now.takes[g.now.take_id % BLOCK_TAKES]
    if g.now.state == RECORDING and take.stop == BLOCK_NOT_STOPPED:
        take.stop = g.now.frame


cdef inline void set_state(Graph *g, uint64_t state) noexcept nogil:
    g.now.state = state
    aim_sources(g)


cdef inline void obey(Graph *g, control_record *record) noexcept nogil:
    """Do what one record says, at the frame that comes next."""
    cdef engine_take *take
    if record.op == OP_SET:
        if record.slot < g.dims.numbers:
            set_value(g, record.slot, <float>record.value)
        return
    if record.op == OP_PLAY:
        end_take(g)
        set_state(g, PLAYING)
    elif record.op == OP_STOP:
        end_take(g)
        set_state(g, STOPPED)
    elif record.op == OP_RECORD:
        end_take(g)
        take = &g.now.takes[record.slot % BLOCK_TAKES]
        take.id = record.slot
        take.start = g.now.frame
        take.stop = BLOCK_NOT_STOPPED
        take.position = g.now.position
        g.now.take_id = record.slot
        set_state(g, RECORDING)
    elif record.op == OP_LOCATE:
        g.now.position = <int64_t>record.value
        g.now.generation = record.slot
        aim_sources(g)
    g.now.applied_seq = record.seq
    record.at_frame = g.now.frame
    ring_push(g.answers, record)  # never full: the desk leaves no more unanswered than the ring holds


cdef inline uint32_t obey_due(Graph *g, uint32_t frames) noexcept nogil:
    """Obey every record whose frame has come; frames until the next one is due, at most `frames`."""
    cdef control_record record
    cdef uint32_t bound = g.control.slots  # a desk that never stops talking must not hold the block
    while bound and ring_peek(g.control, &record):
        if record.at_frame > g.now.frame:
            if record.at_frame - g.now.frame < frames:
                frames = <uint32_t>(record.at_frame - g.now.frame)
            break
        obey(g, &record)
        ring_commit(g.control)
        bound -= 1
    return frames


# -- sound -------------------------------------------------------------------------------------------------------------

cdef inline uint32_t unwrapped(uint64_t index, uint64_t size, uint32_t frames) noexcept nogil:
    cdef uint64_t left = size - (index & (size - 1))
    return <uint32_t>left if left < frames else frames


cdef inline bint tape_sounds(Graph *g) noexcept nogil:
    cdef uint32_t lane
    for lane in range(g.dims.strips):
        if g.lanes.tape.value[lane] != 0.0 or g.lanes.tape.target[lane] != 0.0:
            return True
    return False


cdef inline uint32_t point_at_tape(Graph *g, uint32_t frames) noexcept nogil:
    """Point the strips at what the tape has prepared; frames that can be read in one piece."""
    cdef uint64_t size = g.dims.playback_frames
    cdef uint64_t at = <uint64_t>g.read_position & (size - 1)
    cdef uint32_t lane
    cdef bint wet
    frames = unwrapped(at, size, frames)
    wet = (ACQUIRE_U64(&g.cue.generation) == g.read_generation and g.read_generation != 0
           and ACQUIRE_I64(&g.cue.from_) <= g.read_position and g.read_position + frames <= ACQUIRE_I64(&g.cue.to))
    for lane in range(g.dims.strips):
        g.strip_tape[lane] = playback_ring(g, lane) + at if wet else NULL
    if not wet:
        g.now.dry_frames += frames
    return frames


cdef inline void keep(Graph *g, uint32_t channel, const float *x, uint32_t frames) noexcept nogil:
    """Write `frames` samples (NULL: silence) of capture `channel` at the engine frame, none past its ring's end."""
    cdef float *ring = capture_ring(g, channel) + (g.now.frame & (g.dims.capture_frames - 1))
    if x != NULL:
        samples_copy(ring, x, frames)
    else:
        samples_clear(ring, frames)


cdef inline void chunk(Graph *g, const float *const *inputs, uint32_t input_count, float *const *outputs,
                       uint32_t output_count, uint32_t at, uint32_t frames) noexcept nogil:
    """At most CHUNK frames, from `at` on in the block's buffers."""
    cdef uint32_t i
    cdef int32_t channel
    cdef float *buses[16]
    for i in range(g.dims.strips):
        channel = g.input_of[i]
        g.strip_in[i] = NULL
        if 0 <= channel < <int32_t>input_count and inputs[channel] != NULL:
            g.strip_in[i] = inputs[channel] + at
    for i in range(MAX_BUSES):
        buses[i] = g.bus[i]
    g.ops.strips(g.lanes, g.strip_in, g.strip_tape, g.left, g.right, <float *const *>buses, frames)
    for i in range(g.dims.buses):
        gain_apply(g.bus[i], frames, &g.bus_gain[i])
        g.sums[i] = g.bus[i]
    gain_apply(g.left, frames, &g.main_gain[0])
    gain_apply(g.right, frames, &g.main_gain[1])
    limiter_run(&g.limiter, g.left, g.right, frames)
    g.sums[g.dims.buses] = g.left
    g.sums[g.dims.buses + 1] = g.right
    g.ops.meters(g.lanes, g.sums, g.dims.buses + 2, frames)
    # capture rings: every input, every bus, main
    for i in range(g.dims.inputs):
        keep(g, i, inputs[i] + at if i < input_count and inputs[i] != NULL else NULL, frames)
    for i in range(g.dims.buses):
        keep(g, g.dims.inputs + i, g.bus[i], frames)
    keep(g, g.dims.inputs + g.dims.buses, g.left, frames)
    keep(g, g.dims.inputs + g.dims.buses + 1, g.right, frames)
    # outputs
    for i in range(output_count):
        samples_clear(outputs[i] + at, frames)
    for i in range(g.dims.buses):
        channel = g.bus_output[i]
        if 0 <= channel < <int32_t>output_count:
            samples_copy(outputs[channel] + at, g.bus[i], frames)
    if 0 <= g.main_output[0] < <int32_t>output_count:
        samples_copy(outputs[g.main_output[0]] + at, g.left, frames)
    if 0 <= g.main_output[1] < <int32_t>output_count:
        samples_copy(outputs[g.main_output[1]] + at, g.right, frames)


cdef inline void tell(Graph *g) noexcept nogil:
    """Tell the snapshot cell how things stand."""
    cdef uint32_t strips = g.dims.strips
    cdef uint32_t buses = g.dims.buses
    cdef uint32_t i
    cdef float *meters = g.meters
    for i in range(strips):
        meters[2 * i] = g.lanes.peak[i]
        meters[2 * i + 1] = g.lanes.mean_square[i]
    meters += 2 * strips
    for i in range(buses):
        meters[2 * i] = g.lanes.sum_peak[i]
        meters[2 * i + 1] = g.lanes.sum_mean_square[i]
    meters += 2 * buses
    meters[0] = g.lanes.sum_peak[buses]
    meters[1] = g.lanes.sum_peak[buses + 1]
    meters[2] = g.lanes.sum_mean_square[buses]
    meters[3] = g.lanes.sum_mean_square[buses + 1]
    meters[4] = <float>g.limiter.gain
    g.now.bad_samples = g.lanes.bad_samples
    cell_store(<ab_cell *>(g.base + g.dims.snapshot_at), <uint64_t *>&g.now, block_snapshot_words(g.dims))


cdef inline void process(Graph *g, const float *const *inputs, uint32_t input_count, float *const *outputs,
                         uint32_t output_count, uint32_t frames) noexcept nogil:
    """One block: `frames` samples of planar inputs (NULL: a lost channel, silence) to planar outputs (overwritten)."""
    cdef int64_t began = rt_now_ns()
    cdef uint32_t done = 0
    cdef uint32_t n
    cdef bint reads_tape
    if g.cued != ACQUIRE_U64(&g.cue.generation):
        g.cued = ACQUIRE_U64(&g.cue.generation)
        aim_sources(g)
    if ACQUIRE_INT(&g.leaving):
        aim_at_silence(g)
    while done < frames:
        n = obey_due(g, min(frames - done, <uint32_t>CHUNK))
        n = unwrapped(g.now.frame, g.dims.capture_frames, n)
        if g.now.state != STOPPED:  # at every chunk: a tape that is opened in mid-song reads where the song is
            g.read_position = g.now.position
            g.read_generation = g.now.generation
        reads_tape = tape_sounds(g)
        if reads_tape:
            n = point_at_tape(g, n)
        chunk(g, inputs, input_count, outputs, output_count, done, n)
        if reads_tape:
            g.read_position += n
        if g.now.state != STOPPED:
            g.now.position += n
        g.now.frame += n
        done += n
    RELEASE_U64(&g.head.capture_head, g.now.frame)
    g.now.blocks += 1
    g.now.monotonic_ns = rt_now_ns()
    cdef uint64_t took = <uint64_t>(g.now.monotonic_ns - began)
    g.now.period_ns = <uint64_t>frames * 1000000000 // g.dims.rate_hz
    g.now.block_ns += (took - g.now.block_ns) // 64 if took > g.now.block_ns else 0
    if took < g.now.block_ns:
        g.now.block_ns -= (g.now.block_ns - took) // 64
    if took > g.now.worst_ns:
        g.now.worst_ns = took
    if took > g.now.period_ns:
        g.now.late_blocks += 1
    tell(g)
    COUNT_U64(&(<block_life *>(g.base + LIFE_AT)).beats[PROCESS_ENGINE])


cdef inline void mark_gap(Graph *g, uint64_t frames, uint64_t cause) noexcept nogil:
    """Write down that the next `frames` hold no sound that was played."""
    cdef block_gap *gap = &g.head.gaps[g.head.gap_count % BLOCK_GAPS]
    gap.start = g.now.frame
    gap.frames = frames
    gap.cause = cause
    RELEASE_U64(&g.head.gap_count, g.head.gap_count + 1)


cdef inline void skip(Graph *g, uint64_t frames, uint64_t cause) noexcept nogil:
    """Frames that nobody heard: the clock goes on, the rings get exact silence, the gap is written down."""
    cdef uint64_t size = g.dims.capture_frames
    cdef uint64_t silent = min(frames, size)
    cdef uint64_t first = g.now.frame + frames - silent
    cdef uint64_t start, n
    cdef uint32_t channel
    if frames == 0:
        return
    for channel in range(g.dims.captures):
        start = first
        while start < first + silent:
            n = min(first + silent - start, size - (start & (size - 1)))
            memset(capture_ring(g, channel) + (start & (size - 1)), 0, n * sizeof(float))
            start += n
    mark_gap(g, frames, cause)
    if g.now.state != STOPPED:
        g.now.position += frames
    g.now.frame += frames
    RELEASE_U64(&g.head.capture_head, g.now.frame)
