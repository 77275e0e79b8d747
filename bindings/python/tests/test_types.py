"""Type checkers and `help` on the package, the examples and users' programs."""

import importlib.util
import inspect
import json
import os
import pathlib
import pydoc
import re
import subprocess
import sys

import pytest

import stableode

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGES = sorted([ROOT / "README.md", *(ROOT / "bindings" / "python").glob("*.md"), *(ROOT / "bindings/python/guide").glob("*.md"), *(ROOT / "Sources").glob("*/*.docc/*.md")])
PACKAGE = pathlib.Path(stableode.__file__).parent
EXAMPLES = ROOT / "examples" / "python"

RIGHT = '''
import numpy
import stableode

network = stableode.Network(inputs=2, outputs=3, field="antisymmetric", gamma=0.1, layers=8)
history = network.fit(numpy.zeros((4, 2)), numpy.zeros(4), epochs=1, shuffle=False, optimizer="sgd", momentum=0.5)
accuracy: float = history.best.validation_accuracy
with stableode.Trainer(network, epochs=2) as trainer:
    trainer.run((numpy.zeros((4, 2)), numpy.zeros(4)))
for name, meaning in stableode.fields().items():
    print(name.upper(), meaning.upper())
try:
    network.save("here")
except stableode.FileError as error:
    print(error.code + 1)
'''
RIGHT_WITH_SCIKIT_LEARN = '''
import numpy
from stableode.sklearn import StableODEClassifier, StableODERegressor, StableODETransformer

x, y = numpy.zeros((4, 2)), ["a", "b", "a", "b"]
classifier = StableODEClassifier(width=8, class_weight={"a": 2.0}, random_state=0).fit(x, y, sample_weight=[1, 2, 3, 4])
score: float = classifier.score(x, y)
print(classifier.predict_proba(x).shape, classifier.classes_.tolist(), classifier.network_.specification["width"], classifier.n_iter_ + 1)
StableODERegressor().set_params(width=3).partial_fit(x, x).predict(x).mean()
StableODETransformer().set_output(transform="pandas").fit_transform(x, y)
'''
#: A wrong line of code → what is wrong with it.
WRONG = {
    "stableode.Network(inputs=2, outputs=3, feild='dense')": "misspelt option",
    "stableode.Network(inputs=2, outputs=3, layers='8')": "type of an option",
    "stableode.Network(inputs=2)": "required option",
    "stableode.Trainer(stableode.Network(inputs=1, outputs=1), epoch=3)": "misspelt option of training",
    "stableode.feilds()": "misspelt registry",
    "stableode.FileErorr": "misspelt exception",
    "import stableode.sklearn; stableode.sklearn.StableODEClassifier(widht=3)": "misspelt parameter of an estimator",
    "stableode.sklearn.StableODERegressor(width='3')": "type of a parameter of an estimator",
    "stableode.sklearn.StableODEClassifier().predict_prob([[1.0]])": "misspelt method of an estimator",
}


def checker(name, *paths):
    """Runs mypy or pyright; returns (exit status, output)."""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), "MYPYPATH": str(PACKAGE.parent)}
    if name == "mypy":
        command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, "--python-executable", sys.executable]
    else:
        command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    result = subprocess.run([*command, *map(str, paths)], env=environment, capture_output=True, text=True, cwd=paths[0].parent)
    if name == "pyright" and "error" not in result.stdout and result.returncode not in (0, 1):
        pytest.skip(f"pyright cannot run here (it fetches Node where there is none): {result.stderr.strip()[-200:]}")
    return result.returncode, result.stdout + result.stderr


@pytest.fixture(params=["mypy", "pyright"])
def check(request):
    return lambda *paths: checker(request.param, *paths)


def test_package_and_examples_are_clean(check):
    optional = [name for name in ("lightgbm",) if not importlib.util.find_spec(name)]
    examples = [path for path in sorted(EXAMPLES.glob("*.py")) if not any(f"import {name}" in path.read_text() or f"from {name}" in path.read_text() for name in optional)]
    status, output = check(*examples, PACKAGE)
    assert status == 0, output


def test_snippets_are_clean(check, tmp_path):
    paths = []
    for place, page in enumerate(PAGES):
        for number, code in enumerate(re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)):
            if "torch" not in code or importlib.util.find_spec("torch"):
                paths.append(tmp_path / f"page_{place}_{number}.py")
                paths[-1].write_text(code)
    assert len(paths) > 5
    status, output = check(*paths)
    assert status == 0, output


def test_no_public_type_is_missing():
    """Pyright's count of names without a type; where torch is missing, so are the types of the class that derives from torch's."""
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--verifytypes", "stableode", "--ignoreexternal", "--outputjson"]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
    if not shown.stdout.startswith("{"):
        pytest.skip(f"pyright cannot run here (it fetches Node where there is none): {shown.stderr.strip()[-200:]}")
    symbols = json.loads(shown.stdout)["typeCompleteness"]["symbols"]
    missing = [symbol["name"] for symbol in symbols if not symbol["isTypeKnown"] and symbol["isExported"]]
    assert len(symbols) > 300 and [name for name in missing if not name.startswith("stableode.torch.")] == []


def test_a_right_program_is_clean_and_wrong_lines_are_found(check, tmp_path):
    for text in (RIGHT, RIGHT_WITH_SCIKIT_LEARN):
        program = tmp_path / "program.py"
        program.write_text(text)
        status, output = check(program)
        assert status == 0, output
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import stableode\n" + "".join(f"{line}\n" for line in WRONG))
    _, output = check(wrong)
    for number, about in enumerate(WRONG.values(), start=2):
        assert f"wrong.py:{number}:" in output, f"{about} is not found\n{output}"


@pytest.mark.parametrize("scopes, function", [
    (("network", "block"), stableode.Network),
    (("trainer",), stableode.Trainer),
    (("trainer",), stableode.Network.fit),
    (("trainer",), stableode.multilevel),
    (("trainer",), stableode.cross_validate),
])
def test_signatures_show_every_option(scopes, function):
    parameters = inspect.signature(function).parameters
    shown = pydoc.plain(pydoc.render_doc(function))
    for scope in scopes:
        for key, option in stableode.options(scope).items():
            assert key in parameters and key in shown
            if option.required:
                assert parameters[key].default is inspect.Parameter.empty
            elif not (function is stableode.cross_validate and key == "seed"):  # there it is the seed of the folds
                assert parameters[key].default == (None if option.automatic else option.default)


def test_help_shows_exceptions_and_registries():
    shown = pydoc.plain(pydoc.render_doc(stableode))
    for name in (*stableode.registry("registries"), "ShapeMismatchError", "Progress"):
        assert name in shown
