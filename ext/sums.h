/* Rows of samples that are copied and cleared, and the sine that pans. One channel at a time. */
#ifndef STUDIOD_SUMS_H
#define STUDIOD_SUMS_H
#include <stdint.h>
#include <string.h>

#include "ramps.h"

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
/* The same from outside: what is no sample becomes 0; how many were none. */
static inline uint64_t samples_take(float *to, const float *from, uint32_t frames) {
  uint64_t bad = 0;
  for (uint32_t f = 0; f < frames; f++) {
    int is_one = fabsf(from[f]) < 1048576.0f; /* NOT_A_SAMPLE */
    to[f] = is_one ? from[f] : 0.0f;
    bad += (uint64_t)!is_one;
  }
  return bad;
}
static inline void samples_add(float *to, const float *from, uint32_t frames) {
  for (uint32_t f = 0; f < frames; f++) to[f] += from[f];
}

/* Multiply `frames` samples in place by a gain that walks to its target. */
static inline void gain_apply(float *x, uint32_t frames, scalar_ramp *gain) {
  uint32_t f = 0;
  for (; f < frames && gain->value != gain->target; f++) x[f] *= ramp_walk(gain);
  float rest = gain->value;
  for (; f < frames; f++) x[f] *= rest;
}

/* sin(pi/2 u) for u in 0..1 by its Taylor series to u^17: error below 1e-13, no libm on the audio thread. */
static inline double quarter_sine(double u) {
  double x = u * 1.57079632679489661923, s = x * x;
  return x * (1 + s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 + s * (1.0 / 362880 + s * (-1.0 / 39916800 +
         s * (1.0 / 6227020800.0 + s * (-1.0 / 1307674368000.0 + s * (1.0 / 355687428096000.0)))))))));
}
#endif
