"""Tap, hold or double: what one button's presses come to, told by times that are handed in."""

from dataclasses import dataclass

from studiod.surfaces.bindings import When

_JUDGED = frozenset({When.TAP, When.HOLD, When.DOUBLE})


@dataclass(slots=True)
class _Press:
    wants: frozenset[When]
    down_at: float
    is_down: bool = True
    is_told: bool = False
    """It came to a hold or a double; its release means nothing."""
    tap_at: float | None = None
    """Let go: a tap at that time, unless a second press comes before."""


class Taps:
    """The presses of all buttons of a box. Times are seconds of any steady clock."""

    def __init__(self, hold_s: float, double_s: float) -> None:
        self._hold_s = hold_s
        self._double_s = double_s
        self._presses: dict[str, _Press] = {}

    def press(self, control: str, wants: frozenset[When], now: float) -> list[When]:
        """The button went down; `wants` are the moments that mean something for it."""
        before = self._presses.get(control)
        if not wants & _JUDGED:
            self._presses.pop(control, None)
            return []
        press = self._presses[control] = _Press(wants, now)
        if before is not None and before.tap_at is not None:
            if now < before.tap_at:
                press.is_told = True
                return [When.DOUBLE]
            return [When.TAP]  # nobody had time to say it
        return []

    def release(self, control: str, now: float) -> list[When]:
        """The button came up."""
        press = self._presses.get(control)
        if press is None or not press.is_down:
            return []
        press.is_down = False
        if press.is_told:
            del self._presses[control]
            return []
        if now >= press.down_at + self._hold_s:
            del self._presses[control]
            return [When.HOLD] if When.HOLD in press.wants else []
        if When.DOUBLE in press.wants:
            press.tap_at = now + self._double_s
            return []
        del self._presses[control]
        return [When.TAP] if When.TAP in press.wants else []

    def due(self, now: float) -> list[tuple[str, When]]:
        """What has come to be since, in the order of the buttons' presses."""
        found: list[tuple[str, When]] = []
        for control, press in list(self._presses.items()):
            at = self._at(press)
            if at is None or now < at:
                continue
            if press.is_down:
                press.is_told = True
                found.append((control, When.HOLD))
            else:
                del self._presses[control]
                if When.TAP in press.wants:
                    found.append((control, When.TAP))
        return found

    @property
    def is_waiting(self) -> bool:
        """A press is not decided yet."""
        return bool(self._presses)

    def next_due(self) -> float | None:
        """When `due` will have something to tell; None while nothing waits."""
        return min((at for at in map(self._at, self._presses.values()) if at is not None), default=None)

    def forget(self) -> None:
        """The box is gone: nothing is held."""
        self._presses.clear()

    def _at(self, press: _Press) -> float | None:
        if press.is_down:
            return press.down_at + self._hold_s if When.HOLD in press.wants and not press.is_told else None
        return press.tap_at
