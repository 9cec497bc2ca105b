"""An xrun that cost no frame is in the papers of its take, too: where the engine's counter moved."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studiod.desk.proof import whole_proof
from studiod.desk.takes import read_takes
from studiod.link import Operation
from studiod.link.order import TakeOrder, TrackOrder
from studiod.tape import TapeMachine
from studiod.tape.repair import repair_session
from tests.fakes.desk_rig import Rig
from tests.unit.engine.test_portaudio_drops import CHANNELS, FRAMES, RATE_HZ, FakeCard

XRUN, TAKE = 8, 1  # paOutputOverflow: told, and nothing is dropped


class Studio:
    """A card, an engine and a tape that is turned after every block; time is the engine's."""

    def __init__(self, rig: Rig, session: Path) -> None:
        self.rig, self.session = rig, session
        self.folder = session / "takes" / "0001"
        tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, "") for n in range(CHANNELS))
        rig.block.store_order(TAKE, TakeOrder(TAKE, self.folder, 24, tracks, "test").to_json())
        self.card = FakeCard(rig)
        self.new_tape()
        self.play(10)

    def new_tape(self) -> None:
        """The tape process starts anew."""
        self.machine = TapeMachine(self.rig.block, self.session, RATE_HZ, 0.25, self.now)
        self.machine.start()

    def now(self) -> float:
        return self.rig.block.input_head / RATE_HZ

    def play(self, blocks: int, *, xruns: tuple[int, ...] = ()) -> None:
        """Blocks number `xruns` of them come with an xrun."""
        for block in range(blocks):
            self.card.block(XRUN if block in xruns else 0)
            self.machine.turn()

    @property
    def about(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "take.json").read_text())
        return document


@pytest.fixture(name="studio")
def _studio(tmp_path: Path) -> Iterator[Studio]:
    with Rig.make(CHANNELS, 1, inputs=CHANNELS, outputs=CHANNELS) as rig:
        yield Studio(rig, tmp_path / "session")
        rig.engine.stop()


def run(first: int, last: int, xruns: int) -> dict[str, int]:
    """A stretch from block `first` of the take to the end of block `last`."""
    return {"start": first * FRAMES, "frames": (last - first + 1) * FRAMES, "xruns": xruns, "late_blocks": 0}


def test_xruns_without_missing_frames_are_in_the_papers_of_their_take(studio: Studio) -> None:
    studio.play(5, xruns=(2,))  # before it
    studio.rig.ask(Operation.RECORD, slot=TAKE)
    studio.play(100, xruns=(0, 20, 21, 22, 60))
    studio.rig.ask(Operation.STOP)
    studio.play(5, xruns=(3,))  # after it
    assert (studio.about["state"], studio.about["gaps"]) == ("good", [])
    assert studio.about["xruns"] == [run(0, 0, 1), run(20, 22, 3), run(60, 60, 1)]
    assert studio.about["xruns_more"] == 0
    (take,) = read_takes(studio.session)
    assert (take.summary()["xruns"], take.summary()["late_blocks"]) == (5, 0)
    assert whole_proof(take.document)["xruns"] == studio.about["xruns"]


def test_a_tape_that_begins_anew_and_a_repair_keep_them(studio: Studio) -> None:
    studio.rig.ask(Operation.RECORD, slot=TAKE)
    studio.play(700, xruns=(20,))
    studio.machine = TapeMachine(studio.rig.block, studio.session, RATE_HZ, 0.25, studio.now)
    studio.machine.start()
    studio.play(700, xruns=(20,))
    wanted = [run(20, 20, 1), run(720, 720, 1)]
    assert studio.about["xruns"] == wanted
    repair_session(studio.session, boot_id="another start of the machine")
    assert (studio.about["state"], studio.about["xruns"]) == ("repaired", wanted)


def test_a_take_that_was_tight_all_along_has_a_short_list(studio: Studio) -> None:
    studio.rig.ask(Operation.RECORD, slot=TAKE)
    studio.play(300, xruns=tuple(range(0, 300, 2)))
    studio.rig.ask(Operation.STOP)
    studio.play(5)
    assert (len(studio.about["xruns"]), studio.about["xruns_more"]) == (100, 50)
