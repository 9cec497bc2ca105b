"""How big a desk is, and where each of its channels lies in the engine."""

from dataclasses import dataclass

MAX_STRIPS = 128
MAX_BUSES = 16
MAX_MATRICES = 6
MAX_MIDI_TRACKS = 16
VCAS = 8
MUTE_GROUPS = 6
STRIP_BANDS = 4
BUS_BANDS = 6

# Channels of the engine (ext/kernel.h): every strip, then every sum that has a chain of its own.
BUS_CHANNEL = MAX_STRIPS
MAIN_CHANNEL = BUS_CHANNEL + MAX_BUSES
"""Left; right is the next and follows left's parameters."""
MONO_CHANNEL = MAIN_CHANNEL + 2
MATRIX_CHANNEL = BUS_CHANNEL + 24

BUS_ROLES = ("aux", "group", "fx")
_ON_MAIN = frozenset({"group", "fx"})


@dataclass(frozen=True, slots=True)
class ConsoleLayout:
    """How big the desk is. `strip_inputs[i]` is the 1-based hardware input of strip i+1, 0 for none.

    bus_roles: one of BUS_ROLES for each bus, aux for those left out. inputs, outputs: hardware channels that inserts
    and direct outs may be patched to.
    """

    strips: int
    buses: int
    strip_inputs: tuple[int, ...]
    strip_names: tuple[str, ...]
    bus_names: tuple[str, ...]
    bus_roles: tuple[str, ...] = ()
    matrix_names: tuple[str, ...] = ()
    inputs: int = 8
    outputs: int = 8
    has_monitor: bool = False
    """The monitor section has outputs of its own: solo is heard there and leaves main alone."""
    midi_tracks: int = 0

    @property
    def matrices(self) -> int:
        """How many matrix sums there are."""
        return len(self.matrix_names)

    def bus_role(self, bus: int) -> str:
        """Role of the bus at index `bus`, counted from 0."""
        return self.bus_roles[bus] if bus < len(self.bus_roles) else BUS_ROLES[0]

    def is_on_main(self, bus: int) -> bool:
        """Whether the bus at index `bus` plays into main unless someone says otherwise."""
        return self.bus_role(bus) in _ON_MAIN
