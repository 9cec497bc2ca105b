"""Files that become takes: whole, in time, where verify and playback find them; or a sentence, and nothing left."""

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from studiod.desk.takes import read_takes, regions
from studiod.produce.foreign import ImportFault
from studiod.produce.imports import Imported, ImportOrder, channels_of, import_file
from studiod.tape.library import load_document
from studiod.tape.sound import TakeSound
from studiod.tape.verify import verify_take

RATE_HZ = 48000
Sound = NDArray[np.float64]


class Counter:
    """Numbers as they come; says whether they are held."""

    def __init__(self, last: int = 6) -> None:
        self.last, self.held = last, 0

    def claim(self) -> int:
        self.last += 1
        self.held += 1
        return self.last

    def release(self) -> None:
        self.held = 0


def noise(frames: int, channels: int = 1) -> Sound:
    return np.random.default_rng(5).uniform(-0.9, 0.9, (frames, channels))


def written(path: Path, sound: Sound, rate_hz: int = RATE_HZ, subtype: str = "PCM_24") -> Path:
    soundfile.write(path, sound, rate_hz, subtype=subtype)
    return path


def imported(
    tmp_path: Path, file: Path, *, position: int = 0, strip: int = 1, strips: int = 128, name: str = ""
) -> Imported:
    return import_file(ImportOrder(file, tmp_path / "album", RATE_HZ, position, strip, strips, name), Counter())


def track(done: Imported, number: int) -> Sound:
    """What the take holds of one track."""
    document = load_document(done.folder)
    with TakeSound(done.folder, document) as sound:
        packed = sound.read(number, 0, document.frames)
    path = done.folder / document.tracks[number].file
    found, rate_hz = soundfile.read(path, dtype="float64")
    assert rate_hz == done.rate_hz
    assert len(packed) == len(found) * document.sample_bytes
    whole: Sound = found
    return whole


@pytest.mark.parametrize(
    ("suffix", "subtype", "bits"),
    [
        ("wav", "PCM_U8", 24),
        ("wav", "PCM_16", 24),
        ("wav", "PCM_24", 24),
        ("flac", "PCM_24", 24),
        ("aiff", "PCM_16", 24),
        ("caf", "ALAC_16", 24),
        ("wav", "FLOAT", 32),
        ("wav", "PCM_32", 32),
        ("w64", "DOUBLE", 32),
        ("wav", "ULAW", 32),
        ("ogg", "VORBIS", 32),
    ],
)
def test_any_format_becomes_a_take_without_loss_where_it_has_none(
    tmp_path: Path, suffix: str, subtype: str, bits: int
) -> None:
    file = written(tmp_path / f"a.{suffix}", noise(5000, 2), subtype=subtype)
    done = imported(tmp_path, file)
    whole, _ = soundfile.read(file, always_2d=True)
    assert (done.bits, done.frames) == (bits, len(whole))
    for channel in range(2):
        assert (track(done, channel) == whole[:, channel].astype(np.float32)).all()


def test_a_take_that_was_imported_is_a_good_take_to_everyone(tmp_path: Path) -> None:
    file = written(tmp_path / "Blues in F.wav", noise(2 * RATE_HZ + 17, 2))
    done = imported(tmp_path, file, position=96000, strip=3)
    assert done.folder == tmp_path / "album" / "takes" / "0007"
    report = verify_take(done.folder)
    assert report.faults == ()
    assert report.is_good
    assert report.checked_seconds > 0
    document = load_document(done.folder)
    assert (document.state, document.name, document.position) == ("good", "Blues in F", 96000)
    assert document.raw["recorded_by"] == "import"
    assert [(t.kind, t.strip, t.name) for t in document.tracks] == [
        ("strip", 3, "Blues in F L"),
        ("strip", 4, "Blues in F R"),
    ]
    (take,) = read_takes(tmp_path / "album")
    found = regions((take,), 8)
    assert [(r.strip, r.position, r.frames, r.offset) for r in found] == [
        (2, 96000, 2 * RATE_HZ + 17, 0),
        (3, 96000, 2 * RATE_HZ + 17, 0),
    ]


def test_a_file_of_another_rate_comes_at_the_session_s_in_time_and_as_long(tmp_path: Path) -> None:
    sound = np.zeros((44100 * 3 + 7, 1))
    sound[44100] = 0.5
    done = imported(tmp_path, written(tmp_path / "a.wav", sound, 44100))
    found = track(done, 0)
    assert (done.bits, done.source_rate_hz, len(found)) == (32, 44100, 144008)
    assert int(np.argmax(np.abs(found))) == RATE_HZ


def test_many_channels_come_apart_in_order(tmp_path: Path) -> None:
    sound = noise(300, 24)
    done = imported(tmp_path, written(tmp_path / "a.wav", sound))
    assert done.strips == tuple(range(1, 25))
    whole, _ = soundfile.read(tmp_path / "a.wav")
    assert all((track(done, channel) == whole[:, channel]).all() for channel in range(24))


