"""The calls of test_not_finite.py that make reports and read them."""

import ctypes

import numpy

from stableode._library import library as L
from stableode._tensor import tensor_of


def report_calls(call, out, features, sizes):
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
