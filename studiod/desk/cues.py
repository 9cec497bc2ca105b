"""Playlists for the tape: what it makes ready, ahead of the engine that will go there."""

from collections.abc import Sequence

from studiod.desk.control import POLL_S, Control
from studiod.desk.takes import Take, regions
from studiod.link import Operation
from studiod.link.covering import audible
from studiod.link.playlist import BANKS, Playlist, Region, newest

CUE_S = 1.0


class Cues:
    """The tape holds two playlists ready: the one that plays is never touched by the next."""

    def __init__(self, control: Control, strips: int) -> None:
        self._control = control
        self._strips = strips
        self._newest = newest(control.block)
        self._audible: tuple[Sequence[Take], tuple[Region, ...]] = ((), ())
        self.fault = ""
        """Why nothing of what was asked for last plays back; empty when it does."""

    @property
    def newest(self) -> Playlist:
        """What was asked for last, perhaps by a desk before this one."""
        return self._newest

    def prepare(self, position: int, takes: Sequence[Take]) -> int:
        """Have the tape make `takes` ready from `position` on; the generation to locate with.

        What is too much to be told is silent, and `fault` says so.
        """
        generation = self._newest.generation + 1
        while generation % BANKS == self._control.snapshot.generation % BANKS:
            generation += 1
        self.fault = ""
        try:
            self._tell(Playlist(generation, position, self._heard(takes)))
        except ValueError:
            self.fault = (
                f"nothing plays back: the timeline has {len(self._heard(takes))} stretches of sound, more than can be "
                "made ready; discard takes that are not needed, or go on in another session (tape.session)"
            )
            self._tell(Playlist(generation, position, ()))
        return generation

    async def wait(self, generation: int) -> str:
        """Wait until the tape has made `generation` ready; why it did not, or an empty string."""
        for _ in range(round(CUE_S / POLL_S)):
            if self._control.block.is_cued(generation):
                return self.fault
            await self._control.pause()
        return "the tape does not answer: nothing plays back until it does"

    async def go(self, position: int, takes: Sequence[Take], ahead: int = 0) -> str:
        """Make `position` ready, then send the engine there; without a tape it goes in silence.

        ahead: frames in which the engine goes; while it rolls, what plays is left at exactly one frame. Returns what
        `wait` does. Raises Refused when the engine does not answer.
        """
        generation = self.prepare(position, takes)
        fault = await self.wait(generation)
        at_frame = self._control.snapshot.frame + ahead if ahead else 0
        await self._control.ask(Operation.LOCATE, generation, float(position), at_frame)
        return fault

    def _tell(self, playlist: Playlist) -> None:
        """Raises ValueError when it is too long."""
        self._control.block.store_playlist(playlist.generation, playlist.to_json())
        self._newest = playlist

    def _heard(self, takes: Sequence[Take]) -> tuple[Region, ...]:
        """Worked out once for the same takes: they are many, and are located again and again."""
        if takes is not self._audible[0]:
            self._audible = takes, audible(regions(tuple(takes), self._strips))
        return self._audible[1]
