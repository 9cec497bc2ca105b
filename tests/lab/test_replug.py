"""A USB MIDI box is pulled again and again in the middle of a move, while another plays and a take rolls."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mido
import pytest

from tests.helpers import eventually
from tests.lab.left_behind import assert_nothing_is_left_behind
from tests.lab.studio import PATIENCE_S, Report, Studio

TIMES = [pytest.param(3, marks=pytest.mark.lab), pytest.param(20, marks=pytest.mark.soak)]
CONFIG = """\
audio: {host: virtual, block_frames: 4096}
midi: {api: alsa}
tape: {pre_record_s: 0}
blackbox: {on: false}
"""
BEND_STEPS = 1 << 14
AT_THE_PULL = 5  # the last ones may reach one of two listeners alone
_TREE = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Replugged:
    """What the guest's program told, what studiod said before and after, and the take."""

    times: int
    told: dict[str, Any]
    before: Report
    after: Report
    take: dict[str, Any]
    keys: mido.MidiTrack
    nano: mido.MidiTrack


@pytest.fixture(scope="module", params=TIMES)
def replugged(installed: Studio, request: pytest.FixtureRequest) -> Replugged:
    machine = installed.machine
    for program in ("tests/fakes/nanokontrol2.py", "tests/lab/inside/questions.py", "tests/lab/inside/replug.py"):
        machine.put(_TREE / program)
    before = installed.configure(CONFIG)
    for track, name, port in ((1, "Keys", "*Steady keys*"), (2, "Nano", "*nanoKONTROL2*")):
        installed.tell(f"/midi/{track}/name", name)
        installed.tell(f"/midi/{track}/port", port)
        installed.tell(f"/midi/{track}/arm", 1)
    installed.tell("/transport/record")
    number = installed.wait_for(lambda status: bool(status["take"]) and status["take"]["frames"] > 0)["take"]["id"]
    told = json.loads(machine.output(f"/opt/studiod/bin/python /share/replug.py {request.param}", within_s=900))
    after = installed.status()
    installed.tell("/transport/stop")

    def closed() -> dict[str, Any] | None:
        takes = {take["id"]: take for take in installed.report("/take/list") if take["state"] != "recording"}
        return takes.get(number)

    take = eventually(closed, PATIENCE_S)
    assert take is not None
    machine.output(f"rm -rf /share/replugged && cp -r '{take['path']}' /share/replugged")
    files = [mido.MidiFile(machine.share / "replugged" / name).tracks[0] for name in _midi_files(machine.share)]
    return Replugged(request.param, told, before, after, take, *files)


def _midi_files(share: Path) -> list[str]:
    return [track["file"] for track in json.loads((share / "replugged/take.json").read_text())["midi"]]


def test_it_is_missed_and_met_and_painted_anew_each_time(replugged: Replugged) -> None:
    times = replugged.told["times"]
    assert len(times) > replugged.times
    for word in ("lost", "returned", "painted"):
        print(word, sorted(round(each[word], 2) for each in times))  # noqa: T201 - figures of an emulated machine


def test_the_keyboard_beside_it_played_on_without_a_gap(replugged: Replugged) -> None:
    bends = [message.pitch + BEND_STEPS // 2 for message in replugged.keys if message.type == "pitchwheel"]
    heard: list[int] = replugged.told["heard"]
    print("the wire lost", len(range(heard[0], heard[-1] + 1)) - len(heard), "of", len(heard))  # noqa: T201
    assert [later for earlier, later in itertools.pairwise(bends) if later <= earlier] == [], "out of order"
    assert sorted(set(heard[:-AT_THE_PULL]) - set(bends)) == [], "another program heard them"
    assert len(bends) > replugged.told["bends"] * 0.9, "missing are those it said while it was plugged in, and pulled"


def test_a_note_that_was_held_when_it_was_pulled_ends_there(replugged: Replugged) -> None:
    notes = [message.type for message in replugged.nano if message.type.startswith("note")]
    assert notes == ["note_on", "note_off"] * len(replugged.told["times"])
    at = list(itertools.accumulate(message.time for message in replugged.nano))
    assert at[-1] > max(tick for tick, message in zip(at, replugged.nano, strict=True) if message.type == "note_off")


def test_the_sound_never_stopped(replugged: Replugged) -> None:
    assert (replugged.take["state"], replugged.take["gaps"]) == ("good", [])
    assert replugged.after["processes"] == replugged.before["processes"]
    assert replugged.after["engine"]["xruns"] == replugged.before["engine"]["xruns"] == 0


def test_nothing_is_left_behind(replugged: Replugged) -> None:
    assert_nothing_is_left_behind(replugged.told, ("ports", "desk"))
