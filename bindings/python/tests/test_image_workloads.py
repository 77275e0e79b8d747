"""The gradients of the image workloads of the benchmarks, in float64 against central differences."""

import numpy
import pytest

import stableode


def staged(stage):
    """Three stages of 16, 32 and 64 channels between poolings and convolutions of one pixel."""
    blocks = [{"connector": "convolution", "channels": 16, "activation": "tanh"}, stage]
    for channels in (32, 64):
        blocks += [{"connector": "average_pooling"}, {"connector": "convolution", "kernel": 1, "channels": channels}, stage]
    return {"input_shape": [1, 28, 28], "blocks": [*blocks, {"connector": "global_average"}]}


WORKLOADS = {
    "W5": staged({"field": "gradient_flow", "operator": "convolution", "integrator": "leapfrog", "activation": "tanh", "layers": 6, "horizon": 3.0}),
    "W5a": staged({"field": "antisymmetric", "operator": "convolution", "integrator": "euler", "activation": "tanh", "gamma": 0.1, "layers": 6, "horizon": 3.0}),
    "W6": {"architecture": "lm_resnet_20", "input_shape": [3, 32, 32]},
}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_gradients_are_those_of_central_differences(workload):
    own = stableode.Network(**WORKLOADS[workload], outputs=10, precision="float64", seed=2)
    random = numpy.random.default_rng(3)
    x, labels = random.random((4, own.inputs)), random.integers(0, 10, 4)
    gradient = stableode.Gradient(own, 4)
    _, found = gradient.loss_and_gradient(x, labels)
    start = own.parameter_vector.copy()
    for seed in range(3):
        direction = numpy.random.default_rng(seed).standard_normal(len(start))
        direction /= numpy.linalg.norm(direction)
        # So small that hardly any of the 400 000 rectified numbers of W6 changes its sign.
        epsilon, losses = 1e-7, []
        for sign in (1, -1):
            own.parameter_vector = start + sign * epsilon * direction
            losses.append(stableode.Gradient(own, 4).loss_and_gradient(x, labels)[0])
        own.parameter_vector = start
        # Running averages, to which the loss of a training batch is blind, have no gradient.
        assert abs((losses[0] - losses[1]) / (2 * epsilon) - found @ direction) < 1e-6 * max(1, numpy.linalg.norm(found))
