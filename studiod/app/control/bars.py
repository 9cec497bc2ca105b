"""Level meters as lines of text: the scale, the fall of a bar, what is held."""

from dataclasses import dataclass, field
from typing import Final

from studiod.app.control.page import DIM, GREEN, RED, YELLOW, Page, cut, pad
from studiod.model.units import SILENCE_DB

FLOOR_DB: Final = -60.0
_FALL_DB_PER_S = 20.0 / 1.7  # IEC 60268-10, type I
HOLD_S: Final = 1.5
CLIP_DB: Final = 0.0
_TICKS = (0, -3, -6, -10, -20, -30, -40, -50, -60)
# Where a musician looks: green is safe, yellow is loud, red is the last reserve before clipping.
_YELLOW_DB, _RED_DB = -18.0, -6.0
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NUMBER_COLUMNS = 6
LABEL_COLUMNS: Final = 13
_SHORTEST_BAR = 10
_CLIP = "CLIP"
_AROUND_BAR = LABEL_COLUMNS + len(" RM ") + 2 * (1 + _NUMBER_COLUMNS) + 1 + len(_CLIP)
_REDUCTION_COLUMNS = 1 + _NUMBER_COLUMNS
COLUMNS_AT_LEAST: Final = _AROUND_BAR + _SHORTEST_BAR
AUDIBLE_DB: Final = 0.05  # less would be shown as -0.0


@dataclass(slots=True)
class Meter:
    """One bar: what it was told, and what it shows of that after a while."""

    label: str
    is_armed: bool = False
    is_muted: bool = False
    peak_db: float = SILENCE_DB
    rms_db: float = SILENCE_DB
    held_db: float = SILENCE_DB
    has_clipped: bool = False
    reduction_db: float | None = None
    """By how much the level is turned down, 0 and up, the most of a moment; None where nothing tells."""
    most_reduction_db: float | None = None
    """The most since the start."""
    _held_until: float = field(default=0.0)
    _told_at: float = field(default=0.0)
    _reduced_until: float = field(default=0.0)

    def tell(self, peak_db: float, rms_db: float, now: float) -> None:
        """A reading, at `now` seconds."""
        fallen = self.peak_db - (now - self._told_at) * _FALL_DB_PER_S
        self.peak_db, self.rms_db, self._told_at = max(peak_db, fallen), rms_db, now
        if peak_db >= self.held_db or now >= self._held_until:
            self.held_db, self._held_until = self.peak_db, now + HOLD_S
        self.has_clipped |= peak_db >= CLIP_DB

    def tell_reduction(self, reduction_db: float, now: float) -> None:
        """Gain reduction, in dB from 0 up, at `now` seconds."""
        self.most_reduction_db = max(self.most_reduction_db or 0.0, reduction_db)
        if self.reduction_db is None or reduction_db >= self.reduction_db or now >= self._reduced_until:
            self.reduction_db, self._reduced_until = reduction_db, now + HOLD_S

    def clear(self) -> None:
        """Forget what is held."""
        self.held_db, self.has_clipped, self._reduced_until = self.peak_db, False, 0.0


def level(level_db: float) -> str:
    """A level in six columns: `-12.3`, `-inf`."""
    return pad("-inf" if level_db <= SILENCE_DB else f"{level_db:.1f}", _NUMBER_COLUMNS, is_right=True)


def place(level_db: float, width: int) -> float:
    """Columns from the left of a bar of `width` to that level."""
    return min(max((level_db - FLOOR_DB) / -FLOOR_DB, 0.0), 1.0) * width


def bar_width(columns: int) -> int:
    """Columns that are left for the bar in a line of `columns`."""
    reduction_columns = _REDUCTION_COLUMNS if has_reductions(columns) else 0
    return max(columns - _AROUND_BAR - reduction_columns, _SHORTEST_BAR)


def has_reductions(columns: int) -> bool:
    """Whether there is room for gain reduction in a line of `columns`."""
    return columns >= COLUMNS_AT_LEAST + _REDUCTION_COLUMNS


def draw(meter: Meter, columns: int, page: Page) -> str:
    """The line of a meter in `columns`."""
    width = bar_width(columns)
    marks = (page.style("R", RED) if meter.is_armed else " ") + (page.style("M", YELLOW) if meter.is_muted else " ")
    label = pad(cut(meter.label, LABEL_COLUMNS), LABEL_COLUMNS)
    bar = _bar(meter, width, page) + (f" {_reduction(meter.reduction_db, page)}" if has_reductions(columns) else "")
    clip = page.style(_CLIP, f"1;{RED}") if meter.has_clipped else " " * len(_CLIP)
    return f"{label} {marks} {bar} {level(meter.held_db)} {level(meter.rms_db)} {clip}"


def scale(columns: int, page: Page) -> str:
    """The line of decibels over the bars of `draw`."""
    width = bar_width(columns)
    cells = [" "] * width
    for tick in _TICKS:
        text = str(tick)
        start = min(max(round(place(tick, width)) - len(text) // 2, 0), width - len(text))
        around = cells[max(start - 1, 0) : start + len(text) + 1]
        if all(cell == " " for cell in around):
            cells[start : start + len(text)] = text
    words = ("GR", "peak", "RMS") if has_reductions(columns) else ("peak", "RMS")
    heads = " ".join(f"{word:>{_NUMBER_COLUMNS}}" for word in words)
    return page.style(f"{'':{LABEL_COLUMNS + len(' RM ')}}{''.join(cells)} {heads} dBFS", DIM)


def _reduction(reduction_db: float | None, page: Page) -> str:
    if reduction_db is None:
        return " " * _NUMBER_COLUMNS
    is_audible = reduction_db >= AUDIBLE_DB
    return page.style(level(-reduction_db if is_audible else 0.0), YELLOW if is_audible else DIM)


def _bar(meter: Meter, width: int, page: Page) -> str:
    solid, light = place(meter.rms_db, width), place(meter.peak_db, width)
    hold = int(min(place(meter.held_db, width), width - 1)) if meter.held_db > FLOOR_DB else -1
    cells: list[tuple[str, str]] = []
    for column in range(width):
        level_db = FLOOR_DB * (1.0 - (column + 0.5) / width)
        colour = RED if level_db >= _RED_DB else YELLOW if level_db >= _YELLOW_DB else GREEN
        cells.append((_cell(column, solid, light, is_held=column == hold, is_unicode=page.is_unicode), colour))
    return _joined(cells, page)


def _cell(column: int, solid: float, light: float, *, is_held: bool, is_unicode: bool) -> str:
    if column + 1 <= solid:
        return "█" if is_unicode else "#"
    if is_held:
        return "│" if is_unicode else "|"
    if column + 0.5 <= light:
        return "▒" if is_unicode else "="
    part = int((solid - column) * len(_EIGHTHS))
    if part > 0 and is_unicode:
        return _EIGHTHS[part]
    return "·" if is_unicode else "."


def _joined(cells: list[tuple[str, str]], page: Page) -> str:
    """Neighbours of one colour in one style: a screen of meters is sent often."""
    parts: list[str] = []
    run, run_style = "", ""
    for text, colour in cells:
        style = DIM if text in "·." else colour
        if style != run_style:
            parts.append(page.style(run, run_style))
            run, run_style = "", style
        run += text
    parts.append(page.style(run, run_style))
    return "".join(parts)
