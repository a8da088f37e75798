"""Markets for minerals as USGS counts them: who produces how much of what, and how concentrated that is.

In: the table `mineral_production`. Out: one row a market and holder, or one row a market.
"""

import pandas as pd

from claimbook.concentration import herfindahl, with_remainder
from claimbook.errors import ClaimbookError

MARKET = ["product", "stage", "unit"]
LEAST_NAMED = 0.5  # a market of which less is attributed to named countries says little about who leads it


def markets(production: pd.DataFrame, edition: str, year: int) -> pd.DataFrame:
    """Return the holders of every market with a printed world total of which named countries make at least half.

    A market is a product at a stage, in one unit; the forms in which countries report it (crude, concentrate) are
    added. What the printed total leaves over the named countries (withheld, lumped as "other", too small to print) is
    one lumped row.

    Parameters
    ----------
    production : DataFrame
        `tables.load("mineral_production")`.
    edition : str
        As "MCS 2025".
    year : int
        Year of production.

    Returns
    -------
    DataFrame
        product, stage, unit, country, iso3 (missing in lumped rows), value, lumped, world (as printed, rounded),
        us_excluded (the printed total leaves the United States out, whose output is withheld).

    Raises
    ------
    ClaimbookError
        If the edition has no production for that year.
    """
    chosen = production.query("edition == @edition and kind == 'production' and year == @year")
    if chosen.empty:
        raise ClaimbookError(f"mineral_production: no production of {year} in edition {edition!r}; see its editions")
    world = chosen[(chosen["area"] == "world") & (chosen["value"] > 0)].rename(columns={"value": "world"})
    world = world[[*MARKET, "world"]]
    named = chosen[chosen["area"] == "country"].merge(world[MARKET], on=MARKET)
    named = named.groupby([*MARKET, "country", "iso3"], as_index=False)["value"].sum(min_count=1).dropna(subset="value")
    sums = named.groupby(MARKET, as_index=False)["value"].sum()
    covered = world.merge(sums, on=MARKET)
    world = covered.loc[covered["value"] >= LEAST_NAMED * covered["world"], [*MARKET, "world"]]
    named = named.merge(world[MARKET], on=MARKET)
    holders = with_remainder(named, world, value="value", holder="country", market=MARKET, total="world")
    excluded = chosen.groupby(MARKET)["excludes_us"].any().rename("us_excluded")
    names = named[[*MARKET, "country", "iso3"]]
    return holders.merge(names, how="left").merge(world, on=MARKET).merge(excluded.reset_index(), on=MARKET)


def concentrated(holders: pd.DataFrame, iso3: str = "CHN") -> pd.DataFrame:
    """Return one row a market: a country's share, the leader, and the Herfindahl-Hirschman index as an interval.

    Parameters
    ----------
    holders : DataFrame
        From `markets`.
    iso3 : str
        The country whose share is wanted.

    Returns
    -------
    DataFrame
        product, stage, unit, world, share_pct (of the printed total), leader, leader_share_pct, hhi_low,
        hhi_high, lumped_share_pct, us_excluded; largest share first.

    Notes
    -----
    Shares are of the total as printed, which USGS rounds, so they can add up to a little over 100 percent. The index
    uses the sum of the parts where that is larger than the printed total.
    """
    index = herfindahl(holders, value="value", holder="country", market=MARKET, lumped="lumped")
    named = holders[~holders["lumped"]].assign(pct=lambda rows: rows["value"] / rows["world"] * 100)
    leader = named.sort_values(["value", "country"], ascending=[False, True]).drop_duplicates(MARKET)
    leader = leader[[*MARKET, "world", "us_excluded", "country", "pct"]]
    share = named[named["iso3"] == iso3][[*MARKET, "pct"]].rename(columns={"pct": "share_pct"})
    frame = leader.rename(columns={"country": "leader", "pct": "leader_share_pct"}).merge(share, how="left")
    frame = frame.fillna({"share_pct": 0.0}).merge(index.drop(columns="total"), on=MARKET)
    frame["lumped_share_pct"] = frame.pop("lumped_share") * 100
    columns = ["share_pct", "leader", "leader_share_pct", "hhi_low", "hhi_high", "lumped_share_pct", "us_excluded"]
    return frame.sort_values(["share_pct", "product"], ascending=[False, True], ignore_index=True)[
        [*MARKET, "world", *columns]
    ]


def split(holders: pd.DataFrame, value: str, total: float) -> dict[str, float | str]:
    """Return how one market divides into China, the runner-up and the rest.

    Parameters
    ----------
    holders : DataFrame
        Rows of one market; iso3 (missing in lumped rows), country and `value`.
    value : str
        Column of quantities.
    total : float
        What the shares are of, same unit.

    Returns
    -------
    dict
        china, second, rest (percent) and runner_up (the country; China's closest rival, named rows only).
    """
    named = holders.dropna(subset=["iso3", value]).set_index("country")
    others = named.loc[named["iso3"] != "CHN", value]
    china = float(named.loc[named["iso3"] == "CHN", value].sum()) / total * 100
    second = float(others.max()) / total * 100
    return {"china": china, "second": second, "rest": 100 - china - second, "runner_up": str(others.idxmax())}
