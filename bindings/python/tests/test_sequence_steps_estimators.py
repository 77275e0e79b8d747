"""The estimators of series with values or classes at every step: the forms of targets, what was not observed, forecasts, and going on."""

import pickle

import numpy
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

import stableode
from stableode import sequences
from stableode.sklearn import StableODESequenceClassifier, StableODESequenceRegressor


def waves(samples=40, steps=30, seed=0):
    """Sines of different frequencies [samples, steps, 1]."""
    random = numpy.random.default_rng(seed)
    return numpy.sin(random.uniform(0, 6, (samples, 1)) + numpy.arange(steps) * random.uniform(0.2, 0.6, (samples, 1)))[..., None]


WAVES, LATER = waves(), waves(seed=1)
SUMS = WAVES.cumsum(axis=1)
RAGGED = [part[: 15 + number % 16] for number, part in enumerate(WAVES)]
QUICK = dict(random_state=0, epochs=3)


def test_values_ahead_are_later_ones():
    series = numpy.arange(8.0).reshape(1, 4, 2)
    nan = numpy.nan
    numpy.testing.assert_equal(sequences.ahead(series)[0], [[2, 3], [4, 5], [6, 7], [nan, nan]])
    numpy.testing.assert_equal(sequences.ahead(series, 5)[0, 0], [2, 3, 4, 5, 6, 7, nan, nan, nan, nan])
    ragged = sequences.ahead([numpy.arange(3.0), [[5.0], [nan]]], steps=2)
    numpy.testing.assert_equal(ragged, [[[1, 2], [2, nan], [nan, nan]], [[nan, nan], [nan, nan]]])
    assert sequences.ahead(numpy.zeros((0, 4, 2)), 3).shape == (0, 4, 6) and sequences.ahead(WAVES[..., 0]).shape == (40, 30, 1)
    with pytest.raises(stableode.OutOfRangeError, match="steps is 0"):
        sequences.ahead(series, 0)
    with pytest.raises(stableode.InvalidArgumentError, match="data has shape"):
        sequences.ahead(numpy.zeros(4))
    with pytest.raises(stableode.InvalidArgumentError, match="a series has shape"):
        sequences.ahead([numpy.zeros((1, 2, 3))])


def test_unpack_undoes_pack_targets():
    packed = sequences.pack(RAGGED)
    targets = [part + 1 for part in RAGGED]
    for found, expected in zip(packed.unpack(packed.pack_targets(targets)), targets, strict=True):
        numpy.testing.assert_array_equal(found, expected)
    flat = packed[[3, 1]].unpack(packed[[3, 1]].pack_targets([targets[3][:, 0], targets[1][:, 0]]))
    numpy.testing.assert_array_equal(flat[0], targets[3][:, 0])
    shorter = sequences.pack([part[:20] for part in RAGGED]).pack(RAGGED, longer="last")
    kept = shorter.unpack(shorter.pack_targets(targets))[15]
    assert numpy.isnan(kept[:10]).all() and (kept[10:] == targets[15][10:]).all()
    table = sequences.pack({"series": [1, 0, 1], "time": [2.0, 0.0, 1.0], "x": [5.0, 6.0, 7.0]})
    numpy.testing.assert_array_equal(table.unpack(table.pack_targets(numpy.array([0.5, 1.5, 2.5]))), [0.5, 1.5, 2.5])
    with pytest.raises(stableode.ShapeMismatchError, match=r"must begin with \[40, 30\]"):
        packed.unpack(numpy.zeros((40, 3)))
    with pytest.raises(stableode.ShapeMismatchError, match="whole table"):
        table[:1].unpack(numpy.zeros((1, 2)))


@pytest.mark.parametrize("field", [None, "neural_cde"])
def test_learns_values_of_each_step(field):
    regressor = StableODESequenceRegressor(field=field, random_state=0).fit(WAVES, SUMS)
    assert regressor.network_.specification["outputs_at"] == "steps" and regressor.predict(LATER).shape == (40, 30, 1)
    assert regressor.score(LATER, LATER.cumsum(axis=1)) > 0.8
    # A step knows nothing of what comes later.
    changed = LATER.copy()
    changed[:, 12:] = 0
    numpy.testing.assert_allclose(regressor.predict(changed)[:, :12], regressor.predict(LATER)[:, :12], rtol=0, atol=1e-5)


