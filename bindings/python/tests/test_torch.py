"""The bridge to PyTorch: derivatives against finite differences and against torch's own, Parameters, copies and errors."""

import copy
import io
import subprocess
import sys

import numpy
import pytest

import stableode

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from stableode.torch import Module  # noqa: E402  (only where torch is installed)


def small(**changes):
    options = dict(inputs=3, outputs=2, width=4, layers=3, horizon=1.0, precision="float64", seed=3)
    return stableode.Network(**{**options, **changes})


def batch(rows=5, inputs=3, dtype=torch.float64, requires_grad=True):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(rows, inputs, dtype=dtype, generator=generator).requires_grad_(requires_grad)


@pytest.mark.parametrize("changes", [
    {}, {"field": "hamiltonian", "integrator": "verlet"}, {"integrator": "linear_multistep"}, {"integrator": "dopri5", "weights_in_time": "shared"},
    {"opening": "dense"}, {"width": 3, "outputs": 3, "readout": "identity"},
])
def test_gradcheck_in_both_modes(changes):
    module, features = Module(small(**changes)), batch()
    parameters = [parameter for _, parameter in module.named_parameters()]

    def scores(x, *tensors):
        names = [name for name, _ in module.named_parameters()]
        return torch.func.functional_call(module, dict(zip(names, tensors)), (x,))

    tolerances = dict(atol=1e-4, rtol=1e-3) if changes.get("integrator") == "dopri5" else {}
    assert torch.autograd.gradcheck(scores, (features, *parameters), check_forward_ad=True, **tolerances)


