"""The package's modules import each other without cycles, and each can be imported alone."""

import ast
import builtins
import graphlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import stableode

PACKAGE = Path(stableode.__file__).parent
#: Every module but the package itself: "network", "plots", "plots.curves" …; tools and torch's module are imported only where they are asked for.
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__") for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"
)
#: What importing the package must not import: these are for those who ask.
OPTIONAL = ["matplotlib", "tqdm", "torch", "sklearn", "pandas", "polars", "pyarrow", "duckdb", "logging", "argparse"]


def imported(module):
    """The modules of this package that a module imports anywhere: at its top, for type checkers, or inside functions."""
    path, found = PACKAGE.joinpath(*module.split(".")), set()
    is_package = path.is_dir()
    inside = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse((path / "__init__.py" if is_package else path.with_suffix(".py")).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = inside[: len(inside) + 1 - node.level]
            named = [*base, *(node.module or "").split(".")] if node.module else base
            candidates = {".".join(named)} | {".".join([*named, name.name]) for name in node.names}
            found |= candidates & set(MODULES)
    # Methods such as History.plot hand their object on to the plots, which are above all else.
    return {name for name in found if name != module and (module.startswith("plots") or not name.startswith("plots"))}


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
    if "which is not installed: pip install" in shown.stderr:
        pytest.skip(shown.stderr.strip().splitlines()[-1])
    assert shown.returncode == 0, shown.stderr


def test_importing_the_package_imports_no_tools():
    code = f"import sys, stableode; print([name for name in {OPTIONAL} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    own = subprocess.run([sys.executable, "-c", f"import sys, numpy; print([name for name in {OPTIONAL} if name in sys.modules])"], capture_output=True, text=True)
    assert shown.stdout == own.stdout, shown.stderr


def test_modules_that_the_guide_names_are_there_when_they_are_used():
    code = (
        "import sys, stableode\n"
        "later = ['plots', 'sequences', 'trajectories']\n"
        "assert not [name for name in later if 'stableode.' + name in sys.modules] and set(later) <= set(dir(stableode))\n"
        "print(stableode.trajectories.pack, stableode.sequences.pack, stableode.plots.rollout)\n"
        "try: stableode.trajectorys\n"
        "except AttributeError as error: assert (error.name, error.obj) == ('trajectorys', stableode)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr


def test_what_takes_long_to_import_is_imported_when_it_is_needed():
    code = "import sys, numpy; own = set(sys.modules); import stableode; print({'stableode._options', 'difflib', 'pathlib', 'urllib.parse'} & (set(sys.modules) - own) or 'none'); print(stableode.TrainerOptions.__name__)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout.split() == ["none", "TrainerOptions"], shown.stderr


def test_the_package_offers_exactly_what_it_lists():
    public = {name for name in dir(stableode) if not name.startswith("_") and not inspect.ismodule(getattr(stableode, name))}
    assert public - set(dir(builtins)) == set(stableode.__all__)
    assert stableode.__all__ == sorted(stableode.__all__)


def test_a_star_import_shadows_no_builtin():
    namespace = {}
    exec("from stableode import *", namespace)
    namespace.pop("__builtins__")
    assert set(namespace) & set(dir(builtins)) == set()
    assert namespace["FileError"] is stableode.FileError and issubclass(stableode.MemoryError, MemoryError)
