"""One box on the desk: gestures in, lamps and motors out, whatever its make."""

from collections.abc import Callable, Iterable

from studiod.desk.hub import Change, Hub
from studiod.surfaces.bank import Bank, strips_of
from studiod.surfaces.base import (
    Act,
    Binding,
    Control,
    Dialect,
    Gesture,
    Moved,
    Pressed,
    Released,
    SurfaceMap,
    Takeover,
    Touched,
    Turned,
)
from studiod.surfaces.feedback import Outbox, Painter
from studiod.surfaces.korg_scene import KorgScene
from studiod.surfaces.takeover import Grip

ASK_S, ASKED = 1.0, 5  # a greeting whose answer was lost on the wire is said again so often


class Surface:
    """A box with controls, there or away. Not thread-safe: it belongs to the desk's loop.

    It keeps its bank while the box is away; what the box shows and where its controls stand is forgotten.
    `receive` and `on_gesture` raise Refused or UnknownAddress when the desk will not take what was played.
    """

    def __init__(
        self,
        name: str,
        facts: SurfaceMap,
        hub: Hub,
        dialect: Dialect,
        takeover: Takeover | None = None,
        *,
        send_hz: int | None = None,
    ) -> None:
        self.name = name
        self.facts = facts
        self.bank = Bank(facts.bank_size, strips_of(hub.registry))
        self._hub = hub
        self._dialect = dialect
        self._send_hz = send_hz or facts.messages_per_s
        self._painter = Painter(hub, facts.controls.values(), dialect)
        mode = takeover or facts.takeover
        self._grips = {
            control.name: Grip(Takeover.JUMP if control.has_motor else mode, 1 / (control.steps - 1))
            for control in facts.controls.values()
        }
        self._hello: KorgScene | None = None
        self._asked = 0
        self._ask_at = 0.0
        self._aim()

    @property
    def note(self) -> str:
        """What a person should know about this box, or nothing."""
        return self._hello.note if self._hello is not None else ""

    def attach(self, send: Callable[[bytes], None], now: float) -> None:
        """The box is there: greet it and show it everything. `send` takes one whole message."""
        self._painter.outbox = outbox = Outbox(send, self._send_hz, now)
        self._painter.forget()
        for grip in self._grips.values():
            grip.forget()
        if self.facts.hello is not None:
            self._hello = KorgScene(self.facts.hello)
            outbox.put("hello", self._hello.request())
            self._asked, self._ask_at = 1, now + ASK_S
        self._painter.paint()

    def detach(self) -> None:
        """The box is gone, or let go."""
        self._painter.outbox = None
        self._hello = None

    def dismiss(self) -> None:
        """Switch the lamps off and let the box go. Raises what `send` raises."""
        if self._painter.outbox is not None:
            self._painter.darken()
            self._painter.outbox.flush()
        self.detach()

    def receive(self, message: bytes) -> None:
        """One whole message from the box; bytes that mean nothing are dropped."""
        outbox = self._painter.outbox
        if self._hello is not None and outbox is not None and self._hello.is_mine(message):
            answer = self._hello.answer(message)
            if answer is not None:
                outbox.put("hello", answer)
            if self._hello.is_settled:
                # a box that has just taken a new lamp mode starts dark
                self._painter.forget()
                self._painter.paint()
            return
        gesture = self._dialect.decode(message)
        if gesture is not None:
            self.on_gesture(gesture)

    def on_gesture(self, gesture: Gesture) -> None:
        """Do what the hand asked for."""
        if isinstance(gesture, Touched):
            self._painter.touch(gesture.control)
        elif isinstance(gesture, Released):
            self._painter.release(gesture.control)
        binding = self.facts.bindings.get(gesture.control)
        if binding is None:
            return
        if isinstance(gesture, Moved):
            self._moved(self.facts.controls[gesture.control], binding, gesture.travel)
        elif isinstance(gesture, Turned):
            self._turned(self.facts.controls[gesture.control], binding, gesture.steps)
        elif isinstance(gesture, Pressed):
            self._pressed(binding)

    def on_changes(self, changes: Iterable[Change]) -> None:
        """What is different on the desk since the last turn."""
        for change in changes:
            self._painter.changed(change.spec.address)

    def drain(self, now: float) -> float | None:
        """Send what may be sent; seconds until more may be, None when nothing waits. Raises what `send` raises."""
        outbox = self._painter.outbox
        if outbox is None:
            return None
        waits = [self._ask_again(outbox, now), outbox.drain(now)]
        return min((wait for wait in waits if wait is not None), default=None)

    def heal(self) -> None:
        """Tell one lamp once more what it shows, the next one at the next call."""
        self._painter.heal()

    # -- inside ----------------------------------------------------------------------------------------------------

    def _ask_again(self, outbox: Outbox, now: float) -> float | None:
        """Say the greeting anew when its answer is overdue; seconds until it would be, None when it is over."""
        if self._hello is None or self._hello.is_over or self._asked >= ASKED:
            return None
        if now >= self._ask_at:
            self._asked, self._ask_at = self._asked + 1, now + ASK_S
            outbox.put("hello", self._hello.request())
        return self._ask_at - now

    def _aim(self) -> None:
        self._painter.aim(self.facts.feedback.values(), self.bank.resolve)

    def _address(self, binding: Binding) -> str | None:
        """The address under the control now; None past the last strip of the desk."""
        address = self.bank.resolve(binding.address)
        return address if address in self._hub.registry else None

    def _moved(self, control: Control, binding: Binding, travel: float) -> None:
        step = control.step(travel)
        if not self._painter.heard(control.name, step):
            return  # our own motor talking back, or a box that repeats itself
        address = self._address(binding)
        if address is None:
            return
        grip = self._grips[control.name]
        stood = self._hub.travel(address)
        wanted = grip.move(travel, stood)
        if wanted is None:
            return
        speaks_plainly = wanted == travel
        if not (speaks_plainly and control.step(stood) == step and not control.is_anchor(step)):
            # the guard: a coarse box that "moves" to the step it already shows must not coarsen the value
            self._hub.write_travel(address, wanted, self.name)
        grip.wrote(self._hub.travel(address))

    def _turned(self, control: Control, binding: Binding, steps: int) -> None:
        address = self._address(binding)
        if address is not None:
            self._hub.write_travel(address, self._hub.travel(address) + steps / (control.steps - 1), self.name)

    def _pressed(self, binding: Binding) -> None:
        if binding.act is Act.BANK:
            if self.bank.move(binding.bank_by):
                for grip in self._grips.values():
                    grip.let_go()
                self._aim()
            return
        address = self._address(binding)
        if address is None:
            return
        if binding.act is Act.TOGGLE:
            self._hub.write(address, 0.0 if self._hub.value(address) else 1.0, self.name)
        elif binding.act is Act.TRIGGER:
            arguments = () if binding.argument is None else (binding.argument,)
            self._hub.fire(address, *arguments, origin=self.name)
