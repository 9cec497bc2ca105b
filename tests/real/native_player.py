"""A native JACK client that plays clicks and notes at the same frames, and keeps what it is sent with its frame."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import jack

from tests.real.jackd import JackServer

FIRST_KEY, KEYS = 36, 48


@dataclass
class NativePlayer:
    """Ports `NAME:click` (audio) and two of MIDI: what is played comes out of one, what it is sent into the other."""

    client: jack.Client
    keys_name: str = "keys"
    lamps_name: str = "lamps"
    waiting: deque[bytes] = field(default_factory=deque)
    """Messages, one a frame from the next cycle on."""
    heard: list[bytes] = field(default_factory=list)
    every_frames: int = 0
    """A note and a click so often; 0 for none."""
    played: int = 0
    fault: str = ""

    def __post_init__(self) -> None:
        self._click = self.client.outports.register("click")
        self.keys = self.client.midi_outports.register(self.keys_name)
        self.lamps = self.client.midi_inports.register(self.lamps_name)
        self._next = 0
        self.client.set_process_callback(self._process)
        self.client.activate()

    def bounce(self) -> None:
        """The port that plays leaves and is back at once, under the same name."""
        keys, self.keys = self.keys, None
        keys.unregister()
        self.keys = self.client.midi_outports.register(self.keys_name)

    def _process(self, frames: int) -> None:
        try:
            self._cycle(frames)
        except jack.JackError as fault:
            self.fault = str(fault)

    def _cycle(self, frames: int) -> None:
        click = self._click.get_array()
        click[:] = 0
        self.heard += [bytes(message) for _, message in self.lamps.incoming_midi_events()]
        keys = self.keys
        if keys is None:
            return
        keys.clear_buffer()
        for at in range(min(frames, len(self.waiting))):
            keys.write_midi_event(at, self.waiting.popleft())
        while self.every_frames and self._next < frames:
            click[self._next] = 0.5
            keys.write_midi_event(self._next, (0x90, FIRST_KEY + self.played % KEYS, 100))
            self.played += 1
            self._next += self.every_frames
        self._next = max(self._next - frames, 0)


@contextmanager
def native_player(
    server: JackServer, name: str = "player", keys: str = "keys", lamps: str = "lamps"
) -> Iterator[NativePlayer]:
    """One on `server`, with MIDI ports of these names."""
    client = jack.Client(name, no_start_server=True, servername=server.name)
    try:
        yield NativePlayer(client, keys, lamps)
    finally:
        client.close()
