"""Every module stands alone, says what it is, and is short enough to read."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, Module, code_files, modules

MOST_LINES = 500
PROCESSES = 2  # a CI machine has two cores
# Each module is imported in a child of its own, forked before anything of ours was loaded. Libraries that take long to
# load are loaded once, before.
IMPORT_EACH_ALONE = """
import importlib, os, sys, threading, traceback
for library in ("numpy", "pydantic", "yaml", "zeroconf"):
    importlib.import_module(library)
for name in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
            assert threading.active_count() == 1, f"{name} starts a thread when it is imported"
        except BaseException:
            print(f"--- {name}")
            traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_every_module_can_be_imported_alone() -> None:
    names = [module.name for module in modules() if not module.name.endswith("__main__")]
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", IMPORT_EACH_ALONE, *names[start::PROCESSES]],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for start in range(PROCESSES)
    ]
    assert [run.communicate()[0] for run in runs] == [""] * PROCESSES


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_everything_public_has_a_docstring(module: Module) -> None:
    assert list(undocumented(module.tree, module.name)) == []


def undocumented(node: ast.Module | ast.ClassDef, name: str) -> Iterator[str]:
    if ast.get_docstring(node) is None:
        yield name
    for inner in node.body:
        if isinstance(inner, ast.ClassDef) and not inner.name.startswith("_"):
            yield from undocumented(inner, f"{name}.{inner.name}")
        if not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) or inner.name.startswith("_"):
            continue
        if ast.get_docstring(inner) is None:
            yield f"{name}.{inner.name}"


def test_no_file_of_code_needs_a_table_of_contents() -> None:
    lengths: dict[str, int] = {str(path.relative_to(ROOT)): _lines(path) for path in code_files()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
