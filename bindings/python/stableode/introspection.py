"""Registries, options and versions, as the library itself reports them."""

from __future__ import annotations

import ctypes
import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ._library import decode, library
from ._structures import OptionInfo
from ._text import text

_OPTION_TYPES: dict[int, type] = {1: int, 2: float, 3: str, 4: bool}


@dataclass(frozen=True)
class Option:
    """One option of a network, a block or a trainer, as the library describes it.

    key: its name, the keyword of Network or Trainer.
    type: int, float, str or bool. A list of numbers (step_sizes) is a str with commas, or a list.
    default: its value if it is not set; None for a required option. For an automatic one it is the fixed value that holds where none
    is chosen.
    low, high: the least and largest allowed value of an int or float; None for other types.
    allowed: the allowed values in words, such as ">= 1" or "one of tanh, relu".
    choices: the allowed texts; () for free texts and for other types.
    unit: the unit of the number, such as "epochs" or "bytes"; "1" for a pure number, "" for texts.
    help: what it means, in one line; whether it is fixed once training has begun.
    required: whether it must be given.
    automatic: whether it is chosen to suit the network or the data unless it is set; None leaves it so.
    taken_by: the choices of other options that it applies to, such as {"field": ("antisymmetric", …)}. With any other choice the
    library refuses it. {}: it always applies.
    """

    key: str
    type: type
    default: Any
    low: Any
    high: Any
    allowed: str
    choices: tuple[str, ...]
    unit: str
    help: str
    required: bool
    automatic: bool
    taken_by: dict[str, tuple[str, ...]]


def registry(name: str) -> dict[str, str]:
    """The entries of a registry: name → one line of help.

    registry("registries") lists all registries, and registry("scopes") lists the scopes of options.
    Errors: UnknownNameError, which suggests the nearest registry's name.
    """
    count, key, line = ctypes.c_int64(), ctypes.c_char_p(), ctypes.c_char_p()
    encoded = text(name, "registry")
    library.sode_registry_count(encoded, ctypes.byref(count))
    entries = {}
    for index in range(count.value):
        library.sode_registry_at(encoded, index, ctypes.byref(key), ctypes.byref(line))
        entries[decode(key.value)] = decode(line.value)
    return entries


def options(scope: str) -> dict[str, Option]:
    """The options of a scope, one of `registry("scopes")`, such as "network", "block", "trainer" or "certificate": key → Option.

    The scope can also be one choice of an option: `options("field=antisymmetric")` and `options("optimizer=sgd")` are the options
    that apply to this choice, besides the common ones. Errors: UnknownNameError.
    """
    count = ctypes.c_int64()
    encoded = text(scope, "scope")
    library.sode_option_count(encoded, ctypes.byref(count))
    found = {}
    for index in range(count.value):
        info = OptionInfo()
        library.sode_option_at(encoded, index, ctypes.byref(info))
        option = _option(info)
        found[option.key] = option
    return found


@functools.cache
def most_inputs() -> int:
    """The most inputs of a network."""
    return int(options("network")["inputs"].high or 1)


def _option(info: OptionInfo) -> Option:
    kind = _OPTION_TYPES[info.type]
    default, low, high = {
        int: (info.int_default, info.int_low, info.int_high),
        float: (info.real_default, info.real_low, info.real_high),
        str: (decode(info.text_default), None, None),
        bool: (bool(info.int_default), None, None),
    }[kind]
    return Option(
        key=decode(info.key),
        type=kind,
        default=None if info.required else default,
        low=low,
        high=high,
        allowed=decode(info.allowed),
        choices=_names(info.choices),
        unit=decode(info.unit),
        help=decode(info.help),
        required=bool(info.required),
        automatic=bool(info.automatic),
        taken_by=_takers(info.taken_by),
    )


def _takers(listed: bytes | None) -> dict[str, tuple[str, ...]]:
    """The dict of a text like "field=a,b;integrator=c"."""
    pairs = [part.split(b"=") for part in listed.split(b";")] if listed else []
    return {decode(option): _names(names) for option, names in pairs}


def _names(joined: bytes | None) -> tuple[str, ...]:
    return tuple(decode(joined).split(",")) if joined else ()


class OptionSignature:
    """The `__signature__` of a class whose keywords are options. It is made, with all defaults, when `inspect` or `help` reads it.

    first: names of the parameters before the options. keywords: names and defaults of further keywords.
    """

    def __init__(self, first: Sequence[str], *scopes: str, keywords: Sequence[tuple[str, object]] = ()):
        self._first = first
        self._keywords = keywords
        self._scopes = scopes

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        kind = inspect.Parameter.KEYWORD_ONLY
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in self._first]
        parameters += [inspect.Parameter(name, kind, default=default) for name, default in self._keywords]
        return inspect.Signature([*parameters, *option_parameters(*self._scopes)])


@functools.cache
def option_parameters(*scopes: str) -> tuple[inspect.Parameter, ...]:
    """The options of scopes as keyword parameters with their defaults; required options have no default, automatic ones have None.

    An architecture may be left out of a network's options.
    """
    described: dict[str, Option] = {}
    for scope in scopes:
        described |= options(scope)
    missing = inspect.Parameter.empty
    optional = {"architecture"} if "network" in scopes else set()
    return tuple(
        inspect.Parameter(
            key,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if key in optional or option.automatic else missing if option.required else option.default,
            annotation=_annotation(option),
        )
        for key, option in described.items()
    )


def _annotation(option: Option) -> Any:
    """The type that `help` shows: lists of numbers may be given as they are."""
    return float | str | Sequence[float] if option.allowed.startswith("finite numbers") else option.type


Function = TypeVar("Function", bound=Callable[..., Any])


def takes_options(scope: str) -> Callable[[Function], Function]:
    """A decorator for a function of `**options`: its signature, which `help` shows, lists the options of the scope one by one."""

    def decorate(function: Function) -> Function:
        own = inspect.signature(function)
        kept = [parameter for parameter in own.parameters.values() if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
        named = {parameter.name for parameter in kept}
        added = [parameter for parameter in option_parameters(scope) if parameter.name not in named]
        function.__signature__ = own.replace(parameters=kept + added)  # type: ignore[attr-defined]
        return function

    return decorate


def library_version() -> str:
    """The loaded library's version: "0.2.0".

    It is at least `stableode.__version__`, the version of this package.
    """
    return decode(library.sode_version_text())


def build_info() -> str:
    """One line for bug reports: version, compiler, BLAS, the CPU's instruction sets, and the one in use.

    Its form may change from version to version; `library_version()` is for programs.
    """
    return decode(library.sode_build_info())
