"""Rows of what serves the whole desk: VCAs, mute groups, monitor, talkback, oscillator, click."""

from collections.abc import Iterator

from studiod.model.console.layout import MUTE_GROUPS, VCAS, ConsoleLayout
from studiod.model.console.rows import (
    OWN,
    SET_UP,
    choice,
    fader,
    frequency,
    gain,
    meter,
    name,
    number,
    target,
    toggle,
    trigger,
)
from studiod.model.parameter import Flag, ParameterSpec, Space

SOLO_MODES = ("pfl", "afl", "sip")
SHAPES = ("sine", "pink", "white", "sweep")
MOST_BEATS = 16
_NOW = Flag.REALTIME  # a button of the moment: not kept
_SAFE_NOW = _NOW | Flag.PROTECTED


def section_rows(layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    """Every parameter that belongs to no channel."""
    yield from _groups()
    yield from _monitor(layout)
    yield from _talkback(layout)
    yield from _oscillator(layout)
    yield from _click(layout)
    yield from _loudness(layout)


def _groups() -> Iterator[ParameterSpec]:
    for vca in range(1, VCAS + 1):
        at, label = f"/vca/{vca}", f"VCA {vca}"
        yield fader(
            f"{at}/fader",
            f"{label} fader",
            "Fader",
            target("vca.fader", vca - 1),
            0.0,
            "Adds to the fader of all that follow it.",
            flags=OWN,
        )
        yield toggle(
            f"{at}/mute", f"{label} mute", "Mute", target("vca.mute", vca - 1), "Mutes all that follow it.", flags=OWN
        )
        yield name(f"{at}/name", label, label)
    for group in range(1, MUTE_GROUPS + 1):
        at, label = f"/mutegroup/{group}", f"Mute group {group}"
        yield toggle(
            f"{at}/on",
            f"{label} on",
            f"MGrp {group}",
            target("mutegroup.on", group - 1),
            "Mutes every member.",
            flags=OWN,
        )
        yield name(f"{at}/name", label, label)
    yield toggle("/mute/fx", "Mute all effects", "Mute FX", target("mute.fx"), "Mutes every bus of role fx.", flags=OWN)


def _monitor(layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    heard = ("main", "mono", *(f"bus:{bus}" for bus in range(1, layout.buses + 1)))
    text = "What the monitor outputs play while nothing is soloed; of a linked pair of buses both sides."
    yield choice("/monitor/source", "Monitor source", "Mon src", target("monitor.source"), heard, text, flags=SET_UP)
    yield fader(
        "/monitor/level",
        "Monitor level",
        "Monitor",
        target("monitor.level"),
        0.0,
        "Level of the monitor outputs.",
        flags=SET_UP,
    )
    yield toggle(
        "/monitor/dim",
        "Monitor dim",
        "Dim",
        target("monitor.dim"),
        "Turns the monitor down by the dim level.",
        flags=_NOW,
    )
    yield gain(
        "/monitor/dim/level",
        "Monitor dim level",
        "Dim lvl",
        target("monitor.dim_level"),
        -40.0,
        0.0,
        "What dim does.",
        default=-20.0,
        flags=SET_UP,
    )
    yield toggle(
        "/monitor/mono", "Monitor mono", "Mon mno", target("monitor.mono"), "Both sides play the half sum.", flags=_NOW
    )
    yield toggle(
        "/monitor/mute", "Monitor mute", "Mon mut", target("monitor.mute"), "Silences the monitor outputs.", flags=_NOW
    )
    text = "pfl: before the fader, in the monitor; afl: after fader and pan, in the monitor; sip: in place, on main."
    default = "pfl" if layout.has_monitor else "sip"
    yield choice(
        "/solo/mode", "Solo mode", "Solo md", target("solo.mode"), SOLO_MODES, text, default=default, flags=SET_UP
    )
    yield fader(
        "/solo/level",
        "Solo level",
        "Solo lv",
        target("solo.level"),
        0.0,
        "Level of what is soloed in the monitor.",
        flags=SET_UP,
    )
    yield trigger("/solo/clear", "SoloClr", "Ends every solo.")
    text = "Feeds every strip from its track instead of its input; silence where it has none, or while nothing rolls."
    # not kept: a stage box that starts must hear its stage
    yield toggle("/soundcheck", "Virtual soundcheck", "Sndchk", target("soundcheck.on"), text, flags=_SAFE_NOW)


def _destinations(
    at: str, label: str, short: str, word: str, layout: ConsoleLayout, *, flags: Flag = SET_UP
) -> Iterator[ParameterSpec]:
    yield toggle(
        f"{at}/main", f"{label} to main", f"{short} mn", target(f"{word}.main"), "Plays into main.", flags=flags
    )
    for bus in range(1, layout.buses + 1):
        yield toggle(
            f"{at}/bus/{bus}",
            f"{label} to bus {bus}",
            f"{short} {bus}",
            target(f"{word}.bus", 0, bus - 1),
            "Plays into the bus.",
            flags=flags,
        )


def _talkback(layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    text = "Opens the talkback microphone to its destinations."
    yield toggle("/talkback/on", "Talkback on", "Talk", target("talkback.on"), text, flags=_NOW)
    yield fader(
        "/talkback/level",
        "Talkback level",
        "Talk lv",
        target("talkback.level"),
        0.0,
        "Level of the talkback.",
        flags=SET_UP,
    )
    yield toggle(
        "/talkback/autodim",
        "Talkback auto-dim",
        "TalkDim",
        target("talkback.autodim"),
        "Dims the monitor while talking.",
        on=True,
        flags=SET_UP,
    )
    yield from _destinations("/talkback", "Talkback", "Talk", "talkback", layout)


def _oscillator(layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    yield toggle(
        "/oscillator/on", "Oscillator on", "Osc", target("oscillator.on"), "Lets the oscillator sound.", flags=_NOW
    )
    text = "sine at the frequency, pink or white noise, or a sweep from 20 Hz to 20 kHz."
    yield choice(
        "/oscillator/shape", "Oscillator shape", "Osc shp", target("oscillator.shape"), SHAPES, text, flags=SET_UP
    )
    place = target("oscillator.freq", space=Space.NUMBER)
    yield frequency(
        "/oscillator/freq",
        "Oscillator frequency",
        "Osc frq",
        place,
        20.0,
        20000.0,
        1000.0,
        "Frequency of the sine.",
        flags=SET_UP,
    )
    text = "Peak of the sine in dBFS; noise at the same setting is 20 dB lower in RMS."
    yield fader(
        "/oscillator/level", "Oscillator level", "Osc lvl", target("oscillator.level"), -20.0, text, flags=SET_UP
    )
    yield from _destinations("/oscillator", "Oscillator", "Osc", "oscillator", layout)


def _click(layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    yield toggle("/click/on", "Click on", "Click", target("click.on"), "Clicks while the transport rolls.", flags=OWN)
    text = "Clicks while it stands, too: beats from where the click was switched on."
    yield toggle("/click/free", "Click runs free", "Clk fre", target("click.free"), text, flags=OWN)
    yield number(
        "/click/tempo",
        "Click tempo",
        "Tempo",
        "bpm",
        target("click.tempo"),
        20.0,
        300.0,
        120.0,
        "Beats in a minute.",
        flags=OWN,
    )
    counts = tuple(str(count) for count in range(1, MOST_BEATS + 1))
    text = "Beats of a bar; the first has the accent."
    yield choice("/click/beats", "Click beats", "Beats", target("click.beats"), counts, text, default="4", flags=OWN)
    text = "Clicks in a beat: 1 beats only, 2 eighths, 3 triplets, 4 sixteenths."
    place = target("click.subdivision")
    yield choice("/click/subdivision", "Click subdivision", "Subdiv", place, counts[:4], text, flags=OWN)
    yield gain(
        "/click/accent",
        "Click accent",
        "Accent",
        target("click.accent"),
        0.0,
        12.0,
        "How much louder the first beat is.",
        default=4.0,
        flags=OWN,
    )
    yield fader(
        "/click/level", "Click level", "Clk lvl", target("click.level"), -12.0, "Level of the click.", flags=OWN
    )
    yield from _destinations("/click", "Click", "Clk", "click", layout, flags=OWN)


def _loudness(layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    text = "Measures the loudness of main; what is switched off costs a small machine nothing."
    yield toggle("/loudness/on", "Loudness on", "Ldn", target("loudness.on"), text, on=True, flags=SET_UP)
    chosen = ("off", *(f"bus:{bus}" for bus in range(1, layout.buses + 1)))
    text = "The bus whose loudness is measured besides main; of a linked pair both sides."
    yield choice(
        "/loudness/source", "Loudness source", "Ldn src", target("loudness.source"), chosen, text, flags=SET_UP
    )
    yield trigger("/loudness/reset", "LdnRst", "Begins integrated loudness, range and maxima anew.")
    text = "Momentary, short-term and integrated loudness in LUFS, range in LU, true peak in dBTP, of /loudness/source."
    yield meter("/meter/loudness/source", "Chosen loudness", text, unit="LUFS")
