"""What hands do on every input while a control is learnt: ports by their messages, boxes by the names of controls."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from studiod.link.ports import MIDI_PORT, PortGone, PortNames
from studiod.surfaces.base import Hand, Moved, Pressed
from studiod.surfaces.controls import PRESSED_KINDS, Control
from studiod.surfaces.guess import Guess, Guesser, Want
from studiod.surfaces.ports import MidiPorts, Wire

_ENOUGH_MOVES, _ENOUGH_PRESSES = 4, 2
_ENOUGH_WAY = 0.3
_WHOLE_WAY, _STEPS_A_WAY, _PRESSES_A_WAY = 1.0, 40.0, 3.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A control that moved somewhere."""

    input_name: str
    """Its port; empty for a box that tells names."""
    box: str
    """Its box; empty for a port."""
    control: Control | None
    guess: Guess | None
    is_enough: bool
    last_s: float
    rank: int
    activity: float
    rival: Guess | None = None
    """Another control of the same port that moved as much."""
    needs: str = ""


@dataclass(slots=True)
class _Port:
    wire: Wire
    guesser: Guesser
    stamp: str
    is_new: bool = False
    """Something came since it was asked last."""
    heard: Heard | None = None


@dataclass(slots=True)
class _Named:
    control: Control
    count: int = 0
    last_s: float = 0.0
    low: float = 1.0
    high: float = 0.0


@dataclass(slots=True)
class Hearing:
    """Listens to all MIDI inputs beside those who have them open, and steals nothing from them.

    Belongs to the desk's loop. clock: seconds, steady. `look` is to be called now and then: ports come and go.
    """

    ports: MidiPorts
    clock: Callable[[], float]
    want: Want
    lost: str = ""
    """The port that was heard and has been pulled since."""
    flooding: str = ""
    """A port that says so much that nothing can be told apart there."""
    _open: dict[str, _Port] = field(default_factory=dict)
    _named: dict[tuple[str, str], _Named] = field(default_factory=dict)

    def look(self, names: PortNames) -> None:
        """Listen to what came, let go what left."""
        inputs = [name for name in names.inputs if names.kinds.get(name, MIDI_PORT) == MIDI_PORT]
        for name, port in list(self._open.items()):
            if name not in inputs or self.ports.stamp(name) != port.stamp:
                port.wire.close()
                del self._open[name]
                if port.heard is not None:
                    self.lost = name
        for name in inputs:
            if name not in self._open:
                self._listen(name)

    def close(self) -> None:
        """Let every port go; may be called twice."""
        for port in self._open.values():
            port.wire.close()
        self._open.clear()
        self._named.clear()

    def begin_anew(self) -> None:
        """Forget what was heard: another control will be moved."""
        self._named.clear()
        for port in self._open.values():
            port.guesser, port.is_new, port.heard = Guesser(self.want), False, None

    def tell(self, box: str, control: Control, hand: Hand) -> None:
        """A box that knows its controls by name says what was done there."""
        named = self._named.setdefault((box, control.name), _Named(control))
        named.count += 1
        named.last_s = self.clock()
        if isinstance(hand, Moved):
            named.low, named.high = min(named.low, hand.travel), max(named.high, hand.travel)

    def found(self) -> list[Heard]:
        """What moves, the likeliest first."""
        heard = [each for each in (*self._on_ports(), *self._on_boxes()) if each.activity > 0.0]
        return sorted(heard, key=lambda each: (-each.rank, -each.activity))

    def _listen(self, name: str) -> None:
        port: _Port | None = None

        def hear(message: bytes) -> None:
            if port is not None:
                port.guesser.hear(message, self.clock())
                port.is_new = True

        try:
            port = _Port(self.ports.open(name, "", hear), Guesser(self.want), self.ports.stamp(name))
        except PortGone:
            return  # it is tried again at the next look
        self._open[name] = port

    def _on_ports(self) -> Iterator[Heard]:
        for name, port in self._open.items():
            if port.is_new:
                port.is_new = False
                guess = port.guesser.guess()
                port.heard = self._heard(name, guess, port.guesser.rival()) if guess is not None else None
                if port.guesser.is_full and (port.heard is None or port.heard.rival or not port.heard.is_enough):
                    self.flooding, port.heard = name, None  # it is not listened to any more
            if port.heard is not None:
                yield port.heard

    @staticmethod
    def _heard(name: str, guess: Guess, rival: Guess | None) -> Heard:
        return Heard(
            name, "", None, guess, guess.is_enough, guess.last_s, guess.rank, guess.activity, rival, guess.needs
        )

    def _on_boxes(self) -> Iterator[Heard]:
        for (box, _), named in self._named.items():
            way = max(named.high - named.low, 0.0)
            if named.low <= named.high:
                is_enough, activity = named.count >= _ENOUGH_MOVES and way >= _ENOUGH_WAY, way / _WHOLE_WAY
            elif named.control.kind in PRESSED_KINDS:
                is_enough, activity = named.count >= _ENOUGH_PRESSES, named.count / _PRESSES_A_WAY
            else:
                is_enough, activity = named.count >= _ENOUGH_MOVES, named.count / _STEPS_A_WAY
            needs = "" if is_enough else "go on"
            yield Heard("", box, named.control, None, is_enough, named.last_s, 2, activity, None, needs)


def is_of(want: Want, hand: Hand) -> bool:
    """The hand did what such a lesson asks for."""
    return want is Want.EITHER or isinstance(hand, Pressed) is (want is Want.PRESS)
