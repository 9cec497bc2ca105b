"""A unit is told things at the pace of its wire, visible faders first; a scene of 64 faders is there in time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from studiod.surfaces.mackie.codec import MackieCodec
from studiod.surfaces.mackie.panel import IN_A_ROW, SLACK_S, Panel
from studiod.surfaces.mackie.screen import strip_lcd
from studiod.surfaces.mackie.surface import AGAIN_S
from studiod.surfaces.mackie.words import Lamp, Part
from tests.fakes.mcu import Stage

USB_FRAME_S, USB_EVENTS_IN_FRAME = 0.001, 16
DIN_BYTES_PER_S = 3125
UNITS = ("mackie-mcu-pro", *("mackie-xt-pro",) * 7)
NAMES = ("main", *(f"xt{n}" for n in range(1, 8)))


def usb_s(messages: list[bytes]) -> float:
    """Wire time of messages on a full-speed USB: 16 events of at most 3 bytes in a frame of a millisecond."""
    events = sum(math.ceil(len(message) / 3) for message in messages)
    return math.ceil(events / USB_EVENTS_IN_FRAME) * USB_FRAME_S


def is_fader(message: bytes) -> bool:
    return message[0] & 0xF0 == 0xE0


class Wire:
    """Everything sent, and when."""

    def __init__(self, messages_per_s: int = 1000, bytes_per_s: int = 48_000) -> None:
        self.sent: list[tuple[float, bytes]] = []
        self.now = 0.0
        screen = strip_lcd(lambda: 0x14)
        self.panel = Panel(MackieCodec(), [screen], messages_per_s, bytes_per_s)
        self.panel.open(lambda message: self.sent.append((self.now, message)), 0.0)
        self.panel.is_live = True

    def run(self) -> None:
        while (wait := self.panel.drain(self.now)) is not None:
            self.now += wait

    @property
    def messages(self) -> list[bytes]:
        return [message for _, message in self.sent]


def test_faders_go_before_lamps_and_lamps_before_text() -> None:
    wire = Wire()
    wire.panel.show((Part.LAMP, "play"), Lamp.ON)
    wire.panel.show((Part.FADER, 0), 100)
    wire.run()
    assert [message[0] for message in wire.messages[:3]] == [0xE0, 0x90, 0xF0]


def test_faders_that_never_rest_let_something_else_through() -> None:
    wire = Wire()
    wire.panel.show((Part.LAMP, "play"), Lamp.ON)
    for position in range(40):
        for place in range(9):
            wire.panel.show((Part.FADER, place), position)
        wire.panel.drain(wire.now)
        wire.now += 0.001
    kinds = [message[0] for message in wire.messages]
    assert kinds.index(0x90) == IN_A_ROW


def test_only_the_newest_position_is_sent() -> None:
    wire = Wire()
    wire.panel.is_live = False
    for position in range(1000):
        wire.panel.show((Part.FADER, 0), position)
    wire.panel.is_live = True
    wire.run()
    assert [message for message in wire.messages if is_fader(message)] == [bytes((0xE0, 999 & 0x7F, 999 >> 7))]


@pytest.mark.parametrize(("messages_per_s", "bytes_per_s"), [(1000, 48_000), (1000, 3000), (200, 3000)])
def test_the_wire_is_never_asked_for_more_than_it_carries(messages_per_s: int, bytes_per_s: int) -> None:
    wire = Wire(messages_per_s, bytes_per_s)
    for place in range(8):
        wire.panel.show((Part.FADER, place), 5000)
        wire.panel.show((Part.LAMP, f"mute/{place + 1}"), Lamp.ON)
    wire.run()
    taken_s = 0.0
    for at, message in wire.sent:
        assert taken_s <= at + SLACK_S + 1e-9
        taken_s = max(taken_s, at) + max(1 / messages_per_s, len(message) / bytes_per_s)


def test_what_is_shown_already_is_not_sent_but_healed_in_turn() -> None:
    wire = Wire()
    wire.panel.show((Part.FADER, 0), 5)
    wire.panel.show((Part.LAMP, "play"), Lamp.ON)
    wire.panel.show((Part.METER, 0), 5)
    wire.run()
    wire.sent.clear()
    for _ in range(2):
        wire.panel.heal(lambda _: False)
        wire.run()
    assert sorted(wire.messages) == [b"\x90\x5e\x7f", b"\xe0\x05\x00"]
    wire.sent.clear()
    wire.panel.heal(lambda key: key[0] is Part.FADER)
    wire.run()
    assert wire.messages == [b"\x90\x5e\x7f"]


def test_before_the_box_listens_only_greetings_are_sent() -> None:
    wire = Wire()
    wire.panel.is_live = False
    wire.panel.say(b"\xf0\xf7")
    wire.panel.show((Part.FADER, 0), 5)
    wire.run()
    assert wire.messages == [b"\xf0\xf7"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scene of 64 faders, mutes and names sends: per unit, the moments and messages."""

    units: list[list[tuple[float, bytes]]]

    def faders_in_front(self) -> Iterator[int]:
        """Per unit, how many messages come before its last visible fader."""
        for sent in self.units:
            kinds = [is_fader(message) for _, message in sent]
            yield len(kinds) - kinds[::-1].index(True)


def recall() -> Scene:
    stage = Stage(strips=64, order=NAMES)
    for file, name in zip(UNITS, NAMES, strict=True):
        stage.box(file, name)
    stage.run(AGAIN_S)  # new boxes are told everything twice
    for unit in stage.plugged:
        unit.sent.clear()
    for strip in range(1, 65):
        stage.hub.write(f"/strip/{strip}/fader", -10.0, "scene")
        stage.hub.write(f"/strip/{strip}/mute", 1.0, "scene")
        stage.hub.write(f"/strip/{strip}/pan", -0.5, "scene")
        stage.hub.write_text(f"/strip/{strip}/name", f"Song{strip:02d}", "scene")
    start = stage.loop.time()
    stage.run(0.5)
    assert all(len(set(unit.box.faders[:8])) == 1 for unit in stage.plugged)
    assert stage.plugged[7].box.text(0, 8) == "Song64"
    return Scene([[(at - start, message) for at, message in unit.sent] for unit in stage.plugged])


def test_a_scene_of_64_faders_is_there_in_150_ms_of_usb() -> None:
    scene = recall()
    last_s = max(at for sent in scene.units for at, message in sent if is_fader(message))
    assert last_s + usb_s([message for sent in scene.units for _, message in sent]) < 0.150
    assert max(scene.faders_in_front()) <= 8 + 1


def test_a_scene_of_64_faders_is_there_in_a_second_of_din() -> None:
    scene = recall()
    messages = [message for sent in scene.units for _, message in sent if message[0] != 0xB0 or message[1] < 0x40]
    assert sum(map(len, messages)) / DIN_BYTES_PER_S < 1.0
