"""Input arrays: every layout and type gives the same result as the contiguous array, without a copy where possible."""

import array

import numpy
import pytest

import stableode
from stableode import _tensor


@pytest.fixture
def expected(network, batch):
    return network.scores(batch[0])


def strided(features, layout):
    rows, columns = features.shape
    if layout == "column major":
        return numpy.asfortranarray(features)
    if layout == "every other column":
        wide = numpy.full((rows, 2 * columns), numpy.nan, features.dtype)
        wide[:, ::2] = features
        return wide[:, ::2]
    if layout == "every third row":
        tall = numpy.full((3 * rows, columns), numpy.nan, features.dtype)
        tall[1::3] = features
        return tall[1::3]
    if layout == "reversed rows":
        return features[::-1].copy()[::-1]
    if layout == "reversed columns":
        return features[:, ::-1].copy()[:, ::-1]
    assert layout == "transposed"
    return features.T.copy().T


LAYOUTS = ["column major", "every other column", "every third row", "reversed rows", "reversed columns", "transposed"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_stride_gives_the_same_bits(network, batch, expected, layout):
    view = strided(batch[0], layout)
    tensor = _tensor.tensor_of(view, "features")
    assert tensor.array is view  # no copy
    assert numpy.array_equal(network.scores(view), expected)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_stride_goes_out(network, batch, expected, layout):
    out = strided(numpy.zeros_like(expected), layout)
    assert network.scores(batch[0], out=out) is out
    assert numpy.array_equal(out, expected)


@pytest.mark.parametrize("dtype", ["float64", "uint8", "int8", "int32", "int64"])
def test_types_that_the_library_reads(network, dtype):
    integers = numpy.random.default_rng(1).integers(0, 100, (9, 3))
    given = integers.astype(dtype)
    assert _tensor.tensor_of(given, "features").array is given
    assert numpy.array_equal(network.scores(given), network.scores(integers.astype("float32")))


@pytest.mark.parametrize("dtype", ["bool", "float16", "int16", "uint16", "uint32", "uint64", "longdouble", ">f4", ">f8", ">i4"])
def test_other_numbers_are_converted(network, dtype):
    given = (numpy.arange(12).reshape(4, 3) % 2).astype(dtype)
    assert numpy.array_equal(network.scores(given), network.scores(given.astype("float32")))


def test_one_broadcast_row(network):
    row = numpy.array([0.5, -1.0, 2.0], "float32")
    given = numpy.broadcast_to(row, (7, 3))  # strides (0, 4), read-only
    assert numpy.array_equal(network.scores(given), numpy.repeat(network.scores(row[None]), 7, axis=0))


def test_misaligned_memory_is_copied(network, batch, expected):
    features = batch[0]
    memory = numpy.zeros(features.nbytes + 1, "uint8")
    misaligned = memory[1:].view("float32").reshape(features.shape)
    misaligned[:] = features
    assert not misaligned.flags.aligned
    assert numpy.array_equal(network.scores(misaligned), expected)


def test_record_field_with_an_odd_stride(network, batch, expected):
    records = numpy.zeros(batch[0].shape, [("mark", "u1"), ("value", "f4")])  # elements 5 bytes apart
    records["value"] = batch[0]
    assert numpy.array_equal(network.scores(records["value"]), expected)


def test_sequences(network):
    given = [[0.5, -1.0, 2.0], (1, 2, 3)]
    assert numpy.array_equal(network.scores(given), network.scores(numpy.array(given, "float32")))


def test_buffer_protocol_without_a_copy(network):
    numbers = array.array("f", [0.5, -1.0, 2.0, 1, 2, 3])
    view = memoryview(numbers).cast("B").cast("f", (2, 3))
    assert _tensor.tensor_of(view, "features").data == numbers.buffer_info()[0]
    assert numpy.array_equal(network.scores(view), network.scores(numpy.array(numbers).reshape(2, 3)))


class OnlyDLPack:
    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **arguments):
        return self._array.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class OnlyArrayInterface:
    def __init__(self, array):
        self._array = array
        self.__array_interface__ = array.__array_interface__


@pytest.mark.parametrize("wrapper", [OnlyDLPack, OnlyArrayInterface])
def test_array_protocols_without_a_copy(network, batch, expected, wrapper):
    features = batch[0].copy()
    assert _tensor.tensor_of(wrapper(features), "features").data == features.ctypes.data
    assert numpy.array_equal(network.scores(wrapper(features)), expected)


class Sparse:
    """The attributes that scipy's sparse arrays and matrices share."""

    shape, nnz = (2, 3), 1

    def toarray(self):
        return numpy.zeros(self.shape)


@pytest.mark.parametrize(
    "given, reason",
    [
        (numpy.zeros((2, 3), "complex64"), "features is of type complex64"),
        ([["a", "b", "c"]], "features is of type <U1"),
        ([[1.0], [1.0, 2.0]], "features cannot be read as an array"),
        (None, "features is of type object"),
        (numpy.ma.masked_less(numpy.ones((2, 3)), 2), "masked entries"),
        (numpy.array([[1, None, 2]], object), r"; the entry at row 0, column 1 is None; fill or drop what is missing"),
        (numpy.array([[1, 2, "red"]], object), r"the entry at row 0, column 2 is 'red' \(a str\); encode categories as numbers"),
        (numpy.array([[1, 2, 3.5]], object), r"numbers as Python objects: pass numpy.asarray\(features, dtype=float\)"),
        (numpy.array([["1", "2", "3"]]), r"encode categories as numbers: as labels, numpy.unique\(features, return_inverse=True\)"),
        (numpy.zeros((1, 3), "datetime64[s]"), "pass seconds since a chosen time"),
        (numpy.zeros((1, 3), "complex128"), "real and imaginary parts"),
        (Sparse(), r"features is a sparse Sparse of shape \[2, 3\]; arrays must be dense: pass features.toarray\(\)"),
    ],
)
def test_what_is_not_numbers_is_a_type_error(network, given, reason):
    with pytest.raises(TypeError, match=reason) as caught:
        network.scores(given)
    assert isinstance(caught.value, stableode.UnsupportedTypeError)


def test_huge_unsigned_integers_do_not_wrap(network):
    with pytest.raises(stableode.OutOfRangeError, match="below 2\\^63"):
        network.scores(numpy.full((1, 3), 2**63, "uint64"))


def test_wrong_shapes_name_the_argument(network, batch):
    for given in (batch[0][:, :2], batch[0][0], batch[0][None]):
        with pytest.raises(stableode.ShapeMismatchError, match="features"):
            network.scores(given)


def test_out_is_checked(network, batch):
    features = batch[0]
    with pytest.raises(stableode.ShapeMismatchError, match=r"\[3, 4\]; it must be \[20, 4\]"):
        network.scores(features, out=numpy.zeros((3, 4), "float32"))
    with pytest.raises(stableode.UnsupportedTypeError, match="out is a list"):
        network.scores(features, out=[[0.0] * 4] * 20)
    with pytest.raises(stableode.UnsupportedTypeError, match="out is an array of float16"):
        network.scores(features, out=numpy.zeros((20, 4), "float16"))
    read_only = numpy.zeros((20, 4), "float32")
    read_only.flags.writeable = False
    with pytest.raises(stableode.InvalidArgumentError, match="read-only"):
        network.scores(features, out=read_only)


def test_out_in_double_precision(network, batch, expected):
    out = numpy.zeros(expected.shape)
    network.scores(batch[0], out=out)
    assert numpy.array_equal(out, expected)
