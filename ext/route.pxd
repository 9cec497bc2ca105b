# cython: cdivision=True
"""The order of the desk: who must have sounded before whom, and one chunk of sound in that order."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from block cimport *
from console cimport *
from graph_types cimport *
from section cimport *


# -- passes ------------------------------------------------------------------------------------------------------------

cdef inline uint32_t pass_of_source(Graph *g, uint32_t lane) noexcept nogil:
    cdef int32_t source = g.strip[lane].source - SOURCE_BUS
    return g.bus_pass_of[source] + 1 if 0 <= source < <int32_t>g.dims.buses else 0


cdef inline uint32_t pass_of_key(Graph *g, uint32_t ch, int32_t key) noexcept nogil:
    """The pass of the strip that keys the channel; of its own pair it needs none."""
    if not 0 <= key < <int32_t>g.dims.strips or key == <int32_t>ch or (linked(g, ch) and (key ^ 1) == <int32_t>ch):
        return 0
    return g.strip_pass_of[key]


cdef inline uint32_t key_pass(Graph *g, uint32_t ch) noexcept nogil:
    cdef uint32_t turn = 0
    if g.channel[ch].comp_on != 0.0:
        turn = pass_of_key(g, ch, g.lanes.comp.key[ch])
    if is_strip(ch) and g.strip[ch].gate_on != 0.0:
        turn = max(turn, pass_of_key(g, ch, g.lanes.gate.key[ch]))
    return turn


cdef inline void plan_passes(Graph *g) noexcept nogil:
    """Give every strip and bus the first pass in which all it listens to has sounded.

    What listens to itself by a detour ends in the last pass and hears silence from there; the rest plays. The desk
    refuses such routes; this is for the moments in which two of its changes cross.
    """
    cdef uint32_t lane, bus, other, turn
    cdef bint changed = True
    cdef uint32_t rounds = 0
    g.passes_stale = False
    for lane in range(g.dims.strips):
        g.strip_pass_of[lane] = 0
    for bus in range(MAX_BUSES):
        g.bus_pass_of[bus] = 0
    while changed and rounds <= 2 * LAST_PASS:
        changed = False
        rounds += 1
        for lane in range(g.dims.strips):
            turn = pass_of_source(g, lane)
            turn = max(turn, key_pass(g, lane))
            if linked(g, lane):  # they detect together
                turn = max(turn, <uint32_t>g.strip_pass_of[lane ^ 1])
            if turn > g.strip_pass_of[lane]:
                g.strip_pass_of[lane] = min(turn, <uint32_t>LAST_PASS)
                changed = changed or turn <= LAST_PASS
        for bus in range(g.dims.buses):
            turn = key_pass(g, MAX_STRIPS + bus)
            for lane in range(g.dims.strips):
                if g.strip_pass_of[lane] > turn and tap_sounds(&g.lanes.into[bus], lane):
                    turn = g.strip_pass_of[lane]
            for other in range(g.dims.buses):
                for lane in range(TAPS):
                    if g.open_routes[other][lane] >> bus & 1:
                        turn = max(turn, <uint32_t>g.bus_pass_of[other] + 1)
            if linked(g, MAX_STRIPS + bus):
                turn = max(turn, <uint32_t>g.bus_pass_of[bus ^ 1])
            if turn > g.bus_pass_of[bus]:
                g.bus_pass_of[bus] = min(turn, <uint32_t>LAST_PASS)
                changed = changed or turn <= LAST_PASS
    g.passes = 1
    memset(g.strip_bits, 0, sizeof(g.strip_bits))
    memset(g.bus_bits, 0, sizeof(g.bus_bits))
    for lane in range(g.dims.strips):
        g.passes = max(g.passes, <uint32_t>g.strip_pass_of[lane] + 1)
        g.strip_bits[g.strip_pass_of[lane]][lane >> 5] |= <uint32_t>1 << (lane & 31)
    for bus in range(g.dims.buses):
        g.passes = max(g.passes, <uint32_t>g.bus_pass_of[bus] + 1)
        g.bus_bits[g.bus_pass_of[bus]] |= <uint32_t>1 << bus


# -- one chunk ---------------------------------------------------------------------------------------------------------

cdef inline const float *input_row(const float *const *inputs, uint32_t input_count, int32_t channel,
                                   uint32_t at) noexcept nogil:
    if 0 <= channel < <int32_t>input_count and inputs[channel] != NULL:
        return inputs[channel] + at
    return NULL


cdef inline float *output_row(float *const *outputs, uint32_t output_count, int32_t channel,
                              uint32_t at) noexcept nogil:
    return outputs[channel] + at if 0 <= channel < <int32_t>output_count else NULL


cdef inline void point_strips(Graph *g, const float *const *inputs, uint32_t input_count, float *const *outputs,
                              uint32_t output_count, uint32_t at) noexcept nogil:
    """Where each strip's sound comes from, and where its insert and its direct out go."""
    cdef uint32_t lane
    cdef strip_settings *s
    for lane in range(g.dims.strips):
        s = &g.strip[lane]
        if s.source == SOURCE_INPUT:
            g.strip_in[lane] = input_row(inputs, input_count, g.input_of[lane], at)
        elif s.source == SOURCE_OSCILLATOR:
            g.strip_in[lane] = g.own[OSCILLATOR]
        elif s.source == SOURCE_CLICK:
            g.strip_in[lane] = g.own[CLICK]
        elif g.bus_pass_of[s.source - SOURCE_BUS] < g.strip_pass_of[lane]:
            g.strip_in[lane] = g.after[s.source - SOURCE_BUS]
        else:
            g.strip_in[lane] = NULL
        if not g.patched[lane >> 6] >> (lane & 63) & 1:
            continue
        g.returns[lane] = input_row(inputs, input_count, s.insert_input, at)
        g.sends[lane] = output_row(outputs, output_count, s.insert_output, at)
        g.directs[lane] = output_row(outputs, output_count, s.direct_output, at)


