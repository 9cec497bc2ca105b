"""A render is what the desk plays: bit for bit, frame for frame, with everything the session says."""

import math
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studiod.engine import Click
from studiod.model.console import console_parameters
from studiod.model.parameter import Kind
from studiod.produce.loudness import measure_loudness
from studiod.produce.render import Track, render
from tests.fakes.rendering import (
    BUSES,
    MATRICES,
    RATE_HZ,
    STRIPS,
    desk,
    heard,
    live,
    noise,
    order,
    saved,
    written,
)

LONG = 40_000
"""Frames: more than two of the pieces in which a render goes."""

CONSOLE = {
    **{f"/strip/{n}/trim": 3.0 * n - 6.0 for n in range(1, STRIPS + 1)},
    **{f"/strip/{n}/fader": -3.0 * n for n in range(1, STRIPS + 1)},
    **{f"/strip/{n}/pan": n / 2 - 1.2 for n in range(1, STRIPS + 1)},
    **{f"/strip/{n}/send/1/level": -6.0 for n in range(1, STRIPS + 1)},
    **{f"/strip/{n}/send/2/level": -9.0 for n in range(1, STRIPS + 1)},
    "/strip/1/hpf/on": 1.0,
    "/strip/1/hpf": 120.0,
    "/strip/1/gate/on": 1.0,
    "/strip/1/gate/threshold": -8.0,
    "/strip/2/eq/on": 1.0,
    "/strip/2/eq/2/on": 1.0,
    "/strip/2/eq/2/gain": 6.0,
    "/strip/3/comp/on": 1.0,
    "/strip/3/comp/threshold": -20.0,
    "/strip/3/comp/ratio": 4.0,
    "/strip/3/polarity": 1.0,
    "/strip/3/mono/on": 1.0,
    "/strip/4/delay/on": 1.0,
    "/strip/4/delay": 13.0,
    "/bus/1/fader": -4.0,
    "/bus/1/main/on": 1.0,
    "/bus/1/send/2/level": -12.0,
    "/bus/2/matrix/1/level": -3.0,
    "/main/matrix/2/level": -3.0,
    "/main/fader": 6.0,
    "/main/limiter/ceiling": -6.0,
}
ALL_STEMS = [
    "main",
    "mono",
    *(f"bus-{n + 1:02d}" for n in range(BUSES)),
    *(f"matrix-{n + 1:02d}" for n in range(MATRICES)),
]


@pytest.mark.parametrize("blocks", [[64], [1, 63, 480, 1000]])
def test_every_file_is_bit_for_bit_what_the_desk_plays_live(tmp_path: Path, blocks: list[int]) -> None:
    inputs = noise(LONG)
    files = [written(tmp_path / f"{n}.wav", row) for n, row in enumerate(inputs)]
    session = saved(tmp_path / "session", CONSOLE)
    wanted = replace(order(tmp_path, files, session), has_mono=True, has_buses=True, has_matrices=True)
    done = render(wanted)
    stems = dict(zip(ALL_STEMS, done.files, strict=True))
    for name, played in live(CONSOLE, inputs, blocks).items():
        assert np.abs(played).max() > 0.01, name
        assert np.array_equal(heard(stems[name]), played), name
    assert not done.warnings


def test_24_bits_are_the_nearest_step_to_what_the_desk_plays(tmp_path: Path) -> None:
    inputs = noise(LONG)
    files = [written(tmp_path / f"{n}.wav", row) for n, row in enumerate(inputs)]
    session = saved(tmp_path / "session", CONSOLE)
    render(replace(order(tmp_path, files, session), bits=24))
    played = live(CONSOLE, inputs, [64])["main"].astype(np.float64)
    assert np.array_equal(heard(tmp_path / "mix.wav") * 2.0**23, np.rint(played * 2.0**23))


