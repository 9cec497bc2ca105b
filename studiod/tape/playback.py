"""Playback: file samples into the rings, ahead of the engine."""

import contextlib
import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studiod.link import ENGINE, Block
from studiod.link.playlist import BANKS, Playlist, Region
from studiod.tape._tape import RingView
from studiod.tape.sound import channel_of
from studiod.tape.wavfile import NotAWav, WavFormat, read_format

PIECE_FRAMES = 8192
MAX_OPEN = 256  # file descriptors kept for regions that play


@dataclass(frozen=True, slots=True)
class _Source:
    fd: int
    form: WavFormat


class _Bank:
    """One bank of the playback rings, and the playlist that is laid into it."""

    def __init__(self, block: Block, number: int, lay: Callable[[RingView, Region, int, int], None]) -> None:
        self.playlist = Playlist(0, 0, ())
        self._block = block
        self._rings = RingView(block, number)
        self._lay = lay
        self._began_frame: int | None = None

    def adopt(self, playlist: Playlist) -> None:
        """Make `playlist` ready here from now on; a restarted tape finds the rings as it left them."""
        self.playlist = playlist
        if self._rings.generation != playlist.generation:
            self._rings.invalidate()
            self._began_frame = self._block.snapshot().frame

    def turn(self) -> bool:
        """Fill what there is room for; True when there is more to do at once."""
        if self.playlist.generation == 0:
            return False
        if self._began_frame is not None and not self._begin(self._began_frame):
            return False
        return self._fill()

    def _begin(self, began_frame: int) -> bool:
        """Start the rings anew once the engine has finished every block that might still read them."""
        is_moving = self._block.snapshot().frame != began_frame
        if not is_moving and self._block.is_ready(ENGINE):
            return False
        self._began_frame = None
        self._rings.begin(self.playlist.position, self._strips)
        self._fill_to(self.playlist.position + min(self._block.playback_frames // 4, 2 * PIECE_FRAMES))
        return True

    def _fill(self) -> bool:
        snapshot = self._block.snapshot()
        if snapshot.generation != self.playlist.generation:
            return False  # the engine has not located yet, or is elsewhere: what is filled is enough for a start
        first, end = self._rings.filled
        position = snapshot.position
        if position > end or position < first:  # the engine ran past us while we were away
            ahead = position + self._block.rate_hz // 4
            self._rings.invalidate()
            self._rings.begin(ahead, self._strips)
            end = ahead
        # the engine reads on for a ramp after a stop, and a block at a time: keep clear of both
        room = self._block.playback_frames - 4 * self._block.block_frames - self._block.rate_hz // 50
        target = position + room
        if target - end < PIECE_FRAMES // 2:
            return False
        self._fill_to(min(target, end + 2 * PIECE_FRAMES))
        return target - end > 2 * PIECE_FRAMES

    def _fill_to(self, target: int) -> None:
        _, at = self._rings.filled
        while at < target:
            frames = min(PIECE_FRAMES, target - at)
            for strip in self._strips:
                self._rings.clear(strip, at, frames)
            for region in self.playlist.regions:
                self._lay(self._rings, region, at, frames)
            at += frames
            self._rings.publish(self.playlist.generation, at)

    @property
    def _strips(self) -> set[int]:
        return {region.strip for region in self.playlist.regions}


class Player:
    """Keeps the playback rings full from the block's playlist. `turn` is called again and again; it never waits.

    A new playlist goes into the other bank, so that the engine plays the last one until it locates.
    """

    def __init__(self, block: Block, rate_hz: int) -> None:
        self.faults: dict[str, str] = {}
        """Path -> why it does not play."""
        self._block = block
        self._rate_hz = rate_hz
        self._versions = [0] * BANKS
        self._banks = tuple(_Bank(block, number, self._lay) for number in range(BANKS))
        self._sources: OrderedDict[Path, _Source] = OrderedDict()
        self._last: tuple[tuple[int, int, int], bytes] = ((-1, 0, 0), b"")

    def turn(self) -> bool:
        """Follow the playlist and the transport; True when there is more to do at once."""
        for number, bank in enumerate(self._banks):
            version = self._block.playlist_version(number)
            if version != self._versions[number]:
                self._versions[number] = version
                self.faults = {}
                self.close()
                bank.adopt(Playlist.from_json(self._block.playlist(number)))
        hungry = [bank.turn() for bank in self._banks]
        return any(hungry)

    def close(self) -> None:
        """Let the files go; may be called twice."""
        self._last = ((-1, 0, 0), b"")
        while self._sources:
            _, source = self._sources.popitem()
            with contextlib.suppress(OSError):
                os.close(source.fd)

    def _lay(self, rings: RingView, region: Region, at: int, frames: int) -> None:
        start, end = max(at, region.position), min(at + frames, region.position + region.frames)
        if start >= end:
            return
        source = self._source(region.file)
        if source is None:
            return
        form = source.form
        if region.channel >= form.channels:
            self.faults[str(region.file)] = f"{region.file}: has no channel {region.channel + 1}; the strip is silent"
            return
        try:
            samples = self._read(source, region.offset + start - region.position, end - start)
        except OSError as fault:
            self.faults[str(region.file)] = f"{region.file}: {fault.strerror}; the strip is silent there"
            return
        if form.channels > 1:
            samples = channel_of(samples, region.channel, form.channels, form.bits // 8)
        whole = len(samples) * 8 // form.bits
        if whole:
            rings.place(region.strip, start, samples, whole, form.bits)

    def _read(self, source: _Source, frame: int, frames: int) -> bytes:
        """Whole frames as they lie; of a polyphonic file the last ones are kept: every strip will ask for them."""
        form = source.form
        key = (source.fd, frame, frames)
        if self._last[0] != key:
            held = os.pread(source.fd, frames * form.width, form.data_at + frame * form.width)
            self._last = key, held
        return self._last[1]

    def _playable(self, path: Path) -> WavFormat:
        form = read_format(path)
        if form.rate_hz != self._rate_hz:
            raise NotAWav(f"{path}: is at {form.rate_hz} Hz; what is at {self._rate_hz} Hz plays")
        return form

    def _open(self, path: Path) -> _Source:
        form = self._playable(path)
        return _Source(os.open(path, os.O_RDONLY | os.O_CLOEXEC), form)

    def _source(self, path: Path) -> _Source | None:
        found = self._sources.get(path)
        if found is not None:
            self._sources.move_to_end(path)
            return found
        if str(path) in self.faults:
            return None
        try:
            source = self._open(path)
        except (OSError, NotAWav) as fault:
            self.faults[str(path)] = f"{fault}; the strip is silent there"
            return None
        self._sources[path] = source
        if len(self._sources) > MAX_OPEN:
            _, oldest = self._sources.popitem(last=False)
            os.close(oldest.fd)
            self._last = ((-1, 0, 0), b"")  # the number of its descriptor is given again
        return source
