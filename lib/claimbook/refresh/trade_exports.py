"""US trade with China as a whole, and US exports to China by Phase One group.

In: the Census Bureau's country workbook and export API (or the copies of the raw folder). Out: tidy tables, customs and
f.a.s. values, US dollars, not seasonally adjusted.
"""

from pathlib import Path

import pandas as pd

from claimbook.home import home
from claimbook.refresh import census
from claimbook.refresh import trade_readings as readings
from claimbook.refresh.core import Builder, Download, RefreshError

_HS6_FILE = "us_exports_to_china_hs6_monthly_201301_202101.parquet"
_WORKBOOK = Download(census.COUNTRY_WORKBOOK, "country.xlsx")

# --- all goods, by month and by year -------------------------------------------------------------------------


def _read_months(folder: Path) -> pd.DataFrame:
    months = census.country_months(folder / _WORKBOOK.filename, census.CHINA)
    return months.assign(exports_basis="country workbook")


def _copy_months(folder: Path) -> pd.DataFrame:
    """Join the copies: imports from FRED; exports from the workbook of 2017, the country page, the sum of products."""
    imports = pd.read_csv(folder / "trade" / "us_goods_imports_from_china_monthly_1985_2025_fred_impch.csv")
    imports = imports.assign(month=pd.to_datetime(imports["date"]), imports_musd=imports["imports_from_china_musd"])
    exports = pd.concat([_workbook_2017(folder), _hs6_sums(folder), _page_readings()])
    return imports[["month", "imports_musd"]].merge(exports, on="month", how="left", validate="one_to_one")


def _workbook_2017(folder: Path) -> pd.DataFrame:
    """Return exports 1985-2013; later months of that copy were revised since, and the page has them."""
    frame = pd.read_csv(folder / "trade" / "us_goods_trade_by_partner_monthly_1985_2016.csv")
    frame = frame[(frame["partner"] == "China") & (frame["year"] <= 2013)]
    month = pd.to_datetime(frame[["year", "month"]].assign(day=1))
    return pd.DataFrame({"month": month, "exports_musd": frame["exports_musd"], "exports_basis": "country workbook"})


def _hs6_sums(folder: Path) -> pd.DataFrame:
    frame = _copy_hs6(folder)
    totals = frame[frame["month"] >= "2020-01"].groupby("month", as_index=False)["exports_usd"].sum()
    totals["exports_musd"] = totals.pop("exports_usd") / 1e6
    totals["month"] = pd.to_datetime(totals["month"], format="%Y-%m")
    return totals.assign(exports_basis="sum of HS6")


def _page_readings() -> pd.DataFrame:
    years = readings.MONTHS_2014_2019 | readings.MONTHS_2024_2025
    rows = [
        (pd.Timestamp(year, number, 1), value, "country page")
        for year, values in years.items()
        for number, value in enumerate(values, start=1)
    ]
    return pd.DataFrame(rows, columns=["month", "exports_musd", "exports_basis"])


