# cython: cdivision=True
"""What serves the whole desk: monitor, talkback, oscillator, click; and where each value goes."""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from block cimport *
from console cimport *
from graph_types cimport *


cdef inline void aim_monitor(Graph *g) noexcept nogil:
    cdef bint soloed = g.any_solo and g.desk.solo_mode != SOLO_SIP
    cdef bint dims = g.desk.monitor_dim != 0.0 or (g.desk.own_on[TALKBACK] != 0.0 and g.desk.talkback_autodim != 0.0)
    cdef float level = g.desk.monitor_level
    cdef int32_t i
    for i in range(MONITOR_ROWS):
        ramp_aim(&g.monitor_gain[i][0], 1.0 if i == g.desk.monitor_source and not soloed else 0.0, g.ramp_frames)
        ramp_aim(&g.monitor_gain[i][1], 1.0 if i == g.desk.monitor_source and not soloed else 0.0, g.ramp_frames)
    ramp_aim(&g.solo_gain, g.desk.solo_level if soloed else 0.0, g.ramp_frames)
    if dims:
        level *= g.desk.monitor_dim_level
    ramp_aim(&g.monitor_level, 0.0 if g.desk.monitor_mute != 0.0 else level, g.ramp_frames)
    ramp_aim(&g.monitor_width, 0.0 if g.desk.monitor_mono != 0.0 else 1.0, g.ramp_frames)


cdef inline void aim_own(Graph *g, int32_t source) noexcept nogil:
    """Talkback, oscillator or click: its level, and where it goes."""
    cdef uint32_t bus
    ramp_aim(&g.own_gain[source], g.desk.own_level[source] if g.desk.own_on[source] != 0.0 else 0.0, g.ramp_frames)
    for bus in range(MAX_BUSES):
        ramp_aim(&g.own_into[source][bus], g.desk.own_bus[source][bus], g.ramp_frames)
    ramp_aim(&g.own_into[source][INTO_LEFT], g.desk.own_main[source], g.ramp_frames)
    ramp_aim(&g.own_into[source][INTO_RIGHT], g.desk.own_main[source], g.ramp_frames)


cdef inline void set_click(Graph *g) noexcept nogil:
    click_set(&g.click_, g.desk.tempo, 1 + <int32_t>g.desk.beats, 1 + <int32_t>g.desk.subdivision, g.desk.accent)


cdef inline void set_limiter(Graph *g, bint on, float ceiling) noexcept nogil:
    ramp_aim(&g.limiter.on, 1.0 if on else 0.0, g.ramp_frames)
    ramp_aim(&g.limiter.ceiling, ceiling, g.ramp_frames)


cdef inline void follow_groups(Graph *g, uint32_t vca_bits, uint32_t group_bits, bint is_fx) noexcept nogil:
    """After a VCA, a mute group or mute-all-fx: all who follow it."""
    cdef uint32_t ch
    for ch in range(LANES):
        if (g.channel[ch].vcas & vca_bits or g.channel[ch].mute_groups & group_bits
                or (is_fx and g.channel[ch].role == ROLE_FX)):
            aim_fader(g, ch)


cdef inline uint32_t with_bit(uint32_t bits, uint32_t bit, float on) noexcept nogil:
    return bits | <uint32_t>1 << bit if on != 0.0 else bits & ~(<uint32_t>1 << bit)


