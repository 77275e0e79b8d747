"""Known terms of an equation written in Python: they act in fits, roll-outs, fields and gradients, and what they raise reaches the caller."""

import os
import pickle
import signal
import threading
import time

import numpy
import pytest

import stableode
from stableode import _known, trajectories
from stableode._table import FUNCTIONS

STEPS = 21
OPTIONS = dict(
    opening="trajectory", channels=2, inputs=2 + STEPS, outputs=2, outputs_at="steps", readout="identity", loss="least_squares", precision="float64",
    field="dense", activation="identity", bias="none", integrator="rk4", layers=STEPS - 1, weights_in_time="shared", known_terms=True, seed=1,
)


def gravity(t, y):
    return numpy.stack([y[:, 1], -numpy.sin(y[:, 0]) + 0.1 * numpy.cos(t)], axis=1)


def jacobian(t, y):
    matrix = numpy.zeros((len(y), 2, 2))
    matrix[:, 0, 1] = 1
    matrix[:, 1, 0] = -numpy.cos(y[:, 0])
    return matrix


def by_time(t, y):
    return numpy.stack([0 * t, -0.1 * numpy.sin(t)], axis=1)


def measured(starts, times, friction=0.3, parts=20):
    """The pendulum with friction, by fine steps of the classical Runge–Kutta method."""

    def slope(t, y):
        return gravity(numpy.full(len(y), t), y) + numpy.stack([0 * y[:, 0], -friction * y[:, 1]], axis=1)

    states = [numpy.array(starts, float)]
    for begin, end in zip(times[:-1], times[1:], strict=True):
        y, h = states[-1], (end - begin) / parts
        for part in range(parts):
            t = begin + part * h
            a = slope(t, y)
            b = slope(t + h / 2, y + h / 2 * a)
            c = slope(t + h / 2, y + h / 2 * b)
            y = y + h / 6 * (a + 2 * b + 2 * c + slope(t + h, y + h * c))
        states.append(y)
    return numpy.stack(states, axis=1)


STARTS = [[0.5, 0.0], [1.0, 0.2], [1.6, -0.3]]
TIMES = numpy.linspace(1.0, 6.0, STEPS)
STATES = measured(STARTS, TIMES)
FEATURES = numpy.concatenate([numpy.array(STARTS), numpy.broadcast_to(TIMES, (3, STEPS))], axis=1)


def known_network(**options):
    network = stableode.Network(**{**OPTIONS, **options})
    network.set_known_terms(gravity, jacobian=jacobian, time_derivative=by_time)
    return network


@pytest.mark.parametrize("options", [{}, {"integrator": "tsit5"}, {"segment": 5, "rounds": 3}, {"scaling": "none"}, {"substeps": 2, "scaling": "each"}], ids=str)
def test_a_fit_learns_the_rest(options):
    known = trajectories.KnownTerms(gravity, jacobian, by_time)
    model = trajectories.fit(TIMES, STATES, known=known, field="dense", activation="identity", bias="none" if options.get("scaling") == "none" else "vector", epochs=40, **options)
    y = numpy.array([[0.3, 0.5], [-1.0, 2.0]])
    rest = model.field([1.5, 7.0], y) - gravity(numpy.array([1.5, 7.0]), y)
    numpy.testing.assert_allclose(rest, numpy.stack([0 * y[:, 0], -0.3 * y[:, 1]], axis=1), atol=0.03)
    # Beyond the data in angle and time.
    times = numpy.linspace(3.0, 14.0, 111)
    numpy.testing.assert_allclose(model.rollout([2.2, 0.0], times), measured([[2.2, 0.0]], times)[0], atol=0.08)
    assert model.known is known and model.refit(TIMES, STATES, epochs=5).result.loss <= 2 * model.result.loss + 1e-12


