"""A network whose shape is described in part."""

from __future__ import annotations

from typing import Any

from ..network import Network

#: The options that the library chooses together, if none of them is set.
_OF_THE_NETWORK, _OF_THE_BLOCK = ("opening", "width"), ("layers", "horizon")
#: Options with which a network is described in another way.
_DESCRIBING = {"blocks", "architecture", "input_shape", "operator", "readout", "step_sizes"}


def chosen_shape(options: dict[str, Any], sizes: dict[str, Any]) -> dict[str, Any]:
    """What the library chooses for opening, width, layers and horizon where nothing is set, if `options` set some of them.

    The library itself takes fixed values for the rest as soon as one is set. A parameter that is None leaves a choice to the library, whatever
    the other parameters are.
    """
    described = _DESCRIBING & options.keys() or str(options.get("opening", "")).startswith(("sequence", "trajectory"))
    if described or not options.keys() & {*_OF_THE_NETWORK, *_OF_THE_BLOCK}:
        return {}
    chosen = Network(loss=options["loss"], **sizes).specification
    return {key: chosen[key] for key in _OF_THE_NETWORK} | {key: chosen["blocks"][0][key] for key in _OF_THE_BLOCK}
