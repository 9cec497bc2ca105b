"""Who has a port: the user's word, then the user's maps, then the built-in ones, and the same every time."""

import itertools
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link.ports import PortNames
from studiod.surfaces.base import Match
from studiod.surfaces.choice import NOBODY, Wanted, Wish, in_order, who_has
from studiod.surfaces.mackie.facts import load_all
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.maps import load_map, load_maps, map_folder
from studiod.surfaces.models import Directed, MapModel
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.fakes.midi_ports import MemoryPorts
from tests.fakes.nanokontrol2 import NanoKontrol2
from tests.unit.surfaces.rig import desk


@dataclass(frozen=True, slots=True)
class Kind:
    """A model with nothing but a name and a match."""

    name: str
    match: Match
    shelf: str = ""


STANDARD = Kind("box-standard", Match(("*box*",)), "built in")
MACKIE = Kind("box-mackie", Match(("*box*",), usual=False), "built in")
OTHER = Kind("other", Match(("*other*",)), "built in")
BUILT_IN = (STANDARD, MACKIE, OTHER)


def names(*ports: str) -> PortNames:
    """Ports of both directions."""
    return PortNames(ports, ports)


def owner(port: str, *wishes: Wish, mine: tuple[tuple[Kind, ...], ...] = ()) -> str:
    """Who has `port`."""
    wanted, _ = in_order([BUILT_IN, *mine], wishes)
    (verdict,) = who_has(wanted, wishes, [kind for shelf in (BUILT_IN, *mine) for kind in shelf], names(port))
    return verdict.name


def test_of_two_modes_of_one_box_the_usual_one_has_it() -> None:
    wanted, _ = in_order([BUILT_IN])
    (verdict,) = who_has(wanted, (), BUILT_IN, names("A Box"))
    assert (verdict.name, verdict.why, verdict.others) == ("box-standard", "built in", ("box-mackie",))


def test_the_user_chooses_the_other_one() -> None:
    assert owner("A Box", Wish("*box*", "box-mackie")) == "box-mackie"


def test_the_user_says_who_is_behind_a_nameless_port_and_nobody_else_has_it() -> None:
    wish = Wish("*interface*", "other")
    wanted, _ = in_order([BUILT_IN], [wish])
    found = who_has(wanted, [wish], BUILT_IN, names("An Interface", "Other One"))
    assert [(verdict.port, verdict.name) for verdict in found] == [("An Interface", "other"), ("Other One", "other")]
    assert found[0].why == 'surfaces.use says so for "*interface*"'


def test_a_port_may_be_left_alone() -> None:
    wish = Wish("*box*", NOBODY)
    wanted, faults = in_order([BUILT_IN], [wish])
    (verdict,) = who_has(wanted, [wish], BUILT_IN, names("A Box"))
    assert (verdict.name, faults) == ("", ())
    assert "surfaces.use says so" in verdict.why


def test_the_first_wish_that_fits_wins() -> None:
    assert owner("A Box", Wish("*a box*", "box-mackie"), Wish("*box*", "other")) == "box-mackie"
    assert owner("A Box", Wish("*a box*", NOBODY), Wish("*box*", "other")) == ""


def test_a_map_of_the_users_comes_before_what_is_built_in() -> None:
    mine = Kind("mine", Match(("*box*",)))
    assert owner("A Box", mine=((mine,),)) == "mine"


def test_a_map_of_the_users_takes_the_place_of_the_built_in_one_of_its_name() -> None:
    mine = Kind("other", Match(("*mine*",)), "mine")
    wanted, faults = in_order([BUILT_IN, (mine,)])
    assert [each.model.shelf for each in wanted if each.model.name == "other"] == ["mine"]
    assert faults == ()


def test_of_two_folders_the_first_counts_and_that_is_told() -> None:
    first, second = (Kind("mine", Match((f"*{word}*",)), word) for word in ("first", "second"))
    wanted, faults = in_order([BUILT_IN, (first,), (second,)])
    assert [each.model.shelf for each in wanted][:1] == ["first"]
    assert len(wanted) == 3
    assert faults == ("surfaces.maps: two folders have a map mine; the first is used",)


