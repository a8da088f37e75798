"""The tables of `data/` with their records: typed, checked against `datapackage.json`, provenance carried along.

In: a table's name. Out: a pandas frame whose `.attrs` say where every figure comes from.
"""

import calendar
import datetime
import difflib
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa

from claimbook.home import home
from claimbook.table_checks import record_faults, table_faults
from claimbook.table_files import TableError, csv_bytes, parquet_bytes, parse, write_whole

__all__ = ["TableError", "catalogue", "load", "package", "record", "source", "validate", "write_csv", "write_parquet"]

_NO_TABLES = ("ledger", "datapackage.json", "corrections.yaml", "README.md")  # what else data/ holds


# --- records -------------------------------------------------------------------------------------------------


def package(data: Path | None = None) -> dict:
    """Return the parsed `datapackage.json`, read again when the file changes.

    Raises
    ------
    TableError
        If it is missing or no JSON.
    """
    path = (data or home() / "data") / "datapackage.json"
    try:
        stat = path.stat()
        return _package(path, stat.st_mtime_ns, stat.st_size)
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = getattr(error, "strerror", None) or error  # without the path of this machine
        raise TableError(f"datapackage.json: not readable ({why}); restore it with git") from error


@lru_cache(maxsize=4)
def _package(path: Path, _changed: int, _size: int) -> dict:
    package = json.loads(path.read_text(encoding="utf-8"))
    if not all(isinstance(entry["name"], str) for entry in package["resources"]):
        raise TypeError("a resource has no name")
    return package


