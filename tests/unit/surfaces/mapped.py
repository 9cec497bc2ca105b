"""A box described by a few lines of YAML, on a desk, with its wire a list."""

from pathlib import Path

from studiod.desk.hub import Hub
from studiod.surfaces.dialects import dialect_of
from studiod.surfaces.maps import load_map
from studiod.surfaces.surface import Surface
from studiod.surfaces.touches import Touches
from tests.unit.surfaces.rig import desk

HEAD = """\
format: 2
name: mapped
maker: Test
model: Mapped
dialect: generic-midi
mode: any
confidence: measured
sources: [made up for the tests]
match: {ports: ["*mapped*"]}
"""


class Mapped:
    """The box; `play` takes what it sends, `told` is what it was sent since the last look."""

    def __init__(self, folder: Path, text: str, hub: Hub | None = None, touches: Touches | None = None) -> None:
        path = folder / "mapped.yaml"
        path.write_text(HEAD + text, encoding="utf-8")
        self.hub = hub or desk(strips=16, buses=4)
        self.now = 0.0
        self._wire: list[bytes] = []
        facts = load_map(path)
        self.surface = Surface("mapped", facts, self.hub, dialect_of(facts), clock=lambda: self.now, touches=touches)
        self.surface.attach(*[self._wire.append] * (1 + len(facts.match.also)))
        self.hub.observe(self.surface.on_changes)
        self.told()

    def play(self, *messages: str) -> None:
        """Whole messages in hex from the box; nothing may be refused."""
        for message in messages:
            assert self.surface.receive(bytes.fromhex(message)) == []

    def wait(self, seconds: float) -> None:
        """Time passes, in steps that the surface asks for."""
        end = self.now + seconds
        while self.now < end:
            wait = self.surface.drain()
            self.now = end if wait is None else min(self.now + max(wait, 1e-3), end)
            assert self.surface.due() == []

    def told(self) -> list[str]:
        """What the box was sent since, in hex, after a turn of the loop and time for all of it to leave."""
        self.hub.turn()
        for _ in range(1000):
            wait = self.surface.drain()
            if wait is None or wait > 0.25:
                break
            self.now += wait
        sent = [message.hex(" ") for message in self._wire]
        self._wire.clear()
        return sent
