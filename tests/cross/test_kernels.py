"""The strip kernel of aarch64 (NEON), cross-built and run under qemu: the same sound as on x86, in every block size."""

from pathlib import Path

import numpy as np
import pytest

from tests.cross.toolchain import AARCH64_CPUS, ROOT, Target, aarch64, native

SOURCES = (ROOT / "tests" / "cross" / "kernel_check.c", *sorted((ROOT / "ext").glob("variant_*.c")))
BLOCKS = (1, 63, 64, 65, 480, 1024)
FRAMES, CHANNELS, STRIPS = 6000, 5, 13
SAMPLES = FRAMES * CHANNELS
NO_SUCH_KERNEL = 3
MAX_DIFFERENCE_DB = -140.0  # between instruction sets, which round differently; inside one, none

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
    """Everything the kernel gives: float32 samples, then meters. Skips where the processor has no such kernel."""
    done = target.run(program, isa, str(block_frames), cpu=cpu)
    if done.returncode == NO_SUCH_KERNEL:
        pytest.skip(f"this processor has no {isa}")
    assert done.returncode == 0, done.stderr.decode()
    assert len(done.stdout) == 4 * (SAMPLES + 2 * STRIPS)
    return done.stdout


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
    ours = np.frombuffer(render(native(), here, isa, 64), np.float32).astype(np.float64)
    theirs = np.frombuffer(render(aarch64(), there, "neon", 64), np.float32).astype(np.float64)
    assert np.isfinite(ours).all()
    assert np.abs(ours[: 2 * FRAMES]).max() > 0.1  # there is something to compare
    difference_db = 20 * np.log10(np.abs(ours - theirs).max() + 1e-30)
    assert difference_db < MAX_DIFFERENCE_DB
