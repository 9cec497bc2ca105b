/* The main limiter: looks ahead, reads the peaks between the samples, holds both channels by one gain.
 *
 * Detection runs in groups of 16 frames that are counted from the first frame ever, so that the output never depends on
 * how frames are cut into calls. For each group: the half-way points by a 32-tap windowed sinc, the quarter points by a
 * second one of 8 taps (together 4x oversampling), the crest between them from the slope, and a guard for what lies
 * next to half the rate, where no filter of finite length can read a peak. Then ceiling over peak, held, released and
 * smoothed by a window that fits the look-ahead; between groups the gain walks in a straight line.
 *
 * peak_limiter is plain memory without pointers; peak_limiter_prepare may call libm, the rest is for the audio thread. */
#ifndef STUDIOD_LIMITER_H
#define STUDIOD_LIMITER_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ramps.h"

#define LIMITER_GROUP 16 /* frames: one AVX-512 vector, four of SSE2 */
#define LIMITER_HALF 16 /* taps on each side of a half-way point: flat to 0.45 of the rate */
#define LIMITER_QUARTER 4 /* taps on each side of a quarter point; there the signal fills only half the band */
#define LIMITER_TRAVEL_S 1.5e-3 /* the gain's way down, in whole groups at most this */
#define LIMITER_HOLD_S 0.010 /* longer than a tone next to half the rate needs to show its height on the samples */
#define LIMITER_RELEASE_S 0.080 /* to 63.2 % of the way back to 1 */
#define LIMITER_TRAVEL_MIN 4 /* groups */
#define LIMITER_TRAVEL_MAX 18 /* groups: 1.5 ms at 192 kHz */
#define LIMITER_READING 3 /* groups: half-way points, guard, and the group itself until it is whole */
#define LIMITER_HELD_MAX 160 /* groups: 10 ms and the latency at 192 kHz */
#define LIMITER_QUIET_GROUPS 5 /* what one gain is computed from: 63 frames back, 16 new */
#define LIMITER_FAULT 1048576.0f /* 2^20, +120 dBFS: at or past it (inf, NaN too) it is no sound */
#define LIMITER_LATENCY_MAX ((LIMITER_TRAVEL_MAX + LIMITER_READING) * LIMITER_GROUP)
#define LIMITER_TRACK (LIMITER_LATENCY_MAX + 2048) /* moved back to its start every 2048 frames */
/* The crest between points an eighth of a period apart (a tone at half the rate): read at worst exactly, else up to
 * 0.17 dB too high. */
#define LIMITER_SLOPE 0.14f
/* Next to half the rate a half-way point may be wrong by the whole of what is there, and its size is itself seen through
 * a filter: half as much again keeps full-band noise of any kind under the ceiling. */
#define LIMITER_GUARD 1.5f
#define LIMITER_ARRIVED 1e-7 /* -140 dB: an exponential alone never ends */

#ifdef W
#define LIMITER_W W
#else
#define LIMITER_W 4
#endif
typedef float limiter_vf __attribute__((vector_size(4 * LIMITER_W), aligned(4), may_alias));

typedef struct {
  scalar_ramp ceiling; /* linear gain of dBTP; a new one holds for what comes in after it */
  scalar_ramp on; /* 1 limits, 0 only delays */
  float gain; /* the smallest applied since peak_limiter_gain */
  uint64_t bad_samples; /* not finite or at least LIMITER_FAULT: replaced by 0 */
  uint32_t travel, held; /* groups */
  float half[LIMITER_HALF], quarter[LIMITER_QUARTER], edge[LIMITER_HALF]; /* one side of each filter */
  float quiet; /* no peak is read above this times the largest sample */
  double weights[LIMITER_TRAVEL_MAX], weight; /* smoothing window, and its sum */
  double back; /* fraction of the way to the held gain, a group */
  float track[2][LIMITER_TRACK]; /* what came in */
  uint32_t at, filled; /* where the next frame goes; frames of the group that are there */
  float loudest[LIMITER_QUIET_GROUPS]; /* largest sample of the last groups, oldest first */
  float mid[2][2 * LIMITER_GROUP]; /* half-way points of the last two groups */
  float crest, edges[3]; /* largest crest of the group before; guard of the last groups, oldest first */
  int is_read; /* mid, crest and edges are those of the last groups */
  float wanted[LIMITER_HELD_MAX]; /* gains that will be the smallest of the held window, smallest first */
  uint32_t since[LIMITER_HELD_MAX], first, waiting, group; /* a ring: its groups, its start, its length; groups done */
  double released, smooth[LIMITER_TRAVEL_MAX]; /* the last gains, newest first */
  uint32_t at_rest; /* groups in a row whose gain was 1 */
  float from, to; /* the gain now walks so */
} peak_limiter;

