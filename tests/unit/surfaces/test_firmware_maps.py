"""The maps that come with studiod: every file is whole, honest, fits a desk, and says what its box is known to say."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiod.desk.hub import Hub
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.parameter import Kind
from studiod.model.registry import Registry
from studiod.surfaces.base import (
    Gesture,
    Lit,
    Moved,
    Pressed,
    Released,
    Shown,
    Stands,
    SurfaceMap,
    Takeover,
    Touched,
    Turned,
)
from studiod.surfaces.controls import PRESSED_KINDS, VALUE, Control, ControlKind, ShowKind, Wire, WireKind
from studiod.surfaces.fit import misfits
from studiod.surfaces.generic_midi import GenericMidi, value_messages
from studiod.surfaces.mackie.facts import load_all
from studiod.surfaces.maps import load_maps, map_folder
from studiod.surfaces.matching import fits
from studiod.surfaces.surface import Surface
from tests.fakes.store import MemoryStore

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "surfaces.md"
GENERIC = "generic-midi"
MAPS, FAULTS = load_maps(map_folder())
BOXES = {facts.name: facts for facts in MAPS}
PLAIN = [facts for facts in MAPS if facts.dialect == GENERIC]
# Played with keys that send notes on the very port on which studiod hears the knobs.
KEYBOARDS = {
    "taktile", "mpk-mini", "mpk-mini-mk3", "mpk-mini-plus", "mpk249", "mpk61", "mpk225", "launchkey-25",
    "launchkey-49-61", "launchkey-mk3", "impulse-61", "keylab-49", "keylab-mkii", "minilab-mkii", "minilab-3",
    "oxygen-25", "oxygen-49", "oxygen-61", "oxygen-8-v2", "axiom-25", "axiom-49", "axiom-61", "axiom-air-mini-32",
    "axiom-air-25", "panorama", "impact-lx", "impact-gx", "x-board-61", "a-30", "qx25", "vi25", "q49-mkii", "dmk25",
    "versakey",
}  # fmt: skip


def heard(box: str, message: str) -> tuple[Gesture, ...]:
    """What `box` means by a message, given in hex."""
    return GenericMidi(BOXES[box]).decode(bytes.fromhex(message))


def told(box: str, control: str, shown: Shown) -> str:
    """What `box` is sent so that `control` shows something, in hex."""
    facts = BOXES[box]
    return " | ".join(message.hex(" ").upper() for message in GenericMidi(facts).encode(facts.controls[control], shown))


def names(facts: SurfaceMap) -> Iterator[str]:
    """Port names that a map says are its box's: its patterns without their stars."""
    for pattern in facts.match.ports:
        yield re.sub(r"[*?]+", " ", pattern).strip()


def wires(control: Control) -> Iterator[Wire]:
    """The wires on which a control is heard."""
    yield from (
        wire for wire in (control.wire, control.down, control.touch) if wire is not None and not control.is_output
    )


def desk() -> Registry:
    """What there is on a desk of sixteen strips and four buses."""
    strips, buses = tuple(f"Strip {n}" for n in range(1, 17)), tuple(f"Bus {n}" for n in range(1, 5))
    return Registry(console_parameters(ConsoleLayout(16, 4, tuple(range(1, 17)), strips, buses)))


def said_by(control: Control) -> Iterator[tuple[int, bytes]]:
    """Every message of a hand that presses, turns or moves a control all the way and back, and its port."""
    for wire in wires(control):
        if wire.kind is WireKind.MESSAGE:
            yield wire.port, bytes(127 if byte == VALUE else byte for byte in wire.message)
            continue
        most = min(control.pressed[-1], wire.highest) if control.kind in PRESSED_KINDS else wire.highest
        for value in (wire.number,) if wire.kind is WireKind.PROGRAM else (most, 0):
            yield from ((wire.port, message) for message in value_messages(wire, value))


def is_midi(message: bytes) -> bool:
    """One whole message, as a wire carries it."""
    status, rest = message[0], message[1:]
    if status == 0xF0:
        return len(message) > 3 and message[-1] == 0xF7 and max(message[1:-1]) < 0x80
    lengths = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
    return len(rest) == lengths.get(status >> 4) and max(rest) < 0x80


def test_every_file_is_a_map_without_a_fault() -> None:
    assert FAULTS == ()
    assert len(MAPS) == len(list(map_folder().glob("*.yaml")))


def test_there_are_maps_for_more_than_forty_five_devices() -> None:
    assert len({(facts.maker, facts.model) for facts in PLAIN}) >= 45


