"""The command `screen`: all of world trade in, one row a product out, on the engine asked for.

In: files in BACI's format, an importer, a partner. Out: a CSV or Parquet file, written whole or not at all.
"""

import contextlib
import os
import re
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from claimbook import baci, dependency
from claimbook.baci import BaciError, Country, Files
from claimbook.errors import ClaimbookError

ENGINES = ("duckdb", "polars", "pandas", "spark")
SECONDS_BETWEEN_FRAMES, SECONDS_BETWEEN_LINES = 0.2, 10.0
# name in the profile -> name in the output; money is in BACI's unit, thousand US dollars
OUTPUT = {
    "t": "year",
    "k": "hs6",
    "imports": "imports_kusd",
    "imports_from_partner": "imports_from_partner_kusd",
    "suppliers": "suppliers",
    "partner_share": "partner_share",
    "import_hhi": "import_hhi",
    "exports": "exports_kusd",
    "outside_share": "outside_share",
    "world_exports": "world_exports_kusd",
    "partner_exports": "partner_exports_kusd",
    "partner_world_share": "partner_world_share",
    "world_export_hhi": "world_export_hhi",
    "majority": "majority",
    "net_importer": "net_importer",
    "henry_jackson": "henry_jackson",
    "european_commission": "european_commission",
    "geodep_year": "geodep_year",
    "geodep": "geodep",
}
# of every year and product: it can be, and its sums have no faulty flow in them; and is each there once
PROFILE_IS_SOUND = f"""
    bool_and(coalesce(t >= 1000 AND t < 3000 AND t::DOUBLE = floor(t::DOUBLE)
        AND regexp_full_match(k, '{baci.PRODUCT}') AND isfinite(world_exports), false)),
    count(DISTINCT t::DOUBLE * 1000000 + TRY_CAST(k AS INTEGER)) = count(*)"""


class ScreenError(ClaimbookError):
    """A screen that cannot be run as asked."""


# --- the whole ------------------------------------------------------------------------------------------------


def screen_files(
    paths: Sequence[str | Path],
    *,
    importer: str,
    partner: str,
    out: str | Path,
    engine: str = "duckdb",
    master: str | None = None,
) -> Any:
    """Screen files of world trade and write the result.

    Parameters
    ----------
    paths : sequence of str or Path
        CSV or Parquet files in BACI's format, not both; for Spark also addresses such as ``hdfs://...``.
    importer : str
        ISO alpha-3 letters or BACI's number; several, with commas between, are one bloc.
    partner : str
        The supplier asked about.
    out : str or Path
        A ``.csv`` or ``.parquet`` file; replaced when everything has gone well, else left as it was.
    engine : {"duckdb", "polars", "pandas", "spark"}
    master : str, optional
        Address of a Spark master; this machine if none is given.

    Returns
    -------
    pyarrow.Table
        What was written: a row a year and product that is imported.

    Raises
    ------
    ClaimbookError
        Names the file and line of what is wrong; nothing is written.
    """
    importers, supplier = [baci.country(word) for word in importer.split(",")], baci.country(partner)
    if supplier in importers:
        raise ScreenError(f"--partner {partner}: is among the importers; name another country")
    if engine not in ENGINES:
        raise ScreenError(f"--engine {engine}: unknown; give one of {', '.join(ENGINES)}")
    if master and engine != "spark":
        raise ScreenError(f"--master {master}: only Spark has a master; add --engine spark")
    out = _writable(Path(out), paths)
    with _told(engine) as told, _duckdb() as connection:
        told(f"looking at {len(paths)} file{'s' * (len(paths) != 1)}")
        files = baci.find(paths)
        if files.remote and engine != "spark":
            raise ScreenError(f"{files.paths[0]}: only Spark opens this; add --engine spark, or copy the file here")
        asked = {"importer": [entry.code for entry in importers], "partner": supplier.code}
        profile = _profile(files, asked, engine, master, told, connection)
        table = _screened(profile, files, importers, supplier)
        told(f"writing {out}")
        _write(table, out)
    return table


def _writable(out: Path, paths: Sequence[str | Path]) -> Path:
    if out.suffix not in (".csv", ".parquet"):
        raise ScreenError(f"--out {out}: the name ends in neither .csv nor .parquet; give it one of the two")
    if not out.parent.is_dir():
        raise ScreenError(f"--out {out}: no folder {out.parent}; make it first")
    if out.is_dir() or out.resolve() in [Path(path).resolve() for path in paths]:
        raise ScreenError(f"--out {out}: is a folder or one of the files to read; give another name")
    return out


