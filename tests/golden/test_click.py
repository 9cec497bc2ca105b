"""The click: on the exact frame for a whole day, the same from wherever it is entered, and never cut off."""

import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from studiod.engine import Click

RATE_HZ = 48_000
BURST = RATE_HZ * 25 // 1000
RATES_HZ = [44_100, 48_000, 192_000]
TEMPI = ["20", "59.94", "59.940059", "97.003", "120", "133.7", "250", "400"]
DAY_S = 24 * 60 * 60
Samples = NDArray[np.float32]


def click(tempo_bpm: float = 120.0, beats: int = 4, subdivisions: int = 1, accent_db: float = 6.0) -> Click:
    made = Click(RATE_HZ)
    made.set(tempo_bpm, beats, subdivisions, accent_db)
    return made


def onset(n: int, tempo_bpm: str, subdivisions: int, rate_hz: int) -> int:
    """The definition, in exact fractions."""
    return math.floor(n * 60 * rate_hz / (Fraction(tempo_bpm) * subdivisions) + Fraction(1, 2))


def in_blocks(made: Click, start: int, end: int, blocks: int) -> Samples:
    return np.concatenate([made.run(at, min(blocks, end - at)) for at in range(start, end, blocks)])


@pytest.mark.parametrize("tempo_bpm", TEMPI)
@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("subdivisions", [1, 2, 3, 4])
def test_every_click_of_a_day_is_on_its_frame(tempo_bpm: str, rate_hz: int, subdivisions: int) -> None:
    made = Click(rate_hz)
    made.set(float(tempo_bpm), 4, subdivisions, 6.0)
    day = int(DAY_S / 60 * float(tempo_bpm) * subdivisions)
    anywhere = np.random.default_rng(day).integers(-day, day, 200).tolist()
    chosen = [*range(-20, 20), *anywhere, day - 1, day]
    assert [made.onset(n) for n in chosen] == [onset(n, tempo_bpm, subdivisions, rate_hz) for n in chosen]


