"""Names in any script, for glass that knows ASCII and has seven places."""

# ruff: noqa: RUF001 - letters that look alike are what this is about

import functools
import unicodedata
from typing import Final

UNKNOWN: Final = "_"
_FIRST, _LAST = " ", "~"
_KNOWN: Final = 4096  # texts that are remembered: names of a desk, and values that come again
_VOWELS: Final = frozenset("aeiouy")
_CYRILLIC = (
    "а=a б=b в=v г=g д=d е=e ж=zh з=z и=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch "
    "ъ= ы=y ь= э=e ю=yu я=ya і=i є=ye ґ=g ђ=dj ј=j љ=lj њ=nj ћ=c џ=dz"
)
_GREEK = "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o"
_LATIN = "ß=ss æ=ae œ=oe ø=o ł=l đ=d ð=d þ=th ı=i ŋ=n ħ=h ŧ=t ĸ=k ſ=s"
_SIGNS = (
    '‘=\' ’=\' ‚=, “=" ”=" „=" ‹=< ›=> «=< »=> –=- —=- ‐=- ‑=- −=- …=... ·=. •=* ×=x ÷=/ ⁄=/ €=E £=L ¥=Y §=S '
    "°=o ♯=# ♭=b ©=c ®=r ¡=! ¿=?"
)


def _table() -> dict[str, str]:
    pairs = (pair.partition("=") for pair in f"{_CYRILLIC} {_GREEK} {_LATIN} {_SIGNS}".split())
    lower = {letter: plain for letter, _, plain in pairs}
    upper = {letter.upper(): plain.capitalize() for letter, plain in lower.items() if len(letter.upper()) == 1}
    return upper | lower


_PLAIN: Final = _table()


@functools.lru_cache(maxsize=_KNOWN)
def fold(text: str) -> str:
    """`text` in ASCII 20..7E: accents go, Greek and Cyrillic are written in Latin letters, strangers become `_`."""
    found: list[str] = []
    for letter in unicodedata.normalize("NFC", text):
        if _FIRST <= letter <= _LAST:
            found.append(letter)
            continue
        category = unicodedata.category(letter)
        if category in {"Mn", "Me", "Cf"}:
            continue  # accents of letters that have no composed form, joiners, variation selectors
        if letter in _PLAIN:
            found.append(_PLAIN[letter])
            continue
        parts = unicodedata.normalize("NFKD", letter)
        known = "".join(_PLAIN.get(part, part) for part in parts)
        plain = "".join(part for part in known if _FIRST <= part <= _LAST)
        found.append(plain or (" " if category.startswith("Z") or category == "Cc" else UNKNOWN))
    return "".join(found)


def squeeze(text: str, places: int) -> str:
    """`text` in at most `places`: spaces go first, then vowels from the end, then what stands there; numbers stay."""
    if len(text) <= places:
        return text
    head = text.rstrip("0123456789")
    number = text[len(head) :]
    if head and 0 < len(number) < places:
        return squeeze(head.rstrip(), places - len(number)) + number
    letters = [letter for letter in text if letter != " "]
    for at in range(len(letters) - 1, 0, -1):
        if len(letters) <= places:
            break
        if letters[at] in _VOWELS:
            del letters[at]
    return "".join(letters)[:places]


@functools.lru_cache(maxsize=_KNOWN)
def name_for(text: str, fallback: str, places: int) -> str:
    """What a strip of `places` is called: its name, or `fallback` where the glass could show nothing of it."""
    folded = " ".join(fold(text).split())
    return squeeze(folded if set(folded) - {UNKNOWN, " "} else fallback, places)
