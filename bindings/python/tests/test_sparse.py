"""Sparse matrices: every format becomes rows, damaged ones are refused before SciPy reads them, and long work answers Ctrl-C."""

import os
import signal
import threading
import time

import numpy
import pytest
import scipy.sparse

import stableode
from stableode import _sparse
from stableode.sklearn import StableODEClassifier

FORMATS = ["csr", "csc", "coo", "bsr", "lil", "dok", "dia"]
X = numpy.random.default_rng(0).normal(size=(60, 6))
Y = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("piece", [1 << 18, 7])
@pytest.mark.filterwarnings("ignore:Constructing a DIA matrix")
def test_every_format_becomes_rows(form, piece, monkeypatch):
    monkeypatch.setattr(_sparse, "_PIECE", piece)
    random = numpy.random.default_rng(1)
    for shape in ((12, 8), (1, 5), (60, 10)):
        dense = numpy.where(random.random(shape) < 0.3, random.normal(size=shape), 0)
        for kind in (scipy.sparse.csr_matrix, scipy.sparse.csr_array):
            found = _sparse.rows_of(kind(dense).asformat(form), "X")
            assert found.format == "csr" and (found.toarray() == dense).all()
            assert _sparse.rows_of(kind(shape).asformat(form), "X").shape == shape


@pytest.mark.parametrize("piece", [1 << 18, 64])
def test_repeated_entries_are_summed_and_columns_ascend(piece, monkeypatch):
    monkeypatch.setattr(_sparse, "_PIECE", piece)
    random = numpy.random.default_rng(2)
    rows, columns, entries = random.integers(0, 50, 5000), random.integers(0, 30, 5000), random.normal(size=5000)
    places = scipy.sparse.coo_matrix((entries, (rows, columns)), shape=(50, 30))
    order, across = numpy.argsort(rows, kind="stable"), numpy.argsort(columns, kind="stable")
    starts = [numpy.concatenate([[0], numpy.cumsum(numpy.bincount(part))]) for part in (rows, columns)]
    given = [
        places,
        scipy.sparse.csr_matrix((entries[order], columns[order], starts[0]), shape=(50, 30)),
        scipy.sparse.csc_matrix((entries[across], rows[across], starts[1]), shape=(50, 30)),
    ]
    for matrix in given:
        found = _sparse.rows_of(matrix, "X")
        assert numpy.allclose(found.toarray(), places.toarray()) and found.has_canonical_format and matrix.nnz == 5000


def damaged():
    """(what is wrong, a matrix, words of the error)"""
    for form in ("csr", "csc", "bsr"):
        for part, place, number, words in [
            ("indptr", 3, 10**6, "indptr must ascend"), ("indptr", 2, -5, "indptr must ascend"), ("indptr", 0, 2, "begin with 0"), ("indices", 4, 99, "99"), ("indices", 4, -1, "-1"),
        ]:  # fmt: skip
            matrix = scipy.sparse.csr_matrix(X).asformat(form)
            changed = getattr(matrix, part).copy()
            changed[place] = number
            setattr(matrix, part, changed)
            yield f"{form} {part} {number}", matrix, words
        for part, words in (("data", "same length"), ("indptr", "one more than")):
            matrix = scipy.sparse.csr_matrix(X).asformat(form)
            setattr(matrix, part, getattr(matrix, part)[:-2])
            yield f"{form} short {part}", matrix, words
    for part, number in (("row", 10**6), ("col", -7)):
        matrix = scipy.sparse.coo_matrix(X)
        changed = getattr(matrix, part).copy()
        changed[3] = number
        setattr(matrix, part, changed)
        yield f"coo {part}", matrix, str(number)
    matrix = scipy.sparse.lil_matrix(X)
    matrix.rows[3] = [1]
    yield "lil rows", matrix, "row 3"
    matrix = scipy.sparse.lil_matrix(X)
    matrix.rows[3][0] = 10**6
    yield "lil column", matrix, "does not exist"


@pytest.mark.parametrize("matrix, words", [pytest.param(*case[1:], id=case[0]) for case in damaged()])
def test_damaged_matrices_are_refused(matrix, words):
    network, fitted = stableode.Network(inputs=6, outputs=2), StableODEClassifier(epochs=1, width=4).fit(X, Y)
    for use in (
        lambda: stableode.Dataset(matrix, Y), lambda: network.predict(matrix), lambda: network.fit(matrix, Y), lambda: StableODEClassifier().fit(matrix, Y), lambda: fitted.predict(matrix),
    ):  # fmt: skip
        with pytest.raises((stableode.InvalidDataError, stableode.ShapeMismatchError), match=words):
            use()


def test_a_damaged_indicator_matrix_is_refused():
    labels = scipy.sparse.csr_matrix(numpy.eye(6)[numpy.arange(60) % 6])
    labels.indices = labels.indices.copy()
    labels.indices[5] = 10**6
    with pytest.raises(stableode.InvalidDataError, match="y: row 5 of the sparse matrix"):
        StableODEClassifier().fit(X, labels)


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
def test_ctrl_c_answers_while_a_matrix_is_read(form):
    """No piece takes more than a small part of the whole."""
    count, width = 60_000, 60
    random = numpy.random.default_rng(3)
    columns = random.integers(0, 3000, count * width)
    matrix = scipy.sparse.csr_matrix((random.normal(size=count * width), columns, numpy.arange(0, count * width + 1, width)), shape=(count, 3000)).asformat(form)
    start = time.perf_counter()
    _sparse.rows_of(matrix, "X")
    whole = time.perf_counter() - start
    sent = []

    def interrupt():
        time.sleep(0.3 * whole)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        _sparse.rows_of(matrix, "X")
        thread.join()
    assert time.perf_counter() - sent[0] < max(0.3, 0.5 * whole)
    thread.join()
