"""The tariff model run with the rates of 2025, against what happened to imports from China in 2025.

Tables of `data/trade` and `data/tariffs` in; by industry or chapter the actual and the predicted change out.
"""

from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from claimbook.tables import load
from claimbook.tariffs import Market, Response, armington
from claimbook.us_trade import by_industry, imports_2024

MONTHS = range(1, 12)  # January to November: November 2025 is the last month held
SPECIAL = ("910", "920", "930", "980", "990")  # scrap, used, returned and specially classified goods: no industry


def industries() -> pd.DataFrame:
    """Return imports and collected rates of January to November 2024 and 2025, China and the rest of the world.

    Returns
    -------
    DataFrame
        Indexed by partner ("China", "rest") and sector (three-digit NAICS): ``imports_2024``, ``imports_2025`` (US
        dollars, customs value), ``rate_2024``, ``rate_2025`` (fractions), ``industry``.
    """
    return _industries().copy(deep=False)


@lru_cache(maxsize=1)
def _industries() -> pd.DataFrame:
    rows = by_industry((2024, 2025), MONTHS).drop(index=list(SPECIAL), level="naics3", errors="ignore")
    names = rows["industry"].groupby(level="naics3").first()
    sums = rows[["imports_usd", "duty_usd"]].unstack("year", fill_value=0.0)
    china, world = sums.loc["China"], sums.loc["World"]
    both = china.index.intersection(world.index)
    parts = {"China": china.loc[both], "rest": world.loc[both] - china.loc[both]}
    frame = pd.concat(parts, names=["partner", "sector"])
    table = pd.DataFrame({f"imports_{year}": frame["imports_usd", year] for year in (2024, 2025)})
    for year in (2024, 2025):
        table[f"rate_{year}"] = frame["duty_usd", year] / table[f"imports_{year}"]
    table["industry"] = table.index.get_level_values("sector").map(names)
    return table[table["imports_2024"] > 0].fillna({"rate_2024": 0.0, "rate_2025": 0.0})


def simulate(table: pd.DataFrame, elasticity: float | pd.Series, demand_elasticity: float = 1.0) -> Response:
    """Return what the Armington model makes of the change from `rate_2024` to `rate_2025`, from the trade of 2024."""
    return armington(
        table["imports_2024"],
        table["rate_2025"] - table["rate_2024"],
        base=table["rate_2024"],
        elasticity=elasticity,
        demand_elasticity=demand_elasticity,
    )


def industry_check(elasticity: float, demand_elasticity: float = 1.0) -> pd.DataFrame:
    """Return the actual and the predicted change of imports from China by industry.

    Parameters
    ----------
    elasticity, demand_elasticity : float
        See `claimbook.tariffs.armington`.

    Returns
    -------
    DataFrame
        By three-digit industry, largest first: ``industry``, ``imports_2024_usd``, ``rate_2024``, ``rate_2025``,
        ``actual``, ``predicted``, ``miss`` (actual less predicted), fractions; January to November.
    """
    table = industries()
    predicted = simulate(table, elasticity, demand_elasticity).change("China", by_sector=True)
    china = table.xs("China")
    frame = pd.DataFrame({
        "industry": china["industry"], "imports_2024_usd": china["imports_2024"], "rate_2024": china["rate_2024"],
        "rate_2025": china["rate_2025"], "actual": china["imports_2025"] / china["imports_2024"] - 1,
        "predicted": predicted,
    })  # fmt: skip
    frame["miss"] = frame["actual"] - frame["predicted"]
    return frame.sort_values("imports_2024_usd", ascending=False)


def total_change(check: pd.DataFrame, column: str) -> float:
    """Return the change of all industries together, ``actual`` or ``predicted``, as a fraction."""
    return float((check[column] * check["imports_2024_usd"]).sum() / check["imports_2024_usd"].sum())


def fitted_elasticity(demand_elasticity: float = 1.0) -> float:
    """Return the one elasticity at which the model gives the actual fall of all industries together."""
    table = industries()
    market, rise = Market(table["imports_2024"], table["rate_2024"]), table["rate_2025"] - table["rate_2024"]
    china = table.xs("China")
    actual = china["imports_2025"].sum() / china["imports_2024"].sum() - 1

    def miss(elasticity: float) -> float:
        return market.respond(rise, elasticity, demand_elasticity=demand_elasticity).change("China") - actual

    return float(brentq(miss, 0.05, 30, xtol=1e-6))


def chapter_check(elasticity: pd.Series | float, demand_elasticity: float = 1.0) -> pd.DataFrame:
    """Return the actual and the predicted change of imports from China by HS chapter, simulated product by product.

    Rates by chapter are statutory, of 10 November 2025 (`us_tariff_on_china_by_chapter`), all moved by one number so
    that their average is the rate collected in January to November 2025. The rest of the world is moved from its rates
    of 2024 by its collected average. Both moves are our assumption: rates changed often and by product.

    Parameters
    ----------
    elasticity : float or Series by six-digit product

    Returns
    -------
    DataFrame
        By chapter, largest first: ``imports_2024_usd``, ``rate_2024``, ``rate_2025``, ``actual`` (2025 against the mean
        of 2022 to 2024, c.i.f.), ``predicted`` (against 2024), ``miss``, fractions.
    """
    market, rise = _products()
    flows = market.respond(rise, elasticity, demand_elasticity=demand_elasticity).flows.xs("China")
    chapter = flows.index.str[:2]
    sums = flows.groupby(chapter)[["imports_before", "imports_after", "duty_before", "duty_after"]].sum()
    actual = load("us_imports_from_china_2025").set_index("hs2")["change"]
    frame = pd.DataFrame({
        "imports_2024_usd": sums["imports_before"], "rate_2024": sums["duty_before"] / sums["imports_before"],
        "rate_2025": flows["rate_after"].groupby(chapter).first(),
        "actual": actual.reindex(sums.index), "predicted": sums["imports_after"] / sums["imports_before"] - 1,
    })  # fmt: skip
    frame["miss"] = frame["actual"] - frame["predicted"]
    return frame.dropna(subset=["actual"]).sort_values("imports_2024_usd", ascending=False)


@lru_cache(maxsize=1)
def _products() -> tuple[Market, pd.Series]:
    """Return the market of 2024 by partner and six-digit product and the rise of rates to 2025, see `chapter_check`."""
    products = imports_2024("hs6")
    (partners, codes), (partner, code) = products.index.levels, products.index.codes
    is_china = (partners == "China")[partner]
    statutory = load("us_tariff_on_china_by_chapter").set_index("hs2")["tariff_2025_11_10_pct"] / 100
    rate = statutory.reindex(codes.str[:2]).to_numpy(float)[code]
    collected = industries()
    mean = {(who, year): _mean_rate(collected.xs(who), year) for who in ("China", "rest") for year in (2024, 2025)}
    value = products["imports_usd"].where(is_china & ~np.isnan(rate), 0.0)
    rate += mean["China", 2025] - np.nansum(rate * value) / value.sum()
    others = products["rate"] + mean["rest", 2025] - mean["rest", 2024]
    rise = pd.Series(np.where(is_china, rate, others) - products["rate"], products.index)
    kept = ~np.isnan(rate)
    return Market(products["imports_usd"][kept], products["rate"][kept]), rise[kept]


def _mean_rate(table: pd.DataFrame, year: int) -> float:
    return float((table[f"rate_{year}"] * table[f"imports_{year}"]).sum() / table[f"imports_{year}"].sum())
