/* What happens after the strips are summed: bus and main faders, the main limiter. One channel at a time. */
#ifndef STUDIOD_SUMS_H
#define STUDIOD_SUMS_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"

/* fmaxf and fminf are calls into libm where NaN must be minded; here a NaN gives b, in one instruction */
static inline float larger(float a, float b) { return a > b ? a : b; }
static inline float smaller(float a, float b) { return a < b ? a : b; }

/* memcpy and memset by a call: where gcc knows that there are few bytes it writes `rep movs`, which takes thrice as long */
static inline void samples_copy(float *to, const float *from, uint32_t frames) {
  size_t bytes = frames * sizeof(float);
  __asm__("" : "+r"(bytes));
  memcpy(to, from, bytes);
}
static inline void samples_clear(float *to, uint32_t frames) {
  size_t bytes = frames * sizeof(float);
  __asm__("" : "+r"(bytes));
  memset(to, 0, bytes);
}

typedef struct { float value, target, step; } scalar_ramp;

static inline float ramp_step(float from, float to, float frames) {
  float whole = fabsf(to - from) / frames, size = larger(fabsf(from), fabsf(to));
  /* under two units in the last place a step could round to nothing and the walk would never end */
  return larger(larger(whole, size * 2.4e-7f), 1e-12f);
}

static inline void ramp_aim(scalar_ramp *ramp, float target, float frames) {
  if (ramp->target == target) return; /* said twice: a walk under way keeps its pace */
  ramp->target = target;
  ramp->step = ramp_step(ramp->value, target, frames);
}

static inline void lane_aim(ramp_lanes *ramp, uint32_t lane, float target, float frames) {
  if (ramp->target[lane] == target) return;
  ramp->target[lane] = target;
  ramp->step[lane] = ramp_step(ramp->value[lane], target, frames);
}

static inline float ramp_walk(scalar_ramp *ramp) {
  return ramp->value = smaller(larger(ramp->target, ramp->value - ramp->step), ramp->value + ramp->step);
}

/* Multiply `frames` samples in place by a gain that walks to its target. */
static inline void gain_apply(float *x, uint32_t frames, scalar_ramp *gain) {
  uint32_t f = 0;
  for (; f < frames && gain->value != gain->target; f++) x[f] *= ramp_walk(gain);
  float rest = gain->value;
  for (; f < frames; f++) x[f] *= rest;
}

typedef struct {
  scalar_ramp ceiling; /* linear */
  double gain; /* double: in float the release would stop short of 1 */
  double release; /* fraction of the way back to 1, a sample */
} limiter_state;

/* The largest magnitude of both channels; through integers, whose order is that of the floats and which vectorise. */
static inline float limiter_loudest(const float *left, const float *right, uint32_t frames) {
  int32_t most = 0;
  for (uint32_t f = 0; f < frames; f++) {
    int32_t l, r;
    memcpy(&l, left + f, 4), memcpy(&r, right + f, 4);
    l &= 0x7fffffff, r &= 0x7fffffff;
    l = l > r ? l : r;
    most = most > l ? most : l;
  }
  float loudest;
  memcpy(&loudest, &most, 4);
  return loudest;
}

/* Keep both channels under the ceiling: the gain falls at once, returns exponentially; the last clamp catches rounding. */
static inline void limiter_run(limiter_state *limiter, float *left, float *right, uint32_t frames) {
  double gain = limiter->gain;
  if (gain == 1.0 && limiter->ceiling.value == limiter->ceiling.target &&
      limiter_loudest(left, right, frames) <= limiter->ceiling.value)
    return; /* each sample would be multiplied by 1 */
  for (uint32_t f = 0; f < frames; f++) {
    float ceiling = ramp_walk(&limiter->ceiling);
    float loudest = larger(fabsf(left[f]), fabsf(right[f]));
    gain += (1.0 - gain) * limiter->release;
    if ((float)gain == 1.0f) gain = 1.0; /* arrived: an exponential alone never does */
    if ((float)gain * loudest > ceiling) gain = (double)ceiling / (double)loudest;
    float now = (float)gain;
    left[f] = smaller(larger(left[f] * now, -ceiling), ceiling);
    right[f] = smaller(larger(right[f] * now, -ceiling), ceiling);
  }
  limiter->gain = gain;
}

/* sin(pi/2 u) for u in 0..1 by its Taylor series to u^17: error below 1e-13, no libm on the audio thread. */
static inline double quarter_sine(double u) {
  double x = u * 1.57079632679489661923, s = x * x;
  return x * (1 + s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 + s * (1.0 / 362880 + s * (-1.0 / 39916800 +
         s * (1.0 / 6227020800.0 + s * (-1.0 / 1307674368000.0 + s * (1.0 / 355687428096000.0)))))))));
}
#endif
