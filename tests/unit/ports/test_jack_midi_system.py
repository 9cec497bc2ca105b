"""What can be known about JACK's ports without a server."""

from pathlib import Path

import pytest

from studiod.link.ports import PortGone, PortsUnavailable
from studiod.ports import JackMidiSystem


def test_without_a_server_the_fault_says_so_and_nothing_is_opened(tmp_path: Path) -> None:
    environment = {"JACK_DEFAULT_SERVER": "no-such-server"}
    system = JackMidiSystem(lambda: 0.0, lambda: None, environment=environment, shm=tmp_path)
    with pytest.raises(PortsUnavailable, match="no JACK server is running"):
        system.names()
    with pytest.raises(PortGone, match="no MIDI system is open"):
        system.open_input("a", lambda *_: None)
    with pytest.raises(PortGone, match="no MIDI system is open"):
        system.open_output("a")
    assert system.api == ""
    system.close()
    system.close()
