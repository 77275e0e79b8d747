"""Multi-level learning on the Swiss roll: each level trains twice as many layers, starting from the weights of the level before.

The example draws two pictures. swiss_roll_levels.png shows the class probabilities in the plane of an antisymmetric network with
16, 32, 64 and 128 layers, and the accuracy of each level. deep_gradients.png shows the norm of the gradient in each of 1 024
layers, for every architecture of Haber & Ruthotto (2017) and for initial weights of 0.5, 1 and 2 times the usual size, before
training and after multi-level training from 16 to 1 024 layers.

Expected: at least 98.5 % accuracy with 128 layers. With 1 024 layers the antisymmetric and the Hamiltonian networks reach it from
every initial size, and the norms of their gradients in the first and the last layer differ by less than a factor of 100. For
leapfrog the gradients decrease towards the last layer, because the force in a layer acts on all later positions. The plain residual
network may not learn at all.

    python multilevel.py [FOLDER]      needs matplotlib
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy
import stableode

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of a backend without a screen)
from matplotlib.colors import ListedColormap  # noqa: E402
from PIL import Image  # noqa: E402  (comes with matplotlib)

COLORS = ["#3b4cc0", "#c8323c"]
SHAPE: dict[str, Any] = dict(inputs=2, outputs=2, width=8, horizon=10.0, seed=1)
RECIPE: dict[str, Any] = dict(optimizer="adam", learning_rate=0.02, schedule="cosine", batch_size=32, smoothness=1e-4, num_threads=1)
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "dense": dict(field="dense", integrator="euler"),
    "antisymmetric": dict(field="antisymmetric", gamma=0.0, integrator="euler"),
    "Verlet": dict(field="hamiltonian", integrator="verlet"),
    "leapfrog": dict(field="second_order", integrator="leapfrog"),
}
SCALES = {0.5: ":", 1.0: "-", 2.0: "--"}


def layers(network: stableode.Network) -> int:
    return int(network.specification["blocks"][0]["layers"])


def save(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=110)
    Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)  # a third of the size
    print(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


def draw_levels(path: Path, training: stableode.Dataset, validation: stableode.Dataset) -> Any:
    """Draws the class probabilities of each level's network in the plane. Returns the last level's accuracy."""
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.1), layout="constrained", sharey=True)
    line = numpy.linspace(-1.3, 1.3, 261)
    plane = numpy.stack(numpy.meshgrid(line, line), axis=-1).reshape(-1, 2)
    accuracies: list[float] = []

    def draw(network: stableode.Network) -> None:
        panel = axes[len(accuracies)]
        accuracies.append(network.evaluate(validation)["accuracy"])
        chances = network.predict_proba(plane)[:, 1].reshape(261, 261)
        panel.imshow(chances, origin="lower", extent=(-1.3, 1.3, -1.3, 1.3), cmap="coolwarm", vmin=0, vmax=1, alpha=0.6)
        panel.scatter(*validation.features.T, c=validation.targets, cmap=ListedColormap(COLORS), s=4, linewidths=0)
        panel.set_title(f"{layers(network)} layers: {100 * accuracies[-1]:.1f} %")
        panel.set_xticks([])
        panel.set_yticks([])

    first = stableode.Network(layers=16, **SHAPE, **ARCHITECTURES["antisymmetric"])
    stableode.multilevel(first, training, validation, layers=128, epochs=60, on_level=draw, **RECIPE)
    save(figure, path)
    return accuracies[-1]


def gradient_norms(network: stableode.Network, training: stableode.Dataset) -> numpy.ndarray:
    """The norm of the mean loss's gradient with respect to the weights of each layer, [layers]."""
    with stableode.Gradient(network, len(training.features)) as gradient:
        _, vector = gradient.loss_and_gradient(training.features, training.targets)
    parts = network.split(vector.astype("float64"))
    squares = [(part**2).reshape(len(part), -1).sum(1) for name, part in parts.items() if name.startswith("blocks.")]
    norms: numpy.ndarray = numpy.sqrt(numpy.sum(squares, axis=0))
    return norms


def draw_gradients(path: Path, training: stableode.Dataset, validation: stableode.Dataset) -> Any:
    """Draws the gradients in 1 024 layers before and after training. Returns {(architecture, scale): (ratio, accuracy)}."""
    figure, axes = plt.subplots(2, 4, figsize=(11, 5), layout="constrained", sharex=True, sharey="row")
    found = {}
    for column, (name, dynamics) in enumerate(ARCHITECTURES.items()):
        for scale, style in SCALES.items():
            options = dict(**SHAPE, **dynamics, initial_scale=scale)
            untrained = gradient_norms(stableode.Network(layers=1024, **options), training)
            first = stableode.Network(layers=16, **options)
            deep, history = stableode.multilevel(first, training, validation, layers=1024, epochs=30, **RECIPE)
            trained, accuracy = gradient_norms(deep, training), history.best.validation_accuracy
            for row, norms in enumerate((untrained, trained)):
                label = f"scale {scale:g}" if row == 0 else f"{100 * accuracy:.1f} %"
                axes[row, column].semilogy(norms / norms[-1], style, color=f"C{column}", linewidth=1.1, label=label)
            found[name, scale] = trained[0] / trained[-1], accuracy
            print(
                f"{name}, scale {scale:g}: 1024 layers, accuracy {100 * accuracy:.2f} %, "
                f"gradient first/last layer {untrained[0] / untrained[-1]:.3g} untrained, {found[name, scale][0]:.3g} trained"
            )
        axes[0, column].set_title(name)
        axes[1, column].set_xlabel("layer")
        for panel in axes[:, column]:
            panel.axhspan(1e-2, 1e2, color="#999999", alpha=0.12, linewidth=0)
            panel.legend(frameon=False, fontsize=7)
    axes[0, 0].set_ylabel("gradient / last layer's\nuntrained")
    axes[1, 0].set_ylabel("gradient / last layer's\ntrained, 16 → 1 024 layers")
    save(figure, path)
    return found


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False})
    training, validation = stableode.Dataset.problem("swiss_roll")
    accuracy = draw_levels(folder / "swiss_roll_levels.png", training, validation)
    print(f"128 layers: validation accuracy {100 * accuracy:.2f} %")
    assert accuracy >= 0.985, f"validation accuracy {accuracy}; expected at least 98.5 %"
    found = draw_gradients(folder / "deep_gradients.png", training, validation)
    for name in ("antisymmetric", "Verlet"):
        for scale in SCALES:
            ratio, accuracy = found[name, scale]
            assert 1e-2 <= ratio <= 1e2, f"{name}: gradients of the first and the last of 1024 layers are in the ratio {ratio}"
            assert accuracy >= 0.985, f"{name}, scale {scale}: {accuracy} with 1024 layers; expected at least 98.5 %"


if __name__ == "__main__":
    main()
