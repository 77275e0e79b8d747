"""Bounds of norms: at a norm computed in high precision they hold, just below it they do not."""

import itertools
import math
from fractions import Fraction

import mpmath
import numpy
import pytest

import check_certificate as checker

RNG = numpy.random.default_rng


def holds(matrix, bound, bits=122):
    return checker.spectral_norm_is_at_most(checker.whole([[float(x) for x in row] for row in matrix], bits), Fraction(float(bound)))


@pytest.mark.parametrize("scale", [1.0, 1e30, 1e-30, 1e-300])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 3), (12, 12), (20, 31)])
def test_spectral_norms(shape, scale):
    for seed in range(5):
        a = RNG(seed).standard_normal(shape) * scale
        norm = numpy.linalg.norm(a, 2)
        assert holds(a, norm * (1 + 2.0**-21)) and not holds(a, norm * (1 - 1e-12))


def test_matrices_with_equal_singular_values_and_of_low_rank():
    q, _ = numpy.linalg.qr(RNG(0).standard_normal((16, 16)))
    assert holds(q, 1 + 1e-9) and not holds(q, 1 - 1e-9)
    low = numpy.outer(RNG(1).standard_normal(9), RNG(2).standard_normal(14))
    norm = numpy.linalg.norm(low, 2)
    assert holds(low, norm * (1 + 1e-12)) and not holds(low, norm * (1 - 1e-9))
    assert holds(numpy.zeros((3, 4)), 0.0) and not holds(numpy.eye(3), -1.0) and holds(numpy.eye(3), 1.0)


def test_numbers_of_many_magnitudes():
    """Subnormal numbers beside large ones, which no 122 bits hold: the bound counts what is cut off."""
    a = numpy.diag([1e10, 1.0, 5e-324, 1e-160])
    a[0, 3] = 1e-310
    assert checker.whole([list(map(float, row)) for row in a], 122).error == 1
    assert holds(a, 1e10 * (1 + 1e-9)) and not holds(a, 1e10 * (1 - 1e-9))
    assert holds(numpy.array([[5e-324]]), 5e-324) and not holds(numpy.array([[1e-323]]), 5e-324)


def test_gram_matrices_are_exact():
    rng = RNG(3)
    for m, n in ((1, 1), (3, 8), (7, 2)):
        rows = [[int(x) for x in row] for row in rng.integers(-(2**62), 2**62, (m, n))]
        assert checker.gram(rows) == [[sum(a * b for a, b in zip(p, q, strict=True)) for q in rows] for p in rows]


def test_logarithmic_norms():
    for seed in range(5):
        a = RNG(seed).standard_normal((7, 7)) - 4 * (seed % 2) * numpy.eye(7)
        largest = numpy.linalg.eigvalsh((a + a.T) / 2).max()
        numbers = checker.whole([list(map(float, row)) for row in a], 122)
        assert checker.logarithmic_norm_is_at_most(numbers, Fraction(largest + 1e-9))
        assert not checker.logarithmic_norm_is_at_most(numbers, Fraction(largest - 1e-9))


def test_antisymmetric_parts():
    a = RNG(4).standard_normal((8, 8))
    part = checker.whole([list(map(float, row)) for row in a], 122).minus_transposed()
    norm = numpy.linalg.norm((a - a.T) / 2, 2)
    assert checker.spectral_norm_is_at_most(part, Fraction(norm * (1 + 1e-9))) and not checker.spectral_norm_is_at_most(part, Fraction(norm * (1 - 1e-9)))


# ---- Convolutions -------------------------------------------------------------------------------------------------------------------------------------------------------------------------------

PLACES = {
    "same": {}, "valid": {"before": [0, 0], "after": [0, 0]}, "strided": {"stride": [2, 2]}, "periodic": {"padding": "periodic"}, "even": {"kernel": [2, 2], "before": [0, 0], "after": [1, 1]},
    "dilated": {"dilation": [2, 2], "before": [2, 2], "after": [2, 2]}, "groups": {"groups": 2, "channels_in": 4, "channels_out": 4}, "flat": {"height": 1, "kernel": [1, 3], "before": [0, 1], "after": [0, 1]},
}  # fmt: skip


