"""The tables of functions, structures, statuses and versions agree with stableode.h."""

import ctypes
import re

import pytest

from stableode import _errors, _registries, _structures, _table, introspection
from stableode._library import library

SCALARS = {
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint8_t": ctypes.c_uint8,
    "uint16_t": ctypes.c_uint16,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}
STRUCTURES = {
    "sode_device": _structures.Device,
    "sode_data_type": _structures.DataType,
    "sode_tensor": _structures.Tensor,
    "sode_network_info": _structures.NetworkInfo,
    "sode_dataset_info": _structures.DatasetInfo,
    "sode_source": _structures.SourceData,
    "sode_progress": _structures.ProgressData,
    "sode_limits": _structures.Limits,
    "sode_evaluation": _structures.EvaluationData,
    "sode_step_report": _structures.StepReportData,
    "sode_event_function": _structures.EventFunctionData,
    "sode_stepper_info": _structures.StepperInfo,
    "sode_trajectory_fit": _structures.TrajectoryFitData,
    "sode_known_terms": _structures.KnownTermsData,
    "sode_memory_plan": _structures.MemoryPlanData,
    "sode_block_memory": _structures.BlockMemoryData,
    "sode_near_identity_gap": _structures.NearIdentityGapData,
    "sode_option_info": _structures.OptionInfo,
    "sode_allocator": _structures.Allocator,
}
# Function pointers by the name of their parameter or field.
FUNCTION_POINTERS = {
    "release(void *user_data)": _structures.ReleaseFunction,
    "allocate(size_t size, size_t alignment, void *user_data)": _structures.AllocateFunction,
    "release(void *memory, size_t size, void *user_data)": _structures.FreeFunction,
}


def handles(header):
    return set(re.findall(r"typedef struct (\w+) \1;", header))


