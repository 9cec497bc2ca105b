/* How values reach the channels: each is aimed at the frame that comes next and walks there. Once a change, never a
 * sample. */
#ifndef STUDIOD_AIM_H
#define STUDIOD_AIM_H
#include <math.h>
#include <stdint.h>

#include "kernel.h"

static inline lane_set set_of(uint32_t lane) { return (lane_set)1 << lane / 4; }

/* True when the target is news. */
static inline int lane_aim(ramp_lanes *ramp, uint32_t lane, float target, float frames) {
  if (ramp->target[lane] == target) return 0;
  ramp->target[lane] = target;
  ramp->step[lane] = ramp_step(ramp->value[lane], target, frames);
  return 1;
}

static inline void lane_set_now(ramp_lanes *ramp, uint32_t lane, float value) { ramp->value[lane] = ramp->target[lane] = value; }

static inline void front_aim(channel_lanes *s, ramp_lanes *ramp, uint32_t lane, float target, float frames) {
  if (!lane_aim(ramp, lane, target, frames)) return;
  s->front_moving |= set_of(lane);
  if (ramp == &s->tape) s->tape_open |= set_of(lane);
}

static inline void fader_aim(channel_lanes *s, uint32_t lane, float target, float frames) {
  if (lane_aim(&s->fader, lane, target, frames)) s->fader_moving |= set_of(lane);
}

static inline void tap_aim(tap_lanes *t, int tap, uint32_t lane, float target, float frames) {
  if (!lane_aim(&t->tap[tap], lane, target, frames)) return;
  t->open[tap] |= set_of(lane), t->moving[tap] |= set_of(lane);
}

static inline int tap_sounds(const tap_lanes *t, uint32_t lane) {
  for (int i = 0; i < TAPS; i++)
    if (t->tap[i].value[lane] != 0 || t->tap[i].target[lane] != 0) return 1;
  return 0;
}

/* A filter that was flat wakes up with empty integrators: whether it ran while it was flat does not matter. */
static inline void filter_aim(filter_lanes *s, uint32_t lane, double g, double k, double m0, double m1, double m2, float frames) {
  int was_flat = s->m0.value[lane] == 1 && s->m0.target[lane] == 1 && s->m1.value[lane] == 0 && s->m1.target[lane] == 0 &&
                 s->m2.value[lane] == 0 && s->m2.target[lane] == 0;
  int is_flat = (float)m0 == 1 && (float)m1 == 0 && (float)m2 == 0;
  if (was_flat) {
    lane_set_now(&s->g, lane, (float)g), lane_set_now(&s->k, lane, (float)k);
    s->s1[lane] = s->s2[lane] = 0;
    if (is_flat) return;
  } else if (!is_flat) { /* on its way out it stays what it was */
    lane_aim(&s->g, lane, (float)g, frames), lane_aim(&s->k, lane, (float)k, frames);
  }
  lane_aim(&s->m0, lane, (float)m0, frames), lane_aim(&s->m1, lane, (float)m1, frames), lane_aim(&s->m2, lane, (float)m2, frames);
  s->open |= set_of(lane), s->moving |= set_of(lane);
}

static inline void filter_flat(filter_lanes *s, uint32_t lane, float frames) { filter_aim(s, lane, 0.005, 1, 1, 0, 0, frames); }

enum { LOW_CUT, LOW_SHELF, BELL, HIGH_SHELF, HIGH_CUT, NOTCH }; /* studiod.model.console.chain.EQ_TYPES */

/* A band of an equaliser. g: tan(pi f / rate); gain linear. The responses of R. Bristow-Johnson's cookbook, whose bilinear
 * transform the trapezoidal integrators share; A = sqrt(gain). */
