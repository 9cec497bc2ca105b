"""One box on the desk: gestures in, lamps and motors out, whatever its make."""

import contextlib
from collections.abc import Callable, Iterable, Sequence

from studiod.desk.hub import Change, Hub
from studiod.model.parameter import Refused
from studiod.model.registry import UnknownAddress
from studiod.surfaces.acts import Acts
from studiod.surfaces.base import (
    Act,
    Answered,
    Binding,
    Dialect,
    Gesture,
    Hand,
    Moved,
    Pressed,
    Released,
    SurfaceMap,
    Takeover,
    Touched,
    Turned,
    When,
    Woke,
)
from studiod.surfaces.bindings import ON_DESK
from studiod.surfaces.feedback import Painter
from studiod.surfaces.korg_scene import KorgScene
from studiod.surfaces.outbox import Outbox
from studiod.surfaces.takeover import Grip
from studiod.surfaces.taps import Taps
from studiod.surfaces.touches import Touches
from studiod.surfaces.view import View
from studiod.surfaces.winding import Winding

ASK_S, ASKED = 1.0, 5  # a greeting whose answer was lost on the wire is said again so often
_FAULTS = (Refused, UnknownAddress)


class Surface:
    """A box with controls, there or away. Not thread-safe: it belongs to the desk's loop.

    It keeps its banks, page and latched layers while the box is away; what the box shows, where its controls stand and
    what is held is forgotten. clock: seconds, steady. takeover: in place of what the map says, for every control.
    touches: shared by all boxes of a desk.
    """

    def __init__(
        self,
        name: str,
        facts: SurfaceMap,
        hub: Hub,
        dialect: Dialect,
        takeover: Takeover | None = None,
        *,
        clock: Callable[[], float],
        touches: Touches | None = None,
        send_hz: int | None = None,
    ) -> None:
        self.name = name
        self.facts = facts
        self.view = View(facts, hub.registry)
        self._hub = hub
        self._dialect = dialect
        self._clock = clock
        self._send_hz = send_hz or facts.messages_per_s
        self._takeover = takeover
        self._touches = touches or Touches()
        self._painter = Painter(hub, facts.controls.values(), dialect, clock)
        self._acts = Acts(hub, name)
        self._taps = Taps(facts.hold_s, facts.double_s)
        self._winding = Winding(hub, name, clock)
        self._grips: dict[str, list[tuple[Grip, str]]] = {}  # by control, one for each target, and where it was
        self._down: dict[str, tuple[Binding, ...]] = {}  # what the buttons meant when they went down
        self._momentary: dict[str, list[str]] = {}  # addresses that are on while the button is held
        self._pressed: dict[str, tuple[Binding, ...]] = {}  # the same, until a tap or hold is decided
        self._noted: dict[str, Moved] = {}
        self._hello: KorgScene | None = None
        self._asked = 0
        self._ask_at = 0.0
        self._beat_at = 0.0
        self._aim()

    @property
    def maker(self) -> str:
        """Who made it."""
        return self.facts.maker

    @property
    def model(self) -> str:
        """What its maker calls it."""
        return self.facts.model

    @property
    def first_strip(self) -> int:
        """Strip under its first control, from 1."""
        return self.view.banks.first_strip

    @property
    def note(self) -> str:
        """What a person should know about this box, or nothing."""
        return self._hello.note if self._hello is not None else ""

    @property
    def has_readings(self) -> bool:
        """Something here follows what nobody tells of (meters, position): call `read` now and then."""
        return self._painter.has_readings

    def recall(self, view: View) -> None:
        """Show the page and the windows that `view` showed: the box had another map until now. Before `attach`."""
        self.view.recall(view)
        self._aim()

    def attach(self, *sends: Callable[[bytes], None]) -> None:
        """The box is there: greet it and show it everything. `sends`: take one whole message, one for each port.

        None for a box that does not listen.
        """
        now = self._clock()
        outboxes = tuple(Outbox(send, self._send_hz, now, self.facts.bytes_per_s) for send in sends)
        self._painter.outboxes = outboxes
        self._painter.forget()
        self._let_go()
        for grips in self._grips.values():
            for grip, _ in grips:
                grip.forget()
        for port in range(max(len(outboxes), 1 + len(self.facts.match.also))):
            greeting = self._dialect.greet(port)  # one that does not listen is met anew, too
            if port < len(outboxes):
                outboxes[port].put("greeting", *greeting)
        if self.facts.hello is not None and outboxes:
            self._hello = KorgScene(self.facts.hello)
            outboxes[0].put("hello", self._hello.request())
            self._asked, self._ask_at = 1, now + ASK_S
        self._beat_at = now + self._dialect.beat_s
        self._painter.paint()

    def detach(self) -> None:
        """The box is gone, or let go: what it held is let go with it."""
        self._painter.outboxes = ()
        self._hello = None
        self._let_go()

    def dismiss(self) -> None:
        """Switch the lamps off and let the box go. Raises what `send` raises."""
        if self._painter.outboxes:
            self._painter.darken()
            for port, outbox in enumerate(self._painter.outboxes):
                outbox.put("farewell", *self._dialect.dismiss(port))
                outbox.flush()
        self.detach()

    def receive(self, message: bytes, port: int = 0, *, may_wait: bool = False) -> list[Exception]:
        """One whole message from one port of the box; bytes that mean nothing are dropped.

        may_wait: moves of positions are only noted, the newest of each control, until `settle` or another gesture.
        Returns what the desk would not take, and raises nothing.
        """
        if self._is_greeting(message):
            return []
        return self.take(self._dialect.decode(message, port), port, may_wait=may_wait)

    def take(self, gestures: Iterable[Gesture], port: int = 0, *, may_wait: bool = False) -> list[Exception]:
        """Do what a hand did, in order; `may_wait` and what returns as `receive`."""
        faults: list[Exception] = []
        for gesture in gestures:
            if may_wait and isinstance(gesture, Moved):
                self._noted[gesture.control] = gesture
            else:
                faults += self.settle()
                faults += self._all((gesture,), port)
        return faults

    def settle(self) -> list[Exception]:
        """Do the moves that were noted; returns as `receive`."""
        noted, self._noted = self._noted, {}
        return self._all(noted.values())

    def on_gesture(self, gesture: Gesture, port: int = 0) -> None:
        """Do what the hand asked for. Of several targets all are tried; the first fault is raised.

        Raises Refused or UnknownAddress when the desk will not take it, and whatever a command raises.
        """
        match gesture:
            case Moved():
                self._moved(gesture)
            case Turned():
                self._turned(gesture)
            case Pressed():
                self._on_press(gesture)
            case Released():
                self._touches.release(self.name, gesture.control)
                self._painter.release(gesture.control)
                self._on_release(gesture.control)
            case Touched():
                self._touches.touch(self.name, gesture.control, self._under(gesture.control))
                self._painter.touch(gesture.control)
            case Answered():
                if port < len(self._painter.outboxes):
                    self._painter.outboxes[port].put(f"answer {gesture.message.hex()}", gesture.message)
            case Woke():
                self._painter.forget()
                self._painter.paint()

    def on_changes(self, changes: Iterable[Change]) -> None:
        """What is different on the desk since the last turn."""
        self._painter.changed(change.spec.address for change in changes)

    def read(self) -> None:
        """Show what the meters read now."""
        self._painter.read()

    def drain(self) -> float | None:
        """Send what may be sent; seconds until there is more to do, None when nothing waits.

        Raises what `send` raises.
        """
        if self._is_idle():
            return None
        now = self._clock()
        waits = [self._painter.turn(now), self._beat(now)]
        outboxes = self._painter.outboxes
        if outboxes:
            waits.append(self._ask_again(outboxes[0], now))
        waits += [outbox.drain(now) for outbox in outboxes]
        for due in (self._taps.next_due(), self._winding.next_due()):
            waits.append(due - now if due is not None else None)
        return min((max(wait, 0.0) for wait in waits if wait is not None), default=None)

    def due(self) -> list[Exception]:
        """Do what was held long enough; returns as `receive`. Call it whenever `drain` said there would be more."""
        faults: list[Exception] = []
        for name, when in self._taps.due(self._clock()):
            faults += self._tried(self._pressed.get(name, ()), when)
        try:
            self._winding.due()
        except _FAULTS as fault:
            faults.append(fault)
        return faults

    def heal(self) -> None:
        """Tell one lamp once more what it shows, the next one at the next call."""
        self._painter.heal()

    def _is_idle(self) -> bool:
        """Nothing is to be sent, and nothing will be for time alone: what every box asks at every message of any."""
        return not (
            any(outbox.is_waiting for outbox in self._painter.outboxes)
            or self._taps.is_waiting
            or self._winding.is_waiting
            or self._painter.is_waiting
            or (self._hello is not None and not self._hello.is_over and self._asked < ASKED)
            or self._dialect.beat_s
        )

    # -- greetings -------------------------------------------------------------------------------------------------

    def _is_greeting(self, message: bytes) -> bool:
        """It belongs to the greeting, and was answered."""
        if self._hello is None or not self._painter.outboxes or not self._hello.is_mine(message):
            return False
        answer = self._hello.answer(message)
        if answer is not None:
            self._painter.outboxes[0].put("hello", answer)
        if self._hello.is_settled:
            # a box that has just taken a new lamp mode starts dark
            self._painter.forget()
            self._painter.paint()
        return True

    def _ask_again(self, outbox: Outbox, now: float) -> float | None:
        """Say the greeting anew when its answer is overdue; seconds until it would be, None when it is over."""
        if self._hello is None or self._hello.is_over or self._asked >= ASKED:
            return None
        if now >= self._ask_at:
            self._asked, self._ask_at = self._asked + 1, now + ASK_S
            outbox.put("hello", self._hello.request())
        return self._ask_at - now

    def _beat(self, now: float) -> float | None:
        if not self._dialect.beat_s or not self._painter.outboxes:
            return None
        if now >= self._beat_at:
            self._beat_at = now + self._dialect.beat_s
            for port, outbox in enumerate(self._painter.outboxes):
                outbox.put("beat", *self._dialect.beat(port))
        return self._beat_at - now

    # -- hands -----------------------------------------------------------------------------------------------------

    def _aim(self) -> None:
        self._touches.aim(self.name, self._under)
        self._painter.aim(self.view.feedback.values(), self.view.banks.resolve, self.view.says)

    def _address(self, binding: Binding) -> str | None:
        """The address under the control now; None past the last strip of the desk."""
        address = self.view.banks.resolve(binding.address)
        return address if address in self._hub.registry else None

    def _all(self, gestures: Iterable[Gesture], port: int = 0) -> list[Exception]:
        """Do each; what the desk would not take."""
        faults: list[Exception] = []
        for gesture in gestures:
            try:
                self.on_gesture(gesture, port)
            except Exception as fault:  # noqa: BLE001 - the first is raised when all were tried
                faults.append(fault)
        return faults

    def _is_lesson(self, gesture: Hand) -> bool:
        return self._touches.lessons.takes(self.name, self.facts.controls[gesture.control], gesture)

    def _moved(self, gesture: Moved) -> None:
        name, travel = gesture.control, gesture.travel
        if not self._painter.heard(name, travel):
            return  # our own motor talking back, or a box that repeats itself
        control = self.facts.controls[name]
        faults: list[Exception] = []
        is_lesson = self._is_lesson(gesture)
        grips = self._grips.setdefault(name, [])
        targets = [binding for binding in self.view.bindings.get(name, ()) if binding.act is Act.ADDRESS]
        for place in range(max(len(targets), len(grips))):
            if place == len(grips):
                mode = self._takeover or control.takeover or self.facts.takeover
                grips.append((Grip(Takeover.JUMP if control.has_motor else mode, 1 / (control.steps - 1)), ""))
            grip, was = grips[place]
            address = self._address(targets[place]) if place < len(targets) else None
            if address != was:
                grip.let_go()
                grips[place] = grip, address or ""
            if address is None or is_lesson or self._touches.is_held(address, self.name):
                grip.pass_by(travel)
                if address is not None:
                    self._painter.put_back(name)
                continue
            try:
                self._acts.move(targets[place], address, control, travel, grip)
            except _FAULTS as fault:
                faults.append(fault)
        if faults:
            raise faults[0]

    def _under(self, name: str) -> list[str]:
        """Addresses that the control sets."""
        bindings = self.view.bindings.get(name, ())
        return [self.view.banks.resolve(binding.address) for binding in bindings if binding.act is Act.ADDRESS]

    def _turned(self, gesture: Turned) -> None:
        if self._is_lesson(gesture):
            return
        name, steps = gesture.control, gesture.steps
        bindings = self.view.bindings.get(name, ())
        faults: list[Exception] = []
        for binding in bindings:
            address = self._address(binding) if binding.act in (Act.ADDRESS, Act.STEP) else None
            is_nudge = binding.act is Act.NUDGE
            if binding.when is not When.PRESS or (address is None and not is_nudge):
                continue
            if address is not None and self._touches.is_held(address, self.name):
                continue
            try:
                if address is None:
                    self._winding.go(steps * binding.by)
                else:
                    self._acts.turn(binding, address, self.facts.controls[name], steps)
            except _FAULTS as fault:
                faults.append(fault)
        faults += self._tried(bindings, When.UP if steps > 0 else When.DOWN)
        if faults:
            raise faults[0]

    def _on_press(self, gesture: Pressed) -> None:
        if self._is_lesson(gesture):
            return
        name = gesture.control
        if self.view.press(name):
            self._aim()
        bindings = self.view.bindings.get(name, ())
        self._down[name] = bindings
        earlier = self._pressed.get(name, ())
        self._pressed[name] = bindings
        faults = self._tried(self._not_so_yet(bindings, gesture), When.PRESS, name)
        if gesture.is_on is not None:
            self._painter.show_anew(name)
        for when in self._taps.press(name, frozenset(binding.when for binding in bindings), self._clock()):
            faults += self._tried(bindings if when is When.DOUBLE else earlier, when)
        if faults:
            raise faults[0]

    def _not_so_yet(self, bindings: tuple[Binding, ...], gesture: Pressed) -> tuple[Binding, ...]:
        """Without the switches that stand already as the button says: it echoes, or its lamp had missed something."""
        if gesture.is_on is None:
            return bindings
        return tuple(
            binding
            for binding in bindings
            if binding.act is not Act.TOGGLE
            or self._painter.is_lit(gesture.control, self._address(binding) or "") is not gesture.is_on
        )

    def _on_release(self, name: str) -> None:
        bindings = self._down.pop(name, ())
        if self.view.release(name):
            self._aim()
        self._winding.release(name)
        faults: list[Exception] = []
        for address in self._momentary.pop(name, ()):
            try:
                self._acts.let_go(address)
            except _FAULTS as fault:
                faults.append(fault)
        faults += self._tried(bindings, When.RELEASE)
        for when in self._taps.release(name, self._clock()):
            faults += self._tried(self._pressed.get(name, ()), when)
        if faults:
            raise faults[0]

    def _let_go(self) -> None:
        """Nothing is held any more: end what lasted only while it was."""
        for addresses in self._momentary.values():
            for address in addresses:
                with contextlib.suppress(*_FAULTS):
                    self._acts.let_go(address)
        held = tuple(self._down)
        self._touches.leave(self.name)
        self._noted.clear()
        self._momentary.clear()
        self._down.clear()
        self._pressed.clear()
        self._taps.forget()
        self._winding.forget()
        were_layers = [self.view.release(name) for name in held]
        if any(were_layers):
            self._aim()

    def _tried(self, bindings: Sequence[Binding], when: When, held_by: str = "") -> list[Exception]:
        """Do what is bound to that moment; what the desk would not take."""
        faults: list[Exception] = []
        for binding in bindings:
            if binding.when is when:
                try:
                    self._pressed_one(binding, held_by)
                except Exception as fault:  # noqa: BLE001 - the first is raised when all were tried
                    faults.append(fault)
        return faults

    def _pressed_one(self, binding: Binding, held_by: str) -> None:
        if binding.act is Act.NUDGE:
            if held_by:
                self._winding.hold(held_by, binding.by)
            else:
                self._winding.go(binding.by)
            return
        if binding.act not in ON_DESK:
            if self._turns_the_box(binding):
                self._aim()
            return
        address = self._address(binding)
        if address is None:
            return
        self._acts.press(binding, address)
        if binding.act is Act.MOMENTARY and held_by:
            self._momentary.setdefault(held_by, []).append(address)

    def _turns_the_box(self, binding: Binding) -> bool:
        """Move a window, turn a page, select; True when what is shown may be another."""
        banks = self.view.banks
        match binding.act:
            case Act.PAGE:
                return self.view.turn_page(binding.word)
            case Act.BANK:
                return banks[binding.bank].move(binding.bank_by)
            case Act.BANK_TO:
                return banks[binding.bank].go(binding.bank_by)
        beside = {"next": 1, "previous": -1}.get(binding.address)
        return banks.select(int(banks.resolve(binding.address)) if beside is None else banks.selected + beside)