def tidy_months(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row a month: exports, imports and balance, million US dollars, and where the exports come from."""
    frame = raw.assign(balance_musd=(raw["exports_musd"] - raw["imports_musd"]).round(6))
    columns = ["month", "exports_musd", "imports_musd", "balance_musd", "exports_basis"]
    return frame[columns].sort_values("month", ignore_index=True)


US_CHINA_GOODS_TRADE_MONTH = Builder(
    "us_china_goods_trade_month", (_WORKBOOK,), _read_months, tidy_months, _copy_months
)


def _read_years(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return _read_months(folder), pd.DataFrame(columns=["year", "exports_musd", "basis", "source"])


def _copy_years(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    months = _copy_months(folder)
    months.loc[months["exports_basis"] == "sum of HS6", "exports_musd"] = None  # short of the published total
    imports = months.groupby(months["month"].dt.year)["imports_musd"].sum()
    rows = [(year, *found) for year, found in readings.YEARS.items()]
    rows += [
        (year, round(imports[year] - deficit, -2), "derived", source)
        for year, (deficit, source) in readings.DEFICITS.items()
    ]
    return months, pd.DataFrame(rows, columns=["year", "exports_musd", "basis", "source"])


def tidy_years(raw: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    """Return one row a full year: exports, imports and balance, million US dollars.

    Exports are the sum of twelve months where all are known, else a yearly figure with its basis and address.
    """
    months, yearly = raw
    sums = months.groupby(months["month"].dt.year.rename("year"))[["exports_musd", "imports_musd"]]
    frame = sums.sum(min_count=12).round(6).dropna(subset="imports_musd").reset_index()
    frame["exports_basis"] = "sum of months"
    other = yearly.set_index("year")
    for target, column in (("exports_basis", "basis"), ("exports_source", "source")):
        frame[target] = frame["year"].map(other[column]).where(frame["exports_musd"].isna(), frame.get(target))
    frame["exports_musd"] = frame["exports_musd"].fillna(frame["year"].map(other["exports_musd"]))
    frame["balance_musd"] = (frame["exports_musd"] - frame["imports_musd"]).round(6)
    return frame[["year", "exports_musd", "imports_musd", "balance_musd", "exports_basis", "exports_source"]]


US_CHINA_GOODS_TRADE = Builder("us_china_goods_trade", (_WORKBOOK,), _read_years, tidy_years, _copy_years)


# --- Phase One -----------------------------------------------------------------------------------------------

_SPELLING = {
    "not in aggreement": "Not covered",
    "Electrical equipment and mac.hioery": "Electrical equipment and machinery",
    "Industrial mac.hin ery": "Industrial machinery",
}
AIRCRAFT = "880000"  # civilian aircraft, engines and parts: the Census Bureau's aggregate for exports
_MAP_COLUMNS = ["hs6", "group", "subgroup"]


def _no_map(folder: Path) -> pd.DataFrame:
    raise RefreshError(
        "phase_one_product_map: annex 6.1 of the agreement is a printed list; the map of HS codes is the Trade War "
        "Tracker's of 2020 and cannot be refreshed"
    )


def _copy_map(folder: Path) -> pd.DataFrame:
    frame = pd.read_csv(folder / "trade" / "phase_one_product_map_hs6.csv", dtype="str")
    frame = frame.rename(columns={"phase_one_group": "group", "phase_one_subgroup": "subgroup"})
    return frame.dropna(subset="hs6")  # one line holds no code


def tidy_map(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row an HS6 code: its Phase One group and subgroup, aircraft apart."""
    frame = raw[_MAP_COLUMNS].replace(_SPELLING)
    frame.loc[frame["hs6"] == AIRCRAFT, "group"] = "Civil aircraft"
    return frame.sort_values("hs6", ignore_index=True)


PHASE_ONE_PRODUCT_MAP = Builder("phase_one_product_map", (), _no_map, tidy_map, _copy_map)

_EXPORTS = ("E_COMMODITY", "ALL_VAL_MO", "time")
_EXPORT_YEARS = range(2013, 2022)


def _read_hs6(folder: Path) -> pd.DataFrame:
    answers = [census.read_api(folder / f"exports_to_china_hs6_{year}.json", _EXPORTS) for year in _EXPORT_YEARS]
    frame = pd.concat(answers, ignore_index=True)
    frame.columns = ["hs6", "exports_usd", "month"]
    return frame.astype({"exports_usd": "int64"})


def _copy_hs6(folder: Path) -> pd.DataFrame:
    frame = pd.read_parquet(folder / "trade" / _HS6_FILE)
    month = frame["year"].astype("str") + "-" + frame["month"].astype("str").str.zfill(2)
    return frame.assign(month=month)[["hs6", "exports_usd", "month"]]


def tidy_phase_one(raw: pd.DataFrame, product_map: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row a group, subgroup and month: US exports to China, US dollars.

    Parameters
    ----------
    raw : DataFrame
        hs6, month (``2013-01``), exports_usd.
    product_map : DataFrame, optional
        As the table `phase_one_product_map`, which is read when none is given.

    Raises
    ------
    RefreshError
        If a product of `raw` is not in the map.
    """
    if product_map is None:
        product_map = pd.read_csv(home() / "data" / "trade" / "phase_one_product_map.csv", dtype="str")
    frame = raw.merge(product_map, on="hs6", how="left", validate="many_to_one")
    if frame["group"].isna().any():
        code = frame.loc[frame["group"].isna(), "hs6"].iloc[0]
        raise RefreshError(f"phase_one_exports: HS6 {code} is not in phase_one_product_map.csv; place it there first")
    frame["subgroup"] = frame["subgroup"].fillna(frame["group"])
    frame["month"] = pd.to_datetime(frame["month"], format="%Y-%m")
    sums = frame.pivot_table(index="month", columns=["group", "subgroup"], values="exports_usd", aggfunc="sum")
    # A month without a line in the file is a month without exports.
    filled = sums.fillna(0).astype("int64").T.stack().rename("exports_usd").reset_index()
    return filled.sort_values(["group", "subgroup", "month"], ignore_index=True)


PHASE_ONE_EXPORTS = Builder(
    table="phase_one_exports",
    downloads=tuple(
        Download(
            census.api_url("exports/hs", _EXPORTS[:-1], COMM_LVL="HS6", CTY_CODE=census.CHINA,
                           time=f"from {year}-01 to {year}-12"),
            f"exports_to_china_hs6_{year}.json",
        )
        for year in _EXPORT_YEARS
    ),
    read=_read_hs6,
    tidy=tidy_phase_one,
    read_copy=_copy_hs6,
)  # fmt: skip
