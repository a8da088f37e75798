"""The US Census Bureau's two forms of trade figures: the API's JSON arrays and the workbook of country totals.

In: files as the servers give them. Out: frames with the published column names. The API asks for a key (free, at
https://api.census.gov/data/key_signup.html), given as the environment variable CENSUS_API_KEY; without one it answers
with a page, not JSON.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd

from claimbook.refresh.errors import RefreshError

API = "https://api.census.gov/data/timeseries/intltrade"
COUNTRY_WORKBOOK = "https://www.census.gov/foreign-trade/balance/country.xlsx"
CHINA, EUROPEAN_UNION = "5700", "0003"
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def api_url(dataset: str, get: Iterable[str], **conditions: str) -> str:
    """Return the address of one API call.

    Parameters
    ----------
    dataset : str
        ``imports/hs``, ``exports/hs``, ``imports/naics`` and so on.
    get : iterable of str
        Variables, as named in the Census Bureau's guide to its international trade data sets.
    **conditions : str
        ``CTY_CODE``, ``COMM_LVL``, ``time`` (``2024-12``, or ``from 2013-01 to 2013-12``).

    Examples
    --------
    >>> api_url("imports/hs", ["CON_VAL_YR"], CTY_CODE="5700", time="2024-12")
    'https://api.census.gov/data/timeseries/intltrade/imports/hs?get=CON_VAL_YR&CTY_CODE=5700&time=2024-12'
    """
    return f"{API}/{dataset}?" + urlencode({"get": ",".join(get), **conditions}, safe=",")


def with_key(url: str) -> str:
    """Return an address with the reader's API key where it asks the Census API and a key is set.

    The key goes into the request only; addresses in records and messages stay without it.
    """
    key = os.environ.get("CENSUS_API_KEY")
    return f"{url}&{urlencode({'key': key})}" if key and url.startswith(API) else url


def read_api(path: Path, columns: Iterable[str]) -> pd.DataFrame:
    """Return one answer of the API, all cells text.

    Parameters
    ----------
    path : Path
        A JSON array of arrays, the first one the column names.
    columns : iterable of str
        Columns that must be there; the others are dropped.

    Raises
    ------
    RefreshError
        If the file is not such an array, or a column is missing.
    """
    try:
        header, *rows = json.loads(Path(path).read_text(encoding="utf-8"))
        frame = pd.DataFrame(rows, columns=header, dtype="str")
    except (ValueError, TypeError) as fault:
        raise RefreshError(
            f"{Path(path).name}: not the Census API's array of arrays ({fault}); without a key the server answers with "
            "a page: get one at https://api.census.gov/data/key_signup.html and set CENSUS_API_KEY"
        ) from fault
    columns = list(columns)
    if missing := [column for column in columns if column not in frame.columns]:
        raise RefreshError(f"{Path(path).name}: no column {missing[0]!r}; columns are {list(frame.columns)}")
    # A condition that is also asked for stands twice in the answer; the copies are equal.
    return frame.loc[:, ~frame.columns.duplicated()][columns]


def country_months(path: Path, code: str) -> pd.DataFrame:
    """Return the monthly goods trade with one partner from the Census Bureau's workbook of country totals.

    Parameters
    ----------
    path : Path
        ``country.xlsx``: one row a partner and year, ``IJAN`` ... ``IDEC`` imports, ``EJAN`` ... ``EDEC`` exports.
    code : str
        Census country code, such as ``5700`` for China.

    Returns
    -------
    DataFrame
        month (first day), imports_musd, exports_musd; million US dollars, customs and f.a.s. value, not seasonally
        adjusted. Months still to come, printed as 0, are left out.

    Raises
    ------
    RefreshError
        If a column or the partner is missing.
    """
    book = pd.read_excel(path, dtype={"CTY_CODE": "str"})
    wanted = ["year", "CTY_CODE", *(f"{flow}{month}" for flow in "IE" for month in MONTHS)]
    if missing := [column for column in wanted if column not in book.columns]:
        raise RefreshError(f"{Path(path).name}: no column {missing[0]!r}; columns are {list(book.columns)}")
    rows = book[book["CTY_CODE"].str.zfill(4) == code]
    if rows.empty:
        raise RefreshError(f"{Path(path).name}: no row with CTY_CODE {code}; the layout has changed")
    months = [
        (pd.Timestamp(int(row["year"]), number, 1), row[f"I{month}"], row[f"E{month}"])
        for _, row in rows.iterrows()
        for number, month in enumerate(MONTHS, start=1)
    ]
    frame = pd.DataFrame(months, columns=["month", "imports_musd", "exports_musd"]).sort_values("month")
    last = frame.loc[frame["imports_musd"] > 0, "month"].max()
    return frame[frame["month"] <= last].astype({"imports_musd": "float64", "exports_musd": "float64"})
