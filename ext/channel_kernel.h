/* Every channel of the desk, W at a time. See kernel.h for the contract. Included once for each instruction set with W,
 * ISA_NAME and VARIANT set; every variant is built with -ffp-contract=off.
 *
 * strip: source -> trim -> meter -> high-pass -> gate -> equaliser -> compressor -> insert -> delay -> fader -> sums
 * sum:   equaliser -> compressor -> delay -> fader -> meter
 *
 * What rests and what moves round alike: both do the same operations in the same order. */
#include <string.h>

#include "kernel.h"
#include "lanes.h"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define BANKS (MAX_STRIPS / W)

typedef struct { vf value, target, step; } ramp;

LANE_INLINE ramp ramp_load(const ramp_lanes *lanes, uint32_t lane) {
  return (ramp){load(lanes->value + lane), load(lanes->target + lane), load(lanes->step + lane)};
}
LANE_INLINE void ramp_keep(ramp_lanes *lanes, uint32_t lane, const ramp *r, vi live) {
  keep(lanes->value + lane, r->value, live);
}
LANE_INLINE vf ramp_next(ramp *r) {
  return r->value = vmin(vmax(r->target, r->value - r->step), r->value + r->step);
}
LANE_INLINE vi ramp_moves(const ramp_lanes *lanes, uint32_t lane) {
  return load(lanes->value + lane) != load(lanes->target + lane);
}
LANE_INLINE lane_set lanes_of(uint32_t lane) { return (((lane_set)1 << W / 4) - 1) << lane / 4; }

/* After a walk of a gain: whether it has arrived, and whether there is anything left to hear. */
LANE_INLINE void tap_settles(tap_lanes *t, int tap, uint32_t lane) {
  if (any(ramp_moves(&t->tap[tap], lane))) return;
  t->moving[tap] &= ~lanes_of(lane);
  if (!any(load(t->tap[tap].value + lane) != splat(0))) t->open[tap] &= ~lanes_of(lane);
}

/* All bits in the lanes whose bit is set in `bits`. */
LANE_INLINE vi live_lanes(uint32_t bits) {
  vi each;
  for (int i = 0; i < W; i++) each[i] = 1 << i;
  return (each & (int32_t)bits) != 0;
}

#include "kernel_filter.h"

#include "kernel_dynamics.h"

#include "kernel_delay.h"

#include "kernel_mix.h"

#include "kernel_rows.h"

typedef struct { vf fall, rate, stays; } ballistics;

LANE_INLINE ballistics ballistics_of(const channel_lanes *s) {
  return (ballistics){splat(s->peak_fall), splat(s->mean_rate), splat(1.0f - s->mean_rate)};
}

/* What the next sample waits for is short: these are the only chains of a channel at rest. */
LANE_INLINE void meter_sample(vf *peak, vf *mean, const ballistics *meter, vf x) {
  *peak = vmost(vabs(x), *peak * meter->fall);
  *mean = fma_(*mean, meter->stays, x * x * meter->rate);
}

/* -- a bank of strips ---------------------------------------------------------------------------------------------- */

