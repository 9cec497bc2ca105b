"""Foot-switches by a line of configuration: a button of any port, and what a tap, a hold and a double do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from studiod.model.parameter import Flag, Kind, ParameterSpec, Refused
from studiod.model.registry import Registry
from studiod.surfaces.base import Gesture, Match, Pressed, Released, SurfaceMap
from studiod.surfaces.bindings import Act, Binding, When
from studiod.surfaces.checked_yaml import did_you_mean
from studiod.surfaces.controls import Control, ControlKind, Wire, WireKind
from studiod.surfaces.generic_midi import GenericMidi

HELD = "held"
"""Besides the moments of a press: on while the foot is down."""
_DOWN, _UP = range(64, 128), range(48)  # MIDI 1.0: a switch is on from 64; a pedal that wavers there is left alone
_CC = 0xB0


@dataclass(frozen=True, slots=True)
class Pedal:
    """One switch. Of cc, note and control exactly one is given."""

    port: str
    """Pattern of a MIDI port's name; of a control, of the name of its box."""
    acts: Mapping[str, str]
    """Moment (`press`, `tap`, `hold`, `double`, `held`) -> an address, with its argument or value behind a space."""
    channel: int = 1
    cc: int | None = None
    note: int | None = None
    control: str = ""
    is_closed: bool = False
    """Its contact opens when it is pressed."""

    @property
    def place(self) -> str:
        """What a person calls it."""
        if self.control:
            return f"{self.control} of {self.port}"
        kind, number = ("cc", self.cc) if self.cc is not None else ("note", self.note)
        return f"channel {self.channel} {kind} {number} of {self.port}"


def pedal_maps(pedals: Iterable[Pedal], registry: Registry) -> list[SurfaceMap]:
    """A map for the MIDI pedals of each port: it leaves the port to whoever has it, and listens in."""
    by_port: dict[str, list[Pedal]] = {}
    for pedal in pedals:
        if not pedal.control:
            by_port.setdefault(pedal.port, []).append(pedal)
    return [_map(number, port, several, registry) for number, (port, several) in enumerate(by_port.items(), 1)]


def with_pedals(facts: SurfaceMap, pedals: Sequence[Pedal], registry: Registry) -> SurfaceMap:
    """`facts` of a box whose controls have names, with what the configuration says of its switches."""
    if not pedals:
        return facts
    switches = {each.control: Control(each.control, ControlKind.BUTTON, is_inverted=each.is_closed) for each in pedals}
    acts = {each.control: bindings_of(each, each.control, registry) for each in pedals}
    return replace(facts, controls={**facts.controls, **switches}, bindings={**facts.bindings, **acts})


def pedal_faults(pedals: Iterable[Pedal], registry: Registry) -> tuple[str, ...]:
    """A sentence for each act that this desk has not."""
    found = []
    for pedal in pedals:
        for moment, words in pedal.acts.items():
            try:
                binding("", moment, words, registry)
            except ValueError as fault:
                found.append(f"surfaces.pedals: {moment} of {pedal.place}: {fault}")
    return tuple(found)


def bindings_of(pedal: Pedal, name: str, registry: Registry) -> tuple[Binding, ...]:
    """What `pedal`, as control `name`, does; without what the desk has not."""
    found = []
    for moment, words in pedal.acts.items():
        try:
            found.append(binding(name, moment, words, registry))
        except ValueError:
            continue  # it is told of by `pedal_faults`
    return tuple(found)


def binding(control: str, moment: str, words: str, registry: Registry) -> Binding:
    """`/transport/punch`, `/blackbox/keep 300`, `/strip/1/mute` (flips), `/monitor/source main`.

    Raises ValueError with a sentence.
    """
    address, _, value = words.strip().partition(" ")
    value = value.strip()
    if address not in registry:
        hint = did_you_mean(address, (spec.address for spec in registry))
        raise ValueError(f"{address} is no address of this desk{hint}")
    spec = registry[address]
    when = When.PRESS if moment == HELD else When(moment)
    if moment == HELD:
        if spec.kind is not Kind.TOGGLE or value or Flag.READ_ONLY in spec.flags:
            raise ValueError(f"{address}: allowed a switch, such as /talkback/on")
        return Binding(control, Act.MOMENTARY, address)
    if spec.kind is Kind.TRIGGER:
        return Binding(control, Act.TRIGGER, address, _argument(spec, value), when)
    if not spec.is_numeric or Flag.READ_ONLY in spec.flags:
        raise ValueError(f"{address}: nothing is pressed there")
    if not value:
        if spec.kind is Kind.TOGGLE:
            return Binding(control, Act.TOGGLE, address, when=when)
        raise ValueError(f"{address}: allowed a value behind it: {spec.allowed}")
    try:
        spec.parse(value)
    except Refused as refusal:
        raise ValueError(str(refusal)) from None
    return Binding(control, Act.SET, address, when=when, word=value)


def _argument(spec: ParameterSpec, value: str) -> float | None:
    """What a trigger is fired with. Raises ValueError."""
    if bool(spec.unit) is not bool(value):
        raise ValueError(f"{spec.address}: fires {'without its' if spec.unit else 'with an'} argument: {spec.help}")
    try:
        return float(value) if value else None
    except ValueError:
        raise ValueError(f"{spec.address}: {value} is no number") from None


def _map(number: int, port: str, pedals: Sequence[Pedal], registry: Registry) -> SurfaceMap:
    controls, bindings = dict[str, Control](), dict[str, tuple[Binding, ...]]()
    for place, pedal in enumerate(pedals, 1):
        name = f"foot/{place}"
        wire = (
            Wire(WireKind.CC, pedal.channel, pedal.cc)
            if pedal.cc is not None
            else Wire(WireKind.NOTE, pedal.channel, pedal.note or 0)
        )
        down = range(1, 128) if pedal.note is not None else _DOWN
        pressed = range(_down_from(pedal)) if pedal.is_closed else down
        controls[name] = Control(name, ControlKind.BUTTON, wire=wire, pressed=pressed)
        bindings[name] = bindings_of(pedal, name, registry)
    return SurfaceMap(
        name=f"pedals-{number}", maker="", model="pedals", mode="", confidence="", sources=(),
        match=Match((port,), listens=False, each_port=True, shares=True),
        controls=controls, bindings=bindings, feedback={},
    )  # fmt: skip


def _down_from(pedal: Pedal) -> int:
    return 1 if pedal.note is not None else _UP.stop


class PedalMidi(GenericMidi):
    """Presses and releases by turns, whatever is sent twice: half a pedal's way is many messages."""

    def __init__(self, facts: SurfaceMap) -> None:
        super().__init__(facts)
        self._down: set[str] = set()

    def decode(self, message: bytes, port: int = 0) -> tuple[Gesture, ...]:
        """See Dialect."""
        is_between = len(message) == 3 and message[0] & 0xF0 == _CC and _UP.stop <= message[2] < _DOWN.start  # noqa: PLR2004
        return () if is_between else tuple(filter(self._is_news, super().decode(message, port)))

    def greet(self, port: int = 0) -> tuple[bytes, ...]:
        """Nothing; no foot is down."""
        self._down.clear()
        return super().greet(port)

    def _is_news(self, gesture: Gesture) -> bool:
        match gesture:
            case Pressed(control) if control not in self._down:
                self._down.add(control)
                return True
            case Released(control) if control in self._down:
                self._down.discard(control)
                return True
        return False
