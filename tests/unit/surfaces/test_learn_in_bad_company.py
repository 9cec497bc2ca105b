"""Learning among floods, two hands, pulled cables, full disks and odd names; and boxes that tell names."""

from pathlib import Path

import pytest

from studiod.model.parameter import Refused
from studiod.surfaces.base import Moved, Pressed
from studiod.surfaces.controls import Control, ControlKind, Wire, WireKind
from studiod.surfaces.learn import LISTEN_S, Phase
from studiod.surfaces.lesson import wish_for
from studiod.surfaces.mackie.desk import MackieDesk, MackieModel
from tests.fakes.learning import LearningDesk, PlainBox, do
from tests.fakes.mcu import facts_of
from tests.fakes.midi_ports import MemoryPorts
from tests.unit.surfaces.learnt import FADER_5, KORG, NANO, PORT, press, slide, text_of
from tests.unit.surfaces.rig import desk


@pytest.fixture
def studio(tmp_path: Path) -> LearningDesk:
    return LearningDesk(tmp_path, desk(), (NANO,))


# -- bad company -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "words", "expected"),
    [
        ("/strip/3/fadr", {}, "/strip/3/fadr: there is no such parameter. Did you mean /strip/3/fader?"),
        ("", {}, ": there is no such parameter"),
        ("/strip/3/name", {}, "/strip/3/name: nothing can be turned or pressed there; allowed text of at most 64"),
        ("/meter/strip/3", {}, "/meter/strip/3: nothing can be turned or pressed there; allowed reading only"),
        ("/transport/state", {}, "/transport/state: nothing can be turned or pressed there"),
        ("/strip/3/fader", {"is_momentary": True}, "only a switch can be on while a button is held"),
        ("/strip/3/fader", {"argument": 3.0}, "only a command takes a number"),
        ("/transport/locate", {}, "/transport/locate: takes one number, s; give it with the address"),
        ("/transport/play", {"argument": 3.0}, "/transport/play: takes no argument"),
        ("/main/fader", {"is_row": True}, "only strips, buses and the like lie in rows, such as /strip/1/fader"),
    ],
)
def test_what_cannot_be_bound_is_refused_before_anyone_walks_to_the_box(
    address: str, words: dict[str, float | bool], expected: str
) -> None:
    with pytest.raises(Refused) as caught:
        wish_for(desk().registry, address, **words)  # type: ignore[arg-type]
    assert expected in str(caught.value)


def test_nothing_moved_is_told_when_the_time_is_over(studio: LearningDesk) -> None:
    box = studio.plug(KORG)
    studio.learn("/main/fader")
    studio.turn(LISTEN_S + 1.0)
    assert (studio.phase, studio.sentence) == (Phase.FAILED, "/main/fader was not learnt: nothing was moved for 30 s")
    studio.play(box, slide(FADER_5, (0.0, 1.0)))
    assert studio.hub.value("/strip/5/fader") == 10.0
    assert all(not wire.is_open for wire in studio.ports.wires[1:]), "no port is left open but the box's own"