/* Sources that walk, then trim and meter. moving, has_tape: constants. */
LANE_INLINE void front_run(channel_lanes *s, uint32_t lane, const vf *in, const vf *tape, vf *to, uint32_t frames, vi live,
                           int whole, int moving, int has_tape) {
  const ballistics meter = ballistics_of(s);
  ramp input = ramp_load(&s->input, lane), track = ramp_load(&s->tape, lane), trim = ramp_load(&s->trim, lane);
  vf peak = load(s->peak + lane), mean = load(s->mean_square + lane);
  vf in_gain = input.value * trim.value, tape_gain = track.value * trim.value;
  for (uint32_t f = 0; f < frames; f++) {
    if (moving) {
      ramp_next(&input), ramp_next(&track), ramp_next(&trim);
      in_gain = input.value * trim.value, tape_gain = track.value * trim.value;
    }
    vf x = in[f] * in_gain;
    if (has_tape) x = fma_(tape[f], tape_gain, x);
    meter_sample(&peak, &mean, &meter, x);
    to[f] = whole ? x : blend(live, x, to[f]); /* another pass's strips stay: they may be keys */
  }
  keep(s->peak + lane, peak, live), keep(s->mean_square + lane, mean, live);
  if (!moving) return;
  ramp_keep(&s->input, lane, &input, live), ramp_keep(&s->tape, lane, &track, live), ramp_keep(&s->trim, lane, &trim, live);
  if (!any(ramp_moves(&s->input, lane) | ramp_moves(&s->tape, lane) | ramp_moves(&s->trim, lane)))
    s->front_moving &= ~lanes_of(lane);
  if (!any((load(s->tape.value + lane) != splat(0)) | (load(s->tape.target + lane) != splat(0))))
    s->tape_open &= ~lanes_of(lane);
}

/* The same in one go for a bank that only plays its inputs, at gains that rest. 0: there may be something among them that
 * is no sample; nothing has been kept. */
static int front_plain(channel_lanes *s, const float *const *inputs, uint32_t lane, vf *to, uint32_t frames) {
  static const float silence[CHUNK];
  const ballistics meter = ballistics_of(s);
  const vf gain = load(s->input.value + lane) * load(s->trim.value + lane);
  vf peak = load(s->peak + lane), mean = load(s->mean_square + lane);
  const float *rows[W];
  for (int i = 0; i < W; i++) rows[i] = inputs[i] ? inputs[i] : silence;
  uint32_t f = 0;
  for (; f + 4 <= frames; f += 4) {
    vf quads[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) quads[i] = load_quads(rows + i, f);
    transpose_quads(quads);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      vf x = quads[i] * gain;
      meter_sample(&peak, &mean, &meter, x);
      to[f + i] = x;
    }
  }
  for (; f < frames; f++) {
    vf x = column(rows, f) * gain;
    meter_sample(&peak, &mean, &meter, x);
    to[f] = x;
  }
  /* what is no sample stands out in the peak, NaN above all; what stood there before may, too */
  if (any((vi)peak > (vi)(vabs(gain) * splat(NOT_A_SAMPLE / 2)))) return 0;
  store(s->peak + lane, peak), store(s->mean_square + lane, mean);
  return 1;
}

static void front(channel_lanes *s, const strip_pass *pass, uint32_t lane, vi live) {
  vf in[CHUNK], tape[CHUNK], *to = (vf *)(s->front + lane * CHUNK);
  lane_set here = lanes_of(lane);
  int whole = !any(~live), moving = (s->front_moving & here) != 0, has_tape = (s->tape_open & here) != 0;
  if (whole && !moving && !has_tape && front_plain(s, pass->inputs + lane, lane, to, pass->frames)) return;
  gather_samples(s, pass->inputs + lane, pass->frames, in, live);
  if (has_tape) gather_samples(s, pass->tapes + lane, pass->frames, tape, live);
  if (moving)
    front_run(s, lane, in, tape, to, pass->frames, live, whole, 1, has_tape);
  else if (has_tape)
    front_run(s, lane, in, tape, to, pass->frames, live, whole, 0, 1);
  else
    front_run(s, lane, in, tape, to, pass->frames, live, whole, 0, 0);
}

/* What the machine listens to: `own`, with the trimmed signals of other strips in the lanes that have a key. */
static __attribute__((noinline)) void keyed(const channel_lanes *s, const dynamics_lanes *d, uint32_t lane, const vf *own, vf *key,
                                            uint32_t frames) {
  memcpy(key, own, frames * sizeof(vf));
  for (int i = 0; i < W; i++) {
    int32_t strip = d->key[lane + (uint32_t)i];
    if (strip < 0) continue;
    const float *from = s->front + (uint32_t)strip / W * W * CHUNK + (uint32_t)strip % W;
    for (uint32_t f = 0; f < frames; f++) key[f][i] = from[f * W];
  }
}

