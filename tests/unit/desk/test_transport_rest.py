"""Roll-back, discard, markers, latency: and what a new desk makes of it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from studiod.desk.proof import whole_proof
from studiod.desk.takes import regions
from studiod.link.order import TakeOrder
from studiod.model.parameter import Refused
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.unit.desk.rolling import arm, frame, obeying, position, press, roll, state, takes, walk, write


def test_one_button_plays_and_stops_and_ends_takes_and_count_ins(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        found = []
        for _ in range(2):
            await press(studio, "/transport/toggle")
            await roll(studio, 4800)
            found.append(state(studio))
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, 4800)
        await press(studio, "/transport/toggle")
        found.append(state(studio))
        write(studio, transport_countin=2.0)
        for _ in range(2):
            await press(studio, "/transport/toggle")
            await roll(studio, 4800)
            found.append(state(studio))
        assert found == ["playing", "stopped", "stopped", "stopped countin", "stopped"]
        assert [take.state for take in studio.transport.takes] == ["good"]

    walk(scene, tmp_path)


def test_roll_back_goes_to_where_the_last_roll_began_and_rolls_again(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        await press(studio, "/transport/locate", 2.0)
        await press(studio, "/transport/play")
        await roll(studio, RATE_HZ)
        await press(studio, "/transport/rollback")
        assert state(studio) == "playing"
        assert 2 * RATE_HZ <= position(studio) < 2 * RATE_HZ + 4800
        await roll(studio, RATE_HZ)
        await press(studio, "/transport/stop")
        await press(studio, "/transport/rollback")
        assert state(studio) == "playing"
        assert 2 * RATE_HZ <= position(studio) < 2 * RATE_HZ + 4800

    walk(scene, tmp_path)


def test_roll_back_while_recording_keeps_the_take_and_plays_it(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ)
        await press(studio, "/transport/rollback")
        assert state(studio) == "playing"
        assert position(studio) < 4800
        assert [take.state for take in studio.transport.takes] == ["good"]

    walk(scene, tmp_path)


def test_roll_back_is_refused_until_something_has_rolled_and_a_new_desk_still_knows(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        with pytest.raises(Refused, match="nothing has rolled yet"):
            studio.hub.fire("/transport/rollback")
        await press(studio, "/transport/locate", 1.0)
        await press(studio, "/transport/play")
        await press(studio, "/transport/stop")
        await press(studio, "/transport/locate", 5.0)
        studio.transport = studio.new_transport(4, 2)
        async with obeying(studio):
            await press(studio, "/transport/rollback")
            assert RATE_HZ <= position(studio) < RATE_HZ + 4800

    walk(scene, tmp_path)


def test_a_locate_amid_rolling_is_heard_without_a_break(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 2)
        await press(studio, "/transport/record")
        await roll(studio, 3 * RATE_HZ)
        await press(studio, "/transport/stop")
        studio.hub.write("/strip/2/arm", 0.0, "test")
        for strip in (1, 3, 4):
            studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
        await press(studio, "/transport/play")
        await roll(studio, 4800)
        studio.heard.clear()
        await press(studio, "/transport/locate", 2.0)
        await roll(studio, 4800)
        assert 2 * RATE_HZ < position(studio) < 2 * RATE_HZ + 14400
        assert np.allclose(studio.output[0], 0.02 * np.sqrt(0.5), rtol=1e-4)
        assert studio.rig.block.snapshot().dry_frames == 0

    walk(scene, tmp_path)


def test_a_discarded_take_is_in_the_trash_and_not_heard_and_undo_brings_it_back(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        for _ in range(2):
            await press(studio, "/transport/record")
            await roll(studio, 9600)
            await press(studio, "/transport/stop")
        await press(studio, "/transport/discard")
        assert [take.id for take in studio.transport.takes] == [1]
        assert (studio.session / "trash" / "0002" / "take.json").exists()
        await press(studio, "/transport/discard")
        assert not studio.transport.takes
        with pytest.raises(Refused, match="there is no take to discard"):
            studio.hub.fire("/transport/discard")
        for expected in ([1], [1, 2]):
            await press(studio, "/transport/undo")
            assert [take.id for take in studio.transport.takes] == expected
        with pytest.raises(Refused, match="nothing was discarded"):
            studio.hub.fire("/transport/undo")
        studio.hub.write("/strip/1/arm", 0.0, "test")
        await press(studio, "/transport/play")
        await roll(studio, 4800)
        assert studio.rig.block.snapshot().dry_frames == 0

    walk(scene, tmp_path)


def test_discard_while_recording_ends_the_take_first_and_goes_back(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/locate", 1.0)
        await press(studio, "/transport/record")
        await roll(studio, 9600)
        await press(studio, "/transport/discard")
        assert state(studio) == "stopped"
        assert position(studio) == RATE_HZ
        assert not studio.transport.takes
        await press(studio, "/transport/record")
        assert takes(studio)[-1].id == 2  # no number is given twice

    walk(scene, tmp_path)


def test_discard_amid_rolling_rolls_on_where_it_is_without_what_was_discarded(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, 4 * RATE_HZ)
        await press(studio, "/transport/stop")
        studio.hub.write("/strip/1/monitor", 2.0, "test")
        for strip in (2, 3, 4):
            studio.hub.write(f"/strip/{strip}/mute", 1.0, "test")
        await press(studio, "/transport/play")
        await roll(studio, 4800)
        began = frame(studio) - position(studio)
        await press(studio, "/transport/discard")
        await roll(studio, 4800)
        assert frame(studio) - position(studio) == began
        assert np.abs(studio.output[0][-2400:]).max() < 1e-6
        assert studio.output[0][-40000:-30000].min() > 0.005

    walk(scene, tmp_path)


def test_what_was_discarded_is_known_to_the_next_desk_by_the_session(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        await press(studio, "/transport/record")
        await roll(studio, 4800)
        await press(studio, "/transport/discard")
        kept = studio.transport.timeline()
        assert kept["discarded"] == [1]
        studio.transport = studio.new_transport(4, 2)
        assert studio.transport.restore(kept) == []
        async with obeying(studio):
            await press(studio, "/transport/undo")
            assert [take.id for take in studio.transport.takes] == [1]
            assert studio.transport.timeline()["discarded"] == []

    walk(scene, tmp_path)


def test_a_take_that_left_the_trash_by_another_way_is_said_and_the_one_before_comes_back(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        for _ in range(2):
            await press(studio, "/transport/record")
            await roll(studio, 4800)
            await press(studio, "/transport/stop")
        await press(studio, "/transport/discard")
        await press(studio, "/transport/discard")
        (studio.session / "trash" / "0001").rename(studio.session / "elsewhere")
        await press(studio, "/transport/undo")
        assert "/transport/undo: take 1 is not in the trash" in studio.transport.fault
        await press(studio, "/transport/undo")
        assert [take.id for take in studio.transport.takes] == [2]

    walk(scene, tmp_path)


def test_markers_are_set_while_it_rolls_and_gone_to(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        await press(studio, "/transport/play")
        for _ in range(3):
            await roll(studio, RATE_HZ)
            studio.hub.fire("/marker/add")
        await press(studio, "/transport/stop")
        first, second, third = (marker.position for marker in studio.transport.markers.markers)
        assert second - first == third - second == RATE_HZ
        await press(studio, "/marker/previous")
        assert position(studio) == second
        await press(studio, "/marker/next")
        assert position(studio) == third
        await press(studio, "/marker/locate", 1.0)
        assert position(studio) == first
        with pytest.raises(Refused, match="there is no marker before"):
            studio.hub.fire("/marker/previous")
        studio.hub.fire("/marker/delete", 1.0)
        assert len(studio.transport.markers.markers) == 2

    walk(scene, tmp_path)


def test_previous_just_behind_a_marker_means_the_one_before_while_it_rolls(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        for seconds in (1.0, 2.0):
            studio.transport.markers.add(round(seconds * RATE_HZ))
        await press(studio, "/transport/locate", 2.0)
        await press(studio, "/transport/play")
        await roll(studio, 4800)
        await press(studio, "/marker/previous")
        assert RATE_HZ <= position(studio) < 2 * RATE_HZ

    walk(scene, tmp_path)


def test_a_section_is_gone_to_and_looped_to_the_frame(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        markers = studio.transport.markers
        for at in (12_347, 60_001, 60_101):
            markers.add(at)
        markers.add_section("Verse", 1, 2)
        markers.add_section("Tiny", 2, 3)
        studio.hub.fire("/section/loop", 1.0)
        await press(studio, "/section/locate", 1.0)
        await press(studio, "/transport/play")
        began = frame(studio) - position(studio)
        await roll(studio, 2 * RATE_HZ)
        assert position(studio) == 12_347 + (frame(studio) - began - 12_347) % (60_001 - 12_347)
        with pytest.raises(Refused, match=r"^/section/loop: section 2 \(Tiny\): .* too short"):
            studio.hub.fire("/section/loop", 2.0)
        assert studio.hub.value("/loop/on")
        assert studio.hub.value("/loop/start") == 12_347 / RATE_HZ

    walk(scene, tmp_path)


def test_an_order_says_by_how_much_what_is_played_to_the_tape_comes_late(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        studio.roundtrip_frames = 321
        await press(studio, "/transport/record")
        snapshot = studio.rig.block.snapshot()
        order = TakeOrder.from_json(studio.rig.block.order(1))
        assert order is not None
        assert order.compensation == 321 + snapshot.main_latency + snapshot.strip_latency
        assert snapshot.main_latency > 0
        assert order.stopped_by == ""
        await press(studio, "/transport/stop")
        order = TakeOrder.from_json(studio.rig.block.order(1))
        assert order is not None
        assert order.stopped_by == "desk"

    walk(scene, tmp_path)


def test_a_take_says_who_began_it_and_who_ended_it(tmp_path: Path) -> None:
    """A punch-in and a loop come by themselves; behind the first there is somebody who pressed record."""

    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)

        async def by(origin: str, button: str) -> None:
            studio.hub.fire(f"/transport/{button}", origin=origin)
            await studio.settle()

        await by("nanokontrol2", "record")
        await roll(studio, 4800)
        await by("studioctl (osc tcp 127.0.0.1:4000)", "stop")
        write(studio, punch_in=1.0, punch_out=2.0, punch_on=1.0)
        await press(studio, "/transport/locate", 0.5)
        await by("osc 10.0.0.7:9000", "record")
        await roll(studio, 3 * RATE_HZ)
        write(studio, punch_on=0.0)
        await by("pedal", "punch")
        await roll(studio, 4800)
        await by("pedal", "punch")
        await by("osc 10.0.0.7:9000", "play")
        await by("pedal", "stop")
        await press(studio, "/transport/record")
        await by("pedal", "discard")
        told = [(take.document.recorded_by, take.document.stopped_by) for take in studio.transport.takes]
        assert told == [
            ("nanokontrol2", "studioctl (osc tcp 127.0.0.1:4000)"),
            ("osc 10.0.0.7:9000", "punch"),
            ("pedal", "pedal"),
        ]
        summary = studio.transport.takes[0].summary()
        assert (summary["recorded_by"], summary["stopped_by"]) == told[0]

    walk(scene, tmp_path)


def test_a_take_says_who_armed_each_of_its_tracks(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        studio.hub.write("/strip/2/arm", 1.0, "nanokontrol2")
        studio.hub.write("/strip/3/arm", 1.0, "osc 10.0.0.7:9000")
        studio.hub.write("/strip/3/arm", 0.0, "osc 10.0.0.7:9000")
        studio.hub.fire("/arm/all", origin="pedal")
        studio.hub.write("/main/arm", 1.0, "studioctl (osc tcp 127.0.0.1:4000)")
        await roll(studio, 4800)
        await press(studio, "/transport/record")
        await roll(studio, 4800)
        await press(studio, "/transport/stop")
        (take,) = studio.transport.takes
        by = {track.file: track.armed_by for track in take.tracks}
        assert by["strip-02-strip-2.wav"] == "nanokontrol2"
        assert by["strip-01-strip-1.wav"] == by["strip-03-strip-3.wav"] == "pedal"
        assert by["main-l.wav"] == by["main-r.wav"] == "studioctl (osc tcp 127.0.0.1:4000)"
        assert set(whole_proof(take.document)["armed_by"]) == set(by.values())
        assert take.summary()["tracks"][1]["armed_by"] == "nanokontrol2"

    walk(scene, tmp_path)


def test_a_strip_after_trim_is_recorded_beside_its_input_and_plays_on_no_strip(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        write(studio, strip_2_trim=6.0, strip_2_polarity=1.0, strip_2_trimmed_arm=1.0)
        await roll(studio, 4800)
        await press(studio, "/transport/record")
        await roll(studio, 9600)
        await press(studio, "/transport/stop")
        (take,) = studio.transport.takes
        assert [(track.kind, track.strip, track.file) for track in take.tracks] == [
            ("strip", 1, "strip-01-strip-1.wav"),
            ("trimmed", None, "strip-02-strip-2-trimmed.wav"),
        ]
        assert {region.strip for region in regions(studio.transport.takes, 4)} == {0}
        heard, _ = soundfile.read(take.path / "strip-02-strip-2-trimmed.wav", dtype="float32")
        assert len(heard) == take.frames
        assert heard == pytest.approx(-0.02 * 10 ** (6 / 20), rel=1e-5)

    walk(scene, tmp_path)


def test_a_claimed_number_is_given_to_no_other_take(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        arm(studio, 1)
        assert studio.transport.claim_take() == 1
        await press(studio, "/transport/record")
        assert takes(studio)[-1].id == 2
        assert studio.transport.claim_take() == 3
        await press(studio, "/transport/stop")
        write(studio, loop_end=1.0, loop_on=1.0)
        await press(studio, "/transport/record")
        await roll(studio, RATE_HZ * 3 // 4)  # a pass was ordered ahead, and will not be
        await press(studio, "/transport/stop")
        await press(studio, "/transport/record")
        assert [take.id for take in takes(studio)] == [2, 4, 5]

    walk(scene, tmp_path)


def test_arm_all_and_none_are_buttons(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        studio.hub.write("/strip/2/recordsafe", 1.0, "test")
        studio.hub.fire("/arm/all")
        await press(studio, "/transport/record")
        await press(studio, "/transport/stop")
        assert [track.strip for track in studio.transport.takes[0].tracks] == [1, 3, 4]
        studio.hub.fire("/arm/none")
        with pytest.raises(Refused, match="nothing is armed"):
            studio.hub.fire("/transport/record")

    walk(scene, tmp_path)
