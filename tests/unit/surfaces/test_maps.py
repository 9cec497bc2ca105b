"""Map files: what is read, and what a person is told when it cannot be."""

from pathlib import Path

import pytest

from studiod.surfaces.base import Act, Takeover
from studiod.surfaces.checked_yaml import MapError
from studiod.surfaces.fit import misfits
from studiod.surfaces.maps import load_map, load_maps, map_folder
from tests.unit.surfaces.rig import desk

DATA = Path(__file__).parents[2] / "data" / "surfaces"
GOOD = (DATA / "small.yaml").read_text()


def fault_of(text: str, tmp_path: Path) -> str:
    """What is said about a map with `text` in it, without the folder."""
    path = tmp_path / "box.yaml"
    path.write_text(text)
    with pytest.raises(MapError) as caught:
        load_map(path)
    return str(caught.value).replace(f"{tmp_path}/", "")


def test_a_row_of_controls_becomes_one_control_each() -> None:
    facts = load_map(DATA / "small.yaml")
    assert list(facts.controls) == ["fader/1", "fader/2", "go"]
    assert str(facts.controls["fader/2"].wire) == "channel 1 cc 8"
    assert facts.bindings["fader/2"][0].address == "/strip/{strip+2}/fader"
    assert facts.bindings["go"][0].act is Act.TRIGGER
    assert facts.takeover is Takeover.PICKUP


def test_every_fault_is_told_at_once_with_its_line() -> None:
    with pytest.raises(MapError) as caught:
        load_map(DATA / "broken.yaml")
    told = str(caught.value).replace(f"{DATA}/", "").splitlines()
    assert told == (DATA / "broken.expected").read_text().splitlines()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("banks: ", "bnaks: ", "box.yaml:11: bnaks is unknown; allowed format, name,"),
        ("banks: ", "bnaks: ", "Did you mean banks?"),
        ("maker: Test", "maker: Test\nmaker: Twice", "box.yaml:4: maker is there twice; allowed once"),
        ("maker: Test\n", "", "box.yaml:1: maker is missing"),
        ("format: 2", "format: 1", "box.yaml:1: format is 1; allowed 2..2"),
        ("name: small", "name: Small Box", "name is Small Box; allowed small letters, digits and -"),
        ("cc: 7", "cc: 127", "controls.fader/{i}.cc is 127; allowed 0..126"),
        ("cc: 20", "cc: 8", "controls.go: channel 1 cc 8 is already fader/2"),
        ("channel: 1, cc: 20", "channel: 17, cc: 20", "controls.go.channel is 17; allowed 1..16"),
        ("kind: button", "kind: buton", "controls.go.kind is buton; allowed fader, knob, encoder, button, pad, "),
        ("lamp: true", "lamp: yes", "controls.go.lamp is yes; allowed true, false, or its wire and values"),
        ("lamp: true", "motor: true", "controls.go.motor: a button has none; allowed kind, count, cc, "),
        ("count: 2, ", "", "controls.fader/{i}: a name with {i} and a count (or a list) belong together"),
        ("  fader/{i}: {address", "  fadr/{i}: {address", "no such row in controls. Did you mean fader/{i}?"),
        ("trigger: /tr", "toggle: /main/mute, trigger: /tr", "bindings.go: allowed exactly one of address, toggle,"),
        ("{trigger: /transport/play}", "{address: /main/fader}", "a button cannot be bound to address"),
        ("{bank+i}", "{bank+1}", "is /strip/{bank+1}/fader; allowed an address such as /main/fader, with {bank+i} or"),
        ("/transport/play", '"/transport/{i}"', "is /transport/{i}; allowed an address such as /main/fader"),
        ("maker: Test", "maker: &a Test", "box.yaml:3: anchors and aliases are not allowed"),
        ("maker: Test", "maker: [", "box.yaml:5: is no YAML"),
        ("maker: Test", "maker: 5", "box.yaml:3: maker is 5; allowed text"),
        ("dialect: generic-midi", "dialect: mcu", "dialect is mcu; allowed generic-midi"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line_and_what_is_allowed(old: str, new: str, expected: str, tmp_path: Path) -> None:
    assert old in GOOD
    assert expected in fault_of(GOOD.replace(old, new, 1), tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("- a\n- b\n", " is no mapping"),
        ("[" * 5000, "box.yaml"),
        ("a: " + "x" * 70_000, "has 70003 bytes; allowed 65536"),
        ("a: \x01", "is no YAML"),
        ("!!python/object:os.system {}", "is unknown"),
    ],
)
def test_a_file_that_is_no_map_is_told_so_and_nothing_else_happens(text: str, expected: str, tmp_path: Path) -> None:
    if "python" in text:
        text = text.replace("{}", "{a: b}")
    assert expected in fault_of(text, tmp_path)


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="cannot be read: No such file"):
        load_map(tmp_path / "nowhere.yaml")


def test_one_bad_map_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("format: [")
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "c.yaml").write_text(GOOD)
    maps, faults = load_maps(tmp_path)
    assert [facts.name for facts in maps] == ["small"]
    assert len(faults) == 2
    assert "c.yaml: name small is taken" in faults[1]


def test_the_maps_that_come_with_studiod_are_found_and_all_load() -> None:
    maps, faults = load_maps(map_folder())
    assert faults == ()
    assert "nanokontrol2" in {facts.name for facts in maps}


def test_a_map_that_fits_the_desk_has_no_misfits_even_on_a_small_desk() -> None:
    facts = load_map(map_folder() / "korg-nanokontrol2.yaml")
    assert misfits(facts, desk(strips=2).registry) == ()


def test_an_address_the_desk_does_not_have_is_named_with_the_nearest_it_has(tmp_path: Path) -> None:
    path = tmp_path / "box.yaml"
    path.write_text(GOOD.replace("/fader", "/fadr").replace("[playing]", "[plaing]").replace("/play}", "/locate}"))
    told = misfits(load_map(path), desk().registry)
    assert "small: fader/1 means /strip/1/fadr, which the desk does not have. Did you mean /strip/1/fader?" in told
    assert "small: go fires /transport/locate without its argument" in told
    assert "small: go is lit at plaing; /transport/state knows stopped, playing, recording" in told
