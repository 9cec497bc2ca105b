/* Samples to file bytes and back. Full scale: 1.0 is 2^(bits-1), so every 24-bit sample survives float32 and back. */
#ifndef STUDIOD_PACK_H
#define STUDIOD_PACK_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "WAV is little-endian, and samples are copied as they lie");

/* Rounded, clipped; what is no number is 0. The conversion that rounds by itself is one instruction for many samples. */
static inline int32_t pack_round_(float x, float scale) {
  float y = (x == x ? x : 0.0f) * scale;
  y = y >= -scale ? y : -scale;
  y = y <= scale - 1.0f ? y : scale - 1.0f;
  return (int32_t)__builtin_irintf(y);
}

/* The packing functions return whether any sample lies at full scale: one that a converter may have clipped. */
static int pack_pcm24(const float *x, size_t frames, unsigned char *out) {
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
    /* a store of four bytes, its last overwritten by the next sample, is cheaper than three of one */
    for (size_t i = 0; i + 1 < n; i++) memcpy(out + 3 * i, &whole[i], 4);
    memcpy(out + 3 * (n - 1), &whole[n - 1], 3);
    x += n, out += 3 * n, frames -= n;
  }
  return full;
}

static int pack_pcm16(const float *x, size_t frames, unsigned char *out) {
  int32_t full = 0;
  for (size_t i = 0; i < frames; i++) {
    int32_t whole = pack_round_(x[i], 32768.0f);
    int16_t stored = (int16_t)whole;
    full |= (whole ^ whole >> 31) == 0x7FFF;
    memcpy(out + 2 * i, &stored, 2);
  }
  return full;
}

static int pack_float32(const float *x, size_t frames, unsigned char *out) {
  int32_t full = 0;
  for (size_t i = 0; i < frames; i++) {
    float y = x[i] == x[i] && fabsf(x[i]) < 1048576.0f ? x[i] : 0.0f;
    full |= fabsf(y) >= 1.0f;
    memcpy(out + 4 * i, &y, 4);
  }
  return full;
}

/* Whether packed sample `i` lies at full scale. */
static inline int packed_is_full(const unsigned char *x, size_t i, int bits) {
  if (bits == 24) {
    int32_t whole = (int32_t)((uint32_t)x[3 * i] << 8 | (uint32_t)x[3 * i + 1] << 16 | (uint32_t)x[3 * i + 2] << 24) >> 8;
    return (whole ^ whole >> 31) == 0x7FFFFF;
  }
  if (bits == 16) {
    int32_t whole = (int16_t)(uint16_t)((uint16_t)x[2 * i] | (uint16_t)x[2 * i + 1] << 8);
    return (whole ^ whole >> 31) == 0x7FFF;
  }
  float y;
  memcpy(&y, x + 4 * i, 4);
  return fabsf(y) >= 1.0f;
}

/* Samples of one channel into, and out of, frames of `channels`: `width` bytes each. */
static void weave(const unsigned char *x, size_t frames, size_t width, size_t channel, size_t channels, unsigned char *out) {
  out += channel * width;
  for (size_t i = 0; i < frames; i++, x += width, out += channels * width)
    for (size_t byte = 0; byte < width; byte++) out[byte] = x[byte];
}

static void unweave(const unsigned char *x, size_t frames, size_t width, size_t channel, size_t channels, unsigned char *out) {
  x += channel * width;
  for (size_t i = 0; i < frames; i++, x += channels * width, out += width)
    for (size_t byte = 0; byte < width; byte++) out[byte] = x[byte];
}

static void unpack_pcm24(const unsigned char *x, size_t frames, float *out) {
  for (size_t i = 0; i < frames; i++) {
    int32_t whole = (int32_t)((uint32_t)x[3 * i] << 8 | (uint32_t)x[3 * i + 1] << 16 | (uint32_t)x[3 * i + 2] << 24);
    out[i] = (float)whole * (1.0f / 2147483648.0f);
  }
}

static void unpack_pcm16(const unsigned char *x, size_t frames, float *out) {
  for (size_t i = 0; i < frames; i++) {
    int32_t whole = (int16_t)(uint16_t)((uint16_t)x[2 * i] | (uint16_t)x[2 * i + 1] << 8);
    out[i] = (float)whole * (1.0f / 32768.0f);
  }
}
#endif
