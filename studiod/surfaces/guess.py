"""Which control of a box a hand moves, and in which of the languages of boxes it speaks: a guess, out of messages.

What cannot be told apart is taken for what most boxes do:
- sign and reversed sign are the same messages with the sides changed: the first move is up, as people are asked to.
- a button that was held as long as it was left alone may keep its own state: it counts as such only from 0.35 s on.
- two knobs on numbers 32 apart that are turned at once are a fine one if the upper one jumps as low halves do.
"""

import enum
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from studiod.surfaces.controls import ControlKind, Relative, Sends, Wire, WireKind
from studiod.surfaces.guess_motion import LEAST_GAP, Reading, gap_bits, readings, repeats
from studiod.surfaces.guess_press import Press, press_of
from studiod.surfaces.midi_values import Values

MAX_MESSAGES = 4096  # a flood: what was heard so far must do
_MAX_TRACKS = 512
_LONGEST = 512  # values of one place: a fader says so many in a few seconds
_LSB, _LAST_MSB = 32, 31
_PARAMETER_NUMBERS = frozenset({6, 38, 96, 97, 98, 99, 100, 101})
_JITTER = 0.04  # of the range: what a worn knob says by itself
_FINE = frozenset({WireKind.CC14, WireKind.NRPN, WireKind.RPN, WireKind.BEND})
_STEPS_A_WAY = 40.0  # messages of an encoder that count as much as a fader's whole way
_LEAST_RUN = 3
_LEAST_ACTIVITY = 0.05
_PRESSES_A_WAY = 3.0
_TOUCH_BEFORE_S = 1.0
_TOUCHED = 127
RIVAL = 0.5  # of what the best moved: who moved so much may be meant as well
_SIDES_APART = 0.3
_ENOUGH_PAIRED = 8  # messages


class Want(enum.Enum):
    """What the control is to do."""

    TURN = enum.auto()
    PRESS = enum.auto()
    EITHER = enum.auto()


@dataclass(frozen=True, slots=True)
class Guess:
    """One control."""

    wire: Wire
    kind: ControlKind
    relative: Relative | None = None
    down: Wire | None = None
    """The other side of a `pair`."""
    sends: Sends = Sends.BOTH
    pressed: range | None = None
    """Values that mean down, where they are not the usual ones."""
    touch: Wire | None = None
    is_enough: bool = False
    sure: float = 0.0
    """0..1."""
    needs: str = ""
    """What the hand should do so that more is known."""
    last_s: float = 0.0
    """When it was heard last."""
    rank: int = 0
    """Of two controls that move the one of higher rank is meant: keys are played beside."""
    activity: float = 0.0
    """How much it was moved: 1 is the whole way of a fader."""

    def __str__(self) -> str:
        """In a person's words: `CC 21: absolute, 7 bit`."""
        return f"{words_of(self.wire)}: {self._manner}"

    @property
    def _manner(self) -> str:
        if self.kind is ControlKind.BUTTON:
            return {
                Sends.BOTH: "button",
                Sends.PRESS: "button, tells only presses",
                Sends.TOGGLE: "button, toggles itself",
            }[self.sends]
        if self.down is not None:
            return f"relative (pair), {words_of(self.down)} for the other side"
        if self.relative is not None:
            return f"relative ({self.relative.value})"
        bits = 14 if self.wire.kind in _FINE else 7
        return f"absolute, {bits} bit" + (f", touched by {words_of(self.touch)}" if self.touch is not None else "")


def words_of(wire: Wire) -> str:
    """`CC 21`, `CC 7 and 39 on channel 2`, `note 36`, `pitch bend`."""
    name = {
        WireKind.CC: "CC", WireKind.CC14: "CC", WireKind.BEND: "pitch bend", WireKind.PRESSURE: "channel pressure",
        WireKind.POLY: "key pressure", WireKind.NRPN: "NRPN", WireKind.RPN: "RPN",
    }.get(wire.kind, wire.kind.value)  # fmt: skip
    if wire.kind not in (WireKind.BEND, WireKind.PRESSURE):
        name += f" {wire.number}"
    if wire.kind is WireKind.CC14:
        name += f" and {wire.lsb}"
    return name if wire.channel == 1 else f"{name} on channel {wire.channel}"


Place = tuple[WireKind, int, int]
"""Kind of message, channel, number."""


