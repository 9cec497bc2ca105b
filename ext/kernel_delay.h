/* Delay lines of W channels, whole frames. A new time is faded to as soon as the line has heard as much: what was before
 * it woke up is silence, and whoever fades into that makes a hole and a click at its end. */

LANE_INLINE float delay_read(const delay_lane *d, uint32_t mask, uint64_t at, int32_t frames_ago) {
  uint64_t then = at - (uint64_t)frames_ago;
  return at < (uint64_t)frames_ago || then < d->born ? 0.0f : d->ring[then & mask];
}

/* One channel, in place: x[frame * W]. */
static __attribute__((noinline)) void delay_run(delay_lane *d, uint32_t mask, float step, uint64_t frame, float *x, uint32_t frames) {
  for (uint32_t f = 0; f < frames; f++) d->ring[(frame + f) & mask] = x[f * W];
  if (!d->fades && d->wanted == d->now && frame >= d->born + (uint64_t)d->now) { /* as below, with nothing to decide */
    uint64_t then = frame - (uint64_t)d->now;
    for (uint32_t f = 0; f < frames; f++) x[f * W] = d->ring[(then + f) & mask];
    d->runs = d->now != 0;
    return;
  }
  for (uint32_t f = 0; f < frames; f++) {
    if (!d->fades && d->wanted != d->now && frame + f >= d->born + (uint64_t)d->wanted) d->fades = 1, d->next = d->wanted, d->fade = 0;
    float y = delay_read(d, mask, frame + f, d->now);
    if (d->fades) {
      d->fade = smaller(d->fade + step, 1.0f);
      float z = delay_read(d, mask, frame + f, d->next);
      y = y + (z - y) * d->fade;
      if (d->fade == 1.0f) d->fades = 0, d->now = d->next, y = z;
    }
    x[f * W] = y;
  }
  d->runs = d->now || d->fades || d->wanted;
}

/* Every channel of the bank whose line runs; x is copied to `to` first where one does. */
LANE_INLINE const vf *delays(delay_lane *lines, uint32_t mask, float step, uint64_t frame, const vf *from, vf *to,
                             uint32_t frames, vi live) {
  int32_t runs = 0;
  for (int i = 0; i < W; i++) runs |= lines[i].runs & live[i];
  if (!runs) return from;
  if (from != to) memcpy(to, from, frames * sizeof(vf));
  for (int i = 0; i < W; i++)
    if (lines[i].runs & live[i]) delay_run(&lines[i], mask, step, frame, (float *)to + i, frames);
  return to;
}
