"""How rows of the parameter table are written: one function for each sort of control."""

from studiod.model.parameter import EngineTarget, Flag, Kind, ParameterSpec, Space
from studiod.model.taper import FADER_HIGH_DB, Fader, Linear, Logarithmic, Power, Stepped, Taper
from studiod.model.units import SILENCE_DB

MIX = Flag.REALTIME | Flag.AUTOMATABLE | Flag.PERSISTED | Flag.IN_SCENE | Flag.LINKABLE
OWN = Flag.REALTIME | Flag.AUTOMATABLE | Flag.PERSISTED | Flag.IN_SCENE
"""As MIX, for what a linked neighbour keeps to itself."""
SET_UP = Flag.REALTIME | Flag.PERSISTED
"""How the studio is wired: kept, but no scene pulls a plug."""


def target(control: str, index: int = 0, sub: int = 0, space: Space | None = None) -> EngineTarget:
    """Where the engine keeps it."""
    return EngineTarget(control, index, sub, space)


def fader(
    address: str, label: str, short: str, at: EngineTarget, default: float, text: str, *, flags: Flag = MIX
) -> ParameterSpec:
    """A level on the fader law, -inf..+10 dB."""
    return ParameterSpec(
        address,
        Kind.LEVEL,
        label,
        short,
        "dB",
        SILENCE_DB,
        FADER_HIGH_DB,
        default,
        taper=Fader(),
        flags=flags,
        engine=at,
        help=text,
    )


def gain(
    address: str,
    label: str,
    short: str,
    at: EngineTarget,
    low: float,
    high: float,
    text: str,
    *,
    default: float = 0.0,
    unit: str = "dB",
    flags: Flag = MIX,
) -> ParameterSpec:
    """A level on an even throw."""
    return ParameterSpec(
        address,
        Kind.LEVEL,
        label,
        short,
        unit,
        low,
        high,
        default,
        taper=Linear(low, high),
        flags=flags,
        engine=at,
        help=text,
    )


def frequency(
    address: str,
    label: str,
    short: str,
    at: EngineTarget,
    low: float,
    high: float,
    default: float,
    text: str,
    *,
    flags: Flag = MIX,
) -> ParameterSpec:
    """A frequency in Hz, equal ratios along the throw."""
    return ParameterSpec(
        address,
        Kind.FREQ,
        label,
        short,
        "Hz",
        low,
        high,
        default,
        taper=Logarithmic(low, high),
        flags=flags,
        engine=at,
        help=text,
    )


def time(
    address: str,
    label: str,
    short: str,
    at: EngineTarget,
    low: float,
    high: float,
    default: float,
    text: str,
    *,
    flags: Flag = MIX,
) -> ParameterSpec:
    """A time in milliseconds, finer towards its short end."""
    return ParameterSpec(
        address,
        Kind.TIME,
        label,
        short,
        "ms",
        low,
        high,
        default,
        taper=Power(low, high, 3.0),
        flags=flags,
        engine=at,
        help=text,
    )


def number(
    address: str,
    label: str,
    short: str,
    unit: str,
    at: EngineTarget,
    low: float,
    high: float,
    default: float,
    text: str,
    *,
    taper: Taper | None = None,
    flags: Flag = MIX,
) -> ParameterSpec:
    """A plain number."""
    law = taper if taper is not None else Linear(low, high)
    return ParameterSpec(
        address, Kind.RATIO, label, short, unit, low, high, default, taper=law, flags=flags, engine=at, help=text
    )


def pan(address: str, label: str, short: str, at: EngineTarget, text: str, *, flags: Flag = MIX) -> ParameterSpec:
    """A place between left (-1) and right (+1)."""
    return ParameterSpec(
        address, Kind.PAN, label, short, low=-1.0, high=1.0, taper=Linear(-1.0, 1.0), flags=flags, engine=at, help=text
    )


def toggle(
    address: str, label: str, short: str, at: EngineTarget | None, text: str, *, on: bool = False, flags: Flag = MIX
) -> ParameterSpec:
    """On or off."""
    return ParameterSpec(
        address, Kind.TOGGLE, label, short, default=float(on), taper=Stepped(2), flags=flags, engine=at, help=text
    )


def choice(
    address: str,
    label: str,
    short: str,
    at: EngineTarget | None,
    choices: tuple[str, ...],
    text: str,
    *,
    default: str = "",
    flags: Flag = MIX,
) -> ParameterSpec:
    """One of a few words; the first is the default unless another is named."""
    first = float(choices.index(default)) if default else 0.0
    return ParameterSpec(
        address,
        Kind.CHOICE,
        label,
        short,
        high=float(len(choices) - 1),
        default=first,
        taper=Stepped(len(choices)),
        choices=choices,
        flags=flags,
        engine=at,
        help=text,
    )


def name(address: str, label: str, default: str) -> ParameterSpec:
    """What a person calls it."""
    return ParameterSpec(
        address,
        Kind.TEXT,
        f"{label} name",
        "Name",
        default_text=default,
        flags=Flag.PERSISTED | Flag.IN_SCENE,
        help="What the scribble strip shows.",
    )


def arm(address: str, label: str, text: str, at: EngineTarget | None = None, *, short: str = "Arm") -> ParameterSpec:
    """A record arm: safe from patterns, scenes and strangers."""
    flags = Flag.PERSISTED | Flag.PROTECTED | (Flag.REALTIME if at else Flag.NONE)
    return toggle(address, f"{label} record arm", short, at, text, flags=flags)


def meter(address: str, label: str, text: str, *, unit: str = "dB") -> ParameterSpec:
    """A reading."""
    return ParameterSpec(
        address,
        Kind.METER,
        f"{label} meter",
        "Meter",
        unit,
        SILENCE_DB,
        24.0,
        SILENCE_DB,
        flags=Flag.READ_ONLY,
        help=text,
    )


def trigger(address: str, short: str, text: str, *, flags: Flag = Flag.NONE, argument: str = "") -> ParameterSpec:
    """A command."""
    return ParameterSpec(
        address, Kind.TRIGGER, address[1:].replace("/", " "), short, unit=argument, flags=flags, help=text
    )