def split_arguments(text):
    """Splits at commas outside parentheses."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", text)]


def function_pointer(declaration):
    found = re.fullmatch(r"(?:void|void \*)\s*\(\*(\w+)\)\s*\((.*)\)", declaration)
    return FUNCTION_POINTERS[f"{found[1]}({found[2]})"] if found else None


def ctype_of(declaration, header):
    """The ctypes type of a C declaration such as `const sode_tensor *features`."""
    if pointer := function_pointer(declaration):
        return pointer
    found = re.fullmatch(r"(?:const )?(?:struct )?(\w+) ?((?:\*(?:const )?)*)(?:\w+)?(\[\d+\])?", declaration)
    assert found, declaration
    base, stars, length = found[1], found[2].count("*"), found[3]
    if length:
        return SCALARS[base] * int(length.strip("[]"))
    callbacks = {"sode_callback": "ProgressFunction", "sode_loss_function": "LossFunction", "sode_metric_function": "MetricFunction", "sode_tick": "TickFunction", "sode_next": "NextFunction", "sode_open": "OpenFunction", "sode_terms_function": "EvaluateTermsFunction", "sode_terms_pushforward": "PushforwardTermsFunction", "sode_terms_pullback": "PullbackTermsFunction"}
    if base in callbacks:
        return getattr(_structures, callbacks[base])
    if base == "char":
        constant = declaration.startswith("const")
        return {(True, 1): ctypes.c_char_p, (True, 2): ctypes.POINTER(ctypes.c_char_p), (False, 1): ctypes.c_void_p}[constant, stars]
    if base.startswith("Arrow"):
        return ctypes.c_void_p
    if base == "void":
        return {0: None, 1: ctypes.c_void_p}[stars]
    if base in handles(header) and base not in STRUCTURES:
        return {1: ctypes.c_void_p, 2: ctypes.POINTER(ctypes.c_void_p)}[stars]
    if base in ("float", "double") and stars == 1 and not re.search(r"\b(loss|suggestion|value|distance)$", declaration):
        return ctypes.c_void_p  # dense memory of the caller
    scalar = {**SCALARS, **STRUCTURES, "sode_status": _table.Status}[base]
    return ctypes.POINTER(scalar) if stars else scalar


def argument_type(declaration, header):
    kind = ctype_of(declaration, header)
    return ctypes.c_int32 if kind is _table.Status else kind  # only results raise exceptions


def declared_functions(header):
    found = {}
    for result, name, arguments in re.findall(r"SODE_API ([\w *]+?)\s*\b(sode_\w+)\(([^;]*)\);", header):
        arguments = " ".join(arguments.split())
        found[name] = (
            ctype_of(result.strip() if "*" not in result else result.replace(" *", " *x"), header),
            [] if arguments == "void" else [argument_type(argument, header) for argument in split_arguments(arguments)],
        )
    return found


def test_every_function_has_the_types_of_the_header(header):
    declared = declared_functions(header)
    assert len(declared) == len(re.findall(r"^SODE_API ", header, re.M))
    assert set(declared) == set(_table.FUNCTIONS)
    for name, types in declared.items():
        result, arguments = _table.FUNCTIONS[name]
        assert types == (_table.Status if result is _table.Outcome else result, arguments), name


@pytest.mark.parametrize("name", STRUCTURES)
def test_structure_has_the_fields_of_the_header(header, name):
    body = re.search(rf"typedef struct {name} \{{(.*?)\}} {name};", header, re.S)[1]
    declared = []
    for declaration in filter(None, (" ".join(part.split()) for part in body.split(";"))):
        if pointer := function_pointer(declaration):
            declared.append((re.search(r"\(\*(\w+)\)", declaration)[1], pointer))
            continue
        base, names = re.fullmatch(r"((?:const )?\w+) (.*)", declaration).groups()
        for part in names.split(","):
            part = part.strip()
            field = re.fullmatch(r"\**(\w+)(?:\[\d+\])?", part)[1]
            declared.append((field, ctype_of(f"{base} {part}", header)))
    assert declared == list(STRUCTURES[name]._fields_)


def test_callback_has_the_type_of_the_header(header):
    assert re.search(r"typedef int32_t \(\*sode_callback\)\(const sode_progress \*progress, void \*user_data\);", header)
    assert _structures.ProgressFunction._restype_ is ctypes.c_int32
    assert _structures.ProgressFunction._argtypes_ == (ctypes.POINTER(_structures.ProgressData), ctypes.c_void_p)


def test_statuses_are_those_of_the_header(header):
    declared = {name: int(number) for name, number in re.findall(r'X\((\w+), (-?\d+), "', header)}
    assert declared == _errors.STATUSES


def test_statuses_are_those_of_the_library():
    for name, number in _errors.STATUSES.items():
        assert library.sode_status_name(number) == f"SODE_{name}".encode()


def test_version_is_that_of_the_header(header):
    parts = [int(re.search(rf"SODE_VERSION_{part} (\d+)", header)[1]) for part in ("MAJOR", "MINOR", "PATCH")]
    assert _table.VERSION_NUMBER == parts[0] * 10000 + parts[1] * 100 + parts[2]


def test_registries_are_those_of_the_header(header_with_comments):
    named = re.search(r"Registries: ([\w, ]+)\.", header_with_comments.replace("\n * ", " "))[1].split(", ")
    assert tuple(named) == _registries.REGISTRIES


def test_constants_are_those_of_the_header(header):
    from stableode import _model, progress

    assert dict(re.findall(r"\b(SODE_SCORES|SODE_PROBABILITIES|SODE_CLASSES) = (\d)", header)) == {
        "SODE_SCORES": str(_model.SCORES),
        "SODE_PROBABILITIES": str(_model.PROBABILITIES),
        "SODE_CLASSES": str(_model.CLASSES),
    }
    assert {int(n): k.lower() for k, n in re.findall(r"SODE_PROGRESS_(\w+) = (\d)", header)} == progress._KINDS
    kinds = {"INT": int, "REAL": float, "TEXT": str, "BOOL": bool}
    assert {int(n): kinds[k] for k, n in re.findall(r"SODE_OPTION_(\w+) = (\d)", header)} == introspection._OPTION_TYPES
