#if defined(__x86_64__)
#pragma GCC target("arch=x86-64-v3")
#define W 8
#define VARIANT avx2
#define ISA_NAME "avx2"
#include "channel_kernel.h"
#endif
