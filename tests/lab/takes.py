"""Recording a take on the machine's studiod, and reading it on the host."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers import eventually
from tests.lab.numbered import Frames, read_numbers
from tests.lab.studio import PATIENCE_S, Studio

_FIRST_NUMBERS_DB = -130.0  # the second of them; silence is -inf


@dataclass(frozen=True, slots=True)
class FinishedTake:
    """take.json, and the numbers in each file of the strips from Record on, in the order of the strips."""

    about: dict[str, Any]
    strips: list[Frames]

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """First frame and length of each marked gap, from Record on."""
        ends = [(gap["start"], gap["start"] + gap["frames"]) for gap in self.about["gaps"]]
        return [(max(start, 0), end - max(start, 0)) for start, end in ends if end > 0]


def start_take(studio: Studio) -> int:
    """Wait for sound, arm both strips, record, and wait until frames arrive; number of the take."""
    eventually(lambda: is_heard(studio), PATIENCE_S)
    for strip in (1, 2):
        studio.tell(f"/strip/{strip}/arm", 1)
    studio.tell("/transport/record")
    status = studio.wait_for(lambda status: bool(status["take"]) and status["take"]["frames"] > 0)
    return int(status["take"]["id"])


def is_heard(studio: Studio) -> bool:
    """The meter of the first strip moves."""
    peak_db = studio.ask("/meter/strip/1")[0]
    return isinstance(peak_db, float) and peak_db > _FIRST_NUMBERS_DB


def wait_for_frames(studio: Studio, more: int) -> None:
    """Until the running take is longer by `more` frames than now."""
    before = studio.status()["take"]["frames"]
    studio.wait_for(lambda status: bool(status["take"]) and status["take"]["frames"] >= before + more)


def finish_take(studio: Studio, number: int) -> FinishedTake:
    """Stop, wait until the take is closed, and fetch it."""
    studio.tell("/transport/stop")

    def closed() -> dict[str, Any] | None:
        listed = {take["id"]: take for take in studio.report("/take/list")}
        take = listed.get(number)
        return take if take is not None and take["state"] != "recording" else None

    take = eventually(closed, PATIENCE_S)
    assert take is not None
    folder = studio.machine.share / f"take-{number}"
    shutil.rmtree(folder, ignore_errors=True)
    studio.machine.output(f"cp -r '{take['path']}' /share/take-{number}")
    return read_take(folder)


def read_take(folder: Path) -> FinishedTake:
    """The take in a folder of the host."""
    about = json.loads((folder / "take.json").read_text())
    hidden = about["pre_frames"]
    return FinishedTake(about, [read_numbers(path)[hidden:] for path in sorted(folder.glob("strip-*.wav"))])
