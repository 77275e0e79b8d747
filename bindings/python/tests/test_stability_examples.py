"""Published examples: what looks stable and is not, and the limits of the theorems just inside and just outside (Theory.md §6)."""

import numpy
import pytest

import stableode

REPORT = dict(singular_values=0, lyapunov_exponents=0, region_points=0)


def proved(network):
    """Statement → certificate, of all that are proved. Certified radii are left out: a ball of some radius holds for every continuous map."""
    found = {statement: network.certify(statement) for statement in stableode.certificates() if statement != "certified_radius"}
    return {statement: certificate for statement, certificate in found.items() if certificate}


def assert_not_certified_as_non_growing(network, growth):
    """No statement says that distances do not grow: Λ admits the growth, and what holds of frozen layers says that it holds of them alone."""
    certificates = proved(network)
    assert set(certificates) <= {"lipschitz_l2", "lipschitz_linf", "step_size"}
    if "lipschitz_l2" in certificates:
        assert certificates["lipschitz_l2"]["lipschitz"] >= growth
    if "step_size" in certificates:
        assert "products of different layers" in certificates["step_size"].claim and "may grow" in certificates["step_size"].claim
    for limit in (1.0, 0.9 * growth):
        assert network.certify("lipschitz_l2", limit=limit).verdict != "proved"


def test_slopes_that_switch_grow_85_times_in_a_period():
    """ẏ = D(t)Sy with S = [[0, 1], [−1, 0]] and D = diag(1, 1/85) for a quarter of a turn, then diag(1/85, 1): (0, 1) becomes (√85, 0), then (0, −85)."""
    turn = numpy.array([[0.0, 1.0], [-1.0, 0.0]])
    y, d = numpy.array([0.0, 1.0]), 1 / 85
    quarter = numpy.pi / 2 / numpy.sqrt(d)
    for slopes in (numpy.array([1.0, d]), numpy.array([d, 1.0])):
        jacobian = slopes[:, None] * turn
        assert abs(numpy.linalg.eigvals(jacobian).real).max() < 1e-15
        # exp(tJ) of a matrix with J² = −dI.
        y = numpy.cos(quarter * numpy.sqrt(d)) * y + numpy.sin(quarter * numpy.sqrt(d)) / numpy.sqrt(d) * jacobian @ y
    assert y == pytest.approx([0, -85], abs=1e-11)


