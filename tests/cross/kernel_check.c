/* Renders fixed input through one strip kernel, in blocks of the size asked for, and writes what comes out.
 *
 * usage: kernel_check ISA BLOCK    ISA: sse2, avx2, avx512, neon; BLOCK: frames
 * stdout: float32, FRAMES of left, right and each bus, one after the other; then peak and mean square of each strip.
 * exit:   2 wrong usage, 3 this processor has no such kernel, 4 a bad sample was not counted, 5 stdout refused
 * Everything that goes in is made of integers and literals, so that every machine gets the same bits.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"

#define FRAMES 6000
#define STRIPS 13 /* not a multiple of any vector: the last bank is part empty */
#define BUSES 3
#define BAD_SAMPLES 3

static _Alignas(64) strip_lanes desk;
static float inputs[STRIPS][FRAMES], tapes[STRIPS][FRAMES], left[FRAMES], right[FRAMES], buses[BUSES][FRAMES];

typedef struct { /* from `frame` on, the lane of `ramp` walks to `target` */
  uint32_t frame, lane;
  ramp_lanes *ramp;
  float target;
} order;

/* Frames that are no multiple of any block size, two orders at one frame, one order amid a walk. */
static const order orders[] = {
    {301, 0, &desk.fader, 0.25f},   {301, 5, &desk.fader, 0.0f},    {450, 0, &desk.fader, 1.0f},
    {701, 3, &desk.mute, 0.0f},     {997, 2, &desk.cutoff, 0.02f},  {1203, 12, &desk.wet, 0.0f},
    {1203, 12, &desk.dry, 1.0f},    {1777, 4, &desk.pre[0], 0.8f},  {2001, 4, &desk.post[2], 0.5f},
    {2501, 7, &desk.input, 0.0f},   {2501, 7, &desk.tape, 1.0f},    {3001, 3, &desk.mute, 1.0f},
    {3333, 9, &desk.trim, -2.0f},   {3601, 1, &desk.left, 0.0f},    {3601, 1, &desk.right, 1.0f},
    {4100, 4, &desk.pre[0], 0.0f},  {4799, 2, &desk.cutoff, 0.002f}, {5001, 7, &desk.tape, 0.0f},
};
enum { ORDERS = sizeof orders / sizeof orders[0] };

/* Noise of 16 bits on a triangle of 96 frames (500 Hz at 48 kHz) on a constant: the high-pass has something to do. */
static float sample(uint32_t *seed, uint32_t frame, uint32_t strip) {
  *seed = *seed * 1664525u + 1013904223u; /* Numerical Recipes, 2nd ed., 7.1 */
  int32_t noise = (int32_t)(*seed >> 16) - 32768;
  int32_t phase = (int32_t)((frame + 7 * strip) % 96);
  int32_t triangle = (phase < 48 ? phase : 96 - phase) - 24;
  return ((float)noise / 32768.0f + (float)triangle / 24.0f + 0.5f) * 0.05f;
}

static void fill(void) {
  uint32_t seed = 1;
  for (uint32_t strip = 0; strip < STRIPS; strip++)
    for (uint32_t frame = 0; frame < FRAMES; frame++) {
      inputs[strip][frame] = sample(&seed, frame, strip);
      tapes[strip][frame] = sample(&seed, frame, strip);
    }
  inputs[6][1000] = __builtin_nanf("");
  inputs[6][1063] = __builtin_inff();
  inputs[8][4000] = -NOT_A_SAMPLE;
}

static void rest(ramp_lanes *ramp, uint32_t lane, float value, float step) {
  ramp->value[lane] = ramp->target[lane] = value;
  ramp->step[lane] = step;
}

static void set_up(void) {
  desk.lanes = STRIPS, desk.buses = BUSES;
  desk.peak_fall = 0.9998f, desk.mean_rate = 0.0007f;
  for (uint32_t lane = 0; lane < STRIPS; lane++) {
    int polarity = lane % 3 == 1 ? -1 : 1;
    rest(&desk.input, lane, 1.0f, 1.0f / 480);
    rest(&desk.tape, lane, lane == 11 ? 0.5f : 0.0f, 1.0f / 480);
    rest(&desk.trim, lane, (float)polarity * (1.0f + 0.05f * (float)lane), 1.0f / 100);
    rest(&desk.cutoff, lane, 0.0013f + 0.002f * (float)lane, 1.0f / 20000); /* 20 Hz .. 400 Hz at 48 kHz */
    rest(&desk.dry, lane, lane % 2 ? 1.0f : 0.0f, 1.0f / 480);
    rest(&desk.wet, lane, lane % 2 ? 0.0f : 1.0f, 1.0f / 480);
    rest(&desk.mute, lane, 1.0f, 1.0f / 240);
    rest(&desk.fader, lane, 0.7f, 1.0f / 480);
    rest(&desk.left, lane, 0.7071068f, 1.0f / 480);
    rest(&desk.right, lane, 0.7071068f, 1.0f / 480);
    rest(&desk.pre[1], lane, lane % 4 ? 0.0f : 0.3f, 1.0f / 480);
    rest(&desk.post[1], lane, lane % 5 ? 0.0f : 0.4f, 1.0f / 480);
    rest(&desk.pre[0], lane, 0.0f, 1.0f / 480);
    rest(&desk.post[2], lane, 0.0f, 1.0f / 480);
  }
}

/* One call of the kernel: at most CHUNK frames, and none across an order. */
static void chunk(const kernel_ops *kernel, uint32_t at, uint32_t frames) {
  const float *in[MAX_LANES] = {NULL}, *tape[MAX_LANES] = {NULL};
  float *out[BUSES];
  for (uint32_t strip = 0; strip < STRIPS; strip++) {
    in[strip] = strip == 10 ? NULL : inputs[strip] + at;
    tape[strip] = tapes[strip] + at;
  }
  for (uint32_t bus = 0; bus < BUSES; bus++) out[bus] = buses[bus] + at;
  kernel->strips(&desk, in, tape, left + at, right + at, out, frames);
}

static void render(const kernel_ops *kernel, uint32_t block_frames) {
  uint32_t next = 0;
  for (uint32_t start = 0; start < FRAMES; start += block_frames) {
    uint32_t end = start + block_frames < FRAMES ? start + block_frames : FRAMES;
    for (uint32_t at = start; at < end;) {
      for (; next < ORDERS && orders[next].frame == at; next++) orders[next].ramp->target[orders[next].lane] = orders[next].target;
      uint32_t until = at + CHUNK < end ? at + CHUNK : end;
      if (next < ORDERS && orders[next].frame < until) until = orders[next].frame;
      chunk(kernel, at, until - at);
      at = until;
    }
  }
}

static int put(const float *samples, size_t count) { return fwrite(samples, sizeof *samples, count, stdout) == count; }

int main(int argc, char **argv) {
  long block_frames = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
  if (block_frames < 1 || block_frames > FRAMES) return 2;
  const kernel_ops *kernel = kernel_select(argv[1]);
  if (kernel == NULL) return 3;
  fill();
  set_up();
  render(kernel, (uint32_t)block_frames);
  if (desk.bad_samples != BAD_SAMPLES) return 4;
  int is_written = put(left, FRAMES) && put(right, FRAMES);
  for (uint32_t bus = 0; bus < BUSES; bus++) is_written = is_written && put(buses[bus], FRAMES);
  is_written = is_written && put(desk.peak, STRIPS) && put(desk.mean_square, STRIPS);
  return is_written && fflush(stdout) == 0 ? 0 : 5;
}
