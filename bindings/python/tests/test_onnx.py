"""Exported models compute what the network computes, and properties say what they should."""

import re

import numpy
import pytest

import stableode
import stableode.onnx

onnxruntime = pytest.importorskip("onnxruntime")

DENSE = {"inputs": 5, "outputs": 3, "width": 6, "opening": "dense"}
BLOCKS = [
    {"field": "dense"},
    {"field": "dense", "bias": "none", "step_sizes": [0.1, 0.5, 0.2, 0.2]},
    {"field": "dense", "weights_in_time": "shared", "bias": "scalar"},
    {"field": "two_layer", "hidden_width": 4},
    {"field": "antisymmetric", "gamma": 0.3},
    {"field": "antisymmetric_damped", "gamma": 0.3},
    {"field": "negative_definite", "hidden_width": 4},
    {"field": "gradient_flow", "hidden_width": 4},
    {"field": "gradient_flow", "steps": "row_sums", "hidden_width": 9, "horizon": 3.0},
    {"field": "gradient_flow", "steps": "row_sums", "hidden_width": 9, "activation": "sigmoid", "integrator": "rk4"},
    {"field": "hamiltonian", "integrator": "verlet"},
    {"field": "hamiltonian_two_weight", "integrator": "verlet", "hidden_width": 4},
    {"field": "second_order", "form": "gradient", "integrator": "leapfrog"},
    {"field": "negative_definite", "integrator": "leapfrog", "start": "zero"},
    {"field": "antisymmetric", "gamma": 0.0, "integrator": "midpoint"},
    {"field": "second_order", "form": "gradient", "integrator": "leapfrog", "step_sizes": [0.1, 0.5, 0.2, 0.3]},
    {"field": "negative_definite", "integrator": "leapfrog", "start": "zero", "step_sizes": [0.2, 0.1, 0.4, 0.3]},
    {"field": "antisymmetric", "gamma": 0.0, "integrator": "midpoint", "step_sizes": [0.1, 0.5, 0.2, 0.3]},
    {"field": "dense", "integrator": "linear_multistep", "step_sizes": [0.1, 0.5, 0.2, 0.3]},
    {"field": "dense", "integrator": "linear_multistep"},
    {"field": "dense", "integrator": "linear_multistep", "multistep_shape": "per_channel", "layers": 1},
    {"field": "dense", "integrator": "linear_multistep", "multistep_shape": "per_channel"},
    {"field": "dense", "integrator": "heun"},
    {"field": "dense", "integrator": "ssprk3"},
    {"field": "dense", "integrator": "rk3"},
    {"field": "dense", "integrator": "runge_kutta"},
]
IMAGES = {
    "flow": [
        {"connector": "convolution", "channels": 4, "activation": "relu"}, {"field": "gradient_flow", "operator": "convolution", "layers": 2}, {"connector": "flatten"},
        {"connector": "dense", "features": 5, "activation": "tanh"},
    ],
    "strides": [
        {"connector": "convolution", "channels": 4, "stride": 2, "margin": 1}, {"field": "antisymmetric", "gamma": 0.4, "operator": "convolution", "layers": 2, "groups": 2},
        {"connector": "activation", "activation": "relu"}, {"connector": "global_average"},
    ],
    "row_sums": [
        {"connector": "convolution", "channels": 4, "kernel": 2, "dilation": 2},
        {"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2, "groups": 2, "hidden_width": 6}, {"connector": "dropout"},
        {"connector": "max_pooling", "window": 3, "window_stride": 2, "window_margin": 1},
    ],
    "verlet": [
        {"field": "hamiltonian", "integrator": "verlet", "operator": "convolution", "layers": 2}, {"connector": "first_channels", "channels": 1},
        {"connector": "average_pooling", "window": 3, "window_stride": 1, "window_margin": 1},
    ],
    "dense": [
        {"field": "dense", "operator": "dense", "layers": 2}, {"field": "dense", "operator": "convolution", "integrator": "linear_multistep", "multistep_shape": "per_channel", "layers": 3},
    ],
}  # fmt: skip


def network(**options):
    """A network with parameters that are nowhere 0, and a normalization."""
    rng = numpy.random.default_rng(0)
    made = stableode.Network(seed=3, **options)
    for name, values in made.parameters.items():
        made.parameters[name] = values + 0.1 * rng.standard_normal(values.shape).astype(values.dtype)
    made.normalization = (rng.standard_normal(made.inputs), rng.uniform(0.5, 2, made.inputs))
    return made


def scores(model, features):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {"features": features})[0]


