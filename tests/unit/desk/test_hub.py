"""The only writer of values: what it takes, whom it tells, and that nothing is lost on the way."""

import math
from collections.abc import Mapping

import pytest

from studiod.desk.hub import Change, Hub
from studiod.desk.rules import lay_rules
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import TEXT_BYTES, Refused
from studiod.model.registry import Registry, UnknownAddress
from studiod.model.units import SILENCE_DB, gain_from_db
from tests.fakes.store import MemoryStore

RATE_HZ = 48_000
MAIN_ARM = "/main/arm"
FADER, PAN, MUTE, ARM, NAME = (f"/strip/1/{word}" for word in ("fader", "pan", "mute", "arm", "name"))
STATE, METER, PLAY, LOCATE = "/transport/state", "/meter/strip/1", "/transport/play", "/transport/locate"
LAYOUT = ConsoleLayout(4, 2, (1, 2, 3, 4), ("kick", "snare", "bass", "keys"), ("a", "b"))
TABLE = Registry(console_parameters(LAYOUT))


class Listener:
    """An observer that keeps every turn it was told of, and what the desk said then."""

    def __init__(self, hub: Hub) -> None:
        self.turns: list[list[Change]] = []
        self.forget = hub.observe(self.turns.append)

    def addresses(self) -> list[list[str]]:
        return [[change.spec.address for change in turn] for turn in self.turns]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def hub(store: MemoryStore) -> Hub:
    return Hub(TABLE, store, RATE_HZ)


@pytest.fixture
def listener(hub: Hub) -> Listener:
    return Listener(hub)


def sent_to(store: MemoryStore, address: str) -> list[float]:
    return [value for slot, value in store.sent if slot == TABLE.number_slot(address)]


# -- reading and writing -----------------------------------------------------------------------------------------------


def test_a_desk_begins_with_the_defaults_of_the_table(hub: Hub) -> None:
    assert all(hub.value(spec.address) == spec.default for spec in TABLE.numbers)
    assert hub.text(NAME) == "kick"


def test_a_write_is_seen_at_once_and_kept_outside(hub: Hub, store: MemoryStore) -> None:
    assert hub.write(FADER, -6.0, "test")
    assert hub.value(FADER) == -6.0
    slot = TABLE.number_slot(FADER)
    assert (store.numbers[slot], store.engine_values[slot]) == (-6.0, gain_from_db(-6.0))


def test_the_engine_hears_at_the_turn_in_its_own_space(hub: Hub, store: MemoryStore) -> None:
    hub.write(FADER, -6.0, "test")
    assert store.sent == []
    hub.turn()
    assert store.sent == [(TABLE.number_slot(FADER), gain_from_db(-6.0))]


def test_only_the_latest_value_of_a_turn_goes_out(hub: Hub, store: MemoryStore, listener: Listener) -> None:
    for level_db in (-1.0, -2.0, -3.0):
        hub.write(FADER, level_db, "test")
    hub.turn()
    assert sent_to(store, FADER) == [gain_from_db(-3.0)]
    assert listener.addresses() == [[FADER]]


def test_an_unchanged_value_goes_nowhere(hub: Hub, store: MemoryStore, listener: Listener) -> None:
    assert not hub.write(FADER, hub.value(FADER), "test")
    assert not hub.write_text(NAME, hub.text(NAME), "test")
    hub.turn()
    assert (store.sent, store.numbers, store.texts, listener.turns) == ([], {}, {}, [])


def test_a_write_by_travel_follows_the_law(hub: Hub) -> None:
    assert hub.write_travel(FADER, 0.5, "test")
    assert hub.value(FADER) == -10.0
    assert hub.travel(FADER) == 0.5
    assert hub.write_travel(FADER, -3.0, "test")
    assert hub.value(FADER) == SILENCE_DB


def test_a_name_is_kept_outside_and_told(hub: Hub, store: MemoryStore, listener: Listener) -> None:
    assert hub.write_text(NAME, "Große Trommel", "test")
    hub.turn()
    assert hub.text(NAME) == "Große Trommel"
    assert store.texts == {TABLE.text_slot(NAME): "Große Trommel"}
    assert listener.addresses() == [[NAME]]
    assert store.sent == []


