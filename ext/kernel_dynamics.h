/* Gate, expander, ducker, compressor: one machine for W channels, in octaves (log2 of level).
 *
 * Gain computer with a quadratic knee and smooth decoupled ballistics after Giannoulis, Massberg and Reiss, "Digital
 * Dynamic Range Compressor Design", JAES 60 (2012): the reduction asked for is followed at once on its way in the attack's
 * direction and held, then released; the result is smoothed by the attack. `sign` turns it round for what opens fast and
 * closes slowly. */

typedef struct { vf mean, held, target, reduction; } dynamics_state;

/* What a bank does without, so that its loop is shorter; the bits are the same. */
enum { HOLDS = 1, BENDS = 2, LINKED = 4, TURNED = 8, MIXED = 16, MOVES = 32, AVERAGES = 64, EVERYTHING = 127 };

LANE_INLINE int dynamics_needs(const dynamics_lanes *d, uint32_t lane) {
  int needs = 0;
  if (any((load(d->hold + lane) != splat(0)) | (load(d->held + lane) != splat(0)))) needs |= HOLDS;
  if (any(load(d->knee + lane) != splat(0))) needs |= BENDS;
  if (any(*(const vi *)(d->linked + lane))) needs |= LINKED;
  if (any(load(d->sign + lane) != splat(1))) needs |= TURNED;
  if (any(load(d->mix.value + lane) != splat(1))) needs |= MIXED;
  if (any(load(d->rms + lane) != splat(1))) needs |= AVERAGES;
  return needs;
}

/* `from` is what is turned down, `key` what is listened to. needs: a constant. */
LANE_INLINE void dynamics_run(dynamics_lanes *d, uint32_t lane, const vf *key, const vf *from, vf *to, uint32_t frames,
                              vi live, int needs) {
  const vf slope = load(d->slope + lane), offset = load(d->offset + lane), half_knee = load(d->half_knee + lane);
  const vf knee = load(d->knee + lane), bend = load(d->bend + lane), limit = load(d->limit + lane);
  const vf sign = load(d->sign + lane), attack = load(d->attack + lane), release = load(d->release + lane);
  const vf hold = load(d->hold + lane), rms = load(d->rms + lane), stays = splat(1.0f) - rms;
  const vi link = *(const vi *)(d->linked + lane);
  dynamics_state s = {load(d->mean + lane), load(d->held + lane), load(d->target + lane), load(d->reduction + lane)};
  vf average = s.mean;
  ramp mix = ramp_load(&d->mix, lane), makeup = ramp_load(&d->makeup, lane);
  vf dry = splat(1.0f) - mix.value;
  for (uint32_t f = 0; f < frames; f++) {
    vf listened = key[f];
    s.mean = listened * listened;
    if (needs & AVERAGES) s.mean = fma_(stays, average, s.mean * rms), average = s.mean;
    vf power = s.mean;
    if (needs & LINKED) power = vmax(power, (vf)((vi)neighbours(power) & link));
    vf over = fma_(slope, vlog2(power), offset), asked; /* knee and limit, too, are after the slope */
    if (needs & BENDS) {
      vf into = vmin(vmax(over + half_knee, splat(0)), knee);
      asked = fma_(into * into, bend, vmax(over - half_knee, splat(0)));
    } else {
      asked = vmax(over, splat(0));
    }
    asked = vmin(asked, limit);
    if (needs & TURNED) asked = asked * sign;
    vf back = fma_(release, asked - s.target, s.target);
    if (needs & HOLDS) {
      vf waits = vmax(s.held - splat(1.0f), splat(0));
      back = pick_ge(splat(0), s.held, back, s.target);
      s.held = pick_ge(asked, s.target, hold, waits);
    }
    s.target = vmax(asked, back); /* on its way up it is there at once: `back` lies below */
    s.reduction = fma_(attack, s.target - s.reduction, s.reduction);
    if (needs & MOVES) {
      ramp_next(&mix), ramp_next(&makeup);
      dry = splat(1.0f) - mix.value;
    }
    vf gain = vexp2(needs & TURNED ? fma_(-sign, s.reduction, makeup.value) : makeup.value - s.reduction);
    if (needs & MIXED) gain = fma_(mix.value, gain, dry);
    to[f] = from[f] * gain;
  }
  keep(d->mean + lane, s.mean, live), keep(d->held + lane, s.held, live);
  keep(d->target + lane, s.target, live), keep(d->reduction + lane, s.reduction, live);
  if (!(needs & MOVES)) return;
  ramp_keep(&d->mix, lane, &mix, live), ramp_keep(&d->makeup, lane, &makeup, live);
  if (any(ramp_moves(&d->mix, lane) | ramp_moves(&d->makeup, lane))) return;
  d->moving &= ~lanes_of(lane);
  if (!any(load(d->mix.value + lane) != splat(0))) d->open &= ~lanes_of(lane);
}

#define DYNAMICS(needs)                                                                                        \
  case needs: dynamics_run(d, lane, key, from, to, frames, live, needs); break

static __attribute__((noinline)) void dynamics_choose(dynamics_lanes *d, uint32_t lane, const vf *key, const vf *from, vf *to,
                                                      uint32_t frames, vi live) {
  switch (d->moving & lanes_of(lane) ? EVERYTHING : dynamics_needs(d, lane)) {
    DYNAMICS(0);
    DYNAMICS(BENDS);
    DYNAMICS(LINKED);
    DYNAMICS(BENDS | LINKED);
    DYNAMICS(HOLDS | TURNED); /* a gate */
    default: dynamics_run(d, lane, key, from, to, frames, live, EVERYTHING);
  }
}

/* Where the sound is then: `from` itself when no channel of the bank is switched in. */
LANE_INLINE const vf *dynamics(dynamics_lanes *d, uint32_t lane, const vf *key, const vf *from, vf *to, uint32_t frames, vi live) {
  if (!(d->open & lanes_of(lane))) return from;
  dynamics_choose(d, lane, key, from, to, frames, live);
  return to;
}
