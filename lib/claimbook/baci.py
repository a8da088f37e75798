"""Files in the format of CEPII's BACI (t, i, j, k, v, q): countries, checks, and one reader for each engine.

In: paths of CSV or Parquet files. Out: a frame of pandas, Polars, DuckDB or Spark, or the file and line that is wrong.
"""

import csv
import functools
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from claimbook.errors import ClaimbookError
from claimbook.home import home

COLUMNS = {
    "t": "year",
    "i": "exporter",
    "j": "importer",
    "k": "product",
    "v": "value in thousand dollars",
}
FORMAT = "a file in BACI's format has the columns t, i, j, k, v and, if it gives quantities, q"
VALUES_ARE_SOUND = "bool_and(coalesce(v >= 0 AND v < 'inf', false)), count(*) = count(t), count(*) = count(k)"
PRODUCT = r"(0[1-9]|[1-9]\d)\d{4}"  # six digits, of a chapter that exists
REMOTE = re.compile(r"[a-z][a-z0-9+.-]+://")


class BaciError(ClaimbookError):
    """A file that is not in BACI's format, or a country that BACI does not know."""


# --- countries -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Country:
    """A country of BACI: numeric code, three letters (ISO 3166-1 where it has them), name."""

    code: int
    letters: str
    name: str
    former: bool


@functools.cache
def countries() -> dict[int, Country]:
    """Return the countries of BACI's release V202601 by numeric code, former ones included."""
    with open(home() / "data" / "trade" / "baci_country_codes.csv", encoding="utf-8", newline="") as file:
        return {
            int(row["code"]): Country(
                int(row["code"]), row["iso3"] or row["cepii_alpha3"], row["country"], row["former"] == "true"
            )
            for row in csv.DictReader(file)
        }


def country(word: str) -> Country:
    """Return the country that three letters (``USA``) or BACI's number (``842``) stand for.

    Raises
    ------
    BaciError
        If there is none; the message gives the nearest.
    """
    word = word.strip()
    if word.isdecimal() and int(word) in countries():
        return countries()[int(word)]
    of_today = {entry.letters: entry for entry in countries().values() if not entry.former}
    if word.upper() in of_today:
        return of_today[word.upper()]
    raise BaciError(
        f"country {word!r} is not in BACI{_nearest(word, of_today)}; "
        "give ISO alpha-3 letters such as CHN, or BACI's number"
    )


def _nearest(word: str, known: dict[str, Country]) -> str:
    from rapidfuzz import fuzz, process, utils

    if word.upper() in ("TWN", "TAIWAN"):
        return ", which has no code for Taiwan; question 7 of CEPII's BACI FAQ points to 490 (Other Asia, nes)"
    names = {entry.name: entry for entry in known.values()} | known
    found = process.extractOne(word, names.keys(), scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=60)
    if not found:
        return ""
    near = names[found[0]]
    return f"; did you mean {near.letters} ({near.name})?"


# --- files, before anything is read --------------------------------------------------------------------------


@dataclass(frozen=True)
class Files:
    """Files of one form and one set of columns."""

    paths: tuple[str, ...]
    form: str  # "csv" or "parquet"
    columns: tuple[str, ...]
    remote: bool = False
    values_known: bool = False  # the statistics in the Parquet files say that no cell is empty and no v negative


def find(paths: Sequence[str | Path]) -> Files:
    """Look at the files from outside: there, of one form, with BACI's columns, not empty, not cut short.

    Paths with a scheme (``hdfs://``, ``s3://``) are for Spark to open and are not looked at.

    Raises
    ------
    BaciError
        Names the file, the line where there is one, what is wrong and the remedy.
    """
    names = [str(path) for path in paths]
    if not names:
        raise BaciError("no file given; name one or more CSV or Parquet files")
    remote = [bool(REMOTE.match(name)) for name in names]
    if any(remote) and not all(remote):
        raise BaciError(
            "files here and files behind a scheme (hdfs://, s3://) are mixed; screen them one after the other"
        )
    forms = {name: Path(name).suffix.lower().removeprefix(".") for name in names}
    for name, form in forms.items():
        if form not in ("csv", "parquet"):
            raise BaciError(f"{name}: neither .csv nor .parquet; unpack it or rename it")
    if len(set(forms.values())) > 1:
        raise BaciError(f"{names[0]} is {forms[names[0]]}, others are not; give CSV files or Parquet files, not both")
    if any(remote):
        return Files(tuple(names), forms[names[0]], tuple(COLUMNS), remote=True)
    form = forms[names[0]]
    columns = [(_csv_columns if form == "csv" else _parquet_columns)(Path(name)) for name in names]
    _must_be_alike(names, columns)
    known = form == "parquet" and all(_statistics_are_sound(name) for name in names)
    return Files(tuple(names), form, tuple(name for name, _ in columns[0]), values_known=known)


