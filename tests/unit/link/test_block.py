"""The shared block: what is written by one side is read by the other, whole; and nobody else's layout is touched."""

import json
import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link import (
    DESK,
    ENGINE,
    PROCESS_NAMES,
    SUPERVISOR,
    TAPE,
    Block,
    BlockMismatch,
    Dimensions,
    Operation,
    create_block,
)
from studiod.model.parameter import TEXT_BYTES

DIMENSIONS = Dimensions(
    rate_hz=44_100,
    block_frames=256,
    strips=3,
    buses=2,
    inputs=5,
    outputs=6,
    numbers=40,
    texts=7,
    ring_s=0.5,
    matrices=4,
)
VERSION_AT = 8  # block_dims: magic u64, version u32
STATUS_BYTES = 1 << 14
PLAYLIST_BYTES = 1 << 22
TAKES = 128
CONFIG_BYTES = 1 << 18


@pytest.fixture
def fd() -> Iterator[int]:
    fd = create_block(DIMENSIONS, '{"rate": 44100}')
    yield fd
    os.close(fd)


@pytest.fixture
def block(fd: int) -> Block:
    return Block(fd)


def test_a_block_is_as_big_as_was_asked(block: Block, fd: int) -> None:
    assert (block.rate_hz, block.block_frames, block.strips, block.buses) == (44_100, 256, 3, 2)
    assert (block.inputs, block.outputs, block.numbers, block.texts) == (5, 6, 40, 7)
    assert block.matrices == 4
    assert block.total_bytes == os.fstat(fd).st_size
    assert block.config == '{"rate": 44100}'


def test_rings_are_powers_of_two_and_no_shorter_than_asked(block: Block) -> None:
    assert block.capture_frames == 32_768
    assert block.playback_frames == 131_072


def test_children_inherit_the_descriptor(fd: int) -> None:
    assert os.get_inheritable(fd)


def test_settings_that_are_too_long_are_refused() -> None:
    with pytest.raises(ValueError, match=f"settings are {CONFIG_BYTES} bytes; allowed {CONFIG_BYTES - 1}"):
        create_block(DIMENSIONS, "x" * CONFIG_BYTES)


def test_the_longest_settings_come_back_whole() -> None:
    config = "x" * (CONFIG_BYTES - 1)
    fd = create_block(DIMENSIONS, config)
    assert Block(fd).config == config
    os.close(fd)


def test_a_block_of_another_layout_is_refused(fd: int) -> None:
    os.pwrite(fd, (77).to_bytes(4, "little"), VERSION_AT)
    with pytest.raises(BlockMismatch, match="layout version 77, this studiod needs 8; restart studiod as a whole"):
        Block(fd)


@pytest.mark.parametrize("spoil", [b"\0", b"x"])
def test_what_is_no_block_is_refused(fd: int, spoil: bytes) -> None:
    os.pwrite(fd, spoil, 0)
    with pytest.raises(BlockMismatch, match="version none"):
        Block(fd)


def test_a_block_cut_short_is_refused(fd: int) -> None:
    os.ftruncate(fd, os.fstat(fd).st_size - 4096)
    with pytest.raises(BlockMismatch):
        Block(fd)


def test_an_empty_file_is_no_block() -> None:
    fd = os.memfd_create("empty")
    with pytest.raises(BlockMismatch, match="is no shared block: 0 bytes"):
        Block(fd)
    os.close(fd)


@given(st.integers(0, DIMENSIONS.numbers - 1), st.floats(allow_nan=False))
def test_a_number_is_seen_by_whoever_attaches(slot: int, value: float) -> None:
    with_descriptor = create_block(DIMENSIONS, "{}")
    Block(with_descriptor).store_number(slot, value, -value)
    assert Block(with_descriptor).number(slot) == value
    os.close(with_descriptor)


def test_slots_past_the_end_are_refused(block: Block) -> None:
    for ask in (
        lambda: block.number(40),
        lambda: block.store_number(40, 1.0, 1.0),
        lambda: block.text(7),
        lambda: block.store_text(7, "x"),
    ):
        with pytest.raises(IndexError):
            ask()


