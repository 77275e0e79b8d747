"""Texts that look like numbers or dates, and integers that are hardly classes: what is said about them."""

import warnings

import numpy
import pytest

import stableode
from stableode._command.arrow import ArrowTable
from stableode._hints import DATES, DECIMALS, NUMBERS, THOUSANDS, likeness


@pytest.mark.parametrize("texts, kind", [
    (["1,5", "2", "-30,25"], DECIMALS), (["1.234,5", "2,25"], DECIMALS), (["1,234", "900", "12,345,678"], THOUSANDS),
    (["2024-01-31", "2023-12-01T10:00:00"], DATES), (["31.12.2024", "1.1.25"], DATES), (["12/31/2024", "1/1/2025"], DATES),
    ([str(number / 4) for number in range(30)], NUMBERS), ([str(number) for number in range(5)], None),
    (["red", "blue"], None), (["1,5"], None), ([f"{number:05}" for number in range(50)], None), (["1,5", "red", "blue"], None), ([], None), ([1, 2], None),
])
def test_likeness(texts, kind):
    assert likeness(texts) == kind


def frame(column):
    return ArrowTable({"price": column, "kind": ["a", "b"] * (len(column) // 2)})


@pytest.mark.parametrize("column, words", [(["1,5", "2,5"] * 4, "decimal commas"), (["2024-01-01", "2024-01-02"] * 4, "dates"), ([str(number) for number in range(30)], "like numbers")])
def test_a_warning_names_the_column_and_the_caller(column, words):
    with pytest.warns(UserWarning, match=f"column 'price'.*{words}") as found:
        stableode.Dataset(frame(column), target="kind")
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stableode.Dataset(frame(column), target="kind", by_column={"price": {"kind": "category"}})
        stableode.Dataset(frame(["red", "blue"] * 4), target="kind")


def test_integers_that_are_hardly_classes():
    table = ArrowTable({"x": numpy.arange(8.0), "revenue": numpy.arange(8) * 10**6})
    with pytest.warns(UserWarning, match="7000001 classes; classes='always'") as found:
        stableode.Dataset(table, target="revenue")
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stableode.Dataset(table, target="revenue", classes="never")
        assert stableode.Dataset(table, target="revenue", classes="always").target_count == 8
        stableode.Dataset(ArrowTable({"x": numpy.arange(8.0), "y": numpy.arange(8)}), target="y")
