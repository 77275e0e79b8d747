"""Data sets."""

import copy
import gc
import gzip
import pickle
import struct

import numpy
import pytest

import stableode
from stableode import Dataset, dataset


def write_idx(path, array, compress=False):
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    data = header + array.astype("uint8").tobytes()
    path.write_bytes(gzip.compress(data) if compress else data)


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int8", "int32", "int64"])
def test_features_and_labels_come_back(dtype, copy):
    features = numpy.arange(24).reshape(8, 3).astype(dtype)
    labels = [0, 1, 2, 0, 1, 2, 0, 1]
    data = Dataset(features, labels, copy=copy)
    assert (len(data), data.feature_count, data.target_count, data.has_labels) == (8, 3, 3, True)
    assert data.features.dtype == dtype and numpy.array_equal(data.features, features)
    assert data.targets.dtype == numpy.int64 and data.targets.tolist() == labels
    assert repr(data) == "Dataset(8 samples, 3 features, 3 classes)"


def test_values_as_targets():
    values = numpy.random.default_rng(0).standard_normal((6, 2))
    data = Dataset(numpy.zeros((6, 1)), values)
    assert not data.has_labels and data.target_count == 2
    assert numpy.array_equal(data.targets, values)


def test_a_copy_is_a_copy_and_no_copy_is_none():
    features, labels = numpy.zeros((4, 2)), numpy.zeros(4, "int64")
    copied, kept = Dataset(features, labels), Dataset(features, labels, copy=False)
    features[0, 0] = 5
    assert copied.features[0, 0] == 0 and kept.features[0, 0] == 5


def test_kept_memory_is_released_when_the_library_lets_go(make_network):
    gc.collect()  # data sets of other tests
    before = len(dataset._retained)
    data = Dataset(numpy.zeros((8, 3)), numpy.zeros(8, "int64"), copy=False)
    part = data[2:4]
    assert len(dataset._retained) == before + 1
    data.close()
    assert len(dataset._retained) == before + 1  # the slice shares it
    assert part.features.shape == (2, 3)
    del part
    gc.collect()
    assert len(dataset._retained) == before


def test_slices():
    data = Dataset(numpy.arange(20).reshape(10, 2), numpy.arange(10))
    assert data[3:5].targets.tolist() == [3, 4]
    assert data[-2:].features.tolist() == [[16, 17], [18, 19]]
    assert len(data[:]) == 10
    with pytest.raises(stableode.OutOfRangeError, match="count is 0; it must be >= 1"):
        data[5:5]
    for wrong in (slice(0, 10, 2), slice(None, None, -1), 3):
        with pytest.raises(stableode.InvalidArgumentError, match="step 1"):
            data[wrong]


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, -numpy.inf])
@pytest.mark.parametrize("copy", [True, False])
def test_bad_numbers_are_named_by_row_and_column(value, copy):
    features = numpy.zeros((5, 4))
    features[3, 2] = value
    with pytest.raises(stableode.InvalidDataError, match="row 3, column 2"):
        Dataset(features, numpy.zeros(5, "int64"), copy=copy)


@pytest.mark.parametrize("labels, reason", [([0, 1, -1], "label -1 at row 2"), ([0, 0.5, 1], "label 0.5 at row 1"), ([0, 1, 3], "label 3 at row 2")])
def test_bad_labels_are_named_with_the_networks_classes(labels, reason):
    network = stableode.Network(inputs=2, outputs=3, width=4, layers=2)
    features, allowed = numpy.zeros((3, 2)), f"{reason}; labels must be whole numbers 0 … 2(;|$)"
    for use in (lambda: network.fit(features, labels, epochs=1), lambda: network.evaluate(features, labels)):
        with pytest.raises(stableode.InvalidDataError, match=allowed):
            use()
    with pytest.raises(stableode.InvalidDataError, match=allowed):
        stableode.Gradient(network, 3).loss(features, labels)


def test_targets_must_be_finite():
    with pytest.raises(stableode.InvalidDataError, match="row 1"):
        Dataset(numpy.zeros((3, 2)), [0, numpy.nan, 1])