@pytest.mark.parametrize("text", ["", "Gitarre", "ß" * (TEXT_BYTES // 2), "x" * TEXT_BYTES, "x" * (TEXT_BYTES - 1)])
def test_a_name_comes_back_whole_over_a_longer_one(block: Block, text: str) -> None:
    block.store_text(6, "y" * TEXT_BYTES)
    block.store_text(6, "z" * TEXT_BYTES)
    block.store_text(6, text)
    assert block.text(6) == text
    assert block.text(5) == ""


def test_a_name_that_does_not_fit_is_refused(block: Block) -> None:
    block.store_text(0, "kick")
    with pytest.raises(ValueError, match="65 bytes do not fit"):
        block.store_text(0, "x" * (TEXT_BYTES + 1))
    assert block.text(0) == "kick"


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 1000, STATUS_BYTES - 9, STATUS_BYTES - 8, STATUS_BYTES - 1])
def test_a_status_of_any_length_replaces_the_last(block: Block, length: int) -> None:
    for process in (ENGINE, TAPE, DESK):
        for word in ("a" * (STATUS_BYTES - 1), "b" * (STATUS_BYTES - 1), "c" * length):
            block.store_status(process, word)
        assert block.status(process) == "c" * length


def test_a_status_that_does_not_fit_is_refused(block: Block) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        block.store_status(DESK, "x" * STATUS_BYTES)


def test_the_supervisor_has_no_status(block: Block) -> None:
    with pytest.raises(IndexError):
        block.status(SUPERVISOR)
    with pytest.raises(IndexError):
        block.store_status(SUPERVISOR, "{}")


def test_orders_of_the_last_takes_are_kept(block: Block) -> None:
    for take in range(1, TAKES + 2):
        block.store_order(take, f'{{"take": {take}}}')
    kept = range(2, TAKES + 2)
    assert [block.order(take) for take in kept] == [f'{{"take": {take}}}' for take in kept]


def test_a_playlist_counts_its_versions(block: Block) -> None:
    before = block.playlist_version(1)
    block.store_playlist(3, "[" + "1," * (PLAYLIST_BYTES // 2 - 2) + "1]")
    block.store_playlist(5, "[]")
    assert (block.playlist(1), block.playlist_version(1)) == ("[]", before + 2)
    assert (block.playlist(0), block.playlist_version(0)) == ("", 0)


def test_a_playlist_may_be_much_longer_than_its_cell_and_is_refused_when_it_says_too_much(block: Block) -> None:
    long = json.dumps(
        [f"/library/session/takes/{take:04d}/strip-{strip}.wav" for take in range(4000) for strip in range(64)]
    )
    assert len(long) > 2 * PLAYLIST_BYTES
    block.store_playlist(1, long)
    assert block.playlist(1) == long
    with pytest.raises(ValueError, match="do not fit"):
        block.store_playlist(1, json.dumps(os.urandom(PLAYLIST_BYTES).hex()))
    assert block.playlist(1) == long


def test_lives_of_the_processes_are_told_apart(block: Block, fd: int) -> None:
    other = Block(fd)
    for process in range(len(PROCESS_NAMES)):
        for _ in range(process + 1):
            block.beat(process)
        block.set_pid(process, 100 + process)
        block.set_ready(process, process % 2 == 0)
    assert [other.beats(process) for process in range(4)] == [1, 2, 3, 4]
    assert [other.pid(process) for process in range(4)] == [100, 101, 102, 103]
    assert [other.is_ready(process) for process in range(4)] == [True, False, True, False]


def test_a_start_is_counted_and_an_end_is_not(block: Block) -> None:
    for pid in (5, 0, 6):
        block.set_pid(TAPE, pid)
    assert (block.pid(TAPE), block.starts(TAPE)) == (6, 2)


def test_no_answer_is_none(block: Block) -> None:
    assert block.pop_answer() is None


def test_the_control_ring_is_longer_than_the_answers(block: Block) -> None:
    pushed = 0
    while block.push_control(Operation.PLAY, 0, 0.0, 0, pushed):
        pushed += 1
    assert pushed > block.answer_slots


def test_a_block_before_its_engine_tells_nothing(block: Block) -> None:
    told = block.snapshot()
    assert (told.epoch, told.frame, told.blocks, told.takes) == (0, 0, 0, ())
    assert (told.resets, told.strip_latency, told.main_latency) == (0, 0, 0)
    strips, buses, matrices, mono, main, loudness = 4 * 3, 3 * 2, 3 * 4, 3, 6, 2 * 5
    assert len(told.meters) == strips + buses + matrices + mono + main + loudness
    assert not any(told.meters)
    assert (block.capture_head, block.gap_count, block.gaps(), block.is_cued(1)) == (0, 0, [], False)
