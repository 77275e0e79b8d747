"""Outputs at every step of a sequence: many to many."""

import numpy
import pytest
import stableode
from stableode import Dataset, Gradient, Network

RNN = {"opening": "sequence", "field": "antisymmetric_rnn", "channels": 2, "width": 6, "outputs_at": "steps", "seed": 3}
STEPS, SAMPLES = 5, 21


def series(samples=SAMPLES, steps=STEPS, seed=0):
    return numpy.random.default_rng(seed).normal(size=(samples, steps * 2)).astype("float32")


def rnn(outputs=3, steps=STEPS, **options):
    return Network(inputs=2 * steps, outputs=outputs, layers=steps, **(RNN | options))


def test_predictions_have_an_axis_of_steps():
    network, features = rnn(), series()
    scores = network.scores(features)
    assert scores.shape == (SAMPLES, STEPS, 3) and scores.dtype == numpy.float32
    assert network.output_steps == STEPS and network.outputs == 3
    probabilities = network.predict_proba(features)
    numpy.testing.assert_allclose(probabilities.sum(axis=2), 1, rtol=1e-6)
    classes = network.predict(features)
    assert classes.shape == (SAMPLES, STEPS) and classes.dtype == numpy.int64
    numpy.testing.assert_array_equal(classes, scores.argmax(axis=2))
    predictor = stableode.Predictor(network, max_batch=SAMPLES)
    numpy.testing.assert_array_equal(predictor.scores(features), scores)
    numpy.testing.assert_array_equal(predictor.predict(features), classes)
    out = numpy.empty((SAMPLES, STEPS, 3), "float64")
    network.scores(features, out=out)
    numpy.testing.assert_array_equal(out, scores)
    assert network.scores(features[:1]).shape == (1, STEPS, 3)
    assert rnn(2, loss="multilabel_logistic").predict(features).shape == (SAMPLES, STEPS, 2)
    assert rnn(1, loss="least_squares").predict(features).shape == (SAMPLES, STEPS, 1)


def test_a_step_has_the_bits_of_the_sequence_up_to_it():
    shared = {"weights_in_time": "shared"}
    scores = rnn(horizon=2.5, **shared).scores(series())
    for steps in range(1, STEPS + 1):
        network = rnn(steps=steps, horizon=0.5 * steps, **(shared | {"outputs_at": "end"}))
        numpy.testing.assert_array_equal(network.scores(series()[:, : 2 * steps]), scores[:, steps - 1])


def test_unobserved_labels_do_not_count():
    network, features = rnn(), series()
    labels = numpy.random.default_rng(1).integers(0, 3, (SAMPLES, STEPS))
    labels[::2, 1:3] = -1
    labels[4] = -1
    probabilities = network.predict_proba(features).astype("float64")
    seen = labels >= 0
    losses = -numpy.log(numpy.take_along_axis(probabilities, numpy.where(seen, labels, 0)[..., None], axis=2)[..., 0])
    found = network.evaluate(features, labels)
    assert found["loss"] == pytest.approx(losses[seen].mean(), rel=1e-5)
    assert found["accuracy"] == pytest.approx((network.predict(features) == labels)[seen].mean())
    figures = network.evaluate(features, labels, metrics=["accuracy", "log_loss", "macro_f1"])
    assert figures["log_loss"] == pytest.approx(found["loss"], rel=1e-6)
    assert network.confusion_matrix(features, labels).sum() == seen.sum()
    gradient = Gradient(network, SAMPLES)
    assert gradient.loss(features, labels) == pytest.approx(found["loss"], rel=1e-6)


