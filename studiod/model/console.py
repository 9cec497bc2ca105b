"""The one parameter table: every parameter of a desk of a given size. Everything else derives from it."""

from collections.abc import Iterator
from dataclasses import dataclass

from studiod.model.parameter import EngineTarget, Flag, Kind, ParameterSpec
from studiod.model.taper import FADER_HIGH_DB, Fader, Linear, Logarithmic, Stepped
from studiod.model.transport import TransportState
from studiod.model.units import SILENCE_DB

MAX_STRIPS = 128
MAX_BUSES = 16
MONITOR_CHOICES = ("auto", "input", "tape")

_MIX = Flag.REALTIME | Flag.AUTOMATABLE | Flag.PERSISTED | Flag.IN_SCENE | Flag.LINKABLE
_KEPT = Flag.PERSISTED | Flag.IN_SCENE


@dataclass(frozen=True, slots=True)
class ConsoleLayout:
    """How big the desk is. `strip_inputs[i]` is the 1-based hardware input of strip i+1, 0 for none."""

    strips: int
    buses: int
    strip_inputs: tuple[int, ...]
    strip_names: tuple[str, ...]
    bus_names: tuple[str, ...]


def console_parameters(layout: ConsoleLayout) -> tuple[ParameterSpec, ...]:
    """Every parameter of the desk, in the order that gives the engine its slots."""
    return (
        *(spec for strip in range(1, layout.strips + 1) for spec in _strip(strip, layout)),
        *(spec for bus in range(1, layout.buses + 1) for spec in _bus(bus, layout)),
        *_main(),
        *_transport(),
    )


def _level(address: str, label: str, short: str, target: EngineTarget, default: float, text: str) -> ParameterSpec:
    return ParameterSpec(
        address,
        Kind.LEVEL,
        label,
        short,
        "dB",
        low=SILENCE_DB,
        high=FADER_HIGH_DB,
        default=default,
        taper=Fader(),
        flags=_MIX,
        engine=target,
        help=text,
    )


def _toggle(
    address: str,
    label: str,
    short: str,
    target: EngineTarget | None,
    text: str,
    *,
    on: bool = False,
    flags: Flag = _MIX,
) -> ParameterSpec:
    return ParameterSpec(
        address,
        Kind.TOGGLE,
        label,
        short,
        default=float(on),
        taper=Stepped(2),
        flags=flags,
        engine=target,
        help=text,
    )


def _arm(address: str, label: str, text: str, target: EngineTarget | None = None) -> ParameterSpec:
    flags = Flag.PERSISTED | Flag.PROTECTED | (Flag.REALTIME if target else Flag.NONE)
    return _toggle(address, f"{label} record arm", "Arm", target, text, flags=flags)


def _name(address: str, label: str, default: str) -> ParameterSpec:
    return ParameterSpec(
        address,
        Kind.TEXT,
        f"{label} name",
        "Name",
        default_text=default,
        flags=_KEPT,
        help="What the scribble strip shows.",
    )


def _meter(address: str, label: str, text: str) -> ParameterSpec:
    return ParameterSpec(
        address,
        Kind.METER,
        f"{label} meter",
        "Meter",
        "dB",
        low=SILENCE_DB,
        high=24.0,
        default=SILENCE_DB,
        flags=Flag.READ_ONLY,
        help=text,
    )


