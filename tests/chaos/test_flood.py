"""Nonsense and floods at the port while it records: the take is whole, and the next good message is obeyed."""

import json
import random
import socket
import time
import zlib
from base64 import b64decode
from pathlib import Path

import pytest

from studiod.net.osc.codec import encode
from studiod.net.osc.packet import message
from tests.chaos.test_kill_each_part import COUNTER, assert_true_to_the_clock
from tests.fakes.live_studio import LiveStudio
from tests.helpers import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
DATA = Path(__file__).parents[1] / "data" / "osc" / "bad_inputs.json"
FLOOD_S = 3.0


def known_attacks() -> list[bytes]:
    packets = []
    for entry in json.loads(DATA.read_text())["inputs"]:
        if entry["channel"] == "osc-udp":
            if "hex" in entry:
                packets.append(bytes.fromhex(entry["hex"]))
            elif "zlib_b64" in entry:
                packets.append(zlib.decompress(b64decode(entry["zlib_b64"])))
    return packets


def test_a_take_is_whole_through_a_flood_of_good_bad_and_random_packets(tmp_path: Path) -> None:
    chance = random.Random(2)  # noqa: S311 - a seed, so that a failure repeats
    faders = [encode(message(f"/strip/{n}/fader", -float(n))) for n in range(1, 9)]
    packets = known_attacks() + faders + [chance.randbytes(chance.randrange(1, 600)) for _ in range(500)]
    with LiveStudio(tmp_path / "library", COUNTER) as studio:
        before = studio.status()
        studio.record(1, 2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
            flood.connect(("127.0.0.1", studio.port))
            ends = time.monotonic() + FLOOD_S
            while time.monotonic() < ends:
                for packet in packets:
                    flood.send(packet)

        def obeyed() -> bool:
            # the kernel drops datagrams while its buffer is full of the flood: a fader is simply moved again
            studio.send("/strip/7/fader", -12.5)
            return studio.try_ask("/strip/7/fader") == (-12.5,)

        eventually(obeyed, within_s=5)
        take = studio.stop_take()
        after = studio.status()
        (malformed,) = studio.ask("/stats/osc/malformed")
    assert take["gaps"] == []
    assert_true_to_the_clock(take, 2)
    assert take["frames"] >= FLOOD_S * 48000
    assert after["processes"] == before["processes"], "nobody had to be started again"
    assert isinstance(malformed, int)
    assert malformed > len(packets)
    assert len(studio.log.splitlines()) < 60, "a flood is not written down packet by packet"
