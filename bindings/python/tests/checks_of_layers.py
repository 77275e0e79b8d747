"""What the checks of certificates share: slopes that a layer may have, networks of blocks alone, norms of Jacobians, and growing powers."""

import numpy

import attacks_on_scores as attacks
import reference_network as reference
import stableode

#: Room for the rounding errors of what a claim is compared with. The bounds have more.
ROOM = 1 + 1e-9


def norm(matrix):
    """‖·‖₂ of a matrix whose squares may overflow."""
    size = float(abs(matrix).max()) if matrix.size else 0.0
    return float(numpy.linalg.norm((matrix / size).astype("float64"), 2)) * size if 0 < size < numpy.inf else size


def draws(random, count, largest, least=0.0):
    """Slopes that a layer may have: all largest, all least, either, between, and of very different sizes."""
    yield numpy.full(count, largest)
    yield numpy.where(random.random(count) < 0.5, largest, least)
    yield random.uniform(least, largest, count)
    yield least + (largest - least) * 10 ** random.uniform(-12, 0, count)


def slopes_of(layer, random, least=0.0):
    """Pairs of slopes for both parts of a partitioned field; the second is not used by others."""
    if layer.options["integrator"] == "verlet" and layer.field != "second_order":
        first, second = {"hamiltonian": ("K", "K"), "hamiltonian_two_weight": ("K1", "K2"), "hamiltonian_h": ("Kp", "Kq")}[layer.field]
        shapes = layer.matrices[first].shape[0], layer.matrices[second].shape[1 if layer.field == "hamiltonian" else 0]
    else:
        rows = len(layer.inner()[0])
        shapes = rows, rows
    yield from zip(draws(random, shapes[0], layer.largest, least), draws(random, shapes[1], layer.largest, least), strict=True)


def layers_of(network):
    """The layers of all blocks."""
    return [layer for block in range(len(network.specification["blocks"])) for layer in reference.layers_of(network, block)]


def blocks_alone(network):
    """The blocks as a map of states, in float64."""
    specification = network.specification
    layers = reference.layers_of(network)
    if layers[0].image is not None:
        size = int(numpy.prod(layers[0].image))
        shape = dict(input_shape=list(layers[0].image), width=layers[0].image[0], outputs=size)
    else:
        width = specification["width"] or specification["inputs"]
        shape = dict(inputs=width, width=width, outputs=width)
    made = stableode.Network(**shape, opening="zero_padding", readout="identity", loss="least_squares", precision="float64", blocks=specification["blocks"])
    for name, values in network.parameters.items():
        if name.startswith("blocks."):
            made.parameters[name] = values.astype("float64")
    return made


def largest_slope(network, x, order):
    """The largest norm of the Jacobians at the rows of x; 0 where numbers are not finite."""
    found = attacks.jacobians(network, x)
    return 0.0 if found is None else max(norm(matrix) if order == 2 else float(abs(matrix).sum(axis=1).max()) for matrix in found)


def largest_stretch(network, random, bound, order=2, inside=None):
    """The largest norm of a Jacobian at random inputs, and the largest ratio of distances that projected gradients find; 0 where numbers are not finite."""
    x = random.standard_normal((6, network.inputs)) * 10 ** random.uniform(-3, 2, (6, 1))
    if network.normalization is not None and random.random() < 0.7:
        shift, scale = network.normalization
        x = x / scale + shift
    x = x if inside is None else inside(x)
    slope = largest_slope(network, x, order)
    try:
        size = 1.0 if network.normalization is None else float(numpy.median(1 / abs(network.normalization[1])))
        x, y = attacks.attacked_pairs(network, x, size * 10 ** random.uniform(-2, 2, len(x)), order, inside or (lambda x: x))
    except stableode.NotFiniteError:
        return slope, 0.0
    apart = (x != y).any(axis=1)
    if not apart.any():
        return slope, 0.0
    ratios = attacks.stretch(network, x[apart], y[apart], order)
    worst = ratios.argmax()
    if ratios[worst] <= bound * ROOM:
        return slope, float(ratios[worst])
    # Scores that hardly depend on the inputs are apart by their rounding errors. By the mean value theorem a true ratio is one of a Jacobian between the inputs, which has no such errors.
    between = x[apart][worst] + numpy.linspace(0, 1, 201)[:, None] * (y[apart][worst] - x[apart][worst])
    return slope, largest_slope(network, between, order)


def growth(matrix):
    """(spectral radius, rate at which powers grow up to the 2²⁰th): at most 1, and about ln(2²⁰)/2²⁰ where powers grow linearly. Large matrices have no second number."""
    radius = float(abs(numpy.linalg.eigvals(matrix.astype("float64"))).max())
    if len(matrix) > 40:
        return radius, 0.0
    power, doublings = matrix, 20
    for _ in range(doublings):
        with numpy.errstate(over="ignore", invalid="ignore"):
            power = power @ power
        size = abs(power).max()
        if not size > 0:
            return radius, 0.0 if size == 0 else numpy.inf
    return radius, float(numpy.log(size)) / 2**doublings


def assert_bounded(matrix, what):
    """No eigenvalue outside of the unit circle, up to the rounding errors of one that is double; powers that grow no faster than linearly."""
    radius, rate = growth(matrix)
    assert radius <= 1 + 1e-6 and rate < 3e-5, f"{what}: an eigenvalue of magnitude {radius}, powers that grow at the rate {rate}"
