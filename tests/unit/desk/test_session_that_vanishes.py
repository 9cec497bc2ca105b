"""A session's folder that is moved away, or whose disk is: a sentence, no folder in its place, no frame lost."""

import asyncio
from pathlib import Path

import pytest

from studiod.model.parameter import Refused
from studiod.model.transport import TapeAlarm
from studiod.tape.verify import verify_take
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.fakes.takes import FakeTake
from tests.fakes.tape_take import frames_by_four_readers
from tests.unit.desk.rolling import arm, press, roll, roll_until, walk


def fault(studio: SessionRig) -> str:
    """Why nothing can be recorded."""
    return str(studio.transport.tape.get("library_fault", ""))


def test_a_take_goes_on_while_its_session_is_away_and_is_whole_when_it_is_back(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1, 2)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        studio.session.rename(tmp_path / "elsewhere")
        await roll_until(studio, lambda: "is not there any more" in fault(studio))
        assert studio.hub.value("/tape/alarm") == TapeAlarm.ALARM
        assert not await asyncio.to_thread(studio.session.exists)
        await roll(studio, RATE_HZ)
        (tmp_path / "elsewhere").rename(studio.session)
        await roll_until(studio, lambda: not fault(studio))
        await press(studio, "/transport/stop")
        (take,) = studio.transport.takes
        assert (take.state, take.gaps) == ("good", ())
        assert (await asyncio.to_thread(verify_take, take.path)).is_good

    walk(scene, tmp_path)


def test_a_take_that_ends_while_its_session_is_away_is_made_whole_when_it_is_back(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1, 2)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        studio.session.rename(tmp_path / "elsewhere")
        await roll_until(studio, lambda: "is not there any more" in fault(studio))
        begun = studio.rig.block.snapshot().takes[0].start
        await press(studio, "/transport/stop")
        ended = studio.rig.block.snapshot().takes[0].stop
        assert ended is not None
        assert not await asyncio.to_thread(studio.session.exists)
        with pytest.raises(Refused, match="is not there any more: it was moved, or its disk is gone"):
            studio.hub.fire("/transport/record")
        (tmp_path / "elsewhere").rename(studio.session)
        await roll_until(studio, lambda: bool(studio.transport.takes))
        (take,) = studio.transport.takes
        assert (take.state, take.frames) == ("repaired", ended - begun)
        assert (await asyncio.to_thread(verify_take, take.path)).is_good
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        await press(studio, "/transport/stop")
        assert [(take.id, take.state) for take in studio.transport.takes] == [(1, "repaired"), (2, "good")]

    walk(scene, tmp_path)
    for path in tmp_path.glob("session/takes/0001/*.wav"):
        assert len(set(frames_by_four_readers(path).values())) == 1


def test_another_folder_in_its_place_is_opened_and_numbers_go_on(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        await press(studio, "/transport/stop")
        studio.session.rename(tmp_path / "elsewhere")
        studio.session.mkdir()  # another disk at the same place
        await roll(studio, 5 * RATE_HZ)
        assert fault(studio) == ""
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        await press(studio, "/transport/stop")
        assert [take.id for take in studio.transport.takes] == [2]

    walk(scene, tmp_path)
    assert sorted(path.name for path in (tmp_path / "elsewhere" / "takes").iterdir()) == ["0001"]


def test_a_take_whose_second_disk_comes_back_is_listed_whole_at_once_however_many_were_repaired(tmp_path: Path) -> None:
    for number in range(1, 10):
        there = {"cuts": (3000,), "elsewhere": tmp_path / "second" / "0009"} if number == 9 else {}
        FakeTake(tmp_path / "session", id=number, state="recording", frames=5600, **there).write()  # type: ignore[arg-type]
    (tmp_path / "second").rename(tmp_path / "pulled")

    async def scene(studio: SessionRig) -> None:
        await roll(studio, RATE_HZ)
        assert [(take.state, take.frames) for take in studio.transport.takes[-2:]] == [
            ("repaired", 5600),
            ("damaged", 3000),
        ]
        (tmp_path / "pulled").rename(tmp_path / "second")
        await roll_until(studio, lambda: studio.transport.takes[-1].state == "repaired")
        assert studio.transport.takes[-1].frames == 5600

    walk(scene, tmp_path)
