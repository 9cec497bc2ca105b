"""The round trip from an output to an input: measured for one device, rate and block, and used for that alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from studiod.link import ENGINE, Block

FILE_NAME: Final = "latency.json"
_WITHOUT: Final = frozenset({"none", "internal", "virtual"})  # hosts with nothing to measure


@dataclass(frozen=True, slots=True)
class Way:
    """What a measurement is of: another card, rate or block has another round trip."""

    host: str
    device: str
    rate_hz: int
    block_frames: int

    def __str__(self) -> str:
        return f"{self.device} at {self.rate_hz} Hz in blocks of {self.block_frames} frames"


@dataclass(frozen=True, slots=True)
class Roundtrip:
    """Frames from an output to an input as far as is known. source: configured, measured, driver or none."""

    frames: int
    source: str
    note: str = ""
    """What somebody should know who plays to recordings; empty when all is known."""


class Latencies:
    """The round trip of whatever device is open. configured: goes before all else; 0: nothing is."""

    def __init__(self, measured: Mapping[Way, int], configured: int = 0) -> None:
        self._measured = measured
        self._configured = configured

    def now(self, block: Block) -> Roundtrip:
        """That of the device the engine has open: as configured, as measured for it, or as its driver says."""
        if self._configured:
            return Roundtrip(self._configured, "configured")
        told: dict[str, Any] = json.loads(block.status(ENGINE) or "{}")
        way = way_of(told, block)
        if way in self._measured:
            return Roundtrip(self._measured[way], "measured")
        frames = sum(int(told.get(f"{direction}_latency") or 0) for direction in ("input", "output"))
        source = "driver" if frames else "none"
        if way.host in _WITHOUT or not told.get("device"):
            return Roundtrip(frames, source)
        return Roundtrip(
            frames,
            source,
            f"the round trip is not measured for {way}: {_MEANS[source]} (studiod measure-latency --save)",
        )


_MEANS: Final = {
    "driver": "overdubs are laid as early as its driver says, which leaves out converters",
    "none": "overdubs lie late by it",
}


def way_of(told: Mapping[str, Any], block: Block) -> Way:
    """What is open. told: the engine's status. The block is the device's, which need not be as configured."""
    block_frames = round(block.snapshot().period_ns * block.rate_hz / 1e9) or block.block_frames
    return Way(str(told.get("host", "none")), str(told.get("device")), block.rate_hz, block_frames)


def load_measured(library: Path) -> dict[Way, int]:
    """What was measured, out of the file in `library`; nothing where there is none. Reads the disk."""
    try:
        raw = json.loads((library / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    found: dict[Way, int] = {}
    for entry in raw.get("measured", ()) if isinstance(raw, dict) else ():
        try:
            way = Way(str(entry["host"]), str(entry["device"]), int(entry["rate_hz"]), int(entry["block_frames"]))
            found[way] = int(entry["roundtrip_frames"])
        except (KeyError, TypeError, ValueError):
            continue
    return found


def save_measured(library: Path, way: Way, frames: int) -> Path:
    """Remember that `way` takes `frames`, in place of what was known of it; the file. Raises OSError."""
    from studiod.tape.files import save_json

    measured = {**load_measured(library), way: frames}
    library.mkdir(parents=True, exist_ok=True)
    path = library / FILE_NAME
    save_json(path, {"measured": [{**asdict(each), "roundtrip_frames": held} for each, held in measured.items()]})
    return path
