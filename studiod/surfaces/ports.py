"""MIDI ports: what is plugged in, and a wire to it. The only part of the surface layer that opens devices."""

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import rtmidi

Api = Literal["auto", "alsa", "jack"]
CallSoon = Callable[[Callable[[bytes], None], bytes], object]
# Neutral on purpose: our own ports are in the lists too, and must match no map.
CLIENT_NAME = "studiod surfaces"
_LISTING_NAME = "studiod ports"
_OWN = (CLIENT_NAME, _LISTING_NAME)
_SND = Path("/dev/snd")
_ALSA_CLIENT = re.compile(r" (\d{1,5}):\d+$")
_FIRST_CARD_CLIENT, _CLIENTS_PER_CARD, _FIRST_PROGRAM_CLIENT = 16, 4, 128
_RETRY_S = 5.0  # a refused open prints lines of libjack and alsa-lib noise; not twice a second


class PortsUnavailable(Exception):  # noqa: N818 - it reads as the fact it reports
    """There is no MIDI system to ask now; the message says which and what would help."""


class PortGone(Exception):  # noqa: N818 - it reads as the fact it reports
    """The port went away, or would not open or take a message."""


@dataclass(frozen=True, slots=True)
class PortNames:
    """What is there now: `inputs` speak to us, `outputs` listen to us. The order is the system's."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Wire(Protocol):
    """One open pair of ports."""

    def send(self, message: bytes) -> None:
        """Send one whole message. Raises PortGone."""
        ...

    def close(self) -> None:
        """Let both ports go; may be called twice."""
        ...


class MidiPorts(Protocol):
    """Where boxes are found."""

    def names(self) -> PortNames:
        """What is there now. Raises PortsUnavailable."""
        ...

    def open(self, input_name: str, output_name: str, on_message: Callable[[bytes], None]) -> Wire:
        """Open a pair; `on_message` gets each whole message, on the caller's loop. Raises PortGone."""
        ...

    def stamp(self, name: str) -> str:
        """Differs when the port of this name is another than before: it left and came back between two looks."""
        ...

    def close(self) -> None:
        """Stop listing; may be called twice."""
        ...


class RtMidiPorts:
    """Ports of ALSA or JACK through python-rtmidi.

    One listing client per direction lives as long as the MIDI system does. `call_soon` is the loop's
    `call_soon_threadsafe`: it is all that the callback thread of rtmidi ever runs. `auto` takes ALSA where there is a
    sequencer, else JACK; never both, because one box seen twice would answer each button twice.
    """

    def __init__(
        self,
        call_soon: CallSoon,
        clock: Callable[[], float],
        api: Api = "auto",
        *,
        environment: Mapping[str, str],
    ) -> None:
        self._call_soon = call_soon
        self._clock = clock
        self._api = api
        self._jack_server = environment.get("JACK_DEFAULT_SERVER", "default")
        self._listing: _Listing | None = None
        self._next_try = float("-inf")
        self._refusal = ""

    def names(self) -> PortNames:
        """What is there now, without our own ports. Raises PortsUnavailable."""
        listing = self._listen()
        try:
            inputs, outputs = listing.midi_in.get_ports(), listing.midi_out.get_ports()
            if not listing.sees_itself(outputs):
                self.close()
                raise PortsUnavailable("JACK MIDI: the server dropped us; trying again")
            return PortNames(_foreign(inputs), _foreign(outputs))
        except (OSError, UnicodeDecodeError) as fault:
            self.close()
            raise PortsUnavailable(f"{listing.api} MIDI: cannot list ports: {_one_line(fault)}") from None

    def open(self, input_name: str, output_name: str, on_message: Callable[[bytes], None]) -> "RtMidiWire":
        """Open a pair of ports. Raises PortGone."""
        listing = self._listing
        if listing is None:
            raise PortGone("no MIDI system is open")
        wire = RtMidiWire(listing.rtmidi_api)
        try:
            wire.open(input_name, output_name, on_message, self._call_soon)
        except (OSError, ValueError) as fault:
            wire.close()
            raise PortGone(f"{input_name}: would not open: {_one_line(fault)}") from None
        return wire

    def stamp(self, name: str) -> str:
        """Identity of the sound card behind an ALSA port; empty for JACK, whose new clients have new connections."""
        return card_stamp(name, _SND) if self._listing is not None and self._listing.api == "alsa" else ""

    def close(self) -> None:
        """Drop the listing clients; may be called twice."""
        if self._listing is not None:
            self._listing.close()
            self._listing = None

    def _listen(self) -> "_Listing":
        marks = {api: mark for api in self._wanted() if (mark := self._mark(api))}
        if self._listing is not None and marks.get(self._listing.api) != self._listing.mark:
            self.close()  # the server behind our clients is gone: a new one does not know them
        if self._listing is None:
            if not marks:
                raise PortsUnavailable(_NOTHING[self._api])
            self._listing = self._first_that_opens(marks)
        return self._listing

    def _wanted(self) -> tuple[str, ...]:
        return ("alsa", "jack") if self._api == "auto" else (self._api,)

    def _mark(self, api: str) -> str:
        """A text that differs each time the system was started anew; empty when it is certainly not there.

        Asking the file system first keeps libjack and alsa-lib from writing noise to stderr at every look.
        """
        pattern = ("/dev/snd", "seq") if api == "alsa" else ("/dev/shm", f"jack_{self._jack_server}_*")  # noqa: S108 - jackd's own place
        found = []
        for path in Path(pattern[0]).glob(pattern[1]):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append(f"{path.name} {status.st_ino} {status.st_ctime_ns if api == 'jack' else ''}")
        return " ".join(sorted(found))

    def _first_that_opens(self, marks: Mapping[str, str]) -> "_Listing":
        now = self._clock()
        if now < self._next_try:
            raise PortsUnavailable(self._refusal)
        try:
            import rtmidi  # noqa: PLC0415 - needs the system's libasound, which may be missing
        except ImportError as fault:
            self._next_try, self._refusal = (
                now + _RETRY_S,
                f"python-rtmidi does not load: {_one_line(fault)}; install libasound2",
            )
            raise PortsUnavailable(self._refusal) from None
        known = {"alsa": rtmidi.API_LINUX_ALSA, "jack": rtmidi.API_UNIX_JACK}
        refusals = []
        for api, mark in marks.items():
            if known[api] not in rtmidi.get_compiled_api():
                refusals.append(f"{api}: this python-rtmidi was built without it")
                continue
            try:
                return _Listing(api, known[api], mark)
            except OSError as fault:
                refusals.append(f"{api}: {_one_line(fault)}")
        self._next_try, self._refusal = now + _RETRY_S, f"no MIDI: {'; '.join(refusals)}"
        raise PortsUnavailable(self._refusal)


