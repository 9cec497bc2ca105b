"""`studiod replay`: a take's tracks and its journal make main again, to the bit."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studiod.engine import ISAS
from studiod.link import Operation
from studiod.link.journal import JOURNAL_NAME, read_journal
from studiod.link.playlist import Playlist, Region
from studiod.produce.replay import ReplayError, replay
from studiod.tape import Player
from tests.fakes.desk_rig import Rig, Samples
from tests.fakes.played_take import RATE_HZ, TAKE, PlayedTake, steps
from tests.unit.engine.songs import MATRICES, OUTPUTS, SONG, STRIPS, queue, start_mix

BUSES, FRAMES = 3, 24_000
START, STOP = 3333, 20_011
LATE = 112  # frames that main's limiter looks ahead
FIRST = 6  # generation of the first playlist


def played(folder: Path, isa: str | None = None, bits: int = 24, blocks: tuple[int, ...] = (64,)) -> Samples:
    """Main of a take in which everything moves; it lies in `folder`."""
    with Rig.make(STRIPS, BUSES, isa=isa, outputs=OUTPUTS, matrices=MATRICES) as rig:
        start_mix(rig)
        take = PlayedTake(rig, folder, bits)
        queue(rig, SONG, ((START, Operation.RECORD, TAKE), (STOP, Operation.STOP, 0)))
        take.play(steps(rig.block.inputs, FRAMES), blocks)
        take.close()
        main = rig.block.inputs + rig.block.buses
        return np.array([rig.captured(main + side, START, STOP - START) for side in range(2)])


def rendered(folder: Path, bits: int = 32) -> Samples:
    done = replay(folder, folder.parent / "again.wav", bits)
    assert done.doubts == ()
    assert (done.is_exact, done.exact_frames) == (True, done.frames)
    samples, rate_hz = soundfile.read(done.file, dtype="float32", always_2d=True)
    assert rate_hz == RATE_HZ
    return np.asarray(samples.T, np.float32)


@pytest.mark.parametrize("isa", ISAS)
def test_a_replay_nulls_against_what_main_played(tmp_path: Path, isa: str) -> None:
    main = played(tmp_path / "0005", isa)
    assert np.abs(main).max() > 0.1
    assert (rendered(tmp_path / "0005") == main).all()


def test_tracks_after_trim_lie_beside_their_inputs_and_are_fed_to_nothing(tmp_path: Path) -> None:
    """Trim of strip 8 walks and polarity of strip 2 turns amid the take."""
    with Rig.make(STRIPS, BUSES, outputs=OUTPUTS, matrices=MATRICES) as rig:
        for strip in (2, 8):
            rig.set(f"/strip/{strip}/trimmed/arm", 1.0)
        start_mix(rig)
        take = PlayedTake(rig, tmp_path / "0005", 32, trimmed=(2, 8))
        queue(rig, SONG, ((START, Operation.RECORD, TAKE), (STOP, Operation.STOP, 0)))
        inputs = steps(rig.block.inputs, FRAMES)
        take.play(inputs)
        take.close()
        main, first = rig.block.inputs + BUSES, rig.block.inputs + BUSES + 2
        played_main = np.array([rig.captured(main + side, START, STOP - START) for side in range(2)])
        kept = {strip: rig.captured(first + strip - 1, START, STOP - START) for strip in (2, 8)}
    assert (rendered(tmp_path / "0005") == played_main).all()
    for strip, held in kept.items():
        recorded = soundfile.read(tmp_path / "0005" / f"trimmed-{strip}.wav", dtype="float32")[0]
        assert (recorded == held).all()
        assert not (recorded == inputs[strip - 1, START:STOP]).all()


@pytest.mark.parametrize("blocks", [(1024,), (63, 1)])
def test_it_does_not_matter_in_what_blocks_it_was_played(tmp_path: Path, blocks: tuple[int, ...]) -> None:
    main = played(tmp_path / "0005", blocks=blocks)
    assert (rendered(tmp_path / "0005") == main).all()


def test_a_replay_of_24_bits_is_the_recorded_main(tmp_path: Path) -> None:
    played(tmp_path / "0005")
    again = rendered(tmp_path / "0005", 24)
    recorded = [soundfile.read(tmp_path / "0005" / f"main-{side}.wav", dtype="float32")[0] for side in "lr"]
    assert (again == np.array(recorded)).all()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
def test_a_journal_that_was_cut_replays_up_to_the_cut(tmp_path: Path, share: float) -> None:
    main = played(tmp_path / "0005")
    path = tmp_path / "0005" / JOURNAL_NAME
    raw = path.read_bytes()
    whole = read_journal(path)
    path.write_bytes(raw[: round(len(raw) * share)])
    journal = read_journal(path)
    if journal.state is None or journal.upto <= START:
        with pytest.raises(ReplayError, match="journal"):
            replay(tmp_path / "0005", tmp_path / "again.wav")
        return
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    assert not done.is_exact
    assert "was cut off" in done.doubts[0].why
    assert done.exact_frames == done.frames
    again = soundfile.read(done.file, dtype="float32", always_2d=True)[0].T
    assert 0 < again.shape[1] <= min(journal.upto, whole.upto) - START
    assert (again == main[:, : again.shape[1]]).all()


def test_a_byte_that_is_wrong_ends_the_journal_there(tmp_path: Path) -> None:
    main = played(tmp_path / "0005")
    path = tmp_path / "0005" / JOURNAL_NAME
    raw = bytearray(path.read_bytes())
    raw[-5000] ^= 1
    path.write_bytes(bytes(raw))
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    again = soundfile.read(done.file, dtype="float32", always_2d=True)[0].T
    assert (again == main[:, : again.shape[1]]).all()
    assert not done.is_exact


@pytest.mark.parametrize("is_late", [True, False])
def test_what_the_files_lack_and_main_heard_is_no_exact_replay(tmp_path: Path, *, is_late: bool) -> None:
    """A tape that stands still for longer than the rings hold; a device that was away is silence for main, too."""
    with Rig.make(STRIPS, BUSES, outputs=OUTPUTS, matrices=MATRICES, ring_s=0.5) as rig:
        start_mix(rig)
        take = PlayedTake(rig, tmp_path / "0005")
        queue(rig, SONG, ((START, Operation.RECORD, TAKE),))
        heard = []
        main = rig.block.inputs + BUSES
        at, inputs = START, steps(rig.block.inputs, 120_000)

        def listen() -> None:
            nonlocal at
            frames = rig.block.capture_head - at
            if frames > 0:
                heard.append(np.array([rig.captured(main + side, at, frames) for side in range(2)]))
                at += frames

        take.play(inputs[:, :9600])
        listen()
        for piece in range(9600, 105_600, 9600) if is_late else ():
            rig.render(inputs[:, piece : piece + 9600])
            listen()
        if not is_late:
            rig.engine.skip(24_000, 2)
            listen()
        take.play(inputs[:, 105_600:112_800])
        listen()
        rig.ask(Operation.STOP)
        take.play(inputs[:, 112_800:])
        listen()
        take.close()
    live = np.concatenate(heard, axis=1)
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    again = soundfile.read(done.file, dtype="float32", always_2d=True)[0].T
    same = (again == live[:, : done.frames]).all(axis=0)
    if not is_late:
        assert (done.doubts, done.exact_frames, bool(same.all())) == ((), done.frames, True)
        return
    (hole,) = done.doubts
    assert (
        hole.why == f"{(hole.frames or 0) / RATE_HZ:.3f} s are silence in its files, and were not for main: tape late"
    )
    assert 0 < done.exact_frames < hole.start
    assert same[: done.exact_frames].all()
    assert not same.all()


def test_a_track_that_ends_before_its_time_is_silent_there_and_said(tmp_path: Path) -> None:
    main = played(tmp_path / "0005")
    path = tmp_path / "0005" / "input-03.wav"
    samples = soundfile.read(path, dtype="int32")[0][:9000]
    soundfile.write(path, samples, RATE_HZ, subtype="PCM_24")
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    (doubt,) = done.doubts
    assert doubt.told(RATE_HZ) == (
        f"from 0:00:00.187 on: input-03.wav ends {STOP - START - 9000} frames before its time"
    )
    again = soundfile.read(done.file, dtype="float32", always_2d=True)[0].T
    assert 0 < done.exact_frames <= 9000 - LATE
    assert (again[:, : done.exact_frames] == main[:, : done.exact_frames]).all()


def test_a_take_shorter_than_its_journal_is_replayed_as_far_as_main_is_known(tmp_path: Path) -> None:
    """As a repair leaves it when the sound of the last moments was lost."""
    main = played(tmp_path / "0005")
    path = tmp_path / "0005" / "take.json"
    document = json.loads(path.read_text())
    document |= {"frames": 9000, "state": "repaired"}
    for track in document["tracks"]:
        track["parts"][0]["frames"] = 9000
    path.write_text(json.dumps(document))
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    again = soundfile.read(done.file, dtype="float32", always_2d=True)[0].T
    assert 0 < again.shape[1] <= 9000
    assert (again == main[:, : again.shape[1]]).all()
    assert [doubt.why for doubt in done.doubts] == [f"its files end {STOP - START - 9000} frames before the take did"]
    assert done.exact_frames == done.frames


@pytest.mark.parametrize(
    ("bits", "scale", "why"),
    [
        (16, 1.0, "its files have 16 bits, what came in had more: 24 bits"),
        (24, 1.1, "its files have 24 bits, what came in had more: 32-bit float"),
        (32, 1.1, ""),
        (24, 1.0, ""),
        (24, 0.0, "its files have 24 bits, and nothing tells whether what came in had more"),
    ],
)
def test_files_of_fewer_bits_than_came_in_are_no_exact_replay(
    tmp_path: Path, bits: int, scale: float, why: str
) -> None:
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005", bits)
        take.play(steps(2, 960) * np.float32(scale))
        rig.ask(Operation.RECORD, slot=TAKE)
        take.play(steps(2, 4800) * np.float32(scale))
        rig.ask(Operation.STOP)
        take.play(steps(2, 960) * np.float32(scale))
        take.close()
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    assert [doubt.why for doubt in done.doubts] == [why] * bool(why)
    assert done.exact_frames == (0 if why else done.frames)


def test_moves_that_the_journal_lacks_end_what_is_exact(tmp_path: Path) -> None:
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        rig.ask(Operation.RECORD, slot=TAKE)
        take.play(steps(2, 4800))
        slot = rig.registry.slot("/strip/1/fader")
        for _ in range(17):
            for _ in range(4000):
                assert rig.block.push_control(Operation.SET, slot, 0.5, 0, 0)
            rig.render(steps(2, 64))
        take.play(steps(2, 4800))
        rig.ask(Operation.STOP)
        take.play(steps(2, 960))
        take.close()
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    (doubt,) = done.doubts
    assert doubt.told(RATE_HZ) == "from 0:00:00.121 on: 2464 moves are missing in its journal"
    assert doubt.start == 4800 + 16 * 64
    assert done.exact_frames == doubt.start - LATE


def test_an_engine_that_began_anew_ends_what_is_exact(tmp_path: Path) -> None:
    with Rig.make(2, 1) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        rig.ask(Operation.RECORD, slot=TAKE)
        take.play(steps(2, 4800))
        rig.restart_engine()
        rig.engine.skip(480, 1)
        take.play(steps(2, 4800))
        rig.ask(Operation.STOP)
        take.play(steps(2, 960))
        take.close()
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    assert [doubt.why for doubt in done.doubts if doubt.start] == [
        "the engine began anew: what it knew is in no journal"
    ]
    assert 0 < done.exact_frames <= 4800


def test_a_take_that_ends_with_the_studio_is_replayed_to_its_end(tmp_path: Path) -> None:
    with Rig.make(STRIPS, BUSES, outputs=OUTPUTS, matrices=MATRICES) as rig:
        start_mix(rig)
        take = PlayedTake(rig, tmp_path / "0005")
        queue(rig, SONG, ((START, Operation.RECORD, TAKE),))
        take.play(steps(rig.block.inputs, FRAMES))
        take.journals.turn(rig.block.snapshot(), is_last=True)
        take.close()
        main, frames = rig.block.inputs + rig.block.buses, rig.block.capture_head - START
        heard = np.array([rig.captured(main + side, START, frames) for side in range(2)])
    assert (rendered(tmp_path / "0005") == heard).all()


def test_what_cannot_be_replayed_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match=r"there is no take\.json"):
        replay(tmp_path, tmp_path / "again.wav")
    played(tmp_path / "0005")
    (tmp_path / "0005" / JOURNAL_NAME).write_bytes(b"SDJOURN1")
    with pytest.raises(ReplayError, match="does not hold what the engine knew"):
        replay(tmp_path / "0005", tmp_path / "again.wav")
    (tmp_path / "0005" / JOURNAL_NAME).unlink()
    with pytest.raises(ReplayError, match=rf"there is no {JOURNAL_NAME}"):
        replay(tmp_path / "0005", tmp_path / "again.wav")


def test_what_stands_in_the_way_is_not_replaced(tmp_path: Path) -> None:
    played(tmp_path / "0005")
    (tmp_path / "again.wav").write_bytes(b"mine")
    with pytest.raises(ReplayError, match="exists"):
        replay(tmp_path / "0005", tmp_path / "again.wav")
    assert (tmp_path / "again.wav").read_bytes() == b"mine"
    replay(tmp_path / "0005", tmp_path / "again.wav", may_replace=True)
    assert soundfile.info(tmp_path / "again.wav").frames == STOP - START


def test_an_overdub_hears_the_tape_it_was_played_to(tmp_path: Path) -> None:
    """Strips play what was recorded before, from the take's beginning on and after a locate amid rolling."""
    sound = steps(1, 48_000, seed=7)[0]
    soundfile.write(tmp_path / "before.wav", sound, RATE_HZ, subtype="PCM_24")
    region = Region(0, tmp_path / "before.wav", 0, 1000, len(sound))
    with Rig.make(2, 1, block_frames=256) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        player = Player(rig.block, RATE_HZ)
        for generation, position in ((6, 4000), (7, 30_000)):
            rig.block.store_playlist(generation, Playlist(generation, position, (region,)).to_json())
            while player.turn():
                pass
            take.play(steps(2, 256), (256,))  # the engine has left what was in that bank
            while player.turn():
                pass
            assert rig.block.is_cued(generation)
            if generation == FIRST:
                rig.ask(Operation.LOCATE, slot=6, value=4000.0)
                rig.ask(Operation.PLAY)
        begin = rig.block.snapshot().frame + 300
        rig.ask(Operation.RECORD, slot=TAKE, at_frame=begin)
        rig.ask(Operation.LOCATE, slot=7, value=30_000.0, at_frame=begin + 3000)
        rig.ask(Operation.STOP, at_frame=begin + 9000)
        for piece in np.split(steps(2, 12_800, seed=2), 50, axis=1):
            take.play(piece, (256,))
            while player.turn():
                pass
        take.close()
        player.close()
        main = rig.block.inputs + rig.block.buses
        heard = np.array([rig.captured(main + side, begin, 9000) for side in range(2)])
        assert rig.block.snapshot().dry_frames == 0
    assert (rendered(tmp_path / "0005") == heard).all()
    (tmp_path / "before.wav").unlink()
    (tmp_path / "again.wav").unlink()
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    assert "before.wav" in done.doubts[0].why
    assert done.exact_frames == 0
    without = soundfile.read(tmp_path / "again.wav", dtype="float32", always_2d=True)[0].T
    assert not (without == heard).all()


