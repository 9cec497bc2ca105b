"""USB serial boxes by the names udev gives them: pulled while they talk, kept from others, refused with what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import eventually
from tests.lab.left_behind import assert_nothing_is_left_behind
from tests.lab.studio import PATIENCE_S, Studio

BOX = "Line box"
TIMES = [pytest.param(3, marks=pytest.mark.lab), pytest.param(20, marks=pytest.mark.soak)]
CONFIG = """\
audio: {host: virtual, block_frames: 4096}
midi: {api: none}
serial: {ports: [{port: "usb-Lab_*", protocol: deej}]}
"""
BY_ID = "/dev/serial/by-id/usb-Lab_Line_box_1234-if00"
RULE = "/run/udev/rules.d/99-lab.rules"
DROP_IN = "/run/systemd/system/studiod.service.d/lab.conf"
_TREE = Path(__file__).parents[2]


def fault(studio: Studio) -> str | None:
    """Why the line of the box is not open; None when there is none."""
    lines = [line for line in studio.report("/system/devices")["serial"] if line["direction"] == "in"]
    return str(lines[0]["fault"]) if lines else None


@pytest.fixture(scope="module", params=TIMES)
def told(installed: Studio, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the guest's program told of so many times."""
    for program in ("tests/lab/inside/questions.py", "tests/lab/inside/reline.py"):
        installed.machine.put(_TREE / program)
    installed.configure(CONFIG)
    words = f"/opt/studiod/bin/python /share/reline.py '{BOX}' {request.param}"
    found: dict[str, Any] = json.loads(installed.machine.output(words, within_s=900))
    return found | {"asked": request.param}


def test_it_comes_by_its_udev_name_and_goes_each_time(told: dict[str, Any]) -> None:
    assert told["path"] == BY_ID
    assert len(told["times"]) > told["asked"]
    for word in ("lost", "returned"):
        print(word, sorted(round(each[word], 2) for each in told["times"]))  # noqa: T201 - figures


def test_nobody_else_gets_the_line(told: dict[str, Any]) -> None:
    assert all("lock" in each["others"] for each in told["times"]), told["times"]


def test_nothing_is_left_behind(told: dict[str, Any]) -> None:
    assert_nothing_is_left_behind(told, ("ports",))


@pytest.mark.lab
def test_a_line_that_is_not_ours_says_what_to_do_and_is_opened_when_it_is_without_a_restart(installed: Studio) -> None:
    machine = installed.machine
    before = installed.configure(CONFIG)["processes"]

    machine.output(f'mkdir -p /run/udev/rules.d && echo \'KERNEL=="ttyACM*", GROUP="root", MODE="0600"\' >{RULE}')
    try:
        machine.output(f"udevadm control --reload && usb-box plug '{BOX}' acm")
        eventually(
            lambda: "not allowed; add the user of studiod to the group dialout" in (fault(installed) or ""), PATIENCE_S
        )
    finally:
        machine.output(f"rm {RULE} && udevadm control --reload")
    machine.output("chgrp dialout /dev/ttyACM0 && chmod 660 /dev/ttyACM0")
    eventually(lambda: fault(installed) == "", PATIENCE_S)
    machine.output(f"usb-box pull '{BOX}' && usb-box forget '{BOX}'")
    eventually(lambda: fault(installed) is None, PATIENCE_S)
    assert installed.status()["processes"] == before


@pytest.mark.lab
def test_a_line_that_the_unit_keeps_from_the_service_says_so(installed: Studio) -> None:
    machine = installed.machine
    closed = f"mkdir -p {DROP_IN.rpartition('/')[0]} && printf '[Service]\\nDeviceAllow=\\n' >{DROP_IN}"
    machine.output(f"{closed} && systemctl daemon-reload")
    try:
        installed.configure(CONFIG)
        machine.output(f"usb-box plug '{BOX}' acm")
        eventually(lambda: "kept from this service" in (fault(installed) or ""), PATIENCE_S)
    finally:
        machine.output(f"rm {DROP_IN} && systemctl daemon-reload")
    installed.configure(CONFIG)
    eventually(lambda: fault(installed) == "", PATIENCE_S)
    machine.output(f"usb-box pull '{BOX}' && usb-box forget '{BOX}'")
