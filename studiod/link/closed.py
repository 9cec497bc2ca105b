"""Which takes are closed: the tape tells it in the shared block, where it outlives the tape."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from studiod.link._block import Block
from studiod.link.words import TAPE


@dataclass(frozen=True, slots=True)
class Closed:
    """What the tape has done with, each number with all before it; 0: nothing. Takes are numbered as they are begun."""

    sound: int = 0
    """Takes: what becomes of them is no longer the tape's business, whatever their own papers say."""
    copies: int = 0
    """Their copies, and that take.json tells of them."""
    journals: int = 0
    midi: int = 0
    keeps: int = 0
    """Takes out of the black box."""
    failed: Mapping[int, str] = field(default_factory=dict)
    """Take id -> why it could not be recorded, or not to its end; the last few."""
    elsewhere: Mapping[int, Path] = field(default_factory=dict)
    """Take id -> a folder whose take.json tells how it ended; the last few."""
    failed_keeps: Mapping[str, str] = field(default_factory=dict)
    is_session_held: bool = False
    """The tape holds the session: no other studiod records there."""
    was_session_there: bool = False
    """It was, once: where its folder is missing now, it or its disk was taken away."""

    @classmethod
    def told(cls, block: Block) -> Self:
        """As the tape told last, this one or the one before it."""
        status: dict[str, Any] = json.loads(block.status(TAPE) or "{}")
        box: dict[str, Any] = status.get("blackbox") or {}
        return cls(
            sound=int(status.get("finished", 0)),
            **{kind: int(number) for kind, number in status.get("closed", {}).items()},
            keeps=int(box.get("keeps_done", 0)),
            failed={int(number): why for number, why in status.get("failed", {}).items()},
            elsewhere={int(number): Path(folder) for number, folder in status.get("elsewhere", {}).items()},
            failed_keeps=box.get("keeps_failed", {}),
            is_session_held=bool(status) and not status.get("library_fault"),
            was_session_there=bool(status.get("was_session_there")),
        )


def is_over(block: Block, take_id: int) -> bool:
    """It is certain that nobody records take `take_id` of the session, whatever its own papers say."""
    closed = Closed.told(block)
    if take_id <= closed.sound:
        return True
    return closed.is_session_held and all(take.id != take_id for take in block.snapshot().takes)
