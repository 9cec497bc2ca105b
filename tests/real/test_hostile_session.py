"""A session in bad hands, on a studio that runs: names that attack, a folder that cannot be written any more."""

import json
import subprocess
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
import yaml

from studiod.net.osc.packet import Argument
from studiod.tape.verify import verify_take
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

QUIET = "osc: {zeroconf: false}\nsurfaces: {enable: false}\n"
_NAMES = json.loads((Path(__file__).parents[1] / "data" / "names" / "bad_names.json").read_text("utf-8"))["inputs"]
_TEXTS = [
    entry["text"] if "text" in entry else zlib.decompress(b64decode(entry["zlib_b64"])).decode() for entry in _NAMES
]
NAMES = [text for text in _TEXTS if "\0" not in text]  # OSC has no such texts


def ordered(studio: LiveStudio, address: str, *arguments: Argument) -> str:
    """Give the order and wait for what becomes of it: why not, or nothing."""
    answer = studio.try_ask(address, *arguments)
    if answer is None:
        return "refused at once"
    (ticket,) = answer

    def outcome() -> dict[str, Any] | None:
        told = json.loads(str(studio.ask("/takes/outcome", ticket)[0]))
        return told if told["done"] else None

    told = eventually(outcome, within_s=10)
    assert told is not None
    return str(told["fault"])


def paths_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if ".blackbox" not in path.parts}


def test_no_name_reaches_the_disk_as_a_path_and_none_keeps_the_studio_from_starting(tmp_path: Path) -> None:
    outside = paths_under(tmp_path)
    with LiveStudio(tmp_path / "library", QUIET) as studio:
        studio.record(1)
        studio.roll_on(4800)
        for name in NAMES:
            studio.send("/marker/add", name)
            studio.send("/strip/1/name", name)
        take = studio.stop_take()
        assert take["state"] == "good"
        before = {path for path in paths_under(studio.session) if not path.startswith(".history")}
        for name in NAMES:
            for address in ("/takes/rename", "/takes/note", "/takes/tag"):
                ordered(studio, address, 1, name)
            for address in ("/sessions/rename", "/sessions/note"):
                ordered(studio, address, "session", name)
            for address in ("/sessions/trash", "/sessions/restore"):
                assert ordered(studio, address, name)
            assert ordered(studio, "/sessions/rename", name, "x")
        after = {path for path in paths_under(studio.session) if not path.startswith(".history")}
        assert after - before <= {"takes/0001/about.json", "about.json", "session.yaml"}
        markers = json.loads(str(studio.ask("/markers")[0]))["markers"]
        studio.record(1)
        studio.stop_take()
    with studio:
        assert json.loads(str(studio.ask("/markers")[0]))["markers"] == markers
        assert [take["state"] for take in studio.takes()] == ["good", "good"]
    names = {path.name for path in studio.session.glob("takes/*/*.wav")}
    assert all(name.isascii() and name.startswith("strip-01") and len(name) < 64 for name in names), names
    assert all(verify_take(folder).is_good for folder in sorted(studio.session.glob("takes/*")))
    assert isinstance(yaml.safe_load((studio.session / "session.yaml").read_text("utf-8")), dict)
    made = {path.partition("/")[0] for path in paths_under(tmp_path) - outside}
    assert made == {"library", "library.yaml", "library.log"}
    assert "\nINFO forged log line" not in studio.log


def frozen(folder: Path, *, is_frozen: bool) -> bool:
    """Let nothing be made or renamed in `folder`, not even by root; False where the file system cannot do that."""
    done = subprocess.run(["chattr", "+i" if is_frozen else "-i", str(folder)], capture_output=True, check=False)
    return done.returncode == 0


def test_a_folder_that_nobody_may_write_any_more_loses_nothing_and_is_made_whole_later(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", QUIET) as studio:
        studio.record(1, 2)
        studio.roll_on(24_000)
        places = [studio.session / "takes" / "0001", studio.session / "takes", studio.session]
        try:
            if not all(frozen(place, is_frozen=True) for place in places):
                pytest.skip("chattr +i is not for this file system, or this user")
            studio.send("/marker/add", "Verse")
            studio.send("/transport/stop")
            eventually(lambda: "take 1 could not be closed" in str(studio.status()["faults"]), within_s=20)
            eventually(lambda: "the session cannot be saved" in str(studio.status()["faults"]), within_s=20)
            eventually(lambda: studio.ask("/tape/alarm") == ("alarm",), within_s=20)
            studio.roll_on(4800)
        finally:
            for place in places:
                frozen(place, is_frozen=False)
        eventually(lambda: [take["state"] for take in studio.takes()] == ["repaired"], within_s=20)
        eventually(lambda: "cannot be saved" not in str(studio.status()["faults"]), within_s=20)
        assert studio.takes()[0]["frames"] >= 24_000
        assert studio.ask("/take/state") == ("repaired",)
        assert verify_take(places[0]).is_good
        assert "Verse" in (studio.session / "session.yaml").read_text("utf-8")
        studio.record(1)
        assert studio.stop_take()["state"] == "good"


def test_a_session_that_is_moved_away_is_not_made_anew_by_the_desk(tmp_path: Path) -> None:
    with LiveStudio(tmp_path / "library", QUIET) as studio:
        studio.send("/marker/add", "Intro")
        eventually((studio.session / "session.yaml").exists, within_s=10)
        studio.record(1)
        studio.roll_on(24_000)  # the take is there
        studio.session.rename(tmp_path / "elsewhere")
        studio.send("/marker/add", "Verse")
        eventually(lambda: "the session cannot be saved" in str(studio.status()["faults"]), within_s=20)
        eventually(lambda: "is not there any more" in str(studio.status()["faults"]), within_s=20)
        assert "put" in str(studio.status()["faults"])
        assert not studio.session.exists()
        (tmp_path / "elsewhere").rename(studio.session)
        eventually(lambda: studio.status()["faults"] == [], within_s=20)
        assert studio.stop_take()["state"] == "good"
        assert "Verse" in (studio.session / "session.yaml").read_text("utf-8")
