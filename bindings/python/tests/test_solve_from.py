"""Solves that go on from given states and times, and projections to another equation."""

import numpy
import pytest

import stableode

NAN = float("nan")

X = numpy.random.default_rng(0).standard_normal((40, 2))


def growing(**options):
    network = stableode.Network(
        **{
            "inputs": 2,
            "outputs": 2,
            "width": 5,
            "layers": 6,
            "horizon": 3.0,
            "field": "dense",
            "precision": "float64",
            "integrator": "dopri5",
            "relative_tolerance": 1e-10,
            "absolute_tolerance": 1e-11,
            "initial_scale": 2.0,
            "seed": 3,
            **options,
        }
    )
    network.normalization = [0.5, -0.5], [2.0, 0.5]
    return network


@pytest.mark.parametrize("options", [{}, {"opening": "dense"}, {"integrator": "tsit5"}, {"field": "hamiltonian", "width": 4}, {"weights_in_time": "piecewise_constant", "basis_count": 3}, {"weights_in_time": "shared"}], ids=str)
def test_a_solve_through_an_event_is_the_solve_in_one(options):
    network = growing(**options)
    times = numpy.linspace(0, 3, 13)
    width = network.specification["width"]
    w = numpy.linspace(1, -1, width)
    whole = network.solve(X, times)
    start = whole.states[:, 0] @ w
    first = network.solve(X, times, event=(w, float(numpy.median(start)) + 0.05))
    met = first.ends == stableode.END_EVENT
    assert 3 < met.sum() and not (first.end_times[met] == 3).any()
    rest = network.solve(None, times, start_states=first.restart_states[met], start_times=first.end_times[met])
    assert (rest.ends == stableode.END_HORIZON).all() and (rest.end_times == 3).all()
    joined = numpy.where(numpy.isnan(rest.states), first.states[met], rest.states)
    numpy.testing.assert_allclose(joined, whole.states[met], rtol=1e-7, atol=1e-7)
    # Each time belongs to one of the two.
    before = times[None, :] <= first.end_times[met][:, None]
    assert (numpy.isnan(rest.states[..., 0]) == (times[None, :] < first.end_times[met][:, None])).all()
    assert (~numpy.isnan(first.states[met][..., 0]) == before).all()
    if network.states(X).shape[2] == width:
        numpy.testing.assert_array_equal(first.event_states, first.restart_states)


def test_starts_at_any_time():
    network = growing()
    times = numpy.array([0.0, 0.25, 0.5, 1.0, 1.75, 3.0])
    whole = network.solve(X[:6], times)
    rows = numpy.arange(6)
    # Row i starts at times[i]: on boundaries of layers, within layers, at 0 and at the horizon.
    for dtype in ("float64", "float32"):
        solution = network.solve(X[:6], times, start_states=whole.states[rows, rows], start_times=times.astype(dtype))
        numpy.testing.assert_array_equal(solution.states[rows, rows], whole.states[rows, rows])
        late = rows[None, :] >= rows[:, None]
        assert (numpy.isnan(solution.states[..., 0]) == ~late).all()
        numpy.testing.assert_allclose(solution.states[late], whole.states[late], rtol=1e-7, atol=1e-7)
        assert (solution.ends == stableode.END_HORIZON).all() and (solution.end_times == 3).all()
    # A row has the same bits alone.
    for row in rows:
        alone = network.solve(None, times, start_states=whole.states[row, row][None], start_times=times[[row]])
        numpy.testing.assert_array_equal(alone.states[0], solution.states[row])
    # Without start states, samples start late from what the features lead to; just before a boundary as on it.
    for start in (1.0, numpy.nextafter(1.0, 0), 3.0, numpy.nextafter(3.0, 0)):
        late = network.solve(X[:6], [3.0], start_times=numpy.full(6, start))
        again = network.solve(None, [3.0], start_states=whole.states[:, 0], start_times=numpy.full(6, round(start)))
        numpy.testing.assert_allclose(late.states, again.states, rtol=1e-12)
        assert (late.ends == stableode.END_HORIZON).all()
    # Events after a late start: the side is that of the start.
    w = numpy.ones(5)
    level = float((whole.states[:, 3] @ w).mean())
    one, other = network.solve(X[:6], event=(w, level)), network.solve(None, event=(w, level), start_states=whole.states[:, 0])
    numpy.testing.assert_array_equal(one.end_times, other.end_times)
    numpy.testing.assert_array_equal(one.event_states, other.event_states)


