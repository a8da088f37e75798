"""Inputs of the tariff and disruption scenarios that notebook and replications share.

Parameters with their source, import prices under a tariff with the trade of 2024, consumer prices on four sets of
tables, sizes of markets. Rates and shares are fractions, consumer prices in percent, money in million US dollars.
"""

from functools import lru_cache

import pandas as pd

from claimbook.disruption import user_shares
from claimbook.errors import ClaimbookError
from claimbook.input_output import InputOutput
from claimbook.tables import load
from claimbook.tariffs import schedule
from claimbook.us_economy import FOOD_AND_ENERGY, consumer_spending, detail_2017, summary_2024
from claimbook.us_trade import imports_2024, products_2024, tariff_lines


class ScenarioError(ClaimbookError):
    """A parameter that the tables do not hold."""


@lru_cache(maxsize=1)
def _parameters() -> pd.Series:
    return load("model_parameters").set_index("parameter_id")["value"]


@lru_cache(maxsize=1)
def _assumptions() -> pd.DataFrame:
    return load("model_assumptions").set_index("id")


def parameter(name: str) -> float:
    """Return a value of `model_parameters`."""
    if name not in _parameters().index:
        raise ScenarioError(f"model_parameters: no {name!r}; add it with its source")
    return float(_parameters()[name])


def assumption(name: str) -> pd.Series:
    """Return a row of `model_assumptions`: low, central, high, basis, source."""
    if name not in _assumptions().index:
        raise ScenarioError(f"model_assumptions: no {name!r}; add it with its source or as our assumption")
    return _assumptions().loc[name]


def import_price_rise(rates, others: float = 0.0, exempt: bool = False) -> pd.Series:
    """Return the rise of import prices by BEA summary sector that a tariff gives with the trade of 2024.

    Parameters
    ----------
    rates, others
        See `claimbook.tariffs.schedule`; partners as in `us_imports_2024`.
    exempt : bool
        Leave out the electronics exempted in April 2025.
    """
    trade = imports_2024("bea")
    imports = trade["imports_usd"]
    hit = imports - trade["exempt_usd"] if exempt else imports
    duty = schedule(rates, imports, others=others) * hit
    return (duty.groupby(level="sector").sum() / imports.groupby(level="sector").sum()).rename("rate")


@lru_cache(maxsize=8)
def economy(year: int, markup: str) -> InputOutput:
    """Return the economy of 2017 in detail or of 2024 in summary, made once."""
    return {2017: detail_2017, 2024: summary_2024}[year](markup)


def consumer_effects(rise: pd.Series, core: bool = False) -> dict[str, float]:
    """Return the rise of consumer prices in percent, by tables and treatment of margins.

    Returns
    -------
    dict
        Keys "2017 dollar", "2024 dollar", "2017 percent", "2024 percent".
    """
    return {
        f"{year} {markup}": 100 * float(content @ economy(year, markup).by_commodity(rise))
        for (year, markup), content in _contents(core).items()
    }


@lru_cache(maxsize=2)
def _contents(core: bool) -> dict[tuple[int, str], pd.Series]:
    """Return the import content of consumer spending by tables and treatment of margins."""
    found = {}
    for markup in ("dollar", "percent"):
        for year in (2017, 2024):
            prices = "producers" if (year, markup) == (2017, "dollar") else "purchasers"
            weights = consumer_spending(year, prices, FOOD_AND_ENERGY[year]) if core else None
            found[year, markup] = economy(year, markup).import_content(consumption=weights)
    return found


def us_gdp_musd() -> float:
    """Return US gross domestic product of 2024 as the sum of value added in BEA's use table."""
    return float(economy(2024, "dollar").value_added.sum())


def market_shares(spending_musd: pd.Series) -> pd.Series:
    """Return minerals' share of output in the industries that use them first, on the tables of 2017.

    Parameters
    ----------
    spending_musd : Series
        US spending of 2024 by material of `mineral_uses`, million US dollars; taken to the economy of 2017 at the same
        share of gross domestic product (our assumption).

    Returns
    -------
    Series
        By BEA detail industry, fractions.
    """
    io, uses = economy(2017, "dollar"), _mineral_uses()
    of_2017 = spending_musd * float(io.value_added.sum()) / us_gdp_musd()
    return user_shares(io, uses[uses["material"].isin(spending_musd.index)], of_2017)


_mineral_uses = lru_cache(maxsize=1)(lambda: load("mineral_uses"))


def rare_earth_shares() -> pd.Series:
    """Return `market_shares` of rare earths: the US market as the IMF gives it, split as US imports of 2024 are."""
    return _rare_earth_shares().copy(deep=False)


@lru_cache(maxsize=1)
def _rare_earth_shares() -> pd.Series:
    bought = pd.Series(
        {"magnets": imports_of_musd(RARE_EARTH_MAGNETS), "compounds and metals": imports_of_musd(RARE_EARTHS)}
    )
    return market_shares(bought / bought.sum() * parameter("ree-market-us") * 1e3)


# Products of the Harmonized Tariff Schedule: unwrought metal, rare-earth compounds and metals, rare-earth magnets.
GALLIUM, GERMANIUM = ("8112921000",), ("8112926000", "8112926500")
RARE_EARTHS = ("2846", "280530")
RARE_EARTH_MAGNETS = ("8505110050", "8505110070")


def imports_of_musd(prefixes: tuple[str, ...], country: str | None = None) -> float:
    """Return US imports of 2024 of products whose codes begin so, from one country or all, million US dollars."""
    lines = products_2024() if country is None else tariff_lines().query("partner == @country")
    return float(lines.loc[lines["hs10"].str.startswith(prefixes), "imports_usd"].sum()) / 1e6
