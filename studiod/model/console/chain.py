"""Rows of the chain that strips and sums share: equaliser, dynamics, delay, groups."""

from collections.abc import Iterator

from studiod.model.console.layout import MUTE_GROUPS, VCAS
from studiod.model.console.rows import choice, frequency, gain, number, target, time, toggle
from studiod.model.parameter import ParameterSpec, Space
from studiod.model.taper import Logarithmic

EQ_TYPES = ("lowcut", "lowshelf", "bell", "highshelf", "highcut", "notch")
GATE_MODES = ("gate", "expander", "ducker")
KEY_FILTERS = ("off", "lowcut", "highcut", "band")
COMP_MODES = ("compressor", "expander")
DETECTORS = ("peak", "rms")
_STRIP_BANDS = ((120.0, "lowshelf"), (400.0, "bell"), (2500.0, "bell"), (8000.0, "highshelf"))
_BUS_BANDS = (
    (60.0, "lowshelf"),
    (200.0, "bell"),
    (600.0, "bell"),
    (1800.0, "bell"),
    (5000.0, "bell"),
    (10000.0, "highshelf"),
)


def keys(strips: int) -> tuple[str, ...]:
    """What may open a gate or drive a compressor: the channel itself, or a strip."""
    return ("self", *(f"strip:{strip}" for strip in range(1, strips + 1)))


def equaliser(at: str, label: str, channel: int, *, is_strip: bool) -> Iterator[ParameterSpec]:
    """Switch and bands of an equaliser."""
    yield toggle(f"{at}/eq/on", f"{label} EQ on", "EQ on", target("eq.on", channel), "Switches the equaliser in.")
    for band, (corner_hz, shape) in enumerate(_STRIP_BANDS if is_strip else _BUS_BANDS):
        here, named = f"{at}/eq/{band + 1}", f"{label} EQ {band + 1}"
        yield choice(
            f"{here}/type",
            f"{named} type",
            f"EQ{band + 1} typ",
            target("eq.type", channel, band),
            EQ_TYPES,
            "Shape of the band; second order, 12 dB/oct for the cuts.",
            default=shape,
        )
        place = target("eq.freq", channel, band)
        text = "Corner or centre; held under Nyquist at low rates."
        yield frequency(
            f"{here}/freq", f"{named} frequency", f"EQ{band + 1} frq", place, 20.0, 20000.0, corner_hz, text
        )
        place = target("eq.gain", channel, band)
        text = "Boost or cut of a bell or a shelf; cuts and notches have none."
        yield gain(f"{here}/gain", f"{named} gain", f"EQ{band + 1} gn", place, -18.0, 18.0, text)
        yield number(
            f"{here}/q",
            f"{named} Q",
            f"EQ{band + 1} Q",
            "",
            target("eq.q", channel, band),
            0.1,
            18.0,
            0.7,
            "Resonance: narrow is high; 0.707 is the flattest cut.",
            taper=Logarithmic(0.1, 18.0),
        )
        yield toggle(
            f"{here}/on",
            f"{named} on",
            f"EQ{band + 1} on",
            target("eq.band_on", channel, band),
            "Switches the band in.",
            on=True,
        )


def gate(at: str, label: str, channel: int, strips: int) -> Iterator[ParameterSpec]:
    """Rows of a gate."""
    here, named = f"{at}/gate", f"{label} gate"
    yield toggle(f"{here}/on", f"{named} on", "Gate", target("gate.on", channel), "Switches the gate in.")
    text = (
        "gate closes under the threshold by the range; expander closes by the ratio; ducker closes above the threshold."
    )
    yield choice(f"{here}/mode", f"{named} mode", "G mode", target("gate.mode", channel), GATE_MODES, text)
    place = target("gate.threshold", channel, space=Space.OCTAVES)
    yield number(
        f"{here}/threshold",
        f"{named} threshold",
        "G thr",
        "dB",
        place,
        -80.0,
        0.0,
        -60.0,
        "Level of the key (dBFS peak) at which it opens.",
    )
    place = target("gate.range", channel, space=Space.OCTAVES)
    yield number(f"{here}/range", f"{named} range", "G range", "dB", place, 0.0, 80.0, 60.0, "How far it closes.")
    place = target("gate.ratio", channel)
    yield number(
        f"{here}/ratio",
        f"{named} ratio",
        "G ratio",
        ":1",
        place,
        1.0,
        20.0,
        2.0,
        "Steepness of the expander.",
        taper=Logarithmic(1.0, 20.0),
    )
    place = target("gate.attack", channel, space=Space.ONE_POLE)
    yield time(
        f"{here}/attack",
        f"{named} attack",
        "G att",
        place,
        0.0,
        120.0,
        1.0,
        "Time constant of opening (the ducker: of closing).",
    )
    place = target("gate.hold", channel, space=Space.FRAMES)
    yield time(
        f"{here}/hold",
        f"{named} hold",
        "G hold",
        place,
        0.0,
        2000.0,
        50.0,
        "How long it stays open after the key fell.",
    )
    place = target("gate.release", channel, space=Space.ONE_POLE)
    yield time(
        f"{here}/release",
        f"{named} release",
        "G rel",
        place,
        1.0,
        4000.0,
        150.0,
        "Time constant of closing (the ducker: of opening).",
    )
    yield choice(
        f"{here}/key",
        f"{named} key",
        "G key",
        target("gate.key", channel),
        keys(strips),
        "What it listens to: itself, or a strip after its trim.",
    )
    text = "Filter in the key's way: second order, only for listening."
    yield choice(
        f"{here}/key/filter", f"{named} key filter", "Key flt", target("gate.key_type", channel), KEY_FILTERS, text
    )
    place = target("gate.key_freq", channel)
    yield frequency(
        f"{here}/key/freq",
        f"{named} key frequency",
        "Key frq",
        place,
        20.0,
        20000.0,
        1000.0,
        "Corner or centre of the key filter.",
    )
    place = target("gate.key_q", channel)
    yield number(
        f"{here}/key/q",
        f"{named} key Q",
        "Key Q",
        "",
        place,
        0.3,
        18.0,
        2.0,
        "Resonance of the key filter.",
        taper=Logarithmic(0.3, 18.0),
    )


