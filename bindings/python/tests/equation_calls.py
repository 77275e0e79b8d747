"""Long calls of streams, of the vector fields of blocks, and of fits to trajectories, for test_interruption.py."""

import numpy

import stableode
from long_calls import CANCELLED, created, long, ref, rows, swift
from stableode import _structures
from stableode._library import library
from stableode._tensor import output, tensor_of


SAMPLES = 1024


def streams(dtype):
    """A stepper whose observation has 60 wide layers for each of 1 024 streams, with an observation and its scores."""
    network = stableode.Network(
        opening="sequence", inputs=4, channels=4, outputs=4, width=512, field="ode_rnn", layers=60, horizon=1.0, weights_in_time="shared", precision=dtype, seed=1)
    stepper = network.stepper(SAMPLES)
    return stepper, rows(SAMPLES, 4, dtype).copy(), numpy.empty((SAMPLES, 4), dtype)


@long("sode_stepper_feed")
def _(world):
    stepper, x, scores = streams("float32")
    source, (_, target) = tensor_of(x, "x"), output(scores.shape, scores.dtype, scores)
    return lambda: library.sode_stepper_feed(stepper._pointer, ref(source), 0, ref(target))


@long("sode_stepper_feed_f32")
def _(world):
    stepper, x, scores = streams("float32")
    return lambda: library.sode_stepper_feed_f32(stepper._pointer, x.ctypes.data, 0, scores.ctypes.data)


@long("sode_stepper_feed_f64")
def _(world):
    stepper, x, scores = streams("float64")
    return lambda: library.sode_stepper_feed_f64(stepper._pointer, x.ctypes.data, 0, scores.ctypes.data)


def field_call(function, results):
    """A call for f at 400 000 states, at different times of a network whose weights are a polynomial in time."""
    network = stableode.Network(inputs=64, outputs=4, width=64, field="dense", weights_in_time="polynomial", layers=8)
    samples = 400_000
    times, states = tensor_of(numpy.linspace(0, 1, samples), "times"), tensor_of(rows(samples, 64), "states")
    outputs = [output((samples, 64), "float32")[1] for _ in range(results)]
    return lambda: function(network._pointer, times, states, *outputs)


@long("sode_network_field")
def _(world):
    return field_call(lambda network, times, states, values: library.sode_network_field(network, 0, ref(times), ref(states), ref(values)), 1)


@long("sode_network_field_pushforward")
def _(world):
    return field_call(
        lambda network, times, states, tangent: library.sode_network_field_pushforward(network, 0, ref(times), ref(states), None, ref(states), None, ref(tangent)), 1)


@long("sode_network_field_pullback")
def _(world):
    return field_call(
        lambda network, times, states, gradient: library.sode_network_field_pullback(network, 0, ref(times), ref(states), ref(states), None, ref(gradient)), 1)


@long("sode_network_fit_trajectories")
def _(world):
    count, steps = 200, 101
    times = numpy.linspace(0, 10, steps)
    features = numpy.concatenate([numpy.ones((count, 2)), numpy.broadcast_to(times, (count, steps))], axis=1)
    states = numpy.broadcast_to(numpy.stack([numpy.cos(times), -numpy.sin(times)], axis=1), (count, steps, 2))
    network = stableode.Network(
        opening="trajectory", channels=2, width=2, inputs=2 + steps, outputs=2, outputs_at="steps", readout="identity", loss="least_squares", field="two_layer",
        hidden_width=64, integrator="rk4", weights_in_time="shared", layers=steps - 1,
    )
    given = [tensor_of(features, "features"), tensor_of(states, "states")]

    def run():
        status = library.sode_network_fit_trajectories(
            network._pointer, *(ref(each) for each in given), b'{"epochs": 1000000}', 19, _structures.ProgressFunction(), None, None, None, None
        )
        if status == CANCELLED:
            raise stableode.CancelledError

    return run


@swift("sode_network_with_steps")
def _(world):
    network = stableode.Network(
        opening="sequence", inputs=4, outputs=2, width=1000, field="antisymmetric_rnn", layers=4, weights_in_time="shared"
    )
    return lambda: library.sode_network_with_steps(network._pointer, 1_000_000, ref(created()))
