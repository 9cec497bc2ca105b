"""Alike boxes that leave and return have the strips that they had."""

from studiod.link.ports import UsbUnit
from studiod.surfaces.mackie.simulator import Simulator
from studiod.surfaces.manager import POLL_S
from tests.unit.surfaces.mackie.test_managed import MAIN, Studio

FIRST, SECOND, THIRD = (f"X-Touch-Ext:X-Touch-Ext X-TOUCH_INT {client}:0" for client in (24, 28, 36))


class Hub(Studio):
    """Extenders on one hub: ALSA calls them by who came first."""

    def come(self, *boxes: tuple[Simulator, UsbUnit]) -> None:
        """These come at once, and get the ports that are free."""
        for box, unit in boxes:
            port = next(port for port in (FIRST, SECOND, THIRD) if port not in self.ports.boxes)
            self.ports.units[port] = unit
            self.ports.plug(port, box)
            box.power_on()
        self.turn(POLL_S + 0.5)

    def leave(self, *ports: str) -> None:
        for port in ports:
            self.ports.unplug(port)
            self.ports.units.pop(port, None)
        self.turn(POLL_S + 0.1)

    def strips(self, *boxes: Simulator) -> list[str]:
        """What stands over the first strip of each."""
        return [box.text(0, 1) for box in boxes]


def extenders(*units: UsbUnit) -> tuple[Hub, list[tuple[Simulator, UsbUnit]]]:
    studio = Hub(48)
    studio.plug(MAIN)
    boxes = [(Simulator(0x15), unit) for unit in units]
    studio.come(*boxes)
    return studio, boxes


def swapped(*units: UsbUnit) -> list[str]:
    """Two leave together and return in the other order."""
    studio, (left, right) = extenders(*units)
    assert studio.strips(left[0], right[0]) == ["Strip9", "Strp17"]
    studio.leave(FIRST, SECOND)
    studio.come(right, left)
    return studio.strips(left[0], right[0])


def test_by_their_serial_numbers() -> None:
    assert swapped(UsbUnit("A1", ""), UsbUnit("A2", "")) == ["Strip9", "Strp17"]


def test_by_their_sockets_where_they_have_none() -> None:
    assert swapped(UsbUnit("", "1-2.1"), UsbUnit("", "1-2.2")) == ["Strip9", "Strp17"]


def test_by_their_sockets_where_their_maker_gives_all_one_number() -> None:
    assert swapped(UsbUnit("0001", "1-2.1"), UsbUnit("0001", "1-2.2")) == ["Strip9", "Strp17"]


def test_by_their_ports_where_nothing_else_is_known() -> None:
    assert swapped(UsbUnit(), UsbUnit()) == ["Strp17", "Strip9"], "which the card's number gives to who came first"
    studio, (left, right) = extenders(UsbUnit(), UsbUnit())
    studio.leave(FIRST, SECOND)
    studio.ports.plug(SECOND, right[0])
    right[0].power_on()
    studio.turn(POLL_S + 0.5)
    assert studio.strips(right[0]) == ["Strp17"]
    assert left[1] == UsbUnit()


def test_a_box_with_a_serial_number_is_known_in_another_socket() -> None:
    studio, (left, right) = extenders(UsbUnit("A1", "1-2.1"), UsbUnit("A2", "1-2.2"))
    studio.leave(FIRST, SECOND)
    studio.come((right[0], UsbUnit("A2", "1-2.1")), (left[0], UsbUnit("A1", "1-2.2")))
    assert studio.strips(left[0], right[0]) == ["Strip9", "Strp17"]


def test_a_stranger_does_not_take_the_place_of_who_returns_at_the_same_time() -> None:
    studio, (left, right) = extenders(UsbUnit("A1", "1-2.1"), UsbUnit("A2", "1-2.2"))
    studio.leave(FIRST, SECOND)
    stranger = Simulator(0x15)
    studio.come((stranger, UsbUnit("A3", "1-2.1")), right, left)
    assert studio.strips(left[0], right[0], stranger) == ["Strip9", "Strp17", "Strp25"]


def test_a_box_in_place_of_a_broken_one_has_its_strips() -> None:
    studio, _ = extenders(UsbUnit("A1", "1-2.1"), UsbUnit("A2", "1-2.2"))
    studio.leave(FIRST)
    new = Simulator(0x15)
    studio.come((new, UsbUnit("A3", "1-2.4")))
    assert studio.strips(new) == ["Strip9"]


def test_places_are_known_after_the_maps_were_read_anew() -> None:
    studio, (left, right) = extenders(UsbUnit("A1", ""), UsbUnit("A2", ""))
    studio.leave(FIRST, SECOND)
    studio.come(right, left)
    models = studio.manager.models
    studio.manager.change(())
    studio.manager.change(models)
    studio.turn(1.0)
    assert {each.name: each.port for each in studio.manager.status()} == {
        "x-touch": MAIN,
        "x-touch-extender": SECOND,
        "x-touch-extender-2": FIRST,
    }