def test_the_forms_of_targets_agree():
    whole = StableODESequenceRegressor(**QUICK).fit(WAVES, SUMS)
    flat = StableODESequenceRegressor(outputs_at="steps", **QUICK).fit(WAVES, SUMS[..., 0])
    named = StableODESequenceRegressor(network_options={"outputs_at": "steps"}, **QUICK).fit(list(WAVES), list(SUMS))
    packed = sequences.pack(WAVES, span=whole.layout_.span)
    for other in (flat, named, StableODESequenceRegressor(**QUICK).fit(packed, SUMS)):
        assert (other.network_.parameter_vector == whole.network_.parameter_vector).all()
    assert flat.predict(WAVES).shape == (40, 30) and (flat.predict(WAVES) == whole.predict(WAVES)[..., 0]).all()
    assert flat.score(WAVES, SUMS[..., 0]) == whole.score(WAVES, SUMS)
    found = named.predict(list(LATER))
    assert isinstance(found, list) and (numpy.stack(found) == whole.predict(LATER)).all() and isinstance(whole.predict(packed), list)
    # Without three axes or different lengths, targets are those of whole series.
    assert StableODESequenceRegressor(**QUICK).fit(WAVES, SUMS[..., 0]).network_.specification["outputs_at"] != "steps"
    both = StableODESequenceRegressor(**QUICK).fit(WAVES, numpy.concatenate([SUMS, WAVES], axis=2))
    assert both.predict(WAVES).shape == (40, 30, 2)


def test_ragged_series_and_values_that_were_not_observed():
    targets = [part.cumsum(axis=0)[:, 0] for part in RAGGED]
    for part in targets[::2]:
        part[::3] = numpy.nan
    regressor = StableODESequenceRegressor(**QUICK).fit(RAGGED, targets)
    assert [part.shape for part in regressor.predict(RAGGED)] == [part.shape for part in targets]
    packed = sequences.pack(RAGGED, span=regressor.layout_.span)
    assert (StableODESequenceRegressor(outputs_at="steps", **QUICK).fit(packed, packed.pack_targets(targets)).network_.parameter_vector == regressor.network_.parameter_vector).all()
    truth, found = numpy.concatenate(targets), numpy.concatenate(regressor.predict(RAGGED))
    seen = ~numpy.isnan(truth)
    assert regressor.score(RAGGED, targets) == pytest.approx(1 - ((truth - found)[seen] ** 2).sum() / ((truth[seen] - truth[seen].mean()) ** 2).sum())
    gaps = numpy.where(numpy.random.default_rng(0).random(WAVES.shape) < 0.3, numpy.nan, WAVES)
    assert StableODESequenceRegressor(random_state=0).fit(gaps, SUMS).score(gaps, SUMS) > 0.5
    table = {"series": numpy.repeat(numpy.arange(40), 30), "time": numpy.tile(numpy.arange(30.0), 40), "x": WAVES.ravel()}
    rows = sequences.pack(table, span=5.0)
    assert StableODESequenceRegressor(**QUICK).fit(rows, rows.pack_targets(SUMS.reshape(-1, 1))).predict(rows).shape == (1200, 1)


def test_forecasts():
    regressor = StableODESequenceRegressor(field="neural_cde", random_state=0).fit(WAVES, sequences.ahead(WAVES, 3))
    assert regressor.predict(LATER)[:, -1].shape == (40, 3)
    assert regressor.score(LATER, sequences.ahead(LATER, 3)) > 0.8
    assert cross_val_score(StableODESequenceRegressor(**QUICK), WAVES, sequences.ahead(WAVES), cv=2).shape == (2,)
    levels = StableODESequenceRegressor(loss="quantile", network_options={"quantiles": [0.1, 0.9]}, **QUICK).fit(WAVES, sequences.ahead(WAVES))
    assert levels.predict(WAVES).shape == (40, 30, 2) and levels.score(WAVES, sequences.ahead(WAVES)) < 1


