"""What the tests of the surface layer stand on: a desk of a given size, and a box of a given fineness."""

from studiod.desk.hub import Hub
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.registry import Registry
from studiod.surfaces.base import (
    Act,
    Binding,
    Control,
    ControlKind,
    Feedback,
    Gesture,
    MidiWire,
    Moved,
    Pressed,
    SurfaceMap,
    Takeover,
)
from tests.fakes.store import MemoryStore

RATE_HZ = 48_000


def desk(strips: int = 16) -> Hub:
    """A hub of `strips` strips and one bus, with nothing behind it."""
    names = tuple(f"Strip {strip + 1}" for strip in range(strips))
    layout = ConsoleLayout(strips, 1, tuple(range(1, strips + 1)), names, ("Bus 1",))
    return Hub(Registry(console_parameters(layout)), MemoryStore(), RATE_HZ)


class PlainDialect:
    """A grammar of any resolution: four bytes of control number and step. Big enough for 14-bit faders."""

    def __init__(self, controls: tuple[Control, ...]) -> None:
        self._controls = {control.wire.controller: control for control in controls}

    def decode(self, message: bytes) -> Gesture | None:
        """What `encode` made."""
        control = self._controls.get(message[0])
        if control is None:
            return None
        if control.kind is ControlKind.BUTTON:
            return Pressed(control.name)
        return Moved(control.name, control.travel(int.from_bytes(message[1:])))

    def encode(self, control: Control, step: int) -> bytes:
        """Number, then the step in three bytes."""
        return bytes((control.wire.controller,)) + step.to_bytes(3)


def one_fader_box(
    steps: int, *, has_motor: bool, takeover: Takeover = Takeover.PICKUP, address: str = "/strip/{bank+1}/fader"
) -> tuple[SurfaceMap, PlainDialect]:
    """A box with one fader of `steps` steps, a lit mute button and two bank buttons, and its grammar."""
    controls = (
        Control("fader", ControlKind.FADER, steps, MidiWire(1, 0), has_motor=has_motor),
        Control("mute", ControlKind.BUTTON, 2, MidiWire(1, 1), has_lamp=True),
        Control("left", ControlKind.BUTTON, 2, MidiWire(1, 2)),
        Control("right", ControlKind.BUTTON, 2, MidiWire(1, 3)),
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
        name=f"box{steps}", maker="Test", model="Box", mode="", confidence="measured", sources=(), ports=("*box*",),
        bank_size=1, takeover=takeover, messages_per_s=500, hello=None,
        controls={control.name: control for control in controls},
        bindings={binding.control: binding for binding in bindings},
        feedback={item.control: item for item in feedback},
    )  # fmt: skip
    return facts, PlainDialect(controls)