@pytest.mark.parametrize("integrator", ["euler", "rk4"])
def test_a_network_with_switching_slopes_is_not_certified(integrator):
    """Biases choose the slopes of leaky_relu, 1 and 1/100, along a path of states: a period makes a perturbation 100 times larger."""
    layers, slope = 200, 0.01
    network = stableode.Network(
        inputs=2, outputs=2, readout="identity", loss="least_squares", precision="float64", activation="leaky_relu", integrator=integrator, layers=layers, horizon=numpy.pi / numpy.sqrt(slope),
    )  # fmt: skip
    turn = numpy.array([[0.0, 1.0], [-1.0, 0.0]])
    y, step, biases = numpy.zeros(2), numpy.pi / numpy.sqrt(slope) / layers, []
    for j in range(layers):
        target = numpy.array([1.0, -1.0] if j < layers // 2 else [-1.0, 1.0])
        biases.append(target - turn @ y)

        def field(y, bias=biases[-1]):
            inner = turn @ y + bias
            return numpy.where(inner > 0, inner, slope * inner)

        if integrator == "euler":
            y = y + step * field(y)
        else:
            k1 = field(y)
            k2 = field(y + step / 2 * k1)
            k3 = field(y + step / 2 * k2)
            y = y + step / 6 * (k1 + 2 * k2 + 2 * k3 + field(y + step * k3))
    network.parameters["blocks.0.K"] = numpy.tile(turn, (layers, 1, 1))
    network.parameters["blocks.0.b"] = numpy.array(biases)
    report = network.stability_report(numpy.zeros((1, 2)), **{**REPORT, "singular_values": 2})
    assert abs(report.eigenvalues.real).max() < 1e-12
    assert report.singular_values[0, 0, 0] > 85
    assert_not_certified_as_non_growing(network, report.singular_values[0, 0, 0])


def test_a_chaotic_tanh_network_of_width_8_is_not_certified():
    """Constant weights, antisymmetric, γ = 0: every eigenvalue of every Jacobian is imaginary, and neighbors separate exponentially."""
    network = stableode.Network(
        inputs=8, outputs=8, readout="identity", loss="least_squares", precision="float64", integrator="rk4", layers=2000, horizon=100.0, weights_in_time="shared",
    )  # fmt: skip
    random = numpy.random.default_rng(5)
    network.parameters["blocks.0.K"] = 4 * random.standard_normal((1, 8, 8))
    network.parameters["blocks.0.b"] = 0.5 * random.standard_normal((1, 8))
    report = network.stability_report(random.standard_normal((1, 8)), **{**REPORT, "lyapunov_exponents": 1, "singular_values": 1, "depths": 2})
    assert abs(report.eigenvalues.real).max() < 1e-12
    exponent = report.lyapunov_exponents.max()
    assert exponent > 0.2 and report.singular_values[0, 0, 0] > 1e9
    assert_not_certified_as_non_growing(network, report.singular_values[0, 0, 0])


def statement(report, sense):
    """The statement of a report whose sense contains `sense`."""
    return next(entry for entry in report.statements if sense in entry["sense"])


def test_stability_is_that_of_the_jacobian():
    """K = [[1, −3], [1, −2]] has Re λ = −½; with the slopes 1 and 0.1 the Jacobian has the trace 0.8."""
    network = stableode.Network(inputs=2, outputs=2, precision="float64", field="dense", layers=1, horizon=0.1)
    kernel = numpy.array([[1.0, -3.0], [1.0, -2.0]])
    network.parameters["blocks.0.K"] = kernel[None]
    network.parameters["blocks.0.b"] = numpy.array([[0.0, numpy.arctanh(numpy.sqrt(0.9))]])
    assert numpy.linalg.eigvals(kernel).real.max() == pytest.approx(-0.5)
    report = network.stability_report(numpy.zeros((1, 2)))
    wanted = numpy.linalg.eigvals(numpy.diag([1, 0.1]) @ kernel)
    assert sorted(report.eigenvalues[0, 0].real) == pytest.approx(sorted(wanted.real), abs=1e-10) and wanted.real.max() > 0
    assert statement(report, "Re λ(J)")["holds"] is False
    assert statement(report, "absolute stability of euler for the frozen Jacobians")["holds"] is False
    assert report.largest_step[0, 0] == 0
    assert_not_certified_as_non_growing(network, report.singular_values[0, 0, 0])


@pytest.mark.parametrize("layers", [16, 32, 64, 128, 1024])
def test_the_swiss_roll_recipe_is_outside_its_own_criterion(layers):
    """Haber & Ruthotto's antisymmetric layers for the Swiss roll: width 4, tanh, T = 20, Euler's method, γ = 0, a scalar bias. |1 + hλ| <= 1 fails at every step size, as the theory says of imaginary eigenvalues."""
    network = stableode.Network(inputs=2, outputs=2, width=4, field="antisymmetric", gamma=0.0, activation="tanh", bias="scalar", integrator="euler", layers=layers, horizon=20.0, precision="float64", seed=2)
    report = network.stability_report([[0.3, -0.4], [-0.1, 0.8]], **REPORT)
    criterion = statement(report, "absolute stability of euler for the frozen Jacobians")
    assert criterion["holds"] is False and criterion["value"] > 1 and len(criterion["violated_layers"]) > 0
    # The criterion of the differential equation, Re λ <= 0, holds all the same.
    assert statement(report, "Re λ(J)")["holds"] is True
    certificate = network.certify("step_size")
    assert certificate.verdict == "refuted" and certificate.witness["ratio"] > 1
    assert set(proved(network)) <= {"lipschitz_l2", "lipschitz_linf"}


def shift(k, layers=1):
    """k·[[0, 1], [0, 0]]: ‖K‖ = k, ‖½(K − Kᵀ)‖ = k/2."""
    return numpy.tile(numpy.array([[0.0, k], [0.0, 0.0]]), (layers, 1, 1))


#: (statement, options, weights, largest horizon, verdict outside); E1 h = 2g/(g² + s²), E2 2r/k², E3 1/s, E4 2/k and 2/(k₁k₂) and 2/√λ, E6 h(γ + s)² = 2(γ − s/2).
LIMITS = {
    "E1": ("step_size", dict(field="antisymmetric", gamma=1.0), {"K": shift(2.0)}, 0.8, "refuted"),
    "E11": ("energy", dict(field="antisymmetric", gamma=1.0), {"K": shift(2.0)}, 0.8, "not_provable"),
    "E2": ("non_expansive", dict(field="gradient_flow"), {"K": shift(3.0)}, 2 / 9, "refuted"),
    "E2 frozen": ("step_size", dict(field="gradient_flow"), {"K": shift(3.0)}, 2 / 9, "refuted"),
    "E2 heun": ("non_expansive", dict(field="gradient_flow", integrator="heun"), {"K": shift(3.0)}, 2 / 9, "not_provable"),
    "E2 rk4": ("non_expansive", dict(field="gradient_flow", integrator="rk4"), {"K": shift(3.0)}, 2 / 9, "not_provable"),
    "E2 rk3": ("non_expansive", dict(field="gradient_flow", integrator="rk3"), {"K": shift(3.0)}, 1 / 9, "not_provable"),
    "E2 sigmoid": ("non_expansive", dict(field="gradient_flow", activation="sigmoid"), {"K": shift(3.0)}, 8 / 9, "refuted"),
    "E3": ("step_size", dict(field="antisymmetric", integrator="midpoint"), {"K": shift(4.0)}, 0.5, "refuted"),
    "E4": ("step_size", dict(field="hamiltonian", integrator="verlet"), {"K": shift(3.0)}, 2 / 3, "refuted"),
    "E4 two weights": ("step_size", dict(field="hamiltonian_two_weight", integrator="verlet"), {"K1": shift(3.0), "K2": shift(0.5)}, 2 / 1.5, "not_provable"),
    "E4 leapfrog": ("step_size", dict(field="second_order", form="gradient", integrator="leapfrog"), {"K": shift(3.0)}, 2 / 3, "refuted"),
    "E5": ("absolute_stability", dict(field="gradient_flow", integrator="linear_multistep", layers=2, weights_in_time="shared"), {"K": shift(1.0), "k": numpy.array([[0.25]])}, 3.0, "not_provable"),
    "E6": ("contraction", dict(field="antisymmetric_damped", gamma=3.0), {"K": shift(2.0)}, 2 * 2.5 / 16, "not_provable"),
    "imaginary axis": ("step_size", dict(field="antisymmetric", integrator="rk4"), {"K": shift(2.0)}, numpy.sqrt(8), "not_provable"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_limits_just_inside_and_just_outside(name):
    certified, options, weights, largest, outside = LIMITS[name]
    for factor, verdict in ((1 - 1e-5, "proved"), (1 + 1e-7, "not_proved"), (1 + 1e-4, outside)):
        network = stableode.Network(**{"inputs": 2, "outputs": 2, "precision": "float64", "bias": "none", "layers": 1, **options, "horizon": largest * factor})
        for tensor, values in weights.items():
            network.parameters[f"blocks.0.{tensor}"] = values
        found = network.certify(certified).verdict
        assert found == verdict or verdict == "not_proved" != found != "proved", factor


@pytest.mark.parametrize(("k", "verdict"), [(-1.0, "refuted"), (numpy.nextafter(-1.0, 0), "proved"), (0.0, "proved"), (1.0, "proved"), (numpy.nextafter(1.0, 2), "refuted")])
def test_the_limits_of_zero_stability(k, verdict):
    """E5: −1 < k <= 1, to the last bit."""
    network = stableode.Network(inputs=2, outputs=2, precision="float64", field="dense", integrator="linear_multistep", layers=2)
    network.parameters["blocks.0.k"] = numpy.full(network.parameters["blocks.0.k"].shape, k)
    assert network.certify("zero_stability").verdict == verdict
