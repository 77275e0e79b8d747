"""Classifies irregular series: all observations, and 30 and 70 % of them dropped at random, each number by itself.

    python sequences.py                          made series, and the sets of the package aeon if it is installed; takes a minute or two
    python sequences.py --short                  made series alone, in seconds
    python sequences.py --gru                    also trains a torch GRU, whose rate and epochs a validation split chooses; takes many minutes
    python sequences.py --write [--gru]          also replaces the lines of what was trained in examples/results.jsonl
    python sequences.py --draw [--output PNG]    draws the lines of examples/results.jsonl; needs matplotlib

The sets are those that the wheel of aeon holds, with its split into training and test series (`pip install --no-deps aeon`: its files are read,
and the package is not imported). `StableODESequenceClassifier` has its defaults, and seeds 0, 1 and 2; it gets arrays with NaN. The GRU reads the last value of each channel,
and where observations were dropped, masks and times since the last observation; it has 64 hidden numbers and Adam with clipped gradients. One quarter of the training
series chooses its rate (0.003 or 0.01) and epochs (at most 120), then it learns from all of them. Everything runs on one thread, and times are those of the processor for one training.
"""

import argparse
import importlib.util
import json
import time
from pathlib import Path
from typing import Any

import numpy
import stableode
from stableode.sklearn import StableODESequenceClassifier

RESULTS = Path(__file__).resolve().parents[1] / "results.jsonl"
FIELDS = ("antisymmetric_rnn", "neural_cde")
SETS = ("ItalyPowerDemand", "BasicMotions", "JapaneseVowels", "GunPoint")
DROPPED = (0.0, 0.3, 0.7)
SEEDS = (0, 1, 2)
Series = list[numpy.ndarray]
Split = tuple[Series, numpy.ndarray, Series, numpy.ndarray]


def made() -> Split:
    """Three kinds of noisy waves in two channels, of 30 to 50 steps each."""
    random = numpy.random.default_rng(0)
    series, kinds = [], random.integers(0, 3, 200)
    for kind in kinds:
        angle = random.uniform(0, 6.3) + numpy.linspace(0, (6, 9, 12)[kind], random.integers(30, 51))
        series.append(numpy.stack([numpy.cos(angle), 50 + 20 * numpy.sin(angle)], axis=1) + random.normal(0, 0.2, (len(angle), 2)) * [1, 20])
    return series[:60], kinds[:60], series[60:], kinds[60:]


def read(path: Path) -> tuple[Series, numpy.ndarray]:
    """(series [steps, channels], labels) of a file of the form .ts: channels behind each other, separated by colons, and the label."""
    series, labels = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line[0] in "#@":
            continue
        *channels, label = line.split(":")
        series.append(numpy.array([[float(number) for number in channel.split(",")] for channel in channels]).T)
        labels.append(label)
    return series, numpy.array(labels)


def load(name: str) -> Split | None:
    """A set by its name; None if the package that holds it is not installed."""
    if name == "made":
        return made()
    package = importlib.util.find_spec("aeon")
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0]) / "datasets" / "data" / name
    return *read(folder / f"{name}_TRAIN.ts"), *read(folder / f"{name}_TEST.ts")


def dropped(series: Series, part: float, seed: int) -> Series:
    """Series of which this part of the numbers is NaN; each keeps at least one."""
    random, found = numpy.random.default_rng(seed), []
    for each in series:
        gaps = random.random(each.shape) < part
        if gaps.all():
            gaps.flat[random.integers(gaps.size)] = False
        found.append(numpy.where(gaps, numpy.nan, each))
    return found


def measure(name: str, part: float, model: str, split: Split) -> dict[str, Any]:
    """The mean accuracy on the test series over the seeds, and the seconds of one training, as a line of the results."""
    training, labels, test, truth = split
    training, test = dropped(training, part, 0), dropped(test, part, 1)
    accuracies: list[float] = []
    seconds: list[float] = []
    found: dict[str, Any] = {}
    if model == "gru":
        accuracies, seconds, found = gru(training, labels, test, truth, part)
    else:
        for seed in SEEDS:
            classifier = StableODESequenceClassifier(field=model, random_state=seed, longer="first")
            start = time.process_time()
            classifier.fit(training, labels)
            seconds.append(time.process_time() - start)
            accuracies.append(classifier.score(test, truth))
            found = {"epochs": classifier.n_iter_}
    return {
        "figure": f"sequences/{name}/{model}",
        "dropped": part,
        "accuracy": round(float(numpy.mean(accuracies)), 4),
        "accuracies": [round(accuracy, 4) for accuracy in accuracies],
        "seconds": round(float(numpy.mean(seconds)), 3),
        **found,
        "seeds": list(SEEDS),
        "command": f"python examples/python/sequences.py --write{' --gru' if model == 'gru' else ''}",
        "version": stableode.library_version(),
    }


