"""Controls of home-made boxes are learnt by their names, into a map over the one the box was met with."""

from pathlib import Path

import pytest

from studiod.app.looked_for import LookedFor
from studiod.app.settings import SurfaceSettings
from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.learn import Around, Done, Learner, Phase, Work
from studiod.surfaces.lesson import wish_for
from studiod.surfaces.manager import POLL_S, SurfaceManager
from studiod.surfaces.models import Box
from studiod.surfaces.touches import Touches
from tests.fakes.hand_loop import HandLoop
from tests.fakes.line_box import LineBox, Part
from tests.fakes.midi_ports import MemoryPorts
from tests.unit.surfaces.rig import desk

PORT = "/dev/serial/by-id/usb-Home_made-if00"


def no_osc(name: str) -> Box:
    raise AssertionError(f"{name}: nobody speaks OSC here")


class Studio:
    """What the desk process is made of, on a clock turned by hand."""

    def __init__(self, folder: Path) -> None:
        self.loop, self.ports, self.hub, touches = HandLoop(), MemoryPorts(), desk(), Touches()
        settings = SurfaceSettings(True, (), (), (), (), folder)  # noqa: FBT003 - enable
        self._looked_for = LookedFor(self.hub, settings, self.loop.time, touches, no_osc)
        own, learnt, faults = self._looked_for.read(lambda: "today")
        assert faults == ()
        models = self._looked_for.models(learnt.maps)
        self.manager = SurfaceManager(self.hub, models, self.ports, clock=self.loop.time, later=self.loop.later)
        around = Around(self.loop.time, self.loop.later, self._work, lambda: "today")
        self.learner = Learner(self.manager, self.ports, touches, own, around, self._use)
        self.manager.start()

    def _use(self, own: tuple[SurfaceMap, ...]) -> None:
        self.manager.change(self._looked_for.models(own))

    @staticmethod
    def _work(work: Work, done: Done) -> None:
        done(work())

    def turn(self, seconds: float = 0.2) -> None:
        self.hub.turn()
        self.loop.advance(seconds)

    def plug(self, box: LineBox, kind: str) -> None:
        self.ports.plug(PORT, box, kind)
        self.turn(POLL_S)
        box.power_on()
        self.turn(2.0)

    def slide(self, box: LineBox, name: str) -> None:
        for place in range(0, 1024, 64):
            box.move(name, place)
            self.turn(0.02)
        box.move(name, 1023)
        self.turn(1.0)


@pytest.mark.parametrize("kind", ["studiod", "auto"])
def test_a_fader_that_a_box_describes_and_no_map_knows_is_learnt_and_known_after_a_restart(
    kind: str, tmp_path: Path
) -> None:
    box = LineBox([Part("f", "rim", 1024), Part("f", "fader/1", 1024)])
    studio = Studio(tmp_path)
    studio.plug(box, kind)
    studio.learner.learn(wish_for(studio.hub.registry, "/main/fader"))
    studio.turn()
    studio.slide(box, "rim")
    assert (studio.learner.state.phase, studio.learner.state.sentence.partition(" of ")[0]) == (
        Phase.BOUND, "bound: /main/fader: rim",
    )  # fmt: skip
    assert "  rim: {kind: fader}" in (tmp_path / "studiod-box.yaml").read_text(encoding="utf-8")
    studio.turn(3.0)
    studio.slide(box, "rim")
    assert studio.hub.value("/main/fader") == 10.0
    again, other = Studio(tmp_path), LineBox(box.parts)
    again.plug(other, kind)
    again.slide(other, "rim")
    again.slide(other, "fader/1")
    assert again.hub.value("/main/fader") == 10.0
    assert again.hub.value("/strip/1/fader") == 10.0, "what the map under it says holds on"
