"""Codes: the Harmonized System with its descriptions, and the countries of CEPII's BACI.

In: the published lists. Out: tidy tables.
"""

import zipfile
from pathlib import Path

import pandas as pd

from claimbook.refresh.core import Builder, Download, RefreshError, correct

# --- Harmonized System ---------------------------------------------------------------------------------------

_HS = Download(
    "https://raw.githubusercontent.com/datasets/harmonized-system/main/data/harmonized-system.csv",
    "harmonized-system.csv",
)


def _read_hs(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / _HS.filename, dtype="str", keep_default_na=False)


def _copy_hs(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "trade" / "un_comtrade_hs_codes.csv", dtype="str", keep_default_na=False)


def tidy_hs(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row a chapter, heading or subheading of the Harmonized System of 2022; the grand total is left out."""
    frame = raw[raw["hscode"] != "TOTAL"].rename(columns={"hscode": "hs", "level": "digits"})
    frame = frame.assign(
        digits=frame["digits"].astype("int64"),
        parent=frame["parent"].where(frame["parent"] != "TOTAL"),
        section=frame["section"].where(frame["section"] != "TOTAL"),
        description=frame["description"].str.replace(r"\s+", " ", regex=True).str.strip(),
    )
    return frame[["hs", "digits", "description", "parent", "section"]].sort_values("hs", ignore_index=True)


HS_CODES = Builder("hs_codes", (_HS,), _read_hs, tidy_hs, _copy_hs)


# --- countries of BACI ---------------------------------------------------------------------------------------

_BACI = Download("https://www.cepii.fr/DATA_DOWNLOAD/baci/data/BACI_HS17_V202601.zip", "BACI_HS17_V202601.zip")
_MEMBER = "country_codes_V202601.csv"
_BACI_COLUMNS = ["country_code", "country_name", "country_iso2", "country_iso3"]


def _read_baci(folder: Path) -> pd.DataFrame:
    """Take the list of countries out of the archive of flows."""
    with zipfile.ZipFile(folder / _BACI.filename) as archive:
        members = [name for name in archive.namelist() if name.rsplit("/", 1)[-1] == _MEMBER]
        if not members:
            raise RefreshError(f"{_BACI.filename}: no {_MEMBER} inside; the release has another layout")
        with archive.open(members[0]) as member:
            return _baci_list(member, f"{_BACI.filename}: {_MEMBER}")


def _copy_baci(folder: Path) -> pd.DataFrame:
    path = folder / "trade" / "cepii_baci_country_codes_v202601.csv"
    return correct(_baci_list(path, path.name), "baci_country_codes")


def _baci_list(source, name: str) -> pd.DataFrame:
    # "NA" is Namibia's two-letter code, not a missing value.
    frame = pd.read_csv(source, dtype="str", keep_default_na=False)
    if missing := [column for column in _BACI_COLUMNS if column not in frame.columns]:
        raise RefreshError(f"{name}: no column {missing[0]!r}; columns are {list(frame.columns)}")
    return frame[_BACI_COLUMNS]


def tidy_baci(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one row a BACI country code: the name, CEPII's two letter codes, and ISO's for countries of today."""
    frame = raw.rename(columns={"country_code": "code", "country_name": "country"})
    former = frame["country"].str.contains("(...", regex=False)
    # S19, R20 and ZA1 stand for groups of countries: ISO's codes are letters only.
    of_today = frame["country_iso3"].str.fullmatch("[A-Z]{3}") & ~former
    frame = frame.assign(
        code=frame["code"].astype("int64"),
        iso3=frame["country_iso3"].where(of_today),
        cepii_alpha3=frame["country_iso3"],
        cepii_alpha2=frame["country_iso2"].where(frame["country_iso2"] != ""),
        former=former,
    )
    columns = ["code", "country", "iso3", "cepii_alpha3", "cepii_alpha2", "former"]
    return frame[columns].sort_values("code", ignore_index=True)


BACI_COUNTRY_CODES = Builder("baci_country_codes", (_BACI,), _read_baci, tidy_baci, _copy_baci)
