"""Networks and training with nothing but their defaults."""

import pickle

import numpy
import pytest

import stableode


def moons(count, seed):
    """Two half circles with noise, and a third feature that is constant and a fourth that is huge."""
    random = numpy.random.default_rng(seed)
    labels = numpy.arange(count) % 2
    angle = numpy.pi * random.random(count)
    points = numpy.c_[numpy.cos(angle) + labels, numpy.sin(angle) * (1 - 2 * labels) + 0.5 * labels] + random.normal(0, 0.2, (count, 2))
    return numpy.c_[points, numpy.full(count, 7.0), 1e12 * points[:, 0]], labels


def values(count, seed):
    """Two targets of very different sizes."""
    features = numpy.random.default_rng(seed).uniform(-1, 1, (count, 3))
    first = numpy.sin(2 * features[:, 0]) + features[:, 1] ** 2
    return features, numpy.c_[1.7e9 + 100 * first, 1e-6 * features[:, 2]]


def test_classes_are_learned():
    network = stableode.Network(inputs=4, outputs=2)
    history = network.fit(*moons(150, 1))
    assert network.evaluate(*moons(500, 2))["accuracy"] > 0.9
    assert len(history) > 10
    shift, scale = network.normalization
    assert shift[2] == 7 and scale[2] == 1 and abs(scale[3] - 1e-12) < 1e-12


def test_values_are_learned_whatever_their_sizes():
    network = stableode.Network(inputs=3, outputs=2, loss="least_squares")
    network.fit(*values(300, 1))
    features, targets = values(500, 2)
    found = network.predict(features)
    # Neighbors of 1.7e9 in float32 are 128 apart.
    assert found.dtype == numpy.float64 and len(numpy.unique(found[:, 0])) > 400
    for other in (network.scores(features), network.predict_proba(features), stableode.Predictor(network).predict(features.astype("float32"))):
        assert other.dtype == numpy.float64 and other == pytest.approx(found, rel=1e-6)
    assert (stableode.Predictor(network).predict(features) == found).all() and (network.predict(features, out=numpy.empty((500, 2))) == found).all()
    assert network.predict(features, out=numpy.empty((500, 2), "float32")).dtype == numpy.float32
    share = numpy.sqrt(((found - targets) ** 2).mean(axis=0)) / targets.std(axis=0)
    assert (share < 0.2).all()
    # Evaluation is in the caller's units.
    assert network.evaluate(features, targets)["loss"] == pytest.approx(0.5 * ((found - targets) ** 2).sum(axis=1).mean(), rel=1e-4)
    assert network.evaluate(features, targets, metrics="r2")["r2"] > 0.9
    for same in (pickle.loads(pickle.dumps(network)), stableode.Network.from_json(network.specification_json)):
        same.parameter_vector = network.parameter_vector
        same.normalization, same.target_scaling = network.normalization, network.target_scaling
        assert (same.predict(features) == found).all()


@pytest.mark.parametrize("options", [{"loss": "huber"}, {"loss": "huber", "huber_delta": 5e4}, {"loss": "quantile"}], ids=str)
def test_robust_losses_are_learned_whatever_the_unit(options):
    """Errors as small as those of least squares for targets of size 100 000, and in their unit throughout."""
    features, targets = values(400, 1)[0], 1e5 * (values(400, 1)[1][:, :1] - 1.7e9)
    test = values(500, 2)[0], 1e5 * (values(500, 2)[1][:, :1] - 1.7e9)
    errors = []
    for chosen in ({"loss": "least_squares"}, options):
        network = stableode.Network(inputs=3, outputs=1, precision="float64", **chosen)
        network.fit(features, targets, seed=1)
        errors.append(numpy.sqrt(((network.predict(test[0]) - test[1]) ** 2).mean()))
    assert errors[1] < max(1.3 * errors[0], 0.03 * test[1].std())
    residuals = (network.scores(test[0]) - test[1]).astype("float64")
    if "huber" in options.values():
        delta = options.get("huber_delta", 1.0)
        sizes = numpy.abs(residuals)
        wanted = numpy.where(sizes <= delta, residuals**2 / 2, delta * (sizes - delta / 2)).mean()
    else:
        wanted = numpy.abs(residuals).mean() / 2
    assert network.evaluate(*test)["loss"] == pytest.approx(wanted, rel=1e-4)
    gradient = stableode.Gradient(network, max_batch=500)
    loss, slope = gradient.loss_and_gradient(*test)
    assert loss == pytest.approx(wanted, rel=1e-4)
    # So short that few residuals cross a kink.
    step = 1e-6 * slope / numpy.linalg.norm(slope)
    losses = []
    for sign in (1, -1):
        network.parameter_vector = network.parameter_vector + sign * step
        losses.append(gradient.loss(*test))
        network.parameter_vector = network.parameter_vector - sign * step
    assert losses[0] - losses[1] == pytest.approx(2 * (slope @ step), rel=0.01)