def test_starts_that_cannot_be():
    network = growing()
    states = numpy.zeros((3, 5))
    for arguments, error, text in [
        ({}, stableode.InvalidArgumentError, "features and start_states"),
        ({"start_states": numpy.zeros((3, 4))}, stableode.ShapeMismatchError, "start_states"),
        ({"start_states": numpy.zeros((0, 5))}, stableode.InvalidDataError, "start_states"),
        ({"start_states": states, "start_times": numpy.zeros(2)}, stableode.ShapeMismatchError, "start_times"),
        ({"start_states": states, "start_times": [0, 4, 0]}, stableode.OutOfRangeError, "start_times holds 4.0 at row 1"),
        ({"start_states": states, "start_times": [0, 1, -0.1]}, stableode.OutOfRangeError, "at row 2"),
        ({"start_states": states, "start_times": [0, NAN, 0]}, stableode.InvalidDataError, "start_times holds NaN or infinity at row 1"),
        ({"start_states": [[0] * 5, [0, NAN, 0, 0, 0]]}, stableode.InvalidDataError, "start_states holds NaN or infinity at row 1, column 1"),
        ({"features": X[:2], "start_states": states}, stableode.ShapeMismatchError, "features has 2 samples and start_states 3"),
    ]:
        with pytest.raises(error, match=text):
            network.solve(**arguments)
    with pytest.raises(stableode.InvalidDataError, match="too large for float32, at row 0"):
        growing(precision="float32", relative_tolerance=1e-4, absolute_tolerance=1e-4).solve(start_states=numpy.full((1, 5), 1e300))


def test_projections_keep_the_weights_when_other_options_change():
    network = stableode.Network(inputs=3, outputs=2, width=3, field="antisymmetric", gamma=0.1, layers=4)
    for options in (
        {"gamma": 0.3},
        {"activation": "relu"},
        {"integrator": "rk4"},
        {"memory": "binomial"},
        {"loss": "least_squares"},
        {"seed": 9},
    ):
        other = network.project(**options)
        numpy.testing.assert_array_equal(other.parameter_vector, network.parameter_vector)
        seen = other.specification | other.specification["blocks"][0]
        assert {key: seen[key] for key in options} == options
    for options in ({"width": 4}, {"precision": "float64"}, {"bias": "none"}, {"outputs": 3}, {"field": "two_layer"}):
        with pytest.raises(stableode.IncompatibleError):
            network.project(**options)


def test_a_row_that_an_earlier_block_made_infinite_is_not_blamed_on_the_solve():
    """Two Euler steps of ẏ = 20y multiply by 441; 1e307 overflows."""
    blocks = [{"integrator": "euler", "layers": 2, "horizon": 2.0}, {"integrator": "dopri5", "layers": 1, "horizon": 1.0}]
    common = {"readout": "identity", "loss": "least_squares", "precision": "float64"}
    layers = {"field": "dense", "activation": "identity", "bias": "none", "weights_in_time": "shared"}
    network = stableode.Network(inputs=1, outputs=1, **common, **layers, blocks=blocks)
    network.parameter_vector = [20.0, 0.5]
    solution = network.solve([[1.0], [1e307], [2.0]], [1.0], block=1)
    assert solution.ends.tolist() == [stableode.END_HORIZON, stableode.END_FAILURE, stableode.END_HORIZON]
    assert solution.reasons == (None, "the state at the start of block 1 is not finite", None)
    assert stableode.failed_rows()[0].code == stableode.NotFiniteError.code
    numpy.testing.assert_allclose(solution.states[[0, 2], 0, 0], 441 * numpy.exp(0.5) * numpy.array([1, 2]), rtol=1e-2)


@pytest.mark.parametrize("event", [([1.0, NAN, 0, 0, 0], 0.0), ([1.0, 0, 0, 0, 0], NAN), ([1.0, 0, 0, 0, 0], float("inf"))], ids=str)
def test_events_must_be_finite(event):
    with pytest.raises(stableode.InvalidDataError):
        growing().solve(X, event=event)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("integrator", ["dopri5", "tsit5"])
@pytest.mark.parametrize("size", [1e-300, 1e-30, 1.0, 1e30, 3e38, 1e308])
def test_events_do_not_depend_on_the_size_of_their_weights(precision, integrator, size):
    network = stableode.Network(
        inputs=2, outputs=2, width=2, field="dense", activation="identity", integrator=integrator, layers=4, horizon=2.0, precision=precision
    )
    for name, shape in network.parameters.shapes.items():
        network.parameters[name] = numpy.ones(shape) if name == "blocks.0.b" else numpy.zeros(shape)  # y' = (1, 1)
    starts = [[0.2, 0.1], [-1.9, 0.0], [-0.5, 0.0], [0.9, 0.0]]
    solution = network.solve(start_states=starts, event=([size, 0.0], 0.0))
    assert solution.ends.tolist() == [1, 2, 2, 1]
    numpy.testing.assert_allclose(solution.end_times, [2, 1.9, 0.5, 2], rtol=1e-5)
    along = network.solve(start_states=starts, event=([size, -size], 0.05 * size))  # w.y is constant
    assert along.ends.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("ulps", [1, 3, 7])
def test_a_start_just_before_the_horizon_has_its_state_there(ulps):
    network = growing(layers=1, horizon=1.0)
    start = 1.0 - ulps * numpy.spacing(0.5)
    states = network.solve(start_states=numpy.ones((1, 5)), start_times=[start], times=[start, 1.0]).states
    numpy.testing.assert_allclose(states, numpy.ones((1, 2, 5)), atol=1e-14)
