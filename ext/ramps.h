/* Values that walk to their target, a step a sample: no gain jumps, and none depends on how frames are cut. */
#ifndef STUDIOD_RAMPS_H
#define STUDIOD_RAMPS_H
#include <math.h>
#include <stdint.h>

/* fmaxf and fminf are calls into libm where NaN must be minded; here a NaN gives b, in one instruction */
static inline float larger(float a, float b) { return a > b ? a : b; }
static inline float smaller(float a, float b) { return a < b ? a : b; }

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

static inline float ramp_walk(scalar_ramp *ramp) {
  return ramp->value = smaller(larger(ramp->target, ramp->value - ramp->step), ramp->value + ramp->step);
}

static inline int ramp_sounds(const scalar_ramp *ramp) { return ramp->value != 0 || ramp->target != 0; }
#endif
