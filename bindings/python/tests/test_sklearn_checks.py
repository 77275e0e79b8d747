"""scikit-learn's own checks of estimators: all pass, none is expected to fail, and none is skipped.

The same with the oldest version that is supported, in a folder of its own before the others:

    pip install --no-deps --target older scikit-learn==1.6.1
    PYTHONPATH=older:bindings/python python -m pytest bindings/python/tests/test_sklearn_checks.py
"""

import json
import os
import subprocess
import sys

import pytest

CHECKED = [
    "StableODEClassifier()",
    "StableODERegressor()",
    "StableODETransformer()",
    "StableODEClassifier(early_stopping=True, epochs=60)",
    "StableODEClassifier(loss='softmax_cross_entropy', field='hamiltonian', integrator='verlet', epochs=60)",
    "StableODERegressor(early_stopping=True, precision='float64')",
    "StableODETransformer(field='hamiltonian', integrator='verlet', width=4, epochs=3)",
]

PROGRAM = """
import json, sys, warnings
from sklearn.utils.estimator_checks import check_estimator
from stableode.sklearn import StableODEClassifier, StableODERegressor, StableODETransformer
warnings.simplefilter("ignore")
results = check_estimator(eval(sys.argv[1]), on_fail=None, on_skip=None)
print(json.dumps([[result["check_name"], result["status"], str(result["exception"])] for result in results]))
"""


@pytest.mark.parametrize("estimator", CHECKED)
def test_estimators_pass_every_check(estimator):
    # With this variable scikit-learn also checks that arrays of the array interface are taken.
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    shown = subprocess.run([sys.executable, "-c", PROGRAM, estimator], env=environment, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    results = json.loads(shown.stdout)
    assert len(results) > 50 and [result for result in results if result[1] != "passed"] == []
