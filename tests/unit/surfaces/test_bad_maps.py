"""Hostile and broken maps, and bytes that mean nothing: each a sentence with its line, and never anything else."""

import json
import os
import zlib
from base64 import b64decode
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.checked_yaml import MAX_CONTROLS, MAX_DEPTH, MapError
from studiod.surfaces.generic_midi import GenericMidi
from studiod.surfaces.mackie import facts as mackie_facts
from studiod.surfaces.mackie.wire import Splitter
from studiod.surfaces.maps import load_map, load_maps, map_folder
from studiod.surfaces.picture import draw
from tests.unit.surfaces.mapped import HEAD, Mapped

DATA = Path(__file__).parents[2] / "data"
YAML_INPUTS = json.loads((DATA / "yaml" / "bad_inputs.json").read_text("utf-8"))["inputs"]
MIDI_INPUTS = {
    entry["id"]: entry for entry in json.loads((DATA / "surfaces" / "bad_inputs.json").read_text("utf-8"))["inputs"]
}
MAPS, _ = load_maps(map_folder())
EXAMPLE = "\n".join(
    line[4:] for line in (map_folder() / "README.md").read_text().partition("## A whole file")[2].splitlines()
)
ENCODER = "kind: encoder, cc: 1, relative: twos"
CONTROLS = "controls:\n  a: {kind: button, cc: 1}\n"
STATUSES = st.sampled_from((0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0, 0xF0, 0xF7, 0xF8, 0xFA, 0xFF))
LIKE_MIDI = st.builds(
    lambda status, channel, rest: bytes((status | (channel if status < 0xF0 else 0),)) + rest,
    STATUSES, st.integers(0, 15), st.binary(max_size=8),
)  # fmt: skip


def faults_of(raw: bytes, folder: Path) -> str:
    """What is said about a map of these bytes, and about a file of Mackie facts; both must be refused."""
    path = folder / "box.yaml"
    path.write_bytes(raw)
    with pytest.raises(MapError) as caught:
        load_map(path)
    with pytest.raises(MapError):
        mackie_facts.load(path)
    return str(caught.value).replace(f"{folder}/", "")


def payload(entry: dict[str, Any]) -> bytes:
    """The bytes of an entry."""
    if "zlib_b64" in entry:
        return zlib.decompress(b64decode(entry["zlib_b64"]))
    return bytes.fromhex(entry["hex"]) if "hex" in entry else entry["text"].encode()


@pytest.mark.parametrize("entry", YAML_INPUTS, ids=lambda entry: entry["id"])
def test_yaml_that_is_no_map_is_told_so(entry: dict[str, Any], tmp_path: Path) -> None:
    told = faults_of(payload(entry), tmp_path)
    assert told.startswith("box.yaml:")
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a: &a [x]\nb: *a\n", "box.yaml:1: anchors and aliases are not allowed"),
        (b"a: b\nc: *d\n", "box.yaml:2: anchors and aliases are not allowed"),
        (b"a: &a {<<: *a}\n", "box.yaml:1: anchors and aliases are not allowed"),
        (b"\n[" * (MAX_DEPTH + 1), f"box.yaml:{MAX_DEPTH + 2}: is nested more than {MAX_DEPTH} deep"),
        (b"[" * 60_000, f"box.yaml:1: is nested more than {MAX_DEPTH} deep"),
        (b"{a: " * 16_000, f"box.yaml:1: is nested more than {MAX_DEPTH} deep"),
        (b"- " * 30_000, f"box.yaml:1: is nested more than {MAX_DEPTH} deep"),
        (b"a: b\nc: caf\xe9\n", "box.yaml:2: is not UTF-8 text"),
        ("format: 2\n".encode("utf-16"), "box.yaml:1: is not UTF-8 text"),
        (b"a: b\n\x00", "box.yaml: is no YAML"),
        (b"---\na: b\n---\nc: d\n", "box.yaml:3: is no YAML"),
        (b"a: b\n\tc: d\n", "box.yaml:2: is no YAML"),
        (b"x" * 65_537, "box.yaml: has 65537 bytes; allowed 65536"),
        (b'"\\e[2J": 1\n', "box.yaml:1:  has a key that is no word"),
        (b"[a, b]: c\n", "box.yaml:1:  has a key that is no word"),
    ],
)  # fmt: skip
def test_a_file_that_would_hurt_is_refused_where_it_would(raw: bytes, expected: str, tmp_path: Path) -> None:
    assert expected in faults_of(raw, tmp_path)