def compare(made):
    features = numpy.random.default_rng(1).standard_normal((5, made.inputs)).astype(made.dtype)
    expected = made.scores(features)
    assert abs(scores(stableode.onnx.model(made), features) - expected).max() <= (1e-5 if made.dtype == numpy.float32 else 1e-13) * (1 + abs(expected).max())


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: "-".join(map(str, block.values())))
def test_blocks(block, precision):
    compare(network(**DENSE, precision=precision, blocks=[{"layers": 4, **block}, {"field": "dense", "layers": 1}]))


@pytest.mark.parametrize("loss", ["emma", "margin_cross_entropy"])
def test_losses_with_margins(loss, tmp_path):
    """The scores are those of any network; the class is the largest one."""
    made = network(**DENSE, field="gradient_flow", steps="row_sums", layers=3, loss=loss)
    compare(made)
    made.export_vnnlib(tmp_path / "property.vnnlib", [0.1] * 5, 0.01)
    assert "declare-const Y_2" in (tmp_path / "property.vnnlib").read_text()


def test_step_sizes_say_how_many_layers_there_are():
    compare(network(**DENSE, blocks=[{"field": "dense", "step_sizes": [0.1, 0.5, 0.2]}]))


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("activation", stableode.activations())
def test_activations(activation, precision):
    made = network(**DENSE, field="dense", layers=3, activation=activation, precision=precision)
    try:
        compare(made)
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
        # ONNX has the operators Elu, Erf and Softplus in float64, onnxruntime does not.
        assert precision == "float64" and activation in ("elu", "gelu", "softplus")


@pytest.mark.parametrize("name", IMAGES)
def test_images(name):
    compare(network(input_shape=[2, 7, 6], outputs=3, blocks=IMAGES[name]))


