"""Playback: file samples into the rings, ahead of the engine."""

from studiod.link import ENGINE, Block
from studiod.link.playlist import BANKS, Playlist, Region
from studiod.tape._tape import RingView
from studiod.tape.sources import Sources, heard

FIRST_FRAMES = 16384  # what makes a bank ready: a locate waits for no more than that
_LEAST_FRAMES = 8192
_WAITING_S = 1.25  # what a bank holds that waits for its locate: a disk may sleep as the music starts


class _Bank:
    """One bank of the playback rings, and the playlist that is laid into it."""

    def __init__(self, block: Block, number: int, sources: Sources) -> None:
        self.playlist = Playlist(0, 0, ())
        self._block = block
        self._rings = RingView(block, number)
        self._sources = sources
        self._regions: tuple[Region, ...] = ()
        self._strips: tuple[int, ...] = ()
        self._began_frame: int | None = None
        # the engine reads on for a ramp after a stop, and a block at a time: keep clear of both
        self._room = block.playback_frames - 4 * block.block_frames - block.rate_hz // 50
        self._most_frames = block.playback_frames // 4  # the rings never hold less than the rest, about 2 s

    def adopt(self, playlist: Playlist) -> None:
        """Make `playlist` ready here from now on; a restarted tape finds the rings as it left them."""
        self.playlist = playlist
        self._strips = tuple({region.strip for region in playlist.regions})
        self._regions = heard(playlist.regions)
        if self._rings.generation != playlist.generation:
            self._rings.invalidate()
            self._began_frame = self._block.snapshot().frame

    def turn(self) -> bool:
        """Fill one piece, if there is room for it; True when there is more to do at once."""
        if self.playlist.generation == 0:
            return False
        if self._began_frame is not None:
            return self._begin(self._began_frame)
        return self._fill()

    def _begin(self, began_frame: int) -> bool:
        """Start the rings anew once the engine has finished every block that might still read them."""
        is_moving = self._block.snapshot().frame != began_frame
        if not is_moving and self._block.is_ready(ENGINE):
            return False
        self._began_frame = None
        self._rings.begin(self.playlist.position, self._strips)
        self._lay(FIRST_FRAMES)
        return True

    def _fill(self) -> bool:
        snapshot = self._block.snapshot()
        first, end = self._rings.filled
        if snapshot.generation > self.playlist.generation:
            return False  # left for good
        is_waiting = snapshot.generation < self.playlist.generation
        if is_waiting:  # the engine has not located yet
            position = self.playlist.position
            target = position + min(round(_WAITING_S * self._block.rate_hz), self._room)
        else:
            position = snapshot.position
            target = position + self._room
        if position > end or position < first:  # the engine ran past us while we were away
            end = position + self._block.rate_hz // 4
            self._rings.invalidate()
            self._rings.begin(end, self._strips)
        # short pieces as long as there is little, to have them soon; then few and long ones
        piece = min(max(end - position, _LEAST_FRAMES), self._most_frames)
        piece = min(piece, max(target - end, 0)) if is_waiting else piece
        if piece == 0 or target - end < piece:
            return False
        self._lay(piece)
        return target - end >= 2 * piece or is_waiting

    def _lay(self, frames: int) -> None:
        """Fill the next `frames` of every strip, and tell the engine."""
        _, at = self._rings.filled
        for strip in self._strips:
            self._rings.clear(strip, at, frames)
        for region in self._regions:
            found = self._sources.read(region, at, frames)
            if found is not None:
                start, samples = found
                packed, count, bits = samples
                self._rings.place(region.strip, start, packed, count, bits, adds=region.mixes)
        self._rings.publish(self.playlist.generation, at + frames)


class Player:
    """Keeps the playback rings full from the block's playlists. `turn` is called again and again; it never waits.

    A new playlist goes into the other bank, so that the engine plays the last one until it locates. Once they are full
    the rings hold about 2 s: a disk may stand still for longer than a second, and nothing is heard of it.
    """

    def __init__(self, block: Block, rate_hz: int) -> None:
        self._block = block
        self._versions = [0] * BANKS
        self._sources = Sources(rate_hz)
        self._banks = tuple(_Bank(block, number, self._sources) for number in range(BANKS))

    @property
    def faults(self) -> dict[str, str]:
        """Path -> why it does not play."""
        return self._sources.faults

    @property
    def has_regions(self) -> bool:
        """Something is on tape; without it only another playlist makes a difference."""
        return any(bank.playlist.regions for bank in self._banks)

    @property
    def opened(self) -> int:
        """Files opened ever."""
        return self._sources.opened

    def turn(self) -> bool:
        """Follow the playlists and the transport; True when there is more to do at once."""
        for number, bank in enumerate(self._banks):
            version = self._block.playlist_version(number)
            if version != self._versions[number]:
                self._versions[number] = version
                bank.adopt(Playlist.from_json(self._block.playlist(number)))
                self._sources.renew({region.file for each in self._banks for region in each.playlist.regions})
        hungry = [bank.turn() for bank in self._banks]
        return any(hungry)

    def close(self) -> None:
        """Let the files go; may be called twice."""
        self._sources.close()