cdef inline bint set_channel(Graph *g, int32_t control, uint32_t ch, uint32_t sub, float value) noexcept nogil:
    """A parameter that strips and sums share; False when it is none."""
    cdef channel_settings *c = &g.channel[ch]
    cdef uint32_t band
    if control == CHANNEL_FADER:
        c.fader = value
        aim_fader(g, ch)
    elif control == CHANNEL_MUTE:
        c.mute = value
        aim_fader(g, ch)
    elif control == CHANNEL_SOLO or control == CHANNEL_SOLO_SAFE:
        if control == CHANNEL_SOLO:
            c.solo = value
        else:
            c.solo_safe = value
        aim_every_solo(g)
        aim_monitor(g)
    elif control == CHANNEL_PAN:
        c.pan = value
        aim_place(g, ch)
        if ch == MAX_STRIPS + MAIN_L:
            aim_fader(g, ch)
    elif control == CHANNEL_PAN_LAW:
        c.pan_law = value
        aim_place(g, ch)
        aim_sends(g, ch)
    elif control == CHANNEL_MAIN_ON:
        c.main_on = value
        aim_main(g, ch)
        if not is_strip(ch) and g.any_solo:
            aim_every_solo(g)
    elif control == CHANNEL_MONO_ON:
        c.mono_on = value
        aim_main(g, ch)
    elif control == CHANNEL_LINK:
        c.link = value
        aim_links(g, ch)
    elif control == CHANNEL_VCA:
        c.vcas = with_bit(c.vcas, sub, value)
        aim_fader(g, ch)
    elif control == CHANNEL_MUTE_GROUP:
        c.mute_groups = with_bit(c.mute_groups, sub, value)
        aim_fader(g, ch)
    elif control == EQ_ON:
        c.eq_on = value
        for band in range(SECTIONS - (HPF_SECTIONS if is_strip(ch) else 0)):
            aim_band(g, ch, band)
    elif EQ_TYPE <= control <= EQ_BAND_ON:
        if control == EQ_TYPE:
            c.band_type[sub] = value
        elif control == EQ_FREQ:
            c.band_freq[sub] = value
        elif control == EQ_GAIN:
            c.band_gain[sub] = value
        elif control == EQ_Q:
            c.band_q[sub] = value
        else:
            c.band_on[sub] = value
        aim_band(g, ch, sub)
    elif control == COMP_ATTACK:
        g.lanes.comp.attack[ch] = value
    elif control == COMP_HOLD:
        g.lanes.comp.hold[ch] = value
    elif control == COMP_RELEASE:
        g.lanes.comp.release[ch] = value
    elif control == COMP_MAKEUP:
        makeup_aim(&g.lanes.comp, ch, value, g.ramp_frames)
    elif control == COMP_KEY:
        dynamics_key(&g.lanes.comp, ch, <int32_t>value - 1)
        g.passes_stale = True
    elif COMP_ON <= control <= COMP_MIX:
        if control == COMP_ON:
            c.comp_on = value
        elif control == COMP_MODE:
            c.comp_mode = value
        elif control == COMP_DETECTOR:
            c.comp_detector = value
        elif control == COMP_THRESHOLD:
            c.comp_threshold = value
        elif control == COMP_RATIO:
            c.comp_ratio = value
        elif control == COMP_KNEE:
            c.comp_knee = value
        else:
            c.comp_mix = value
        aim_comp(g, ch)
        g.passes_stale = True
    elif control == DELAY_ON or control == DELAY_TIME:
        if control == DELAY_ON:
            c.delay_on = value
        else:
            c.delay_time = value
        aim_delays(g)
    elif SEND_LEVEL <= control <= SEND_PAN:
        if control == SEND_LEVEL:
            c.send_level[sub] = value
        elif control == SEND_ON:
            c.send_on[sub] = value
        elif control == SEND_TAP:
            c.send_tap[sub] = value
        else:
            c.send_pan[sub] = value
        aim_send(g, ch, sub)
    elif control == MATRIX_LEVEL or control == MATRIX_ON:
        if control == MATRIX_LEVEL:
            c.matrix_level[sub] = value
        else:
            c.matrix_on[sub] = value
        aim_matrices(g, ch)
        if ch == MAX_STRIPS + MAIN_L:
            aim_matrices(g, ch + 1)
    elif control == BUS_ROLE:
        c.role = value
        aim_fader(g, ch)
    else:
        return False
    return True


