"""One box of a Mackie desk: gestures in, everything it can show out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from studiod.desk.hub import Change
from studiod.model.parameter import Kind, Refused
from studiod.surfaces.base import Hand, Moved, Pressed, Released, Takeover, Touched, Turned
from studiod.surfaces.hui.codec import HuiCodec
from studiod.surfaces.hui.heartbeat import Heartbeat
from studiod.surfaces.hui.scribble import MainDisplay, Scribble
from studiod.surfaces.mackie.buttons import MASTER, MASTER_NAME, STRIP_ROWS
from studiod.surfaces.mackie.codec import ASSIGNMENT, LOGIC_ID, LOGIC_XT_ID, OFFLINE, MackieCodec, sysex
from studiod.surfaces.mackie.facts import BoxFacts, Colours, Glass, Protocol, Role
from studiod.surfaces.mackie.handshake import Greeting
from studiod.surfaces.mackie.keys import Keys
from studiod.surfaces.mackie.motor import Motor
from studiod.surfaces.mackie.panel import Panel
from studiod.surfaces.mackie.readings import beat_digits, no_digits, position_of, time_digits
from studiod.surfaces.mackie.rig import Rig, Under
from studiod.surfaces.mackie.screen import Screen, qcon_second_lcd, strip_lcd
from studiod.surfaces.mackie.strips import LAMP_ROWS, Strips
from studiod.surfaces.mackie.words import Key, Lamp, Part, Ring, RingMode, Said
from studiod.surfaces.takeover import Grip

TICK: Final = 0.01
"""Travel of one tick of a V-Pot; a tenth of it with shift."""
CLOCK_S: Final = 0.05
_EXACT = 9  # digits of travel: a hundred ticks come back to where they began
_MAIN_FADER = "/main/fader"


@dataclass(slots=True)
class Window:
    """Where a box stands on the desk."""

    offset: int = 0
    """Channels left of its first strip."""


class MackieSurface:
    """A box, there or away. Not thread-safe: it belongs to the desk's loop.

    It is held as `Surface` is: attach, receive, on_changes, drain, heal, dismiss, detach. `receive` raises Refused or
    UnknownAddress when the desk will not take what was played; what it raises is on the display by then.
    """

    def __init__(self, name: str, facts: BoxFacts, rig: Rig, keys: Keys) -> None:
        self.name = name
        self.facts = facts
        self.bank = Window()
        self._rig = rig
        self._hub = rig.hub
        self._keys = keys
        self._mackie: MackieCodec | None = None
        self._codec: MackieCodec | HuiCodec
        if facts.protocol is Protocol.HUI:
            self._codec = HuiCodec()
        else:
            has_rgb = facts.colours is Colours.RGB
            self._codec = self._mackie = MackieCodec(facts.model_id, can_flash=facts.can_flash, has_rgb=has_rgb)
        self._panel = Panel(self._codec, self._screens(), facts.messages_per_s, facts.bytes_per_s)
        self._greeting: Greeting | Heartbeat = self._greet()
        self._strips = Strips(rig, facts, self._panel)
        places = [*range(facts.strips), *([MASTER] if facts.has_master else [])]
        self._motors = {place: Motor(has_touch=facts.has_touch, bits=facts.fader_bits) for place in places}
        self._grips = {place: Grip(Takeover.PICKUP, 1 / ((1 << facts.fader_bits) - 1)) for place in places}
        self._faders: dict[str, list[int]] = {}
        self._watched = keys.watched()
        self._clock_at = float("-inf")
        self._held_until: dict[int, float] = {}
        rig.add(self)

    @property
    def note(self) -> str:
        """What a person should know about this box, or nothing."""
        return self._greeting.note

    @property
    def is_live(self) -> bool:
        """It is there, greeted, and shown things."""
        return self._panel.is_open and self._panel.is_live

    # -- as the manager holds it -----------------------------------------------------------------------------------

    def attach(self, send: Callable[[bytes], None], now: float) -> None:
        """The box is there: greet it, and show it everything as soon as it listens. `send` takes a whole message."""
        self._panel.open(send, now)
        self._codec.forget()
        self._strips.forget()
        for motor in self._motors.values():
            motor.forget()
        for grip in self._grips.values():
            grip.forget()
        self._held_until.clear()
        self._greeting = self._greet()
        for message in self._greeting.start(now):
            self._panel.say(message)
        self._panel.is_live = self._greeting.is_live
        self._paint()

    def detach(self) -> None:
        """The box is gone, or let go."""
        if self._panel.is_open and self.facts.role is Role.MAIN:
            self._keys.forget()
        self._panel.close()

    def dismiss(self) -> None:
        """Faders down, everything dark, and let the box go. Raises what `send` raises."""
        if self.is_live:
            self._darken()
            self._panel.flush()
        self.detach()

    def receive(self, piece: bytes) -> None:
        """What the box said; bytes that mean nothing are dropped."""
        if self._panel.is_open:
            for said in self._codec.decode(piece):
                self._hear(said)

    def on_changes(self, changes: Iterable[Change]) -> None:
        """What is different on the desk since the last turn."""
        has_keys = False
        for change in changes:
            address = change.spec.address
            self._strips.changed(address)
            for place in self._faders.get(address, ()):
                self._drive(place)
            has_keys = has_keys or address in self._watched
        if has_keys:
            self._lamps()

    def drain(self, now: float) -> float | None:
        """Send what may be sent; seconds until more may be, None when nothing waits. Raises what `send` raises."""
        if not self._panel.is_open:
            return None
        if self._greeting.tick(now):
            self._repaint()
        for message in self._greeting.due(now) if isinstance(self._greeting, Heartbeat) else ():
            self._panel.say(message)
        waits = [self._greeting.wait(now)]
        if self._panel.is_live:
            waits += [self._strips.tick(now), self._face(now), self._let_go(now)]
            if self.facts.role is Role.MAIN:
                waits.append(self._keys.tick(now))
        waits.append(self._panel.drain(now))
        return min((wait for wait in waits if wait is not None), default=None)

    def heal(self) -> None:
        """Tell one thing once more what it shows, the next one at the next call; never a fader that is held."""
        self._panel.heal(self._is_in_hand)

    # -- as the rig holds it ---------------------------------------------------------------------------------------

    def aim(self, first: int, under: Sequence[Under | None]) -> None:
        """These channels lie under the strips now."""
        self.bank.offset = first
        self._faders = {}
        for place in self._motors:
            address = self._address(place, under)
            if address:
                self._faders.setdefault(address, []).append(place)
        for grip in self._grips.values():
            grip.let_go()
        self._strips.aim(under)
        for place in self._motors:
            self._drive(place)
        self._lamps()

    def look(self) -> None:
        """Keys, page, view or flip may be others."""
        self._lamps()
        self._strips.paint()

    def announce(self, sentence: str) -> None:
        """Show a sentence for a moment."""
        self._strips.announce(sentence, self._rig.clock())

    # -- what the hand does ----------------------------------------------------------------------------------------

    def _hear(self, said: Said) -> None:
        now = self._rig.clock()
        answers, is_blank = self._greeting.hear(said, now)
        if self._mackie is not None and isinstance(self._greeting, Greeting):
            self._mackie.model_id = self._greeting.model_id
        for message in answers:
            self._panel.say(message)
        if is_blank:
            self._repaint()
        self._panel.is_live = self._greeting.is_live
        if not self._panel.is_live or not isinstance(said, Hand):
            return
        try:
            self._do(said, now)
        except Refused as refusal:
            self._rig.announce(str(refusal).partition(": ")[2] or str(refusal))
            raise

    def _do(self, gesture: Hand, now: float) -> None:
        row, _, number = gesture.control.partition("/")
        place = MASTER if number == MASTER_NAME else int(number) - 1 if number.isdigit() else -1
        if row == "fader":
            self._fader(gesture, place, now)
        elif row == "vpot" and isinstance(gesture, Turned):
            self._turn(place, gesture.steps, now)
        elif row == "jog" and isinstance(gesture, Turned):
            self._keys.jog(gesture.steps, self.name)
        elif row in STRIP_ROWS and number:  # there is a key `solo`, too
            if isinstance(gesture, Pressed) and place < len(self._strips.under):
                self._strip_key(row, place)
        elif isinstance(gesture, Pressed):
            self._keys.press(gesture.control, self.name)
        elif isinstance(gesture, Released):
            self._keys.release(gesture.control)

    def _fader(self, gesture: Hand, place: int, now: float) -> None:
        motor = self._motors.get(place)
        if motor is None:
            return
        if isinstance(gesture, Touched):
            motor.is_touched = True
        elif isinstance(gesture, Released):
            motor.is_touched = False
            if self.facts.has_motors:
                self._panel.again((Part.FADER, place))  # an echo that was lost would let the motor snap back
            self._drive(place)
        elif isinstance(gesture, Moved):
            position = position_of(gesture.travel)
            if motor.hears(position, now):
                if self.facts.has_motors and self.facts.has_touch:
                    # the motor goes back to where it was told last: it is told every position the hand gives it
                    self._panel.show((Part.FADER, place), position)
                    self._panel.again((Part.FADER, place))
                elif self.facts.has_motors:
                    # nobody knows when the hand leaves: a position told late would move the fader under it
                    self._held_until[place] = motor.held_until()
                self._move(place, motor, position, now)

    def _move(self, place: int, motor: Motor, position: int, now: float) -> None:
        address = self._address(place, self._strips.under)
        if not address:
            return
        stood = self._hub.travel(address)
        step, travel = motor.step(position), motor.travel(position)
        wanted = travel if self.facts.has_motors else self._grips[place].move(travel, stood)
        if wanted is None:
            return  # it has not met the value yet
        is_same = wanted == travel and step == motor.step(position_of(stood)) and 0.0 < travel < 1.0
        if not is_same:  # a coarse fader that "moves" to the step it shows must not coarsen the value
            self._hub.write_travel(address, wanted, self.name)
        self._grips[place].wrote(self._hub.travel(address))
        if place != MASTER:
            self._strips.turned(place, address, now)

    def _turn(self, place: int, ticks: int, now: float) -> None:
        one = self._strips.under[place] if place < len(self._strips.under) else None
        if one is None or one.knob is None:
            return
        address = one.knob.address
        spec = self._hub.registry[address]
        if spec.kind in (Kind.CHOICE, Kind.TOGGLE):
            last = spec.high - spec.low
            size = 1.0 / last if last else 0.0
        else:
            size = TICK / 10 if self._keys.is_fine else TICK
        travel = round(self._hub.travel(address) + ticks * size, _EXACT)
        self._hub.write_travel(address, min(max(travel, 0.0), 1.0), self.name)
        self._strips.turned(place, address, now)

    def _strip_key(self, row: str, place: int) -> None:
        one = self._strips.under[place]
        if one is None:
            return
        if row == "vpot":
            self._push(one)
        elif row == "select":
            if self._keys.resets and one.fader:
                self._hub.write(one.fader, self._hub.registry[one.fader].default, self.name)
            elif one.base:
                self._rig.select(one.base)
        elif f"{one.base}/{LAMP_ROWS[row]}" in self._hub.registry:
            self._flip(f"{one.base}/{LAMP_ROWS[row]}")

    def _push(self, one: Under) -> None:
        if one.knob is None:
            return
        if one.knob.push:
            self._flip(one.knob.push)
        else:
            self._hub.write(one.knob.address, self._hub.registry[one.knob.address].default, self.name)

    def _flip(self, address: str) -> None:
        self._hub.write(address, 0.0 if self._hub.value(address) else 1.0, self.name)

    # -- what the box shows ----------------------------------------------------------------------------------------

    def _address(self, place: int, under: Sequence[Under | None]) -> str:
        """Address of the fader at `place`; empty where nothing lies under it."""
        if place == MASTER:
            return _MAIN_FADER if _MAIN_FADER in self._hub.registry else ""
        one = under[place] if place < len(under) else None
        return one.fader if one is not None else ""

    def _drive(self, place: int) -> None:
        """Send the fader to where the desk has it, unless a hand is on it."""
        if not self.facts.has_motors or not self.is_live:
            return
        address = self._address(place, self._strips.under)
        target = position_of(self._hub.travel(address)) if address else 0
        position = self._motors[place].drives(target, self._rig.clock())
        if position is not None:
            self._panel.show((Part.FADER, place), position)

    def _let_go(self, now: float) -> float | None:
        """Drive faders that have no sensors once the hand is thought to be gone."""
        for place in [place for place, until in self._held_until.items() if now >= until]:
            del self._held_until[place]
            address = self._address(place, self._strips.under)
            target = position_of(self._hub.travel(address)) if address else 0
            self._panel.show((Part.FADER, place), self._motors[place].rests(target))
            self._panel.again((Part.FADER, place))
        return min((until - now for until in self._held_until.values()), default=None)

    def _is_in_hand(self, key: Key) -> bool:
        part, place = key
        if part is not Part.FADER or not isinstance(place, int):
            return False
        motor = self._motors[place]
        return motor.is_touched or motor.is_held(self._rig.clock())

    def _lamps(self) -> None:
        if self.facts.role is not Role.MAIN:
            return
        for key, lamp in self._keys.lamps().items():
            self._panel.show((Part.LAMP, key), lamp)
        if self.facts.has_assignment:
            for at, letter in enumerate(reversed(self._rig.assignment.sign)):
                self._panel.show((Part.DIGIT, ASSIGNMENT + at), letter)

    def _face(self, now: float) -> float | None:
        """Let the time run; seconds until it is to be shown again."""
        if not self.facts.has_time:
            return None
        if now - self._clock_at >= CLOCK_S:
            self._clock_at = now
            for key, shown in self._codec.time(self._digits()):
                self._panel.show(key, shown)
        return max(self._clock_at + CLOCK_S - now, 0.0)

    def _digits(self) -> tuple[str, ...]:
        reading = self._hub.meter("/transport/position")
        if not reading:
            return no_digits()
        if not self._rig.shows_beats:
            return time_digits(reading[0])
        beats = self._hub.registry["/click/beats"].choices[int(self._hub.value("/click/beats"))]
        return beat_digits(reading[0], self._hub.value("/click/tempo"), int(beats))

    def _repaint(self) -> None:
        """The box shows nothing any more, or never did."""
        self._panel.is_live = True
        self._panel.forget()
        for motor in self._motors.values():
            is_touched = motor.is_touched  # it may say that it is ready while a finger rests on it
            motor.forget()
            motor.is_touched = is_touched
        self._paint()

    def _paint(self) -> None:
        self._strips.paint()
        self._lamps()
        for place in self._motors:
            self._drive(place)

    def _darken(self) -> None:
        for place, motor in self._motors.items():
            if self.facts.has_motors and not motor.is_touched:
                self._panel.show((Part.FADER, place), 0)
        names = [*self._keys.lamps()] if self.facts.role is Role.MAIN else []
        names += [f"{row}/{at + 1}" for row in (*LAMP_ROWS, "select") for at in range(self.facts.strips)]
        for name in names:
            self._panel.show((Part.LAMP, name), Lamp.OFF)
        for at in range(self.facts.strips if self.facts.has_vpots else 0):
            self._panel.show((Part.RING, at), Ring(RingMode.DOT, 0))
        for screen in self._panel.screens:
            screen.clear()
        for key, shown in self._codec.time(no_digits()) if self.facts.has_time else ():
            self._panel.show(key, shown)
        for at in range(2 if self.facts.has_assignment else 0):
            self._panel.show((Part.DIGIT, ASSIGNMENT + at), " ")
        if self._mackie is not None and self._mackie.model_id in (LOGIC_ID, LOGIC_XT_ID):
            self._panel.flush()
            self._panel.say(sysex(self._mackie.model_id, OFFLINE, 0x7F))

    def _greet(self) -> "Greeting | Heartbeat":
        if self.facts.protocol is Protocol.HUI:
            return Heartbeat()
        return Greeting(self.facts.model_id, self.facts.ask_ids)

    def _screens(self) -> list[Screen]:
        if self.facts.glass is Glass.FOUR:
            return [Scribble(), MainDisplay()]
        mackie = self._mackie
        if mackie is None or self.facts.glass is Glass.NONE:
            return []
        first = strip_lcd(lambda: mackie.model_id)
        return [first, qcon_second_lcd()] if self.facts.glass is Glass.SEVEN_AND_SIX else [first]
