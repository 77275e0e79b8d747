"""Fashion-MNIST with a convolutional leapfrog network, trained in Python and served from C.

Three stages of 8, 16 and 32 channels: in each, the state follows six steps of y'' = -K'tanh(Ky + b) with convolutions K, which
oscillates instead of growing (Haber & Ruthotto 2017; Ruthotto & Haber 2018). Between stages the image is averaged over 2 x 2
pixels and gets twice the channels. A global average and a dense readout give ten scores.

    python image_network.py [--epochs 3] [--samples 60000] [--save MODEL] [--scores SCORES]

SCORES is a raw file of float32 scores of the test images; examples/c/serve_images.c computes the same bits, image by image.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import stableode

STAGE: dict[str, Any] = dict(field="gradient_flow", operator="convolution", integrator="leapfrog", layers=6, horizon=3.0)


def make_network() -> stableode.Network:
    """A network of 74 010 parameters that takes raw pixels."""
    blocks: list[Any] = [dict(connector="convolution", channels=8, activation="tanh"), STAGE]
    for channels in (16, 32):
        blocks += [dict(connector="average_pooling"), dict(connector="convolution", kernel=1, channels=channels), STAGE]
    blocks += [dict(connector="global_average")]
    return stableode.Network(input_shape=[1, 28, 28], outputs=10, seed=1, blocks=blocks)


def read(folder: str | Path, name: str) -> stableode.Dataset:
    """The data set of the two files whose names begin with `name`."""
    return stableode.Dataset.idx(Path(folder) / f"{name}-images-idx3-ubyte.gz", Path(folder) / f"{name}-labels-idx1-ubyte.gz")


def show(progress: stableode.Progress) -> None:
    if progress.kind == "epoch":
        print(
            f"epoch {progress.epoch:2}  loss {progress.training_loss:.4f}  training {100 * progress.training_accuracy:.2f} %  {progress.seconds:.0f} s", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="train a convolutional leapfrog network on Fashion-MNIST")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--samples", type=int, default=60000, help="training images")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder of the four IDX files")
    parser.add_argument("--save", metavar="MODEL", help="save the trained model to this file")
    parser.add_argument("--scores", metavar="SCORES", help="write the scores of the test images to this file")
    arguments = parser.parse_args()

    training, test = read(arguments.data, "train")[: arguments.samples], read(arguments.data, "t10k")
    network = make_network()
    network.fit_normalization(training)
    start = time.perf_counter()
    network.fit(
        training, epochs=arguments.epochs, on_progress=show, optimizer="adam", learning_rate=1e-2, schedule="cosine", batch_size=128, num_threads=0
    )
    seconds = time.perf_counter() - start
    accuracy = network.evaluate(test)["accuracy"]
    print(f"test accuracy {100 * accuracy:.2f} % after {arguments.epochs} epochs in {seconds:.0f} s")
    states = network.states(test.features[:1].reshape(1, 1, 28, 28))
    print(f"the first stage's states of one image: {states.shape} (layers + 1, samples, channels, height, width)")
    if arguments.save:
        network.save(arguments.save)
    if arguments.scores:
        network.scores(test.features).astype("<f4").tofile(arguments.scores)


if __name__ == "__main__":
    main()
