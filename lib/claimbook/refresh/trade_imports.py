"""US imports with duties: by product and partner for 2024, by partner and month, by industry and month.

In: the Census Bureau's API (or the Trade War Tracker's extracts of it). Out: tidy tables, imports for consumption at
customs value and calculated duties, US dollars.
"""

from pathlib import Path

import pandas as pd

from claimbook.refresh import census
from claimbook.refresh.core import Builder, Download, RefreshError, correct
from claimbook.refresh.countries import place

# The European Union as one, and the 49 largest other partners of 2024: the choice of the Trade War Tracker.
PARTNERS_2024 = (
    "0003", "1220", "2010", "2050", "2110", "2150", "2190", "2230", "2470", "2740", "3010", "3070", "3310", "3330",
    "3370", "3510", "3570", "4039", "4120", "4419", "4621", "4890", "5050", "5081", "5130", "5170", "5200", "5330",
    "5350", "5380", "5420", "5490", "5520", "5550", "5570", "5590", "5600", "5650", "5700", "5800", "5820", "5830",
    "5880", "6021", "6141", "7210", "7290", "7530", "7620", "7910",
)  # fmt: skip
# The partners of the monthly tables; "-" is the Census Bureau's code for all countries.
PARTNERS_MONTHLY = (
    "-", "0003", "1220", "2010", "3010", "3370", "3510", "4010", "4120", "4190", "4210", "4231", "4279", "4280",
    "4330", "4419", "4621", "4700", "4759", "5081", "5170", "5330", "5490", "5520", "5570", "5590", "5600", "5700",
    "5800", "5830", "5880", "6021",
)  # fmt: skip
YEARS = range(2013, 2027)


