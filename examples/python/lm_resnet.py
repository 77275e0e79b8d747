"""LM-ResNet-20 beside ResNet-20 (Lu et al. 2018): two architectures by name, the same recipe, the same images.

LM-ResNet steps by u₊ = (1 − k)u + k u₋ + f(u) with a trained k for each block; ResNet has k = 0. The example trains both on the first
images of Fashion-MNIST and prints their test accuracies and the trained k.

    python lm_resnet.py [--epochs 2] [--samples 4000]      trains both
    python lm_resnet.py --draw [--output PNG]               draws the long runs of examples/results.jsonl; needs matplotlib

The long runs are made by results.py: 20 000 images, three seeds.
"""

import argparse
from pathlib import Path

import numpy
import stableode
from results import read_lines

EXAMPLES = Path(__file__).resolve().parents[1]
# The residual blocks of LM-ResNet-20 that have a k, of its nine: the first of each stage has no earlier state.
PLACES = [2, 3, 5, 6, 8, 9]
NAMES = {"resnet_20": "ResNet-20", "lm_resnet_20": "LM-ResNet-20"}


def read(folder: str | Path, name: str) -> stableode.Dataset:
    """The data set of the two files whose names begin with `name`."""
    return stableode.Dataset.idx(Path(folder) / f"{name}-images-idx3-ubyte.gz", Path(folder) / f"{name}-labels-idx1-ubyte.gz")


def train(architecture: str, training: stableode.Dataset, epochs: int) -> stableode.Network:
    network = stableode.Network(architecture=architecture, input_shape=[1, 28, 28], outputs=10, seed=1)
    network.fit_normalization(training)
    network.fit(
        training, optimizer="sgd", learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4, schedule="cosine", batch_size=128, epochs=epochs,
        crop_margin=2, flip=True, num_threads=0,
    )  # fmt: skip
    return network


def trained_k(network: stableode.Network) -> numpy.ndarray:
    """The k of all blocks, in the order of the layers."""
    return numpy.concatenate([tensor.ravel() for name, tensor in network.parameters.items() if name.endswith(".k")])


def draw(output: Path) -> None:
    """Test accuracy over training, a line for each network with the range of its seeds, and k over the blocks."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    lines = read_lines()
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for name, color in (("resnet_20", "#3b4cc0"), ("lm_resnet_20", "#c8323c")):
        runs = [line for line in lines if line["figure"] == f"compared/{name}"]
        curves = 100 * numpy.array([run["test_accuracies"] for run in runs])
        epochs = numpy.arange(1, curves.shape[1] + 1)
        axes[0].plot(epochs, curves.mean(axis=0), color=color, label=f"{NAMES[name]}, {len(runs)} seeds")
        axes[0].fill_between(epochs, curves.min(axis=0), curves.max(axis=0), color=color, alpha=0.15, linewidth=0)
        for run in runs:
            if run["k"]:
                axes[1].plot(PLACES, run["k"], "o-", color=color, alpha=0.7, label=f"seed {run['seed']}")
    axes[0].set(xlabel="epoch", ylabel="test accuracy, %", title="LM-ResNet beside ResNet")
    axes[0].legend(frameon=False, loc="lower right")
    axes[1].axhline(0, color="gray", linewidth=0.8)
    axes[1].set(xlabel="residual block of LM-ResNet-20, of nine", ylabel="k", title="the trained k of each block", xticks=range(1, 10))
    axes[1].legend(frameon=False)
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=100)
    print(output)


def main() -> None:
    parser = argparse.ArgumentParser(description="LM-ResNet-20 beside ResNet-20 on Fashion-MNIST")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--samples", type=int, default=4000, help="training images")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder of the four IDX files")
    parser.add_argument("--draw", action="store_true", help="draw the figures of examples/results.jsonl")
    parser.add_argument("--output", type=Path, default=EXAMPLES / "figures" / "lm_resnet.png")
    arguments = parser.parse_args()
    if arguments.draw:
        return draw(arguments.output)
    training, test = read(arguments.data, "train")[: arguments.samples], read(arguments.data, "t10k")
    for name, title in NAMES.items():
        network = train(name, training, arguments.epochs)
        k = f", k = {', '.join(f'{k:.3f}' for k in trained_k(network))}" if name.startswith("lm_") else ""
        print(f"{title}: {network.parameter_count - network.running_averages} parameters, test accuracy {100 * network.evaluate(test)['accuracy']:.2f} %{k}")


if __name__ == "__main__":
    main()
