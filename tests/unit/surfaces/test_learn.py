"""Controls are learnt: on boxes nobody knows, over maps that come with studiod, with undo."""

from pathlib import Path

import pytest

from studiod.surfaces.controls import Relative, Wire, WireKind
from studiod.surfaces.learn import Phase
from studiod.surfaces.maps import load_map
from tests.fakes.hand import Hand, steps
from tests.fakes.learning import LearningDesk
from tests.unit.surfaces.learnt import CC, FADER_5, KORG, NANO, PORT, press, slide, text_of
from tests.unit.surfaces.mapped import HEAD
from tests.unit.surfaces.rig import desk


@pytest.fixture
def studio(tmp_path: Path) -> LearningDesk:
    return LearningDesk(tmp_path, desk(), (NANO,))


# -- unknown boxes -----------------------------------------------------------------------------------------------------


def test_a_knob_of_an_unknown_box_is_bound_saved_and_works(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(PORT)
    studio.learn("/strip/3/fader")
    assert studio.phase is Phase.LISTENING
    studio.play(box, slide())
    assert (studio.phase, studio.sentence) == (
        Phase.BOUND,
        "bound: /strip/3/fader: CC 21 of BeatStep:BeatStep MIDI 1: absolute, 7 bit",
    )
    studio.play(box, slide(way=(0.0, 1.0)))
    assert studio.hub.value("/strip/3/fader") == 10.0
    assert text_of(tmp_path).splitlines() == [
        "# Learnt on this desk, begun 2026-05-04 12:30. Change it as you like: studiod touches single lines only.",
        "format: 2",
        "name: beatstep-midi-1",
        "maker: unknown",
        'model: "BeatStep:BeatStep MIDI 1"',
        "dialect: generic-midi",
        "mode: as it was when it was learnt",
        "confidence: measured",
        "sources: [learnt on this desk]",
        'match: {ports: ["BeatStep:BeatStep MIDI 1*"], direction: in, keys: true}',
        "# keys: it may be played, too; MIDI tracks hear it as before",
        "banks: {strip: 8}",
        "controls:",
        "  cc21: {kind: knob, channel: 1, cc: 21}  # learnt 2026-05-04 12:30",
        "bindings:",
        "  cc21: {address: /strip/3/fader}  # learnt 2026-05-04 12:30",
    ]


def test_what_was_learnt_is_there_at_the_next_start_and_at_another_socket(tmp_path: Path) -> None:
    first = LearningDesk(tmp_path, desk())
    box = first.plug(PORT)
    first.learn("/strip/3/fader")
    first.play(box, slide())
    later = LearningDesk(tmp_path, desk())
    again = later.plug("BeatStep:BeatStep MIDI 1 28:0")
    later.play(again, slide(way=(0.0, 1.0)))
    assert later.hub.value("/strip/3/fader") == 10.0
    later.learner.undo()
    assert later.phase is Phase.UNDONE
    assert later.sentence == "taken back: /strip/3/fader: CC 21 of BeatStep:BeatStep MIDI 1: absolute, 7 bit"
    assert [path.suffix for path in tmp_path.glob("beatstep*")] == [".bak"]
    assert later.manager.status() == ()


@pytest.mark.parametrize(
    ("relative", "line"),
    [
        (Relative.OFFSET, "cc21: {kind: encoder, channel: 1, cc: 21, relative: offset}"),
        (Relative.TWOS, "cc21: {kind: encoder, channel: 1, cc: 21, relative: twos}"),
        (Relative.SIGN_REVERSED, "cc21: {kind: encoder, channel: 1, cc: 21, relative: sign-reversed}"),
        (Relative.PAIR, "cc21: {kind: encoder, channel: 1, cc: 21, relative: pair, down: 23}"),
    ],
)
def test_encoders_turn_the_right_way(studio: LearningDesk, tmp_path: Path, relative: Relative, line: str) -> None:
    box, down = studio.plug(PORT), Wire(WireKind.CC, 1, 23) if relative is Relative.PAIR else None
    studio.learn("/strip/3/pan")
    hand = Hand()
    hand.turn(steps(CC, relative, down), (20, -20))
    studio.play(box, hand)
    assert studio.phase is Phase.BOUND
    assert line in text_of(tmp_path)
    up = Hand()
    up.turn(steps(CC, relative, down), (10,))
    studio.play(box, up)
    assert studio.hub.value("/strip/3/pan") == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("wire", "line"),
    [
        (Wire(WireKind.CC14, 2, 3, 35), "ch2-cc143: {kind: knob, channel: 2, cc14: 3}"),
        (Wire(WireKind.NRPN, 1, 300), "nrpn300: {kind: knob, channel: 1, nrpn: 300}"),
        (Wire(WireKind.BEND, 4), "ch4-bend: {kind: fader, channel: 4, bend: true}"),
        (Wire(WireKind.PRESSURE, 1), "pressure: {kind: knob, channel: 1, pressure: true}"),
    ],
)
def test_fine_and_odd_wires_are_written_as_the_language_has_them(
    studio: LearningDesk, tmp_path: Path, wire: Wire, line: str
) -> None:
    box = studio.plug(PORT)
    studio.learn("/strip/3/fader")
    studio.play(box, slide(wire))
    assert line in text_of(tmp_path)
    studio.play(box, slide(wire, (0.0, 1.0)))
    assert studio.hub.value("/strip/3/fader") == 10.0


