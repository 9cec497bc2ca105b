/* Faults for file calls, on demand: LD_PRELOAD it, then arm it, or set IOFAULT_PATH and IOFAULT_SPEC.
 *
 * path: part of the name of the files that are to fail. spec: rules with commas between them, each
 *   call:after:action[:times]     call: pwrite fdatasync fsync fallocate ftruncate; after: so many calls go well first
 *                                 aio: there is no asynchronous fdatasync, whatever the path
 *   action: E<errno>, short (half of the bytes are taken), stall<ms>, full (no room for what makes a file longer);
 *   times: so often, else for ever
 *   pwrite:40:E28,fdatasync:0:stall2000:1 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RULES = 16 };
static struct {
  char call[16];
  long after, times;
  int error, halves, full, stall_ms;
} rules[RULES];
static int count;
static char part[512];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void iofault_arm(const char *path, const char *spec) {
  char *copy = strdup(spec), *rest = NULL;
  pthread_mutex_lock(&lock);
  snprintf(part, sizeof part, "%s", path);
  count = 0;
  for (char *word = strtok_r(copy, ",", &rest); word && count < RULES; word = strtok_r(NULL, ",", &rest)) {
    char action[24] = "";
    memset(&rules[count], 0, sizeof rules[count]);
    rules[count].times = -1;
    if (sscanf(word, "%15[a-z]:%ld:%23[A-Za-z0-9]:%ld", rules[count].call, &rules[count].after, action,
               &rules[count].times) < 3)
      continue;
    if (action[0] == 'E') rules[count].error = atoi(action + 1);
    else if (strncmp(action, "stall", 5) == 0) rules[count].stall_ms = atoi(action + 5);
    else if (strcmp(action, "full") == 0) rules[count].full = 1;
    else rules[count].halves = 1;
    count++;
  }
  pthread_mutex_unlock(&lock);
  free(copy);
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("IOFAULT_PATH"), *spec = getenv("IOFAULT_SPEC");
  if (path && spec) iofault_arm(path, spec);
}

/* -1: fail, errno is set; 1: take half; 0: go on */
static int struck(const char *call, int fd, off_t end) {
  char link[64], name[512];
  struct stat held;
  int verdict = 0, stall_ms = 0, error = 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, name, sizeof name - 1);
  if (length < 0 && fd >= 0) return 0;
  name[length < 0 ? 0 : length] = 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < count; i++) {
    if (strcmp(rules[i].call, call) != 0 || (fd >= 0 && !strstr(name, part)) || rules[i].times == 0) continue;
    if (rules[i].full && (fstat(fd, &held) || end <= held.st_size)) continue;
    if (rules[i].after > 0) {
      rules[i].after--;
      continue;
    }
    if (rules[i].times > 0) rules[i].times--;
    stall_ms += rules[i].stall_ms;
    if (rules[i].error) error = rules[i].error;
    if (rules[i].full) error = ENOSPC;
    if (rules[i].halves) verdict = 1;
  }
  pthread_mutex_unlock(&lock);
  if (stall_ms) {
    struct timespec pause = {stall_ms / 1000, stall_ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
  }
  if (!error) return verdict;
  errno = error;
  return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
  int verdict = struck("pwrite", fd, at + (off_t)n);
  return verdict < 0 ? -1 : REAL(pwrite)(fd, bytes, verdict && n > 1 ? n / 2 : n, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
  int verdict = struck("pwrite", fd, at + (off_t)n);
  return verdict < 0 ? -1 : REAL(pwrite64)(fd, bytes, verdict && n > 1 ? n / 2 : n, at);
}
int fdatasync(int fd) { return struck("fdatasync", fd, 0) < 0 ? -1 : REAL(fdatasync)(fd); }
int fsync(int fd) { return struck("fsync", fd, 0) < 0 ? -1 : REAL(fsync)(fd); }
int ftruncate(int fd, off_t length) { return struck("ftruncate", fd, 0) < 0 ? -1 : REAL(ftruncate)(fd, length); }
int ftruncate64(int fd, off64_t length) { return struck("ftruncate", fd, 0) < 0 ? -1 : REAL(ftruncate64)(fd, length); }
int fallocate(int fd, int mode, off_t at, off_t length) {
  return struck("fallocate", fd, 0) < 0 ? -1 : REAL(fallocate)(fd, mode, at, length);
}
int fallocate64(int fd, int mode, off64_t at, off64_t length) {
  return struck("fallocate", fd, 0) < 0 ? -1 : REAL(fallocate64)(fd, mode, at, length);
}

/* What io_getevents is still to tell of: fdatasyncs that failed without the disk. */
enum { EVENTS = 1024 };
static __thread struct io_event failed[EVENTS];
static __thread long failures;

long syscall(long number, ...) {
  va_list rest;
  long x[6];
  va_start(rest, number);
  for (int i = 0; i < 6; i++) x[i] = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_io_setup && struck("aio", -1, 0) < 0) return -1;
  if (number == SYS_io_submit) {
    struct iocb **list = (struct iocb **)x[2];
    for (long i = 0; i < x[1]; i++) {
      int is_sync = list[i]->aio_lio_opcode == IOCB_CMD_FDSYNC;
      if (is_sync && failures < EVENTS && struck("fdatasync", (int)list[i]->aio_fildes, 0) < 0)
        failed[failures++] = (struct io_event){list[i]->aio_data, (unsigned long)list[i], -errno, 0};
      else if (REAL(syscall)(number, x[0], 1L, list + i) != 1) return i ? i : -1;
    }
    return x[1];
  }
  if (number == SYS_io_getevents) {
    struct io_event *events = (struct io_event *)x[3];
    long told = 0;
    while (told < x[2] && failures) events[told++] = failed[--failures];
    long least = x[1] > told ? x[1] - told : 0;
    if (told == x[2]) return told;
    long more = REAL(syscall)(number, x[0], least, x[2] - told, events + told, x[4]);
    return more < 0 && told ? told : more < 0 ? more : told + more;
  }
  return REAL(syscall)(number, x[0], x[1], x[2], x[3], x[4], x[5]);
}