/* Modified Bessel function of the first kind, order 0, by its series: the Kaiser window's. */
static inline double limiter_bessel_(double x) {
  double sum = 1.0, term = 1.0;
  for (int k = 1; term > sum * 1e-17; k++) {
    term *= x * x / (4.0 * k * k);
    sum += term;
  }
  return sum;
}

/* One side of a symmetric filter of 2 `taps` taps at +-0.5, +-1.5, ...: Kaiser window, times a sinc if `is_sinc`;
 * its sum is 1/2. */
static inline void limiter_design_(float *side, int taps, double beta, int is_sinc) {
  double sum = 0.0, exact[LIMITER_HALF];
  for (int k = 0; k < taps; k++) {
    double t = k + 0.5, u = t / taps;
    exact[k] = limiter_bessel_(beta * sqrt(1.0 - u * u)) * (is_sinc ? sin(M_PI * t) / (M_PI * t) : 1.0);
    sum += exact[k];
  }
  for (int k = 0; k < taps; k++) side[k] = (float)(exact[k] / (2.0 * sum));
}

static inline double limiter_sum_(const float *side, int taps) {
  double sum = 0.0;
  for (int k = 0; k < taps; k++) sum += 2.0 * fabs((double)side[k]);
  return sum;
}

/* Frames from in to out, the same for all time at one rate. */
static inline uint32_t peak_limiter_latency(const peak_limiter *l) {
  return (l->travel + LIMITER_READING) * LIMITER_GROUP;
}

/* Make *l new for `rate_hz` > 0: ceiling 1, on, everything silent. Above 192 kHz the look-ahead gets shorter. Not for the
 * audio thread. */
static inline void peak_limiter_prepare(peak_limiter *l, double rate_hz) {
  memset(l, 0, sizeof *l);
  l->ceiling = (scalar_ramp){1.0f, 1.0f, 0.0f};
  l->on = (scalar_ramp){1.0f, 1.0f, 0.0f};
  double travel = floor(LIMITER_TRAVEL_S * rate_hz / LIMITER_GROUP);
  l->travel = (uint32_t)fmin(fmax(travel, LIMITER_TRAVEL_MIN), LIMITER_TRAVEL_MAX);
  double held = l->travel + LIMITER_READING + ceil(LIMITER_HOLD_S * rate_hz / LIMITER_GROUP);
  l->held = (uint32_t)fmin(held, LIMITER_HELD_MAX);
  /* beta 4.5, 5: ripple -50 dB */
  limiter_design_(l->half, LIMITER_HALF, 4.5, 1);
  limiter_design_(l->quarter, LIMITER_QUARTER, 4.5, 1);
  limiter_design_(l->edge, LIMITER_HALF, 5.0, 0);
  double size = limiter_sum_(l->half, LIMITER_HALF) * limiter_sum_(l->quarter, LIMITER_QUARTER);
  for (int k = 0; k < LIMITER_HALF; k++) /* the low-pass, turned to half the rate */
    l->edge[k] *= k % 2 ? -LIMITER_GUARD : LIMITER_GUARD;
  size += 2.0 * LIMITER_SLOPE * size + limiter_sum_(l->edge, LIMITER_HALF);
  l->quiet = (float)(size * 1.0001); /* for the rounding of all that */
  uint32_t window = l->travel - 1; /* with the straight line between groups it takes `travel` groups */
  for (uint32_t k = 0; k < window; k++) {
    double s = sin(M_PI * (k + 1) / (window + 1));
    l->weights[k] = s * s;
    l->weight += s * s;
  }
  l->back = 1.0 - exp(-LIMITER_GROUP / (LIMITER_RELEASE_S * rate_hz));
  l->at = peak_limiter_latency(l);
  l->released = 1.0;
  for (uint32_t k = 0; k < LIMITER_TRAVEL_MAX; k++) l->smooth[k] = 1.0;
  l->gain = l->from = l->to = 1.0f;
  l->is_read = 1;
}

