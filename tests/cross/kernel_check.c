/* Plays fixed input through a whole desk of one kernel, in blocks of the size asked for, and writes what comes out.
 *
 * usage: kernel_check ISA BLOCK    ISA: sse2, avx2, avx512, neon; BLOCK: frames
 * stdout: float32, ROWS rows of FRAMES: main left and right, mono, solo left and right, each bus, each matrix, direct outs
 *         of two strips, insert send; then the figures of the meters.
 * exit:   2 wrong usage, 3 this processor has no such kernel, 4 the bad samples were not counted or a channel was reset,
 *         5 stdout refused
 * Everything that goes in is made of integers and literals, so that every machine gets the same bits.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check_desk.h"
#include "rt.h"

#define BAD_SAMPLES 5

enum { LEFT, RIGHT, MONO_ROW, SOLO, BUS = SOLO + 2, MATRIX = BUS + BUSES, DIRECT = MATRIX + MATRIX_COUNT, SENT = DIRECT + 2, ROWS };

static check_desk desk;
static float inputs[STRIPS][FRAMES], tapes[STRIPS][FRAMES], from_insert[FRAMES], out[ROWS][FRAMES];
static float into[INTO_COUNT][CHUNK], row[SUM_LANES][CHUNK], before[SUM_LANES][CHUNK], after[SUM_LANES][CHUNK];

/* Noise of 16 bits on a triangle of 96 frames (500 Hz at 48 kHz) on a constant: the high-pass has something to do. Loud for
 * 900 frames, then 50 dB lower for 600: gates have something to do, too. */
static float sample(uint32_t *seed, uint32_t frame, uint32_t strip) {
  *seed = *seed * 1664525u + 1013904223u; /* Numerical Recipes, 2nd ed., 7.1 */
  int32_t noise = (int32_t)(*seed >> 16) - 32768;
  int32_t phase = (int32_t)((frame + 7 * strip) % 96);
  int32_t triangle = (phase < 48 ? phase : 96 - phase) - 24;
  float level = (frame + 211 * strip) % 1500 < 900 ? 0.05f : 0.00016f;
  return ((float)noise / 32768.0f + (float)triangle / 24.0f + 0.5f) * level;
}

static void fill(void) {
  uint32_t seed = 1;
  for (uint32_t strip = 0; strip < STRIPS; strip++)
    for (uint32_t frame = 0; frame < FRAMES; frame++) {
      inputs[strip][frame] = sample(&seed, frame, strip);
      tapes[strip][frame] = sample(&seed, frame, strip);
    }
  for (uint32_t frame = 0; frame < FRAMES; frame++) from_insert[frame] = sample(&seed, frame, 17);
  inputs[6][1000] = __builtin_nanf("");
  inputs[6][1063] = __builtin_inff();
  inputs[8][4000] = -NOT_A_SAMPLE;
  tapes[5][4001] = -__builtin_inff();
  from_insert[9002] = __builtin_nanf("");
}

/* The two strips that play what the desk makes itself. */
static void generate(uint32_t at, uint32_t frames) {
  oscillator_run(&desk.oscillator, inputs[OSCILLATED] + at, frames);
  int rolls = at >= desk.click_since;
  click_run(&desk.click, tapes[CLICKED] + at, rolls ? (int64_t)(at - desk.click_since) : 0, frames, rolls);
}

static void strips(const kernel_ops *kernel, uint32_t at, uint32_t frames, uint32_t lanes, int is_first) {
  const float *in[MAX_STRIPS] = {NULL}, *tape[MAX_STRIPS] = {NULL}, *returned[MAX_STRIPS] = {NULL};
  float *sent[MAX_STRIPS] = {NULL}, *direct[MAX_STRIPS] = {NULL}, *sums[INTO_COUNT] = {NULL};
  for (uint32_t strip = 0; strip < STRIPS; strip++) in[strip] = inputs[strip] + at, tape[strip] = tapes[strip] + at;
  in[FED_BY_BUS] = is_first ? NULL : after[0];
  returned[INSERTED] = from_insert + at, sent[INSERTED] = out[SENT] + at;
  direct[DIRECT_A] = out[DIRECT] + at, direct[DIRECT_B] = out[DIRECT + 1] + at;
  for (uint32_t sum = 0; sum < INTO_COUNT; sum++) sums[sum] = sum < BUSES || sum >= INTO_LEFT ? into[sum] : NULL;
  strip_pass pass = {{lanes}, in, tape, returned, sent, direct, sums, at, frames, is_first};
  kernel->strips(&desk.lanes, &pass);
}

/* The chains of the sums in `lanes`. */
static void sums(const kernel_ops *kernel, uint32_t at, uint32_t frames, uint32_t lanes, int taps) {
  const float *rows[SUM_LANES];
  float *pre[SUM_LANES], *post[SUM_LANES];
  for (uint32_t sum = 0; sum < SUM_LANES; sum++) rows[sum] = row[sum], pre[sum] = before[sum], post[sum] = after[sum];
  for (uint32_t sum = 0; sum <= MONO; sum++) rows[sum] = into[sum];
  sum_pass pass = {lanes, rows, taps ? pre : NULL, post, at, frames};
  kernel->sums(&desk.lanes, &pass);
}

static void keep_row(uint32_t to, const float *from, uint32_t at, uint32_t frames) {
  memcpy(out[to] + at, from, frames * sizeof(float));
}