@dataclass(slots=True)
class _Track:
    """What came from one place."""

    values: list[int] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    """Which message of the port each was."""
    steps: list[int] = field(default_factory=list)
    """Data increments and decrements."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    guess: Guess
    places: frozenset[Place]
    activity: float
    """How much was moved: 1 is the whole way of a fader."""
    rank: int
    """What is of a higher one wins, however little it moved: keys are played beside."""


class Guesser:
    """Listens to one port. No clock: times come in as seconds of any steady one. Never raises, whatever the bytes."""

    def __init__(self, want: Want) -> None:
        self._want = want
        self._tracks: dict[Place, _Track] = {}
        self._count = 0
        self._values = Values(_every_wire())

    def hear(self, message: bytes, at_s: float) -> None:
        """One whole message of the port."""
        if self._count >= MAX_MESSAGES:
            return
        self._count += 1
        for heard in self._values.hear(message):
            place = heard.kind, heard.channel, heard.number
            if place not in self._tracks and len(self._tracks) >= _MAX_TRACKS:
                continue
            track = self._tracks.setdefault(place, _Track())
            if len(track.orders) >= _LONGEST:
                continue
            (track.steps if heard.is_step else track.values).append(heard.value)
            track.times_s.append(at_s)
            track.orders.append(self._count)

    @property
    def is_full(self) -> bool:
        """It heard so much that it listens no more: no hand says that much."""
        return self._count >= MAX_MESSAGES

    def guess(self) -> Guess | None:
        """The control that moved most, of the kind that is wanted where there is one; None before anything did."""
        found = self._candidates()
        return found[0].guess if found else None

    def rival(self) -> Guess | None:
        """Another control that moved about as much as the one of `guess`: nobody can tell which was meant."""
        found = self._candidates()
        for other in found[1:]:
            best = found[0]
            if other.rank == best.rank and not other.places & best.places:
                return other.guess if other.activity >= RIVAL * best.activity else None
        return None

    # -- candidates ------------------------------------------------------------------------------------------------

    def _candidates(self) -> list[_Candidate]:
        turns, presses = list(self._turning()), list(self._pressing())
        if self._want is Want.TURN:
            presses = [replace(each, rank=each.rank - 10) for each in presses]
        elif self._want is Want.PRESS:
            turns = [replace(each, rank=each.rank - 10) for each in turns]
        else:
            pressed = frozenset[Place]().union(*(each.places for each in presses))
            turns = [each for each in turns if not each.places & pressed]
        moved = [each for each in (*turns, *presses) if each.activity >= _LEAST_ACTIVITY]
        found = sorted(moved, key=lambda each: (-each.rank, -each.activity))
        return [replace(each, guess=self._complete(each)) for each in found[:1]] + found[1:]

    def _hidden(self) -> set[Place]:
        """Places whose messages are only parts of another's."""
        hidden: set[Place] = set()
        for kind, channel, number in self._tracks:
            if kind in (WireKind.NRPN, WireKind.RPN):
                hidden |= {(WireKind.CC, channel, part) for part in _PARAMETER_NUMBERS}
                hidden |= {(WireKind.CC14, channel, part) for part in _PARAMETER_NUMBERS}
            elif kind is WireKind.CC14:
                halves = {(WireKind.CC, channel, number), (WireKind.CC, channel, number + _LSB)}
                hidden |= halves if self._is_fine(channel, number) else {(kind, channel, number)}
        return hidden

    def _is_fine(self, channel: int, number: int) -> bool:
        """The controllers `number` and `number` + 32 are halves of one value."""
        high = self._tracks.get((WireKind.CC, channel, number))
        low = self._tracks.get((WireKind.CC, channel, number + _LSB))
        if high is None or low is None or len(low.orders) < 3:  # noqa: PLR2004 - chance
            return False
        lows = set(low.orders)
        beside = sum(order - 1 in lows or order + 1 in lows for order in high.orders)
        if beside < 0.8 * len(high.orders):
            return False
        jumps = any(abs(later - earlier) > _LSB for earlier, later in itertools.pairwise(low.values))
        is_whole = max(high.values) - min(high.values) >= 4  # noqa: PLR2004 - the low half went round by then
        return jumps or not is_whole or len(set(low.values)) == 1

    def _turning(self) -> Iterator[_Candidate]:
        hidden = self._hidden()
        for place, track in self._tracks.items():
            kind = place[0]
            if place in hidden or kind in (WireKind.NOTE, WireKind.PROGRAM) or _goes_up_and_down(track):
                continue
            if track.steps:
                yield self._stepped(place, track)
            elif kind is WireKind.CC:
                yield from self._of_controller(place, track)
            else:
                yield from self._of_position(place, track)
        yield from self._pairs(hidden)

    def _stepped(self, place: Place, track: _Track) -> _Candidate:
        """Data increment and decrement say it all; what the map calls them makes no difference."""
        both = {1, -1} <= set(track.steps)
        is_enough = both and len(track.steps) >= 4  # noqa: PLR2004 - there and back
        guess = Guess(_wire(place), ControlKind.ENCODER, Relative.TWOS, is_enough=is_enough, sure=0.9 if both else 0.5)
        needs = "" if is_enough else "turn it up, then back"
        return _Candidate(replace(guess, needs=needs), _parts(place), len(track.steps) / _STEPS_A_WAY, rank=2)

    def _of_controller(self, place: Place, track: _Track) -> Iterator[_Candidate]:
        found = readings(track.values, 127)
        if found and not _is_jitter(found[0], track.values):
            yield _Candidate(self._read(place, found, track), _parts(place), _activity(found[0], 127), rank=2)

    def _of_position(self, place: Place, track: _Track) -> Iterator[_Candidate]:
        """Of these only pitch bend is known to tell steps, by its halves."""
        highest = _wire(place).highest
        found = [
            reading
            for reading in readings(track.values, highest)
            if reading.relative is None or (reading.relative is Relative.HALF and place[0] is WireKind.BEND)
        ]
        if not found or _is_jitter(found[0], track.values, highest):
            return
        is_key = place[0] in (WireKind.PRESSURE, WireKind.POLY)
        guess = self._read(place, found, track)
        yield _Candidate(guess, _parts(place), _activity(found[0], highest), rank=0 if is_key else 2)

    def _read(self, place: Place, found: Sequence[Reading], track: _Track) -> Guess:
        best = found[0]
        # sign and its reverse are one reading with two directions: the first move tells them apart
        others = [each for each in found[1:] if not _is_mirror(best, each)]
        gap = gap_bits([best, *others]) if others else 2 * LEAST_GAP
        is_enough = best.is_enough and gap >= LEAST_GAP and len(track.orders) >= 6  # noqa: PLR2004 - a hand, no hit
        sure = min(1.0 - 2.0 ** (-gap / 4.0), len(track.orders) / 8.0, 1.0)
        needs = ""
        if not is_enough:
            needs = "turn it up, then back" if best.relative is not None else "move it the whole way, up and down"
        kind = ControlKind.ENCODER if best.relative is not None else _shape(place[0])
        return Guess(_wire(place), kind, best.relative, is_enough=is_enough, sure=round(sure, 2), needs=needs)

    def _pairs(self, hidden: set[Place]) -> Iterator[_Candidate]:
        """Two numbers, one for each side."""
        sided = [
            (place, track)
            for place, track in self._tracks.items()
            if place[0] in (WireKind.CC, WireKind.NOTE) and place not in hidden and _is_one_sided(track)
        ]
        for number, (place, track) in enumerate(sided):
            for other, back in sided[number + 1 :]:
                if other[:2] != place[:2] or _changes(track, back) > _SIDES_APART * min(
                    len(track.orders), len(back.orders)
                ):
                    continue
                (up, _), (down, _) = sorted(((place, track), (other, back)), key=lambda each: each[1].orders[0])
                count = len(track.orders) + len(back.orders)
                guess = Guess(
                    _wire(up), ControlKind.ENCODER, Relative.PAIR, _wire(down),
                    is_enough=count >= _ENOUGH_PAIRED, sure=min(count / 10.0, 0.9),
                    needs="" if count >= _ENOUGH_PAIRED else "turn on, up and back",
                )  # fmt: skip
                rank = 3 if place[0] is WireKind.CC else 0  # more than either of the two alone
                yield _Candidate(guess, frozenset({place, other}), count / _STEPS_A_WAY, rank)

    def _pressing(self) -> Iterator[_Candidate]:
        hidden = self._hidden()
        for place, track in self._tracks.items():
            kind = place[0]
            if place in hidden or kind not in (WireKind.CC, WireKind.NOTE, WireKind.PROGRAM):
                continue
            values = [1] * len(track.values) if kind is WireKind.PROGRAM else track.values
            press = press_of(values, track.times_s, is_touch_sensitive=kind is not WireKind.CC)
            if press is not None:
                yield _Candidate(
                    _button(place, press), _parts(place), _presses(track, press) / _PRESSES_A_WAY,
                    rank=1 if kind is WireKind.NOTE else 2,
                )  # fmt: skip

    def _complete(self, best: _Candidate) -> Guess:
        """The guess, with when it was heard last, and the one button that went down just before a fader moved."""
        heard = [self._tracks[place].times_s[-1] for place in best.places if place in self._tracks]
        guess = replace(best.guess, last_s=max(heard), rank=best.rank, activity=best.activity)
        if guess.kind is not ControlKind.FADER and guess.wire.kind is not WireKind.CC:
            return guess
        if guess.relative is not None or guess.kind is ControlKind.BUTTON:
            return guess
        moved = [self._tracks[place].times_s for place in best.places if place in self._tracks]
        first_s = min(times[0] for times in moved)
        found = [
            place
            for place, track in self._tracks.items()
            if place[0] in (WireKind.NOTE, WireKind.CC) and place not in best.places and _touches(track, first_s)
        ]
        return replace(guess, touch=_wire(found[0]), kind=ControlKind.FADER) if len(found) == 1 else guess


