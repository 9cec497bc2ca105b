/* Memory that the audio thread never waits for: there before it is used, and locked where that is allowed. Of the capture
 * rings of strips after trim only what somebody armed: the others are not there at all. Nor is the room for long texts that
 * other processes tell each other. Not for the audio thread. */
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

static inline hold_span hold_pages(uintptr_t begin, uintptr_t end) { /* that lie wholly between the two */
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  return (hold_span){(begin + page - 1) / page * page, end / page * page};
}

/* Where no memory is before it is used: orders, playlists, timeline and statuses; the rings of strips after trim. */
enum { HOLD_SPARSE = 2 };
static inline void hold_sparse(char *base, const block_dims *dims, hold_span *sparse) {
  sparse[0] = hold_pages((uintptr_t)base + dims->order_at, (uintptr_t)base + dims->heard_at);
  sparse[1] = hold_pages((uintptr_t)block_capture(base, dims, block_trimmed(dims, 0)),
                         (uintptr_t)block_capture(base, dims, dims->captures));
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
static inline void hold_mapped(const hold_span *sparse) {
  FILE *maps = fopen("/proc/self/maps", "re");
  char line[512];
  unsigned long begin, end;
  int is_start = 1;
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    if (is_start && sscanf(line, "%lx-%lx", &begin, &end) == 2) {
      for (int i = 0; i <= HOLD_SPARSE; i++) { /* what is before each of them, then what is behind; the kernel's own refuses */
        uintptr_t until = i < HOLD_SPARSE && sparse[i].begin < end ? sparse[i].begin : end;
        if (begin < until) mlock((void *)begin, until - begin);
        if (i < HOLD_SPARSE && begin < sparse[i].end) begin = sparse[i].end > until ? sparse[i].end : until;
      }
    }
    is_start = line[strlen(line) - 1] == '\n';
  }
  if (maps != NULL) fclose(maps);
}

/* Fault in the rings ahead of the audio thread, and lock all that is mapped and will be; 0 when that is not allowed. */
static inline int hold_all(char *base, const block_dims *dims) {
  hold_span sparse[HOLD_SPARSE];
  hold_sparse(base, dims, sparse);
  hold_populate((uintptr_t)base + dims->capture_at, sparse[1].begin);
  hold_populate(sparse[1].end, (uintptr_t)base + dims->total_bytes);
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) return 0;
  hold_mapped(sparse);
  return mlockall(MCL_FUTURE) == 0; /* whole from the start again, for what is mapped from now on */
}
#endif
