"""Features with heavy tails enter as asinh of their distance from the median."""

import pickle

import numpy
import pytest

import stableode


def network(precision="float64", squashing=(True, False, True), **options):
    made = stableode.Network(inputs=3, outputs=2, precision=precision, seed=5, **options)
    made.normalization = ([0.5, -1.0, 2.0], [2.0, 0.5, 10.0])
    made.squashing = squashing
    return made


def features(count=40, seed=0):
    return numpy.random.default_rng(seed).standard_normal((count, 3)) * [1, 2, 100]


def entered(made, raw):
    shift, scale = made.normalization
    z = (raw - shift) * scale
    return numpy.where(made.squashing, numpy.arcsinh(z), z)


def heavy_table(count=1000, seed=1):
    """Classes that depend on the logarithms of six features, which span 14 orders of magnitude, and on a plain one."""
    random = numpy.random.default_rng(seed)
    z = random.normal(size=(count, 7))
    labels = (z[:, 0] * z[:, 1] + z[:, 2] - z[:, 6] > 0).astype(int)
    return numpy.c_[numpy.exp(2.5 * z[:, :6]), z[:, 6]], labels


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("count", [1, 40, 300])
def test_squashed_features_are_asinh_of_normalized_ones(precision, count):
    made, raw = network(precision), features(count)
    plain = made.copy()
    plain.normalization = None
    assert not plain.squashing.any() and made.squashing.tolist() == [True, False, True]
    close = 1e-5 if precision == "float32" else 1e-13
    for kind in ("float32", "float64"):
        given = raw.astype(kind)
        assert made.scores(given) == pytest.approx(plain.scores(entered(made, given.astype(float))), abs=close, rel=close)
    assert (stableode.Predictor(made).predict(raw) == made.predict(raw)).all()
    assert made.states(raw)[0].shape == plain.states(entered(made, raw))[0].shape
    assert abs(made.states(raw) - plain.states(entered(made, raw))).max() < 100 * close


@pytest.mark.parametrize("count", [1, 40, 300])
@pytest.mark.parametrize("opening", [{}, {"opening": "zero_padding", "width": 5, "layers": 2}], ids=["dense", "zero_padding"])
def test_derivatives_by_features(count, opening):
    made, raw = network(**opening), features(count)
    gradient, random = stableode.Gradient(made, count), numpy.random.default_rng(1)
    direction, cotangent, step = random.standard_normal((count, 3)), random.standard_normal((count, 2)), 1e-6
    differences = (made.scores(raw + step * direction) - made.scores(raw - step * direction)) / (2 * step)
    _, tangent = gradient.pushforward(raw, None, direction)
    assert tangent == pytest.approx(differences, abs=1e-7)
    _, by_features = gradient.pullback(raw, cotangent)
    assert (by_features * direction).sum() == pytest.approx((cotangent * tangent).sum(), rel=1e-11)
    assert by_features.shape == raw.shape


def test_copies_and_files_keep_it(tmp_path):
    made, raw = network("float32"), features()
    made.save(tmp_path / "model")
    for same in (made.copy(), pickle.loads(pickle.dumps(made)), stableode.Network.load(tmp_path / "model")):
        assert same.squashing.tolist() == [True, False, True] and (same.scores(raw) == made.scores(raw)).all()
    made.normalization = made.normalization
    assert not made.squashing.any()
    made.squashing = True
    assert made.squashing.all()
    made.squashing = False
    made.save(tmp_path / "plain")
    assert b"squash" in (tmp_path / "model").read_bytes() and b"squash" not in (tmp_path / "plain").read_bytes()