/* One call of each kernel: at most CHUNK frames, and none across an order. */
static void chunk(const kernel_ops *kernel, uint32_t at, uint32_t frames) {
  generate(at, frames);
  strips(kernel, at, frames, ((1u << STRIPS) - 1) & ~(1u << FED_BY_BUS), 1);
  sums(kernel, at, frames, 7, 1);
  strips(kernel, at, frames, 1u << FED_BY_BUS, 0);
  sums(kernel, at, frames, 1u << 3, 0);
  for (uint32_t bus = 0; bus < BUSES; bus++)
    for (int side = 0; side < 2; side++)
      kernel->accumulate(into[INTO_LEFT + side], after[bus], &desk.bus_to_main[bus][side], frames);
  kernel->accumulate(into[INTO_SOLO_L], before[1], &desk.bus_to_solo, frames);
  sums(kernel, at, frames, 7u << MAIN_L, 0);
  memset(row[MATRICES], 0, MATRIX_COUNT * sizeof row[0]);
  for (uint32_t matrix = 0; matrix < MATRIX_COUNT; matrix++)
    for (uint32_t side = 0; side < 2; side++)
      kernel->accumulate(row[MATRICES + matrix], after[MAIN_L + side], &desk.main_to_matrix[side][matrix], frames);
  sums(kernel, at, frames, ((1u << MATRIX_COUNT) - 1) << MATRICES, 0);
  const float *heard[2] = {after[MAIN_L], after[MAIN_R]}, *sounds[SUM_LANES];
  width_apply(after[MAIN_L], after[MAIN_R], frames, &desk.width);
  kernel->limit(&desk.limiter, after[MAIN_L], after[MAIN_R], frames);
  for (uint32_t i = 0; i < SUM_LANES; i++) sounds[i] = i < BUSES || i >= MAIN_L ? after[i] : NULL;
  kernel->meter(&desk.lanes, sounds, frames);
  kernel->measure(&desk.loudness.meter, heard, frames);
  for (uint32_t i = 0; i < 3; i++) keep_row(LEFT + i, after[MAIN_L + i], at, frames);
  for (uint32_t i = 0; i < 2; i++) keep_row(SOLO + i, into[INTO_SOLO_L + i], at, frames);
  for (uint32_t i = 0; i < BUSES; i++) keep_row(BUS + i, after[i], at, frames);
  for (uint32_t i = 0; i < MATRIX_COUNT; i++) keep_row(MATRIX + i, after[MATRICES + i], at, frames);
}

static void render(const kernel_ops *kernel, uint32_t block_frames) {
  uint32_t next = 0;
  for (uint32_t start = 0; start < FRAMES; start += block_frames) {
    uint32_t end = start + block_frames < FRAMES ? start + block_frames : FRAMES;
    for (uint32_t at = start; at < end;) {
      next = desk_obey(&desk, next, at);
      uint32_t until = at + CHUNK < end ? at + CHUNK : end;
      if (desk_order_frame(next) < until) until = desk_order_frame(next);
      chunk(kernel, at, until - at);
      at = until;
    }
  }
}

static int put(const float *samples, size_t count) { return fwrite(samples, sizeof *samples, count, stdout) == count; }

/* In octaves; of what is switched off it is what it was, and means nothing. */
static float reduction(const dynamics_lanes *d, uint32_t lane) { return d->mix.value[lane] == 0 ? 0 : d->reduction[lane]; }

/* Peak, mean square and both reductions of every strip and sum in use; then what belongs to main. */
static int put_figures(void) {
  int is_written = 1;
  for (uint32_t lane = 0; lane < LANES; lane++) {
    uint32_t sum = lane - MAX_STRIPS;
    int is_used = lane < STRIPS || (lane >= MAX_STRIPS && (sum < BUSES || (sum >= MAIN_L && sum <= MONO) ||
                                                           (sum >= MATRICES && sum < MATRICES + MATRIX_COUNT)));
    const channel_lanes *s = &desk.lanes;
    const float figures[] = {s->peak[lane], s->mean_square[lane], reduction(&s->gate, lane), reduction(&s->comp, lane)};
    if (is_used) is_written = is_written && put(figures, 4);
  }
  loudness_reading *heard = &desk.loudness.reading;
  loudness_read(&desk.loudness.meter, heard);
  const float figures[] = {
      peak_limiter_gain(&desk.limiter), (float)heard->momentary, (float)heard->short_term, (float)heard->integrated,
      (float)heard->max_momentary, (float)heard->max_short_term, (float)heard->range, heard->true_peak, heard->sample_peak};
  return is_written && put(figures, sizeof figures / sizeof figures[0]);
}

int main(int argc, char **argv) {
  long block_frames = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
  if (block_frames < 1 || block_frames > FRAMES) return 2;
  const kernel_ops *kernel = kernel_select(argv[1]);
  if (kernel == NULL) return 3;
  fill();
  desk_set_up(&desk, kernel->width);
  rt_flush_denormals(); /* as the audio thread does */
  render(kernel, (uint32_t)block_frames);
  if (desk.lanes.bad_samples != BAD_SAMPLES || desk.lanes.resets != 0) {
    fprintf(stderr, "%llu bad samples, not %d; %llu resets\n", (unsigned long long)desk.lanes.bad_samples, BAD_SAMPLES,
            (unsigned long long)desk.lanes.resets);
    return 4;
  }
  return put(out[0], (size_t)ROWS * FRAMES) && put_figures() && fflush(stdout) == 0 ? 0 : 5;
}
