"""Printed quantities keep their meaning; the cases are signs that stand in the files of the US Geological Survey."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.refresh.quantities import QUALIFIERS, Quantity, parse_quantity


@pytest.mark.parametrize(
    ("printed", "value", "qualifier", "low", "high"),
    [
        ("1,234", 1234, "", 1234, 1234),
        ("270000", 270000, "", 270000, 270000),
        (" 34.9 ", 34.9, "", 34.9, 34.9),
        ("68\xa0", 68, "", 68, 68),
        (12.5, 12.5, "", 12.5, 12.5),
        ("−88", -88, "", -88, -88),
        ("-1", -1, "", -1, -1),
        ("0", 0, "", 0, 0),
        ("—", 0, "", 0, 0),
        ("--", 0, "", 0, 0),
        ("e5,000", 5000, "estimated", 5000, 5000),
        ("W", None, "withheld", None, None),
        ("W ", None, "withheld", None, None),
        ("NA", None, "not_available", None, None),
        ("na", None, "not_available", None, None),
        ("Not available", None, "not_available", None, None),
        ("XX", None, "not_applicable", None, None),
        ("E", None, "net_exporter", None, 0),
        ("Net exporter.", None, "net_exporter", None, 0),
        (">75", None, "greater_than", 75, 100),
        (">50%", None, "greater_than", 50, 100),
        ("<25", None, "less_than", 0, 25),
        ("    >95", None, "greater_than", 95, 100),
        ("Less than 1/2 unit", None, "less_than_half_unit", 0, 0.5),
        ("Less than ½ unit.", None, "less_than_half_unit", 0, 0.5),
        ("Less than ½unit.", None, "less_than_half_unit", 0, 0.5),
        ("Less than one-half unit", None, "less_than_half_unit", 0, 0.5),
        ("s", None, "less_than_half_unit", 0, 0.5),
        ("50–300", None, "estimated_range", 50, 300),
        ("330 - 390", None, "estimated_range", 330, 390),
        ("7 to 12", None, "estimated_range", 7, 12),
        ("Large", None, "described", None, None),
        ("Variable, depending on type of product", None, "described", None, None),
    ],
)
def test_printed_signs(printed, value, qualifier, low, high):
    assert parse_quantity(printed, ceiling=100) == Quantity(value, qualifier, low, high)


@pytest.mark.parametrize(
    "printed", ["", None, float("nan"), "(5)", "?1", "1,23", "Less than 500 carats.", "300–50", "W2"]
)
def test_what_is_no_quantity_is_refused_not_guessed(printed):
    with pytest.raises(ValueError, match="quantity|unit of its own|backwards"):
        parse_quantity(printed)


def test_the_open_side_of_a_bound_is_what_the_caller_knows():
    assert parse_quantity(">1,000") == (None, "greater_than", 1000, None)
    assert parse_quantity("<1", floor=None) == (None, "less_than", None, 1)


@given(st.integers(-(10**12), 10**12))
def test_grouped_and_plain_integers_read_the_same(number):
    assert parse_quantity(f"{number:,}") == parse_quantity(str(number)) == Quantity(number, "", number, number)


@given(st.sampled_from(["W", "NA", "XX", "E", "s", "—", ">5", "<5", "e5", "5", "1–2", "Large"]))
def test_a_value_is_there_exactly_when_a_number_is_printed_for_it(printed):
    quantity = parse_quantity(printed)
    assert (quantity.value is None) == (quantity.qualifier not in ("", "estimated"))
    assert quantity.qualifier in ("", *QUALIFIERS)
