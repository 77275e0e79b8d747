"""Tables in every call that takes features: the network's record of columns says what they become."""

import subprocess
import sys

import numpy
import pandas
import polars
import pytest

import stableode
from stableode._command.arrow import ArrowTable

SIZES, COLORS, KINDS = numpy.linspace(0, 1, 12), ["red", "blue", "red"] * 4, ["cat", "dog"] * 6


def table(**more):
    return ArrowTable({"size": SIZES, "color": COLORS, **more})


@pytest.fixture
def network():
    made = stableode.Network(inputs=3, outputs=2, width=4, layers=3, precision="float64")
    made.fit(stableode.Dataset(table(kind=KINDS), target="kind"), epochs=2)
    return made


@pytest.fixture
def rows():
    return numpy.column_stack([SIZES, numpy.array(COLORS) == "blue", numpy.array(COLORS) == "red"]).astype("float64")


def test_features_of_tables(network, rows):
    labels = numpy.arange(12) % 2
    for features in (table(), table(kind=KINDS)):
        predictor, gradient = stableode.Predictor(network), stableode.Gradient(network)
        assert (predictor.scores(features) == network.scores(rows)).all() and (predictor.predict(features) == network.predict(features)).all()
        assert (network.states(features) == network.states(rows)).all() and (network.final_states(features) == network.final_states(rows)).all()
        assert gradient.loss(features, labels) == gradient.loss(rows, labels)
        assert (gradient.pullback(features, numpy.ones((12, 2)))[0] == gradient.pullback(rows, numpy.ones((12, 2)))[0]).all()
    before = network.normalization
    network.normalization = None
    network.fit_normalization(table(kind=KINDS))
    assert all((a == b).all() for a, b in zip(network.normalization, before))


def test_measurements_and_proofs_of_tables(network, rows):
    """Columns in another order than the record's, which numbers alone would not show."""
    turned = ArrowTable({"color": COLORS, "size": SIZES})
    for found, wanted in zip(network.certified_radius(turned), network.certified_radius(rows), strict=True):
        assert (found == wanted).all()
    one = ArrowTable({"color": COLORS[3:4], "size": SIZES[3:4]})
    assert network.certify("certified_radius", one)["radius"] == network.certify("certified_radius", rows[3:4])["radius"]
    for measure in (network.stability_report, lambda features: network.mechanics(features, numpy.arange(12) % 2), network.check_derivatives):
        found, wanted = measure(turned), measure(rows)
        for name in wanted.arrays:
            numpy.testing.assert_array_equal(found.array(name), wanted.array(name))


def test_a_property_of_a_table_of_one_row(network, rows, tmp_path):
    texts = []
    for sample in (ArrowTable({"color": COLORS[3:4], "size": SIZES[3:4]}), rows[3], rows[3:4]):
        network.export_vnnlib(tmp_path / "property.vnnlib", sample, 0.1)
        texts.append((tmp_path / "property.vnnlib").read_text())
    assert texts[0] == texts[1] == texts[2]
    named = stableode.Network(inputs=2, outputs=2, width=2, layers=1)
    named.columns = stableode.Columns.fit(pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "kind": ["u", "v"]}), target="kind")
    for sample in (pandas.DataFrame({"b": [3.0], "a": [1.0]}), pandas.Series({"a": 1.0, "b": 3.0}), [1.0, 3.0]):
        named.export_vnnlib(tmp_path / "property.vnnlib", sample, 0.1)
        texts.append((tmp_path / "property.vnnlib").read_text())
    assert texts[3] == texts[4] == texts[5]


@pytest.mark.parametrize("call", [
    lambda network, data, validation: stableode.Trainer(network, epochs=1).run(data, validation),
    lambda network, data, validation: network.fit(data, validation=validation, epochs=1),
    lambda network, data, validation: stableode.multilevel(network, data, validation, layers=6, epochs=1)[1],
])  # fmt: skip
def test_a_table_of_validation_is_read_by_the_record_of_the_training_data(call):
    turned = ArrowTable({"kind": KINDS, "color": COLORS, "size": SIZES})
    network = stableode.Network(inputs=3, outputs=2, width=4, layers=3)
    history = call(network, stableode.Dataset(table(kind=KINDS), target="kind"), turned)
    assert numpy.isfinite(history.validation_loss).all()
    network = stableode.Network(inputs=3, outputs=2, width=4, layers=3)
    with pytest.raises(stableode.InvalidArgumentError, match=r"validation is a table, whose columns the stream does not know yet; .*Columns\.fit"):
        stableode.Trainer(network, epochs=1).run(stableode.Stream([table(kind=KINDS)], target="kind"), turned)


