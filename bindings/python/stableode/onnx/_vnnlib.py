"""Properties in the language of VNN-LIB."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy

from .._errors import OutOfRangeError, ShapeMismatchError
from numpy.typing import ArrayLike


def _decimal(number: float) -> str:
    """A number without an exponent, which the language does not have."""
    return format(Decimal(repr(number)), "f")


def _outward(exact: Fraction, direction: float) -> float:
    number = float(exact)
    return number if Fraction(number) == exact else math.nextafter(number, direction)


def box_property(sample: ArrayLike, radius: float, label: int, outputs: int, clip: tuple[float, float] | None = None) -> str:
    """The property that a verifier refutes where `label` is the class of every input with |x′ − x|∞ <= radius: some other score is at least as large.

    sample: [inputs]; radius: at least 0, in the units of the features; label: the class 0 … outputs − 1; clip: the least and the largest value of a feature. Bounds are rounded outward.

    Errors: ShapeMismatchError, OutOfRangeError.
    """
    x = numpy.asarray(sample, numpy.float64)
    if x.ndim != 1 or not numpy.isfinite(x).all():
        raise ShapeMismatchError(f"sample has the shape {list(x.shape)}; it must be a list of finite numbers")
    if not (math.isfinite(radius) and radius >= 0):
        raise OutOfRangeError(f"radius is {radius}; it must be a finite number >= 0")
    if not 0 <= label < outputs or outputs < 2:
        raise OutOfRangeError(f"label is {label} of {outputs} classes; it must be a class 0 … outputs − 1 of at least 2")
    lines = ["; Every input whose largest difference from the sample is at most the radius has the sample's class", f"; if there is no input with these properties. Radius: {radius!r}. Class: {label}."]
    lines += [f"(declare-const X_{i} Real)" for i in range(len(x))] + [f"(declare-const Y_{i} Real)" for i in range(outputs)]
    for i, value in enumerate(x):
        low, high = _outward(Fraction(float(value)) - Fraction(radius), -math.inf), _outward(Fraction(float(value)) + Fraction(radius), math.inf)
        if clip is not None:
            low, high = max(low, float(clip[0])), min(high, float(clip[1]))
        if low > high:
            raise OutOfRangeError(f"sample[{i}] is {value}, outside of clip by more than the radius")
        lines += [f"(assert (>= X_{i} {_decimal(low)}))", f"(assert (<= X_{i} {_decimal(high)}))"]
    others = " ".join(f"(and (>= Y_{i} Y_{label}))" for i in range(outputs) if i != label)
    lines.append(f"(assert (or {others}))")
    return "\n".join(lines) + "\n"
