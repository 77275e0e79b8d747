"""`stableode.sequences.pack`: lists, arrays and long tables in the layout of the library."""

import copy
import pickle

import numpy
import pytest

import stableode
from stableode import sequences

RANDOM = numpy.random.default_rng(0)
RAGGED = [RANDOM.normal(size=(length, 2)) for length in (5, 3, 7)]


def steps_of(packed):
    """The features as [samples, steps, features of a step]."""
    return packed.features.reshape(len(packed), packed.steps, -1)


def test_lists_of_unequal_series_get_times_and_masks():
    packed = sequences.pack(RAGGED)
    assert packed.options == {"opening": "sequence", "inputs": 7 * 5, "channels": 2, "sequence_layout": "times_values_mask"}
    assert packed.lengths.tolist() == [5, 3, 7] and packed.steps == 7 and packed.channels == ("0", "1") and len(packed) == 3
    for series, steps in zip(RAGGED, steps_of(packed), strict=True):
        count = len(series)
        numpy.testing.assert_array_equal(steps[:count, 0], numpy.arange(count))
        numpy.testing.assert_array_equal(steps[:count, 1:3], series)
        assert (steps[:count, 3:] == 1).all() and (steps[count:] == 0).all()


def test_arrays_without_gaps_need_values_alone():
    array = RANDOM.normal(size=(4, 6, 3)).astype("float32")
    packed = sequences.pack(array)
    assert packed.options == {"opening": "sequence", "inputs": 18, "channels": 3, "sequence_layout": "values"}
    assert packed.features.dtype == numpy.float32 and (packed.features == array.reshape(4, 18)).all()
    turned = sequences.pack(array.transpose(0, 2, 1), channels_first=True)
    assert (turned.features == packed.features).all()
    assert (turned.pack(array.transpose(0, 2, 1)[:2]).features == packed.features[:2]).all()
    assert (sequences.pack([part.T for part in array], channels_first=True).features == packed.features).all()
    flat = sequences.pack(array[:, :, 0])
    assert flat.channels == ("0",) and (flat.features == array[:, :, 0]).all()
    assert sequences.pack(numpy.arange(6).reshape(2, 3)).features.dtype == numpy.float64


def test_numbers_that_are_not_observed_are_masked():
    array = RANDOM.normal(size=(3, 5, 2))
    array[0, 1, 1] = array[2, 3:, :] = numpy.nan
    steps = steps_of(sequences.pack(array))
    assert (steps[:, :, 3:] == ~numpy.isnan(array)).all()
    assert (steps[:, :, 1:3] == numpy.nan_to_num(array)).all()


def test_a_grid_and_times_of_each_sample():
    array = RANDOM.normal(size=(2, 3, 1))
    even = sequences.pack(array, times=[1.0, 1.5, 2.0])
    assert even.options["sequence_layout"] == "values"
    grid = sequences.pack(array, times=[1.0, 1.5, 4.0])
    assert grid.options["sequence_layout"] == "times_values" and (steps_of(grid)[:, :, 0] == [1.0, 1.5, 4.0]).all()
    own = sequences.pack(array, times=[[0, 1, 2], [5, 7, 9]])
    assert (steps_of(own)[:, :, 0] == [[0, 1, 2], [5, 7, 9]]).all()
    ragged = sequences.pack([[1.0, 2.0], [3.0]], times=[[0.5, 0.75], [1e9 + 0.25]])
    assert ragged.features.dtype == numpy.float64 and steps_of(ragged)[1, 0, 0] == 1e9 + 0.25
    shared = sequences.pack([[1.0, 2.0], [3.0]], times=[2.0, 8.0])
    assert steps_of(shared)[:, :, 0].tolist() == [[2.0, 8.0], [2.0, 0.0]]
    dates = sequences.pack(array, times=numpy.array(["2024-01-01T00:00", "2024-01-01T01:00", "2024-01-03T00:00"], "M8[m]"))
    assert steps_of(dates)[0, :, 0].tolist() == [0, 3600, 48 * 3600]
    later = dates.pack(array, times=numpy.array(["2024-01-02T00:00", "2024-01-02T01:00", "2024-01-03T00:00"], "M8[m]"))
    assert steps_of(later)[0, :, 0].tolist() == [24 * 3600, 25 * 3600, 48 * 3600]


