"""Every way through the desk takes as long as every other; what status says is what an impulse shows."""

from collections.abc import Mapping

import numpy as np
import pytest

from studiod.engine import ISAS
from tests.fakes.desk_rig import MONO_OUTPUT, Rig, Samples
from tests.golden.stand import OUTPUTS, put

STRIPS = 5
BLOCK = 64
OFF_MAIN = {f"/strip/{strip}/main/on": 0.0 for strip in range(1, STRIPS + 1)}
BUS, MATRIX = 2, 18
"""Outputs of bus 1 and of matrix 1."""
NOISE = np.random.default_rng(5).uniform(-0.1, 0.1, 4096).astype(np.float32)


def desk(settings: Mapping[str, float], *, isa: str | None = None, rate_hz: int = 48_000) -> Rig:
    rig = Rig.make(
        STRIPS, 2, matrices=1, inputs=16, outputs=OUTPUTS, block_frames=BLOCK, ring_s=0.5, isa=isa, rate_hz=rate_hz
    )
    put(rig, settings)
    return rig


def insert(strip: int, latency: int) -> dict[str, float]:
    """A device on output 27 + strip and input 8 + strip."""
    at = f"/strip/{strip}/insert"
    return {f"{at}/on": 1, f"{at}/output": 27 + strip, f"{at}/input": 8 + strip, f"{at}/latency": latency}


