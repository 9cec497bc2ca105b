# cython: cdivision=True
"""The mixing graph: transport, tape, one block of sound. No Python here, ever."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from block cimport *
from console cimport *
from graph_types cimport *
from route cimport *
from section cimport *
from state cimport tell_state


cdef inline void aim_at_silence(Graph *g) noexcept nogil:
    """Everything that leaves the machine fades out."""
    ramp_aim(&g.out_gain, 0.0, g.ramp_frames)


cdef inline void snap_all(Graph *g) noexcept nogil:
    """Every ramp arrives now: the start of an offline render."""
    cdef uint32_t i, to, tap
    channels_arrive(g.lanes)
    for i in range(SUM_LANES):
        for to in range(ROUTES):
            for tap in range(TAPS):
                snap(&g.route[i][to][tap])
    for i in range(MONITOR_ROWS):
        snap(&g.monitor_gain[i][0])
        snap(&g.monitor_gain[i][1])
    for i in range(OWN_SOURCES):
        snap(&g.own_gain[i])
        for to in range(MAX_BUSES + 2):
            snap(&g.own_into[i][to])
    snap(&g.solo_gain)
    snap(&g.monitor_level)
    snap(&g.out_gain)
    snap_desk(g)


cdef inline void snap(scalar_ramp *ramp) noexcept nogil:
    ramp.value = ramp.target


cdef inline void snap_desk(Graph *g) noexcept nogil:
    """What has no use for a fade-in at the start of an engine."""
    chains_arrive(g.lanes)
    snap(&g.width)
    snap(&g.monitor_width)
    snap(&g.limiter.ceiling)
    snap(&g.limiter.on)


cdef inline void set_all(Graph *g) noexcept nogil:
    """Aim everything at the block's desired state, and be there: where the last engine stood."""
    cdef uint32_t i
    cdef uint64_t word
    cdef double value
    for i in range(g.dims.numbers):
        word = ACQUIRE_U64(g.base + g.dims.engine_values_at + 8 * i)
        memcpy(&value, &word, 8)
        set_value(g, i, <float>value)
    aim_delays(g)
    aim_every_solo(g)
    aim_monitor(g)
    aim_sources(g)
    set_click(g)
    for i in range(OWN_SOURCES):
        aim_own(g, i)
    oscillator_set(&g.oscillator_, g.desk.shape, g.desk.frequency)
    snap_desk(g)
    g.is_new = False


cdef inline void keep_silence(Graph *g, uint32_t channel, int64_t start, uint64_t frames) noexcept nogil:
    """Write exact silence to the ring of `channel`, as far as it reaches back."""
    cdef uint64_t size = g.dims.capture_frames
    cdef uint64_t end = <uint64_t>max(start + <int64_t>frames, 0)
    cdef uint64_t at = end - min(end, min(frames, size))
    cdef uint64_t n
    while at < end:
        n = min(end - at, size - (at & (size - 1)))
        memset(block_capture(g.base, g.dims, channel) + (at & (size - 1)), 0, n * sizeof(float))
        at += n


cdef inline void align_sums(Graph *g) noexcept nogil:
    """A take begins: from here on the sums are kept as late as they are now, so that they stand beside the inputs.

    That holds until the take ends: what is heard without a break is recorded without one.
    """
    cdef int32_t before = g.sums_late
    cdef uint32_t channel
    g.sums_late = g.strip_latency
    if g.sums_late < before:  # they step over what nobody hears
        for channel in range(g.dims.inputs, block_trimmed(g.dims, 0)):
            keep_silence(g, channel, <int64_t>g.now.frame - before, <uint64_t>(before - g.sums_late))


# -- transport ---------------------------------------------------------------------------------------------------------

cdef inline void end_take(Graph *g) noexcept nogil:
    cdef engine_take *take = &g.now.takes[g.now.takes_begun % BLOCK_TAKES]
    if g.now.state == RECORDING and take.stop == BLOCK_NOT_STOPPED:
        take.stop = g.now.frame


cdef inline void set_state(Graph *g, uint64_t state) noexcept nogil:
    cdef uint32_t lane
    g.now.state = state
    aim_sources(g)
    for lane in range(g.dims.strips):
        aim_trimmed(g, lane)


cdef inline void tell_applied(Graph *g, uint32_t op, uint32_t slot, double value, uint64_t seq) noexcept nogil:
    """For the journal: what takes effect before the frame that comes next; without room, that it is lost."""
    cdef control_record record = control_record(op, slot, value, g.now.frame, seq)
    if not g.keeps:
        return
    if ring_push(g.applied, &record):
        g.head.is_losing = 0
        return
    if not g.head.is_losing:
        g.head.is_losing = 1
        RELEASE_U64(&g.head.lost_from, g.now.frame)
    RELEASE_U64(&g.head.lost_to, g.now.frame)
    g.now.applied_lost += 1