def test_unobserved_values_do_not_count():
    network, features = rnn(2, loss="least_squares", precision="float64"), series()
    targets = numpy.random.default_rng(2).normal(size=(SAMPLES, STEPS, 2))
    targets[1::3, :, 0] = numpy.nan
    targets[:, 2] = numpy.nan
    targets[7] = numpy.nan
    difference = network.predict(features) - targets
    steps = (~numpy.isnan(targets)).any(axis=2).sum()
    found = network.evaluate(features, targets, metrics=["mean_squared_error", "r2"])
    assert found["loss"] == pytest.approx(0.5 * numpy.nansum(difference**2) / steps, rel=1e-12)
    assert found["mean_squared_error"] == pytest.approx(numpy.nanmean(difference**2, axis=(0, 1)).mean(), rel=1e-12)
    # The same targets with steps and outputs in one axis, and of other strides.
    numpy.testing.assert_equal(network.evaluate(features, targets.reshape(SAMPLES, -1)), network.evaluate(features, targets))
    numpy.testing.assert_equal(network.evaluate(features[::2], targets[::2]), network.evaluate(features[::2].copy(), targets[::2].copy()))
    data = Dataset(features, targets)
    numpy.testing.assert_array_equal(data.targets, targets.reshape(SAMPLES, -1))
    weights = numpy.linspace(0, 1, SAMPLES)
    weighted = network.evaluate(data.weighted(weights), weighted=True)["loss"]
    each = (~numpy.isnan(targets)).any(axis=2).sum(axis=1)
    expected = 0.5 * (weights * numpy.nansum(difference**2, axis=(1, 2))).sum() / (weights * each).sum()
    assert weighted == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("memory", ["store_all", "reversible", None])
@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "least_squares", "huber", "quantile", "poisson", "multilabel_logistic", "logistic"])
def test_gradients_equal_differences(loss, memory):
    outputs = 1 if loss == "logistic" else 3
    integrator = "leapfrog" if memory == "reversible" else "heun"
    network = rnn(outputs, loss=loss, precision="float64", integrator=integrator, horizon=2.0)
    features, stream = series(seed=4).astype("float64"), numpy.random.default_rng(5)
    if loss in ("softmax_cross_entropy", "logistic"):
        targets = stream.integers(-1, max(outputs, 2), (SAMPLES, STEPS))
    else:
        targets = stream.uniform(size=(SAMPLES, STEPS, outputs))
        targets[stream.uniform(size=targets.shape) < 0.3] = numpy.nan
    gradient = Gradient(network, SAMPLES, memory=memory)
    theta = network.parameter_vector
    value, slope = gradient.loss_and_gradient(features, targets)
    direction = stream.normal(size=len(theta))
    step = 1e-6
    ends = []
    for sign in (1, -1):
        network.parameter_vector = theta + sign * step * direction
        ends.append(gradient.loss(features, targets))
    network.parameter_vector = theta
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(slope @ direction, rel=2e-6, abs=1e-8)
    assert numpy.isfinite(value)
    product = gradient.curvature(features, targets, direction, "hessian")
    assert numpy.isfinite(product).all()


def test_products_of_derivatives():
    network, features = rnn(precision="float64"), series().astype("float64")
    gradient, stream = Gradient(network, SAMPLES), numpy.random.default_rng(6)
    along, change = stream.normal(size=network.parameter_count), stream.normal(size=features.shape)
    scores, tangent = gradient.pushforward(features, along, change)
    assert scores.shape == tangent.shape == (SAMPLES, STEPS, 3)
    numpy.testing.assert_array_equal(scores, network.scores(features))
    weights = stream.normal(size=scores.shape)
    parameters, by_features = gradient.pullback(features, weights)
    assert (weights * tangent).sum() == pytest.approx(parameters @ along + (by_features * change).sum(), rel=1e-11)
    flat = gradient.pullback(features, weights.reshape(SAMPLES, -1))
    numpy.testing.assert_array_equal(flat[0], parameters)
    # A score of step i does not depend on later observations.
    weights[:, 2:] = 0
    assert not gradient.pullback(features, weights)[1][:, 2 * 2 :].any()


def test_gauss_newton_is_the_hessian_of_a_linear_model():
    """Of the readout alone, in which scores are linear, both matrices are one."""
    network, features = rnn(2, loss="least_squares", precision="float64"), series().astype("float64")
    targets = numpy.random.default_rng(7).normal(size=(SAMPLES, STEPS, 2))
    targets[::2, 1, 0] = numpy.nan
    gradient = Gradient(network, SAMPLES)
    direction = numpy.zeros(network.parameter_count)
    direction[-(2 * 6 + 2) :] = numpy.random.default_rng(8).normal(size=2 * 6 + 2)
    own = slice(-(2 * 6 + 2), None)
    both = [gradient.curvature(features, targets, direction, kind)[own] for kind in ("gauss_newton", "hessian")]
    numpy.testing.assert_allclose(both[0], both[1], rtol=1e-7, atol=1e-9)


