"""Cables of the sequencer as the kernel shows them: a port that bounced between two looks is known by its cut cable."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from studiod.ports.alsa_cables import AlsaCables, cables_of

OWN, SYNTH, LAMPS = "studiod surfaces", "synth:out 131:2", "lamps:in 24:0"
CLIENTS = """\
Client info
  cur  clients : 4

Client   0 : "System" [Kernel Legacy]
  Port   0 : "Timer" (Rwe-)
  Port   1 : "Announce" (R-e-)
    Connecting To: 15:0, 128:0
Client 128 : "studiod ports" [User Legacy]
  Port   0 : "in" (-We-)
    Connected From: 0:1
Client 129 : "studiod surfaces" [User Legacy]
  Port   0 : "in" (-We-)
    Connected From: 20:0[real:0], 131:2[ex][real:0]
    Connecting To: 24:0
Client 131 : "synth" [User Legacy]
  Port   2 : "out" (R-e-)
    Connecting To: 129:0[real:0]
    Connected From: 99:0
"""


@dataclass
class Wire:
    is_open: bool = True


@pytest.fixture(name="clients")
def _clients(tmp_path: Path) -> Path:
    clients = tmp_path / "clients"
    clients.write_text(CLIENTS)
    return clients


def test_the_cables_are_those_of_our_own_clients_only() -> None:
    assert cables_of(CLIENTS, OWN) == {("20:0", "in"), ("131:2", "in"), ("24:0", "out")}
    assert cables_of("", OWN) == set()


def test_a_cable_that_was_cut_counts_once_until_another_is_laid(clients: Path) -> None:
    cables = AlsaCables(clients, OWN)
    cables.lay(SYNTH, "in", Wire())
    cables.lay(LAMPS, "out", Wire())
    cables.look()
    assert (cables.times_cut(SYNTH), cables.times_cut(LAMPS)) == (0, 0)
    clients.write_text(CLIENTS.replace(", 131:2[ex][real:0]", "").replace("Connecting To: 24:0", "Connecting To: 25:0"))
    for _ in range(3):
        cables.look()
    assert (cables.times_cut(SYNTH), cables.times_cut(LAMPS)) == (1, 1)
    cables.lay(SYNTH, "in", Wire())
    cables.look()
    assert (cables.times_cut(SYNTH), cables.times_cut(LAMPS)) == (2, 1), "it was cut before the first look at it"


def test_a_wire_that_we_have_closed_is_not_cut(clients: Path) -> None:
    cables, wire = AlsaCables(clients, OWN), Wire()
    cables.lay(SYNTH, "in", wire)
    wire.is_open = False
    clients.write_text("")
    cables.look()
    assert cables.times_cut(SYNTH) == 0


@pytest.mark.parametrize("text", [None, "", 'Client 128 : "another" [User Legacy]\n'])
def test_a_kernel_that_does_not_tell_has_cut_nothing(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "clients").write_text(text)
    cables = AlsaCables(tmp_path / "clients", OWN)
    cables.lay(SYNTH, "in", Wire())
    cables.look()
    assert cables.times_cut(SYNTH) == 0


def test_a_port_that_left_is_forgotten(clients: Path) -> None:
    cables = AlsaCables(clients, OWN)
    cables.look()
    for name in (SYNTH, LAMPS):
        cables.lay(name, "in", Wire())
    clients.write_text("")
    cables.look()
    cables.keep({LAMPS})
    assert (cables.times_cut(SYNTH), cables.times_cut(LAMPS)) == (0, 1)


def test_a_port_of_both_directions_is_cut_in_either(clients: Path) -> None:
    cables = AlsaCables(clients, OWN)
    for direction in ("in", "out"):
        cables.lay("box:box 20:0", direction, Wire())
    cables.look()
    assert cables.times_cut("box:box 20:0") == 1, "it hears nothing: only its sound comes"