def test_two_renders_have_the_same_bytes_dither_included(tmp_path: Path) -> None:
    files = [written(tmp_path / "one.wav", noise(LONG, 1))]
    for bits in (16, 24, 32):
        for name in ("a.wav", "b.wav"):
            render(replace(order(tmp_path, files, output=name), bits=bits, has_buses=True, may_replace=True))
        assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_without_a_session_every_value_is_at_its_default(tmp_path: Path) -> None:
    inputs = noise(5000)
    files = [written(tmp_path / f"{n}.wav", row) for n, row in enumerate(inputs)]
    render(order(tmp_path, files))
    assert np.array_equal(heard(tmp_path / "mix.wav"), live({}, inputs, [64])["main"])


def test_a_file_of_two_channels_plays_on_two_strips(tmp_path: Path) -> None:
    inputs = noise(3000)
    pair = written(tmp_path / "pair.wav", inputs[1:3])
    settings = {"/strip/2/pan": -1.0, "/strip/3/pan": 1.0}
    wanted = order(tmp_path, [], saved(tmp_path / "session", settings))
    render(replace(wanted, tracks=(Track(pair, (2, 3)),)))
    alone = inputs * np.array([[0], [1], [1], [0]], np.float32)
    assert np.array_equal(heard(tmp_path / "mix.wav"), live(settings, alone, [64])["main"])


def test_as_long_as_the_longest_file_and_the_tail(tmp_path: Path) -> None:
    short, longer = written(tmp_path / "1.wav", noise(100, 1)), written(tmp_path / "2.wav", noise(1000, 1))
    settings = {"/strip/2/delay/on": 1.0, "/strip/2/delay": 100.0}
    done = render(replace(order(tmp_path, [short, longer], saved(tmp_path / "session", settings)), tail_s=0.25))
    assert done.frames == 1000 + RATE_HZ // 4
    sound = heard(done.files[0])
    assert sound.shape == (2, done.frames)
    padded = np.zeros((STRIPS, done.frames), np.float32)
    padded[0, :100], padded[1, :1000] = noise(100, 1)[0], noise(1000, 1)[0]
    assert np.array_equal(sound, live(settings, padded, [64])["main"])
    assert np.abs(sound[:, 4800:5800]).max() > 0.1  # the delayed file lies in the tail alone
    assert not sound[:, 5800:].any()


def test_a_session_that_does_not_fit_is_used_where_it_does(tmp_path: Path) -> None:
    session = saved(tmp_path / "session", {"/strip/1/fader": -6.0})
    paper = session / "session.yaml"
    paper.write_text(paper.read_text().replace("names:", "  /strip/99/fader: -3.0\n  /strip/2/pan: 7.0\nnames:"))
    done = render(order(tmp_path, [written(tmp_path / "1.wav", noise(1000, 1))], session))
    strange, wrong = sorted(done.warnings)
    assert "/strip/2/pan" in strange
    assert "/strip/99/fader" in wrong
    rest = np.zeros((STRIPS, 1000), np.float32)
    rest[0] = noise(1000, 1)[0]
    assert np.array_equal(heard(done.files[0]), live({"/strip/1/fader": -6.0}, rest, [64])["main"])


def test_names_of_stems_are_those_of_the_session(tmp_path: Path) -> None:
    session = saved(tmp_path / "session", {}, {"/bus/1/name": "Drummer: Ünal/2", "/bus/2/name": "..."})
    file = written(tmp_path / "1.wav", noise(100, 1))
    done = render(replace(order(tmp_path, [file], session), has_mono=True, has_buses=True, has_matrices=True))
    assert [path.name for path in done.files] == [
        "mix.wav",
        "mix-mono.wav",
        "mix-bus-01-drummer-unal-2.wav",
        "mix-bus-02.wav",
        "mix-matrix-01-matrix-1.wav",
        "mix-matrix-02-matrix-2.wav",
    ]
    assert [len(heard(path)) for path in done.files] == [2, 1, 1, 1, 1, 1]


# -- what has no meaning without hardware ------------------------------------------------------------------------------


