"""A wall clock that jumps by a day, while recording and between takes: it is only ever told, never counted with."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest

from studiod.tape.bwf import read_bext
from studiod.tape.verify import verify_take
from studiod.tape.wavfile import DATA_AT
from tests.fakes.session_rig import RATE_HZ, SessionRig
from tests.unit.desk.rolling import arm, press, roll, walk

DAY_S = 86_400.0
NOON = 1_800_000_000.0


@dataclass
class Wall:
    """A clock on the wall that somebody sets."""

    studio: SessionRig
    ahead_s: float = NOON
    is_known: bool = True

    def hang(self) -> "Wall":
        """The tape looks at this one from now on."""
        self.studio.machine.wall = lambda: self.ahead_s + self.studio.now_s
        self.studio.machine.is_clock_synchronised = lambda: self.is_known
        return self


async def record(studio: SessionRig) -> None:
    await press(studio, "/transport/record")
    await roll(studio, RATE_HZ)
    await press(studio, "/transport/stop")


def bext(path: Path) -> dict[str, str | int]:
    page = path.read_bytes()[:DATA_AT]
    at = page.index(b"bext") + 8
    return read_bext(page[at:])


@pytest.mark.parametrize("jump_s", [-DAY_S, DAY_S])
def test_a_take_tells_when_it_began_whatever_the_clock_does_then(tmp_path: Path, jump_s: float) -> None:
    async def scene(studio: SessionRig) -> None:
        wall = Wall(studio).hang()
        arm(studio, 1)
        await press(studio, "/transport/record")
        began = wall.ahead_s + studio.now_s
        await roll(studio, RATE_HZ)
        wall.ahead_s += jump_s
        await roll(studio, RATE_HZ)
        await press(studio, "/transport/stop")
        (take,) = studio.transport.takes
        assert take.document.created_unix == pytest.approx(began, abs=0.5)
        assert (take.state, take.gaps, take.document.clock_synchronised) == ("good", (), True)
        assert take.frames >= 2 * RATE_HZ

    walk(scene, tmp_path)
    assert verify_take(tmp_path / "session" / "takes" / "0001").is_good


def test_numbers_grow_over_days_that_come_twice(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        wall = Wall(studio).hang()
        arm(studio, 1)
        for jump_s in (0.0, -DAY_S, 2 * DAY_S, -DAY_S):
            wall.ahead_s += jump_s
            await record(studio)
            await roll(studio, RATE_HZ // 10)
        takes = studio.transport.takes
        assert [take.id for take in takes] == [1, 2, 3, 4]
        steps = [b.document.created_unix - a.document.created_unix for a, b in itertools.pairwise(takes)]
        assert [round(step / DAY_S) for step in steps] == [-1, 2, -1]
        assert len({take.path for take in takes}) == 4

    walk(scene, tmp_path)
    told = [bext(path) for path in sorted(tmp_path.glob("session/takes/*/*.wav"))]
    assert len({one["reference"] for one in told}) == 4


def test_a_clock_nobody_set_is_marked_and_told_in_no_file(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        Wall(studio, ahead_s=12.0, is_known=False).hang()
        arm(studio, 1)
        await record(studio)
        (take,) = studio.transport.takes
        assert (take.state, take.document.clock_synchronised) == ("good", False)
        assert take.summary()["clock_synchronised"] is False

    walk(scene, tmp_path)
    (path,) = tmp_path.glob("session/takes/*/*.wav")
    assert (bext(path)["date"], bext(path)["time"]) == ("", "")


def test_a_clock_that_is_set_right_while_recording_tells_when_that_began(tmp_path: Path) -> None:
    async def scene(studio: SessionRig) -> None:
        wall = Wall(studio, ahead_s=12.0, is_known=False).hang()
        arm(studio, 1)
        await press(studio, "/transport/record")
        began_s = studio.now_s
        await roll(studio, RATE_HZ)
        wall.ahead_s, wall.is_known = NOON, True
        await roll(studio, RATE_HZ)
        await press(studio, "/transport/stop")
        (take,) = studio.transport.takes
        assert take.document.created_unix == pytest.approx(NOON + began_s, abs=0.5)
        assert take.document.clock_synchronised

    walk(scene, tmp_path)
