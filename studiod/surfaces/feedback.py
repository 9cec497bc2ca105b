"""What a box is told: the shadow of what it shows, and a queue that never floods the wire."""

from collections.abc import Callable, Iterable

from studiod.desk.hub import Hub
from studiod.model.parameter import Kind
from studiod.surfaces.base import Control, Dialect, Feedback

BURST = 32  # messages at once: rtmidi over JACK passed bursts of 100 whole and garbled 400


class Outbox:
    """Messages on their way to the box, at most `messages_per_s` and `BURST` at once; per key only the newest.

    `send` takes one whole message. Time comes in as seconds of any steady clock.
    """

    def __init__(self, send: Callable[[bytes], None], messages_per_s: int, now: float) -> None:
        self._send = send
        self._rate = float(messages_per_s)
        self._credit = float(BURST)
        self._then = now
        self._waiting: dict[str, bytes] = {}

    def put(self, key: str, message: bytes) -> None:
        """Queue `message`; one with the same key that still waits is replaced."""
        self._waiting[key] = message

    def drain(self, now: float) -> float | None:
        """Send what may go at `now`; seconds until more may, or None when nothing waits. Raises what `send` raises."""
        self._credit = min(self._credit + max(now - self._then, 0.0) * self._rate, float(BURST))
        self._then = now
        while self._waiting and self._credit >= 1.0:
            self._credit -= 1.0
            self._send(self._waiting.pop(next(iter(self._waiting))))
        # one whole credit plus a hair, so that rounding cannot wake the caller a moment too early for ever
        return (1.0 - self._credit) / self._rate + 1e-6 if self._waiting else None

    def flush(self) -> None:
        """Send everything at once: the box is about to be let go."""
        while self._waiting:
            self._send(self._waiting.pop(next(iter(self._waiting))))


class Painter:
    """Keeps a box true to the desk: equal to the shadow is silence, a touched control waits for its release.

    The shadow is what the box shows now: for a lamp or a motor the last step sent, for a position the last step heard.
    """

    def __init__(self, hub: Hub, controls: Iterable[Control], dialect: Dialect) -> None:
        self._hub = hub
        self._controls = {control.name: control for control in controls}
        self._dialect = dialect
        self._shadow: dict[str, int] = {}
        self._touched: set[str] = set()
        self._shown: dict[str, tuple[str, Feedback]] = {}
        self._by_address: dict[str, list[str]] = {}
        self._lamps: list[str] = []
        self._healed = 0
        self.outbox: Outbox | None = None
        """Where messages go; None while the box is away."""

    def aim(self, feedback: Iterable[Feedback], resolve: Callable[[str], str]) -> None:
        """Show these addresses from now on (`resolve` turns a pattern into one); ones the desk lacks are shown dark."""
        self._shown = {item.control: (resolve(item.address), item) for item in feedback}
        self._lamps = [name for name in self._shown if self._controls[name].has_lamp]
        self._by_address = {}
        for control, (address, _) in self._shown.items():
            self._by_address.setdefault(address, []).append(control)
        self.paint()

    def heard(self, control: str, step: int) -> bool:
        """The box says `control` stands at `step`; False when it already showed that and no finger is on it."""
        is_news = self._shadow.get(control) != step or control in self._touched
        self._shadow[control] = step
        return is_news

    def touch(self, control: str) -> None:
        """A finger rests on `control`: it is told nothing until the release."""
        self._touched.add(control)

    def release(self, control: str) -> None:
        """The finger is gone: `control` is told what it missed."""
        self._touched.discard(control)
        if control in self._shown:
            self._show(control)

    def changed(self, address: str) -> None:
        """The parameter at `address` may differ from what is shown."""
        for control in self._by_address.get(address, ()):
            self._show(control)

    def paint(self) -> None:
        """Send every control that shows something else than the desk holds."""
        for control in self._shown:
            self._show(control)

    def heal(self) -> None:
        """Tell the next lamp once more what it should show: wires lose messages, and nobody hears of it.

        Motors are left alone: a fader that is told where it stands may tick.
        """
        if self.outbox is None or not self._lamps:
            return
        self._healed = (self._healed + 1) % len(self._lamps)
        name = self._lamps[self._healed]
        if name not in self._touched and name in self._shadow:
            self.outbox.put(name, self._dialect.encode(self._controls[name], self._shadow[name]))

    def forget(self) -> None:
        """Nobody knows what the box shows, nor whether a finger is on it: it was away."""
        self._shadow.clear()
        self._touched.clear()

    def darken(self) -> None:
        """Switch every lamp off: a lamp that nobody keeps true is a lie."""
        for name in self._shown:
            if self._controls[name].has_lamp:
                self._send(name, 0)

    def _show(self, name: str) -> None:
        if self.outbox is not None and name not in self._touched:
            self._send(name, self._step(name))

    def _send(self, name: str, step: int) -> None:
        if self.outbox is not None and self._shadow.get(name) != step:
            self._shadow[name] = step
            self.outbox.put(name, self._dialect.encode(self._controls[name], step))

    def _step(self, name: str) -> int:
        address, feedback = self._shown[name]
        control = self._controls[name]
        if address not in self._hub.registry:
            return 0
        spec = self._hub.registry[address]
        if not spec.is_numeric:
            return 0
        if not control.has_lamp:
            return control.step(self._hub.travel(address))
        value = self._hub.value(address)
        if feedback.lit and spec.kind is Kind.CHOICE:
            return int(spec.choices[int(value)] in feedback.lit)
        return int(value != 0.0)
