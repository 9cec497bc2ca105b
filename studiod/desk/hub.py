"""The only writer of values: checks, stores, tells the engine and every observer once a turn."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from studiod.model.parameter import TEXT_BYTES, Flag, Kind, ParameterSpec, Refused
from studiod.model.registry import Registry


class ValueStore(Protocol):
    """Where values live outside this process (the shared block), so that a restarted desk or engine finds them."""

    def store_number(self, slot: int, value: float, engine_value: float) -> None:
        """Keep `value` (natural units) and what the engine makes of it."""
        ...

    def store_text(self, slot: int, text: str) -> None:
        """Keep a name."""
        ...

    def send(self, slot: int, engine_value: float) -> bool:
        """Queue a value for the engine; False when the ring is full (the hub keeps it dirty and tries next turn)."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter that was changed since the last turn, perhaps there and back."""

    spec: ParameterSpec
    origin: str
    """Who wrote last: `osc 127.0.0.1:9000`, `nanokontrol2`, `desk`."""
    has_followed: bool = False
    """It followed what the origin wrote elsewhere (a linked pair): the origin does not know it either."""


Observer = Callable[[list[Change]], None]
Trigger = Callable[..., object]
Followers = Callable[[str, float], Iterable[tuple[str, float]]]
"""What else is written, and where, when a value is written to an address."""
Guard = Callable[[Mapping[str, float]], None]
"""Raises Refused, and changes nothing, when these writes must not be stored together; when it returns, they are."""


def _nobody(_address: str, _value: float) -> tuple[tuple[str, float], ...]:
    return ()


Holder = Callable[[str, str], str]
"""(address, origin of a write) -> who holds it so that this origin may not write; empty when nobody does."""


def _nobody_holds(_address: str, _origin: str) -> str:
    return ""


def _all_is_well(_writes: Mapping[str, float]) -> None:
    return