def test_a_span_scales_times():
    grid = sequences.pack([[1.0, 2.0, 3.0], [4.0, 5.0]], span=4.0)
    assert grid.options["horizon"] == 4.0 and grid.options["sequence_time"] == "absolute"
    assert steps_of(grid)[:, :, 0].tolist() == [[0, 2, 4], [0, 2, 0]]
    own = sequences.pack([[1.0, 2.0], [4.0, 5.0]], times=[[100, 104], [7, 9]], span=2.0, time_channel=True, layout="times_values_mask")
    assert steps_of(own)[:, :, 0].tolist() == [[0, 2], [0, 1]]
    assert own.channels == ("0", "time") and steps_of(own)[:, :, 2].tolist() == [[0, 4], [0, 2]]
    assert "sequence_time" not in sequences.pack(numpy.zeros((2, 3)), span=4.0).options
    with pytest.raises(stableode.InvalidDataError, match="the time of series 0, step 1 is 25, outside of the layout's time, which begins at the first step and lasts 4"):
        own.pack([[1.0, 2.0]], times=[[20, 25]])
    assert own.pack([[1.0, 2.0]], times=[[20, 25]], longer="last").features[0, 1] == 2.0
    assert own.pack([[1.0, 2.0]], times=[[20, 25]], longer="first").features[0, 1] == 1.0


def test_the_time_channel_is_observed_where_something_is():
    steps = steps_of(sequences.pack([[1.0, numpy.nan, 3.0], [4.0]], time_channel=True))
    assert steps[0].tolist() == [[0, 1, 0, 1, 1], [1, 0, 1, 0, 0], [2, 3, 2, 1, 1]]
    assert steps[1].tolist() == [[0, 4, 0, 1, 1], [0] * 5, [0] * 5]
    assert sequences.pack(numpy.zeros((1, 3)), time_channel=True).features.tolist() == [[0, 0, 0, 1, 0, 2]]


def test_networks_ignore_padding_and_room():
    packed, roomy = sequences.pack(RAGGED), sequences.pack(RAGGED, steps=11)
    options = {"outputs": 2, "field": "antisymmetric_rnn", "interpolation": "linear", "layers": 7, "weights_in_time": "shared", "width": 4}
    network, same = (stableode.Network(**each.options, **options) for each in (packed, roomy))
    assert (network.scores(packed.features) == same.scores(roomy.features)).all()
    assert (network.scores(packed.features)[1:2] == network.scores(packed.pack(RAGGED[1:2]).features)).all()


def test_the_library_normalizes_observed_numbers():
    packed = sequences.pack([[10.0, 12.0, numpy.nan], [14.0]])
    network = stableode.Network(**packed.options, outputs=1, field="antisymmetric_rnn", layers=3, width=2, loss="least_squares")
    network.fit_normalization((packed.features, numpy.zeros(2)))
    shift, scale = (part.reshape(3, 3) for part in network.normalization)
    assert (shift == [0, 12, 0]).all() and scale[:, [0, 2]].tolist() == [[1, 1]] * 3
    numpy.testing.assert_allclose(scale[:, 1], 1 / numpy.std([10, 12, 14]))


LONG = {"series": ["b", "b", "a", "a", "b"], "time": [2.0, 0.0, 0.0, 3.0, 1.0], "x": [1.0, numpy.nan, 3.0, 4.0, 5.0], "y": [5, 6, 7, 8, 9]}


def long_tables():
    yield "dict", LONG
    yield "dict of arrays", {name: numpy.array(column) for name, column in LONG.items()}
    for module, make in (
        ("pandas", lambda pandas: pandas.DataFrame(LONG)),
        ("polars", lambda polars: polars.DataFrame({**LONG, "x": [1.0, None, 3.0, 4.0, 5.0]})),
        ("pyarrow", lambda pyarrow: pyarrow.table({**LONG, "x": [1.0, None, 3.0, 4.0, 5.0]})),
        ("duckdb", lambda duckdb: duckdb.sql("select * from (values ('b', 2, 1, 5), ('b', 0, null, 6), ('a', 0, 3, 7), ('a', 3, 4, 8), ('b', 1, 5, 9)) t(series, time, x, y)")),
    ):
        yield module, (module, make)


