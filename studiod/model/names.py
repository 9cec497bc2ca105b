"""What people call things: text, never a path, and nothing in it that a screen, a log or a file name would obey."""

import unicodedata
from collections.abc import Iterable
from typing import Final

from studiod.model.parameter import Refused

NAME_BYTES: Final = 128
TAG_BYTES: Final = 32
MAX_TAGS: Final = 32
NOTE_BYTES: Final = 4096
_JOINERS: Final = "\u200c\u200d"  # words of Persian and Hindi, and half the emoji, are written with them
_SEPARATORS: Final = frozenset("/\\\0")


def clean_name(text: str, what: str = "name", limit: int = NAME_BYTES) -> str:
    """`text` in one line and one spelling (NFC), without control and direction characters; empty takes a name away.

    Raises Refused where it holds what parts a path, or is longer than `limit` bytes of UTF-8.
    """
    found = sorted(_SEPARATORS & set(text))
    if found:
        raise Refused(f"a {what} holds no {found[0]!r}: it would look like a path; allowed is any other text")
    cleaned = unicodedata.normalize("NFC", " ".join(_visible(text).split()))
    if len(cleaned.encode()) > limit:
        raise Refused(f"that {what} is too long: {len(cleaned.encode())} bytes; allowed are {limit}")
    return cleaned


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Every tag cleaned, once, in order; empty ones left out. Raises Refused."""
    cleaned = tuple(dict.fromkeys(filter(None, (clean_name(tag, "tag", TAG_BYTES) for tag in tags))))
    if len(cleaned) > MAX_TAGS:
        raise Refused(f"{len(cleaned)} tags are too many; allowed are {MAX_TAGS}")
    return cleaned


def clean_note(text: str) -> str:
    """`text` of any number of lines, else as `clean_name` has it. Raises Refused where it is too long."""
    lines = (unicodedata.normalize("NFC", _visible(line).rstrip()) for line in text.splitlines())
    cleaned = "\n".join(lines).strip()
    if len(cleaned.encode()) > NOTE_BYTES:
        raise Refused(f"that note is too long: {len(cleaned.encode())} bytes; allowed are {NOTE_BYTES}")
    return cleaned


def _visible(text: str) -> str:
    """Controls become spaces; what turns the direction of writing, and halves of characters, go."""
    kept = []
    for letter in text:
        category = unicodedata.category(letter)
        if category in {"Cc", "Zl", "Zp"}:
            kept.append(" ")
        elif category not in {"Cf", "Cs", "Cn"} or letter in _JOINERS:
            kept.append(letter)
    return "".join(kept)
