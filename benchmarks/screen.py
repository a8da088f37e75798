"""Time and peak memory of `claimbook.screen` on each engine, against hand-written SQL, pandas and Polars.

Each contender reads the same generated files and writes the same table, in a process of its own, in turn.
Run: `python -m benchmarks screen --rows 1000000 10000000 100000000`.
"""

import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

IMPORTER, PARTNER = 842, 156  # the United States and China
SHARES = ("partner_share", "import_hhi", "outside_share", "partner_world_share", "world_export_hhi")
FLAGS = ("majority", "net_importer", "henry_jackson", "european_commission", "geodep_year", "geodep")
BAR_RATIO, BAR_ROWS, BAR_MEMORY_MB, BAR_MEMORY_ROWS = 1.3, 10_000_000, 4096, 100_000_000

# --- the same work by hand --------------------------------------------------------------------------------------

SQL = """
COPY (
  WITH exporters AS (
    SELECT t, k, i, sum(v) AS sold, sum(v) FILTER (j = {importer}) AS bought FROM {source} GROUP BY t, k, i
  ), products AS (
    SELECT t AS year, k AS hs6, sum(bought) FILTER (i <> {importer}) AS imports_kusd,
           coalesce(sum(bought) FILTER (i = {partner}), 0) AS imports_from_partner_kusd,
           count(*) FILTER (bought > 0) AS suppliers,
           imports_from_partner_kusd / imports_kusd AS partner_share,
           sum(bought * bought) / (imports_kusd * imports_kusd) AS import_hhi,
           coalesce(sum(sold) FILTER (i = {importer}), 0) AS exports_kusd,
           imports_kusd / sum(bought) AS outside_share,
           sum(sold) AS world_exports_kusd,
           coalesce(sum(sold) FILTER (i = {partner}), 0) AS partner_exports_kusd,
           partner_exports_kusd / world_exports_kusd AS partner_world_share,
           sum(sold * sold) / (world_exports_kusd * world_exports_kusd) AS world_export_hhi
    FROM exporters GROUP BY t, k
  ), marked AS MATERIALIZED (
    SELECT *, partner_share > 0.5 AS majority, imports_kusd > exports_kusd AS net_importer,
           majority AND net_importer AND partner_world_share > 0.3 AS henry_jackson,
           import_hhi > 0.4 AND outside_share > 0.5 AND net_importer AS european_commission,
           import_hhi > 0.4 AND net_importer AND world_export_hhi > 0.4 AS geodep_year
    FROM products WHERE imports_kusd > 0
  )
  SELECT *, CASE WHEN year - 1 IN (SELECT year FROM marked) AND year - 2 IN (SELECT year FROM marked)
                 THEN sum(geodep_year::INTEGER) OVER three_years >= 2 END AS geodep
  FROM marked
  WINDOW three_years AS (PARTITION BY hs6 ORDER BY year RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)
  ORDER BY year, hs6
) TO '{out}' (HEADER)
"""
CSV_COLUMNS = "{'t': 'INTEGER', 'i': 'INTEGER', 'j': 'INTEGER', 'k': 'VARCHAR', 'v': 'DOUBLE', 'q': 'VARCHAR'}"


def by_sql(paths: list[str], out: str) -> None:
    """Do it in plain SQL: one pass, two aggregations."""
    if paths[0].endswith(".csv"):
        source = f"read_csv({paths}, header = true, delim = ',', auto_detect = false, columns = {CSV_COLUMNS})"
    else:
        source = f"read_parquet({paths})"
    with duckdb.connect() as connection:
        connection.execute(SQL.format(source=source, importer=IMPORTER, partner=PARTNER, out=out))


def _marked(table):
    """Mark the screens in a pandas frame."""
    table["majority"] = table["partner_share"] > 0.5
    table["net_importer"] = table["imports_kusd"] > table["exports_kusd"]
    table["henry_jackson"] = table["majority"] & table["net_importer"] & (table["partner_world_share"] > 0.3)
    concentrated = (table["import_hhi"] > 0.4) & table["net_importer"]
    table["european_commission"] = concentrated & (table["outside_share"] > 0.5)
    table["geodep_year"] = concentrated & (table["world_export_hhi"] > 0.4)
    met = table.pivot(index="year", columns="hs6", values="geodep_year").fillna(False).astype(int)
    met = met.reindex(range(met.index[0], met.index[-1] + 1))  # a year that is not in the data is in no window
    held = table[["year", "hs6"]].join(met.rolling(3).sum().stack().rename("held"), on=["year", "hs6"])["held"]
    table["geodep"] = (held >= 2).astype("boolean").mask(held.isna())
    return table


