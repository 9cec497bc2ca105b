/* The channel kernel: every strip of the desk and every sum, one chunk of frames, W channels to a vector.
 *
 * One C source (channel_kernel.h) is built once for each instruction set (variant_*.c); kernel_select picks at run time.
 * Output depends only on the samples and on the frames at which values were aimed, never on how frames are cut into
 * chunks: what is idle is left out, and what wakes up starts from a state that is set when it is told to.
 */
#ifndef STUDIOD_KERNEL_H
#define STUDIOD_KERNEL_H
#include <stdint.h>

#include "limiter.h"
#include "loudness.h"
#include "ramps.h"

#define MAX_STRIPS 128
#define MAX_BUSES 16
#define MAX_MATRICES 6
#define SUM_LANES 32 /* channels after the strips: buses, main left, right, mono, matrices from 24 on */
#define LANES (MAX_STRIPS + SUM_LANES)
#define MAIN_L 16
#define MAIN_R 17
#define MONO 18
#define MATRICES 24
#define SECTIONS 6 /* second-order filters of a channel; of a strip two are the high-pass, of a sum all are equaliser */
#define HPF_SECTIONS 2
#define CHUNK 64 /* frames at most in one call: the scratch stays in the caches */
#define NOT_A_SAMPLE 1048576.0f /* 2^20, +120 dBFS: anything at or past it (inf, NaN too) is a fault, not sound */

/* What the strips are mixed into: buses 0-15, then */
enum { INTO_LEFT = MAX_BUSES, INTO_RIGHT, INTO_MONO, INTO_SOLO_L, INTO_SOLO_R, INTO_COUNT };
enum { TAP_POST, TAP_PRE, TAP_EQ, TAPS };

typedef struct { /* a value that walks to its target by at most `step` a sample, each lane for itself */
  float value[LANES], target[LANES], step[LANES];
} ramp_lanes __attribute__((aligned(64))); /* arrays of LANES floats are whole lines, so that what follows is aligned, too */

/* Sets of lanes are kept as bits, one for each four lanes: the narrowest vector. */
typedef uint64_t lane_set;

typedef struct { /* one state-variable section: y = m0 x + m1 band + m2 low */
  ramp_lanes g, k, m0, m1, m2;
  float turn[LANES], a2[LANES], g2[LANES], c1[LANES]; /* what rests: computed once, when it has come to rest */
  float s1[LANES], s2[LANES]; /* trapezoidal integrators */
  lane_set open, moving; /* open: some lane is not flat */
} filter_lanes __attribute__((aligned(64)));

typedef struct { /* gate and compressor are one machine: kernel_dynamics.h */
  ramp_lanes mix, makeup; /* mix 0: off. makeup in octaves */
  float slope[LANES], offset[LANES], half_knee[LANES], knee[LANES], bend[LANES], limit[LANES];
  float sign[LANES]; /* +1: reduction rises with the attack; -1: it falls with it */
  float attack[LANES], release[LANES], hold[LANES], rms[LANES];
  float mean[LANES], held[LANES], target[LANES], reduction[LANES]; /* state; reduction in octaves times sign */
  int32_t linked[LANES]; /* all bits: detects together with its neighbour */
  int32_t key[LANES]; /* strip whose trimmed signal is the key, -1: its own */
  lane_set open, moving, keyed;
} dynamics_lanes __attribute__((aligned(64)));

typedef struct { /* a delay line; born: frame from which its ring holds what passed */
  float *ring;
  uint64_t born;
  int32_t now, next, wanted; /* frames of delay; next: what is faded to */
  float fade; /* 0..1 on the way from now to next */
  int32_t runs, fades;
} delay_lane;

typedef struct { ramp_lanes tap[TAPS]; lane_set open[TAPS], moving[TAPS]; } tap_lanes __attribute__((aligned(64)));

