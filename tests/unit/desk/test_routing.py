"""No way through the desk comes back to where it began, whatever is written in whatever order."""

import graphlib
import math
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.desk.hub import Hub
from studiod.desk.links import Links
from studiod.desk.routing import Routing
from studiod.desk.rules import lay_rules
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Flag, ParameterSpec, Refused
from studiod.model.registry import Registry
from tests.fakes.store import MemoryStore


def layout_of(strips: int, buses: int) -> ConsoleLayout:
    return ConsoleLayout(strips, buses, tuple(range(1, strips + 1)), ("",) * strips, ("",) * buses)


STRIPS, BUSES = 9, 4
LAYOUT = layout_of(STRIPS, BUSES)
TABLE = Registry(console_parameters(LAYOUT))
FREE_NINE = "set /strip/9/source to something else or leave this send off"
FREE_FOUR = "set /strip/4/source to something else or leave this send off"
FREE_TWO = "set /strip/2/source to something else or leave this key as it is"


@pytest.fixture
def hub() -> Hub:
    return new_hub()


def new_hub() -> Hub:
    hub = Hub(TABLE, MemoryStore(), 48_000)
    lay_rules(hub, LAYOUT)
    return hub


def put(hub: Hub, *settings: str) -> None:
    """Write each of `/address word`."""
    for setting in settings:
        address, word = setting.split()
        hub.write(address, TABLE[address].parse(word), "test")


@pytest.mark.parametrize(
    ("stands", "closes", "sentence"),
    [
        (
            ["/strip/9/source bus:3"],
            "/strip/9/send/3/level -6",
            "bus 3 -> strip 9 -> bus 3 would feed back; " + FREE_NINE,
        ),
        (
            ["/strip/9/send/3/level -6"],
            "/strip/9/source bus:3",
            "strip 9 -> bus 3 -> strip 9 would feed back; switch /strip/9/send/3/on off or leave this source as it is",
        ),
        (
            ["/strip/9/source bus:3", "/strip/9/send/3/on off", "/strip/9/send/3/level -6"],
            "/strip/9/send/3/on on",
            "bus 3 -> strip 9 -> bus 3 would feed back; " + FREE_NINE,
        ),
        (
            ["/bus/1/send/2/level 0", "/bus/2/send/4/level 0"],
            "/bus/4/send/1/level -20",
            "bus 1 -> bus 2 -> bus 4 -> bus 1 would feed back; switch /bus/1/send/2/on off or leave this send off",
        ),
        (
            ["/strip/2/source bus:1", "/strip/3/gate/on on", "/strip/3/send/1/level 0"],
            "/strip/3/gate/key strip:2",
            "strip 3 -> bus 1 -> strip 2 -> strip 3 would feed back; " + FREE_TWO,
        ),
        (
            ["/strip/2/source bus:1", "/bus/1/comp/key strip:2"],
            "/bus/1/comp/on on",
            "bus 1 -> strip 2 -> bus 1 would feed back; " + FREE_TWO,
        ),
        (
            ["/strip/5/comp/on on", "/strip/5/comp/key strip:7", "/strip/7/comp/key strip:5"],
            "/strip/7/comp/on on",
            "strip 7 -> strip 5 -> strip 7 would feed back; set /strip/5/comp/key to self or leave this key as it is",
        ),
        (
            ["/bus/1/link on", "/strip/4/source bus:2"],
            "/strip/4/send/1/level -6",
            "bus 1+2 -> strip 4 -> bus 1+2 would feed back; " + FREE_FOUR,
        ),
        (
            ["/strip/4/source bus:2", "/strip/4/send/1/level -6"],
            "/bus/1/link on",
            "bus 1+2 -> strip 4 -> bus 1+2 would feed back; " + FREE_FOUR.replace("send off", "link as it is"),
        ),
        (
            ["/bus/3/link on"],
            "/bus/4/send/3/level 0",
            "bus 3+4 -> bus 3+4 would feed back; switch /bus/3/link off or leave this send off",
        ),
        (
            [
                "/strip/1/gate/key strip:2",
                "/strip/1/gate/on on",
                "/strip/1/comp/key strip:1",
                "/strip/1/comp/on on",
                "/strip/1/link on",
            ],
            "/strip/1/link off",
            "strip 1 -> strip 2 -> strip 1 would feed back; set /strip/2/comp/key to self or leave this link as it is",
        ),
    ],
)
def test_the_write_that_closes_a_cycle_is_refused_by_name(
    hub: Hub, stands: list[str], closes: str, sentence: str
) -> None:
    put(hub, *stands)
    before = [hub.value(spec.address) for spec in TABLE.numbers]
    address, _ = closes.split()
    with pytest.raises(Refused) as refused:
        put(hub, closes)
    assert str(refused.value) == f"{address}: {sentence}"
    assert [hub.value(spec.address) for spec in TABLE.numbers] == before
    with pytest.raises(Refused):  # what was refused has left nothing behind
        put(hub, closes)


