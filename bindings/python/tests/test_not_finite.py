"""Calls every function of stableode.h that reads or writes numbers with NaN, infinities, numbers too large for its precision, and parameters that make its results overflow.

A number that is not finite must be an error or documented; the library never returns one silently. After an error the caller's arrays are unchanged. The functions and their
arguments come from the header: `test_every_number_of_the_header_is_covered` fails for a function that is not in `CALLS`.
"""

import ctypes
import re

import numpy
import pyarrow
import pytest

import stableode
from stableode._arrow import Table
from stableode._library import library
from stableode._structures import EvaluationData, EventFunctionData, NearIdentityGapData, ProgressData, ProgressFunction, ReleaseFunction, StepReportData, TrajectoryFitData
from stableode._tensor import output, tensor_of

from point_calls import point_calls
from report_calls import report_calls

SAMPLES, WIDTH, LAYERS = 5, 2, 3
SENTINEL = 77
NAN, INFINITY = float("nan"), float("inf")


class World:
    """The objects that the calls use. `scale` multiplies the parameters; a large scale makes results overflow."""

    def __init__(self, precision="float32", scale=1.0):
        common = {"inputs": WIDTH, "outputs": WIDTH, "width": WIDTH, "precision": precision, "seed": 4}
        layers = {"layers": LAYERS, "field": "linear_activation", "integrator": "near_identity", "activation": "identity"}
        self.network = stableode.Network(**common, **layers, loss="least_squares")
        self.classifier = stableode.Network(**common, **layers)
        self.adaptive = stableode.Network(**common, layers=1, integrator="dopri5", field="dense", activation="identity")
        self.trajectory = stableode.Network(
            opening="trajectory", channels=2, width=2, inputs=5, outputs=2, outputs_at="steps", readout="identity", loss="least_squares", field="two_layer", layers=2,
            weights_in_time="shared", precision=precision, seed=4,
        )
        for network in (self.network, self.classifier, self.adaptive, self.trajectory):
            network.parameter_vector = numpy.clip(network.parameter_vector.astype("float64") * scale, -3e38, 3e38)
        random = numpy.random.default_rng(2)
        self.features = 1 + random.random((SAMPLES, WIDTH))
        self.values = random.standard_normal((SAMPLES, WIDTH))
        self.dataset = stableode.Dataset(self.features, self.values)
        self.classes = stableode.Dataset(self.features, numpy.arange(SAMPLES) % WIDTH)
        self.gradient = stableode.Gradient(self.network, SAMPLES)
        self.predictor = stableode.Predictor(self.network, SAMPLES)
        self.trainer = stableode.Trainer(self.network, optimizer="sgd", epochs=1)
        self.class_trainer = stableode.Trainer(self.classifier, optimizer="sgd", epochs=1)
        self.parameters = self.network.parameter_count
        self.direction = numpy.linspace(-1, 1, self.parameters)


class In:
    """An array that a call reads."""

    def __init__(self, array):
        self.array = array
        self.tensor = tensor_of(array, "argument")
        self.ref = ctypes.byref(self.tensor)


class Out:
    """An array that a call writes; all its entries are SENTINEL before the call."""

    def __init__(self, shape, dtype):
        self.array = numpy.full(shape, SENTINEL, dtype)
        _, self.tensor = output(shape, dtype, self.array)
        self.ref = ctypes.byref(self.tensor)

    @property
    def numbers(self):
        return self.array.ravel()


class Struct:
    """A structure or a double that a call writes; its numbers are SENTINEL before the call."""

    def __init__(self, kind):
        self.value = kind()
        self.fields = [name for name, form in getattr(kind, "_fields_", [("value", ctypes.c_double)]) if form is ctypes.c_double]
        for name in self.fields:
            setattr(self.value, name, SENTINEL)
        self.ref = ctypes.byref(self.value)

    @property
    def numbers(self):
        return numpy.array([getattr(self.value, name) for name in self.fields])