@pytest.mark.parametrize("path", sorted(map_folder().glob("*.yaml")), ids=lambda path: path.stem)
def test_a_file_is_called_after_its_maker(path: Path) -> None:
    maker = re.search(r"^maker: (.+)$", path.read_text(), re.MULTILINE)
    assert maker is not None
    slug = {"dj-techtools": "djtt"}.get(word := re.sub(r"[^a-z0-9]+", "-", maker[1].lower()).strip("-"), word)
    assert path.stem.startswith(f"{slug}-")


@pytest.mark.parametrize("facts", PLAIN, ids=lambda facts: facts.name)
def test_a_map_names_its_box_and_how_sure_it_is(facts: SurfaceMap) -> None:
    assert facts.maker
    assert facts.model
    assert facts.mode.endswith(".")
    assert facts.match.ports
    voice = facts.sources[0]
    assert (facts.confidence, voice.startswith("One "), "maker" in voice) in (
        ("documented", False, True),  # the maker's own words
        ("reported", False, False),  # several people
        ("unconfirmed", True, False),  # one voice
    )


@pytest.mark.parametrize("facts", MAPS, ids=lambda facts: facts.name)
def test_whatever_a_map_binds_and_shows_is_on_a_desk(facts: SurfaceMap) -> None:
    assert misfits(facts, desk()) == ()


@pytest.mark.parametrize("facts", PLAIN, ids=lambda facts: facts.name)
def test_a_hand_on_every_control_is_taken_and_answered_in_midi(facts: SurfaceMap) -> None:
    hub = Hub(desk(), MemoryStore(), 48_000)
    for spec in hub.registry:
        if spec.kind is Kind.TRIGGER:
            hub.on_trigger(spec.address, lambda *_: None)
    sent: list[bytes] = []
    now = 0.0
    surface = Surface(facts.name, facts, hub, GenericMidi(facts), Takeover.JUMP, clock=lambda: now)
    surface.attach(*[sent.append] * (1 + len(facts.match.also)))
    hub.observe(surface.on_changes)
    for control in facts.controls.values():
        for port, message in said_by(control):
            assert surface.receive(message, port) == [], control.name
            hub.turn()
            now += 1.0
            surface.drain()
    for _ in range(10):
        now += 1.0
        surface.drain()
    assert [message.hex(" ") for message in sent if not is_midi(message)] == []
    assert bool(sent) is (bool(facts.greeting or facts.hello) or any(c.shows for c in facts.controls.values()))


@pytest.mark.parametrize("facts", [facts for facts in PLAIN if facts.face], ids=lambda facts: facts.name)
def test_every_control_stands_once_in_the_picture(facts: SurfaceMap) -> None:
    drawn = Counter(control for row in facts.face for cell in row for control in cell)
    assert drawn == Counter(facts.controls.keys())


def test_no_two_maps_of_one_dialect_claim_the_same_ports() -> None:
    claims = Counter(
        (facts.dialect, pattern.lower(), facts.match.usb, facts.match.identity)
        for facts in MAPS
        for pattern in facts.match.ports
    )
    assert [claim for claim, times in claims.items() if times > 1] == []


@pytest.mark.parametrize("facts", PLAIN, ids=lambda facts: facts.name)
def test_the_first_map_that_fits_a_box_is_its_own(facts: SurfaceMap) -> None:
    for name in names(facts):
        assert [other.name for other in PLAIN if fits(name, other.match.ports)][:1] == [facts.name], name
        by_jackd = re.sub("[^A-Za-z0-9/_:()]", "-", name)
        assert [other.name for other in PLAIN if fits(by_jackd, other.match.ports)][:1] == [facts.name], by_jackd


@pytest.mark.parametrize("name", sorted(KEYBOARDS))
def test_the_keys_of_a_keyboard_are_left_alone(name: str) -> None:
    facts = BOXES[name]
    notes = [
        control.name
        for control in facts.controls.values()
        for wire in wires(control)
        if wire.port == 0 and wire.kind in (WireKind.NOTE, WireKind.POLY, WireKind.PRESSURE, WireKind.BEND)
    ]
    assert notes == []


def test_what_is_played_on_a_box_with_keys_is_music_where_the_keys_are_on_the_port_of_the_knobs() -> None:
    with_pads = {"starrypad", "mpd32"}
    elsewhere = {"launchkey-mk3"}  # its keys have a port of their own
    assert {facts.name for facts in MAPS if facts.match.has_keys} == (KEYBOARDS | with_pads) - elsewhere


