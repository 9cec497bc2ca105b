"""Files of facts: every fault with its line, and everything that comes with studiod fits."""

import re
from pathlib import Path

import pytest

from studiod.surfaces.checked_yaml import MapError
from studiod.surfaces.mackie.facts import BoxFacts, Colours, Glass, Protocol, Role, load, load_all, misfits
from tests.fakes.mcu import FOLDER, Stage, facts_of
from tests.unit.surfaces.rig import desk

PATHS = sorted(FOLDER.glob("*.yaml"))
FACTS = [load(path) for path in PATHS]
each_box = pytest.mark.parametrize("facts", FACTS, ids=[facts.name for facts in FACTS])
GOOD = """\
format: 2
name: box
maker: Test
model: Box
dialect: mackie
mode: "any"
confidence: measured
sources: ["a test"]
ports: ["*Box*"]
role: main
strips: 8
"""


def faults(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "box.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MapError) as caught:
        load(path)
    return str(caught.value).replace(f"{path}:", "").splitlines()


def loaded(tmp_path: Path, text: str) -> BoxFacts:
    path = tmp_path / "box.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_every_family_named_in_the_reference_has_its_file() -> None:
    found, broken = load_all(FOLDER)
    assert broken == ()
    assert len(found) == len(PATHS) >= 27
    assert {facts.maker for facts in found} >= {"Mackie", "Emagic", "Behringer", "iCON", "Avid", "SSL", "Arturia"}


@pytest.mark.parametrize(("path", "facts"), [*zip(PATHS, FACTS, strict=True)], ids=[path.stem for path in PATHS])
def test_a_file_is_named_after_maker_and_model(path: Path, facts: BoxFacts) -> None:
    assert path.stem == re.sub(r" ", "-", f"{facts.maker} {facts.model}".lower())


@each_box
def test_it_says_where_its_facts_come_from(facts: BoxFacts) -> None:
    assert facts.sources
    assert facts.confidence in {"documented", "reported", "unconfirmed"}, "none was ever on our table"
    assert all(len(pattern.strip("*?")) > 2 for pattern in facts.ports)


@each_box
def test_its_keys_mean_what_the_desk_has(facts: BoxFacts) -> None:
    assert misfits(facts, desk(8).registry) == ()


@each_box
def test_it_can_be_worked_and_shows_the_desk(facts: BoxFacts) -> None:
    if facts.protocol is Protocol.HUI:
        return  # tests of the HUI say so
    stage = Stage(strips=facts.strips)
    path = next(path for path in PATHS if load(path).name == facts.name)
    plugged = stage.box(path.stem)
    stage.hub.write("/strip/1/mute", 1.0, "test")
    stage.hub.write("/strip/1/fader", -20.0, "test")
    stage.run(0.3)
    assert plugged.box.lamps["mute/1"]
    if facts.has_motors:
        assert plugged.box.faders[0] == round(0.375 * 16383)
    assert bool(plugged.box.text(0, 1)) is (facts.glass is not Glass.NONE)
    plugged.box.press("solo/1")
    assert stage.hub.value("/strip/1/solo") == 1.0


def test_what_a_file_leaves_out_is_usual() -> None:
    facts = facts_of("mackie-xt-pro")
    assert (facts.role, facts.model_id, facts.ask_ids) == (Role.EXTENDER, 0x15, (0x15, 0x14))
    assert (facts.has_master, facts.has_time, facts.has_jog) == (False, False, False)
    assert facts_of("behringer-x-touch").colours is Colours.EIGHT
    assert facts_of("icon-platform-x+").ask_ids == ()
    assert facts_of("mackie-hui").protocol is Protocol.HUI


def test_keys_are_what_a_person_wants_them_to_be(tmp_path: Path) -> None:
    more = "keys:\n  f1: {trigger: /transport/rollback}\n  foot/b: {toggle: /monitor/dim}\n"
    facts = loaded(tmp_path, GOOD + more)
    assert facts.keys["f1"].address == "/transport/rollback"
    assert facts.keys["foot/b"].is_toggle
    assert misfits(facts, desk(2).registry) == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD.replace("strips: 8", "strips: 9"), "11: strips is 9; allowed 1..8"),
        (
            GOOD.replace("role: main", "role: extend"),
            "10: role is extend; allowed main, extender. Did you mean extender?",
        ),
        (GOOD.replace("format: 2", "format: 1"), "1: format is 1; allowed 2..2"),
        (GOOD + "motor: true\n", "12: motor is unknown; allowed "),
        (GOOD + "flash: maybe\n", "12: flash is maybe; allowed true, false"),
        (GOOD + "model_id: 0x80\n", "12: model_id is 0x80; allowed 0..127"),
        (GOOD + "keys:\n  f9: {trigger: /x}\n", "13: keys.f9 is unknown; allowed "),
        (GOOD + "keys:\n  f1: {}\n", "13: keys.f1: allowed exactly one of trigger, toggle"),
        (GOOD + "keys:\n  f1: {toggle: /click/on, argument: 1}\n", "13: keys.f1.argument: only a trigger has one"),
        (GOOD.replace("name: box", "name: Box"), "2: name is Box; allowed small letters, digits and -"),
        (GOOD.replace("maker: Test\n", ""), "1: maker is missing"),
        ("[]", "1:  is no mapping; allowed `key: value` lines"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_is_allowed(tmp_path: Path, text: str, sentence: str) -> None:
    assert any(fault.startswith(sentence) for fault in faults(tmp_path, text)), faults(tmp_path, text)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("{trigger: /transport/pley}", "f1 means /transport/pley, which the desk does not have. Did you mean"),
        ("{trigger: /click/on}", "f1 uses /click/on as trigger, but that is a toggle"),
        ("{toggle: /loop/active}", "f1 uses /loop/active as toggle, but that is a toggle"),
        ("{trigger: /marker/locate}", "f1 fires /marker/locate; it takes one number, number"),
        ("{trigger: /marker/add, argument: 1}", "f1 fires /marker/add; it takes no argument"),
    ],
)
def test_a_key_the_desk_cannot_obey_is_told(tmp_path: Path, key: str, sentence: str) -> None:
    (fault,) = misfits(loaded(tmp_path, f"{GOOD}keys:\n  f1: {key}\n"), desk(2).registry)
    assert fault.startswith(f"{tmp_path}/box.yaml:{GOOD.count(chr(10)) + 2}: {sentence}")


def test_one_bad_file_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.yaml").write_text("strips: many", encoding="utf-8")
    (tmp_path / "c.yaml").write_text(GOOD, encoding="utf-8")
    found, broken = load_all(tmp_path)
    assert [facts.name for facts in found] == ["box"]
    assert "b.yaml:1" in broken[0]
    assert "name box is taken by another file" in broken[1]