def test_switches_commands_and_choices(studio: LearningDesk, tmp_path: Path) -> None:
    fired: list[float] = []
    studio.hub.on_trigger("/transport/locate", fired.append)
    box = studio.plug(PORT)
    for number, (address, momentary, argument) in enumerate(
        (
            ("/strip/3/mute", False, None),
            ("/strip/4/mute", True, None),
            ("/transport/locate", False, 12.5),
            ("/strip/3/monitor", False, None),
        )
    ):
        studio.learn(address, is_momentary=momentary, argument=argument)
        studio.play(box, press(Wire(WireKind.NOTE, 1, 40 + number)))
        assert studio.phase is Phase.BOUND, studio.sentence
    lines = [line.strip().partition("  #")[0] for line in text_of(tmp_path).splitlines()]
    assert lines[-4:] == [
        "note40: {toggle: /strip/3/mute}",
        "note41: {momentary: /strip/4/mute}",
        "note42: {trigger: /transport/locate, argument: 12.5}",
        "note43: {step: /strip/3/monitor, wrap: true}",
    ]
    studio.play(box, press(Wire(WireKind.NOTE, 1, 40)))
    assert studio.hub.value("/strip/3/mute") == 1.0, "three presses"
    assert fired == []


def test_keys_played_meanwhile_are_neither_learnt_nor_stolen(studio: LearningDesk) -> None:
    box = studio.plug(PORT)
    heard: list[bytes] = []
    studio.ports.open(PORT, "", heard.append)
    studio.learn("/strip/3/fader")
    hand = slide()
    for place in range(0, 60, 2):
        at_s = place * 0.02
        hand.said += [(at_s, bytes((0x90, 48 + place % 12, 90))), (at_s + 0.03, bytes((0x80, 48 + place % 12, 0)))]
    hand.said.sort(key=lambda said: said[0])
    studio.play(box, hand)
    assert studio.phase is Phase.BOUND
    assert studio.sentence.endswith("CC 21 of BeatStep:BeatStep MIDI 1: absolute, 7 bit")
    assert heard == [message for _, message in hand.said], "who has the port open hears all of it"
    assert studio.manager.control_ports() == (), "and tracks for keyboards go on hearing it"


# -- known boxes -------------------------------------------------------------------------------------------------------


