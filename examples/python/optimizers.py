"""Compares Adam, L-BFGS, Gauss–Newton, variable projection and block coordinate descent on the peaks problem: training loss against work.

Work is measured in gradients over the training set, as in the library's progress reports: a forward pass counts one third, and a product with
the Gauss–Newton matrix counts five thirds (here for a tenth of the samples only). The example draws one picture, optimizers.png, and
prints a line for each method: its best validation accuracy, and the work after which it reached Adam's best accuracy.

Expected: variable projection reaches Adam's best validation accuracy with less work than Adam; block coordinate descent reaches it too.

    python optimizers.py [FOLDER]      needs matplotlib
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy
import stableode

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of a backend without a screen)
from PIL import Image  # noqa: E402  (comes with matplotlib)

SHAPE: dict[str, Any] = dict(inputs=2, outputs=5, width=16, layers=8, horizon=5.0, seed=0)
FIELDS: dict[str, dict[str, Any]] = {
    "antisymmetric": dict(field="antisymmetric", gamma=0.1, integrator="euler"),
    "Verlet": dict(field="hamiltonian", integrator="verlet"),
}
SECOND_ORDER: dict[str, Any] = dict(curvature_fraction=0.1, cg_iterations=20)
READOUT: dict[str, Any] = dict(readout_iterations=3, readout_tolerance=1e-3)
METHODS: dict[str, dict[str, Any]] = {
    "adam": dict(optimizer="adam", learning_rate=0.01, batch_size=128, epochs=200),
    "L-BFGS": dict(optimizer="lbfgs", epochs=180),
    "Gauss–Newton": dict(optimizer="gauss_newton", epochs=40, **SECOND_ORDER),
    "VarPro": dict(optimizer="varpro", epochs=25, **SECOND_ORDER, **READOUT),
    "block coordinate": dict(optimizer="block_coordinate", epochs=25, **SECOND_ORDER, **READOUT),
}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False})
    training, validation = stableode.Dataset.problem("peaks", 4000, 1000, seed=1)
    figure, axes = plt.subplots(2, 2, figsize=(9, 5.4), layout="constrained", sharex=True, sharey="row")
    passed = {}
    for column, (name, dynamics) in enumerate(FIELDS.items()):
        goal = 0.0  # the best accuracy of the first method, Adam
        for method, recipe in METHODS.items():
            network = stableode.Network(**SHAPE, **dynamics)
            with stableode.Trainer(network, num_threads=1, **recipe) as trainer:
                history = trainer.run(training, validation)
            best = history.validation_accuracy.max()
            goal = goal or best
            reached = numpy.flatnonzero(history.validation_accuracy >= goal)
            work = history.work[reached[0]] if len(reached) else numpy.inf
            passed[name, method] = work
            print(
                f"{name}, {method}: best validation accuracy {100 * best:.2f} %, Adam's best after {work:.0f} gradients "
                f"({work / passed[name, 'adam']:.2f} of Adam's), {history.seconds[-1]:.1f} s in all"
            )
            axes[0, column].semilogy(history.work, history.training_loss, label=method, linewidth=1.2)
            axes[1, column].plot(history.work, 100 * history.validation_accuracy, linewidth=1.2)
        axes[0, column].set_title(name)
        axes[1, column].axhline(100 * goal, color="#999999", linewidth=0.8, linestyle=":")
        axes[1, column].set_xlabel("work: gradients over the training set")
        axes[1, column].set_xlim(0, 200)
    axes[0, 0].set_ylabel("training loss")
    axes[1, 0].set_ylabel("validation accuracy, %")
    axes[1, 0].set_ylim(80, 100)
    axes[0, 1].legend(frameon=False, fontsize=8)
    path = folder / "optimizers.png"
    figure.savefig(path, dpi=110)
    Image.open(path).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1024:.0f} KiB")
    for name in FIELDS:
        assert passed[name, "VarPro"] < passed[name, "adam"], f"{name}: variable projection took as much work as Adam"


if __name__ == "__main__":
    main()
