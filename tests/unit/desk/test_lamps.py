"""What lamps show of the tape: the state of the last take, and the worst that is told of the disks."""

from pathlib import Path
from typing import Any

import pytest

from studiod.desk.lamps import TapeLamps, take_state, tape_alarm
from studiod.desk.takes import Take
from studiod.link.take import STATES, read_document
from studiod.model.transport import TakeState, TapeAlarm
from tests.fakes.session_rig import SessionRig
from tests.fakes.takes import FakeTake
from tests.unit.desk.rolling import arm, press, roll, walk
from tests.unit.surfaces.rig import desk


def takes_of(*states: str) -> list[Take]:
    documents = [read_document(FakeTake(Path("/s"), n, state=state).document()) for n, state in enumerate(states, 1)]
    return [Take(document, Path("/s")) for document in documents]


def test_every_state_of_a_take_has_its_word() -> None:
    assert [state.word for state in TakeState] == ["none", *STATES]
    for state in STATES:
        expected = TakeState.NONE if state == "recording" else TakeState[state.upper()]  # nobody records it any more
        assert take_state({}, takes_of(state)) == expected


def test_the_last_take_counts_unless_one_is_being_recorded() -> None:
    assert take_state({}, []) == TakeState.NONE
    assert take_state({}, takes_of("damaged", "good")) == TakeState.GOOD
    assert take_state({}, takes_of("good", "repaired")) == TakeState.REPAIRED
    assert take_state({"take": {"id": 3}}, takes_of("good", "damaged")) == TakeState.RECORDING


@pytest.mark.parametrize(
    ("tape", "expected"),
    [
        ({}, TapeAlarm.NONE),
        ({"alarms": [{"level": "warning", "text": "x"}]}, TapeAlarm.WARNING),
        ({"alarms": [{"level": "warning", "text": "x"}, {"level": "alarm", "text": "y"}]}, TapeAlarm.ALARM),
        ({"library_fault": "it is in use"}, TapeAlarm.ALARM),
        ({"finished": 4, "failed": {"4": "disk full"}}, TapeAlarm.ALARM),
        ({"finished": 5, "failed": {"4": "disk full"}}, TapeAlarm.NONE),
        ({"blackbox": {"state": "on"}}, TapeAlarm.NONE),
        ({"blackbox": {"state": "full"}}, TapeAlarm.WARNING),
        ({"blackbox": None}, TapeAlarm.NONE),
    ],
)
def test_the_worst_is_shown(tape: dict[str, Any], expected: TapeAlarm) -> None:
    assert tape_alarm(tape) == expected


def test_a_tape_that_is_away_is_an_alarm() -> None:
    hub = desk()
    lamps = TapeLamps(hub)
    lamps.publish({}, [], is_tape_there=True)
    assert hub.value("/tape/alarm") == TapeAlarm.NONE
    lamps.publish({}, [], is_tape_there=False)
    assert hub.value("/tape/alarm") == TapeAlarm.ALARM


def test_a_take_lights_its_lamp_from_record_to_stop(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        def word() -> str:
            return studio.hub.registry["/take/state"].text(studio.hub.value("/take/state"))

        await roll(studio, 480)
        assert word() == "none"
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, 9600)
        assert word() == "recording"
        await press(studio, "/transport/stop")
        await roll(studio, 9600)
        assert (word(), studio.hub.value("/tape/alarm")) == ("good", TapeAlarm.NONE)

    walk(scene, tmp_path)
