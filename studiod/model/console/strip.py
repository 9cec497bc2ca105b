"""Rows of a strip."""

from collections.abc import Iterator

from studiod.model.console.chain import compressor, delay, equaliser, gate, groups
from studiod.model.console.layout import ConsoleLayout
from studiod.model.console.rows import (
    OWN,
    SET_UP,
    arm,
    choice,
    fader,
    frequency,
    gain,
    meter,
    name,
    number,
    pan,
    target,
    toggle,
)
from studiod.model.parameter import Flag, ParameterSpec
from studiod.model.taper import Power

MONITOR_CHOICES = ("auto", "input", "tape")
MONITOR_BOTH = len(MONITOR_CHOICES)
"""The engine's alone: the input on top of the tape, as in a rehearsal of sound-on-sound."""
SLOPES = ("12", "18", "24")
PAN_LAWS = ("-3", "-4.5", "-6", "balance")
TAPS = ("post", "pre", "eq")
MAX_INSERT_FRAMES = 16384


def sources(buses: int) -> tuple[str, ...]:
    """What a strip may play in place of its input."""
    return ("input", "oscillator", "click", *(f"bus:{bus}" for bus in range(1, buses + 1)))


def outputs(count: int) -> tuple[str, ...]:
    """Hardware outputs a signal may be patched to."""
    return ("off", *(str(output) for output in range(1, count + 1)))


