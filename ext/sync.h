/* Makes many files durable, all of them at once. */
#ifndef STUDIOD_SYNC_H
#define STUDIOD_SYNC_H
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SYNC_AT_ONCE = 64 }; /* each is a worker of the kernel that waits */

static __thread aio_context_t sync_context_; /* of this thread, as long as the process lives */
static __thread int sync_is_plain_; /* this kernel, or the sandbox, knows no io_submit */

static int sync_one_(int fd) {
  while (fdatasync(fd))
    if (errno != EINTR) return -1;
  return 0;
}

/* One waits after the other; but the disk begins with all of them, and one journal commit then serves many. */
static int sync_in_turn_(const int *fds, size_t files) {
  for (size_t file = 0; file < files; file++) sync_file_range(fds[file], 0, 0, SYNC_FILE_RANGE_WRITE);
  for (size_t file = 0; file < files; file++)
    if (sync_one_(fds[file])) return -1;
  return 0;
}

/* All wait together, so that one flush of the disk's cache serves all who wait. At most SYNC_AT_ONCE files. */
static int sync_together_(const int *fds, size_t files) {
  struct iocb syncs[SYNC_AT_ONCE], *list[SYNC_AT_ONCE];
  struct io_event events[SYNC_AT_ONCE];
  size_t begun = 0;
  int error = 0;
  memset(syncs, 0, files * sizeof *syncs);
  for (size_t file = 0; file < files; file++) {
    syncs[file].aio_lio_opcode = IOCB_CMD_FDSYNC;
    syncs[file].aio_fildes = (uint32_t)fds[file];
    list[file] = &syncs[file];
  }
  for (long taken; begun < files; begun += (size_t)taken)
    if ((taken = syscall(SYS_io_submit, sync_context_, (long)(files - begun), list + begun)) <= 0) break;
  for (size_t file = begun; file < files; file++) /* not begun, so not tried twice */
    if (sync_one_(fds[file])) error = errno;
  while (begun) {
    long done = syscall(SYS_io_getevents, sync_context_, (long)begun, (long)begun, events, NULL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return -1;
    for (long event = 0; event < done; event++)
      if (events[event].res < 0) error = (int)-events[event].res;
    begun -= (size_t)done;
  }
  errno = error;
  return error ? -1 : 0;
}

/* fdatasync of `files` files. Returns 0, or -1 with the errno of one that refused; each is asked once. */
static int sync_files(const int *fds, size_t files) {
  if (!sync_context_ && !sync_is_plain_) sync_is_plain_ = syscall(SYS_io_setup, SYNC_AT_ONCE, &sync_context_) != 0;
  if (sync_is_plain_) return sync_in_turn_(fds, files);
  for (size_t first = 0; first < files; first += SYNC_AT_ONCE)
    if (sync_together_(fds + first, files - first < SYNC_AT_ONCE ? files - first : SYNC_AT_ONCE)) return -1;
  return 0;
}
#endif
