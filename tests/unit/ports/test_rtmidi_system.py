"""What can be known about ports without any."""

from pathlib import Path

import pytest

from studiod.link.ports import PortGone, PortsUnavailable, UsbUnit
from studiod.ports import RtMidiSystem
from studiod.ports.rtmidi_system import card_stamp, card_unit, card_usb, listed

NANO = "nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTRL 20:0"


def test_a_card_that_left_and_returned_has_another_stamp(tmp_path: Path) -> None:
    (tmp_path / "controlC1").touch()
    first = card_stamp(NANO, tmp_path)
    assert first == card_stamp(NANO, tmp_path) != ""
    (tmp_path / "controlC1").rename(tmp_path / "old")  # held, so that its inode is not given out again
    (tmp_path / "controlC1").touch()
    assert card_stamp(NANO, tmp_path) != first


def test_another_card_does_not_change_the_stamp(tmp_path: Path) -> None:
    (tmp_path / "controlC1").touch()
    before = card_stamp(NANO, tmp_path)
    (tmp_path / "controlC0").touch()
    assert card_stamp(NANO, tmp_path) == before


@pytest.mark.parametrize("name", ["synth:out 128:0", "Midi Through:Midi Through Port-0 14:0", "no numbers", NANO])
def test_a_port_without_a_card_has_no_stamp(name: str, tmp_path: Path) -> None:
    assert card_stamp(name, tmp_path) == ""


def test_the_usb_device_behind_a_port_is_what_the_card_says(tmp_path: Path) -> None:
    (tmp_path / "card1").mkdir()
    (tmp_path / "card1" / "usbid").write_text("0944:0117\n")
    assert card_usb(NANO, tmp_path) == "0944:0117"
    assert card_usb("synth:out 128:0", tmp_path) == ""
    assert card_usb("Midi Through:Midi Through Port-0 14:0", tmp_path) == ""


def test_which_of_several_alike_is_behind_a_port_is_what_usb_says(tmp_path: Path) -> None:
    device = tmp_path / "devices" / "usb1" / "1-2" / "1-2.3"
    (device / "1-2.3:1.0").mkdir(parents=True)
    (tmp_path / "card1").mkdir()
    (tmp_path / "card1" / "device").symlink_to(device / "1-2.3:1.0")
    assert card_unit(NANO, tmp_path) == UsbUnit()
    for word, said in (("serial", "0001\n"), ("busnum", "1\n"), ("devpath", "2.3\n")):
        (device / word).write_text(said)
    assert card_unit(NANO, tmp_path) == UsbUnit("0001", "1-2.3")
    assert card_unit("synth:out 128:0", tmp_path) == UsbUnit()
    assert card_unit("nano:nano 16:0", tmp_path) == UsbUnit(), "a card that left"


def test_without_a_sequencer_the_fault_says_so_and_nothing_is_opened(tmp_path: Path) -> None:
    system = RtMidiSystem(lambda: 0.0, tmp_path)
    with pytest.raises(PortsUnavailable, match="no /dev/snd/seq"):
        system.names()
    with pytest.raises(PortGone, match="no MIDI system is open"):
        system.open_input("a", lambda *_: None)
    with pytest.raises(PortGone, match="no MIDI system is open"):
        system.open_output("a")
    system.close()
    system.close()


@pytest.mark.parametrize("leaving", [0, 1, 3])
def test_ports_that_leave_while_they_are_listed_are_left_out_of_the_list(leaving: int) -> None:
    looks = iter([ValueError("error looking for port name")] * leaving)

    def get_ports() -> list[str]:
        for fault in looks:
            raise fault
        return [NANO]

    assert listed(get_ports) == [NANO]


def test_a_port_that_comes_while_they_are_listed_hides_none_that_was_there_before() -> None:
    # it came in front of them after they were counted: the count left the last one out
    whole = ["Box 16:0", NANO, "Keys 24:0"]
    looks = iter([[NANO, "Keys 24:0"], whole[:2], whole, whole])
    assert listed(lambda: next(looks)) == whole


def test_while_ports_come_and_go_without_a_pause_the_last_look_counts() -> None:
    looks: list[str] = []

    def get_ports() -> list[str]:
        looks.append(f"Box {len(looks) + 20}:0")
        return looks[-1:]

    assert listed(get_ports) == looks[-1:]


def test_a_list_that_never_holds_still_is_a_fault() -> None:
    def get_ports() -> list[str]:
        raise ValueError("error looking for port name")

    with pytest.raises(ValueError, match="port name"):
        listed(get_ports)