def test_outliers_do_not_set_the_scale_of_robust_losses():
    features, targets = values(400, 1)[0], values(400, 1)[1][:, :1] - 1.7e9
    targets[::40] += 1e7
    network = stableode.Network(inputs=3, outputs=1, loss="quantile")
    network.fit(features, targets)
    shift, scale = network.target_scaling
    assert abs(shift[0]) < 200 and 20 < scale[0] < 200
    test = values(500, 2)
    error = numpy.median(numpy.abs(network.predict(test[0])[:, 0] - (test[1][:, 0] - 1.7e9)))
    assert error < 0.2 * (test[1][:, 0]).std()


def test_levels_share_the_scaling_of_their_target():
    features, targets = values(800, 1)[0], values(800, 1)[1][:, :1] + numpy.random.default_rng(5).normal(0, 50, (800, 1))
    network = stableode.Network(inputs=3, outputs=3, loss="quantile", quantiles=[0.1, 0.5, 0.9])
    network.fit(features, targets)
    assert [array.shape for array in network.target_scaling] == [(1,), (1,)]
    below = (targets < network.predict(features, out=numpy.empty((800, 3)))).mean(axis=0)
    assert numpy.abs(below - [0.1, 0.5, 0.9]).max() < 0.08
    again = pickle.loads(pickle.dumps(network))
    assert (again.predict(features) == network.predict(features)).all()


def test_counts_of_any_size_are_learned():
    """The scores of Poisson's loss are logarithms, to which the scale of the counts is added."""
    random = numpy.random.default_rng(3)
    features = random.uniform(-1, 1, (600, 3))
    for size in (0.01, 1.0, 1e6):
        means = size * numpy.exp(numpy.sin(2 * features[:, 0]) + features[:, 1])
        network = stableode.Network(inputs=3, outputs=1, loss="poisson")
        network.fit(features[:400], random.poisson(100 * means[:400]) / 100 if size < 1 else means[:400])
        shift, scale = network.target_scaling
        assert 0.3 * size < numpy.exp(shift[0]) < 3 * size and 0.3 < scale[0] <= 1
        predicted = network.predict(features[400:])[:, 0]
        share = numpy.sqrt(((predicted - means[400:]) ** 2).mean()) / means[400:].std()
        assert share < (0.35 if size < 1 else 0.1)
        assert network.scores(features[400:])[:, 0] == pytest.approx(numpy.log(predicted), abs=1e-4)
        mu, t = predicted.astype("float64"), means[400:]
        assert network.evaluate(features[400:], t)["loss"] == pytest.approx((mu - t + t * numpy.log(t / mu)).mean(), rel=1e-3)
        with pytest.raises(stableode.InvalidDataError, match="needs values >= 0"):
            network.evaluate(features[:2], numpy.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="it is a logarithm, and must lie between -700 and 700"):
        network.target_scaling = (1e6, 2.0)


def test_the_choices_can_be_read_and_repeated():
    features, labels = moons(150, 1)
    network, again = (stableode.Network(inputs=4, outputs=2, seed=3) for _ in range(2))
    with stableode.Trainer(network) as trainer:
        assert "epochs" not in trainer.options
        trainer.run((features, labels))
        chosen = trainer.options
    assert {"optimizer", "learning_rate", "schedule", "batch_size", "epochs", "weight_decay", "patience"} <= set(chosen)
    again.fit(features, labels, **chosen)
    assert (again.parameter_vector == network.parameter_vector).all()
    assert stableode.options("trainer")["epochs"].automatic and not stableode.options("trainer")["seed"].automatic


