"""Attacks on certified radii: projected gradients through the library's own Jᵀw, bisection onto the boundary between two classes, and hostile weights."""

import numpy
import pytest

import stableode

NETWORKS = {
    "flow": dict(field="gradient_flow", horizon=0.3),
    "row_sums": dict(field="gradient_flow", steps="row_sums", activation="relu"),
    "heun": dict(field="gradient_flow", integrator="heun", horizon=0.3),
    "dense": dict(field="dense", activation="relu"),
    "gelu": dict(field="dense", activation="gelu"),
    "two_layer": dict(field="two_layer"),
    "damped": dict(field="antisymmetric_damped", gamma=2.0, horizon=0.2),
    "verlet": dict(field="hamiltonian", integrator="verlet"),
}


def trained(options, precision, scale=1.0):
    random = numpy.random.default_rng(5)
    x = random.standard_normal((600, 8)).astype("float32")
    y = (x[:, 0] * x[:, 1] > 0).astype(int) + (x[:, 2] > 0.5)
    network = stableode.Network(inputs=8, outputs=3, width=12, opening="dense", layers=3, seed=2, precision=precision, **options)
    network.fit(stableode.Dataset(x, y), epochs=15, optimizer="adam", learning_rate=0.01, normalization="none")
    return network, x[:60].astype(precision) * scale


def within(x, moved, radii):
    """`moved` drawn back so far that its rounded numbers lie within the radii."""
    change = moved - x
    length = numpy.linalg.norm(change.astype("float64"), axis=1, keepdims=True)
    limit = radii[:, None] * (1 - 1e-6)
    return (x + change * numpy.minimum(1, limit / numpy.maximum(length, 1e-300))).astype(x.dtype)


def attacked(network, x, classes, radii, steps=40):
    """Whether projected gradients on the smallest margin find another class within the radii."""
    gradient = stableode.Gradient(network, len(x))
    rows = numpy.arange(len(x))
    moved = within(x, x + numpy.random.default_rng(1).standard_normal(x.shape).astype(x.dtype) * radii[:, None].astype(x.dtype), radii)
    for _ in range(steps):
        scores = network.scores(moved).astype("float64")
        others = scores.copy()
        others[rows, classes] = -numpy.inf
        cotangent = numpy.zeros_like(scores)
        cotangent[rows, others.argmax(1)] = 1
        cotangent[rows, classes] = -1
        _, slope = gradient.pullback(moved, cotangent.astype(x.dtype))
        length = numpy.linalg.norm(slope.astype("float64"), axis=1, keepdims=True)
        step = 0.25 * radii[:, None] * slope / numpy.where(length > 0, length, 1)
        moved = within(x, moved + step.astype(x.dtype), radii)
        if (network.predict(moved) != classes).any():
            return True
    return False


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_projected_gradients_find_nothing_within_the_radii(name, precision):
    network, x = trained(NETWORKS[name], precision)
    classes, radii = network.certified_radius(x)
    assert (classes == network.predict(x)).all() and (radii > 0).mean() > 0.9
    assert not attacked(network, x, classes, radii)
    # The attack finds another class where there is one.
    assert attacked(network, x, classes, 100 * radii)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_boundary_between_two_inputs_is_not_within_the_radii(precision):
    network, x = trained(NETWORKS["row_sums"], precision)
    classes, radii = network.certified_radius(x)
    for i in range(0, 40, 2):
        low, high = x[i], x[next(j for j in range(len(x)) if classes[j] != classes[i])]
        while True:
            middle = ((low.astype("float64") + high) / 2).astype(precision)
            if (middle == low).all() or (middle == high).all():
                break
            if network.predict(middle[None])[0] == classes[i]:
                low = middle
            else:
                high = middle
        # Both sides of the boundary: the radii of such inputs are tiny, and that of the start does not reach the far side.
        assert numpy.linalg.norm(high.astype("float64") - x[i]) > radii[i]
        both, small = network.certified_radius(numpy.stack([low, high]))
        distance = numpy.linalg.norm(high.astype("float64") - low)
        assert both[0] != both[1] and small.max() <= distance


def hostile(change, x, network):
    """A network whose weights are changed so that float32 arithmetic comes near its limits."""
    for name, old in list(network.parameters.items()):
        values = old.copy()
        if change == "large_bias" and name.endswith(".b"):
            values += numpy.float32(1e6)
        elif change == "opposite_bias" and name == "opening.b":
            values += numpy.where(numpy.arange(values.size) % 2, 5e6, -5e6).astype("float32")
        elif change == "tiny" and name.endswith("W"):
            values *= numpy.float32(1e-30)
        elif change == "huge" and name.endswith("W"):
            values *= numpy.float32(1e18)
        elif change == "subnormal" and name == "opening.W":
            values *= numpy.float32(1e-42)
        elif change == "overflow" and name.endswith("W"):
            values *= numpy.float32(3e37 / max(abs(values).max(), 1))
        network.parameters[name] = values
    return network


@pytest.mark.parametrize(("change", "too_far"), [("large_bias", 10), ("opposite_bias", 10), ("huge", None), ("tiny", None), ("subnormal", None)])
def test_hostile_weights(change, too_far):
    """Radii exist, hold, and where the class depends on the input at all, are no more than `too_far` times smaller than what an attack needs."""
    network, x = trained(NETWORKS["row_sums"], "float32")
    network = hostile(change, x, network)
    classes, radii = network.certified_radius(x)
    assert (classes == network.predict(x)).all() and (radii > 0).all() and numpy.isfinite(radii).all()
    assert not attacked(network, x, classes, numpy.minimum(radii, 1e30))
    if too_far:
        assert attacked(network, x, classes, too_far * radii)
    elif change == "huge":
        # Near the largest number, but the classes are those that small inputs decide.
        assert abs(network.scores(x)).max() > 1e30 and len(set(classes)) == 3 and radii.max() < 1
    else:
        # The inputs vanish beside the biases.
        assert (classes == classes[0]).all() and radii.min() > 1e30


