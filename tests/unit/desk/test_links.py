"""Linked pairs: two neighbours are one channel, whoever writes to which, and all hear of both."""

import itertools
import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from studiod.desk import state
from studiod.desk.hub import Change, Hub
from studiod.desk.links import Links
from studiod.desk.rules import lay_rules
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Flag, Refused
from studiod.model.registry import Registry
from tests.fakes.store import MemoryStore

LAYOUT = ConsoleLayout(
    5, 4, (1, 2, 3, 4, 5), tuple("abcde"), ("w", "x", "y", "z"), matrix_names=("m", "n"), inputs=4, outputs=4
)
TABLE = Registry(console_parameters(LAYOUT))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def hub(store: MemoryStore) -> Hub:
    hub = Hub(TABLE, store, 48_000)
    lay_rules(hub, LAYOUT)
    return hub


def linkable(at: str) -> dict[str, str]:
    """Linkable addresses under `at`, by their word."""
    return {
        spec.address.removeprefix(at): spec.address
        for spec in TABLE.numbers
        if spec.address.startswith(f"{at}/") and Flag.LINKABLE in spec.flags
    }


@pytest.mark.parametrize("kind", ["strip", "bus", "matrix"])
@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 1)])
def test_what_is_set_on_one_of_a_pair_is_set_on_both(hub: Hub, kind: str, one: int, other: int) -> None:
    hub.write(f"/{kind}/1/link", 1.0, "test")
    assert hub.write(f"/{kind}/{one}/eq/2/gain", -3.0, "test")
    assert hub.value(f"/{kind}/{other}/eq/2/gain") == -3.0


@pytest.mark.parametrize(("address", "other"), [("/strip/3/fader", "/strip/4/fader"), ("/strip/5/fader", "")])
def test_who_is_not_linked_goes_alone(hub: Hub, address: str, other: str) -> None:
    hub.write("/strip/1/link", 1.0, "test")
    hub.write(address, -9.0, "test")
    assert [spec.address for spec in TABLE.numbers if hub.value(spec.address) == -9.0] == [address]
    assert other == "" or hub.value(other) == 0.0


def test_switched_off_each_goes_its_own_way_from_where_it_is(hub: Hub) -> None:
    hub.write("/strip/1/link", 1.0, "test")
    hub.write("/strip/1/fader", -6.0, "test")
    hub.write("/strip/1/link", 0.0, "test")
    hub.write("/strip/1/fader", -7.0, "test")
    assert hub.value("/strip/2/fader") == -6.0


@pytest.mark.parametrize("kind", ["strip", "bus"])
def test_switching_a_link_on_brings_the_even_one_to_where_the_odd_one_is(hub: Hub, kind: str) -> None:
    odd, even = linkable(f"/{kind}/3"), linkable(f"/{kind}/4")
    shared = [word for word in odd if word in even]
    assert len(shared) > 50
    for word in shared:
        hub.write_travel(odd[word], 0.4, "test")
    assert [word for word in shared if hub.value(odd[word]) != hub.value(even[word])] != []
    hub.write(f"/{kind}/3/link", 1.0, "test")
    assert [word for word in shared if hub.value(odd[word]) != hub.value(even[word])] == []


def test_the_balance_of_a_pair_is_one(hub: Hub) -> None:
    hub.write("/strip/1/pan", -0.5, "test")
    hub.write("/strip/2/pan", 0.5, "test")
    hub.write("/strip/1/link", 1.0, "test")
    assert hub.value("/strip/2/pan") == -0.5
    hub.write("/strip/2/pan", 0.25, "test")
    assert hub.value("/strip/1/pan") == 0.25


@pytest.mark.parametrize("word", ["polarity", "arm", "source", "insert/on", "direct/output"])
def test_what_belongs_to_one_side_stays_with_it(hub: Hub, word: str) -> None:
    hub.write(f"/strip/1/{word}", 1.0, "test")
    hub.write("/strip/1/link", 1.0, "test")
    assert hub.value(f"/strip/2/{word}") == 0.0
    hub.write(f"/strip/1/{word}", 0.0, "test")
    hub.write(f"/strip/2/{word}", 1.0, "test")
    assert hub.value(f"/strip/1/{word}") == 0.0


def test_a_bus_of_a_pair_has_no_counterpart_for_the_send_to_its_partner(hub: Hub) -> None:
    hub.write("/bus/1/link", 1.0, "test")
    assert Links(hub).followers("/bus/1/send/2/level", -3.0) == ()
    assert Links(hub).followers("/bus/1/send/3/level", -3.0) == (("/bus/2/send/3/level", -3.0),)


def test_engine_and_observers_hear_of_both_once_with_who_wrote(hub: Hub, store: MemoryStore) -> None:
    told: list[list[Change]] = []
    hub.write("/strip/1/link", 1.0, "test")
    hub.turn()
    hub.observe(told.append)
    sent = len(store.sent)
    for level_db in (-1.0, -2.0):
        hub.write("/strip/2/fader", level_db, "tablet")
    hub.turn()
    (turn,) = told
    assert [(change.spec.address, change.origin, change.has_followed) for change in turn] == [
        ("/strip/2/fader", "tablet", False),
        ("/strip/1/fader", "tablet", True),
    ]
    assert {slot for slot, _ in store.sent[sent:]} == {TABLE.number_slot(f"/strip/{n}/fader") for n in (1, 2)}
    assert store.numbers[TABLE.number_slot("/strip/1/fader")] == -2.0


