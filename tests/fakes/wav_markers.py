"""The markers of a WAV file as other programs read them: chunk by chunk, out of the bytes."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_IN_DS64 = 0xFFFF_FFFF


def markers_in(path: Path) -> list[tuple[str, int, int]]:
    """(name, frame, length) of every cue point of `path`. The file must end where its header says."""
    places: dict[int, int] = {}
    names: dict[int, str] = {}
    lengths: dict[int, int] = {}
    with path.open("rb") as file:
        for name, body in _chunks(file, path.stat().st_size):
            if name == b"cue ":
                places = {entry[0]: entry[5] for entry in struct.iter_unpack("<II4sIII", body[4:])}
                assert struct.unpack_from("<I", body)[0] == len(places)
            if name == b"LIST" and body[:4] == b"adtl":
                for kind, number, rest in _labels(body[4:]):
                    if kind == b"labl":
                        names[number] = rest.rstrip(b"\0").decode()
                    else:
                        lengths[number] = struct.unpack_from("<I", rest)[0]
    return [(names[number], frame, lengths.get(number, 0)) for number, frame in sorted(places.items())]


def _chunks(file: BinaryIO, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk with its body, but for the samples."""
    end = struct.unpack("<4sI4s", file.read(12))[1] + 8
    at = 12
    while at < end:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"ds64":
            riff_bytes, data_bytes = struct.unpack("<QQ", file.read(16))
            end = riff_bytes + 8
            file.seek(at + 8)
        if name == b"data":
            length = data_bytes if length == _IN_DS64 else length
        else:
            yield name, file.read(length)
        at += 8 + length + length % 2
    assert size <= at <= size + 1, "the file ends where its last chunk does"


def _labels(body: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    at = 0
    while at < len(body):
        kind, length, number = struct.unpack_from("<4sII", body, at)
        yield kind, number, body[at + 12 : at + 8 + length]
        at += 8 + length + length % 2
