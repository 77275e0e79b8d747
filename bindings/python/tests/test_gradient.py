"""Derivatives, compared with difference quotients and with each other (the contract of Theory.md §4.1)."""

import numpy
import pytest

import stableode


@pytest.fixture(params=[("antisymmetric", "euler"), ("hamiltonian", "verlet"), ("dense", "euler")])
def network(request, make_network):
    field, integrator = request.param
    return make_network(field=field, integrator=integrator, precision="float64")


@pytest.fixture
def random():
    return numpy.random.default_rng(11)


def test_gradient_against_central_differences(network, batch, random):
    features, labels = batch
    with stableode.Gradient(network, 32) as gradient:
        loss, slope = gradient.loss_and_gradient(features, labels)
        assert loss == pytest.approx(network.evaluate(features, labels)["loss"], rel=1e-12)
        assert gradient.loss(features, labels) == loss
        base, direction = network.parameter_vector, random.standard_normal(network.parameter_count)
        losses = []
        for step in (1e-5, -1e-5):
            network.parameter_vector = base + step * direction  # the gradient object uses the network's present parameters
            losses.append(gradient.loss(features, labels))
    # central differences: truncation h² and rounding ε/h, both about 1e-10
    assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(slope @ direction, rel=1e-7)


def test_pullback_is_the_transpose_of_pushforward(network, batch, random):
    features = batch[0]
    along_parameters = random.standard_normal(network.parameter_count)
    along_features = random.standard_normal(features.shape)
    cotangent = random.standard_normal((20, 4))
    gradient = stableode.Gradient(network, 20)
    scores, tangent = gradient.pushforward(features, along_parameters, along_features)
    by_parameters, by_features = gradient.pullback(features, cotangent)
    assert numpy.array_equal(scores, network.scores(features))
    forward = numpy.sum(tangent * cotangent)
    backward = by_parameters @ along_parameters + numpy.sum(by_features * along_features)
    assert forward == pytest.approx(backward, rel=1e-12)


def test_directions_may_be_left_out(network, batch, random):
    gradient = stableode.Gradient(network, 20)
    along = random.standard_normal(network.parameter_count), random.standard_normal((20, 3))
    both = gradient.pushforward(batch[0], *along)[1]
    first = gradient.pushforward(batch[0], along[0])[1]
    second = gradient.pushforward(batch[0], feature_direction=along[1])[1]
    numpy.testing.assert_allclose(first + second, both, rtol=1e-10, atol=1e-12)


def test_reversible_agrees_with_stored(make_network, batch):
    network = make_network(field="hamiltonian", integrator="verlet", layers=200, precision="float64")
    stored, reversible = (stableode.Gradient(network, 20, memory=memory) for memory in ("store_all", "reversible"))
    expected = stored.loss_and_gradient(*batch)[1]
    # rounding error of 200 reversed steps in float64
    numpy.testing.assert_allclose(reversible.loss_and_gradient(*batch)[1], expected, rtol=1e-8, atol=1e-12)
    assert reversible.bytes < stored.bytes


def test_threads_give_the_same_bits(network, random):
    features, labels = random.standard_normal((200, 3)), random.integers(0, 4, 200)
    one, two = (stableode.Gradient(network, 200, threads=threads).loss_and_gradient(features, labels) for threads in (1, 2))
    assert one[0] == two[0] and numpy.array_equal(one[1], two[1])


def test_out_and_split(network, batch):
    out = numpy.zeros(network.parameter_count)
    _, gradient = stableode.Gradient(network, 20).loss_and_gradient(*batch, out=out)
    assert gradient is out and numpy.any(out)
    assert network.split(gradient)["blocks.0.K"].shape == (6, 5, 5)


def test_errors(make_network, batch):
    network = make_network()
    gradient = stableode.Gradient(network, 8)
    with pytest.raises(stableode.OutOfRangeError, match="features has 20 samples; this object was made for at most 8"):
        gradient.loss(*batch)
    with pytest.raises(stableode.ShapeMismatchError, match="cotangent has shape"):
        gradient.pullback(batch[0][:4], numpy.zeros((4, 3)))
    with pytest.raises(stableode.UnknownNameError, match="store_all"):
        stableode.Gradient(network, 8, memory="store_al")
    with pytest.raises(stableode.IncompatibleError, match="reversible needs a reversible integrator"):
        stableode.Gradient(network, 8, memory="reversible")  # Euler steps cannot be reversed
    with pytest.raises(stableode.InvalidDataError, match="row 1"):
        gradient.loss(batch[0][:2], [0, 9])


def test_curvature_products(network, batch, random):
    """Gauss–Newton equals Jᵀ(diag(p) − ppᵀ)J v / samples from pushforward and pullback; Hessian equals the derivative of the gradient."""
    features, labels = batch
    direction = random.standard_normal(network.parameter_count)
    gradient = stableode.Gradient(network, 32)
    scores, tangent = gradient.pushforward(features, direction)
    chances = numpy.exp(scores - scores.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    curved = chances * (tangent - (chances * tangent).sum(1, keepdims=True))
    expected, _ = gradient.pullback(features, curved / len(features))
    numpy.testing.assert_allclose(gradient.curvature(features, labels, direction), expected, atol=1e-12)

    product, base, slopes = gradient.curvature(features, labels, direction, "hessian"), network.parameter_vector, []
    for step in (1e-5, -1e-5):
        network.parameter_vector = base + step * direction
        slopes.append(gradient.loss_and_gradient(features, labels)[1])
    numpy.testing.assert_allclose(product, (slopes[0] - slopes[1]) / 2e-5, atol=1e-7)
    with pytest.raises(stableode.UnknownNameError, match="hessian"):
        gradient.curvature(features, labels, direction, "hesian")


@pytest.mark.parametrize(("precision", "sizes"), [("float64", (1e-300, 1e-200, 1e160, 1e290)), ("float32", (1e-37, 1e-30, 1e30, 1e36))])
def test_products_are_linear_in_directions_of_any_size(make_network, batch, random, precision, sizes):
    network = make_network(precision=precision)
    direction = random.standard_normal(network.parameter_count).astype(precision)
    gradient = stableode.Gradient(network, 32)
    product = gradient.curvature(*batch, direction, "hessian")
    assert numpy.abs(product).max() > 1e-3
    for size in sizes:
        scaled = gradient.curvature(*batch, (size * direction).astype(precision), "hessian").astype("float64") / size
        # The directions differ by their rounding; differences of gradients amplify it in float32.
        numpy.testing.assert_allclose(scaled, product, atol=(1e-8 if precision == "float64" else 1e-2) * numpy.abs(product).max())
    least = numpy.finfo(precision).smallest_subnormal
    assert numpy.isfinite(gradient.curvature(*batch, numpy.full(network.parameter_count, 5 * least, precision), "hessian")).all()


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("field", ["dense", "antisymmetric", "negative_definite"])
def test_policies_keep_the_bits_of_linear_networks(precision, field, random):
    network = stableode.Network(
        inputs=3, outputs=4, width=6, opening="dense", field=field, activation="identity", bias="none", integrator="euler", layers=3, horizon=3.0,
        precision=precision, loss="least_squares",
    )
    features, targets = random.standard_normal((8, 3)), random.standard_normal((8, 4))
    results = [stableode.Gradient(network, 8, memory=name).loss_and_gradient(features, targets)[1] for name in ("store_all", "store_every", "binomial", "automatic")]
    assert all(numpy.array_equal(results[0], result) for result in results[1:])
    scores = stableode.Gradient(network, 8).pushforward(features, None, features)[0]
    assert numpy.array_equal(scores, network.scores(features))