def test_a_pipe_and_a_folder_called_like_a_map_keep_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").mkdir()
    (tmp_path / "c.yaml").symlink_to("/dev/zero")
    (tmp_path / "d.yaml").write_text(HEAD + CONTROLS + "bindings: {}\n")
    maps, faults = load_maps(tmp_path)
    assert [facts.name for facts in maps] == ["mapped"]
    assert [fault.rpartition("/")[2] for fault in faults] == [
        f"{letter}.yaml: is no file; allowed a text file" for letter in "abc"
    ]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("controls: []\nbindings: {}\n", "box.yaml:10: controls is no mapping"),
        ("controls: {a: 5}\nbindings: {}\n", "box.yaml:10: controls.a is no mapping"),
        ("controls: {a: {kind: [fader], cc: 1}}\nbindings: {}\n", "box.yaml:10: controls.a.kind is a list; allowed fa"),
        ("controls: {a: {kind: fader, cc: -1}}\nbindings: {}\n", "controls.a.cc is -1; allowed 0..127"),
        ("controls: {a: {kind: fader, cc: 1.5}}\nbindings: {}\n", "controls.a.cc is 1.5; allowed 0..127"),
        ("controls: {a: {kind: fader, cc: '7'}}\nbindings: {}\n", "controls.a.cc is 7; allowed 0..127"),
        ("controls: {a: {kind: fader, cc: 1" + "0" * 5000 + "}}\nbindings: {}\n", "allowed 0..127"),
        ("controls: {a: {kind: fader, cc: 1, range: [0, .inf]}}\nbindings: {}\n", "range[1] is .inf; allowed 0..127"),
        ("controls: {a: {kind: fader, cc: 1, range: [9]}}\nbindings: {}\n", "range: allowed two numbers in 0..127"),
        ("controls: {a: {kind: fader, note: 200}}\nbindings: {}\n", "controls.a.note is 200; allowed 0..127"),
        ("controls: {a: {kind: fader, nrpn: 16384}}\nbindings: {}\n", "nrpn is 16384; allowed 0..16383"),
        ("controls: {'a/{i}': {kind: fader, count: 129, cc: 0}}\nbindings: {}\n", "count is 129; allowed 1..128"),
        (
            f"controls: {{a: {{{ENCODER}, acceleration: {{? {'9' * 5000} : 2}}}}}}\nbindings: {{}}\n",
            "box.yaml:10: controls.a.acceleration.9999",
        ),
        (CONTROLS + "bindings: {b: {trigger: /transport/play}}\n", "bindings.b: there is no such row in controls"),
        (CONTROLS + "bindings: {a: {toggle: /strip/{strip+1}/mute}}\n", "box.yaml:12"),
        (CONTROLS + 'bindings: {a: {toggle: "/strip/{strip+' + "1" * 5000 + '}/mute"}}\n', "allowed an address such"),
        (CONTROLS + "bindings: {a: [" + "{bank: 1}, " * 17 + "]}\n", "bindings.a: does 17 things; allowed 16"),
        (CONTROLS + "bindings: {}\nface:\n- [a]\n- [[a]]\n", "box.yaml:15: face[1]: a is there twice; allowed once"),
        (
            CONTROLS + "bindings: {}\npages: {" + ", ".join(f"p{n}: {{bindings: {{}}}}" for n in range(33)) + "}\n",
            "pages: there are 33; allowed 32",
        ),
        (
            "controls:\n"
            + "".join(f"  r{n}/{{i}}: {{kind: lamp, count: 128, cc: 0}}\n" for n in range(MAX_CONTROLS // 128 + 1))
            + "bindings: {}\n",
            f"controls.r8/{{i}}: makes more than {MAX_CONTROLS} controls; allowed are so many",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_line(rest: str, expected: str, tmp_path: Path) -> None:
    assert expected in faults_of((HEAD + rest).encode(), tmp_path)


def test_what_a_fault_quotes_is_short_and_harmless_to_a_terminal(tmp_path: Path) -> None:
    text = HEAD.replace("model: Mapped", 'model: "\\e]0;owned\\a"') + f"? {'x' * 9000}\n: 1\n{CONTROLS}bindings: {{}}\n"
    told = faults_of(text.encode(), tmp_path).splitlines()
    assert len(told) == 2
    assert all(line.isprintable() and len(line) < 1100 for line in told)
    assert "box.yaml:4: model is \ufffd]0;owned\ufffd; allowed text" in told


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(("1-8", "{i}", "{bank+i}", "/main/fader", "F0 vv F7", "twos", "next", "none", "a/{i}", "any")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | st.integers(), inner, max_size=3),
    max_leaves=6,
)


def paths(tree: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - whatever YAML holds
    """Every place in a document."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [here, *(path for key, value in inner for path in paths(value, (*here, key)))]


WHOLE = yaml.safe_load(EXAMPLE)
PLACES = [place for place in paths(WHOLE) if place]


def taken(folder: Path, raw: bytes) -> None:
    """Read the file; a map that is taken can be drawn and spoken."""
    path = folder / "box.yaml"
    path.write_bytes(raw)
    try:
        facts = load_map(path)
    except MapError as fault:
        assert all(line.startswith(str(path)) for line in str(fault).splitlines())
        return
    assert draw(facts).startswith("<svg")
    GenericMidi(facts).decode(b"\xb0\x07\x40")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("maps")


@settings(max_examples=150, deadline=None)
@given(place=st.sampled_from(PLACES), junk=JUNK)
def test_whatever_stands_in_a_map_it_is_read_or_refused_in_sentences(
    folder: Path, place: tuple[Any, ...], junk: object
) -> None:
    whole = deepcopy(WHOLE)
    inner = whole
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = junk
    taken(folder, yaml.safe_dump(whole, sort_keys=False).encode())


@settings(max_examples=150, deadline=None)
@given(start=st.integers(0, len(EXAMPLE)), length=st.integers(0, 20), junk=st.text(max_size=12))
def test_a_map_with_a_hole_in_it_is_read_or_refused_in_sentences(
    folder: Path, start: int, length: int, junk: str
) -> None:
    text = EXAMPLE[:start] + junk + EXAMPLE[start + length :]
    taken(folder, text.encode("utf-8", "surrogatepass"))


@settings(max_examples=60, deadline=None)
@given(raw=st.binary(max_size=200))
def test_bytes_are_read_or_refused_in_sentences(folder: Path, raw: bytes) -> None:
    taken(folder, raw)


@settings(max_examples=300, deadline=None)
@given(facts=st.sampled_from(MAPS), messages=st.lists(LIKE_MIDI | st.binary(max_size=12), max_size=20))
def test_no_message_makes_a_grammar_raise_and_every_gesture_is_of_a_control(
    facts: SurfaceMap, messages: list[bytes]
) -> None:
    grammar = GenericMidi(facts)
    for message in messages:
        for port in range(2):
            for gesture in grammar.decode(message, port):
                assert getattr(gesture, "control", "") in facts.controls
                assert 0.0 <= getattr(gesture, "travel", 0.0) <= 1.0


def test_real_time_inside_a_system_exclusive_message_breaks_neither(tmp_path: Path) -> None:
    entry = MIDI_INPUTS["sysex-embedded-rt"]
    found = Splitter().feed(payload(entry))
    assert found == [b"\xf8", bytes.fromhex("f07e01fef7")] or found == [
        b"\xf8",
        b"\xfe",
        bytes.fromhex("f07e01f7"),
    ]
    box = Mapped(tmp_path, 'controls:\n  a: {kind: button, message: "F8"}\nbindings: {a: {toggle: /main/mute}}\n')
    for message in found:
        assert box.surface.receive(message) == []
    assert box.hub.value("/main/mute") == 1.0


def test_garbage_without_a_status_is_dropped_and_the_next_message_is_whole() -> None:
    splitter = Splitter()
    garbage = splitter.feed(payload(MIDI_INPUTS["midi-running-status-garbage"]))
    assert all(message[0] >= 0x80 for message in garbage)
    assert splitter.feed(bytes.fromhex("7f 40 b0 07 40")) == [bytes.fromhex("b00740")]


def test_what_was_pressed_when_the_port_vanished_is_let_go_and_armed_strips_stay(tmp_path: Path) -> None:
    assert "vanish" in MIDI_INPUTS["midi-stuck"]["text"]
    box = Mapped(
        tmp_path,
        "controls:\n  talk: {kind: button, note: 1}\n  arm: {kind: button, note: 2}\n"
        "bindings: {talk: {momentary: /talkback/on}, arm: {toggle: /strip/1/arm}}\n",
    )
    box.play("90 01 7F", "90 02 7F")
    box.surface.detach()
    assert box.hub.value("/talkback/on") == 0.0
    box.surface.attach(lambda _: None)
    box.play("90 02 00", "90 02 7F")
    assert box.hub.value("/strip/1/arm") == 0.0, "the second whole press, not half of the first"
