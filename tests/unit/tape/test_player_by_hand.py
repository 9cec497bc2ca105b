"""What plays: files where they stand on the timeline, later over earlier, silence where nothing can be."""

from pathlib import Path

import numpy as np
import soundfile

from studiod.link import Operation
from studiod.link.playlist import Playlist, Region
from studiod.tape import Player
from studiod.tape.wavfile import DATA_AT, header_page
from tests.fakes.desk_rig import Rig, Samples

RATE_HZ = 48000
LENGTH = 6000


def take_file(path: Path, value: float, frames: int = LENGTH, rate_hz: int = RATE_HZ) -> Path:
    """A 24-bit file as the tape writes them: one value all through."""
    sample = round(value * (1 << 23)).to_bytes(3, "little", signed=True)
    path.write_bytes(header_page(frames, rate_hz, 24) + sample * frames)
    return path


class Playback:
    """An engine that plays strip 1 from tape, hard left, and the player that feeds it."""

    def __init__(self, rig: Rig, regions: tuple[Region, ...], position: int = 0) -> None:
        self.rig = rig
        rig.set("/strip/1/monitor", 2.0)
        rig.set("/strip/1/pan", -1.0)
        rig.set("/main/limiter/ceiling", 0.0)
        self.player = Player(rig.block, RATE_HZ)
        rig.block.store_playlist(7, Playlist(7, position, regions).to_json())
        self.turn()
        rig.render(np.zeros((rig.block.inputs, 64), np.float32))
        self.turn()
        assert rig.block.is_cued(7)
        rig.ask(Operation.LOCATE, slot=7, value=float(position))
        rig.ask(Operation.PLAY)
        assert not self._render(rig.block.snapshot().main_latency).any()  # main is heard so much later

    def turn(self) -> None:
        while self.player.turn():
            pass

    def hear(self, frames: int, *, is_stalled: bool = False) -> Samples:
        """Main left from where it stands on the timeline, the player turning between blocks unless its disk stalls."""
        heard = []
        while frames:
            piece = min(frames, 1024)
            heard.append(self._render(piece))
            if not is_stalled:
                self.turn()
            frames -= piece
        return np.concatenate(heard)

    def _render(self, frames: int) -> Samples:
        left: Samples = self.rig.render(np.zeros((self.rig.block.inputs, frames), np.float32))[0]
        return left


