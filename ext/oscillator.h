/* The oscillator: sine, pink noise, white noise, sweep. Only oscillator_prepare calls libm. */
#ifndef STUDIOD_OSCILLATOR_H
#define STUDIOD_OSCILLATOR_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "sums.h"

enum { OSCILLATOR_SINE, OSCILLATOR_PINK, OSCILLATOR_WHITE, OSCILLATOR_SWEEP, OSCILLATOR_KINDS };
enum { PINK_SECTIONS = 8 }; /* as many as 192 kHz needs */

#define OSCILLATOR_PI 3.14159265358979323846
#define OSCILLATOR_FADE_S 0.010 /* of a change of kind or frequency, and of a sweep's ends */
#define OSCILLATOR_LOW_HZ 1.0 /* what is slower is an offset to a loudspeaker */
#define OSCILLATOR_TOP 0.48 /* highest frequency over the rate: 20 kHz is reached at 44.1 kHz, Nyquist never */
#define OSCILLATOR_NOISE_RMS 0.07071067811865475 /* -20 dBFS by AES17, whose 0 dBFS is the RMS of a full-scale sine */
#define SWEEP_LOW_HZ 20.0
#define SWEEP_HIGH_HZ 20000.0
#define SWEEP_S 10.0
/* Poles and zeros in turn, an octave apart, fall by 3 dB an octave within 0.03 dB; from two octaves under 20 Hz. */
#define PINK_LOW_HZ 5.0
#define PINK_SPACING 4.0
/* A digital slope levels out towards Nyquist; one more zero here bends it down again (fitted: 0.24 dB at 44.1 kHz). */
#define PINK_BEND 0.08

typedef struct {
  double rate_hz;
  int32_t kind, is_fresh; /* fresh: nothing was heard yet, so that nothing has to fade */
  int32_t fade_frames, weight[OSCILLATOR_KINDS]; /* 0..fade_frames, walking */
  double phase, increment, increment_target, increment_step; /* turns; turns a frame */
  int32_t glide_frames;
  double sweep_phase, sweep_increment, sweep_low, sweep_multiplier;
  int32_t sweep_frame, sweep_frames;
  uint64_t white_seed, pink_seed;
  double noise_peak, pink_gain; /* of uniform noise in -1..1 */
  int32_t pink_sections;
  double pink_pole[PINK_SECTIONS], pink_zero[PINK_SECTIONS], pink_in[PINK_SECTIONS], pink_out[PINK_SECTIONS], pink_last;
} oscillator;

/* Uniform in -1..1, mean exactly 0 over the period of 2^64: splitmix64 (Steele, Lea, Flood 2014), its upper 53 bits. */
static inline double noise_next(uint64_t *seed) {
  uint64_t mixed = *seed += 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  mixed ^= mixed >> 31;
  return ((double)((int64_t)mixed >> 11) + 0.5) * 0x1p-52;
}

static inline double pink_filter(oscillator *o, double x) {
  for (int32_t k = 0; k < o->pink_sections; k++) {
    double y = x - o->pink_zero[k] * o->pink_in[k] + o->pink_pole[k] * o->pink_out[k];
    o->pink_in[k] = x;
    x = o->pink_out[k] = y;
  }
  double bent = x + PINK_BEND * o->pink_last;
  o->pink_last = x;
  return bent;
}

static inline void pink_clear(oscillator *o) {
  memset(o->pink_in, 0, sizeof o->pink_in);
  memset(o->pink_out, 0, sizeof o->pink_out);
  o->pink_last = 0.0;
}

/* Poles and zeros from the analogue plane by z = exp(-2 pi f / rate); the gain from the sum of the squared response. */
static inline void pink_prepare(oscillator *o) {
  o->pink_sections = 0;
  for (double hz = PINK_LOW_HZ; hz < 0.5 * o->rate_hz && o->pink_sections < PINK_SECTIONS; hz *= PINK_SPACING) {
    o->pink_pole[o->pink_sections] = exp(-2.0 * OSCILLATOR_PI * hz / o->rate_hz);
    o->pink_zero[o->pink_sections++] = exp(-2.0 * OSCILLATOR_PI * hz * sqrt(PINK_SPACING) / o->rate_hz);
  }
  pink_clear(o);
  double power = 0.0;
  for (int32_t f = 0; f < (int32_t)(0.5 * o->rate_hz); f++) { /* half a second: the slowest pole is down by 136 dB */
    double response = pink_filter(o, f == 0 ? 1.0 : 0.0);
    power += response * response;
  }
  pink_clear(o);
  o->pink_gain = OSCILLATOR_NOISE_RMS * sqrt(3.0 / power); /* uniform noise in -1..1 has a power of 1/3 */
}

static inline void sweep_begin(oscillator *o) {
  o->sweep_frame = 0;
  o->sweep_phase = 0.0;
  o->sweep_increment = o->sweep_low;
}

