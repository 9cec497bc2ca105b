/* The desk of kernel_check.c: every section of the console on some channel, and moves of all of them. Made of literals:
 * g is tan(pi f / 48 kHz), levels of dynamics are octaves, times are frames or shares in a sample. */
#include "check_desk.h"

#include <stddef.h>

#define RAMP 480.0f /* 10 ms */
#define DELAY_FRAMES 2048
#define HZ_60 0.0039270
#define HZ_100 0.0065451
#define HZ_300 0.019637
#define HZ_1000 0.065543
#define HZ_3000 0.198912
#define HZ_8000 0.577350
#define SUM(n) (MAX_STRIPS + (n))

typedef enum {
  FADER, TRIM, SOURCE, PAN, SEND, BAND, FLAT, HPF, GATE, COMP, MAKEUP, KEY_FILTER, DELAY, INSERT, TO_MAIN, TO_MATRIX,
  WIDTH, CEILING, LIMITER_ON, OSCILLATOR, CLICK, CLICK_GRID, RESET_LOUDNESS
} what;

typedef struct {
  uint32_t frame;
  what what;
  uint32_t lane;
  int which;
  double a, b, c;
} order;

/* Frames that are no multiple of any block size, two orders at one frame, orders amid a walk. */
static const order orders[] = {
    {149, RESET_LOUDNESS, 0, 0, 0, 0, 0},     {301, FADER, 0, 0, 0.25, 0, 0},
    {301, FADER, 5, 0, 0, 0, 0},
    {450, FADER, 0, 0, 0.9, 0, 0},            {701, FADER, 3, 0, 0, 0, 0},
    {887, GATE, 1, 0, 1, 0, 0},               {997, HPF, 2, 2, HZ_300, 0, 0},
    {1203, HPF, 12, 0, HZ_100, 0, 0},         {1203, FLAT, 0, 2, 0, 0, 0},
    {1399, COMP, 6, 0, 0.5, 0, 0},            {1500, SEND, 4, 1, TAP_PRE, 0.8, 0},
    {1777, SEND, 4, 2, TAP_EQ, 0.5, 0},       {2001, SEND, 9, 3, TAP_POST, 0.5, 0},
    {2101, BAND, 2, 3, BELL, HZ_1000, 3.5},   {2101, BAND, 2, 4, NOTCH, HZ_3000, 1},
    {2501, SOURCE, 7, 0, 0, 1, 0},            {2700, PAN, 1, 0, 0, 1, 0},
    {3001, FADER, 3, 0, 0.8, 0, 0},           {3333, TRIM, 9, 0, -2, 0, 0},
    {3601, DELAY, 3, 0, 1033, 0, 0},          {3650, DELAY, 3, 0, 211, 0, 0},
    {3900, INSERT, INSERTED, 0, 0, 0, 0},     {4100, SEND, 4, 1, TAP_PRE, 0, 0},
    {4321, WIDTH, 0, 0, 1.7, 0, 0},           {4799, HPF, 2, 1, HZ_60, 0, 0},
    {4999, OSCILLATOR, 0, OSCILLATOR_PINK, 0, 0, 0}, {5001, SOURCE, 7, 0, 1, 0, 0},
    {5503, CLICK, 0, 1, 0, 0, 0},             {6007, MAKEUP, 1, 0, 1.25, 0, 0},
    {6007, COMP, 3, 0, 0, 0, 0},              {6509, GATE, 3, 0, 0, 0, 0},
    {7001, CEILING, 0, 0, 0.12, 0, 0},        {7411, BAND, SUM(0), 1, HIGH_SHELF, HZ_8000, 0.5},
    {7411, FADER, SUM(1), 0, 0.3, 0, 0},      {8009, DELAY, SUM(MATRICES), 0, 640, 0, 0},
    {8117, INSERT, INSERTED, 0, 1, 0, 0},     {8501, TO_MAIN, 2, 0, 0, 0.6, 0},
    {9001, OSCILLATOR, 0, OSCILLATOR_SWEEP, 0, 0, 0}, {9203, TO_MATRIX, 1, 0, 0.4, 0, 0},
    {9999, COMP, 3, 0, 1, 0, 0},              {10007, GATE, 3, 0, 1, 0, 0},
    {10501, KEY_FILTER, 8, KEY_LOW_CUT, HZ_3000, 0.7, 0}, {11003, FADER, SUM(MAIN_L), 0, 0.6, 0, 0},
    {11003, FADER, SUM(MAIN_R), 0, 0.6, 0, 0}, {11777, LIMITER_ON, 0, 0, 0, 0, 0},
    {12001, BAND, 3, 2, LOW_CUT, HZ_100, 1},  {12345, LIMITER_ON, 0, 0, 1, 0, 0},
    {13001, COMP, SUM(MAIN_L), 0, 0, 0, 0},   {13001, COMP, SUM(MAIN_R), 0, 0, 0, 0},
    {14009, CLICK_GRID, 0, 3, 173, 2, 0},     {15013, DELAY, 3, 0, 0, 0, 0},
    {15511, CLICK, 0, 0, 0, 0, 0},            {16001, OSCILLATOR, 0, OSCILLATOR_SINE, 440, 0, 0},
    {1 << 30, FADER, 0, 0, 0, 0, 0},
};

