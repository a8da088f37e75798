"""Printed quantities that are not plain numbers ("W", ">75", "Less than 1/2 unit"), without losing what they mean.

In: the text of a table cell. Out: a `Quantity`, the number or its bounds and a qualifier from `QUALIFIERS`, or none.
"""

import re
from typing import NamedTuple

QUALIFIERS = {
    "withheld": "withheld to protect the data of companies (W)",
    "not_available": "not available (NA)",
    "not_applicable": "not applicable (XX)",
    "no_data": "a blank cell of the source",
    "greater_than": "more than the lower bound, or at least that",
    "less_than": "less than the upper bound",
    "less_than_half_unit": "less than half of the unit printed",
    "net_exporter": "exports exceed imports (E): reliance is zero or below",
    "included_elsewhere": "counted in another row",
    "estimated": "the value is marked as an estimate",
    "estimated_range": "only the bounds are given",
    "described": "in words, such as Large",
}


class Quantity(NamedTuple):
    """One printed quantity; `low` and `high` equal `value` when it is exact, and are None where unknown."""

    value: float | None
    qualifier: str
    low: float | None
    high: float | None


# The signs of the US Geological Survey's Mineral Commodity Summaries and their data releases (see its footnotes).
_SIGNS = {
    "w": "withheld",
    "na": "not_available",
    "not available": "not_available",
    "xx": "not_applicable",
    "not applicable": "not_applicable",
    "e": "net_exporter",
    "net exporter": "net_exporter",
    "s": "less_than_half_unit",
}
_ZERO = {"-", "--", "—", "–"}
_NUMBER = r"[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-−]?\.\d+"
_EXACT = re.compile(rf"({_NUMBER})%?")
_ESTIMATED = re.compile(rf"e ?({_NUMBER})%?")
_BOUND = re.compile(rf"(>|<|less than|more than|greater than) ?({_NUMBER})%?(.*)")
_RANGE = re.compile(rf"({_NUMBER}) ?(?:[–-]|to) ?({_NUMBER})%?")
_HALF_UNIT = re.compile(r"less than (?:1/2|½|one-half|a half) ?unit")
_DESCRIBED = re.compile(r"(?:very )?(?:large|small|moderate)(?: to large)?|variable\b.*")


def parse_quantity(text: object, *, floor: float | None = 0.0, ceiling: float | None = None) -> Quantity:
    """Read one printed quantity.

    Parameters
    ----------
    text : str or number
        As printed: ``"1,234"``, ``">75"``, ``"W"``, ``"NA"``, ``"E"``, ``"—"`` (zero), ``"e12"``, ``"50–300"``,
        ``"Less than 1/2 unit"``. Surrounding space, a final full stop and a percent sign are ignored.
    floor, ceiling : float or None
        What the quantity cannot go below or above: the open side of ``<25`` (default 0) and of ``>75`` (give
        ``ceiling=100`` for shares and reliance in percent).

    Returns
    -------
    Quantity
        ``value`` is a number only where one is printed for the quantity itself (exact or estimated).
        ``E`` (net exporter) has the upper bound 0; for ``W``, ``NA``, ``XX`` and words both bounds are unknown.

    Raises
    ------
    ValueError
        If the cell is blank (no observation: drop the row), is a footnote, or is anything else not listed.
    """
    printed = "" if text is None or text != text else str(text)
    plain = " ".join(printed.replace("\xa0", " ").split()).rstrip(".").lower()
    if plain in _ZERO:
        return Quantity(0.0, "", 0.0, 0.0)
    if plain in _SIGNS:
        return _sign(_SIGNS[plain])
    if match := _EXACT.fullmatch(plain):
        return _exact(_number(match[1]), "")
    if match := _ESTIMATED.fullmatch(plain):
        return _exact(_number(match[1]), "estimated")
    if match := _RANGE.fullmatch(plain):
        return _range(_number(match[1]), _number(match[2]), printed)
    if _HALF_UNIT.fullmatch(plain):
        return _sign("less_than_half_unit")
    if match := _BOUND.fullmatch(plain):
        return _bound(match, printed, floor, ceiling)
    if _DESCRIBED.fullmatch(plain):
        return Quantity(None, "described", None, None)
    raise ValueError(f"{printed!r} is not a quantity this reader knows; drop the row if blank, else extend the reader")


def _number(digits: str) -> float:
    return float(digits.replace(",", "").replace("−", "-"))


def _exact(value: float, qualifier: str) -> Quantity:
    return Quantity(value, qualifier, value, value)


def _sign(qualifier: str) -> Quantity:
    low, high = {"net_exporter": (None, 0.0), "less_than_half_unit": (0.0, 0.5)}.get(qualifier, (None, None))
    return Quantity(None, qualifier, low, high)


def _range(low: float, high: float, printed: str) -> Quantity:
    if low > high:
        raise ValueError(f"{printed!r} reads as a range that runs backwards")
    return Quantity(None, "estimated_range", low, high)


def _bound(match: re.Match, printed: str, floor: float | None, ceiling: float | None) -> Quantity:
    if match[3].strip():
        raise ValueError(f"{printed!r} names a unit of its own; convert it to the unit of the table first")
    bound = _number(match[2])
    if match[1] in ("<", "less than"):
        return Quantity(None, "less_than", floor, bound)
    return Quantity(None, "greater_than", bound, ceiling)
