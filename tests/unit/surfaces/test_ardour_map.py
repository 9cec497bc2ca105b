"""Ardour's maps: every binding is imported or refused with its reason, whatever their authors wrote."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiod.desk.hub import Hub
from studiod.link.ports import PortNames
from studiod.surfaces.ardour_map import Imported, NotArdour, import_ardour
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.choice import Wish, in_order, who_has
from studiod.surfaces.dialects import dialect_of
from studiod.surfaces.fit import misfits
from studiod.surfaces.maps import load_map
from studiod.surfaces.matching import fits
from studiod.surfaces.surface import Surface
from tests.unit.surfaces.rig import desk

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "maps.md").read_text(encoding="utf-8")
FOLDERS = sorted(Path("/usr/share").glob("ardour*"))
MAPS = [path for folder in FOLDERS for path in sorted(folder.glob("midi_maps/*.map"))]
DEVICES = [path for folder in FOLDERS for path in sorted(folder.glob("mcp/*.device"))]


def imported(*bindings: str, info: str = 'bank-size="8"') -> Imported:
    """What becomes of an Ardour map with these bindings."""
    inner = "\n".join(f"<Binding {binding}/>" for binding in bindings)
    text = f'<ArdourMIDIBindings version="1.1.0" name="Test Box">\n<DeviceInfo {info}/>\n{inner}\n</ArdourMIDIBindings>'
    return import_ardour(text.encode(), "test.map")


def as_map(found: Imported, folder: Path) -> SurfaceMap:
    path = folder / "found.yaml"
    path.write_text(found.yaml, encoding="utf-8")
    return load_map(path)


def played(found: Imported, folder: Path, *messages: str) -> tuple[Surface, Hub]:
    """A box of that map on a desk, after these messages."""
    facts = as_map(found, folder)
    hub = desk(24, 8)
    surface = Surface("box", facts, hub, dialect_of(facts), clock=lambda: 0.0)
    for message in messages:
        assert surface.receive(bytes.fromhex(message)) == []
    return surface, hub


def test_a_banked_gain_is_a_fader_of_the_window(tmp_path: Path) -> None:
    found = imported('channel="1" ctl="0" uri="/route/gain B1"')
    assert (found.read, found.imported, found.refused) == (1, 1, [])
    (binding,) = as_map(found, tmp_path).bindings["ch1-cc0"]
    assert binding.address == "/strip/{strip+1}/fader"


def test_single_digits_of_a_sysex_are_hex_too(tmp_path: Path) -> None:
    found = imported('sysex="f0 42 40 0 1 4 0 5f 4f 2 f7" function="set-bank" argument="2"')
    surface, _ = played(found, tmp_path, "F0 42 40 00 01 04 00 5F 4F 02 F7")
    assert surface.view.banks.first_strip == 17


def test_a_message_is_matched_whole(tmp_path: Path) -> None:
    found = imported('msg="bf 71 7f" function="loop-toggle"')
    _, hub = played(found, tmp_path, "BF 71 7F", "BF 71 00")
    assert hub.value("/loop/on") == 1.0


def test_an_endless_knob_keeps_its_encoding(tmp_path: Path) -> None:
    found = imported('channel="1" enc-2="32" uri="/route/pandirection   B1"')
    _, hub = played(found, tmp_path, "B0 20 7F", "B0 20 02")
    assert hub.travel("/strip/1/pan") == pytest.approx(0.51)


def test_pitch_bend_is_the_channels_fader(tmp_path: Path) -> None:
    found = imported('channel="9" pb="0" uri="/bus/gain master"')
    assert as_map(found, tmp_path).controls["ch9-bend"].steps == 16_384


def test_a_note_off_does_not_flip_again(tmp_path: Path) -> None:
    _, hub = played(imported('channel="1" note="1" uri="/route/mute B1"'), tmp_path, "90 01 7F", "80 01 7F")
    assert hub.value("/strip/1/mute") == 1.0


def test_one_message_for_two_things_does_both(tmp_path: Path) -> None:
    found = imported('channel="1" ctl="1" uri="/route/mute 1"', 'channel="1" ctl="1" uri="/route/mute 2"')
    _, hub = played(found, tmp_path, "B0 01 7F")
    assert [hub.value(f"/strip/{strip}/mute") for strip in (1, 2)] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("binding", "reason"),
    [
        ('channel="24" ctl="7" uri="/route/gain 24"', "its channel is 24; allowed 1..16"),
        ('channel="1" ctl="" uri="/route/gain 1"', "its ctl is ''; allowed 0..127"),
        ('channel="1" ctl="-1" function="transport-end"', "function transport-end means nothing"),
        ('channel="1" ctl="1" uri=""', "its uri is empty"),
        ('channel="1" ctl="1" action=""', "its action is empty"),
        ('channel="1" ctl="1"', "it has no target; allowed uri, function or action"),
        ('uri="/route/gain 1"', "it names 0 messages; allowed one of ctl,"),
        ('channel="1" ctl="1" uri="/route/plugin/parameter B1 1 2"', "this desk has no plug-ins in its strips"),
        ('channel="1" ctl="1" uri="/route/mute S2"', "S2 is one of several selected strips; this desk selects one"),
        ('channel="1" ctl="1" function="fly"', "function fly means nothing on this desk"),
        ('channel="1" ctl="1" action="Transport/ToggleRollForgetCapture"', "stop keeps the take"),
        ('channel="1" ctl="1" action="Editor/temporal-zoom-in"', "this desk has no screen"),
        ('msg="b0 3c" function="loop-toggle"', "b0 3c is no whole MIDI message"),
        ('msg="b0 xx 7f" function="loop-toggle"', "allowed bytes in hex"),
        ('channel="1" pgm="3" uri="/route/gain B1"', "a pgm message has no position"),
        ('channel="1" enc-2="3" uri="/route/mute B1"', "an endless knob cannot press"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line_and_reason(binding: str, reason: str) -> None:
    found = imported(binding)
    assert (found.read, found.imported) == (1, 0)
    (refusal,) = found.refused
    assert refusal.line == 3
    assert reason in refusal.reason


def test_a_message_that_is_a_fader_already_is_no_button_too(tmp_path: Path) -> None:
    found = imported('channel="1" ctl="1" uri="/route/gain 1"', 'channel="1" ctl="1" function="transport-roll"')
    assert [refusal.reason for refusal in found.refused] == ["the same message is already a position in line 3"]
    assert list(as_map(found, tmp_path).bindings) == ["ch1-cc1"]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "is no XML"),
        (b"<a/>", "begins with a; allowed ArdourMIDIBindings"),
        (b"<ArdourMIDIBindings>", "is no XML: line 1"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><ArdourMIDIBindings/>', "declares entities"),
        (b" " * 1_000_001, "has 1000001 bytes"),
    ],
)
def test_a_file_that_is_none_of_ardours_is_told_so(raw: bytes, fault: str) -> None:
    with pytest.raises(NotArdour, match=fault):
        import_ardour(raw, "x.map")


@given(st.binary(max_size=200), st.text(max_size=40))
def test_junk_raises_nothing_else(raw: bytes, uri: str) -> None:
    escaped = uri.encode("ascii", "xmlcharrefreplace").replace(b"&#0;", b"").replace(b"<", b"").replace(b'"', b"")
    for text in (raw, b'<ArdourMIDIBindings><Binding ctl="1" uri="' + escaped + b'"/></ArdourMIDIBindings>'):
        try:
            found = import_ardour(text, "x.map")
        except NotArdour:
            continue
        assert found.read == found.imported + len(found.refused)


@pytest.mark.skipif(not MAPS, reason="Debian's ardour-data is not installed")
def test_every_binding_of_debians_maps_is_imported_or_refused_with_a_reason(tmp_path: Path) -> None:
    registry = desk(24, 8).registry
    read = used = 0
    for path in MAPS:
        found = import_ardour(path.read_bytes(), path.name)
        assert found.read == found.imported + len(found.refused), path
        without_comments = re.sub(r"<!--.*?-->", "", path.read_text(errors="replace"), flags=re.DOTALL)
        assert found.read == without_comments.count("<Binding"), path
        assert all(refusal.reason and refusal.line for refusal in found.refused)
        if found.yaml:
            assert misfits(as_map(found, tmp_path), registry) == (), path
        read, used = read + found.read, used + found.imported
    assert len(MAPS) >= 44
    told = re.search(r"Of the (\d+) bindings in the (\d+) maps .*?, (\d+) are imported", PAGE.replace("\n", " "))
    assert told is not None
    if MAPS[0].parts[3] == "ardour7":  # another version has other maps
        assert [int(number) for number in told.groups()] == [read, len(MAPS), used]


@pytest.mark.skipif(not DEVICES, reason="Debian's ardour-data is not installed")
@pytest.mark.parametrize("path", DEVICES, ids=lambda path: path.name)
def test_a_mackie_device_is_told_to_be_one(path: Path) -> None:
    found = import_ardour(path.read_bytes(), path.name)
    assert found.kind == "device"
    assert found.read == len(found.refused) > 0


NANOS = {"Korg_nanoKONTROL2.map", "Korg_nanoKONTROL2_With_Master.map"}
FOREIGN: dict[str, set[str]] = {
    "Launchkey Mini MK3 49:Launchkey Mini MK3 49 MIDI 1 20:0": set(),
    "Scarlett 18i20 USB:Scarlett 18i20 USB MIDI 1 20:0": set(),
    "X-TOUCH MINI:X-TOUCH MINI MIDI 1 20:0": set(),
    "Studio 2|6:Studio 2|6 MIDI 1 20:0": set(),
    "Factory Default:Factory Default 20:0": set(),
    "Keystation Mini 32:Keystation Mini 32 MIDI 1 20:0": set(),
    "Digital Piano:Digital Piano MIDI 1 20:0": set(),
    "USB MIDI Interface:USB MIDI Interface MIDI 1 20:0": set(),
    "Midi Through:Midi Through Port-0 14:0": set(),
    "UMC1820:UMC1820 MIDI 1 24:0": set(),
    "VMini Master:VMini Master 61 Controls V3 MKII XL 20:0": set(),
    "FA-30:FA-30 MIDI 1 20:0": set(),
    "SQ49:SQ49 MIDI 1 20:0": set(),
    "25 via USB:preset 6 20:0": set(),
    "nanoKONTROL Studio:nanoKONTROL Studio nanoKONTROL Studio _ CTRL 20:0": {"Korg_nanoKONTROL_Studio.map"},
    "nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTRL 20:0": NANOS,
    "Oxygen 49 Pro:Oxygen 49 Pro USB MIDI 20:0": set(),
    "Launchkey MK3 25:Launchkey MK3 25 LKMK3 MIDI 20:0": set(),
    "Launch Control XL:Launch Control XL MIDI 1 20:0": {"Novation_LaunchControl_XL.map"},
    "Launch Control:Launch Control MIDI 1 20:0": set(),
    "BCF2000:BCF2000 MIDI 1 20:0": {"bcf2000.map", "bcf2000_mackie.map"},
    "MPK225:MPK225 Port A 20:0": {"AKAI_MPK225_Normal.map", "AKAI_MPK225_Plugins.map"},
    "USB Oxygen 25:USB Oxygen 25 MIDI 1 20:0": {"m-audio_oxygen25.map", "m-audio_oxygen25_3rdGen.map"},
}


@pytest.mark.skipif(not MAPS, reason="Ardour's own maps are not installed")
def test_no_imported_map_takes_the_port_of_another_box() -> None:
    matches = {path.name: import_ardour(path.read_bytes(), path.name).ports for path in MAPS}
    taken = {port: {name for name, ports in matches.items() if fits(port, ports)} for port in FOREIGN}
    assert taken == FOREIGN
    assert [name for name, ports in matches.items() if not ports] == ["Roland_A-30.map"]


def named(name: str) -> Imported:
    """What becomes of a map of that name."""
    text = f'<ArdourMIDIBindings name="{name}"><Binding channel="1" ctl="7" uri="/route/gain B1"/></ArdourMIDIBindings>'
    return import_ardour(text.encode(), "some.map")


@pytest.mark.parametrize(
    "name",
    ["6", "x", "Akai preset 6", "Generic MIDI", "Korg", "My Factory Default", "Roland A-30", "Yamaha Mini", "Studio 1"],
)
def test_a_map_whose_name_tells_no_model_waits_for_the_users_word(name: str, tmp_path: Path) -> None:
    found = named(name)
    assert found.ports == ()
    assert "surfaces.use" in found.yaml
    facts = as_map(found, tmp_path)
    assert (facts.match.ports, facts.match.usual) == ((), False)
    port = "Anything:Anything MIDI 1 20:0"
    wanted, faults = in_order([[], [facts]], [Wish("Anything*", facts.name)])
    (verdict,) = who_has(wanted, (), [facts], PortNames((port,), (port,)))
    assert (verdict.name, faults) == (facts.name, ())


def test_a_model_may_be_spelt_with_a_blank_before_its_number_or_without() -> None:
    assert named("Akai MPK 225 (Normal) : preset 6").ports == (
        "*MPK 225:*",
        "*MPK 225 MIDI*",
        "*MPK225:*",
        "*MPK225 MIDI*",
    )


def test_what_is_played_on_an_imported_box_is_recorded(tmp_path: Path) -> None:
    assert as_map(imported('channel="1" note="1" uri="/route/mute B1"'), tmp_path).match.has_keys
    assert as_map(named("Generic MIDI"), tmp_path).match.has_keys