uint32_t desk_order_frame(uint32_t next) { return orders[next].frame < FRAMES ? orders[next].frame : FRAMES; }

static void obey(check_desk *desk, const order *o) {
  channel_lanes *s = &desk->lanes;
  float a = (float)o->a, b = (float)o->b;
  switch (o->what) {
    case FADER: fader_aim(s, o->lane, a, RAMP); break;
    case TRIM: front_aim(s, &s->trim, o->lane, a, RAMP); break;
    case SOURCE: front_aim(s, &s->input, o->lane, a, RAMP), front_aim(s, &s->tape, o->lane, b, RAMP); break;
    case PAN:
      tap_aim(&s->into[INTO_LEFT], TAP_POST, o->lane, a, RAMP);
      tap_aim(&s->into[INTO_RIGHT], TAP_POST, o->lane, b, RAMP);
      break;
    case SEND: tap_aim(&s->into[o->which], (int)o->a, o->lane, b, RAMP); break;
    case BAND: band_aim(&s->section[o->which], o->lane, (int)o->a, o->b, o->c, 1.3, RAMP); break;
    case FLAT: filter_flat(&s->section[o->which], o->lane, RAMP); break;
    case HPF: high_pass_aim(s, o->lane, o->which, o->a, RAMP); break;
    case GATE: dynamics_aim(&s->gate, o->lane, a, RAMP); break;
    case COMP: dynamics_aim(&s->comp, o->lane, a, RAMP); break;
    case MAKEUP: makeup_aim(&s->comp, o->lane, a, RAMP); break;
    case KEY_FILTER: key_filter_aim(&s->key_filter, o->lane, o->which, o->a, o->b, RAMP); break;
    case DELAY: delay_aim(&s->delay[o->lane], (int32_t)o->a, o->frame); break;
    case INSERT: insert_aim(s, o->lane, a, RAMP); break;
    case TO_MAIN: ramp_aim(&desk->bus_to_main[o->lane][0], a, RAMP), ramp_aim(&desk->bus_to_main[o->lane][1], b, RAMP); break;
    case TO_MATRIX: ramp_aim(&desk->main_to_matrix[o->lane][o->which], a, RAMP); break;
    case WIDTH: ramp_aim(&desk->width, a, RAMP); break;
    case CEILING: ramp_aim(&desk->limiter.ceiling, a, RAMP); break;
    case LIMITER_ON: ramp_aim(&desk->limiter.on, a, RAMP); break;
    case OSCILLATOR: oscillator_set(&desk->oscillator, o->which, o->a); break;
    case CLICK: desk->click_since = o->which ? o->frame : UINT64_MAX; break;
    case CLICK_GRID: click_set(&desk->click, o->a, o->which, (int32_t)o->b, 2.0f); break;
    case RESET_LOUDNESS: loudness_reset(&desk->loudness.meter); break;
  }
}

uint32_t desk_obey(check_desk *desk, uint32_t next, uint32_t frame) {
  for (; orders[next].frame == frame; next++) obey(desk, &orders[next]);
  return next;
}

/* -- as it is at frame 0 ------------------------------------------------------------------------------------------- */

static void times(dynamics_lanes *d, uint32_t lane, float attack, float release, float hold, float rms) {
  d->attack[lane] = attack, d->release[lane] = release, d->hold[lane] = hold, d->rms[lane] = rms;
}

