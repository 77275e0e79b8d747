"""Wrong arguments: every keyword of the public API that is no option of the library raises a TypeError that names it."""

import inspect
import re
import resource
import subprocess
import sys

import numpy
import pytest

import stableode

X = numpy.random.default_rng(0).standard_normal((12, 2)).astype("float32")
Y = numpy.arange(12) % 2


def network(**options):
    return stableode.Network(**{"inputs": 2, "outputs": 2, "width": 2, "layers": 2, **options})


TRAJECTORY = dict(
    opening="trajectory", channels=2, inputs=4, outputs_at="steps", readout="identity", loss="least_squares", layers=1, weights_in_time="shared"
)


def trainer():
    return stableode.Trainer(network(), epochs=1)


def adaptive():
    return network(integrator="dopri5")


def near_identity():
    return network(field="linear_activation", integrator="near_identity")


SHORT = {"epochs": 1, "num_threads": 1}
#: For each callable: how it is called, and valid values of its arguments, one of which at a time is replaced by an object of no use.
CALLS = {
    "Dataset": (lambda: stableode.Dataset, {"features": X, "targets": Y, "copy": True, "target": None, "columns": None}),
    "Dataset.with_columns": (lambda: stableode.Dataset(X, Y).with_columns, {"columns": None}),
    "Dataset.idx": (lambda: stableode.Dataset.idx, {"images": "images", "labels": "labels"}),
    "Dataset.cifar": (lambda: stableode.Dataset.cifar, {"paths": ["batch"], "classes": 10}),
    "Dataset.problem": (lambda: stableode.Dataset.problem, {"name": "peaks", "training": 10, "validation": 10, "seed": 1}),
    "Dataset.weighted": (lambda: stableode.Dataset(X, Y).weighted, {"weights": numpy.ones(12)}),
    "Dataset.fold": (lambda: stableode.Dataset(X, Y).fold, {"folds": 3, "fold": 0, "seed": 0}),
    "Network.from_json": (lambda: stableode.Network.from_json, {"specification": "{}"}),
    "Network.split": (lambda: network().split, {"vector": numpy.zeros(20)}),
    "Network.initialize": (lambda: network().initialize, {"seed": 1}),
    "Network.fit_normalization": (lambda: network().fit_normalization, {"features": X, "targets": Y}),
    "Network.fit": (
        lambda: lambda **given: network().fit(**{**SHORT, **given}),
        {
            "features": X,
            "targets": Y,
            "target": None,
            "validation": (X, Y),
            "on_progress": lambda progress: None,
            "verbose": False,
            "time_limit": 5.0,
            "cancel": stableode.CancelToken(),
            "loss": lambda scores, targets: (scores[:, 0], 0 * scores),
            "larger_is_better": True,
        },
    ),
    "Network.evaluate": (lambda: network().evaluate, {"features": X, "targets": Y, "metrics": ["auc"], "weighted": False, "threads": 1}),
    "Network.confusion_matrix": (lambda: network().confusion_matrix, {"features": X, "targets": Y, "threads": 1}),
    "Network.certify": (
        lambda: network().certify,
        {"statement": "lipschitz_l2", "features": None, "limit": 0.0, "lower": [-1.0], "upper": [1.0], "radius": 0.0},
    ),
    "Network.repair": (lambda: network().repair, {"statement": "lipschitz_l2"}),
    "Network.certified_radius": (lambda: network().certified_radius, {"features": X, "threads": 1}),
    "Network.class_figures": (lambda: network().class_figures, {"features": X, "targets": Y, "threads": 1}),
    **{
        f"{kind}.{name}": (
            lambda kind=kind, name=name: getattr(network() if kind == "Network" else stableode.Predictor(network()), name),
            {
                "features": X,
                **({"threads": 1} if kind == "Network" else {}),
                "out": None,
                "rows_without_result": "error",
                **({"names": False} if (kind, name) == ("Network", "predict") else {}),
            },
        )
        for kind in ("Network", "Predictor")
        for name in ("predict", "predict_proba", "scores")
    },
    "Network.states": (lambda: network().states, {"features": X, "block": 0, "out": None}),
    "Network.final_states": (lambda: network().final_states, {"features": X, "block": 0, "out": None}),
    "Network.solve": (
        lambda: adaptive().solve,
        {"features": X, "times": [0.5], "event": ([1.0, 0.0], 0.5), "block": 0, "start_states": X, "start_times": numpy.zeros(12), "rows_without_result": "error"},
    ),
    "Network.stepper": (
        lambda: network(opening="sequence", inputs=4, layers=4, field="antisymmetric_rnn", weights_in_time="shared").stepper, {"rows": 1}
    ),
    "Network.with_steps": (lambda: network(**TRAJECTORY).with_steps, {"steps": 3}),
    "Network.fit_trajectories": (
        lambda: network(**TRAJECTORY).fit_trajectories,
        {"features": [[1.0, 0.0, 0.0, 1.0]], "states": [[[1.0, 0.0], [0.5, 0.0]]], "time_limit": 1.0, "on_progress": lambda progress: None, "cancel": None},
    ),
    "Network.set_known_terms": (
        lambda: lambda **given: network(**TRAJECTORY, known_terms=True).set_known_terms(**given),
        {"function": lambda t, y: y, "jacobian": None, "jvp": lambda t, y, v: v, "vjp": lambda t, y, w: w, "time_derivative": lambda t, y: y},
    ),
    "Network.memory_plan": (lambda: network().memory_plan, {"max_batch": 4, "memory": "store_all", "threads": 1}),
    "Network.refine": (lambda: network().refine, {"prolongation": "linear"}),
    "Network.feed_forward": (lambda: near_identity().feed_forward, {"block": 0}),
    "Network.set_feed_forward": (
        lambda: near_identity().set_feed_forward,
        {"weights": numpy.zeros((2, 2, 2)), "biases": numpy.zeros((2, 2)), "block": 0},
    ),
    "Network.near_identity_gap": (lambda: near_identity().near_identity_gap, {"features": X, "block": 0}),
    "Network.stability_report": (lambda: network().stability_report, {"features": X}),
    "Network.mechanics": (
        lambda: lambda **given: network().mechanics(**{**given, "targets": None if given["cotangent"] is not None else given["targets"]}),
        {"features": X, "targets": Y, "cotangent": None, "symmetry": None},
    ),
    "Network.check_derivatives": (lambda: network().check_derivatives, {"features": X}),
    "Network.save": (lambda: network().save, {"path_": "model"}),
    "Network.export_onnx": (lambda: network().export_onnx, {"path_": "model.onnx"}),
    "Network.export_vnnlib": (lambda: network().export_vnnlib, {"path_": "property.vnnlib", "sample": X[0], "radius": 0.1, "label": 0, "clip": (-9.0, 9.0)}),
    "Network.plot_trajectories": (lambda: network().plot_trajectories, {"features": X, "targets": Y, "block": 0, "names": ["a", "b"], "ax": None}),
    "Network.plot_decision_regions": (
        lambda: network().plot_decision_regions,
        {"features": X, "targets": Y, "axes_of": (0, 1), "resolution": 4, "names": ["a", "b"], "ax": None},
    ),
    "Network.plot_k": (lambda: network(integrator="linear_multistep").plot_k, {"ax": None}),
    "Network.plot_hidden": (lambda: network().plot_hidden, {"features": X, "block": 0, "sample": 0, "layers": [0], "ax": None}),
    "Network.load": (lambda: stableode.Network.load, {"path_": "model"}),
    "Network.from_bytes": (lambda: stableode.Network.from_bytes, {"data": b""}),
    "Trainer": (lambda: stableode.Trainer, {"network": network(), "loss": None, "larger_is_better": True}),
    "Trainer.set": (lambda: trainer().set, {"larger_is_better": True}),
    "Trainer.run": (
        lambda: trainer().run,
        {
            "training": (X, Y),
            "validation": (X, Y),
            "epochs": 1,
            "time_limit": 5.0,
            "on_progress": lambda progress: None,
            "verbose": False,
            "cancel": stableode.CancelToken(),
        },
    ),
    "Trainer.save": (lambda: trainer().save, {"path_": "checkpoint"}),
    "Trainer.load": (lambda: stableode.Trainer.load, {"path_": "checkpoint"}),
    "Trainer.find_learning_rate": (lambda: trainer().find_learning_rate, {"training": (X, Y), "low": 1e-5, "high": 1.0, "steps": 5}),
    "Trainer.refine": (lambda: trainer().refine, {"prolongation": "linear"}),
    "Predictor": (lambda: stableode.Predictor, {"network": network(), "max_batch": 4, "threads": 1}),
    "Gradient": (
        lambda: stableode.Gradient,
        {"network": network(), "max_batch": 4, "memory": "store_all", "threads": 1, "loss": None},
    ),
    "Gradient.loss": (lambda: stableode.Gradient(network()).loss, {"features": X, "targets": Y}),
    "Gradient.loss_and_gradient": (lambda: stableode.Gradient(network()).loss_and_gradient, {"features": X, "targets": Y, "out": None}),
    "Gradient.pullback": (lambda: stableode.Gradient(network()).pullback, {"features": X, "cotangent": X}),
    "Gradient.pushforward": (
        lambda: stableode.Gradient(network()).pushforward,
        {"features": X, "parameter_direction": None, "feature_direction": X},
    ),
    "Gradient.curvature": (
        lambda: stableode.Gradient(network()).curvature,
        {"features": X, "targets": Y, "direction": numpy.ones(network().parameter_count), "kind": "gauss_newton"},
    ),
    "multilevel": (
        lambda: lambda **given: stableode.multilevel(**{**SHORT, **given}),
        {
            "network": network(),
            "training": (X, Y),
            "validation": (X, Y),
            "layers": 2,
            "prolongation": "linear",
            "on_progress": lambda progress: None,
            "verbose": False,
            "on_level": lambda network: None,
            "loss": None,
            "larger_is_better": True,
        },
    ),
    "cross_validate": (
        lambda: lambda **given: stableode.cross_validate(**{**SHORT, **given}),
        {
            "verbose": False,
            "network": network(),
            "data": (X, Y),
            "folds": 2,
            "seed": 0,
            "metrics": "auc",
            "weighted": False,
            "standardize": False,
            "loss": None,
            "larger_is_better": True,
        },
    ),
    "limits": (lambda: stableode.limits, {"seconds": 1.0, "cancel": None}),
    "options": (lambda: stableode.options, {"scope": "trainer"}),
    "registry": (lambda: stableode.registry, {"name": "registries"}),
    "set_memory_limit": (lambda: stableode.set_memory_limit, {"count": 0}),
}
#: Arguments that are called otherwise in errors.
CALLED = {("registry", "name"): "registry", **{(name, "path_"): "path" for name in CALLS}}