typedef struct {
  ramp_lanes input, tape; /* source: what comes in, what the tape plays */
  ramp_lanes trim; /* with the polarity's sign */
  lane_set front_moving, tape_open;
  filter_lanes section[SECTIONS];
  filter_lanes key_filter; /* of the gate */
  dynamics_lanes gate, comp;
  ramp_lanes insert; /* 0 direct .. 1 through the hardware insert */
  lane_set insert_open;
  delay_lane delay[LANES], eq_delay[MAX_STRIPS]; /* eq_delay: keeps a tap before the insert in step with what is after */
  uint32_t delay_mask, eq_delay_mask; /* frames of a ring less one */
  float delay_fade; /* share of a delay's fade in a sample */
  ramp_lanes fader; /* with VCAs and mutes */
  lane_set fader_moving;
  tap_lanes into[INTO_COUNT]; /* gains from each strip into each sum */
  tap_lanes direct; /* into its own direct out */
  float peak[LANES] __attribute__((aligned(64))), mean_square[LANES]; /* meters: of strips after trim, of sums after the fader */
  float peak_fall; /* factor a sample */
  float mean_rate; /* one-pole coefficient */
  uint32_t strips; /* in use, whole vectors */
  uint64_t bad_samples; /* inputs that were none, and set to 0 */
  uint64_t resets; /* channels whose state had gone astray and was cleared */
  /* scratch of one chunk: [lane group of W][frame][lane] */
  float front[LANES * CHUNK] __attribute__((aligned(64))); /* strips after trim: keys are taken here */
  float early[MAX_STRIPS * CHUNK] __attribute__((aligned(64))); /* before the equaliser, where someone taps it */
  float before[LANES * CHUNK] __attribute__((aligned(64))); /* before the fader */
  float faders[LANES * CHUNK] __attribute__((aligned(64))); /* faders that move */
} channel_lanes;

typedef struct { /* one pass over the strips: those whose sources are there */
  uint32_t lanes[MAX_STRIPS / 32]; /* bits */
  const float *const *inputs, *const *tapes; /* of each strip `frames` samples, NULL = silence; read only */
  const float *const *returns; /* of hardware inserts, NULL = silence */
  float *const *sends; /* of hardware inserts, each added to; NULL = nowhere */
  float *const *directs; /* each added to; NULL = nowhere */
  float *const *sums; /* INTO_COUNT rows; overwritten in the first pass, added to in the others; NULL: nobody listens */
  uint64_t frame; /* engine clock */
  uint32_t frames; /* 1..CHUNK */
  int32_t is_first;
} strip_pass;

typedef struct { /* one pass over the sums */
  uint32_t lanes; /* bits */
  const float *const *rows; /* SUM_LANES rows of `frames` samples; read only */
  float *const *before; /* after the chain, before the fader; overwritten; NULL: nobody listens */
  float *const *after; /* after the fader; overwritten */
  uint64_t frame;
  uint32_t frames;
} sum_pass;

typedef struct {
  const char *isa;
  uint32_t width; /* lanes of a vector */
  void (*strips)(channel_lanes *lanes, const strip_pass *pass);
  void (*sums)(channel_lanes *lanes, const sum_pass *pass);
  /* to[f] += from[f] * gain; gain walks */
  void (*accumulate)(float *to, const float *from, scalar_ramp *gain, uint32_t frames);
  void (*limit)(peak_limiter *limiter, float *left, float *right, uint32_t frames);
  /* peak and mean square of the sums; rows: SUM_LANES of CHUNK samples, NULL: silent */
  void (*meter)(channel_lanes *lanes, const float *const *rows, uint32_t frames);
  void (*measure)(loudness_meter *meter, const float *const *rows, uint32_t frames);
} kernel_ops;

/* The fastest variant this processor has, or the one named (`sse2`, `avx2`, `avx512`, `neon`); NULL if it has not. */
const kernel_ops *kernel_select(const char *isa);
#endif
