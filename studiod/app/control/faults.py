"""Why a command ended without doing what was asked: a sentence, and the exit code that scripts see."""

from typing import Final

DONE: Final = 0
NOT_DONE: Final = 1
WRONG_USAGE: Final = 2
NO_ANSWER: Final = 3

EXIT_CODES: Final = (
    (DONE, "done; what was printed is what studiod says is true now"),
    (NOT_DONE, "studiod refused, or did not get there in time; its reason is on standard error"),
    (WRONG_USAGE, "the command was not understood; nothing was sent"),
    (NO_ANSWER, "no studiod answers there; the message says what to do"),
)


class Fault(Exception):  # noqa: N818 - it reads as the fact it reports
    """The command ends here; the message is for a person."""

    exit_code: int = NOT_DONE


class NotDone(Fault):
    """studiod refused, or did not get there in time."""


class WrongUsage(Fault):
    """What was typed cannot be meant."""

    exit_code = WRONG_USAGE


class NoAnswer(Fault):
    """Nothing that speaks as studiod does is at that address."""

    exit_code = NO_ANSWER
