"""The running studio as a command sees it: ask, set and see that it is so, roll and wait until it rolls."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from studiod.app.control.faults import NotDone
from studiod.app.control.link import Link
from studiod.app.control.page import Facts
from studiod.app.control.words import BUS, STRIP, TRIMMED, Reading, Target, Wanted, on_this_desk, reading
from studiod.net.osc.packet import Message, message

STATUS, DEVICES, TAKES = "/system/status", "/system/devices", "/take/list"
NEAR_S: Final = 0.001  # positions are said in milliseconds
_POLL_S = 0.02  # shorter than anyone notices, long beside what a question costs


class Studio:
    """A studiod, asked over `link`. Methods raise NoAnswer and NotDone."""

    def __init__(self, link: Link) -> None:
        self.link = link

    def status(self) -> Facts:
        """What studiod says of itself."""
        return Facts(self.link.ask_json(STATUS))

    def targets(self, wanted: Sequence[Wanted]) -> list["Named"]:
        """Those targets of this desk, with their names."""
        status = self.status()
        found = on_this_desk(wanted, status.count("strips"), status.count("buses"), status.count("midi_tracks"))
        return [Named(target, name_of(target, status)) for target in found]

    def readings(self, question: Message) -> list[Reading]:
        """What the address of `question`, or each that its pattern means, says now."""
        answers = self.link.request(question)
        answers.raise_refusals()
        return [reading(each) for each in answers.messages or [self.link.ask(question.address)]]

    def set(self, settings: Sequence[Message]) -> list[Reading]:
        """Send `settings`, then ask the same addresses: what is so now. Raises NotDone when one was refused."""
        answers = self.link.request(*settings, *(message(each.address) for each in settings))
        answers.raise_refusals()
        found = [reading(each) for each in answers.messages]
        if not found:
            raise NotDone(
                f"{settings[0].address}: studiod said nothing about it; see that it is so with `studioctl get`"
            )
        return found

    def command(self, order: Message, is_done: Callable[[Facts], bool], otherwise: str) -> Facts:
        """Send a command and wait until `is_done` says so of the status; that status.

        Raises NotDone when studiod refuses, or with `otherwise` when the time-out passes first.
        """
        self.link.request(order).raise_refusals()
        return self.until(is_done, otherwise)

    def until(self, is_done: Callable[[Facts], bool], otherwise: str) -> Facts:
        """Wait for a status of which `is_done`. Raises NotDone with `otherwise` when the time-out passes first."""
        last = Facts(None)

        def done() -> Facts | None:
            nonlocal last
            last = self.status()
            # settled: no command of anyone is still being carried out, so that what is shown will stay true
            return last if is_done(last) and last.at("settled") is not False else None

        found = self.look_for(done)
        if found is None:
            raise NotDone(f"{otherwise} within {self.link.timeout_s:g} s (state: {last.text('state')})")
        return found

    def finished(self, take_id: int) -> Facts | None:
        """That take when its files are closed, or as it is when the time-out passes; None if it is not listed."""

        def listed() -> Facts | None:
            return next((take for take in self.takes() if take.count("id") == take_id), None)

        def closed() -> Facts | None:
            take = listed()
            return take if take is not None and take.text("state") != "recording" else None

        return self.look_for(closed) or listed()

    def back_at_beginning(self, take: Facts) -> Facts:
        """The status when the transport has gone back to where `take` began; as it is if that takes too long.

        A take lies a little before where it rolled, by what the way round takes: a settled studio is there.
        """
        began_s = take.number("position") / max(take.number("rate_hz"), 1.0)

        def back() -> Facts | None:
            status = self.status()
            is_near = abs(status.number("position_s") - began_s) < NEAR_S
            return status if is_near or status.at("settled") is True else None

        return self.look_for(back) or self.status()

    def look_for(self, look: Callable[[], Facts | None]) -> Facts | None:
        """What `look` finds before the time-out passes."""
        deadline = time.monotonic() + self.link.timeout_s
        while (found := look()) is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return found

    def takes(self) -> list[Facts]:
        """Every take of the session, in order."""
        found = self.link.ask_json(TAKES)
        return [Facts(each) for each in found] if isinstance(found, list) else []


class Named:
    """A target and what people call it."""

    def __init__(self, target: Target, name: str) -> None:
        self.target = target
        self.name = name

    @property
    def label(self) -> str:
        """`3 Bass`, `bus:2 Drummer`, `main`."""
        return f"{self.target.word} {self.name}".rstrip()


def name_of(target: Target, status: Facts) -> str:
    """The name in the status; empty for main, and where it says none."""
    names = status.texts({STRIP: "strip_names", TRIMMED: "strip_names", BUS: "bus_names"}.get(target.kind, ""))
    return names[target.number - 1] if 0 < target.number <= len(names) else ""


def armed_labels(status: Facts) -> list[str]:
    """What is armed, as people call it."""
    return [_armed_label(word, status) for word in status.texts("armed")]


def _armed_label(word: str, status: Facts) -> str:
    kind, _, number = word.replace(" ", ":").rpartition(":")
    if not number.isdecimal():
        return word
    return Named(Target(kind or STRIP, int(number)), name_of(Target(kind or STRIP, int(number)), status)).label
