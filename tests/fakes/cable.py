"""A box in software behind real MIDI ports."""

import threading
from collections.abc import Callable
from typing import Protocol

import rtmidi

from studiod.ports.hang_up import LAST_CALL_S, hang_up


class SoftBox(Protocol):
    """What can be plugged in."""

    emit: Callable[[bytes], None]

    def power_on(self) -> None:
        """Switch it on, or off and on."""
        ...

    def receive(self, message: bytes) -> None:
        """A message from the computer."""
        ...


class Cable:
    """A box behind virtual ports of that name, of JACK or of another rtmidi API, in and out of its socket.

    last_call_s: how long a callback that has begun may take, on this machine.
    """

    def __init__(
        self, box: SoftBox, name: str, api: int = rtmidi.API_UNIX_JACK, last_call_s: float = LAST_CALL_S
    ) -> None:
        self._box = box
        self._name = name
        self._api = api
        self._last_call_s = last_call_s
        self._ports: list[rtmidi.MidiIn | rtmidi.MidiOut] = []
        self._one_at_a_time = threading.Lock()  # its ring has one writer; hand and answers come from two threads

    def plug(self) -> None:
        """Power the box and show its ports."""
        self._box.power_on()
        midi_out = rtmidi.MidiOut(self._api, name=self._name)
        midi_in = rtmidi.MidiIn(self._api, name=self._name)
        midi_in.ignore_types(sysex=False)
        midi_in.set_callback(lambda event, _: self._box.receive(bytes(event[0])))
        midi_out.open_virtual_port(f"{self._name} MIDI 1")
        midi_in.open_virtual_port(f"{self._name} MIDI 1")

        def emit(message: bytes) -> None:
            with self._one_at_a_time:
                midi_out.send_message(message)

        self._box.emit = emit
        self._ports = [midi_in, midi_out]

    def unplug(self) -> None:
        """Pull the box out."""
        self._box.emit = lambda _: None
        for port in self._ports:
            if isinstance(port, rtmidi.MidiIn):
                hang_up(port, self._last_call_s)
            else:
                port.delete()
        self._ports = []