@pytest.mark.parametrize("integrator", ["rk4", "dopri5", "implicit_midpoint"])
def test_gradients_equal_differences(integrator):
    options = {"relative_tolerance": 1e-10, "absolute_tolerance": 1e-12} if integrator == "dopri5" else {}
    network = known_network(integrator=integrator, **options)
    w = numpy.sin(1.0 + numpy.arange(STATES.size)).reshape(STATES.shape)
    parameters, features = stableode.Gradient(network, 3).pullback(FEATURES, w)

    def value(moved):
        return float((network.scores(moved).reshape(w.shape) * w).sum())

    def difference(function, h=1e-3):
        d = [function(k * h) - function(-k * h) for k in (1, 2, 3)]
        return (45 * d[0] - 9 * d[1] + d[2]) / (60 * h)

    for place in (0, 1, 2, 7, STEPS + 1):
        def along(distance, place=place):
            moved = FEATURES.copy()
            moved[1, place] += distance
            return value(moved)

        expected = difference(along)
        assert abs(features[1, place] - expected) <= 1e-7 * (1 + abs(expected))
    vector = network.parameter_vector

    def changed(distance):
        network.parameter_vector = vector + distance * numpy.array([0.3, -0.7, 0.2, 0.9])
        return value(FEATURES)

    expected = difference(changed)
    assert abs(parameters @ [0.3, -0.7, 0.2, 0.9] - expected) <= 1e-7 * (1 + abs(expected))


def test_field_and_products():
    network = known_network()
    weights = network.parameters["blocks.0.K"][0]
    t, y, v = numpy.array([0.2, 50.0]), numpy.array([[0.5, 1.0], [2.0, -1.0]]), numpy.array([[1.0, -1.0], [0.3, 0.4]])
    matrix = jacobian(t, y) + weights
    numpy.testing.assert_allclose(network.field(t, y), gravity(t, y) + y @ weights.T, rtol=1e-13)
    numpy.testing.assert_allclose(network.field.jvp(t, y, v), numpy.einsum("sij,sj->si", matrix, v), rtol=1e-13)
    numpy.testing.assert_allclose(network.field.vjp(t, y, v), numpy.einsum("sij,si->sj", matrix, v), rtol=1e-13)
    numpy.testing.assert_allclose(network.field.parameter_vjp(t, y, v), numpy.einsum("si,sj->ij", v, y).ravel(), rtol=1e-13)
    numpy.testing.assert_allclose(network.field(0.2, y[0]), network.field([0.2], y[:1])[0])
    with pytest.raises(stableode.InvalidArgumentError, match="times is NULL"):
        network.field(None, y)
    states = network.states(FEATURES)
    assert states.shape == (STEPS, 3, 3)  # the last number is the time that has passed
    numpy.testing.assert_allclose(states[:, 0, 2], TIMES - TIMES[0], atol=1e-14)
    numpy.testing.assert_allclose(states[:, :, :2].transpose(1, 0, 2), network.scores(FEATURES).reshape(3, STEPS, 2), rtol=0, atol=0)
    assert network.check_derivatives(FEATURES).holds


def test_products_in_place_of_a_jacobian():
    products = stableode.Network(**OPTIONS)
    products.set_known_terms(
        gravity, jvp=lambda t, y, v: numpy.einsum("sij,sj->si", jacobian(t, y), v), vjp=lambda t, y, w: numpy.einsum("sij,si->sj", jacobian(t, y), w), time_derivative=by_time)
    differences = stableode.Network(**OPTIONS)
    differences.set_known_terms(gravity, jacobian=trajectories.difference_jacobian(gravity), time_derivative=by_time)
    w = numpy.ones(STATES.shape)
    expected = stableode.Gradient(known_network(), 3).pullback(FEATURES, w)
    for network, tolerance in ((products, 1e-13), (differences, 1e-9)):
        for found, own in zip(stableode.Gradient(network, 3).pullback(FEATURES, w), expected, strict=True):
            numpy.testing.assert_allclose(found, own, rtol=tolerance, atol=tolerance)


def test_trainers_train_and_go_on(tmp_path):
    data = stableode.Dataset(FEATURES, STATES.reshape(3, -1))
    networks = [known_network(), known_network()]
    trainers = [stableode.Trainer(network, optimizer="adam", learning_rate=0.05, epochs=60) for network in networks]
    trainers[0].run(data)
    assert networks[0].evaluate(data)["loss"] < 1e-2
    trainers[1].run(data, epochs=30)
    trainers[1].save(tmp_path / "trainer")
    network, trainer = stableode.Trainer.load(tmp_path / "trainer")
    with pytest.raises(stableode.StateError, match="known_terms"):
        trainer.run(data)
    network.set_known_terms(gravity, jacobian=jacobian, time_derivative=by_time)
    trainer.run(data)
    numpy.testing.assert_array_equal(network.parameter_vector, networks[0].parameter_vector)


