"""Layers: what is recorded over what was there, chosen to be heard or not, and laid on top."""

import asyncio
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from studiod.desk.takes import Take
from studiod.tape.library import lay_on_top, let_hear
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.fakes.takes import read_json
from tests.unit.desk.rolling import STEP, arm, frame, obeying, position, press, roll, roll_until, walk, write

CENTRE = np.sqrt(0.5)
SWITCH = "/transport/soundonsound"


def over(studio: SessionRig, *, is_on: bool = True) -> None:
    studio.hub.write(SWITCH, float(is_on), "test")


async def record(studio: SessionRig, frames: int = 4800, louder: float = 1.0) -> None:
    """A take of strip 1 from where it stands, of input 1 so many times as loud as always."""
    arm(studio, 1)
    studio.louder = louder
    await press(studio, "/transport/record")
    await roll(studio, frames)
    await press(studio, "/transport/stop")
    studio.louder = 1.0


def only_tape_of_strip_1(studio: SessionRig) -> None:
    studio.hub.write("/strip/1/arm", 0.0, "test")
    studio.hub.write("/strip/1/monitor", 2.0, "test")
    for strip in (2, 3, 4):
        studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")


async def level(studio: SessionRig) -> float:
    """What main plays now, in units of input 1."""
    await roll(studio, 1920)
    return round(float(studio.output[0][-960:].mean()) / float(0.01 * CENTRE), 2)


def layers(takes: tuple[Take, ...]) -> list[str]:
    return [take.document.layer for take in takes]


