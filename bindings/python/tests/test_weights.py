"""A common factor of all weights changes no result, however small or large it is; nor do batches of small weights disturb training."""

import numpy
import pytest

import stableode

RANDOM = numpy.random.default_rng(0)
FEATURES = RANDOM.normal(size=(50, 2))
LABELS = (FEATURES[:, 0] > 0).astype(int)
WEIGHTS = RANDOM.uniform(0.5, 1.5, 50)
#: The smallest number of all is the last one that gives every row a weight; the largest ones have a sum that is finite.
FACTORS = [1e-40, 1e-300, 1e38, 1e300, 2e306]
METRICS = {
    "softmax_cross_entropy": ["accuracy", "balanced_accuracy", "macro_f1", "log_loss", "brier_score", "auc", "average_precision"],
    "least_squares": ["mean_squared_error", "mean_absolute_error", "median_absolute_error", "r2", "explained_variance"],
}


def data(loss, weights):
    targets = LABELS if loss == "softmax_cross_entropy" else FEATURES[:, 0] + 0.1
    return stableode.Dataset(FEATURES, targets).weighted(weights)


def network(loss, **options):
    return stableode.Network(inputs=2, outputs=2 if loss == "softmax_cross_entropy" else 1, width=4, layers=1, seed=1, loss=loss, **options)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("loss", METRICS)
def test_figures_do_not_depend_on_a_common_factor(loss, factor):
    expected, found = (network(loss).evaluate(data(loss, WEIGHTS * f), weighted=True, metrics=METRICS[loss]) for f in (1.0, factor))
    assert expected.keys() == found.keys() >= {"loss", *METRICS[loss]}
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9, nan_ok=name == "accuracy"), name


def test_the_smallest_weights_of_all_count():
    loss = "softmax_cross_entropy"
    expected, found = (network(loss).evaluate(data(loss, numpy.full(50, f)), weighted=True, metrics=METRICS[loss]) for f in (1.0, 5e-324))
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "gauss_newton", "newton_pcg", "lbfgs", "varpro"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("factor", [2.0**-133, 2.0**-1000, 2.0**126, 2.0**1016])
def test_training_does_not_depend_on_a_common_factor(factor, precision, optimizer):
    loss = "softmax_cross_entropy"

    def trained(f):
        trainer = stableode.Trainer(network(loss, precision=precision), optimizer=optimizer, epochs=2, seed=3)
        return trainer.run(data(loss, WEIGHTS * f))[-1].training_loss

    assert trained(factor) == trained(1.0), "a power of two changes no bit"


@pytest.mark.parametrize("small", [1e-50, 1e-300])
def test_a_batch_of_small_weights_counts_by_itself(small):
    """In the mean of its batch a sample counts by its share of the batch's weights; in that of the epoch it hardly counts."""
    loss, readouts = "softmax_cross_entropy", []
    for weights in (numpy.r_[numpy.ones(45), numpy.full(5, small)], numpy.ones(50)):
        trained = network(loss)
        stableode.Trainer(trained, optimizer="adam", epochs=1, batch_size=5, shuffle=False).run(data(loss, weights))
        readouts.append(trained.parameters["readout.W"].copy())
    assert readouts[0] == pytest.approx(readouts[1], rel=1e-5)


def test_weights_without_a_sum_are_refused():
    for weights, words in ((numpy.zeros(50), "all 0"), (numpy.full(50, 1e308), "sum that is not finite")):
        with pytest.raises(stableode.InvalidDataError, match=words):
            data("softmax_cross_entropy", weights)