def _strip(strip: int, layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    at, lane, label = f"/strip/{strip}", strip - 1, f"Strip {strip}"
    yield _level(
        f"{at}/fader",
        f"{label} fader",
        "Fader",
        EngineTarget("strip.fader", lane),
        0.0,
        "Level into main and post-fader sends.",
    )
    yield _toggle(
        f"{at}/mute",
        f"{label} mute",
        "Mute",
        EngineTarget("strip.mute", lane),
        "Silences main and every send; the take is not touched.",
    )
    yield _toggle(
        f"{at}/solo",
        f"{label} solo",
        "Solo",
        EngineTarget("strip.solo", lane),
        "Solo in place: strips without solo leave main; sends stay.",
        flags=Flag.REALTIME,
    )
    text = "The strip's input is recorded when the transport records; then the strip plays its input."
    yield _arm(f"{at}/arm", label, text, EngineTarget("strip.arm", lane))
    yield ParameterSpec(
        f"{at}/pan",
        Kind.PAN,
        f"{label} pan",
        "Pan",
        low=-1.0,
        high=1.0,
        taper=Linear(-1.0, 1.0),
        flags=_MIX,
        engine=EngineTarget("strip.pan", lane),
        help="-1 left, 0 centre, +1 right; constant power, -3 dB at the centre.",
    )
    yield ParameterSpec(
        f"{at}/trim",
        Kind.LEVEL,
        f"{label} trim",
        "Trim",
        "dB",
        low=-24.0,
        high=24.0,
        taper=Linear(-24.0, 24.0),
        flags=_MIX,
        engine=EngineTarget("strip.trim", lane),
        help="Digital gain at the head of the strip; takes hold the input before it.",
    )
    yield _toggle(
        f"{at}/polarity", f"{label} polarity", "Pol", EngineTarget("strip.polarity", lane), "On inverts the signal."
    )
    yield ParameterSpec(
        f"{at}/hpf",
        Kind.FREQ,
        f"{label} high-pass",
        "HPF",
        "Hz",
        low=20.0,
        high=400.0,
        default=80.0,
        taper=Logarithmic(20.0, 400.0),
        flags=_MIX,
        engine=EngineTarget("strip.hpf", lane),
        help="Corner (-3 dB) of a 12 dB/oct Butterworth high-pass.",
    )
    yield _toggle(
        f"{at}/hpf/on",
        f"{label} high-pass on",
        "HPF on",
        EngineTarget("strip.hpf_on", lane),
        "Switches the high-pass in.",
    )
    yield ParameterSpec(
        f"{at}/monitor",
        Kind.CHOICE,
        f"{label} monitor",
        "Monitor",
        high=float(len(MONITOR_CHOICES) - 1),
        taper=Stepped(len(MONITOR_CHOICES)),
        choices=MONITOR_CHOICES,
        flags=Flag.REALTIME | _KEPT,
        engine=EngineTarget("strip.monitor", lane),
        help="What the strip plays: auto is the tape while it plays (the input while it records), else the input.",
    )
    yield _name(f"{at}/name", label, layout.strip_names[lane])
    for bus in range(1, layout.buses + 1):
        yield from _send(lane, bus, f"{at}/send/{bus}", f"{label} send {bus}")
    yield _meter(f"/meter/strip/{strip}", label, "Peak and RMS in dBFS after trim, before the fader.")


def _send(lane: int, bus: int, at: str, label: str) -> Iterator[ParameterSpec]:
    level, switch, pre = (EngineTarget(f"send.{word}", lane, bus - 1) for word in ("level", "on", "pre"))
    yield _level(f"{at}/level", f"{label} level", f"Snd {bus}", level, SILENCE_DB, "Level into the bus.")
    yield _toggle(f"{at}/on", f"{label} on", f"S{bus} on", switch, "Switches the send.", on=True)
    yield _toggle(f"{at}/pre", f"{label} pre", f"S{bus} pre", pre, "On takes the signal before the fader.")


def _bus(bus: int, layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    at, index, label = f"/bus/{bus}", bus - 1, f"Bus {bus}"
    fader, mute = EngineTarget("bus.fader", index), EngineTarget("bus.mute", index)
    yield _level(f"{at}/fader", f"{label} fader", "Fader", fader, 0.0, "Level of the bus at its output.")
    yield _toggle(f"{at}/mute", f"{label} mute", "Mute", mute, "Silences the bus.")
    yield _arm(f"{at}/arm", label, "The bus is recorded when the transport records.")
    yield _name(f"{at}/name", label, layout.bus_names[index])
    yield _meter(f"/meter/bus/{bus}", label, "Peak and RMS in dBFS after the fader.")


def _main() -> Iterator[ParameterSpec]:
    fader, mute = EngineTarget("main.fader"), EngineTarget("main.mute")
    yield _level("/main/fader", "Main fader", "Main", fader, 0.0, "Level of the stereo main, before its limiter.")
    yield _toggle("/main/mute", "Main mute", "Mute", mute, "Silences main.")
    yield ParameterSpec(
        "/main/limiter/ceiling",
        Kind.LEVEL,
        "Main limiter ceiling",
        "Ceil",
        "dBFS",
        low=-24.0,
        high=0.0,
        default=-0.3,
        taper=Linear(-24.0, 0.0),
        flags=_MIX,
        engine=EngineTarget("main.ceiling"),
        help="No sample of main ever passes it.",
    )
    yield _arm("/main/arm", "Main", "Main is recorded (left, right) when the transport records.")
    yield _meter(
        "/meter/main",
        "Main",
        "Peak left, peak right, RMS left, RMS right in dBFS, and the limiter's gain reduction in dB.",
    )


def _trigger(address: str, short: str, text: str, *, flags: Flag = Flag.NONE, argument: str = "") -> ParameterSpec:
    return ParameterSpec(
        address, Kind.TRIGGER, address[1:].replace("/", " "), short, unit=argument, flags=flags, help=text
    )


def _transport() -> Iterator[ParameterSpec]:
    yield _trigger("/transport/play", "Play", "Rolls from the position.")
    yield _trigger("/transport/stop", "Stop", "Stops; after recording, goes back to where the take began.")
    yield _trigger("/transport/record", "Record", "Rolls and records everything armed.", flags=Flag.PROTECTED)
    yield _trigger("/transport/locate", "Locate", "Goes to a position in seconds.", argument="s")
    yield ParameterSpec(
        "/transport/state",
        Kind.CHOICE,
        "Transport state",
        "State",
        high=float(len(TransportState) - 1),
        taper=Stepped(len(TransportState)),
        choices=tuple(state.word for state in TransportState),
        flags=Flag.READ_ONLY,
        help="What the transport does now.",
    )
    yield ParameterSpec(
        "/transport/position",
        Kind.METER,
        "Transport position",
        "Pos",
        "s",
        0.0,
        1e9,
        flags=Flag.READ_ONLY,
        help="Position in seconds, and as text.",
    )