cdef inline bint is_silent(Graph *g, int32_t source, uint32_t frames) noexcept nogil:
    """Whether talkback, oscillator or click is switched off; its row is silence then."""
    if ramp_sounds(&g.own_gain[source]):
        g.own_is_clear[source] = False
        return False
    if not g.own_is_clear[source]:
        samples_clear(g.own[source], CHUNK)
        g.own_is_clear[source] = True
    return True


cdef inline void run_own(Graph *g, const float *talkback, uint32_t frames) noexcept nogil:
    """Talkback, oscillator and click, where they are on."""
    cdef bint rolls = g.now.state != STOPPED
    cdef int64_t position = g.now.position - g.strip_latency  # the strips are late by that
    if not is_silent(g, TALKBACK, frames):
        if talkback != NULL:
            g.lanes.bad_samples += samples_take(g.own[TALKBACK], talkback, frames)
        else:
            samples_clear(g.own[TALKBACK], frames)
        gain_apply(g.own[TALKBACK], frames, &g.own_gain[TALKBACK])
    if not is_silent(g, OSCILLATOR, frames):
        oscillator_run(&g.oscillator_, g.own[OSCILLATOR], frames)
        gain_apply(g.own[OSCILLATOR], frames, &g.own_gain[OSCILLATOR])
    if not is_silent(g, CLICK, frames):
        if not rolls and g.desk.click_free != 0.0:
            position = <int64_t>(g.now.frame - g.click_since)
            rolls = True
        click_run(&g.click_, g.own[CLICK], position, frames, rolls)
        gain_apply(g.own[CLICK], frames, &g.own_gain[CLICK])


cdef inline void add_own(Graph *g, uint32_t frames) noexcept nogil:
    """The desk's own sources into buses and main."""
    cdef uint32_t source, to
    for source in range(OWN_SOURCES):
        if g.own_is_clear[source]:
            continue  # its ways wait where they are
        for to in range(MAX_BUSES + 2):
            if ramp_sounds(&g.own_into[source][to]):
                g.ops.accumulate(g.into[to], g.own[source], &g.own_into[source][to], frames)