def by_pandas(paths: list[str], out: str) -> None:
    """Do it in plain pandas."""
    import pandas as pd

    columns = ["t", "i", "j", "k", "v"]
    if paths[0].endswith(".csv"):
        kinds = {"t": "int32", "i": "int32", "j": "int32", "k": "str", "v": "float64"}
        flows = pd.concat([pd.read_csv(path, usecols=columns, dtype=kinds) for path in paths], ignore_index=True)
    else:
        flows = pd.concat([pd.read_parquet(path, columns=columns) for path in paths], ignore_index=True)
    keys = ["t", "k", "i"]
    sold = flows.groupby(keys)["v"].sum().rename("sold")
    bought = flows[flows["j"] == IMPORTER].groupby(keys)["v"].sum().rename("bought")
    both = sold.to_frame().join(bought).fillna({"bought": 0.0}).reset_index()
    both["partner"] = both["bought"].where(both["i"] == PARTNER, 0.0)
    both["supplies"] = (both["bought"] > 0).astype(int)
    both["all_bought"], both["bought"] = both["bought"], both["bought"].where(both["i"] != IMPORTER, 0.0)
    both["exports"] = both["sold"].where(both["i"] == IMPORTER, 0.0)
    both["partner_sold"] = both["sold"].where(both["i"] == PARTNER, 0.0)
    both["bought2"], both["sold2"] = both["bought"] ** 2, both["sold"] ** 2
    table = both.drop(columns="i").groupby(["t", "k"]).sum().reset_index()
    names = {"t": "year", "k": "hs6", "bought": "imports_kusd", "partner": "imports_from_partner_kusd",
             "supplies": "suppliers", "exports": "exports_kusd", "sold": "world_exports_kusd",
             "partner_sold": "partner_exports_kusd", "bought2": "bought2", "sold2": "sold2",
             "all_bought": "all_bought"}  # fmt: skip
    table = table[table["bought"] > 0][list(names)].rename(columns=names)
    table["partner_share"] = table["imports_from_partner_kusd"] / table["imports_kusd"]
    table["import_hhi"] = table["bought2"] / table["imports_kusd"] ** 2
    table["outside_share"] = table["imports_kusd"] / table["all_bought"]
    table["partner_world_share"] = table["partner_exports_kusd"] / table["world_exports_kusd"]
    table["world_export_hhi"] = table["sold2"] / table["world_exports_kusd"] ** 2
    _marked(table).drop(columns=["bought2", "sold2", "all_bought"]).to_csv(out, index=False)


