"""How concentrated a supply is: shares, Herfindahl-Hirschman index with bounds, top-n, effective number, reliance.

Quantities by holder (country, firm) in; one row a market out. Every function is written once with Narwhals and gives
back the kind of frame it was given: pandas, Polars, DuckDB, PySpark.
"""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from claimbook.errors import ClaimbookError

Frame = Any

# US merger guidelines of December 2023: an index of 1,800 makes a market highly concentrated
# (https://www.justice.gov/atr/merger-guidelines/applying-merger-guidelines/guideline-1).
HIGHLY_CONCENTRATED_HHI = 1800
# Regulation (EU) 2024/1252, benchmark for 2030: at most 65% of a strategic raw material from one third country.
EU_SINGLE_SUPPLIER_SHARE_PCT = 65


class ConcentrationError(ClaimbookError):
    """Quantities that cannot be turned into shares."""


def _holdings(frame: Frame, value: str, holder: str, market: Sequence[str], lumped: str | None):
    """One row a market and holder; whether the holder is one ("named") or stands for several."""
    rows = nw.from_native(frame)
    schema = rows.collect_schema()
    for name in (value, holder, *market, *([lumped] if lumped else [])):
        if name not in schema:
            raise ConcentrationError(f"column {name!r} is not in the frame; it has {', '.join(schema)}")
    several = nw.col(lumped).cast(nw.Boolean) if lumped else nw.lit(False)
    quantity = nw.col(value).cast(nw.Float64)
    rows = rows.filter(~nw.col(value).is_null()).with_columns(_several=several, _quantity=quantity)
    return rows.group_by([*market, holder, "_several"]).agg(_held=nw.col("_quantity").sum())


def _per_market(rows, market: Sequence[str], **columns):
    if market:
        return rows.group_by(list(market)).agg(**columns).sort(*market)
    return rows.select(**columns)


def shares(frame: Frame, *, value: str, holder: str, market: Sequence[str] = ()) -> Frame:
    """Return each holder's share of its market.

    Parameters
    ----------
    frame : frame of any kind Narwhals reads
        One or more rows a market and holder; rows without a value are left out.
    value : str
        Column of quantities, zero or more, in one unit a market.
    holder : str
        Column that names who holds the quantity.
    market : sequence of str
        Columns that tell markets apart; none = the frame is one market.

    Returns
    -------
    frame
        Columns of `market`, `holder`, ``held`` (unit of `value`), ``share`` (0 to 1).
    """
    held = _holdings(frame, value, holder, market, None).with_columns(_one=nw.lit(1))
    total = nw.col("_held").sum().over(*(market or ["_one"]))
    return (
        held.with_columns(share=nw.col("_held") / total)
        .select(*market, holder, nw.col("_held").alias("held"), "share")
        .sort(*market, holder)
        .to_native()
    )


