"""Certified predictions on Fashion-MNIST: how many test images keep their class under every change of the pixels up to a given length.

A dense opening of norm 1 maps the 784 pixels, in [0, 1], to a state of 256 numbers. The state follows Euler steps of a gradient flow, each of
which brings no two states further apart, whatever its weights are (steps "tight"). So the scores change by at most Λ‖w_y − w_i‖ times the
length of a change of the image, where w are the rows of the readout and Λ is the norm of the opening, and the class y of an image stays for
all changes shorter than min_i (s_y − s_i)/(Λ‖w_y − w_i‖). This is true of the network in real arithmetic. The loss "emma" asks training for it.

The trained network is then written down with the weights that it multiplies by, as one with a plain opening and plain steps. All bounds come
from these weights, by NumPy's singular values in float64: Λ = ‖W‖₂, and h‖K‖₂² ≤ 2, which makes an Euler step −hKᵀrelu(Ky + b) non-expansive.
The rounding errors of scores and norms are not counted here; `Network.certified_radius` of the plain network counts them.

Expected: at least 87 % of the test images correct, and at least 79.6 % correct and certified for changes of ℓ₂ length 0.25.

    python certified.py [--seed 1] [--threads 0]     train, certify
    python certified.py --write                      also write the figures as a line of examples/results.jsonl
    python certified.py --short                      a few epochs of some thousand images; nothing is expected or written
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy
import stableode
from results import DATA, write

RADII = {"0": 0.0, "0.1": 0.1, "36/255": 36 / 255, "0.25": 0.25, "72/255": 72 / 255, "108/255": 108 / 255, "0.5": 0.5, "1": 1.0}
EXPECTED = {"0": 0.87, "0.25": 0.796}
NETWORK: dict[str, Any] = dict(
    inputs=784, outputs=10, opening="dense", opening_norm="tight", width=256, field="gradient_flow", steps="tight", activation="relu", layers=4, horizon=4.0,
    loss="emma", margin_radius=0.35,
)  # fmt: skip
TRAINING: dict[str, Any] = dict(optimizer="adam", learning_rate=3e-3, schedule="cosine", warmup_steps=200, batch_size=256, normalization="none")
EPOCHS = 20


def read(name: str) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Pixels in [0, 1] as float32, [images, 784], and labels."""
    images = stableode.Dataset.idx(Path(DATA) / f"{name}-images-idx3-ubyte.gz", Path(DATA) / f"{name}-labels-idx1-ubyte.gz")
    return (images.features / 255).astype(numpy.float32), images.targets


def scaled(tensor: numpy.ndarray) -> numpy.ndarray:
    """K/√(β² + ε²), β = ‖(KKᵀ)¹⁶‖^(1/32) in the Frobenius norm, ε = 2⁻¹⁰: the weights made of a tensor K with norm or steps "tight", and a little less."""
    tensor = tensor.astype(numpy.float64)
    singular = numpy.linalg.svd(tensor, compute_uv=False)
    beta = singular[0] * ((singular / singular[0]) ** 64).sum() ** (1 / 64)
    made: numpy.ndarray = (1 - 1e-6) * tensor / numpy.sqrt(beta**2 + 2.0**-20)
    return made


def plain(network: stableode.Network) -> stableode.Network:
    """The network with the weights that it multiplies by as its parameters: opening W, and layers √(2/h)·W, since relu has slopes up to 1."""
    options: dict[str, Any] = {**NETWORK, "opening_norm": "free", "steps": "plain"}
    made = stableode.Network(**options)
    factor = numpy.sqrt(2 * NETWORK["layers"] / NETWORK["horizon"])
    made.parameter_vector = network.parameter_vector
    made.parameters["opening.W"] = scaled(network.parameters["opening.W"])
    made.parameters["blocks.0.K"] = numpy.stack([factor * scaled(layer) for layer in network.parameters["blocks.0.K"]])
    return made


def radii(network: stableode.Network, features: numpy.ndarray, labels: numpy.ndarray) -> tuple[numpy.ndarray, float, float]:
    """The radius of each image, negative where its class is wrong; Λ; and the largest h‖K‖²/2 of the layers."""
    parameters = {name: tensor.astype(numpy.float64) for name, tensor in network.parameters.items()}
    constant = float(numpy.linalg.norm(parameters["opening.W"], 2))
    step = max(float(numpy.linalg.norm(layer, 2)) for layer in parameters["blocks.0.K"]) ** 2 * NETWORK["horizon"] / NETWORK["layers"] / 2
    readout = parameters["readout.W"]
    distances = numpy.linalg.norm(readout[:, None] - readout[None], axis=2)[labels]
    scores = network.scores(features).astype(numpy.float64)
    own = numpy.arange(len(labels)), labels
    distances[own] = 1
    quotients = (scores[own][:, None] - scores) / (constant * distances)
    quotients[own] = numpy.inf
    return quotients.min(axis=1), constant, step


def main() -> None:
    parser = argparse.ArgumentParser(description="train a network with certified predictions on Fashion-MNIST")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--radius", type=float, default=NETWORK["margin_radius"], help="margin_radius of the loss")
    parser.add_argument("--threads", type=int, default=0, help="0: one for each CPU")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--short", action="store_true")
    arguments = parser.parse_args()
    epochs, samples = (3, 4000) if arguments.short else (arguments.epochs, 60000)

    training = stableode.Dataset(*(part[:samples] for part in read("train")))
    test, answers = read("t10k")
    network = stableode.Network(**{**NETWORK, "margin_radius": arguments.radius}, seed=arguments.seed)
    accuracies, losses, start = [], [], time.perf_counter()
    found, constant, step = numpy.zeros(len(answers)), 0.0, 0.0
    with stableode.Trainer(network, epochs=epochs, seed=arguments.seed, num_threads=arguments.threads, **TRAINING) as trainer:
        for epoch in range(epochs):
            losses += [round(loss, 5) for loss in trainer.run(training, epochs=1).training_loss[-1:]]
            found, constant, step = radii(plain(network), test, answers)
            accuracies.append(round(float((found > 0).mean()), 5))
            print(
                f"epoch {epoch + 1:2}  loss {losses[-1]:.4f}  test {100 * accuracies[-1]:.2f} %  certified at 0.25: {100 * (found > 0.25).mean():.2f} %"
                f"  norm of the opening {constant:.4f}  h‖K‖²/2 {step:.4f}  {time.perf_counter() - start:.0f} s",
                flush=True,
            )
    certified = {name: round(float((found > radius).mean()), 5) for name, radius in RADII.items()}
    assert constant <= 1 and step <= 1, (constant, step)
    assert numpy.abs(plain(network).scores(test) - network.scores(test)).max() < 1e-3
    for name, share in certified.items():
        print(f"correct and certified at {name}: {100 * share:.2f} %")
    if arguments.write and not arguments.short:
        write({
            "figure": "certified/dense", "seed": arguments.seed, "test_accuracy": accuracies[-1], "certified": certified, "parameters": network.parameter_count,
            "epochs": epochs, "training_images": samples, "test_accuracies": accuracies, "training_losses": losses,
            "command": f"python examples/python/certified.py --write --seed {arguments.seed}", "version": stableode.library_version(),
        })  # fmt: skip
    if not arguments.short and epochs >= EPOCHS:
        for name, share in EXPECTED.items():
            assert certified[name] >= share, f"expected at least {100 * share} % at radius {name}"


if __name__ == "__main__":
    main()
