"""A take as files for elsewhere: the same samples, under names any disk takes, and never over anyone's files."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from studiod.produce.export import ExportError, ExportOrder, export_take
from studiod.tape.bwf import read_bext
from studiod.tape.wavfile import DATA_AT, read_header
from tests.fakes.takes import RATE_HZ, FakeTake, sound
from tests.fakes.wav_markers import markers_in

_EXPECTED = ["take-0001-strip-01-strip-1", "take-0001-strip-02-strip-2"]


def packed(path: Path, width: int = 3) -> bytes:
    frames = read_header(path).form.frames
    return path.read_bytes()[DATA_AT : DATA_AT + frames * width]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"bits": 16},
        {"bits": 32},
        {"frames": 3501},
        {"cuts": (700, 2500), "pre_frames": 1000},
        {"cuts": (700, 2500), "pre_frames": 1000, "is_poly": True},
        {"frames": 200_000},
    ],
)
@pytest.mark.parametrize("with_pre", [False, True])
def test_samples_are_as_they_were_recorded(tmp_path: Path, form: dict[str, Any], *, with_pre: bool) -> None:
    take = FakeTake(tmp_path / "s", **form).write()
    done = export_take(ExportOrder(take.folder, tmp_path / "out", with_pre=with_pre))
    first = 0 if with_pre else take.pre_frames
    assert [path.name for path in done.files] == [f"{stem}.wav" for stem in _EXPECTED]
    assert (done.frames, done.bits, done.warnings) == (take.frames - first, take.bits, ())
    for track, path in enumerate(done.files):
        assert packed(path, take.width) == sound(track, first, take.frames - first, take.width)
        assert soundfile.info(path).frames == done.frames


@pytest.mark.parametrize("form", [{}, {"bits": 16}, {"cuts": (2500,), "pre_frames": 1000, "is_poly": True}])
def test_flac_holds_the_same_samples(tmp_path: Path, form: dict[str, Any]) -> None:
    take = FakeTake(tmp_path / "s", **form).write()
    done = export_take(ExportOrder(take.folder, tmp_path / "out", "flac"))
    assert [path.name for path in done.files] == [f"{stem}.flac" for stem in _EXPECTED]
    for track, path in enumerate(done.files):
        with soundfile.SoundFile(path) as file:
            assert (file.format, file.subtype, file.title) == ("FLAC", f"PCM_{take.bits}", f"Strip {track + 1}")
            samples = file.read(dtype="int32")
        expected = sound(track, take.pre_frames, take.frames - take.pre_frames, take.width)
        words = samples.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 4 - take.width :]
        assert words.tobytes() == expected


def ramp_take(session: Path, bits: int) -> tuple[FakeTake, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """A take of one track that holds a slow ramp, and the ramp."""
    take = FakeTake(session, tracks=1, bits=bits, frames=20_000).write()
    ramp = np.linspace(-0.75, 0.75, take.frames)
    scale = 1.0 if bits == 32 else float(1 << (bits - 1))
    steps = (ramp * scale).astype("<f4" if bits == 32 else "<i4")
    raw = np.ascontiguousarray(steps).view(np.uint8).reshape(-1, 4)[:, : take.width].tobytes()
    with take.path(0).open("r+b") as file:
        file.seek(DATA_AT)
        file.write(raw)
    return take, ramp


@pytest.mark.parametrize("source", [16, 24, 32])
@pytest.mark.parametrize(("suffix", "bits"), [("wav", 16), ("wav", 24), ("wav", 32), ("flac", 16), ("flac", 24)])
def test_other_bits_hold_the_same_sound(tmp_path: Path, source: int, suffix: str, bits: int) -> None:
    take, ramp = ramp_take(tmp_path / "s", source)
    done = export_take(ExportOrder(take.folder, tmp_path / "out", suffix, bits))
    samples, _ = soundfile.read(done.files[0], dtype="float64")
    steps = 2 if bits == 16 and source > 16 else 1  # dither is two steps wide
    coarsest = 2.0 ** (1 - min(source, bits, 24))
    assert np.abs(samples - ramp).max() <= (steps + 0.5) * coarsest
    assert done.bits == bits


def test_fewer_bits_are_dithered_alike_at_every_run(tmp_path: Path) -> None:
    take, _ = ramp_take(tmp_path / "s", 24)
    one, two = (export_take(ExportOrder(take.folder, tmp_path / name, bits=16)).files[0] for name in "ab")
    assert packed(one, 2) == packed(two, 2)
    samples, _ = soundfile.read(one, dtype="int16")
    exact = np.rint(np.linspace(-0.75, 0.75, 20_000) * 32768)
    assert 0.2 < np.mean(samples != exact) < 0.8


def test_beyond_full_scale_and_no_number_at_all_are_held_at_the_ends(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s", tracks=1, bits=32, frames=4).write()
    with take.path(0).open("r+b") as file:
        file.seek(DATA_AT)
        file.write(np.array([4.0, -4.0, np.nan, np.inf], "<f4").tobytes())
    done = export_take(ExportOrder(take.folder, tmp_path / "out", "flac"))
    samples, _ = soundfile.read(done.files[0], dtype="int32")
    assert list(samples >> 8) == [(1 << 23) - 1, -(1 << 23), 0, (1 << 23) - 1]


def test_flac_of_floating_point_has_24_bits_and_no_32(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s", bits=32).write()
    assert export_take(ExportOrder(take.folder, tmp_path / "out", "flac")).bits == 24
    with pytest.raises(ExportError, match="FLAC has no 32 bits; allowed 16, 24"):
        export_take(ExportOrder(take.folder, tmp_path / "other", "flac", 32))


def test_files_carry_their_place_and_their_name(tmp_path: Path) -> None:
    fields = {"position": 5000, "name": "Blues in F"}
    take = FakeTake(tmp_path / "album", pre_frames=2000, is_poly=True, more=fields).write()
    places = []
    for with_pre in (False, True):
        done = export_take(ExportOrder(take.folder, tmp_path / f"out-{with_pre}", with_pre=with_pre))
        at, length = read_header(done.files[1]).chunks[b"bext"]
        bext = read_bext(done.files[1].read_bytes()[at : at + length])
        assert bext["description"] == "album / take 1 / Blues in F / Strip 2"
        places.append(bext["time_reference"])
    assert places == [3600 * RATE_HZ + 5000, 3600 * RATE_HZ + 3000]
    assert done.files[1].name == "take-0001-blues-in-f-strip-02-strip-2.wav"


def named(take: FakeTake, *names: str) -> list[str]:
    document = take.document()
    for track, name in zip(document["tracks"], names, strict=True):
        track |= {"name": name, "strip": None, "kind": "bus"}
    take.more = {"tracks": document["tracks"], "name": names[0]}
    take.write()
    done = export_take(ExportOrder(take.folder, take.session / "out"))
    return [path.name for path in done.files]


def test_what_people_said_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    assert named(FakeTake(tmp_path / "s"), "../../etc/cron.d/x", "CON: <a|b>?*\\\u202e") == [
        "take-0001-etc-cron-d-x-bus-01-etc-cron-d-x.wav",
        "take-0001-etc-cron-d-x-bus-02-con-a-b.wav",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


def test_two_tracks_of_the_same_strip_do_not_share_a_file(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s")
    document = take.document()
    for track in document["tracks"]:
        track |= {"name": "Vox", "strip": 3}
    take.more = {"tracks": document["tracks"]}
    take.write()
    done = export_take(ExportOrder(take.folder, tmp_path / "out"))
    assert [path.name for path in done.files] == [f"take-0001-strip-03-vox-track-0{n}.wav" for n in (1, 2)]


def test_nothing_is_overwritten_unless_that_is_said(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s").write()
    mine = tmp_path / "out" / f"{_EXPECTED[1]}.wav"
    mine.parent.mkdir()
    mine.write_text("my own")
    with pytest.raises(ExportError, match="is there already; --force replaces it"):
        export_take(ExportOrder(take.folder, tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [mine.name]
    assert mine.read_text() == "my own"
    export_take(ExportOrder(take.folder, tmp_path / "out", may_replace=True))
    assert packed(mine) == sound(1, 0, 3500)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_what_fails_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    take = FakeTake(tmp_path / "s").write()
    out = tmp_path / "out"
    out.mkdir()
    (out / f"{_EXPECTED[1]}.{suffix}").symlink_to(tmp_path / "victim")
    with pytest.raises(ExportError, match="is no file, and is not replaced"):
        export_take(ExportOrder(take.folder, out, suffix, may_replace=True))
    assert len(list(out.iterdir())) == 1
    with pytest.raises(ExportError, match=r"Not a directory|File exists"):
        export_take(ExportOrder(take.folder, take.folder / "take.json", suffix))
    assert not (tmp_path / "victim").exists()


def test_what_is_not_there_is_silence_and_told(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s", tracks=3).write()
    take.path(0).unlink()
    os.truncate(take.path(1), DATA_AT + 3 * 3000 + 1)
    done = export_take(ExportOrder(take.folder, tmp_path / "out"))
    assert done.warnings == (
        "strip-01.wav: 3500 frames are not there: silence stands in their place",
        "strip-02.wav: 500 frames are not there: silence stands in their place",
    )
    assert packed(done.files[1]) == sound(1, 0, 3000) + bytes(1500)
    assert packed(done.files[2]) == sound(2, 0, 3500)


def test_a_length_that_is_only_claimed_fills_no_disk(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s", more={"frames": 1 << 52}).write()
    assert export_take(ExportOrder(take.folder, tmp_path / "out")).frames == 3500


def test_a_take_that_is_being_recorded_and_one_that_is_none_are_refused(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s", state="recording").write()
    with pytest.raises(ExportError, match="take 1 is being recorded, or was cut off"):
        export_take(ExportOrder(take.folder, tmp_path / "out"))
    with pytest.raises(ExportError, match=r"there is no take\.json"):
        export_take(ExportOrder(tmp_path, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_progress_rises_to_its_end(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s", frames=200_000).write()
    parts: list[float] = []
    export_take(ExportOrder(take.folder, tmp_path / "out"), parts.append)
    assert parts == sorted(parts)
    assert (len(parts), parts[-1]) == (8, 1.0)


# -- markers -----------------------------------------------------------------------------------------------------------

_MARKERS = [
    {"name": "early", "start": -400, "frames": 0},
    {"name": "Strophe ü = 1", "start": 200, "frames": 0},
    {"name": "Refrain", "start": 1234, "frames": 500},
    {"name": "end", "start": 2400, "frames": 0},
]


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("with_pre", [False, True])
def test_exported_files_carry_the_markers_of_the_take(tmp_path: Path, bits: int, *, with_pre: bool) -> None:
    more = {"markers": _MARKERS}
    take = FakeTake(tmp_path / "s", frames=3501, pre_frames=1000, cuts=(2500,), more=more).write()
    done = export_take(ExportOrder(take.folder, tmp_path / "out", bits=bits, with_pre=with_pre))
    first = 1000 if with_pre else 0
    early = [("early", 600, 0)] if with_pre else []
    for path in done.files:
        expected = [("Strophe ü = 1", 200, 0), ("Refrain", 1234, 500), ("end", 2400, 0)]
        assert markers_in(path) == early + [(name, first + frame, frames) for name, frame, frames in expected]
        assert soundfile.info(path).frames == 2501 + first


def test_flac_carries_them_as_chapters_and_as_a_cue_sheet(tmp_path: Path) -> None:
    take = FakeTake(tmp_path / "s", pre_frames=1000, more={"markers": _MARKERS}).write()
    plain = export_take(ExportOrder(FakeTake(tmp_path / "t", pre_frames=1000).write().folder, tmp_path / "p", "flac"))
    done = export_take(ExportOrder(take.folder, tmp_path / "out", "flac"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in done.files)
    for path, unmarked in zip(done.files, plain.files, strict=True):
        assert np.array_equal(soundfile.read(path, dtype="int32")[0], soundfile.read(unmarked, dtype="int32")[0])
        with soundfile.SoundFile(path) as file:
            assert file.comment == "take 1"
        probe = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(path)]
        found = json.loads(subprocess.run(probe, capture_output=True, check=True).stdout)["chapters"]
        assert [(float(each["start_time"]), each["tags"]["title"]) for each in found] == [
            (0.2, "Strophe ü = 1"),
            (1.234, "Refrain"),
            (2.4, "end"),
        ]
        cues = subprocess.run(
            ["metaflac", "--export-cuesheet-to=-", str(path)], capture_output=True, text=True, check=True
        )
        indexes = [line.split()[-1] for line in cues.stdout.splitlines() if "INDEX" in line]
        assert indexes == ["200", "1234", "2400"]
        subprocess.run(["flac", "--test", "--silent", str(path)], check=True)
