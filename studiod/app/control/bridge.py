"""The meter bridge: every meter of the desk, kept up to date by what studiod tells, drawn or said as facts."""

from collections.abc import Iterable, Sequence

from studiod.app.control.bars import AUDIBLE_DB, COLUMNS_AT_LEAST, Meter, draw, scale
from studiod.app.control.loudness import Loudness
from studiod.app.control.page import DIM, STATE_STYLES, YELLOW, Facts, Page, clock, pad
from studiod.app.control.studio import name_of
from studiod.app.control.words import BUS, MAIN, STRIP, Target
from studiod.model.transport import TransportState
from studiod.model.units import SILENCE_DB
from studiod.net.osc.packet import Argument, Message

_MAIN_SIDES = ("L", "R")
_REDUCTIONS = {STRIP: ("gate_db", "comp_db"), BUS: ("comp_db",), MAIN: ("limiter_db", "comp_db")}
"""What follows peaks and RMS in a meter, in dB, 0 and up."""
_LINES_AROUND = 3  # transport, scale, keys
_STALE_S = 1.0
_LOUDNESS, _LOUDNESS_OF_SOURCE = "/meter/loudness", "/meter/loudness/source"


class MeterBridge:
    """Meters of the desk that `status` describes. Times are monotonic seconds."""

    def __init__(self, status: Facts) -> None:
        self._rate_hz, self._host = status.count("rate_hz"), status.text("host")
        strips = [Target(STRIP, number + 1) for number in range(status.count("strips"))]
        buses = [Target(BUS, number + 1) for number in range(status.count("buses"))]
        self._names = {target: name_of(target, status) for target in (*strips, *buses)}
        self._meters = {target: [Meter(_label(target, name))] for target, name in self._names.items()}
        self._meters[Target(MAIN)] = [Meter(f"main {side}") for side in _MAIN_SIDES]
        self._by_base = {target.address: target for target in self._meters}
        self._highest: dict[Target, list[float]] = {}
        self._most_reduced: dict[Target, list[float]] = {}
        self._loudness: dict[str, Loudness | None] = {}
        self._is_loudness_on, self._loudness_source = True, ""
        self.state = status.text("state") or TransportState.STOPPED.word
        self.position_s = status.number("position_s")
        self._position = status.text("position") or clock(self.position_s)
        self._limiter_db = 0.0
        self._told_at: float | None = None

    @property
    def patterns(self) -> tuple[str, ...]:
        """Addresses to ask and to subscribe to."""
        kinds = {target.kind for target in self._meters}
        found = ["/meter/main", f"/{MAIN}/{{arm,mute}}", "/transport/position", "/transport/state"]
        found += [_LOUDNESS, _LOUDNESS_OF_SOURCE, "/loudness/{on,source}"]
        for kind in (STRIP, BUS):
            if kind in kinds:
                found += [f"/meter/{kind}/*", f"/{kind}/*/{{name,arm,mute}}"]
        return tuple(found)

    def tell(self, messages: Iterable[Message], now: float) -> None:
        """What studiod said at `now`."""
        for each in messages:
            if each.address in {_LOUDNESS, _LOUDNESS_OF_SOURCE}:
                self._loudness[each.address] = Loudness.told(_numbers(each.arguments))
            elif each.address.startswith("/meter/"):
                self._told_at = now
                self._measure(each.address.removeprefix("/meter"), each.arguments, now)
            elif each.address == "/transport/state":
                self.state = str(each.arguments[0])
            elif each.address == "/transport/position":
                self._locate(each.arguments)
            else:
                self._know(each.address, each.arguments)

    def clear(self) -> None:
        """Forget what is held."""
        for meter in self._all():
            meter.clear()

    # -- for scripts -----------------------------------------------------------------------------------------------

    def fact(self) -> dict[str, object]:
        """The highest peaks and the most gain reduction since the start, the last RMS and loudness, the transport."""
        return {
            "strips": [self._fact(target) for target in self._meters if target.kind == STRIP],
            "buses": [self._fact(target) for target in self._meters if target.kind == BUS],
            "main": self._main_fact(),
            "state": self.state,
            "position_s": self.position_s,
            "position": self._position,
        }

    def _fact(self, target: Target) -> dict[str, object]:
        (meter,) = self._meters[target]
        (peak_db,) = self._highest.get(target, [SILENCE_DB])
        return {
            target.kind: target.number,
            "name": self._names[target],
            "peak_db": _shortest(peak_db),
            "rms_db": _shortest(meter.rms_db),
            **self._reductions(target),
            **({"loudness": self._loudness_fact(target)} if target.kind == BUS else {}),
            "armed": meter.is_armed,
            "muted": meter.is_muted,
        }

    def _main_fact(self) -> dict[str, object]:
        left, right = self._meters[Target(MAIN)]
        peaks = self._highest.get(Target(MAIN), [SILENCE_DB, SILENCE_DB])
        return {
            "peak_left_db": _shortest(peaks[0]),
            "peak_right_db": _shortest(peaks[1]),
            "rms_left_db": _shortest(left.rms_db),
            "rms_right_db": _shortest(right.rms_db),
            **self._reductions(Target(MAIN)),
            "loudness": self._loudness_fact(Target(MAIN)),
            "armed": left.is_armed,
            "muted": left.is_muted,
        }

    def _reductions(self, target: Target) -> dict[str, float | None]:
        told = self._most_reduced.get(target, [])
        return {
            key: _shortest(told[index]) if index < len(told) else None
            for index, key in enumerate(_REDUCTIONS[target.kind])
        }

    def _loudness_fact(self, target: Target) -> dict[str, float | str] | None:
        found = self._loudness_of(target)
        return found.fact() if found is not None else None

    # -- for people ------------------------------------------------------------------------------------------------

    def lines(self, columns: int, page: Page) -> list[str]:
        """All of it, one meter a line, as wide as `columns`; the highest peaks, the most gain reduction."""
        for target, meters in self._meters.items():
            for meter, peak_db in zip(meters, self._highest.get(target, []), strict=False):
                meter.peak_db = meter.held_db = peak_db
                meter.reduction_db = meter.most_reduction_db
        self._limiter_db = next(iter(self._most_reduced.get(Target(MAIN), [])), 0.0)
        meter_lines = [draw(meter, columns, page) for meter in self._all()]
        return [self._header(page), scale(columns, page), *meter_lines, *self._loudness_lines(columns)]

    def screen(self, columns: int, rows: int, page: Page, now: float) -> list[str]:
        """At most `rows` lines of at most `columns`: several meters beside each other where there are many."""
        meters = list(self._all())
        room = max(rows - _LINES_AROUND, 1)
        beside = max(min(-(-len(meters) // room), (columns + 2) // (COLUMNS_AT_LEAST + 2)), 1)
        width = (columns - 2 * (beside - 1)) // beside
        loudness_lines = self._loudness_lines(columns)[: max(room - -(-len(meters) // beside), 0)]
        room -= len(loudness_lines)
        blocks = [meters[start : start + room] for start in range(0, room * beside, room)]
        lines = [self._header(page), "  ".join(pad(scale(width, page), width) for _ in range(beside))]
        lines += [
            "  ".join(pad(draw(block[row], width, page), width) for block in blocks if row < len(block))
            for row in range(len(blocks[0]))
        ]
        unseen = len(meters) - room * beside
        return [*[*lines, *loudness_lines][: rows - 1], self._footer(page, now, unseen)]

    def _loudness_lines(self, columns: int) -> list[str]:
        """Of main, then of the bus chosen: what is measured and goes into `columns`."""
        found = [
            loudness.line("loudness" if target.kind == MAIN else _label(target, self._names[target]), columns)
            for target in (Target(MAIN), self._by_base.get(self._source_base))
            if target is not None and (loudness := self._loudness_of(target)) is not None
        ]
        return [line for line in found if line]

    def _header(self, page: Page) -> str:
        limiter = f"   limiter {-self._limiter_db:.1f} dB" if self._limiter_db >= AUDIBLE_DB else ""
        mark = {"recording": "●", "playing": "▶"}.get(self.state, "■") if page.is_unicode else "*"
        text = page.style(f"{mark} {self.state}", STATE_STYLES.get(self.state, ""))
        return f"{text}  {self._position}   {self._host} {self._rate_hz} Hz{page.style(limiter, YELLOW)}"

    def _footer(self, page: Page, now: float, unseen: int) -> str:
        if self._told_at is not None and now - self._told_at > _STALE_S:
            return page.style(f"no news from studiod for {now - self._told_at:.0f} s; waiting for it", YELLOW)
        if unseen > 0:
            return page.style(f"{unseen} more do not fit: make the window larger   q ends", YELLOW)
        return page.style("q ends   c clears peaks and CLIP   R armed   M muted", DIM)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _all(self) -> Iterable[Meter]:
        return (meter for meters in self._meters.values() for meter in meters)

    @property
    def _source_base(self) -> str:
        """The bus chosen, as its address begins."""
        return f"/{self._loudness_source.replace(':', '/')}"

    def _loudness_of(self, target: Target) -> Loudness | None:
        """What is measured of it now."""
        if target.kind == MAIN:
            return self._loudness.get(_LOUDNESS) if self._is_loudness_on else None
        return self._loudness.get(_LOUDNESS_OF_SOURCE) if target.address == self._source_base else None

    def _measure(self, base: str, arguments: Sequence[Argument], now: float) -> None:
        target, levels = self._by_base.get(base), _numbers(arguments)
        if target is None or not levels:
            return
        meters = self._meters[target]
        for index, meter in enumerate(meters):
            if index + len(meters) < len(levels):
                meter.tell(levels[index], levels[index + len(meters)], now)
        highest = self._highest.setdefault(target, [SILENCE_DB] * len(meters))
        highest[:] = map(max, zip(highest, levels, strict=False))
        reductions = levels[2 * len(meters) :]
        if reductions:
            self._reduce(target, reductions, now)

    def _reduce(self, target: Target, reductions: Sequence[float], now: float) -> None:
        for meter in self._meters[target]:
            meter.tell_reduction(sum(reductions), now)
        most = self._most_reduced.setdefault(target, [0.0] * len(reductions))
        most[:] = map(max, zip(most, reductions, strict=False))
        if target.kind == MAIN:
            self._limiter_db = reductions[0]

    def _locate(self, arguments: Sequence[Argument]) -> None:
        match arguments:
            case [int() | float() as seconds, *rest]:
                self.position_s = float(seconds)
                self._position = rest[0] if rest and isinstance(rest[0], str) else clock(self.position_s)
            case _:
                return

    def _know(self, address: str, arguments: Sequence[Argument]) -> None:
        base, _, word = address.rpartition("/")
        target = self._by_base.get(base)
        if not arguments:
            return
        if address == "/loudness/on":
            self._is_loudness_on = bool(arguments[0])
        elif address == "/loudness/source":
            self._loudness_source = str(arguments[0])
        if target is None:
            return
        if word == "name":
            self._names[target] = str(arguments[0])
            self._meters[target][0].label = _label(target, self._names[target])
        for meter in self._meters[target]:
            if word == "arm":
                meter.is_armed = bool(arguments[0])
            elif word == "mute":
                meter.is_muted = bool(arguments[0])


def _numbers(arguments: Sequence[Argument]) -> list[float]:
    return [float(each) for each in arguments if isinstance(each, int | float)]


def _shortest(level_db: float) -> float:
    """A 32-bit float as the shortest number that it is."""
    return float(f"{level_db:.7g}")


def _label(target: Target, name: str) -> str:
    number = f"{target.number:>2}" if target.kind == STRIP else f"b{target.number}"
    return f"{number} {name}"