def test_openings_readouts_and_scaled_targets():
    compare(network(inputs=3, outputs=6, width=6, readout="identity", field="dense", layers=2))
    compare(network(input_shape=[2, 9], outputs=2, width=4, field="dense", operator="convolution", layers=2))
    for options in ({"outputs": 2, "loss": "least_squares"}, {"outputs": 4, "loss": "quantile", "quantiles": [0.25, 0.75]}):
        made = network(inputs=3, width=4, field="dense", layers=2, **options)
        made.target_scaling = ([5.0, -3.0], [2.0, 10.0])
        features = numpy.random.default_rng(1).standard_normal((5, 3)).astype(numpy.float32)
        assert abs(scores(stableode.onnx.model(made), features) - made.scores(features)).max() < 1e-4


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"integrator": "backward_euler"}, "backward_euler"), ({"field": "linear_cubic"}, "linear_cubic"), ({"weights_in_time": "b_spline"}, "b_spline"), ({"integrator": "dopri5"}, "dopri5"),
        ({"input_shape": [1, 6, 6], "operator": "convolution", "padding": "periodic"}, "periodic"), ({"field": "hamiltonian", "integrator": "euler"}, "hamiltonian"),
        ({"noise": "stochastic_depth", "survival_scaling": "none"}, "survival_scaling"),
        ({"input_shape": [1, 6, 6], "blocks": [{"connector": "normalization"}, {"field": "dense", "operator": "convolution", "layers": 1}]}, "normalization"),
        ({"input_shape": [5, 6, 6], "blocks": [{"connector": "spatial_shift"}, {"field": "dense", "operator": "convolution", "layers": 1}]}, "spatial_shift"), ({"opening": "dense", "width": 4, "opening_norm": "aol"}, "opening_norm"),
        ({"readout_norm": "aol"}, "readout_norm"), ({"blocks": [{"connector": "dense", "features": 3, "norm": "aol"}, {"field": "dense", "layers": 1}]}, "norm of connector dense"),
        ({"field": "gradient_flow", "steps": "tight"}, "tight"), ({"field": "gradient_flow", "inner_normalization": "batch"}, "inner_normalization"),
        ({"integrator": "linear_multistep", "multistep_start": "given"}, "multistep_start"),
        ({"field": "second_order", "form": "gradient", "integrator": "verlet"}, "field second_order with integrator verlet"),
        ({"field": "second_order", "integrator": "leapfrog"}, "second_order"), ({"field": "hamiltonian_h", "integrator": "verlet"}, "hamiltonian_h"),
        ({"weights_in_time": "piecewise_constant", "basis_count": 2}, "piecewise_constant"), ({"opening": "sequence", "width": 3, "field": "ode_rnn", "layers": 8}, "opening sequence"),
        *(
            ({"input_shape": [4, 6, 6], "blocks": [{"connector": name, "channels": 8}, {"field": "dense", "operator": "convolution", "layers": 1}]}, name)
            for name in ("residual", "channel_padding", "channel_copies")
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_named(options, named):
    shape = {} if "input_shape" in options else {"inputs": 4}
    made = stableode.Network(**{"outputs": 2, "layers": 4, "field": "dense", **shape, **options})
    with pytest.raises(stableode.IncompatibleError, match=named):
        stableode.onnx.model(made)


def test_files(tmp_path):
    made = network(**DENSE, field="antisymmetric", layers=2)
    made.export_onnx(tmp_path / "network.onnx")
    assert (tmp_path / "network.onnx").read_bytes() == stableode.onnx.model(made)
    sample = numpy.random.default_rng(2).uniform(0, 1, 5)
    made.export_vnnlib(tmp_path / "sample.vnnlib", sample, 0.125, clip=(0.0, 1.0))
    text = (tmp_path / "sample.vnnlib").read_text()
    label = int(made.scores(sample[None]).argmax())
    low = [float(bound) for bound in re.findall(r"\(assert \(>= X_\d+ (-?[0-9.]+)\)\)", text)]
    high = [float(bound) for bound in re.findall(r"\(assert \(<= X_\d+ (-?[0-9.]+)\)\)", text)]
    assert numpy.allclose(low, numpy.maximum(sample - 0.125, 0), atol=1e-15) and numpy.allclose(high, numpy.minimum(sample + 0.125, 1), atol=1e-15)
    assert all(re.search(rf"\(>= Y_{i} Y_{label}\)", text) for i in range(3) if i != label) and f"Y_{label} Y_{label}" not in text
    assert text.count("declare-const X_") == 5 and text.count("declare-const Y_") == 3 and text.count("(") == text.count(")")


def test_bounds_are_rounded_outward_and_have_no_exponents():
    text = stableode.onnx.box_property([1.0, 1e-20], 1e-17, 0, 2)
    bounds = [float(bound) for bound in re.findall(r"[<>]= X_\d ([-0-9.]+)\)", text)]
    assert bounds[0] < 1 < bounds[1] and bounds[2] < 0 < bounds[3]
    assert "e" not in "".join(re.findall(r"= X_\d ([^)]*)\)", text)).lower()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (([0.0], -1.0, 0, 2), stableode.OutOfRangeError), (([0.0], float("nan"), 0, 2), stableode.OutOfRangeError), (([0.0], 1.0, 2, 2), stableode.OutOfRangeError),
        (([0.0], 1.0, 0, 1), stableode.OutOfRangeError), (([float("inf")], 1.0, 0, 2), stableode.ShapeMismatchError), (([[0.0]], 1.0, 0, 2), stableode.ShapeMismatchError),
        (([5.0], 1.0, 0, 2, (0.0, 1.0)), stableode.OutOfRangeError),
    ],
)  # fmt: skip
def test_wrong_arguments_of_a_property(arguments, error):
    with pytest.raises(error):
        stableode.onnx.box_property(*arguments)


def test_networks_without_a_largest_score_have_no_property(tmp_path):
    made = stableode.Network(inputs=2, outputs=2, loss="least_squares")
    with pytest.raises(stableode.IncompatibleError):
        made.export_vnnlib(tmp_path / "property", [0.0, 0.0], 0.1)
    made = stableode.Network(inputs=2, outputs=2)
    with pytest.raises(stableode.ShapeMismatchError):
        made.export_vnnlib(tmp_path / "property", [0.0], 0.1)
    assert not (tmp_path / "property").exists()