def test_normalization_and_scaling_can_be_refused():
    network = stableode.Network(inputs=3, outputs=2, loss="least_squares")
    network.fit(*values(50, 1), epochs=1, normalization="none", target_scaling="none")
    assert network.normalization is None and network.target_scaling is None
    network.target_scaling = (5, 2.0)
    assert [array.tolist() for array in network.target_scaling] == [[5, 5], [2, 2]]
    network.target_scaling = None
    assert network.target_scaling is None


def test_what_was_loaded_is_not_changed_by_standardizing():
    features, labels = moons(150, 1)
    network = stableode.Network(inputs=4, outputs=2)
    network.fit(features, labels, epochs=2, normalization="none")
    loaded = pickle.loads(pickle.dumps(network))
    loaded.fit(features, labels, epochs=1)
    assert loaded.normalization is None
    # A network that nobody has trained is new, also after a pickle.
    new = pickle.loads(pickle.dumps(stableode.Network(inputs=4, outputs=2)))
    new.fit(features, labels, epochs=1)
    assert new.normalization is not None


def test_rows_are_held_out():
    features, labels = moons(200, 1)
    network = stableode.Network(inputs=4, outputs=2)
    history = network.fit(features, labels, validation_fraction=0.2, epochs=5)
    assert all(numpy.isfinite(row.validation_accuracy) for row in history)
    assert network.fit(features, labels, patience=3)[-1].epoch >= 1
    with pytest.raises(stableode.OutOfRangeError, match="validation_fraction is 0.1, which of 1 training row leaves none"):
        stableode.Network(inputs=4, outputs=2).fit(features[:1], labels[:1], validation_fraction=0.1)


def test_a_loss_of_the_callers_sees_the_callers_targets():
    features, targets = values(60, 1)
    seen = []

    def loss(scores, wanted):
        seen.append(float(wanted[0, 0]))
        return ((scores - wanted) ** 2).sum(axis=1), 2 * (scores - wanted)

    network = stableode.Network(inputs=3, outputs=2, loss="least_squares", precision="float64")
    network.fit(features, targets, loss=loss, epochs=1)
    assert min(seen) > 1e9 and network.target_scaling is None
    network.target_scaling = (1.7e9, 100.0)
    with pytest.raises(stableode.IncompatibleError, match="targets are scaled, which a loss of your own does not know of"):
        network.fit(features, targets, loss=loss, epochs=1)


def test_results_have_the_networks_type_unless_targets_are_scaled():
    features, targets = values(50, 1)
    for options in ({"loss": "least_squares"}, {"loss": "huber"}, {}):
        network = stableode.Network(inputs=3, outputs=2, **options)
        for scores in (network.scores(features), stableode.Predictor(network).scores(features)):
            assert scores.dtype == numpy.float32
    network = stableode.Network(inputs=3, outputs=2, loss="least_squares")
    predictor = stableode.Predictor(network)
    network.fit(features, targets, epochs=1)
    # The predictor keeps what the network was when it was made.
    assert (network.scores(features).dtype, predictor.scores(features).dtype) == (numpy.float64, numpy.float32)
    network.target_scaling = None
    assert network.scores(features).dtype == numpy.float32


def chosen(features, targets, **options):
    """The options that training chooses for a table, and the network."""
    network = stableode.Network(inputs=features.shape[1], outputs=2 if targets.dtype.kind == "i" else 1, **({} if targets.dtype.kind == "i" else {"loss": "least_squares"}))
    with stableode.Trainer(network, **options) as trainer:
        trainer.run((features, targets))
        return trainer.options, network


def noisy(count, seed, bend=0.0):
    """A line, or a curve, of which the noise hides nine tenths."""
    random = numpy.random.default_rng(seed)
    features = random.normal(0, 1, (count, 10))
    shape = features @ numpy.full(10, 10**-0.5) + bend * ((features**2).mean(axis=1) - 1)
    return features, shape, shape + random.normal(0, 3, count)


