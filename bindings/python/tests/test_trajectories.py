"""Times of each sample's own: the opening trajectory and sequence_time intervals, compared with Runge–Kutta steps in NumPy, with networks of given step sizes, and with difference quotients."""

import threading
import time

import numpy
import pytest

import stableode

ONE_STEP = ["euler", "heun", "ssprk3", "rk3", "rk4", "reversible", "polynet", "backward_euler", "implicit_midpoint"]
ADAPTIVE = ["dopri5", "tsit5"]


def own_times(samples, count, seed=0, start=0.0):
    """Ascending times with an interval of zero and, in half of the samples, a padded end."""
    random = numpy.random.default_rng(seed)
    times = start + numpy.cumsum(random.uniform(0.02, 0.3, (samples, count)), axis=1)
    times[:, 2] = times[:, 1]
    times[: samples // 2, -1] = times[: samples // 2, -2]
    return times


def trajectories(channels=2, count=6, **options):
    chosen = dict(opening="trajectory", channels=channels, inputs=channels + count, outputs=channels, readout="identity", loss="least_squares", precision="float64", seed=3)
    return stableode.Network(**{**chosen, "field": "dense", "bias": "vector", **options})


def given(network, samples=5, seed=0, start=0.0, scale=1.0):
    channels = network.specification["channels"]
    random = numpy.random.default_rng(seed + 1)
    return numpy.concatenate([scale * random.standard_normal((samples, channels)), own_times(samples, network.inputs - channels, seed, start)], axis=1)


def tensor(network, name):
    return network.parameters[f"blocks.0.{name}"][0]


def rk4(f, y, times, substeps=1):
    """Every sample's classic Runge–Kutta steps over its own intervals."""
    for i in range(times.shape[1] - 1):
        h = ((times[:, i + 1] - times[:, i]) / substeps)[:, None]
        for _ in range(substeps):
            k1 = f(y)
            k2 = f(y + h / 2 * k1)
            k3 = f(y + h / 2 * k2)
            k4 = f(y + h * k3)
            y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


@pytest.mark.parametrize("substeps", [1, 3])
def test_rk4_in_numpy(substeps):
    network = trajectories(integrator="rk4", layers=5 * substeps)
    rows = given(network, 70)
    K, b = tensor(network, "K"), tensor(network, "b")
    expected = rk4(lambda y: numpy.tanh(y @ K.T + b), rows[:, :2], rows[:, 2:], substeps)
    assert numpy.abs(network.scores(rows) - expected).max() < 1e-13
    alone = numpy.concatenate([network.scores(rows[i : i + 1]) for i in (0, 41, 69)])
    assert numpy.array_equal(alone, network.scores(rows)[[0, 41, 69]])
    assert numpy.array_equal(network.scores(rows, threads=2), network.scores(rows))


@pytest.mark.parametrize("integrator", ONE_STEP + ["verlet", "revnet", "fractal", "shake_shake"])
def test_each_sample_steps_as_a_network_of_its_step_sizes(integrator):
    field = "hamiltonian_h" if integrator == "verlet" else "dense"
    network = trajectories(channels=4, count=5, field=field, integrator=integrator, weights_in_time="layers", horizon=2.0)
    rows = given(network, 4, seed=2)
    rows[:, 6] += 0.1  # no interval of zero, which step_sizes cannot have
    rows[:, 7:] += 0.2
    rows[:, -1] = rows[:, -2] + 0.05
    for row in rows:
        sizes = [float(h) for h in numpy.diff(row[4:])]
        plain = stableode.Network(
            inputs=4, outputs=4, width=4, opening="zero_padding", readout="identity", loss="least_squares", precision="float64", field=field, integrator=integrator, step_sizes=sizes
        )
        plain.parameter_vector = network.parameter_vector
        numpy.testing.assert_allclose(network.scores(row[None]), plain.scores(row[None, :4]), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("integrator", ADAPTIVE)
def test_adaptive_steps_meet_the_solution(integrator):
    network = trajectories(integrator=integrator, relative_tolerance=1e-11, absolute_tolerance=1e-12)
    rows = given(network, 9)
    K, b = tensor(network, "K"), tensor(network, "b")
    expected = rk4(lambda y: numpy.tanh(y @ K.T + b), rows[:, :2], rows[:, 2:], 200)
    assert numpy.abs(network.scores(rows) - expected).max() < 1e-9


@pytest.mark.parametrize("integrator, order", [("euler", 1), ("heun", 2), ("implicit_midpoint", 2), ("rk3", 3), ("rk4", 4)])
def test_order_of_convergence(integrator, order):
    errors = []
    for substeps in (8, 16):
        network = trajectories(integrator=integrator, layers=5 * substeps, initial_scale=2.0)
        rows = given(network, 6)
        K, b = tensor(network, "K"), tensor(network, "b")
        exact = rk4(lambda y: numpy.tanh(y @ K.T + b), rows[:, :2], rows[:, 2:], 200)
        errors.append(numpy.abs(network.scores(rows) - exact).max())
    assert abs(numpy.log2(errors[0] / errors[1]) - order) < 0.15


@pytest.mark.parametrize(
    "options",
    [
        dict(integrator="rk4"),
        dict(integrator="heun", layers=10),
        dict(integrator="implicit_midpoint"),
        dict(integrator="verlet", field="hamiltonian_h", channels=4),
        dict(integrator="rk4", field="port_hamiltonian", channels=4),
        # Steps whose sizes do not depend on what is varied; where they do, the gradient is that of the accepted steps.
        dict(integrator="dopri5", first_step=10.0, relative_tolerance=1.0, absolute_tolerance=1e6),
        dict(integrator="rk4", weights_in_time="piecewise_linear", basis_count=3),
    ],
    ids=lambda o: "-".join(str(v) for v in o.values()),
)
def test_gradients_by_states_times_and_parameters(options):
    network = trajectories(**options)
    rows, channels = given(network, 5, seed=4), network.specification["channels"]
    random = numpy.random.default_rng(8)
    weights = random.standard_normal((5, channels))
    by_parameters, by_features = stableode.Gradient(network, 5).pullback(rows, weights)
    base = network.parameter_vector

    def value(features, parameters=base):
        network.parameter_vector = parameters
        return float((network.scores(features) * weights).sum())

    scale = numpy.abs(by_features).max()
    for place in range(rows.shape[1]):
        for sample in range(5):
            moved = [rows.copy(), rows.copy()]
            step = 1e-5
            if place == channels + 2:  # an interval of zero: both times move, so that they keep their order
                for sign, array in zip((1, -1), moved):
                    array[sample, channels + 1 : channels + 3] += sign * step
                slope = by_features[sample, channels + 1] + by_features[sample, channels + 2]
            elif place in (channels + 1, network.inputs - 1, network.inputs - 2):
                continue  # beside an interval of zero, or of the padded end
            else:
                moved[0][sample, place] += step
                moved[1][sample, place] -= step
                slope = by_features[sample, place]
            assert abs((value(moved[0]) - value(moved[1])) / (2 * step) - slope) < 1e-7 * max(scale, 1)
    for _ in range(3):
        along = random.standard_normal(base.size)
        quotient = (value(rows, base + 1e-5 * along) - value(rows, base - 1e-5 * along)) / 2e-5
        assert abs(quotient - by_parameters @ along) < 1e-7 * max(abs(quotient), 1)
    network.parameter_vector = base
    tangent = stableode.Gradient(network, 5).pushforward(rows, base, rows)[1]
    assert (tangent * weights).sum() == pytest.approx(by_parameters @ base + (by_features * rows).sum(), rel=1e-11)


def test_verlet_is_symplectic_for_own_steps():
    network = trajectories(channels=4, field="hamiltonian_h", integrator="verlet", layers=20, hidden_width=7, initial_scale=2.0)
    rows = given(network, 3)
    gradient = stableode.Gradient(network, 3)
    jacobians = numpy.stack([gradient.pullback(rows, numpy.tile(unit, (3, 1)))[1][:, :4] for unit in numpy.eye(4)], axis=1)
    omega = numpy.block([[numpy.zeros((2, 2)), numpy.eye(2)], [-numpy.eye(2), numpy.zeros((2, 2))]])
    for M in jacobians:
        assert numpy.abs(M.T @ omega @ M - omega).max() < 1e-12
    assert numpy.abs(jacobians[0] - jacobians[1]).max() > 1e-3


@pytest.mark.parametrize("integrator", ["rk4", "dopri5", "implicit_midpoint", "verlet"])
def test_no_time_changes_no_bit(integrator):
    channels = 4 if integrator == "verlet" else 2
    network = trajectories(channels=channels, field="hamiltonian_h" if integrator == "verlet" else "dense", integrator=integrator, count=5)
    rows = given(network, 6)
    still = rows.copy()
    still[:, channels:] = rows[:, channels : channels + 1]
    assert numpy.array_equal(network.scores(still), rows[:, :channels])
    longer = trajectories(channels=channels, field=network.specification["blocks"][0]["field"], integrator=integrator, count=8)
    longer.parameter_vector = network.parameter_vector
    padded = numpy.concatenate([rows, numpy.repeat(rows[:, -1:], 3, axis=1)], axis=1)
    assert numpy.array_equal(longer.scores(padded), network.scores(rows))


def test_unix_times_keep_their_intervals():
    network = trajectories(precision="float32", integrator="rk4", count=40)
    rows = given(network, 8)
    seconds = numpy.cumsum(numpy.random.default_rng(2).integers(0, 64, (8, 40)), axis=1) / 64.0
    rows[:, 2:] = seconds
    early = network.scores(rows)
    rows[:, 2:] = seconds + 1.7e9
    assert numpy.array_equal(network.scores(rows), early)
    assert network.scores(rows).dtype == numpy.float32
    # Arrays of any strides and types: nanoseconds that float64 cannot tell apart.
    wide = numpy.zeros((16, 84))
    wide[::2, ::2] = rows
    assert numpy.array_equal(network.scores(wide[::2, ::2]), early)
    whole = numpy.concatenate([rows[:, :2].round(), 64 * seconds], axis=1).astype(numpy.int64)
    late = whole.copy()
    late[:, 2:] += 2**60
    assert numpy.array_equal(network.scores(late), network.scores(whole.astype(numpy.float32)))


def test_defaults_follow_from_the_sizes():
    options = trajectories(count=9).specification
    block = options["blocks"][0]
    assert (options["width"], options["sequence_time"], block["layers"], block["horizon"], block["weights_in_time"]) == (2, "intervals", 8, 8.0, "shared")
    assert "sequence_layout" not in options and "interpolation" not in options
    kept = trajectories(count=9, layers=16, weights_in_time="layers").specification["blocks"][0]
    assert (kept["layers"], kept["horizon"], kept["weights_in_time"]) == (16, 8.0, "layers")
    assert stableode.Network(**options).specification == options


def test_models_are_kept(tmp_path):
    network = trajectories(integrator="rk4", precision="float32")
    rows = given(network)
    network.save(tmp_path / "field.sode")
    assert numpy.array_equal(stableode.Network.load(tmp_path / "field.sode").scores(rows), network.scores(rows))


def test_hidden_features_begin_at_zero():
    network = trajectories(width=5, outputs=5, integrator="rk4")
    rows = given(network)
    still = rows.copy()
    still[:, 2:] = 0
    scores = network.scores(still)
    assert numpy.array_equal(scores[:, :2], rows[:, :2]) and not scores[:, 2:].any()


@pytest.mark.parametrize(
    "options, words",
    [
        (dict(integrator="adams_bashforth2"), ["adams_bashforth2", "h·f", "rk4"]),
        (dict(integrator="leapfrog", field="second_order"), ["leapfrog", "h·f"]),
        (dict(integrator="linear_multistep"), ["linear_multistep", "h·f"]),
        (dict(integrator="midpoint", field="antisymmetric"), ["midpoint", "h·f"]),
        (dict(integrator="imex"), ["imex", "h·f"]),
        (dict(integrator="cayley", field="rotate_relax"), ["cayley", "h·f"]),
        (dict(integrator="euler_maruyama"), ["euler_maruyama", "h·f"]),
        (dict(integrator="near_identity", field="linear_activation"), ["near_identity", "h·f"]),
        (dict(field="gradient_flow", steps="row_sums"), ["row_sums", "one step size"]),
        (dict(field="gradient_flow", steps="tight"), ["tight", "one step size"]),
        (dict(noise="gaussian"), ["noise gaussian", "step size"]),
        (dict(layers=7), ["layers is 7", "k·5"]),
        (dict(sequence_time="scaled"), ["sequence_time is scaled", "intervals"]),
        (dict(sequence_layout="times_values"), ["trajectory has no option sequence_layout", "sequence_dense"]),
        (dict(interpolation="linear"), ["no option interpolation"]),
        (dict(inputs=3), ["inputs is 3", "at least 2 times"]),
        (dict(width=1, outputs=1), ["width is 1", "channels, 2"]),
        (dict(field="antisymmetric_rnn"), ["antisymmetric_rnn", "driven by sequences", "trajectory"]),
        (dict(blocks=[{"layers": 5}, {"layers": 5}]), ["one block"]),
        (dict(blocks=[{"connector": "activation"}, {"layers": 5}]), ["no connector before it"]),
    ],
    ids=lambda value: None if isinstance(value, list) else "-".join(f"{k}" for k in value),
)
def test_refusals_name_the_reason(options, words):
    with pytest.raises(stableode.IncompatibleError) as caught:
        trajectories(**options)
    for word in words:
        assert word in str(caught.value)


def test_bad_rows_are_named():
    network = trajectories()
    rows = given(network)
    for change, words in [
        (lambda r: r.__setitem__((3, 5), r[3, 4] - 1), ["row 3", "step 3", "must not decrease"]),
        (lambda r: r.__setitem__((2, 7), numpy.nan), ["row 2", "column 7"]),
        (lambda r: r.__setitem__((1, 0), numpy.inf), ["row 1", "column 0"]),
    ]:
        changed = rows.copy()
        change(changed)
        with pytest.raises(stableode.InvalidDataError) as caught:
            network.scores(changed)
        assert all(word in str(caught.value) for word in words)
    single = trajectories(precision="float32")
    rows[4, 3:] = 1e39
    with pytest.raises(stableode.InvalidDataError, match="row 4"):
        single.scores(rows)


@pytest.mark.parametrize("integrator", ["rk4", "dopri5", "implicit_midpoint"])
def test_a_guess_that_diverges_is_a_status(integrator):
    network = trajectories(field="linear_activation" if integrator == "rk4" else "dense", activation="softplus", integrator=integrator, precision="float32")
    network.parameter_vector = numpy.full(network.parameter_count, 400.0)
    rows = given(network)
    rows[:4, 2:] = rows[:4, 2:3]  # no time passes in the others
    rows[4, 3:] += 1e6
    began = time.monotonic()
    with pytest.raises(stableode.StableODEError, match="(row|sample) 4"):
        network.scores(rows)
    assert time.monotonic() - began < 20


def test_a_cancel_ends_a_long_solve():
    network = trajectories(count=2, layers=1_000_000, integrator="rk4")
    rows = numpy.tile([1.0, 0.5, 0.0, 1.0], (64, 1))
    token = stableode.CancelToken()
    # Of this process, so that other work of the machine does not count: the solve runs on one thread.
    requested = []
    timer = threading.Timer(0.3, lambda: (requested.append(time.process_time()), token.request()))
    timer.start()
    with pytest.raises(stableode.CancelledError), stableode.limits(cancel=token):
        while True:
            network.scores(rows)
    assert time.process_time() - requested[0] < 0.1


def test_states_and_targets_are_not_rescaled():
    network = trajectories(integrator="rk4")
    rows = given(network, 40)
    network.fit(rows, 100 + 10 * network.scores(rows), epochs=1)
    assert network.normalization is None and network.target_scaling is None
    with pytest.raises(stableode.IncompatibleError, match="states and times as they are"):
        network.fit_normalization(rows, numpy.zeros((40, 2)))
    with pytest.raises(stableode.IncompatibleError, match="states and times as they are"):
        network.normalization = numpy.zeros(8), numpy.ones(8)
    with pytest.raises(stableode.IncompatibleError, match="states and times as they are"):
        trajectories().fit(rows, rows[:, :2], epochs=1, normalization="standardize")


def test_what_speaks_of_one_step_size_is_refused():
    network = trajectories(field="antisymmetric", integrator="dopri5")
    rows = given(network)
    with pytest.raises(stableode.IncompatibleError, match="times of their own"):
        trajectories(field="antisymmetric").fit(rows, rows[:, :2], epochs=1, kinetic_energy=0.1)


def test_reports_are_about_own_steps_and_nothing_is_certified():
    network = trajectories(channels=4, field="hamiltonian_h", integrator="verlet")
    rows = given(network)
    assert network.check_derivatives(rows).holds
    for statement in ("step_size", "volume", "lipschitz_l2"):
        assert network.certify(statement).verdict == "not_provable"


def pendulum(y):
    return numpy.stack([y[:, 1], -numpy.sin(y[:, 0]) - 0.1 * y[:, 1]], axis=1)


def solution(y, times):
    return numpy.stack([rk4(pendulum, y, times[:, : i + 1], 20) for i in range(times.shape[1])], axis=1)


def test_a_pendulum_is_fitted_by_multiple_shooting():
    """20 irregular trajectories of 50 noisy states; each state begins a solve over the next five intervals."""
    random = numpy.random.default_rng(0)
    start, times = random.uniform(-1.5, 1.5, (20, 2)), numpy.sort(random.uniform(0, 10, (20, 50)), axis=1)
    states = solution(start, times) + 0.01 * random.standard_normal((20, 50, 2))
    rows = numpy.concatenate([numpy.concatenate([states[:, i], times[:, i : i + 6]], axis=1) for i in range(45)])
    targets = numpy.concatenate([states[:, i + 5] for i in range(45)])
    options = dict(field="two_layer", hidden_width=32, integrator="rk4", precision="float32")
    network = trajectories(**options)
    network.fit(rows, targets, optimizer="lbfgs", epochs=400, num_threads=1)
    # The fitted field beyond the lengths that it has seen.
    long = trajectories(count=50, **options)
    long.parameter_vector = network.parameter_vector
    fresh = numpy.sort(random.uniform(0, 10, (40, 50)), axis=1)
    begin = random.uniform(-1.5, 1.5, (40, 2))
    error = long.scores(numpy.concatenate([begin, fresh], axis=1)) - solution(begin, fresh)[:, -1]
    assert numpy.sqrt((error**2).mean()) < 0.03


# ---- driven fields -------------------------------------------------------------------------------------------------------------------------


def sequences(layout="times_values", count=5, opening="sequence_dense", **options):
    width = {"times_values": 3, "times_values_mask": 5}[layout]
    chosen = dict(
        inputs=width * count, channels=2, opening=opening, sequence_layout=layout, sequence_time="intervals", width=4, outputs=3, layers=count - 1, field="antisymmetric_rnn", gamma=0.2,
        weights_in_time="shared", precision="float64", horizon=1.7, seed=5,
    )
    return stableode.Network(**{**chosen, **options})


def test_a_recurrent_field_advances_by_each_samples_intervals():
    network = sequences()
    random = numpy.random.default_rng(1)
    times, values = own_times(7, 5), random.standard_normal((7, 5, 2))
    rows = numpy.concatenate([times[..., None], values], axis=2).reshape(7, 15)
    W, V, b = (tensor(network, name) for name in "WVb")
    opening, readout = ((network.parameters[f"{name}.W"], network.parameters[f"{name}.b"]) for name in ("opening", "readout"))
    y = values[:, 0] @ opening[0].T + opening[1]
    M = W - W.T - 0.2 * numpy.eye(4)
    for i in range(4):
        y = y + (times[:, i + 1] - times[:, i])[:, None] * numpy.tanh(y @ M.T + values[:, i + 1] @ V.T + b)
    numpy.testing.assert_allclose(network.scores(rows), y @ readout[0].T + readout[1], rtol=1e-12, atol=1e-13)
    # The same with masks and padding, whatever the padded steps hold.
    masked = sequences("times_values_mask", 7, layers=6)
    masked.parameter_vector = network.parameter_vector
    steps = numpy.concatenate([times[..., None], values, numpy.ones((7, 5, 2))], axis=2)
    padding = numpy.full((7, 2, 5), [-3, numpy.nan, 1e9, 0, 0])
    padded = numpy.concatenate([steps, padding], axis=1).reshape(7, 35)
    numpy.testing.assert_allclose(masked.scores(padded), network.scores(rows), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("layout, integrator", [("times_values", "heun"), ("times_values_mask", "euler"), ("times_values", "rk4")])
def test_gradients_of_driven_fields(layout, integrator):
    network = sequences(layout, integrator=integrator, layers=8, field="gated_antisymmetric_rnn")
    random = numpy.random.default_rng(3)
    steps = numpy.concatenate([own_times(4, 5)[..., None], random.standard_normal((4, 5, 2))], axis=2)
    if layout == "times_values_mask":
        mask = numpy.ones((4, 5, 2))
        mask[:, 2, 0] = mask[:2, 3] = 0
        steps = numpy.concatenate([steps, mask], axis=2)
    rows, weights = steps.reshape(4, -1), random.standard_normal((4, 3))
    by_features = stableode.Gradient(network, 4).pullback(rows, weights)[1]
    along = random.standard_normal(steps.shape)
    along[:, :, 3:] = 0
    along[:, 1, 0] = along[:, 2, 0] = 0  # an interval of zero
    along[:, -1, 0] = abs(along[:, -1, 0])
    along[:, -2, 0] = along[:, -1, 0]
    along = along.reshape(4, -1)
    forward, backward = (float((network.scores(rows + sign * 1e-5 * along) * weights).sum()) for sign in (1, -1))
    assert (forward - backward) / 2e-5 == pytest.approx((by_features * along).sum(), rel=1e-7, abs=1e-8)


@pytest.mark.parametrize(
    "options, words",
    [
        (dict(field="neural_cde", gamma=None), ["neural_cde", "derivative of a path"]),
        (dict(field="ode_rnn", gamma=None, layers=8), ["ode_rnn", "absolute"]),
        (dict(interpolation="linear"), ["interpolation is linear", "none"]),
        (dict(layers=5), ["layers is 5", "4 intervals"]),
        (dict(sequence_layout="values", inputs=10), ["intervals", "no times"]),
    ],
)
def test_what_driven_fields_refuse(options, words):
    with pytest.raises(stableode.IncompatibleError) as caught:
        made = {"sequence_layout": "times_values", **options}
        chosen = dict(inputs=15, channels=2, opening="sequence_dense", sequence_time="intervals", width=4, outputs=3, layers=4, field="antisymmetric_rnn", **{})
        stableode.Network(**{**chosen, **{k: v for k, v in made.items() if v is not None}})
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("integrator", ADAPTIVE)
def test_solves_go_to_the_times_that_are_asked_for(integrator):
    """A solve gives the states that the trajectories have at these times, from initial states in features or given ones; events end samples on their own."""
    network = trajectories(field="antisymmetric", gamma=0.3, integrator=integrator, relative_tolerance=1e-10, absolute_tolerance=1e-12, initial_scale=2.0)
    rows = given(network, 7)
    asked = numpy.array([0.0, 0.4, 1.1, 40.0])
    own = numpy.concatenate([rows[:, :2], numpy.broadcast_to([*asked, 40.0, 40.0], (7, 6))], axis=1)
    expected = network.with_steps(6).scores(own)
    found = network.solve(rows, asked)
    assert found.states.shape == (7, 4, 2) and (found.ends == stableode.END_HORIZON).all() and (found.end_times == 40).all()
    assert numpy.array_equal(found.states[:, 0], rows[:, :2]) and numpy.abs(found.states[:, 3] - expected).max() < 1e-7
    assert numpy.array_equal(network.solve(times=asked, start_states=rows[:, :2]).states, found.states)

    met = network.solve(rows, [40.0], event=([1.0, 0.0], 0.25))
    ended = met.ends == stableode.END_EVENT
    assert ended.any() and numpy.abs(met.event_states[ended, 0] - 0.25).max() < 1e-9 and len(set(met.end_times[ended])) > 1
    for sample in numpy.flatnonzero(ended):
        at = network.solve(start_states=rows[sample : sample + 1, :2], times=[met.end_times[sample]])
        assert numpy.abs(at.states[0, 0] - met.event_states[sample]).max() < 1e-7


def test_solves_of_trajectories_say_what_they_lack():
    rows = given(trajectories())
    adaptive = trajectories(integrator="dopri5")
    with pytest.raises(stableode.InvalidArgumentError, match="times is empty"):
        adaptive.solve(rows)
    for last in (0.0, numpy.inf, numpy.nan, -1.0):
        with pytest.raises((stableode.OutOfRangeError, stableode.InvalidDataError), match="times"):
            adaptive.solve(rows, [last])
    with pytest.raises(stableode.IncompatibleError, match="adaptive integrator"):
        trajectories(integrator="rk4").solve(rows, [1.0])
    with pytest.raises(stableode.IncompatibleError, match="weights_in_time shared"):
        trajectories(integrator="dopri5", weights_in_time="layers").solve(rows, [1.0])


def fittable(**options):
    return trajectories(outputs_at="steps", **{"field": "two_layer", "hidden_width": 4, **options})


def test_measured_states_may_lie_in_other_orders():
    """Those whose numbers of a trajectory lie at equal distances are read where they lie; others are refused."""
    network = fittable()
    rows, states = given(network), numpy.random.default_rng(0).standard_normal((5, 6, 2))
    expected = network.copy().fit_trajectories(rows, states, epochs=2).loss
    flat = states.reshape(5, 12)
    spread = numpy.zeros((10, 12, 2))
    spread[::2, :, 0] = flat
    for same in (flat, spread[::2, :, 0], states[::-1].copy()[::-1], spread[::2, :, 0].reshape(5, 6, 2), states.astype(">f8")):
        assert network.copy().fit_trajectories(rows, same, epochs=2).loss == expected
    for other in (numpy.asfortranarray(states), numpy.ascontiguousarray(states.transpose(0, 2, 1)).transpose(0, 2, 1), numpy.repeat(states, 2, axis=1)[:, ::2], states[:, ::-1]):
        with pytest.raises(stableode.InvalidArgumentError, match="states has strides"):
            network.copy().fit_trajectories(rows, other, epochs=2)
    for wrong in (states.transpose(0, 2, 1), states[:, :5], states[:4], flat[:, :11], states.reshape(5, 2, 3, 2), states[0]):
        with pytest.raises(stableode.ShapeMismatchError, match="states has shape"):
            network.copy().fit_trajectories(rows, wrong, epochs=2)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (dict(loss="softmax_cross_entropy"), "loss is softmax_cross_entropy"), (dict(loss="multilabel_logistic"), "loss is multilabel_logistic"), (dict(loss="poisson"), "loss is poisson"),
        (dict(noise="dropout", dropout_rate=0.5), "noise dropout"), (dict(noise="stochastic_depth", survival=0.5), "noise stochastic_depth"),
    ],
)  # fmt: skip
def test_fits_refuse_what_they_would_ignore(options, text):
    network = fittable(**options)
    with pytest.raises(stableode.IncompatibleError, match=text):
        network.fit_trajectories(given(network), numpy.zeros((5, 6, 2)))


def test_fits_take_exact_gradients():
    network = fittable()
    with pytest.raises(stableode.IncompatibleError, match="gradient_smoothing"):
        network.fit_trajectories(given(network), numpy.zeros((5, 6, 2)), optimizer="adam", gradient_smoothing=0.2)


@pytest.mark.parametrize("segment", [0, 2])
def test_fits_take_intervals_of_integers_exactly(segment):
    network, states = fittable(), numpy.random.default_rng(0).standard_normal((2, 6, 2))
    small = numpy.concatenate([numpy.ones((2, 2), "int64"), numpy.array([[0, 1, 2, 3, 4, 5], [0, 1, 2, 2, 2, 2]])], axis=1)
    states[1, 3:] = numpy.nan
    late = small + numpy.array([0, 0, *[2**60] * 6])
    fits = [network.copy().fit_trajectories(rows, states, segment=segment, epochs=5) for rows in (small, late)]
    assert fits[0].loss == fits[1].loss and fits[0].segments == fits[1].segments


def test_steps_that_go_too_far_are_told():
    network = trajectories(outputs_at="steps", field="linear_cubic")
    with pytest.raises(stableode.NotFiniteError, match=r"round 1, step \d+: .*learning_rate"):
        network.fit_trajectories(given(network), numpy.ones((5, 6, 2)), optimizer="sgd", learning_rate=1e6, epochs=50)


@pytest.mark.parametrize("outputs_at", ["end", "steps"])
@pytest.mark.parametrize("time", ["absolute", "scaled", "intervals"])
def test_a_sequence_begins_with_its_first_observation(time, outputs_at):
    """Also where others follow at the same time: later observations move the state, but not its beginning."""
    options = dict(opening="sequence_dense", inputs=8, channels=1, sequence_layout="times_values", outputs=2, width=4, field="antisymmetric_rnn", loss="least_squares", precision="float64", seed=1)
    network = stableode.Network(**options, sequence_time=time, layers=3 if time == "intervals" else 4, horizon=2.0, outputs_at=outputs_at)
    random = numpy.random.default_rng(0)
    rows = numpy.stack([[0.0, 0.0, 0.0, 1.0], random.standard_normal(4)], axis=1).reshape(1, 8)
    other = rows.copy()
    other[0, 3] += 1.0
    states = [network.states(data)[0] for data in (rows, other)]
    # In an interval of no length, what was observed at its end moves nothing.
    assert numpy.array_equal(*states) and numpy.array_equal(network.scores(rows), network.scores(other)) == (time == "intervals")
    if time != "intervals":
        stepper = network.stepper()
        steps = [stepper.feed(step) for step in rows.reshape(4, 2)]
        assert numpy.array_equal(steps[-1] if outputs_at == "end" else steps, network.scores(rows)[0])
