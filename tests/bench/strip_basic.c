/* How long a plain strip takes: every kernel this processor has, and the same strip written one channel at a time.
 *
 * usage: strip_basic CHANNELS FRAMES ROUNDS [ISA]
 * stdout: one line for each: name, then the shortest round in ns per channel and sample; `difference` in dB between the
 *         scalar strip and each kernel, largest of all outputs; `moving` the same with every fader, pan and send in motion.
 * exit: 2 wrong usage, 3 no such kernel
 *
 * The strip: trim, polarity, high-pass on, mute, fader, pan to main, SENDS post sends, peak and mean-square meters.
 * Rounds of all are interleaved, so that a busy minute of the machine is busy for each.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aim.h"
#include "kernel.h"

#define SENDS 4
#define OUTPUTS (2 + SENDS)
#define BLOCKS 400 /* of each round: some milliseconds */
#define SONG 16 /* blocks of input, all in the cache */
#define MAX_FRAMES CHUNK
#define MAX_KERNELS 3

static uint32_t channels, frames;
static float song[SONG][MAX_STRIPS][MAX_FRAMES];

/* -- one channel at a time ------------------------------------------------------------------------------------------ */

typedef struct {
  float trim, a1, a2, b, g2, fader, left, right, send[SENDS]; /* trim with the polarity's sign, fader with the mute */
  float s1, s2, peak, mean;
} channel;

static channel desk[MAX_STRIPS];
static float peak_fall, mean_rate;
static uint64_t scalar_bad;

static __attribute__((noinline)) void scalar_strip(channel *c, const float *restrict in, float *restrict left, float *restrict right,
                                                   float *restrict bus0, float *restrict bus1, float *restrict bus2,
                                                   float *restrict bus3) {
  const channel k = *c;
  float s1 = k.s1, s2 = k.s2, peak = k.peak, mean = k.mean;
  float to_left = k.fader * k.left, to_right = k.fader * k.right;
  float to0 = k.fader * k.send[0], to1 = k.fader * k.send[1], to2 = k.fader * k.send[2], to3 = k.fader * k.send[3];
  for (uint32_t f = 0; f < frames; f++) {
    float x = in[f];
    if (!(fabsf(x) < NOT_A_SAMPLE)) x = 0.0f, scalar_bad++;
    x *= k.trim;
    float size = fabsf(x);
    peak *= peak_fall;
    peak = size > peak ? size : peak;
    mean += (x * x - mean) * mean_rate;
    float v3 = x - s2;
    float v1 = k.a2 * v3 + k.a1 * s1;
    float high = k.b * s1 + k.a1 * v3;
    s1 = 2.0f * v1 - s1;
    s2 = k.g2 * v1 + s2;
    x = high;
    left[f] += x * to_left;
    right[f] += x * to_right;
    bus0[f] += x * to0;
    bus1[f] += x * to1;
    bus2[f] += x * to2;
    bus3[f] += x * to3;
  }
  c->s1 = s1, c->s2 = s2, c->peak = peak, c->mean = mean;
}

static void scalar(const float (*in)[MAX_FRAMES], float (*out)[MAX_FRAMES]) {
  for (int o = 0; o < OUTPUTS; o++) memset(out[o], 0, frames * sizeof(float));
  for (uint32_t n = 0; n < channels; n++) scalar_strip(&desk[n], in[n], out[0], out[1], out[2], out[3], out[4], out[5]);
}

/* -- the kernels ---------------------------------------------------------------------------------------------------- */

static channel_lanes own[MAX_KERNELS];

static void parallel(const kernel_ops *kernel, channel_lanes *s, const float (*in)[MAX_FRAMES], float (*out)[MAX_FRAMES]) {
  const float *inputs[MAX_STRIPS] = {NULL}, *silence[MAX_STRIPS] = {NULL};
  float *nowhere[MAX_STRIPS] = {NULL}, *sums[INTO_COUNT] = {NULL};
  strip_pass pass = {.inputs = inputs, .tapes = silence, .returns = silence, .sends = nowhere, .directs = nowhere,
                     .sums = sums, .frames = frames, .is_first = 1};
  for (uint32_t n = 0; n < channels; n++) inputs[n] = in[n], pass.lanes[n / 32] |= UINT32_C(1) << n % 32;
  sums[INTO_LEFT] = out[0], sums[INTO_RIGHT] = out[1];
  for (int b = 0; b < SENDS; b++) sums[b] = out[2 + b];
  kernel->strips(s, &pass);
}

/* -- the same desk for both ------------------------------------------------------------------------------------------ */

