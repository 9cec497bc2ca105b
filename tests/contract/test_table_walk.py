"""Every row of the parameter table can be asked, written and refused through every adapter, by its spec alone."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studiod.app.control.words import setting
from studiod.desk import state
from studiod.desk.hub import Hub
from studiod.desk.rules import lay_rules
from studiod.model.parameter import TEXT_BYTES, Flag, Kind, ParameterSpec, Refused
from studiod.net.osc.codec import encode
from studiod.net.osc.packet import Argument, Message, message
from studiod.net.osc.values import reading
from tests.fakes.osc_desk import FakePeer, OscDesk
from tests.fakes.store import MemoryStore

Walk = Callable[[ParameterSpec], None]
RATES_HZ = (44_100, 48_000, 96_000, 192_000)
STEPPED = (Kind.TOGGLE, Kind.CHOICE)


@pytest.fixture(scope="module")
def desk() -> OscDesk:
    return OscDesk(4, 3, 2)


def written(desk: OscDesk) -> list[ParameterSpec]:
    return [spec for spec in desk.hub.registry.numbers if Flag.READ_ONLY not in spec.flags]


def values_of(spec: ParameterSpec) -> Iterator[float]:
    """The ends, the default and what lies between; of a switch every step."""
    if spec.kind in STEPPED:
        yield from map(float, range(int(spec.high) + 1))
        return
    yield from (spec.low, spec.high, spec.default)
    yield from (spec.from_travel(travel / 16) for travel in range(1, 16))


def misfits(specs: list[ParameterSpec], walk: Walk, desk: OscDesk) -> list[str]:
    """What is wrong with each row for which `walk` fails; every row is at its default before and after."""
    found: list[str] = []
    for spec in specs:
        try:
            walk(spec)
        except (AssertionError, ValueError, LookupError) as fault:
            found.append(f"{spec.address}: {fault}")
        if spec.is_numeric and Flag.READ_ONLY not in spec.flags:
            desk.hub.write(spec.address, spec.default, "test")
    return found


def refusal(desk: OscDesk, address: str, *arguments: Argument) -> str:
    """What studiod answers to a write that it does not take."""
    peer = FakePeer()
    desk.send(peer, address, *arguments)
    (answer,) = peer.messages()
    assert answer.address == "/error"
    assert answer.arguments[0] in {address, address.removesuffix("/travel")}
    return str(answer.arguments[1])


def test_every_value_is_written_in_its_unit_and_told_again(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        for value in values_of(spec):
            peer = FakePeer()
            desk.give(peer, Message(spec.address, "d", (value,)))
            assert peer.mail == []
            assert desk.hub.value(spec.address) == value
            desk.send(peer, spec.address)
            (packet,) = peer.mail
            assert packet == encode(message(spec.address, *reading(desk.hub, spec)))

    assert misfits(written(desk), walk, desk) == []


def test_the_throw_of_every_control_covers_its_range(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        for travel, value in ((0.0, spec.low), (1.0, spec.high), (-3.0, spec.low), (2.0, spec.high)):
            peer = FakePeer()
            desk.send(peer, f"{spec.address}/travel", travel)
            assert (desk.hub.value(spec.address), peer.mail) == (value, [])
            desk.send(peer, f"{spec.address}/travel")
            (told,) = peer.messages()
            assert told.arguments == (min(max(travel, 0.0), 1.0),)

    assert misfits(written(desk), walk, desk) == []


def test_what_is_out_of_range_is_refused_with_the_range(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        beyond = [spec.high + 1.0, math.inf, math.nan] + ([spec.low - 1.0, -math.inf] if spec.low > -math.inf else [])
        beyond += [0.5] if spec.kind in STEPPED else []
        for value in beyond:
            said = refusal(desk, spec.address, value)
            assert said.startswith(f"{spec.address}: ")
            assert said.endswith(f"; allowed {spec.allowed}"[-100:]) or len(said) == 240  # an answer is no longer
            assert desk.hub.value(spec.address) == spec.default
        assert "NaN" in refusal(desk, f"{spec.address}/travel", math.nan)
        assert desk.hub.value(spec.address) == spec.default

    assert misfits(written(desk), walk, desk) == []


def test_a_wrong_type_is_refused_with_what_is_allowed(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        wrong: list[Argument] = [b"\x00", "wrong", *(() if spec.kind is Kind.TOGGLE else (True,))]
        for argument in wrong:
            said = refusal(desk, spec.address, argument)
            assert f"; allowed {spec.allowed}"[:100] in said
        assert "takes one argument, got 2" in refusal(desk, spec.address, spec.default, spec.default)
        assert "is not its type; allowed 0..1" in refusal(desk, f"{spec.address}/travel", "half")
        assert desk.hub.value(spec.address) == spec.default

    assert misfits(written(desk), walk, desk) == []


def test_what_a_display_says_can_be_typed_and_means_the_same(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        for value in values_of(spec):
            text = spec.text(value)
            assert spec.text(spec.parse(text)) == text
            if spec.kind in STEPPED or value in {spec.low, spec.high, spec.default}:
                assert spec.parse(text) == value

    assert misfits(written(desk), walk, desk) == []


def test_the_word_of_every_step_is_taken_and_answered(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        for value in values_of(spec):
            peer = FakePeer()
            desk.send(peer, spec.address, spec.text(value))
            assert (desk.hub.value(spec.address), peer.mail) == (value, [])
            desk.send(peer, spec.address)
            (told,) = peer.messages()
            assert told.arguments == ((spec.text(value),) if spec.kind is Kind.CHOICE else (int(value),))

    assert misfits([spec for spec in written(desk) if spec.kind in STEPPED], walk, desk) == []


def test_what_is_typed_at_a_terminal_arrives(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        for value in (spec.low, spec.high, spec.default):
            peer = FakePeer()
            desk.give(peer, setting(spec.address, spec.text(value)))
            assert (desk.hub.value(spec.address), peer.mail) == (value, [])

    assert misfits(written(desk), walk, desk) == []


def test_the_engine_gets_a_finite_number_at_every_rate(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        for rate_hz in RATES_HZ:
            assert all(math.isfinite(spec.engine_value(value, rate_hz)) for value in values_of(spec))

    assert misfits(written(desk), walk, desk) == []


def test_the_engine_can_tell_low_from_high(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        assert spec.engine_value(spec.low, 48_000) != spec.engine_value(spec.high, 48_000)

    assert misfits(written(desk), walk, desk) == []


def test_names_are_written_and_told_again_up_to_their_length(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        for text in ("Große Trommel", "x" * TEXT_BYTES, "", spec.default_text):
            peer = FakePeer()
            desk.send(peer, spec.address, text)
            assert desk.hub.text(spec.address) == text
            desk.send(peer, spec.address)
            assert peer.messages() == [message(spec.address, text)]
        for wrong in ("x" * (TEXT_BYTES + 1), "a\nb", 1.0, True):
            assert refusal(desk, spec.address, wrong).endswith((spec.allowed, f"{spec.allowed}, printable"))
        assert desk.hub.text(spec.address) == spec.default_text

    texts = list(desk.hub.registry.texts)
    assert len(texts) == 4 + 3 + 2 + 8 + 6
    assert misfits(texts, walk, desk) == []


def test_every_button_is_pressed_by_its_address_and_nothing_else(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        desk.fired.clear()
        right: tuple[Argument, ...] = (12.5,) if spec.unit else ()
        desk.send(FakePeer(), spec.address, *right)
        assert desk.fired == [(spec.address, right)]
        assert refusal(desk, spec.address, "now").endswith(f"allowed {spec.allowed}")
        assert f"takes {spec.allowed}; got" in refusal(desk, spec.address, 1.0, 2.0)
        assert len(desk.fired) == 1

    buttons = [spec for spec in desk.hub.registry if spec.kind is Kind.TRIGGER]
    assert len(buttons) == 22
    assert misfits(buttons, walk, desk) == []


def test_what_only_reads_answers_and_is_never_written(desk: OscDesk) -> None:
    def walk(spec: ParameterSpec) -> None:
        peer = FakePeer()
        desk.send(peer, spec.address)
        (told,) = peer.messages()
        assert told.arguments in {(None,), ("stopped",), ("none",), (0,), (-1.0,)}
        said = refusal(desk, spec.address, 0.0)
        assert "reading only" in said or "read only" in said

    assert misfits([spec for spec in desk.hub.registry if Flag.READ_ONLY in spec.flags], walk, desk) == []


@pytest.mark.parametrize("travel", [0.0, 0.37, 1.0])
def test_everything_that_is_kept_is_in_the_session_and_comes_back(desk: OscDesk, travel: float, tmp_path: Path) -> None:
    registry = desk.hub.registry
    hub, again = (Hub(registry, MemoryStore(), 48_000) for _ in range(2))
    for each in (hub, again):
        lay_rules(each, desk.layout)
    kept = [spec for spec in registry.numbers if Flag.PERSISTED in spec.flags]
    refused = 0
    for spec in kept:
        try:
            hub.write_travel(spec.address, travel, "test")
        except Refused:  # a way that would come back
            refused += 1
    assert refused < len(kept) / 20
    state.save(tmp_path, state.snapshot_of(hub))
    numbers, texts, faults = state.load(tmp_path)
    assert faults + again.restore(numbers, texts) == []
    assert [spec.address for spec in kept if again.value(spec.address) != hub.value(spec.address)] == []