static void compressors(dynamics_lanes *comp) {
  static const uint32_t hard[] = {1, 6}, soft[] = {3, 4, 5, SUM(1), SUM(MAIN_L), SUM(MAIN_R)};
  for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) { /* peak, no knee, hold: ratio 4 over -30 dB */
    dynamics_curve(comp, hard[i], 1, 1, -5, 0, 0.75, 16);
    times(comp, hard[i], 0.01f, 0.0004f, 100, 1);
  }
  for (size_t i = 0; i < sizeof soft / sizeof soft[0]; i++) { /* mean square, knee of 12 dB */
    dynamics_curve(comp, soft[i], 1, 1, -4.5, 2, 0.6, 16);
    times(comp, soft[i], 0.004f, 0.0002f, 0, 0.003f);
    dynamics_link(comp, soft[i], soft[i] != 3 && soft[i] != SUM(1));
  }
  dynamics_curve(comp, 9, -1, -1, -6, 1, 1.5, 16); /* an expander */
  times(comp, 9, 0.02f, 0.0003f, 60, 0.01f);
  dynamics_curve(comp, FED_BY_BUS, 1, 1, -5, 1, 0.5, 16);
  times(comp, FED_BY_BUS, 0.01f, 0.0005f, 30, 0.01f);
  dynamics_key(comp, FED_BY_BUS, 3);
  dynamics_curve(comp, SUM(0), 1, 1, -5, 0, 0.5, 16); /* another of each kind in one bank */
  times(comp, SUM(0), 0.01f, 0.0005f, 0, 1);
  static const uint32_t on[] = {1, 3, 4, 5, 9, FED_BY_BUS, SUM(0), SUM(1), SUM(MAIN_L), SUM(MAIN_R)};
  for (size_t i = 0; i < sizeof on / sizeof on[0]; i++) dynamics_aim(comp, on[i], on[i] == 4 || on[i] == 5 ? 0.7f : 1, RAMP);
  makeup_aim(comp, 4, 0.5f, RAMP), makeup_aim(comp, 5, 0.5f, RAMP), makeup_aim(comp, SUM(0), 0.3f, RAMP);
}

static void gates(channel_lanes *s) {
  dynamics_curve(&s->gate, 1, -1, -1, -7, 0, 65536, 8); /* a gate, as the desk makes one */
  dynamics_curve(&s->gate, 3, -1, -1, -7, 0, 65536, 12);
  dynamics_curve(&s->gate, 8, 1, 1, -5, 0, 65536, 2); /* a ducker, its key strip 0 through a filter */
  dynamics_curve(&s->gate, 9, -1, -1, -6, 0, 2, 10); /* an expander */
  times(&s->gate, 1, 0.05f, 0.001f, 200, 1), times(&s->gate, 3, 0.05f, 0.0005f, 300, 1);
  times(&s->gate, 8, 0.01f, 0.0005f, 500, 1), times(&s->gate, 9, 0.03f, 0.001f, 150, 1);
  dynamics_key(&s->gate, 8, 0);
  key_filter_aim(&s->key_filter, 8, KEY_BAND, HZ_1000, 0.8, RAMP);
  key_filter_aim(&s->key_filter, 9, KEY_HIGH_CUT, HZ_3000, 0.7, RAMP);
  dynamics_aim(&s->gate, 3, 1, RAMP), dynamics_aim(&s->gate, 8, 1, RAMP), dynamics_aim(&s->gate, 9, 1, RAMP);
}

static void band(channel_lanes *s, uint32_t lane, int which, int type, double g, double gain) {
  band_aim(&s->section[which], lane, type, g, gain, 1.1, RAMP);
}

static void filters_of_all(channel_lanes *s) {
  static const double corners[] = {HZ_60, HZ_100, HZ_300};
  for (uint32_t lane = 0; lane < STRIPS; lane += lane % 3 == 2 ? 2 : 1) /* 0 1 2 4 5 7 8 10 11: one in three goes without */
    high_pass_aim(s, lane, (int)(lane % 3), corners[lane % 3], RAMP);
  band(s, 0, 2, BELL, HZ_1000, 2), band(s, 1, 2, LOW_SHELF, HZ_100, 0.5), band(s, 1, 5, HIGH_SHELF, HZ_8000, 2);
  band(s, 2, 2, LOW_CUT, HZ_60, 1), band(s, 2, 5, HIGH_CUT, HZ_8000, 1);
  band(s, 3, 2, LOW_SHELF, HZ_100, 1.5), band(s, 3, 3, BELL, HZ_300, 0.3), band(s, 3, 4, NOTCH, HZ_1000, 1);
  band(s, 3, 5, HIGH_SHELF, HZ_3000, 1.5), band(s, 6, 4, BELL, HZ_3000, 4), band(s, FED_BY_BUS, 3, BELL, HZ_300, 2);
  band(s, SUM(0), 0, LOW_CUT, HZ_60, 1), band(s, SUM(0), 2, BELL, HZ_300, 1.4), band(s, SUM(0), 5, HIGH_CUT, HZ_8000, 1);
  band(s, SUM(MAIN_L), 1, BELL, HZ_1000, 1.2), band(s, SUM(MAIN_R), 1, BELL, HZ_1000, 1.2);
}