class Call:
    """How to call one function with numbers.

    run(world, given, results) calls it. given: a function of the world that returns valid arguments, by their names in the header. results: the results that it writes, by name.
    may_be_nan: results that the header documents as possibly NaN.
    """

    def __init__(self, run, given=lambda w: {}, results=lambda w, real: {}, may_be_nan=()):
        self.run, self.given, self.results, self.may_be_nan = run, given, results, may_be_nan

    def __call__(self, world, real="float64", **poisoned):
        """(whether the call succeeded, its results)."""
        arguments = {**self.given(world), **poisoned}
        given = {name: In(value) if isinstance(value, numpy.ndarray) else value for name, value in arguments.items()}
        results = self.results(world, real)
        try:
            status = self.run(world, given, results)
        except stableode.StableODEError as error:
            assert not isinstance(error, (stableode.InternalError, stableode.NullPointerError, stableode.ShapeMismatchError)), error
            for name, result in results.items():
                assert (result.numbers == SENTINEL).all(), f"{name} was written although the call failed: {error}"
            return False, results
        assert status in (None, 0), status
        return True, results


def features(w):
    return {"features": w.features}


def batch(w):
    return {"features": w.features, "targets": w.values}


def rows(**names):
    """Results [samples, width], by name."""
    return lambda w, real: {name: Out((SAMPLES, WIDTH), real) for name in names}


def made(create):
    """A function that creates a data set through a pointer; it is freed afterwards."""

    def run(w, given, results):
        pointer = ctypes.c_void_p()
        status = create(w, given, ctypes.byref(pointer))
        library.sode_dataset_free(pointer)
        return status

    return run


def rows_of_one_number(w):
    """A sparse matrix whose row i has the number w.features[i, 0] in column 0."""
    return {"starts": numpy.arange(SAMPLES + 1), "indices": numpy.zeros(SAMPLES, "int64"), "values": numpy.ascontiguousarray(w.features[:, 0])}


def read_table(create):
    """A function that creates a table and predicts from it: a table holds what it is given, and what is not finite is an error where rows are made of it."""

    def run(w, given, results):
        table, scores = ctypes.c_void_p(), Out((SAMPLES, WIDTH), "float64")
        assert create(w, given, ctypes.byref(table)) in (None, 0)
        try:
            status = library.sode_network_predict_table(w.network._pointer, table, 0, 1, scores.ref)
        finally:
            library.sode_table_free(table)
        assert numpy.isfinite(scores.numbers).all() and (scores.numbers != SENTINEL).all()
        return status

    return run


def predict_table(w, given, results):
    """sode_network_predict_table with a table that has the features as its columns."""
    columns = {str(column): numpy.ascontiguousarray(values) for column, values in enumerate(w.features.T)}
    table = Table(pyarrow.table(columns), "features")
    return library.sode_network_predict_table(w.network._pointer, table._pointer, 0, 1, results["result"].ref)


def dense(function, dtype):
    """sode_predictor_run_f32 and _f64, which take addresses instead of tensors."""

    def run(w, given, results):
        with numpy.errstate(over="ignore"):
            features = numpy.ascontiguousarray(given["features"].array.astype(dtype))
        return function(w.predictor._pointer, features.ctypes.data, SAMPLES, 0, results["result"].array.ctypes.data)

    return run


def solve(w, given, results):
    event = EventFunctionData(direction=0, weights=ctypes.pointer(given["weights"].tensor), level=given["level"])
    return library.sode_network_solve(
        w.adaptive._pointer, 0, given["features"].ref, given["times"].ref, ctypes.byref(event), results["states"].ref, results["ends"].ref,
        results["end_times"].ref, results["event_states"].ref,
        results["report"].ref,
    )


def solve_from(w, given, results):
    event = EventFunctionData(direction=0, weights=ctypes.pointer(given["weights"].tensor), level=given["level"])
    return library.sode_network_solve_from(
        w.adaptive._pointer, 0, given["features"].ref, given["start_states"].ref, given["start_times"].ref, given["times"].ref, ctypes.byref(event), results["states"].ref,
        results["ends"].ref, results["end_times"].ref, results["event_states"].ref, results["report"].ref,
    )


def solve_rows(w, given, results):
    event = EventFunctionData(direction=0, weights=ctypes.pointer(given["weights"].tensor), level=given["level"])
    status = library.sode_network_solve_rows_or_nan(
        w.adaptive._pointer, 0, *(given[name].ref for name in ("features", "start_states", "start_times", "times")), ctypes.byref(event), results["states"].ref,
        results["ends"].ref, results["end_times"].ref, results["event_states"].ref, results["report"].ref,
    )
    refused = [failed.reason for failed in stableode.failed_rows() if "holds" in failed.reason]
    assert (status != 0) == bool(stableode.failed_rows())
    if refused:
        # The sample that cannot begin has no result, the others have. The sweeps below see a refused call.
        assert len(refused) == 1 and 1 <= (results["ends"].numbers == 3).sum() == len(stableode.failed_rows())
        for result in results.values():
            if isinstance(result, Out):
                result.array[...] = SENTINEL
            else:
                result.__init__(type(result.value))
        raise stableode.InvalidDataError(refused[0])
    return 0


