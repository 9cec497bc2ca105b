"""From a press of keep to a take in the session: the desk orders, the tape makes, and everyone is told."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from studiod.desk.armed import Armed
from studiod.desk.control import Control
from studiod.desk.hub import Hub
from studiod.desk.keeping import Keeping
from studiod.desk.orders import TakeOrders
from studiod.desk.store import BlockStore
from studiod.desk.takes import read_takes
from studiod.link import Operation
from studiod.link.order import MidiOrder
from studiod.model.parameter import Refused
from tests.fakes.blackbox_rig import RATE_HZ, BlackBoxRig
from tests.fakes.desk_rig import Rig, layout


@dataclass
class Takes:
    """The takes of a session, as the transport knows them."""

    session: Path
    end: int = 0
    last: int = 0
    compensation: int = 480
    seen: list[int] = field(default_factory=list)
    midi: tuple[MidiOrder, ...] = ()

    def claim_take(self) -> int:
        self.last += 1
        return self.last

    def renew_takes(self) -> None:
        self.seen = [take.id for take in read_takes(self.session)]


@dataclass
class Studio:
    """Desk and black box on one block, turned by hand."""

    tape: BlackBoxRig

    def __post_init__(self) -> None:
        self.hub = Hub(self.tape.rig.registry, BlockStore(self.tape.rig.block), RATE_HZ)
        self.hub.store_all()
        self.session = self.tape.library / "session"
        self.takes = Takes(self.session)
        self.keeping = self.new_desk()
        self.said: dict[str, object] = {}

    def new_desk(self) -> Keeping:
        self.keeping = Keeping(self.tape.rig.block, self.hub, layout(3, 0), self.session, self.takes)
        return self.keeping

    def turn(self, seconds: float = 0.25) -> None:
        self.tape.play(round(seconds * RATE_HZ))
        told = {**self.said, "blackbox": self.tape.box.status()}
        self.keeping.poll(self.tape.rig.block.snapshot(), json.loads(json.dumps(told)))

    def wait(self) -> None:
        for _ in range(40):
            self.turn()
            if self.keeping.is_settled:
                return
        raise AssertionError("nothing was kept")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Rig.make(strips=3, buses=0, ring_s=5.0) as rig:
        tape = BlackBoxRig(rig, tmp_path / "library")
        tape.box.start()
        made = Studio(tape)
        made.turn(6.0)
        yield made
        tape.box.stop()


def test_the_last_seconds_become_a_take_with_the_names_of_the_strips(studio: Studio) -> None:
    studio.hub.write_text("/strip/2/name", "Lead vocal", "test")
    take_id, sentence = studio.keeping.press_keep(3.0, "pedal")
    head = studio.tape.head
    studio.wait()
    assert (take_id, sentence) == (1, "keeping the last 0:00:03.000 as take 1")
    assert studio.takes.seen == [1]
    assert studio.keeping.fault == ""
    paper = json.loads((studio.session / "takes" / "0001" / "take.json").read_text())
    assert (paper["start_frame"], paper["frames"]) == (head - 3 * RATE_HZ, 3 * RATE_HZ)
    assert [(track["name"], track["strip"], track["kind"]) for track in paper["tracks"]] == [
        ("Strip 1", 1, "input"),
        ("Lead vocal", 2, "input"),
        ("Strip 3", 3, "input"),
    ]
    assert paper["tracks"][1]["file"] == "input-02-lead-vocal.wav"
    assert paper["stopped_by"] == "pedal"


def test_a_pad_or_a_pedal_presses_it_through_the_table(studio: Studio) -> None:
    studio.hub.fire("/blackbox/keep", 2.0)
    studio.wait()
    assert studio.takes.seen == [1]


def test_only_the_inputs_that_were_asked_for_are_in_the_take(studio: Studio) -> None:
    studio.keeping.press_keep(2.0, "test", [3])
    studio.wait()
    paper = json.loads((studio.session / "takes" / "0001" / "take.json").read_text())
    assert [track["name"] for track in paper["tracks"]] == ["Strip 3"]


def test_what_is_kept_lies_behind_everything_unless_the_transport_rolled(studio: Studio) -> None:
    studio.takes.end = 12345
    studio.keeping.press_keep(1.0, "test")
    studio.wait()
    studio.tape.rig.ask(Operation.PLAY)
    rolled_from = studio.tape.frame
    studio.turn(2.0)
    studio.keeping.press_keep(1.0, "test")
    studio.wait()
    first, second = (
        json.loads((studio.session / "takes" / f"000{number}" / "take.json").read_text()) for number in (1, 2)
    )
    assert first["position"] == 12345
    assert second["position"] == second["start_frame"] - rolled_from - 480


def test_more_than_is_held_is_kept_as_far_as_it_goes_and_said(studio: Studio) -> None:
    _, sentence = studio.keeping.press_keep(3600.0, "test")
    assert sentence.endswith("; more is not held")
    head = studio.tape.head
    studio.wait()
    (take,) = read_takes(studio.session)
    assert take.frames == head


@pytest.mark.parametrize("seconds", [0.0, -1.0, 86_401.0, float("nan")])
def test_a_time_that_is_none_is_refused(studio: Studio, seconds: float) -> None:
    with pytest.raises(Refused, match="out of range"):
        studio.keeping.press_keep(seconds, "test")


def test_an_input_that_is_not_held_is_refused(studio: Studio) -> None:
    with pytest.raises(Refused, match=r"does not hold input 9; allowed inputs 1, 2, 3"):
        studio.keeping.press_keep(1.0, "test", [1, 9])


def test_a_second_press_waits_for_the_first(studio: Studio) -> None:
    studio.keeping.press_keep(1.0, "test")
    with pytest.raises(Refused, match="take 1 is still being kept"):
        studio.keeping.press_keep(1.0, "test")


def test_without_a_black_box_or_a_library_it_says_what_to_do(studio: Studio) -> None:
    studio.keeping.poll(studio.tape.rig.block.snapshot(), {})
    with pytest.raises(Refused, match=r"set blackbox\.on"):
        studio.keeping.press_keep(1.0, "test")
    assert studio.keeping.status()["state"] == "off"
    studio.said = {"library_fault": "the disk is away"}
    studio.turn()
    with pytest.raises(Refused, match="the disk is away"):
        studio.keeping.press_keep(1.0, "test")


def test_a_desk_that_was_restarted_still_hears_of_it(studio: Studio) -> None:
    studio.keeping.press_keep(2.0, "test")
    studio.new_desk()
    assert not studio.keeping.is_settled
    studio.wait()
    assert studio.takes.seen == [1]


def test_a_desk_that_was_restarted_does_not_number_a_take_as_what_was_kept(studio: Studio) -> None:
    studio.takes.last = 6
    studio.keeping.press_keep(2.0, "test")
    block, hub = studio.tape.rig.block, studio.hub
    orders = TakeOrders(Control(block, hub, asyncio.sleep), Armed(hub, layout(3, 0), 3), studio.session, 24, lambda: 0)
    assert orders.claim() == 8


def test_what_could_not_be_kept_is_said(studio: Studio) -> None:
    (studio.session / "takes").parent.mkdir(parents=True)
    (studio.session / "takes").write_text("no folder")
    studio.keeping.press_keep(2.0, "test")
    studio.wait()
    assert "take 1 could not be made of the black box" in studio.keeping.fault
    assert studio.keeping.status()["keep_fault"] == studio.keeping.fault


def test_the_end_of_an_earlier_run_becomes_a_take(studio: Studio) -> None:
    studio.tape.box.stop()
    end = studio.tape.head
    studio.tape.clock_name = "second"
    studio.tape.new_box().start()
    studio.turn(3.0)
    studio.turn()
    take_id, sentence = studio.keeping.press_keep_run(1, 2.0, "pedal", [2])
    assert (take_id, sentence) == (1, "keeping the last 0:00:02.000 of run 1 as take 1")
    studio.wait()
    assert studio.keeping.fault == ""
    paper = json.loads((studio.session / "takes" / "0001" / "take.json").read_text())
    assert (paper["frames"], paper["start_frame"]) == (2 * RATE_HZ, end - 2 * RATE_HZ)
    assert [track["name"] for track in paper["tracks"]] == ["Strip 2"]
    assert paper["position"] == 0


def test_more_of_an_earlier_run_than_is_held_is_all_of_it(studio: Studio) -> None:
    studio.tape.box.stop()
    end = studio.tape.head
    studio.tape.clock_name = "second"
    studio.tape.new_box().start()
    studio.turn()
    _, sentence = studio.keeping.press_keep_run(1, 600.0, "pedal")
    assert sentence == "keeping the last 0:00:06.000 of run 1 as take 1; more is not held"
    studio.wait()
    assert json.loads((studio.session / "takes" / "0001" / "take.json").read_text())["frames"] == end


def test_the_present_run_may_be_named_too(studio: Studio) -> None:
    studio.tape.box.seal()
    studio.turn()
    studio.turn()
    assert studio.keeping.press_keep_run(1, 2.0, "pedal") == (1, "keeping the last 0:00:02.000 as take 1")


def test_a_run_that_is_not_held_is_refused_with_those_that_are(studio: Studio) -> None:
    studio.tape.box.stop()
    studio.tape.clock_name = "second"
    studio.tape.new_box().start()
    studio.turn(3.0)
    studio.turn()
    for run in (0, 3, -1):
        with pytest.raises(Refused, match=f"holds nothing of run {run}; allowed 1, 2"):
            studio.keeping.press_keep_run(run, 2.0, "pedal")
    with pytest.raises(Refused, match="does not hold input 9; allowed inputs 1, 2, 3"):
        studio.keeping.press_keep_run(1, 2.0, "pedal", [9])
    with pytest.raises(Refused, match="/blackbox/keep/run: nan s is out of range"):
        studio.keeping.press_keep_run(1, float("nan"), "pedal")
    assert studio.keeping.is_settled
