"""Playlists for the tape: what it makes ready, ahead of the engine that will go there."""

from collections.abc import Sequence

from studiod.desk.control import POLL_S, Control
from studiod.desk.takes import Take, regions
from studiod.link import Operation
from studiod.link.playlist import BANKS, Playlist, newest

CUE_S = 1.0


class Cues:
    """The tape holds two playlists ready: the one that plays is never touched by the next."""

    def __init__(self, control: Control, strips: int) -> None:
        self._control = control
        self._strips = strips
        self._newest = newest(control.block)

    @property
    def newest(self) -> Playlist:
        """What was asked for last, perhaps by a desk before this one."""
        return self._newest

    def prepare(self, position: int, takes: Sequence[Take]) -> int:
        """Have the tape make `takes` ready from `position` on; the generation to locate with."""
        generation = self._newest.generation + 1
        while generation % BANKS == self._control.snapshot.generation % BANKS:
            generation += 1
        self._newest = Playlist(generation, position, regions(tuple(takes), self._strips))
        self._control.block.store_playlist(generation, self._newest.to_json())
        return generation

    async def wait(self, generation: int) -> str:
        """Wait until the tape has made `generation` ready; why it did not, or an empty string."""
        for _ in range(round(CUE_S / POLL_S)):
            if self._control.block.is_cued(generation):
                return ""
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
