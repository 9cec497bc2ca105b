"""Takes that a studio before this one left, and that nobody could make whole."""

from pathlib import Path

from studiod.tape.repair import BEFORE
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.fakes.takes import FakeTake, read_json
from tests.unit.desk.rolling import arm, press, roll, walk


def left(session: Path) -> FakeTake:
    """A take that says it is being recorded, and that no repair can change."""
    take = FakeTake(session, 1, state="recording", claimed=3000, rows=3).write()
    (take.folder / BEFORE).write_text("a file in the way")
    return take


def test_a_take_that_cannot_be_repaired_is_damaged_and_can_be_thrown_away_and_taken_back(tmp_path: Path) -> None:
    cut = left(tmp_path / "session")

    async def scene(studio: SessionRig) -> None:
        assert [(take.id, take.state) for take in studio.transport.takes] == [(1, "damaged")]
        assert read_json(cut.folder / "take.json")["state"] == "recording"
        await press(studio, "/transport/discard")
        assert [found.id for found in studio.transport.takes] == []
        assert not cut.folder.exists()
        await press(studio, "/transport/undo")
        assert [found.id for found in studio.transport.takes] == [1]

    walk(scene, tmp_path)


def test_it_is_damaged_while_another_take_is_recorded_too(tmp_path: Path) -> None:
    left(tmp_path / "session")

    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        await studio.transport.reread_takes(plays_anew=False)
        assert [(take.id, take.state) for take in studio.transport.takes] == [(1, "damaged"), (2, "recording")]
        await press(studio, "/transport/stop")
        assert [(take.id, take.state) for take in studio.transport.takes] == [(1, "damaged"), (2, "good")]

    walk(scene, tmp_path)