def history(w, given, results):
    w.trainer.run(w.dataset)
    return library.sode_trainer_history_at(w.trainer._pointer, 0, results["row"].ref)




def specification(act):
    """A call on a new specification."""

    def run(w, given, results):
        pointer = ctypes.c_void_p()
        library.sode_specification_create(ctypes.byref(pointer))
        try:
            return act(pointer, given)
        finally:
            library.sode_specification_free(pointer)

    return run


L = library
CALLS = {
    "sode_specification_set_real": Call(specification(lambda s, g: L.sode_specification_set_real(s, b"horizon", g["value"])), lambda w: {"value": 1.0}),
    "sode_specification_set_feed_forward": Call(
        specification(lambda s, g: L.sode_specification_set_feed_forward(s, 3, g["horizon"], b"tanh")), lambda w: {"horizon": 1.0}
    ),
    "sode_network_get_parameter": Call(
        lambda w, g, r: L.sode_network_get_parameter(w.network._pointer, b"readout.W", r["value"].ref), results=lambda w, real: {"value": Out((WIDTH, WIDTH), real)}
    ),
    "sode_network_set_parameter": Call(
        lambda w, g, r: L.sode_network_set_parameter(w.network._pointer, b"readout.W", g["value"].ref), lambda w: {"value": numpy.eye(WIDTH)}
    ),
    "sode_network_get_parameters": Call(
        lambda w, g, r: L.sode_network_get_parameters(w.network._pointer, r["values"].ref), results=lambda w, real: {"values": Out(w.parameters, real)}
    ),
    "sode_network_set_parameters": Call(
        lambda w, g, r: L.sode_network_set_parameters(w.network._pointer, g["values"].ref), lambda w: {"values": w.direction}
    ),
    "sode_network_set_normalization": Call(
        lambda w, g, r: L.sode_network_set_normalization(w.network._pointer, g["shift"].ref, g["scale"].ref),
        lambda w: {"shift": numpy.zeros(WIDTH), "scale": numpy.ones(WIDTH)},
    ),
    "sode_network_get_normalization": Call(
        lambda w, g, r: (
            setattr(w.network, "normalization", (numpy.ones(WIDTH), numpy.ones(WIDTH))),
            L.sode_network_get_normalization(w.network._pointer, r["shift"].ref, r["scale"].ref),
        )[1],
        results=lambda w, real: {"shift": Out(WIDTH, real), "scale": Out(WIDTH, real)},
    ),
    "sode_network_set_squashing": Call(
        lambda w, g, r: L.sode_network_set_squashing(w.network._pointer, g["flags"].ref),
        lambda w: {"flags": numpy.zeros(WIDTH)},
    ),
    "sode_network_get_squashing": Call(
        lambda w, g, r: L.sode_network_get_squashing(w.network._pointer, r["flags"].ref),
        results=lambda w, real: {"flags": Out(WIDTH, real)},
    ),
    "sode_network_set_target_scaling": Call(
        lambda w, g, r: L.sode_network_set_target_scaling(w.network._pointer, g["shift"].ref, g["scale"].ref),
        lambda w: {"shift": numpy.zeros(WIDTH), "scale": numpy.ones(WIDTH)},
    ),
    "sode_network_get_target_scaling": Call(
        lambda w, g, r: (
            setattr(w.network, "target_scaling", (numpy.ones(WIDTH), numpy.ones(WIDTH))),
            L.sode_network_get_target_scaling(w.network._pointer, r["shift"].ref, r["scale"].ref),
        )[1],
        results=lambda w, real: {"shift": Out(WIDTH, real), "scale": Out(WIDTH, real)},
    ),
    "sode_dataset_create": Call(made(lambda w, g, out: L.sode_dataset_create(g["features"].ref, g["targets"].ref, out)), batch),
    "sode_dataset_retain": Call(
        made(lambda w, g, out: L.sode_dataset_retain(g["features"].ref, g["targets"].ref, ReleaseFunction(), None, out)), batch
    ),
    "sode_dataset_weighted": Call(
        made(lambda w, g, out: L.sode_dataset_weighted(w.dataset._pointer, g["weights"].ref, out)), lambda w: {"weights": numpy.ones(SAMPLES)}
    ),
    "sode_dataset_get": Call(
        lambda w, g, r: L.sode_dataset_get(w.dataset._pointer, r["features"].ref, r["targets"].ref),
        results=lambda w, real: {"features": Out((SAMPLES, WIDTH), real), "targets": Out((SAMPLES, WIDTH), real)},
    ),
    "sode_dataset_get_weights": Call(
        lambda w, g, r: L.sode_dataset_get_weights(w.dataset._pointer, r["weights"].ref), results=lambda w, real: {"weights": Out((SAMPLES,), real)}
    ),
    "sode_trainer_set_real": Call(lambda w, g, r: L.sode_trainer_set_real(w.trainer._pointer, b"learning_rate", g["value"]), lambda w: {"value": 0.1}),
    "sode_trainer_get_real": Call(
        lambda w, g, r: L.sode_trainer_get_real(w.trainer._pointer, b"learning_rate", r["value"].ref), results=lambda w, real: {"value": Struct(ctypes.c_double)}
    ),
    "sode_trainer_set_class_weights": Call(
        lambda w, g, r: L.sode_trainer_set_class_weights(w.class_trainer._pointer, g["weights"].ref), lambda w: {"weights": numpy.ones(WIDTH)}
    ),
    "sode_trainer_find_learning_rate": Call(
        lambda w, g, r: L.sode_trainer_find_learning_rate(w.trainer._pointer, w.dataset._pointer, g["low"], g["high"], 4, r["curve"].ref, r["suggestion"].ref),
        lambda w: {"low": 1e-4, "high": 1e-1},
        lambda w, real: {"curve": Out((4, 2), real), "suggestion": Struct(ctypes.c_double)},
        may_be_nan=("curve", "suggestion"),
    ),
    # Validation figures are NaN without validation data; accuracies are NaN for targets that are values.
    "sode_trainer_history_at": Call(history, results=lambda w, real: {"row": Struct(ProgressData)}, may_be_nan=("row",)),
    "sode_network_evaluate": Call(
        lambda w, g, r: L.sode_network_evaluate(w.network._pointer, w.dataset._pointer, 1, r["evaluation"].ref),
        results=lambda w, real: {"evaluation": Struct(EvaluationData)},
        may_be_nan=("evaluation",),
    ),
    "sode_network_evaluate_weighted": Call(
        lambda w, g, r: L.sode_network_evaluate_weighted(w.network._pointer, w.dataset._pointer, 1, r["evaluation"].ref),
        results=lambda w, real: {"evaluation": Struct(EvaluationData)},
        may_be_nan=("evaluation",),
    ),
    "sode_network_metrics_weighted": Call(
        lambda w, g, r: L.sode_network_metrics_weighted(w.network._pointer, w.dataset._pointer, 1, b"r2,median_absolute_error", r["values"].ref),
        results=lambda w, real: {"values": Out(2, real)},
    ),
    "sode_network_metrics": Call(
        lambda w, g, r: L.sode_network_metrics(w.network._pointer, w.dataset._pointer, 1, b"r2,mean_absolute_error", r["values"].ref),
        results=lambda w, real: {"values": Out(2, real)},
    ),
    "sode_network_confusion": Call(
        lambda w, g, r: L.sode_network_confusion(w.classifier._pointer, w.classes._pointer, 1, r["counts"].ref),
        results=lambda w, real: {"counts": Out((WIDTH, WIDTH), "int64")},
    ),
    "sode_network_class_figures": Call(
        lambda w, g, r: L.sode_network_class_figures(w.classifier._pointer, w.classes._pointer, 1, r["figures"].ref),
        results=lambda w, real: {"figures": Out((WIDTH, 4), real)},
        may_be_nan=("figures",),
    ),
    "sode_network_predict": Call(
        lambda w, g, r: L.sode_network_predict(w.network._pointer, g["features"].ref, 0, 1, r["result"].ref), features, rows(result=0)
    ),
    "sode_table_from_tensor": Call(read_table(lambda w, g, out: L.sode_table_from_tensor(g["features"].ref, ReleaseFunction(), None, out)), features),
    "sode_table_from_csr": Call(
        read_table(lambda w, g, out: L.sode_table_from_csr(WIDTH, g["starts"].ref, g["indices"].ref, g["values"].ref, ReleaseFunction(), None, out)), rows_of_one_number
    ),
    "sode_network_predict_table": Call(predict_table, results=rows(result=0)),
    "sode_network_states": Call(
        lambda w, g, r: L.sode_network_states(w.network._pointer, 0, g["features"].ref, r["states"].ref),
        features,
        lambda w, real: {"states": Out((LAYERS + 1, SAMPLES, WIDTH), real)},
    ),
    "sode_predictor_run": Call(lambda w, g, r: L.sode_predictor_run(w.predictor._pointer, g["features"].ref, 0, r["result"].ref), features, rows(result=0)),
    "sode_predictor_run_f32": Call(
        dense(L.sode_predictor_run_f32, "float32"), features, lambda w, real: {"result": Out((SAMPLES, WIDTH), "float32")}
    ),
    "sode_predictor_run_f64": Call(
        dense(L.sode_predictor_run_f64, "float64"), features, lambda w, real: {"result": Out((SAMPLES, WIDTH), "float64")}
    ),
    "sode_gradient_run": Call(
        lambda w, g, r: L.sode_gradient_run(w.gradient._pointer, g["features"].ref, g["targets"].ref, r["loss"].ref, r["parameter_gradient"].ref),
        batch,
        lambda w, real: {"loss": Struct(ctypes.c_double), "parameter_gradient": Out(w.parameters, real)},
    ),
    "sode_gradient_pullback": Call(
        lambda w, g, r: L.sode_gradient_pullback(w.gradient._pointer, g["features"].ref, g["cotangent"].ref, r["parameter_gradient"].ref, r["feature_gradient"].ref),
        lambda w: {"features": w.features, "cotangent": w.values},
        lambda w, real: {"parameter_gradient": Out(w.parameters, real), "feature_gradient": Out((SAMPLES, WIDTH), real)},
    ),
    "sode_gradient_pushforward": Call(
        lambda w, g, r: L.sode_gradient_pushforward(
            w.gradient._pointer, g["features"].ref, g["parameter_direction"].ref, g["feature_direction"].ref, r["scores"].ref, r["tangent"].ref
        ),
        lambda w: {"features": w.features, "parameter_direction": w.direction, "feature_direction": w.values},
        rows(scores=0, tangent=0),
    ),
    "sode_gradient_curvature": Call(
        lambda w, g, r: L.sode_gradient_curvature(
            w.gradient._pointer, b"gauss_newton", g["features"].ref, g["targets"].ref, g["direction"].ref, r["product"].ref
        ),
        lambda w: {**batch(w), "direction": w.direction},
        lambda w, real: {"product": Out(w.parameters, real)},
    ),
    "sode_gradient_report": Call(
        lambda w, g, r: L.sode_gradient_report(w.gradient._pointer, r["report"].ref), results=lambda w, real: {"report": Struct(StepReportData)}
    ),
    # A NaN among the states stands for what was not observed, an infinite one is refused.
    "sode_network_fit_trajectories": Call(
        lambda w, g, r: L.sode_network_fit_trajectories(
            w.trajectory._pointer, g["features"].ref, g["states"].ref, b'{"epochs": 3}', 13, ProgressFunction(), None, None, r["initial_states"].ref, r["report"].ref
        ),
        lambda w: {"features": numpy.array([[1.0, 0.0, 0.0, 0.5, 1.0]] * 2), "states": numpy.array([[[1.0, 0.0], [0.9, -0.5], [0.5, -0.8]]] * 2)},
        lambda w, real: {"initial_states": Out((2, 2), real), "report": Struct(TrajectoryFitData)},
    ),
    # The header documents NaN for times that a sample did not reach.
    "sode_network_solve": Call(
        solve,
        lambda w: {"features": w.features, "times": numpy.array([0.25, 0.5]), "weights": numpy.ones(WIDTH), "level": 1e3},
        lambda w, real: {
            "states": Out((SAMPLES, 2, WIDTH), real),
            "ends": Out(SAMPLES, "int32"),
            "end_times": Out(SAMPLES, "float64"),
            "event_states": Out((SAMPLES, WIDTH), real),
            "report": Struct(StepReportData),
        },
        may_be_nan=("states", "event_states"),
    ),
    # As above; also for times before a sample's start.
    "sode_network_solve_from": Call(
        solve_from,
        lambda w: {
            "features": w.features,
            "start_states": w.features,
            "start_times": numpy.linspace(0, 0.4, SAMPLES),
            "times": numpy.array([0.25, 0.5]),
            "weights": numpy.ones(WIDTH),
            "level": 1e3,
        },
        lambda w, real: {
            "states": Out((SAMPLES, 2, WIDTH), real),
            "ends": Out(SAMPLES, "int32"),
            "end_times": Out(SAMPLES, "float64"),
            "event_states": Out((SAMPLES, WIDTH), real),
            "report": Struct(StepReportData),
        },
        may_be_nan=("states", "event_states"),
    ),
    "sode_network_solve_rows_or_nan": Call(
        solve_rows,
        lambda w: {
            "features": w.features,
            "start_states": w.features,
            "start_times": numpy.linspace(0, 0.4, SAMPLES),
            "times": numpy.array([0.25, 0.5]),
            "weights": numpy.ones(WIDTH),
            "level": 1e3,
        },
        lambda w, real: {
            "states": Out((SAMPLES, 2, WIDTH), real),
            "ends": Out(SAMPLES, "int32"),
            "end_times": Out(SAMPLES, "float64"),
            "event_states": Out((SAMPLES, WIDTH), real),
            "report": Struct(StepReportData),
        },
        may_be_nan=("states", "event_states"),
    ),
    "sode_network_get_feed_forward": Call(
        lambda w, g, r: L.sode_network_get_feed_forward(w.network._pointer, 0, r["weights"].ref, r["biases"].ref),
        results=lambda w, real: {"weights": Out((LAYERS, WIDTH, WIDTH), real), "biases": Out((LAYERS, WIDTH), real)},
    ),
    "sode_network_set_feed_forward": Call(
        lambda w, g, r: L.sode_network_set_feed_forward(w.network._pointer, 0, g["weights"].ref, g["biases"].ref),
        lambda w: {"weights": numpy.ones((LAYERS, WIDTH, WIDTH)), "biases": numpy.ones((LAYERS, WIDTH))},
    ),
    "sode_network_near_identity_gap": Call(
        lambda w, g, r: L.sode_network_near_identity_gap(w.network._pointer, 0, g["features"].ref, r["gap"].ref),
        features,
        lambda w, real: {"gap": Struct(NearIdentityGapData)},
    ),
    **point_calls(Call, Out, SAMPLES, WIDTH),
    **report_calls(Call, Out, Struct, features, (SAMPLES, LAYERS, WIDTH)),
}

