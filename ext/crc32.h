/* CRC-32 as zlib and PNG count it (ISO 3309: 0x04C11DB7, reflected), going on from the value before.
 *
 * The checksum of a take is one of the larger costs of recording it: a processor that multiplies without carries, or has
 * the checksum as an instruction, does it at the speed of memory; any other takes eight bytes at a time from tables. */
#ifndef STUDIOD_CRC32_H
#define STUDIOD_CRC32_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CRC32_REFLECTED 0xEDB88320u

/* crc32_tables_[k][b]: what byte b does to the checksum when k zero bytes follow it. */
static uint32_t crc32_tables_[8][256];
static int crc32_is_quick_; /* this processor has more than the tables */

/* The register itself, without the complements at both ends. */
static uint32_t crc32_by_table_(uint32_t sum, const unsigned char *x, size_t bytes) {
  for (; bytes >= 8; x += 8, bytes -= 8) {
    uint32_t low, high;
    memcpy(&low, x, 4);
    memcpy(&high, x + 4, 4);
    low ^= sum;
    sum = crc32_tables_[7][low & 255] ^ crc32_tables_[6][low >> 8 & 255] ^ crc32_tables_[5][low >> 16 & 255] ^
          crc32_tables_[4][low >> 24] ^ crc32_tables_[3][high & 255] ^ crc32_tables_[2][high >> 8 & 255] ^
          crc32_tables_[1][high >> 16 & 255] ^ crc32_tables_[0][high >> 24];
  }
  for (; bytes; x++, bytes--) sum = sum >> 8 ^ crc32_tables_[0][(sum ^ *x) & 255];
  return sum;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* V. Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ (Intel, 2009): 16 bytes are carried over
 * the next n by two products with x^(8n+32) and x^(8n-32) modulo the polynomial, reflected. Here n is 64, then 16; what
 * is left are 16 bytes with the same checksum as all before them. */
__attribute__((target("pclmul,sse4.1"))) static inline __m128i crc32_over_(__m128i sum, __m128i by, __m128i next) {
  __m128i low = _mm_clmulepi64_si128(sum, by, 0x00), high = _mm_clmulepi64_si128(sum, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse4.1"))) static uint32_t crc32_by_product_(uint32_t sum, const unsigned char *x, size_t bytes) {
  if (bytes < 128) return crc32_by_table_(sum, x, bytes);
  const __m128i by_64 = _mm_set_epi64x(0x1C6E41596, 0x154442BD4), by_16 = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);
  const __m128i *at = (const __m128i *)x;
  __m128i a = _mm_xor_si128(_mm_loadu_si128(at), _mm_cvtsi32_si128((int)sum)), b = _mm_loadu_si128(at + 1);
  __m128i c = _mm_loadu_si128(at + 2), d = _mm_loadu_si128(at + 3);
  unsigned char left[16];
  for (at += 4, bytes -= 64; bytes >= 64; at += 4, bytes -= 64) {
    a = crc32_over_(a, by_64, _mm_loadu_si128(at)), b = crc32_over_(b, by_64, _mm_loadu_si128(at + 1));
    c = crc32_over_(c, by_64, _mm_loadu_si128(at + 2)), d = crc32_over_(d, by_64, _mm_loadu_si128(at + 3));
  }
  a = crc32_over_(crc32_over_(crc32_over_(a, by_16, b), by_16, c), by_16, d);
  for (; bytes >= 16; at++, bytes -= 16) a = crc32_over_(a, by_16, _mm_loadu_si128(at));
  _mm_storeu_si128((__m128i *)left, a);
  return crc32_by_table_(crc32_by_table_(0, left, 16), (const unsigned char *)at, bytes);
}

static int crc32_can_be_quick_(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}
#define CRC32_QUICK crc32_by_product_

#elif defined(__aarch64__)
#include <sys/auxv.h>

#pragma GCC push_options
#pragma GCC target("+crc")
#include <arm_acle.h>
static uint32_t crc32_by_instruction_(uint32_t sum, const unsigned char *x, size_t bytes) {
  for (uint64_t word; bytes >= 8; x += 8, bytes -= 8) {
    memcpy(&word, x, 8);
    sum = __crc32d(sum, word);
  }
  for (; bytes; x++, bytes--) sum = __crc32b(sum, *x);
  return sum;
}
#pragma GCC pop_options

static int crc32_can_be_quick_(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#define CRC32_QUICK crc32_by_instruction_

#else
static int crc32_can_be_quick_(void) { return 0; }
#define CRC32_QUICK crc32_by_table_
#endif

/* Before any other call; may be called twice. */
static void crc32_begin(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? CRC32_REFLECTED : 0);
    crc32_tables_[0][byte] = sum;
  }
  for (int k = 1; k < 8; k++)
    for (int byte = 0; byte < 256; byte++) {
      uint32_t before = crc32_tables_[k - 1][byte];
      crc32_tables_[k][byte] = before >> 8 ^ crc32_tables_[0][before & 255];
    }
  crc32_is_quick_ = crc32_can_be_quick_();
}

/* The checksum of what came before (0: nothing) and of `bytes` from `x` on. plain: with no instructions that only some
 * processors of this kind have. */
static inline uint32_t crc32_add(uint32_t before, const unsigned char *x, size_t bytes, int plain) {
  return ~(plain || !crc32_is_quick_ ? crc32_by_table_(~before, x, bytes) : CRC32_QUICK(~before, x, bytes));
}
#endif
