"""The estimators of series: the forms that series have, labels and weights, going on, and scikit-learn's own checks, of which none fails."""

import json
import os
import pickle
import subprocess
import sys

import numpy
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import stableode
from stableode import sequences
from stableode.sklearn import StableODESequenceClassifier, StableODESequenceRegressor


def made(samples=60, seed=0):
    """(ragged series of two channels, names of their classes): the second channel turns one way or the other."""
    random = numpy.random.default_rng(seed)
    kinds = random.integers(0, 2, samples)
    series = []
    for kind in kinds:
        time = numpy.linspace(0, 1, random.integers(10, 20))
        phase = random.uniform(0, 6.28)
        turn = phase + (4 if kind else -4) * time
        series.append(numpy.stack([5 + numpy.cos(turn), 300 * numpy.sin(turn)], axis=1) + 0.05 * random.normal(size=(len(time), 2)) * [1, 300])
    return series, numpy.array(["left", "right"])[kinds]


SERIES, LABELS = made()
LATER, TRUTH = made(80, 1)
ARRAY = numpy.stack([part[:10] for part in SERIES])
CHECKED = [
    "StableODESequenceClassifier()",
    "StableODESequenceRegressor()",
    "StableODESequenceClassifier(field='neural_cde', epochs=40)",
    "StableODESequenceClassifier(early_stopping=True, epochs=60)",
    "StableODESequenceRegressor(early_stopping=True, time_channel=True, network_options={'interpolation': 'none'})",
]
PROGRAM = """
import json, sys, warnings
from sklearn.utils.estimator_checks import check_estimator
from stableode.sklearn import StableODESequenceClassifier, StableODESequenceRegressor
warnings.simplefilter("ignore")
results = check_estimator(eval(sys.argv[1]), on_fail=None, on_skip=None)
print(json.dumps([[result["check_name"], result["status"], str(result["exception"])] for result in results]))
"""


