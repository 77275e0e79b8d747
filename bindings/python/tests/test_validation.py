"""Folds and cross-validation, weights of samples and classes, and standardization."""

import time

import numpy
import pytest

import stableode

OPTIONS = dict(optimizer="sgd", learning_rate=0.1, batch_size=7, num_threads=1, shuffle=0, epochs=2)


@pytest.fixture
def imbalanced():
    """60 samples of 3 classes: 30, 20, 10."""
    random = numpy.random.default_rng(3)
    return random.standard_normal((60, 3)), numpy.repeat([0, 1, 2], [30, 20, 10])


def test_folds_share_every_class_evenly(imbalanced):
    features, labels = imbalanced
    features[:, 0] = numpy.arange(60)  # identifies the sample
    data = stableode.Dataset(features, labels)
    seen = []
    for fold in range(4):
        training, validation = data.fold(4, fold, seed=5)
        assert len(training) + len(validation) == 60 and len(validation) == 15
        counts = numpy.bincount(validation.targets, minlength=3)
        assert counts[0] in (7, 8) and counts[1] == 5 and counts[2] in (2, 3)
        own = validation.features[:, 0].astype(int)
        assert (numpy.diff(own) > 0).all() and (validation.targets == labels[own]).all()
        assert not set(own) & set(training.features[:, 0].astype(int))
        seen.extend(own)
    assert sorted(seen) == list(range(60))
    again, other = data.fold(4, 0, seed=5)[1], data.fold(4, 0, seed=6)[1]
    assert (again.features == data.fold(4, 0, seed=5)[1].features).all() and (again.features != other.features).any()
    for folds, fold, message in [(1, 0, "folds is 1;"), (61, 0, "folds is 61;"), (4, 4, "fold is 4;"), (4, -1, "fold is -1;")]:
        with pytest.raises(stableode.OutOfRangeError, match=message):
            data.fold(folds, fold)


def test_cross_validate(make_network, imbalanced):
    network = make_network(outputs=3)
    before = network.parameter_vector
    figures = stableode.cross_validate(network, imbalanced, folds=3, seed=2, metrics=["macro_f1"], standardize=True, **OPTIONS)
    assert set(figures) == {"loss", "accuracy", "samples", "macro_f1"} and figures["samples"].tolist() == [20, 20, 20]
    assert (network.parameter_vector == before).all() and network.normalization is None
    # The second fold, computed directly.
    training, validation = stableode.Dataset(*imbalanced).fold(3, 1, seed=2)
    copy = network.copy()
    copy.fit_normalization(training)
    copy.fit(training, **OPTIONS)
    assert figures["loss"][1] == copy.evaluate(validation)["loss"]
    made = []
    stableode.cross_validate(lambda fold: made.append(fold) or make_network(outputs=3, seed=fold), imbalanced, folds=2, **OPTIONS)
    assert made == [0, 1]


def test_a_weight_of_two_is_the_sample_twice(make_network):
    random = numpy.random.default_rng(1)
    features, labels = random.standard_normal((5, 3)), numpy.array([0, 1, 2, 3, 1])
    weights = numpy.array([2, 1, 0, 1, 3])
    options = dict(optimizer="sgd", learning_rate=0.3, batch_size=100, shuffle=0, epochs=3, normalization="none")
    one, two = (make_network(precision="float64") for _ in range(2))
    history = one.fit(stableode.Dataset(features, labels).weighted(weights), **options)
    rows = numpy.repeat(numpy.arange(5), weights)
    expected = two.fit(features[rows], labels[rows], **options)
    # Sums of a few numbers of magnitude 1, in another order.
    numpy.testing.assert_allclose(one.parameter_vector, two.parameter_vector, atol=1e-14)
    numpy.testing.assert_allclose(history.training_loss, expected.training_loss, rtol=1e-13)


def test_class_weights_are_weights_of_their_samples(make_network, imbalanced):
    features, labels = imbalanced
    by_hand = numpy.array([0.5, 1.0, 4.0])
    balanced = 60 / (3 * numpy.array([30, 20, 10]))
    for given, weights in [(by_hand, by_hand), ("balanced", balanced)]:
        one, two = (make_network(outputs=3, precision="float64") for _ in range(2))
        one.fit(features, labels, class_weights=given, **OPTIONS)
        two.fit(stableode.Dataset(features, labels).weighted(weights[labels]), **OPTIONS)
        assert (one.parameter_vector == two.parameter_vector).all()