@pytest.mark.parametrize("name, table", list(long_tables()))
def test_long_tables_in_any_order(name, table):
    if isinstance(table, tuple):
        table = table[1](pytest.importorskip(table[0]))
    packed = sequences.pack(table)
    assert packed.series == ["b", "a"] and packed.channels == ("x", "y") and packed.lengths.tolist() == [3, 2]
    assert steps_of(packed).tolist() == [[[0, 0, 6, 0, 1], [1, 5, 9, 1, 1], [2, 1, 5, 1, 1]], [[0, 3, 7, 1, 1], [3, 4, 8, 1, 1], [0] * 5]]
    assert packed.pack_targets([10, 11, 12, 13, 14]).tolist() == [[11, 14, 10], [12, 13, -1]]
    assert (packed.pack(table).features == packed.features).all()
    assert sequences.pack(table, values=["y"]).channels == ("y",)


@pytest.mark.parametrize("module", ["pandas", "polars", "duckdb"])
def test_tables_with_dates(module):
    pandas = pytest.importorskip("pandas")
    library = pytest.importorskip(module)
    frame = pandas.DataFrame({**LONG, "time": pandas.to_datetime("2024-05-01") + pandas.to_timedelta(LONG["time"], unit="h")})
    table = {"pandas": lambda: frame, "polars": lambda: library.from_pandas(frame), "duckdb": lambda: library.from_df(frame)}[module]()
    assert steps_of(sequences.pack(table))[0, :, 0].tolist() == [0, 3600, 7200]


def test_rows_of_one_time():
    apart = {"series": [1, 1, 1], "time": [0, 0, 1], "x": [1.0, numpy.nan, 3.0], "y": [numpy.nan, 2.0, numpy.nan]}
    assert sequences.pack(apart).features.tolist() == [[0, 1, 2, 1, 1, 1, 3, 0, 1, 0]]
    doubled = {**apart, "x": [1.0, 5.0, 3.0]}
    with pytest.raises(stableode.InvalidDataError, match="series 1 has 2 observations of channel 'x' at time 0; duplicates='mean'"):
        sequences.pack(doubled)
    for duplicates, number in (("mean", 3), ("first", 1), ("last", 5)):
        packed = sequences.pack(doubled, duplicates=duplicates)
        assert packed.features.tolist() == [[0, number, 2, 1, 1, 1, 3, 0, 1, 0]]
    assert packed.pack_targets([4, 4, 5]).tolist() == [[4, 5]]
    with pytest.raises(stableode.InvalidDataError, match="row 0 belongs to one series and time with a later row"):
        packed.pack_targets([3, 4, 5])
    assert sequences.pack([[1.0, 5.0, 3.0]], times=[[0, 0, 1]], duplicates="mean").lengths.tolist() == [2]


def test_later_series():
    packed = sequences.pack(RAGGED)
    longer = RANDOM.normal(size=(9, 2))
    with pytest.raises(stableode.InvalidDataError, match="series 1 has 9 steps; the layout has 7: longer='first' or 'last'"):
        packed.pack([RAGGED[0], longer])
    assert (steps_of(packed.pack([longer], longer="first"))[0, :, 1:3] == longer[:7]).all()
    last = packed.pack([longer], longer="last")
    assert (steps_of(last)[0, :, 1:3] == longer[2:]).all()
    assert last.pack_targets([numpy.arange(9)]).tolist() == [[2, 3, 4, 5, 6, 7, 8]]
    whole = sequences.pack(numpy.zeros((2, 3, 1)))
    with pytest.raises(stableode.InvalidDataError, match="series 1, step 2, channel 0 is not observed, but the layout values has no masks"):
        whole.pack([[1, 2, 3], [1, 2, numpy.nan]])
    with pytest.raises(stableode.InvalidDataError, match="series 0 has 2 steps and not 3"):
        whole.pack([[1, 2]])
    with pytest.raises(stableode.IncompatibleError, match="the layout values has none"):
        whole.pack(numpy.zeros((1, 3)), times=[0, 1, 5])
    with pytest.raises(stableode.IncompatibleError, match="have no times"):
        sequences.pack([[1, 2]], times=[[3, 4]]).pack([[1, 2]])
    with pytest.raises(stableode.ShapeMismatchError, match="the series have 3 channels; those of the layout have 2"):
        packed.pack(numpy.zeros((1, 2, 3)))


