"""Certified predictions on Fashion-MNIST: how many test images keep their class under every change of the pixels up to a given length.

Every stage of the networks here has a Lipschitz constant of at most 1, whatever its weights are: openings and connectors by their option norm,
and Euler steps of a gradient flow, which bring no two states further apart, by steps "tight" and "row_sums". So the scores change by at most
Λ‖w_y − w_i‖ times the length of a change of the image, where w are the rows of the readout and Λ is the product of the connectors' norms, and the
class y of an image stays for all changes shorter than min_i (s_y − s_i)/(Λ‖w_y − w_i‖). This is true of the network in real arithmetic. The
loss "emma" asks training for it.

    dense          784 pixels → 256 numbers, four steps
    convolution    28 × 28 pixels → 14 × 14 of 4 channels, three steps over convolutions → 7 × 7 of 16 channels, three steps; then as dense

The trained network is then written down with the weights that it multiplies by, as one with plain openings, connectors and steps. All bounds come
from these weights, in float64: norms of matrices by NumPy's singular values, those of convolutions by singular values in the Fourier basis of an
image with its padding, and h‖K‖₂² ≤ 2, which makes an Euler step −hKᵀrelu(Ky + b) non-expansive. The rounding errors of scores and norms
are not counted in these figures; `Network.certified_radius` of the plain network counts them, and the shares that it proves are shown as "float32".

The network is attacked, too: projected gradient ascent of the cross-entropy within a ball around an image, 40 steps from a random start, by the
library's own Jᵀw. The changes may leave the range [0, 1] of pixels, as those that the certificate covers may. No image that is certified may fall.

Expected of dense: at least 87 % of the test images correct, and at least 79.6 % correct and certified for changes of ℓ₂ length 0.25.

    python certified.py [--network convolution] [--seed 1] [--threads 0]     train, certify, attack
    python certified.py --save MODEL                 also keeps the network; --load MODEL certifies and attacks it again
    python certified.py --write                      also writes the figures as a line of examples/results.jsonl, and draws them
    python certified.py --short                      a few epochs of some thousand images; nothing is expected or written
    python certified.py --compare                    how the convolutional network was chosen, on training images alone
    python certified.py --draw                       draws the lines of examples/results.jsonl; needs matplotlib
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy
import stableode
from results import DATA, read_lines, write

RADII = {"0": 0.0, "0.1": 0.1, "36/255": 36 / 255, "0.25": 0.25, "72/255": 72 / 255, "108/255": 108 / 255, "0.5": 0.5, "1": 1.0}
EXPECTED = {"0": 0.87, "0.25": 0.796}
STEPS = 40


def flow(steps: str, layers: int, **options: Any) -> dict[str, Any]:
    """A block of Euler steps of a gradient flow, none of which expands. How far the steps go does not depend on the horizon."""
    return dict(field="gradient_flow", steps=steps, activation="relu", layers=layers, horizon=float(layers), **options)


def convolution(first: int, second: int, layers: int, steps: str = "row_sums") -> dict[str, Any]:
    """Two stages of so many channels, each opened by a convolution that makes one pixel of 2 × 2, with steps over convolutions; then as dense."""
    blocks: list[dict[str, Any]] = []
    for channels in (first, second):
        blocks.append(dict(connector="convolution", kernel=2, stride=2, margin=0, channels=channels, norm="row_sums"))
        blocks.append(flow(steps, layers, operator="convolution"))
    return dict(input_shape=[1, 28, 28], blocks=[*blocks, dict(connector="dense", features=256, norm="tight"), flow("tight", 4)], **LOSS)


LOSS: dict[str, Any] = dict(outputs=10, loss="emma", margin_radius=0.35)
NETWORKS: dict[str, dict[str, Any]] = {
    "dense": dict(inputs=784, opening="dense", opening_norm="tight", width=256, **flow("tight", 4), **LOSS),
    # 4 · 14 · 14 and 16 · 7 · 7 numbers are as many as the image has, so that orthogonal kernels lose nothing of it.
    "convolution": convolution(4, 16, 3),
}
TRAINING: dict[str, Any] = dict(optimizer="adam", schedule="cosine", warmup_steps=200, batch_size=256, normalization="none")
RATES = {"dense": 3e-3, "convolution": 1.2e-2}
EPOCHS = {"dense": 20, "convolution": 18}
#: What --compare trains, by name: options of the network, and options of training.
COMPARED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "dense, rate 3e-3": (NETWORKS["dense"], dict(learning_rate=3e-3)),
    "dense, rate 6e-3": (NETWORKS["dense"], dict(learning_rate=6e-3)),
    "4 and 16 channels, 3 + 3 layers, rate 1.2e-2": (NETWORKS["convolution"], dict(learning_rate=1.2e-2)),
    "4 and 16 channels, 1 + 1 layers, rate 1.2e-2": (convolution(4, 16, 1), dict(learning_rate=1.2e-2)),
    "8 and 32 channels, 2 + 2 layers, rate 1.2e-2": (convolution(8, 32, 2), dict(learning_rate=1.2e-2)),
    "8 and 16 channels, 3 + 3 layers, rate 1.2e-2": (convolution(8, 16, 3), dict(learning_rate=1.2e-2)),
    "16 and 32 channels, 2 + 2 layers, rate 1.2e-2": (convolution(16, 32, 2), dict(learning_rate=1.2e-2)),
    "16 and 32 channels, 2 + 2 layers, rate 3e-3": (convolution(16, 32, 2), dict(learning_rate=3e-3)),
    "the same, plain steps that every update keeps non-expansive": (convolution(16, 32, 2, "plain"), dict(learning_rate=3e-3, certified="non_expansive")),
}


def read(name: str) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Pixels in [0, 1] as float32, [images, 784], and labels."""
    images = stableode.Dataset.idx(Path(DATA) / f"{name}-images-idx3-ubyte.gz", Path(DATA) / f"{name}-labels-idx1-ubyte.gz")
    return (images.features / 255).astype(numpy.float32), images.targets


