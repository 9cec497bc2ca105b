"""One serial device that is open: a thread of its own reads it and writes it, and nobody else ever waits for it."""

import contextlib
import errno
import fcntl
import os
import select
import termios
import threading
import time
from collections import deque
from collections.abc import Callable

from studiod.link.ports import PortGone

READ_BYTES = 1024  # at 115200 baud that is 90 ms; one event of the ring
WRITE_S = 1.0  # a board that takes not one byte in that time does not read
MOST_WAITING_BYTES = 16_384  # more than a second at 115200 baud
MOST_PIECES_PER_S, BURST = 250, 32  # a board that floods is read in larger pieces, not in more: the ring is for all
_IN_USE = frozenset({errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK})

OnBytes = Callable[[bytes], None]


class SerialLine:
    """`device` at `baud`, 8N1, for us alone. Raises PortGone with a sentence when it does not open.

    gather: hand over at most 250 pieces a second, each up to 4 ms later. on_bytes and on_lost are called from the
    line's thread; on_lost once, when the device is gone.
    """

    def __init__(self, device: str, baud: int, on_bytes: OnBytes, on_lost: Callable[[], None], *, gather: bool) -> None:
        self.fault = ""
        """Why nothing can be sent; empty while it can."""
        self._device = device
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._stuck_since = 0.0
        self._gather = gather
        self._credit, self._read_at = float(BURST), time.monotonic()
        self._lock = threading.Lock()
        self._is_closing = False
        self._serial = _opened(device, baud)
        self._fd: int = self._serial.fileno()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name=f"serial {device}", daemon=True)
        self._thread.start()

    def send(self, message: bytes) -> None:
        """Have `message` written soon. Raises PortGone when the device is gone, or does not read."""
        with self._lock:
            if self.fault:
                raise PortGone(f"{self._device}: {self.fault}")
            if self._waiting_bytes + len(message) > MOST_WAITING_BYTES:
                self._give_up(f"does not keep up: {self._waiting_bytes} bytes wait")
                raise PortGone(f"{self._device}: {self.fault}")
            if not self._waiting:
                self._stuck_since = time.monotonic()
            self._waiting.append(message)
            self._waiting_bytes += len(message)
        os.eventfd_write(self._bell, 1)

    def forgive(self) -> None:
        """Try to write again, after it did not read."""
        with self._lock:
            if self._thread.is_alive():
                self.fault = ""

    def close(self) -> None:
        """Let the device go; may be called twice."""
        if self._is_closing:
            return
        self._is_closing = True
        os.eventfd_write(self._bell, 1)
        self._thread.join()
        os.close(self._bell)
        # a driver that is closed with bytes to write waits for them, up to 30 s
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(self._fd, termios.TCIOFLUSH)
        with contextlib.suppress(OSError, termios.error):
            fcntl.ioctl(self._fd, termios.TIOCNXCL)
        with contextlib.suppress(OSError, termios.error):
            self._serial.close()

    # -- inside: the thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        try:
            while not self._is_closing:
                poll.register(self._fd, select.POLLIN | (select.POLLOUT if self._waiting else 0))
                ready = dict(poll.poll(WRITE_S * 1000 if self._waiting else None))
                if ready.get(self._bell):
                    os.eventfd_read(self._bell)
                if ready.get(self._fd, 0) & (select.POLLIN | select.POLLHUP | select.POLLERR):
                    self._read()
                self._write(can=bool(ready.get(self._fd, 0) & select.POLLOUT))
        except OSError as fault:
            with self._lock:
                self._give_up(f"is gone: {(fault.strerror or str(fault)).lower()}")
            self._on_lost()

    def _read(self) -> None:
        try:
            piece = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return
        if not piece:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        self._on_bytes(piece)
        if self._gather:
            now = time.monotonic()
            self._credit = min(self._credit + (now - self._read_at) * MOST_PIECES_PER_S, float(BURST)) - 1.0
            self._read_at = now
            if self._credit < 0.0:
                time.sleep(-self._credit / MOST_PIECES_PER_S)

    def _write(self, *, can: bool) -> None:
        with self._lock:
            if not self._waiting:
                return
            now = time.monotonic()
            if can:
                with contextlib.suppress(BlockingIOError):
                    done = os.write(self._fd, self._waiting[0])
                    self._waiting_bytes -= done
                    if done == len(self._waiting[0]):
                        self._waiting.popleft()
                    else:
                        self._waiting[0] = self._waiting[0][done:]
                    self._stuck_since = now
            elif now - self._stuck_since >= WRITE_S:
                self._give_up(f"does not read what it is sent: nothing went out for {WRITE_S:g} s")

    def _give_up(self, fault: str) -> None:
        self.fault = fault
        self._waiting.clear()
        self._waiting_bytes = 0


def _opened(device: str, baud: int) -> "serial.Serial":  # type: ignore[name-defined]  # noqa: F821
    import serial  # noqa: PLC0415 - only who configures a serial line pays for it

    try:
        port = serial.Serial(device, baud, exclusive=True)
    except (OSError, ValueError, termios.error) as fault:
        raise PortGone(f"{device}: would not open: {_why(fault, baud)}") from None
    # the lock keeps out who asks for it as well; this, everyone else but root
    with contextlib.suppress(OSError, termios.error):
        fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
    return port


def _why(fault: BaseException, baud: int) -> str:
    number = getattr(fault, "errno", None)
    if number in _IN_USE:
        return "another program uses it; close that one (a serial monitor, ModemManager)"
    if number == errno.EACCES:
        return "not allowed; add the user of studiod to the group dialout"
    if number == errno.EPERM:
        return "kept from this service: DeviceAllow= of its unit does not name it, or it came later than the service"
    if number == errno.ENOENT:
        return "there is no such device"
    if isinstance(fault, ValueError):
        return f"the driver cannot do {baud} baud"
    return " ".join(str(fault).split()) or type(fault).__name__
