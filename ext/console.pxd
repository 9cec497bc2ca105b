# cython: cdivision=True
"""Parameters of channels to ramps: what each value means for the sound. No Python here, ever."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from block cimport *
from graph_types cimport *


cdef struct sides:
    double left, right


# -- where a channel stands --------------------------------------------------------------------------------------------

cdef inline bint is_strip(uint32_t ch) noexcept nogil:
    return ch < MAX_STRIPS


cdef inline bint pairs(uint32_t ch) noexcept nogil:
    """Channels that may be one of a linked pair: all but main (always one) and mono."""
    return ch < MAX_STRIPS + MAX_BUSES or ch >= MAX_STRIPS + MATRICES


cdef inline bint linked(Graph *g, uint32_t ch) noexcept nogil:
    return pairs(ch) and g.channel[ch & ~1u].link != 0.0


cdef inline sides balance_of(double p) noexcept nogil:
    cdef sides gains
    gains.left = min(1.0, 2.0 * (1.0 - p))
    gains.right = min(1.0, 2.0 * p)
    return gains


cdef inline sides pan_of(Graph *g, uint32_t ch, double pan) noexcept nogil:
    """Gains to both sides at `pan` (-1..1): the channel's law, or of a linked pair the balance of its side."""
    cdef double p = (pan + 1.0) * 0.5
    cdef sides gains
    cdef int32_t law = <int32_t>g.channel[ch].pan_law
    if linked(g, ch):
        gains = balance_of(p)
        if ch & 1:
            gains.left = 0.0
        else:
            gains.right = 0.0
    elif law == LAW_BALANCE:
        gains = balance_of(p)
    elif law == LAW_6:
        gains.left = 1.0 - p
        gains.right = p
    else:
        gains.left = quarter_sine(1.0 - p)
        gains.right = quarter_sine(p)
        if law == LAW_4_5:
            gains.left = sqrt((1.0 - p) * gains.left)
            gains.right = sqrt(p * gains.right)
    return gains


cdef inline bint audible(Graph *g, uint32_t ch) noexcept nogil:
    cdef channel_settings *c = &g.channel[ch]
    cdef uint32_t i
    if c.mute != 0.0 or (c.role == ROLE_FX and g.desk.mute_fx != 0.0):
        return False
    for i in range(MUTE_GROUP_COUNT):
        if c.mute_groups >> i & 1 and g.desk.mute_group[i] != 0.0:
            return False
    for i in range(VCA_COUNT):
        if c.vcas >> i & 1 and g.desk.vca_mute[i] != 0.0:
            return False
    return True


cdef inline double fader_of(Graph *g, uint32_t ch) noexcept nogil:
    """The fader with everything it follows."""
    cdef double gain = g.channel[ch].fader
    cdef uint32_t i
    if not audible(g, ch):
        return 0.0
    for i in range(VCA_COUNT):
        if g.channel[ch].vcas >> i & 1:
            gain *= g.desk.vca_fader[i]
    return gain


cdef inline bint heard_on_main(Graph *g, uint32_t ch) noexcept nogil:
    """Whether solo in place leaves the channel's own way to main open."""
    if g.desk.solo_mode != SOLO_SIP or not g.any_solo or g.channel[ch].solo != 0.0 or g.channel[ch].solo_safe != 0.0:
        return True
    return not is_strip(ch) and not g.bus_solo


cdef inline bint heard_on_bus(Graph *g, uint32_t ch, uint32_t bus) noexcept nogil:
    """Whether solo in place leaves a send open: monitor mixes stay, what goes to main through a bus does not."""
    cdef uint32_t to = MAX_STRIPS + bus
    return (not is_strip(ch) or heard_on_main(g, ch) or g.channel[to].solo != 0.0 or g.channel[to].main_on == 0.0)


# -- routes of sums ----------------------------------------------------------------------------------------------------

cdef inline void aim_route(Graph *g, uint32_t ch, uint32_t to, uint32_t tap, float gain) noexcept nogil:
    """`to`: a row strips are mixed into, or INTO_MATRIX + a matrix."""
    cdef uint32_t from_ = ch - MAX_STRIPS
    cdef scalar_ramp *ramp = &g.route[from_][to][tap]
    if ramp.target == gain:
        return
    ramp_aim(ramp, gain, g.ramp_frames)
    g.open_routes[from_][tap] |= <uint32_t>1 << to
    g.passes_stale = True


