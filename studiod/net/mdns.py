"""Multicast DNS by python-zeroconf, 0.132 or later. Imported only when announcing begins: it costs 60 ms."""

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import Final

from zeroconf import (  # type: ignore[attr-defined]  # DNSService is documented, and missing in __all__
    DNSService,
    Error,
    InterfaceChoice,
    IPVersion,
    RecordUpdate,
    RecordUpdateListener,
    Zeroconf,
)
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from studiod.net.discovery import Service, Unannounced

# What zeroconf raises when a network is half there: its own, the sockets', RuntimeError for "no interface has IPv4".
_FAULTS: Final = (Error, OSError, RuntimeError)


class MdnsResponder:
    """Answers for `services` on the interfaces with the addresses `interfaces` (all IPv4 interfaces when None)."""

    def __init__(self, services: Sequence[Service], host_label: str, interfaces: Sequence[str] | None) -> None:
        self._services = services
        self._host = f"{host_label}.local."
        self._interfaces = interfaces
        self._zeroconf: AsyncZeroconf | None = None
        self._infos: list[AsyncServiceInfo] = []
        self._watch: _ConflictWatch | None = None

    @property
    def is_contested(self) -> bool:
        """Somebody else has used one of our names since `open`, and it is for us to take another."""
        return self._watch is not None and self._watch.is_contested

    async def open(self, name: str, addresses: Sequence[str]) -> tuple[str, ...]:
        """Probe for `name`, take it or a numbered one, and announce it; all services at once. Raises Unannounced."""
        try:
            self._zeroconf = AsyncZeroconf(self._speak_on(addresses), ip_version=IPVersion.V4Only)
            self._infos = [self._info(service, f"{name}.{service.type}", addresses) for service in self._services]
            zeroconf = self._zeroconf
            registrations = (zeroconf.async_register_service(info, allow_name_change=True) for info in self._infos)
            await asyncio.gather(*await asyncio.gather(*registrations))  # accepted; then said three times
        except _FAULTS as fault:
            raise Unannounced(_sentence(fault)) from fault
        self._watch = _ConflictWatch({info.key for info in self._infos}, self._host)
        zeroconf.zeroconf.async_add_listener(self._watch, None)
        return tuple(info.name for info in self._infos)

    async def renew(self, addresses: Sequence[str]) -> bool:
        """Announce the same names at `addresses`; False when the sockets cannot follow. Raises Unannounced."""
        if self._zeroconf is None or not hasattr(self._zeroconf, "async_update_interfaces"):  # it came with 0.150
            return False
        infos = [
            self._info(service, info.name, addresses) for service, info in zip(self._services, self._infos, strict=True)
        ]
        try:
            await self._zeroconf.async_update_interfaces(self._speak_on(addresses))
            updates = (self._zeroconf.async_update_service(info) for info in infos)
            # To the end: a later change must not overlap, a cache keeps what is younger than 1 s (RFC 6762, 10.2).
            await asyncio.gather(*await asyncio.gather(*updates))
        except _FAULTS as fault:
            raise Unannounced(_sentence(fault)) from fault
        self._infos = infos
        return True

    async def close(self) -> None:
        """Say goodbye and release the sockets; may be called twice. Raises Unannounced when it could not be said."""
        zeroconf, self._zeroconf, self._watch = self._zeroconf, None, None
        if zeroconf is None:
            return
        try:
            await zeroconf.async_close()
        except _FAULTS as fault:
            raise Unannounced(_sentence(fault)) from fault

    def _speak_on(
        self, addresses: Sequence[str]
    ) -> list[str | int | tuple[tuple[str, int, int], int]] | InterfaceChoice:
        if self._interfaces is not None:
            return list(self._interfaces)
        # A server on loopback alone is announced on loopback alone.
        if all(ipaddress.ip_address(address).is_loopback for address in addresses):
            return list(addresses)
        return InterfaceChoice.All  # Default raises ENODEV where no multicast route is set

    def _info(self, service: Service, name: str, addresses: Sequence[str]) -> AsyncServiceInfo:
        return AsyncServiceInfo(
            service.type,
            name,
            port=service.port,
            properties=dict(service.properties),
            server=self._host,
            parsed_addresses=list(addresses),
        )


class _ConflictWatch(RecordUpdateListener):
    """Sees another host's claim to our names after ours was accepted: two networks were joined, or a host never asked.

    RFC 6762, 9: both sides probe again. To keep two desks from changing names together for ever, only the one with the
    lesser host name does (the tie-break of 8.2).
    """

    def __init__(self, keys: set[str], host: str) -> None:
        super().__init__()
        self._keys = keys
        self._host = host.lower()
        self.is_contested = False

    def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:  # noqa: ARG002
        """Look at every SRV record that arrives. Called by zeroconf in the loop."""
        for record in (update.new for update in records):
            if (
                isinstance(record, DNSService)
                and record.key in self._keys
                and record.server_key > self._host
                and not record.is_expired(now)
            ):
                self.is_contested = True


def _sentence(fault: BaseException) -> str:
    return str(fault) or type(fault).__name__
