"""Punch by hand, by foot and by points; pre-roll; rehearsal: every take begins and ends at its frame."""

from pathlib import Path

import numpy as np
import pytest

from studiod.model.parameter import Refused
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.unit.desk.rolling import (
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

IN, OUT = RATE_HZ + 7, 2 * RATE_HZ + 77


def lay_punch(studio: SessionRig, start: int = IN, end: int = OUT) -> None:
    write(studio, punch_in=start / RATE_HZ, punch_out=end / RATE_HZ, punch_on=1.0)


def test_record_with_the_punch_on_records_from_point_to_point_and_plays_on(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        await press(studio, "/transport/record")
        began = frame(studio) - position(studio)
        assert state(studio) == "playing waiting"
        await roll_until(studio, lambda: position(studio) > IN)
        assert state(studio) == "recording"
        await roll_until(studio, lambda: position(studio) > OUT + 4800)
        assert state(studio) == "playing"
        (take,) = takes(studio)
        assert (take.position, take.start, take.stop) == (IN, began + IN, began + OUT)
        assert [take.frames for take in studio.transport.takes] == [OUT - IN]
        assert studio.transport.fault == ""

    walk(scene, tmp_path)


@pytest.mark.parametrize("start", [0, 1, 200, 5000])
def test_a_punch_just_behind_the_start_is_exact_too(tmp_path: Path, start: int) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio, start, start + 500)
        await press(studio, "/transport/record")
        await roll(studio, 9600)
        (take,) = takes(studio)
        assert (take.position, (take.stop or 0) - take.start) == (start, 500)
        assert frame(studio) - position(studio) == take.start - start

    walk(scene, tmp_path)


def test_record_pressed_while_it_plays_waits_for_the_punch_in(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        await press(studio, "/transport/play")
        await roll(studio, 9600)
        assert takes(studio) == ()
        await press(studio, "/transport/record")
        await roll_until(studio, lambda: position(studio) > OUT)
        (take,) = takes(studio)
        assert (take.position, (take.stop or 0) - take.start) == (IN, OUT - IN)

    walk(scene, tmp_path)


def test_play_alone_records_nothing_between_the_points(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        await press(studio, "/transport/play")
        await roll(studio, 3 * RATE_HZ)
        assert takes(studio) == ()

    walk(scene, tmp_path)


@pytest.mark.parametrize("button", ["/transport/play", "/transport/stop", "/transport/punch"])
def test_who_changes_their_mind_before_the_punch_in_records_nothing(tmp_path: Path, button: str) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        await press(studio, "/transport/record")
        await roll_until(studio, lambda: position(studio) > IN - RATE_HZ // 4)  # sent ahead by now
        await press(studio, button)
        assert state(studio) == ("stopped" if button.endswith("stop") else "playing")
        await roll(studio, RATE_HZ)
        assert takes(studio) == ()

    walk(scene, tmp_path)


def test_inside_the_points_it_records_at_once_and_behind_them_not_at_all(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        await press(studio, "/transport/locate", 1.5)
        await press(studio, "/transport/record")
        assert state(studio) == "recording"
        await roll_until(studio, lambda: position(studio) > OUT)
        (take,) = takes(studio)
        assert (take.position, (take.stop or 0) - take.start) == (RATE_HZ * 3 // 2, OUT - RATE_HZ * 3 // 2)
        await press(studio, "/transport/stop")
        await press(studio, "/transport/locate", 2.5)
        with pytest.raises(Refused, match="behind the punch-out"):
            studio.hub.fire("/transport/record")

    walk(scene, tmp_path)


def test_in_a_loop_every_pass_is_punched_at_the_same_points(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        write(studio, loop_start=0.5, loop_end=2.5, loop_on=1.0)
        await press(studio, "/transport/record")
        began = frame(studio) - position(studio)
        await roll(studio, 6 * RATE_HZ)
        made = takes(studio)
        assert [(take.position, take.start - began) for take in made] == [
            (IN, IN + 2 * RATE_HZ * turn) for turn in range(3)
        ]
        assert {(take.stop or 0) - take.start for take in made} == {OUT - IN}

    walk(scene, tmp_path)


def test_a_punch_across_the_end_of_the_loop_goes_on_round_it(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio, RATE_HZ // 2, 3 * RATE_HZ)
        write(studio, loop_start=1.0, loop_end=2.0, loop_on=1.0)
        await press(studio, "/transport/record")
        await roll(studio, 3 * RATE_HZ)
        made = takes(studio)
        assert [take.position for take in made] == [RATE_HZ // 2, RATE_HZ, RATE_HZ]
        assert [(take.stop or 0) - take.start for take in made[:2]] == [RATE_HZ * 3 // 2, RATE_HZ]

    walk(scene, tmp_path)


def test_the_pedal_punches_in_and_out_again_and_again_whatever_the_points_say(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        await press(studio, "/transport/play")
        for _ in range(2):
            await roll(studio, 4800)
            await press(studio, "/transport/punch")
            assert state(studio) == "recording"
            await roll(studio, 4800)
            await press(studio, "/transport/punch")
            assert state(studio) == "playing"
        assert [take.state for take in studio.transport.takes] == ["good", "good"]
        assert all(take.position < IN for take in takes(studio))

    walk(scene, tmp_path)


def test_the_pedal_is_refused_while_nothing_is_armed(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        await press(studio, "/transport/play")
        with pytest.raises(Refused, match=r"^/transport/punch: nothing is armed"):
            studio.hub.fire("/transport/punch")

    walk(scene, tmp_path)


def test_a_pre_roll_plays_up_to_the_point_and_records_from_there(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        point = 3 * RATE_HZ + 33
        await press(studio, "/transport/locate", point / RATE_HZ)
        write(studio, transport_preroll=1.25)
        await press(studio, "/transport/record")
        assert state(studio) == "playing waiting"
        assert position(studio) < point - RATE_HZ
        began = frame(studio) - position(studio)
        await roll_until(studio, lambda: position(studio) > point)
        (take,) = takes(studio)
        assert (take.position, take.start) == (point, began + point)
        await press(studio, "/transport/stop")
        assert position(studio) == point

    walk(scene, tmp_path)


def test_a_pre_roll_begins_no_earlier_than_the_tape_and_stop_goes_back_to_the_point(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/locate", 0.5)
        write(studio, transport_preroll=10.0)
        await press(studio, "/transport/record")
        assert position(studio) < RATE_HZ // 4
        await press(studio, "/transport/stop")
        assert position(studio) == RATE_HZ // 2
        assert takes(studio) == ()

    walk(scene, tmp_path)


def test_a_pre_roll_goes_back_from_the_punch_in_wherever_it_is(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        write(studio, transport_preroll=0.5)
        await press(studio, "/transport/locate", 20.0)
        await press(studio, "/transport/record")
        assert IN - RATE_HZ // 2 <= position(studio) < IN
        await roll_until(studio, lambda: position(studio) > OUT)
        (take,) = takes(studio)
        assert (take.position, (take.stop or 0) - take.start) == (IN, OUT - IN)

    walk(scene, tmp_path)


def test_a_rehearsal_is_heard_as_a_recording_is_and_writes_nothing(tmp_path: Path) -> None:
    """Strip 2 has a take of another level; armed, it plays its input between the points and its tape outside."""

    async def scene(studio: SessionRig) -> None:
        studio.hub.write("/strip/2/source", 0.0, "test")
        arm(studio, 2)
        await press(studio, "/transport/record")
        await roll(studio, 3 * RATE_HZ)
        await press(studio, "/transport/stop")
        for strip in (1, 3, 4):
            studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
        await roll(studio, 4800)
        studio.louder = 2.0
        lay_punch(studio)
        write(studio, transport_rehearse=1.0)
        await press(studio, "/transport/record")
        await roll(studio, 4800)
        studio.heard.clear()
        first = position(studio)
        phases = {state(studio)}
        while position(studio) < OUT + 4800:
            await roll(studio, 480)
            phases.add(state(studio))
        heard = studio.output[0] / np.sqrt(0.5)
        ramp = 960
        assert np.allclose(heard[: IN - first - ramp], 0.02, rtol=1e-3)
        assert np.allclose(heard[IN - first + ramp : OUT - first - ramp], 0.04, rtol=1e-3)
        assert np.allclose(heard[OUT - first + ramp :], 0.02, rtol=1e-3)
        assert phases == {"playing waiting", "playing rehearsing", "playing"}
        assert len(takes(studio)) == 1
        assert studio.hub.value("/strip/2/monitor") == 0.0
        # it begins to change at the frame
        change = np.flatnonzero(np.abs(np.diff(heard)) > 1e-7)
        assert IN - first - 2 <= change[0] - studio.rig.block.snapshot().main_latency <= IN - first + 2

    walk(scene, tmp_path)


def test_a_rehearsal_that_is_stopped_goes_back_and_gives_the_strips_back(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, 3 * RATE_HZ)
        await press(studio, "/transport/stop")
        for strip in (2, 3, 4):
            studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
        studio.louder = 2.0
        await press(studio, "/transport/locate", 1.0)
        write(studio, transport_rehearse=1.0)
        await press(studio, "/transport/record")
        await roll(studio, 24000)
        assert state(studio) == "playing rehearsing"
        assert studio.output[0, -1] == pytest.approx(0.02 * np.sqrt(0.5), rel=1e-3)
        await press(studio, "/transport/stop")
        assert position(studio) == RATE_HZ
        assert state(studio) == "stopped"
        assert len(takes(studio)) == 1
        await press(studio, "/transport/play")
        await roll(studio, 4800)
        assert studio.output[0, -1] == pytest.approx(0.01 * np.sqrt(0.5), rel=1e-3)

    walk(scene, tmp_path)


@pytest.mark.parametrize("is_rehearsed", [True, False])
def test_a_soundcheck_plays_tracks_through_a_rehearsal_as_through_a_recording(
    tmp_path: Path, *, is_rehearsed: bool
) -> None:
    """Whoever rehearses in a soundcheck hears what is heard while one records in it; switched off amid that, inputs."""

    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, 4 * RATE_HZ)
        await press(studio, "/transport/stop")
        for strip in (2, 3, 4):
            studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
        studio.louder = 2.0
        lay_punch(studio)
        write(studio, transport_rehearse=float(is_rehearsed), soundcheck=1.0)
        await press(studio, "/transport/record")
        heard = {}
        for moment in (IN // 2, IN + 9600, IN + 19_200, IN + 28_800, OUT + 9600, OUT + 19_200):
            await roll_until(studio, lambda moment=moment: position(studio) >= moment)  # type: ignore[misc]
            heard[moment] = round(float(studio.output[0, -1] / np.sqrt(0.5)), 4), state(studio)
            if moment in (IN + 9600, IN + 19_200, OUT + 9600):
                write(studio, soundcheck=float(moment == IN + 19_200))
        within = "playing rehearsing" if is_rehearsed else "recording"
        assert list(heard.values()) == [
            (0.01, "playing waiting"),
            (0.01, within),
            (0.02, within),
            (0.01, within),
            (0.01, "playing"),
            (0.01, "playing"),
        ]
        assert len(takes(studio)) == 2 - is_rehearsed
        assert studio.hub.value("/strip/1/monitor") == 0.0

    walk(scene, tmp_path)


def test_a_new_desk_still_punches_in_and_out_at_the_frames(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        await press(studio, "/transport/record")
        began = frame(studio) - position(studio)
        await roll_until(studio, lambda: position(studio) > IN - RATE_HZ // 4)
        studio.transport = studio.new_transport(4, 2)
        async with obeying(studio):
            assert state(studio) == "playing waiting"
            await roll_until(studio, lambda: position(studio) > IN + 4800)
            assert state(studio) == "recording"
        studio.transport = studio.new_transport(4, 2)
        async with obeying(studio):
            await roll_until(studio, lambda: position(studio) > OUT)
        (take,) = takes(studio)
        assert (take.position, take.start, take.stop) == (IN, began + IN, began + OUT)

    walk(scene, tmp_path)


def test_a_new_desk_finds_a_rehearsal_and_ends_it(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        write(studio, transport_rehearse=1.0)
        await press(studio, "/transport/record")
        await roll(studio, 9600)
        studio.transport = studio.new_transport(4, 2)
        async with obeying(studio):
            await roll(studio, 9600)
            assert state(studio) == "playing"
            assert "rehearsal was broken off" in studio.transport.fault

    walk(scene, tmp_path)


def test_a_desk_that_was_away_at_the_punch_out_ends_the_take_when_it_is_back(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        lay_punch(studio)
        await press(studio, "/transport/record")
        await roll_until(studio, lambda: position(studio) > IN + 480)
        await studio.roll(OUT + 4800 - position(studio))
        await roll(studio, 960)
        (take,) = takes(studio)
        assert take.stop == take.start + OUT + 4800 - IN
        assert "the punch-out came 100 ms late" in studio.transport.fault

    walk(scene, tmp_path)
