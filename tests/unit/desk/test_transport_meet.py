"""In step with another machine, to the frame; and every other button still wins."""

from pathlib import Path

import pytest

from studiod.model.parameter import Refused
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.unit.desk.rolling import arm, frame, position, press, roll, state, takes, walk, write


async def meet(studio: SessionRig, at_frame: int, at_position: int) -> None:
    studio.transport.press_meet(at_frame, at_position)
    await studio.settle()


def lead(studio: SessionRig) -> int:
    return position(studio) - frame(studio)


def test_from_rest_it_rolls_in_step_to_the_frame_and_counts_no_bar(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        write(studio, transport_countin=2)
        await roll(studio, 1000)
        line = 10 * RATE_HZ + 77 - frame(studio)
        await meet(studio, 5, line + 5)
        assert state(studio) == "stopped"
        await roll(studio, RATE_HZ // 2)
        assert (state(studio), lead(studio)) == ("playing", line)
        await press(studio, "/transport/rollback")
        assert 10.0 * RATE_HZ < position(studio) < 10.5 * RATE_HZ, "it began to roll where it met"

    walk(scene, tmp_path)


def test_while_it_rolls_it_goes_over_to_the_frame_and_the_loop_may_go_round_after(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        await press(studio, "/transport/play")
        await roll(studio, RATE_HZ)
        line = 20 * RATE_HZ + 123 - frame(studio)
        await meet(studio, 0, line)
        await roll(studio, RATE_HZ // 2)
        assert (state(studio), lead(studio)) == ("playing", line)
        write(studio, loop_end=22.0, loop_start=21.0, loop_on=1.0)
        await roll(studio, 2 * RATE_HZ)
        assert 21 * RATE_HZ <= position(studio) < 22 * RATE_HZ

    walk(scene, tmp_path)


@pytest.mark.parametrize("is_rolling", [False, True])
def test_stop_comes_before_a_meeting_that_is_still_to_come(tmp_path: Path, is_rolling: bool) -> None:  # noqa: FBT001
    async def scene(studio: SessionRig) -> None:
        if is_rolling:
            await press(studio, "/transport/play")
            await roll(studio, 4800)
        await meet(studio, 0, 30 * RATE_HZ)
        await press(studio, "/transport/stop")
        where = position(studio)
        await roll(studio, RATE_HZ)
        assert (state(studio), position(studio)) == ("stopped", where)

    walk(scene, tmp_path)


def test_a_locate_comes_before_it_too(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        await meet(studio, 0, 30 * RATE_HZ)
        await press(studio, "/transport/locate", 3.0)
        await roll(studio, RATE_HZ)
        assert (state(studio), position(studio)) == ("stopped", 3 * RATE_HZ)

    walk(scene, tmp_path)


def test_a_take_goes_on_whatever_is_to_be_met(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, 4800)
        with pytest.raises(Refused, match="a take is being recorded"):
            studio.transport.press_meet(0, 30 * RATE_HZ)
        await roll(studio, RATE_HZ)
        assert state(studio) == "recording"
        assert position(studio) < 2 * RATE_HZ
        assert len(takes(studio)) == 1

    walk(scene, tmp_path)


@pytest.mark.parametrize("seconds", [-10.0, 90_000.0])
def test_what_is_not_on_the_timeline_is_not_met(tmp_path: Path, seconds: float) -> None:
    async def scene(studio: SessionRig) -> None:
        await meet(studio, frame(studio), round(seconds * RATE_HZ))
        assert "/sync/chase" in studio.transport.fault
        assert "is not on the timeline" in studio.transport.fault
        await roll(studio, RATE_HZ)
        assert state(studio) == "stopped"

    walk(scene, tmp_path)
