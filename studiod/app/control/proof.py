"""`studioctl proof`: what a take can show for itself, drawn: what went wrong and where, how slow the disk was."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Final

from studiod.app.control.page import DIM, RED, YELLOW, Facts, Page, clock, pad
from studiod.app.control.reports import counted
from studiod.app.control.studio import Studio
from studiod.app.control.takes import ordered, take_number

_MAP_COLUMNS: Final = 64
_BAR_COLUMNS: Final = 40
_MOST_LINES: Final = 12  # of gaps: the map shows the others
_SECOND_MS: Final = 1000


def proof(options: argparse.Namespace, studio: Studio, page: Page) -> None:
    """Show what take `options.take` can show for itself. Raises Fault."""
    found = ordered("/takes/proof", (take_number(options.take),), studio)
    if page.is_json:
        page.json(found)
        return
    show_proof(Facts(found), page)


def show_proof(take: Facts, page: Page) -> None:
    """Draw the answer of `/takes/proof`."""
    rate = max(take.number("rate_hz"), 1.0)
    page.table([(page.style(title, DIM), text) for title, text in _overview(take, rate, page)])
    for sentence in take.texts("faults"):
        page.line(f"{page.style('!', RED)} {sentence}")
    _more(take.count("faults_more"), "sentences", page)
    gaps = take.parts("gaps")
    for gap in gaps[:_MOST_LINES]:
        lost = f"{gap.count('frames')} frames ({gap.number('frames') / rate:.3f} s) are silence"
        page.line(page.style(f"{_at(gap.number('start') / rate)}  {lost}: {gap.text('cause')}", YELLOW))
    _more(max(len(gaps) - _MOST_LINES, 0) + take.count("gaps_more"), "gaps", page)
    for run in take.parts("xruns")[:_MOST_LINES]:
        told = f"{counted(run, ('xruns', 'late_blocks'))} within {run.number('frames') / rate:.3f} s"
        page.line(page.style(f"{_at(run.number('start') / rate)}  {told}", YELLOW))
    _more(max(len(take.parts("xruns")) - _MOST_LINES, 0) + take.count("xruns_more"), "stretches with xruns", page)
    _show_clips(take, rate, page)
    _show_disk(take, page)


def _overview(take: Facts, rate: float, page: Page) -> Iterator[tuple[str, str]]:
    length = clock(take.number("frames") / rate)
    pre = take.number("pre_frames") / rate
    before = f", and {pre:.1f} s before Record" if pre else ""
    yield f"take {take.count('id')}", f"{page.state(take.text('state'))}, {length}{before}"
    people = (("begun by", "recorded_by"), ("ended by", "stopped_by"))
    who = [f"{word} {take.text(key)}" for word, key in people if take.text(key)]
    armers = list(take.part("armed_by").held)
    if armers or who:
        yield "who", ", ".join([*([f"armed by {' and '.join(armers)}"] if armers else []), *who])
    drift = take.at("drift_ppm")
    if drift is not None:
        yield "clock", f"the card ran {take.number('drift_ppm'):+.1f} ppm beside the machine's clock"
    if take.at("clock_synchronised") is False:
        yield "date", page.style("the machine's clock was not set: the date may be wrong", YELLOW)
    copy = take.part("copy")
    if copy.held:
        fault = f": {copy.text('fault')}" if copy.text("fault") else ""
        yield "copy", f"{page.state(copy.text('state'))}, in {copy.text('folder')}{fault}"
    if not take.text("checks"):
        yield "checksums", page.style("none", YELLOW)
    yield "map", f"{_map(take, page)}  {_legend(take)}"


def _map(take: Facts, page: Page) -> str:
    """The take from its first hidden frame to its end as one line: where it is silence, where it clips."""
    first, end = -take.count("pre_frames"), take.count("frames")
    holed = _columns([(gap.count("start"), gap.count("frames")) for gap in take.parts("gaps")], first, end)
    clipped = _columns([(start, frames) for _, start, frames in _clips(take)], first, end)
    clean = "·" if page.is_unicode else "."
    cells = {
        (False, False): page.style(clean, DIM),
        (False, True): page.style("c", YELLOW),
        (True, False): page.style("x", RED),
        (True, True): page.style("X", RED),
    }
    return "".join(cells[column in holed, column in clipped] for column in range(_MAP_COLUMNS))


def _columns(runs: Sequence[tuple[int, int]], first: int, end: int) -> set[int]:
    """Columns of the map that (start, frames) touch."""
    found: set[int] = set()
    length = max(end - first, 1)
    for start, frames in runs:
        begin = (start - first) * _MAP_COLUMNS // length
        last = (start - first + max(frames, 1) - 1) * _MAP_COLUMNS // length
        found.update(range(max(begin, 0), min(last, _MAP_COLUMNS - 1) + 1))
    return found


def _legend(take: Facts) -> str:
    gaps, clips = len(take.parts("gaps")) + take.count("gaps_more"), _clip_count(take)
    if not (gaps or clips):
        return "no gaps, no clips"
    words = (f"x {gaps} {'gap' if gaps == 1 else 'gaps'}", f"c {clips} {'clip' if clips == 1 else 'clips'}")
    return ", ".join((*words, "X both")) if gaps and clips else words[0] if gaps else words[1]


def _clip_count(take: Facts) -> int:
    return len(_clips(take)) + take.count("clips_more")


def _clips(take: Facts) -> list[tuple[int, int, int]]:
    """(track, start, frames) of every run that was told."""
    raw = take.at("clips")
    runs = raw if isinstance(raw, list) else []
    return [
        (run[0], run[1], run[2])
        for run in runs
        if isinstance(run, list) and len(run) == 3 and all(isinstance(number, int) for number in run)  # noqa: PLR2004 - as it says
    ]


def _show_clips(take: Facts, rate: float, page: Page) -> None:
    names = take.texts("tracks")
    by_track: dict[int, list[tuple[int, int]]] = {}
    for track, start, frames in _clips(take):
        by_track.setdefault(track, []).append((start, frames))
    rows = [
        (
            names[track] if 0 <= track < len(names) else f"track {track + 1}",
            str(len(runs)),
            _at(runs[0][0] / rate),
            str(max(frames for _, frames in runs)),
        )
        for track, runs in sorted(by_track.items())
    ]
    page.table(rows, ("track", "clips", "first at", "longest, frames"), right=(1, 3))
    _more(take.count("clips_more"), "clips", page)


def _show_disk(take: Facts, page: Page) -> None:
    """How often it took the disk how long."""
    told = take.part("write_ms")
    counts, edges = ([int(float(n)) for n in told.texts(key)] for key in ("counts", "edges"))
    used = [number for number, count in enumerate(counts) if count]
    if not used or len(counts) != len(edges) + 1:
        return
    page.line(page.style("the disk took, to make sound durable", DIM))
    most = max(counts)
    for number in range(used[0], used[-1] + 1):
        label = f"under {_span(edges[number])}" if number < len(edges) else f"{_span(edges[-1])} or more"
        bar = ("█" if page.is_unicode else "#") * -(-counts[number] * _BAR_COLUMNS // most)
        page.line(f"  {pad(label, 14, is_right=True)}  {bar} {counts[number] or '-'}")


def _span(span_ms: int) -> str:
    return f"{span_ms} ms" if span_ms < _SECOND_MS else f"{span_ms // _SECOND_MS} s"


def _at(seconds: float) -> str:
    """A place in the take; what lies before Record is negative."""
    return f"-{clock(-seconds)}" if seconds < 0 else clock(seconds)


def _more(count: int, what: str, page: Page) -> None:
    if count:
        page.line(page.style(f"and {count} more {what}", YELLOW))