def test_what_cannot_be_squashed():
    made = network()
    with pytest.raises(stableode.OutOfRangeError, match="flags is 2.* at feature 1"):
        made.squashing = [0, 2, 0]
    with pytest.raises(stableode.StateError, match="no normalization"):
        stableode.Network(inputs=3, outputs=2).squashing = [True, False, False]
    made = network()
    made.squashing = None
    assert not made.squashing.any()
    with pytest.raises(stableode.ShapeMismatchError, match="flags"):
        made.squashing = [True, False]
    image = stableode.Network(input_shape=[1, 2, 2], outputs=2, operator="convolution", layers=1)
    image.normalization = (0.0, 1.0)
    with pytest.raises(stableode.IncompatibleError, match="images"):
        image.squashing = True


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("opening", ["dense", "zero_padding"])
def test_certificates_hold_for_squashed_inputs(precision, opening):
    """Λ is that of the same network without asinh, whose slopes are at most 1; no two inputs show more, and none within a radius has another class, however far out it lies."""
    made = network(precision, width=4, opening=opening, field="gradient_flow", horizon=0.3, layers=2)
    plain = made.copy()
    plain.squashing = None
    exact, random = (made if precision == "float64" else network("float64", width=4, opening=opening, field="gradient_flow", horizon=0.3, layers=2)), numpy.random.default_rng(3)
    for name, values in made.parameters.items():
        exact.parameters[name] = values.astype("float64")
    raw = (random.standard_normal((200, 3)) * 10 ** random.uniform(-3, 5, (200, 1))).astype(precision)
    near = raw + random.standard_normal(raw.shape) * 10 ** random.uniform(-3, 1, (200, 1))
    for statement, order in (("lipschitz_l2", 2), ("lipschitz_linf", numpy.inf)):
        bound = made.certify(statement)["lipschitz"]
        assert bound == plain.certify(statement)["lipschitz"]
        ratios = numpy.linalg.norm(exact.scores(raw) - exact.scores(near), order, axis=1) / numpy.linalg.norm(raw - near, order, axis=1)
        assert ratios.max() <= bound * (1 + 1e-6)
    classes, radii = made.certified_radius(raw)
    assert (radii > 0).mean() > 0.9 and (classes == made.predict(raw)).all()
    for _ in range(50):
        direction = random.standard_normal(raw.shape)
        moved = raw + (0.999 * radii / numpy.linalg.norm(direction, axis=1))[:, None] * direction
        inside = numpy.linalg.norm(moved.astype(precision).astype("float64") - raw, axis=1) <= radii
        assert (made.predict(moved.astype(precision))[inside] == classes[inside]).all() and inside.mean() > 0.3
    # On a box far out the slopes of asinh are small.
    far = made.certify("lipschitz_l2", lower=1e6, upper=1e7)
    assert far and far["lipschitz"] <= far["global"] == made.certify("lipschitz_l2")["lipschitz"]
    # Statements about blocks know nothing of inputs.
    assert made.certify("non_expansive")


def test_defaults_squash_heavy_tails_alone():
    """Accuracies of this table for three seeds: 0.933 to 0.941 squashed, 0.825 to 0.827 standardized."""
    made = stableode.Network(inputs=7, outputs=2)
    made.fit(*heavy_table(), num_threads=1)
    assert made.squashing.tolist() == [True] * 6 + [False]
    raw = heavy_table()[0]
    shift, scale = made.normalization
    assert shift[:6] == pytest.approx(numpy.median(raw[:, :6], axis=0), rel=0.02)
    assert scale[:6] == pytest.approx(0.6745 / (numpy.median(raw[:, :6], axis=0) - numpy.quantile(raw[:, :6], 0.25, axis=0)), rel=0.02)
    assert shift[6] == pytest.approx(raw[:, 6].mean()) and scale[6] == pytest.approx(1 / raw[:, 6].std())
    assert made.evaluate(*heavy_table(2000, 2))["accuracy"] > 0.9


def test_outliers_leave_the_others_apart():
    """A factor of 1000 in one number of a hundred, three seeds: 0.987 to 0.989 squashed, 0.497 standardized."""
    random = numpy.random.default_rng(3)

    def table(count):
        points = random.normal(size=(count, 4))
        labels = (points[:, 0] * points[:, 1] > 0).astype(int)
        points[random.random(points.shape) < 0.01] *= 1000
        return points, labels

    made = stableode.Network(inputs=4, outputs=2)
    made.fit(*table(1000), num_threads=1)
    assert made.squashing.all() and made.evaluate(*table(2000))["accuracy"] > 0.95


