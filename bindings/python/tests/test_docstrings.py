"""What help() says: every public name, every member of a public class, and every field of a record is described."""

import dataclasses
import inspect

import pytest

import stableode
from stableode import equation

CLASSES = sorted(name for name in stableode.__all__ if inspect.isclass(getattr(stableode, name)))
CONSTANTS = sorted(name for name in stableode.__all__ if isinstance(getattr(stableode, name), int))


@pytest.mark.parametrize("name", sorted(set(stableode.__all__) - set(CONSTANTS)) + ["MemoryError"])
def test_every_public_name_has_more_than_one_line(name):
    text = inspect.getdoc(getattr(stableode, name)) or ""
    assert len([line for line in text.splitlines() if line.strip()]) > 1, text


@pytest.mark.parametrize("name", CONSTANTS)
def test_every_constant_is_described(name):
    for module in (stableode, equation):
        assert f"{name} ({getattr(stableode, name)})" in module.__doc__


@pytest.mark.parametrize("name", CLASSES)
def test_every_member_of_a_class_is_described(name):
    kind = getattr(stableode, name)
    for member, value in inspect.getmembers_static(kind):
        if member.startswith("_") or any(member in vars(base) for base in (dict, BaseException, OSError, KeyError)):
            continue
        value = getattr(kind, member) if isinstance(value, (classmethod, staticmethod)) else value
        if callable(value) or isinstance(value, property):
            assert inspect.getdoc(value), f"{name}.{member} has no docstring"


@pytest.mark.parametrize("name", [name for name in CLASSES if dataclasses.is_dataclass(getattr(stableode, name))])
def test_every_field_of_a_record_is_described(name):
    kind = getattr(stableode, name)
    described = set()
    for line in inspect.getdoc(kind).splitlines():
        head = line.split(":")[0]
        described |= {word.strip() for word in head.split(",")} if ":" in line else set()
    assert {field.name for field in dataclasses.fields(kind)} <= described


def test_arrays_are_described_with_their_shapes():
    text = inspect.getdoc(stableode.Solution)
    for shape in ["states: [samples, times, width]", "ends: [samples]", "end_times: [samples]", "event_states: [samples, width]", "restart_states: [samples, state width]"]:
        assert shape in text
    for column in stableode.Progress.__dataclass_fields__:
        assert f"{column}:" in inspect.getdoc(stableode.Progress)
