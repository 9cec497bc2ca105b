"""How it stands with other machines, in words and numbers for people."""

from dataclasses import dataclass

from studiod.surfaces.sync.places import Place


@dataclass(frozen=True, slots=True)
class SyncPortStatus:
    """One port."""

    name: str
    direction: str
    """`in` or `out`."""
    state: str
    """`connected`, `away` (was here, is awaited) or `broken` (tried again every 5 s)."""
    words: tuple[str, ...]
    """What it hears or says: clock, position, mtc, mmc."""
    leads: bool
    refused: int
    """Messages that made no sense, or that the desk did not take."""
    note: str

    @classmethod
    def of(cls, place: Place) -> "SyncPortStatus":
        """A port as it is now."""
        is_in = place.inlet is not None
        words = tuple(sorted(word.value for word in (place.plan.receive if is_in else place.plan.send)))
        leads = is_in and place.plan.leads
        direction = "in" if is_in else "out"
        return cls(place.name, direction, place.state, words, leads, place.refused, place.fault or place.note)


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """The part `sync` of the studio's status."""

    chase: bool
    source: str
    """clock, mtc or none."""
    port: str
    """Of the machine that leads."""
    state: str
    locked: bool
    rate: str
    """Of its timecode."""
    tempo_bpm: float
    """Of its clock; 0 while there is none."""
    drift_ppm: float | None
    """None until it is known."""
    offset_frames: int | None
    """Frames by which the transport is ahead; None where there is nothing to compare."""
    offset_ms: float | None
    ports: tuple[SyncPortStatus, ...]