@pytest.mark.parametrize("call, argument", [(call, argument) for call, (_, given) in CALLS.items() for argument in given])
def test_a_wrong_type_is_named(call, argument):
    make, given = CALLS[call]
    with pytest.raises(TypeError) as caught:
        make()(**{**given, argument: object()})
    assert isinstance(caught.value, stableode.UnsupportedTypeError), caught.value
    named = CALLED.get((call, argument), argument)
    assert named.replace("_", " ") in str(caught.value).replace("_", " "), caught.value


def test_every_function_and_argument_is_listed():
    """The library's options are judged by the library itself, and have tests of their own."""
    expected = {}
    for name in stableode.__all__:
        thing = getattr(stableode, name)
        if inspect.isfunction(thing) and inspect.signature(thing).parameters:
            expected[name] = thing
        if inspect.isclass(thing) and name in ("Dataset", "Network", "Trainer", "Predictor", "Gradient", "CancelToken"):
            if name != "Network":  # its constructor takes options alone
                expected[name] = thing.__init__
            for member in dir(thing):
                if not member.startswith("_") and callable(getattr(thing, member)):
                    expected[f"{name}.{member}"] = getattr(thing, member)
    options = {key for scope in ("network", "block", "trainer", "trajectory_fit", "stability_report", "mechanics", "certificate") for key in stableode.options(scope)}
    for name, function in expected.items():
        parameters = inspect.signature(function).parameters.values()
        own = {p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)} - {"self"}
        listed = set(CALLS[name][1]) if name in CALLS else set()
        own -= options - listed
        assert own <= listed, f"{name} takes {own - listed}, which this test does not try"


