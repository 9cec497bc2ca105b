"""Pins of a GPIO chip as one port beside the others: it speaks studiod's line protocol, as a board would."""

import contextlib
import select
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studiod.link.ports import PortGone, PortNames, UsbUnit
from studiod.ports.gpio_box import GpioBox, PinControl
from studiod.ports.system import OnMessage

TURN_S = 0.005
KIND = "studiod"


@dataclass(frozen=True, slots=True)
class PinEdge:
    """An input changed."""

    pin: int
    is_low: bool


class PinChip(Protocol):
    """Lines of a chip that are ours: inputs pulled up, outputs low."""

    def fileno(self) -> int:
        """Readable when edges wait."""
        ...

    def edges(self) -> list[PinEdge]:
        """Edges that wait, in order. Raises OSError."""
        ...

    def is_low(self, pin: int) -> bool:
        """How an input stands now. Raises OSError."""
        ...

    def put(self, pin: int, *, high: bool) -> None:
        """Put an output high or low. Raises OSError."""
        ...

    def close(self) -> None:
        """Give the lines back."""
        ...


OpenChip = Callable[[Path, Sequence[int], Sequence[int]], PinChip]
"""Chip, inputs, outputs. Raises PortGone with a sentence."""


class GpioSystem:
    """The pins in `controls` of the chip at `path`. clock: steady seconds."""

    api = ""

    def __init__(
        self, path: Path, controls: Sequence[PinControl], clock: Callable[[], float], open_chip: OpenChip
    ) -> None:
        self._path = path
        self._controls = tuple(controls)
        self._clock = clock
        self._open_chip = open_chip
        self._pins: _Pins | None = None
        self._times_lost = 0

    def names(self) -> PortNames:
        """The chip's path, while it is there."""
        found = (str(self._path),) if self._path.exists() else ()
        return PortNames(found, found)

    def open_input(self, name: str, on_message: OnMessage) -> "GpioPort":
        """Take the pins, and listen. Raises PortGone."""
        self.close()
        box = GpioBox("gpio", self._controls)
        chip = self._open_chip(self._path, box.inputs, box.outputs)
        self._pins = _Pins(chip, box, self._clock, on_message, self._lost)
        return GpioPort(name, self._pins, owns=True)

    def open_output(self, name: str) -> "GpioPort":
        """Speak to the pins that are listened to. Raises PortGone."""
        if self._pins is None:
            raise PortGone(f"{name}: its pins are not open")
        return GpioPort(name, self._pins, owns=False)

    def stamp(self, name: str) -> str:
        """Differs when the pins were lost."""
        del name
        return str(self._times_lost)

    def usb(self, name: str) -> str:  # noqa: ARG002 - as PortSystem asks
        """Nothing: they are the computer's own."""
        return ""

    def unit(self, name: str) -> UsbUnit:  # noqa: ARG002 - as PortSystem asks
        """Nothing: they are the computer's own."""
        return UsbUnit()

    def kind(self, name: str) -> str:  # noqa: ARG002 - as PortSystem asks
        """The line protocol."""
        return KIND

    def close(self) -> None:
        """Give the pins back; may be called twice."""
        pins, self._pins = self._pins, None
        if pins is not None:
            pins.close()

    def _lost(self) -> None:
        self._times_lost += 1


class GpioPort:
    """The pins, as something to listen to or to speak to."""

    def __init__(self, name: str, pins: "_Pins", *, owns: bool) -> None:
        self._name = name
        self._pins = pins
        self._owns = owns

    def send(self, message: bytes) -> None:
        """Whole lines for the box. Raises PortGone."""
        self._pins.hear(self._name, message)

    def close(self) -> None:
        """Let go; may be called twice."""
        if self._owns:
            self._pins.close()


class _Pins:
    """The open chip and a thread that watches it."""

    def __init__(
        self,
        chip: PinChip,
        box: GpioBox,
        clock: Callable[[], float],
        on_message: OnMessage,
        on_lost: Callable[[], None],
    ) -> None:
        self._chip = chip
        self._box = box
        self._clock = clock
        self._on_message = on_message
        self._on_lost = on_lost
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._told_s = clock()
        self._thread = threading.Thread(target=self._run, name="gpio", daemon=True)
        self._thread.start()

    def hear(self, name: str, message: bytes) -> None:
        """Whole lines for the box. Raises PortGone."""
        if not self._thread.is_alive():
            raise PortGone(f"{name}: its pins are gone")
        with self._lock:
            answer, lamps = self._box.hear(message, self._clock())
            try:
                self._light(lamps)
            except OSError as fault:
                raise PortGone(f"{name}: a lamp would not be switched: {fault}") from None
        self._say(answer)

    def close(self) -> None:
        """Lamps off, lines back; may be called twice."""
        if self._ends.is_set():
            return
        self._ends.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            self._light(dict.fromkeys(self._box.outputs, False))
        self._chip.close()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._chip.fileno(), select.POLLIN)
        try:
            with self._lock:
                said = self._box.boot({pin: self._chip.is_low(pin) for pin in self._box.inputs})
            self._say(said)
            while not self._ends.is_set():
                edges = self._chip.edges() if poll.poll(TURN_S * 1000) else []
                with self._lock:
                    now_s = self._clock()
                    said = b"".join(self._box.edge(edge.pin, now_s, is_low=edge.is_low) for edge in edges)
                    rested, lamps = self._box.turn(now_s)
                    self._light(lamps)
                self._say(said + rested)
        except OSError:
            self._on_lost()

    def _light(self, lamps: dict[int, bool]) -> None:
        for pin, high in lamps.items():
            self._chip.put(pin, high=high)

    def _say(self, said: bytes) -> None:
        if said:
            now_s = self._clock()
            since_s, self._told_s = now_s - self._told_s, now_s
            self._on_message(said, since_s)
