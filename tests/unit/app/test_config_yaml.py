"""YAML that is hostile, broken or merely odd: read into plain data with lines, or refused in one sentence."""

import base64
import json
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from studiod.app.config.faults import ConfigError, Fault
from studiod.app.config.load import load_config
from studiod.app.config.yamltext import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_VALUES, Document, parse_yaml

BAD_INPUTS = Path(__file__).parents[2] / "data" / "yaml" / "bad_inputs.json"
LOADERS = [yaml.CSafeLoader, yaml.SafeLoader]
FAST_ENOUGH_S = 2.0  # the pure scanner takes 0.2 s for the worst of them here; a frozen start is what must not be

yaml_texts = st.text(alphabet=st.sampled_from([*"ab:-[]{}&*!|>'\"#,?\n\t 01.%@`\\~<\xe9\u2028\ufeff"]), max_size=60)


def parse(text: str, loader: type[yaml.SafeLoader] = yaml.CSafeLoader) -> Document:  # type: ignore[assignment]
    return parse_yaml(text.encode(), "desk.yaml", loader=loader)


def refusal(text: str | bytes, loader: type[yaml.SafeLoader] = yaml.CSafeLoader) -> str:  # type: ignore[assignment]
    raw = text.encode() if isinstance(text, str) else text
    with pytest.raises(ConfigError) as caught:
        parse_yaml(raw, "desk.yaml", loader=loader)
    return str(caught.value)


def faults_of(raw: bytes, loader: type[yaml.SafeLoader] = yaml.CSafeLoader) -> tuple[Fault, ...]:  # type: ignore[assignment]
    """Whatever is wrong with `raw`; any other exception is a failure of the test."""
    try:
        return parse_yaml(raw, "desk.yaml", loader=loader).faults
    except ConfigError as error:
        return error.faults


def payload(entry: dict[str, Any]) -> bytes:
    if "text" in entry:
        return str(entry["text"]).encode()
    return bytes.fromhex(entry["hex"]) if "hex" in entry else zlib.decompress(base64.b64decode(entry["zlib_b64"]))


@pytest.fixture
def bad_file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    entries = {entry["id"]: entry for entry in json.loads(BAD_INPUTS.read_text())["inputs"]}
    path = tmp_path / "desk.yaml"
    path.write_bytes(payload(entries[request.param]))
    return path


@pytest.mark.parametrize(
    ("bad_file", "said"),
    [
        (
            "yaml-object",
            ":1: the tag '!!python/object/apply:os.system' is not allowed; write plain values, text in quotes",
        ),
        ("yaml-dup", ":2: tracks is given twice, in lines 1 and 2; keep one"),
        ("yaml-latin1", ":1: byte 9 (0xE9) is not UTF-8; save the file as UTF-8"),
        ("yaml-huge", ": is larger than 1048576 bytes; that is no configuration of studiod"),
    ],
    indirect=["bad_file"],
)
def test_a_bad_file_is_refused_with_its_line_and_does_nothing(
    bad_file: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bad_file.parent)
    with pytest.raises(ConfigError) as caught:
        load_config(bad_file)
    assert f"{bad_file}{said}" in str(caught.value).splitlines()
    assert [path.name for path in bad_file.parent.iterdir()] == ["desk.yaml"]


@pytest.mark.parametrize("bad_file", ["yaml-empty"], indirect=True)
def test_an_empty_file_means_the_defaults_and_says_so(bad_file: Path) -> None:
    loaded = load_config(bad_file, environment={})
    assert loaded.config == load_config(None, environment={}).config
    assert loaded.warnings == (f"{bad_file} is empty; every setting has its default",)


def test_every_bad_input_in_the_data_has_its_test() -> None:
    ids = [entry["id"] for entry in json.loads(BAD_INPUTS.read_text())["inputs"]]
    assert ids == ["yaml-object", "yaml-dup", "yaml-latin1", "yaml-empty", "yaml-huge"]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 20_000, "nested deeper than 50 levels"),
        ("{a: " * 20_000, "nested deeper than 50 levels"),
        ("- " * 20_000, "nested deeper than 50 levels"),
        ("a: &a [" + "[" * 48 + "]" * 49 + "\nb: [[[*a]]]\n", "nested deeper than 50 levels through aliases"),
        ("a: &a 1\nb: [" + "*a, " * (MAX_ALIASES + 1) + "]\n", "more than 100 aliases"),
        ("a: [" + "1, " * (MAX_VALUES + 1) + "]", "more than 20000 values"),
        ("a: &a [*a]\n", "the alias *a contains itself"),
        ("a: *b\n", "the alias *b has no anchor &b above it"),
        ("a: " + "9" * 5000, "a number of 5000 characters is too long"),
    ],
)
def test_a_bomb_is_a_clear_error_in_no_time(text: str, said: str, loader: type[yaml.SafeLoader]) -> None:
    began = time.process_time()
    try:
        document = parse(text, loader)
        message = str(document.faults)
    except ConfigError as error:
        message = str(error)
    assert said in message
    assert time.process_time() - began < FAST_ENOUGH_S


