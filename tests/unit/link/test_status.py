"""Whoever has much to tell tells as much as fits."""

import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.link import ENGINE, PORTS, TAPE, Block, Dimensions, create_block
from studiod.link.ports import PortInfo, PortList
from studiod.link.status import first_of, fitting, tell_status

SENTENCES = st.lists(st.text(max_size=300), max_size=60)
STATUSES = st.fixed_dictionaries(
    {
        "fault": st.text(max_size=5000),
        "finished": st.integers(0, 10**6),
        "failed": st.dictionaries(st.integers(1, 9).map(str), st.text(max_size=500), max_size=4),
        "repaired": SENTENCES,
        "alarms": st.lists(
            st.fixed_dictionaries({"level": st.just("alarm"), "text": st.text(max_size=400)}), max_size=60
        ),
    }
)


@pytest.fixture
def block() -> Block:
    fd = create_block(Dimensions(48_000, 256, 1, 0, 1, 2, 10, 1, 0.1, 0), "{}")
    try:
        return Block(fd)
    finally:
        os.close(fd)


@given(STATUSES, st.integers(2000, 16_383))
def test_it_fits_and_says_the_same_things(status: dict[str, Any], most: int) -> None:
    text = fitting(status, most)
    told = json.loads(text)
    assert len(text.encode(errors="replace")) <= most
    assert list(told) == list(status)
    assert told["finished"] == status["finished"]
    assert list(told["failed"]) == list(status["failed"])
    assert {type(alarm["text"]) for alarm in told["alarms"]} <= {str}


def test_what_fits_is_told_whole() -> None:
    status = {"fault": "x" * 9000, "repaired": ["a"] * 1000, "none": None}
    assert json.loads(fitting(status, 16_383)) == status


def test_a_list_of_sentences_says_how_many_more_there_are() -> None:
    status = {"repaired": [f"take {number} was cut off" for number in range(2000)]}
    told = json.loads(fitting(status, 16_383))["repaired"]
    assert told[:2] == ["take 0 was cut off", "take 1 was cut off"]
    assert told[-1] == f"and {2000 - len(told) + 1} more"
    assert first_of(["a", "b"], 2) == ["a", "b"]
    assert first_of(["a", "b", "c"], 2) == ["a", "b", "and 1 more"]


def test_more_keys_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="1000 keys"):
        fitting({f"key {number}": number for number in range(1000)}, 2000)


def test_hundreds_of_devices_and_ports_are_told_as_far_as_they_fit(block: Block) -> None:
    devices = [{"name": f"Device {number} of a rack of many", "host": "ALSA", "in_use": False} for number in range(900)]
    tell_status(block, ENGINE, {"host": "portaudio", "devices": devices, "build": "b" * 64})
    told = json.loads(block.status(ENGINE))
    assert (told["host"], told["build"], told["devices"][0]) == ("portaudio", "b" * 64, devices[0])
    ports = PortList(tuple(PortInfo(number, f"{number} {'p' * 300}", "in") for number in range(900)), next_id=901)
    tell_status(block, PORTS, ports.words())
    found = PortList.from_json(block.status(PORTS))
    assert found.ports == ports.ports[: len(found.ports)]
    assert len(found.ports) > 100
    assert found.next_id == 901


def test_a_status_of_other_bytes_than_letters_fits_too(block: Block) -> None:
    tell_status(block, TAPE, {"alarms": [{"level": "alarm", "text": "ü\u4e2d" * 4000}] * 8})
    assert json.loads(block.status(TAPE))["alarms"][0]["text"].startswith("ü\u4e2dü")