def training(kind: str) -> dict[str, Any]:
    return {**TRAINING, "learning_rate": RATES[kind]}


def build(options: dict[str, Any], seed: int, radius: float = LOSS["margin_radius"]) -> stableode.Network:
    """The untrained network. Kernels of connectors begin with orthonormal rows or columns, of which row sums bound the norm nearly without a loss."""
    given: dict[str, Any] = {**options, "margin_radius": radius, "seed": seed}
    network = stableode.Network(**given)
    random = numpy.random.default_rng(seed)
    for name, tensor in network.parameters.items():
        if name.startswith("connectors.") and name.endswith(".K"):
            rows, columns = tensor.shape[0], tensor[0].size
            basis, _ = numpy.linalg.qr(random.normal(size=(max(rows, columns), min(rows, columns))))
            network.parameters[name] = (basis if rows >= columns else basis.T).reshape(tensor.shape)
    return network


# The weights that the network multiplies by, written down


def spectra(kernel: numpy.ndarray, extent: int) -> numpy.ndarray:
    """The matrices K̂(ω) of a kernel [outputs, inputs, taps · taps] at the frequencies of extent × extent pixels, [extent, extent, outputs, inputs]."""
    taps = round(kernel.shape[2] ** 0.5)
    planes = numpy.fft.fft2(kernel.astype(numpy.float64).reshape(*kernel.shape[:2], taps, taps), (extent, extent))
    return numpy.moveaxis(planes, (2, 3), (0, 1))


def row_sums(kernel: numpy.ndarray, log_q: numpy.ndarray) -> numpy.ndarray:
    """r_i = ε + Σ_j q_j/q_i Σ_δ |Σ k[i, c, u + δ] k[j, c, u]|, over all shifts δ, and a little more."""
    found = spectra(kernel, 2 * round(kernel.shape[2] ** 0.5) - 1)
    sums = numpy.abs(numpy.fft.ifft2(found @ found.conj().swapaxes(2, 3), axes=(0, 1))).sum(axis=(0, 1))
    q = numpy.exp(log_q.astype(numpy.float64))
    made: numpy.ndarray = (1 + 2e-6) * (2.0**-10 + sums @ q / q)
    return made


