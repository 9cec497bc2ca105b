"""Who holds an address: nobody else writes it."""

import pytest

from studiod.desk.hub import Change, Hub
from studiod.desk.links import Links
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Refused
from studiod.model.registry import Registry
from tests.fakes.store import MemoryStore

LAYOUT = ConsoleLayout(2, 0, (1, 2), ("kick", "snare"), ())


def test_what_a_finger_rests_on_is_moved_by_nobody_else_and_who_tried_is_told_what_is_true() -> None:
    hub = Hub(Registry(console_parameters(LAYOUT)), MemoryStore(), 48_000)
    told: list[Change] = []
    hub.observe(told.extend)
    hub.holder = lambda address, origin: "x-touch" if address == "/strip/1/fader" and origin != "x-touch" else ""
    assert hub.write("/strip/1/fader", -12.0, "x-touch")
    hub.turn()
    told.clear()
    with pytest.raises(Refused, match="/strip/1/fader: a finger rests on it on x-touch; move it when it is let go"):
        hub.write("/strip/1/fader", 3.0, "osc")
    with pytest.raises(Refused, match="a finger rests on it"):
        hub.write_travel("/strip/1/fader", 1.0, "nano")
    assert hub.write("/strip/2/fader", 3.0, "osc")
    hub.turn()
    assert hub.value("/strip/1/fader") == -12.0
    assert [(change.spec.address, change.origin) for change in told] == [
        ("/strip/1/fader", "x-touch"), ("/strip/2/fader", "osc"),
    ]  # fmt: skip


def test_a_finger_on_one_of_a_linked_pair_holds_the_other_too() -> None:
    hub = Hub(Registry(console_parameters(LAYOUT)), MemoryStore(), 48_000)
    hub.followers = Links(hub).followers
    hub.write("/strip/1/link", 1.0, "osc")
    hub.holder = lambda address, origin: "x-touch" if address == "/strip/2/fader" and origin != "x-touch" else ""
    sentence = "/strip/2/fader: a finger rests on it on x-touch, which is linked to /strip/1/fader"
    with pytest.raises(Refused, match=sentence):
        hub.write("/strip/1/fader", -6.0, "osc")
    assert (hub.value("/strip/1/fader"), hub.value("/strip/2/fader")) == (0.0, 0.0)
    assert hub.write("/strip/1/fader", -6.0, "x-touch"), "its own other finger"
    assert hub.value("/strip/2/fader") == -6.0
