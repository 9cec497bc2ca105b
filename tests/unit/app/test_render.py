"""`studiod render`: what it takes, what it says, and how it ends."""

import contextlib
import json
import os
import pty
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studiod.app.cli import main
from tests.fakes.rendering import RATE_HZ, heard, noise, saved, written
from tests.helpers import eventually

LONG_FRAMES = 3600 * RATE_HZ
"""Sound for seconds of work: long enough to be interrupted."""

SMALL_BYTES = 64 << 20
"""More than the shared block has, which is a file, too; less than the long song."""


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def kick(tmp_path: Path) -> Path:
    return written(tmp_path / "kick.wav", noise(RATE_HZ, 1), "PCM_24")


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["render", *map(str, words)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def take(session: Path, *rows: np.ndarray[Any, np.dtype[np.float32]], position: int = 0) -> None:
    """Take 1 of `session`: a row for each strip from 1 on."""
    folder = session / "takes" / "0001"
    folder.mkdir(parents=True)
    tracks = [{"file": f"strip-{n:02d}.wav", "name": "", "strip": n} for n in range(1, len(rows) + 1)]
    for track, row in zip(tracks, rows, strict=True):
        written(folder / str(track["file"]), row, "PCM_24")
    paper = {"id": 1, "state": "good", "frames": len(rows[0]), "rate_hz": RATE_HZ, "bits": 24}
    (folder / "take.json").write_text(
        json.dumps({**paper, "position": position, "created_unix": 0, "gaps": [], "tracks": tracks})
    )


# -- what it says ------------------------------------------------------------------------------------------------------


def test_people_get_the_files_and_their_levels(kick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(kick, "--output", tmp_path / "mix.wav", "--mono", "--tail", "0.5", "--bits", "16") == 0
    said = capsys.readouterr()
    first, second, third, fourth, fifth = said.out.splitlines()
    assert [first, second] == [str(tmp_path / "mix.wav"), str(tmp_path / "mix-mono.wav")]
    assert third == "  through a desk at its defaults"
    assert fourth.startswith("  1.5 s, 48000 Hz, 16 bits, in ")
    assert fourth.endswith(" times as fast as it plays)")
    assert fifth.startswith("  peak -9.0 dBFS, true peak -")
    assert not said.err
    assert (soundfile.info(first).frames, soundfile.info(first).subtype) == (RATE_HZ * 3 // 2, "PCM_16")


def test_json_has_everything_there_is_to_know(kick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = saved(tmp_path / "album", {"/main/limiter/on": 0.0, "/main/fader": 10.0, "/strip/1/pan": -1.0})
    assert run(kick, "--session", session, "--output", tmp_path / "mix.wav", "--json") == 0
    said = capsys.readouterr()
    fact = json.loads(said.out)
    assert list(fact) == [
        "output",
        "files",
        "session",
        "rate_hz",
        "bits",
        "frames",
        "seconds",
        "realtime_factor",
        "peak_dbfs",
        "integrated_lufs",
        "true_peak_dbtp",
        "warnings",
    ]
    assert fact["output"] == str(tmp_path / "mix.wav")
    assert fact["files"] == [fact["output"]]
    assert (fact["session"], fact["rate_hz"], fact["bits"]) == (str(session), RATE_HZ, 24)
    assert (fact["frames"], fact["seconds"]) == (RATE_HZ, 1.0)
    assert fact["realtime_factor"] > 1.0
    assert fact["peak_dbfs"] == pytest.approx(20 * np.log10(0.5) + 10.0, abs=0.02)
    assert fact["true_peak_dbtp"] > fact["peak_dbfs"]
    (warning,) = fact["warnings"]
    assert "samples over full scale were cut" in warning
    assert not said.err


def test_silence_is_a_string_in_json_and_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silence = written(tmp_path / "silence.wav", np.zeros(RATE_HZ, np.float32))
    assert run(silence, "--output", tmp_path / "mix.wav", "--json") == 0
    fact = json.loads(capsys.readouterr().out)
    assert {fact["peak_dbfs"], fact["integrated_lufs"], fact["true_peak_dbtp"]} == {"-inf"}
    assert fact["session"] is None
    assert "main is silent" in fact["warnings"][0]


@pytest.mark.parametrize("command", [("render", "--json", "--output"), ("loudness",), ("loudness", "--json")])
def test_names_that_are_no_text_come_out_as_they_are(tmp_path: Path, command: tuple[str, ...]) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.wav"
    source = written(tmp_path / "pair.wav", noise(RATE_HZ, 2)).rename(os.fsdecode(name))
    if command[0] == "render":
        name = os.fsencode(tmp_path) + b"/mix\xe9.wav"
        command = (*command, os.fsdecode(name))
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(
        [sys.executable, "-m", "studiod", *command, str(source)], capture_output=True, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert name in done.stdout


def test_warnings_are_told_beside_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silence = written(tmp_path / "silence.wav", np.zeros(100, np.float32))
    assert run(silence, "--output", tmp_path / "mix.wav") == 0
    said = capsys.readouterr()
    assert said.err.startswith("main is silent")
    assert "main is silent" not in said.out


# -- what it takes -----------------------------------------------------------------------------------------------------


def test_a_take_is_rendered_with_what_the_session_says(tmp_path: Path) -> None:
    session = saved(tmp_path / "library" / "album", {"/strip/1/pan": -1.0, "/strip/2/mute": 1.0})
    take(session, *noise(1000, 2, 0.1))
    words = ("--library", tmp_path / "library", "--session", "album", "--take", "1", "--output", tmp_path / "m.wav")
    assert run(*words, "--bits", "32") == 0
    sound = heard(tmp_path / "m.wav")
    assert np.array_equal(sound[0], heard(session / "takes" / "0001" / "strip-01.wav")[0])
    assert not sound[1].any()


def test_the_click_of_a_take_begins_where_the_take_did(tmp_path: Path) -> None:
    session = saved(tmp_path / "album", {"/click/on": 1.0, "/click/main": 1.0})
    take(session, np.zeros(RATE_HZ, np.float32), position=RATE_HZ // 2 - 1000)  # 120 bpm: the second beat is at 0.5 s
    words = ("--session", session, "--take", "1", "--bits", "32", "--output")
    assert run(*words, tmp_path / "with.wav", "--click") == 0
    assert run(*words, tmp_path / "without.wav") == 0
    assert 1000 <= np.flatnonzero(heard(tmp_path / "with.wav")[0])[0] <= 1001  # a click may begin at a zero
    assert not heard(tmp_path / "without.wav").any()


def test_stems_of_every_sum_are_written(tmp_path: Path, kick: Path) -> None:
    config = tmp_path / "desk.yaml"
    config.write_text("desk: {strips: 2, buses: [{name: Singer}, {name: Drums}], matrices: [{name: Foyer}]}\n")
    words = (kick, "--config", config, "--buses", "--matrices", "--mono", "--output", tmp_path / "out.wav")
    assert run(*words) == 0
    assert sorted(path.name for path in tmp_path.glob("out*")) == [
        "out-bus-01-singer.wav",
        "out-bus-02-drums.wav",
        "out-matrix-01-foyer.wav",
        "out-mono.wav",
        "out.wav",
    ]


def test_the_rate_is_that_of_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "desk.yaml"
    config.write_text("audio: {rate_hz: 96000}\n")
    file = written(tmp_path / "high.wav", noise(96_000, 1), "PCM_24", 96_000)
    assert run(file, "--config", config, "--output", tmp_path / "mix.wav") == 0
    found = soundfile.info(tmp_path / "mix.wav")
    assert (found.samplerate, found.frames) == (96_000, 96_000)


# -- what it refuses ---------------------------------------------------------------------------------------------------


def test_what_cannot_be_rendered_is_told_in_sentences(
    kick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str | Path) -> str:
        assert run(*words) == 1
        told = capsys.readouterr()
        assert not told.out
        return told.err

    output = ("--output", tmp_path / "mix.wav")
    assert said(tmp_path / "none.wav", *output) == f"{tmp_path}/none.wav: No such file or directory\n"
    assert "the files have 9 channels, the desk 8 strips" in said(*[kick] * 9, *output)
    assert f"there is no session {tmp_path}/none:" in said(kick, "--session", f"{tmp_path}/none", *output)
    assert "there is no session" in said("--take", "1", *output)
    session = saved(tmp_path / "album", {})
    assert "has no take 3: it has none" in said("--take", "3", "--session", session, *output)
    (tmp_path / "mix.wav").write_text("an old mix")
    assert "is there already: choose another name, or replace it with --force" in said(kick, *output)
    assert (tmp_path / "mix.wav").read_text() == "an old mix"
    assert run(kick, *output, "--force") == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "give either sound files or --take N"),
        (("a.wav", "--take", "1"), "give either sound files or --take N"),
        (("a.wav", "--tail", "-1"), "argument --tail: -1; allowed 0..600 s"),
        (("a.wav", "--tail", "nan"), "argument --tail: nan; allowed 0..600 s"),
        (("a.wav", "--tail", "long"), "argument --tail: long; allowed 0..600 s"),
        (("a.wav", "--bits", "20"), "argument --bits: invalid choice: 20"),
        (("--take", "one"), "argument --take: invalid int value: 'one'"),
    ],
)
def test_wrong_usage_exits_with_2(
    words: tuple[str, ...], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words, "--output", tmp_path / "mix.wav") == 2
    assert sentence in capsys.readouterr().err


def test_a_wrong_configuration_exits_with_2(kick: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "desk.yaml"
    config.write_text("desk: {strips: many}\n")
    assert run(kick, "--config", config, "--output", tmp_path / "mix.wav") == 2
    assert f"{config}:1:" in capsys.readouterr().err


# -- how it ends -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def rendering(
    folder: Path, files: list[Path], *more: str, before: Callable[[], None] | None = None, terminal: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The program itself at work on `files`, stderr to `terminal` or a pipe; killed at the end if it still runs."""
    words = [sys.executable, "-m", "studiod", "render", "--output", str(folder / "mix.wav"), *map(str, files), *more]
    stderr = subprocess.PIPE if terminal is None else terminal
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=stderr, preexec_fn=before) as process:  # noqa: PLW1509
        try:
            yield process
        finally:
            process.kill()


def is_writing(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has a part of the mix on the disk: a file without a name."""
    found = 0
    for entry in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(entry.readlink()).endswith(" (deleted)"):
                found = max(found, entry.stat().st_size)
    return found > 1_000_000


@pytest.fixture
def long_song(tmp_path: Path) -> Path:
    """An hour of silence that take no room on the disk."""
    path = written(tmp_path / "long.wav", np.zeros(0, np.float32), "PCM_24")
    raw = bytearray(path.read_bytes())
    raw[-4:] = (3 * LONG_FRAMES).to_bytes(4, "little")
    raw[4:8] = (len(raw) - 8 + 3 * LONG_FRAMES).to_bytes(4, "little")
    path.write_bytes(raw)
    os.truncate(path, len(raw) + 3 * LONG_FRAMES)
    assert soundfile.info(path).frames == LONG_FRAMES
    return path


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_whoever_ends_it_finds_what_was_there_and_nothing_else(
    tmp_path: Path, long_song: Path, number: signal.Signals, status: int
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mix.wav").write_text("an old mix")
    with rendering(folder, [long_song], "--force", "--mono") as process:
        eventually(lambda: is_writing(process), within_s=30.0)
        assert [path.name for path in folder.iterdir()] == ["mix.wav"]
        process.send_signal(number)
        _, said = process.communicate()
    assert process.returncode == status
    assert not said
    assert [path.read_text() for path in folder.iterdir()] == ["an old mix"]


def test_a_disk_that_takes_no_more_is_told_and_left_as_it_was(tmp_path: Path, long_song: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_BYTES, SMALL_BYTES))

    with rendering(folder, [long_song], before=small) as process:
        _, said = process.communicate()
    assert process.returncode == 1
    assert said.decode() == f"{folder}/mix.wav cannot be written: file too large\n"
    assert not list(folder.iterdir())


def test_progress_is_shown_on_a_terminal(tmp_path: Path, long_song: Path) -> None:
    controller, terminal = pty.openpty()
    said = b""
    with rendering(tmp_path, [long_song], terminal=terminal) as process:
        os.close(terminal)
        while b"%" not in said:
            said += os.read(controller, 4096)
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # the terminal is gone with the process
            while more := os.read(controller, 4096):
                said += more
        process.wait()
    os.close(controller)
    assert b"\r\x1b[Kmix.wav: " in said
    assert said.endswith(b"\r\x1b[K")
