"""What may be sent back to whom: a datagram's source can be forged, and must not turn us on a stranger."""

import hashlib
from collections.abc import Callable

from studiod.net.access import Clock, Peer, TokenBucket
from studiod.net.osc.codec import encode
from studiod.net.osc.packet import Argument, message

CONFIRM = "/peer/confirm"
# Until a source has shown that it gets our packets it is sent at most three times what it sent (RFC 9000, 8.1).
_UNPROVEN_FACTOR = 3
_COOKIE_BYTES, _COOKIE_MASK = 4, 0x7FFF_FFFF
_CHALLENGE_BYTES = 24
_WRONG_COOKIE_COST = 1000  # packets' worth of rate: guessing 31 bits takes months
# Errors are for people: more than these no one reads, and a broken client must not be told at its own rate.
_ERRORS_PER_S, _ERRORS_BURST = 10.0, 20.0
_MAX_SENTENCE = 240


class Answers:
    """Sends answers and errors, within what each peer has proven.

    A peer that is not proven (`Peer.is_proven`) gets short answers; in place of more it gets `/peer/confirm ,i n`
    once, and by sending that back proves that it is where its packets say.
    """

    def __init__(self, clock: Clock, secret: bytes) -> None:
        self._clock = clock
        self._secret = secret
        self._allowance = 0  # bytes that may still go to an unproven source for the packet at hand

    def begin(self, packet_bytes: int) -> None:
        """A packet of that size is being answered from now on."""
        self._allowance = _UNPROVEN_FACTOR * packet_bytes

    def send(self, peer: Peer, packet: bytes) -> None:
        """Send `packet`, or a challenge in its place, or nothing."""
        if not peer.is_answerable:
            return
        if not peer.is_proven:
            if len(packet) + _CHALLENGE_BYTES > self._allowance:
                self.challenge(peer)
                return
            self._allowance -= len(packet)
        peer.send(packet)

    def challenge(self, peer: Peer) -> None:
        """Ask the peer to show that it gets our packets; at most once for the packet at hand."""
        if peer.is_answerable and self._allowance >= _CHALLENGE_BYTES:
            self._allowance = 0
            peer.send(encode(message(CONFIRM, self._cookie(peer))))

    def confirm(self, peer: Peer, arguments: tuple[Argument, ...]) -> bool:
        """Whether `arguments` are those of the challenge; the peer is proven then."""
        if arguments != (self._cookie(peer),):
            peer.credit -= _WRONG_COOKIE_COST
            return False
        peer.is_proven = True
        return True

    def error(self, peer: Peer, address: str, sentence: str) -> None:
        """Send `/error` to a peer that is known to be there, at a readable rate; others hear nothing."""
        if not (peer.is_proven and peer.is_answerable):
            return
        if peer.errors is None:
            peer.errors = TokenBucket(_ERRORS_PER_S, _ERRORS_BURST, self._clock)
        if peer.errors.take():
            peer.send(encode(message("/error", address, sentence.replace("\x00", "?")[:_MAX_SENTENCE])))

    def _cookie(self, peer: Peer) -> int:
        place = f"{peer.host}:{peer.port}".encode()
        digest = hashlib.blake2b(place, key=self._secret, digest_size=_COOKIE_BYTES).digest()
        return int.from_bytes(digest) & _COOKIE_MASK


Handler = Callable[[tuple[Argument, ...], Peer], tuple[Argument, ...] | None]
"""Answers a system address: its arguments and who asks, to the arguments of the answer, or None for none.

It raises Refused, or another ValueError or LookupError, with a sentence for the peer.
"""
