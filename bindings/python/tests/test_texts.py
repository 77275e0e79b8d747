"""Error texts as sentences: no doubled words, and parts that fit together."""

import pathlib
import re

import numpy
import pytest

import stableode

X = numpy.random.default_rng(0).standard_normal((40, 2))
Y = numpy.random.default_rng(1).standard_normal(40)


def regression(**options):
    return stableode.Network(**{"inputs": 2, "outputs": 1, "width": 2, "layers": 2, "loss": "least_squares", **options})


def test_texts_hold_no_slips():
    """Doubled words and articles in the texts of the sources, and what texts of parts become together."""
    sources = pathlib.Path(__file__).parents[3] / "Sources"
    slips = []
    for path in sources.rglob("*.swift"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for text in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
                if re.search(r"\b(a|an|the|is|are|of|to|in|with|and|or|that) \1\b|\b(a|an|the) (a|an|the)\b| ,", text):
                    slips.append(f"{path.name}:{number}: {text}")
    assert slips == []


def test_texts_of_parts_are_sentences():
    network = regression()
    with pytest.raises(stableode.OutOfRangeError, match="with 'a' the network's metadata would have"):
        network.metadata["a"] = "v" * (1 << 20)
    with pytest.raises(KeyError, match="unknown metadata key 'a'; there are none"):
        network.metadata["a"]
    deep = stableode.Network(inputs=2, outputs=2, width=2, layers=1, activation="identity", opening="dense", field="dense")
    deep.parameters["opening.W"] = numpy.full((2, 2), 1e30)
    deep.parameters["readout.W"] = numpy.full((2, 2), 1e-20)
    with pytest.raises(stableode.NotFiniteError, match="row 0: the gradient by the features is not finite"):
        stableode.Gradient(deep).pullback([[1.0, 1.0]], [[1e38, 1e38]])
