"""A rehearsal: everybody hears what they would hear while it records, and nothing is written."""

import re

from studiod.desk.control import Control
from studiod.model.console import MONITOR_BOTH, MONITOR_CHOICES

_ARM = re.compile(r"(/strip/\d+)/arm")


class Rehearsal:
    """The engine plays, and armed strips play their input instead of their tape: no take is begun.

    A strip's monitor switch decides about that, so it is the engine's that is moved; the desk's stays as it is.
    """

    def __init__(self, control: Control) -> None:
        self._control = control
        hub = control.hub
        self._strips = [found[1] for spec in hub.registry.numbers if (found := _ARM.fullmatch(spec.address))]
        self._taken: list[str] = []
        self.is_on = False
        """It goes on now, or begins in a moment."""
        self.began = 0
        """Where on the timeline."""

    @property
    def is_wanted(self) -> bool:
        """Record means rehearse."""
        return self.is_on or bool(self._control.hub.value("/transport/rehearse"))

    def begin(self, frame: int, position: int, *, overlays: bool) -> None:
        """Let armed strips that follow the transport play their inputs from `frame` on, when it is at `position`.

        overlays: on top of their tape, not in its place.
        """
        hub = self._control.hub
        self.began = position
        follows = float(MONITOR_CHOICES.index("auto"))
        self.is_on = True
        self._taken = [
            strip for strip in self._strips if hub.value(f"{strip}/arm") and hub.value(f"{strip}/monitor") == follows
        ]
        heard = MONITOR_BOTH if overlays else MONITOR_CHOICES.index("input")
        for strip in self._taken:
            self._control.set_in_engine(f"{strip}/monitor", float(heard), frame)

    def end(self, frame: int = 0) -> None:
        """Let every strip play what the desk says again, from `frame` on."""
        self.is_on = False
        for strip in self._taken:
            self._control.set_in_engine(f"{strip}/monitor", self._control.hub.value(f"{strip}/monitor"), frame)
        self._taken = []

    def give_back(self) -> None:
        """End what a desk before this one began."""
        self._taken = list(self._strips)
        self.end()
