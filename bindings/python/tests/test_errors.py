"""Exceptions: classes, codes, messages."""

import pickle

import pytest

import stableode
from stableode import _errors


@pytest.mark.parametrize("code", _errors.CLASSES)
def test_each_error_has_its_class_code_and_built_in_base(code):
    error = _errors.error_for(code, "what was wrong")
    assert isinstance(error, stableode.StableODEError)
    assert isinstance(error, (ValueError, TypeError, RuntimeError, MemoryError, OSError, ArithmeticError))
    assert error.code == type(error).code == code
    assert str(error) == "what was wrong"  # KeyError and OSError would format it differently
    assert getattr(stableode, type(error).__name__) is type(error)


def test_unknown_code_of_a_later_library():
    error = _errors.error_for(-99, "new")
    assert type(error) is stableode.StableODEError and error.code == -99


def test_errors_pickle():
    error = pickle.loads(pickle.dumps(_errors.error_for(-7, "wrong shape")))
    assert type(error) is stableode.ShapeMismatchError and error.code == -7 and str(error) == "wrong shape"


@pytest.mark.parametrize(
    "name, base",
    [
        ("UnknownNameError", KeyError),
        ("UnknownNameError", ValueError),
        ("ShapeMismatchError", ValueError),
        ("UnsupportedTypeError", TypeError),
        ("MemoryError", MemoryError),
        ("FileError", OSError),
        ("NotFiniteError", ArithmeticError),
    ],
)
def test_fitting_bases(name, base):
    assert issubclass(getattr(stableode, name), base)


def test_status_texts_end_in_the_message_of_the_call():
    with pytest.raises(stableode.OutOfRangeError, match="layers is 0"):
        stableode.Network(inputs=2, outputs=2, layers=0)
