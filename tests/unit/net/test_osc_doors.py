"""Rates, rooms and idle times of the UDP and TCP doors, in time turned by hand."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from studiod.net.access import AccessPolicy
from studiod.net.osc.codec import decode, encode
from studiod.net.osc.framing import length_frame
from studiod.net.osc.packet import Message, message
from studiod.net.osc.tcp import IDLE_S, MAX_CONNECTIONS, PACKET_S, TcpDoor
from studiod.net.osc.udp import MAX_PEERS, UdpDoor
from tests.fakes.osc_desk import OscDesk


class UdpRig:
    """A UDP door on a real socket, turned by hand."""

    def __init__(self, rate_per_s: int = 1000, burst: int = 100) -> None:
        self.desk = OscDesk()
        self.loop = self.desk.timers
        self.door = UdpDoor(self.desk.endpoint, AccessPolicy(), self.loop, rate_per_s, burst)
        self.bound = self._socket("127.0.0.1", 0)
        self.port: int = self.bound.getsockname()[1]
        self.clients: list[socket.socket] = []
        self.door.open(self.bound)

    def client(self, host: str = "127.0.0.1", port: int = 0) -> socket.socket:
        self.clients.append(self._socket(host, port))
        self.clients[-1].connect(("127.0.0.1", self.port))
        return self.clients[-1]

    def turn(self) -> None:
        """One turn of a loop whose socket is readable."""
        for callback in tuple(self.loop.readers.values()):
            callback()

    def ask(self, client: socket.socket, address: str) -> Message | None:
        """The answer within one turn, if there is one."""
        client.send(encode(message(address)))
        self.turn()
        try:
            answer = decode(client.recv(65536))
        except BlockingIOError:
            return None
        return answer if isinstance(answer, Message) else None

    def close(self) -> None:
        self.door.close()
        self.door.close()
        for client in self.clients:
            client.close()

    def _socket(self, host: str, port: int) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the machine's own mDNS may have its port
        made.bind((host, port))
        made.setblocking(False)  # noqa: FBT003 - the socket module's own signature
        return made


@pytest.fixture
def rig() -> Iterator[UdpRig]:
    made = UdpRig()
    yield made
    made.close()


@pytest.fixture
def fast_rig() -> Iterator[UdpRig]:
    made = UdpRig(rate_per_s=100_000, burst=50_000)
    yield made
    made.close()


def test_an_answer_that_no_datagram_holds_is_said_to_be_too_long(rig: UdpRig) -> None:
    client = rig.client()
    rig.desk.endpoint.register("/take/list", lambda _arguments, _peer: ("x" * 65_500,))
    rig.desk.endpoint.register("/take/last", lambda _arguments, _peer: ("x" * 65_000,))
    answer = rig.ask(client, "/take/list")
    assert answer is not None
    assert (answer.address, answer.arguments[0]) == ("/error", "/take/list")
    assert str(answer.arguments[1]).endswith("bytes, more than a datagram holds; ask over TCP")
    answer = rig.ask(client, "/take/last")
    assert answer is not None
    assert answer.address == "/take/last"


def test_beyond_its_rate_a_source_s_last_value_is_applied_late_and_others_are_not_held_up(rig: UdpRig) -> None:
    flooder, other = rig.client(), rig.client()
    for number in range(150):
        flooder.send(encode(message("/strip/1/fader", -number / 4)))
    assert rig.ask(other, "/strip/1/fader") == message("/strip/1/fader", -24.75)
    assert rig.desk.endpoint.traffic.throttled == 50
    rig.loop.advance(0.1)
    assert rig.ask(other, "/strip/1/fader") == message("/strip/1/fader", -37.25)


def test_what_was_held_never_overtakes_what_came_later(rig: UdpRig) -> None:
    flooder = rig.client()
    for number in range(101):
        flooder.send(encode(message("/strip/1/fader", -number / 4)))
    rig.turn()
    rig.loop.advance(0.009)  # credit has come, the release is not due yet
    flooder.send(encode(message("/strip/1/fader", -40.0)))
    rig.turn()
    rig.loop.advance(1.0)
    assert rig.desk.hub.value("/strip/1/fader") == -40.0


def test_a_flood_is_polled_and_a_calm_socket_wakes_the_loop_again(fast_rig: UdpRig) -> None:
    flooder = fast_rig.client()
    for _ in range(100):
        flooder.send(encode(message("/strip/1/fader", -6.0)))
    fast_rig.turn()
    assert fast_rig.bound not in fast_rig.loop.readers
    flooder.send(encode(message("/strip/1/fader", -7.0)))
    fast_rig.loop.advance(0.0011)
    assert fast_rig.desk.hub.value("/strip/1/fader") == -7.0
    fast_rig.loop.advance(0.1)
    assert fast_rig.bound in fast_rig.loop.readers
    fast_rig.close()


def test_a_flood_without_end_leaves_the_loop_a_pause_after_each_turn(fast_rig: UdpRig) -> None:
    flooder = fast_rig.client()
    traffic = fast_rig.desk.endpoint.traffic

    def slow(*_arguments: object) -> None:
        fast_rig.loop.spend(0.0001)

    fast_rig.desk.endpoint.register("/slow", slow)
    for _ in range(100):
        flooder.send(encode(message("/strip/1/fader", -6.0)))
    fast_rig.turn()
    assert fast_rig.bound not in fast_rig.loop.readers
    for _ in range(100):
        flooder.send(encode(message("/slow", 1)))
    fast_rig.loop.advance(0.0011)
    after_a_turn = traffic.received
    assert 100 < after_a_turn < 200  # its two milliseconds are over, and the socket holds more
    fast_rig.loop.advance(0.0005)
    assert traffic.received == after_a_turn
    fast_rig.loop.advance(0.0006)
    assert traffic.received > after_a_turn


def test_a_fast_asker_is_no_flood(fast_rig: UdpRig) -> None:
    asker = fast_rig.client()
    for _ in range(500):
        assert fast_rig.ask(asker, "/strip/1/fader") is not None
    assert fast_rig.bound in fast_rig.loop.readers
    fast_rig.close()


def test_a_bug_behind_the_endpoint_does_not_end_the_polling(fast_rig: UdpRig) -> None:
    client = fast_rig.client()

    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    fast_rig.desk.endpoint.register("/broken", broken)
    for _ in range(100):
        client.send(encode(message("/strip/1/fader", -6.0)))
    fast_rig.turn()
    client.send(encode(message("/broken")))
    with pytest.raises(ZeroDivisionError):
        fast_rig.loop.advance(0.0011)
    client.send(encode(message("/strip/1/fader", -7.0)))
    fast_rig.loop.advance(0.0011)
    assert fast_rig.desk.hub.value("/strip/1/fader") == -7.0


@pytest.mark.parametrize("port", [1900, 5353])
def test_a_service_s_port_is_obeyed_and_never_answered(rig: UdpRig, port: int) -> None:
    client = rig.client("127.0.0.9", port)
    client.send(encode(message("/strip/1/fader", -6.0)))
    assert rig.ask(client, "/strip/1/fader") is None
    client.send(encode(message("/subscribe", "//*")))
    rig.turn()
    assert rig.desk.hub.value("/strip/1/fader") == -6.0
    assert len(rig.desk.endpoint.subscriptions) == 0


def test_our_own_port_on_this_machine_is_never_answered(rig: UdpRig) -> None:
    assert rig.ask(rig.client("127.0.0.9", rig.port), "/strip/1/fader") is None


def test_forged_sources_do_not_grow_the_table_nor_push_out_a_subscriber(fast_rig: UdpRig) -> None:
    listener = fast_rig.client()
    listener.send(encode(message("/subscribe", "//fader", 60.0)))
    fast_rig.turn()
    for number in range(MAX_PEERS + 50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
            source.bind((f"127.0.{1 + number // 200}.{1 + number % 200}", 0))
            source.sendto(encode(message("/strip/2/fader", -6.0)), ("127.0.0.1", fast_rig.port))
        fast_rig.turn()
        fast_rig.loop.advance(0.0011)
    assert fast_rig.desk.endpoint.traffic.received == MAX_PEERS + 51
    assert fast_rig.desk.endpoint.traffic.dropped_peers == 51
    fast_rig.desk.hub.write("/strip/1/fader", -1.0, "test")
    fast_rig.desk.hub.turn()
    assert listener.recv(65536)
    fast_rig.close()


def test_a_source_that_fell_silent_is_forgotten_by_the_second_sweep() -> None:
    rig = UdpRig(rate_per_s=1, burst=50)
    client = rig.client()
    for _ in range(50):
        client.send(encode(message("/strip/1/fader", -6.0)))
    rig.turn()
    rig.door.sweep()
    rig.door.sweep()
    client.send(encode(message("/strip/1/fader", -7.0)))  # a new source has its whole burst
    rig.turn()
    rig.close()
    assert rig.desk.hub.value("/strip/1/fader") == -7.0


# -- TCP -----------------------------------------------------------------------------------------------------------


class FakeTransport(asyncio.Transport):
    """A connection's other end, by hand."""

    def __init__(self, protocol: asyncio.Protocol, port: int, host: str = "127.0.0.1") -> None:
        super().__init__({"peername": (host, port)})
        self.protocol = protocol
        self.is_open = True
        self.is_paused = False
        self.written: list[bytes] = []
        self.unread_bytes = 0
        protocol.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.unread_bytes

    def is_closing(self) -> bool:
        return not self.is_open

    def abort(self) -> None:
        if self.is_open:
            self.is_open = False
            self.protocol.connection_lost(None)

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def give(self, packet: Message) -> None:
        self.protocol.data_received(length_frame(encode(packet)))