def test_copies_share_the_function_and_models_have_none():
    network = known_network()
    longer = network.with_steps(5)
    assert numpy.isfinite(longer.scores(FEATURES[:, :7])).all()
    loaded = pickle.loads(pickle.dumps(network))
    with pytest.raises(stableode.StateError, match="functions are not stored"):
        loaded.scores(FEATURES)
    loaded.set_known_terms(gravity)
    numpy.testing.assert_array_equal(loaded.scores(FEATURES), network.scores(FEATURES))
    with pytest.raises(stableode.StateError, match="pullback is NULL"):
        stableode.Gradient(loaded, 3).pullback(FEATURES, numpy.ones(STATES.shape))
    with pytest.raises(stableode.StateError, match="already"):
        network.set_known_terms(gravity)


def test_functions_are_released():
    before = len(_known._held)
    network = known_network()
    longer = network.with_steps(5)
    network.close()
    assert len(_known._held) == before + 1
    longer.close()
    assert len(_known._held) == before
    with pytest.raises(stableode.IncompatibleError, match="known_terms"):
        stableode.Network(inputs=2, outputs=2).set_known_terms(gravity)
    assert len(_known._held) == before


class Trouble(Exception):
    pass


def failing(t, y):
    raise Trouble("in the terms")


@pytest.mark.parametrize("call", ["scores", "field", "states", "fit", "gradient", "evaluate", "train"])
def test_exceptions_arrive_with_their_traceback(call):
    network = stableode.Network(**OPTIONS)
    network.set_known_terms(failing, jacobian=jacobian)
    data = stableode.Dataset(FEATURES, STATES.reshape(3, -1))
    calls = {
        "scores": lambda: network.scores(FEATURES),
        "field": lambda: network.field(0.0, [0.1, 0.2]),
        "states": lambda: network.states(FEATURES),
        "fit": lambda: network.fit_trajectories(FEATURES, STATES),
        "gradient": lambda: stableode.Gradient(network, 3).pullback(FEATURES, numpy.ones(STATES.shape)),
        "evaluate": lambda: network.evaluate(data),
        "train": lambda: network.fit(data, epochs=2, optimizer="adam"),
    }
    with pytest.raises(Trouble, match="in the terms") as caught:
        calls[call]()
    assert any(frame.name == "failing" for frame in caught.traceback)


def test_what_goes_wrong_is_named():
    def network_with(function, **options):
        network = stableode.Network(**OPTIONS)
        network.set_known_terms(function, **options)
        return network

    with pytest.raises(stableode.ShapeMismatchError, match=r"known terms returned shape \[4\]"):
        network_with(lambda t, y: numpy.zeros(4)).scores(FEATURES)
    with pytest.raises(stableode.UnsupportedTypeError, match="returned None"):
        network_with(lambda t, y: None).scores(FEATURES)
    with pytest.raises(stableode.NotFiniteError, match=r"row 0.*gave nan as number 0 at time 1.0 and state \(0.5, 0.0\)"):
        network_with(lambda t, y: numpy.nan * y).scores(FEATURES)
    with pytest.raises(stableode.ShapeMismatchError, match="jacobian returned shape"):
        stableode.Gradient(network_with(gravity, jacobian=lambda t, y: numpy.zeros(3)), 3).pullback(FEATURES, numpy.ones(STATES.shape))
    with pytest.raises(ValueError, match="read-only"):
        network_with(lambda t, y: y.__setitem__(0, 1)).scores(FEATURES)
    with pytest.raises(stableode.UnsupportedTypeError, match="function is a int"):
        network_with(3)
    with pytest.raises(stableode.UnsupportedTypeError, match="jvp is a str"):
        network_with(gravity, jvp="v")
    with pytest.raises(stableode.InvalidArgumentError, match="both products"):
        network_with(gravity, jvp=gravity, jacobian=jacobian)
    with pytest.raises(stableode.UnsupportedTypeError, match="KnownTerms"):
        trajectories.fit(TIMES, STATES, known=gravity)
    with pytest.raises(stableode.InvalidDataError, match="scale"):
        trajectories.difference_jacobian(gravity, scale=[1.0, 0.0])
    with pytest.raises(stableode.IncompatibleError, match="verlet"):
        stableode.Network(**{**OPTIONS, "field": "hamiltonian", "integrator": "verlet", "activation": "tanh", "bias": "vector"})
    with pytest.raises(stableode.IncompatibleError, match="known terms"):
        known_network().stability_report(FEATURES)
    assert known_network().certify("lipschitz_l2").verdict == "not_provable"
    with pytest.raises(stableode.StableODEError):
        known_network().export_onnx("model.onnx")


