"""Nothing that is moved clicks: every gain walks, every filter sweeps, every delay and every source is faded."""

import math
import re

import numpy as np
import pytest

from studiod.model.console import console_parameters
from tests.fakes.desk_rig import Rig, layout
from tests.golden.moves import CYCLE, INPUTS, RAMP_FRAMES, TONE_HZ, ToneDesk, no_tone, steered, ways
from tests.golden.reference import RATE_HZ, Float64Array
from tests.golden.stand import OUTPUTS

TABLE = {spec.address: spec for spec in steered(console_parameters(layout(4, 4, 2, INPUTS, OUTPUTS)))}
BALLISTICS = r".*/(attack|hold|release)"
NO_TONE = {
    r"/loudness/.*": "measures, and is not heard",
    r".*/trimmed/arm": "records, and is not heard",
    r"/click/.*": "is no tone: test_a_click_is_turned_up_and_down_without_a_step, and test_click for its beats",
    r"/oscillator/(shape|freq)": "is another tone: test_generators",
    r".*/send/[24]/pan": "of a pair the odd bus's send says it for both",
    BALLISTICS: "has no level of its own, only the way to one: test_new_ballistics_bend_a_gain_without_a_step",
}
GAIN_LIMIT = 3.0 / RAMP_FRAMES
"""The longest walk is from one polarity to the other, and then the gain of the sample before still counts."""
FILTER_LIMIT = 40.0 / RAMP_FRAMES
"""A filter that crosses the tone from end to end in 10 ms lets it swing, and is on its way quicker at first."""
FILTERS = r".*/(eq|hpf|key)(/.*)?"


def limit(address: str) -> float:
    """Largest share of the sound that a move may add to it in any sample."""
    return FILTER_LIMIT if re.fullmatch(FILTERS, address) else GAIN_LIMIT


def are_moved_amid_a_tone() -> list[str]:
    return [address for address in TABLE if not any(re.fullmatch(pattern, address) for pattern in NO_TONE)]


@pytest.mark.parametrize("address", are_moved_amid_a_tone())
def test_no_move_makes_a_click_and_a_jump_would(address: str) -> None:
    a_jump_is_found = False
    with ToneDesk.for_move(address) as desk:
        for one, other in ways(TABLE[address]):
            moved = desk.to_and_fro(address, one, other)
            worst = int(moved.click.argmax())
            said = (
                f"{address} between {one:g} and {other:g}, output {worst}: {moved.click[worst] * RAMP_FRAMES:.1f} ramps"
            )
            assert moved.click[worst] <= limit(address), said
            a_jump_is_found = a_jump_is_found or bool((moved.jump > limit(address)).any())
    assert a_jump_is_found


@pytest.mark.parametrize("address", are_moved_amid_a_tone())
def test_what_is_moved_again_before_it_has_arrived_makes_no_click(address: str) -> None:
    one, other = ways(TABLE[address])[0]
    with ToneDesk.for_move(address) as desk:
        assert desk.flutter(address, one, other).max() <= limit(address)


