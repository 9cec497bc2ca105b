"""The transport follows a clock or timecode; and nothing that is played is lost by it."""

from pathlib import Path

import pytest

from studiod.surfaces.sync import Timecode, TimecodeRate, full_frame, quarter_frame
from studiod.surfaces.sync.midi_clock import CLOCKS, song_position
from studiod.surfaces.sync.plan import PortPlan, Word
from tests.fakes.session_rig import RATE_HZ
from tests.fakes.sync_rig import SyncRig, in_time
from tests.unit.desk.rolling import arm, position, press, state, takes

TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
DRUMS = PortPlan("drums*", receive=frozenset({Word.CLOCK, Word.POSITION}), leads=True)
VIDEO = PortPlan("*Video*", receive=frozenset({Word.MTC}), leads=True)
RATE = TimecodeRate.FPS_25
QUARTERS_S = 100


def ticks(rig: SyncRig, begin_s: float, beats: float, bpm: float = 120.0) -> float:
    """A clock from `begin_s` on; when the tick after its last is due."""
    count = round(beats * CLOCKS)
    for number in range(count):
        rig.at(begin_s + number * 60 / bpm / CLOCKS, "drums", TICK)
    return begin_s + count * 60 / bpm / CLOCKS


def timecode(rig: SyncRig, begin_s: float, from_s: float, seconds: float, speed: float = 1.0) -> None:
    """MTC that is at `from_s` at `begin_s`."""
    first = round(from_s * 25)
    for number in range(round(seconds * QUARTERS_S)):
        frame, rest = divmod(number, 4)
        base = Timecode.at_frame(RATE, first + frame // 2 * 2)
        rig.at(begin_s + number / QUARTERS_S / speed, "Video", quarter_frame(base, frame % 2 * 4 + rest))


def word(rig: SyncRig, name: str) -> str:
    return rig.hub.registry[f"/sync/{name}"].text(rig.hub.value(f"/sync/{name}"))


def ahead_s(rig: SyncRig) -> float:
    (offset,) = rig.hub.meter("/sync/offset")
    return offset / RATE_HZ


def test_a_drum_machine_starts_the_tape_in_step_and_stops_it(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        assert (word(rig, "source"), word(rig, "state")) == ("clock", "stopped")
        begin_s = rig.now_s + 0.1
        rig.at(begin_s - 0.01, "drums", START)
        end_s = ticks(rig, begin_s, 8)
        rig.at(end_s, "drums", STOP)
        await rig.roll(1.5)
        assert (state(rig.studio), word(rig, "state"), word(rig, "locked")) == ("playing", "locked", "on")
        assert position(rig.studio) == pytest.approx((rig.now_s - begin_s) * RATE_HZ, abs=48)
        assert ahead_s(rig) == pytest.approx(0.0, abs=0.001)
        await rig.roll(end_s - rig.now_s + 0.1)
        assert (state(rig.studio), word(rig, "state"), word(rig, "locked")) == ("stopped", "stopped", "off")

    in_time(scene, tmp_path, DRUMS)


def test_a_song_position_is_gone_to_and_continue_rolls_from_there(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        await rig.say("drums", song_position(8.0))
        assert position(rig.studio) == 4 * RATE_HZ
        rig.at(rig.now_s, "drums", CONTINUE)
        begin_s = rig.now_s + 0.1
        ticks(rig, begin_s, 3)
        await rig.roll(1.2)
        assert state(rig.studio) == "playing"
        assert position(rig.studio) == pytest.approx((4 + rig.now_s - begin_s) * RATE_HZ, abs=48)

    in_time(scene, tmp_path, DRUMS)


def test_stop_wins_over_a_start_that_has_not_come_yet(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        rig.at(rig.now_s, "drums", START, TICK)
        rig.at(rig.now_s + 0.05, "drums", STOP)
        await rig.roll(1.0)
        assert state(rig.studio) == "stopped"

    in_time(scene, tmp_path, DRUMS)


def test_at_rest_the_click_takes_the_clocks_tempo_and_while_it_rolls_it_does_not(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        end_s = ticks(rig, rig.now_s + 0.1, 12, 97.3)
        await rig.roll(6.0)
        assert rig.hub.value("/click/tempo") == pytest.approx(97.3)
        assert rig.hub.meter("/sync/tempo")[0] == pytest.approx(97.3, abs=0.02)
        await press(rig.studio, "/transport/play")
        ticks(rig, end_s, 12, 110.0)
        await rig.roll(6.0)
        assert rig.hub.value("/click/tempo") == pytest.approx(97.3)
        assert rig.hub.meter("/sync/tempo")[0] == pytest.approx(110.0, abs=0.05)
        assert rig.hub.meter("/sync/drift")[0] == pytest.approx((110.0 / 97.3 - 1) * 1e6, rel=0.01)

    in_time(scene, tmp_path, DRUMS)


@pytest.mark.parametrize("hours", [0, 1])
def test_timecode_is_locked_to_from_wherever_it_begins(tmp_path: Path, hours: int) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("Video")
        begin_s = rig.now_s + 0.1
        timecode(rig, begin_s, 3600 * hours + 12.0, 2.0)
        await rig.roll(0.2)
        assert word(rig, "state") == "locking"
        await rig.roll(1.5)
        assert (word(rig, "state"), word(rig, "rate"), word(rig, "locked")) == ("locked", "25", "on")
        assert position(rig.studio) == pytest.approx((12.0 + rig.now_s - begin_s) * RATE_HZ, abs=48)
        assert rig.hub.meter("/sync/position")[0] == pytest.approx(12.0 + rig.now_s - begin_s, abs=0.002)

    in_time(scene, tmp_path, VIDEO, start=(hours, 0, 0))


def test_a_machine_that_begins_before_the_timeline_is_met_at_its_begin(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("Video")
        begin_s = rig.now_s + 0.1
        timecode(rig, begin_s, 3598.0, 4.0)
        await rig.roll(1.9)
        assert (state(rig.studio), word(rig, "state"), word(rig, "locked")) == ("stopped", "locked", "off")
        assert rig.hub.meter("/sync/position")[0] == pytest.approx(rig.now_s - begin_s - 2.0, abs=0.002)
        await rig.roll(1.0)
        assert (state(rig.studio), word(rig, "locked")) == ("playing", "on")
        assert position(rig.studio) == pytest.approx((rig.now_s - begin_s - 2.0) * RATE_HZ, abs=48)
        assert rig.studio.transport.fault == ""

    in_time(scene, tmp_path, VIDEO, start=(1, 0, 0))


def test_what_is_heard_late_is_rolled_early(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("Video")
        begin_s = rig.now_s + 0.1
        timecode(rig, begin_s, 12.0, 2.0)
        await rig.roll(1.5)
        assert position(rig.studio) == pytest.approx((12.0 + rig.now_s - begin_s) * RATE_HZ + 1000, abs=48)
        assert ahead_s(rig) == pytest.approx(0.0, abs=0.001)

    in_time(scene, tmp_path, VIDEO, late_frames=1000)


def test_a_drop_out_is_free_wheeled_over_and_a_long_one_stops(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("Video")
        begin_s = rig.now_s + 0.1
        timecode(rig, begin_s, 12.0, 2.0)
        timecode(rig, begin_s + 2.6, 14.6, 1.0)
        await rig.roll(2.4)
        assert (state(rig.studio), word(rig, "state")) == ("playing", "free-wheeling")
        await rig.roll(0.8)
        assert (state(rig.studio), word(rig, "state"), word(rig, "locked")) == ("playing", "locked", "on")
        assert position(rig.studio) == pytest.approx((12.0 + rig.now_s - begin_s) * RATE_HZ, abs=48)
        await rig.roll(1.3)
        assert state(rig.studio) == "playing"
        await rig.roll(0.5)
        assert (state(rig.studio), word(rig, "state")) == ("stopped", "lost")

    in_time(scene, tmp_path, VIDEO)


def test_a_jump_is_followed_and_a_full_frame_is_a_place_to_stand(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("Video")
        timecode(rig, rig.now_s, 12.0, 1.0)
        await rig.roll(0.99)
        begin_s = rig.now_s + 0.01
        timecode(rig, begin_s, 300.0, 1.5)
        await rig.roll(1.2)
        assert state(rig.studio) == "playing"
        assert position(rig.studio) == pytest.approx((300.0 + rig.now_s - begin_s) * RATE_HZ, abs=48)
        await rig.roll(0.4)
        await rig.say("Video", full_frame(Timecode(RATE, 0, 1, 0, 0)))
        await rig.roll(0.3)
        assert (state(rig.studio), position(rig.studio), word(rig, "state")) == ("stopped", 60 * RATE_HZ, "stopped")

    in_time(scene, tmp_path, VIDEO)


def test_a_machine_that_drifts_is_measured_and_stayed_with(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("Video")
        begin_s = rig.now_s + 0.1
        timecode(rig, begin_s, 12.0, 30.0, speed=1.001)  # 30 frames for 29.97
        worst = 0.0
        await rig.roll(3.0)
        while rig.now_s < begin_s + 29.5:
            await rig.roll(0.25)
            worst = max(worst, abs(ahead_s(rig)))
        assert rig.hub.meter("/sync/drift")[0] == pytest.approx(1000.0, abs=5.0)
        assert 0.009 < worst < 0.0145, "it is met again when it is a quarter of a frame off"
        assert state(rig.studio) == "playing"

    in_time(scene, tmp_path, VIDEO)


def test_a_take_goes_on_when_timecode_stops_jumps_or_stands_elsewhere(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("Video")
        timecode(rig, rig.now_s + 0.1, 12.0, 1.5)
        await rig.roll(1.2)
        arm(rig.studio, 1)
        await press(rig.studio, "/transport/record")
        line = position(rig.studio) - round(rig.now_s * RATE_HZ)
        await rig.roll(2.5)
        assert (state(rig.studio), word(rig, "state"), word(rig, "locked")) == ("recording", "lost", "off")
        timecode(rig, rig.now_s + 0.1, 300.0, 1.0)
        await rig.roll(1.0)
        assert (state(rig.studio), word(rig, "state"), word(rig, "locked")) == ("recording", "locked", "off")
        assert ahead_s(rig) < -200.0
        await rig.say("Video", full_frame(Timecode(RATE, 0, 1, 0, 0)))
        await rig.roll(0.5)
        assert state(rig.studio) == "recording"
        assert position(rig.studio) - round(rig.now_s * RATE_HZ) == line
        assert len(takes(rig.studio)) == 1

    in_time(scene, tmp_path, VIDEO)


def test_a_take_ends_by_a_stop_that_is_told_and_not_by_a_clock_that_ceases(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums")
        rig.at(rig.now_s, "drums", START)
        ticks(rig, rig.now_s + 0.01, 2)
        await rig.roll(0.9)
        arm(rig.studio, 1)
        await press(rig.studio, "/transport/record")
        await rig.roll(2.0)
        assert (state(rig.studio), word(rig, "state")) == ("recording", "lost")
        rig.at(rig.now_s, "drums", CONTINUE)
        end_s = ticks(rig, rig.now_s + 0.01, 2)
        await rig.roll(0.9)
        assert state(rig.studio) == "recording"
        rig.at(end_s, "drums", STOP)
        await rig.roll(0.5)
        await rig.studio.settle()
        assert state(rig.studio) == "stopped"
        assert [take.state for take in rig.studio.transport.takes] == ["good"]

    in_time(scene, tmp_path, DRUMS)


def test_switched_off_it_shows_and_does_nothing_and_switched_on_it_joins(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        rig.hub.write("/sync/chase", 0.0, "test")
        await rig.plug("Video")
        begin_s = rig.now_s + 0.1
        timecode(rig, begin_s, 12.0, 3.0)
        await rig.roll(1.0)
        assert (state(rig.studio), word(rig, "state")) == ("stopped", "locked")
        rig.hub.write("/sync/chase", 1.0, "test")
        await rig.roll(1.0)
        assert (state(rig.studio), word(rig, "locked")) == ("playing", "on")
        assert position(rig.studio) == pytest.approx((12.0 + rig.now_s - begin_s) * RATE_HZ, abs=48)

    in_time(scene, tmp_path, VIDEO)


def test_whoever_presses_stop_is_not_overruled_by_a_machine_that_just_goes_on(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("Video")
        timecode(rig, rig.now_s + 0.1, 12.0, 5.0)
        await rig.roll(1.0)
        await press(rig.studio, "/transport/stop")
        await rig.roll(3.0)
        assert state(rig.studio) == "stopped"

    in_time(scene, tmp_path, VIDEO)


def test_a_port_that_does_not_lead_and_a_port_nobody_named_move_nothing(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("drums", "Video")
        rig.at(rig.now_s, "drums", START)
        ticks(rig, rig.now_s, 4)
        timecode(rig, rig.now_s, 12.0, 1.0)
        await rig.roll(2.0)
        assert (state(rig.studio), word(rig, "state"), word(rig, "source")) == ("stopped", "none", "none")
        assert rig.hub.meter("/sync/position") == ()
        (port,) = rig.sync.status().ports
        assert (port.name, port.state, port.leads, port.refused) == ("drums", "connected", False, 0)

    in_time(scene, tmp_path, PortPlan("drums", receive=frozenset({Word.CLOCK})))


def test_a_machine_that_is_pulled_out_free_wheels_and_leads_again_when_it_is_back(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("Video")
        timecode(rig, rig.now_s + 0.1, 12.0, 9.0)
        await rig.roll(1.0)
        rig.system.unplug("Video")
        await rig.roll(0.6)
        assert (state(rig.studio), word(rig, "state")) == ("playing", "free-wheeling")
        assert [port.state for port in rig.sync.status().ports] == ["away"]
        await rig.plug("Video")
        await rig.roll(0.5)
        assert (state(rig.studio), word(rig, "state"), word(rig, "locked")) == ("playing", "locked", "on")
        assert [port.state for port in rig.sync.status().ports] == ["connected"]

    in_time(scene, tmp_path, VIDEO)


def test_programs_that_come_and_go_do_not_pile_up(tmp_path: Path) -> None:
    plan = PortPlan("*program*", receive=frozenset({Word.MTC}), send=frozenset({Word.MMC}), leads=True)

    async def scene(rig: SyncRig) -> None:
        def away() -> list[str]:
            return [port.name for port in rig.sync.status().ports if port.state == "away"]

        for client in range(128, 134):
            await rig.plug(f"program:out {client}:0")
            assert away() == []
            rig.system.unplug(f"program:out {client}:0")
            await rig.roll(0.3)
            assert away() == [f"program:out {client}:0"], "whom the transport followed"
        await rig.plug("program:program 24:0")
        rig.system.unplug("program:program 24:0")
        await rig.roll(0.3)
        assert set(away()) == {"program:program 24:0"}, "a box is awaited"

    in_time(scene, tmp_path, plan)