def plain(network: stableode.Network) -> stableode.Network:
    """The network with the weights that it multiplies by as its parameters.

    `fold_norms` writes down openings, connectors and steps "tight", which stand at their limit; `repair` moves them below it, by some 10⁻⁶ of their
    weights. Steps "row_sums" over convolutions are written down here: a step −KᵀTrelu(Ky + b) is one with √T·K and √T·b, T = diag(2/(hr)), because
    relu(√T·y) = √T·relu(y).
    """
    folded, _ = network.fold_norms().repair("non_expansive")
    options, tensors = dict(folded.specification), dict(folded.parameters)
    scaled = [name.removesuffix("log_q") for name in tensors if name.endswith("log_q")]
    if not scaled:
        return folded
    for block in options["blocks"]:
        block.update({key: value for key, value in (("steps", "plain"), ("convolution", "direct")) if key in block})
    for block in scaled:
        factors = numpy.stack([numpy.sqrt(2 / row_sums(*layer)) for layer in zip(tensors[block + "K"], tensors.pop(block + "log_q"), strict=True)])
        tensors[block + "K"], tensors[block + "b"] = factors[:, :, None, None] * tensors[block + "K"], factors * tensors[block + "b"]
    made = stableode.Network.from_json(json.dumps(options))
    for name, tensor in tensors.items():
        made.parameters[name] = tensor
    return made


# What is proved of them, and what an attack finds


def bounds(network: stableode.Network) -> tuple[float, float]:
    """Λ, the product of the connectors' norms, and the largest h‖K‖²/2 of the layers of a plain network with h = 1.

    Windows of a connector do not overlap, so that its norm is that of one window's matrix. A convolution with zero padding is a part of the periodic one
    on a larger torus, whose norm is the largest of K̂(ω); 16 × 16 pixels hold the largest image here, 14 × 14, with a margin of one pixel.
    """
    constant, step = 1.0, 0.0
    for name, tensor in network.parameters.items():
        place, key = name.partition(".")[0], name.rpartition(".")[2]
        if place in ("opening", "connectors") and key in ("W", "K"):
            constant *= float(numpy.linalg.norm(tensor.astype(numpy.float64).reshape(len(tensor), -1), 2))
        elif place == "blocks" and key == "K":
            for layer in tensor.astype(numpy.float64):
                norm = numpy.linalg.norm(spectra(layer, 16) if layer.ndim == 3 else layer, 2, axis=(-2, -1)).max()
                step = max(step, float(norm) ** 2 / 2)
    return constant, step


def radii(network: stableode.Network, features: numpy.ndarray, labels: numpy.ndarray) -> tuple[numpy.ndarray, float, float]:
    """The radius of each image, negative where its class is wrong; Λ; and the largest h‖K‖²/2 of the layers of a plain network."""
    constant, step = bounds(network)
    readout = network.parameters["readout.W"].astype(numpy.float64)
    distances = numpy.linalg.norm(readout[:, None] - readout[None], axis=2)[labels]
    scores = network.scores(features).astype(numpy.float64)
    own = numpy.arange(len(labels)), labels
    distances[own] = 1
    quotients = (scores[own][:, None] - scores) / (constant * distances)
    quotients[own] = numpy.inf
    return quotients.min(axis=1), constant, step


def ascend(gradient: stableode.Gradient, network: stableode.Network, images: numpy.ndarray, labels: numpy.ndarray, radius: float, random: numpy.random.Generator) -> numpy.ndarray:
    """Which images keep their class while the cross-entropy is ascended within `radius` in ℓ₂, at the start and after each step."""

    def shortened(changes: numpy.ndarray) -> numpy.ndarray:
        """The changes, those that are too long scaled back to just below the radius."""
        lengths = numpy.linalg.norm(changes, axis=1, keepdims=True)
        made: numpy.ndarray = changes * numpy.minimum(1, (1 - 1e-6) * radius / numpy.maximum(lengths, 1e-30))
        return made

    # A point drawn evenly from the ball.
    changes = random.normal(size=images.shape)
    changes *= radius * random.random((len(images), 1)) ** (1 / images.shape[1]) / numpy.linalg.norm(changes, axis=1, keepdims=True)
    stays, wanted = numpy.ones(len(images), bool), numpy.eye(10)[labels]
    for step in range(STEPS + 1):
        changes = shortened(changes)
        found = (images + changes).astype(numpy.float32)
        scores = network.scores(found).astype(numpy.float64)
        stays &= scores.argmax(axis=1) == labels
        if step < STEPS:
            weights = numpy.exp(scores - scores.max(axis=1, keepdims=True))
            # The cross-entropy's derivative by the scores; the pullback gives its derivative by the pixels.
            _, slope = gradient.pullback(found, (weights / weights.sum(axis=1, keepdims=True) - wanted).astype(numpy.float32))
            slope = slope.astype(numpy.float64).reshape(images.shape)
            changes += 2.5 * radius / STEPS * slope / numpy.maximum(numpy.linalg.norm(slope, axis=1, keepdims=True), 1e-30)
    return stays