def test_weights_have_errors_that_name_them(make_network, imbalanced):
    data = stableode.Dataset(*imbalanced)
    weights = numpy.ones(60)
    for value in (-1.0, numpy.nan, numpy.inf):
        weights[17] = value
        with pytest.raises(stableode.InvalidDataError, match="row 17"):
            data.weighted(weights)
    with pytest.raises(stableode.InvalidDataError, match="all 0"):
        data.weighted(numpy.zeros(60))
    with pytest.raises(stableode.ShapeMismatchError, match=r"weights has shape \[59\]"):
        data.weighted(numpy.ones(59))
    with pytest.raises(stableode.InvalidDataError, match="class 1"):
        stableode.Trainer(make_network(), class_weights=[1, -2, 1, 1])
    with pytest.raises(stableode.ShapeMismatchError, match="one weight per class"):
        stableode.Trainer(make_network(), class_weights=[1, 2, 1])
    with pytest.raises(stableode.IncompatibleError, match="label_smoothing needs labels"):
        make_network(loss="least_squares").fit(imbalanced[0], numpy.zeros((60, 4)), label_smoothing=0.1)


def test_standardization_is_fitted_and_stored(make_network, tmp_path):
    random = numpy.random.default_rng(8)
    features = random.standard_normal((300, 3)) * [1, 1e-3, 7] + [5, -3, 0]
    features[:, 2] = 0.1  # a constant feature
    network = make_network()
    network.fit_normalization(features, random.integers(0, 4, 300))
    shift, scale = network.normalization
    numpy.testing.assert_allclose(shift, features.mean(axis=0), rtol=1e-13)  # float64 whatever the network's precision
    numpy.testing.assert_allclose(scale[:2], 1 / features[:, :2].std(axis=0), rtol=1e-13)
    assert scale[2] == 1 and shift[2] == 0.1
    network.save(tmp_path / "model.safetensors")
    loaded = stableode.Network.load(tmp_path / "model.safetensors")
    assert (network.scores(features) == loaded.scores(features)).all()
    assert (loaded.normalization[0] == shift).all() and (loaded.normalization[1] == scale).all()
    with pytest.raises(stableode.ShapeMismatchError, match="the data has 2 features per sample"):
        network.fit_normalization(numpy.zeros((4, 2)), numpy.zeros(4, int))


@pytest.mark.parametrize("kind", ["float64", "int64", "int32"])
def test_standardized_large_numbers_stay_apart(make_network, kind):
    seconds = (1.7e9 + numpy.arange(1000)).astype(kind)
    features = numpy.stack([seconds, seconds[::-1], seconds], axis=1)
    network = make_network(precision="float32")
    network.fit_normalization(features, numpy.arange(1000) % 4)
    assert len({score.tobytes() for score in network.scores(features)}) == 1000
    # The network normalizes before rounding: the scores equal those of features standardized in float64.
    scores = network.scores(features)
    network.normalization = None
    exact = (features - features.mean(axis=0)) / features.std(axis=0)
    numpy.testing.assert_allclose(scores, network.scores(exact), rtol=0, atol=1e-6)


def test_sequences_have_a_scale_a_channel(make_network):
    random = numpy.random.default_rng(3)
    values = random.standard_normal((50, 6, 2)) * [1, 1e3] + [5, 1e6]
    mask = (random.random((50, 6, 2)) < 0.6).astype(float)
    mask[:, 4:] = 0  # padding
    times = 1.7e9 + numpy.arange(6) + random.random((50, 1))
    steps = numpy.concatenate([numpy.broadcast_to(times[..., None], (50, 6, 1)), numpy.where(mask > 0, values, -1e9), mask], axis=2)
    network = make_network(
        inputs=30, channels=2, opening="sequence", sequence_layout="times_values_mask", field="antisymmetric_rnn", layers=6
    )
    network.fit_normalization(steps.reshape(50, 30), numpy.arange(50) % 4)
    shift, scale = (array.reshape(6, 5) for array in network.normalization)
    for channel in range(2):
        observed = values[:, :, channel][mask[:, :, channel] > 0]
        numpy.testing.assert_allclose(shift[:, 1 + channel], observed.mean(), rtol=1e-12)
        numpy.testing.assert_allclose(scale[:, 1 + channel], 1 / observed.std(), rtol=1e-12)
    assert (shift[:, [0, 3, 4]] == 0).all() and (scale[:, [0, 3, 4]] == 1).all()


