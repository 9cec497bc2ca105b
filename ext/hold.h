/* Memory that the audio thread never waits for: there before it is used, and locked where that is allowed. Of the capture
 * rings of strips after trim only what somebody armed: the others are not there at all. Not for the audio thread. */
#ifndef STUDIOD_HOLD_H
#define STUDIOD_HOLD_H
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "block.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; older kernels refuse it and pages come one by one */
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4 /* Linux 4.4 */
#endif

typedef struct { uintptr_t begin, end; } hold_span;

/* The pages that lie wholly in the rings of strips after trim. */
static inline hold_span hold_sparse(char *base, const block_dims *dims) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t begin = (uintptr_t)block_capture(base, dims, block_trimmed(dims, 0));
  uintptr_t end = (uintptr_t)block_capture(base, dims, dims->captures);
  return (hold_span){(begin + page - 1) / page * page, end / page * page};
}

static inline void hold_populate(uintptr_t begin, uintptr_t end) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  begin = begin / page * page;
  if (begin < end) madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
}

/* Have the ring of `strip` after trim in memory. */
static inline void hold_trimmed(char *base, const block_dims *dims, uint32_t strip) {
  hold_populate((uintptr_t)block_capture(base, dims, block_trimmed(dims, strip)),
                (uintptr_t)block_capture(base, dims, block_trimmed(dims, strip) + 1));
}

/* Lock what is mapped but for `sparse`, where pages are locked as they come. */
static inline void hold_mapped(hold_span sparse) {
  FILE *maps = fopen("/proc/self/maps", "re");
  char line[512];
  unsigned long begin, end;
  int is_start = 1;
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    if (is_start && sscanf(line, "%lx-%lx", &begin, &end) == 2) {
      hold_span parts[2] = {{begin, end}, {end, end}};
      if (begin < sparse.end && sparse.begin < end) { /* before it, and behind it */
        parts[0].end = sparse.begin > begin ? sparse.begin : begin;
        parts[1].begin = sparse.end < end ? sparse.end : end;
      }
      for (int i = 0; i < 2; i++) /* what the kernel keeps for itself refuses, and needs no lock */
        if (parts[i].begin < parts[i].end) mlock((void *)parts[i].begin, parts[i].end - parts[i].begin);
    }
    is_start = line[strlen(line) - 1] == '\n';
  }
  if (maps != NULL) fclose(maps);
}

/* Fault in the rings ahead of the audio thread, and lock all that is mapped and will be; 0 when that is not allowed. */
static inline int hold_all(char *base, const block_dims *dims) {
  hold_span sparse = hold_sparse(base, dims);
  hold_populate((uintptr_t)base + dims->capture_at, sparse.begin);
  hold_populate(sparse.end, (uintptr_t)base + dims->total_bytes);
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) return 0;
  hold_mapped(sparse);
  return mlockall(MCL_FUTURE) == 0; /* whole from the start again, for what is mapped from now on */
}
#endif
