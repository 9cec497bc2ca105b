"""Who is heard where: groups, buses, matrices, sources, direct outs, solo, links. Levels exact, sums bit for bit."""

import itertools
import math
from collections.abc import Mapping

import numpy as np
import pytest

from studiod.link import Operation
from tests.fakes.desk_rig import MONITOR_OUTPUTS, MONO_OUTPUT, Rig
from tests.golden.reference import RATE_HZ, Float64Array, gain
from tests.golden.stand import OUTPUTS, Settings, in_step, put
from tests.unit.engine.playing import Tape

STRIPS, BUSES, MATRICES = 4, 6, 4
FRAMES = 600
NOISE = np.random.default_rng(11).uniform(-0.1, 0.1, (STRIPS, FRAMES)).astype(np.float32)
LEFT, RIGHT = 0, 1
MONITOR_L, MONITOR_R = MONITOR_OUTPUTS
HALF_POWER = math.sqrt(0.5)
OFF_MAIN = {f"/strip/{strip}/main/on": 0.0 for strip in range(1, STRIPS + 1)} | {"/main/limiter/on": 0.0}


def bus(number: int) -> int:
    """Output of bus `number`, counted from 1."""
    return 1 + number


def matrix(number: int) -> int:
    """Output of matrix `number`, counted from 1."""
    return 17 + number


def desk() -> Rig:
    return Rig.make(STRIPS, BUSES, matrices=MATRICES, outputs=OUTPUTS, ring_s=0.5)


def heard(settings: Settings, then: Mapping[str, float] | None = None) -> Float64Array:
    """What every output plays of NOISE, main in step with the others, once all has come to rest.

    No strip is on main unless `settings` say so. then: what is moved after that, and has come to rest, too.
    """
    with desk() as rig:
        put(rig, OFF_MAIN)
        put(rig, settings)
        silence = np.zeros((STRIPS, 1000), np.float32)
        rig.render(silence)
        put(rig, then or {})
        rig.render(silence)
        return in_step(rig, NOISE)


def assert_plays(sound: Float64Array, expected: Float64Array, *, by: float = 1e-7) -> None:
    np.testing.assert_allclose(sound, expected, rtol=0.0, atol=by * 0.1)


@pytest.mark.parametrize("kind", ["strip", "bus", "matrix"])
def test_vcas_add_to_the_fader_in_db(kind: str) -> None:
    way = {"/strip/1/send/1/level": 0.0, "/bus/1/matrix/1/level": 0.0}
    vcas = {"/vca/1/fader": -4.5, "/vca/2/fader": 3.25, "/vca/3/fader": -30.0}
    follows = {f"/{kind}/1/fader": -6.0, f"/{kind}/1/vca/1": 1.0, f"/{kind}/1/vca/2": 1.0}
    assert_plays(heard(way | vcas | follows)[matrix(1)], NOISE[0] * gain(-6.0 - 4.5 + 3.25))
    assert_plays(heard(way | follows, vcas)[matrix(1)], NOISE[0] * gain(-6.0 - 4.5 + 3.25))
    assert_plays(heard(way | vcas | follows, {f"/{kind}/1/vca/2": 0.0})[matrix(1)], NOISE[0] * gain(-6.0 - 4.5))


@pytest.mark.parametrize(
    ("member", "switch"), [("vca/4", "/vca/4/mute"), ("vca/5", "/vca/5/fader"), ("mutegroup/6", "/mutegroup/6/on")]
)
@pytest.mark.parametrize("kind", ["strip", "bus", "matrix"])
def test_a_group_that_is_muted_silences_its_members_and_nobody_else(kind: str, member: str, switch: str) -> None:
    way = {f"/{of}/{number}/level": 0.0 for number in (1, 2) for of in (f"strip/{number}/send", f"bus/{number}/matrix")}
    muted = {switch: -math.inf if switch.endswith("fader") else 1.0}
    off = {switch: 0.0}
    sound = heard(way | {f"/{kind}/1/{member}": 1.0}, muted)
    assert (sound[matrix(1)] == 0.0).all()
    assert_plays(sound[matrix(2)], NOISE[1])
    assert_plays(heard(way | {f"/{kind}/1/{member}": 1.0} | muted, off)[matrix(1)], NOISE[0])


