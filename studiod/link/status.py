"""How a process is doing, told to everyone: as much of it as fits."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from studiod.link import Block

_LETTERS, _ITEMS = 4096, 512
_LEAST: Final = 8


def tell_status(block: "Block", process: int, status: Mapping[str, Any]) -> None:
    """Store `status` as that of `process`, shortened where it does not fit: who has much to tell must not die of it."""
    block.store_status(process, fitting(status, block.status_bytes(process) - 1))


def fitting(status: Mapping[str, Any], most_bytes: int) -> str:
    """`status` as JSON of at most `most_bytes`: first lists lose what is last in them, then texts their ends.

    A list of sentences says how many more there are. Keys stay: there must be few of them. Raises ValueError where
    they alone are too many.
    """
    text = json.dumps(status, ensure_ascii=False)
    letters, items = _LETTERS, _ITEMS
    while len(text.encode(errors="replace")) > most_bytes:
        if letters < _LEAST:
            raise ValueError(f"a status of {len(status)} keys does not fit into {most_bytes} bytes")
        text = json.dumps(_shortened(status, letters, items), ensure_ascii=False)
        letters, items = letters // 2, max(items // 2, _LEAST)
    return text


def first_of(sentences: Sequence[str], most: int) -> list[str]:
    """The first `most` of `sentences`, and how many more there are."""
    left = len(sentences) - most
    return [*sentences[:most], f"and {left} more"] if left > 0 else list(sentences)


def _shortened(value: object, letters: int, items: int) -> object:
    if isinstance(value, str):
        return value if len(value) <= letters else f"{value[: letters - 1]}…"
    if isinstance(value, Mapping):
        return {key: _shortened(held, letters, items) for key, held in value.items()}
    if isinstance(value, Sequence):
        is_told = all(isinstance(held, str) for held in value)
        return [_shortened(held, letters, items) for held in (first_of(value, items) if is_told else value[:items])]
    return value
