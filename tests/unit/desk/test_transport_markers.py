"""Markers that are set while it rolls and records: they are in the files of that take, and of no take before it."""

from pathlib import Path

from studiod.desk.markers import Marker
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.fakes.wav_markers import markers_in
from tests.unit.desk.rolling import arm, obeying, press, roll, walk, write


def files(studio: SessionRig) -> list[list[tuple[str, int, int]]]:
    """The markers in every file of every take."""
    return [markers_in(path) for path in sorted((studio.session / "takes").glob("*/*.wav"))]


def mark(studio: SessionRig, name: str) -> Marker:
    """Set a marker where it is."""
    studio.transport.press_marker(name)
    return studio.transport.markers.markers[-1]


def test_a_marker_set_while_recording_is_in_the_files_of_the_take(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1, 2)
        await press(studio, "/transport/record")
        await roll(studio, 4800)
        verse = mark(studio, "Verse")
        await roll(studio, 4800)
        chorus = mark(studio, "Chorus")
        studio.transport.markers.add_section("A", verse.number, chorus.number)
        await roll(studio, 4800)
        await press(studio, "/transport/stop")
        mark(studio, "later")  # the transport stands at 0: inside the take, and set too late for it
        (take,) = studio.transport.takes
        at = verse.position - take.position
        expected = [("A", at, 4800), ("Chorus", at + 4800, 0), ("Verse", at, 0)]
        assert [sorted(found) for found in files(studio)] == [expected, expected]

    walk(scene, tmp_path)


def test_every_round_of_a_loop_has_the_markers_of_the_loop(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        write(studio, loop_start=0.0, loop_end=0.5, loop_on=1.0)
        await press(studio, "/transport/record")
        await roll(studio, 3 * RATE_HZ // 4)
        at = mark(studio, "in the second round").position
        await roll(studio, RATE_HZ // 2)
        await press(studio, "/transport/stop")
        assert 0 < at < RATE_HZ // 2
        first, *later = files(studio)
        assert first == []
        frames = [(at - take.position, take.frames) for take in studio.transport.takes[1:]]
        assert later == [[("in the second round", frame, 0)] if frame < end else [] for frame, end in frames]
        assert later[0]

    walk(scene, tmp_path)


def test_a_new_desk_leaves_the_markers_with_the_take_that_runs(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, 4800)
        at = mark(studio, "Verse").position
        kept = studio.transport.timeline()
        studio.transport = studio.new_transport(4, 2)
        assert studio.transport.restore(kept) == []
        async with obeying(studio):
            await roll(studio, 4800)
            await press(studio, "/transport/stop")
            (take,) = studio.transport.takes
        assert files(studio) == [[("Verse", at - take.position, 0)]]

    walk(scene, tmp_path)