cdef inline void answer(Graph *g, control_record *record, uint64_t frame) noexcept nogil:
    """Say that a command took effect at `frame`; 0: never."""
    g.now.applied_seq = max(g.now.applied_seq, record.seq)
    record.at_frame = frame
    ring_push(g.answers, record)  # never full: the desk leaves no more unanswered than the ring holds


cdef inline void cancel_waiting(Graph *g) noexcept nogil:
    cdef uint32_t i
    for i in range(g.waiting_count):
        answer(g, &g.waiting[i], 0)
    g.waiting_count = 0


cdef inline bint let_wait(Graph *g, control_record *record) noexcept nogil:
    """Put a command aside for its frame, behind those of the same; False when there is no room."""
    cdef uint32_t at = g.waiting_count
    if at == WAITING:
        return False
    while at and g.waiting[at - 1].at_frame > record.at_frame:
        g.waiting[at] = g.waiting[at - 1]
        at -= 1
    g.waiting[at] = record[0]
    g.waiting_count += 1
    return True


cdef inline void obey_waiting(Graph *g) noexcept nogil:
    """Obey the commands whose frame has come."""
    cdef control_record record
    cdef uint32_t i
    while g.waiting_count and g.waiting[0].at_frame <= g.now.frame:
        record = g.waiting[0]
        g.waiting_count -= 1
        for i in range(g.waiting_count):
            g.waiting[i] = g.waiting[i + 1]
        obey(g, &record)


cdef inline void obey(Graph *g, control_record *record) noexcept nogil:
    """Do what one record says, at the frame that comes next."""
    cdef engine_take *take
    tell_applied(g, record.op, record.slot, record.value, record.seq)
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
        g.now.takes_begun += 1
        take = &g.now.takes[g.now.takes_begun % BLOCK_TAKES]
        take.id = record.slot
        take.start = g.now.frame
        take.stop = BLOCK_NOT_STOPPED
        take.position = g.now.position
        g.now.take_id = record.slot
        g.now.overlays = record.value != 0.0
        align_sums(g)
        set_state(g, RECORDING)
    elif record.op == OP_LOCATE:
        g.now.position = <int64_t>record.value
        g.now.generation = record.slot
        aim_sources(g)
    elif record.op == OP_LOUDNESS_RESET:
        loudness_reset(&g.loudness[0].meter)
        loudness_reset(&g.loudness[1].meter)
    elif record.op == OP_CANCEL:
        cancel_waiting(g)
    if record.op == OP_RECORD:
        tell_state(g)
    answer(g, record, g.now.frame)


cdef inline uint32_t obey_due(Graph *g, uint32_t frames) noexcept nogil:
    """Obey every record whose frame has come; frames until the next one is due, at most `frames`.

    A value for a frame to come holds up what is behind it; a command does not: it waits aside.
    """
    cdef control_record record
    cdef uint32_t bound = g.control.slots  # a desk that never stops talking must not hold the block
    obey_waiting(g)
    while bound and ring_peek(g.control, &record):
        if record.at_frame > g.now.frame and (record.op == OP_SET or not let_wait(g, &record)):
            frames = <uint32_t>min(<uint64_t>frames, record.at_frame - g.now.frame)
            break
        if record.at_frame <= g.now.frame:
            obey(g, &record)
        ring_commit(g.control)
        bound -= 1
    if g.waiting_count:
        frames = <uint32_t>min(<uint64_t>frames, g.waiting[0].at_frame - g.now.frame)
    return frames


# -- sound -------------------------------------------------------------------------------------------------------------

cdef inline uint32_t unwrapped(uint64_t index, uint64_t size, uint32_t frames) noexcept nogil:
    cdef uint64_t left = size - (index & (size - 1))
    return <uint32_t>left if left < frames else frames


cdef inline void tell_head(Graph *g) noexcept nogil:
    """Tell the tape what every capture ring holds: the sums are late, and are written where they belong."""
    cdef uint64_t late = <uint64_t>g.sums_late + g.now.main_latency
    RELEASE_U64(&g.head.input_head, g.now.frame)
    if g.now.frame > late and g.now.frame - late > g.head.capture_head:  # it never goes back
        RELEASE_U64(&g.head.capture_head, g.now.frame - late)


cdef inline bint is_wet(Graph *g, uint64_t generation, int64_t position, uint32_t frames) noexcept nogil:
    """Whether the tape has prepared that."""
    cdef block_cue *cue = &g.cues[generation % BLOCK_CUES]
    return (generation != 0 and ACQUIRE_U64(&cue.generation) == generation
            and ACQUIRE_I64(&cue.from_) <= position and position + frames <= ACQUIRE_I64(&cue.to))


