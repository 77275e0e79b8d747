"""Tables as they come: pandas, polars, pyarrow, DuckDB, SciPy, and lists of texts; records of columns; predictions by name."""

import copy
import ctypes
import gc
import pickle

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest
from scipy import sparse

import stableode

RANDOM = numpy.random.default_rng(5)
COUNT = 300
CITIES = numpy.array(["Ulm", "Bonn", "Köln am Rhein und anderswo"])[RANDOM.integers(0, 3, COUNT)]
AGES = RANDOM.normal(40, 10, COUNT)
SMALL = RANDOM.integers(-100, 100, COUNT).astype("int16")
FLAGS = RANDOM.integers(0, 2, COUNT).astype(bool)
HALVES = RANDOM.normal(size=COUNT).astype("float16")
KINDS = numpy.where(AGES + 5 * (CITIES == "Ulm") > 40, "cat", "dog")
NAMES = sorted(set(CITIES))
EXPECTED = numpy.column_stack([*[(CITIES == name).astype(float) for name in NAMES], AGES, SMALL, FLAGS, HALVES])


def frame():
    return pandas.DataFrame({"city": CITIES, "age": AGES, "small": SMALL, "flag": FLAGS, "half": HALVES, "kind": KINDS})


def nullable():
    return frame().convert_dtypes()


def arrow_backed():
    return pandas.DataFrame({name: pandas.array(values.to_pylist(), dtype=pandas.ArrowDtype(values.type)) for name, values in zip(columns().column_names, columns().columns)})


def categorical():
    return frame().astype({"city": "category"})


def sorted_frame():
    """A frame whose index is not 0, 1, …: pandas exports it as a further column."""
    return pandas.concat([frame().iloc[:10], frame().iloc[10:]]).set_index(pandas.Index(range(7, 7 + COUNT)))


def columns():
    return pyarrow.table({"city": CITIES, "age": AGES, "small": SMALL, "flag": FLAGS, "half": HALVES, "kind": KINDS})


def chunked():
    whole = columns()
    return pyarrow.concat_tables([whole.slice(0, 7), whole.slice(7, 0), whole.slice(7, 100), whole.slice(107)])


def views():
    table = columns()
    return table.set_column(0, "city", table["city"].cast(pyarrow.string_view()))


def large():
    table = columns()
    return table.set_column(0, "city", table["city"].cast(pyarrow.large_string()))


def encoded():
    table = columns()
    return table.set_column(0, "city", table["city"].dictionary_encode())


def batch():
    return columns().combine_chunks().to_batches()[0]


def reader():
    return chunked().to_reader()


def polars_frame():
    return polars.from_arrow(columns())


def polars_chunks():
    return polars.concat([polars_frame()[:50], polars_frame()[50:]], rechunk=False)


def polars_categories():
    return polars_frame().with_columns(polars.col("city").cast(polars.Categorical))


def relation():
    table = columns()
    table = table.set_column(4, "half", table["half"].cast(pyarrow.float32()))
    return duckdb.connect().from_arrow(table)


