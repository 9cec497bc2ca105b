"""Serial devices: found by the names udev gives them, opened for us alone, missed within a poll."""

import fnmatch
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studiod.link.ports import MIDI_PORT, PortGone, PortNames, UsbUnit
from studiod.ports.boot import BootNoise
from studiod.ports.midi_stream import MidiStream
from studiod.ports.serial_line import SerialLine
from studiod.ports.system import OnMessage

DEV = Path("/dev")
_FOLDERS = ("serial/by-id", "serial/by-path")  # a name that stays, before one that depends on the socket
_PLAIN = ("ttyACM*", "ttyUSB*", "ttyAMA*", "ttyS*")


BAUD: Mapping[str, int] = {
    "auto": 115_200,
    "studiod": 115_200,
    "deej": 9_600,
    "firmata": 57_600,
    "slip-osc": 115_200,
    MIDI_PORT: 31_250,
}
"""What is usual for each protocol. Boards with USB of their own take any."""


@dataclass(frozen=True, slots=True)
class WantedLine:
    """What the configuration says of one device, or of all of one kind."""

    port: str
    """A path, or a pattern (`*`, `?`) for names in /dev/serial/by-id, in /dev/serial/by-path, or of ttys."""
    protocol: str
    """midi: whole messages come out. Any other: bytes as they are."""
    baud: int


@dataclass(slots=True, eq=False)
class _Place:
    """One device that was found."""

    wanted: WantedLine
    line: SerialLine | None = None
    on_message: OnMessage | None = None
    speaks: bool = False
    times_lost: int = 0


class SerialSystem:
    """The devices that `wanted` names; no other is ever touched.

    clock: steady seconds. dev: where devices are.
    """

    api = ""

    def __init__(self, wanted: Sequence[WantedLine], clock: Callable[[], float], dev: Path = DEV) -> None:
        self._wanted = tuple(wanted)
        self._clock = clock
        self._dev = dev
        self._places: dict[str, _Place] = {}

    def names(self) -> PortNames:
        """Paths of what is there now; each device once, for the first line that wants it."""
        found: dict[str, WantedLine] = {}
        devices: set[Path] = set()
        for wanted in self._wanted:
            for path in self._matching(wanted.port):
                device = path.resolve()
                if device not in devices and _is_device(device):
                    devices.add(device)
                    found[str(path)] = wanted
        for name in [name for name in self._places if name not in found]:
            self._shut(self._places.pop(name))
        for name, wanted in found.items():
            self._places.setdefault(name, _Place(wanted))
        return PortNames(tuple(found), tuple(found))

    def open_input(self, name: str, on_message: OnMessage) -> "SerialInput":
        """Listen to a device. Raises PortGone."""
        place = self._place(name)
        place.on_message = on_message
        try:
            self._line(name, place)
        except PortGone:
            place.on_message = None
            raise
        return SerialInput(self, place)

    def open_output(self, name: str) -> "SerialOutput":
        """Open a device to speak to. Raises PortGone."""
        place = self._place(name)
        line = self._line(name, place)
        line.forgive()
        place.speaks = True
        return SerialOutput(self, place, line)

    def stamp(self, name: str) -> str:
        """Differs when the device is another, may be used by others than before, or was lost while it was open."""
        try:
            status = Path(name).stat()
        except OSError:
            return ""
        place = self._places.get(name)
        lost = 0 if place is None else place.times_lost
        return f"{status.st_rdev} {status.st_ino} {status.st_mode:o} {status.st_uid} {status.st_gid} {lost}"

    def usb(self, name: str) -> str:
        """Vendor and product of the USB device behind it; empty for any other."""
        tty = self._dev.parent / "sys/class/tty" / Path(name).resolve().name / "device"
        for folder in (tty.resolve(), *tty.resolve().parents):
            try:
                return ":".join((folder / word).read_text("ascii").strip() for word in ("idVendor", "idProduct"))
            except (OSError, UnicodeDecodeError):
                continue
        return ""

    def unit(self, name: str) -> UsbUnit:  # noqa: ARG002 - as PortSystem asks
        """Nothing more: the name of a line tells its device."""
        return UsbUnit()

    def kind(self, name: str) -> str:
        """The protocol it is configured for."""
        return self._place(name).wanted.protocol

    def close(self) -> None:
        """Let every device go; may be called twice."""
        for place in self._places.values():
            self._shut(place)
        self._places.clear()

    # -- for the ports -----------------------------------------------------------------------------------------------

    def let_go(self, place: _Place) -> None:
        """Close the device when nobody listens and nobody speaks."""
        if place.on_message is None and not place.speaks:
            self._shut(place)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _matching(self, port: str) -> Iterable[Path]:
        if port.startswith("/") and not any(letter in port for letter in "*?["):
            return [Path(port)] if Path(port).exists() else []
        folders = [(self._dev / folder, ("*",)) for folder in _FOLDERS] + [(self._dev, _PLAIN)]
        return [
            path
            for folder, plain in folders
            for pattern in plain
            for path in sorted(folder.glob(pattern))
            if fnmatch.fnmatchcase(path.name, port) or fnmatch.fnmatchcase(str(path), port)
        ]

    def _place(self, name: str) -> _Place:
        place = self._places.get(name)
        if place is None:
            raise PortGone(f"{name}: is not there any more")
        return place

    def _line(self, name: str, place: _Place) -> SerialLine:
        if place.line is None:
            is_midi = place.wanted.protocol == MIDI_PORT
            hear = self._midi(place) if is_midi else self._bytes(place)

            def lost() -> None:
                place.times_lost += 1

            place.line = SerialLine(name, place.wanted.baud, hear, lost, gather=not is_midi)
        return place.line

    def _bytes(self, place: _Place) -> Callable[[bytes], None]:
        last_s = self._clock()

        def hear(piece: bytes) -> None:
            nonlocal last_s
            now_s = self._clock()
            since_s, last_s = now_s - last_s, now_s
            if place.on_message is not None:
                place.on_message(piece, since_s)

        return hear

    def _midi(self, place: _Place) -> Callable[[bytes], None]:
        stream, boot = MidiStream(), BootNoise(self._clock())
        last_s = self._clock()

        def hear(piece: bytes) -> None:
            nonlocal last_s
            now_s = self._clock()
            if boot.is_noise(now_s):
                return
            for message in stream.feed(piece):
                since_s, last_s = now_s - last_s, now_s
                if place.on_message is not None:
                    place.on_message(message, since_s)

        return hear

    @staticmethod
    def _shut(place: _Place) -> None:
        line, place.line = place.line, None
        place.on_message, place.speaks = None, False
        if line is not None:
            line.close()


class SerialInput:
    """A device that is listened to."""

    def __init__(self, system: SerialSystem, place: _Place) -> None:
        self._system = system
        self._place: _Place | None = place

    def close(self) -> None:
        """Listen no more; may be called twice."""
        place, self._place = self._place, None
        if place is not None:
            place.on_message = None
            self._system.let_go(place)


class SerialOutput:
    """A device that is spoken to."""

    def __init__(self, system: SerialSystem, place: _Place, line: SerialLine) -> None:
        self._system = system
        self._place: _Place | None = place
        self._line = line

    def send(self, message: bytes) -> None:
        """Have `message` written soon. Raises PortGone."""
        self._line.send(message)

    def close(self) -> None:
        """Let it go; may be called twice."""
        place, self._place = self._place, None
        if place is not None:
            place.speaks = False
            self._system.let_go(place)


def _is_device(path: Path) -> bool:
    try:
        return stat.S_ISCHR(path.stat().st_mode)
    except OSError:
        return False
