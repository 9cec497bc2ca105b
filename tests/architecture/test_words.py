"""Desk and model speak of strips and faders, never of the protocols that reach them."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.tree import Module, modules

PROTOCOL_WORDS = frozenset({"cc", "sysex", "osc", "mcu", "websocket"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
INNER = [module for module in modules() if module.package in {"desk", "model"}]


def identifiers(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case _:
                continue
    yield from module.name.split(".")
    yield from (word for name in module.imports() for word in name.split("."))


@pytest.mark.parametrize("module", INNER, ids=lambda module: module.name)
def test_no_protocol_is_named_inside_the_desk(module: Module) -> None:
    spoken = {name for name in identifiers(module) if PROTOCOL_WORDS & {w.lower() for w in _WORD.findall(name)}}
    assert sorted(spoken) == []


@pytest.mark.parametrize(
    ("name", "words"), [("send_osc", "osc"), ("OscPeer", "osc"), ("MCUStrip", "mcu"), ("x_cc", "cc")]
)
def test_the_words_of_a_name_are_told_apart(name: str, words: str) -> None:
    assert words in {word.lower() for word in _WORD.findall(name)}


def test_a_protocol_word_inside_another_word_is_none() -> None:
    assert not PROTOCOL_WORDS & set(_WORD.findall("oscillator_accent"))
