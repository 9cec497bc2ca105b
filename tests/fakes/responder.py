"""A responder that speaks to nobody, and remembers what it was told to say."""

from collections.abc import Sequence

from studiod.net.discovery import Service, Unannounced


class FakeResponder:
    """A network of one: names are free unless `is_contested`; a `fault` (a sentence) makes it refuse."""

    def __init__(self, services: Sequence[Service], *, can_renew: bool = True) -> None:
        self.services = services
        self.can_renew = can_renew
        self.fault = ""
        self.is_contested = False
        self.said: list[tuple[str, tuple[str, ...]]] = []
        """("open" | "renew" | "close", addresses), in order."""

    async def open(self, name: str, addresses: Sequence[str]) -> tuple[str, ...]:
        """Take `name`, or `name-2` after a conflict."""
        self._say("open", addresses)
        free = f"{name}-2" if self.is_contested else name
        self.is_contested = False
        return tuple(f"{free}.{service.type}" for service in self.services)

    async def renew(self, addresses: Sequence[str]) -> bool:
        """Say the new addresses, if this network can."""
        if self.can_renew:
            self._say("renew", addresses)
        return self.can_renew

    async def close(self) -> None:
        """Say goodbye."""
        self.said.append(("close", ()))

    def _say(self, word: str, addresses: Sequence[str]) -> None:
        if self.fault:
            raise Unannounced(self.fault)
        self.said.append((word, tuple(addresses)))
