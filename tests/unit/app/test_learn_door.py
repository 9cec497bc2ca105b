"""MIDI learn over OSC: begun, told, taken back, refused."""

import json
from pathlib import Path

import pytest

from studiod.app import learn_door
from studiod.model.parameter import Refused
from studiod.net.osc.packet import Argument, Message
from studiod.surfaces.controls import Wire, WireKind
from tests.fakes.hand import Hand, positions
from tests.fakes.learning import LearningDesk
from tests.fakes.osc_desk import FakePeer, OscDesk
from tests.unit.surfaces.rig import desk


@pytest.fixture
def studio(tmp_path: Path) -> LearningDesk:
    return LearningDesk(tmp_path, desk(4, 2))


@pytest.fixture
def door(studio: LearningDesk) -> OscDesk:
    door = OscDesk()
    learn_door.register(door.endpoint, studio.hub.registry, lambda: studio.learner)
    return door


def ask(door: OscDesk, address: str, *arguments: Argument, is_proven: bool = True) -> Message | None:
    peer = FakePeer(is_proven=is_proven)
    door.send(peer, f"/surface/learn{address}", *arguments)
    messages = peer.messages()
    return messages[0] if messages else None


def state(door: OscDesk) -> tuple[Argument, ...]:
    told = ask(door, "/state")
    assert told is not None
    return told.arguments


def test_a_lesson_is_begun_followed_listed_and_taken_back(door: OscDesk, studio: LearningDesk) -> None:
    box, hand = studio.plug("BeatStep 1"), Hand()
    hand.slide(positions(Wire(WireKind.CC, 1, 21)), 127)
    assert state(door) == ("idle", "nothing is being learnt", 0)
    begun = ask(door, "", "/strip/3/fader")
    assert begun is not None
    assert begun.arguments == (1,)
    assert state(door) == ("listening", "/strip/3/fader: move the fader or knob the whole way, up first, then back", 1)
    studio.play(box, hand)
    assert state(door) == ("bound", "bound: /strip/3/fader: CC 21 of BeatStep 1: absolute, 7 bit", 1)
    listed = ask(door, "/list")
    assert listed is not None
    (entry,) = json.loads(str(listed.arguments[0]))
    assert entry.pop("comment") == "learnt 2026-05-04 12:30"
    assert entry == {"address": "/strip/3/fader", "box": "beatstep-1", "control": "cc21", "where": ""}
    ask(door, "/forget", "/strip/3/fader")
    assert state(door)[0] == "forgotten"
    ask(door, "/undo")
    assert state(door)[::2] == ("undone", 3)
    ask(door, "", "/main/fader")
    ask(door, "/cancel")
    assert state(door) == ("cancelled", "/main/fader was not learnt: cancelled", 4)


@pytest.mark.parametrize(
    ("address", "arguments", "sentence"),
    [
        ("", (), "allowed are an address, and behind it momentary or row"),
        ("", (3,), "allowed are an address"),
        ("", ("/main/fader", "rows"), "allowed are an address"),
        ("", ("/main/fader", 1.0, 2.0), "allowed are an address"),
        ("", ("/strip/3/fadr",), "there is no such parameter. Did you mean /strip/3/fader?"),
        ("", ("/main/fader", "momentary"), "only a switch can be on while a button is held"),
        ("", ("/main/fader", "row"), "only strips, buses and the like lie in rows"),
        ("/forget", (), "allowed is the address of a parameter"),
        ("/forget", (1,), "allowed is the address of a parameter"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    door: OscDesk, address: str, arguments: tuple[Argument, ...], sentence: str
) -> None:
    told = ask(door, address, *arguments)
    assert told is not None
    assert (told.address, told.arguments[0]) == ("/error", f"/surface/learn{address}")
    assert sentence in str(told.arguments[1])


@pytest.mark.parametrize("address", ["", "/cancel", "/undo", "/forget"])
def test_who_may_be_somebody_else_changes_no_box(door: OscDesk, studio: LearningDesk, address: str) -> None:
    ask(door, address, "/main/fader", is_proven=False)
    assert studio.learner.state.number == 0


def test_without_boxes_it_says_so(studio: LearningDesk) -> None:
    door = OscDesk()

    def nobody() -> None:
        raise Refused("boxes are not looked for")

    learn_door.register(door.endpoint, studio.hub.registry, nobody)  # type: ignore[arg-type]
    told = ask(door, "/state")
    assert told is not None
    assert told.arguments[1] == "boxes are not looked for"
