"""Machine control presses the desk's buttons, and the desk's buttons press other machines'."""

from dataclasses import replace
from pathlib import Path

import pytest

from studiod.surfaces.sync import (
    MmcShuttle,
    MmcStep,
    MmcTracks,
    MmcVariable,
    MmcVerb,
    Timecode,
    TimecodeRate,
    decode_mmc,
    encode_mmc,
)
from studiod.surfaces.sync.mmc import Mmc, MmcLocate
from studiod.surfaces.sync.plan import PortPlan, Word
from studiod.surfaces.winding import WIND_EVERY_S, WIND_S
from tests.fakes.session_rig import RATE_HZ
from tests.fakes.sync_rig import SyncRig, in_time
from tests.unit.desk.rolling import arm, position, press, state, takes, write

RATE = TimecodeRate.FPS_25
REMOTE = PortPlan("remote", receive=frozenset({Word.MMC}), rate=RATE, device=5)
RECORDER = PortPlan("recorder", send=frozenset({Word.MMC}), rate=RATE, device=5)


def to(seconds: float) -> MmcLocate:
    return MmcLocate(Timecode.at_s(RATE, seconds))


def told(rig: SyncRig) -> list[Mmc]:
    found = [command for message in rig.heard_by("recorder") for command in decode_mmc(message, 5, RATE)]
    rig.sent.clear()
    return found


async def order(rig: SyncRig, *commands: Mmc, device: int = 5) -> None:
    await rig.say("remote", *(encode_mmc(command, device) for command in commands))