def test_a_layer_over_others_is_replayed_with_all_that_was_heard_of_them(tmp_path: Path) -> None:
    """The armed strip itself plays two layers beneath, one mixed with the other, from the take's first frame on."""
    for name, seed in (("first", 7), ("second", 8)):
        soundfile.write(tmp_path / f"{name}.wav", 0.4 * steps(1, 24_000, seed=seed)[0], RATE_HZ, subtype="PCM_24")
    layers = (
        Region(0, tmp_path / "first.wav", 0, 0, 24_000),
        Region(0, tmp_path / "second.wav", 100, 700, 12_000, mixes=True),
    )
    with Rig.make(2, 1, block_frames=256) as rig:
        rig.set("/strip/1/arm", 1.0)
        take = PlayedTake(rig, tmp_path / "0005")
        player = Player(rig.block, RATE_HZ)
        rig.block.store_playlist(FIRST, Playlist(FIRST, 0, layers).to_json())
        while player.turn():
            pass
        take.play(steps(2, 256), (256,))
        while player.turn():
            pass
        rig.ask(Operation.LOCATE, slot=FIRST)
        begin = rig.block.snapshot().frame + 300
        rig.ask(Operation.RECORD, slot=TAKE, value=1.0, at_frame=begin)
        rig.ask(Operation.STOP, at_frame=begin + 9000)
        for piece in np.split(steps(2, 12_800, seed=2), 50, axis=1):
            take.play(piece, (256,))
            while player.turn():
                pass
        take.close()
        player.close()
        main = rig.block.inputs + rig.block.buses
        heard = np.array([rig.captured(main + side, begin, 9000) for side in range(2)])
        assert rig.block.snapshot().dry_frames == 0
    assert (rendered(tmp_path / "0005") == heard).all()
    for name in ("first", "second"):
        (tmp_path / "again.wav").unlink()
        (tmp_path / f"{name}.wav").unlink()
        replay(tmp_path / "0005", tmp_path / "again.wav")
        assert not (heard == soundfile.read(tmp_path / "again.wav", dtype="float32", always_2d=True)[0].T).all()


