/* Strips into sums: what each channel brings, times its gains, added over all channels in a fixed order. */

typedef struct { const vf *x; const vf *gain; vf rest; } voice; /* gain NULL: it rests */

/* Multiplies and adds every voice into `out`; over: overwrite it. */
LANE_INLINE void voices_add(const voice *voices, uint32_t count, float *out, uint32_t frames, int over) {
  for (uint32_t f = 0; f < frames; f += W) {
    vf sums[W] = {};
    for (uint32_t k = 0; k < count; k++) {
      const vf *x = voices[k].x + f;
      if (voices[k].gain) {
        const vf *gain = voices[k].gain + f;
#pragma GCC unroll 16
        for (int i = 0; i < W; i++) sums[i] = fma_(x[i], gain[i], sums[i]);
      } else {
        vf still = voices[k].rest;
#pragma GCC unroll 16
        for (int i = 0; i < W; i++) sums[i] = fma_(x[i], still, sums[i]);
      }
    }
    vf sum = sum_lanes(sums);
    if (!over) { /* rows have room for a whole vector: CHUNK is a multiple of W */
      vf before;
      memcpy(&before, out + f, sizeof before);
      sum = before + sum;
    }
    memcpy(out + f, &sum, sizeof sum); /* what lies past `frames` is nobody's */
  }
}

typedef struct { const vf *late, *early; vi live; } strip_sound; /* before the fader; before the equaliser (or NULL) */

/* The gains of one bank into one sum, for its sound before the fader: fader x post + pre. */
LANE_INLINE void late_gain(channel_lanes *s, tap_lanes *t, uint32_t lane, vi live, uint32_t frames, vf *gains, voice *v) {
  lane_set here = lanes_of(lane);
  int walks = (s->fader_moving & here) != 0;
  if (!((t->moving[TAP_POST] | t->moving[TAP_PRE]) & here) && !walks) {
    vf rest = fma_(load(s->fader.value + lane), load(t->tap[TAP_POST].value + lane), load(t->tap[TAP_PRE].value + lane));
    v->gain = NULL, v->rest = (vf)((vi)rest & live);
    return;
  }
  ramp post = ramp_load(&t->tap[TAP_POST], lane), pre = ramp_load(&t->tap[TAP_PRE], lane);
  vf fader = load(s->fader.value + lane);
  const vf *faders = (const vf *)(s->faders + lane * CHUNK);
  for (uint32_t f = 0; f < frames; f++) {
    ramp_next(&post), ramp_next(&pre);
    gains[f] = (vf)((vi)fma_(walks ? faders[f] : fader, post.value, pre.value) & live);
  }
  ramp_keep(&t->tap[TAP_POST], lane, &post, live), ramp_keep(&t->tap[TAP_PRE], lane, &pre, live);
  v->gain = gains;
  for (int tap = TAP_POST; tap <= TAP_PRE; tap++) tap_settles(t, tap, lane);
}

LANE_INLINE void early_gain(tap_lanes *t, uint32_t lane, vi live, uint32_t frames, vf *gains, voice *v) {
  if (!(t->moving[TAP_EQ] & lanes_of(lane))) {
    v->gain = NULL, v->rest = (vf)((vi)load(t->tap[TAP_EQ].value + lane) & live);
    return;
  }
  ramp eq = ramp_load(&t->tap[TAP_EQ], lane);
  for (uint32_t f = 0; f < frames; f++) gains[f] = (vf)((vi)ramp_next(&eq) & live);
  ramp_keep(&t->tap[TAP_EQ], lane, &eq, live);
  v->gain = gains;
  tap_settles(t, TAP_EQ, lane);
}

/* Sums every strip of the pass into `out`. */
static __attribute__((noinline)) void mix(channel_lanes *s, const strip_sound *sounds, tap_lanes *t, float *out, uint32_t frames,
                                          int is_first) {
  vf gains[2 * BANKS][CHUNK];
  voice voices[2 * BANKS];
  uint32_t count = 0;
  lane_set late = t->open[TAP_POST] | t->open[TAP_PRE], early = t->open[TAP_EQ];
  for (uint32_t lane = 0; lane < s->strips; lane += W) {
    const strip_sound *sound = &sounds[lane / W];
    if (!sound->late || !((late | early) & lanes_of(lane))) continue;
    if (late & lanes_of(lane)) {
      late_gain(s, t, lane, sound->live, frames, gains[count], &voices[count]);
      voices[count++].x = sound->late;
    }
    if (early & lanes_of(lane)) {
      early_gain(t, lane, sound->live, frames, gains[count], &voices[count]);
      voices[count++].x = sound->early;
    }
  }
  if (count)
    voices_add(voices, count, out, frames, is_first);
  else if (is_first)
    memset(out, 0, CHUNK * sizeof(float));
}

/* Each strip of the bank into its own row. */
static __attribute__((noinline)) void mix_direct(channel_lanes *s, const strip_sound *sound, uint32_t lane, float *const *rows,
                                                 uint32_t frames) {
  vf late[CHUNK], early[CHUNK];
  voice voices[2] = {};
  late_gain(s, &s->direct, lane, sound->live, frames, late, &voices[0]);
  early_gain(&s->direct, lane, sound->live, frames, early, &voices[1]);
  for (int i = 0; i < W; i++) {
    float *row = rows[lane + (uint32_t)i];
    if (!row) continue;
    for (uint32_t f = 0; f < frames; f++) {
      vf a = voices[0].gain ? late[f] : voices[0].rest, b = voices[1].gain ? early[f] : voices[1].rest;
      float x = sound->late[f][i] * a[i];
      row[f] += sound->early ? x + sound->early[f][i] * b[i] : x;
    }
  }
}
