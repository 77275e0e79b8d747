#!/usr/bin/env python3
"""Checks a certificate of stability against the bytes of the model file that it is about.

    python check_certificate.py MODEL CERTIFICATE

This file needs Python 3.10 or later and nothing else: no NumPy, and nothing of the library that wrote model and certificate. It reads both files, compares their SHA-256 digests, and proves every number
of a certificate with the verdict `proved` again: norms of matrices, step-size conditions, Lipschitz bounds, and for a certified radius also the network's scores at the input and the rounding errors of
the library's arithmetic. The format is described in the library's guide page `certificate_format`.

How it proves:
- Formulas are evaluated in exact rationals, rounded outward to 256 bits.
- A spectral norm is proved by a Cholesky factorization of s²I − AAᵀ in float64 whose diagonal has been lowered by a bound of all rounding errors (Rump 2006, Verification of positive definiteness).
- A box of inputs is carried through the network in whole numbers, scaled by 2¹¹⁵² and rounded outward; the slopes on it bound each layer.
- The network is evaluated at an input in whole numbers, scaled by 2²⁵⁶, or by more where margins are lost in that; the error is a ball in ℓ₂ that every stage widens.
- Rounding errors of the library are bounded from the order in which it accumulates: over the inputs in ascending order by multiply-adds, which round once or twice, starting from the bias.

Exit status: 0 accepted, 1 rejected, 2 a file cannot be read, 3 the check broke off or its answer could not be written, so that nothing is verified.
"""

from __future__ import annotations

import argparse
import array
import hashlib
import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from operator import mul
from typing import Any, NoReturn

LARGEST_CERTIFICATE = 1 << 26
LARGEST_MODEL = 1 << 32
LARGEST_HEADER = 1 << 24
#: Multiplications of whole numbers in an evaluation of the network; 2³² take a quarter of an hour.
LARGEST_WORK = 1 << 32
#: The unit roundoff of float64, in which this file computes.
U = 2.0**-53

Json = dict[str, Any]
Matrix = list[list[float]]


class Rejected(Exception):
    """The certificate does not hold, or this file cannot prove it."""


class Imprecise(Rejected):
    """More places may prove what these do not."""


class Broken(Rejected):
    """The check ended by an error that it does not foresee, which is no proof."""


class Unreadable(Exception):
    """A file cannot be read."""


def reject(reason: str) -> NoReturn:
    raise Rejected(reason)


def require(condition: bool, reason: str) -> None:
    if not condition:
        raise Rejected(reason)


# ---- Outward rounding ---------------------------------------------------------------------------------------------------------------------------------------------------------------------------


