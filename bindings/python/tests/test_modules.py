"""The package's modules import each other without cycles, and each can be imported alone."""

import ast
import builtins
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

import stableode

PACKAGE = Path(stableode.__file__).parent
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


def imported(module):
    """The modules of this package that a module imports anywhere: at its top, for type checkers, or inside functions."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            found |= {node.module} if node.module else {name.name for name in node.names}
    return found & set(MODULES)


def test_no_module_imports_what_imports_it():
    assert len(MODULES) > 10 and imported("trainer") >= {"network", "_training"}
    order = list(graphlib.TopologicalSorter({module: imported(module) for module in MODULES}).static_order())
    assert set(order) == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_each_module_imports_alone(module):
    # A package without __init__, which would import the other modules first.
    code = (
        "import importlib, sys, types\n"
        "package = sys.modules['stableode'] = types.ModuleType('stableode')\n"
        f"package.__path__ = [{str(PACKAGE)!r}]\n"
        f"importlib.import_module('stableode.{module}')\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr


def test_the_package_offers_exactly_what_it_lists():
    public = {name for name in vars(stableode) if not name.startswith("_") and name not in MODULES}
    assert public - set(dir(builtins)) == set(stableode.__all__)
    assert stableode.__all__ == sorted(stableode.__all__)


def test_a_star_import_shadows_no_builtin():
    namespace = {}
    exec("from stableode import *", namespace)
    namespace.pop("__builtins__")
    assert set(namespace) & set(dir(builtins)) == set()
    assert namespace["FileError"] is stableode.FileError and issubclass(stableode.MemoryError, MemoryError)
