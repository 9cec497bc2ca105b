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
    ("x86_64", "sse2"): "0c1549f72a49a556d2600eba057df84a2eb0c9ad6cfe30cc2b191658162047a7",
    ("x86_64", "avx2"): "7b7ebab8b7981c040bc0a1e8e015945f23b7f70503e8186f9955299f704e743b",
    ("x86_64", "avx512"): "fc9a9c5c35dc4b889941ca7ee7f67fea0e0ebcf4803debaa04bd95b52300dfbb",
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
