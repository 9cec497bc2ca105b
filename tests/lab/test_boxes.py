"""USB MIDI boxes come and go under a running studiod."""

from collections.abc import Callable

import pytest

from tests.helpers import eventually
from tests.lab.studio import PATIENCE_S, Report, Studio

pytestmark = pytest.mark.lab

BOX = "nanoKONTROL2"
VIRTUAL = "audio: {host: virtual, block_frames: 1024}\n"


def box(studio: Studio) -> Report | None:
    """What studiod says about the box; None while it says nothing."""
    found = [surface for surface in studio.report("/system/devices")["surfaces"] if BOX in surface["port"]]
    return found[0] if found else None


def wait_for_box(studio: Studio, holds: Callable[[Report | None], bool]) -> None:
    eventually(lambda: holds(box(studio)), PATIENCE_S)


def test_a_box_is_found_when_it_is_plugged_in_works_and_is_missed_when_it_is_pulled_twice(installed: Studio) -> None:
    machine = installed.machine
    before = installed.configure(VIRTUAL)
    assert box(installed) is None
    for is_muted in (1, 0):
        machine.output(f"usb-box plug {BOX} midi")
        wait_for_box(installed, bool)
        # Its first mute button, pressed and let go, from inside the box.
        press = "amidi -p $(amidi -l | awk '/f_midi/ {print $2}') -S 'B0 30 7F B0 30 00'"

        def muted_by_the_button(muted: int = is_muted, press: str = press) -> bool:
            if installed.ask("/strip/1/mute") != (muted,):
                machine.output(press)
            return installed.ask("/strip/1/mute") == (muted,)

        eventually(muted_by_the_button, PATIENCE_S)
        machine.output(f"usb-box pull {BOX}")
        wait_for_box(installed, lambda told: told is None or told["state"] in ("gone", "lost", "absent"))
    after = installed.status()
    assert after["processes"] == before["processes"]
    assert after["restarts"] == before["restarts"]
