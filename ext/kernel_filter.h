/* Second-order filters of W channels: state-variable, trapezoidal integrators (Simper, "Solving the continuous SVF
 * equations using trapezoidal integration and equivalent currents", 2013), any response by mixing input, band and low. */

/* The band integrator's way through a sample is a1 = 1 / (1 + g (g + k)). At a low corner it is nearly 1, and what a float
 * cannot hold of it would be a fault of the damping: 25 dB more error at 80 Hz and 96 kHz. There `turn` is a1 - 1, below
 * 0; at a high corner, where a1 is small, it is a1. */
typedef struct { vf turn, a2, g2, m0, c1, m2; } section;
typedef struct { vf s1, s2; } section_state;

LANE_INLINE section section_at(vf g, vf k, vf m0, vf m1, vf m2) {
  vf bends = g * (g + k), a1 = splat(1.0f) / (bends + splat(1.0f)), a2 = g * a1;
  return (section){blend(bends < splat(3.0f), -a2 * (g + k), a1), a2, g + g, m0, fma_(m2, g, m1), m2};
}

/* is_low: which lanes have a low corner. has_high (a constant): some have not. */
LANE_INLINE vf section_sample(const section *c, section_state *state, vf x, vi is_low, int has_high) {
  vf v3 = x - state->s2, stays = has_high ? (vf)((vi)state->s1 & is_low) : state->s1;
  vf v1 = fma_(c->a2, v3, fma_(c->turn, state->s1, stays));
  vf y = fma_(c->c1, v1, fma_(c->m2, state->s2, c->m0 * x)); /* low is s2 + g v1, before s2 moves on */
  state->s1 = fma_(splat(2.0f), v1, -state->s1);
  state->s2 = fma_(c->g2, v1, state->s2);
  return y;
}

LANE_INLINE section section_load(const filter_lanes *s, uint32_t lane) {
  return (section){load(s->turn + lane),     load(s->a2 + lane), load(s->g2 + lane),
                   load(s->m0.value + lane), load(s->c1 + lane), load(s->m2.value + lane)};
}

/* `count` (a constant) filters that rest, one after the other in each sample. */
LANE_INLINE void filters_rest(filter_lanes *const *filters, uint32_t lane, int count, int has_high, const vf *from, vf *to,
                              uint32_t frames, vi live) {
  section c[SECTIONS];
  section_state state[SECTIONS];
  vi is_low[SECTIONS];
#pragma GCC unroll 6
  for (int i = 0; i < count; i++) {
    c[i] = section_load(filters[i], lane);
    is_low[i] = c[i].turn < splat(0);
    state[i] = (section_state){load(filters[i]->s1 + lane), load(filters[i]->s2 + lane)};
  }
  for (uint32_t f = 0; f < frames; f++) {
    vf x = from[f];
#pragma GCC unroll 6
    for (int i = 0; i < count; i++) x = section_sample(&c[i], &state[i], x, is_low[i], has_high);
    to[f] = x;
  }
#pragma GCC unroll 6
  for (int i = 0; i < count; i++)
    keep(filters[i]->s1 + lane, state[i].s1, live), keep(filters[i]->s2 + lane, state[i].s2, live);
}

/* One filter that moves; at its end what it rests on is written down. */
static __attribute__((noinline)) void filter_moves(filter_lanes *s, uint32_t lane, const vf *from, vf *to, uint32_t frames, vi live) {
  ramp g = ramp_load(&s->g, lane), k = ramp_load(&s->k, lane);
  ramp m0 = ramp_load(&s->m0, lane), m1 = ramp_load(&s->m1, lane), m2 = ramp_load(&s->m2, lane);
  section_state state = {load(s->s1 + lane), load(s->s2 + lane)};
  for (uint32_t f = 0; f < frames; f++) {
    ramp_next(&g), ramp_next(&k), ramp_next(&m0), ramp_next(&m1), ramp_next(&m2);
    const section c = section_at(g.value, k.value, m0.value, m1.value, m2.value);
    to[f] = section_sample(&c, &state, from[f], c.turn < splat(0), 1);
  }
  keep(s->s1 + lane, state.s1, live), keep(s->s2 + lane, state.s2, live);
  ramp_keep(&s->g, lane, &g, live), ramp_keep(&s->k, lane, &k, live);
  ramp_keep(&s->m0, lane, &m0, live), ramp_keep(&s->m1, lane, &m1, live), ramp_keep(&s->m2, lane, &m2, live);
  vi moves = ramp_moves(&s->g, lane) | ramp_moves(&s->k, lane) | ramp_moves(&s->m0, lane) | ramp_moves(&s->m1, lane) |
             ramp_moves(&s->m2, lane);
  if (any(moves)) return;
  s->moving &= ~lanes_of(lane);
  /* of all lanes: those of another pass may have arrived without a walk */
  const section rest = section_at(load(s->g.value + lane), load(s->k.value + lane), load(s->m0.value + lane),
                                  load(s->m1.value + lane), load(s->m2.value + lane));
  store(s->turn + lane, rest.turn), store(s->a2 + lane, rest.a2), store(s->g2 + lane, rest.g2), store(s->c1 + lane, rest.c1);
  vi shaped = (load(s->m0.value + lane) != splat(1)) | (load(s->m1.value + lane) != splat(0)) |
              (load(s->m2.value + lane) != splat(0));
  if (!any(shaped)) s->open &= ~lanes_of(lane);
}

#define FILTERS(count)                                                                          \
  case 2 * count: filters_rest(filters, lane, count, 0, from, to, frames, live); break;          \
  case 2 * count + 1: filters_rest(filters, lane, count, 1, from, to, frames, live); break

static void filters_together(filter_lanes *const *filters, uint32_t lane, int count, const vf *from, vf *to, uint32_t frames,
                             vi live) {
  vi has_high = {};
  for (int i = 0; i < count; i++) has_high |= load(filters[i]->turn + lane) > splat(0);
  switch (2 * count + any(has_high)) {
    FILTERS(1);
    FILTERS(2);
    FILTERS(3);
    FILTERS(4);
    FILTERS(5);
    FILTERS(6);
  }
}

/* Filters first..end-1 of the bank at `lane`: what is flat is left out. Where the sound is then. */
LANE_INLINE const vf *filters(channel_lanes *s, uint32_t lane, int first, int end, const vf *from, vf *to, uint32_t frames,
                              vi live) {
  filter_lanes *resting[SECTIONS];
  int count = 0;
  lane_set here = lanes_of(lane);
  for (int i = first; i < end; i++) {
    filter_lanes *filter = &s->section[i];
    if (!(filter->open & here)) continue;
    if (!(filter->moving & here)) {
      resting[count++] = filter;
      continue;
    }
    if (count) filters_together(resting, lane, count, from, to, frames, live), from = to, count = 0;
    filter_moves(filter, lane, from, to, frames, live), from = to;
  }
  if (count) filters_together(resting, lane, count, from, to, frames, live), from = to;
  return from;
}
