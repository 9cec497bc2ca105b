"""Soft take-over: a control without a motor must not yank the level to where it happens to stand."""

from studiod.surfaces.controls import Takeover


class Grip:
    """How one control holds its parameter.

    `step` is the travel of one step of the control. Call `move` with each new position, and `wrote` with where the
    parameter stands after the write; a parameter that others moved since is out of grip again.
    """

    def __init__(self, mode: Takeover, step: float) -> None:
        self._mode = mode
        self._near = step * 1.001  # a hair more: positions are fractions and do not subtract exactly
        self._position: float | None = None
        self._given: float | None = None
        self._after: float | None = None

    def move(self, position: float, parameter: float) -> float | None:
        """Travel to write now that the control stands at `position` and the parameter at `parameter` (both 0..1).

        None means wait: the control has not met the parameter yet.
        """
        previous, self._position = self._position, position
        if self._mode is Takeover.JUMP:
            return position
        is_held = self._after is not None and abs(parameter - self._after) <= self._near
        if self._mode is Takeover.SCALE:
            travel = self._scaled(previous, position, self._given if is_held and self._given is not None else parameter)
        else:
            travel = position if is_held or self._meets(previous, position, parameter) else None
        self._given = travel
        if travel is None:
            self._after = None
        return travel

    def wrote(self, parameter: float) -> None:
        """The parameter stands at `parameter` after the write; a switch rounds it, and that is no loss of grip."""
        self._after = parameter

    def let_go(self) -> None:
        """The control means another parameter now (bank change); its position is still known."""
        self._after = None

    def pass_by(self, position: float) -> None:
        """The control stands at `position` while it means nothing here."""
        self._position, self._after = position, None

    def forget(self) -> None:
        """The box was away: nobody knows where the control stands."""
        self._position = self._given = self._after = None

    def _meets(self, previous: float | None, position: float, parameter: float) -> bool:
        if abs(position - parameter) <= self._near:
            return True
        return previous is not None and (previous - parameter) * (position - parameter) <= 0.0

    def _scaled(self, previous: float | None, position: float, parameter: float) -> float | None:
        """Share what is left of the parameter over what is left of the throw: both arrive at the end together."""
        if previous is None or previous == position:
            return None
        if position > previous:
            return min(1.0 - (1.0 - parameter) * (1.0 - position) / (1.0 - previous), 1.0)
        return parameter * position / previous
