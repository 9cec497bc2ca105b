"""Ending every solo at once, whoever began them."""

from studiod.desk.hub import Hub

_SOLO = "/solo"


def clear_solos(hub: Hub) -> None:
    """Write off to every solo that is on, as the desk itself."""
    for spec in hub.registry.numbers:
        if spec.address.endswith(_SOLO) and hub.value(spec.address):
            hub.write(spec.address, 0.0, "desk")
