"""Machines that follow us: every clock and quarter frame at its moment, and a word for all that happens."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from studiod.surfaces.sync import MtcIn, Timecode, TimecodeRate, full_frame
from studiod.surfaces.sync.midi_clock import CLOCKS, song_position
from studiod.surfaces.sync.plan import PortPlan, Word
from tests.fakes.session_rig import RATE_HZ
from tests.fakes.sync_rig import SyncRig, in_time
from tests.unit.desk.rolling import arm, position, press, state, write

TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
DRUMS = PortPlan("drums", send=frozenset({Word.CLOCK, Word.POSITION}))
VIDEO = PortPlan("video", send=frozenset({Word.MTC}), rate=TimecodeRate.FPS_25)
BEAT_S = 0.5
MS = 0.001


def ticked(rig: SyncRig) -> list[float]:
    """When the drums heard a tick."""
    return [at_s for at_s, name, message in rig.sent if name == "drums" and message == TICK]


def line_s(rig: SyncRig) -> float:
    """Position less time."""
    return position(rig.studio) / RATE_HZ - rig.now_s


def test_a_drum_machine_starts_with_us_and_every_tick_comes_at_its_moment(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        assert rig.heard_by("drums") == [STOP, song_position(0.0)]
        rig.sent.clear()
        await press(rig.studio, "/transport/play")
        await rig.roll(2.0)
        line, said = line_s(rig), rig.heard_by("drums")
        assert said == [START]
        del rig.sent[: [message for *_, message in rig.sent].index(START)]
        ticks = ticked(rig)
        assert len(ticks) == pytest.approx(2.0 / BEAT_S * CLOCKS, abs=3)
        for number, at_s in enumerate(ticks):
            due = number * BEAT_S / CLOCKS - line
            if number > 3:  # those before were due when nobody knew yet that it rolls
                assert due - MS / 10 <= at_s <= due + 1.1 * MS

    in_time(scene, tmp_path, DRUMS)


def test_from_elsewhere_it_continues_on_a_sixteenth_and_what_was_on_its_way_goes_with_stop(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        await press(rig.studio, "/transport/locate", 2.1)
        await rig.roll(0.05)
        rig.sent.clear()
        await press(rig.studio, "/transport/play")
        await rig.roll(1.0)
        line = line_s(rig)
        assert rig.heard_by("drums") == [song_position(4.25), CONTINUE]
        at = next(at_s for at_s, _, message in rig.sent if message == CONTINUE)
        assert next(at_s for at_s in ticked(rig) if at_s > at) == pytest.approx(4.25 * BEAT_S - line, abs=1.1 * MS)
        rig.sent.clear()
        await press(rig.studio, "/transport/stop")
        stopped_s = rig.now_s
        await rig.roll(0.5)
        beat = position(rig.studio) / RATE_HZ / BEAT_S
        assert rig.heard_by("drums") == [STOP, song_position(beat)]
        assert next(at_s for at_s, _, message in rig.sent if message == STOP) <= stopped_s + 0.02

    in_time(scene, tmp_path, DRUMS)


def test_at_rest_it_ticks_on_in_the_tempo_of_the_desk(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        for bpm in (120.0, 60.0):
            rig.hub.write("/click/tempo", bpm, "test")
            await rig.roll(0.3)
            rig.sent.clear()
            await rig.roll(2.0)
            ticks = ticked(rig)
            steps = [later - earlier for earlier, later in pairwise(ticks)]
            assert steps == pytest.approx([60 / bpm / CLOCKS] * len(steps), abs=1.1 * MS)
            assert len(ticks) == pytest.approx(2.0 * bpm / 60 * CLOCKS, abs=2)
        assert rig.heard_by("drums") == []

    in_time(scene, tmp_path, DRUMS)


def test_recording_and_punching_out_disturb_no_clock(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        arm(rig.studio, 1)
        await rig.plug("drums")
        await press(rig.studio, "/transport/play")
        await rig.roll(0.5)
        rig.sent.clear()
        await press(rig.studio, "/transport/record")
        await rig.roll(0.5)
        await press(rig.studio, "/transport/play")
        await rig.roll(0.5)
        assert (state(rig.studio), rig.heard_by("drums")) == ("playing", [])

    in_time(scene, tmp_path, DRUMS)


def test_a_loop_takes_them_along(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        write(rig.studio, loop_end=2.0, loop_start=1.0, loop_on=1.0)
        await rig.plug("drums")
        await press(rig.studio, "/transport/play")
        await rig.roll(1.8)
        rig.sent.clear()
        await rig.roll(0.6)
        line = line_s(rig)
        stop, place, go = rig.heard_by("drums")
        assert (stop, place, go) == (STOP, song_position(2.25), CONTINUE)
        at = next(at_s for at_s, _, message in rig.sent if message == CONTINUE)
        assert next(at_s for at_s in ticked(rig) if at_s > at) == pytest.approx(2.25 * BEAT_S - line, abs=1.1 * MS)

    in_time(scene, tmp_path, DRUMS)


def test_what_a_port_is_not_to_be_told_it_is_not_told(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        await press(rig.studio, "/transport/locate", 2.1)
        await press(rig.studio, "/transport/play")
        await rig.roll(0.5)
        assert [message for message in rig.heard_by("drums") if message[0] != 0xFC] == [CONTINUE]

    in_time(scene, tmp_path, replace(DRUMS, send=frozenset({Word.CLOCK})))


def test_a_box_that_was_pulled_out_is_told_where_it_is_when_it_is_back(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        await press(rig.studio, "/transport/play")
        await rig.roll(0.5)
        rig.system.unplug("drums")
        await rig.roll(0.5)
        rig.sent.clear()
        await rig.plug("drums")
        await rig.roll(0.5)
        stop, place, go = rig.heard_by("drums")
        assert (stop, place[0], go) == (STOP, 0xF2, CONTINUE)
        assert len(ticked(rig)) > CLOCKS // 2

    in_time(scene, tmp_path, DRUMS)


def test_a_box_that_bounces_between_two_looks_is_told_anew(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        rig.sent.clear()
        rig.system.unplug("drums")
        await rig.plug("drums")
        await rig.roll(0.1)
        assert rig.heard_by("drums") == [STOP, song_position(0.0)]
        assert [port.state for port in rig.sync.status().ports] == ["connected"]

    in_time(scene, tmp_path, DRUMS)


@pytest.mark.parametrize("rate", TimecodeRate)
def test_timecode_says_where_we_are_to_a_quarter_of_a_frame(tmp_path: Path, rate: TimecodeRate) -> None:
    start_s = Timecode(rate, 1, 0, 0, 0).position_s

    async def scene(rig: SyncRig) -> None:
        await rig.plug("video")
        await press(rig.studio, "/transport/locate", 10.0)
        await rig.roll(0.05)
        assert rig.heard_by("video") == [full_frame(Timecode.at_s(rate, start_s + at_s)) for at_s in (0.0, 10.0)]
        await press(rig.studio, "/transport/play")
        rig.sent.clear()
        await rig.roll(1.5)
        line, theirs, known = line_s(rig), MtcIn(), 0
        for at_s, _, message in rig.sent:
            tick = theirs.hear(message)
            if tick is not None:
                known += 1
                assert tick.position_s == pytest.approx(start_s + at_s + line, abs=1.1 * MS)
        assert known > 1.2 * 4 * float(rate.per_s)
        assert rig.heard_by("video") == []
        await press(rig.studio, "/transport/stop")
        await rig.roll(0.2)
        stands_s = position(rig.studio) / RATE_HZ
        assert rig.heard_by("video") == [full_frame(Timecode.at_s(rate, start_s + stands_s))]
        rig.sent.clear()
        await rig.roll(0.3)
        assert rig.sent == []

    in_time(scene, tmp_path, replace(VIDEO, rate=rate), start=(1, 0, 0))


def test_one_studio_follows_another_by_what_it_tells(tmp_path: Path) -> None:
    said: list[tuple[float, bytes]] = []
    where: list[float] = []

    async def lead(rig: SyncRig) -> None:
        await rig.plug("video")
        await press(rig.studio, "/transport/locate", 30.0)
        await press(rig.studio, "/transport/play")
        await rig.roll(2.0)
        said.extend((at_s, message) for at_s, _, message in rig.sent)
        where.append(line_s(rig))

    async def follow(rig: SyncRig) -> None:
        await rig.plug("master")
        for at_s, message in said:
            rig.at(at_s + 1.0, "master", message)
        await rig.roll(2.5)
        assert state(rig.studio) == "playing"
        assert line_s(rig) + 1.0 == pytest.approx(where[0], abs=0.0012)

    in_time(lead, tmp_path / "a", VIDEO)
    in_time(follow, tmp_path / "b", PortPlan("master", receive=frozenset({Word.MTC}), leads=True))
