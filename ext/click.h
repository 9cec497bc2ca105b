/* The click: a metronome whose samples follow from the transport's position. Only click_prepare calls libm. */
#ifndef STUDIOD_CLICK_H
#define STUDIOD_CLICK_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "sums.h"

enum { CLICK_ACCENT, CLICK_BEAT, CLICK_SUBDIVISION, CLICK_BURSTS };
enum { CLICK_MOST_FRAMES = 4800, CLICK_RINGING = 8 }; /* a burst at 192 kHz; those that may outlive their reason */

#define CLICK_PI 3.14159265358979323846
#define CLICK_S 0.025
#define CLICK_DECAY_S 0.005
#define CLICK_TEMPO_LOW 20.0
#define CLICK_TEMPO_HIGH 400.0
#define CLICK_MOST_BEATS 32
#define CLICK_MOST_SUBDIVISIONS 8
#define CLICK_MOST_ACCENT 4.0f /* 12 dB over a beat's 0.25: full scale */
#define CLICK_TEMPO_UNITS 1000000 /* a millionth of a beat a minute: the tempo somebody typed, in decimals, is exact */

__extension__ typedef __int128 click_int; /* 24 h at 192 kHz, in the units of `minute` and `clicks`, need 70 bits */

/* Where clicks lie: click n at n x minute / clicks frames. */
typedef struct {
  int64_t minute; /* frames of a minute, times CLICK_TEMPO_UNITS */
  int64_t clicks; /* clicks of a minute, times CLICK_TEMPO_UNITS */
  int32_t beats, subdivisions;
  float accent_gain;
} click_grid;

typedef struct {
  int32_t burst, age; /* frames sounded; CLICK_MOST_FRAMES when nothing rings here */
  float gain;
} click_ring;

typedef struct {
  uint32_t rate_hz;
  int32_t burst_frames;
  float burst[CLICK_BURSTS][CLICK_MOST_FRAMES];
  click_grid grid, wanted;
  int32_t is_rolling;
  int64_t next; /* position after the last block that rolled */
  int64_t since; /* clicks of `grid` from here on; those before it, of another grid, ring */
  click_ring ringing[CLICK_RINGING];
} click;

static inline click_int click_floor_divide(click_int number, click_int divisor) {
  click_int quotient = number / divisor;
  return quotient - (number % divisor < 0);
}

/* First frame of click n: floor(n 60 rate / (tempo subdivisions) + 1/2) in whole numbers, n of any sign. */
static inline int64_t click_onset(const click_grid *grid, int64_t n) {
  return (int64_t)click_floor_divide(2 * (click_int)n * grid->minute + grid->clicks, 2 * (click_int)grid->clicks);
}

/* The first click whose onset is `position` or later. */
static inline int64_t click_from(const click_grid *grid, int64_t position) {
  return (int64_t)-click_floor_divide(-(2 * (click_int)position - 1) * grid->clicks, 2 * (click_int)grid->minute);
}

static inline int32_t click_burst(const click_grid *grid, int64_t n) {
  int64_t bar = (int64_t)grid->beats * grid->subdivisions;
  if (n % bar == 0) return CLICK_ACCENT;
  return n % grid->subdivisions == 0 ? CLICK_BEAT : CLICK_SUBDIVISION;
}

static inline int32_t click_held(int32_t count, int32_t most) { return count < 1 ? 1 : count > most ? most : count; }

/* The numbers are held inside their ranges: tempo_bpm 20..400 (taken to a millionth), beats 1..32, subdivisions 1..8,
   accent_gain 1..4 (linear); NaN keeps what was. Clicks under way sound to their ends as they began. */
static inline void click_set(click *c, double tempo_bpm, int32_t beats, int32_t subdivisions, float accent_gain) {
  click_grid *grid = &c->wanted;
  int64_t tempo = grid->clicks / grid->subdivisions;
  if (tempo_bpm == tempo_bpm) {
    double held = tempo_bpm < CLICK_TEMPO_LOW ? CLICK_TEMPO_LOW : tempo_bpm;
    held = held > CLICK_TEMPO_HIGH ? CLICK_TEMPO_HIGH : held;
    tempo = (int64_t)(held * CLICK_TEMPO_UNITS + 0.5);
  }
  grid->beats = click_held(beats, CLICK_MOST_BEATS);
  grid->subdivisions = click_held(subdivisions, CLICK_MOST_SUBDIVISIONS);
  grid->clicks = tempo * grid->subdivisions;
  if (accent_gain == accent_gain) grid->accent_gain = smaller(larger(accent_gain, 1.0f), CLICK_MOST_ACCENT);
}