def test_over_a_known_map_all_else_stays(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(KORG)
    studio.learn("/main/fader")
    studio.play(box, slide(FADER_5))
    assert studio.sentence == "bound: /main/fader: CC 4 of nanoKONTROL2:nanoKONTROL2 CTRL (fader/5): absolute, 7 bit"
    assert text_of(tmp_path, "nanokontrol2").splitlines()[1:] == [
        "format: 2",
        "base: nanokontrol2",
        "bindings:",
        "  fader/5: {address: /main/fader}  # learnt 2026-05-04 12:30",
    ]
    studio.play(box, slide(FADER_5, (0.0, 1.0)))
    studio.play(box, slide(Wire(WireKind.CC, 1, 5), (0.0, 1.0)))
    assert (studio.hub.value("/main/fader"), studio.hub.value("/strip/6/fader")) == (10.0, 10.0)
    assert studio.hub.value("/strip/5/fader") == studio.hub.registry["/strip/5/fader"].default
    assert [status.name for status in studio.manager.status()] == ["nanokontrol2"]


def test_the_control_does_not_move_its_old_target_while_it_is_learnt_and_others_do_theirs(studio: LearningDesk) -> None:
    box = studio.plug(KORG)
    studio.play(box, slide(FADER_5, (0.0, 1.0)))
    assert studio.hub.value("/strip/5/fader") == 10.0, "it has the parameter in its grip"
    studio.learn("/main/fader")
    studio.play(box, slide(FADER_5, (1.0, 0.0, 1.0, 0.5)))
    assert studio.hub.value("/strip/5/fader") == 10.0
    studio.learn("/strip/1/fader")
    studio.play(box, press(Wire(WireKind.CC, 1, 48)))
    assert studio.hub.value("/strip/1/mute") == 1.0, "a lesson for a fader leaves buttons alone"
    studio.learner.cancel()
    studio.play(box, slide(Wire(WireKind.CC, 1, 6), (0.0, 1.0)))
    assert studio.hub.value("/strip/7/fader") == 10.0


def test_a_cancelled_lesson_leaves_the_grip_behind(studio: LearningDesk) -> None:
    box = studio.plug(KORG)
    studio.play(box, slide(FADER_5, (0.0, 1.0)))
    studio.learn("/main/fader")
    studio.play(box, slide(FADER_5, (1.0, 0.98)))
    box.emit(bytes((0xB0, 4, 20)))
    studio.learner.cancel()
    box.emit(bytes((0xB0, 4, 21)))
    studio.turn()
    assert studio.hub.value("/strip/5/fader") == 10.0, "it was moved away meanwhile: it must meet the value again"


def test_a_knob_that_is_set_to_steps_by_its_owner_is_told_anew(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(KORG)
    studio.learn("/strip/2/pan")
    hand = Hand()
    hand.turn(steps(Wire(WireKind.CC, 1, 18), Relative.OFFSET), (20, -20, 10))
    studio.play(box, hand)
    assert "  knob/3: {kind: encoder, channel: 1, cc: 18, relative: offset}" in text_of(tmp_path, "nanokontrol2")
    up = Hand()
    up.turn(steps(Wire(WireKind.CC, 1, 18), Relative.OFFSET), (10,))
    studio.play(box, up)
    assert studio.hub.value("/strip/2/pan") == pytest.approx(0.2)


def test_a_control_that_the_map_does_not_know_is_added(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(KORG)
    studio.learn("/main/mute")
    studio.play(box, press(Wire(WireKind.NOTE, 1, 99)))
    assert "  note99: {kind: button, channel: 1, note: 99}" in text_of(tmp_path, "nanokontrol2")


def test_what_a_page_or_a_held_layer_means_is_bound_there(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    path = tmp_path / "maps" / "mapped.yaml"
    path.write_text(
        HEAD + "controls: {shift: {kind: button, note: 1}, knob: {kind: knob, cc: 7}, other: {kind: knob, cc: 8}}\n"
        "bindings: {other: {address: /main/fader}}\n"
        "pages: {pan: {bindings: {knob: {address: /strip/1/pan}}}}\n"
        "layers: {shift: {hold: shift, bindings: {knob: {address: /strip/2/pan}}}}\n"
    )
    studio = LearningDesk(tmp_path / "own", desk(), (load_map(path),))
    box = studio.plug("mapped 1")
    studio.learn("/strip/1/fader")
    studio.play(box, slide(Wire(WireKind.CC, 1, 7)))
    studio.learn("/strip/2/fader")
    box.emit(bytes.fromhex("90 01 7F"))
    studio.play(box, slide(Wire(WireKind.CC, 1, 7)))
    box.emit(bytes.fromhex("80 01 00"))
    lines = text_of(tmp_path / "own", "mapped").partition("base: mapped\n")[2].splitlines()
    assert [line.partition("  #")[0] for line in lines] == [
        "pages:", "  pan:", "    bindings:", "      knob: {address: /strip/1/fader}",
        "layers:", "  shift:", "    bindings:", "      knob: {address: /strip/2/fader}",
    ]  # fmt: skip


# -- rows --------------------------------------------------------------------------------------------------------------


def test_a_row_is_learnt_by_its_first_and_last(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(PORT)
    studio.learn("/strip/1/fader", is_row=True)
    studio.play(box, slide())
    assert "is the first; now the last of the row" in studio.sentence
    studio.play(box, slide(Wire(WireKind.CC, 1, 28)))
    assert studio.phase is Phase.BOUND, studio.sentence
    text = text_of(tmp_path)
    assert "  cc21-28/{i}: {kind: knob, channel: 1, cc: 21-28}" in text
    assert '  cc21-28/{i}: {address: "/strip/{bank+i}/fader"}' in text
    assert "  strip: 8" in text
    studio.play(box, slide(Wire(WireKind.CC, 1, 24), (0.0, 1.0)))
    assert studio.hub.value("/strip/4/fader") == 10.0


def test_a_row_may_run_over_channels(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(PORT)
    studio.learn("/bus/1/fader", is_row=True)
    studio.play(box, slide(Wire(WireKind.CC, 1, 7)))
    studio.play(box, slide(Wire(WireKind.CC, 4, 7)))
    assert "{kind: knob, channel: 1-4, cc: 7}" in text_of(tmp_path)
    assert '{address: "/bus/{bus+i}/fader"}' in text_of(tmp_path)


def test_a_row_of_a_known_box_keeps_its_windows(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(KORG)
    studio.learn("/strip/1/trim", is_row=True)
    for number in (16, 23):
        studio.play(box, slide(Wire(WireKind.CC, 1, number)))
    assert studio.phase is Phase.BOUND, studio.sentence
    text = text_of(tmp_path, "nanokontrol2")
    assert '  knob/8: {address: "/strip/{strip+8}/trim"}' in text
    assert "banks" not in text


def test_what_is_no_row_is_told(studio: LearningDesk) -> None:
    box = studio.plug(PORT)
    studio.learn("/strip/1/fader", is_row=True)
    studio.play(box, slide())
    studio.play(box, slide(Wire(WireKind.CC, 2, 28)))
    assert studio.phase is Phase.FAILED
    assert "are no row: move its leftmost control, then its rightmost" in studio.sentence


# -- undo, forget, list ------------------------------------------------------------------------------------------------


def test_several_lessons_are_taken_back_one_by_one(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(KORG)
    texts = []
    for address in ("/main/fader", "/bus/1/fader", "/strip/9/fader"):
        studio.learn(address)
        studio.play(box, slide(FADER_5))
        texts.append(text_of(tmp_path, "nanokontrol2"))
    for text in reversed(texts[:-1]):
        studio.learner.undo()
        assert text_of(tmp_path, "nanokontrol2") == text
    studio.learner.undo()
    assert not (tmp_path / "nanokontrol2.yaml").exists()
    studio.play(box, slide(FADER_5, (0.0, 1.0)))
    assert studio.hub.value("/strip/5/fader") == 10.0, "what the built-in map says holds again"
    studio.learner.undo()
    assert (studio.phase, studio.sentence) == (Phase.FAILED, "nothing is left to take back")


def test_undo_keeps_what_was_written_by_hand_since(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(KORG)
    studio.learn("/main/fader")
    studio.play(box, slide(FADER_5))
    path = tmp_path / "nanokontrol2.yaml"
    path.write_text(path.read_text() + "  fader/6: {address: /bus/1/fader}  # mine\ntakeover: jump\n")
    studio.learner.undo()
    assert path.read_text().splitlines()[1:] == [
        "format: 2", "base: nanokontrol2", "bindings:", "  fader/6: {address: /bus/1/fader}  # mine", "takeover: jump",
    ]  # fmt: skip


def test_an_address_is_forgotten_and_remembered_again(studio: LearningDesk, tmp_path: Path) -> None:
    box = studio.plug(PORT)
    for number, address in ((21, "/strip/1/fader"), (22, "/strip/2/fader")):
        studio.learn(address)
        studio.play(box, slide(Wire(WireKind.CC, 1, number)))
    assert [(each.address, each.box, each.control, each.comment) for each in studio.learner.learnt] == [
        ("/strip/1/fader", "beatstep-midi-1", "cc21", "learnt 2026-05-04 12:30"),
        ("/strip/2/fader", "beatstep-midi-1", "cc22", "learnt 2026-05-04 12:30"),
    ]
    studio.learner.forget("/strip/1/fader")
    assert (studio.phase, studio.sentence) == (Phase.FORGOTTEN, "forgotten: /strip/1/fader")
    assert "cc21" not in text_of(tmp_path)
    before = text_of(tmp_path)
    studio.learner.forget("/strip/2/fader")
    assert not (tmp_path / "beatstep-midi-1.yaml").exists()
    assert studio.learner.learnt == ()
    studio.learner.undo()
    assert text_of(tmp_path) == before
    studio.learner.forget("/strip/7/fader")
    assert (
        studio.sentence == "nothing that was learnt leads to /strip/7/fader; `studioctl learn --list` tells what does"
    )