# Arguments whose types look like the caller's numbers but are not: results that option lists and formats fill in.
NO_NUMBERS = {("sode_option_at", "info")}


def numbers_of_the_header(header):
    """({function: arguments that it reads numbers from}, {function: arguments that it writes numbers to})."""
    structures = {
        name: body for name, body in re.findall(r"typedef struct (\w+) \{([^}]*)\} \1;", header) if re.search(r"\b(double|float)\b|sode_tensor \*", body)
    }
    read, written = {}, {}
    for name, arguments in re.findall(r"SODE_API [\w *]+?\b(sode_\w+)\(([^;]*)\);", header):
        for argument in re.split(r",(?![^(]*\))", " ".join(arguments.split())):
            found = re.fullmatch(r"\s*(const )?(\w+) ?(\**)(\w+)", argument)
            if not found:
                continue
            constant, base, stars, argument_name = found.groups()
            if base not in ("double", "float", "sode_tensor", *structures) or (name, argument_name) in NO_NUMBERS:
                continue
            if stars and not constant:
                written.setdefault(name, set()).add(argument_name)
            elif base in structures:
                # Each field of a structure that the function reads counts as an argument.
                fields = re.findall(r"\b(?:double|sode_tensor \*)\s*(\w+);", structures[base])
                read.setdefault(name, set()).update(fields)
            else:
                read.setdefault(name, set()).add(argument_name)
    return read, written


