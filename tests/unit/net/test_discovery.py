"""Discovery: what the network is told, when it is told again, and that a broken network is only a sentence."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from studiod.net.discovery import (
    LABEL_BYTES,
    SUFFIX_BYTES,
    Announcement,
    Discovery,
    addresses_reaching,
    instance_name,
    machine_addresses,
    osc_services,
)
from tests.fakes.responder import FakeResponder
from tests.helpers import eventually_async

SERVICES = osc_services("0.1", "ifs", udp_port=9000, tcp_port=9001)
LOOPBACK = ("127.0.0.1",)
DEADLINE_S = 20.0
POLL_S = 0.6  # two looks are more than 1 s: caches keep what is younger when it is replaced (RFC 6762, 10.2)


@dataclass
class Machine:
    """A machine whose addresses change when the test says so, and whose time passes turn by turn."""

    addresses: tuple[str, ...] = ("10.0.0.5",)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    _asleep: asyncio.Event = field(default_factory=asyncio.Event)

    async def sleep(self, _seconds: float) -> None:
        """Sleep until the next `turn`."""
        self._asleep.set()
        await self._turns.acquire()

    async def turn(self, count: int = 1) -> None:
        """Let `count` intervals pass, each to its end."""
        for _ in range(count):
            await self._asleep.wait()
            self._asleep.clear()
            self._turns.release()
            await self._asleep.wait()


def run_on_a_fake_network(story: Callable[[Machine, FakeResponder, Discovery], Awaitable[None]]) -> None:
    async def main() -> None:
        machine, responder = Machine(), FakeResponder(SERVICES)
        discovery = Discovery(
            "stage", SERVICES, addresses=lambda: machine.addresses, sleep=machine.sleep, responder=responder
        )
        try:
            await story(machine, responder, discovery)
        finally:
            await discovery.stop()

    asyncio.run(main())


def test_start_announces_at_once_and_stop_says_goodbye() -> None:
    async def story(machine: Machine, responder: FakeResponder, discovery: Discovery) -> None:
        discovery.start()
        await machine.turn()
        assert discovery.status() == Announcement(
            "stage", ("stage._osc._udp.local.", "stage._osc._tcp.local."), ("10.0.0.5",)
        )
        await discovery.stop()
        await discovery.stop()
        assert responder.said == [("open", ("10.0.0.5",)), ("close", ())]

    run_on_a_fake_network(story)


def test_an_unchanged_machine_says_nothing_more() -> None:
    async def story(machine: Machine, responder: FakeResponder, discovery: Discovery) -> None:
        discovery.start()
        await machine.turn(20)
        assert responder.said == [("open", ("10.0.0.5",))]

    run_on_a_fake_network(story)


def test_a_new_address_is_announced_once_two_looks_agree() -> None:
    async def story(machine: Machine, responder: FakeResponder, discovery: Discovery) -> None:
        discovery.start()
        await machine.turn()
        for restless in ("10.0.0.6", "10.0.0.7", "10.0.0.8"):
            machine.addresses = (restless,)
            await machine.turn()
        assert responder.said == [("open", ("10.0.0.5",))]
        await machine.turn()
        assert responder.said[1:] == [("renew", ("10.0.0.8",))]
        assert discovery.status().addresses == ("10.0.0.8",)

    run_on_a_fake_network(story)


def test_an_address_that_went_and_came_back_is_announced_again() -> None:
    async def story(machine: Machine, responder: FakeResponder, discovery: Discovery) -> None:
        discovery.start()
        await machine.turn()
        machine.addresses = ()
        await machine.turn()
        machine.addresses = ("10.0.0.5",)
        await machine.turn(3)
        assert responder.said == [("open", ("10.0.0.5",)), ("renew", ("10.0.0.5",))]

    run_on_a_fake_network(story)


def test_a_responder_that_cannot_renew_is_opened_again() -> None:
    async def story(machine: Machine, responder: FakeResponder, discovery: Discovery) -> None:
        responder.can_renew = False
        discovery.start()
        await machine.turn()
        machine.addresses = ("10.0.0.6",)
        await machine.turn(2)
        assert responder.said == [("open", ("10.0.0.5",)), ("close", ()), ("open", ("10.0.0.6",))]

    run_on_a_fake_network(story)


def test_a_name_lost_to_another_host_is_changed_and_shown() -> None:
    async def story(machine: Machine, responder: FakeResponder, discovery: Discovery) -> None:
        discovery.start()
        await machine.turn()
        responder.is_contested = True
        await machine.turn()
        assert discovery.status().name == "stage-2"

    run_on_a_fake_network(story)


def test_no_network_is_one_log_line_and_heals_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    async def story(machine: Machine, responder: FakeResponder, discovery: Discovery) -> None:
        machine.addresses = ()
        discovery.start()
        await machine.turn(10)
        assert discovery.status() == Announcement(fault="this machine has no network address")
        assert responder.said == []
        machine.addresses = ("10.0.0.5",)
        await machine.turn(2)
        assert discovery.status().name == "stage"

    with caplog.at_level(logging.WARNING, "studiod.net.discovery"):
        run_on_a_fake_network(story)
    assert [record.getMessage() for record in caplog.records] == [
        "not announced: this machine has no network address; trying again quietly"
    ]


def test_a_refusing_network_is_tried_again_until_it_agrees() -> None:
    async def story(machine: Machine, responder: FakeResponder, discovery: Discovery) -> None:
        responder.fault = "[Errno 19] No such device"
        discovery.start()
        await machine.turn(3)
        assert discovery.status() == Announcement(fault="[Errno 19] No such device")
        responder.fault = ""
        await machine.turn()
        assert discovery.status().name == "stage"

    run_on_a_fake_network(story)


def test_addresses_that_cannot_be_read_count_as_none() -> None:
    def refuse() -> tuple[str, ...]:
        raise OSError(24, "Too many open files")

    async def main() -> None:
        machine = Machine()
        discovery = Discovery(
            "stage", SERVICES, addresses=refuse, sleep=machine.sleep, responder=FakeResponder(SERVICES)
        )
        discovery.start()
        await machine.turn()
        assert discovery.status().fault == "this machine has no network address"
        await discovery.stop()

    asyncio.run(main())


def test_every_change_is_told_to_who_asked() -> None:
    async def main() -> list[str]:
        machine, told = Machine(), list[str]()
        discovery = Discovery(
            "stage",
            SERVICES,
            addresses=lambda: machine.addresses,
            sleep=machine.sleep,
            responder=FakeResponder(SERVICES),
            on_change=lambda announcement: told.append(announcement.name or announcement.fault),
        )
        discovery.start()
        await machine.turn()
        await discovery.stop()
        return told

    assert asyncio.run(main()) == ["announcing", "stage", "stopped"]


@given(st.text(max_size=100))
def test_any_wish_becomes_an_instance_name_with_room_for_a_number(wish: str) -> None:
    name = instance_name(wish)
    assert name.isprintable()
    assert 0 < len(name.encode()) <= LABEL_BYTES - SUFFIX_BYTES


def test_a_server_on_one_address_is_announced_there_only() -> None:
    assert tuple(addresses_reaching("127.0.0.1")()) == ("127.0.0.1",)
    assert addresses_reaching("0.0.0.0") is machine_addresses  # noqa: S104


def test_the_machine_tells_no_loopback_address() -> None:
    assert not any(address.startswith("127.") for address in machine_addresses(with_ipv6=True))


def test_services_without_a_port_are_left_out() -> None:
    assert [service.type for service in osc_services("0.1", "ifs", udp_port=9000)] == ["_osc._udp.local."]


# -- over real multicast on loopback -----------------------------------------------------------------------------------


class Browser:
    """What another program on the network finds."""

    def __init__(self, zeroconf: AsyncZeroconf) -> None:
        self.zeroconf = zeroconf
        self.events = asyncio.Event()
        kinds = [service.type for service in SERVICES]
        self._browser = AsyncServiceBrowser(zeroconf.zeroconf, kinds, handlers=[self._on_change])

    def _on_change(self, **_change: object) -> None:
        self.events.set()

    async def find(self, name: str, kind: str = "_osc._udp.local.") -> AsyncServiceInfo | None:
        """Resolve one instance; None when nobody answers for it."""
        info = AsyncServiceInfo(kind, f"{name}.{kind}")
        return info if await info.async_request(self.zeroconf.zeroconf, 500) else None

    async def until(self, fact: Callable[[], Awaitable[bool]]) -> None:
        """Wait until `fact` holds, looking again at every change and every quarter of a second."""
        async with asyncio.timeout(DEADLINE_S):
            while not await fact():
                self.events.clear()
                try:
                    async with asyncio.timeout(0.25):
                        await self.events.wait()
                except TimeoutError:
                    continue


async def until_announced(discovery: Discovery) -> str:
    return await eventually_async(lambda: discovery.status().name, DEADLINE_S)


def run_on_loopback(story: Callable[[Browser], Awaitable[None]]) -> None:
    async def main() -> None:
        zeroconf = AsyncZeroconf(interfaces=list(LOOPBACK), ip_version=IPVersion.V4Only)
        try:
            await story(Browser(zeroconf))
        finally:
            await zeroconf.async_close()

    asyncio.run(main())


def on_loopback(
    name: str, *, port: int = 9000, addresses: Callable[[], tuple[str, ...]] = lambda: LOOPBACK
) -> Discovery:
    services = osc_services("0.1", "ifs", udp_port=port, tcp_port=port + 1)
    return Discovery(name, services, addresses=addresses, interfaces=LOOPBACK, poll_s=POLL_S)


def test_a_browser_resolves_both_services_and_hears_the_goodbye() -> None:
    async def story(browser: Browser) -> None:
        discovery = on_loopback("Studio: hörbar")
        discovery.start()
        assert await until_announced(discovery) == "Studio: hörbar"
        udp = await browser.find("Studio: hörbar")
        tcp = await browser.find("Studio: hörbar", "_osc._tcp.local.")
        assert udp is not None
        assert tcp is not None
        assert (udp.port, tcp.port) == (9000, 9001)
        assert udp.parsed_addresses() == ["127.0.0.1"]
        assert udp.properties == {b"txtvers": b"1", b"version": b"0.1", b"types": b"ifs"}
        await discovery.stop()

        async def is_gone() -> bool:
            return await browser.find("Studio: hörbar") is None

        await browser.until(is_gone)

    run_on_loopback(story)


def test_a_taken_name_gets_a_number_and_a_host_of_its_own() -> None:
    async def story(browser: Browser) -> None:
        first, second = on_loopback("clash"), on_loopback("clash", port=9100)
        first.start()
        await until_announced(first)
        second.start()
        assert await until_announced(second) == "clash-2"
        mine, other = await browser.find("clash"), await browser.find("clash-2")
        assert mine is not None
        assert other is not None
        assert (mine.port, other.port) == (9000, 9100)
        assert mine.server != other.server
        await asyncio.gather(first.stop(), second.stop())

    run_on_loopback(story)


def test_a_changed_address_reaches_a_browser_under_the_same_name() -> None:
    async def story(browser: Browser) -> None:
        addresses = ("10.99.0.1",)
        discovery = on_loopback("moving", addresses=lambda: addresses)
        discovery.start()
        await until_announced(discovery)
        addresses = ("10.99.0.7",)

        async def has_moved() -> bool:
            info = await browser.find("moving")
            return info is not None and info.parsed_addresses() == ["10.99.0.7"]

        await browser.until(has_moved)
        assert discovery.status().name == "moving"
        await discovery.stop()

    run_on_loopback(story)


def test_a_name_taken_by_a_host_that_never_asked_is_given_up() -> None:
    async def story(browser: Browser) -> None:
        discovery = on_loopback("contested")
        discovery.start()
        await until_announced(discovery)
        rude = AsyncServiceInfo(
            "_osc._udp.local.",
            "contested._osc._udp.local.",
            port=7000,
            server="zzz.local.",  # greater than ours: RFC 6762, 8.2 lets it win
            parsed_addresses=["10.99.0.9"],
        )
        await (await browser.zeroconf.async_register_service(rude, cooperating_responders=True))

        async def is_renamed() -> bool:
            return discovery.status().name == "contested-2"

        await browser.until(is_renamed)
        await discovery.stop()

    run_on_loopback(story)