/* The meter's reading: the smallest gain applied since it was last asked. */
static inline float peak_limiter_gain(peak_limiter *l) {
  float smallest = l->gain;
  float step = (l->to - l->from) * ((float)l->filled * (1.0f / LIMITER_GROUP));
  l->gain = 1.0f + l->on.value * (l->from + step - 1.0f);
  return smallest;
}

static inline float limiter_most_(const float *x, uint32_t frames) {
  int32_t most = 0; /* through integers: their order is that of the sizes, NaN on top, and they vectorise */
  for (uint32_t f = 0; f < frames; f++) {
    int32_t bits;
    memcpy(&bits, x + f, 4);
    bits &= 0x7fffffff;
    most = most > bits ? most : bits;
  }
  float size;
  memcpy(&size, &most, 4);
  return size;
}

/* Half-way points after x[0]..x[15], and the guard of eight of them; reads x[-15]..x[31]. The guard is of a narrow
 * band: half the points show its size. */
static inline float limiter_half_way_(const peak_limiter *l, const float *x, float *mid) {
  limiter_vf sum[LIMITER_GROUP / LIMITER_W];
  for (int v = 0; v < LIMITER_GROUP / LIMITER_W; v++) sum[v] = (limiter_vf){};
#pragma GCC unroll 4
  for (int k = 0; k < LIMITER_HALF; k++) {
#pragma GCC unroll 4
    for (int v = 0; v < LIMITER_GROUP / LIMITER_W; v++) {
      const float *p = x + v * LIMITER_W;
      sum[v] += l->half[k] * (*(const limiter_vf *)(p - k) + *(const limiter_vf *)(p + k + 1));
    }
  }
  for (int v = 0; v < LIMITER_GROUP / LIMITER_W; v++) *(limiter_vf *)(mid + v * LIMITER_W) = sum[v];
  typedef float octet __attribute__((vector_size(4 * (LIMITER_W < 8 ? 4 : 8)), aligned(4), may_alias));
  enum { WIDTH = sizeof(octet) / 4, OCTETS = 8 / WIDTH };
  octet edge[OCTETS];
  float size[8];
  for (int v = 0; v < OCTETS; v++) edge[v] = (octet){};
#pragma GCC unroll 4
  for (int k = 0; k < LIMITER_HALF; k++) {
#pragma GCC unroll 2
    for (int v = 0; v < OCTETS; v++) {
      const float *p = x + v * WIDTH;
      edge[v] += l->edge[k] * (*(const octet *)(p - k) - *(const octet *)(p + k + 1));
    }
  }
  for (int v = 0; v < OCTETS; v++) *(octet *)(size + v * WIDTH) = edge[v];
  return limiter_most_(size, 8);
}

/* A point between four at hand on each side: x and mid are those a quarter of a frame off, inner to outer. */
#define LIMITER_BETWEEN_(a, b, c, d, e, f, g, h) (q[0] * (a + b) + q[1] * (c + d) + (q[2] * (e + f) + q[3] * (g + h)))
static inline float limiter_third_(const float *q, const float *x, const float *m) {
  return LIMITER_BETWEEN_(m[0], x[1], x[0], m[1], m[-1], x[2], x[-1], m[2]);
}

