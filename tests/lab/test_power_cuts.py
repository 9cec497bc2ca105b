"""True power cuts: the machine is gone between two instructions, and its drives lose what they were not told to keep.

A studio on ext4 and one on exFAT record at once. Short form: two cuts of both; `make soak` makes five.
"""

import json
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.powercut import RATE_HZ, assert_counts, wrong_frames
from tests.fakes.tape_take import frames_by_four_readers
from tests.lab.bare import STRIPS, BareStudio, tell_frames
from tests.lab.drive import Drive
from tests.lab.guest import Guest
from tests.lab.machine import Machine, Told

MAKE = {"ext4": "mke2fs -q -t ext4 {}", "exfat": "mkfs.exfat {}"}
MOUNT = {"ext4": "mount -t ext4 {} {}", "exfat": "modprobe -a exfat && mount -t exfat {} {}"}
LOSS_S = {"ext4": 0.25, "exfat": 1.0}
DRIVE_BYTES = 1 << 30
RING_S = 20.0  # tape.ring_s as it is by itself: so long a disk may stall, and whatever falls behind further loses sound
LEAST_S, MOST_S = 1.5, 4.0  # between Record and the cut


@dataclass
class Rig:
    """Two drives that live on while machines come and go."""

    guest: Guest
    share: Path
    drives: dict[str, Drive]

    def machine(self) -> Machine:
        """A machine with the drives, not started."""
        return Machine(self.guest, self.share, [drive.path for drive in self.drives.values()], is_bare=True)

    def studios(self, machine: Machine, *, are_new: bool) -> list[BareStudio]:
        """One on each drive, which is mounted; not started."""
        studios = []
        for port, kind in enumerate(self.drives):
            device, folder = f"/dev/vd{'bcd'[port]}", f"/media/{kind}"
            if are_new:
                machine.output(MAKE[kind].format(device))
            machine.output(f"mkdir -p {folder} && {MOUNT[kind].format(device, folder)} && mkdir -p {folder}/library")
            studios.append(BareStudio(machine, kind, f"{folder}/library", port))
        return studios


@pytest.fixture
def rig(guest: Guest, short_folder: Path, tmp_path: Path) -> Iterator[Rig]:
    share = tmp_path / "share"
    share.mkdir()
    with ExitStack() as stack:
        drives = {}
        for kind in MAKE:
            drives[kind] = Drive(tmp_path / f"{kind}.img", short_folder / kind, DRIVE_BYTES)
            stack.callback(drives[kind].stop)
            drives[kind].start()
        yield Rig(guest, share, drives)


