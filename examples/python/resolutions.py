"""From small images to large ones: networks learn Fashion-MNIST at 14 x 14 pixels and are prolonged to 28 x 28.

The kernels of the fine grid are those whose Galerkin restriction R K P is the kernel of the coarse one [Haber, Ruthotto, Holtham & Jun 2017];
readouts are spread over the pixels. The example prints, for three of Haber & Ruthotto's networks of four layers and 2 000 images, the test
accuracy on small images, that of the prolonged network before and after one epoch on large images, and that of a new network after the same epoch.

Expected: the antisymmetric network loses less than 15 points by its prolongation and is ahead of a new one after the epoch. The kernels of
the other two grow on the finer grid, so that most of the accuracy is lost.

    python resolutions.py [--samples 2000] [--threads 1]
"""

import argparse
from pathlib import Path
from typing import Any

import numpy
import stableode

DATA = Path("/usr/share/datasets/fashion-mnist")
RECIPE: dict[str, Any] = dict(batch_size=64, optimizer="adamw", learning_rate=3e-3)


def read(name: str, samples: int) -> tuple[Any, Any]:
    """Images of 28 x 28 pixels, and their classes."""
    data = stableode.Dataset.idx(DATA / f"{name}-images-idx3-ubyte.gz", DATA / f"{name}-labels-idx1-ubyte.gz")[:samples]
    return numpy.asarray(data.features).reshape(-1, 1, 28, 28).astype("float32"), numpy.asarray(data.targets)


def halved(images: Any) -> Any:
    """Means of 2 x 2 pixels."""
    return images.reshape(len(images), 1, 14, 2, 14, 2).mean(axis=(3, 5))


def main() -> None:
    parser = argparse.ArgumentParser(description="prolong networks from small images to large ones")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    recipe: dict[str, Any] = {**RECIPE, "num_threads": arguments.threads}
    slow: dict[str, Any] = {**recipe, "learning_rate": 1e-3}
    images, classes = read("train", arguments.samples)
    test, truth = read("t10k", 1000)

    def accuracy(network: stableode.Network, samples: Any) -> float:
        return 100 * float((network.predict(samples) == truth).mean())

    def network(name: str, side: int, samples: Any) -> stableode.Network:
        made = stableode.Network(architecture=name, input_shape=[1, side, side], outputs=10, layers=4, seed=1)
        made.fit_normalization(samples)
        return made

    print("network                14 x 14   prolonged   and an epoch   a new one and an epoch")
    for name in ("hr_antisymmetric_cnn", "hr_verlet_cnn", "hr_leapfrog_cnn"):
        coarse = network(name, 14, halved(images))
        coarse.fit(halved(images), classes, epochs=8, **recipe)
        fine = coarse.prolong_images()
        small, before = accuracy(coarse, halved(test)), accuracy(fine, test)
        fine.fit(images, classes, epochs=1, **slow)
        new = network(name, 28, images)
        new.fit(images, classes, epochs=1, **recipe)
        after, fresh = accuracy(fine, test), accuracy(new, test)
        print(f"{name:22} {small:5.1f} %     {before:5.1f} %        {after:5.1f} %                  {fresh:5.1f} %")
        if name == "hr_antisymmetric_cnn" and arguments.samples >= 2000:
            assert before > small - 15 and after > fresh, "the prolongation lost more than it should"


if __name__ == "__main__":
    main()
