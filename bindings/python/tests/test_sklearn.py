"""The estimators of `stableode.sklearn`: what they learn, what they take and give, and what they refuse."""

import inspect
import pickle
import pydoc
import subprocess
import sys

import numpy
import pandas
import polars
import pytest
import sklearn.datasets
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.metrics import d2_pinball_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import stableode
from stableode.sklearn import StableODEClassifier, StableODERegressor, StableODETransformer

KINDS = [StableODEClassifier, StableODERegressor, StableODETransformer]
#: Options with which training takes little time.
SHORT = dict(width=4, layers=2, epochs=3, random_state=0)


@pytest.fixture(scope="module")
def iris():
    return sklearn.datasets.load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def cancer():
    return sklearn.datasets.load_breast_cancer(return_X_y=True)


def output(estimator, features):
    return estimator.transform(features) if hasattr(estimator, "transform") else estimator.predict(features)


# What they learn


def test_classes_are_learned(iris, cancer):
    for features, labels in (iris, cancer):
        assert cross_val_score(StableODEClassifier(random_state=0), features, labels).mean() > 0.94


def test_values_are_learned():
    features, values = sklearn.datasets.make_friedman1(600, random_state=0)
    assert cross_val_score(StableODERegressor(random_state=0), features, 1e6 + 1e3 * values).mean() > 0.9


def test_several_outputs_are_learned_each_in_its_unit():
    features, values = sklearn.datasets.make_regression(300, 5, n_targets=3, random_state=0)
    values = values * [1, 1e5, 1e-5] + [0, 1e6, 1]
    regressor = StableODERegressor(random_state=0).fit(features, values)
    found = regressor.predict(features)
    assert found.shape == values.shape and found.dtype == "float64"
    assert (numpy.abs(found - values).mean(axis=0) < 0.1 * values.std(axis=0)).all()
    one = StableODERegressor(**SHORT).fit(features, values[:, :1])
    assert one.predict(features).shape == (300, 1)
    assert StableODERegressor(**SHORT).fit(features, values[:, 0]).predict(features).shape == (300,)


@pytest.mark.parametrize("loss", ["huber", "poisson"])
def test_other_losses_of_values(loss):
    features, values = sklearn.datasets.make_friedman1(400, random_state=0)
    assert StableODERegressor(loss=loss, random_state=0).fit(features, values).score(features, values) > 0.9


def test_quantiles():
    features, values = sklearn.datasets.make_friedman1(400, random_state=0, noise=3)
    regressor = StableODERegressor(loss="quantile", network_options={"quantiles": [0.1, 0.9]}, random_state=0).fit(features, values)
    found = regressor.predict(features)
    assert found.shape == (400, 2) and ((values > found[:, 0]) & (values < found[:, 1])).mean() > 0.6
    assert StableODERegressor(loss="quantile", **SHORT).fit(features, values).predict(features).shape == (400,)


def test_weights_count_in_validation(iris):
    """Rows of weight 0.001 of a wrong label must not choose the iterate."""
    features, labels = iris
    given = numpy.concatenate([features] * 3), numpy.concatenate([labels, (labels + 1) % 3, (labels + 1) % 3])
    weights = numpy.repeat([1.0, 1e-3, 1e-3], 150)
    classifier = StableODEClassifier(early_stopping=True, validation_fraction=0.3, random_state=0).fit(*given, sample_weight=weights)
    assert classifier.score(*iris) > 0.9 and max(classifier.validation_scores_) > 0.9


def test_the_transformer_gives_what_the_readout_reads(iris):
    features, labels = iris
    transformer = StableODETransformer(width=6, epochs=5, random_state=0, precision="float64").fit(features, labels)
    states, network = transformer.transform(features), transformer.network_
    weights, bias = network.parameters["readout.W"], network.parameters["readout.b"]
    assert states.shape == (150, 6)
    numpy.testing.assert_allclose(states @ weights.reshape(3, 6).T + bias, network.scores(features), rtol=1e-10)
    assert transformer.transform(features.astype("float32")).dtype == "float32"