def _must_be_alike(names: list[str], columns: list[tuple]) -> None:
    for name, found in zip(names, columns, strict=True):
        if found != columns[0]:
            shown = [", ".join(" ".join(filter(None, pair)) for pair in each) for each in (found, columns[0])]
            raise BaciError(f"{name}: columns {shown[0]}, but {names[0]} has {shown[1]}; write them alike")
    seen = {}
    for name in names:
        if (place := Path(name).resolve()) in seen:
            raise BaciError(f"{name}: given twice (as {seen[place]}); its flows would count double")
        seen[place] = name


def _size(path: Path) -> int:
    if not path.exists():
        raise BaciError(f"{path}: no such file; look at the name")
    if not path.is_file():
        raise BaciError(f"{path}: a folder; name the files in it")
    if not (size := path.stat().st_size):
        raise BaciError(f"{path}: line 1: the file is empty; get it again")
    return size


def _csv_columns(path: Path) -> tuple[tuple[str, str], ...]:
    size = _size(path)
    with open(path, "rb") as file:
        first, second = file.readline(), file.readline()
        file.seek(size - 1)
        last = file.read(1)
    try:
        names = next(csv.reader([first.decode("utf-8-sig")]))
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise BaciError(f"{path}: line 1: no header in UTF-8; {FORMAT}") from error
    _must_hold_columns(path, "line 1: ", names)
    if not second.strip():
        raise BaciError(f"{path}: line 2: no flows below the header; get the file again")
    if last != b"\n":
        with open(path, "rb") as file:
            lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        raise BaciError(
            f"{path}: line {lines + 1}: the file ends in the middle of a line, it may be cut short; get it again, "
            "or end the line if it is whole"
        )
    return tuple((name, "") for name in names)


def _must_hold_columns(path: Path, place: str, names: Sequence[str]) -> None:
    for name, meaning in COLUMNS.items():
        if list(names).count(name) != 1:
            what = f"no column {name} ({meaning})" if name not in names else f"column {name} stands twice"
            raise BaciError(f"{path}: {place}{what}; {FORMAT}")


def _parquet_columns(path: Path) -> tuple[tuple[str, str], ...]:
    import pyarrow as pa
    import pyarrow.parquet

    _size(path)
    try:
        file = pa.parquet.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise BaciError(f"{path}: no Parquet, or cut short: its end is missing; get the file again") from error
    with file:
        schema = file.schema_arrow
        _must_hold_columns(path, "", schema.names)
        for name in COLUMNS:
            kind = schema.field(name).type
            number = pa.types.is_integer(kind) or (name == "v" and pa.types.is_floating(kind))
            text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
            if not (number or (name == "k" and text)):
                wanted = {"k": "text or whole numbers", "v": "numbers"}.get(name, "whole numbers")
                raise BaciError(f"{path}: column {name} is {kind}; {wanted} expected")
        if not file.metadata.num_rows:
            raise BaciError(f"{path}: row 1: the file holds no flows; get it again")
    return tuple((name, str(schema.field(name).type) if name in COLUMNS else "") for name in schema.names)


def _statistics_are_sound(path: str) -> bool:
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    places = {metadata.row_group(0).column(place).path_in_schema: place for place in range(metadata.num_columns)}
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for name in COLUMNS:
            statistics = group.column(places[name]).statistics
            if statistics is None or statistics.null_count != 0 or not statistics.has_min_max:
                return False
            if name == "v" and not 0 <= statistics.min <= statistics.max < math.inf:
                return False
    return True


# --- readers: a frame with t, i, j, k, v; none is dropped ---------------------------------


