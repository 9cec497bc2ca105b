"""What a power cut leaves in files that were growing, as ext4 does it: lengths that are durable before their bytes."""

from pathlib import Path

import pytest

from studiod.tape.repair import repair_session
from studiod.tape.verify import verify_take
from studiod.tape.wavfile import DATA_AT
from tests.fakes.takes import FakeTake, sound

BLOCK = 4096
ROW = 2 * 4  # of two tracks
AFTER = "after the cut"


def cut_off(session: Path, **form: int | bool) -> FakeTake:
    return FakeTake(session, state="recording", **form).write()  # type: ignore[arg-type]


def zero(path: Path, first: int, end: int | None = None) -> None:
    """What lies from byte `first` on (before `end`) was never written."""
    end = path.stat().st_size if end is None else end
    with path.open("r+b") as file:
        file.seek(first)
        file.write(bytes(end - first))


def test_a_row_of_checksums_that_has_its_length_and_no_more_is_no_damage(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=3000, rows=3, frames=3500)
    checks = take.folder / "checks.crc"
    whole = checks.read_bytes()
    zero(checks, len(whole) - ROW)
    (done,) = repair_session(tmp_path, boot_id=AFTER)
    assert (done.frames, done.damage) == (3500, ())
    assert checks.read_bytes()[: len(whole)] == whole
    assert verify_take(take.folder).is_good


@pytest.mark.parametrize("is_poly", [False, True])
def test_a_last_block_that_was_begun_before_and_never_written_on_ends_the_take_there(
    tmp_path: Path, *, is_poly: bool
) -> None:
    frames, durable = (5400, 4200) if not is_poly else (2700, 2100)  # both end in one block of the file
    take = cut_off(tmp_path, claimed=1000, rows=1, frames=frames, is_poly=is_poly)
    width = 3 * (2 if is_poly else 1)
    assert (DATA_AT + durable * width) // BLOCK == (DATA_AT + frames * width) // BLOCK
    zero(take.path(0), DATA_AT + durable * width)
    (done,) = repair_session(tmp_path, boot_id=AFTER)
    assert (done.frames, done.damage) == (durable, ())
    assert take.path(0).read_bytes()[DATA_AT : DATA_AT + 3] == sound(0, 0, 1)
    assert verify_take(take.folder).is_good


def test_a_hole_that_begins_inside_a_block_ends_the_take_to_the_frame(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=1000, rows=1, frames=9000)
    zero(take.path(1), DATA_AT + 3 * 4321)
    (done,) = repair_session(tmp_path, boot_id=AFTER)
    assert (done.frames, done.damage) == (4321, ())
    assert verify_take(take.folder).is_good


@pytest.mark.parametrize("is_poly", [False, True])
@pytest.mark.parametrize("silent_bytes", [18, 3000, BLOCK])
def test_a_block_that_is_older_than_the_one_behind_it_ends_the_take_to_the_frame(
    tmp_path: Path, silent_bytes: int, *, is_poly: bool
) -> None:
    take = cut_off(tmp_path, claimed=1000, rows=1, frames=9000, is_poly=is_poly)
    width = 3 * (2 if is_poly else 1)
    end = DATA_AT + 4 * BLOCK
    first = -(-(end - DATA_AT - silent_bytes) // width) * width + DATA_AT
    zero(take.path(0 if is_poly else 1), first, end)
    (done,) = repair_session(tmp_path, boot_id=AFTER)
    assert (done.frames, done.damage) == ((first - DATA_AT) // width, ())
    assert verify_take(take.folder).is_good


def test_a_block_that_was_begun_before_the_cut_and_never_written_on_adds_nothing_to_the_header(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=3000, rows=1, frames=9000)
    zero(take.path(0), DATA_AT + 3 * 3000, DATA_AT + 3 * BLOCK)
    (done,) = repair_session(tmp_path, boot_id=AFTER)
    assert (done.frames, done.damage) == (3000, ())
    assert verify_take(take.folder).is_good


@pytest.mark.parametrize("end", [3 * BLOCK, 9000 * 3])
def test_a_frame_of_which_the_block_before_has_the_beginning_is_none(tmp_path: Path, end: int) -> None:
    take = cut_off(tmp_path, claimed=1000, rows=1, frames=9000)
    zero(take.path(0), DATA_AT + 2 * BLOCK, DATA_AT + end)
    whole = 2 * BLOCK // 3
    assert take.path(0).read_bytes()[DATA_AT + 3 * whole] != 0
    (done,) = repair_session(tmp_path, boot_id=AFTER)
    assert (done.frames, done.damage) == (whole, ())
    assert verify_take(take.folder).is_good


def test_a_take_of_which_no_header_tells_yet_ends_where_its_blocks_do(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=0, rows=0, frames=9000)
    zero(take.path(0), DATA_AT + 3 * 8765)
    (done,) = repair_session(tmp_path, boot_id=AFTER)
    assert (done.frames, done.damage) == (8765, ())
    assert verify_take(take.folder).is_good


@pytest.mark.parametrize("claimed", [0, 1000])
def test_a_track_that_is_silent_all_the_time_shortens_no_other(tmp_path: Path, claimed: int) -> None:
    take = cut_off(tmp_path, claimed=claimed, rows=0, frames=9000)
    zero(take.path(0), DATA_AT)
    (done,) = repair_session(tmp_path, boot_id=AFTER)
    assert (done.frames, done.damage) == (9000, ())


def test_one_silent_frame_at_the_end_of_a_block_is_sound(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=1000, rows=1, frames=9000)
    zero(take.path(0), DATA_AT + 3 * (4 * BLOCK // 3 - 1), DATA_AT + 3 * (4 * BLOCK // 3))
    (done,) = repair_session(tmp_path, boot_id=AFTER)
    assert (done.frames, done.damage) == (9000, ())


def test_files_of_headers_alone_are_no_take_and_no_fault(tmp_path: Path) -> None:
    take = cut_off(tmp_path, claimed=0, rows=0, frames=0)
    (take.folder / "take.json").unlink()
    assert repair_session(tmp_path, boot_id=AFTER) == []
    with take.path(0).open("ab") as file:
        file.write(bytes(3))
    (left,) = repair_session(tmp_path, boot_id=AFTER)
    assert left.is_untouched
