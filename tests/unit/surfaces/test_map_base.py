"""Maps made from other maps: what is told anew comes in place, all else holds."""

from pathlib import Path

import pytest

from studiod.surfaces.base import Act, SurfaceMap
from studiod.surfaces.checked_yaml import MapError, NoBase
from studiod.surfaces.controls import ControlKind
from studiod.surfaces.map_base import arranged
from studiod.surfaces.maps import load_map, load_maps, map_folder

BASE = """\
format: 2
name: first
maker: Test
model: First
dialect: generic-midi
mode: any
confidence: measured
sources: [made up for the tests]
match: {ports: ["*first*"]}
takeover: jump
banks: {strip: 4}
controls:
  fader/{i}: {kind: fader, count: 4, cc: 7}
  mute/{i}: {kind: button, count: 4, note: 7, lamp: {states: {dark: 0, lit: 1, red: 2}}}
  shift: {kind: button, note: 99, lamp: true}
bindings:
  fader/{i}: {address: "/strip/{bank+i}/fader"}
  mute/{i}: {toggle: "/strip/{bank+i}/mute"}
feedback:
  mute/{i}: {address: "/strip/{bank+i}/mute", as: red}
layers:
  shift: {hold: shift, bindings: {"mute/{i}": {toggle: "/strip/{bank+i}/solo"}}}
pages:
  one: {bindings: {"fader/1": {address: /main/fader}}}
face: [["fader/{1-4}"], ["mute/{1-4}", shift]]
"""


@pytest.fixture
def base(tmp_path: Path) -> SurfaceMap:
    (tmp_path / "first.yaml").write_text(BASE)
    return load_map(tmp_path / "first.yaml")


def over(base: SurfaceMap, folder: Path, text: str) -> SurfaceMap:
    path = folder / "over.yaml"
    path.write_text(f"format: 2\nbase: first\n{text}")
    return load_map(path, {"first": base})


def test_a_map_that_says_nothing_more_is_its_base(base: SurfaceMap, tmp_path: Path) -> None:
    facts = over(base, tmp_path, "")
    assert facts.base == "first"
    for word in SurfaceMap.__slots__:
        assert word == "base" or getattr(facts, word) == getattr(base, word), word


def test_a_control_bound_anew_loses_what_the_base_bound_and_showed(base: SurfaceMap, tmp_path: Path) -> None:
    facts = over(base, tmp_path, "bindings: {mute/3: {toggle: /main/mute}}\n")
    assert [binding.address for binding in facts.bindings["mute/3"]] == ["/main/mute"]
    assert (facts.feedback["mute/3"].address, facts.feedback["mute/3"].on) == ("/main/mute", "lit")
    assert facts.bindings["mute/2"] == base.bindings["mute/2"]
    assert facts.feedback["mute/2"] == base.feedback["mute/2"]


def test_a_control_told_anew_leaves_its_row_alone(base: SurfaceMap, tmp_path: Path) -> None:
    facts = over(base, tmp_path, "controls: {fader/2: {kind: encoder, cc: 8, relative: offset}}\n")
    assert facts.controls["fader/2"].kind is ControlKind.ENCODER
    assert "fader/2" not in facts.bindings, "what a fader was bound to does not fit a wheel"
    assert facts.controls["fader/3"] == base.controls["fader/3"]
    assert facts.rows["fader/{i}"] == base.rows["fader/{i}"]


def test_pages_and_layers_are_added_to(base: SurfaceMap, tmp_path: Path) -> None:
    facts = over(
        base,
        tmp_path,
        "pages: {one: {bindings: {fader/2: {address: /bus/1/fader}}}, two: {bindings: {}}}\n"
        "layers: {shift: {bindings: {fader/1: {address: /bus/1/fader}}}}\n",
    )
    assert list(facts.pages) == ["one", "two"]
    assert sorted(facts.pages["one"].bindings) == ["fader/1", "fader/2"]
    assert (facts.layers["shift"].key, len(facts.layers["shift"].bindings)) == ("shift", 5)


def test_what_has_another_name_is_another_box_asked_before(base: SurfaceMap, tmp_path: Path) -> None:
    own = over(base, tmp_path, 'name: second\nmatch: {ports: ["*second*"]}\ntakeover: scale\nmaker: Me\n')
    assert (own.name, own.maker, own.model, own.match.ports) == ("second", "Me", "First", ("*second*",))
    assert [facts.name for facts in arranged((base,), (own,))] == ["second", "first"]


def test_what_has_the_same_name_comes_in_its_place(base: SurfaceMap, tmp_path: Path) -> None:
    own = over(base, tmp_path, "bindings: {fader/1: {address: /main/fader}}\n")
    nano = load_map(map_folder() / "korg-nanokontrol2.yaml")
    assert arranged((base, nano), (own,)) == (own, nano)


def test_a_map_of_ones_own_without_a_base_comes_first(base: SurfaceMap) -> None:
    nano = load_map(map_folder() / "korg-nanokontrol2.yaml")
    assert arranged((nano,), (base,)) == (base, nano)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base: firstly", "over.yaml:2: base is firstly; allowed the name of a map. Did you mean first?"),
        ("base: first\nbindings: {fader/9: {address: /main/fader}}", "over.yaml:3: bindings.fader/9: there is no such"),
        ("base: first\nbindings: {fader/1: {toggle: /main/mute}}", "over.yaml:3: bindings.fader/1: a fader cannot be"),
        ("base: first\ncontrols: {new: {kind: button, cc: 8}}", "over.yaml:3: controls.new: channel 1 cc 8 is already"),
        ("base: first\nbindings: {fader/1: {address: '/bus/{bus+1}/pan'}}", "allowed an address such as /main/fader"),
    ],
)
def test_faults_are_told_with_the_line_of_ones_own_file(
    base: SurfaceMap, tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "over.yaml"
    path.write_text(f"format: 2\n{text}\n")
    with pytest.raises(MapError) as caught:
        load_map(path, {"first": base})
    assert expected in str(caught.value)


def test_a_folder_may_hold_base_and_map_in_any_order(base: SurfaceMap, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("format: 2\nname: third\nbase: second\n")
    (tmp_path / "b.yaml").write_text(
        "format: 2\nname: second\nbase: first\nbindings: {fader/1: {address: /main/fader}}\n"
    )
    (tmp_path / "c.yaml").write_text("format: 2\nbase: nowhere\n")
    maps, faults = load_maps(tmp_path)
    assert [facts.name for facts in maps] == ["third", "second", base.name]
    assert [binding.act for binding in maps[0].bindings["fader/1"]] == [Act.ADDRESS]
    (fault,) = faults
    assert fault.startswith(f"{tmp_path}/c.yaml:2: base is nowhere; allowed the name of a map")


def test_a_map_whose_base_is_itself_or_goes_round_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("format: 2\nname: one\nbase: other\n")
    (tmp_path / "b.yaml").write_text("format: 2\nname: other\nbase: one\n")
    maps, faults = load_maps(tmp_path)
    assert (maps, len(faults)) == ((), 2)


def test_what_is_missing_without_a_base_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("format: 2\nname: one\n")
    with pytest.raises(MapError, match=r"a\.yaml:1: maker is missing") as caught:
        load_map(tmp_path / "a.yaml")
    assert not isinstance(caught.value, NoBase)
