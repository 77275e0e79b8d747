"""Stability reports against independent formulas in NumPy."""

import json

import numpy
import pytest

import stableode

TOLERANCE = dict(rtol=0, atol=1e-10)


def made(**options):
    return stableode.Network(**{"inputs": 3, "outputs": 2, "width": 4, "layers": 6, "horizon": 1.5, "seed": 9, "precision": "float64", **options})


X = numpy.random.default_rng(4).standard_normal((2, 3))


def matrices(network, gamma):
    """(W, b) of each layer: f(y) = tanh(Wy + b)."""
    kernel, bias = network.parameters["blocks.0.K"], network.parameters["blocks.0.b"]
    if network.specification["blocks"][0]["field"] == "antisymmetric":
        kernel = 0.5 * (kernel - kernel.transpose(0, 2, 1) - gamma * numpy.eye(4))
    return kernel, bias


def field(weights, bias, y):
    return numpy.tanh(weights @ y + bias)


def jacobian(weights, bias, y):
    return (1 - numpy.tanh(weights @ y + bias) ** 2)[:, None] * weights


def step(scheme, weights, bias, y, h):
    """The step and its Jacobian."""
    if scheme == "euler":
        return y + h * field(weights, bias, y), numpy.eye(4) + h * jacobian(weights, bias, y)
    points, slopes, derivatives = [y], [field(weights, bias, y)], [jacobian(weights, bias, y)]
    for factor in (0.5, 0.5, 1.0):
        point = y + factor * h * slopes[-1]
        derivative = jacobian(weights, bias, point) @ (numpy.eye(4) + factor * h * derivatives[-1])
        points.append(point)
        slopes.append(field(weights, bias, point))
        derivatives.append(derivative)
    weights_of = (1, 2, 2, 1)
    return (
        y + h / 6 * sum(w * s for w, s in zip(weights_of, slopes, strict=True)),
        numpy.eye(4) + h / 6 * sum(w * d for w, d in zip(weights_of, derivatives, strict=True)),
    )


def stability(scheme, z):
    return 1 + z if scheme == "euler" else 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24


@pytest.mark.parametrize("scheme", ["euler", "rk4"])
@pytest.mark.parametrize("name, gamma", [("dense", 0.0), ("antisymmetric", 0.2)])
def test_a_report_agrees_with_numpy(scheme, name, gamma):
    network = made(field=name, integrator=scheme, **({"gamma": gamma} if name == "antisymmetric" else {}))
    report = network.stability_report(X)
    kernel, bias = matrices(network, gamma)
    h, layers = 1.5 / 6, 6
    numpy.testing.assert_allclose(report.layers, [[0, j, h] for j in range(layers)], **TOLERANCE)
    stored = network.parameters["blocks.0.K"]
    changes = [numpy.linalg.norm(stored[j + 1] - stored[j]) / h for j in range(layers - 1)]
    numpy.testing.assert_allclose(report.weight_change[:-1], changes, **TOLERANCE)
    assert numpy.isnan(report.weight_change[-1])
    for sample, x in enumerate(X):
        y, steps, states = numpy.append(x, 0.0), [], []
        for j in range(layers):
            states.append(y)
            matrix = jacobian(kernel[j], bias[j], y)
            eigenvalues = numpy.linalg.eigvals(matrix)
            found = report.eigenvalues[sample, j]
            # Both lists are sorted in one way; roundings of the real part must not exchange two conjugates.
            order = sorted(eigenvalues, key=lambda value: (-round(value.real, 9), -value.imag))
            numpy.testing.assert_allclose(sorted(found, key=lambda value: (-round(value.real, 9), -value.imag)), order, **TOLERANCE)
            numpy.testing.assert_allclose(report.log_norm_2[sample, j], numpy.linalg.eigvalsh((matrix + matrix.T) / 2).max(), **TOLERANCE)
            numpy.testing.assert_allclose(report.log_norm_inf[sample, j], max(matrix[i, i] + sum(abs(matrix[i, k]) for k in range(4) if k != i) for i in range(4)), **TOLERANCE)
            y, derivative = step(scheme, kernel[j], bias[j], y, h)
            steps.append(derivative)
            numpy.testing.assert_allclose(report.amplification[sample, j], abs(numpy.linalg.eigvals(derivative)).max(), **TOLERANCE)
            numpy.testing.assert_allclose(report.state_norms[sample, j], [numpy.linalg.norm(states[-1]), numpy.linalg.norm(y)], **TOLERANCE)
        product = numpy.eye(4)
        for place, depth in reversed(list(enumerate(report.singular_depths.astype(int)))):
            product = product @ steps[depth] if depth < layers else product
            numpy.testing.assert_allclose(report.singular_values[sample, place], numpy.linalg.svd(product, compute_uv=False), **TOLERANCE)
        directions, sums = numpy.eye(4), numpy.zeros(4)
        for derivative in steps:
            directions, triangle = numpy.linalg.qr(derivative @ directions)
            sums += numpy.log(abs(numpy.diag(triangle)))
        numpy.testing.assert_allclose(report.lyapunov_exponents[sample, 0], sums / 1.5, **TOLERANCE)


