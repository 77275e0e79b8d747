"""Makes the reference workloads' data and initial parameters: python workloads.py FOLDER.

Each workload is a folder of .npy files in the row convention (a batch Y of rows, Y·K): X, y, K [L,n,n], b [L,n], Wc [n,classes], bc and,
for W4, Ws [784,128] and bs; W7 has W1, b1, W2, b2 and X. The draws and their order are the workloads' definition (seed = the workload's number): an implementation that
reads these files gives the check losses.
"""

import gzip
import pathlib
import sys

import numpy

FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")


def layers_and_readout(draw, layers, width, classes):
    """K ~ N(0, 1/n), b ~ N(0, 0.1²), readout ~ N(0, 1/n) with no bias, drawn in this order."""
    weights = draw.standard_normal((layers, width, width)) / numpy.sqrt(width)
    biases = 0.1 * draw.standard_normal((layers, width))
    readout = draw.standard_normal((width, classes)) / numpy.sqrt(width)
    return {"K": weights, "b": biases, "Wc": readout, "bc": numpy.zeros(classes)}


def peaks(draw, count):
    """Points of [-3, 3]² in five classes of equal size by the height of MATLAB's peaks function."""
    points = draw.uniform(-3, 3, (count, 2))
    u, v = points.T
    height = 3 * (1 - u) ** 2 * numpy.exp(-(u**2) - (v + 1) ** 2)
    height = height - 10 * (u / 5 - u**3 - v**5) * numpy.exp(-(u**2) - v**2)
    height = height - numpy.exp(-((u + 1) ** 2) - v**2) / 3
    return points, numpy.digitize(height, numpy.quantile(height, [0.2, 0.4, 0.6, 0.8]))


def noise(draw, count, features, classes=10):
    return {"X": draw.standard_normal((count, features)), "y": draw.integers(0, classes, count)}


def idx(name, header):
    with gzip.open(FASHION_MNIST / name) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


def workload(name):
    draw = numpy.random.default_rng(int(name[1:]))
    if name == "W1":
        points, labels = peaks(draw, 5000)
        return {"X": points, "y": labels, **layers_and_readout(draw, 64, 8, 5)}
    if name in ("W2", "W3"):
        return {**noise(draw, 10240, 64), **layers_and_readout(draw, 100, 64, 10)}
    if name == "W4":
        opening = {"Ws": draw.standard_normal((784, 128)) / 28, "bs": numpy.zeros(128)}
        images = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 784)
        return {"X": images, "y": idx("train-labels-idx1-ubyte.gz", 8).astype(numpy.int64), **opening, **layers_and_readout(draw, 32, 128, 10)}
    if name == "W5":
        # Also those of W5a. The first 1024 images of the training set; kernels [layers, outputs, inputs, 3, 3].
        images = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 784)[:1024]
        arrays = {"X": images, "y": idx("train-labels-idx1-ubyte.gz", 8).astype(numpy.int64)[:1024]}
        arrays |= {"Ks": draw.standard_normal((16, 1, 3, 3)) / 3, "bs": 0.1 * draw.standard_normal(16)}
        for stage, channels in enumerate((16, 32, 64)):
            arrays[f"K{stage}"] = draw.standard_normal((6, channels, channels, 3, 3)) / numpy.sqrt(9 * channels)
            arrays[f"b{stage}"] = 0.1 * draw.standard_normal((6, channels))
        for stage, channels in enumerate((16, 32)):
            arrays |= {f"P{stage}": draw.standard_normal((2 * channels, channels, 1, 1)) / numpy.sqrt(channels), f"p{stage}": numpy.zeros(2 * channels)}
        return {**arrays, "Wc": draw.standard_normal((64, 10)) / 8, "bc": numpy.zeros(10)}
    if name == "W6":
        # Its weights are PyTorch's, which torch_images.py writes.
        return {"X": draw.standard_normal((64, 3 * 32 * 32)), "y": draw.integers(0, 10, 64)}
    if name == "W7":
        # One layer of the neural ODE tanh(y·W1 + b1)·W2 + b2, with the axis of layers in front.
        first = {"W1": 2 * draw.standard_normal((1, 8, 64)) / numpy.sqrt(8), "b1": 0.1 * draw.standard_normal((1, 64))}
        second = {"W2": 4 * draw.standard_normal((1, 64, 8)) / 8, "b2": 0.1 * draw.standard_normal((1, 8))}
        return {**first, **second, "X": draw.standard_normal((256, 8))}
    if name == "W8":
        return {**noise(draw, 64, 16), **layers_and_readout(draw, 10000, 16, 10)}
    raise ValueError(name)


def main(folder):
    for name in ("W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8"):
        target = pathlib.Path(folder) / name
        if (target / "done").exists():
            continue
        target.mkdir(parents=True, exist_ok=True)
        for array, value in workload(name).items():
            numpy.save(target / f"{array}.npy", numpy.ascontiguousarray(value))
        (target / "done").touch()


if __name__ == "__main__":
    main(sys.argv[1])
