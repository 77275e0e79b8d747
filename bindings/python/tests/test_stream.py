"""Training from streams: the bits of training from memory, continuation after every kind of end, and memory that does not grow."""

import os
import signal
import threading
import time
import traceback

import numpy
import pandas
import pyarrow
import pyarrow.dataset
import pytest

import stableode

RANDOM = numpy.random.default_rng(8)
COUNT = 1000
X = RANDOM.standard_normal((COUNT, 5)).astype("float32")
Y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1)
OPTIONS = dict(epochs=4, batch_size=64, learning_rate=0.01, seed=5, num_threads=2)


def network(**options):
    return stableode.Network(**{"inputs": 5, "outputs": 3, "width": 8, "layers": 4, "seed": 2, **options})


class Source:
    """Batches of these arrays, in passes that are counted; `fails` raises once before a batch."""

    def __init__(self, features=X, targets=Y, size=100, fails=None):
        self.features, self.targets, self.size, self.fails = features, targets, size, fails
        self.passes = self.batches = 0

    def __call__(self):
        self.passes += 1
        for start in range(0, len(self.features), self.size):
            if self.fails == self.batches:
                self.fails = None
                raise ZeroDivisionError("the disk is on fire")
            self.batches += 1
            yield self.features[start : start + self.size], self.targets[start : start + self.size]


def trained(data, **options):
    own = network()
    history = own.fit(data, **{**OPTIONS, **options})
    return own, history


@pytest.mark.parametrize("size", [1, 37, 100, 999, 1000, 5000])
@pytest.mark.parametrize("shuffle", [True, False])
def test_a_buffer_that_holds_everything_gives_the_bits_of_memory(size, shuffle):
    by_memory, known = trained((X, Y), shuffle=shuffle, schedule="cosine")
    by_stream, history = trained(stableode.Stream(Source(size=size), buffer=COUNT), shuffle=shuffle, schedule="cosine")
    numpy.testing.assert_array_equal(by_memory.parameter_vector, by_stream.parameter_vector)
    assert [row.training_loss for row in known] == [row.training_loss for row in history]
    assert [row.work for row in known] == [row.work for row in history]


WEIGHTS = numpy.abs(numpy.random.default_rng(3).standard_normal(COUNT))


def weighted_batches(size=300):
    for start in range(0, COUNT, size):
        part = slice(start, start + size)
        yield stableode.Dataset(X[part], Y[part]).weighted(WEIGHTS[part])


def test_weights_of_samples_and_balanced_classes_have_the_bits_of_memory():
    by_memory, _ = trained(stableode.Dataset(X, Y).weighted(WEIGHTS))
    plain, _ = trained((X, Y))
    by_stream, _ = trained(stableode.Stream(weighted_batches, buffer=COUNT))
    numpy.testing.assert_array_equal(by_memory.parameter_vector, by_stream.parameter_vector)
    assert not numpy.array_equal(plain.parameter_vector, by_stream.parameter_vector)
    by_memory, _ = trained(stableode.Dataset(X, Y).weighted(WEIGHTS), class_weights="balanced")
    by_stream, _ = trained(stableode.Stream(weighted_batches, buffer=COUNT), class_weights="balanced")
    numpy.testing.assert_array_equal(by_memory.parameter_vector, by_stream.parameter_vector)
    # The weights stay with their samples where the buffer holds a part of them, too: a weight of 0 leaves the sample out.
    kept = numpy.where(Y == 0, 0.0, 1.0)
    parts = [stableode.Dataset(X[part], Y[part]).weighted(kept[part]) for part in (slice(0, 500), slice(500, COUNT))]
    small, _ = trained(stableode.Stream(parts, buffer=200), epochs=8)
    assert (small.predict(X) != 0).all()
    with pytest.raises(stableode.IncompatibleError, match="batch 2 of the source.*it has no weights of its samples, and the first batch has some"):
        trained(stableode.Stream([parts[0], (X, Y)]))


