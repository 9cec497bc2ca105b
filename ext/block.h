/* The shared block: the only thing that studiod's processes share. One memfd, made by `studiod run`, inherited by fd.
 *
 * Every section has one writer, named beside it. Frames are counted on the engine clock: since the block was made,
 * through engine restarts. Change BLOCK_VERSION with any change of layout: who attaches with another refuses.
 */
#ifndef STUDIOD_BLOCK_H
#define STUDIOD_BLOCK_H
#include "ring.h"

#define BLOCK_MAGIC 0x31646F6964757473ULL /* "studiod1" */
#define BLOCK_VERSION 8u
#define BLOCK_TAKES 128 /* takes the engine remembers: the shortest loop makes so many in 32 s, longer than the rings hold */
#define BLOCK_GAPS 256
#define BLOCK_STRIPS 128 /* at most */
#define BLOCK_CUES 2 /* generations that the playback rings hold side by side: g is in bank g % 2 */
#define BLOCK_TEXT_BYTES 64
#define BLOCK_LINES 288u /* delay lines of the largest desk */
#define BLOCK_STATE_BYTES (1u << 20) /* room for what an engine knows */
#define BLOCK_DELAY_S 0.5 /* the longest delay of a channel */
#define BLOCK_INSERT_FRAMES 16384u /* the longest way through a hardware insert */
#define BLOCK_CHUNK 64u /* frames the engine makes at once */
#define BLOCK_NOT_STOPPED UINT64_MAX

enum { PROCESS_SUPERVISOR, PROCESS_ENGINE, PROCESS_TAPE, PROCESS_DESK, PROCESS_PORTS, PROCESS_COUNT };

/* What is asked of the engine, and its answers (same record, at_frame = when it took effect). */
/* TAPE and GAP are only told, in the ring of what was applied: whether the tape is there (slot 1 or 0), and frames that
 * were skipped (value frames, slot cause). */
enum { OP_SET = 1, OP_PLAY, OP_STOP, OP_RECORD, OP_LOCATE, OP_LOUDNESS_RESET, OP_CANCEL, OP_TAPE, OP_GAP };
typedef struct {
  uint32_t op;
  uint32_t slot; /* SET: number slot; RECORD: take id; LOCATE: cue generation */
  double value; /* SET: engine space; RECORD: not 0 lays it over what is there; LOCATE: position in frames */
  uint64_t at_frame; /* 0 = at once. What is no SET waits aside for its frame; CANCEL lets go all that waits (answer: frame 0) */
  uint64_t seq;
} control_record;

typedef struct {
  uint64_t magic;
  uint32_t version, header_bytes;
  uint64_t total_bytes;
  uint32_t rate_hz, block_frames, strips, buses, inputs, outputs, captures, numbers, texts, matrices;
  uint64_t capture_frames, playback_frames; /* powers of two */
  uint64_t config_at, config_bytes; /* resolved settings, JSON; written once by the maker */
  uint64_t values_at; /* desk: double[numbers], natural units */
  uint64_t engine_values_at; /* desk: double[numbers], engine space */
  uint64_t texts_at; /* desk: ab_cell of BLOCK_TEXT_BYTES each */
  uint64_t control_at, answers_at; /* rings desk -> engine, engine -> desk */
  uint64_t applied_at; /* ring engine -> tape: every record as it took effect, at_frame when */
  uint64_t snapshot_at; /* engine: ab_cell of engine_snapshot + meters */
  uint64_t order_at, order_bytes; /* desk: BLOCK_TAKES cells: what take id % BLOCK_TAKES records (JSON) */
  uint64_t keep_at, keep_bytes; /* desk: cell: what the tape is to keep out of the black box (JSON) */
  uint64_t playlist_at, playlist_bytes; /* desk: BLOCK_CUES cells: what the tape plays as generation g is in g % BLOCK_CUES (JSON) */
  uint64_t timeline_at, timeline_bytes; /* desk: cell: markers and sections (JSON) */
  uint64_t tape_status_at, tape_status_bytes; /* tape: cell: how it is doing (JSON) */
  uint64_t desk_status_at, desk_status_bytes; /* desk: cell: addresses, ready (JSON) */
  uint64_t engine_status_at, engine_status_bytes; /* engine: cell: device, host, fault (JSON) */
  uint64_t ports_status_at, ports_status_bytes; /* ports: cell: which boxes are plugged in (JSON) */
  uint64_t heard_at; /* ports: event ring: what boxes say, for everyone */
  uint64_t said_at; /* desk: event ring: what is said to boxes, for ports */
  uint64_t capture_at; /* engine: rings of capture_frames floats, index = frame & mask: block_capture. Inputs, buses, main left,
                          right, strips after trim: these are memory that is not there before one is armed */
  uint64_t playback_at; /* tape: rings of playback_frames floats, index = position & mask: block_playback */
  uint64_t lines_at; /* engine: delay lines of line_frames floats, then of early_frames, index = frame & mask: block_line */
  uint64_t line_frames, early_frames; /* powers of two; a line still holds some tenths of a second more than it plays */
  uint64_t state_at; /* engine: block_state, and what the engine knew when the last take began */
} block_dims;

