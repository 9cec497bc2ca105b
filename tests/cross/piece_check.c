/* Packing and checksums: with and without the instructions that only some processors have, against the plain word of what
 * they are. Prints what is wrong; exit status 0 when nothing is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "crc32.h"
#include "pack.h"

enum { SAMPLES = 700, ROOM = 4 * SAMPLES + 16 };

static int wrong;

static void expect(int is_so, const char *what, size_t length, int bits) {
  if (is_so) return;
  wrong++;
  fprintf(stderr, "%s: %zu of %d bits\n", what, length, bits);
}

/* Bit by bit, as the standard says it. */
static uint32_t slow_crc(uint32_t sum, const unsigned char *x, size_t bytes) {
  sum = ~sum;
  for (size_t i = 0; i < bytes; i++) {
    sum ^= x[i];
    for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? CRC32_REFLECTED : 0);
  }
  return ~sum;
}

static int slow_pack(float x, int bits, unsigned char *out) {
  if (bits == 32) {
    float y = isnan(x) || fabsf(x) >= 1048576.0f ? 0.0f : x;
    memcpy(out, &y, 4);
    return fabsf(y) >= 1.0f;
  }
  double scale = (double)(1 << (bits - 1)), y = isnan(x) ? 0.0 : (double)x * scale;
  int32_t whole = (int32_t)rint(fmin(fmax(y, -scale), scale - 1.0));
  memcpy(out, &whole, (size_t)bits / 8);
  return whole == (int32_t)scale - 1 || whole == -(int32_t)scale;
}

int main(void) {
  static float x[SAMPLES + 8];
  static unsigned char bytes[2000], said[ROOM], made[ROOM];
  const float odd[] = {NAN, INFINITY, -INFINITY, -0.0f, 1e30f, -1e30f, 1.0f, -1.0f, 0.99999994f, 0.5f / 8388608.0f, 1.5f / 32768.0f};
  srand(7);
  crc32_begin();
  pack_begin();
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(rand() >> 7);
  for (size_t length = 0; length < 600; length++)
    for (int plain = 0; plain < 2; plain++)
      for (size_t from = 0; from < 3; from++) {
        uint32_t before = 0x9E3779B9u * (uint32_t)length;
        expect(crc32_add(before, bytes + from, length, plain) == slow_crc(before, bytes + from, length), "crc32", length, plain);
      }
  for (int bits = 16; bits <= 32; bits += 8)
    for (size_t length = 0; length < SAMPLES; length += 1 + length / 40)
      for (int loud = 0; loud < 2; loud++)
        for (int plain = 0; plain < 2; plain++) {
          int full = 0;
          for (size_t i = 0; i < length; i++) x[i] = (float)rand() / (float)RAND_MAX - 0.5f;
          if (loud && length) x[(size_t)rand() % length] = odd[(size_t)rand() % (sizeof odd / sizeof *odd)];
          memset(said, 7, ROOM);
          memset(made, 7, ROOM);
          for (size_t i = 0; i < length; i++) full |= slow_pack(x[i], bits, said + i * (size_t)bits / 8);
          int found = pack_samples(x, length, bits, made, plain);
          expect(memcmp(said, made, ROOM) == 0, "bytes", length, bits);
          expect((found != 0) == full, "full scale", length, bits);
        }
  return wrong != 0;
}