# --- engines: files -> profile as a table in DuckDB --------------------------------------------------------------


def _profile(files: Files, asked: dict, engine: str, master: str | None, told, connection) -> duckdb.DuckDBPyRelation:
    """Return the profile; what an engine cannot read is looked up and named by file and line."""
    try:
        inline = engine == "duckdb" and files.form == "csv"  # looked at while adding up: a second pass costs more
        if engine != "spark" and not inline and not baci.looks_sound(files, connection):
            raise _fault(files)
        if engine == "duckdb":
            rows = _with_duckdb(files, asked, told, connection)
        elif engine == "spark":
            rows = connection.from_arrow(_with_spark(files, asked, master, told))
        else:
            rows = connection.from_arrow((_with_polars if engine == "polars" else _with_pandas)(files, asked, told))
        rows = rows.project("* REPLACE (trim(k::VARCHAR, E' \\t') AS k)")
        rows.project("* REPLACE (CASE WHEN length(k) = 5 THEN '0' || k ELSE k END AS k)").create("profile")
    except ClaimbookError:
        raise
    except MemoryError as error:
        raise ScreenError(f"{engine}: not enough memory; take --engine duckdb, which needs little") from error
    except Exception as error:
        raise _fault(files, error) from error
    return connection.table("profile")


def _fault(files: Files, error: Exception | None = None) -> ClaimbookError:
    """Return the error that names the first fault in the files, or passes on what the engine said."""
    if not files.remote and (found := baci.first_fault(files)):
        return BaciError(found)
    said = re.sub(r"\s+", " ", str(error))[:300] if error else "a flow without value, or of an unknown country"
    return ScreenError(f"{files.paths[0]}{' and others' * (len(files.paths) > 1)}: not read: {said}")


@contextlib.contextmanager
def _duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection that spills what memory does not hold into a folder of its own, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="claimbook-") as spill, duckdb.connect() as connection:
        connection.execute("SET temp_directory = ?", [spill])
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")  # keeps the count
        yield connection


def _with_duckdb(files: Files, asked: dict, told, connection) -> Any:
    exporters = list(baci.countries()) if files.form == "csv" else ()
    profile = dependency.trade_profile(baci.scan_duckdb(files, connection), **asked, exporters=exporters)
    told("reading and adding up", connection.query_progress)
    return profile


def _with_polars(files: Files, asked: dict, told) -> Any:
    import polars as pl

    def added_up(padded: bool) -> Any:
        flows = baci.scan_polars(files, padded=padded)
        return dependency.trade_profile(flows, **asked).collect(engine="streaming").to_arrow()

    told("reading and adding up")
    try:
        return added_up(padded=False)
    except pl.exceptions.ComputeError:
        return added_up(padded=True)


def _with_pandas(files: Files, asked: dict, told) -> Any:
    import pyarrow as pa

    told("reading")
    flows = baci.read_pandas(files)
    if flows["v"].isna().any():
        raise _fault(files)
    told(f"adding up {len(flows):,d} flows")
    return pa.Table.from_pandas(dependency.trade_profile(flows, **asked), preserve_index=False)


def _with_spark(files: Files, asked: dict, master: str | None, told) -> Any:
    told("starting Spark")
    warnings.filterwarnings("ignore", module="pyspark")  # on pandas, which is not used here
    session, ours = _spark(master)
    try:
        flows = baci.scan_spark(files, session)
        told("reading and adding up")
        return dependency.trade_profile(flows, **asked).toArrow()
    finally:
        if ours:
            session.stop()


