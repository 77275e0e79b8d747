"""Models that the library wrote: the checker evaluates the network that the library evaluates, and accepts its honest certificates."""

import hashlib
import json
import subprocess
import sys

import numpy
import pytest

import check_certificate as checker
import made
import stableode
from test_certified_radius import changed, numbers, value_at


DENSE = {"inputs": 5, "outputs": 3, "width": 6, "opening": "dense"}
IMAGE = {"input_shape": [2, 6, 5], "outputs": 3}


def block(field, **options):
    return {**DENSE, "blocks": [{"field": field, "layers": 4, **options}]}


NETWORKS = {
    "dense": block("dense"),
    "shared": block("dense", bias="scalar", weights_in_time="shared", activation="softplus"),
    "unequal_steps": block("dense", step_sizes=[0.1, 0.5, 0.2, 0.2], activation="gelu"),
    "whole_steps": block("dense", horizon=4.0, bias="none", activation="identity"),
    "sizes_alone": {**DENSE, "blocks": [{"field": "dense", "step_sizes": [0.3, 0.1, 0.2]}]},
    "pieces": block("gradient_flow", weights_in_time="piecewise_constant", basis_count=3, horizon=0.3),
    "unequal_pieces": block("dense", weights_in_time="piecewise_constant", basis_count=2, step_sizes=[0.1, 0.1, 0.1, 0.5]),
    "heun": block("dense", integrator="heun"),
    "unscaled_stage": block("two_layer", bias="none", integrator="runge_kutta", tableau_a="0.5", tableau_b="0,1", horizon=4.0),
    "unused_stage": block("dense", integrator="runge_kutta", tableau_a="1", tableau_b="1,0", tableau_order=1),
    "two_layer": block("two_layer", hidden_width=4, activation="silu"),
    "antisymmetric": block("antisymmetric", gamma=1.5, horizon=0.2),
    "antisymmetric_rk4": block("antisymmetric", gamma=0.0, integrator="rk4", activation="sigmoid"),
    "damped": block("antisymmetric_damped", gamma=2.0),
    "undamped": block("antisymmetric_damped", gamma=0.0, integrator="rk4"),
    "undamped_midpoint": block("antisymmetric_damped", gamma=0.0, integrator="midpoint"),
    "negative_definite": block("negative_definite", hidden_width=4, activation="elu"),
    "gradient_flow": block("gradient_flow", hidden_width=4, horizon=0.3, activation="relu"),
    "gradient_flow_rk3": block("gradient_flow", horizon=0.3, integrator="rk3", activation="smooth_relu"),
    "row_sums": block("gradient_flow", steps="row_sums", hidden_width=9, activation="leaky_relu"),
    "row_sums_whole_steps": block("gradient_flow", steps="row_sums", hidden_width=9, horizon=4.0),
    "row_sums_rk4": block("gradient_flow", steps="row_sums", hidden_width=9, integrator="rk4", activation="sigmoid"),
    "hamiltonian": block("hamiltonian", integrator="verlet"),
    "hamiltonian_two_weight": block("hamiltonian_two_weight", integrator="verlet", hidden_width=4, horizon=4.0),
    "hamiltonian_h": block("hamiltonian_h", integrator="verlet", hidden_width=4),
    "identity": {"inputs": 5, "outputs": 6, "width": 6, "readout": "identity", "blocks": [{"field": "dense", "layers": 3, "activation": "sin"}]},
    "targets": {**DENSE, "loss": "least_squares", "blocks": [{"field": "two_layer", "layers": 2}]},
    "one_output": {**DENSE, "outputs": 1, "loss": "logistic", "blocks": [{"field": "dense", "layers": 2}]},
    "second_order": block("second_order", form="gradient", integrator="leapfrog", horizon=0.5),
    "multistep": block("gradient_flow", integrator="linear_multistep", horizon=0.3),
    "multistep_given": {"inputs": 6, "outputs": 3, "blocks": [{"field": "gradient_flow", "integrator": "linear_multistep", "multistep_start": "given", "layers": 3, "horizon": 0.3}]},
    "multistep_negative": block("negative_definite", integrator="linear_multistep", horizon=0.3),
    "multistep_one_channel": {"inputs": 1, "outputs": 2, "blocks": [{"field": "gradient_flow", "integrator": "linear_multistep", "multistep_shape": "per_channel", "layers": 4, "horizon": 0.1}]},
    "rotate_relax": block("rotate_relax", integrator="cayley", horizon=0.3),
    "rotate_relax_image": {**IMAGE, "blocks": [{"field": "rotate_relax", "operator": "convolution", "layers": 2, "groups": 2, "integrator": "cayley", "horizon": 0.1, "convolution": "direct"}]},
    "rotate_relax_kernel": {**IMAGE, "blocks": [{"field": "rotate_relax", "operator": "convolution", "rotation": "kernel", "layers": 1, "horizon": 0.1, "padding": "periodic", "convolution": "direct"}]},
    "pixels_with_reflections": {**IMAGE, "blocks": [{"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2, "kernel": 1, "padding": "reflect"}]},
    "groups_negative": {**IMAGE, "blocks": [{"connector": "convolution", "channels": 4, "convolution": "direct"}, {"field": "negative_definite", "operator": "convolution", "layers": 2, "groups": 2, "convolution": "direct"}]},
    "port_hamiltonian": block("port_hamiltonian"),
    "port_hamiltonian_implicit": block("port_hamiltonian", integrator="implicit_midpoint", solver_tolerance=1e-5, solver_iterations=9),
    "connectors": {"inputs": 5, "outputs": 3, "blocks": [{"connector": "dense", "features": 4, "activation": "tanh"}, {"connector": "activation", "activation": "relu"}, {"field": "dense", "layers": 2}]},
    "image": {
        **IMAGE, "blocks": [{"connector": "convolution", "channels": 4, "activation": "relu", "convolution": "direct"}, {"field": "gradient_flow", "operator": "convolution", "layers": 2, "convolution": "direct", "horizon": 0.1},
                            {"connector": "flatten"}, {"connector": "dense", "features": 5}],
    },
    "image_strides": {
        **IMAGE, "blocks": [{"connector": "convolution", "channels": 4, "stride": 2, "margin": 1, "convolution": "direct"},
                            {"field": "antisymmetric", "gamma": 0.4, "operator": "convolution", "layers": 2, "groups": 2, "convolution": "direct"}, {"connector": "global_average"}],
    },
    "image_row_sums": {
        **IMAGE, "blocks": [{"connector": "convolution", "channels": 4, "kernel": 2, "dilation": 2}, {"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2, "groups": 2, "hidden_width": 6},
                            {"connector": "max_pooling", "window": 2}, {"connector": "channel_copies", "channels": 8}, {"connector": "channel_padding", "channels": 9, "stride": 2}],
    },
    "image_of_one_column": {
        **IMAGE, "blocks": [{"connector": "max_pooling", "window": 3, "window_margin": 1}, {"connector": "average_pooling", "window": 2, "window_stride": 2}, {"connector": "convolution", "channels": 3, "stride": 2, "padding": "periodic"},
                            {"field": "dense", "operator": "convolution", "layers": 2}],
    },
    "image_of_one_line": {
        "input_shape": [2, 1, 6], "outputs": 3, "blocks": [{"connector": "convolution", "channels": 3, "stride": 2}, {"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2, "padding": "periodic"}],
    },
    "image_margins": {
        **IMAGE, "blocks": [{"connector": "max_pooling", "window": 3, "window_margin": 1}, {"field": "dense", "operator": "convolution", "layers": 2, "convolution": "direct"}],
    },
    "image_winograd": {
        **IMAGE, "blocks": [{"connector": "convolution", "channels": 4, "activation": "relu"}, {"field": "gradient_flow", "operator": "convolution", "layers": 2, "horizon": 0.1, "hidden_width": 6},
                            {"field": "two_layer", "operator": "convolution", "layers": 1, "groups": 2}, {"field": "negative_definite", "operator": "convolution", "layers": 1, "bias": "scalar"}],
    },
    "image_winograd_periodic": {
        **IMAGE, "blocks": [{"connector": "convolution", "channels": 4, "activation": "relu", "padding": "periodic"}, {"field": "gradient_flow", "operator": "convolution", "layers": 2, "horizon": 0.1, "hidden_width": 6, "padding": "periodic"},
                            {"field": "antisymmetric_damped", "gamma": 0.5, "operator": "convolution", "layers": 1, "groups": 2, "padding": "periodic"}, {"field": "antisymmetric", "gamma": 0.5, "operator": "convolution", "layers": 1}],
    },
    "image_winograd_row_sums": {
        **IMAGE, "blocks": [{"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2, "hidden_width": 6, "padding": "periodic", "activation": "relu"},
                            {"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2, "hidden_width": 4, "groups": 2, "bias": "scalar", "integrator": "heun", "activation": "sigmoid"}],
    },
    "image_row_sums_in_order": {
        **IMAGE, "blocks": [{"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2, "kernel": 5, "convolution": "direct"},
                            {"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 1, "padding": "periodic", "convolution": "direct", "hidden_width": 3, "activation": "softplus"}],
    },
    "image_periodic": {
        **IMAGE, "blocks": [{"field": "dense", "operator": "convolution", "layers": 2, "padding": "periodic", "convolution": "direct"}, {"connector": "average_pooling", "window": 2}, {"connector": "first_channels", "channels": 1}],
    },
}  # fmt: skip


#: What the checker does not evaluate at an input.
UNKNOWN_MAPS = ("targets", "undamped_midpoint", "second_order", "multistep", "multistep_given", "multistep_negative", "multistep_one_channel", "rotate_relax", "rotate_relax_image", "rotate_relax_kernel", "port_hamiltonian", "port_hamiltonian_implicit")
#: Statements that must be proved of some networks, so that the tests are about them.
PROVED = {
    "undamped": ["step_size"], "undamped_midpoint": ["step_size"], "second_order": ["step_size"], "multistep": ["zero_stability", "absolute_stability"], "multistep_given": ["zero_stability", "absolute_stability"],
    "multistep_negative": ["absolute_stability"], "multistep_one_channel": ["absolute_stability"], "pieces": ["non_expansive", "step_size", "certified_radius"], "row_sums_whole_steps": ["non_expansive", "step_size", "certified_radius"], "row_sums_rk4": ["non_expansive", "step_size"], "unscaled_stage": ["certified_radius"],
    "rotate_relax_image": ["non_expansive", "lipschitz_l2"], "rotate_relax_kernel": ["lipschitz_l2"], "pixels_with_reflections": ["non_expansive"], "groups_negative": ["certified_radius"],
    "image_margins": ["lipschitz_l2", "certified_radius"], "image_winograd": ["lipschitz_l2", "certified_radius"], "image_winograd_periodic": ["lipschitz_l2", "certified_radius"], "image_winograd_row_sums": ["non_expansive", "certified_radius"],
    "image_row_sums_in_order": ["non_expansive", "certified_radius"], "image_row_sums": ["certified_radius"], "damped": ["non_expansive"], "hamiltonian": ["volume"], "port_hamiltonian": ["port_hamiltonian"], "port_hamiltonian_implicit": ["port_hamiltonian"],
}  # fmt: skip


def network(name, precision="float32", normalized=False):
    rng = numpy.random.default_rng(0)
    made_network = stableode.Network(seed=3, precision=precision, **NETWORKS[name])
    for tensor, values in made_network.parameters.items():
        made_network.parameters[tensor] = values + 0.05 * rng.standard_normal(values.shape).astype(values.dtype)
    if name == "targets":
        made_network.target_scaling = ([1.0, 2.0, 3.0], [2.0, 0.5, 1.0])
    if normalized:
        made_network.normalization = (rng.standard_normal(made_network.inputs), rng.uniform(0.5, 2, made_network.inputs))
    if normalized == "squashed" and "input_shape" not in NETWORKS[name]:
        made_network.squashing = numpy.arange(made_network.inputs) % 3 != 1
    return made_network


@pytest.mark.parametrize("normalized", [False, True, "squashed"])
@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in UNKNOWN_MAPS])
def test_the_network_at_an_input(name, normalized):
    """The reference network in whole numbers against the library in float64, where the activations' and the sums' roundings are a few 1e-16."""
    net = network(name, "float64", normalized)
    model = checker.Model(net.to_bytes())
    norms = checker.Norms(model, [])
    blocks = {stage.index: checker.Block(model, norms, stage) for stage in model.stages if stage.kind == "block"}
    layers = {index: [checker.Fraction(2)] * len(part.steps) for index, part in blocks.items()}
    bounds = dict.fromkeys(range(len(model.stages)), checker.Fraction(2))
    evaluation = checker.Evaluation(model, blocks, bounds, layers, norms.places)
    x = numpy.random.default_rng(1).standard_normal(net.inputs)
    state = evaluation.run([float(v) for v in x])
    assert state.radius < checker.Fraction(1, 10**40)
    values = numpy.array([v / checker.ONE for v in state.center])
    if model.stages[-1].choice("readout") == "dense":
        values = net.parameters["readout.W"] @ values + net.parameters["readout.b"]
    assert abs(values - net.scores(x[None])[0]).max() <= 1e-13 * (1 + abs(values).max())


# ---- Certificates that the library makes --------------------------------------------------------------------------------------------------------------------------------------------------------


def certificates(net):
    """All proved certificates of a network, with their statements."""
    x = numpy.random.default_rng(2).standard_normal(net.inputs)
    for statement in stableode.certificates():
        if statement != "certified_radius":
            yield statement, net.certify(statement)
            continue
        yield statement, net.certify(statement, x)
        yield statement, net.certify(statement, x.astype(numpy.float32))


@pytest.mark.parametrize("name", ["row_sums", "zero_padding"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_squashed_inputs_are_certified(name, precision):
    """For inputs near and far, whose asinh differs from them; and no claim can be made stronger, nor is that of the same network without asinh one of this."""
    options = NETWORKS["row_sums"] if name == "row_sums" else {"inputs": 5, "outputs": 3, "width": 6, "opening": "zero_padding", "blocks": [{"field": "gradient_flow", "horizon": 0.1, "layers": 2}]}
    net = stableode.Network(seed=3, precision=precision, **options)
    net.normalization = ([0.1, -3.0, 1e4, 0.0, 2.0], [1.0, 100.0, 1e-3, -7.0, 0.5])
    x = numpy.array([1e5, 20.0, -1e6, 0.001, 2.0], precision)
    plain = net.certify("certified_radius", x)
    net.squashing = [True, True, True, False, True]
    data = net.to_bytes()
    for statement in ("lipschitz_l2", "lipschitz_linf", "non_expansive", "certified_radius"):
        certificate = net.certify(statement, x if statement == "certified_radius" else None)
        assert certificate.verdict == ("not_provable" if (name, statement) == ("row_sums", "lipschitz_linf") else "proved"), certificate.reason
        if certificate.verdict != "proved":
            continue
        assert checker.check(data, certificate.text.encode())
        content = json.loads(certificate.text)
        for path in numbers(content):
            old = value_at(content, path)
            stronger = {"bound": old * 0.9, "lipschitz": old * 0.9, "error": old * 0.9, "center": old * 0.9, "margin": old * 1.1 + 1e-3, "radius": old * 2 + 1e-3}
            if path[-1] in stronger and path[0] not in ("options", "repair") and old not in (0, 5e-324):
                with pytest.raises(checker.Rejected):
                    checker.check(data, made.signed(changed(content, path, stronger[path[-1]])))
    with pytest.raises(checker.Rejected):
        checker.check(data, made.signed({**json.loads(plain.text), "model": content["model"], "verdict": "proved"}))


#: Networks whose weights nobody needs to know: mixed from coefficients in time, scaled in evaluation or by their norms, normalized inside, over convolutions with any padding.
WEIGHTLESS = {
    "piecewise_linear": ("zero_stability", [{"field": "gradient_flow", "integrator": "linear_multistep", "layers": 5, "weights_in_time": "piecewise_linear", "basis_count": 3}]),
    "b_spline": ("volume", [{"field": "hamiltonian", "integrator": "verlet", "layers": 5, "weights_in_time": "b_spline", "basis_count": 4, "spline_degree": 2}]),
    "polynomial": ("port_hamiltonian", [{"field": "port_hamiltonian", "integrator": "rk4", "layers": 5, "weights_in_time": "polynomial", "basis_count": 2}]),
    "tight": ("zero_stability", [{"field": "gradient_flow", "steps": "tight", "integrator": "linear_multistep", "layers": 3}]),
    "stochastic_depth": ("volume", [{"field": "second_order", "integrator": "verlet", "layers": 3, "noise": "stochastic_depth", "survival_scaling": "none"}]),
    "two_blocks": ("zero_stability", [{"field": "dense", "integrator": "linear_multistep", "layers": 3}, {"connector": "dense", "features": 4}, {"field": "continuous_rnn", "integrator": "linear_multistep", "layers": 2}]),
}  # fmt: skip
WEIGHTLESS_IMAGES = {
    "reflect": ("volume", [{"field": "hamiltonian_two_weight", "integrator": "verlet", "operator": "convolution", "layers": 2, "padding": "reflect"}]),
    "port_hamiltonian": ("port_hamiltonian", [{"field": "port_hamiltonian", "operator": "convolution", "layers": 2}]),
    "normalization": ("zero_stability", [{"field": "pre_activation", "operator": "convolution", "integrator": "linear_multistep", "layers": 3, "normalization": "layer"}]),
}  # fmt: skip


@pytest.mark.parametrize("name", [*WEIGHTLESS, *WEIGHTLESS_IMAGES])
def test_statements_that_hold_whatever_the_weights_are(name):
    """Other statements about the same network are refused, and so are others' numbers k."""
    statement, blocks = {**WEIGHTLESS, **WEIGHTLESS_IMAGES}[name]
    net = stableode.Network(**(DENSE if name in WEIGHTLESS else IMAGE), blocks=blocks, **({"opening_norm": "aol", "readout_norm": "tight"} if name == "polynomial" else {}))
    data, certificate = net.to_bytes(), net.certify(statement)
    assert certificate.verdict == "proved" and checker.check(data, certificate.text.encode())
    content = json.loads(certificate.text)
    with pytest.raises(checker.Rejected, match="has no norms"):
        checker.check(data, made.signed({**content, "norms": [{"operator": "matrix", "tensor": "readout.W", "norm": "l2", "bound": 1e9}]}))
    for other in ("non_expansive", "step_size", "lipschitz_l2", "energy", "contraction", "absolute_stability", *({"zero_stability", "volume", "port_hamiltonian"} - {statement})):
        with pytest.raises(checker.Rejected):
            checker.check(data, made.signed({**content, "statement": other, "options": {"limit": 0}, "stages": [], "result": {"lipschitz": 1e9}}))
    for path in numbers(content):
        if path[0] == "hypotheses" and path[-1] in ("value", "limit"):
            old = value_at(content, path)
            # As if more were known: a number above those that are bounded from below, or a limit beyond that of the theorem.
            stronger = old + 10 if (content["hypotheses"][path[1]]["relation"] in (">", ">=")) == (path[-1] == "value") else old - 10
            with pytest.raises(checker.Rejected):
                checker.check(data, made.signed(changed(content, path, stronger)))
    if statement == "zero_stability":
        for block in (i for i, _ in enumerate(part for part in blocks if "field" in part)):
            k = net.parameters[f"blocks.{block}.k"].copy()
            for place, value in ((0, 1.5), (-1, -1.0)):
                wrong = k.copy()
                wrong.reshape(-1)[place] = value
                net.parameters[f"blocks.{block}.k"] = wrong
                forged = {**content, "model": {"sha256": hashlib.sha256(net.to_bytes()).hexdigest(), "bytes": len(net.to_bytes())}}
                with pytest.raises(checker.Rejected):
                    checker.check(net.to_bytes(), made.signed(forged))
            net.parameters[f"blocks.{block}.k"] = k


def takes(integrator):
    try:
        stableode.Network(**block("port_hamiltonian", integrator=integrator))
    except stableode.IncompatibleError:
        return False
    return True


#: Integrators that take a field of one component without a part to split off.
INTEGRATORS = [name for name in stableode.registry("integrators") if takes(name)]


def test_most_integrators_take_the_field():
    assert {"euler", "rk4", "implicit_midpoint", "dopri5", "linear_multistep", "leapfrog"} <= set(INTEGRATORS) and len(INTEGRATORS) >= 15


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_statements_about_the_equation_hold_for_all_its_integrators(integrator):
    """And for no integrator of another equation: the library names the reason, and the checker refuses a certificate."""
    net = stableode.Network(**block("port_hamiltonian", integrator=integrator))
    certificate = net.certify("port_hamiltonian")
    if integrator in checker.OTHER_EQUATIONS:
        honest = stableode.Network(**block("port_hamiltonian")).certify("port_hamiltonian")
        assert certificate.verdict == "not_provable" and "another equation" in certificate.reason
        with pytest.raises(checker.Rejected):
            checker.check(net.to_bytes(), made.signed({**json.loads(honest.text), "model": json.loads(certificate.text)["model"]}))
    else:
        assert certificate.verdict == "proved" and checker.check(net.to_bytes(), certificate.text.encode())


@pytest.mark.parametrize("normalized", [False, True, "squashed"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_honest_certificates_are_accepted(name, precision, normalized):
    net = network(name, precision, normalized)
    data, proved = net.to_bytes(), set()
    for statement, certificate in certificates(net):
        if certificate.verdict == "proved":
            assert checker.check(data, certificate.text.encode()), statement
            proved.add(statement)
        else:
            with pytest.raises(checker.Rejected, match="proves nothing"):
                checker.check(data, certificate.text.encode())
    assert proved and proved >= set(PROVED.get(name, ()))


@pytest.mark.parametrize("name", ["row_sums", "hamiltonian", "image", "image_winograd", "image_winograd_periodic", "image_winograd_row_sums", "damped"])
def test_no_number_of_the_librarys_certificates_can_be_changed(name):
    """Without a new digest nothing can be changed; with one, no claim can be made stronger."""
    net = network(name)
    data = net.to_bytes()
    for _, certificate in certificates(net):
        if certificate.verdict != "proved":
            continue
        content = json.loads(certificate.text)
        for path in numbers(content):
            old = value_at(content, path)
            with pytest.raises(checker.Rejected):
                checker.check(data, json.dumps(changed(content, path, old * 1.5 + 1), separators=(",", ":")).encode())
            # A margin is compared with what is true; all other bounds are bounds from above.
            stronger = {"bound": old * 0.9, "lipschitz": old * 0.9, "error": old * 0.9, "center": old * 0.9, "margin": old * 1.1 + 1e-3, "radius": old * 2 + 1e-3, "factor": old * 0.9}
            if path[-1] in stronger and path[0] not in ("options", "repair") and not (old == 5e-324 or old == 0):
                with pytest.raises(checker.Rejected):
                    checker.check(data, made.signed(changed(content, path, stronger[path[-1]])))


@pytest.mark.parametrize("kernel", [1, 3])
def test_a_wide_margin_around_a_torus_is_not_certified(kernel):
    """Neither by the library nor, with the norm of the torus, by a forger."""
    image = {"connector": "convolution", "channels": 2, "kernel": kernel, "padding": "periodic", "margin": (kernel + 1) // 2, "bias": "none", "convolution": "direct"}
    net = stableode.Network(**IMAGE, blocks=[image, {"field": "dense", "operator": "convolution", "layers": 1, "convolution": "direct"}])
    model = checker.Model(net.to_bytes())
    place = checker.geometry(next(stage for stage in model.stages if stage.kind == "connector"))
    for norm in ("l2", "linf", "l1", "sums"):
        claim = {"operator": "matrix", "tensor": "connectors.0.K", "norm": norm, "bound": 1e9, "geometry": place}
        with pytest.raises(checker.Rejected, match="several times"):
            checker.Norms(model, [claim]).prove_all()
    with pytest.raises(checker.Rejected):
        checker.check(net.to_bytes(), net.certify("lipschitz_l2").text.encode())


def test_no_byte_of_a_model_can_be_changed(tmp_path):
    net = network("gradient_flow")
    data, text = net.to_bytes(), net.certify("non_expansive").text.encode()
    assert checker.check(data, text)
    for place in range(0, len(data), 97):
        altered = bytearray(data)
        altered[place] ^= 4
        with pytest.raises(checker.Rejected):
            checker.check(bytes(altered), text)
    net.save(tmp_path / "model")
    (tmp_path / "certificate").write_bytes(text)
    shown = subprocess.run([sys.executable, "-I", "-S", checker.__file__, tmp_path / "model", tmp_path / "certificate"], capture_output=True, text=True)
    assert shown.returncode == 0 and "non-expansive in ℓ₂" in shown.stdout


# ---- Next to the largest number -----------------------------------------------------------------------------------------------------------------------------------------------------------------

FIELDS_OF_RADII = ("dense", "two_layer", "gradient_flow", "antisymmetric", "antisymmetric_damped", "negative_definite")


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("options", [*({"field": field, "integrator": integrator} for field in FIELDS_OF_RADII for integrator in ("euler", "rk4")), {"field": "gradient_flow", "steps": "row_sums"}, {"field": "antisymmetric_damped", "gamma": 30.0, "horizon": 0.1}, {"field": "hamiltonian", "integrator": "verlet"}])
def test_radii_up_to_an_overflow_are_accepted(options, precision):
    """Subnormal weights certify whole balls of finite numbers: the sums of a step may come next to the largest number, as long as none exceeds it."""
    net = stableode.Network(**{**DENSE, "opening": "zero_padding"}, precision=precision, seed=4, blocks=[{"layers": 3, "bias": "none", **options}])
    for name, values in net.parameters.items():
        if name != "readout.b":
            net.parameters[name] = values * (1e-42 if precision == "float32" else 1e-315)
    net.parameters["readout.b"] = numpy.array([1.0, 0.0, -1.0], values.dtype)
    certificate = net.certify("certified_radius", numpy.ones(5, "float32"))
    assert certificate["radius"] > (1e37 if precision == "float32" else 1e299)
    assert checker.check(net.to_bytes(), certificate.text.encode())


def enlarged(certificate, factor):
    """The text of a certificate with a larger radius, signed anew: a claim that the library does not make."""
    content = json.loads(certificate.text)
    content["result"]["radius"] *= factor
    content.pop("claim")
    return made.signed({**content, "claim": "a sentence"})


def holds_and_ends(net, x, beyond):
    """An honest radius is accepted, and every input within it has its class; a radius in which an input has no scores is not accepted."""
    certificate = net.certify("certified_radius", x)
    assert certificate.verdict == "proved" and checker.check(net.to_bytes(), certificate.text.encode())
    predicted = net.predict(x[None])[0]
    for direction in ([1, 0], [0, 1], [1, 1], [-1, 0]):
        point = x + numpy.array(direction) * (0.99 * certificate["radius"] / numpy.linalg.norm(direction))
        assert net.predict(point.astype("float32")[None])[0] == predicted
    with pytest.raises(stableode.NotFiniteError):
        # To one side or to the other, because relu of −∞ is 0.
        net.scores((x + numpy.array([[beyond * certificate["radius"], 0], [-beyond * certificate["radius"], 0]])).astype("float32"))
    with pytest.raises(checker.Rejected):
        checker.check(net.to_bytes(), enlarged(certificate, 1.01 * beyond))


def test_rates_that_overflow_are_not_accepted():
    """Of a damping that is large beside a tiny step: Euler's method multiplies by both at once, others store the rate."""
    for integrator in ("euler", "heun"):
        net = stableode.Network(inputs=2, outputs=2, width=2, opening="zero_padding", seed=1, blocks=[{"field": "antisymmetric_damped", "integrator": integrator, "gamma": 1e6, "layers": 1, "horizon": 1e-9, "activation": "tanh"}])
        net.parameters["readout.W"] = numpy.eye(2, dtype="float32")
        if integrator == "euler":
            certificate = net.certify("certified_radius", numpy.array([3e32, 0], "float32"))
            assert certificate.verdict == "proved" and checker.check(net.to_bytes(), certificate.text.encode())
        else:
            holds_and_ends(net, numpy.array([3e31, 0], "float32"), 20)


def test_factors_that_overflow_before_the_step_are_not_accepted():
    """Steps row_sums divide by h before the step multiplies by it."""
    net = stableode.Network(inputs=2, outputs=2, width=2, opening="zero_padding", seed=1, blocks=[{"field": "gradient_flow", "steps": "row_sums", "layers": 1, "horizon": 1e-30, "activation": "relu", "bias": "none"}])
    for name, values in net.parameters.items():
        net.parameters[name] = numpy.zeros(values.shape, "float32") if values.shape[-2:] != (2, 2) else numpy.broadcast_to(numpy.eye(2, dtype="float32"), values.shape)
    # The class is the same for all inputs that the library computes.
    net.parameters["readout.b"] = numpy.array([0, 1e12], "float32")
    holds_and_ends(net, numpy.array([1e3, 1e3], "float32"), 1e3)


@pytest.mark.parametrize(("field", "scale"), [("dense", 1.5e22), ("two_layer", 1.5e7), ("negative_definite", 1.5e7)])
def test_sums_that_overflow_inside_of_a_step_are_not_accepted(field, scale):
    """Large weights and a tiny step: states stay small, and what is multiplied by the step does not."""
    net = stableode.Network(inputs=2, outputs=2, width=2, opening="zero_padding", seed=1, blocks=[{"field": field, "layers": 1, "horizon": 1e-30, "activation": "relu"}])
    for name, values in net.parameters.items():
        scaled = 1.0 if name == "readout.W" else 1e15 if name.split(".")[-1][0] in "KC" else 0.0
        net.parameters[name] = (numpy.broadcast_to(numpy.eye(2), values.shape) if values.shape[-2:] == (2, 2) else numpy.zeros(values.shape)) * numpy.float32(scaled)
    holds_and_ends(net, numpy.array([2 * scale, scale], "float32"), 100)
