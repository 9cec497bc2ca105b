/* Samples to file bytes and back. Full scale: 1.0 is 2^(bits-1), so every 24-bit sample survives float32 and back. */
#ifndef STUDIOD_PACK_H
#define STUDIOD_PACK_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "WAV is little-endian, and samples are copied as they lie");

/* Rounded, clipped; what is no number is 0. The conversion that rounds by itself is one instruction for many samples. */
static inline int32_t pack_round_(float x, float scale) {
  float y = (x == x ? x : 0.0f) * scale;
  y = y >= -scale ? y : -scale;
  y = y <= scale - 1.0f ? y : scale - 1.0f;
  return (int32_t)__builtin_irintf(y);
}

/* Three of every four bytes: `n` whole numbers, 24 bits each. */
static inline __attribute__((always_inline)) void pack_squeeze_(const int32_t *whole, size_t n, unsigned char *out, int shuffles) {
  typedef uint8_t quad __attribute__((vector_size(16)));
  const quad three_of_four = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15};
  size_t i = 0;
  /* 16 bytes are stored where 12 are wanted: the next four samples overwrite the rest, and there must be room for it */
  for (quad four; shuffles && i + 6 <= n; i += 4) {
    memcpy(&four, whole + i, 16);
    four = __builtin_shuffle(four, three_of_four);
    memcpy(out + 3 * i, &four, 16);
  }
  /* a store of four bytes, its last overwritten by the next sample, is cheaper than three of one */
  for (; i + 1 < n; i++) memcpy(out + 3 * i, &whole[i], 4);
  memcpy(out + 3 * (n - 1), &whole[n - 1], 3);
}

static inline __attribute__((always_inline)) int pack_pcm24_(const float *x, size_t frames, unsigned char *out, int shuffles) {
  enum { PIECE = 256 };
  int32_t whole[PIECE], full = 0;
  while (frames) {
    size_t n = frames < PIECE ? frames : PIECE;
    /* another core wrote these: fetch the next piece while this one is converted */
    for (size_t i = 0; i < PIECE; i += 16) __builtin_prefetch(x + PIECE + i);
    for (size_t i = 0; i < n; i++) {
      whole[i] = pack_round_(x[i], 8388608.0f);
      full |= (whole[i] ^ whole[i] >> 31) == 0x7FFFFF; /* both ends at once: the complement of the lowest is the highest */
    }
    pack_squeeze_(whole, n, out, shuffles);
    x += n, out += 3 * n, frames -= n;
  }
  return full;
}

static inline __attribute__((always_inline)) int pack_pcm16_(const float *x, size_t frames, unsigned char *out) {
  int32_t full = 0;
  for (size_t i = 0; i < frames; i++) {
    int32_t whole = pack_round_(x[i], 32768.0f);
    int16_t stored = (int16_t)whole;
    full |= (whole ^ whole >> 31) == 0x7FFF;
    memcpy(out + 2 * i, &stored, 2);
  }
  return full;
}

static inline __attribute__((always_inline)) int pack_float32_(const float *x, size_t frames, unsigned char *out) {
  int32_t full = 0;
  for (size_t i = 0; i < frames; i++) {
    float y = x[i] == x[i] && fabsf(x[i]) < 1048576.0f ? x[i] : 0.0f;
    full |= fabsf(y) >= 1.0f;
    memcpy(out + 4 * i, &y, 4);
  }
  return full;
}

static inline __attribute__((always_inline)) int pack_any_(const float *x, size_t frames, int bits, unsigned char *out, int shuffles) {
  if (frames == 0) return 0;
  if (bits == 24) return pack_pcm24_(x, frames, out, shuffles);
  return bits == 16 ? pack_pcm16_(x, frames, out) : pack_float32_(x, frames, out);
}

/* Samples of 16, 24, or 32 bits (float) to `out`. Returns whether any lies at full scale: one that a converter may have
 * clipped. The bytes are the same whatever the processor can. */
#if defined(__ARM_NEON)
static int pack_plain(const float *x, size_t frames, int bits, unsigned char *out) { return pack_any_(x, frames, bits, out, 1); }
#else
static int pack_plain(const float *x, size_t frames, int bits, unsigned char *out) { return pack_any_(x, frames, bits, out, 0); }
#endif

#if defined(__x86_64__)
/* Eight samples as whole numbers below `scale`: `pack_round_`, once for all. */
__attribute__((target("avx2"))) static inline __m256i pack_eight_(const float *x, float scale, __m256i *full) {
  __m256 y = _mm256_loadu_ps(x), most = _mm256_set1_ps(scale);
  y = _mm256_mul_ps(_mm256_and_ps(y, _mm256_cmp_ps(y, y, _CMP_ORD_Q)), most);
  y = _mm256_min_ps(_mm256_max_ps(y, _mm256_set1_ps(-scale)), _mm256_set1_ps(scale - 1.0f));
  __m256i whole = _mm256_cvtps_epi32(y), end = _mm256_xor_si256(whole, _mm256_srai_epi32(whole, 31));
  *full = _mm256_or_si256(*full, _mm256_cmpeq_epi32(end, _mm256_set1_epi32((int)scale - 1)));
  return whole;
}

