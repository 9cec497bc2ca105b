/* Which strip kernel this processor gets. */
#include <stddef.h>
#include <string.h>

#include "kernel.h"

extern const kernel_ops kernel_base __attribute__((visibility("hidden")));
#if defined(__x86_64__)
extern const kernel_ops kernel_avx2 __attribute__((visibility("hidden")));
extern const kernel_ops kernel_avx512 __attribute__((visibility("hidden")));
#endif

const kernel_ops *kernel_select(const char *isa) {
  const kernel_ops *have[3];
  int count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) have[count++] = &kernel_avx512;
  if (__builtin_cpu_supports("x86-64-v3")) have[count++] = &kernel_avx2;
#endif
  have[count++] = &kernel_base;
  if (isa == NULL) return have[0];
  for (int i = 0; i < count; i++)
    if (strcmp(have[i]->isa, isa) == 0) return have[i];
  return NULL;
}
