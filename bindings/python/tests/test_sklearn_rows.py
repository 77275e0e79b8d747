"""Equal weighted sets of rows become equal lists of rows."""

import numpy
import pytest
from scipy import sparse

from stableode import InvalidDataError
from stableode.sklearn import StableODEClassifier, StableODERegressor, _rows
from stableode._sparse import rows_of
from stableode.sklearn._rows import Rows, canonical, used


def rows(count, columns=3, *, kinds=None, weights=None, dtype="float64"):
    """Random rows with targets; kinds: the number of different ones."""
    random = numpy.random.default_rng(4)
    features = random.standard_normal((kinds or count, columns)).astype(dtype)
    targets = random.integers(0, 3, kinds or count)
    chosen = numpy.arange(count) if kinds is None else random.integers(0, kinds, count)
    return Rows(features[chosen], targets[chosen], weights)


def same(one, other):
    return all(numpy.array_equal(a, b) for a, b in zip(one[:3], other[:3], strict=True))


def permuted(given, order):
    return Rows(*(None if each is None else each[order] for each in given))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_order_does_not_matter(dtype):
    given = rows(1000, dtype=dtype)
    order = numpy.random.default_rng(1).permutation(1000)
    assert same(canonical(given), canonical(permuted(given, order)))
    assert canonical(given).weights is None and sorted(canonical(given).features[:, 0]) == sorted(given.features[:, 0])


def test_weights_count_as_repetitions():
    given, counts = rows(500), numpy.random.default_rng(2).integers(0, 6, 500)
    repeated = permuted(given, numpy.arange(500).repeat(counts))
    kept = used(counts.astype("float64"))
    weighted = Rows(given.features[kept], given.targets[kept], counts[kept].astype("float64"))
    one, other = canonical(repeated), canonical(weighted)
    assert same(one, other) and one.weights.sum() == pytest.approx(counts.sum())


def test_equal_rows_keep_their_share():
    given = rows(10_000, kinds=7)
    found = canonical(given)
    assert len(found.features) < 20
    for row in numpy.unique(given.features, axis=0):
        expected = (given.features == row).all(axis=1).sum()
        assert found.weights[(found.features == row).all(axis=1)].sum() == pytest.approx(expected)


def test_a_few_equal_rows_stay_as_they_are():
    given = rows(200)
    doubled = permuted(given, numpy.append(numpy.arange(200), [3, 5]))
    found = canonical(doubled)
    assert found.weights is None and len(found.features) == 202


def test_heavy_rows_are_split_and_memory_is_bounded():
    weights = numpy.ones(1000)
    weights[7] = 1e6
    found = canonical(rows(1000, weights=weights))
    assert 1000 < len(found.features) <= 2001
    assert found.weights.max() < 2 * weights.mean()


def test_rows_with_other_targets_are_not_merged():
    features = numpy.zeros((4, 2))
    found = canonical(Rows(features, numpy.array([0, 1, 1, 1]), None))
    assert sorted(found.targets) == [0, 1, 1, 1] or found.weights is not None
    assert {target: round(found.weights[found.targets == target].sum()) for target in (0, 1)} == {0: 1, 1: 3}


def test_minus_zero_equals_zero():
    found = canonical(Rows(numpy.array([[0.0], [-0.0]]), numpy.array([1, 1]), None))
    assert found.weights is None and len(found.features) == 1


def test_equal_keys_do_not_merge_different_rows(monkeypatch):
    monkeypatch.setattr(_rows, "_keys", lambda rows: numpy.zeros(len(rows.features), "uint64"))
    given = rows(50)
    found = canonical(given)
    assert sorted(found.features[:, 0]) == sorted(given.features[:, 0])


@pytest.mark.parametrize("columns", [1, 30])
def test_whole_numbers_have_different_keys(columns):
    """Small whole numbers have many zero bits at the end."""
    features = numpy.zeros((40_000, columns))
    features[:, 0], features[:, -1] = numpy.arange(40_000) % 200, numpy.arange(40_000) // 200
    keys = numpy.unique(_rows._keys(Rows(features, numpy.zeros(40_000, "int64"), None)))
    assert len(keys) == len(numpy.unique(features, axis=0))
    # Five standard deviations of a mean of as many random bits.
    for bit in (0, 31, 63):
        assert abs((keys >> numpy.uint64(bit) & numpy.uint64(1)).mean() - 0.5) < 2.5 / len(keys) ** 0.5


def test_many_rows_are_sorted_in_parts():
    keys = numpy.random.default_rng(3).integers(0, 2**64, 3_000_000, "uint64", endpoint=False)
    assert (numpy.diff(keys[_rows._sorted(keys)].astype("float64")) >= 0).all()


@pytest.mark.parametrize("weights, text", [([1, -1, 0], "row 1 is -1.0"), ([1, 1, numpy.nan], "row 2 is nan"), ([0, 0, 0], "zero for every row")])
def test_wrong_weights_are_named(weights, text):
    with pytest.raises(ValueError, match=text):
        used(numpy.array(weights, "float64"))


def test_sparse_rows_are_merged_as_dense_ones():
    random = numpy.random.default_rng(6)
    dense = numpy.where(random.random((400, 9)) < 0.3, random.integers(1, 3, (400, 9)), 0).astype("float64")
    targets, order = random.integers(0, 2, 400), random.permutation(400)
    one, other = canonical(Rows(sparse.csr_array(dense), targets, None)), canonical(Rows(sparse.csr_array(dense[order]), targets[order], None))
    assert same((one.features.toarray(), *one[1:]), (other.features.toarray(), *other[1:]))

    def counted(rows):
        weights = numpy.ones(len(rows.targets)) if rows.weights is None else rows.weights
        found = {}
        for row, target, weight in zip(rows.features, rows.targets, weights, strict=True):
            found[(*row, target)] = found.get((*row, target), 0) + weight
        return {row: weight / weights.sum() for row, weight in found.items()}

    expected, found = counted(canonical(Rows(dense, targets, None))), counted(one._replace(features=one.features.toarray()))
    assert expected.keys() == found.keys() and all(found[row] == pytest.approx(expected[row]) for row in found)


def test_entries_that_are_stored_twice_or_as_zeros_do_not_matter():
    given = sparse.csr_array((numpy.array([1.0, 2.0, 3.0, 0.0]), numpy.array([0, 0, 0, 1]), numpy.array([0, 2, 4])), shape=(2, 2))
    found = canonical(Rows(rows_of(given, "X"), numpy.array([1, 1]), None))
    assert found.features.toarray().tolist() == [[3.0, 0.0]] and given.nnz == 4


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("is_sparse", [False, True])
def test_errors_name_the_callers_rows(weighted, is_sparse):
    """Rows are put in an order of their own, and rows of weight 0 are left out; errors name those that the caller gave."""
    random = numpy.random.default_rng(0)
    X = random.normal(size=(100, 3))
    counts, weights = numpy.abs(X[:, 1]), numpy.ones(100)
    counts[17], weights[:10] = -3, 0
    given = sparse.csr_matrix(X) if is_sparse else X
    with pytest.raises(InvalidDataError, match=r"-3.0 at row 17\b"):
        StableODERegressor(loss="poisson", epochs=1).fit(given, counts, sample_weight=weights if weighted else None)
    X[40, 1] = 3e48
    given = sparse.csr_matrix(X) if is_sparse else X
    with pytest.raises(InvalidDataError, match=r"at row 40\b"):
        StableODEClassifier(epochs=1, training_options={"normalization": "none"}).fit(given, random.integers(0, 2, 100), sample_weight=weights if weighted else None)
