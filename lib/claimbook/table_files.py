"""Tables as files: frame -> bytes that are the same on every run, and bytes -> typed Arrow table, or a clear refusal.

Formats: CSV (UTF-8, LF, minimal quoting) and Parquet (zstd). Files are written whole or not at all.
"""

import contextlib
import csv
import datetime
import io
import os
import re
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from claimbook.errors import ClaimbookError

ARROW_TYPES = {
    "string": pa.string(),
    "integer": pa.int64(),
    "year": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
_FORMS = {
    "integer": re.compile(r"-?\d+"),
    "year": re.compile(r"[1-9]\d{3}"),
    "number": re.compile(r"-?(\d+(\.\d+)?|\.\d+)(e[-+]?\d+)?"),
    "boolean": re.compile(r"true|false"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
}


class TableError(ClaimbookError):
    """A table or its record is not what it says it is; the message names file, row, column, value and remedy."""


# --- frame -> bytes ------------------------------------------------------------------------------------------


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return `frame` as CSV: UTF-8, LF, minimal quoting, `true`/`false`, missing = empty, shortest floats.

    Raises
    ------
    TableError
        If a cell holds a line break (rows are counted by line), or a number is infinite.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(zip(*(_texts(frame[column]) for column in frame.columns), strict=True))
    return buffer.getvalue().encode("utf-8")


def _texts(column: pd.Series) -> list[str]:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return ["" if pd.isna(value) else value.date().isoformat() for value in column]
    return ["" if pd.isna(value) else _text(value, column.name) for value in column]


def _text(value: object, column: str) -> str:
    if pd.api.types.is_bool(value):
        return "true" if value else "false"
    if isinstance(value, float):
        return _shortest(value, column)
    text = str(value)
    if "\n" in text or "\r" in text:
        raise TableError(f"column {column}: {text[:40]!r} holds a line break; put a space in its place")
    return text


def _shortest(value: float, column: str) -> str:
    if value in (float("inf"), float("-inf")):
        raise TableError(f"column {column}: {value} is no quantity; leave the cell empty and say why in a qualifier")
    return repr(float(value) + 0.0).removesuffix(".0")  # + 0.0 turns -0.0 into 0.0


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return `frame` as Parquet: zstd, no index and no pandas metadata, so that equal frames give equal bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    table = table.cast(pa.schema([(field.name, _plain(field.type)) for field in table.schema]))
    sink = io.BytesIO()
    pa.parquet.write_table(table, sink, compression="zstd", compression_level=19, store_schema=False)
    return sink.getvalue()


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the one Arrow type that stands for all its variants (large strings, smaller integers, time stamps)."""
    if pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        return pa.string()
    if pa.types.is_timestamp(kind):
        return pa.date32()
    if pa.types.is_integer(kind):
        return pa.int64()
    return pa.float64() if pa.types.is_floating(kind) else kind


# --- bytes -> Arrow table ------------------------------------------------------------------------------------


def parse(content: bytes, fields: list[dict], place: str) -> pa.Table:
    """Return the typed table in a CSV or Parquet file.

    Parameters
    ----------
    content : bytes
        The file; `place` (its path) says which format it has and names it in messages.
    fields : list of dict
        Names and types as in a Table Schema, in the order of the columns.

    Raises
    ------
    TableError
        If columns are missing, extra or out of order, a row is ragged, or a cell has the wrong type.
    """
    return (_parse_parquet if place.endswith(".parquet") else _parse_csv)(content, fields, place)


def _parse_csv(content: bytes, fields: list[dict], place: str) -> pa.Table:
    try:
        _same_columns(_header(content), [field["name"] for field in fields], place)
        table = _read_csv(content, {field["name"]: ARROW_TYPES[field["type"]] for field in fields})
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError(f"{place}: line {line}: not UTF-8; save the file as UTF-8") from error
    except pa.ArrowInvalid as error:
        raise TableError(_csv_fault(content, fields, place, error)) from error
    if any(_lenient(table[field["name"]], field["type"]) for field in fields):
        raise TableError(_csv_fault(content, fields, place, None))
    return table


def _lenient(column: pa.ChunkedArray, kind: str) -> bool:
    """Tell whether the fast reader took what the type does not allow: nan, inf, years of other than four digits."""
    if kind == "number":
        return pc.any(pc.invert(pc.is_finite(column))).as_py() is True
    return kind == "year" and pc.any(pc.or_(pc.less(column, 1000), pc.greater(column, 9999))).as_py() is True


def _header(content: bytes) -> list[str]:
    first, _, _ = content.partition(b"\n")
    return next(csv.reader([first.decode("utf-8")]), [])


def _read_csv(content: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    content.decode("utf-8")  # the place of a bad byte, which the reader below does not give
    return pa.csv.read_csv(
        io.BytesIO(content),
        read_options=pa.csv.ReadOptions(use_threads=False),
        parse_options=pa.csv.ParseOptions(ignore_empty_lines=False),
        convert_options=pa.csv.ConvertOptions(
            column_types=types, strings_can_be_null=True, null_values=[""], true_values=["true"], false_values=["false"]
        ),
    )


def _csv_fault(content: bytes, fields: list[dict], place: str, error: Exception | None) -> str:
    """Find the first cell that the fast reader stumbled over; only run when something is wrong."""
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    next(rows)
    for line, row in enumerate(rows, start=2):
        if len(row) != len(fields):
            return f"{place}: line {line}: {len(row)} cells where the header has {len(fields)}; mend the row"
        for field, cell in zip(fields, row, strict=True):
            if cell and not _has_type(cell, field["type"]):
                return (
                    f"{place}: line {line}: column {field['name']}: {cell!r} is not of type {field['type']}; "
                    "mend the cell, or the type in datapackage.json"
                )
    return f"{place}: not readable as CSV ({error}); restore it with git"


def _has_type(cell: str, kind: str) -> bool:
    if kind not in _FORMS:
        return True
    if not _FORMS[kind].fullmatch(cell):
        return False
    if kind == "date":
        with contextlib.suppress(ValueError):
            return bool(datetime.date.fromisoformat(cell))
        return False
    return True


def _parse_parquet(content: bytes, fields: list[dict], place: str) -> pa.Table:
    try:
        table = pa.parquet.read_table(io.BytesIO(content))
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{place}: not readable as Parquet ({error}); restore it with git") from error
    _same_columns(table.column_names, [field["name"] for field in fields], place)
    for field in fields:
        wanted, got = ARROW_TYPES[field["type"]], table.schema.field(field["name"]).type
        if got != wanted:
            raise TableError(
                f"{place}: column {field['name']}: stored as {got} where type {field['type']} is {wanted}; "
                "write it with tables.write_parquet, or mend the type in datapackage.json"
            )
    return table


def _same_columns(got: list[str], wanted: list[str], place: str) -> None:
    if got == wanted:
        return
    missing, extra = [c for c in wanted if c not in got], [c for c in got if c not in wanted]
    faults = [f"missing {missing}"] * bool(missing) + [f"extra {extra}"] * bool(extra)
    raise TableError(
        f"{place}: line 1: columns differ from datapackage.json: {', '.join(faults) or f'order or repeats, {got}'}; "
        "mend the header, or the fields of the record"
    )


# --- files ---------------------------------------------------------------------------------------------------


def write_whole(path: Path, content: bytes) -> None:
    """Replace `path` by `content`; a crash leaves the old file or the new one, never a part."""
    os.replace(write_beside(path, content), path)


def write_beside(path: Path, content: bytes) -> Path:
    """Write `content` to a new temporary file in the folder of `path`; it is on disk when this returns."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp gives 0600, which a fresh checkout would not have
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    return Path(name)