static inline void band_aim(filter_lanes *s, uint32_t lane, int type, double g, double gain, double q, float frames) {
  double a = sqrt(gain), k = 1 / q;
  switch (type) {
    case LOW_CUT: filter_aim(s, lane, g, k, 1, -k, -1, frames); break;
    case LOW_SHELF: filter_aim(s, lane, g / sqrt(a), k, 1, k * (a - 1), gain - 1, frames); break;
    case BELL: filter_aim(s, lane, g, k / a, 1, k / a * (gain - 1), 0, frames); break;
    case HIGH_SHELF: filter_aim(s, lane, g * sqrt(a), k, gain, k * (1 - a) * a, 1 - gain, frames); break;
    case HIGH_CUT: filter_aim(s, lane, g, k, 0, 0, 1, frames); break;
    default: filter_aim(s, lane, g, k, 1, -k, 0, frames);
  }
}

/* Butterworth high-pass of 12, 18 or 24 dB/oct (slope 0, 1, 2) in two sections. A first-order high-pass is high + band of
 * a section whose poles coincide. */
static inline void high_pass_aim(channel_lanes *s, uint32_t lane, int slope, double g, float frames) {
  static const double damping[3][2] = {{1.4142135623730951, 0}, {1, 2}, {1.8477590650225735, 0.7653668647301796}};
  double k = damping[slope][0], k2 = damping[slope][1];
  filter_aim(&s->section[0], lane, g, k, 1, -k, -1, frames);
  if (slope == 0)
    filter_flat(&s->section[1], lane, frames);
  else
    filter_aim(&s->section[1], lane, g, k2, 1, slope == 1 ? 1 - k2 : -k2, -1, frames);
}

enum { KEY_OFF, KEY_LOW_CUT, KEY_HIGH_CUT, KEY_BAND };
static inline void key_filter_aim(filter_lanes *s, uint32_t lane, int type, double g, double q, float frames) {
  double k = 1 / q;
  switch (type) {
    case KEY_LOW_CUT: filter_aim(s, lane, g, k, 1, -k, -1, frames); break;
    case KEY_HIGH_CUT: filter_aim(s, lane, g, k, 0, 0, 1, frames); break;
    case KEY_BAND: filter_aim(s, lane, g, k, 0, k, 0, frames); break;
    default: filter_flat(s, lane, frames);
  }
}

/* mix 0 is off; what was off wakes up with no memory. */
static inline void dynamics_aim(dynamics_lanes *d, uint32_t lane, float mix, float frames) {
  if (d->mix.value[lane] == 0 && d->mix.target[lane] == 0)
    d->mean[lane] = d->held[lane] = d->target[lane] = d->reduction[lane] = 0;
  if (!lane_aim(&d->mix, lane, mix, frames)) return;
  d->open |= set_of(lane), d->moving |= set_of(lane);
}

static inline void makeup_aim(dynamics_lanes *d, uint32_t lane, float octaves, float frames) {
  if (lane_aim(&d->makeup, lane, octaves, frames)) d->moving |= set_of(lane);
}

/* side +1 acts above the threshold, -1 below it; sign +1 attacks when reduction rises, -1 when it falls. All in octaves. */
static inline void dynamics_curve(dynamics_lanes *d, uint32_t lane, int side, int sign, double threshold, double knee,
                                  double slope, double limit) {
  d->slope[lane] = (float)(0.5 * side * slope); /* half: of power */
  d->offset[lane] = (float)(-side * threshold * slope);
  d->knee[lane] = (float)(knee * slope), d->half_knee[lane] = (float)(knee * slope / 2);
  d->bend[lane] = knee * slope > 0 ? (float)(1 / (2 * knee * slope)) : 0;
  d->limit[lane] = (float)limit;
  if (d->sign[lane] != (float)sign) /* the reduction stays what it is */
    d->sign[lane] = (float)sign, d->target[lane] = -d->target[lane], d->reduction[lane] = -d->reduction[lane];
}

static inline void dynamics_key(dynamics_lanes *d, uint32_t lane, int32_t strip) {
  d->key[lane] = strip;
  for (uint32_t first = lane & ~3u, i = first; i < first + 4; i++) {
    if (i == first) d->keyed &= ~set_of(lane);
    if (d->key[i] >= 0) d->keyed |= set_of(lane);
  }
}

static inline void dynamics_link(dynamics_lanes *d, uint32_t lane, int on) { d->linked[lane] = on ? -1 : 0; }

