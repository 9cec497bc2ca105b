"""What the tests of the surface layer stand on: a desk of a given size, and a box of a given fineness."""

import functools
from dataclasses import replace

from studiod.desk.hub import Hub
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.registry import Registry
from studiod.surfaces.base import (
    Act,
    BankKind,
    Binding,
    Control,
    ControlKind,
    Feedback,
    Gesture,
    Lit,
    Match,
    Moved,
    Pressed,
    Show,
    ShowKind,
    Shown,
    Stands,
    SurfaceMap,
    Takeover,
    Wire,
    WireKind,
)
from studiod.surfaces.controls import LAMP
from tests.fakes.store import MemoryStore

RATE_HZ = 48_000


def desk(strips: int = 16, buses: int = 1, matrices: int = 0) -> Hub:
    """A hub of `strips` strips and a few sums, with nothing behind it."""
    return Hub(_registry(strips, buses, matrices), MemoryStore(), RATE_HZ)


@functools.cache
def _registry(strips: int, buses: int, matrices: int) -> Registry:
    names = tuple(f"Strip {strip + 1}" for strip in range(strips))
    bus_names = tuple(f"Bus {bus + 1}" for bus in range(buses))
    matrix_names = tuple(f"Matrix {matrix + 1}" for matrix in range(matrices))
    inputs = tuple(range(1, strips + 1))
    layout = ConsoleLayout(strips, buses, inputs, names, bus_names, matrix_names=matrix_names)
    return Registry(console_parameters(layout))


class PlainDialect:
    """A grammar of any resolution: four bytes of control number and step. Big enough for 14-bit faders."""

    beat_s = 0.0

    def __init__(self, controls: tuple[Control, ...]) -> None:
        self._numbers = {control.name: number for number, control in enumerate(controls)}
        self._controls = controls

    def decode(self, message: bytes, port: int = 0) -> tuple[Gesture, ...]:  # noqa: ARG002 - it has one port
        """What `encode` made."""
        if len(message) != 4 or message[0] >= len(self._controls):
            return ()
        control = self._controls[message[0]]
        if control.kind is ControlKind.BUTTON:
            return (Pressed(control.name),)
        return (Moved(control.name, control.travel(int.from_bytes(message[1:]))),)

    def encode(self, control: Control, shown: Shown) -> tuple[bytes, ...]:
        """Number, then the step in three bytes."""
        step = shown.step if isinstance(shown, Stands) else int(shown != Lit("dark"))
        return (bytes((self._numbers[control.name],)) + step.to_bytes(3),)

    def greet(self, port: int = 0) -> tuple[bytes, ...]:  # noqa: ARG002
        """Nothing."""
        return ()

    dismiss = beat = greet


def one_fader_box(
    steps: int, *, has_motor: bool, takeover: Takeover = Takeover.PICKUP, address: str = "/strip/{bank+1}/fader"
) -> tuple[SurfaceMap, PlainDialect]:
    """A box with one fader of `steps` steps, a lit mute button and two bank buttons, and its grammar."""
    motor = Show(ShowKind.MOTOR, steps) if has_motor else None
    controls = (
        Control("fader", ControlKind.FADER, steps, Wire(WireKind.CC, 1, 0), show=motor),
        Control("mute", ControlKind.BUTTON, 2, Wire(WireKind.CC, 1, 1), show=LAMP),
        Control("left", ControlKind.BUTTON, 2, Wire(WireKind.CC, 1, 2)),
        Control("right", ControlKind.BUTTON, 2, Wire(WireKind.CC, 1, 3)),
    )
    bindings = (
        Binding("fader", Act.ADDRESS, address),
        Binding("mute", Act.TOGGLE, "/strip/{bank+1}/mute"),
        Binding("left", Act.BANK, bank_by=-1),
        Binding("right", Act.BANK, bank_by=1),
    )
    feedback = [Feedback("mute", "/strip/{bank+1}/mute")]
    if has_motor:
        feedback.append(Feedback("fader", address))
    facts = SurfaceMap(
        name=f"box{steps}", maker="Test", model="Box", mode="", confidence="measured", sources=(),
        match=Match(("*box*",)), banks={BankKind.STRIP: 1}, takeover=takeover,
        controls={control.name: control for control in controls},
        bindings={binding.control: (binding,) for binding in bindings},
        feedback={item.control: item for item in feedback},
    )  # fmt: skip
    return facts, PlainDialect(controls)


def with_banks(facts: SurfaceMap, **sizes: int) -> SurfaceMap:
    """The same box with other windows."""
    return replace(facts, banks={BankKind(name): size for name, size in sizes.items()})
