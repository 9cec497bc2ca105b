"""Each end of a ring belongs to one living process; a dead one's successor takes it over."""

import subprocess
import sys
from typing import Self

import pytest

from studiod.link import SideTaken
from tests.fakes.desk_rig import Rig

# Takes the engine's ends, says so, and holds them until it is told to end.
ENGINE = """
import sys
from tests.fakes.desk_rig import Rig
from studiod.link import Block
fd = int(sys.argv[1])
with Rig.make(1, 1) as maker:
    rig = Rig(maker.registry, Block(fd), fd)
    rig.make_engine()
    print("holds", flush=True)
    sys.stdin.read()
"""
DESK = """
import sys
from studiod.link import Block
Block(int(sys.argv[1])).claim_desk()
print("holds", flush=True)
sys.stdin.read()
"""


class Holder:
    """Another process that has attached to the block."""

    def __init__(self, script: str, fd: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", script, str(fd)],
            pass_fds=[fd],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "holds\n"
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone; may be called twice."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


def test_two_engines_on_one_block_are_refused() -> None:
    with Rig.make(1, 1) as rig, Holder(ENGINE, rig.fd) as other:
        with pytest.raises(SideTaken, match=f"another engine \\(process {other.pid}\\) lives on this block"):
            rig.make_engine()
        other.kill()
        assert rig.make_engine().epoch >= 1


def test_two_desks_on_one_block_are_refused() -> None:
    with Rig.make(1, 1) as rig, Holder(DESK, rig.fd) as other:
        with pytest.raises(SideTaken, match=f"the control ring's producer is process {other.pid}, and it lives"):
            rig.block.claim_desk()
        other.kill()
        rig.block.claim_desk()
        rig.block.claim_desk()


def test_a_desk_and_an_engine_may_be_one_process() -> None:
    with Rig.make(1, 1) as rig:
        rig.block.claim_desk()
        assert rig.engine.epoch == 1
