"""A box on a line whose protocol nobody has said: it is listened to, and asked, until it is known."""

from collections.abc import Callable, Iterable

from studiod.desk.hub import Change
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.models import Box, NamedBox
from studiod.surfaces.serial.detect import ASK_S, Detector
from studiod.surfaces.surface import Surface


class AutoBox:
    """A box that finds out what it is, and is that from then on, until the line is closed.

    make: a box of a protocol. clock: seconds, steady.
    """

    def __init__(self, name: str, make: Callable[[str], Box], *, clock: Callable[[], float]) -> None:
        self.name = name
        self._make = make
        self._clock = clock
        self._boxes: dict[str, Box] = {}  # by protocol: the window on the strips survives the line
        self._box: Box | None = None
        self._detector: Detector | None = None
        self._sends: tuple[Callable[[bytes], None], ...] = ()

    @property
    def maker(self) -> str:
        """Who made it."""
        return self._box.maker if self._box is not None else ""

    @property
    def model(self) -> str:
        """What its maker calls it."""
        return self._box.model if self._box is not None else ""

    @property
    def note(self) -> str:
        """That nobody knows yet what it speaks, or what a person should know about it."""
        if self._detector is not None:
            return "nobody knows yet what is spoken there; protocol: in the configuration says it"
        return self._box.note if self._box is not None else ""

    @property
    def first_strip(self) -> int:
        """As of the box that it is."""
        return self._box.first_strip if self._box is not None else 0

    @property
    def surface(self) -> Surface | None:
        """As of the box that it is."""
        box: object = self._box
        return box.surface if isinstance(box, NamedBox) else None

    @property
    def map(self) -> SurfaceMap | None:
        """As of the box that it is."""
        box: object = self._box
        return box.map if isinstance(box, NamedBox) else None

    @property
    def has_readings(self) -> bool:
        """As of the box that it is."""
        return self._box is not None and self._box.has_readings

    def attach(self, *sends: Callable[[bytes], None]) -> None:
        """The line is open: ask what is spoken."""
        self.detach()
        self._sends, self._detector = sends, Detector()
        self._ask()

    def detach(self) -> None:
        """The line is closed."""
        if self._box is not None:
            self._box.detach()
        self._box = self._detector = None
        self._sends = ()

    def dismiss(self) -> None:
        """Switch everything off and let the box go. Raises what `send` raises."""
        if self._box is not None:
            self._box.dismiss()
        self.detach()

    def receive(self, message: bytes, port: int = 0, *, may_wait: bool = False) -> list[Exception]:
        """Bytes as they came; see Box. What is heard before the protocol is known is lost: the box is asked anew."""
        if self._box is not None:
            return self._box.receive(message, port, may_wait=may_wait)
        protocol = self._detector.hear(message) if self._detector is not None else None
        if protocol is not None:
            self._detector = None
            if protocol not in self._boxes:
                self._boxes[protocol] = self._make(protocol)
            self._box = self._boxes[protocol]
            try:
                self._box.attach(*self._sends)
            except Exception as fault:  # noqa: BLE001 - `receive` raises nothing; `drain` will, when the line is gone
                return [fault]
        return []

    def settle(self) -> list[Exception]:
        """Do the moves that were noted; returns as `receive`."""
        return self._box.settle() if self._box is not None else []

    def due(self) -> list[Exception]:
        """Do what is due by now; returns as `receive`."""
        return self._box.due() if self._box is not None else []

    def on_changes(self, changes: Iterable[Change]) -> None:
        """What is different on the desk since the last turn."""
        if self._box is not None:
            self._box.on_changes(changes)

    def read(self) -> None:
        """Show what the meters read now."""
        if self._box is not None:
            self._box.read()

    def heal(self) -> None:
        """Tell one thing once more what it shows."""
        if self._box is not None:
            self._box.heal()

    def drain(self) -> float | None:
        """Say what is to be said; seconds until there is more. Raises what `send` raises."""
        if self._box is not None:
            return self._box.drain()
        if self._detector is None:
            return None
        self._ask()
        return ASK_S

    def _ask(self) -> None:
        if self._detector is not None and self._sends:
            asked = self._detector.say(self._clock())
            if asked:
                self._sends[0](asked)
