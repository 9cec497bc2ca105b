"""What one unit shows: what it should, what it does, and the wire in between that must not be flooded."""

from collections.abc import Callable, Sequence
from typing import Final

from studiod.surfaces.mackie.screen import Screen
from studiod.surfaces.mackie.words import Codec, Key, Part, Shown

SLACK_S: Final = 0.004
"""Wire time that may be sent ahead: fewer wake-ups, and no burst longer than a few messages."""
COLOURS_S: Final = 0.01  # clones lose colours that come faster
IN_A_ROW: Final = 9  # all faders of a box; then something else has its turn, however much the faders move
_FADERS, _LAMPS, _RINGS, _TEXT, _REST = range(5)
_RANK: Final = {
    Part.FADER: _FADERS,
    Part.LAMP: _LAMPS,
    Part.RING: _RINGS,
}
_PASSING: Final = frozenset({Part.METER, Part.MASTER_METER})  # they fall by themselves: never healed


class Panel:
    """The shadow of a unit, and its pace. Faders go first, then lamps, rings, text, and the rest.

    messages_per_s, bytes_per_s: what the wire and the box take.
    """

    def __init__(self, codec: Codec, screens: Sequence[Screen], messages_per_s: int, bytes_per_s: int) -> None:
        self.screens = tuple(screens)
        self._codec = codec
        self._message_s = 1.0 / messages_per_s
        self._byte_s = 1.0 / bytes_per_s
        self._send: Callable[[bytes], None] | None = None
        self._free_at = 0.0
        self._wanted: dict[Key, Shown] = {}
        self._shown: dict[Key, Shown] = {}
        self._due: tuple[dict[Key, None], ...] = tuple({} for _ in range(_REST + 1))
        self._first: list[bytes] = []
        self._row = 0
        self._healed = 0
        self.is_live = False
        """Greeted: it may be shown things."""

    @property
    def is_open(self) -> bool:
        """There is a wire."""
        return self._send is not None

    def open(self, send: Callable[[bytes], None], now: float) -> None:
        """There is a wire, and nobody knows what the unit shows."""
        self._send, self._free_at = send, now
        self._first.clear()
        self.forget()

    def close(self) -> None:
        """The wire is gone."""
        self._send = None
        self.is_live = False

    def say(self, message: bytes) -> None:
        """Send `message` before everything else, in order."""
        self._first.append(message)

    def show(self, key: Key, value: Shown) -> None:
        """From now on `key` should show `value`; silence when it does already, or has no such lamp."""
        place = key[1]
        if isinstance(place, str) and not self._codec.has_lamp(place):
            return
        self._wanted[key] = value
        waiting = self._due[_rank(key)]
        if self._shown.get(key) == value:
            waiting.pop(key, None)
        else:
            waiting[key] = None

    def wanted(self, key: Key) -> Shown | None:
        """What `key` should show."""
        return self._wanted.get(key)

    def again(self, key: Key) -> None:
        """Tell `key` once more what it should show."""
        if key in self._wanted:
            self._shown.pop(key, None)
            self._due[_rank(key)][key] = None

    def forget(self) -> None:
        """Nobody knows what the unit shows: all of it is due."""
        self._shown.clear()
        for key in self._wanted:
            self._due[_rank(key)][key] = None
        for screen in self.screens:
            screen.forget()

    def heal(self, skip: Callable[[Key], bool]) -> Key | None:
        """Tell the next thing once more what it should show, but those in `skip`: wires lose messages. What it was."""
        keys = [key for key in self._wanted if key[0] not in _PASSING and not skip(key)]
        if keys and self.is_live:
            self._healed = (self._healed + 1) % len(keys)
            self.again(keys[self._healed])
            return keys[self._healed]
        return None

    def tell_again(self, skip: Callable[[Key], bool]) -> None:
        """Tell everything once more, but what falls by itself and what is in `skip`."""
        for key in self._wanted:
            if key[0] not in _PASSING and not skip(key):
                self.again(key)
        for screen in self.screens:
            screen.forget()

    def drain(self, now: float) -> float | None:
        """Send what may go; seconds until more may, None when nothing waits. Raises what `send` raises."""
        if self._send is None:
            return None
        while self._free_at - now <= SLACK_S:
            message, takes_s = self._next()
            if message is None:
                return None
            self._free_at = max(self._free_at, now) + max(takes_s, self._message_s, len(message) * self._byte_s)
            self._send(message)
        return self._free_at - now - SLACK_S + 1e-6 if self._is_due else None

    def flush(self) -> None:
        """Send everything at once: the unit is about to be let go."""
        while self._send is not None:
            message, _ = self._next()
            if message is None:
                return
            self._send(message)

    # -- inside ----------------------------------------------------------------------------------------------------

    @property
    def _is_due(self) -> bool:
        return bool(self._first) or (self.is_live and (any(self._due) or any(screen.is_due for screen in self.screens)))

    def _next(self) -> tuple[bytes | None, float]:
        """The most urgent message, and how long it takes beside its bytes."""
        if self._first:
            return self._first.pop(0), 0.0
        if not self.is_live:
            return None, 0.0
        order = (*range(_LAMPS, _REST + 1), _FADERS) if self._row >= IN_A_ROW else range(_REST + 1)
        for rank in order:
            message, takes_s = self._text() if rank == _TEXT else self._of(self._due[rank])
            if message is not None:
                self._row = self._row + 1 if rank == _FADERS else 0
                return message, takes_s
        return None, 0.0

    def _text(self) -> tuple[bytes | None, float]:
        found = (screen.next() for screen in self.screens)
        return next((message for message in found if message is not None), None), 0.0

    def _of(self, waiting: dict[Key, None]) -> tuple[bytes | None, float]:
        while waiting:
            key = next(iter(waiting))
            del waiting[key]
            value = self._wanted[key]
            messages = self._codec.encode(key, value)
            self._shown[key] = value
            if messages:
                self._first.extend(messages[1:])
                return messages[0], COLOURS_S if key[0] is Part.COLOURS else 0.0
        return None, 0.0


def _rank(key: Key) -> int:
    return _RANK.get(key[0], _REST)