def by_polars(paths: list[str], out: str) -> None:
    """Do it in plain Polars, lazily and streaming."""
    import polars as pl

    if paths[0].endswith(".csv"):
        kinds = {"t": pl.Int32, "i": pl.Int32, "j": pl.Int32, "k": pl.String, "v": pl.Float64, "q": pl.String}
        flows = pl.scan_csv(paths, schema=kinds)
    else:
        flows = pl.scan_parquet(paths)
    bought, sold, of_partner = pl.col("bought"), pl.col("sold"), pl.col("i") == PARTNER
    outside = pl.col("i") != IMPORTER
    to_importer = pl.when(pl.col("j") == IMPORTER).then("v").otherwise(0.0)
    exporters = (
        flows.with_columns(bought=to_importer).group_by("t", "k", "i").agg(sold=pl.col("v").sum(), bought=bought.sum())
    )
    products = exporters.group_by(year="t", hs6="k").agg(
        imports_kusd=bought.filter(outside).sum(),
        imports_from_partner_kusd=bought.filter(of_partner).sum(),
        suppliers=(bought > 0).sum(),
        exports_kusd=sold.filter(~outside).sum(),
        outside_share=bought.filter(outside).sum() / bought.sum(),
        world_exports_kusd=sold.sum(),
        partner_exports_kusd=sold.filter(of_partner).sum(),
        partner_share=bought.filter(of_partner).sum() / bought.sum(),
        import_hhi=(bought * bought).sum() / bought.sum() ** 2,
        partner_world_share=sold.filter(of_partner).sum() / sold.sum(),
        world_export_hhi=(sold * sold).sum() / sold.sum() ** 2,
    )
    net, majority = pl.col("imports_kusd") > pl.col("exports_kusd"), pl.col("partner_share") > 0.5
    concentrated, year, years = (pl.col("import_hhi") > 0.4) & net, pl.col("year"), pl.col("year").unique().implode()
    held = pl.col("geodep_year").cast(pl.Int32).rolling_sum_by("year", window_size="3i").over("hs6")
    table = products.filter(pl.col("imports_kusd") > 0).sort("year", "hs6").with_columns(
        majority=majority,
        net_importer=net,
        henry_jackson=majority & net & (pl.col("partner_world_share") > 0.3),
        european_commission=concentrated & (pl.col("outside_share") > 0.5),
        geodep_year=concentrated & (pl.col("world_export_hhi") > 0.4),
    ).with_columns(
        geodep=pl.when((year - 1).is_in(years) & (year - 2).is_in(years)).then(held >= 2)
    )  # fmt: skip
    table.collect(engine="streaming").write_csv(out)


# --- contenders: each in a process of its own -------------------------------------------------------------------


def _by_claimbook(engine: str):
    def run(paths: list[str], out: str) -> None:
        from claimbook.screen import screen_files

        screen_files(paths, importer="USA", partner="CHN", engine=engine, out=out)

    return run


# by hand, and by `claimbook.screen` on each engine
BY_HAND = {"sql": by_sql, "by-hand-polars": by_polars, "by-hand-pandas": by_pandas}
CONTENDERS = BY_HAND | {engine: _by_claimbook(engine) for engine in ("duckdb", "polars", "pandas", "spark")}
# imported before the clock starts; the column "process s" has them in
MODULES = {
    "sql": "duckdb",
    "by-hand-polars": "polars",
    "by-hand-pandas": "pandas",
    "duckdb": "narwhals._duckdb.namespace",
    "polars": "polars narwhals._polars.namespace",
    "pandas": "pandas narwhals._pandas_like.namespace",
}
REFERENCE, OURS = "sql", "duckdb"


