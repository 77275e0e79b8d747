"""Scores of every field and integrator are finite, and classes agree with them, whatever the size of the parameters."""

import re

import numpy
import pytest

import stableode


def all_schemes():
    for field in stableode.fields():
        for integrator in stableode.integrators():
            yield field, integrator


def made_of(**options):
    """A network with a field and an integrator whose solvers stop early; None if the two cannot be combined, or if the field reads sequences."""
    for limits in ({"solver_iterations": 20}, {"max_steps": 50}, {}):
        try:
            return stableode.Network(inputs=4, outputs=3, width=4, layers=2, horizon=1.0, **options, **limits)
        except stableode.IncompatibleError:
            continue
    return None


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_no_field_and_integrator_gives_classes_of_scores_that_are_not_finite(precision):
    """For every pair and parameters of all sizes, scores are finite and classes agree with them, or the error names the row."""
    features = numpy.random.default_rng(1).standard_normal((5, 4))
    seen = {True: 0, False: 0}
    for field, integrator in all_schemes():
        network = made_of(field=field, integrator=integrator, precision=precision)
        if network is None:
            continue
        vector = network.parameter_vector.astype("float64")
        for scale in (1.0, 1e19, 1e37):
            network.parameter_vector = vector * scale
            try:
                scores, classes = network.scores(features), network.predict(features)
            except (stableode.NotFiniteError, stableode.NotConvergedError, stableode.StepLimitError) as error:
                assert re.match(r"row \d+: ", str(error)), str(error)
                seen[False] += 1
                continue
            assert numpy.isfinite(scores).all() and numpy.array_equal(classes, scores.argmax(axis=1))
            seen[True] += 1
    assert seen[True] > 20 and seen[False] > 20