@pytest.mark.parametrize("scheme", ["euler", "rk4"])
def test_radii_and_largest_steps_agree_with_the_stability_function(scheme):
    network = made(field="antisymmetric", gamma=0.4, integrator=scheme)
    report = network.stability_report(X)
    h = report.layers[0, 2]
    for found, eigenvalues, largest in zip(report.stability_radius.ravel(), report.eigenvalues.reshape(-1, 4), report.largest_step.ravel(), strict=True):
        assert found == pytest.approx(abs(stability(scheme, h * eigenvalues)).max(), abs=1e-10)
        assert abs(stability(scheme, 0.999 * largest * eigenvalues)).max() <= 1 + 1e-7
        assert abs(stability(scheme, 1.001 * largest * eigenvalues)).max() > 1


def test_energy_changes_agree_with_the_formula():
    network = made(field="hamiltonian", integrator="verlet", bias="scalar")
    report, states = network.stability_report(X), network.states(X)
    kernel, bias = network.parameters["blocks.0.K"], network.parameters["blocks.0.b"]
    for j in range(6):
        def energy(state, j=j):
            y, z = state[:4], state[4:]
            return numpy.log(numpy.cosh(kernel[j] @ z + bias[j])).sum() + numpy.log(numpy.cosh(kernel[j].T @ y + bias[j])).sum()

        for sample in range(2):
            assert report.energy_change[sample, j] == pytest.approx(energy(states[j + 1, sample]) - energy(states[j, sample]), abs=1e-10)


def test_mechanics_agree_with_numpy():
    network = made(field="dense")
    labels = numpy.array([1, 0])
    report = network.mechanics(X, labels)
    kernel, bias = matrices(network, 0)
    readout, shift, h = network.parameters["readout.W"], network.parameters["readout.b"], 0.25
    for sample, x in enumerate(X):
        states, steps = [numpy.append(x, 0.0)], []
        for j in range(6):
            following, derivative = step("euler", kernel[j], bias[j], states[-1], h)
            states.append(following)
            steps.append(derivative)
        scores = readout @ states[-1] + shift
        cotangent = numpy.exp(scores - scores.max()) / numpy.exp(scores - scores.max()).sum() - (numpy.arange(2) == labels[sample])
        momentum = readout.T @ cotangent
        for j in reversed(range(7)):
            layer = min(j, 5)
            numpy.testing.assert_allclose(report.momenta[sample, j], momentum, **TOLERANCE)
            assert report.hamiltonian[sample, j] == pytest.approx(momentum @ field(kernel[layer], bias[layer], states[j]), abs=1e-10)
            assert report.divergence[sample, j] == pytest.approx(numpy.trace(jacobian(kernel[layer], bias[layer], states[j])), abs=1e-10)
            if j > 0:
                momentum = steps[j - 1].T @ momentum
                sign, logarithm = numpy.linalg.slogdet(steps[j - 1])
                numpy.testing.assert_allclose(report.log_determinant[sample, j - 1], [logarithm, sign], **TOLERANCE)
    numpy.testing.assert_allclose(report.log_density_change[:, 0], -report.log_determinant[:, :, 0].sum(axis=1), **TOLERANCE)
    numpy.testing.assert_allclose(report.p_dot_v, report.p_dot_v[:, :1] * numpy.ones(report.p_dot_v.shape[1]), rtol=0, atol=1e-13)