def record(name: str, data: Path | None = None) -> dict:
    """Return the record of one table.

    Raises
    ------
    TableError
        If no table has that name; the message gives near names.
    """
    records = {entry["name"]: entry for entry in package(data)["resources"]}
    if name in records:
        return records[name]
    near = difflib.get_close_matches(str(name), records, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else "tables.catalogue() lists what there is"
    raise TableError(f"datapackage.json: no table {name!r}; {hint}")


def catalogue(*, data: Path | None = None) -> pd.DataFrame:
    """Return one row per table: name, title, rows, edition, published, accessed, licence, source, builder, path."""
    return pd.DataFrame(
        [
            {
                "name": entry["name"],
                "title": entry["title"],
                "rows": entry["row_count"],
                "edition": entry.get("edition"),
                "published": entry.get("published"),
                "accessed": entry["accessed"],
                "licence": entry["licenses"][0]["title"],
                "source": entry["source_line"],
                "builder": entry["builder"],
                "path": entry["path"],
            }
            for entry in package(data)["resources"]
        ]
    )


# --- loading -------------------------------------------------------------------------------------------------


def load(name: str, known_by: str | datetime.date | None = None, *, data: Path | None = None) -> pd.DataFrame:
    """Return a table with its declared dtypes and its provenance in `.attrs`.

    Parameters
    ----------
    name : str
        As in `catalogue()`.
    known_by : str or date, optional
        ISO date: only the rows that were published by that day, so that a fact-check does not use later data. Columns
        that say what became of a row afterwards (`later_fields` of the record, such as a status) are left out.
    data : Path, optional
        Another `data/` folder.

    Returns
    -------
    DataFrame
        Dtypes: string -> str, integer and year -> Int64, number -> float64, boolean -> boolean, date ->
        datetime64[s]. `.attrs`: name, title, source (the line a chart prints), edition, published, licence, hash,
        and known_by when given.

    Raises
    ------
    TableError
        If the name is unknown, a byte changed, a cell breaks the schema, or `known_by` leaves nothing that can
        be dated.
    """
    folder = data or home() / "data"
    entry = record(name, folder)
    if faults := record_faults(entry):
        raise TableError("\n".join(faults))
    frame = to_pandas(_verified(entry, folder))
    if known_by is not None:
        frame = _known_by(frame, entry, _day(known_by))
    frame.attrs = _provenance(frame, entry)
    if known_by is not None:
        frame.attrs["known_by"] = str(_day(known_by))
    return frame


def _verified(entry: dict, folder: Path) -> pa.Table:
    path = entry["path"]
    try:
        content = (folder / path).read_bytes()
    except OSError as error:
        remedy = f"restore it with git, or `{_rebuild(entry)}`"
        raise TableError(f"{path}: not there ({error.strerror}); {remedy}") from error
    unchanged = hashlib.sha256(content).hexdigest() == str(entry["hash"]).removeprefix("sha256:")
    if not unchanged or len(content) != entry["bytes"]:
        raise TableError(_changed(content, entry))
    table = parse(content, entry["schema"]["fields"], path)
    faults = table_faults(table, entry["schema"], path)
    if table.num_rows != entry["row_count"]:
        said = entry["row_count"]
        faults.append(f"{path}: {table.num_rows} rows where datapackage.json says {said}; mend the record")
    if faults:
        raise TableError("\n".join(faults))
    return table


def _changed(content: bytes, entry: dict) -> str:
    """Say that a file is not the recorded one and, where its schema shows it, in which cell."""
    try:
        faults = table_faults(parse(content, entry["schema"]["fields"], entry["path"]), entry["schema"], entry["path"])
    except TableError as error:
        faults = [str(error)]
    where = f"; it shows at {faults[0]}" if faults else ""
    return (
        f"{entry['path']}: changed since its record was written ({len(content):,} bytes, recorded {entry['bytes']:,}; "
        f"SHA-256 differs){where}; restore it with git, or, if the change is meant or a refresh was broken off, "
        f"`{_rebuild(entry)}`"
    )


def _rebuild(entry: dict) -> str:
    """Return the command that makes the file and its record agree again."""
    hand = entry["builder"] == "hand-compiled"
    return f"python -m {'claimbook.refresh.stamp' if hand else 'claimbook refresh'} {entry['name']}"


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a frame with the dtypes that `load` promises."""
    stamped = [(f.name, pa.timestamp("s") if f.type == pa.date32() else f.type) for f in table.schema]
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    return table.cast(pa.schema(stamped)).to_pandas(types_mapper=nullable.get)


# --- time and provenance -------------------------------------------------------------------------------------


def _day(known_by: str | datetime.date) -> datetime.date:
    try:
        return datetime.date.fromisoformat(str(known_by)[:10])
    except ValueError as error:
        raise TableError(f"known_by={known_by!r} is not an ISO date; write it like 2025-10-25") from error


def _last_day(stamp: str) -> datetime.date:
    """Return the last day that a date of any precision can mean: 2025 -> 2025-12-31."""
    year, month, day = (*(int(part) for part in stamp.split("-")), None, None)[:3]
    month = month or 12
    return datetime.date(year, month, day or calendar.monthrange(year, month)[1])


def _known_by(frame: pd.DataFrame, entry: dict, day: datetime.date) -> pd.DataFrame:
    field = entry.get("known_by_field")
    if field is None:
        if _last_day(entry["published"]) > day:
            raise TableError(
                f"{entry['path']}: published {entry['published']}, so nobody could use it on {day}; "
                "leave known_by out and say so, or take an edition of the time"
            )
        return frame
    if pd.api.types.is_datetime64_any_dtype(frame[field].dtype):
        known = frame[field] <= pd.Timestamp(day)
    else:
        known = frame[field].map(lambda stamp: _last_day(stamp) <= day, na_action="ignore").fillna(False).astype(bool)
    return frame[known].drop(columns=entry.get("later_fields", [])).reset_index(drop=True)


def _provenance(frame: pd.DataFrame, entry: dict) -> dict:
    edition, published = _only(frame, "edition"), _only(frame, "published")
    return {
        "name": entry["name"],
        "title": entry["title"],
        "source": f"{entry['source_line']} ({edition})" if edition else entry["source_line"],
        "edition": edition or entry.get("edition"),
        "published": published or entry.get("published"),
        "licence": ", ".join(licence["title"] for licence in entry["licenses"]),
        "hash": entry["hash"],
    }


def _only(frame: pd.DataFrame, column: str) -> str | None:
    """Return the one value of a column, if it has one for the whole frame."""
    if column not in frame.columns or frame[column].nunique(dropna=False) != 1:
        return None
    value = frame[column].iloc[0]
    return None if pd.isna(value) else str(value)[:10] if isinstance(value, pd.Timestamp) else str(value)


def source(frame: pd.DataFrame, *, data: Path | None = None) -> str:
    """Return the source line of a loaded frame, with the edition once a selection has left only one.

    `load(...).attrs["source"]` is the line of the whole table; after ``frame[frame.edition == "MCS 2025"]`` this
    one names the edition.
    """
    return _provenance(frame, record(frame.attrs["name"], data))["source"]


# --- checking everything -------------------------------------------------------------------------------------


def validate(name: str | None = None, *, data: Path | None = None) -> list[str]:
    """Return every fault of one table and its record, or of all tables and the package; empty when all is well.

    Each table is read whole and checked as `load` does; nothing is taken from an earlier run.
    """
    folder = data or home() / "data"
    entries = [record(name, folder)] if name else package(folder)["resources"]
    with ThreadPoolExecutor() as pool:
        faults = [fault for found in pool.map(lambda entry: _entry_faults(entry, folder), entries) for fault in found]
    return faults if name else faults + _package_faults(entries, folder)


def _entry_faults(entry: dict, folder: Path) -> list[str]:
    if faults := record_faults(entry):
        return faults
    try:
        _verified(entry, folder)
    except TableError as error:
        return str(error).split("\n")
    return []


def _package_faults(entries: list[dict], folder: Path) -> list[str]:
    names, paths = [entry.get("name") for entry in entries], {entry.get("path") for entry in entries}
    twice = sorted({name for name in names if names.count(name) > 1}, key=str)
    faults = [f"datapackage.json: two records are named {name}; rename one" for name in twice]
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        inside = path.relative_to(folder)
        apart = inside.parts[0] in _NO_TABLES or any(part.startswith(".") for part in inside.parts)
        if not apart and inside.as_posix() not in paths:
            faults.append(f"{inside.as_posix()}: no record in datapackage.json; write one, or remove the file")
    return faults


# --- writing -------------------------------------------------------------------------------------------------


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` to `path` as CSV, the same bytes for the same frame, whole or not at all."""
    write_whole(path, csv_bytes(frame))


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` to `path` as Parquet, the same bytes for the same frame, whole or not at all."""
    write_whole(path, parquet_bytes(frame))