def test_what_is_recorded_over_another_is_heard_with_it_and_its_papers_say_so(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        await record(studio, RATE_HZ)
        over(studio)
        await record(studio, RATE_HZ, louder=3.0)
        assert read_json(studio.session / "takes" / "0001" / "take.json")["layer"] == "cover"
        assert read_json(studio.session / "takes" / "0002" / "take.json")["layer"] == "mix"
        only_tape_of_strip_1(studio)
        await press(studio, "/transport/play")
        assert await level(studio) == 4.0
        over(studio, is_on=False)
        await press(studio, "/transport/stop")
        await press(studio, "/transport/locate", 0.0)
        await record(studio, RATE_HZ, louder=2.0)
        only_tape_of_strip_1(studio)
        await press(studio, "/transport/play")
        assert await level(studio) == 2.0

    walk(scene, tmp_path)


def test_while_it_records_the_layers_before_are_heard_with_the_input(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        await record(studio, RATE_HZ, louder=2.0)
        only_tape_of_strip_1(studio)
        studio.hub.write("/strip/1/monitor", 0.0, "test")
        arm(studio, 1)
        await press(studio, "/transport/record")
        assert await level(studio) == 1.0
        await press(studio, "/transport/stop")
        await press(studio, "/transport/discard")
        over(studio)
        await press(studio, "/transport/record")
        assert await level(studio) == 3.0
        await press(studio, "/transport/stop")
        take = studio.transport.takes[-1]
        sound = soundfile.read(take.path / take.tracks[0].file)[0]
        assert np.allclose(sound, 0.01, atol=1e-6)  # what came in, and nothing of what it was played to

    walk(scene, tmp_path)


def test_a_rehearsal_sounds_as_the_recording_would(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        await record(studio, RATE_HZ, louder=2.0)
        only_tape_of_strip_1(studio)
        studio.hub.write("/strip/1/monitor", 0.0, "test")
        arm(studio, 1)
        over(studio)
        write(studio, transport_rehearse=1.0)
        await press(studio, "/transport/record")
        await roll(studio, 9600)
        assert await level(studio) == 3.0
        await press(studio, "/transport/play")
        assert await level(studio) == 2.0
        assert len(studio.transport.takes) == 1

    walk(scene, tmp_path)


def test_the_choice_counts_when_record_is_pressed(tmp_path: Path) -> None:
    """A punch begins the take long after."""

    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        write(studio, punch_in=1.0, punch_out=1.5, punch_on=1.0)
        over(studio)
        await press(studio, "/transport/record")
        over(studio, is_on=False)
        await roll(studio, 2 * RATE_HZ)
        await press(studio, "/transport/stop")
        assert layers(studio.transport.takes) == ["mix"]

    walk(scene, tmp_path)


def test_every_round_of_a_loop_adds_a_layer_also_under_a_new_desk(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        write(studio, loop_start=0.0, loop_end=1.0, loop_on=1.0)
        over(studio)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ + 4800)
        over(studio, is_on=False)
        studio.transport = studio.new_transport(4, 2)
        async with obeying(studio):
            await roll(studio, 2 * RATE_HZ)
            await press(studio, "/transport/stop")
            assert layers(studio.transport.takes) == ["mix"] * 4
            only_tape_of_strip_1(studio)
            write(studio, loop_on=0.0)
            await press(studio, "/transport/locate", 0.0)
            await press(studio, "/transport/play")
            await roll(studio, RATE_HZ // 2)
            assert await level(studio) == 3.0

    walk(scene, tmp_path)


async def change(studio: SessionRig, work: partial[None]) -> None:
    """What an order of the librarian's does: the disk, then the takes anew, in turn with the commands."""
    await asyncio.to_thread(work)
    await studio.transport.reread_takes(plays_anew=True)


def test_a_lane_is_silenced_and_heard_again_amid_rolling_and_what_lies_beneath_is_heard(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        for louder in (1.0, 2.0):
            await record(studio, 6 * RATE_HZ, louder)
        over(studio)
        await record(studio, 6 * RATE_HZ, louder=4.0)
        only_tape_of_strip_1(studio)
        await press(studio, "/transport/play")
        await roll(studio, 4800)
        began = frame(studio) - position(studio)
        assert await level(studio) == 6.0
        for take_id, is_heard, expected in ((2, False, 5.0), (3, False, 1.0), (1, False, 0.0), (2, True, 2.0)):
            await change(studio, partial(let_hear, studio.session, take_id, 1, is_heard=is_heard))
            assert await level(studio) == expected
        assert frame(studio) - position(studio) == began
        assert studio.rig.block.snapshot().dry_frames == 0

    walk(scene, tmp_path)


def test_choices_outlive_the_desk_and_a_take_laid_on_top_covers_what_was_there_and_nothing_later(
    tmp_path: Path,
) -> None:
    async def scene(studio: SessionRig) -> None:
        for louder in (1.0, 2.0, 3.0):
            await record(studio, 4 * RATE_HZ, louder)
        only_tape_of_strip_1(studio)
        await change(studio, partial(let_hear, studio.session, 3, None, is_heard=False))
        await change(studio, partial(lay_on_top, studio.session, 1, is_on_top=True))
        studio.transport = studio.new_transport(4, 2)
        async with obeying(studio):
            await press(studio, "/transport/play")
            assert await level(studio) == 1.0
            await press(studio, "/transport/stop")
            await press(studio, "/transport/locate", 0.0)
            await record(studio, 4 * RATE_HZ, 5.0)
            only_tape_of_strip_1(studio)
            await press(studio, "/transport/play")
            await roll(studio, 4800)
            assert await level(studio) == 5.0
            await press(studio, "/transport/discard")
            await change(studio, partial(lay_on_top, studio.session, 1, is_on_top=False))
            assert await level(studio) == 2.0

    walk(scene, tmp_path)


def test_a_lane_changes_without_a_click(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        await record(studio, 4 * RATE_HZ, 1.0)
        await record(studio, 4 * RATE_HZ, 3.0)
        only_tape_of_strip_1(studio)
        await press(studio, "/transport/play")
        await roll(studio, 4800)
        studio.heard.clear()
        await change(studio, partial(let_hear, studio.session, 2, None, is_heard=False))
        await roll_until(studio, lambda: abs(studio.output[0][-1] - 0.01 * CENTRE) < 1e-6)
        await roll(studio, STEP)
        assert np.abs(np.diff(studio.output[0])).max() <= 0.02 * CENTRE / 240 * 1.01

    walk(scene, tmp_path)


def test_silencing_and_raising_leave_the_sound_and_the_tapes_papers_alone(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        for _ in range(2):
            await record(studio)
        folder = studio.session / "takes" / "0001"
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        await change(studio, partial(let_hear, studio.session, 1, 1, is_heard=False))
        await change(studio, partial(lay_on_top, studio.session, 1, is_on_top=True))
        after = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert after.pop("about.json")
        assert after == before

    walk(scene, tmp_path)
