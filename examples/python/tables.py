"""Compares networks with nothing but their defaults with MLP, LightGBM and linear models with theirs, on tables.

    python tables.py                       all data sets: five folds, one thread; takes half an hour
    python tables.py iris diabetes         some of them
    python tables.py --short               two small ones, without the other methods
    python tables.py --write [--seed 1]    also replaces the lines of these data sets in examples/results.jsonl
    python tables.py wide_classes --all-columns  StableODE alone, without leaving columns out (the option screening)
    python tables.py ball --no-trials            StableODE alone, with the rate and decay that it has without trying others
    python tables.py ball --no-biases            StableODE alone, with layers that begin without biases (the option initial_bias)

The figures are means over five folds: the accuracy in percent (larger is better), or the root mean square error (smaller is better). The
folds are shuffled by the seed, with each class in equal parts. MLP and linear models get standardized features; targets are as they are.
Seconds are those of the processor for one fold, training and prediction. It needs scikit-learn and, for the comparison, LightGBM.
"""

import argparse
import math
import os
import time
from typing import Any

# One thread each: the libraries read this when they are imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from sklearn import datasets, model_selection, neural_network, pipeline, preprocessing  # type: ignore
from sklearn.linear_model import LogisticRegression, Ridge  # type: ignore

import stableode
from results import write