cdef inline void read_tape(Graph *g) noexcept nogil:
    """Read where the transport is. What was located amid rolling is gone over to within 5 ms."""
    cdef bint is_elsewhere = g.read_generation != g.now.generation or g.read_position != g.now.position
    if is_elsewhere and g.lanes.tape_open and not g.crossed:
        g.left_position = g.read_position
        g.left_generation = g.read_generation
        g.crossed = CROSS_FRAMES
    g.read_position = g.now.position
    g.read_generation = g.now.generation


cdef inline void cross_tapes(Graph *g, uint32_t frames, bint wet) noexcept nogil:
    """What the strips read on their way over: the new tape fades in over the old."""
    cdef bint was_wet = is_wet(g, g.left_generation, g.left_position, frames)
    cdef uint32_t bank = <uint32_t>(g.left_generation % BLOCK_CUES)
    cdef uint64_t left_at = <uint64_t>g.left_position & (g.dims.playback_frames - 1)
    cdef const float *left
    cdef const float *right
    cdef float share, x
    cdef uint32_t lane, f
    for lane in range(g.dims.strips):
        left = block_playback(g.base, g.dims, bank, lane) + left_at
        right = g.strip_tape[lane]
        for f in range(frames):
            share = <float>(CROSS_FRAMES - g.crossed + f + 1) * <float>(1.0 / CROSS_FRAMES)
            x = left[f] * (<float>1.0 - share) if was_wet else <float>0.0
            if wet:
                x += right[f] * share
            g.crossing[lane][f] = x
        g.strip_tape[lane] = g.crossing[lane]
    g.crossed -= frames


cdef inline uint32_t point_at_tape(Graph *g, uint32_t frames) noexcept nogil:
    """Point the strips at what the tape has prepared; frames that can be read in one piece."""
    cdef uint64_t size = g.dims.playback_frames
    cdef uint64_t at = <uint64_t>g.read_position & (size - 1)
    cdef uint32_t bank = <uint32_t>(g.read_generation % BLOCK_CUES)
    cdef uint32_t lane
    cdef bint wet
    frames = unwrapped(at, size, frames)
    if g.crossed:
        frames = unwrapped(<uint64_t>g.left_position, size, min(frames, g.crossed))
    wet = is_wet(g, g.read_generation, g.read_position, frames)
    for lane in range(g.dims.strips):
        g.strip_tape[lane] = block_playback(g.base, g.dims, bank, lane) + at if wet else NULL
    if g.crossed:
        cross_tapes(g, frames, wet)
    if wet != g.was_wet:
        g.was_wet = wet
        tell_applied(g, OP_TAPE, wet, 0.0, 0)
    if not wet:
        g.now.dry_frames += frames
    return frames


cdef inline float reduction_of(dynamics_lanes *d, uint32_t ch) noexcept nogil:
    """Gain reduction in octaves, 0 and up; 0 of what is switched off."""
    return <float>0.0 if d.mix.value[ch] == 0.0 else max(d.reduction[ch] * d.sign[ch], <float>0.0)


cdef inline float *tell_sum(Graph *g, float *meters, uint32_t sum_) noexcept nogil:
    cdef uint32_t ch = MAX_STRIPS + sum_
    meters[0] = g.lanes.peak[ch]
    meters[1] = g.lanes.mean_square[ch]
    meters[2] = reduction_of(&g.lanes.comp, ch)
    return meters + 3


cdef inline float *tell_loudness(loudness_of_two *pair, float *meters) noexcept nogil:
    meters[0] = <float>pair.reading.momentary
    meters[1] = <float>pair.reading.short_term
    meters[2] = <float>pair.reading.integrated
    meters[3] = <float>pair.reading.range_
    meters[4] = <float>pair.reading.true_peak
    return meters + 5


cdef inline void tell(Graph *g) noexcept nogil:
    """Tell the snapshot cell how things stand. Meters in the order of block.h."""
    cdef uint32_t i
    cdef float *meters = g.meters
    for i in range(g.dims.strips):
        meters[0] = g.lanes.peak[i]
        meters[1] = g.lanes.mean_square[i]
        meters[2] = reduction_of(&g.lanes.gate, i)
        meters[3] = reduction_of(&g.lanes.comp, i)
        meters += 4
    for i in range(g.dims.buses):
        meters = tell_sum(g, meters, i)
    for i in range(g.dims.matrices):
        meters = tell_sum(g, meters, MATRICES + i)
    meters = tell_sum(g, meters, MONO)
    for i in range(2):
        meters[i] = g.lanes.peak[MAX_STRIPS + MAIN_L + i]
        meters[2 + i] = g.lanes.mean_square[MAX_STRIPS + MAIN_L + i]
    meters[4] = peak_limiter_gain(&g.limiter)
    meters[5] = reduction_of(&g.lanes.comp, MAX_STRIPS + MAIN_L)
    meters = tell_loudness(&g.loudness[0], meters + 6)
    tell_loudness(&g.loudness[1], meters)
    g.now.bad_samples = g.lanes.bad_samples + g.limiter.bad_samples
    g.now.resets = g.lanes.resets
    cell_store(<ab_cell *>(g.base + g.dims.snapshot_at), <uint64_t *>&g.now, block_snapshot_words(g.dims))


