"""Commands that go on: the meter bridge on a real terminal, changes line by line, and a studio that comes and goes."""

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studiod.app.control.faults import DONE
from studiod.app.studioctl import main
from tests.fakes.studio import FakeStudio
from tests.helpers import eventually

ROOT = Path(__file__).parents[3]
_PROGRAM = (sys.executable, "-m", "studiod.app.studioctl")
_HOME, _LEAVE_SCREEN, _SHOW_CURSOR = "\x1b[H", "\x1b[?1049l", "\x1b[?25h"


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    studio = FakeStudio().start()
    yield studio
    studio.stop()


class Window:
    """A terminal window with a studioctl in it."""

    def __init__(self, *words: str, rows: int = 24, columns: int = 100, **environment: str) -> None:
        self._master, self._slave = pty.openpty()
        self.resize(rows, columns)
        self.settings = termios.tcgetattr(self._slave)
        # setsid makes the window the terminal that Ctrl-C belongs to
        command = ["setsid", "--ctty", "--wait", *_PROGRAM, *words]
        surroundings = {**os.environ, "TERM": "xterm", **environment}
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=self._slave, stdout=self._slave, stderr=self._slave, env=surroundings
        )
        self.seen = ""

    def resize(self, rows: int, columns: int) -> None:
        """Drag its corner."""
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self) -> str:
        """Everything that it ever showed."""
        while select.select([self._master], [], [], 0.0)[0]:
            self.seen += os.read(self._master, 65536).decode("utf-8", "replace")
        return self.seen

    def picture(self) -> str:
        """The last whole screen."""
        frames = self.read().split(_HOME)
        return frames[-2] if len(frames) > 2 else ""

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def shows(self, is_right: Callable[[str], bool]) -> str:
        """The first picture that is right."""
        return eventually(lambda: found if is_right(found := self.picture()) else "", within_s=10.0)

    def end(self) -> int:
        """Its exit code, when it has ended; what the terminal was is what it must be again."""

        def has_ended() -> bool:
            self.read()  # a full terminal would hold it up
            return self.process.poll() is not None

        eventually(has_ended, within_s=10.0)
        assert termios.tcgetattr(self._slave) == self.settings
        assert self.read().rstrip().endswith(_SHOW_CURSOR + _LEAVE_SCREEN)
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)


@pytest.fixture
def window(studio: FakeStudio) -> Iterator[Window]:
    window = Window("meters", "--port", str(studio.port))
    with contextlib.closing(window):
        yield window


def test_meters_draw_every_level_with_its_name(window: Window) -> None:
    picture = window.shows(lambda text: "main R" in text and "CLIP" in text)
    for words in ("1 Kick", "8 Room", "b1 Drummer", "main L", "-12.5", "limiter -1.5 dB", "■ stopped", "-60"):
        assert words in picture
    assert "█" in picture
    assert "\x1b[32m" in picture  # green


def test_meters_follow_names_and_the_transport(window: Window, studio: FakeStudio) -> None:
    window.shows(lambda text: "1 Kick" in text)
    studio.call(lambda: studio.hub.write_text("/strip/1/name", "Floor tom", "hand"))
    studio.call(lambda: studio.hub.publish("/transport/state", 2.0))
    window.shows(lambda text: "1 Floor tom" in text and "● recording" in text)


def test_meters_show_what_is_taken_away_and_how_loud_main_is(window: Window, studio: FakeStudio) -> None:
    picture = window.shows(lambda text: "TP   -1.3 dBTP" in text)
    assert "\x1b[33m  -3.2\x1b[0m" in picture  # yellow: something is being taken away
    assert "\x1b[2m   0.0\x1b[0m" in picture  # dim: nothing is
    studio.levels["/meter/loudness"] = (-30.5, -31.5, -19.0, 6.0, 0.4)
    studio.levels["/meter/strip/8"] = (-20.0, -30.0, 40.0, 2.5)
    window.shows(lambda text: "M  -30.5" in text and "-42.5" in text.split("8 Room")[1].split("\r\n")[0])


