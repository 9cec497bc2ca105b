"""The kernels of aarch64 (NEON), cross-built and run under qemu: a whole desk sounds as on x86, in every block size."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.cross.toolchain import AARCH64_CPUS, ROOT, Target, aarch64, native

HERE = ROOT / "tests" / "cross"
SOURCES = (HERE / "kernel_check.c", HERE / "check_desk.c", *sorted((ROOT / "ext").glob("variant_*.c")))
BLOCKS = (1, 63, 64, 65, 480, 1024)
FRAMES = 26000  # of check_desk.h
# In the order of kernel_check.c.
ROWS = (
    *("main left", "main right", "mono", "solo left", "solo right", "bus 1", "bus 2", "bus 3", "bus 4"),
    *("matrix 1", "matrix 2", "direct out 1", "direct out 2", "insert send"),
)
NO_SUCH_KERNEL = 3
MAX_DIFFERENCE_DB = -140.0  # between instruction sets, which round differently; inside one, none
# Meters: octaves of gain reduction, magnitudes, mean squares, quotients of them.
MAX_METER_DIFFERENCE = 1e-5

pytestmark = [
    pytest.mark.cross,
    pytest.mark.skipif(bool(aarch64().missing), reason=f"not installed: {aarch64().missing}"),
    pytest.mark.skipif(bool(native().missing), reason=f"not installed: {native().missing}"),
]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return native().build(tmp_path_factory.mktemp("kernels"), "kernel_check", *SOURCES)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return aarch64().build(tmp_path_factory.mktemp("kernels"), "kernel_check", *SOURCES)


def render(target: Target, program: Path, isa: str, block_frames: int, cpu: str | None = None) -> bytes:
    """Everything the desk gives: float32 rows, then meters. Skips where the processor has no such kernel."""
    done = target.run(program, isa, str(block_frames), cpu=cpu)
    if done.returncode == NO_SUCH_KERNEL:
        pytest.skip(f"this processor has no {isa}")
    assert done.returncode == 0, done.stderr.decode()
    assert len(done.stdout) > 4 * FRAMES * len(ROWS)
    return done.stdout


def sound(rendered: bytes) -> NDArray[np.float64]:
    """The rows, shape (len(ROWS), FRAMES)."""
    return np.frombuffer(rendered, np.float32, FRAMES * len(ROWS)).reshape(len(ROWS), FRAMES).astype(np.float64)


def meters(rendered: bytes) -> NDArray[np.float64]:
    """What the meters show at the end."""
    return np.frombuffer(rendered, np.float32, offset=4 * FRAMES * len(ROWS)).astype(np.float64)


@pytest.mark.parametrize("isa", ["sse2", "avx2", "avx512", "neon"])
def test_this_machine_renders_the_same_bits_in_every_block_size(here: Path, isa: str) -> None:
    renders = {block: render(native(), here, isa, block) for block in BLOCKS}
    assert [block for block in BLOCKS if renders[block] != renders[BLOCKS[0]]] == []


def test_aarch64_renders_the_same_bits_in_every_block_size(there: Path) -> None:
    renders = {block: render(aarch64(), there, "neon", block) for block in BLOCKS}
    assert [block for block in BLOCKS if renders[block] != renders[BLOCKS[0]]] == []


@pytest.mark.skipif(not aarch64().runner, reason="this machine is an aarch64: it has the one processor it has")
def test_every_raspberry_pi_renders_the_same_bits(there: Path) -> None:
    renders = {cpu: render(aarch64(), there, "neon", 64, cpu) for cpu in AARCH64_CPUS}
    assert len(set(renders.values())) == 1


@pytest.mark.skipif(not aarch64().runner, reason="this machine is an aarch64: there is nothing to compare with")
@pytest.mark.parametrize("isa", ["sse2", "avx2", "avx512"])
def test_aarch64_sounds_like_x86(here: Path, there: Path, isa: str) -> None:
    ours, theirs = render(native(), here, isa, 64), render(aarch64(), there, "neon", 64)
    loudest = np.abs(sound(ours)).max(axis=1)
    assert [name for name, peak in zip(ROWS, loudest, strict=True) if not 0.05 < peak < 0.5] == []  # line-up levels
    difference_db = 20 * np.log10(np.abs(sound(ours) - sound(theirs)).max(axis=1) + 1e-30)
    assert [name for name, db in zip(ROWS, difference_db, strict=True) if db >= MAX_DIFFERENCE_DB] == []
    assert np.abs(meters(ours) - meters(theirs)).max() < MAX_METER_DIFFERENCE