def test_figures_go_by_the_networks_classes(network, rows):
    """A part of the data without some classes and categories must not get a record of its own."""
    part = ArrowTable({"size": SIZES[1:2], "color": ["red"], "kind": ["dog"]})
    assert network.confusion_matrix(part).sum(axis=1).tolist() == [0, 1]
    assert network.class_figures(part)["samples"].tolist() == [0, 1]
    assert network.confusion_matrix(table(kind=KINDS)).sum() == 12
    trainer = stableode.Trainer(network, epochs=1)
    assert len(trainer.run(part)) == 1 and len(trainer.find_learning_rate(part, steps=5)) == 3
    assert stableode.cross_validate(network, table(kind=KINDS), folds=2, epochs=1)["samples"].tolist() == [6, 6]
    assert stableode.multilevel(network, table(kind=KINDS), layers=6, epochs=1)[0].columns == network.columns


def test_columns_that_a_record_passes_over(network):
    for call in (network.predict, network.states):
        with pytest.raises(stableode.IncompatibleError, match=r"'id'; drop it, or pass over it with .*ignoring\(…\)"):
            call(table(id=SIZES))
    network.columns = network.columns.ignoring("id")
    assert (network.predict(table(id=SIZES)) == network.predict(table())).all()
    assert network.columns.ignoring(["id", "name", "kind"]).record["ignored"] == ["id", "name"]
    weighted = stableode.Columns.fit(table(kind=KINDS, w=SIZES), target="kind", weight="w")
    assert weighted.ignoring(["w", "id"]).record == {**weighted.record, "ignored": ["id"]}
    with pytest.raises(stableode.InvalidArgumentError, match="'size', which is a feature"):
        network.columns.ignoring("size")


def test_objects_that_are_no_features(network):
    data = stableode.Dataset(table(kind=KINDS), target="kind")
    for call in (network.predict, network.scores, network.states, stableode.Predictor(network).predict):
        with pytest.raises(stableode.UnsupportedTypeError, match="features is a Dataset, which holds targets too; pass its attribute features"):
            call(data)


def test_objects_of_other_libraries(network):
    lazy = polars.DataFrame({"size": [1.0], "color": ["red"]}).lazy()
    for call in (network.predict, lambda value: stableode.Dataset(value, target="color"), lambda value: stableode.Stream(value, target="color")):
        with pytest.raises(stableode.UnsupportedTypeError, match=r"LazyFrame, whose rows are not computed yet; pass \w+\.collect\(\)"):
            call(lazy)
    for mixed in (pandas.Series([1, "a", 2.0]), pandas.DataFrame({"size": [1, "x"], "color": ["red", 1]})):
        with pytest.raises(stableode.UnsupportedTypeError, match="features cannot be read as a table"):
            network.predict(mixed)
    with pytest.raises(stableode.UnsupportedTypeError, match=r"astype\('Int64'\)"):
        stableode.Dataset(pandas.DataFrame({"zip": [1.0, 2.0], "k": ["a", "b"]}), target="k", by_column={"zip": {"kind": "category"}})


def test_frames_of_texts_need_pyarrow():
    """Without it pandas passes on numbers alone; the error says so, and not that texts are no features."""
    code = """
import sys
sys.modules["pyarrow"] = None
import pandas, stableode
network = stableode.Network(inputs=2, outputs=2)
assert network.predict(pandas.DataFrame({"a": [1.0], "b": [2]})).shape == (1,)
try:
    stableode.Dataset(pandas.DataFrame({"a": [1.0], "b": ["x"], "kind": ["u"]}), target="kind")
except ImportError as error:
    assert "pyarrow" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_booleans_as_several_labels():
    labels = {"x": [True, False] * 4, "y": [True, True, False, False] * 2}
    several = ArrowTable({"size": SIZES[:8], **labels})
    for options in ({}, {"classes": "never"}):
        data = stableode.Dataset(several, target=["x", "y"], **options)
        assert data.targets.tolist() == numpy.column_stack(list(labels.values())).tolist()