def test_meters_fit_any_window(window: Window) -> None:
    window.shows(lambda text: "main R" in text)
    window.resize(9, 110)
    beside = window.shows(lambda text: text.count("\r\n") <= 8 and "main R" in text)
    assert "RMS dBFS" in beside.split("RMS dBFS", 1)[1]  # two blocks side by side
    window.resize(6, 60)
    window.shows(lambda text: "9 more do not fit" in text)


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "ctrl-c"])
def test_a_key_ends_the_meters_and_gives_the_terminal_back(window: Window, key: str) -> None:
    window.shows(lambda text: "main R" in text)
    window.type(key)
    assert window.end() == DONE


def test_a_terminated_meter_bridge_gives_the_terminal_back_too(window: Window, studio: FakeStudio) -> None:
    window.shows(lambda text: "main R" in text)
    children = Path(f"/proc/{window.process.pid}/task/{window.process.pid}/children").read_text().split()
    os.kill(int(children[0]) if children else window.process.pid, signal.SIGTERM)
    assert window.end() == 128 + signal.SIGTERM
    eventually(lambda: studio.call(lambda: True))


def test_peaks_and_clip_stay_until_they_are_cleared(window: Window, studio: FakeStudio) -> None:
    window.shows(lambda text: "CLIP" in text)
    studio.levels["/meter/strip/2"] = (-30.0, -40.0)
    window.shows(lambda text: "-40.0" in text and "CLIP" in text.split("2 Snare")[1].split("\r\n")[0])
    window.type("c")
    window.shows(lambda text: "2 Snare" in text and "CLIP" not in text.split("2 Snare")[1].split("\r\n")[0])


def test_meters_end_by_themselves_after_the_time_asked_for(studio: FakeStudio) -> None:
    with contextlib.closing(Window("meters", "--port", str(studio.port), "--for", "0.2", NO_COLOR="1")) as window:
        assert window.end() == DONE
        assert "main R" in window.seen
        assert "\x1b[32m" not in window.seen


def test_meters_wait_for_a_studio_that_restarts(window: Window, studio: FakeStudio) -> None:
    window.shows(lambda text: "main R" in text)
    studio.stop()
    window.shows(lambda text: "no news from studiod" in text)
    studio.levels["/meter/strip/5"] = (-33.0, -44.0)
    studio.start()
    window.shows(lambda text: "-44.0" in text and "no news" not in text)


