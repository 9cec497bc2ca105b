"""Ports by hand: a block with a patchbay on one side, and the ports of the surfaces on the other."""

from dataclasses import dataclass, field

from studiod.link import HEARD, PORTS, SAID, EngineClock, EventReader, EventWriter
from studiod.link.ports import PortList
from studiod.ports import FrameClock, Patchbay
from studiod.surfaces.ports import BlockPorts
from tests.fakes.desk_rig import Rig
from tests.fakes.port_system import MemorySystem

RATE_HZ = 48_000


@dataclass
class Studio:
    """A block with a patchbay on one side and the surfaces' ports on the other; time stands until it is moved."""

    rig: Rig
    system: MemorySystem = field(default_factory=MemorySystem)
    now_s: float = 100.0
    bells: int = 0

    def __post_init__(self) -> None:
        self.block = self.rig.block
        self.said = EventReader(self.block, SAID)
        self.tape = EventReader(self.block, HEARD)
        self.patchbay = self.new_patchbay()
        self.desk = BlockPorts(self.block, self._ring)

    def new_patchbay(self) -> Patchbay:
        self.frames = FrameClock(RATE_HZ)
        self.frames.read(EngineClock(1, 0, 1, 1))  # frame 0 at time 0: an ideal clock
        return Patchbay(
            self.system,
            EventWriter(self.block, HEARD),
            self.frames,
            lambda ports: self.block.store_status(PORTS, ports.to_json()),
            now_ns=lambda: round(self.now_s * 1e9),
            before=self.ports,
        )

    @property
    def ports(self) -> PortList:
        return PortList.from_json(self.block.status(PORTS))

    def poll(self, after_s: float = 0.25) -> None:
        self.now_s += after_s
        self.patchbay.poll()
        self.block.set_ready(PORTS, ready=True)

    def put_clock_back(self, frames: int) -> None:
        """It was astray, or the engine is another."""
        now_ns = round(self.now_s * 1e9)
        self.frames.read(EngineClock(2, self.frames.frame_at(now_ns) - frames, now_ns, 0))

    def deliver(self) -> None:
        self.patchbay.say(self.said.read())

    def _ring(self) -> None:
        self.bells += 1
