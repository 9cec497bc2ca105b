"""From where on a replay is not to the bit what main played, and why: out of the take's papers and its journal."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from studiod.engine import BUILD
from studiod.link.grain import bits_needed
from studiod.link.journal import Journal
from studiod.link.take import DAMAGED, RECORDING, TakeDocument
from studiod.link.words import GAP_CAUSES
from studiod.model.transport import timecode

_FLOAT: Final = 32
_BESIDE: Final = ("the journal of take", "the MIDI of take", "MIDI of take")  # the journal itself tells what it lacks
_RESTARTED: Final = GAP_CAUSES[1]


class Doubt(NamedTuple):
    """Something that keeps a replay from being what main played."""

    start: int
    """Frame from which on main heard something else; what rings on, a filter or a compressor, settles later."""
    frames: int | None
    """How long what is wrong goes on; None: to the end."""
    why: str

    def told(self, rate_hz: int) -> str:
        """A sentence, with the place."""
        if not self.start:
            return self.why
        return f"from {timecode(self.start, rate_hz)} on: {self.why}"


def exact_frames(doubts: Iterable[Doubt], frames: int, late: int) -> int:
    """How many of a replay's `frames` are to the bit, from the first on.

    late: frames that main is later than what comes in; its limiter looks as far ahead.
    """
    return min([frames, *(max(doubt.start - late, 0) for doubt in doubts)])


def known_frames(document: TakeDocument, journal: Journal) -> int:
    """Visible frames that both the files and the journal have."""
    begin: int = journal.head["frame"]
    return min(document.frames, max(_end(journal) - begin, 0))


def is_cut(document: TakeDocument, journal: Journal) -> bool:
    """Nothing is known of what came after the last frame, which main, being late, still heard."""
    return journal.stop is None or journal.head["frame"] + document.frames < journal.stop


def doubts_of(document: TakeDocument, journal: Journal) -> Iterator[Doubt]:
    """What the papers tell, in no order."""
    yield from _doubts_of_journal(journal)
    yield from _doubts_of_sound(document, journal)
    yield from _doubts_of_bits(document, journal)


def _end(journal: Journal) -> int:
    """Engine frame to which main is known: it is late, and hears what came in before."""
    return journal.upto if journal.stop is None else journal.stop


def _doubts_of_journal(journal: Journal) -> Iterator[Doubt]:
    head, state = journal.head, journal.state
    if head["build"] != BUILD:
        yield Doubt(0, None, "another build of studiod played it: it sounds the same, but not to the bit")
    if journal.missing:
        since = max((journal.missing_from or 0) - head["frame"], 0)
        verb = "move is" if journal.missing == 1 else "moves are"
        yield Doubt(since, None, f"{journal.missing} {verb} missing in its journal")
    if state is not None and not all(state.lines.values()):
        yield Doubt(0, None, "what some delay lines held when it began is missing")
    if journal.stop is None:
        frames = max(journal.upto - head["frame"], 0)
        seconds = frames / head["rate_hz"]
        yield Doubt(frames, None, f"its journal was cut off {seconds:.3f} s after its beginning")
    held = set(head["channels"])
    silent = [str(channel + 1) for channel in range(head["inputs"]) if channel not in held]
    if silent:
        yield Doubt(0, None, f"input{'s' if len(silent) > 1 else ''} {', '.join(silent)} were not recorded: silence")


def _doubts_of_sound(document: TakeDocument, journal: Journal) -> Iterator[Doubt]:
    """Where main heard what the files do not have."""
    yield from _holes(document)
    if journal.stop is not None and is_cut(document, journal):
        missing = journal.stop - journal.head["frame"] - document.frames
        yield Doubt(document.frames, None, f"its files end {missing} frames before the take did")
    if document.state == RECORDING:
        yield Doubt(document.frames, None, "it is being recorded, or was cut off and is not repaired")
    if document.state != DAMAGED:
        return
    repair, faults = document.raw.get("repair"), document.raw.get("faults")
    damage = repair.get("damage") if isinstance(repair, dict) else None
    said = [str(why) for each in (damage, faults) if isinstance(each, list) for why in each]
    told = [why for why in said if not why.startswith(_BESIDE)]
    is_explained = said or journal.missing or any(gap["start"] + gap["frames"] > 0 for gap in document.gaps)
    if told or not is_explained:
        yield Doubt(0, None, f"the take is damaged: {'; '.join(told) or 'the disk refused some of it'}")


def _holes(document: TakeDocument) -> Iterator[Doubt]:
    """Gaps that were none for main: what the engine itself passed over is in the journal, and replayed as it was."""
    for gap in document.gaps:
        start, end = max(gap["start"], 0), gap["start"] + gap["frames"]
        if end <= 0 or (gap["cause"] in GAP_CAUSES.values() and gap["cause"] != _RESTARTED):
            continue
        if gap["cause"] == _RESTARTED:
            yield Doubt(start, None, "the engine began anew: what it knew is in no journal")
        else:
            seconds = (end - start) / document.rate_hz
            why = f"{seconds:.3f} s are silence in its files, and were not for main: {gap['cause']}"
            yield Doubt(start, end - start, why)


def _doubts_of_bits(document: TakeDocument, journal: Journal) -> Iterator[Doubt]:
    """A file of fewer bits than came in has rounded them: some samples of the beginning and the end tell."""
    if document.bits == _FLOAT:
        return
    needed = max([journal.head.get("input_bits", 0), *map(bits_needed, journal.tails.values())])
    if needed > document.bits:
        form = "32-bit float" if needed == _FLOAT else f"{needed} bits"
        yield Doubt(0, None, f"its files have {document.bits} bits, what came in had more: {form}")
    elif not needed:
        yield Doubt(0, None, f"its files have {document.bits} bits, and nothing tells whether what came in had more")