@pytest.mark.parametrize(
    ("box", "message", "meaning"),
    [
        ("nanokontrol2", "B0 2D 7F", Pressed("record")),
        ("nanokontrol2", "B0 2D 00", Released("record")),
        ("nanokontrol2", "B0 00 40", Moved("fader/1", 64 / 127)),
        ("nanokontrol-studio", "B0 53 01", Turned("jog", 1)),
        ("nanokontrol-studio", "B0 55 01", Turned("jog", -1)),
        ("midimix", "90 03 7F", Pressed("arm/1")),
        ("midimix", "90 02 7F", Pressed("solo/1")),
        ("midimix", "B0 3E 7F", Moved("master", 1.0)),
        ("launch-control-xl", "B8 4D 40", Moved("fader/1", 64 / 127)),
        ("x-touch-mini-standard", "BA 01 7F", Moved("encoder/1", 1.0)),
        ("x-touch-compact-standard", "B0 65 7F", Touched("fader/1")),
        ("x-touch-compact-standard", "B0 65 00", Released("fader/1")),
        ("x-touch-compact-standard", "B0 01 40", Moved("fader/1", 64 / 127)),
        ("x-touch-one-midi", "B0 50 41", Turned("encoder", 1)),
        ("x-touch-one-midi", "B0 50 01", Turned("encoder", -1)),
        ("midi-fighter-twister", "B0 00 41", Turned("level/1", 1)),
        ("midi-fighter-twister", "B0 00 3F", Turned("level/1", -1)),
        ("midi-fighter-twister", "B3 08 7F", Pressed("left-1/1")),
        ("panorama", "B0 20 7F", Turned("encoder/1", -1)),
        ("panorama", "B0 20 01", Turned("encoder/1", 1)),
        ("mpk225", "B2 36 02", Turned("level/5", 2)),
        ("faderport-8", "E0 00 40", Moved("fader/1", 8192 / 16383)),
        ("faderport-8", "90 68 7F", Touched("fader/1")),
        ("faderport-8", "90 5E 7F", Pressed("play")),
        ("faderport-8", "B0 10 41", Turned("pan", -1)),
        ("faderport-16", "90 58 7F", Pressed("solo/12")),
        ("faderport-16", "90 59 7F", Pressed("solo/15")),
        ("faderport-16", "90 07 7F", Pressed("select/9")),
        ("faderport-16", "EF 7F 7F", Moved("fader/16", 1.0)),
        ("faderport", "A0 06 01", Pressed("play")),
        ("faderport", "A0 7F 01", Touched("fader")),
        ("faderport", "E0 00 40", Turned("encoder", -1)),
        ("faderport", "E0 7F 3F", Turned("encoder", 1)),
        ("launchpad-mini-mk3", "90 0B 7F", Pressed("arm/1")),
        ("apc40", "B2 07 7F", Moved("fader/3", 1.0)),
        ("apc40", "B0 2F 7F", Turned("cue", -1)),
        ("keylab-49", "B0 4A 3F", Turned("encoder/1", -1)),
        ("uc-33", "B7 07 7F", Moved("fader/8", 1.0)),
        ("versakey", "B0 0C 7F", Pressed("play")),
    ],
)  # fmt: skip
def test_a_box_says_what_it_is_known_to_say(box: str, message: str, meaning: Gesture) -> None:
    assert heard(box, message) == (meaning,)


@pytest.mark.parametrize(
    ("box", "message", "button"),
    [
        ("nanokontrol", "F0 42 40 00 01 04 00 5F 4F 02 F7", "scene-3"),
        ("axiom-61", "C0 00", "button/1"),
        ("oxygen-61", "C0 00", "button/1"),
        ("bcr2000", "B0 69 7F", "bank/left"),
        ("bcr2000", "B0 69 00", "bank/left"),
        ("bcf2000-preset-2", "CA 09", "solo/1"),
        ("bcf2000-preset-2", "F0 7F 7F 06 06 F7", "record"),
        ("minilab-mkii", "F0 00 20 6B 7F 42 02 00 00 11 7F F7", "bank/right"),
        ("keylab-49", "B0 37 00", "loop"),
        ("a-30", "FA", "play"),
        ("x32", "B1 03 00", "mute/4"),
    ],
)  # fmt: skip
def test_a_button_that_tells_only_presses_is_let_go_at_once(box: str, message: str, button: str) -> None:
    pressed, released = heard(box, message)
    assert isinstance(pressed, Pressed)
    assert (pressed.control, released) == (button, Released(button))


