"""Play, stop, record, locate: one after the other, in virtual time, with a real engine and a real tape."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studiod.model.parameter import Refused
from studiod.model.transport import Tally, TapeAlarm
from tests.fakes.desk_rig import Rig
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.fakes.takes import FakeTake


@asynccontextmanager
async def session(folder: Path) -> AsyncIterator[SessionRig]:
    with Rig.make(strips=4, buses=2, block_frames=256) as rig:
        made = SessionRig(rig, folder / "session")
        await made.start()
        task = asyncio.create_task(made.transport.run())
        try:
            await made.settle()
            yield made
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await made.stop()


def state(studio: SessionRig) -> str:
    return ("stopped", "playing", "recording")[int(studio.hub.value("/transport/state"))]


async def record(studio: SessionRig, frames: int, *armed: str) -> None:
    for address in armed:
        studio.hub.write(f"{address}/arm", 1.0, "test")
    studio.hub.fire("/transport/record")
    await studio.settle()
    assert state(studio) == "recording"
    await studio.roll(frames)
    studio.hub.fire("/transport/stop")
    await studio.settle()


def test_a_take_of_everything_armed_goes_back_to_its_start_and_plays(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            await record(studio, 24000, "/strip/1", "/strip/3", "/bus/2", "/main")
            (take,) = studio.transport.takes
            assert [track.file for track in take.tracks] == [
                "strip-01-strip-1.wav",
                "strip-03-strip-3.wav",
                "bus-02-bus-2.wav",
                "main-l.wav",
                "main-r.wav",
            ]
            assert take.state == "good"
            assert take.frames >= 24000
            assert studio.rig.block.snapshot().position == 0
            samples, _ = soundfile.read(take.path / "strip-03-strip-3.wav", dtype="float32")
            assert np.allclose(samples, 0.03, atol=2**-23)
            # from tape now: the same level arrives at main although the inputs of 2 and 4 are muted
            for strip in (2, 3, 4):
                studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
            studio.hub.fire("/transport/play")
            await studio.settle()
            await studio.roll(12000)
            assert state(studio) == "playing"
            assert studio.output[0, -1] == pytest.approx(0.01 * np.sqrt(0.5), rel=1e-4)
            assert studio.rig.block.snapshot().dry_frames == 0

    asyncio.run(walk())


def test_play_while_recording_ends_the_take_and_rolls_on(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            studio.hub.write("/strip/1/arm", 1.0, "test")
            studio.hub.fire("/transport/record")
            await studio.settle()
            await studio.roll(4800)
            studio.hub.fire("/transport/play")
            await studio.settle()
            assert state(studio) == "playing"
            assert studio.transport.takes[-1].state == "good"

    asyncio.run(walk())


def test_take_numbers_are_never_used_again(tmp_path: Path) -> None:
    async def walk() -> None:
        for first in (1, 3):
            async with session(tmp_path) as studio:
                await record(studio, 480, "/strip/1")
                await record(studio, 480)
                assert [take.id for take in studio.transport.takes] == list(range(1, first + 2))

    asyncio.run(walk())


def test_a_take_that_was_imported_meanwhile_keeps_its_number(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            FakeTake(studio.session, 1).write()
            studio.transport.renew_takes()
            await studio.settle()
            await record(studio, 480, "/strip/1")
            assert [(take.id, take.state) for take in studio.transport.takes] == [(1, "good"), (2, "good")]

    asyncio.run(walk())


def test_what_cannot_be_is_refused_with_a_sentence_and_changes_nothing(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            with pytest.raises(Refused, match="nothing is armed"):
                studio.hub.fire("/transport/record")
            for wrong in (-1.0, 1e9):
                with pytest.raises(Refused, match=r"allowed 0\.\.86400 s"):
                    studio.hub.fire("/transport/locate", wrong)
            studio.hub.write("/strip/1/arm", 1.0, "test")
            studio.hub.fire("/transport/record")
            await studio.settle()
            with pytest.raises(Refused, match="stop first"):
                studio.hub.fire("/transport/locate", 0.0)
            assert state(studio) == "recording"

    asyncio.run(walk())


def test_a_winding_hand_is_followed_without_a_queue_of_all_the_places_it_passed(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            before = studio.rig.block.snapshot().generation
            for seconds in range(1, 60):
                studio.hub.fire("/transport/locate", float(seconds))
            await studio.settle()
            snapshot = studio.rig.block.snapshot()
            assert snapshot.position == 59 * RATE_HZ
            assert snapshot.generation - before <= 2

    asyncio.run(walk())


def test_locate_goes_there_and_stays(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            studio.hub.fire("/transport/locate", 2.5)
            await studio.settle()
            assert studio.rig.block.snapshot().position == round(2.5 * RATE_HZ)
            assert state(studio) == "stopped"

    asyncio.run(walk())


def test_without_an_engine_it_says_so_and_the_engine_obeys_when_it_is_back(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            studio.has_engine = False
            studio.hub.fire("/transport/play")
            await studio.settle()
            assert "engine does not answer" in studio.transport.fault
            studio.has_engine = True
            await studio.roll(480)
            assert state(studio) == "playing"

    asyncio.run(walk())


def test_without_a_tape_it_goes_where_it_is_sent_and_says_what_is_missing(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            studio.has_tape = False
            studio.hub.fire("/transport/locate", 1.0)
            await studio.settle()
            assert "the tape does not answer" in studio.transport.fault
            assert studio.rig.block.snapshot().position == RATE_HZ

    asyncio.run(walk())


def test_a_disk_that_refuses_ends_the_recording_and_the_band_plays_on(tmp_path: Path) -> None:
    """Backing tracks on a stage are not the disk's to stop: it is as if somebody had punched out."""

    async def walk() -> None:
        async with session(tmp_path) as studio:
            takes = tmp_path / "session" / "takes"
            takes.rmdir()
            takes.write_text("in the way")
            studio.hub.write("/strip/1/arm", 1.0, "test")
            studio.hub.write("/loop/end", 0.25, "test")
            studio.hub.write("/loop/on", 1.0, "test")
            studio.hub.fire("/transport/record")
            await studio.settle()
            rolled = 0
            for _ in range(100):
                await studio.roll(480)
                await studio.settle()
                rolled += state(studio) == "playing"
            assert state(studio) == "playing"
            assert rolled > 50
            assert studio.hub.value("/loop/active")
            assert "take 1 could not be begun" in studio.transport.fault
            assert studio.hub.value("/tape/alarm") == float(TapeAlarm.ALARM)
            assert studio.hub.value("/transport/tally") == float(Tally.ALARM)
            assert studio.rig.block.snapshot().take_id == 1

    asyncio.run(walk())