@pytest.mark.parametrize("options, width", [(dict(field="hamiltonian", integrator="verlet"), 6), (dict(integrator="leapfrog"), 6)])
def test_the_final_state_leaves_out_what_the_readout_does_not_read(iris, options, width):
    assert StableODETransformer(width=6, layers=3, epochs=1, **options).fit_transform(*iris).shape == (150, width)


def test_the_transformer_passes_many_rows_in_parts(iris, monkeypatch):
    from stableode.sklearn import _transformer

    transformer = StableODETransformer(**SHORT).fit(*iris)
    whole = transformer.transform(iris[0])
    monkeypatch.setattr(_transformer, "_HELD", 100)
    assert numpy.array_equal(transformer.transform(iris[0]), whole)


def test_the_transformer_learns_values_too():
    features, values = sklearn.datasets.make_friedman1(100, random_state=0)
    transformer = StableODETransformer(**SHORT).fit(features, values)
    assert transformer.network_.specification["loss"] == "least_squares" and not hasattr(transformer, "classes_")
    assert StableODETransformer(**SHORT).fit(features, values > 14).classes_.tolist() == [False, True]


# Labels


@pytest.mark.parametrize("names", [["no", "yes"], [-1, 1], [False, True], [2.0, 3.0], [10, 7], numpy.array(["a", "b"], object)])
def test_two_classes_have_any_names(cancer, names):
    features, labels = cancer
    named = numpy.asarray(names)[labels]
    classifier = StableODEClassifier(epochs=20, random_state=0).fit(features, named)
    assert classifier.classes_.tolist() == sorted(names) and classifier.score(features, named) > 0.95
    scores, probabilities = classifier.decision_function(features), classifier.predict_proba(features)
    assert scores.shape == (len(features),) and probabilities.shape == (len(features), 2)
    assert numpy.array_equal(classifier.predict(features), classifier.classes_[(scores > 0).astype(int)])
    numpy.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    assert roc_auc_score(named == classifier.classes_[1], scores) > 0.97


def test_two_scores_decide_as_one(cancer):
    classifier = StableODEClassifier(loss="softmax_cross_entropy", epochs=20, random_state=0).fit(*cancer)
    assert classifier.network_.outputs == 2
    scores = classifier.decision_function(cancer[0])
    assert numpy.array_equal(classifier.predict(cancer[0]), (scores > 0).astype(int))


def test_several_classes_have_any_names(iris):
    features, labels = iris
    named = numpy.array(["setosa", "versicolor", "virginica"])[labels]
    classifier = StableODEClassifier(epochs=50, random_state=0).fit(features, named)
    assert classifier.score(features, named) > 0.9
    scores = classifier.decision_function(features)
    assert scores.shape == (150, 3) and numpy.array_equal(classifier.classes_[scores.argmax(axis=1)], classifier.predict(features))
    numpy.testing.assert_allclose(classifier.predict_log_proba(features), numpy.log(classifier.predict_proba(features)), atol=1e-12)


def test_a_single_class_and_values_are_refused(iris):
    features, labels = iris
    with pytest.raises(ValueError, match="only one class: 1.0"):
        StableODEClassifier().fit(features, numpy.ones(150))
    with pytest.raises(ValueError, match="continuous"):
        StableODEClassifier().fit(features, features[:, 0])
    with pytest.raises(ValueError, match="only one class"):
        StableODEClassifier().fit(features, labels, sample_weight=labels == 1)


# Weights


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, dict(early_stopping=True), dict(batch_size=16)])
def test_weights_count_as_repetitions_and_zero_as_none(kind, options, iris):
    features, labels = iris
    counts = numpy.random.default_rng(0).integers(0, 4, 150)
    order = numpy.random.default_rng(1).permutation(counts.sum())
    repeated = numpy.arange(150).repeat(counts)[order]
    weighted = kind(**SHORT, **options).fit(features, labels, sample_weight=counts)
    again = kind(**SHORT, **options).fit(features[repeated], labels[repeated])
    assert numpy.array_equal(weighted.network_.parameter_vector, again.network_.parameter_vector)
    plain = kind(**SHORT, **options).fit(features, labels)
    assert not numpy.array_equal(weighted.network_.parameter_vector, plain.network_.parameter_vector)