/* A sine of 1 kHz that has not begun. rate_hz: 8000..192000. */
static inline void oscillator_prepare(oscillator *o, double rate_hz) {
  memset(o, 0, sizeof *o);
  o->rate_hz = rate_hz;
  o->is_fresh = 1;
  o->fade_frames = (int32_t)(OSCILLATOR_FADE_S * rate_hz + 0.5);
  o->weight[OSCILLATOR_SINE] = o->fade_frames;
  o->increment = o->increment_target = 1000.0 / rate_hz;
  o->white_seed = 1;
  o->pink_seed = 0x8000000000000001u; /* half the period away */
  o->noise_peak = OSCILLATOR_NOISE_RMS * sqrt(3.0);
  pink_prepare(o);
  double high = OSCILLATOR_TOP * rate_hz < SWEEP_HIGH_HZ ? OSCILLATOR_TOP * rate_hz : SWEEP_HIGH_HZ;
  o->sweep_frames = (int32_t)(SWEEP_S * rate_hz + 0.5);
  o->sweep_low = SWEEP_LOW_HZ / rate_hz;
  o->sweep_multiplier = exp(log(high / SWEEP_LOW_HZ) / o->sweep_frames);
  sweep_begin(o);
}

/* From the next frame on. kind: OSCILLATOR_..., anything else keeps what sounds. frequency_hz: of the sine, held inside
   1 Hz .. 0.48 of the rate; NaN keeps what was. Both arrive after 10 ms, before the first frame at once. */
static inline void oscillator_set(oscillator *o, int32_t kind, double frequency_hz) {
  if (kind < 0 || kind >= OSCILLATOR_KINDS) kind = o->kind;
  if (kind != o->kind && o->weight[kind] == 0) { /* not even fading out: it begins anew */
    if (kind == OSCILLATOR_SINE) o->phase = 0.0;
    if (kind == OSCILLATOR_SWEEP) sweep_begin(o);
  }
  o->kind = kind;
  if (o->is_fresh)
    for (int32_t k = 0; k < OSCILLATOR_KINDS; k++) o->weight[k] = k == kind ? o->fade_frames : 0;
  double hz = frequency_hz < OSCILLATOR_LOW_HZ ? OSCILLATOR_LOW_HZ : frequency_hz;
  hz = hz > OSCILLATOR_TOP * o->rate_hz ? OSCILLATOR_TOP * o->rate_hz : hz;
  double target = hz == hz ? hz / o->rate_hz : o->increment_target;
  if (target != o->increment_target) {
    o->increment_target = target;
    o->increment_step = (target - o->increment) / o->fade_frames;
    o->glide_frames = o->fade_frames;
  }
  if (o->is_fresh || o->weight[OSCILLATOR_SINE] == 0) o->increment = o->increment_target, o->glide_frames = 0;
}

/* 3u^2 - 2u^3: its ends have no corner, so that a fade adds nothing above some hundred hertz. */
static inline double oscillator_fade(double u) { return u * u * (3.0 - 2.0 * u); }

/* sin(2 pi phase), phase in 0..1. */
static inline double sine_of_turns(double phase) {
  double half = 0.5 - phase; /* sin(2 pi phase) = sin(2 pi half), half in -0.5..0.5 */
  if (half > 0.25) half = 0.5 - half;
  if (half < -0.25) half = -0.5 - half;
  return quarter_sine(4.0 * half);
}

static inline double oscillator_sine(oscillator *o) {
  double sample = sine_of_turns(o->phase);
  if (o->glide_frames > 0) o->increment = --o->glide_frames ? o->increment + o->increment_step : o->increment_target;
  o->phase += o->increment;
  if (o->phase >= 1.0) o->phase -= 1.0;
  return sample;
}

static inline double oscillator_sweep(oscillator *o) {
  int32_t to_end = o->sweep_frames - o->sweep_frame;
  int32_t from_edge = o->sweep_frame < to_end ? o->sweep_frame : to_end;
  double sample = sine_of_turns(o->sweep_phase);
  if (from_edge < o->fade_frames) sample *= oscillator_fade((double)from_edge / o->fade_frames);
  o->sweep_phase += o->sweep_increment;
  if (o->sweep_phase >= 1.0) o->sweep_phase -= 1.0;
  o->sweep_increment *= o->sweep_multiplier;
  if (++o->sweep_frame == o->sweep_frames) sweep_begin(o);
  return sample;
}

static inline double oscillator_sample(oscillator *o, int32_t kind) {
  switch (kind) {
    case OSCILLATOR_SINE: return oscillator_sine(o);
    case OSCILLATOR_PINK: return o->pink_gain * pink_filter(o, noise_next(&o->pink_seed));
    case OSCILLATOR_WHITE: return o->noise_peak * noise_next(&o->white_seed);
    default: return oscillator_sweep(o);
  }
}

/* Write `frames` samples to `out`: sines peak at 1.0, noises have an RMS of 0.0707. */
static inline void oscillator_run(oscillator *o, float *out, uint32_t frames) {
  memset(out, 0, frames * sizeof(float));
  if (frames) o->is_fresh = 0;
  for (int32_t kind = 0; kind < OSCILLATOR_KINDS; kind++) {
    int32_t weight = o->weight[kind], target = kind == o->kind ? o->fade_frames : 0;
    for (uint32_t f = 0; f < frames && (weight || target); f++) { /* what has faded out stands still */
      weight += (weight < target) - (weight > target);
      double gain = weight == o->fade_frames ? 1.0 : oscillator_fade((double)weight / o->fade_frames);
      out[f] += (float)(gain * oscillator_sample(o, kind));
    }
    o->weight[kind] = weight;
  }
}
#endif
