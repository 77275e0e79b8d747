"""Attacks on certificates about distances: lipschitz_l2, lipschitz_linf, non_expansive and contraction."""

import numpy

import attacks_on_scores as attacks
import reference_network as reference
from attacks_on_scores import lengths
from checks_of_layers import ROOM, blocks_alone, largest_stretch, layers_of, norm, slopes_of
from checks_of_repairs import assert_repaired
from reference_network import REAL


def lipschitz(statement, order):
    def check(network, random):
        box, inside = {}, None
        if order == 2 and random.random() < 0.3:
            low = random.uniform(-2, 1, network.inputs)
            high = low + 10 ** random.uniform(-3, 1, network.inputs)
            box = dict(lower=low, upper=high)
            inside = lambda x: numpy.clip(x, low, high)  # noqa: E731
        certificate = network.certify(statement, **box)
        yield certificate
        twin = attacks.double_twin(network)
        if certificate:
            bound = certificate["lipschitz"]
            assert numpy.isfinite(bound) and bound >= 0
            slope, ratio = largest_stretch(twin, random, bound, order, inside)
            assert slope <= bound * ROOM, f"a Jacobian of norm {slope} and the bound {bound}"
            assert ratio <= bound * ROOM, f"a ratio of {ratio} and the bound {bound}"
        if not certificate or bound == 0 or bound > 1e300 or bound < 1e-290:
            return
        limit = bound * 10 ** random.uniform(-3, 0.1)
        limited = network.certify(statement, limit=limit, **box)
        yield limited
        if limited:
            assert limited["lipschitz"] <= limit
        if limited.verdict == "refuted":
            x, y = (numpy.array([limited.witness[name]]) for name in "xy")
            ratio = float(attacks.stretch(network, x, y, order)[0])
            assert limited.witness["ratio"] > limit and ratio >= limited.witness["ratio"] * (1 - 1e-9), f"the witness's ratio is {ratio}"
            assert inside is None or ((x >= low) & (x <= high) & (y >= low) & (y <= high)).all()

    return check


def non_expansive(network, random):
    certificate = network.certify("non_expansive")
    yield certificate
    assert_repaired(network, certificate)
    if certificate.verdict == "refuted":
        found = certificate.witness
        layer = reference.layers_of(network, found["block"])[found["layer"]]
        x, y = (numpy.array([found[name]], REAL) for name in "xy")
        ratio = lengths(layer.step(x) - layer.step(y), 2)[0] / lengths(x - y, 2)[0]
        assert ratio > 1 and found["ratio"] > 1 and abs(ratio - found["ratio"]) < 1e-6 * ratio, f"the witness's ratio is {ratio}"
    if certificate:
        slope, ratio = largest_stretch(blocks_alone(network), random, 1.0)
        assert slope <= ROOM and ratio <= ROOM, (slope, ratio)
        for layer in layers_of(network):
            for slopes, _ in slopes_of(layer, random, layer.least):
                assert norm(layer.frozen(slopes)) <= ROOM, "slopes"


def contraction(network, random):
    certificate = network.certify("contraction")
    yield certificate
    if not certificate:
        return
    factor, rate = certificate["factor"], certificate["rate_of_the_flow"]
    assert 0 <= factor < 1 and rate > 0
    slope, ratio = largest_stretch(blocks_alone(network), random, factor)
    assert slope <= factor * ROOM and ratio <= factor * ROOM, (slope, ratio)
    product = 1.0
    for layer in layers_of(network):
        worst = 0.0
        for slopes, _ in slopes_of(layer, random, layer.least):
            worst = max(worst, norm(layer.frozen(slopes)))
            jacobian = (numpy.asarray(slopes, REAL)[:, None] * layer.skew() - layer.gamma * reference.eye(len(slopes))).astype("float64")
            assert numpy.linalg.eigvalsh((jacobian + jacobian.T) / 2).max() <= -rate + 1e-9 * float(layer.gamma)
        product *= worst
    assert product <= factor * ROOM