def compressor(at: str, label: str, channel: int, strips: int) -> Iterator[ParameterSpec]:
    """Rows of a compressor."""
    here, named = f"{at}/comp", f"{label} compressor"
    yield toggle(f"{here}/on", f"{named} on", "Comp", target("comp.on", channel), "Switches the compressor in.")
    text = "compressor turns down what is above the threshold, expander what is below."
    yield choice(f"{here}/mode", f"{named} mode", "C mode", target("comp.mode", channel), COMP_MODES, text)
    text = "peak follows every sample, rms the mean square of 10 ms (a full-scale sine reads -3 dB)."
    yield choice(f"{here}/detector", f"{named} detector", "C det", target("comp.detector", channel), DETECTORS, text)
    place = target("comp.threshold", channel, space=Space.OCTAVES)
    yield number(
        f"{here}/threshold",
        f"{named} threshold",
        "C thr",
        "dB",
        place,
        -60.0,
        0.0,
        -20.0,
        "Level of the key in dBFS from which it acts.",
    )
    place = target("comp.ratio", channel)
    yield number(
        f"{here}/ratio",
        f"{named} ratio",
        "C ratio",
        ":1",
        place,
        1.0,
        100.0,
        3.0,
        "Change in for change out; 100 limits.",
        taper=Logarithmic(1.0, 100.0),
    )
    place = target("comp.knee", channel, space=Space.OCTAVES)
    yield number(
        f"{here}/knee",
        f"{named} knee",
        "C knee",
        "dB",
        place,
        0.0,
        24.0,
        6.0,
        "Width of the bend around the threshold.",
    )
    place = target("comp.attack", channel, space=Space.ONE_POLE)
    yield time(
        f"{here}/attack",
        f"{named} attack",
        "C att",
        place,
        0.0,
        200.0,
        10.0,
        "Time for 63 % of a step of gain reduction.",
    )
    place = target("comp.hold", channel, space=Space.FRAMES)
    yield time(
        f"{here}/hold",
        f"{named} hold",
        "C hold",
        place,
        0.0,
        2000.0,
        0.0,
        "How long gain reduction stays before it is released.",
    )
    place = target("comp.release", channel, space=Space.ONE_POLE)
    yield time(
        f"{here}/release",
        f"{named} release",
        "C rel",
        place,
        1.0,
        4000.0,
        150.0,
        "Time constant with which gain reduction falls.",
    )
    place = target("comp.makeup", channel, space=Space.OCTAVES)
    yield number(
        f"{here}/makeup", f"{named} make-up", "C gain", "dB", place, 0.0, 24.0, 0.0, "Gain after the compressor."
    )
    place = target("comp.mix", channel, space=Space.PERCENT)
    yield number(
        f"{here}/mix",
        f"{named} mix",
        "C mix",
        "%",
        place,
        0.0,
        100.0,
        100.0,
        "Compressed against dry: parallel compression under 100.",
    )
    text = "What drives it: the channel itself, or a strip after its trim."
    yield choice(f"{here}/key", f"{named} key", "C key", target("comp.key", channel), keys(strips), text)


def delay(at: str, label: str, channel: int) -> Iterator[ParameterSpec]:
    """Rows of a delay."""
    text = "Switches the delay in; it is faded to once it has heard as much as its time."
    yield toggle(f"{at}/delay/on", f"{label} delay on", "Delay", target("delay.on", channel), text)
    place = target("delay.time", channel, space=Space.FRAMES)
    text = "Delay to the nearest sample; a new time is faded to in 20 ms, once the line has heard as much."
    yield time(f"{at}/delay", f"{label} delay", "Dly ms", place, 0.0, 500.0, 0.0, text)


def groups(at: str, label: str, channel: int) -> Iterator[ParameterSpec]:
    """Which VCAs and mute groups a channel follows."""
    for vca in range(VCAS):
        text = "Its fader and mute follow this VCA."
        yield toggle(
            f"{at}/vca/{vca + 1}",
            f"{label} in VCA {vca + 1}",
            f"VCA {vca + 1}",
            target("channel.vca", channel, vca),
            text,
        )
    for group in range(MUTE_GROUPS):
        text = "This mute group mutes it."
        yield toggle(
            f"{at}/mutegroup/{group + 1}",
            f"{label} in mute group {group + 1}",
            f"MGrp {group + 1}",
            target("channel.mutegroup", channel, group),
            text,
        )
