/* The ring and the cell between two threads, on the machine it is built for: order, completeness, wholeness, claims.
 *
 * usage: ring_check RECORDS    exit: 0, or 1 with a sentence on stderr
 * Also built with ThreadSanitizer, which sees orderings that this machine's memory never shows.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ring.h"

#define SLOTS 64
#define CELL_WORDS 37 /* no multiple of a cache line */
#define RECORD_WORDS 4

typedef struct {
  uint64_t words[RECORD_WORDS];
} record;

static _Alignas(64) char ring_memory[sizeof(spsc_ring) + SLOTS * sizeof(record)];
static _Alignas(64) char cell_memory[sizeof(ab_cell) + 2 * 64 * CELL_WORDS];
static spsc_ring *const ring = (spsc_ring *)ring_memory;
static ab_cell *const cell = (ab_cell *)cell_memory;
static uint64_t records;
static uint64_t loads; /* cells read while they were being written */
static int writer_ended;

static void fail(const char *what, uint64_t at) {
  fprintf(stderr, "%s (at %llu)\n", what, (unsigned long long)at);
  exit(1);
}

static record record_of(uint64_t number) {
  return (record){{number, ~number, number * 0x9E3779B97F4A7C15u, number ^ 0x5555555555555555u}};
}

static void *produce(void *unused) {
  (void)unused;
  for (uint64_t number = 0; number < records; number++) {
    record next = record_of(number);
    while (!ring_push(ring, &next)) sched_yield();
  }
  return NULL;
}

static void take(uint64_t number) {
  record expected = record_of(number), seen = {{0}};
  while (!ring_peek(ring, &seen)) sched_yield();
  if (memcmp(&seen, &expected, sizeof seen) != 0) fail("a record is torn, lost or twice", number);
  if (number % 1000 == 999) { /* a consumer that restarts before its commit sees the same record again */
    if (!ring_peek(ring, &seen) || memcmp(&seen, &expected, sizeof seen) != 0) fail("an uncommitted record is gone", number);
  }
  if (ring_count(ring) > SLOTS) fail("the ring holds more than it can", number);
  ring_commit(ring);
}

static void check_ring(void) {
  pthread_t producer;
  ring_init(ring, SLOTS, sizeof(record));
  if (pthread_create(&producer, NULL, produce, NULL) != 0) fail("no thread", 0);
  for (uint64_t number = 0; number < records; number++) take(number);
  pthread_join(producer, NULL);
  if (ring_count(ring) != 0) fail("the ring is not empty at the end", ring_count(ring));
}

static void check_full(void) {
  record seen;
  ring_init(ring, SLOTS, sizeof(record));
  for (uint64_t number = 0; number < SLOTS; number++) {
    record next = record_of(number);
    if (!ring_push(ring, &next)) fail("the ring is full too early", number);
  }
  record late = record_of(SLOTS);
  if (ring_push(ring, &late)) fail("a full ring took a record", SLOTS);
  ring_commit(ring);
  if (!ring_push(ring, &late)) fail("a freed slot was refused", SLOTS);
  if (!ring_peek(ring, &seen) || seen.words[0] != 1) fail("the oldest record was overwritten", 1);
}

static void *tell(void *unused) {
  (void)unused;
  uint64_t value[CELL_WORDS], number = 0;
  while (number < records || __atomic_load_n(&loads, __ATOMIC_RELAXED) == 0) {
    number++;
    for (size_t word = 0; word < CELL_WORDS; word++) value[word] = number;
    cell_store(cell, value, CELL_WORDS);
    if (number % 64 == 0) sched_yield(); /* leaves a reader on the same core its turn */
  }
  records = number;
  __atomic_store_n(&writer_ended, 1, __ATOMIC_RELEASE);
  return NULL;
}

static void check_cell(void) {
  pthread_t writer;
  uint64_t value[CELL_WORDS], last = 0;
  cell_init(cell, sizeof value);
  if (pthread_create(&writer, NULL, tell, NULL) != 0) fail("no thread", 0);
  while (!__atomic_load_n(&writer_ended, __ATOMIC_ACQUIRE)) {
    if (!cell_load(cell, value, CELL_WORDS)) continue;
    for (size_t word = 1; word < CELL_WORDS; word++)
      if (value[word] != value[0]) fail("a cell was read half written", value[0]);
    if (value[0] < last) fail("a cell went back in time", last);
    last = value[0];
    __atomic_fetch_add(&loads, 1, __ATOMIC_RELAXED);
  }
  pthread_join(writer, NULL);
  if (!cell_load(cell, value, CELL_WORDS) || value[0] != records) fail("the last value is not the last told", value[0]);
}

static void check_claims(void) {
  int32_t owner = 0, self = (int32_t)getpid();
  if (!ring_claim(&owner, self) || owner != self) fail("a free side was refused", (uint64_t)owner);
  if (!ring_claim(&owner, self)) fail("our own side was refused", (uint64_t)owner);
  owner = (int32_t)getppid();
  if (ring_claim(&owner, self)) fail("the side of a live process was given away", (uint64_t)owner);
  pid_t child = fork();
  if (child == 0) _exit(0);
  if (child < 0 || waitpid(child, NULL, 0) != child) fail("no child", 0);
  owner = (int32_t)child;
  if (!ring_claim(&owner, self)) fail("the side of a dead process was kept", (uint64_t)child);
}

typedef struct {
  int32_t *owner, pid;
  int *started, won;
} claimant;

static void *claim(void *of) {
  claimant *self = of;
  __atomic_fetch_add(self->started, 1, __ATOMIC_ACQ_REL);
  while (__atomic_load_n(self->started, __ATOMIC_ACQUIRE) < 2) sched_yield();
  self->won = ring_claim(self->owner, self->pid);
  return NULL;
}

/* Two successors of a dead process at once: one of them gets its side. */
static void check_rival_claims(void) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  if (child < 0 || waitpid(child, NULL, 0) != child) fail("no child", 0);
  for (uint64_t round = 0; round < 100; round++) {
    int32_t owner = (int32_t)child;
    int started = 0;
    claimant rivals[2] = {{&owner, (int32_t)getpid(), &started, 0}, {&owner, (int32_t)getppid(), &started, 0}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
      if (pthread_create(&threads[i], NULL, claim, &rivals[i]) != 0) fail("no thread", 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    if (rivals[0].won + rivals[1].won != 1) fail("a side has not one owner", round);
    if (owner != rivals[rivals[1].won].pid) fail("a side belongs to another than who got it", round);
  }
}

int main(int argc, char **argv) {
  records = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
  if (records == 0) fail("usage: ring_check RECORDS", 0);
  check_claims();
  check_rival_claims();
  check_full();
  check_ring();
  check_cell();
  return 0;
}