def test_tables_without_heavy_tails_are_standardized_as_before():
    """Counts, categories, rare ones, log-normal numbers of deviation 1 and constants."""
    random = numpy.random.default_rng(4)
    raw = numpy.c_[random.normal(size=(400, 2)), random.integers(0, 17, 400), random.random(400) < 0.01, numpy.exp(random.normal(size=400)), numpy.full(400, 3.0)]
    labels = (raw[:, 0] > raw[:, 1]).astype(int)
    found = []
    for options in ({}, {"normalization": "standardize"}):
        made = stableode.Network(inputs=6, outputs=2)
        made.fit(raw, labels, epochs=2, num_threads=1, **options)
        assert not made.squashing.any()
        found.append(made.scores(raw))
    assert (found[0] == found[1]).all()
    heavy = stableode.Network(inputs=7, outputs=2)
    heavy.fit(*heavy_table(), epochs=1, normalization="standardize")
    assert not heavy.squashing.any() and heavy.normalization[0] == pytest.approx(heavy_table()[0].mean(axis=0))


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_onnx(precision):
    onnxruntime = pytest.importorskip("onnxruntime")
    from stableode import onnx

    made, raw = network(precision), features().astype(precision)
    raw[:4, 0] = [1e6, -1e6, 1e-6, 0.5]
    session = onnxruntime.InferenceSession(onnx.model(made), providers=["CPUExecutionProvider"])
    assert session.run(None, {"features": raw})[0] == pytest.approx(made.scores(raw), rel=1e-4 if precision == "float32" else 1e-12, abs=1e-4 if precision == "float32" else 1e-12)


def test_onnx_of_numbers_whose_squares_overflow():
    onnxruntime = pytest.importorskip("onnxruntime")
    from stableode import onnx

    made, raw = network("float64"), features()[:6]
    raw[:, 0] = [1e153, -1.4e154, 1e200, -1e300, 1e307, 1e-300]
    session = onnxruntime.InferenceSession(onnx.model(made), providers=["CPUExecutionProvider"])
    assert numpy.isfinite(made.scores(raw)).all()
    assert session.run(None, {"features": raw})[0] == pytest.approx(made.scores(raw), rel=1e-12, abs=1e-12)


def test_torch():
    torch = pytest.importorskip("torch")
    from stableode.torch import Module

    made, raw = network(), torch.from_numpy(features())
    module, other = Module(made), Module(stableode.Network(inputs=3, outputs=2, precision="float64", seed=6))
    other.load_state_dict(module.state_dict())
    assert torch.equal(other(raw), module(raw)) and other.network.squashing.tolist() == [True, False, True]
    other.load_state_dict(Module(stableode.Network(inputs=3, outputs=2, precision="float64")).state_dict())
    assert not other.network.squashing.any()
    other.load_network(made)
    assert torch.equal(other(raw), module(raw))
    raw.requires_grad_()
    assert torch.autograd.gradcheck(module, raw[:3])


def test_features_that_stay_standardized():
    """Quartiles that differ by roundings; an outlier that float32 could not hold about the median; and many features of few rows."""
    random = numpy.random.default_rng(5)
    noisy = 0.3 + 1e-16 * random.integers(-3, 4, 500)
    noisy[::6] = random.normal(size=noisy[::6].size)
    far = random.normal(size=500)
    far[7] = 1e39
    labels = random.integers(0, 2, 500)
    made = stableode.Network(inputs=2, outputs=2)
    made.fit(numpy.c_[noisy, far], labels, epochs=1, num_threads=1)
    assert not made.squashing.any()
    many = stableode.Network(inputs=20_000, outputs=2, width=2, opening="dense", layers=1)
    rows = numpy.exp(3 * random.normal(size=(300, 20_000))).astype("float32")
    many.fit(rows, labels[:300], epochs=1, num_threads=1)
    assert not many.squashing.any()


def test_rows_that_are_made_are_read_in_tiles():
    """Sparse matrices and tables have the flags of the same numbers as an array."""
    scipy = pytest.importorskip("scipy.sparse")
    raw, labels = heavy_table(600)
    made = [stableode.Network(inputs=7, outputs=2, seed=1) for _ in range(2)]
    for network_, given in zip(made, (raw, scipy.csr_matrix(raw)), strict=True):
        network_.fit(given, labels, epochs=1, num_threads=1)
    assert made[0].squashing.tolist() == made[1].squashing.tolist() == [True] * 6 + [False]
    assert numpy.array_equal(made[0].normalization, made[1].normalization)


def test_losses_with_margins_keep_inputs_that_bounds_know():
    raw, labels = heavy_table(300)
    made = stableode.Network(inputs=7, outputs=2, width=8, opening="dense", field="gradient_flow", steps="row_sums", loss="emma")
    made.fit(raw, labels, epochs=1, num_threads=1)
    assert not made.squashing.any() and made.certified_radius(raw[:3])[1].shape == (3,)