def scan_duckdb(files: Files, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """Return the flows as a DuckDB relation; in CSV a flow of no value or to no country is infinite, so that it shows.

    Years, exporters and products are to be looked at once they are added up, when there are fewer of them.
    """
    if files.form == "parquet":
        return connection.read_parquet(list(files.paths)).project("t, i, j, k, v")
    # whole numbers are read as DOUBLE, because a cast to INTEGER would round a broken code to another country's
    kinds = {"t": "DOUBLE", "i": "DOUBLE", "j": "DOUBLE", "v": "DOUBLE"}
    flows = connection.read_csv(
        list(files.paths),
        header=True,
        sep=",",
        quotechar='"',
        escapechar='"',
        columns={name: kinds.get(name, "VARCHAR") for name in files.columns},
        auto_detect=False,
    )
    # a bit a code to look up is many times faster than IN, which DuckDB makes a join
    known = "".join("01"[code in countries()] for code in range(max(countries()) + 1))
    sound = f"v >= 0 AND j = j::INTEGER AND get_bit('{known}'::BIT, j::INTEGER) = 1"
    return flows.project(f"t, i, j, k, CASE WHEN {sound} THEN v ELSE 'inf' END AS v")


def scan_polars(files: Files, *, padded: bool = False):
    """Return the flows as a Polars lazy frame; `padded` if there may be blanks around numbers, which takes longer."""
    import polars as pl

    if files.form == "parquet":
        return pl.scan_parquet(list(files.paths), glob=False).select(list(COLUMNS))
    kinds = {"t": pl.Int32, "i": pl.Int32, "j": pl.Int32, "v": pl.Float64}
    schema = {name: pl.String if padded else kinds.get(name, pl.String) for name in files.columns}
    flows = pl.scan_csv(list(files.paths), schema=schema, glob=False).filter(pl.col("t").is_not_null())
    if padded:
        flows = flows.with_columns(pl.col(name).str.strip_chars().cast(kind) for name, kind in kinds.items())
    return flows.select(list(COLUMNS))


def read_pandas(files: Files):
    """Return the flows as a pandas frame; all of them have to fit into memory."""
    import pandas as pd

    names = list(COLUMNS)
    if files.form == "parquet":
        parts = (pd.read_parquet(path, columns=names) for path in files.paths)
    else:
        kinds = {"t": "int32", "i": "int32", "j": "int32", "k": "str", "v": "float64"}
        parts = (pd.read_csv(path, usecols=names, dtype=kinds) for path in files.paths)
    return pd.concat(parts, ignore_index=True)[names]


def scan_spark(files: Files, session):
    """Return the flows as a Spark frame; one that cannot be has an infinite value, as in `scan_duckdb`."""
    from pyspark.sql import functions as F
    from pyspark.sql.types import DoubleType, IntegerType, StringType, StructField, StructType

    if files.form == "parquet":
        flows = session.read.parquet(*files.paths)
    else:
        kinds = {"t": IntegerType(), "i": IntegerType(), "j": IntegerType(), "v": DoubleType()}
        columns = (*COLUMNS, "q") if files.remote else files.columns
        schema = StructType([StructField(name, kinds.get(name, StringType())) for name in columns])
        flows = session.read.csv(
            list(files.paths),
            schema=schema,
            header=True,
            mode="FAILFAST",
            enforceSchema=False,
            ignoreLeadingWhiteSpace=True,
            ignoreTrailingWhiteSpace=True,
        )
    known = list(countries())
    sound = (F.col("v") >= 0) & F.col("i").isin(known) & F.col("j").isin(known) & F.col("t").isNotNull()
    return flows.withColumn("v", F.when(sound, F.col("v").cast("double")).otherwise(math.inf)).select(*COLUMNS)


def looks_sound(files: Files, connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether values and codes can be right, by a look that is cheap in Parquet and a whole pass in CSV.

    DuckDB looks whatever engine does the arithmetic, so that all of them refuse the same file.
    """
    flows, known = scan_duckdb(files, connection), set(countries())
    if files.form == "csv":
        sums = flows.aggregate("t, i, sum(v)", "t, i").fetchall()
        return all(t is not None and t.is_integer() and i in known and math.isfinite(v) for t, i, v in sums)
    codes = {code for name in ("i", "j") for (code,) in flows.project(name).distinct().fetchall()}
    return codes <= known and (files.values_known or all(flows.aggregate(VALUES_ARE_SOUND).fetchall()[0]))


# --- the slow search for the first fault, once something is known to be wrong ----------------------------------


def first_fault(files: Files) -> str | None:
    """Return the first thing wrong inside the files: ``FILE: line N: what; remedy``; None if nothing is found."""
    search = _csv_faults if files.form == "csv" else _parquet_faults
    for path in files.paths:
        for place, what in itertools.islice(search(path, files.columns), 1):
            return f"{path}: {place}: {what}"
    return None


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else None


def _value_fault(text: str) -> str | None:
    try:
        value = float(text.replace("_", "?"))
    except ValueError:
        return f"v is {text!r}, no number; a decimal point and no thousands separators expected"
    if math.isfinite(value) and value >= 0:
        return None
    return f"v is {text}; a value of trade is a number, zero or more"


def _code_fault(name: str, text: str) -> str | None:
    if _whole(text) in countries():
        return None
    return f"{name} is {text!r}, no country of BACI V202601 ({COLUMNS[name]}); see data/trade/baci_country_codes.csv"


def _cell_fault(name: str, text: str) -> str | None:
    """Return what is wrong with a cell, blanks around it aside."""
    text = text.strip()
    if not text:
        return f"{name} is empty ({COLUMNS[name]}); every flow needs one"
    if name == "v":
        return _value_fault(text)
    if name in "ij":
        return _code_fault(name, text)
    if name == "t" and not re.fullmatch(r"[12]\d{3}", text):
        return f"t is {text!r}, no year; four digits expected"
    if name == "k" and not is_product(text):
        return f"k is {text!r}, no product of the Harmonized System; six digits expected"
    return None


def is_product(text: str) -> bool:
    """Tell whether `text` is a six-digit code, or five digits that have lost their leading zero."""
    return bool(re.fullmatch(PRODUCT, text.zfill(6) if len(text) == 5 else text))


def _sound_line(columns: Sequence[str]) -> re.Pattern[bytes]:
    """Return a pattern of lines in which only the country codes are left to look at."""
    forms = {
        "t": rb"[12]\d{3}",
        "i": rb"(?P<i>\d+)",
        "j": rb"(?P<j>\d+)",
        "k": rb"(?:0[1-9]\d{4}|[1-9]\d{4,5})",
        "v": rb"\d+(?:\.\d*)?",
    }
    cells = (rb" *" + forms[name] + rb" *" if name in forms else rb'[^,"\r\n]*' for name in columns)
    return re.compile(rb",".join(cells) + rb"\r?\n")


def _csv_faults(path: str, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    sound, known = _sound_line(columns), {str(code).encode() for code in countries()}
    with open(path, "rb") as file:
        next(file)
        for number, line in enumerate(file, 2):
            found = sound.fullmatch(line)
            if found and found["i"] in known and found["j"] in known:
                continue
            if fault := _line_fault(line, columns):
                yield f"line {number}", fault


def _line_fault(line: bytes, columns: Sequence[str]) -> str | None:
    try:
        cells = next(csv.reader([line.decode("utf-8")], strict=True), [])
    except UnicodeDecodeError:
        return "not UTF-8; save the file as UTF-8"
    except csv.Error:
        return "a quotation mark is not closed; get the file again"
    if not cells:
        return None  # a blank line
    if len(cells) != len(columns):
        return f"{len(cells)} cells where the header has {len(columns)}; the line is cut or has a comma too many"
    named = zip(columns, cells, strict=True)
    return next((fault for name, cell in named if name in COLUMNS and (fault := _cell_fault(name, cell))), None)


def _parquet_faults(path: str, _columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    import pyarrow.parquet as pq

    row = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=list(COLUMNS)):
                cells = batch.to_pydict()
                for index in _odd_rows(cells):
                    for name in COLUMNS:
                        cell = cells[name][index]
                        if fault := _cell_fault(name, "" if cell is None else str(cell)):
                            yield f"row {row + index + 1}", fault
                row += len(batch)
    except OSError:
        yield f"row {row + 1}", "broken from here on; get the file again"


def _odd_rows(cells: dict[str, list]) -> Iterator[int]:
    known, sound = countries(), functools.cache(lambda k: is_product(str(k)))
    for index, (t, i, j, k, v) in enumerate(zip(*(cells[name] for name in COLUMNS), strict=True)):
        if i in known and j in known and v is not None and 0 <= v < math.inf and t and 1000 <= t < 3000 and sound(k):
            continue
        yield index
