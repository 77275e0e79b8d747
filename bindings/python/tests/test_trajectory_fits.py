"""Trajectories packed, fitted and followed."""

import warnings

import numpy
import pytest

import stableode
from stableode import trajectories


def oscillator(times, amplitude=1.0):
    return amplitude * numpy.stack([numpy.cos(times), -numpy.sin(times)], axis=-1)


def test_trajectories_of_any_lengths_are_packed():
    times = [numpy.array([0.0, 1.0, 3.0]), numpy.array([2.0])]
    states = [oscillator(times[0]), numpy.array([[5.0, 6.0]])]
    states[0][1, 0] = numpy.nan
    packed = trajectories.pack(times, states)
    assert packed.width == 2 and packed.steps == 3 and list(packed.lengths) == [3, 1]
    assert packed.features.tolist() == [[1.0, 0.0, 0.0, 1.0, 3.0], [5.0, 6.0, 2.0, 2.0, 2.0]]
    assert numpy.isnan(packed.states[1, 1:]).all() and numpy.isnan(packed.states[0, 1, 0]) and packed.states[0, 2].tolist() == states[0][2].tolist()
    one = trajectories.pack(times[0], states[0])
    assert one.features.shape == (1, 5)
    shared = trajectories.pack([0.0, 1.0], numpy.zeros((4, 2, 3)))
    assert shared.times.tolist() == [[0.0, 1.0]] * 4
    given = trajectories.pack(times, states, initial_states=[[1, 2], [3, 4]])
    assert given.features[:, :2].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("times", "states", "error", "text"),
    [
        ([[0.0, 1.0], [1.0, 0.5]], numpy.zeros((2, 2, 1)), stableode.InvalidDataError, "trajectory 1: time 1 is 0.5, before the one before it, 1"),
        ([0.0, numpy.nan], numpy.zeros((2, 1)), stableode.InvalidDataError, "trajectory 0: time 1 is NaN"),
        ([0.0, 1.0], [[1.0], [numpy.inf]], stableode.InvalidDataError, "number 0 of the state at time 1 is infinite"),
        ([0.0, 1.0], [[1.0, numpy.nan]] * 2, stableode.InvalidDataError, "number 1 of its state is never observed"),
        ([0.0, 1.0, 2.0], numpy.zeros((2, 1)), stableode.ShapeMismatchError, "one state for each time"),
        ([[0.0], [1.0]], [numpy.zeros((1, 2)), numpy.zeros((1, 3))], stableode.ShapeMismatchError, "trajectory 1 have shape"),
        ([], [], stableode.ShapeMismatchError, "at least one|shape"),
        ([[], [0.0]], [numpy.zeros((0, 1)), numpy.zeros((1, 1))], stableode.InvalidDataError, "trajectory 0 is empty"),
    ],
)
def test_faults_name_the_trajectory(times, states, error, text):
    with pytest.raises(error, match=text):
        trajectories.pack(times, states)


@pytest.fixture(scope="module")
def measured():
    """Six trajectories of the oscillator at 25 irregular times of their own, in units of meters and milliseconds."""
    random = numpy.random.default_rng(1)
    times = numpy.sort(random.uniform(0, 6, (6, 25)), axis=1)
    times[:, 0] = 0
    states = numpy.stack([oscillator(own, amplitude) for own, amplitude in zip(times, 1 + random.uniform(size=6), strict=True)])
    return 1000 * times, 300 + 50 * states


@pytest.mark.parametrize("options", [dict(), dict(segment=4), dict(integrator="dopri5"), dict(field="hamiltonian_h"), dict(field="hamiltonian_h", integrator="verlet", substeps=8)])
def test_a_fit_follows_new_states_beyond_the_data(measured, options):
    """Times and states in large units: the network computes in its own."""
    times, states = measured
    model = trajectories.fit(times, states, epochs=1000, seed=1, **options)
    far = numpy.linspace(0, 9000, 181)
    start = 300 + 50 * numpy.array([1.2, 0.3])
    angle = numpy.arctan2(0.3, 1.2)
    truth = 300 + 50 * numpy.hypot(1.2, 0.3) * numpy.stack([numpy.cos(far / 1000 - angle), -numpy.sin(far / 1000 - angle)], axis=1)
    found = model.rollout(start, far)
    assert found.shape == (181, 2)
    assert numpy.sqrt(((found - truth) ** 2).mean()) < 2.5  # 4 % of the amplitude, over half a period beyond the data
    field = model.field(0.0, start)
    assert numpy.abs(field - 50 * numpy.array([0.3, -1.2]) / 1000).max() < 0.006


