"""One device, one box: of the several ports of a device a map takes one pair, and equal devices stay apart."""

from studiod.link.ports import PortNames
from studiod.surfaces.base import Match
from studiod.surfaces.choice import NOBODY, Wish, in_order, who_has
from studiod.surfaces.mackie.facts import load_all
from studiod.surfaces.maps import load_maps, map_folder
from studiod.surfaces.matching import boxes_in
from tests.unit.surfaces.test_choice import Kind

MAPS = {facts.name: facts.match for facts in load_maps(map_folder())[0]}
MACKIE = {facts.name: facts.match for facts in load_all(map_folder() / "mackie")[0]}
EVERYONE = [Kind(name, match) for name, match in (*MACKIE.items(), *MAPS.items())]
CALLED = Match(("*Box*",))
MCU = tuple(f"MCU Pro:MCU Pro MIDI {number + 1} 24:{number}" for number in range(4))
APC = ("APC mini mk2:APC mini mk2 APC mini mk2 Contr 20:0", "APC mini mk2:APC mini mk2 APC mini mk2 Notes 20:1")
MINILAB = tuple(
    f"Minilab3:Minilab3 Minilab3 {port} 28:{number}"
    for number, port in enumerate(("MIDI", "DIN THRU", "MCU/HUI", "ALV"))
)


