"""US imports in the codes that the models use: products, chapters, BEA sectors; elasticities by product.

Tables of `data/trade`, `data/models` and `data/tariffs` in; frames indexed by partner and sector out, US dollars.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError
from claimbook.tables import load

DIGITS = {"hs2": 2, "hs4": 4, "hs6": 6, "hs8": 8, "hs10": 10}
# Three-digit NAICS to BEA summary sectors; transport equipment holds two sectors and is split as in 2024.
NAICS_SECTORS = {
    "111": ["111CA"], "112": ["111CA"], "113": ["113FF"], "114": ["113FF"], "115": ["113FF"], "211": ["211"],
    "212": ["212"], "311": ["311FT"], "312": ["311FT"], "313": ["313TT"], "314": ["313TT"], "315": ["315AL"],
    "316": ["315AL"], "336": ["3361MV", "3364OT"],
    **{code: [code] for code in ("321", "322", "323", "324", "325", "326", "327", "331", "332", "333", "334", "335",
                                 "337", "339")},
}  # fmt: skip


class TradeError(ClaimbookError):
    """A classification that the trade tables do not have."""


def bea_sector(hs10: pd.Series) -> pd.Series:
    """Return the BEA summary sector of ten-digit products; missing for those without a goods sector.

    Products that the concordance of 2024 does not list take the sector of most of their eight-digit heading.
    """
    listed = load("hs10_bea_crosswalk")
    listed["heading"] = listed["hs10"].str[:8]
    votes = listed.groupby(["heading", "summary_code"]).size().rename("n").reset_index()
    votes = votes.sort_values(["n", "summary_code"], ascending=[False, True]).drop_duplicates("heading")
    by_heading = votes.set_index("heading")["summary_code"]
    found = hs10.map(listed.set_index("hs10")["summary_code"])
    return found.fillna(hs10[found.isna()].str[:8].map(by_heading))


def imports_2024(sector: str = "hs6") -> pd.DataFrame:
    """Return US imports for consumption of 2024 by partner and sector.

    Parameters
    ----------
    sector : {"hs2", "hs4", "hs6", "hs8", "hs10", "bea"}
        ``bea``: summary sectors; goods without one (4.4 percent of imports) are left out.

    Returns
    -------
    DataFrame
        Indexed by partner and sector: ``imports_usd`` (customs value), ``duty_usd`` (calculated), ``exempt_usd``
        (imports of the electronics exempted in April 2025), ``rate`` (fraction).
    """
    if sector not in {*DIGITS, "bea"}:
        raise TradeError(f"sector is {sector!r}; choose {', '.join([*DIGITS, 'bea'])}")
    return _imports_2024(sector).copy(deep=False)


@lru_cache(maxsize=4)
def _imports_2024(sector: str) -> pd.DataFrame:
    lines = tariff_lines()
    codes = lines["bea"] if sector == "bea" else lines["hs10"].str[: DIGITS[sector]]
    sums = lines.groupby(["partner", codes.rename("sector")])[["imports_usd", "duty_usd", "exempt_usd"]].sum()
    return sums[sums["imports_usd"] > 0].assign(rate=lambda s: s["duty_usd"] / s["imports_usd"])


def tariff_lines() -> pd.DataFrame:
    """Return US imports for consumption of 2024 by partner and ten-digit product.

    Returns
    -------
    DataFrame
        Columns ``partner``, ``hs10``, ``bea`` (summary sector, missing where there is none), ``imports_usd``,
        ``duty_usd``, ``exempt_usd`` (as in `imports_2024`).
    """
    return _lines_and_products()[0].copy(deep=False)


def products_2024() -> pd.DataFrame:
    """Return US imports for consumption of 2024 from all partners by ten-digit product.

    Returns
    -------
    DataFrame
        Columns ``hs10``, ``bea`` (as in `tariff_lines`), ``imports_usd``.
    """
    return _lines_and_products()[1].copy(deep=False)


@lru_cache(maxsize=1)
def _lines_and_products() -> tuple[pd.DataFrame, pd.DataFrame]:
    table = load("us_imports_2024")
    number, codes = pd.factorize(table["hs10"])  # what a code says is looked up once for each code
    value = table["value_usd"].to_numpy(float)
    products = pd.DataFrame({"hs10": codes, "imports_usd": np.bincount(number, value)})
    products["bea"] = bea_sector(products["hs10"])
    lines = pd.DataFrame({
        "partner": table["country"], "hs10": table["hs10"], "bea": products["bea"].array.take(number),
        "imports_usd": value, "duty_usd": table["calculated_duty_usd"].to_numpy(float),
        "exempt_usd": value * exempt_electronics(codes).to_numpy()[number],
    })  # fmt: skip
    return lines, products


def product_elasticities(hs6: pd.Index) -> pd.DataFrame:
    """Return the trade elasticity of six-digit products, absolute value.

    ProTEE is in the Harmonized System of 2007. A product without a value there takes the mean of its four-digit
    heading, else of its chapter, else the median of all; ``taken_from`` says which.

    Returns
    -------
    DataFrame
        By product: ``elasticity`` (positive), ``taken_from`` ("product", "heading", "chapter", "all").
    """
    known = -load("product_elasticities").set_index("hs6")["trade_elasticity"].dropna()
    frame = pd.DataFrame({"elasticity": known.reindex(hs6), "taken_from": "product"}, hs6)
    for name, digits in (("heading", 4), ("chapter", 2)):
        means = known.groupby(known.index.str[:digits]).mean()
        gap = frame["elasticity"].isna()
        frame.loc[gap, "elasticity"] = hs6[gap].str[:digits].map(means)
        frame.loc[gap & frame["elasticity"].notna(), "taken_from"] = name
    gap = frame["elasticity"].isna()
    frame.loc[gap, ["elasticity", "taken_from"]] = [known.median(), "all"]
    return frame


def exempt_electronics(codes: pd.Index) -> pd.Series:
    """Return whether products (eight digits or more) are among the electronics exempted in April 2025."""
    prefixes = tuple(load("electronics_exemption_2025")["hs"])
    return pd.Series(codes.str.startswith(prefixes), codes)


def by_industry(years: tuple[int, ...], months: range = range(1, 13)) -> pd.DataFrame:
    """Return imports and duties by country (China, World), three-digit industry and year.

    Parameters
    ----------
    years : tuple of int
    months : range
        Months added up in every year; November 2025 is the last there is.

    Returns
    -------
    DataFrame
        Indexed by country, naics3 and year: ``imports_usd``, ``duty_usd``, ``industry``.
    """
    table = load("us_imports_by_industry_month")
    table = table[table["month"].dt.year.isin(years) & table["month"].dt.month.isin(months)]
    groups = table.assign(year=table["month"].dt.year).groupby(["country", "naics3", "year"])
    sums = groups[["imports_usd", "calculated_duty_usd"]].sum().astype(float)
    return sums.rename(columns={"calculated_duty_usd": "duty_usd"}).assign(industry=groups["industry"].first())


def china_shares(year: int | None = None, months: range = range(1, 13)) -> pd.Series:
    """Return China's share of US imports by BEA summary sector.

    Parameters
    ----------
    year : int, optional
        Default: 2024 by product. Another year: the shares of 2024 moved as China's share of the three-digit industry
        moved since.
    months : range
        Months of that year.

    Returns
    -------
    Series
        Fractions.
    """
    table = imports_2024("bea")["imports_usd"]
    shares = table.xs("China").div(table.groupby(level="sector").sum()).fillna(0.0)
    if year is None:
        return shares
    moved = _industry_shares(year, months) / _industry_shares(2024, range(1, 13))
    factor = {sector: moved[code] for code, sectors in NAICS_SECTORS.items() for sector in sectors if code in _LEADS}
    return (shares * shares.index.map(factor)).clip(0, 1)


_LEADS = {"111", "113", "211", "212", "311", "313", "315", "321", "322", "323", "324", "325", "326", "327", "331",
          "332", "333", "334", "335", "336", "337", "339"}  # fmt: skip


def _industry_shares(year: int, months: range) -> pd.Series:
    """Return China's share by the first industry of each BEA sector, industries of one sector taken together."""
    lead = {tuple(sectors): code for code, sectors in reversed(NAICS_SECTORS.items())}
    rows = by_industry((year,), months).reset_index()
    rows["lead"] = rows["naics3"].map({code: lead[tuple(sectors)] for code, sectors in NAICS_SECTORS.items()})
    sums = rows.dropna(subset=["lead"]).pivot_table(
        index="lead", columns="country", values="imports_usd", aggfunc="sum"
    )
    return (sums["China"] / sums["World"]).fillna(0.0)