def test_two_controls_at_once_are_not_guessed_between(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(PORT)
    studio.learn("/strip/3/fader")
    hand = slide()
    hand.said += slide(Wire(WireKind.CC, 1, 22), seed=3).said
    hand.said.sort(key=lambda said: said[0])
    studio.play(box, hand)
    assert studio.phase is Phase.HEARD
    assert studio.sentence.endswith("move only one")
    assert list(tmp_path.iterdir()) == []


def test_two_boxes_at_once_are_not_guessed_between(studio: LearningDesk) -> None:
    box, other = studio.plug(PORT), studio.plug("Other 1")
    studio.learn("/strip/3/fader")
    for _, message in slide().said:
        box.emit(message)
        other.emit(message)
    studio.turn(1.0)
    assert studio.phase is Phase.HEARD
    assert "Other 1: move only one" in studio.sentence


def test_the_wrong_kind_of_control_is_told_and_the_right_one_awaited(studio: LearningDesk) -> None:
    box = studio.plug(PORT)
    studio.learn("/strip/3/fader")
    studio.play(box, press(Wire(WireKind.NOTE, 1, 36)))
    assert studio.sentence == (
        "note 36 of BeatStep:BeatStep MIDI 1 is a button; /strip/3/fader takes a fader, knob or encoder"
    )
    studio.play(box, slide())
    assert studio.phase is Phase.BOUND


def with_mackie(studio: LearningDesk) -> PlainBox:
    """An X-Touch beside the boxes of the desk."""
    row = MackieDesk(studio.hub, studio.loop.time, studio.touches)
    studio.manager.change([*studio.manager.models, MackieModel(facts_of("behringer-x-touch"), row)])
    box = studio.plug("X-Touch INT")
    box.emit(bytes.fromhex("f0 00 00 66 14 01 53 49 4d 00 00 00 00 01 02 03 04 f7"))
    studio.turn(2.0)
    return box


BEND_1 = Wire(WireKind.BEND, 1)


def test_a_mackie_control_that_is_moved_in_a_lesson_is_refused_with_a_sentence_and_does_what_it_does(
    studio: LearningDesk, tmp_path: Path
) -> None:
    mackie = with_mackie(studio)
    studio.learn("/main/fader")
    studio.play(mackie, slide(BEND_1, (0.0, 0.3)))
    assert (studio.phase, studio.sentence) == (
        Phase.HEARD,
        "x-touch is a Behringer X-Touch, whose controls have fixed meanings; move one of another box",
    )
    assert studio.hub.travel("/strip/1/fader") == pytest.approx(0.3, abs=0.01)
    studio.turn(LISTEN_S)
    assert studio.phase is Phase.FAILED
    assert studio.sentence.endswith("have fixed meanings; move one of another box")
    assert list(tmp_path.iterdir()) == []


def test_somebody_who_mixes_on_a_mackie_beside_it_is_in_nobodys_way(studio: LearningDesk) -> None:
    box, mackie = studio.plug(KORG), with_mackie(studio)
    studio.learn("/main/fader")
    mixing = slide(BEND_1, (0.0, 1.0, 0.0, 1.0, 0.0, 0.6))
    hand = slide(FADER_5)
    for at_s, message in hand.said:
        while mixing.said and mixing.said[0][0] <= at_s:
            mackie.emit(mixing.said.pop(0)[1])
        box.emit(message)
        studio.turn(0.01)
    studio.turn(1.0)
    assert studio.phase is Phase.BOUND
    assert "(fader/5)" in studio.sentence


def test_a_box_pulled_while_it_is_learnt_is_told_and_may_come_back(studio: LearningDesk) -> None:
    box = studio.plug(PORT)
    studio.learn("/strip/3/fader")
    for _, message in slide(way=(0.0, 0.4)).said:
        box.emit(message)
    studio.turn()
    studio.ports.unplug(PORT)
    studio.turn()
    assert (studio.phase, studio.sentence) == (
        Phase.LISTENING,
        "BeatStep:BeatStep MIDI 1 was pulled; plug it in again, or move another control",
    )
    studio.play(studio.plug(PORT), slide())
    assert studio.phase is Phase.BOUND


def test_a_flood_beside_it_is_told_and_another_box_is_learnt(studio: LearningDesk) -> None:
    box, loud = studio.plug(PORT), studio.plug("Loud 1")
    studio.learn("/strip/3/fader")
    for count in range(30_000):
        loud.emit(bytes((0xB0 | count % 16, count * 31 % 96, count * 57 % 128)))
    studio.turn(0.1)
    assert studio.phase is not Phase.BOUND
    studio.turn(0.1)
    studio.play(box, slide())
    assert (studio.phase, studio.sentence.partition(": CC")[0]) == (Phase.BOUND, "bound: /strip/3/fader"), (
        studio.sentence
    )


def test_a_second_lesson_ends_the_first(studio: LearningDesk) -> None:
    box = studio.plug(PORT)
    studio.learn("/strip/3/fader")
    number = studio.learner.state.number
    studio.learn("/strip/4/fader")
    assert studio.learner.state.number == number + 1
    studio.play(box, slide())
    assert "/strip/4/fader" in studio.sentence


def test_while_it_is_being_saved_nothing_else_is_begun_and_hands_are_held_off(studio: LearningDesk) -> None:
    box = studio.plug(KORG)
    studio.play(box, slide(FADER_5, (0.0, 1.0)))
    studio.is_slow = True
    studio.learn("/main/fader")
    studio.play(box, slide(FADER_5, (1.0, 0.0, 1.0)))
    assert studio.phase is Phase.SAVING
    for again in (lambda: studio.learn("/strip/1/fader"), studio.learner.undo, lambda: studio.learner.forget("/x")):
        with pytest.raises(Refused, match="still being saved"):
            again()
    studio.play(box, slide(FADER_5, (1.0, 0.5)))
    assert studio.hub.value("/strip/5/fader") == 10.0
    do(*studio.waiting.pop())
    assert studio.sentence.startswith("bound: ")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("a file where the folder should be")
    studio = LearningDesk(tmp_path / "own", desk(), (NANO,))
    box = studio.plug(KORG)
    studio.learn("/main/fader")
    studio.play(box, slide(FADER_5))
    assert studio.phase is Phase.FAILED
    assert studio.sentence.startswith(f"{tmp_path / 'own'}")
    assert "make that folder writable" in studio.sentence
    studio.play(box, slide(FADER_5, (0.0, 1.0)))
    assert studio.hub.value("/strip/5/fader") == 10.0, "the box goes on as it was"


def test_a_broken_map_of_ones_own_is_told_with_its_line_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "nanokontrol2.yaml"
    path.write_text("format: 2\nbase: nanokontrol2\nbindings:\n  fader/99: {address: /main/fader}\n")
    broken = path.read_text()
    studio = LearningDesk(tmp_path, desk(), (NANO,))
    box = studio.plug(KORG)
    studio.learn("/main/fader")
    studio.play(box, slide(FADER_5))
    assert studio.phase is Phase.FAILED
    assert studio.sentence.startswith(f"{path}:4: bindings.fader/99: there is no such row in controls")
    assert "put that right first" in studio.sentence
    assert path.read_text() == broken


def test_the_text_before_is_kept_beside_it(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(KORG)
    for address in ("/main/fader", "/bus/1/fader"):
        studio.learn(address)
        studio.play(box, slide(FADER_5))
    assert "/main/fader" in (tmp_path / "nanokontrol2.yaml.bak").read_text()


def test_a_map_in_braces_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "nanokontrol2.yaml"
    path.write_text("format: 2\nbase: nanokontrol2\nbindings: {fader/1: {address: /main/fader}}\n")
    studio = LearningDesk(tmp_path, desk(), (NANO,))
    box = studio.plug(KORG)
    studio.learn("/main/fader")
    studio.play(box, slide(FADER_5))
    assert studio.sentence.startswith(f"{path}: line 3: bindings is written in braces")


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/",
        "..",
        "a\x00b\nc: [",
        "* [x] ?",
        "ÄÖÜ 日本 🎹 1",
        'x"}, evil: {"',
        "  two  spaces ",
        "x" * 300,
        "Bo\udce4x",
        "on",
    ],
)
def test_no_name_of_a_port_becomes_a_path_or_breaks_the_file(tmp_path: Path, name: str) -> None:
    studio = LearningDesk(tmp_path / "own", desk())
    box = studio.plug(name)
    studio.learn("/strip/3/fader")
    studio.play(box, slide())
    assert studio.phase is Phase.BOUND, studio.sentence
    (path,) = (tmp_path / "own").glob("*.yaml")
    assert path.stem.replace("-", "").isalnum()
    assert path.stem.isascii()
    assert [each.name for each in tmp_path.iterdir()] == ["own"]
    again = LearningDesk(tmp_path / "own", desk())
    again.play(again.plug(name), slide(way=(0.0, 1.0)))
    assert again.hub.value("/strip/3/fader") == 10.0