def test_trains_to_name_each_step():
    """The class of a step is the sign of the sum of the observations so far."""
    stream = numpy.random.default_rng(9)
    values = stream.normal(size=(400, 8)).astype("float32")
    labels = (values.cumsum(axis=1) > 0).astype("int64")
    labels[stream.uniform(size=labels.shape) < 0.2] = -1
    network = Network(
        opening="sequence", field="antisymmetric_rnn", inputs=8, channels=1, outputs=2, width=16, layers=8, horizon=4.0, outputs_at="steps", seed=1
    )
    history = network.fit(values[:300], labels[:300], validation=(values[300:], labels[300:]), epochs=30)
    found = network.evaluate(values[300:], labels[300:])
    assert found["accuracy"] > 0.85
    assert max(history.validation_accuracy) == pytest.approx(found["accuracy"]) and 0.5 < history.training_accuracy[-1] <= 1


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "gauss_newton", "newton_pcg", "nonlinear_cg"])
def test_optimizers_lower_the_loss(optimizer):
    network, features = rnn(2, loss="least_squares"), series()
    targets = numpy.stack([features[:, 0::2].cumsum(axis=1), features[:, 1::2]], axis=2).astype("float64") * 3 + 100
    targets[:, 3] = numpy.nan
    before = network.evaluate(features, targets)["loss"]
    network.fit(features, targets, optimizer=optimizer, epochs=5)
    assert network.evaluate(features, targets)["loss"] < 0.5 * before
    shift, scale = network.target_scaling
    numpy.testing.assert_allclose(shift, numpy.nanmean(targets, axis=(0, 1)), rtol=1e-6)
    numpy.testing.assert_allclose(scale, numpy.nanstd(targets, axis=(0, 1)), rtol=1e-4)
    assert network.predict(features).dtype == numpy.float64


@pytest.mark.parametrize("optimizer", ["varpro", "block_coordinate"])
def test_optimizers_of_the_readout_refuse(optimizer):
    with pytest.raises(stableode.IncompatibleError, match="outputs_at is steps"):
        rnn().fit(series(), numpy.zeros((SAMPLES, STEPS), int), optimizer=optimizer, epochs=1)


def test_threads_give_the_same_bits():
    features, labels = series(700), numpy.random.default_rng(3).integers(-1, 3, (700, STEPS))
    found = []
    for threads in (1, 2):
        network = rnn()
        network.fit(features, labels, epochs=3, num_threads=threads)
        found.append((network.parameter_vector, network.evaluate(features, labels, threads=threads), network.scores(features, threads=threads)))
    numpy.testing.assert_array_equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]
    numpy.testing.assert_array_equal(found[0][2], found[1][2])


def test_files_keep_steps(tmp_path):
    network, features = rnn(2, loss="least_squares"), series()
    network.fit(features, numpy.ones((SAMPLES, STEPS, 2)) * features[:, :1, None], epochs=2)
    network.save(tmp_path / "model.safetensors")
    loaded = Network.load(tmp_path / "model.safetensors")
    assert loaded.output_steps == STEPS
    numpy.testing.assert_array_equal(loaded.scores(features), network.scores(features))


def test_own_losses_and_metrics_get_all_steps():
    network, features = rnn(2, loss="least_squares", precision="float64"), series().astype("float64")
    targets = numpy.random.default_rng(1).normal(size=(SAMPLES, STEPS, 2))
    shapes = set()

    def squares(scores, wanted):
        shapes.add((scores.shape[1:], wanted.shape[1:]))
        return 0.5 * ((scores - wanted) ** 2).sum(axis=(1, 2)), scores - wanted

    own, plain = Gradient(network, SAMPLES, loss=squares), Gradient(network, SAMPLES)
    (mine, slope), (theirs, expected) = own.loss_and_gradient(features, targets), plain.loss_and_gradient(features, targets)
    # A loss of your own is one number for each sample, the library's one for each step.
    assert mine == pytest.approx(STEPS * theirs) and shapes == {((STEPS, 2), (STEPS, 2))}
    numpy.testing.assert_allclose(slope, STEPS * expected, rtol=1e-9, atol=1e-12)
    seen = []
    network.fit(features, targets, validation=(features, targets), metric=lambda scores, wanted: seen.append((scores.shape, wanted.shape)) or float(len(seen)), epochs=1, optimizer="adam")
    assert seen == [((SAMPLES, STEPS, 2), (SAMPLES, STEPS, 2))]