def test_a_member_of_two_mute_groups_is_silent_until_both_are_off() -> None:
    way = {"/strip/1/send/1/level": 0.0, "/strip/1/send/2/level": 0.0, "/strip/1/send/2/tap": 1.0}
    member = way | {"/strip/1/mutegroup/1": 1.0, "/strip/1/mutegroup/2": 1.0}
    both = member | {"/mutegroup/1/on": 1.0, "/mutegroup/2/on": 1.0}
    assert not heard(both, {"/mutegroup/1/on": 0.0}).any()  # before the fader, too
    assert_plays(heard(both, {"/mutegroup/1/on": 0.0, "/mutegroup/2/on": 0.0})[bus(2)], NOISE[0])


def test_mute_fx_silences_buses_of_that_role_only() -> None:
    roles = {"/bus/1/role": 2.0, "/bus/2/role": 1.0, "/bus/3/role": 0.0}
    way = {f"/strip/1/send/{number}/level": 0.0 for number in (1, 2, 3)}
    sound = heard(way | roles, {"/mute/fx": 1.0})
    assert not sound[bus(1)].any()
    assert_plays(sound[bus(2)], NOISE[0])
    assert_plays(sound[bus(3)], NOISE[0])


@pytest.mark.parametrize("chain", [(1, 2, 3, 4, 5, 6), (6, 5, 4, 3, 2, 1), (3, 6, 1, 5, 2, 4)])
def test_buses_feed_buses_in_any_order_and_within_the_same_frame(chain: tuple[int, ...]) -> None:
    settings = {f"/strip/1/send/{chain[0]}/level": 0.0, f"/bus/{chain[-1]}/main/on": 1.0}
    settings |= {f"/bus/{one}/send/{other}/level": -1.0 for one, other in itertools.pairwise(chain)}
    sound = heard(settings | {f"/bus/{chain[-1]}/pan": -1.0})
    for place, number in enumerate(chain):
        assert_plays(sound[bus(number)], NOISE[0] * gain(-place), by=1e-6)
    assert_plays(sound[LEFT], NOISE[0] * gain(-5), by=1e-6)
    assert not sound[RIGHT].any()


def test_a_bus_that_several_feed_is_the_sum_of_all() -> None:
    settings = {"/strip/1/send/3/level": 0.0, "/strip/2/send/1/level": 0.0, "/strip/3/send/5/level": 0.0}
    settings |= {"/bus/1/send/3/level": -6.0, "/bus/5/send/3/level": 0.0, "/bus/5/send/3/on": 1.0}
    expected = NOISE[0] + NOISE[1] * gain(-6.0) + NOISE[2]
    assert_plays(heard(settings)[bus(3)], expected, by=3e-7)
    assert_plays(heard(settings, {"/bus/5/send/3/on": 0.0})[bus(3)], NOISE[0] + NOISE[1] * gain(-6.0), by=3e-7)


@pytest.mark.parametrize(("tap", "expected_db"), [(0, 4.0 - 6.0), (1, 4.0), (2, 0.0)])
def test_a_send_of_a_bus_is_taken_where_its_tap_says(tap: int, expected_db: float) -> None:
    makes_up = {"/bus/1/comp/on": 1.0, "/bus/1/comp/ratio": 1.0, "/bus/1/comp/makeup": 4.0, "/bus/1/fader": -6.0}
    way = {"/strip/1/send/1/level": 0.0, "/bus/1/send/2/level": 0.0, "/bus/1/send/2/tap": float(tap)}
    assert_plays(heard(way | makes_up)[bus(2)], NOISE[0] * gain(expected_db), by=2e-6)


