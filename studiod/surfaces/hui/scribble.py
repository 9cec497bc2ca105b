"""The displays of a HUI: four characters a strip, and two rows of forty."""

from typing import Final

from studiod.surfaces.hui.codec import HEAD, MAIN, SCRIBBLE
from studiod.surfaces.hui.zones import STRIPS
from studiod.surfaces.mackie.letters import fold
from studiod.surfaces.mackie.screen import Grid

PLACES: Final = 4
_MAIN_ROW, _MAIN_CELL, _MAIN_WIDTH = 40, 10, 5


class Scribble:
    """The strips above the faders."""

    width, gap, rows = PLACES, 0, 1

    def __init__(self) -> None:
        self._wanted = [" " * PLACES] * STRIPS
        self._shown = [""] * STRIPS

    @property
    def is_due(self) -> bool:
        """Something shown is not what should be."""
        return self._wanted != self._shown

    def write(self, row: int, cell: int, text: str) -> None:
        """Show `text` in a cell; there is one row."""
        if row == 0:
            self._wanted[cell] = fold(text)[:PLACES].ljust(PLACES)

    def next(self) -> bytes | None:
        """The next strip that differs."""
        for cell, (wanted, shown) in enumerate(zip(self._wanted, self._shown, strict=True)):
            if wanted != shown:
                self._shown[cell] = wanted
                return HEAD + bytes((SCRIBBLE, cell)) + wanted.encode("ascii") + b"\xf7"
        return None

    def forget(self) -> None:
        """Nobody knows what is shown."""
        self._shown = [""] * STRIPS

    def clear(self) -> None:
        """Show spaces everywhere."""
        self._wanted = [" " * PLACES] * STRIPS


class MainDisplay(Grid):
    """The vacuum display: eight cells of five a row; it is told ten characters at a time."""

    def __init__(self) -> None:
        starts = range(0, _MAIN_ROW, _MAIN_WIDTH)
        super().__init__(lambda: HEAD + bytes((MAIN,)), starts, _MAIN_WIDTH, 1, row=_MAIN_ROW)

    def next(self) -> bytes | None:
        """The next ten that differ."""
        for cell in range(self.rows * _MAIN_ROW // _MAIN_CELL):
            part = slice(cell * _MAIN_CELL, (cell + 1) * _MAIN_CELL)
            if self._wanted[part] != self._shown[part]:
                self._shown[part] = self._wanted[part]
                return self._head() + bytes((cell,)) + "".join(self._wanted[part]).encode("ascii") + b"\xf7"
        return None
