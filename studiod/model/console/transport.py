"""Rows of the tape machine: its buttons, loop, punch, markers and sections."""

from collections.abc import Iterator

from studiod.model.console.rows import choice, toggle, trigger
from studiod.model.parameter import Flag, Kind, ParameterSpec
from studiod.model.taper import Linear, Stepped
from studiod.model.transport import (
    LONGEST_S,
    MOST_COUNT_IN_BARS,
    MOST_PREROLL_S,
    TakeState,
    Tally,
    TapeAlarm,
    TransportPhase,
    TransportState,
)

_KEPT = Flag.PERSISTED
_NEVER_S = -1.0


def transport_rows() -> Iterator[ParameterSpec]:
    """Everything that rolls, and what decides about how."""
    yield from _buttons()
    yield from _readings()
    yield from _ways()
    yield from _points()
    yield from _arms()
    yield from _markers()
    words = tuple(state.word for state in TakeState)
    text = "How the take is that is being recorded, or the last one there is."
    yield _told_choice("/take/state", "Take state", "Take", words, text)
    words = tuple(alarm.word for alarm in TapeAlarm)
    text = "Whether somebody should look at the disks; /system/status says why."
    yield _told_choice("/tape/alarm", "Tape alarm", "Alarm", words, text)
    words = tuple(tally.word for tally in Tally)
    text = "What a record lamp shows: alarm before recording, recording before what it waits for, armed at last."
    yield _told_choice("/transport/tally", "Tally", "Tally", words, text)
    text = "Makes a take of the last so many seconds of every input that the black box holds, armed or not."
    yield trigger("/blackbox/keep", "Keep", text, flags=Flag.PROTECTED, argument="s")


def _buttons() -> Iterator[ParameterSpec]:
    yield trigger("/transport/play", "Play", "Rolls from the position; ends a take that is being recorded.")
    yield trigger("/transport/stop", "Stop", "Stops; after recording, goes back to where the take began.")
    text = "For one button: play at rest, else stop, which ends a take, too."
    yield trigger("/transport/toggle", "PlayStp", text)
    text = "Rolls and records everything armed; with /punch/on between its points only."
    yield trigger("/transport/record", "Record", text, flags=Flag.PROTECTED)
    text = "For a pedal: begins to record while it plays, at once; ends that, and plays on, while it records."
    yield trigger("/transport/punch", "Punch", text, flags=Flag.PROTECTED)
    yield trigger("/transport/locate", "Locate", "Goes to a position in seconds.", argument="s")
    text = "Goes back to where the last roll began, and rolls again."
    yield trigger("/transport/rollback", "RollBck", text)
    text = "Puts the last take into the trash; a take that is being recorded is ended first."
    yield trigger("/transport/discard", "Discard", text, flags=Flag.PROTECTED)
    yield trigger("/transport/undo", "Undo", "Takes the take that was discarded last out of the trash.")


def _readings() -> Iterator[ParameterSpec]:
    yield _told_choice(
        "/transport/state",
        "Transport state",
        "State",
        tuple(state.word for state in TransportState),
        "What the transport does now.",
    )
    text = "What else is going on: a count-in, a record that waits for its point, or a rehearsal."
    words = tuple(phase.word for phase in TransportPhase)
    yield _told_choice("/transport/phase", "Transport phase", "Phase", words, text)
    yield ParameterSpec(
        "/transport/position",
        Kind.METER,
        "Transport position",
        "Pos",
        "s",
        0.0,
        1e9,
        flags=Flag.READ_ONLY,
        help="Position in seconds, and as text.",
    )
    yield _told_seconds(
        "/transport/rolled", "Last roll", "Rolled", "Where the last roll began; -1 before there was one."
    )
    text = "Where the record that waits will begin; -1 while none does, or the punch-in says it."
    yield _told_seconds("/transport/point", "Record point", "Point", text)


