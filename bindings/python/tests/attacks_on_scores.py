"""Attacks on bounds of scores: Jacobians by the library's own Jᵀw, and pairs of inputs whose scores are far apart."""

import json

import numpy

import reference_network
import stableode


def double_twin(network):
    """The same network, evaluated in float64."""
    if network.specification["precision"] == "float64":
        return network
    made = stableode.Network.from_json(json.dumps({**network.specification, "precision": "float64"}))
    for name, values in network.parameters.items():
        made.parameters[name] = values.astype("float64")
    made.normalization = network.normalization
    if network.squashing.any():
        made.squashing = network.squashing
    if network.target_scaling is not None:
        made.target_scaling = network.target_scaling
    return made


def jacobians(network, x):
    """∂scores/∂inputs at each row, [samples, outputs, inputs], by the library's own Jᵀw; None where it is not finite."""
    samples, outputs = len(x), network.outputs
    try:
        _, rows = stableode.Gradient(network, samples * outputs).pullback(numpy.repeat(x, outputs, axis=0), numpy.tile(numpy.eye(outputs), (samples, 1)).astype(x.dtype))
    except stableode.NotFiniteError:
        return None
    return numpy.asarray(rows, "float64").reshape(samples, outputs, -1)


def lengths(x, order):
    """‖·‖ of each row, of a length that does not overflow."""
    size = abs(x).max(axis=1, keepdims=True)
    safe = numpy.where(size > 0, size, 1)
    return numpy.linalg.norm((x / safe).astype("float64"), order, axis=1) * safe[:, 0]


def stretch(network, x, y, order):
    """|N(x) − N(y)|/|x − y| of each pair of rows, in real arithmetic where it is known."""
    try:
        apart = reference_network.scores(network, x) - reference_network.scores(network, y)
    except KeyError:
        twin = double_twin(network)
        apart = (twin.scores(x) - twin.scores(y)).astype(reference_network.REAL)
    return lengths(apart, order) / lengths(x.astype(reference_network.REAL) - y, order)


def attacked_pairs(network, x, distances, order, inside=lambda x: x, steps=40):
    """Pairs of inputs that are moved to where the scores are as far apart as projected gradients find: (x, y)."""
    random = numpy.random.default_rng(3)
    gradient = stableode.Gradient(network, len(x))

    def direction(d):
        if order == 2:
            size = abs(d).max(axis=1, keepdims=True)
            d = d / numpy.where(size > 0, size, 1)
            length = numpy.linalg.norm(d, axis=1, keepdims=True)
            return d / numpy.where(length > 0, length, 1)
        return numpy.sign(d)

    d = direction(random.standard_normal(x.shape)) * distances[:, None]
    best, kept = numpy.zeros(len(x)), (x, inside(x + d))
    for _ in range(steps):
        y = inside(x + d)
        here, there = network.scores(x), network.scores(y)
        apart = there - here
        actual = lengths(y - x, order)
        ratio = numpy.where(actual > 0, lengths(apart, order) / numpy.where(actual > 0, actual, 1), 0)
        better = (ratio > best)[:, None]
        best, kept = numpy.maximum(best, ratio), (numpy.where(better, x, kept[0]), numpy.where(better, y, kept[1]))
        size = abs(apart).max(axis=1, keepdims=True)
        cotangent = apart / numpy.where(size > 0, size, 1)
        if order != 2:
            cotangent = numpy.where(abs(cotangent) == abs(cotangent).max(axis=1, keepdims=True), numpy.sign(cotangent), 0)
        _, pull_y = gradient.pullback(y, cotangent)
        _, pull_x = gradient.pullback(x, cotangent)
        pull_x, pull_y = pull_x.reshape(x.shape), pull_y.reshape(x.shape)
        d = direction(pull_y + 1e-3 * direction(random.standard_normal(x.shape))) * distances[:, None]
        x = inside(x + 0.3 * distances[:, None] * direction(pull_y - pull_x))
    return kept