@pytest.mark.parametrize(
    "ways",
    [
        ["/strip/9/source bus:3", "/strip/9/send/3/on off", "/strip/9/send/3/level 0"],
        ["/strip/9/source bus:3", "/strip/9/send/3/level -inf", "/strip/9/send/2/level 0", "/bus/3/send/2/level 0"],
        ["/strip/9/source oscillator", "/strip/9/send/3/level 0"],
        ["/strip/5/gate/key strip:7", "/strip/7/gate/key strip:5", "/strip/7/gate/on on"],
        ["/strip/5/gate/key strip:5", "/strip/5/gate/on on"],
        ["/strip/1/link on", "/strip/1/gate/key strip:2", "/strip/1/gate/on on"],
        ["/strip/1/source bus:1", "/strip/2/send/1/level 0"],
        ["/bus/1/send/3/level 0", "/bus/2/send/4/level 0", "/bus/1/link on", "/bus/3/link on"],
    ],
)
def test_a_way_that_does_not_come_back_is_open(hub: Hub, ways: list[str]) -> None:
    put(hub, *ways)


def test_what_the_sentence_proposes_helps(hub: Hub) -> None:
    put(hub, "/bus/1/send/2/level 0")
    with pytest.raises(Refused, match="switch /bus/1/send/2/on off"):
        put(hub, "/bus/2/send/1/level 0")
    put(hub, "/bus/1/send/2/on off", "/bus/2/send/1/level 0")


def test_a_closed_way_can_be_opened_the_other_way_round(hub: Hub) -> None:
    put(hub, "/bus/1/send/2/level 0", "/bus/1/send/2/level -inf", "/bus/2/send/1/level 0")
    with pytest.raises(Refused, match="bus 2 -> bus 1 -> bus 2"):
        put(hub, "/bus/1/send/2/level -60")


def test_a_routing_that_is_laid_over_a_desk_knows_what_is_open() -> None:
    hub = Hub(TABLE, MemoryStore(), 48_000)
    put(hub, "/bus/1/link on", "/strip/4/source bus:2")
    hub.guard = Routing(hub, LAYOUT).admit
    with pytest.raises(Refused, match=r"bus 1\+2 -> strip 4 -> bus 1\+2"):
        put(hub, "/strip/4/send/1/level 0")


def test_a_session_with_a_cycle_is_restored_but_for_the_write_that_closes_it(hub: Hub) -> None:
    faults = hub.restore(
        [
            ("/bus/1/send/2/level", 0.0),
            ("/bus/2/send/1/level", -6.0),
            ("/bus/2/fader", -3.0),
            ("/strip/9/send/4/level", -6.0),
            ("/strip/9/source", TABLE["/strip/9/source"].parse("bus:4")),
        ],
        [("/bus/2/name", "verb")],
    )
    assert [fault.split(":")[0] for fault in faults] == ["/bus/2/send/1/level", "/strip/9/source"]
    assert "bus 1 -> bus 2 -> bus 1 would feed back" in faults[0]
    assert (hub.value("/bus/1/send/2/level"), hub.value("/bus/2/send/1/level")) == (0.0, -math.inf)
    assert (hub.value("/bus/2/fader"), hub.text("/bus/2/name")) == (-3.0, "verb")
    assert hub.value("/strip/9/send/4/level") == -6.0


def test_a_session_whose_send_is_off_further_down_is_restored_whole(hub: Hub) -> None:
    saved = [
        ("/strip/9/source", TABLE["/strip/9/source"].parse("bus:3")),
        ("/strip/9/send/3/level", -6.0),
        ("/strip/9/send/3/on", 0.0),
    ]
    assert hub.restore(saved, ()) == []
    assert [hub.value(address) for address, _ in saved] == [value for _, value in saved]


