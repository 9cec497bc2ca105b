"""Ports of ALSA or JACK through python-rtmidi."""

import contextlib
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from studiod.link.ports import MIDI_PORT, PortGone, PortNames, PortsUnavailable
from studiod.ports.system import OnMessage

if TYPE_CHECKING:
    import rtmidi

Api = Literal["auto", "alsa", "jack"]
# Neutral on purpose: our own ports are in the lists too, and must match no map.
CLIENT_NAME = "studiod surfaces"
_LISTING_NAME = "studiod ports"
_OWN = (CLIENT_NAME, _LISTING_NAME)
_SND, _CARDS = Path("/dev/snd"), Path("/proc/asound")
_ALSA_CLIENT = re.compile(r" (\d{1,5}):\d+$")
_FIRST_CARD_CLIENT, _CLIENTS_PER_CARD, _FIRST_PROGRAM_CLIENT = 16, 4, 128
# delete() holds the interpreter while JACK ends its thread: one that waits in our callback would wait for ever
_LAST_CALL_S = 0.02
_RETRY_S = 5.0  # a refused open prints lines of libjack and alsa-lib noise; not twice a second


class RtMidiSystem:
    """One listing client per direction lives as long as the MIDI system does.

    `auto` takes ALSA where there is a sequencer, else JACK; never both, because one box seen twice would answer each
    button twice. clock: steady seconds.
    """

    def __init__(self, clock: Callable[[], float], api: Api = "auto", *, environment: Mapping[str, str]) -> None:
        self._clock = clock
        self._api = api
        self._jack_server = environment.get("JACK_DEFAULT_SERVER", "default")
        self._listing: _Listing | None = None
        self._next_try = float("-inf")
        self._refusal = ""

    @property
    def api(self) -> str:
        """Which one it is, alsa or jack; empty while none is open."""
        return "" if self._listing is None else self._listing.api

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

    def open_input(self, name: str, on_message: OnMessage) -> "RtMidiInput":
        """Listen to a port. Raises PortGone."""
        try:
            return RtMidiInput(self._open_api(), name, on_message)
        except (OSError, ValueError) as fault:
            raise PortGone(f"{name}: would not open: {_one_line(fault)}") from None

    def open_output(self, name: str) -> "RtMidiOutput":
        """Open a port to speak to. Raises PortGone."""
        try:
            return RtMidiOutput(self._open_api(), name)
        except (OSError, ValueError) as fault:
            raise PortGone(f"{name}: would not open: {_one_line(fault)}") from None

    def stamp(self, name: str) -> str:
        """Identity of the sound card behind an ALSA port; empty for JACK, whose new clients have new connections."""
        return card_stamp(name, _SND) if self.api == "alsa" else ""

    def usb(self, name: str) -> str:
        """Vendor and product of the USB card behind an ALSA port; empty for any other."""
        return card_usb(name, _CARDS) if self.api == "alsa" else ""

    def kind(self, name: str) -> str:  # noqa: ARG002 - as PortSystem asks
        """MIDI, every one."""
        return MIDI_PORT

    def close(self) -> None:
        """Drop the listing clients; may be called twice."""
        if self._listing is not None:
            self._listing.close()
            self._listing = None

    def _open_api(self) -> int:
        if self._listing is None:
            raise PortGone("no MIDI system is open")
        return self._listing.rtmidi_api

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


class RtMidiInput:
    """One port that speaks to us; rtmidi wants a client for each. Raises OSError, or ValueError when it is gone."""

    def __init__(self, rtmidi_api: int, name: str, on_message: OnMessage) -> None:
        import rtmidi  # noqa: PLC0415

        def on_midi(event: tuple[list[int], float], _: object) -> None:
            on_message(bytes(event[0]), event[1])  # rtmidi's thread: hand over and leave

        self._in: rtmidi.MidiIn | None = rtmidi.MidiIn(rtmidi_api, name=CLIENT_NAME)
        try:
            self._in.ignore_types(sysex=False, timing=False, active_sense=True)
            self._in.set_callback(on_midi)
            _open(self._in, name, "in")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Listen no more; may be called twice."""
        midi_in, self._in = self._in, None
        if midi_in is not None:
            midi_in.cancel_callback()
            time.sleep(_LAST_CALL_S)
            midi_in.delete()


class RtMidiOutput:
    """One port that listens to us. Raises OSError, or ValueError when it is gone."""

    def __init__(self, rtmidi_api: int, name: str) -> None:
        import rtmidi  # noqa: PLC0415

        self._name = name
        self._out: rtmidi.MidiOut | None = rtmidi.MidiOut(rtmidi_api, name=CLIENT_NAME)
        try:
            _open(self._out, name, "out")
        except BaseException:
            self.close()
            raise

    def send(self, message: bytes) -> None:
        """Send one whole message. Raises PortGone."""
        if self._out is None:
            raise PortGone(f"{self._name}: the port is closed")
        try:
            self._out.send_message(message)
        except (OSError, ValueError) as fault:
            raise PortGone(f"{self._name}: would not take a message: {_one_line(fault)}") from None

    def close(self) -> None:
        """Let it go; may be called twice."""
        midi_out, self._out = self._out, None
        if midi_out is not None:
            midi_out.delete()


_NOTHING = {
    "auto": "no MIDI: there is no /dev/snd/seq (load snd-seq, or plug a device in) and no JACK server",
    "alsa": "no MIDI: there is no /dev/snd/seq; load snd-seq, or plug a device in",
    "jack": "no MIDI: no JACK server is running",
}


def _open(client: "rtmidi.MidiIn | rtmidi.MidiOut", name: str, own_name: str) -> None:
    """Open the port called `name`. rtmidi counts ports: when one left meanwhile, the number meant another.

    Raises ValueError, OSError.
    """
    number = client.get_ports().index(name)
    client.open_port(number, own_name)
    if client.get_ports()[number : number + 1] != [name]:
        raise ValueError("the ports changed while it was opened")


def card_of(name: str) -> int | None:
    """Number of the card behind ALSA port `name` (`... 20:0`); None for ports of programs.

    The sequencer numbers a card's clients from 16 in fours (SNDRV_SEQ_GLOBAL_CLIENTS, _CLIENTS_PER_CARD), programs'
    from 128.
    """
    found = _ALSA_CLIENT.search(name)
    if found is None or not _FIRST_CARD_CLIENT <= int(found[1]) < _FIRST_PROGRAM_CLIENT:
        return None
    return (int(found[1]) - _FIRST_CARD_CLIENT) // _CLIENTS_PER_CARD


def card_stamp(name: str, snd: Path) -> str:
    """Identity of the card behind ALSA port `name`: the inode of its control node in folder `snd`.

    A box that bounces keeps its name; its node is made anew. Empty for ports of programs.
    """
    card = card_of(name)
    if card is None:
        return ""
    try:
        return str((snd / f"controlC{card}").stat().st_ino)
    except OSError:
        return ""


def card_usb(name: str, cards: Path) -> str:
    """What /proc/asound (`cards`) says of the USB device behind ALSA port `name`, such as 0944:0117; or nothing."""
    card = card_of(name)
    try:
        return "" if card is None else (cards / f"card{card}" / "usbid").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _foreign(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not name.startswith(_OWN))


def _one_line(fault: BaseException) -> str:
    return " ".join(str(fault).split()) or type(fault).__name__
