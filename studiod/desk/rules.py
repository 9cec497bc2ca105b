"""What a desk sees to by itself: linked pairs, ways that do not come back, record safe, points in their order."""

from collections.abc import Mapping

from studiod.desk.armed import RecordSafe
from studiod.desk.hub import Hub
from studiod.desk.links import Links
from studiod.desk.points import Points
from studiod.desk.routing import Routing
from studiod.desk.solo import clear_solos
from studiod.model.console import ConsoleLayout


def lay_rules(hub: Hub, layout: ConsoleLayout) -> None:
    """Give `hub` its rules, before anything is restored or written."""
    links, safe = Links(hub), RecordSafe(hub)
    guards = (safe.admit, Points(hub).admit, Routing(hub, layout).admit)  # routing last: it keeps what it admits

    def follow(address: str, value: float) -> tuple[tuple[str, float], ...]:
        return links.followers(address, value) or safe.followers(address, value)

    def admit(writes: Mapping[str, float]) -> None:
        for guard in guards:
            guard(writes)

    hub.followers = follow
    hub.guard = admit
    hub.on_trigger("/solo/clear", lambda: clear_solos(hub))
