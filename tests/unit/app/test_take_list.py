"""Takes over UDP: page after page, each in a datagram, none twice and none left out."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.app.take_list import PAGE_BYTES, page
from studiod.desk.takes import Take, read_takes
from studiod.link.take import Changes, read_document
from studiod.net.osc.codec import decode, encode
from studiod.net.osc.packet import Argument, Message, message
from studiod.tape.library import change_take
from tests.fakes.take_studio import TakeStudio
from tests.fakes.takes import FakeTake


def long_take(folder: Path, number: int, tracks: int) -> FakeTake:
    return FakeTake(folder, number, tracks=tracks, frames=1)


def takes_of(numbers: list[int], notes: list[int]) -> list[Take]:
    found = []
    for number, note in zip(sorted(set(numbers)), notes, strict=False):
        document = FakeTake(Path("/s"), number, tracks=1, more={"note": "ü" * note}).document()
        found.append(Take(read_document(document), Path(f"/s/takes/{number:04d}")))
    return found


@given(
    st.lists(st.integers(1, 9999), min_size=1, max_size=60),
    st.lists(st.integers(0, 40_000), min_size=60, max_size=60),
    st.integers(1, 100),
)
def test_every_take_is_on_one_page(numbers: list[int], notes: list[int], count: int) -> None:
    takes = takes_of(numbers, notes)
    told: list[int] = []
    first: int | None = 0
    while first is not None:
        found = page(takes, first, count)
        told += [take["id"] for take in found["takes"]]
        assert len(found["takes"]) == 1 or len(json.dumps(found, ensure_ascii=False).encode()) < PAGE_BYTES + 1000
        assert found["total"] == len(takes)
        assert len(found["takes"]) <= count
        first = found["next"]
    assert told == [take.id for take in takes]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[TakeStudio]:
    for number in range(1, 41):
        long_take(tmp_path / "session", number, 16).write()
    long_take(tmp_path / "session", 41, 300).write()
    change_take(tmp_path / "session", 41, Changes(name="too many tracks for a page"))
    studio = TakeStudio(tmp_path / "session").start()
    yield studio
    studio.stop()


def asked(studio: TakeStudio, *arguments: Argument) -> Message:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(10.0)
        link.sendto(encode(message("/take/list", *arguments)), ("127.0.0.1", studio.port))
        answer = decode(link.recv(65536))
    assert isinstance(answer, Message)
    return answer


def test_a_library_that_no_datagram_holds_is_listed_over_udp(library: TakeStudio) -> None:
    assert asked(library).address == "/error"
    told: list[dict[str, Any]] = []
    first: int | None = 1
    while first is not None:
        held = json.loads(str(asked(library, first, 100).arguments[0]))
        told += held["takes"]
        first = held["next"]
    assert [take["id"] for take in told] == list(range(1, 42))
    assert len(told[0]["tracks"]) == 16
    assert told[-1]["left_out"] == ["files", "tracks", "gaps", "markers"]
    assert (told[-1]["name"], "tracks" in told[-1]) == ("too many tracks for a page", False)
    assert len(read_takes(Path(told[0]["path"]).parents[1])) == 41


@pytest.mark.parametrize("arguments", [(1,), (-1, 5), (1, 0), (1, 1001), ("1", "2"), (1, 2, 3), (1.0, 2.0), (True, 1)])
def test_what_is_no_page_is_refused(library: TakeStudio, arguments: tuple[Argument, ...]) -> None:
    answer = asked(library, *arguments)
    assert answer.address == "/error"
    assert "allowed is nothing, or the number of the take to begin with and how many" in str(answer.arguments[1])
