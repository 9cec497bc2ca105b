"""Which of several alike a port belongs to, as the desk is told."""

from studiod.link.ports import UsbUnit
from tests.fakes.desk_rig import Rig
from tests.fakes.port_studio import Studio


def test_the_desk_is_told_serial_number_and_socket() -> None:
    with Rig.make(strips=1, buses=0) as rig:
        studio = Studio(rig)
        studio.system.plug("Nano")
        studio.poll()
        assert studio.desk.names().units == {"Nano": UsbUnit("serial Nano", "1-4")}
