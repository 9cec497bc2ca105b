/* The strip, W at a time: source -> trim -> meter -> high-pass -> mute, then into main and the buses through their gains.
 * See kernel.h for the contract. Included once for each instruction set with W, ISA_NAME and VARIANT set; every variant is
 * built with -ffp-contract=off.
 *
 * Gains that follow each other are multiplied before they meet the sound: at rest that is once a chunk. What moves
 * multiplies them in the same order sample by sample, so that both give the same bits. */
#include <string.h>

#include "kernel.h"
#include "lanes.h"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
/* 1/Q of a second-order Butterworth: Q = 1/sqrt(2) */
#define DAMPING 1.41421356f
#define BANKS (MAX_LANES / W)

typedef struct { vf value, target, step; } ramp;

LANE_INLINE ramp ramp_load(const ramp_lanes *lanes, uint32_t lane) {
  return (ramp){load(lanes->value + lane), load(lanes->target + lane), load(lanes->step + lane)};
}
LANE_INLINE vf ramp_next(ramp *r) {
  return r->value = vmin(vmax(r->target, r->value - r->step), r->value + r->step);
}
LANE_INLINE vi ramp_moves(const ramp_lanes *lanes, uint32_t lane) {
  return load(lanes->value + lane) != load(lanes->target + lane);
}
LANE_INLINE vi ramp_sounds(const ramp_lanes *lanes, uint32_t lane) {
  return (load(lanes->value + lane) != splat(0)) | (load(lanes->target + lane) != splat(0));
}

/* `frames` samples of W rows into x[frame]; the bits of the largest magnitude of each row. */
LANE_INLINE vi gather(const float *const *rows, uint32_t frames, vf *x) {
  static const float silence[CHUNK];
  const float *from[W];
  vi worst = {};
  for (int i = 0; i < W; i++) from[i] = rows[i] ? rows[i] : silence;
  uint32_t whole = frames & ~3u;
  for (uint32_t f = 0; f < whole; f += 4) {
    vf quads[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      quads[i] = load_quads(from + i, f);
      worst = worse(worst, quads[i]);
    }
    transpose_quads(quads);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) x[f + i] = quads[i];
  }
  for (uint32_t f = whole; f < frames; f++) {
    float column[W] __attribute__((aligned(sizeof(vf))));
    for (int i = 0; i < W; i++) column[i] = from[i][f];
    x[f] = load(column);
    worst = worse(worst, x[f]);
  }
  return worst;
}

/* The same from outside: what is no sample becomes 0 and is counted. */
LANE_INLINE void gather_samples(strip_lanes *s, const float *const *rows, uint32_t frames, vf *x) {
  if (!any(gather(rows, frames, x) >= (vi)splat(NOT_A_SAMPLE))) return;
  for (uint32_t f = 0; f < frames; f++) {
    vi fault = (vi)vabs(x[f]) >= (vi)splat(NOT_A_SAMPLE);
    x[f] = (vf)((vi)x[f] & ~fault);
    for (int i = 0; i < W; i++) s->bad_samples -= (uint64_t)(int64_t)fault[i];
  }
}

typedef struct { vf s1, s2, peak, mean; } strip_state;
typedef struct { vf in, tape, dry, wet; } strip_gains; /* with trim; with mute */
typedef struct { vf a1, a2, b, g2; } high_pass;
typedef struct { vf fall, rate; } ballistics;

LANE_INLINE void meter_sample(vf *peak, vf *mean, const ballistics *meter, vf x) {
  *peak = vmax(vabs(x), *peak * meter->fall);
  *mean = fma_(fma_(x, x, -*mean), meter->rate, *mean);
}

LANE_INLINE high_pass high_pass_at(vf g) {
  vf gk = g + splat(DAMPING), a1 = splat(1.0f) / fma_(g, gk, splat(1.0f));
  return (high_pass){a1, g * a1, -(a1 * gk), g + g};
}

LANE_INLINE strip_state state_load(const strip_lanes *s, uint32_t lane) {
  return (strip_state){load(s->hpf_s1 + lane), load(s->hpf_s2 + lane), load(s->peak + lane), load(s->mean_square + lane)};
}
LANE_INLINE void state_store(strip_lanes *s, uint32_t lane, const strip_state *state) {
  store(s->hpf_s1 + lane, state->s1), store(s->hpf_s2 + lane, state->s2);
  store(s->peak + lane, state->peak), store(s->mean_square + lane, state->mean);
}

/* One sample of W strips up to the mute. */
LANE_INLINE vf strip_sample(strip_state *state, const strip_gains *gain, const high_pass *h, const ballistics *meter, vf in,
                            vf tape, int has_tape) {
  vf x = in * gain->in;
  if (has_tape) x = fma_(tape, gain->tape, x);
  meter_sample(&state->peak, &state->mean, meter, x);
  /* state-variable filter, trapezoidal integrators (Simper, "Solving the continuous SVF equations", 2013); the high-pass
   * and the second state from v1 and v3, which takes two operations less than over the low-pass */
  vf v3 = x - state->s2;
  vf v1 = fma_(h->a2, v3, h->a1 * state->s1);
  vf high = fma_(h->b, state->s1, h->a1 * v3);
  state->s1 = fma_(splat(2.0f), v1, -state->s1);
  state->s2 = fma_(h->g2, v1, state->s2);
  return fma_(high, gain->wet, x * gain->dry);
}