static void set_up(int kernels) {
  const double rate = 48000.0;
  peak_fall = (float)pow(10.0, -20.0 / 1.7 / 20.0 / rate);
  mean_rate = (float)(1.0 - exp(-1.0 / (0.3 * rate)));
  memset(desk, 0, sizeof desk);
  memset(own, 0, sizeof own);
  uint32_t seed = 1;
  for (int block = 0; block < SONG; block++)
    for (uint32_t n = 0; n < channels; n++)
      for (uint32_t f = 0; f < frames; f++) {
        seed = seed * 1664525u + 1013904223u;
        song[block][n][f] = (float)(int32_t)seed * (0.25f / 2147483648.0f);
      }
  for (uint32_t n = 0; n < channels; n++) {
    double g = tan(M_PI * (40.0 + 5.0 * n) / rate), gk = g + 1.41421356;
    float a1 = (float)(1.0 / (1.0 + g * gk));
    desk[n] = (channel){.trim = n % 3 ? 0.9f : -1.1f, .a1 = a1, .a2 = (float)g * a1, .b = -(a1 * (float)gk), .g2 = (float)(2.0 * g),
                        .fader = n % 7 == 6 ? 0.0f : 0.5f + 0.01f * n, .left = (float)cos(0.05 * n), .right = (float)sin(0.05 * n)};
    for (int b = 0; b < SENDS; b++) desk[n].send[b] = 0.1f + 0.02f * (float)((n + (uint32_t)b) % 9);
  }
  for (int k = 0; k < kernels; k++) {
    channel_lanes *s = &own[k];
    channels_begin(s);
    s->strips = (channels + 15) / 16 * 16, s->peak_fall = peak_fall, s->mean_rate = mean_rate;
    for (uint32_t n = 0; n < channels; n++) {
      front_aim(s, &s->input, n, 1.0f, 1.0f), front_aim(s, &s->trim, n, desk[n].trim, 1.0f), fader_aim(s, n, desk[n].fader, 1.0f);
      high_pass_aim(s, n, 0, tan(M_PI * (40.0 + 5.0 * n) / rate), 1.0f);
      tap_aim(&s->into[INTO_LEFT], TAP_POST, n, desk[n].left, 1.0f), tap_aim(&s->into[INTO_RIGHT], TAP_POST, n, desk[n].right, 1.0f);
      for (int b = 0; b < SENDS; b++) tap_aim(&s->into[b], TAP_POST, n, desk[n].send[b], 1.0f);
    }
    channels_arrive(s);
  }
}

static void set_moving(channel_lanes *s) {
  tap_lanes *moved[] = {&s->into[INTO_LEFT], &s->into[INTO_RIGHT], &s->into[0], &s->into[1], &s->into[2], &s->into[3]};
  for (uint32_t n = 0; n < channels; n++) {
    s->fader.target[n] = 1e9f, s->fader.step[n] = 1e-9f, s->fader_moving |= set_of(n);
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++)
      moved[i]->tap[TAP_POST].target[n] = 1e9f, moved[i]->tap[TAP_POST].step[n] = 1e-9f, moved[i]->moving[TAP_POST] |= set_of(n);
  }
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double ns_each(double from) { return (now_ns() - from) / ((double)BLOCKS * channels * frames); }

static double difference_db(const kernel_ops *kernel, channel_lanes *s) {
  static float ours[OUTPUTS][MAX_FRAMES], theirs[OUTPUTS][MAX_FRAMES];
  double most = 0.0;
  for (int block = 0; block < 8 * SONG; block++) {
    scalar((const float(*)[MAX_FRAMES])song[block % SONG], ours);
    parallel(kernel, s, (const float(*)[MAX_FRAMES])song[block % SONG], theirs);
    for (int o = 0; o < OUTPUTS; o++)
      for (uint32_t f = 0; f < frames; f++) most = fmax(most, fabs((double)ours[o][f] - (double)theirs[o][f]));
  }
  return 20.0 * log10(most + 1e-20);
}

int main(int argc, char **argv) {
  static const char *const ISAS[] = {"sse2", "avx2", "avx512", "neon", "plain"};
  static float out[OUTPUTS][MAX_FRAMES];
  const kernel_ops *kernels[MAX_KERNELS];
  double best[MAX_KERNELS], best_moving[MAX_KERNELS], best_scalar = 1e9;
  int count = 0;
  channels = argc >= 4 ? (uint32_t)atoi(argv[1]) : 0, frames = argc >= 4 ? (uint32_t)atoi(argv[2]) : 0;
  int rounds = argc >= 4 ? atoi(argv[3]) : 0;
  if (channels < 1 || channels > MAX_STRIPS || frames < 1 || frames > MAX_FRAMES || rounds < 1) return 2;
  for (size_t i = 0; i < sizeof ISAS / sizeof ISAS[0]; i++) {
    const kernel_ops *kernel = argc > 4 && strcmp(argv[4], ISAS[i]) != 0 ? NULL : kernel_select(ISAS[i]);
    if (kernel) best[count] = best_moving[count] = 1e9, kernels[count++] = kernel;
  }
  if (count == 0) return 3;
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040); /* as the engine runs: no denormals */
#endif
  for (int k = 0; k < count; k++) {
    set_up(count);
    printf("difference_db %s %.1f\n", kernels[k]->isa, difference_db(kernels[k], &own[k]));
  }
  for (int round = 0; round < rounds; round++) {
    set_up(count);
    double from = now_ns();
    for (int block = 0; block < BLOCKS; block++) scalar((const float(*)[MAX_FRAMES])song[block % SONG], out);
    best_scalar = fmin(best_scalar, ns_each(from));
    for (int k = 0; k < count; k++) {
      from = now_ns();
      for (int block = 0; block < BLOCKS; block++) parallel(kernels[k], &own[k], (const float(*)[MAX_FRAMES])song[block % SONG], out);
      best[k] = fmin(best[k], ns_each(from));
      set_moving(&own[k]);
      from = now_ns();
      for (int block = 0; block < BLOCKS; block++) parallel(kernels[k], &own[k], (const float(*)[MAX_FRAMES])song[block % SONG], out);
      best_moving[k] = fmin(best_moving[k], ns_each(from));
    }
  }
  printf("ns scalar %.4f\n", best_scalar);
  for (int k = 0; k < count; k++) printf("ns %s %.4f\nmoving %s %.4f\n", kernels[k]->isa, best[k], kernels[k]->isa, best_moving[k]);
  return 0;
}