@pytest.mark.parametrize("targets", [[0.125, -1.5, 2.25, 0.5], [0, 1, 3, 1], [-1, 5, 0, 2], numpy.array([1, 0, 1, 1], "float32")])
@pytest.mark.parametrize("copy", [True, False])
def test_one_value_a_sample_for_least_squares(targets, copy):
    """For one output, targets of shape [n] and [n, 1] are equivalent: loss, gradient and training give the same bits."""
    column, random = numpy.asarray(targets, "float64")[:, None], numpy.random.default_rng(3)
    features = random.standard_normal((4, 2))
    make = lambda: stableode.Network(inputs=2, outputs=1, width=4, layers=2, loss="least_squares", precision="float64", seed=2)  # noqa: E731
    one, other = make(), make()
    for name in ("r2", "mean_absolute_error"):
        figures = one.evaluate(Dataset(features, targets, copy=copy), metrics=name)
        assert figures == pytest.approx(other.evaluate(features, column, metrics=name), rel=0, abs=0, nan_ok=True)
    loss, gradient = stableode.Gradient(one, 4).loss_and_gradient(features, targets)
    assert loss == stableode.Gradient(other, 4).loss(features, column)
    assert numpy.isfinite(gradient).all()
    one.fit(Dataset(features, targets, copy=copy), validation=(features, targets), epochs=3)
    other.fit(features, column, validation=(features, column), epochs=3)
    assert numpy.array_equal(one.parameter_vector, other.parameter_vector)


def test_wrong_targets_are_told_the_shape_that_is_needed():
    values = stableode.Network(inputs=2, outputs=3, width=4, layers=2, loss="least_squares")
    classes = stableode.Network(inputs=2, outputs=3, width=4, layers=2)
    features = numpy.zeros((4, 2))
    for targets in (numpy.zeros(4), numpy.full(4, 0.5), numpy.full((4, 1), 0.5)):
        with pytest.raises(stableode.ShapeMismatchError, match=r"has one target per sample; .* values of shape \[4, 3\]"):
            values.fit(features, targets, epochs=1)
        with pytest.raises(stableode.ShapeMismatchError, match=r"targets give one number per sample; .* values of shape \[4, 3\]"):
            stableode.Gradient(values, 4).loss(features, targets)
    with pytest.raises(stableode.ShapeMismatchError, match=r"has targets of shape \[4, 2\]; .* values of shape \[4, 3\]"):
        values.fit(features, numpy.zeros((4, 2)), epochs=1)
    with pytest.raises(stableode.ShapeMismatchError, match=r"targets have shape \[4, 2\]; .* values of shape \[4, 3\]"):
        stableode.Gradient(values, 4).loss(features, numpy.zeros((4, 2)))
    for targets, shape in ((numpy.zeros((4, 1)), "4, 1"), (numpy.zeros((4, 3)), "4, 3")):
        with pytest.raises(stableode.IncompatibleError, match=rf"targets have shape \[{shape}\]; class labels have shape \[4\]"):
            classes.fit(features, targets, epochs=1)


def test_wrong_shapes():
    with pytest.raises(stableode.ShapeMismatchError, match="targets has 2 samples and features 3"):
        Dataset(numpy.zeros((3, 2)), [0, 1])
    with pytest.raises(stableode.ShapeMismatchError, match="features hold 0 samples"):
        Dataset(numpy.zeros((0, 2)), [])
    with pytest.raises(stableode.ShapeMismatchError, match=r"features has shape \[2\]"):
        Dataset(numpy.zeros(2), [0, 1])


def test_images_keep_their_axes():
    """Channels first or last: copies, pickles and slices hold the images as they were given, and networks read them alike."""
    images = numpy.random.default_rng(4).random((6, 3, 4, 5)).astype("float32")
    labels = numpy.arange(6) % 2
    network = stableode.Network(input_shape=[3, 4, 5], outputs=2, blocks=[{"field": "antisymmetric", "operator": "convolution", "layers": 2}])
    expected = network.evaluate(images.reshape(6, -1), labels)
    for given in (images, images.transpose(0, 2, 3, 1), numpy.ascontiguousarray(images.transpose(0, 2, 3, 1))):
        data = Dataset(given, labels)
        assert numpy.array_equal(data.features, given) and numpy.array_equal(data[2:].features, given[2:])
        for same in (data, pickle.loads(pickle.dumps(data)), Dataset(data.features, data.targets)):
            assert network.evaluate(same) == expected
        assert numpy.array_equal(network.scores(given), network.scores(images.reshape(6, -1)))


@pytest.mark.parametrize("compress", [False, True])
def test_idx_files(tmp_path, compress):
    images = numpy.random.default_rng(0).integers(0, 256, (7, 4, 5))
    write_idx(tmp_path / "images", images, compress)
    write_idx(tmp_path / "labels", numpy.arange(7) % 3, compress)
    data = Dataset.idx(tmp_path / "images", tmp_path / "labels")
    assert data.features.dtype == numpy.uint8
    assert numpy.array_equal(data.features, images.reshape(7, 20))
    assert data.targets.tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_idx_errors(tmp_path):
    write_idx(tmp_path / "images", numpy.zeros((7, 4, 5)))
    write_idx(tmp_path / "labels", numpy.zeros(6))
    (tmp_path / "foreign").write_bytes(b"not an IDX file at all")
    with pytest.raises(OSError, match="missing"):
        Dataset.idx(tmp_path / "missing", tmp_path / "labels")
    with pytest.raises(stableode.FileFormatError, match="foreign' is no IDX file"):
        Dataset.idx(tmp_path / "foreign", tmp_path / "labels")
    with pytest.raises(stableode.ShapeMismatchError, match="labels' holds 6 labels and '.*images' 7 images"):
        Dataset.idx(tmp_path / "images", tmp_path / "labels")


