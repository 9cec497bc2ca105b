/* Where everything lies in a new shared block, and what it is before anyone has written: for its maker only. */
#ifndef STUDIOD_BLOCK_LAYOUT_H
#define STUDIOD_BLOCK_LAYOUT_H
#include "block.h"

#define CONTROL_SLOTS 4096u /* a scene of 64 strips with every send goes through at once */
#define ANSWER_SLOTS 256u /* bounds the desk's unanswered commands */
#define APPLIED_SLOTS 65536u /* as long as the rings of sound hold, and twice that, with 64 faders moving */
#define CONFIG_BYTES (1u << 18)
#define STATUS_BYTES (1u << 14)
#define PORTS_BYTES (1u << 16)
#define HEARD_BYTES (1u << 20) /* 25,000 short messages: half a minute of a DIN wire that never rests */
#define SAID_BYTES (1u << 18)
#define ORDER_BYTES (1u << 16)
#define PLAYLIST_BYTES (1u << 22) /* packed: some 200,000 regions, and no memory before they are there */
#define TIMELINE_BYTES (1u << 19) /* 2000 markers and 500 sections, each of the longest name there may be */
#define BLOCK_PLAYBACK_S 2

static inline uint64_t block_lined(uint64_t size) { return (size + 63) / 64 * 64; }
static inline uint64_t block_power_(uint64_t least) {
  uint64_t size = 1;
  while (size < least) size *= 2;
  return size;
}
/* Room for `bytes` at `*at`, which moves on. */
static inline uint64_t block_room_(uint64_t *at, uint64_t bytes) {
  uint64_t here = *at;
  *at += block_lined(bytes);
  return here;
}

/* Fills in what follows from the sizes in *dims; ring_s: shortest time the capture rings hold. */
static inline void block_lay_out(block_dims *dims, double ring_s) {
  uint64_t at = SECTIONS_AT;
  dims->magic = BLOCK_MAGIC, dims->version = BLOCK_VERSION, dims->header_bytes = sizeof *dims;
  dims->captures = block_trimmed(dims, dims->strips);
  dims->capture_frames = block_power_((uint64_t)(ring_s * dims->rate_hz));
  dims->playback_frames = block_power_((uint64_t)BLOCK_PLAYBACK_S * dims->rate_hz);
  dims->line_frames = block_power_((uint64_t)(BLOCK_DELAY_S * dims->rate_hz) + BLOCK_INSERT_FRAMES + BLOCK_CHUNK);
  dims->early_frames = block_power_(BLOCK_INSERT_FRAMES + BLOCK_CHUNK);
  dims->config_bytes = CONFIG_BYTES, dims->order_bytes = dims->keep_bytes = ORDER_BYTES;
  dims->playlist_bytes = PLAYLIST_BYTES, dims->timeline_bytes = TIMELINE_BYTES;
  dims->tape_status_bytes = dims->desk_status_bytes = dims->engine_status_bytes = STATUS_BYTES;
  dims->ports_status_bytes = PORTS_BYTES;
  dims->config_at = block_room_(&at, CONFIG_BYTES);
  dims->values_at = block_room_(&at, 8 * (uint64_t)dims->numbers);
  dims->engine_values_at = block_room_(&at, 8 * (uint64_t)dims->numbers);
  dims->texts_at = block_room_(&at, dims->texts * block_lined(cell_bytes(BLOCK_TEXT_BYTES)));
  dims->control_at = block_room_(&at, ring_bytes(CONTROL_SLOTS, sizeof(control_record)));
  dims->answers_at = block_room_(&at, ring_bytes(ANSWER_SLOTS, sizeof(control_record)));
  dims->applied_at = block_room_(&at, ring_bytes(APPLIED_SLOTS, sizeof(control_record)));
  dims->snapshot_at = block_room_(&at, cell_bytes(8 * block_snapshot_words(dims)));
  dims->order_at = block_room_(&at, BLOCK_TAKES * cell_bytes(ORDER_BYTES));
  dims->keep_at = block_room_(&at, cell_bytes(ORDER_BYTES));
  dims->playlist_at = block_room_(&at, BLOCK_CUES * cell_bytes(PLAYLIST_BYTES));
  dims->timeline_at = block_room_(&at, cell_bytes(TIMELINE_BYTES));
  dims->tape_status_at = block_room_(&at, cell_bytes(STATUS_BYTES));
  dims->desk_status_at = block_room_(&at, cell_bytes(STATUS_BYTES));
  dims->engine_status_at = block_room_(&at, cell_bytes(STATUS_BYTES));
  dims->ports_status_at = block_room_(&at, cell_bytes(PORTS_BYTES));
  dims->heard_at = block_room_(&at, event_ring_bytes(HEARD_BYTES));
  dims->said_at = block_room_(&at, event_ring_bytes(SAID_BYTES));
  at = (at + 4095) / 4096 * 4096;
  dims->capture_at = block_room_(&at, 4 * dims->captures * (dims->capture_frames + RING_STAGGER));
  dims->playback_at = block_room_(&at, 4 * BLOCK_CUES * dims->strips * (dims->playback_frames + RING_STAGGER));
  dims->lines_at = block_room_(&at, 4 * (block_lines(dims) * (dims->line_frames + RING_STAGGER) +
                                         dims->strips * (dims->early_frames + RING_STAGGER)));
  dims->state_at = block_room_(&at, sizeof(block_state) + BLOCK_STATE_BYTES);
  dims->total_bytes = at;
}

/* An all-zero block of that layout becomes one that can be attached to; config: of config_bytes at most, with its end. */
static inline void block_begin(char *base, const block_dims *dims, const char *config, size_t config_bytes) {
  memcpy(base + dims->config_at, config, config_bytes);
  ring_init((spsc_ring *)(base + dims->control_at), CONTROL_SLOTS, sizeof(control_record));
  ring_init((spsc_ring *)(base + dims->answers_at), ANSWER_SLOTS, sizeof(control_record));
  ring_init((spsc_ring *)(base + dims->applied_at), APPLIED_SLOTS, sizeof(control_record));
  for (uint32_t text = 0; text < dims->texts; text++)
    cell_init((ab_cell *)(base + dims->texts_at + text * block_lined(cell_bytes(BLOCK_TEXT_BYTES))), BLOCK_TEXT_BYTES);
  cell_init((ab_cell *)(base + dims->snapshot_at), 8 * block_snapshot_words(dims));
  for (uint32_t take = 0; take < BLOCK_TAKES; take++)
    cell_init((ab_cell *)(base + dims->order_at + take * cell_bytes(ORDER_BYTES)), ORDER_BYTES);
  cell_init((ab_cell *)(base + dims->keep_at), ORDER_BYTES);
  for (uint32_t bank = 0; bank < BLOCK_CUES; bank++)
    cell_init((ab_cell *)(base + dims->playlist_at + bank * cell_bytes(PLAYLIST_BYTES)), PLAYLIST_BYTES);
  cell_init((ab_cell *)(base + dims->timeline_at), TIMELINE_BYTES);
  cell_init((ab_cell *)(base + dims->tape_status_at), STATUS_BYTES);
  cell_init((ab_cell *)(base + dims->desk_status_at), STATUS_BYTES);
  cell_init((ab_cell *)(base + dims->engine_status_at), STATUS_BYTES);
  cell_init((ab_cell *)(base + dims->ports_status_at), PORTS_BYTES);
  event_ring_init((event_ring *)(base + dims->heard_at), HEARD_BYTES);
  event_ring_init((event_ring *)(base + dims->said_at), SAID_BYTES);
  memcpy(base, dims, sizeof *dims);
}
#endif
