/* The strip, W at a time: source -> trim -> meter -> high-pass -> mute -> fader -> pan, sends. See kernel.h for the contract.
 * Included once for each instruction set with W, ISA_NAME and VARIANT set; every variant is built with -ffp-contract=off. */
#include <string.h>

#include "kernel.h"
#include "lanes.h"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
/* 1/Q of a second-order Butterworth: Q = 1/sqrt(2) */
#define DAMPING 1.41421356f

typedef struct { vf value, target, step; } ramp;

LANE_INLINE ramp ramp_load(const ramp_lanes *lanes, uint32_t lane) {
  return (ramp){load(lanes->value + lane), load(lanes->target + lane), load(lanes->step + lane)};
}
LANE_INLINE vf ramp_next(ramp *r) {
  r->value += vmin(vmax(r->target - r->value, -r->step), r->step);
  return r->value;
}
LANE_INLINE int ramp_moves(const ramp_lanes *lanes, uint32_t lane) {
  return any(load(lanes->value + lane) != load(lanes->target + lane));
}
LANE_INLINE int ramp_sounds(const ramp_lanes *lanes, uint32_t lane) {
  return any((load(lanes->value + lane) != splat(0)) | (load(lanes->target + lane) != splat(0)));
}

LANE_INLINE vi is_fault(vf x) { return ((vi)x & 0x7fffffff) >= (vi)splat(NOT_A_SAMPLE); }

/* `frames` samples of W strips into x[frame], rounded up to whole vectors; pure movement. */
LANE_INLINE void gather(const float *const *rows, uint32_t frames, vf *x) {
  static const float silence[CHUNK];
  const float *from[W];
  for (int i = 0; i < W; i++) from[i] = rows[i] ? rows[i] : silence;
  uint32_t whole = frames / W * W;
  for (uint32_t f = 0; f < whole; f += W) {
    vf block[W];
    for (int i = 0; i < W; i++) memcpy(&block[i], from[i] + f, sizeof(vf));
    transpose(block);
    for (int i = 0; i < W; i++) x[f + i] = block[i];
  }
  for (uint32_t f = whole; f < frames; f++)
    for (int i = 0; i < W; i++) x[f][i] = from[i][f];
}

/* Sum of the W lanes of each of `frames` vectors, always as the same tree. x: CHUNK vectors, read past `frames`. */
LANE_INLINE void gather_sum(const vf *x, uint32_t frames, float *out) {
  for (uint32_t f = 0; f < frames; f += W) {
    vf block[W];
    for (int i = 0; i < W; i++) block[i] = x[f + i];
    transpose(block);
    for (int half = W / 2; half > 0; half /= 2)
      for (int i = 0; i < half; i++) block[i] += block[i + half];
    uint32_t n = frames - f < W ? frames - f : W;
    memcpy(out + f, &block[0], 4 * n);
  }
}

typedef struct { /* what the sends of this bank of W strips do in this chunk */
  uint32_t count;
  uint8_t bus[MAX_BUSES], pre[MAX_BUSES], post[MAX_BUSES];
} open_sends;

LANE_INLINE void sends(strip_lanes *s, uint32_t lane, const open_sends *open, const vf *before, const vf *after,
                       vf (*sums)[CHUNK], uint32_t frames) {
  for (uint32_t k = 0; k < open->count; k++) {
    uint32_t bus = open->bus[k];
    vf *sum = sums[bus];
    if (open->pre[k]) {
      ramp r = ramp_load(&s->pre[bus], lane);
      for (uint32_t f = 0; f < frames; f++) sum[f] = fma_(before[f], ramp_next(&r), sum[f]);
      store(s->pre[bus].value + lane, r.value);
    }
    if (open->post[k]) {
      ramp r = ramp_load(&s->post[bus], lane);
      if (any(r.value != r.target)) {
        for (uint32_t f = 0; f < frames; f++) sum[f] = fma_(after[f], ramp_next(&r), sum[f]);
        store(s->post[bus].value + lane, r.value);
      } else {
        for (uint32_t f = 0; f < frames; f++) sum[f] = fma_(after[f], r.value, sum[f]);
      }
    }
  }
}

