"""Standard MIDI Files that keep the sample: one track, whole after every write, at the tempo of the song.

Source: RP-001, Standard MIDI Files 1.0 (MIDI Manufacturers Association). A tick is never longer than a sample, so the
frame of an event can be told from its tick.
"""

import contextlib
import errno
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAX_DIVISION = 32_767  # ticks of a quarter note: 15 bits
_HEAD_BYTES, _LENGTH_AT = 22, 18
_END_OF_TRACK = b"\xff\x2f\x00"
_SYSEX, _SYSEX_END = 0xF0, 0xF7
_NOTE_OFF, _NOTE_ON, _CONTROLLER = 0x80, 0x90, 0xB0
_SHORT = (0xC0, 0xD0)  # programme and channel pressure: one byte follows, two follow all others
_PEDALS = (64, 66, 67, 69)  # sustain, sostenuto, soft, hold 2: they hold notes
_LARGEST_DELTA = 0x0FFF_FFFF  # of four bytes


@dataclass(frozen=True, slots=True)
class TickClock:
    """How frames become ticks and back, exactly."""

    rate_hz: int
    division: int
    """Ticks of a quarter note."""
    quarter_us: int
    """Microseconds of a quarter note: the file's tempo."""

    @classmethod
    def of(cls, rate_hz: int, tempo_bpm: float) -> "TickClock":
        """For a song at `tempo_bpm`. A slow one is written at twice the tempo (or more), where ticks are fine enough.

        Raises ValueError for a tempo that is no positive number.
        """
        if not (math.isfinite(tempo_bpm) and tempo_bpm > 0):
            raise ValueError(f"tempo {tempo_bpm}; allowed are positive numbers")
        quarter_us = round(60e6 / tempo_bpm)
        while (division := -(-rate_hz * quarter_us // 1_000_000)) > MAX_DIVISION:
            quarter_us //= 2
        return cls(rate_hz, division, quarter_us)

    def tick(self, frame: int) -> int:
        """Tick of a frame, both counted from the file's begin."""
        whole = self.rate_hz * self.quarter_us
        return (frame * self.division * 1_000_000 + whole // 2) // whole

    def frame(self, tick: int) -> int:
        """The frame that was written as `tick`."""
        whole = self.division * 1_000_000
        return (tick * self.rate_hz * self.quarter_us + whole // 2) // whole


def variable(number: int) -> bytes:
    """A variable-length quantity: seven bits a byte, the highest first."""
    found = [number & 0x7F]
    while number := number >> 7:
        found.append(number & 0x7F | 0x80)
    return bytes(reversed(found))


def is_kept(message: bytes) -> bool:
    """Whether a file takes it: channel messages and sysex, whole; clock, sensing and time code are of the moment."""
    if not message or message[0] < _NOTE_OFF or message[0] > _SYSEX:
        return False
    if message[0] == _SYSEX:
        return len(message) > 1 and message[-1] == _SYSEX_END
    return len(message) == _length(message[0]) and all(byte < _NOTE_OFF for byte in message[1:])


def head(clock: TickClock, name: str) -> bytes:
    """The file's begin: header, track header of length 0, name, tempo."""
    words = name.encode("utf-8", "replace")
    track = b"\x00\xff\x03" + variable(len(words)) + words + b"\x00\xff\x51\x03" + clock.quarter_us.to_bytes(3)
    return b"MThd" + (6).to_bytes(4) + b"\0\0\0\1" + clock.division.to_bytes(2) + b"MTrk" + bytes(4) + track


@dataclass
class Track:
    """Events on their way into a file: `add` makes bytes; at the end, what still sounds is let go."""

    clock: TickClock
    _tick: int = 0
    _sounding: dict[tuple[int, int, int], None] = field(default_factory=dict)

    def add(self, frame: int, message: bytes) -> bytes:
        """`message` at `frame` of the file, as it stands there; nothing when a file takes no such message.

        A frame before the last one's counts as that one.
        """
        if not is_kept(message):
            return b""
        self._follow(message)
        body = message if message[0] != _SYSEX else bytes([_SYSEX]) + variable(len(message) - 1) + message[1:]
        return self._delta(frame) + body

    def finish(self, frame: int) -> bytes:
        """The end of the track at `frame`: held notes and pedals are let go there."""
        released = b"".join(
            self._delta(frame)
            + (bytes([_NOTE_OFF | channel, key, 64]) if kind == _NOTE_ON else bytes([_CONTROLLER | channel, key, 0]))
            for kind, channel, key in list(self._sounding)
        )
        self._sounding.clear()
        return released + self._delta(frame) + _END_OF_TRACK

    def _delta(self, frame: int) -> bytes:
        tick = max(self.clock.tick(frame), self._tick)
        delta, self._tick = tick - self._tick, tick
        filler = b""
        while delta > _LARGEST_DELTA:  # hours of silence: an empty text carries them
            filler += variable(_LARGEST_DELTA) + b"\xff\x01\x00"
            delta -= _LARGEST_DELTA
        return filler + variable(delta)

    def _follow(self, message: bytes) -> None:
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind in {_NOTE_ON, _NOTE_OFF}:
            key = (_NOTE_ON, channel, message[1])
            is_on = kind == _NOTE_ON and message[2] > 0
        elif kind == _CONTROLLER and message[1] in _PEDALS:
            key, is_on = (_CONTROLLER, channel, message[1]), message[2] > 0
        else:
            return
        if is_on:
            self._sounding[key] = None
        else:
            self._sounding.pop(key, None)


def whole_file(clock: TickClock, name: str, events: Iterable[tuple[int, bytes]], frames: int) -> bytes:
    """A whole file of `events` (frame in the file, message), in order, `frames` long."""
    track = Track(clock)
    body = head(clock, name) + b"".join(track.add(frame, message) for frame, message in events) + track.finish(frames)
    return body[:_LENGTH_AT] + (len(body) - _HEAD_BYTES).to_bytes(4) + body[_HEAD_BYTES:]


class SmfFile:
    """A file that grows, and is whole whenever the disk refuses: what it did not take waits. Methods raise OSError."""

    def __init__(self, path: Path, clock: TickClock, name: str) -> None:
        self.path = path
        self.clock = clock
        self._track = Track(clock)
        self._waiting = head(clock, name)
        self._fd = -1
        self._at = 0
        self._is_finished = self._is_given_up = False
        self._is_synced = True

    @property
    def held_bytes(self) -> int:
        """How many bytes wait."""
        return len(self._waiting)

    @property
    def is_given_up(self) -> bool:
        """The disk failed it: it is not written any more."""
        return self._is_given_up

    def add(self, events: Iterable[tuple[int, bytes]]) -> None:
        """Have events (frame in the file, message), in order, wait for `write`."""
        if not self._is_given_up:
            self._waiting += b"".join(self._track.add(frame, message) for frame, message in events)

    def write(self) -> None:
        """Hand to the system what waits; the first time, begin the file anew."""
        if not self._waiting or self._is_given_up:
            return
        with self._named():
            if self._fd < 0:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
                self._fd = os.open(self.path, flags, 0o644)
            self._grow(self._waiting if self._is_finished else self._waiting + b"\x00" + _END_OF_TRACK)
        self._at += len(self._waiting)
        self._waiting = b""
        self._is_synced = False

    def finish(self, frames: int) -> None:
        """End the track at `frames`, durable, and let the file go; done again, it goes on where it was refused."""
        if self._is_finished and not self._waiting and self._fd < 0:
            return
        if not self._is_finished:
            self._waiting += self._track.finish(frames)
            self._is_finished = True
        self.write()
        with self._named():
            os.ftruncate(self._fd, self._at)
            os.fsync(self._fd)
        self.let_go()

    def sync(self) -> None:
        """Write what waits, and make it durable."""
        self.write()
        if not self._is_synced:
            with self._named():
                os.fdatasync(self._fd)
            self._is_synced = True

    def give_up(self) -> None:
        """Leave it as it is."""
        self.let_go()
        self._is_given_up = self._is_synced = True
        self._waiting = b""

    def let_go(self) -> None:
        """Close the file; may be called twice."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
        self._fd = -1

    def _grow(self, raw: bytes) -> None:
        """Write `raw`, an end of track last, over the one that stands: that goes when the disk has taken the rest."""
        over = len(_END_OF_TRACK) + 1
        self._write(raw[over:], self._at + over)
        self._write((self._at + len(raw) - _HEAD_BYTES).to_bytes(4), _LENGTH_AT)
        self._write(raw[:over], self._at)

    def _write(self, raw: bytes, at: int) -> None:
        piece = memoryview(raw)
        while piece:
            done = os.pwrite(self._fd, piece, at)
            if done == 0:  # POSIX leaves this open; asking for ever would hang the tape
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            piece, at = piece[done:], at + done

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """An OSError says which file."""
        try:
            yield
        except OSError as fault:
            fault.filename = str(self.path)
            raise


def _length(status: int) -> int:
    """Bytes of a channel message, status included."""
    return 2 if status & 0xF0 in _SHORT else 3