cdef inline void process(Graph *g, const float *const *inputs, uint32_t input_count, float *const *outputs,
                         uint32_t output_count, uint32_t frames) noexcept nogil:
    """One block: `frames` samples of planar inputs (NULL: a lost channel, silence) to planar outputs (overwritten)."""
    cdef int64_t began = g.clock()
    cdef uint32_t done = 0
    cdef uint32_t n
    cdef bint reads_tape
    cdef block_cue *cue = &g.cues[g.now.generation % BLOCK_CUES]
    if g.cued != ACQUIRE_U64(&cue.generation):
        g.cued = ACQUIRE_U64(&cue.generation)
        aim_sources(g)
    if ACQUIRE_INT(&g.leaving):
        aim_at_silence(g)
    while done < frames:
        n = obey_due(g, min(frames - done, <uint32_t>CHUNK))
        if g.next_switch <= g.now.frame:
            switch_sources(g)
        n = <uint32_t>min(<uint64_t>n, g.next_switch - g.now.frame)
        if g.now.state != STOPPED:  # at every chunk: a tape that is opened in mid-song reads where the song is
            read_tape(g)
        reads_tape = g.lanes.tape_open != 0
        if reads_tape:
            n = point_at_tape(g, n)
        chunk(g, inputs, input_count, outputs, output_count, done, n)
        g.read_position += n
        g.left_position += n
        if g.now.state != STOPPED:
            g.now.position += n
        g.now.frame += n
        done += n
    tell_head(g)
    g.now.blocks += 1
    g.now.monotonic_ns = g.clock()
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


cdef inline void drain(Graph *g, uint64_t frames) noexcept nogil:
    """What main's limiter still holds of the sound before a gap of `frames` belongs before it."""
    cdef float rows[2][64]
    cdef int64_t start = <int64_t>g.now.frame - g.sums_late - <int64_t>g.now.main_latency
    cdef uint32_t first = g.dims.inputs + g.dims.buses
    cdef uint32_t n
    frames = min(frames, g.now.main_latency)
    while frames:
        n = <uint32_t>min(frames, <uint64_t>CHUNK)
        memset(rows, 0, sizeof(rows))
        g.ops.limit(&g.limiter, rows[0], rows[1], n)
        keep_sum(g, first, rows[0], start, n)
        keep_sum(g, first + 1, rows[1], start, n)
        start += n
        frames -= n


cdef inline void silence_line(delay_lane *line, uint32_t mask, uint64_t frame, uint64_t frames) noexcept nogil:
    """What a delay line hears of a gap: `frames` of silence from `frame` on."""
    cdef uint64_t i
    if not line.runs:
        return
    if frames >= <uint64_t>max(line.now, max(line.next, line.wanted)):  # it reads no further back
        line.born = frame + frames
        return
    for i in range(frames):
        line.ring[(frame + i) & mask] = 0.0


cdef inline void skip(Graph *g, uint64_t frames, uint64_t cause) noexcept nogil:
    """Frames that nobody heard: the clock goes on, the rings get exact silence, the gap is written down."""
    cdef uint32_t channel
    if frames == 0:
        return
    drain(g, frames)
    for channel in range(g.dims.captures):
        if channel < g.dims.inputs or is_open(g, channel):
            keep_silence(g, channel, <int64_t>g.now.frame, frames)
        elif channel < block_trimmed(g.dims, 0):
            keep_silence(g, channel, <int64_t>g.now.frame - g.sums_late, frames)
    for channel in range(LANES):
        silence_line(&g.lanes.delay[channel], g.lanes.delay_mask, g.now.frame, frames)
        if channel < MAX_STRIPS:
            silence_line(&g.lanes.eq_delay[channel], g.lanes.eq_delay_mask, g.now.frame, frames)
    mark_gap(g, frames, cause)
    tell_applied(g, OP_GAP, <uint32_t>cause, <double>frames, 0)
    if g.now.state != STOPPED:
        g.now.position += frames
        g.read_position += frames
    g.now.frame += frames
    tell_head(g)
