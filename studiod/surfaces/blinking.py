"""Lamps that blink, on boxes that cannot do it: all of one rhythm together, by the clock."""

from collections.abc import Mapping

from studiod.surfaces.base import Lit, Show, ShowKind, Shown
from studiod.surfaces.controls import BLINK, DARK, FAST, LIT

HALF_S: Mapping[str, float] = {BLINK: 0.4, FAST: 0.125}
"""How long a lamp is lit, and then dark. Ten messages a second at most: 1 % of a DIN wire."""
_HAIR_S = 1e-3  # so that rounding cannot wake the caller a moment too early for ever


class Blinking:
    """Which lamps blink, and whether they are lit just now. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self._rhythms: dict[str, str] = {}  # by control
        self._dark: set[str] = set()  # rhythms in their dark half

    @property
    def is_any(self) -> bool:
        """Whether any lamp blinks."""
        return bool(self._rhythms)

    def now(self, control: str, shown: Shown, show: Show) -> Shown:
        """What to tell the box in place of `shown`: its own way of blinking, or lit and dark in turn."""
        if show.kind is not ShowKind.LAMP or not isinstance(shown, Lit):
            return shown
        rhythm = shown.state
        if rhythm == FAST and FAST not in show.states and BLINK in show.states:
            rhythm = BLINK  # better its own rhythm than ours on its wire
        if rhythm not in HALF_S or rhythm in show.states:
            self._rhythms.pop(control, None)
            return Lit(rhythm)
        self._rhythms[control] = rhythm
        return Lit(DARK if rhythm in self._dark else LIT)

    def turn(self, now: float) -> tuple[str, ...]:
        """It is `now`: the lamps that change."""
        dark = {rhythm for rhythm, half_s in HALF_S.items() if int(now / half_s) % 2}
        changed, self._dark = dark ^ self._dark, dark
        return tuple(control for control, rhythm in self._rhythms.items() if rhythm in changed)

    def wait(self, now: float) -> float | None:
        """Seconds until a lamp changes; None when none blinks."""
        rhythms = set(self._rhythms.values())
        return min((HALF_S[rhythm] - now % HALF_S[rhythm] + _HAIR_S for rhythm in rhythms), default=None)