def _placed(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Replace a column of Census names by `country` and `iso3` (missing for the world and for groups)."""
    places = {name: place(name) for name in frame[column].unique()}
    return frame.assign(
        country=frame[column].map({name: found.name for name, found in places.items()}).astype("str"),
        iso3=frame[column].map({name: found.iso3 or None for name, found in places.items()}).astype("str"),
    ).drop(columns=column)


def _dollars(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(columns, "int64"))


def _one_spaced(text: pd.Series) -> pd.Series:
    return text.str.replace(r"\s+", " ", regex=True).str.strip()


# --- all products, 2024 --------------------------------------------------------------------------------------

_HS10 = ("CTY_NAME", "I_COMMODITY", "CON_VAL_YR", "CAL_DUT_YR")


def _read_imports_2024(folder: Path) -> pd.DataFrame:
    answers = [census.read_api(folder / f"imports_hs10_2024_{code}.json", _HS10) for code in PARTNERS_2024]
    frame = pd.concat(answers, ignore_index=True)
    frame.columns = ["partner", "hs10", "imports_usd", "calc_duty_usd"]
    return _dollars(frame, "imports_usd", "calc_duty_usd")


def _copy_imports_2024(folder: Path) -> pd.DataFrame:
    """Read the tracker's extract, in which Slovakia stands alone and inside the European Union."""
    frame = pd.read_parquet(folder / "trade" / "us_imports_2024_hs10_by_partner.parquet")
    frame = frame.astype({"partner": "str", "hs10": "str"})
    _check_inside(frame, "SLOVAKIA", "EUROPEAN UNION")
    return correct(frame, "us_imports_2024")[["partner", "hs10", "imports_usd", "calc_duty_usd"]]


def _check_inside(frame: pd.DataFrame, member: str, union: str) -> None:
    """Fail unless every product of `member` can be part of the union's: same code, no larger value."""
    values = frame.pivot_table(index="hs10", columns="partner", values="imports_usd", observed=True)[[union, member]]
    outside = values[member].notna() & ~(values[member] <= values[union])
    if outside.any():
        code = outside.idxmax()
        raise RefreshError(
            f"us_imports_2024_hs10_by_partner.parquet: hs10 {code}: {member} {values.at[code, member]:.0f} exceeds "
            f"{union} {values.at[code, union]:.0f}, so the union does not hold it; mend corrections.yaml"
        )


def tidy_imports_2024(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row a partner and ten-digit product: imports for consumption and calculated duty, US dollars."""
    frame = _placed(raw, "partner").rename(
        columns={"imports_usd": "value_usd", "calc_duty_usd": "calculated_duty_usd"}
    )
    columns = ["country", "iso3", "hs10", "value_usd", "calculated_duty_usd"]
    return frame[columns].sort_values(["country", "hs10"], ignore_index=True)


US_IMPORTS_2024 = Builder(
    table="us_imports_2024",
    downloads=tuple(
        Download(
            census.api_url("imports/hs", _HS10, COMM_LVL="HS10", CTY_CODE=code, time="2024-12"),
            f"imports_hs10_2024_{code}.json",
        )
        for code in PARTNERS_2024
    ),
    read=_read_imports_2024,
    tidy=tidy_imports_2024,
    read_copy=_copy_imports_2024,
)


# --- descriptions of the ten-digit lines ---------------------------------------------------------------------


def _read_hs10(folder: Path) -> pd.DataFrame:
    frame = census.read_api(folder / "imports_hs10_2024_descriptions.json", ["I_COMMODITY", "I_COMMODITY_SDESC"])
    frame.columns = ["hs10", "description"]
    return frame


def _copy_hs10(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "trade" / "us_hs10_descriptions_2024.csv", dtype="str", keep_default_na=False)


def tidy_hs10(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row a ten-digit line: its code and the Census Bureau's short description, spaces collapsed."""
    frame = raw.assign(description=_one_spaced(raw["description"]))
    return frame.drop_duplicates().sort_values("hs10", ignore_index=True)


HS10_DESCRIPTIONS = Builder(
    table="hs10_descriptions",
    downloads=(
        Download(
            census.api_url("imports/hs", ["I_COMMODITY", "I_COMMODITY_SDESC"], COMM_LVL="HS10", CTY_CODE="-",
                           time="2024-12"),
            "imports_hs10_2024_descriptions.json",
        ),
    ),
    read=_read_hs10,
    tidy=tidy_hs10,
    read_copy=_copy_hs10,
)  # fmt: skip


# --- by partner and month ------------------------------------------------------------------------------------

_MONTHLY = ("CTY_CODE", "CTY_NAME", "CON_VAL_MO", "CAL_DUT_MO", "time")


def _read_duties(folder: Path) -> pd.DataFrame:
    answers = [census.read_api(folder / f"imports_by_partner_{year}.json", _MONTHLY) for year in YEARS]
    frame = pd.concat(answers, ignore_index=True)
    frame = frame[frame["CTY_CODE"].isin(PARTNERS_MONTHLY)].drop(columns="CTY_CODE")
    frame.columns = ["partner", "imports_usd", "calc_duty_usd", "month"]
    return _dollars(frame, "imports_usd", "calc_duty_usd")


def _copy_duties(folder: Path) -> pd.DataFrame:
    frame = pd.read_csv(folder / "trade" / "us_imports_monthly_total_by_partner_2013_2025.csv")
    return frame[frame["partner"] != "USMCA (NAFTA)"]  # Canada and Mexico stand alone


def tidy_duties(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row a partner and month: imports for consumption, calculated duty and their ratio."""
    frame = _placed(raw, "partner").rename(columns={"calc_duty_usd": "calculated_duty_usd"})
    frame["month"] = pd.to_datetime(frame["month"], format="%Y-%m")
    frame["realised_rate"] = frame["calculated_duty_usd"] / frame["imports_usd"]
    columns = ["country", "iso3", "month", "imports_usd", "calculated_duty_usd", "realised_rate"]
    return frame[columns].sort_values(["country", "month"], ignore_index=True)


US_DUTIES_BY_PARTNER_MONTH = Builder(
    table="us_duties_by_partner_month",
    downloads=tuple(
        Download(
            census.api_url("imports/hs", _MONTHLY[:-1], time=f"from {year}-01 to {year}-12"),
            f"imports_by_partner_{year}.json",
        )
        for year in YEARS
    ),
    read=_read_duties,
    tidy=tidy_duties,
    read_copy=_copy_duties,
)


# --- by industry and month, China and the world --------------------------------------------------------------

_NAICS = ("CTY_NAME", "CON_VAL_MO", "CAL_DUT_MO", "NAICS", "NAICS_SDESC", "time")
_NAICS_PARTNERS = {"-": "TOTAL FOR ALL COUNTRIES", census.CHINA: "CHINA"}
_ALL_PRODUCTS = ("00", "-")


def _read_naics(folder: Path) -> pd.DataFrame:
    frame = pd.concat(
        [census.read_api(folder / f"imports_naics3_{code}.json", _NAICS) for code in _NAICS_PARTNERS],
        ignore_index=True,
    )
    frame.columns = ["partner", "imports_usd", "calc_duty_usd", "naics3", "naics_description", "month"]
    return _dollars(frame[~frame["naics3"].isin(_ALL_PRODUCTS)], "imports_usd", "calc_duty_usd")


def _copy_naics(folder: Path) -> pd.DataFrame:
    frame = pd.read_parquet(folder / "trade" / "us_imports_monthly_naics3_by_partner_2013_2025.parquet")
    kept = frame["partner"].isin(_NAICS_PARTNERS.values()) & ~frame["naics3"].isin(_ALL_PRODUCTS)
    return frame[kept]


def tidy_naics(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row a partner (China, World), industry (NAICS, three digits) and month; US dollars."""
    frame = _placed(raw, "partner").rename(columns={"calc_duty_usd": "calculated_duty_usd"})
    frame["industry"] = _one_spaced(frame["naics_description"]).str.capitalize().str.replace("canada", "Canada")
    frame["month"] = pd.to_datetime(frame["month"], format="%Y-%m")
    columns = ["country", "iso3", "naics3", "industry", "month", "imports_usd", "calculated_duty_usd"]
    return frame[columns].sort_values(["country", "naics3", "month"], ignore_index=True)


US_IMPORTS_BY_INDUSTRY_MONTH = Builder(
    table="us_imports_by_industry_month",
    downloads=tuple(
        Download(
            census.api_url("imports/naics", _NAICS[:-1], COMM_LVL="NA3", CTY_CODE=code, time="from 2013-01"),
            f"imports_naics3_{code}.json",
        )
        for code in _NAICS_PARTNERS
    ),
    read=_read_naics,
    tidy=tidy_naics,
    read_copy=_copy_naics,
)
