"""The threatened tariff of 100 points on China, run over what nobody knew: weights, coverage, elasticity, passing on.

Tables and parameters in; one row a case, and ranges over cases, out. Rates are fractions, prices in percent, money in
US dollars. A change is against the tariffs in force in October 2025.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from claimbook.scenarios import ScenarioError, assumption, economy, parameter
from claimbook.tables import load
from claimbook.tariffs import Market, Response, collapse, laid_out
from claimbook.us_trade import NAICS_SECTORS, by_industry, imports_2024, product_elasticities, products_2024

ADDED = 1.0  # the post of 10 October 2025: 100 percent over and above what is paid
AUTUMN = range(7, 11)  # July to October 2025, the last months before the day named in the post
WEIGHTS = ("trade of 2024", "trade of autumn 2025")
COVERAGES = ("all goods", "electronics exempt", "as in April 2025")
ELASTICITIES = ("first year", "decade", "structural", "by product")
THREATENED_ON, BEFORE_GENEVA, AFTER_GENEVA = "2025-10-24", "2025-04-11", "2025-05-12"


@lru_cache(maxsize=1)
def april_coverage() -> float:
    """Return the share of imports from China that the April tariffs reached, by the Trade War Tracker.

    The cut of Geneva took 115 points off; the tracker's average, which knows the exemptions, fell by less.
    """
    china = load("tariff_by_partner_date").query("country == 'China'").set_index("date")["added_points_pct"]
    events = load("tariff_events").set_index("event_id")["rate_pct"]
    fall = events["us-ieepa-reciprocal-125"] - events["us-geneva"]
    return float((china[BEFORE_GENEVA] - china[AFTER_GENEVA]) / fall)


@lru_cache(maxsize=2)
def trade(weights: str) -> pd.DataFrame:
    """Return imports by partner and six-digit product with what was paid in October 2025.

    Parameters
    ----------
    weights : {"trade of 2024", "trade of autumn 2025"}
        The second is that of 2024 with each product moved as imports of its industry moved, from China and from the
        rest, between July to October 2024 and 2025 (our assumption: products of an industry moved alike).

    Returns
    -------
    DataFrame
        ``imports_usd`` (a year), ``rate``: collected in 2024 plus the points that the Trade War Tracker has as added to
        the partner by October 2025, the same on all its products (our assumption).
    """
    if weights not in WEIGHTS:
        raise ScenarioError(f"weights is {weights!r}; choose {' or '.join(WEIGHTS)}")
    table = imports_2024("hs6")[["imports_usd", "rate"]]
    (partners, products), (partner, product) = table.index.levels, table.index.codes
    added = load("tariff_by_partner_date")
    added = added[added["date"] <= THREATENED_ON].sort_values("date").groupby("country")["added_points_pct"].last()
    table["rate"] += added.reindex(partners).to_numpy(float)[partner] / 100
    if weights == "trade of autumn 2025":
        moved = _moved().reindex(product_sectors().reindex(products)).fillna(1.0)
        china, rest = (moved[who].to_numpy()[product] for who in ("China", "rest"))
        table["imports_usd"] *= np.where(partners[partner] == "China", china, rest)
    return table


@lru_cache(maxsize=1)
def product_sectors() -> pd.Series:
    """Return the BEA sector of each six-digit product, that of most of its imports; none for special chapters."""
    products = products_2024()
    products["hs6"] = products["hs10"].str[:6]
    sums = products.groupby(["hs6", "bea"])["imports_usd"].sum().reset_index()
    largest = sums.sort_values("imports_usd", ascending=False).drop_duplicates("hs6")
    return largest.set_index("hs6")["bea"]


def _moved() -> pd.DataFrame:
    """Return imports of autumn 2025 over autumn 2024 by BEA sector, China and the rest."""
    rows = by_industry((2024, 2025), AUTUMN)["imports_usd"].unstack("country").fillna(0.0)
    rows["rest"] = rows["World"] - rows["China"]
    codes = rows.index.get_level_values("naics3")
    pairs = [(code, sector) for code, sectors in NAICS_SECTORS.items() for sector in sectors if code in codes]
    sectors = pd.DataFrame(pairs, columns=["naics3", "bea"]).merge(rows.reset_index(), on="naics3")
    sums = sectors.groupby(["bea", "year"])[["China", "rest"]].sum().unstack("year")
    return pd.DataFrame(
        {who: sums[who, 2025] / sums[who, 2024].where(sums[who, 2024] > 0) for who in ("China", "rest")}
    )


@lru_cache(maxsize=3)
def tariff(coverage: str) -> pd.Series:
    """Return the added tariff on China by six-digit product.

    Parameters
    ----------
    coverage : {"all goods", "electronics exempt", "as in April 2025"}
        Everything, as the post words it; without the electronics taken out on 11 April 2025, product by product; or
        on as large a part as the April tariffs reached (`april_coverage`), the same part of each product.
    """
    if coverage not in COVERAGES:
        raise ScenarioError(f"coverage is {coverage!r}; choose {', '.join(COVERAGES)}")
    china = imports_2024("hs6").loc[["China"]]
    hit = pd.Series(1.0, china.index)
    if coverage == "electronics exempt":
        hit -= china["exempt_usd"] / china["imports_usd"]
    if coverage == "as in April 2025":
        hit *= april_coverage()
    return ADDED * hit


def elasticity(name: str) -> float | pd.Series:
    """Return a trade elasticity, positive: one number, or one a product for "by product"."""
    if name == "by product":
        return _elasticity_by_product().copy(deep=False)
    ids = {"first year": "elasticity-first-year", "decade": "elasticity-decade", "structural": "elasticity-structural"}
    if name not in ids:
        raise ScenarioError(f"elasticity is {name!r}; choose {', '.join(ELASTICITIES)}")
    return float(assumption(ids[name])["central"])


@lru_cache(maxsize=1)
def _elasticity_by_product() -> pd.Series:
    return product_elasticities(imports_2024("hs6").index.unique("sector"))["elasticity"]


def response(
    weights: str, coverage: str, name: str, demand_elasticity: float = 1.0, every_partner: bool = False
) -> Response:
    """Return the Armington response to the threatened tariff.

    Parameters
    ----------
    weights, coverage, name
        See `trade`, `tariff`, `elasticity`.
    demand_elasticity : float
        See `claimbook.tariffs.armington`.
    every_partner : bool
        False takes all partners but China together, which is exact for this tariff and faster.
    """
    table = trade(weights)
    market = Market(table["imports_usd"], table["rate"]) if every_partner else _china_and_others(weights)
    return market.respond(tariff(coverage), elasticity(name), demand_elasticity=demand_elasticity)


@lru_cache(maxsize=2)
def _china_and_others(weights: str) -> Market:
    table = trade(weights)
    return Market(*collapse(table["imports_usd"], table["rate"], "China"))


def sector_prices(found: Response) -> pd.DataFrame:
    """Return the rise of import prices by BEA sector, before and after substitution, dollars per dollar imported."""
    return _by_bea_sector(found.price, found.flows["imports_before"].groupby(level="sector").sum())


def _by_bea_sector(rises: pd.DataFrame, value: pd.Series) -> pd.DataFrame:
    """Return rises of prices by product, any number of columns, averaged by sector with imports as weights."""
    sectors = product_sectors().reindex(value.index)
    return rises.mul(value, axis=0).groupby(sectors).sum().div(value.groupby(sectors).sum(), axis=0)


def cases(demand_elasticity: float = 1.0) -> pd.DataFrame:
    """Return every combination of weights, coverage and elasticity.

    Returns
    -------
    DataFrame
        Columns ``weights``, ``coverage``, ``elasticity``; ``points`` (added to the average US tariff before anybody
        switches), ``rate_points`` (after), ``imports_change`` (from China, fraction), ``all_imports_change``,
        ``revenue_change_usd``, ``duty_bill_usd`` (tariff on the trade of before), and ``before ...``, ``after ...``:
        rise of consumer prices in percent on the tables of 2017 and 2024, margins in dollars or percent, all costs
        passed on.
    """
    named = {name: elasticity(name) for name in ELASTICITIES}
    rows, prices = [], []
    for weights in WEIGHTS:
        market, rises = _china_and_others(weights), {}
        sizes = {name: market.by_sector(size) for name, size in named.items()}
        for coverage in COVERAGES:
            added = laid_out(tariff(coverage), market.index)
            for name, size in sizes.items():
                found = market.respond(added, size, demand_elasticity=demand_elasticity)
                rows.append({"weights": weights, "coverage": coverage, "elasticity": name} | _outcome(found))
                rises[weights, coverage, name] = found.price
        prices.append(_by_bea_sector(pd.concat(rises, axis=1), market.imports_by_sector))
    consumers = _consumer_prices(pd.concat(prices, axis=1))
    return pd.DataFrame(rows).join(consumers, on=["weights", "coverage", "elasticity"])


def _consumer_prices(rises: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each case: consumer prices in percent by stage, tables and treatment of margins."""
    found = {}
    for markup in ("dollar", "percent"):
        for year in (2017, 2024):
            percent = 100 * economy(year, markup).consumer_price(rises).unstack()
            found |= {f"{when} {year} {markup}": percent[f"{when}_substitution"] for when in ("before", "after")}
    return pd.DataFrame(found)