def test_one_reading_is_printed_where_there_is_no_terminal(
    studio: FakeStudio, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", str(studio.port), "meters"]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 8 + 2 + 2 + 1
    assert lines[2].split()[:2] == ["1", "Kick"]
    assert lines[1].split()[-4:] == ["GR", "peak", "RMS", "dBFS"]
    assert lines[2].split()[-3:] == ["-3.2", "-6.0", "-12.5"]
    assert lines[-2].split()[-3:] == ["-2.3", "-4.0", "-11.0"]  # limiter and compressor of main
    assert lines[-1] == "loudness      M  -18.2  S  -18.9  I  -19.4 LUFS  LRA   5.2 LU  TP   -1.3 dBTP"
    assert max(map(len, lines)) <= 79
    assert "\x1b" not in "".join(lines)


def test_a_reading_for_scripts_holds_the_highest_peak_of_its_time(
    studio: FakeStudio, capsys: pytest.CaptureFixture[str]
) -> None:
    readings = iter([(-40.0, -50.0, 40.0, 0.0), (-2.0, -8.0, 0.0, 6.1)])
    studio.hub.on_meter("/meter/strip/4", lambda: next(readings, (-70.0, -80.0, 12.0, 0.0)))
    assert main(["--port", str(studio.port), "meters", "--json", "--for", "0.4"]) == DONE
    found = json.loads(capsys.readouterr().out)
    assert found["strips"][3] == {
        "strip": 4,
        "name": "Bass",
        "peak_db": -2.0,
        "rms_db": -80.0,
        "gate_db": 40.0,
        "comp_db": 6.1,
        "armed": False,
        "muted": False,
    }
    assert found["main"] == {
        "peak_left_db": -3.0,
        "peak_right_db": -4.0,
        "rms_left_db": -10.0,
        "rms_right_db": -11.0,
        "limiter_db": 1.5,
        "comp_db": 0.8,
        "loudness": {"momentary": -18.2, "short_term": -18.9, "integrated": -19.4, "lra": 5.25, "true_peak": -1.3},
        "armed": False,
        "muted": False,
    }


def test_loudness_of_the_bus_chosen_is_told_with_it_and_silence_is_minus_infinity(
    studio: FakeStudio, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", str(studio.port), "set", "/loudness/source", "bus:2"]) == DONE
    assert main(["--port", str(studio.port), "set", "/loudness/on", "off"]) == DONE
    capsys.readouterr()
    assert main(["--port", str(studio.port), "meters", "--json"]) == DONE
    found = json.loads(capsys.readouterr().out)
    silence = {"momentary": "-inf", "short_term": "-inf", "integrated": "-inf", "lra": 0.0, "true_peak": "-inf"}
    assert [bus["loudness"] for bus in found["buses"]] == [None, silence]
    assert found["main"]["loudness"] is None
    assert found["buses"][0]["comp_db"] == 2.1


# -- watch -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def watcher(studio: FakeStudio) -> Iterator["subprocess.Popen[str]"]:
    command = [*_PROGRAM, "--port", str(studio.port), "watch", "/strip/*/fader", "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    eventually(lambda: subscribers(studio), within_s=10.0)
    with process:
        yield process
        process.kill()


def subscribers(studio: FakeStudio) -> int:
    return studio.call(lambda: len(studio.endpoint.subscriptions))


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 10.0)[0]
    return process.stdout.readline()


def test_changes_are_printed_as_they_happen(studio: FakeStudio, watcher: "subprocess.Popen[str]") -> None:
    studio.write("/strip/3/fader", -6.0)
    said = json.loads(line_of(watcher))
    assert (said["address"], said["value"], said["text"]) == ("/strip/3/fader", -6.0, "-6.0 dB")
    studio.write("/strip/3/mute", 1.0)
    studio.write("/strip/3/fader", -7.0)
    assert json.loads(line_of(watcher))["value"] == -7.0


def test_ctrl_c_is_how_watching_ends(studio: FakeStudio, watcher: "subprocess.Popen[str]") -> None:
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(10.0) == DONE
    assert watcher.stderr is not None
    assert watcher.stderr.read() == ""
    eventually(lambda: not subscribers(studio))  # its lease ended with it


def test_a_studio_that_restarts_is_watched_again(studio: FakeStudio, watcher: "subprocess.Popen[str]") -> None:
    studio.stop()
    studio.start()
    eventually(lambda: subscribers(studio), within_s=10.0)
    studio.write("/strip/2/fader", -3.0)
    assert json.loads(line_of(watcher))["address"] == "/strip/2/fader"
    watcher.send_signal(signal.SIGINT)
    assert watcher.wait(10.0) == DONE
    assert watcher.stderr is not None
    assert "studiod hung up; waiting for it" in watcher.stderr.read()


def test_watching_ends_after_the_time_asked_for(studio: FakeStudio, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic()
    assert main(["--port", str(studio.port), "watch", "/transport/position", "--for", "0.2"]) == DONE
    assert 0.2 <= time.monotonic() - begun < 2.0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.endswith("/transport/position  0:00:00.000")


def test_a_reader_that_has_seen_enough_ends_it_quietly(studio: FakeStudio) -> None:
    command = f"{sys.executable} -m studiod.app.studioctl --port {studio.port} watch /transport/position | head -1"
    run = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert run.stdout.count("\n") == 1
    assert run.stderr == ""
