"""The lab itself: hardware behaves in it as it does on a table, so that what studiod does with it means something."""

import numpy as np
import pytest

from tests.helpers import eventually
from tests.lab.machine import Machine
from tests.lab.numbered import FULL_SCALE, write_numbered

pytestmark = pytest.mark.lab

CARDS = "cat /proc/asound/cards"
HARDWARE_S = 60.0


def test_systemd_is_process_one_and_nothing_failed(machine: Machine) -> None:
    assert machine.output("systemctl is-system-running --wait", HARDWARE_S) == "running"


def test_a_long_answer_of_the_guest_arrives_whole(machine: Machine) -> None:
    assert machine.output("seq 50000") == "\n".join(map(str, range(1, 50_001)))


def test_the_loopback_card_records_the_very_samples_that_it_plays(machine: Machine) -> None:
    write_numbered(machine.share / "numbers.raw", "S32_LE", 2, 10 * 48_000)
    form = "-q -t raw -f S32_LE -c 2 -r 48000"
    machine.output(f"systemd-run --unit=rig aplay {form} -D hw:Loopback,1 /share/numbers.raw")
    machine.output(f"arecord {form} -D hw:Loopback,0 -d 3 /share/heard.raw", HARDWARE_S)
    machine.run("systemctl stop rig")
    heard = np.fromfile(machine.share / "heard.raw", "<i4").reshape(-1, 2) >> 8
    played = heard[np.flatnonzero(heard[:, 0])[0] :]
    assert len(played) > 2 * 48_000
    assert np.array_equal(played[:, 0], np.arange(played[0, 0], played[0, 0] + len(played)) % FULL_SCALE)
    assert np.array_equal(played[:, 1], -played[:, 0])


def test_a_usb_sound_card_is_pulled_and_put_back_while_it_plays(machine: Machine) -> None:
    machine.output("systemd-run --unit=rig aplay -q -t raw -f S16_LE -c 2 -r 48000 -D plughw:Audio /dev/zero")
    eventually(lambda: "RUNNING" in machine.run("cat /proc/asound/Audio/pcm0p/sub0/status").output, HARDWARE_S)
    machine.pull("snd1")
    eventually(lambda: "QEMU USB Audio" not in machine.output(CARDS), HARDWARE_S)
    eventually(lambda: machine.output("systemctl show rig -p SubState") != "SubState=running", HARDWARE_S)
    machine.plug("snd1")
    eventually(lambda: "QEMU USB Audio" in machine.output(CARDS), HARDWARE_S)
    machine.run("systemctl reset-failed rig")


@pytest.mark.parametrize(
    ("function", "seen"), [("midi", "aconnect -l | grep -q \"'Rig box'\""), ("acm", "test -c /dev/ttyACM0")]
)
def test_usb_boxes_come_and_go_and_come_back(machine: Machine, function: str, seen: str) -> None:
    for _ in range(2):
        machine.output(f"usb-box plug 'Rig box' {function}")
        eventually(lambda: machine.run(seen).code == 0, HARDWARE_S)
        machine.output("usb-box pull 'Rig box'")
        eventually(lambda: machine.run(seen).code != 0, HARDWARE_S)
    machine.output("usb-box forget 'Rig box'")
