"""What a take can show for itself, out of its papers: a few facts for lists, and all of it for one take."""

import json
from collections.abc import Mapping
from typing import Any, Final

from studiod.link.order import MidiOrder
from studiod.link.take import TakeDocument, TakeTrack

PROOF_BYTES: Final = 32_000  # of JSON, half of what a datagram holds: what was answered is kept for a while
_LISTED_FAULTS, _FAULT_LETTERS = 3, 200
_LISTS: Final = ("gaps", "clips", "faults", "xruns")


def short_proof(document: TakeDocument) -> dict[str, Any]:
    """For a list of takes: the first sentences of what went wrong and how many there are; clips, xruns, drift."""
    faults = _sentences(document)
    return {
        "faults": [_cut(sentence) for sentence in faults[:_LISTED_FAULTS]],
        "fault_count": len(faults),
        "clips": len(_runs(document)) + _more_clips(document),
        "xruns": sum(run["xruns"] for run in document.xruns),
        "late_blocks": sum(run["late_blocks"] for run in document.xruns),
        "drift_ppm": _number(document.raw.get("drift_ppm")),
    }


def whole_proof(document: TakeDocument) -> dict[str, Any]:
    """All of it, as JSON of at most PROOF_BYTES: of longer lists the beginning, and how much more there is.

    tracks: the names of those of sound, then of MIDI. armed_by: who -> which of them, from 0.
    clips: (which of them, first frame, frames), by first frame.
    """
    raw = document.raw
    names = [track.name or track.file for track in _tracks(document)]
    fact: dict[str, Any] = {
        "id": document.id,
        "state": document.state,
        "frames": document.frames,
        "pre_frames": document.pre_frames,
        "rate_hz": document.rate_hz,
        "armed_by": _armers(document),
        "recorded_by": document.recorded_by,
        "stopped_by": document.stopped_by,
        "clock_synchronised": document.clock_synchronised,
        "faults": _sentences(document),
        "faults_more": 0,
        "gaps": list(document.gaps),
        "gaps_more": 0,
        "clips": _clips(document),
        "clips_more": _more_clips(document),
        "xruns": list(document.xruns),
        "xruns_more": _more(document, "xruns_more"),
        "tracks": names,
        "drift_ppm": _number(raw.get("drift_ppm")),
        "write_ms": _histogram(raw.get("write_ms")),
        "copy": _texts(raw.get("copy")),
        "checks": document.checks,
    }
    return _fitted(fact)


def _fitted(fact: dict[str, Any]) -> dict[str, Any]:
    while len(json.dumps(fact, ensure_ascii=False).encode()) > PROOF_BYTES:
        longest = max(_LISTS, key=lambda key: len(json.dumps(fact[key])))
        held = fact[longest]
        if not held:
            return fact | {"tracks": []}  # the names of a thousand tracks; all else is short
        fact[longest], left_out = held[: len(held) // 2], len(held) - len(held) // 2
        fact[f"{longest}_more"] += left_out
    return fact


def _tracks(document: TakeDocument) -> list[TakeTrack | MidiOrder]:
    return [*document.tracks, *document.midi]


def _armers(document: TakeDocument) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, track in enumerate(_tracks(document)):
        if track.armed_by:
            found.setdefault(track.armed_by, []).append(number)
    return found


def _sentences(document: TakeDocument) -> list[str]:
    raw = document.raw.get("faults")
    return [str(sentence) for sentence in raw] if isinstance(raw, list) else []


def _runs(document: TakeDocument) -> list[Mapping[str, Any]]:
    raw = document.raw.get("clips")
    return [run for run in raw if isinstance(run, dict)] if isinstance(raw, list) else []


def _clips(document: TakeDocument) -> list[list[int]]:
    places = {(track.file, track.channel): number for number, track in enumerate(document.tracks)}
    found: list[list[int]] = []
    for run in _runs(document):
        number = places.get((run.get("file", ""), run.get("channel", 0)))
        start, frames = run.get("start"), run.get("frames")
        if number is not None and isinstance(start, int) and isinstance(frames, int):
            found.append([number, start, frames])
    return sorted(found, key=lambda run: run[1])


def _more_clips(document: TakeDocument) -> int:
    return _more(document, "clips_more")


def _more(document: TakeDocument, key: str) -> int:
    more = document.raw.get(key)
    return more if isinstance(more, int) else 0


def _number(raw: object) -> float | None:
    return raw if isinstance(raw, int | float) else None


def _histogram(raw: object) -> dict[str, list[int]] | None:
    """{edges, counts}: one count more than edges."""
    if not isinstance(raw, dict):
        return None
    told = {key: raw.get(key) for key in ("edges", "counts")}
    is_whole = all(isinstance(held, list) and all(isinstance(n, int) for n in held) for held in told.values())
    return told if is_whole else None  # type: ignore[return-value]  # held to it in the line above


def _texts(raw: object) -> dict[str, str] | None:
    return {str(key): str(held) for key, held in raw.items()} if isinstance(raw, dict) else None


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= _FAULT_LETTERS else sentence[: _FAULT_LETTERS - 1] + "…"