def test_targets_of_steps():
    packed = sequences.pack(RAGGED)
    labels = packed.pack_targets([numpy.arange(5), numpy.arange(3), numpy.arange(7)])
    assert labels.dtype == numpy.int64 and labels.tolist() == [[0, 1, 2, 3, 4, -1, -1], [0, 1, 2, -1, -1, -1, -1], list(range(7))]
    values = packed.pack_targets([part[:, :1] for part in RAGGED])
    assert values.shape == (3, 7, 1) and numpy.isnan(values[1, 3:]).all() and (values[2] == RAGGED[2][:, :1]).all()
    whole = sequences.pack(numpy.zeros((2, 3, 1)))
    assert whole.pack_targets([[0.5, 1, 2], [3, 4, 5]]).tolist() == [[0.5, 1, 2], [3, 4, 5]]
    assert whole.pack_targets(numpy.arange(12.0).reshape(2, 3, 2)).shape == (2, 3, 2)
    with pytest.raises(stableode.ShapeMismatchError, match="targets of series 1 have 4 entries, but the series has 3 steps"):
        packed.pack_targets([numpy.arange(5), numpy.arange(4), numpy.arange(7)])


NAN, INFINITE = numpy.nan, numpy.inf


@pytest.mark.parametrize(
    "data, options, message",
    [
        ([], {}, "there are no series"),
        (numpy.zeros((0, 3)), {}, "there are no series"),
        ([[1, 2], []], {}, "series 1 is empty"),
        ([[1, 2], [NAN, NAN]], {}, "series 1 holds no observation"),
        ([[[1, 2]], [[1, INFINITE]]], {}, "series 1, step 0, channel 1 holds inf"),
        ([[[1, NAN]], [[1, NAN]]], {}, "channel '1' is never observed"),
        ([[[1, NAN]], [[1, NAN]]], {"channels": ["x", "y"]}, "channel 'y' is never observed"),
        ([[1, 2, 3]], {"times": [[0, 2, 1]]}, "times are out of order: that of series 0, step 2 is 1"),
        ([[1, 2, 3]], {"times": [[0, 1, 1]]}, "series 0 has 2 observations of channel 0 at time 1"),
        ([[1, 2, 3]], {"times": [[0, NAN, 1]]}, "the time of series 0, step 1 is nan"),
        ([[1, 2, 3]], {"times": [[0, 1]]}, "times of series 0 has shape"),
        ([[1, 2, 3]], {"times": [0.0, 1.0]}, "times has 2 entries, but the longest series has 3"),
        ([[[1, 2]], [[1, 2, 3]]], {}, "series 1 has 3 channels, but series 0 has 2"),
        ([[[[1]]]], {}, "series 0 has shape"),
        (numpy.zeros((2, 3, 0)), {}, "no channels"),
        (numpy.zeros(3), {}, "the array has shape"),
        (7, {}, "data is a int"),
        ([["a", "b"]], {}, "series 0 is of type"),
        ([[1, 2, 3]], {"steps": 2}, "series 0 has 3 steps, but steps is 2"),
        ([[1, 2, 3]], {"layout": "value"}, "layout is 'value'; it must be one of"),
        ([[1, 2, 3]], {"duplicates": "median"}, "duplicates is 'median'"),
        ([[1, 2, 3]], {"span": 0.0}, "span is 0.0"),
        ([[1, 2, 3]], {"channels": ["x", "y"]}, "channels has 2 names"),
        ([[1, 2, 3]], {"layout": "values", "times": [0, 1, 5]}, None),
        ({"series": [1], "time": [0.0]}, {}, "at least one of them is a channel"),
        ({"series": [1], "x": [0.0]}, {}, "no column 'time'; it has 'series', 'x'"),
        ({"series": [1, 2], "time": [0.0, NAN], "x": [0.0, 1.0]}, {}, "column 'time' holds no time at row 1"),
        ({"series": [1, 2], "time": [0.0, 1.0], "x": [0.0]}, {}, "column 'x' has shape"),
        ({"series": [], "time": [], "x": []}, {}, "the table has no rows"),
        ({"series": ["u"], "time": [0.0], "x": [INFINITE]}, {}, "series 'u', step 0, channel 'x' holds inf"),
        ({"series": ["u"], "time": [0.0], "x": [1.0]}, {"times": [0.0]}, "data is a table"),
    ],
)
def test_errors_name_what_is_wrong(data, options, message):
    if message is None:
        sequences.pack(data, **options)
        return
    with pytest.raises(stableode.StableODEError) as caught:
        sequences.pack(data, **options)
    assert message in str(caught.value)


