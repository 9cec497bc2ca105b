"""One box of a Mackie desk: gestures in, everything it can show out."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from studiod.desk.hub import Change
from studiod.model.parameter import Kind, Refused
from studiod.surfaces.base import Hand, Moved, Pressed, Released, Turned
from studiod.surfaces.hui.codec import HuiCodec
from studiod.surfaces.hui.heartbeat import Heartbeat
from studiod.surfaces.hui.scribble import MainDisplay, Scribble
from studiod.surfaces.mackie.assign import View
from studiod.surfaces.mackie.buttons import MASTER, MASTER_NAME, STRIP_ROWS, STRIPS
from studiod.surfaces.mackie.codec import ASSIGNMENT, LOGIC_ID, LOGIC_XT_ID, OFFLINE, MackieCodec, sysex
from studiod.surfaces.mackie.facts import BoxFacts, Colours, Glass, Protocol, Role
from studiod.surfaces.mackie.faders import Faders
from studiod.surfaces.mackie.handshake import Greeting
from studiod.surfaces.mackie.keys import Keys
from studiod.surfaces.mackie.panel import Panel
from studiod.surfaces.mackie.readings import beat_digits, no_digits, time_digits
from studiod.surfaces.mackie.rig import Rig, Under
from studiod.surfaces.mackie.screen import Screen, qcon_second_lcd, strip_lcd
from studiod.surfaces.mackie.strips import LAMP_ROWS, Strips
from studiod.surfaces.mackie.words import Lamp, Part, Ring, RingMode, Said
from studiod.surfaces.touches import Touches

TICK: Final = 0.01
"""Travel of one tick of a V-Pot; a tenth of it with shift."""
METERS_SHOW: Final = 7
"""By its lamp, with its peak, and on the glass: a Mackie Control shows no meter before it is told where."""
AGAIN_S: Final = 1.0
"""After so long a new box is told everything once more: drivers and boxes that have just begun lose messages."""
METERS_UPRIGHT: Final = 1  # they stand in the gap beside the names; lying down they would cover them
_EXACT = 9  # digits of travel: a hundred ticks come back to where they began


class MackieSurface:
    """A box, there or away, held by the manager as every box is. Not thread-safe: it belongs to the desk's loop.

    What the desk will not take is on its display by the time it is returned. touches: of all boxes of the desk.
    """

    def __init__(self, name: str, facts: BoxFacts, rig: Rig, keys: Keys, touches: Touches) -> None:
        self.name = name
        self.facts = facts
        self._rig = rig
        self._hub = rig.hub
        self._keys = keys
        self._touches = touches
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
        self._faders = Faders(name, facts, rig.hub, touches, self._panel)
        self._noted: dict[str, Moved] = {}
        self._watched = keys.watched()
        self._first = 0
        self._is_stirred = True  # something was said or heard since the last drain
        self._wake_at = self._again_at = float("inf")
        rig.add(self)

    @property
    def maker(self) -> str:
        """Who made it."""
        return self.facts.maker

    @property
    def model(self) -> str:
        """What its maker calls it."""
        return self.facts.model

    @property
    def note(self) -> str:
        """What a person should know about this box, or nothing."""
        return self._greeting.note

    @property
    def first_strip(self) -> int:
        """Strip under its first fader, from 1; 0 while buses, matrices or VCAs lie there."""
        return self._first + 1 if self._rig.view is View.STRIPS else 0

    @property
    def has_readings(self) -> bool:
        """It has meters, or shows the time."""
        return self.facts.has_meters or self.facts.has_master_meters or self.facts.has_time

    @property
    def is_live(self) -> bool:
        """It is there, greeted, and shown things."""
        return self._panel.is_open and self._panel.is_live

    # -- as the manager holds it -----------------------------------------------------------------------------------

    def attach(self, *sends: Callable[[bytes], None]) -> None:
        """The box is there: greet it, and show it everything as soon as it listens. It has one port."""
        now = self._rig.clock()
        self._is_stirred = True
        self._panel.open(sends[0] if sends else _nowhere, now)
        self._codec.forget()
        self._strips.forget()
        self._faders.forget()
        self._noted.clear()
        self._greeting = self._greet()
        for message in self._greeting.start(now):
            self._panel.say(message)
        self._panel.is_live = self._greeting.is_live
        self._again_at = now + AGAIN_S
        self._paint()

    def detach(self) -> None:
        """The box is gone, or let go."""
        if self._panel.is_open and self.facts.role is Role.MAIN:
            self._keys.forget()
        self._faders.leave()
        self._noted.clear()
        self._panel.close()

    def dismiss(self) -> None:
        """Faders down, everything dark, and let the box go. Raises what `send` raises."""
        if self.is_live:
            self._darken()
            self._panel.flush()
        self.detach()

    def receive(self, message: bytes, port: int = 0, *, may_wait: bool = False) -> list[Exception]:  # noqa: ARG002
        """What the box said, wherever it was cut; bytes that mean nothing are dropped.

        may_wait: moves of faders are only noted, the newest of each, until `settle` or another gesture.
        Returns what the desk would not take, and raises nothing.
        """
        faults: list[Exception] = []
        self._is_stirred = True
        if not self._panel.is_open:
            return faults
        for said in self._codec.decode(message):
            if may_wait and isinstance(said, Moved):
                self._noted[said.control] = said
            else:
                faults += self.settle()
                faults += self._hear(said)
        return faults

    def settle(self) -> list[Exception]:
        """Do the moves that were noted; returns as `receive`."""
        noted, self._noted = self._noted, {}
        self._is_stirred = self._is_stirred or bool(noted)
        return [fault for moved in noted.values() for fault in self._hear(moved)]

    def due(self) -> list[Exception]:
        """Go on winding, and to where the wheel is by now; returns as `receive`."""
        if not self.is_live or self.facts.role is not Role.MAIN:
            return []
        return self._tried(lambda _: self._keys.tick())

    def on_changes(self, changes: Iterable[Change]) -> None:
        """What is different on the desk since the last turn."""
        has_keys, now = False, self._rig.clock()
        self._is_stirred = True
        for change in changes:
            address = change.spec.address
            self._strips.changed(address)
            self._faders.changed(address, now)
            has_keys = has_keys or address in self._watched
        if has_keys:
            self._lamps()

    def read(self) -> None:
        """Show what the meters and the clock read now."""
        if not self.is_live:
            return
        self._is_stirred = True
        self._strips.read(self._rig.clock())
        if self.facts.has_time:
            for key, shown in self._codec.time(self._digits()):
                self._panel.show(key, shown)

    def drain(self) -> float | None:
        """Send what may be sent; seconds until there is more to do, None when nothing waits. Raises as `send`."""
        if not self._panel.is_open:
            return None
        now = self._rig.clock()
        if self._is_stirred or now >= self._wake_at:
            self._is_stirred = False
            wait = self._send(now)
            self._wake_at = float("inf") if wait is None else now + wait
        return None if self._wake_at == float("inf") else self._wake_at - now

    def heal(self) -> None:
        """Tell one thing once more what it shows, the next one at the next call; never a fader that is held."""
        self._is_stirred = True
        now = self._rig.clock()
        healed = self._panel.heal(self._faders.is_in_hand(now))
        if healed is not None:
            self._faders.retold(healed, now)

    def _send(self, now: float) -> float | None:
        if self._greeting.tick(now):
            self._repaint()
        for message in self._greeting.due(now) if isinstance(self._greeting, Heartbeat) else ():
            self._panel.say(message)
        waits = [self._greeting.wait(now)]
        if self._panel.is_live:
            if now >= self._again_at:
                self._again_at = float("inf")
                self._panel.tell_again(self._faders.is_in_hand(now))
                self._faders.retold(None, now)
            waits.append(self._again_at - now if self._again_at < float("inf") else None)
            waits += [self._strips.tick(now), self._faders.tick(now)]
            if self.facts.role is Role.MAIN:
                waits.append(self._keys.wait(now))
        waits.append(self._panel.drain(now))
        return min((max(wait, 0.0) for wait in waits if wait is not None), default=None)

    # -- as the rig holds it ---------------------------------------------------------------------------------------

    def aim(self, first: int, under: Sequence[Under | None]) -> None:
        """These channels lie under the strips now."""
        self._is_stirred = True
        self._first = first
        self._faders.aim(under)
        self._strips.aim(under)
        self._faders.drive_all(self._rig.clock())
        self._lamps()

    def look(self) -> None:
        """Keys, page, view or flip may be others."""
        self._is_stirred = True
        self._lamps()
        self._strips.paint()

    def announce(self, sentence: str) -> None:
        """Show a sentence for a moment."""
        self._is_stirred = True
        self._strips.announce(sentence, self._rig.clock())

    # -- what the hand does ----------------------------------------------------------------------------------------

    def _hear(self, said: Said) -> list[Exception]:
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
            return []
        return self._tried(lambda now: self._do(said, now))

    def _tried(self, work: Callable[[float], object]) -> list[Exception]:
        """Do it; what the desk would not take, which everybody can read."""
        try:
            work(self._rig.clock())
        except Refused as refusal:
            self._rig.announce(str(refusal).partition(": ")[2] or str(refusal))
            return [refusal]
        except Exception as fault:  # noqa: BLE001 - what one key does wrong must not take the box away
            return [fault]
        return []

    def _do(self, gesture: Hand, now: float) -> None:
        row, _, number = gesture.control.partition("/")
        place = MASTER if number == MASTER_NAME else int(number) - 1 if number.isdigit() else -1
        if row == "fader":
            address = self._faders.do(gesture, place, now)
            if address and place != MASTER:
                self._strips.turned(place, address, now)
        elif row == "vpot" and isinstance(gesture, Turned):
            self._turn(place, gesture.steps, now)
        elif row == "jog" and isinstance(gesture, Turned):
            self._keys.jog(gesture.steps, self.name)
        elif number and (row in STRIP_ROWS or row in LAMP_ROWS):  # there is a key `solo`, too
            if isinstance(gesture, Pressed) and place < len(self._strips.under):
                self._strip_key(row, place)
        elif isinstance(gesture, Pressed):
            self._keys.press(gesture.control, self.name)
        elif isinstance(gesture, Released):
            self._keys.release(gesture.control)

    def _turn(self, place: int, ticks: int, now: float) -> None:
        one = self._strips.under[place] if place < len(self._strips.under) else None
        if one is None or one.knob is None:
            return
        address = one.knob.address
        if self._touches.is_held(address, self.name):
            return
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
                self._reset(one.fader)
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
            self._reset(one.knob.address)

    def _reset(self, address: str) -> None:
        if not self._touches.is_held(address, self.name):
            self._hub.write(address, self._hub.registry[address].default, self.name)

    def _flip(self, address: str) -> None:
        self._hub.write(address, 0.0 if self._hub.value(address) else 1.0, self.name)

    # -- what the box shows ----------------------------------------------------------------------------------------

    def _lamps(self) -> None:
        if self.facts.role is not Role.MAIN:
            return
        for key, lamp in self._keys.lamps().items():
            self._panel.show((Part.LAMP, key), lamp)
        if self.facts.has_assignment:
            for at, letter in enumerate(reversed(self._rig.assignment.sign)):
                self._panel.show((Part.DIGIT, ASSIGNMENT + at), letter)

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
        self._again_at = self._rig.clock() + AGAIN_S
        self._panel.is_live = True
        self._panel.forget()
        self._faders.woke()
        self._paint()

    def _paint(self) -> None:
        if self.facts.has_meters and self.facts.glass is not Glass.NONE:
            for place in range(self.facts.strips):
                self._panel.show((Part.METER_MODE, place), METERS_SHOW)
            self._panel.show((Part.METER_MODE, STRIPS), METERS_UPRIGHT)
        self._strips.paint()
        self._lamps()
        self._faders.drive_all(self._rig.clock())

    def _darken(self) -> None:
        self._faders.sink()
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


def _nowhere(_message: bytes) -> None:
    """The box does not listen."""