def _ways() -> Iterator[ParameterSpec]:
    text = "Rolls so much earlier when record is pressed at rest, and records from the point on."
    yield _seconds("/transport/preroll", "Pre-roll", "PreRoll", MOST_PREROLL_S, 0.0, text)
    bars = tuple(str(count) for count in range(MOST_COUNT_IN_BARS + 1))
    text = "Bars that the click counts, as /click is set, before it rolls or records from rest."
    yield choice("/transport/countin", "Count-in", "CountIn", None, bars, text, flags=_KEPT)
    text = "What is recorded is laid over what was there, and both are heard; it counts when record is pressed."
    yield toggle("/transport/soundonsound", "Sound on sound", "SndSnd", None, text, flags=_KEPT)
    text = "Record does everything but write: who is armed hears the input, and no take is made."
    yield toggle("/transport/rehearse", "Rehearse", "Rehrse", None, text, flags=Flag.NONE)


def _points() -> Iterator[ParameterSpec]:
    text = "While rolling before the loop's end, goes round from its end to its start; each round records a new take."
    yield toggle("/loop/on", "Loop on", "Loop", None, text, flags=_KEPT)
    yield _seconds("/loop/start", "Loop start", "Lp strt", LONGEST_S, 0.0, "Where the loop begins.")
    yield _seconds("/loop/end", "Loop end", "Lp end", LONGEST_S, 8.0, "Where the loop ends.")
    text = "It rolls towards the loop's end, and will go round."
    told = Flag.READ_ONLY
    yield toggle("/loop/active", "Loop active", "Looping", None, text, flags=told)
    text = "Record rolls, and records from the punch-in to the punch-out only."
    yield toggle("/punch/on", "Punch on", "Punch", None, text, flags=_KEPT)
    yield _seconds("/punch/in", "Punch-in", "Pnch in", LONGEST_S, 0.0, "Where recording begins.")
    yield _seconds("/punch/out", "Punch-out", "PnchOut", LONGEST_S, 8.0, "Where recording ends; it plays on.")


def _arms() -> Iterator[ParameterSpec]:
    text = "Arms every strip that has an input and is not record safe."
    yield trigger("/arm/all", "Arm all", text, flags=Flag.PROTECTED)
    yield trigger("/arm/none", "ArmNone", "Disarms every strip, every bus and main.", flags=Flag.PROTECTED)


def _markers() -> Iterator[ParameterSpec]:
    yield trigger("/marker/add", "Marker", "Sets a marker at the position, also while it rolls; a name may be given.")
    yield trigger("/marker/next", "MkrNext", "Goes to the next marker.")
    yield trigger("/marker/previous", "MkrPrev", "Goes to the marker before.")
    yield trigger("/marker/locate", "MkrGo", "Goes to a marker, by its number.", argument="number")
    yield trigger("/marker/delete", "MkrDel", "Deletes a marker, by its number.", argument="number")
    yield trigger("/section/locate", "SecGo", "Goes to where a section begins, by its number.", argument="number")
    text = "Lays the loop over a section, by its number, and switches it on."
    yield trigger("/section/loop", "SecLoop", text, argument="number")
    yield trigger("/section/delete", "SecDel", "Deletes a section, by its number; its markers stay.", argument="number")


def _seconds(address: str, label: str, short: str, high: float, default: float, text: str) -> ParameterSpec:
    law = Linear(0.0, high)
    return ParameterSpec(address, Kind.TIME, label, short, "s", 0.0, high, default, taper=law, flags=_KEPT, help=text)


def _told_seconds(address: str, label: str, short: str, text: str) -> ParameterSpec:
    law = Linear(_NEVER_S, LONGEST_S)
    told = Flag.READ_ONLY
    return ParameterSpec(
        address, Kind.TIME, label, short, "s", _NEVER_S, LONGEST_S, _NEVER_S, taper=law, flags=told, help=text
    )


def _told_choice(address: str, label: str, short: str, words: tuple[str, ...], text: str) -> ParameterSpec:
    return ParameterSpec(
        address,
        Kind.CHOICE,
        label,
        short,
        high=float(len(words) - 1),
        taper=Stepped(len(words)),
        choices=words,
        flags=Flag.READ_ONLY,
        help=text,
    )
