"""A strip that is armed after trim: its ring holds its input times the trim that walks, and never sound of long ago."""

import ctypes
import os
from dataclasses import dataclass

import numpy as np
import pytest

from studiod.engine import ISAS
from studiod.link import Operation
from studiod.model.units import gain_from_db
from tests.fakes.desk_rig import Rig, Samples

STRIPS, BUSES = 13, 2  # no multiple of any vector
FIRST = STRIPS + BUSES + 2
RATE_HZ, FRAMES = 48_000, 6000
RAMP_FRAMES = np.float32(0.010 * RATE_HZ)
LEAST_STEP, LEAST_SHARE = np.float32(1e-12), np.float32(2.4e-7)


@dataclass(frozen=True)
class Turn:
    """Trim and polarity of a strip from `frame` on."""

    frame: int
    trim_db: float
    is_inverted: bool = False


TURNS = (Turn(0, 3.0), Turn(700, -12.0), Turn(900, 20.0), Turn(2003, 20.0, is_inverted=True), Turn(4001, -24.0))
"""The third amid the ramp to the second, none where a block ends."""


def song(frames: int = FRAMES, seed: int = 5) -> Samples:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, (STRIPS, frames)).astype(np.float32)


def gains(turns: tuple[Turn, ...], frames: int) -> Samples:
    """The gain of each frame, in float32: 10 ms from wherever it is to wherever it goes, a step a sample."""
    walked = np.empty(frames, np.float32)
    value = target = step = np.float32(0.0)
    wanted = {turn.frame: turn for turn in turns}
    for frame in range(frames):
        turn = wanted.get(frame)
        if turn is not None:
            target = np.float32(gain_from_db(turn.trim_db)) * np.float32(-1.0 if turn.is_inverted else 1.0)
            if frame == 0:
                value = target
            size = max(abs(value), abs(target)) * LEAST_SHARE
            step = max(abs(target - value) / RAMP_FRAMES, size, LEAST_STEP)
        value = min(max(target, value - step), value + step)
        walked[frame] = value
    return walked


def arm(rig: Rig, *strips: int) -> None:
    """Armed after trim from the beginning on, and turned while it runs."""
    for strip in strips:
        rig.set(f"/strip/{strip}/trimmed/arm", 1.0)
        rig.set(f"/strip/{strip}/trim", TURNS[0].trim_db)
    assert rig.engine.frame == 0
    for turn in TURNS[1:]:
        for strip in strips:
            rig.set(f"/strip/{strip}/trim", turn.trim_db, turn.frame)
            rig.set(f"/strip/{strip}/polarity", float(turn.is_inverted), turn.frame)


def trimmed(rig: Rig, strip: int, start: int, frames: int) -> Samples:
    return rig.captured(FIRST + strip - 1, start, frames)


@pytest.fixture
def rig() -> Rig:
    """Rings of 16384 frames."""
    return Rig.make(STRIPS, BUSES, ring_s=0.2)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("blocks", [[1024], [63, 1], [480], [1]])
def test_a_strip_is_kept_after_trim_to_the_sample_and_beside_its_input(isa: str, blocks: list[int]) -> None:
    with Rig.make(STRIPS, BUSES, ring_s=0.2, isa=isa) as rig:
        arm(rig, 3, 13)
        rig.render(song(), blocks)
        rig.render(song(1024, seed=9))  # main is late: by now all heads are past the song
        for strip in (3, 13):
            raw = rig.captured(strip - 1, 0, FRAMES)
            assert (raw == song()[strip - 1]).all()
            assert (trimmed(rig, strip, 0, FRAMES) == raw * gains(TURNS, FRAMES)).all()


@pytest.mark.parametrize("isa", ISAS)
def test_it_is_what_the_strip_itself_goes_on_with(isa: str) -> None:
    with Rig.make(STRIPS, BUSES, isa=isa) as rig:
        rig.set("/strip/6/send/1/level", 0.0)
        rig.set("/strip/6/send/1/tap", 1.0)  # before the fader
        arm(rig, 6)
        heard = rig.render(song(), [177])[2]
        kept = rig.block.capture_head
        assert np.abs(heard).max() > 1.0
        assert (trimmed(rig, 6, 0, kept) == heard[:kept]).all()


def test_what_a_strip_plays_or_monitors_is_not_its_business(rig: Rig) -> None:
    with rig:
        for strip, (address, value) in enumerate(
            (("monitor", 2.0), ("source", 1.0), ("mute", 1.0), ("fader", -60.0)), start=1
        ):
            rig.set(f"/strip/{strip}/trimmed/arm", 1.0)
            rig.set(f"/strip/{strip}/{address}", value)
        rig.set("/soundcheck", 1.0)
        rig.ask(Operation.PLAY)
        rig.render(song())
        kept = rig.block.capture_head
        for strip in range(1, 5):
            assert (trimmed(rig, strip, 0, kept) == song()[strip - 1, :kept]).all()


def test_what_is_no_sample_is_kept_as_silence(rig: Rig) -> None:
    with rig:
        rig.set("/strip/1/trimmed/arm", 1.0)
        whole = song()
        whole[0, 100:103] = np.nan, np.inf, -3e7
        rig.render(whole)
        kept = trimmed(rig, 1, 0, 200)
        assert (kept[100:103] == 0.0).all()
        assert (kept[:100] == whole[0, :100]).all()