def test_refits_go_on_from_the_model(measured):
    times, states = measured
    first = trajectories.fit(times, states, segment=4, rounds=1, epochs=20, seed=1)
    before = first.network.parameter_vector
    second = first.refit(times, states, epochs=60)
    assert (first.network.parameter_vector == before).all() and not (second.network.parameter_vector == before).all()
    assert second.result.segments == 6 and first.result.segments == 36 and second.result.loss < 1e-3


def test_single_and_multiple_shooting_agree(measured):
    times, states = measured
    whole = trajectories.fit(times, states, epochs=400, seed=1)
    cut = trajectories.fit(times, states, segment=6, rounds=4, epochs=200, seed=1)
    start, far = states[2, 0], times[2]
    difference = whole.rollout(start, far) - cut.rollout(start, far)
    assert numpy.abs(difference).max() < 1.0 and cut.result.largest_gap < 0.02


def lorenz(y):
    """σ = 10, ρ = 28, β = 8/3."""
    return numpy.stack([10 * (y[..., 1] - y[..., 0]), y[..., 0] * (28 - y[..., 2]) - y[..., 1], y[..., 0] * y[..., 1] - 8 / 3 * y[..., 2]], axis=-1)


def test_multiple_shooting_survives_chaos():
    """Lorenz's attractor over 20 Lyapunov times (1/0.906 each): no shot along the whole trajectory has a useful gradient."""
    end, count = 20 / 0.906, 1105
    times = numpy.linspace(0, end, count)
    y, states = numpy.array([1.0, 1.0, 25.0]), []
    fine = 20
    for _ in range(count):
        states.append(y)
        h = end / (count - 1) / fine
        for _ in range(fine):
            k1 = lorenz(y)
            k2 = lorenz(y + h / 2 * k1)
            k3 = lorenz(y + h / 2 * k2)
            k4 = lorenz(y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    states = numpy.array(states)
    model = trajectories.fit(times, states, segment=10, rounds=2, epochs=300, hidden_width=40, seed=1)
    truth = lorenz(states)
    error = numpy.sqrt(((model.field(0.0, states) - truth) ** 2).mean() / (truth**2).mean())
    assert error < 0.05 and model.result.segments == 111 and numpy.isfinite(model.rollout(states[0], times)).all()


def test_progress_limits_and_exceptions(measured):
    times, states = measured
    seen = []
    model = trajectories.fit(times, states, epochs=100_000, seed=1, time_limit=0.4, on_progress=seen.append, optimizer="adam")
    assert model.result.outcome == "time_limit" and len(seen) >= 2 and seen[-1].step > 0 and seen[-1].round == 1

    def fail(report):
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        trajectories.fit(times, states, epochs=100_000, seed=1, on_progress=fail, optimizer="adam")
    token = stableode.CancelToken()
    token.request()
    assert trajectories.fit(times, states, seed=1, cancel=token).result.outcome == "cancelled"


def test_options_are_named(measured):
    times, states = measured
    with pytest.raises(stableode.UnknownNameError, match="segmen"):
        trajectories.fit(times, states, segmen=3)
    with pytest.raises(stableode.IncompatibleError, match="rounds is set but segment is 0"):
        trajectories.fit(times, states, rounds=3)
    network = stableode.Network(inputs=4, outputs=2)
    with pytest.raises(stableode.IncompatibleError, match="opening trajectory"):
        network.fit_trajectories(numpy.zeros((2, 4)), numpy.zeros((2, 2, 1)))


def test_the_best_iterate_is_kept():
    """A learning rate that makes Adam jump: more steps never end at a higher loss, and where they found nothing better, the model is the same."""
    times = numpy.linspace(0, 6, 40)
    states = numpy.stack([numpy.cos(times), -numpy.sin(times)], axis=1)
    options = dict(field="dense", activation="identity", bias="none", optimizer="adam", learning_rate=0.6, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models = [trajectories.fit(times, states, epochs=epochs, **options) for epochs in range(1, 13)]
    losses = [model.result.loss for model in models]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0] and len(set(losses)) < len(losses)
    assert numpy.array_equal(models[-1].network.parameter_vector, models[-2].network.parameter_vector)
