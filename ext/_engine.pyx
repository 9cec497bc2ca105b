# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The engine's compiled half: the graph, and the hosts that call it. Its facade is studiod.engine."""
import os

from libc.stdint cimport int64_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from begin cimport *
from block cimport *
from console cimport *
from graph cimport *
from graph_types cimport *
from host_jack cimport *
from host_portaudio cimport *
from host_timer cimport *
from host_types cimport *
from jack_api cimport *
from section cimport *
from state cimport *

from studiod.link.words import SideTaken

cdef extern from "<math.h>" nogil:
    double exp(double x)
    double pow(double x, double y)

cdef enum:
    ENGINE_RESTARTED = 1  # words.GAP_CAUSES
    DEVICE_LOST = 2

cdef double RAMP_S = 0.010  # de-zipper: no step of a gain is steeper than its whole travel in 10 ms
cdef double PEAK_FALL_DB_S = 20.0 / 1.7  # IEC 60268-10 type I: 20 dB in 1.7 s
cdef double RMS_S = 0.300  # VU-like integration
cdef double COMPRESSOR_RMS_S = 0.010  # of a compressor that follows the mean square
cdef double DELAY_FADE_S = 0.020
CONTROL_WORDS = """
    channel.fader channel.mute channel.solo channel.solo_safe channel.pan channel.pan_law channel.main_on
    channel.mono_on channel.link channel.vca channel.mutegroup strip.arm strip.trimmed strip.trim strip.polarity
    strip.source strip.hpf strip.hpf_on strip.hpf_slope strip.monitor strip.direct strip.direct_tap gate.on gate.mode
    gate.threshold gate.range gate.ratio gate.attack gate.hold gate.release gate.key gate.key_type gate.key_freq
    gate.key_q eq.on eq.type eq.freq eq.gain eq.q eq.band_on comp.on comp.mode comp.detector comp.threshold
    comp.ratio comp.knee comp.attack comp.hold comp.release comp.makeup comp.mix comp.key insert.on
    insert.output insert.input insert.latency delay.on delay.time send.level send.on send.tap send.pan
    matrix.level matrix.on bus.role main.width main.limiter_on main.ceiling vca.fader vca.mute mutegroup.on
    mute.fx monitor.source monitor.level monitor.dim monitor.dim_level monitor.mono monitor.mute solo.mode
    solo.level talkback.on talkback.level talkback.autodim talkback.main talkback.bus oscillator.on
    oscillator.shape oscillator.freq oscillator.level oscillator.main oscillator.bus click.on click.free
    click.tempo click.beats click.subdivision click.accent click.level click.main click.bus loudness.source
    loudness.on soundcheck.on
""".split()  # in the order of Control in graph_types.pxd
CONTROLS = {word: code + 1 for code, word in enumerate(CONTROL_WORDS)}
SOURCES = {"silence": STAGE_SILENCE, "counter": STAGE_COUNTER, "stage": STAGE_BAND, "loopback": STAGE_LOOPBACK}
ISAS = tuple([name for name in ("sse2", "avx2", "avx512", "neon", "plain") if kernel_select(name.encode()) != NULL])