@pytest.mark.parametrize("address", [address for address in TABLE if re.fullmatch(BALLISTICS, address)])
def test_new_ballistics_bend_a_gain_without_a_step(address: str) -> None:
    """Not to their shortest: who sets 0 ms asks for steps."""
    threshold = re.sub(r"\w+$", "threshold", address)
    spec = TABLE[address]
    with ToneDesk.for_move(address) as desk:
        for value in (spec.from_travel(0.5), spec.high, spec.from_travel(0.5)):
            for level_db in (-60.0, 0.0):
                desk.move(threshold, level_db)
                desk.play(10)
                desk.move(address, value, CYCLE // 4)  # amid the walk to another reduction
                heard = desk.play(100)
                assert (no_tone(heard) <= GAIN_LIMIT * np.abs(heard).max(axis=1) + 1e-5).all()


CUTS = {
    "/strip/1/mute": 1.0,
    "/strip/1/fader": -math.inf,
    "/strip/1/pan": 1.0,
    "/strip/1/main/on": 0.0,
    "/strip/2/solo": 1.0,
    "/vca/1/mute": 1.0,
    "/mutegroup/1/on": 1.0,
    "/main/mute": 1.0,
    "/main/fader": -math.inf,
}
SPLATTER_HZ = 5000
SPLATTER_LIMIT_DB = -90.0


def blackman_harris(frames: int) -> Float64Array:
    """The four-term window with side lobes of -92 dB (Harris 1978)."""
    angle = math.tau * np.arange(frames) / frames
    terms = (0.35875, -0.48829, 0.14128, -0.01168)
    return np.asarray(sum(share * np.cos(order * angle) for order, share in enumerate(terms)), np.float64)


def at_frequency(sound: Float64Array, frequency_hz: float) -> float:
    """Magnitude of `sound` (shape (frames,)) there, under the window."""
    turn = np.exp(-1j * math.tau * frequency_hz / RATE_HZ * np.arange(len(sound)))
    return float(np.abs((sound * blackman_harris(len(sound)) * turn).sum()))


@pytest.mark.parametrize("address", CUTS)
def test_a_tone_that_is_cut_has_no_step_and_no_splatter(address: str) -> None:
    settings = {
        "/main/limiter/on": 0.0,
        "/strip/1/pan": -1.0,
        "/strip/2/main/on": 0.0,
        "/strip/3/main/on": 0.0,
        "/strip/4/main/on": 0.0,
        "/solo/mode": 2.0,
        "/strip/1/vca/1": 1.0,
        "/strip/1/mutegroup/1": 1.0,
    }
    with ToneDesk(settings) as desk:
        before = desk.play(100)[0, 2:]
        desk.move(address, CUTS[address], CYCLE // 4)
        heard = desk.play(100)[0]
    peak = np.abs(before).max()
    steepest_tone = 2.0 * math.sin(math.pi / CYCLE) * peak
    assert np.abs(np.diff(heard)).max() <= steepest_tone + peak / RAMP_FRAMES
    around = np.concatenate([before, heard[2:]])[len(before) - 2048 + RAMP_FRAMES :][:4096]
    tone = at_frequency(before[-4096:], TONE_HZ)
    assert 20 * math.log10(at_frequency(around, SPLATTER_HZ) / tone) < SPLATTER_LIMIT_DB
    jumped = np.concatenate([before[-2048 - CYCLE // 4 * 3 :][:2048], np.zeros(2048)])
    assert 20 * math.log10(at_frequency(jumped, SPLATTER_HZ) / tone) > SPLATTER_LIMIT_DB + 20  # such a test can fail


def test_a_mute_is_silent_after_its_ramp_and_not_before() -> None:
    with Rig.make(1, 1, outputs=4) as rig:
        rig.set("/main/limiter/on", 0.0)
        rig.set("/strip/1/send/1/level", 0.0)
        rig.render(np.full((1, 480), 0.5, np.float32))
        rig.set("/strip/1/mute", 1.0)
        bus = rig.render(np.full((1, 2000), 0.5, np.float32))[2]
    assert (np.diff(bus[: RAMP_FRAMES - 1]) < 0.0).all()
    assert bus[RAMP_FRAMES - 5] > 0.0
    assert (bus[RAMP_FRAMES + 1 :] == 0.0).all()


TURNED = {
    "/click/level": (-20.0, 0.0),
    "/click/main": (0.0, 1.0),
    "/click/bus/1": (1.0, 0.0),
    "/click/on": (1.0, 0.0),
}


@pytest.mark.parametrize("address", TURNED)
def test_a_click_is_turned_up_and_down_without_a_step(address: str) -> None:
    one, other = TURNED[address]
    base = {"/click/free": 1, "/click/main": 1, "/click/bus/1": 1, "/click/tempo": 300, "/click/subdivision": 3}
    silence = np.zeros((1, RATE_HZ), np.float32)

    def played(first: float, then: float) -> Float64Array:
        with Rig.make(1, 1, outputs=4) as rig:
            for name, value in (base | {"/click/on": 1, "/main/limiter/on": 0, address: first}).items():
                rig.set(name, value)
            _ = rig.engine
            rig.set(address, then, at_frame=RATE_HZ // 2 + 31)
            return rig.render(silence).astype(np.float64)

    heard, before, after = played(one, other), played(one, one), played(other, other)
    way = after - before
    sounds = np.abs(way) > 0.05 * np.abs(way).max()
    assert sounds.any()
    for output in np.flatnonzero(sounds.any(axis=1)):
        frames = np.flatnonzero(sounds[output])
        gone = (heard[output] - before[output])[frames] / way[output][frames]  # 0 before, 1 after
        assert gone[0] == pytest.approx(0.0, abs=1e-6)
        assert gone[-1] == pytest.approx(1.0, abs=1e-5)
        assert (np.abs(np.diff(gone)) <= np.diff(frames) / RAMP_FRAMES + 1e-4).all()
