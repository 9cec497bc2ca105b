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
#define LIMITER_GUARDED 8 /* points of a group */
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
  double weights[LIMITER_TRAVEL_MAX]; /* smoothing window; its sum is 1 */
  double back; /* fraction of the way to the held gain, a group */
  float track[2][LIMITER_TRACK]; /* what came in */
  uint32_t at, filled; /* where the next frame goes; frames of the group that are there */
  float newest; /* largest sample of the group so far */
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
  double weight = 0.0;
  for (uint32_t k = 0; k < window; k++) {
    double s = sin(M_PI * (k + 1) / (window + 1));
    l->weights[k] = s * s;
    weight += s * s;
  }
  for (uint32_t k = 0; k < window; k++) l->weights[k] /= weight;
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

#define LIMITER_INLINE static inline __attribute__((always_inline)) /* for a number of frames that is known */

LIMITER_INLINE int32_t limiter_bits_(const float *x) {
  int32_t bits;
  memcpy(&bits, x, 4);
  return bits & 0x7fffffff;
}

/* The largest size. Through integers: their order is that of the sizes, NaN on top, and they vectorise. */
LIMITER_INLINE float limiter_most_of_both_(const float *x, const float *y, uint32_t frames) {
  int32_t most = 0;
  for (uint32_t f = 0; f < frames; f++) {
    int32_t a = limiter_bits_(x + f), b = limiter_bits_(y + f);
    a = a > b ? a : b;
    most = most > a ? most : a;
  }
  float size;
  memcpy(&size, &most, 4);
  return size;
}
LIMITER_INLINE float limiter_most_(const float *x, uint32_t frames) {
  return limiter_most_of_both_(x, x + frames / 2, frames / 2); /* an even number */
}

/* The half-way points after x[0]..x[15]; reads x[-15]..x[31]. */
static inline void limiter_half_way_(const peak_limiter *l, const float *x, float *mid) {
  for (int v = 0; v < LIMITER_GROUP; v += LIMITER_W) {
    limiter_vf even = {}, odd = {}; /* two chains of additions: neither waits for the other */
#pragma GCC unroll 8
    for (int k = 0; k < LIMITER_HALF; k += 2) {
      const float *p = x + v - k, *n = x + v + k + 1;
      even += l->half[k] * (*(const limiter_vf *)p + *(const limiter_vf *)n);
      odd += l->half[k + 1] * (*(const limiter_vf *)(p - 1) + *(const limiter_vf *)(n + 1));
    }
    *(limiter_vf *)(mid + v) = even + odd;
  }
}

/* The guard beside the half-way points after x[0]..x[7]: of a narrow band, half the points of a group show its size. */
static inline void limiter_guard_(const peak_limiter *l, const float *x, float *guard) {
  typedef float part __attribute__((vector_size(4 * (LIMITER_W < 8 ? 4 : 8)), aligned(4), may_alias));
  for (int v = 0; v < LIMITER_GUARDED; v += sizeof(part) / 4) {
    part even = {}, odd = {};
#pragma GCC unroll 8
    for (int k = 0; k < LIMITER_HALF; k += 2) {
      const float *p = x + v - k, *n = x + v + k + 1;
      even += l->edge[k] * (*(const part *)p - *(const part *)n);
      odd += l->edge[k + 1] * (*(const part *)(p - 1) - *(const part *)(n + 1));
    }
    *(part *)(guard + v) = even + odd;
  }
}

/* A point between four at hand on each side: x and mid are those a quarter of a frame off, inner to outer. */
#define LIMITER_BETWEEN_(a, b, c, d, e, f, g, h) (q[0] * (a + b) + q[1] * (c + d) + (q[2] * (e + f) + q[3] * (g + h)))

/* Raises top[f] to the crest from x[f] to x[f + 1], f < 16; mid are the points half a frame after x. Reads x[-2]..x[18]. */
static inline void limiter_crest_(const peak_limiter *l, const float *x, const float *mid, float *top) {
  float q[LIMITER_QUARTER];
  memcpy(q, l->quarter, sizeof q);
  for (int f = 0; f < LIMITER_GROUP; f++) {
    const float *p = x + f, *m = mid + f;
    float before = LIMITER_BETWEEN_(m[-1], p[0], p[-1], m[0], m[-2], p[1], p[-2], m[1]);
    float first = LIMITER_BETWEEN_(p[0], m[0], m[-1], p[1], p[-1], m[1], m[-2], p[2]);
    float third = LIMITER_BETWEEN_(m[0], p[1], p[0], m[1], m[-1], p[2], p[-1], m[2]);
    float here = fabsf(p[0]) + LIMITER_SLOPE * fabsf(first - before);
    float half = fabsf(m[0]) + LIMITER_SLOPE * fabsf(third - first);
    float low = fabsf(first) + LIMITER_SLOPE * fabsf(m[0] - p[0]);
    float high = fabsf(third) + LIMITER_SLOPE * fabsf(p[1] - m[0]);
    top[f] = larger(top[f], larger(larger(here, half), larger(low, high)));
  }
}