def test_every_number_of_the_header_is_covered(header):
    read, written = numbers_of_the_header(header)
    assert len(read) > 10 and len(written) > 10
    world = World()
    for name in sorted(read.keys() | written.keys()):
        assert name in CALLS, f"{name} takes or gives numbers: how to call it belongs into CALLS"
        call = CALLS[name]
        assert set(call.given(world)) == read.get(name, set()), name
        assert set(call.results(world, "float64")) == written.get(name, set()), name
    assert set(CALLS) == read.keys() | written.keys()


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", CALLS)
def test_valid_numbers_give_finite_results(name, precision):
    success, results = CALLS[name](World(precision))
    assert success
    for result, out in results.items():
        assert numpy.isfinite(out.numbers).all() or result in CALLS[name].may_be_nan, result


#: Arguments in which NaN stands for what was not observed. Data sets do not know whether a network takes such targets; the first call that uses both refuses them (test_sequences_steps).
MAY_BE_UNOBSERVED = {("sode_dataset_create", "targets"), ("sode_dataset_retain", "targets"), ("sode_network_fit_trajectories", "states")}
INPUTS = [(name, argument) for name, call in CALLS.items() for argument in call.given(World())]


@pytest.mark.parametrize("value", [NAN, INFINITY, -INFINITY])
@pytest.mark.parametrize(("name", "argument"), INPUTS)
def test_numbers_that_are_not_finite_are_errors(name, argument, value):
    for precision in ("float32", "float64"):
        world = World(precision)
        before = [network.parameter_vector for network in (world.network, world.classifier, world.adaptive)]
        success, _ = CALLS[name](world, **{argument: poisoned(CALLS[name].given(world)[argument], value)})
        assert success == (numpy.isnan(value) and (name, argument) in MAY_BE_UNOBSERVED)
        after = [network.parameter_vector for network in (world.network, world.classifier, world.adaptive)]
        assert all(numpy.array_equal(a, b) for a, b in zip(before, after, strict=True))


