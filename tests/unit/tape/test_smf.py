"""MIDI files: whole after every write, every message at its sample, readable by mido."""

import io
import resource
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.tape.smf import MAX_DIVISION, SmfFile, TickClock, is_kept, variable, whole_file

CLOCK = TickClock.of(48_000, 120.0)
NOTE_ON, NOTE_OFF, PEDAL = b"\x90\x40\x64", b"\x80\x40\x00", b"\xb0\x40\x7f"
channel_messages = st.one_of(
    st.tuples(st.integers(0x80, 0xBF), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.integers(0xE0, 0xEF), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.integers(0xC0, 0xDF), st.integers(0, 127)),
).map(bytes)
sysex = st.binary(min_size=0, max_size=300).map(lambda raw: b"\xf0" + bytes(byte & 127 for byte in raw) + b"\xf7")
songs = st.lists(st.tuples(st.integers(0, 1 << 31), st.one_of(channel_messages, sysex)), max_size=30).map(
    lambda events: sorted(events, key=lambda event: event[0])
)


def as_mido(raw: bytes) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(raw))


def played(raw: bytes, clock: TickClock = CLOCK) -> list[tuple[int, bytes]]:
    """Frame and message of everything in a file that is no meta event, as mido reads it."""
    found, tick = [], 0
    for message in as_mido(raw).tracks[0]:
        tick += message.time
        if not message.is_meta:
            found.append((clock.frame(tick), bytes(message.bytes())))
    return found


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 88_200, 96_000, 192_000])
@given(tempo_bpm=st.floats(20.0, 400.0), frame=st.integers(0, 1 << 40))
def test_a_tick_is_never_longer_than_a_sample_so_the_frame_comes_back(
    rate_hz: int, tempo_bpm: float, frame: int
) -> None:
    clock = TickClock.of(rate_hz, tempo_bpm)
    assert clock.division <= MAX_DIVISION
    assert clock.frame(clock.tick(frame)) == frame


def test_bars_fall_where_the_song_has_them() -> None:
    clock = TickClock.of(48_000, 100.0)
    assert clock.tick(48_000 * 60 // 100) == clock.division  # a quarter note
    assert TickClock.of(48_000, 50.0).quarter_us * 2 == 1_200_000  # a slow song counts its halves


@pytest.mark.parametrize("tempo_bpm", [0.0, -3.0, float("nan"), float("inf")])
def test_a_tempo_that_is_none_is_refused(tempo_bpm: float) -> None:
    with pytest.raises(ValueError, match="positive numbers"):
        TickClock.of(48_000, tempo_bpm)


@given(number=st.integers(0, 0x0FFF_FFFF))
def test_numbers_of_variable_length_are_seven_bits_a_byte(number: int) -> None:
    raw = variable(number)
    found = 0
    for byte in raw:
        found = found << 7 | byte & 127
    assert found == number
    assert [byte >> 7 for byte in raw] == [1] * (len(raw) - 1) + [0]


@given(song=songs)
def test_a_whole_file_holds_every_message_at_its_frame(song: list[tuple[int, bytes]]) -> None:
    frames = song[-1][0] + 1 if song else 100
    raw = whole_file(CLOCK, "Keys", song, frames)
    found = played(raw)
    assert found[: len(song)] == song
    assert all(frame == frames for frame, _ in found[len(song) :]), "what is let go is let go at the end"
    assert as_mido(raw).tracks[0].name == "Keys"


@given(song=songs, cuts=st.lists(st.integers(0, 30), max_size=5))
def test_a_file_that_grows_is_whole_after_every_write_and_ends_as_one_written_at_once(
    tmp_path_factory: pytest.TempPathFactory, song: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("smf") / "keys.mid"
    file = SmfFile(path, CLOCK, "Keys")
    at = 0
    for cut in [*sorted(cuts), len(song)]:
        file.add(song[at:cut])
        file.write()
        at = max(at, cut)
        assert played(path.read_bytes()) == song[:at]
        file.sync()
    file.finish(1 << 32)
    assert path.read_bytes() == whole_file(CLOCK, "Keys", song, 1 << 32)


def test_a_disk_that_takes_a_part_of_it_leaves_the_file_whole_and_gets_the_rest_later(tmp_path: Path) -> None:
    path = tmp_path / "keys.mid"
    file = SmfFile(path, CLOCK, "Keys")
    file.add([(0, NOTE_ON)])
    file.write()
    size = path.stat().st_size
    song = [(0, NOTE_ON), *((100 + n, NOTE_OFF) for n in range(20))]
    file.add(song[1:])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for taken in (0, 1, 3, 4, 5, 40):
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + taken, hard))
            with pytest.raises(OSError, match=r"keys\.mid"):
                file.write()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert played(path.read_bytes()) == song[:1]
    file.write()
    assert played(path.read_bytes()) == song


def test_notes_and_pedals_that_are_held_at_the_end_are_let_go_there() -> None:
    song = [(0, NOTE_ON), (10, b"\x91\x40\x64"), (20, PEDAL), (30, b"\x91\x40\x00")]
    assert played(whole_file(CLOCK, "", song, 4800))[4:] == [(4800, b"\x80\x40\x40"), (4800, b"\xb0\x40\x00")]


def test_a_take_as_long_as_its_sound_ends_with_it() -> None:
    assert as_mido(whole_file(CLOCK, "", [(0, NOTE_ON), (5, NOTE_OFF)], 96_000)).length == pytest.approx(2.0)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xf8",
        b"\xfe",
        b"\xff",
        b"\xf1\x10",
        b"\xf2\x00\x00",
        b"\x90\x40",
        b"\x90\x40\x80",
        b"\x40\x40",
        b"\xf0\x01",
    ],
)
def test_what_is_of_the_moment_or_not_whole_is_in_no_file(message: bytes) -> None:
    assert not is_kept(message)
    assert played(whole_file(CLOCK, "", [(7, message)], 100)) == []


def test_a_name_of_any_letters_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    file = SmfFile(path, CLOCK, "Bühne 🎹")
    file.finish(10)
    assert "Bühne 🎹".encode() in path.read_bytes()
