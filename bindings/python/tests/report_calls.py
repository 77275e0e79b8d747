"""The calls of test_not_finite.py that make reports and certificates, and read them."""

import ctypes

import numpy

import stableode
from stableode._library import library as L
from stableode._tensor import tensor_of


def report_calls(call, out, struct, features, sizes):
    """A Call for each function, from the test's classes, its features, and its (samples, layers, width)."""
    samples, layers, width = sizes
    return {
        "sode_network_stability_report": call(lambda w, g, r: report(L.sode_network_stability_report, w, g["features"].ref, None, 0), features),
        "sode_network_mechanics": call(
            lambda w, g, r: (
                report(L.sode_network_mechanics, w, g["features"].ref, g["targets"].ref, None, g["symmetry"].ref, None, 0)
                or report(L.sode_network_mechanics, w, g["features"].ref, None, g["cotangent"].ref, g["symmetry"].ref, None, 0)
            ),
            lambda w: {**features(w), "targets": w.values, "cotangent": w.values, "symmetry": numpy.eye(width)},
        ),
        "sode_network_check_derivatives": call(lambda w, g, r: report(L.sode_network_check_derivatives, w, g["features"].ref), features),
        "sode_network_certify": call(lambda w, g, r: certified(w, g["input"].ref), lambda w: {"input": w.features[:1]}),
        "sode_certificate_number": call(
            lambda w, g, r: certified(w, ctypes.byref(tensor_of(w.features[:1], "input")), r["value"].ref), results=lambda w, real: {"value": struct(ctypes.c_double)}
        ),
        "sode_network_repair": call(lambda w, g, r: repaired(r["distance"].ref), results=lambda w, real: {"distance": struct(ctypes.c_double)}),
        "sode_network_certified_radius": call(
            lambda w, g, r: radii(classifier(w), g["features"].ref, r["classes"].ref, r["radii"].ref),
            features,
            lambda w, real: {"classes": out(samples, "int64"), "radii": out(samples, real)},
        ),
        "sode_report_get_array": call(
            lambda w, g, r: report(L.sode_network_stability_report, w, ctypes.byref(tensor_of(w.features, "features")), None, 0, array=("log_norm_2", r["values"].ref)),
            results=lambda w, real: {"values": out((samples, layers), "float64")},
        ),
    }


def report(function, world, *arguments, array=None):
    """Makes a report of the world's network, reads one of its arrays, and frees it."""
    pointer = ctypes.c_void_p()
    function(world.network._pointer, *arguments, ctypes.byref(pointer))
    try:
        if array is not None:
            L.sode_report_get_array(pointer, array[0].encode(), array[1])
    finally:
        L.sode_report_free(pointer)


def classifier(world):
    """A network of classes that takes the world's features, of which certificates are known."""
    return stableode.Network(inputs=world.features.shape[1], outputs=3, width=4, opening="dense", field="gradient_flow", steps="row_sums", seed=1)


def radii(network, features, classes, values):
    """Calls the function while the network lives."""
    L.sode_network_certified_radius(network._pointer, features, 1, classes, values)


def repaired(distance):
    """Repairs a network whose steps are too long, and frees the result."""
    pointer, network = ctypes.c_void_p(), stableode.Network(inputs=4, outputs=3, field="gradient_flow", horizon=100.0, seed=1)
    L.sode_network_repair(network._pointer, b"non_expansive", None, 0, distance, ctypes.byref(pointer))
    L.sode_network_free(pointer)


def certified(world, features, number=None):
    """Certifies a radius of one input, reads it if asked to, and frees the certificate."""
    pointer, network = ctypes.c_void_p(), classifier(world)
    L.sode_network_certify(network._pointer, b"certified_radius", None, 0, features, ctypes.byref(pointer))
    try:
        if number is not None:
            L.sode_certificate_number(pointer, b"radius", number)
    finally:
        L.sode_certificate_free(pointer)