def test_a_wish_for_nothing_there_is_told_with_what_was_meant() -> None:
    wanted, faults = in_order([BUILT_IN], [Wish("*box*", "box-makie")])
    assert [each.model.name for each in wanted] == ["box-standard", "other"]
    (fault,) = faults
    assert "there is no map box-makie for *box*" in fault
    assert "Did you mean box-mackie?" in fault


def test_a_port_that_is_spoken_for_is_asked_nothing() -> None:
    asked = Kind("asked", Match(identity=(0x42,), behind=("*interface*",)))
    wanted, _ = in_order([(asked, OTHER)], [Wish("*interface 2*", NOBODY)])
    told = who_has(wanted, (), (asked, OTHER), names("Interface 1", "Interface 2"))
    assert [verdict.why for verdict in told] == ["it is asked whether it is asked", "no map has it"]


PATTERNS = st.sampled_from(("*box*", "*other*", "*a*", "*"))
WISHES = st.lists(st.builds(Wish, PATTERNS, st.sampled_from(("box-standard", "other", NOBODY))), max_size=4)


@given(wishes=WISHES, ports=st.permutations(("A Box", "Other", "Box 2", "Thing")))
def test_every_port_has_one_owner_whatever_is_wished_and_in_whatever_order_they_come(
    wishes: list[Wish], ports: list[str]
) -> None:
    wanted, _ = in_order([BUILT_IN], wishes)
    found = who_has(wanted, wishes, BUILT_IN, names(*ports))
    assert [verdict.port for verdict in found] == ports
    assert {verdict.port: verdict.name for verdict in found} == {
        verdict.port: verdict.name for verdict in who_has(wanted, wishes, BUILT_IN, names(*sorted(ports)))
    }


def test_no_two_built_in_models_would_have_the_same_port_by_themselves() -> None:
    maps, _ = load_maps(map_folder())
    boxes, _ = load_all(map_folder() / "mackie")
    everyone = [Kind(facts.name, facts.match) for facts in maps] + [Kind(facts.name, facts.match) for facts in boxes]
    assert len({kind.name for kind in everyone}) == len(everyone)
    usual = [kind for kind in everyone if kind.match.usual]
    clashes = set()
    for kind in everyone:
        for pattern in kind.match.ports:
            port = " ".join(pattern.replace("*", " ").replace("?", " ").split())
            daw = f"{port} DAW" if kind.match.also else port
            fitting = [
                verdict.name for each in usual for verdict in who_has(*_alone(each), names(port, daw)) if verdict.name
            ]
            clashes |= {(port, pair) for pair in itertools.combinations(sorted(set(fitting)), 2)}
    assert clashes == set()


def _alone(kind: Kind) -> tuple[list[Wanted[Kind]], tuple[Wish, ...], tuple[Kind]]:
    wanted, _ = in_order([(kind,)])
    return wanted, (), (kind,)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [((), "nanokontrol2"), ((Wish("*nano*", "second-mode"),), "second-mode"), ((Wish("*nano*", NOBODY),), None)],
)
def test_the_manager_gives_ports_out_as_told(wishes: tuple[Wish, ...], expected: str | None) -> None:
    loop, ports, hub = HandLoop(), MemoryPorts(), desk(16)
    facts = load_map(map_folder() / "korg-nanokontrol2.yaml")
    second = replace(facts, name="second-mode", match=replace(facts.match, usual=False))
    models = [MapModel(each, hub, loop.time, Touches()) for each in (facts, second)]
    wanted, _ = in_order([models], wishes)
    directed = [Directed(each.model, each.match) for each in wanted]
    manager = SurfaceManager(hub, directed, ports, clock=loop.time, later=loop.later)
    manager.start()
    ports.plug("nanoKONTROL2:nanoKONTROL2 20:0", NanoKontrol2())
    loop.advance(POLL_S + 0.2)
    assert [status.name for status in manager.status()] == ([expected] if expected else [])