def test_class_weights_multiply_sample_weights(iris):
    features, labels = iris
    weights = numpy.random.default_rng(0).uniform(0.5, 2, 150)
    factors = {0: 1.0, 1: 3.0, 2: 0.5}
    one = StableODEClassifier(**SHORT, class_weight=factors).fit(features, labels, weights)
    other = StableODEClassifier(**SHORT).fit(features, labels, weights * [factors[label] for label in labels])
    assert numpy.array_equal(one.network_.parameter_vector, other.network_.parameter_vector)


def test_balanced_weights_count_weighted_rows(iris):
    features, labels = iris
    counts = numpy.where(labels == 0, 4, 1)
    one = StableODEClassifier(**SHORT, class_weight="balanced").fit(features, labels, counts)
    other = StableODEClassifier(**SHORT, class_weight="balanced").fit(features.repeat(counts, axis=0), labels.repeat(counts))
    assert numpy.array_equal(one.network_.parameter_vector, other.network_.parameter_vector)
    with pytest.raises(ValueError, match="balanced"):
        StableODEClassifier(class_weight="ballanced").fit(features, labels)


def test_rows_stay_as_they_are_without_shuffling(iris):
    options = dict(SHORT, batch_size=10, training_options={"shuffle": False})
    one, other = (StableODERegressor(**options).fit(features, features[:, 0]) for features in (iris[0], iris[0][::-1]))
    assert not numpy.array_equal(one.network_.parameter_vector, other.network_.parameter_vector)


# Going on


@pytest.mark.parametrize("kind", KINDS)
def test_partial_fit_goes_on(kind, iris):
    features, labels = iris
    estimator, losses = kind(random_state=0), []
    more = {} if kind is StableODERegressor else {"classes": [0, 1, 2]}
    for _ in range(30):
        estimator.partial_fit(features, labels, **more)
        losses.append(estimator.loss_curve_[-1])
    assert estimator.n_iter_ == len(estimator.loss_curve_) == 30 and losses == estimator.loss_curve_
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("kind", KINDS)
def test_copies_go_on_bit_for_bit(kind, iris):
    features, labels = iris
    more = {} if kind is StableODERegressor else {"classes": [0, 1, 2]}
    first = kind(random_state=0).partial_fit(features, labels, **more)
    second = pickle.loads(pickle.dumps(first))
    for estimator in (first, second):
        estimator.partial_fit(features[::2], labels[::2]).partial_fit(features[1::2], labels[1::2])
    assert numpy.array_equal(first.network_.parameter_vector, second.network_.parameter_vector)
    assert second.n_iter_ == 3


def test_partial_fit_of_classes(iris):
    features, labels = iris
    classifier = StableODEClassifier(**SHORT)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        classifier.partial_fit(features, labels)
    classifier.partial_fit(features[:10], labels[:10], classes=[0, 1, 2]).partial_fit(features, labels)
    assert classifier.predict_proba(features).shape == (150, 3)
    with pytest.raises(ValueError, match=r"y holds 9, which is not one of the classes \[0, 1, 2\]"):
        classifier.partial_fit(features, numpy.where(labels == 2, 9, labels))
    with pytest.raises(ValueError, match="those of the first call were"):
        classifier.partial_fit(features, labels, classes=[0, 1])
    assert StableODERegressor(early_stopping=True, epochs=7).partial_fit(features, labels).n_iter_ == 1


def test_partial_fit_goes_on_after_fit(iris):
    features, labels = iris
    classifier = StableODEClassifier(random_state=0).fit(features, labels)
    score, before = classifier.score(features, labels), classifier.network_.parameter_vector
    classifier.partial_fit(features, labels)
    assert not numpy.array_equal(before, classifier.network_.parameter_vector) and classifier.score(features, labels) > score - 0.05