def test_a_new_desk_leaves_a_rolling_take_and_what_is_cued_alone(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            studio.hub.write("/strip/1/arm", 1.0, "test")
            studio.hub.fire("/transport/record")
            await studio.settle()
            before = studio.rig.block.snapshot()
            studio.transport = studio.new_transport(4, 2)
            task = asyncio.create_task(studio.transport.run())
            await studio.settle()
            after = studio.rig.block.snapshot()
            assert (after.take_id, after.generation, after.state) == (before.take_id, before.generation, before.state)
            await studio.roll(4800)
            studio.hub.fire("/transport/stop")
            await studio.settle()
            assert studio.transport.takes[-1].state == "good"
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(walk())


def test_the_order_names_files_by_number_and_harmless_label(tmp_path: Path) -> None:
    async def walk() -> None:
        async with session(tmp_path) as studio:
            studio.hub.write_text("/strip/1/name", "../../Größe & Co", "test")
            studio.hub.write_text("/strip/2/name", "$(reboot)", "test")
            await record(studio, 480, "/strip/1", "/strip/2")
        document = json.loads((tmp_path / "session" / "takes" / "0001" / "take.json").read_text())
        assert document["files"] == ["strip-01-groe-co.wav", "strip-02-reboot.wav"]
        assert document["tracks"][0]["name"] == "../../Größe & Co"

    asyncio.run(walk())
