"""Tariff tables with an official file: the Trade War Tracker's statutory rates by partner and by day.

In: two CSV files of the tracker's repository, or the copies of them. Out: tidy tables, rates in percent.
"""

from pathlib import Path

import pandas as pd

from claimbook.refresh.core import Builder, Download, correct, expect_columns
from claimbook.refresh.countries import place

_TRACKER = "https://raw.githubusercontent.com/tradewartracker/trade-war-redux-2025/main/"
BY_COUNTRY = Download(_TRACKER + "country-by-time.csv", "country-by-time.csv")
DAILY = Download(_TRACKER + "daily-tariff-latest-data.csv", "daily-tariff-latest-data.csv")

# The files do not say where knowledge ends; this is the day of the version read. Set it anew with a newer one.
LAST_KNOWN_DAY = "2026-07-23"


def _after_last_known(dates: pd.Series) -> pd.Series:
    return pd.to_datetime(dates, format="ISO8601") > pd.Timestamp(LAST_KNOWN_DAY)


# --- by partner ----------------------------------------------------------------------------------------------


def read_by_partner(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / BY_COUNTRY.filename)


def copy_by_partner(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "tariffs" / "twt_us_tariff_increase_by_country_by_date.csv")


def tidy_by_partner(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the points added since January 2025 by partner and policy date, with the rate collected in 2024.

    The file's column "effective tariff" holds the added points, not a level: for China it is 20 on the first day,
    when the level was above 30.
    """
    expect_columns(
        raw, ["date", "country_name", "effective tariff", "total imports", "2024 tariff"], BY_COUNTRY.filename
    )
    raw = correct(raw, "tariff_by_partner_date")
    places = raw["country_name"].map(place)
    return pd.DataFrame(
        {
            "date": raw["date"],
            "country": places.map(lambda found: found.name),
            "iso3": places.map(lambda found: found.iso3 or None),
            "added_points_pct": raw["effective tariff"],
            "collected_rate_2024_pct": raw["2024 tariff"],
            "imports_2024_usd": raw["total imports"].astype("int64"),
            "projected": _after_last_known(raw["date"]),
        }
    )


# --- by day --------------------------------------------------------------------------------------------------


def read_daily(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / DAILY.filename)


def copy_daily(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "tariffs" / "twt_us_average_tariff_daily.csv")


def tidy_daily(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the average US tariff on all imports by day; the tail is a projection of the last known policy."""
    expect_columns(raw, ["date", "import_weighted_avg_tariff"], DAILY.filename)
    return pd.DataFrame(
        {
            "date": raw["date"],
            "average_tariff_pct": raw["import_weighted_avg_tariff"],
            "projected": _after_last_known(raw["date"]),
        }
    )


TARIFF_BY_PARTNER_DATE = Builder(
    "tariff_by_partner_date", (BY_COUNTRY,), read_by_partner, tidy_by_partner, copy_by_partner
)
US_AVERAGE_TARIFF_DAILY = Builder("us_average_tariff_daily", (DAILY,), read_daily, tidy_daily, copy_daily)

BUILDERS = (TARIFF_BY_PARTNER_DATE, US_AVERAGE_TARIFF_DAILY)