def test_warm_start_goes_on_from_the_network(iris):
    features, labels = iris
    classifier = StableODEClassifier(warm_start=True, **SHORT).fit(features, labels)
    first, network = classifier.loss_curve_, classifier.network_
    classifier.set_params(epochs=2).fit(features, labels)
    assert classifier.loss_curve_[0] < first[0] and classifier.n_iter_ == 2 and classifier.network_ is not network
    with pytest.raises(ValueError, match="warm_start goes on .* cannot change: width"):
        classifier.set_params(width=7).fit(features, labels)
    with pytest.raises(ValueError, match="4 features"):
        classifier.set_params(width=4).fit(features[:, :2], labels)


@pytest.mark.parametrize("kind", KINDS)
def test_early_stopping_holds_rows_out(kind, iris):
    features, labels = iris
    estimator = kind(early_stopping=True, patience=2, validation_fraction=0.2, epochs=200, random_state=0, width=4).fit(features, labels)
    assert estimator.n_iter_ < 200 and len(estimator.validation_scores_) == estimator.n_iter_
    assert max(estimator.validation_scores_) <= 1
    never = kind(early_stopping=False, epochs=3).fit(numpy.tile(features, (20, 1)), numpy.tile(labels, 20))
    assert never.validation_scores_ is None and never.n_iter_ == 3


def test_random_state_determines_everything(iris):
    one, same_, other = (StableODEClassifier(**SHORT | {"random_state": state}).fit(*iris) for state in (3, numpy.random.RandomState(3), 4))
    assert numpy.array_equal(one.network_.parameter_vector, same_.network_.parameter_vector)
    assert not numpy.array_equal(one.network_.parameter_vector, other.network_.parameter_vector)


def test_threads_change_no_bit(iris):
    one, other = (StableODEClassifier(**SHORT, n_jobs=count).fit(*iris) for count in (None, 2))
    assert numpy.array_equal(one.network_.parameter_vector, other.network_.parameter_vector)


# Tables


def test_data_frames_of_pandas(iris):
    frame = pandas.DataFrame(iris[0], columns=["a", "b", "c", "d"], index=range(100, 250))
    labels = pandas.Series(iris[1], index=frame.index).map({0: "x", 1: "y", 2: "z"})
    classifier = StableODEClassifier(**SHORT).fit(frame, labels, sample_weight=pandas.Series(numpy.ones(150)))
    assert classifier.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert set(classifier.predict(frame)) <= {"x", "y", "z"}
    with pytest.raises(ValueError, match="feature names"):
        classifier.predict(frame[["b", "a", "c", "d"]])
    with pytest.warns(UserWarning, match="valid feature names"):
        classifier.predict(iris[0])
    states = StableODETransformer(**SHORT).set_output(transform="pandas").fit_transform(frame, labels)
    assert list(states.columns) == [f"stableodetransformer{index}" for index in range(4)] and (states.index == frame.index).all()
    mixed = frame.astype({"a": "Float64", "b": "float32", "c": "int16"})
    assert classifier.predict(mixed).shape == (150,)