def test_images_and_float32_networks():
    network = stableode.Network(
        input_shape=[1, 10, 10], outputs=3, width=2, operator="convolution", field="antisymmetric", layers=3,
        blocks=[{}, {"connector": "average_pooling", "window": 2}, {}],
    )  # fmt: skip
    images = numpy.random.default_rng(2).standard_normal((2, 1, 10, 10)).astype("float32")
    report = network.stability_report(images)
    assert report.singular_values.shape[:2] == (2, 7) and numpy.isfinite(report.singular_values).all()
    assert any("eigenvalues" in entry["what"] for entry in report.omitted) and numpy.isfinite(report.lyapunov_exponents).all()
    assert network.check_derivatives(images).holds
    assert numpy.isfinite(network.mechanics(images, [0, 2]).hamiltonian).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_float32_networks_with_a_normalization(dtype):
    """In float64, with the same shifts and scales."""
    network = made(precision="float32")
    network.normalization = [0.1, -0.2, 0.3], [2.0, 0.5, 1.7]
    inputs = X.astype(dtype)
    norms = numpy.linalg.norm(network.states(inputs), axis=2)
    numpy.testing.assert_allclose(network.stability_report(inputs).state_norms[:, :, 1], norms[1:].T, rtol=1e-5)
    assert numpy.isfinite(network.mechanics(inputs, [0, 1]).hamiltonian).all() and network.check_derivatives(inputs).holds


def test_reports_are_objects():
    network = made()
    report = network.stability_report(X)
    assert set(report.arrays) <= set(dir(report)) and "block 0" in repr(report)
    assert all(statement["sense"] and statement["text"] for statement in report.statements)
    assert json.loads(json.dumps(report.document)) == report.document
    with pytest.raises(stableode.UnknownNameError, match="eigenvalues"):
        report.array("eigenvalue")
    with pytest.raises(AttributeError, match="nothing"):
        report.nothing
    report.close()
    assert repr(report) == "StabilityReport(closed)"
    with pytest.raises(stableode.InvalidHandleError):
        report.document
    with pytest.raises(stableode.InvalidArgumentError, match="targets or a cotangent"):
        network.mechanics(X)
    with pytest.raises(stableode.UnknownNameError, match="dense_limit"):
        network.stability_report(X, dense_limits=3)


def test_training_may_end_with_a_test_of_the_derivatives():
    """Weights whose products with random directions are too large for float32, while samples of zeros and a loss without a gradient leave training nothing that is not finite."""

    def trained(weight, **options):
        network = made(precision="float32", field="dense", activation="identity")
        network.parameters["blocks.0.K"] = numpy.full(network.parameters["blocks.0.K"].shape, weight)
        network.fit(0 * X, [0, 1], loss=lambda scores, targets: (numpy.zeros(len(scores)), 0 * scores), optimizer="sgd", normalization="none", **options)
        return network

    assert not trained(3e38, epochs=1).check_derivatives(0 * X).holds
    assert trained(1.0, epochs=1, check_derivatives=True).check_derivatives(0 * X).holds
    with pytest.raises(stableode.InternalError, match="at layer 0 of block 0, for sample 0, the pullback is not the transpose of the pushforward"):
        trained(3e38, epochs=1, check_derivatives=True)