def test_balanced_classes_of_a_part_go_on_as_they_began():
    """The buffer's first samples say how the classes are weighed, also for a trainer that goes on with other samples."""
    rare = numpy.where(numpy.arange(COUNT) % 20 == 0, 1, 0)
    features = X + 0.5 * rare[:, None]
    stream = lambda: stableode.Stream(Source(features, rare, size=70), buffer=300)
    networks = [stableode.Network(inputs=5, outputs=2, width=8, layers=4, seed=2) for _ in range(2)]
    options = {**OPTIONS, "class_weights": "balanced"}
    networks[0].fit(stream(), **options)
    with stableode.Trainer(networks[1], **options) as trainer:
        for _ in range(4):
            trainer.run(stream(), epochs=1)
    numpy.testing.assert_array_equal(networks[0].parameter_vector, networks[1].parameter_vector)
    plain = stableode.Network(inputs=5, outputs=2, width=8, layers=4, seed=2)
    plain.fit(stream(), **OPTIONS)
    assert (networks[0].predict(features) == 1).mean() > 3 * (plain.predict(features) == 1).mean()


def test_a_column_of_weights():
    frame = pandas.DataFrame(X, columns=list("abcde")).assign(kind=numpy.array(["u", "v", "w"])[Y], w=WEIGHTS)
    data = stableode.Dataset(frame, target="kind", weight="w")
    assert data.feature_count == 5 and data.columns.record["weight"] == "w"
    numpy.testing.assert_array_equal(data.weights, WEIGHTS)
    by_memory, _ = trained(data)
    parts = [frame.iloc[start : start + 300] for start in range(0, COUNT, 300)]
    by_stream, _ = trained(stableode.Stream(parts, buffer=COUNT, target="kind", weight="w"))
    numpy.testing.assert_array_equal(by_memory.parameter_vector, by_stream.parameter_vector)
    # Predictions need no weights.
    assert len(by_stream.predict(frame[list("abcde")])) == COUNT
    with pytest.raises(stableode.IncompatibleError, match="the table lacks the column 'w' of the weights of its rows"):
        stableode.Dataset(frame.drop(columns="w"), columns=data.columns)
    with pytest.raises(stableode.InvalidDataError, match="weights hold NaN at row 3"):
        stableode.Dataset(frame.assign(w=numpy.where(numpy.arange(COUNT) == 3, numpy.nan, 1.0)), columns=data.columns)
    with pytest.raises(stableode.UnknownNameError, match="w2"):
        stableode.Dataset(frame, target="kind", weight="w2")
    with pytest.raises(stableode.InvalidArgumentError, match="weight names a column, but a batch is no table"):
        trained(stableode.Stream(Source(), weight="w"))


def test_values_and_tables_come_through_streams():
    targets = numpy.column_stack([X[:, 0] * 2, X[:, 1] - 1])
    options = dict(outputs=2, loss="least_squares")
    by_memory, by_stream = network(**options), network(**options)
    by_memory.fit(X, targets, **OPTIONS)
    by_stream.fit(stableode.Stream(Source(targets=targets), buffer=5000), **OPTIONS)
    numpy.testing.assert_array_equal(by_memory.parameter_vector, by_stream.parameter_vector)
    frame = pandas.DataFrame(X, columns=list("abcde")).assign(kind=numpy.array(["u", "v", "w"])[Y])
    by_memory, by_stream = network(), network()
    by_memory.fit(frame, target="kind", **OPTIONS)
    parts = [frame.iloc[start : start + 300] for start in range(0, COUNT, 300)]
    with pytest.raises(stableode.InvalidArgumentError, match="columns=Columns.fit"):
        by_stream.fit(stableode.Stream(parts, target="kind"), validation=frame, **OPTIONS)
    columns = stableode.Columns.fit(frame, target="kind")
    by_stream.fit(stableode.Stream(parts, buffer=COUNT, columns=columns), validation=frame, **OPTIONS)
    assert by_stream.classes == ["u", "v", "w"] and by_stream.columns == by_memory.columns
    again = network()
    again.fit(stableode.Stream(parts, buffer=COUNT, target="kind"), **OPTIONS)
    numpy.testing.assert_array_equal(by_memory.parameter_vector, again.parameter_vector)


