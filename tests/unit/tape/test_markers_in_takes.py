"""Markers and sections of the session are in the files of a take when it closes, and cost no frame of sound."""

import errno
import json
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link import TakeFrames
from studiod.link.order import TakeOrder, TrackOrder
from studiod.link.timeline import Mark, marks_within, timeline_from_json, timeline_to_json
from studiod.tape.capture import TakeWriter
from studiod.tape.takefiles import WriterOptions
from studiod.tape.verify import verify_take
from studiod.tape.wavfile import DATA_AT
from tests.fakes.desk_rig import Rig
from tests.fakes.tape_take import TakeOnDisk, frames_by_four_readers
from tests.fakes.wav_markers import markers_in

RATE_HZ = 48000
START, STOP, AT = 10_000, 33_333, 480_000
MARKS = (
    Mark("before", AT - 6001),
    Mark("in the pre-record", AT - 100),
    Mark("first", AT),
    Mark("Refrain ü", AT + 1000, 400),
    Mark("out of it", AT + 23_000, 9000),
    Mark("last", AT + 23_332),
    Mark("behind", AT + 23_333),
)


def sound(frames: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    counts = np.arange(frames)[None, :] + 1000 * np.arange(2)[:, None]
    return (counts / (1 << 23)).astype(np.float32)


def recorded(rig: Rig, folder: Path, *, is_polyphonic: bool = False, compensation: int = 0) -> TakeWriter:
    """A take of two tracks with 6000 frames of pre-record, not closed yet."""
    rig.render(sound(40_000))
    tracks = tuple(TrackOrder(n, f"strip-{n + 1:02d}.wav", n, f"Strip {n + 1}") for n in range(2))
    order = TakeOrder(1, folder, 24, tracks, "test", compensation=compensation)
    take = TakeFrames(1, START, STOP, AT + compensation)
    options = WriterOptions(6000, is_polyphonic=is_polyphonic)
    writer = TakeWriter(rig.block, order, take, RATE_HZ, options)
    writer.open()
    writer.advance(rig.block.capture_head)
    return writer


def paper(folder: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((folder / "take.json").read_text())
    return held


@pytest.mark.parametrize("is_polyphonic", [False, True])
@pytest.mark.parametrize("compensation", [0, 777])
def test_what_lies_in_a_take_is_in_its_files(tmp_path: Path, compensation: int, *, is_polyphonic: bool) -> None:
    folder = tmp_path / "takes" / "0001"
    with Rig.make(strips=2, buses=0) as rig:
        writer = recorded(rig, folder, is_polyphonic=is_polyphonic, compensation=compensation)
        rig.block.store_timeline(timeline_to_json(MARKS))  # while it is recorded
        writer.close()
    assert paper(folder)["markers"] == [
        {"name": "in the pre-record", "start": -100, "frames": 0},
        {"name": "first", "start": 0, "frames": 0},
        {"name": "Refrain ü", "start": 1000, "frames": 400},
        {"name": "out of it", "start": 23_000, "frames": 333},
        {"name": "last", "start": 23_332, "frames": 0},
    ]
    take = TakeOnDisk(folder)
    take.assert_true()
    assert verify_take(folder).is_good
    for path in take.files():
        assert markers_in(path) == [
            ("in the pre-record", 5900, 0),
            ("first", 6000, 0),
            ("Refrain ü", 7000, 400),
            ("out of it", 29_000, 333),
            ("last", 29_332, 0),
        ]
        assert set(frames_by_four_readers(path).values()) == {29_333}


def test_a_take_that_a_second_writer_ends_has_its_markers(tmp_path: Path) -> None:
    folder = tmp_path / "takes" / "0001"
    with Rig.make(strips=2, buses=0) as rig:
        first = recorded(rig, folder)
        first.sync()
        first.let_go()  # killed
        rig.block.store_timeline(timeline_to_json(MARKS[:3]))
        second = TakeWriter(rig.block, first.order, first.take, RATE_HZ)
        second.open()
        second.advance(rig.block.capture_head)
        second.close()
    take = TakeOnDisk(folder)
    take.assert_true()
    assert [markers_in(path) for path in take.files()] == 2 * [[("in the pre-record", 5900, 0), ("first", 6000, 0)]]


def test_each_part_has_its_own_and_a_file_that_ended_before_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "takes" / "0001"
    with Rig.make(strips=2, buses=0) as rig:
        writer = recorded(rig, folder)
        writer.sync()
        too_long = OSError(errno.EFBIG, "File too large", str(folder / "strip-01.wav"))
        writer.take = writer.take._replace(stop=STOP + 5000)
        writer._go_on(too_long, is_believed=True)  # noqa: SLF001 - what a FAT does after 4 GiB
        rig.render(sound(5000))
        writer.advance(rig.block.capture_head)
        rig.block.store_timeline(timeline_to_json([*MARKS, Mark("second part", AT + STOP - START + 7)]))
        writer.close()
    assert [markers_in(path) for path in sorted(folder.glob("strip-0?.wav"))] == [[], []]
    assert [mark["name"] for mark in paper(folder)["markers"]][-3:] == ["last", "behind", "second part"]
    for path in sorted(folder.glob("strip-0?.2.wav")):
        assert markers_in(path) == [("behind", 0, 0), ("out of it", 0, 5000), ("second part", 7, 0)]


def test_a_disk_that_has_no_room_for_markers_costs_no_sound(tmp_path: Path) -> None:
    folder = tmp_path / "takes" / "0001"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Rig.make(strips=2, buses=0) as rig:
        writer = recorded(rig, folder)
        rig.block.store_timeline(timeline_to_json(MARKS))
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (DATA_AT + 3 * 29_333 + 20, hard))
            writer.close()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    held = paper(folder)
    assert (held["state"], len(held["markers"])) == ("good", 5)
    assert held["faults"] == ["the markers could not be written into the files: File too large; take.json has them"]
    take = TakeOnDisk(folder)
    take.assert_true()
    assert [markers_in(path) for path in take.files()] == [[], []]


marks = st.builds(Mark, st.text(max_size=5), st.integers(-50, 150), st.integers(0, 60))


@given(st.lists(marks), st.integers(-20, 100), st.integers(0, 80))
def test_marks_are_those_that_lie_within(given_marks: list[Mark], first: int, frames: int) -> None:
    assert timeline_from_json(timeline_to_json(given_marks)) == tuple(given_marks)
    found = marks_within(given_marks, first, first + frames)
    covered = {(m.name, n) for m in given_marks for n in range(m.start, m.start + max(m.frames, 1))}
    inside = {(name, n) for name, n in covered if first <= n < first + frames}
    assert {(m.name, n) for m in found for n in range(m.start, m.start + max(m.frames, 1))} == inside
    assert list(found) == sorted(found, key=lambda mark: mark.start)
