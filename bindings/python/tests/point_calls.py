"""The calls of test_not_finite.py that evaluate vector fields, and those that feed streams."""

import ctypes

import numpy

import stableode
from stableode._library import library as L


def point_calls(call, out, samples, width):
    """A Call for each function, from the test's classes and the numbers of samples and features."""

    def values(*names):
        return lambda w, real: {name: out((samples, width), real) for name in names}

    def at(**names):
        return lambda w: {"times": numpy.linspace(0, 1, samples), "states": w.features, **{name: make(w) for name, make in names.items()}}

    def point(w, g):
        return w.network._pointer, 0, g["times"].ref, g["states"].ref

    return {
        "sode_network_field": call(lambda w, g, r: L.sode_network_field(*point(w, g), r["values"].ref), at(), values("values")),
        "sode_network_field_pushforward": call(
            lambda w, g, r: L.sode_network_field_pushforward(*point(w, g), g["parameter_direction"].ref, g["state_direction"].ref, r["values"].ref, r["tangent"].ref),
            at(parameter_direction=lambda w: w.direction, state_direction=lambda w: w.values),
            values("values", "tangent"),
        ),
        "sode_network_field_pullback": call(
            lambda w, g, r: L.sode_network_field_pullback(*point(w, g), g["cotangent"].ref, r["parameter_gradient"].ref, r["state_gradient"].ref),
            at(cotangent=lambda w: w.values),
            lambda w, real: {"parameter_gradient": out((w.parameters,), real), "state_gradient": out((samples, width), real)},
        ),
        "sode_stepper_feed": call(lambda w, g, r: L.sode_stepper_feed(stepper(w)._pointer, g["observation"].ref, 0, r["result"].ref), observation, scores(out)),
        "sode_stepper_feed_f32": call(dense("f32", "float32"), observation, lambda w, real: {"result": out((1, 3), "float32")}),
        "sode_stepper_feed_f64": call(dense("f64", "float64"), observation, lambda w, real: {"result": out((1, 3), "float64")}),
        "sode_stepper_set_state": call(
            lambda w, g, r: L.sode_stepper_set_state(stepper(w)._pointer, g["state"].ref), lambda w: {"state": stepper(w).state[None]}),
        "sode_stepper_get_state": call(
            lambda w, g, r: L.sode_stepper_get_state(stepper(w)._pointer, r["state"].ref), results=lambda w, real: {"state": out((1, len(stepper(w).state)), "float64")}),
    }


def stepper(w):
    """A stream of two channels that has had an observation."""
    network = stableode.Network(
        opening="sequence", inputs=8, channels=2, outputs=3, width=3, field="antisymmetric_rnn", layers=4, precision=w.network.dtype.name, loss="least_squares", seed=1)
    stream = network.stepper()
    stream.feed([1.0, -0.5])
    # Calls take the address; the object stays as long as the world.
    w.streams = [*getattr(w, "streams", []), stream]
    return stream


def observation(w):
    return {"observation": numpy.array([[0.5, 2.0]])}


def scores(out):
    return lambda w, real: {"result": out((1, 3), real)}


def dense(name, dtype):
    """sode_stepper_feed_f32 and _f64, which take addresses instead of tensors."""

    def run(w, given, results):
        with numpy.errstate(over="ignore"):
            numbers = numpy.ascontiguousarray(given["observation"].array.astype(dtype))
        return getattr(L, f"sode_stepper_feed_{name}")(stepper(w)._pointer, numbers.ctypes.data_as(ctypes.c_void_p), 0, results["result"].array.ctypes.data)

    return run