def test_exchanged_files_and_other_shapes_are_named(tmp_path):
    write_idx(tmp_path / "images", numpy.arange(7 * 20).reshape(7, 4, 5))
    write_idx(tmp_path / "labels", numpy.arange(7) % 2)
    with pytest.raises(stableode.ShapeMismatchError, match="images' has the dimensions 7 × 4 × 5; .*labels' holds one number for each sample, so the two files may be exchanged"):
        Dataset.idx(tmp_path / "labels", tmp_path / "images")
    data = Dataset.idx(tmp_path / "images", tmp_path / "labels")
    for shape in ([4, 5, 1], [4, 5], [1, 5, 4]):
        with pytest.raises(stableode.ShapeMismatchError, match=r"holds images of 4 × 5 pixels and one channel.*\[1, 4, 5\]"):
            stableode.Network(input_shape=shape, outputs=2, layers=1, operator="dense").fit(data, epochs=1)
    stableode.Network(input_shape=[1, 4, 5], outputs=2, layers=1, operator="dense").fit(data, epochs=1)


@pytest.mark.parametrize("classes", [7, 1001, -1, 2**40, -(2**40)])
def test_other_numbers_of_cifar_classes(classes, tmp_path):
    (tmp_path / "batch").write_bytes(bytes(3073))
    with pytest.raises(stableode.OutOfRangeError, match=f"classes is {classes}; it must be 10 for CIFAR-10, or for CIFAR-100 100"):
        Dataset.cifar(tmp_path / "batch", classes=classes)


@pytest.mark.parametrize("name, features, classes", [("ellipses", 2, 2), ("swiss_roll", 2, 2), ("peaks", 2, 5)])
def test_problems(name, features, classes):
    assert name in stableode.problems()
    training, validation = Dataset.problem(name, seed=3)
    again, _ = Dataset.problem(name, seed=3)
    assert training.feature_count == features and training.target_count == validation.target_count == classes
    assert numpy.array_equal(training.features, again.features)


def test_problem_counts_and_errors():
    training, validation = Dataset.problem("ellipses", 50, 10)
    assert (len(training), len(validation)) == (50, 10)
    with pytest.raises(stableode.UnknownNameError, match="peaks"):
        Dataset.problem("peak")
    with pytest.raises(ValueError, match="training_count is -5"):
        Dataset.problem("ellipses", -5, 10)


def test_pickle():
    data = Dataset(numpy.arange(6, dtype="uint8").reshape(3, 2), [2, 0, 1])
    again = pickle.loads(pickle.dumps(data))
    assert again.features.dtype == numpy.uint8
    assert numpy.array_equal(again.features, data.features) and again.targets.tolist() == [2, 0, 1]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda data: pickle.loads(pickle.dumps(data))])
def test_copies_keep_weights_and_classes(duplicate):
    plain = Dataset(numpy.arange(8, dtype="float32").reshape(4, 2), [2, 0, 1, 3])
    assert plain.weights is None and duplicate(plain).weights is None
    weighted = plain.weighted([1, 0.5, 0, 2])
    again = duplicate(weighted)
    assert again.weights.tolist() == [1, 0.5, 0, 2] and again.targets.tolist() == [2, 0, 1, 3]
    assert numpy.array_equal(again.features, plain.features)
    # A slice has all classes of the whole data set, and so do its copies.
    part = duplicate(weighted[1:3])
    assert part.weights.tolist() == [0.5, 0] and part.target_count == 4 and part.targets.tolist() == [0, 1]
    values = duplicate(Dataset(numpy.ones((3, 2)), numpy.eye(3)).weighted([3, 2, 1]))
    assert values.weights.tolist() == [3, 2, 1] and numpy.array_equal(values.targets, numpy.eye(3))


def test_weighted_copies_train_alike():
    training, _ = Dataset.problem("ellipses", 60, 4)
    weighted = training.weighted(numpy.linspace(0, 2, 60))
    results = []
    for data in (weighted, copy.deepcopy(weighted), training):
        network = stableode.Network(inputs=2, outputs=2, width=4)
        stableode.Trainer(network, epochs=2, num_threads=1).run(data)
        results.append(network.parameters["readout.W"].tolist())
    assert results[0] == results[1] != results[2]