/* The largest crest from x[0] to x[16]; mid are the points half a frame after x. Reads x[-2]..x[18]. */
static inline float limiter_crest_(const peak_limiter *l, const float *x, const float *mid) {
  float first[LIMITER_GROUP], third[LIMITER_GROUP + 1], top[LIMITER_GROUP];
  float q[LIMITER_QUARTER];
  memcpy(q, l->quarter, sizeof q);
  third[0] = limiter_third_(q, x - 1, mid - 1);
  for (int f = 0; f < LIMITER_GROUP; f++) {
    const float *p = x + f, *m = mid + f;
    first[f] = LIMITER_BETWEEN_(p[0], m[0], m[-1], p[1], p[-1], m[1], m[-2], p[2]);
    third[f + 1] = LIMITER_BETWEEN_(m[0], p[1], p[0], m[1], m[-1], p[2], p[-1], m[2]);
  }
  for (int f = 0; f < LIMITER_GROUP; f++) {
    float here = fabsf(x[f]) + LIMITER_SLOPE * fabsf(first[f] - third[f]);
    float half = fabsf(mid[f]) + LIMITER_SLOPE * fabsf(third[f + 1] - first[f]);
    float low = fabsf(first[f]) + LIMITER_SLOPE * fabsf(mid[f] - x[f]);
    float high = fabsf(third[f + 1]) + LIMITER_SLOPE * fabsf(x[f + 1] - mid[f]);
    top[f] = larger(larger(here, half), larger(low, high));
  }
  return limiter_most_(top, LIMITER_GROUP);
}

/* Read the group that began `back` groups before the newest: its half-way points and guard (each one group late, for
 * they need 16 frames after them), and the crest that ends two frames before those. */
static inline float limiter_read_(peak_limiter *l, uint32_t back) {
  float crest = 0.0f, edge = 0.0f;
  for (int c = 0; c < 2; c++) {
    const float *x = l->track[c] + l->at - (2 + back) * LIMITER_GROUP;
    float *mid = l->mid[c];
    memcpy(mid, mid + LIMITER_GROUP, LIMITER_GROUP * sizeof(float));
    edge = larger(edge, limiter_half_way_(l, x, mid + LIMITER_GROUP));
    crest = larger(crest, limiter_crest_(l, x - 2, mid + LIMITER_GROUP - 2));
  }
  l->edges[0] = l->edges[1], l->edges[1] = l->edges[2], l->edges[2] = edge;
  return crest;
}

/* The gain that the newest group asks for. */
static inline float limiter_wanted_(peak_limiter *l) {
  float newest = larger(limiter_most_(l->track[0] + l->at - LIMITER_GROUP, LIMITER_GROUP),
                        limiter_most_(l->track[1] + l->at - LIMITER_GROUP, LIMITER_GROUP));
  float loudest = newest;
  for (int k = 1; k < LIMITER_QUIET_GROUPS; k++) {
    loudest = larger(loudest, l->loudest[k]);
    l->loudest[k - 1] = l->loudest[k];
  }
  l->loudest[LIMITER_QUIET_GROUPS - 1] = newest;
  float ceiling = l->ceiling.value; /* what it is measured for came in before: by now it has walked far enough */
  if (loudest * l->quiet <= ceiling) {
    l->is_read = 0;
    return 1.0f; /* as below: no peak can be read above the ceiling */
  }
  if (!l->is_read) {
    limiter_read_(l, 2);
    l->crest = limiter_read_(l, 1);
    l->is_read = 1;
  }
  float before = l->crest; /* its guard reaches one group to either side */
  l->crest = limiter_read_(l, 0);
  float peak = before + larger(larger(l->edges[0], l->edges[1]), l->edges[2]);
  return peak > ceiling ? ceiling / peak : 1.0f;
}

/* The smallest of the last `held` gains, `wanted` being the newest: those that a later one undercuts are forgotten. */
static inline float limiter_held_(peak_limiter *l, float wanted) {
  uint32_t group = l->group++;
  while (l->waiting && l->wanted[(l->first + l->waiting - 1) % LIMITER_HELD_MAX] >= wanted) l->waiting--;
  uint32_t last = (l->first + l->waiting++) % LIMITER_HELD_MAX;
  l->wanted[last] = wanted;
  l->since[last] = group;
  if (group - l->since[l->first] >= l->held) {
    l->first = (l->first + 1) % LIMITER_HELD_MAX;
    l->waiting--;
  }
  return l->wanted[l->first];
}