LANE_INLINE const vf *gate(channel_lanes *s, uint32_t lane, const vf *from, vf *to, uint32_t frames, vi live) {
  lane_set here = lanes_of(lane);
  if (!(s->gate.open & here)) return from;
  vf keys[CHUNK];
  const vf *key = from;
  if (s->gate.keyed & here) keyed(s, &s->gate, lane, from, keys, frames), key = keys;
  if (s->key_filter.open & here) {
    filter_lanes *filter = &s->key_filter;
    if (filter->moving & here)
      filter_moves(filter, lane, key, keys, frames, live);
    else
      filters_together(&filter, lane, 1, key, keys, frames, live);
    key = keys;
  }
  return dynamics(&s->gate, lane, key, from, to, frames, live);
}

LANE_INLINE const vf *compressor(channel_lanes *s, uint32_t lane, const vf *from, vf *to, uint32_t frames, vi live) {
  vf keys[CHUNK];
  const vf *key = from;
  if (s->comp.open & s->comp.keyed & lanes_of(lane)) keyed(s, &s->comp, lane, from, keys, frames), key = keys;
  return dynamics(&s->comp, lane, key, from, to, frames, live);
}

/* Through the hardware: what leaves is added to the send's row, what comes back replaces it by the insert's share. */
static __attribute__((noinline)) const vf *insert(channel_lanes *s, const strip_pass *pass, uint32_t lane, const vf *from, vf *to,
                                                  vi live) {
  vf back[CHUNK], sent[CHUNK];
  ramp wet = ramp_load(&s->insert, lane);
  gather_samples(s, pass->returns + lane, pass->frames, back, live);
  for (uint32_t f = 0; f < pass->frames; f++) {
    ramp_next(&wet);
    sent[f] = from[f] * wet.value;
    to[f] = fma_(wet.value, back[f], from[f] * (splat(1) - wet.value));
  }
  for (int i = 0; i < W; i++) {
    float *row = pass->sends[lane + (uint32_t)i];
    if (!row || !live[i]) continue;
    for (uint32_t f = 0; f < pass->frames; f++) row[f] += sent[f][i];
  }
  ramp_keep(&s->insert, lane, &wet, live);
  if (!any((load(s->insert.value + lane) != splat(0)) | (load(s->insert.target + lane) != splat(0))))
    s->insert_open &= ~lanes_of(lane);
  return to;
}

/* A channel whose state has gone astray is silent for this chunk and begins anew. */
static __attribute__((noinline)) void start_anew(channel_lanes *s, uint32_t lane, vi astray, vf *x, uint32_t frames,
                                                 uint64_t next) {
  for (uint32_t f = 0; f < frames; f++) x[f] = (vf)((vi)x[f] & ~astray);
  for (uint32_t i = lane; i < lane + W; i++) {
    if (!astray[i - lane]) continue;
    s->resets++;
    for (int n = 0; n < SECTIONS; n++) s->section[n].s1[i] = s->section[n].s2[i] = 0;
    s->key_filter.s1[i] = s->key_filter.s2[i] = 0;
    dynamics_lanes *machines[] = {&s->gate, &s->comp};
    for (int n = 0; n < 2; n++)
      machines[n]->mean[i] = machines[n]->held[i] = machines[n]->target[i] = machines[n]->reduction[i] = 0;
    s->delay[i].born = next, s->delay[i].now = s->delay[i].fades = 0; /* nothing in the line is heard again */
    s->peak[i] = s->mean_square[i] = 0;
  }
}

LANE_INLINE const vf *checked(channel_lanes *s, uint32_t lane, const vf *x, vf *scratch, uint64_t frame, uint32_t frames, vi live) {
  vi worst = {};
  for (uint32_t f = 0; f < frames; f++) worst = worse(worst, x[f]);
  vi astray = (worst >= (vi)splat(NOT_A_SAMPLE)) & live;
  if (any(astray)) {
    if (x != scratch) memcpy(scratch, x, frames * sizeof(vf)), x = scratch;
    start_anew(s, lane, astray, scratch, frames, frame + frames);
  }
  return x;
}