def gru(training: Series, labels: numpy.ndarray, test: Series, truth: numpy.ndarray, part: float) -> tuple[list[float], list[float], dict[str, Any]]:
    """(accuracies, seconds of each training, what was chosen) of a GRU."""
    import torch  # type: ignore

    torch.set_num_threads(1)
    steps, channels = max(len(each) for each in training + test), training[0].shape[1]
    every = numpy.concatenate(training)
    mean, deviation = numpy.nanmean(every, axis=0), numpy.nanstd(every, axis=0) + 1e-12

    def inputs(series: Series) -> Any:
        array = numpy.zeros((len(series), steps, 3 * channels), "float32")
        for number, each in enumerate(series):
            last, since = numpy.zeros(channels), numpy.zeros(channels)
            for step, row in enumerate((each - mean) / deviation):
                there = ~numpy.isnan(row)
                last, since = numpy.where(there, row, last), since + 1 / steps
                array[number, step] = numpy.concatenate([last, there, since])
                since = numpy.where(there, 0, since)
        return torch.tensor(array if part else array[:, :, :channels]), torch.tensor([len(each) - 1 for each in series])

    names = sorted(set(labels))
    classes, answers = (torch.tensor([names.index(label) for label in each]) for each in (labels, truth))
    (features, ends), (others, other_ends) = inputs(training), inputs(test)

    def scores(cell: Any, readout: Any, features: Any, ends: Any) -> Any:
        return readout(cell(features)[0][torch.arange(len(features)), ends])

    def train(chosen: Any, rate: float, epochs: int, seed: int, held_out: Any = None) -> Any:
        torch.manual_seed(seed)
        cell, readout = torch.nn.GRU(features.shape[2], 64, batch_first=True), torch.nn.Linear(64, len(names))
        parameters = [*cell.parameters(), *readout.parameters()]
        optimizer, best = torch.optim.Adam(parameters, lr=rate), (-1.0, 0.0, 0)
        for epoch in range(1, epochs + 1):
            for batch in chosen[torch.randperm(len(chosen))].split(32):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(scores(cell, readout, features[batch], ends[batch]), classes[batch]).backward()
                torch.nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
            if held_out is not None and epoch % 5 == 0:
                with torch.no_grad():
                    found = scores(cell, readout, features[held_out], ends[held_out])
                    accuracy = float((found.argmax(1) == classes[held_out]).float().mean())
                    best = max(best, (accuracy, -float(torch.nn.functional.cross_entropy(found, classes[held_out])), epoch))
        return best if held_out is not None else (cell, readout)

    random = numpy.random.default_rng(0)
    places = [random.permutation(numpy.flatnonzero(labels == name)) for name in names]
    held_out = torch.tensor(numpy.concatenate([each[: max(1, len(each) // 4)] for each in places]))
    chosen = torch.tensor(numpy.setdiff1d(numpy.arange(len(labels)), held_out))
    (_, _, epochs), rate = max((train(chosen, rate, 120, 0, held_out), rate) for rate in (0.003, 0.01))
    accuracies, seconds = [], []
    for seed in SEEDS:
        start = time.process_time()
        cell, readout = train(torch.arange(len(labels)), rate, epochs, seed)
        seconds.append(time.process_time() - start)
        with torch.no_grad():
            accuracies.append(float((scores(cell, readout, others, other_ends).argmax(1) == answers).float().mean()))
    return accuracies, seconds, {"epochs": epochs, "learning_rate": rate}


def draw(lines: list[dict[str, Any]], output: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False})
    names = [name for name in SETS if any(line["figure"].startswith(f"sequences/{name}/") for line in lines)]
    figure, axes = plt.subplots(1, len(names), figsize=(2.3 * len(names) + 0.6, 2.9), layout="constrained", sharey=True, squeeze=False)
    for axis, name in zip(axes[0], names):
        for model, color in zip((*FIELDS, "gru"), ("#3b4cc0", "#2a9d60", "#8a8a8a")):
            own = sorted((line for line in lines if line["figure"] == f"sequences/{name}/{model}"), key=lambda line: line["dropped"])
            parts = [100 * line["dropped"] for line in own]
            axis.plot(parts, [line["accuracy"] for line in own], "--" if model == "gru" else "-", color=color, marker=".", label=model)
            axis.fill_between(parts, [min(line["accuracies"]) for line in own], [max(line["accuracies"]) for line in own], color=color, alpha=0.12, linewidth=0)
        axis.set(title=name, xlabel="observations dropped, %", ylim=(0.4, 1.02))
    axes[0][0].set(ylabel="test accuracy")
    axes[0][0].legend(frameon=False)
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=100)
    print(output)


def main() -> None:
    parser = argparse.ArgumentParser(description="classifies irregular series")
    parser.add_argument("--short", action="store_true", help="made series alone")
    parser.add_argument("--gru", action="store_true", help="also train a GRU; needs torch")
    parser.add_argument("--sets", nargs="*", default=["made", *SETS], help="which sets")
    parser.add_argument("--write", action="store_true", help="replace the lines in examples/results.jsonl")
    parser.add_argument("--draw", action="store_true", help="draw the lines of examples/results.jsonl")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "figures" / "sequences.png")
    arguments = parser.parse_args()
    kept = [json.loads(text) for text in RESULTS.read_text(encoding="utf-8").splitlines()] if RESULTS.exists() else []
    if not arguments.draw:
        lines = []
        print(f"{'set':18}{'dropped':>8}" + "".join(f"{model:>26}" for model in (*FIELDS, *["gru"] * arguments.gru)))
        for name in ["made"] if arguments.short else arguments.sets:
            split = load(name)
            if split is None:
                print(f"{name}: the package aeon, which holds it, is not installed")
                continue
            for part in DROPPED:
                found = [measure(name, part, model, split) for model in (*FIELDS, *["gru"] * arguments.gru)]
                lines += [line for line in found if name != "made"]
                print(f"{name:18}{100 * part:6.0f} %" + "".join(f"{100 * line['accuracy']:15.1f} % {line['seconds']:6.2f} s" for line in found), flush=True)
        if arguments.write:
            new = {(line["figure"], line["dropped"]) for line in lines}
            kept = [line for line in kept if (line["figure"], line.get("dropped")) not in new] + lines
            RESULTS.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept), encoding="utf-8")
    if arguments.draw or arguments.write:
        draw([line for line in kept if line["figure"].startswith("sequences/")], arguments.output)


if __name__ == "__main__":
    main()