@pytest.mark.parametrize("argument, value, wanted", [("cancel", "x", "CancelToken"), ("time_limit", "x", "seconds"), ("on_progress", 3, "function"), ("validation", 5, "Dataset")])
def test_errors_of_fit_say_what_is_wanted(argument, value, wanted):
    with pytest.raises(TypeError, match=rf"{argument} is a (str|int); it must be .*{wanted}"):
        network().fit(X, Y, epochs=1, **{argument: value})


def test_normalization_needs_no_targets():
    for given in [(X,), (X, Y), ((X, Y),), (stableode.Dataset(X, Y),), (X.tolist(),), (X[:2].tolist(),)]:
        one = network()
        one.fit_normalization(*given)
        features = numpy.asarray(X[:2] if len(given) == 1 and isinstance(given[0], list) and len(given[0]) == 2 else X, "float64")
        shift, scale = one.normalization
        numpy.testing.assert_allclose(shift, features.mean(axis=0), rtol=1e-6)
        numpy.testing.assert_allclose(scale, 1 / features.std(axis=0), rtol=1e-6)


def test_predicted_values_have_a_column_for_each_output():
    """For targets [samples] and [samples, 1] alike, as the docstrings say."""
    regression = network(outputs=1, loss="least_squares")
    for targets in (Y.astype("float64"), Y.astype("float64")[:, None]):
        regression.fit(X, targets, epochs=1)
        assert regression.predict(X).shape == (12, 1)
        assert stableode.Predictor(regression).predict(X).shape == (12, 1)


