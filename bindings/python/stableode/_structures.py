"""The structures and callback types of stableode.h, field for field; tests/test_table.py compares them with the header."""

from __future__ import annotations

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any


class Device(Structure):
    _fields_ = [("device_type", c_int32), ("device_id", c_int32)]


class DataType(Structure):
    _fields_ = [("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16)]


class Tensor(Structure):
    """A DLTensor. The Python attributes `array` and `extents` keep the memory alive that its pointers refer to."""

    _fields_ = [
        ("data", c_void_p),
        ("device", Device),
        ("ndim", c_int32),
        ("dtype", DataType),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]


class SizedStructure(Structure):
    """A structure whose first field is struct_size, which the constructor sets."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class NetworkInfo(SizedStructure):
    inputs: int
    outputs: int
    blocks: int
    parameters: int
    tensors: int
    running_averages: int
    steps: int
    _fields_ = [
        ("struct_size", c_uint32),
        ("precision_bits", c_int32),
        ("inputs", c_int64),
        ("outputs", c_int64),
        ("blocks", c_int64),
        ("parameters", c_int64),
        ("tensors", c_int64),
        ("checksum", c_int32),
        ("scales_targets", c_int32),
        ("running_averages", c_int64),
        ("targets", c_int64),
        ("class_columns", c_int64),
        ("steps", c_int64),
        ("reserved", c_uint64 * 3),
    ]


class DatasetInfo(SizedStructure):
    target_kind: int
    samples: int
    features: int
    targets: int
    _fields_ = [
        ("struct_size", c_uint32),
        ("target_kind", c_int32),
        ("samples", c_int64),
        ("features", c_int64),
        ("targets", c_int64),
        ("feature_type", DataType),
        ("is_weighted", c_int32),
        ("extents", c_int64 * 3),
        ("reserved", c_uint64 * 5),
    ]


class ProgressData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_int32),
        ("epoch", c_int64),
        ("step", c_int64),
        ("epoch_fraction", c_double),
        ("training_loss", c_double),
        ("training_accuracy", c_double),
        ("validation_loss", c_double),
        ("validation_accuracy", c_double),
        ("learning_rate", c_double),
        ("seconds", c_double),
        ("is_best", c_int32),
        ("level", c_int32),
        ("work", c_double),
        ("validation_metric", c_double),
        ("objective", c_double),
        ("reserved", c_uint64 * 5),
    ]


#: int32_t tick(void *user_data)
TickFunction = CFUNCTYPE(c_int32, c_void_p)


class Limits(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("epochs", c_int64),
        ("milliseconds", c_int64),
        ("cancel", c_void_p),
        ("tick", TickFunction),
        ("user_data", c_void_p),
        ("reserved", c_uint64 * 6),
    ]


class TrajectoryFitData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("loss", c_double),
        ("largest_gap", c_double),
        ("segments", c_int64),
        ("steps", c_int64),
        ("reserved", c_uint64 * 6),
    ]


class StepperInfo(SizedStructure):
    rows: int
    step_width: int
    state_width: int
    observations: int
    most_observations: int
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("rows", c_int64),
        ("step_width", c_int64),
        ("outputs", c_int64),
        ("state_width", c_int64),
        ("observations", c_int64),
        ("most_observations", c_int64),
        ("reserved", c_uint64 * 4),
    ]


class EvaluationData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("samples", c_int64),
        ("loss", c_double),
        ("accuracy", c_double),
        ("reserved", c_uint64 * 8),
    ]


class StepReportData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("evaluations", c_int64),
        ("accepted_steps", c_int64),
        ("rejected_steps", c_int64),
        ("iterations", c_int64),
        ("reconstruction_error", c_double),
        ("reserved", c_uint64 * 8),
    ]


class EventFunctionData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("direction", c_int32),
        ("weights", POINTER(Tensor)),
        ("level", c_double),
        ("reserved", c_uint64 * 4),
    ]


class MemoryPlanData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("workers", c_int64),
        ("tile_columns", c_int64),
        ("tape_bytes", c_int64),
        ("scratch_bytes", c_int64),
        ("reserved", c_uint64 * 8),
    ]


class BlockMemoryData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("policy", c_char_p),
        ("layers", c_int64),
        ("states", c_int64),
        ("records", c_int64),
        ("recomputed_steps", c_int64),
        ("tape_bytes", c_int64),
        ("total_tape_bytes", c_int64),
        ("reserved", c_uint64 * 8),
    ]


class NearIdentityGapData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("layers_to_euler_largest", c_double),
        ("layers_to_euler_rms", c_double),
        ("layers_to_flow_largest", c_double),
        ("layers_to_flow_rms", c_double),
        ("euler_to_flow_largest", c_double),
        ("euler_to_flow_rms", c_double),
        ("reserved", c_uint64 * 8),
    ]


class OptionInfo(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("type", c_int32),
        ("key", c_char_p),
        ("unit", c_char_p),
        ("help", c_char_p),
        ("allowed", c_char_p),
        ("choices", c_char_p),
        ("int_default", c_int64),
        ("int_low", c_int64),
        ("int_high", c_int64),
        ("real_default", c_double),
        ("real_low", c_double),
        ("real_high", c_double),
        ("text_default", c_char_p),
        ("taken_by", c_char_p),
        ("required", c_int32),
        ("automatic", c_int32),
        ("reserved", c_uint64 * 6),
    ]


AllocateFunction = CFUNCTYPE(c_void_p, c_size_t, c_size_t, c_void_p)
FreeFunction = CFUNCTYPE(None, c_void_p, c_size_t, c_void_p)


class Allocator(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("allocate", AllocateFunction),
        ("release", FreeFunction),
        ("user_data", c_void_p),
        ("reserved", c_uint64 * 4),
    ]


#: int32_t next(sode_dataset **batch, void *user_data)
NextFunction = CFUNCTYPE(c_int32, POINTER(c_void_p), c_void_p)
#: int32_t open(struct ArrowArrayStream *stream, void *user_data)
OpenFunction = CFUNCTYPE(c_int32, c_void_p, c_void_p)
ReleaseFunction = CFUNCTYPE(None, c_void_p)


class SourceData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("next", NextFunction),
        ("reset", TickFunction),
        ("release", ReleaseFunction),
        ("user_data", c_void_p),
        ("reserved", c_uint64 * 4),
    ]


_TensorPointer = POINTER(Tensor)
#: int32_t evaluate(times, states, values, user_data)
EvaluateTermsFunction = CFUNCTYPE(c_int32, _TensorPointer, _TensorPointer, _TensorPointer, c_void_p)
#: int32_t pushforward(times, states, time_tangents, state_tangents, tangents, user_data)
PushforwardTermsFunction = CFUNCTYPE(c_int32, _TensorPointer, _TensorPointer, _TensorPointer, _TensorPointer, _TensorPointer, c_void_p)
#: int32_t pullback(times, states, cotangents, time_gradients, state_gradients, user_data)
PullbackTermsFunction = CFUNCTYPE(c_int32, _TensorPointer, _TensorPointer, _TensorPointer, _TensorPointer, _TensorPointer, c_void_p)


class KnownTermsData(SizedStructure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("reserved0", c_uint32),
        ("evaluate", EvaluateTermsFunction),
        ("pushforward", PushforwardTermsFunction),
        ("pullback", PullbackTermsFunction),
        ("release", ReleaseFunction),
        ("user_data", c_void_p),
        ("reserved", c_uint64 * 8),
    ]


ProgressFunction = CFUNCTYPE(c_int32, POINTER(ProgressData), c_void_p)
LossFunction = CFUNCTYPE(c_int32, POINTER(Tensor), POINTER(Tensor), POINTER(Tensor), POINTER(Tensor), c_void_p)
MetricFunction = CFUNCTYPE(c_int32, POINTER(Tensor), POINTER(Tensor), POINTER(c_double), c_void_p)
