"""Convolutions and windows of every geometry over images, lists, single rows, columns and pixels: the checker accepts what the library proves of them, and proves the same network."""

import itertools
import json

import numpy
import pytest

import check_certificate as checker
import made
import stableode

SHAPES = {"image": [2, 6, 5], "list": [2, 8], "row": [2, 1, 7], "column": [2, 7, 1], "pixel": [2, 1, 1]}
FLOW = {"field": "gradient_flow", "operator": "convolution", "layers": 2, "horizon": 0.1}


def accepted(shape, blocks):
    """The statements that are proved of a network, each of which the checker accepts; None if there is no such network."""
    try:
        net = stableode.Network(input_shape=shape, outputs=3, seed=1, blocks=blocks)
    except stableode.StableODEError:
        return None
    proved = []
    x = numpy.random.default_rng(0).standard_normal(net.inputs).astype("float32")
    for statement in ("lipschitz_l2", "lipschitz_linf", "non_expansive", "certified_radius"):
        certificate = net.certify(statement, *([x] if statement == "certified_radius" else []))
        if certificate:
            assert checker.check(net.to_bytes(), certificate.text.encode()), (shape, blocks, statement)
            proved.append(statement)
    return proved


@pytest.mark.parametrize("algorithm", ["automatic", "direct"])
@pytest.mark.parametrize("padding", ["zero", "periodic", "reflect", "replicate"])
@pytest.mark.parametrize("name", SHAPES)
def test_convolutions(name, padding, algorithm):
    found = []
    for kernel, stride, dilation, margin in itertools.product((1, 2, 3), (1, 2, 3), (1, 2), (-1, 0, 1)):
        if (kernel == 1 and dilation > 1) or (name == "image" and margin == 1 and stride == 3):
            continue
        # The margin −1 keeps the image's size.
        convolution = {"connector": "convolution", "channels": 4, "kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding, "margin": margin, "convolution": algorithm}
        found.append(accepted(SHAPES[name], [convolution, {**FLOW, "kernel": 1}]))
    for kernel, dilation in itertools.product((1, 3), (1, 2)):
        found.append(accepted(SHAPES[name], [{**FLOW, "kernel": kernel, "dilation": dilation, "padding": padding, "convolution": algorithm}]))
    proved = [statements for statements in found if statements is not None]
    assert len(proved) >= 12 and (padding in ("reflect", "replicate") or sum("certified_radius" in statements for statements in proved) >= 10), proved


@pytest.mark.parametrize("kind", ["average_pooling", "max_pooling"])
@pytest.mark.parametrize("name", SHAPES)
def test_windows(name, kind):
    found = []
    for window, stride, margin in itertools.product((1, 2, 3), (0, 1, 2, 3), (0, 1)):
        found.append(accepted(SHAPES[name], [{"connector": kind, "window": window, "window_stride": stride, "window_margin": margin}, FLOW]))
    assert sum("certified_radius" in (statements or []) for statements in found) >= (16 if name == "pixel" else 5)


def test_another_geometry_is_not_that_of_the_model():
    """Along an axis of one pixel, too, the geometry is the specification's."""
    net = stableode.Network(input_shape=[2, 8], outputs=3, seed=1, blocks=[{"connector": "convolution", "channels": 4, "stride": 2, "dilation": 2}, FLOW])
    content = json.loads(net.certify("lipschitz_l2").text)
    assert checker.check(net.to_bytes(), made.signed(content))
    (place,) = [i for i, norm in enumerate(content["norms"]) if norm["tensor"] == "connectors.0.K"]
    assert content["norms"][place]["geometry"]["stride"] == [2, 2]
    for key, value in (("stride", [1, 2]), ("stride", [2, 1]), ("dilation", [2, 1]), ("kernel", [3, 3]), ("height", 2), ("padding", "periodic")):
        forged = json.loads(json.dumps(content))
        forged["norms"][place]["geometry"][key] = value
        with pytest.raises(checker.Rejected, match="geometry"):
            checker.check(net.to_bytes(), made.signed(forged))


@pytest.mark.parametrize("padding", ["reflect", "replicate"])
def test_norms_of_paddings_that_repeat_pixels_are_not_verified(padding):
    """A statement about blocks is, of a network that has such a connector; no norm of its kernel, whatever the claimed geometry."""
    net = stableode.Network(input_shape=[2, 6, 5], outputs=3, seed=1, blocks=[{"connector": "convolution", "channels": 4, "padding": padding}, {**FLOW, "kernel": 1}])
    assert checker.check(net.to_bytes(), net.certify("non_expansive").text.encode())
    model = checker.Model(net.to_bytes())
    place = checker.geometry(next(stage for stage in model.stages if stage.kind == "connector"))
    assert place["padding"] == padding
    for given in (place, {**place, "padding": "zero"}, {**place, "padding": "periodic"}):
        with pytest.raises(checker.Rejected, match="several times"):
            checker.Norms(model, [{"operator": "matrix", "tensor": "connectors.0.K", "norm": "l2", "bound": 1e9, "geometry": given}])
    with pytest.raises(checker.Rejected, match="several times"):
        checker.Linear(checker.whole(model.matrix("connectors.0.K"), checker.EXACT), place)
