"""What cannot be rendered is refused before anything is written, with a sentence for each reason."""

import asyncio
import contextlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studiod.produce.render import Order, RenderError, Track, file_tracks, render, take_tracks
from tests.fakes.desk_rig import Rig
from tests.fakes.rendering import RATE_HZ, STRIPS, desk, heard, live, noise, order, saved, written
from tests.fakes.session_rig import SessionRig


@pytest.fixture
def kick(tmp_path: Path) -> Path:
    return written(tmp_path / "kick.wav", noise(1000, 1), "PCM_24")


def refused(wanted: Order) -> list[str]:
    """The sentences, one for each reason; nothing was written."""
    before = {entry: entry.stat().st_mtime_ns for entry in wanted.output.parent.glob("*")}
    with pytest.raises(RenderError) as said:
        render(wanted)
    assert {entry: entry.stat().st_mtime_ns for entry in wanted.output.parent.glob("*")} == before
    return str(said.value).splitlines()


def test_everything_wrong_with_the_files_is_told_at_once(tmp_path: Path, kick: Path) -> None:
    text, slow, pair = tmp_path / "text.wav", tmp_path / "slow.wav", tmp_path / "pair.wav"
    text.write_text("no music")
    written(slow, noise(100, 1), "PCM_24", 44_100)
    written(pair, noise(100, 2))
    files = [tmp_path / "none.wav", text, tmp_path, slow]
    wanted = order(tmp_path, [kick, *files])
    tracks = (*wanted.tracks, Track(pair, (4,)))
    assert refused(replace(wanted, tracks=tracks)) == [
        f"{tmp_path}/none.wav: No such file or directory",
        f"{text}: no sound file that can be read: Format not recognised.",
        f"{tmp_path}: is no file",
        f"{slow} is at 44100 Hz, the session at 48000 Hz: convert it, or set audio.rate_hz",
        f"{pair} has 2 channels for 1 strips",
    ]


def test_files_take_strips_in_their_order_as_long_as_there_are_any(tmp_path: Path, kick: Path) -> None:
    pair = written(tmp_path / "pair.wav", noise(100, 2))
    assert file_tracks([kick, pair, kick], desk()) == (Track(kick, (1,)), Track(pair, (2, 3)), Track(kick, (4,)))
    with pytest.raises(RenderError, match=r"the files have 5 channels, the desk 4 strips: configure more"):
        file_tracks([kick, pair, pair], desk())
    with pytest.raises(RenderError, match=r"none\.wav: No such file"):
        file_tracks([kick, tmp_path / "none.wav"], desk())


def test_what_is_there_is_replaced_only_if_asked(tmp_path: Path, kick: Path) -> None:
    wanted = order(tmp_path, [kick])
    (tmp_path / "mix-mono.wav").write_text("an old one")
    sentence = f"{tmp_path}/mix-mono.wav is there already: choose another name, or replace it with --force"
    assert refused(replace(wanted, has_mono=True)) == [sentence]
    assert not wanted.output.exists()
    done = render(replace(wanted, has_mono=True, may_replace=True))
    assert [heard(path).shape[1] for path in done.files] == [1000, 1000]


def test_a_file_that_is_played_is_never_written_to(tmp_path: Path, kick: Path) -> None:
    alias = tmp_path / "alias.wav"
    alias.symlink_to(kick)
    for output in (kick, alias, tmp_path / "sub" / ".." / "kick.wav"):
        (tmp_path / "sub").mkdir(exist_ok=True)
        wanted = replace(order(tmp_path, [kick]), output=output, may_replace=True)
        assert refused(wanted) == [f"{output} is one of the files that are played: choose another name"]


