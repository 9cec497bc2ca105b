"""What may not stand in any file: the machine it was written on, and waits that hope."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files

_MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:work|root|farm)/|/opt/(?:pypi|wheels)")
_REGISTRY = re.compile(r"pythonhosted\.org|pypi\.org/simple")
_BESIDE = re.compile(r"\.\./shared")
QUICK = ("unit", "contract", "golden", "architecture")
TEXT_BYTES = 2_000_000  # longer is data, not text


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in files():
        raw = path.read_bytes()
        if b"\0" in raw[:1024] or len(raw) > TEXT_BYTES:
            continue
        for number, line in enumerate(raw.decode("utf-8", "replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return found


@pytest.mark.parametrize("pattern", [_MACHINE_PATH, _REGISTRY, _BESIDE], ids=["path", "registry", "beside"])
def test_no_file_knows_the_machine_it_was_written_on(pattern: re.Pattern[str]) -> None:
    assert lines_with(pattern) == []


@pytest.mark.parametrize("folder", QUICK)
def test_quick_tests_never_sleep(folder: str) -> None:
    """A wait is `eventually`: it ends when the thing has happened, and fails when it has not."""
    assert [str(path.relative_to(ROOT)) for path in (ROOT / "tests" / folder).rglob("*.py") if sleeps(path)] == []


def sleeps(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"time.sleep", "asyncio.sleep", "sleep"}:
            turns_only = [ast.unparse(argument) for argument in node.args] == ["0"]
            if not turns_only:
                return True
    return False
