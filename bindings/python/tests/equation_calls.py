"""Long calls of streams and of the vector fields of blocks, for test_interruption.py."""

import numpy

import stableode
from long_calls import long, ref, rows
from stableode._library import library
from stableode._tensor import output, tensor_of


SAMPLES = 1024


def streams(dtype):
    """A stepper whose observation has 200 wide layers for each of 1 024 streams, with an observation and its scores."""
    network = stableode.Network(
        opening="sequence", inputs=4, channels=4, outputs=4, width=512, field="ode_rnn", layers=200, horizon=1.0, weights_in_time="shared", precision=dtype, seed=1)
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
