/* What happens after the strips are summed: bus and main faders, meters, the main limiter. One channel at a time. */
#ifndef STUDIOD_SUMS_H
#define STUDIOD_SUMS_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"

/* fmaxf and fminf are calls into libm where NaN must be minded; here a NaN gives b, in one instruction */
static inline float larger(float a, float b) { return a > b ? a : b; }
static inline float smaller(float a, float b) { return a < b ? a : b; }

typedef struct { float value, target, step; } scalar_ramp;
typedef struct { float peak, mean_square; } meter_state;

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

static inline void meter_run(meter_state *meter, const float *x, uint32_t frames, float fall, float rate) {
  float peak = meter->peak, mean = meter->mean_square;
  for (uint32_t f = 0; f < frames; f++) {
    peak = larger(fabsf(x[f]), peak * fall);
    mean += (x[f] * x[f] - mean) * rate;
  }
  meter->peak = peak;
  meter->mean_square = mean;
}

typedef struct {
  scalar_ramp ceiling; /* linear */
  double gain; /* double: in float the release would stop short of 1 */
  double release; /* fraction of the way back to 1, a sample */
} limiter_state;

/* Keep both channels under the ceiling: the gain falls at once, returns exponentially; the last clamp catches rounding. */
static inline void limiter_run(limiter_state *limiter, float *left, float *right, uint32_t frames) {
  double gain = limiter->gain;
  for (uint32_t f = 0; f < frames; f++) {
    float ceiling = ramp_walk(&limiter->ceiling);
    float loudest = larger(fabsf(left[f]), fabsf(right[f]));
    gain += (1.0 - gain) * limiter->release;
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