def test_clips_are_told_as_in_any_take(tmp_path: Path) -> None:
    sound = np.zeros((1000, 1))
    sound[100:110] = 1.0
    done = imported(tmp_path, written(tmp_path / "a.wav", sound, subtype="FLOAT"))
    (clip,) = load_document(done.folder).raw["clips"]
    assert (clip["start"], clip["frames"]) == (100, 10)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("rate_hz", [RATE_HZ, 44100])
def test_what_is_no_sound_becomes_silence_and_is_counted(tmp_path: Path, bad: float, rate_hz: int) -> None:
    sound = np.zeros((5000, 1), np.float32)
    sound[40:43] = bad
    file = tmp_path / "a.wav"
    soundfile.write(file, sound, rate_hz, subtype="FLOAT")
    done = imported(tmp_path, file)
    assert not track(done, 0).any()
    (warning,) = done.warnings
    assert "3 samples were no numbers" in warning
    assert load_document(done.folder).raw["imported"]["bad_samples"] == 3


def wav(
    claimed: int | None = None, channels: int = 1, rate_hz: int = RATE_HZ, width: int = 2, *, sound: bytes = bytes(1000)
) -> bytes:
    """A WAV of 16 bits that says what it is told to."""
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * width & 0xFFFFFFFF, width, 16)
    size = len(sound) if claimed is None else claimed
    body = b"WAVE" + b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", size) + sound
    return b"RIFF" + struct.pack("<I", min(size + 36, 0xFFFFFFFF)) + body


@pytest.mark.parametrize("claimed", [1500, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF])
def test_a_file_that_says_it_is_longer_gives_what_it_has_and_a_warning(tmp_path: Path, claimed: int) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(wav(claimed))
    done = imported(tmp_path, file)
    assert done.frames == 500
    (warning,) = done.warnings
    assert "what is there is imported" in warning
    assert load_document(done.folder).raw["faults"] == [warning]


def test_a_compressed_file_that_was_cut_gives_what_it_has_and_a_warning(tmp_path: Path) -> None:
    file = written(tmp_path / "a.flac", noise(100_000))
    file.write_bytes(file.read_bytes()[:150_000])
    done = imported(tmp_path, file)
    assert 10_000 < done.frames < 100_000
    assert any("what is there is imported" in warning for warning in done.warnings)


def rf64(lengths: tuple[int, int, int] | None) -> bytes:
    """500 frames in an RF64 file whose ds64 chunk says `lengths`; None: there is none."""
    ds64 = b"" if lengths is None else b"ds64" + struct.pack("<IQQQI", 28, *lengths, 0)
    return b"RF64\xff\xff\xff\xffWAVE" + ds64 + wav(0xFFFFFFFF)[12:]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (rf64(None), "the lengths in its ds64 chunk are missing, or lie"),
        (rf64((2**64 - 1, 2**64 - 1, 2**64 - 1)), "the lengths in its ds64 chunk are missing, or lie"),
        (rf64((0, 0, 0)), "there is no sound in it"),
        (wav(rate_hz=0), "its rate of 0 Hz is no rate; allowed 1"),
        (wav(rate_hz=0xFFFFFFFF), "its rate of 4294967295 Hz is no rate; allowed 1"),
        (wav(channels=0, width=0), "Channel count is zero"),
        (wav(channels=65535, width=65534), "Too many channels"),
    ],
)
def test_a_wav_that_lies_is_refused_with_what_is_wrong_in_it(tmp_path: Path, raw: bytes, why: str) -> None:
    file = tmp_path / "liar.wav"
    file.write_bytes(raw)
    with pytest.raises(ImportFault) as fault:
        imported(tmp_path, file)
    assert why in str(fault.value)
    assert "nternal error" not in str(fault.value)
    assert list((tmp_path / "album").rglob("*.wav")) == []


@pytest.mark.parametrize(("lengths", "frames"), [((1 << 63, 1 << 62, 1 << 61), 500), ((1100, 1000, 500), 500)])
def test_an_rf64_that_lies_about_what_it_has_gives_what_is_there(
    tmp_path: Path, lengths: tuple[int, int, int], frames: int
) -> None:
    file = tmp_path / "liar.wav"
    file.write_bytes(rf64(lengths))
    assert imported(tmp_path, file).frames == frames


