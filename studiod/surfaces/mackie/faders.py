"""The faders of one box: who holds each, what it sets, and where its motor is sent."""

from collections.abc import Callable, Sequence
from typing import Final

from studiod.desk.hub import Hub
from studiod.surfaces.base import Hand, Moved, Released, Takeover, Touched
from studiod.surfaces.mackie.buttons import MASTER, fader_name
from studiod.surfaces.mackie.facts import BoxFacts
from studiod.surfaces.mackie.motor import Motor
from studiod.surfaces.mackie.panel import Panel
from studiod.surfaces.mackie.readings import position_of
from studiod.surfaces.mackie.rig import Under
from studiod.surfaces.mackie.words import Key, Part
from studiod.surfaces.takeover import Grip
from studiod.surfaces.touches import Touches

_MAIN_FADER: Final = "/main/fader"


class Faders:
    """The faders of the box `name`, the master's among them; `touches` are those of all boxes of the desk."""

    def __init__(self, name: str, facts: BoxFacts, hub: Hub, touches: Touches, panel: Panel) -> None:
        places = [*range(facts.strips), *([MASTER] if facts.has_master else [])]
        self._name = name
        self._facts = facts
        self._hub = hub
        self._touches = touches
        self._panel = panel
        self._motors = {place: Motor(has_touch=facts.has_touch, bits=facts.fader_bits) for place in places}
        self._grips = {place: Grip(Takeover.PICKUP, 1 / ((1 << facts.fader_bits) - 1)) for place in places}
        self._addresses = dict.fromkeys(places, "")
        self._places: dict[str, list[int]] = {}
        self._held_until: dict[int, float] = {}  # without sensors: when the hand is thought to be gone

    def aim(self, under: Sequence[Under | None]) -> None:
        """These channels lie under the strips now; a finger that rests on a fader holds what that means now."""
        self._places = {}
        for place in self._motors:
            address = self._addresses[place] = self._under(place, under)
            if address:
                self._places.setdefault(address, []).append(place)
            if self._motors[place].is_touched:
                self._hold(place)
        for grip in self._grips.values():
            grip.let_go()

    def forget(self) -> None:
        """The box was away: nobody knows where its faders stand, nor whether a finger is on them."""
        self._touches.leave(self._name)
        self._held_until.clear()
        for motor in self._motors.values():
            motor.forget()
        for grip in self._grips.values():
            grip.forget()

    def leave(self) -> None:
        """The box is gone, and every finger on it."""
        self._touches.leave(self._name)

    def woke(self) -> None:
        """The box shows nothing any more; a finger may rest on a fader while it says so."""
        for motor in self._motors.values():
            is_touched = motor.is_touched
            motor.forget()
            motor.is_touched = is_touched

    def do(self, gesture: Hand, place: int, now: float) -> str:
        """What the hand does to the fader at `place`; the address it moved, or nothing. Raises Refused."""
        motor = self._motors.get(place)
        if motor is None:
            return ""
        if isinstance(gesture, Touched):
            motor.is_touched = True
            self._hold(place)
        elif isinstance(gesture, Released):
            motor.is_touched = False
            self._touches.release(self._name, fader_name(place))
            if self._facts.has_motors:
                self._panel.again((Part.FADER, place))  # an echo that was lost would let the motor snap back
            self.drive(place, now)
        elif isinstance(gesture, Moved):
            position = position_of(gesture.travel)
            if motor.hears(position, now):
                return self._heard(place, motor, position, now)
        return ""

    def changed(self, address: str, now: float) -> None:
        """The desk has another value at `address`, perhaps."""
        for place in self._places.get(address, ()):
            self.drive(place, now)

    def drive_all(self, now: float) -> None:
        """Send every fader to where the desk has it, but those in a hand."""
        for place in self._motors:
            self.drive(place, now)

    def drive(self, place: int, now: float) -> None:
        """Send the fader to where the desk has it, unless a hand is on it."""
        if not self._facts.has_motors or not self._panel.is_live:
            return
        position = self._motors[place].drives(self._target(place), now)
        if position is not None:
            self._panel.show((Part.FADER, place), position)

    def tick(self, now: float) -> float | None:
        """Drive faders without sensors once the hand is thought to be gone; seconds until there is more to do."""
        for place in [place for place, until in self._held_until.items() if now >= until]:
            del self._held_until[place]
            self._panel.show((Part.FADER, place), self._motors[place].rests(self._target(place), now))
            self._panel.again((Part.FADER, place))
        return min((until - now for until in self._held_until.values()), default=None)

    def is_in_hand(self, now: float) -> Callable[[Key], bool]:
        """Whether a key is that of a fader which a hand has at `now`."""

        def is_held(key: Key) -> bool:
            part, place = key
            if part is not Part.FADER or not isinstance(place, int):
                return False
            return self._motors[place].is_touched or self._motors[place].is_held(now)

        return is_held

    def retold(self, key: Key | None, now: float) -> None:
        """The box is told once more what `key` shows; None for all."""
        places = list(self._motors) if key is None else [key[1]] if key[0] is Part.FADER else []
        for place, motor in self._motors.items():
            if place in places:
                motor.retold(now)

    def sink(self) -> None:
        """Faders down, but those with a finger on them."""
        for place, motor in self._motors.items():
            if self._facts.has_motors and not motor.is_touched:
                self._panel.show((Part.FADER, place), 0)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _under(self, place: int, under: Sequence[Under | None]) -> str:
        if place == MASTER:
            return _MAIN_FADER if _MAIN_FADER in self._hub.registry else ""
        one = under[place] if place < len(under) else None
        return one.fader if one is not None else ""

    def _hold(self, place: int) -> None:
        address = self._addresses[place]
        self._touches.touch(self._name, fader_name(place), (address,) if address else ())

    def _target(self, place: int) -> int:
        address = self._addresses[place]
        return position_of(self._hub.travel(address)) if address else 0

    def _heard(self, place: int, motor: Motor, position: int, now: float) -> str:
        address = self._addresses[place]
        is_ours = not address or not self._touches.is_held(address, self._name)
        if not self._facts.has_motors:
            return self._picked_up(place, position, address if is_ours else "")
        if not self._facts.has_touch:
            # nobody knows when the hand leaves: a position told late would move the fader under it
            self._held_until[place] = motor.held_until()
        elif is_ours:
            # the motor goes back to where it was told last: it is told every position the hand gives it
            self._panel.show((Part.FADER, place), position)
            self._panel.again((Part.FADER, place))
        else:
            self.drive(place, now)
        if not address or not is_ours:
            return ""
        self._write(place, position, address)
        return address

    def _picked_up(self, place: int, position: int, address: str) -> str:
        """A fader without a motor moves what it has met."""
        grip, travel = self._grips[place], self._motors[place].travel(position)
        if not address:
            grip.pass_by(travel)
            return ""
        if grip.move(travel, self._hub.travel(address)) is None:
            return ""  # it has not met the value yet
        self._write(place, position, address)
        grip.wrote(self._hub.travel(address))
        return address

    def _write(self, place: int, position: int, address: str) -> None:
        """A coarse fader that "moves" to the step it shows must not coarsen the value."""
        motor, stood = self._motors[place], position_of(self._hub.travel(address))
        travel = motor.travel(position)
        if motor.step(position) != motor.step(stood) or travel in {0.0, 1.0}:
            self._hub.write_travel(address, travel, self._name)