# Numbers that float32 cannot hold are valid here: data sets and weights do not know a network's precision, and a normalization acts before numbers are rounded to it. Times and levels of
# events are float64 as well.
#: Arguments that are read in float64: times, and the weights of events, which are scaled before they are rounded.
FLOAT64_TENSORS = ("times", "weights", "symmetry")
FLOAT64_ARGUMENTS = {
    "sode_dataset_create",
    "sode_dataset_retain",
    "sode_dataset_weighted",
    "sode_network_set_normalization",
    "sode_network_set_target_scaling",
    "sode_trainer_set_class_weights",
}


@pytest.mark.parametrize("value", [1e39, -1e300])
@pytest.mark.parametrize(("name", "argument"), INPUTS)
def test_numbers_that_float32_cannot_hold_are_errors(name, argument, value):
    world = World("float32")
    success, results = CALLS[name](world, **{argument: poisoned(CALLS[name].given(world)[argument], value)})
    assert_finite(name, results, success)
    if isinstance(CALLS[name].given(world)[argument], numpy.ndarray) and argument not in FLOAT64_TENSORS and name not in FLOAT64_ARGUMENTS:
        assert not success


@pytest.mark.parametrize("value", [1e39, -1e300, 1.7e308])
@pytest.mark.parametrize(("name", "argument"), INPUTS)
def test_large_numbers_of_float64_give_nothing_that_is_not_finite(name, argument, value):
    for real in ("float64", "float32"):
        world = World("float64")
        success, results = CALLS[name](world, real, **{argument: poisoned(CALLS[name].given(world)[argument], value)})
        assert_finite(name, results, success)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1e10, 1e20, 1e38])
@pytest.mark.parametrize("name", CALLS)
def test_parameters_that_overflow_give_nothing_that_is_not_finite(name, scale, precision):
    for real in ("float64", "float32"):
        success, results = CALLS[name](World(precision, scale), real)
        assert_finite(name, results, success)


def poisoned(valid, value):
    if not isinstance(valid, numpy.ndarray):
        return value
    changed = valid.astype("float64")
    changed[(changed.shape[0] // 2, *(0,) * (changed.ndim - 1))] = value
    return changed


def assert_finite(name, results, success):
    if not success:
        return
    for result, out in results.items():
        if result in CALLS[name].may_be_nan:
            assert not numpy.isinf(out.numbers).any(), result
        else:
            assert numpy.isfinite(out.numbers).all(), result
