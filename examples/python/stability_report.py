"""What a stability report says of a trained network, and what follows from it (examples/figures/stability_report.png).

An antisymmetric network without damping, the architecture of Haber & Ruthotto (2017), learns the ellipses with forward Euler. All
eigenvalues of its layers' Jacobians lie on the imaginary axis, where no step of Euler is stable: |1 + hλ| > 1. Those of the same
network with steps of the classic Runge–Kutta method are inside of that method's region. The picture shows for each the eigenvalues on the
region, the singular values of the last state with respect to each earlier one, and the change of energy.

Expected: at least 95 % validation accuracy with either scheme; Euler violates the criterion in every layer, rk4 in none; the largest
singular value stays below 100, so that no gradient explodes.

    python stability_report.py [OUTPUT]      needs matplotlib
"""

import sys

import matplotlib
import numpy
import stableode

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of a backend without a screen)
from PIL import Image  # noqa: E402  (comes with matplotlib)

SENSE = "absolute stability of {} for the frozen Jacobians"


def main(path: str) -> None:
    training, validation = stableode.Dataset.problem("ellipses", 1000, 200, seed=1)
    figure, axes = plt.subplots(2, 3, figsize=(12, 7), layout="constrained")
    for row, scheme in zip(axes, ("euler", "rk4"), strict=True):
        network = stableode.Network(inputs=2, outputs=2, width=4, field="antisymmetric", gamma=0.0, integrator=scheme, layers=32, horizon=8.0, seed=1)
        network.fit(training, validation=validation, optimizer="adam", learning_rate=0.02, schedule="cosine", epochs=60, smoothness=1e-4, num_threads=1)
        accuracy = network.evaluate(validation)["accuracy"]
        report = network.stability_report(validation.features[:20])
        print(f"{scheme}: validation accuracy {100 * accuracy:.2f} %")
        for statement in report.statements:
            print(f"  {statement['text']}")
        print(f"  {report.document['gradients']['text']}")
        report.plot(axes=row)

        verdict = next(statement for statement in report.statements if statement["sense"] == SENSE.format(scheme))
        assert accuracy >= 0.95 and verdict["holds"] == (scheme == "rk4")
        assert scheme == "rk4" or len(verdict["violated_layers"]) == 32
        assert numpy.nanmax(report.singular_values) < 100
    figure.savefig(path, dpi=80)
    Image.open(path).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "stability_report.png")
