"""Certified norms against singular values: of matrices, and of convolutions as matrices of the whole image.

SODE_SWEEP_NETWORKS=1000 takes 10 000 matrices up to 256 × 256 and 1000 convolutions of each kind.
"""

import os

import numpy
import pytest

import norm_sweep
import stableode
from reference_layer import convolution_matrix

COUNT = int(os.environ.get("SODE_SWEEP_NETWORKS", "12"))


def test_norms_are_never_below_singular_values_and_close_to_them():
    """NumPy's singular values are right to about 1e-14; the bounds have room of 2⁻²⁰ for a checker."""
    found = list(norm_sweep.ratios(10 * COUNT))
    print(f"\n{len(found)} matrices: bound / norm from {min(found):.9f} to {max(found):.6f}")
    assert len(found) > 8 * COUNT and min(found) > 1 + 1e-8 and max(found) < 1.001


#: Kind → options of the connector.
KINDS = {
    "zero": {}, "periodic": dict(padding="periodic"), "valid": dict(margin=0), "wide margin": dict(margin=3), "strided": dict(stride=2), "strided valid": dict(stride=2, margin=0), "strided periodic": dict(padding="periodic", stride=2),
    "grouped": dict(groups=2), "grouped periodic strided": dict(groups=2, padding="periodic", stride=2), "dilated": dict(dilation=2), "depthwise": dict(groups=4),
}  # fmt: skip


def convolution(random, kind, precision="float64"):
    """(network of one random convolution, its matrix)."""
    options = {"margin": -1, "stride": 1, "groups": 1, "dilation": 1, "padding": "zero", **KINDS[kind]}
    groups = options["groups"]
    channels, outputs = groups * int(random.integers(1, 5 // groups + 1)), groups * int(random.integers(1, 5 // groups + 1))
    kernel = int(random.choice([1, 2, 3, 5]) if options["margin"] >= 0 else random.choice([1, 3, 5]))
    reach = (kernel - 1) * options["dilation"]
    size = [int(n) for n in random.integers(max(2, reach - 2 * max(options["margin"], 0) + 1, reach // 2 + 1), max(2, reach) + 6, 2)]
    if options["padding"] == "periodic":
        size = [n + n % options["stride"] for n in size]
    weights = random.standard_normal((outputs, channels // groups, kernel * kernel))
    weights = (weights * [1.0, 10 ** random.uniform(-20, 20), random.random(weights.shape) < 0.3, numpy.sign(weights)][random.integers(4)]).astype(precision)
    margin = options["margin"] if options["margin"] >= 0 else reach // 2
    matrix = convolution_matrix(weights, (channels, *size), (kernel, kernel), groups, (options["stride"],) * 2, (options["dilation"],) * 2, (margin, margin), (margin, margin), options["padding"])
    # The block adds nothing.
    network = stableode.Network(
        input_shape=[channels, *size], outputs=len(matrix), readout="identity", loss="least_squares", precision=precision,
        blocks=[{"connector": "convolution", "channels": outputs, "kernel": kernel, "bias": "none", **options}, {"field": "gradient_flow", "operator": "dense", "hidden_width": 1, "bias": "none", "layers": 1, "initial_scale": 0.0}],
    )  # fmt: skip
    network.parameters["connectors.0.K"] = weights
    return network, matrix


@pytest.mark.parametrize("kind", KINDS)
def test_convolution_norms_are_never_below_the_matrixs(kind):
    random = numpy.random.default_rng(list(KINDS).index(kind))
    ratios = []
    for _ in range(COUNT):
        network, matrix = convolution(random, kind, str(random.choice(["float32", "float64"])))
        size = float(abs(matrix).max())
        x = random.standard_normal((2, matrix.shape[1]))
        assert network.scores(x.astype(network.specification["precision"])) == pytest.approx((x @ matrix.T).astype("float64"), abs=1e-5 * size * matrix.shape[1] ** 0.5)
        certificate = network.certify("lipschitz_l2")
        claims = {(claim["tensor"], claim["norm"]): claim["bound"] for claim in certificate.record["norms"]}
        assert certificate, certificate.reason
        bounds = {norm: claims["connectors.0.K", norm] for norm in ("l2", "sums") if ("connectors.0.K", norm) in claims}
        norm = numpy.linalg.norm((matrix / (size or 1)).astype("float64"), 2)
        assert bounds["l2"] / (size or 1) >= norm, (kind, network.specification)
        if norm:
            ratios.append(bounds["l2"] / size / norm)
        largest = network.certify("lipschitz_linf").record["norms"]
        rows = next((claim["bound"] for claim in largest if claim["tensor"] == "connectors.0.K" and claim["norm"] == "linf"), None)
        assert rows is None or rows >= float(abs(matrix).sum(axis=1).max())
    print(f"\n{kind}: bound / norm from {min(ratios):.9f} to {max(ratios):.4f}, median {numpy.median(ratios):.4f}")
    if kind == "periodic":
        assert max(ratios) < 1.001


@pytest.mark.parametrize("padding", ["reflect", "replicate"])
def test_padding_by_pixels_is_refused(padding):
    network = stableode.Network(input_shape=[1, 6, 6], outputs=2, blocks=[{"connector": "convolution", "padding": padding}, {"field": "gradient_flow", "operator": "dense", "hidden_width": 1, "layers": 1}])
    certificate = network.certify("lipschitz_l2")
    assert certificate.verdict == "not_provable" and padding in certificate.reason