def test_data_frames_of_polars(iris):
    frame = polars.DataFrame(iris[0], schema=["a", "b", "c", "d"])
    labels = polars.Series(iris[1]).cast(polars.String)
    classifier = StableODEClassifier(**SHORT).fit(frame, labels)
    assert classifier.classes_.tolist() == ["0", "1", "2"]
    # scikit-learn 1.6 reads the names of earlier versions of polars only.
    assert hasattr(classifier, "feature_names_in_") == hasattr(StandardScaler().fit(frame), "feature_names_in_")
    states = StableODETransformer(**SHORT).set_output(transform="polars").fit_transform(frame, labels)
    assert isinstance(states, polars.DataFrame) and states.columns == [f"stableodetransformer{index}" for index in range(4)]


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "uint64", "bool", ">f8"])
def test_types_of_arrays(iris, dtype):
    features = (iris[0] > iris[0].mean(axis=0)).astype(dtype)
    classifier = StableODEClassifier(**SHORT).fit(features, iris[1])
    expected = classifier.predict(features.astype("float64"))
    assert numpy.array_equal(classifier.predict(features), expected)
    assert numpy.array_equal(classifier.predict(numpy.asfortranarray(features)), expected)
    assert numpy.array_equal(classifier.predict(features.tolist()), expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", ["csr_array", "csc_matrix", "coo_array"])
def test_sparse_matrices(kind, make, iris):
    features, labels = numpy.where(iris[0] < 1.5, 0, iris[0]), iris[1]
    estimator = kind(**SHORT).fit(getattr(sparse, make)(features), labels)
    assert numpy.array_equal(output(estimator, getattr(sparse, make)(features)), output(estimator, features))


def test_categories_as_sparse_columns():
    random = numpy.random.default_rng(0)
    words = random.choice(["red", "green", "blue"], (300, 2)).astype(object)
    labels = (words[:, 0] == words[:, 1]).astype(int)
    pipeline = make_pipeline(OneHotEncoder(), StableODEClassifier(random_state=0)).fit(words, labels)
    assert pipeline.score(words, labels) == 1


def test_one_column_and_one_row(iris):
    classifier = StableODEClassifier(**SHORT).fit(iris[0][:, :1], iris[1])
    assert classifier.predict(iris[0][:1, :1]).shape == (1,)


# Inside scikit-learn's tools


def test_pipeline_with_categories_and_a_search():
    random = numpy.random.default_rng(0)
    frame = pandas.DataFrame({"color": random.choice(["red", "green", "blue"], 300), "size": random.normal(5, 2, 300)})
    labels = numpy.where((frame["color"] == "red") ^ (frame["size"] > 5), "in", "out")
    columns = make_column_transformer((OneHotEncoder(sparse_output=False), ["color"]), (StandardScaler(), ["size"]))
    search = GridSearchCV(
        make_pipeline(columns, StableODEClassifier(random_state=0, epochs=60)),
        {"stableodeclassifier__width": [4, 16], "stableodeclassifier__network_options": [{"gamma": 0.0}, {"gamma": 0.3}]},
        cv=3,
    ).fit(frame, labels)
    assert search.best_score_ > 0.93 and search.predict(frame[:2]).shape == (2,)
    assert pickle.loads(pickle.dumps(search)).score(frame, labels) == search.score(frame, labels)


def test_a_transformer_within_a_pipeline(cancer):
    from sklearn.linear_model import LogisticRegression

    training, held_out, labels, truth = train_test_split(*cancer, random_state=0)
    pipeline = make_pipeline(StableODETransformer(random_state=0), LogisticRegression()).fit(training, labels)
    assert pipeline.score(held_out, truth) > 0.93
    assert len(pipeline[:-1].get_feature_names_out()) == pipeline[0].network_.specification["width"]


@pytest.mark.parametrize("kind", KINDS)
def test_clones_and_parameters(kind):
    estimator = kind(width=5, network_options={"gamma": 0.1}, training_options={"clip_norm": 1.0})
    again = clone(estimator)
    assert again.get_params() == estimator.get_params() and again.set_params(width=6).width == 6
    with pytest.raises(ValueError, match="Invalid parameter 'widht'"):
        estimator.set_params(widht=3)
    with pytest.raises(TypeError):
        kind(5)
    assert all(parameter.kind is parameter.KEYWORD_ONLY for name, parameter in inspect.signature(kind).parameters.items())


# What they refuse


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "parameters, error, text",
    [
        ({"network_options": {"gama": 0.1}}, stableode.UnknownNameError, "gamma"),
        ({"training_options": {"clip_nrom": 0.1}}, stableode.UnknownNameError, "clip_norm"),
        ({"field": "antisymetric"}, stableode.StableODEError, "antisymmetric"),
        ({"layers": 0}, stableode.OutOfRangeError, "layers"),
        ({"width": 3, "network_options": {"width": 4}}, ValueError, "width is set twice: as a parameter and in network_options"),
        ({"network_options": {"inputs": 4}}, ValueError, "network_options holds inputs, which the columns of X determine"),
        ({"training_options": {"num_threads": 4}}, ValueError, "n_jobs"),
        ({"network_options": ["gamma"]}, TypeError, "network_options is a list; it must be a dict of options"),
        ({"random_state": "seed"}, ValueError, "seed"),
    ],
)
def test_wrong_parameters_are_named_when_fitting(kind, parameters, error, text, iris):
    with pytest.raises(error, match=text):
        kind(**parameters).fit(*iris)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failed_fit_leaves_the_estimator_as_it_was(kind, iris):
    features, labels = iris
    estimator = kind(**SHORT).fit(features, labels)
    before, found = dict(vars(estimator)), output(estimator, features)
    with pytest.raises(stableode.StableODEError):
        estimator.set_params(field="none of them").fit(features[:, :2], labels)
    estimator.set_params(field=None)
    assert vars(estimator) == before and numpy.array_equal(output(estimator, features), found)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_do_not_fit_are_refused(kind, iris):
    features, labels = iris
    estimator = kind(**SHORT)
    with pytest.raises(NotFittedError):
        output(estimator, features)
    estimator.fit(features, labels)
    with pytest.raises(ValueError, match="3 features, but StableODE.* is expecting 4"):
        output(estimator, features[:, :3])
    with pytest.raises(ValueError, match="NaN|nan"):
        output(estimator, numpy.where(features > 7, numpy.nan, features))
    with pytest.raises(ValueError, match="0 sample"):
        output(estimator, features[:0])
    with pytest.raises(ValueError, match="1D array"):
        output(estimator, features[0])