def strip_rows(strip: int, layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    """Every parameter of strip `strip`, counted from 1."""
    at, lane, label = f"/strip/{strip}", strip - 1, f"Strip {strip}"
    yield fader(
        f"{at}/fader",
        f"{label} fader",
        "Fader",
        target("channel.fader", lane),
        0.0,
        "Level into main and post-fader sends.",
    )
    yield toggle(
        f"{at}/mute",
        f"{label} mute",
        "Mute",
        target("channel.mute", lane),
        "Silences main and every send; the take is not touched.",
    )
    text = "Solo, as /solo/mode says: heard in the monitor section, or in place on main."
    yield toggle(
        f"{at}/solo", f"{label} solo", "Solo", target("channel.solo", lane), text, flags=Flag.REALTIME | Flag.LINKABLE
    )
    text = "Solo in place never mutes it."
    yield toggle(
        f"{at}/solo/safe",
        f"{label} solo safe",
        "SoloSaf",
        target("channel.solo_safe", lane),
        text,
        flags=OWN | Flag.LINKABLE,
    )
    text = "The strip's input is recorded when the transport records; then the strip plays its input."
    yield arm(f"{at}/arm", label, text, target("strip.arm", lane))
    text = "The strip is also recorded after trim and polarity: a track for use elsewhere, which no strip plays."
    yield arm(f"{at}/trimmed/arm", f"{label} trimmed", text, target("strip.trimmed", lane), short="TrimArm")
    text = "The strip cannot be armed, trimmed or not, and /arm/all passes it over; switching it on disarms the strip."
    yield toggle(f"{at}/recordsafe", f"{label} record safe", "RecSafe", None, text, flags=Flag.PERSISTED)
    text = "-1 left, 0 centre, +1 right; of a linked pair the balance."
    yield pan(f"{at}/pan", f"{label} pan", "Pan", target("channel.pan", lane), text)
    text = "Level at the centre: -3 dB constant power, -4.5 dB, -6 dB linear; balance only turns the far side down."
    yield choice(f"{at}/pan/law", f"{label} pan law", "Pan law", target("channel.pan_law", lane), PAN_LAWS, text)
    text = "Digital gain at the head of the strip; takes hold the input before it, or a track after it, too."
    yield gain(f"{at}/trim", f"{label} trim", "Trim", target("strip.trim", lane), -24.0, 24.0, text)
    yield toggle(
        f"{at}/polarity",
        f"{label} polarity",
        "Pol",
        target("strip.polarity", lane),
        "On inverts the signal.",
        flags=OWN,
    )
    text = "What the strip plays: its input, the oscillator, the click, or a bus (a return)."
    yield choice(
        f"{at}/source",
        f"{label} source",
        "Source",
        target("strip.source", lane),
        sources(layout.buses),
        text,
        flags=SET_UP,
    )
    text = "Corner (-3 dB) of the Butterworth high-pass."
    yield frequency(f"{at}/hpf", f"{label} high-pass", "HPF", target("strip.hpf", lane), 20.0, 400.0, 80.0, text)
    yield toggle(
        f"{at}/hpf/on", f"{label} high-pass on", "HPF on", target("strip.hpf_on", lane), "Switches the high-pass in."
    )
    yield choice(
        f"{at}/hpf/slope",
        f"{label} high-pass slope",
        "HPF slp",
        target("strip.hpf_slope", lane),
        SLOPES,
        "Steepness in dB per octave.",
    )
    yield from gate(at, label, lane, layout.strips)
    yield from equaliser(at, label, lane, is_strip=True)
    yield from compressor(at, label, lane, layout.strips)
    yield from _insert(at, label, lane, layout)
    yield from delay(at, label, lane)
    text = (
        "What the strip plays: auto is the tape while it plays (the input while it records, both with sound on sound), "
        "else the input."
    )
    yield choice(
        f"{at}/monitor",
        f"{label} monitor",
        "Monitor",
        target("strip.monitor", lane),
        MONITOR_CHOICES,
        text,
        flags=SET_UP | Flag.IN_SCENE,
    )
    yield toggle(
        f"{at}/main/on",
        f"{label} to main",
        "Main",
        target("channel.main_on", lane),
        "Plays into the stereo main.",
        on=True,
    )
    yield toggle(
        f"{at}/mono/on", f"{label} to mono", "Mono", target("channel.mono_on", lane), "Plays into the mono main."
    )
    text = "Hardware output that carries the strip alone."
    yield choice(
        f"{at}/direct/output",
        f"{label} direct out",
        "Direct",
        target("strip.direct", lane),
        outputs(layout.outputs),
        text,
        flags=SET_UP,
    )
    text = "Where the direct out is taken: after the fader, before the fader, before the equaliser."
    yield choice(
        f"{at}/direct/tap",
        f"{label} direct tap",
        "Dir tap",
        target("strip.direct_tap", lane),
        TAPS,
        text,
        default="pre",
        flags=OWN,
    )
    if strip % 2 and strip < layout.strips:
        text = "Links this strip and the next to a stereo pair: what is set on one is set on both, dynamics act as one."
        yield toggle(f"{at}/link", f"{label} link", "Link", target("channel.link", lane), text, flags=OWN)
    yield from groups(at, label, lane)
    yield name(f"{at}/name", label, layout.strip_names[lane])
    for bus in range(1, layout.buses + 1):
        yield from send_rows(f"{at}/send/{bus}", f"{label} send {bus}", f"S{bus}", lane, bus - 1)
    text = "Peak and RMS in dBFS after trim, then the gain reduction of gate and compressor in dB."
    yield meter(f"/meter/strip/{strip}", label, text)


def send_rows(at: str, label: str, short: str, channel: int, bus: int) -> Iterator[ParameterSpec]:
    """Rows of one send into the bus at index `bus`."""
    level, switch, tap, place = (target(f"send.{word}", channel, bus) for word in ("level", "on", "tap", "pan"))
    yield fader(f"{at}/level", f"{label} level", f"{short} lvl", level, float("-inf"), "Level into the bus.")
    yield toggle(f"{at}/on", f"{label} on", f"{short} on", switch, "Switches the send.", on=True)
    text = "Where it is taken: after the fader, before the fader, before the equaliser."
    yield choice(f"{at}/tap", f"{label} tap", f"{short} tap", tap, TAPS, text)
    yield pan(
        f"{at}/pan",
        f"{label} pan",
        f"{short} pan",
        place,
        "Between the sides of a linked pair of buses; a bus by itself has none.",
    )


def _insert(at: str, label: str, lane: int, layout: ConsoleLayout) -> Iterator[ParameterSpec]:
    here, named = f"{at}/insert", f"{label} insert"
    yield toggle(
        f"{here}/on",
        f"{named} on",
        "Insert",
        target("insert.on", lane),
        "Sends the strip through the hardware insert.",
        flags=OWN,
    )
    place = target("insert.output", lane)
    yield choice(
        f"{here}/output",
        f"{named} output",
        "Ins out",
        place,
        outputs(layout.outputs),
        "Hardware output to the device.",
        flags=SET_UP,
    )
    place = target("insert.input", lane)
    yield choice(
        f"{here}/input",
        f"{named} input",
        "Ins in",
        place,
        outputs(layout.inputs),
        "Hardware input from the device.",
        flags=SET_UP,
    )
    text = "Round trip in samples, there and back: every other path waits for it."
    top = float(MAX_INSERT_FRAMES)
    law = Power(0.0, top, 3.0)
    yield number(
        f"{here}/latency",
        f"{named} latency",
        "Ins lat",
        "samples",
        target("insert.latency", lane),
        0.0,
        top,
        0.0,
        text,
        taper=law,
        flags=SET_UP,
    )