def test_weights_going_on_and_copies():
    targets = SUMS.copy()
    targets[3, 4] = numpy.nan
    weights = numpy.arange(40) % 3
    repeated = numpy.repeat(numpy.arange(40), weights)
    # The first series has no weight: neither its length nor its targets count.
    weighted = StableODESequenceRegressor(**QUICK).fit([numpy.zeros((50, 1)), *WAVES[1:]], [numpy.zeros((50, 1)), *targets[1:]], sample_weight=weights)
    plain = StableODESequenceRegressor(**QUICK).fit(WAVES[repeated], targets[repeated])
    assert (weighted.network_.parameter_vector == plain.network_.parameter_vector).all()
    assert weighted.score(WAVES, targets, sample_weight=weights) == pytest.approx(plain.score(WAVES[repeated], targets[repeated]))
    steady = StableODESequenceRegressor(random_state=0)
    for _ in range(3):
        steady.partial_fit(WAVES, SUMS)
    assert steady.n_iter_ == 3
    warm = StableODESequenceRegressor(warm_start=True, **QUICK).fit(WAVES, SUMS)
    assert warm.fit(WAVES, SUMS[..., 0]).predict(WAVES).shape == (40, 30)
    for copy in (pickle.loads(pickle.dumps(plain)), clone(plain).fit(WAVES[repeated], targets[repeated])):
        assert (copy.predict(LATER) == plain.predict(LATER)).all()


def test_what_is_refused():
    with pytest.raises(ValueError, match="the target of series 2, step 3, is infinite"):
        targets = SUMS.copy()
        targets[2, 3] = numpy.inf
        StableODESequenceRegressor(**QUICK).fit(WAVES, targets)
    with pytest.raises(stableode.ShapeMismatchError, match="targets of series 1 have 3 entries, but the series has 16 steps"):
        StableODESequenceRegressor(**QUICK).fit(RAGGED, [part[: 3 if number == 1 else None] for number, part in enumerate(RAGGED)])
    with pytest.raises(ValueError, match="outputs_at is set twice"):
        StableODESequenceRegressor(outputs_at="steps", network_options={"outputs_at": "steps"}, **QUICK).fit(WAVES, SUMS)
    with pytest.raises(ValueError, match="often"):
        StableODESequenceRegressor(outputs_at="often", **QUICK).fit(WAVES, SUMS[:, 0])
    fitted = StableODESequenceRegressor(**QUICK).fit(WAVES, SUMS)
    with pytest.raises(ValueError, match="no value of output 0"):
        fitted.score(WAVES, numpy.full_like(SUMS, numpy.nan))
    with pytest.raises(stableode.InvalidDataError, match="no observed step"):
        fitted.fit(WAVES, numpy.full_like(SUMS, numpy.nan))
    assert fitted.predict(WAVES).shape == (40, 30, 1)


WALKS = numpy.random.default_rng(5).normal(size=(60, 30, 1))
SIGNS = numpy.where(WALKS.cumsum(axis=1)[..., 0] > 0, "up", "down")
CUT = [part[: 15 + number % 16] for number, part in enumerate(WALKS)]
CUT_SIGNS = [part[: 15 + number % 16] for number, part in enumerate(SIGNS)]


def test_classes_of_steps():
    classifier = StableODESequenceClassifier(outputs_at="steps", random_state=0, epochs=40).fit(WALKS, SIGNS)
    found, probabilities = classifier.predict(WALKS), classifier.predict_proba(WALKS)
    assert classifier.score(WALKS, SIGNS) == (found == SIGNS).mean() > 0.85 and classifier.classes_.tolist() == ["down", "up"]
    assert probabilities.shape == (60, 30, 2) and (classifier.classes_[probabilities.argmax(axis=2)] == found).all()
    numpy.testing.assert_allclose(numpy.log(probabilities), classifier.predict_log_proba(WALKS), rtol=1e-6)
    assert ((classifier.decision_function(WALKS) > 0) == (found == "up")).all()
    # What was read so far decides.
    changed = WALKS.copy()
    changed[:, 20:] += 9
    assert (classifier.predict(changed)[:, :20] == found[:, :20]).all()
    # More than two classes, of numbers, among them −1.
    levels = numpy.digitize(WALKS.cumsum(axis=1)[..., 0], [-2, 2]) - 1
    three = StableODESequenceClassifier(outputs_at="steps", random_state=0, epochs=40).fit(WALKS, levels)
    assert three.classes_.tolist() == [-1, 0, 1] and three.score(WALKS, levels) > 0.7 and three.decision_function(WALKS).shape == (60, 30, 3)
    again = pickle.loads(pickle.dumps(three))
    assert (again.predict(WALKS) == three.predict(WALKS)).all() and clone(three).outputs_at == "steps"
    assert cross_val_score(StableODESequenceClassifier(outputs_at="steps", **QUICK), WALKS, SIGNS, cv=3).shape == (3,)