/* `count` banks (1 or 2, a constant) whose gains rest; two side by side hide each other's latency. */
LANE_INLINE void rest(strip_lanes *s, uint32_t lane, int count, vf (*in)[CHUNK], vf (*tape)[CHUNK], vf (*before)[CHUNK],
                      uint32_t frames, int has_tape) {
  const ballistics meter = {splat(s->peak_fall), splat(s->mean_rate)};
  strip_state state[2];
  strip_gains gain[2];
  high_pass h[2];
#pragma GCC unroll 2
  for (int n = 0; n < count; n++) {
    uint32_t at = lane + (uint32_t)n * W;
    vf trim = load(s->trim.value + at), mute = load(s->mute.value + at);
    state[n] = state_load(s, at);
    gain[n] = (strip_gains){load(s->input.value + at) * trim, load(s->tape.value + at) * trim,
                            load(s->dry.value + at) * mute, load(s->wet.value + at) * mute};
    h[n] = high_pass_at(load(s->cutoff.value + at));
  }
  for (uint32_t f = 0; f < frames; f++) {
#pragma GCC unroll 2
    for (int n = 0; n < count; n++)
      before[n][f] = strip_sample(&state[n], &gain[n], &h[n], &meter, in[n][f], has_tape ? tape[n][f] : splat(0), has_tape);
  }
#pragma GCC unroll 2
  for (int n = 0; n < count; n++) state_store(s, lane + (uint32_t)n * W, &state[n]);
}

/* One bank with a gain or a corner that moves. */
LANE_INLINE void move(strip_lanes *s, uint32_t lane, const vf *in, const vf *tape, vf *before, uint32_t frames, int has_tape) {
  const ballistics meter = {splat(s->peak_fall), splat(s->mean_rate)};
  ramp input = ramp_load(&s->input, lane), track = ramp_load(&s->tape, lane), trim = ramp_load(&s->trim, lane);
  ramp cutoff = ramp_load(&s->cutoff, lane), dry = ramp_load(&s->dry, lane), wet = ramp_load(&s->wet, lane);
  ramp mute = ramp_load(&s->mute, lane);
  strip_state state = state_load(s, lane);
  for (uint32_t f = 0; f < frames; f++) {
    ramp_next(&input), ramp_next(&track), ramp_next(&trim), ramp_next(&dry), ramp_next(&wet), ramp_next(&mute);
    high_pass h = high_pass_at(ramp_next(&cutoff));
    strip_gains gain = {input.value * trim.value, track.value * trim.value, dry.value * mute.value, wet.value * mute.value};
    before[f] = strip_sample(&state, &gain, &h, &meter, in[f], has_tape ? tape[f] : splat(0), has_tape);
  }
  state_store(s, lane, &state);
  store(s->input.value + lane, input.value), store(s->tape.value + lane, track.value);
  store(s->trim.value + lane, trim.value), store(s->cutoff.value + lane, cutoff.value);
  store(s->dry.value + lane, dry.value), store(s->wet.value + lane, wet.value), store(s->mute.value + lane, mute.value);
}

LANE_INLINE int bank_moves(const strip_lanes *s, uint32_t lane) {
  return any(ramp_moves(&s->input, lane) | ramp_moves(&s->tape, lane) | ramp_moves(&s->trim, lane) |
             ramp_moves(&s->cutoff, lane) | ramp_moves(&s->dry, lane) | ramp_moves(&s->wet, lane) |
             ramp_moves(&s->mute, lane));
}

/* Everything up to the mute, into before[bank][frame]. */
LANE_INLINE void sources(strip_lanes *s, const float *const *inputs, const float *const *tapes, vf (*before)[CHUNK],
                         uint32_t frames) {
  vf in[2][CHUNK], tape[2][CHUNK];
  for (uint32_t lane = 0; lane < s->lanes;) {
    int moving = bank_moves(s, lane), has_tape = any(ramp_sounds(&s->tape, lane));
    vf(*out)[CHUNK] = before + lane / W;
    gather_samples(s, inputs + lane, frames, in[0]);
    if (has_tape) gather_samples(s, tapes + lane, frames, tape[0]);
    if (moving) {
      if (has_tape)
        move(s, lane, in[0], tape[0], out[0], frames, 1);
      else
        move(s, lane, in[0], tape[0], out[0], frames, 0);
    } else if (has_tape) {
      rest(s, lane, 1, in, tape, out, frames, 1);
    } else if (lane + W < s->lanes && !bank_moves(s, lane + W) && !any(ramp_sounds(&s->tape, lane + W))) {
      gather_samples(s, inputs + lane + W, frames, in[1]);
      rest(s, lane, 2, in, tape, out, frames, 0);
      lane += W;
    } else {
      rest(s, lane, 1, in, tape, out, frames, 0);
    }
    lane += W;
  }
}