def _offspring(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []
    return [found for child in map(int, children) for found in (child, *_offspring(child))]


def _high_water_kb(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def measure(name: str, paths: list[Path], out: Path) -> dict[str, float] | None:
    """Run one contender once; return seconds and megabytes of the whole process, or None if it cannot run here.

    Peak memory is the largest the process itself had, plus that of its children (Spark's Java) where the system
    tells.
    """
    command = [sys.executable, "-m", "benchmarks.screen", name, str(out), *map(str, paths)]
    start, children_kb = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while True:
        done, status, usage = os.wait4(process.pid, os.WNOHANG)
        if done:
            break
        children_kb = max(children_kb, sum(map(_high_water_kb, _offspring(process.pid))))
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    said, complaint = process.stdout.read(), process.stderr.read().decode(errors="replace")
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        if name == "spark":
            print(f"   {name}: not run here ({complaint.strip().splitlines()[-1][:100]})")
            return None
        raise RuntimeError(f"{name}: {complaint}")
    work = json.loads(said.splitlines()[-1])
    return {
        "whole": seconds,
        "work": work,
        "cpu": usage.ru_utime + usage.ru_stime,
        "mb": (usage.ru_maxrss + children_kb) / 1024,
    }


def _work(name: str, out: str, paths: list[str]) -> None:
    """Do the work of one contender and say how many seconds it took, imports of the interpreter aside."""
    ours = [] if name in BY_HAND else ["claimbook.screen", "pyarrow.csv", "pyarrow.parquet"]
    for module in [*MODULES.get(name, "").split(), *ours]:
        importlib.import_module(module)
    start = time.perf_counter()
    CONTENDERS[name](paths, out)
    print(json.dumps(time.perf_counter() - start))


# --- results ----------------------------------------------------------------------------------------------------


def differences(one: Path, other: Path) -> int:
    """Return how many rows differ: keys and screens to the letter, shares by more than 1e-9."""
    far = " OR ".join(f"abs(a.{name} - b.{name}) > 1e-9" for name in SHARES)
    flags = " OR ".join(f"a.{name} IS DISTINCT FROM b.{name}" for name in FLAGS)
    with duckdb.connect() as connection:
        read = "read_csv('{}', header = true, types = {{'hs6': 'VARCHAR', 'geodep': 'BOOLEAN'}})"
        query = f"""SELECT count(*) FROM {read.format(one)} a FULL JOIN {read.format(other)} b USING (year, hs6)
                    WHERE a.suppliers IS DISTINCT FROM b.suppliers OR {far} OR {flags}"""
        return connection.sql(query).fetchall()[0][0]


def _generated(rows: int, folder: Path, form: str) -> list[Path]:
    """Generate in another process: what this one has needed would count as needed by the contenders it starts."""
    command = [sys.executable, "-m", "benchmarks.generate_baci", str(rows), str(folder), "--form", form]
    return [Path(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def compare(rows: int, form: str, runs: int, only: list[str] | None = None) -> bool:
    """Generate `rows` flows, measure every contender `runs` times in turn, print the table; tell if the bars hold."""
    names = [name for name in CONTENDERS if not only or name in only or name == REFERENCE]
    with tempfile.TemporaryDirectory(prefix="claimbook-bench-") as folder:
        paths = _generated(rows, Path(folder) / "flows", form)
        size = sum(path.stat().st_size for path in paths) / 1e6
        print(
            f"-- {rows:,d} flows, {len(paths)} {form} files, {size:,.0f} MB; {os.cpu_count()} processors, {runs} runs"
        )
        results = {name: [] for name in names}
        for _ in range(runs):
            for name in [name for name in names if results[name] is not None]:
                measured = measure(name, paths, Path(folder) / f"{names.index(name)}.csv")
                results[name] = None if measured is None else [*results[name], measured]
        medians = {
            name: {key: statistics.median(run[key] for run in found) for key in found[0]}
            for name, found in results.items()
            if found
        }
        for name in medians:
            pairs = zip(results[name], results[REFERENCE], strict=True)  # run by run: the machine's speed drifts
            medians[name]["ratio"] = statistics.median(one["work"] / other["work"] for one, other in pairs)
            medians[name]["rows that differ"] = differences(
                Path(folder) / f"{names.index(REFERENCE)}.csv", Path(folder) / f"{names.index(name)}.csv"
            )
    return _report(rows, medians, barred=form == "parquet" and rows >= BAR_ROWS)


def _report(rows: int, medians: dict[str, dict[str, float]], *, barred: bool) -> bool:
    """Print the table and the verdict; of CSV most of the time goes into parsing, so the bars are for Parquet."""
    print(
        f"   {'':16} {'work s':>8} {'against SQL':>12} {'process s':>10} {'cpu s':>7} {'peak MB':>8}  rows that differ"
    )
    for name, row in medians.items():
        seconds = f"{row['work']:8.2f} {row['ratio']:12.2f} {row['whole']:10.2f} {row['cpu']:7.2f}"
        print(f"   {name:16} {seconds} {row['mb']:8,.0f}  {row['rows that differ']:.0f}")
    met = all(row["rows that differ"] == 0 for row in medians.values())
    if OURS in medians and barred:
        ours, others = (
            medians[OURS],
            [row for name, row in medians.items() if "polars" in name or "pandas" in name],
        )
        met &= ours["ratio"] <= BAR_RATIO
        met &= all(ours["work"] < row["work"] and ours["mb"] < row["mb"] for row in others)
        met &= rows > BAR_MEMORY_ROWS or ours["mb"] < BAR_MEMORY_MB
        print(f"   bars {'met' if met else 'missed'}: within {BAR_RATIO} of SQL, faster and smaller than the others")
    return met


def main(rows: list[int], form: str = "parquet", runs: int = 3, only: list[str] | None = None) -> int:
    """Measure at each size; exit code 1 if a bar is missed."""
    met = [compare(size, form, runs, only) for size in rows]
    return int(not all(met))


if __name__ == "__main__":
    _work(sys.argv[1], sys.argv[2], sys.argv[3:])
