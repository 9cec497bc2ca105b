"""A session may have any number of takes; and nothing that is too much, or went astray, leaves dead buttons."""

import itertools
import json
import os
from pathlib import Path

from studiod.link.playlist import newest
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.fakes.takes import FakeTake
from tests.unit.desk.rolling import arm, position, press, roll, state, walk

STRIPS = 4


def paper(session: Path, number: int, position: int, parts: list[tuple[str, int]]) -> None:
    """A take.json that says each strip has `parts`: name and frames, one behind the other."""
    frames = sum(count for _, count in parts)
    document = FakeTake(session, number, STRIPS, frames=frames).document()
    starts = itertools.accumulate((count for _, count in parts), initial=0)
    rows = [(name, start, count) for (name, count), start in zip(parts, starts, strict=False)]
    for strip, track in enumerate(document["tracks"]):
        track["parts"] = [
            {"file": f"{name}-{strip + 1}.wav", "start": start, "frames": count} for name, start, count in rows
        ]
    folder = session / "takes" / f"{number:04d}"
    folder.mkdir(parents=True)
    document |= {"position": position, "rate_hz": RATE_HZ}
    (folder / "take.json").write_text(json.dumps(document), encoding="utf-8")


def long_session(session: Path, takes: int, parts: int, letters: int = 0) -> None:
    """`takes` takes one behind the other, each in `parts` files a strip; letters: of noise in every name."""
    for number in range(takes):
        names = [(f"part-{part:05d}-{os.urandom(letters // 2).hex()}", 10) for part in range(parts)]
        paper(session, number + 1, number * parts * 10, names)


def test_a_session_of_sixteen_thousand_files_is_made_ready_to_play(tmp_path: Path) -> None:
    long_session(tmp_path / "session", takes=200, parts=20)

    async def scene(studio: SessionRig) -> None:
        assert studio.transport.fault == ""
        told = newest(studio.rig.block)
        assert len(told.regions) == 200 * 20 * STRIPS
        assert {region.frames for region in told.regions} == {10}
        await press(studio, "/transport/play")
        assert state(studio) == "playing"

    walk(scene, tmp_path)


def test_what_newer_takes_cover_is_not_told_to_the_tape(tmp_path: Path) -> None:
    for number in range(1, 41):
        paper(tmp_path / "session", number, 0, [("song", 1000)])
    paper(tmp_path / "session", 41, 500, [("chorus", 200)])

    async def scene(studio: SessionRig) -> None:
        heard = [(region.strip, region.file.parent.name) for region in newest(studio.rig.block).regions]
        assert sorted(heard) == sorted((strip, take) for strip in range(STRIPS) for take in ("0040", "0041"))

    walk(scene, tmp_path)


def test_more_than_can_be_told_does_not_play_and_is_recorded_over_all_the_same(tmp_path: Path) -> None:
    long_session(tmp_path / "session", takes=1, parts=6000, letters=240)

    async def scene(studio: SessionRig) -> None:
        await press(studio, "/transport/play")
        assert state(studio) == "stopped"
        assert "24000 stretches of sound" in studio.transport.fault
        assert "discard" in studio.transport.fault
        arm(studio, 1)
        await press(studio, "/transport/record")
        assert state(studio) == "recording"
        await roll(studio, RATE_HZ // 2)
        await press(studio, "/transport/stop")
        assert (state(studio), position(studio)) == ("stopped", 0)
        assert [take.state for take in studio.transport.takes] == ["good", "good"]
        assert "stretches of sound" in studio.transport.fault
        await press(studio, "/transport/locate", 3.0)
        assert position(studio) == 3 * RATE_HZ

    walk(scene, tmp_path)


def test_a_command_that_goes_astray_is_told_of_and_the_next_is_obeyed(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        studio.roundtrip_frames = None  # type: ignore[assignment]  # what nobody foresaw
        await press(studio, "/transport/record")
        assert state(studio) == "stopped"
        assert "TypeError" in studio.transport.fault
        studio.roundtrip_frames = 0
        await press(studio, "/transport/record")
        assert (state(studio), studio.transport.fault) == ("recording", "")
        await press(studio, "/transport/stop")
        assert state(studio) == "stopped"

    walk(scene, tmp_path)


def test_a_start_that_goes_astray_leaves_no_dead_buttons(tmp_path: Path) -> None:
    folder = tmp_path / "session" / "takes" / "0001"
    folder.mkdir(parents=True)
    document = FakeTake(tmp_path / "session", 1, 1).document()
    document["tracks"][0]["parts"][0]["file"] = "\udcff.wav"  # JSON may say so; nothing can be called so
    (folder / "take.json").write_text(json.dumps(document | {"rate_hz": RATE_HZ}), encoding="utf-8")

    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        assert state(studio) == "recording"
        await press(studio, "/transport/stop")
        assert state(studio) == "stopped"

    walk(scene, tmp_path)
