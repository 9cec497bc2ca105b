"""What verification finds: every single byte of sound that is not what it was, and every paper that lies."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.tape.library import find_takes
from studiod.tape.verify import TakeReport, seconds_in, verify_take
from studiod.tape.wavfile import DATA_AT
from tests.fakes.takes import FakeTake, read_json


def flip(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


def rewrite(take: FakeTake, **fields: Any) -> None:  # noqa: ANN401 - JSON
    path = take.folder / "take.json"
    path.write_text(json.dumps(read_json(path) | fields), encoding="utf-8")


def only_fault(take: FakeTake, *, is_quick: bool = False) -> str:
    report = verify_take(take.folder, is_quick=is_quick)
    assert not report.is_good
    (fault,) = report.faults
    return fault


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"bits": 16},
        {"bits": 32},
        {"pre_frames": 1700},
        {"cuts": (700, 2500)},
        {"cuts": (700, 2500), "is_poly": True, "tracks": 5},
        {"is_poly": True, "tracks": 3, "bits": 16},
        {"frames": 3000},
        {"frames": 999},
        {"frames": 0},
    ],
)
def test_a_take_as_it_was_recorded_is_good(tmp_path: Path, form: dict[str, Any]) -> None:
    take = FakeTake(tmp_path, **form).write()
    looked: list[int] = []
    report = verify_take(take.folder, on_progress=looked.append)
    assert (report.faults, report.notes) == ((), ())
    assert report.checked_seconds == sum(looked) == seconds_in(take.folder) == -(-take.frames // 1000) * take.tracks


@settings(max_examples=60)
@given(data=st.data(), poly=st.booleans(), cuts=st.sampled_from([(), (1234,)]))
def test_one_bit_that_fell_over_anywhere_in_the_sound_is_found_and_its_place_told(
    tmp_path_factory: pytest.TempPathFactory, *, data: st.DataObject, poly: bool, cuts: tuple[int, ...]
) -> None:
    take = FakeTake(tmp_path_factory.mktemp("v"), is_poly=poly, cuts=cuts, pre_frames=1000).write()
    part = data.draw(st.integers(0, len(cuts)))
    path = take.path(data.draw(st.integers(0, 1)), part)
    at = data.draw(st.integers(DATA_AT, path.stat().st_size - 1 - (path.stat().st_size % 2)))
    size = read_json(take.folder / "take.json")["tracks"][0]["parts"][part]["frames"] * 3 * (2 if poly else 1)
    if at >= DATA_AT + size:  # the pad byte is no sound
        return
    flip(path, at)
    frame = (at - DATA_AT) // (6 if poly else 3) + ([0, *cuts][part])
    second = frame // 1000 - 1  # places count from the first visible frame
    fault = only_fault(take)
    assert "1 second is not what was recorded" in fault
    assert fault.endswith(f"at {'-' if second < 0 else ''}0:00:{abs(second):02d}.000")
    assert verify_take(take.folder, is_quick=True).is_good


def test_seconds_that_are_wrong_are_told_as_stretches(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, tracks=1, frames=12_000).write()
    for second in (2, 3, 4, 9):
        flip(take.path(0), DATA_AT + 3000 * second)
    assert only_fault(take) == (
        "strip-01.wav: 4 seconds are not what was recorded: at 0:00:02.000 to 0:00:05.000, 0:00:09.000"
    )


@pytest.mark.parametrize("is_quick", [False, True])
def test_a_file_that_is_gone_or_cut_is_told_once(tmp_path: Path, is_quick: bool) -> None:  # noqa: FBT001 - a parameter
    take = FakeTake(tmp_path, 1).write()
    take.path(0).unlink()
    assert only_fault(take, is_quick=is_quick) == "strip-01.wav: No such file or directory"
    take = FakeTake(tmp_path, 2).write()
    os.truncate(take.path(1), DATA_AT + 3 * 1500)
    assert only_fault(take, is_quick=is_quick) == (
        "strip-02.wav: the file ends 2000 frames (0:00:02.000) before its time"
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"rate_hz": 2000}, "2000 Hz"),
        ({"state": "lost"}, "state is 'lost'"),
        ({"tracks": [{"file": "../../x.wav", "name": "", "strip": 1}]}, "'../../x.wav' is no name of a file"),
        ({"tracks": "x"}, "take.json:"),
        ({"frames": -1}, "frames is -1"),
        ({"frames": 1e300}, "frames is 1e+300"),
        ({"rate_hz": 0}, "rate_hz is 0"),
        ({"id": 2}, "take.json is that of take 2"),
        ({"bits": 8}, "bits is 8"),
        ({"gaps": [7]}, "take.json:"),
        ({"checks": "../checks.crc"}, "is no name of a file"),
    ],
)
def test_a_document_that_lies_is_told(tmp_path: Path, fields: dict[str, Any], why: str) -> None:
    take = FakeTake(tmp_path).write()
    rewrite(take, **fields)
    assert any(why in fault for fault in verify_take(take.folder).faults)


def test_a_length_that_no_disk_holds_is_told_at_once(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, frames=100).write()
    rewrite(take, frames=1 << 52, rate_hz=1)
    assert any("its header says" in fault for fault in verify_take(take.folder).faults)
    rewrite(take, rate_hz=1000)
    faults = verify_take(take.folder).faults
    assert "checks.crc: nothing is known of the last 4503599627370 seconds" in faults


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"id": 1}', "\ud800".encode("utf-8", "surrogatepass")])
def test_a_document_that_is_none_is_told(tmp_path: Path, text: str | bytes) -> None:
    take = FakeTake(tmp_path).write()
    (take.folder / "take.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert "nobody can say what this take is" in only_fault(take)


def test_headers_and_strangers_are_told_also_when_it_must_be_quick(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, 1).write()
    flip(take.path(0), DATA_AT - 3)
    assert "its header says 3414 frames, take.json 3500" in only_fault(take, is_quick=True)
    take = FakeTake(tmp_path, 5).write()
    flip(take.path(0), 5)
    assert "its header says 14852 bytes, the file has 14596" in only_fault(take, is_quick=True)
    take = FakeTake(tmp_path, 2).write()
    flip(take.path(0), 48 + 8 + 4)
    assert "its header says 1001 Hz" in only_fault(take, is_quick=True)
    take = FakeTake(tmp_path, 3).write()
    (take.folder / "strip-09.wav").write_bytes(b"")
    assert only_fault(take) == "strip-09.wav: stands in the folder, take.json says nothing of it"
    take = FakeTake(tmp_path, 4).write()
    take.path(0).rename(tmp_path / "x.wav")
    take.path(0).symlink_to(tmp_path / "x.wav")
    assert "strip-01.wav: is a link, no file" in verify_take(take.folder).faults


def test_a_pipe_in_the_place_of_a_file_is_told_and_nobody_waits(tmp_path: Path) -> None:
    take = FakeTake(tmp_path).write()
    take.path(0).unlink()
    os.mkfifo(take.path(0))
    assert only_fault(take) == "strip-01.wav: is no file"


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (b"", "checks.crc: No such file or directory"),
        (b"XXXX", "checks.crc: is no file of checksums"),
        (b"SDCK" + bytes(12), "is of version 0"),
        (b"SDCK\1\0\0\0" + bytes(8), "is of a take of 0 tracks at 0 Hz, the take has 2 at 1000 Hz"),
    ],
)
def test_checksums_that_are_none_are_told(tmp_path: Path, held: bytes, why: str) -> None:
    take = FakeTake(tmp_path).write()
    (take.folder / "checks.crc").write_bytes(held)
    assert why in only_fault(take)


def test_checksums_that_end_early_or_within_a_row_are_told(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, rows=2).write()
    assert only_fault(take) == "checks.crc: nothing is known of the last 2 seconds"
    with (take.folder / "checks.crc").open("ab") as file:
        file.write(b"\1\2\3")
    assert "checks.crc: ends within a row" in verify_take(take.folder).faults
    (take.folder / "checks.crc").unlink()
    assert "is gone" in only_fault(take)


def test_takes_of_the_first_version_are_held_against_their_documents(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, version=1).write()
    report = verify_take(take.folder)
    assert report.is_good
    assert report.notes == ("has no checksums: only headers and lengths are held against its document",)
    os.truncate(take.path(0), DATA_AT + 3)
    assert "ends 3499 frames" in only_fault(take)


def test_a_take_that_is_being_recorded_is_no_fault_and_one_that_was_cut_off_is(tmp_path: Path) -> None:
    take = FakeTake(tmp_path, state="recording").write()
    assert only_fault(take) == "was cut off and not repaired: start studiod on its session once"
    (tmp_path / ".lock").write_text(f"{os.getpid()}\n")
    report = verify_take(take.folder)
    assert (report.is_good, report.notes) == (True, ("is being recorded: it is looked at when it is done",))


def test_nothing_is_written(tmp_path: Path) -> None:
    take = FakeTake(tmp_path).write()

    def state() -> list[tuple[str, int, int]]:
        return [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(tmp_path.rglob("*"))]

    before = state()
    for path in take.folder.iterdir():
        path.chmod(0o444)
    take.folder.chmod(0o555)
    assert verify_take(take.folder).is_good
    assert state() == before


def test_a_place_is_a_take_a_session_or_a_library(tmp_path: Path) -> None:
    one, two = FakeTake(tmp_path / "a", 2).write(), FakeTake(tmp_path / "b", 10).write()
    (tmp_path / "a" / "takes" / "notes").mkdir()
    (tmp_path / ".trash").mkdir()
    assert find_takes(tmp_path) == [one.folder, two.folder]
    assert find_takes(tmp_path / "b") == [two.folder]
    assert find_takes(one.folder) == [one.folder]
    (tmp_path / "c").mkdir()
    for place, why in ((tmp_path / "c", "is no library"), (tmp_path / "d", "there is no such folder")):
        with pytest.raises(ValueError, match=why):
            find_takes(place)


@settings(max_examples=100)
@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5), st.data()
)
def test_whatever_stands_in_a_document_gives_a_report(
    tmp_path_factory: pytest.TempPathFactory, junk: object, data: st.DataObject
) -> None:
    take = FakeTake(tmp_path_factory.mktemp("j"), frames=100).write()
    document = read_json(take.folder / "take.json")
    place = document
    if data.draw(st.booleans()):
        place = data.draw(st.sampled_from([document["tracks"][0], document["tracks"][0]["parts"][0]]))
    place[data.draw(st.sampled_from(sorted(place)))] = junk
    (take.folder / "take.json").write_text(json.dumps(document), encoding="utf-8")
    assert isinstance(verify_take(take.folder), TakeReport)