def test_nothing_else_imports_scikit_learn_and_its_absence_is_one_sentence(tmp_path):
    code = "import sys, stableode; assert 'sklearn' not in sys.modules and 'joblib' not in sys.modules and 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    hidden = "import sys; sys.modules['sklearn'] = None; import stableode.sklearn"
    shown = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True).stderr.strip().splitlines()[-1]
    assert shown == "ModuleNotFoundError: stableode.sklearn needs scikit-learn, which is not installed: pip install scikit-learn"
    old = "import sys, types; old = sys.modules['sklearn'] = types.ModuleType('sklearn'); old.__version__ = '1.5.2'; import stableode.sklearn"
    shown = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True).stderr.strip().splitlines()[-1]
    assert shown == "ImportError: stableode.sklearn needs scikit-learn 1.6 or later, not 1.5.2: pip install --upgrade scikit-learn"


@pytest.mark.parametrize("kind", KINDS)
def test_help_describes_every_parameter_method_and_attribute(kind):
    shown = pydoc.plain(pydoc.render_doc(kind))
    for name in [*inspect.signature(kind).parameters, "network_", "history_", "n_iter_", "loss_curve_", "validation_scores_", "feature_names_in_"]:
        assert f"{name}:" in shown or f"{name}," in shown, name
    for name, value in vars(kind).items():
        if not name.startswith("_") and callable(value):
            assert inspect.getdoc(value), name