@pytest.mark.parametrize("buffer", [64, 100, 250, 999])
def test_a_small_buffer_uses_every_sample_once(buffer):
    """The batches of a small buffer, as a loss of the test's own sees them."""
    seen = []

    def loss(scores, targets):
        seen.append(targets[:, 0].copy())
        return numpy.zeros(len(scores)), 0 * scores

    numbers = numpy.arange(COUNT, dtype="float64")
    own = network(outputs=1, loss="least_squares")
    with stableode.Trainer(own, loss=loss, batch_size=64, epochs=2, seed=3) as trainer:
        trainer.run(stableode.Stream(Source(targets=numbers, size=77), buffer=buffer))
        assert [row.work for row in trainer.history][-1] > 0
    all_seen = numpy.concatenate(seen)
    first, second = all_seen[:COUNT], all_seen[COUNT:]
    numpy.testing.assert_array_equal(numpy.sort(first), numbers)
    numpy.testing.assert_array_equal(numpy.sort(second), numbers)
    assert (first != numbers).mean() > 0.9 and (first != second).mean() > 0.9
    # A sample can be used only once it has been read: the buffer, and a batch of the source, ahead of its place.
    assert (first - numpy.arange(COUNT)).max() <= buffer + 77


@pytest.mark.parametrize("buffer", [COUNT, 200])
def test_training_goes_on_after_a_failed_source_without_a_batch_twice(buffer):
    whole, _ = trained(stableode.Stream(Source(), buffer=buffer))
    source = Source(fails=17)
    stream, own = stableode.Stream(source, buffer=buffer), network()
    with stableode.Trainer(own, **OPTIONS) as trainer:
        with pytest.raises(ZeroDivisionError, match="the disk is on fire") as caught:
            trainer.run(stream)
        assert "in __call__" in "".join(traceback.format_exception(caught.value))
        trainer.run(stream)
    numpy.testing.assert_array_equal(whole.parameter_vector, own.parameter_vector)
    assert source.passes == 5


@pytest.mark.parametrize("buffer", [COUNT, 200])
@pytest.mark.parametrize("another", [False, True])
def test_training_goes_on_after_an_early_end(buffer, another, tmp_path):
    whole, _ = trained(stableode.Stream(Source(), buffer=buffer))
    own, source = network(), Source()
    stream, trainer, stops = stableode.Stream(source, buffer=buffer), stableode.Trainer(own, **OPTIONS), 0
    while len(trainer.history) < 4 or trainer.history.outcome != "ok":
        steps = []
        trainer.run(stream, time_limit=1e-9 if stops == 0 else None, on_progress=lambda row: stops < 6 and steps.append(row) is None)
        stops += 1
        if another:
            trainer.save(tmp_path / "checkpoint")
            own, trainer = stableode.Trainer.load(tmp_path / "checkpoint")
            stream = stableode.Stream(Source(), buffer=buffer)
        assert stops < 100
    numpy.testing.assert_array_equal(whole.parameter_vector, own.parameter_vector)
    if not another:
        # The run that ended within the first fill began its pass again.
        assert source.passes == 5


def test_an_iterator_is_read_once():
    batches = iter([(X, Y)])
    own = network()
    assert len(own.fit(stableode.Stream(batches), **{**OPTIONS, "epochs": 1})) == 1
    with pytest.raises(stableode.StateError, match="an iterator, which can be read once"):
        network().fit(stableode.Stream(iter([(X, Y)])), **OPTIONS)