def test_images_pass_with_their_axes():
    network = stableode.Network(input_shape=[1, 4, 4], outputs=2, precision="float64", blocks=[{"operator": "convolution", "layers": 2}])
    images = torch.randn(2, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(Module(network), (images,))


def test_scores_are_the_networks():
    network = small(precision="float32")
    features = batch(300, dtype=torch.float32)
    scores = Module(network)(features)
    assert scores.dtype == torch.float32
    assert (scores.detach().numpy() == network.scores(features.detach().numpy())).all()
    scores.sum().backward()  # more samples than the first scratch memory holds
    assert features.grad.shape == features.shape


def test_a_layer_within_a_net_learns():
    torch.manual_seed(0)
    network = stableode.Network(inputs=8, outputs=8, width=8, layers=8, readout="identity", seed=1)
    model = torch.nn.Sequential(torch.nn.Linear(2, 8), Module(network), torch.nn.Linear(8, 5))
    training, _ = stableode.Dataset.problem("peaks", 500, 10)
    x, y = torch.tensor(training.features, dtype=torch.float32), torch.tensor(training.targets)
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_parameters_carry_the_networks_names_and_values():
    network = small()
    module = Module(network)
    state = module.state_dict()
    assert [name for name in state if name != "_extra_state"] == list(network.parameters)
    for name, values in network.parameters.items():
        assert (state[name].numpy() == values).all()
    with torch.no_grad():
        module.get_parameter("readout.b").fill_(0.5)
    assert (module.network.parameters["readout.b"] == 0.5).all() and not (network.parameters["readout.b"] == 0.5).all()
    module.get_parameter("readout.b").data.fill_(0.25)  # leaves no trace in torch's version counter
    expected = module.network.scores(batch().detach().numpy())
    assert (module(batch()).detach().numpy() == expected).all() and (module.network.parameters["readout.b"] == 0.25).all()
    module.load_network(network)
    assert (module.network.parameter_vector == network.parameter_vector).all()
    with pytest.raises(stableode.IncompatibleError, match="other parameter tensors"):
        module.load_network(small(layers=4))


def test_a_shared_network_holds_the_last_values():
    network = small()
    module = Module(network, share=True)
    module.get_parameter("readout.b").data.fill_(2.0)
    module(batch())
    assert module.network is network and (network.parameters["readout.b"] == 2.0).all()
    network.initialize(9)
    module(batch())
    assert (network.parameters["readout.b"] == 2.0).all()


def test_copies_and_files():
    module, features = Module(small()), batch()
    twin = copy.deepcopy(module)
    twin.get_parameter("readout.b").data.fill_(3.0)
    assert not torch.equal(module(features), twin(features))
    file = io.BytesIO()
    torch.save(twin, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(features), twin(features))
    module.load_state_dict(twin.state_dict())
    assert torch.equal(module(features), twin(features))
    assert "antisymmetric of width 4" in repr(module)


def fitted(loss="least_squares"):
    features = numpy.random.default_rng(0).standard_normal((60, 3)) * 1000 + 5e8
    network = small(loss=loss)
    network.fit(features, features[:, :2] if loss == "least_squares" else numpy.arange(60) % 2, epochs=2)
    return network, torch.from_numpy(features)


@pytest.mark.parametrize("loss", ["least_squares", "softmax_cross_entropy"])
def test_a_state_dict_holds_all_that_the_network_computes_with(loss):
    network, features = fitted(loss)
    module, other = Module(network), Module(small(loss=loss))
    file = io.BytesIO()
    torch.save(torch.nn.Sequential(module).float().state_dict(), file)
    file.seek(0)
    other.load_state_dict({name.removeprefix("0."): value.double() for name, value in torch.load(file, weights_only=True).items()})
    assert all((a == b).all() for a, b in zip(other.network.normalization, network.normalization))
    again = Module(small(loss=loss))
    again.load_state_dict(Module(network).state_dict())
    assert torch.equal(again(features), Module(network)(features))
    again.load_state_dict(Module(small(loss=loss)).state_dict())
    assert again.network.normalization is None and again.network.target_scaling is None
    again.load_network(network)
    assert torch.equal(again(features), Module(network)(features))


def test_state_dicts_of_another_kind_are_refused():
    state = Module(fitted()[0]).state_dict()
    with pytest.raises(RuntimeError, match="Missing key.*_extra_state"):
        Module(small()).load_state_dict({name: value for name, value in state.items() if name != "_extra_state"})
    with pytest.raises(stableode.IncompatibleError, match="_extra_state"):
        Module(small()).load_state_dict({**state, "_extra_state": torch.zeros(3)})
    module, extra = Module(small()), torch.tensor([2.0, 0.0, 0.0, 0.0, 1.0, 1.0])
    with pytest.raises(stableode.IncompatibleError, match="normalizes 2 inputs; the network has 3"):
        module.load_state_dict({**state, "_extra_state": extra})


def test_features_may_have_any_leading_axes():
    module, features = Module(small()), batch(10)
    expected = module(features)
    assert torch.equal(module(features.reshape(2, 5, 3)), expected.reshape(2, 5, 2)) and torch.equal(module(features[0]), expected[0])
    (gradient,) = torch.autograd.grad(module(features.reshape(2, 5, 3)).sum(), features)
    assert gradient.shape == features.shape
    with pytest.raises(stableode.ShapeMismatchError, match="features"):
        module(torch.zeros(2, 5, 4, dtype=torch.float64))


def test_errors_say_what_to_do():
    module = Module(small())
    with pytest.raises(stableode.UnsupportedTypeError, match="torch.Tensor"):
        module(numpy.zeros((2, 3)))
    with pytest.raises(stableode.ShapeMismatchError, match="features"):
        module(torch.zeros(2, 4))
    with pytest.raises(stableode.UnsupportedTypeError, match="precision"):
        module.float()(batch())
    with pytest.raises(stableode.IncompatibleError, match="CPU"):
        Module(small())(torch.zeros(2, 3, device="meta"))
    with pytest.raises(stableode.IncompatibleError, match="batch normalization"):
        Module(stableode.Network(inputs=3, outputs=2, width=4, field="pre_activation"))
    (gradient,) = torch.autograd.grad(Module(small())(features := batch()).square().sum(), features, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_parameters_changed_between_the_passes_are_noticed():
    module = Module(small())
    scores = module(batch())
    with torch.no_grad():
        module.get_parameter("readout.b").add_(1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        scores.sum().backward()


def test_only_this_module_imports_torch():
    code = "import sys, stableode, stableode.plots; assert not any(name.split('.')[0] == 'torch' for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
