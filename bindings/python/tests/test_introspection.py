"""Registries, options, memory."""

import dataclasses

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


@pytest.mark.parametrize("scope", ["network", "block", "trainer"])
def test_options_describe_themselves(scope):
    options = stableode.options(scope)
    assert options
    for key, option in options.items():
        assert option.key == key and option.help and option.allowed
        assert isinstance(option.default, option.type)
        if option.type is not str:
            assert option.low <= option.default <= option.high
        elif option.choices:
            assert option.default in option.choices
    with pytest.raises(dataclasses.FrozenInstanceError):
        option.key = "other"


def test_choices_are_the_registries():
    block = stableode.options("block")
    assert block["field"].choices == tuple(stableode.fields())
    assert block["integrator"].choices == tuple(stableode.integrators())
    assert block["layers"].type is int and block["horizon"].type is float


def test_unknown_names_give_the_nearest():
    with pytest.raises(stableode.UnknownNameError, match="fields"):
        stableode.registry("field")
    with pytest.raises(stableode.UnknownNameError, match="trainer"):
        stableode.options("trainr")


def test_memory_limit_is_kept_and_nothing_is_lost(make_network):
    network = make_network()
    before = network.parameter_vector
    current, peak = stableode.memory_usage()
    assert 0 < current <= peak
    stableode.set_memory_limit(current + 1_000_000)
    try:
        with pytest.raises(MemoryError) as caught:
            make_network(width=1000, layers=100)
        assert isinstance(caught.value, stableode.StableODEError)
        assert stableode.memory_usage()[0] == current
    finally:
        stableode.set_memory_limit(0)
    assert numpy.array_equal(network.parameter_vector, before)
    stableode.reset_memory_peak()
    assert stableode.memory_usage()[1] == stableode.memory_usage()[0]
