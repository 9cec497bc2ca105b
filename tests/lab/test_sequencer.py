"""The ALSA sequencer: a program that is a box there comes, is heard and lit, and goes; also faster than one looks."""

import json
from pathlib import Path

import pytest

from tests.helpers import eventually
from tests.lab.studio import PATIENCE_S, Studio

pytestmark = pytest.mark.lab
CONFIG = "audio: {host: virtual, block_frames: 4096}\nmidi: {api: alsa}\n"
TIMES = 5
_TREE = Path(__file__).parents[2]


def test_a_program_on_the_sequencer_is_a_box_each_time_it_comes(installed: Studio) -> None:
    machine = installed.machine
    beside = ("tests/fakes/cable.py", "tests/fakes/nanokontrol2.py")
    for program in (*beside, "tests/lab/inside/questions.py", "tests/lab/inside/seqbox.py"):
        machine.put(_TREE / program)
    before = installed.configure(CONFIG)
    told = json.loads(machine.output(f"/opt/studiod/bin/python /share/seqbox.py {TIMES}", within_s=400))
    assert len(told["times"]) == TIMES
    print(told)  # noqa: T201 - figures of an emulated machine
    assert installed.status()["processes"] == before["processes"]


def test_a_sequencer_that_is_not_ours_is_a_sentence_and_open_when_it_is_without_a_restart(installed: Studio) -> None:
    machine = installed.machine
    installed.configure(CONFIG)

    def fault() -> str:
        return str(installed.report("/system/devices")["midi_fault"])

    before = installed.status()["processes"]["ports"]
    try:
        machine.output(f"chown root:root /dev/snd/seq && chmod 600 /dev/snd/seq && kill -KILL {before}")
        pid = installed.wait_for(lambda status: status["processes"]["ports"] not in (0, before))["processes"]["ports"]
        eventually(
            lambda: "not allowed to open /dev/snd/seq; add the user of studiod to the group audio" in fault(),
            PATIENCE_S,
        )
    finally:
        machine.output("chown root:audio /dev/snd/seq && chmod 660 /dev/snd/seq")
    eventually(lambda: fault() == "", PATIENCE_S)
    assert installed.status()["processes"]["ports"] == pid
