"""Markets for minerals: who produces how much of what, how concentrated that is, and who imports it from whom.

In: the tables `mineral_production`, `iea_supply`, `us_import_reliance` and `us_import_sources`. Out: one row a market
and holder, or one row a market.
"""

import pandas as pd

from claimbook.concentration import herfindahl
from claimbook.errors import ClaimbookError

MARKET = ["product", "stage", "unit"]
NOT_NAMED = "not named"  # holder of what the printed total leaves over
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
    asked = (production["edition"] == edition) & (production["kind"] == "production") & (production["year"] == year)
    chosen = production.loc[asked, [*MARKET, "area", "country", "iso3", "value", "excludes_us"]]
    if chosen.empty:
        raise ClaimbookError(f"mineral_production: no production of {year} in edition {edition!r}; see its editions")
    chosen = chosen.assign(market=chosen.groupby(MARKET).ngroup())
    world = chosen[(chosen["area"] == "world") & (chosen["value"] > 0)].set_index("market")["value"]
    named = chosen[(chosen["area"] == "country") & chosen["market"].isin(world.index)]
    named = named.groupby(["market", "country", "iso3"], as_index=False)["value"].sum(min_count=1)
    named = named.dropna(subset="value")
    sums = named.groupby("market")["value"].sum().reindex(world.index)
    world, sums = (of_market[sums >= LEAST_NAMED * world] for of_market in (world, sums))
    rest = pd.DataFrame({"market": world.index, "country": NOT_NAMED, "value": (world - sums).clip(lower=0).to_numpy()})
    kept = named[named["market"].isin(world.index)]
    rows = pd.concat([kept.assign(lumped=False), rest.assign(lumped=True)], ignore_index=True)
    key = chosen.drop_duplicates("market").set_index("market")[MARKET].loc[rows["market"]].set_axis(rows.index)
    excluded = rows["market"].map(chosen.groupby("market")["excludes_us"].any())
    rows = rows.assign(world=rows["market"].map(world), us_excluded=excluded)
    return key.join(rows[["country", "iso3", "value", "lumped", "world", "us_excluded"]])


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
    shares = holders["value"] / holders["world"] * 100
    holders = holders.assign(market=holders.groupby(MARKET).ngroup(), share_pct=shares)
    index = herfindahl(holders, value="value", holder="country", market=["market"], lumped="lumped").set_index("market")
    named = holders[~holders["lumped"]]
    leader = named.sort_values(["value", "country"], ascending=[False, True]).drop_duplicates("market")
    leader = leader.set_index("market")
    share = named[named["iso3"] == iso3].set_index("market")["share_pct"]
    frame = leader[[*MARKET, "world"]].assign(
        share_pct=share.reindex(leader.index).fillna(0.0),
        leader=leader["country"],
        leader_share_pct=leader["share_pct"],
        hhi_low=index["hhi_low"],
        hhi_high=index["hhi_high"],
        lumped_share_pct=index["lumped_share"] * 100,
        us_excluded=leader["us_excluded"],
    )
    return frame.sort_values(["share_pct", "product"], ascending=[False, True], ignore_index=True)


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


def magnet_market(iea: pd.DataFrame, stage: str, year: int) -> pd.DataFrame:
    """Return the holders of mined or refined magnet rare earths as the IEA counts them.

    Parameters
    ----------
    iea : DataFrame
        `tables.load("iea_supply")`.
    stage : {"mining", "refining"}
    year : int

    Returns
    -------
    DataFrame
        country, iso3 (missing in lumped rows), value (kt), lumped, world (kt).
    """
    rows = iea.query("mineral == 'Magnet rare earths' and stage == @stage and year == @year")
    world = float(rows.loc[rows["area"] == "world", "supply_kt"].iloc[0])
    held = rows[rows["area"] != "world"].rename(columns={"supply_kt": "value"})
    return held.assign(lumped=held["area"] != "country", world=world)[["country", "iso3", "value", "lumped", "world"]]


def shares_by_edition(production: pd.DataFrame, year: int, editions: list[str], iso3: str = "CHN") -> pd.DataFrame:
    """Return a country's share of world output in one year as successive editions print it.

    Parameters
    ----------
    production : DataFrame
        `tables.load("mineral_production")`.
    year : int
    editions : list of str
        As "MCS 2025"; each must have that year.
    iso3 : str

    Returns
    -------
    DataFrame
        product, stage, unit and one column of percent for each edition; only markets in which every edition names
        the country.
    """
    shares = []
    for edition in editions:
        held = markets(production, edition, year).query("iso3 == @iso3").set_index(MARKET)
        shares.append((held["value"] / held["world"] * 100).rename(edition))
    return pd.concat(shares, axis=1, join="inner").reset_index()


def exposure(reliance: pd.DataFrame, sources: pd.DataFrame, iso3: str = "CHN") -> pd.DataFrame:
    """Return how far the United States imports each commodity, and how much of that comes from one country.

    Parameters
    ----------
    reliance : DataFrame
        Rows of `us_import_reliance` of one edition, series "figure 2".
    sources : DataFrame
        Rows of `us_import_sources` of the same edition.
    iso3 : str

    Returns
    -------
    DataFrame
        material, reliance_low_pct, reliance_high_pct (equal where a number is printed), middle_pct, major_sources,
        share_pct (missing where the country is not among those printed) and share_high_pct: the share, or else all
        that is printed for other countries together, or missing where no shares are printed.
    """
    printed = sources.dropna(subset=["material"])
    share = printed[printed["iso3"] == iso3].set_index("material")["share_pct"]
    others = printed[printed["area"] == "other"].set_index("material")["share_pct"]
    frame = reliance[["material", "reliance_low_pct", "reliance_high_pct", "major_sources"]].copy()
    frame["middle_pct"] = frame[["reliance_low_pct", "reliance_high_pct"]].mean(axis=1)
    frame["share_pct"] = frame["material"].map(share)
    none_left = frame["material"].map(printed.groupby("material").size().notna()).map({True: 0.0})
    frame["share_high_pct"] = frame["share_pct"].fillna(frame["material"].map(others)).fillna(none_left)
    return frame.reset_index(drop=True)