def played(rig: Rig, row: Samples, devices: Mapping[int, int]) -> Samples:
    """What all outputs play for `row` on every strip. devices: of strips, round trips; all in whole blocks."""
    wires = {strip: [np.zeros(BLOCK, np.float32)] * (frames // BLOCK) for strip, frames in devices.items()}
    heard = []
    for at in range(0, len(row), BLOCK):
        inputs = np.zeros((16, BLOCK), np.float32)
        inputs[:STRIPS] = row[at : at + BLOCK]
        for strip, wire in wires.items():
            inputs[7 + strip] = wire.pop(0)
        heard.append(rig.render(inputs))
        for strip, wire in wires.items():
            wire.append(heard[-1][26 + strip])
    return np.concatenate(heard, axis=1)


def impulse(frames: int = 4096, at: int = 2048) -> Samples:
    row = np.zeros(frames, np.float32)
    row[at] = 0.5
    return row


def arrives(sound: Samples, at: int = 2048) -> int:
    """Frames after `at` at which `sound` is not silent, and only there."""
    frames = np.flatnonzero(np.abs(sound[1024:]) > 1e-4) + 1024
    assert len(frames) == 1
    return int(frames[0]) - at


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("tap", [0, 1, 2])
def test_a_strip_through_hardware_nulls_against_one_without(isa: str, tap: int) -> None:
    """Strip 1 and 3 through devices that take 128 and 640 frames, each against one that is inverted."""
    devices = {1: 128, 3: 640}
    settings: dict[str, float] = {"/strip/2/polarity": 1, "/strip/4/polarity": 1, "/strip/5/main/on": 0}
    for strip in (1, 2, 3, 4):
        settings |= {f"/strip/{strip}/send/1/level": 0, f"/strip/{strip}/send/1/tap": tap}
    for strip, frames in devices.items():
        settings |= insert(strip, frames)
    with desk(settings, isa=isa) as rig:
        sound = played(rig, NOISE, devices)
        assert rig.block.snapshot().strip_latency == 640
        settled = sound[:, 2048:]
        assert np.abs(settled[27]).max() > 0.09  # the devices do get it
        assert (settled[[0, 1, BUS]] == 0.0).all()
    with desk(settings | {"/strip/3/insert/latency": 576}) as rig:  # a wrong word is heard: such a test can fail
        assert np.abs(played(rig, NOISE, devices)[:2, 2048:]).max() > 0.01


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("longest", [0, 64, 1024])
def test_what_status_says_is_what_an_impulse_shows(rate_hz: int, longest: int) -> None:
    settings = OFF_MAIN | {"/strip/1/main/on": 1, "/strip/2/send/1/level": 0, "/strip/3/mono/on": 1}
    settings |= {"/strip/4/send/2/level": 0, "/strip/4/send/2/tap": 2, "/main/matrix/1/level": 0}
    settings |= insert(5, longest) if longest else {}
    with desk(settings | {"/strip/2/direct/output": 24}, rate_hz=rate_hz) as rig:
        sound = played(rig, impulse(), {})
        told = rig.block.snapshot()
        assert told.strip_latency == longest
        ways = {"bus": BUS, "early": BUS + 1, "mono": MONO_OUTPUT, "matrix": MATRIX, "direct": 23}
        assert {way: arrives(sound[output]) for way, output in ways.items()} == dict.fromkeys(ways, longest)
        assert [arrives(sound[side]) for side in (0, 1)] == [longest + told.main_latency] * 2
        assert 0 < told.main_latency < rate_hz // 100


def test_a_limiter_that_is_off_takes_as_long() -> None:
    with desk({"/main/limiter/on": 0}) as off, desk({}) as on:
        assert arrives(played(off, impulse(), {})[0]) == arrives(played(on, impulse(), {})[0])


def test_an_insert_that_is_pulled_gives_the_time_back() -> None:
    with desk(insert(1, 256)) as rig:
        assert arrives(played(rig, impulse(), {1: 256})[0]) == 256 + rig.block.snapshot().main_latency
        rig.set("/strip/1/insert/on", 0.0)
        played(rig, np.zeros(4096, np.float32), {1: 256})
        assert rig.block.snapshot().strip_latency == 0
        assert arrives(played(rig, impulse(), {1: 256})[0]) == rig.block.snapshot().main_latency


@pytest.mark.parametrize(("kind", "output"), [("strip", BUS), ("bus", BUS), ("matrix", MATRIX), ("mono", MONO_OUTPUT)])
@pytest.mark.parametrize(("time_ms", "frames"), [(0.01, 0), (0.02, 1), (7.0, 336), (10.01, 480), (20.5, 984)])
def test_a_delay_is_exact_to_the_frame_and_changes_no_bit(kind: str, output: int, time_ms: float, frames: int) -> None:
    way = {"/strip/1/send/1/level": 0, "/bus/1/matrix/1/level": 0, "/strip/1/mono/on": 1}
    at = f"/{kind}" if kind == "mono" else f"/{kind}/1"
    with desk(OFF_MAIN | way | {f"{at}/delay/on": 1, f"{at}/delay": time_ms}) as rig:
        sound = played(rig, NOISE, {})[output]
    assert (sound[1500:] == NOISE[1500 - frames : len(NOISE) - frames]).all()


def test_the_delay_of_main_is_before_its_limiter() -> None:
    with desk({"/main/delay/on": 1, "/main/delay": 10.0, "/main/matrix/1/level": 0}) as rig:
        sound = played(rig, impulse(), {})
        assert arrives(sound[0]) == 480 + rig.block.snapshot().main_latency
        assert arrives(sound[MATRIX]) == 480


def test_the_longest_delay_behind_the_longest_insert_is_exact() -> None:
    settings = insert(2, 16_384) | {"/strip/1/delay/on": 1, "/strip/1/delay": 500, "/strip/1/send/1/level": 0}
    with desk(OFF_MAIN | settings) as rig:
        rows = np.zeros(45_056, np.float32)
        rows[2048] = 0.5
        assert arrives(played(rig, rows, {})[BUS]) == 16_384 + 24_000


def test_a_delay_of_a_strip_through_hardware_comes_on_top() -> None:
    devices = {1: 256, 2: 512}
    settings = insert(1, 256) | insert(2, 512) | {"/strip/1/delay/on": 1, "/strip/1/delay": 2.0}
    with desk(OFF_MAIN | settings | {"/strip/1/send/1/level": 0}) as rig:
        assert arrives(played(rig, impulse(), devices)[BUS]) == 512 + 96
