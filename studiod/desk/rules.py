"""What a desk sees to by itself: linked pairs, ways that do not come back, the end of every solo."""

from studiod.desk.hub import Hub
from studiod.desk.links import Links
from studiod.desk.routing import Routing
from studiod.desk.solo import clear_solos
from studiod.model.console import ConsoleLayout


def lay_rules(hub: Hub, layout: ConsoleLayout) -> None:
    """Give `hub` its rules, before anything is restored or written."""
    hub.followers = Links(hub).followers
    hub.guard = Routing(hub, layout).admit
    hub.on_trigger("/solo/clear", lambda: clear_solos(hub))
