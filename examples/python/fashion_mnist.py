"""Fashion-MNIST: 60 000 images of clothes in ten classes, learned by a stable ODE network.

A dense opening maps the 784 pixels to a state of width 128. The state follows 32 Verlet steps of the Hamiltonian field (or Euler
steps of the antisymmetric field). A dense readout maps it to ten scores. Debian's package dataset-fashion-mnist has the data.

Expected: at least 88.5 % accuracy on the 10 000 test images after 10 epochs, for both fields.

    python fashion_mnist.py [--field antisymmetric|hamiltonian] [--epochs 10] [--save MODEL]     train, test, save
    python fashion_mnist.py --load MODEL [--compare SCORES]                                      test a saved model

SCORES is a raw file of 10 000 x 10 float32 numbers: the scores of the test images that another program
(examples/c/fashion_mnist.c) computed with MODEL. They must be the same bit for bit.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy
import stableode

EXPECTED_ACCURACY = 0.885
DYNAMICS: dict[str, dict[str, Any]] = {
    "antisymmetric": dict(field="antisymmetric", gamma=0.1, integrator="euler"),
    "hamiltonian": dict(field="hamiltonian", integrator="verlet"),
}
NETWORK: dict[str, Any] = dict(inputs=784, outputs=10, opening="dense", width=128, layers=32, horizon=4.0, seed=1)
TRAINING: dict[str, Any] = dict(optimizer="adamw", learning_rate=2e-3, weight_decay=1e-2, schedule="cosine", batch_size=128)


def read(folder: str | Path, name: str) -> stableode.Dataset:
    """The data set of the two files whose names begin with `name`."""
    return stableode.Dataset.idx(Path(folder) / f"{name}-images-idx3-ubyte.gz", Path(folder) / f"{name}-labels-idx1-ubyte.gz")


def train(field: str, epochs: int, folder: str) -> stableode.Network:
    """A network trained on the first 55 000 training images; the last 5 000 determine the best epoch."""
    images = read(folder, "train")
    network = stableode.Network(**NETWORK, **DYNAMICS[field])
    network.normalization = 0.0, 1.0 / 255.0

    def on_progress(progress: stableode.Progress) -> None:
        if progress.kind == "epoch":
            print(
                f"epoch {progress.epoch:2}  loss {progress.training_loss:.4f}  training {100 * progress.training_accuracy:.2f} %"
                f"  validation {100 * progress.validation_accuracy:.2f} %  {progress.seconds:.1f} s",
                flush=True,
            )

    network.fit(images[:55000], validation=images[55000:], epochs=epochs, on_progress=on_progress, **TRAINING)
    return network


def compare(network: stableode.Network, images: numpy.ndarray, path: str) -> None:
    """Asserts that the scores of `images` equal those in the file, bit for bit."""
    scores = network.scores(images)
    theirs = numpy.fromfile(path, "<f4").reshape(scores.shape)
    different = int(numpy.count_nonzero(scores.view("uint32") != theirs.view("uint32")))
    assert different == 0, f"{different} of {scores.size} scores differ from {path}"
    print(f"{scores.size} scores are the same as those in {path}, bit for bit")


def main() -> None:
    parser = argparse.ArgumentParser(description="learn Fashion-MNIST, or test a saved model on it")
    parser.add_argument("--field", choices=DYNAMICS, default="hamiltonian")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder of the four IDX files")
    parser.add_argument("--save", metavar="MODEL", help="save the trained model to this file")
    parser.add_argument("--load", metavar="MODEL", help="test this model instead of training one")
    parser.add_argument("--compare", metavar="SCORES", help="file of float32 scores that the model must give for the test images")
    arguments = parser.parse_args()

    start = time.perf_counter()
    if arguments.load:
        network = stableode.Network.load(arguments.load)
    else:
        network = train(arguments.field, arguments.epochs, arguments.data)
    test = read(arguments.data, "t10k")
    accuracy = network.evaluate(test)["accuracy"]
    peak = stableode.memory_usage()[1] / 2**20
    print(f"{network}")
    print(f"test accuracy {100 * accuracy:.2f} %, {time.perf_counter() - start:.1f} s, at most {peak:.0f} MiB of arrays")
    if arguments.save:
        network.save(arguments.save)
    if arguments.compare:
        compare(network, test.features, arguments.compare)
    if not arguments.load and arguments.epochs >= 10:
        assert accuracy >= EXPECTED_ACCURACY, f"expected at least {100 * EXPECTED_ACCURACY} %"


if __name__ == "__main__":
    main()