static void strip_bank(channel_lanes *s, const strip_pass *pass, uint32_t lane, vi live, strip_sound *sound) {
  vf *scratch = (vf *)(s->before + lane * CHUNK);
  const vf *x = (const vf *)(s->front + lane * CHUNK);
  lane_set here = lanes_of(lane);
  uint32_t frames = pass->frames;
  const vf *begun = x;
  int taps_early = (s->direct.open[TAP_EQ] & here) != 0;
  for (int i = 0; i < INTO_COUNT; i++) taps_early |= (s->into[i].open[TAP_EQ] & here) != 0;
  sound->early = NULL;
  if (!taps_early && !(s->gate.open & here)) {
    x = filters(s, lane, 0, SECTIONS, x, scratch, frames, live);
  } else {
    x = filters(s, lane, 0, HPF_SECTIONS, x, scratch, frames, live);
    x = gate(s, lane, x, scratch, frames, live);
    if (taps_early) {
      vf *early = (vf *)(s->early + lane * CHUNK);
      memcpy(early, x, frames * sizeof(vf));
      sound->early = delays(s->eq_delay + lane, s->eq_delay_mask, s->delay_fade, pass->frame, early, early, frames, live);
    }
    x = filters(s, lane, HPF_SECTIONS, SECTIONS, x, scratch, frames, live);
  }
  x = compressor(s, lane, x, scratch, frames, live);
  if (s->insert_open & here) x = insert(s, pass, lane, x, scratch, live);
  x = delays(s->delay + lane, s->delay_mask, s->delay_fade, pass->frame, x, scratch, frames, live);
  sound->late = x == begun ? x : checked(s, lane, x, scratch, pass->frame, frames, live);
  sound->live = live;
}

/* Faders that move, sample by sample, into s->faders. */
LANE_INLINE void walk_fader(channel_lanes *s, uint32_t lane, uint32_t frames, vi live) {
  if (!(s->fader_moving & lanes_of(lane))) return;
  ramp fader = ramp_load(&s->fader, lane);
  vf *faders = (vf *)(s->faders + lane * CHUNK);
  for (uint32_t f = 0; f < frames; f++) faders[f] = ramp_next(&fader);
  ramp_keep(&s->fader, lane, &fader, live);
}

LANE_INLINE void fader_settles(channel_lanes *s, uint32_t lane) {
  if ((s->fader_moving & lanes_of(lane)) && !any(ramp_moves(&s->fader, lane))) s->fader_moving &= ~lanes_of(lane);
}

LANE_INLINE uint32_t bits_at(const uint32_t *bits, uint32_t lane) {
  return bits[lane / 32] >> lane % 32 & (uint32_t)(((uint64_t)1 << W) - 1);
}

static void strips(channel_lanes *s, const strip_pass *pass) {
  strip_sound sounds[BANKS];
  for (uint32_t lane = 0; lane < s->strips; lane += W) {
    uint32_t bits = bits_at(pass->lanes, lane);
    if (bits) front(s, pass, lane, live_lanes(bits));
  }
  for (uint32_t lane = 0; lane < s->strips; lane += W) {
    uint32_t bits = bits_at(pass->lanes, lane);
    sounds[lane / W].late = NULL;
    if (!bits) continue;
    strip_bank(s, pass, lane, live_lanes(bits), &sounds[lane / W]);
    walk_fader(s, lane, pass->frames, live_lanes(bits));
  }
  for (int i = 0; i < INTO_COUNT; i++)
    if (pass->sums[i]) mix(s, sounds, &s->into[i], pass->sums[i], pass->frames, pass->is_first);
  for (uint32_t lane = 0; lane < s->strips; lane += W) {
    if (!sounds[lane / W].late) continue;
    if ((s->direct.open[TAP_POST] | s->direct.open[TAP_PRE] | s->direct.open[TAP_EQ]) & lanes_of(lane))
      mix_direct(s, &sounds[lane / W], lane, pass->directs, pass->frames);
    fader_settles(s, lane);
  }
}

