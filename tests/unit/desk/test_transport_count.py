"""The count-in: clicks, then rolls or records, at the frame."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.desk.count import Grid, count_frames
from studiod.model.parameter import Refused
from tests.fakes.desk_rig import Samples
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.unit.desk.rolling import STEP, arm, frame, obeying, position, press, roll, state, takes, walk, write

BAR = 2 * RATE_HZ  # four beats at 120


def set_click(studio: SessionRig, *, bars: int, tempo: float = 120.0) -> None:
    """Only the click is heard, on main."""
    for strip in range(1, 5):
        studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
    write(studio, click_main=1.0, click_level=0.0, click_tempo=tempo, transport_countin=float(bars))


def onsets(heard: Samples, at_least: int = 4800) -> list[int]:
    """Frames at which a click begins."""
    sounding = np.flatnonzero(np.abs(heard) > 1e-4)
    return [int(f) for n, f in enumerate(sounding) if n == 0 or f - sounding[n - 1] > at_least]


def lengths(studio: SessionRig) -> list[int]:
    """Frames of every take there is."""
    return [take.frames for take in studio.transport.takes]


async def count(studio: SessionRig, button: str, frames: int) -> tuple[int, list[int]]:
    """Press, let it count and roll: frame of the first one heard, and engine frames of every click."""
    await roll(studio, 4800)
    studio.heard.clear()
    first = frame(studio)
    await press(studio, button)
    assert state(studio) == "stopped countin"
    await roll(studio, frames)
    late = studio.rig.block.snapshot().main_latency
    return first, [first + onset - late for onset in onsets(studio.output[0])]


@pytest.mark.parametrize(("bars", "tempo"), [(1, 120.0), (2, 120.0), (1, 97.3)])
def test_it_records_exactly_so_many_bars_after_the_first_click(tmp_path: Path, bars: int, tempo: float) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        set_click(studio, bars=bars, tempo=tempo)
        _, clicks = await count(studio, "/transport/record", round(bars * 4 * 60 / tempo * RATE_HZ) + 9600)
        assert state(studio) == "recording"
        (take,) = takes(studio)
        beats = [round(beat * 60 / tempo * RATE_HZ) for beat in range(4 * bars)]
        assert [click - clicks[0] for click in clicks] == beats  # and none after: the desk's click is off
        assert take.start - clicks[0] == round(4 * bars * 60 / tempo * RATE_HZ)
        assert take.position == 0
        assert not studio.hub.value("/click/on")
        assert not studio.hub.value("/click/free")

    walk(scene, tmp_path)


def test_play_is_counted_in_too(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        set_click(studio, bars=1)
        _, clicks = await count(studio, "/transport/play", BAR + 9600)
        assert state(studio) == "playing"
        assert frame(studio) - position(studio) == clicks[0] + BAR

    walk(scene, tmp_path)


def test_the_click_of_the_song_goes_on_where_the_count_ends_on_any_place_of_a_bar(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        set_click(studio, bars=1)
        write(studio, click_on=1.0)
        await press(studio, "/transport/locate", 3.2)  # a beat and 0.7 s into bar 2
        _, clicks = await count(studio, "/transport/record", 2 * BAR + RATE_HZ)
        (take,) = takes(studio)
        assert take.start - clicks[0] == BAR + round(1.2 * RATE_HZ)
        assert {b - a for a, b in itertools.pairwise(clicks)} == {RATE_HZ // 2}
        assert len(clicks) >= 9

    walk(scene, tmp_path)


def test_a_click_that_runs_free_counts_from_one(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        set_click(studio, bars=1)
        write(studio, click_on=1.0, click_free=1.0)
        await roll(studio, 12345)
        await press(studio, "/transport/play")
        studio.heard.clear()
        first = frame(studio)
        await roll(studio, BAR + 480)
        clicks = [first + onset for onset in onsets(studio.output[0])]
        loudest = [float(np.abs(studio.output[0][click - first : click - first + 1200]).max()) for click in clicks]
        assert np.argmax(loudest) == len(loudest) - 4 - (clicks[-1] >= frame(studio) - position(studio))

    walk(scene, tmp_path)


def test_a_pre_roll_comes_after_the_count(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        set_click(studio, bars=1)
        write(studio, transport_preroll=1.0)
        await press(studio, "/transport/locate", 4.0)
        _, clicks = await count(studio, "/transport/record", BAR + 2 * RATE_HZ)
        (take,) = takes(studio)
        assert take.position == 4 * RATE_HZ
        assert take.start == clicks[0] + BAR + RATE_HZ

    walk(scene, tmp_path)


def test_stop_ends_the_count_and_nothing_rolls(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        set_click(studio, bars=2)
        await press(studio, "/transport/record")
        await roll(studio, BAR + 4800)
        await press(studio, "/transport/stop")
        assert state(studio) == "stopped"
        await roll(studio, 4800)
        studio.heard.clear()
        await roll(studio, 2 * BAR)
        assert not np.abs(studio.output[0]).max() > 1e-6
        assert takes(studio) == ()
        assert position(studio) == 0

    walk(scene, tmp_path)


@pytest.mark.parametrize("left", [0, 1, 63, 64, 255, 257, 1000])
def test_a_stop_in_the_last_moment_of_a_count_leaves_no_take(tmp_path: Path, left: int) -> None:
    """At the very frame at which it would record: the engine begins, and ends in the same moment."""

    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        set_click(studio, bars=1)
        pressed = frame(studio)
        await press(studio, "/transport/record")
        await roll(studio, BAR + RATE_HZ)
        lead = takes(studio)[0].start - pressed
        await press(studio, "/transport/stop")
        await press(studio, "/transport/discard")
        end = frame(studio) + lead
        await press(studio, "/transport/record")
        assert state(studio) == "stopped countin"
        await roll(studio, (end - left - frame(studio)) // STEP * STEP)
        await studio.roll(end - left - frame(studio))
        assert frame(studio) == end - left
        await press(studio, "/transport/stop")
        begun = [take.start for take in takes(studio)[1:]]
        assert begun == ([end] if left == 0 else [])
        assert state(studio) == "stopped"
        assert position(studio) == 0
        await roll(studio, 9600)
        assert lengths(studio) == []
        assert not any((studio.session / "takes").iterdir())
        assert studio.transport.fault == ""
        write(studio, transport_countin=0.0)
        await press(studio, "/transport/record")
        await roll(studio, 4800)
        await press(studio, "/transport/stop")
        assert [frames >= 4800 for frames in lengths(studio)] == [True]

    walk(scene, tmp_path)


def test_nobody_goes_elsewhere_while_it_counts(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        set_click(studio, bars=1)
        await press(studio, "/transport/play")
        with pytest.raises(Refused, match="count-in sounds: stop first"):
            studio.hub.fire("/transport/locate", 1.0)

    walk(scene, tmp_path)


def test_play_pressed_again_rolls_at_once_and_record_keeps_counting(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        set_click(studio, bars=2)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        await press(studio, "/transport/record")
        assert state(studio) == "stopped countin"
        write(studio, transport_countin=0.0)
        await press(studio, "/transport/play")
        assert state(studio) == "playing"
        await roll(studio, 2 * BAR)
        assert takes(studio) == ()

    walk(scene, tmp_path)


def test_a_new_desk_amid_the_count_stands_in_silence_and_says_why(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        set_click(studio, bars=2)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        studio.transport = studio.new_transport(4, 2)
        async with obeying(studio):
            await roll(studio, 9600)
            assert state(studio) == "stopped"
            assert "count-in was broken off" in studio.transport.fault
            studio.heard.clear()
            await roll(studio, 2 * BAR)
            assert not np.abs(studio.output[0]).max() > 1e-6
            assert takes(studio) == ()
            write(studio, transport_countin=0.0)
            await press(studio, "/transport/record")
            assert state(studio) == "recording"
            assert studio.transport.fault == ""

    walk(scene, tmp_path)


def test_an_engine_that_is_started_again_amid_the_count_records_nothing_by_itself(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        set_click(studio, bars=1)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        studio.rig.restart_engine()
        await roll(studio, 960)
        assert state(studio) == "stopped"
        assert "the engine was started again" in studio.transport.fault
        await roll(studio, 2 * BAR)
        assert state(studio) == "stopped"
        assert takes(studio) == ()

    walk(scene, tmp_path)


def test_a_count_in_loop_and_punch_all_come_at_their_frames(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        set_click(studio, bars=1)
        write(studio, loop_end=2.0, loop_on=1.0, punch_in=0.0, punch_out=0.5, punch_on=1.0)
        _, clicks = await count(studio, "/transport/record", BAR + 5 * RATE_HZ)
        began = clicks[0] + BAR
        assert [(take.start, take.stop, take.position) for take in takes(studio)] == [
            (began + turn * 2 * RATE_HZ, began + turn * 2 * RATE_HZ + RATE_HZ // 2, 0) for turn in range(3)
        ]

    walk(scene, tmp_path)


@given(
    tempo=st.floats(20.0, 300.0),
    beats=st.integers(1, 16),
    bars=st.integers(0, 8),
    position=st.integers(0, 24 * 3600 * 48_000),
    rate_hz=st.sampled_from([44_100, 48_000, 96_000, 192_000]),
)
def test_a_count_is_never_shorter_than_its_bars_nor_longer_by_one(
    tempo: float, beats: int, bars: int, position: int, rate_hz: int
) -> None:
    grid = Grid(tempo, beats, rate_hz)
    alone = count_frames(grid, bars, position, is_heard_on=False)
    assert alone == pytest.approx(bars * beats * 60.0 / tempo * rate_hz, abs=0.6 + 1e-6 * alone)
    with_song = count_frames(grid, bars, position, is_heard_on=True)
    assert alone <= with_song <= alone + grid.bar(1)