cdef class Engine:
    """The mixing graph of one shared block, and at most one host that calls it.

    block: studiod.link.Block. targets: for each number slot (control code of CONTROLS or 0, index, sub index).
    strip_inputs, bus_outputs, main_outputs, matrix_outputs, mono_output, monitor_outputs, talkback_input: hardware
    channels from 0, -1 for none. isa: forces a kernel variant. keeps: False leaves the capture rings alone (offline).
    resting: True starts with every ramp at its target (offline), False fades in.
    Raises ValueError for a layout that cannot be built, SideTaken while another engine lives on the block.
    """

    cdef Graph *g
    cdef Host h
    cdef PortAudioStream stream
    cdef JackClient *jack
    cdef object block
    cdef str host_name
    cdef uint64_t held[2]  # bits of strips whose ring after trim is in memory

    def __cinit__(self, block, targets, strip_inputs, bus_outputs, main_outputs, isa=None, *, bint resting=False,
                  matrix_outputs=(), int mono_output=-1, monitor_outputs=(-1, -1), int talkback_input=-1,
                  bint keeps=True):
        cdef uint32_t i
        self.block = block
        self.host_name = "none"
        self.g = <Graph *>aligned_alloc(64, (sizeof(Graph) + 63) // 64 * 64)
        if self.g == NULL:
            raise MemoryError
        memset(self.g, 0, sizeof(Graph))
        cdef Graph *g = self.g
        g.base = <char *><uintptr_t>block.address
        g.dims = <block_dims *>g.base
        g.clock = rt_now_ns
        if g.dims.strips > MAX_STRIPS or g.dims.buses > MAX_BUSES or g.dims.matrices > MAX_MATRICES:
            raise ValueError(f"{g.dims.strips} strips, {g.dims.buses} buses and {g.dims.matrices} matrices; the engine "
                             f"has room for {<int>MAX_STRIPS}, {<int>MAX_BUSES} and {<int>MAX_MATRICES}")
        if g.dims.inputs > MAX_CHANNELS or g.dims.outputs > MAX_CHANNELS:
            raise ValueError(f"{g.dims.inputs} inputs and {g.dims.outputs} outputs; "
                             f"the engine has room for {<int>MAX_CHANNELS} of each")
        g.head = <block_engine *>(g.base + ENGINE_AT)
        g.cues = <block_cue *>(g.base + CUE_AT)
        g.control = <spsc_ring *>(g.base + g.dims.control_at)
        g.answers = <spsc_ring *>(g.base + g.dims.answers_at)
        g.applied = <spsc_ring *>(g.base + g.dims.applied_at)
        g.told_state = <block_state *>(g.base + g.dims.state_at)
        if (not ring_claim(&g.control.consumer_pid, os.getpid())
                or not ring_claim(&g.answers.producer_pid, os.getpid())):
            raise SideTaken(f"another engine (process {g.control.consumer_pid}) lives on this block")
        wanted = None if isa is None else isa.encode()
        g.ops = kernel_select(<const char *>NULL if wanted is None else <const char *>wanted)
        if g.ops == NULL:
            raise ValueError(f"this processor has no {isa}; it has {', '.join(ISAS)}")
        g.lanes = <channel_lanes *>aligned_alloc(64, (sizeof(channel_lanes) + 63) // 64 * 64)
        g.slots = <slot_target *>calloc(g.dims.numbers, sizeof(slot_target))
        if g.lanes == NULL or g.slots == NULL:
            raise MemoryError
        memset(g.lanes, 0, sizeof(channel_lanes))
        self._prepare(targets, strip_inputs, bus_outputs, main_outputs)
        self._patch(matrix_outputs, mono_output, monitor_outputs, talkback_input)
        lay_lines(g)
        if graph_bytes(g) + lanes_bytes(g) > BLOCK_STATE_BYTES:
            raise MemoryError(f"a state of {graph_bytes(g) + lanes_bytes(g)} bytes; {BLOCK_STATE_BYTES} fit")
        g.keeps = keeps
        cdef ab_cell *told = <ab_cell *>(g.base + g.dims.snapshot_at)
        while not cell_load(told, <uint64_t *>&g.now, block_snapshot_words(g.dims)):
            pass
        g.now.epoch += 1
        g.now.audio_thread = 0
        g.now.main_latency = peak_limiter_latency(&g.limiter)
        g.lanes.bad_samples = g.now.bad_samples
        g.lanes.resets = g.now.resets
        set_all(g)
        for i in range(g.dims.strips):  # what an engine before this one left in their rings
            if g.head.trimmed_until[i]:
                g.trimmed_open[i >> 6] |= <uint64_t>1 << (i & 63)
        g.sums_late = g.strip_latency
        g.sums_from = <int64_t>g.now.frame - g.sums_late
        if resting:
            snap_all(g)
        self.h.g = g
        self.h.block_frames = g.dims.block_frames
        for i in range(MAX_CHANNELS):
            if i < g.dims.inputs:
                self.h.in_[i] = <float *>calloc(g.dims.block_frames, sizeof(float))
            if i < g.dims.outputs:
                self.h.out[i] = <float *>calloc(g.dims.block_frames, sizeof(float))

    cdef _prepare(self, targets, strip_inputs, bus_outputs, main_outputs):
        cdef Graph *g = self.g
        cdef double rate = g.dims.rate_hz
        cdef uint32_t i
        if len(targets) != g.dims.numbers or len(strip_inputs) != g.dims.strips or len(bus_outputs) != g.dims.buses:
            raise ValueError(f"{len(targets)} numbers, {len(strip_inputs)} strips and {len(bus_outputs)} buses; "
                             f"the block has {g.dims.numbers}, {g.dims.strips} and {g.dims.buses}")
        for i in range(g.dims.numbers):
            control, index, sub = targets[i]
            self._check_target(i, control, index, sub)
            g.slots[i] = slot_target(control, index, sub)
        for i in range(g.dims.strips):
            g.input_of[i] = strip_inputs[i]
        for i in range(g.dims.buses):
            g.bus_output[i] = bus_outputs[i]
        g.main_output[0], g.main_output[1] = main_outputs
        g.ramp_frames = <float>(RAMP_S * rate)
        g.rms_share = 1.0 - <float>exp(-1.0 / (COMPRESSOR_RMS_S * rate))
        g.lanes.strips = (g.dims.strips + g.ops.width - 1) // g.ops.width * g.ops.width
        g.lanes.peak_fall = <float>pow(10.0, -PEAK_FALL_DB_S / 20.0 / rate)
        g.lanes.mean_rate = 1.0 - <float>exp(-1.0 / (RMS_S * rate))  # with the pole exactly 1
        g.lanes.delay_fade = <float>(1.0 / (DELAY_FADE_S * rate))
        begin_desk(g)

    cdef _check_target(self, uint32_t slot, int control, int index, int sub):
        """Refuse what would write past the desk."""
        cdef int rows = LANES if control <= CHANNEL_MUTE_GROUP or EQ_ON <= control <= BUS_ROLE else MAX_STRIPS
        if not (0 <= control <= SOUNDCHECK_ON and 0 <= index < rows and 0 <= sub < <int>MAX_BUSES):
            raise ValueError(f"slot {slot} steers {control}, {index}, {sub}: the desk has no such control")

    cdef _patch(self, matrix_outputs, int mono_output, monitor_outputs, int talkback_input):
        cdef Graph *g = self.g
        cdef uint32_t i
        if len(matrix_outputs) > g.dims.matrices:
            raise ValueError(f"{len(matrix_outputs)} outputs for {g.dims.matrices} matrices")
        for i in range(MAX_MATRICES):
            g.matrix_output[i] = matrix_outputs[i] if i < <uint32_t>len(matrix_outputs) else NO_CHANNEL
        g.monitor_output[0], g.monitor_output[1] = monitor_outputs
        g.mono_output = mono_output
        g.talkback_input = talkback_input

    def __dealloc__(self):
        cdef int i
        if self.h.has_thread:
            RELEASE_INT(&self.h.stop, 1)
            pthread_join(self.h.thread, NULL)
        if self.jack != NULL:
            RELEASE_INT(&self.h.generation, self.h.generation + 1)
            if self.jack.client != NULL:
                self.jack.api.client_close(self.jack.client)
            free(self.jack)
        stage_free(&self.h.band)
        for i in range(MAX_CHANNELS):
            free(self.h.in_[i])
            free(self.h.out[i])
        if self.g != NULL:
            free(self.g.slots)
            free(self.g.lanes)
            free(self.g)

    # -- what it is ------------------------------------------------------------------------------------------------

    @property
    def isa(self) -> str:
        """Kernel variant in use."""
        return self.g.ops.isa.decode()

    @property
    def host(self) -> str:
        """Who calls the graph: none, virtual, internal, portaudio, jack."""
        return self.host_name

    @property
    def is_lost(self) -> bool:
        """The host has said that its device is gone."""
        return bool(ACQUIRE_INT(&self.h.lost))

    @property
    def frame(self) -> int:
        return self.g.now.frame

    @property
    def epoch(self) -> int:
        """Engines there have been on this block, this one included."""
        return self.g.now.epoch

    def restore(self, const unsigned char[::1] state, lines):
        """Go on exactly where an engine of this build and variant, with a block of this shape, told `state`.

        lines: index of a delay line -> the samples it held last, float32, as `Block.state` has it. Raises ValueError.
        """
        cdef Graph *g = self.g
        cdef const unsigned char[::1] held
        if <size_t>state.shape[0] != graph_bytes(g) + lanes_bytes(g):
            raise ValueError(f"a state of {state.shape[0]} bytes; this engine's has {graph_bytes(g) + lanes_bytes(g)}")
        take_state(g, <const char *>&state[0])
        for index, samples in lines.items():
            held = samples
            if not 0 <= index < block_lines(g.dims) + g.dims.strips:
                raise ValueError(f"there is no delay line {index}")
            if not fill_line(g, index, <const char *>&held[0], <uint32_t>(held.shape[0] // 4)):
                raise ValueError(f"delay line {index}: {held.shape[0] // 4} frames; it holds fewer")

    def skip(self, uint64_t frames, uint64_t cause) -> None:
        """Pass over `frames` that nobody heard, as after a lost device: the gap is written down (GAP_CAUSES)."""
        skip(self.g, frames, cause)

    # -- hosts -----------------------------------------------------------------------------------------------------

    def follow_clock(self, uintptr_t clock) -> None:
        """Read the time from the C function at this address, `int64_t clock(void)` in ns: virtual time for a fake card.

        Our own timer goes on sleeping by the machine's clock.
        """
        self.g.clock = <Clock>clock

    def hold_memory(self) -> bool:
        """Fault in the rings ahead of the audio thread and lock what may be locked; True when all is locked."""
        cdef int locked
        with nogil:
            locked = hold_all(self.g.base, self.g.dims)
        return locked != 0

    def hold_armed(self) -> None:
        """Fault in the rings of strips that are kept after trim, once each: call it now and then."""
        cdef uint32_t i
        for i in range(self.g.dims.strips):
            if self.g.trimmed_kept[i >> 6] & ~self.held[i >> 6] & <uint64_t>1 << (i & 63):
                self.held[i >> 6] |= <uint64_t>1 << (i & 63)
                with nogil:
                    hold_trimmed(self.g.base, self.g.dims, i)

    cdef _catch_up(self, bint on_anchor):
        """Pass over the frames that went by since the last engine, or the last host, told its clock."""
        cdef Graph *g = self.g
        cdef int64_t now = g.clock()
        cdef int64_t silent_ns
        cdef uint64_t due
        if g.now.monotonic_ns:
            if on_anchor and g.now.anchor_ns:
                due = frame_due(&self.h, now)
            else:
                silent_ns = now - g.now.monotonic_ns
                due = g.now.frame + <uint64_t>(silent_ns * <int64_t>g.dims.rate_hz // 1000000000)
            if due > g.now.frame:
                skip(g, due - g.now.frame, ENGINE_RESTARTED if self.host_name == "none" else DEVICE_LOST)
        g.now.monotonic_ns = now

    cdef _begin(self, uint32_t inputs, uint32_t outputs):
        self.h.inputs = min(inputs, self.g.dims.inputs)
        self.h.outputs = min(outputs, self.g.dims.outputs)
        self.h.generation += 1
        self.g.now.device_count = -1
        self.h.lost = 0
        self.h.stop = 0
        self.h.priority_asked = 0

    cdef _start_timer(self, str name):
        cdef int64_t rate = self.g.dims.rate_hz
        cdef int64_t frame = self.g.now.frame
        self._catch_up(name == "virtual")
        if not (name == "virtual" and self.g.now.anchor_ns):
            frame = self.g.now.frame
            self.g.now.anchor_ns = rt_now_ns() - (frame // rate * 1000000000 + frame % rate * 1000000000 // rate)
        self.host_name = name
        if pthread_create(&self.h.thread, NULL, timer_thread, &self.h) != 0:
            raise OSError("the audio thread cannot be started: this machine has too many threads")
        self.h.has_thread = True

    def start_virtual(self, str sources, double tempo_bpm, uint32_t inputs, uint32_t outputs,
                      uint32_t loopback_frames=0) -> None:
        """Play the virtual stage (SOURCES) into `inputs` on a timer thread. Raises KeyError, MemoryError, OSError.

        loopback: the first eight outputs come in again after `loopback_frames`, at least a block.
        """
        cdef int kind = SOURCES[sources]
        cdef int refused
        self.stop()
        if kind == STAGE_LOOPBACK:
            refused = stage_cable(&self.h.band, loopback_frames, self.h.block_frames)
        else:
            refused = stage_make(&self.h.band, kind, self.g.dims.rate_hz, tempo_bpm)
        if refused:
            raise MemoryError("no memory for the virtual stage")
        self._begin(inputs, outputs)
        self._start_timer("virtual")

    def start_internal(self) -> None:
        """Go on without a device: exact silence on every input, on our own clock."""
        self.stop()
        self.h.band.kind = STAGE_SILENCE
        self._begin(self.g.dims.inputs, self.g.dims.outputs)
        self._start_timer("internal")

    def portaudio_stream(self, uint32_t inputs, uint32_t outputs):
        """Make ready for a PortAudio stream of so many interleaved channels: (callback, user data) addresses for it.

        The graph runs as soon as the stream calls.
        """
        self.stop()
        self._begin(inputs, outputs)
        if inputs == 0:  # else the first block knows how long nobody heard anything: opening a device takes a while
            self._catch_up(False)
        self.g.now.anchor_ns = 0
        self.stream.cause = ENGINE_RESTARTED if self.host_name == "none" else DEVICE_LOST
        self.stream.host = &self.h
        self.stream.generation = self.h.generation
        self.stream.inputs = inputs
        self.stream.outputs = outputs
        self.stream.blocks = 0
        self.host_name = "portaudio"
        return <uintptr_t><void *>portaudio_callback, <uintptr_t>&self.stream

    def open_jack(self, str client_name, server, str library="libjack.so.0"):
        """Become a JACK client: (rate in Hz, frames of a cycle, the machine's capture ports, its playback ports).

        server: its name or None. Raises OSError when there is no libjack or no server.
        """
        self._close_jack()
        self.jack = <JackClient *>calloc(1, sizeof(JackClient))
        if self.jack == NULL:
            raise MemoryError
        cdef JackClient *j = self.jack
        try:
            load_jack(&j.api, library, "set audio.host to auto")
        except OSError:
            self._close_jack()
            raise
        j.api.set_error_function(jack_be_quiet)
        j.api.set_info_function(jack_be_quiet)
        cdef bytes name = client_name.encode()
        cdef bytes server_name = b"" if server is None else server.encode()
        cdef const char *name_text = name
        cdef const char *server_text = server_name
        cdef int status = 0
        cdef int named = server is not None
        with nogil:
            if named:
                j.client = j.api.client_open(name_text, JACK_NO_START_SERVER | JACK_SERVER_NAME, &status, server_text)
            else:
                j.client = j.api.client_open(name_text, JACK_NO_START_SERVER, &status)
        if j.client == NULL:
            self._close_jack()
            raise OSError(f"no JACK server {server or '(the default one)'} answers: "
                          "start it, or set audio.host to auto")
        j.host = &self.h
        return (j.api.get_sample_rate(j.client), j.api.get_buffer_size(j.client),
                jack_port_names(j, JACK_OUTPUT | JACK_PHYSICAL), jack_port_names(j, JACK_INPUT | JACK_PHYSICAL))

    def start_jack(self, uint32_t inputs, uint32_t outputs, capture_ports, playback_ports) -> None:
        """Register ports in_1.. and out_1.., run, and connect them to the named ports in order. Raises OSError."""
        cdef JackClient *j = self.jack
        cdef uint32_t i
        cdef int failed
        if j == NULL:
            raise OSError("no JACK server is open")
        self._stop_timer()
        inputs = min(inputs, self.g.dims.inputs)
        outputs = min(outputs, self.g.dims.outputs)
        jack_register(j, inputs, outputs)
        self._begin(inputs, outputs)
        j.generation = self.h.generation
        self._catch_up(False)
        self.g.now.anchor_ns = 0
        j.api.set_process_callback(j.client, jack_callback, j)
        j.api.set_xrun_callback(j.client, jack_xrun_callback, j)
        j.api.on_shutdown(j.client, jack_shutdown_callback, j)
        with nogil:
            failed = j.api.activate(j.client)
        if failed:
            raise OSError("JACK does not start our client")
        self.host_name = "jack"
        for i in range(min(inputs, <uint32_t>len(capture_ports))):
            j.api.connect(j.client, capture_ports[i].encode(), j.api.port_name(j.in_[i]))
        for i in range(min(outputs, <uint32_t>len(playback_ports))):
            j.api.connect(j.client, j.api.port_name(j.out[i]), playback_ports[i].encode())

    @property
    def jack_latency(self):
        """(into our inputs, out of our outputs) in frames, as JACK tells it now; None without a server."""
        if self.jack == NULL or ACQUIRE_INT(&self.h.lost):
            return None
        return jack_latency(self.jack, JACK_CAPTURE_LATENCY), jack_latency(self.jack, JACK_PLAYBACK_LATENCY)

    cdef _close_jack(self):
        cdef JackClient *j = self.jack
        self.jack = NULL
        if j == NULL:
            return
        if j.client != NULL:
            with nogil:
                j.api.client_close(j.client)
        free(j)

    cdef _stop_timer(self):
        if self.h.has_thread:
            RELEASE_INT(&self.h.stop, 1)
            with nogil:
                pthread_join(self.h.thread, NULL)
            self.h.has_thread = False
        stage_free(&self.h.band)

    def fade_out(self) -> float:
        """Let everything that leaves the machine fade to silence; seconds until it has, at the host's block size."""
        RELEASE_INT(&self.g.leaving, 1)
        return RAMP_S + 2.0 * self.g.now.period_ns / 1e9

    def stop(self) -> None:
        """Part from the host; may be called twice. A PortAudio stream that still calls is told to abort itself."""
        RELEASE_INT(&self.h.generation, self.h.generation + 1)
        self._stop_timer()
        self._close_jack()
        self.host_name = "none" if self.g.now.blocks == 0 else self.host_name

    # -- by hand ---------------------------------------------------------------------------------------------------

    def render(self, const float[:, ::1] inputs, float[:, ::1] outputs, blocks=None) -> None:
        """Run the graph by hand over `inputs` (channels, frames) into `outputs` (channels, frames), both float32.

        blocks: sizes of the blocks, repeated as needed; the largest the shared block allows by default.
        Raises ValueError when the shapes do not match or a host runs.
        """
        cdef uint32_t total = inputs.shape[1]
        cdef uint32_t done = 0
        cdef uint32_t frames, i, turn
        cdef uint64_t before
        cdef uint32_t in_count = inputs.shape[0]
        cdef uint32_t out_count = outputs.shape[0]
        if self.h.has_thread or self.jack != NULL:
            raise ValueError("a host calls this engine: stop it before rendering by hand")
        if outputs.shape[1] != inputs.shape[1] or in_count > MAX_CHANNELS or out_count > MAX_CHANNELS:
            raise ValueError(f"inputs are {in_count} x {total}, outputs {out_count} x {outputs.shape[1]}: "
                             "the same number of frames, at most 128 channels")
        sizes = [self.g.dims.block_frames] if blocks is None else list(blocks)
        if not sizes or min(sizes) < 1:
            raise ValueError("block sizes are at least 1 frame")
        turn = 0
        while done < total:
            frames = min(<uint32_t>sizes[turn % len(sizes)], total - done)
            turn += 1
            for i in range(in_count):
                self.h.in_at[i] = &inputs[i, 0] + done
            for i in range(out_count):
                self.h.out_at[i] = &outputs[i, 0] + done
            with nogil:
                before = rt_flush_denormals()
                process(self.g, self.h.in_at, in_count, self.h.out_at, out_count, frames)
                rt_restore(before)
            done += frames
        self.measure()

    def measure(self) -> None:
        """Work out integrated loudness and range, for the next word to the desk: too long for the audio thread."""
        cdef int i
        for i in range(2):
            loudness_read(&self.g.loudness[i].meter, &self.g.loudness[i].reading)
