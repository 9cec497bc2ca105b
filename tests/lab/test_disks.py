"""Disks of a real kernel that refuse, stall and lie (device mapper), and one with FAT on it."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.chaos.powercut import RATE_HZ, assert_counts, wrong_frames
from tests.helpers import eventually
from tests.lab.bare import BareStudio
from tests.lab.drive import Drive
from tests.lab.guest import Guest
from tests.lab.machine import Machine
from tests.lab.studio import PATIENCE_S, Report

pytestmark = pytest.mark.lab

DRIVE_BYTES = 1 << 30
SECTORS = DRIVE_BYTES // 512
STUDIO_UID = 1000
AS_STUDIO = f"setpriv --reuid {STUDIO_UID} --regid {STUDIO_UID} --clear-groups"
LINEAR = f"0 {SECTORS} linear /dev/vdb 0"
FLAKY = f"0 {SECTORS} flakey /dev/vdb 0 0 3600 1 %s"  # never well, always as the word says


@pytest.fixture(scope="module")
def bare(guest: Guest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A bare machine with two drives: /dev/mapper/first, which can be made to fail, and /dev/vdc."""
    images, sockets = tmp_path_factory.mktemp("drives"), Path(tempfile.mkdtemp(prefix="lab-"))  # a short name
    drives = [Drive(images / name, sockets / name, DRIVE_BYTES) for name in "bc"]
    machine = Machine(guest, tmp_path_factory.mktemp("share"), [drive.path for drive in drives], is_bare=True)
    try:
        for drive in drives:
            drive.start()
        machine.start()
        machine.output("modprobe -a dm-flakey vfat nls_cp437 nls_ascii nls_utf8 nls_iso8859-1")
        machine.output(f"dmsetup create first --table '{LINEAR}' --noudevsync && dmsetup mknodes")
        yield machine
    finally:
        machine.stop()
        for drive in drives:
            drive.stop()
        shutil.rmtree(sockets)


def becomes(table: str) -> str:
    """What the guest does so that the first disk is `table` from now on; what is on its way stays."""
    return f"dmsetup suspend --noflush --nolockfs first && dmsetup load first --table '{table}' && dmsetup resume first"


@pytest.fixture
def ext4(bare: Machine) -> Iterator[str]:
    """A new ext4 on the first disk, mounted."""
    bare.output("mke2fs -q -F -t ext4 /dev/mapper/first && mkdir -p /media/first")
    bare.output("mount /dev/mapper/first /media/first")
    yield "/media/first"
    bare.run(becomes(LINEAR))
    bare.output("umount /media/first")


@pytest.fixture
def second(bare: Machine) -> Iterator[str]:
    """A new ext4 on the second disk, mounted."""
    bare.output("mke2fs -q -F -t ext4 /dev/vdc && mkdir -p /media/second && mount /dev/vdc /media/second")
    yield "/media/second"
    bare.output("umount /media/second")


@pytest.fixture
def studio(bare: Machine) -> Iterator[BareStudio]:
    """On the first disk; not started."""
    studio = BareStudio(bare, "first", "/media/first/library")
    yield studio
    studio.stop_if_running()


def fetch_take(studio: BareStudio, number: int) -> tuple[Path, Report]:
    """Take `number` on the host, and its take.json."""
    folder = studio.fetch(f"{studio.library}/session/takes/{number:04d}", f"{studio.name}-take")
    return folder, json.loads((folder / "take.json").read_text())


def test_a_disk_that_stands_still_for_ten_seconds_costs_nothing_and_beyond_the_ring_an_exact_gap(
    ext4: str, studio: BareStudio
) -> None:
    machine = studio.machine
    machine.output(f"mkdir -p {ext4}/library")
    studio.start("ring_s: 20")
    number = studio.record()
    for stall_s in (2, 10):
        studio.roll_on(RATE_HZ)
        machine.output(f"dmsetup suspend --noflush --nolockfs first && sleep {stall_s}; dmsetup resume first")
    studio.roll_on(RATE_HZ)
    take = studio.stop_take(number)
    folder, about = fetch_take(studio, number)
    assert (take["state"], about["gaps"]) == ("good", [])
    assert about["frames"] > 14 * RATE_HZ
    assert_counts(folder)
    studio.stop()
    studio.start("ring_s: 5")
    number = studio.record()
    studio.roll_on(RATE_HZ)
    machine.output("dmsetup suspend --noflush --nolockfs first && sleep 8; dmsetup resume first")
    studio.roll_on(RATE_HZ)
    take = studio.stop_take(number)
    folder, about = fetch_take(studio, number)
    assert [gap["cause"] for gap in about["gaps"]] == ["tape late"]
    assert take["state"] == "damaged"
    assert_counts(folder)
    assert all(take["good"] for take in studio.verify()["takes"][:-1])


