"""What a press, a turn or a move does on the desk."""

import math

from studiod.desk.hub import Hub
from studiod.model.parameter import Kind
from studiod.surfaces.bindings import Act, Binding
from studiod.surfaces.controls import Control
from studiod.surfaces.span import share_of, travel_at
from studiod.surfaces.takeover import Grip

_FLOOR_SHARE = 0.01  # travel a level starts from when it is stepped up from silence, and falls into silence under
_DUST = 9  # decimals: 0.1 dB ten times is 1 dB


class Acts:
    """The hands of one box on the desk; every write says `origin`. All raise Refused or UnknownAddress."""

    def __init__(self, hub: Hub, origin: str) -> None:
        self._hub = hub
        self._origin = origin

    def move(self, binding: Binding, address: str, control: Control, travel: float, grip: Grip) -> None:
        """A position control stands at `travel` now."""
        spec = self._hub.registry[address]
        stood = share_of(spec, binding.span, self._hub.travel(address))
        wanted = grip.move(travel, stood)
        if wanted is None:
            return
        step = control.step(travel)
        speaks_plainly = wanted == travel
        shows_it = 0.0 <= stood <= 1.0 and control.step(stood) == step and not control.is_anchor(step)
        if not (speaks_plainly and shows_it):
            # the guard: a coarse box that "moves" to the step it already shows must not coarsen the value
            self._hub.write_travel(address, travel_at(spec, binding.span, wanted), self._origin)
        grip.wrote(share_of(spec, binding.span, self._hub.travel(address)))

    def turn(self, binding: Binding, address: str, control: Control, steps: int) -> None:
        """An endless knob was turned."""
        if binding.act is Act.STEP:
            self.step(binding, address, steps)
            return
        spec = self._hub.registry[address]
        share = share_of(spec, binding.span, self._hub.travel(address)) + steps / (control.steps - 1)
        if binding.span is not None:
            share = min(max(share, 0.0), 1.0)
        self._hub.write_travel(address, travel_at(spec, binding.span, share), self._origin)

    def step(self, binding: Binding, address: str, steps: int) -> None:
        """Add `steps` times what the binding says, held at the ends or going round."""
        spec = self._hub.registry[address]
        value, by = self._hub.value(address), steps * binding.by
        floor = spec.from_travel(_FLOOR_SHARE) if spec.low == -math.inf else spec.low
        from_silence = floor if by > 0.0 else spec.low
        wanted = from_silence if value < floor else round(value + by, _DUST)
        if binding.wraps and spec.kind in (Kind.CHOICE, Kind.TOGGLE):
            wanted = spec.low + (wanted - spec.low) % (spec.high - spec.low + 1)
        elif binding.wraps and not floor <= wanted <= spec.high:
            wanted = floor if wanted > spec.high else spec.high
        elif wanted < floor:
            wanted = spec.low
        self._hub.write(address, spec.clamp(wanted), self._origin)

    def press(self, binding: Binding, address: str) -> None:
        """What a button does with an address of the desk."""
        match binding.act:
            case Act.TOGGLE:
                self._hub.write(address, 0.0 if self._hub.value(address) else 1.0, self._origin)
            case Act.MOMENTARY:
                self._hub.write(address, 1.0, self._origin)
            case Act.RADIO | Act.SET:
                self._hub.write(address, self._hub.registry[address].parse(binding.word), self._origin)
            case Act.STEP:
                self.step(binding, address, 1)
            case Act.TRIGGER:
                arguments = () if binding.argument is None else (binding.argument,)
                self._hub.fire(address, *arguments, origin=self._origin)

    def let_go(self, address: str) -> None:
        """A momentary button came up."""
        self._hub.write(address, 0.0, self._origin)