static void mixers(check_desk *desk) {
  channel_lanes *s = &desk->lanes;
  for (uint32_t lane = 0; lane < STRIPS; lane++) {
    front_aim(s, &s->input, lane, 1, RAMP);
    front_aim(s, &s->tape, lane, lane == 5 ? 0.5f : lane == CLICKED ? 0.25f : 0, RAMP);
    front_aim(s, &s->trim, lane, (lane % 3 == 1 ? -1.0f : 1.0f) * (lane == OSCILLATED ? 0.3f : 1.0f + 0.05f * (float)lane), RAMP);
    fader_aim(s, lane, 0.7f, RAMP);
    float right = 0.08f * (float)lane;
    tap_aim(&s->into[INTO_LEFT], TAP_POST, lane, 1 - right, RAMP), tap_aim(&s->into[INTO_RIGHT], TAP_POST, lane, right, RAMP);
    tap_aim(&s->into[INTO_MONO], TAP_POST, lane, lane % 2 ? 0 : 0.5f, RAMP);
    if (lane == FED_BY_BUS) continue; /* not into what it listens to */
    tap_aim(&s->into[0], TAP_POST, lane, lane % 4 ? 0 : 0.4f, RAMP);
    tap_aim(&s->into[1], TAP_PRE, lane, lane % 5 ? 0 : 0.3f, RAMP);
    tap_aim(&s->into[2], TAP_EQ, lane, lane % 6 ? 0 : 0.5f, RAMP);
  }
  tap_aim(&s->into[3], TAP_POST, FED_BY_BUS, 0.9f, RAMP), tap_aim(&s->into[3], TAP_EQ, 1, 0.2f, RAMP);
  tap_aim(&s->into[INTO_SOLO_L], TAP_PRE, 3, 1, RAMP), tap_aim(&s->into[INTO_SOLO_R], TAP_PRE, 3, 1, RAMP);
  tap_aim(&s->direct, TAP_PRE, DIRECT_A, 1, RAMP), tap_aim(&s->direct, TAP_EQ, DIRECT_B, 1, RAMP);
  for (uint32_t sum = 0; sum < SUM_LANES; sum++) fader_aim(s, SUM(sum), 0.9f, RAMP);
  for (int bus = 0; bus < BUSES; bus++) desk->bus_to_main[bus][bus % 2].target = 0.25f;
  desk->main_to_matrix[0][0].target = desk->main_to_matrix[1][1].target = 0.5f;
  desk->bus_to_solo.target = 1;
}

static void lines(channel_lanes *s) {
  static float rings[STRIPS + SUM_LANES][DELAY_FRAMES], early[STRIPS][DELAY_FRAMES];
  s->delay_mask = s->eq_delay_mask = DELAY_FRAMES - 1;
  s->delay_fade = 1.0f / 480;
  for (uint32_t i = 0; i < STRIPS; i++) s->delay[i].ring = rings[i], s->eq_delay[i].ring = early[i];
  for (uint32_t i = 0; i < SUM_LANES; i++) s->delay[SUM(i)].ring = rings[STRIPS + i];
  for (uint32_t i = 0; i < STRIPS; i++) /* the insert takes 37 frames: who has none waits */
    delay_aim(&s->delay[i], i == INSERTED ? 0 : 37, 0), delay_aim(&s->eq_delay[i], 37, 0);
  delay_aim(&s->delay[3], 500, 0), delay_aim(&s->delay[SUM(2)], 77, 0);
}

void desk_set_up(check_desk *desk, uint32_t width) {
  channel_lanes *s = &desk->lanes;
  s->strips = (STRIPS + width - 1) / width * width;
  s->peak_fall = 0.9998f, s->mean_rate = 0.0007f;
  channels_begin(s);
  filters_of_all(s), gates(s), compressors(&s->comp), mixers(desk), lines(s);
  insert_aim(s, INSERTED, 1, RAMP);
  channels_arrive(s);
  for (int bus = 0; bus < BUSES; bus++)
    for (int side = 0; side < 2; side++) desk->bus_to_main[bus][side].value = desk->bus_to_main[bus][side].target;
  for (int side = 0; side < 2; side++) desk->main_to_matrix[side][side].value = 0.5f;
  desk->bus_to_solo.value = desk->width.value = desk->width.target = 1;
  peak_limiter_prepare(&desk->limiter, RATE_HZ);
  desk->limiter.ceiling.value = desk->limiter.ceiling.target = 0.25f;
  loudness_of_two_prepare(&desk->loudness, LOUDNESS_HZ);
  oscillator_prepare(&desk->oscillator, RATE_HZ);
  oscillator_set(&desk->oscillator, OSCILLATOR_WHITE, 1000);
  click_prepare(&desk->click, RATE_HZ);
  click_set(&desk->click, 400, 4, 2, 2.0f);
  desk->click_since = UINT64_MAX;
}