/* Read the group that began `back` groups before the newest: its half-way points and guard (each one group late, for
 * they need 16 frames after them), and the crest that ends two frames before those. */
static inline float limiter_read_(peak_limiter *l, uint32_t back) {
  const float *x[2];
  float guard[2 * LIMITER_GUARDED], top[LIMITER_GROUP] = {0};
  for (int c = 0; c < 2; c++) {
    float *mid = l->mid[c];
    x[c] = l->track[c] + l->at - (2 + back) * LIMITER_GROUP;
    memcpy(mid, mid + LIMITER_GROUP, LIMITER_GROUP * sizeof(float));
    limiter_half_way_(l, x[c], mid + LIMITER_GROUP);
    limiter_guard_(l, x[c], guard + c * LIMITER_GUARDED);
  }
  for (int c = 0; c < 2; c++) limiter_crest_(l, x[c] - 2, l->mid[c] + LIMITER_GROUP - 2, top);
  l->edges[0] = l->edges[1], l->edges[1] = l->edges[2], l->edges[2] = limiter_most_(guard, 2 * LIMITER_GUARDED);
  return limiter_most_(top, LIMITER_GROUP);
}

/* The gain that the newest group asks for. */
static inline float limiter_wanted_(peak_limiter *l) {
  float newest = l->newest, loudest = newest;
  l->newest = 0.0f;
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
  double sum = 0.0, newer = released;
  for (uint32_t k = 0; k < window; k++) { /* a move and the sum in one: nothing is read that was just written */
    double older = l->smooth[k];
    sum += l->weights[k] * newer;
    l->smooth[k] = newer;
    newer = older;
  }
  l->to = l->at_rest >= window ? 1.0f : smaller((float)sum, 1.0f);
}

/* Put `frames` frames of both channels behind the last ones; what is no sample becomes 0. */
LIMITER_INLINE void limiter_take_(peak_limiter *l, const float *left, const float *right, uint32_t frames) {
  float *to[2] = {l->track[0] + l->at, l->track[1] + l->at};
  memcpy(to[0], left, frames * sizeof(float));
  memcpy(to[1], right, frames * sizeof(float));
  float most = limiter_most_of_both_(to[0], to[1], frames);
  if (!(most < LIMITER_FAULT)) {
    for (uint32_t n = 0; n < 2 * frames; n++) {
      float *x = to[n & 1] + n / 2;
      if (fabsf(*x) < LIMITER_FAULT) continue;
      *x = 0.0f;
      l->bad_samples++;
    }
    most = limiter_most_of_both_(to[0], to[1], frames);
  }
  l->newest = larger(l->newest, most);
}

/* The delayed frames times the gain, which is at frame `filled` of its straight line. */
LIMITER_INLINE void limiter_give_(peak_limiter *l, float *left, float *right, uint32_t frames) {
  uint32_t from = l->at - peak_limiter_latency(l);
  const float *in_left = l->track[0] + from, *in_right = l->track[1] + from;
  int is_walking = l->on.value != l->on.target;
  if (!is_walking && (l->on.value == 0.0f || (l->from == 1.0f && l->to == 1.0f))) {
    memcpy(left, in_left, frames * sizeof(float)); /* not times 1: that would flush denormals */
    memcpy(right, in_right, frames * sizeof(float));
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
  if (is_walking)
    for (uint32_t f = 0; f < frames; f++) l->gain = smaller(l->gain, gains[f]);
  else /* a straight line: one of its ends */
    l->gain = smaller(l->gain, smaller(gains[0], gains[frames - 1]));
}

/* Limit `frames` frames (any number) of both channels in place; they come out peak_limiter_latency frames late. */
static inline void peak_limiter_run(peak_limiter *l, float *left, float *right, uint32_t frames) {
  uint32_t latency = peak_limiter_latency(l);
  for (uint32_t done = 0, n; done < frames; done += n) {
    n = LIMITER_GROUP - l->filled;
    n = n < frames - done ? n : frames - done;
    for (uint32_t f = 0; f < n && l->ceiling.value != l->ceiling.target; f++) ramp_walk(&l->ceiling);
    if (n == LIMITER_GROUP) { /* of known size: no loop but a few moves */
      limiter_take_(l, left + done, right + done, LIMITER_GROUP);
      limiter_give_(l, left + done, right + done, LIMITER_GROUP);
    } else {
      limiter_take_(l, left + done, right + done, n);
      limiter_give_(l, left + done, right + done, n);
    }
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