def up(x: Fraction, bits: int = 256) -> Fraction:
    """The least number >= x >= 0 of `bits` significant binary digits, so that fractions stay short."""
    shift = x.numerator.bit_length() - x.denominator.bit_length() - bits
    if x == 0 or (x.denominator.bit_length() < bits and x.numerator.bit_length() < 2 * bits):
        return x
    if shift >= 0:
        return Fraction(-(-x.numerator // (x.denominator << shift)) << shift)
    return Fraction(-(-(x.numerator << -shift) // x.denominator), 1 << -shift)


def root_up(x: Fraction) -> Fraction:
    """An upper bound of √x; √x itself where it is rational."""
    require(x >= 0, "a square root of a negative number")
    n, d = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if n * n == x.numerator and d * d == x.denominator:
        return Fraction(n, d)
    bits = max(0, 512 - x.numerator.bit_length() + x.denominator.bit_length())
    shift = (bits + 1) & ~1
    return Fraction(math.isqrt((x.numerator << shift) // x.denominator) + 1, 1 << shift // 2)


def show(x: Fraction | float) -> str:
    try:
        return f"{float(x):.6g}"
    except OverflowError:
        return "a number beyond float64's"


# ---- JSON ---------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------


def read_json(text: bytes | str, what: str) -> Any:
    """A JSON text without duplicate keys, numbers that are not finite, or numbers of unreasonable length."""

    def pairs(members: list[tuple[str, Any]]) -> Json:
        result = dict(members)
        require(len(result) == len(members), f"{what} has a member twice")
        return result

    def whole(digits: str) -> int:
        require(len(digits) <= 20, f"{what} has a number of {len(digits)} digits")
        return int(digits)

    def real(digits: str) -> float:
        require(len(digits) <= 64, f"{what} has a number of {len(digits)} digits")
        number = float(digits)
        require(math.isfinite(number), f"{what} has a number that is not finite")
        return number

    def constant(name: str) -> NoReturn:
        reject(f"{what} has the number {name}")

    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return json.loads(text, object_pairs_hook=pairs, parse_int=whole, parse_float=real, parse_constant=constant)
    except RecursionError:
        reject(f"{what} is nested too deeply")
    except ValueError as error:
        reject(f"{what} is no JSON text: {str(error)[:200]}")


def members(value: Any, names: Iterable[str], what: str, optional: Iterable[str] = ()) -> Json:
    """An object that has all of the members `names`, perhaps some of `optional`, and no others."""
    require(isinstance(value, dict), f"{what} is no object")
    for name in names:
        require(name in value, f"{what} lacks the member {name}")
    unknown = set(value) - set(names) - set(optional)
    require(not unknown, f"{what} has a member that this version does not know: {sorted(unknown)[:1]}")
    return dict(value)


def number(value: Any, what: str) -> float:
    require(isinstance(value, (int, float)) and not isinstance(value, bool), f"{what} is no number")
    return float(value)


def exact(value: Any, what: str) -> Fraction:
    return Fraction(number(value, what))


def count(value: Any, what: str, least: int = 0, most: int = 1 << 31) -> int:
    require(isinstance(value, int) and not isinstance(value, bool) and least <= value <= most, f"{what} is no whole number from {least} to {most}")
    return int(value)


def text_of(value: Any, what: str) -> str:
    require(isinstance(value, str), f"{what} is no text")
    return str(value)


def list_of(value: Any, what: str) -> list[Any]:
    require(isinstance(value, list), f"{what} is no list")
    return list(value)


# ---- The model file -----------------------------------------------------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tensor:
    """A tensor of the file: its shape, its numbers as float64, and whether the file has them as float32."""

    shape: tuple[int, ...]
    numbers: array.array[float]
    is_single: bool


#: Options that say nothing about the function that a trained network computes.
INERT = {
    "seed", "initial_scale", "initial_bias", "memory", "checkpoint_every", "checkpoints", "memory_limit", "reconstruction_tolerance", "output_weights", "huber_delta", "quantiles",
    "margin_radius", "survival", "survival_decay", "dropout_rate", "noise_scale", "dropout_channels", "tableau_order", "solver_tolerance", "solver_iterations",
    # Of integrators that only statements about the equation allow, which hold for any integrator.
    "polynet_order", "base", "reversible_coupling", "absolute_tolerance", "relative_tolerance", "first_step", "max_steps", "recorded_steps",
}  # fmt: skip
#: Losses whose targets, and with them the scores, may be scaled.
SCALING_LOSSES = ("least_squares", "huber", "quantile", "poisson")
NETWORK_OPTIONS = {"precision", "inputs", "input_shape", "outputs", "opening", "opening_norm", "width", "readout", "readout_norm", "loss", "blocks"}
BLOCK_OPTIONS = {
    "field", "operator", "activation", "bias", "integrator", "layers", "horizon", "step_sizes", "weights_in_time", "basis_count", "noise", "survival_scaling", "hidden_width", "inner_normalization", "steps",
    "coupling", "gamma", "kernel", "padding", "groups", "dilation", "convolution", "form", "rotation", "multistep_shape", "multistep_start", "tableau_a", "tableau_b", "start", "dissipation_width", "epsilon",
}  # fmt: skip
CONNECTOR_OPTIONS = {
    "connector", "activation", "bias", "features", "channels", "stride", "margin", "kernel", "padding", "groups", "dilation", "convolution", "window", "window_stride", "window_margin", "norm",
}  # fmt: skip

#: Statements that hold whatever the weights of the fields are. They rest on the options of the blocks, and on the numbers k of linear_multistep.
WEIGHTLESS = ("zero_stability", "volume", "port_hamiltonian")
#: Further options of fields and of bases in time, on which no such statement depends.
FIELD_OPTIONS = {
    "normalization", "normalization_epsilon", "normalization_momentum", "normalization_batch", "normalization_groups", "cubic_rate", "activation_rate", "activation_form", "symmetric", "spline_degree",
}  # fmt: skip

#: Integrators that do not solve ẏ = f(y): an acceleration, a trained factor of time, a smoothing besides, noise, or several fields.
OTHER_EQUATIONS = ("leapfrog", "linear_multistep", "imex", "euler_maruyama", "revnet", "shake_shake", "fractal")

#: What may lie around an image; those after the first two repeat its pixels.
PADDINGS = ("zero", "periodic", "reflect", "replicate")
Shape = tuple[int, int, int]


@dataclass(eq=False)
class Stage:
    """A part of the network: its options, and the channels × height × width before and after it."""

    kind: str
    index: int
    options: Json
    before: Shape
    after: Shape
    #: The largest number up to which each question of `for_less` has been answered with yes.
    proved: dict[str, Fraction] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.kind} {self.index}" if self.kind in ("block", "connector") else self.kind

    def option(self, key: str) -> Any:
        require(key in self.options, f"the specification's {self.name} lacks the option {key}")
        return self.options[key]

    def choice(self, key: str) -> str:
        return text_of(self.option(key), f"{self.name}: {key}")

    def whole(self, key: str) -> int:
        return count(self.option(key), f"{self.name}: {key}", -1)

    def real(self, key: str) -> Fraction:
        return exact(self.option(key), f"{self.name}: {key}")

    def step_sizes(self) -> list[Fraction]:
        """The step size of each layer of a block: those that are given, or equal parts of the horizon. The number of layers may be left out beside step sizes."""
        given = numbers_of(self.options.get("step_sizes", ""), "step_sizes")
        layers = self.whole("layers") if "layers" in self.options or not given else len(given)
        require(1 <= layers <= 1_000_000, f"{self.name} has {layers} layers")
        require(not given or len(given) == layers, f"{self.name} has another number of step sizes than layers")
        sizes = given or [float(self.real("horizon")) / layers] * layers
        require(all(h > 0 and math.isfinite(h) for h in sizes), f"{self.name} has a step size that is not positive")
        return [Fraction(h) for h in sizes]

    @property
    def is_double(self) -> bool:
        """Whether a block's state is two states of the field, one behind the other, which both come in."""
        return self.choice("field") == "hamiltonian_h" or (self.choice("integrator") == "linear_multistep" and self.choice("multistep_start") == "given")

    def entries(self) -> list[int]:
        """The entry of the tensors that each layer of a block uses."""
        sizes = [float(h) for h in self.step_sizes()]
        layers, time = len(sizes), self.choice("weights_in_time")
        if time == "layers":
            return list(range(layers))
        if time == "shared":
            return [0] * layers
        require(time == "piecewise_constant", f"{self.name}: weights_in_time {time[:32]} is not verified by this version")
        pieces = self.whole("basis_count")
        require(1 <= pieces <= layers, f"{self.name} has {pieces} pieces of weights and {layers} layers")
        # Of equal length in time: a layer uses that in which its midpoint lies, by the library's own arithmetic in float64.
        if len(set(sizes)) > 1:
            times = [0.0]
            for h in sizes:
                times.append(times[-1] + h)
            end, midpoints = times[-1], [0.5 * (a + b) for a, b in zip(times, times[1:], strict=False)]
        else:
            end = sizes[0] * layers if numbers_of(self.options.get("step_sizes", ""), "step_sizes") else float(self.real("horizon"))
            midpoints = [end * (j + 0.5) / layers for j in range(layers)]
        places = [t / end * pieces for t in midpoints]
        found = [min(round(place) if abs(place - round(place)) < 1e-9 else math.floor(place), pieces - 1) for place in places]
        require(set(found) == set(range(pieces)), f"{self.name} has a piece of weights that no layer uses")
        return found


def features(shape: Shape) -> int:
    return shape[0] * shape[1] * shape[2]


def numbers_of(value: Any, what: str) -> list[float]:
    """A list of numbers, which a specification may also write as a text with commas: decimal digits without underscores, and no empty entry."""
    if isinstance(value, str):
        require(set(value) <= set("0123456789+-.eE, \t\n\r\v\f"), f"{what} is no list of numbers")
        try:
            found = [float(part) for part in value.split(",")] if value.strip() else []
        except ValueError:
            reject(f"{what} is no list of numbers: an entry is empty or no number")
        require(all(map(math.isfinite, found)), f"{what} has a number that is not finite")
        return found
    return [number(item, what) for item in list_of(value, what)]


class Model:
    """The contents of a model file: tensors, and the stages of the network, whose shapes and tensors are checked. Without `weights` the stages are the blocks alone, with their options and no shapes."""

    def __init__(self, data: bytes, weights: bool = True) -> None:
        require(len(data) >= 8, "the model file has no header")
        length = int.from_bytes(data[:8], "little")
        require(2 <= length <= LARGEST_HEADER and 8 + length <= len(data), "the model file does not begin with the length of its header")
        header = read_json(data[8 : 8 + length], "the model's header")
        require(isinstance(header, dict), "the model's header is no object")
        metadata = header.pop("__metadata__", None)
        require(isinstance(metadata, dict) and metadata.get("format") == "stableode" and metadata.get("format_version") == "1", "the file is no model of format version 1")
        require("training" not in metadata, "the file is a checkpoint; a certificate is about a model file")
        self.tensors = self._tensors(header, data, 8 + length)
        specification = read_json(text_of(metadata.get("specification"), "the specification"), "the specification")
        self.stages: list[Stage] = []
        self._expected: dict[str, tuple[int, ...]] = {}
        self._entries: dict[tuple[str, int], Matrix] = {}
        self.has_shapes = weights
        if weights:
            self._build(specification)
            self._check_tensors()
        else:
            self._read_blocks(specification)

    @staticmethod
    def _tensors(header: Json, data: bytes, start: int) -> dict[str, Tensor]:
        tensors: dict[str, Tensor] = {}
        described = []
        for name, value in header.items():
            entry = members(value, ("dtype", "shape", "data_offsets"), f"tensor {name[:64]}")
            shape = tuple(count(n, f"the shape of {name[:64]}", 0, 1 << 40) for n in list_of(entry["shape"], "a shape"))
            offsets = [count(n, "an offset", 0, LARGEST_MODEL) for n in list_of(entry["data_offsets"], "the offsets")]
            require(entry["dtype"] in ("F32", "F64") and len(offsets) == 2 and len(shape) <= 8, f"tensor {name[:64]} is not described as a model's")
            described.append((offsets[0], offsets[1], name, shape, entry["dtype"] == "F32"))
        place = 0
        for first, last, name, shape, is_single in sorted(described):
            size = math.prod(shape) * (4 if is_single else 8)
            require(first == place and last == first + size and start + last <= len(data), f"tensor {name[:64]} does not lie behind the one before it")
            place = last
            stored: array.array[float] = array.array("f" if is_single else "d", data[start + first : start + last])
            if sys.byteorder != "little":
                stored.byteswap()
            values = array.array("d", stored) if is_single else stored
            require(all(map(math.isfinite, values)), f"tensor {name[:64]} has a number that is not finite")
            tensors[name] = Tensor(shape, values, is_single)
        require(start + place == len(data), "the model file has bytes that belong to no tensor")
        return tensors

    # -- the specification

    def _build(self, specification: Any) -> None:
        require(isinstance(specification, dict), "the specification is no object")
        unknown = set(specification) - NETWORK_OPTIONS - INERT
        require(not unknown, f"the specification has an option that this version does not know: {sorted(unknown)[:1]}")
        self.specification: Json = specification
        whole = Stage("network", 0, specification, (0, 0, 0), (0, 0, 0))
        self.precision = whole.choice("precision")
        require(self.precision in ("float32", "float64"), "the specification's precision is neither float32 nor float64")
        self.outputs = whole.whole("outputs")
        extents = [int(n) for n in numbers_of(specification.get("input_shape", ""), "input_shape")]
        require(len(extents) in (0, 2, 3) and all(n > 0 for n in extents), "input_shape has neither 2 nor 3 extents")
        if extents:
            shape = (extents[0], extents[1] if len(extents) == 3 else 1, extents[-1])
        else:
            shape = (whole.whole("inputs"), 1, 1)
        self.inputs = features(shape)
        require(specification.get("inputs", self.inputs) == self.inputs, "inputs and input_shape differ")
        if "normalization.shift" in self.tensors or "normalization.scale" in self.tensors:
            for name in ("normalization.shift", "normalization.scale"):
                self._expected[name] = (self.inputs,)
            self.stages.append(Stage("normalization", 0, {}, shape, shape))
            if "normalization.squash" in self.tensors:
                self._expected["normalization.squash"] = (self.inputs,)
        for name in ("opening_norm", "readout_norm"):
            require(specification.get(name, "free") == "free", f"{name} is not free: the weights in use are not those of the file, which this version does not verify")
        width, opening = whole.whole("width"), whole.choice("opening")
        if opening == "dense":
            after = (width or self.inputs, 1, 1)
            if len(extents) > 0:
                require(width > 0, "a dense opening of an image needs a width")
            self._expected["opening.W"] = (after[0], self.inputs)
            self._expected["opening.b"] = (after[0],)
        elif opening == "zero_padding":
            after = (width or shape[0], shape[1], shape[2])
            require(after[0] >= shape[0], "the width is less than the inputs")
        else:
            reject(f"opening {opening} is not verified by this version")
        self.stages.append(Stage("opening", 0, specification, shape, after))
        shape = after
        blocks = connectors = 0
        for element in list_of(whole.options.get("blocks"), "the specification's blocks"):
            require(isinstance(element, dict), "an element of blocks is no object")
            is_block = "connector" not in element
            kind, index = ("block", blocks) if is_block else ("connector", connectors)
            unknown = set(element) - (BLOCK_OPTIONS if is_block else CONNECTOR_OPTIONS) - INERT
            require(not unknown, f"the specification's {kind} {index} has an option that this version does not know: {sorted(unknown)[:1]}")
            stage = Stage(kind, index, element, shape, shape)
            if is_block:
                self._block(stage)
                blocks += 1
            else:
                stage.after = self._connector(stage)
                connectors += 1
            self.stages.append(stage)
            shape = stage.after
        readout = whole.choice("readout")
        require(readout in ("dense", "identity"), f"readout {readout} is not verified by this version")
        if readout == "dense":
            self._expected["readout.W"] = (self.outputs, features(shape))
            self._expected["readout.b"] = (self.outputs,)
        else:
            require(features(shape) == self.outputs, "the state has another number of features than the readout identity has outputs")
        self.stages.append(Stage("readout", 0, specification, shape, (self.outputs, 1, 1)))

    def _read_blocks(self, specification: Any) -> None:
        """The blocks' options, for statements that hold whatever the weights are."""
        require(isinstance(specification, dict), "the specification is no object")
        for element in list_of(specification.get("blocks"), "the specification's blocks"):
            require(isinstance(element, dict), "an element of blocks is no object")
            if "connector" in element:
                continue
            stage = Stage("block", len(self.stages), element, (0, 0, 0), (0, 0, 0))
            unknown = set(element) - BLOCK_OPTIONS - INERT - FIELD_OPTIONS
            require(not unknown, f"the specification's {stage.name} has an option that this version does not know: {sorted(unknown)[:1]}")
            require(stage.options.get("padding", "zero") in PADDINGS, f"{stage.name}: the padding is unknown")
            require(stage.choice("field") != "hamiltonian_h" or stage.choice("coupling") == "separable", f"{stage.name}: coupling {stage.options.get('coupling')} is not verified by this version")
            require(stage.options.get("steps", "plain") == "plain" or stage.choice("field") == "gradient_flow", f"{stage.name}: the field {stage.choice('field')} has no steps {stage.options.get('steps')}")
            layers = len(stage.step_sizes())
            if stage.choice("integrator") == "linear_multistep":
                count_k, stored = self._multistep_layers(stage, layers), self.tensors.get(f"blocks.{stage.index}.k")
                require(count_k == 0 or (stored is not None and len(stored.shape) == 2 and stored.shape[0] == count_k and stored.shape[1] >= 1), f"{stage.name}: the model has not the tensor k that {layers} layers ask for")
            self.stages.append(stage)

    @staticmethod
    def _multistep_layers(stage: Stage, layers: int) -> int:
        """How many layers have a number k: the first has no earlier state where the method begins with a step of Euler."""
        start = stage.choice("multistep_start")
        require(start in ("euler", "given"), f"{stage.name}: multistep_start {start[:32]} is unknown")
        return layers - 1 if start == "euler" else layers

    def _bias(self, name: str, stage: Stage, outputs: int, leading: tuple[int, ...] = ()) -> None:
        kind = stage.choice("bias")
        require(kind in ("none", "scalar", "vector"), f"{stage.name}: bias {kind} is unknown")
        if kind != "none":
            self._expected[name] = (*leading, 1 if kind == "scalar" else outputs)

    def _block(self, stage: Stage) -> None:
        kind = stage.choice("field")
        operator = stage.choice("operator")
        require(operator in ("dense", "convolution"), f"{stage.name}: operator {operator} is unknown")
        require(stage.choice("activation") in ACTIVATIONS, f"{stage.name}: the activation is unknown")
        require(stage.options.get("inner_normalization", "none") == "none", f"{stage.name}: inner_normalization is not verified by this version")
        noise = stage.choice("noise")
        require(noise in ("none", "dropout", "gaussian", "uniform", "stochastic_depth"), f"{stage.name}: noise {noise[:32]} is not verified by this version")
        require(noise != "stochastic_depth" or stage.choice("survival_scaling") == "inverted", f"{stage.name}: survival_scaling none changes the trained network; it is not verified")
        layers, entries = len(stage.step_sizes()), max(stage.entries()) + 1
        width = stage.before[0] if operator == "convolution" else features(stage.before)
        if stage.is_double:
            require(width % 2 == 0 and (kind == "hamiltonian_h") != (stage.choice("integrator") == "linear_multistep"), f"{stage.name}: a state of two parts needs an even width")
            width //= 2
        hidden = stage.options.get("hidden_width", 0) or width
        prefix = f"blocks.{stage.index}."
        taps = self._taps(stage, stage.before) if operator == "convolution" else ()
        groups = stage.whole("groups") if operator == "convolution" else 1

        def weight(name: str, outputs: int, inputs: int) -> None:
            require(outputs % groups == 0 and inputs % groups == 0, f"{stage.name}: groups do not divide the channels")
            self._expected[prefix + name] = (entries, outputs, inputs // groups, *taps)

        def bias(name: str, outputs: int) -> None:
            self._bias(prefix + name, stage, outputs, (entries,))

        if kind in ("dense", "antisymmetric", "antisymmetric_damped", "hamiltonian", "second_order", "gradient_flow"):
            rows = hidden if kind in ("gradient_flow", "second_order") else width
            weight("K", rows, width)
            bias("b", rows)
            if stage.options.get("steps", "plain") == "row_sums":
                require(kind == "gradient_flow", f"{stage.name}: the field {kind} has no steps row_sums")
                self._expected[prefix + "log_q"] = (entries, rows)
            else:
                require(stage.options.get("steps", "plain") == "plain", f"{stage.name}: steps {stage.options.get('steps')} are not verified by this version")
        elif kind == "negative_definite":
            weight("C", hidden, width)
            bias("b", width)
        elif kind == "hamiltonian_h":
            require(stage.choice("coupling") == "separable", f"{stage.name}: coupling {stage.choice('coupling')} is not verified by this version")
            for name in ("p", "q"):
                weight("K" + name, hidden, width)
                bias("b" + name, hidden)
        elif kind in ("two_layer", "hamiltonian_two_weight"):
            weight("K1", hidden, width)
            bias("b1", hidden)
            back = kind == "two_layer"
            weight("K2", width if back else hidden, hidden if back else width)
            bias("b2", width if back else hidden)
        elif kind == "rotate_relax":
            rotation = stage.options.get("rotation", "channels")
            require(rotation in ("channels", "kernel"), f"{stage.name}: rotation {str(rotation)[:32]} is unknown")
            if operator == "convolution" and rotation == "channels":
                # A mixes the channels of each pixel, in no groups.
                self._expected[prefix + "A"] = (entries, width, width, 1)
            else:
                weight("A", width, width)
            weight("K", hidden, width)
            bias("b", hidden)
        else:
            reject(f"{stage.name}: field {kind} is not verified by this version")
        if stage.choice("integrator") == "linear_multistep":
            count_k = self._multistep_layers(stage, layers)
            if count_k > 0:
                self._expected[prefix + "k"] = (count_k, 1 if stage.choice("multistep_shape") == "scalar" else width)

    @staticmethod
    def _taps(stage: Stage, shape: Shape) -> tuple[int, ...]:
        kernel = stage.whole("kernel")
        height, width = (1 if shape[1] == 1 else kernel), (1 if shape[2] == 1 else kernel)
        return (height * width,)

    def _connector(self, stage: Stage) -> Shape:
        kind = stage.choice("connector")
        require(stage.options.get("norm", "free") == "free", f"{stage.name}: norm is not free: the weights in use are not those of the file, which this version does not verify")
        shape, prefix = stage.before, f"connectors.{stage.index}."
        if kind in ("dense", "convolution", "activation"):
            require(stage.choice("activation") in ACTIVATIONS, f"{stage.name}: the activation is unknown")
        if kind == "dense":
            outputs = stage.whole("features")
            self._expected[prefix + "W"] = (outputs, features(shape))
            self._bias(prefix + "b", stage, outputs)
            return (outputs, 1, 1)
        if kind == "convolution":
            outputs, groups = stage.whole("channels") or shape[0], stage.whole("groups")
            require(groups >= 1 and outputs % groups == 0 and shape[0] % groups == 0, f"{stage.name}: groups do not divide the channels")
            self._expected[prefix + "K"] = (outputs, shape[0] // groups, *self._taps(stage, shape))
            self._bias(prefix + "b", stage, outputs)
            return (outputs, *extents_of(geometry(stage)))
        if kind in ("average_pooling", "max_pooling"):
            return (shape[0], self._windows(stage, shape[1]), self._windows(stage, shape[2]))
        if kind == "global_average":
            return (shape[0], 1, 1)
        if kind == "flatten":
            return (features(shape), 1, 1)
        if kind in ("first_channels", "channel_copies"):
            channels = stage.whole("channels") or shape[0]
            require((channels <= shape[0]) if kind == "first_channels" else channels >= 1, f"{stage.name}: the channels do not fit")
            return (channels, shape[1], shape[2])
        if kind == "channel_padding":
            step = stage.whole("stride")
            require(step >= 1, f"{stage.name}: the stride is not positive")
            require((stage.whole("channels") or shape[0]) >= shape[0], f"{stage.name}: the channels do not fit")
            return (stage.whole("channels") or shape[0], -(-shape[1] // step), -(-shape[2] // step))
        if kind in ("activation", "dropout"):
            return shape
        reject(f"{stage.name}: connector {kind} is not verified by this version")

    @staticmethod
    def _windows(stage: Stage, n: int) -> int:
        if n == 1:
            return 1
        window, step, margin = stage.whole("window"), stage.whole("window_stride"), stage.whole("window_margin")
        require(window >= 1 and margin >= 0 and n + 2 * margin >= window, f"{stage.name}: the window does not fit the image")
        return (n + 2 * margin - window) // (step or window) + 1

    def _check_tensors(self) -> None:
        if "targets.shift" in self.tensors or "targets.scale" in self.tensors:
            loss = self.specification.get("loss")
            require(loss in SCALING_LOSSES, f"the loss {str(loss)[:32]} has no targets that could be scaled, so that nobody knows what the tensors targets.shift and targets.scale mean")
            # Neighboring outputs may be quantiles of one target.
            targets = self.tensors["targets.scale"].shape if "targets.scale" in self.tensors else (0,)
            require(len(targets) == 1 and targets[0] > 0 and self.outputs % targets[0] == 0, "the scales of the targets do not fit the outputs")
            for name in ("targets.shift", "targets.scale"):
                self._expected[name] = targets
        require(set(self.tensors) == set(self._expected), f"the model's tensors are not those of its specification: {sorted(set(self.tensors) ^ set(self._expected))[:2]}")
        for name, shape in self._expected.items():
            tensor = self.tensors[name]
            require(tensor.shape == shape, f"tensor {name} has the shape {tensor.shape}; its specification asks for {shape}")
            if not name.startswith(("normalization.", "targets.")):
                require(tensor.is_single == (self.precision == "float32"), f"tensor {name} is not in the model's precision")

    # -- its numbers

    @cached_property
    def squashed(self) -> list[bool]:
        """Whether each input enters as asinh of its normalized number."""
        flags = self.tensors["normalization.squash"].numbers if "normalization.squash" in self.tensors else [0.0] * self.inputs
        require(all(flag in (0, 1) for flag in flags), "a flag of normalization.squash is neither 0 nor 1")
        return [flag == 1 for flag in flags]

    def matrix(self, name: str, entry: int | None = None) -> Matrix:
        """The matrix of a tensor, or of an entry of a block's tensor, by rows; a kernel's row has the numbers of an output channel."""
        key = (name, -1 if entry is None else entry)
        if key not in self._entries:
            tensor = self.tensors[name]
            shape = tensor.shape if entry is None else tensor.shape[1:]
            rows, columns = shape[0], math.prod(shape[1:])
            first = 0 if entry is None else entry * rows * columns
            self._entries[key] = [list(tensor.numbers[first + i * columns : first + (i + 1) * columns]) for i in range(rows)]
        return self._entries[key]

    def frobenius(self, name: str, entry: int | None = None) -> Fraction:
        """An upper bound of the Euclidean length of a matrix's numbers."""
        return up(root_up(sum((sum_of_squares(row) for row in self.matrix(name, entry)), ZERO)))

    def vector(self, name: str, length: int, entry: int | None = None) -> list[float]:
        """A bias of `length` numbers: zeros if there is none, a scalar or a channel's number repeated."""
        if name not in self.tensors:
            return [0.0] * length
        tensor = self.tensors[name]
        n = tensor.shape[-1]
        first = 0 if entry is None else entry * n
        values = list(tensor.numbers[first : first + n])
        require(length % n == 0, f"tensor {name} does not fit its place")
        return [x for x in values for _ in range(length // n)]


def geometry(stage: Stage) -> Json:
    """The geometry of a convolution as a certificate describes it."""
    shape, kernel, dilation = stage.before, stage.whole("kernel"), stage.whole("dilation")
    padding = stage.choice("padding")
    sizes = [1 if n == 1 else kernel for n in shape[1:]]
    # Along an axis of one pixel, too, where they have no effect.
    is_block, spread = stage.kind == "block", [dilation] * 2
    steps = [1 if is_block else stage.whole("stride")] * 2
    margin = -1 if is_block else stage.whole("margin")
    before = [(k - 1) * d // 2 if margin < 0 else (0 if n == 1 else margin) for k, d, n in zip(sizes, spread, shape[1:], strict=True)]
    after = [(k - 1) * d - b if margin < 0 else b for k, d, b in zip(sizes, spread, before, strict=True)]
    require(kernel >= 1 and dilation >= 1 and all(s >= 1 for s in steps), f"{stage.name}: kernel, stride or dilation is not positive")
    require(padding in PADDINGS, f"{stage.name}: the padding is unknown")
    padding = "zero" if padding != "periodic" and before == after == [0, 0] else padding
    # Layers' conditions may rest on no norm; what rests on a connector's kernel asks `with_known_padding`.
    require(not is_block or padding in PADDINGS[:2], f"{stage.name}: padding {padding} is not verified: it uses pixels at the edge several times")
    channels = shape[0] // 2 if is_block and stage.is_double else shape[0]
    outputs = (stage.options.get("hidden_width", 0) if is_block else stage.whole("channels")) or channels
    return {
        "channels_in": channels, "channels_out": outputs, "groups": stage.whole("groups"), "height": shape[1], "width": shape[2], "kernel": sizes, "stride": steps,
        "dilation": spread, "before": before, "after": after, "padding": padding,
    }  # fmt: skip


def with_known_padding(place: Json | None) -> Json | None:
    """The geometry, of a convolution whose norms and results are known here."""
    require(place is None or place["padding"] in PADDINGS[:2], "a padding that uses pixels at the edge several times is not verified")
    return place


def shows_once(place: Json) -> bool:
    """Whether no result of a convolution is there several times, as it is around a torus with a wide margin; the norm is then up to √(number of copies) times that of the torus."""
    extents = zip(extents_of(place), (place["height"], place["width"]), place["stride"], strict=True)
    return place["padding"] == "zero" or all(results <= n // math.gcd(n, step) for results, n, step in extents)


def extents_of(place: Json) -> tuple[int, int]:
    """Height and width of a convolution's output."""
    sizes = []
    for n, before, after, kernel, stride, dilation in zip((place["height"], place["width"]), *(place[key] for key in ("before", "after", "kernel", "stride", "dilation")), strict=True):
        left = n + before + after - (kernel - 1) * dilation - 1
        require(left >= 0, "a kernel is larger than its image")
        sizes.append(int(left // stride + 1))
    return sizes[0], sizes[1]


# ---- Activations --------------------------------------------------------------------------------------------------------------------------------------------------------------------------------

#: A fixed-point number n stands for n·2^−PLACES. `fixed_point` sets these numbers, and UNIT.
PLACES = 256
ONE = 1 << PLACES
UNIT = Fraction(1, ONE)
_GUARD = 96
_WIDE = PLACES + _GUARD
#: In which the network is evaluated, one after the other until its margins are proved. The last ones hold every number of float64, and products of three.
ALL_PLACES = (256, 1280, 4352)


def _inverse_tangent_series(n: int, sign: int) -> int:
    """artanh(1/n) for sign 1, arctan(1/n) for sign −1, with _WIDE places."""
    total = power = (1 << _WIDE) // n
    k = 1
    while power:
        power //= n * n
        k += 2
        total += power // k * (sign if k % 4 == 3 else 1)
    return total


_LOG_2 = 2 * _inverse_tangent_series(3, 1)
_PI = 16 * _inverse_tangent_series(5, -1) - 4 * _inverse_tangent_series(239, -1)


@contextmanager
def fixed_point(places: int) -> Iterator[None]:
    """Fixed-point numbers of so many binary places within a `with` block."""
    global PLACES, ONE, UNIT, _WIDE, _LOG_2, _PI
    before = (PLACES, ONE, UNIT, _WIDE, _LOG_2, _PI)
    PLACES, ONE, UNIT, _WIDE = places, 1 << places, Fraction(1, 1 << places), places + _GUARD
    if places != before[0]:
        _LOG_2, _PI = 2 * _inverse_tangent_series(3, 1), 16 * _inverse_tangent_series(5, -1) - 4 * _inverse_tangent_series(239, -1)
    try:
        yield
    finally:
        PLACES, ONE, UNIT, _WIDE, _LOG_2, _PI = before


def fixed_exp(x: int) -> int:
    """exp x for fixed-point x <= 2^12, within one unit relative to max(1, exp x)."""
    wide = x << _GUARD
    k = wide // _LOG_2
    if k < -PLACES - 2:
        return 0
    rest = (wide - k * _LOG_2) >> 16
    total = term = 1 << _WIDE
    n = 1
    while term:
        term = (term * rest >> _WIDE) // n
        total += term
        n += 1
    for _ in range(16):
        total = total * total >> _WIDE
    return total >> (_GUARD - k) if k <= _GUARD else total << (k - _GUARD)


def _log1p(x: int) -> int:
    """log(1 + x) for 0 <= x <= 1, as 2 artanh(x/(2 + x))."""
    z = (x << _WIDE) // ((2 << PLACES) + x)
    square = z * z >> _WIDE
    total, power, k = 0, z, 1
    while power:
        total += power // k
        power = power * square >> _WIDE
        k += 2
    return 2 * total >> _GUARD


def _decay(x: int, factor: int = 1) -> int:
    """exp(−factor·|x|); 0 where that is less than a unit."""
    return fixed_exp(-factor * abs(x)) if abs(x) * factor < PLACES * ONE else 0


def _tanh(x: int) -> int:
    e = _decay(x, 2)
    value = ((ONE - e) << PLACES) // (ONE + e)
    return value if x >= 0 else -value


def _sigmoid(x: int) -> int:
    e = _decay(x)
    return ((ONE if x >= 0 else e) << PLACES) // (ONE + e)


def _softplus(x: int) -> int:
    return max(x, 0) + _log1p(_decay(x))


def _asinh(x: int) -> int:
    """log(|x| + √(x² + 1)) with the sign of x."""
    wide = abs(x) << _GUARD
    total = wide + math.isqrt(wide * wide + (1 << 2 * _WIDE))
    k = total.bit_length() - 1 - _WIDE
    value = _log1p(((total >> k) - (1 << _WIDE)) >> _GUARD) + (k * _LOG_2 >> _GUARD)
    return value if x >= 0 else -value


def _smooth_relu(x: int) -> int:
    eta = ONE // 10
    if x <= -eta:
        return 0
    return x if x >= eta else ((x + eta) * (x + eta) * 10 >> PLACES) // 4


def _sin(x: int) -> int:
    wide = (x << _GUARD) % (2 * _PI)
    if abs(x) >> PLACES > 1 << 48:
        reject("the sine of a number beyond 2^48 is not verified")
    total, term, n, square = 0, wide, 1, wide * wide >> _WIDE
    while term:
        total += term
        term = -((term * square >> _WIDE) // ((n + 1) * (n + 2)))
        n += 2
    return total >> _GUARD


def _normal_distribution(x: int) -> int:
    """Φ(x) by the series of the error function; where exp(−x²/2) is less than 2^−(PLACES + 4) it is 0 or 1."""
    if abs(x) > (math.isqrt((PLACES + 4) * 7 // 5) + 1) * ONE:
        return ONE if x > 0 else 0
    # The series' terms are up to exp(x²/2) times as large as its sum.
    extra = 2 * PLACES
    finer = PLACES + extra
    wide = x << extra
    square = wide * wide >> finer
    total, term, n = 0, wide, 0
    while term and n < 64 * PLACES:
        total += term // (2 * n + 1)
        n += 1
        term = -((term * square >> finer) // (2 * n))
    root = math.isqrt(2 * _PI << _WIDE)
    return ONE // 2 + ((total >> (extra - _GUARD)) << PLACES) // root


@dataclass(frozen=True)
class Activation:
    """σ: the range [least, most] of its slopes, its error in the library in ulps, a bound of |σ(0)|, and σ in fixed point."""

    least: Fraction
    most: Fraction
    ulps: int
    at_zero: Fraction
    value: Callable[[int], int]
    is_bounded: bool = False
    #: Whether the error of `value`, else a few units, grows with its argument, as that of a product does.
    grows: bool = False

    @property
    def size(self) -> Fraction:
        """The largest magnitude of a slope."""
        return max(abs(self.least), self.most)


def _leak(x: int) -> int:
    return x if x >= 0 else x // 100


ZERO, HALF, WHOLE = Fraction(0), Fraction(1, 2), Fraction(1)
#: float32(0.01) and the ends of the slopes of gelu and silu are float64 numbers just outside of the ranges.
ACTIVATIONS = {
    "identity": Activation(WHOLE, WHOLE, 0, ZERO, lambda x: x),
    "tanh": Activation(ZERO, WHOLE, 3, ZERO, _tanh, True),
    "relu": Activation(ZERO, WHOLE, 0, ZERO, lambda x: max(x, 0)),
    "sigmoid": Activation(ZERO, Fraction(1, 4), 3, HALF, _sigmoid, True),
    "softplus": Activation(ZERO, WHOLE, 3, Fraction(0.6931471805599454), _softplus),
    "smooth_relu": Activation(ZERO, WHOLE, 5, Fraction(1, 40), _smooth_relu),
    "leaky_relu": Activation(Fraction(0.009999999776482582), WHOLE, 1, ZERO, _leak),
    "elu": Activation(ZERO, WHOLE, 2, ZERO, lambda x: x if x >= 0 else _decay(x) - ONE),
    "sin": Activation(-WHOLE, WHOLE, 3, ZERO, _sin, True),
    "gelu": Activation(Fraction(-0.1289041451851548), Fraction(1.128904145185155), 7, ZERO, lambda x: x * _normal_distribution(x) >> PLACES, grows=True),
    "silu": Activation(Fraction(-0.09983932012886693), Fraction(1.099839320128867), 6, ZERO, lambda x: x * _sigmoid(x) >> PLACES, grows=True),
}


# ---- Norms --------------------------------------------------------------------------------------------------------------------------------------------------------------------------------------


@dataclass
class Whole:
    """A matrix of whole numbers: the matrix meant is 2^power times a matrix within `error` of these, number by number."""

    rows: list[list[int]]
    power: int
    error: int

    def transposed(self) -> Whole:
        return Whole([list(column) for column in zip(*self.rows, strict=True)], self.power, self.error)

    def minus_transposed(self, sign: int = 1) -> Whole:
        """½(A − Aᵀ), or ½(A + Aᵀ) for sign −1."""
        turned = list(zip(*self.rows, strict=True))
        return Whole([[a - sign * b for a, b in zip(row, column, strict=True)] for row, column in zip(self.rows, turned, strict=True)], self.power - 1, 2 * self.error)

    def with_diagonal(self, value: Fraction) -> Whole:
        """A + value·I of a matrix that is exact; the value is a number of float64, or a product of such."""
        require(self.error == 0, "the weights are spread over too many magnitudes")
        units = value / Fraction(2) ** self.power
        places = units.denominator.bit_length() - 1
        rows = [[x << places for x in row] for row in self.rows]
        for i, row in enumerate(rows):
            row[i] += (units.numerator << places) // units.denominator
        return Whole(rows, self.power - places, 0)

    def with_rows(self, factors: Sequence[int], power: int) -> Whole:
        """diag(f)A for f = `factors`·2^power of a matrix that is exact."""
        require(self.error == 0, "the weights are spread over too many magnitudes")
        return Whole([[f * x for x in row] for f, row in zip(factors, self.rows, strict=True)], self.power + power, 0)

    def shortened(self, bits: int) -> Whole:
        """The same matrix in numbers of at most this many bits, which a proof multiplies sooner."""
        cut = max(max((abs(x) for row in self.rows for x in row), default=0).bit_length() - bits, 0)
        return Whole([[x >> cut for x in row] for row in self.rows], self.power + cut, (self.error >> cut) + 2) if cut else self


#: So many bits hold all numbers of float64 side by side.
EXACT = 2200


def whole(matrix: Matrix, most_bits: int) -> Whole:
    """A matrix as whole numbers of at most `most_bits` bits; exact where those suffice."""
    largest = max((abs(x) for row in matrix for x in row), default=0.0)
    if largest == 0:
        return Whole([[0] * len(row) for row in matrix], 0, 0)
    top = math.frexp(largest)[1]
    bits = 62
    while True:
        # ldexp is exact here: it never overflows, and what underflows is not whole either.
        is_exact = all(math.ldexp(x, bits - top).is_integer() and (x == 0 or math.ldexp(x, bits - top) != 0) for row in matrix for x in row)
        if is_exact or bits >= most_bits:
            break
        bits = min(most_bits, bits + 60 if bits < 240 else 2 * bits)
    shift = bits - top
    return Whole([[int(math.ldexp(x, shift)) for x in row] for row in matrix], -shift, 0 if is_exact else 1)


def gram(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """AAᵀ, exactly. A column of A is packed into one large number, so that a row of the product is a sum of large numbers."""
    m, n = len(rows), len(rows[0])
    largest = max(max(map(abs, row)) for row in rows)
    size = (2 * largest.bit_length() + n.bit_length() + 2 + 7) // 8
    half = 1 << (8 * size - 1)
    offset = int.from_bytes(half.to_bytes(size, "little") * m, "little")
    packed = [int.from_bytes(b"".join((x + half).to_bytes(size, "little") for x in column), "little") - offset for column in zip(*rows, strict=True)]
    result = []
    for row in rows:
        data = (sum(map(mul, row, packed)) + offset).to_bytes(size * m, "little")
        result.append([int.from_bytes(data[k : k + size], "little") - half for k in range(0, size * m, size)])
    return result


def is_positive_semidefinite(matrix: list[list[int]], diagonal: list[Fraction]) -> bool:
    """Proves that the symmetric matrix with this diagonal, and off the diagonal the numbers of `matrix`, has no negative eigenvalue; False if there is no proof.

    A Cholesky factorization R of a matrix M in float64 satisfies |RᵀR − M| <= γ(m+2)|Rᵀ||R| number by number, so that the eigenvalues of M are at least −γ(m+2)/(1 − γ(m+2)) tr M. M is the matrix less
    `shift` on the diagonal; its numbers are rounded, each by at most u times itself.
    """
    m = len(matrix)
    if any(d < 0 for d in diagonal):
        return False
    trace = sum(diagonal)
    off = math.sqrt(sum(float(x) * float(x) for i, row in enumerate(matrix) for x in row[:i])) * 1.5
    shift = Fraction(2 * (m + 16) * U) * trace + Fraction(2 * U * off) + 1
    lowered = [float(d - shift) for d in diagonal]
    factor: Matrix = []
    roots: list[float] = []
    for i in range(m):
        row: list[float] = []
        numbers = matrix[i]
        for j in range(i):
            row.append((float(numbers[j]) - sum(map(mul, row, factor[j]))) / roots[j])
        pivot = lowered[i] - sum(map(mul, row, row))
        if not pivot > 0:
            return False
        factor.append(row)
        roots.append(math.sqrt(pivot))
    return True


def spectral_norm_is_at_most(a: Whole, bound: Fraction) -> bool:
    """Proves ‖A‖₂ <= bound: t²I − AAᵀ is positive semidefinite for a t below the bound, by as much as the numbers may be wrong."""
    m, n = len(a.rows), len(a.rows[0])
    scale = Fraction(2) ** -a.power
    wrong = a.error * root_up(Fraction(m * n))
    t = bound * scale - wrong
    if t < 0:
        return False
    if all(x == 0 for row in a.rows for x in row):
        return True
    rows = a.rows if m <= n else [list(column) for column in zip(*a.rows, strict=True)]
    squares = [sum(map(mul, row, row)) for row in rows]
    if sum(squares) <= t * t:
        return True
    if max(squares) > t * t:
        return False
    rows_sum = max(sum(map(abs, row)) for row in rows)
    columns_sum = max(sum(map(abs, column)) for column in zip(*rows, strict=True))
    if rows_sum * columns_sum <= t * t:
        return True
    product = gram(rows)
    return is_positive_semidefinite([[-x for x in row] for row in product], [t * t - product[i][i] for i in range(len(product))])


def logarithmic_norm_is_at_most(a: Whole, bound: Fraction) -> bool:
    """Proves that no eigenvalue of ½(A + Aᵀ) exceeds the bound, which may be negative."""
    n = len(a.rows)
    if a.error == 0 and not any(x for row in a.rows for x in row):
        return bound >= 0
    symmetric = a.minus_transposed(-1)
    t = bound * Fraction(2) ** -symmetric.power - symmetric.error * n
    return is_positive_semidefinite([[-x for x in row] for row in symmetric.rows], [t - symmetric.rows[i][i] for i in range(n)])


def sum_of_squares(values: Iterable[float]) -> Fraction:
    """Σ x², exactly."""
    a = whole([list(values)], 1 << 12)
    return sum(x * x for x in a.rows[0]) * Fraction(4) ** a.power


def euclidean_norm(values: Iterable[float]) -> Fraction:
    """An upper bound of a vector's length."""
    return up(root_up(sum_of_squares(values)))


def circle(turn: Fraction, places: int = 128) -> tuple[int, int]:
    """cos and sin of 2π·turn with this many binary places, each within 2 units."""
    angle = 2 * _PI * (turn.numerator % turn.denominator) // turn.denominator
    total = [0, 0]
    term, n = 1 << _WIDE, 0
    while term and n < 400:
        total[n % 2] += term if n % 4 < 2 else -term
        n += 1
        term = (term * angle >> _WIDE) // n
    return total[0] >> (_WIDE - places), total[1] >> (_WIDE - places)


def convolution_norm_is_at_most(kernel: Matrix, place: Json, is_antisymmetric: bool, bound: Fraction) -> bool:
    """Proves that the convolution's norm is at most `bound`, frequency by frequency and group by group.

    With zero padding and any stride the convolution is a part of that on a torus of n + (k − 1)·dilation pixels along each axis; with periodic padding its own torus is meant. A torus of N points, fewer than those, bounds
    all frequencies if the bound is reduced by cos(½π(k−1)/N) for each axis (Ehlich and Zeller 1964).
    """
    groups, (height, width) = place["groups"], place["kernel"]
    inputs, outputs = place["channels_in"] // groups, place["channels_out"] // groups
    taps = [(y, x) for y in range(height) for x in range(width)]
    whole_tori = []
    for axis, n in enumerate((place["height"], place["width"])):
        reach = (place["kernel"][axis] - 1) * place["dilation"][axis]
        whole_tori.append(n if place["padding"] == "periodic" else n + reach)
    largest = max(height, width)
    plans: list[tuple[list[int], bool]] = [([4 * largest] * 2, True), ([10 * largest] * 2, True), (whole_tori, False)]
    numbers = whole(kernel, 80)
    blocks = by_groups(numbers.rows, groups)
    if is_antisymmetric:
        require(inputs == outputs and height % 2 == 1 and width % 2 == 1 and place["stride"] == [1, 1], "a convolution without an antisymmetric part")
        blocks, numbers = antisymmetric_kernels(blocks, numbers, len(taps))
    if numbers.error == 0 and not any(x for block in blocks for row in block for x in row):
        # Such as a pruned layer, or the antisymmetric part of one pixel and one channel: the roundings of frequencies would exceed the smallest numbers.
        return bound >= 0
    if has_disjoint_windows(place):
        return all(spectral_norm_is_at_most(Whole(block, numbers.power, numbers.error), bound) for block in blocks)
    for torus, is_sample in plans:
        if is_sample and torus[0] * torus[1] >= whole_tori[0] * whole_tori[1]:
            continue
        limit = bound
        if is_sample:
            for k, n in zip((height, width), torus, strict=True):
                # An even number of taps has a half-integer degree: its square is a polynomial of degree k − 1.
                cosine = (circle(Fraction(k - 1, 4 * n))[0] - 2) if k % 2 else math.isqrt((circle(Fraction(k - 1, 2 * n))[0] - 2) << 128)
                limit *= Fraction(cosine, 1 << 128)
            torus = [1 if k == 1 else n for k, n in zip((height, width), torus, strict=True)]
        spread = (1, 1) if is_sample else (place["dilation"][0], place["dilation"][1])
        if all(_frequencies_hold(block, numbers, taps, torus, spread, inputs, limit) for block in blocks):
            return True
    return False


def has_disjoint_windows(place: Json) -> bool:
    """Whether no two windows share a pixel and none reaches beyond the image: the convolution is then one matrix for each window, the kernel's [outputs, inputs·taps]."""
    if place["kernel"] == [1, 1] or not place["before"] == place["after"] == [0, 0]:
        return False
    reaches = [(k - 1) * d for k, d in zip(place["kernel"], place["dilation"], strict=True)]
    extents = (place["height"], place["width"])
    # The next window begins behind the last pixel of this one, or there is none.
    return all(s > r or n - r - 1 < s for s, r, n in zip(place["stride"], reaches, extents, strict=True))


def _frequencies_hold(block: list[list[int]], scale: Whole, taps: list[tuple[int, int]], torus: Sequence[int], spread: tuple[int, int], inputs: int, limit: Fraction) -> bool:
    places = 64
    error = scale.error * len(taps) * (1 << places) + 2 * len(taps) * max((abs(x) for row in block for x in row), default=0)
    turns: dict[tuple[int, int], tuple[int, int]] = {}
    for v in range(torus[0]):
        for w in range(torus[1]):
            # A real kernel has the same norm at the opposite frequency.
            if ((-v) % torus[0], (-w) % torus[1]) < (v, w):
                continue
            waves = []
            for y, x in taps:
                key = (v * y * spread[0] % torus[0], w * x * spread[1] % torus[1])
                if key not in turns:
                    turns[key] = circle(Fraction(key[0], torus[0]) + Fraction(key[1], torus[1]), places)
                waves.append(turns[key])
            cosines, sines = [c for c, _ in waves], [s for _, s in waves]
            size = len(taps)
            upper, lower = [], []
            for row in block:
                real = [sum(map(mul, row[c * size : (c + 1) * size], cosines)) for c in range(inputs)]
                imaginary = [sum(map(mul, row[c * size : (c + 1) * size], sines)) for c in range(inputs)]
                upper.append(real + [-x for x in imaginary])
                lower.append(imaginary + real)
            # Fewer digits make the product cheaper.
            cut = 20
            rows = [[x >> cut for x in row] for row in upper + lower]
            if not spectral_norm_is_at_most(Whole(rows, scale.power - places + cut, (error >> cut) + 2), limit):
                return False
    return True


@dataclass(frozen=True)
class NormClaim:
    operator: str
    tensor: str
    entry: int | None
    norm: str
    bound: Fraction
    geometry: Json | None

    @property
    def text(self) -> str:
        return f"{self.norm} norm of {self.operator} {self.tensor}" + ("" if self.entry is None else f"[{self.entry}]")


def _sums_hold(norm: str, row_sum: Fraction, column_sum: Fraction, bound: Fraction) -> bool:
    if norm == "sums":
        return bound * bound >= row_sum * column_sum
    return bound >= (row_sum if norm == "linf" else column_sum)


def by_groups(rows: list[list[int]], groups: int) -> list[list[list[int]]]:
    """The rows of a kernel's groups, an output channel each."""
    size = len(rows) // groups
    return [rows[g * size : (g + 1) * size] for g in range(groups)]


def channel_sums(blocks: list[list[list[int]]], taps: int, error: int = 0) -> tuple[int, int]:
    """The largest sum of magnitudes of an output channel, and of an input channel, of groups whose numbers are wrong by `error` at most."""
    of_outputs = max(sum(map(abs, row)) + error * len(row) for block in blocks for row in block)
    of_inputs = max(sum(abs(x) + error for row in block for x in row[c : c + taps]) for block in blocks for c in range(0, len(block[0]), taps))
    return of_outputs, of_inputs


def antisymmetric_kernel(numbers: Whole, place: Json) -> Whole:
    """½(k[c,d,δ] − k[d,c,−δ]), by rows."""
    blocks, part = antisymmetric_kernels(by_groups(numbers.rows, place["groups"]), numbers, place["kernel"][0] * place["kernel"][1])
    return Whole([row for block in blocks for row in block], part.power, part.error)


def antisymmetric_kernels(blocks: list[list[list[int]]], numbers: Whole, taps: int) -> tuple[list[list[list[int]]], Whole]:
    """½(k[c,d,δ] − k[d,c,−δ]) of each group's kernels."""
    result = []
    for block in blocks:
        n = len(block)
        require(len(block[0]) == n * taps, "a convolution without an antisymmetric part")
        turned = [[block[d][c * taps + taps - 1 - t] for d in range(n) for t in range(taps)] for c in range(n)]
        result.append([[a - b for a, b in zip(row, other, strict=True)] for row, other in zip(block, turned, strict=True)])
    return result, Whole([], numbers.power - 1, 2 * numbers.error)


class Norms:
    """The claimed bounds of norms; each is proved once."""

    def __init__(self, model: Model, claims: Any) -> None:
        self.model = model
        self.claims: list[NormClaim] = []
        self.places = self._places(model)
        self.wholes: dict[tuple[str, int], Whole] = {}
        seen: dict[tuple[str, str, int | None, str], Fraction] = {}
        for index, value in enumerate(list_of(claims, "norms")):
            claim = self._read(value, f"norms[{index}]")
            key = (claim.operator, claim.tensor, claim.entry, claim.norm)
            require(key not in seen, f"norms[{index}] claims the {claim.text} again")
            seen[key] = claim.bound
            self.claims.append(claim)
        self.bounds = seen
        self.places_of_claims = {key: index for index, key in enumerate(seen)}

    @staticmethod
    def _places(model: Model) -> dict[str, Json]:
        """The geometry of each tensor that is the kernel of a convolution, and which of them have one pixel."""
        places: dict[str, Json] = {}
        for stage in model.stages if model.has_shapes else []:
            if stage.kind == "connector" and stage.options["connector"] == "convolution":
                places[f"connectors.{stage.index}.K"] = geometry(stage)
            if stage.kind == "block" and stage.options["operator"] == "convolution":
                place = geometry(stage)
                back = {**place, "channels_in": place["channels_out"], "channels_out": place["channels_in"]}
                pixel = {"groups": 1, "kernel": [1, 1], "stride": [1, 1], "dilation": [1, 1], "before": [0, 0], "after": [0, 0]}
                places[f"blocks.{stage.index}.A"] = {**place, "channels_out": place["channels_in"], **({} if stage.options.get("rotation") == "kernel" else pixel)}
                for name in ("K", "C", "K1", "K2", "Kp", "Kq"):
                    is_back = name == "K2" and stage.options["field"] == "two_layer"
                    places[f"blocks.{stage.index}.{name}"] = back if is_back else place
        return places

    def _read(self, value: Any, what: str) -> NormClaim:
        entry = members(value, ("operator", "tensor", "norm", "bound"), what, ("entry", "geometry"))
        operator, tensor, norm = (text_of(entry[key], f"{what}: {key}") for key in ("operator", "tensor", "norm"))
        require(operator in ("matrix", "antisymmetric_part", "scaled_matrix", "vector"), f"{what}: operator {operator} is unknown")
        require(norm in ("l2", "linf", "l1", "sums", "frobenius", "log_l2"), f"{what}: norm {norm} is unknown")
        require(tensor in self.model.tensors, f"{what}: the model has no tensor {tensor[:64]}")
        index = None
        if tensor.startswith("blocks."):
            index = count(entry.get("entry"), f"{what}: entry", 0, self.model.tensors[tensor].shape[0] - 1)
        else:
            require("entry" not in entry, f"{what}: tensor {tensor} has no entries")
        place = with_known_padding(self.places.get(tensor)) if operator != "vector" else None
        if "geometry" in entry:
            require(place is not None and entry["geometry"] == place, f"{what}: the geometry is not that of the model")
        else:
            require(place is None or place["kernel"] == [1, 1], f"{what}: the geometry of a convolution is missing")
        return NormClaim(operator, tensor, index, norm, exact(entry["bound"], f"{what}: bound"), place)

    def prove_all(self) -> None:
        for claim in self.claims:
            require(self._holds(claim), f"the {claim.text} is not proved to be at most {float(claim.bound)!r}")

    def whole(self, tensor: str, entry: int | None) -> Whole:
        """The matrix of a tensor in whole numbers, exact unless its numbers lie very far apart."""
        key = (tensor, -1 if entry is None else entry)
        if key not in self.wholes:
            self.wholes[key] = whole(self.model.matrix(tensor, entry), 122)
        return self.wholes[key]

    def _holds(self, claim: NormClaim) -> bool:
        stored = self.model.tensors[claim.tensor]
        bound = claim.bound
        if claim.operator == "vector":
            require(claim.norm in ("l2", "linf") and len(stored.shape) == (1 if claim.entry is None else 2), f"the {claim.text} is not defined")
            width = self._vector_length(claim.tensor)
            values = self.model.vector(claim.tensor, max(width, stored.shape[-1]), claim.entry)
            if claim.norm == "linf":
                return bound >= max(map(Fraction, map(abs, values)), default=ZERO)
            return bound >= 0 and bound * bound >= sum_of_squares(values)
        require(len(stored.shape) >= (2 if claim.entry is None else 3), f"tensor {claim.tensor} is no matrix")
        matrix = self.model.matrix(claim.tensor, claim.entry)
        is_antisymmetric = claim.operator == "antisymmetric_part"
        if claim.norm == "frobenius":
            require(claim.operator == "matrix", f"the {claim.text} is not verified by this version")
            return bound >= self.model.frobenius(claim.tensor, claim.entry)
        if claim.geometry is not None:
            return self._convolution_holds(claim, matrix, is_antisymmetric)
        numbers = self.whole(claim.tensor, claim.entry)
        if is_antisymmetric:
            require(len(matrix) == len(matrix[0]), f"the {claim.text} needs a square matrix")
            numbers = numbers.minus_transposed()
        if claim.operator == "scaled_matrix":
            numbers = self._scaled(claim, numbers)
        if claim.norm == "l2":
            return spectral_norm_is_at_most(numbers.shortened(62), bound)
        if claim.norm == "log_l2":
            require(claim.operator == "matrix" and len(matrix) == len(matrix[0]), f"the {claim.text} needs a square matrix")
            return logarithmic_norm_is_at_most(numbers, bound)
        scale = Fraction(2) ** numbers.power
        row_sum = max(sum(map(abs, row)) + numbers.error * len(row) for row in numbers.rows) * scale
        column_sum = max(sum(map(abs, column)) + numbers.error * len(column) for column in zip(*numbers.rows, strict=True)) * scale
        return bound >= 0 and _sums_hold(claim.norm, row_sum, column_sum, bound)

    def _scaled(self, claim: NormClaim, numbers: Whole) -> Whole:
        """The columns multiplied by the normalization's scales."""
        scales = self.model.tensors.get("normalization.scale")
        require(scales is not None and len(scales.numbers) == len(numbers.rows[0]), f"the {claim.text} is not defined")
        assert scales is not None
        factors = whole([list(scales.numbers)], 122)
        largest, widest = max(abs(x) for row in numbers.rows for x in row), max(map(abs, factors.rows[0]))
        error = numbers.error * widest + factors.error * largest + numbers.error * factors.error
        return Whole([[a * b for a, b in zip(row, factors.rows[0], strict=True)] for row in numbers.rows], numbers.power + factors.power, error)

    def _vector_length(self, tensor: str) -> int:
        """The numbers that a bias stands for, repeated for the pixels of its channels."""
        for stage in self.model.stages:
            if tensor == f"connectors.{stage.index}.b" and stage.kind == "connector":
                return features(stage.after)
            if tensor.startswith(f"blocks.{stage.index}.b") and stage.kind == "block":
                pixels = stage.before[1] * stage.before[2] if stage.options["operator"] == "convolution" else 1
                prefix, name = tensor.rsplit(".", 1)
                weight = f"{prefix}.K{name[1:]}"
                if weight in self.model.tensors:
                    return self.model.tensors[weight].shape[1] * pixels
                # Of σ(−CᵀCy + b).
                require(f"{prefix}.C" in self.model.tensors, f"tensor {tensor} is no bias")
                return features(stage.before)
        return self.model.tensors[tensor].shape[-1]

    def _convolution_holds(self, claim: NormClaim, kernel: Matrix, is_antisymmetric: bool) -> bool:
        place = claim.geometry
        assert place is not None
        require(shows_once(place), f"the {claim.text} is not verified: with this margin some results around the periodic image are there several times")
        require(claim.operator != "scaled_matrix", f"the {claim.text} is not verified by this version")
        if claim.norm == "l2":
            return convolution_norm_is_at_most(kernel, place, is_antisymmetric, claim.bound)
        require(claim.norm in ("linf", "l1", "sums"), f"the {claim.text} is not verified by this version")
        numbers = whole(kernel, 122)
        blocks, taps = by_groups(numbers.rows, place["groups"]), place["kernel"][0] * place["kernel"][1]
        if is_antisymmetric:
            blocks, numbers = antisymmetric_kernels(blocks, numbers, taps)
        row_sum, column_sum = (total * Fraction(2) ** numbers.power for total in channel_sums(blocks, taps, numbers.error))
        return claim.bound >= 0 and _sums_hold(claim.norm, row_sum, column_sum, claim.bound)

    def place_of(self, operator: str, tensor: str, entry: int | None, norm: str) -> int:
        """The place of a claim in the list."""
        self.of(operator, tensor, entry, norm)
        return self.places_of_claims[operator, tensor, entry, norm]

    def take(self, index: Any, what: str, operator: str, tensor: str, entry: int | None, norm: str | tuple[str, ...]) -> Fraction:
        """The bound at a place of the list, which must be that of the named norm."""
        claim = self.claims[count(index, f"{what}: a place in norms", 0, len(self.claims) - 1)] if self.claims else reject(f"{what}: there are no norms")
        wanted = (norm,) if isinstance(norm, str) else norm
        require(claim.operator == operator and claim.tensor == tensor and claim.entry == entry and claim.norm in wanted, f"{what}: norms[{index}] is not the {wanted[0]} norm of {operator} {tensor}")
        return claim.bound

    def of(self, operator: str, tensor: str, entry: int | None, norm: str = "l2") -> Fraction:
        """The claimed bound of a norm."""
        bound = self.bounds.get((operator, tensor, entry, norm))
        if bound is None:
            reject(f"the certificate has no {norm} norm of {operator} {tensor}" + ("" if entry is None else f"[{entry}]"))
        return bound


# ---- Step conditions ----------------------------------------------------------------------------------------------------------------------------------------------------------------------------


def _fractions(*numbers: str) -> list[Fraction]:
    return [Fraction(n) for n in numbers]


#: Explicit Runge–Kutta methods: the coefficients below the diagonal, row by row, and the weights.
TABLEAUX: dict[str, tuple[list[Fraction], list[Fraction]]] = {
    "euler": ([], [WHOLE]),
    "heun": (_fractions("1"), _fractions("1/2", "1/2")),
    "ssprk3": (_fractions("1", "1/4", "1/4"), _fractions("1/6", "1/6", "2/3")),
    "rk3": (_fractions("1/2", "-1", "2"), _fractions("1/6", "2/3", "1/6")),
    "rk4": (_fractions("1/2", "0", "1/2", "0", "0", "1"), _fractions("1/6", "1/3", "1/3", "1/6")),
}


#: Integrators that turn exactly, and then take Euler's step of the rest.
ROTATIONS = ("cayley", "exponential")


@lru_cache(maxsize=64)
def tableau(stage: Stage) -> tuple[list[list[Fraction]], list[Fraction]]:
    """A (strictly lower triangular) and b of a block's explicit Runge–Kutta method."""
    name = stage.choice("integrator")
    if name == "runge_kutta":
        b = [Fraction(x) for x in numbers_of(stage.options.get("tableau_b"), "tableau_b")]
        below = [Fraction(x) for x in numbers_of(stage.options.get("tableau_a"), "tableau_a")]
        n = len(b)
        if len(below) == n * n and n > 1:
            require(all(below[i * n + j] == 0 for i in range(n) for j in range(i, n)), f"{stage.name}: the tableau is not explicit")
            below = [below[i * n + j] for i in range(n) for j in range(i)]
    else:
        require(name in TABLEAUX, f"{stage.name}: integrator {name} is no explicit Runge–Kutta method that this version knows")
        below, b = TABLEAUX[name]
    n = len(b)
    require(1 <= n <= 64 and len(below) == n * (n - 1) // 2, f"{stage.name}: the tableau's numbers do not fit")
    rows, place = [], 0
    for i in range(n):
        rows.append(below[place : place + i] + [ZERO] * (n - i))
        place += i
    # Stages on which the result does not depend are left out.
    used: list[int] = []
    for i in reversed(range(n)):
        if b[i] or any(rows[k][i] for k in used):
            used.insert(0, i)
    require(bool(used), f"{stage.name}: the tableau's weights are all 0")
    return [[rows[i][k] for k in used] for i in used], [b[i] for i in used]


def for_less(holds: Callable[[Stage, Fraction], bool]) -> Callable[[Stage, Fraction], bool]:
    """What holds of a method up to a number holds for less, too: most layers of a block need no new proof."""

    def answer(stage: Stage, x: Fraction) -> bool:
        largest = stage.proved.get(holds.__name__, Fraction(-1))
        is_right = 0 <= x <= largest or holds(stage, x)
        stage.proved[holds.__name__] = max(largest, x) if is_right else largest
        return is_right

    return answer


@for_less
def is_circle_contractive(stage: Stage, x: Fraction) -> bool:
    """Whether BA + AᵀB − bbᵀ + (2/x)B is positive semidefinite with b > 0: then hL‖K‖² <= x lets the method's step of a gradient flow be non-expansive (Dahlquist and Jeltsch 1979)."""
    a, b = tableau(stage)
    n = len(b)
    if any(weight <= 0 for weight in b):
        return False
    if x <= 0:
        return x == 0
    m = [[b[i] * a[i][j] + b[j] * a[j][i] - b[i] * b[j] + (2 * b[i] / x if i == j else 0) for j in range(n)] for i in range(n)]
    for k in range(n):
        if m[k][k] < 0 or (m[k][k] == 0 and any(m[i][k] != 0 for i in range(k, n))):
            return False
        if m[k][k] > 0:
            for i in range(k + 1, n):
                for j in range(k + 1, n):
                    m[i][j] -= m[i][k] * m[k][j] / m[k][k]
    return True


@for_less
def is_imaginary_limit(stage: Stage, y: Fraction) -> bool:
    """Whether |R(iη)| <= 1 for 0 <= η <= y: 1 − |R(i√t)|² = t^m g(t), and g > 0 on [0, y²] by the signs of its Bernstein coefficients."""
    a, b = tableau(stage)
    n = len(b)
    moments, vector = [WHOLE], [WHOLE] * n
    for _ in range(n):
        moments.append(sum((weight * v for weight, v in zip(b, vector, strict=True)), ZERO))
        vector = [sum((x * v for x, v in zip(row, vector, strict=True)), ZERO) for row in a]
    even = [moments[k] * (-1) ** (k // 2) if k % 2 == 0 else ZERO for k in range(n + 1)]
    odd = [moments[k] * (-1) ** (k // 2) if k % 2 == 1 else ZERO for k in range(n + 1)]
    square = [ZERO] * (n + 1)
    for part in (even, odd):
        for i, p in enumerate(part):
            for k, q in enumerate(part):
                if p and q:
                    square[(i + k) // 2] += p * q
    g = [(1 if k == 0 else 0) - c for k, c in enumerate(square)]
    while g and g[0] == 0:
        g.pop(0)
    if not g:
        return True
    degree = len(g) - 1
    scaled = [c * y ** (2 * k) for k, c in enumerate(g)]
    bernstein = [sum((Fraction(math.comb(i, k), math.comb(degree, k)) * scaled[k] for k in range(i + 1)), ZERO) for i in range(degree + 1)]
    parts = [(bernstein, 0)]
    while parts:
        numbers, depth = parts.pop()
        if all(c >= 0 for c in numbers):
            continue
        if depth == 40 or numbers[0] < 0 or numbers[-1] < 0:
            return False
        left, right, row = [numbers[0]], [numbers[-1]], numbers
        while len(row) > 1:
            row = [(p + q) / 2 for p, q in zip(row, row[1:], strict=False)]
            left.append(row[0])
            right.append(row[-1])
        parts += [(left, depth + 1), (right[::-1], depth + 1)]
    return True


class Block:
    """What the theorems ask of a block: its field's numbers, and the claimed norms of each layer's matrices."""

    def __init__(self, model: Model, norms: Norms, stage: Stage) -> None:
        self.stage, self.norms = stage, norms
        self.field = stage.choice("field")
        self.integrator = stage.choice("integrator")
        self.steps = stage.step_sizes()
        self.has_equal_steps = len(set(self.steps)) == 1
        #: Whether the statement is about a layer with its slopes held fixed.
        self.is_frozen = False
        self.is_scaled = stage.options.get("steps", "plain") == "row_sums"
        needs_gamma = self.field in ("antisymmetric", "antisymmetric_damped")
        self.gamma = stage.real("gamma") if needs_gamma else ZERO
        require(self.gamma >= 0, f"{stage.name}: gamma is negative")

    @cached_property
    def sigma(self) -> Activation:
        name = self.stage.choice("activation")
        require(name in ACTIVATIONS, f"{self.stage.name}: the activation is unknown")
        return ACTIVATIONS[name]

    @cached_property
    def entries(self) -> list[int]:
        return self.stage.entries()

    def entry(self, layer: int) -> int:
        return self.entries[layer]

    def tensor(self, name: str) -> str:
        return f"blocks.{self.stage.index}.{name}"

    def norm(self, name: str, layer: int, operator: str = "matrix", norm: str = "l2") -> Fraction:
        return self.norms.of(operator, self.tensor(name), self.entry(layer), norm)

    def need(self, fields: Iterable[str], integrators: Iterable[str], what: str, monotone: bool = True) -> None:
        """Rejects a theorem that is not about this block."""
        require(self.field in fields, f"{what} is no statement about the field {self.field} of {self.stage.name}")
        require(self.integrator in integrators, f"{what} is no statement about the integrator {self.integrator} of {self.stage.name}")
        require(not monotone or self.sigma.least >= 0, f"{what} needs slopes >= 0; the activation of {self.stage.name} has others")

    def is_gradient_form(self) -> bool:
        return self.field in ("gradient_flow", "negative_definite") or (self.field == "second_order" and self.stage.choice("form") == "gradient")

    def weights(self) -> list[str]:
        return {"two_layer": ["K1", "K2"], "hamiltonian_two_weight": ["K1", "K2"], "hamiltonian_h": ["Kp", "Kq"], "negative_definite": ["C"]}.get(self.field, ["K"])

    # -- formulas of hypotheses: (value, limit, relation)

    def condition(self, name: str, layer: int) -> tuple[Fraction, Fraction, str]:
        h, slope, what = self.steps[layer], self.sigma.most, f"hypothesis {name}"
        explicit = (*TABLEAUX, "runge_kutta")
        if name in ("midpoint_step", "leapfrog_step"):
            require(self.integrator not in ("midpoint", "leapfrog") or self.has_equal_steps, f"{what} needs equal steps; those of {self.stage.name} differ")
        if name in ("euler_step", "circle_step"):
            fields = ["gradient_flow", "rotate_relax", "negative_definite"] if self.is_frozen else ["gradient_flow", "rotate_relax"]
            own = ["euler"] if name == "euler_step" else list(explicit)
            if name == "euler_step" and self.field == "rotate_relax":
                own = list(ROTATIONS)
            if name == "euler_step" and self.is_frozen and self.integrator == "linear_multistep" and self.field != "rotate_relax":
                # Its first layer may be a step of Euler.
                require(self.stage.choice("multistep_start") == "euler" and layer == 0, f"{what} is not about layer {layer} of {self.stage.name}")
                own = ["linear_multistep"]
            self.need(fields, own, what)
            require(not self.is_scaled and (name == "euler_step" or self.field != "rotate_relax"), f"{what} is not about {self.stage.name}")
            return h * slope * self.norm(self.weights()[0], layer) ** 2, Fraction(2 if name == "euler_step" else -1), "<="
        if name == "row_sums":
            self.need(["gradient_flow"], explicit, what)
            require(self.is_scaled and is_circle_contractive(self.stage, Fraction(2)), f"{what}: {self.stage.name} has no steps row_sums with a tableau of radius 1")
            return WHOLE, WHOLE, "<="
        if name in ("damped_step", "damping"):
            self.need(["antisymmetric_damped"], ["euler"], what)
            size = self.norm("K", layer, "antisymmetric_part")
            if name == "damping":
                return self.gamma - slope * size / 2, ZERO, ">"
            return self.damped_square(layer, size), WHOLE, "<"
        if name == "rotation_step":
            self.need(["antisymmetric"], ["euler"], what)
            require(self.gamma > 0, f"{what}: with gamma 0 Euler's step has eigenvalues outside of the unit circle at every step size")
            size = self.norm("K", layer, "antisymmetric_part")
            return h * slope * (self.gamma**2 / 4 + size**2), self.gamma, "<="
        if name in ("imaginary_step", "midpoint_step"):
            is_midpoint = name == "midpoint_step"
            self.need(["antisymmetric", "antisymmetric_damped"], ["midpoint"] if is_midpoint else explicit, what)
            require(self.gamma == 0, f"{what} needs gamma 0")
            return h * slope * self.norm("K", layer, "antisymmetric_part"), Fraction(1 if is_midpoint else -1), "<" if is_midpoint else "<="
        if name == "verlet_step":
            self.need(["hamiltonian", "hamiltonian_two_weight", "hamiltonian_h"], ["verlet"], what)
            sizes = [self.norm(weight, layer) for weight in self.weights()]
            return h * slope * math.prod(sizes, start=WHOLE), Fraction(2), "<"
        if name == "multistep_step":
            self.need(["gradient_flow", "negative_definite"], ["linear_multistep"], what)
            has_one = self.stage.choice("multistep_shape") == "scalar" or self.norms.model.tensors[self.tensor("k")].shape[-1] == 1
            require(not self.is_scaled and has_one, f"{what} needs plain steps and one k a layer, which commutes with K")
            numbers = multistep_numbers(self.norms.model, self, layer)
            require(all(-1 < k <= 1 for k in numbers), f"{what} needs −1 < k <= 1")
            return h * slope * self.norm(self.weights()[0], layer) ** 2, 2 * (1 - max(map(Fraction, numbers), default=ZERO)), "<="
        if name == "leapfrog_step":
            # Verlet of ẏ = z, ż = f(y) is the same recurrence of y.
            self.need(["gradient_flow", "negative_definite", "second_order"], ["leapfrog", "verlet"] if self.field == "second_order" else ["leapfrog"], what)
            require(self.is_gradient_form() and not self.is_scaled, f"{what} needs a force −Kᵀσ(Ky + b) or σ(−CᵀCy + b)")
            return h * h * slope * self.norm(self.weights()[0], layer) ** 2, Fraction(4), "<"
        reject(f"hypothesis {name[:64]} is unknown")

    def damped_square(self, layer: int, size: Fraction) -> Fraction:
        h, slope = self.steps[layer], self.sigma.most
        return 1 - 2 * h * (self.gamma - slope * size / 2) + h * h * (self.gamma + slope * size) ** 2


#: How often a certificate has a hypothesis of a block, and of a layer.
Found = dict[tuple[str, int, int | None], int]
#: Proves a hypothesis that is about no layer, from its value, relation and limit.
Special = Callable[[Fraction, str, Fraction], bool]


def check_hypothesis(value: Any, what: str, blocks: dict[int, Block], model: Model, special: dict[str, Special]) -> tuple[str, int, int | None]:
    """Proves a hypothesis; gives its name, block and layer."""
    entry = members(value, ("name", "value", "relation", "limit", "holds"), what, ("block", "layer", "text"))
    name = text_of(entry["name"], f"{what}: name")
    claimed, limit = exact(entry["value"], f"{what}: value"), exact(entry["limit"], f"{what}: limit")
    if name in special:
        require(entry["holds"] is True and special[name](claimed, text_of(entry["relation"], f"{what}: relation"), limit), f"{what}: {name} is not proved")
        return name, -1, None
    index = count(entry.get("block"), f"{what}: block")
    require(index in blocks, f"{what}: there is no block {index}")
    block = blocks[index]
    require(entry["holds"] is True, f"{what}: {name[:64]} does not hold")
    layer = None
    if name == "epsilon":
        require(block.field == "port_hamiltonian" and entry["relation"] == ">" and limit >= 0 and limit < claimed <= block.stage.real("epsilon"), f"{what}: epsilon > 0 is not proved")
        return name, index, None
    if name == "slopes":
        require(entry["relation"] == ">=" and limit >= 0 and claimed <= block.sigma.least and claimed >= limit, f"{what}: slopes of {block.stage.name} are not proved to be >= 0")
        return name, index, None
    layer = count(entry.get("layer"), f"{what}: layer", 0, len(block.steps) - 1)
    if name == "multistep_k":
        stored = [Fraction(x) for x in multistep_numbers(model, block, layer)]
        if entry["relation"] == ">":
            right = claimed <= min(stored, default=claimed) and limit >= -1 and claimed > limit
        else:
            right = entry["relation"] in ("<=", "<") and claimed >= max(stored, default=claimed) and limit <= 1 and claimed <= limit
        require(right and all(-1 < k <= 1 for k in stored), f"{what}: −1 < k <= 1 is not proved for layer {layer} of {block.stage.name}")
        return name, index, layer
    actual, bound, relation = block.condition(name, layer)
    if name == "damped_step" and entry["relation"] == "<=":
        relation = "<="
    require(entry["relation"] == relation, f"{what}: the relation of {name} is {relation}")
    place = f"layer {layer} of {block.stage.name}"
    if relation == ">":
        right = claimed <= actual and limit >= bound and claimed > limit
    elif name == "multistep_step":
        right = claimed >= actual and claimed <= limit <= bound
    elif bound < 0:
        is_limit = is_imaginary_limit if name == "imaginary_step" else is_circle_contractive
        right = claimed >= actual and 0 <= claimed <= limit and (actual == 0 or is_limit(block.stage, limit))
    else:
        right = claimed >= actual and limit <= bound and (claimed <= limit if relation == "<=" else claimed < limit)
    require(right, f"{what}: {name} is not proved for {place}: {show(claimed)} {relation} {show(limit)}")
    return name, index, layer


def multistep_numbers(model: Model, block: Block, layer: int) -> list[float]:
    """The numbers k of a layer of linear_multistep; its first layer has none if it begins with a step of Euler."""
    place = layer - (1 if block.stage.choice("multistep_start") == "euler" else 0)
    if place < 0:
        return []
    tensor = model.tensors[block.tensor("k")]
    require(place < tensor.shape[0], f"{block.stage.name}: layer {layer} has no k")
    return list(tensor.numbers[place * tensor.shape[1] : (place + 1) * tensor.shape[1]])


# ---- Boxes of inputs ----------------------------------------------------------------------------------------------------------------------------------------------------------------------------

#: The numbers of a box are whole multiples of 2^−FINE. The library widens its boxes by 2^−1000 and more at every sum and activation, so that boxes of this file lie within them.
FINE = 1152
_FINER = FINE - PLACES
#: What activations in fixed point may be wrong by, in units.
_UNITS = 16
#: Multiplications in the proofs of rules `local_…`; 2³⁵ take a quarter of an hour.
LARGEST_BOX_WORK = 1 << 35


def fine(x: float) -> int:
    """A number of float64 in units of 2^−FINE, exactly."""
    n, d = x.as_integer_ratio()
    return (n << FINE) // d


def floor_at(n: int, power: int) -> int:
    """⌊n·2^power⌋."""
    return n << power if power >= 0 else n >> -power


def leading(n: int, bits: int) -> int:
    """n with its first `bits` binary digits, rounded down."""
    cut = max(n.bit_length() - bits, 0)
    return n >> cut << cut


def value_at(name: str, x: int) -> tuple[int, int]:
    """Bounds of σ(x), all in units of 2^−FINE."""
    places = x >> _FINER
    sigma = ACTIVATIONS[name]
    if name == "sin" and abs(places) >= ONE << 47:
        return -1 << FINE, 1 << FINE
    value, wrong = sigma.value(places), _UNITS * (abs(places) // ONE + 2 if sigma.grows else 2)
    low, high = (value - wrong) << _FINER, (value + wrong) << _FINER
    # Next to 0 the error is small beside the value, too: |x| − |x|³/3 <= |tanh x| <= |x| and x <= exp x − 1 <= x + x²/2 for x <= 0.
    if name == "tanh" and abs(x) >> FINE == 0:
        short = x - (x**3 // 3 >> 2 * FINE) - (1 if x > 0 else 0)
        low, high = max(low, min(x, short)), min(high, max(x, short))
    if name == "elu" and x <= 0:
        low, high = max(low, x), min(high, x + (x * x >> FINE + 1) + 1)
    return low, high


def asinh_at(x: int) -> tuple[int, int]:
    """Bounds of asinh(x), all in units of 2^−FINE."""
    value = _asinh(x >> _FINER)
    low, high = (value - _UNITS) << _FINER, (value + _UNITS) << _FINER
    # Next to 0 the error is small beside the value, too: |x| − |x|³/6 <= |asinh x| <= |x|.
    if abs(x) >> FINE == 0:
        short = x - (x**3 // 6 >> 2 * FINE) - (1 if x > 0 else 0)
        low, high = max(low, min(x, short)), min(high, max(x, short))
    return low, high


def asinh_slope(lower: int, upper: int) -> int:
    """A bound of 1/√(1 + z²) between two numbers in units of 2^−FINE, in fixed point."""
    near = 0 if lower <= 0 <= upper else min(abs(lower), abs(upper)) >> _FINER
    return min(ONE, ONE * ONE // math.isqrt(ONE * ONE + near * near) + 1)


def values_between(name: str, lower: int, upper: int) -> tuple[int, int]:
    """Bounds of σ between two numbers, all in units of 2^−FINE."""
    sigma = ACTIVATIONS[name]
    if name == "identity":
        return lower, upper
    if name == "relu":
        return max(lower, 0), max(upper, 0)
    if name == "leaky_relu":
        return (lower if lower >= 0 else lower // 100), (upper if upper >= 0 else -(-upper // 100))
    if sigma.least >= 0:
        return value_at(name, lower)[0], value_at(name, upper)[1]
    # Not monotone: as far from the value in the middle as the slopes allow. Where the library's box is no smaller, a smaller one here would have other slopes, about whose middle a rule need not hold.
    middle = (lower + upper) >> 1
    reach = -(-(upper - middle) * sigma.size.numerator // sigma.size.denominator)
    low, high = value_at(name, middle)
    return low - reach, high + reach


def slopes_between(name: str, lower: int, upper: int) -> tuple[int, int]:
    """Bounds of σ′ between two numbers, and so of all (σ(x) − σ(y))/(x − y), in fixed point."""
    if name in ("relu", "leaky_relu"):
        flat = (0, 0) if name == "relu" else (ONE // 100, ONE // 100 + 1)
        return (ONE if lower > 0 else flat[0]), (ONE if upper > 0 else flat[1])
    if name in ("tanh", "sigmoid"):
        # Largest next to 0, falling on both sides.
        near = 0 if lower <= 0 <= upper else min(abs(lower), abs(upper)) >> _FINER
        far = (max(abs(lower), abs(upper)) >> _FINER) + 1
        value = ACTIVATIONS[name].value
        low, high = value(far) + 4 * _UNITS, value(near) - 4 * _UNITS
        if name == "tanh":
            return max(0, (ONE * ONE - low * low) >> PLACES), min(ONE, ((ONE * ONE - max(high, 0) ** 2) >> PLACES) + 1)
        high = max(high, ONE // 2)
        return max(0, low * (ONE - low) >> PLACES), min(ONE // 4, (high * (ONE - high) >> PLACES) + 1)
    if name == "softplus":
        return max(0, _sigmoid(lower >> _FINER) - 4 * _UNITS), min(ONE, _sigmoid(upper >> _FINER) + 4 * _UNITS)
    sigma = ACTIVATIONS[name]
    return int(sigma.least * ONE // 1), int(-(-sigma.most * ONE // 1))


@dataclass
class Box:
    """Bounds of each number of a state, in units of 2^−FINE, rounded outward."""

    lower: list[int]
    upper: list[int]

    def normalized(self, shift: Iterable[float], scale: Iterable[float]) -> Box:
        """(x − shift)·scale."""
        ends = []
        for p, q, a, b in zip(self.lower, self.upper, shift, scale, strict=True):
            n, d = b.as_integer_ratio()
            ends.append(sorted(((p - fine(a)) * n, (q - fine(a)) * n)) + [d])
        return Box([p // d for p, _, d in ends], [-(-q // d) for _, q, d in ends])

    def squashed(self, flags: Iterable[bool]) -> tuple[Box, list[int]]:
        """asinh of the numbers with a flag, and bounds of the slopes by which all numbers enter, in fixed point."""
        ends = [(asinh_at(p)[0], asinh_at(q)[1], asinh_slope(p, q)) if flag else (p, q, ONE) for p, q, flag in zip(self.lower, self.upper, flags, strict=True)]
        return Box([p for p, _, _ in ends], [q for _, q, _ in ends]), [slope for _, _, slope in ends]

    def times(self, a: Whole, bias: Iterable[float]) -> Box:
        """Ax + b of a matrix that is exact."""
        require(a.error == 0, "the weights are spread over too many magnitudes")
        middles = [p + q for p, q in zip(self.lower, self.upper, strict=True)]
        widths = [q - p for p, q in zip(self.lower, self.upper, strict=True)]
        result = Box([], [])
        for row, b in zip(a.rows, bias, strict=True):
            middle, reach = sum(map(mul, row, middles)), sum(map(mul, map(abs, row), widths))
            result.lower.append(floor_at(middle - reach, a.power - 1) + fine(b))
            result.upper.append(-floor_at(-middle - reach, a.power - 1) + fine(b))
        return result

    def moved(self, h: Fraction, rate: Box) -> Box:
        """x + h·rate for any x and any rate of these boxes, h > 0."""
        return Box(
            [p + r * h.numerator // h.denominator for p, r in zip(self.lower, rate.lower, strict=True)], [q - (-r * h.numerator // h.denominator) for q, r in zip(self.upper, rate.upper, strict=True)]
        )

    def negated(self) -> Box:
        return Box([-q for q in self.upper], [-p for p in self.lower])

    def activated(self, name: str) -> tuple[Box, list[tuple[int, int]]]:
        """σ(x), and the slopes there."""
        ends = [values_between(name, p, q) for p, q in zip(self.lower, self.upper, strict=True)]
        slopes = [slopes_between(name, p, q) for p, q in zip(self.lower, self.upper, strict=True)]
        return Box([p for p, _ in ends], [q for _, q in ends]), slopes


class LocalBounds:
    """A box of inputs on its way through the network, and the proofs of rules `local_…`, which rest on the slopes there.

    Two states x, y of a box go to Wx + b and Wy + b; what an activation makes of their difference is D·W(x − y), D a diagonal of slopes between the ends of the box, and boxes are convex.
    """

    def __init__(self, model: Model, lower: list[float], upper: list[float]) -> None:
        self.model = model
        #: The box before the next stage or layer; None once it has met what this file does not follow.
        self.box: Box | None = Box([fine(x) for x in lower], [fine(x) for x in upper])
        self.lost = ""
        #: Bounds of the slopes by which the inputs enter: the magnitude of their scale times that of asinh where they are squashed.
        self.entering: list[Fraction] = []
        self.exact: dict[tuple[str, int], Whole] = {}
        self.work = 0

    def _lose(self, where: str) -> None:
        self.box, self.lost = None, where

    def need(self, what: str) -> Box:
        if self.box is None:
            reject(f"{what}: the box of inputs is not followed through {self.lost}")
        return self.box

    def matrix(self, tensor: str, entry: int | None, gamma: Fraction | None = None) -> Whole:
        """W, or ½(W − Wᵀ − γI), exactly."""
        key = (tensor, -1 if entry is None else entry)
        if key not in self.exact:
            numbers = whole(self.model.matrix(tensor, entry), 1 << 13)
            self.exact[key] = numbers if gamma is None else numbers.minus_transposed().with_diagonal(-gamma / 2)
        return self.exact[key]

    def normalize(self) -> None:
        if self.box is not None:
            shift, scale = (self.model.tensors[f"normalization.{part}"].numbers for part in ("shift", "scale"))
            self.box, slopes = self.box.normalized(shift, scale).squashed(self.model.squashed)
            self.entering = [abs(Fraction(c)) * Fraction(-leading(-slope, 64), ONE) for c, slope in zip(scale, slopes, strict=True)]

    # -- stages that are no blocks

    def stage(self, stage: Stage, is_fused: bool) -> tuple[str, list[tuple[int, int]], Whole | None] | None:
        """Moves the box through a stage; gives its local rule, the slopes there and the matrix before them, where it has a rule. The matrix that is fused takes what the normalization makes of the inputs."""
        box = self.box
        kind = stage.choice("connector") if stage.kind == "connector" else stage.kind
        if box is None:
            return None
        if kind == "normalization":
            self.normalize()
            return "local_diagonal", [], None
        if kind == "readout":
            # Behind it there is no rule.
            return None
        elif (kind == "opening" and stage.choice("opening") == "zero_padding") or kind in ("flatten", "dropout"):
            zeros = [0] * (features(stage.after) - len(box.lower))
            self.box = Box(box.lower + zeros, box.upper + zeros)
        elif kind == "activation":
            self.box, slopes = box.activated(stage.choice("activation"))
            return "local_activation", slopes, None
        elif kind in ("opening", "dense"):
            prefix = "opening." if kind == "opening" else f"connectors.{stage.index}."
            matrix = self.matrix(prefix + "W", None)
            sums = box.times(matrix, self.model.vector(prefix + "b", len(matrix.rows)))
            name = stage.choice("activation") if kind == "dense" else "identity"
            self.box, slopes = sums.activated(name)
            if is_fused:
                return "local_scaled", slopes, matrix
            return ("local_affine", slopes, matrix) if name != "identity" else None
        else:
            self._lose(stage.name)
        return None

    def holds(self, found: tuple[str, list[tuple[int, int]], Whole | None] | None, rule: str, claimed: Fraction, what: str) -> bool:
        """Proves the local bound of a stage."""
        self.need(what)
        require(found is not None and found[0] == rule, f"{what}: the rule {rule[:32]} is not for this stage")
        assert found is not None
        if rule == "local_diagonal":
            return claimed >= max(self.entering)
        most = [max(abs(a), abs(b)) for a, b in found[1]]
        if found[2] is None:
            return claimed * ONE >= max(most)
        matrix = found[2].with_rows([-leading(-d, 64) for d in most], -PLACES)
        if rule == "local_scaled":
            # Denominators are powers of two.
            common = max(factor.denominator for factor in self.entering)
            matrix = matrix.transposed().with_rows([factor.numerator * (common // factor.denominator) for factor in self.entering], 1 - common.bit_length()).transposed()
        return self._norm_is_at_most(matrix, claimed)

    # -- layers

    def layer(self, block: Block, j: int) -> tuple[list[tuple[int, int]], Whole] | None:
        """Moves the box through a layer; gives the slopes there and the layer's matrix, where its field is followed."""
        box, h, entry = self.box, block.steps[j], block.entry(j)
        if box is None:
            return None
        if block.field not in ("dense", "antisymmetric", "gradient_flow") or block.is_scaled or block.integrator != "euler" or block.stage.choice("operator") != "dense":
            self._lose(block.stage.name)
            return None
        matrix = self.matrix(block.tensor("K"), entry, block.gamma if block.field == "antisymmetric" else None)
        self._spend(2 * len(matrix.rows) * len(matrix.rows[0]))
        values, slopes = box.times(matrix, self.model.vector(block.tensor("b"), len(matrix.rows), entry)).activated(block.stage.choice("activation"))
        if block.field == "gradient_flow":
            values = values.times(matrix.transposed(), [0.0] * len(box.lower)).negated()
        self.box = box.moved(h, values)
        return slopes, matrix

    def step_holds(self, block: Block, j: int, rule: str, found: tuple[list[tuple[int, int]], Whole] | None, claimed: Fraction, norms: Norms, what: str) -> bool:
        """Proves the local bound of a layer: ‖I + hDW‖ <= ‖I + hCW‖ + hR‖W‖ for slopes D in C ± R, or that of the symmetric I − hKᵀDK, max(1, h‖√D K‖² − 1)."""
        self.need(what)
        assert found is not None
        h, (slopes, matrix) = block.steps[j], found
        if rule == "local_symmetric":
            block.need(["gradient_flow"], ["euler"], what)
            roots = [-leading(-math.isqrt(b << PLACES) - 1, 64) for _, b in slopes]
            limit = (claimed + 1) / h
            root = Fraction(math.isqrt(limit.numerator * limit.denominator << 2 * PLACES), limit.denominator << PLACES)
            return claimed >= 1 and self._norm_is_at_most(matrix.with_rows(roots, -PLACES), root)
        require(rule == "local_step", f"{what}: the rule {rule[:32]} is unknown")
        block.need(["dense", "antisymmetric"], ["euler"], what, monotone=False)
        centers = [leading((a + b) // 2, 64) for a, b in slopes]
        reach = h * Fraction(max(max(b - c, c - a) for c, (a, b) in zip(centers, slopes, strict=True)), ONE)
        middle = matrix.with_rows([c * h.numerator for c in centers], -PLACES - h.denominator.bit_length() + 1).with_diagonal(WHOLE)
        if block.field == "dense":
            size = norms.of("matrix", block.tensor("K"), block.entry(j))
        else:
            size = up(root_up(norms.of("antisymmetric_part", block.tensor("K"), block.entry(j)) ** 2 + block.gamma**2 / 4))
        return self._norm_is_at_most(middle, claimed - reach * size)

    def _spend(self, work: int) -> None:
        self.work += work
        require(self.work <= LARGEST_BOX_WORK, "the rules of the box take too many multiplications for this file")

    def _norm_is_at_most(self, a: Whole, bound: Fraction) -> bool:
        m, n = sorted((len(a.rows), len(a.rows[0])))
        self._spend(m * m * n)
        return bound >= 0 and spectral_norm_is_at_most(a.shortened(44), bound)


# ---- Lipschitz bounds ---------------------------------------------------------------------------------------------------------------------------------------------------------------------------


class Lipschitz:
    """Proves the stages of a Lipschitz bound in ℓ₂ or ℓ∞, for all inputs or for those of a box."""

    def __init__(self, model: Model, norms: Norms, blocks: dict[int, Block], norm: str, local: LocalBounds | None = None) -> None:
        self.model, self.norms, self.blocks, self.norm, self.local = model, norms, blocks, norm, local
        #: A bound for all inputs, from the claimed norms; that of what scales the scores back is left out.
        self.everywhere = WHOLE
        #: The place of the matrix whose bound includes the normalization; the bounds of the network's stages by their places, and of the layers by their blocks.
        self.fused: int | None = None
        #: The bound of what scales the scores back.
        self.behind = WHOLE
        self.bounds: dict[int, Fraction] = {}
        self.layers: dict[int, list[Fraction]] = {}

    def check(self, stages: Any) -> list[Fraction]:
        """The claimed bound of each stage, proved from the claimed norms."""
        entries = list_of(stages, "stages")
        places = list(range(len(self.model.stages)))
        if self.model.stages[0].kind == "normalization" and not (entries and isinstance(entries[0], dict) and entries[0].get("kind") == "normalization"):
            require(self.model.stages[1].choice("opening") == "dense", "the certificate has no stage normalization")
            self.fused = 1
            del places[0]
        last = len(self.model.stages) - 1
        if self.model.stages[last].choice("readout") == "identity" and not any(isinstance(entry, dict) and entry.get("kind") == "readout" for entry in entries):
            places.remove(last)
        network = [self.model.stages[i] for i in places]
        targets: Fraction | None = None
        if "targets.scale" in self.model.tensors:
            require(len(entries) == len(network) + 1, "the certificate has no stage targets")
            targets = self._targets(entries.pop(), f"stages[{len(network)}]")
        require(len(entries) == len(network), f"the certificate has {len(entries)} stages; the network has {len(network)}")
        if self.local is not None and self.fused is not None:
            self.local.normalize()
        for i, (place, stage, entry) in enumerate(zip(places, network, entries, strict=True)):
            self.bounds[place] = self._stage(stage, entry, f"stages[{i}]", place == self.fused)
            if stage.kind == "block":
                self.layers[stage.index] = [exact(layer["lipschitz"], "lipschitz") for layer in entry["layers"]]
        self.behind = WHOLE if targets is None else targets
        self.bounds.setdefault(last, WHOLE)
        return [self.bounds.get(i, WHOLE) for i in range(last + 1)]

    def _targets(self, value: Any, what: str) -> Fraction:
        """The stage that scales scores back to the caller's units."""
        entry = members(value, ("kind", "rule", "lipschitz"), what, ("index", "norms"))
        require(entry["kind"] == "targets" and entry["rule"] == "diagonal" and entry.get("norms", []) == [] and entry.get("index", 0) == 0, f"{what} is the stage targets with the rule diagonal")
        claimed = exact(entry["lipschitz"], f"{what}: lipschitz")
        largest = max(Fraction(abs(x)) for x in self.model.tensors["targets.scale"].numbers)
        require(claimed >= largest, f"{what}: {show(claimed)} is less than the largest scale")
        return claimed

    def _stage(self, stage: Stage, value: Any, what: str, is_fused: bool) -> Fraction:
        entry = members(value, ("kind", "lipschitz"), what, ("index", "rule", "norms", "layers"))
        require(entry["kind"] == stage.kind, f"{what} is a {stage.kind} in the network")
        place = entry.get("index", stage.index)
        require(count(place, f"{what}: index") == stage.index, f"{what} is {stage.name} in the network")
        claimed = exact(entry["lipschitz"], f"{what}: lipschitz")
        if stage.kind == "block":
            block = self.blocks[stage.index]
            require(entry.get("norms", []) == [] and entry.get("rule", "layers") == "layers", f"{what} names a rule for a whole block")
            layers = list_of(entry.get("layers"), f"{what}: layers")
            require(len(layers) == len(block.steps), f"{what} has another number of layers than {stage.name}")
            product = WHOLE
            for j, layer in enumerate(layers):
                found = self.local.layer(block, j) if self.local is not None else None
                product = up(product * self._layer(block, j, layer, found, f"{what}, layer {j}"))
            require(claimed >= product, f"{what}: {show(claimed)} is less than the product of the layers' bounds")
            return claimed
        require("layers" not in entry, f"{what} has layers but is no block")
        rule = text_of(entry.get("rule"), f"{what}: rule")
        places = list_of(entry.get("norms", []), f"{what}: norms")
        moved = self.local.stage(stage, is_fused) if self.local is not None else None
        if rule.startswith("local_"):
            local = self._local(rule, places, what)
            require(local.holds(moved, rule, claimed, what), f"{what}: {show(claimed)} is not proved by the rule {rule}")
            name = "opening.W" if stage.kind == "opening" else f"connectors.{stage.index}.W"
            place = [self.norms.place_of("scaled_matrix" if is_fused else "matrix", name, None, "l2")] if rule in ("local_affine", "local_scaled") else []
            self._hold_everywhere(self._map(stage, "affine" if rule == "local_scaled" else rule[len("local_") :], place, what, is_fused))
            return claimed
        square = self._map(stage, rule, places, what, is_fused)
        require(claimed >= 0 and claimed * claimed >= square, f"{what}: {show(claimed)} is not proved by the rule {rule}")
        self._hold_everywhere(claimed * claimed)
        return claimed

    def _local(self, rule: str, places: list[Any], what: str) -> LocalBounds:
        """What proves a rule of a box."""
        if self.local is None:
            reject(f"{what}: the rule {rule[:32]} needs a box of inputs")
        require(places == [], f"{what}: the rule {rule[:32]} names no norms")
        return self.local

    def _hold_everywhere(self, square: Fraction) -> None:
        self.everywhere = up(self.everywhere * up(root_up(square)))

    def _map(self, stage: Stage, rule: str, places: list[Any], what: str, is_fused: bool) -> Fraction:
        """The square of the bound of a stage that is no block."""
        kind = stage.options.get("connector") if stage.kind == "connector" else stage.kind
        flat = self.norm == "linf"
        if stage.kind == "normalization":
            self._rule(rule, ["diagonal"], places, 0, what)
            return max(Fraction(x) for x in map(abs, self.model.tensors["normalization.scale"].numbers)) ** 2
        if kind == "opening":
            kind = "dense" if stage.choice("opening") == "dense" else "identity"
        if kind == "readout":
            kind = "dense" if stage.choice("readout") == "dense" else "identity"
        if kind in ("dense", "convolution"):
            self._rule(rule, ["scaled_affine" if is_fused and flat else "affine"], places, 1, what)
            name = {"opening": "opening.W", "readout": "readout.W"}.get(stage.kind, f"connectors.{stage.index}.{'K' if kind == 'convolution' else 'W'}")
            sigma = ACTIVATIONS[stage.choice("activation")] if stage.kind == "connector" else ACTIVATIONS["identity"]
            factor = sigma.size
            if is_fused and flat:
                factor *= max(Fraction(abs(x)) for x in self.model.tensors["normalization.scale"].numbers)
            return (factor * self.norms.take(places[0], what, "scaled_matrix" if is_fused and not flat else "matrix", name, None, self.norm)) ** 2
        if kind == "activation":
            self._rule(rule, ["activation"], places, 0, what)
            return ACTIVATIONS[stage.choice("activation")].size ** 2
        if kind in ("average_pooling", "global_average"):
            if flat:
                self._rule(rule, ["identity"], places, 0, what)
                return WHOLE
            self._rule(rule, ["average"], places, 0, what)
            pixels = stage.before[1] * stage.before[2]
            if kind == "average_pooling":
                self._separate(stage, what)
                pixels = math.prod(1 if n == 1 else stage.whole("window") for n in stage.before[1:])
            return Fraction(1, pixels)
        if kind == "channel_copies":
            self._rule(rule, ["identity" if flat else "copies"], places, 0, what)
            return WHOLE if flat else Fraction(-(-stage.after[0] // stage.before[0]))
        if kind == "max_pooling" and not flat:
            self._separate(stage, what, may_have_margin=True)
        if kind in ("identity", "flatten", "first_channels", "dropout", "channel_padding", "max_pooling"):
            self._rule(rule, ["identity"], places, 0, what)
            return WHOLE
        reject(f"{what}: {stage.name} has no rule")

    @staticmethod
    def _rule(rule: str, allowed: list[str], places: list[Any], norms: int, what: str) -> None:
        require(rule in allowed, f"{what}: the rule {rule[:32]} is not for this stage; {' or '.join(allowed)} is")
        require(len(places) == norms, f"{what}: the rule {rule} names {norms} norms")

    @staticmethod
    def _separate(stage: Stage, what: str, may_have_margin: bool = False) -> None:
        window, step = stage.whole("window"), stage.whole("window_stride")
        is_right = stage.before[1:] == (1, 1) or ((step == 0 or step >= window) and (may_have_margin or stage.whole("window_margin") == 0))
        require(is_right, f"{what}: the windows of {stage.name} overlap or have a margin")

    #: The rules that hold everywhere where a local rule does, with the norms that each names.
    _GLOBAL = {
        "dense": {"residual": [("matrix", "l2")], "log_norm": [("matrix", "l2"), ("matrix", "log_l2")]},
        "antisymmetric": {"residual": [("antisymmetric_part", "l2")], "log_norm": [("antisymmetric_part", "l2")]},
        "gradient_flow": {"cocoercive": [("matrix", "l2")], "symmetric": [("matrix", "l2")]},
    }  # fmt: skip

    def _layer(self, block: Block, j: int, value: Any, found: tuple[list[tuple[int, int]], Whole] | None, what: str) -> Fraction:
        entry = members(value, ("rule", "lipschitz"), what, ("norms",))
        rule, places = text_of(entry["rule"], f"{what}: rule"), list_of(entry.get("norms", []), f"{what}: norms")
        claimed = exact(entry["lipschitz"], f"{what}: lipschitz")
        if rule.startswith("local_"):
            local = self._local(rule, places, what)
            require(local.step_holds(block, j, rule, found, claimed, self.norms, what), f"{what}: {show(claimed)} is not proved by the rule {rule}")
            squares = []
            for other, norms in self._GLOBAL[block.field].items():
                try:
                    squares.append(self._step_square(block, j, other, [self.norms.place_of(operator, block.tensor("K"), block.entry(j), norm) for operator, norm in norms], what))
                except Rejected:
                    # This rule does not hold, or its norms are not claimed.
                    continue
            require(bool(squares), f"{what}: no rule that holds everywhere has its norms in the certificate")
            self._hold_everywhere(min(squares))
            return claimed
        self._hold_everywhere(claimed * claimed)
        require(claimed >= 0 and claimed * claimed >= self._step_square(block, j, rule, places, what), f"{what}: {show(claimed)} is not proved by the rule {rule[:32]}")
        return claimed

    def _bounds(self, block: Block, j: int, places: list[Any], wanted: list[tuple[str, str, str]], what: str) -> list[Fraction]:
        require(len(places) == len(wanted), f"{what}: the rule names {len(wanted)} norms")
        return [self.norms.take(i, what, operator, block.tensor(name), block.entry(j), norm) for i, (operator, name, norm) in zip(places, wanted, strict=True)]

    def _pair(self, block: Block, j: int, places: list[Any], name: str, what: str) -> list[Fraction]:
        """The linf and the l1 norm of a matrix, which are those of its transpose in the other order."""
        require(len(places) == 2, f"{what}: the rule names 2 norms")
        pair = [self.norms.take(i, what, "matrix", block.tensor(name), block.entry(j), ("linf", "l1")) for i in places]
        require({self.norms.claims[i].norm for i in places} == {"linf", "l1"}, f"{what}: the rule names the linf and the l1 norm")
        return pair

    def _field(self, block: Block, j: int, places: list[Any], what: str) -> Fraction:
        """The Lipschitz bound of the field."""
        size, norm = block.sigma.size, self.norm
        flat = norm == "linf"
        if block.field == "dense":
            return size * self._bounds(block, j, places, [("matrix", "K", norm)], what)[0]
        if block.field == "two_layer":
            return size * math.prod(self._bounds(block, j, places, [("matrix", "K1", norm), ("matrix", "K2", norm)], what), start=WHOLE)
        if block.field in ("antisymmetric", "antisymmetric_damped"):
            if flat:
                s = sum(self._pair(block, j, places, "K", what), ZERO) / 2
            else:
                s = self._bounds(block, j, places, [("antisymmetric_part", "K", norm)], what)[0]
            if block.field == "antisymmetric_damped":
                return size * s + block.gamma
            return size * (s + block.gamma / 2 if flat else up(root_up(s * s + block.gamma**2 / 4)))
        if block.field in ("gradient_flow", "negative_definite") and not block.is_scaled:
            name = block.weights()[0]
            if not flat:
                return size * self._bounds(block, j, places, [("matrix", name, "l2")], what)[0] ** 2
            return size * math.prod(self._pair(block, j, places, name, what), start=WHOLE)
        if block.field == "rotate_relax" and not flat:
            # An exact rotation changes no distance.
            wanted = [] if block.integrator in ROTATIONS else [("antisymmetric_part", "A", "l2")]
            sizes = self._bounds(block, j, places, [*wanted, ("matrix", "K", "l2")], what)
            return 2 * sum(sizes[:-1], ZERO) + size * sizes[-1] ** 2
        reject(f"{what}: the field of {block.stage.name} has no Lipschitz bound here")

    def _step_square(self, block: Block, j: int, rule: str, places: list[Any], what: str) -> Fraction:
        """The square of a layer's Lipschitz bound by the named rule."""
        h, sigma, gamma = block.steps[j], block.sigma, block.gamma
        flat = self.norm == "linf"
        explicit = (*TABLEAUX, "runge_kutta")
        fields = ("dense", "two_layer", "gradient_flow", "antisymmetric", "antisymmetric_damped", "negative_definite", "rotate_relax")
        is_turned = block.field == "rotate_relax" and block.integrator in ROTATIONS
        if rule == "residual":
            block.need(fields, ("euler", *ROTATIONS) if is_turned else ("euler",), what, monotone=False)
            return (1 + h * self._field(block, j, places, what)) ** 2
        if flat and rule != "stages":
            require(rule == "rows", f"{what}: the rule {rule[:32]} is none of ℓ∞")
            block.need(["dense", "antisymmetric"], ["euler"], what)
            require(places == [] and block.stage.choice("operator") == "dense", f"{what}: the rule rows is for matrices and names no norms")
            return self._rows(block, j) ** 2
        if rule == "stages":
            block.need(fields, explicit, what, monotone=False)
            a, b = tableau(block.stage)
            slope = self._field(block, j, places, what)
            factors: list[Fraction] = []
            for row in a:
                factors.append(up(1 + h * sum((abs(x) * slope * y for x, y in zip(row, factors, strict=False)), ZERO)))
            return (1 + h * sum((abs(x) * slope * y for x, y in zip(b, factors, strict=True)), ZERO)) ** 2
        if rule in ("cocoercive", "symmetric"):
            is_plain = rule == "symmetric"
            block.need(["gradient_flow", "rotate_relax"], ROTATIONS if block.field == "rotate_relax" else ("euler",) if is_plain else explicit, what)
            require(not block.is_scaled, f"{what}: {block.stage.name} has steps row_sums")
            size = h * sigma.most * self._bounds(block, j, places, [("matrix", "K", "l2")], what)[0] ** 2
            if is_plain:
                return max(WHOLE, size - 1) ** 2
            require(size <= 2 if is_turned else is_circle_contractive(block.stage, size), f"{what}: the step is too long to be non-expansive")
            return WHOLE
        if rule == "row_sums":
            require(places == [], f"{what}: the rule row_sums names no norms")
            block.condition("row_sums", j)
            return WHOLE
        if rule == "damped":
            block.need(["antisymmetric_damped"], ["euler"], what)
            return block.damped_square(j, self._bounds(block, j, places, [("antisymmetric_part", "K", "l2")], what)[0])
        if rule == "log_norm":
            block.need(["dense", "antisymmetric"], ["euler"], what)
            least, most = sigma.least, sigma.most
            if block.field == "antisymmetric":
                s = self._bounds(block, j, places, [("antisymmetric_part", "K", "l2")], what)[0]
                total = s * s + gamma**2 / 4
                m = -(most + least) * gamma / 4 + (most - least) * up(root_up(total)) / 2
            else:
                s, log_s = self._bounds(block, j, places, [("matrix", "K", "l2"), ("matrix", "K", "log_l2")], what)
                total = s * s
                m = (most + least) * log_s / 2 + (most - least) * s / 2
            square = 1 + 2 * h * m + h * h * most**2 * total
            require(square >= 0, f"{what}: the numbers contradict each other")
            return square
        if rule == "verlet":
            block.need(["hamiltonian", "hamiltonian_two_weight", "hamiltonian_h"], ["verlet"], what, monotone=False)
            if block.field == "hamiltonian":
                s = self._bounds(block, j, places[:1], [("matrix", "K", "l2")], what)[0]
                require(len(places) == 1 or places == [places[0]] * 2, f"{what}: the rule names one norm")
                first = second = h * sigma.size * s
            else:
                s1, s2 = self._bounds(block, j, places, [("matrix", name, "l2") for name in block.weights()], what)
                first, second = h * sigma.size * s1**2, h * sigma.size * s2**2
            p, q = 1 + first * second, 1
            half = (p * p + first**2 + second**2 + q * q) / 2
            determinant = p * q - first * second
            return half + up(root_up(half * half - determinant * determinant))
        reject(f"{what}: the rule {rule[:32]} is unknown")

    def _rows(self, block: Block, j: int) -> Fraction:
        """max_i max_{d ∈ {α, L}} (|1 + h d w_ii| + h d Σ_{j≠i} |w_ij|)."""
        numbers = self.norms.whole(block.tensor("K"), block.entry(j))
        damping = ZERO
        if block.field == "antisymmetric":
            numbers, damping = numbers.minus_transposed(), block.gamma / 2
        scale, h = Fraction(2) ** numbers.power, block.steps[j]
        worst = ZERO
        for i, row in enumerate(numbers.rows):
            own = row[i] * scale - damping
            others = (sum(map(abs, row)) - abs(row[i]) + numbers.error * len(row)) * scale
            for d in (block.sigma.least, block.sigma.most):
                worst = max(worst, abs(1 + h * d * own) + h * d * others)
        return worst


# ---- The network at one input -------------------------------------------------------------------------------------------------------------------------------------------------------------------


@dataclass
class Ball:
    """Fixed-point numbers, and a bound of their distance in ℓ₂ from those that are meant."""

    center: list[int]
    radius: Fraction

    @property
    def length(self) -> Fraction:
        """An upper bound of the center's length."""
        return up(root_up(Fraction(sum(map(mul, self.center, self.center)), 1 << 2 * PLACES)))


def fixed(x: float | Fraction) -> int:
    """The fixed-point number at or just below x."""
    value = Fraction(x)
    return (value.numerator << PLACES) // value.denominator


class Linear:
    """x ↦ Wx for a matrix or a convolution, and its transpose, on fixed-point numbers."""

    def __init__(self, numbers: Whole, place: Json | None) -> None:
        require(numbers.error == 0, "the weights are spread over too many magnitudes to be evaluated exactly")
        self.numbers, self.place = numbers, with_known_padding(place)

    def __call__(self, x: list[int]) -> list[int]:
        """Wx, each number within one unit."""
        sums = self._image(x, self.place) if self.place else [sum(map(mul, row, x)) for row in self.numbers.rows]
        return self._scaled(sums)

    def transposed(self, x: list[int]) -> list[int]:
        if self.place is None:
            return self._scaled([sum(map(mul, column, x)) for column in zip(*self.numbers.rows, strict=True)])
        return self._scaled(self._image(x, self.place, turned=True))

    def _scaled(self, sums: list[int]) -> list[int]:
        power = self.numbers.power
        return [s << power for s in sums] if power >= 0 else [s >> -power for s in sums]

    def _image(self, x: list[int], place: Json, turned: bool = False) -> list[int]:
        height, width = place["height"], place["width"]
        (kh, kw), (sh, sw), (dh, dw) = place["kernel"], place["stride"], place["dilation"]
        groups, taps = place["groups"], kh * kw
        outputs, inputs = place["channels_out"] // groups, place["channels_in"] // groups
        before, after = place["before"], place["after"]
        rows = self.numbers.rows
        if turned:
            # The transpose of a convolution of stride 1 is one with turned kernels.
            require(sh == sw == 1, "the transpose of a convolution with strides")
            rows = []
            for block in by_groups(self.numbers.rows, groups):
                rows += [[block[o][c * taps + taps - 1 - t] for o in range(outputs) for t in range(taps)] for c in range(inputs)]
            before, after = after, before
            inputs, outputs = outputs, inputs
        high, wide = extents_of({**place, "before": before, "after": after})
        is_periodic = place["padding"] == "periodic"
        places = []
        for y in range(high):
            for z in range(wide):
                spots = []
                for i in range(kh):
                    for k in range(kw):
                        v, w = y * sh + i * dh - before[0], z * sw + k * dw - before[1]
                        if is_periodic:
                            v, w = v % height, w % width
                        spots.append(v * width + w if 0 <= v < height and 0 <= w < width else -1)
                places.append(spots)
        pixels = height * width
        result: list[list[int]] = []
        for g in range(groups):
            channels = [x[(g * inputs + c) * pixels : (g * inputs + c + 1) * pixels] + [0] for c in range(inputs)]
            patches = [[channel[p] for channel in channels for p in spots] for spots in places]
            result += [[sum(map(mul, row, patch)) for patch in patches] for row in rows[g * outputs : (g + 1) * outputs]]
        return [value for channel in result for value in channel]


class Factors:
    """2/(L r_i) of steps `row_sums`, in fixed point, with what their rounding in the library needs."""

    def __init__(self, block: Block, model: Model, layer: int, place: Json | None) -> None:
        entry = block.entry(layer)
        name = block.tensor("K")
        kernel = model.matrix(name, entry)
        numbers = whole(kernel, EXACT)
        require(numbers.error == 0, "the weights are spread over too many magnitudes to be evaluated exactly")
        rows = len(kernel)
        exponents = model.vector(block.tensor("log_q"), rows, entry)
        q = [fixed_exp(fixed(max(-20.0, min(20.0, s)))) for s in exponents]
        groups = place["groups"] if place else 1
        per_group, taps = rows // groups, (place["kernel"][0] * place["kernel"][1]) if place else 1
        sums: list[Fraction] = []
        scale = Fraction(4) ** numbers.power
        lengths = [euclidean_norm(row) for row in kernel]
        #: The largest relative error of a factor in the library, without the multiples of u.
        self.spread = ZERO
        for g in range(groups):
            part = range(g * per_group, (g + 1) * per_group)
            sizes = self._correlations([numbers.rows[i] for i in part], place) if taps > 1 and place else [[abs(x) for x in row] for row in gram([numbers.rows[i] for i in part])]
            common = sum((lengths[j] * q[j] for j in part), ZERO)
            for i, row in zip(part, sizes, strict=True):
                total = Fraction(sum(size * q[j] for j, size in zip(part, row, strict=True)), q[i]) * scale
                sums.append(Fraction(1, 1024) + total)
                self.spread = max(self.spread, up((taps * lengths[i] * common / q[i] + Fraction(1, 1024)) / sums[-1]))
        #: q has PLACES places and is at least e^−20, so that this bounds the relative error of r.
        self.error = UNIT * (1 << 40)
        self.exact = [2 / (block.sigma.most * r) for r in sums]
        pixels = place["height"] * place["width"] if place else 1
        self.values = [fixed(t) for t in self.exact for _ in range(pixels)]
        self.largest = up(max(self.exact) * (1 + self.error))
        self.largest_sum = max(sums)
        self.terms = len(kernel[0]) + rows

    @staticmethod
    def _correlations(rows: list[list[int]], place: Json) -> list[list[int]]:
        """Σ_δ |Σ_{c,u} k[i,c,u+δ]·k[j,c,u]| for each pair of output channels: each shift is a product of two matrices, of which the block of one Gram matrix is taken."""
        kh, kw = place["kernel"]
        taps, m = kh * kw, len(rows)
        channels = len(rows[0]) // taps
        result = [[0] * m for _ in range(m)]
        for dy in range(1 - kh, kh):
            for dx in range(1 - kw, kw):
                pairs = [(y + dy, x + dx, y, x) for y in range(max(0, -dy), kh - max(0, dy)) for x in range(max(0, -dx), kw - max(0, dx))]
                left = [[row[c * taps + a * kw + b] for c in range(channels) for a, b, _, _ in pairs] for row in rows]
                right = [[row[c * taps + a * kw + b] for c in range(channels) for _, _, a, b in pairs] for row in rows]
                for i in range(m):
                    for j in range(m):
                        result[i][j] += abs(sum(map(mul, left[i], right[j])))
        return result


class Evaluation:
    """The reference network at one input, stage by stage, with the distance from it that rounding here may cause."""

    def __init__(self, model: Model, blocks: dict[int, Block], bounds: dict[int, Fraction], layer_bounds: dict[int, list[Fraction]], places: dict[str, Json]) -> None:
        self.model, self.blocks, self.bounds, self.layer_bounds, self.places = model, blocks, bounds, layer_bounds, places
        self.factors: dict[tuple[int, int], Factors] = {}

    def linear(self, tensor: str, entry: int | None) -> Linear:
        return Linear(whole(self.model.matrix(tensor, entry), EXACT), self.places.get(tensor))

    def layer_factors(self, block: Block, layer: int) -> Factors:
        key = (block.stage.index, block.entry(layer))
        if key not in self.factors:
            self.factors[key] = Factors(block, self.model, layer, self.places.get(block.tensor("K")))
        return self.factors[key]

    def run(self, x: list[float]) -> Ball:
        """The state before the readout."""
        work = 0
        for stage in self.model.stages:
            if stage.kind == "block":
                block, pixels = self.blocks[stage.index], stage.before[1] * stage.before[2] if stage.options["operator"] == "convolution" else 1
                numbers = sum(math.prod(tensor.shape[1:]) for name, tensor in self.model.tensors.items() if name.startswith(f"blocks.{stage.index}."))
                work += 2 * len(block.steps) * pixels * numbers * (1 if block.integrator in ("euler", "verlet") else len(tableau(block.stage)[1]))
        require(work * PLACES <= LARGEST_WORK * 256, f"the blocks take {work} multiplications of numbers of {PLACES} binary places for an input, which is too much for this file")
        state = Ball([fixed(value) for value in x], root_up(Fraction(len(x))) * UNIT)
        for i, stage in enumerate(self.model.stages[:-1]):
            if stage.kind == "block":
                state = self._block(self.blocks[stage.index], state)
            else:
                center, local = self._map(stage, state.center)
                state = Ball(center, up(self._growth(i, stage) * state.radius + local))
        return state

    def _growth(self, i: int, stage: Stage) -> Fraction:
        """A bound of what a stage makes of the radius, which is so small that a coarse one will do."""
        if stage.kind == "normalization":
            return max(Fraction(abs(x)) for x in self.model.tensors["normalization.scale"].numbers)
        if stage.kind == "opening" and stage.choice("opening") == "dense":
            return self.model.frobenius("opening.W")
        if stage.kind == "connector" and stage.choice("connector") == "dense":
            return ACTIVATIONS[stage.choice("activation")].size * self.model.frobenius(f"connectors.{stage.index}.W")
        return self.bounds[i]

    @staticmethod
    def _activated(sigma: Activation, values: list[int]) -> tuple[list[int], Fraction]:
        """σ of fixed-point numbers, and a bound of its error in ℓ₂."""
        units = 4 * (max(map(abs, values), default=0) // ONE) + 16 if sigma.grows else 16
        return [sigma.value(v) for v in values], root_up(Fraction(len(values))) * UNIT * units

    def _map(self, stage: Stage, x: list[int]) -> tuple[list[int], Fraction]:
        kind = stage.kind if stage.kind != "connector" else stage.choice("connector")
        root = root_up(Fraction(features(stage.after))) * UNIT
        if kind == "normalization":
            shift, scale = (self.model.tensors[f"normalization.{part}"].numbers for part in ("shift", "scale"))
            largest = Fraction(max(map(abs, scale)))
            entered = [(v - fixed(a)) * fixed(b) >> PLACES for v, a, b in zip(x, shift, scale, strict=True)]
            wrong = 2 * largest + 2 + max(map(abs, x)) // ONE + 1 + Fraction(max(map(abs, shift)))
            # Slopes of asinh are at most 1.
            return [_asinh(v) if flag else v for v, flag in zip(entered, self.model.squashed, strict=True)], root * (wrong + (16 if any(self.model.squashed) else 0))
        if kind == "opening" and stage.choice("opening") == "zero_padding":
            return x + [0] * (features(stage.after) - len(x)), ZERO
        if kind in ("opening", "dense", "convolution"):
            prefix = "opening." if kind == "opening" else f"connectors.{stage.index}."
            sigma = ACTIVATIONS[stage.choice("activation")] if kind != "opening" else ACTIVATIONS["identity"]
            sums = self.linear(prefix + ("K" if kind == "convolution" else "W"), None)(x)
            bias = self.model.vector(prefix + "b", len(sums))
            values, local = self._activated(sigma, [s + fixed(b) for s, b in zip(sums, bias, strict=True)])
            return values, local + sigma.size * 2 * root
        if kind == "activation":
            return self._activated(ACTIVATIONS[stage.choice("activation")], x)
        if kind in ("flatten", "dropout"):
            return x, ZERO
        if kind == "first_channels":
            return x[: features(stage.after)], ZERO
        if kind == "channel_padding":
            height, width, step = stage.before[1], stage.before[2], stage.whole("stride")
            kept = [x[(c * height + v) * width + w] for c in range(min(stage.before[0], stage.after[0])) for v in range(0, height, step) for w in range(0, width, step)]
            return kept + [0] * (features(stage.after) - len(kept)), ZERO
        if kind == "channel_copies":
            return (x * (-(-stage.after[0] // stage.before[0])))[: features(stage.after)], ZERO
        if kind in ("average_pooling", "max_pooling", "global_average"):
            return self._pool(stage, kind, x), root
        reject(f"{stage.name} is not evaluated by this version")

    @staticmethod
    def _pool(stage: Stage, kind: str, x: list[int]) -> list[int]:
        channels, height, width = stage.before
        if kind == "global_average":
            pixels = height * width
            return [sum(x[c * pixels : (c + 1) * pixels]) // pixels for c in range(channels)]
        window, step, margin = stage.whole("window"), stage.whole("window_stride") or stage.whole("window"), stage.whole("window_margin")
        require(margin == 0 or kind == "max_pooling" or (height, width) == (1, 1), f"{stage.name}: means over windows with a margin are not evaluated by this version")

        def within(place: int, n: int) -> range:
            """The pixels of a window along an axis; those beyond the edge do not count."""
            return range(1) if n == 1 else range(max(0, place * step - margin), min(n, place * step - margin + window))

        result = []
        for c in range(channels):
            for y in range(stage.after[1]):
                for z in range(stage.after[2]):
                    spots = [x[(c * height + v) * width + w] for v in within(y, height) for w in within(z, width)]
                    result.append(max(spots) if kind == "max_pooling" else sum(spots) // len(spots))
        return result

    def _verlet(self, block: Block, state: Ball) -> Ball:
        """The momenta start at 0, or are the second half of the state; the layers' bounds are those of pairs of both."""
        is_whole = block.field == "hamiltonian_h"
        half = len(state.center) // 2 if is_whole else len(state.center)
        positions, momenta = state.center[:half], state.center[half:] if is_whole else [0] * half
        root, radius = root_up(Fraction(half)) * UNIT, state.radius
        for j, h in enumerate(block.steps):
            step = self._component(block, j, 1, positions)
            momenta = [z - f * h.numerator // h.denominator for z, f in zip(momenta, step[0], strict=True)]
            move = self._component(block, j, 0, momenta)
            positions = [y + f * h.numerator // h.denominator for y, f in zip(positions, move[0], strict=True)]
            local = (1 + h * self._rate(block, j)) * (h * step[1] + 2 * root) + h * move[1] + 2 * root
            radius = up(self.layer_bounds[block.stage.index][j] * radius + local)
        return Ball(positions + momenta if is_whole else positions, radius)

    def _component(self, block: Block, j: int, which: int, x: list[int]) -> tuple[list[int], Fraction]:
        """σ(Kz + b) and σ(Kᵀy + b), or K₁ᵀσ(K₁z + b₁) and K₂ᵀσ(K₂y + b₂), with bounds of their errors."""
        entry, is_plain = block.entry(j), block.field == "hamiltonian"
        name = "K" if is_plain else block.weights()[which]
        linear = self.linear(block.tensor(name), entry)
        sums = linear.transposed(x) if is_plain and which == 1 else linear(x)
        bias = self.model.vector(block.tensor(name.replace("K", "b")), len(sums), entry)
        values, local = self._activated(block.sigma, [s + fixed(b) for s, b in zip(sums, bias, strict=True)])
        local += block.sigma.size * 2 * root_up(Fraction(len(sums))) * UNIT
        if is_plain:
            return values, local
        return linear.transposed(values), self._coarse(block.tensor(name), entry) * local + root_up(Fraction(len(x))) * UNIT

    def _block(self, block: Block, state: Ball) -> Ball:
        if block.integrator == "verlet":
            return self._verlet(block, state)
        a, b = tableau(block.stage)
        root = root_up(Fraction(len(state.center))) * UNIT
        for j, h in enumerate(block.steps):
            rates: list[list[int]] = []
            errors: list[Fraction] = []

            def moved(row: Sequence[Fraction], h: Fraction = h, rates: list[list[int]] = rates, errors: list[Fraction] = errors) -> tuple[list[int], Fraction]:
                center, wrong = state.center, ZERO
                for c, rate, error in zip(row, rates, errors, strict=False):
                    if c:
                        step = c * h
                        center = [y + f * step.numerator // step.denominator for y, f in zip(center, rate, strict=True)]
                        wrong += abs(step) * error + root
                return center, wrong

            for row in a:
                at, wrong = moved(row)
                rate, local = self._field(block, j, at)
                rates.append(rate)
                errors.append(up(self._rate(block, j) * wrong + local))
            center, wrong = moved(b)
            state = Ball(center, up(self.layer_bounds[block.stage.index][j] * state.radius + wrong))
        return state

    def _coarse(self, tensor: str, entry: int | None) -> Fraction:
        """A coarse bound of an operator's norm, for errors that are tiny."""
        place = self.places.get(tensor)
        return up(self.model.frobenius(tensor, entry) * (place["kernel"][0] * place["kernel"][1] if place else 1))

    def _rate(self, block: Block, j: int) -> Fraction:
        """A coarse bound of the field's Lipschitz constant."""
        if block.is_scaled:
            return 2 * block.sigma.size / block.sigma.most / block.steps[j]
        product = block.sigma.size
        for weight in block.weights():
            product *= max(WHOLE, self._coarse(block.tensor(weight), block.entry(j))) ** (1 if block.field == "two_layer" else 2)
        return up(product + block.gamma)

    def _field(self, block: Block, j: int, y: list[int]) -> tuple[list[int], Fraction]:
        """f(y) and a bound of its error in ℓ₂. With steps row_sums, h f."""
        sigma, entry = block.sigma, block.entry(j)
        root = root_up(Fraction(len(y))) * UNIT

        def affine(weight: str, bias: str, x: list[int]) -> list[int]:
            sums = self.linear(block.tensor(weight), entry)(x)
            return [s + fixed(b) for s, b in zip(sums, self.model.vector(block.tensor(bias), len(sums), entry), strict=True)]

        if block.field in ("dense", "two_layer", "gradient_flow"):
            first = "K1" if block.field == "two_layer" else "K"
            sums = affine(first, "b1" if block.field == "two_layer" else "b", y)
            values, local = self._activated(sigma, sums)
            local += sigma.size * 2 * root_up(Fraction(len(sums))) * UNIT
            if block.field == "dense":
                return values, local
            if block.field == "two_layer":
                return affine("K2", "b2", values), self._coarse(block.tensor("K2"), entry) * local + 2 * root
            size = self._coarse(block.tensor("K"), entry)
            factor = WHOLE
            if block.is_scaled:
                factors = self.layer_factors(block, j)
                length = Ball(values, ZERO).length
                values = [v * t >> PLACES for v, t in zip(values, factors.values, strict=True)]
                local = factors.largest * local + length * (factors.error * factors.largest + UNIT) + root_up(Fraction(len(values))) * UNIT
                factor = 1 / block.steps[j]
            result = [-v for v in self.linear(block.tensor("K"), entry).transposed(values)]
            local = (size * local + root) * factor
            if block.is_scaled:
                # The step multiplies by h; the quotient is exact up to a unit.
                result = [v * factor.numerator // factor.denominator for v in result]
                local += root
            return result, local
        if block.field == "negative_definite":
            middle = self.linear(block.tensor("C"), entry)(y)
            sums = [fixed(b) - s for s, b in zip(self.linear(block.tensor("C"), entry).transposed(middle), self.model.vector(block.tensor("b"), len(y), entry), strict=True)]
            values, local = self._activated(sigma, sums)
            return values, local + sigma.size * (self._rate(block, j) * root_up(Fraction(len(middle))) * UNIT + 2 * root)
        if block.field in ("antisymmetric", "antisymmetric_damped"):
            numbers, place = whole(self.model.matrix(block.tensor("K"), entry), EXACT), self.places.get(block.tensor("K"))
            numbers = antisymmetric_kernel(numbers, place) if place else numbers.minus_transposed()
            sums = Linear(numbers, place)(y)
            bias = self.model.vector(block.tensor("b"), len(y), entry)
            inner = block.gamma / 2 if block.field == "antisymmetric" else ZERO
            outer = block.gamma if block.field == "antisymmetric_damped" else ZERO
            values, local = self._activated(sigma, [s - (v * inner.numerator // inner.denominator) + fixed(b) for s, v, b in zip(sums, y, bias, strict=True)])
            return [f - v * outer.numerator // outer.denominator for f, v in zip(values, y, strict=True)], local + sigma.size * 3 * root + root
        reject(f"{block.stage.name}: the field {block.field} is not evaluated by this version")


# ---- Rounding in the library --------------------------------------------------------------------------------------------------------------------------------------------------------------------


@dataclass
class Reach:
    """Bounds in ℓ₂ that hold for every point of the ball: of the reference state, and of the computed state's distance from it."""

    state: Fraction
    error: Fraction

    @property
    def computed(self) -> Fraction:
        return self.state + self.error


#: Bounds h|f(y)|, and the error of computing h f(y) but for the last multiplication and addition, from a bound of |y|.
FieldBounds = Callable[[Fraction], tuple[Fraction, Fraction]]


@dataclass
class Squares:
    """What the rounding of Winograd's algorithm needs: a bound of the norm of its sums of magnitudes, and the input and output channels of a group."""

    sums: Fraction
    channels: int
    others: int
    is_periodic: bool

    @property
    def roundings(self) -> int:
        """Each product passes 3c + 11 at most: 4 of the weights, 2 of the inputs, its own, those of the sums over c channels of up to three rows of elements and where these meet, and the bias."""
        return 3 * self.channels + 11

    def vanishing(self, outputs: Fraction) -> tuple[Fraction, Fraction]:
        """What numbers below the smallest normal one add, in units of the smallest number: by themselves, for √`outputs` numbers, and for each unit of the inputs, by the sums of magnitudes for weights of 1."""
        return 2 * (9 * self.channels + 11) * outputs, (225 if self.is_periodic else 100) * root_up(Fraction(self.channels * self.others))


@dataclass
class Operator:
    """What the rounding of a product Wx needs: a bound of ‖W‖, one of every part of W that a partial sum has taken, and the products in one sum of W and of Wᵀ."""

    norm: Fraction
    parts: Fraction
    terms: int
    terms_back: int
    pixels: int
    squares: Squares | None = None

    @property
    def squares_back(self) -> Squares | None:
        return None if self.squares is None else Squares(self.squares.sums, self.squares.others, self.squares.channels, self.squares.is_periodic)


class Rounding:
    """Bounds of the library's rounding errors in ℓ₂, from the order in which it accumulates.

    A product adds Σ_k a_k x_k (a_k the columns) to the bias, k ascending. The partial sums are p_k = b + A[:, :k] x[:k], so that |p_k| <= P = s|x| + β. A fused multiply-add has an error of u times its result; where the
    processor has none, the product has one of its own, of u|a_k x_k|, and Σ_k |a_k x_k| <= s Σ|x_k| <= s √n |x|. Hence the error E_k <= (1 + u)(E_{k−1} + u|a_k x_k|) + uP, and E_n <= γ(n + √n + 2) P. A result
    below the smallest normal number adds at most the smallest number η for each number and operation. In a convolution a part of the taps is a part of a matrix of magnitudes, whose norm is at most √(‖·‖₁‖·‖_∞).
    """

    def __init__(self, precision: str, norms: Norms, evaluation: Evaluation) -> None:
        single = precision == "float32"
        self.u = Fraction(1, 1 << (24 if single else 53))
        self.smallest = Fraction(1, 1 << (149 if single else 1074))
        self.normal = Fraction(1, 1 << (126 if single else 1022))
        #: A quarter of the largest number, rounded up to a power of two: twice of it is no overflow.
        self.largest = Fraction(1 << (126 if single else 1022))
        self.norms, self.evaluation, self.model = norms, evaluation, norms.model
        self.is_single = single

    def gamma(self, n: int) -> Fraction:
        require(n * self.u < HALF, f"{n} roundings in a row are too many for this precision")
        return n * self.u / (1 - n * self.u)

    def held(self, size: Fraction) -> Fraction:
        require(size < self.largest, "an overflow is not excluded on the ball")
        return up(size)

    def is_finite(self, size: Fraction) -> Fraction:
        """Of what bounds all partial sums of an update, with their roundings: it may come next to the largest number."""
        require(size < self.largest * Fraction(4 * ((1 << 20) - 1), 1 << 20), "an overflow is not excluded on the ball")
        return up(size)

    @staticmethod
    def chain(n: int) -> int:
        """n + ⌈√n⌉ + 2."""
        return n + math.isqrt(max(n - 1, 0)) + 3

    def product(self, parts: Fraction, bias: Fraction, n: int, m: int, x: Fraction, squares: Squares | None = None) -> Fraction:
        """The error of Wx + b for |x| at most `x`: m numbers, each a sum of n products; or by Winograd's algorithm, whichever is larger."""
        root = root_up(Fraction(m))
        error = self.gamma(self.chain(n)) * (parts * x + bias) + 2 * (n + 2) * root * self.smallest
        if squares is not None:
            alone, growing = squares.vanishing(root)
            error = max(error, self.gamma(squares.roundings) * (squares.sums * x + bias) + (alone + growing * x) * self.smallest)
            parts = max(parts, squares.sums)
        self.is_finite(parts * x + bias + error)
        return up(error)

    @staticmethod
    def range_of(sigma: Activation, z: Fraction, m: int) -> Fraction:
        """A bound of |σ(z)|."""
        root = root_up(Fraction(m))
        value = root * sigma.at_zero + sigma.size * z
        return up(min(value, root) if sigma.is_bounded else value)

    def started(self, factor: Fraction, terms: int, size: Fraction) -> Fraction:
        """The error of a product whose sums may start from what it is added to, of this size: where the factor, rounded to float64, is 1 or −1. `terms` is 0 for one that never does."""
        return self.gamma(self.chain(terms)) * size if terms and abs(float(factor)) == 1 else ZERO

    def vanished(self, h: Fraction, size: Fraction) -> Fraction:
        """What the coefficient h·c of a rate v adds, which besides its relative error may have one of the smallest number, where |h v| is at most `size`."""
        return up(self.smallest * size / h)

    def activated(self, sigma: Activation, z: Fraction, wrong: Fraction, m: int) -> Fraction:
        """The error of σ of m numbers that are wrong by `wrong`, with |z| at most `z`: an ulp is at most 2u of a normal number."""
        self.is_finite(max(WHOLE, sigma.size) * (z + wrong))
        if sigma.ulps == 0:
            return up(sigma.size * wrong)
        return up(sigma.size * wrong + 4 * sigma.ulps * self.u * self.range_of(sigma, z + wrong, m) + root_up(Fraction(m)) * self.normal)

    def operator(self, tensor: str, entry: int | None, operator: str = "matrix") -> Operator:
        place = with_known_padding(self.norms.places.get(tensor))
        matrix = self.model.matrix(tensor, entry)
        claimed = self.norms.bounds.get((operator, tensor, entry, "l2"))
        if place is None:
            if claimed is None:
                claimed = self.model.frobenius(tensor, entry)
            return Operator(claimed, claimed, len(matrix[0]), len(matrix), 1)
        numbers = whole(matrix, EXACT)
        require(numbers.error == 0, "the weights are spread over too many magnitudes")
        taps, groups = place["kernel"][0] * place["kernel"][1], place["groups"]
        parts = up(root_up(Fraction(math.prod(channel_sums(by_groups(numbers.rows, groups), taps))))) * Fraction(2) ** numbers.power
        squares = None
        if self._is_winograd(tensor):
            squares = Squares(self._squares(numbers, place), len(matrix[0]) // taps, len(matrix) // groups, place["padding"] == "periodic")
        return Operator(parts if claimed is None else claimed, parts, len(matrix[0]), len(matrix) // groups * taps, place["height"] * place["width"], squares)

    def _is_winograd(self, tensor: str) -> bool:
        """Whether the library may compute a convolution by Winograd's algorithm."""
        place = self.norms.places[tensor]
        return self.is_single and place["kernel"] == [3, 3] and place["stride"] == place["dilation"] == [1, 1] and not self._is_direct(tensor)

    def _squares(self, numbers: Whole, place: Json, factors: Sequence[Fraction] = ()) -> Fraction:
        """A bound of the norm of the sums of magnitudes of Winograd's algorithm."""
        largest, least = self._square_sums(numbers, place, factors)
        return up(root_up(largest * least))

    def _square_sums(self, numbers: Whole, place: Json, factors: Sequence[Fraction] = ()) -> tuple[Fraction, Fraction]:
        """The largest sums of rows and of columns of |Aᵀ|((|G||g||Gᵀ|) ⊙ (|Bᵀ||d||B|))|A|, the sums of magnitudes of F(2×2, 3×3), as a map of images d; its output channels are multiplied by `factors`.

        Along an axis an output sums elements 0 to 2 or 1 to 3, of two inputs each; an input is in two squares, in whose outputs it appears twice by each of the elements 0 to 2, or of 1 to 3. |G| makes of the taps of such
        three elements the sums with the weights (2, 1, 1) or (1, 1, 2). Around a torus of odd length the last square ends behind the first row, which is in three squares: there (4, 3, 4) bounds twice these weights and the row's.
        """
        ways = ((4, 3, 4),) if place["padding"] == "periodic" else ((4, 2, 2), (2, 2, 4))
        sizes = [[max(sum(a[t // 3] * b[t % 3] * abs(row[c + t]) for t in range(9)) for a in ways for b in ways) for c in range(0, len(row), 9)] for row in numbers.rows]
        scale = Fraction(2) ** numbers.power
        largest, least = (n * scale for n in channel_sums(by_groups(sizes, place["groups"]), 1))
        # Transformed weights and sums of inputs must not overflow, however small the inputs are.
        self.held(max(largest, least))
        if factors:
            largest, least = (n * scale for n in self._weighted_sums(sizes, place["groups"], factors))
        return largest, least

    @staticmethod
    def _weighted_sums(sizes: list[list[int]], groups: int, factors: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
        """The largest sums of a row and of a column of a group's matrix, its rows multiplied by factors."""
        largest = max(f * sum(row) for f, row in zip(factors, sizes, strict=True))
        count = len(sizes) // groups
        columns = [sum((f * row[c] for f, row in zip(factors[g : g + count], sizes[g : g + count], strict=True)), ZERO) for g in range(0, len(sizes), count) for c in range(len(sizes[0]))]
        return up(largest), up(max(columns))

    def _is_direct(self, tensor: str) -> bool:
        kind, index, _ = tensor.split(".")
        return any(stage.kind == kind[:-1] and stage.index == int(index) and stage.options.get("convolution") == "direct" for stage in self.model.stages)

    # -- stages

    def run(self, x: list[float], radius: Fraction, is_exact: bool, bounds: dict[int, Fraction], layers: dict[int, list[Fraction]], fused: int | None, center: Fraction) -> Reach:
        """The state before the readout. `bounds` are those of the stages by their places; `fused` is the place of a matrix whose input is the normalization's output."""
        stages = self.model.stages
        reach = Reach(ZERO, ZERO)
        if stages[0].kind != "normalization":
            size = up(euclidean_norm(x) + radius)
            reach = Reach(self.held(size), ZERO if is_exact else up(self.u * size + root_up(Fraction(len(x))) * self.smallest))
        else:
            # The library refuses inputs whose differences from the shift overflow.
            shift = self.model.tensors["normalization.shift"].numbers
            self.held(euclidean_norm(x) + radius + max((Fraction(abs(a)) for a in shift), default=ZERO))
        for i, stage in enumerate(stages[:-1]):
            if stage.kind == "normalization":
                reach = self._normalization(x, center, radius)
            elif i == fused:
                reach = self._scaled(stage, x, center, radius)
            elif stage.kind == "block":
                reach = self._block(self.evaluation.blocks[stage.index], reach, layers[stage.index])
            else:
                reach = self._map(stage, reach, bounds[i])
        return reach

    def _parts(self) -> tuple[Sequence[float], Fraction, Fraction]:
        """The scales, the largest of them, and |scale ⊙ shift|."""
        shift, scale = (self.model.tensors[f"normalization.{part}"].numbers for part in ("shift", "scale"))
        offset = up(root_up(sum(((Fraction(a) * Fraction(b)) ** 2 for a, b in zip(shift, scale, strict=True)), ZERO)))
        return scale, max(Fraction(abs(b)) for b in scale), offset

    def center(self, x: list[float], squashes: bool = True) -> Fraction:
        """|scale ⊙ (x − shift)|, with asinh of the squashed numbers, or |x|, from above."""
        if self.model.stages[0].kind != "normalization":
            return euclidean_norm(x)
        shift, scale = (self.model.tensors[f"normalization.{part}"].numbers for part in ("shift", "scale"))
        entered = [abs((Fraction(v) - Fraction(a)) * Fraction(b)) for v, a, b in zip(x, shift, scale, strict=True)]
        if squashes:
            entered = [min(z, (_asinh(fixed(z) + 1) + 16) * UNIT) if flag else z for z, flag in zip(entered, self.model.squashed, strict=True)]
        return up(root_up(sum((z**2 for z in entered), ZERO)))

    def _entered(self, x: list[float], radius: Fraction, size: Fraction) -> tuple[Fraction, Fraction]:
        """The error of the normalized inputs, as a part that does not grow with the ball and the units of the part that does; `size` is that of the state.

        (x − shift)·scale rounds shift, scale, difference, product and result: 8u(|z| + |t|), t = scale·shift. asinh makes at most 16u(1 + |t|) of that, because its slope falls like 1/|z|, and is itself wrong by at most 4 ulps.
        """
        _, largest, offset = self._parts()
        # The library refuses inputs whose normalized numbers overflow, even where a weight of 0 follows.
        normalized = self.center(x, squashes=False) + largest * radius
        self.held(normalized + 8 * self.u * (normalized + offset))
        squashed = sum(self.model.squashed)
        times = 4 if squashed else 1
        units = 8 * times * self.u
        return up(units * (size + offset + root_up(Fraction(squashed))) + 4 * times * root_up(Fraction(self.model.inputs)) * self.smallest), units

    def _normalization(self, x: list[float], center: Fraction, radius: Fraction) -> Reach:
        state = self.held(center + self._parts()[1] * radius)
        return Reach(state, self._entered(x, radius, state)[0])

    def _scaled(self, stage: Stage, x: list[float], center: Fraction, radius: Fraction) -> Reach:
        """A matrix right behind the normalization: the change of the input enters through W·diag(scale), with which the relative errors of the changes and the slopes of asinh commute."""
        error, units = self._entered(x, radius, center)
        n, m = features(stage.before), features(stage.after)
        tensor, bias, sigma = self._affine(stage)
        operator = self.operator(tensor, None)
        change = self.norms.bounds[("scaled_matrix", tensor, None, "l2")] * radius
        length = euclidean_norm(self.model.vector(bias, m))
        size = self.held(operator.norm * center + change + length)
        wrong = operator.norm * error + units * change
        total = wrong + self.gamma(self.chain(n)) * (size + wrong) + 2 * (n + 2) * root_up(Fraction(m)) * self.smallest
        return Reach(self.range_of(sigma, size, m), self.activated(sigma, size, up(total), m))

    @staticmethod
    def _affine(stage: Stage) -> tuple[str, str, Activation]:
        if stage.kind == "opening":
            return "opening.W", "opening.b", ACTIVATIONS["identity"]
        prefix = f"connectors.{stage.index}."
        return prefix + ("K" if stage.options["connector"] == "convolution" else "W"), prefix + "b", ACTIVATIONS[stage.choice("activation")]

    def _map(self, stage: Stage, before: Reach, bound: Fraction) -> Reach:
        kind = stage.kind if stage.kind != "connector" else stage.choice("connector")
        m = features(stage.after)
        if (kind == "opening" and stage.choice("opening") == "zero_padding") or kind in ("flatten", "first_channels", "dropout", "channel_padding", "max_pooling"):
            return before
        if kind in ("opening", "dense", "convolution"):
            tensor, bias, sigma = self._affine(stage)
            operator = self.operator(tensor, None)
            length = euclidean_norm(self.model.vector(bias, m))
            size = self.held(operator.norm * before.state + length)
            wrong = operator.norm * before.error + self.product(operator.parts, length, operator.terms, m, before.computed, operator.squares)
            return Reach(self.range_of(sigma, size, m), self.activated(sigma, size, up(wrong), m))
        if kind == "activation":
            sigma = ACTIVATIONS[stage.choice("activation")]
            return Reach(self.held(self.range_of(sigma, before.state, m)), self.activated(sigma, before.state, before.error, m))
        if kind == "channel_copies":
            return Reach(self.held(bound * before.state), up(bound * before.error))
        if kind in ("average_pooling", "global_average"):
            pixels = stage.before[1] * stage.before[2] if kind == "global_average" else math.prod(1 if n == 1 else stage.whole("window") for n in stage.before[1:])
            self.is_finite(root_up(Fraction(pixels)) * before.computed * (1 + self.gamma(pixels + 8)))
            local = self.gamma(pixels + 8) * before.computed + 4 * root_up(Fraction(m)) * self.smallest
            return Reach(up(bound * before.state), up(bound * before.error + local))
        reject(f"the rounding of {stage.name} is not verified by this version")

    # -- blocks

    def _block(self, block: Block, reach: Reach, layers: list[Fraction]) -> Reach:
        if block.integrator == "verlet":
            return self._verlet(block, reach)
        fields = ("dense", "two_layer", "gradient_flow", "antisymmetric", "antisymmetric_damped", "negative_definite")
        block.need(fields, (*TABLEAUX, "runge_kutta"), "a certified radius", monotone=False)
        root = root_up(Fraction(features(block.stage.before)))
        u, smallest = self.u, self.smallest
        a, b = tableau(block.stage)
        cache: dict[tuple[int, Fraction], tuple[FieldBounds, int, Fraction]] = {}
        self.held(max(block.steps, default=ZERO) * max(WHOLE, *(abs(c) for row in (*a, b) for c in row)))
        for j, (h, bound) in enumerate(zip(block.steps, layers, strict=True)):
            key = (block.entry(j), h)
            if key not in cache:
                cache[key] = self._field(block, j)
            bounds, terms, gain = cache[key]
            if len(b) == 1 and block.integrator == "euler":
                computed = reach.computed
                size, wrong = bounds(computed)
                wrong += self.vanished(h, size + wrong)
                local = wrong * (1 + 4 * u) + 8 * u * (computed + size + wrong) + 8 * root * smallest + self.started(h, terms, computed)
                change, start = bounds(reach.state)[0], bounds(ZERO)[0]
            else:
                size, local = self._sums(reach.computed, a, b, bounds, gain, root, h, terms)
                change, start = (self._sums(state, a, b, bounds, gain, root, h, terms)[0] for state in (reach.state, ZERO))
            self.is_finite(reach.computed + size + local)
            reach = Reach(self.held(min(reach.state + change, bound * reach.state + start)), up(bound * reach.error + local))
        return reach

    def _verlet(self, block: Block, positions: Reach) -> Reach:
        """First the momenta from the positions, then the positions from the momenta, which start at 0 or are the second half of the state."""
        block.need(["hamiltonian", "hamiltonian_two_weight", "hamiltonian_h"], ["verlet"], "a certified radius", monotone=False)
        is_whole = block.field == "hamiltonian_h"
        momenta = positions if is_whole else Reach(ZERO, ZERO)
        root, u = root_up(Fraction(features(block.stage.before))), self.u
        self.held(max(block.steps, default=ZERO))
        for j, h in enumerate(block.steps):

            def moved(own: Reach, other: Reach, which: int, j: int = j, h: Fraction = h) -> Reach:
                bounds, terms, gain = self._component(block, j, which)
                size, wrong = bounds(other.computed)
                wrong += self.vanished(h, size + wrong)
                local = wrong * (1 + 4 * u) + 8 * u * (own.computed + size + wrong) + 8 * root * self.smallest + self.started(h, terms, own.computed)
                self.is_finite(own.computed + size + local)
                return Reach(self.held(own.state + bounds(other.state)[0]), up(own.error + gain * other.error + local))

            momenta = moved(momenta, positions, 1)
            positions = moved(positions, momenta, 0)
        if is_whole:
            return Reach(up(root_up(positions.state**2 + momenta.state**2)), up(root_up(positions.error**2 + momenta.error**2)))
        return positions

    def _component(self, block: Block, j: int, which: int) -> tuple[FieldBounds, int, Fraction]:
        """As `_field`, of the positions (0) or the momenta (1) of a Hamiltonian field."""
        h, sigma, entry = block.steps[j], block.sigma, block.entry(j)
        m, is_plain = features(block.stage.before), block.field == "hamiltonian"
        if block.field == "hamiltonian_h":
            m //= 2
        name = "K" if is_plain else block.weights()[which]
        operator = self.operator(block.tensor(name), entry)
        rows = m if is_plain else len(self.model.matrix(block.tensor(name), entry)) * operator.pixels
        bias = euclidean_norm(self.model.vector(block.tensor(name.replace("K", "b")), rows, entry))
        if is_plain:
            terms = operator.terms_back if which == 1 else operator.terms
            return self._affine_field(h, sigma, operator, terms, bias, m), terms, h * sigma.size * operator.norm
        return self._two_fields(h, sigma, operator, bias, rows, operator, operator.terms_back, ZERO, m), operator.terms_back, h * sigma.size * operator.norm**2

    def _affine_field(self, h: Fraction, sigma: Activation, operator: Operator, terms: int, bias: Fraction, m: int) -> FieldBounds:
        """h σ(Wy + b)."""

        def bounds(y: Fraction) -> tuple[Fraction, Fraction]:
            z = operator.norm * y + bias
            wrong = self.product(operator.parts, bias, terms, m, y, operator.squares)
            return up(h * self.range_of(sigma, z, m)), up(h * self.activated(sigma, z, wrong, m))

        return bounds

    def _two_fields(
        self, h: Fraction, sigma: Activation, first: Operator, before: Fraction, hidden: int, second: Operator, terms: int, after: Fraction, m: int
    ) -> FieldBounds:
        """h (W₂ σ(W₁y + b₁) + b₂)."""

        def bounds(y: Fraction) -> tuple[Fraction, Fraction]:
            z = first.norm * y + before
            value = self.range_of(sigma, z, hidden)
            wrong = self.activated(sigma, z, self.product(first.parts, before, first.terms, hidden, y, first.squares), hidden)
            total = second.norm * wrong + self.product(second.parts, after, terms, m, value + wrong, second.squares_back if second is first else second.squares)
            return up(h * (second.norm * value + after)), up(h * total)

        return bounds

    def _sums(
        self, y: Fraction, a: list[list[Fraction]], b: list[Fraction], bounds: FieldBounds, gain: Fraction, root: Fraction, h: Fraction, terms: int
    ) -> tuple[Fraction, Fraction]:
        """The change of a Runge–Kutta step from a state of at most `y`, and its rounding error.

        The argument of stage i is y + Σ_j a_ij h k_j, whose coefficients and sums are rounded 4(i+1) times at most. Its error passes through the field with the gain h·Lip f. The sums of the last stage's product may start from
        what the others have added.
        """
        sizes: list[Fraction] = []
        errors: list[Fraction] = []

        def sum_of(row: Sequence[Fraction], i: int) -> tuple[Fraction, Fraction]:
            size = sum((abs(c) * s for c, s in zip(row, sizes, strict=False)), ZERO)
            wrong = sum((abs(c) * e + self.vanished(h, s + e) for c, s, e in zip(row, sizes, errors, strict=False) if c), ZERO)
            rounding = 4 * (i + 1) * self.u
            return up(size), up(wrong * (1 + rounding) + rounding * (y + size + wrong) + 8 * (i + 1) * root * self.smallest)

        for i, row in enumerate(a):
            size, wrong = sum_of(row, i)
            reached = self.is_finite(y + size + wrong)
            change, local = bounds(reached)
            sizes.append(change)
            errors.append(up(gain * wrong + local))
        size, wrong = sum_of(b, len(b))
        return size, up(wrong + self.started(h * b[-1], terms, y + size + wrong))

    def _field(self, block: Block, j: int) -> tuple[FieldBounds, int, Fraction]:
        """The bounds of a layer's field, the products in a sum of its last operator (0 if that never starts from the state), and h times its Lipschitz bound."""
        h, sigma, entry = block.steps[j], block.sigma, block.entry(j)
        m = features(block.stage.before)
        if block.is_scaled:
            return self._row_sums(block, j)
        if block.field in ("antisymmetric", "antisymmetric_damped"):
            return self._antisymmetric(block, j)
        first = {"two_layer": "K1", "negative_definite": "C"}.get(block.field, "K")
        operator = self.operator(block.tensor(first), entry)
        hidden = m if block.field == "dense" else len(self.model.matrix(block.tensor(first), entry)) * operator.pixels

        def length(name: str, n: int) -> Fraction:
            return euclidean_norm(self.model.vector(block.tensor(name), n, entry))

        if block.field == "dense":
            return self._affine_field(h, sigma, operator, operator.terms, length("b", m), m), operator.terms, h * sigma.size * operator.norm
        if block.field == "negative_definite":
            bias = length("b", m)

            def definite(y: Fraction) -> tuple[Fraction, Fraction]:
                inner = self.product(operator.parts, ZERO, operator.terms, hidden, y, operator.squares)
                z = operator.norm**2 * y + bias
                wrong = operator.norm * inner + self.product(operator.parts, bias, operator.terms_back, m, operator.norm * y + inner, operator.squares_back)
                return up(h * self.range_of(sigma, z, m)), up(h * self.activated(sigma, z, up(wrong), m))

            return definite, operator.terms_back, h * sigma.size * operator.norm**2
        if block.field == "two_layer":
            second, before, after = self.operator(block.tensor("K2"), entry), length("b1", hidden), length("b2", m)
            terms = second.terms
        else:
            second, before, after = operator, length("b", hidden), ZERO
            terms = operator.terms_back
        return self._two_fields(h, sigma, operator, before, hidden, second, terms, after, m), terms, h * sigma.size * operator.norm * second.norm

    def _antisymmetric(self, block: Block, j: int) -> tuple[FieldBounds, int, Fraction]:
        """½(K − Kᵀ − γI) is prepared in floating point: a difference, γ's rounding, and another difference on the diagonal."""
        h, sigma, entry = block.steps[j], block.sigma, block.entry(j)
        m, tensor = features(block.stage.before), block.tensor("K")
        place = self.norms.places.get(tensor)
        inner, outer = (block.gamma, ZERO) if block.field == "antisymmetric" else (ZERO, block.gamma)
        norm = up(root_up(block.norm("K", j, "antisymmetric_part") ** 2 + inner**2 / 4))
        rows = self.model.matrix(tensor, entry)
        taps = place["kernel"][0] * place["kernel"][1] if place else 1
        numbers = Fraction(len(rows) * len(rows[0]))
        # A convolution's norm is at most the sum of its taps' norms.
        prepared = up(root_up(Fraction(taps)) * (2 * self.u * (self.model.frobenius(tensor, entry) + inner / 2 * root_up(Fraction(len(rows)))) + root_up(numbers) * self.smallest))
        parts = norm
        self.held(2 * self.model.frobenius(tensor, entry) + inner)
        squares = None
        if place:
            kernel = antisymmetric_kernel(whole(rows, EXACT), place)
            require(kernel.error == 0, "the weights are spread over too many magnitudes")
            parts = max(sum(map(abs, row)) for row in kernel.rows) * Fraction(2) ** kernel.power + inner / 2
            if self._is_winograd(tensor):
                # Those of ½(|K| + |Kᵀ|); γ is in the middle of the kernels; each prepared number is wrong by 2u of itself, or by the smallest number.
                channels, middle = len(rows) // place["groups"], 9 if place["padding"] == "periodic" else 4
                magnitudes = sum(self._square_sums(whole(rows, EXACT), place)) / 2 + inner / 2 * middle
                squares = Squares(self.held(magnitudes * (1 + 4 * self.u) + 128 * channels * self.smallest), channels, channels, place["padding"] == "periodic")
        terms = len(rows[0])
        bias = euclidean_norm(self.model.vector(block.tensor("b"), m, entry))

        def bounds(y: Fraction) -> tuple[Fraction, Fraction]:
            z = norm * y + bias
            wrong = self.product(parts + prepared, bias, terms, m, y, squares) + prepared * y
            if block.integrator != "euler":
                # The rates of stages are stored as they are; a single one is multiplied by h on its way.
                self.is_finite(self.range_of(sigma, z + wrong, m) + outer * y)
            return up(h * (self.range_of(sigma, z, m) + outer * y)), up(h * self.activated(sigma, z, up(wrong), m))

        return bounds, terms, h * (sigma.size * norm + outer)

    def _row_sums(self, block: Block, j: int) -> tuple[FieldBounds, int, Fraction]:
        """Steps row_sums, in the norm |r^(−½)·| of the hidden numbers, in which K and every part of a matrix's columns has a norm of at most 1; of a convolution's taps a part may have more."""
        h, sigma, entry = block.steps[j], block.sigma, block.entry(j)
        factors = self.evaluation.layer_factors(block, j)
        tensor = block.tensor("K")
        matrix, place = self.model.matrix(tensor, entry), self.norms.places.get(tensor)
        operator = self.operator(tensor, entry)
        n, back, pixels, taps = operator.terms, operator.terms_back, operator.pixels, place["kernel"][0] * place["kernel"][1] if place else 1
        rows, width = len(matrix) * pixels, features(block.stage.before)
        u, smallest, slope = self.u, self.smallest, sigma.most
        require(factors.largest_sum < Fraction(2) ** 1000, f"{block.stage.name}: the row sums are too large")
        self.held(max(factors.exact) * (1 + factors.error) / h)
        # They are 2/(hL), in float64, over r.
        require(2 / (slope * h) < Fraction(2) ** 1022, "an overflow is not excluded on the ball")
        require(min(factors.exact) * (1 - factors.error) / h >= self.normal, f"{block.stage.name}: a factor of the row sums may be below the smallest normal number")
        # The factors: q is rounded, then quotients, products and sums in float64, and the result.
        relative = up(8 * u + Fraction(n + len(matrix) + 32 + (6 * taps if taps > 1 else 0), 1 << 52) * factors.spread)
        require(relative < HALF, f"{block.stage.name}: the rounding of the row sums is not bounded")
        # 1/r = T L/2, from above.
        inverse = [up(t * (1 + factors.error) * slope / 2) for t in factors.exact]
        parts, squares = WHOLE, ZERO
        if place:
            numbers, weights = whole(matrix, EXACT), [up(root_up(r)) for r in inverse]
            sums = [[sum(map(abs, row[c : c + taps])) for c in range(0, len(row), taps)] for row in numbers.rows]
            largest, least = self._weighted_sums(sums, place["groups"], weights)
            parts = up(root_up(largest * least)) * Fraction(2) ** numbers.power
            if operator.squares is not None:
                squares = self._squares(numbers, place, weights)
        inverse = [r for r in inverse for _ in range(pixels)]
        bias = self.model.vector(block.tensor("b"), rows, entry)
        start = up(root_up(sum((Fraction(b) ** 2 * r for b, r in zip(bias, inverse, strict=True)), ZERO)))
        length = euclidean_norm(bias)
        total = up(root_up(sum(inverse, ZERO)))
        ulps = sigma.ulps
        size_of, all_parts = operator.norm, max(operator.norm, operator.parts, operator.squares.sums if operator.squares else ZERO)
        root_rows, root_n = root_up(Fraction(rows)), root_up(Fraction(width))
        widest, narrowest = root_up(factors.largest_sum), up(root_up(max(inverse)))
        in_order, by_squares = self.gamma(self.chain(n)), ZERO
        second, growing, vanishing = self.gamma(self.chain(back) + 2) * parts, ZERO, (2 * (n + 2) * root_rows, 2 * (back + 4) * root_n)
        if operator.squares is not None and operator.squares_back is not None:
            # In its sums of magnitudes, weighted in the same way; see `product`.
            by_squares, second = self.gamma(operator.squares.roundings), max(second, self.gamma(operator.squares_back.roundings) * squares)
            (alone, growing), (behind, _) = operator.squares.vanishing(root_rows), operator.squares_back.vanishing(root_n)
            growing, vanishing = growing * smallest, (vanishing[0] + alone, vanishing[1] + behind)

        def bounds(y: Fraction) -> tuple[Fraction, Fraction]:
            offset = total * sigma.at_zero + sigma.size * start
            wrong = max(in_order * (parts * y + start), by_squares * (squares * y + start)) + 32 * growing * y
            value = sigma.size * y + offset
            inside = sigma.size * wrong + 4 * ulps * u * (value + sigma.size * wrong) + 32 * (vanishing[0] * smallest + (root_rows * self.normal if ulps else 0))
            result = inside + relative * (value + inside) + second * (1 + relative) * (value + inside)
            # The hidden numbers are at most √r times as large, and no larger than K makes them; those that are multiplied by 2/(hLr) are at most 2/(hL√r) times the former. A half is room for their roundings.
            reach = max(WHOLE, parts, squares)
            sums = min(widest * (reach * y + start + wrong), all_parts * y + length)
            self.is_finite(2 * sums)
            hidden = 2 * min(widest * (value + inside), self.range_of(sigma, sums, rows))
            self.is_finite(hidden)
            scaled = self.is_finite(min(4 * narrowest / (slope * h) * (value + inside), 2 * narrowest**2 / (slope * h) * hidden))
            self.is_finite(min(4 / (slope * h) * reach * (value + inside), all_parts * scaled))
            lost = size_of * 4 * root_rows * smallest + vanishing[1] * smallest
            return up(2 / slope * value), up(2 / slope * result + h * lost + 64 / slope * growing * (value + inside))

        # The product is subtracted, so that its sums start from 0.
        return bounds, 0, 2 * sigma.size / slope


# ---- Statements ---------------------------------------------------------------------------------------------------------------------------------------------------------------------------------


@dataclass
class Checker:
    """Proves the statement of one certificate about one model; `lines` say what was proved."""

    model: Model
    certificate: Json
    norms: Norms = field(init=False)
    blocks: dict[int, Block] = field(init=False)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        claims = self.certificate.get("norms", [])
        require(self.certificate["statement"] not in WEIGHTLESS or claims == [], f"a certificate of {self.certificate['statement']} has no norms")
        self.norms = Norms(self.model, claims)
        self.blocks = {stage.index: Block(self.model, self.norms, stage) for stage in self.model.stages if stage.kind == "block"}

    def run(self) -> None:
        statement = text_of(self.certificate["statement"], "statement")
        checks: dict[str, Callable[[], None]] = {
            "lipschitz_l2": lambda: self.lipschitz("l2"), "lipschitz_linf": lambda: self.lipschitz("linf"), "non_expansive": self.non_expansive, "step_size": self.step_size,
            "contraction": self.contraction, "zero_stability": self.zero_stability, "absolute_stability": self.absolute_stability, "energy": self.energy, "port_hamiltonian": self.port_hamiltonian,
            "volume": self.volume, "certified_radius": self.certified_radius,
        }  # fmt: skip
        require(statement in checks, f"the statement {statement[:64]} is not verified by this version")
        require(self.options(()).get("statement", statement) == statement, "options.statement is not the statement")
        checks[statement]()
        self.norms.prove_all()
        if self.norms.claims:
            self.lines.append(f"{len(self.norms.claims)} bounds of norms, each proved from the model's numbers")

    def options(self, names: Iterable[str]) -> Json:
        value = self.certificate["options"]
        require(isinstance(value, dict), "options is no object")
        for name in names:
            require(name in value, f"options lacks {name}")
        return dict(value)

    def without(self, *names: str) -> None:
        for name in names:
            require(not self.certificate.get(name), f"a certificate of {self.certificate['statement']} has no {name}")

    def hypotheses(self, special: dict[str, Special] | None = None) -> Found:
        found: Found = {}
        for i, value in enumerate(list_of(self.certificate.get("hypotheses", []), "hypotheses")):
            key = check_hypothesis(value, f"hypotheses[{i}]", self.blocks, self.model, special or {})
            found[key] = found.get(key, 0) + 1
        if found:
            self.lines.append(f"{sum(found.values())} hypotheses: {', '.join(sorted({name for name, _, _ in found}))}")
        return found

    def without_result(self) -> None:
        self.without("result", "stages", "rounding")

    @staticmethod
    def demand(found: Found, block: Block, layer: int | None, *names: str) -> None:
        """Rejects a certificate that has none of these hypotheses of a block, or of one of its layers."""
        place = block.stage.name if layer is None else f"layer {layer} of {block.stage.name}"
        require(any((name, block.stage.index, layer) in found for name in names), f"the certificate has no hypothesis {' or '.join(names)} for {place}")

    def all_blocks(self, is_right: Callable[[Block], bool], what: str) -> list[Block]:
        """The blocks, all of which a statement must be about."""
        blocks = list(self.blocks.values())
        require(bool(blocks) and all(map(is_right, blocks)), f"the statement {self.certificate['statement']} is about networks all of whose blocks have {what}")
        return blocks

    # -- the statements

    def lipschitz(self, norm: str) -> None:
        self.without("rounding")
        limit = exact(self.options(["limit"])["limit"] or 0, "limit")
        local = self._box(norm)
        stages = Lipschitz(self.model, self.norms, self.blocks, norm, local)
        bounds = stages.check(self.certificate.get("stages"))
        result = members(self.certificate.get("result"), ("lipschitz",), "result", ("features",) if local is None else ("features", "global"))
        total, before = exact(result["lipschitz"], "result.lipschitz"), self._product(bounds[:-1])
        require(total >= up(before * bounds[-1] * stages.behind), "result.lipschitz is less than the product of the stages' bounds")
        if "features" in result:
            require(exact(result["features"], "result.features") >= before, "result.features is less than the product of the stages' bounds")
        require(limit <= 0 or total <= limit, "result.lipschitz exceeds the option limit")
        self.hypotheses({"limit": lambda value, relation, most: relation == "<=" and total <= value <= most <= limit})
        name, everywhere = "ℓ₂" if norm == "l2" else "ℓ∞", result.get("global")
        if everywhere is not None:
            require(exact(everywhere, "result.global") >= stages.everywhere * stages.behind, "result.global is less than the product of the stages' bounds for all inputs")
            self.lines.append(f"for all inputs the factor is at most {float(everywhere)!r}")
        which = "for all inputs x and y" if local is None else "for all inputs x and y whose numbers lie between those of options.lower and options.upper"
        self.lines.insert(0, f"{which}, |N(x) − N(y)| <= {float(total)!r} |x − y| in {name}, for the network in real arithmetic")

    def _box(self, norm: str) -> LocalBounds | None:
        """The box of inputs that the options name; None without one."""
        ends = []
        for name in ("lower", "upper"):
            value = text_of(self.certificate["options"].get(name, ""), f"options.{name}")
            given = numbers_of(value, f"options.{name}")
            ends.append(given * self.model.inputs if len(given) == 1 else given)
        if ends == [[], []]:
            return None
        require(norm == "l2", "a bound on a box of inputs is one in ℓ₂")
        require(all(len(end) == self.model.inputs for end in ends), f"options.lower and options.upper have 1 number, or one for each of {self.model.inputs} inputs")
        require(all(p <= q for p, q in zip(*ends, strict=True)), "options.lower exceeds options.upper")
        return LocalBounds(self.model, *ends)

    @staticmethod
    def _product(bounds: Iterable[Fraction]) -> Fraction:
        product = WHOLE
        for bound in bounds:
            product = up(product * bound)
        return product

    def non_expansive(self) -> None:
        self.without_result()
        require(bool(self.blocks), "the network has no blocks")
        found = self.hypotheses()
        for block in self.blocks.values():
            self.demand(found, block, None, "slopes")
            for j in range(len(block.steps)):
                self.demand(found, block, j, "euler_step", "circle_step", "row_sums", "damped_step")
        self.lines.insert(0, "non-expansive in ℓ₂: each layer of each block maps any two states x, y to states with |x₊ − y₊| <= |x − y|, in real arithmetic, whatever the other layers' weights")

    def step_size(self) -> None:
        self.without_result()
        require(bool(self.blocks), "the network has no blocks")
        shrinking, turning = ("euler_step", "circle_step", "damped_step", "row_sums"), ("midpoint_step", "verlet_step", "leapfrog_step", "imaginary_step")
        names = ("rotation_step", *shrinking, *turning)
        for block in self.blocks.values():
            block.is_frozen = True
        found = self.hypotheses()
        used = set()
        for block in self.blocks.values():
            for j in range(len(block.steps)):
                self.demand(found, block, j, *names)
                here = {name for name in names if (name, block.stage.index, j) in found}
                used |= {"rotation_step"} if block.field == "negative_definite" and here & set(shrinking) else here
        if used & set(shrinking):
            self.lines.insert(0, "step size, with weights and slopes held fixed: the step's linear map does not increase |v|")
        if "rotation_step" in used:
            self.lines.insert(0, "step size, with weights and slopes held fixed: the step's linear map does not increase |D^(−½)v|, D the diagonal of slopes")
        if used & set(turning):
            self.lines.insert(0, "step size, with weights and slopes held fixed: no eigenvalue of the step's linear map lies outside of the unit circle; linear growth is not excluded where a matrix is singular or a slope 0")
        self.lines.append("nothing is said of products of different layers, or of the nonlinear map")

    def contraction(self) -> None:
        self.without("stages", "rounding")
        damped = self.all_blocks(lambda block: block.field == "antisymmetric_damped", "the field antisymmetric_damped")
        found = self.hypotheses()
        for i, entry in enumerate(self.certificate["hypotheses"]):
            require(entry["name"] != "damped_step" or entry["relation"] == "<", f"hypotheses[{i}]: the relation of damped_step is < in a contraction")
        square = WHOLE
        for block in damped:
            for j in range(len(block.steps)):
                for name in ("damping", "damped_step"):
                    self.demand(found, block, j, name)
                square = up(square * block.damped_square(j, block.norm("K", j, "antisymmetric_part")))
        result = members(self.certificate.get("result"), ("factor",), "result", ("rate_of_the_flow",))
        factor = exact(result["factor"], "result.factor")
        least = min(block.gamma - block.sigma.most * block.norm("K", j, "antisymmetric_part") / 2 for block in damped for j in range(len(block.steps)))
        require("rate_of_the_flow" not in result or exact(result["rate_of_the_flow"], "result.rate_of_the_flow") <= least, "result.rate_of_the_flow exceeds the least γ − ½L‖S‖")
        require(factor >= 0 and factor * factor >= square, "result.factor is less than the product of the layers' bounds")
        require(factor < 1, "result.factor is not less than 1")
        self.lines.insert(0, f"contraction in ℓ₂: every layer of every block brings any two states closer, all of them together to the {float(factor)!r}-fold distance at most, in real arithmetic")

    def multistep(self) -> list[Block]:
        return self.all_blocks(lambda block: block.integrator == "linear_multistep", "the integrator linear_multistep")

    def zero_stability(self) -> None:
        self.without("stages", "rounding")
        multistep = self.multistep()
        found = self.hypotheses()
        for block in multistep:
            for j in range(len(block.steps)):
                numbers = multistep_numbers(self.model, block, j)
                require(all(-1 < k <= 1 for k in numbers), f"k of layer {j} of {block.stage.name} is not in (−1, 1]")
                if numbers:
                    self.demand(found, block, j, "multistep_k")
        result = members(self.certificate.get("result", {}), (), "result", ("largest_k", "amplification"))
        largest = max((Fraction(abs(k)) for block in multistep for j in range(len(block.steps)) for k in multistep_numbers(self.model, block, j)), default=ZERO)
        require("largest_k" not in result or exact(result["largest_k"], "result.largest_k") >= largest, "result.largest_k is less than the largest |k|")
        if result.get("amplification") is not None:
            require(largest < 1 and exact(result["amplification"], "result.amplification") * (1 - largest) >= 1, "result.amplification is less than 1 + κ/(1 − κ)")
        self.lines.insert(0, "zero-stable: −1 < k <= 1 for every k of every block, so that with each k held fixed the method's recurrence without the field has no growing solution")

    def absolute_stability(self) -> None:
        self.without_result()
        multistep = self.multistep()
        for block in multistep:
            block.is_frozen = True
        found = self.hypotheses()
        for block in multistep:
            for j in range(len(block.steps)):
                self.demand(found, block, j, "multistep_step" if multistep_numbers(self.model, block, j) else "euler_step")
        self.lines.insert(0, "absolute stability, with weights, slopes and k held fixed: no eigenvalue of the recurrence of any layer of any block lies outside of the unit circle")
        self.lines.append("nothing is said of products of different layers, or of the nonlinear map")

    def energy(self) -> None:
        self.without_result()
        damped = self.all_blocks(lambda block: block.field == "antisymmetric" and block.integrator == "euler", "the field antisymmetric with euler")
        found = self.hypotheses()
        for block in damped:
            for j in range(len(block.steps)):
                self.demand(found, block, j, "rotation_step")
        self.lines.insert(0, "energy: each layer's step does not increase E(y) = 1ᵀΦ(Wy + b), Φ′ = σ, of that layer's own weights; nothing is said of distances, nor of layers with other weights")

    def port_hamiltonian(self) -> None:
        self.without_result()
        is_flow = "the field port_hamiltonian with an integrator of its equation"
        flows = self.all_blocks(lambda block: block.field == "port_hamiltonian" and block.integrator not in OTHER_EQUATIONS, is_flow)
        found = self.hypotheses()
        for block in flows:
            for name in ("slopes", "epsilon"):
                self.demand(found, block, None, name)
        self.lines.insert(0, "energy of the flow: H(y) = 1ᵀΦ(Wy + b) + ½ε|y|² of a layer's weights, held fixed, does not grow along the solution of that layer's equation; nothing is said of the steps that approximate it")

    def volume(self) -> None:
        self.without("stages", "rounding")
        self.hypotheses({"shears": lambda value, relation, limit: value == limit == 1 and relation == "<="})
        result = members(self.certificate.get("result") or {}, (), "result", ("determinant",))
        require(result.get("determinant", 1) == 1, "result.determinant is not 1")
        require(bool(self.blocks), "the network has no blocks")
        for block in self.blocks.values():
            block.need(["hamiltonian", "hamiltonian_two_weight", "hamiltonian_h", "second_order"], ["verlet"], "preserved volume", monotone=False)
        self.lines.insert(0, "volume: the map of each layer's pair of states (y, z) has determinant 1, for all weights, in real arithmetic")

    def certified_radius(self) -> None:
        model = self.model
        loss = text_of(model.specification.get("loss"), "loss")
        is_argmax = loss in ("softmax_cross_entropy", "margin_cross_entropy", "emma") and model.outputs >= 2
        require(is_argmax or (loss == "logistic" and model.outputs == 1), f"a certified radius with the loss {loss[:32]} and {model.outputs} outputs is not verified by this version")
        options = self.options(["input", "input_type", "precision"])
        precision, input_type = text_of(options["precision"], "precision"), text_of(options["input_type"], "input_type")
        require(precision in ("float32", "float64"), "options.precision is neither float32 nor float64")
        require(precision == "float64" or model.precision == "float32", "the weights would be rounded to the lower precision, which is not verified")
        x = [number(value, "an input") for value in list_of(options["input"], "options.input")]
        require(len(x) == model.inputs, f"options.input has {len(x)} numbers; the network has {model.inputs} inputs")
        result = members(self.certificate.get("result"), ("class", "radius", "margins"), "result")
        radius = exact(result["radius"], "result.radius")
        require(radius >= 0, "result.radius is negative")
        require(exact(options.get("radius", 0), "options.radius") <= radius, "result.radius is less than the radius that was asked for, options.radius")
        # A network of one output predicts class 1 where its score is positive.
        winner = count(result["class"], "result.class", 0, max(model.outputs - 1, 1))
        checker = Lipschitz(model, self.norms, self.blocks, "l2")
        bounds = checker.check(self.certificate.get("stages"))
        evaluation = Evaluation(model, self.blocks, checker.bounds, checker.layers, self.norms.places)
        rounding = Rounding(precision, self.norms, evaluation)
        center, is_exact = self._arithmetic(rounding, x, precision, input_type)
        reach = rounding.run(x, radius, is_exact, checker.bounds, checker.layers, checker.fused, center)
        proved: list[tuple[Fraction, Fraction]] = []
        for digits in ALL_PLACES:
            with fixed_point(digits):
                evaluation = Evaluation(model, self.blocks, checker.bounds, checker.layers, self.norms.places)
                try:
                    proved = self._margins(winner, radius, result["margins"], rounding, reach, evaluation.run(x), self._product(bounds[:-1]), evaluation)
                    break
                except Imprecise:
                    if digits == ALL_PLACES[-1]:
                        raise
        self.hypotheses({"margin": lambda value, relation, limit: relation == ">" and value > limit and any(value == margin and limit >= change for margin, change in proved)})
        self.lines.insert(0, f"certified radius: the library's {precision} arithmetic gives the class {winner} for every input of {input_type} numbers within {float(radius)!r} of options.input in ℓ₂, in the caller's units")
        self.lines.append("the radius rests on the library's documented order of accumulation, and on its activations' documented errors in ulps")

    def _arithmetic(self, rounding: Rounding, x: list[float], precision: str, input_type: str) -> tuple[Fraction, bool]:
        """The center's length after the normalization, and whether the inputs are numbers of the precision."""
        entry = members(self.certificate.get("rounding"), ("unit", "smallest", "normal", "exact_input", "center"), "rounding")
        for name, value in (("unit", rounding.u), ("smallest", rounding.smallest), ("normal", rounding.normal)):
            require(exact(entry[name], f"rounding.{name}") == value, f"rounding.{name} is not that of {precision}")
        narrow = ("float32", "uint8", "int8")
        known = (*narrow, "float64", "int32", "int64")
        require(input_type in known, f"input_type {input_type[:32]} is not verified by this version")
        is_exact = entry["exact_input"]
        require(isinstance(is_exact, bool), "rounding.exact_input is neither true nor false")
        require(not is_exact or input_type in (narrow if precision == "float32" else known[:-1]), f"numbers of {input_type} are not all numbers of {precision}")
        center = rounding.center(x)
        require(exact(entry["center"], "rounding.center") >= center, f"rounding.center is {entry['center']!r}; at least {float(center)!r} is proved")
        return center, bool(is_exact)

    def _margins(
        self, winner: int, radius: Fraction, claims: Any, rounding: Rounding, reach: Reach, state: Ball, before: Fraction, evaluation: Evaluation
    ) -> list[tuple[Fraction, Fraction]]:
        """Proves each margin; gives it with the change that the ball and rounding may cause."""
        model, n = self.model, len(state.center)
        is_dense = model.stages[-1].choice("readout") == "dense"
        is_single = model.outputs == 1
        require(is_dense or not is_single, "a network of one output needs the readout dense")
        weights = model.matrix("readout.W") if is_dense else []
        bias = [Fraction(b) for b in model.vector("readout.b", model.outputs)] if is_dense else []
        scores = evaluation.linear("readout.W", None)(state.center) if is_dense else list(state.center)
        numbers = whole(weights, EXACT)
        proved: list[tuple[Fraction, Fraction]] = []
        seen: set[int] = set()
        for i, value in enumerate(list_of(claims, "result.margins")):
            what = f"result.margins[{i}]"
            entry = members(value, ("class", "margin", "lipschitz", "error"), what)
            require(not is_single or entry["class"] is None, f"{what}: class of a network of one output is null")
            other = 0 if is_single else count(entry["class"], f"{what}: class", 0, model.outputs - 1)
            require((is_single or other != winner) and other not in seen, f"{what}: a class is named twice or is the class itself")
            seen.add(other)
            margin, lipschitz, error = (exact(entry[key], f"{what}: {key}") for key in ("margin", "lipschitz", "error"))
            if not is_dense:
                distance = root_up(Fraction(2))
                wrong = distance * reach.error
                true = Fraction(scores[winner] - scores[other], ONE)
            elif is_single:
                distance = euclidean_norm(weights[0])
                wrong = distance * reach.error + self._row(rounding, weights[0], bias[0], reach, n)
                true = (Fraction(scores[0], ONE) + bias[0]) * (1 if winner == 1 else -1)
            else:
                squares = sum((a - b) ** 2 for a, b in zip(numbers.rows[winner], numbers.rows[other], strict=True)) * Fraction(4) ** numbers.power
                require(numbers.error == 0, "the readout's weights are spread over too many magnitudes")
                distance = up(root_up(Fraction(squares)))
                wrong = distance * reach.error + self._row(rounding, weights[winner], bias[winner], reach, n) + self._row(rounding, weights[other], bias[other], reach, n)
                true = Fraction(scores[winner] - scores[other], ONE) + bias[winner] - bias[other]
            lost = distance * state.radius + 2 * UNIT
            if true - lost < margin <= true + lost:
                raise Imprecise(f"{what}.margin is {show(margin)}; {show(true - lost)} is proved with {PLACES} binary places")
            require(margin <= true - lost, f"{what}.margin is {show(margin)}; {show(true - lost)} is proved")
            require(lipschitz >= distance * before, f"{what}.lipschitz is {float(lipschitz)!r}; at least {float(distance * before)!r} is proved")
            require(error >= wrong, f"{what}.error is {float(error)!r}; at least {float(wrong)!r} is proved")
            change = lipschitz * radius + error
            require(margin > change, f"{what}: the margin does not exceed the change on the ball and the rounding error")
            proved.append((margin, change))
        require(len(seen) == max(model.outputs - 1, 1), "result.margins does not name every other class")
        return proved

    @staticmethod
    def _row(rounding: Rounding, weights: list[float], bias: Fraction, reach: Reach, n: int) -> Fraction:
        """The error of computing one score."""
        size = euclidean_norm(weights) * reach.computed + abs(bias)
        wrong = rounding.gamma(rounding.chain(n)) * size + 4 * (n + 2) * rounding.smallest
        rounding.held(size + wrong)
        return wrong


# ---- The files ----------------------------------------------------------------------------------------------------------------------------------------------------------------------------------

REQUIRED = ("format", "version", "digest", "library_version", "model", "statement", "claim", "theorem", "options", "verdict")
OPTIONAL = ("reason", "norms", "hypotheses", "stages", "rounding", "result", "witness", "repair")
_MARK = b'"digest":"'


def check(model: bytes, certificate: bytes) -> list[str]:
    """What is proved of a model by a certificate, line by line. Raises: Rejected with the reason; Broken where something happens that this file does not foresee."""
    try:
        return _check(model, certificate)
    except Rejected:
        raise
    except Exception as error:
        raise Broken(f"the certificate or the model leads to {type(error).__name__} ({str(error)[:100]}), so nothing is verified") from None


def _check(model: bytes, certificate: bytes) -> list[str]:
    require(len(certificate) <= LARGEST_CERTIFICATE, f"the certificate has more than {LARGEST_CERTIFICATE} bytes")
    content = read_json(certificate, "the certificate")
    require(isinstance(content, dict) and content.get("format") == "stableode.certificate", "the file is no certificate of this format")
    require(content.get("version") == 1 and content.get("version") is not True, "the certificate has a version that this file does not know")
    members(content, REQUIRED, "the certificate", OPTIONAL)
    digest = text_of(content["digest"], "digest")
    place = certificate.find(_MARK) + len(_MARK)
    require(certificate.count(_MARK) == 1 and len(digest) == 64 and certificate[place : place + 64] == digest.encode(errors="replace"), "the certificate's digest is not where it belongs")
    blank = certificate[:place] + b"0" * 64 + certificate[place + 64 :]
    require(hashlib.sha256(blank).hexdigest() == digest, "the certificate was altered: its digest is not that of its text")
    stated = members(content["model"], ("sha256", "bytes"), "model")
    require(stated["bytes"] == len(model) and stated["bytes"] is not True, f"the certificate is about a model file of another length: {stated['bytes']} bytes")
    require(stated["sha256"] == hashlib.sha256(model).hexdigest(), "the certificate is about other bytes: the model file's SHA-256 differs")
    verdict = text_of(content["verdict"], "verdict")
    require(verdict == "proved", f"the certificate proves nothing: its verdict is {verdict[:32]}")
    require("witness" not in content and "reason" not in content, "a proof has neither witness nor reason")
    checker = Checker(Model(model, text_of(content["statement"], "statement") not in WEIGHTLESS), content)
    checker.run()
    return checker.lines


def read(path: str, most: int) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    if len(data) > most:
        raise Unreadable(f"{path} has more than {most} bytes")
    return data


def answer(model: str, certificate: str) -> tuple[int, list[str]]:
    """The exit status, and what there is to say."""
    try:
        lines = check(read(model, LARGEST_MODEL), read(certificate, LARGEST_CERTIFICATE))
    except Unreadable as error:
        return 2, [f"cannot be read: {error}"]
    except Rejected as error:
        return 3 if isinstance(error, Broken) else 1, [f"REJECTED: {error}"]
    except (Exception, KeyboardInterrupt) as error:
        return 3, [f"REJECTED: the check broke off ({type(error).__name__}), so nothing is verified"]
    return 0, ["ACCEPTED. Proved again from the model's bytes:", *(f"- {line}" for line in lines), "The sentences in the certificate (claim, theorem, texts, repair) were not read."]


def main(arguments: Sequence[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    statuses = "Exit status: 0 accepted, 1 rejected, 2 a file cannot be read, 3 the check broke off or its answer could not be written."
    parser = argparse.ArgumentParser(description="Checks a certificate of stability against the bytes of the model file that it is about.", epilog=statuses)
    parser.add_argument("model", help="the model file")
    parser.add_argument("certificate", help="the certificate, a JSON text")
    chosen = parser.parse_args(arguments)
    status, lines = answer(chosen.model, chosen.certificate)
    stream = sys.stderr if status == 2 else sys.stdout
    try:
        for line in lines:
            # No text of a file looks like a line of this one, or acts on a terminal.
            print("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line), file=stream, flush=True)
    except (OSError, KeyboardInterrupt):
        # What is still in the buffer goes nowhere, so that Python does not try to write it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        with suppress(OSError):
            print("the answer cannot be written", file=sys.stderr, flush=True)
        return 3
    return status


if __name__ == "__main__":
    sys.exit(main())
