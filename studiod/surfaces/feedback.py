"""What a box is told: the shadow of what it shows, and who may be told when."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studiod.desk.hub import Hub
from studiod.model.parameter import Kind, ParameterSpec
from studiod.model.transport import timecode
from studiod.surfaces.base import Control, Dialect, Lit, Said, Show, ShowKind, Shown, Stands
from studiod.surfaces.bindings import Feedback
from studiod.surfaces.blinking import Blinking
from studiod.surfaces.controls import BLINK, DARK, nearest_step
from studiod.surfaces.flight import Flight
from studiod.surfaces.span import share_of

if TYPE_CHECKING:
    from studiod.surfaces.outbox import Outbox

GLANCE_S = 1.0  # how long a display tells a moved value before it goes back to its name
_ORDER = (ShowKind.MOTOR, ShowKind.LAMP, ShowKind.RING, ShowKind.DISPLAY, ShowKind.METER)
_READINGS = (Kind.METER,)


@dataclass(slots=True)
class _Picture:
    """What one control is to show now: feedback with its patterns resolved."""

    control: Control
    show: Show
    feedback: Feedback
    address: str
    glance: str
    says: bool | None


class Painter:
    """Keeps a box true to the desk: equal to the shadow is silence, a touched control waits for its release.

    The shadow is what the box shows now: the last thing sent, or for a motor the last place it was heard at.
    """

    def __init__(self, hub: Hub, controls: Iterable[Control], dialect: Dialect, clock: Callable[[], float]) -> None:
        self._hub = hub
        self._clock = clock
        self._controls = {control.name: control for control in controls}
        self._dialect = dialect
        self._shadow: dict[str, Shown] = {}
        self._stood: dict[str, int] = {}  # steps at which positions were heard, or sent to by their motor
        self._flights: dict[str, Flight] = {}  # of motors
        self._touched: set[str] = set()
        self._pictures: dict[str, _Picture] = {}
        self._by_address: dict[str, list[str]] = {}
        self._turns: dict[str, int] = {}
        self._glancing: dict[
            str, float | None
        ] = {}  # display -> until when; None while nobody has said what time it is
        self._blinking = Blinking()
        self._healable: list[str] = []
        self._healed = 0
        self._doubtful: dict[str, None] = {}  # motors that were sent somewhere once, and may not have heard it
        self.outboxes: tuple[Outbox, ...] = ()
        """Where messages go, one for each port of the box; empty while it is away or does not listen."""

    def aim(
        self,
        feedback: Iterable[Feedback],
        resolve: Callable[[str], str],
        says: Callable[[Feedback], bool | None] = lambda _: None,
    ) -> None:
        """Show these from now on; what shows nothing any more goes dark, and so does what the desk lacks.

        resolve: turns a pattern into an address. says: whether what is told of the box itself is so.
        """
        wanted = {item.control: item for item in feedback}
        self._pictures = {}
        self._by_address = {}
        for control in sorted(self._controls.values(), key=_rank):
            item = wanted.get(control.name, Feedback(control.name))
            if control.show is None or (control.name not in wanted and not _goes_dark(control.show)):
                continue
            picture = _Picture(control, control.show, item, resolve(item.address), resolve(item.glance), says(item))
            self._pictures[control.name] = picture
            for address in {picture.address, picture.glance} - {""}:
                self._by_address.setdefault(address, []).append(control.name)
        self._turns = {name: turn for turn, name in enumerate(self._pictures)}
        self._glancing = {}
        self._healable = [name for name, each in self._pictures.items() if _goes_dark(each.show)]
        self.paint()

    def heard(self, name: str, travel: float) -> bool:
        """The box says the control stands at `travel`; False when it stood there already and no finger is on it.

        False, too, for a motor that comes by where it was sent a moment ago.
        """
        control = self._controls[name]
        step, stood, slack = control.step(travel), self._stood.get(name), _slack(control)
        flight = self._flights.get(name)
        is_news = stood is None or name in self._touched or abs(step - stood) > slack
        if is_news and flight is not None:
            if name not in self._touched and flight.comes_by(step, self._clock(), slack):
                return False
            flight.end()
        if is_news:
            self._stood[name] = step
            show = control.show
            if show is not None and show.kind is ShowKind.MOTOR:
                self._shadow[name] = Stands(nearest_step(travel, show.steps))
                self._doubtful.pop(name, None)
        return is_news

    def touch(self, name: str) -> None:
        """A finger rests on the control: it is told nothing until the release."""
        self._touched.add(name)

    def release(self, name: str) -> None:
        """The finger is gone: the control is told what it missed."""
        if name in self._touched:
            self._touched.discard(name)
            self._show(name)

    def is_lit(self, name: str, address: str) -> bool | None:
        """Whether the lamp that shows `address` is to be lit now; None for a lamp that shows something else."""
        picture = self._pictures.get(name)
        if picture is None or picture.show.kind is not ShowKind.LAMP or picture.address != address:
            return None
        return self._wanted(picture) != Lit(DARK)

    def show_anew(self, name: str) -> None:
        """The box switched the lamp by itself: say what it is to show, whatever it was told before."""
        self._shadow.pop(name, None)
        self._show(name)

    def put_back(self, name: str) -> None:
        """The hand moved the control, but it was not its turn: show again what the desk holds."""
        self._show(name)

    def changed(self, addresses: Iterable[str]) -> None:
        """The parameters at these addresses may differ from what is shown; motors are told first."""
        names: set[str] = set()
        for address in addresses:
            for name in self._by_address.get(address, ()):
                names.add(name)
                if self._pictures[name].glance == address:
                    self._glancing[name] = None
        for name in sorted(names, key=self._turns.__getitem__):
            self._show(name)

    def paint(self) -> None:
        """Send every control that shows something else than it should; motors first, lamps next."""
        for name in self._pictures:
            self._show(name)

    def turn(self, now: float) -> float | None:
        """End glances that are over, and blink; seconds until there is more to do, None when there is nothing."""
        for name, until in list(self._glancing.items()):
            if until is None:
                self._glancing[name] = now + GLANCE_S
            elif now >= until:
                del self._glancing[name]
                self._show(name)
        for name in self._blinking.turn(now):
            self._show(name)
        waits = [until - now for until in self._glancing.values() if until is not None]
        wait = self._blinking.wait(now) if self.outboxes else None
        return min(waits if wait is None else [*waits, wait], default=None)

    @property
    def is_waiting(self) -> bool:
        """A display tells something for a moment, or a lamp blinks."""
        return bool(self._glancing) or (self._blinking.is_any and bool(self.outboxes))

    @property
    def has_readings(self) -> bool:
        """Something is shown that nobody tells of when it changes: meters, the position."""
        return any(self._is_reading(picture) for picture in self._pictures.values())

    def read(self) -> None:
        """Show what meters read now."""
        for name, picture in self._pictures.items():
            if self._is_reading(picture):
                self._show(name)

    def heal(self) -> None:
        """Tell the next lamp, ring or display once more what it shows: wires lose messages, and nobody hears of it.

        A motor is told once more after each of its moves, and then left alone: it may tick.
        """
        if not self.outboxes:
            return
        doubtful = next((name for name in self._doubtful if name not in self._touched), None)
        if doubtful is not None:
            del self._doubtful[doubtful]
            self._again(doubtful)
        elif self._healable:
            self._healed = (self._healed + 1) % len(self._healable)
            self._again(self._healable[self._healed])

    def forget(self) -> None:
        """Nobody knows what the box shows, where it stands, nor whether a finger is on it: it was away."""
        self._shadow.clear()
        self._stood.clear()
        self._flights.clear()
        self._touched.clear()
        self._doubtful.clear()

    def darken(self) -> None:
        """Switch every lamp, ring and display off: a lamp that nobody keeps true is a lie."""
        for picture in self._pictures.values():
            if picture.show.kind is not ShowKind.MOTOR:
                self._send(picture.control, _blank(picture.show))

    # -- inside ----------------------------------------------------------------------------------------------------

    def _show(self, name: str) -> None:
        picture = self._pictures.get(name)
        if picture is not None and self.outboxes and name not in self._touched:
            self._send(picture.control, self._blinking.now(name, self._wanted(picture), picture.show))

    def _send(self, control: Control, shown: Shown) -> None:
        is_same = self._shadow.get(control.name) == shown
        falls = control.show is not None and control.show.fades and isinstance(shown, Stands) and shown.step > 0
        if is_same and not falls:
            return
        self._shadow[control.name] = shown
        if control.has_motor and control.show is not None and isinstance(shown, Stands):
            self._stood[control.name] = step = control.step(shown.step / (control.show.steps - 1))
            self._flights.setdefault(control.name, Flight()).send(step, self._clock())
            self._doubtful[control.name] = None
        self._put(control, shown)

    def _again(self, name: str) -> None:
        if name not in self._touched and name in self._shadow:
            self._put(self._controls[name], self._shadow[name])

    def _put(self, control: Control, shown: Shown) -> None:
        if control.port < len(self.outboxes):
            messages = self._dialect.encode(control, shown)
            if messages:
                self.outboxes[control.port].put(control.name, *messages)

    def _is_reading(self, picture: _Picture) -> bool:
        return picture.address in self._hub.registry and self._hub.registry[picture.address].kind in _READINGS

    def _wanted(self, picture: _Picture) -> Shown:  # noqa: PLR0911 - one for each way of showing
        """What the control should show now."""
        if picture.says is not None:
            return Lit(picture.feedback.on if picture.says else DARK)
        address = picture.address
        if picture.control.name in self._glancing and picture.glance in self._hub.registry:
            address = picture.glance
        if address not in self._hub.registry:
            return _blank(picture.show)
        spec = self._hub.registry[address]
        if picture.show.kind is ShowKind.DISPLAY:
            return Said(self._text(spec, picture.feedback))
        if picture.show.kind is ShowKind.METER:
            return Stands(self._deflection(spec, picture))
        if not spec.is_numeric:
            return _blank(picture.show)
        if picture.show.kind is ShowKind.LAMP:
            return Lit(_state(spec, self._hub.value(address), picture.feedback))
        travel = self._hub.travel(address)
        if picture.feedback.span is not None:
            travel = min(max(share_of(spec, picture.feedback.span, travel), 0.0), 1.0)
        mode = picture.feedback.mode or picture.show.usual_mode
        return Stands(nearest_step(travel, picture.show.steps), mode)

    def _text(self, spec: ParameterSpec, feedback: Feedback) -> str:
        if spec.kind is Kind.TEXT:
            return self._hub.text(spec.address)
        if spec.is_numeric:
            return spec.text(self._hub.value(spec.address))
        if spec.kind is not Kind.METER:
            return ""
        readings = self._hub.meter(spec.address)
        if feedback.reading >= len(readings):
            return ""
        reading = readings[feedback.reading]
        if spec.unit == "s":
            return timecode(round(reading * self._hub.rate_hz), self._hub.rate_hz)
        return f"{reading:.1f}"

    def _deflection(self, spec: ParameterSpec, picture: _Picture) -> int:
        show = picture.show
        if spec.kind is Kind.METER:
            readings = self._hub.meter(spec.address)
            if picture.feedback.reading >= len(readings):
                return 0
            travel = (readings[picture.feedback.reading] - show.low_db) / (show.high_db - show.low_db)
        else:
            travel = self._hub.travel(spec.address) if spec.is_numeric else 0.0
        return nearest_step(travel, show.steps) if travel == travel else 0  # noqa: PLR0124 - a meter may read NaN


def _rank(control: Control) -> int:
    return _ORDER.index(control.show.kind) if control.show is not None else len(_ORDER)


def _goes_dark(show: Show) -> bool:
    return show.kind in (ShowKind.LAMP, ShowKind.RING, ShowKind.DISPLAY)


def _blank(show: Show) -> Shown:
    """What it shows where there is nothing to show."""
    if show.kind is ShowKind.LAMP:
        return Lit(DARK)
    if show.kind is ShowKind.DISPLAY:
        return Said("")
    return Stands(-1 if show.kind is ShowKind.RING else 0)


def _slack(control: Control) -> int:
    """Steps by which a motor may report another place than it was sent to, because it is told more coarsely."""
    if control.show is None or control.show.kind is not ShowKind.MOTOR or control.show.steps >= control.steps:
        return 0
    return -(-control.steps // control.show.steps)


def _state(spec: ParameterSpec, value: float, feedback: Feedback) -> str:
    """The state of a lamp that shows `value`."""
    if not (feedback.states or feedback.lit or feedback.blink):
        return feedback.on if value != 0.0 else DARK
    word = spec.text(value)
    if feedback.states:
        return _named(feedback.states, word)
    if word in feedback.lit:
        return feedback.on
    return BLINK if word in feedback.blink else DARK


def _named(states: Mapping[str, str], word: str) -> str:
    return states.get(word, states.get("else", DARK))