/* A group is whole: where the gain goes in the next. */
static inline void limiter_turn_(peak_limiter *l) {
  double held = limiter_held_(l, limiter_wanted_(l));
  l->from = l->to;
  double released = l->released + (held - l->released) * l->back;
  if (released > held - LIMITER_ARRIVED) released = held;
  l->released = released;
  l->at_rest = released == 1.0 ? l->at_rest + (l->at_rest < LIMITER_TRAVEL_MAX) : 0;
  uint32_t window = l->travel - 1;
  memmove(l->smooth + 1, l->smooth, (window - 1) * sizeof(double));
  l->smooth[0] = released;
  if (l->at_rest >= window) {
    l->to = 1.0f;
    return;
  }
  double sum = 0.0;
  for (uint32_t k = 0; k < window; k++) sum += l->weights[k] * l->smooth[k];
  l->to = smaller((float)(sum / l->weight), 1.0f);
}

static inline void limiter_copy_(float *to, const float *from, uint32_t frames) {
  if (frames == LIMITER_GROUP) /* of known size: a few moves instead of a call */
    memcpy(to, from, LIMITER_GROUP * sizeof(float));
  else
    memcpy(to, from, frames * sizeof(float));
}

/* Put `frames` frames of one channel behind the last ones; what is no sample becomes 0. */
static inline void limiter_take_(peak_limiter *l, float *to, const float *from, uint32_t frames) {
  limiter_copy_(to, from, frames);
  if (limiter_most_(to, frames) < LIMITER_FAULT) return;
  for (uint32_t f = 0; f < frames; f++) {
    if (fabsf(to[f]) < LIMITER_FAULT) continue;
    to[f] = 0.0f;
    l->bad_samples++;
  }
}

/* The delayed frames times the gain, which is at frame `filled` of its straight line. */
static inline void limiter_give_(peak_limiter *l, float *left, float *right, uint32_t frames) {
  uint32_t from = l->at - peak_limiter_latency(l);
  const float *in_left = l->track[0] + from, *in_right = l->track[1] + from;
  int is_walking = l->on.value != l->on.target;
  if (!is_walking && (l->on.value == 0.0f || (l->from == 1.0f && l->to == 1.0f))) {
    limiter_copy_(left, in_left, frames); /* not times 1: that would flush denormals */
    limiter_copy_(right, in_right, frames);
    l->gain = smaller(l->gain, 1.0f);
    return;
  }
  float way = (l->to - l->from) * (1.0f / LIMITER_GROUP), gains[LIMITER_GROUP];
  for (uint32_t f = 0; f < frames; f++) gains[f] = l->from + way * (float)(int32_t)(l->filled + f + 1);
  if (is_walking || l->on.value != 1.0f)
    for (uint32_t f = 0; f < frames; f++) gains[f] = 1.0f + ramp_walk(&l->on) * (gains[f] - 1.0f);
  for (uint32_t f = 0; f < frames; f++) {
    left[f] = in_left[f] * gains[f];
    right[f] = in_right[f] * gains[f];
  }
  for (uint32_t f = 0; f < frames; f++) l->gain = smaller(l->gain, gains[f]);
}

/* Limit `frames` frames (any number) of both channels in place; they come out peak_limiter_latency frames late. */
static inline void peak_limiter_run(peak_limiter *l, float *left, float *right, uint32_t frames) {
  uint32_t latency = peak_limiter_latency(l);
  for (uint32_t done = 0, n; done < frames; done += n) {
    n = LIMITER_GROUP - l->filled;
    n = n < frames - done ? n : frames - done;
    for (uint32_t f = 0; f < n && l->ceiling.value != l->ceiling.target; f++) ramp_walk(&l->ceiling);
    limiter_take_(l, l->track[0] + l->at, left + done, n);
    limiter_take_(l, l->track[1] + l->at, right + done, n);
    limiter_give_(l, left + done, right + done, n);
    l->at += n;
    l->filled += n;
    if (l->filled < LIMITER_GROUP) return;
    l->filled = 0;
    limiter_turn_(l);
    if (l->at + LIMITER_GROUP <= LIMITER_TRACK) continue;
    for (int c = 0; c < 2; c++) memcpy(l->track[c], l->track[c] + l->at - latency, latency * sizeof(float));
    l->at = latency;
  }
}
#endif
