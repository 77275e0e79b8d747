"""Generates two modules of the package from the library: its registries as functions, and its options as types."""

import stableode

#: Types that keywords of the package accept besides those of the library's options.
FURTHER = {"metric": "Callable[[numpy.ndarray, numpy.ndarray], float]", "class_weights": "ArrayLike | Mapping[Any, float]"}


def registries() -> str:
    """The text of _registries.py."""
    names = list(stableode.registry("registries"))
    parts = ['"""The registries, each a function. Made by `make tables` from the library."""\n\nfrom .introspection import registry\n']
    for name, text in stableode.registry("registries").items():
        parts.append(
            f'\n\ndef {name}() -> dict[str, str]:\n    """Name → one line of help: {text}.\n\n'
            f'    The names of the registry "{name}", in the library\'s order, as texts of options and arguments.\n    """\n    return registry("{name}")\n'
        )
    parts.append("\n\n#: All of them.\nREGISTRIES = (\n" + "".join(f'    "{name}",\n' for name in names) + ")\n")
    return "".join(parts)


def annotation(key: str, option: stableode.Option) -> str:
    """The Python type of an option."""
    if option.type is not str:
        found = option.type.__name__
    elif option.choices:
        # Computed strings are accepted too; the literals are for the suggestions of editors.
        found = f"Literal[{', '.join(repr(choice).replace(chr(39), chr(34)) for choice in option.choices)}] | str"
    else:
        found = "float | str | Sequence[float]" if option.allowed.startswith("finite numbers") else "str"
    return f"{found} | {FURTHER[key]}" if key in FURTHER else found


def members(options: dict[str, stableode.Option], unset: str = "") -> str:
    """The members of a TypedDict, each with a docstring. unset: what the type of each also allows."""
    lines = []
    for key, option in options.items():
        takers = "; ".join(f"{name} {', '.join(choices)}" for name, choices in option.taken_by.items())
        facts = [option.help, option.allowed if not option.choices else "", f"for {takers}" if takers else ""]
        unset_here = unset or (" | None" if option.automatic else "")
        lines.append(f'    {key}: {annotation(key, option)}{unset_here}\n    """{"; ".join(filter(None, facts))}"""\n')
    return "".join(lines)


def options() -> str:
    """The text of _options.py."""
    network, block, connector, architecture, trainer = (stableode.options(scope) for scope in ("network", "block", "connector", "architecture", "trainer"))
    stability_report, mechanics, certificate = (stableode.options(scope) for scope in ("stability_report", "mechanics", "certificate"))
    trajectory_fit = stableode.options("trajectory_fit")
    del certificate["statement"]  # an argument of its own
    # The shape of the inputs may be given in place of their number.
    required = {key: option for key, option in network.items() if option.required and key != "inputs"}
    rest = {key: option for key, option in network.items() if key not in required}
    return f'''"""The types of the options that are keywords, for type checkers and editors. Made by `make tables` from the library."""
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    import numpy
    from numpy.typing import ArrayLike


class BlockOptions(TypedDict, total=False):
    """The options of one block, as keywords: field, activation, integrator, layers, horizon …

    `stableode.options("block")` describes each.
    """

{members(block)}

class ConnectorOptions(TypedDict, total=False):
    """The options of a map before, between or after blocks, which the key "connector" makes it: connector, channels, stride, window …

    `stableode.options("connector")` describes each.
    """

{members(connector)}

class NetworkChanges(BlockOptions, total=False):
    """The options of a network that may be left out: its own, those of its block, or several blocks."""

    blocks: Sequence[BlockOptions | ConnectorOptions]
    """one dict a block or connector"""
{members(rest)}

class ProjectionOptions(NetworkChanges, total=False):
    """What `Network.project` takes: options to change, and the block that they are for."""

    block: int
    """the block whose options change; all blocks without it"""


class ArchitectureOptions(NetworkChanges, total=False):
    """A network of the literature by name, and the options of single architectures.

    `stableode.architectures()` and `stableode.options("architecture")` describe each.
    """

{members(architecture)}

class NetworkOptions(ArchitectureOptions):
    """The options of a network, as keywords: its own, and those of its blocks.

    `stableode.options("network")` and `stableode.options("block")` describe each.
    """

{members(required)}

class TrainerOptions(TypedDict, total=False):
    """The options of training, as keywords: optimizer, learning_rate, epochs, batch_size …

    `stableode.options("trainer")` describes each. None stands for its default. Those whose help says so are fixed once training has begun.
    """

{members(trainer, " | None")}

class TrainingKeywords(TrainerOptions, total=False):
    """What `Network.fit` takes: the options of training, and a loss of your own."""

    loss: Callable[[numpy.ndarray, numpy.ndarray], tuple[ArrayLike, ArrayLike]] | None
    """loss(scores, targets) → (losses [samples], gradient [samples, outputs])"""
    larger_is_better: bool
    """how a metric of your own chooses"""


class TrajectoryFitOptions(TypedDict, total=False):
    """What `Network.fit_trajectories` takes besides the trajectories.

    `stableode.options("trajectory_fit")` describes each.
    """

{members(trajectory_fit)}

class StabilityReportOptions(TypedDict, total=False):
    """What `Network.stability_report` takes besides the samples.

    `stableode.options("stability_report")` describes each.
    """

{members(stability_report)}

class MechanicsOptions(TypedDict, total=False):
    """What `Network.mechanics` takes besides the samples.

    `stableode.options("mechanics")` describes each.
    """

{members(mechanics)}

class CertificateOptions(TypedDict, total=False):
    """What `Network.certify` takes besides the statement and the input.

    `stableode.options("certificate")` describes each.
    """

{members(certificate)}'''