class TcpRig:
    """A TCP door turned by hand."""

    def __init__(self) -> None:
        self.desk = OscDesk()
        self.loop = self.desk.timers
        self.door = TcpDoor(self.desk.endpoint, AccessPolicy(), self.loop)
        self._port = 40_000

    def connect(self, host: str = "127.0.0.1") -> FakeTransport:
        self._port += 1
        return FakeTransport(self.door.accept(), self._port, host)

    def sweep_after(self, seconds: float) -> None:
        self.loop.advance(seconds)
        self.door.sweep()


@pytest.fixture
def tcp() -> TcpRig:
    return TcpRig()


def test_a_connection_stuck_in_a_packet_is_closed(tcp: TcpRig) -> None:
    stuck = tcp.connect()
    stuck.protocol.data_received(b"\0")
    for _ in range(3):  # a byte now and then does not help
        tcp.loop.advance(PACKET_S / 3)
        stuck.protocol.data_received(b"\0")
    tcp.sweep_after(0.1)
    assert not stuck.is_open
    assert tcp.desk.endpoint.traffic.dropped_peers == 1


def test_a_silent_connection_is_closed_unless_it_listens(tcp: TcpRig) -> None:
    silent, listening = tcp.connect(), tcp.connect()
    for _ in range(3):
        listening.give(message("/subscribe", "//fader", 60.0))
        tcp.sweep_after(IDLE_S - 1.0)
    assert not silent.is_open
    assert listening.is_open