def test_a_journal_that_is_not_ours_is_not_believed(studio: LearningDesk, tmp_path: Path) -> None:
    outside = tmp_path.parent / "victim.yaml"
    outside.write_text("mine")
    for text in (
        "{", "[1]", '[{"what": "x", "file": "../victim.yaml", "is_new": true, "before": [], "whole": "gone"}]',
        '[{"what": "x", "file": "a.yaml", "is_new": true, "before": [[["bindings"], "a", 7]], "whole": null}]',
    ):  # fmt: skip
        (tmp_path / ".steps.json").write_text(text)
        studio.learner.undo()
        assert studio.sentence == "nothing is left to take back"
    assert outside.read_text() == "mine"


def test_no_ports_at_all_is_told_at_once(tmp_path: Path) -> None:
    ports = MemoryPorts()
    ports.outage = "the MIDI ports are not there yet"
    studio = LearningDesk(tmp_path, desk(), ports=ports)
    with pytest.raises(Refused, match="/main/fader: the MIDI ports are not there yet"):
        studio.learn("/main/fader")


def test_stopping_while_it_listens_leaves_nothing_open(studio: LearningDesk) -> None:
    studio.plug(PORT)
    studio.learn("/main/fader")
    studio.learner.stop()
    studio.learner.stop()
    assert [wire.is_open for wire in studio.ports.wires] == [False]
    assert studio.touches.lessons.taker is None


# -- boxes that tell names ---------------------------------------------------------------------------------------------


def test_a_control_known_by_its_name_is_learnt_by_what_its_box_tells(tmp_path: Path) -> None:
    """As a serial box does: its controls have no wire, and its gestures come by name."""
    studio = LearningDesk(tmp_path, desk(), (NANO,))
    studio.plug(KORG)
    fader, button = Control("fader/2", ControlKind.FADER, 128), Control("mute/2", ControlKind.BUTTON)
    studio.learn("/main/fader")
    for travel in range(11):
        assert studio.touches.lessons.takes("nanokontrol2", fader, Moved("fader/2", travel / 10))
        studio.turn(0.02)
    studio.turn(1.0)
    assert studio.sentence == "bound: /main/fader: fader/2 of nanokontrol2"
    studio.learn("/main/mute")
    assert not studio.touches.lessons.takes("nanokontrol2", fader, Moved("fader/2", 0.5))
    for _ in range(2):
        assert studio.touches.lessons.takes("nanokontrol2", button, Pressed("mute/2"))
    studio.turn(1.0)
    assert [line.strip().partition("  #")[0] for line in text_of(tmp_path, "nanokontrol2").splitlines()[-2:]] == [
        "fader/2: {address: /main/fader}", "mute/2: {toggle: /main/mute}",
    ]  # fmt: skip


def test_other_boxes_are_not_disturbed(studio: LearningDesk) -> None:
    other = PlainBox()
    studio.plug(KORG, other)
    box = studio.plug(PORT)
    studio.turn(5.0)
    wires, told = list(studio.ports.wires), len(other.received)
    studio.learn("/strip/3/fader")
    studio.play(box, slide())
    assert studio.phase is Phase.BOUND
    assert wires[0].is_open, "the other was not opened anew"
    assert not any(message[0] == 0xF0 for message in other.received[told:]), "nor greeted anew"
