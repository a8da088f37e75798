"""The data releases of the USGS Mineral Commodity Summaries: their dates, addresses and files.

In: a folder with the files of the releases, loose or zipped. Out: text frames; official downloads.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from claimbook import tables
from claimbook.refresh.core import Download, RefreshError

# First publication of each edition; the files of 2024 and 2025 are of later versions (2.0, March 2024, April 2025).
PUBLISHED = {
    "MCS 2022": "2022-01-31",
    "MCS 2023": "2023-01-31",
    "MCS 2024": "2024-01-31",
    "MCS 2025": "2025-01-31",
    "MCS 2026": "2026-02-06",
}
FETCHED = ("MCS 2025", "MCS 2026")  # what a refresh from the network reads; editions before are final
# ScienceBase items of the releases. A file has the address that the item's JSON gives as `downloadUri`; the item of
# 2026 also gives files by name.
_ITEM = "https://www.sciencebase.gov/catalog/file/get/"
_2025 = _ITEM + "677eaf95d34e760b392c4970?f=__disk__"
WORLD_2025 = Download(
    _2025 + "70%2Fcf%2F36%2F70cf3695ad9405884df4a4758e4b609013e3fb1e", "World_Data_Release_MCS_2025.zip"
)
SALIENT_2025 = Download(_2025 + "e1%2Fab%2F32%2Fe1ab32df12627a6bd9b4f888ecc1d5d048529dde", "Salient_MCS_2025.zip")
TRENDS_2025 = Download(_2025 + "95%2F04%2F37%2F950437abd793bc931d9f6cfd3c0869b108048b28", "Trends_MCS_2025.zip")


def file_2026(name: str) -> Download:
    """Return the download of one file of the release of 2026, by its name."""
    return Download(f"{_ITEM}696a75d5d4be0228872d3bf8?name={name}", name)


def files(folder: Path, pattern: str) -> dict[str, bytes]:
    """Return the files below `folder`, or inside zip files there, whose whole name matches `pattern`, by name.

    Case does not matter. Archives within archives are looked into as well.
    """
    wanted, found = re.compile(pattern, re.IGNORECASE), {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".zip":
            found |= _members(path.read_bytes(), wanted)
        elif path.is_file() and wanted.fullmatch(path.name):
            found[path.name] = path.read_bytes()
    return found


def _members(content: bytes, wanted: re.Pattern) -> dict[str, bytes]:
    found = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            if member.lower().endswith(".zip"):
                found |= _members(archive.read(member), wanted)
            elif wanted.fullmatch(Path(member).name):
                found[Path(member).name] = archive.read(member)
    return found


def only_file(folder: Path, name: str) -> bytes:
    """Return the content of the file of that name below `folder`.

    Raises
    ------
    RefreshError
        If it is not there.
    """
    found = files(folder, re.escape(name))
    if not found:
        raise RefreshError(f"{folder}: no {name}; it belongs to the USGS data release")
    return next(iter(found.values()))


def some(found: dict, folder: Path, what: str) -> dict:
    """Return `found` if it holds anything.

    Raises
    ------
    RefreshError
        If not one of the files is there.
    """
    if not found:
        raise RefreshError(f"{folder}: no {what}; save the USGS data release there")
    return found


def text_frame(content: bytes, encoding: str = "utf-8-sig") -> pd.DataFrame:
    """Return a CSV file as text cells: headings stripped, columns without heading and blank rows dropped."""
    rows = list(csv.reader(io.StringIO(content.decode(encoding), newline="")))
    heads = [head.strip() for head in rows[0]]
    keep = [i for i, head in enumerate(heads) if head and head not in heads[:i]]
    cells = [[row[i].replace("\xa0", " ").strip() if i < len(row) else "" for i in keep] for row in rows[1:]]
    return pd.DataFrame([row for row in cells if any(row)], columns=[heads[i] for i in keep], dtype=object)


def with_older(
    table: pd.DataFrame, name: str, piece: Iterable[str] = ("edition",), editions: Iterable[str] = tuple(PUBLISHED)
) -> pd.DataFrame:
    """Return `table` with the editions whose files were not given, as they stand in `data/`; `.attrs["told"]` says so.

    Editions before 2025 are final and their files have no address that is known to work (the 2024 archive was
    reported missing), so a refresh from the network reads 2025 and 2026 and leaves the older rows as they are.

    Parameters
    ----------
    table : DataFrame
        What was read from the files.
    name : str
        The table in `data/`.
    piece : iterable of str
        Columns that tell apart what the files of one edition hold, such as its commodities.
    editions : iterable of str
        All that the table has to have.

    Raises
    ------
    RefreshError
        If an edition is neither in the files nor in the table, or a final one is in the files only in part.
    """
    given = set(table["edition"])
    missing = sorted(set(editions) - given)
    try:
        old = tables.load(name)
    except tables.TableError:
        if missing:
            raise
        return table  # made whole again from the files alone
    _refuse_in_part(table, old, name, list(piece))
    kept = old[old["edition"].isin(missing)].assign(published=lambda f: f["published"].dt.strftime("%Y-%m-%d"))
    if lost := sorted(set(missing) - set(kept["edition"])):
        raise RefreshError(f"{name}: no files of {', '.join(lost)}, and the table has no rows of it either")
    whole = pd.concat([kept[table.columns], table], ignore_index=True) if missing else table
    if missing:
        whole.attrs["told"] = [f"files of {', '.join(sorted(given))}; no files of {', '.join(missing)}: rows kept"]
    return whole


def _refuse_in_part(table: pd.DataFrame, old: pd.DataFrame, name: str, piece: list[str]) -> None:
    """Refuse an edition that is final if the table in `data/` has pieces of it that the files do not hold."""

    def pieces(frame: pd.DataFrame) -> set[tuple[str, ...]]:
        final = frame[~frame["edition"].isin(FETCHED)]
        return set(final[piece].astype("string").fillna("").itertuples(index=False, name=None))

    given = {row[piece.index("edition")] for row in pieces(table)}
    lost = sorted(row for row in pieces(old) - pieces(table) if row[piece.index("edition")] in given)
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        raise RefreshError(
            f"{name}: the files lack {', '.join(filter(None, lost[0]))}{more}, which the table has: a release in part; "
            "add the files that are missing, or leave all of that edition out"
        )
