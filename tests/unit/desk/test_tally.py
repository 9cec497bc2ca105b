"""The record lamp's word follows what the transport does, what is armed, and what the tape tells."""

from pathlib import Path

import pytest

from studiod.desk.tally import tally
from studiod.model.transport import Tally, TapeAlarm, TransportPhase, TransportState
from tests.fakes.session_rig import SessionRig
from tests.unit.desk.rolling import arm, press, roll, walk, write

STOPPED, PLAYING, RECORDING = TransportState
NONE, COUNTIN, WAITING, REHEARSING = TransportPhase


@pytest.mark.parametrize(
    ("state", "phase", "alarm", "is_armed", "word"),
    [
        (STOPPED, NONE, TapeAlarm.NONE, False, Tally.NONE),
        (PLAYING, NONE, TapeAlarm.WARNING, True, Tally.ARMED),
        (STOPPED, COUNTIN, TapeAlarm.NONE, True, Tally.COUNTIN),
        (PLAYING, WAITING, TapeAlarm.NONE, True, Tally.WAITING),
        (PLAYING, REHEARSING, TapeAlarm.NONE, True, Tally.REHEARSING),
        (RECORDING, NONE, TapeAlarm.WARNING, True, Tally.RECORDING),
        (RECORDING, NONE, TapeAlarm.ALARM, True, Tally.ALARM),
        (STOPPED, NONE, TapeAlarm.ALARM, False, Tally.ALARM),
    ],
)  # fmt: skip
def test_what_matters_most_is_said(
    state: TransportState,
    phase: TransportPhase,
    alarm: TapeAlarm,
    is_armed: bool,  # noqa: FBT001 - a fact of the table
    word: Tally,
) -> None:
    assert tally(state, phase, alarm, is_armed) is word


def word(studio: SessionRig) -> str:
    return studio.hub.registry["/transport/tally"].text(studio.hub.value("/transport/tally"))


def test_it_follows_a_take_from_arming_to_its_end(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        assert word(studio) == "none"
        arm(studio, 1)
        await roll(studio, 480)
        assert word(studio) == "armed"
        write(studio, transport_countin=1.0)
        await press(studio, "/transport/record")
        await roll(studio, 480)
        assert word(studio) == "countin"
        await roll(studio, 3 * 48_000)
        assert word(studio) == "recording"
        await press(studio, "/transport/stop")
        await roll(studio, 480)
        assert word(studio) == "armed"
        studio.hub.write("/strip/1/arm", 0.0, "test")
        await roll(studio, 480)
        assert word(studio) == "none"

    walk(scene, tmp_path)
