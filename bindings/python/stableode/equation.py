"""Blocks as differential equations: solutions at requested times, memory plans of gradients, and the feed-forward form."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy

from ._library import decode, library
from ._structures import BlockMemoryData, EventFunctionData, MemoryPlanData, NearIdentityGapData, StepReportData, Tensor
from ._tensor import output, tensor_of
from ._text import integer, text
from .rows import failed_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ._model import Model

#: How a sample's solve ended: SODE_END_HORIZON, SODE_END_EVENT and SODE_END_FAILURE.
END_HORIZON, END_EVENT, END_FAILURE = 1, 2, 3


@dataclass(frozen=True)
class StepReport:
    """Counts of an integrator's work, summed over the samples. Explicit integrators with fixed steps count nothing."""

    #: Evaluations of the field by adaptive and implicit integrators.
    evaluations: int
    #: Accepted and rejected steps of adaptive integrators.
    accepted_steps: int
    rejected_steps: int
    #: Iterations of implicit integrators' solvers.
    iterations: int
    #: For memory="reversible": the largest |recovered − true| of a block's first state, relative to the largest |true|.
    reconstruction_error: float


def step_report(data):
    """The report that the library filled in."""
    return StepReport(
        data.evaluations, data.accepted_steps, data.rejected_steps, data.iterations, data.reconstruction_error
    )


@dataclass(frozen=True)
class Solution:
    """The result of `Network.solve`."""

    #: [samples, times, width]: the states at the requested times; NaN at times that a sample did not reach.
    states: numpy.ndarray
    #: [samples]: END_HORIZON, END_EVENT or END_FAILURE, and the time at which the sample ended.
    ends: numpy.ndarray
    end_times: numpy.ndarray
    #: [samples, width]: the states at the events; NaN for samples without an event.
    event_states: numpy.ndarray
    report: StepReport
    #: [samples]: why the solve of a sample failed; None if it did not fail.
    reasons: tuple[str | None, ...]


@dataclass(frozen=True)
class BlockMemory:
    """What a gradient stores for one block."""

    policy: str
    layers: int
    states: int
    records: int
    recomputed_steps: int
    tape_bytes: int
    total_tape_bytes: int


@dataclass(frozen=True)
class MemoryPlan:
    """What a gradient will store and what it will recompute, known before anything is allocated."""

    workers: int
    tile_columns: int
    tape_bytes: int
    scratch_bytes: int
    blocks: tuple[BlockMemory, ...]


@dataclass(frozen=True)
class NearIdentityGap:
    """Differences between feed-forward layers and the differential equation that they approximate: (largest, root mean square)."""

    layers_to_euler: tuple[float, float]
    layers_to_flow: tuple[float, float]
    euler_to_flow: tuple[float, float]


def solve(network: Model, features: ArrayLike, times: ArrayLike, event, block: int) -> Solution:
    """See Network.solve."""
    block = integer(block, "block")
    given = numpy.atleast_1d(numpy.asarray(times))
    # float32 times keep their type, because the library allows for the rounding of that type at the horizon.
    x, at = tensor_of(features, "features"), tensor_of(given if given.dtype == numpy.float32 else given.astype("float64"), "times")
    samples = x.array.shape[0] if x.array.ndim else 0
    width = _width(network, block)
    states, states_out = output((samples, at.array.size, width), network.dtype)
    ends, ends_out = output(samples, "int32")
    end_times, end_times_out = output(samples, "float64")
    event_states, event_states_out = output((samples, width), network.dtype)
    report, function = StepReportData(), None
    if event is not None:
        weights, level, *direction = event
        tensor = tensor_of(weights, "event weights")
        function = EventFunctionData(direction=direction[0] if direction else 0, weights=ctypes.pointer(tensor), level=level)
    library.sode_network_solve(
        network._pointer,
        block,
        ctypes.byref(x),
        ctypes.byref(at),
        None if function is None else ctypes.byref(function),
        ctypes.byref(states_out),
        ctypes.byref(ends_out),
        ctypes.byref(end_times_out),
        ctypes.byref(event_states_out),
        ctypes.byref(report),
    )
    failures = {failed.row: failed.reason for failed in failed_rows()}
    reasons = tuple(failures.get(sample) for sample in range(samples))
    return Solution(states, ends, end_times, event_states, step_report(report), reasons)


def memory_plan(network: Model, max_batch: int, memory: str | None, threads: int) -> MemoryPlan:
    """See Network.memory_plan."""
    policy = None if memory is None else text(memory, "memory")
    arguments = network._pointer, integer(max_batch, "max_batch"), policy, integer(threads, "threads")
    plan = MemoryPlanData()
    library.sode_network_memory_plan(*arguments, ctypes.byref(plan))
    blocks = []
    for index in range(network.block_count):
        part = BlockMemoryData()
        library.sode_network_block_memory(*arguments, index, ctypes.byref(part))
        blocks.append(
            BlockMemory(
                decode(part.policy),
                part.layers,
                part.states,
                part.records,
                part.recomputed_steps,
                part.tape_bytes,
                part.total_tape_bytes,
            )
        )
    return MemoryPlan(plan.workers, plan.tile_columns, plan.tape_bytes, plan.scratch_bytes, tuple(blocks))


def feed_forward(network: Model, block: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """See Network.feed_forward."""
    block = integer(block, "block")
    layers, width = _layers(network, block), _width(network, block)
    weights, weights_out = output((layers, width, width), "float64")
    biases, biases_out = output((layers, width), "float64")
    library.sode_network_get_feed_forward(network._pointer, block, ctypes.byref(weights_out), ctypes.byref(biases_out))
    return weights, biases


def set_feed_forward(network: Model, weights: ArrayLike, biases: ArrayLike | None, block: int) -> None:
    """See Network.set_feed_forward."""
    w = tensor_of(weights, "weights")
    b: Tensor | None = None if biases is None else tensor_of(biases, "biases")
    library.sode_network_set_feed_forward(
        network._pointer, integer(block, "block"), ctypes.byref(w), None if b is None else ctypes.byref(b)
    )


def near_identity_gap(network: Model, features: ArrayLike, block: int) -> NearIdentityGap:
    """See Network.near_identity_gap."""
    x, gap = tensor_of(features, "features"), NearIdentityGapData()
    library.sode_network_near_identity_gap(network._pointer, integer(block, "block"), ctypes.byref(x), ctypes.byref(gap))
    return NearIdentityGap(
        (gap.layers_to_euler_largest, gap.layers_to_euler_rms),
        (gap.layers_to_flow_largest, gap.layers_to_flow_rms),
        (gap.euler_to_flow_largest, gap.euler_to_flow_rms),
    )


def _layers(network, block):
    layers = ctypes.c_int64()
    library.sode_network_state_shape(network._pointer, block, ctypes.byref(layers), None)
    return layers.value


def _width(network, block):
    """Width of the visible state, which is the same in all blocks of a network."""
    return network.specification["width"] or network.inputs
