"""Waiting for what another thread or process does, with a deadline."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

POLL_S = 0.005  # short beside any deadline, long beside a scheduler's slice: the other side gets the core


def eventually(look: Callable[[], Found], within_s: float = 5.0) -> Found:
    """Return what `look` gives as soon as it is true.

    Raises AssertionError after `within_s`, with the last answer.
    """
    deadline = time.monotonic() + within_s
    while not (found := look()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"still {found!r} after {within_s:g} s")
        time.sleep(POLL_S)  # the one place in the tests that sleeps: there is nothing to wait on but the clock
    return found


async def eventually_async(look: Callable[[], Found], within_s: float = 5.0) -> Found:
    """Like `eventually`, while the loop runs on."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"still {found!r} after {within_s:g} s")
        await asyncio.sleep(POLL_S)
    return found
