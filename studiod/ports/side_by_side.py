"""Several systems of ports as one: MIDI, serial lines, pins. What befalls one disturbs no other."""

from collections.abc import Sequence

from studiod.link.ports import PortGone, PortNames, PortsUnavailable, UsbUnit
from studiod.ports.system import InputPort, OnMessage, OutputPort, PortSystem


class SideBySide:
    """The ports of all `systems`, in their order. Where two have a port of one name, the first one's counts."""

    def __init__(self, systems: Sequence[PortSystem]) -> None:
        self._systems = tuple(systems)
        self._owners: dict[str, PortSystem] = {}

    @property
    def api(self) -> str:
        """The first that says which one it is."""
        return next((system.api for system in self._systems if system.api), "")

    def names(self) -> PortNames:
        """What is there now; a system that is not is a sentence in `fault`. Never raises."""
        inputs: list[str] = []
        outputs: list[str] = []
        faults: list[str] = []
        owners: dict[str, PortSystem] = {}
        for system in self._systems:
            try:
                names = system.names()
            except PortsUnavailable as unavailable:
                faults.append(str(unavailable))
                continue
            if names.fault:
                faults.append(names.fault)
            for name in (*names.inputs, *names.outputs):
                owners.setdefault(name, system)
            inputs += [name for name in names.inputs if owners[name] is system]
            outputs += [name for name in names.outputs if owners[name] is system]
        self._owners = owners
        return PortNames(tuple(inputs), tuple(outputs), fault="; ".join(faults))

    def open_input(self, name: str, on_message: OnMessage) -> InputPort:
        """Listen to a port. Raises PortGone."""
        return self._owner(name).open_input(name, on_message)

    def open_output(self, name: str) -> OutputPort:
        """Open a port to speak to. Raises PortGone."""
        return self._owner(name).open_output(name)

    def stamp(self, name: str) -> str:
        """Which of those plugged in there it is; empty for one that left."""
        owner = self._owners.get(name)
        return "" if owner is None else owner.stamp(name)

    def usb(self, name: str) -> str:
        """Vendor and product of the USB device behind it; empty where that is not known."""
        return self._owner(name).usb(name)

    def unit(self, name: str) -> UsbUnit:
        """Which device of several alike is behind it."""
        return self._owner(name).unit(name)

    def kind(self, name: str) -> str:
        """What is spoken on it."""
        return self._owner(name).kind(name)

    def close(self) -> None:
        """Close every one; may be called twice."""
        for system in self._systems:
            system.close()

    def _owner(self, name: str) -> PortSystem:
        owner = self._owners.get(name)
        if owner is None:
            raise PortGone(f"{name}: is not there any more")
        return owner
