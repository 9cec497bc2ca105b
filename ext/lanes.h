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

#if W == 16
#define MIX_LOW (vi){0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23}
#define MIX_HIGH (vi){8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31}
#define LOG2W 4
#elif W == 8
#define MIX_LOW (vi){0, 8, 1, 9, 2, 10, 3, 11}
#define MIX_HIGH (vi){4, 12, 5, 13, 6, 14, 7, 15}
#define LOG2W 3
#elif W == 4
#define MIX_LOW (vi){0, 4, 1, 5}
#define MIX_HIGH (vi){2, 6, 3, 7}
#define LOG2W 2
#endif

LANE_INLINE vf splat(float x) { return (vf){} + x; }
LANE_INLINE vf load(const float *p) { return *(const vf *)p; }
LANE_INLINE void store(float *p, vf x) { *(vf *)p = x; }
LANE_INLINE vf vabs(vf x) { return (vf)((vi)x & 0x7fffffff); }
LANE_INLINE int any(vi mask) {
  int32_t seen = 0;
  for (int i = 0; i < W; i++) seen |= mask[i];
  return seen != 0;
}

#if W == 16
LANE_INLINE vf fma_(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
LANE_INLINE vf vmin(vf a, vf b) { return (vf)_mm512_min_ps((__m512)a, (__m512)b); }
LANE_INLINE vf vmax(vf a, vf b) { return (vf)_mm512_max_ps((__m512)a, (__m512)b); }
#elif W == 8
LANE_INLINE vf fma_(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
LANE_INLINE vf vmin(vf a, vf b) { return (vf)_mm256_min_ps((__m256)a, (__m256)b); }
LANE_INLINE vf vmax(vf a, vf b) { return (vf)_mm256_max_ps((__m256)a, (__m256)b); }
#elif defined(__x86_64__)
LANE_INLINE vf fma_(vf a, vf b, vf c) { return a * b + c; } /* SSE2 has none: two roundings, in both loops */
LANE_INLINE vf vmin(vf a, vf b) { return (vf)_mm_min_ps((__m128)a, (__m128)b); }
LANE_INLINE vf vmax(vf a, vf b) { return (vf)_mm_max_ps((__m128)a, (__m128)b); }
#elif defined(__ARM_NEON)
LANE_INLINE vf fma_(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
LANE_INLINE vf vmin(vf a, vf b) { return (vf)vminq_f32((float32x4_t)a, (float32x4_t)b); }
LANE_INLINE vf vmax(vf a, vf b) { return (vf)vmaxq_f32((float32x4_t)a, (float32x4_t)b); }
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
#endif

/* W vectors of W samples: rows become columns, in place. */
LANE_INLINE void transpose(vf *rows) {
  vf mixed[W];
#pragma GCC unroll 4
  for (int round = 0; round < LOG2W; round++) {
#pragma GCC unroll 8
    for (int i = 0; i < W / 2; i++) {
      mixed[2 * i] = __builtin_shuffle(rows[i], rows[i + W / 2], MIX_LOW);
      mixed[2 * i + 1] = __builtin_shuffle(rows[i], rows[i + W / 2], MIX_HIGH);
    }
#pragma GCC unroll 16
    for (int i = 0; i < W; i++) rows[i] = mixed[i];
  }
}
