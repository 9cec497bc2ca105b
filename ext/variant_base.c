/* The baseline of the machine: SSE2 on x86-64, NEON on aarch64, plain C vectors elsewhere. */
#define W 4
#define VARIANT base
#if defined(__x86_64__)
#define ISA_NAME "sse2"
#elif defined(__ARM_NEON)
#define ISA_NAME "neon"
#else
#define ISA_NAME "plain"
#endif
#include "channel_kernel.h"
