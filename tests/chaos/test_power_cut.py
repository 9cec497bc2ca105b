"""The power is cut while a take is recorded: next to nothing is missing, nothing is wrong, and a start makes it whole.

Short form: 3 cuts of one take. `make soak` runs 50.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studiod.link import TAPE
from studiod.tape import TapeMachine
from studiod.tape.library import session_summary
from studiod.tape.repair import repair_session
from studiod.tape.verify import verify_take
from tests.bench.start import shared_block
from tests.chaos.powercut import COUNTER, RATE_HZ, NoPowerCut, PluggedDisk, assert_counts, plugged_disk, wrong_frames
from tests.fakes.desk_rig import Rig
from tests.fakes.live_studio import LiveStudio
from tests.fakes.tape_take import frames_by_four_readers

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

STRIPS = (1, 2, 3, 4)
LOSS_S = 0.25
MOST_S = 1.5  # between two cuts
BEFORE, AFTER = "before the cut", "after the cut"  # two starts of the machine, as the kernel would name them


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[PluggedDisk]:
    """A disk that can be cut off (root, loop devices, XFS; skipped elsewhere)."""
    try:
        with plugged_disk(tmp_path / "power") as plugged:
            yield plugged
    except NoPowerCut as why:
        pytest.skip(str(why))


def contents(folder: Path) -> dict[str, str]:
    """Digest of every file under `folder`."""
    return {
        str(path.relative_to(folder)): hashlib.blake2b(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass(frozen=True, slots=True)
class Cut:
    """The power goes when engine frame `end` was next, in a take that began at frame `start`."""

    start: int
    end: int
    synced: int
    """Visible frames of it that the tape had told to be durable."""
    disk: Path
    """As it was left."""


def cut_now_and_then(disk: PluggedDisk, library: str, cuts: int, chance: random.Random) -> list[Cut]:
    """Record one take into `library` on `disk`, and cut that `cuts` times while the take goes on."""
    found = []
    with LiveStudio(disk.folder / library, COUNTER) as studio:
        assert studio.process is not None
        block = shared_block(studio.process.pid)
        assert block is not None
        studio.record(*STRIPS)
        for _ in range(cuts):
            studio.roll_on(chance.randrange(RATE_HZ // 20, round(MOST_S * RATE_HZ)))
            now = block.snapshot()
            take = json.loads(block.status(TAPE))["take"]
            found.append(Cut(now.takes[-1].start, now.frame, take["synced"] if take else 0, disk.cut()))
    return found


def check(session: Path, cut: Cut) -> None:
    """Hold what a cut left in `session` against what was played."""
    folder = session / "takes" / "0001"
    if not (folder / "take.json").exists():
        assert cut.end - cut.start <= LOSS_S * RATE_HZ, "nothing of a take that ran for longer than may be lost"
        return
    about = json.loads((folder / "take.json").read_text())
    assert about["state"] == "recording"
    assert about["start_frame"] == cut.start
    first = cut.start - about["pre_frames"]
    claims = []
    for channel, track in enumerate(about["tracks"]):
        path = folder / track["file"]
        found = frames_by_four_readers(path)
        if found["wave"] == 0:
            del found["ffmpeg"]  # to it, an empty data chunk is one of unknown length: it reads all there is
        assert len(set(found.values())) == 1, f"{path.name}: {found}"
        claims.append(found["soundfile"])
        assert wrong_frames(path, first, channel) == 0, f"{path.name}: wrong frames inside the header's length"
    (done,) = repair_session(session, boot_id=AFTER)
    assert done.damage == ()
    after = json.loads((folder / "take.json").read_text())
    assert after["state"] == "repaired"
    assert after["frames"] + after["pre_frames"] >= min(claims)
    assert after["gaps"] == []
    assert after["frames"] >= cut.synced, "what is told to be durable is there"
    assert_counts(folder)
    report = verify_take(folder)
    assert report.is_good, report.faults
    assert (report.checked_seconds > 0) == (after["frames"] + after["pre_frames"] > 0)
    left = contents(session)
    assert repair_session(session, boot_id=AFTER) == []
    assert contents(session) == left, "a second repair changes nothing"
    lost_s = (cut.end - cut.start - after["frames"]) / RATE_HZ
    assert lost_s <= LOSS_S, f"{lost_s:.3f} s lost, {(cut.end - cut.start - cut.synced) / RATE_HZ:.3f} s not durable"


def assert_opens(session: Path) -> None:
    """A tape machine that starts on the library finds it whole, and goes on with the next take."""
    with Rig.make(strips=1, buses=0) as rig:
        machine = TapeMachine(rig.block, session, RATE_HZ, LOSS_S, float)
        machine.start()
        machine.stop()
    assert (machine.library_fault, machine.repaired) == ("", [])
    assert session_summary(session)["takes"] == int((session / "takes" / "0001" / "take.json").exists())


def run(disk: PluggedDisk, takes: int, cuts: int) -> None:
    """Cut `takes` takes off `cuts` times each."""
    chance = random.Random(cuts)  # noqa: S311 - a seed, so that a failure repeats
    for number in range(takes):
        library = f"library-{number + 1}"
        for cut in cut_now_and_then(disk, library, cuts, chance):
            with disk.after(cut.disk) as folder:
                check(folder / library / "session", cut)
                assert_opens(folder / library / "session")


def test_a_power_cut_costs_a_quarter_of_a_second_at_most_and_no_frame_before_it(disk: PluggedDisk) -> None:
    run(disk, takes=1, cuts=3)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_fifty_power_cuts(disk: PluggedDisk) -> None:
    run(disk, takes=10, cuts=5)
