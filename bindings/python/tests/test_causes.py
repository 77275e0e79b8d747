"""What training says of the cause when numbers are no longer finite."""

import re

import numpy
import pytest

import stableode

X = numpy.random.default_rng(0).standard_normal((40, 2))
Y = numpy.random.default_rng(1).standard_normal(40)


def regression(**options):
    return stableode.Network(**{"inputs": 2, "outputs": 1, "width": 2, "layers": 2, "loss": "least_squares", **options})


def failure(network, targets=Y, validation=None, **options):
    with pytest.raises(stableode.NotFiniteError) as caught:
        network.fit(X, targets, validation=validation, **{"epochs": 20, "num_threads": 1, "normalization": "none", "target_scaling": "none", **options})
    return str(caught.value)


@pytest.mark.parametrize("optimizer", sorted(stableode.optimizers()))
def test_before_the_first_step_the_learning_rate_is_not_blamed(optimizer):
    targets = failure(regression(precision="float64"), Y * 1e200, optimizer=optimizer)
    assert "before the first step" in targets and "has targets up to" in targets and "whose squares are too large" in targets
    for term in ("weight_decay", "smoothness", "smoothed_l1"):
        text = failure(regression(), optimizer=optimizer, **{term: 1e308})
        if (optimizer, term) == ("adamw", "weight_decay"):
            # Here the decay is a part of the step and not of the objective, so that the first step is taken.
            assert "after step 1" in text and "before the first step" not in text, text
            continue
        assert "before the first step" in text and f"the regularizer {term} is too strong" in text, text
        assert "learning_rate" not in text
    huge = regression()
    huge.parameter_vector = numpy.full(huge.parameter_count, 1e38)
    text = failure(huge, optimizer=optimizer)
    assert re.search(r"before the first step \(row \d+: the scores are not finite\)", text) and "parameters" in text and "learning_rate" not in text


def test_after_a_step_the_learning_rate_may_be_the_cause():
    assert "a smaller learning_rate may help" in failure(regression(), optimizer="sgd", learning_rate=1e6)
    # Optimizers without a learning rate never name it, and neither do data that no rate can help.
    text = failure(regression(precision="float64"), validation=(X, Y * 1e200), optimizer="adam")
    assert "the validation data has targets up to" in text and "learning_rate" not in text


def test_parameters_given_between_runs_are_as_given():
    network = regression()
    trainer = stableode.Trainer(network, epochs=5, num_threads=1)
    trainer.run((X, Y), epochs=1)
    network.parameter_vector = numpy.full(network.parameter_count, 1e38)
    with pytest.raises(stableode.NotFiniteError, match="before the first step") as caught:
        trainer.run((X, Y))
    assert "learning_rate" not in str(caught.value)


def rows_with_one_too_large():
    """900 rows that every rate can be tested with, and 100 of which the first is so large that its cubic terms overflow float32."""
    features = 0.3 * numpy.random.default_rng(0).standard_normal((1000, 2))
    labels = (features[:, 0] > 0).astype(int)
    features[900] = 1e6
    return features, labels


def cubic():
    return stableode.Network(inputs=2, outputs=2, width=4, field="linear_cubic", integrator="rk4", layers=4, horizon=1.0, seed=1)


SGD = {"optimizer": "sgd", "batch_size": 100, "shuffle": False, "num_threads": 1, "normalization": "none"}


def test_a_rate_is_not_sought_with_rows_that_no_rate_can_help():
    features, labels = rows_with_one_too_large()
    network = cubic()
    before = network.parameter_vector
    with pytest.raises(stableode.NotFiniteError, match=r"with the present parameters, too, row 900: the scores are not finite") as caught:
        stableode.Trainer(network, **SGD).find_learning_rate((features, labels))
    assert "learning_rate" not in str(caught.value) and numpy.array_equal(network.parameter_vector, before)
    # A rate that is too large ends the test as before.
    suggestion, _, losses = stableode.Trainer(network, **SGD).find_learning_rate((features[:900], labels[:900]), low=1e-3, high=1e6)
    assert 1e-3 < suggestion < 1e3 and 9 < numpy.isfinite(losses).sum() < 100


def test_the_learning_rate_is_not_blamed_for_a_row_that_is_too_large():
    features, labels = rows_with_one_too_large()
    sound = features[:900], labels[:900]
    for data, validation, what in [((features, labels), None, "objective"), (sound, (features, labels), "validation loss")]:
        with pytest.raises(stableode.NotFiniteError) as caught:
            cubic().fit(data, validation=validation, epochs=2, **SGD)
        text = str(caught.value)
        assert text.startswith(f"the {what} is not finite after step 9 (epoch 1) (row 900: the scores are not finite)")
        assert "with the parameters at the beginning of this run it is not finite either: features or targets are too large" in text
        assert "learning_rate" not in text
    with pytest.raises(stableode.NotFiniteError, match="a smaller learning_rate may help"):
        cubic().fit(sound, epochs=2, learning_rate=1e4, **SGD)
