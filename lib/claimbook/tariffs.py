"""What a tariff does: rates paid, imports by supplier and their prices, revenue and where it peaks.

In: imports by partner and sector (of any classification), a tariff by partner and sector, elasticities. Out: frames by
partner and sector, in the unit of the imports. Rates are fractions: 1.0 is 100 percent. Consumer prices follow from
`claimbook.input_output`, the inputs for the United States from `claimbook.us_trade`.
"""

from collections.abc import Iterable

import pandas as pd
from scipy.optimize import minimize_scalar

from claimbook.armington import Market, Response, armington, collapse
from claimbook.schedules import (
    Rates,
    TariffError,
    aggregate_price_rule,
    average_rate,
    effective_rate,
    laid_out,
    schedule,
)

__all__ = [
    "Market", "Rates", "Response", "TariffError", "aggregate_price_rule", "armington", "average_rate", "collapse",
    "effective_rate", "laid_out", "revenue_curve", "revenue_maximising_rate", "revenue_peak", "schedule",
]  # fmt: skip


def revenue_curve(
    imports: pd.Series,
    added: Iterable[float],
    *,
    elasticity: float | pd.Series,
    on: Rates = 1.0,
    base: Rates = 0.0,
    **model,
) -> pd.DataFrame:
    """Return imports and revenue as a tariff rises.

    Parameters
    ----------
    imports : Series
        Indexed by partner and sector.
    added : iterable of float
        Rates, fractions; each multiplies `on`.
    on : float, mapping, Series or DataFrame
        Who pays: 1 for those who pay the full rate, see `schedule`.
    elasticity, base, **model
        As in `armington`.

    Returns
    -------
    DataFrame
        Columns ``added``, ``imports`` and ``revenue`` (all partners and sectors, unit of the imports), ``hit`` (imports
        of those who pay).
    """
    market = Market(imports, base)
    unit, size = laid_out(on, market.index), market.by_sector(elasticity)
    pays = unit.to_numpy() > 0
    rows = []
    for rate in added:
        response = market.respond(unit * rate, size, **model)
        after = response.flows["imports_after"].to_numpy()
        rows.append((rate, float(after.sum()), response.revenue, float(after[pays].sum())))
    return pd.DataFrame(rows, columns=["added", "imports", "revenue", "hit"])


def revenue_peak(
    imports: pd.Series,
    *,
    elasticity: float | pd.Series,
    on: Rates = 1.0,
    most: float = 10.0,
    base: Rates = 0.0,
    **model,
) -> tuple[float, float]:
    """Return the added rate at which revenue from all partners is highest, and that revenue.

    Parameters
    ----------
    imports, elasticity, on, base, **model
        As in `revenue_curve`.
    most : float
        Highest rate looked at; a peak there means that revenue still rises.
    """
    market = Market(imports, base)
    unit, size = laid_out(on, market.index), market.by_sector(elasticity)
    found = minimize_scalar(
        lambda rate: -market.respond(unit * rate, size, **model).revenue, bounds=(0, most), method="bounded"
    )
    return float(found.x), float(-found.fun)


def revenue_maximising_rate(elasticity: float) -> float:
    """Return the rate at which revenue peaks when imports fall by a constant elasticity: 1 / (s - 1).

    Imports without duty fall as (1 + t)^(-s), so t (1 + t)^(-s) is highest where 1 + t = s t.

    References
    ----------
    Irwin, D. (1998), Journal of Economic History: t* = -1 / (1 + n), n the price elasticity of import demand (as
    quoted at http://mathhelpforum.com/business-math/98819-economics-import-elasticity-question.html).
    """
    if elasticity <= 1:
        raise TariffError(f"elasticity is {elasticity:g}: revenue has no peak at one or below, it keeps rising")
    return 1 / (elasticity - 1)
