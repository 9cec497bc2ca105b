"""What a display shows and what it should: only cells that differ go over the wire."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from studiod.surfaces.mackie.codec import LCD, sysex
from studiod.surfaces.mackie.letters import fold

ROW: Final = 56
CELL: Final = 7
_GAP: Final = 8  # bytes around the text of a message: unchanged cells between two changes cost no more than those
LONGEST_RUN: Final = 28  # cells; 36 bytes keep a fader waiting for 12 ms on a DIN wire
QCON_SECOND: Final = bytes.fromhex("F0 00 00 67 15 13")


class Screen(Protocol):
    """A display with cells of `width` characters; one of them (`gap`) is kept free between two names."""

    width: int
    gap: int
    rows: int

    def write(self, row: int, cell: int, text: str) -> None:
        """Show `text` (any Unicode) in a cell, cut or filled to its width."""
        ...

    def next(self) -> bytes | None:
        """The next message to send, or None when all is shown."""
        ...

    @property
    def is_due(self) -> bool:
        """Something shown is not what should be."""
        ...

    def forget(self) -> None:
        """Nobody knows what is shown."""
        ...

    def clear(self) -> None:
        """Show spaces everywhere."""
        ...


class Grid:
    """Two rows of characters, addressed as one line; the 56th of a row is hidden on a Mackie Control.

    head: the bytes before the offset; asked at each message, because a greeting may learn another model.
    starts: where each cell of a row begins. row: characters of a row.
    """

    rows = 2

    def __init__(
        self, head: Callable[[], bytes], starts: Sequence[int], width: int, gap: int, *, row: int = ROW
    ) -> None:
        self.width = width
        self.gap = gap
        self._head = head
        self._starts = starts
        self._row = row
        self._wanted = [" "] * (row * self.rows)
        self._shown = [""] * (row * self.rows)

    @property
    def is_due(self) -> bool:
        """Something shown is not what should be."""
        return self._wanted != self._shown

    @property
    def text(self) -> str:
        """What should be shown, both rows."""
        return "".join(self._wanted)

    def write(self, row: int, cell: int, text: str) -> None:
        """Show `text` in a cell."""
        self._put(row * self._row + self._starts[cell], fold(text)[: self.width].ljust(self.width))

    def line(self, row: int, text: str) -> None:
        """Show one text over a whole row."""
        self._put(row * self._row, fold(text)[: self._row - 1].ljust(self._row))

    def next(self) -> bytes | None:
        """The longest run worth one message that begins at the first difference."""
        if not self.is_due:
            return None
        wrong = [at for at, pair in enumerate(zip(self._wanted, self._shown, strict=True)) if pair[0] != pair[1]]
        first = end = wrong[0]
        for at in wrong:
            if at - end > _GAP or at - first >= LONGEST_RUN:
                break
            end = at
        text = self._wanted[first : end + 1]
        self._shown[first : end + 1] = text
        return self._head() + bytes((first,)) + "".join(text).encode("ascii") + b"\xf7"

    def forget(self) -> None:
        """Nobody knows what is shown."""
        self._shown = [""] * len(self._wanted)

    def clear(self) -> None:
        """Show spaces everywhere."""
        self._wanted = [" "] * len(self._wanted)

    def _put(self, at: int, text: str) -> None:
        self._wanted[at : at + len(text)] = text


def strip_lcd(model_id: Callable[[], int]) -> Grid:
    """The display of a Mackie Control: eight cells of seven."""
    return Grid(lambda: sysex(model_id(), LCD)[:-1], range(0, ROW, CELL), CELL, 1)


def qcon_second_lcd() -> Grid:
    """The second display of an iCON QCon Pro: eight cells of six, and a ninth over the master."""
    return Grid(lambda: QCON_SECOND, (*range(0, 48, 6), 49), 6, 0)
