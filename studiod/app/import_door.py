"""What `studiod import` asks of the studio that has the session open: a number, and a look at what has come."""

from typing import Protocol

from studiod.model.parameter import Refused
from studiod.net.access import Peer
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.packet import Argument

CLAIM, RENEW = "/takes/claim", "/takes/renew"


class Timeline(Protocol):
    """The transport, as far as imports concern it."""

    @property
    def recording(self) -> int | None:
        """Number of the take that is being recorded, None when none is."""

    def claim_take(self) -> int:
        """The number of the next take; no one else is given it."""

    def renew_takes(self) -> None:
        """There may be a new take: read them again, and have them ready to play."""


def register(endpoint: OscEndpoint, timeline: Timeline) -> None:
    """Answer `/takes/claim` with a number for a take, and `/takes/renew` once that take is there."""

    def claim(_arguments: tuple[Argument, ...], peer: Peer) -> tuple[Argument, ...]:
        if not peer.is_proven:
            raise Refused(f"{CLAIM}: only for those who have shown that they are there: use TCP")
        return (timeline.claim_take(),)

    def renew(_arguments: tuple[Argument, ...], _peer: Peer) -> tuple[Argument, ...]:
        is_recording = timeline.recording is not None
        if not is_recording:  # else what plays stays as it is until the take has ended: then all are read anyway
            timeline.renew_takes()
        return (int(not is_recording),)

    endpoint.register(CLAIM, claim)
    endpoint.register(RENEW, renew)