class Foreign:
    """A producer that shows nothing but its capsules."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def foreign():
    return Foreign(chunked())


TABLES = [
    frame, nullable, arrow_backed, categorical, sorted_frame, columns, chunked, views, large, encoded, batch, reader, polars_frame, polars_chunks, polars_categories,
    relation, foreign,
]  # fmt: skip


@pytest.mark.parametrize("make", TABLES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("copies", [True, False])
def test_every_table_becomes_the_same_features(make, copies):
    if make is reader:
        pytest.skip("a reader gives its batches once; the next test reads it")
    data = stableode.Dataset(make(), target="kind", copy=copies)
    numpy.testing.assert_array_equal(data.features, EXPECTED)
    assert data.columns.classes == ["cat", "dog"]
    numpy.testing.assert_array_equal(numpy.array(["cat", "dog"])[data.targets], KINDS)
    numpy.testing.assert_array_equal(data[250:].features, EXPECTED[250:])
    training, validation = data.fold(3, 0)
    assert len(training) + len(validation) == COUNT and validation.columns == data.columns


def test_a_reader_is_read_once():
    data = stableode.Dataset(reader(), target="kind")
    numpy.testing.assert_array_equal(data.features, EXPECTED)


def model(**options):
    return stableode.Network(inputs=7, outputs=2, width=8, layers=4, seed=3, **options)


TRAINING = dict(epochs=30, learning_rate=0.02, num_threads=2, seed=1)


@pytest.mark.parametrize("make", [frame, chunked, polars_chunks], ids=lambda make: make.__name__)
def test_training_from_a_table_gives_the_bits_of_training_from_arrays(make):
    by_table, by_array = model(), model()
    labels = (KINDS == "dog").astype(int)
    for network, data in ((by_table, stableode.Dataset(make(), target="kind", copy=False)), (by_array, stableode.Dataset(EXPECTED, labels))):
        network.fit_normalization(data)
        network.fit(data, **TRAINING)
    numpy.testing.assert_array_equal(by_table.parameter_vector, by_array.parameter_vector)
    numpy.testing.assert_array_equal(by_table.scores(make()), by_array.scores(EXPECTED))


def test_a_network_remembers_columns_and_classes(tmp_path):
    network = model(precision="float64")
    network.fit(frame(), target="kind", validation=frame().iloc[:50], **TRAINING)
    assert network.classes == ["cat", "dog"] and network.columns.record["target"]["names"] == ["kind"]
    assert network.evaluate(frame())["samples"] == COUNT
    new = frame().drop(columns="kind")
    expected = network.predict(new)
    numpy.testing.assert_array_equal(network.predict(new, names=True), numpy.array(["cat", "dog"])[expected])
    # Columns may come in any order, with the targets or without them, from any library.
    turned = frame()[["kind", "flag", "half", "small", "age", "city"]]
    numpy.testing.assert_array_equal(network.predict(polars.from_pandas(turned)), expected)
    network.save(tmp_path / "model")
    for other in (stableode.Network.load(tmp_path / "model"), network.copy(), copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        numpy.testing.assert_array_equal(other.scores(new), network.scores(new))
        assert other.classes == ["cat", "dog"] and dict(other.metadata) == {}
    network.metadata = {"note": "x"}
    assert network.classes == ["cat", "dog"]
    network.columns = None
    assert network.columns is None and network.classes is None
    with pytest.raises(stableode.StateError, match="knows no names"):
        network.predict(EXPECTED, names=True)


def test_wrong_columns_are_named():
    network = model()
    network.fit(frame(), target="kind", epochs=1)
    with pytest.raises(stableode.IncompatibleError, match="lacks the column 'age'"):
        network.predict(frame().drop(columns="age"))
    with pytest.raises(stableode.IncompatibleError, match="'agee'"):
        network.predict(frame().rename(columns={"age": "agee"}))
    with pytest.raises(stableode.IncompatibleError, match="does not know: 'x', 'y'"):
        network.predict(frame().assign(x=1, y=2))
    with pytest.raises(stableode.InvalidDataError, match="column 'city': its value at row 3, 'Bon', is none of its 3 categories; did you mean 'Bonn'"):
        network.predict(frame().assign(city=["Ulm"] * 3 + ["Bon"] * (COUNT - 3)))
    with pytest.raises(stableode.InvalidDataError, match="column 'age': its value at row 5 is missing"):
        network.predict(frame().assign(age=numpy.where(numpy.arange(COUNT) == 5, numpy.nan, AGES)))
    with pytest.raises(stableode.IncompatibleError, match="column 'age': it holds texts"):
        network.predict(frame().assign(age="old"))
    with pytest.raises(stableode.IncompatibleError, match="another record of columns"):
        network.fit(stableode.Dataset(frame().assign(city="Ulm", more=1.0, most=2.0), target="kind"), epochs=1)
    with pytest.raises(stableode.UnknownNameError, match="unknown column 'knd'; did you mean 'kind'"):
        stableode.Dataset(frame(), target="knd")
    with pytest.raises(stableode.InvalidArgumentError, match="was trained with the target"):
        network.fit(frame(), target="city", epochs=1)


def test_rows_without_a_result():
    network = model()
    network.fit(frame(), target="kind", epochs=1)
    odd = frame().assign(age=numpy.where(numpy.arange(COUNT) == 5, numpy.nan, AGES), city=numpy.where(numpy.arange(COUNT) == 7, "Rom", CITIES))
    classes = network.predict(odd, rows_without_result="nan")
    assert classes[5] == -1 and classes[7] == -1 and (classes >= 0).sum() == COUNT - 2
    assert [failure.row for failure in stableode.failed_rows()] == [5, 7]
    names = network.predict(odd, rows_without_result="nan", names=True)
    assert names[5] is None and names[6] in ("cat", "dog")


def test_missing_values_by_policy():
    ages = numpy.where(numpy.arange(COUNT) % 3 == 0, numpy.nan, AGES)
    cities = pandas.Series(numpy.where(numpy.arange(COUNT) == 4, None, CITIES))
    table = pandas.DataFrame({"age": ages, "small": SMALL, "city": cities})
    mean = numpy.nanmean(ages)
    with pytest.raises(stableode.InvalidDataError, match="column 'age': its value at row 0 is missing or NaN; set the option missing"):
        stableode.Dataset(table, numpy.zeros(COUNT))
    filled = stableode.Dataset(table, numpy.zeros(COUNT), missing="mean").features
    numpy.testing.assert_allclose(filled[:, 0], numpy.where(numpy.isnan(ages), mean, ages), rtol=1e-14)
    assert filled.shape == (COUNT, 5) and not filled[4, 2:].any()
    marked = stableode.Dataset(table, numpy.zeros(COUNT), missing="mean_and_indicator")
    numpy.testing.assert_array_equal(marked.features[:, 1], numpy.isnan(ages))
    numpy.testing.assert_array_equal(marked.features[:, -1], numpy.arange(COUNT) == 4)
    # Nothing is missing in 'small', so that it has no indicator.
    assert marked.feature_count == 2 + 1 + 4
    mixed = stableode.Dataset(table, numpy.zeros(COUNT), missing="mean", by_column={"age": {"missing": "mean_and_indicator"}})
    assert mixed.feature_count == 6
    # The mean is that of the training data, wherever the network predicts.
    network = stableode.Network(inputs=5, outputs=1, width=5, layers=2, loss="least_squares")
    network.fit(stableode.Dataset(table, AGES, missing="mean"), epochs=1)
    one = pandas.DataFrame({"age": [numpy.nan], "small": [1], "city": ["Ulm"]})
    numpy.testing.assert_array_equal(network.predict(one), network.predict(one.assign(age=network.columns.record["inputs"][0]["mean"])))


def test_unseen_categories_by_policy():
    columns = stableode.Columns.fit(frame(), target="kind", unseen="zeros")
    network = model()
    network.columns = columns
    rome = frame().assign(city="Rom").iloc[:5]
    data = stableode.Dataset(rome, columns=columns)
    assert not data.features[:, :3].any()
    assert network.predict(rome).shape == (5,)
    with pytest.raises(stableode.InvalidDataError, match="the target at row 0, 'cow', is none of the 2 classes: cat, dog"):
        stableode.Dataset(frame().assign(kind="cow"), columns=columns)


def test_choices_of_columns():
    table = frame().assign(id=range(COUNT), when=pandas.Timestamp("2024-01-01"))
    with pytest.raises(stableode.UnsupportedTypeError, match="column 'when': it holds timestamps"):
        stableode.Dataset(table, target="kind")
    columns = stableode.Columns.fit(table, target="kind", ignore=["id", "when"], by_column={"flag": {"kind": "category"}, "city": {"categories": ["Ulm", "Bonn", NAMES[1]]}})
    assert columns.features == 3 + 1 + 1 + 2 + 1
    assert [entry.get("categories") for entry in columns.record["inputs"]] == [["Ulm", "Bonn", NAMES[1]], None, None, [False, True], None]
    again = pickle.loads(pickle.dumps(columns))
    assert again == columns and again.record == columns.record and copy.copy(columns) == columns and "city" in repr(columns)
    # What was ignored may be there later.
    assert stableode.Dataset(table, columns=columns).feature_count == 8
    with pytest.raises(TypeError, match="mising"):
        stableode.Dataset(frame(), target="kind", mising="mean")
    with pytest.raises(stableode.InvalidArgumentError, match="columns is given"):
        stableode.Dataset(frame(), target="kind", columns=columns)


def test_values_as_targets():
    table = pandas.DataFrame({"a": AGES, "b": SMALL, "y": AGES * 2, "z": SMALL * 3})
    both = stableode.Dataset(table, target=["z", "y"])
    numpy.testing.assert_array_equal(both.targets, numpy.column_stack([SMALL * 3, AGES * 2]))
    assert both.feature_count == 2 and both.columns.classes is None
    one = stableode.Dataset(table.drop(columns="z"), target="y")
    numpy.testing.assert_array_equal(one.targets[:, 0], AGES * 2)


@pytest.mark.parametrize("targets", [KINDS, KINDS.astype(object), list(KINDS), pandas.Series(KINDS), polars.Series(KINDS), pyarrow.array(KINDS), pyarrow.chunked_array([KINDS[:9], KINDS[9:]]),
                                     pandas.Series(KINDS).astype("category")], ids=lambda value: type(value).__module__)  # fmt: skip
def test_texts_as_targets_beside_arrays_and_tables(targets):
    for features in (EXPECTED, frame().drop(columns="kind")):
        data = stableode.Dataset(features, targets)
        assert data.columns.classes == ["cat", "dog"] and data.target_count == 2
        numpy.testing.assert_array_equal(data.targets, KINDS == "dog")
        network = model()
        network.fit(features, targets, epochs=1)
        assert set(network.predict(features, names=True)) <= {"cat", "dog"}
        assert network.evaluate(features, targets)["samples"] == COUNT


def test_integers_as_classes():
    network = stableode.Network(inputs=6, outputs=1, loss="logistic", width=6, layers=2)
    table = frame().drop(columns="kind").drop(columns="small").assign(sign=numpy.where(KINDS == "dog", 1, -1))
    data = stableode.Dataset(table, target="sign", classes="always")
    assert data.columns.classes == [-1, 1]
    network.fit(data, epochs=1)
    assert set(network.predict(table, names=True)) <= {-1, 1}


def test_numbers_alone_need_no_record():
    numbers = pandas.DataFrame(EXPECTED, columns=list("abcdefg"))
    network = model()
    network.fit(EXPECTED, (KINDS == "dog").astype(int), epochs=2)
    numpy.testing.assert_array_equal(network.scores(numbers), network.scores(EXPECTED))
    numpy.testing.assert_array_equal(network.scores(polars.from_pandas(numbers)), network.scores(EXPECTED))
    with pytest.raises(stableode.UnsupportedTypeError, match="column 'city' holds texts; without a record of columns only numbers are taken"):
        network.predict(frame())
    with pytest.raises(stableode.ShapeMismatchError, match="has 2 features; the network has inputs 7"):
        network.predict(numbers[["a", "b"]])


@pytest.mark.parametrize("form", ["csr_matrix", "csr_array", "csc_matrix", "coo_array"])
def test_sparse_matrices(form):
    dense = numpy.where(RANDOM.random((COUNT, 7)) < 0.3, RANDOM.normal(size=(COUNT, 7)), 0).astype("float32")
    matrix = getattr(sparse, form)(dense)
    labels = RANDOM.integers(0, 2, COUNT)
    by_matrix, by_array = model(), model()
    for network, features in ((by_matrix, matrix), (by_array, dense)):
        network.fit_normalization(features)
        network.fit(features, labels, validation=(features, labels), epochs=3, num_threads=2)
    numpy.testing.assert_array_equal(by_matrix.parameter_vector, by_array.parameter_vector)
    numpy.testing.assert_array_equal(by_matrix.scores(matrix), by_array.scores(dense))
    numpy.testing.assert_array_equal(stableode.Dataset(matrix, labels).features, dense)
    twice = sparse.csr_matrix((numpy.ones(2, "float32"), numpy.array([3, 3]), numpy.array([0, 2])), shape=(1, 7))
    numpy.testing.assert_array_equal(by_matrix.scores(twice), by_matrix.scores(twice.toarray()))


def test_memory_is_kept_and_given_back():
    class Counted(Foreign):
        pass

    table = Counted(chunked())
    data = stableode.Dataset(table, target="kind", copy=False)
    del table
    gc.collect()
    numpy.testing.assert_array_equal(data.features, EXPECTED)
    held = pyarrow.total_allocated_bytes()
    del data
    gc.collect()
    assert pyarrow.total_allocated_bytes() <= held


def test_a_failing_producer_says_why():
    def batches():
        yield batch()
        raise ValueError("the source is empty")

    reader = pyarrow.RecordBatchReader.from_batches(batch().schema, batches())
    with pytest.raises(stableode.CallbackFailedError, match="the source is empty"):
        stableode.Dataset(reader, target="kind")


def test_a_million_rows_are_scored_without_a_copy_of_their_features():
    rows, inputs = 1_000_000, 20
    values = numpy.random.default_rng(1).standard_normal((inputs, rows)).astype("float32")
    table = pyarrow.table({f"x{index}": column for index, column in enumerate(values)})
    network = stableode.Network(inputs=inputs, outputs=1, width=20, layers=1, loss="least_squares")
    out = numpy.empty((rows, 1), "float32")
    network.scores(table.slice(0, 1000))
    stableode.reset_memory_peak()
    before = stableode.memory_usage()[0]
    network.scores(table, out=out)
    held = stableode.memory_usage()[1] - before
    # The features have 80 MB; the results, which are written when all are known, 4 MB.
    assert held < 4 * rows + 2_000_000, held
    numpy.testing.assert_array_equal(out[:100], network.scores(values.T[:100]))


def test_classes_without_names_are_said():
    own = stableode.Network(inputs=1, outputs=5, width=2, layers=1)
    own.fit(pandas.DataFrame({"a": [1.0, 2.0], "y": ["p", "q"]}), target="y", optimizer="adam", epochs=1)
    own.parameters["readout.b"] = numpy.array([0, 0, 0, 0, 99], "float32")
    with pytest.raises(stableode.StateError, match="row 0 is of class 4, but the network knows the names of 2 classes"):
        own.predict(pandas.DataFrame({"a": [1.0]}), names=True)


def test_texts_that_are_no_unicode_are_refused_with_their_row():
    with pytest.raises(stableode.InvalidDataError, match="row 1"):
        stableode.Dataset(numpy.ones((2, 1)), ["fine", "half \ud800"])


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint64", "bool"])
def test_arrays_of_whole_numbers_are_classes_when_all_targets_are(dtype):
    table = frame().drop(columns="kind")
    kinds = (RANDOM.integers(0, 2, COUNT) * (1 if dtype == "bool" else 7)).astype(dtype)
    names = [False, True] if dtype == "bool" else [0, 7]
    data = stableode.Dataset(table, kinds, classes="always")
    assert data.columns.classes == names
    again = stableode.Dataset(table, kinds[::-1].tolist(), columns=data.columns)
    assert (again.targets == data.targets[::-1]).all() and (data.targets == kinds.astype(bool)).all()
    assert stableode.Columns.fit(table, kinds[:, None], classes="always").classes == names
    with pytest.raises(stableode.InvalidDataError, match="is none of the 2 classes"):
        stableode.Dataset(table, numpy.full(COUNT, 3), columns=stableode.Dataset(table, (7 * FLAGS).astype("int64"), classes="always").columns)


def test_columns_of_booleans_are_labels():
    table = frame().drop(columns="kind").assign(young=AGES < 40, small=SMALL < 0)
    data = stableode.Dataset(table, target=["young", "small"])
    assert data.columns.classes is None and (data.targets == numpy.column_stack([AGES < 40, SMALL < 0])).all()
    stableode.Network(inputs=data.columns.features, outputs=2, loss="multilabel_logistic").fit(data, epochs=2)


def test_numbers_where_unseen_categories_are_zeros():
    table = pandas.DataFrame({"code": SMALL % 3, "age": AGES})
    columns = stableode.Columns.fit(table, FLAGS, unseen="zeros", missing="mean", by_column={"code": {"kind": "category"}})
    later = pandas.DataFrame({"code": [1.0, 1.5, numpy.nan], "age": AGES[:3]})
    features = stableode.Dataset(later, FLAGS[:3], columns=columns).features
    assert features[:, :3].tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    with pytest.raises(stableode.IncompatibleError, match="it holds float64"):
        strict = stableode.Columns.fit(table, FLAGS, by_column={"code": {"kind": "category"}})
        stableode.Dataset(later, FLAGS[:3], columns=strict)


def test_columns_of_ids_are_no_categories():
    """They would become as many features as rows; building what is meant takes work in proportion to the rows."""
    for rows in (120, 20_000):
        frame = pandas.DataFrame({"id": [f"i{row}" for row in range(rows)], "x": numpy.arange(rows) / rows, "kind": numpy.arange(rows) % 2})
        with pytest.raises(stableode.OutOfRangeError, match=rf"column 'id': {rows} different texts in {rows} rows are too many for categories; ignore='id' leaves .* by_column="):
            stableode.Dataset(frame, target="kind")
        assert stableode.Dataset(frame, target="kind", ignore="id").feature_count == 1
        assert stableode.Dataset(frame, target="kind", by_column={"id": {"kind": "category"}}, copy=False).feature_count == rows + 1
    few = pandas.DataFrame({"id": [f"i{row}" for row in range(50)], "kind": numpy.arange(50) % 2})
    assert stableode.Dataset(few, target="kind").feature_count == 50


def test_names_may_be_integers():
    frame = pandas.DataFrame(numpy.c_[numpy.arange(12.0).reshape(4, 3), [0, 1, 1, 0]])
    data = stableode.Dataset(frame, target=3, ignore=[0], by_column={1: {"missing": "mean"}})
    assert data.feature_count == 2 and data.columns.record["target"]["names"] == ["3"]


def test_halves_of_surrogate_pairs_are_named():
    frame = pandas.DataFrame({"c": pandas.Series(["a", "\ud800"] * 3, dtype=object), "kind": [0, 1] * 3})
    with pytest.raises(stableode.InvalidDataError, match=r"column 'c': the text at row 1, .* half of a surrogate pair") as caught:
        stableode.Dataset(frame, target="kind")
    assert str(caught.value).encode()
    assert str(stableode.InvalidDataError("a\ud800b")) == r"a\ud800b"


class Capsules:
    def __init__(self, stream=None, arrays=None):
        if stream is not None:
            self.__arrow_c_stream__ = lambda requested_schema=None: stream
        if arrays is not None:
            self.__arrow_c_array__ = lambda requested_schema=None: arrays


@pytest.mark.parametrize("value, words", [(Capsules(stream=5), "gave a int; it must give a capsule arrow_array_stream"), (Capsules(arrays=(1, 2, 3)), "gave 3 objects; it must give two capsules"), (Capsules(arrays=(1, 2)), "must give a capsule arrow_schema")])
def test_producers_that_give_no_capsules_are_named(value, words):
    with pytest.raises(stableode.UnsupportedTypeError, match=words):
        stableode.Dataset(value, target="kind")


def test_columns_of_nulls():
    import polars

    frame = polars.DataFrame({"a": [1.0, 2.0], "none": [None, None], "kind": [0, 1]})
    assert stableode.Dataset(frame, target="kind", ignore="none").feature_count == 1
    with pytest.raises(stableode.InvalidDataError, match="column 'none': every value is missing, so that there is no mean; ignore the column"):
        stableode.Dataset(frame, target="kind", missing="mean")


def test_periods_are_refused_as_datetimes_are():
    frame = pandas.DataFrame({"p": pandas.period_range("2020-01", periods=4, freq="M"), "x": [1.0, 2, 3, 4], "kind": [0, 1, 0, 1]})
    with pytest.raises(stableode.UnsupportedTypeError, match="column 'p': .*periods"):
        stableode.Dataset(frame, target="kind")
    assert stableode.Dataset(frame, target="kind", ignore="p").feature_count == 1


def test_integers_of_two_to_the_63_are_named():
    numbers = numpy.ones((4, 3), "uint64")
    numbers[2, 1] = 2**63 + 5
    with pytest.raises(stableode.OutOfRangeError, match="features holds 9223372036854775813 at row 2, column 1"):
        stableode.Dataset(numbers, [0, 1, 0, 1])
