# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The event rings of the shared block: what boxes say (heard), and what is said to them (said)."""
import os

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint64_t, uintptr_t

from block cimport *

from studiod.link.words import PortEvent, SideTaken

HEARD, SAID = 0, 1


cdef event_ring *ring_of(object block, int ring) except NULL:
    cdef char *base = <char *><uintptr_t>block.address
    cdef block_dims *dims = <block_dims *>base
    if ring == HEARD:
        return <event_ring *>(base + dims.heard_at)
    if ring == SAID:
        return <event_ring *>(base + dims.said_at)
    raise IndexError(f"event ring {ring}; there are HEARD and SAID")


cdef class EventWriter:
    """The writing end of one event ring of `block`; one process holds it.

    Raises SideTaken while another live process does.
    """

    cdef object block
    cdef event_ring *ring

    def __cinit__(self, block, int ring):
        self.block = block
        self.ring = ring_of(block, ring)
        if not ring_claim(&self.ring.producer_pid, os.getpid()):
            raise SideTaken(f"the event ring's writer is process {self.ring.producer_pid}, and it lives")

    def post(self, int port, int kind, uint64_t frame, int64_t ns, bytes message) -> bool:
        """Append one event; False when the message is longer than the ring takes. Readers that lag miss the oldest."""
        cdef event_head head
        if not (0 <= port < 65536 and 0 <= kind < 65536):
            raise ValueError(f"port {port}, kind {kind}; allowed 0..65535")
        if len(message) >= 0x7FFFFFFF:
            return False
        head.bytes = len(message)
        head.port = port
        head.kind = kind
        head.frame = frame
        head.ns = ns
        return bool(event_post(self.ring, &head, PyBytes_AS_STRING(message)))


cdef class EventReader:
    """A reader of one event ring of `block`, from now on, or `from_oldest`. Any number may read, each for itself."""

    cdef object block
    cdef event_ring *ring
    cdef uint64_t cursor
    cdef uint64_t expected
    cdef bint is_first
    cdef readonly object missed

    def __cinit__(self, block, int ring, bint from_oldest=False):
        self.block = block
        self.ring = ring_of(block, ring)
        self.missed = 0
        self.is_first = from_oldest
        if not from_oldest:
            self.cursor = self.ring.head
            self.expected = self.ring.number

    def read(self, size_t most=4096) -> list:
        """Events that came since, oldest first, at most `most`; `missed` counts those that were gone before."""
        cdef event_head head
        found = []
        while most and event_look(self.ring, &self.cursor, &head):
            message = PyBytes_FromStringAndSize(NULL, head.bytes)
            if not event_take(self.ring, &self.cursor, &head, PyBytes_AS_STRING(message)):
                continue
            if not self.is_first and head.number > self.expected:
                self.missed += head.number - self.expected
            self.is_first = False
            self.expected = head.number + 1
            found.append(PortEvent(head.number, head.port, head.kind, head.frame, head.ns, message))
            most -= 1
        return found