/* -- sums ---------------------------------------------------------------------------------------------------------- */

/* Sums with nothing in their chains: rows stay rows. Reads and writes whole vectors: rows have CHUNK samples. Whether there may be
 * among them what is no sample. */
LANE_INLINE int sums_plain(const channel_lanes *s, uint32_t lane, const float *const *from, float *const *to, uint32_t frames) {
  vi worst = {};
  for (int i = 0; i < W; i++) {
    if (!to[i]) continue;
    vf fader = splat(s->fader.value[lane + (uint32_t)i]), x;
    for (uint32_t f = 0; f < frames; f += W) {
      memcpy(&x, from[i] + f, sizeof x);
      x = x * fader, worst = worse(worst, x);
      memcpy(to[i] + f, &x, sizeof x);
    }
  }
  return any(worst >= (vi)splat(NOT_A_SAMPLE));
}

/* A sum that went past all sound behind its fader (gain upon gain: no filter did it) is silent for this chunk and begins
 * anew. */
static __attribute__((noinline)) void sums_anew(channel_lanes *s, const sum_pass *pass, uint32_t lane, float *const *rows) {
  vi astray = {};
  for (int i = 0; i < W; i++)
    for (uint32_t f = 0; rows[i] && f < pass->frames; f++)
      if (!(__builtin_fabsf(rows[i][f]) < NOT_A_SAMPLE)) astray[i] = -1;
  start_anew(s, lane, astray, NULL, 0, pass->frame + pass->frames);
  for (int i = 0; i < W; i++)
    if (astray[i]) memset(rows[i], 0, pass->frames * sizeof(float));
}

LANE_INLINE int has_chain(const channel_lanes *s, uint32_t lane, vi live) {
  lane_set open = s->comp.open | s->fader_moving;
  int32_t runs = 0;
  for (int i = 0; i < SECTIONS; i++) open |= s->section[i].open;
  for (int i = 0; i < W; i++) runs |= s->delay[lane + (uint32_t)i].runs & live[i];
  return (open & lanes_of(lane)) != 0 || runs;
}

static void sum_bank(channel_lanes *s, const sum_pass *pass, uint32_t sum, vi live) {
  uint32_t lane = MAX_STRIPS + sum, frames = pass->frames;
  vf *scratch = (vf *)(s->before + lane * CHUNK), *begun = (vf *)(s->front + lane * CHUNK), after[CHUNK];
  float *rows[W]; /* those of other passes stay */
  for (int i = 0; i < W; i++) rows[i] = live[i] ? pass->after[sum + (uint32_t)i] : NULL;
  if (!pass->before && !has_chain(s, lane, live)) {
    if (sums_plain(s, lane, pass->rows + sum, rows, frames)) sums_anew(s, pass, lane, rows);
    return;
  }
  gather(pass->rows + sum, frames, begun);
  const vf *x = filters(s, lane, 0, SECTIONS, begun, scratch, frames, live);
  x = compressor(s, lane, x, scratch, frames, live);
  x = delays(s->delay + lane, s->delay_mask, s->delay_fade, pass->frame, x, scratch, frames, live);
  if (x != begun) x = checked(s, lane, x, scratch, pass->frame, frames, live);
  if (pass->before) {
    float *early[W];
    for (int i = 0; i < W; i++) early[i] = live[i] ? pass->before[sum + (uint32_t)i] : NULL;
    scatter(x, early, frames);
  }
  ramp fader = ramp_load(&s->fader, lane);
  vi worst = {};
  if (s->fader_moving & lanes_of(lane)) {
    for (uint32_t f = 0; f < frames; f++) after[f] = x[f] * ramp_next(&fader), worst = worse(worst, after[f]);
    ramp_keep(&s->fader, lane, &fader, live);
    fader_settles(s, lane);
  } else {
    for (uint32_t f = 0; f < frames; f++) after[f] = x[f] * fader.value, worst = worse(worst, after[f]);
  }
  scatter(after, rows, frames);
  if (any((worst >= (vi)splat(NOT_A_SAMPLE)) & live)) sums_anew(s, pass, lane, rows);
}