def with_tails(change: Any, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two classes in 12 features, each of which, with mean 0 and deviation 1, goes through a function that gives it heavy tails."""
    features, labels = datasets.make_classification(2000, 12, n_informative=6, random_state=seed)
    return change((features - features.mean(axis=0)) / features.std(axis=0)), labels


def noisy(rows: int, columns: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Normal features, and their sum in a random direction, of deviation 1."""
    random = np.random.default_rng(seed)
    features, direction = random.normal(size=(rows, columns)), random.normal(size=columns)
    return features, features @ direction / np.linalg.norm(direction), random


def noisy_classes(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two classes, the logarithm of whose odds is linear: the best classifier is right for 67 %."""
    features, line, random = noisy(500, 20, seed)
    return features, (random.random(500) < 1 / (1 + np.exp(-line))).astype(int)


def noisy_line(rows: int, columns: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A line that explains a share of the targets' variance; the rest is noise."""
    features, line, random = noisy(rows, columns, seed)
    return features, math.sqrt(share) * line + math.sqrt(1 - share) * random.normal(size=rows)


def ball(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten normal features, and whether the sum of their squares is above its median."""
    features, labels = datasets.make_hastie_10_2(2000, random_state=seed)
    return features, (labels > 0).astype(int)


def checkerboard(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points on a board of 4 × 4, and the color of their square."""
    features = 4 * np.random.default_rng(seed).random((1000, 2))
    return features, np.floor(features).sum(axis=1).astype(int) % 2


def parity(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten bits, and whether an odd number of the first four is set."""
    features = np.random.default_rng(seed).integers(0, 2, (1000, 10)).astype(float)
    return features, features[:, :4].sum(axis=1).astype(int) % 2


#: Name → the table, features and targets, of a seed.
CLASSES = {
    "iris": lambda seed: datasets.load_iris(return_X_y=True),
    "wine": lambda seed: datasets.load_wine(return_X_y=True),
    "breast_cancer": lambda seed: datasets.load_breast_cancer(return_X_y=True),
    "digits": lambda seed: datasets.load_digits(return_X_y=True),
    "moons": lambda seed: datasets.make_moons(1000, noise=0.3, random_state=seed),
    "classes_2000": lambda seed: datasets.make_classification(2000, random_state=seed),
    "circles": lambda seed: datasets.make_circles(1000, noise=0.15, factor=0.5, random_state=seed),
    "four_classes": lambda seed: datasets.make_classification(2000, 20, n_informative=10, n_classes=4, random_state=seed),
    "quantiles": lambda seed: datasets.make_gaussian_quantiles(n_samples=2000, n_features=10, n_classes=3, random_state=seed),
    "ball": ball,
    "checkerboard": checkerboard,
    "parity": parity,
    "rare_class": lambda seed: datasets.make_classification(5000, 20, n_informative=8, weights=[0.98], flip_y=0.002, random_state=seed),
    "flipped": lambda seed: datasets.make_classification(1000, 20, flip_y=0.4, random_state=seed),
    "noisy_classes": noisy_classes,
    "classes_100000": lambda seed: datasets.make_classification(100_000, 50, n_informative=20, random_state=seed),
    "log_normal": lambda seed: with_tails(lambda z: np.exp(2 * z), seed),
    "cauchy": lambda seed: with_tails(lambda z: np.tan(np.pi / 2 * np.vectorize(math.erf)(np.clip(z, -5, 5) / 2**0.5)), seed),
    "wide_classes": lambda seed: datasets.make_classification(2000, 200, n_informative=5, n_redundant=0, flip_y=0.05, random_state=seed),
    "outliers": lambda seed: with_tails(lambda z: np.where(np.random.default_rng(seed).random(z.shape) < 0.01, 1000 * z, z), seed),
}
VALUES = {
    "diabetes": lambda seed: datasets.load_diabetes(return_X_y=True),
    "friedman1": lambda seed: datasets.make_friedman1(1000, noise=1.0, random_state=seed),
    "friedman2": lambda seed: datasets.make_friedman2(1000, noise=10.0, random_state=seed),
    "friedman3": lambda seed: datasets.make_friedman3(1000, noise=0.1, random_state=seed),
    "linear": lambda seed: datasets.make_regression(500, 30, n_informative=10, noise=10.0, random_state=seed),
    "noisy_line": lambda seed: noisy_line(300, 10, 0.1, seed),
    "noisy_line_500": lambda seed: noisy_line(500, 20, 0.3, seed),
    "wide_friedman": lambda seed: datasets.make_friedman1(1000, 100, noise=1.0, random_state=seed),
    "few_rows": lambda seed: (datasets.load_linnerud().data, datasets.load_linnerud().target[:, 0]),
    "swiss_roll": lambda seed: datasets.make_swiss_roll(1500, noise=0.5, random_state=seed),
}


class StableODE:
    """A network with its defaults, but for options of training, and biases that begin as zeros if `biases` is False."""

    def __init__(self, biases: bool = True, **options: Any):
        self.options = options
        self.shape = {} if biases else {"initial_bias": 0.0}

    def fit(self, features: np.ndarray, targets: np.ndarray) -> "StableODE":
        if targets.dtype.kind == "f":
            self.network = stableode.Network(inputs=features.shape[1], outputs=1, loss="least_squares", **self.shape)
        else:
            self.network = stableode.Network(inputs=features.shape[1], outputs=int(targets.max()) + 1, **self.shape)
        self.network.fit(features, targets, num_threads=1, **self.options)
        return self

    def predict(self, features: np.ndarray) -> np.ndarray:
        found = self.network.predict(features)
        return found[:, 0] if found.ndim == 2 else found


def methods(has_classes: bool, seed: int) -> dict[str, Any]:
    """The other methods by name, each with its defaults."""
    import lightgbm  # type: ignore

    def standardized(method: Any) -> Any:
        return pipeline.make_pipeline(preprocessing.StandardScaler(), method)

    if has_classes:
        return {
            "mlp": standardized(neural_network.MLPClassifier(random_state=seed)),
            "lightgbm": lightgbm.LGBMClassifier(n_jobs=1, verbose=-1),
            "linear": standardized(LogisticRegression()),
        }
    return {
        "mlp": standardized(neural_network.MLPRegressor(random_state=seed)),
        "lightgbm": lightgbm.LGBMRegressor(n_jobs=1, verbose=-1),
        "linear": Ridge(),
    }


def measure(name: str, seed: int, short: bool = False, **options: Any) -> dict[str, Any]:
    """The figures and seconds of each method on one table; with options those of StableODE alone."""
    has_classes = name in CLASSES
    features, targets = (CLASSES if has_classes else VALUES)[name](seed)
    folds = (model_selection.StratifiedKFold if has_classes else model_selection.KFold)(5, shuffle=True, random_state=seed)
    figures, seconds = {}, {}
    for method, model in {"stableode": StableODE(**options), **({} if short or options else methods(has_classes, seed))}.items():
        found, start = [], time.process_time()
        for training, test in folds.split(features, targets):
            predicted = model.fit(features[training], targets[training]).predict(features[test])
            found.append(100 * np.mean(predicted == targets[test]) if has_classes else np.sqrt(np.mean((predicted - targets[test]) ** 2)))
        figures[method] = float(f"{np.mean(found):.5g}")
        seconds[method] = float(f"{(time.process_time() - start) / 5:.3g}")
    return {
        "figure": f"tables/{name}",
        "seed": seed,
        "measure": "accuracy" if has_classes else "rmse",
        "rows": features.shape[0],
        "features": features.shape[1],
        "figures": figures,
        "seconds": seconds,
        "command": f"python examples/python/tables.py {name} --write --seed {seed}",
        "version": stableode.library_version(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="compare defaults on tables")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*CLASSES, *VALUES]))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all-columns", action="store_true", help="StableODE alone, without leaving columns out")
    parser.add_argument("--no-trials", action="store_true", help="StableODE alone, with its rate and decay without trials")
    parser.add_argument("--no-biases", action="store_true", help="StableODE alone, with layers that begin without biases")
    parser.add_argument("--short", action="store_true", help="two small data sets without the other methods")
    parser.add_argument("--write", action="store_true", help="replace the lines in examples/results.jsonl")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(CLASSES) - set(VALUES):
        parser.error(f"there is no data set {', '.join(sorted(unknown))}")
    names = arguments.names or (["iris", "diabetes"] if arguments.short else [*CLASSES, *VALUES])
    options: dict[str, Any] = {"screening": False} if arguments.all_columns else {}
    # Trials choose only where the rate is not set; 0.02 is the rate of a network of the size chosen for tables.
    options |= {"learning_rate": 0.02} if arguments.no_trials else {}
    options |= {"biases": False} if arguments.no_biases else {}
    for name in names:
        line = measure(name, arguments.seed, arguments.short, **options)
        if arguments.write and not options:
            write(line)
        print(f"{name:15}", "  ".join(f"{method} {figure:.5g} ({line['seconds'][method]:.3g} s)" for method, figure in line["figures"].items()), flush=True)


if __name__ == "__main__":
    main()
