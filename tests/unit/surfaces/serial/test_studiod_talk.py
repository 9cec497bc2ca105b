"""A box on the line protocol: greeted, heard, shown things, missed, met again. Time is turned by hand."""

import base64
import json
import random
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from studiod.link.box_controls import SerialControl, SerialKind
from studiod.link.box_lines import (
    LONGEST_LINE,
    Ask,
    Description,
    Hello,
    Lamp,
    Line,
    Ping,
    Position,
    Ready,
    Switch,
    Text,
    Touch,
    Turn,
    decode,
    encode,
)
from studiod.surfaces.base import Moved, Pressed, Released, Touched, Turned
from studiod.surfaces.serial.lines import LineCutter
from studiod.surfaces.serial.studiod_talk import ASK_S, SILENT_S, StudiodTalk

CONTROLS = (
    SerialControl("fader/1", SerialKind.FADER, 1024, has_motor=True, has_touch=True),
    SerialControl("pan/1", SerialKind.KNOB, 128),
    SerialControl("mute/1", SerialKind.BUTTON, 2, has_lamp=True),
    SerialControl("jog", SerialKind.ENCODER, 24),
    SerialControl("rec", SerialKind.LAMP, 2),
    SerialControl("name/1", SerialKind.DISPLAY, 8),
)
FADER, PAN, MUTE, JOG, REC, NAME = range(6)
DESCRIBED: list[Line] = [
    Hello(1, "demo", "1.0", 6),
    *(Description(i, control) for i, control in enumerate(CONTROLS)),
    Ready(),
]
BAD_INPUTS = Path(__file__).parents[3] / "data" / "serial" / "bad_inputs.json"


def wire(*lines: Line) -> bytes:
    return b"".join(map(encode, lines))


def lines(raw: bytes) -> list[Line | None]:
    return [decode(line) for line in LineCutter(LONGEST_LINE).feed(raw) if line]


@pytest.fixture
def talk() -> StudiodTalk:
    """One that knows its box."""
    talk = StudiodTalk()
    assert lines(talk.say(0.0)) == [Ask()]
    assert talk.hear(wire(*DESCRIBED), 0.1) == []
    assert talk.is_ready
    return talk


def test_a_box_describes_itself(talk: StudiodTalk) -> None:
    assert tuple(talk.controls.values()) == CONTROLS
    assert (talk.greeted, talk.note, talk.junk) == (1, "demo 1.0", 0)


def test_nothing_counts_before_the_box_has_described_itself() -> None:
    talk = StudiodTalk()
    boot_log = b"ets Jun  8 2016\r\nrst:0x1\r\n\0\xff\xfeB 2 1\n" + wire(Switch(MUTE, is_down=True), Position(FADER, 9))
    assert talk.hear(boot_log, 0.0) == []
    assert talk.hear(wire(*DESCRIBED[:-1], Switch(MUTE, is_down=True)), 0.1) == []
    assert talk.controls == {}
    assert talk.hear(wire(Ready(), Switch(MUTE, is_down=True)), 0.2) == [Pressed("mute/1")]


def test_a_box_that_boots_is_asked_again_until_it_answers() -> None:
    talk = StudiodTalk()
    asked = [now / 10 for now in range(40) if talk.say(now / 10)]
    assert asked == [0.0, 1.0, 2.0, 3.0]
    assert talk.note == "waiting for the box to say who it is"


def test_a_description_with_a_hole_is_asked_for_again() -> None:
    talk = StudiodTalk()
    talk.say(0.0)
    talk.hear(wire(*DESCRIBED[:3], *DESCRIBED[4:]), 0.1)
    assert not talk.is_ready
    assert "does not arrive whole" in talk.note
    assert talk.say(0.2) == b""
    assert lines(talk.say(0.1 + ASK_S)) == [Ask()]
    talk.hear(wire(*DESCRIBED), 1.2)
    assert talk.is_ready


def test_two_controls_of_one_name_are_not_taken() -> None:
    twice: list[Line] = [Hello(1, "demo", "1.0", 2), Description(0, CONTROLS[0]), Description(1, CONTROLS[0]), Ready()]
    talk = StudiodTalk()
    talk.hear(wire(*twice), 0.0)
    assert not talk.is_ready


def test_a_protocol_of_the_future_is_told_of() -> None:
    talk = StudiodTalk()
    talk.hear(wire(Hello(2, "demo", "9", 0), Ready()), 0.0)
    assert not talk.is_ready
    assert talk.note == "demo 9 speaks version 2 of the protocol; allowed 1: update studiod"


def test_what_the_hand_does_is_heard(talk: StudiodTalk) -> None:
    did = wire(
        Touch(FADER, is_there=True),
        Position(FADER, 1023),
        Touch(FADER, is_there=False),
        Position(PAN, 0),
        Switch(MUTE, is_down=True),
        Switch(MUTE, is_down=False),
        Turn(JOG, -3),
        Turn(JOG, 0),
    )
    assert talk.hear(did, 0.2) == [
        Touched("fader/1"),
        Moved("fader/1", 1.0),
        Released("fader/1"),
        Moved("pan/1", 0.0),
        Pressed("mute/1"),
        Released("mute/1"),
        Turned("jog", -3),
    ]


