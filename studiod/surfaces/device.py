"""Which device a port belongs to, as far as its name tells."""

import functools
import re
from typing import Final, NamedTuple

_PROGRAMS = 128  # the sequencer's numbers of programs begin here, those of cards at 16
_ALSA = re.compile(r"(.*) (\d{1,5}):(\d{1,5})", re.DOTALL)
_DIRECTION = re.compile(r" ?\((?:capture|playback|in|out)\)")
_BRIDGES: Final = ("a2j", "alsa_midi", "Midi-Bridge")
"""Clients of JACK that bring the ports of all devices of ALSA."""
_NUMBERED = re.compile(r"\[(\d+):(\d+)\] .*")
_A2J = re.compile(r"(.* \[\d+\]) \((?:capture|playback)\): (.*)")
_BRIDGED = re.compile(r"(.*):\((?:capture|playback)_(\d+)\) .*")
_JACKD = re.compile(r"midi_(?:capture|playback)_(\d+)(?:\(\d+\))?")


class Socket(NamedTuple):
    """Where a port is. Two ports of one name or number at one device are two equal devices."""

    device: str
    """The same for all ports of one device."""
    port: str
    """Its number where the name tells that, else what it is called there."""
    is_card: bool = False
    """All that belongs to it is there; programs may have a client for each direction."""


def is_passing(name: str) -> bool:
    """The port is a program's, which ALSA calls otherwise at each start: none of this name returns."""
    found = _ALSA.fullmatch(name)
    return found is not None and int(found[2]) >= _PROGRAMS


@functools.lru_cache(maxsize=1024)
def socket_of(name: str) -> Socket:
    """Where the port `name` is: a device is a client of ALSA's sequencer, or of JACK.

    A name that tells nothing is a device of its own.
    """
    alsa = _ALSA.fullmatch(name)
    if alsa is not None:
        is_card = int(alsa[2]) < _PROGRAMS
        # a program may bring equal boxes, as over a network
        return Socket(alsa[2], alsa[3] if is_card else alsa[1], is_card)
    client, colon, port = name.partition(":")
    if client in _BRIDGES:
        found = _NUMBERED.fullmatch(port) or _A2J.fullmatch(port) or _BRIDGED.fullmatch(port)
        return Socket(found[1], found[2]) if found is not None else Socket(_DIRECTION.sub("", name), "")
    if not colon:
        return Socket(name, "")
    jackd = _JACKD.fullmatch(port.rpartition("/")[2])
    return Socket(client, jackd[1] if jackd is not None else port)
