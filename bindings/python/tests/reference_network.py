"""Networks in NumPy: the layers of a network's blocks, and its scores in real arithmetic (reference_layer.py)."""

import numpy

from reference_activations import ACTIVATIONS, POTENTIALS, REAL
from reference_layer import Layer, convolution_matrix, eye, numbers

__all__ = ["ACTIVATIONS", "POTENTIALS", "REAL", "Layer", "convolution_matrix", "eye", "layers_of", "numbers", "scores"]


def layers_of(network, block=0):
    """The layers of a block of matrices or convolutions."""
    specification = network.specification
    options = {"operator": "dense", "steps": "plain", **specification["blocks"][network_place(specification, block)]}
    prefix = f"blocks.{block}."
    tensors = {name[len(prefix) :]: values for name, values in network.parameters.items() if name.startswith(prefix)}
    sizes = numbers(options.get("step_sizes", ""))
    count = len(sizes) if sizes else int(options["layers"])
    steps = sizes or [float(options["horizon"]) / count] * count
    image = None
    if options["operator"] == "convolution":
        shape = [int(s) for s in numbers(specification["input_shape"])]
        image = (int(specification["width"]) or shape[0], *shape[1:]) if len(shape) == 3 else (int(specification["width"]) or shape[0], 1, shape[1])
    made = []
    for j in range(count):
        entry = place_in_time(options, steps, j, count)
        own = {}
        for name, values in tensors.items():
            if name == "k":
                continue
            own[name] = values[entry]
        made.append(Layer(options, own, steps[j], image))
    return made


def network_place(specification, block):
    """Where a block stands in the list `blocks`, which also holds connectors."""
    return [i for i, entry in enumerate(specification["blocks"]) if "connector" not in entry][block]


def place_in_time(options, steps, j, count):
    """The entry of the tensors that layer j uses."""
    basis = options["weights_in_time"]
    if basis == "layers":
        return j
    if basis == "shared":
        return 0
    if basis != "piecewise_constant":
        raise KeyError(basis)
    pieces = int(options["basis_count"])
    if numbers(options.get("step_sizes", "")):
        times = numpy.cumsum([0.0, *steps])
        share = (times[j] + times[j + 1]) / 2 / times[-1] * pieces
    else:
        whole = float(options["horizon"])
        share = whole * (j + 0.5) / count / whole * pieces
    nearest = round(share)
    return min(nearest if abs(share - nearest) < 1e-9 else int(share), pieces - 1)


def through(layers, y):
    """The states after a block's layers."""
    if layers[0].options["integrator"] != "verlet":
        for layer in layers:
            y = layer.step(y)
            if y is None:
                raise KeyError("integrator")
        return y
    z, is_whole = numpy.zeros_like(y), layers[0].field == "hamiltonian_h"
    if is_whole:
        half = y.shape[1] // 2
        y, z = y[:, :half], y[:, half:]
    for layer in layers:
        move_y, move_z = layer.parts(y)
        z = z + layer.h * move_z(y)
        y = y + layer.h * move_y(z)
    return numpy.concatenate([y, z], axis=1) if is_whole else y


def scores(network, x):
    """The scores of a network whose blocks have one-step methods or verlet, and no connectors between them; KeyError for what this module does not know."""
    specification = network.specification
    if network.specification["opening"] not in ("dense", "zero_padding") or any("connector" in entry for entry in specification["blocks"]):
        raise KeyError("connectors")
    if specification.get("opening_norm", "free") != "free" or specification.get("readout_norm", "free") != "free":
        raise KeyError("norm")
    y = numpy.asarray(x, REAL)
    if network.normalization is not None:
        shift, scale = network.normalization
        y = (y - numpy.asarray(shift, REAL)) * numpy.asarray(scale, REAL)
        y = numpy.where(network.squashing, numpy.arcsinh(y), y)
    tensors = network.parameters
    if specification["opening"] == "dense":
        y = y @ tensors["opening.W"].astype(REAL).T + tensors["opening.b"].astype(REAL)
    for block in range(len(specification["blocks"])):
        layers = layers_of(network, block)
        width = numpy.prod(layers[0].image) if layers[0].image is not None else int(specification["width"]) or y.shape[1]
        y = numpy.concatenate([y, numpy.zeros((len(y), width - y.shape[1]), REAL)], axis=1)
        y = through(layers, y)
    if specification["readout"] == "dense":
        y = y @ tensors["readout.W"].astype(REAL).T + tensors["readout.b"].astype(REAL)
    if network.target_scaling is not None:
        shift, scale = (numpy.asarray(part, REAL) for part in network.target_scaling)
        y = y * numpy.repeat(scale, y.shape[1] // scale.size) + numpy.repeat(shift, y.shape[1] // shift.size)
    return y
