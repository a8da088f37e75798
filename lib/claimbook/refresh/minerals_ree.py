"""Rare earths over time: what China and the United States mined, by source and edition; prices.

In: USGS world files, and copies of the BGS and Energy Institute series. Out: `ree_shares` and `usgs_prices`.
"""

import re
from pathlib import Path

import pandas as pd

from claimbook.refresh.core import Builder, RefreshError
from claimbook.refresh.minerals_usgs_critical import read_sources
from claimbook.refresh.minerals_usgs_files import PUBLISHED, file_2026
from claimbook.refresh.minerals_usgs_names import commodity
from claimbook.refresh.minerals_usgs_world import read_world, tidy_world
from claimbook.refresh.quantities import parse_quantity

# --- China's and the US share of mine output ---

_BGS = "bgs_wms_production_14_minerals_1971_2023.csv"
_EI = "ei2026_minerals_production_by_country.csv"
SERIES = {
    "usgs": "mine production in rare-earth-oxide equivalent; China as its mining quota, without undocumented output",
    "ei": "mine production in rare-earth-oxide content, from USGS and others; world total as published",
    "bgs-oxides": "rare-earth oxides; world is the sum of the countries listed",
    "bgs-minerals": "rare-earth minerals: China and the United States in oxide content taken as 60% of concentrates, "
    "other countries in gross weight, so that no world total or share can be formed",
}


def read_shares(folder: Path) -> object:
    """Refuse: two of the three series are only read from copies."""
    raise RefreshError(
        "ree_shares: the series of the BGS and the Energy Institute are read from copies, of which only these few "
        "figures are kept; give --from a folder with the copies, or compare by hand with "
        "https://www.bgs.ac.uk/mineralsuk/ and https://www.energyinst.org/statistical-review/"
    )


def read_shares_copy(folder: Path) -> dict[str, object]:
    """Return the USGS world files and the copies of the BGS and Energy Institute series."""
    found = {"usgs": read_world(folder)}
    for key, name in (("bgs", _BGS), ("ei", _EI)):
        path = next(iter(sorted(folder.rglob(name))), None)
        if path is None:
            raise RefreshError(f"{folder}: no {name}; it is the copy that ree_shares is made from")
        found[key] = pd.read_csv(path, low_memory=False)
    return found


def tidy_shares(frames: dict[str, object]) -> pd.DataFrame:
    """Return `ree_shares`: one row for each source, edition and year, in tonnes."""
    table = pd.concat([_usgs(frames["usgs"]), _ei(frames["ei"]), _bgs(frames["bgs"])], ignore_index=True)
    table["china_share_pct"] = (100 * table["china_t"] / table["world_t"]).round(2)
    table["us_share_pct"] = (100 * table["us_t"] / table["world_t"]).round(2)
    table["definition"] = table["series"].map(SERIES)
    return table


def _usgs(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    world = tidy_world(frames)
    ree = world[(world["product"] == "Rare earths") & (world["kind"] == "production")]
    return pd.DataFrame(
        {
            "source": "USGS", "edition": edition, "published": PUBLISHED[edition], "series": "usgs", "year": year,
            "china_t": _of(rows, "China"), "us_t": _of(rows, "United States"), "world_t": _of(rows, "World"),
            "is_estimate": bool(rows[rows["country"] == "China"]["is_estimate"].iloc[0]),
        }
        for (edition, year), rows in ree.groupby(["edition", "year"])
    )  # fmt: skip


def _of(rows: pd.DataFrame, country: str) -> float:
    return float(rows[rows["country"] == country]["value"].iloc[0])


def _ei(frame: pd.DataFrame) -> pd.DataFrame:
    ree = frame[frame["mineral"] == "Rare Earth metals"].pivot(index="year", columns="country", values="production_kt")
    return pd.DataFrame(
        {
            "source": "Energy Institute", "edition": "2026", "published": "2026-06-30", "series": "ei", "year": year,
            "china_t": row["China"] * 1000, "us_t": row["US"] * 1000, "world_t": row["Total World"] * 1000,
            "is_estimate": False,
        }
        for year, row in ree.iterrows()
    ).round(1)  # fmt: skip


def _bgs(frame: pd.DataFrame) -> pd.DataFrame:
    """Oxides from 1992; before, the minerals of the two countries that are given in oxide content, from 1982."""
    ree = frame[frame["file_group"] == "REs"]
    oxides = _sums(ree[ree["commodity"] == "rare earth oxides"]).assign(series="bgs-oxides")
    before = ree[(ree["commodity"] == "rare earth minerals") & ree["year"].between(1982, 1991)]
    minerals = _sums(before).assign(series="bgs-minerals", world_t=None)
    both = pd.concat([minerals, oxides], ignore_index=True)
    return both.assign(source="BGS", edition="2019-2023", published="2025-04-28", is_estimate=False)


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    if (rows["units"] != "tonnes (metric)").any():
        raise RefreshError("BGS: a unit other than metric tonnes among the rare earths; read the series again")
    amounts = pd.to_numeric(rows["quantity"])
    by_country = amounts.groupby([rows["year"], rows["country"]]).sum(min_count=1).unstack()
    return pd.DataFrame({
        "year": by_country.index, "china_t": by_country["China"].values, "us_t": by_country["USA"].values,
        "world_t": by_country.sum(axis=1).values,
    })  # fmt: skip


REE_SHARES = Builder("ree_shares", (), read_shares, tidy_shares, read_shares_copy)

# --- prices as USGS prints them ---

# Rare earths and the other minerals that China put under export licence or ban from 2023 on.
PRICED = (
    "Antimony", "Bismuth", "Gallium", "Germanium", "Graphite (natural)", "Indium", "Magnesium metal", "Molybdenum",
    "Rare earths", "Rare earths (heavy)", "Scandium", "Tellurium", "Tungsten", "Yttrium",
)  # fmt: skip


def tidy_prices(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `usgs_prices`: annual average prices of the edition of 2026, one row for each product and year."""
    rows = []
    for cells in frame[frame["Statistics"] == "Price"].to_dict("records"):
        name = commodity(cells["MCS chapter"])
        if name not in PRICED:
            continue
        price = parse_quantity(cells["Value"])
        basis = re.sub(r"^Estimated\.?( -- )?", "", cells["Notes"]).strip()
        rows.append({
            "edition": "MCS 2026", "published": PUBLISHED["MCS 2026"], "commodity": name,
            "product": _product(cells["Statistics_detail"], name), "year": int(cells["Year"]), "price": price.value,
            "qualifier": price.qualifier or None, "price_low": price.low, "price_high": price.high,
            "unit": "USD/" + UNIT_OF[cells["Unit"]], "is_estimate": cells["Notes"].startswith("Estimated"),
            "basis": basis or None, "printed": cells["Value"],
        })  # fmt: skip
    return pd.DataFrame(rows)


UNIT_OF = {
    "dollars per pound": "lb",
    "dollars per kilogram": "kg",
    "dollars per metric ton": "t",
    "dollars per dry metric ton unit": "mtu WO3",
}


def _product(detail: str, name: str) -> str:
    """The product: what follows the colon, else what stands between "Price" and the unit."""
    _, colon, after = detail.partition(": ")
    if colon:
        return re.sub(r",? dollars per [a-z ]+$", "", after).strip()
    inner = re.sub(r"^Price,? ?|,? ?dollars per .*$|\baverage\b", "", detail)
    return inner.strip(" ,") or name


USGS_PRICES = Builder("usgs_prices", (file_2026("MCS2026_Commodities_Data.csv"),), read_sources, tidy_prices)
