"""The whole studio with boxes on serial lines (pseudo-terminals): met, obeyed, lit, reset, pulled, lit again."""

import json
import math
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import mido
import pytest

from studiod.tape.verify import verify_take
from tests.fakes.line_box import LineBox, Part
from tests.fakes.live_studio import LiveStudio
from tests.fakes.serial_board import Board
from tests.helpers import eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]
QUIET = "osc: {zeroconf: false}\nmidi: {api: none}\n"
PARTS = (
    Part("f", "fader/1", 1024),
    Part("b", "mute/1", flags="l"),
    Part("b", "record", flags="l"),
    Part("b", "stop", flags="l"),
    Part("l", "tally"),
)
Found = TypeVar("Found")


class Bench:
    """A home-made box behind its terminal, and the studio it belongs to."""

    def __init__(self, studio: LiveStudio, board: Board) -> None:
        self.studio = studio
        self.board = board
        self.box = LineBox(PARTS)
        self.box.emit = board.say

    def until(self, look: Callable[[], Found], within_s: float = 15.0) -> Found:
        """Let the box run until `look` is true."""

        def turned() -> Found:
            if self.board.is_plugged:
                self.box.receive(self.board.pending())
            return look()

        return eventually(turned, within_s)

    def shows(self, **lamps: bool) -> None:
        """Until the lamps are like that."""
        wanted = {name.replace("_", "/"): lit for name, lit in lamps.items()}
        self.until(lambda: {name: self.box.lamps.get(name, -1) > 0 for name in wanted} == wanted)

    def state(self) -> str:
        """As `studioctl devices` has it."""
        surfaces = json.loads(str(self.studio.ask("/system/devices")[0]))["surfaces"]
        return str(surfaces[0]["state"]) if surfaces else ""


@contextmanager
def bench(folder: Path, protocol: str = "studiod", more: str = "") -> Iterator[Bench]:
    board = Board(folder, "usb-Home_made-if00")
    config = f"{QUIET}serial: {{ports: [{{port: {board.path}, protocol: {protocol}}}]}}\n{more}"
    try:
        with LiveStudio(folder / "library", config) as studio:
            yield Bench(studio, board)
    finally:
        board.unplug()


@pytest.mark.parametrize("protocol", ["studiod", "auto"])
def test_a_box_is_met_obeyed_lit_and_shown_everything_after_each_mishap(tmp_path: Path, protocol: str) -> None:
    with bench(tmp_path, protocol) as home:
        studio, box = home.studio, home.box
        home.shows(mute_1=False, stop=True)
        box.move("fader/1", 0)
        box.press("mute/1")
        home.shows(mute_1=True)
        box.move("fader/1", 1023)
        home.until(lambda: studio.ask("/strip/1/fader") == (10.0,))
        box.power_on()  # DTR, or its button
        assert box.lamps == {}
        home.shows(mute_1=True, stop=True)
        for _ in range(3):
            home.board.unplug()
            home.until(lambda: home.state() == "away")
            box.lamps.clear()
            home.board.plug()
            home.shows(mute_1=True, stop=True)
        studio.send("/strip/1/arm", 1)
        home.shows(tally=True)
        box.press("record")
        home.shows(record=True, tally=True, stop=False)
        box.press("stop")
        home.shows(record=False, stop=True)


def test_a_desk_that_is_killed_leaves_no_lamp_wrong(tmp_path: Path) -> None:
    with bench(tmp_path) as home:
        home.shows(mute_1=False)
        home.studio.send("/strip/1/mute", 1)
        home.shows(mute_1=True)
        os.kill(home.studio.status()["processes"]["desk"], signal.SIGKILL)
        home.box.lamps["mute/1"] = 0  # as a box does when nobody speaks to it for five seconds
        home.shows(mute_1=True, stop=True)