cdef inline void leave(Graph *g, uint32_t from_, uint32_t frames) noexcept nogil:
    """What a sum sends on, from before its equaliser, before and after its fader."""
    cdef uint32_t tap, to
    cdef uint32_t open_
    cdef scalar_ramp *ramp
    cdef const float *row
    for tap in range(TAPS):
        open_ = g.open_routes[from_][tap]
        if open_ == 0:
            continue
        row = &g.into[from_][0]
        if tap == TAP_POST:
            row = &g.after[from_][0]
        elif tap == TAP_PRE:
            row = &g.before[from_][0]
        for to in range(ROUTES):
            if not open_ >> to & 1:
                continue
            ramp = &g.route[from_][to][tap]
            if to >= INTO_MATRIX:
                g.ops.accumulate(g.into[MATRICES + to - INTO_MATRIX], row, ramp, frames)
            elif to >= INTO_SOLO_L:
                g.ops.accumulate(g.solo[to - INTO_SOLO_L], row, ramp, frames)
            elif to >= MAX_BUSES or g.bus_pass_of[to] > g.bus_pass_of[from_]:
                g.ops.accumulate(g.into[to], row, ramp, frames)
            else:  # into a ring: nobody hears it walk, but the ring opens when it is closed
                ramp.value = ramp.target
            if not ramp_sounds(ramp):
                g.open_routes[from_][tap] &= ~(<uint32_t>1 << to)
                g.passes_stale = True


cdef inline void sum_chain(Graph *g, sum_pass *sums, uint32_t lanes, uint32_t frames) noexcept nogil:
    """The chains of `lanes`, and what they send on."""
    cdef uint32_t i
    if lanes == 0:
        return
    sums.lanes = lanes
    g.ops.sums(g.lanes, sums)
    for i in range(SUM_LANES):
        if lanes >> i & 1:
            leave(g, i, frames)


cdef inline void mix_desk(Graph *g, uint32_t frames) noexcept nogil:
    """Strips, buses, main and matrices, each when all it listens to has sounded."""
    cdef strip_pass strips
    cdef sum_pass sums
    cdef uint32_t i, turn
    cdef const float *rows[32]
    cdef float *before[32]
    cdef float *after[32]
    for i in range(SUM_LANES):
        rows[i] = g.into[i]
        before[i] = g.before[i]
        after[i] = g.after[i]
    for i in range(MATRICES, MATRICES + g.dims.matrices):
        samples_clear(g.into[i], CHUNK)
    strips.inputs = g.strip_in
    strips.tapes = g.strip_tape
    strips.returns = g.returns
    strips.sends = g.sends
    strips.directs = g.directs
    strips.sums = g.sum_rows
    strips.frame = g.now.frame
    strips.frames = frames
    sums.rows = rows
    sums.before = NULL
    for i in range(SUM_LANES):
        if g.open_routes[i][TAP_PRE]:
            sums.before = before
    sums.after = after
    sums.frame = g.now.frame
    sums.frames = frames
    for turn in range(g.passes):
        memcpy(strips.lanes, g.strip_bits[turn], sizeof(strips.lanes))
        strips.is_first = turn == 0
        g.ops.strips(g.lanes, &strips)
        if turn == 0:
            add_own(g, frames)
        sum_chain(g, &sums, g.bus_bits[turn], frames)
    sum_chain(g, &sums, <uint32_t>7 << MAIN_L, frames)
    if g.dims.matrices:
        sum_chain(g, &sums, ((<uint32_t>1 << g.dims.matrices) - 1) << MATRICES, frames)


cdef inline void run_monitor(Graph *g, uint32_t frames) noexcept nogil:
    """What the monitor outputs play, into g.heard."""
    cdef uint32_t i, left, right
    samples_clear(g.heard[0], frames)
    samples_clear(g.heard[1], frames)
    for i in range(MONITOR_ROWS):
        left = MAIN_L if i == 0 else MONO if i == 1 else i - 2
        right = MAIN_R if i == 0 else left
        if i >= 2 and linked(g, MAX_STRIPS + left):
            left &= ~1u
            right = left + 1
        if ramp_sounds(&g.monitor_gain[i][0]):
            g.ops.accumulate(g.heard[0], g.after[left], &g.monitor_gain[i][0], frames)
            g.ops.accumulate(g.heard[1], g.after[right], &g.monitor_gain[i][1], frames)
    for i in range(2):
        if ramp_sounds(&g.solo_gain):
            g.solo_side = g.solo_gain  # both sides walk alike
            g.ops.accumulate(g.heard[i], g.solo[i], &g.solo_side, frames)
    if ramp_sounds(&g.solo_gain):
        g.solo_gain = g.solo_side
    width_apply(g.heard[0], g.heard[1], frames, &g.monitor_width)
    g.solo_side = g.monitor_level
    gain_apply(g.heard[0], frames, &g.solo_side)
    gain_apply(g.heard[1], frames, &g.monitor_level)


