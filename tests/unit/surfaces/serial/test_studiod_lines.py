"""The line protocol on the wire: the page that specifies it, round trips, and noise."""

import base64
import json
import re
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link.box_controls import SerialControl, SerialKind
from studiod.link.box_lines import (
    LONGEST_LINE,
    MOST_STEPS,
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
    checksum,
    decode,
    encode,
    sealed,
)
from studiod.surfaces.serial.lines import LineCutter

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "reference" / "serial-protocol.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^\| [^|]+ \| `([^`]+\*[0-9A-F]{4})` \|$", PAGE, re.MULTILINE)
BAD_INPUTS = {
    entry["id"]: entry
    for entry in json.loads((ROOT / "tests" / "data" / "serial" / "bad_inputs.json").read_text("utf-8"))["inputs"]
}
MEANT: list[Line] = [
    Hello(1, "demo", "1.0", 5),
    Description(0, SerialControl("fader/1", SerialKind.FADER, 1024)),
    Description(1, SerialControl("fader/2", SerialKind.FADER, 1024, has_motor=True, has_touch=True)),
    Description(2, SerialControl("mute/1", SerialKind.BUTTON, 2, has_lamp=True)),
    Description(3, SerialControl("jog", SerialKind.ENCODER, 24)),
    Description(4, SerialControl("name/1", SerialKind.DISPLAY, 16)),
    Ready(),
    Position(0, 512),
    Turn(3, -2),
    Switch(2, is_down=True),
    Touch(1, is_there=True),
    Ask(),
    Ping(7),
    Lamp(2, 127),
    Lamp(2, 40, 0xFFBF00),
    Text(4, "B\u00fchne 1"),
]


def test_every_example_of_the_specification_is_here() -> None:
    assert len(EXAMPLES) == len(MEANT)


@pytest.mark.parametrize(("wire", "line"), list(zip(EXAMPLES, MEANT, strict=False)))
def test_the_examples_of_the_specification_are_what_is_spoken(wire: str, line: Line) -> None:
    assert decode(wire.encode()) == line
    assert encode(line) == wire.encode() + b"\n"


def test_the_checksum_is_the_published_one() -> None:
    assert checksum(b"123456789") == 0x29B1


NUMBER = st.integers(0, 255)
NAME = st.from_regex(r"[a-z0-9][a-z0-9/_-]{0,31}", fullmatch=True)
TOKEN = st.from_regex(r"[A-Za-z0-9._+-]{1,24}", fullmatch=True)
CONTROL = st.builds(
    SerialControl,
    NAME,
    st.sampled_from(SerialKind),
    st.integers(2, MOST_STEPS),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
LINES = st.one_of(
    st.builds(Hello, st.integers(1, 99), TOKEN, TOKEN, st.integers(0, 256)),
    st.builds(Description, NUMBER, CONTROL),
    st.just(Ready()),
    st.just(Ask()),
    st.builds(Position, NUMBER, st.integers(0, MOST_STEPS - 1)),
    st.builds(Turn, NUMBER, st.integers(-127, 127)),
    st.builds(Switch, NUMBER, st.booleans()),
    st.builds(Touch, NUMBER, st.booleans()),
    st.builds(Ping, st.integers(0, 65_535)),
    st.builds(Lamp, NUMBER, st.integers(0, 127), st.none() | st.integers(0, 0xFFFFFF)),
    st.builds(Text, NUMBER, st.from_regex(r"[!-~\u00fc]{1,20}( [!-~]{1,9})?", fullmatch=True)),
)


@given(LINES)
def test_what_is_encoded_is_decoded(line: Line) -> None:
    assert decode(encode(line).removesuffix(b"\n")) == line


@given(LINES, st.integers(0, 200), st.integers(1, 255))
def test_a_line_with_one_wrong_byte_is_never_obeyed(line: Line, at: int, flip: int) -> None:
    wire = bytearray(encode(line).removesuffix(b"\n"))
    wire[at % len(wire)] ^= flip
    assert decode(bytes(wire)) is None


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "H 0 demo 1.0 5",
        "H 1 demo 1.0",
        "H 1 de/mo 1.0 5",
        "C 256 f 1024 - fader/1",
        "C 0 x 1024 - fader/1",
        "C 0 f 1 - fader/1",
        "C 0 f 99999 - fader/1",
        "C 0 f 1024 mm fader/1",
        "C 0 f 1024 z fader/1",
        "C 0 f 1024 - Fader/1",
        "R 1",
        "V 0 -1",
        "V 0 16384",
        "V  0 1",
        "V 0 1 ",
        "V 0 \u0661",
        "V 0 1_0",
        "E 0 128",
        "E 0 --1",
        "E 0 -",
        "B 0 2",
        "L 0 128",
        "L 0 1 ff0000",
        "L 0 1 FF0000 1",
        "D 0 " + 65 * "a",
        "P 65536",
        "Q 1",
        "? 1",
        "v 0 1",
    ],
)
def test_a_line_that_says_nothing_is_dropped_whatever_its_checksum(payload: str) -> None:
    raw = payload.encode()
    assert decode(b"%s*%04X" % (raw, checksum(raw))) is None


def test_a_line_that_is_too_long_is_neither_sent_nor_taken() -> None:
    with pytest.raises(ValueError, match="allowed 128"):
        sealed("D 0 " + 130 * "a")
    raw = b"P 7" + 130 * b" "
    assert decode(b"%s*%04X" % (raw, checksum(raw))) is None


@given(st.binary())
def test_junk_never_raises(raw: bytes) -> None:
    decode(raw)


@given(st.lists(LINES, max_size=8), st.lists(st.integers(1, 40), min_size=1))
def test_it_does_not_matter_where_the_stream_is_cut(lines: list[Line], sizes: list[int]) -> None:
    wire, cutter, at, turn = b"".join(map(encode, lines)), LineCutter(LONGEST_LINE), 0, 0
    found: list[Line | None] = []
    while at < len(wire):
        found += [decode(piece) for piece in cutter.feed(wire[at : at + sizes[turn % len(sizes)]])]
        at += sizes[turn % len(sizes)]
        turn += 1
    assert found == lines


@pytest.mark.parametrize("step", [1, 7, 64, 4096])
def test_a_line_without_end_is_dropped_up_to_the_next_one(step: int) -> None:
    cutter = LineCutter(LONGEST_LINE)
    wire = b"a" * 1000 + b"\nok\n" + b"b" * 129 + b"\n" + b"c" * 128 + b"\n"
    found = [line for at in range(0, len(wire), step) for line in cutter.feed(wire[at : at + step])]
    assert found == [b"ok", b"c" * 128]
    assert cutter.too_long == 2


@pytest.mark.parametrize("name", ["serial-noise", "serial-longline"])
def test_known_noise_does_nothing_and_the_next_line_is_heard(name: str) -> None:
    noise = zlib.decompress(base64.b64decode(BAD_INPUTS[name]["zlib_b64"]))
    cutter = LineCutter(LONGEST_LINE)
    assert [line for line in map(decode, cutter.feed(noise)) if line is not None] == []
    assert [decode(line) for line in cutter.feed(b"\n" + encode(Ping(7)))][-1] == Ping(7)
