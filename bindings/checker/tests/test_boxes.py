"""Lipschitz bounds on a box of inputs: boxes hold what they must and no more, honest certificates are accepted, and forged ones are not."""

import json
import math
from fractions import Fraction

import mpmath
import numpy
import pytest

import check_certificate as checker
import made
import stableode
from test_certified_radius import changed, numbers, value_at

RNG = numpy.random.default_rng
FIELDS = ("dense", "antisymmetric", "gradient_flow")
LOCAL = {"local_affine", "local_activation", "local_step", "local_symmetric", "local_diagonal", "local_scaled"}
mpmath.mp.prec = 400
FUNCTIONS = {
    "identity": lambda x: x, "relu": lambda x: max(x, mpmath.mpf(0)), "leaky_relu": lambda x: max(x, x / 100), "tanh": mpmath.tanh, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(-abs(x))) + max(x, 0), "elu": lambda x: x if x > 0 else mpmath.expm1(x), "sin": mpmath.sin, "gelu": lambda x: x * mpmath.ncdf(x) if abs(x) < 1000 else max(x, mpmath.mpf(0)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)), "smooth_relu": lambda x: max(x, mpmath.mpf(0)) if abs(x) > mpmath.mpf(1) / 10 else (x + mpmath.mpf(1) / 10) ** 2 * 10 / 4,
}  # fmt: skip


# ---- Boxes ------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------