def test_noise_around_a_line_is_not_fitted():
    features, _, targets = noisy(300, 1)
    test, true, _ = noisy(2000, 2)
    plain = 0.3 * (1000 / 300) ** 0.5
    options, network = chosen(features, targets)
    assert options["weight_decay"] == 10 * plain
    _, weaker = chosen(features, targets, weight_decay=plain)
    errors = [numpy.sqrt(((each.predict(test)[:, 0] - true) ** 2).mean()) for each in (network, weaker)]
    assert errors[0] < 0.6 * errors[1] and errors[0] < true.std()
    # Any number of threads chooses alike, and so does a stream whose buffer holds all rows.
    again = stableode.Network(inputs=10, outputs=1, loss="least_squares")
    again.fit(stableode.Stream([(features, targets)], buffer=300), num_threads=2)
    assert (again.parameter_vector == network.parameter_vector).all()


def test_curves_and_tables_without_noise_keep_the_weaker_decay():
    plain = 0.3 * (1000 / 300) ** 0.5
    features, true, targets = noisy(300, 1, bend=20.0)
    assert chosen(features, targets)[0]["weight_decay"] == plain
    features, true, _ = noisy(300, 1)
    assert chosen(features, true)[0]["weight_decay"] == plain
    features, labels = moons(300, 1)
    assert chosen(features, labels)[0]["weight_decay"] == plain


def test_what_suits_is_tried_out():
    """A ball asks for small steps, and a parity, which regressions take for noise, for the plain decay. A stream is tried alike."""
    random = numpy.random.default_rng(4)
    features = random.normal(size=(500, 10))
    labels = ((features**2).sum(axis=1) > 9.34).astype(int)
    options, network = chosen(features, labels)
    assert options["learning_rate"] == 0.005 and options["epochs"] > 50
    again = stableode.Network(inputs=10, outputs=2)
    again.fit(stableode.Stream([(features, labels)], buffer=500), num_threads=2)
    assert (again.parameter_vector == network.parameter_vector).all()
    bits = random.integers(0, 2, (800, 10))
    parity = bits[:, :4].sum(axis=1) % 2
    options, network = chosen(bits[:600].astype(float), parity[:600])
    assert options["weight_decay"] < 1 and network.evaluate(bits[600:].astype(float), parity[600:])["accuracy"] > 0.95
    # A callback hears of it before the first step, and ends it.
    fresh, stopped = (stableode.Network(inputs=10, outputs=2) for _ in range(2))
    seen = []
    stopped.fit(numpy.tile(features, (5, 1)), numpy.tile(labels, 5), on_progress=lambda report: seen.append(report) or True)
    assert [(report.epoch, report.step) for report in seen] == [(0, 0)] and (stopped.parameter_vector == fresh.parameter_vector).all()


def test_layers_of_a_table_begin_with_biases():
    biases = stableode.Network(inputs=3, outputs=2).parameters["blocks.0.b"]
    assert 0.9 < numpy.std(biases) < 1.1
    assert not numpy.any(stableode.Network(inputs=3, outputs=2, initial_bias=0).parameters["blocks.0.b"])
    assert stableode.Network(inputs=3, outputs=2).specification["blocks"][0]["initial_bias"] == 1


def test_columns_that_do_not_count_are_left_out():
    random = numpy.random.default_rng(3)
    features = random.normal(size=(900, 60))
    targets = features[:, 7] + numpy.sign(features[:, 20] * features[:, 41]) + 0.2 * random.normal(size=900)
    errors = {}
    for screening in (None, False):
        network = stableode.Network(inputs=60, outputs=1, loss="least_squares", seed=1)
        trainer = stableode.Trainer(network, screening=screening, num_threads=1)
        trainer.run(stableode.Dataset(features[:600], targets[:600]))
        assert trainer.options["screening"] is (screening is None)
        kept = set(numpy.flatnonzero(network.normalization[1]))
        assert kept == set(range(60)) if screening is False else {7, 20, 41} <= kept and len(kept) < 8
        errors[screening] = numpy.sqrt(numpy.mean((network.predict(features[600:])[:, 0] - targets[600:]) ** 2))
        # Files keep the choice, and later runs do not ask again.
        again = pickle.loads(pickle.dumps(network))
        again.fit(features[:300, ::-1].copy(), targets[:300], epochs=1)
        assert set(numpy.flatnonzero(again.normalization[1])) == kept
    assert errors[None] < 0.7 * errors[False]
