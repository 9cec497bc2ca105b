"""Only app knows about the surroundings: everything else gets what it needs as arguments."""

import ast

import pytest

from tests.architecture.tree import Module, modules

SURROUNDINGS = frozenset({"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"})
INSIDE = [module for module in modules() if module.package not in {"", "app"}]


@pytest.mark.parametrize("module", INSIDE, ids=lambda module: module.name)
def test_only_app_reads_the_environment(module: Module) -> None:
    read = {
        node.attr for node in ast.walk(module.tree) if isinstance(node, ast.Attribute) and node.attr in SURROUNDINGS
    }
    read |= {name for name in module.imports() if name.removeprefix("os.") in SURROUNDINGS}
    assert sorted(read) == []


@pytest.mark.parametrize("module", INSIDE, ids=lambda module: module.name)
def test_only_app_reads_the_command_line(module: Module) -> None:
    assert sorted(name for name in module.imports() if name in {"argparse", "click", "sys.argv"}) == []
