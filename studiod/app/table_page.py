"""The parameter table as a page of the handbook: what is alike on many channels stands in one row."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from studiod.model.console import MAX_BUSES, MAX_MATRICES, MAX_STRIPS
from studiod.model.parameter import TEXT_BYTES, Flag, Kind, ParameterSpec

_CHANNEL, _SUM = "{channel}", "{sum}"
_BAND = "{band}"
# Numbers to letters, then channels that have the same rows to one word.
_FOLDS = (
    (re.compile(r"^(/meter)?/(strip|bus|matrix)/\d+"), r"\1/\2/{n}"),
    (re.compile(r"^/midi/\d+(?=/(?!port))"), "/midi/{n}"),
    (re.compile(r"^/midi/(?!1/)\d+(?=/port)"), "/midi/{n}"),  # the first one hears every keyboard, the others none
    (re.compile(r"(?<=/send/)\d+"), "{b}"),
    (re.compile(r"^(/talkback|/oscillator|/click)/bus/\d+"), r"\1/bus/{b}"),
    (re.compile(r"(?<=/matrix/)\d+(?=/(?:level|on)$)"), "{m}"),
    (re.compile(r"(?<=/vca/)\d+"), "{v}"),
    (re.compile(r"(?<=/mutegroup/)\d+"), "{g}"),
    (re.compile(r"(?<=/eq/)\d+"), _BAND),
    (re.compile(r"^(/bus/{n}|/matrix/{n}|/main|/mono)(?=/eq/{band}/)"), _SUM),
    (re.compile(r"^(/strip/{n}|/bus/{n}|/matrix/{n}|/main|/mono)(?=/(eq/on|comp|delay|vca|mutegroup)\b)"), _CHANNEL),
    (re.compile(r"^(/strip/{n}|/bus/{n})(?=/send/)"), _CHANNEL),
    (re.compile(r"^(/bus/{n}|/main|/mono)(?=/matrix/)"), _SUM),
)
_RUN = re.compile(r"(?<![^,])( ?)((?:[a-z]+:)?)1(?:, \2(\d+))+")


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    about: str
    place: re.Pattern[str]
    lines: list[str] = field(default_factory=list)


_SECTIONS = (
    ("Strips", r"/strip/(?!{n}/(gate|eq)/)", "Odd strips that have a neighbour have a `link`."),
    ("Sends", r"{channel}/send/", "From strips and buses (`{channel}`: `/strip/{n}`, `/bus/{n}`) into bus `{b}`."),
    ("Gates", r"/strip/{n}/gate/", "Strips only."),
    (
        "Equalisers",
        r".*/eq/",
        "Four bands in strips, six in every `{sum}` (`/bus/{n}`, `/matrix/{n}`, `/main`, `/mono`); defaults by band.",
    ),
    ("Compressors", r"{channel}/comp/", "`{channel}`: `/strip/{n}`, `/bus/{n}`, `/matrix/{n}`, `/main`, `/mono`."),
    (
        "Delays, VCAs and mute groups of a channel",
        r"{channel}/(delay|vca|mutegroup)",
        "A delay in each; strips, buses and matrices follow VCAs (`{v}`, 1..8) and mute groups (`{g}`, 1..6), too.",
    ),
    (
        "Buses",
        r"/bus/",
        "Role and `main/on` begin as the configuration says; odd buses that have a neighbour have a `link`.",
    ),
    ("Sends to matrices", r"{sum}/matrix/", "From every `{sum}` (`/bus/{n}`, `/main`, `/mono`) into matrix `{m}`."),
    ("Matrices", r"/matrix/", "Odd matrices that have a neighbour have a `link`."),
    ("Main", r"/(main|mono)/", "The stereo main, and the mono main beside it."),
    ("VCAs and mute groups", r"/(vca|mutegroup|mute)/", "What they do to their members."),
    (
        "Monitor, solo and soundcheck",
        r"/(monitor/|solo/|soundcheck)",
        "`/solo/mode` begins as pfl where the configuration gives the monitor outputs, else as sip.",
    ),
    ("Talkback, oscillator, click", r"/(talkback|oscillator|click)/", "Sources of the desk itself, and where they go."),
    ("Loudness", r"/loudness/", "As EBU R 128 defines it."),
    (
        "Transport",
        r"/(transport|loop|punch|arm|marker|section|blackbox|take|tape)/",
        "The tape machine, and what it may do by itself.",
    ),
    ("Sync", r"/sync/", "In time with the machine that leads, where the configuration names one."),
    ("MIDI tracks", r"/midi/", "What keyboards and pads play, recorded as notes. `{n}`: 1 to at most 16."),
    ("Meters", r"/meter/", "Readings."),
)
_FLAG_WORDS = {
    Flag.REALTIME: "realtime",
    Flag.AUTOMATABLE: "automatable",
    Flag.PERSISTED: "kept",
    Flag.IN_SCENE: "scene",
    Flag.LINKABLE: "linkable",
    Flag.PROTECTED: "protected",
    Flag.READ_ONLY: "read only",
}
_HEAD = f"""\
# Parameters

