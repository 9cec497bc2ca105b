"""A sound card through PortAudio and ALSA: what is played into it is what a take holds."""

import pytest

from tests.lab.numbered import silences, sounds
from tests.lab.player import numbers_play
from tests.lab.studio import Report, Studio
from tests.lab.takes import FinishedTake, finish_take, start_take, wait_for_frames

pytestmark = pytest.mark.lab

RATE_HZ = 48_000
# Blocks so long that emulation rarely misses one: what is missed is a gap, and there is a test for that too.
ONE_CARD = """\
audio: {host: portaudio, device: Loopback, block_frames: 4096, inputs: 2, outputs: 2}
desk: {strips: 2}
tape: {session: card}  # of its own: another test's desk had more strips
"""


@pytest.fixture(scope="module")
def opened(installed: Studio) -> Report:
    """The first status with the loopback card."""
    return installed.configure(ONE_CARD)


@pytest.fixture(scope="module")
def take(installed: Studio, opened: Report) -> FinishedTake:  # noqa: ARG001 - the card is open
    """A take while the numbers play."""
    with numbers_play(installed.machine, seconds=60):
        number = start_take(installed)
        wait_for_frames(installed, 5 * RATE_HZ)
        return finish_take(installed, number)


def test_the_card_is_opened_by_a_part_of_its_name(opened: Report) -> None:
    assert (opened["host"], opened["rate_hz"], opened["inputs"]) == ("portaudio", RATE_HZ, 2)
    assert "Loopback" in opened["device"]
    assert opened["faults"] == []


def test_it_is_listed_as_in_use_beside_the_others(installed: Studio, opened: Report) -> None:  # noqa: ARG001
    cards = {card["name"]: card["in_use"] for card in installed.report("/system/devices")["audio"]}
    assert [used for name, used in cards.items() if "Loopback: PCM (hw:0,0)" in name] == [True]
    assert [used for name, used in cards.items() if "USB" in name] == [False]


def test_the_take_is_whole(take: FinishedTake) -> None:
    assert take.about["state"] == "good"
    assert [len(numbers) for numbers in take.strips] == [take.about["frames"]] * 2


def test_its_samples_are_the_ones_played_for_two_seconds_and_more(take: FinishedTake) -> None:
    assert sounds(take.strips[0], 2 * RATE_HZ)


def test_both_inputs_are_aligned_to_the_sample(take: FinishedTake) -> None:
    assert (take.strips[0] == -take.strips[1]).all()


def test_what_is_not_the_sound_played_is_silence_that_is_marked(take: FinishedTake) -> None:
    assert silences(take.strips[0]) == take.gaps