def place_of(name):
    return {
        "channels_in": 2, "channels_out": 3, "groups": 1, "height": 5, "width": 6, "kernel": [3, 3], "stride": [1, 1], "dilation": [1, 1], "before": [1, 1], "after": [1, 1], "padding": "zero",
        **PLACES[name],
    }  # fmt: skip


def dense_matrix(kernel, place):
    """The convolution as a matrix, number by number from its definition."""
    height, width, groups = place["height"], place["width"], place["groups"]
    outputs, inputs = place["channels_out"] // groups, place["channels_in"] // groups
    (kh, kw), (sh, sw), (dh, dw), (top, left), (bottom, right) = (place[key] for key in ("kernel", "stride", "dilation", "before", "after"))
    high, wide = (height + top + bottom - (kh - 1) * dh - 1) // sh + 1, (width + left + right - (kw - 1) * dw - 1) // sw + 1
    matrix = numpy.zeros((place["channels_out"], high, wide, place["channels_in"], height, width))
    for o, c, y, x, i, k in itertools.product(range(place["channels_out"]), range(inputs), range(high), range(wide), range(kh), range(kw)):
        v, w = y * sh + i * dh - top, x * sw + k * dw - left
        if place["padding"] == "periodic":
            v, w = v % height, w % width
        if 0 <= v < height and 0 <= w < width:
            matrix[o, y, x, o // outputs * inputs + c, v, w] += kernel[o, c, i * kw + k]
    return matrix.reshape(place["channels_out"] * high * wide, -1)


@pytest.mark.parametrize("name", PLACES)
def test_convolution_norms(name):
    """A bound a little above the largest norm on the torus holds; none below the norm of the convolution's matrix does."""
    place = place_of(name)
    taps = place["kernel"][0] * place["kernel"][1]
    for seed in range(3):
        kernel = RNG(seed).standard_normal((place["channels_out"], place["channels_in"] // place["groups"], taps))
        true = numpy.linalg.norm(dense_matrix(kernel, place), 2)
        rows = [[float(x) for x in row.reshape(-1)] for row in kernel]
        # A torus that is fine enough, by Fourier transforms.
        on_torus = 0.0
        outputs = place["channels_out"] // place["groups"]
        sizes = [place["height"] + 32, place["width"] + 32] if place["padding"] == "zero" else [place["height"], place["width"]]
        for g in range(place["groups"]):
            part = kernel[g * outputs : (g + 1) * outputs].reshape(outputs, -1, *place["kernel"])
            on_torus = max(on_torus, numpy.linalg.norm(numpy.fft.fft2(part, sizes).transpose(2, 3, 0, 1), 2, axis=(2, 3)).max())
        assert checker.convolution_norm_is_at_most(rows, place, False, Fraction(on_torus * (1.01 if place["padding"] == "zero" else 1 + 1e-9)))
        assert not checker.convolution_norm_is_at_most(rows, place, False, Fraction(true * (1 - 1e-9)))


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("margin", range(7))
def test_results_that_repeat_around_a_torus_have_no_bound(margin, stride):
    """Whoever shows a result several times has a larger norm than the torus has, which the geometry must reveal."""
    place = {**place_of("periodic"), "before": [margin] * 2, "after": [margin] * 2, "stride": [stride] * 2}
    kernel = RNG(0).standard_normal((3, 2, 9))
    rows = [tuple(row) for row in dense_matrix(kernel, place).round(12).tolist()]
    assert checker.shows_once(place) == (len(set(rows)) == len(rows))
    torus = numpy.linalg.norm(dense_matrix(kernel, place_of("periodic")), 2)
    assert not checker.shows_once(place) or numpy.linalg.norm(dense_matrix(kernel, place), 2) <= torus * (1 + 1e-9)
    assert checker.shows_once({**place, "padding": "zero"})


@pytest.mark.parametrize("name", ["same", "groups", "periodic"])
def test_antisymmetric_convolutions(name):
    place = {**place_of(name)}
    place["channels_out"] = place["channels_in"]
    n = place["channels_in"]
    kernel = RNG(5).standard_normal((n, n // place["groups"], 9))
    matrix = dense_matrix(kernel, place)
    true = numpy.linalg.norm((matrix - matrix.T) / 2, 2)
    rows = [[float(x) for x in row.reshape(-1)] for row in kernel]
    assert not checker.convolution_norm_is_at_most(rows, place, True, Fraction(true * (1 - 1e-9)))
    assert checker.convolution_norm_is_at_most(rows, place, True, Fraction(true * 1.25))


@pytest.mark.parametrize("change", [{}, {"groups": 2, "channels_in": 4, "channels_out": 4}, {"padding": "periodic"}, {"height": 7, "stride": [3, 4]}, {"kernel": [1, 2], "stride": [1, 2]}, {"dilation": [2, 1], "stride": [3, 2]}, {"height": 2, "stride": [1, 2]}])
def test_convolutions_whose_windows_do_not_overlap_have_the_norm_of_a_matrix(change):
    place = {**place_of("same"), "kernel": [2, 2], "stride": [2, 2], "before": [0, 0], "after": [0, 0], **change}
    assert checker.has_disjoint_windows(place) and not checker.has_disjoint_windows({**place, "height": 9, "stride": [1, 1]}) and not checker.has_disjoint_windows({**place, "before": [0, 1]})
    kernel = RNG(3).standard_normal((place["channels_out"], place["channels_in"] // place["groups"], place["kernel"][0] * place["kernel"][1]))
    rows = [[float(x) for x in row.reshape(-1)] for row in kernel]
    true = numpy.linalg.norm(dense_matrix(kernel, place), 2)
    assert checker.convolution_norm_is_at_most(rows, place, False, Fraction(true * (1 + 1e-9))) and not checker.convolution_norm_is_at_most(rows, place, False, Fraction(true * (1 - 1e-9)))


@pytest.mark.parametrize("is_antisymmetric", [False, True])
def test_kernels_without_a_result_have_the_norm_zero(is_antisymmetric):
    """A pruned kernel, and the antisymmetric part of one pixel and one channel: the smallest number is a bound, and so is 0."""
    place = {**place_of("same"), "channels_out": 2} if not is_antisymmetric else {**place_of("same"), "channels_in": 1, "channels_out": 1, "kernel": [1, 1], "before": [0, 0], "after": [0, 0]}
    rows = [[0.7]] if is_antisymmetric else [[0.0] * 18] * 2
    assert checker.convolution_norm_is_at_most(rows, place, is_antisymmetric, Fraction(5e-324)) and checker.convolution_norm_is_at_most(rows, place, is_antisymmetric, Fraction(0))
    assert not checker.convolution_norm_is_at_most(rows, place, is_antisymmetric, Fraction(-1))


@pytest.mark.parametrize("name", PLACES)
def test_convolutions_are_evaluated(name):
    place = place_of(name)
    rng = RNG(6)
    kernel = rng.standard_normal((place["channels_out"], place["channels_in"] // place["groups"], place["kernel"][0] * place["kernel"][1]))
    matrix = dense_matrix(kernel, place)
    linear = checker.Linear(checker.whole([[float(x) for x in row.reshape(-1)] for row in kernel], 512), place)
    x = rng.standard_normal(matrix.shape[1])
    got = numpy.array([value / checker.ONE for value in linear([checker.fixed(float(v)) for v in x])])
    assert abs(got - matrix @ x).max() < 1e-12
    if place["stride"] == [1, 1] and matrix.shape[0] // place["channels_out"] == matrix.shape[1] // place["channels_in"]:
        y = rng.standard_normal(matrix.shape[0])
        back = numpy.array([value / checker.ONE for value in linear.transposed([checker.fixed(float(v)) for v in y])])
        assert abs(back - matrix.T @ y).max() < 1e-12


# ---- Functions ----------------------------------------------------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("places", checker.ALL_PLACES)
def test_activations_against_mpmath(places):
    with checker.fixed_point(places), mpmath.workprec(places + 144):
        assert places == checker.PLACES
        activations_are_right()
    assert (checker.PLACES, checker.ONE, checker.UNIT) == (256, 1 << 256, Fraction(1, 1 << 256))


def activations_are_right():
    functions = {
        "tanh": mpmath.tanh, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)), "softplus": lambda x: mpmath.log1p(mpmath.exp(-abs(x))) + max(x, 0), "elu": lambda x: x if x > 0 else mpmath.expm1(x),
        "sin": mpmath.sin, "gelu": lambda x: x * mpmath.ncdf(x), "silu": lambda x: x / (1 + mpmath.exp(-x)), "relu": lambda x: max(x, 0), "leaky_relu": lambda x: max(x, x / 100),
        "smooth_relu": lambda x: max(x, 0) if abs(x) > mpmath.mpf(1) / 10 else (x + mpmath.mpf(1) / 10) ** 2 * 10 / 4, "identity": lambda x: x,
    }  # fmt: skip
    assert set(functions) == set(checker.ACTIVATIONS)
    rng = RNG(7)
    edge = math.sqrt(2 * math.log(2) * checker.PLACES)
    points = [edge, -edge, edge + 1, -edge - 1, 0.8 * edge, -0.8 * edge, 0.0, 1e-30, -1e-30, 0.1, -0.1, 18.9, -18.9, 19.5, -19.5, 100.0, -100.0, 300.0, -300.0, 2.0**40, -(2.0**40), 123456.789, -123456.789, *(10 * rng.standard_normal(5)), *rng.standard_normal(5)]
    for name, function in functions.items():
        sigma = checker.ACTIVATIONS[name]
        for x in points if checker.PLACES < 2000 else points[::6]:
            exact = function(mpmath.mpf(x))
            wrong = abs(mpmath.mpf(sigma.value(checker.fixed(x))) / mpmath.mpf(checker.ONE) - exact) * checker.ONE
            assert wrong <= (8 + 2 * abs(x) if sigma.grows else 8), (name, x)
        assert abs(function(mpmath.mpf(0))) <= mpmath.mpf(sigma.at_zero.numerator) / sigma.at_zero.denominator * (1 + mpmath.mpf(2) ** -200)
        with mpmath.workprec(400):
            slopes = [mpmath.diff(function, x) for x in (*rng.standard_normal(50) * 2, 1.4142135623730951, -1.4142135623730951, 2.3993572805154678, -2.3993572805154678)]
        assert all(sigma.least - Fraction(1, 10**20) <= Fraction(str(slope)) <= sigma.most + Fraction(1, 10**20) for slope in slopes)


def test_roots_and_rounding_are_outward():
    for x in (Fraction(2), Fraction(1, 3), Fraction(10**40), Fraction(1, 10**90)):
        assert x <= checker.root_up(x) ** 2 < x * (1 + Fraction(1, 10**70))
    assert checker.root_up(Fraction(9, 4)) == Fraction(3, 2)
    third = sum((Fraction(1, 3**k) for k in range(1, 400)), Fraction(0))
    assert third <= checker.up(third) <= third * (1 + Fraction(1, 10**70))


def test_circle_contractivity():
    """Radii of the literature: 1 for heun, ssprk3 and rk4, ½ for rk3; the explicit midpoint rule has none."""

    def stage(name, **options):
        return checker.Stage("block", 0, {"integrator": name, **options}, (1, 1, 1), (1, 1, 1))

    for name, radius in (("euler", 1), ("heun", 1), ("ssprk3", 1), ("rk4", 1), ("rk3", Fraction(1, 2))):
        assert checker.is_circle_contractive(stage(name), 2 * Fraction(radius)) and not checker.is_circle_contractive(stage(name), 2 * Fraction(radius) + Fraction(1, 10**9))
    assert not checker.is_circle_contractive(stage("runge_kutta", tableau_a="0.5", tableau_b="0,1"), Fraction(1, 10**9))
    for name, limit in (("rk4", 8**0.5), ("rk3", 3**0.5), ("ssprk3", 3**0.5)):
        assert checker.is_imaginary_limit(stage(name), Fraction(limit * 0.999999)) and not checker.is_imaginary_limit(stage(name), Fraction(limit * 1.000001))
    assert not checker.is_imaginary_limit(stage("heun"), Fraction(1, 100)) and not checker.is_imaginary_limit(stage("euler"), Fraction(1, 100))