def test_classes_of_steps_of_ragged_series():
    random = numpy.random.default_rng(0)
    partly = [numpy.array([label if random.random() < 0.5 else None for label in part], object) for part in CUT_SIGNS]
    classifier = StableODESequenceClassifier(random_state=0, epochs=40).fit(CUT, partly)
    found = classifier.predict(CUT)
    assert [len(part) for part in found] == [len(part) for part in CUT] and classifier.score(CUT, CUT_SIGNS) > 0.8
    seen = [part != None for part in partly]  # noqa: E711
    hits = numpy.concatenate([(own == truth)[there] for own, truth, there in zip(found, partly, seen, strict=True)])
    assert classifier.score(CUT, partly) == pytest.approx(hits.mean())
    # Numbers with NaN for what has no class, and what pack_targets makes, lead to the same network.
    numbers = [(part == "up").astype(float) for part in CUT_SIGNS]
    for part in numbers:
        part[3] = numpy.nan
    packed = sequences.pack(CUT)
    one = StableODESequenceClassifier(outputs_at="steps", **QUICK).fit(packed, numbers)
    other = StableODESequenceClassifier(outputs_at="steps", **QUICK).fit(packed, packed.pack_targets([numpy.where(numpy.isnan(part), -1, part).astype(int) for part in numbers]))
    assert (one.network_.parameter_vector == other.network_.parameter_vector).all() and other.classes_.tolist() == [0, 1]
    # Series of weight 0 do not count, steps that the layout leaves out have no class.
    weights = numpy.arange(60) >= 20
    weighted = StableODESequenceClassifier(**QUICK).fit(CUT, CUT_SIGNS, weights.astype(float))
    alone = StableODESequenceClassifier(**QUICK).fit(CUT[20:], CUT_SIGNS[20:])
    assert (weighted.network_.parameter_vector == alone.network_.parameter_vector).all()
    short = StableODESequenceClassifier(outputs_at="steps", longer="first", **QUICK).fit([part[:10] for part in CUT], [part[:10] for part in CUT_SIGNS])
    assert short.predict(CUT)[15].tolist()[10:] == [None] * 20 and numpy.isnan(short.predict_proba(CUT)[15][10:]).all()


def test_classes_of_steps_go_on():
    classifier = StableODESequenceClassifier(outputs_at="steps", random_state=0)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        classifier.partial_fit(WALKS, SIGNS)
    classifier.partial_fit(WALKS[:1, :], numpy.full((1, 30), "up"), classes=["down", "up"])
    assert classifier.partial_fit(WALKS, SIGNS).n_iter_ == 2


@pytest.mark.parametrize(
    ("y", "options", "text"),
    [
        (SIGNS[:, :5], {}, r"targets has shape \[60, 5\], but the series have 1800 steps"),
        (SIGNS[:, 0], {}, r"y holds an array of shape \[60\]; classes of steps are"),
        (WALKS[..., 0], {}, "Unknown label type: continuous"),
        (numpy.full((60, 30), "a"), {}, "only one class"),
        (SIGNS, {"class_weight": "balanced"}, "training_options={'class_weights': 'balanced'}"),
        (SIGNS, {"network_options": {"outputs_at": "steps"}}, "outputs_at is set twice"),
    ],
)
def test_classes_of_steps_that_are_refused(y, options, text):
    with pytest.raises(ValueError, match=text):
        StableODESequenceClassifier(outputs_at="steps", **QUICK, **options).fit(WALKS, y)


def test_neural_cde_holds_the_last_observation_in_gaps():
    random = numpy.random.default_rng(2)
    gaps = WAVES.copy()
    gaps[random.random(gaps.shape) < 0.3] = numpy.nan
    ragged = [part[: 15 + number % 16] for number, part in enumerate(gaps)]
    targets = sequences.ahead([part[: 15 + number % 16] for number, part in enumerate(WAVES)])
    regressor = StableODESequenceRegressor(field="neural_cde", random_state=0, epochs=100).fit(ragged, targets)
    assert regressor.layout_.kind == "values" and regressor.score(ragged, targets) > 0.6
    assert [len(part) for part in regressor.predict(ragged)] == [len(part) for part in ragged]
    # What comes later changes nothing, in gaps neither.
    changed = [numpy.concatenate([part[:12], numpy.full((len(part) - 12, 1), 3.0)]) for part in ragged]
    for before, after in zip(regressor.predict(ragged), regressor.predict(changed), strict=True):
        assert numpy.array_equal(before[:12], after[:12])
    classifier = StableODESequenceClassifier(field="neural_cde", outputs_at="steps", **QUICK).fit(CUT, CUT_SIGNS)
    assert classifier.layout_.held is not None and classifier.predict_proba(CUT)[3].shape == (len(CUT[3]), 2)
