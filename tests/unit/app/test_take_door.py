"""Takes over OSC: what is asked is refused at once or has a ticket, and the ticket tells what became of it."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from studiod.app.take_door import TakeDoor
from studiod.desk.librarian import Librarian
from studiod.desk.takes import Take, read_takes, stacked
from studiod.net.osc.codec import encode
from studiod.net.osc.packet import Argument, message
from studiod.tape.library import load_document, take_folders
from tests.fakes.osc_desk import FakePeer, OscDesk
from tests.fakes.takes import FakeTake


@dataclass
class Door:
    """A desk with takes on a disk, and a peer that is known to be there."""

    session: Path
    recording: int | None = None
    over: int = 0
    """The take that says it is being recorded, and that nobody records."""
    reread: list[bool] = field(default_factory=list)
    """For every time the takes were read anew: whether what plays had changed."""

    def __post_init__(self) -> None:
        self.takes: Sequence[Take] = read_takes(self.session, self._is_over)
        self.desk, self.peer = OscDesk(), FakePeer()
        self.peer.is_proven = True
        self.librarian = Librarian(lambda: self.takes, self._reread, lambda: self.recording)
        TakeDoor(self.librarian, self.session, self._is_over).register(self.desk.endpoint)

    def _is_over(self, take_id: int) -> bool:
        return take_id == self.over

    async def _reread(self, plays_anew: bool) -> None:  # noqa: FBT001 - what the transport's own takes
        self.takes = await asyncio.to_thread(read_takes, self.session, self._is_over)
        self.reread.append(plays_anew)

    def ask(self, address: str, *arguments: Argument) -> list[tuple[str, tuple[Argument, ...]]]:
        self.peer.mail.clear()
        self.desk.endpoint.receive(encode(message(address, *arguments)), self.peer)
        return [(each.address, each.arguments) for each in self.peer.messages()]

    def refusal(self, address: str, *arguments: Argument) -> str:
        ((answered, (_, sentence)),) = self.ask(address, *arguments)
        assert answered == "/error"
        assert isinstance(sentence, str)
        return sentence

    async def outcome(self, address: str, *arguments: Argument) -> dict[str, Any]:
        ((answered, (ticket,)),) = self.ask(address, *arguments)
        assert answered == address
        return await self.settled(ticket)

    async def settled(self, ticket: Argument) -> dict[str, Any]:
        while True:
            ((_, (text,)),) = self.ask("/takes/outcome", ticket)
            assert isinstance(text, str)
            told = json.loads(text)
            if told["done"]:
                assert told["ticket"] == ticket
                return dict(told)
            await asyncio.sleep(0)


def run(door: Door, work: Callable[[], Awaitable[None]]) -> None:
    """Let the librarian work while `work` runs."""

    async def both() -> None:
        task = asyncio.create_task(door.librarian.run())
        try:
            await work()
        finally:
            task.cancel()

    asyncio.run(both())


@pytest.fixture
def door(tmp_path: Path) -> Door:
    for number in (1, 2):
        FakeTake(tmp_path / "library" / "album", number).write()
    return Door(tmp_path / "library" / "album")


def test_what_is_said_of_a_take_is_kept_and_listed(door: Door) -> None:
    async def work() -> None:
        for address, *arguments in (
            ("/takes/rename", 1, "Blues\u202e in F"),
            ("/takes/rate", 1, 4),
            ("/takes/tag", 1, "slow", "best"),
            ("/takes/note", 1, "two\nlines"),
        ):
            told = await door.outcome(str(address), *arguments)
            assert (told["fault"], told["result"]) == ("", None)

    run(door, work)
    summary = door.takes[0].summary()
    assert (summary["name"], summary["rating"], summary["tags"]) == ("Blues in F", 4, ["slow", "best"])
    assert summary["note"] == "two\nlines"
    assert door.reread == [False] * 4


def test_a_take_goes_to_the_trash_and_comes_back_and_what_plays_follows(door: Door) -> None:
    async def work() -> None:
        assert (await door.outcome("/takes/trash", 2))["result"] == str(door.session / "trash" / "0002")
        assert [take.id for take in door.takes] == [1]
        (trashed,) = (await door.outcome("/takes/trashed"))["result"]
        assert trashed == {"id": 2, "state": "good", "name": "", "seconds": 3.5, "tracks": 2}
        assert (await door.outcome("/takes/restore", 2))["fault"] == ""
        assert [take.id for take in door.takes] == [1, 2]
        assert (await door.outcome("/takes/restore", 2))["fault"] == (
            "/takes/restore: take 2 is not in the trash: it is empty"
        )

    run(door, work)
    assert door.reread == [True, True]


def test_what_is_heard_is_chosen_for_a_take_or_a_strip_of_it_and_what_plays_follows(door: Door) -> None:
    async def work() -> None:
        for arguments, unheard in (
            ((1, 2, 0), [2]),
            ((1, 0), [1, 2]),
            ((1, 1, True), [2]),
            ((1, "on"), []),
            ((1, False), [1, 2]),
            ((1, 2, 1), [1]),
        ):
            assert (await door.outcome("/takes/heard", *arguments))["fault"] == ""
            assert door.takes[0].summary()["unheard"] == unheard
        assert (await door.outcome("/takes/rename", 1, "Blues"))["fault"] == ""
        assert door.takes[0].summary()["unheard"] == [1]

    run(door, work)
    assert door.reread == [True] * 6 + [False]


def test_a_take_is_laid_on_top_and_back(door: Door) -> None:
    async def work() -> None:
        for is_on_top, order in ((1, [2, 1]), (0, [1, 2])):
            assert (await door.outcome("/takes/top", 1, is_on_top))["fault"] == ""
            assert [take.id for take in stacked(door.takes)] == order

    run(door, work)
    assert door.reread == [True, True]


@pytest.mark.parametrize("address", ["/takes/heard", "/takes/top"])
def test_lanes_of_what_is_not_there_or_while_it_records_are_refused(door: Door, address: str) -> None:
    assert "there is no take 7" in door.refusal(address, 7, 1)
    for arguments in ((), (1,), ("1", 1), (1, 2), (1, "off "), (1, 0.5), (1, 1, 1, 1)):
        assert "allowed is the number of a take" in door.refusal(address, *arguments)
    door.recording = 3
    assert "is being recorded" in door.refusal(address, 3, 1)
    assert "others may play to it" in door.refusal(address, 1, 1)


def test_a_strip_that_the_take_has_nothing_of_is_refused(door: Door) -> None:
    assert door.refusal("/takes/heard", 1, 5, 0) == "/takes/heard: take 1 has nothing of strip 5; allowed 1, 2"


def test_the_trash_is_emptied_only_of_what_is_named_by_someone_who_is_there(door: Door) -> None:
    async def work() -> None:
        await door.outcome("/takes/trash", 1)
        await door.outcome("/takes/trash", 2)
        for arguments in ((), ("everything",), (1, "all"), (1.0,), (True,)):
            assert "deletes takes in the trash for ever" in door.refusal("/takes/empty", *arguments)
        door.peer.is_proven = False
        assert door.ask("/takes/empty", "all") == []
        door.peer.is_proven = True
        assert (await door.outcome("/takes/empty", 2))["result"] == [2]
        assert (await door.outcome("/takes/empty", "all"))["result"] == [1]

    run(door, work)
    assert not list((door.session / "trash").glob("0*"))


@pytest.mark.parametrize(
    ("address", "arguments", "why"),
    [
        ("/takes/rename", (), "allowed is the number of a take, and its name"),
        ("/takes/rename", (1,), "allowed behind the number or name is its name"),
        ("/takes/rename", (1, 7), "allowed behind the number or name is its name"),
        ("/takes/rename", (1, "../../etc/cron.d/x"), "it would look like a path"),
        ("/takes/rename", (1, "x" * 5000), "too long: 5000 bytes; allowed are 128"),
        ("/takes/rename", (9, "x"), "there is no take 9; `studioctl takes` lists them"),
        ("/takes/rename", (-1, "x"), "there is no take -1"),
        ("/takes/rename", (1.0, "x"), "allowed is the number of a take"),
        ("/takes/rate", (1, 6), "a rating of 6 is none; allowed 0..5"),
        ("/takes/rate", (1, 2.5), "allowed behind the number or name is 0 to 5"),
        ("/takes/rate", (1, float("inf")), "0 to 5"),
        ("/takes/tag", (1, "ok", 3), "allowed behind the number or name is its tags"),
        ("/takes/tag", (1, "x" * 33), "that tag is too long"),
        ("/takes/note", (1, "x" * 4097), "that note is too long"),
        ("/takes/trash", (), "allowed is the number of a take"),
        ("/takes/trash", (9,), "there is no take 9"),
        ("/takes/outcome", (), "allowed is the number of a ticket"),
        ("/takes/outcome", (99,), "nothing is known of ticket 99"),
        ("/sessions/rename", ("../album", "x"), "allowed is the folder of a session"),
        ("/sessions/rename", ("..", "x"), "allowed is the folder of a session"),
    ],
)
def test_what_cannot_be_is_refused_at_once(door: Door, address: str, arguments: tuple[Argument, ...], why: str) -> None:
    sentence = door.refusal(address, *arguments)
    assert why in sentence
    assert len(sentence) <= 240


def test_a_take_that_is_being_recorded_is_refused_and_nothing_that_plays_moves_meanwhile(door: Door) -> None:
    FakeTake(door.session, 3, state="recording").write()
    door.takes = read_takes(door.session)
    door.recording = 3
    for address, more in (("/takes/rename", ("x",)), ("/takes/trash", ())):
        assert "take 3 is being recorded: stop first" in door.refusal(address, 3, *more)
    assert "others may play to it: stop first" in door.refusal("/takes/trash", 1)
    assert "others may play to it: stop first" in door.refusal("/takes/restore", 1)


def test_a_take_that_only_says_that_it_is_being_recorded_is_thrown_away(door: Door) -> None:
    FakeTake(door.session, 3, state="recording").write()
    door.over = 3
    door.takes = read_takes(door.session, lambda take_id: take_id == 3)
    assert door.takes[-1].state == "damaged"

    async def work() -> None:
        assert (await door.outcome("/takes/rename", 3, "x"))["fault"] == ""
        assert (await door.outcome("/takes/trash", 3))["fault"] == ""

    run(door, work)
    assert [take.id for take in door.takes] == [1, 2]


def test_recording_that_began_meanwhile_is_seen(door: Door) -> None:
    async def work() -> None:
        ((_, (ticket,)),) = door.ask("/takes/trash", 1)
        door.recording = 3
        assert "stop first" in (await door.settled(ticket))["fault"]

    run(door, work)
    assert len(take_folders(door.session)) == 2


def test_what_the_disk_refuses_is_told_and_the_next_order_is_obeyed(door: Door) -> None:
    async def work() -> None:
        (door.session / "trash").write_text("in the way")
        told = await door.outcome("/takes/trash", 1)
        assert told["fault"].startswith(f"/takes/trash: {door.session / 'trash'}")
        assert (await door.outcome("/takes/rate", 1, 3))["fault"] == ""

    run(door, work)
    assert load_document(door.session / "takes" / "0001").rating == 3


def test_sessions_are_listed_and_described(door: Door) -> None:
    async def work() -> None:
        assert (await door.outcome("/sessions/rename", "album", "The Album"))["fault"] == ""
        assert (await door.outcome("/sessions/tag", "album", "jazz"))["fault"] == ""
        (fact,) = (await door.outcome("/sessions/list"))["result"]
        assert (fact["session"], fact["name"], fact["tags"], fact["takes"]) == ("album", "The Album", ["jazz"], 2)
        assert "is no session" in (await door.outcome("/sessions/rate", "nowhere", 1))["fault"]
        assert (await door.outcome("/sessions/trash", "album"))["fault"] == ""
        assert (await door.outcome("/sessions/list"))["result"] == []
        assert (await door.outcome("/sessions/restore", "album"))["result"] == str(door.session)
        (door.session / ".lock").write_text(f"{os.getpid()}\n")
        assert "album is open in studiod" in (await door.outcome("/sessions/trash", "album"))["fault"]

    run(door, work)


def test_a_disk_that_does_not_answer_makes_no_heap_of_orders(door: Door) -> None:
    for _ in range(256):
        door.ask("/takes/rate", 1, 1)
    assert "256 orders wait already" in door.refusal("/takes/rate", 1, 1)