def test_a_full_door_makes_room_by_closing_who_never_spoke(tcp: TcpRig) -> None:
    speaker = tcp.connect()
    speaker.give(message("/strip/1/fader", -6.0))
    mute = [tcp.connect() for _ in range(MAX_CONNECTIONS - 1)]
    late = tcp.connect()
    assert speaker.is_open
    assert late.is_open
    assert [each.is_open for each in mute] == [False] + [True] * (MAX_CONNECTIONS - 2)


def test_a_door_full_of_subscribers_refuses(tcp: TcpRig) -> None:
    listeners = [tcp.connect() for _ in range(MAX_CONNECTIONS)]
    for each in listeners:
        each.give(message("/subscribe", "//fader"))
    assert not tcp.connect().is_open
    assert all(each.is_open for each in listeners)


def test_a_foreign_connection_is_refused(tcp: TcpRig) -> None:
    assert not tcp.connect("8.8.8.8").is_open


def test_a_connection_that_does_not_read_is_closed(tcp: TcpRig) -> None:
    listener = tcp.connect()
    listener.give(message("/subscribe", "//fader"))
    listener.unread_bytes = 2 * 1024 * 1024
    tcp.desk.hub.write("/strip/1/fader", -1.0, "test")
    tcp.desk.hub.turn()
    assert not listener.is_open
    assert len(tcp.desk.endpoint.subscriptions) == 0


def test_packets_after_a_turn_s_budget_wait_with_the_reading_paused(tcp: TcpRig) -> None:
    sender = tcp.connect()

    def slow(*_arguments: object) -> None:
        tcp.loop.spend(0.003)

    tcp.desk.endpoint.register("/slow", slow)
    packets = [message("/slow"), message("/strip/1/fader", -6.0)]
    sender.protocol.data_received(b"".join(length_frame(encode(packet)) for packet in packets))
    assert sender.is_paused
    assert tcp.desk.hub.value("/strip/1/fader") == 0.0
    tcp.loop.advance(0.0)
    assert not sender.is_paused
    assert tcp.desk.hub.value("/strip/1/fader") == -6.0


def test_closing_the_door_closes_every_connection(tcp: TcpRig) -> None:
    connections = [tcp.connect() for _ in range(3)]
    tcp.door.close()
    tcp.door.close()
    assert not any(each.is_open for each in connections)