cdef inline bint set_strip(Graph *g, int32_t control, uint32_t lane, float value) noexcept nogil:
    """A parameter that only strips have; False when it is none."""
    cdef strip_settings *s = &g.strip[lane]
    if control == STRIP_ARM:
        s.arm = value
        aim_sources(g)
    elif control == STRIP_TRIMMED:
        s.trimmed = value
        aim_trimmed(g, lane)
    elif control == STRIP_MONITOR:
        s.monitor = value
        aim_sources(g)
    elif control == STRIP_TRIM:
        s.trim = value
        aim_trim(g, lane)
    elif control == STRIP_POLARITY:
        s.polarity = value
        aim_trim(g, lane)
    elif control == STRIP_SOURCE:
        want_source(g, lane, <int32_t>value)
    elif control == STRIP_HPF:
        s.hpf = value
        aim_high_pass(g, lane)
    elif control == STRIP_HPF_ON:
        s.hpf_on = value
        aim_high_pass(g, lane)
    elif control == STRIP_HPF_SLOPE:
        s.hpf_slope = value
        aim_high_pass(g, lane)
    elif control == STRIP_DIRECT:
        s.direct_wanted = <int32_t>value - 1
        want_patch(g, lane)
    elif control == STRIP_DIRECT_TAP:
        s.direct_tap = value
        aim_direct(g, lane)
    elif control == GATE_ATTACK:
        g.lanes.gate.attack[lane] = value
    elif control == GATE_HOLD:
        g.lanes.gate.hold[lane] = value
    elif control == GATE_RELEASE:
        g.lanes.gate.release[lane] = value
    elif control == GATE_KEY:
        dynamics_key(&g.lanes.gate, lane, <int32_t>value - 1)
        g.passes_stale = True
    elif GATE_ON <= control <= GATE_KEY_Q:
        if control == GATE_ON:
            s.gate_on = value
        elif control == GATE_MODE:
            s.gate_mode = value
        elif control == GATE_THRESHOLD:
            s.gate_threshold = value
        elif control == GATE_RANGE:
            s.gate_range = value
        elif control == GATE_RATIO:
            s.gate_ratio = value
        elif control == GATE_KEY_TYPE:
            s.key_type = value
        elif control == GATE_KEY_FREQ:
            s.key_freq = value
        else:
            s.key_q = value
        aim_gate(g, lane)
        g.passes_stale = True
    elif control == INSERT_ON:
        s.insert_on = value
        aim_insert(g, lane)
        aim_delays(g)
    elif control == INSERT_LATENCY:
        s.insert_latency = value
        aim_delays(g)
    elif control == INSERT_OUTPUT:
        s.insert_output_wanted = <int32_t>value - 1
        want_patch(g, lane)
    elif control == INSERT_INPUT:
        s.insert_input_wanted = <int32_t>value - 1
        want_patch(g, lane)
    else:
        return False
    return True


cdef inline void set_own(Graph *g, int32_t source, int32_t part, uint32_t sub, float value) noexcept nogil:
    """on, level, main, bus of talkback, oscillator or click, as their controls follow each other."""
    if part == 0:
        g.desk.own_on[source] = value
        if source == CLICK:
            g.click_since = g.now.frame
    elif part == 1:
        g.desk.own_level[source] = value
    elif part == 2:
        g.desk.own_main[source] = value
    else:
        g.desk.own_bus[source][sub] = value
    aim_own(g, source)
    if source == TALKBACK:
        aim_monitor(g)