def _outcome(found: Response) -> dict[str, float]:
    flows = found.flows
    total = flows["imports_before"].sum()
    added = ((flows["rate_after"] - flows["rate_before"]) * flows["imports_before"]).sum()
    return {
        "points": 100 * added / total,
        "rate_points": 100 * (found.revenue / flows["imports_after"].sum() - flows["duty_before"].sum() / total),
        "imports_change": found.change("China"),
        "all_imports_change": found.change(),
        "revenue_change_usd": found.revenue_change,
        "duty_bill_usd": added,
    }


@lru_cache(maxsize=1)
def passed_on() -> tuple[float, float]:
    """Return the least and the most of a tariff that reaches consumers: at the border times in the firm.

    Least: the border share of November 2025 (New York Fed) times the share that the Congressional Budget Office sees
    passed to consumers in the near term; most: all, as the studies of 2018 found at the border.
    """
    share = load("pass_through_findings").set_index("finding_id")["value"]
    return float(share["nyfed-2025-11"] * share["cbo-2026-consumers"]), float(share["arw-2018"])


def consumer_price_range(table: pd.DataFrame, when: str, markup: str = "dollar") -> tuple[float, float]:
    """Return the least and greatest rise of consumer prices over cases, in percent, with `passed_on` at its ends."""
    columns = [f"{when} {year} {markup}" for year in (2017, 2024)]
    low, high = passed_on()
    return float(table[columns].min().min() * low), float(table[columns].max().max() * high)


