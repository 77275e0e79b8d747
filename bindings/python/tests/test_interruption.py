"""The promised response times of all functions of the header, all optimizers and all integrators.

The library ticks, and so reports progress, at least every 0.1 s, and a call ends at most 0.1 s after its token was requested.
The tests measure this thread's processor time, which the load of the machine does not affect.
"""

import ctypes
import os
import re
import signal
import threading
import time

import equation_calls  # noqa: F401  (it adds its calls to LONG)
import numpy
import pytest
from long_calls import CANCELLED, HELD, LONG, PROMPT, SWIFT, World, rows

import stableode
from stableode._library import library
from stableode._structures import Limits, TickFunction

#: The promised response time in seconds.
PROMISE = 0.1


class Meter:
    """Runs calls of this thread under a token, requests the token at a tick, and measures times.

    at_tick=0: before the call. after: the tick comes after this many seconds of processor time, or later; other ticks do not count.
    """

    def __init__(self, at_tick=1, after=0.0):
        self.token = stableode.CancelToken()
        self.at_tick, self.after, self.ticks = at_tick, after, 0
        #: The longest time without a tick, and the time from the request to the end of the call.
        self.gap, self.answer = 0.0, None
        self._requested = None
        self._function = TickFunction(self._tick)

    def _tick(self, _):
        now = time.thread_time()
        if self._requested is None:
            self.gap = max(self.gap, now - self._last)
        self._last = now
        self.ticks += now - self._begin >= self.after
        if self._requested is None and self.ticks == self.at_tick:
            self._requested = now
            self.token.request()
        return 0

    def run(self, call):
        """The status of call()."""
        limits = Limits(cancel=self.token._pointer, tick=self._function)
        library.sode_set_thread_limits(ctypes.byref(limits))
        self._begin = self._last = time.thread_time()
        if self.at_tick == 0:
            self.token.request()
            self._requested = self._last
        try:
            call()
            status = 0
        except stableode.CancelledError:
            status = CANCELLED
        finally:
            end = time.thread_time()
            stableode._limits.heed_signals()
        if self._requested is not None:
            self.answer = end - self._requested
        return status

    def __str__(self):
        return f"{self.ticks} ticks, longest time between them {self.gap:.3f} s, answer {self.answer} s"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    yield World(tmp_path_factory.mktemp("interruption"))
    HELD.clear()


def test_every_function_of_the_header_is_judged(header):
    declared = set(re.findall(r"SODE_API [\w *]+?\b(sode_\w+)\(", header))
    judged = [PROMPT, set(LONG), set(SWIFT)]
    assert declared - set().union(*judged) == set(), "say of each new function whether it can take long"
    assert set().union(*judged) - declared == set() and sum(map(len, judged)) == len(declared)


@pytest.mark.parametrize("name", LONG)
def test_long_calls_end_when_they_are_cancelled(world, name):
    # A call that is too short would be seen on an idle machine alone if ticks counted, which come by the clock on the wall.
    call, meter = LONG[name](world), Meter(after=0.12)
    assert meter.run(call) == CANCELLED, f"{meter}: give the call more work, or register it with `swift`"
    assert meter.gap < PROMISE and meter.answer < PROMISE, meter


@pytest.mark.parametrize("name", [*LONG, *SWIFT])
def test_calls_do_not_begin_under_a_token_that_was_requested(world, name):
    call, meter = {**LONG, **SWIFT}[name](world), Meter(at_tick=0)
    assert meter.run(call) == CANCELLED and meter.answer < PROMISE, meter


OPTIMIZERS = list(stableode.optimizers())
INTEGRATORS = list(stableode.integrators())
# Options that an integrator needs besides the usual ones.
FIELDS = {"verlet": "hamiltonian", "near_identity": "linear_activation"}


def _network_for(integrator, **options):
    """A network with this integrator and the first field that it accepts."""
    given = dict(inputs=20, outputs=4, width=32, layers=24, horizon=6.0, seed=1, integrator=integrator) | options
    for field in [FIELDS.get(integrator, "antisymmetric"), *stableode.fields()]:
        try:
            return stableode.Network(**given, field=field)
        except stableode.IncompatibleError:
            continue
    pytest.fail(f"no field for {integrator}")


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_reports_and_ends_in_time(world, optimizer, integrator):
    network = _network_for(integrator)
    trainer = stableode.Trainer(network, optimizer=optimizer, batch_size=world.samples, num_threads=1, epochs=1000)
    token, times, requested = stableode.CancelToken(), [time.thread_time()], []

    def receive(progress):
        times.append(time.thread_time())
        if len(times) == 3:
            requested.append(times[-1])
            token.request()

    history = trainer.run(world.data, on_progress=receive, cancel=token)
    answer = time.thread_time() - requested[0]
    gap = max(b - a for a, b in zip(times, times[1:], strict=False))
    assert history.outcome == "cancelled" and gap < PROMISE and answer < PROMISE, (gap, answer)


def _images(*stages, height=64):
    return dict(input_shape=[3, height, height], outputs=10, seed=1, blocks=[*stages, dict(connector="global_average")])


