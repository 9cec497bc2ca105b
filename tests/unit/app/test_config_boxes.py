"""Settings of boxes that cannot be are faults: pins, pedals, machines in time."""

from pathlib import Path

import pytest

from tests.unit.app.config_folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("{name: jog, kind: encoder, pin: 4}", "gpio.controls[1] is of kind encoder; allowed `second` for an encoder"),
        ("{name: rec, kind: lamp, pin: 4, normally: closed}", "gpio.controls[1] is of kind lamp; allowed `normally`"),
        ("{name: foot, pin: 4, second: 5}", "gpio.controls[1] is of kind button; allowed `second` for an encoder"),
        ("{name: jog, kind: encoder, pin: 4, second: 4}", "gpio.controls[1].second is 4; allowed a pin that"),
        (
            "{name: Foot, pin: 4}",
            "gpio.controls[1].name is 'Foot', which is no name of a control; allowed 1 to 32 small letters",
        ),
    ],
)
def test_pins_that_cannot_be_are_a_fault(folder: Folder, control: str, said: str) -> None:
    assert folder.faults(f"gpio:\n  controls:\n    - {control}\n")[0].partition(": ")[2].startswith(said)


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        ("[{port: a}]", "sync.ports[1] does nothing; allowed words in `receive`, `send` or both"),
        (
            "[{port: a, leads: true, send: [clock]}]",
            "sync.ports[1] leads; allowed one of clock and mtc in its `receive`",
        ),
        (
            "[{port: a, leads: true, receive: [clock, mtc]}]",
            "sync.ports[1] leads; allowed one of clock and mtc in its `receive`",
        ),
        (
            "[{port: a, leads: true, receive: [mtc]}, {port: b, leads: true, receive: [clock]}]",
            "sync.ports[2].leads is true; allowed for one port, and sync.ports[1] leads already",
        ),
        ("[{port: a, send: [clocks]}]", "sync.ports[1].send[1] is 'clocks'; allowed clock, position, mtc, mmc"),
        (
            "[{port: a, send: [mtc], rate: 29.97}]",
            "sync.ports[1].rate is 29.97; allowed 24, 25, 29.97df, 30. Did you mean 29.97df?",
        ),
        ("[{port: a, send: [mmc], device: 128}]", "sync.ports[1].device is 128; allowed 0..127"),
    ],
)
def test_machines_that_cannot_be_in_time_are_a_fault(folder: Folder, ports: str, said: str) -> None:
    assert folder.faults(f"sync: {{ports: {ports}}}\n")[0].partition(": ")[2].startswith(said)


def test_a_begin_of_the_timeline_that_is_no_time_is_a_fault(folder: Folder) -> None:
    assert (
        "sync.start is '1:00', which is no time; allowed hours, minutes and seconds"
        in folder.faults("sync: {start: 1:00}\n")[0]
    )


@pytest.mark.parametrize(
    ("pedal", "said"),
    [
        ("{port: keys, tap: /main/mute}", "surfaces.pedals[1]: allowed exactly one of cc, note, control"),
        (
            "{port: keys, cc: 64, note: 3, tap: /main/mute}",
            "surfaces.pedals[1]: allowed exactly one of cc, note, control",
        ),
        ("{port: keys, cc: 64}", "surfaces.pedals[1] does nothing; allowed at least one of press, tap, hold"),
        ("{port: keys, cc: 64, tap: punch}", "surfaces.pedals[1].tap is 'punch', which is no address with an argument"),
        ("{port: keys, cc: 164, tap: /main/mute}", "surfaces.pedals[1].cc is 164; allowed 0..127"),
        ("{cc: 64, tap: /main/mute}", "surfaces.pedals[1].port"),
    ],
)
def test_pedals_that_cannot_be_are_a_fault(folder: Folder, pedal: str, said: str) -> None:
    assert said in folder.faults(f"surfaces: {{pedals: [{pedal}]}}\n")[0]