def test_what_a_control_cannot_do_is_junk(talk: StudiodTalk) -> None:
    odd = wire(
        Position(PAN, 128),
        Position(MUTE, 1),
        Turn(FADER, 1),
        Switch(FADER, is_down=True),
        Touch(PAN, is_there=True),
        Position(99, 1),
    )
    assert talk.hear(odd, 0.2) == []
    assert talk.junk == 6


def test_ten_thousand_moves_at_once_are_one_and_no_turn_is_lost(talk: StudiodTalk) -> None:
    flood = b"".join(wire(Position(FADER, i % 1024), Turn(JOG, 1)) for i in range(5_000))
    gestures = talk.hear(flood, 0.2)
    assert [gesture for gesture in gestures if isinstance(gesture, Moved)] == [Moved("fader/1", 903 / 1023)]
    assert sum(gesture.steps for gesture in gestures if isinstance(gesture, Turned)) == 5_000


def test_a_move_before_a_release_and_one_after_it_both_count(talk: StudiodTalk) -> None:
    did = wire(Position(FADER, 1), Position(FADER, 2), Touch(FADER, is_there=False), Position(FADER, 3))
    assert talk.hear(did, 0.2) == [Moved("fader/1", 2 / 1023), Released("fader/1"), Moved("fader/1", 3 / 1023)]


@pytest.mark.parametrize(
    ("control", "step", "said"),
    [
        ("fader/1", 512, [Position(FADER, 512)]),
        ("fader/1", 5000, [Position(FADER, 1023)]),
        ("mute/1", 1, [Lamp(MUTE, 127)]),
        ("mute/1", 0, [Lamp(MUTE, 0)]),
        ("rec", 1, [Lamp(REC, 127)]),
        ("pan/1", 5, []),
        ("jog", 5, []),
        ("name/1", 1, []),
        ("nothing", 1, []),
    ],
)
def test_what_a_control_can_show_is_shown(talk: StudiodTalk, control: str, step: int, said: list[Line]) -> None:
    assert lines(talk.show(control, step)) == said


def test_a_lamp_has_colours_and_a_display_its_letters(talk: StudiodTalk) -> None:
    assert lines(talk.show("mute/1", 1, 0xFF0000)) == [Lamp(MUTE, 127, 0xFF0000)]
    assert talk.show("pan/1", 1, 0) == talk.write("rec", "x") == b""
    assert lines(talk.write("name/1", "Lead voc\u00e9\ngone")) == [Text(NAME, "Lead voc")]
    assert lines(talk.write("name/1", "a\nb")) == [Text(NAME, "a b")]
    assert lines(talk.write("name/1", "")) == [Text(NAME, "")]


def test_long_text_beyond_ascii_is_cut_to_the_line() -> None:
    talk = StudiodTalk()
    display = SerialControl("d", SerialKind.DISPLAY, 64)
    talk.hear(wire(Hello(1, "demo", "1", 1), Description(0, display), Ready()), 0.0)
    (line,) = lines(talk.write("d", 64 * "\u266b"))
    assert isinstance(line, Text)
    assert line.text == len(line.text) * "\u266b"
    assert len(encode(line)) > LONGEST_LINE - 3


def test_the_box_is_pinged_and_a_silent_one_is_away_and_asked_again(talk: StudiodTalk) -> None:
    assert lines(talk.say(0.2)) == [Ping(0)]
    assert talk.say(0.5) == b""
    assert lines(talk.say(1.3)) == [Ping(1)]
    talk.hear(wire(Ping(1)), 1.4)
    assert lines(talk.say(1.3 + SILENT_S)) == [Ping(2)]
    assert lines(talk.say(1.5 + SILENT_S)) == [Ask()]
    assert not talk.is_ready
    assert talk.show("mute/1", 1) == b""
    talk.hear(wire(*DESCRIBED), 6.0)
    assert (talk.is_ready, talk.greeted) == (True, 2)


def test_a_box_that_resets_by_itself_is_greeted_anew(talk: StudiodTalk) -> None:
    talk.hear(b"\0\xffrst:0x8\r\n" + wire(*DESCRIBED[:4]), 2.0)
    assert not talk.is_ready
    talk.hear(wire(*DESCRIBED[4:]), 2.1)
    assert (talk.is_ready, talk.greeted) == (True, 2)


def test_known_noise_moves_nothing(talk: StudiodTalk) -> None:
    entries = json.loads(BAD_INPUTS.read_text("utf-8"))["inputs"]
    for entry in entries:
        noise = zlib.decompress(base64.b64decode(entry["zlib_b64"])) if "zlib_b64" in entry else entry["text"].encode()
        junk = talk.junk
        assert talk.hear(noise + b"\n", 0.3) == []
        assert talk.junk > junk
    assert talk.hear(wire(Position(PAN, 127)), 0.4) == [Moved("pan/1", 1.0)]


def test_the_last_position_arrives_over_a_wire_that_loses_bytes(talk: StudiodTalk) -> None:
    wheel = random.Random(5)  # noqa: S311 - a test's dice
    raw = wire(*(Position(FADER, step) for step in range(1024)))
    torn = bytes(byte for byte in raw if wheel.random() > 0.01)
    found = list(_positions(talk, [torn[at : at + 50] for at in range(0, len(torn), 50)]))
    assert found == sorted(found)
    assert len(found) > 100
    assert talk.junk > 50


def _positions(talk: StudiodTalk, pieces: Iterable[bytes]) -> Iterable[float]:
    for piece in pieces:
        for gesture in talk.hear(piece, 0.3):
            assert isinstance(gesture, Moved)
            yield gesture.travel