cdef inline void keep_row(Graph *g, uint32_t channel, const float *x, uint64_t frame, uint32_t frames) noexcept nogil:
    """Write `frames` samples (NULL: silence) of capture `channel` from engine frame `frame` on."""
    cdef uint64_t size = g.dims.capture_frames
    cdef uint32_t at = <uint32_t>(frame & (size - 1))
    cdef uint32_t first = frames if at + frames <= size else <uint32_t>(size - at)
    cdef float *ring = block_capture(g.base, g.dims, channel)
    if x == NULL:
        samples_clear(ring + at, first)
        if first < frames:
            samples_clear(ring, frames - first)
    else:
        samples_copy(ring + at, x, first)
        if first < frames:
            samples_copy(ring, x + first, frames - first)


cdef inline void keep_sum(Graph *g, uint32_t channel, const float *x, int64_t start, uint32_t frames) noexcept nogil:
    """As keep_row; but what lies before this engine's first frame is what the engine before it made of that."""
    cdef uint32_t before = <uint32_t>min(max(g.sums_from - start, 0), <int64_t>frames)
    if before < frames:
        keep_row(g, channel, x + before, <uint64_t>(start + before), frames - before)


cdef inline void keep_ahead(Graph *g, uint32_t frames) noexcept nogil:
    """Main as the limiter gets it: kept until that comes out limited, should this engine not live to see it."""
    cdef uint32_t first = g.dims.inputs + g.dims.buses
    keep_sum(g, first, g.after[MAIN_L], <int64_t>g.now.frame - g.sums_late, frames)
    keep_sum(g, first + 1, g.after[MAIN_R], <int64_t>g.now.frame - g.sums_late, frames)


cdef inline void run_main(Graph *g, uint32_t frames) noexcept nogil:
    """Width, limiter, meters of main; the loudness of main and of what was chosen."""
    cdef const float *rows[2]
    cdef uint32_t bus
    cdef float *left = g.after[MAIN_L]
    cdef float *right = g.after[MAIN_R]
    width_apply(left, right, frames, &g.width)
    if g.keeps:
        keep_ahead(g, frames)
    g.ops.limit(&g.limiter, left, right, frames)
    if g.desk.loudness_on != 0.0:
        rows[0] = left
        rows[1] = right
        g.ops.measure(&g.loudness[0].meter, rows, frames)
    if g.desk.loudness_source > 0:
        bus = <uint32_t>g.desk.loudness_source - 1
        if linked(g, MAX_STRIPS + bus):
            bus &= ~1u
            rows[0] = g.after[bus]
            rows[1] = g.after[bus + 1]
        else:
            rows[0] = g.after[bus]
            rows[1] = g.silence
        g.ops.measure(&g.loudness[1].meter, rows, frames)


cdef inline void meter_sums(Graph *g, uint32_t frames) noexcept nogil:
    """The meters of everything that has a fader of a sum; main's are of what leaves its limiter."""
    cdef const float *rows[32]
    cdef uint32_t i
    for i in range(SUM_LANES):
        rows[i] = NULL
        if i < g.dims.buses or MAIN_L <= i <= MONO or MATRICES <= i < MATRICES + g.dims.matrices:
            rows[i] = g.after[i]
    g.ops.meter(g.lanes, rows, frames)


cdef inline void play(Graph *g, float *row, const float *sound, uint32_t frames) noexcept nogil:
    """Add `sound` to an output, at the gain of everything that leaves the machine."""
    cdef scalar_ramp gain = g.out_gain
    if row != NULL:
        g.ops.accumulate(row, sound, &gain, frames)


cdef inline void keep_rows(Graph *g, const float *const *inputs, uint32_t input_count, uint32_t at,
                           uint32_t frames) noexcept nogil:
    """Capture rings: every input, every bus and main, each beside the inputs that it was made of."""
    cdef uint32_t i
    cdef uint32_t first = g.dims.inputs + g.dims.buses
    cdef int64_t start = <int64_t>g.now.frame - g.sums_late
    for i in range(g.dims.inputs):
        keep_row(g, i, input_row(inputs, input_count, <int32_t>i, at), g.now.frame, frames)
    for i in range(g.dims.buses):
        keep_sum(g, g.dims.inputs + i, g.after[i], start, frames)
    start -= <int64_t>g.now.main_latency
    keep_sum(g, first, g.after[MAIN_L], start, frames)
    keep_sum(g, first + 1, g.after[MAIN_R], start, frames)


