"""What is wrong with a configuration, said so that a person can mend it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SettingPath = tuple[str | int, ...]
"""Where a setting lives: ("desk", "strips", 2, "input"). List positions count from 0 here, from 1 in messages."""

MAX_FAULTS = 100  # a file with more is not a configuration with slips; nobody reads on
_LONGEST_SHOWN = 48


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and what would be right."""

    source: str
    """The file as the user named it, or the command-line option."""
    line: int | None
    """Counted from 1; None where lines mean nothing."""
    text: str

    def __str__(self) -> str:
        """`config/desk.yaml:41: strips[3].hpf is 5; allowed 20..400`."""
        where = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{where}: {self.text}"


class ConfigError(Exception):
    """A configuration that cannot be used: every fault found, in the order of the file.

    Nothing has been changed; a configuration loaded before stays good.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = _in_order(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    ordered = sorted(faults, key=lambda fault: (fault.line is None, fault.source, fault.line or 0))
    if len(ordered) <= MAX_FAULTS:
        return tuple(ordered)
    rest = Fault(ordered[0].source, None, f"and {len(ordered) - MAX_FAULTS} more; mend these first")
    return (*ordered[:MAX_FAULTS], rest)


def path_text(path: Sequence[str | int]) -> str:
    """`desk.strips[3].input`: strips are counted from 1, as on the desk."""
    words: list[str] = []
    for step in path:
        if isinstance(step, int):
            words.append(f"[{step + 1}]")
        else:
            words.append(f".{_plain(step)}" if words else _plain(step))
    return "".join(words)


def value_text(value: object) -> str:
    """`value` as a message shows it: short, on one line, and safe to log whatever was in the file."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a group of settings"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _plain(key: str) -> str:
    return key if key and key.isprintable() and len(key) <= _LONGEST_SHOWN else value_text(key)
