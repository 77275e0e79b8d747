"""What the estimators refuse, and in which words: the caller's argument, row and class, and what is allowed."""

import pickle

import numpy
import pandas
import pytest

from stableode.sklearn import StableODEClassifier, StableODERegressor, StableODETransformer

SHORT = dict(width=4, layers=2, epochs=2, random_state=0)
X = numpy.random.default_rng(2).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize("weight", [numpy.nan, numpy.inf, -1, "2", None])
def test_class_weights_are_finite_and_not_negative(weight):
    with pytest.raises(ValueError, match=r"class_weight is .* for class 0; it must be a finite number >= 0"):
        StableODEClassifier(**SHORT, class_weight={0: weight, 1: 1}).fit(X, Y)


def test_some_row_has_a_weight():
    with pytest.raises(ValueError, match="class_weight is 0 for the classes of all rows"):
        StableODEClassifier(**SHORT, class_weight={0: 0, 1: 0}).fit(X, Y)
    with pytest.raises(ValueError, match="class_weight is 0 for the classes of all rows"):
        StableODEClassifier(**SHORT, class_weight={0: 0, 1: 1}).partial_fit(X, 0 * Y, classes=[0, 1])


@pytest.mark.parametrize("kind", [StableODEClassifier, StableODETransformer])
@pytest.mark.parametrize("missing", [numpy.nan, numpy.inf])
def test_missing_numbers_are_no_classes(kind, missing):
    with pytest.raises(ValueError, match="classes hold (nan|inf) at place 2"):
        kind(**SHORT).partial_fit(X, Y, [0, 1, missing])


@pytest.mark.parametrize("kind", [StableODEClassifier, StableODETransformer])
def test_classes_stay_those_of_the_first_call(kind):
    estimator = kind(**SHORT).partial_fit(X, Y, [1, 0])
    estimator.partial_fit(X, Y, [0, 1])
    with pytest.raises(ValueError, match=r"classes are \[0, 1, 2\], but those of the first call were \[0, 1\]"):
        estimator.partial_fit(X, Y, [0, 1, 2])


@pytest.mark.parametrize(
    "labels, message",
    [(["a", 1, "b"], "a text at row 0 and a number at row 1"), (["a", "b", None], "None at row 2"), ([1, "x", 2], "a number at row 0 and a text at row 1")],
)
def test_labels_are_of_one_kind(labels, message):
    y = numpy.array([*labels, *[labels[0]] * 57], dtype=object)
    with pytest.raises(ValueError, match=message):
        StableODEClassifier(**SHORT).fit(X, y)


def test_labels_of_pandas_that_are_missing_are_said():
    with pytest.raises(ValueError, match="row 1"):
        StableODEClassifier(**SHORT).fit(X[:3], pandas.Series(["a", pandas.NA, "b"], dtype=object))


def test_partial_fit_goes_on_with_the_parameters_of_the_first_call():
    estimator = StableODEClassifier(**SHORT).partial_fit(X, Y, [0, 1])
    estimator.set_params(n_jobs=2, verbose=False).partial_fit(X, Y)
    before = estimator.network_.parameter_vector
    for change, name in (({"learning_rate": 99.0}, "learning_rate"), ({"optimizer": "lbfgs"}, "optimizer"), ({"width": 9}, "width")):
        changed = pickle.loads(pickle.dumps(estimator)).set_params(**change)
        with pytest.raises(ValueError, match=f"partial_fit goes on .* cannot change: .*{name}"):
            changed.partial_fit(X, Y)
        numpy.testing.assert_array_equal(changed.network_.parameter_vector, before)
        changed.fit(X, Y)


@pytest.mark.parametrize(
    "given, error, message",
    [
        ({"training_options": 5}, TypeError, "training_options is a int"),
        ({"network_options": [1]}, TypeError, "network_options is a list"),
        ({"early_stopping": "no"}, TypeError, "early_stopping is 'no'; it must be True or False, or None"),
        ({"warm_start": "no"}, TypeError, "warm_start is 'no'; it must be True or False"),
        ({"loss": "least_squares"}, ValueError, "loss is 'least_squares', which is for values"),
        ({"network_options": {"loss": "poisson"}}, ValueError, "loss is 'poisson', which is for values"),
        ({"loss": "multilabel_logistic"}, ValueError, r"takes labels \[rows, labels\]; y has one class"),
        ({"n_jobs": 10**9}, ValueError, "n_jobs is 1000000000"),
        ({"n_jobs": "2"}, ValueError, "n_jobs is '2'"),
    ],
)
def test_parameters_are_named(given, error, message):
    with pytest.raises(error, match=message):
        StableODEClassifier(**{**SHORT, **given}).fit(X, Y)


def test_early_stopping_needs_rows():
    with pytest.raises(ValueError, match="only two samples: n_samples = 2"):
        StableODEClassifier(**SHORT, early_stopping=True).fit(X[:2], [0, 1])


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "logistic", "multilabel_logistic"])
def test_regressors_refuse_losses_of_classes(loss):
    with pytest.raises(ValueError, match=f"loss is '{loss}', which is for classes: StableODEClassifier takes it"):
        StableODERegressor(loss=loss).fit(numpy.arange(20.0).reshape(10, 2), numpy.arange(10) / 10)


def test_classes_that_are_no_unicode_are_named():
    with pytest.raises(ValueError, match="y holds .*, which is no Unicode"):
        StableODEClassifier().fit(numpy.arange(20.0).reshape(10, 2), ["a", "\ud800"] * 5)


def test_a_column_that_hardly_changes_counts_as_constant():
    random = numpy.random.default_rng(0)
    X = random.normal(size=(60, 3))
    X[:, 2] = 0
    y = X[:, 0] > 0
    X[0, 2] = 1e-310
    own = StableODEClassifier(epochs=3, random_state=0).fit(X, y)
    assert own.network_.normalization[1][2] == 1 and numpy.isfinite(own.predict_proba(X)).all()
