"""A desk, its sockets, and boxes on serial lines between them; time stands until it is moved."""

from collections.abc import Callable, Iterable
from pathlib import Path

from studiod.app.osc_line import OscLine
from studiod.model.parameter import Kind
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.dialects import LINES
from studiod.surfaces.manager import POLL_S, SurfaceManager, SurfaceStatus
from studiod.surfaces.maps import load_map, map_folder
from studiod.surfaces.pedals import Pedal
from studiod.surfaces.serial.models import LineDesk, line_models
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.fakes.line_box import LineBox
from tests.fakes.midi_ports import MemoryPorts, MidiBox
from tests.fakes.osc_desk import OscDesk

PORT = "/dev/serial/by-id/usb-Home_made-if00"
BUILT_IN = tuple(
    facts for facts in (load_map(path) for path in sorted(map_folder().glob("*.yaml"))) if facts.dialect in LINES
)
HEAD = """\
format: 2
name: mine
maker: Me
model: Mine
dialect: studiod
mode: any
confidence: measured
sources: [made up for the tests]
"""


def made(folder: Path, text: str, head: str = HEAD) -> SurfaceMap:
    """A map out of a few lines."""
    path = folder / "mine.yaml"
    path.write_text(head + text, encoding="utf-8")
    return load_map(path)


class Lines:
    """The whole way from the bytes of a line to the desk and back."""

    def __init__(self, maps: Iterable[SurfaceMap] = (), pedals: tuple[Pedal, ...] = ()) -> None:
        self.loop = HandLoop()
        self.ports = MemoryPorts()
        self.osc = OscDesk(strips=16)
        self.hub = self.osc.hub
        self.fired: list[tuple[str, tuple[float | str, ...]]] = []
        for spec in self.hub.registry:
            if spec.kind is Kind.TRIGGER:
                self.hub.on_trigger(spec.address, self._fired(spec.address))
        desk = LineDesk(self.hub, (*maps, *BUILT_IN), self.loop.time, Touches(), pedals=pedals)
        models = line_models(desk, lambda name: OscLine(name, self.osc.endpoint, self.loop.time))
        self.manager = SurfaceManager(self.hub, models, self.ports, clock=self.loop.time, later=self.loop.later)
        self.manager.start()

    def _fired(self, address: str) -> Callable[..., None]:
        return lambda *arguments: self.fired.append((address, arguments))

    def plug(self, box: MidiBox, kind: str = "studiod", port: str = PORT) -> None:
        """Put it in, and give it time to be known and shown everything."""
        self.ports.plug(port, box, kind)
        self.turn(POLL_S)
        if isinstance(box, LineBox):
            box.power_on()
        self.turn(2.0)

    def turn(self, seconds: float = 0.2) -> None:
        """Turns of the loop: changes go round, and there is time for what is paced."""
        self.hub.turn()
        self.loop.advance(seconds)
        self.hub.turn()

    @property
    def status(self) -> SurfaceStatus:
        """The only box there is."""
        (status,) = self.manager.status()
        return status
