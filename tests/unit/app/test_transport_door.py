"""Markers and sections by their names, over OSC."""

import json
from pathlib import Path
from typing import Any

import pytest

from studiod.app import transport_door
from studiod.desk.transport import Transport
from studiod.net.osc.packet import Argument
from tests.fakes.desk_rig import Rig
from tests.fakes.osc_desk import FakePeer, OscDesk
from tests.fakes.session_rig import SessionRig


@pytest.fixture
def desk(tmp_path: Path) -> OscDesk:
    """Four strips, and a transport whose markers are asked for."""
    desk = OscDesk()
    with Rig.make(strips=4, buses=2) as rig:
        transport = SessionRig(rig, tmp_path).transport
        transport_door.register(desk.endpoint, transport)
        assert isinstance(transport, Transport)
        return desk


def ask(desk: OscDesk, address: str, *arguments: Argument) -> tuple[Argument, ...]:
    peer = FakePeer()
    desk.send(peer, address, *arguments)
    messages = peer.messages()
    return messages[0].arguments if messages else ()


def markers(desk: OscDesk) -> dict[str, Any]:
    found = json.loads(str(ask(desk, "/markers")[0]))
    assert isinstance(found, dict)
    return found


def names(desk: OscDesk, kind: str) -> list[str]:
    return [each["name"] for each in markers(desk)[kind]]


def test_markers_are_named_numbered_and_listed(desk: OscDesk) -> None:
    for arguments in ((), (1,), ("Größe",), (0,)):  # the last is a button that is let go
        assert ask(desk, "/marker/add", *arguments) == ()
    assert ask(desk, "/marker/rename", 1, "Intro") == ()
    assert names(desk, "markers") == ["Intro", "Marker 2", "Größe"]


@pytest.mark.parametrize(
    ("address", "arguments", "sentence"),
    [
        ("/marker/add", ("a", "b"), "allowed is a name, or nothing"),
        ("/marker/add", ("a\nb",), "too long or unprintable"),
        ("/marker/rename", (7, "x"), "there is no marker 7"),
        ("/marker/rename", ("x",), "allowed are a number and a name"),
        ("/section/add", ("Verse", 1), "allowed are a name and the numbers of two markers"),
        ("/section/add", ("Verse", 1, 2), "there is no marker 1"),
        ("/section/rename", (1, "x"), "there is no section 1"),
        ("/section/rename", (b"", "x"), "allowed are a number and a name"),
    ],
)
def test_what_cannot_be_is_refused_by_a_sentence(
    desk: OscDesk, address: str, arguments: tuple[Argument, ...], sentence: str
) -> None:
    told = ask(desk, address, *arguments)
    assert told[0] == address
    assert sentence in str(told[1])
    assert markers(desk)["markers"] == []
