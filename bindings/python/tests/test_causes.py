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
        network.fit(X, targets, validation=validation, **{"epochs": 20, "num_threads": 1, **options})
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
