/* Lock-free pieces that processes share: a ring of records, a ring of events, and a cell whose last value wins.
 *
 * The ring of records has exactly one producer and one consumer; the two others one writer, any number of readers. Whoever attaches
 * claims its side; a claim held by a live process is refused. All shared words go through acquire/release atomics: ARM
 * reorders what x86 does not. Nothing here sleeps, allocates or calls the kernel, but the two claim functions.
 */
#ifndef STUDIOD_RING_H
#define STUDIOD_RING_H
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#define STUDIOD_LINE 64 /* cache line: producer and consumer words must not share one */

typedef struct {
  uint64_t head; /* records ever pushed; written by the producer only */
  int32_t producer_pid;
  char pad0_[STUDIOD_LINE - 12];
  uint64_t tail; /* records ever taken; written by the consumer only */
  int32_t consumer_pid;
  char pad1_[STUDIOD_LINE - 12];
  uint32_t slots; /* power of two */
  uint32_t record_bytes; /* multiple of 8 */
  char pad2_[STUDIOD_LINE - 8];
} spsc_ring; /* records follow */

static inline size_t ring_bytes(uint32_t slots, uint32_t record_bytes) {
  return sizeof(spsc_ring) + (size_t)slots * record_bytes;
}

static inline void ring_init(spsc_ring *ring, uint32_t slots, uint32_t record_bytes) {
  memset(ring, 0, sizeof *ring);
  ring->slots = slots;
  ring->record_bytes = record_bytes;
}