def test_takes_are_never_written_to(tmp_path: Path, kick: Path) -> None:
    session = saved(tmp_path / "session", {})
    take = session / "takes" / "0001" / "strip-01.wav"
    take.parent.mkdir(parents=True)
    take.write_text("played")
    wanted = replace(order(tmp_path, [kick], session), output=take, may_replace=True)
    assert refused(wanted) == [f"{take} would lie among the takes: choose another folder"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mix.flac", "what is written is WAV: give a name that ends in .wav"),
        ("mix", "what is written is WAV: give a name that ends in .wav"),
        ("none/mix.wav", "there is no folder"),
        ("folder.wav", "is a folder"),
    ],
)
def test_an_output_that_cannot_be_is_refused(tmp_path: Path, kick: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder.wav").mkdir()
    (said,) = refused(order(tmp_path, [kick], output=name))
    assert sentence in said
    assert str(tmp_path / name) in said


def test_no_sound_at_all_is_refused_unless_a_tail_is_asked_for(tmp_path: Path) -> None:
    empty = written(tmp_path / "empty.wav", np.zeros(0, np.float32))
    wanted = order(tmp_path, [empty])
    assert refused(wanted) == ["the files are empty, and so is the tail: there is nothing to render"]
    assert render(replace(wanted, tail_s=0.01)).frames == 480


def test_a_name_as_long_as_the_disk_takes_is_none_too_long(tmp_path: Path, kick: Path) -> None:
    wanted = order(tmp_path, [kick], output="m" * 251 + ".wav")
    assert render(wanted).files == (wanted.output,)


def test_a_name_that_is_too_long_for_the_disk_is_told(tmp_path: Path, kick: Path) -> None:
    (said,) = refused(order(tmp_path, [kick], output="m" * 300 + ".wav"))
    assert said.endswith("cannot be written: file name too long")


class Interrupted(Exception):  # noqa: N818 - not an error
    """Somebody had enough."""


@pytest.mark.parametrize("fault", [KeyboardInterrupt, Interrupted, MemoryError])
def test_whatever_ends_a_render_leaves_what_was_there(tmp_path: Path, kick: Path, fault: type[BaseException]) -> None:
    wanted = replace(order(tmp_path, [kick]), has_buses=True, may_replace=True)
    wanted.output.write_text("an old mix")

    def interrupt(_: float) -> None:
        raise fault

    with pytest.raises(fault):
        render(wanted, interrupt)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["kick.wav", "mix.wav"]
    assert wanted.output.read_text() == "an old mix"


def test_a_file_that_ends_early_leaves_nothing(tmp_path: Path) -> None:
    file = written(tmp_path / "long.wav", noise(100_000, 1), "PCM_24")

    def cut(_: float) -> None:
        with file.open("r+b") as opened:
            opened.truncate(100_000)

    with pytest.raises(RenderError, match=r"long\.wav: cannot be read on after"):
        render(order(tmp_path, [file]), cut)
    assert [entry.name for entry in tmp_path.iterdir()] == ["long.wav"]


# -- takes -------------------------------------------------------------------------------------------------------------


def recorded(session: Path) -> None:
    """A take of strips 1 and 3 and of main, at 0.5 s, by a real engine and a real tape."""

    async def walk() -> None:
        with Rig.make(STRIPS, 2, block_frames=256) as rig:
            studio = SessionRig(rig, session)
            await studio.start()
            task = asyncio.create_task(studio.transport.run())
            try:
                await studio.settle()
                for address in ("/strip/1/arm", "/strip/3/arm", "/main/arm"):
                    studio.hub.write(address, 1.0, "test")
                studio.hub.fire("/transport/locate", 0.5)
                studio.hub.fire("/transport/record")
                await studio.settle()
                await studio.roll(20_000)
                studio.hub.fire("/transport/stop")
                await studio.settle()
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await studio.stop()

    asyncio.run(walk())


@pytest.fixture
def session(tmp_path: Path) -> Path:
    recorded(saved(tmp_path / "session", {"/strip/1/fader": -6.0, "/strip/3/pan": 0.5}))
    return tmp_path / "session"


def test_a_take_plays_on_the_strips_it_was_recorded_from(tmp_path: Path, session: Path) -> None:
    take = take_tracks(session, 1, desk(), RATE_HZ)
    assert [(track.file.name, track.strips) for track in take.tracks] == [
        ("strip-01-strip-1.wav", (1,)),
        ("strip-03-strip-3.wav", (3,)),
    ]
    assert take.position == RATE_HZ // 2 - 112  # main was heard so late by who played to it
    assert not take.warnings
    done = render(replace(order(tmp_path, [], session), tracks=take.tracks))
    inputs = np.zeros((STRIPS, done.frames), np.float32)
    for track in take.tracks:
        inputs[track.strips[0] - 1] = heard(track.file)[0]
    assert inputs[2] == pytest.approx(0.03, abs=2**-23)
    played = live({"/strip/1/fader": -6.0, "/strip/3/pan": 0.5}, inputs, [64])["main"]
    assert np.array_equal(heard(done.files[0]), played)


def amend(session: Path, **more: object) -> None:
    """Put something else into the take's paper."""
    paper = session / "takes" / "0001" / "take.json"
    paper.write_text(json.dumps(json.loads(paper.read_text()) | more))


def test_what_is_wrong_with_a_take_is_said(session: Path) -> None:
    amend(session, state="damaged", gaps=[{"start": 100, "frames": 64, "cause": "engine late"}])
    assert take_tracks(session, 1, desk(), RATE_HZ).warnings == (
        "take 1 is damaged: the disk refused something while it was recorded",
        "take 1 is silent for 64 frames from frame 100 on: engine late",
    )


def test_takes_that_cannot_be_played_are_refused(tmp_path: Path, session: Path) -> None:
    def said(number: int = 1, at: Path = session, rate_hz: int = RATE_HZ) -> str:
        with pytest.raises(RenderError) as fault:
            take_tracks(at, number, desk(), rate_hz)
        return str(fault.value)

    assert said(7) == f"{session} has no take 7: it has 1"
    assert said(1, tmp_path) == f"{tmp_path} has no take 1: it has none"
    assert said(rate_hz=44_100).startswith("take 1 was recorded at 48000 Hz, the session runs at 44100 Hz")
    tracks = json.loads((session / "takes" / "0001" / "take.json").read_text())["tracks"]
    amend(session, tracks=[{**tracks[0], "strip": 9}])
    assert said().startswith("take 1 recorded strip 9, the desk has 4 strips")
    amend(session, tracks=[{**tracks[0], "strip": None}])
    assert said() == "take 1 recorded no strip"
    amend(session, tracks=tracks, state="recording")
    assert said().startswith("take 1 is being recorded, or was cut off")
    amend(session, state="good")
    (session / "takes" / "0001" / tracks[0]["file"]).unlink()
    take = take_tracks(session, 1, desk(), RATE_HZ)
    (sentence,) = refused(replace(order(tmp_path, [], session), tracks=take.tracks))
    assert sentence.endswith("strip-01-strip-1.wav: No such file or directory")
