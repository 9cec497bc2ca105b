"""Rows of what strips are summed into: buses, matrices, main."""

from collections.abc import Iterator

from studiod.model.console.chain import compressor, delay, equaliser, groups
from studiod.model.console.layout import (
    BUS_CHANNEL,
    BUS_ROLES,
    MAIN_CHANNEL,
    MATRIX_CHANNEL,
    MONO_CHANNEL,
    ConsoleLayout,
)
from studiod.model.console.rows import OWN, SET_UP, arm, choice, fader, gain, meter, name, number, pan, target, toggle
from studiod.model.console.strip import PAN_LAWS, send_rows
from studiod.model.parameter import Flag, ParameterSpec, Space

_SUM_METER = "Peak and RMS in dBFS after the fader, then the gain reduction of the compressor in dB."


def bus_rows(bus: int, layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    """Every parameter of bus `bus`, counted from 1."""
    at, channel, label = f"/bus/{bus}", BUS_CHANNEL + bus - 1, f"Bus {bus}"
    yield from _levels(at, label, channel, "Level of the bus at its output.")
    yield toggle(
        f"{at}/solo",
        f"{label} solo",
        "Solo",
        target("channel.solo", channel),
        "Solo of the bus.",
        flags=Flag.REALTIME | Flag.LINKABLE,
    )
    yield arm(f"{at}/arm", label, "The bus is recorded when the transport records.")
    yield name(f"{at}/name", label, layout.bus_names[bus - 1])
    text = "aux feeds an output, group and fx feed main unless main/on says otherwise; /mute/fx mutes those of role fx."
    yield choice(
        f"{at}/role",
        f"{label} role",
        "Role",
        target("bus.role", channel),
        BUS_ROLES,
        text,
        default=layout.bus_role(bus - 1),
        flags=SET_UP,
    )
    yield pan(
        f"{at}/pan",
        f"{label} pan",
        "Pan",
        target("channel.pan", channel),
        "Place on main; of a linked pair the balance.",
    )
    yield choice(
        f"{at}/pan/law",
        f"{label} pan law",
        "Pan law",
        target("channel.pan_law", channel),
        PAN_LAWS,
        "Level at the centre, as of a strip.",
    )
    on = layout.is_on_main(bus - 1)
    yield toggle(
        f"{at}/main/on",
        f"{label} to main",
        "Main",
        target("channel.main_on", channel),
        "Plays into the stereo main.",
        on=on,
    )
    yield toggle(
        f"{at}/mono/on", f"{label} to mono", "Mono", target("channel.mono_on", channel), "Plays into the mono main."
    )
    if bus % 2 and bus < layout.buses:
        yield _link(at, label, channel)
    yield from _chain(at, label, channel, layout)
    yield from groups(at, label, channel)
    for other in range(1, layout.buses + 1):
        if other != bus:
            yield from send_rows(f"{at}/send/{other}", f"{label} send {other}", f"S{other}", channel, other - 1)
    yield from _matrix_sends(at, label, channel, layout)
    yield meter(f"/meter/bus/{bus}", label, _SUM_METER)


def matrix_rows(matrix: int, layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    """Every parameter of matrix `matrix`, counted from 1."""
    at, channel, label = f"/matrix/{matrix}", MATRIX_CHANNEL + matrix - 1, f"Matrix {matrix}"
    yield from _levels(at, label, channel, "Level of the matrix at its output.")
    yield name(f"{at}/name", label, layout.matrix_names[matrix - 1])
    if matrix % 2 and matrix < layout.matrices:
        yield _link(at, label, channel)
    yield from _chain(at, label, channel, layout)
    yield from groups(at, label, channel)
    yield meter(f"/meter/matrix/{matrix}", label, _SUM_METER)


def main_rows(layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    """Every parameter of the stereo main and of the mono main."""
    at, label, channel = "/main", "Main", MAIN_CHANNEL
    yield fader(
        f"{at}/fader",
        "Main fader",
        "Main",
        target("channel.fader", channel),
        0.0,
        "Level of the stereo main, before its limiter.",
    )
    yield toggle(f"{at}/mute", "Main mute", "Mute", target("channel.mute", channel), "Silences main.")
    yield pan(
        f"{at}/balance", "Main balance", "Bal", target("channel.pan", channel), "Turns the far side of main down."
    )
    text = "Width of the stereo picture: 0 is mono, 100 as it is, 200 twice as wide."
    yield number(
        f"{at}/width", "Main width", "Width", "%", target("main.width", space=Space.PERCENT), 0.0, 200.0, 100.0, text
    )
    yield toggle(
        f"{at}/limiter/on",
        "Main limiter on",
        "Lim on",
        target("main.limiter_on"),
        "Switches the limiter; its delay stays.",
        on=True,
    )
    text = "No true peak of main passes it."
    yield gain(
        f"{at}/limiter/ceiling",
        "Main limiter ceiling",
        "Ceil",
        target("main.ceiling"),
        -24.0,
        0.0,
        text,
        default=-1.0,
        unit="dBTP",
    )
    yield from _chain(at, label, channel, layout)
    yield from _matrix_sends(at, label, channel, layout)
    yield arm(f"{at}/arm", label, "Main is recorded (left, right) when the transport records.")
    text = (
        "Peak left, peak right, RMS left, RMS right in dBFS, then the gain reduction of limiter and compressor in dB."
    )
    yield meter("/meter/main", label, text)
    text = "Momentary, short-term and integrated loudness in LUFS, loudness range in LU, true peak in dBTP, of main."
    yield meter("/meter/loudness", "Main loudness", text, unit="LUFS")
    yield from _levels("/mono", "Mono", MONO_CHANNEL, "Level of the mono main.")
    yield from _chain("/mono", "Mono", MONO_CHANNEL, layout)
    yield from _matrix_sends("/mono", "Mono", MONO_CHANNEL, layout)
    yield meter("/meter/mono", "Mono", _SUM_METER)


def _levels(at: str, label: str, channel: int, text: str) -> Iterator[ParameterSpec]:
    yield fader(f"{at}/fader", f"{label} fader", "Fader", target("channel.fader", channel), 0.0, text)
    yield toggle(
        f"{at}/mute",
        f"{label} mute",
        "Mute",
        target("channel.mute", channel),
        f"Silences the {label.split(maxsplit=1)[0].lower()}.",
    )


def _link(at: str, label: str, channel: int) -> ParameterSpec:
    text = "Links this one and the next to a stereo pair: left and right."
    return toggle(f"{at}/link", f"{label} link", "Link", target("channel.link", channel), text, flags=OWN)


def _chain(at: str, label: str, channel: int, layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    yield from equaliser(at, label, channel, is_strip=False)
    yield from compressor(at, label, channel, layout.strips)
    yield from delay(at, label, channel)


def _matrix_sends(at: str, label: str, channel: int, layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    for matrix in range(1, layout.matrices + 1):
        place = target("matrix.level", channel, matrix - 1)
        named, here = f"{label} to matrix {matrix}", f"{at}/matrix/{matrix}"
        yield fader(
            f"{here}/level",
            f"{named} level",
            f"Mx{matrix}",
            place,
            float("-inf"),
            "Level into the matrix, after the fader.",
        )
        yield toggle(
            f"{here}/on",
            f"{named} on",
            f"Mx{matrix} on",
            target("matrix.on", channel, matrix - 1),
            "Switches the send.",
            on=True,
        )
