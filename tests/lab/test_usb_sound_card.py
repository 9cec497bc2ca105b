"""The card that the outputs are on is pulled out and put back while a take is recorded from another one."""

from dataclasses import dataclass

import pytest

from tests.lab.numbered import silences, sounds
from tests.lab.player import numbers_play
from tests.lab.studio import Report, Studio
from tests.lab.takes import FinishedTake, finish_take, start_take, wait_for_frames

pytestmark = pytest.mark.lab

RATE_HZ = 48_000
CARD = "QEMU USB Audio"
TWO_CARDS = f"""\
audio: {{host: portaudio, device: Loopback, output_device: {CARD}, block_frames: 4096, inputs: 2, outputs: 2}}
desk: {{strips: 2}}
tape: {{session: cards}}  # of its own: another test's desk had more strips
"""


@dataclass(frozen=True, slots=True)
class Replug:
    """What studiod said before, while the card was away, and after; and the take through all of it."""

    before: Report
    without: Report
    after: Report
    journal: str
    take: FinishedTake


@pytest.fixture(scope="module")
def replug(installed: Studio) -> Replug:
    machine = installed.machine
    before = installed.configure(TWO_CARDS)
    with numbers_play(machine, seconds=170):
        number = start_take(installed)
        wait_for_frames(installed, 5 * RATE_HZ)
        machine.pull("snd1")
        without = installed.wait_for(lambda status: any(CARD in fault for fault in status["faults"]))
        wait_for_frames(installed, 5 * RATE_HZ)
        machine.plug("snd1")
        after = installed.wait_for(lambda status: not status["faults"] and CARD in (status["device"] or ""))
        wait_for_frames(installed, 5 * RATE_HZ)
        take = finish_take(installed, number)
    return Replug(before, without, after, installed.journal(), take)


def test_both_cards_are_open_at_first(replug: Replug) -> None:
    assert CARD in replug.before["device"]
    assert "Loopback" in replug.before["device"]


def test_the_loss_is_told_with_what_to_do(replug: Replug) -> None:
    assert any(CARD in fault and "plug it in" in fault for fault in replug.without["faults"])
    assert "Loopback" in replug.without["device"]


def test_the_return_is_noticed_and_nothing_is_told_any_more(replug: Replug) -> None:
    assert replug.after["faults"] == []
    assert CARD in replug.journal


def test_only_the_engine_started_anew(replug: Replug) -> None:
    kept = ("supervisor", "tape", "desk")
    assert [replug.after["processes"][name] for name in kept] == [replug.before["processes"][name] for name in kept]


def test_the_take_goes_on_through_it_and_is_valid(replug: Replug) -> None:
    assert replug.take.about["state"] == "damaged", "it has a gap"
    assert [len(numbers) for numbers in replug.take.strips] == [replug.take.about["frames"]] * 2
    assert replug.take.about["frames"] > 9 * RATE_HZ


def test_every_silence_in_it_is_a_marked_gap_to_the_frame(replug: Replug) -> None:
    assert replug.take.gaps
    for numbers in replug.take.strips:
        assert silences(numbers) == replug.take.gaps


def test_before_between_and_after_it_holds_the_sound_that_was_played(replug: Replug) -> None:
    # The engine starts anew twice: without the card, and with it.
    assert len(sounds(replug.take.strips[0], RATE_HZ // 2)) >= 3


def test_the_gaps_are_as_long_as_the_clock_says(replug: Replug) -> None:
    numbers_ahead = [part.first_number - part.start for part in sounds(replug.take.strips[0], RATE_HZ // 2)]
    # Of the 15 s and more; buffers of two cards in a slow machine.
    assert max(numbers_ahead) - min(numbers_ahead) < RATE_HZ // 4
