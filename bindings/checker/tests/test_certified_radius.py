"""Certified radii: honest certificates are accepted, forged ones are not, and the bounds of rounding hold for arithmetic in the library's order."""

import copy
import json
import math
from fractions import Fraction

import numpy
import pytest

import check_certificate as checker
import made

KINDS = {
    "normalized": {}, "plain": {"normalized": False}, "relu": {"activation": "relu"}, "softplus": {"activation": "softplus"}, "sigmoid": {"activation": "sigmoid", "normalized": False},
    "row_sums": {"row_sums": True}, "row_sums_softplus": {"row_sums": True, "activation": "softplus"},
}  # fmt: skip


@pytest.fixture(params=KINDS)
def network(request):
    return made.flow_network(**KINDS[request.param])


X = numpy.random.default_rng(4).standard_normal(7).astype(numpy.float32)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_an_honest_certificate_is_accepted(network, precision):
    lines = checker.check(network.data, made.radius_certificate(network, X, 0.01, precision))
    assert lines[0].startswith(f"certified radius: the library's {precision} arithmetic")


@pytest.mark.parametrize(("asked", "is_right"), [(0, True), (0.01, True), (0.0100001, False), (1.0, False)])
def test_the_radius_is_at_least_the_one_that_was_asked_for(asked, is_right):
    net = made.flow_network()
    content = json.loads(made.radius_certificate(net, X, 0.01))
    text = made.signed(changed(content, ("options", "radius"), asked))
    if is_right:
        assert checker.check(net.data, text)
    else:
        with pytest.raises(checker.Rejected, match=r"options\.radius"):
            checker.check(net.data, text)


def test_errors_of_float32_arithmetic_stay_below_the_bound(network):
    """Products round twice, as on a processor without fused multiply-adds; points lie on the ball's surface."""
    content = json.loads(made.radius_certificate(network, X, 0.3))
    rng = numpy.random.default_rng(0)
    winner = content["result"]["class"]
    for _ in range(40):
        d = rng.standard_normal(7)
        x = (X + 0.29 * d / numpy.linalg.norm(d)).astype(numpy.float32)
        exact, computed = made.forward(network, x.astype(numpy.float64)), made.forward(network, x, numpy.float32)
        for margin in content["result"]["margins"]:
            i = margin["class"]
            difference = float(computed[winner]) - float(computed[i]) - (exact[winner] - exact[i])
            assert abs(difference) <= margin["error"]


