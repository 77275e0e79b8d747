"""The hidden images of a deep network, layer by layer, as in Ruseckas 2019: near_identity_cnn_20 on Fashion-MNIST.

Twenty near-identity layers act on ten channels, one a class. The network's scores are the means of the channels, so every channel of
every layer can be read as an image: it begins as a filtered copy of the input and ends bright where the network sees its class.

    python hidden_images.py [--epochs 3] [--samples 60000] [--output PNG]      draws a picture if matplotlib is installed

Expected with the defaults: a test accuracy of 79 % after three minutes of one core's time.
"""

import argparse
from pathlib import Path

import numpy
import stableode

CLASSES = ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
SHOWN = [0, 4, 8, 12, 16, 20]


def read(folder: str | Path, name: str) -> stableode.Dataset:
    """The data set of the two files whose names begin with `name`."""
    return stableode.Dataset.idx(Path(folder) / f"{name}-images-idx3-ubyte.gz", Path(folder) / f"{name}-labels-idx1-ubyte.gz")


def draw(image: numpy.ndarray, states: numpy.ndarray, label: int, output: Path) -> None:
    """The image on the left, then a row for each shown layer and a column for each channel."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(SHOWN), 11, figsize=(11, 1.05 * len(SHOWN) + 0.5), layout="constrained")
    for row, layer in enumerate(SHOWN):
        limit = float(numpy.abs(states[layer]).max())
        for channel in range(10):
            axes[row, channel + 1].imshow(states[layer, 0, channel], cmap="RdBu_r", vmin=-limit, vmax=limit)
        axes[row, 1].set_ylabel(f"layer {layer}", fontsize=8)
    axes[0, 0].imshow(image, cmap="gray_r")
    for channel, name in enumerate(CLASSES):
        axes[0, channel + 1].set_title(name, fontsize=8, fontweight="bold" if channel == label else "normal")
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.set_frame_on(axis.has_data())
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=70)


def main() -> None:
    parser = argparse.ArgumentParser(description="draw the hidden images of a near-identity network")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--samples", type=int, default=60000, help="training images")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder of the four IDX files")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "figures" / "hidden_images.png")
    arguments = parser.parse_args()

    training, test = read(arguments.data, "train")[: arguments.samples], read(arguments.data, "t10k")
    network = stableode.Network(architecture="near_identity_cnn_20", input_shape=[1, 28, 28], outputs=10, seed=1)
    network.fit_normalization(training)
    network.fit(training, epochs=arguments.epochs, optimizer="adam", learning_rate=3e-2, schedule="cosine", batch_size=64, num_threads=0)
    print(f"test accuracy {100 * network.evaluate(test)['accuracy']:.2f} %")
    one = numpy.asarray(test.features[:1]).reshape(1, 1, 28, 28)
    states = network.states(one)
    print(f"hidden images of one input: {states.shape} (layers + 1, samples, channels, height, width)")
    # The scores are the means of the last channels.
    assert numpy.allclose(states[-1].mean(axis=(2, 3)), network.scores(one), atol=1e-5)
    try:
        draw(one[0, 0], states, int(test.targets[0]), arguments.output)
        print(arguments.output)
    except ModuleNotFoundError:
        print("no picture: matplotlib is not installed")


if __name__ == "__main__":
    main()
