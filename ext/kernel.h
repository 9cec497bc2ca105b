/* The strip kernel: every strip of the desk, one chunk of frames, W strips to a vector.
 *
 * One C source (strip_kernel.h) is built once for each instruction set (variant_*.c); kernel_select picks at run time.
 * Output depends only on the samples and the ramps, never on how frames are cut into chunks.
 */
#ifndef STUDIOD_KERNEL_H
#define STUDIOD_KERNEL_H
#include <stdint.h>

#define MAX_LANES 128
#define MAX_BUSES 16
#define MAX_SUMS 32 /* buses and main, in whole vectors */
#define CHUNK 64 /* frames at most in one call: the scratch stays in the first-level cache */
#define NOT_A_SAMPLE 1048576.0f /* 2^20, +120 dBFS: anything at or past it (inf, NaN too) is a fault, not sound */

typedef struct { /* a value that walks to its target by at most `step` a sample, each lane for itself */
  float value[MAX_LANES], target[MAX_LANES], step[MAX_LANES];
} ramp_lanes;

typedef struct {
  ramp_lanes input, tape; /* source: what comes in, what the tape plays */
  ramp_lanes trim; /* with the polarity's sign */
  ramp_lanes cutoff; /* high-pass tan(pi f / rate) */
  ramp_lanes dry, wet; /* around the high-pass */
  ramp_lanes mute; /* 1 open, 0 muted */
  ramp_lanes fader;
  ramp_lanes left, right; /* pan and solo */
  ramp_lanes pre[MAX_BUSES], post[MAX_BUSES]; /* sends from before and after the fader */
  float hpf_s1[MAX_LANES], hpf_s2[MAX_LANES]; /* state of the trapezoidal integrators */
  float peak[MAX_LANES], mean_square[MAX_LANES]; /* meters, after trim */
  float sum_peak[MAX_SUMS], sum_mean_square[MAX_SUMS]; /* meters of what the strips are summed into */
  float peak_fall; /* factor a sample */
  float mean_rate; /* one-pole coefficient */
  uint32_t lanes, buses; /* in use */
  uint64_t bad_samples;
} strip_lanes;

typedef struct {
  const char *isa;
  uint32_t width; /* lanes of a vector */
  /* inputs, tapes: `lanes` pointers to `frames` samples, NULL = silence; read only.
   * left, right, buses[b]: `frames` samples, overwritten. 1 <= frames <= CHUNK. */
  void (*strips)(strip_lanes *lanes, const float *const *inputs, const float *const *tapes, float *left, float *right,
                 float *const *buses, uint32_t frames);
  /* sums: MAX_SUMS pointers to `frames` samples, NULL = silence; the first `count` are metered. */
  void (*meters)(strip_lanes *lanes, const float *const *sums, uint32_t count, uint32_t frames);
} kernel_ops;

/* The fastest variant this processor has, or the one named (`sse2`, `avx2`, `avx512`, `neon`); NULL if it has not. */
const kernel_ops *kernel_select(const char *isa);
#endif
