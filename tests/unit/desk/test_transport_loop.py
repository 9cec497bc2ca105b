"""The loop: round at its frame, heard without a break, a take for every pass."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from studiod.model.parameter import Refused
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.unit.desk.rolling import (
    STEP,
    arm,
    frame,
    obeying,
    position,
    press,
    roll,
    roll_until,
    state,
    takes,
    walk,
    write,
)

START, END = RATE_HZ // 2 + 1, 3 * RATE_HZ // 2 + 8  # no block and no look of the desk ends there
LENGTH = END - START


def lay_loop(studio: SessionRig, start: int = START, end: int = END) -> None:
    write(studio, loop_start=start / RATE_HZ, loop_end=end / RATE_HZ, loop_on=1.0)


def expected(rolled: int) -> int:
    """Position after rolling that many frames from 0."""
    return rolled if rolled < END else START + (rolled - END) % LENGTH


def test_it_goes_round_at_exactly_the_end(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        lay_loop(studio)
        await press(studio, "/transport/play")
        began = frame(studio) - position(studio)
        for _ in range(500):
            await roll(studio, 480)
            assert position(studio) == expected(frame(studio) - began)
        assert position(studio) - expected(0) > 0
        assert studio.hub.value("/loop/active")
        assert studio.transport.fault == ""

    walk(scene, tmp_path)


def test_a_loop_of_the_shortest_length_goes_round_exactly_too(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        lay_loop(studio, 0, RATE_HZ // 4)
        await press(studio, "/transport/play")
        began = frame(studio) - position(studio)
        for _ in range(150):
            await roll(studio, 480)
            assert position(studio) == (frame(studio) - began) % (RATE_HZ // 4)

    walk(scene, tmp_path)


def test_every_pass_recorded_is_a_take_that_ends_where_the_next_begins(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_loop(studio)
        await press(studio, "/transport/record")
        began = frame(studio)
        await roll(studio, END + 3 * LENGTH + 4800)
        await press(studio, "/transport/stop")
        made = takes(studio)
        first = made[0].start
        assert first < began
        assert [(take.id, take.start, take.position) for take in made] == [
            (1, first, 0),
            *((n + 2, first + END + n * LENGTH, START) for n in range(4)),
        ]
        assert [take.stop for take in made[:-1]] == [take.start for take in made[1:]]
        assert [take.frames for take in studio.transport.takes[:4]] == [END, LENGTH, LENGTH, LENGTH]
        assert {take.state for take in studio.transport.takes} == {"good"}
        assert position(studio) == START  # back to where the last pass began

    walk(scene, tmp_path)


def test_stop_ends_the_pass_at_once_and_nothing_sent_ahead_comes_after(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_loop(studio)
        await press(studio, "/transport/record")
        await roll(studio, END - RATE_HZ // 4)  # the way round has been sent by now
        await press(studio, "/transport/stop")
        await roll(studio, RATE_HZ)
        assert state(studio) == "stopped"
        assert position(studio) == 0
        assert len(takes(studio)) == 1

    walk(scene, tmp_path)


def test_play_amid_the_loop_ends_the_take_and_still_goes_round_exactly(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_loop(studio)
        await press(studio, "/transport/record")
        began = takes(studio)[0].start
        await roll(studio, END - RATE_HZ // 4)
        await press(studio, "/transport/play")
        await roll(studio, RATE_HZ)
        assert state(studio) == "playing"
        assert position(studio) == expected(frame(studio) - began)
        assert len(takes(studio)) == 1

    walk(scene, tmp_path)


def test_what_was_recorded_is_heard_round_after_round_without_a_break(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 2)
        await press(studio, "/transport/record")
        await roll(studio, END + 4800)
        await press(studio, "/transport/stop")
        studio.hub.write("/strip/2/arm", 0.0, "test")
        for strip in (1, 3, 4):
            studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
        lay_loop(studio)
        await press(studio, "/transport/locate", START / RATE_HZ)
        await press(studio, "/transport/play")
        await roll(studio, 2400)
        studio.heard.clear()
        await roll(studio, 4 * LENGTH)
        heard = studio.output[0]
        assert np.allclose(heard, 0.02 * np.sqrt(0.5), rtol=1e-4)
        assert studio.rig.block.snapshot().dry_frames == 0

    walk(scene, tmp_path)


def test_a_pass_that_was_closed_is_heard_in_the_next_but_one(tmp_path: Path) -> None:
    """The layer before stands in the lane of a strip that plays tape."""

    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_loop(studio, 0, 3 * RATE_HZ)
        await press(studio, "/transport/record")
        await roll(studio, 3 * RATE_HZ + 9600)
        await press(studio, "/transport/play")
        studio.hub.write("/strip/1/arm", 0.0, "test")
        studio.hub.write("/strip/1/monitor", 2.0, "test")
        for strip in (2, 3, 4):
            studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
        await roll_until(studio, lambda: position(studio) <= STEP)
        studio.heard.clear()
        await roll(studio, RATE_HZ)
        assert np.allclose(studio.output[0][480:], 0.01 * np.sqrt(0.5), rtol=1e-4)

    walk(scene, tmp_path)


def test_from_behind_the_loop_it_rolls_on(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        lay_loop(studio)
        await press(studio, "/transport/locate", 2.0)
        await press(studio, "/transport/play")
        await roll(studio, RATE_HZ)
        assert position(studio) > 3 * RATE_HZ - 480
        assert not studio.hub.value("/loop/active")

    walk(scene, tmp_path)


def test_points_may_move_while_it_goes_round(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        lay_loop(studio)
        await press(studio, "/transport/play")
        await roll(studio, RATE_HZ)
        write(studio, loop_end=(END + RATE_HZ) / RATE_HZ)
        await roll(studio, RATE_HZ)
        assert END < position(studio) < END + RATE_HZ
        write(studio, loop_on=0.0)
        await roll(studio, 2 * RATE_HZ)
        assert position(studio) > END + RATE_HZ
        assert not studio.hub.value("/loop/active")

    walk(scene, tmp_path)


def test_a_loop_switched_off_just_before_its_end_does_not_go_round(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        lay_loop(studio)
        await press(studio, "/transport/play")
        await roll(studio, END - RATE_HZ // 4 - position(studio))
        write(studio, loop_on=0.0)
        await roll(studio, RATE_HZ // 2)
        assert position(studio) > END

    walk(scene, tmp_path)


def test_a_desk_that_was_away_at_the_end_goes_round_late_and_says_so(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        lay_loop(studio)
        await press(studio, "/transport/play")
        await roll(studio, END - RATE_HZ - position(studio))
        await studio.roll(RATE_HZ + 4800)  # longer than anything is sent ahead
        assert position(studio) == END + 4800
        await roll(studio, 480)
        assert START <= position(studio) <= START + 480
        assert "the loop came 100 ms late" in studio.transport.fault

    walk(scene, tmp_path)


def test_a_new_desk_goes_on_round_the_loop_at_the_same_frames(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_loop(studio)
        await press(studio, "/transport/record")
        began = takes(studio)[0].start
        await roll(studio, END - 6000)  # the way round is sent ahead, and the old desk dies with it
        studio.transport = studio.new_transport(4, 2)
        async with obeying(studio):
            await roll(studio, 2 * LENGTH)
            assert state(studio) == "recording"
            assert position(studio) == expected(frame(studio) - began)
            await press(studio, "/transport/stop")
        assert [take.start - began for take in takes(studio)] == [0, END, END + LENGTH]

    walk(scene, tmp_path)


def test_a_new_desk_that_comes_after_the_end_goes_round_late_and_says_so(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        lay_loop(studio)
        await press(studio, "/transport/play")
        await roll(studio, END - RATE_HZ - position(studio))
        studio.transport = studio.new_transport(4, 2)  # nobody obeys yet
        await studio.roll(RATE_HZ + 4800)
        assert position(studio) == END + 4800
        async with obeying(studio):
            await roll(studio, 960)
            assert START <= position(studio) <= START + 2400
            assert "the loop came" in studio.transport.fault

    walk(scene, tmp_path)


def test_points_that_move_just_before_the_end_break_nothing_that_is_heard(tmp_path: Path) -> None:
    """Each time the next pass is made ready anew: never where the one that plays lies."""

    async def scene(studio: SessionRig) -> None:
        arm(studio, 2)
        await press(studio, "/transport/record")
        await roll(studio, END + 4800)
        await press(studio, "/transport/stop")
        studio.hub.write("/strip/2/arm", 0.0, "test")
        for strip in (1, 3, 4):
            studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
        lay_loop(studio)
        await press(studio, "/transport/play")
        await roll(studio, 4800)
        studio.heard.clear()
        for turn in range(40):
            write(studio, loop_start=(START + 100 * turn) / RATE_HZ)
            await roll(studio, 1440)
        await roll(studio, LENGTH)
        assert np.allclose(studio.output[0], 0.02 * np.sqrt(0.5), rtol=1e-4)
        assert studio.rig.block.snapshot().dry_frames == 0

    walk(scene, tmp_path)


def test_an_engine_that_is_started_again_still_goes_round_at_the_same_frames(tmp_path: Path) -> None:
    """What was sent ahead dies with the engine, and is sent again."""

    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_loop(studio)
        await press(studio, "/transport/record")
        began = takes(studio)[0].start
        await roll(studio, END - RATE_HZ // 4)
        studio.rig.restart_engine()
        await roll(studio, LENGTH)
        assert position(studio) == expected(frame(studio) - began)
        assert [take.start - began for take in takes(studio)] == [0, END]

    walk(scene, tmp_path)


def test_a_loop_too_short_is_refused(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        with pytest.raises(Refused, match=r"allowed from 0\.25 s on"):
            lay_loop(studio, 0, RATE_HZ // 5)
        assert not studio.hub.value("/loop/on")

    walk(scene, tmp_path)


def test_disarmed_meanwhile_the_loop_goes_round_and_records_no_more(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_loop(studio)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ // 2)
        studio.hub.write("/strip/1/arm", 0.0, "test")
        await roll(studio, RATE_HZ * 3 // 2)
        assert state(studio) == "playing"
        assert position(studio) < END
        assert "nothing is armed any more" in studio.transport.fault
        (take,) = studio.transport.takes
        assert take.frames == END

    walk(scene, tmp_path)


def test_the_files_of_all_passes_hold_every_frame_once(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_loop(studio)
        await press(studio, "/transport/record")
        await roll(studio, END + LENGTH + 4800)
        await press(studio, "/transport/stop")
        frames = [soundfile.info(take.path / take.tracks[0].file).frames for take in studio.transport.takes]
        assert sum(frames) == (takes(studio)[-1].stop or 0) - takes(studio)[0].start

    walk(scene, tmp_path)