def test_locate_play_record_exit_and_stop(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("remote")
        arm(rig.studio, 1)
        await order(rig, to(10.0), MmcVerb.DEFERRED_PLAY)
        assert state(rig.studio) == "playing"
        assert 10 * RATE_HZ <= position(rig.studio) < 11 * RATE_HZ
        await order(rig, MmcVerb.RECORD_STROBE)
        assert state(rig.studio) == "recording"
        await order(rig, MmcVerb.PLAY, MmcVerb.RECORD_STROBE, to(100.0))
        assert state(rig.studio) == "recording"
        assert position(rig.studio) < 12 * RATE_HZ
        await order(rig, MmcVerb.RECORD_EXIT)
        assert state(rig.studio) == "playing"
        await order(rig, MmcVerb.STOP)
        assert state(rig.studio) == "stopped"
        assert len(takes(rig.studio)) == 1
        (port,) = rig.sync.status().ports
        assert port.refused == 1
        assert "a take is being recorded" in port.note, "the locate"

    in_time(scene, tmp_path, REMOTE)


def test_record_from_rest_tracks_mutes_and_the_switch_of_chase(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        write(rig.studio, sync_chase=0.0)
        await rig.plug("remote")
        await order(
            rig, MmcTracks(frozenset({1, 2}), frozenset()), MmcTracks(frozenset({3}), frozenset(), is_mute=True)
        )
        await order(rig, MmcTracks(frozenset(), frozenset({2})), MmcVerb.CHASE, MmcTracks(frozenset({40}), frozenset()))
        hub = rig.hub
        assert [hub.value(f"/strip/{n}/arm") for n in (1, 2, 3)] == [1.0, 0.0, 0.0]
        assert hub.value("/strip/3/mute") == 1.0
        assert hub.value("/sync/chase") == 1.0
        await order(rig, MmcVerb.RECORD_STROBE, device=0x7F)
        assert state(rig.studio) == "recording"

    in_time(scene, tmp_path, REMOTE)


def test_another_devices_commands_are_not_ours_and_what_comes_before_the_begin_is_refused(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("remote")
        await order(rig, MmcVerb.PLAY, device=6)
        assert state(rig.studio) == "stopped"
        await order(rig, to(10.0), MmcVerb.EJECT)
        (port,) = rig.sync.status().ports
        assert (position(rig.studio), port.refused) == (0, 1)
        assert "before the begin of the timeline" in port.note
        await order(rig, to(3612.0))
        assert position(rig.studio) == 12 * RATE_HZ

    in_time(scene, tmp_path, REMOTE, start=(1, 0, 0))


def test_at_the_usual_speed_variable_play_is_play_and_what_the_desk_cannot_do_is_told(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("remote")
        arm(rig.studio, 1)
        await order(rig, MmcVariable(MmcVerb.PLAY, 0.5))
        assert state(rig.studio) == "stopped"
        assert _note(rig) == (1, "play at 0.5 times the speed: allowed 1; shuttle winds faster")
        await order(rig, MmcVariable(MmcVerb.PLAY, 1.0))
        assert state(rig.studio) == "playing"
        await order(rig, MmcVerb.RECORD_PAUSE)
        assert state(rig.studio) == "playing"
        said = "record pause: a desk has no such state; record strobe records, record exit ends it"
        assert _note(rig) == (2, said)
        await order(rig, MmcVariable(MmcVerb.RECORD_STROBE, 1.0))
        assert state(rig.studio) == "recording"

    in_time(scene, tmp_path, REMOTE)


def _note(rig: SyncRig) -> tuple[int, str]:
    (port,) = rig.sync.status().ports
    return port.refused, port.note


def test_winding_goes_on_until_another_word_comes(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("remote", "recorder")
        await order(rig, to(100.0), MmcVerb.FAST_FORWARD)
        await rig.roll(2.5 * WIND_EVERY_S)
        assert position(rig.studio) == (100 + 3 * WIND_S) * RATE_HZ
        await order(rig, MmcVerb.STOP)
        await rig.roll(2.5 * WIND_EVERY_S)
        assert position(rig.studio) == (100 + 3 * WIND_S) * RATE_HZ
        await order(rig, to(100.0), MmcShuttle(-5.0), MmcVerb.CHASE)
        await rig.roll(4.5 * WIND_EVERY_S)
        assert position(rig.studio) == 95 * RATE_HZ
        await order(rig, MmcShuttle(0.0), to(10.0), MmcStep(5, RATE), MmcStep(-3, RATE))
        await rig.roll(2.5 * WIND_EVERY_S)
        assert position(rig.studio) == pytest.approx((10 + 2 / 2 / 25) * RATE_HZ, abs=1)

    in_time(scene, tmp_path, REMOTE)


def test_winding_ends_where_the_song_begins_and_when_anybody_plays(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("remote")
        await order(rig, to(3.0), MmcVerb.REWIND)
        await rig.roll(1.0)
        assert position(rig.studio) == 0
        await press(rig.studio, "/transport/locate", 50.0)
        await rig.roll(1.0)
        assert position(rig.studio) == 50 * RATE_HZ
        await order(rig, MmcVerb.FAST_FORWARD)
        await press(rig.studio, "/transport/play")
        await rig.roll(0.1)
        where = position(rig.studio)
        await rig.roll(1.0)
        assert position(rig.studio) == where + RATE_HZ

    in_time(scene, tmp_path, REMOTE)


def test_winding_ends_with_the_cable_and_is_refused_while_a_take_is_recorded(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("remote")
        await order(rig, MmcVerb.FAST_FORWARD)
        rig.system.unplug("remote")
        await rig.roll(0.5)
        where = position(rig.studio)
        await rig.roll(1.0)
        assert position(rig.studio) == where > 0
        await rig.plug("remote")
        arm(rig.studio, 1)
        await order(rig, MmcVerb.RECORD_STROBE)
        await rig.roll(0.1)
        await order(rig, MmcVerb.REWIND)
        await rig.roll(1.0)
        (port,) = rig.sync.status().ports
        assert port.refused == 1
        assert "a take is being recorded" in port.note
        assert position(rig.studio) > where

    in_time(scene, tmp_path, REMOTE)


def test_a_machine_that_gives_orders_is_not_given_them_back_and_another_is(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        await rig.plug("remote", "recorder")
        rig.sent.clear()
        await order(rig, to(10.0), MmcTracks(frozenset({1}), frozenset()), MmcVerb.PLAY)
        await rig.roll(0.2)
        await order(rig, MmcVerb.STOP)
        await rig.roll(0.2)
        assert rig.heard_by("remote") == []
        assert MmcVerb.PLAY in (heard := told(rig))
        assert MmcVerb.STOP in heard
        await rig.roll(1.0)
        await press(rig.studio, "/transport/play")
        await rig.roll(0.2)
        assert len(rig.heard_by("remote")) == 1

    in_time(scene, tmp_path, replace(REMOTE, send=REMOTE.receive), RECORDER)


def test_a_recorder_does_what_we_do(tmp_path: Path) -> None:
    async def scene(rig: SyncRig) -> None:
        arm(rig.studio, 2)
        await rig.plug("recorder")
        assert told(rig) == [MmcTracks(frozenset({2}), frozenset())]
        arm(rig.studio, 3)
        write(rig.studio, strip_2_arm=0.0)
        await rig.roll(0.05)
        assert set(told(rig)) == {MmcTracks(frozenset({3}), frozenset()), MmcTracks(frozenset(), frozenset({2}))}
        await press(rig.studio, "/transport/locate", 10.5)
        await rig.roll(0.05)
        assert told(rig) == [MmcLocate(Timecode(RATE, 0, 0, 10, 12), 50)]
        await press(rig.studio, "/transport/play")
        await rig.roll(0.5)
        assert told(rig) == [MmcVerb.PLAY]
        await press(rig.studio, "/transport/record")
        await rig.roll(0.5)
        assert told(rig) == [MmcVerb.RECORD_STROBE]
        await press(rig.studio, "/transport/play")
        await rig.roll(0.5)
        assert told(rig) == [MmcVerb.RECORD_EXIT]
        await press(rig.studio, "/transport/locate", 60.0)
        await rig.roll(0.3)
        locate, play = told(rig)
        assert isinstance(locate, MmcLocate)
        assert 60.0 <= locate.time.position_s < 60.5
        assert play is MmcVerb.DEFERRED_PLAY
        await press(rig.studio, "/transport/stop")
        await rig.roll(0.1)
        stop, locate = told(rig)
        assert stop is MmcVerb.STOP
        assert isinstance(locate, MmcLocate)
        heard = locate.time.position_s + locate.subframes / 2500
        assert heard == pytest.approx(position(rig.studio) / RATE_HZ, abs=0.0003)
        await press(rig.studio, "/transport/record")
        await rig.roll(0.1)
        assert told(rig) == [MmcVerb.RECORD_STROBE]

    in_time(scene, tmp_path, RECORDER)
