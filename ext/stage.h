/* The virtual stage: eight players in a four-bar loop, made once before the first block and only read after it: a function of
 * (rate, tempo) alone, every run plays the same samples. Or a cable from each of the first eight outputs to an input. */
#ifndef STUDIOD_STAGE_H
#define STUDIOD_STAGE_H
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STAGE_PLAYERS 8
enum { STAGE_SILENCE, STAGE_COUNTER, STAGE_BAND, STAGE_LOOPBACK };

typedef struct {
  int kind;
  uint32_t length; /* frames of the loop; of a cable a power of two */
  uint32_t late; /* frames that a cable takes */
  float *loop[STAGE_PLAYERS];
} stage;

static inline float stage_noise_(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (float)(int32_t)*seed * (1.0f / 2147483648.0f);
}

/* A struck or blown tone of some harmonics added at `at`: partial h+1 has level weights[h]; rises in `rise_s`, falls by 1/e
 * in `fall_s`, ends at `length_s`. */
static inline void stage_tone_(stage *s, int player, double at_s, double length_s, float hz, float rise_s, float fall_s,
                               const float *weights, int harmonics, float level, float vibrato_hz, double rate) {
  int64_t first = llround(at_s * rate), frames = llround(length_s * rate);
  double fade = 0.005 * rate; /* no click where it ends */
  for (int h = 0; h < harmonics; h++) {
    double step = 2.0 * M_PI * hz * (h + 1) / rate;
    /* a rotating vector instead of a sine a sample; vibrato leans on its angle */
    double c = 1.0, si = 0.0, cs = cos(step), ss = sin(step), lean = vibrato_hz > 0 ? 0.004 * step : 0.0;
    double vc = 1.0, vs = 0.0, vcs = cos(2 * M_PI * vibrato_hz / rate), vss = sin(2 * M_PI * vibrato_hz / rate);
    double decay = exp(-1.0 / (fall_s * rate * (1.0 / (1.0 + 0.3 * h)))), envelope = level * weights[h];
    for (int64_t f = 0; f < frames; f++) {
      double shape = envelope * fmin(1.0, (double)f / (rise_s * rate)) * fmin(1.0, (double)(frames - f) / fade);
      s->loop[player][(first + f) % s->length] += (float)(si * shape);
      double turned = c * cs - si * ss;
      si = si * cs + c * ss;
      c = turned;
      if (lean != 0.0) {
        double a = lean * vs, moved = c - si * a;
        si += c * a;
        c = moved;
        double v = vc * vcs - vs * vss;
        vs = vs * vcs + vc * vss;
        vc = v;
      }
      envelope *= decay;
    }
  }
}

static inline void stage_noise_hit_(stage *s, int player, double at_s, double length_s, float fall_s, float level, float bright,
                                    uint32_t seed, double rate) {
  int64_t first = llround(at_s * rate), frames = llround(length_s * rate);
  double envelope = level, decay = exp(-1.0 / (fall_s * rate));
  float low = 0.0f;
  for (int64_t f = 0; f < frames; f++) {
    float x = stage_noise_(&seed);
    low += (x - low) * 0.3f;
    s->loop[player][(first + f) % s->length] += (float)((bright * (x - low) + (1.0f - bright) * low) * envelope);
    envelope *= decay;
  }
}

static inline void stage_kick_(stage *s, double at_s, double rate) {
  int64_t first = llround(at_s * rate), frames = llround(0.35 * rate);
  double angle = 0.0;
  for (int64_t f = 0; f < frames; f++) {
    double t = (double)f / rate;
    angle += 2.0 * M_PI * (48.0 + 110.0 * exp(-t / 0.03)) / rate;
    s->loop[0][(first + f) % s->length] += (float)(0.6 * sin(angle) * exp(-t / 0.11) * fmin(1.0, (double)(frames - f) / (0.02 * rate)));
  }
}

/* Cables of `late` frames, at least a block. As stage_make. */
static inline int stage_cable(stage *s, uint32_t late, uint32_t block_frames) {
  s->kind = STAGE_LOOPBACK;
  s->late = late < block_frames ? block_frames : late;
  for (s->length = 1; s->length < s->late + 2 * block_frames;) s->length *= 2;
  for (int p = 0; p < STAGE_PLAYERS; p++)
    if ((s->loop[p] = (float *)calloc(s->length, sizeof(float))) == NULL) return -1;
  return 0;
}

