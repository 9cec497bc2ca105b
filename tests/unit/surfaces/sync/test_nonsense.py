"""What makes no sense is counted and said once a second, and moves nothing."""

import logging
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.desk.hub import Hub
from studiod.link import HEARD, PORTS, EngineClock, EventWriter
from studiod.link.ports import MIDI_MESSAGE, PortInfo, PortList
from studiod.surfaces.ports import BlockPorts
from studiod.surfaces.sync.desk import SyncDesk
from studiod.surfaces.sync.moment import Clocks
from studiod.surfaces.sync.plan import PortPlan, SyncPlan, Word
from studiod.surfaces.sync.status import SyncPortStatus
from tests.fakes.desk_rig import Rig
from tests.fakes.hand_loop import HandLoop
from tests.fakes.store import MemoryStore

RATE_HZ = 48_000
BUTTONS = ("play", "stop", "record", "punch", "locate")
START, STOP, TICK = b"\xfa", b"\xfc", b"\xf8"
EVERY = frozenset(Word)
BY_CLOCK, BY_TIMECODE = EVERY - {Word.MTC}, EVERY - {Word.CLOCK}

broken = st.one_of(
    st.binary(max_size=12).map(lambda body: b"\xf0\x7f" + bytes(byte & 0x7F for byte in body)),  # half a sysex
    st.binary(max_size=5).filter(lambda body: len(body) != 1).map(lambda body: b"\xf1" + body),
    st.binary(max_size=5).filter(lambda body: len(body) != 2).map(lambda body: b"\xf2" + body),
    st.sampled_from([b"\xf0\x7f\x7f\x06\x44\x06\x01\xf7", b"\xf0\x7f\x7f\x06\x7b\xf7"]),
)
senseless = st.one_of(
    broken,
    st.integers(0, 63).map(lambda byte: bytes((0xF1, byte >> 4 << 5 | byte & 0x0F))),  # every second piece of MTC
    st.binary(max_size=3).map(lambda body: b"\x90" + body),
    st.just(TICK),
    st.binary(max_size=4).map(lambda body: bytes(byte & 0x7F for byte in body)),
)


class Desk:
    """A desk with nothing behind it, and a box that leads it."""

    def __init__(self, rig: Rig, receive: frozenset[Word]) -> None:
        block = rig.block
        self.moved: list[str] = []
        self._now_ns = 10_000_000_000
        self.hub = Hub(rig.registry, MemoryStore(), RATE_HZ)
        for button in BUTTONS:
            self.hub.on_trigger(f"/transport/{button}", self._noting(button))
        block.store_status(PORTS, PortList((PortInfo(1, "box", "in"),)).to_json())
        block.set_ready(PORTS, ready=True)
        self._ports = BlockPorts(block, lambda: None)
        self._heard = EventWriter(block, HEARD)
        self._loop = HandLoop()
        clocks = Clocks(lambda: self._now_ns, lambda: EngineClock(1, 0, 1, 1))
        plan = SyncPlan((PortPlan("box", receive=receive, leads=True),))
        self.sync = SyncDesk(self.hub, block, self, self._ports, plan, clocks=clocks, later=self._loop.later)
        self.sync.start()
        self.hub.turn()
        self.values = self.numbers()

    def numbers(self) -> dict[str, float]:
        """Every value but what sync shows."""
        addresses = (spec.address for spec in self.hub.registry.numbers)
        return {address: self.hub.value(address) for address in addresses if not address.startswith("/sync/")}

    def press_meet(self, frame: int, position: int) -> None:
        """As the transport has it."""
        self.moved.append(f"meet {position - frame}")

    def hear(self, after_s: float, *messages: bytes) -> None:
        """The box says that, each so long after the one before."""
        for message in messages:
            self._now_ns += round(after_s * 1e9)
            frame = round(self._now_ns * RATE_HZ / 1e9)
            self._heard.post(1, MIDI_MESSAGE, frame, self._now_ns, message)
            self._ports.turn()
            self._loop.advance(after_s)

    @property
    def port(self) -> SyncPortStatus:
        """The box."""
        (status,) = self.sync.status().ports
        return status

    def _noting(self, button: str) -> Callable[..., None]:
        return lambda *_: self.moved.append(button)


@pytest.fixture(name="rig", scope="module")
def _rig() -> Iterator[Rig]:
    with Rig.make(strips=2, buses=1) as rig:
        yield rig


@pytest.mark.parametrize("receive", [BY_CLOCK, BY_TIMECODE], ids=["clock", "timecode"])
@given(messages=st.lists(st.tuples(st.floats(0.0001, 0.4), senseless), max_size=60))
def test_nonsense_moves_nothing(rig: Rig, receive: frozenset[Word], messages: list[tuple[float, bytes]]) -> None:
    desk = Desk(rig, receive)
    for after_s, message in messages:
        desk.hear(after_s, message)
    desk.hear(0.5, *[b"\x90\x40\x40"] * 4)
    assert (desk.moved, desk.numbers()) == ([], desk.values)
    assert desk.port.state == "connected"
    desk.sync.stop()


@given(message=broken)
def test_what_is_broken_is_counted_and_named(rig: Rig, message: bytes) -> None:
    desk = Desk(rig, EVERY)
    desk.hear(0.1, message)
    assert (desk.moved, desk.port.refused) == ([], 1)
    assert message[:16].hex(" ").upper() in desk.port.note
    desk.sync.stop()


@pytest.mark.parametrize("tick_s", [0.0001, 0.001, 0.005])
def test_a_clock_that_nobody_can_play_to_starts_nothing_and_is_said_once_a_second(
    rig: Rig, tick_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(rig, BY_CLOCK)
    with caplog.at_level(logging.WARNING):
        desk.hear(tick_s, *[TICK] * round(2.5 / tick_s))
        desk.hear(tick_s, START, *[TICK] * 10)
    assert (desk.moved, desk.numbers()) == ([], desk.values)
    assert desk.port.refused > 1.5 / tick_s
    assert len([said for said in caplog.messages if said.startswith("sync box: ")]) == 3
    assert "bpm; allowed 20..300 bpm" in caplog.messages[0]
    desk.sync.stop()


def test_a_clock_that_comes_to_its_senses_is_followed(rig: Rig) -> None:
    desk = Desk(rig, BY_CLOCK)
    desk.hear(0.001, *[TICK] * 500)
    desk.hear(0.5 / 24, *[TICK] * 48, START, TICK)
    assert [word.split()[0] for word in desk.moved] == ["meet"]
    desk.hear(0.5 / 24, STOP)
    assert desk.moved[-1] == "stop"
    desk.sync.stop()