# -- whatever is written ---------------------------------------------------------------------------------------------

KINDS = ("strip", "bus")
ROUTING = [
    spec
    for spec in TABLE.numbers
    if spec.address.split("/")[1] in KINDS
    and ("/send/" in spec.address or spec.address.endswith(("/source", "/key", "/gate/on", "/comp/on", "/link")))
]


def channel(hub: Hub, word: str) -> str:
    """`bus:4` or, of a linked pair, its odd one."""
    kind, _, number = word.partition(":")
    odd = int(number) - 1 + int(number) % 2
    link = f"/{kind}/{odd}/link"
    return f"{kind}:{odd}" if link in TABLE and hub.value(link) else word


def feeds(hub: Hub) -> dict[str, set[str]]:
    """What feeds each channel, from the values alone; a linked pair is one channel."""
    found: dict[str, set[str]] = {}
    for spec in ROUTING:
        _, kind, number, *_ = place = spec.address.split("/")
        here, value = channel(hub, f"{kind}:{number}"), hub.value(spec.address)
        if place[-1] == "level" and value > -math.inf and hub.value(f"/{kind}/{number}/send/{place[4]}/on"):
            found.setdefault(channel(hub, f"bus:{place[4]}"), set()).add(here)
        elif place[-1] == "source" and spec.text(value).startswith("bus:"):
            found.setdefault(here, set()).add(channel(hub, spec.text(value)))
        elif place[-1] == "key" and spec.text(value) != "self" and hub.value(spec.address.removesuffix("key") + "on"):
            key = channel(hub, spec.text(value))
            found.setdefault(here, set()).update({key} - {here})
    return found


def is_acyclic(graph: dict[str, set[str]]) -> bool:
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError:
        return False
    return True


# Few channels, so that ways meet; mostly on, so that they stay open; a switch of a send closes it, so there are few.
CROWDED = [
    spec
    for spec in ROUTING
    if spec.address.split("/")[2] in {"1", "2", "3"} and not re.search(r"/send/(4|\d/(on|tap|pan)$)", spec.address)
]
moves = st.tuples(
    st.sampled_from([*CROWDED, TABLE["/bus/1/send/2/on"], TABLE["/strip/1/send/1/on"]]),
    st.sampled_from([0.0, 0.5, 1.0, 1.0, 1.0]) | st.floats(0.0, 1.0),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(moves, min_size=30, max_size=80))
def test_after_any_writes_there_is_no_cycle_and_only_cycles_were_refused(
    written: list[tuple[ParameterSpec, float]],
) -> None:
    hub = new_hub()
    for spec, travel in written:
        try:
            hub.write_travel(spec.address, travel, "test")
        except Refused as refused:
            assert "would feed back" in str(refused)
            free = Hub(TABLE, MemoryStore(), 48_000)
            for known in TABLE.numbers:
                if Flag.READ_ONLY not in known.flags:
                    free.write(known.address, hub.value(known.address), "test")
            free.followers = Links(free).followers
            free.write_travel(spec.address, travel, "test")
            assert not is_acyclic(feeds(free))
        assert is_acyclic(feeds(hub))


def test_only_what_opens_a_way_costs_a_walk() -> None:
    """A desk full of open sends: a fader on one of them, against the same move without a guard."""
    layout = layout_of(64, 16)
    table = Registry(console_parameters(layout))
    guarded, plain = (Hub(table, MemoryStore(0), 48_000) for _ in range(2))
    routing = Routing(guarded, layout)
    guarded.guard = routing.admit
    for hub in (guarded, plain):
        for strip in range(1, 65):
            for bus in range(1, 17):
                hub.write(f"/strip/{strip}/send/{bus}/level", 0.0, "test")

    def fastest(hub: Hub) -> float:
        times = []
        for turn in range(20):
            began = time.perf_counter()
            for step in range(50):
                hub.write("/strip/7/send/9/level", -1.0 - step - turn / 100, "test")
            times.append(time.perf_counter() - began)
        return min(times)

    assert fastest(guarded) < 4.0 * fastest(plain)
