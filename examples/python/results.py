"""Makes one of the long figures of the README again, and writes it as a line of examples/results.jsonl.

    python results.py --list                     what there is
    python results.py WHAT [--seed 1] [--threads 1]
    python results.py WHAT --short               a few minutes less: some hundred images, nothing is written

All figures are test accuracies on Fashion-MNIST (Debian's package dataset-fashion-mnist) after the last epoch. No figure is the best of
several: the test images choose nothing. The same seed gives the same figure on any number of threads.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import stableode

RESULTS = Path(__file__).resolve().parents[1] / "results.jsonl"
DATA = "/usr/share/datasets/fashion-mnist"
#: The recipe of the residual networks, the same for all.
RESIDUAL: dict[str, Any] = dict(
    optimizer="sgd", learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4, schedule="cosine", warmup_epochs=1, batch_size=128,
    crop_margin=2, flip=True,
)  # fmt: skip
#: The recipe of the networks of differential equations.
STABLE: dict[str, Any] = dict(optimizer="adamw", learning_rate=3e-3, weight_decay=1e-2, schedule="cosine", warmup_steps=300, batch_size=64)


def architecture(name: str, seed: int, **options: Any) -> stableode.Network:
    """A network of the literature for gray images and ten classes."""
    return stableode.Network(architecture=name, input_shape=[1, 28, 28], outputs=10, seed=seed, **options)


def staged(field: str, integrator: str, seed: int, activation: str = "relu", **options: Any) -> stableode.Network:
    """Three stages of 16, 32 and 64 channels, six layers each, with batch normalization where the channels change: 0.3 million parameters."""
    stage: dict[str, Any] = dict(field=field, operator="convolution", integrator=integrator, layers=6, horizon=3.0, activation=activation, **options)
    blocks: list[Any] = []
    for channels in (16, 32, 64):
        if blocks:
            blocks.append(dict(connector="average_pooling"))
        blocks += [dict(connector="convolution", kernel=1 if blocks else 3, channels=channels), dict(connector="normalization", activation=activation), stage]
    blocks += [dict(connector="global_average")]
    return stableode.Network(input_shape=[1, 28, 28], outputs=10, seed=seed, blocks=blocks)


#: Name → (what it is, the network of a seed, epochs, training images, recipe).
EXPERIMENTS: dict[str, tuple[str, Callable[[int], stableode.Network], int, int, dict[str, Any]]] = {
    "stable/leapfrog": (
        "ÿ = −Kᵀσ(N(Ky + b)) by leapfrog, N batch normalization, 0.3 M parameters", lambda seed: staged("gradient_flow", "leapfrog", seed, inner_normalization="batch"), 10, 60000, STABLE),
    "stable/parabolic": (
        "ẏ = −Kᵀσ(N(Ky + b)) by Euler, N batch normalization, 0.3 M parameters", lambda seed: staged("gradient_flow", "euler", seed, inner_normalization="batch"), 10, 60000, STABLE),
    "stable/hamiltonian": ("ẏ = σ(Kz + b), ż = −σ(Kᵀy + b) by Verlet, 0.3 M parameters", lambda seed: staged("hamiltonian", "verlet", seed, activation="tanh"), 10, 60000, STABLE),
    "residual/lm_resnet_20": ("LM-ResNet-20, crops and flips", lambda seed: architecture("lm_resnet_20", seed), 30, 60000, RESIDUAL),
    "compared/resnet_20": ("ResNet-20 on 20 000 images", lambda seed: architecture("resnet_20", seed), 10, 20000, RESIDUAL),
    "compared/lm_resnet_20": ("LM-ResNet-20 on 20 000 images", lambda seed: architecture("lm_resnet_20", seed), 10, 20000, RESIDUAL),
    "compared/lm_resnet_14": ("LM-ResNet-14 on 20 000 images", lambda seed: architecture("lm_resnet_14", seed), 10, 20000, RESIDUAL),
    "hr/antisymmetric": ("Haber & Ruthotto's antisymmetric network of width 6 and 16 layers", lambda seed: architecture("hr_antisymmetric_cnn", seed), 10, 60000, STABLE),
    "hr/verlet": ("Haber & Ruthotto's Verlet network of width 6 and 16 layers", lambda seed: architecture("hr_verlet_cnn", seed), 10, 60000, STABLE),
    "hr/leapfrog": ("Haber & Ruthotto's leapfrog network of width 6 and 16 layers", lambda seed: architecture("hr_leapfrog_cnn", seed), 10, 60000, STABLE),
}  # fmt: skip


def read(name: str) -> stableode.Dataset:
    """The data set of the two files whose names begin with `name`."""
    return stableode.Dataset.idx(Path(DATA) / f"{name}-images-idx3-ubyte.gz", Path(DATA) / f"{name}-labels-idx1-ubyte.gz")


def measure(what: str, seed: int, threads: int, short: bool) -> dict[str, Any]:
    """The figure as a dictionary."""
    _, make, epochs, samples, recipe = EXPERIMENTS[what]
    if short:
        epochs, samples = 2, 512
    training, test = read("train")[:samples], read("t10k")[: 512 if short else 10000]
    network = make(seed)
    network.fit_normalization(training)
    accuracies, losses, start = [], [], time.perf_counter()
    with stableode.Trainer(network, epochs=epochs, seed=seed, num_threads=threads, **recipe) as trainer:
        for epoch in range(epochs):
            losses += [round(loss, 5) for loss in trainer.run(training, epochs=1).training_loss[-1:]]
            accuracies.append(round(network.evaluate(test)["accuracy"], 5))
            print(f"epoch {epoch + 1:2}  loss {losses[-1]:.4f}  test {100 * accuracies[-1]:.2f} %  {time.perf_counter() - start:.0f} s", flush=True)
    return {
        "figure": what,
        "seed": seed,
        "test_accuracy": accuracies[-1],
        "parameters": network.parameter_count - network.running_averages,
        "epochs": epochs,
        "training_images": samples,
        "test_accuracies": accuracies,
        "training_losses": losses,
        "k": [round(float(k), 5) for name, tensor in network.parameters.items() if name.endswith(".k") for k in tensor.ravel()],
        "command": f"make results WHAT={what} SEED={seed}",
        "version": stableode.library_version(),
    }


def read_lines() -> list[dict[str, Any]]:
    """The written figures of all examples."""
    return [json.loads(text) for text in RESULTS.read_text(encoding="utf-8").splitlines()] if RESULTS.exists() else []


def write(*lines: dict[str, Any]) -> None:
    """Writes lines of any example in the place of those of the same figure, seed and part of dropped observations, or behind the others. The lines of EXPERIMENTS come first, in their order and that of the seeds."""

    def identity(line: dict[str, Any]) -> tuple[Any, ...]:
        return line["figure"], line.get("seed"), line.get("dropped")

    made = {identity(line): line for line in (*read_lines(), *lines)}
    order = list(EXPERIMENTS)
    kept = sorted(made.values(), key=lambda line: (order.index(line["figure"]), line["seed"]) if line["figure"] in order else (len(order), 0))
    RESULTS.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="make a figure of the README again")
    parser.add_argument("what", nargs="?", choices=EXPERIMENTS, metavar="WHAT")
    parser.add_argument("--list", action="store_true", help="list what there is")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0: one for each CPU")
    parser.add_argument("--short", action="store_true", help="two epochs of some hundred images; nothing is written")
    arguments = parser.parse_args()
    if arguments.list or arguments.what is None:
        for name, (text, _, epochs, samples, _) in EXPERIMENTS.items():
            print(f"{name:24} {text}; {epochs} epochs of {samples} images")
        return
    line = measure(arguments.what, arguments.seed, arguments.threads, arguments.short)
    if not arguments.short:
        write(line)
    print(f"test accuracy {100 * line['test_accuracy']:.2f} %, {line['parameters']} parameters")


if __name__ == "__main__":
    main()