def test_wrong_batches_are_named():
    def fit(source, message, error=stableode.InvalidDataError, **options):
        with pytest.raises(error, match=message):
            network().fit(stableode.Stream(source, **options), **OPTIONS)

    bad = X.copy()
    bad[250, 3] = numpy.nan
    fit(Source(features=bad), r"features hold NaN at row 50, column 3")
    fit([(X, Y), (X, Y + 7)], "batch 2 of the source, which begins with sample 1000: label 7")
    fit([(X, Y), (X[:, :4], Y)], "batch 2 of the source.*has 4 features", stableode.ShapeMismatchError)
    fit([(X, Y), (X.astype("float64"), Y)], "batch 2 .*its features are float64, those of the first batch float32", stableode.IncompatibleError)
    fit([], "the source has no samples")
    fit([3], "a batch is a int", stableode.UnsupportedTypeError)
    fit(Source(), "a step takes 64 samples, but the buffer holds 10", stableode.InvalidArgumentError, buffer=10)
    for wrong in (3, X, "text", stableode.Dataset(X, Y)):
        if wrong is X:
            continue
        with pytest.raises(stableode.UnsupportedTypeError, match="source is a"):
            stableode.Stream(wrong)
    with pytest.raises(stableode.OutOfRangeError, match="buffer"):
        stableode.Stream(Source(), buffer=0)


def test_a_failed_step_names_the_sample():
    large = X.astype("float64")
    large[777] = 1e200
    own = network(precision="float64", field="linear_cubic", integrator="euler")
    with pytest.raises(stableode.NotFiniteError, match="sample 777 of the epoch: "):
        own.fit(stableode.Stream(Source(features=large), buffer=300), **OPTIONS)


def test_methods_that_take_all_samples_need_a_batch_size():
    with pytest.raises(stableode.InvalidArgumentError, match="a step takes all samples, but the buffer holds 200"):
        network().fit(stableode.Stream(Source(), buffer=200), optimizer="lbfgs", epochs=1)
    whole, streamed = network(), network()
    whole.fit(X, Y, optimizer="lbfgs", epochs=3)
    streamed.fit(stableode.Stream(Source(), buffer=COUNT), optimizer="lbfgs", epochs=3)
    numpy.testing.assert_array_equal(whole.parameter_vector, streamed.parameter_vector)


