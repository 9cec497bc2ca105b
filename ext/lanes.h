/* A vector of W strips, and the few things done to it. Included by strip_kernel.h with W and the target set.
 * FMA is written out, never left to the compiler: the moving and the resting loop must round alike. */
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

typedef float vf __attribute__((vector_size(4 * W)));
typedef int32_t vi __attribute__((vector_size(4 * W)));

#define LANE_INLINE static inline __attribute__((always_inline))

LANE_INLINE vf splat(float x) { return (vf){} + x; }
LANE_INLINE vf load(const float *p) { return *(const vf *)p; }
LANE_INLINE void store(float *p, vf x) { *(vf *)p = x; }
LANE_INLINE vf blend(vi mask, vf yes, vf no) { return (vf)(((vi)yes & mask) | ((vi)no & ~mask)); }
/* store `x` in the lanes of `live`, leave the others as they are */
LANE_INLINE void keep(float *p, vf x, vi live) { store(p, blend(live, x, load(p))); }
LANE_INLINE vf vabs(vf x) { return (vf)((vi)x & 0x7fffffff); }

/* fma_: a b + c, in one rounding where the machine can. pick_ge: `yes` where a >= b. any: some lane of a comparison is true. worse: keeps track of
 * the largest magnitude's bits, so that one look at the end finds what is no sample. */
#if W == 16
LANE_INLINE vf fma_(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
LANE_INLINE vf vmin(vf a, vf b) { return (vf)_mm512_min_ps((__m512)a, (__m512)b); }
LANE_INLINE vf vmax(vf a, vf b) { return (vf)_mm512_max_ps((__m512)a, (__m512)b); }
LANE_INLINE vf pick_ge(vf a, vf b, vf yes, vf no) {
  return (vf)_mm512_mask_blend_ps(_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GE_OQ), (__m512)no, (__m512)yes);
}
LANE_INLINE int any(vi mask) { return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0; }
LANE_INLINE vf vmost(vf a, vf b) { return (vf)_mm512_max_epi32((__m512i)a, (__m512i)b); }
#elif W == 8
LANE_INLINE vf fma_(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
LANE_INLINE vf vmin(vf a, vf b) { return (vf)_mm256_min_ps((__m256)a, (__m256)b); }
LANE_INLINE vf vmax(vf a, vf b) { return (vf)_mm256_max_ps((__m256)a, (__m256)b); }
LANE_INLINE vf pick_ge(vf a, vf b, vf yes, vf no) {
  return (vf)_mm256_blendv_ps((__m256)no, (__m256)yes, _mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GE_OQ));
}
LANE_INLINE int any(vi mask) { return _mm256_movemask_epi8((__m256i)mask) != 0; }
LANE_INLINE vf vmost(vf a, vf b) { return (vf)_mm256_max_epi32((__m256i)a, (__m256i)b); }
#elif defined(__x86_64__)
LANE_INLINE vf fma_(vf a, vf b, vf c) { return a * b + c; } /* SSE2 has none: two roundings, in both loops */
LANE_INLINE vf vmin(vf a, vf b) { return (vf)_mm_min_ps((__m128)a, (__m128)b); }
LANE_INLINE vf vmax(vf a, vf b) { return (vf)_mm_max_ps((__m128)a, (__m128)b); }
LANE_INLINE vf pick_ge(vf a, vf b, vf yes, vf no) { return blend(a >= b, yes, no); }
LANE_INLINE int any(vi mask) { return _mm_movemask_epi8((__m128i)mask) != 0; }
LANE_INLINE vf vmost(vf a, vf b) { return blend((vi)a > (vi)b, a, b); } /* no integer maximum either */
#elif defined(__ARM_NEON)
LANE_INLINE vf fma_(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
LANE_INLINE vf vmin(vf a, vf b) { return (vf)vminq_f32((float32x4_t)a, (float32x4_t)b); }
LANE_INLINE vf vmax(vf a, vf b) { return (vf)vmaxq_f32((float32x4_t)a, (float32x4_t)b); }
LANE_INLINE vf pick_ge(vf a, vf b, vf yes, vf no) { return blend(a >= b, yes, no); }
LANE_INLINE int any(vi mask) { return vmaxvq_u32((uint32x4_t)mask) != 0; }
LANE_INLINE vf vmost(vf a, vf b) { return (vf)vmaxq_s32((int32x4_t)a, (int32x4_t)b); }
#else
LANE_INLINE vf fma_(vf a, vf b, vf c) { return a * b + c; }
LANE_INLINE vf vmin(vf a, vf b) {
  vi less = a < b;
  return (vf)(((vi)a & less) | ((vi)b & ~less));
}
LANE_INLINE vf vmax(vf a, vf b) {
  vi more = a > b;
  return (vf)(((vi)a & more) | ((vi)b & ~more));
}
LANE_INLINE vf pick_ge(vf a, vf b, vf yes, vf no) { return blend(a >= b, yes, no); }
LANE_INLINE int any(vi mask) { return (mask[0] | mask[1] | mask[2] | mask[3]) != 0; }
LANE_INLINE vf vmost(vf a, vf b) { return blend((vi)a > (vi)b, a, b); }
#endif
LANE_INLINE vi worse(vi worst, vf x) { return (vi)vmost((vf)worst, vabs(x)); }

/* Four samples of each of W / 4 rows, side by side: rows[0], rows[4], rows[8]... */
LANE_INLINE vf load_quads(const float *const *rows, uint32_t at) {
#if W == 16
  __m512 x = _mm512_castps128_ps512(_mm_loadu_ps(rows[0] + at));
  x = _mm512_insertf32x4(x, _mm_loadu_ps(rows[4] + at), 1);
  x = _mm512_insertf32x4(x, _mm_loadu_ps(rows[8] + at), 2);
  return (vf)_mm512_insertf32x4(x, _mm_loadu_ps(rows[12] + at), 3);
#elif W == 8
  return (vf)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(rows[0] + at)), _mm_loadu_ps(rows[4] + at), 1);