Written by `python -m studiod.app.docs` from `studiod/model/console/`; do not edit.

Every value of the desk has one address. `{{n}}` is a strip (1 to at most {MAX_STRIPS}), a bus (1 to at most
{MAX_BUSES}) or a matrix (1 to at most {MAX_MATRICES}), `{{b}}` and `{{m}}` the bus and the matrix that something
goes to; how many there are is set in the configuration, and `1..` in a range is as many. Levels follow the
[fader law](reference/fader-law.md) where their range begins at -inf, which is a real value: off.

Flags: **realtime** acts in the engine; **automatable** can be written into a song; **kept** is saved with the
session; **scene** is recalled by scenes; **linkable** is set on both of a linked pair; **protected** cannot be reached
by address patterns or by unnamed peers; **read only** is told, never written.
"""
_TABLE_HEAD = (
    "| address | kind | unit | range | default | flags | what it does |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


def parameter_page(specs: Iterable[ParameterSpec]) -> str:
    """Markdown page of `specs`, channels of a kind folded into one row each.

    Raises ValueError when two parameters that share a row differ; bands of an equaliser may in their default.
    """
    rows: dict[str, list[ParameterSpec]] = {}
    for spec in specs:
        rows.setdefault(_folded(spec.address), []).append(spec)
    sections = [_Section(title, about, re.compile(place)) for title, place, about in _SECTIONS]
    for address, alike in rows.items():
        section = next(section for section in sections if section.place.match(address))
        section.lines.append(_row(address, alike))
    parts = [_HEAD]
    parts += [
        "\n".join((f"\n## {section.title}\n\n{section.about}\n", *_TABLE_HEAD, *section.lines, ""))
        for section in sections
        if section.lines
    ]
    return "".join(parts)


def _folded(address: str) -> str:
    for pattern, word in _FOLDS:
        address = pattern.sub(word, address)
    return address


def _row(address: str, alike: list[ParameterSpec]) -> str:
    cells = [tuple(_cells(spec)) for spec in alike]
    defaults = [spec_cells[3] for spec_cells in cells]
    for spec, spec_cells in zip(alike, cells, strict=True):
        differs_in = [place for place, cell in enumerate(spec_cells) if cell != cells[0][place]]
        if differs_in and not (differs_in == [3] and _BAND in address):
            raise ValueError(f"{spec.address} differs from its neighbours: {' | '.join(spec_cells)}")
    bands = len(dict.fromkeys(re.findall(r"/eq/(\d+)/", " ".join(spec.address for spec in alike)))) or 1
    default = defaults[0] if len(set(defaults)) == 1 else ", ".join(defaults[:bands])
    kind, unit, allowed, _, flags, text = cells[0]
    return f"| `{address}` | {kind} | {unit} | {allowed} | {default} | {flags} | {text} |"


def _cells(spec: ParameterSpec) -> Iterator[str]:
    is_plain = spec.is_numeric and spec.kind not in (Kind.TOGGLE, Kind.CHOICE)
    allowed = f"{spec.low:g}..{spec.high:g}" if is_plain or spec.kind is Kind.METER else spec.allowed
    yield spec.kind
    yield spec.unit
    if spec.kind is Kind.TEXT:
        yield f"{TEXT_BYTES} bytes of UTF-8"
        is_set = spec.address.startswith(("/strip/", "/bus/", "/matrix/"))
        yield "from the configuration" if is_set else re.sub(r"\d+", "{n}", spec.default_text)
    else:
        yield _RUN.sub(r"\g<1>\g<2>1..", allowed) if spec.kind is Kind.CHOICE else allowed
        yield spec.text(spec.default) if spec.is_numeric else ""
    yield ", ".join(word for flag, word in _FLAG_WORDS.items() if flag in spec.flags)
    yield spec.help