@pytest.mark.parametrize(("tap", "expected_db"), [(0, 4.0 - 6.0), (1, 4.0), (2, 0.0)])
@pytest.mark.parametrize("way", ["send", "direct"])
def test_sends_and_direct_outs_of_a_strip_are_taken_where_their_taps_say(
    way: str, tap: int, expected_db: float
) -> None:
    makes_up = {"/strip/2/comp/on": 1.0, "/strip/2/comp/ratio": 1.0, "/strip/2/comp/makeup": 4.0, "/strip/2/fader": -6}
    send = {"/strip/2/send/2/level": 0.0, "/strip/2/send/2/tap": float(tap)}
    direct = {"/strip/2/direct/output": 31.0, "/strip/2/direct/tap": float(tap)}
    sound = heard(makes_up | (send if way == "send" else direct))
    assert_plays(sound[bus(2) if way == "send" else 30], NOISE[1] * gain(expected_db), by=2e-6)


def test_two_direct_outs_on_one_output_are_added_and_a_mute_leaves_the_one_before_the_fader() -> None:
    settings = {"/strip/1/direct/output": 31.0, "/strip/2/direct/output": 31.0, "/strip/2/direct/tap": 0.0}
    assert_plays(heard(settings)[30], NOISE[0] + NOISE[1])
    assert_plays(heard(settings, {"/strip/1/mute": 1.0, "/strip/2/mute": 1.0})[30], NOISE[0].astype(np.float64))


def test_matrices_are_fed_by_buses_main_and_mono_in_the_same_frame() -> None:
    settings = {"/strip/1/send/1/level": 0.0, "/strip/2/main/on": 1.0, "/strip/2/pan": -1.0, "/strip/3/mono/on": 1.0}
    settings |= {"/bus/1/matrix/1/level": 0.0, "/main/matrix/1/level": -3.0, "/mono/matrix/1/level": -6.0}
    sound = heard(settings | {"/main/limiter/on": 1.0})
    expected = NOISE[0] + NOISE[1] * gain(-3.0) + NOISE[2] * gain(-6.0)
    assert_plays(sound[matrix(1)], expected, by=3e-7)  # main before its limiter looks ahead
    assert_plays(heard(settings, {"/main/matrix/1/on": 0.0, "/mono/matrix/1/on": 0.0})[matrix(1)], 1.0 * NOISE[0])


def test_left_and_right_of_main_go_to_the_sides_of_a_pair_of_matrices_and_both_to_one_alone() -> None:
    settings = {"/strip/1/main/on": 1.0, "/strip/1/pan": -1.0, "/strip/2/main/on": 1.0, "/strip/2/pan": 1.0}
    settings |= {"/main/matrix/1/level": 0.0, "/main/matrix/2/level": 0.0, "/main/matrix/3/level": 0.0}
    sound = heard(settings | {"/matrix/1/link": 1.0})
    assert_plays(sound[matrix(1)], 1.0 * NOISE[0])
    assert_plays(sound[matrix(2)], 1.0 * NOISE[1])
    assert_plays(sound[matrix(3)], 1.0 * NOISE[0] + NOISE[1])


def test_mono_hears_who_is_on_it_whatever_the_pan() -> None:
    settings = {"/strip/1/mono/on": 1.0, "/strip/1/pan": 0.9, "/strip/2/send/1/level": 0.0, "/bus/1/mono/on": 1.0}
    sound = heard(settings | {"/mono/fader": -2.0, "/strip/1/fader": -3.0})
    assert_plays(sound[MONO_OUTPUT], (NOISE[0] * gain(-3.0) + NOISE[1]) * gain(-2.0), by=3e-7)
    assert not sound[[LEFT, RIGHT]].any()


def test_a_strip_returns_a_bus_within_the_same_frame() -> None:
    settings = {"/strip/1/source": 3.0 + 5, "/strip/1/send/2/level": -2.0, "/strip/3/send/6/level": 0.0}
    sound = heard(settings | {"/bus/2/send/1/level": 0.0})
    assert_plays(sound[bus(6)], 1.0 * NOISE[2])
    assert_plays(sound[bus(1)], NOISE[2] * gain(-2.0))


