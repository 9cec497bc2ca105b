"""The ports of the box that an Ardour map is for, as far as the map's name tells its model."""

import re
from typing import Final

_MAKERS: Final = frozenset((
    "akai", "alesis", "arturia", "behringer", "cme", "doepfer", "donner", "edirol", "evolution", "faderfox",
    "icon", "keith", "korg", "m-audio", "mackie", "maudio", "nektar", "novation", "presonus", "roland", "samson",
    "steinberg", "tascam", "yamaha",
))  # fmt: skip
"""What stands before a model: ports leave it out, or have it in front, too."""
_ENDS: Final = frozenset((
    "bank", "bindings", "by", "controls", "default", "drum", "eq", "factory", "for", "from", "generic", "layer",
    "mackie", "map", "midi", "mode", "my", "normal", "plugin", "plugins", "preset", "presets", "scene",
    "standard", "template", "test", "transport", "user", "using", "via", "with", "your",
))  # fmt: skip
"""What stands behind a model, and says which of its modes, or whose map it is."""
_COMMON: Final = frozenset((
    "control", "controller", "desk", "keyboard", "keys", "master", "mini", "mixer", "piano", "pro", "studio",
    "surface", "synth", "usb",
))  # fmt: skip
"""Words that many boxes have in their names."""
_LETTERS, _LONG = 2, 4  # of a model: A30 and Q49 are in the names of others, QX25 is not
_WORD = re.compile(r"[\w.+-]+")


def ports_of(name: str, maker: str = "") -> tuple[str, ...]:
    """Patterns for `match.ports`; none where `name` tells no model, or one that other ports may have in their names.

    maker: what the file calls it.
    """
    model = _model(name, maker)
    joined = re.sub(r"(?<=[^\W\d]) (?=\d)", "", model)
    parted = re.sub(r"(?<=[^\W\d])(?=\d)", " ", model, count=1)
    spellings = dict.fromkeys((model, joined, parted)) if model else ()
    return tuple(pattern for spelling in spellings for pattern in (f"*{spelling}:*", f"*{spelling} MIDI*"))


def _model(name: str, maker: str) -> str:
    """The words between the maker and what is no name; empty where they are too few."""
    words: list[str] = []
    makers = _MAKERS | {word.lower() for word in maker.split()}
    for word in re.split(r"[(\[:/,]| - ", name, maxsplit=1)[0].split():
        if word.lower() in _ENDS or word.lower() == "w" or not _WORD.fullmatch(word):
            break
        if words or word.lower() not in makers:
            words.append(word)
    model = " ".join(words)
    letters = sum(letter.isalpha() for letter in model)
    is_known = letters >= _LETTERS and len(model.replace(" ", "")) >= _LONG
    return model if is_known and any(word.lower() not in _COMMON and not word.isdigit() for word in words) else ""
