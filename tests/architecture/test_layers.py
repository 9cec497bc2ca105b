"""A layer imports only what lies under it. import-linter does not see compiled modules; this reads the sources."""

import re

import pytest

from tests.architecture.tree import ROOT, Module, modules

_UNDER_DESK = {"desk", "link", "model"}
MAY_IMPORT = {
    "": set[str](),
    "__main__": {"app"},  # `python -m studiod`
    "model": {"model"},
    "link": {"link", "model"},
    "engine": {"engine", "link", "model"},
    "tape": {"tape", "link", "model"},
    "ports": {"ports", "link", "model"},
    "desk": _UNDER_DESK,
    "surfaces": {"surfaces", *_UNDER_DESK},
    "net": {"net", *_UNDER_DESK},
    "produce": {"produce", "engine", "tape", *_UNDER_DESK},  # renders with the same engine, offline
    "app": {"app", "surfaces", "net", "produce", "engine", "tape", "ports", *_UNDER_DESK},
}
COMPILED = {"block": "link", "events": "link", "engine": "engine", "tape": "tape"}
_CYTHON_IMPORT = re.compile(r"^\s*(?:from\s+(studiod[\w.]*)\s+c?import|c?import\s+(studiod[\w.]*))", re.MULTILINE)
each_module = pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)


def layer_of(name: str) -> str:
    return name.partition(".")[2].partition(".")[0]


@each_module
def test_a_module_imports_only_its_own_layer_and_those_under_it(module: Module) -> None:
    assert module.package in MAY_IMPORT, f"studiod.{module.package} has no place among the layers"
    ours = {name for name in module.imports() if name.startswith("studiod.")}
    layers = {name for name in ours if layer_of(name) in MAY_IMPORT}
    assert sorted(name for name in layers if layer_of(name) not in MAY_IMPORT[module.package]) == []


@each_module
def test_private_modules_stay_in_their_package(module: Module) -> None:
    home = f"studiod.{module.package}."
    ours = {name for name in module.imports() if name.startswith("studiod.") and not name.endswith("__")}
    private = {name for name in ours if "._" in name}
    assert sorted(name for name in private if not name.startswith(home)) == []


def test_compiled_modules_keep_to_the_layers_too() -> None:
    strangers = []
    for path in sorted((ROOT / "ext").rglob("*.p[yx][xd]")):
        layer = COMPILED.get(path.stem.strip("_").partition("_")[0])
        allowed = MAY_IMPORT[layer] if layer else {"link", "model"}
        imported = {one or other for one, other in _CYTHON_IMPORT.findall(path.read_text(encoding="utf-8"))}
        strangers += [f"{path.name}: {name}" for name in sorted(imported) if layer_of(name) not in allowed]
    assert strangers == []


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("from studiod.link cimport ring", "studiod.link"),
        ("    cimport studiod.link._block as block", "studiod.link._block"),
        ("import studiod.desk.hub", "studiod.desk.hub"),
    ],
)
def test_an_import_of_cython_is_read(line: str, module: str) -> None:
    (found,) = _CYTHON_IMPORT.findall(f"import time\n{line}\n")
    assert module in found