cdef inline void set_desk(Graph *g, int32_t control, uint32_t index, uint32_t sub, float value) noexcept nogil:
    """A parameter of no channel."""
    cdef desk_settings *d = &g.desk
    if control == MAIN_WIDTH:
        ramp_aim(&g.width, value, g.ramp_frames)
    elif control == MAIN_LIMITER_ON:
        set_limiter(g, value != 0.0, g.limiter.ceiling.target)
    elif control == MAIN_CEILING:
        set_limiter(g, g.limiter.on.target != 0.0, value)
    elif control == VCA_FADER or control == VCA_MUTE:
        if control == VCA_FADER:
            d.vca_fader[index] = value
        else:
            d.vca_mute[index] = value
        follow_groups(g, <uint32_t>1 << index, 0, False)
    elif control == MUTE_GROUP_ON:
        d.mute_group[index] = value
        follow_groups(g, 0, <uint32_t>1 << index, False)
    elif control == MUTE_FX:
        d.mute_fx = value
        follow_groups(g, 0, 0, True)
    elif control == SOLO_MODE:
        d.solo_mode = <int32_t>value
        aim_every_solo(g)
        aim_monitor(g)
    elif MONITOR_SOURCE <= control <= SOLO_LEVEL or control == TALKBACK_AUTODIM:
        if control == MONITOR_SOURCE:
            d.monitor_source = <int32_t>value
        elif control == MONITOR_LEVEL:
            d.monitor_level = value
        elif control == MONITOR_DIM:
            d.monitor_dim = value
        elif control == MONITOR_DIM_LEVEL:
            d.monitor_dim_level = value
        elif control == MONITOR_MONO:
            d.monitor_mono = value
        elif control == MONITOR_MUTE:
            d.monitor_mute = value
        elif control == SOLO_LEVEL:
            d.solo_level = value
        else:
            d.talkback_autodim = value
        aim_monitor(g)
    elif control == TALKBACK_ON or control == TALKBACK_LEVEL:
        set_own(g, TALKBACK, control - TALKBACK_ON, 0, value)
    elif control == TALKBACK_MAIN or control == TALKBACK_BUS:
        set_own(g, TALKBACK, 2 + control - TALKBACK_MAIN, sub, value)
    elif control == OSCILLATOR_ON:
        set_own(g, OSCILLATOR, 0, 0, value)
    elif OSCILLATOR_LEVEL <= control <= OSCILLATOR_BUS:
        set_own(g, OSCILLATOR, 1 + control - OSCILLATOR_LEVEL, sub, value)
    elif control == OSCILLATOR_SHAPE or control == OSCILLATOR_FREQ:
        if control == OSCILLATOR_SHAPE:
            d.shape = <int32_t>value
        else:
            d.frequency = value
        oscillator_set(&g.oscillator_, d.shape, d.frequency)
    elif control == CLICK_ON:
        set_own(g, CLICK, 0, 0, value)
    elif CLICK_LEVEL <= control <= CLICK_BUS:
        set_own(g, CLICK, 1 + control - CLICK_LEVEL, sub, value)
    elif control == CLICK_FREE:
        d.click_free = value
        g.click_since = g.now.frame
    elif CLICK_TEMPO <= control <= CLICK_ACCENT:
        if control == CLICK_TEMPO:
            d.tempo = value
        elif control == CLICK_BEATS:
            d.beats = value
        elif control == CLICK_SUBDIVISION:
            d.subdivision = value
        else:
            d.accent = value
        set_click(g)
    elif control == LOUDNESS_SOURCE:
        if d.loudness_source != <int32_t>value:
            loudness_reset(&g.loudness[1].meter)
        d.loudness_source = <int32_t>value
    elif control == LOUDNESS_ON:
        if d.loudness_on != value:  # what is not measured shows nothing, and begins anew
            loudness_reset(&g.loudness[0].meter)
        d.loudness_on = value
    elif control == SOUNDCHECK_ON:
        d.soundcheck = value
        aim_sources(g)


cdef inline void set_value(Graph *g, uint32_t slot, float value) noexcept nogil:
    """Aim whatever `slot` steers at `value` (engine space)."""
    cdef slot_target at = g.slots[slot]
    cdef uint32_t i = <uint32_t>at.index
    cdef uint32_t sub = <uint32_t>at.sub
    if not (-1e6 < value < 1e6) or at.control == NO_CONTROL:  # NaN too
        return
    if set_channel(g, at.control, i, sub, value):
        if i == MAX_STRIPS + MAIN_L and EQ_ON <= at.control <= DELAY_TIME:  # right follows left
            set_channel(g, at.control, i + 1, sub, value)
    elif not set_strip(g, at.control, i if is_strip(i) else 0, value):
        set_desk(g, at.control, i, sub, value)