/* Returns 0, or -1 without memory. The caller zeroes *s first and gives it to stage_free. */
static inline int stage_make(stage *s, int kind, double rate, double tempo_bpm) {
  static const float PLUCK[] = {1.0f, 0.5f, 0.33f, 0.2f, 0.12f}, WARM[] = {1.0f, 0.35f, 0.15f}, REED[] = {1.0f, 0.6f, 0.7f, 0.3f, 0.25f};
  static const float BODY[] = {1.0f};
  /* Am F C G, one bar each */
  static const float ROOT[4] = {55.0f, 43.65f, 65.41f, 49.0f};
  static const float CHORD[4][3] = {{220.0f, 261.63f, 329.63f}, {174.61f, 220.0f, 261.63f}, {196.0f, 261.63f, 329.63f}, {196.0f, 246.94f, 293.66f}};
  static const float MELODY[4][4] = {{440.0f, 523.25f, 493.88f, 440.0f}, {349.23f, 440.0f, 523.25f, 440.0f}, {392.0f, 523.25f, 659.26f, 523.25f}, {493.88f, 392.0f, 440.0f, 493.88f}};
  s->kind = kind;
  if (kind != STAGE_BAND) return 0;
  double beat = 60.0 / tempo_bpm;
  s->length = (uint32_t)llround(16 * beat * rate);
  for (int p = 0; p < STAGE_PLAYERS; p++)
    if ((s->loop[p] = (float *)calloc(s->length, sizeof(float))) == NULL) return -1;
  for (int bar = 0; bar < 4; bar++) {
    double bar_s = bar * 4 * beat;
    for (int b = 0; b < 4; b++) {
      double beat_s = bar_s + b * beat;
      if (b % 2 == 0) stage_kick_(s, beat_s, rate);
      if (b == 2) stage_kick_(s, beat_s + 0.5 * beat, rate);
      if (b % 2 == 1) {
        stage_noise_hit_(s, 1, beat_s, 0.25, 0.06f, 0.35f, 0.5f, 77u + (uint32_t)b, rate);
        stage_tone_(s, 1, beat_s, 0.12, 190.0f, 0.001f, 0.05f, BODY, 1, 0.25f, 0, rate);
      }
      for (int e = 0; e < 2; e++)
        stage_noise_hit_(s, 2, beat_s + e * 0.5 * beat, 0.1, e ? 0.02f : 0.035f, e ? 0.12f : 0.2f, 1.0f, 991u + (uint32_t)e, rate);
      for (int e = 0; e < 2; e++)
        stage_tone_(s, 3, beat_s + e * 0.5 * beat, 0.48 * beat, ROOT[bar] * (e && b == 3 ? 1.5f : 1.0f), 0.004f, 0.3f, WARM, 3, 0.28f, 0, rate);
      stage_tone_(s, 6, beat_s, 0.9 * beat, MELODY[bar][b], 0.05f, 1.2f, REED, 5, 0.09f, 5.2f, rate);
      stage_tone_(s, 4, beat_s + 0.5 * beat, 0.4 * beat, CHORD[bar][b % 3] * 2.0f, 0.002f, 0.25f, PLUCK, 5, 0.14f, 0, rate);
    }
    for (int n = 0; n < 3; n++) stage_tone_(s, 5, bar_s, 3.9 * beat, CHORD[bar][n], 0.02f, 1.5f, WARM, 3, 0.11f, 0, rate);
  }
  /* the room hears everyone, late and dull */
  uint32_t late = (uint32_t)(0.017 * rate);
  float dull = 0.0f;
  for (uint32_t f = 0; f < s->length; f++) {
    float all = 0.0f;
    for (int p = 0; p < STAGE_PLAYERS - 1; p++) all += s->loop[p][(f + s->length - late * (1 + p % 3)) % s->length];
    dull += (all - dull) * 0.25f;
    s->loop[7][f] = 0.2f * dull;
  }
  return 0;
}

static inline void stage_free(stage *s) {
  for (int p = 0; p < STAGE_PLAYERS; p++) free(s->loop[p]), s->loop[p] = NULL;
}

/* What output `channel` played goes into its cable. */
static inline void stage_hear(stage *s, uint32_t channel, uint64_t frame, uint32_t frames, const float *in) {
  if (s->kind != STAGE_LOOPBACK || channel >= STAGE_PLAYERS) return;
  for (uint32_t f = 0; f < frames; f++) s->loop[channel][(frame + f) & (s->length - 1)] = in[f];
}

/* `frames` samples of input `channel` from `frame` on. Players past the eighth play along a little later. */
static inline void stage_play(const stage *s, uint32_t channel, uint64_t frame, uint32_t frames, float *out) {
  if (s->kind == STAGE_COUNTER) { /* 23 bits: exact in float32 and in 24-bit files; channels differ */
    for (uint32_t f = 0; f < frames; f++) out[f] = (float)((frame + f + 1009u * channel) & 0x7fffff) * (1.0f / 8388608.0f);
  } else if (s->kind == STAGE_LOOPBACK && channel < STAGE_PLAYERS) {
    for (uint32_t f = 0; f < frames; f++)
      out[f] = frame + f < s->late ? 0.0f : s->loop[channel][(frame + f - s->late) & (s->length - 1)];
  } else if (s->kind == STAGE_BAND) {
    const float *loop = s->loop[channel % STAGE_PLAYERS];
    uint64_t at = (frame + (uint64_t)(s->length - 997u % s->length) * (channel / STAGE_PLAYERS)) % s->length;
    for (uint32_t done = 0; done < frames;) {
      uint32_t n = frames - done, left = (uint32_t)(s->length - at);
      n = n < left ? n : left;
      memcpy(out + done, loop + at, n * sizeof(float));
      done += n;
      at = 0;
    }
  } else {
    memset(out, 0, frames * sizeof(float));
  }
}
#endif
