"""Ports of the ALSA sequencer through python-rtmidi."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studiod.link.ports import MIDI_PORT, PortGone, PortNames, PortsUnavailable, UsbUnit
from studiod.ports.alsa_cables import AlsaCables
from studiod.ports.hang_up import HangUps
from studiod.ports.midi_stream import MidiStream
from studiod.ports.system import OnMessage

if TYPE_CHECKING:
    import rtmidi

# Neutral on purpose: our own ports are in the lists too, and must match no map.
CLIENT_NAME = "studiod surfaces"
_LISTING_NAME = "studiod ports"
_OWN = (CLIENT_NAME, _LISTING_NAME)
_SND, _CARDS, _SOUND = Path("/dev/snd"), Path("/proc/asound"), Path("/sys/class/sound")
_ALSA_CLIENT = re.compile(r" (\d{1,5}):\d+$")
_FIRST_CARD_CLIENT, _CLIENTS_PER_CARD, _FIRST_PROGRAM_CLIENT = 16, 4, 128
_LOOKS = 8  # in a row; a hub that is pulled takes a dozen ports with it, one after the other
_RETRY_S = 5.0  # a refused open prints lines of alsa-lib's noise; not twice a second
NO_SEQUENCER = "no MIDI: there is no /dev/snd/seq; load snd-seq, or plug a device in"


class RtMidiSystem:
    """One listing client per direction lives as long as the sequencer does.

    clock: steady seconds. snd, cards, sound: where the kernel shows sound cards.
    """

    def __init__(
        self, clock: Callable[[], float], snd: Path = _SND, cards: Path = _CARDS, sound: Path = _SOUND
    ) -> None:
        self._clock = clock
        self._snd = snd
        self._cards = cards
        self._sound = sound
        self._listing: _Listing | None = None
        self._next_try = float("-inf")
        self._refusal = ""
        self._leaving = HangUps(clock)
        self._cables = AlsaCables(cards / "seq" / "clients", CLIENT_NAME)

    @property
    def api(self) -> str:
        """`alsa` while the sequencer is open."""
        return "" if self._listing is None else "alsa"

    @property
    def is_there(self) -> bool:
        """The kernel has a sequencer."""
        return (self._snd / "seq").exists()

    def names(self) -> PortNames:
        """What is there now, without our own ports. Raises PortsUnavailable."""
        self._leaving.sweep()
        listing = self._listen()
        self._cables.look()
        try:
            inputs, outputs = (listed(way.get_ports) for way in (listing.midi_in, listing.midi_out))
        except (OSError, ValueError) as fault:
            self.close()
            raise PortsUnavailable(f"alsa MIDI: cannot list ports: {_one_line(fault)}") from None
        self._cables.keep({*inputs, *outputs})
        return PortNames(_foreign(inputs), _foreign(outputs))

    def open_input(self, name: str, on_message: OnMessage) -> "RtMidiInput":
        """Listen to a port. Raises PortGone."""
        self._must_be_open()
        try:
            port = RtMidiInput(name, on_message, self._leaving)
        except (OSError, ValueError) as fault:
            raise PortGone(f"{name}: would not open: {_one_line(fault)}") from None
        self._cables.lay(name, "in", port)
        return port

    def open_output(self, name: str) -> "RtMidiOutput":
        """Open a port to speak to. Raises PortGone."""
        self._must_be_open()
        try:
            port = RtMidiOutput(name)
        except (OSError, ValueError) as fault:
            raise PortGone(f"{name}: would not open: {_one_line(fault)}") from None
        self._cables.lay(name, "out", port)
        return port

    def stamp(self, name: str) -> str:
        """Identity of the sound card behind a port, and how often its cables to us were cut."""
        return f"{card_stamp(name, self._snd)} {self._cables.times_cut(name)}"

    def usb(self, name: str) -> str:
        """Vendor and product of the USB card behind a port; empty for any other."""
        return card_usb(name, self._cards)

    def unit(self, name: str) -> UsbUnit:
        """Serial number and socket of the USB card behind a port; nothing of any other."""
        return card_unit(name, self._sound)

    def kind(self, name: str) -> str:  # noqa: ARG002 - as PortSystem asks
        """MIDI, every one."""
        return MIDI_PORT

    def close(self) -> None:
        """Drop the listing clients; may be called twice."""
        self._leaving.close()
        if self._listing is not None:
            self._listing.close()
            self._listing = None
            self._cables.keep(())

    def _must_be_open(self) -> None:
        if self._listing is None:
            raise PortGone("no MIDI system is open")

    def _listen(self) -> "_Listing":
        mark = self._mark()
        if self._listing is not None and self._listing.mark != mark:
            self.close()
        if self._listing is None:
            self._listing = self._opened(mark)
        return self._listing

    def _mark(self) -> str:
        """Differs when the sequencer is another than before. Raises PortsUnavailable when it is not there for us."""
        path = self._snd / "seq"
        try:
            mark = str(path.stat().st_ino)
        except OSError:
            self.close()
            raise PortsUnavailable(NO_SEQUENCER) from None
        if self._listing is None and not os.access(path, os.R_OK | os.W_OK):
            raise PortsUnavailable(f"no MIDI: not allowed to open {path}; add the user of studiod to the group audio")
        return mark

    def _opened(self, mark: str) -> "_Listing":
        now = self._clock()
        if now < self._next_try:
            raise PortsUnavailable(self._refusal)
        try:
            return _Listing(mark)
        except ImportError as fault:  # it needs the system's libasound
            self._refusal = f"python-rtmidi does not load: {_one_line(fault)}; install libasound2"
        except OSError as fault:
            self._refusal = f"no MIDI: alsa: {_one_line(fault)}"
        self._next_try = now + _RETRY_S
        raise PortsUnavailable(self._refusal)


class _Listing:
    """The two clients that only list."""

    def __init__(self, mark: str) -> None:
        import rtmidi  # noqa: PLC0415 - needs the system's libasound, which may be missing

        self.mark = mark
        self.midi_in: rtmidi.MidiIn = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name=_LISTING_NAME)
        self.midi_out: rtmidi.MidiOut = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name=_LISTING_NAME)

    def close(self) -> None:
        self.midi_in.delete()
        self.midi_out.delete()


class RtMidiInput:
    """One port that speaks to us; rtmidi wants a client for each. Raises OSError, or ValueError when it is gone."""

    def __init__(self, name: str, on_message: OnMessage, leaving: HangUps) -> None:
        import rtmidi  # noqa: PLC0415

        stream = MidiStream()  # rtmidi pastes what follows half a sysex to it

        def on_midi(event: tuple[list[int], float], _: object) -> None:
            since_last_s = event[1]
            for message in stream.feed(bytes(event[0])):
                on_message(message, since_last_s)  # rtmidi's thread: hand over and leave
                since_last_s = 0.0

        self._leaving = leaving
        self._in: rtmidi.MidiIn | None = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name=CLIENT_NAME)
        try:
            self._in.ignore_types(sysex=False, timing=False, active_sense=True)
            self._in.set_callback(on_midi)
            _open(self._in, name, "in")
        except BaseException:
            self.close()
            raise

    @property
    def is_open(self) -> bool:
        """Not closed yet."""
        return self._in is not None

    def close(self) -> None:
        """Listen no more; may be called twice."""
        midi_in, self._in = self._in, None
        if midi_in is not None:
            self._leaving.add(midi_in)


class RtMidiOutput:
    """One port that listens to us. Raises OSError, or ValueError when it is gone."""

    def __init__(self, name: str) -> None:
        import rtmidi  # noqa: PLC0415

        self._name = name
        self._out: rtmidi.MidiOut | None = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name=CLIENT_NAME)
        try:
            _open(self._out, name, "out")
        except BaseException:
            self.close()
            raise

    @property
    def is_open(self) -> bool:
        """Not closed yet."""
        return self._out is not None

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


def _open(client: "rtmidi.MidiIn | rtmidi.MidiOut", name: str, own_name: str) -> None:
    """Open the port called `name`. rtmidi counts ports: when one left meanwhile, the number meant another.

    Raises ValueError, OSError.
    """
    number = listed(client.get_ports).index(name)
    client.open_port(number, own_name)
    if listed(client.get_ports)[number : number + 1] != [name]:
        raise ValueError("the ports changed while it was opened")


def listed(get_ports: Callable[[], list[str]]) -> list[str]:
    """What `get_ports` says twice in a row, or last of all while ports come and go without a pause.

    rtmidi counts ports, then asks for names: one that leaves in between is a ValueError, one that comes in between
    pushes the last out of the list, which is there all the while. Raises ValueError when ports left at each of some
    looks, or a name cannot be read.
    """
    before: list[str] | None = None
    for _ in range(_LOOKS):
        try:
            names = get_ports()
        except ValueError:
            before = None
            continue
        if names == before:
            return names
        before = names
    return get_ports()


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


def card_unit(name: str, sound: Path) -> UsbUnit:
    """Serial number and socket of the USB device behind ALSA port `name`, as /sys/class/sound (`sound`) has them."""
    card = card_of(name)
    if card is None:
        return UsbUnit()
    device = (sound / f"card{card}" / "device").resolve().parent  # a card is one of the interfaces of its device
    bus, path = _read(device / "busnum"), _read(device / "devpath")
    return UsbUnit(_read(device / "serial"), f"{bus}-{path}" if bus and path else "")


def _read(path: Path) -> str:
    """A line of the kernel's, or nothing."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _foreign(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not name.startswith(_OWN))


def _one_line(fault: BaseException) -> str:
    return " ".join(str(fault).split()) or type(fault).__name__
