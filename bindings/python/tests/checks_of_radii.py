"""Attacks on certified radii: projected gradients and random directions within the ball, and the boundary between two classes."""

import numpy
import pytest

import stableode
from attacks_on_scores import lengths
from reference_network import REAL


def certified_radius(network, random):
    # The caller's numbers may have more places than the network's precision.
    x = (random.standard_normal((6, network.inputs)) * 10 ** random.uniform(-1, 1, (6, 1))).astype("float64" if random.random() < 0.3 else network.specification["precision"])
    if network.normalization is not None and random.random() < 0.7:
        shift, scale = network.normalization
        x = (x / scale + shift).astype(x.dtype)
    try:
        if random.random() < 0.5 and "readout.b" in network.parameters:
            # Scores in the middle of several inputs are alike, so that margins are small beside what is summed.
            middle = numpy.atleast_2d(network.scores(x)).reshape(len(x), -1).mean(axis=0, dtype="float64")
            network.parameters["readout.b"] = (network.parameters["readout.b"] - middle).astype(network.specification["precision"])
        predicted = network.predict(x)
    except stableode.StableODEError as error:
        # Overflow, or an adaptive or implicit method that does not end.
        with pytest.raises((type(error), stableode.IncompatibleError)):
            network.certified_radius(x)
        return
    try:
        classes, radii = network.certified_radius(x)
    except stableode.IncompatibleError:
        certificate = network.certify("certified_radius", x[0])
        yield certificate
        assert certificate.verdict == "not_provable"
        return
    certificate = network.certify("certified_radius", x[0])
    yield certificate
    assert (classes == predicted).all() and (radii >= 0).all() and numpy.isfinite(radii).all()
    assert radii[0] > 0 or not certificate
    if not (radii > 0).any():
        return
    if radii[0] > 0 and not certificate:
        # The very largest radius may fail by a rounding, which is large where margins are subnormal.
        assert radii[0] > 1e299 or min(margin["margin"] or 0 for margin in certificate.record["result"]["margins"]) < 1e-290 or network.certify("certified_radius", x[0], radius=radii[0] * (1 - 1e-9))
    if certificate:
        assert certificate["radius"] == radii[0] and certificate.record["result"]["class"] == classes[0]
        if radii[0] < 1e299:
            smaller = network.certify("certified_radius", x[0], radius=radii[0] * random.uniform(0.1, 1))
            assert smaller
            yield smaller
            if radii[0] < 1e30:
                assert network.certify("certified_radius", x[0], radius=radii[0] * 1.5).verdict == "not_provable"
    has = radii > 0
    x, classes, radii = x[has], classes[has], radii[has]
    found = attacked(network, random, x, classes, radii)
    assert found is None, f"within the radius {found[1]} of {found[0]} is {found[2]}, of another class"
    # Between two inputs of different classes, neighbors on both sides of the boundary; then inputs at smaller and smaller distances from it, where margins come near the rounding errors.
    for i in range(len(x)):
        for j in range(i):
            if classes[i] != classes[j]:
                low, high = boundary(network, x[i], x[j], classes[i])
                assert lengths((high.astype(REAL) - x[i])[None], 2)[0] > radii[i]
                shares = 10.0 ** -numpy.arange(0, 17)[:, None]
                near = numpy.concatenate([low[None], high[None], (high + (x[i].astype("float64") - high) * shares).astype(x.dtype)])
                found, sizes = network.certified_radius(near)
                differs = found != found[1]
                assert differs[0] and sizes[1] < lengths((high.astype(REAL) - low)[None], 2)[0]
                assert (lengths(near[differs].astype(REAL) - high, 2) > sizes[differs]).all()
                return


def margins(network, x, classes):
    """The smallest margin of each row's class, and its derivative's cotangent."""
    scores = numpy.atleast_2d(network.scores(x)).reshape(len(x), -1)
    cotangent, rows = numpy.zeros_like(scores), numpy.arange(len(x))
    if network.outputs == 1:
        cotangent[:, 0] = numpy.where(classes == 1, -1, 1)
        return cotangent
    others = scores.copy()
    others[rows, classes] = -numpy.inf
    cotangent[rows, others.argmax(axis=1)] = 1
    cotangent[rows, classes] = -1
    return cotangent


def attacked(network, random, x, classes, radii, steps=40):
    """(input, radius, other input) of another class within the radius, of all rows; None if projected gradients and random directions find none."""
    gradient = stableode.Gradient(network, len(x))
    radii = numpy.minimum(radii, 1e30 * (1 + lengths(x, 2)))[:, None]
    moved = x
    for attempt in range(steps):
        try:
            if attempt % 8 == 0:
                direction = random.standard_normal(x.shape)
            else:
                direction = uphill(gradient, moved, margins(network, moved, classes), random)
            size = abs(direction).max(axis=1, keepdims=True)
            direction = direction / numpy.where(size > 0, size, 1)
            direction /= numpy.maximum(numpy.linalg.norm(direction, axis=1, keepdims=True), 1e-300)
            change = (moved.astype("float64") - x) * (attempt % 8 != 0) + direction * radii * (1 if attempt % 8 == 0 or attempt % 2 else 0.25)
            length = lengths(change, 2)[:, None]
            with numpy.errstate(over="ignore"):
                there = (x + change * numpy.minimum(1, radii / numpy.where(length > 0, length, 1)) * (1 - 1e-15)).astype(x.dtype)
            # Rounding may put a number outside of the ball: towards the center then.
            for _ in range(3):
                outside = lengths(there.astype(REAL) - x, 2)[:, None] > radii
                there = numpy.where(outside, (x + (there.astype("float64") - x) * (1 - 1e-6)).astype(x.dtype), there)
            outside = lengths(there.astype(REAL) - x, 2)[:, None] > radii
            moved = numpy.where(outside | ~numpy.isfinite(there), x, there)
            predicted = network.predict(moved)
        except stableode.StableODEError as error:
            raise AssertionError(f"an input within the radius has no scores: {error}") from error
        if (predicted != classes).any():
            row = int((predicted != classes).argmax())
            return x[row], radii[row], moved[row]
    return None


def uphill(gradient, x, cotangent, random):
    """The derivative of margins by the inputs; a random direction where derivatives overflow, which radii say nothing of."""
    try:
        return gradient.pullback(x, cotangent)[1].reshape(x.shape).astype("float64")
    except stableode.NotFiniteError:
        return random.standard_normal(x.shape)


def boundary(network, low, high, predicted):
    """Two neighboring inputs on the line from low to high, of which only the first has the class."""
    while True:
        middle = (low.astype("float64") / 2 + high.astype("float64") / 2).astype(low.dtype)
        if (middle == low).all() or (middle == high).all():
            return low, high
        if network.predict(middle[None])[0] == predicted:
            low = middle
        else:
            high = middle