def test_what_is_not_observed_is_refused_without_steps():
    network, features = Network(inputs=10, outputs=5, loss="least_squares"), series()
    targets = numpy.ones((SAMPLES, STEPS))
    targets[6, 2] = numpy.nan
    for attempt in (network.fit, network.evaluate, Gradient(network, SAMPLES).loss):
        with pytest.raises(stableode.InvalidDataError, match="NaN at row 6, column 2"):
            attempt(features, targets)
    with pytest.raises(stableode.InvalidDataError, match="row 6"):
        Dataset(features, targets[:, 2])
    labels = numpy.zeros((SAMPLES, STEPS), int)
    labels[6, 2] = -1
    with pytest.raises(stableode.InvalidDataError, match="label 3 at row 0, step 0"):
        rnn().evaluate(features, labels + 3)
    with pytest.raises(stableode.InvalidDataError, match="no observed step"):
        rnn().fit(features, numpy.full((SAMPLES, STEPS), -1))
    with pytest.raises(stableode.ShapeMismatchError, match=r"labels of shape \[21, 5\]"):
        rnn().evaluate(features, labels[:, :3])
    with pytest.raises(stableode.ShapeMismatchError, match=r"values of shape \[21, 5, 2\]"):
        rnn(2, loss="least_squares").evaluate(features, targets)


def test_class_weights_are_those_of_steps():
    features, labels = series(200), numpy.random.default_rng(3).choice([-1, 0, 1, 2], (200, STEPS), p=[0.2, 0.6, 0.1, 0.1])
    network = rnn()
    network.fit(features, labels, class_weights="balanced", epochs=20)
    assert len(numpy.unique(network.predict(features))) == 3
    with pytest.raises(stableode.IncompatibleError, match="a loss of your own"):
        rnn().fit(features, labels, class_weights=[1, 2, 3], loss=lambda scores, targets: (scores.sum(axis=(1, 2)), scores * 0 + 1), epochs=1)


def test_analyses_of_the_end_refuse_or_hold():
    network, features = rnn(precision="float64"), series().astype("float64")
    with pytest.raises(stableode.IncompatibleError, match="outputs_at is steps"):
        network.mechanics(features[:2], numpy.zeros((2, STEPS), int))
    assert network.states(features).shape == (STEPS + 1, SAMPLES, 6)
    with pytest.raises(stableode.StableODEError):
        network.certify("lipschitz")
    with pytest.raises(stableode.StableODEError):
        network.export_onnx("unused.onnx")


@pytest.mark.parametrize("field", ["neural_cde", "antisymmetric_rnn"])
@pytest.mark.parametrize("interpolation", ["linear", "hermite"])
def test_paths_are_read_at_the_observations(field, interpolation):
    network = Network(
        opening="sequence_dense", field=field, interpolation=interpolation, inputs=10, channels=2, outputs=2, width=4, layers=8, outputs_at="steps",
        precision="float64",
    )  # fmt: skip
    features = series().astype("float64")
    scores = network.scores(features)
    features[:, 6:] += 1
    later = network.scores(features)
    numpy.testing.assert_array_equal(scores[:, :3], later[:, :3])
    assert (scores[:, 3:] != later[:, 3:]).all()


def test_streams_of_values_keep_what_is_not_observed():
    features, targets = series(300), numpy.random.default_rng(4).normal(size=(300, STEPS, 2))
    targets[targets > 1] = numpy.nan
    targets[:100] = numpy.nan  # the first batch has no observed step
    networks = [rnn(2, loss="least_squares", precision="float64") for _ in range(2)]
    options = {"optimizer": "adam", "epochs": 3, "batch_size": 50, "shuffle": False}
    networks[0].fit(features, targets, **options)
    networks[1].fit(stableode.Stream(lambda: ((features[i : i + 100], targets[i : i + 100]) for i in range(0, 300, 100)), buffer=300), **options)
    numpy.testing.assert_array_equal(networks[0].parameter_vector, networks[1].parameter_vector)
    with pytest.raises(stableode.IncompatibleError, match="one label for a sample"):
        rnn().fit(stableode.Stream(lambda: iter([(features, numpy.zeros((300, STEPS), int))]), buffer=300), **options)
