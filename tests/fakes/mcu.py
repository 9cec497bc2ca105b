"""Mackie surfaces on a desk whose time is turned by hand; the boxes are studiod's own simulator."""

from studiod.desk.hub import Hub
from studiod.surfaces.mackie.desk import MackieDesk
from studiod.surfaces.mackie.facts import BoxFacts, load
from studiod.surfaces.mackie.simulator import Manners, Simulator
from studiod.surfaces.mackie.surface import MackieSurface
from studiod.surfaces.manager import READ_S
from studiod.surfaces.maps import map_folder
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.unit.surfaces.rig import desk

FOLDER = map_folder() / "mackie"
TURN_S = 0.001


def facts_of(file: str) -> BoxFacts:
    """Facts of a box that comes with studiod."""
    return load(FOLDER / f"{file}.yaml")


class Plugged:
    """A simulated box on its wire, and the surface that drives it. `cut` loses what is on the wire."""

    def __init__(self, surface: MackieSurface, box: Simulator, stage: "Stage") -> None:
        self.surface = surface
        self.box = box
        self.is_cut = False
        self.sent: list[tuple[float, bytes]] = []
        """Every message to the box, and when it was sent."""
        self._stage = stage

    def plug(self) -> None:
        """Switch the box on and plug it in."""
        self.box.emit = self._heard
        self.box.power_on()
        self.surface.attach(self._send)

    def unplug(self) -> None:
        """Pull it out."""
        self.box.emit = lambda _: None
        self.box.touched.clear()
        self.surface.detach()

    def _send(self, message: bytes) -> None:
        self.sent.append((self._stage.loop.time(), message))
        if not self.is_cut:
            self.box.receive(message)

    def _heard(self, message: bytes) -> None:
        if not self.is_cut:
            for fault in self.surface.receive(message):
                raise fault


class Stage:
    """A desk and any number of boxes; `run` lets time pass, as the manager would."""

    def __init__(self, strips: int = 24, order: tuple[str, ...] = (), hub: Hub | None = None) -> None:
        self.hub = hub or desk(strips)
        self.loop = HandLoop()
        self.touches = Touches()
        self.desk = MackieDesk(self.hub, self.loop.time, self.touches, order)
        self.plugged: list[Plugged] = []
        self.fired: list[tuple[str, tuple[float, ...]]] = []
        self.position_s = 0.0
        self._read_at = 0.0
        self.hub.on_meter("/transport/position", lambda: (self.position_s,))
        for spec in self.hub.registry:
            if not spec.is_numeric and spec.kind.value == "trigger":
                self._catch(spec.address)

    def _catch(self, address: str) -> None:
        self.hub.on_trigger(address, lambda *given: self.fired.append((address, given)))

    def box(
        self, file: str = "mackie-mcu-pro", name: str = "", box: Simulator | None = None, *, plug: bool = True
    ) -> Plugged:
        """A box of this model joins the others."""
        facts = facts_of(file)
        if box is None:
            manners = Manners.READY if facts.ask_ids else Manners.SILENT
            box = Simulator(facts.model_id, manners, has_touch=facts.has_touch, has_motors=facts.has_motors)
        return self.join(self.desk.surface(name or facts.name, facts), box, plug=plug)

    def join(self, surface: MackieSurface, box: Simulator, *, plug: bool = True) -> Plugged:
        """A box that is driven by `surface`."""
        self.plugged.append(plugged := Plugged(surface, box, self))
        self.hub.observe(lambda changes: surface.on_changes(changes) if surface.is_live else None)
        if plug:
            plugged.plug()
            self.run(0.2)
        return plugged

    def run(self, seconds: float) -> None:
        """Let time pass: turns of the desk, and everything that may be sent."""
        end = self.loop.time() + seconds
        while self.loop.time() < end:
            self.turn()
            self.loop.advance(TURN_S)
            for each in self.plugged:
                each.box.elapse(TURN_S)
        self.turn()

    def turn(self) -> None:
        """One turn of the loop, at one moment."""
        self.hub.turn()
        is_reading = self.loop.time() >= self._read_at
        if is_reading:
            self._read_at = self.loop.time() + READ_S
        for each in self.plugged:
            if is_reading:
                each.surface.read()
            for fault in each.surface.due():
                raise fault
            each.surface.drain()

    def heal(self, times: int) -> None:
        """Have every box told, one after the other, what it should show already."""
        for _ in range(times):
            for each in self.plugged:
                each.surface.heal()
            self.run(0.005)