def test_series_of_one_point():
    packed = sequences.pack([[1.0], [2.0, 3.0]], span=1.0)
    network = stableode.Network(**packed.options, outputs=2, field="antisymmetric_rnn", interpolation="linear", layers=4, width=4, weights_in_time="shared")
    network.fit(packed.features, [0, 1], epochs=2)
    assert numpy.isfinite(network.scores(packed.features)).all()


def test_the_description_and_copies():
    packed = sequences.pack([[[1, 2], [NAN, 4]], [[5, 6]]])
    assert repr(packed) == "PackedSequences(2 series, 1 to 2 steps, 2 channels, times_values_mask, 83 % observed)"
    assert repr(sequences.pack(numpy.zeros((3, 1)))) == "PackedSequences(3 series, 1 step, 1 channel, values)"
    for same in (pickle.loads(pickle.dumps(packed)), copy.deepcopy(packed)):
        assert (same.features == packed.features).all() and (same.pack([[[1, 2]]]).features == packed.pack([[[1, 2]]]).features).all()


def test_packing_loops_over_no_numbers():
    """A million numbers take no longer than a few copies of them; a loop over them would take seconds."""
    import tracemalloc

    array = numpy.zeros((1000, 500, 2))
    tracemalloc.start()
    packed = sequences.pack(array, layout="times_values_mask")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * packed.features.nbytes


def test_integrals_are_channels():
    packed = sequences.pack([[1.0, numpy.nan, 3.0, 0.0], [4.0, numpy.nan, numpy.nan, 2.0]], times=[0, 1, 2, 4], integral_channels=True, time_channel=True)
    assert packed.channels == ("0", "∫0", "time")
    # The mean of the observations is 2, and paths are straight between them.
    steps = steps_of(packed)
    assert steps[0, :, 2].tolist() == [0, -0.5, 0, -1] and steps[1, :, 2].tolist() == [0, 1.75, 3, 4]
    assert steps[0, :, 5].tolist() == [1, 1, 1, 1] and steps[0, :, 6].tolist() == [1, 0, 1, 1]
    ends = sequences.pack([[numpy.nan, 5.0, numpy.nan], [numpy.nan, numpy.nan, 7.0]], integral_channels=True)
    assert steps_of(ends)[:, :, 2].tolist() == [[0, -1, -2], [0, 1, 2]]
    missing = sequences.pack([[[1.0, 3.0], [1.0, numpy.nan]], [[1.0, numpy.nan], [1.0, numpy.nan]]], integral_channels=True)
    assert (steps_of(missing)[1, :, 4] == 0).all()
    assert (missing.pack([[[2.0, 3.0]]]).features[0, 1:5] == [2, 3, 0, 0]).all()


def test_a_series_has_the_same_bits_beside_any_others():
    random = numpy.random.default_rng(1)
    series = [random.normal(3, 1, (length, 2)) for length in (9, 4, 7, 9)]
    packed = sequences.pack(series, integral_channels=True, time_channel=True, span=3.0)
    for number, alone in enumerate(series):
        assert (packed.pack([alone]).features[0] == packed.features[number]).all()
    assert (sequences.pack(series * 2, integral_channels=True, weights=[1, 2] * 4).layout.centers == sequences.pack(series, integral_channels=True, weights=[2, 4] * 2).layout.centers).all()


