"""Tells the network where studiod listens, and tells it again when the machine's addresses change."""

import asyncio
import ipaddress
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

log = logging.getLogger(__name__)

# A new address is announced once two looks in a row agree: browsers have it within 5 s of DHCP (3.1 to 4.1 s measured).
# Not shorter: caches keep, beside a new address, one that is younger than 1 s (RFC 6762, 10.2). A look costs 0.2 ms.
POLL_S = 1.0
# Probing takes 1.6 s (RFC 6762, 8.1); the rest is for a few names that are taken already.
ANNOUNCE_LIMIT_S = 15.0
CLOSE_LIMIT_S = 2.0  # two goodbyes 125 ms apart, and a desk that must not hang on a dead network
LABEL_BYTES = 63  # RFC 6763, 4.1.1
SUFFIX_BYTES = 4  # room for the "-999" of a name that is taken
# Networks inside this machine: containers and virtual machines. Clients elsewhere would try these addresses in vain.
INNER_NETWORKS = ("docker", "br-", "veth", "virbr", "vnet", "lxc", "lxd", "cni")

_IPV6 = 6

AddressSource = Callable[[], Sequence[str]]


class Unannounced(Exception):  # noqa: N818 - it reads as the fact it reports
    """The network was not told; the message says why."""


@dataclass(frozen=True, slots=True)
class Service:
    """One thing that can be found: a DNS-SD type such as `_osc._udp.local.`, its port, its TXT record."""

    type: str
    port: int
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the network is told now."""

    name: str = ""
    """The instance name a browser shows; empty while nothing is announced."""
    services: tuple[str, ...] = ()
    """Full service names: `studiod._osc._udp.local.`"""
    addresses: tuple[str, ...] = ()
    fault: str = ""
    """Why nothing is announced; empty while something is."""


class Responder(Protocol):
    """Who answers on the wire. One instance serves one Discovery, in its loop."""

    @property
    def is_contested(self) -> bool:
        """Somebody else has used our name since `open`, and it is for us to take another."""
        ...

    async def open(self, name: str, addresses: Sequence[str]) -> tuple[str, ...]:
        """Announce every service as `name`, or a free name like it; returns the full names. Raises Unannounced."""
        ...

    async def renew(self, addresses: Sequence[str]) -> bool:
        """Announce the same names at other addresses; False when only close and open can do it. Raises Unannounced."""
        ...

    async def close(self) -> None:
        """Say goodbye and release the sockets; may be called twice, and without `open`."""
        ...


def osc_services(
    version: str, types: str, *, udp_port: int | None = None, tcp_port: int | None = None
) -> tuple[Service, ...]:
    """The OSC services of a desk; `types` are the argument type tags it understands, for the TXT key of that name."""
    properties = {"txtvers": "1", "version": version, "types": types}
    ports = (("_osc._udp.local.", udp_port), ("_osc._tcp.local.", tcp_port))
    return tuple(Service(kind, port, properties) for kind, port in ports if port is not None)


def instance_name(wanted: str) -> str:
    """`wanted` as a DNS-SD instance name: printable, at most 59 bytes of UTF-8, so that a suffix fits; never empty."""
    printable = "".join(letter for letter in wanted if letter.isprintable()).strip()
    return printable.encode()[: LABEL_BYTES - SUFFIX_BYTES].decode(errors="ignore").strip() or "studiod"


def machine_addresses(*, with_ipv6: bool = False) -> tuple[str, ...]:
    """Addresses another machine can reach this one at, sorted: no loopback, no containers, no scoped IPv6.

    Raises OSError when the system does not tell.
    """
    import ifaddr  # noqa: PLC0415 - comes with zeroconf, loaded as late as it

    found = (
        ip.ip if isinstance(ip.ip, str) else ip.ip[0]
        for adapter in ifaddr.get_adapters()
        if not str(adapter.name).startswith(INNER_NETWORKS)
        for ip in adapter.ips
        if ip.is_IPv4 or with_ipv6
    )
    return tuple(sorted({text for text in found if _is_reachable(text)}))


def _is_reachable(text: str) -> bool:
    address = ipaddress.ip_address(text)
    # 169.254/16 stays: it is what two machines on one direct cable have. fe80:: means nothing without its interface.
    return not (address.is_loopback or address.is_unspecified or (address.is_link_local and address.version == _IPV6))


def addresses_reaching(host: str) -> AddressSource:
    """Where a server bound to `host` is reached: `0.0.0.0` the machine's IPv4 addresses, `::` all, else `host`."""
    if host in ("", "0.0.0.0"):  # noqa: S104 - compared, not bound
        return machine_addresses
    if host == "::":
        return lambda: machine_addresses(with_ipv6=True)
    return lambda: (host,)


