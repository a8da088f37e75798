"""Tables whose official file is UN Comtrade's: China's rare-earth exports, soybeans to China, US imports in 2025.

In: answers of Comtrade's preview service (or copies without a licence). Out: aggregates only, never product tables.
"""

from pathlib import Path

import pandas as pd

from claimbook.refresh import comtrade
from claimbook.refresh.core import Builder, Download, correct
from claimbook.refresh.countries import place


def _months(year: int) -> list[str]:
    return [f"{year}{month:02d}" for month in range(1, 13)]


# --- China's exports of rare earths and magnets, by month ----------------------------------------------------

_PRODUCTS = {"280530": "metals", "284690": "compounds", "850511": "magnets"}
_ALL = "metals, compounds and magnets"
_YEARS = range(2017, 2025)


def _read_rare_earths(folder: Path) -> pd.DataFrame:
    frame = comtrade.read_preview(folder / f"china_rare_earth_exports_{year}.json" for year in _YEARS)
    frame["country"] = frame["partnerCode"].map({comtrade.WORLD: "World", comtrade.USA: "United States"})
    frame["product"] = frame["cmdCode"].map(_PRODUCTS)
    frame = frame.assign(month=frame["period"].str[:4] + "-" + frame["period"].str[4:])
    frame = frame.rename(columns={"primaryValue": "value_usd", "netWgt": "quantity_kg"})
    columns = ["month", "country", "product", "value_usd", "quantity_kg"]
    total = frame.groupby(["month", "country"], as_index=False)[["value_usd", "quantity_kg"]].sum()
    by_product = frame[frame["country"] == "World"].assign(quantity_kg=None)
    return pd.concat([total.assign(product=_ALL), by_product])[columns]


def _copy_rare_earths(folder: Path) -> pd.DataFrame:
    """Join the copy's three files: products, all destinations, the United States."""
    names = {"Rare Earths (Metal)": "metals", "Rare Earths (Oxide)": "compounds", "Rare Earths (Magnet)": "magnets"}
    products = pd.read_csv(folder / "trade" / "china_exports_monthly_subgroups_2017_2024.csv")
    products = products[products["subgroup"].isin(names)].assign(country="World", quantity_kg=None)
    products = products.rename(columns={"val": "value_usd"}).assign(product=products["subgroup"].map(names))
    world = pd.read_csv(folder / "trade" / "china_exports_monthly_mineral_groups_2017_2024.csv")
    world = world.rename(columns={"total_value": "value_usd", "total_qty": "quantity_kg"}).assign(country="World")
    states = pd.read_csv(folder / "trade" / "china_exports_monthly_groups_by_destination_2017_2024.csv")
    states = states[states["partner_name"] == "USA"].assign(country="United States")
    states = states.rename(columns={"val": "value_usd", "qty": "quantity_kg"})
    both = pd.concat([world, states]).query("broad_group == 'Rare Earths'").assign(product=_ALL)
    frame = pd.concat([both, products]).assign(month=lambda rows: rows["period_dt"].str[:7])
    return frame[["month", "country", "product", "value_usd", "quantity_kg"]]