@dataclass
class Cuts:
    """What cuts have left, and what they must have."""

    rig: Rig
    chance: random.Random
    told: dict[str, Told]
    """How far the studios were when the power went, by file system."""
    kept: dict[str, dict[str, str]]
    """Digests of the takes after they were repaired."""
    lost_s: dict[str, list[float]]
    behind_s: dict[str, list[float]]
    """What was not known to be durable: more than is lost where the machine keeps up."""

    def record_and_cut(self, machine: Machine, studios: list[BareStudio]) -> None:
        """Record on all, and end the machine while they do."""
        tell_frames(studios)
        for studio in studios:
            studio.record()
        studios[-1].roll_on(round(self.chance.uniform(LEAST_S, MOST_S) * RATE_HZ))
        machine.kill()
        self.told = machine.told()
        machine.stop()
        for drive in self.rig.drives.values():
            drive.cut(self.chance)

    def check_as_left(self, studio: BareStudio, number: int) -> None:
        """Before anything is repaired, no header claims what is not there, and every reader agrees."""
        left = studio.fetch(f"{studio.library}/session/takes/{number:04d}", f"{studio.name}-left")
        about = json.loads((left / "take.json").read_text())
        assert about["state"] == "recording"
        assert len(about["tracks"]) == STRIPS
        hidden = about["pre_frames"]
        silent = [(gap["start"] + hidden, gap["start"] + hidden + gap["frames"]) for gap in about["gaps"]]
        for track in about["tracks"]:
            path = left / track["file"]
            found = frames_by_four_readers(path)
            if found["wave"] == 0:
                del found["ffmpeg"]  # to it, an empty data chunk is one of unknown length
            assert len(set(found.values())) == 1, f"{path.name}: {found}"
            wrong = wrong_frames(path, about["start_frame"] - hidden, track["strip"] - 1, silent)
            assert wrong == 0, f"{path.name}: {wrong} wrong frames, gaps {about['gaps']}"

    def check_repaired(self, studio: BareStudio, number: int) -> None:
        """What the start of studiod has made of it is true, proven, and nearly all that was played."""
        folder = studio.fetch(f"{studio.library}/session/takes/{number:04d}", f"{studio.name}-repaired")
        about = json.loads((folder / "take.json").read_text())
        # an emulated machine on a busy host may miss a block: that is a marked gap, and no failure
        assert {gap["cause"] for gap in about["gaps"]} <= {"engine late", "engine restarted"}
        assert (about["state"], about["repair"]["damage"]) == ("repaired", [])
        assert_counts(folder)
        verified = studio.verify()
        assert [take["good"] for take in verified["takes"]] == [True] * number, verified
        told = self.told[studio.name]
        # on exFAT only a header counts, and one that tells of what is durable is durable with the next sync
        durable = told.synced if studio.name == "ext4" else told.synced_before
        assert durable > 0
        assert about["frames"] >= durable, "what is told to be durable is there"
        behind_s = (told.frame - about["start_frame"] - durable) / RATE_HZ
        lost_s = (told.frame - about["start_frame"] - about["frames"]) / RATE_HZ
        # an emulated machine on a busy host may fall behind: what it has not come to write is no loss of its disk.
        # But only as far as memory holds what was played: what was promised of a disk that stalls holds for it, too
        assert behind_s < RING_S
        assert lost_s <= max(LOSS_S[studio.name], behind_s)
        self.lost_s[studio.name].append(lost_s)
        self.behind_s[studio.name].append(behind_s)
        now = studio.digests()
        assert self.kept[studio.name].items() <= now.items(), "a later start changes nothing of an earlier take"
        self.kept[studio.name] = now


def cut(rig: Rig, times: int) -> Cuts:
    """Cut the power `times` times, and look each time at what is left."""
    chance = random.Random(times)  # noqa: S311 - a seed, so that a failure repeats
    names = list(rig.drives)
    cuts = Cuts(
        rig, chance, {}, {name: {} for name in names}, {name: [] for name in names}, {name: [] for name in names}
    )
    for number in range(times + 1):  # of the last take that was cut off
        machine = rig.machine()
        try:
            machine.start()
            studios = rig.studios(machine, are_new=number == 0)
            for studio in studios if number else []:
                cuts.check_as_left(studio, number)
            for studio in studios:  # one by one: emulation has little to spare
                studio.start()
            for studio in studios if number else []:
                cuts.check_repaired(studio, number)
            if number < times:
                cuts.record_and_cut(machine, studios)
            else:
                for studio in studios:
                    studio.stop()
                    studio.start()
                    assert studio.digests() == cuts.kept[studio.name], "a second start changes nothing"
        finally:
            machine.stop()
    return cuts


def assert_cuts_cost_little(rig: Rig, times: int) -> None:
    cuts = cut(rig, times)
    for kind, lost_s in cuts.lost_s.items():
        assert len(lost_s) == times
        figures = ", ".join(
            f"{lost:.3f} (behind {behind:.3f})" for lost, behind in zip(lost_s, cuts.behind_s[kind], strict=True)
        )
        sys.stdout.write(f"\n{kind}: {figures} s lost")  # seen with -s


@pytest.mark.lab
def test_power_cuts_on_ext4_and_exfat_cost_the_last_moment_and_no_frame_before_it(rig: Rig) -> None:
    assert_cuts_cost_little(rig, 2)


@pytest.mark.soak
def test_five_power_cuts_on_ext4_and_exfat(rig: Rig) -> None:
    assert_cuts_cost_little(rig, 5)
