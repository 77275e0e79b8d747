"""Every snippet of the README, the guide pages and the docstrings runs, in a namespace and a process of its own that hold only what it imports."""

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import stableode

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path(stableode.__file__).parent
PAGES = sorted([ROOT / "README.md", ROOT / "bindings/python/README.md", *(ROOT / "bindings/python/guide").glob("*.md"), *(ROOT / "Sources").glob("**/*.md")])
#: Packages that are not there for snippets that do not name them.
OPTIONAL = ["matplotlib", "tqdm", "torch", "sklearn", "pandas", "polars", "pyarrow", "duckdb", "scipy"]
#: Those of them that the tests' environment need not have.
NOT_OF_THE_TESTS = ["tqdm", "torch"]
#: Package → those that it needs itself.
BROUGHT = {"sklearn": ["scipy"]}
#: Hides packages from a program, also from packages that look whether they are there.
HIDING = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Hidden())
"""
#: What docstrings may use without making it.
GIVEN = """
import numpy
import stableode
from stableode import *
training, validation = stableode.Dataset.problem("peaks", 100, 50)
network = stableode.Network(inputs=2, outputs=5, width=4, layers=16)
features, labels = training.features, training.targets
"""
FRAME = """
from stableode._command.arrow import ArrowTable
frame = ArrowTable({"size": numpy.arange(40.0), "color": ["red", "blue"] * 20, "kind": ["cat", "dog"] * 20})
"""
#: Docstring → what it may use besides.
ALSO = {
    "stableode/columns.py: Columns": FRAME,
    "stableode/columns.py: ignoring": FRAME
    + "network = stableode.Network(inputs=3, outputs=2)\nnetwork.fit(frame, target='kind', epochs=1)\n"
    + "frame = ArrowTable({'id': numpy.arange(2.0), 'name': ['a', 'b'], 'size': numpy.arange(2.0), 'color': ['red', 'blue']})",
    "stableode/dataset.py: Dataset": FRAME,
    "stableode/stream.py: Stream": "numpy.save('a.npy', features)\nnumpy.save('a.npy.labels', labels)\nimport os\nos.rename('a.npy.labels.npy', 'a.npy.labels')\npaths = ['a.npy']",
    "stableode/plots/__init__.py": "import stableode.plots\nhistory = network.fit(training, epochs=2)",
    "stableode/network.py: solve": "network = stableode.Network(inputs=2, outputs=2, width=2, integrator='dopri5', weights_in_time='shared')\nw, level = [1.0, 0.0], 0.1",
    "stableode/trajectories.py: solve": "from stableode import trajectories\ntimes = numpy.linspace(0, 6, 40)\nmodel = trajectories.fit(times, numpy.stack([numpy.cos(times), -numpy.sin(times)], axis=1), field='dense', integrator='dopri5', epochs=5)\n"
    + "states, w, level = [[1.0, 0.0], [0.5, 0.5]], [1.0, 0.0], 0.1",
    "stableode/levels.py: multilevel": "training, validation = stableode.Dataset.problem('ellipses', 100, 50)",
}


#: Snippets run in folders of their own.
ENVIRONMENT = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(PACKAGE.parent) + os.pathsep + os.environ.get("PYTHONPATH", "")}


def listed(function):
    return lambda *arguments: list(function(*arguments))


@listed
def blocks(language):
    """(place, text) of each fenced block."""
    for page in PAGES:
        for match in re.finditer(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
            yield pytest.param(match.group(1), id=f"{page.relative_to(ROOT)}:{page.read_text(encoding='utf-8')[: match.start()].count(chr(10)) + 1}")


@listed
def docstrings():
    """(place, text) of each indented block of a docstring."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) or not (text := ast.get_docstring(node)):
                continue
            file = f"stableode/{path.relative_to(PACKAGE)}"
            place = file if isinstance(node, ast.Module) else f"{file}: {node.name}"
            for match in re.finditer(r"(?:(?<=\n\n)|\A)((?:    .*(?:\n|\Z)|\n)+)", text):
                if match.group(1).strip():
                    yield pytest.param(place, textwrap.dedent(match.group(1)), id=place)


def run(code, folder):
    """Runs a program whose optional packages are only those that it names."""
    there = [name for name in OPTIONAL if re.search(rf"\b{name}\b", code)]
    for name in there:
        if name in NOT_OF_THE_TESTS:
            pytest.importorskip(name, reason=f"{name}, which the snippet names, is not installed")
        there = there + BROUGHT.get(name, [])
    hidden = [name for name in OPTIONAL if name not in there]
    shown = subprocess.run([sys.executable, "-c", HIDING.format(hidden=hidden) + code], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=500)
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize("code", blocks("python"))
def test_python(code, tmp_path):
    run(code, tmp_path)


@pytest.mark.parametrize("place, code", docstrings())
def test_docstrings(place, code, tmp_path):
    if place.endswith("__main__.py"):
        pytest.skip("these are commands, as in the guide page of the command line")
    run(GIVEN + ALSO.get(place, "") + "\n" + code, tmp_path)


@pytest.mark.parametrize("text", blocks("json"))
def test_json(text):
    """An object of options makes a network."""
    options = json.loads(text)
    stableode.Network(**{**({} if "input_shape" in options else {"inputs": 4}), "outputs": 3, **options})


@pytest.mark.parametrize("text", [block for block in blocks("sh") if "python -m stableode" in block.values[0]])
def test_commands(text, tmp_path):
    points = "".join(f"{index % 3 + 0.1 * (index % 7)},{0.1 * (index % 11)},{'abc'[index % 3]}\n" for index in range(60))
    for name in ("flowers.csv", "more.csv"):
        (tmp_path / name).write_text("length,width,species\n" + points)
    for line in text.strip().splitlines():
        if line.startswith("make "):
            continue  # DocumentationTests checks that the target exists
        command = line.replace("python -m", f"{sys.executable} -m", 1)
        shown = subprocess.run(command, shell=True, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
        assert shown.returncode == 0, shown.stderr


def test_there_are_snippets_of_each_kind():
    assert len(blocks("python")) >= 8 and len(blocks("json")) >= 9 and len(docstrings()) >= 8