@pytest.mark.parametrize("moment", ["asleep", "at work"])
def test_ctrl_c_ends_a_source_within_its_time(moment):
    """Also while the source sleeps or computes in Python."""
    begun = threading.Event()

    def batches():
        yield X, Y
        begun.set()
        if moment == "asleep":
            time.sleep(20)
        else:
            while True:
                sum(range(1000))

    def interrupt():
        begun.wait(60)
        time.sleep(0.05)
        times.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    times, thread = [], threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        network().fit(stableode.Stream(batches, buffer=100), epochs=1, batch_size=50)
    assert time.monotonic() - times[0] < 1.0  # the promise is 0.3 s; the machine that tests may be busy
    thread.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_memory_does_not_grow_with_the_source():
    """5 GB of generated numbers in a child process, whose memory is measured: `python test_stream.py` runs it in full."""
    import subprocess
    import sys

    result = subprocess.run([sys.executable, __file__, "0.3"], capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stdout + result.stderr
    gigabytes, megabytes = map(float, result.stdout.split())
    assert gigabytes > 0.29 and megabytes < 300


@pytest.mark.parametrize(
    "second",
    [(X[:9] * numpy.nan, Y[:9]), (X[:9], Y[:8]), (X[:9, :4], Y[:9]), 7, (X[:9], numpy.full(9, -1))],
    ids=["not finite", "unequal lengths", "features", "no batch", "labels"],
)
def test_errors_name_the_batch(second):
    with pytest.raises(stableode.StableODEError, match="batch 2 of the source, which begins with sample 40: "):
        network().fit(stableode.Stream(lambda: iter([(X[:40], Y[:40]), second])), **OPTIONS)


def test_datasets_of_pyarrow_are_read_batch_by_batch():
    table = pyarrow.table({"x": numpy.arange(20.0), "kind": ["a", "b"] * 10})
    networks = [stableode.Network(inputs=1, outputs=2, width=4, layers=2) for _ in range(2)]
    networks[0].fit(stableode.Stream(pyarrow.dataset.dataset(table), target="kind"), epochs=2)
    networks[1].fit(stableode.Stream(table.to_batches, target="kind"), epochs=2)
    assert networks[0].classes == ["a", "b"] and (networks[0].parameter_vector == networks[1].parameter_vector).all()


@pytest.mark.parametrize("change", [{"color": ["green", "red"]}, {"kind": ["a", "c"]}, {"more": [1.0, 2.0]}])
def test_what_only_later_batches_have_is_an_error_that_names_the_first(change):
    from stableode._command.arrow import ArrowTable

    first = {"color": ["red", "blue"], "kind": ["a", "b"]}

    def batches():
        yield ArrowTable(first)
        yield ArrowTable({**first, **{name: numpy.array(values) if name == "more" else values for name, values in change.items()}})

    with pytest.raises(stableode.StableODEError, match=r"made of the first batch: Stream\(…, columns=Columns.fit"):
        stableode.Network(inputs=2, outputs=2, width=4, layers=2).fit(stableode.Stream(batches, target="kind"), epochs=1)


def test_the_first_buffer_decides_what_is_chosen_by_the_data():
    """As `help(Stream)` says: its samples alone determine the normalization and the automatic options."""
    x = numpy.linspace(0, 100, 4000)[:, None]
    network = stableode.Network(inputs=1, outputs=1, loss="least_squares", width=4, layers=1)
    trainer = stableode.Trainer(network)
    trainer.run(stableode.Stream([(x[start : start + 500], x[start : start + 500]) for start in range(0, 4000, 500)], buffer=2000), epochs=1)
    assert network.normalization[0][0] == pytest.approx(x[:2000].mean()) and trainer.options["epochs"] == 60


def main(gigabytes):
    """Trains with that many gigabytes of generated numbers and prints them and the process's peak memory in MB."""
    import pathlib

    rows, batch = 0, 50_000

    def batches():
        nonlocal rows
        random = numpy.random.default_rng(1)
        while rows * 50 * 4 < gigabytes * 1e9:
            x = random.standard_normal((batch, 50), dtype="float32")
            rows += batch
            yield x, (x[:, 0] > 0).astype("int8")

    own = stableode.Network(inputs=50, outputs=2, width=50, layers=1)
    own.fit(stableode.Stream(batches(), buffer=100_000), epochs=1, batch_size=4096, num_threads=2)
    # The peak of this program alone: getrusage would count what its parent had as well.
    peak = next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    print(rows * 50 * 4 / 1e9, int(peak.split()[1]) / 1e3)


if __name__ == "__main__":
    import sys

    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)


def test_batches_without_samples_are_passed_over():
    def losses(source, **options):
        return network(inputs=3).fit(stableode.Stream(source, **options), **OPTIONS).training_loss.tolist()

    features = X[:, :3]
    expected = losses(lambda: [(features, Y)])
    assert losses(lambda: iter([(features[:0], Y[:0]), (features[:50], Y[:50]), (features[9:9], Y[9:9]), (features[50:], Y[50:]), (features[:0], Y[:0])])) == expected
    table = pyarrow.table({"a": features[:, 0], "b": features[:, 1], "c": features[:, 2], "kind": Y})
    empty, parts = pyarrow.RecordBatch.from_pylist([], table.schema), table.to_batches(max_chunksize=300)
    frame = table.to_pandas()
    for source in (
        lambda: pyarrow.RecordBatchReader.from_batches(table.schema, [empty, *parts, empty]), lambda: [frame[:0], frame, frame[:0]], lambda: table, lambda: frame,
    ):  # fmt: skip
        assert losses(source, target="kind") == expected
    with pytest.raises(stableode.InvalidDataError, match="the source has no samples"):
        losses(lambda: iter([(features[:0], Y[:0])]))
    with pytest.raises(stableode.ShapeMismatchError, match="targets has 5 samples and features 0"):
        losses(lambda: iter([(features[:0], Y[:5])]))
    for source in (table, table.to_reader(), frame):
        with pytest.raises(stableode.UnsupportedTypeError, match="pass a function that returns one"):
            stableode.Stream(source, target="kind")