#else
  vf x;
  memcpy(&x, rows[0] + at, sizeof x);
  return x;
#endif
}

/* Four samples of one row in the first quad, silence in the others. */
LANE_INLINE vf load_quad(const float *row) {
#if W == 16
  return (vf)_mm512_zextps128_ps512(_mm_loadu_ps(row));
#elif W == 8
  return (vf)_mm256_zextps128_ps256(_mm_loadu_ps(row));
#else
  vf x;
  memcpy(&x, row, sizeof x);
  return x;
#endif
}

/* Quad `which` of a vector of quads. */
LANE_INLINE void store_quad(float *to, vf x, int which) { /* which: 0..W / 4 - 1, a constant once unrolled */
#if W == 16
  __m128 quad = which == 0   ? _mm512_castps512_ps128((__m512)x)
                : which == 1 ? _mm512_extractf32x4_ps((__m512)x, 1)
                : which == 2 ? _mm512_extractf32x4_ps((__m512)x, 2)
                             : _mm512_extractf32x4_ps((__m512)x, 3);
  _mm_storeu_ps(to, quad);
#elif W == 8
  _mm_storeu_ps(to, which ? _mm256_extractf128_ps((__m256)x, 1) : _mm256_castps256_ps128((__m256)x));
#else
  (void)which; /* there is one */
  memcpy(to, &x, sizeof x);
#endif
}

/* The masks stay inside quads of four lanes, where every machine shuffles in one instruction. */
#if W == 16
#define QUADS(a, b, c, d) \
  (vi){a, b, c, d, a + 4, b + 4, c + 4, d + 4, a + 8, b + 8, c + 8, d + 8, a + 12, b + 12, c + 12, d + 12}
#elif W == 8
#define QUADS(a, b, c, d) (vi){a, b, c, d, a + 4, b + 4, c + 4, d + 4}
#else
#define QUADS(a, b, c, d) (vi){a, b, c, d}
#endif