class Discovery:
    """Keeps `services` announced while it runs. Belongs to one asyncio loop; nothing in it blocks that loop.

    name: what browsers show; a taken name gets a number. addresses: looked at every `poll_s`; a change is announced
    when two looks agree. interfaces: addresses of the interfaces to speak on, all when None. responder: who speaks,
    multicast DNS when None.
    """

    def __init__(
        self,
        name: str,
        services: Sequence[Service],
        *,
        addresses: AddressSource = machine_addresses,
        interfaces: Sequence[str] | None = None,
        poll_s: float = POLL_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        responder: Responder | None = None,
        on_change: Callable[[Announcement], None] = lambda _: None,
    ) -> None:
        self._name = instance_name(name)
        self._services = tuple(services)
        self._addresses = addresses
        self._interfaces = interfaces
        self._poll_s = poll_s
        self._sleep = sleep
        self._responder = responder
        self._on_change = on_change
        self._told = Announcement(fault="not started")
        self._names: tuple[str, ...] = ()
        self._is_open = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin announcing, in a task of the running loop; returns at once (the network hears of it 2 s later)."""
        if not self._services:
            self._tell(Announcement(fault="nothing to announce"))
        elif self._task is None:
            self._tell(Announcement(fault="announcing"))
            self._task = asyncio.get_running_loop().create_task(self._run(), name="discovery")
            self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Say goodbye; may be called twice."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.wait([task])
        await self._close()
        self._tell(Announcement(fault="stopped"))

    def status(self) -> Announcement:
        """What the network is told now, or why it is not."""
        return self._told

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        if self._responder is None:
            # 60 ms of imports here, ten times that on a small Pi: not in the desk's loop.
            self._responder = await asyncio.to_thread(_mdns_responder, self._services, self._interfaces)
        previous: tuple[str, ...] | None = None
        is_due = True
        while True:
            now = self._look()
            # An address that goes and comes back between two announcements still counts: its interface may be a new
            # one, which nobody has joined to the multicast group.
            is_due |= now != self._told.addresses or self._responder.is_contested
            if is_due and previous in (None, now):
                is_due = not await self._announce(self._responder, now)
            previous = now
            await self._sleep(self._poll_s)

    def _look(self) -> tuple[str, ...]:
        try:
            return tuple(self._addresses())
        except OSError:
            return ()

    async def _announce(self, responder: Responder, addresses: tuple[str, ...]) -> bool:
        """Tell the network; False when that has to be tried again."""
        if not addresses:
            self._tell(Announcement(fault="this machine has no network address"))
            return False
        try:
            async with asyncio.timeout(ANNOUNCE_LIMIT_S):
                if not self._is_open or responder.is_contested or not await responder.renew(addresses):
                    await self._close()
                    self._is_open = True
                    self._names = await responder.open(self._name, addresses)
        except (Unannounced, OSError) as fault:
            await self._close()
            self._tell(Announcement(fault=str(fault) or "the network did not answer in time"))
            return False
        name = self._names[0].removesuffix(f".{self._services[0].type}")
        self._tell(Announcement(name, self._names, addresses))
        return True

    async def _close(self) -> None:
        if not self._is_open or self._responder is None:
            return
        self._is_open = False
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._responder.close()
        except (Unannounced, OSError) as fault:
            log.debug("no goodbye: %s", fault)

    def _tell(self, told: Announcement) -> None:
        if told == self._told:
            return
        self._told = told
        if told.name:
            log.info("announced as %r at %s", told.name, ", ".join(told.addresses))
        elif told.fault not in ("announcing", "stopped"):
            log.warning("not announced: %s; trying again quietly", told.fault)
        self._on_change(told)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("announcing ended", exc_info=fault)
            self._told = Announcement(fault=f"announcing ended: {fault!r}")
            self._on_change(self._told)


def _mdns_responder(services: Sequence[Service], interfaces: Sequence[str] | None) -> Responder:
    from studiod.net.mdns import MdnsResponder  # noqa: PLC0415 - zeroconf is loaded after start-up, off the loop

    # A host of its own for each instance: machines that share a host name, or two studiod on one machine, would
    # otherwise overwrite each other's addresses.
    return MdnsResponder(services, f"studiod-{secrets.token_hex(4)}", interfaces)