static inline void delay_aim(delay_lane *d, int32_t frames, uint64_t now) {
  d->wanted = frames;
  if (d->runs || !frames) return;
  d->runs = 1, d->born = now, d->now = 0, d->fades = 0;
}

static inline void insert_aim(channel_lanes *s, uint32_t lane, float wet, float frames) {
  if (lane_aim(&s->insert, lane, wet, frames)) s->insert_open |= set_of(lane);
}

/* Everything arrives now: the start of an offline render. Filters and gains are looked at once more in the next chunk. */
static inline void ramp_arrive(ramp_lanes *r) {
  for (int i = 0; i < LANES; i++) r->value[i] = r->target[i];
}
static inline void filter_arrive(filter_lanes *s) {
  ramp_arrive(&s->g), ramp_arrive(&s->k), ramp_arrive(&s->m0), ramp_arrive(&s->m1), ramp_arrive(&s->m2);
}
static inline void dynamics_arrive(dynamics_lanes *d) { ramp_arrive(&d->mix), ramp_arrive(&d->makeup); }
static inline void taps_arrive(tap_lanes *t) {
  for (int i = 0; i < TAPS; i++) ramp_arrive(&t->tap[i]);
}
static inline void delay_arrive(delay_lane *d) { d->now = d->wanted, d->fades = 0; }

/* Filters, dynamics and delays have no use for a fade-in at the start of an engine. */
static inline void chains_arrive(channel_lanes *s) {
  for (int i = 0; i < SECTIONS; i++) filter_arrive(&s->section[i]);
  filter_arrive(&s->key_filter), dynamics_arrive(&s->gate), dynamics_arrive(&s->comp), ramp_arrive(&s->insert);
  for (int i = 0; i < LANES; i++) delay_arrive(&s->delay[i]);
  for (int i = 0; i < MAX_STRIPS; i++) delay_arrive(&s->eq_delay[i]);
}
static inline void channels_arrive(channel_lanes *s) {
  chains_arrive(s);
  ramp_arrive(&s->input), ramp_arrive(&s->tape), ramp_arrive(&s->trim), ramp_arrive(&s->fader);
  for (int i = 0; i < INTO_COUNT; i++) taps_arrive(&s->into[i]);
  taps_arrive(&s->direct);
}

/* Values of a channel before anyone sets it. */
static inline void channels_begin(channel_lanes *s) {
  for (uint32_t i = 0; i < LANES; i++) {
    for (int n = 0; n < SECTIONS; n++) lane_set_now(&s->section[n].m0, i, 1), lane_set_now(&s->section[n].g, i, 0.005f), lane_set_now(&s->section[n].k, i, 1);
    lane_set_now(&s->key_filter.m0, i, 1), lane_set_now(&s->key_filter.g, i, 0.005f), lane_set_now(&s->key_filter.k, i, 1);
    dynamics_lanes *machines[] = {&s->gate, &s->comp};
    for (int n = 0; n < 2; n++) {
      machines[n]->key[i] = -1, machines[n]->attack[i] = machines[n]->release[i] = machines[n]->rms[i] = 1;
      dynamics_curve(machines[n], i, 1, 1, 0, 0, 0, 0);
    }
  }
}

/* The stereo picture: 0 mono, 1 as it is, 2 twice as wide. */
static inline void width_apply(float *left, float *right, uint32_t frames, scalar_ramp *width) {
  if (width->value == 1 && width->target == 1) return;
  for (uint32_t f = 0; f < frames; f++) {
    float middle = (left[f] + right[f]) * 0.5f, side = (left[f] - right[f]) * 0.5f * ramp_walk(width);
    left[f] = middle + side, right[f] = middle - side;
  }
}

/* A loudness meter of two channels, and what it read last. It must stay where it was prepared. */
typedef struct { loudness_meter meter; loudness_pair channels; loudness_reading reading; } loudness_of_two;
static inline void loudness_of_two_prepare(loudness_of_two *l, uint32_t rate_hz) {
  static const double weights[2] = {1, 1};
  loudness_prepare(&l->meter, rate_hz, 2, weights, &l->channels);
}
#endif
