"""Attacks on certificates about layers whose weights and slopes are held fixed, and on what holds of energies and volumes: step_size, zero_stability, absolute_stability, volume, energy and port_hamiltonian."""

import numpy

import reference_network as reference
from attacks_on_scores import lengths
from checks_of_layers import ROOM, assert_bounded, growth, layers_of, norm, slopes_of
from checks_of_repairs import assert_repaired
from reference_network import REAL


def step_size(network, random):
    certificate = network.certify("step_size")
    yield certificate
    assert_repaired(network, certificate)
    if certificate.verdict == "refuted":
        assert_growing(network, certificate)
    if not certificate:
        return
    layers = layers_of(network)
    conditions = [h["name"] for h in certificate.hypotheses if "layer" in h]
    assert len(layers) == len(conditions)
    for j, (layer, name) in enumerate(zip(layers, conditions, strict=True)):
        for slopes, others in slopes_of(layer, random):
            matrix = layer.frozen(slopes, others)
            assert_bounded(matrix, f"layer {j}")
            if name in ("damped_step", "row_sums") or name in ("euler_step", "circle_step") and layer.field != "negative_definite":
                assert norm(matrix) <= ROOM, f"layer {j}: {norm(matrix)}"
            elif name in ("rotation_step", "euler_step", "circle_step") and (slopes > 1e-6).all():
                root = numpy.sqrt(slopes)
                assert norm(matrix * root / root[:, None]) <= 1 + 1e-8, f"layer {j}"


def assert_growing(network, certificate):
    """The witness of a frozen step, as the guide page says it is to be read."""
    found = certificate.witness
    layer = reference.layers_of(network, found["block"])[found["layer"]]
    (name,) = {h["name"] for h in certificate.hypotheses if not h["holds"] and (h["block"], h.get("layer")) == (found["block"], found["layer"])}
    v, d, h = numpy.array(found["vector"], REAL), REAL(found["slope"]), layer.h
    assert found["slope"] == layer.largest and found["ratio"] > 1
    weights = layer.matrices.get("C", layer.matrices.get("K")) if name != "midpoint_step" else layer.skew()
    stretch = lengths((weights @ v)[None], 2)[0] / lengths(v[None], 2)[0]
    if name in ("euler_step", "rotation_step"):
        rows = len(layer.inner()[0])
        ratio = lengths((layer.frozen(numpy.full(rows, found["slope"])) @ v)[None], 2)[0] / lengths(v[None], 2)[0]
    else:
        ratio = {"midpoint_step": h * d * stretch, "verlet_step": h * d * stretch / 2, "leapfrog_step": h * h * d * stretch**2 / 4}[name]
    assert ratio > 1 and abs(ratio - found["ratio"]) < 1e-9 * ratio, f"{name}: {ratio}"
    if name not in ("euler_step", "rotation_step"):
        # The layer really grows: its linear map has an eigenvalue outside of the circle for all slopes L.
        shape = next(slopes_of(layer, numpy.random.default_rng(0)))
        assert growth(layer.frozen(*shape))[0] > 1


def coefficients(network, block):
    """k [layers that have one, its numbers] of a block."""
    if f"blocks.{block}.k" not in network.parameters:
        return numpy.zeros((0, 1), REAL)
    k = network.parameters[f"blocks.{block}.k"].astype(REAL)
    return k.reshape(len(k), -1)


