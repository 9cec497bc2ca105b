"""A lamp of any map may show how the last take is, that somebody should look at the disks, and that sync is locked."""

from pathlib import Path

from studiod.surfaces.feedback import Painter
from studiod.surfaces.generic_midi import GenericMidi
from studiod.surfaces.maps import load_map
from studiod.surfaces.outbox import Outbox
from tests.unit.surfaces.rig import desk

_MAP = """\
format: 2
name: lamps
maker: Test
model: Lamps
dialect: generic-midi
mode: any
confidence: measured
sources: [made up for the tests]
match: {ports: ["*lamps*"]}
controls:
  sad: {kind: button, channel: 1, cc: 20, lamp: true}
  disk: {kind: button, channel: 1, cc: 21, lamp: true}
  sync: {kind: button, channel: 1, cc: 22, lamp: true}
bindings: {sync: {toggle: /sync/chase}}
feedback:
  sync: {address: /sync/locked}
  sad: {address: /take/state, lit: [damaged, repaired]}
  disk: {address: /tape/alarm, lit: [warning, alarm]}
"""


def test_lamps_of_a_map_follow_the_tape(tmp_path: Path) -> None:
    path = tmp_path / "lamps.yaml"
    path.write_text(_MAP, encoding="utf-8")
    facts, hub, sent = load_map(path), desk(), list[bytes]()
    controls = tuple(facts.controls.values())
    painter = Painter(hub, controls, GenericMidi(facts), lambda: 0.0)
    outbox = Outbox(sent.append, 500, 0.0, 2800)
    painter.outboxes = (outbox,)
    painter.aim(facts.feedback.values(), lambda address: address)

    def lit() -> dict[int, bool]:
        painter.paint()
        outbox.flush()
        return {message[1]: message[2] > 0 for message in sent}

    assert lit() == {20: False, 21: False, 22: False}
    for address, word, lamps in (
        ("/take/state", "recording", {20: False, 21: False}),
        ("/take/state", "damaged", {20: True, 21: False}),
        ("/tape/alarm", "warning", {20: True, 21: True}),
        ("/take/state", "good", {20: False, 21: True}),
        ("/tape/alarm", "none", {20: False, 21: False}),
    ):
        hub.publish(address, float(hub.registry[address].choices.index(word)))
        assert lit() == {**lamps, 22: False}
    hub.publish("/sync/locked", 1.0)
    assert lit()[22]