def test_rows_of_several_labels():
    features, labels = sklearn.datasets.make_multilabel_classification(400, n_labels=2, random_state=1)
    classifier = StableODEClassifier(random_state=0).fit(features[:300], labels[:300])
    found, shares = classifier.predict(features[300:]), classifier.predict_proba(features[300:])
    assert found.shape == shares.shape == (100, 5) and classifier.classes_.tolist() == [0, 1, 2, 3, 4]
    assert ((shares > 0.5) == (found == 1)).all() and (found == labels[300:]).mean() > 0.78
    numpy.testing.assert_allclose(numpy.exp(classifier.predict_log_proba(features[300:])), shares)
    assert ((classifier.decision_function(features[300:]) > 0) == (found == 1)).all()
    again = StableODEClassifier(random_state=0).fit(features[:300], sparse.coo_matrix(labels[:300]))
    assert (again.predict_proba(features[300:]) == shares).all()
    assert StableODEClassifier(random_state=0).partial_fit(features, labels).partial_fit(features, labels).n_iter_ == 2
    # A label of a row costs nothing that is not weighed.
    weights = {"output_weights": [1, 1, 1, 1, 0]}
    assert StableODEClassifier(random_state=0, network_options=weights).fit(features, labels).predict(features).shape == (400, 5)
    with pytest.raises(ValueError, match=r"y has shape \[400, 5\] and is no indicator matrix; it must be \[rows\] .* which the loss multilabel_logistic learns"):
        StableODEClassifier().fit(features, 2 * labels)
    with pytest.raises(ValueError, match="y has several columns, but loss softmax_cross_entropy takes one class for each row"):
        StableODEClassifier(loss="softmax_cross_entropy").fit(features, labels)
    with pytest.raises(ValueError, match="class_weight is for rows of one class each"):
        StableODEClassifier(class_weight="balanced").fit(features, labels)
    with pytest.raises(ValueError, match="y has 4 labels; those of the first call were 5"):
        classifier.partial_fit(features, labels[:, :4])


def test_the_network_knows_columns_and_classes():
    features, numbers = sklearn.datasets.load_iris(return_X_y=True, as_frame=True)
    species = pandas.Series(numpy.array(["setosa", "versicolor", "virginica"])[numbers], name="species")
    classifier = StableODEClassifier(**SHORT).fit(features, species)
    network = pickle.loads(pickle.dumps(classifier)).network_
    assert network.classes == classifier.classes_.tolist() and network.columns.record["target"]["names"] == ["species"]
    assert [column["name"] for column in network.columns.record["inputs"]] == features.columns.tolist()
    assert (network.predict(features[features.columns[::-1]], names=True) == classifier.predict(features)).all()
    assert network.evaluate(features.assign(species=species))["accuracy"] == classifier.score(features, species)
    going_on = StableODEClassifier(**SHORT).partial_fit(features, species, classes=species.unique())
    assert going_on.partial_fit(features, species).network_.columns == network.columns
    assert StableODERegressor(**SHORT).fit(features, numbers).network_.columns.record["target"]["names"] == ["target"]


@pytest.mark.parametrize("names, known", [(["u", "v"], ["u", "v"]), ([1, 5], [1, 5]), ([1.0, 2.0], [1, 2]), ([False, True], [False, True]), ([0.5, 1.5], None)])
def test_the_network_knows_classes_of_arrays(iris, names, known):
    from stableode.sklearn._record import record_of

    record = record_of(None, numpy.array(names), numpy.array(names))
    assert (None if record is None else record.classes) == known
    if known == ["u", "v"]:
        labels = numpy.array(names)[iris[1] % 2]
        network = StableODEClassifier(**SHORT).fit(iris[0], labels).network_
        assert network.classes == known and "inputs" not in network.columns.record
        assert set(network.predict(iris[0], names=True)) <= {"u", "v"}


def test_levels_are_a_list_and_each_is_scored_by_its_own_loss():
    features, values = sklearn.datasets.load_diabetes(return_X_y=True)
    options = {**SHORT, "loss": "quantile"}
    # One number is a list of one.
    one, same = (StableODERegressor(**options, network_options={"quantiles": given}).fit(features, values) for given in (0.9, [0.9]))
    assert (one.predict(features) == same.predict(features)).all() and one.score(features, values) == same.score(features, values)
    for y in (values, numpy.column_stack([values, -values])):
        regressor = StableODERegressor(**options, network_options={"quantiles": [0.25, 0.75]}).fit(features, y)
        predicted, given = regressor.predict(features).reshape(len(y), -1, 2), y.reshape(len(y), -1)
        expected = [d2_pinball_score(given, predicted[:, :, place], alpha=level) for place, level in enumerate((0.25, 0.75))]
        assert regressor.score(features, y) == pytest.approx(numpy.mean(expected))
