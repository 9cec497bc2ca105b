#if defined(__x86_64__)
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define W 16
#define VARIANT avx512
#define ISA_NAME "avx512"
#include "channel_kernel.h"
#endif
