"""The instruction sets make the same sound, apart by less than any converter shows; each always makes the same bits."""

import hashlib
import platform

import numpy as np
import pytest

from studiod.engine import ISAS
from tests.fakes.desk_rig import Rig, Samples
from tests.golden.reference import level_db
from tests.unit.engine.songs import BUSES, MIX, STRIPS, band, queue, start_mix

MAX_DIFFERENCE_DB = -140.0
# SHA-256 of the song's outputs. A change here changes what people hear: it comes with a sentence in CHANGELOG.md.
GOLDEN = {
    ("x86_64", "sse2"): "722be7a842be2a92b8eb47bd9d4c85056c1783b1b1af8721b4c22558f397fdc0",
    ("x86_64", "avx2"): "b288a2d66dd5760ecea489344a8d86ec2899a71c018008ed1428709c5c35e86c",
    ("x86_64", "avx512"): "53b7daf55f00c2ec827c584638db73aa593c75e8fd89095d05a10488d90a9a39",
}


def song(isa: str) -> Samples:
    with Rig.make(STRIPS, BUSES, isa=isa) as rig:
        start_mix(rig)
        queue(rig, MIX)
        return rig.render(band(level=0.05))  # peaks of bus 3 at -7 dBFS


@pytest.mark.parametrize("isa", ISAS[1:])
def test_variants_differ_by_less_than_anyone_measures(isa: str) -> None:
    ours, theirs = song(ISAS[0]).astype(np.float64), song(isa).astype(np.float64)
    assert level_db(ours) > -20.0
    assert level_db(ours - theirs) < MAX_DIFFERENCE_DB


@pytest.mark.parametrize("isa", ISAS)
def test_a_variant_always_makes_the_same_bits(isa: str) -> None:
    key = (platform.machine(), isa)
    if key not in GOLDEN:
        pytest.skip(f"no hash is kept for {isa} on {platform.machine()}")
    assert hashlib.sha256(song(isa).tobytes()).hexdigest() == GOLDEN[key]