def test_a_strip_plays_oscillator_or_click_while_they_are_on_and_its_input_again() -> None:
    way = {"/strip/1/send/1/level": 0.0, "/strip/2/send/2/level": 0.0, "/strip/1/source": 1.0, "/strip/2/source": 2.0}
    own = {"/oscillator/on": 1.0, "/oscillator/level": -6.0, "/click/on": 1.0, "/click/free": 1.0, "/click/tempo": 300}
    settings = way | own | {"/oscillator/freq": 4800.0}
    sound = heard(settings)
    assert np.abs(sound[bus(1)]).max() == pytest.approx(gain(-6.0) * math.sin(math.tau * 3 / 10), rel=0.06)
    assert not heard(way)[[bus(1), bus(2)]].any()
    with desk() as rig:
        put(rig, OFF_MAIN | settings)
        clicks = rig.render(np.zeros((STRIPS, RATE_HZ // 2), np.float32))[bus(2)]
        assert np.abs(clicks).max() > 0.05
    back = heard(settings, {"/strip/1/source": 0.0, "/strip/2/source": 0.0})
    assert_plays(back[bus(1)], 1.0 * NOISE[0])
    assert_plays(back[bus(2)], 1.0 * NOISE[1])


def test_a_strip_that_rolls_plays_its_tape_through_the_whole_chain() -> None:
    with desk() as rig:
        put(rig, OFF_MAIN | {"/strip/2/trim": 6.0, "/strip/2/polarity": 1.0, "/strip/2/send/1/level": 0.0})
        rig.render(np.zeros((STRIPS, 1000), np.float32))
        Tape(rig).cue({1: np.concatenate([np.zeros(1000, np.float32), NOISE[3]])})
        rig.ask(Operation.PLAY)
        sound = rig.render(np.tile(NOISE, 3)[:, : 1000 + FRAMES])[bus(1)].astype(np.float64)
        assert_plays(sound[1000:], NOISE[3] * -gain(6.0), by=3e-7)


SOLO = {"/strip/1/main/on": 1, "/strip/2/main/on": 1, "/strip/1/fader": -6, "/strip/1/pan": -1, "/strip/1/solo": 1}


@pytest.mark.parametrize(("mode", "left", "right"), [(0, 1.0, 1.0), (1, gain(-6.0), 0.0)])
def test_a_solo_is_heard_in_the_monitor_before_or_after_the_fader_and_leaves_main(
    mode: int, left: float, right: float
) -> None:
    sound = heard(SOLO | {"/solo/mode": float(mode), "/solo/level": -3.0})
    assert_plays(sound[MONITOR_L], NOISE[0] * left * gain(-3.0), by=3e-7)
    assert_plays(sound[MONITOR_R], NOISE[0] * right * gain(-3.0), by=3e-7)
    assert_plays(sound[LEFT], NOISE[0] * gain(-6.0) + NOISE[1] * HALF_POWER, by=3e-7)
    afterwards = heard(SOLO | {"/solo/mode": float(mode)}, {"/strip/1/solo": 0.0})
    late = FRAMES - 200  # the monitor plays main as late as main is
    assert np.abs(afterwards[MONITOR_R, -late:]).max() > 0.0


def test_solo_in_place_takes_all_but_the_soloed_and_the_safe_from_main() -> None:
    more = {"/strip/3/main/on": 1.0, "/strip/3/solo/safe": 1.0, "/strip/2/send/1/level": 0.0, "/solo/mode": 2.0}
    sound = heard(SOLO | more)
    assert_plays(sound[LEFT], NOISE[0] * gain(-6.0) + NOISE[2] * HALF_POWER, by=3e-7)
    assert_plays(sound[bus(1)], 1.0 * NOISE[1])  # a musician's mix stays
    group = heard(SOLO | more | {"/bus/1/main/on": 1.0})
    assert_plays(group[LEFT], NOISE[0] * gain(-6.0) + NOISE[2] * HALF_POWER, by=3e-7)  # but not by a detour to main


def test_a_soloed_bus_in_place_is_heard_with_what_feeds_it() -> None:
    settings = {"/strip/1/main/on": 1.0, "/strip/2/send/1/level": 0.0, "/bus/1/main/on": 1.0, "/bus/1/pan": -1.0}
    sound = heard(settings | {"/solo/mode": 2.0, "/bus/1/solo": 1.0})
    assert_plays(sound[LEFT], 1.0 * NOISE[1])
    assert not sound[RIGHT].any()


@pytest.mark.parametrize(("place", "left", "right"), [(0.0, 1.0, 1.0), (-0.5, 1.0, 0.5), (1.0, 0.0, 1.0)])
def test_a_linked_pair_is_left_and_right_and_its_pan_is_the_balance(place: float, left: float, right: float) -> None:
    settings = {"/strip/1/main/on": 1.0, "/strip/2/main/on": 1.0, "/strip/1/pan": place, "/strip/2/pan": place}
    sound = heard(settings | {"/strip/1/link": 1.0})
    assert_plays(sound[LEFT], NOISE[0] * left)
    assert_plays(sound[RIGHT], NOISE[1] * right)


def test_the_compressors_of_a_linked_pair_turn_both_down_alike() -> None:
    comp = {"on": 1, "threshold": -60, "ratio": 100, "knee": 0, "attack": 0, "release": 4000, "hold": 2000}
    settings = {f"/strip/{strip}/comp/{word}": value for strip in (1, 2) for word, value in comp.items()}
    with desk() as rig:
        put(rig, OFF_MAIN | settings | {"/strip/1/link": 1.0, "/strip/1/send/1/level": 0, "/strip/2/send/2/level": 0})
        loud = np.zeros((STRIPS, 4800), np.float32)
        loud[0], loud[1] = 0.5, 0.001
        sound = rig.render(loud).astype(np.float64)[:, -100:]
    assert sound[bus(1)] == pytest.approx(gain(-60.0), rel=0.1)
    assert sound[bus(2)] / 0.001 == pytest.approx(sound[bus(1)] / 0.5, rel=1e-5)


@pytest.mark.parametrize(("place", "left", "right"), [(0.0, HALF_POWER, HALF_POWER), (-1.0, 1.0, 0.0), (1.0, 0.0, 1.0)])
def test_a_send_into_a_pair_of_buses_is_panned_by_the_odd_one(place: float, left: float, right: float) -> None:
    settings = {"/bus/3/link": 1.0, "/strip/1/send/3/level": -1.0, "/strip/1/send/3/pan": place}
    sound = heard(settings | {"/strip/1/send/4/level": -20.0, "/strip/1/send/4/pan": 0.3})
    assert_plays(sound[bus(3)], NOISE[0] * left * gain(-1.0), by=2e-7)
    assert_plays(sound[bus(4)], NOISE[0] * right * gain(-1.0), by=2e-7)


def test_a_ring_of_buses_does_not_stop_the_rest() -> None:
    ring = {"/bus/1/send/2/level": 0.0, "/bus/2/send/3/level": 0.0, "/bus/3/send/1/level": 0.0}
    sound = heard(
        ring | {"/strip/1/send/1/level": 0.0, "/strip/2/main/on": 1, "/strip/2/pan": -1, "/strip/3/send/5/level": 0}
    )
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 0.31  # each hears at most all three once
    assert_plays(sound[LEFT], 1.0 * NOISE[1])
    assert_plays(sound[bus(5)], 1.0 * NOISE[2])
    opened = heard(ring | {"/strip/1/send/1/level": 0.0}, {"/bus/3/send/1/on": 0.0})
    for number in (1, 2, 3):
        assert_plays(opened[bus(number)], 1.0 * NOISE[0])