def test_nine_lines_of_aliases_that_stand_for_millions_of_values_are_refused() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    assert "aliases stand for more than 20000 values" in refusal("\n".join(rows))


def test_as_many_levels_and_aliases_as_allowed_are_read() -> None:
    depth = MAX_DEPTH - 1
    assert parse(f"a: {'[' * depth}{']' * depth}").data["a"] is not None
    assert parse("a: &a 1\nb: [" + "*a, " * MAX_ALIASES + "]").data["b"] == [1] * MAX_ALIASES


def test_a_file_of_just_the_largest_size_is_read() -> None:
    text = b"#" * (MAX_BYTES - 5) + b"\na: 1"
    assert parse_yaml(text, "desk.yaml").data == {"a": 1}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1\n", "desk.yaml:1: the file is a list; allowed groups of settings, like `audio:`"),
        ("\nhello\n", "desk.yaml:2: the file is the plain value 'hello'; allowed groups of settings, like `audio:`"),
        ("a: 1\n---\nb: 2\n", "desk.yaml:2: a second document begins here (---); allowed one"),
        ("a: 1\n? [x]\n: 2\n", "desk.yaml:2: a key must be a plain word"),
        ("a: !!str 5\n", "desk.yaml:1: the tag '!!str' is not allowed; write plain values, text in quotes"),
        ("a: 1\nb: x\0y\n", "desk.yaml:2: character U+0000 is not allowed in YAML; remove it"),
        ("a: 1\nb: \x1b[31m\n", "desk.yaml:2: character U+001B is not allowed in YAML; remove it"),
    ],
)
def test_what_is_no_configuration_is_refused(text: str, said: str, loader: type[yaml.SafeLoader]) -> None:
    assert refusal(text, loader) == said


def test_what_is_no_yaml_is_refused_with_line_column_and_beginning() -> None:
    said = refusal("a:\n  b: [1,\n  c: 2\nd: 3\n")
    assert said.startswith("desk.yaml:4: cannot be read as YAML: ")
    assert said.endswith("(column 2, in what began in line 2)")


def test_a_tab_in_front_is_explained() -> None:
    assert refusal("audio:\n\thost: jack\n").endswith("; indent with spaces, not with tabs")


def test_a_byte_that_is_not_utf8_is_named_by_its_offset_and_line() -> None:
    assert refusal(b"a: 1\nname: Caf\xe9\n") == "desk.yaml:2: byte 14 (0xE9) is not UTF-8; save the file as UTF-8"


def test_the_mark_that_windows_editors_put_in_front_is_skipped() -> None:
    assert parse_yaml(b"\xef\xbb\xbfa: 1", "desk.yaml").data == {"a": 1}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ('""', ""),
        ("010", 10),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-11-21", "2026-11-21"),
        ("-6.5", -6.5),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("-.inf", float("-inf")),
        ('"8"', "8"),
        ("<<", "<<"),
    ],
)
@pytest.mark.parametrize("loader", LOADERS)
def test_plain_words_mean_what_yaml_1_2_says(word: str, value: object, loader: type[yaml.SafeLoader]) -> None:
    read = parse(f"a: {word}", loader).data["a"]
    assert (read, type(read)) == (value, type(value))


def test_every_key_and_item_has_its_line_also_through_aliases() -> None:
    document = parse("a: &a\n  - 1\n  - x: 2\nb:\n  c: *a\n")
    assert document.data == {"a": [1, {"x": 2}], "b": {"c": [1, {"x": 2}]}}
    assert document.line(("a", 0)) == 2
    assert document.line(("a", 1, "x")) == 3
    assert document.line(("b", "c")) == 5
    assert document.line(("b", "c", 1, "x")) == 3
    assert document.line(("b", "missing", 7)) == 4


def test_a_key_given_twice_names_both_lines_and_the_rest_is_still_read() -> None:
    document = parse("a:\n  b: 1\n  c: 2\n  b: 3\nd: {e: 1, e: 2}\n")
    assert [str(fault) for fault in document.faults] == [
        "desk.yaml:4: a.b is given twice, in lines 2 and 4; keep one",
        "desk.yaml:5: d.e is given twice, in line 5; keep one",
    ]
    assert document.data == {"a": {"b": 1, "c": 2}, "d": {"e": 1}}


@pytest.mark.parametrize("loader", LOADERS)
@given(text=yaml_texts)
def test_no_text_does_anything_but_load_or_be_refused(text: str, loader: type[yaml.SafeLoader]) -> None:
    assert all(str(fault).startswith("desk.yaml:") for fault in faults_of(text.encode(), loader))


@given(raw=st.binary(max_size=200))
def test_no_bytes_do_anything_but_load_or_be_refused(raw: bytes) -> None:
    assert all(str(fault).startswith("desk.yaml:") for fault in faults_of(raw))