@pytest.mark.parametrize("value", [math.nan, 11.0])
def test_a_refused_value_moves_neither(hub: Hub, value: float) -> None:
    hub.write("/strip/1/link", 1.0, "test")
    with pytest.raises(Refused, match=r"^/strip/2/fader: "):
        hub.write("/strip/2/fader", value, "test")
    assert hub.value("/strip/1/fader") == hub.value("/strip/2/fader") == 0.0


def test_what_the_guard_refuses_for_one_is_not_written_to_the_other(hub: Hub) -> None:
    hub.write("/strip/2/source", TABLE["/strip/2/source"].parse("bus:3"), "test")
    hub.write("/strip/1/link", 1.0, "test")
    with pytest.raises(Refused, match=r"^/strip/1/send/3/level: bus 3 -> strip 1\+2 -> bus 3 would feed back"):
        hub.write("/strip/1/send/3/level", -6.0, "test")
    assert hub.value("/strip/1/send/3/level") == hub.value("/strip/2/send/3/level") == -math.inf


def restored(hub: Hub, numbers: dict[str, float]) -> list[str]:
    return hub.restore(numbers.items(), ())


def test_a_saved_pair_comes_back_as_it_was(hub: Hub) -> None:
    for address, value in {
        "/strip/1/fader": -3.0,
        "/strip/1/link": 1.0,
        "/strip/1/polarity": 1.0,
        "/strip/2/eq/1/freq": 50.0,
        "/strip/3/fader": -1.0,
        "/strip/4/fader": -2.0,
        "/bus/3/link": 1.0,
        "/bus/4/fader": -7.0,
    }.items():
        hub.write(address, value, "test")
    saved = state.snapshot_of(hub)["desk"]
    again = Hub(TABLE, MemoryStore(), 48_000)
    lay_rules(again, LAYOUT)
    assert restored(again, saved) == []
    assert [spec.address for spec in TABLE.numbers if again.value(spec.address) != hub.value(spec.address)] == []


SAVED = (("/strip/1/link", 1.0), ("/strip/2/fader", -9.0), ("/strip/1/fader", -3.0), ("/strip/1/mute", 1.0))


@pytest.mark.parametrize("saved", tuple(itertools.permutations(SAVED)))
def test_a_pair_that_was_saved_unequal_becomes_what_the_odd_one_is(
    hub: Hub, saved: tuple[tuple[str, float], ...]
) -> None:
    assert hub.restore(saved, ()) == []
    assert hub.value("/strip/1/fader") == hub.value("/strip/2/fader") == -3.0
    assert hub.value("/strip/1/mute") == hub.value("/strip/2/mute") == 1.0


class Pairs(RuleBasedStateMachine):
    """Anyone writes anything anywhere: what is linked is equal, and nothing else moves."""

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub(TABLE, MemoryStore(), 48_000)
        lay_rules(self.hub, LAYOUT)

    @rule(
        spec=st.sampled_from([s for s in TABLE.numbers if s.address.startswith(("/strip/", "/bus/", "/matrix/"))]),
        travel=st.floats(0.0, 1.0),
    )
    def write(self, spec: object, travel: float) -> None:
        address = getattr(spec, "address", "")
        before = {s.address: self.hub.value(s.address) for s in TABLE.numbers}
        try:
            self.hub.write_travel(address, travel, "hand")
        except Refused:
            assert {s.address: self.hub.value(s.address) for s in TABLE.numbers} == before
            return
        place = address.split("/")
        moved = [a for a, value in before.items() if self.hub.value(a) != value]
        neighbours = {place[2], str(int(place[2]) - 1 + 2 * (int(place[2]) % 2))}
        assert {a.split("/")[1] for a in moved} <= {place[1]}
        assert {a.split("/")[2] for a in moved} <= neighbours

    @rule(link=st.sampled_from([s.address for s in TABLE.numbers if s.address.endswith("/link")]), is_on=st.booleans())
    def link(self, link: str, is_on: bool) -> None:  # noqa: FBT001
        try:
            self.hub.write(link, float(is_on), "hand")
        except Refused:
            assert self.hub.value(link) != float(is_on)

    @invariant()
    def pairs_are_equal(self) -> None:
        for kind, odd in (("strip", 1), ("strip", 3), ("bus", 1), ("bus", 3), ("matrix", 1)):
            if self.hub.value(f"/{kind}/{odd}/link"):
                one, other = linkable(f"/{kind}/{odd}"), linkable(f"/{kind}/{odd + 1}")
                for word in one:
                    assert word not in other or self.hub.value(one[word]) == self.hub.value(other[word]), word


TestPairs = Pairs.TestCase
TestPairs.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