def mains(match: Match, *ports: str, outputs: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
    """The main ports of each box that is found."""
    names = PortNames(ports, ports if outputs is None else outputs)
    return [(box[0].input_name, box[0].output_name) for box in boxes_in(match, names, ())]


def owners(*ports: str, wishes: tuple[Wish, ...] = ()) -> dict[str, str]:
    """Who has each port, of all that is built in."""
    wanted, _ = in_order([EVERYONE], wishes)
    return {
        found.port: found.name for found in who_has(wanted, wishes, EVERYONE, PortNames(ports, ports)) if found.name
    }


def test_a_desk_with_four_ports_is_one_desk() -> None:
    assert owners(*MCU) == {MCU[0]: "mcu-pro"}


def test_two_equal_boxes_on_two_cards_are_two_boxes() -> None:
    other = tuple(port.replace(" 24:", " 32:") for port in MCU)
    assert owners(*MCU, *other) == {MCU[0]: "mcu-pro", other[0]: "mcu-pro"}


def test_what_is_played_does_not_press_pads() -> None:
    assert owners(*APC) == {APC[0]: "apc-mini-mk2"}
    assert mains(MAPS["apc-mini-mk2"], APC[1]) == [], "also where nothing tells that both are one device"


def test_a_keyboards_port_for_mackie_and_hui_is_no_hui() -> None:
    assert owners(*MINILAB) == {MINILAB[0]: "minilab-3"}


def test_an_extender_is_found_on_its_own_port_and_an_x_touchs_socket_for_one_is_none() -> None:
    extender = ("X-Touch-Ext:X-Touch-Ext X-TOUCH_INT 24:0", "X-Touch-Ext:X-Touch-Ext X-TOUCH_EXT 24:1")
    main = ("X-Touch:X-Touch X-TOUCH_INT 20:0", "X-Touch:X-Touch X-TOUCH_EXT 20:1")
    assert owners(*main, *extender) == {main[0]: "x-touch", extender[0]: "x-touch-extender"}


def test_of_the_ports_of_one_device_the_one_that_is_named_most_exactly_is_the_box() -> None:
    ports = ("Box:Box MIDI 1 24:0", "Box:Box Control 24:1")
    assert mains(Match(("*Box*", "*Box Control*")), *ports) == [(ports[1], ports[1])]


def test_else_the_first_by_its_number_is() -> None:
    ports = ("Box:Box MIDI 11 24:10", "Box:Box MIDI 3 24:2")
    assert mains(CALLED, *ports) == [(ports[1], ports[1])]


def test_a_map_may_say_that_each_port_is_a_unit_of_its_own() -> None:
    ports = ("SSL Nucleus:SSL Nucleus MIDI 1 24:0", "SSL Nucleus:SSL Nucleus MIDI 2 24:1")
    assert owners(*ports) == dict.fromkeys(ports, "ssl-nucleus")


def test_a_second_port_does_not_become_a_box_when_the_first_is_taken() -> None:
    names = PortNames(MCU, MCU)
    assert boxes_in(MACKIE["mcu-pro"], names, {MCU[0]}) == []
    assert owners(*MCU, wishes=(Wish("MCU Pro:MCU Pro MIDI 1*", NOBODY),)) == {}


def test_the_user_may_give_a_further_port_to_another_map() -> None:
    assert owners(*MCU, wishes=(Wish("*MCU Pro MIDI 2*", "mcu-xt"),)) == {MCU[0]: "mcu-pro", MCU[1]: "mcu-xt"}


def test_the_further_port_of_a_box_is_that_of_the_same_device() -> None:
    match = Match(("*MIDI*",), also=(("*DAW*",),))
    ports = ("A:A DAW 24:1", "B:B MIDI 28:0", "B:B DAW 28:1", "A:A MIDI 24:0")
    found = boxes_in(match, PortNames(ports, ports), ())
    assert [[pair.input_name for pair in box] for box in found] == [[ports[1], ports[2]], [ports[3], ports[0]]]
    alone = PortNames(ports[:2], ports[:2])
    assert boxes_in(match, alone, ()) == [], "another box's"


def test_the_two_directions_of_a_box_are_of_one_device() -> None:
    inputs = ("Box:out 130:0", "Box two:out 131:0")
    outputs = ("Box two:in 131:1", "Box:in 130:1")
    assert mains(CALLED, *inputs, outputs=outputs) == [(inputs[0], outputs[1]), (inputs[1], outputs[0])]


def test_a_program_that_brings_two_equal_boxes_over_the_network_brings_two() -> None:
    ports = ("rtpmidid:Box 130:1", "rtpmidid:Box 130:2")
    assert mains(CALLED, *ports) == [(port, port) for port in ports]


def test_over_jack_one_client_is_one_device() -> None:
    inputs, outputs = ("Box:control out", "Box:notes out"), ("Box:control in", "Box:notes in")
    assert mains(CALLED, *inputs, outputs=outputs) == [(inputs[0], outputs[0])]


def test_over_jackd_two_equal_boxes_are_two() -> None:
    inputs = (
        "Box:Box/midi_capture_1",
        "Box:Box/midi_capture_2",
        "Box:Box/midi_capture_1(2)",
        "Box:Box/midi_capture_2(2)",
    )
    outputs = tuple(port.replace("capture", "playback") for port in inputs)
    assert mains(CALLED, *inputs, outputs=outputs) == [(inputs[0], outputs[0]), (inputs[2], outputs[2])]


def test_a_bridge_between_alsa_and_jack_is_no_device() -> None:
    a2j = (
        "a2j:Box [24] (capture): Box MIDI 1",
        "a2j:Box [24] (capture): Box MIDI 2",
        "a2j:Box [28] (capture): Box MIDI 1",
    )
    assert mains(CALLED, *a2j, outputs=tuple(port.replace("capture", "playback") for port in a2j)) == [
        (port, port.replace("capture", "playback")) for port in (a2j[0], a2j[2])
    ]
    bridged = ("Midi-Bridge:[24:0] Box MIDI 1 (capture)", "Midi-Bridge:[24:1] Box MIDI 2 (capture)")
    assert mains(Match(("*Box*",), listens=False), *bridged) == [(bridged[0], "")]
    old = (
        "Midi-Bridge:Box:(capture_0) Box MIDI 1",
        "Midi-Bridge:Box:(capture_1) Box MIDI 2",
        "Midi-Bridge:Box 2:(capture_0) Box MIDI 1",
    )
    assert mains(Match(("*Box*",), listens=False), *old) == [(old[0], ""), (old[2], "")]
    bare = ("Midi-Bridge:Box one (capture)", "Midi-Bridge:Box two (capture)")
    outputs = ("Midi-Bridge:Box two (playback)", "Midi-Bridge:Box one (playback)")
    assert mains(CALLED, *bare, outputs=outputs) == [(bare[0], outputs[1]), (bare[1], outputs[0])]
