"""Estimators in several processes, across processes, and under Ctrl-C."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import joblib
import numpy
import pytest
import sklearn.datasets
from sklearn.model_selection import GridSearchCV, cross_val_score

from stableode.sklearn import StableODEClassifier, StableODERegressor, StableODETransformer

#: The promised response time to Ctrl-C in seconds.
PROMISE = 0.3
IRIS = sklearn.datasets.load_iris(return_X_y=True)
SHORT = dict(width=4, layers=2, epochs=5, random_state=0)


def fitted(seed):
    """The parameters after a fit; for worker processes."""
    return StableODEClassifier(**SHORT | {"random_state": seed}).fit(*IRIS).network_.parameter_vector


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_cross_validation_in_workers(backend):
    alone = cross_val_score(StableODEClassifier(**SHORT), *IRIS)
    with joblib.parallel_backend(backend, n_jobs=2):
        assert numpy.array_equal(cross_val_score(StableODEClassifier(**SHORT), *IRIS, n_jobs=2), alone)


def test_a_search_in_workers():
    search = GridSearchCV(StableODERegressor(**SHORT), {"width": [2, 4]}, n_jobs=2, cv=3).fit(IRIS[0], IRIS[0][:, 0])
    assert search.best_estimator_.width in (2, 4)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_every_kind(method):
    here = [fitted(seed) for seed in (1, 2)]  # the library has worked in this process before the fork
    with multiprocessing.get_context(method).Pool(2) as pool:
        there = pool.map(fitted, (1, 2))
    assert all(numpy.array_equal(one, other) for one, other in zip(here, there, strict=True))


@pytest.mark.parametrize("kind", [StableODEClassifier, StableODERegressor, StableODETransformer])
def test_pickles_pass_between_processes(kind, tmp_path):
    estimator = kind(**SHORT).fit(*IRIS)
    expected = estimator.transform(IRIS[0]) if hasattr(kind, "transform") else estimator.predict(IRIS[0])
    joblib.dump((estimator, IRIS[0], expected), tmp_path / "estimator.joblib")
    code = (
        "import joblib, numpy, sys\n"
        "estimator, features, expected = joblib.load(sys.argv[1])\n"
        "found = estimator.transform(features) if hasattr(estimator, 'transform') else estimator.predict(features)\n"
        "assert numpy.array_equal(found, expected)\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "estimator.joblib"], check=True)


def interrupted(call, after=0.4):
    """Seconds from Ctrl-C, `after` seconds after the start of call(), to the KeyboardInterrupt of it."""
    sent = []

    def send():
        time.sleep(after)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=send)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        try:
            call()
            thread.join()  # the call was faster: the signal comes now, and the test fails below
        finally:
            end = time.perf_counter()
    thread.join()
    return end - sent[0]


@pytest.fixture(scope="module")
def many():
    random = numpy.random.default_rng(0)
    features = random.standard_normal((400_000, 20)).astype("float32")
    return features, (features[:, 0] > 0).astype("int64")


LARGE = dict(width=64, layers=20, epochs=100, random_state=0)


@pytest.mark.parametrize("after", [0.02, 0.4])
def test_ctrl_c_ends_fit(many, after):
    classifier = StableODEClassifier(**LARGE)
    assert interrupted(lambda: classifier.fit(*many), after) < PROMISE
    assert not hasattr(classifier, "network_") and not hasattr(classifier, "n_features_in_")


def test_ctrl_c_ends_partial_fit(many):
    assert interrupted(lambda: StableODEClassifier(**LARGE).partial_fit(*many, classes=[0, 1])) < PROMISE


def test_ctrl_c_ends_predictions_and_transformations(many):
    small = many[0][:200], many[1][:200]
    classifier = StableODEClassifier(**LARGE | {"epochs": 1, "layers": 200}).fit(*small)
    for method in (classifier.predict, classifier.predict_proba, classifier.decision_function):
        assert interrupted(lambda method=method: method(many[0])) < PROMISE
    transformer = StableODETransformer(**LARGE | {"epochs": 1, "layers": 200}).fit(*small)
    assert interrupted(lambda: transformer.transform(many[0])) < PROMISE


def test_ctrl_c_keeps_what_was_learned():
    classifier = StableODEClassifier(epochs=10**6, random_state=0)
    interrupted(lambda: classifier.fit(*IRIS), 1.0)
    assert 0 < classifier.n_iter_ < 10**6 and classifier.score(*IRIS) > 0.6
    assert pickle.loads(pickle.dumps(classifier)).n_iter_ == classifier.n_iter_
