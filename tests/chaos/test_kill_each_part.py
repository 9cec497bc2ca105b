"""Kill -9 of each process while it records and plays: the others go on, and the take is true.

Short form: KILLS of each; `make soak` runs the long one.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.fakes.live_studio import LiveStudio

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]

COUNTER = "virtual: {sources: counter}\naudio: {block_frames: 128}\nosc: {zeroconf: false}\nsurfaces: {enable: false}\n"
KILLS = 20
RATE_HZ = 48000
MASK = 0x7FFFFF


def counter(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    samples, rate_hz = soundfile.read(path, dtype="int32")
    assert rate_hz == RATE_HZ
    return np.asarray(samples, np.int64) >> 8


def visible(take: dict[str, Any], name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The counter in one file of `take` without the hidden frames; those are checked to lead up to it."""
    folder = Path(take["path"])
    about = json.loads((folder / "take.json").read_text())
    values, pre = counter(folder / name), about["pre_frames"]
    heard = np.ones(len(values), bool)
    for gap in about["gaps"]:
        begin = gap["start"] + pre
        heard[begin : begin + gap["frames"]] = False
    expected = (values[-1] - np.arange(len(values))[::-1]) & MASK
    if "main" not in name and "strip-08" not in name:
        assert np.array_equal(values[heard], expected[heard])
    return values[pre:]


def without_gaps(take: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """True where the take has sound."""
    heard = np.ones(take["frames"], bool)
    for gap in take["gaps"]:
        heard[gap["start"] : gap["start"] + gap["frames"]] = False
    return heard


def assert_true_to_the_clock(take: dict[str, Any], files: int) -> None:
    """Every file: as long as the take says, the engine's counter where there is sound, exact silence in the gaps."""
    assert take["state"] == ("damaged" if take["gaps"] else "good")
    assert len(take["files"]) == files
    heard = without_gaps(take)
    for name in take["files"]:
        values = visible(take, name)
        assert len(values) == take["frames"]
        expected = (values[0] + np.arange(len(values))) & MASK
        assert np.array_equal(values[heard], expected[heard])
        assert not values[~heard].any()


def play_along(studio: LiveStudio) -> None:
    """Something on tape for strip 8, which plays while the takes of the tests are recorded."""
    studio.record(8)
    studio.roll_on(2 * RATE_HZ)
    studio.stop_take()
    studio.send("/strip/8/arm", 0)


def assert_played(studio: LiveStudio) -> None:
    """The tape fed what it had: strip 8 was never without."""
    assert studio.status()["engine"]["dry_frames"] == 0


def test_a_killed_desk_costs_not_one_frame_of_output_or_take(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", COUNTER) as studio:
        play_along(studio)
        # strip 1 alone, hard left, makes main a known signal
        studio.send("/strip/2/mute", 1)
        for strip in range(3, 9):
            studio.send(f"/strip/{strip}/mute", 1)
        studio.send("/strip/1/pan", -1.0)
        studio.send("/main/limiter/ceiling", 0.0)
        studio.send("/main/arm", 1)
        studio.roll_on(RATE_HZ // 4)
        studio.record(1, 2)
        for _ in range(KILLS):
            studio.wait_for_other("desk", studio.kill("desk"))
        assert_played(studio)
        take = studio.stop_take()
        status = studio.status()
    assert take["gaps"] == []
    assert status["restarts"] == {"engine": 0, "tape": 0, "desk": KILLS, "ports": 0}
    assert_true_to_the_clock({**take, "files": ["strip-01-kick.wav", "strip-02-snare.wav"]}, 2)
    # main left is strip 1 hard left at 0 dB: the same numbers, sample for sample; main right is exact silence
    assert np.array_equal(visible(take, "main-l.wav"), visible(take, "strip-01-kick.wav"))
    assert not visible(take, "main-r.wav").any()


def test_a_killed_tape_loses_no_frame_of_the_take(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", COUNTER) as studio:
        play_along(studio)
        studio.record(1, 2, 3, 4)
        for _ in range(KILLS):
            studio.wait_for_other("tape", studio.kill("tape"))
            studio.roll_on(RATE_HZ // 20)
        assert_played(studio)
        take = studio.stop_take()
        assert studio.status()["restarts"]["tape"] == KILLS
    assert take["gaps"] == []
    assert_true_to_the_clock(take, 4)


def test_a_killed_engine_is_back_in_a_second_with_its_faders_and_marks_the_gap(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", COUNTER) as studio:
        play_along(studio)
        studio.send("/strip/1/fader", -6.5)
        studio.send("/strip/2/mute", 1)
        studio.record(1, 2, 3, 4)
        for _ in range(KILLS):
            studio.wait_for_other("engine", studio.kill("engine"))
            studio.roll_on(RATE_HZ // 20)
        assert studio.ask("/strip/1/fader") == (-6.5,)
        assert studio.ask("/strip/2/mute") == (1,)
        take = studio.stop_take()
        status = studio.status()
    assert status["restarts"]["engine"] == KILLS
    assert len(take["gaps"]) == KILLS
    assert {gap["cause"] for gap in take["gaps"]} == {"engine restarted"}
    # half of them in a second and none in ten: the machine that tests may be busy with other things
    seconds = sorted(gap["frames"] / RATE_HZ for gap in take["gaps"])
    assert seconds[KILLS // 2] < 1.0
    assert_true_to_the_clock(take, 4)


def test_a_killed_tape_plays_on_from_what_is_recorded(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", COUNTER) as studio:
        studio.record(1)
        studio.roll_on(3 * RATE_HZ)
        first = studio.stop_take()
        studio.send("/strip/1/arm", 0)
        studio.send("/strip/1/pan", -1.0)
        for strip in range(2, 9):
            studio.send(f"/strip/{strip}/mute", 1)
        studio.send("/main/limiter/ceiling", 0.0)
        studio.send("/main/arm", 1)
        studio.roll_on(RATE_HZ // 4)
        studio.record()  # main of the played strip
        for _ in range(3):
            studio.wait_for_other("tape", studio.kill("tape"))
            studio.roll_on(RATE_HZ // 2)
        second = studio.stop_take()
        assert studio.status()["engine"]["dry_frames"] == 0
    # takes lie on the timeline where they were played to what main let hear, and that was late by its limiter
    late = -first["position"]
    assert (late, second["position"]) == (112, -112)
    played = visible(first, "strip-01-kick.wav")[late:]
    main = visible(second, "main-l.wav")
    ramp = RATE_HZ // 100 + 128  # the strip fades from input to tape
    length = min(len(played), len(main))
    assert np.array_equal(main[ramp:length], played[ramp:length])


def test_a_killed_supervisor_ends_everything_and_the_take_is_whole(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", COUNTER) as studio:
        studio.record(1, 2)
        studio.roll_on(RATE_HZ)
        studio.kill("supervisor")
        assert studio.process is not None
        studio.process.wait(10)
        studio.process = None
        port = studio.port
    with LiveStudio(tmp_path / "library", COUNTER, port=port) as studio:
        take = studio.takes()[-1]
    assert take["state"] in ("good", "repaired")
    assert_true_to_the_clock({**take, "state": "good"}, 2)
    assert take["frames"] >= RATE_HZ