typedef struct { /* at LIFE_AT: what the supervisor watches with plain struct.unpack */
  uint64_t beats[PROCESS_COUNT]; /* each process adds one a turn: engine a block, tape and desk a loop */
  uint32_t pids[PROCESS_COUNT]; /* supervisor */
  uint32_t starts[PROCESS_COUNT]; /* supervisor */
  uint32_t ready[PROCESS_COUNT]; /* each process: 1 when it does its work */
} block_life;

typedef struct {
  uint64_t start, frames;
  uint64_t cause; /* 1 engine restarted, 2 device lost, 3 late */
} block_gap;

typedef struct { /* at ENGINE_AT; writer: engine */
  uint64_t capture_head; /* frames that every capture ring holds, on the engine clock; it never goes back */
  uint64_t input_head; /* frames that the rings of the inputs hold: the sums are late, and are written where they belong */
  uint64_t is_losing; /* the last record found no room in the ring of what was applied */
  uint64_t lost_from, lost_to; /* frames of the first and the last record of those in a row that were lost latest */
  char pad0_[24];
  uint64_t gap_count; /* gaps ever; gap n is gaps[n % BLOCK_GAPS] */
  block_gap gaps[BLOCK_GAPS];
  uint64_t trimmed_until[BLOCK_STRIPS]; /* frame behind the last of a strip's sound in its ring; silence since, 0: all of it */
} block_engine;

typedef struct { /* BLOCK_CUES of them at CUE_AT; writer: tape */
  uint64_t generation; /* 0 while the rings are being filled anew */
  int64_t from, to; /* positions the playback rings hold */
  uint64_t tracks[2]; /* bit strip: it has something on tape */
  char pad0_[24];
} block_cue;

typedef struct {
  uint64_t id, start, stop; /* frames; stop BLOCK_NOT_STOPPED while it runs */
  int64_t position; /* transport position of `start` */
} engine_take;

typedef struct { /* told by the engine after every block */
  uint64_t epoch; /* engine starts */
  uint64_t frame; /* next frame to be processed */
  int64_t monotonic_ns; /* when it became next */
  int64_t anchor_ns; /* when frame 0 was, on the ideal clock of the virtual host */
  int64_t device_count; /* JACK's own count of frames (32 bits) at `frame`; -1: there is none */
  int64_t position; /* transport, frames */
  uint64_t state; /* TransportState */
  uint64_t generation; /* cue in use */
  uint64_t take_id; /* last take begun, 0 = none */
  uint64_t overlays; /* it is laid over what was there: what it records is heard on top of that */
  uint64_t blocks, xruns, late_blocks, bad_samples, dry_frames; /* counters; dry: playback not there in time */
  uint64_t resets; /* channels whose state had gone astray and was cleared */
  uint64_t strip_latency, main_latency; /* frames: of every path through the strips, and of main's limiter */
  uint64_t block_ns, worst_ns, period_ns; /* smoothed, worst and allowed time of a block */
  int64_t audio_thread; /* kernel thread id */
  int64_t realtime_priority; /* 0 = ordinary scheduling */
  uint64_t applied_seq; /* last control record applied */
  uint64_t applied_lost; /* records that found no room in the ring of what was applied: no journal has them */
  uint64_t takes_begun; /* ever */
  engine_take takes[BLOCK_TAKES]; /* the n-th take begun is at n % BLOCK_TAKES, from 1 */
} engine_snapshot;
/* Then float meters[]: strips x (peak, mean square, reduction of gate, of compressor in octaves); buses, matrices, mono x
 * (peak, mean square, reduction); main: peak l, r, mean square l, r, limiter gain, reduction; loudness of main, then of the
 * chosen bus: momentary, short-term, integrated (weighted mean squares), range (their quotient), true peak. */

