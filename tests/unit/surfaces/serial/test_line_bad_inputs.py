"""Boxes that are broken, flooded or hostile change nothing, take nobody along, and are heard again after."""

import base64
import functools
import json
import logging
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.desk.hub import Change
from studiod.surfaces.serial.box import JUNK_S
from tests.fakes.line_box import LineBox, Part, line
from tests.unit.surfaces.serial.lines_rig import Lines

BAD_INPUTS = json.loads((Path(__file__).parents[3] / "data" / "serial" / "bad_inputs.json").read_text("utf-8"))
PARTS = (Part("f", "fader/1", 1024), Part("b", "mute/1", flags="l"))
KINDS = ("studiod", "deej", "firmata", "slip-osc", "auto")


def payloads() -> Iterator[bytes]:
    """What is known to come from boards that reset, hang or are pulled out."""
    for entry in BAD_INPUTS["inputs"]:
        yield zlib.decompress(base64.b64decode(entry["zlib_b64"])) if "zlib_b64" in entry else entry["text"].encode()


def values(studio: Lines) -> dict[str, float]:
    """Everything on the desk that a hand may turn."""
    return {spec.address: studio.hub.value(spec.address) for spec in studio.hub.registry if spec.is_numeric}


def is_obeyed(studio: Lines, box: LineBox) -> bool:
    """A good line right after is done."""
    before = studio.hub.value("/strip/1/mute")
    box.say(b"\n")  # whatever was begun ends here
    box.press("mute/1")
    box.release("mute/1")
    studio.turn()
    return studio.hub.value("/strip/1/mute") != before


@pytest.mark.parametrize("raw", list(payloads()), ids=[entry["id"] for entry in BAD_INPUTS["inputs"]])
def test_known_bad_input_changes_nothing_and_the_next_line_is_obeyed(
    raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    studio, box, other = Lines(), LineBox(PARTS), LineBox(PARTS, "other")
    studio.plug(box)
    studio.plug(other, port="/dev/ttyACM7")
    before = values(studio)
    for start in range(0, len(raw), 1024):
        box.say(raw[start : start + 1024])
    box.say(raw)
    studio.turn()
    assert values(studio) == before
    assert is_obeyed(studio, box)
    assert is_obeyed(studio, other)
    studio.turn(JUNK_S + 2.0)
    assert studio.fired == []
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) <= 2


@functools.cache
def stranger(kind: str) -> tuple[Lines, LineBox]:
    """A studio that hears a box on such a line, and nothing from it yet; one for all examples."""
    studio, box = Lines(), LineBox(PARTS)
    box.is_mute = True
    studio.plug(box, kind)
    box.is_mute = False
    return studio, box


@pytest.mark.parametrize("kind", KINDS)
@given(pieces=st.lists(st.binary(max_size=200), max_size=20))
@settings(max_examples=30, deadline=None)
def test_noise_on_any_line_raises_nothing_and_fires_nothing(kind: str, pieces: list[bytes]) -> None:
    studio, box = stranger(kind)
    for piece in pieces:
        box.say(piece)
    studio.turn()
    assert studio.fired == []
    assert studio.status.state == "connected"


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "\x1b[2J", "Fader", "a" * 33, "", "fader/1 x", "{strip+1}", "fäder", "-x"],
)
def test_a_control_with_a_hostile_name_is_none(name: str) -> None:
    studio, box = Lines(), LineBox((*PARTS, Part("b", name)))
    studio.plug(box)
    assert "its description does not arrive whole" in studio.status.note
    before = values(studio)
    box.press("mute/1")
    studio.turn()
    assert values(studio) == before


@pytest.mark.parametrize("name", ["\x1b[31mred", "a b", "", "x" * 25, "../x"])
def test_a_box_with_a_hostile_name_is_never_met(name: str) -> None:
    studio = Lines()
    studio.plug(LineBox(PARTS, name))
    assert studio.status.note == "waiting for the box to say who it is"


def test_two_boxes_that_say_the_same_name_are_two_and_sign_with_names_of_ours() -> None:
    studio, one, other = Lines(), LineBox(PARTS, "nanokontrol2"), LineBox(PARTS, "nanokontrol2")
    origins: list[str] = []
    studio.hub.observe(lambda changes: origins.extend(change.origin for change in changes))
    studio.plug(one)
    studio.plug(other, port="/dev/ttyACM7")
    one.press("mute/1")
    studio.turn()
    other.press("mute/1")
    studio.turn()
    assert origins == ["studiod-box", "studiod-box-2"]


def test_a_box_that_becomes_another_while_it_is_there_is_the_other() -> None:
    studio, box = Lines(), LineBox(PARTS)
    studio.plug(box)
    box.press("mute/1")
    box.parts, box.name = (Part("b", "solo/1"), Part("f", "fader/1", 16)), "thief"
    box.power_on()
    studio.turn(1.0)
    assert studio.status.note == "thief 1.0"
    box.press("solo/1")
    studio.turn()
    assert studio.hub.value("/strip/1/solo") == 1.0


def test_numbers_of_controls_that_are_not_there_are_junk() -> None:
    studio, box = Lines(), LineBox(PARTS)
    studio.plug(box)
    before = values(studio)
    for payload in ("V 9 1", "B 0 1", "V 0 5000", "V 1 1", "T 0 1", "E 0 3", "B 255 1", "L 1 127", "V 0 -1"):
        box.say(line(payload))
    studio.turn()
    assert values(studio) == before
    assert is_obeyed(studio, box)


def test_ten_thousand_lines_in_one_second_are_a_few_writes() -> None:
    studio, box = Lines(), LineBox(PARTS)
    studio.plug(box)
    box.move("fader/1", 0)
    studio.turn()
    changes = 0

    def count(told: list[Change]) -> None:
        nonlocal changes
        changes += len(told)

    studio.hub.observe(count)
    lines = [line(f"V 0 {number % 1000}") for number in range(10_000)]
    for start in range(0, 10_000, 40):  # as the ports process gathers them: 250 pieces a second
        box.say(b"".join(lines[start : start + 40]))
        studio.loop.advance(0.004)
        studio.hub.turn()
    assert changes <= 250
    box.move("fader/1", 1023)
    studio.turn()
    assert studio.hub.value("/strip/1/fader") == 10.0