def test_unix_times_are_as_good_as_times_from_zero(make_network):
    random = numpy.random.default_rng(4)
    times = numpy.cumsum(random.integers(1, 200, (40, 6)), axis=1).astype(float)  # no two observations at one time
    times -= times[:, :1]
    values = random.standard_normal((40, 6, 1))
    network = make_network(
        inputs=12, channels=1, opening="sequence_dense", sequence_layout="times_values", field="neural_cde", interpolation="linear", layers=12
    )

    def scores(origin):
        return network.scores(numpy.concatenate([(times + origin)[..., None], values], axis=2).reshape(40, 12))

    assert numpy.array_equal(scores(1.7e9), scores(0))


@pytest.fixture
def many():
    """3000 samples of 3 classes."""
    random = numpy.random.default_rng(0)
    return random.standard_normal((3000, 3)), random.integers(0, 3, 3000)


@pytest.mark.parametrize("row", [0, 1700, 2500, 2999])
def test_errors_of_cross_validation_name_the_callers_row(make_network, many, row):
    features, labels = many
    data = stableode.Dataset(features, labels)
    first_own = [row in _rows(data, 4, fold)[1] for fold in range(4)].index(True)
    # A number that float32 cannot hold: fold 0 trains with it, or holds it out.
    features[row, 1] = 1e300
    for data in [(features, labels), stableode.Dataset(features, labels)]:
        part = "training samples: the training data" if first_own > 0 else "held-out samples: the data"
        with pytest.raises(stableode.InvalidDataError, match=rf"^fold 0, {part} holds 1e\+300 at row {row}, column 1,"):
            stableode.cross_validate(make_network(outputs=3), data, folds=4, normalization="none", **OPTIONS)
    # Normalized by a fold with it, the number is small; normalized by the others, it is not.
    with pytest.raises(stableode.InvalidDataError, match=rf"^fold {first_own}, held-out samples: the data holds 1e\+300 at row {row}, column 1,"):
        stableode.cross_validate(make_network(outputs=3), (features, labels), folds=4, standardize=True, **OPTIONS)
    # A row whose scores overflow.
    features[row] = 1e30
    network = make_network(outputs=3, width=3, field="linear_cubic", horizon=0.01)
    with pytest.raises(stableode.NotFiniteError, match=rf"^fold 0, (training|held-out) samples: .*\brow {row}: the scores are not finite"):
        stableode.cross_validate(network, (features, labels), folds=4, **{**OPTIONS, "batch_size": 3000, "learning_rate": 1e-6})


def _rows(data, folds, fold):
    """The rows of the parts of a fold."""
    parts = stableode.Dataset(numpy.arange(len(data))[:, None], data.targets).fold(folds, fold)
    return [set(part.features[:, 0].tolist()) for part in parts]


def test_errors_that_are_not_of_a_row_stay_as_they_are(make_network, imbalanced):
    with pytest.raises(stableode.OutOfRangeError, match="^epochs is "):
        stableode.cross_validate(make_network(outputs=3), imbalanced, folds=3, epochs=-1)


def test_a_time_limit_counts_for_all_folds(make_network):
    """Each fold takes about a third of the limit: without a common deadline, no call would reach it."""
    random = numpy.random.default_rng(0)
    data = random.standard_normal((400, 3)), random.integers(0, 3, 400)
    network = make_network(outputs=3, width=32, layers=32)
    many = {**OPTIONS, "epochs": 10**6}
    options = {**many, "time_limit": 0.1}
    begin, computed = time.monotonic(), time.process_time()
    with stableode.limits(seconds=0.3), pytest.raises(stableode.TimeLimitError, match="^the time limit of 300 ms was reached$"):
        stableode.cross_validate(network, data, folds=20, **options)
    # The promise of 0.1 s, in processor time, which the load of the machine does not affect.
    assert time.monotonic() - begin > 0.25 and time.process_time() - computed < 0.3 + 0.1
    with stableode.limits(seconds=0.05), pytest.raises(stableode.TimeLimitError, match="^the time limit of 50 ms was reached$"):
        stableode.cross_validate(network, data, folds=20, **many)
    # The thread's own limit is as before, and without one there is none.
    with stableode.limits(seconds=100):
        figures = stableode.cross_validate(network, data, folds=2, **{**OPTIONS, "epochs": 1})
        assert stableode._limits._of_thread.given[0] == 100_000
    assert len(figures["loss"]) == 2 and stableode._limits._of_thread.given == (0, None)