def tidy_rare_earths(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row a month, product and destination: value in US dollars, f.o.b., and quantity in metric tons.

    Quantities are given for the three products together and from 2018: those of 2017 lack the compounds.
    """
    frame = raw.assign(
        iso3=raw["country"].map({name: place(name).iso3 or None for name in raw["country"].unique()}).astype("str"),
        month=pd.to_datetime(raw["month"], format="%Y-%m"),
        value_usd=raw["value_usd"].round().astype("int64"),
        quantity_t=(raw["quantity_kg"].astype("float64") / 1000).round(3),
    )
    frame.loc[frame["month"].dt.year < 2018, "quantity_t"] = None
    columns = ["product", "country", "iso3", "month", "value_usd", "quantity_t"]
    return frame[columns].sort_values(["product", "country", "month"], ignore_index=True)


CHINA_RARE_EARTH_EXPORTS = Builder(
    table="china_rare_earth_exports",
    downloads=tuple(
        Download(
            comtrade.preview_url(
                "M", _months(year), reporters=[comtrade.CHINA], partners=[comtrade.WORLD, comtrade.USA],
                commodities=",".join(_PRODUCTS), flow="X",
            ),
            f"china_rare_earth_exports_{year}.json",
        )
        for year in _YEARS
    ),
    read=_read_rare_earths,
    tidy=tidy_rare_earths,
    read_copy=_copy_rare_earths,
)  # fmt: skip


# --- soybeans to China, by quarter ---------------------------------------------------------------------------

_EXPORTERS = {comtrade.USA: "United States", comtrade.BRAZIL: "Brazil", comtrade.ARGENTINA: "Argentina"}
_SOY_YEARS = range(2012, 2025)
_SOY_COLUMNS = ["exporter", "month", "low_usd", "high_usd"]


def _read_soybeans(folder: Path) -> pd.DataFrame:
    frame = comtrade.read_preview(folder / f"soybean_exports_to_china_{year}.json" for year in _SOY_YEARS)
    frame["exporter"] = frame["reporterCode"].map(_EXPORTERS)
    frame["month"] = frame["period"].str[:4] + "-" + frame["period"].str[4:]
    return frame.assign(low_usd=frame["primaryValue"], high_usd=frame["primaryValue"])[_SOY_COLUMNS]


def _copy_soybeans(folder: Path) -> pd.DataFrame:
    """Join the Census Bureau's months with the thesis file, whose figures below 100 million dollars are bounds only."""
    frame = pd.read_csv(folder / "trade" / "soy_exports_monthly_us_brazil_argentina_2012_2024.csv")
    frame = frame.melt("month", [f"{name}_soy_exports_to_china_kusd" for name in ("us", "brazil", "argentina")])
    names = {"us": "United States", "brazil": "Brazil", "argentina": "Argentina"}
    frame["exporter"] = frame["variable"].str.split("_").str[0].map(names)
    frame = frame.rename(columns={"value": "value_kusd"})
    thesis = with_lost_digits(correct(frame, "soybean_exports_to_china"))
    census = _census_soybeans(folder)
    taken = thesis.merge(census[["exporter", "month"]], how="left", indicator="where")["where"] == "both"
    return pd.concat([census, thesis[~taken.to_numpy()]])[_SOY_COLUMNS]


def with_lost_digits(frame: pd.DataFrame) -> pd.DataFrame:
    """Add bounds for figures that may have lost a final zero.

    The file was read once with the thousands comma taken for a decimal point, so that 385,720 became 385.72 and then
    38572: of its 226 figures from 1,000 to 999,999 none ends in 0, though one in ten should. A figure below 100,000
    thousand dollars is therefore itself or ten times itself. (One in a hundred lost two zeros; the bounds leave that
    aside.)

    Parameters
    ----------
    frame : DataFrame
        With value_kusd, thousand US dollars.

    Returns
    -------
    DataFrame
        The same with low_usd and high_usd, equal where the figure is certain.
    """
    value = frame["value_kusd"].astype("float64") * 1000
    unsure = frame["value_kusd"].between(1, 99_999)
    return frame.assign(low_usd=value, high_usd=value.where(~unsure, value * 10))


def _census_soybeans(folder: Path) -> pd.DataFrame:
    frame = pd.read_parquet(folder / "trade" / "us_exports_to_china_hs6_monthly_201301_202101.parquet")
    month = frame["year"].astype("str") + "-" + frame["month"].astype("str").str.zfill(2)
    frame = frame.assign(month=month)
    sums = frame[frame["hs6"].str.startswith("1201")].groupby("month")["exports_usd"].sum()
    sums = sums.reindex(sorted(frame["month"].unique()), fill_value=0).astype("float64")
    return pd.DataFrame({"month": sums.index, "low_usd": sums.to_numpy(), "high_usd": sums.to_numpy()}).assign(
        exporter="United States"
    )


def tidy_soybeans(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row an exporter and quarter: value in US dollars, or its bounds, and the months it holds."""
    quarter = pd.PeriodIndex(raw["month"], freq="Q")
    grouped = raw.assign(quarter=quarter).groupby(["exporter", "quarter"], as_index=False)
    frame = grouped.agg(
        value_low_usd=("low_usd", "sum"), value_high_usd=("high_usd", "sum"), months=("month", "nunique")
    )
    exact = frame["value_low_usd"] == frame["value_high_usd"]
    places = {name: place(name).iso3 for name in frame["exporter"].unique()}
    frame = frame.assign(
        country=frame["exporter"],
        iso3=frame["exporter"].map(places).astype("str"),
        quarter_start=frame["quarter"].dt.start_time,
        value_usd=frame["value_low_usd"].where(exact),
        qualifier=pd.Series("estimated_range", index=frame.index).where(~exact),
    )
    money = ["value_usd", "value_low_usd", "value_high_usd"]
    frame = frame[["country", "iso3", "quarter_start", "value_usd", "qualifier", *money[1:], "months"]]
    return frame.round(dict.fromkeys(money, 0)).astype(dict.fromkeys(money, "Int64"))


SOYBEAN_EXPORTS_TO_CHINA = Builder(
    table="soybean_exports_to_china",
    downloads=tuple(
        Download(
            comtrade.preview_url(
                "M", _months(year), reporters=_EXPORTERS, partners=[comtrade.CHINA], commodities="1201", flow="X"
            ),
            f"soybean_exports_to_china_{year}.json",
        )
        for year in _SOY_YEARS
    ),
    read=_read_soybeans,
    tidy=tidy_soybeans,
    read_copy=_copy_soybeans,
)


# --- US imports from China, 2025 against 2022-24, by chapter -------------------------------------------------

_BASE, _AFTER = ("2022", "2023", "2024"), "2025"


def _read_outcome(folder: Path) -> pd.DataFrame:
    frame = comtrade.read_preview([folder / "us_imports_from_china_by_chapter.json"])
    base = frame[frame["period"].isin(_BASE)].groupby("cmdCode")["primaryValue"].sum() / len(_BASE)
    after = frame[frame["period"] == _AFTER].groupby("cmdCode")["primaryValue"].sum()
    return pd.DataFrame({"base": base, "after": after}).rename_axis("hs").fillna(0).reset_index()


def _copy_outcome(folder: Path) -> pd.DataFrame:
    path = folder / "models" / "outcome_2025" / "us_imports_from_china_hs6_2025_vs_2022_24.csv"
    frame = pd.read_csv(path, dtype={"hs6": "str"})
    return frame.rename(columns={"hs6": "hs", "base_imports": "base", "v25_imports": "after"})[["hs", "base", "after"]]


def tidy_outcome(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row an HS chapter: US imports from China, c.i.f., mean of 2022-24 and 2025, million US dollars."""
    sums = raw.groupby(raw["hs"].str[:2].rename("hs2"))[["base", "after"]].sum() / 1e6
    frame = sums.reset_index().rename(columns={"base": "mean_2022_24_musd", "after": "imports_2025_musd"})
    frame["change"] = (frame["imports_2025_musd"] / frame["mean_2022_24_musd"] - 1).round(6)
    return frame.round({"mean_2022_24_musd": 3, "imports_2025_musd": 3})


US_IMPORTS_FROM_CHINA_2025 = Builder(
    table="us_imports_from_china_2025",
    downloads=(
        Download(
            comtrade.preview_url(
                "A", (*_BASE, _AFTER), reporters=[comtrade.USA], partners=[comtrade.CHINA], commodities="AG2", flow="M"
            ),
            "us_imports_from_china_by_chapter.json",
        ),
    ),
    read=_read_outcome,
    tidy=tidy_outcome,
    read_copy=_copy_outcome,
)