/* Faders that move, sample by sample, into faders[bank]; their bits in the answer. */
LANE_INLINE uint32_t walk_faders(strip_lanes *s, vf (*faders)[CHUNK], uint32_t frames) {
  uint32_t moving = 0;
  for (uint32_t lane = 0; lane < s->lanes; lane += W) {
    if (!any(ramp_moves(&s->fader, lane))) continue;
    ramp fader = ramp_load(&s->fader, lane);
    for (uint32_t f = 0; f < frames; f++) faders[lane / W][f] = ramp_next(&fader);
    store(s->fader.value + lane, fader.value);
    moving |= 1u << lane / W;
  }
  return moving;
}

/* Sums every strip into `out` at the gain fader x post + pre (pre may be NULL). faders: of the banks in `walking`. */
static __attribute__((noinline)) void mix(strip_lanes *s, const vf (*before)[CHUNK], const vf (*faders)[CHUNK],
                                          uint32_t walking, ramp_lanes *post, ramp_lanes *pre, uint32_t frames, float *out) {
  uint32_t open[BANKS], count = 0, moving = 0; /* moving: bit of each place in `open` */
  vf gains[BANKS][CHUNK], rest[BANKS];
  for (uint32_t lane = 0; lane < s->lanes; lane += W) {
    vi sounds = ramp_sounds(post, lane);
    if (pre) sounds |= ramp_sounds(pre, lane);
    if (!any(sounds)) continue;
    int post_moves = any(ramp_moves(post, lane)), pre_moves = pre && any(ramp_moves(pre, lane));
    ramp r_post = ramp_load(post, lane), r_pre = {};
    if (pre) r_pre = ramp_load(pre, lane);
    vf fader = load(s->fader.value + lane);
    int walks = walking >> lane / W & 1;
    open[count] = lane / W;
    if (walks | post_moves | pre_moves) {
      for (uint32_t f = 0; f < frames; f++) {
        vf a = walks ? faders[lane / W][f] : fader;
        vf b = post_moves ? ramp_next(&r_post) : r_post.value;
        vf c = pre_moves ? ramp_next(&r_pre) : r_pre.value;
        gains[count][f] = fma_(a, b, c);
      }
      store(post->value + lane, r_post.value);
      if (pre) store(pre->value + lane, r_pre.value);
      moving |= 1u << count;
    } else {
      rest[count] = fma_(fader, r_post.value, r_pre.value);
    }
    count++;
  }
  for (uint32_t f = 0; f < frames; f += W) {
    vf sums[W] = {};
    for (uint32_t k = 0; k < count; k++) {
      const vf *x = before[open[k]] + f, *gain = gains[k] + f;
      if (moving >> k & 1) {
#pragma GCC unroll 16
        for (int i = 0; i < W; i++) sums[i] = fma_(x[i], gain[i], sums[i]);
      } else {
        vf still = rest[k];
#pragma GCC unroll 16
        for (int i = 0; i < W; i++) sums[i] = fma_(x[i], still, sums[i]);
      }
    }
    vf sum = sum_lanes(sums);
    memcpy(out + f, &sum, 4 * (frames - f < W ? frames - f : W)); /* what lies past `frames` was never set */
  }
}

static void strips(strip_lanes *s, const float *const *inputs, const float *const *tapes, float *left, float *right,
                   float *const *buses, uint32_t frames) {
  vf strip[BANKS][CHUNK], fader[BANKS][CHUNK];
  const vf(*before)[CHUNK] = (const vf(*)[CHUNK])strip, (*faders)[CHUNK] = (const vf(*)[CHUNK])fader;
  sources(s, inputs, tapes, strip, frames);
  uint32_t walking = walk_faders(s, fader, frames);
  mix(s, before, faders, walking, &s->left, NULL, frames, left);
  mix(s, before, faders, walking, &s->right, NULL, frames, right);
  for (uint32_t b = 0; b < s->buses; b++)
    mix(s, before, faders, walking, &s->post[b], &s->pre[b], frames, buses[b]);
}

static void meters(strip_lanes *s, const float *const *sums, uint32_t count, uint32_t frames) {
  const ballistics meter = {splat(s->peak_fall), splat(s->mean_rate)};
  vf x[CHUNK];
  for (uint32_t lane = 0; lane < count; lane += W) {
    vf peak = load(s->sum_peak + lane), mean = load(s->sum_mean_square + lane);
    gather(sums + lane, frames, x);
    for (uint32_t f = 0; f < frames; f++) meter_sample(&peak, &mean, &meter, x[f]);
    store(s->sum_peak + lane, peak), store(s->sum_mean_square + lane, mean);
  }
}

__attribute__((visibility("hidden"))) const kernel_ops PASTE(kernel, VARIANT) = {ISA_NAME, W, strips, meters};