def intervals():
    """Ends of boxes: of any size, on both sides of 0, and points."""
    rng = RNG(0)
    for k in range(120):
        middle, width = rng.standard_normal() * 10 ** rng.uniform(-4, 2.2), 10 ** rng.uniform(-9, 1.5)
        yield (middle, middle + width) if k % 5 else (middle, middle)
    yield from [(0.0, 0.0), (0.0, 1e-300), (-1e-300, 0.0), (1e-200, 1e-190), (-1e-190, -1e-200), (-1e300, 1e300), (-400.0, -300.0), (300.0, 400.0), (-1e-3, 1e-3), (-0.1, 0.1)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_between_two_numbers(name):
    """Every value and every difference quotient lies within the bounds; monotone values and slopes that are known come within 1e-60 of them."""
    assert set(FUNCTIONS) == set(checker.ACTIVATIONS)
    function, rng = FUNCTIONS[name], RNG(1)
    is_monotone, is_known = checker.ACTIVATIONS[name].least >= 0, name in ("tanh", "sigmoid", "softplus", "relu", "identity")
    scale, unit = mpmath.mpf(2) ** checker.FINE, mpmath.mpf(checker.ONE)
    for low, high in intervals():
        if name == "sin" and abs(high) > 1e20:
            continue
        values = [end / scale for end in map(mpmath.mpf, checker.values_between(name, checker.fine(low), checker.fine(high)))]
        slopes = [end / unit for end in map(mpmath.mpf, checker.slopes_between(name, checker.fine(low), checker.fine(high)))]
        points = sorted({low, high, *(low + (high - low) * t for t in rng.random(6)), *(0.0 for _ in range(low < 0 < high))})
        found = [function(mpmath.mpf(x)) for x in points]
        assert all(values[0] <= y + room and y - room <= values[1] for y, room in ((y, mpmath.mpf(2) ** -300 * (1 + abs(y))) for y in found))
        if is_monotone:
            wrong = mpmath.mpf(10) ** -60 * (1 + max(map(abs, found)))
            assert found[0] - values[0] <= wrong and values[1] - found[-1] <= wrong
        for p, q, a, b in zip(points, points[1:], found, found[1:], strict=False):
            if q - p > 1e-60 * max(abs(p), abs(q)):
                quotient, room = (b - a) / (mpmath.mpf(q) - mpmath.mpf(p)), mpmath.mpf(2) ** -300 * (1 + abs(a)) / (mpmath.mpf(q) - mpmath.mpf(p))
                assert slopes[0] <= quotient + room and quotient - room <= slopes[1]
        if is_known:
            derivative = {"tanh": lambda x: mpmath.sech(x) ** 2, "sigmoid": lambda x: FUNCTIONS["sigmoid"](x) * FUNCTIONS["sigmoid"](-x), "softplus": FUNCTIONS["sigmoid"], "relu": lambda x: mpmath.mpf(x > 0), "identity": lambda x: mpmath.mpf(1)}[name]
            true = [derivative(mpmath.mpf(x)) for x in points]
            assert abs(min(true) - slopes[0]) < mpmath.mpf(10) ** -60 and abs(max(true) - slopes[1]) < mpmath.mpf(10) ** -60


def test_small_numbers_keep_their_digits():
    """Next to 0 tanh and elu are as exact, relative to their values, as the library's room of 1e-13."""
    for name, x in [("tanh", 1e-100), ("tanh", -1e-200), ("elu", -1e-150), ("tanh", 1e-5), ("elu", -1e-6)]:
        low, high = (mpmath.mpf(end) / mpmath.mpf(2) ** checker.FINE for end in checker.values_between(name, checker.fine(x), checker.fine(x)))
        value = FUNCTIONS[name](mpmath.mpf(x))
        assert low <= value * (1 + mpmath.sign(value) * mpmath.mpf(2) ** -300) and high - low < 1e-14 * abs(value)


@pytest.mark.parametrize("scale", [1.0, 1e-150, 1e150])
def test_products_of_boxes_are_the_smallest(scale):
    """The ends of Wx + b, W diagonal times itself, and of y + h f, against exact fractions at the corners."""
    rng = RNG(2)
    for _ in range(10):
        a = rng.standard_normal((3, 4)) * scale
        low = rng.standard_normal(4)
        high, bias = low + rng.random(4), rng.standard_normal(3)
        box = checker.Box([checker.fine(float(x)) for x in low], [checker.fine(float(x)) for x in high])
        got = box.times(checker.whole([[float(x) for x in row] for row in a], 1 << 13), [float(b) for b in bias])
        for i in range(3):
            ends = [
                Fraction(float(bias[i])) + sum(min(products) if side == 0 else max(products) for products in ([Fraction(float(w)) * Fraction(float(x)) for x in pair] for w, pair in zip(a[i], zip(low, high, strict=True), strict=True)))
                for side in (0, 1)
            ]
            units = [end * 2**checker.FINE for end in ends]
            assert 0 <= units[0] - got.lower[i] <= 1 and 0 <= got.upper[i] - units[1] <= 1
        moved = got.moved(Fraction(0.375), got.negated())
        assert all(Fraction(moved.lower[i]) <= got.lower[i] - Fraction(3, 8) * got.upper[i] and moved.upper[i] >= got.upper[i] - Fraction(3, 8) * got.lower[i] for i in range(3))
        assert all(moved.lower[i] + 1 > got.lower[i] - Fraction(3, 8) * got.upper[i] for i in range(3))
        shift, scales = rng.standard_normal(4), rng.standard_normal(4)
        scaled = box.normalized([float(x) for x in shift], [float(x) for x in scales])
        for i in range(4):
            ends = sorted((Fraction(float(x)) - Fraction(float(shift[i]))) * Fraction(float(scales[i])) * 2**checker.FINE for x in (low[i], high[i]))
            assert 0 <= ends[0] - scaled.lower[i] <= 1 and 0 <= scaled.upper[i] - ends[1] <= 1


def test_matrices_with_factors_and_a_diagonal_are_exact():
    a = checker.whole([[float(x) for x in row] for row in RNG(3).standard_normal((3, 3))], 1 << 13)
    b = a.with_rows([3, -5, 0], -4).with_diagonal(Fraction(1)).with_diagonal(Fraction(2.0**-900))
    for i in range(3):
        for j in range(3):
            expected = Fraction([3, -5, 0][i], 16) * a.rows[i][j] * Fraction(2) ** a.power + ((1 + Fraction(2) ** -900) if i == j else 0)
            assert b.rows[i][j] * Fraction(2) ** b.power == expected
    c = b.shortened(40)
    assert max(abs(x).bit_length() for row in c.rows for x in row) <= 41
    assert all(abs(x * Fraction(2) ** b.power - y * Fraction(2) ** c.power) <= c.error * Fraction(2) ** c.power for row, other in zip(b.rows, c.rows, strict=True) for x, y in zip(row, other, strict=True))


# ---- Certificates that the library makes --------------------------------------------------------------------------------------------------------------------------------------------------------


def random_network(field, activation, precision, seed):
    """A network of such a field with connectors, a normalization, shared weights and biases as chance has it, and a box of inputs of any size."""
    rng = RNG([seed, len(activation), len(field), precision == "float32"])
    pick = rng.choice
    block = {
        "field": field, "layers": int(rng.integers(1, 5)), "horizon": float(10 ** rng.uniform(-1, 1)), "activation": activation, "bias": str(pick(["none", "scalar", "vector"])), "weights_in_time": str(pick(["layers", "shared"])),
    }  # fmt: skip
    if field == "antisymmetric":
        block["gamma"] = float(pick([0, 0.3, 2.5]))
    if field == "gradient_flow" and rng.random() < 0.5:
        block["hidden_width"] = int(rng.integers(1, 9))
    if rng.random() < 0.3:
        block["step_sizes"] = [float(h) for h in rng.uniform(0.1, 1, block.pop("layers"))]
        del block["horizon"]
    blocks = [block]
    # The leak of a connector is checked by a test of its own.
    smooth = [name for name in FUNCTIONS if name != "leaky_relu"]
    if rng.random() < 0.4:
        blocks.insert(0, {"connector": "dense", "features": int(rng.integers(1, 8)), "activation": str(pick(smooth))})
    if rng.random() < 0.3:
        blocks.insert(0, {"connector": "activation", "activation": str(pick(smooth))})
    if rng.random() < 0.3:
        blocks.append({"connector": "dropout"})
    inputs = int(rng.integers(1, 6))
    network = stableode.Network(
        inputs=inputs, outputs=3, width=inputs + int(rng.integers(0, 4)), opening=str(pick(["dense", "zero_padding"])), loss=str(pick(["softmax_cross_entropy", "least_squares"])), precision=precision, seed=seed, blocks=blocks,
    )  # fmt: skip
    factor = 10 ** rng.uniform(-1, 0.7)
    for name, values in network.parameters.items():
        network.parameters[name] = (values * factor + 0.3 * rng.standard_normal(values.shape)).astype(values.dtype)
    if rng.random() < 0.5:
        network.normalization = rng.standard_normal(inputs) * 10 ** rng.uniform(-1, 5), rng.uniform(-2, 2, inputs)
        if rng.random() < 0.5:
            network.squashing = rng.random(inputs) < 0.6
    if network.specification["loss"] == "least_squares" and rng.random() < 0.5:
        network.target_scaling = rng.standard_normal(3), rng.uniform(0.1, 2, 3)
    low = rng.uniform(-2, 1, inputs)
    if network.normalization is not None and rng.random() < 0.5:
        low = low + network.normalization[0]
    return network, low, low + 10 ** rng.uniform(-4, 1, inputs)


def rules_of(content):
    return [entry["rule"] for stage in content["stages"] for entry in (stage, *stage.get("layers", []))]


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("field", FIELDS)
def test_honest_certificates_are_accepted(field, activation, precision):
    """And two inputs of the box show no larger ratio."""
    for seed in range(6):
        network, low, high = random_network(field, activation, precision, seed)
        certificate = network.certify("lipschitz_l2", lower=low, upper=high)
        assert certificate.verdict == "proved", certificate.reason
        lines = checker.check(network.to_bytes(), certificate.text.encode())
        assert "options.lower" in lines[0] and any(line.startswith("for all inputs the factor") for line in lines)
        rng = RNG(seed)
        x = rng.uniform(low, high, (40, len(low)))
        y = numpy.where(rng.random(x.shape) < 0.5, x, rng.uniform(low, high, x.shape))
        if precision == "float64":
            distance = numpy.linalg.norm(x - y, axis=1)
            ratio = numpy.linalg.norm(network.scores(x) - network.scores(y), axis=1)
            assert (ratio <= certificate["lipschitz"] * distance * (1 + 1e-9) + 1e-9 * (1 + abs(network.scores(x)).max())).all()


def test_all_local_rules_are_met():
    """The sweep above is about every rule of a box."""
    met = set()
    for field in FIELDS:
        for activation in ("tanh", "relu", "softplus"):
            for seed in range(6):
                network, low, high = random_network(field, activation, "float64", seed)
                met |= set(rules_of(json.loads(network.certify("lipschitz_l2", lower=low, upper=high).text)))
    assert met >= LOCAL


def treated(network, kind):
    """Weights at the ends of their precisions, biases of millions, and inputs far from 0."""
    rng = RNG(5)
    for name, values in network.parameters.items():
        is_bias, wide = name.split(".")[-1].startswith("b"), values.astype("float64")
        if kind == "biases" and is_bias:
            wide = wide + 5e6 * rng.choice([-1.0, 1.0], values.shape)
        elif kind == "subnormal" and not is_bias:
            wide = wide * (1e-42 if values.dtype == numpy.float32 else 1e-315)
        elif kind == "huge" and not is_bias:
            wide = wide * 1e10
        elif kind == "wide" and not is_bias:
            wide = wide * 10.0 ** rng.uniform(-8, 1, values.shape)
        elif kind == "zeros" and name.startswith("blocks.0.K"):
            wide = wide * 0
        network.parameters[name] = wide.astype(values.dtype)
    return network


@pytest.mark.parametrize("kind", ["biases", "subnormal", "huge", "wide", "zeros"])
@pytest.mark.parametrize("field", FIELDS)
def test_honest_certificates_of_hostile_weights_are_accepted(field, kind):
    for seed in range(6):
        network, low, high = random_network(field, ("tanh", "relu", "sigmoid")[seed % 3], ("float32", "float64")[seed % 2], seed + 100)
        treated(network, kind)
        certificate = network.certify("lipschitz_l2", lower=low, upper=high)
        if certificate.verdict == "proved":
            assert checker.check(network.to_bytes(), certificate.text.encode())


def test_a_point_and_one_number_for_all_inputs():
    network, low, _ = random_network("dense", "tanh", "float64", 1)
    for box in ({"lower": low, "upper": low}, {"lower": -0.125, "upper": 0.25}):
        certificate = network.certify("lipschitz_l2", **box)
        assert certificate.verdict == "proved" and checker.check(network.to_bytes(), certificate.text.encode())


def test_squashed_inputs_far_out_have_flat_slopes():
    """And flags that are neither 0 nor 1, or of a model without a normalization, are rejected."""
    network = stableode.Network(inputs=2, outputs=2, width=2, opening="dense", layers=1, seed=1, precision="float64")
    network.normalization, network.squashing = ([0.0, 0.0], [1.0, 1.0]), True
    near, far = (network.certify("lipschitz_l2", lower=low, upper=2 * low) for low in (1e-9, 1e6))
    assert near["lipschitz"] > 0.5 * near["global"] and far["lipschitz"] < 1e-5 * far["global"]
    for certificate in (near, far):
        assert checker.check(network.to_bytes(), certificate.text.encode())
    data = network.to_bytes()
    one = numpy.ones(2).tobytes()
    assert data.count(one) >= 2
    place = data.rindex(one)
    model = checker.Model(data)
    assert model.squashed == [True, True]
    for value in (2.0, 0.5, -1.0):
        altered = data[:place] + numpy.array([1.0, value]).tobytes() + data[place + 16 :]
        changed_model = checker.Model(altered)
        if changed_model.tensors["normalization.squash"].numbers[1] == value:
            with pytest.raises(checker.Rejected, match="neither 0 nor 1"):
                changed_model.squashed  # noqa: B018


def test_asinh_in_whole_numbers():
    """Between bounds by exp: sinh of both ends lies on both sides; and next to 0, and beyond float64's squares."""
    for x in (0.0, 1e-300, -1e-30, 1e-9, 0.3, -0.999, 1.0, 7.5, -1e5, 1e160, -1e308):
        low, high = checker.asinh_at(checker.fine(x))
        value = math.asinh(x)
        assert low <= high and abs(Fraction(low, 1 << checker.FINE) - Fraction(value)) <= Fraction(4e-16) * abs(Fraction(value)) + Fraction(1, 1 << 1100)
        assert Fraction(high - low, 1 << checker.FINE) <= Fraction(1, 1 << 200) and low <= 0 <= high or (low > 0) == (x > 0)
    for low, high, slope in ((-1.0, 2.0, 1.0), (2.0, 3.0, 5**-0.5), (-9.0, -3.0, 10**-0.5), (1e200, 1e300, 1e-200)):
        found = checker.asinh_slope(checker.fine(low), checker.fine(high)) / checker.ONE
        assert slope * (1 - 1e-12) <= found <= slope * (1 + 1e-12) + 2.0**-250


# ---- Forgeries ----------------------------------------------------------------------------------------------------------------------------------------------------------------------------------


def subject(name):
    """A network whose certificate has the rule `name`, and the certificate's content."""
    local = {"local_step": ("dense", "tanh"), "local_symmetric": ("gradient_flow", "sigmoid"), "local_affine": ("dense", "tanh"), "local_activation": ("dense", "tanh"), "local_scaled": ("dense", "tanh"), "local_diagonal": ("dense", "tanh"), "antisymmetric": ("antisymmetric", "softplus")}
    field, activation = local[name]
    options = {"gamma": 0.5} if field == "antisymmetric" else {}
    blocks = [{"field": field, "layers": 2, "horizon": 6.0 if field == "gradient_flow" else 1.0, "activation": activation, **options}]
    if name == "local_activation":
        blocks.insert(0, {"connector": "activation", "activation": "tanh"})
    if name == "local_affine":
        blocks.append({"connector": "dense", "features": 4, "activation": "sigmoid"})
    network = stableode.Network(inputs=3, outputs=2, width=4, opening="zero_padding" if name == "local_diagonal" else "dense", precision="float64", seed=2, blocks=blocks)
    for tensor, values in network.parameters.items():
        # Sums far from 0, where slopes are small and differ.
        network.parameters[tensor] = (0.3 if tensor == "opening.W" else 1.5) * values + (1.0 if tensor.split(".")[-1].startswith("b") else 0.0)
    network.normalization = numpy.array([0.5, -1.0, 2.0]), numpy.array([0.7, -1.3, 0.9])
    if name in ("local_scaled", "local_diagonal"):
        # All squashed inputs lie on one side of their shift, where asinh is flatter than 1.
        network.normalization = numpy.array([-1.5, -3.0, 0.5]), numpy.array([0.7, -1.3, 0.9])
        network.squashing = [True, True, name == "local_diagonal"]
    content = json.loads(network.certify("lipschitz_l2", lower=[0.4, -1.1, 1.8], upper=[0.7, -0.9, 2.3]).text)
    assert (name if name in LOCAL else "local_step") in rules_of(content)
    return network.to_bytes(), content


SUBJECTS = ("local_step", "local_symmetric", "local_affine", "local_activation", "local_scaled", "local_diagonal", "antisymmetric")


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_forged_number_is_accepted(name):
    """Every number in the direction in which the claim becomes false, by a thousandth, and with a digest that is right again."""
    data, content = subject(name)
    assert checker.check(data, made.signed(content))
    tried = 0
    for path in numbers(content):
        old = value_at(content, path)
        if path[-1] in ("bound", "lipschitz", "features", "global"):
            forged = [old * 0.999, old * 0.5, 0.0, -old]
        elif "norms" in path or path[-1] in ("index", "bytes", "version", "entry"):
            forged = [old + 1, -1]
        else:
            forged = []
        for value in forged:
            if path[0] == "norms" and path[-1] == "bound" and content["norms"][path[1]]["norm"] == "log_l2" and value in (-old, 0.0) and old <= 0:
                continue
            with pytest.raises(checker.Rejected):
                checker.check(data, made.signed(changed(content, path, value)))
            tried += 1
    assert tried > 30


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_number_can_be_changed_without_a_new_digest(name):
    data, content = subject(name)
    text = made.signed(content)
    for path in numbers(content):
        altered = json.dumps({**changed(content, path, value_at(content, path) * 1.5 + 1), "digest": json.loads(text)["digest"]}, separators=(",", ":")).encode()
        with pytest.raises(checker.Rejected):
            checker.check(data, altered)
    for end in ("lower", "upper"):
        with pytest.raises(checker.Rejected, match="digest"):
            checker.check(data, text.replace(content["options"][end].encode(), content["options"][end].replace(".", ".1", 1).encode()))
    for place in range(0, len(data), 11):
        altered = bytearray(data)
        altered[place] ^= 1 << place % 8
        with pytest.raises(checker.Rejected, match="SHA-256"):
            checker.check(bytes(altered), text)


def bounds_of(content):
    return numpy.array([entry["lipschitz"] for stage in content["stages"] for entry in (stage, *stage.get("layers", []))])


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_larger_box_is_not_accepted(name):
    """Any end moved outward alone, wherever the library's own bounds of the larger box are larger than those that are claimed."""
    data, content = subject(name)
    network = stableode.Network.from_bytes(data)
    box = {end: [float(x) for x in content["options"][end].split(",")] for end in ("lower", "upper")}
    larger = 0
    for end, sign in (("lower", -1), ("upper", 1)):
        for i in range(3):
            for step in (0.03, 0.3, 3.0, 1e6):
                moved = {**box, end: [x + sign * step * (k == i) for k, x in enumerate(box[end])]}
                forged = made.signed(changed(content, ("options", end), ",".join(map(repr, moved[end]))))
                needed = bounds_of(json.loads(network.certify("lipschitz_l2", **moved).text))
                if (needed > bounds_of(content) * (1 + 4e-6)).any():
                    larger += 1
                    with pytest.raises(checker.Rejected):
                        checker.check(data, forged)
                else:
                    assert checker.check(data, forged)
    assert larger >= 6
    with pytest.raises(checker.Rejected, match="needs a box"):
        checker.check(data, made.signed({**content, "options": {**content["options"], "lower": "", "upper": ""}}))


@pytest.mark.parametrize(
    ("lower", "upper", "reason"),
    [
        ("0", "", "1 number"), ("", "1", "1 number"), ("0,0", "1,1", "1 number"), ("1", "0", "exceeds"), ("0,0,0", "1,1,-1", "exceeds"), ("0,,0", "1", "empty"), ("0,0,", "1", "empty"), ("nan", "1", "no list"), ("0", "inf", "no list"),
        ("-1e999", "1", "not finite"), ("-1_0", "1", "no list"), ("0x1p-3", "1", "no list"), ("0;0;0", "1", "no list"), (0, 1, "no text"), ("0 0 0", "1", "no list"), ("٠", "1", "no list"), (None, None, "no text"), ([0], [1], "no text"),
    ],
)  # fmt: skip
def test_options_that_are_no_box_are_rejected(lower, upper, reason):
    data, content = subject("local_step")
    with pytest.raises(checker.Rejected, match=reason):
        checker.check(data, made.signed({**content, "options": {**content["options"], "lower": lower, "upper": upper}}))


def test_rules_of_a_box_are_for_their_stages():
    data, content = subject("local_affine")
    layers, place = ("stages", 1, "layers", 0), len(content["stages"]) - 2
    assert content["stages"][1]["kind"] == "block"
    assert content["stages"][place]["rule"] == "local_affine"
    forgeries = [
        (("stages", 0, "rule"), "local_affine"), (("stages", place, "rule"), "local_activation"), (("stages", place, "rule"), "local_step"), (("stages", -1, "rule"), "local_affine"), ((*layers, "rule"), "local_symmetric"), ((*layers, "rule"), "local_affine"),
        ((*layers, "rule"), "local_"), ((*layers, "norms"), [0]), (("stages", place, "norms"), [0]), (("stages", 1, "rule"), "local_step"),
    ]  # fmt: skip
    for path, value in forgeries:
        with pytest.raises(checker.Rejected):
            checker.check(data, made.signed(changed(content, path, value)))
    # Of other statements, which know no box.
    with pytest.raises(checker.Rejected):
        checker.check(data, made.signed({**content, "statement": "lipschitz_linf"}))
    with pytest.raises(checker.Rejected, match="in ℓ₂"):
        checker.check(data, made.signed({**content, "statement": "lipschitz_linf", "options": {**content["options"], "statement": "lipschitz_linf"}, "norms": [], "stages": []}))


def test_the_bound_for_all_inputs_is_proved_too():
    """It may be left out or be no number; the norms that it rests on may not."""
    data, content = subject("local_step")
    assert checker.check(data, made.signed(changed(content, ("result", "global"), None)))
    without = {**content, "result": {key: value for key, value in content["result"].items() if key != "global"}}
    assert not any("for all inputs the factor" in line for line in checker.check(data, made.signed(without)))
    with pytest.raises(checker.Rejected, match="global"):
        checker.check(data, made.signed(changed(content, ("result", "global"), content["result"]["lipschitz"])))
    with pytest.raises(checker.Rejected, match="no norms|no l2 norm|has its norms"):
        checker.check(data, made.signed({**content, "norms": content["norms"][:1] + content["norms"][-1:]}))


def test_limits_on_a_box():
    network, low, high = random_network("dense", "tanh", "float64", 3)
    bound = network.certify("lipschitz_l2", lower=low, upper=high)["lipschitz"]
    certificate = network.certify("lipschitz_l2", lower=low, upper=high, limit=bound * 1.001)
    assert certificate.verdict == "proved" and checker.check(network.to_bytes(), certificate.text.encode())
    with pytest.raises(checker.Rejected, match="limit"):
        checker.check(network.to_bytes(), made.signed(changed(json.loads(certificate.text), ("options", "limit"), bound * 0.999)))


@pytest.mark.parametrize(
    "blocks", [[{"field": "dense", "integrator": "heun", "layers": 1}, {"field": "dense", "layers": 1}], [{"field": "two_layer", "layers": 1}, {"field": "dense", "layers": 1}], [{"field": "gradient_flow", "steps": "row_sums", "layers": 1}, {"field": "dense", "layers": 1}]]
)
def test_what_boxes_are_not_followed_through_leaves_global_rules_alone(blocks):
    """Behind such a block no local rule is accepted; a certificate of a box that has none is, since it is true of all inputs."""
    network = stableode.Network(inputs=3, outputs=2, width=4, opening="dense", precision="float64", seed=2, blocks=blocks)
    content = json.loads(network.certify("lipschitz_l2").text)
    content["options"] |= {"lower": "-1", "upper": "1"}
    assert checker.check(network.to_bytes(), made.signed(content))
    forged = changed(content, ("stages", 2, "layers", 0), {"rule": "local_step", "norms": [], "lipschitz": 100.0})
    forged["result"] = {"lipschitz": 1e9}
    with pytest.raises(checker.Rejected, match="not followed through block 0"):
        checker.check(network.to_bytes(), made.signed(forged))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_leak_is_a_hundredth(precision):
    """float32(0.01) is less than that and no bound."""
    network = stableode.Network(inputs=2, outputs=2, precision=precision, seed=1, blocks=[{"field": "dense", "layers": 1}, {"connector": "activation", "activation": "leaky_relu"}])
    network.parameters["blocks.0.b"] = network.parameters["blocks.0.b"] - 50
    content = json.loads(network.certify("lipschitz_l2", lower=-0.75, upper=0.25).text)
    place = next(i for i, stage in enumerate(content["stages"]) if stage["kind"] == "connector")
    content["result"] = {"lipschitz": 1e9}
    for bound, is_true in ((0.01, True), (0.011, True), (0.009999999776482582, False), (0.0099, False)):
        forged = made.signed(changed(content, ("stages", place), {"kind": "connector", "index": 0, "rule": "local_activation", "norms": [], "lipschitz": bound}))
        if is_true:
            assert checker.check(network.to_bytes(), forged)
        else:
            with pytest.raises(checker.Rejected, match="local_activation"):
                checker.check(network.to_bytes(), forged)