/* Claims one side for `pid`. Returns 1, or 0 when another live process holds it. */
static inline int ring_claim(int32_t *owner, int32_t pid) {
  int32_t held = __atomic_load_n(owner, __ATOMIC_ACQUIRE);
  if (held == pid) return 1;
  if (held != 0 && (kill((pid_t)held, 0) == 0 || errno == EPERM)) return 0;
  return __atomic_compare_exchange_n(owner, &held, pid, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline uint64_t *ring_slot_(spsc_ring *ring, uint64_t index) {
  char *records = (char *)(ring + 1);
  return (uint64_t *)(records + (size_t)(index & (ring->slots - 1)) * ring->record_bytes);
}

/* Producer: appends one record. Returns 0 when the ring is full; nothing is written then. */
static inline int ring_push(spsc_ring *ring, const void *record) {
  uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
  uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
  if (head - tail >= ring->slots) return 0;
  memcpy(ring_slot_(ring, head), record, ring->record_bytes);
  __atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
  return 1;
}

/* Consumer: copies the oldest record without taking it. Returns 0 when empty. */
static inline int ring_peek(spsc_ring *ring, void *record) {
  uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
  uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
  if (head == tail) return 0;
  memcpy(record, ring_slot_(ring, tail), ring->record_bytes);
  return 1;
}

/* Consumer: commits the record seen by ring_peek. A restarted consumer goes on after the last commit. */
static inline void ring_commit(spsc_ring *ring) {
  uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
  __atomic_store_n(&ring->tail, tail + 1, __ATOMIC_RELEASE);
}

static inline uint64_t ring_count(spsc_ring *ring) {
  uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
  return __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) - tail;
}

/* A cell with two copies: the writer fills the one nobody was told about, then says so. A writer killed half-way leaves
 * the last told copy whole, and its successor goes on. */
typedef struct {
  uint64_t told; /* writes finished; copy told & 1 is the valid one */
  uint64_t words; /* size of one copy, in 8-byte words */
  char pad_[STUDIOD_LINE - 16];
} ab_cell; /* two copies follow */

static inline size_t cell_bytes(size_t payload_bytes) {
  return sizeof(ab_cell) + 2 * ((payload_bytes + 63) / 64 * 64);
}

static inline void cell_init(ab_cell *cell, size_t payload_bytes) {
  memset(cell, 0, sizeof *cell);
  cell->words = (payload_bytes + 63) / 64 * 8;
}

static inline uint64_t *cell_copy_(ab_cell *cell, uint64_t number) {
  return (uint64_t *)(cell + 1) + (number & 1) * cell->words;
}

/* Writer: tells a new value of `words` 8-byte words (the rest of the copy keeps what it had). */
static inline void cell_store(ab_cell *cell, const uint64_t *value, size_t words) {
  uint64_t told = __atomic_load_n(&cell->told, __ATOMIC_RELAXED);
  uint64_t *copy = cell_copy_(cell, told + 1);
  /* the copy being overwritten was valid one write ago: readers must see `told` move before its words do */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  for (size_t i = 0; i < words; i++) __atomic_store_n(&copy[i], value[i], __ATOMIC_RELAXED);
  __atomic_store_n(&cell->told, told + 1, __ATOMIC_RELEASE);
}

/* Reader: copies the value last told. Returns 0 when the writer lapped us while copying (try again). */
static inline int cell_load(ab_cell *cell, uint64_t *value, size_t words) {
  uint64_t told = __atomic_load_n(&cell->told, __ATOMIC_ACQUIRE);
  const uint64_t *copy = cell_copy_(cell, told);
  for (size_t i = 0; i < words; i++) value[i] = __atomic_load_n(&copy[i], __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return __atomic_load_n(&cell->told, __ATOMIC_RELAXED) == told;
}

/* A ring of events of any length that any number of readers follow, each with a cursor of its own: the writer waits for
 * nobody, and who is too slow is told how much it missed. Cursors count bytes since the ring was made. */
typedef struct {
  uint64_t head; /* bytes ever written: the cursor behind the newest event */
  int32_t producer_pid;
  char pad0_[STUDIOD_LINE - 12];
  uint64_t tail; /* cursor of the oldest event that is whole; moved before its bytes are written over */
  uint64_t bytes; /* power of two */
  uint64_t number; /* events ever written */
  char pad1_[STUDIOD_LINE - 24];
} event_ring; /* bytes follow */

typedef struct {
  uint32_t bytes; /* of what follows, before it is filled up to eight */
  uint16_t port;
  uint16_t kind;
  uint64_t number; /* of this event, from 0: a reader sees what it missed */
  uint64_t frame; /* engine clock */
  int64_t ns; /* CLOCK_MONOTONIC */
} event_head;

static inline size_t event_ring_bytes(uint64_t bytes) { return sizeof(event_ring) + bytes; }
static inline void event_ring_init(event_ring *ring, uint64_t bytes) {
  memset(ring, 0, sizeof *ring);
  ring->bytes = bytes;
}
static inline uint64_t event_span_(uint32_t bytes) { return sizeof(event_head) + ((uint64_t)bytes + 7) / 8 * 8; }

/* Copies between the ring and `data` by words: heads and what follows begin on eight bytes, so no word is torn. */
static inline uint64_t *event_word_(event_ring *ring, uint64_t cursor) {
  return (uint64_t *)((char *)(ring + 1) + (cursor & (ring->bytes - 1)));
}
static inline void event_put_(event_ring *ring, uint64_t cursor, const void *data, size_t bytes) {
  for (size_t at = 0; at < bytes; at += 8) {
    uint64_t word = 0;
    memcpy(&word, (const char *)data + at, bytes - at < 8 ? bytes - at : 8);
    __atomic_store_n(event_word_(ring, cursor + at), word, __ATOMIC_RELAXED);
  }
}
static inline void event_get_(event_ring *ring, uint64_t cursor, void *data, size_t bytes) {
  for (size_t at = 0; at < bytes; at += 8) {
    uint64_t word = __atomic_load_n(event_word_(ring, cursor + at), __ATOMIC_RELAXED);
    memcpy((char *)data + at, &word, bytes - at < 8 ? bytes - at : 8);
  }
}

/* Writer: appends one event; head->number is filled in. Returns 0 when it would not fit into a quarter of the ring. */
static inline int event_post(event_ring *ring, event_head *head, const void *data) {
  uint64_t at = __atomic_load_n(&ring->head, __ATOMIC_RELAXED), tail = ring->tail, span = event_span_(head->bytes);
  if (span > ring->bytes / 4) return 0;
  while (at + span - tail > ring->bytes) {
    event_head oldest;
    event_get_(ring, tail, &oldest, sizeof oldest);
    tail += event_span_(oldest.bytes);
  }
  __atomic_store_n(&ring->tail, tail, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_SEQ_CST); /* readers see the tail move before the bytes behind it change */
  head->number = ring->number;
  event_put_(ring, at, head, sizeof *head);
  event_put_(ring, at + sizeof *head, data, head->bytes);
  ring->number = head->number + 1;
  __atomic_store_n(&ring->head, at + span, __ATOMIC_RELEASE);
  return 1;
}

/* Reader: the head of the event at *cursor, which moves on to the oldest there is when that one is gone. 0: none yet. */
static inline int event_look(event_ring *ring, uint64_t *cursor, event_head *head) {
  for (;;) {
    uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
    if (*cursor < tail) *cursor = tail;
    if (*cursor >= __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE)) return 0;
    event_get_(ring, *cursor, head, sizeof *head);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&ring->tail, __ATOMIC_RELAXED) <= *cursor) return 1;
  }
}

/* Reader: copies what belongs to the head last looked at, and moves on. 0: it was written over meanwhile; look again. */
static inline int event_take(event_ring *ring, uint64_t *cursor, const event_head *head, void *data) {
  event_get_(ring, *cursor + sizeof *head, data, head->bytes);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  if (__atomic_load_n(&ring->tail, __ATOMIC_RELAXED) > *cursor) return 0;
  *cursor += event_span_(head->bytes);
  return 1;
}
#endif
