"""How a button tells that it is pressed: down and up, only down, or its own state."""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from studiod.surfaces.controls import Sends

SHORT_HOLD_S = 0.35  # a finger that taps is off again before; nobody presses twice so fast
_ALIKE = 2.0  # holds and pauses of a box that turns on and off by itself are of one kind
_HALF = 64  # from here on a controller counts as down, where the map does not say
_ENOUGH_SAME, _ENOUGH_BOTH = 3, 4  # messages


@dataclass(frozen=True, slots=True)
class Press:
    """What the presses of one button say."""

    sends: Sends
    pressed: range | None
    """Values that mean down, where they are not the usual ones."""
    is_enough: bool
    sure: float


def press_of(values: Sequence[int], times_s: Sequence[float], *, is_touch_sensitive: bool = False) -> Press | None:
    """What a button is that said `values` (in order, at those times); None when that was no button.

    is_touch_sensitive: any value but 0 is down, as of notes.
    """
    heard = [min(value, 1) for value in values] if is_touch_sensitive else list(values)
    kinds = sorted(set(heard))
    if kinds == [0] or len(kinds) > 2 or not kinds:  # noqa: PLR2004 - on and off
        return None
    top = kinds[-1]
    pressed = (
        None if is_touch_sensitive or (top >= _HALF > (kinds[0] if len(kinds) > 1 else 0)) else range(top, top + 1)
    )
    if len(kinds) == 1:
        count = len(heard)
        return Press(Sends.PRESS, pressed, count >= _ENOUGH_SAME, min(count / _ENOUGH_SAME, 1.0))
    if any(one == other for one, other in itertools.pairwise(heard)):
        return None  # a button goes up before it goes down again
    sends, sure = _state_or_hand([value == top for value in heard], times_s)
    is_enough = len(heard) >= _ENOUGH_BOTH
    return Press(sends, pressed, is_enough, sure * min(len(heard) / _ENOUGH_BOTH, 1.0))


def _state_or_hand(downs: Sequence[bool], times_s: Sequence[float]) -> tuple[Sends, float]:
    """Whether the box tells its own state. What cannot be told apart counts as down and up: most buttons do that."""
    if not downs[0]:
        return Sends.TOGGLE, 0.9  # it went off first: no finger does that
    spans = [later - earlier for earlier, later in itertools.pairwise(times_s)]
    holds = [span for span, is_down in zip(spans, downs, strict=False) if is_down]
    pauses = [span for span, is_down in zip(spans, downs, strict=False) if not is_down]
    if not holds or statistics.median(holds) < SHORT_HOLD_S:
        return Sends.BOTH, 0.9
    if not pauses:
        return Sends.BOTH, 0.5
    hold, pause = statistics.median(holds), statistics.median(pauses)
    if pause / _ALIKE <= hold <= pause * _ALIKE:
        return Sends.TOGGLE, 0.7
    return Sends.BOTH, 0.7
