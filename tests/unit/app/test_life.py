"""The supervisor's few words of the block are where the block has them; the status says what the contract promises."""

import os

import pytest

from studiod.app.life import LIFE_AT, PROCESSES, Life
from studiod.link import PROCESS_NAMES, Block, BlockMismatch
from tests.fakes.desk_rig import Rig


def test_the_supervisor_reads_the_words_the_block_writes() -> None:
    assert PROCESSES == PROCESS_NAMES
    with Rig.make(strips=1, buses=0) as rig, Life(rig.fd) as life:
        for number in range(5):
            for _ in range(number + 1):
                rig.block.beat(number)
            rig.block.set_ready(number, ready=number % 2 == 0)
            life.began(number, 4000 + number)
        assert [life.beats(number) for number in range(5)] == [1, 2, 3, 4, 5]
        assert [rig.block.pid(number) for number in range(5)] == [4000, 4001, 4002, 4003, 4004]
        assert [rig.block.starts(number) for number in range(5)] == [1, 1, 1, 1, 1]
        assert not any(life.is_ready(number) for number in range(5)), "who begins is not ready yet"
        rig.block.set_ready(2, ready=True)
        assert life.is_ready(2)
        life.ended(2)
        assert (rig.block.pid(2), rig.block.is_ready(2)) == (0, False)
    assert LIFE_AT % 64 == 0


def test_a_block_of_another_layout_is_refused() -> None:
    with Rig.make(strips=1, buses=0) as rig:
        os.pwrite(rig.fd, (99).to_bytes(4, "little"), 8)
        with pytest.raises(BlockMismatch, match="layout version 99"):
            Block(rig.fd)
