"""Headers of sound files: what other programs read in them, at every length and at every moment."""

import os
import struct
import subprocess
import wave
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from studiod.tape.bwf import Marker, Tags, file_tags, marker_chunks, read_bext, tag_chunks
from studiod.tape.wavfile import DATA_AT, NotAWav, append_markers, header_page, read_format, read_header

DATA = Path(__file__).parents[2] / "data" / "wav"
RATE_HZ = 48000
TAGS = Tags(
    "Müller Trio",
    7,
    ("Kick",),
    172_800_000,
    datetime(2026, 11, 21, 9, 15, 30, tzinfo=UTC),
    "studiod-20261121-091530-0007-01",
    "Blues <in> F & G",
    "the good one",
)
POLY = Tags("Church", 12, tuple(f"Ensemble microphone {n}" for n in range(64)), 0)


def a_file(path: Path, frames: int, bits: int = 24, channels: int = 1, tags: Tags | None = TAGS) -> Path:
    width = channels * bits // 8
    path.write_bytes(
        header_page(frames, RATE_HZ, bits, channels, tags) + bytes(range(256)) * (frames * width // 256 + 1)
    )
    os.truncate(path, DATA_AT + frames * width)
    return path


def bext_of(path: Path) -> dict[str, str | int]:
    at, length = read_header(path).chunks[b"bext"]
    return read_bext(path.read_bytes()[at : at + length])


def ixml_of(path: Path) -> ET.Element:
    at, length = read_header(path).chunks[b"iXML"]
    return ET.fromstring(path.read_bytes()[at : at + length])  # noqa: S314 - our own


@given(
    frames=st.integers(0, 1 << 34),
    bits=st.sampled_from([16, 24, 32]),
    channels=st.integers(1, 64),
    tags=st.sampled_from([None, TAGS, POLY]),
)
def test_a_header_is_one_page_that_adds_up(frames: int, bits: int, channels: int, tags: Tags | None) -> None:
    page = header_page(frames, RATE_HZ, bits, channels, tags)
    assert len(page) == DATA_AT
    at, found = 12, []
    while at < DATA_AT - 8:
        name, length = struct.unpack_from("<4sI", page, at)
        assert length % 2 == 0  # libsndfile does not find the samples of an RF64 file behind an odd one
        found.append(name)
        at += 8 + length
    assert at == DATA_AT - 8
    assert page[at : at + 4] == b"data"
    data_bytes = frames * channels * bits // 8
    riff_bytes = DATA_AT - 8 + data_bytes + data_bytes % 2
    if page[:4] == b"RF64":
        assert found[0] == b"ds64"
        assert struct.unpack_from("<QQQI", page, 20) == (riff_bytes, data_bytes, frames, 0)
        assert page[4:8] == page[-4:] == b"\xff\xff\xff\xff"
    else:
        assert struct.unpack_from("<I", page, 4)[0] == riff_bytes
        assert struct.unpack_from("<I", page, DATA_AT - 4)[0] == data_bytes
        assert riff_bytes + 8 <= 0xFFFF_FFFF
    assert (b"bext" in found) == (tags is not None)


@pytest.mark.parametrize("tags", [None, TAGS, POLY])
def test_the_switch_to_rf64_comes_exactly_where_32_bits_end(tags: Tags | None) -> None:
    last = (0xFFFF_FFFF - DATA_AT) // 3
    assert header_page(last, RATE_HZ, 24, 1, tags)[:4] == b"RIFF"
    assert header_page(last + 1, RATE_HZ, 24, 1, tags)[:4] == b"RF64"
    assert header_page(last, RATE_HZ, 24, 1, tags, tail_bytes=100)[:4] == b"RF64"


@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("frames", [0, 1, 479, 48000])
def test_every_reader_sees_every_frame(tmp_path: Path, frames: int, bits: int, channels: int) -> None:
    path = a_file(tmp_path / "take.wav", frames, bits, channels)
    info = soundfile.info(path)
    assert (info.frames, info.samplerate, info.channels) == (frames, RATE_HZ, channels)
    if bits < 32:  # Python's reads no floating point
        with wave.open(str(path)) as file:
            assert (file.getnframes(), file.getnchannels(), file.getsampwidth()) == (frames, channels, bits // 8)
    said = subprocess.run(["soxi", "-s", str(path)], capture_output=True, text=True, check=True)
    assert (said.stdout.strip(), said.stderr) == (str(frames), "")
    if frames:
        assert ffprobe(path, "stream=duration_ts,channels") == {"duration_ts": str(frames), "channels": str(channels)}


def ffprobe(path: Path, entries: str) -> dict[str, str]:
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "default=nw=1", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)


def test_what_a_file_says_of_itself_is_read_by_others(tmp_path: Path) -> None:
    path = a_file(tmp_path / "take.wav", 480)
    said = ffprobe(path, "format_tags")
    assert said["TAG:comment"] == "Muller Trio / take 7 / Blues <in> F & G / Kick"
    assert said["TAG:encoded_by"] == "studiod"
    assert said["TAG:originator_reference"] == TAGS.reference
    assert (said["TAG:date"], said["TAG:creation_time"]) == ("2026-11-21", "09:15:30")
    assert said["TAG:time_reference"] == "172800000"
    assert said["TAG:coding_history"].strip() == "A=PCM,F=48000,W=24,M=mono,T=studiod"


def test_the_bytes_of_a_time_reference_are_those_of_the_standard() -> None:
    hour, beyond = (
        tag_chunks(Tags("", 1, (), frames), rate_hz, 24, 1, 4000)[8:]
        for frames, rate_hz in ((3600 * 48000, 48000), (25 * 3600 * 96000, 96000))
    )
    assert hour[338:348] == bytes.fromhex("00B84C0A 00000000 0100")
    assert beyond[338:346] == bytes.fromhex("00F0FB02 02000000")


def test_ixml_names_the_tracks_and_tells_the_same_time(tmp_path: Path) -> None:
    root = ixml_of(a_file(tmp_path / "take.wav", 480))
    assert root.findtext("PROJECT") == "Müller Trio"
    assert (root.findtext("TAKE"), root.findtext("SCENE"), root.findtext("NOTE")) == ("7", TAGS.name, TAGS.note)
    assert [track.findtext("NAME") for track in root.iter("TRACK")] == ["Kick"]
    assert root.findtext("SPEED/FILE_SAMPLE_RATE") == "48000"
    assert root.findtext("SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO") == str(TAGS.time_reference)


def test_the_names_of_many_tracks_are_shortened_until_the_page_holds_them(tmp_path: Path) -> None:
    root = ixml_of(a_file(tmp_path / "take.wav", 48, channels=64, tags=POLY))
    assert root.findtext("TRACK_LIST/TRACK_COUNT") == "64"
    listed = [track.findtext("NAME") for track in root.iter("TRACK")]
    assert len(listed) > 24
    assert set(listed) == {"Ensemble m"}


@given(st.text(), st.text(), st.lists(st.text(), max_size=70), st.integers(0, 1 << 63))
def test_no_name_breaks_a_header(name: str, note: str, tracks: list[str], time_reference: int) -> None:
    tags = Tags(name, 1, tuple(tracks), time_reference, None, note, name, note)
    page = header_page(1, RATE_HZ, 32, 1, tags)
    assert len(page) == DATA_AT
    at = page.index(b"iXML", 48)
    ET.fromstring(page[at + 8 : at + 8 + int.from_bytes(page[at + 4 : at + 8], "little")])  # noqa: S314


def test_a_take_tells_where_it_stood_on_the_timeline_and_when() -> None:
    document = {
        "id": 3,
        "rate_hz": RATE_HZ,
        "bits": 24,
        "position": 2 * RATE_HZ,
        "pre_frames": 10 * RATE_HZ,
        "created_unix": 1_795_252_530.0,
        "clock_synchronised": True,
        "name": "Chorus",
        "tracks": [
            {"file": "a.wav", "name": "Kick", "strip": 1},
            {
                "file": "b.wav",
                "name": "Bass",
                "strip": 2,
                "parts": [
                    {"file": "b.wav", "start": -10 * RATE_HZ, "frames": 15 * RATE_HZ},
                    {"file": "b-2.wav", "start": 5 * RATE_HZ, "frames": RATE_HZ},
                ],
            },
        ],
    }
    first, later = file_tags(document, "b.wav", "album", UTC), file_tags(document, "b-2.wav", "album", UTC)
    assert (first.project, first.take, first.name, first.tracks) == ("album", 3, "Chorus", ("Bass",))
    # an hour, less the eight seconds that lie before the timeline's zero
    assert (first.time_reference, later.time_reference) == (3592 * RATE_HZ, 3607 * RATE_HZ)
    assert (str(first.moment), str(later.moment)) == ("2026-11-21 09:15:20+00:00", "2026-11-21 09:15:35+00:00")
    assert first.reference == "studiod-20261121-091520-0003-02"
    assert file_tags(document | {"clock_synchronised": False}, "a.wav", "album", UTC).moment is None


def test_a_polyphonic_file_names_its_channels_in_their_order() -> None:
    tracks = [{"file": "all.wav", "channel": n, "name": f"Track {n}", "strip": None} for n in (2, 0, 1)]
    document = {"id": 1, "rate_hz": RATE_HZ, "bits": 24, "position": 0, "created_unix": 0, "tracks": tracks}
    assert file_tags(document, "all.wav", "", UTC).tracks == ("Track 0", "Track 1", "Track 2")


# -- markers -----------------------------------------------------------------------------------------------------------


def test_markers_are_the_bytes_of_the_checked_example() -> None:
    example = (DATA / "bwf_full.wav").read_bytes()
    chunks = marker_chunks([Marker(100, "Intro"), Marker(300, "Verse", 100)])
    cue, names = chunks[:60], chunks[60:]
    assert cue == example[(at := example.index(b"cue ")) : at + 60]
    assert names[12:30] == example[(at := example.index(b"labl")) : at + 18]
    assert names[-28:] == example[(at := example.index(b"ltxt")) : at + 28]


@pytest.mark.parametrize(("frames", "bits"), [(48000, 24), (479, 24), (1001, 32)])
def test_markers_stand_behind_the_samples_and_every_reader_goes_on_reading(
    tmp_path: Path, frames: int, bits: int
) -> None:
    path = a_file(tmp_path / "take.wav", frames, bits)
    with path.open("ab") as file:
        file.write(b"what was reserved")
    before = soundfile.read(path)[0].tobytes()
    fd = os.open(path, os.O_RDWR)
    for _ in range(2):  # also when the file is closed twice
        append_markers(fd, frames, RATE_HZ, bits, [Marker(100, "Einsatz ü"), Marker(300, "B", 50)], tags=TAGS)
    os.close(fd)
    assert soundfile.read(path)[0].tobytes() == before
    assert bext_of(path)["time_reference"] == TAGS.time_reference
    header = read_header(path)
    assert (header.riff_bytes + 8, header.form.frames) == (path.stat().st_size, frames)
    assert path.read_bytes()[DATA_AT + (frames * bits // 8 + 1) // 2 * 2 :] == marker_chunks(
        [Marker(100, "Einsatz ü"), Marker(300, "B", 50)]
    )
    said = subprocess.run(["soxi", "-s", str(path)], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(frames)
    chapters = subprocess.run(["ffprobe", "-v", "error", str(path)], capture_output=True, text=True, check=True)
    assert chapters.stderr == ""


def test_a_marker_that_a_cue_chunk_cannot_count_to_is_left_out() -> None:
    assert marker_chunks([Marker(1 << 32, "next day")]) == b""
    assert marker_chunks([]) == b""


# -- long files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tags", [None, TAGS])
def test_past_4_gib_a_file_becomes_rf64_in_place_and_keeps_what_it_says(tmp_path: Path, tags: Tags | None) -> None:
    path = tmp_path / "long.wav"
    frames = (5 << 30) // 3
    with path.open("wb") as file:  # sparse: it takes a page of the disk
        file.write(header_page(1000, RATE_HZ, 24, 1, tags))
        file.truncate(DATA_AT + 3 * frames + 1)
    assert soundfile.info(path).frames == 1000
    fd = os.open(path, os.O_RDWR)
    os.pwrite(fd, header_page(frames, RATE_HZ, 24, 1, tags), 0)
    assert soundfile.info(path).frames == read_format(path).frames == frames
    assert ffprobe(path, "stream=duration_ts") == {"duration_ts": str(frames)}
    append_markers(fd, frames, RATE_HZ, 24, [Marker(5, "A")], tags=tags)
    os.close(fd)
    assert soundfile.info(path).frames == frames
    assert read_header(path).riff_bytes + 8 == path.stat().st_size


def test_the_checked_example_of_rf64_is_read() -> None:
    header = read_header(DATA / "rf64_small.wav")
    assert (header.form.frames, header.claimed_frames, header.riff_bytes) == (480, 480, 1680)


# -- files that lie ----------------------------------------------------------------------------------------------------


def lying(frames_claimed: int = 100, rate_hz: int = RATE_HZ, channels: int = 1, width: int = 3) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, (rate_hz * width) % (1 << 32), width, 24)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", min(frames_claimed * 3, 0xFFFF_FFFF))
    return b"RIFF" + struct.pack("<I", 0xFFFF_FFF0) + b"WAVE" + chunks + bytes(1024)


def test_a_claim_of_4_gib_in_a_file_of_a_kilobyte_is_held_to_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "liar.wav").write_bytes(lying(1 << 32))
    header = read_header(tmp_path / "liar.wav")
    assert (header.form.frames, header.claimed_frames) == (1024 // 3, 0xFFFF_FFFF // 3)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (lying(channels=0, width=0), "0 channels"),
        (lying(width=0), "1 channels"),
        (lying(rate_hz=0), "rate of 0 Hz"),
        (lying(rate_hz=0xFFFF_FFFF), "rate of 4294967295 Hz"),
        (b"", "no RIFF"),
        (b"RIFF\0\0\0\0WAVE", "no samples"),
        (lying()[:20], "no samples"),
        (b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 1000 + lying()[12:], "no samples"),
        (b"RIFF\0\0\0\0WAVEdata\x10\0\0\0" + bytes(16), "before their format"),
    ],
)
def test_a_file_that_lies_is_refused_with_the_reason(tmp_path: Path, raw: bytes, why: str) -> None:
    path = tmp_path / "liar.wav"
    path.write_bytes(raw)
    with pytest.raises(NotAWav, match=why) as refused:
        read_format(path)
    assert str(path) in str(refused.value)


def test_a_pipe_that_is_called_like_a_take_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "strip-01.wav")
    with pytest.raises(NotAWav, match="is no file"):
        read_format(tmp_path / "strip-01.wav")


@given(st.binary(max_size=200))
def test_junk_behind_a_good_beginning_is_a_wav_or_none(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("junk") / "junk.wav"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + junk)
    try:
        found = read_format(path)
    except NotAWav:
        return
    assert found.frames * found.width <= len(junk)
