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
    told = [sentence.replace(f"{tmp_path}/", "") for sentence in misfits(load_map(path), desk().registry)]
    assert (
        "box.yaml:16: fader/1 means /strip/1/fadr, which the desk does not have. Did you mean /strip/1/fader?" in told
    )
    assert "box.yaml:17: go fires /transport/locate without its argument" in told
    assert "box.yaml:19: go is lit at plaing; /transport/state knows stopped, playing, recording" in told


def test_the_whole_file_in_the_readme_is_a_good_map(tmp_path: Path) -> None:
    page = (map_folder() / "README.md").read_text().partition("## A whole file")[2]
    path = tmp_path / "example.yaml"
    path.write_text("\n".join(line[4:] for line in page.splitlines()).strip() + "\n")
    facts = load_map(path)
    assert misfits(facts, desk(strips=8, buses=2).registry) == ()
    assert {control.kind for control in facts.controls.values()} > {
        "fader",
        "encoder",
        "pad",
        "wheel",
        "display",
        "meter",
    }


def test_the_map_in_the_how_to_is_a_good_one_and_plays(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "how-to" / "midi-box.md"
    path = tmp_path / "little.yaml"
    path.write_text(page.read_text().partition("```yaml\n")[2].partition("```")[0])
    facts = load_map(path)
    assert misfits(facts, desk(strips=4).registry) == ()
    assert [binding.when.value for binding in facts.bindings["foot"]] == ["tap", "double", "hold"]


FORMAT_2 = """\
format: 2
name: two
maker: Test
model: Two
dialect: generic-midi
mode: any
confidence: measured
sources: [made up for the tests]
match: {ports: ["*two*"], also: {daw: ["*two daw*"]}}
banks: {strip: 8, send: 1}
controls:
  row/{i}: {kind: fader, channel: 1-4, cc: 7, touch: {channel: 1, note: 104-107}}
  list/{i}: {kind: button, note: [1, 4-5, 9], lamp: {states: {dark: 0, lit: 1, red: {value: 5, channel: 3}}}}
  fine: {kind: fader, cc14: 10, motor: true}
  knob: {kind: encoder, cc: 70, relative: twos, ring: {cc: 71, mode: {cc: 72, values: {fan: 1}}, usual: fan}}
  wheel: {kind: wheel, cc: 80, relative: pair, down: 81}
  scene/{i}: {kind: button, count: 3, message: "F0 42 4F ii+10 F7"}
  daw: {kind: button, port: daw, cc: 5}
  name: {kind: display, message: "F0 01 tt F7", width: 9}
  shift: {kind: button, cc: 90}
bindings:
  row/{i}: {address: "/strip/{bank+i}/fader"}
  list/{i}: {toggle: "/strip/{bank+i}/mute"}
  list/2: {toggle: /main/mute}
  knob: {address: "/strip/{selected}/pan"}
  wheel: {step: /main/fader, by: 0.5}
  daw: {page: next}
feedback:
  name: {address: "/strip/{strip+1}/name"}
layers:
  shift: {hold: shift, bindings: {daw: {page: one}}}
pages:
  one: {bindings: {fine: {address: /main/fader}}}
"""


def test_rows_run_along_channels_numbers_and_messages(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(FORMAT_2)
    facts = load_map(path)
    wires = {name: str(control.wire) for name, control in facts.controls.items()}
    assert [wires[f"row/{place}"] for place in (1, 4)] == ["channel 1 cc 7", "channel 4 cc 7"]
    assert [str(facts.controls[f"row/{place}"].touch) for place in (1, 4)] == [
        "channel 1 note 104",
        "channel 1 note 107",
    ]
    assert [wires[f"list/{place}"] for place in (1, 2, 3, 4)] == [f"channel 1 note {number}" for number in (1, 4, 5, 9)]
    assert wires["scene/3"] == "message F0 42 4F 12 F7"
    assert facts.controls["daw"].wire is not None
    assert facts.controls["daw"].wire.port == 1
    assert facts.bindings["list/2"][0].address == "/main/mute"
    assert facts.bindings["list/3"][0].address == "/strip/{strip+3}/mute"
    assert facts.feedback["list/3"].address == "/strip/{strip+3}/mute", "what is bound is shown"
    assert facts.pages["one"].feedback["fine"].address == "/main/fader"
    assert misfits(facts, desk(buses=2).registry) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("channel: 1-4, cc: 7", "channel: 1-4, cc: [7, 8]", "its lists do not go together"),
        ("channel: 1-4, cc: 7", "channel: 4-1, cc: 7", "channel is 4-1; allowed a rising range in 1..16"),
        ("note: 104-107", "note: 104-106", "touch: its lists do not go together; allowed one number or channel for 4"),
        ("note: [1, 4-5, 9]", "note: [1, 4-5, 4]", "channel 1 note 4 is already list/2"),
        ("note: [1, 4-5, 9]", "note: [1, 128]", "note[1] is 128; allowed 0..127"),
        ("lit: 1, red", "red", "states.lit is missing"),
        ("red: {value: 5, channel: 3}", "red: {value: 500}", "states.red.value is 500; allowed 0..127"),
        ("cc14: 10", "cc14: 100", "cc14 is 100; allowed 0..95, or lsb names its low half"),
        ("cc14: 10", "cc14: 10, cc: 3", "controls.fine: allowed exactly one of cc, cc14, nrpn"),
        ("cc14: 10", "program: 1", "controls.fine.program: has no value; allowed for buttons"),
        ("cc14: 10", "cc: 10, range: [5, 5]", "range is 5..5; allowed two different numbers"),
        ("cc14: 10", "cc: 10, range: [5, 200]", "range[1] is 200; allowed 0..127"),
        ("relative: twos, ", "", "controls.knob.relative is missing; allowed twos, offset"),
        ("relative: twos", "relative: two", "relative is two; allowed twos,"),
        ("relative: twos", "relative: twos, acceleration: {99: 2}", "acceleration.99: allowed 1..63 before the colon"),
        ("usual: fan", "usual: fun", "usual is fun; allowed fan. Did you mean fan?"),
        (", down: 81", "", "relative pair and down belong together"),
        ("F0 42 4F ii+10 F7", "F0 42 4F", "allowed whole messages such as"),
        ("F0 42 4F ii+10 F7", "F0 42 zz F7", "has 'zz' in it; allowed hex bytes, vv, tt and ii"),
        ("F0 42 4F ii+10 F7", "F0 42 90 F7", "allowed whole messages such as"),
        ("port: daw", "port: dwa", "port is dwa; allowed daw. Did you mean daw?"),
        ("F0 01 tt F7", "F0 01 F7", "a display, and nothing else, has a message with tt in it"),
        ("width: 9", "width: 0", "width is 0; allowed 1..112"),
        ("{page: next}", "{page: two}", "page is two; allowed next, previous, one"),
        ("hold: shift", "hold: knob", "layers.shift.hold is knob; allowed list/1"),
        ("{bank+i}/mute", "{bus+i}/mute", "is /strip/{bus+i}/mute; allowed an address such as"),
        ("{selected}/pan", "{select}/pan", "is /strip/{select}/pan; allowed an address such as"),
        ("toggle: /main/mute", "address: /main/fader", "a button cannot be bound to address"),
        ("step: /main/fader, by: 0.5", "toggle: /main/mute", "a wheel cannot be bound to toggle without when"),
        ("by: 0.5", "by: fast", "by is fast; allowed a number"),
        ("by: 0.5", "by: 0.5, when: tap", "when is tap; allowed up, down"),
        ("by: 0.5", "choice: a", "choice: only a radio has one"),
        ("{toggle: /main/mute}", "{radio: /solo/mode}", "bindings.list/2.choice is missing"),
        ("{toggle: /main/mute}", "{bank: {bus: 1}}", "banks has no bus; allowed strip, send"),
        ("{address: /main/fader}", "{address: /main/fader, range: [1, 1]}", "range is 1..1; allowed two different"),
        ("{strip+1}/name", '{strip+1}/name", lit: [a], x: "', "name.lit: only a lamp has one"),
        ('ports: ["*two*"]', 'ports: ["*"]', "match.ports[0] is *; allowed a part of the name"),
        ('ports: ["*two*"]', 'usb: ["944:117"]', "match.usb[0] is 944:117; allowed vendor:product in hex"),
        ('ports: ["*two*"]', 'identity: "00 20"', "match: identity and behind belong together"),
        ("strip: 8, send: 1", "strips: 8", "banks.strips is unknown; allowed strip,"),
        ("strip: 8, send: 1", "strip: 0", "banks.strip is 0; allowed 1..128"),
    ],
)  # fmt: skip
def test_what_format_2_does_not_allow_is_told(old: str, new: str, expected: str, tmp_path: Path) -> None:
    assert old in FORMAT_2
    assert expected in fault_of(FORMAT_2.replace(old, new, 1), tmp_path)