# -- tracks ------------------------------------------------------------------------------------------------------------


def _every_wire() -> Iterator[Wire]:
    """All that halves and parameters could be."""
    for channel in range(1, 17):
        yield Wire(WireKind.NRPN, channel)
        for number in range(_LAST_MSB + 1):
            yield Wire(WireKind.CC14, channel, number, number + _LSB)


def _wire(place: Place) -> Wire:
    kind, channel, number = place
    return Wire(kind, channel, number, number + _LSB if kind is WireKind.CC14 else 0)


def _parts(place: Place) -> frozenset[Place]:
    kind, channel, number = place
    if kind is WireKind.CC14:
        return frozenset({place, (WireKind.CC, channel, number), (WireKind.CC, channel, number + _LSB)})
    return frozenset({place})


def _shape(kind: WireKind) -> ControlKind:
    return ControlKind.FADER if kind is WireKind.BEND else ControlKind.KNOB


def _activity(reading: Reading, highest: int) -> float:
    if reading.relative is not None:
        runs = _runs(reading.velocities)
        return sum(run for run in runs if run >= _LEAST_RUN) / _STEPS_A_WAY
    return sum(map(abs, reading.velocities)) / highest


def _runs(velocities: Sequence[int]) -> list[int]:
    """Lengths of the stretches to one side; a worn knob has short ones, a hand that turns has not."""
    sides = itertools.groupby((velocity > 0) - (velocity < 0) for velocity in velocities)
    return [len(list(run)) for side, run in sides if side]


