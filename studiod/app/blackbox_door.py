"""The black box over OSC: keep with an answer, and how it stands."""

import json

from studiod.desk.keeping import ADDRESS, Keeping
from studiod.model.parameter import Refused
from studiod.net.access import Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument

STATUS = "/blackbox/status"


def register(endpoint: OscEndpoint, keeping: Keeping) -> None:
    """Answer `/blackbox/keep ,f seconds` (and inputs behind it, from 1) with the take's number and a sentence."""

    def keep(arguments: tuple[Argument, ...], peer: Peer) -> tuple[Argument, ...]:
        seconds, *inputs = arguments or (None,)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise Refused(f"{ADDRESS}: allowed are seconds, and behind them inputs counted from 1")
        numbers = [number for number in inputs if isinstance(number, int) and not isinstance(number, bool)]
        if len(numbers) != len(inputs):
            raise Refused(f"{ADDRESS}: inputs are whole numbers, counted from 1")
        return keeping.press_keep(float(seconds), peer.name, numbers)

    endpoint.register(ADDRESS, keep)
    endpoint.register(STATUS, lambda _arguments, _peer: (json.dumps(keeping.status(), ensure_ascii=False),))