def zero_stability(network, random):
    certificate = network.certify("zero_stability")
    yield certificate
    if certificate.verdict == "not_provable":
        return
    if certificate.verdict == "refuted":
        found = certificate.witness
        assert not -1 < found["k"] <= 1 and found["k"] in coefficients(network, found["block"])
        return
    all_k = [coefficients(network, block) for block in range(len(network.specification["blocks"]))]
    largest = max((abs(k).max() for k in all_k if k.size), default=0)
    if largest < 1:
        assert certificate["amplification"] >= 1 + largest / (1 - largest)
    for k in all_k:
        assert ((k > -1) & (k <= 1)).all()
        u, d = (random.standard_normal(k.shape[1]).astype(REAL) for _ in range(2))
        if k.size and largest < 1:
            bound = abs(u) + (REAL(certificate["amplification"]) - 1) * abs(d)
            earlier, now = u - d, u
            for row in numpy.tile(k, (max(1, 300 // len(k)), 1)):
                earlier, now = now, (1 - row) * now + row * earlier
                assert (abs(now) <= bound * (1 + 1e-15)).all()
        for row in k[:3]:
            earlier, now = u - d, u
            for _ in range(300):
                earlier, now = now, (1 - row) * now + row * earlier
                assert (abs(now) <= (abs(u) + 2 * abs(row) * abs(d) / (1 + row)) * (1 + 1e-14)).all()


def absolute_stability(network, random):
    certificate = network.certify("absolute_stability")
    yield certificate
    if not certificate:
        return
    for block in range(len(network.specification["blocks"])):
        k, layers = coefficients(network, block), reference.layers_of(network, block)
        for j, layer in enumerate(layers):
            own = None if j < len(layers) - len(k) else k[j - (len(layers) - len(k))][0]
            for slopes, _ in slopes_of(layer, random):
                assert_bounded(layer.frozen(slopes, k=own), f"layer {j}, k = {own}")


def volume(network, random):
    certificate = network.certify("volume")
    yield certificate
    if not certificate:
        return
    try:
        layers = layers_of(network)
    except KeyError:
        return
    if network.specification["precision"] == "float32" and any(abs(v).max() > 1e15 for v in network.parameters.values()):
        return
    large = max(norm(layer.frozen(*next(slopes_of(layer, random)))) if layer.field != "second_order" else 1 + layer.h * max(1.0, norm(layer.matrices["K"])) ** 2 for layer in layers)
    state = 2 * (numpy.prod(layers[0].image) if layers[0].image else (network.specification["width"] or network.inputs)) // (2 if all(layer.field == "hamiltonian_h" for layer in layers) else 1)
    if large > 30 or state > 60:
        return
    x = random.standard_normal((2, network.inputs))
    report = network.mechanics(x, cotangent=numpy.ones((2, network.outputs)))
    determinants = report.log_determinant
    assert abs(determinants[:, :, 0]).max() < 1e-8 and (determinants[:, :, 1] == 1).all()
    values = network.stability_report(x).singular_values if len(network.specification["blocks"]) == 1 else numpy.ones((1, 1, 1))
    assert (values[:, :, 0] >= 1 - 1e-9).all(), "the largest singular value of the whole state's Jacobian is less than 1"


def energy(network, random):
    certificate = network.certify("energy")
    yield certificate
    if not certificate:
        return
    for layer in layers_of(network):
        potential = reference.POTENTIALS[layer.options["activation"]]
        w, b = layer.inner()
        y = (random.standard_normal((60, len(w))) * 10 ** random.uniform(-3, 3, (60, 1))).astype(REAL)
        before = potential(y @ w.T + b)
        after = potential(layer.step(y) @ w.T + b)
        room = 1e-14 * abs(before).sum(axis=1) if layer.options["activation"] == "softplus" else 1e-17 * len(w) * (abs(before) + abs(b) + 1).sum(axis=1)
        assert (after.sum(axis=1) <= before.sum(axis=1) + room).all(), float((after - before).sum(axis=1).max())


def port_hamiltonian(network, random):
    certificate = network.certify("port_hamiltonian")
    yield certificate
    if not certificate:
        return
    try:
        layers = [layer for layer in layers_of(network) if "W" in layer.matrices]
    except KeyError:
        return
    for layer in layers:
        y = (random.standard_normal((40, layer.matrices["W"].shape[1])) * 10 ** random.uniform(-3, 3, (40, 1))).astype(REAL)
        gradient, rate = layer.energy_gradient(y), layer.f(y)
        room = 1e-15 * lengths(gradient, 2) * lengths(rate, 2)
        assert ((gradient * rate).sum(axis=1) <= room).all()