def test_what_the_engine_does_not_know_stays_in_the_desk(hub: Hub, store: MemoryStore, listener: Listener) -> None:
    hub.write(MAIN_ARM, 1.0, "test")
    hub.turn()
    assert store.sent == []
    assert listener.addresses() == [[MAIN_ARM]]


@pytest.mark.parametrize(
    ("address", "value"),
    [
        (FADER, math.nan),
        (FADER, math.inf),
        (FADER, 10.1),
        (PAN, SILENCE_DB),
        (PAN, -1.0001),
        (MUTE, 0.5),
        (MUTE, 2.0),
        (STATE, 1.0),
        (NAME, 0.5),
        (METER, -6.0),
        (PLAY, 1.0),
    ],
)
def test_a_refused_number_changes_nothing(
    hub: Hub, store: MemoryStore, listener: Listener, address: str, value: float
) -> None:
    before = [hub.value(spec.address) for spec in TABLE.numbers]
    with pytest.raises(Refused, match=f"^{address}: "):
        hub.write(address, value, "test")
    hub.turn()
    assert [hub.value(spec.address) for spec in TABLE.numbers] == before
    assert (store.numbers, store.sent, listener.turns) == ({}, [], [])


@pytest.mark.parametrize(("address", "travel"), [(FADER, math.nan), (STATE, 0.5), (NAME, 0.5), (METER, 0.5)])
def test_a_refused_travel_changes_nothing(hub: Hub, store: MemoryStore, address: str, travel: float) -> None:
    with pytest.raises(Refused, match=f"^{address}: "):
        hub.write_travel(address, travel, "test")
    assert store.numbers == {}