cdef inline void aim_into(Graph *g, uint32_t ch, uint32_t to, uint32_t tap, double gain) noexcept nogil:
    if is_strip(ch):
        tap_aim(&g.lanes.into[to], tap, ch, <float>gain, g.ramp_frames)
        if to < MAX_BUSES:
            g.passes_stale = True
    else:
        aim_route(g, ch, to, tap, <float>gain)


# -- aims: called when something they depend on was set ----------------------------------------------------------------

cdef inline void aim_main(Graph *g, uint32_t ch) noexcept nogil:
    """The way into main and mono, after the fader."""
    cdef sides pan
    cdef bint heard
    if ch >= MAX_STRIPS + MAX_BUSES:
        return
    pan = pan_of(g, ch, g.channel[ch].pan)
    heard = heard_on_main(g, ch)
    aim_into(g, ch, INTO_LEFT, TAP_POST, pan.left if heard and g.channel[ch].main_on != 0.0 else 0.0)
    aim_into(g, ch, INTO_RIGHT, TAP_POST, pan.right if heard and g.channel[ch].main_on != 0.0 else 0.0)
    aim_into(g, ch, INTO_MONO, TAP_POST, 1.0 if heard and g.channel[ch].mono_on != 0.0 else 0.0)


cdef inline void aim_solo(Graph *g, uint32_t ch) noexcept nogil:
    """The way into the solo sums of the monitor section."""
    cdef sides pan
    cdef bint soloed
    cdef bint before = g.desk.solo_mode == SOLO_PFL
    if ch >= MAX_STRIPS + MAX_BUSES:
        return
    soloed = g.channel[ch].solo != 0.0 and g.desk.solo_mode != SOLO_SIP
    if before:
        pan.left = 0.0 if linked(g, ch) and ch & 1 else 1.0
        pan.right = 0.0 if linked(g, ch) and not ch & 1 else 1.0
    else:
        pan = pan_of(g, ch, g.channel[ch].pan)
    aim_into(g, ch, INTO_SOLO_L, TAP_PRE, pan.left if soloed and before else 0.0)
    aim_into(g, ch, INTO_SOLO_R, TAP_PRE, pan.right if soloed and before else 0.0)
    aim_into(g, ch, INTO_SOLO_L, TAP_POST, pan.left if soloed and not before else 0.0)
    aim_into(g, ch, INTO_SOLO_R, TAP_POST, pan.right if soloed and not before else 0.0)


cdef inline void aim_one_send(Graph *g, uint32_t ch, uint32_t bus, uint32_t tap, double gain) noexcept nogil:
    cdef uint32_t i
    if ch == MAX_STRIPS + bus or bus >= g.dims.buses:
        return
    if tap != TAP_POST and not audible(g, ch):  # after the fader the fader says so
        gain = 0.0
    if not heard_on_bus(g, ch, bus):
        gain = 0.0
    for i in range(TAPS):
        aim_into(g, ch, bus, i, gain if i == tap else 0.0)


cdef inline void aim_send(Graph *g, uint32_t ch, uint32_t bus) noexcept nogil:
    """A send; into a linked pair the left bus's send says it for both."""
    cdef channel_settings *c = &g.channel[ch]
    cdef sides pan
    cdef double level
    cdef uint32_t tap
    if linked(g, MAX_STRIPS + bus):
        bus &= ~1u
    level = c.send_level[bus] if c.send_on[bus] != 0.0 else 0.0
    tap = <uint32_t>c.send_tap[bus]
    if linked(g, MAX_STRIPS + bus):
        pan = pan_of(g, ch, c.send_pan[bus])
        aim_one_send(g, ch, bus, tap, level * pan.left)
        aim_one_send(g, ch, bus + 1, tap, level * pan.right)
    else:
        aim_one_send(g, ch, bus, tap, level)


cdef inline void aim_sends(Graph *g, uint32_t ch) noexcept nogil:
    cdef uint32_t bus
    if ch < MAX_STRIPS + MAX_BUSES:
        for bus in range(g.dims.buses):
            aim_send(g, ch, bus)


