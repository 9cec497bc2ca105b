"""Takes on disk as the tape leaves them, made from the description of their files alone: no writer has to run."""

import itertools
import json
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiod.tape.bwf import file_tags
from studiod.tape.wavfile import DATA_AT, header_page

RATE_HZ = 1000  # seconds are short where nobody listens


def sample(track: int, frame: int, width: int = 3) -> bytes:
    """Unlike its neighbours in every direction, and never silent."""
    return ((frame * 7 + track * 1009 + 1) % (1 << (8 * width - 1)) | 1).to_bytes(width, "little")


def sound(track: int, first: int, frames: int, width: int = 3) -> bytes:
    """Packed samples of `track`, counted from the first there is."""
    return b"".join(sample(track, frame, width) for frame in range(first, first + frames))


@dataclass
class FakeTake:
    """What to write. Frames count as files do: from the pre-record on.

    cuts: frames at which every track goes on in another file. is_poly: one file for all tracks.
    """

    session: Path
    id: int = 1
    tracks: int = 2
    frames: int = 3500
    pre_frames: int = 0
    bits: int = 24
    state: str = "good"
    cuts: tuple[int, ...] = ()
    is_poly: bool = False
    version: int = 2
    claimed: int | None = None
    """What the headers say; None: everything."""
    rows: int | None = None
    """Rows of checks.crc; None: all."""
    elsewhere: Path | None = None
    """Folder of every part but the first."""
    more: dict[str, Any] = field(default_factory=dict)
    """Further fields of take.json."""

    @property
    def folder(self) -> Path:
        return self.session / "takes" / f"{self.id:04d}"

    @property
    def width(self) -> int:
        return self.bits // 8

    def file(self, track: int, part: int = 0) -> str:
        stem = "all" if self.is_poly else f"strip-{track + 1:02d}"
        name = f"{stem}.wav" if part == 0 else f"{stem}-{part + 1}.wav"
        return str(self.elsewhere / name) if part and self.elsewhere else name

    def path(self, track: int, part: int = 0) -> Path:
        return self.folder / self.file(track, part)

    def document(self) -> dict[str, Any]:
        edges = [0, *self.cuts, self.frames]
        tracks: list[dict[str, Any]] = []
        for track in range(self.tracks):
            tracks.append({"file": self.file(track), "name": f"Strip {track + 1}", "strip": track + 1})
            if self.version > 1:
                parts = [
                    {"file": self.file(track, part), "start": first - self.pre_frames, "frames": end - first}
                    for part, (first, end) in enumerate(itertools.pairwise(edges))
                ]
                if self.state == "recording":
                    parts[-1]["frames"] = 0  # nobody has come to tell
                tracks[-1] |= {"channel": track if self.is_poly else 0, "kind": "strip", "parts": parts}
        held = {
            "id": self.id,
            "state": self.state,
            "frames": 0 if self.state == "recording" else self.frames - self.pre_frames,
            "rate_hz": RATE_HZ,
            "bits": self.bits,
            "start_frame": 5000,
            "position": 0,
            "created_unix": 1_795_252_530.0,
            "recorded_by": "test",
            "gaps": [],
            "files": list(dict.fromkeys(self.file(track) for track in range(self.tracks))),
            "tracks": tracks,
        }
        if self.version > 1:
            held |= {"version": 2, "pre_frames": self.pre_frames, "checks": "checks.crc", "clips": []}
            held |= {"clock_synchronised": True, "name": "", "tags": [], "rating": 0, "note": ""}
        return held | self.more

    def write(self) -> "FakeTake":
        """Make the folder and everything in it."""
        self.folder.mkdir(parents=True)
        document = self.document()
        (self.folder / "take.json").write_text(json.dumps(document), encoding="utf-8")
        edges = [0, *self.cuts, self.frames]
        for part, (first, end) in enumerate(itertools.pairwise(edges)):
            is_last = part == len(self.cuts)
            claimed = end - first if self.claimed is None or not is_last else self.claimed - first
            if self.is_poly:
                rows = [
                    [sample(track, frame, self.width) for track in range(self.tracks)] for frame in range(first, end)
                ]
                self._write_file(0, part, claimed, self.tracks, b"".join(b"".join(row) for row in rows), document)
                continue
            for track in range(self.tracks):
                packed = sound(track, first, end - first, self.width)
                self._write_file(track, part, claimed, 1, packed, document)
        if self.version > 1:
            (self.folder / "checks.crc").write_bytes(self.checks())
        return self

    def checks(self) -> bytes:
        held = b"SDCK" + struct.pack("<III", 1, RATE_HZ, self.tracks)
        seconds = list(range(0, self.frames, RATE_HZ))
        for first in seconds[: self.rows]:
            frames = min(RATE_HZ, self.frames - first)
            crcs = (zlib.crc32(sound(track, first, frames, self.width)) for track in range(self.tracks))
            held += struct.pack(f"<{self.tracks}I", *crcs)
        return held

    def _write_file(
        self, track: int, part: int, claimed: int, channels: int, packed: bytes, document: dict[str, Any]
    ) -> None:
        file = self.file(track, part)
        tags = file_tags(document, file, self.session.name) if self.version > 1 else None
        path = self.path(track, part)
        path.parent.mkdir(parents=True, exist_ok=True)
        pad = b"\0" * ((DATA_AT + len(packed)) % 2) if self.state != "recording" else b""
        path.write_bytes(header_page(claimed, RATE_HZ, self.bits, channels, tags) + packed + pad)


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`."""
    held = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(held, dict)
    return held