def per_household(price_pct: float) -> float:
    """Return what a rise of consumer prices costs a household a year, US dollars: spending of 2024 over households."""
    return price_pct / 100 * _spending_per_household()


@lru_cache(maxsize=1)
def _spending_per_household() -> float:
    use = load("bea_use_summary_2024").set_index(["row_code", "column_code"])["use_musd"]
    return float(use["T005", "F010"]) * 1e6 / parameter("households-2024")


def readings() -> pd.DataFrame:
    """Return the rates in circulation in October 2025 with 100 points on top, least first.

    Returns
    -------
    DataFrame
        ``rate_pct``, ``total_pct``, ``maker``, ``counts``, ``as_of``, ``known_on``, ``stated`` (whether somebody states
        the total), ``stated_by``, ``source``.
    """
    rows = load("threatened_tariff_totals").merge(
        load("tariff_rate_readings").drop(columns=["note"]), on="reading_id", suffixes=("_total", "")
    )
    rows["stated"] = rows["total_is"] == "stated"
    kept = ["reading_id", "rate_pct", "total_pct", "maker", "counts", "as_of", "as_of_precision", "known_on", "stated",
            "stated_by", "measure", "source"]  # fmt: skip
    return rows[kept].sort_values("rate_pct").reset_index(drop=True)
