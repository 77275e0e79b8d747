"""The peaks problem of Haber & Ruthotto (2017, section 6.3): stable dynamics learn five level sets of a function in the plane.

Trains the antisymmetric field with Euler steps and the Hamiltonian field with Verlet steps, both with width 8, 64 layers and the
horizon T = 5, on 4000 points. Then checks the accuracy on 1000 other points.

Expected: at least 98.5 % validation accuracy for both.

    python peaks.py [--quiet]
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import stableode

EXPECTED_ACCURACY = 0.985
NETWORKS: dict[str, dict[str, Any]] = {
    "antisymmetric": dict(field="antisymmetric", gamma=0.1, integrator="euler"),
    "hamiltonian": dict(field="hamiltonian", integrator="verlet"),
}
TRAINING: dict[str, Any] = dict(optimizer="adam", learning_rate=0.02, schedule="cosine", batch_size=128, epochs=120)


def train(dynamics: dict[str, Any], report: Callable[[str], None]) -> tuple[stableode.Network, stableode.History]:
    """(network, history) after training on the peaks problem."""
    training, validation = stableode.Dataset.problem("peaks", 4000, 1000, seed=1)
    network = stableode.Network(inputs=2, outputs=5, width=8, layers=64, horizon=5.0, **dynamics)

    def on_progress(progress: stableode.Progress) -> None:
        if progress.kind == "epoch" and progress.epoch % 20 == 0:
            report(f"  epoch {progress.epoch:3}  loss {progress.training_loss:.4f}  validation {100 * progress.validation_accuracy:.2f} %")

    return network, network.fit(training, validation=validation, on_progress=on_progress, **TRAINING)


def main() -> None:
    parser = argparse.ArgumentParser(description="learn the peaks problem")
    parser.add_argument("--quiet", action="store_true", help="print only the results")
    report = (lambda line: None) if parser.parse_args().quiet else print
    for name, dynamics in NETWORKS.items():
        start = time.perf_counter()
        _, history = train(dynamics, report)
        accuracy = history.best.validation_accuracy
        print(f"{name}: validation accuracy {100 * accuracy:.2f} % in {time.perf_counter() - start:.1f} s")
        assert accuracy >= EXPECTED_ACCURACY, f"expected at least {100 * EXPECTED_ACCURACY} %"


if __name__ == "__main__":
    main()
