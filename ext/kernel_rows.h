/* Rows of samples into vectors of W channels, and back. */

/* Frame `f` of W rows. */
LANE_INLINE vf column(const float *const *rows, uint32_t f) {
  float x[W] __attribute__((aligned(sizeof(vf))));
  for (int i = 0; i < W; i++) x[i] = rows[i][f];
  return load(x);
}

/* `frames` samples of W rows into x[frame]; the bits of the largest magnitude of each row. */
LANE_INLINE vi gather(const float *const *rows, uint32_t frames, vf *x) {
  static const float silence[CHUNK];
  const float *from[W];
  vi worst = {};
  for (int i = 0; i < W; i++) from[i] = rows[i] ? rows[i] : silence;
  uint32_t whole = frames & ~3u;
  for (uint32_t f = 0; f < whole; f += 4) {
    vf quads[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      quads[i] = load_quads(from + i, f);
      worst = worse(worst, quads[i]);
    }
    transpose_quads(quads);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) x[f + i] = quads[i];
  }
  for (uint32_t f = whole; f < frames; f++) {
    x[f] = column(from, f);
    worst = worse(worst, x[f]);
  }
  return worst;
}

/* The same from outside: what is no sample becomes 0 and is counted, once: in the pass its strip is in. */
static __attribute__((noinline)) void clean_samples(channel_lanes *s, vf *x, uint32_t frames, vi live) {
  for (uint32_t f = 0; f < frames; f++) {
    vi fault = (vi)vabs(x[f]) >= (vi)splat(NOT_A_SAMPLE);
    x[f] = (vf)((vi)x[f] & ~fault);
    for (int i = 0; i < W; i++) s->bad_samples -= (uint64_t)(int64_t)(fault[i] & live[i]);
  }
}
LANE_INLINE void gather_samples(channel_lanes *s, const float *const *rows, uint32_t frames, vf *x, vi live) {
  if (any(gather(rows, frames, x) >= (vi)splat(NOT_A_SAMPLE))) clean_samples(s, x, frames, live);
}

/* Four frames into W rows, from `f` on; a row that is NULL is left out. */
LANE_INLINE void scatter_quads(vf *quads, float *const *rows, uint32_t f) {
  transpose_quads(quads);
#pragma GCC unroll 4
  for (int q = 0; q < W / 4; q++) {
    float *const *four = rows + 4 * q;
    if (!four[0] && !four[1] && !four[2] && !four[3]) continue;
    for (int i = 0; i < 4; i++)
      if (four[i]) store_quad(four[i] + f, quads[i], q);
  }
}

/* x[frame] into W rows of CHUNK samples. Scratch is whole fours; past `frames` it is nobody's. */
LANE_INLINE void scatter(const vf *x, float *const *rows, uint32_t frames) {
  for (uint32_t f = 0; f < frames; f += 4) {
    vf quads[4] = {x[f], x[f + 1], x[f + 2], x[f + 3]};
    scatter_quads(quads, rows, f);
  }
}