@pytest.mark.parametrize("text", ["x" * (TEXT_BYTES + 1), "ü" * (TEXT_BYTES // 2 + 1), "a\nb", "\x00", "\ud800"])
def test_a_refused_name_changes_nothing(hub: Hub, store: MemoryStore, text: str) -> None:
    with pytest.raises(Refused, match=f"^{NAME}: "):
        hub.write_text(NAME, text, "test")
    assert hub.text(NAME) == "kick"
    assert store.texts == {}


def test_a_number_takes_no_text(hub: Hub) -> None:
    with pytest.raises(Refused, match=r"takes no text; allowed -inf\.\.10 dB"):
        hub.write_text(FADER, "loud", "test")


def test_a_stranger_is_unknown_to_every_door(hub: Hub) -> None:
    for ask in (hub.value, hub.text, hub.travel, hub.meter, hub.fire):
        with pytest.raises(UnknownAddress, match="/strip/9/fader"):
            ask("/strip/9/fader")
    with pytest.raises(UnknownAddress):
        hub.write("/strip/9/fader", 0.0, "test")
    with pytest.raises(UnknownAddress):
        hub.write_travel("/strip/9/fader", 0.0, "test")
    with pytest.raises(UnknownAddress):
        hub.write_text("/strip/9/name", "x", "test")


def test_a_name_is_no_number_and_a_number_no_name(hub: Hub) -> None:
    with pytest.raises(UnknownAddress, match="is no number"):
        hub.value(NAME)
    with pytest.raises(UnknownAddress, match="is no text"):
        hub.text(FADER)


def test_the_desk_itself_may_set_what_others_only_read(hub: Hub, listener: Listener) -> None:
    hub.publish(STATE, 2.0)
    hub.turn()
    assert hub.value(STATE) == 2.0
    assert [change.origin for change in listener.turns[0]] == ["desk"]


def test_even_the_desk_cannot_publish_what_the_parameter_refuses(hub: Hub) -> None:
    with pytest.raises(Refused):
        hub.publish(STATE, 3.0)
    with pytest.raises(UnknownAddress):
        hub.publish(NAME, 0.0)


# -- the engine's ring -------------------------------------------------------------------------------------------------


def test_a_full_ring_loses_nothing_and_the_latest_value_wins(hub: Hub, store: MemoryStore) -> None:
    store.capacity = 3
    faders = [f"/strip/{strip}/{word}" for strip in range(1, 5) for word in ("fader", "pan")]
    for address in faders:
        hub.write(address, -0.5, "test")
    hub.turn()
    assert len(store.drain()) == 3
    hub.write(faders[-1], -1.0, "test")
    for _ in range(2):
        hub.turn()
        assert store.drain()
    assert [slot for slot, _ in store.sent] == [TABLE.number_slot(address) for address in faders]
    assert sent_to(store, faders[-1]) == [-1.0]


def test_observers_do_not_wait_for_the_ring(hub: Hub, store: MemoryStore, listener: Listener) -> None:
    store.capacity = 0
    hub.write(FADER, -6.0, "test")
    hub.turn()
    hub.turn()
    assert listener.addresses() == [[FADER]]
    store.capacity = 1
    hub.turn()
    assert sent_to(store, FADER) == [gain_from_db(-6.0)]


def test_a_start_tells_the_store_and_the_engine_everything(hub: Hub, store: MemoryStore) -> None:
    hub.write(FADER, -6.0, "test")
    hub.store_all()
    hub.turn()
    assert set(store.numbers) == set(range(len(TABLE.numbers)))
    assert set(store.texts) == set(range(len(TABLE.texts)))
    in_engine = [slot for slot, spec in enumerate(TABLE.numbers) if spec.engine is not None]
    assert sorted(slot for slot, _ in store.sent) == in_engine
    assert sent_to(store, FADER) == [gain_from_db(-6.0)]


# -- turns -------------------------------------------------------------------------------------------------------------


def test_a_turn_is_asked_for_once(hub: Hub) -> None:
    asked: list[str] = []
    hub.on_first_change = lambda: asked.append("turn")
    hub.write(FADER, -6.0, "test")
    hub.write(PAN, 0.5, "test")
    hub.write_text(NAME, "tom", "test")
    assert asked == ["turn"]
    hub.turn()
    assert asked == ["turn"]
    hub.write(ARM, 1.0, "test")
    assert asked == ["turn", "turn"]


def test_a_full_ring_asks_for_another_turn(hub: Hub, store: MemoryStore) -> None:
    asked: list[str] = []
    store.capacity = 0
    hub.write(FADER, -6.0, "test")
    hub.on_first_change = lambda: asked.append("turn")
    hub.turn()
    hub.write(PAN, 0.5, "test")
    assert asked == ["turn"]


def test_a_start_asks_for_a_turn_and_later_writes_for_theirs(hub: Hub) -> None:
    asked: list[str] = []
    hub.on_first_change = lambda: asked.append("turn")
    hub.store_all()
    assert asked == ["turn"]
    hub.turn()
    hub.write(ARM, 1.0, "test")
    assert asked == ["turn", "turn"]


def test_an_observer_hears_of_each_address_once_with_who_wrote_last(hub: Hub, listener: Listener) -> None:
    hub.write(FADER, -6.0, "nanokontrol2")
    hub.write(PAN, 0.5, "desk")
    hub.write(FADER, -7.0, "osc 127.0.0.1:9000")
    hub.turn()
    hub.turn()
    (turn,) = listener.turns
    assert [(change.spec.address, change.origin) for change in turn] == [(FADER, "osc 127.0.0.1:9000"), (PAN, "desk")]


def test_there_and_back_in_one_turn_is_still_told(hub: Hub, listener: Listener) -> None:
    hub.write(FADER, -6.0, "mcu")
    hub.write(FADER, 0.0, "desk")
    hub.turn()
    assert listener.addresses() == [[FADER]]


def test_what_an_observer_writes_comes_in_the_next_turn(hub: Hub, listener: Listener) -> None:
    def follow(_: list[Change]) -> None:
        hub.write(MUTE, 1.0, "follower")

    hub.observe(follow)
    hub.write(FADER, -6.0, "test")
    hub.turn()
    assert listener.addresses() == [[FADER]]
    hub.turn()
    assert listener.addresses() == [[FADER], [MUTE]]


def test_who_forgets_hears_no_more(hub: Hub, listener: Listener) -> None:
    listener.forget()
    listener.forget()
    hub.write(FADER, -6.0, "test")
    hub.turn()
    assert listener.turns == []


def test_forgetting_twice_leaves_another_subscription_of_the_same_observer(hub: Hub) -> None:
    heard: list[list[Change]] = []
    forget = hub.observe(heard.append)
    hub.observe(heard.append)
    forget()
    forget()
    hub.write(FADER, -6.0, "test")
    hub.turn()
    assert len(heard) == 1


def test_who_is_forgotten_during_a_turn_is_not_called_any_more(hub: Hub) -> None:
    heard: list[list[Change]] = []
    hub.observe(lambda _: forget())
    forget = hub.observe(heard.append)
    hub.write(FADER, -6.0, "test")
    hub.turn()
    assert heard == []


def test_a_broken_observer_does_not_keep_the_news_from_the_others(hub: Hub, store: MemoryStore) -> None:
    def broken(_: list[Change]) -> None:
        raise OSError("unplugged")

    hub.observe(broken)
    after = Listener(hub)
    hub.write(FADER, -6.0, "test")
    with pytest.raises(ExceptionGroup) as group:
        hub.turn()
    assert [str(fault) for fault in group.value.exceptions] == ["unplugged"]
    assert after.addresses() == [[FADER]]
    assert len(store.sent) == 1


# -- triggers and meters -----------------------------------------------------------------------------------------------


def test_a_trigger_does_what_it_is_bound_to(hub: Hub) -> None:
    done: list[float] = []
    hub.on_trigger(LOCATE, done.append)
    hub.on_trigger(PLAY, lambda: done.append(-1.0))
    hub.fire(LOCATE, 12.5)
    hub.fire(PLAY)
    assert done == [12.5, -1.0]


def test_a_trigger_is_told_who_pulls_it_if_it_asks(hub: Hub) -> None:
    done: list[tuple[object, ...]] = []
    hub.on_trigger(LOCATE, lambda *told: done.append(told), tells_origin=True)
    hub.on_trigger(PLAY, lambda *told: done.append(told))
    hub.fire(LOCATE, 12.5, origin="nanokontrol2")
    hub.fire(LOCATE, 1.0)
    hub.fire(PLAY, origin="nanokontrol2")
    assert done == [(12.5, "nanokontrol2"), (1.0, "desk"), ()]


@pytest.mark.parametrize(
    ("address", "arguments", "sentence"),
    [
        (LOCATE, (), "takes one number, s; got nothing"),
        (LOCATE, (1.0, 2.0), "takes one number, s; got 1, 2"),
        (LOCATE, (math.nan,), "takes one number, s; got nan"),
        (LOCATE, (-math.inf,), "takes one number, s; got -inf"),
        (PLAY, (1.0,), "takes no argument; got 1"),
        (FADER, (1.0,), "is no command; allowed -inf..10 dB"),
        ("/transport/stop", (), "nothing here does that"),
    ],
)
def test_a_trigger_pulled_wrongly_does_nothing(
    hub: Hub, address: str, arguments: tuple[float, ...], sentence: str
) -> None:
    done: list[float] = []
    hub.on_trigger(LOCATE, done.append)
    hub.on_trigger(PLAY, lambda: done.append(0.0))
    with pytest.raises(Refused) as refused:
        hub.fire(address, *arguments)
    assert str(refused.value) == f"{address}: {sentence}"
    assert done == []


def test_a_meter_reads_where_it_is_bound_and_is_empty_before(hub: Hub) -> None:
    assert hub.meter(METER) == ()
    hub.on_meter(METER, lambda: (-3.0, -12.0))
    assert hub.meter(METER) == (-3.0, -12.0)


def test_nobody_binds_a_stranger(hub: Hub) -> None:
    with pytest.raises(UnknownAddress):
        hub.on_trigger("/transport/fly", lambda: None)
    with pytest.raises(UnknownAddress):
        hub.on_meter("/meter/strip/9", lambda: (0.0,))


# -- rules of the desk -------------------------------------------------------------------------------------------------


def also_the_pan(address: str, value: float) -> list[tuple[str, float]]:
    return [(PAN, value / 10.0)] if address == FADER else []


def test_what_follows_a_write_is_stored_sent_and_told_with_it(hub: Hub, store: MemoryStore, listener: Listener) -> None:
    hub.followers = also_the_pan
    assert hub.write(FADER, -6.0, "hand")
    hub.turn()
    assert (hub.value(PAN), store.numbers[TABLE.number_slot(PAN)]) == (-0.6, -0.6)
    assert sent_to(store, PAN) == [-0.6]
    assert listener.turns == [[Change(TABLE[FADER], "hand"), Change(TABLE[PAN], "hand", has_followed=True)]]


def test_a_follower_that_is_there_already_is_not_told(hub: Hub, listener: Listener) -> None:
    hub.write(PAN, -0.6, "hand")
    hub.turn()
    hub.followers = also_the_pan
    hub.write(FADER, -6.0, "hand")
    hub.turn()
    assert listener.addresses() == [[PAN], [FADER]]


def test_a_follower_that_cannot_follow_holds_the_leader(hub: Hub, store: MemoryStore) -> None:
    hub.followers = also_the_pan
    with pytest.raises(Refused, match=f"^{PAN}: "):
        hub.write(FADER, -60.0, "hand")
    assert (hub.value(FADER), store.numbers) == (0.0, {})


def test_the_guard_sees_a_write_and_what_follows_it_before_anything_is_stored(hub: Hub, store: MemoryStore) -> None:
    seen: list[dict[str, float]] = []

    def guard(writes: Mapping[str, float]) -> None:
        seen.append(dict(writes))
        raise Refused("not today")

    hub.followers, hub.guard = also_the_pan, guard
    with pytest.raises(Refused, match="not today"):
        hub.write(FADER, -6.0, "hand")
    hub.write(FADER, 0.0, "hand")  # as it is: nothing to ask
    assert seen == [{FADER: -6.0, PAN: -0.6}]
    assert (hub.value(FADER), hub.value(PAN), store.numbers) == (0.0, 0.0, {})


def test_what_the_guard_refuses_of_a_session_is_tried_again_when_the_rest_stands(hub: Hub) -> None:
    def guard(writes: Mapping[str, float]) -> None:
        if FADER in writes and not hub.value(MUTE):
            raise Refused(f"{FADER}: mute first")

    hub.guard = guard
    assert hub.restore([(FADER, -6.0), (MUTE, 1.0)], []) == []
    assert hub.value(FADER) == -6.0


def test_every_solo_ends_at_once_and_nothing_else_does(hub: Hub, listener: Listener) -> None:
    lay_rules(hub, LAYOUT)
    solos = ["/strip/2/solo", "/strip/4/solo", "/bus/1/solo"]
    for address in (*solos, "/strip/3/solo/safe", MUTE):
        hub.write(address, 1.0, "tablet")
    hub.turn()
    hub.fire("/solo/clear")
    hub.turn()
    assert [hub.value(address) for address in (*solos, "/strip/3/solo/safe", MUTE)] == [0.0, 0.0, 0.0, 1.0, 1.0]
    assert [(change.spec.address, change.origin) for change in listener.turns[1]] == [(a, "desk") for a in solos]


# -- sessions ----------------------------------------------------------------------------------------------------------


def test_a_session_is_taken_over_and_told(hub: Hub, store: MemoryStore, listener: Listener) -> None:
    assert hub.restore([(FADER, -6.0), (ARM, 1.0)], [(NAME, "tom")]) == []
    hub.turn()
    assert (hub.value(FADER), hub.value(ARM), hub.text(NAME)) == (-6.0, 1.0, "tom")
    assert sent_to(store, FADER) == [gain_from_db(-6.0)]
    assert {change.origin for turn in listener.turns for change in turn} == {"session"}


def test_each_misfit_of_a_session_gets_a_sentence_and_the_rest_is_taken(hub: Hub) -> None:
    faults = hub.restore(
        [(FADER, 11.0), ("/strip/9/fader", 0.0), (NAME, 0.5), (STATE, 2.0), (METER, 0.0), (PLAY, 0.0), (PAN, 0.25)],
        [(NAME, "a\nb"), (FADER, "loud"), ("/strip/9/name", "x"), ("/bus/1/name", "cue")],
    )
    addresses = [FADER, "/strip/9/fader", NAME, STATE, METER, PLAY, NAME, FADER, "/strip/9/name"]
    assert [fault.split(":")[0] for fault in faults] == addresses
    assert (hub.value(PAN), hub.text("/bus/1/name")) == (0.25, "cue")
    assert (hub.value(FADER), hub.value(STATE), hub.text(NAME)) == (0.0, 0.0, "kick")
