"""Scores a table where it lies, and learns from more numbers than memory holds; prints the memory that both need.

Usage: large_tables.py [gigabytes of the stream, 5 if not given]. Needs pyarrow.
"""

import resource
import sys
from collections.abc import Iterator

import numpy as np
import pyarrow  # type: ignore[import-untyped, import-not-found, unused-ignore]

import stableode

GIGABYTES = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
ROWS, COLUMNS = 1_000_000, 20


def generated_batches() -> Iterator[pyarrow.Table]:
    """Batches of a table of two classes, until they hold GIGABYTES."""
    random, size = np.random.default_rng(1), 100_000
    for _ in range(round(GIGABYTES * 1e9 / (size * COLUMNS * 4))):
        features = random.standard_normal((COLUMNS, size), dtype="float32")
        labels = np.where(features[0] + features[1] > 0, "above", "below")
        yield pyarrow.table({**{f"x{index}": column for index, column in enumerate(features)}, "side": labels})


# What the first batch says of its columns; it is also what the network will remember.
columns = stableode.Columns.fit(next(generated_batches()), target="side")
network = stableode.Network(inputs=columns.features, outputs=len(columns.classes or []), width=COLUMNS, layers=2)
history = network.fit(stableode.Stream(generated_batches, buffer=100_000, columns=columns), epochs=1, batch_size=2048, learning_rate=0.01)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
print(f"learned from {GIGABYTES:.1f} GB in a process of {peak:.0f} MB: training accuracy {100 * history[-1].training_accuracy:.1f} %")

table = pyarrow.table({f"x{index}": np.random.default_rng(index).standard_normal(ROWS, dtype="float32") for index in range(COLUMNS)})
held = stableode.memory_usage()[0]
stableode.reset_memory_peak()
scores = network.scores(table)
peak = (stableode.memory_usage()[1] - held) / 1e6
print(f"scored {ROWS} rows of {table.nbytes / 1e6:.0f} MB with {peak:.1f} MB besides them, of which {scores.nbytes / 1e6:.1f} MB are scores")
print("the first rows are", *network.predict(table.slice(0, 3), names=True))
