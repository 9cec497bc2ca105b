"""What is not studiod, hangs, or answers at length: told apart in time, with the remedy."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from studiod.app.control.faults import NO_ANSWER, NoAnswer
from studiod.app.control.link import Link
from studiod.app.studioctl import main
from studiod.net.osc.codec import encode
from studiod.net.osc.framing import length_frame
from studiod.net.osc.packet import message
from tests.fakes.studio import FakeStudio, Take


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port of loopback whose first caller is served so."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with contextlib.suppress(OSError):
                caller, _ = server.accept()
                with caller:
                    serve(caller)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def wait_for_the_end(caller: socket.socket) -> None:
    while caller.recv(4096):
        pass


def speak_http(caller: socket.socket) -> None:
    caller.recv(4096)
    caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    wait_for_the_end(caller)


@pytest.mark.parametrize(
    ("serve", "sentence"),
    [
        (wait_for_the_end, "does not answer within 0.2 s"),
        (speak_http, "is no studiod: choose its OSC port with --port"),
        (lambda caller: caller.close(), "hung up: it was stopped, or restarts; try again"),
    ],
    ids=["hangs", "other", "leaves"],
)
def test_what_is_no_working_studiod_is_told_apart(
    serve: Callable[[socket.socket], None], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening(serve) as port:
        assert main(["--port", str(port), "--timeout", "0.2", "status"]) == NO_ANSWER
    assert sentence in capsys.readouterr().err


def test_a_machine_that_nobody_knows_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "studio.invalid", "status"]) == NO_ANSWER
    assert "no machine is called 'studio.invalid'" in capsys.readouterr().err


@pytest.fixture
def studio() -> Iterator[FakeStudio]:
    studio = FakeStudio().start()
    yield studio
    studio.stop()


@pytest.fixture
def link(studio: FakeStudio) -> Iterator[Link]:
    link = Link("127.0.0.1", studio.port)
    yield link
    link.close()


def test_a_studio_of_a_thousand_takes_is_listed_whole(
    studio: FakeStudio, link: Link, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"strip-{number:02d}-a-rather-long-name.wav" for number in range(32)]
    studio.takes += [Take(number, names, 60.0, "good") for number in range(1, 1001)]
    found = link.ask_json("/take/list")
    assert isinstance(found, list)
    assert len(json.dumps(found)) > 1_000_000  # far beyond any datagram
    assert [take["id"] for take in found] == list(range(1, 1001))
    assert main(["--port", str(studio.port), "takes"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1001


def test_questions_are_answered_at_the_speed_of_the_machine(link: Link) -> None:
    link.ask("/strip/1/fader")
    begun = time.monotonic()
    for _ in range(25):
        link.ask("/strip/1/fader")
    assert time.monotonic() - begun < 0.75  # 1 s when each answer waits for the last one's ACK


def test_the_question_that_marks_the_end_may_be_asked_itself(link: Link) -> None:
    assert isinstance(link.ask("/stats/osc/received").arguments[0], int)


def test_every_refusal_is_told_once(link: Link) -> None:
    answers = link.request(message("/strip/1/fader", 99.0), message("/strip/1/fader", 99.0), message("/nix"))
    assert [address for address, _ in answers.refusals] == ["/strip/1/fader", "/nix"]
    assert answers.messages == []


def answer_and_tell(caller: socket.socket) -> None:
    """The answer that ends a request and a change behind it, in one piece."""
    caller.recv(4096)
    told = (message("/strip/1/fader", -6.0), message("/stats/osc/received", 1), message("/strip/2/fader", -7.0))
    caller.sendall(b"".join(length_frame(encode(each)) for each in told))
    wait_for_the_end(caller)


def test_what_comes_behind_an_answer_is_kept_for_the_listener() -> None:
    with listening(answer_and_tell) as port, contextlib.closing(Link("127.0.0.1", port)) as link:
        assert [each.address for each in link.request(message("/strip/1/fader")).messages] == ["/strip/1/fader"]
        assert [each.address for each in link.listen(1.0)] == ["/strip/2/fader"]
        assert link.listen(0.0) == []


def test_a_closed_link_says_so_and_opens_again(link: Link) -> None:
    link.ask("/strip/1/fader")
    link.close()
    link.close()
    with pytest.raises(NoAnswer):
        link.listen(0.0)
    assert link.ask("/strip/1/fader").arguments == (0.0,)
