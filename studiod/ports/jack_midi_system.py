"""Ports of JACK (or PipeWire) through one native client: each message with its frame, and no poll is needed."""

import contextlib
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from studiod.link.ports import MIDI_PORT, PortGone, PortNames, PortsUnavailable, UsbUnit
from studiod.ports._jack_midi import JackMidi
from studiod.ports.midi_stream import MidiStream
from studiod.ports.system import ExactListener, OnMessage

# Neutral on purpose: the ports of another studiod are in the list too, and must match no map.
CLIENT_NAME = "studiod ports"
RETRY_S = 5.0  # a server that refused us, and one that shows no file (PipeWire), are asked again
_SHM = Path("/dev/shm")  # noqa: S108 - jackd's own place
_log = logging.getLogger(__name__)
_WRAP, _HALF = 1 << 32, 1 << 31  # JACK counts frames in 32 bits
_DRIVERS = re.compile(r"[^:]+:midi_(capture|playback)_\d+")
"""Ports of a card that jackd itself serves: what they are called says no box, their alias does."""
NO_SERVER = "no MIDI: no JACK server is running"


class JackMidiSystem:
    """One client lives as long as the server does; the cables to other clients' ports are made and cut by name.

    clock: steady seconds. stir: called from a thread when ports came or left. environment: names the server.
    """

    def __init__(
        self, clock: Callable[[], float], stir: Callable[[], None], *, environment: Mapping[str, str], shm: Path = _SHM
    ) -> None:
        self._clock = clock
        self._stir = stir
        self._server = environment.get("JACK_DEFAULT_SERVER", "")
        self._shm = shm
        self._client: JackMidi | None = None
        self._bell = -1
        self._reader: threading.Thread | None = None
        self._closing = threading.Event()
        self._inputs: dict[int, JackInput] = {}
        self._came: dict[str, int] = {}
        self._boxes: dict[str, str] = {}  # what a box is called -> the port, where the two differ
        self._lives = 0
        self._mark = ""
        self._next_try = float("-inf")
        self._refusal = NO_SERVER

    @property
    def api(self) -> str:
        """`jack` while a server is there."""
        return "" if self._client is None else "jack"

    def names(self) -> PortNames:
        """What is there now, without our own ports. Raises PortsUnavailable."""
        client = self._open()
        came = client.came()
        sources, targets = _foreign(client.sources()), _foreign(client.targets())
        self._boxes = _boxes(client, (*sources, *targets))
        called = {port: box for box, port in self._boxes.items()}
        names = PortNames(
            tuple(called.get(port, port) for port in sources), tuple(called.get(port, port) for port in targets)
        )
        if client.is_lost:
            self.close()
            raise PortsUnavailable(NO_SERVER)
        present = {*names.inputs, *names.outputs}
        if came is None:
            self._lives += 1
        self._came = {name: times for name, times in self._came.items() if name in present}
        for port in came or ():
            name = called.get(port, port)
            self._came[name] = self._came.get(name, 0) + 1
        return names

    def open_input(self, name: str, on_message: OnMessage) -> "JackInput":
        """Listen to a port; an ExactListener is told the frame of each message. Raises PortGone."""
        client = self._connected()
        port = JackInput(self._boxes.get(name, name), on_message, client.rate_hz)
        try:
            port.begin(client, self._inputs)
        except OSError as fault:
            raise PortGone(f"{name}: would not open: {fault}") from None
        return port

    def open_output(self, name: str) -> "JackOutput":
        """Open a port to speak to. Raises PortGone."""
        try:
            return JackOutput(self._connected(), self._boxes.get(name, name))
        except OSError as fault:
            raise PortGone(f"{name}: would not open: {fault}") from None

    def stamp(self, name: str) -> str:
        """How often a port of this name has come while we looked on, and which one it is now."""
        return f"{self._lives} {self._came.get(name, 0)} {self._boxes.get(name, name)}"

    def usb(self, name: str) -> str:  # noqa: ARG002 - as PortSystem asks
        """Nothing: JACK does not tell."""
        return ""

    def unit(self, name: str) -> UsbUnit:  # noqa: ARG002 - as PortSystem asks
        """Nothing: JACK does not tell."""
        return UsbUnit()

    def kind(self, name: str) -> str:  # noqa: ARG002 - as PortSystem asks
        """MIDI, every one."""
        return MIDI_PORT

    def close(self) -> None:
        """Leave the server; may be called twice."""
        client, self._client = self._client, None
        if client is None:
            return
        client.close()
        self._closing.set()
        os.eventfd_write(self._bell, 1)
        if self._reader is not None:
            self._reader.join()
        os.close(self._bell)
        self._inputs.clear()
        self._came.clear()
        self._lives += 1

    # -- inside ----------------------------------------------------------------------------------------------------

    def _connected(self) -> JackMidi:
        if self._client is None:
            raise PortGone("no MIDI system is open")
        return self._client

    def _open(self) -> JackMidi:
        mark = self._server_mark()
        if self._client is not None and (self._client.is_lost or mark != self._mark):
            self.close()  # the server behind our client is gone: a new one does not know it
        if self._client is None:
            now = self._clock()
            if now < self._next_try and mark == self._mark:
                raise PortsUnavailable(self._refusal)
            self._next_try, self._mark = now + RETRY_S, mark
            bell = os.eventfd(0, os.EFD_CLOEXEC)
            try:
                self._client = JackMidi(CLIENT_NAME, bell, self._server)
            except OSError as fault:
                os.close(bell)
                self._refusal = f"no MIDI: {fault}" if mark else NO_SERVER
                raise PortsUnavailable(self._refusal) from None
            self._bell = bell
            self._closing.clear()
            self._reader = threading.Thread(target=self._read, args=(self._client,), name="jack midi", daemon=True)
            self._reader.start()
        return self._client

    def _server_mark(self) -> str:
        """Differs each time a jackd was started anew; empty when there is none, or it is PipeWire."""
        found = []
        for path in self._shm.glob(f"jack_{self._server or 'default'}_*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append(f"{path.name} {status.st_ino} {status.st_ctime_ns}")
        return " ".join(sorted(found))

    def _read(self, client: JackMidi) -> None:
        """The reader's thread: hands over what JACK's own thread has heard."""
        news, untold = client.news, client.untold
        while not self._closing.is_set():
            os.eventfd_read(self._bell)
            for slot, ear, count, ns, message in client.read():
                port = self._inputs.get(slot)
                if port is not None and port.ear == ear:
                    port.hear(message, count, ns)
            if client.news != news:
                news = client.news
                self._stir()
            if client.untold != untold:
                untold = client.untold
                _log.warning("%d messages were longer than JACK takes, and were dropped", untold)


class JackInput:
    """One port that speaks to us."""

    def __init__(self, name: str, on_message: OnMessage, rate_hz: int) -> None:
        self.ear = 0
        self._name = name
        self._on_message = on_message
        listener: object = on_message
        self._at = listener.at if isinstance(listener, ExactListener) else None
        self._rate_hz = rate_hz
        self._stream = MidiStream()
        self._last: int | None = None
        self._slot = -1
        self._client: JackMidi | None = None
        self._inputs: dict[int, JackInput] = {}

    def begin(self, client: JackMidi, inputs: "dict[int, JackInput]") -> None:
        """Make the cable. Raises OSError."""
        self._slot, self.ear = client.ear()
        inputs[self._slot] = self
        try:
            client.listen(self._slot, self._name)
        except OSError:
            del inputs[self._slot]
            raise
        self._client, self._inputs = client, inputs

    def hear(self, piece: bytes, count: int, ns: int) -> None:
        """What came at JACK's frame `count`, which was at `ns`, CLOCK_MONOTONIC."""
        last, self._last = self._last, count
        since = 0 if last is None else (count - last + _HALF) % _WRAP - _HALF
        for message in self._stream.feed(piece):
            if self._at is not None:
                self._at(message, ns, count)
            else:
                self._on_message(message, since / self._rate_hz)
            since = 0

    def close(self) -> None:
        """Listen no more; may be called twice."""
        client, self._client = self._client, None
        if client is None:
            return
        client.hush(self._slot, self.ear, self._name)
        if self._inputs.get(self._slot) is self:
            del self._inputs[self._slot]


class JackOutput:
    """One port that listens to us. Raises OSError when there is no such port."""

    def __init__(self, client: JackMidi, name: str) -> None:
        self._name = name
        self._slot, self._voice = client.speak_to(name)
        self._client: JackMidi | None = client

    def send(self, message: bytes) -> None:
        """Send one whole message with JACK's next cycle. Raises PortGone."""
        if self._client is None:
            raise PortGone(f"{self._name}: the port is closed")
        try:
            self._client.send(self._slot, self._voice, message)
        except OSError as fault:
            raise PortGone(f"{self._name}: would not take a message: {fault}") from None

    def close(self) -> None:
        """Let it go; may be called twice."""
        client, self._client = self._client, None
        if client is not None:
            client.fall_silent(self._slot, self._voice, self._name)


def _foreign(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not name.startswith(CLIENT_NAME))


def _boxes(client: JackMidi, ports: Iterable[str]) -> dict[str, str]:
    """What boxes are called -> their ports, of those whose port does not say it: BOX:BOX/midi_capture_1, as ALSA would.

    Of two alike one is a `(2)`.
    """
    found: dict[str, str] = {}
    for port in ports:
        alias = client.alias(port) if _DRIVERS.fullmatch(port) else ""
        name = alias.removeprefix("alsa_pcm:")
        if not name:
            continue
        box = f"{name.rpartition('/')[0] or name}:{name}"
        alike = sum(known == box or known.startswith(f"{box}(") for known in found)
        found[f"{box}({alike + 1})" if alike else box] = port
    return found
