"""Every option of every scope refuses values of the wrong kind, and says what came and what is allowed."""

import ctypes
import json

import numpy
import pytest

import stableode
from stableode._library import library

#: A value of each kind that JSON has, and how a message shows it.
VALUES = [(3, "3"), (2.5, "2.5"), ("some text", "'some text'"), (True, "true"), (None, "null"), (["a"], 'the list ["a"]'), ([3], "the list [3]"), ([], "the list []"), ({"a": 1}, 'the object {"a":1}')]

OPTIONS = [(scope, key) for scope in stableode.registry("scopes") for key in stableode.options(scope)]


def takes(option, value):
    """Whether the option takes values of this kind."""
    kind = type(value)
    if option.allowed == "finite numbers separated by commas":
        # One number is a list of one.
        return kind in (str, int, float) or value in ([3], [])
    # null leaves an automatic option to the library.
    if option.automatic and value is None:
        return True
    return {int: kind is int, float: kind in (int, float), str: kind is str, bool: kind in (bool, int, str)}[option.type]


TRAJECTORY = dict(opening="trajectory", channels=1, width=1, inputs=3, outputs=1, outputs_at="steps", readout="identity", loss="least_squares", layers=1, weights_in_time="shared")


class Setter:
    """Sets options of one scope from JSON."""

    def __init__(self, scope):
        self.scope = scope
        self.network = stableode.Network(inputs=2, outputs=2, width=2, layers=2)
        if scope == "trainer":
            self.trainer = stableode.Trainer(stableode.Network(inputs=2, outputs=2, width=2, layers=2))

    def set(self, key, value):
        options = {key: value}
        if self.scope == "connector":
            options = {"blocks": [{"connector": "dense", **options}, {}]}
        if self.scope == "architecture":
            options = {"architecture": "lm_resnext_29", "input_shape": [3, 8, 8], "outputs": 2, **options}
        text = json.dumps(options).encode()
        if self.scope == "trainer":
            library.sode_trainer_set_json(self.trainer._pointer, text, len(text))
        elif self.scope == "stability_report":
            self.network.stability_report([[0.0, 1.0]], **options)
        elif self.scope == "certificate":
            certificate = ctypes.c_void_p()
            library.sode_network_certify(self.network._pointer, b"lipschitz_l2", text, len(text), None, ctypes.byref(certificate))
        elif self.scope == "trajectory_fit":
            stableode.Network(**TRAJECTORY).fit_trajectories([[1.0, 0.0, 1.0]], [[[1.0], [0.5]]], **options)
        elif self.scope == "mechanics":
            self.network.mechanics([[0.0, 1.0]], [1], **options)
        else:
            specification = ctypes.c_void_p()
            library.sode_specification_create(ctypes.byref(specification))
            try:
                library.sode_specification_set_json(specification, text, len(text))
            finally:
                library.sode_specification_free(specification)


@pytest.fixture(scope="module")
def setters():
    return {scope: Setter(scope) for scope in stableode.registry("scopes")}


@pytest.mark.parametrize("scope, key", OPTIONS)
def test_a_value_of_another_kind_is_refused_with_what_came_and_what_is_allowed(setters, scope, key):
    option = stableode.options(scope)[key]
    refused = 0
    for value, shown in VALUES:
        if takes(option, value) or (scope == "trainer" and value is None):  # null gives a trainer's option its default again
            continue
        with pytest.raises(stableode.UnsupportedTypeError) as caught:
            setters[scope].set(key, value)
        words = (key, option.allowed, "entry 0 is 'a'" if value == ["a"] and "separated" in option.allowed else "given: " + shown)
        assert all(word in str(caught.value) for word in words), str(caught.value)
        refused += 1
    assert refused >= 3


@pytest.mark.parametrize("scope, key", OPTIONS)
def test_the_typed_calls_refuse_the_same(setters, scope, key):
    """Setting by int, real and text; those of a connector are set by JSON alone."""
    option = stableode.options(scope)[key]
    if scope in ("connector", "architecture", "trajectory_fit", "stability_report", "mechanics", "certificate"):
        pytest.skip(f"the options of scope {scope} have no typed calls")
    trainer = setters["trainer"].trainer._pointer
    specification = ctypes.c_void_p()
    library.sode_specification_create(ctypes.byref(specification))
    handle, prefix = (trainer, "sode_trainer_set_") if scope == "trainer" else (specification, "sode_specification_set_")
    for name, value, given in (("int", 3, 3), ("real", 2.5, 2.5), ("text", "some text", b"some text")):
        if takes(option, value):
            continue
        with pytest.raises(stableode.UnsupportedTypeError) as caught:
            getattr(library, prefix + name)(handle, key.encode(), given)
        shown = f"'{value}'" if name == "text" else str(value)
        assert option.allowed in str(caught.value) and "given: " + shown in str(caught.value), str(caught.value)
    library.sode_specification_free(specification)


def test_a_list_of_numbers_may_be_an_array():
    steps = numpy.linspace(0.1, 0.4, 4)
    network = stableode.Network(input_shape=numpy.array([2, 3, 3]), outputs=2, operator="convolution", step_sizes=steps)
    assert network.inputs == 18 and network.specification["blocks"][0]["step_sizes"] == ",".join(map(str, steps))
    for wrong in (numpy.array(["a"]), numpy.ones((2, 2)), numpy.array([1, object()])):
        with pytest.raises(stableode.UnsupportedTypeError, match="step_sizes"):
            stableode.Network(inputs=2, outputs=2, step_sizes=wrong)
    with pytest.raises(stableode.OutOfRangeError, match="step_sizes is nan"):
        stableode.Network(inputs=2, outputs=2, step_sizes=numpy.array([0.1, numpy.nan]))
