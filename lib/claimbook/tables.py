"""The tables of `data/` with their records: typed, checked against `datapackage.json`, provenance carried along.

In: a table's name. Out: a pandas frame whose `.attrs` say where every figure comes from.
"""

import contextlib
import difflib
import hashlib
import io
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from claimbook.errors import ClaimbookError
from claimbook.home import home

ARROW_TYPES = {
    "string": pa.string(),
    "integer": pa.int64(),
    "year": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


class TableError(ClaimbookError):
    """A table or its record is not what it says it is; the message names file, row, column, value and remedy."""


# --- writing -------------------------------------------------------------------------------------------------


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return `frame` as CSV: UTF-8, LF, minimal quoting, `true`/`false`, missing = empty, shortest floats.

    Raises
    ------
    TableError
        If a cell holds a line break (rows are counted by line) or a number is infinite.
    """
    text = pd.DataFrame({column: _as_text(frame[column]) for column in frame.columns})
    buffer = io.StringIO(newline="")
    text.to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue().encode("utf-8")


def _as_text(column: pd.Series) -> list[str | None]:
    if pd.api.types.is_bool_dtype(column.dtype):
        words = {True: "true", False: "false"}
        return [None if pd.isna(v) else words[bool(v)] for v in column]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return [None if pd.isna(v) else v.date().isoformat() for v in column]
    return [None if pd.isna(v) else _cell(v, column.name) for v in column]


def _cell(value: object, column: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value, column)
    text = str(value)
    if "\n" in text or "\r" in text:
        raise TableError(f"column {column}: {text[:40]!r} holds a line break; a cell is one line, replace it by a space")
    return text


def _float(value: float, column: str) -> str:
    if value in (float("inf"), float("-inf")):
        raise TableError(f"column {column}: {value} cannot be written; infinite is not a quantity, leave it missing")
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text


def parquet_bytes(frame: pd.DataFrame, fields: list[dict] | None = None) -> bytes:
    """Return `frame` as Parquet: zstd, no index, no pandas metadata, so equal frames give equal bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    table = table.cast(pa.schema([(field.name, _plain_type(field.type)) for field in table.schema]))
    sink = io.BytesIO()
    pa.parquet.write_table(table, sink, compression="zstd", compression_level=19, store_schema=False)
    return sink.getvalue()


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        return pa.string()
    if pa.types.is_timestamp(kind):
        return pa.date32()
    if pa.types.is_integer(kind):
        return pa.int64()
    return pa.float64() if pa.types.is_floating(kind) else kind


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` to `path` as CSV (see `csv_bytes`), whole or not at all."""
    write_whole(path, csv_bytes(frame))


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` to `path` as Parquet (see `parquet_bytes`), whole or not at all."""
    write_whole(path, parquet_bytes(frame))


def write_whole(path: Path, content: bytes) -> None:
    """Replace `path` by `content`; a crash leaves the old file or the new one, never a part."""
    os.replace(write_beside(path, content), path)


def write_beside(path: Path, content: bytes) -> Path:
    """Write `content` to a new temporary file in the folder of `path`, on disk when this returns."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    return Path(name)


# --- records -------------------------------------------------------------------------------------------------


def package(data: Path | None = None) -> dict:
    """Return the parsed `datapackage.json` (read again when the file changes)."""
    path = (data or home() / "data") / "datapackage.json"
    stat = path.stat()
    return _package(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4)
def _package(path: Path, _mtime: int, _size: int) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def record(name: str, data: Path | None = None) -> dict:
    """Return the record of one table.

    Raises
    ------
    TableError
        If no table has that name; the message lists near names.
    """
    records = {resource["name"]: resource for resource in package(data)["resources"]}
    if name in records:
        return records[name]
    near = difflib.get_close_matches(str(name), records, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else "tables.catalogue() lists them"
    raise TableError(f"datapackage.json: no table {name!r}; {hint}")


# --- reading -------------------------------------------------------------------------------------------------


def load(name: str, known_by: str | None = None, *, data: Path | None = None) -> pd.DataFrame:
    """Return a table with its declared dtypes and its provenance in `.attrs`.

    Parameters
    ----------
    name : str
        As in `catalogue()`.
    known_by : str, optional
        ISO date: only what was published by then.
    """
    folder = data or home() / "data"
    entry = record(name, folder)
    content = (folder / entry["path"]).read_bytes()
    if hashlib.sha256(content).hexdigest() != entry["hash"].removeprefix("sha256:"):
        raise TableError(f"{entry['path']}: changed since its record was written; restore it from git")
    fields = entry["schema"]["fields"]
    if entry["format"] == "parquet":
        table = pa.parquet.read_table(io.BytesIO(content))
    else:
        types = {field["name"]: ARROW_TYPES[field["type"]] for field in fields}
        options = pa.csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""],
                                        true_values=["true"], false_values=["false"])
        table = pa.csv.read_csv(io.BytesIO(content), convert_options=options)
    mapper = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    table = table.cast(pa.schema([(f.name, pa.timestamp("s") if f.type == pa.date32() else f.type) for f in table.schema]))
    frame = table.to_pandas(types_mapper=mapper.get)
    if known_by and entry.get("known_by_field"):
        frame = frame[frame[entry["known_by_field"]] <= pd.Timestamp(known_by)]
    frame.attrs = {
        "name": name, "title": entry["title"], "source": entry.get("source_line"), "edition": entry.get("edition"),
        "published": entry.get("published"), "licence": entry["licenses"][0]["title"], "hash": entry["hash"],
    }
    return frame


def catalogue(*, data: Path | None = None) -> pd.DataFrame:
    """Return one row per table: name, title, rows, edition, published, source, licence."""
    return pd.DataFrame(
        {
            "name": r["name"], "title": r["title"], "rows": r.get("rows"), "edition": r.get("edition"),
            "published": r.get("published"), "source": r.get("source_line"), "licence": r["licenses"][0]["title"],
        }
        for r in package(data)["resources"]
    )