static void sums(channel_lanes *s, const sum_pass *pass) {
  for (uint32_t sum = 0; sum < SUM_LANES; sum += W) {
    uint32_t bits = bits_at(&pass->lanes, sum);
    if (bits) sum_bank(s, pass, sum, live_lanes(bits));
  }
}

/* The meters of `count` (a constant) banks side by side: each waits for its last sample only. few: of a bank the first four. */
LANE_INLINE void banks_metered(channel_lanes *s, const uint32_t *banks, const float *const *rows, uint32_t frames, int count, int few) {
  const ballistics meter = ballistics_of(s);
  vf peak[2], mean[2];
#pragma GCC unroll 2
  for (int b = 0; b < count; b++) peak[b] = load(s->peak + MAX_STRIPS + banks[b]), mean[b] = load(s->mean_square + MAX_STRIPS + banks[b]);
  for (uint32_t f = 0; f < frames; f += 4) {
#pragma GCC unroll 2
    for (int b = 0; b < count; b++) {
      const float *const *from = rows + banks[b];
      vf quads[4];
#pragma GCC unroll 4
      for (int i = 0; i < 4; i++) quads[i] = few ? load_quad(from[i] + f) : load_quads(from + i, f);
      transpose_quads(quads);
#pragma GCC unroll 4
      for (uint32_t i = 0; i < 4; i++)
        if (f + i < frames) meter_sample(&peak[b], &mean[b], &meter, quads[i]);
    }
  }
#pragma GCC unroll 2
  for (int b = 0; b < count; b++)
    store(s->peak + MAX_STRIPS + banks[b], peak[b]), store(s->mean_square + MAX_STRIPS + banks[b], mean[b]);
}

static void meter(channel_lanes *s, const float *const *rows, uint32_t frames) {
  static const float silence[CHUNK];
  const float *all[SUM_LANES];
  uint32_t banks[SUM_LANES / W], count = 0;
  int few = 1;
  for (uint32_t bank = 0; bank < SUM_LANES; bank += W) {
    int is_live = 0;
    for (uint32_t i = 0; i < W; i++) {
      const float *row = rows[bank + i];
      all[bank + i] = row ? row : silence;
      if (row) is_live = 1, few = few && i < 4;
    }
    if (is_live) banks[count++] = bank;
  }
  for (uint32_t b = 0; b + 2 <= count; b += 2)
    if (few)
      banks_metered(s, banks + b, all, frames, 2, 1);
    else
      banks_metered(s, banks + b, all, frames, 2, 0);
  if (count % 2) banks_metered(s, banks + count - 1, all, frames, 1, 0);
}

/* -- rows ---------------------------------------------------------------------------------------------------------- */

static void accumulate(float *restrict to, const float *restrict from, scalar_ramp *gain, uint32_t frames) {
  uint32_t f = 0;
  for (; f < frames && gain->value != gain->target; f++) to[f] += from[f] * ramp_walk(gain);
  float rest = gain->value;
  if (rest == 1.0f)
    for (; f < frames; f++) to[f] += from[f];
  else
    for (; f < frames; f++) to[f] += from[f] * rest;
}

static void limit(peak_limiter *limiter, float *left, float *right, uint32_t frames) {
  peak_limiter_run(limiter, left, right, frames);
}

static void measure(loudness_meter *meter, const float *const *rows, uint32_t frames) { loudness_feed(meter, rows, frames); }

__attribute__((visibility("hidden"))) const kernel_ops PASTE(kernel, VARIANT) = {ISA_NAME,   W,     strips, sums,
                                                                                 accumulate, limit, meter, measure};