@pytest.mark.parametrize("estimator", CHECKED)
def test_estimators_pass_every_check(estimator):
    shown = subprocess.run([sys.executable, "-c", PROGRAM, estimator], env={**os.environ, "SCIPY_ARRAY_API": "1"}, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    results = json.loads(shown.stdout)
    assert len(results) > 50 and [result for result in results if result[1] != "passed"] == []


def test_long_tables_are_told_of_pack():
    rows = {"series": ["p3"] * 4, "time": [0.0, 1.0, 2.0, 3.0], "v": [1.0, 2.0, 3.0, 4.0]}
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    tables = [rows, pandas.DataFrame(rows), polars.DataFrame(rows), pandas.DataFrame({**rows, "series": 1}), pandas.DataFrame(rows).rename(columns={"series": "who"})]
    for table in tables:
        with pytest.raises(ValueError, match=r"stableode.sequences.pack\(X, series=…, time=…\) makes series of it"):
            StableODESequenceClassifier(epochs=1).fit(table, [0, 1, 0, 1])
    fitted = StableODESequenceClassifier(epochs=1, random_state=0).fit(numpy.arange(12.0).reshape(4, 3), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="long table"):
        fitted.predict(pandas.DataFrame(rows))


@pytest.mark.parametrize("field", [None, "neural_cde", "gated_antisymmetric_rnn", "ode_rnn"])
def test_defaults_learn_ragged_series(field):
    classifier = StableODESequenceClassifier(field=field, random_state=0).fit(SERIES, LABELS)
    assert classifier.score(LATER, TRUTH) > 0.9
    assert classifier.classes_.tolist() == ["left", "right"] and classifier.n_features_in_ == 2
    chances = classifier.predict_proba(LATER)
    assert chances.shape == (80, 2) and numpy.allclose(chances.sum(axis=1), 1)
    assert classifier.layout_.options["channels"] == classifier.network_.specification["channels"]
    with pytest.raises(ValueError, match="series 0 has 50 steps; the layout has 19"):
        classifier.predict([numpy.zeros((50, 2))])
    assert clone(classifier).set_params(longer="last").fit(SERIES, LABELS).predict([numpy.zeros((50, 2))]).shape == (1,)


def test_defaults_follow_the_length_of_series():
    random, names = numpy.random.default_rng(0), ["a", "b"] * 3
    for steps, channels, epochs in ((30, 1, 100), (100, 1, 200), (200, 2, 200), (300, 1, 300)):
        classifier = StableODESequenceClassifier().fit(random.normal(size=(6, steps, channels)), names)
        block = classifier.network_.specification["blocks"][0]
        assert classifier.n_iter_ == epochs and block["layers"] == steps and block["initial_scale"] == min(epochs / 100, 2)
    assert StableODESequenceRegressor().fit(random.normal(size=(6, 30, 1)), range(6)).n_iter_ == 300
    # Layers see all changes of a long path with jumps, and training is not carried away by them.
    jumps = random.standard_t(2, size=(40, 600, 1))
    classifier = StableODESequenceClassifier(field="neural_cde", random_state=0, epochs=10).fit(jumps, numpy.arange(40) % 2)
    assert classifier.loss_curve_[-1] < 10 and classifier.network_.specification["blocks"][0]["initial_scale"] == 0.3
    smooth = numpy.sin(numpy.arange(40)[:, None, None] + numpy.linspace(0, 12, 300)[:, None])
    larger = StableODESequenceClassifier(field="neural_cde", epochs=1).fit(smooth, numpy.arange(40) % 2)
    assert larger.network_.specification["blocks"][0]["initial_scale"] == pytest.approx(0.9)
    quiet = StableODESequenceClassifier(field="neural_cde", epochs=1, network_options={"noise": "none"}).fit(SERIES, LABELS)
    assert quiet.network_.specification["blocks"][0]["noise"] == "none"


def test_the_forms_of_arrays_agree():
    whole = StableODESequenceClassifier(random_state=0, epochs=5).fit(ARRAY, LABELS)
    for other in (
        StableODESequenceClassifier(random_state=0, epochs=5).fit(list(ARRAY), LABELS),
        StableODESequenceClassifier(random_state=0, epochs=5).fit(ARRAY.tolist(), LABELS),
        StableODESequenceClassifier(random_state=0, epochs=5, channels_first=False).fit(sequences.pack(ARRAY, span=whole.layout_.span), LABELS),
    ):
        assert (other.network_.parameter_vector == whole.network_.parameter_vector).all()
    turned = StableODESequenceClassifier(random_state=0, epochs=5, channels_first=True).fit(ARRAY.transpose(0, 2, 1), LABELS)
    assert (turned.predict_proba(ARRAY.transpose(0, 2, 1)) == whole.predict_proba(ARRAY)).all()
    flat = StableODESequenceClassifier(random_state=0, epochs=5).fit(ARRAY[:, :, 1], LABELS)
    assert (flat.predict_proba(ARRAY[:, :, 1]) == flat.predict_proba(ARRAY[:, :, 1:])).all()
    with pytest.raises(ValueError, match="X has 9 features"):
        flat.predict(ARRAY[:, :9, 1])


def test_numbers_that_are_not_observed():
    random = numpy.random.default_rng(0)
    gaps = numpy.where(random.random(ARRAY.shape) < 0.3, numpy.nan, ARRAY)
    classifier = StableODESequenceClassifier(random_state=0).fit(gaps, LABELS)
    assert classifier.score(gaps, LABELS) > 0.9 and classifier.score(ARRAY, LABELS) > 0.9
    with pytest.raises(ValueError, match="series 3, step 2, channel 1 holds inf"):
        gaps[3, 2, 1] = numpy.inf
        classifier.predict(gaps)
    with pytest.raises(ValueError, match="has no masks"):
        StableODESequenceClassifier(epochs=1).fit(ARRAY, LABELS).predict(numpy.where(numpy.isinf(gaps), 0, gaps))


def test_regressors_predict_values():
    means = numpy.array([part[:, 0].mean() for part in SERIES])
    regressor = StableODESequenceRegressor(random_state=0).fit(SERIES, means)
    assert regressor.score(SERIES, means) > 0.9 and regressor.predict(SERIES).shape == (60,)
    both = numpy.stack([means, -means], axis=1)
    assert StableODESequenceRegressor(random_state=0, epochs=2).fit(SERIES, both).predict(SERIES).shape == (60, 2)


def test_searches_pipelines_and_copies():
    search = GridSearchCV(StableODESequenceClassifier(random_state=0, epochs=10), {"width": [4, 8], "field": ["antisymmetric_rnn", "neural_cde"]}, cv=2).fit(SERIES, LABELS)
    assert search.best_score_ > 0.5
    packed = sequences.pack(SERIES, times=[numpy.linspace(0, 1, len(part)) for part in SERIES], span=4.0)
    assert cross_val_score(StableODESequenceClassifier(random_state=0, epochs=30), packed, LABELS, cv=2).mean() > 0.7
    pipe = make_pipeline(FunctionTransformer(lambda series: [part[:, 1:] for part in series]), StableODESequenceClassifier(random_state=0, epochs=2)).fit(SERIES, LABELS)
    assert pipe.predict(LATER).shape == (80,)
    fitted = search.best_estimator_
    same = pickle.loads(pickle.dumps(fitted))
    assert (same.predict_proba(LATER) == fitted.predict_proba(LATER)).all()
    assert (clone(fitted).fit(SERIES, LABELS).predict_proba(LATER) == fitted.predict_proba(LATER)).all()


def test_packed_series_keep_their_layout():
    packed = sequences.pack(SERIES, span=2.0)
    classifier = StableODESequenceClassifier(random_state=0, epochs=5).fit(packed, LABELS)
    assert (classifier.predict_proba(packed.pack(LATER)) == classifier.predict_proba(LATER)).all()
    with pytest.raises(ValueError, match="not packed in the layout of the fit"):
        classifier.predict(sequences.pack(LATER, span=3.0))
    some = packed[numpy.array([4, 1])]
    assert (some.features == packed.features[[4, 1]]).all() and some.shape == (2, packed.steps, 2)
    counts = [len(SERIES[4]), len(SERIES[1])]
    assert (some.pack_targets([numpy.arange(count) for count in counts]) >= 0).sum(axis=1).tolist() == counts
    assert len(packed[:3]) == 3 and len(packed[LABELS == "left"]) == (LABELS == "left").sum()


def test_weights():
    weights = numpy.arange(60) % 3
    repeated = [number for number in range(60) for _ in range(weights[number])]
    for field in ("antisymmetric_rnn", "neural_cde"):
        # The longest series has no weight, so that the layout does not know it.
        weighted = StableODESequenceClassifier(field=field, random_state=0, epochs=3).fit([numpy.zeros((30, 2)), *SERIES[1:]], LABELS, sample_weight=weights)
        plain = StableODESequenceClassifier(field=field, random_state=0, epochs=3).fit([SERIES[number] for number in repeated], LABELS[repeated])
        assert (plain.network_.parameter_vector == weighted.network_.parameter_vector).all()
    heavy = StableODESequenceClassifier(random_state=0, epochs=20, class_weight={"left": 1000.0}).fit(SERIES, LABELS)
    light = StableODESequenceClassifier(random_state=0, epochs=20, class_weight={"right": 1000.0}).fit(SERIES, LABELS)
    assert (heavy.predict_proba(SERIES)[:, 0] > light.predict_proba(SERIES)[:, 0]).all()


def test_going_on():
    stepwise = StableODESequenceClassifier(random_state=0)
    for _ in range(30):
        stepwise.partial_fit(SERIES, LABELS, classes=["left", "right"])
    assert stepwise.n_iter_ == 30 and stepwise.score(SERIES, LABELS) > 0.8
    with pytest.raises(ValueError, match="series 0 has 50 steps"):
        stepwise.partial_fit([numpy.zeros((50, 2))] * 2, LABELS[:2])
    assert stepwise.n_iter_ == 30
    warm = StableODESequenceClassifier(random_state=0, warm_start=True, epochs=20).fit(SERIES, LABELS)
    first = warm.loss_curve_[0]
    assert warm.fit(SERIES, LABELS).loss_curve_[0] < first
    early = StableODESequenceClassifier(random_state=0, early_stopping=True, patience=3).fit(SERIES, LABELS)
    assert early.validation_scores_ is not None and len(early.validation_scores_) == early.n_iter_


def test_what_is_refused():
    with pytest.raises(ValueError, match="network_options holds channels, which the series determine"):
        StableODESequenceClassifier(network_options={"channels": 3}).fit(SERIES, LABELS)
    with pytest.raises(ValueError, match="feild"):
        StableODESequenceClassifier(network_options={"feild": "dense"}).fit(SERIES, LABELS)
    with pytest.raises(ValueError, match="longer is 'never'"):
        StableODESequenceClassifier(longer="never", epochs=1).fit(SERIES, LABELS).predict(SERIES)
    with pytest.raises(ValueError, match="there are no series"):
        StableODESequenceClassifier().fit([], [])
    with pytest.raises(stableode.StableODEError, match="series 2 has 1 channels, but series 0 has 2"):
        StableODESequenceClassifier().fit([*SERIES[:2], numpy.zeros(4)], LABELS[:3])
