"""The first lines of a map that is made for a box: its name, and how it is found again."""

import json
import re
from collections.abc import Collection

_ALSA_NUMBERS = re.compile(r" \d+:\d+$")
_LONGEST_NAME = 40
_LONGEST_WORD = 5  # false


def plain_name(port: str) -> str:
    """A port's name as people know it: without the numbers that change at each plugging, and printable."""
    name = "".join(letter if letter.isprintable() else "?" for letter in _ALSA_NUMBERS.sub("", port))
    return name.encode("utf-8", "replace").decode()


def new_map(input_name: str, usb: str, name: str, when: str, *, has_banks: bool) -> str:
    """The first lines of a map for the box at `input_name`. has_banks: its windows are told further down."""
    usb_match = f", usb: [{json.dumps(usb)}]" if re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", usb) else ""
    return (
        _first_line(when)
        + (
            f"format: 2\nname: {name}\nmaker: unknown\nmodel: {_text(plain_name(input_name))}\ndialect: generic-midi\n"
            "mode: as it was when it was learnt\nconfidence: measured\nsources: [learnt on this desk]\n"
            f"match: {{ports: [{_text(_pattern(input_name))}]{usb_match}, direction: in, keys: true}}\n"
            "# keys: it may be played, too; MIDI tracks hear it as before\n"
        )
        + ("" if has_banks else "banks: {strip: 8}\n")
    )


def map_over(base: str, when: str) -> str:
    """The first lines of a map that comes in place of `base`."""
    return f"{_first_line(when)}format: 2\nbase: {base}\n"


def _first_line(when: str) -> str:
    return f"# Learnt on this desk, begun {when}. Change it as you like: studiod touches single lines only.\n"


def _pattern(port: str) -> str:
    """A pattern that the port's name matches, also after the next plugging."""
    name = _ALSA_NUMBERS.sub("\n", port)
    parts = (
        "*" if re.fullmatch(r"\s{2,}|[^\S ]+", part) else "".join(map(_letter, part))
        for part in re.split(r"(\s{2,}|[^\S ]+)", name)
    )
    found = "".join(parts)
    return f"*{found.strip()}*" if found != found.strip() else found


def _letter(letter: str) -> str:
    if letter in "*?[":
        return f"[{letter}]"
    is_plain = letter.isprintable() and not 0xD800 <= ord(letter) <= 0xDFFF  # noqa: PLR2004 - halves of letters
    return letter if is_plain else "?"


def _text(text: str) -> str:
    """In quotes, as YAML wants it."""
    return json.dumps(text, ensure_ascii=False)


def free_name(port: str, taken: Collection[str]) -> str:
    """A name for the map of an unknown box: small letters, digits and dashes out of its port's name."""
    words = re.sub(r"[^a-z0-9]+", "-", plain_name(port).rpartition(":")[2].lower()).strip("-")
    words = words[:_LONGEST_NAME].strip("-")
    # `1` and `on` are no texts to YAML
    return free(words if len(words) > _LONGEST_WORD and words[0].isalpha() else f"box-{words}".strip("-"), taken)


def free(name: str, taken: Collection[str]) -> str:
    """`name`, or with the least number behind it that is not taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