def test_hardware_is_out_of_circuit_and_files_come_before_other_sources(tmp_path: Path) -> None:
    inputs = noise(2000)
    files = [written(tmp_path / f"{n}.wav", row) for n, row in enumerate(inputs[:3])]
    bus_one = float(desk_choice("/strip/3/source", "bus:1"))
    plugged = {
        "/strip/1/insert/on": 1.0,
        "/strip/1/insert/output": 1.0,
        "/strip/1/insert/input": 2.0,
        "/strip/1/insert/latency": 300.0,
        "/strip/2/direct/output": 1.0,
        "/strip/3/source": bus_one,
        "/strip/2/monitor": 2.0,
    }
    done = render(order(tmp_path, files, saved(tmp_path / "session", plugged)))
    assert done.warnings == (
        "strip 1: the hardware insert is out of circuit",
        "strip 3: the file plays in place of the source that is set",
    )
    alone = inputs * np.array([[1], [1], [1], [0]], np.float32)
    assert np.array_equal(heard(done.files[0]), live({}, alone, [64])["main"])


def test_a_strip_without_a_file_still_plays_a_bus(tmp_path: Path) -> None:
    settings = {
        "/strip/1/send/1/level": 0.0,
        "/strip/1/main/on": 0.0,
        "/strip/4/source": float(desk_choice("/strip/4/source", "bus:1")),
    }
    inputs = noise(2000) * np.array([[1], [0], [0], [0]], np.float32)
    done = render(order(tmp_path, [written(tmp_path / "1.wav", inputs[0])], saved(tmp_path / "session", settings)))
    assert np.abs(heard(done.files[0])).max() > 0.1
    assert np.array_equal(heard(done.files[0]), live(settings, inputs, [64])["main"])


def desk_choice(address: str, word: str) -> int:
    """The number of a choice."""
    (spec,) = [spec for spec in console_parameters(desk()) if spec.address == address]
    assert spec.kind is Kind.CHOICE
    return spec.choices.index(word)


# -- click -------------------------------------------------------------------------------------------------------------


CLICK = {"/click/on": 1.0, "/click/main": 1.0, "/click/tempo": 97.0, "/click/level": -6.0, "/main/limiter/on": 0.0}


@pytest.mark.parametrize("position", [0, 100_000, 1_234_567])
def test_the_click_stands_where_the_bars_of_the_timeline_are(tmp_path: Path, position: int) -> None:
    silence = written(tmp_path / "silence.wav", np.zeros(3 * RATE_HZ, np.float32))
    wanted = order(tmp_path, [silence], saved(tmp_path / "session", CLICK))
    render(replace(wanted, has_click=True, position=position))
    sound = heard(tmp_path / "mix.wav")[0]
    clicks = Click(RATE_HZ)
    clicks.set(97.0, 4, 1, 4.0)
    shape = clicks.run(position, len(sound))
    assert np.flatnonzero(sound)[0] == np.flatnonzero(shape)[0]
    assert np.corrcoef(sound, shape)[0, 1] > 0.999999
    onsets = [clicks.onset(n) - position for n in range(5_000)]
    assert [at for at in onsets if 0 <= at < len(sound) and sound[at : at + 10].any()] == [
        at for at in onsets if 0 <= at < len(sound)
    ]


@pytest.mark.parametrize("more", [{}, {"/click/free": 1.0}])
def test_the_click_is_silent_unless_it_is_asked_for(tmp_path: Path, more: dict[str, float]) -> None:
    silence = written(tmp_path / "silence.wav", np.zeros(RATE_HZ, np.float32))
    done = render(order(tmp_path, [silence], saved(tmp_path / "session", CLICK | more)))
    assert not heard(done.files[0]).any()
    assert done.warnings == ("main is silent: see its fader and mute, and those of the strips",)


def test_a_click_that_is_off_in_the_session_is_told(tmp_path: Path) -> None:
    file = written(tmp_path / "1.wav", noise(100, 1))
    done = render(replace(order(tmp_path, [file], saved(tmp_path / "session", {})), has_click=True))
    assert done.warnings == ("the click is off in this session",)


@pytest.mark.parametrize(("tail_s", "frames"), [(0.07, 3360), (0.1, 4800), (1e-6, 0), (2 / 3, 32_000)])
def test_a_tail_is_the_nearest_number_of_frames(tmp_path: Path, tail_s: float, frames: int) -> None:
    wanted = order(tmp_path, [written(tmp_path / "1.wav", noise(100, 1))])
    assert render(replace(wanted, tail_s=tail_s)).frames == 100 + frames


