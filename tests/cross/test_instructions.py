"""What the compiler made of the kernels: whole vectors in every loop that sound passes, fused where the machine can."""

import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cross.toolchain import ROOT, Target, aarch64, native

# Of every channel, every sample: nothing in their loops is done for one channel alone.
WHOLE = ("strips", "filters_together", "filter_moves", "dynamics_choose", "mix", "sum_bank", "meter")
# One row after the other: walks and ends are scalar, but somewhere there is the loop that does the work.
ROWS = (("accumulate",), ("limit", "limiter_read_"), ("loudness_feed",))
X86 = re.compile(r"v?(?:add|sub|mul|div|max|min|fn?m(?:add|sub)\d*)([sp])[sd]\b(.*)")
ARM = re.compile(r"f(?:n?m?(?:add|sub|ul)|mla|mls|div|max|min)(?:nm)?\s(.*)")
FUSED = re.compile(r"vfn?m(?:add|sub)\d*ps|fml[as]\s")
JUMP = re.compile(r"(?:j[a-z]+|b|b\.[a-z]+|cbn?z|tbn?z)\s(?:.*[ ,])?([0-9a-f]+) <")


@dataclass(frozen=True)
class Variant:
    """One build of the kernels, and the name of its vectors in a listing."""

    isa: str
    target: Target
    source: str
    vector: str

    def __str__(self) -> str:
        return f"{self.isa} for {self.target.name}"


VARIANTS = [Variant("neon", aarch64(), "variant_base.c", "4s")]
if platform.machine() == "x86_64":
    VARIANTS += [
        Variant("sse2", native(), "variant_base.c", "xmm"),
        Variant("avx2", native(), "variant_avx2.c", "ymm"),
        Variant("avx512", native(), "variant_avx512.c", "zmm"),
    ]

pytestmark = pytest.mark.cross


def width(instruction: str) -> str:
    """What a floating-point operation works on: `scalar`, or the name of a vector; empty for all other instructions."""
    if found := X86.match(instruction):
        return "scalar" if found[1] == "s" else max(re.findall("[xyz]mm", found[2]))
    if found := ARM.match(instruction):
        lanes = re.search(r"\.(4s|2s|2d)", found[1])
        return lanes[1] if lanes else "scalar"
    return ""


def functions(listing: str) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Name without what the compiler appends, and (address, instruction) of each."""
    for part in re.split(r"\n(?=[0-9a-f]+ <)", listing):
        head = re.match(r"[0-9a-f]+ <([^>.]+)", part)
        if head:
            lines = re.findall(r"^\s+([0-9a-f]+):\s+(.+)$", part, re.MULTILINE)
            yield head[1], [(int(address, 16), text) for address, text in lines]


def inner_loops(code: list[tuple[int, str]]) -> list[list[str]]:
    """The instructions of each loop that has no other one in it."""
    places = {address: place for place, (address, _) in enumerate(code)}
    loops = set()
    for end, (_, text) in enumerate(code):
        jump = JUMP.match(text)
        start = places.get(int(jump[1], 16)) if jump else None
        if start is not None and start <= end:
            loops.add((start, end))
    inner = [
        (start, end)
        for start, end in loops
        if not any(other != (start, end) and start <= other[0] and other[1] <= end for other in loops)
    ]
    return [[text for _, text in code[start : end + 1]] for start, end in inner]


@pytest.fixture(scope="module", params=VARIANTS, ids=str)
def variant(request: pytest.FixtureRequest) -> Variant:
    chosen: Variant = request.param
    return chosen


@pytest.fixture(scope="module")
def loops(variant: Variant, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """Of each function the inner loops that calculate."""
    objdump = "aarch64-linux-gnu-objdump" if variant.target.runner else "objdump"
    if variant.target.missing or shutil.which(objdump) is None:
        pytest.skip(f"not installed: {variant.target.missing or objdump}")
    made = variant.target.compile(tmp_path_factory.mktemp("variant"), ROOT / "ext" / variant.source)
    words = (objdump, "-d", "--no-show-raw-insn", str(made))
    listing = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found: dict[str, list[list[str]]] = {}
    for name, code in functions(listing):
        found.setdefault(name, []).extend(loop for loop in inner_loops(code) if any(map(width, loop)))
    return found


def test_every_channel_is_worked_on_in_whole_vectors(variant: Variant, loops: dict[str, list[list[str]]]) -> None:
    for name in WHOLE:
        assert loops[name], name
        widths = {width(instruction) for loop in loops[name] for instruction in loop} - {""}
        assert (name, widths) == (name, {variant.vector})


def test_rows_are_worked_on_in_whole_vectors(variant: Variant, loops: dict[str, list[list[str]]]) -> None:
    for names in ROWS:
        widths = {width(instruction) for name in names for loop in loops.get(name, ()) for instruction in loop}
        assert variant.vector in widths, names


def test_filters_are_fused_where_the_machine_can(variant: Variant, loops: dict[str, list[list[str]]]) -> None:
    fused = [any(FUSED.match(instruction) for instruction in loop) for loop in loops["filters_together"]]
    assert set(fused) == {variant.isa != "sse2"}