def test_lamps_are_dark_when_the_studio_has_stopped(tmp_path: Path) -> None:
    with bench(tmp_path) as home:
        home.studio.send("/strip/1/mute", 1)
        home.shows(mute_1=True)
        home.studio.stop()
        home.until(lambda: set(home.box.lamps.values()) == {0})


def test_a_flood_and_a_megabyte_of_noise_hold_nothing_up(tmp_path: Path) -> None:
    with bench(tmp_path) as home:
        studio, box = home.studio, home.box
        home.shows(mute_1=False)
        before = studio.ask("/strip/1/fader")
        noise = bytes((number * 7 + number // 251) % 256 for number in range(1_000_000))
        home.board.say(noise + b"\n", piece=4096)
        assert studio.ask("/strip/1/fader") == before

        def obeyed() -> bool:
            """It is told who the box is again, where it had no time to answer; the hand is still there."""
            for step in (0, 1023):
                box.move("fader/1", step)
            return studio.ask("/strip/1/fader") == (10.0,)

        home.until(obeyed)
        for number in range(10_000):
            box.move("fader/1", number % 1000)
        box.move("fader/1", 0)
        home.until(lambda: studio.ask("/strip/1/fader") == (-math.inf,))
        assert home.state() == "connected"


# -- MIDI on a serial line ---------------------------------------------------------------------------------------------

MAP = """\
format: 2
name: din-box
maker: Me
model: DIN box
dialect: generic-midi
mode: any
confidence: measured
sources: [made up for the tests]
match: {ports: ["*usb-Din_box*"]}
controls:
  fader: {kind: fader, cc: 7, takeover: jump}
  mute: {kind: button, note: 16, lamp: true}
bindings:
  fader: {address: /strip/1/fader}
  mute: {toggle: /strip/1/mute}
"""


def notes_in(take: dict[str, Any]) -> list[int]:
    """Keys that go down, in order."""
    file = mido.MidiFile(Path(take["path"]) / "midi-01.mid")
    return [message.note for message in file.tracks[0] if message.type == "note_on" and message.velocity]


def test_midi_on_serial_lines_plays_into_takes_and_moves_the_desk_by_maps(tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.mkdir()
    (maps / "din.yaml").write_text(MAP, encoding="utf-8")
    keys, box = Board(tmp_path, "usb-Keys-if00"), Board(tmp_path, "usb-Din_box-if00")
    lines = f"[{{port: {keys.path}, protocol: midi}}, {{port: {box.path}, protocol: midi, baud: 115200}}]"
    pedal = '{port: "*usb-Keys*", cc: 64, press: /transport/punch}'
    config = f"{QUIET}serial: {{ports: {lines}}}\nsurfaces: {{maps: [{maps}], pedals: [{pedal}]}}\n"
    try:
        with LiveStudio(tmp_path / "library", config) as studio:

            def played() -> bool:
                box.say(bytes.fromhex("B0 07 7F 07 7E 07 7F"))  # running status
                return studio.ask("/strip/1/fader") == (10.0,)

            eventually(played, within_s=10)  # what a board says while it boots is not obeyed
            box.pending()
            box.say(bytes.fromhex("90 10 7F 10 00"))
            eventually(lambda: studio.ask("/strip/1/mute") == (1,))
            eventually(lambda: bytes.fromhex("90 10 7F") in box.pending())
            studio.send("/midi/1/arm", 1)
            eventually(lambda: studio.ask("/transport/tally") == ("armed",))
            keys.say(bytes.fromhex("B0 40 7F 40 00"))  # the keyboard's own pedal starts the take
            studio.wait_for_state("recording")
            for note in (60, 62, 64):
                keys.say(bytes((0x90, note)))
                keys.say(bytes((100, note, 0)))
                studio.roll_on(2400)
            take = studio.stop_take()
            eventually(lambda: notes_in(take) == [60, 62, 64])
            eventually(
                lambda: verify_take(Path(take["path"])).faults == ()
            )  # a take without sound closes before its notes
    finally:
        keys.unplug()
        box.unplug()
