"""Rounds of the shortest loop while the disk stands still: none is missing, and what cannot be had is told of."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from studiod.link import Operation
from studiod.link.order import TakeOrder, TrackOrder
from studiod.link.session import take_folder
from studiod.model.transport import SHORTEST_LOOP_S
from studiod.tape import TapeMachine
from tests.fakes.desk_rig import Rig

RATE_HZ = 48_000
ROUND = round(SHORTEST_LOOP_S * RATE_HZ)
REMEMBERED = 128  # BLOCK_TAKES of ext/block.h


class Studio:
    """One strip that plays, in every round, the round's number; a tape that turns when it is told to."""

    def __init__(self, rig: Rig, session: Path) -> None:
        self.rig, self.session, self.now_s = rig, session, 0.0
        self.tape = TapeMachine(rig.block, session, RATE_HZ, 0.25, lambda: self.now_s)

    def record(self, number: int, frames: int = ROUND) -> None:
        """Go round: take `number` begins, and `frames` of it are played."""
        tracks = (TrackOrder(0, "strip-01.wav", 0, "Strip 1"),)
        self.rig.block.store_order(
            number, TakeOrder(number, take_folder(self.session, number), 32, tracks, "loop").to_json()
        )
        self.rig.ask(Operation.RECORD, number)
        self.play(frames, number / 1024)

    def play(self, frames: int, level: float) -> None:
        """Let time go by."""
        self.rig.render(np.full((1, frames), level, np.float32))
        self.now_s += frames / RATE_HZ

    def catch_up(self) -> None:
        """The disk is well again: the tape turns until nothing is left to do."""
        self.rig.ask(Operation.STOP)
        self.play(RATE_HZ, 0.0)
        for _ in range(1000):
            self.tape.turn()
            self.now_s += 0.05
            if self.tape.status()["finished"] == self.rig.block.snapshot().take_id and self.tape.writer is None:
                return
        raise AssertionError("the tape does not come to an end")

    def paper(self, number: int) -> dict[str, Any]:
        """take.json of take `number`."""
        document: dict[str, Any] = json.loads((take_folder(self.session, number) / "take.json").read_text())
        return document

    def samples(self, number: int) -> bytes:
        """What the file of take `number` holds."""
        return (take_folder(self.session, number) / "strip-01.wav").read_bytes()[4096:]


def test_no_round_is_missing_after_a_disk_stood_still_for_twenty_seconds(tmp_path: Path) -> None:
    rounds = round(20 / SHORTEST_LOOP_S)
    with Rig.make(strips=1, buses=0, ring_s=20.0) as rig:
        studio = Studio(rig, tmp_path / "session")
        studio.tape.start()
        for number in range(1, rounds + 1):
            studio.record(number)
            if number == 1:
                studio.tape.turn()  # it has begun the first when the disk stops
        studio.catch_up()
        assert studio.tape.status()["failed"] == {}
        for number in range(1, rounds + 1):
            paper = studio.paper(number)
            assert (paper["state"], paper["frames"], paper["gaps"]) == ("good", ROUND, [])
            assert studio.samples(number) == np.full(ROUND, number / 1024, "<f4").tobytes()
        studio.tape.stop()


def test_rounds_that_the_engine_no_longer_knows_are_told_of_and_the_next_ones_are_recorded(tmp_path: Path) -> None:
    frames = 480  # quicker than any loop
    with Rig.make(strips=1, buses=0, ring_s=20.0) as rig:
        studio = Studio(rig, tmp_path / "session")
        studio.tape.start()
        studio.record(1, frames)
        studio.tape.turn()
        for number in range(2, REMEMBERED + 6):
            studio.record(number, frames)
        studio.catch_up()
        told = studio.tape.status()
        assert list(told["failed"]) == ["1", "5"]
        assert "take 1" in told["failed"]["1"]
        assert told["failed"]["5"].startswith("4 takes before take 6 are lost: ")
        assert studio.paper(1)["state"] == "damaged"
        for number in range(6, REMEMBERED + 6):
            assert (studio.paper(number)["state"], studio.paper(number)["frames"]) == ("good", frames)
        studio.record(REMEMBERED + 6, frames)
        studio.catch_up()
        assert studio.paper(REMEMBERED + 6)["state"] == "good"
        assert studio.tape.status()["failed"] == told["failed"]
        studio.tape.stop()


def test_a_tape_that_was_away_longer_than_the_engine_remembers_takes_up_what_there_is(tmp_path: Path) -> None:
    with Rig.make(strips=1, buses=0, ring_s=20.0) as rig:
        studio = Studio(rig, tmp_path / "session")
        for number in range(1, REMEMBERED + 3):
            studio.record(number, 480)
        studio.tape.start()
        studio.catch_up()
        assert [studio.paper(number)["state"] for number in range(3, REMEMBERED + 3)] == ["good"] * REMEMBERED
        assert studio.tape.status()["failed"] == {}
        studio.tape.stop()