cdef inline void aim_matrices(Graph *g, uint32_t ch) noexcept nogil:
    """Sends into the matrices: left and right of main and of linked buses to the sides of a linked pair."""
    cdef uint32_t matrix, to
    cdef uint32_t own = MAX_STRIPS + MAIN_L if ch == MAX_STRIPS + MAIN_R else ch  # right follows left
    cdef channel_settings *c = &g.channel[own]
    cdef bint has_sides = ch == MAX_STRIPS + MAIN_L or ch == MAX_STRIPS + MAIN_R or linked(g, ch)
    cdef double level
    for matrix in range(g.dims.matrices):
        to = matrix & ~1u if linked(g, MAX_STRIPS + MATRICES + matrix) else matrix
        level = c.matrix_level[to] if c.matrix_on[to] != 0.0 else 0.0
        if to != matrix or linked(g, MAX_STRIPS + MATRICES + matrix):
            if has_sides and (matrix & 1) != (ch & 1):
                level = 0.0
        aim_route(g, ch, INTO_MATRIX + matrix, TAP_POST, <float>level)


cdef inline void aim_direct(Graph *g, uint32_t lane) noexcept nogil:
    cdef strip_settings *s = &g.strip[lane]
    cdef uint32_t tap
    cdef bint plugged = s.direct_output >= 0 and s.direct_output == s.direct_wanted
    for tap in range(TAPS):
        tap_aim(&g.lanes.direct, tap, lane, 1.0 if plugged and tap == <uint32_t>s.direct_tap else 0.0, g.ramp_frames)


cdef inline void aim_fader(Graph *g, uint32_t ch) noexcept nogil:
    """After fader, mute, VCA or mute group: the fader, and the sends that a mute closes."""
    cdef double gain = fader_of(g, ch)
    cdef sides pan
    if ch == MAX_STRIPS + MAIN_L or ch == MAX_STRIPS + MAIN_R:
        gain = fader_of(g, MAX_STRIPS + MAIN_L)
        pan = balance_of((g.channel[MAX_STRIPS + MAIN_L].pan + 1.0) * 0.5)
        fader_aim(g.lanes, MAX_STRIPS + MAIN_L, <float>(gain * pan.left), g.ramp_frames)
        fader_aim(g.lanes, MAX_STRIPS + MAIN_R, <float>(gain * pan.right), g.ramp_frames)
        return
    fader_aim(g.lanes, ch, <float>gain, g.ramp_frames)
    aim_sends(g, ch)


cdef inline void aim_place(Graph *g, uint32_t ch) noexcept nogil:
    aim_main(g, ch)
    aim_solo(g, ch)


cdef inline void aim_links(Graph *g, uint32_t ch) noexcept nogil:
    """After a link was made or undone: both of the pair, and whatever is sent to them."""
    cdef uint32_t base = ch & ~1u
    cdef bint on = linked(g, ch)
    cdef uint32_t i, other
    for i in range(base, base + 2):
        dynamics_link(&g.lanes.gate, i, on)
        dynamics_link(&g.lanes.comp, i, on)
        g.passes_stale = True
        aim_place(g, i)
        aim_sends(g, i)
        if not is_strip(i):
            aim_matrices(g, i)
    if MAX_STRIPS <= ch < MAX_STRIPS + MAX_BUSES:
        for other in range(LANES):
            if other < g.dims.strips or MAX_STRIPS <= other < MAX_STRIPS + MAX_BUSES:
                aim_send(g, other, base - MAX_STRIPS)
                aim_send(g, other, base + 1 - MAX_STRIPS)
    elif ch >= MAX_STRIPS + MATRICES:
        for other in range(MAX_STRIPS, MAX_STRIPS + MATRICES):
            aim_matrices(g, other)


cdef inline void aim_every_solo(Graph *g) noexcept nogil:
    """After a solo, a solo-safe or the mode: it may concern everyone."""
    cdef uint32_t ch
    g.any_solo = False
    g.bus_solo = False
    for ch in range(MAX_STRIPS + MAX_BUSES):
        if g.channel[ch].solo != 0.0:
            g.any_solo = True
            g.bus_solo = g.bus_solo or not is_strip(ch)
    for ch in range(MAX_STRIPS + MAX_BUSES):
        if ch < g.dims.strips or not is_strip(ch):
            aim_place(g, ch)
            aim_sends(g, ch)


# -- chains ------------------------------------------------------------------------------------------------------------

cdef inline void aim_band(Graph *g, uint32_t ch, uint32_t band) noexcept nogil:
    cdef channel_settings *c = &g.channel[ch]
    cdef filter_lanes *filter = &g.lanes.section[band + (HPF_SECTIONS if is_strip(ch) else 0)]
    if c.eq_on == 0.0 or c.band_on[band] == 0.0:
        filter_flat(filter, ch, g.ramp_frames)
    else:
        band_aim(filter, ch, <int>c.band_type[band], c.band_freq[band], c.band_gain[band], c.band_q[band],
                 g.ramp_frames)