HOSTILE = {
    "rf64-no-ds64": rf64(None),
    "width-0": wav(width=0, rate_hz=0),
    "empty": b"",
    "text": b"[desk]\nfader=3\n" * 40,
    "no-frames": wav(sound=b""),
    "no-channels": wav(channels=0),
    "no-rate": wav(rate_hz=0),
    "fast": wav(rate_hz=0xFFFFFFFF),
    "slow": wav(rate_hz=7),
    "crowd": wav(channels=200, width=400, sound=bytes(4000)),
    "header-only": wav()[:30],
    "huge-chunk": b"RIFF\xff\xff\xff\xffWAVEjunk\xff\xff\xff\xff" + bytes(2000),
    "endless-header": b"RIFF\xff\xff\xff\xffWAVE" + b"JUNK\0\0\0\0" * 100_000,
    "huge-au": b".snd" + struct.pack(">IIIII", 0xFFFFFFF0, 0xFFFFFFFF, 3, 48000, 1) + bytes(100),
    "flac": b"fLaC" + b"\xff" * 400,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_what_is_no_sound_file_is_refused_in_a_sentence_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(HOSTILE[name])
    numbers = Counter()
    with pytest.raises(ImportFault) as fault:
        import_file(ImportOrder(file, tmp_path / "album", RATE_HZ), numbers)
    assert str(file) in str(fault.value)
    assert list((tmp_path / "album").rglob("*")) in ([], [tmp_path / "album" / "takes"])
    assert numbers.last == 6


def test_pipes_folders_and_what_is_not_there_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for name, why in (("pipe.wav", "is no file"), ("", "is no file"), ("gone.wav", "no such file")):
        with pytest.raises(ImportFault, match=why):
            imported(tmp_path, tmp_path / name)
    (tmp_path / "a.raw").write_bytes(bytes(100))
    with pytest.raises(ImportFault, match="without a header"):
        imported(tmp_path, tmp_path / "a.raw")


@pytest.mark.parametrize(
    "name",
    [b"\xff\xfe.wav", b"-rf.wav", "\u202egpj.wav".encode(), b"a\nb\x1b[31m.wav", b"\\..\\x.wav", b"x" * 250 + b".wav"],
)
def test_no_name_of_a_file_becomes_a_path_or_leaves_its_text(tmp_path: Path, name: bytes) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    file.write_bytes(wav())
    done = imported(tmp_path, file)
    document = load_document(done.folder)
    assert all(path.parent == done.folder for path in done.folder.rglob("*"))
    for text in (document.name, document.tracks[0].name):
        assert text.isprintable()
        text.encode()
    assert verify_take(done.folder).is_good


@pytest.mark.parametrize(("strip", "says"), [(0, "strips 0 to 3"), (7, "strips 7 to 10"), (-5, "strips -5 to -2")])
def test_a_file_that_does_not_fit_on_the_desk_is_refused(tmp_path: Path, strip: int, says: str) -> None:
    file = written(tmp_path / "a.wav", noise(100, 4))
    with pytest.raises(ImportFault, match=r"the desk has strips 1\.\.8") as fault:
        imported(tmp_path, file, strip=strip, strips=8)
    assert says in str(fault.value)
    assert channels_of(file) == 4


class Stolen(Counter):
    """Gives a number that is not free after all."""

    def __init__(self, takes: Path) -> None:
        super().__init__()
        self._takes = takes

    def claim(self) -> int:
        number = super().claim()
        (self._takes / f"{number:04d}").mkdir()
        return number


def test_a_take_is_never_laid_over_another(tmp_path: Path) -> None:
    takes = tmp_path / "album" / "takes"
    numbers = Stolen(takes)
    with pytest.raises(ImportFault, match="is there already"):
        import_file(ImportOrder(written(tmp_path / "a.wav", noise(100)), takes.parent, RATE_HZ), numbers)
    assert list(takes.rglob("*")) == [takes / "0007"]
    assert numbers.held == 0


def test_a_disk_with_too_little_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    file = tmp_path / "a.flac"
    soundfile.write(file, np.zeros(8_000), 1000, subtype="PCM_16")
    raw = bytearray(file.read_bytes())
    raw[21:26] = bytes([raw[21] & 0xF0 | 0x0F]) + b"\xff\xff\xff\xff"  # claims 2^36 frames
    file.write_bytes(bytes(raw))
    with pytest.raises(ImportFault, match=r"would take \d+ MB"):
        imported(tmp_path, file)


def test_a_session_that_cannot_be_written_is_said_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "album").write_text("no folder")
    with pytest.raises(ImportFault, match="album"):
        imported(tmp_path, written(tmp_path / "a.wav", noise(100)))


def test_what_a_killed_import_left_is_swept_and_what_runs_is_not(tmp_path: Path) -> None:
    takes = tmp_path / "album" / "takes"
    dead, alive = takes / ".import-4194999-1", takes / f".import-{os.getpid()}-1"
    dead.mkdir(parents=True)
    alive.mkdir()
    imported(tmp_path, written(tmp_path / "a.wav", noise(100)))
    assert not dead.exists()
    assert alive.exists()


def test_progress_goes_from_nothing_to_all(tmp_path: Path) -> None:
    told: list[float] = []
    file = written(tmp_path / "a.wav", noise(200_000))
    import_file(ImportOrder(file, tmp_path / "album", RATE_HZ), Counter(), told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 2


def test_the_paper_says_where_it_came_from(tmp_path: Path) -> None:
    done = imported(tmp_path, written(tmp_path / "a.flac", noise(100), 44100), name="Intro")
    document = json.loads((done.folder / "take.json").read_text())
    assert document["name"] == "Intro"
    assert document["imported"] == {
        "file": "a",
        "rate_hz": 44100,
        "channels": 1,
        "format": "FLAC",
        "subtype": "PCM_24",
        "bad_samples": 0,
    }
