"""A scene of 64 motor faders: in which order they are told, and how long the wire needs for it."""

from pathlib import Path

import pytest

from studiod.surfaces.dialects import dialect_of
from studiod.surfaces.maps import load_map
from studiod.surfaces.surface import Surface
from tests.unit.surfaces.mapped import HEAD
from tests.unit.surfaces.rig import desk

STRIPS = 64
TEXT = """\
banks: {strip: 64}
controls:
  mute/{i}: {kind: button, count: 64, note: 0, lamp: true}
  fader/{i}: {kind: fader, count: 64, cc: 0, motor: true}
bindings:
  mute/{i}: {toggle: "/strip/{bank+i}/mute"}
  fader/{i}: {address: "/strip/{bank+i}/fader"}
"""
DIN, USB = "", "bytes_per_s: 20000\nmessages_per_s: 1000\n"


@pytest.mark.parametrize(("pace", "limit_s"), [(DIN, 1.0), (USB, 0.15)])
def test_all_faders_of_a_scene_stand_within_the_time_the_wire_needs(pace: str, limit_s: float, tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text(HEAD + pace + TEXT, encoding="utf-8")
    facts, hub, now = load_map(path), desk(STRIPS), [0.0]
    wire: list[tuple[float, bytes]] = []
    surface = Surface("desk", facts, hub, dialect_of(facts), clock=lambda: now[0])
    hub.observe(surface.on_changes)
    surface.attach(lambda message: wire.append((now[0], message)))

    def rest() -> None:
        while (wait := surface.drain()) is not None:
            now[0] += wait

    rest()
    now[0] += 1.0
    wire.clear()
    begun = now[0]
    for strip in range(1, STRIPS + 1):
        hub.write(f"/strip/{strip}/fader", -strip / 2, "scene")
        hub.write(f"/strip/{strip}/mute", 1.0, "scene")
    hub.turn()
    rest()
    faders = [at for at, message in wire if message[0] == 0xB0]
    assert len(faders) == STRIPS
    assert max(faders) - begun < limit_s
    assert all(message[0] == 0xB0 for _, message in wire[:STRIPS]), "lamps wait for the faders"


def test_on_return_the_faders_are_told_first(tmp_path: Path) -> None:
    path = tmp_path / "desk.yaml"
    path.write_text(HEAD + TEXT, encoding="utf-8")
    facts, now = load_map(path), [0.0]
    surface = Surface("desk", facts, desk(STRIPS), dialect_of(facts), clock=lambda: now[0])
    kinds: list[int] = []
    surface.attach(lambda message: kinds.append(message[0]))
    while (wait := surface.drain()) is not None:
        now[0] += wait
    assert kinds == [0xB0] * STRIPS + [0x90] * STRIPS
