"""UN Comtrade's form: JSON with a list `data`, one record a reporter, partner, commodity and period.

In: answers of the public preview service (at most 500 records, no key). Out: one frame, totals of all transport modes.
Terms: Comtrade's figures may be used and cited, not handed on in bulk; tables here keep aggregates only.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd

from claimbook.refresh.errors import RefreshError

PREVIEW = "https://comtradeapi.un.org/public/v1/preview"
USA, CHINA, BRAZIL, ARGENTINA, WORLD = 842, 156, 76, 32, 0
COLUMNS = ("period", "reporterCode", "partnerCode", "cmdCode", "primaryValue", "netWgt")
LIMIT = 500  # records that the preview gives at most


def preview_url(frequency: str, periods: Iterable[str], *, reporters, partners, commodities: str, flow: str) -> str:
    """Return the address of one call of the preview service.

    Parameters
    ----------
    frequency : {"A", "M"}
        Annual or monthly.
    periods : iterable of str
        ``2024`` or ``202401``, at most twelve.
    reporters, partners : iterable of int
        UN Comtrade codes (842 United States, 156 China, 0 world).
    commodities : str
        HS codes with commas, or ``AG2`` for all chapters.
    flow : {"X", "M"}
        Exports (f.o.b.) or imports (c.i.f.).
    """
    conditions = {
        "reporterCode": ",".join(map(str, reporters)),
        "period": ",".join(periods),
        "partnerCode": ",".join(map(str, partners)),
        "cmdCode": commodities,
        "flowCode": flow,
        "partner2Code": "0",
        "customsCode": "C00",
        "motCode": "0",
    }
    return f"{PREVIEW}/C/{frequency}/HS?" + urlencode(conditions, safe=",")


def read_preview(paths: Iterable[Path]) -> pd.DataFrame:
    """Return the records of several answers.

    Returns
    -------
    DataFrame
        period and cmdCode as text, reporterCode and partnerCode as numbers, primaryValue in US dollars, netWgt in kg.

    Raises
    ------
    RefreshError
        If an answer is not Comtrade's, or holds as many records as the preview gives at most (it was cut short).
    """
    records = []
    for path in paths:
        found = _records(Path(path))
        if len(found) >= LIMIT:
            raise RefreshError(f"{Path(path).name}: {len(found)} records, the preview's limit; ask for fewer periods")
        records += found
    frame = pd.DataFrame(records)
    if missing := [column for column in COLUMNS if column not in frame.columns]:
        raise RefreshError(f"UN Comtrade: no field {missing[0]!r} in the records; fields are {list(frame.columns)}")
    return frame[list(COLUMNS)].astype({"period": "str", "cmdCode": "str"})


def _records(path: Path) -> list[dict]:
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["data"])
    except (ValueError, KeyError, TypeError) as fault:
        raise RefreshError(f"{path.name}: not an answer of UN Comtrade ({fault!r}); read the file") from fault