typedef struct { /* at state_at; writer: engine */
  uint64_t changes; /* odd while it is being written */
  uint64_t frame, take_id; /* when it was so */
  uint64_t bytes; /* that follow */
  uint32_t depth[BLOCK_LINES]; /* frames before `frame` that each line holds and will play; early lines last */
} block_state;

#define LIFE_AT 1024u
#define CUE_AT 1536u
#define ENGINE_AT 2048u
#define SECTIONS_AT 16384u

_Static_assert(sizeof(block_dims) <= LIFE_AT, "dims overlap life");
_Static_assert(LIFE_AT + sizeof(block_life) <= CUE_AT, "life overlaps cue");
_Static_assert(CUE_AT + BLOCK_CUES * sizeof(block_cue) <= ENGINE_AT, "cues overlap engine");
_Static_assert(ENGINE_AT + sizeof(block_engine) <= SECTIONS_AT, "engine overlaps the sections");
_Static_assert(sizeof(control_record) == 32, "control records are 32 bytes");

/* Rings lie a page and a line more than their size apart: written side by side at one index, rings a power of two apart
 * would all fight for the same lines of the caches. */
#define RING_STAGGER 1040u /* floats */
static inline float *block_capture(char *base, const block_dims *dims, uint32_t channel) {
  return (float *)(base + dims->capture_at) + channel * (dims->capture_frames + RING_STAGGER);
}
static inline uint32_t block_trimmed(const block_dims *dims, uint32_t strip) { return dims->inputs + dims->buses + 2 + strip; }
static inline float *block_playback(char *base, const block_dims *dims, uint32_t bank, uint32_t strip) {
  return (float *)(base + dims->playback_at) + (bank * dims->strips + strip) * (dims->playback_frames + RING_STAGGER);
}

/* Line of channel `index` (strips, buses, main left, right, mono, matrices), or the early one of strip `index`. */
static inline uint32_t block_lines(const block_dims *dims) { return dims->strips + dims->buses + 3 + dims->matrices; }
static inline float *block_line(char *base, const block_dims *dims, uint32_t index) {
  return (float *)(base + dims->lines_at) + index * (dims->line_frames + RING_STAGGER);
}
static inline float *block_early_line(char *base, const block_dims *dims, uint32_t index) {
  return block_line(base, dims, block_lines(dims)) + index * (dims->early_frames + RING_STAGGER);
}

/* The engine tells what it knows: begin, copy, end. Who reads copies too, and looks at `changes` before and after. */
static inline char *state_begin(block_state *state) {
  __atomic_store_n(&state->changes, state->changes + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return (char *)(state + 1);
}
static inline void state_end(block_state *state) { __atomic_store_n(&state->changes, state->changes + 1, __ATOMIC_RELEASE); }
static inline uint64_t state_changes(const block_state *state) { /* odd: wait */
  uint64_t changes = __atomic_load_n(&state->changes, __ATOMIC_ACQUIRE);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return changes;
}

static inline uint32_t block_meter_floats(const block_dims *dims) { return 4 * dims->strips + 3 * (dims->buses + dims->matrices + 1) + 16; }
static inline size_t block_snapshot_words(const block_dims *dims) {
  return (sizeof(engine_snapshot) + 4 * block_meter_floats(dims) + 7) / 8;
}
#endif
