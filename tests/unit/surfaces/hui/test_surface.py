"""A HUI on the desk: its ping, and the same desk as a Mackie Control's."""

import pytest

from studiod.surfaces.hui.codec import HEAD, PING, PONG
from studiod.surfaces.hui.heartbeat import PING_S, SILENCE_S
from studiod.surfaces.mackie.words import TOP
from tests.fakes.mcu import Stage, facts_of


class Hui:
    """A HUI on a wire that is a list. It answers pings while `answers`."""

    def __init__(self, stage: Stage, *, answers: bool = True) -> None:
        self.answers = answers
        self.sent: list[bytes] = []
        self.surface = stage.desk.surface("hui", facts_of("mackie-hui"))
        self._stage = stage
        stage.hub.observe(self.surface.on_changes)
        self.plug()

    def plug(self) -> None:
        self.surface.attach(self._hear)
        self.run(0.5)

    def say(self, hexes: str) -> None:
        self.surface.receive(bytes.fromhex(hexes))

    def run(self, seconds: float) -> None:
        end = self._stage.loop.time() + seconds
        while self._stage.loop.time() < end:
            self._stage.turn()
            self.surface.drain()
            self._stage.loop.advance(0.005)

    def _hear(self, message: bytes) -> None:
        self.sent.append(message)
        if message == PING and self.answers:
            self.surface.receive(PONG)

    def text(self, strip: int) -> str:
        head = HEAD + bytes((0x10, strip - 1))
        return [message for message in self.sent if message.startswith(head)][-1][8:-1].decode().strip()

    def fader(self, strip: int) -> int:
        """Where it was told to be last."""
        high = [message for message in self.sent if message[:2] == bytes((0xB0, strip - 1))][-1][2]
        low = [message for message in self.sent if message[:2] == bytes((0xB0, 0x20 + strip - 1))][-1][2]
        return high << 7 | low


@pytest.fixture
def stage() -> Stage:
    return Stage(strips=12)


def test_it_is_pinged_once_a_second(stage: Stage) -> None:
    hui = Hui(stage)
    hui.sent.clear()
    hui.run(10 * PING_S)
    assert 9 <= hui.sent.count(PING) <= 11


def test_it_is_painted_when_it_answers(stage: Stage) -> None:
    hui = Hui(stage)
    hui.run(1.0)
    assert hui.fader(1) == 12287
    assert hui.text(1) == "Str1"
    assert hui.surface.note == ""


def test_one_that_never_answers_is_driven_all_the_same(stage: Stage) -> None:
    hui = Hui(stage, answers=False)
    assert hui.sent == [PING]
    hui.run(SILENCE_S + 1.0)
    assert hui.fader(1) == 12287
    assert "does not answer" in hui.surface.note


def test_one_that_comes_back_is_painted_again(stage: Stage) -> None:
    hui = Hui(stage)
    hui.run(1.0)
    hui.sent.clear()
    hui.say("FF")
    hui.run(1.0)
    assert hui.text(8) == "Str8"


def test_a_hand_on_it_works_the_desk(stage: Stage) -> None:
    hui = Hui(stage)
    hui.say("B0 0F 00 B0 2F 40  B0 00 7F B0 20 60")
    assert stage.hub.value("/strip/1/fader") == 10.0
    stage.hub.write("/strip/1/fader", 0.0, "tablet")
    hui.run(1.0)
    assert hui.fader(1) == 0x7F << 7 | 0x60
    hui.say("B0 0F 00 B0 2F 00")
    hui.run(0.1)
    assert hui.fader(1) == 12287
    hui.say("B0 0F 02 B0 2F 42")
    assert stage.hub.value("/strip/3/mute") == 1.0
    hui.say("B0 0F 0A B0 2F 43")
    hui.run(1.0)
    assert hui.surface.first_strip == 9
    assert stage.hub.travel("/strip/1/fader") != TOP


def test_turned_values_stand_where_the_name_was(stage: Stage) -> None:
    hui = Hui(stage)
    hui.say("B0 41 45")
    hui.run(0.2)
    assert hui.text(2) == "R10"
    hui.run(1.2)
    assert hui.text(2) == "Str2"


def test_its_own_keys_send_insert_and_return_to_zero(stage: Stage) -> None:
    hui = Hui(stage)
    hui.say("B0 0F 0B B0 2F 46  B0 40 4A")
    assert stage.hub.travel("/strip/1/send/1/level") == 0.0, "this desk has one bus: there is no send B"
    hui.say("B0 0F 0B B0 2F 47  B0 40 4A")
    assert stage.hub.travel("/strip/1/send/1/level") == pytest.approx(0.1)
    hui.sent.clear()
    hui.say("B0 0F 01 B0 2F 46")
    hui.run(0.1)
    assert stage.hub.value("/strip/2/insert/on") == 1.0
    assert bytes.fromhex("B0 2C 46") in hui.sent
    hui.say("B0 0F 0F B0 2F 40")
    assert stage.fired == [("/transport/locate", (0.0,))]


def test_its_automation_keys_say_that_there_is_none(stage: Stage) -> None:
    hui = Hui(stage)
    hui.run(1.0)
    hui.sent.clear()
    hui.say("B0 0F 00 B0 2F 44")
    hui.run(0.2)
    assert any(b"There is n" in message for message in hui.sent)
