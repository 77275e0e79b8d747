"""Selects the library under test: STABLEODE_LIBRARY, or else the build of this repository. Defines the common fixtures."""

import os
import re
from pathlib import Path

import numpy
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
BUILT = REPOSITORY / ".build" / "release" / "libstableode.so"

if not os.environ.get("STABLEODE_LIBRARY") and BUILT.exists():
    os.environ["STABLEODE_LIBRARY"] = str(BUILT)

import stableode  # noqa: E402  (the variable must be set first)


@pytest.fixture(scope="session")
def header_with_comments():
    """The text of stableode.h."""
    return (REPOSITORY / "include" / "stableode.h").read_text()


@pytest.fixture(scope="session")
def header(header_with_comments):
    """The text of stableode.h without its comments."""
    return re.sub(r"/\*.*?\*/", " ", header_with_comments, flags=re.S)


@pytest.fixture(scope="session")
def readme():
    """The text of the repository's README.md."""
    return (REPOSITORY / "README.md").read_text()


@pytest.fixture
def make_network():
    """A function that makes a small network: 3 inputs, 4 outputs, width 5, 6 layers; keywords override options."""

    def make(**changes):
        options = dict(inputs=3, outputs=4, width=5, field="antisymmetric", integrator="euler", layers=6, horizon=1.0, seed=7)
        return stableode.Network(**{**options, **changes})

    return make


@pytest.fixture
def network(make_network):
    return make_network()


@pytest.fixture
def batch():
    """(features [20, 3] float32, labels [20] in 0 … 3)."""
    random = numpy.random.default_rng(5)
    return random.standard_normal((20, 3)).astype("float32"), random.integers(0, 4, 20)
