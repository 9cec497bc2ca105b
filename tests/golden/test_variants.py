"""The instruction sets make the same sound, apart by less than any converter shows; each always makes the same bits."""

import hashlib
import platform

import numpy as np
import pytest

from studiod.engine import ISAS
from tests.fakes.desk_rig import Samples
from tests.golden.reference import level_db
from tests.unit.engine.songs import SONG, TRANSPORT, band, queue, song_rig, start_mix

MAX_DIFFERENCE_DB = -140.0
# SHA-256 of the song's outputs. A change here changes what people hear: it comes with a sentence in CHANGELOG.md.
GOLDEN = {
    ("x86_64", "sse2"): "5240445b565ff0037688a394c76c5e89907c0ad83bcc13486874e5212c6af40f",
    ("x86_64", "avx2"): "0e206963374798b0856fefbaff552d91e070ae386eef7a87d52a4d3a28cde5c9",
    ("x86_64", "avx512"): "c73b20aa8e306d8510eae56ea6420ca4bc1a9830d9444c152b4605584e5cdec9",
}


def song(isa: str) -> Samples:
    with song_rig(isa) as rig:
        start_mix(rig)
        queue(rig, SONG, TRANSPORT)
        return rig.render(band(level=0.05))


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
