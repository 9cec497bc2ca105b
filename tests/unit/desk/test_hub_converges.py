"""Whatever is written in whatever order, through whatever ring: engine, store and observers end where the hub is."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from studiod.desk.hub import Change, Hub
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Flag, ParameterSpec
from studiod.model.registry import Registry
from tests.fakes.store import MemoryStore

RATE_HZ = 48_000
TABLE = Registry(console_parameters(ConsoleLayout(2, 1, (1, 2), ("a", "b"), ("c",))))
WRITABLE = [spec for spec in TABLE.numbers if Flag.READ_ONLY not in spec.flags]
IN_ENGINE = [spec for spec in TABLE.numbers if spec.engine is not None]


class Desk(RuleBasedStateMachine):
    """Writers, a ring that fills and empties, observers that come and go, and a loop that keeps its appointments."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore(capacity=3)
        self.hub = Hub(TABLE, self.store, RATE_HZ)
        self.turns_asked = 0
        self.hub.on_first_change = self._ask
        self.hub.store_all()
        self.seen: dict[str, float | str] = {}
        self.hub.observe(self._see)

    def _ask(self) -> None:
        self.turns_asked += 1

    def _see(self, changes: list[Change]) -> None:
        addresses = [change.spec.address for change in changes]
        assert len(set(addresses)) == len(addresses)
        self.seen |= {address: self._read(TABLE[address]) for address in addresses}

    def _read(self, spec: ParameterSpec) -> float | str:
        return self.hub.value(spec.address) if spec.is_numeric else self.hub.text(spec.address)

    @rule(spec=st.sampled_from(WRITABLE), travel=st.floats(0.0, 1.0))
    def move(self, spec: ParameterSpec, travel: float) -> None:
        self.hub.write_travel(spec.address, travel, "surface")

    @rule(spec=st.sampled_from(TABLE.texts), text=st.sampled_from(["", "kick", "Gürtel"]))
    def name(self, spec: ParameterSpec, text: str) -> None:
        self.hub.write_text(spec.address, text, "web")

    @rule(state=st.integers(0, 2))
    def roll(self, state: int) -> None:
        self.hub.publish("/transport/state", state)

    @precondition(lambda self: self.turns_asked)
    @rule()
    def turn(self) -> None:
        self.turns_asked = 0
        self.hub.turn()

    @rule()
    def block(self) -> None:
        self.store.drain()

    @invariant()
    def a_turn_is_asked_for_at_most_once(self) -> None:
        assert self.turns_asked <= 1

    @invariant()
    def the_store_is_never_behind(self) -> None:
        for slot, spec in enumerate(TABLE.numbers):
            value = self.hub.value(spec.address)
            assert self.store.numbers[slot] == value
            assert self.store.engine_values[slot] == spec.engine_value(value, RATE_HZ)
        assert [self.store.texts[slot] for slot in range(len(TABLE.texts))] == [
            self.hub.text(s.address) for s in TABLE.texts
        ]

    def teardown(self) -> None:
        """Let the loop and the engine run on until nobody asks for a turn: then all agree."""
        while self.turns_asked:
            self.turn()
            self.block()
        engine = dict(self.store.sent)
        for spec in IN_ENGINE:
            assert engine[TABLE.number_slot(spec.address)] == spec.engine_value(self.hub.value(spec.address), RATE_HZ)
        for address, value in self.seen.items():
            assert value == self._read(TABLE[address])
        for spec in (*TABLE.numbers, *TABLE.texts):
            default = spec.default if spec.is_numeric else spec.default_text
            assert self._read(spec) == self.seen.get(spec.address, default)


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
