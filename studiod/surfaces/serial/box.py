"""A box on a serial line: its bytes through a talk, and its hands through the same surface as any other box's."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from studiod.desk.hub import Change, Hub
from studiod.surfaces.base import Gesture, Pressed, Released, SurfaceMap, Takeover
from studiod.surfaces.controls import TURNED_KINDS
from studiod.surfaces.serial.described import PUSH, Described, described
from studiod.surfaces.serial.named import LEVELS, NamedControls, wish
from studiod.surfaces.serial.talk import Talk
from studiod.surfaces.surface import Surface
from studiod.surfaces.touches import Touches

SAY_S = 0.5  # a talk wants to be asked twice a second
MEET_S = 0.25  # a board that says hello without end must not cost more than a few descriptions a second
JUNK_S = 3.0  # longer than a board boots


class Meets(Protocol):
    """Which map a box has that has described itself."""

    def __call__(self, talk: Talk) -> SurfaceMap:
        """The one that fits best; a bare one where none does."""
        ...


class LineBox:
    """A box on a line, there or away. It is known when it has described itself, and is another when that changes.

    talk: makes a fresh one for each time the line is opened. meets: which map it has. clock: seconds, steady.
    """

    def __init__(
        self,
        name: str,
        talk: Callable[[], Talk],
        meets: Meets,
        hub: Hub,
        *,
        clock: Callable[[], float],
        touches: Touches,
        takeover: Takeover | None = None,
    ) -> None:
        self.name = name
        self._new_talk = talk
        self._meets = meets
        self._hub = hub
        self._clock = clock
        self._touches = touches
        self._takeover = takeover
        self._talk: Talk | None = None
        self._sends: tuple[Callable[[bytes], None], ...] = ()
        self._surface: Surface | None = None
        self._map: SurfaceMap | None = None
        self._box: Described | None = None
        self._brightest: Mapping[str, int] = {}
        self._is_met = False
        self._greeted = 0
        self._met_at = float("-inf")
        self._junk = 0
        self._junk_at = float("-inf")

    @property
    def maker(self) -> str:
        """Who made it, as its map says."""
        return self._box.facts.maker if self._box is not None else ""

    @property
    def model(self) -> str:
        """What its map calls it."""
        return self._box.facts.model if self._box is not None else ""

    @property
    def note(self) -> str:
        """Who it is, or why it is not understood, and what no map knows of it."""
        talk, box = self._talk, self._box
        if talk is None:
            return ""
        return "; ".join(filter(None, (talk.note, box.note if box is not None and self._is_met else "")))

    @property
    def first_strip(self) -> int:
        """Strip under its first control, from 1; 0 while nobody knows what it is."""
        return self._surface.first_strip if self._surface is not None else 0

    @property
    def surface(self) -> Surface | None:
        """The box's controls; None while it is not known, and another whenever it describes itself otherwise."""
        return self._surface if self._is_met else None

    @property
    def map(self) -> SurfaceMap | None:
        """What it was met with, before it said what it has; None while it is not known."""
        return self._map if self._is_met else None

    @property
    def has_readings(self) -> bool:
        """It shows meters, or the position."""
        return self.surface is not None and self.surface.has_readings

    def attach(self, *sends: Callable[[bytes], None]) -> None:
        """The line is open: ask who is there. Raises what `send` raises."""
        self.detach()
        self._talk, self._sends = self._new_talk(), sends
        self._greeted = self._junk = 0
        self._say()

    def detach(self) -> None:
        """The line is closed: what the box held is let go with it."""
        self._let_go()
        self._talk, self._sends = None, ()

    def dismiss(self) -> None:
        """Switch its lamps off and let it go. Raises what `send` raises."""
        if self.surface is not None:
            self.surface.dismiss()
        self.detach()

    def receive(self, message: bytes, port: int = 0, *, may_wait: bool = False) -> list[Exception]:  # noqa: ARG002
        """Bytes as they came, cut anywhere; see Box."""
        talk = self._talk
        if talk is None:
            return []
        gestures = talk.hear(message, self._clock())
        self._look(talk)
        surface = self.surface
        if surface is None:
            return []
        faults = surface.take(self._meant(gestures, surface.facts), may_wait=may_wait)
        junk = self._told_junk(talk)
        return [*faults, ValueError(f"{junk} lines that are none of its protocol were dropped")] if junk else faults

    def settle(self) -> list[Exception]:
        """Do the moves that were noted; returns as `receive`."""
        return self.surface.settle() if self.surface is not None else []

    def due(self) -> list[Exception]:
        """Do what is due by now; returns as `receive`."""
        return self.surface.due() if self.surface is not None else []

    def on_changes(self, changes: Iterable[Change]) -> None:
        """What is different on the desk since the last turn."""
        if self.surface is not None:
            self.surface.on_changes(changes)

    def read(self) -> None:
        """Show what the meters read now."""
        if self.surface is not None:
            self.surface.read()

    def heal(self) -> None:
        """Tell one thing once more what it shows."""
        if self.surface is not None:
            self.surface.heal()

    def drain(self) -> float | None:
        """Say what is to be said; seconds until there is more. Raises what `send` raises."""
        talk = self._talk
        if talk is None:
            return None
        self._say()
        self._look(talk)
        wait = self.surface.drain() if self.surface is not None else None
        return SAY_S if wait is None else min(wait, SAY_S)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _say(self) -> None:
        if self._talk is not None and self._sends:
            said = self._talk.say(self._clock())
            if said:
                self._sends[0](said)

    def _told_junk(self, talk: Talk) -> int:
        """Lines dropped that a person should hear of now. A board's log of its boot is none: hello comes next."""
        dropped, now = talk.junk - self._junk, self._clock()
        if not dropped:
            self._junk_at = now
        if now - self._junk_at < JUNK_S:
            return 0
        self._junk, self._junk_at = talk.junk, now
        return dropped

    def _look(self, talk: Talk) -> None:
        """Let a box go that is silent, and meet one that has said anew who it is."""
        if not talk.is_ready:
            self._let_go()
        elif talk.greeted != self._greeted:
            self._let_go()
            now = self._clock()
            if now - self._met_at >= MEET_S:
                self._greeted, self._met_at = talk.greeted, now
                self._meet(talk)

    def _meet(self, talk: Talk) -> None:
        controls = talk.controls
        self._brightest = {name: control.steps - 1 for name, control in controls.items()}
        self._map = self._meets(talk)
        box = described(self._map, controls)
        if self._box is None or box.facts != self._box.facts or self._surface is None:
            dialect = NamedControls(box.facts)
            self._surface = Surface(
                self.name, box.facts, self._hub, dialect, self._takeover, clock=self._clock, touches=self._touches
            )
        self._box, self._is_met, self._junk, self._junk_at = box, True, talk.junk, self._clock()
        self._surface.attach(self._show)

    def _let_go(self) -> None:
        if self._surface is not None and self._is_met:
            self._surface.detach()
        self._is_met = False

    def _show(self, message: bytes) -> None:
        """One wish of the surface, in the bytes of the line."""
        talk, surface = self._talk, self._surface
        if talk is None or surface is None or not self._sends:
            return
        wanted = wish(message)
        if wanted.step is not None:
            said = talk.show(wanted.control, wanted.step)
        elif wanted.level is not None:
            # a lamp that cannot be dim is lit
            step = -(-wanted.level * self._brightest.get(wanted.control, 1) // (LEVELS - 1))
            said = talk.show(wanted.control, step, wanted.colour)
        else:
            said = talk.write(wanted.control, wanted.text)
        if said:
            self._sends[0](said)

    @staticmethod
    def _meant(gestures: Iterable[Gesture], facts: SurfaceMap) -> Iterator[Gesture]:
        """Gestures of controls that there are, switches that open when pressed turned round, a knob's button apart."""
        for gesture in gestures:
            control = facts.controls.get(getattr(gesture, "control", ""))
            if control is None:
                continue
            is_push = control.kind in TURNED_KINDS and f"{control.name}{PUSH}" in facts.controls
            match gesture:
                case Pressed() if is_push:
                    yield Pressed(f"{control.name}{PUSH}")
                case Released() if is_push:  # of its button, or of a finger: who did not hold it lets nothing go
                    yield Released(f"{control.name}{PUSH}")
                    yield gesture
                case Pressed() if control.is_inverted:
                    yield Released(control.name)
                case Released() if control.is_inverted:
                    yield Pressed(control.name)
                case _:
                    yield gesture
