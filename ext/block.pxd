"""C declarations of the shared block, for every extension that attaches to it."""
from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t

cdef extern from "block.h" nogil:
    const uint64_t BLOCK_MAGIC
    const uint32_t BLOCK_VERSION
    enum:
        BLOCK_TAKES
        BLOCK_GAPS
        BLOCK_CUES
        BLOCK_TEXT_BYTES
        PROCESS_SUPERVISOR
        PROCESS_ENGINE
        PROCESS_TAPE
        PROCESS_DESK
        PROCESS_PORTS
        PROCESS_COUNT
        OP_SET
        OP_PLAY
        OP_STOP
        OP_RECORD
        OP_LOCATE
        OP_LOUDNESS_RESET
        OP_CANCEL
        OP_TAPE
        OP_GAP
        LIFE_AT
        CUE_AT
        ENGINE_AT
        SECTIONS_AT
    const uint64_t BLOCK_NOT_STOPPED
    const uint32_t BLOCK_STATE_BYTES
    const double BLOCK_DELAY_S
    const uint32_t BLOCK_INSERT_FRAMES
    const uint32_t BLOCK_CHUNK

    ctypedef struct spsc_ring:
        uint64_t head
        uint64_t tail
        int32_t producer_pid
        int32_t consumer_pid
        uint32_t slots
        uint32_t record_bytes
    ctypedef struct ab_cell:
        uint64_t told
        uint64_t words

    size_t ring_bytes(uint32_t slots, uint32_t record_bytes)
    void ring_init(spsc_ring *ring, uint32_t slots, uint32_t record_bytes)
    int ring_claim(int32_t *owner, int32_t pid)
    int ring_push(spsc_ring *ring, const void *record)
    int ring_peek(spsc_ring *ring, void *record)
    void ring_commit(spsc_ring *ring)
    uint64_t ring_count(spsc_ring *ring)
    ctypedef struct event_ring:
        uint64_t head
        int32_t producer_pid
        uint64_t tail
        uint64_t number
    ctypedef struct event_head:
        uint32_t bytes
        uint16_t port
        uint16_t kind
        uint64_t number
        uint64_t frame
        int64_t ns
    int event_post(event_ring *ring, event_head *head, const void *data)
    int event_look(event_ring *ring, uint64_t *cursor, event_head *head)
    int event_take(event_ring *ring, uint64_t *cursor, const event_head *head, void *data)
    size_t cell_bytes(size_t payload_bytes)
    void cell_init(ab_cell *cell, size_t payload_bytes)
    void cell_store(ab_cell *cell, const uint64_t *value, size_t words)
    int cell_load(ab_cell *cell, uint64_t *value, size_t words)

    ctypedef struct control_record:
        uint32_t op
        uint32_t slot
        double value
        uint64_t at_frame
        uint64_t seq
    ctypedef struct block_dims:
        uint64_t magic
        uint32_t version, header_bytes
        uint64_t total_bytes
        uint32_t rate_hz, block_frames, strips, buses, inputs, outputs, captures, numbers, texts, matrices
        uint64_t capture_frames, playback_frames
        uint64_t config_at, config_bytes
        uint64_t values_at
        uint64_t engine_values_at
        uint64_t texts_at
        uint64_t control_at, answers_at
        uint64_t applied_at
        uint64_t snapshot_at
        uint64_t order_at, order_bytes
        uint64_t keep_at, keep_bytes
        uint64_t playlist_at, playlist_bytes
        uint64_t timeline_at, timeline_bytes
        uint64_t tape_status_at, tape_status_bytes
        uint64_t desk_status_at, desk_status_bytes
        uint64_t engine_status_at, engine_status_bytes
        uint64_t ports_status_at, ports_status_bytes
        uint64_t heard_at
        uint64_t said_at
        uint64_t capture_at
        uint64_t playback_at
        uint64_t lines_at
        uint64_t line_frames, early_frames
        uint64_t state_at
    ctypedef struct block_life:
        uint64_t beats[5]
        uint32_t pids[5]
        uint32_t starts[5]
        uint32_t ready[5]
    ctypedef struct block_gap:
        uint64_t start, frames
        uint64_t cause
    ctypedef struct block_engine:
        uint64_t capture_head
        uint64_t input_head
        uint64_t is_losing
        uint64_t lost_from, lost_to
        uint64_t gap_count
        block_gap gaps[256]
        uint64_t trimmed_until[128]
    ctypedef struct block_cue:
        uint64_t generation
        int64_t from_ "from"
        int64_t to
        uint64_t tracks[2]
    ctypedef struct engine_take:
        uint64_t id, start, stop
        int64_t position
    ctypedef struct engine_snapshot:
        uint64_t epoch
        uint64_t frame
        int64_t monotonic_ns
        int64_t anchor_ns
        int64_t device_count
        int64_t position
        uint64_t state
        uint64_t generation
        uint64_t take_id
        uint64_t overlays
        uint64_t blocks, xruns, late_blocks, bad_samples, dry_frames
        uint64_t resets
        uint64_t strip_latency, main_latency
        uint64_t block_ns, worst_ns, period_ns
        int64_t audio_thread
        int64_t realtime_priority
        uint64_t applied_seq
        uint64_t applied_lost
        uint64_t takes_begun
        engine_take takes[128]
    ctypedef struct block_state:
        uint64_t changes
        uint64_t frame, take_id
        uint64_t bytes
        uint32_t depth[288]
    char *state_begin(block_state *state)
    void state_end(block_state *state)
    uint64_t state_changes(const block_state *state)
    const uint32_t BLOCK_LINES
    const uint32_t RING_STAGGER
    uint32_t block_lines(const block_dims *dims)
    float *block_line(char *base, const block_dims *dims, uint32_t index)
    float *block_early_line(char *base, const block_dims *dims, uint32_t index)
    float *block_capture(char *base, const block_dims *dims, uint32_t channel)
    uint32_t block_trimmed(const block_dims *dims, uint32_t strip)
    float *block_playback(char *base, const block_dims *dims, uint32_t bank, uint32_t strip)
    uint32_t block_meter_floats(const block_dims *dims)
    size_t block_snapshot_words(const block_dims *dims)

cdef extern from "block_layout.h" nogil:
    const uint32_t ANSWER_SLOTS
    const uint32_t APPLIED_SLOTS
    const uint32_t CONFIG_BYTES
    const uint32_t STATUS_BYTES
    const uint32_t ORDER_BYTES
    const uint32_t PLAYLIST_BYTES
    const uint32_t TIMELINE_BYTES
    uint64_t block_lined(uint64_t size)
    void block_lay_out(block_dims *dims, double ring_s)
    void block_begin(char *base, const block_dims *dims, const char *config, size_t config_bytes)