def herfindahl(
    frame: Frame, *, value: str, holder: str, market: Sequence[str] = (), lumped: str | None = None
) -> Frame:
    """Return the Herfindahl-Hirschman index of each market, as an interval where holders are lumped together.

    The index is the sum of squared shares in percent, 10,000 for a monopoly. A row such as "Other countries" or the
    remainder that withheld countries leave has a known size and an unknown split. Split ever finer it adds nothing,
    held by one it adds its own square; the index lies between.

    Parameters
    ----------
    frame, value, holder, market
        As in `shares`.
    lumped : str, optional
        Boolean column, true in rows that stand for several holders.

    Returns
    -------
    frame
        Columns of `market`, ``total`` (unit of `value`), ``lumped_share`` (0 to 1), ``hhi_low`` and ``hhi_high``
        (0 to 10,000), ``effective_number_low`` and ``effective_number_high`` (equally large holders that would give
        the same index: 10,000 / HHI).

    Notes
    -----
    One pass: the index is the sum of squares over the square of the sum. Markets whose total is zero are left out.

    References
    ----------
    The Surprising Hybrid Pedigree of Measures of Diversity and Economic Concentration. NBER Working Paper 26512.
    Kvålseth, T. O. (2018). Relationship between concentration ratio and Herfindahl-Hirschman index. Heliyon 4(10),
    e00846.
    """
    square = nw.col("_held") * nw.col("_held")
    held = _holdings(frame, value, holder, market, lumped).with_columns(
        _named_square=nw.when(nw.col("_several")).then(nw.lit(0.0)).otherwise(square),
        _lumped=nw.when(nw.col("_several")).then(nw.col("_held")).otherwise(nw.lit(0.0)),
    )
    sums = _per_market(
        held,
        market,
        total=nw.col("_held").sum(),
        _squares=nw.col("_named_square").sum(),
        _lumped=nw.col("_lumped").sum(),
    ).filter(nw.col("total") > 0)
    whole = nw.col("total") * nw.col("total")
    return (
        sums.with_columns(
            lumped_share=nw.col("_lumped") / nw.col("total"),
            hhi_low=nw.col("_squares") / whole * 10_000,
            hhi_high=(nw.col("_squares") + nw.col("_lumped") * nw.col("_lumped")) / whole * 10_000,
        )
        .with_columns(
            effective_number_low=10_000 / nw.col("hhi_high"),
            effective_number_high=nw.when(nw.col("hhi_low") > 0).then(10_000 / nw.col("hhi_low")),
        )
        .select(
            *market, "total", "lumped_share", "hhi_low", "hhi_high", "effective_number_low", "effective_number_high"
        )
        .to_native()
    )


def top(
    frame: Frame, n: int, *, value: str, holder: str, market: Sequence[str] = (), lumped: str | None = None
) -> Frame:
    """Return the joint share of the `n` largest named holders of each market (the concentration ratio CR_n).

    Parameters
    ----------
    frame, value, holder, market, lumped
        As in `herfindahl`; lumped rows count in the total and are never among the largest, so the ratio is a lower
        bound where there are any.
    n : int
        One or more.

    Returns
    -------
    frame
        Columns of `market`, ``top_share`` (0 to 1).
    """
    if n < 1:
        raise ConcentrationError(f"n is {n}; ask for one holder or more")
    named = nw.when(nw.col("_several")).then(nw.lit(-1.0)).otherwise(nw.col("_held"))
    held = _holdings(frame, value, holder, market, lumped).with_columns(_one=nw.lit(1), _rank_by=named)
    held = held.with_columns(_rank=nw.col("_rank_by").rank("ordinal", descending=True).over(*(market or ["_one"])))
    largest = nw.when((nw.col("_rank") <= n) & ~nw.col("_several")).then(nw.col("_held")).otherwise(nw.lit(0.0))
    held = held.with_columns(_largest=largest)
    sums = _per_market(held, market, _total=nw.col("_held").sum(), _top=nw.col("_largest").sum())
    return (
        sums.filter(nw.col("_total") > 0)
        .with_columns(top_share=nw.col("_top") / nw.col("_total"))
        .select(*market, "top_share")
        .to_native()
    )


def net_import_reliance(*, production: float, imports: float, exports: float, stock_decrease: float = 0.0) -> float:
    """Return net import reliance, the share of apparent consumption that net imports cover.

    Parameters
    ----------
    production, imports, exports : float
        Home production (from mines and old scrap), imports and exports, in one unit.
    stock_decrease : float
        Fall of stocks held by government and industry, same unit; a rise is negative.

    Returns
    -------
    float
        Share, at most 1; negative for a net exporter.

    Raises
    ------
    ConcentrationError
        If apparent consumption is not above zero.

    References
    ----------
    U.S. Geological Survey, Mineral Commodity Summaries 2025: net import reliance is imports less exports, adjusted for
    changes in stocks, as a percentage of apparent consumption.
    """
    net = imports - exports + stock_decrease
    consumption = production + net
    if consumption <= 0:
        raise ConcentrationError(f"apparent consumption is {consumption:g}; reliance needs one above zero")
    return net / consumption