def attacked(network: stableode.Network, images: numpy.ndarray, labels: numpy.ndarray, seed: int) -> dict[str, numpy.ndarray]:
    """For each radius, which images are correct and have survived the attacks of this and of smaller radii."""
    random = numpy.random.default_rng(seed)
    stays, found = network.predict(images) == labels, {}
    with stableode.Gradient(network, len(images)) as gradient:
        for name, radius in RADII.items():
            left = numpy.flatnonzero(stays)
            if radius > 0 and len(left):
                stays[left] = ascend(gradient, network, images[left], labels[left], radius, random)
            found[name] = stays.copy()
    return found


def shares(of: dict[str, numpy.ndarray]) -> dict[str, float]:
    return {name: round(float(each.mean()), 5) for name, each in of.items()}


def draw(output: Path) -> None:
    """Accuracy against radius of the lines that have an attack: between what is certified and what an attack leaves, nobody knows."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    lines = [line for line in read_lines() if line["figure"].startswith("certified/") and "attacked" in line]
    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(1, len(NETWORKS), figsize=(4.5 * len(NETWORKS), 3.6), layout="constrained", sharey=True)
    for axis, kind, color in zip(axes, NETWORKS, ("#3b4cc0", "#2a9d60")):
        sizes = list(RADII.values())
        for line in [line for line in lines if line["figure"] == f"certified/{kind}"][:1]:
            upper, lower = (100 * numpy.array(list(line[key].values())) for key in ("attacked", "certified_of_attacked"))
            axis.plot(sizes, upper, "--", color=color, marker=".", label="after an attack")
            axis.plot(sizes, lower, "-", color=color, marker=".", label="certified")
            axis.fill_between(sizes, lower, upper, color=color, alpha=0.12, linewidth=0)
            axis.set(title=f"{kind}, {line['attacked_images']} test images", xlabel="ℓ₂ length of a change of pixels of 0 … 1", ylim=(0, 100))
            axis.legend(frameon=False, loc="lower left")
    axes[0].set_ylabel("correct, %")
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=100)
    print(output)


def main() -> None:
    parser = argparse.ArgumentParser(description="train a network with certified predictions on Fashion-MNIST, and attack it")
    parser.add_argument("--network", choices=NETWORKS, default="dense")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="20, for convolution 18, with --short 3")
    parser.add_argument("--radius", type=float, default=LOSS["margin_radius"], help="margin_radius of the loss")
    parser.add_argument("--attacked", type=int, help="how many of the first test images are attacked; 1 000, or 100 with --short")
    parser.add_argument("--threads", type=int, default=0, help="0: one for each CPU")
    parser.add_argument("--save", type=Path, metavar="MODEL")
    parser.add_argument("--load", type=Path, metavar="MODEL", help="a network that --save has kept, in place of training")
    parser.add_argument("--write", action="store_true", help="write a line of examples/results.jsonl and draw the figure")
    parser.add_argument("--short", action="store_true", help="three epochs of 4 000 images, measured on 1 000; nothing is written")
    parser.add_argument("--compare", action="store_true", help="how the network was chosen: shorter trainings, measured on training images that are kept back")
    parser.add_argument("--draw", action="store_true", help="draw the lines of examples/results.jsonl")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "figures" / "certified.png")
    arguments = parser.parse_args()
    if arguments.load and arguments.write:
        parser.error("--write needs the accuracies of the training: leave out --load")
    if arguments.compare:
        compare(arguments)
    elif not arguments.draw:
        run(arguments)
    if arguments.draw or (arguments.write and not arguments.short and not arguments.compare):
        draw(arguments.output)


def compare(arguments: argparse.Namespace) -> None:
    """Four epochs of the first 10 000 training images of each network in COMPARED, measured on the last 10 000."""
    features, labels = read("train")
    made: list[dict[str, Any]] = []
    for name, (options, recipe) in COMPARED.items():
        network, start = build(options, arguments.seed, arguments.radius), time.process_time()
        given: dict[str, Any] = {**TRAINING, "warmup_steps": 60, "batch_size": 128, **recipe}
        network.fit(features[:10000], labels[:10000], epochs=4, seed=arguments.seed, num_threads=arguments.threads, **given)
        seconds = time.process_time() - start
        found, constant, step = radii(plain(network), features[50000:], labels[50000:])
        assert constant <= 1 and step <= 1, (constant, step)
        made.append({"recipe": name, "correct": round(float((found > 0).mean()), 4), "certified at 0.25": round(float((found > 0.25).mean()), 4), "processor_seconds": round(seconds, 1)})
        print(f"{name:60} correct {100 * made[-1]['correct']:.2f} %  certified at 0.25: {100 * made[-1]['certified at 0.25']:.2f} %  {seconds:.0f} s", flush=True)
    if arguments.write:
        write({
            "figure": "certified_choice", "seed": arguments.seed, "epochs": 4, "training_images": 10000, "measured_training_images": 10000, "recipes": made,
            "command": f"python examples/python/certified.py --compare --write --seed {arguments.seed} --threads 1", "version": stableode.library_version(),
        })  # fmt: skip


def run(arguments: argparse.Namespace) -> None:
    kind, (test, answers), (features, labels) = arguments.network, read("t10k"), read("train")
    epochs, samples = arguments.epochs or (3 if arguments.short else EPOCHS[kind]), 4000 if arguments.short else 60000
    if arguments.short:
        test, answers = test[:1000], answers[:1000]
    network = stableode.Network.load(arguments.load) if arguments.load else build(NETWORKS[kind], arguments.seed, arguments.radius)
    accuracies, losses, start = [], [], time.perf_counter()
    if not arguments.load:
        data = stableode.Dataset(features[:samples], labels[:samples])
        with stableode.Trainer(network, epochs=epochs, seed=arguments.seed, num_threads=arguments.threads, **training(kind)) as trainer:
            for epoch in range(epochs):
                losses += [round(loss, 5) for loss in trainer.run(data, epochs=1).training_loss[-1:]]
                found, constant, step = radii(plain(network), test, answers)
                accuracies.append(round(float((found > 0).mean()), 5))
                print(
                    f"epoch {epoch + 1:2}  loss {losses[-1]:.4f}  correct {100 * accuracies[-1]:.2f} %  certified at 0.25: {100 * (found > 0.25).mean():.2f} %"
                    f"  norm of the connectors {constant:.4f}  h‖K‖²/2 {step:.4f}  {time.perf_counter() - start:.0f} s",
                    flush=True,
                )
        if arguments.save:
            network.save(arguments.save)
    bare = plain(network)
    found, constant, step = radii(bare, test, answers)
    assert constant <= 1 and step <= 1, (constant, step)
    assert numpy.abs(bare.scores(test) - network.scores(test)).max() < 1e-3
    certified = shares({name: found > radius for name, radius in RADII.items()})

    few = slice(arguments.attacked or (100 if arguments.short else 1000))
    left = attacked(bare, test[few], answers[few], arguments.seed)
    classes, sound = bare.certified_radius(test[few])
    proved = {name: found[few] > radius for name, radius in RADII.items()}
    with_rounding = {name: (classes == answers[few]) & (sound > radius) for name, radius in RADII.items()}
    for name in RADII:
        assert not ((proved[name] | with_rounding[name]) & ~left[name]).any(), f"an attack has changed a prediction that was certified at {name}"
    lower, upper, counted = shares(proved), shares(left), shares(with_rounding)
    print(f"{'radius':>8} {'certified':>10}  of the {len(answers[few])} that are attacked: {'float32':>8} {'certified':>10} {'attacked':>10}   clean {100 * certified['0']:.2f} %")
    for name in RADII:
        print(f"{name:>8} {100 * certified[name]:8.2f} %  {100 * counted[name]:32.2f} % {100 * lower[name]:8.2f} % {100 * upper[name]:8.2f} %")
    if arguments.write and not arguments.short:
        write({
            "figure": f"certified/{kind}", "seed": arguments.seed, "test_accuracy": certified["0"], "certified": certified, "attacked": upper, "certified_of_attacked": lower,
            "float32_of_attacked": counted, "attacked_images": len(answers[few]), "steps": STEPS, "parameters": network.parameter_count, "epochs": epochs, "training_images": samples,
            "test_accuracies": accuracies, "training_losses": losses,
            "command": f"python examples/python/certified.py --network {kind} --write --seed {arguments.seed}", "version": stableode.library_version(),
        })  # fmt: skip
    if kind == "dense" and not arguments.short and epochs >= EPOCHS[kind]:
        for name, share in EXPECTED.items():
            assert certified[name] >= share, f"expected at least {100 * share} % at radius {name}"


if __name__ == "__main__":
    main()
