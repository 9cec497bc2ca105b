"""The black box over OSC: keep with an answer, and how it stands."""

import json

from studiod.desk.keeping import ADDRESS, RUN_ADDRESS, Keeping
from studiod.model.parameter import Refused
from studiod.net.access import Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument

STATUS = "/blackbox/status"


def register(endpoint: OscEndpoint, keeping: Keeping) -> None:
    """Answer `/blackbox/keep ,f seconds` (and inputs behind it, from 1) with the take's number and a sentence.

    `/blackbox/keep/run ,if run seconds` does the same of a run before this one.
    """

    def keep(arguments: tuple[Argument, ...], peer: Peer) -> tuple[Argument, ...]:
        seconds, numbers = _wanted(ADDRESS, arguments)
        return keeping.press_keep(seconds, peer.name, numbers)

    def keep_run(arguments: tuple[Argument, ...], peer: Peer) -> tuple[Argument, ...]:
        run, *rest = arguments or (None,)
        if isinstance(run, bool) or not isinstance(run, int):
            raise Refused(f"{RUN_ADDRESS}: allowed are the number of a run, seconds, and behind them inputs from 1")
        seconds, numbers = _wanted(RUN_ADDRESS, tuple(rest))
        return keeping.press_keep_run(run, seconds, peer.name, numbers)

    endpoint.register(ADDRESS, keep)
    endpoint.register(RUN_ADDRESS, keep_run)
    endpoint.register(STATUS, lambda _arguments, _peer: (json.dumps(keeping.status(), ensure_ascii=False),))


def _wanted(address: str, arguments: tuple[Argument, ...]) -> tuple[float, list[int]]:
    """Seconds, and the inputs behind them. Raises Refused."""
    seconds, *inputs = arguments or (None,)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Refused(f"{address}: allowed are seconds, and behind them inputs counted from 1")
    numbers = [number for number in inputs if isinstance(number, int) and not isinstance(number, bool)]
    if len(numbers) != len(inputs):
        raise Refused(f"{address}: inputs are whole numbers, counted from 1")
    return float(seconds), numbers