cdef inline void aim_high_pass(Graph *g, uint32_t lane) noexcept nogil:
    cdef strip_settings *s = &g.strip[lane]
    if s.hpf_on != 0.0:
        high_pass_aim(g.lanes, lane, <int>s.hpf_slope, s.hpf, g.ramp_frames)
    else:
        filter_flat(&g.lanes.section[0], lane, g.ramp_frames)
        filter_flat(&g.lanes.section[1], lane, g.ramp_frames)


cdef inline void aim_gate(Graph *g, uint32_t lane) noexcept nogil:
    cdef strip_settings *s = &g.strip[lane]
    cdef int mode = <int>s.gate_mode
    cdef double slope = s.gate_ratio - 1.0 if mode == GATE_EXPANDER else 65536.0  # closed a hundredth of a dB past it
    dynamics_curve(&g.lanes.gate, lane, 1 if mode == GATE_DUCKER else -1, 1 if mode == GATE_DUCKER else -1,
                   s.gate_threshold, 0.0, slope, s.gate_range)
    dynamics_aim(&g.lanes.gate, lane, s.gate_on, g.ramp_frames)
    key_filter_aim(&g.lanes.key_filter, lane, <int>s.key_type, s.key_freq, s.key_q, g.ramp_frames)


cdef inline void aim_comp(Graph *g, uint32_t ch) noexcept nogil:
    cdef channel_settings *c = &g.channel[ch]
    cdef int sign = 1 if c.comp_mode == 0.0 else -1
    cdef double slope = c.comp_ratio - 1.0
    if sign > 0:
        slope = 1.0 - 1.0 / c.comp_ratio if c.comp_ratio < 100.0 else 1.0  # 100 limits
    dynamics_curve(&g.lanes.comp, ch, sign, sign, c.comp_threshold, c.comp_knee, slope, 16.0)  # 96 dB at most
    g.lanes.comp.rms[ch] = <float>(g.rms_share if c.comp_detector != 0.0 else 1.0)
    dynamics_aim(&g.lanes.comp, ch, c.comp_mix if c.comp_on != 0.0 else 0.0, g.ramp_frames)


cdef inline void aim_delays(Graph *g) noexcept nogil:
    """Every strip waits for the one whose insert takes longest; a tap before the insert waits as long as that.

    A strip that plays a bus or the click does not: those have waited. Its own insert makes it late beyond that.
    """
    cdef uint32_t ch
    cdef int32_t latest = 0
    cdef int32_t own, waits
    for ch in range(g.dims.strips):
        if g.strip[ch].insert_on != 0.0 and <int32_t>g.strip[ch].insert_latency > latest:
            latest = <int32_t>g.strip[ch].insert_latency
    g.strip_latency = latest
    g.now.strip_latency = latest
    for ch in range(LANES):
        own = <int32_t>g.channel[ch].delay_time if g.channel[ch].delay_on != 0.0 else 0
        if ch < g.dims.strips:
            waits = latest if g.strip[ch].source == SOURCE_INPUT or g.strip[ch].plays_tape else 0
            delay_aim(&g.lanes.eq_delay[ch], waits, g.now.frame)
            if g.strip[ch].insert_on != 0.0:
                waits = max(waits - <int32_t>g.strip[ch].insert_latency, 0)
            own += waits
        if g.lanes.delay[ch].ring != NULL:
            delay_aim(&g.lanes.delay[ch], own, g.now.frame)


cdef inline void aim_insert(Graph *g, uint32_t lane) noexcept nogil:
    cdef strip_settings *s = &g.strip[lane]
    cdef bint plugged = s.insert_output == s.insert_output_wanted and s.insert_input == s.insert_input_wanted
    insert_aim(g.lanes, lane, 1.0 if plugged and s.insert_on != 0.0 else 0.0, g.ramp_frames)


cdef inline void patch(Graph *g, uint32_t lane) noexcept nogil:
    """Plug insert and direct out in where they are wanted."""
    cdef strip_settings *s = &g.strip[lane]
    cdef uint64_t bit = <uint64_t>1 << (lane & 63)
    s.patch_at = 0
    s.direct_output = s.direct_wanted
    s.insert_output = s.insert_output_wanted
    s.insert_input = s.insert_input_wanted
    g.returns[lane] = NULL
    g.sends[lane] = NULL
    g.directs[lane] = NULL
    g.patched[lane >> 6] &= ~bit
    if s.direct_output >= 0 or s.insert_output >= 0 or s.insert_input >= 0:
        g.patched[lane >> 6] |= bit