def _stage(channels, **options):
    return [dict(connector="convolution", kernel=3, channels=channels), dict(operator="convolution", horizon=1.0, **options)]


#: Networks of images whose operations take long: millions of weights, states of many megabytes, tiles that meet.
LARGE_IMAGES = {
    "grouped": _images(*_stage(512, field="bottleneck", hidden_width=512, groups=16, layers=2, integrator="euler"), height=32),
    "imex": _images(*_stage(64, field="gradient_flow", integrator="imex", layers=6)),
    "many_weights": _images(*_stage(512, field="antisymmetric", integrator="rk4", layers=6), height=16),
    "normalized": _images(*_stage(64, field="pre_activation", integrator="euler", layers=8, normalization="batch")),
}


@pytest.mark.parametrize("call", ["predict", "gradient"])
@pytest.mark.parametrize("name", LARGE_IMAGES)
def test_large_image_networks_end_in_time(name, call):
    network = stableode.Network(**LARGE_IMAGES[name])
    x, y = rows(64, network.inputs), numpy.arange(64) % 10
    for tick in (1, 2, 5):
        network = stableode.Network(**LARGE_IMAGES[name])
        gradient, meter = stableode.Gradient(network, 64), Meter(tick)
        status = meter.run((lambda: network.predict(x)) if call == "predict" else (lambda: gradient.loss_and_gradient(x, y)))  # noqa: B023
        assert meter.gap < PROMISE and (status == 0 or meter.answer < PROMISE), meter


def test_limits_end_calls_with_an_exception_and_training_with_an_outcome(world):
    with stableode.limits(seconds=0.05), pytest.raises(stableode.TimeLimitError, match="50 ms") as caught:
        world.network.evaluate(world.data)
    assert isinstance(caught.value, TimeoutError) and caught.value.code == 3
    with stableode.limits(seconds=0.05):
        assert world.trainer.run(world.data).outcome == "time_limit"
    token = stableode.CancelToken()
    token.request()
    with stableode.limits(cancel=token):
        with pytest.raises(stableode.CancelledError):
            world.network.evaluate(world.data)
        # An inner context keeps the outer limits that it does not set.
        with stableode.limits(seconds=100), pytest.raises(stableode.CancelledError):
            world.network.evaluate(world.data)
        assert world.network.parameter_count > 0
    small = stableode.Network(inputs=20, outputs=4)
    assert 0 <= small.evaluate(world.x[:10], world.y[:10])["accuracy"] <= 1


def test_limits_of_one_thread_are_not_those_of_another(world):
    token = stableode.CancelToken()
    token.request()
    small, outcomes = stableode.Network(inputs=20, outputs=4), []
    with stableode.limits(cancel=token):
        thread = threading.Thread(target=lambda: outcomes.append(small.evaluate(world.x[:10], world.y[:10])["accuracy"]))
        thread.start()
        thread.join()
    assert len(outcomes) == 1


@pytest.mark.parametrize(
    ("given", "error"),
    [(dict(seconds=0), "OutOfRangeError"), (dict(seconds=-1.0), "OutOfRangeError"), (dict(seconds=float("nan")), "OutOfRangeError"), (dict(cancel=3), "UnsupportedTypeError")],
)
def test_limits_that_make_no_sense(given, error):
    with pytest.raises(getattr(stableode, error), match=next(iter(given))):
        stableode.limits(**given)


CALLS = ["evaluate", "predict", "gradient", "standardize", "find_learning_rate", "fit"]


@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c_ends_every_long_call(world, name):
    network = stableode.Network(**World.options)
    trainer = stableode.Trainer(network, num_threads=1, batch_size=world.samples)
    large = stableode.Dataset(rows(1_000_000, 20), numpy.ones(1_000_000, "int8")) if name == "standardize" else None
    call = {
        "evaluate": lambda: network.evaluate(world.data),
        "predict": lambda: network.predict(world.x),
        "gradient": lambda: world.gradient.loss_and_gradient(world.x, world.y),
        "standardize": lambda: [network.fit_normalization(large) for _ in range(100)],
        "find_learning_rate": lambda: trainer.find_learning_rate(world.data),
        "fit": lambda: network.fit(world.data, num_threads=1, batch_size=world.samples),
    }[name]
    sent = []

    def send():
        sent.append(time.thread_time())
        os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    main = time.thread_time()
    timer = threading.Timer(0.15, send)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        call()
    # The processor time of this thread: at most the time until the signal plus the promised time for Ctrl-C.
    assert time.thread_time() - main < 0.15 + 0.3
    timer.join()
    assert signal.getsignal(signal.SIGINT) is handler
    assert 0 <= network.evaluate(world.x[:10], world.y[:10])["accuracy"] <= 1


def test_a_handler_that_does_not_raise_lets_the_call_go_on(world):
    calls = []
    previous = signal.signal(signal.SIGUSR1, lambda number, frame: calls.append(number))
    try:
        timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        timer.start()
        with stableode.limits(seconds=0.3), pytest.raises(stableode.TimeLimitError):
            world.gradient.curvature(world.x, world.y, world.parameters)
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert calls == [signal.SIGUSR1]
