"""The units in which a network computes what was measured, so that states and times are about 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from ._errors import InvalidDataError
from ._trajectory_data import PackedTrajectories

#: States have moved where the mean square of their changes is this part of their variance along a trajectory: farther than noise moves them
#: whose deviation is up to a third of the motion's.
_MOVED = 0.25


@dataclass(frozen=True)
class Units:
    """The units in which the network computes: state = shift + scale·z, time = moment·τ."""

    shift: numpy.ndarray
    scale: numpy.ndarray
    moment: float

    @classmethod
    def none(cls, width: int) -> Units:
        return cls(numpy.zeros(width), numpy.ones(width), 1.0)

    @classmethod
    def of(cls, packed: PackedTrajectories, each: bool) -> Units:
        """Units in which the observed states have mean 0 and deviation 1, each number by itself or all alike, and change by about 1 in a time of 1.

        Errors: InvalidDataError where the units of the states, or of their rates, are no numbers of float64.
        """
        seen = ~numpy.isnan(packed.states).all(axis=(0, 1))
        # A number that is never observed has initial states alone.
        shift, deviation = _mean(packed.features[:, : packed.width]), numpy.zeros(packed.width)
        observed = packed.states.reshape(-1, packed.width)[:, seen]
        shift[seen], deviation[seen] = _mean(observed), _deviation(observed)
        deviation[deviation <= 1e-14 * numpy.abs(shift)] = 0  # equal numbers, whose mean is rounded
        scale = numpy.where(deviation > 0, deviation, 1.0) if each else numpy.full(packed.width, _root_mean_square(deviation[seen]) or 1.0)
        speed = typical_speed(packed, scale)
        # A power of two: dividing times by it rounds nothing.
        moment = float(2.0 ** numpy.round(-numpy.log2(speed))) if 0 < speed < numpy.inf else numpy.inf
        with numpy.errstate(all="ignore"):
            units = numpy.concatenate([scale, scale / moment])
        if not (numpy.isfinite(units) & (units >= numpy.finfo("float64").tiny)).all():
            longest = float((packed.times[:, -1] - packed.times[:, 0]).max())
            raise InvalidDataError(
                f"the numbers of the states have deviations of {', '.join(f'{value:.3g}' for value in scale)}, and the longest trajectory lasts {longest:.3g}: "
                "the rates of their changes are no numbers of float64; choose other units of states or times"
            )
        return cls(shift, scale, moment)

    @property
    def is_identity(self) -> bool:
        return self.moment == 1 and not self.shift.any() and bool((self.scale == 1).all())

    def inwards(self, states: numpy.ndarray) -> numpy.ndarray:
        """States in the units of the network; infinite where these are too small for them."""
        with numpy.errstate(over="ignore"):
            return numpy.asarray((states - self.shift) / self.scale)

    def outwards(self, states: numpy.ndarray) -> numpy.ndarray:
        """States in the units of the data."""
        with numpy.errstate(over="ignore"):
            return numpy.asarray(self.shift + self.scale * states)

    def moments_inwards(self, times: numpy.ndarray) -> numpy.ndarray:
        """Times in the units of the network; infinite where these are too small for them."""
        with numpy.errstate(over="ignore"):
            return numpy.asarray(times / self.moment)


def _exponents(values: numpy.ndarray) -> numpy.ndarray:
    """The powers of two that make numbers of about 1 of the largest in each column [rows, columns]: scaled by them, squares and sums stay finite."""
    found: numpy.ndarray = numpy.frexp(numpy.fmax.reduce(numpy.abs(values), axis=0, initial=0))[1]
    return found


def _mean(values: numpy.ndarray) -> numpy.ndarray:
    """The mean of the numbers of each column that are not NaN."""
    powers = _exponents(values)
    return numpy.asarray(numpy.ldexp(numpy.nanmean(numpy.ldexp(values, -powers), axis=0), powers))


def _deviation(values: numpy.ndarray) -> numpy.ndarray:
    """The deviation of the numbers of each column that are not NaN."""
    powers = _exponents(values)
    return numpy.asarray(numpy.ldexp(numpy.nanstd(numpy.ldexp(values, -powers), axis=0), powers))


def _root_mean_square(values: numpy.ndarray) -> float:
    if not len(values):
        return 0.0
    power = _exponents(values[:, None])[0]
    return float(numpy.ldexp(numpy.sqrt((numpy.ldexp(values, -power) ** 2).mean()), power))


def typical_speed(packed: PackedTrajectories, scale: numpy.ndarray) -> float:
    """About the root mean square of |d(y/scale)/dt|, by changes that are larger than the noise: √(Σ Δ² / Σ Δt²) over pairs of observations of one number.

    The pairs are neighbors where these have moved; otherwise every second, fourth, eighth … observation is compared, until they have. A
    short interval thus counts little, however much noise there is. Always > 0: states that do not move get the inverse of the longest time.
    Infinite where it is no number of float64.
    """
    longest = float((packed.times[:, -1] - packed.times[:, 0]).max())
    if not longest > 0:
        return 1.0
    # Durations are about 1 in this unit, so that their squares are finite.
    power = int(numpy.frexp(longest)[1])
    with numpy.errstate(over="ignore", invalid="ignore", under="ignore"):  # between trajectories, and for states that the units do not fit
        speed = _speed(packed, scale, power)
        found = numpy.ldexp(speed, -power) if speed > 0 and numpy.isfinite(speed) else numpy.divide(1, longest)
    return float(found)


def _speed(packed: PackedTrajectories, scale: numpy.ndarray, power: int) -> float:
    """That in a unit of time of two to this power; 0 for states that do not move."""
    observed = numpy.moveaxis(packed.states / scale, 2, 1)  # [trajectories, width, times]
    known = ~numpy.isnan(observed)
    paths = numpy.broadcast_to(numpy.arange(observed.shape[0] * observed.shape[1]).reshape(*observed.shape[:2], 1), observed.shape)[known]
    moments, values = numpy.broadcast_to(packed.times[:, None], observed.shape)[known], observed[known]
    counts = numpy.bincount(paths, minlength=1)
    means = numpy.bincount(paths, values, minlength=1) / numpy.maximum(counts, 1)
    variance = float(((values - means[paths]) ** 2).mean()) if len(values) else 0.0
    speed, lag = 0.0, 1
    while lag < packed.steps:
        pairs = paths[lag:] == paths[:-lag]
        changes, intervals = (values[lag:] - values[:-lag])[pairs], numpy.ldexp((moments[lag:] - moments[:-lag])[pairs], -power)
        time = float((intervals**2).sum())
        if time > 0:
            speed = float(numpy.sqrt((changes**2).sum() / time))
            if (changes**2).mean() >= _MOVED * variance:
                break
        lag *= 2
    return speed