def test_a_tape_that_was_not_there_in_time_ends_what_is_exact(tmp_path: Path) -> None:
    """Main heard silence where the replay, which waits for its tape, plays it."""
    sound = steps(1, 96_000, seed=7)[0]
    soundfile.write(tmp_path / "before.wav", sound, RATE_HZ, subtype="PCM_24")
    region = Region(0, tmp_path / "before.wav", 0, 0, len(sound))
    with Rig.make(2, 1, block_frames=256) as rig:
        take = PlayedTake(rig, tmp_path / "0005")
        player = Player(rig.block, RATE_HZ)
        rig.block.store_playlist(FIRST, Playlist(FIRST, 0, (region,)).to_json())
        while player.turn():
            pass
        rig.ask(Operation.LOCATE, slot=FIRST, value=0.0)
        rig.ask(Operation.PLAY)
        take.play(steps(2, 2560), (256,))
        rig.ask(Operation.RECORD, slot=TAKE)
        begin = rig.block.snapshot().frame
        heard, at = [], begin
        main = rig.block.inputs + rig.block.buses
        for piece in np.split(steps(2, 89_600, seed=2), 350, axis=1):  # the player does not come again: 2 s are there
            take.play(piece, (256,))
            frames = rig.block.capture_head - at
            if frames > 0:
                heard.append(np.array([rig.captured(main + side, at, frames) for side in range(2)]))
                at += frames
        assert rig.block.snapshot().dry_frames > 0
        rig.ask(Operation.STOP)
        take.play(steps(2, 2560), (256,))
        take.close()
        player.close()
    done = replay(tmp_path / "0005", tmp_path / "again.wav")
    (doubt,) = done.doubts
    assert doubt.why == "the tape was not played in time: main heard silence where it plays here"
    live = np.concatenate(heard, axis=1)
    again = soundfile.read(done.file, dtype="float32", always_2d=True)[0].T[:, : live.shape[1]]
    assert 0 < done.exact_frames < live.shape[1]
    assert (again[:, : done.exact_frames] == live[:, : done.exact_frames]).all()
    assert not (again == live).all()