cdef inline void want_patch(Graph *g, uint32_t lane) noexcept nogil:
    """Another channel for insert or direct out: what is plugged over fades out, and in again at its new place."""
    cdef strip_settings *s = &g.strip[lane]
    if g.is_new:
        patch(g, lane)
    else:
        s.patch_at = g.now.frame + <uint64_t>g.ramp_frames + 1
        g.next_switch = min(g.next_switch, s.patch_at)
    aim_direct(g, lane)
    aim_insert(g, lane)


cdef inline void aim_sources(Graph *g) noexcept nogil:
    """Who plays tape and who plays the input, from soundcheck, monitor switches, arms and the transport."""
    cdef uint32_t lane
    cdef bint tape, records, both
    cdef float input
    cdef uint64_t tracks[2]
    cdef block_cue *cue = &g.cues[g.now.generation % BLOCK_CUES]
    tracks[0] = ACQUIRE_U64(&cue.tracks[0])
    tracks[1] = ACQUIRE_U64(&cue.tracks[1])
    for lane in range(g.dims.strips):
        tape = g.now.state != STOPPED and (tracks[lane >> 6] >> (lane & 63)) & 1
        input = 0.0
        if g.desk.soundcheck != 0.0 and g.strip[lane].source == SOURCE_INPUT:
            pass  # its track instead of its input, whatever it monitors or records; silence where there is none
        elif g.strip[lane].monitor != MONITOR_TAPE:
            records = g.now.state == RECORDING and g.strip[lane].arm != 0.0
            both = g.strip[lane].monitor == MONITOR_BOTH
            both = both or (g.strip[lane].monitor == MONITOR_AUTO and records and g.now.overlays)
            if not both and (g.strip[lane].monitor == MONITOR_INPUT or records):
                tape = False
            input = 0.0 if tape and not both else 1.0
        if g.strip[lane].switch_at:
            input = 0.0
        g.strip[lane].plays_tape = tape
        front_aim(g.lanes, &g.lanes.input, lane, input, g.ramp_frames)
        front_aim(g.lanes, &g.lanes.tape, lane, 1.0 if tape else 0.0, g.ramp_frames)
    if g.strip_latency:
        aim_delays(g)


cdef inline void aim_trim(Graph *g, uint32_t lane) noexcept nogil:
    cdef strip_settings *s = &g.strip[lane]
    front_aim(g.lanes, &g.lanes.trim, lane, -s.trim if s.polarity != 0.0 else s.trim, g.ramp_frames)


cdef inline void aim_trimmed(Graph *g, uint32_t lane) noexcept nogil:
    """Whether the strip is kept after trim: while it is armed; what a take began with, to its end."""
    cdef uint64_t bit = <uint64_t>1 << (lane & 63)
    if g.strip[lane].trimmed != 0.0:
        g.trimmed_kept[lane >> 6] |= bit
        g.trimmed_open[lane >> 6] |= bit
    elif g.now.state != RECORDING:
        g.trimmed_kept[lane >> 6] &= ~bit


cdef inline void want_source(Graph *g, uint32_t lane, int32_t source) noexcept nogil:
    """Another source: the strip fades out, and in again from it, at a frame that does not depend on blocks."""
    cdef strip_settings *s = &g.strip[lane]
    s.source_wanted = source
    if g.is_new:
        s.source = source
        g.passes_stale = True
    elif source != s.source and not s.switch_at:
        s.switch_at = g.now.frame + <uint64_t>g.ramp_frames + 1
        g.next_switch = min(g.next_switch, s.switch_at)
        aim_sources(g)


cdef inline void switch_sources(Graph *g) noexcept nogil:
    """What is due at this frame."""
    cdef uint32_t lane
    cdef strip_settings *s
    g.next_switch = <uint64_t>-1
    for lane in range(g.dims.strips):
        s = &g.strip[lane]
        if s.switch_at and s.switch_at <= g.now.frame:
            s.source = s.source_wanted
            s.switch_at = 0
        elif s.switch_at:
            g.next_switch = min(g.next_switch, s.switch_at)
        if s.patch_at and s.patch_at <= g.now.frame:
            patch(g, lane)
            aim_direct(g, lane)
            aim_insert(g, lane)
        elif s.patch_at:
            g.next_switch = min(g.next_switch, s.patch_at)
    g.passes_stale = True
    aim_sources(g)
