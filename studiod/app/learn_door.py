"""MIDI learn over OSC: `/surface/learn`, and what it hears."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from studiod.model.parameter import Refused
from studiod.model.registry import Registry
from studiod.net.access import Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument

if TYPE_CHECKING:  # surfaces are read in when they are started: the start of the desk does not wait for them
    from studiod.surfaces.learn import Learner
    from studiod.surfaces.lesson import Wish

LEARN = "/surface/learn"
_MOMENTARY, _ROW = "momentary", "row"


def register(endpoint: OscEndpoint, registry: Registry, learner: Callable[[], "Learner"]) -> None:
    """Answer `/surface/learn` and what lies under it; see docs/reference/osc.md. learner: raises Refused for none."""

    def learn(arguments: tuple[Argument, ...], peer: Peer) -> tuple[Argument, ...]:
        _check(LEARN, peer)
        return (learner().learn(_wish(registry, arguments)),)

    def cancel(_arguments: tuple[Argument, ...], peer: Peer) -> None:
        _check(f"{LEARN}/cancel", peer)
        learner().cancel()

    def undo(_arguments: tuple[Argument, ...], peer: Peer) -> tuple[Argument, ...]:
        _check(f"{LEARN}/undo", peer)
        return (learner().undo(),)

    def forget(arguments: tuple[Argument, ...], peer: Peer) -> tuple[Argument, ...]:
        _check(f"{LEARN}/forget", peer)
        match arguments:
            case [str() as address]:
                return (learner().forget(address),)
        raise Refused(f"{LEARN}/forget: allowed is the address of a parameter")

    def state(_arguments: tuple[Argument, ...], _peer: Peer) -> tuple[Argument, ...]:
        told = learner().state
        return told.phase.value, told.sentence, told.number

    def listed(_arguments: tuple[Argument, ...], _peer: Peer) -> tuple[Argument, ...]:
        return (json.dumps([asdict(each) for each in learner().learnt], ensure_ascii=False),)

    endpoint.register(LEARN, learn)
    endpoint.register(f"{LEARN}/cancel", cancel)
    endpoint.register(f"{LEARN}/undo", undo)
    endpoint.register(f"{LEARN}/forget", forget)
    endpoint.register(f"{LEARN}/state", state)
    endpoint.register(f"{LEARN}/list", listed)


def _check(address: str, peer: Peer) -> None:
    """What boxes mean is changed by those only who are there."""
    if not peer.is_proven:
        raise Refused(f"{address}: only for those who have shown that they are there: use TCP")


def _wish(registry: Registry, arguments: tuple[Argument, ...]) -> "Wish":
    address, *more = arguments or (None,)
    numbers = [each for each in more if isinstance(each, int | float) and not isinstance(each, bool)]
    words = [each for each in more if isinstance(each, str)]
    is_known = set(words) <= {_MOMENTARY, _ROW} and len(numbers) < 2  # noqa: PLR2004 - one number
    if not isinstance(address, str) or not is_known or len(numbers) + len(words) != len(more):
        raise Refused(
            f"{LEARN}: allowed are an address, and behind it momentary or row, or the number that a command takes"
        )
    from studiod.surfaces.lesson import wish_for

    return wish_for(
        registry,
        address,
        is_momentary=_MOMENTARY in words,
        argument=float(numbers[0]) if numbers else None,
        is_row=_ROW in words,
    )