def test_a_pad_that_keeps_its_state_is_two_buttons() -> None:
    assert heard("starrypad", "B0 3C 7F") == (Pressed("play/on"), Released("play/on"))
    assert heard("starrypad", "B0 3C 00") == (Pressed("play/off"), Released("play/off"))


@pytest.mark.parametrize(
    ("box", "control", "shown", "message"),
    [
        ("nanokontrol2", "solo/1", Lit("lit"), "B0 20 7F"),
        ("midimix", "arm/1", Lit("lit"), "90 03 7F"),
        ("midimix", "arm/1", Lit("dark"), "90 03 00"),
        ("launch-control-xl", "focus/1", Lit("green"), "98 29 3C"),
        ("launchpad-mini-mk3", "arm/1", Lit("lit"), "90 0B 05"),
        ("launchpad-mini-mk3", "arm/1", Lit("blink"), "91 0B 05"),
        ("apc-mini-mk2", "arm/1", Lit("red"), "96 00 05"),
        ("apc-mini", "arm/8", Lit("red"), "90 07 03"),
        ("faderport", "play", Lit("lit"), "A0 01 01"),
        ("faderport", "fader", Stands(1023), "B0 00 07 | B0 20 7F"),
        ("faderport-8", "meter/1", Stands(96), "D0 60"),
        ("faderport-16", "meter/9", Stands(96), "C0 60"),
        ("x-touch-compact-standard", "top/1", Lit("lit"), "90 00 01"),
        ("x-touch-compact-standard", "play", Lit("blink"), "90 26 02"),
        ("x-touch-compact-standard", "encoder/1", Stands(12), "B0 1A 0D"),
        ("midi-fighter-twister", "level/16", Stands(127), "B0 0F 7F"),
        ("bcf2000-preset-2", "fader/8", Stands(127), "B7 07 7F"),
    ],
)  # fmt: skip
def test_a_box_is_told_in_its_own_numbers(box: str, control: str, shown: Shown, message: str) -> None:
    assert told(box, control, shown) == message


@pytest.mark.parametrize(
    ("box", "first", "last"),
    [
        ("launch-control-xl", "F0 00 20 29 02 11 77 08 F7", ""),
        ("launchpad-mini-mk3", "F0 00 20 29 02 0D 0E 01 F7", "F0 00 20 29 02 0D 0E 00 F7"),
        ("launchkey-mk3", "9F 0C 7F", "9F 0C 00"),
        ("apc40-mkii", "F0 47 7F 29 60 00 04 41 08 02 01 F7", ""),
        ("faderport", "91 00 64", ""),
    ],
)  # fmt: skip
def test_a_box_is_greeted_into_the_mode_its_map_is_for(box: str, first: str, last: str) -> None:
    dialect = GenericMidi(BOXES[box])
    assert dialect.greet()[0] == bytes.fromhex(first)
    assert b"".join(dialect.dismiss()) == bytes.fromhex(last)


_SHOWN = {ShowKind.MOTOR: "motor", ShowKind.RING: "ring", ShowKind.LAMP: "lamp"}


def covered(facts: SurfaceMap) -> str:
    """How many controls of each kind a map covers, and how many of them show something."""
    parts = []
    for kind in ControlKind:
        those = [control for control in facts.controls.values() if control.kind is kind]
        if not those:
            continue
        shows = Counter(
            _SHOWN[control.show.kind] for control in those if control.show is not None and not control.is_output
        )
        more = "".join(f" ({times} with {what})" for what, times in shows.items() if what in _SHOWN.values())
        parts.append(f"{len(those)} {kind.value}{'s' if len(those) > 1 else ''}{more}")
    return ", ".join(parts)


@pytest.mark.parametrize("facts", MAPS, ids=lambda facts: facts.name)
def test_the_handbook_lists_every_device(facts: SurfaceMap) -> None:
    told_to_people = PAGE.read_text(encoding="utf-8").splitlines()
    row = (
        f"| {facts.maker} | {facts.model} | {facts.mode} | {covered(facts)} "
        f"| {facts.confidence} | {facts.sources[0]} | [`{facts.name}`](../surfaces/{facts.name}.svg)"
    )
    by_choice = "" if facts.match.usual else " ([by choice](maps.md#who-has-which-port))"
    assert f"{row}{by_choice} |" in told_to_people


def test_the_handbook_lists_no_device_twice_and_none_that_is_not_there() -> None:
    boxes, _ = load_all(map_folder() / "mackie")
    listed = re.findall(r"\| \[`([a-z0-9-]+)`\]\(\S+\.svg\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(listed) == sorted([*BOXES, *(facts.name for facts in boxes)])