cdef inline bint is_open(Graph *g, uint32_t channel) noexcept nogil:
    """Whether capture `channel` is of a strip after trim, and holds something."""
    cdef uint32_t lane = channel - block_trimmed(g.dims, 0)
    return lane < g.dims.strips and g.trimmed_open[lane >> 6] >> (lane & 63) & 1


cdef inline void keep_trimmed(Graph *g, const float *const *inputs, uint32_t input_count, uint32_t at,
                              uint32_t frames) noexcept nogil:
    """Capture rings of strips after trim, before the strips walk theirs: what is armed; and behind it silence, until
    nothing of it is left in the ring: whoever reads further back than an arm finds no sound of long ago.
    """
    cdef uint32_t lane, channel
    cdef uint64_t end = g.now.frame + frames
    cdef const float *sound
    cdef scalar_ramp trim
    cdef float row[64]
    for lane in range(g.dims.strips):
        channel = block_trimmed(g.dims, lane)
        if not is_open(g, channel):
            continue
        sound = NULL
        if g.trimmed_kept[lane >> 6] >> (lane & 63) & 1:
            g.head.trimmed_until[lane] = end  # first: an engine after this one must know
            sound = input_row(inputs, input_count, g.input_of[lane], at)
        elif end >= g.head.trimmed_until[lane] + g.dims.capture_frames:
            g.head.trimmed_until[lane] = 0
            g.trimmed_open[lane >> 6] &= ~(<uint64_t>1 << (lane & 63))
        if sound != NULL:
            trim.value = g.lanes.trim.value[lane]
            trim.target = g.lanes.trim.target[lane]
            trim.step = g.lanes.trim.step[lane]
            samples_take(row, sound, frames)
            gain_apply(row, frames, &trim)
            sound = row
        keep_row(g, channel, sound, g.now.frame, frames)


cdef inline void chunk(Graph *g, const float *const *inputs, uint32_t input_count, float *const *outputs,
                       uint32_t output_count, uint32_t at, uint32_t frames) noexcept nogil:
    """At most CHUNK frames, from `at` on in the block's buffers."""
    cdef uint32_t i
    cdef bint monitored = g.monitor_output[0] >= 0 or g.monitor_output[1] >= 0
    if g.passes_stale:
        plan_passes(g)
    for i in range(output_count):
        samples_clear(outputs[i] + at, frames)
    for i in range(2):
        samples_clear(g.solo[i], CHUNK)
    run_own(g, input_row(inputs, input_count, g.talkback_input, at), frames)
    point_strips(g, inputs, input_count, outputs, output_count, at)
    for i in range(INTO_COUNT):
        g.sum_rows[i] = NULL
        if i < g.dims.buses or MAX_BUSES <= i < INTO_SOLO_L:
            g.sum_rows[i] = &g.into[i][0]
        elif i >= INTO_SOLO_L and monitored:
            g.sum_rows[i] = &g.solo[i - INTO_SOLO_L][0]
    if g.keeps and g.trimmed_open[0] | g.trimmed_open[1]:
        keep_trimmed(g, inputs, input_count, at, frames)
    mix_desk(g, frames)
    run_main(g, frames)
    meter_sums(g, frames)
    if g.keeps:
        keep_rows(g, inputs, input_count, at, frames)
    # outputs
    for i in range(g.dims.buses):
        play(g, output_row(outputs, output_count, g.bus_output[i], at), g.after[i], frames)
    for i in range(g.dims.matrices):
        play(g, output_row(outputs, output_count, g.matrix_output[i], at), g.after[MATRICES + i], frames)
    play(g, output_row(outputs, output_count, g.main_output[0], at), g.after[MAIN_L], frames)
    play(g, output_row(outputs, output_count, g.main_output[1], at), g.after[MAIN_R], frames)
    play(g, output_row(outputs, output_count, g.mono_output, at), g.after[MONO], frames)
    if monitored:
        run_monitor(g, frames)
        play(g, output_row(outputs, output_count, g.monitor_output[0], at), g.heard[0], frames)
        play(g, output_row(outputs, output_count, g.monitor_output[1], at), g.heard[1], frames)
    i = 0
    while i < frames and g.out_gain.value != g.out_gain.target:
        ramp_walk(&g.out_gain)
        i += 1
