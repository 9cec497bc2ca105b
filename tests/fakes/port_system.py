"""A MIDI system in memory: ports are plugged in and out by hand, and keep what was sent to them."""

from studiod.link.ports import MIDI_PORT, PortGone, PortNames, PortsUnavailable, UsbUnit
from studiod.ports.system import OnMessage


class MemoryInput:
    """One port that is listened to."""

    def __init__(self, on_message: OnMessage) -> None:
        self.on_message = on_message
        self.is_open = True

    def close(self) -> None:
        """Listen no more."""
        self.is_open = False


class MemoryOutput:
    """One port that is spoken to."""

    def __init__(self, system: "MemorySystem", name: str) -> None:
        self._system = system
        self._name = name
        self.is_open = True

    def send(self, message: bytes) -> None:
        """Keep the message. Raises PortGone when nothing is plugged in, or the port is broken."""
        if self._name not in self._system.plugged or self._name in self._system.broken:
            raise PortGone(f"{self._name}: would not take a message: broken pipe")
        self._system.sent.append((self._name, message))

    def close(self) -> None:
        """Let it go."""
        self.is_open = False


class MemorySystem:
    """Ports carry one name for both directions, as ALSA's do."""

    api = "alsa"

    def __init__(self) -> None:
        self.plugged: dict[str, int] = {}
        """Name -> how often something was plugged in there."""
        self.kinds: dict[str, str] = {}
        """Ports that speak something else than MIDI."""
        self.broken: set[str] = set()
        """Ports that refuse to open, and to take a message."""
        self.outage = ""
        self.inputs: dict[str, MemoryInput] = {}
        self.outputs: list[MemoryOutput] = []
        self.sent: list[tuple[str, bytes]] = []
        self.is_closed = False
        self._plugs = 0

    def plug(self, name: str) -> None:
        """Plug something in."""
        self._plugs += 1
        self.plugged[name] = self._plugs

    def unplug(self, name: str) -> None:
        """Pull it out. Nobody is told."""
        del self.plugged[name]

    def play(self, name: str, message: bytes, since_last_s: float = 0.0) -> None:
        """The box says something, if it is listened to."""
        port = self.inputs.get(name)
        if port is not None and port.is_open:
            port.on_message(message, since_last_s)

    def names(self) -> PortNames:
        """What is there now."""
        if self.outage:
            raise PortsUnavailable(self.outage)
        return PortNames(tuple(self.plugged), tuple(self.plugged))

    def open_input(self, name: str, on_message: OnMessage) -> MemoryInput:
        """Listen to a port."""
        self._refuse(name)
        self.inputs[name] = MemoryInput(on_message)
        return self.inputs[name]

    def open_output(self, name: str) -> MemoryOutput:
        """Open a port to speak to."""
        self._refuse(name)
        self.outputs.append(MemoryOutput(self, name))
        return self.outputs[-1]

    def stamp(self, name: str) -> str:
        """Which of those plugged in there it is."""
        return str(self.plugged.get(name, ""))

    def usb(self, name: str) -> str:
        """A made-up device for each."""
        return f"0000:{len(name):04x}"

    def unit(self, name: str) -> UsbUnit:
        """A made-up device for each."""
        return UsbUnit(f"serial {name}", f"1-{len(name)}")

    def kind(self, name: str) -> str:
        """What the port was plugged in as."""
        return self.kinds.get(name, MIDI_PORT)

    def close(self) -> None:
        """Stop listing."""
        self.is_closed = True

    def _refuse(self, name: str) -> None:
        if name not in self.plugged or name in self.broken:
            raise PortGone(f"{name}: would not open: busy")
