"""Asking who is behind a nameless port: the MIDI identity request and its answer."""

from collections.abc import Callable
from dataclasses import dataclass

from studiod.link.ports import PortGone
from studiod.surfaces.matching import Pair, is_identity
from studiod.surfaces.models import Model
from studiod.surfaces.ports import MidiPorts, Wire

WHO_ARE_YOU = bytes.fromhex("F0 7E 7F 06 01 F7")
ANSWER_S = 2.0  # boxes answer in milliseconds; one behind a hub of DIN cables in tenths of a second


@dataclass(slots=True)
class _Question:
    pair: Pair
    stamp: str
    models: tuple[Model, ...]
    until: float
    wire: Wire | None = None
    found: Model | None = None


class Inquiry:
    """Questions to ports; each port is asked once while it stays. Belongs to the desk's loop."""

    def __init__(self, ports: MidiPorts, on_found: Callable[[], None]) -> None:
        self._ports = ports
        self._on_found = on_found
        self._questions: dict[str, _Question] = {}

    def ask(self, pair: Pair, model: Model, now: float) -> None:
        """Ask at `pair` whether it is one of `model`, too."""
        stamp = self._ports.stamp(pair.name)
        question = self._questions.get(pair.name)
        if question is not None and question.stamp == stamp:
            if model not in question.models:
                question.models += (model,)
            return
        question = self._questions[pair.name] = _Question(pair, stamp, (model,), now + ANSWER_S)
        try:
            question.wire = self._ports.open(
                pair.input_name, pair.output_name, lambda message: self._hear(question, message)
            )
            question.wire.send(WHO_ARE_YOU)
        except PortGone:
            self._close(question)

    def found(self, now: float) -> list[tuple[Model, Pair]]:
        """Who answered since; ports that did not in time are let go."""
        answers = []
        for question in self._questions.values():
            if question.found is not None:
                answers.append((question.found, question.pair))
                question.found = None
                self._close(question)
            elif now >= question.until:
                self._close(question)
        return answers

    def keep(self, names: frozenset[str]) -> None:
        """Forget ports that are not among `names`: who comes back is asked anew."""
        for name in [name for name in self._questions if name not in names]:
            self._close(self._questions.pop(name))

    def _hear(self, question: _Question, message: bytes) -> None:
        for model in question.models:
            if question.wire is not None and is_identity(message, model.match.identity):
                question.found = model
                self._on_found()
                return

    @staticmethod
    def _close(question: _Question) -> None:
        wire, question.wire = question.wire, None
        if wire is not None:
            wire.close()