def test_states_are_views():
    """No copy is made of states: their memory is the library's, where samples of a number lie next to one another."""
    seen = []

    def looking(t, y):
        seen.append((t.flags.owndata, y.flags.owndata, y.flags.writeable, y.strides[0], y.__array_interface__["data"][0]))
        return numpy.zeros_like(y)

    network = stableode.Network(**OPTIONS)
    network.set_known_terms(looking)
    network.scores(FEATURES)
    assert {item[:4] for item in seen} == {(False, False, False, 8)}
    assert len(seen) == 4 * (STEPS - 1)


def test_threads_have_errors_of_their_own():
    network = stableode.Network(**OPTIONS)
    main = threading.get_ident()

    def sometimes(t, y):
        if threading.get_ident() != main:
            raise Trouble("in another thread")
        return gravity(t, y)

    network.set_known_terms(sometimes)
    caught, expected = [], network.scores(FEATURES)

    def work():
        for _ in range(20):
            try:
                network.scores(FEATURES)
            except Trouble as error:
                caught.append(error)

    other = threading.Thread(target=work)
    other.start()
    for _ in range(20):
        numpy.testing.assert_array_equal(network.scores(FEATURES), expected)
    other.join()
    assert len(caught) == 20


def test_a_function_may_use_the_library():
    inner = stableode.Network(inputs=2, outputs=2, precision="float64")
    network = stableode.Network(**OPTIONS)
    token = stableode.CancelToken()

    def using(t, y):
        if len(calls) == 5:
            token.request()
        calls.append(len(y))
        return 1e-3 * inner.scores(numpy.ascontiguousarray(y))

    calls = []
    network.set_known_terms(using, jacobian=lambda t, y: numpy.zeros((2, 2)))
    network.scores(FEATURES)
    calls.clear()
    result = network.fit_trajectories(FEATURES, STATES, optimizer="adam", epochs=10_000_000, cancel=token)
    assert result.outcome == "cancelled" and len(calls) <= 8


@pytest.mark.parametrize("end", ["time_limit", "progress"])
def test_long_fits_end_in_time(end):
    network = known_network()
    began = time.thread_time()  # which the load of the machine does not affect
    if end == "time_limit":
        result = network.fit_trajectories(FEATURES, STATES, optimizer="adam", epochs=10_000_000, time_limit=0.2)
    else:
        result = network.fit_trajectories(FEATURES, STATES, optimizer="adam", epochs=10_000_000, on_progress=lambda progress: progress.seconds > 0.2)
    assert result.outcome == {"time_limit": "time_limit", "progress": "stopped_by_callback"}[end]
    assert time.thread_time() - began < 0.2 + 0.1


@pytest.mark.parametrize("call", ["fit", "scores"])
def test_ctrl_c_ends_a_call(call):
    """A handler must not run as a Python function of the terms is entered, where its exception would be lost."""
    network = known_network(layers=2000 * (STEPS - 1))
    calls = {"fit": lambda: network.fit_trajectories(FEATURES, STATES, optimizer="adam", epochs=10_000_000), "scores": lambda: network.scores(FEATURES)}
    for delay in (0.1, 0.17):
        pressed = []

        def press(pressed=pressed):
            pressed.append(time.process_time())
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(delay, press)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            calls[call]()
        assert time.process_time() - pressed[0] < 0.3
        timer.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_all_guarded_functions_exist():
    assert set(_known.CALLING) <= set(FUNCTIONS)