def stamped(**changes):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"series": list("aabb"), "time": pandas.date_range("2024-01-01", periods=4, freq="h"), "v": [1.0, 2.0, 3.0, 4.0]})
    return frame.assign(**{name: change(frame) if callable(change) else change for name, change in changes.items()})


def test_dates_with_a_zone_are_those_of_utc():
    pyarrow, plain = pytest.importorskip("pyarrow"), sequences.pack(stamped())
    zoned = stamped(time=lambda frame: frame.time.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))
    for table in (zoned, pyarrow.Table.from_pandas(zoned), pytest.importorskip("polars").from_pandas(zoned), pytest.importorskip("duckdb").sql("SELECT * FROM zoned")):
        packed = sequences.pack(table)
        assert numpy.array_equal(packed.features, plain.features)
    days = stamped(time=lambda frame: [stamp.date() for stamp in frame.time + pytest.importorskip("pandas").to_timedelta(numpy.arange(4), "D")])
    assert sequences.pack(days).layout.duration == 86400


def test_columns_of_duckdb_may_have_any_names():
    duckdb, frame = pytest.importorskip("duckdb"), stamped().rename(columns={"time": 'the "time"'})
    assert numpy.array_equal(sequences.pack(duckdb.sql("SELECT * FROM frame"), time='the "time"').features, sequences.pack(stamped()).features)


def test_readers_are_read_once():
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.Table.from_pandas(stamped())
    assert numpy.array_equal(sequences.pack(table.to_reader()).features, sequences.pack(table).features)

    class Once:
        def __init__(self, table):
            self.reader = table.to_reader()

        def __arrow_c_stream__(self, requested_schema=None):
            return self.reader.__arrow_c_stream__()

    numbers = pyarrow.table({"series": [1, 1], "time": [0.0, 1.0], "v": [1.0, 2.0]})
    assert numpy.array_equal(sequences.pack(Once(numbers)).features, sequences.pack(numbers).features)


@pytest.mark.parametrize(
    ("series", "error", "text"),
    [
        (["a", None, "b", "b"], stableode.InvalidDataError, "^column 'series': its value at row 1 is missing; it says to which series a row belongs$"),
        ([1.0, numpy.nan, 2.0, 2.0], (stableode.InvalidDataError, stableode.UnsupportedTypeError), "^column 'series': it(s value at row 1 is missing| holds float64; what series are called are texts, integers or booleans$)"),
    ],
)
def test_rows_of_no_series_are_named(series, error, text):
    frame = stamped(series=series)
    for table in (frame, pytest.importorskip("polars").from_pandas(frame), {name: frame[name].to_numpy() for name in frame}, {name: list(frame[name]) for name in frame}):
        with pytest.raises(error, match=text):
            sequences.pack(table)


def test_errors_show_dates():
    with pytest.raises(stableode.InvalidDataError, match="'v' at time 2024-01-01T13:50:00.6"):
        sequences.pack({"series": [1, 1, 1], "time": numpy.array(["2024-01-01", "2024-01-01T13:50:00.6", "2024-01-01T13:50:00.6"], "M8[ms]"), "v": [1.0, 2.0, 3.0]})
    with pytest.raises(stableode.InvalidDataError, match="step 2 is 2024-01-02T00:00:00, but that of the step before is 2024-01-03T00:00:00"):
        sequences.pack([numpy.ones((3, 1))], [numpy.array(["2024-01-01", "2024-01-03", "2024-01-02"], "M8[D]")])
    days = numpy.array(["2024-01-01", "2024-01-02", "2024-01-03"], "M8[D]")
    packed = sequences.pack([numpy.ones((3, 1))] * 2, [days, days + 1], span=1.0)
    with pytest.raises(stableode.InvalidDataError, match="is 2024-02-03T00:00:00, outside of the layout's time, which begins at the first step and lasts 172800 seconds"):
        packed.pack([numpy.ones((2, 1))], [numpy.array(["2024-01-01", "2024-02-03"], "M8[D]")])
    with pytest.raises(stableode.UnsupportedTypeError, match="column 'time' holds texts or categories; times are numbers or dates"):
        sequences.pack(stamped(time=["2024-01-01"] * 4))


