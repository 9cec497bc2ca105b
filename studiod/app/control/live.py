"""Commands that go on: the meter bridge on a terminal, and changes line by line."""

import contextlib
import datetime as dt
import os
import select
import shutil
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import NoReturn, TextIO

from studiod.app.control.bridge import MeterBridge
from studiod.app.control.faults import NoAnswer
from studiod.app.control.link import Link, refusals_in
from studiod.app.control.page import DIM, Page
from studiod.app.control.studio import Studio
from studiod.app.control.words import reading
from studiod.net.osc.packet import Message, message

_LEASE_S, _RENEW_S = 10.0, 3.0  # two renewals may be late
_FRAME_S = 0.04  # 25 pictures a second look like motion
_RETRY_S = 0.25
_COLUMNS, _ROWS = 80, 24  # of a terminal that does not say, as on a serial line
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"  # the alternate screen, no cursor, long lines cut
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
_TERMINATED = 128 + signal.SIGTERM


class Listener:
    """What `patterns` are told to be, from the first `turn` on; taken up again when studiod comes back.

    on_begin is called with each new connection, before its leases begin.
    """

    def __init__(self, link: Link, patterns: Sequence[str], on_begin: Callable[[], None] = lambda: None) -> None:
        self._link = link
        self._patterns = patterns
        self._on_begin = on_begin
        self._renew_at = 0.0
        self._early: list[Message] = []  # changes told while the leases began
        self.is_lost = False

    def begin(self) -> None:
        """Connect and subscribe. Raises NoAnswer, and NotDone when a pattern is refused."""
        self._on_begin()
        answers = self._link.request(*self._leases())
        answers.raise_refusals()
        self._early = answers.messages
        self._renew_at = time.monotonic() + _RENEW_S

    def turn(self, wait_s: float) -> list[Message]:
        """What came, waiting at most `wait_s` for it. A studiod that went away is waited for, without an end."""
        try:
            if self.is_lost:
                self._link.open(patience_s=0.0)
                self.begin()
                self.is_lost = False
            if time.monotonic() >= self._renew_at:
                self._link.send(*self._leases())
                self._renew_at = time.monotonic() + _RENEW_S
            early, self._early = self._early, []
            return early or self._link.listen(wait_s)
        except NoAnswer:
            self._link.close()
            self.is_lost = True
            time.sleep(min(wait_s, _RETRY_S))
            return []

    def _leases(self) -> list[Message]:
        return [message("/subscribe", pattern, _LEASE_S) for pattern in self._patterns]


def watch(listener: Listener, page: Page, span_s: float | None) -> None:
    """Print changes until `span_s` has passed, or Ctrl-C."""
    was_lost = False
    with contextlib.suppress(KeyboardInterrupt):
        listener.begin()
        until = None if span_s is None else time.monotonic() + span_s
        while until is None or time.monotonic() < until:
            found = listener.turn(_wait(until))
            if listener.is_lost is not was_lost:
                was_lost = listener.is_lost
                page.complain("studiod hung up; waiting for it" if was_lost else "studiod is back")
            _print(found, page)


def _print(messages: Sequence[Message], page: Page) -> None:
    now = dt.datetime.now().astimezone()
    for each in messages:
        if each.address == "/error":
            continue
        said = reading(each)
        if page.is_json:
            page.json({"time": now.isoformat(timespec="milliseconds"), **said.fact()}, is_compact=True)
        else:
            page.line(f"{page.style(now.strftime('%H:%M:%S.%f')[:-3], DIM)}  {said.address}  {said.text}")
    for sentence in refusals_in(messages):
        page.complain(sentence)
    page.out.flush()


def meters(studio: Studio, page: Page, span_s: float | None) -> None:
    """The meter bridge: live on a terminal, else one reading."""
    if page.is_terminal and not page.is_json:
        _live(studio, page, span_s)
        return
    bridge = MeterBridge(studio.status())
    _begin(bridge, studio.link)
    if span_s is not None:
        listener = Listener(studio.link, bridge.patterns)
        listener.begin()
        until = time.monotonic() + span_s
        while time.monotonic() < until:
            bridge.tell(listener.turn(_wait(until)), time.monotonic())
    if page.is_json:
        page.json(bridge.fact())
        return
    for line in bridge.lines(shutil.get_terminal_size().columns - 1, page):
        page.line(line)


def _begin(bridge: MeterBridge, link: Link) -> None:
    """Tell `bridge` where everything stands."""
    bridge.tell(link.request(*map(message, bridge.patterns)).messages, time.monotonic())


def _live(studio: Studio, page: Page, span_s: float | None) -> None:
    bridge = MeterBridge(studio.status())
    listener = Listener(studio.link, bridge.patterns, lambda: _begin(bridge, studio.link))
    listener.begin()
    until = None if span_s is None else time.monotonic() + span_s
    with _screen(page.out), contextlib.suppress(KeyboardInterrupt):
        draw_at = 0.0
        while until is None or time.monotonic() < until:
            bridge.tell(listener.turn(min(_FRAME_S, _wait(until))), time.monotonic())
            key = _key()
            if key in {"q", "Q"}:
                return
            if key in {"c", "C"}:
                bridge.clear()
            if time.monotonic() >= draw_at:
                draw_at = time.monotonic() + _FRAME_S
                size = os.get_terminal_size(page.out.fileno())  # each time, and not COLUMNS: windows are resized
                columns, rows = size.columns or _COLUMNS, size.lines or _ROWS
                lines = bridge.screen(columns - 1, rows, page, time.monotonic())
                picture = "\r\n".join(line + _REST_OF_LINE for line in lines)
                page.out.write(f"{_HOME}{picture}{_REST_OF_SCREEN}")
                page.out.flush()


def _wait(until: float | None) -> float:
    return _RETRY_S if until is None else max(min(until - time.monotonic(), _RETRY_S), 0.0)


def _key() -> str:
    """The key that was pressed, if one was."""
    if not sys.stdin.isatty() or not select.select([sys.stdin], [], [], 0.0)[0]:
        return ""
    return os.read(sys.stdin.fileno(), 1).decode("ascii", "replace")


@contextlib.contextmanager
def _screen(out: TextIO) -> Iterator[None]:
    """The terminal to ourselves; given back as it was, however this ends."""
    keyboard = sys.stdin.fileno() if sys.stdin.isatty() else None
    before = termios.tcgetattr(keyboard) if keyboard is not None else None
    handler = signal.signal(signal.SIGTERM, _terminated)
    try:
        if keyboard is not None:
            tty.setcbreak(keyboard)
        out.write(_ENTER)
        yield
    finally:
        out.write(_LEAVE)
        out.flush()
        if keyboard is not None and before is not None:
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
        signal.signal(signal.SIGTERM, handler)


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(_TERMINATED)