def test_networks_that_overflow_have_no_radii():
    network, x = trained(NETWORKS["row_sums"], "float32")
    network = hostile("overflow", x, network)
    with pytest.raises(stableode.NotFiniteError, match="scores"):
        network.certified_radius(x)
    with pytest.raises(stableode.NotFiniteError, match="scores"):
        network.certify("certified_radius", x[0])


@pytest.mark.parametrize(
    ("options", "weight", "center"),
    [
        (dict(field="two_layer", horizon=1e-30, activation="relu"), 1e15, [3e7, 1.5e7]),
        (dict(field="dense", horizon=1e-30, activation="relu"), 1e15, [3e22, 1.5e22]),
        (dict(field="gradient_flow", horizon=1e-30, activation="relu"), 1e14, [3e7, 1.5e7]),
        (dict(field="negative_definite", horizon=1e-30, activation="relu"), 1e15, [3e6, 1.5e6]),
        (dict(field="antisymmetric_damped", integrator="heun", gamma=1e6, horizon=1e-9), 0.0, [3e31, 0.0]),
    ],
)
def test_radii_end_where_numbers_within_a_step_overflow(options, weight, center):
    """States stay small with a tiny step, but sums and slopes are stored before the step multiplies them: every input within a radius has a prediction, of the certified class."""
    network = stableode.Network(inputs=2, outputs=2, width=2, opening="zero_padding", layers=1, seed=1, **options)
    for name, values in network.parameters.items():
        factor = 1.0 if name == "readout.W" else weight if name.split(".")[-1][0] in "KC" else 0.0
        network.parameters[name] = numpy.broadcast_to(numpy.eye(2), values.shape) * numpy.float32(factor) if values.shape[-2:] == (2, 2) else numpy.zeros(values.shape)
    x = numpy.array(center, "float32")
    certificate = network.certify("certified_radius", x)
    assert certificate.verdict == "proved" and certificate["radius"] > 0
    predicted = network.predict(x[None])[0]
    for direction in ([1, 0], [0, 1], [1, 1], [-1, 0], [0, -1]):
        point = x + numpy.array(direction) * (0.999 * certificate["radius"] / numpy.linalg.norm(direction))
        assert network.predict(point.astype("float32")[None])[0] == predicted


def test_bounds_on_a_box_know_the_leak_in_both_precisions():
    """The slope of leaky_relu below 0 is 1/100 in float64, a little more than float32's."""
    network = stableode.Network(
        inputs=2, outputs=2, precision="float64", width=2, opening="zero_padding", readout="identity", loss="least_squares",
        blocks=[dict(field="dense", layers=1), dict(connector="activation", activation="leaky_relu")],
    )
    network.parameter_vector = numpy.zeros(network.parameter_count)
    certificate = network.certify("lipschitz_l2", lower=-2.0, upper=-1.0)
    scores = network.scores([[-2.0, -1.5], [-1.0, -1.5]])
    assert 0.0101 > certificate["lipschitz"] >= scores[1, 0] - scores[0, 0] > 0.0099999999


@pytest.mark.parametrize("size", [1, 4, 7, 12])
@pytest.mark.parametrize("channels", [3, 16, 32])
def test_rounding_errors_of_winograds_algorithm_stay_below_their_bound(size, channels):
    """Of single samples and of tiles, which have kernels of their own; for weights and images of all sizes, with zero and periodic padding."""
    random = numpy.random.default_rng([size, channels])
    largest = 0.0
    for attempt in range(4):
        padding = "periodic" if attempt % 2 else "zero"
        image = dict(operator="convolution", layers=2, padding=padding)
        blocks = [
            dict(connector="convolution", channels=channels, activation="relu", padding=padding), dict(field="gradient_flow", horizon=0.2, activation="relu", steps="row_sums" if attempt > 1 else "plain", **image),
            dict(field="antisymmetric", gamma=0.5, horizon=0.5, **image), dict(field="dense", horizon=1.0, **image), dict(connector="global_average"),
        ]  # fmt: skip
        options = dict(input_shape=[2, size, size], outputs=3, blocks=blocks, seed=attempt)
        network, exact = stableode.Network(**options), stableode.Network(precision="float64", **options)
        for name, values in network.parameters.items():
            changed = (values * 10 ** random.uniform(-1, 1) + random.standard_normal(values.shape) * 10 ** random.uniform(-3, 0)).astype("float32")
            network.parameters[name], exact.parameters[name] = changed, changed.astype("float64")
        x = (random.standard_normal((20, network.inputs)) * 10 ** random.uniform(-3, 3, (20, 1))).astype("float32")
        certificates = [network.certify("certified_radius", row) for row in x[:6]]
        errors = [network.scores(row[None])[0].astype("float64") - exact.scores(row[None].astype("float64"))[0] for row in x[:6]]
        tile = network.scores(x).astype("float64") - exact.scores(x.astype("float64"))
        for i, certificate in enumerate(certificates):
            if certificate.verdict != "proved":
                assert "rounding errors" in certificate.reason or "tie" in certificate.reason, certificate.reason
                continue
            best = certificate.record["result"]["class"]
            for margin in certificate.record["result"]["margins"]:
                for wrong in (errors[i], tile[i]):
                    share = abs(wrong[best] - wrong[margin["class"]]) / margin["error"]
                    assert share <= 1
                    largest = max(largest, share)
    assert largest > 0
