"""One connection to a running studiod: questions and their answers in order, and what a lease brings."""

import contextlib
import json
import select
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from studiod.app.control.faults import NoAnswer, NotDone
from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import LengthFraming, length_frame
from studiod.net.osc.packet import Argument, Bundle, Malformed, Message, Packet, message

DEFAULT_PORT = 9000
DEFAULT_TIMEOUT_S = 2.0
# Asked behind every request: the connection keeps the order, so when this is answered everything before it was.
_LAST = "/stats/osc/received"
_NAME = "/peer/name"
_READ_BYTES = 65536
# A desk that was restarted listens again within a second: a command typed in that second still works.
_RESTART_S, _RETRY_S = 1.0, 0.05
_LONGEST_ANSWER_BYTES = 16 * 1024 * 1024  # the list of a hundred thousand takes fits


@dataclass(slots=True)
class Answers:
    """What came back for one request."""

    messages: list[Message] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)
    """(address, studiod's sentence), each once."""

    def to(self, address: str) -> Message | None:
        """The last answer from `address`, or None."""
        return next((each for each in reversed(self.messages) if each.address == address), None)

    def raise_refusals(self) -> None:
        """Raise NotDone with every sentence of studiod's, if there is one."""
        if self.refusals:
            raise NotDone("\n".join(_said(address, sentence) for address, sentence in self.refusals))