def test_a_disk_on_which_nothing_can_be_written_any_more_hands_the_take_to_the_second_one(
    ext4: str, second: str, studio: BareStudio
) -> None:
    machine = studio.machine
    machine.output(f"mkdir -p {ext4}/library")
    before = studio.start(f"second_library: {second}")
    number = studio.record()
    studio.roll_on(2 * RATE_HZ)
    machine.output(becomes(FLAKY % "error_writes"))
    told = studio.wait_for(lambda status: any("goes on in" in str(alarm) for alarm in status["tape"]["alarms"]))
    studio.roll_on(3 * RATE_HZ)
    studio.tell("/transport/stop")
    beside = f"cat {second}/session/takes/{number:04d}/take.json"
    eventually(lambda: '"recording"' not in machine.output(beside), PATIENCE_S)
    about = json.loads(machine.output(beside))
    after = studio.status()
    assert after["processes"] == before["processes"], "sound goes on, and nobody died"
    assert after["engine"]["gaps"] == 0
    assert any(alarm["level"] == "alarm" for alarm in told["tape"]["alarms"])
    assert (about["state"], about["gaps"]) == ("damaged", [])
    assert about["frames"] > 5 * RATE_HZ
    folder = studio.fetch(f"{second}/session/takes/{number:04d}", "beside")
    for track in about["tracks"]:
        (_, last) = track["parts"]
        path = folder / Path(last["file"]).name
        assert soundfile.info(path).frames == last["frames"] == about["frames"] - last["start"]
        assert wrong_frames(path, about["start_frame"] + last["start"], track["strip"] - 1) == 0


def test_a_disk_that_drops_what_is_written_is_found_out_by_verify(ext4: str, studio: BareStudio) -> None:
    machine = studio.machine
    machine.output(f"mkdir -p {ext4}/library")
    studio.start()
    number = studio.record()
    studio.roll_on(2 * RATE_HZ)
    machine.output(becomes(FLAKY % "drop_writes"))
    studio.roll_on(2 * RATE_HZ)
    machine.output(becomes(LINEAR))
    studio.roll_on(2 * RATE_HZ)
    studio.stop_take(number)
    studio.stop()
    machine.output("umount /media/first; e2fsck -p -f /dev/mapper/first; mount /dev/mapper/first /media/first", 120)
    (take,) = studio.verify()["takes"]
    assert not take["good"]
    assert any("not what was recorded" in fault or "wav" in fault for fault in take["faults"]), take


def test_a_library_on_fat_works_for_the_account_it_is_mounted_for_and_tells_another_what_is_wrong(
    bare: Machine, studio: BareStudio
) -> None:
    bare.output("mkfs.vfat -F 32 -I /dev/mapper/first && mkdir -p /media/first")
    bare.output("mount -t vfat -o utf8 /dev/mapper/first /media/first && mkdir /media/first/library")
    try:
        studio.launch(before=AS_STUDIO)
        told = studio.wait_for(lambda status: bool(status["tape"]["faults"]))
        assert any("nothing can be recorded there" in fault for fault in told["tape"]["faults"]), told["tape"]
        studio.stop()
        bare.output("umount /media/first")
        bare.output(f"mount -t vfat -o utf8,uid={STUDIO_UID},gid={STUDIO_UID} /dev/mapper/first /media/first")
        studio.start(before=AS_STUDIO, has_blackbox=True)
        studio.tell("/strip/1/name", 'Kick: "in"? <1>|*\\ ')
        studio.tell("/strip/2/name", "AUX")
        number = studio.record()
        studio.roll_on(3 * RATE_HZ)
        take = studio.stop_take(number)
        assert take["state"] == "good"
        folder, _ = fetch_take(studio, number)
        assert_counts(folder)
        studio.tell("/takes/rename", number, "a take: on FAT?")
        studio.tell("/strip/1/fader", -6.5)
        studio.tell("/blackbox/keep", 2.0)
        kept = studio.wait_for(
            lambda status: any(status["tape"]["blackbox"].get(word) for word in ("kept", "keep_fault"))
        )
        assert not kept["tape"]["blackbox"].get("keep_fault")
        studio.stop()
        verified = studio.verify()
        assert verified["good"], verified
        assert len(verified["takes"]) == 2
        left = studio.digests()
        status = studio.start(before=AS_STUDIO)
        assert status["tape"]["repaired"] == []
        assert studio.ask("/strip/1/fader") == (-6.5,)
        assert studio.digests() == left
        assert "a take: on FAT?" in [take["name"] for take in studio.report("/take/list")]
    finally:
        studio.stop_if_running()
        bare.output("umount /media/first")
