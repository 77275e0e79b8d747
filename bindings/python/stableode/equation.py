"""Blocks as differential equations: solutions at requested times, memory plans of gradients, and the feed-forward form.

END_HORIZON (1), END_EVENT (2) and END_FAILURE (3) are the values of `Solution.ends`: the sample's solve reached the horizon of its block, met
the event, or failed in its step control.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy

from ._encoded import encoded
from ._errors import InvalidArgumentError, UnsupportedTypeError
from ._library import decode, library
from ._structures import BlockMemoryData, EventFunctionData, MemoryPlanData, NearIdentityGapData, StepReportData, Tensor
from ._tensor import as_array, output, pass_tensor, tensor_of
from ._text import integer, real, text, thread_count
from .rows import failed_rows, row_flag

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ._model import Model

#: `Solution.ends` of a sample whose solve reached the horizon of its block (SODE_END_HORIZON).
END_HORIZON = 1
#: `Solution.ends` of a sample whose solve met the event (SODE_END_EVENT).
END_EVENT = 2
#: `Solution.ends` of a sample that could not begin or whose step control gave up; `Solution.reasons` says why (SODE_END_FAILURE).
END_FAILURE = 3


@dataclass(frozen=True)
class StepReport:
    """Counts of an integrator's work in one call, summed over the samples.

    Explicit integrators with fixed steps count nothing: their counts are 0.

    evaluations: evaluations of the field by adaptive and implicit integrators.
    accepted_steps, rejected_steps: steps that adaptive integrators tried, by whether their error was small enough.
    iterations: iterations of the equation solvers in implicit integrators.
    reconstruction_error: for memory="reversible", the largest |recovered − true| of a block's first state, relative to the largest |true|.
    """

    evaluations: int
    accepted_steps: int
    rejected_steps: int
    iterations: int
    reconstruction_error: float


def step_report(data: StepReportData) -> StepReport:
    """The report that the library filled in."""
    return StepReport(
        data.evaluations, data.accepted_steps, data.rejected_steps, data.iterations, data.reconstruction_error
    )


@dataclass(frozen=True)
class Solution:
    """The result of `Network.solve`: states of one block, and where each sample's solve ended.

    states: [samples, times, width] in the network's type, the visible states at the requested times; NaN at times before a sample's
    start and at times that it did not reach. Where states are images, width stands for channels, height, width, here and below.
    ends: [samples] of int32, how each solve ended: stableode.END_HORIZON (1), END_EVENT (2) or END_FAILURE (3).
    end_times: [samples] of float64, when each solve ended, in the block's time: 0 … horizon; NaN for samples that could not begin.
    event_states: [samples, width] in the network's type, the visible states at the events; NaN for samples without an event.
    report: a StepReport of the whole solve.
    reasons: for each sample, why its solve failed, as a sentence; None if it did not fail.
    restart_states: [samples, state width], the whole states at the events, from which `solve(start_states=…)` goes on. They are
    wider than event_states for Hamiltonian fields, whose states are (y, z).
    """

    states: numpy.ndarray
    ends: numpy.ndarray
    end_times: numpy.ndarray
    event_states: numpy.ndarray
    report: StepReport
    reasons: tuple[str | None, ...]
    restart_states: numpy.ndarray


@dataclass(frozen=True)
class BlockMemory:
    """What a gradient stores for one block, and what it recomputes.

    policy: the memory policy, one of `stableode.memory_policies()`; for "automatic", the one that it chose.
    layers: layers of the block, which are the steps of a forward pass.
    states: states that a tape (the stored states of one tile of samples) holds at once.
    records: records of steps (what the derivative of a step needs) that a tape holds at once.
    recomputed_steps: steps that one gradient computes a second time.
    tape_bytes, total_tape_bytes: bytes of the tape of one worker, and of the tapes of all workers.
    """

    policy: str
    layers: int
    states: int
    records: int
    recomputed_steps: int
    tape_bytes: int
    total_tape_bytes: int


@dataclass(frozen=True)
class MemoryPlan:
    """What a `Gradient` will store and what it will recompute, known before anything is allocated.

    workers: threads, each with its own scratch memory.
    tile_columns: samples in the largest tile; a tile is a part of the batch that is computed at once.
    tape_bytes: bytes of the tapes (stored states) of all blocks and workers, which the option memory_limit limits.
    scratch_bytes: bytes of all scratch memory, tapes included, as `Gradient.bytes` gives for a new Gradient.
    blocks: a BlockMemory for each block.
    """

    workers: int
    tile_columns: int
    tape_bytes: int
    scratch_bytes: int
    blocks: tuple[BlockMemory, ...]


@dataclass(frozen=True)
class NearIdentityGap:
    """Differences between feed-forward layers and the differential equation that they approximate, in a block's final states.

    Each is a pair (largest, root mean square) over all samples and features, of order 1 in the step size h.

    layers_to_euler: the layers against Euler's method with the same weights.
    layers_to_flow: the layers against the flow of the equation.
    euler_to_flow: Euler's method against the flow.
    """

    layers_to_euler: tuple[float, float]
    layers_to_flow: tuple[float, float]
    euler_to_flow: tuple[float, float]


def solve(network: Model, features: Any, times: ArrayLike, event: Any, block: int, start_states: Any, start_times: Any, rows_without_result: str = "error") -> Solution:
    """See Network.solve."""
    block = integer(block, "block")
    if features is None and start_states is None:
        raise InvalidArgumentError("features and start_states are None; one of them must be given")
    visible, whole = visible_shape(network, block), state_shape(network, block)
    x = None if features is None else tensor_of(encoded(features, network), "features")
    begin = None if start_states is None else tensor_of(_rows(as_array(start_states, "start_states"), whole), "start_states")
    at, starts = _times(times, "times"), None if start_times is None else _times(start_times, "start_times")
    given = begin if begin is not None else x
    samples = given.array.shape[0] if given is not None and given.array.ndim else 0
    width, state_width = math.prod(visible), math.prod(whole)
    states, states_out = output((samples, at.array.size, width), network.dtype)
    ends, ends_out = output(samples, "int32")
    end_times, end_times_out = output(samples, "float64")
    restart_states, restart_states_out = output((samples, state_width), network.dtype)
    report, function = StepReportData(), None if event is None else _event_function(event, visible)
    call = library.sode_network_solve_rows_or_nan if row_flag(rows_without_result) else library.sode_network_solve_from
    call(
        network._pointer,
        block,
        pass_tensor(x),
        pass_tensor(begin),
        pass_tensor(starts),
        ctypes.byref(at),
        None if function is None else ctypes.byref(function),
        ctypes.byref(states_out),
        ctypes.byref(ends_out),
        ctypes.byref(end_times_out),
        ctypes.byref(restart_states_out),
        ctypes.byref(report),
    )
    failures = {failed.row: failed.reason for failed in failed_rows()}
    reasons = tuple(failures.get(sample) for sample in range(samples))
    event_states = restart_states[:, :width].copy().reshape(samples, *visible)
    states, restart_states = states.reshape(samples, at.array.size, *visible), restart_states.reshape(samples, *whole)
    return Solution(states, ends, end_times, event_states, step_report(report), reasons, restart_states)


def _rows(array: numpy.ndarray, shape: tuple[int, ...]) -> numpy.ndarray:
    """Samples of `shape`, images for example, as rows of numbers."""
    return array.reshape(array.shape[0], math.prod(shape)) if array.shape[1:] == shape else array


def _times(times: ArrayLike, name: str) -> Tensor:
    given = numpy.atleast_1d(as_array(times, name))
    # float32 times keep their type, because the library allows for the rounding of that type at the horizon.
    return tensor_of(given if given.dtype == numpy.float32 else given.astype("float64"), name)


def _event_function(event: Any, visible: tuple[int, ...]) -> Any:
    if not isinstance(event, (tuple, list)) or len(event) not in (2, 3):
        raise UnsupportedTypeError(f"event is a {type(event).__name__}; it must be (weights, level) or (weights, level, direction)")
    weights, level, *direction = event
    function = EventFunctionData(direction=integer(direction[0], "event direction", -(2**31), 2**31 - 1) if direction else 0)
    weights = as_array(weights, "event weights")
    function.weights = ctypes.pointer(tensor_of(weights.reshape(-1) if weights.shape == visible else weights, "event weights"))
    function.level = real(level, "event level")
    return function


def memory_plan(network: Model, max_batch: int, memory: str | None, threads: int) -> MemoryPlan:
    """See Network.memory_plan."""
    policy = None if memory is None else text(memory, "memory")
    arguments = network._pointer, integer(max_batch, "max_batch"), policy, thread_count(threads)
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
    layers, width = layer_count(network, block), math.prod(visible_shape(network, block))
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
    x, gap = tensor_of(encoded(features, network), "features"), NearIdentityGapData()
    library.sode_network_near_identity_gap(network._pointer, integer(block, "block"), ctypes.byref(x), ctypes.byref(gap))
    return NearIdentityGap(
        (gap.layers_to_euler_largest, gap.layers_to_euler_rms),
        (gap.layers_to_flow_largest, gap.layers_to_flow_rms),
        (gap.euler_to_flow_largest, gap.euler_to_flow_rms),
    )


def layer_count(network: Model, block: int) -> int:
    """The layers of a block."""
    layers = ctypes.c_int64()
    library.sode_network_state_shape(network._pointer, block, ctypes.byref(layers), None)
    return layers.value


def state_shape(network: Model, block: int) -> tuple[int, ...]:
    """The shape of a block's whole state: (channels, height, width), or (features,)."""
    return _extents(library.sode_network_state_extents, network, block)


def visible_shape(network: Model, block: int) -> tuple[int, ...]:
    """The shape of the visible part of a block's state."""
    return _extents(library.sode_network_visible_extents, network, block)


def _extents(function: Any, network: Model, block: int) -> tuple[int, ...]:
    channels, height, width = (ctypes.c_int64() for _ in range(3))
    function(network._pointer, block, ctypes.byref(channels), ctypes.byref(height), ctypes.byref(width))
    image = channels.value, height.value, width.value
    return image[:1] if image[1:] == (1, 1) else image