__attribute__((target("avx2"))) static int pack_avx2_(const float *x, size_t frames, int bits, unsigned char *out) {
  const __m256i three_of_four = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, /* */
                                                 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  __m256i full = _mm256_setzero_si256();
  size_t i = 0;
  /* 28 bytes are stored where 24 are wanted: the next samples overwrite the rest, and there must be room for it */
  for (; bits == 24 && i + 10 <= frames; i += 8) {
    _mm_prefetch((const char *)(x + i + 256), _MM_HINT_T0); /* another core wrote these */
    __m256i packed = _mm256_shuffle_epi8(pack_eight_(x + i, 8388608.0f, &full), three_of_four);
    _mm_storeu_si128((__m128i *)(out + 3 * i), _mm256_castsi256_si128(packed));
    _mm_storeu_si128((__m128i *)(out + 3 * i + 12), _mm256_extracti128_si256(packed, 1));
  }
  for (; bits == 16 && i + 8 <= frames; i += 8) {
    __m256i whole = pack_eight_(x + i, 32768.0f, &full);
    _mm_storeu_si128((__m128i *)(out + 2 * i),
                     _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1)));
  }
  return (_mm256_movemask_epi8(full) != 0) | pack_any_(x + i, frames - i, bits, out + i * (size_t)(bits / 8), 0);
}

static int pack_can_be_quick_(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
}
#define PACK_QUICK pack_avx2_
#else
static int pack_can_be_quick_(void) { return 0; } /* there is but one way */
#define PACK_QUICK pack_plain
#endif

static int pack_is_quick_;

/* Before `pack_samples`; may be called twice. */
static void pack_begin(void) { pack_is_quick_ = pack_can_be_quick_(); }

/* plain: with no instructions that only some processors of this kind have. */
static int pack_samples(const float *x, size_t frames, int bits, unsigned char *out, int plain) {
  return plain || !pack_is_quick_ ? pack_plain(x, frames, bits, out) : PACK_QUICK(x, frames, bits, out);
}

/* Whether the packed sample at `x` lies at full scale. */
static inline int packed_is_full(const unsigned char *x, int bits) {
  if (bits == 24) {
    int32_t whole = (int32_t)((uint32_t)x[0] << 8 | (uint32_t)x[1] << 16 | (uint32_t)x[2] << 24) >> 8;
    return (whole ^ whole >> 31) == 0x7FFFFF;
  }
  if (bits == 16) {
    int32_t whole = (int16_t)(uint16_t)((uint16_t)x[0] | (uint16_t)x[1] << 8);
    return (whole ^ whole >> 31) == 0x7FFF;
  }
  float y;
  memcpy(&y, x, 4);
  return fabsf(y) >= 1.0f;
}

/* Samples of one channel into, and out of, frames of `channels`: `width` bytes each. */
static inline __attribute__((always_inline)) void weave_(const unsigned char *x, size_t frames, size_t width, size_t stride, unsigned char *out) {
  for (size_t i = 0; i < frames; i++) memcpy(out + i * stride, x + i * width, width);
}

static void weave(const unsigned char *x, size_t frames, size_t width, size_t channel, size_t channels, unsigned char *out) {
  out += channel * width;
  if (width == 3) weave_(x, frames, 3, 3 * channels, out);
  else if (width == 2) weave_(x, frames, 2, 2 * channels, out);
  else weave_(x, frames, 4, 4 * channels, out);
}

static void unweave(const unsigned char *x, size_t frames, size_t width, size_t channel, size_t channels, unsigned char *out) {
  x += channel * width;
  for (size_t i = 0; i < frames; i++, x += channels * width, out += width)
    for (size_t byte = 0; byte < width; byte++) out[byte] = x[byte];
}

/* Packed samples of 16, 24, or 32 bits (float) to `out`; adds: on top of what is there, as it is. */
static inline __attribute__((always_inline)) void unpack_any_(const unsigned char *x, size_t frames, int bits, float *out, int adds) {
  for (size_t i = 0; i < frames; i++) {
    float y;
    if (bits == 24)
      y = (float)(int32_t)((uint32_t)x[3 * i] << 8 | (uint32_t)x[3 * i + 1] << 16 | (uint32_t)x[3 * i + 2] << 24) * (1.0f / 2147483648.0f);
    else if (bits == 16)
      y = (float)(int16_t)(uint16_t)((uint16_t)x[2 * i] | (uint16_t)x[2 * i + 1] << 8) * (1.0f / 32768.0f);
    else
      memcpy(&y, x + 4 * i, 4);
    out[i] = adds ? out[i] + y : y;
  }
}

static void unpack_samples(const unsigned char *x, size_t frames, int bits, float *out) {
  if (bits == 24) unpack_any_(x, frames, 24, out, 0);
  else if (bits == 16) unpack_any_(x, frames, 16, out, 0);
  else memcpy(out, x, 4 * frames);
}

static void unpack_onto(const unsigned char *x, size_t frames, int bits, float *out) {
  if (bits == 24) unpack_any_(x, frames, 24, out, 1);
  else if (bits == 16) unpack_any_(x, frames, 16, out, 1);
  else unpack_any_(x, frames, 32, out, 1);
}
#endif
