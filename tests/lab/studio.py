"""The studiod service of a machine, as a person at a desk nearby sees it: systemctl in the guest, OSC from outside."""

import json
import socket
from collections.abc import Callable
from typing import Any

from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import LengthFraming, length_frame
from studiod.net.osc.packet import Argument, Bundle, Message, Packet
from tests.helpers import eventually
from tests.lab.machine import Machine

# Everything here waits for behaviour, not for a speed: emulation is slow and the host is shared.
PATIENCE_S = 90.0
_ANSWER_S = 10.0
_PIECE_BYTES = 65536
_TAGS: dict[type, str] = {int: "i", float: "f", str: "s"}

Report = dict[str, Any]


class Refused(AssertionError):  # noqa: N818 - it reads as the fact it reports
    """Studiod answered with /error; the message is its sentence."""


class Studio:
    """Each question is a connection of its own: it works across restarts of whatever is behind it.

    port: which of the machine's `osc_ports`.
    """

    def __init__(self, machine: Machine, port: int = 0) -> None:
        self.machine = machine
        self._port = machine.osc_ports[port]

    def ask(self, address: str) -> tuple[Argument, ...]:
        """Arguments of the answer to `address` without argument.

        Raises OSError when nobody answers, Refused when there is no such address.
        """
        return self._exchange(Message(address), address)

    def tell(self, address: str, *arguments: float | str) -> None:
        """Write `arguments` to `address`. Raises OSError when nobody is there, Refused with studiod's sentence."""
        tags = "".join(_TAGS[type(argument)] for argument in arguments)
        # An answer to the question that follows shows that the words before it were obeyed or refused.
        self._exchange(Message(address, tags, tuple(arguments)), "/transport/state", Message("/transport/state"))

    def report(self, address: str) -> Any:  # noqa: ANN401 - JSON
        """What the JSON of a report such as /system/status says. Raises like `ask`."""
        text = self.ask(address)[0]
        assert isinstance(text, str)
        return json.loads(text)

    def status(self) -> Report:
        """/system/status, waited for while studiod starts."""
        return self.wait_for(bool)

    def wait_for(self, holds: Callable[[Report], bool], within_s: float = PATIENCE_S) -> Report:
        """The first /system/status of which `holds` is true. Raises AssertionError with the last one."""
        last: list[Report] = []

        def look() -> bool:
            try:
                last[:] = [self.report("/system/status")]
            except OSError:  # not there, or not yet
                return False
            return holds(last[0])

        try:
            eventually(look, within_s)
        except AssertionError as fault:
            raise AssertionError(f"{fault}; the last status: {last}\n{self.journal()[-3000:]}") from None
        return last[0]

    def configure(self, text: str) -> Report:
        """Start studiod anew with this configuration, and return its first status."""
        (self.machine.share / "studiod.yaml").write_text(text)
        self.machine.output(
            "install -m 644 /share/studiod.yaml /etc/studiod/studiod.yaml"
            " && systemctl reset-failed studiod && systemctl restart studiod"
        )
        return self.status()

    def properties(self, *names: str) -> dict[str, str]:
        """Properties of the unit, as `systemctl show` says them."""
        shown = self.machine.output(f"systemctl show studiod -p {','.join(names)}")
        return dict(line.split("=", 1) for line in shown.splitlines())

    def journal(self, *words: str) -> str:
        """Lines of the service, without dates; `words` are more options of journalctl."""
        return self.machine.run(f"journalctl -u studiod -o cat --no-pager {' '.join(words)}").output

    def _exchange(self, message: Message, answer: str, *more: Message) -> tuple[Argument, ...]:
        with socket.create_connection(("127.0.0.1", self._port), _ANSWER_S) as wire:
            wire.settimeout(_ANSWER_S)
            for word in (message, *more):
                wire.sendall(length_frame(encode(word)))
            framing = LengthFraming()
            while piece := wire.recv(_PIECE_BYTES):
                for packet in framing.feed(piece):
                    for heard in _messages(decode(packet)):
                        if heard.address == "/error":
                            raise Refused(str(heard.arguments))
                        if heard.address == answer:
                            return heard.arguments
        raise ConnectionError("studiod closed the connection without an answer")


def _messages(packet: Packet) -> list[Message]:
    if isinstance(packet, Bundle):
        return [message for element in packet.elements for message in _messages(element)]
    return [packet]