class Hub:
    """Every value of the desk, by address. Not thread-safe: it belongs to the desk's loop.

    Writes are seen at once by `value`; the engine and observers hear of them at `turn()`, each address once.
    """

    def __init__(self, registry: Registry, store: ValueStore, rate_hz: int) -> None:
        self.registry = registry
        self.rate_hz = rate_hz
        self._store = store
        self._numbers = [spec.default for spec in registry.numbers]
        self._texts = [spec.default_text for spec in registry.texts]
        self._changed: dict[str, tuple[str, bool]] = {}  # address -> origin, has_followed; in order of first write
        self._writers: dict[str, str] = {}  # address -> origin
        self._dirty: dict[int, ParameterSpec] = {}  # slots the engine has not been told yet
        self._observers: dict[object, Observer] = {}  # by the token of each subscription
        self._is_due = False  # a turn is asked for and has not begun
        self._triggers: dict[str, tuple[Trigger, bool]] = {}  # and whether it wants to know who fires
        self._meters: dict[str, Callable[[], tuple[float, ...]]] = {}
        self.on_first_change: Callable[[], None] = lambda: None
        """Called once when a turn becomes due; wiring schedules `turn` with it."""
        self.followers: Followers = _nobody
        self.guard: Guard = _all_is_well
        self.holder: Holder = _nobody_holds

    # -- reading ---------------------------------------------------------------------------------------------------

    def value(self, address: str) -> float:
        """Number at `address`, natural units. Raises UnknownAddress where no number lives."""
        return self._numbers[self.registry.number_slot(address)]

    def text(self, address: str) -> str:
        """Text at `address`. Raises UnknownAddress where no text lives."""
        return self._texts[self.registry.text_slot(address)]

    def travel(self, address: str) -> float:
        """Travel (0..1) of the number at `address`."""
        return self.registry[address].to_travel(self.value(address))

    def meter(self, address: str) -> tuple[float, ...]:
        """Reading at `address` (dB, or what its spec says), empty while nothing measures it. Raises UnknownAddress."""
        self.registry[address]
        reader = self._meters.get(address)
        return reader() if reader is not None else ()

    def writer(self, address: str) -> str:
        """Who changed the value at `address` last; empty when nobody has in the life of this desk."""
        return self._writers.get(address, "")

    @property
    def is_behind(self) -> bool:
        """The engine has not been told everything: its ring was full."""
        return bool(self._dirty)

    # -- writing ---------------------------------------------------------------------------------------------------

    def write(self, address: str, value: float, origin: str) -> bool:
        """Store `value` (natural units) from outside, and what follows it; True when it changed.

        Raises Refused (out of range, NaN, read only, under another's finger, or the guard's) or UnknownAddress; nothing
        is changed then.
        """
        return self._set(self._writable(address, origin), value, origin)

    def write_travel(self, address: str, travel: float, origin: str) -> bool:
        """Store the value at `travel` (0..1, held at the ends). Raises as `write`."""
        spec = self._writable(address, origin)
        return self._set(spec, spec.from_travel(travel), origin)

    def write_text(self, address: str, text: str, origin: str) -> bool:
        """Store a name; control characters are refused. Raises Refused or UnknownAddress."""
        spec = self.registry[address]
        if spec.kind is not Kind.TEXT:
            raise Refused(f"{address}: takes no text; allowed {spec.allowed}")
        if not text.isprintable() or len(text.encode()) > TEXT_BYTES:  # a lone surrogate is not printable
            raise Refused(f"{address}: that name is too long or unprintable; allowed {spec.allowed}, printable")
        slot = self.registry.text_slot(address)
        if self._texts[slot] == text:
            return False
        self._texts[slot] = text
        self._store.store_text(slot, text)
        self._mark(address, origin, has_followed=False)
        return True

    def fire(self, address: str, *arguments: float, origin: str = "desk") -> None:
        """Do what the trigger at `address` does; origin: who wants it. Raises Refused or UnknownAddress."""
        spec = self.registry[address]
        if spec.kind is not Kind.TRIGGER:
            raise Refused(f"{address}: is no command; allowed {spec.allowed}")
        if len(arguments) != (1 if spec.unit else 0) or not all(map(math.isfinite, arguments)):
            got = ", ".join(f"{argument:g}" for argument in arguments) or "nothing"
            raise Refused(f"{address}: takes {spec.allowed}; got {got}")
        action, tells_origin = self._triggers.get(address, (None, False))
        if action is None:
            raise Refused(f"{address}: nothing here does that")
        action(*arguments, *((origin,) if tells_origin else ()))

    def publish(self, address: str, value: float) -> None:
        """Set a read-only number on behalf of the desk itself (transport state). Raises Refused or UnknownAddress."""
        self._set(self.registry[address], value, "desk")

    # -- wiring ----------------------------------------------------------------------------------------------------

    def on_trigger(self, address: str, action: Trigger, *, tells_origin: bool = False) -> None:
        """Bind what the trigger at `address` does; tells_origin: `action` takes who fires as its last argument."""
        self._triggers[self.registry[address].address] = action, tells_origin

    def on_meter(self, address: str, reader: Callable[[], tuple[float, ...]]) -> None:
        """Bind where the reading at `address` comes from."""
        self._meters[self.registry[address].address] = reader

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with each turn's changes until the returned function is called."""
        token = object()
        self._observers[token] = observer

        def forget() -> None:
            self._observers.pop(token, None)

        return forget

    def restore(self, numbers: Iterable[tuple[str, float]], texts: Iterable[tuple[str, str]]) -> list[str]:
        """Take over saved values, telling the engine.

        Returns a sentence for each that does not fit; that one is left as it was.
        """
        # Links last: both of a pair are what they were saved as before one of them begins to follow the other.
        waiting = sorted(numbers, key=lambda saved: saved[0].endswith("/link"))
        refused = self._take_over(waiting)
        while 0 < len(refused) < len(waiting):  # what the guard refused may be allowed by what stood further down
            waiting = [saved for saved, _ in refused]
            refused = self._take_over(waiting)
        faults = [sentence for _, sentence in refused]
        for address, text in texts:
            try:
                self.write_text(address, text, "session")
            except (LookupError, ValueError) as fault:
                faults.append(str(fault))
        return faults

    def store_all(self) -> None:
        """Write every value to the store and mark it for the engine: the start of a desk."""
        for slot, spec in enumerate(self.registry.numbers):
            self._to_store(spec, slot)
        for slot, text in enumerate(self._texts):
            self._store.store_text(slot, text)
        self._ask_for_a_turn()

    def turn(self) -> None:
        """Tell the engine and the observers what changed since the last turn; each address once, latest value.

        An observer that raises does not keep the news from the others: all are told, then an ExceptionGroup
        carries what they raised.
        """
        self._is_due = False
        self._flush()
        changes = [Change(self.registry[address], *who) for address, who in self._changed.items()]
        if not changes:
            return
        self._changed = {}
        faults: list[Exception] = []
        for token in tuple(self._observers):
            observer = self._observers.get(token)  # an earlier one may have made it forget
            if observer is None:
                continue
            try:
                observer(changes)
            except Exception as fault:  # noqa: BLE001 - raised below, when everyone has heard
                faults.append(fault)
        if faults:
            raise ExceptionGroup("observers of the hub failed", faults)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _writable(self, address: str, origin: str) -> ParameterSpec:
        spec = self.registry[address]
        if not spec.is_numeric:
            raise Refused(f"{address}: takes no number; allowed {spec.allowed}")
        if Flag.READ_ONLY in spec.flags:
            raise Refused(f"{address}: is read only")
        self._must_be_free(address, address, origin)
        return spec

    def _must_be_free(self, address: str, asked: str, origin: str) -> None:
        """Raises Refused when somebody else's finger rests on `address`, which a write to `asked` would change."""
        holder = self.holder(address, origin)
        if holder:
            self._mark(asked, holder, has_followed=False)  # who shows what was refused is told what is true
            linked = "" if address == asked else f", which is linked to {asked}"
            raise Refused(f"{address}: a finger rests on it on {holder}{linked}; move it when it is let go")

    def _set(self, spec: ParameterSpec, value: float, origin: str) -> bool:
        slot = self.registry.number_slot(spec.address)
        value = spec.check(value)
        if self._numbers[slot] == value:
            return False
        writes = {spec.address: value}
        for address, followed in self.followers(spec.address, value):
            checked = self.registry[address].check(followed)
            if self.value(address) != checked:
                self._must_be_free(address, spec.address, origin)
                writes[address] = checked
        self.guard(writes)
        for address, new in writes.items():
            slot = self.registry.number_slot(address)
            self._numbers[slot] = new
            self._writers[address] = origin
            self._to_store(self.registry[address], slot)
            self._mark(address, origin, has_followed=address != spec.address)
        return True

    def _take_over(self, numbers: Iterable[tuple[str, float]]) -> list[tuple[tuple[str, float], str]]:
        """Write each of `numbers`; those that were refused, with the reason."""
        refused: list[tuple[tuple[str, float], str]] = []
        for address, value in numbers:
            try:
                self.write(address, value, "session")
            except (LookupError, ValueError) as fault:
                refused.append(((address, value), str(fault)))
        return refused

    def _to_store(self, spec: ParameterSpec, slot: int) -> None:
        value = self._numbers[slot]
        self._store.store_number(slot, value, spec.engine_value(value, self.rate_hz))
        if spec.engine is not None:
            self._dirty[slot] = spec

    def _mark(self, address: str, origin: str, *, has_followed: bool) -> None:
        self._changed[address] = (origin, has_followed)
        self._ask_for_a_turn()

    def _ask_for_a_turn(self) -> None:
        if not self._is_due:
            self._is_due = True
            self.on_first_change()

    def _flush(self) -> None:
        while self._dirty:
            slot, spec = next(iter(self._dirty.items()))
            if not self._store.send(slot, spec.engine_value(self._numbers[slot], self.rate_hz)):
                self._ask_for_a_turn()  # the ring is full: the rest stays dirty and goes next turn
                return
            del self._dirty[slot]