def _spark(master: str | None) -> tuple[Any, bool]:
    """Return a Spark session, and whether it was started here and is to be stopped here."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ScreenError('--engine spark: PySpark is not installed; pip install ".[spark]"') from error
    if session := SparkSession.getActiveSession():
        return session, False
    settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
    if not master:  # nothing leaves this machine; the default of 200 partitions is meant for a cluster
        settings |= {"spark.driver.host": "localhost", "spark.driver.bindAddress": "localhost"}
        settings |= {"spark.sql.shuffle.partitions": str(4 * (os.cpu_count() or 1))}
    try:
        builder = SparkSession.builder.appName("claimbook screen").master(master or "local[*]")
        return builder.config(map=settings).getOrCreate(), True
    except Exception as error:
        said = re.sub(r"\s+", " ", str(error))[:200]
        raise ScreenError(
            f"--engine spark: does not start ({said}); Spark needs Java 17 and a master it can reach"
        ) from error


# --- the profile, checked and screened --------------------------------------------------------------------------


def _screened(profile: duckdb.DuckDBPyRelation, files: Files, importers: list[Country], partner: Country) -> Any:
    sound, once = profile.aggregate(PROFILE_IS_SOUND).fetchall()[0]
    if sound is False:
        raise _fault(files)
    if not once:
        raise BaciError(
            f"{files.paths[0]}: column k writes a product in two ways, with and without its leading zero; mend it"
        )
    # DuckDB whatever engine has added up: it is loaded already, and Arrow would load pandas for this
    table = dependency.screen(profile.project("* REPLACE (t::BIGINT AS t)"))
    names = ["+".join(entry.letters for entry in who) for who in (importers, [partner])]
    columns = [f"{_rounded(old, name)} AS {name}" for old, name in OUTPUT.items()]
    columns[2:2] = [f"'{names[0]}' AS importer", f"'{names[1]}' AS partner"]
    table = table.project(", ".join(columns)).to_arrow_table()
    if not len(table):
        who = names[0].replace("+", ", ")
        raise ScreenError(
            f"{files.paths[0]}: no imports of {who} in the files; look at the country and the columns i, j"
        )
    return table


def _rounded(column: str, name: str) -> str:
    """Return the column without the digits that depend on the order of adding up: dollars, 12 digits of a share."""
    digits = 3 if name.endswith("_kusd") else 12 if name.endswith(("_share", "_hhi")) else None
    return f"round({column}, {digits})" if digits else column


# --- output and progress ----------------------------------------------------------------------------------------


def _write(table: Any, out: Path) -> None:
    """Write beside, then put in place: a reader sees the old file or the new one, never a part."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    handle, beside = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".tmp", dir=out.parent)
    os.close(handle)
    try:
        if out.suffix == ".parquet":
            pa.parquet.write_table(table, beside, compression="zstd")
        else:
            pa.csv.write_csv(table, beside, pa.csv.WriteOptions(quoting_style="none", quoting_header="none"))
        os.chmod(beside, 0o644)
        os.replace(beside, out)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        raise


@contextlib.contextmanager
def _told(engine: str) -> Iterator[Callable]:
    """Give a function that says what is being done, and how far it is: live on a terminal, in plain lines elsewhere."""
    far: list[Callable[[], float]] = []
    with (
        (_live if sys.stderr.isatty() else _in_lines)(engine) as (say, say_far, seconds),
        _polled(far, say_far, seconds),
    ):

        def told(what: str, how_far: Callable[[], float] | None = None) -> None:
            far[:] = [how_far] if how_far else []
            say(what, how_far is not None)

        yield told


@contextlib.contextmanager
def _polled(far: list[Callable[[], float]], say_far: Callable[[float], None], seconds: float) -> Iterator[None]:
    """Ask every few seconds how far the present step is, in percent, while the main thread works."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(seconds):
            for ask in far:
                with contextlib.suppress(duckdb.Error):  # a query that has just ended has nothing to tell
                    say_far(max(0.0, ask()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


@contextlib.contextmanager
def _in_lines(engine: str) -> Iterator[tuple]:
    start = time.monotonic()

    def say(what: str, _measured: bool = False) -> None:
        print(f"screen ({engine}): {time.monotonic() - start:5.1f} s  {what}", file=sys.stderr, flush=True)

    yield say, lambda percent: say(f"{percent:.0f}%"), SECONDS_BETWEEN_LINES


@contextlib.contextmanager
def _live(engine: str) -> Iterator[tuple]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(engine, total=None)

        def say(what: str, measured: bool = False) -> None:
            progress.reset(task, description=f"{engine}: {what}", total=100 if measured else None)

        yield say, lambda percent: progress.update(task, completed=percent), SECONDS_BETWEEN_FRAMES


def summary(table: Any, out: str | Path) -> str:
    """Return one line that says what was found in the last year."""
    year = table["year"][-1].as_py()
    rows = zip(table["year"].to_pylist(), table["majority"].to_pylist(), strict=True)
    last = [majority for of, majority in rows if of == year]
    importer, partner = table["importer"][0].as_py(), table["partner"][0].as_py()
    return (
        f"{out}: {len(table):,d} rows. {year}: {importer} imports {len(last):,d} products; "
        f"of {sum(last):,d} more than half comes from {partner}."
    )
