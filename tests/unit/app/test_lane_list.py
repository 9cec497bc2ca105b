"""`/take/lanes`: what lies on each strip, the topmost first."""

import json
from pathlib import Path
from typing import Any

import pytest

from studiod.app import lane_list
from studiod.desk.takes import read_takes
from studiod.net.osc.codec import encode
from studiod.net.osc.packet import Argument, message
from studiod.tape.library import lay_on_top, let_hear
from tests.fakes.osc_desk import FakePeer, OscDesk
from tests.fakes.takes import FakeTake


@pytest.fixture
def session(tmp_path: Path) -> Path:
    FakeTake(tmp_path, 1, more={"position": 500}).write()
    FakeTake(tmp_path, 2, tracks=1, more={"layer": "mix", "name": "Solo"}).write()
    FakeTake(tmp_path, 3, state="recording").write()
    return tmp_path


def asked(session: Path, *arguments: Argument) -> tuple[str, tuple[Argument, ...]]:
    desk, peer = OscDesk(), FakePeer()
    peer.is_proven = True
    takes = read_takes(session)
    lane_list.register(desk.endpoint, lambda: takes, lambda: ("Bass", "", "Voice"))
    desk.endpoint.receive(encode(message("/take/lanes", *arguments)), peer)
    ((address, answer),) = ((each.address, each.arguments) for each in peer.messages())
    return address, answer


def told(session: Path, *arguments: Argument) -> Any:  # noqa: ANN401 - JSON
    address, (text,) = asked(session, *arguments)
    assert address == "/take/lanes"
    assert isinstance(text, str)
    return json.loads(text)


def order(session: Path, strip: int) -> list[tuple[int, bool]]:
    return [(lane["take"], lane["heard"]) for lane in told(session, strip)["lanes"]]


def test_every_strip_that_has_lanes_is_told_with_all_of_them(session: Path) -> None:
    one = {
        "take": 1,
        "name": "",
        "position": 500,
        "position_s": 0.5,
        "seconds": 3.5,
        "layer": "cover",
        "heard": True,
    }
    two = one | {"take": 2, "name": "Solo", "position": 0, "position_s": 0.0, "layer": "mix"}
    first, second = {"strip": 1, "name": "Bass", "lanes": [two, one]}, {"strip": 2, "name": "", "lanes": [one]}
    assert told(session) == [first, second]
    assert told(session, 1) == first
    assert told(session, 3) == {"strip": 3, "name": "Voice", "lanes": []}


def test_what_is_not_heard_and_what_was_laid_on_top_are_told(session: Path) -> None:
    let_hear(session, 2, None, is_heard=False)
    let_hear(session, 1, 2, is_heard=False)
    assert (order(session, 1), order(session, 2)) == ([(2, False), (1, True)], [(1, False)])
    lay_on_top(session, 1, is_on_top=True)
    assert order(session, 1) == [(1, True), (2, False)]
    lay_on_top(session, 2, is_on_top=True)
    lay_on_top(session, 2, is_on_top=True)
    assert order(session, 1) == [(2, False), (1, True)]
    lay_on_top(session, 2, is_on_top=False)
    assert order(session, 1) == [(1, True), (2, False)]
    let_hear(session, 2, 1, is_heard=True)
    assert order(session, 1) == [(1, True), (2, True)]


def test_a_take_that_comes_later_lies_over_what_was_laid_on_top_before(session: Path) -> None:
    lay_on_top(session, 1, is_on_top=True)
    FakeTake(session, 4).write()
    assert [take for take, _ in order(session, 1)] == [4, 1, 2]


def test_a_page_holds_what_a_datagram_does_and_says_where_to_go_on(tmp_path: Path) -> None:
    for number in range(1, 301):
        FakeTake(tmp_path, number, tracks=1, frames=1, more={"name": "x" * 100}).write()
    found: list[int] = []
    at: int | None = 0
    while at is not None:
        got = told(tmp_path, 1, at, 1000)
        assert len(json.dumps(got)) < 40_000
        assert got["total"] == 300
        found += [lane["take"] for lane in got["lanes"]]
        at = got["next"]
    assert found == list(range(300, 0, -1))
    assert [lane["take"] for lane in told(tmp_path, 1, 1, 2)["lanes"]] == [299, 298]
    end = {"strip": 1, "name": "Bass", "lanes": [], "next": None, "total": 300}
    assert told(tmp_path, 1, 300, 5) == end


@pytest.mark.parametrize("arguments", [(0,), (4,), ("Bass",), (True,), (1, 2), (1, -1, 5), (1, 0, 0), (1, 0, 1001)])
def test_what_is_no_strip_is_refused(session: Path, arguments: tuple[Argument, ...]) -> None:
    address, (_, sentence) = asked(session, *arguments)
    assert address == "/error"
    assert "allowed is nothing, or the number of a strip, 1..3" in str(sentence)
