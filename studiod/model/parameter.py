"""One value a person can turn: its address, its law, its limits, its words."""

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass

from studiod.model.taper import Taper
from studiod.model.units import DB_PER_OCTAVE, gain_from_db, level_text


class Kind(enum.StrEnum):
    """What sort of value it is; adapters choose their widget and wire type from it."""

    LEVEL = "level"
    FREQ = "freq"
    TIME = "time"
    RATIO = "ratio"
    PAN = "pan"
    TOGGLE = "toggle"
    CHOICE = "choice"
    TEXT = "text"
    TRIGGER = "trigger"
    METER = "meter"


class Flag(enum.Flag):
    """What may be done with it."""

    NONE = 0
    REALTIME = enum.auto()
    """Has a slot in the engine."""
    AUTOMATABLE = enum.auto()
    PERSISTED = enum.auto()
    """Kept in the session file."""
    IN_SCENE = enum.auto()
    LINKABLE = enum.auto()
    PROTECTED = enum.auto()
    """Network patterns and unnamed peers may not reach it (arm, record)."""
    READ_ONLY = enum.auto()


NUMERIC = frozenset({Kind.LEVEL, Kind.FREQ, Kind.TIME, Kind.RATIO, Kind.PAN, Kind.TOGGLE, Kind.CHOICE})
TEXT_BYTES = 64  # a name in the shared block, UTF-8: longer than any scribble strip shows
_STEPPED = frozenset({Kind.TOGGLE, Kind.CHOICE})
_TINY = 1e-30  # far under any value that can be heard or shown, far over the denormals that slow a filter down
_KILO = 1000.0
_TRUE_WORDS = frozenset({"on", "true", "yes", "1"})
_FALSE_WORDS = frozenset({"off", "false", "no", "0"})
_PAN_SIDES = {"l": -1.0, "r": 1.0}


class Refused(ValueError):  # noqa: N818 - it reads as the fact it reports
    """A value the parameter cannot take; the message names address, fault and what is allowed."""


class Space(enum.Enum):
    """What the engine makes of a value; the parameter converts, nobody else."""

    NUMBER = enum.auto()
    """The value itself."""
    GAIN = enum.auto()
    """dB to linear gain."""
    OCTAVES = enum.auto()
    """dB to log2 of the gain: what dynamics calculate in."""
    PREWARPED = enum.auto()
    """Hz to tan(pi f / rate): the coefficient of a trapezoidal integrator, held under Nyquist."""
    ONE_POLE = enum.auto()
    """ms to 1 - exp(-1 / (t rate)), the share of the way gone in a sample; 0 ms is 1."""
    FRAMES = enum.auto()
    """ms to whole frames."""
    PERCENT = enum.auto()
    """100 is 1."""


_SPACES = {Kind.LEVEL: Space.GAIN, Kind.FREQ: Space.PREWARPED}
_NYQUIST_SHARE = 0.49  # of the rate: tan() grows without bound at 0.5
_CONVERSIONS: dict[Space, Callable[[float, int], float]] = {
    Space.NUMBER: lambda value, _rate_hz: value,
    Space.GAIN: lambda level_db, _rate_hz: gain_from_db(level_db),
    Space.OCTAVES: lambda level_db, _rate_hz: level_db / DB_PER_OCTAVE,
    Space.PREWARPED: lambda freq_hz, rate_hz: math.tan(math.pi * min(freq_hz / rate_hz, _NYQUIST_SHARE)),
    Space.ONE_POLE: lambda time_ms, rate_hz: -math.expm1(-1000.0 / (time_ms * rate_hz)) if time_ms > 0.0 else 1.0,
    Space.FRAMES: lambda time_ms, rate_hz: float(round(time_ms * rate_hz / 1000.0)),
    Space.PERCENT: lambda percent, _rate_hz: percent / 100.0,
}