def numbers(value, path=()):
    """The paths of all numbers of a JSON value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from numbers(item, (*path, i))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path


def changed(content, path, number):
    content = copy.deepcopy(content)
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = number
    return content


def value_at(content, path):
    for key in path:
        content = content[key]
    return content


def false_values(path, old):
    """What a forger would write: values that make the claim at this place stronger than it is, or another claim."""
    name = path[-1]
    if name in ("bound", "error", "center") or (name == "lipschitz" and path[0] in ("stages", "result")):
        # The errors claimed here are a little larger than what can be proved.
        return [old * (0.95 if name == "error" else 0.99), old * 0.5, 0.0, -old]
    if name == "margin":
        return [old * 1.01 + 1e-3, old + 1]
    if name == "radius" and path[0] == "result":
        return [old * 1000, -old]
    if name in ("unit", "smallest", "normal"):
        return [old / 2, old * 2, 0]
    if path[:2] == ("options", "input"):
        return [old + 1000, 1e300]
    if path[0] == "norms" or name in ("class", "index", "version", "bytes") or "norms" in path:
        return [old + 1, old - 1, 1 << 40, old + 0.5]
    return []


def test_no_forged_number_is_accepted(network):
    """Every number is changed in the direction in which the claim becomes false, and the digest is made right again."""
    content = json.loads(made.radius_certificate(network, X, 0.01))
    tried = 0
    for path in numbers(content):
        for number in false_values(path, value_at(content, path)):
            with pytest.raises(checker.Rejected):
                checker.check(network.data, made.signed(changed(content, path, number)))
            tried += 1
    assert tried > 60


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("options", "precision"), "float64", "rounding.unit"),
        (("options", "precision"), "float16", "precision"),
        (("options", "input_type"), "float64", "numbers of float64"),
        (("result", "margins"), [], "every other class"),
        (("stages",), [], "stages"),
        (("norms",), [], "norms"),
        (("verdict",), "refuted", "proves nothing"),
        (("verdict",), "not_provable", "proves nothing"),
        (("statement",), "stable", "not verified"),
        (("stages", 1, "layers", 0, "rule"), "row_sums", "row_sums"),
        (("stages", 1, "layers", 0, "rule"), "damped", "field"),
        (("stages", 0, "rule"), "identity", "rule"),
        (("stages", 0, "kind"), "readout", "opening"),
        (("unknown",), 1, "unknown"),
    ],
)
def test_other_forgeries(path, value, reason):
    network = made.flow_network()
    content = json.loads(made.radius_certificate(network, X, 0.01))
    with pytest.raises(checker.Rejected, match=reason):
        checker.check(network.data, made.signed(changed(content, path, value)))


def test_a_class_counted_twice_is_no_other_class():
    network = made.flow_network()
    content = json.loads(made.radius_certificate(network, X, 0.01))
    margins = content["result"]["margins"]
    with pytest.raises(checker.Rejected, match="named twice"):
        checker.check(network.data, made.signed(changed(content, ("result", "margins"), [margins[0], margins[0]])))


@pytest.mark.parametrize("change", [{"loss": "multilabel_logistic"}, {"precision": "float64"}])
def test_networks_whose_class_is_another_are_rejected(change):
    """Labels of their own have no largest score; the second specification disagrees with its tensors."""
    network = made.flow_network()
    network = made.Made({**network.specification, **change}, network.tensors)
    with pytest.raises(checker.Rejected):
        checker.check(network.data, made.radius_certificate(network, X, 0.01))


def test_the_boundary_between_classes_has_no_radius():
    """A margin smaller than the rounding error is not proved, whatever the radius."""
    network = made.flow_network(normalized=False)
    w = network.tensors["readout.W"]
    network.tensors["readout.W"] = numpy.stack([w[0], w[0], w[1]])
    network.tensors["readout.b"] = numpy.array([0, 1e-6, 0], numpy.float32)
    network = made.Made(network.specification, network.tensors)
    with pytest.raises(checker.Rejected, match="margin|change on the ball"):
        checker.check(network.data, made.radius_certificate(network, X, 0.0))


@pytest.mark.parametrize("scale", [1e30, 1e-30, 3e38])
def test_scaled_weights_are_judged_without_overflow(scale):
    """The readout scales with the margin, so that the radius stays provable until products overflow."""
    network = made.flow_network(normalized=False)
    for name in ("readout.W", "readout.b"):
        network.tensors[name] = (network.tensors[name] * numpy.float32(scale)).astype(numpy.float32)
    if not all(numpy.isfinite(network.tensors[name]).all() for name in network.tensors):
        network.tensors["readout.W"] = numpy.clip(numpy.nan_to_num(network.tensors["readout.W"]), -3e38, 3e38).astype(numpy.float32)
        network.tensors["readout.b"] = numpy.nan_to_num(network.tensors["readout.b"]).astype(numpy.float32)
    network = made.Made(network.specification, network.tensors)
    certificate = made.radius_certificate(network, X, 0.01)
    if scale > 1e38:
        with pytest.raises(checker.Rejected, match="overflow"):
            checker.check(network.data, certificate)
    else:
        assert checker.check(network.data, certificate)


def test_inputs_whose_differences_from_the_shift_overflow_are_excluded():
    """The library refuses them, whatever their scale makes of them afterwards."""
    network = made.flow_network()
    network.tensors["normalization.shift"][0] = -8e37
    network.tensors["normalization.scale"][0] = 1e-38
    network = made.Made(network.specification, network.tensors)
    x = numpy.array(X, numpy.float32)
    x[0] = 3e37
    with pytest.raises(checker.Rejected, match="overflow"):
        checker.check(network.data, made.radius_certificate(network, x, 0.0))


def test_huge_biases_that_inflate_rounding_are_counted():
    """An error claimed for small biases does not pass for huge ones."""
    network = made.flow_network(normalized=False, activation="identity")
    small = json.loads(made.radius_certificate(network, X, 0.01))
    network.tensors["opening.b"] = network.tensors["opening.b"] * numpy.float32(3e6)
    network = made.Made(network.specification, network.tensors)
    huge = json.loads(made.radius_certificate(network, X, 0.01))
    for margin, other in zip(huge["result"]["margins"], small["result"]["margins"], strict=False):
        margin["error"] = other["error"]
    with pytest.raises(checker.Rejected, match="error|margin"):
        checker.check(network.data, made.signed(huge))


def test_weights_that_decayed_to_subnormal_numbers():
    """Weight decay makes those of constant features vanish; 122 bits do not hold them beside the others."""
    network = made.flow_network()
    for name in ("opening.W", "blocks.0.K", "readout.W"):
        network.tensors[name].reshape(-1)[::5] = numpy.float32(1e-44)
    network.tensors["normalization.scale"][0] = 1e-60
    network = made.Made(network.specification, network.tensors)
    assert checker.check(network.data, made.radius_certificate(network, X, 1e-4))


@pytest.mark.parametrize("scale", [1e-40, 1e40, 1e-100, 1e100])
def test_margins_far_from_1_are_evaluated_in_more_places(scale):
    """256 binary places end at 1e-77: margins of 1e-100 are lost in them, and so are those beside states of 1e200."""
    network = made.flow_network(normalized=False, activation="relu", horizon=0.01)
    tensors = {name: values.astype(numpy.float64) for name, values in network.tensors.items()}
    for name in ("opening.W", "opening.b", "readout.W"):
        tensors[name] *= scale
    tensors["blocks.0.b"] *= scale
    tensors["readout.b"] *= scale**2
    network = made.Made({**network.specification, "precision": "float64"}, tensors)
    certificate = made.radius_certificate(network, X, 0.01, "float64")
    assert checker.check(network.data, certificate)
    content = json.loads(certificate)
    margin = content["result"]["margins"][0]["margin"]
    with pytest.raises(checker.Rejected, match="margin is"):
        checker.check(network.data, made.signed(changed(content, ("result", "margins", 0, "margin"), margin * 1.001)))
    assert checker.PLACES == 256


@pytest.mark.parametrize(("h", "weight", "starts"), [(1.0, 1.0, True), (0.5, 2.0, True), (0.5, -2.0, True), (3.0, 1 / 3, True), (1.0, 0.5, False), (0.5, 0.5, False)])
def test_sums_that_start_from_the_state_are_counted(h, weight, starts):
    """A product that is added unscaled accumulates from the state, whose size its roundings then have."""
    rounding = object.__new__(checker.Rounding)
    rounding.u, rounding.smallest, rounding.largest = Fraction(1, 2**24), Fraction(1, 2**149), Fraction(2**126)

    def error(terms):
        return rounding._sums(Fraction(1000), [[Fraction(0)]], [Fraction(weight)], lambda y: (Fraction(0), Fraction(0)), Fraction(0), Fraction(1), Fraction(h), terms)[1]

    more = error(100) - error(0)
    assert (more >= 100 * rounding.u * 1000) if starts else more == 0


# ---- Stored factors below the smallest normal number --------------------------------------------------------------------------------------------------------------------------------------------


def shifted(h, precision="float32", integrator="euler", **options):
    """A layer that adds h·2¹²⁵ (float64: h·2¹⁰²⁰) to the second of two numbers and does nothing else; class 0 where the first is not less."""
    kind, bias = (numpy.float32, 2.0**125) if precision == "float32" else (numpy.float64, 2.0**1020)
    layer = made.block("dense", 1, activation="relu", horizon=h, integrator=integrator, **options)
    tensors = {"blocks.0.K": numpy.zeros((1, 2, 2), kind), "blocks.0.b": numpy.array([[0, bias]], kind), "readout.W": numpy.eye(2, dtype=kind), "readout.b": numpy.zeros(2, kind)}
    return made.Made(made.specification(2, 2, 2, [layer], opening="zero_padding", precision=precision), tensors)


def claimed(network, x, radius, winner, margin, error, layer):
    """A certificate with these numbers, for a network of two scores whose layers do not expand."""
    precision = network.specification["precision"]
    u, eta, mu = (2.0**-24, 2.0**-149, 2.0**-126) if precision == "float32" else (2.0**-53, 2.0**-1074, 2.0**-1022)
    place, size = network.norm("matrix", "readout.W", None, "l2")
    stages = [
        {"kind": "opening", "index": 0, "rule": "identity", "norms": [], "lipschitz": 1.0}, {"kind": "block", "index": 0, "lipschitz": 1.0 + 1e-12, "layers": [{**layer, "lipschitz": 1.0 + 1e-12}]},
        {"kind": "readout", "index": 0, "rule": "affine", "norms": [place], "lipschitz": size},
    ]  # fmt: skip
    return network.certificate(
        "certified_radius", options={"input": x, "input_type": precision, "precision": precision, "radius": 0}, hypotheses=[], stages=stages,
        rounding={"unit": u, "smallest": eta, "normal": mu, "exact_input": True, "center": math.hypot(*x) * (1 + 1e-12)},
        result={"radius": radius, "class": winner, "margins": [{"class": 1 - winner, "margin": margin, "lipschitz": 1.4143, "error": error}]},
    )  # fmt: skip


@pytest.mark.parametrize(("precision", "h", "integrator", "real", "radius"), [
    ("float32", 1.5 * 2.0**-149, "euler", 1.5 * 2.0**-24, 2e-8), ("float32", 0.4 * 2.0**-149, "euler", 0.4 * 2.0**-24, 1e-8), ("float32", 2.0**-140 * (1 + 2.0**-10), "euler", 2.0**-15 * (1 + 2.0**-10), 1.5e-8),
    ("float32", 1.5 * 2.0**-149, "heun", 1.5 * 2.0**-24, 2e-8), ("float32", 1.5 * 2.0**-149, "rk4", 1.5 * 2.0**-24, 6e-8), ("float64", 2.0**-1074, "heun", 2.0**-54, 1e-17),
])  # fmt: skip
def test_step_sizes_that_lose_their_digits_are_counted(precision, h, integrator, real, radius):
    """The library stores h·c as a number below the smallest normal one, so that it is wrong by up to half of the smallest one: a radius that counts relative errors alone is false."""
    network = shifted(h, precision, integrator)
    layer = {"rule": "stages", "norms": [network.norm("matrix", "blocks.0.K", 0, "l2")[0]]}
    # An input whose first number is less than h·b by as much as the radius needs, and the error that relative roundings make.
    margin = 1.45 * radius
    error = 1e-2 * radius
    x = real - 1.001 * margin
    x = float(numpy.float32(x)) if precision == "float32" else x
    with pytest.raises(checker.Rejected, match=r"error is .* at least .* is proved"):
        checker.check(network.data, claimed(network, [x, 0.0], radius, 1, margin, error, layer))
    # Far from the place where classes meet, the error that h may have is proved.
    size = 1.0 if precision == "float32" else 2.0**-40
    steps = {"euler": 1, "heun": 4, "rk4": 16}[integrator]
    bias = 2.0**125 if precision == "float32" else 2.0**1020
    error = (steps * (2.0**-149 if precision == "float32" else 2.0**-1074)) * bias * 4 + 1e-5 * size
    assert checker.check(network.data, claimed(network, [size, 0.0], 0.6 * size, 0, 0.999 * size, error, layer))


@pytest.mark.parametrize(("weight", "h", "is_held"), [(3.0845e22, 1.0, False), (1.1e20, 1.0, False), (1.1e16, 1e8, False), (3.3e18, 1.0, True), (3.3e14, 1e8, True)])
def test_factors_of_row_sums_that_lose_their_digits_have_no_radius(weight, h, is_held):
    """x₊ = x − 2x/r·K² = −x, r being K²; 2/(hr) is stored in float32."""
    layer = made.block("gradient_flow", 1, activation="relu", horizon=h, steps="row_sums", hidden_width=1)
    tensors = {"blocks.0.K": numpy.full((1, 1, 1), weight, numpy.float32), "blocks.0.b": numpy.zeros((1, 1), numpy.float32), "blocks.0.log_q": numpy.zeros((1, 1), numpy.float32)}
    tensors |= {"readout.W": numpy.array([[1], [0]], numpy.float32), "readout.b": numpy.zeros(2, numpy.float32)}
    network = made.Made(made.specification(1, 2, 1, [layer], opening="zero_padding"), tensors)
    network.norm("matrix", "blocks.0.K", 0, "l2")
    certificate = claimed(network, [1.0], 0.4, 1, 0.99, 1e-4, {"rule": "row_sums", "norms": []})
    if is_held:
        assert checker.check(network.data, certificate)
        return
    with pytest.raises(checker.Rejected, match="a factor of the row sums may be below the smallest normal number"):
        checker.check(network.data, certificate)


# ---- Winograd's algorithm -----------------------------------------------------------------------------------------------------------------------------------------------------------------------

B_T = numpy.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], float)
G = numpy.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
A_T = numpy.array([[1, 1, 1, 0], [0, 1, -1, -1]], float)


def winograd(kernel, image, magnitudes=False, padding="zero"):
    """F(2×2, 3×3) with zero or periodic padding, or the same with the magnitudes of all numbers; channels × height × width."""
    b, g, a = (abs(part) if magnitudes else part for part in (B_T, G, A_T))
    outputs, inputs, height, width = len(kernel), len(image), *image.shape[1:]
    padded = numpy.zeros((inputs, height + 4, width + 4))
    padded[:, 1 : height + 1, 1 : width + 1] = image
    if padding == "periodic":
        rows, columns = (numpy.arange(-1, n + 3) % n for n in (height, width))
        padded = image[:, rows][:, :, columns]
    result = numpy.zeros((outputs, height + 2, width + 2))
    for y in range(0, height, 2):
        for x in range(0, width, 2):
            d = padded[:, y : y + 4, x : x + 4]
            v = numpy.einsum("ij,cjk,lk->cil", b, d, b)
            u = numpy.einsum("ij,ocjk,lk->ocil", g, abs(kernel) if magnitudes else kernel, g)
            result[:, y : y + 2, x : x + 2] = numpy.einsum("ij,ojk,lk->oil", a, (u * v).sum(axis=1), a)
    return result[:, :height, :width]


@pytest.mark.parametrize("padding", ["zero", "periodic"])
@pytest.mark.parametrize(("groups", "height", "width"), [(1, 5, 6), (2, 4, 4), (1, 2, 3), (1, 7, 3)])
def test_sums_of_magnitudes_of_winograds_algorithm(groups, height, width, padding):
    """The bound of their norm is one of the matrix that they are, and not far above; and the algorithm is the convolution."""
    rng = numpy.random.default_rng(2)
    kernel = rng.standard_normal((4, 3, 3, 3)) * 10.0 ** rng.integers(-2, 2, (4, 3, 1, 1))
    numbers = checker.whole([list(row) for row in kernel.reshape(4, -1)], 512)
    arithmetic = object.__new__(checker.Rounding)
    arithmetic.largest = checker.Fraction(1 << 126)
    place = {"padding": padding, "groups": groups}
    # Output channels multiplied by numbers are those of a kernel multiplied by them.
    factors = 10 ** rng.uniform(-1, 1, 4)
    for scales in (None, factors):
        scaled = kernel if scales is None else kernel * scales[:, None, None, None]
        bound = float(arithmetic._squares(numbers, place, [] if scales is None else [Fraction(f) for f in scales]))
        largest = 0.0
        for g in range(groups):
            part = scaled[g * 4 // groups : (g + 1) * 4 // groups]
            columns = [winograd(part, unit.reshape(3, height, width), magnitudes=True, padding=padding).ravel() for unit in numpy.eye(3 * height * width)]
            largest = max(largest, numpy.linalg.norm(numpy.array(columns), 2))
        assert largest <= bound <= (3 if height > 2 else 8) * (1 if padding == "zero" else 1.6) * largest
    # The sums of weights of 1 are what vanishing numbers add for each unit of the inputs.
    ones = [winograd(numpy.ones((1, 1, 3, 3)), unit.reshape(1, height, width), magnitudes=True, padding=padding).ravel() for unit in numpy.eye(height * width)]
    assert numpy.linalg.norm(numpy.array(ones), 2) <= checker.Squares(Fraction(1), 1, 1, padding == "periodic").vanishing(Fraction(1))[1]
    image = rng.standard_normal((3, height, width))
    padded = numpy.pad(image, ((0, 0), (1, 1), (1, 1)), mode="constant" if padding == "zero" else "wrap")
    direct = sum(numpy.einsum("oc,cyx->oyx", kernel[:, :, i, k], padded[:, i : i + height, k : k + width]) for i in range(3) for k in range(3))
    assert winograd(kernel, image, padding=padding) == pytest.approx(direct, abs=1e-12)