def test_later_series_have_times_of_the_same_kind():
    days = numpy.array(["2024-01-01", "2024-01-02", "2024-01-03"], "M8[D]")
    by_numbers, by_dates = sequences.pack([numpy.ones((3, 1))], [numpy.arange(3.0)]), sequences.pack([numpy.ones((3, 1))], [days])
    with pytest.raises(stableode.UnsupportedTypeError, match="holds dates, but the times of the first series were numbers"):
        by_numbers.pack([numpy.ones((3, 1))], [days])
    with pytest.raises(stableode.UnsupportedTypeError, match="holds numbers, but the times of the first series were dates"):
        by_dates.pack([numpy.ones((3, 1))], [numpy.arange(3.0)])


def test_gaps_that_hold_the_last_observation():
    nan = numpy.nan
    series = [numpy.array([[nan, 1.0], [2.0, nan], [nan, nan], [4.0, 3.0]]), numpy.array([[5.0, nan], [nan, 7.0]])]
    packed = sequences.pack(series, hold=True, time_channel=True)
    first = packed.layout.held
    assert packed.layout.kind == "values" and numpy.abs(first - [11 / 3, 11 / 3]).max() < 0.5  # about the means
    expected = [
        [[first[0], 1, 0], [2, 1, 1], [2, 1, 2], [4, 3, 3]],
        [[5, first[1], 0], [5, 7, 1], [5, 7, 1], [5, 7, 1]],
    ]
    numpy.testing.assert_array_equal(packed.features.reshape(2, 4, 3), expected)
    assert packed.lengths.tolist() == [4, 2] and [len(part) for part in packed.unpack(packed.features.reshape(2, 4, 3))] == [4, 2]
    again = pickle.loads(pickle.dumps(packed.layout))
    assert again == packed.layout and numpy.array_equal(sequences.pack_in(again, series[1:]).features, packed.features[1:])
    # Integrals do not see later observations: that of 2, held over two steps.
    made = sequences.pack(series, hold=True, integral_channels=True)
    steps = made.features.reshape(2, 4, 4)[0, :, 2]
    assert steps[2] - steps[1] == pytest.approx(2 - made.layout.centers[0])
    on_grid = sequences.pack(series, times=0.5 * numpy.arange(4), hold=True, time_channel=True)
    numpy.testing.assert_array_equal(on_grid.features.reshape(2, 4, 3)[..., :2], packed.features.reshape(2, 4, 3)[..., :2])
    with pytest.raises(stableode.InvalidArgumentError, match="layout is 'times_values_mask'"):
        sequences.pack(series, hold=True, layout="times_values_mask")
    with pytest.raises(stableode.InvalidArgumentError, match="not equally far apart"):
        sequences.pack(series, times=[0.0, 1.0, 5.0, 6.0], hold=True)


def test_the_way_of_series():
    """Σ|changes| between the observations of a channel, in its deviations: of the longest series, whatever the layout, units and order."""
    from stableode.sequences._variation import variation

    nan, series = numpy.nan, numpy.array([[[0.0], [3.0], [1.0], [1.0]], [[2.0], [2.0], [5.0], [2.0]]])
    expected = 6 / series.std()
    assert variation(sequences.pack(series)) == pytest.approx(expected) == variation(sequences.pack(series[::-1]))
    assert variation(sequences.pack(1e6 + 1e3 * series, times=[0.0, 1.0, 4.0, 5.0], integral_channels=True, time_channel=True)) == pytest.approx(expected)
    gaps = numpy.array([[[nan], [3.0], [nan], [1.0]], [[2.0], [nan], [5.0], [nan]]])
    assert variation(sequences.pack(gaps)) == pytest.approx(3 / numpy.nanstd(gaps))
    assert variation(sequences.pack([[1.0], [1.0, 1.0]])) == 0
    packed = sequences.pack(series)
    assert variation(packed, numpy.array([1.0, 0.0])) == pytest.approx(5 / series[0].std())
