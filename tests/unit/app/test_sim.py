"""A Mackie Control in the terminal: what is drawn, and what keys do to it."""

import re
import subprocess
import sys

import pytest

from studiod.app.sim import Player, keys_of, simulator
from studiod.surfaces.mackie.picture import ROWS, picture
from studiod.surfaces.mackie.words import TOP
from tests.fakes.mcu import Stage


def drawn(player: Player) -> str:
    return re.sub(r"\x1b\[\d+m", "", "\n".join(picture(player.box, player.hand)))


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def player(stage: Stage) -> Player:
    stage.box("behringer-x-touch", box=(box := simulator("x-touch")))
    return Player(box)


def test_it_draws_what_the_desk_shows(stage: Stage, player: Player) -> None:
    stage.position_s = 61.5
    stage.hub.write("/strip/2/mute", 1.0, "tablet")
    stage.run(0.3)
    shown = drawn(player)
    assert "PN     0.01.01.500" in shown
    assert "Strip1 Strip2 Strip3" in shown
    assert "mut    MUT    mut" in shown
    assert shown.count("[==]") == 9
    assert "STOP" in shown


def test_a_hand_moves_a_fader_and_lets_it_go(stage: Stage, player: Player) -> None:
    for key in ("3", *["\x1b[A"] * 50):
        assert player.type(key)
    stage.run(0.1)
    assert stage.hub.value("/strip/3/fader") == 10.0
    assert "hand" in drawn(player)
    player.type("\n")
    assert player.box.touched == set()
    player.type("\x1b[B")
    player.type("9")
    assert player.box.touched == set(), "the hand is on one fader at a time"


def test_keys_work_the_desk(stage: Stage, player: Player) -> None:
    for key in ("2", "m", "\x1b[C", " ", "f", "/", "?"):
        assert player.type(key)
    assert stage.hub.value("/strip/2/mute") == 1.0
    assert stage.hub.value("/strip/2/pan") == pytest.approx(0.02)
    assert [address for address, _ in stage.fired] == ["/transport/play", "/transport/locate"]


def test_off_and_on_again_everything_is_painted(stage: Stage, player: Player) -> None:
    stage.run(0.2)
    player.type("o")
    assert "Strip1" not in drawn(player)
    stage.run(0.3)
    assert "Strip1" in drawn(player)


def test_a_fader_stands_on_the_line_of_its_position(player: Player) -> None:
    player.box.faders[0] = TOP
    player.box.faders[1] = 0
    lines = [line for line in drawn(player).splitlines() if "||" in line]
    assert len(lines) == ROWS
    assert lines[0].strip().startswith("[==]")
    assert lines[-1][9:13] == "[==]"


def test_the_logic_control_wants_its_riddle_solved() -> None:
    stage = Stage()
    unit = stage.box("emagic-logic-control", box=simulator("logic"))
    stage.run(0.5)
    assert unit.box.text(0, 1) == "Strip1"


@pytest.mark.parametrize("key", ["q", "\x03", "\x04"])
def test_it_ends(player: Player, key: str) -> None:
    assert not player.type(key)


def test_arrows_are_one_key() -> None:
    assert list(keys_of("1\x1b[A\x1bq")) == ["1", "\x1b[A", "\x1b", "q"]


def test_without_a_terminal_it_says_so() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "studiod", "sim", "mcu"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "stdin is no terminal" in run.stderr


def test_a_sentence_over_all_strips_can_be_read(stage: Stage, player: Player) -> None:
    stage.plugged[0].surface.announce("Nothing is armed: arm a strip first")
    stage.run(0.1)
    assert "Nothing is armed: arm a strip first" in drawn(player)