@pytest.mark.parametrize("tempo_bpm", TEMPI)
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_click_is_heard_from_its_frame_on_and_not_before(tempo_bpm: str, rate_hz: int) -> None:
    made = Click(rate_hz)
    made.set(float(tempo_bpm), 3, 4, 6.0)
    day = int(DAY_S / 60 * float(tempo_bpm) * 4)
    for n in [-day, -7, -1, 0, 1, 2, 1001, day // 2 + 1, day]:
        at = onset(n, tempo_bpm, 4, rate_hz)
        heard = made.run(at - 100, 200)
        assert np.flatnonzero(heard)[0] == 100


def test_clicks_faster_than_their_sound_are_added_up() -> None:
    made = click(400.0, 4, 8, 0.0)
    heard = made.run(0, 2700)
    single = click(20.0, 4, 8, 0.0)
    bursts = {"first": single.run(0, BURST), "rest": single.run(onset(1, "20", 8, RATE_HZ), BURST)}
    expected = np.zeros(900 * 3 + BURST)
    expected[: BURST - 900] = bursts["rest"][900:]  # of the click before position 0
    for n in range(3):
        expected[900 * n : 900 * n + BURST] += bursts["rest" if n else "first"]
    np.testing.assert_allclose(heard, expected[:2700], atol=1e-7)


def kind_at(made: Click, position: int) -> str:
    """What sounds there, by its pitch and its level."""
    heard = made.run(position, BURST).astype(np.float64)
    pitch_hz = np.abs(np.fft.rfft(heard, RATE_HZ)).argmax()
    peak = round(float(np.abs(heard).max()), 3)
    names = {(2000, 0.499): "X", (1000, 0.25): "x", (750, 0.125): "."}
    near = min(names, key=lambda sound: abs(sound[0] - pitch_hz) / 1000 + abs(sound[1] - peak))
    assert abs(near[0] - pitch_hz) <= 60
    assert peak == near[1]
    return names[near]


@pytest.mark.parametrize(
    ("beats", "subdivisions", "bar"),
    [
        (1, 1, "X"),
        (3, 1, "Xxx"),
        (4, 1, "Xxxx"),
        (7, 1, "Xxxxxxx"),
        (3, 2, "X.x.x."),
        (4, 3, "X..x..x..x.."),
        (4, 4, "X...x...x...x..."),
    ],
)
def test_the_first_beat_of_a_bar_stands_out_and_subdivisions_stand_back(
    beats: int, subdivisions: int, bar: str
) -> None:
    made = click(133.7, beats, subdivisions)
    count = len(bar)
    heard = "".join(kind_at(made, made.onset(n)) for n in range(-count, 2 * count))
    assert heard == bar * 3


@pytest.mark.parametrize("blocks", [1, 63, 64, 65, 480, 1024])
def test_blocks_of_any_size_give_the_same_bits_across_position_zero(blocks: int) -> None:
    start, end = -30_000, 30_000
    whole = click(133.7, 3, 4).run(start, end - start)
    assert in_blocks(click(133.7, 3, 4), start, end, blocks).tobytes() == whole.tobytes()


def test_wherever_it_is_entered_it_goes_on_as_if_it_had_always_been_there() -> None:
    start, end = -100_000, 400_000
    whole = click(97.003, 7, 2).run(start, end - start)
    made = click(97.003, 7, 2)
    chance = np.random.default_rng(3)
    for at, frames in chance.integers((start, 1), (end - 2000, 2000), (300, 2)).tolist():
        np.testing.assert_array_equal(made.run(at, frames), whole[at - start : at - start + frames])


@pytest.mark.parametrize("index", [-5, 0, 3, 100_001])
def test_a_locate_into_the_middle_of_a_click_continues_it(index: int) -> None:
    made = click(133.7)
    at = made.onset(index)
    whole = click(133.7).run(at, BURST)
    made.run(7777, 64)
    middle = made.run(at + 300, BURST - 300)
    assert np.abs(middle).max() > 0.01
    np.testing.assert_array_equal(middle, whole[300:])


def test_at_rest_it_is_silent() -> None:
    assert not click().run(0, RATE_HZ, rolling=False).any()


@pytest.mark.parametrize("blocks", [1, 64, 2000])
def test_a_click_under_way_when_the_transport_stops_rings_to_its_end(blocks: int) -> None:
    made = click()
    heard = [made.run(0, 200)]
    heard += [made.run(200, blocks, rolling=False) for _ in range(0, RATE_HZ, blocks)]
    whole = click().run(0, BURST)
    rung = np.concatenate(heard)
    np.testing.assert_array_equal(rung[:BURST], whole)
    assert not rung[BURST:].any()


def test_no_click_begins_after_the_stop() -> None:
    made = click()
    made.run(0, RATE_HZ // 2 - 10)
    assert not made.run(RATE_HZ // 2 - 10, 1000, rolling=False).any()


def test_a_start_while_the_last_click_rings_adds_to_it() -> None:
    made = click()
    made.run(0, 200)
    made.run(200, 100, rolling=False)
    after = made.run(RATE_HZ // 2 - 50, 2000)
    rest, fresh = click().run(0, BURST)[300:], click().run(RATE_HZ // 2 - 50, 2000)
    fresh[: len(rest)] += rest
    np.testing.assert_allclose(after, fresh, atol=1e-7)


def test_a_new_setting_leaves_the_click_under_way_and_holds_from_there_on() -> None:
    made = click(120.0, 4, 1)
    before = made.run(0, 300)
    made.set(133.7, 3, 2, 0.0)
    heard = np.concatenate([before, in_blocks(made, 300, 60_000, 64)])
    after = click(133.7, 3, 2, 0.0).run(0, 60_000)
    np.testing.assert_array_equal(heard[:BURST], click().run(0, BURST))
    np.testing.assert_array_equal(heard[BURST:], after[BURST:])


def test_a_tempo_that_is_turned_all_the_time_cuts_no_click() -> None:
    made = click(100.0)
    heard = []
    for block in range(3000):
        made.set(100.0 + block % 500 / 10, 4, 1, 6.0)
        heard.append(made.run(block * 64, 64))
    burst = click().run(0, BURST)
    own = np.abs(np.diff(burst, prepend=np.float32(0.0))).max()
    turned = np.concatenate(heard)
    assert np.count_nonzero(turned) > 8 * BURST
    assert np.abs(np.diff(turned)).max() <= 1.5 * own  # one begins while another, long decayed, ends


def test_the_same_setting_said_again_changes_nothing() -> None:
    made = click(133.7)
    heard = []
    for at in range(0, 48_000, 64):
        made.set(133.7, 4, 1, 6.0)
        heard.append(made.run(at, 64))
    assert np.concatenate(heard).tobytes() == click(133.7).run(0, 48_000).tobytes()


@pytest.mark.parametrize("rate_hz", [8000, 44_100, 48_000, 96_000, 192_000])
def test_a_burst_rises_at_once_falls_to_nothing_and_stays_under_full_scale(rate_hz: int) -> None:
    made = Click(rate_hz)
    made.set(60.0, 4, 1, 12.0)
    heard = made.run(0, rate_hz // 2)
    length = math.ceil(0.025 * rate_hz)
    assert heard[0] != 0.0
    assert np.abs(heard).argmax() < 0.0005 * rate_hz
    assert 0.99 < np.abs(heard).max() <= 1.0
    assert np.abs(heard[length - rate_hz // 1000 : length]).max() < 0.001
    assert not heard[length:].any()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ((math.nan, 4, 1, 6.0), r"allowed 20\.\.400"),
        ((19.9, 4, 1, 6.0), r"allowed 20\.\.400"),
        ((math.inf, 4, 1, 6.0), r"allowed 20\.\.400"),
        ((120.0, 0, 1, 6.0), r"allowed 1\.\.32"),
        ((120.0, 33, 1, 6.0), r"allowed 1\.\.32"),
        ((120.0, 4, 0, 6.0), r"allowed 1\.\.8"),
        ((120.0, 4, 9, 6.0), r"allowed 1\.\.8"),
        ((120.0, 4, 1, -0.1), r"allowed 0\.\.12"),
        ((120.0, 4, 1, math.nan), r"allowed 0\.\.12"),
    ],
)
def test_what_is_no_metre_is_refused_and_changes_nothing(setting: tuple[float, int, int, float], message: str) -> None:
    made = Click(RATE_HZ)
    with pytest.raises(ValueError, match=message):
        made.set(*setting)
    np.testing.assert_array_equal(made.run(0, RATE_HZ), Click(RATE_HZ).run(0, RATE_HZ))


def test_a_position_beyond_all_songs_is_refused() -> None:
    with pytest.raises(ValueError, match="2\\^62"):
        click().run(1 << 62, 64)
    with pytest.raises(ValueError, match="either way"):
        click().onset(1 << 62)