class Link:
    """A connection to studiod at `host`:`port`. Opened by the first request; `close` may be called twice.

    TCP: a refused port is known at once, answers of any length arrive whole and in order, and leases end with the
    connection. Every method raises NoAnswer when studiod is not there or stays silent for `timeout_s`.
    """

    def __init__(self, host: str, port: int, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self.host, self.port, self.timeout_s = host, port, timeout_s
        self._socket: socket.socket | None = None
        self._framing = LengthFraming(_LONGEST_ANSWER_BYTES)
        self._early: list[Message] = []  # what came behind the last answer, for `listen`
        self._is_called = False  # studiod knows what we are

    def open(self, patience_s: float = _RESTART_S) -> None:
        """Connect, waiting so long for a desk that is being restarted."""
        if self._socket is not None:
            return
        deadline = time.monotonic() + min(self.timeout_s, patience_s)
        while True:
            try:
                connected = socket.create_connection((self.host, self.port), timeout=self.timeout_s)
            except ConnectionRefusedError:
                if time.monotonic() >= deadline:
                    raise NoAnswer(self._nobody()) from None
                time.sleep(_RETRY_S)
            except socket.gaierror:
                raise NoAnswer(f"no machine is called {self.host!r}: name the studio's with --host") from None
            except OSError as fault:
                reason = fault.strerror or "no answer"
                raise NoAnswer(
                    f"{self.host} cannot be reached ({reason}): check --host, the network, and that osc.allow and "
                    f"osc.bind in studiod's configuration let this machine in"
                ) from None
            else:
                break
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a question is short and waits for nothing
        self._socket = connected
        self._framing = LengthFraming(_LONGEST_ANSWER_BYTES)
        self._early = []
        self._is_called = False

    def close(self) -> None:
        """Hang up; leases end."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def request(self, *messages: Message) -> Answers:
        """Send `messages` in order; what studiod answered and refused, when it has dealt with all of them."""
        ends = 1 + sum(each.address == _LAST for each in messages)
        self.send(*messages, message(_LAST))
        answers = Answers()
        deadline = time.monotonic() + self.timeout_s
        while True:
            came = self._read(deadline)
            for place, each in enumerate(came, 1):
                ends -= each.address == _LAST
                if ends == 0:
                    self._early += came[place:]
                    return answers
                _sort(each, answers)

    def ask(self, address: str, *arguments: Argument) -> Message:
        """What `address` answers. Raises NotDone with studiod's sentence when it refuses."""
        answers = self.request(message(address, *arguments))
        answers.raise_refusals()
        found = answers.to(address)
        deadline = time.monotonic() + self.timeout_s
        while found is None:  # one that has to look something up first
            for each in self._read(deadline):
                _sort(each, answers)
            answers.raise_refusals()
            found = answers.to(address)
        return found

    def ask_json(self, address: str, *arguments: Argument) -> object:
        """What the text that `address` answers holds. Raises NotDone when it is no JSON."""
        match self.ask(address, *arguments).arguments:
            case [str() as text]:
                with contextlib.suppress(ValueError):
                    return json.loads(text)
        raise NotDone(f"{address}: answered something that is no report; is studioctl of the same version as studiod?")

    def send(self, *messages: Message) -> None:
        """Send `messages` and wait for nothing."""
        self.open()
        hello = () if self._is_called else (message(_NAME, "studioctl"),)
        self._is_called = True
        frames = b"".join(length_frame(encode(each)) for each in (*hello, *messages))
        try:
            self._connected().sendall(frames)
        except OSError:
            self.close()
            raise NoAnswer(self._gone()) from None

    def listen(self, wait_s: float) -> list[Message]:
        """Everything that has come, waiting at most `wait_s` for the first of it."""
        if self._early:
            came, self._early = self._early, []
            return came
        try:
            is_ready = bool(select.select([self._connected()], [], [], max(wait_s, 0.0))[0])
        except ValueError:  # closed
            raise NoAnswer(self._gone()) from None
        return list(self._read(time.monotonic() + self.timeout_s)) if is_ready else []

    def fileno(self) -> int:
        """For `select`."""
        return self._connected().fileno()

    # -- inside ----------------------------------------------------------------------------------------------------

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise NoAnswer(self._gone())
        return self._socket

    def _read(self, deadline: float) -> list[Message]:
        """Messages of the next piece of the stream; perhaps none yet."""
        connected = self._connected()
        connected.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            piece = connected.recv(_READ_BYTES)
        except TimeoutError:
            self.close()
            raise NoAnswer(
                f"{self.host}:{self.port} does not answer within {self.timeout_s:g} s: what listens there hangs or is "
                "no studiod; look at studiod's own terminal, or wait longer with --timeout"
            ) from None
        except OSError:
            piece = b""
        if not piece:
            self.close()
            raise NoAnswer(self._gone())
        try:
            return [each for packet in self._framing.feed(piece) for each in _opened(decode(packet))]
        except Malformed:
            self.close()
            raise NoAnswer(
                f"what answers on {self.host}:{self.port} is no studiod: choose its OSC port with --port"
            ) from None

    def _nobody(self) -> str:
        where = f"{self.host}:{self.port}"
        if self.host in {"127.0.0.1", "localhost", "::1"}:
            return f"no studiod answers on {where}: start one with `studiod run`, or choose its OSC port with --port"
        return f"no studiod answers on {where}: start one there with `studiod run`, or choose another --host or --port"

    def _gone(self) -> str:
        return f"studiod on {self.host}:{self.port} hung up: it was stopped, or restarts; try again"


def _opened(packet: Packet) -> Iterator[Message]:
    if isinstance(packet, Bundle):
        for element in packet.elements:
            yield from _opened(element)
    else:
        yield packet


def _sort(each: Message, answers: Answers) -> None:
    match each.address, each.arguments:
        case "/error", [str() as address, str() as sentence]:
            if (address, sentence) not in answers.refusals:
                answers.refusals.append((address, sentence))
        case _:
            answers.messages.append(each)


def _said(address: str, sentence: str) -> str:
    """A sentence of studiod's, with the address in front unless it says it."""
    return sentence if address in sentence else f"{address}: {sentence}"


def refusals_in(messages: Iterable[Message]) -> list[str]:
    """Sentences of the refusals among `messages`."""
    answers = Answers()
    for each in messages:
        _sort(each, answers)
    return [_said(address, sentence) for address, sentence in answers.refusals]
