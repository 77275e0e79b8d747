"""Assigning to an attribute works or is an error; it never does nothing."""

import inspect
import pickle

import numpy
import pytest

import stableode


@pytest.fixture
def objects(network, batch):
    """An object of each public class that is made by calls of the library or keeps something of the caller's."""
    data, trainer = stableode.Dataset(*batch), stableode.Trainer(network, epochs=1, num_threads=1)
    history = trainer.run(data)
    recurrent = stableode.Network(opening="sequence", inputs=4, channels=2, outputs=2, width=3, field="antisymmetric_rnn", layers=2)
    return [
        recurrent.stepper(), network.field, network, network.parameters, network.metadata, network.memory_plan(4), data, trainer, history, history[0], stableode.Gradient(network, 8),
        stableode.Predictor(network, 8), stableode.CancelToken(), stableode.limits(seconds=1e6), stableode.options("trainer")["epochs"],
        stableode.Stream([batch]), stableode.Columns.from_record({"inputs": [{"name": "x"}]}),
        network.certify("lipschitz_l2"), network.stability_report(batch[0][:1]), network.mechanics(batch[0][:1], batch[1][:1]), network.check_derivatives(batch[0][:1]),
    ]


def test_unknown_names_are_refused_by_every_object(objects):
    classes = {thing for name in stableode.__all__ if inspect.isclass(thing := getattr(stableode, name)) and not issubclass(thing, (Exception, dict))}
    tried = {type(thing) for thing in objects}
    # Frozen dataclasses refuse assignments themselves; for one of them that is tried here.
    classes.discard(stableode.Report)  # which its three kinds derive
    missing = {cls.__name__ for cls in classes - tried if not getattr(cls, "__dataclass_params__", None) or not cls.__dataclass_params__.frozen}
    assert not missing
    for thing in objects:
        for name in ("anything", "lerning_rate", "close", "epoch"):
            with pytest.raises(AttributeError):
                setattr(thing, name, 3)


def test_errors_say_what_to_do_instead(objects):
    by_class = {type(thing).__name__: thing for thing in objects}
    for kind, name, message in [
        ("Trainer", "learning_rate", r"a Trainer has no attribute 'learning_rate'; it is an option: use set\(learning_rate=…\)"),
        ("Trainer", "learning_rat", r"did you mean the option 'learning_rate'\? use set\(learning_rate=…\)"),
        ("Trainer", "metric", r"use set\(metric=…\)"),
        ("Trainer", "larger_is_better", r"use set\(metric=…, larger_is_better=…\)"),
        ("Trainer", "los", "did you mean 'loss'"),
        ("Trainer", "run", "Trainer.run is a method, which cannot be replaced"),
        ("Gradient", "loss", r"Gradient.loss is a method, which cannot be replaced; .*Gradient\(network, …, loss=…\)"),
        ("Network", "layers", r"it is an option: Network\(layers=…\) fixes it when a network is made"),
        ("Network", "normalisation", "did you mean 'normalization'"),
        ("Network", "inputs", "Network.inputs cannot be assigned; it can only be read"),
        ("Network", "zzz", "these can be assigned: columns, metadata, normalization, parameter_vector"),
        ("Dataset", "weights", r"use weighted\(weights\)"),
        ("Predictor", "threads", "none can be assigned"),
        ("History", "outcome", "can only be read"),
    ]:
        with pytest.raises(AttributeError, match=message):
            setattr(by_class[kind], name, 1)


def test_what_can_be_assigned_still_can(objects, batch):
    by_class = {type(thing).__name__: thing for thing in objects}
    network = by_class["Network"]
    network.parameter_vector = numpy.zeros(network.parameter_count)
    network.normalization = None
    network.metadata = {"a": "b"}
    trainer = stableode.Trainer(network)
    trainer.loss = None
    assert pickle.loads(pickle.dumps(network)).metadata["a"] == "b"
    with by_class["limits"]:
        pass


def test_classes_of_the_callers_have_attributes_of_their_own():
    class Named(stableode.Network):
        def __init__(self, name, **options):
            super().__init__(**options)
            self.name = name

    assert Named("mine", inputs=2, outputs=2).name == "mine"