def test_before_its_arm_and_behind_it_there_is_silence(rig: Rig) -> None:
    with rig:
        rig.set("/strip/4/trimmed/arm", 0.0)
        assert rig.engine.frame == 0
        rig.set("/strip/4/trimmed/arm", 1.0, 1500)
        rig.set("/strip/4/trimmed/arm", 0.0, 3333)
        rig.render(song(), [256])
        kept = rig.block.capture_head
        held = trimmed(rig, 4, 0, kept)
        assert (held[1500:3333] == song()[3, 1500:3333]).all()
        assert not held[:1500].any()
        assert not held[3333:].any()


@pytest.mark.parametrize("pause", [2000, 16_000, 16_384, 16_500, 40_000])
def test_pre_record_never_reaches_into_an_arm_of_long_ago(rig: Rig, pause: int) -> None:
    """The ring has gone round, or nearly: what lies in it is of now, or silence."""
    with rig:
        size = rig.block.capture_frames
        rig.set("/strip/4/trimmed/arm", 1.0)
        rig.render(song(20_000))
        rig.set("/strip/4/trimmed/arm", 0.0)
        rig.render(song(pause, seed=6), [480])
        rig.set("/strip/4/trimmed/arm", 1.0)
        rig.render(song(1000, seed=7))
        head = rig.block.capture_head
        first = head - size + 2000
        frames = np.arange(first, head)
        everything = np.concatenate([song(20_000)[3], song(pause, seed=6)[3], song(1000, seed=7)[3]])
        is_armed = (frames < 20_000) | (frames >= 20_000 + pause)
        assert (trimmed(rig, 4, first, head - first) == np.where(is_armed, everything[frames], 0.0)).all()


def test_a_strip_that_is_disarmed_amid_a_take_is_kept_to_its_end(rig: Rig) -> None:
    with rig:
        rig.set("/strip/4/trimmed/arm", 1.0)
        assert rig.engine.frame == 0
        rig.ask(Operation.RECORD, 1, at_frame=500)
        rig.ask(Operation.RECORD, 2, at_frame=3000)  # a loop's next pass
        rig.ask(Operation.STOP, at_frame=4000)
        rig.set("/strip/4/trimmed/arm", 0.0, 1000)
        rig.render(song())
        held = trimmed(rig, 4, 0, rig.block.capture_head)
        assert (held[:4000] == song()[3, :4000]).all()
        assert not held[4000:].any()


def test_an_engine_after_this_one_leaves_no_sound_of_before_behind(rig: Rig) -> None:
    with rig:
        size = rig.block.capture_frames
        rig.set("/strip/4/trimmed/arm", 1.0)
        rig.render(song(20_000))
        rig.set("/strip/4/trimmed/arm", 0.0)
        rig.restart_engine()
        rig.render(song(size, seed=6))
        rig.set("/strip/4/trimmed/arm", 1.0)
        rig.render(song(1000, seed=7))
        head = rig.block.capture_head
        held = trimmed(rig, 4, head - size + 2000, size - 2000)
        assert not held[: 20_000 + size - (head - size + 2000)].any()


def test_an_engine_after_this_one_goes_on_where_it_was_armed(rig: Rig) -> None:
    with rig:
        rig.set("/strip/4/trimmed/arm", 1.0)
        rig.set("/strip/4/trim", 6.0)
        rig.render(song(2000))
        rig.restart_engine()
        rig.engine.skip(300, 1)
        rig.render(song(2000, seed=6))
        head = rig.block.capture_head
        kept = song(2000, seed=6)[3] * np.float32(gain_from_db(6.0))
        assert (trimmed(rig, 4, 2300, head - 2300) == kept[: head - 2300]).all()
        assert not trimmed(rig, 4, 2000, 300).any()


def test_a_gap_is_silent_in_what_is_armed(rig: Rig) -> None:
    with rig:
        rig.set("/strip/4/trimmed/arm", 1.0)
        rig.render(song(18_000))
        rig.engine.skip(500, 4)
        rig.render(song(2000, seed=6))
        held = trimmed(rig, 4, 17_000, rig.block.capture_head - 17_000)
        assert (held[:1000] == song(18_000)[3, 17_000:]).all()
        assert not held[1000:1500].any()
        assert held[1500:].any()


def test_rings_of_strips_that_nobody_arms_take_no_memory() -> None:
    with Rig.make(STRIPS, BUSES, ring_s=2.0) as rig:
        ring_bytes = 4 * rig.block.capture_frames

        def used() -> int:
            return os.fstat(rig.fd).st_blocks * 512

        try:
            rig.engine.hold_memory()
        finally:
            ctypes.CDLL(None).munlockall()  # for the tests after this one
        rig.render(song(20_000))
        rig.engine.skip(100_000, 1)
        before = used()
        assert before < rig.block.total_bytes - (STRIPS - 1) * ring_bytes
        rig.set("/strip/4/trimmed/arm", 1.0)
        rig.render(song(100))
        rig.engine.hold_armed()
        assert ring_bytes <= used() - before < 2 * ring_bytes
