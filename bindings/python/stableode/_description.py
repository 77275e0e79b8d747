"""One line about a network: what its repr shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import equation

if TYPE_CHECKING:
    from ._model import Model

#: More blocks than this are counted, and only the first and the last are described.
_SHOWN = 3


def describe(network: Model) -> str:
    """ "2 inputs, 5 outputs, antisymmetric of width 8, 64 layers, euler, 4661 parameters, float32"; several blocks in brackets."""
    info = network._info()
    fields = [block for block in network.specification["blocks"] if "connector" not in block]
    blocks = [_block(network, index, options) for index, options in enumerate(fields)]
    if len(blocks) > _SHOWN:
        blocks = [blocks[0], "…", blocks[-1]]
    middle = blocks[0] if len(fields) == 1 else f"{len(fields)} blocks [{'; '.join(blocks)}]"
    return f"{_count(info.inputs, 'input')}, {_count(info.outputs, 'output')}, {middle}, {_count(info.parameters, 'parameter')}, float{info.precision_bits}"


def _block(network: Model, index: int, options: dict[str, Any]) -> str:
    visible = equation.visible_shape(network, index)
    image = f" on {' × '.join(map(str, visible[1:]))} pixels" if len(visible) == 3 else ""
    return f"{options['field']} of width {visible[0]}{image}, {_count(equation.layer_count(network, index), 'layer')}, {options['integrator']}"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" + ("" if number == 1 else "s")
