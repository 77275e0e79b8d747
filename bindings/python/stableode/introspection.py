"""What the library offers, asked of the library itself: registries, options, versions."""

import ctypes
import inspect
from dataclasses import dataclass

from ._library import decode, library
from ._structures import OptionInfo
from ._text import text

_OPTION_TYPES = {1: int, 2: float, 3: str}


@dataclass(frozen=True)
class Option:
    """One option: its key, type, default and bounds, and what it means."""

    key: str
    type: type
    default: object
    low: object
    high: object
    #: What is allowed, in words.
    allowed: str
    #: The allowed texts, or () when the text is free or the option a number.
    choices: tuple
    unit: str
    help: str


def registry(name: str) -> dict[str, str]:
    """The entries of a registry: name → one line of help. Errors: UnknownNameError with the nearest registry's name."""
    count, key, line = ctypes.c_int64(), ctypes.c_char_p(), ctypes.c_char_p()
    encoded = text(name, "registry")
    library.sode_registry_count(encoded, ctypes.byref(count))
    entries = {}
    for index in range(count.value):
        library.sode_registry_at(encoded, index, ctypes.byref(key), ctypes.byref(line))
        entries[decode(key.value)] = decode(line.value) or ""
    return entries


def options(scope: str) -> dict[str, Option]:
    """The options of scope "network", "block" or "trainer": key → Option. Errors: UnknownNameError."""
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


def _option(info):
    kind = _OPTION_TYPES[info.type]
    default, low, high = {
        int: (info.int_default, info.int_low, info.int_high),
        float: (info.real_default, info.real_low, info.real_high),
        str: (decode(info.text_default), None, None),
    }[kind]
    return Option(
        key=decode(info.key),
        type=kind,
        default=default,
        low=low,
        high=high,
        allowed=decode(info.allowed) or "",
        choices=tuple((decode(info.choices) or "").replace(" ", "").split(",")) if info.choices else (),
        unit=decode(info.unit) or "",
        help=decode(info.help) or "",
    )


class OptionSignature:
    """The `__signature__` of a class whose keywords are options: made, with all defaults, when `inspect` or `help` asks."""

    def __init__(self, first, *scopes, keywords=()):
        self._first = first
        self._keywords = keywords
        self._scopes = scopes

    def __get__(self, instance, owner):
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in self._first]
        for name, default in self._keywords:
            parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default))
        described = {}
        for scope in self._scopes:
            described |= options(scope)
        for key, option in described.items():
            parameters.append(
                inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=option.type)
            )
        return inspect.Signature(parameters)


def library_version() -> str:
    """The loaded library's version: "0.2.0"."""
    return decode(library.sode_version_text())


def build_info() -> str:
    """One line for bug reports: version, compiler, BLAS, the CPU's instruction sets and the one in use."""
    return decode(library.sode_build_info())