class _Listing:
    """The two clients that only list."""

    def __init__(self, api: str, rtmidi_api: int, mark: str) -> None:
        import rtmidi  # noqa: PLC0415

        self.api = api
        self.rtmidi_api = rtmidi_api
        self.mark = mark
        self.midi_in: rtmidi.MidiIn = rtmidi.MidiIn(rtmidi_api, name=_LISTING_NAME)
        self.midi_out: rtmidi.MidiOut = rtmidi.MidiOut(rtmidi_api, name=_LISTING_NAME)
        if api == "jack":
            # a client that JACK threw out lists nothing and says nothing; one that sees this port is alive
            self.midi_in.open_virtual_port("alive")

    def sees_itself(self, outputs: list[str]) -> bool:
        return self.api != "jack" or any(name.startswith(_LISTING_NAME) for name in outputs)

    def close(self) -> None:
        self.midi_in.delete()
        self.midi_out.delete()


class RtMidiWire:
    """One box: a client for each direction, as RtMidi wants it."""

    def __init__(self, rtmidi_api: int) -> None:
        self._api = rtmidi_api
        self._in: rtmidi.MidiIn | None = None
        self._out: rtmidi.MidiOut | None = None

    def open(self, input_name: str, output_name: str, on_message: Callable[[bytes], None], call_soon: CallSoon) -> None:
        """Connect both ports. Raises OSError, or ValueError when a name is not in the list any more."""
        import rtmidi  # noqa: PLC0415

        def on_midi(event: tuple[list[int], float], _: object) -> None:
            # rtmidi's thread: hand over and leave; a loop that is closed needs no messages
            with contextlib.suppress(RuntimeError):
                call_soon(on_message, bytes(event[0]))

        self._in = midi_in = rtmidi.MidiIn(self._api, name=CLIENT_NAME)
        self._out = midi_out = rtmidi.MidiOut(self._api, name=CLIENT_NAME)
        midi_in.ignore_types(sysex=False, timing=True, active_sense=True)
        midi_in.set_callback(on_midi)
        midi_in.open_port(midi_in.get_ports().index(input_name), "in")
        midi_out.open_port(midi_out.get_ports().index(output_name), "out")

    def send(self, message: bytes) -> None:
        """Send one whole message. Raises PortGone."""
        if self._out is None:
            raise PortGone("the port is closed")
        try:
            self._out.send_message(message)
        except (OSError, ValueError) as fault:
            raise PortGone(f"would not take a message: {_one_line(fault)}") from None

    def close(self) -> None:
        """Let both ports go; may be called twice."""
        midi_in, midi_out, self._in, self._out = self._in, self._out, None, None
        if midi_in is not None:
            midi_in.cancel_callback()
            midi_in.delete()
        if midi_out is not None:
            midi_out.delete()


_NOTHING = {
    "auto": "no MIDI: there is no /dev/snd/seq (load snd-seq, or plug a device in) and no JACK server",
    "alsa": "no MIDI: there is no /dev/snd/seq; load snd-seq, or plug a device in",
    "jack": "no MIDI: no JACK server is running",
}


def card_stamp(name: str, snd: Path) -> str:
    """Identity of the card behind ALSA port `name` (`... 20:0`): the inode of its control node in folder `snd`.

    The sequencer numbers a card's clients from 16 in fours (SNDRV_SEQ_GLOBAL_CLIENTS, _CLIENTS_PER_CARD), so a box that
    bounces keeps its name; its node is made anew. Empty for ports of programs, which are numbered from 128.
    """
    found = _ALSA_CLIENT.search(name)
    if found is None or not _FIRST_CARD_CLIENT <= int(found[1]) < _FIRST_PROGRAM_CLIENT:
        return ""
    card = (int(found[1]) - _FIRST_CARD_CLIENT) // _CLIENTS_PER_CARD
    try:
        return str((snd / f"controlC{card}").stat().st_ino)
    except OSError:
        return ""


def _foreign(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not name.startswith(_OWN))


def _one_line(fault: BaseException) -> str:
    return " ".join(str(fault).split()) or type(fault).__name__
