"""Registries, options, memory."""

import dataclasses
import inspect

import numpy
import pytest

import stableode
from stableode import _registries


@pytest.mark.parametrize("name", _registries.REGISTRIES)
def test_every_registry_has_a_function(name):
    entries = getattr(stableode, name)()
    assert entries and entries == stableode.registry(name)
    assert all(key.isidentifier() and key.islower() and text for key, text in entries.items())
    assert getattr(stableode, name).__doc__


def test_registries_hold_what_this_version_promises():
    assert {"dense", "antisymmetric", "hamiltonian"} <= set(stableode.fields())
    assert {"euler", "verlet"} <= set(stableode.integrators())
    assert {"sgd", "adam", "adamw"} <= set(stableode.optimizers())
    assert {"constant", "step", "cosine"} <= set(stableode.schedules())
    assert {"softmax_cross_entropy", "logistic", "least_squares"} <= set(stableode.losses())
    assert {"ellipses", "swiss_roll", "peaks"} <= set(stableode.problems())


@pytest.mark.parametrize("scope", stableode.registry("scopes"))
def test_options_describe_themselves(scope):
    options = stableode.options(scope)
    assert options
    for key, option in options.items():
        assert option.key == key and option.help and option.allowed
        assert option.default is None if option.required else isinstance(option.default, option.type)
        if option.type in (int, float) and not option.required:
            assert option.low <= option.default <= option.high
        elif option.choices and not option.required:
            assert option.default in option.choices
        for other, choices in option.taken_by.items():
            assert set(choices) <= set(options[other].choices)
    with pytest.raises(dataclasses.FrozenInstanceError, match="key"):
        option.key = "other"


def test_choices_are_the_registries():
    block = stableode.options("block")
    assert block["field"].choices == tuple(stableode.fields())
    assert block["integrator"].choices == tuple(stableode.integrators())
    assert block["layers"].type is int and block["horizon"].type is float


def test_required_options_have_no_default():
    assert {key for key, option in stableode.options("network").items() if option.required} == {"inputs", "outputs"}
    for missing in ("inputs", "outputs"):
        with pytest.raises(stableode.InvalidArgumentError, match=f"{missing} is not set"):
            stableode.Network(**{name: 2 for name in ("inputs", "outputs") if name != missing})


@pytest.mark.parametrize("scope", ["block", "trainer", "network"])
def test_options_of_a_choice_are_those_that_it_takes(scope):
    options = stableode.options(scope)
    chosen = {other for option in options.values() for other in option.taken_by}
    assert chosen
    for other in chosen:
        for choice in options[other].choices:
            own = stableode.options(f"{other}={choice}")
            assert set(own) == {key for key, option in options.items() if choice in option.taken_by.get(other, ())}
    with pytest.raises(stableode.UnknownNameError, match="antisymmetric"):
        stableode.options("field=antisymetric")


def test_an_option_that_a_field_does_not_take_is_refused(make_network):
    assert "gamma" in stableode.options("field=antisymmetric") and "gamma" not in stableode.options("field=dense")
    make_network(field="antisymmetric", gamma=0.1)
    with pytest.raises(stableode.IncompatibleError, match="gamma"):
        make_network(field="dense", gamma=0.1)


def test_registries_list_themselves():
    assert tuple(stableode.registry("registries")) == _registries.REGISTRIES
    assert list(stableode.registry("scopes")) == ["network", "block", "connector", "architecture", "trainer", "trajectory_fit", "stability_report", "mechanics", "certificate"]
    assert set(_registries.REGISTRIES) <= set(stableode.__all__)


def test_unknown_names_give_the_nearest():
    with pytest.raises(stableode.UnknownNameError, match="fields"):
        stableode.registry("feilds")
    with pytest.raises(stableode.UnknownNameError, match="trainer"):
        stableode.options("trainr")


def test_memory_limit_is_kept_and_nothing_is_lost(make_network):
    network = make_network()
    before = network.parameter_vector
    current, peak = stableode.memory_usage()
    assert 0 < current <= peak
    stableode.set_memory_limit(current + 1_000_000)
    try:
        with pytest.raises(MemoryError, match="the limit is") as caught:
            make_network(width=1000, layers=100)
        assert isinstance(caught.value, stableode.StableODEError)
        assert stableode.memory_usage()[0] == current
    finally:
        stableode.set_memory_limit(0)
    assert numpy.array_equal(network.parameter_vector, before)
    stableode.reset_memory_peak()
    assert stableode.memory_usage()[1] == stableode.memory_usage()[0]


def test_help_shows_lists_of_numbers_as_lists():
    parameters = {**inspect.signature(stableode.Network).parameters, **inspect.signature(stableode.Trainer).parameters}
    for name in ("input_shape", "quantiles", "output_weights", "step_sizes", "milestones"):
        assert str(parameters[name].annotation) == "float | str | collections.abc.Sequence[float]"
    assert parameters["field"].annotation is str and parameters["epochs"].annotation is int