def test_a_file_plays_bit_for_bit_where_it_stands_with_silence_around_it(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    steps = np.random.default_rng(3).integers(-(1 << 21), 1 << 21, LENGTH)  # its true peak leaves the limiter alone
    sound = (steps / (1 << 23)).astype(np.float32)
    soundfile.write(path, sound, RATE_HZ, subtype="PCM_24")
    with Rig.make(strips=1, buses=0) as rig:
        playback = Playback(rig, (Region(0, path, 0, 3000, LENGTH),))
        heard = playback.hear(12000)
        playback.player.close()
    assert not heard[:3000].any()
    assert np.array_equal(heard[3000 : 3000 + LENGTH], sound)
    assert not heard[3000 + LENGTH :].any()


def test_later_takes_lie_over_earlier_ones_and_end_where_they_end(tmp_path: Path) -> None:
    first, second = take_file(tmp_path / "1.wav", 0.25), take_file(tmp_path / "2.wav", 0.5)
    with Rig.make(strips=1, buses=0) as rig:
        playback = Playback(rig, (Region(0, first, 0, 0, LENGTH), Region(0, second, 1000, 2000, 1500)))
        heard = playback.hear(LENGTH)
        playback.player.close()
    ramp = 500  # the strip's source fades in over 10 ms when the transport starts
    assert (heard[ramp:2000] == 0.25).all()
    assert (heard[2000:3500] == 0.5).all()
    assert (heard[3500:LENGTH] == 0.25).all()


def test_more_than_the_rings_hold_plays_without_a_dry_frame(tmp_path: Path) -> None:
    with Rig.make(strips=1, buses=0) as rig:
        frames = 3 * rig.block.playback_frames
        path = take_file(tmp_path / "long.wav", 0.125, frames)
        playback = Playback(rig, (Region(0, path, 0, 0, frames),))
        heard = playback.hear(frames)
        playback.player.close()
        assert (heard[500:] == 0.125).all()
        assert rig.block.snapshot().dry_frames == 0


def test_a_file_that_cannot_play_is_named_and_silent_and_the_others_play(tmp_path: Path) -> None:
    good = take_file(tmp_path / "good.wav", 0.5)
    other_rate = take_file(tmp_path / "other.wav", 0.5, rate_hz=44100)
    junk = tmp_path / "junk.wav"
    junk.write_bytes(b"RIFF" + bytes(DATA_AT))
    missing = tmp_path / "missing.wav"
    regions = tuple(
        Region(0, path, 0, at * LENGTH, LENGTH) for at, path in enumerate((other_rate, junk, missing, good))
    )
    with Rig.make(strips=1, buses=0) as rig:
        playback = Playback(rig, regions)
        heard = playback.hear(4 * LENGTH)
        faults = playback.player.faults
        playback.player.close()
    assert set(faults) == {str(other_rate), str(junk), str(missing)}
    assert "44100 Hz" in faults[str(other_rate)]
    assert not heard[: 3 * LENGTH].any()
    assert (heard[3 * LENGTH :] == 0.5).all()


def test_a_tape_that_starts_again_keeps_what_is_in_the_rings_and_goes_on(tmp_path: Path) -> None:
    path = take_file(tmp_path / "a.wav", 0.25, 400_000)
    with Rig.make(strips=1, buses=0) as rig:
        playback = Playback(rig, (Region(0, path, 0, 0, 400_000),))
        playback.hear(48000)
        playback.player.close()
        playback.player = Player(rig.block, RATE_HZ)
        heard = playback.hear(300_000)
        playback.player.close()
        assert (heard == 0.25).all()
        assert rig.block.snapshot().dry_frames == 0


def test_a_file_that_shrinks_under_us_is_silent_past_its_end(tmp_path: Path) -> None:
    path = take_file(tmp_path / "a.wav", 0.25)
    with Rig.make(strips=1, buses=0) as rig:
        playback = Playback(rig, (Region(0, path, 0, 0, 50_000),))
        heard = playback.hear(50_000)
        playback.player.close()
    assert (heard[500:LENGTH] == 0.25).all()
    assert not heard[LENGTH:].any()


def test_a_channel_of_a_polyphonic_file_plays_and_one_that_it_does_not_have_is_told(tmp_path: Path) -> None:
    path = tmp_path / "all.wav"
    steps = np.random.default_rng(4).integers(-(1 << 20), 1 << 20, (LENGTH, 3))
    soundfile.write(path, steps.astype(np.int32) << 8, RATE_HZ, subtype="PCM_24")
    with Rig.make(strips=1, buses=0) as rig:
        regions = (Region(0, path, 0, 3000, LENGTH, 2), Region(0, path, 0, 3000 + LENGTH, LENGTH, 3))
        playback = Playback(rig, regions)
        heard = playback.hear(LENGTH + 4000)[3000:]
        playback.player.close()
    assert np.array_equal(heard[:LENGTH], (steps[:, 2] / (1 << 23)).astype(np.float32))
    assert not heard[LENGTH:].any()
    assert "has no channel 4" in playback.player.faults[str(path)]


def test_a_disk_that_stands_still_for_more_than_a_second_is_not_heard(tmp_path: Path) -> None:
    path = take_file(tmp_path / "a.wav", 0.25, 12 * RATE_HZ)
    with Rig.make(strips=1, buses=0) as rig:
        playback = Playback(rig, (Region(0, path, 0, 0, 12 * RATE_HZ),))
        heard = [playback.hear(RATE_HZ)]
        for moment in range(5):
            heard += [playback.hear(1024 * (7 * moment + 1)), playback.hear(RATE_HZ * 3 // 2, is_stalled=True)]
            playback.turn()
        playback.player.close()
        assert (np.concatenate(heard)[500:] == 0.25).all()
        assert rig.block.snapshot().dry_frames == 0


def test_a_disk_that_stands_still_as_the_music_starts_is_not_heard(tmp_path: Path) -> None:
    path = take_file(tmp_path / "a.wav", 0.25, 8 * RATE_HZ)
    with Rig.make(strips=1, buses=0) as rig:
        playback = Playback(rig, (Region(0, path, 0, 0, 8 * RATE_HZ),))
        heard = playback.hear(RATE_HZ, is_stalled=True)
        playback.player.close()
        assert (heard[500:] == 0.25).all()
        assert rig.block.snapshot().dry_frames == 0


def test_a_bank_that_waits_for_its_locate_plays_on_from_it_without_a_dry_frame(tmp_path: Path) -> None:
    path = take_file(tmp_path / "a.wav", 0.25, 8 * RATE_HZ)
    with Rig.make(strips=1, buses=0) as rig:
        region = Region(0, path, 0, 0, 8 * RATE_HZ)
        playback = Playback(rig, (region,))
        heard = [playback.hear(RATE_HZ)]
        for generation in range(8, 14):  # as a loop goes round
            rig.block.store_playlist(generation, Playlist(generation, 4800, (region,)).to_json())
            heard.append(playback.hear(2048))
            assert rig.block.is_cued(generation)
            rig.ask(Operation.LOCATE, slot=generation, value=4800.0)
            heard.append(playback.hear(RATE_HZ // 2))
        opened = playback.player.opened
        playback.player.close()
        assert (np.concatenate(heard)[500:] == 0.25).all()
        assert rig.block.snapshot().dry_frames == 0
        assert opened == 1
