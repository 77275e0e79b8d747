"""Activation functions with the ends of their slopes and their integrals, and the coefficients of Runge–Kutta methods, in NumPy's longest real numbers."""

import numpy
from scipy import special

REAL = numpy.longdouble
LEAK = REAL(1) / 100


def _sigmoid(x):
    small = numpy.exp(-abs(x))
    return numpy.where(x > 0, 1 / (1 + small), small / (1 + small))


def _softplus(x):
    return numpy.maximum(x, 0) + numpy.log1p(numpy.exp(-abs(x)))


def _normal(x):
    return (1 + special.erf(numpy.asarray(x, "float64") / numpy.sqrt(2))).astype(REAL) / 2


def _smooth(x):
    eta = REAL(0.1)
    return numpy.where(abs(x) < eta, (x + eta) ** 2 / (4 * eta), numpy.maximum(x, 0))


def _dilogarithm(x):
    """The integral of softplus: −Li₂(−eˣ)."""
    x = numpy.asarray(x, "float64")
    negative = -special.spence(1 + numpy.exp(-abs(x)))
    return numpy.where(x > 0, x**2 / 2 + numpy.pi**2 / 6 + special.spence(1 + numpy.exp(-abs(x))), negative).astype(REAL)


#: Name → (σ, least slope, largest slope).
ACTIVATIONS = {
    "identity": (lambda x: x, 1, 1),
    "tanh": (numpy.tanh, 0, 1),
    "relu": (lambda x: numpy.maximum(x, 0), 0, 1),
    "sigmoid": (_sigmoid, 0, 0.25),
    "softplus": (_softplus, 0, 1),
    "smooth_relu": (_smooth, 0, 1),
    "leaky_relu": (lambda x: numpy.where(x > 0, x, LEAK * x), 0.01, 1),
    "elu": (lambda x: numpy.where(x > 0, x, numpy.expm1(numpy.minimum(x, 0))), 0, 1),
    "sin": (numpy.sin, -1, 1),
    "gelu": (lambda x: x * _normal(x), -0.1289041451851548, 1.128904145185155),
    "silu": (lambda x: x * _sigmoid(x), -0.09983932012886693, 1.099839320128867),
}

#: Name → Φ with Φ′ = σ.
POTENTIALS = {
    "identity": lambda x: x**2 / 2,
    "tanh": lambda x: abs(x) + numpy.log1p(numpy.exp(-2 * abs(x))),
    "relu": lambda x: numpy.maximum(x, 0) ** 2 / 2,
    "sigmoid": _softplus,
    "softplus": _dilogarithm,
    "smooth_relu": lambda x: numpy.where(abs(x) < REAL(0.1), (x + REAL(0.1)) ** 3 / REAL(1.2), numpy.maximum(x, 0) ** 2 / 2 + (REAL(0.8) / REAL(120) - REAL(0.005)) * (x > 0)),
    "leaky_relu": lambda x: numpy.where(x > 0, x**2, LEAK * x**2) / 2,
    "elu": lambda x: numpy.where(x > 0, x**2 / 2, numpy.expm1(numpy.minimum(x, 0)) - x),
}  # fmt: skip

#: Name → (a below the diagonal row by row, b).
TABLEAUS = {
    "euler": ([[]], [1.0]),
    "heun": ([[], [1.0]], [0.5, 0.5]),
    "ssprk3": ([[], [1.0], [0.25, 0.25]], [REAL(1) / 6, REAL(1) / 6, REAL(2) / 3]),
    "rk3": ([[], [0.5], [-1.0, 2.0]], [REAL(1) / 6, REAL(2) / 3, REAL(1) / 6]),
    "rk4": ([[], [0.5], [0.0, 0.5], [0.0, 0.0, 1.0]], [REAL(1) / 6, REAL(1) / 3, REAL(1) / 3, REAL(1) / 6]),
}
