"""The door itself, on real sockets of the loopback."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Awaitable, Callable

import pytest

from studiod.desk.hub import Hub
from studiod.model.console import ConsoleLayout, console_parameters
from studiod.model.registry import Registry
from studiod.net.access import AccessPolicy, networks
from studiod.net.osc.codec import decode, encode
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.framing import LengthFraming, SlipFraming, length_frame, slip_frame
from studiod.net.osc.packet import Bundle, Message, message
from studiod.net.osc.server import ListenFailed, OscServer
from studiod.net.osc.tcp import MAX_CONNECTIONS
from tests.fakes.store import MemoryStore

PATIENCE_S = 5.0


class LiveDesk:
    """Hub, endpoint and server on a free port."""

    def __init__(self, policy: AccessPolicy | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        layout = ConsoleLayout(4, 0, (1, 2, 3, 4), ("a", "b", "c", "d"), ())
        self.hub = Hub(Registry(console_parameters(layout)), MemoryStore(), 48_000)
        self.hub.on_first_change = self._turn_soon
        self.endpoint = OscEndpoint(self.hub, self.loop)
        self.server = OscServer(self.endpoint, "127.0.0.1", 0, policy)

    def _turn_soon(self) -> None:
        self.loop.call_soon(self.hub.turn)


class UdpClient:
    """A plain socket."""

    def __init__(self, port: int, own_port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        self.socket.bind(("127.0.0.1", own_port))
        self.socket.connect(("127.0.0.1", port))

    async def send(self, packet: Message | Bundle) -> None:
        await asyncio.get_running_loop().sock_sendall(self.socket, encode(packet))

    async def hear(self) -> Message | Bundle:
        async with asyncio.timeout(PATIENCE_S):
            return decode(await asyncio.get_running_loop().sock_recv(self.socket, 65536))

    async def ask(self, address: str) -> Message | Bundle:
        await self.send(message(address))
        return await self.hear()


async def closed(reader: asyncio.StreamReader) -> None:
    """Return when the other side has closed, by its end or by a reset."""
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""


def with_desk(story: Callable[[LiveDesk], Awaitable[None]], policy: AccessPolicy | None = None) -> None:
    """Run `story` with an open door, and see that it closes."""

    async def run() -> None:
        desk = LiveDesk(policy)
        await desk.server.start()
        try:
            await story(desk)
        finally:
            desk.server.close()
            desk.server.close()
        await asyncio.sleep(0)

    asyncio.run(run())


def test_a_fader_moves_and_answers_over_udp() -> None:
    async def story(desk: LiveDesk) -> None:
        client = UdpClient(desk.server.port)
        await client.send(message("/strip/1/fader", -6.0))
        assert await client.ask("/strip/1/fader") == message("/strip/1/fader", -6.0)
        client.socket.close()

    with_desk(story)


def test_a_subscriber_hears_another_client() -> None:
    async def story(desk: LiveDesk) -> None:
        listener, mover = UdpClient(desk.server.port), UdpClient(desk.server.port)
        await listener.send(message("/subscribe", "//fader"))
        await listener.ask("/stats/osc/subscribers")
        await mover.send(message("/strip/2/fader", -12.0))
        heard = await listener.hear()
        assert isinstance(heard, Bundle)
        assert heard.elements == (message("/strip/2/fader", -12.0),)
        listener.socket.close()
        mover.socket.close()

    with_desk(story)


@pytest.mark.parametrize(
    ("frame", "framing"), [(slip_frame, SlipFraming()), (length_frame, LengthFraming())], ids=["slip", "length"]
)
def test_a_connection_is_answered_as_it_speaks(
    frame: Callable[[bytes], bytes], framing: SlipFraming | LengthFraming
) -> None:
    async def story(desk: LiveDesk) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.server.port)
        for packet in (message("/strip/1/mute", 1), message("/strip/1/mute")):
            for byte in frame(encode(packet)):
                writer.write(bytes([byte]))
                await writer.drain()
        heard: list[Message | Bundle] = []
        async with asyncio.timeout(PATIENCE_S):
            while not heard:
                heard += map(decode, framing.feed(await reader.read(4096)))
        assert heard == [message("/strip/1/mute", 1)]
        writer.close()

    with_desk(story)


def test_a_connection_that_lies_is_closed_and_others_are_served() -> None:
    async def story(desk: LiveDesk) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.server.port)
        writer.write(length_frame(encode(message("/strip/1/fader", -6.0))) + b"\x7f\xff\xff\xff")
        await closed(reader)
        writer.close()
        client = UdpClient(desk.server.port)
        assert await client.ask("/strip/1/fader") == message("/strip/1/fader", -6.0)
        assert await client.ask("/stats/osc/malformed") == message("/stats/osc/malformed", 1)
        client.socket.close()

    with_desk(story)


def test_two_hundred_slow_connections_leave_the_door_to_others() -> None:
    async def story(desk: LiveDesk) -> None:
        good_reader, good = await asyncio.open_connection("127.0.0.1", desk.server.port)
        good.write(length_frame(encode(message("/strip/1/fader"))))
        async with asyncio.timeout(PATIENCE_S):
            await good_reader.readexactly(28)
        slow = [await asyncio.open_connection("127.0.0.1", desk.server.port) for _ in range(200)]
        for _, writer in slow:
            writer.write(b"\0")
        late_reader, late = await asyncio.open_connection("127.0.0.1", desk.server.port)
        for reader, writer in ((good_reader, good), (late_reader, late)):
            writer.write(length_frame(encode(message("/strip/1/fader"))))
            async with asyncio.timeout(PATIENCE_S):
                await reader.readexactly(28)
        assert desk.endpoint.traffic.dropped_peers >= 200 - MAX_CONNECTIONS
        for _, writer in [*slow, (good_reader, good), (late_reader, late)]:
            writer.close()

    with_desk(story)


def test_a_flood_loses_nothing_and_others_are_still_answered() -> None:
    async def story(desk: LiveDesk) -> None:
        flooder, other = UdpClient(desk.server.port), UdpClient(desk.server.port)
        for number in range(2000):
            flooder.socket.send(encode(message("/strip/1/fader", -float(number % 60))))
        assert await other.ask("/strip/2/fader") == message("/strip/2/fader", 0.0)
        assert desk.endpoint.traffic.received == 2001
        assert desk.hub.value("/strip/1/fader") == -19.0
        for number in range(200):  # the door polls now, and goes on to answer
            await flooder.send(message("/strip/1/fader", -float(number % 60)))
        assert await other.ask("/stats/osc/throttled") == message("/stats/osc/throttled", 0)
        flooder.socket.close()
        other.socket.close()

    with_desk(story)


def test_a_network_that_is_not_allowed_is_not_heard() -> None:
    async def story(desk: LiveDesk) -> None:
        client = UdpClient(desk.server.port)
        await client.send(message("/strip/1/fader", -6.0))
        async with asyncio.timeout(PATIENCE_S):
            while desk.endpoint.traffic.refused == 0:  # noqa: ASYNC110 - what is not answered has no other sign
                await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.server.port)
        await closed(reader)
        assert desk.hub.value("/strip/1/fader") == 0.0
        writer.close()
        client.socket.close()

    with_desk(story, AccessPolicy(allowed=networks(["10.0.0.0/8"])))


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_busy_port_is_one_sentence_with_a_remedy(kind: socket.SocketKind) -> None:
    async def start(port: int) -> None:
        hub = Hub(Registry(console_parameters(ConsoleLayout(1, 0, (1,), ("a",), ()))), MemoryStore(), 48_000)
        server = OscServer(OscEndpoint(hub, asyncio.get_running_loop()), "127.0.0.1", port)
        try:
            await server.start()
        finally:
            server.close()

    with socket.socket(socket.AF_INET, kind) as busy:
        busy.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(ListenFailed, match=rf"127\.0\.0\.1:{port}.*choose another OSC port") as refused:
            asyncio.run(start(port))
    assert refused.value.errno == errno.EADDRINUSE
    assert "\n" not in str(refused.value)
    asyncio.run(start(port))