@dataclass(frozen=True, slots=True)
class EngineTarget:
    """Where the engine keeps it: a control word of the graph, up to two indices, and the space it calculates in.

    space: None for what the kind of the parameter suggests.
    """

    control: str
    index: int = 0
    sub: int = 0
    space: Space | None = None


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """Everything an adapter needs to know about a parameter, and nothing it must guess."""

    address: str
    kind: Kind
    label: str
    short: str
    """At most seven characters: a scribble strip."""
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    default: float = 0.0
    default_text: str = ""
    taper: Taper | None = None
    choices: tuple[str, ...] = ()
    flags: Flag = Flag.NONE
    engine: EngineTarget | None = None
    help: str = ""

    @property
    def is_numeric(self) -> bool:
        """It holds a number (and so has a slot in the shared block)."""
        return self.kind in NUMERIC

    @property
    def allowed(self) -> str:
        """What may be written, in words."""
        if self.kind is Kind.TOGGLE:
            return "on or off"
        if self.kind is Kind.CHOICE:
            return ", ".join(self.choices)
        if self.kind is Kind.TEXT:
            return f"text of at most {TEXT_BYTES} bytes"
        if self.kind is Kind.METER:
            return "reading only"
        if self.kind is Kind.TRIGGER:
            return f"one number, {self.unit}" if self.unit else "no argument"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.low:g}..{self.high:g}{unit}"

    def clamp(self, value: float) -> float:
        """Return `value` (natural units) held inside [low, high].

        Raises Refused for NaN: a NaN gain reaches the speakers.
        """
        if math.isnan(value):
            raise Refused(f"{self.address}: NaN is not a value; allowed {self.allowed}")
        if value < self.low:
            return self.low
        return min(value, self.high)

    def check(self, value: float) -> float:
        """Return `value` as stored; raise Refused when it lies outside [low, high] or is no step of a switch.

        NaN, +inf, and -inf where silence is not a level, are refused; a denormal and -0.0 are 0.
        """
        if not self.low <= value <= self.high:  # NaN is on neither side
            raise Refused(f"{self.address}: {value:g} is out of range; allowed {self.allowed}")
        if self.kind in _STEPPED and value != math.floor(value):
            raise Refused(f"{self.address}: {value:g} is no step; allowed {self.allowed}")
        return 0.0 if -_TINY < value < _TINY else float(value)

    def from_travel(self, travel: float) -> float:
        """Value in natural units at `travel`, a fraction of the control's throw. Raises Refused for NaN."""
        if self.taper is None:
            raise Refused(f"{self.address}: has no travel; allowed {self.allowed}")
        if math.isnan(travel):
            raise Refused(f"{self.address}: travel is NaN; allowed 0..1")
        return self.taper.value(travel)

    def to_travel(self, value: float) -> float:
        """Travel (0..1) of `value`; 0 for parameters without a taper."""
        return self.taper.travel(value) if self.taper is not None else 0.0

    def parse(self, words: str) -> float:
        """Value in natural units from what a person typed, or `text` said (`-6`, `-inf`, `on`, `tape`, `L30`).

        Raises Refused.
        """
        typed = words.strip().lower()
        value: float | None = None
        if self.kind is Kind.TOGGLE:
            value = 1.0 if typed in _TRUE_WORDS else 0.0 if typed in _FALSE_WORDS else None
        elif self.kind is Kind.CHOICE:
            value = float(self.choices.index(typed)) if typed in self.choices else None
        elif self.kind is Kind.PAN and typed == "c":
            value = 0.0
        elif self.kind is Kind.PAN and typed[:1] in _PAN_SIDES:
            percent = _number(typed[1:])
            value = None if percent is None else _PAN_SIDES[typed[0]] * percent / 100.0
        elif self.is_numeric:
            units = ("db", "dbfs") if self.kind is Kind.LEVEL else (self.unit.lower(),)
            value = _number(typed.removesuffix(next((unit for unit in units if typed.endswith(unit)), "")))
        if value is None:
            raise Refused(f"{self.address}: {words!r} is not a value; allowed {self.allowed}")
        return self.check(value)

    def text(self, value: float) -> str:
        """`value` as a display says it."""
        if self.kind is Kind.LEVEL:
            return level_text(value)
        if self.kind is Kind.TOGGLE:
            return "on" if value else "off"
        if self.kind is Kind.CHOICE:
            return self.choices[int(value)]
        if self.kind is Kind.PAN:
            side = round(abs(value) * 100)
            return "C" if side == 0 else f"{'L' if value < 0 else 'R'}{side}"
        number = f"{value:.0f}" if abs(value) >= _KILO else f"{value:.4g}"  # 4g alone says 2e+04 Hz
        return f"{number} {self.unit}".rstrip()

    def engine_value(self, value: float, rate_hz: int) -> float:
        """`value` in the engine's space at `rate_hz`; the value itself where the engine keeps none."""
        space = self.engine.space if self.engine is not None else None
        return _CONVERSIONS[space or _SPACES.get(self.kind, Space.NUMBER)](value, rate_hz)


def _number(words: str) -> float | None:
    """Return the number in `words`, or None."""
    try:
        return float(words)
    except ValueError:
        return None
