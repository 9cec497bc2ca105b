"""Rows of what keeps the desk in time with other machines."""

from collections.abc import Iterator

from studiod.model.console.rows import toggle
from studiod.model.parameter import Flag, Kind, ParameterSpec
from studiod.model.sync import SOURCES, STATES, TIMECODE_RATES
from studiod.model.taper import Stepped


def sync_rows() -> Iterator[ParameterSpec]:
    """Whether another machine leads the transport, and how well it is followed."""
    text = "The transport follows the machine that leads, where the configuration names one."
    yield toggle("/sync/chase", "Chase", "Chase", None, text, on=True, flags=Flag.PERSISTED)
    text = "The transport rolls in step with the machine that leads."
    yield toggle("/sync/locked", "Sync locked", "Locked", None, text, flags=Flag.READ_ONLY)
    text = "How it is with the machine that leads: none, stopped, locking, locked; free-wheeling: not heard just now."
    yield _told("/sync/state", "Sync state", "Sync", STATES, text)
    yield _told("/sync/source", "Sync source", "SyncSrc", SOURCES, "What tells where the machine that leads is.")
    yield _told("/sync/rate", "Timecode rate", "TC rate", TIMECODE_RATES, "Frames a second of the timecode that leads.")
    text = "Where the machine that leads is on this timeline, in seconds, and as text."
    yield _reading("/sync/position", "Sync position", "SyncPos", "s", 1e6, text)
    text = "Tempo of the clock that leads, filtered."
    yield _reading("/sync/tempo", "Sync tempo", "SyncBpm", "bpm", 1e4, text)
    text = "How much faster the machine that leads runs than this one, in millionths, filtered."
    yield _reading("/sync/drift", "Sync drift", "Drift", "ppm", 1e6, text)
    text = "Frames by which the transport, as it is heard, is ahead of the machine that leads."
    yield _reading("/sync/offset", "Sync offset", "Offset", "frames", 1e12, text)


def _told(address: str, label: str, short: str, words: tuple[str, ...], text: str) -> ParameterSpec:
    high, law = float(len(words) - 1), Stepped(len(words))
    told = Flag.READ_ONLY
    return ParameterSpec(address, Kind.CHOICE, label, short, high=high, taper=law, choices=words, flags=told, help=text)


def _reading(address: str, label: str, short: str, unit: str, high: float, text: str) -> ParameterSpec:
    return ParameterSpec(address, Kind.METER, label, short, unit, -high, high, 0.0, flags=Flag.READ_ONLY, help=text)