/* 120 bpm, 4 beats, no subdivisions, an accent of 6 dB; at rest. rate_hz: 8000..192000. */
static inline void click_prepare(click *c, uint32_t rate_hz) {
  static const struct { double hz, peak; } SOUND[CLICK_BURSTS] = {{2000.0, 0.25}, {1000.0, 0.25}, {750.0, 0.125}};
  memset(c, 0, sizeof *c);
  c->rate_hz = rate_hz;
  c->burst_frames = (int32_t)(CLICK_S * rate_hz + 0.5);
  if (c->burst_frames > CLICK_MOST_FRAMES) c->burst_frames = CLICK_MOST_FRAMES;
  for (int32_t b = 0; b < CLICK_BURSTS; b++) {
    double shape[CLICK_MOST_FRAMES], highest = 0.0;
    for (int32_t f = 0; f < c->burst_frames; f++) { /* the sine's zero is a frame earlier: the onset itself sounds */
      double turn = sin(2.0 * CLICK_PI * SOUND[b].hz * (f + 1) / rate_hz);
      shape[f] = turn * exp(-f / (CLICK_DECAY_S * rate_hz)) * (1.0 - (double)f / c->burst_frames);
      if (fabs(shape[f]) > highest) highest = fabs(shape[f]);
    }
    for (int32_t f = 0; f < c->burst_frames; f++) c->burst[b][f] = (float)(shape[f] * SOUND[b].peak / highest);
  }
  for (int32_t r = 0; r < CLICK_RINGING; r++) c->ringing[r].age = CLICK_MOST_FRAMES;
  c->wanted.minute = (int64_t)60 * rate_hz * CLICK_TEMPO_UNITS;
  c->wanted.subdivisions = 1;
  click_set(c, 120.0, 4, 1, 1.9952623f);
  c->grid = c->wanted;
  c->since = INT64_MIN;
}

static inline float click_gain(const click_grid *grid, int32_t burst) {
  return burst == CLICK_ACCENT ? grid->accent_gain : 1.0f;
}

/* The first click that sounds at `position` or later, of those that may. */
static inline int64_t click_first(const click *c, int64_t position) {
  int64_t earliest = position - c->burst_frames + 1;
  return click_from(&c->grid, c->since > earliest ? c->since : earliest);
}

/* What sounds at `next`, where the grid ends, goes on without it; if all places ring, in that of the oldest. */
static inline void click_let_ring(click *c) {
  int64_t onset;
  for (int64_t n = click_first(c, c->next); (onset = click_onset(&c->grid, n)) < c->next; n++) {
    click_ring *place = c->ringing;
    for (int32_t r = 1; r < CLICK_RINGING; r++)
      if (c->ringing[r].age > place->age) place = c->ringing + r;
    place->burst = click_burst(&c->grid, n);
    place->gain = click_gain(&c->grid, place->burst);
    place->age = (int32_t)(c->next - onset);
  }
}

static inline int click_same(const click_grid *a, const click_grid *b) {
  return a->clicks == b->clicks && a->beats == b->beats && a->subdivisions == b->subdivisions &&
         a->accent_gain == b->accent_gain;
}

/* Take what was set and where the transport stands: a grid that ends in the middle of a click leaves it ringing. */
static inline void click_follow(click *c, int64_t position, int rolling) {
  int is_changed = !click_same(&c->grid, &c->wanted);
  int goes_on = c->is_rolling && rolling && position == c->next;
  if (goes_on ? is_changed : c->is_rolling && !rolling) click_let_ring(c);
  if (!goes_on) c->since = INT64_MIN;
  else if (is_changed) c->since = position;
  c->grid = c->wanted;
  c->is_rolling = rolling;
}

static inline void click_add(float *out, const float *burst, int64_t frames, float gain) {
  for (int64_t f = 0; f < frames; f++) out[f] += gain * burst[f];
}

/* Write the click of transport frames position .. position + frames to `out`; |position| below 2^62.

   While the transport rolls on one setting, the samples follow from `position` alone, whatever came before. When it
   stops, and when the setting changes, the clicks under way ring to their ends as they began: call it at rest too. */
static inline void click_run(click *c, float *out, int64_t position, uint32_t frames, int rolling) {
  memset(out, 0, frames * sizeof(float));
  if (!frames) return;
  click_follow(c, position, rolling);
  if (rolling) {
    int64_t end = position + frames, onset;
    for (int64_t n = click_first(c, position); (onset = click_onset(&c->grid, n)) < end; n++) {
      int32_t burst = click_burst(&c->grid, n);
      int64_t from = onset > position ? onset : position, to = onset + c->burst_frames;
      if (to > end) to = end;
      click_add(out + (from - position), c->burst[burst] + (from - onset), to - from, click_gain(&c->grid, burst));
    }
    c->next = end;
  }
  for (int32_t r = 0; r < CLICK_RINGING; r++) {
    click_ring *ring = c->ringing + r;
    int64_t left = c->burst_frames - ring->age;
    if (left <= 0) continue;
    click_add(out, c->burst[ring->burst] + ring->age, left < frames ? left : frames, ring->gain);
    ring->age = left <= frames ? CLICK_MOST_FRAMES : ring->age + (int32_t)frames;
  }
}
#endif