def _is_jitter(reading: Reading, values: Sequence[int], highest: int = 127) -> bool:
    """A knob nobody turns says a value or two around where it stands."""
    if reading.relative is not None:
        steady = sum(run for run in _runs(reading.velocities) if run >= _LEAST_RUN)
        return len(values) > _LEAST_RUN * 2 and steady < len(values) / 2
    return max(values) - min(values) <= _JITTER * highest


def _goes_up_and_down(track: _Track) -> bool:
    """It has two values, by turns: a button or a pedal."""
    return len(set(track.values)) == 2 and press_of(track.values, track.times_s) is not None  # noqa: PLR2004 - on, off


def _is_mirror(one: Reading, other: Reading) -> bool:
    mirrored = {Relative.SIGN, Relative.SIGN_REVERSED}
    return one.relative in mirrored and other.relative in mirrored


def _is_one_sided(track: _Track) -> bool:
    """It says much the same again and again, as one side of an encoder does."""
    told = [value for value in track.values if value]
    return len(told) >= 3 and repeats(told) >= 0.4  # noqa: PLR2004 - a row of clicks, faster and slower


def _changes(one: _Track, other: _Track) -> int:
    """How often the one followed the other."""
    sides = sorted([(order, 0) for order in one.orders] + [(order, 1) for order in other.orders])
    return sum(earlier[1] != later[1] for earlier, later in itertools.pairwise(sides)) - 1


def _presses(track: _Track, press: Press) -> float:
    return len(track.orders) / (2.0 if press.sends is Sends.BOTH else 1.0)


def _button(place: Place, press: Press) -> Guess:
    needs = "" if press.is_enough else "press it again"
    return Guess(
        _wire(place), ControlKind.BUTTON, sends=press.sends, pressed=press.pressed, is_enough=press.is_enough,
        sure=round(press.sure, 2), needs=needs,
    )  # fmt: skip


def _touches(track: _Track, first_s: float) -> bool:
    """It went down, fully, just before; and up and down by turns since."""
    is_switch = track.values[0] == _TOUCHED and set(track.values) <= {0, _TOUCHED}
    return is_switch and 0.0 <= first_s - track.times_s[0] <= _TOUCH_BEFORE_S
