"""The OSC door as a whole: one port number, UDP and TCP."""

import asyncio
import contextlib
import errno
import logging
import socket

from studiod.net.access import AccessPolicy
from studiod.net.osc.endpoint import OscEndpoint
from studiod.net.osc.tcp import TcpDoor
from studiod.net.osc.udp import RECEIVE_BUFFER_BYTES, UdpDoor, ask_for_buffer

_SWEEP_S = 5.0
_SOURCE_SWEEPS = 12  # a source is forgotten after one to two minutes of silence
_FREE_PORT_TRIES = 16  # a port the system found free for TCP may be taken for UDP
_BACKLOG = 64
_REMEDIES = {
    errno.EADDRINUSE: "another program listens there (perhaps another studiod): stop it, or choose another OSC port",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose one of its own, 127.0.0.1 or 0.0.0.0",
    errno.EACCES: "ports below 1024 are for the system: choose a higher OSC port",
}
_LOG = logging.getLogger(__name__)


class ListenFailed(OSError):  # noqa: N818 - it reads as the fact it reports
    """The port could not be opened; the message says what to do about it."""


class OscServer:
    """Listens for OSC on `host`:`port` (IPv4; port 0 is any free one) and starts and closes its endpoint."""

    def __init__(self, endpoint: OscEndpoint, host: str, port: int, policy: AccessPolicy | None = None) -> None:
        self.host = host
        self.port = port
        """Port number of both; after `start` the real one."""
        self._endpoint = endpoint
        self._policy = policy or AccessPolicy()
        self._udp: UdpDoor | None = None
        self._tcp: TcpDoor | None = None
        self._tcp_server: asyncio.Server | None = None
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._sweeps = 0

    async def start(self) -> None:
        """Open both sockets. Raises ListenFailed, with nothing left open."""
        datagrams, stream = _bound_pair(self.host, self.port)
        self.port = datagrams.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._tcp = TcpDoor(self._endpoint, self._policy, loop)
        self._tcp_server = await loop.create_server(self._tcp.accept, sock=stream, backlog=_BACKLOG)
        self._udp = UdpDoor(self._endpoint, self._policy, loop)
        self._udp.open(datagrams)
        self._endpoint.start()
        self._sweep_timer = loop.call_later(_SWEEP_S, self._sweep)

    def close(self) -> None:
        """Close everything; may be called twice."""
        self._endpoint.close()
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        if self._tcp_server is not None:
            self._tcp_server.close()
        if self._tcp is not None:
            self._tcp.close()
        if self._udp is not None:
            self._udp.close()

    def _sweep(self) -> None:
        self._sweep_timer = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)
        if self._tcp is not None and self._udp is not None:
            self._tcp.sweep()
            self._sweeps += 1
            if self._sweeps % _SOURCE_SWEEPS == 0:
                self._udp.sweep()


def _bound_pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same port number, not blocking."""
    for chance in range(_FREE_PORT_TRIES):
        with contextlib.ExitStack() as opened:
            datagrams = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            # With the protocol named, asyncio sets TCP_NODELAY: else a second answer waits 40 ms for the first's ACK.
            stream = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP))
            granted = ask_for_buffer(datagrams)
            # connections of the studiod before us may linger; two listeners are refused all the same
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                stream.bind((host, port))
                stream.listen(_BACKLOG)
                datagrams.bind((host, stream.getsockname()[1]))
            except OSError as fault:
                if port == 0 and fault.errno == errno.EADDRINUSE and chance + 1 < _FREE_PORT_TRIES:
                    continue
                raise _listen_failed(host, port, fault) from fault
            datagrams.setblocking(False)  # noqa: FBT003 - the socket module's own signature
            stream.setblocking(False)  # noqa: FBT003
            opened.pop_all()
            if granted < RECEIVE_BUFFER_BYTES // 4:
                _LOG.info(
                    "OSC receive buffer is %d KiB: a burst may overrun it; sysctl net.core.rmem_max=%d allows more",
                    granted // 1024,
                    RECEIVE_BUFFER_BYTES,
                )
            return datagrams, stream
    raise ListenFailed(errno.EADDRINUSE, f"OSC: no port of {host} is free for both UDP and TCP")


def _listen_failed(host: str, port: int, fault: OSError) -> ListenFailed:
    remedy = _REMEDIES.get(fault.errno or 0, fault.strerror or str(fault))
    return ListenFailed(fault.errno, f"OSC cannot listen on {host}:{port}: {remedy}")