/* Four vectors of quads, as load_quads gives them for rows 0 to 3, become four frames of W strips. */
LANE_INLINE void transpose_quads(vf *x) {
  vf low01 = __builtin_shuffle(x[0], x[1], QUADS(0, W, 1, W + 1)), high01 = __builtin_shuffle(x[0], x[1], QUADS(2, W + 2, 3, W + 3));
  vf low23 = __builtin_shuffle(x[2], x[3], QUADS(0, W, 1, W + 1)), high23 = __builtin_shuffle(x[2], x[3], QUADS(2, W + 2, 3, W + 3));
  x[0] = __builtin_shuffle(low01, low23, QUADS(0, 1, W, W + 1));
  x[1] = __builtin_shuffle(low01, low23, QUADS(2, 3, W + 2, W + 3));
  x[2] = __builtin_shuffle(high01, high23, QUADS(0, 1, W, W + 1));
  x[3] = __builtin_shuffle(high01, high23, QUADS(2, 3, W + 2, W + 3));
}

LANE_INLINE vf add_neighbours(vf a, vf b) {
  return __builtin_shuffle(a, b, QUADS(0, 2, W, W + 2)) + __builtin_shuffle(a, b, QUADS(1, 3, W + 1, W + 3));
}

#if W == 16
LANE_INLINE vf add_quads(vf a, vf b) {
  return __builtin_shuffle(a, b, (vi){0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27}) +
         __builtin_shuffle(a, b, (vi){4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31});
}
#elif W == 8
LANE_INLINE vf add_quads(vf a, vf b) {
  return __builtin_shuffle(a, b, (vi){0, 1, 2, 3, 8, 9, 10, 11}) + __builtin_shuffle(a, b, (vi){4, 5, 6, 7, 12, 13, 14, 15});
}
#endif

/* The sum of the lanes of each of W vectors, in order; always the same tree, whichever of the W it is. */
LANE_INLINE vf sum_lanes(const vf *x) {
  vf quads[W / 4];
#pragma GCC unroll 4
  for (int i = 0; i < W / 4; i++)
    quads[i] = add_neighbours(add_neighbours(x[4 * i], x[4 * i + 1]), add_neighbours(x[4 * i + 2], x[4 * i + 3]));
#if W == 16
  return add_quads(add_quads(quads[0], quads[1]), add_quads(quads[2], quads[3]));
#elif W == 8
  return add_quads(quads[0], quads[1]);
#else
  return quads[0];
#endif
}

/* log2 of positive normal numbers: error below 1.5e-5 (of a power: 5e-5 dB). A minimax polynomial over the mantissa, exactly 0 at 1.
 * Of 0 it is -127. */
LANE_INLINE vf vlog2(vf x) {
#if W == 16 /* of 0 the exponent would be infinite */
  vf whole = (vf)_mm512_max_ps(_mm512_getexp_ps((__m512)x), _mm512_set1_ps(-127.0f));
  vf t = (vf)_mm512_getmant_ps((__m512)x, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src);
#else
  vf whole = __builtin_convertvector(((vi)x >> 23) - 127, vf);
  vf t = (vf)(((vi)x & 0x7fffff) | 0x3f800000);
#endif
  t = t - splat(1.0f);
  vf q = fma_(splat(0.0463851227f), t, splat(-0.196269128f));
  q = fma_(q, t, splat(0.417595415f));
  q = fma_(q, t, splat(-0.709662719f));
  q = fma_(q, t, splat(1.44196561f));
  return fma_(q, t, whole);
}

/* 2 to the x for -126 < x < 127: relative error below 2e-7, exactly 1 at 0. */
LANE_INLINE vf vexp2(vf x) {
#if W == 16
  vf t = (vf)_mm512_reduce_ps((__m512)x, 0), whole = x - t; /* beside the nearest whole number */
#else
  vf shifted = x + splat(12582912.0f); /* 1.5 2^23: the nearest whole number in the low bits */
  vf t = x - (shifted - splat(12582912.0f));
#endif
  vf p = fma_(splat(0.00132647311f), t, splat(0.00967151251f));
  p = fma_(p, t, splat(0.0555073373f));
  p = fma_(p, t, splat(0.240222421f));
  p = fma_(p, t, splat(0.693146978f));
  p = fma_(p, t, splat(1.0f));
#if W == 16
  return (vf)_mm512_scalef_ps((__m512)p, (__m512)whole);
#else
  return (vf)((vi)p + ((vi)shifted << 23));
#endif
}

/* Each lane beside its neighbour of the pair: 1 0 3 2 ... */
LANE_INLINE vf neighbours(vf x) { return __builtin_shuffle(x, QUADS(1, 0, 3, 2)); }
