"""How host and box find each other: with questions and answers, a riddle, or not at all."""

from dataclasses import dataclass, field

from studiod.surfaces.mackie.codec import (
    ACCEPTED,
    LOGIC_ID,
    LOGIC_XT_ID,
    QUERY,
    READY,
    READY_COMPACT,
    REFUSED,
    RESPOND,
    VERSION,
    VERSION_IS,
    sysex,
)
from studiod.surfaces.mackie.words import Alive, Reply, Said, Started

PATIENCE_S = 2.0  # hosts that never ask get on with every box: after so long it is driven, answer or not
RIDDLE_S = 1.0  # a Logic Control wants the answer within 0.3 s; if it stays silent its word was lost
_SERIAL, _RIDDLE = 7, 4
_WITH_RIDDLE = frozenset({LOGIC_ID, LOGIC_XT_ID})


def answer_to(riddle: bytes) -> bytes:
    """What a Logic Control wants to hear to the four bytes it sent, each 0..127."""
    c0, c1, c2, c3 = riddle
    return bytes(
        byte & 0x7F
        for byte in (
            c0 + (c1 ^ 0x0A) - c3,
            (c2 >> 4) ^ (c0 + c3),
            (c3 - (c2 << 2)) ^ (c0 | c1),
            c1 - c2 + (0xF0 ^ (c3 << 4)),
        )
    )


@dataclass(slots=True)
class Greeting:
    """One meeting with a box, from the query on. `model_id` is what it calls itself, once it has."""

    model_id: int
    ask_ids: tuple[int, ...]
    """Whom the query is for; empty: the box is driven at once."""
    note: str = ""
    is_live: bool = False
    """It may be shown things."""
    version: str = ""
    _until: float | None = field(default=None, repr=False)
    _may_answer: bool = field(default=True, repr=False)

    def start(self, now: float) -> list[bytes]:
        """What to say first."""
        self.is_live = not self.ask_ids
        self._until = None if self.is_live else now + PATIENCE_S
        return [sysex(each, QUERY) for each in self.ask_ids]

    def hear(self, said: Said, now: float) -> tuple[list[bytes], bool]:
        """What to answer, and whether the box shows nothing (any more) and is to be painted whole."""
        if isinstance(said, Alive | Started):
            return [], False  # words of another family
        if not isinstance(said, Reply):
            return [], not self.is_live and self._may_answer and self._go_live()
        if said.command == READY:
            return self._ready(said, now)
        if said.command == READY_COMPACT:
            self.model_id = said.model_id
            return [], self._go_live()
        if said.command == ACCEPTED:
            return [sysex(self.model_id, VERSION, 0)], self._go_live()
        if said.command == REFUSED:
            self.is_live, self._until, self._may_answer = False, None, False
            self.note = "the box refused us: switch it off and on"
        elif said.command == VERSION_IS:
            self.version = bytes(byte for byte in said.payload if 0x20 <= byte < 0x7F).decode()  # noqa: PLR2004
        return [], False

    def tick(self, now: float) -> bool:
        """Whether the box was waited for long enough, and is to be painted unasked."""
        if self._until is None or now < self._until:
            return False
        if not self.is_live and self.ask_ids:
            self.note = "the box does not answer; it is driven all the same"
        return self._go_live()

    def wait(self, now: float) -> float | None:
        """Seconds until `tick` has something to do."""
        return None if self._until is None else max(self._until - now, 0.0)

    def _ready(self, said: Reply, now: float) -> tuple[list[bytes], bool]:
        self.model_id, self._may_answer = said.model_id, True
        if said.model_id not in _WITH_RIDDLE or len(said.payload) < _SERIAL + _RIDDLE:
            return [], self._go_live()
        serial, riddle = said.payload[:_SERIAL], said.payload[_SERIAL : _SERIAL + _RIDDLE]
        self.is_live, self._until = False, now + RIDDLE_S
        return [sysex(said.model_id, RESPOND, *serial, *answer_to(riddle))], False

    def _go_live(self) -> bool:
        self.is_live, self._until = True, None
        return True