@pytest.mark.parametrize("call", [call for call, (_, given) in CALLS.items() if "threads" in given])
def test_threads_are_a_number_under_the_callers_name(call):
    make, given = CALLS[call]
    for value, error, message in [(-1, stableode.OutOfRangeError, "^threads is -1; it must be between 0 and 1024"), (1025, stableode.OutOfRangeError, "^threads is 1025;")]:
        with pytest.raises(error, match=message):
            make()(**{**given, "threads": value})
    for value in (True, False, numpy.True_):
        with pytest.raises(stableode.UnsupportedTypeError, match="^threads is a bool_?; it must be an integer"):
            make()(**{**given, "threads": value})


def test_refused_threads_say_how_many_were_asked_for():
    """In a process of its own, whose address space has room for the stacks of a few threads."""
    code = """
import numpy, resource, stableode
network = stableode.Network(inputs=2, outputs=2)
rows = numpy.zeros((100000, 2), "float32")
labels = numpy.zeros(len(rows), int)
calls = {
    "predict": lambda: network.predict(rows, threads=1000),
    "predictor": lambda: stableode.Predictor(network, len(rows), threads=1000).predict(rows),
    "gradient": lambda: stableode.Gradient(network, len(rows), threads=1000).loss(rows, labels),
    "evaluate": lambda: network.evaluate(rows, labels, threads=1000),
    "fit": lambda: network.fit(rows, labels, epochs=1, batch_size=len(rows), num_threads=1000),
}
held = next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (held + (60 << 20),) * 2)
for name, call in calls.items():
    try:
        call()
    except stableode.StableODEError as error:
        print(name, type(error).__name__, error)
"""

    def limit_stacks():
        resource.setrlimit(resource.RLIMIT_STACK, (8 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, preexec_fn=limit_stacks)
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["predict", "predictor", "gradient", "evaluate", "fit"]
    for line in lines:
        assert re.search(r"MemoryError 1000 threads were asked for, of which this work can use \d+; the system refused thread \d+: Resource temporarily unavailable$", line), line


def test_messages_name_options_blocks_and_fields_as_the_caller_knows_them():
    with pytest.raises(stableode.UnknownNameError, match="^option 'layers' has no choices with options of their own; these have: opening, loss, field, "):
        stableode.options("layers=3")
    with pytest.raises(stableode.IncompatibleError, match="field dense has no option gamma; it belongs to the fields antisymmetric, .* and "):
        network(field="dense", gamma=0.1)
    with pytest.raises(stableode.InvalidArgumentError, match="^blocks has 2 objects; the network has 1 block: "):
        network().project(blocks=[{}, {}])