def test_a_click_that_runs_free_has_not_run_before(tmp_path: Path) -> None:
    silence = written(tmp_path / "silence.wav", np.zeros(RATE_HZ, np.float32))
    late = {"/click/free": 1.0, "/strip/1/gate/on": 1.0, "/main/delay/on": 1.0, "/main/delay": 500.0}
    wanted = order(tmp_path, [silence], saved(tmp_path / "session", CLICK | late))
    render(replace(wanted, has_click=True))
    sound = heard(wanted.output)
    assert not sound[:, : RATE_HZ // 2].any()  # what sounded before frame 0 would come out of the delay here
    assert sound[:, RATE_HZ // 2 : RATE_HZ // 2 + 100].any()


# -- what is told ------------------------------------------------------------------------------------------------------


def test_what_is_over_full_scale_is_counted_cut_and_kept_by_32_bits(tmp_path: Path) -> None:
    hot = {"/main/limiter/on": 0.0, "/strip/1/fader": 10.0, "/strip/1/pan": -1.0}
    files = [written(tmp_path / "1.wav", noise(LONG, 1))]
    wanted = order(tmp_path, files, saved(tmp_path / "session", hot))
    kept = render(wanted)
    sound = heard(kept.files[0])
    over = int(np.count_nonzero((sound > 1 - 2.0**-23) | (sound < -1)))
    assert over > 1000
    assert not kept.warnings
    assert kept.loudness.sample_peak == pytest.approx(20 * math.log10(np.abs(sound).max()), abs=1e-4)
    for bits in (16, 24):
        cut = render(replace(wanted, bits=bits, output=tmp_path / f"{bits}.wav"))
        steps = heard(cut.files[0]) * 2.0 ** (bits - 1)
        assert (steps.min(), steps.max()) == (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
        (warning,) = cut.warnings
        assert warning.endswith("samples over full scale were cut; 32 bits keep them")
        counted = int(warning.split()[1])
        assert counted == over if bits == 24 else counted == pytest.approx(over, rel=0.01)


def test_the_limiter_holds_the_true_peak_of_the_file(tmp_path: Path) -> None:
    hot = {"/strip/1/fader": 10.0, "/main/limiter/ceiling": -1.0}
    wanted = order(tmp_path, [written(tmp_path / "1.wav", noise(LONG, 1, 1.0))], saved(tmp_path / "session", hot))
    done = render(replace(wanted, bits=24))
    assert not done.warnings
    assert -3.0 < measure_loudness(done.files[0]).true_peak < -0.9
    assert done.loudness.true_peak == pytest.approx(measure_loudness(done.files[0]).true_peak, abs=0.01)


def test_the_loudness_is_that_of_the_file(tmp_path: Path) -> None:
    done = render(order(tmp_path, [written(tmp_path / "1.wav", noise(3 * RATE_HZ, 1))]))
    measured = measure_loudness(done.files[0])
    assert done.loudness.integrated == measured.integrated > -30.0
    assert done.loudness.lra == measured.lra


def test_what_is_no_number_is_silent_and_counted(tmp_path: Path) -> None:
    row = noise(1000, 1)[0]
    row[[10, 20]] = np.nan, np.inf
    done = render(order(tmp_path, [written(tmp_path / "1.wav", row)]))
    assert done.warnings == ("2 samples were no numbers or beyond all measure; they are silent",)
    assert np.isfinite(heard(done.files[0])).all()


def test_progress_grows_to_the_whole(tmp_path: Path) -> None:
    told: list[float] = []
    render(order(tmp_path, [written(tmp_path / "1.wav", noise(100_000, 1))]), told.append)
    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_long_render_takes_the_memory_of_a_piece(tmp_path: Path) -> None:
    wanted = order(tmp_path, [written(tmp_path / "1.wav", np.zeros(2_000_000, np.float32), "PCM_24")])
    render(wanted)  # what is imported and compiled at first stays
    tracemalloc.start()
    render(replace(wanted, may_replace=True))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < wanted.output.stat().st_size / 4