/* One bank of W strips. `moving` is a constant to the compiler: the resting loop carries no ramp. */
LANE_INLINE void bank(strip_lanes *s, uint32_t lane, const vf *in, const vf *tape, vf *before, vf *after, vf *left, vf *right,
                      uint32_t frames, int moving, int has_tape) {
  const vf damping = splat(DAMPING), one = splat(1.0f), two = splat(2.0f);
  const vf fall = splat(s->peak_fall), rate = splat(s->mean_rate);
  ramp r_input = ramp_load(&s->input, lane), r_tape = ramp_load(&s->tape, lane), r_trim = ramp_load(&s->trim, lane);
  ramp r_cutoff = ramp_load(&s->cutoff, lane), r_dry = ramp_load(&s->dry, lane), r_wet = ramp_load(&s->wet, lane);
  ramp r_mute = ramp_load(&s->mute, lane), r_fader = ramp_load(&s->fader, lane);
  ramp r_left = ramp_load(&s->left, lane), r_right = ramp_load(&s->right, lane);
  vf s1 = load(s->hpf_s1 + lane), s2 = load(s->hpf_s2 + lane);
  vf a1 = load(s->hpf_a1 + lane), a2 = load(s->hpf_a2 + lane), a3 = load(s->hpf_a3 + lane);
  vf peak = load(s->peak + lane), mean = load(s->mean_square + lane);
  vi bad = {};
  for (uint32_t f = 0; f < frames; f++) {
    if (moving) {
      ramp_next(&r_input), ramp_next(&r_tape), ramp_next(&r_trim), ramp_next(&r_dry), ramp_next(&r_wet);
      ramp_next(&r_mute), ramp_next(&r_fader), ramp_next(&r_left), ramp_next(&r_right);
      vf g = ramp_next(&r_cutoff);
      a1 = one / fma_(g, g + damping, one);
      a2 = g * a1;
      a3 = g * a2;
    }
    vi fault = is_fault(in[f]);
    bad |= fault;
    vf x = (vf)((vi)in[f] & ~fault) * r_input.value;
    if (has_tape) {
      fault = is_fault(tape[f]);
      bad |= fault;
      x = fma_((vf)((vi)tape[f] & ~fault), r_tape.value, x);
    }
    x = x * r_trim.value;
    peak = vmax(vabs(x), peak * fall);
    mean = fma_(fma_(x, x, -mean), rate, mean);
    /* state-variable filter, trapezoidal integrators (Simper, "Solving the continuous SVF equations", 2013) */
    vf v3 = x - s2;
    vf v1 = fma_(a2, v3, a1 * s1);
    vf v2 = fma_(a3, v3, fma_(a2, s1, s2));
    s1 = fma_(two, v1, -s1);
    s2 = fma_(two, v2, -s2);
    vf high = fma_(-damping, v1, x) - v2;
    x = fma_(high, r_wet.value, x * r_dry.value);
    x = x * r_mute.value;
    before[f] = x;
    x = x * r_fader.value;
    after[f] = x;
    left[f] = fma_(x, r_left.value, left[f]);
    right[f] = fma_(x, r_right.value, right[f]);
  }
  if (any(bad)) {
    for (uint32_t f = 0; f < frames; f++) {
      vi faults = is_fault(in[f]);
      if (has_tape) faults += is_fault(tape[f]);
      for (int i = 0; i < W; i++) s->bad_samples -= (uint64_t)(int64_t)faults[i];
    }
  }
  store(s->hpf_s1 + lane, s1), store(s->hpf_s2 + lane, s2);
  store(s->peak + lane, peak), store(s->mean_square + lane, mean);
  if (moving) {
    store(s->hpf_a1 + lane, a1), store(s->hpf_a2 + lane, a2), store(s->hpf_a3 + lane, a3);
    store(s->input.value + lane, r_input.value), store(s->tape.value + lane, r_tape.value);
    store(s->trim.value + lane, r_trim.value), store(s->cutoff.value + lane, r_cutoff.value);
    store(s->dry.value + lane, r_dry.value), store(s->wet.value + lane, r_wet.value);
    store(s->mute.value + lane, r_mute.value), store(s->fader.value + lane, r_fader.value);
    store(s->left.value + lane, r_left.value), store(s->right.value + lane, r_right.value);
  }
}

static void strips(strip_lanes *s, const float *const *inputs, const float *const *tapes, float *left, float *right,
                   float *const *buses, uint32_t frames) {
  vf sum_left[CHUNK], sum_right[CHUNK], sums[MAX_BUSES][CHUNK];
  vf in[CHUNK], tape[CHUNK], before[CHUNK], after[CHUNK];
  uint32_t padded = (frames + W - 1) / W * W;
  memset(sum_left, 0, padded * sizeof(vf));
  memset(sum_right, 0, padded * sizeof(vf));
  for (uint32_t b = 0; b < s->buses; b++) memset(sums[b], 0, padded * sizeof(vf));
  for (uint32_t lane = 0; lane < s->lanes; lane += W) {
    open_sends open = {0};
    for (uint32_t b = 0; b < s->buses; b++) {
      int pre = ramp_sounds(&s->pre[b], lane), post = ramp_sounds(&s->post[b], lane);
      if (pre | post) {
        open.bus[open.count] = (uint8_t)b, open.pre[open.count] = (uint8_t)pre, open.post[open.count] = (uint8_t)post;
        open.count++;
      }
    }
    int moving = s->stale || ramp_moves(&s->input, lane) || ramp_moves(&s->tape, lane) || ramp_moves(&s->trim, lane) ||
                 ramp_moves(&s->cutoff, lane) || ramp_moves(&s->dry, lane) || ramp_moves(&s->wet, lane) ||
                 ramp_moves(&s->mute, lane) || ramp_moves(&s->fader, lane) || ramp_moves(&s->left, lane) ||
                 ramp_moves(&s->right, lane);
    int has_tape = ramp_sounds(&s->tape, lane);
    gather(inputs + lane, frames, in);
    if (has_tape) gather(tapes + lane, frames, tape);
    if (moving && has_tape)
      bank(s, lane, in, tape, before, after, sum_left, sum_right, frames, 1, 1);
    else if (moving)
      bank(s, lane, in, tape, before, after, sum_left, sum_right, frames, 1, 0);
    else if (has_tape)
      bank(s, lane, in, tape, before, after, sum_left, sum_right, frames, 0, 1);
    else
      bank(s, lane, in, tape, before, after, sum_left, sum_right, frames, 0, 0);
    sends(s, lane, &open, before, after, sums, frames);
  }
  s->stale = 0;
  gather_sum(sum_left, frames, left);
  gather_sum(sum_right, frames, right);
  for (uint32_t b = 0; b < s->buses; b++) gather_sum(sums[b], frames, buses[b]);
}

__attribute__((visibility("hidden"))) const kernel_ops PASTE(kernel, VARIANT) = {ISA_NAME, W, strips};
