"""A potentiometer that jitters must not write."""

NOISE = 3  # of 1023: an Arduino's converter beside a USB supply wanders by two or three


class Backlash:
    """Play, as in a gear: what moves less than `noise` either way moves nothing, and a slow turn loses no step.

    top: the highest reading. Both ends are reached exactly: the play is taken off the ends of the throw.
    """

    def __init__(self, top: int, noise: int = NOISE) -> None:
        if not 0 <= 2 * noise < top:
            raise ValueError(f"a noise of {noise} on readings up to {top}; allowed less than half of them")
        self._noise = noise
        self._span = top - 2 * noise
        self._middle: int | None = None

    def move(self, reading: int) -> float | None:
        """Travel 0..1 at `reading`; None while it stands where it stood."""
        before = self._middle
        middle = reading if before is None else min(max(before, reading - self._noise), reading + self._noise)
        self._middle = middle = min(max(middle, self._noise), self._noise + self._span)
        return None if middle == before else (middle - self._noise) / self._span
