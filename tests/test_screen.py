"""The command `screen`: the same table from every engine, and nothing written from bad input."""

import importlib.util
import math
import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from benchmarks.generate_baci import generate
from benchmarks.screen import by_pandas, by_polars, by_sql, differences
from test_dependency import ASKED, CANADA, CHINA, WORLD
from typer.testing import CliRunner

from claimbook import baci
from claimbook.__main__ import app
from claimbook.dependency import screen, sole_suppliers, trade_profile
from claimbook.errors import ClaimbookError
from claimbook.screen import OUTPUT, screen_files

MUST_FAIL = {path.stem: path for path in sorted((Path(__file__).parent / "must_fail_screen").glob("*.yaml"))}
# the look at the files is the same for all engines; these are what engines would read in ways of their own
READ_DIFFERENTLY = [
    "text_in_v",
    "negative_value",
    "value_missing",
    "value_nan",
    "unknown_importer",
    "last_line_without_q",
    "one_cell_too_many",
    "fraction_of_a_country",
    "fraction_of_an_importer",
    "exporter_missing",
    "year_missing",
    "product_with_a_point",
    "second_file_spoiled",
]
HEADER = "t,i,j,k,v,q\n"
FLOWS = HEADER + (
    "2024,156,842,850511,60,          NA\n2024,392,842,850511,40.000,1.5\n2024,842,156,850511,10,1\n"
    "2024,156,276,850511,90,2\n2024,124,842,010121,5,\n2024,842,124,010121,7,1\n2023,124,842,010121,5,1\n"
)


def why_no_spark() -> str:
    """Return why Spark cannot run here, or nothing."""
    if not importlib.util.find_spec("pyspark"):
        return "Spark tests need PySpark, see CONTRIBUTING.md"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr if shutil.which("java") else ""
    version = re.search(r'version "(\d+)', said)
    return "" if version and int(version[1]) >= 17 else "Spark tests need Java 17 or newer on the path"


needs_spark = pytest.mark.skipif(bool(reason := why_no_spark()), reason=reason or "runs")
spark = pytest.param("spark", marks=needs_spark)
ENGINES = ["duckdb", "polars", "pandas", spark]
ONE_SMALL_MACHINE = {
    "spark.ui.enabled": "false",
    "spark.log.level": "ERROR",
    "spark.driver.host": "localhost",
    "spark.driver.bindAddress": "localhost",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
}


@pytest.fixture(scope="module")
def session():
    """One Spark session for all tests that need one: to start it takes longer than to use it."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config(map=ONE_SMALL_MACHINE).getOrCreate()
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def session_where_needed(request):
    if getattr(request.node, "callspec", None) and request.node.callspec.params.get("engine") == "spark":
        request.getfixturevalue("session")


def screened(tmp_path: Path, text: str, engine: str = "duckdb", **options) -> pd.DataFrame:
    """Return the screen of one CSV file as a frame by year and product."""
    path = tmp_path / "flows.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    asked = {"importer": "USA", "partner": "CHN", "out": tmp_path / "out.csv"} | options
    return screen_files([path], engine=engine, **asked).to_pandas().set_index(["year", "hs6"])


# --- what comes out ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_by_hand(tmp_path, engine):
    table = screened(tmp_path, FLOWS, engine)
    magnets, horses = table.loc[(2024, "850511")], table.loc[(2024, "010121")]
    assert magnets["imports_kusd"] == 100 and magnets["imports_from_partner_kusd"] == 60 and magnets["suppliers"] == 2
    assert magnets["partner_share"] == 0.6 and magnets["import_hhi"] == 0.52  # 0.6² + 0.4²
    assert magnets["exports_kusd"] == 10 and magnets["world_exports_kusd"] == 200
    assert magnets["partner_world_share"] == 0.75  # (60 + 90) / 200
    assert magnets["world_export_hhi"] == 0.605  # (150² + 40² + 10²) / 200²
    assert magnets[["majority", "net_importer", "henry_jackson", "european_commission", "geodep_year"]].all()
    assert horses["partner_share"] == 0 and not horses["net_importer"] and horses["import_hhi"] == 1
    assert list(table.index) == [(2023, "010121"), (2024, "010121"), (2024, "850511")]
    assert table["geodep"].isna().all()  # two years are no window of three
    written = pd.read_csv(tmp_path / "out.csv", dtype={"hs6": str}).set_index(["year", "hs6"])
    assert list(written.reset_index().columns) == ["year", "hs6", "importer", "partner", *list(OUTPUT.values())[2:]]
    assert written["world_export_hhi"].tolist() == table["world_export_hhi"].tolist()


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> dict[str, list[Path]]:
    folder = tmp_path_factory.mktemp("world")
    return {form: generate(30_000, folder / form, form, seed=7) for form in ("parquet", "csv")}


@pytest.fixture(scope="module")
def four_years(world, tmp_path_factory) -> dict[str, list[Path]]:
    """Return files of four years, one year left out between them, made from one: the values more or less unequal."""
    folder, paths = tmp_path_factory.mktemp("four_years"), {"parquet": [], "csv": []}
    for year, power in {2024: 1.5, 2023: 2, 2022: 1, 2020: 2}.items():
        for form, found in paths.items():
            found.append(folder / f"{year}.{form}")
            flows = f"SELECT * REPLACE ({year} AS t, round(v ** {power}, 3) AS v) FROM '{world['parquet'][0]}'"
            duckdb.sql(f"COPY ({flows}) TO '{found[-1]}'")
    return paths


@pytest.fixture(scope="module")
def by_hand(four_years, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("sql") / "sql.csv"
    by_sql([str(path) for path in four_years["parquet"]], str(out))
    return out


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_all_engines_give_the_table_that_sql_gives(tmp_path, four_years, by_hand, form, engine):
    out = tmp_path / "out.csv"
    screen_files(four_years[form], importer="USA", partner="CHN", engine=engine, out=out)
    assert differences(by_hand, out) == 0  # keys and screens to the letter, shares within 1e-9


def test_the_compared_years_hold_every_verdict(by_hand):
    marked = pd.read_csv(by_hand, dtype={"geodep": "boolean"}).groupby("year")["geodep"]
    assert set(marked.get_group(2024)) == {True, False}
    assert all(marked.get_group(year).isna().all() for year in (2020, 2022, 2023))


def test_pandas_and_polars_by_hand_agree_with_sql(tmp_path, four_years):
    paths = [str(path) for path in four_years["parquet"]]
    for number, work in enumerate((by_sql, by_pandas, by_polars)):
        work(paths, str(tmp_path / f"{number}.csv"))
    assert differences(tmp_path / "0.csv", tmp_path / "1.csv") == 0
    assert differences(tmp_path / "0.csv", tmp_path / "2.csv") == 0


def test_differences_are_seen(tmp_path, world):
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    by_sql([str(world["parquet"][0])], str(one))
    frame = pd.read_csv(one, dtype={"hs6": str})
    frame.loc[0, "import_hhi"] += 1e-8
    frame.loc[1, "majority"] = not frame.loc[1, "majority"]
    frame.loc[2, "hs6"] = "999999"  # a key that is not in the other: two rows
    frame.to_csv(other, index=False)
    assert differences(one, other) == 4


def test_parquet_out_and_files_of_several_years(tmp_path):
    for year in (2022, 2023, 2024):
        (tmp_path / f"{year}.csv").write_text(
            FLOWS.replace("2024,", f"{year},").replace("2023,124,842,010121,5,1\n", "")
        )
    paths = sorted(tmp_path.glob("*.csv"))
    screen_files(paths, importer="USA", partner="CHN", out=tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema.field("hs6").type == pa.string() and table["hs6"].to_pylist()[:2] == ["010121", "850511"]
    found = table.to_pandas().set_index(["year", "hs6"])["geodep"]
    assert found[2024].to_dict() == {"010121": False, "850511": True} and found[[2022, 2023]].isna().all()


@pytest.mark.parametrize("engine", ENGINES[:3])
@pytest.mark.parametrize(
    "changed",
    [
        FLOWS.replace("\n", "\r\n"),
        "\ufeff" + FLOWS,
        FLOWS + "\n",
        FLOWS.replace(",q\n", "\n").replace(",          NA\n", "\n").replace(",1.5\n", "\n").replace(",2\n", "\n")
        .replace(",1\n", "\n").replace(",5,\n", ",5\n"),
        FLOWS.replace("850511", '"850511"').replace("t,i,j,k,v,q", '"t","i","j","k","v","q"'),
        FLOWS.replace(",60,", ",  60.0 ,").replace("2024,124,", "2024,  124,"),
        FLOWS.replace("010121", "10121"),
        FLOWS.replace(",40.000,", ",4e1,"),
    ],
    ids=["crlf", "byte order mark", "blank line", "no q", "quoted", "padded", "leading zero lost", "exponent"],
)  # fmt: skip
def test_same_flows_written_otherwise(tmp_path, changed, engine):
    pd.testing.assert_frame_equal(screened(tmp_path, changed, engine), screened(tmp_path, FLOWS))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", [pa.large_string(), pa.int32()])
def test_parquet_with_products_as_text_or_numbers(tmp_path, kind, engine):
    frame = pd.read_csv(tmp_path.joinpath("f.csv").write_text(FLOWS) and tmp_path / "f.csv", dtype={"k": "str"})
    table = pa.Table.from_pandas(frame[["q", "v", "k", "j", "i", "t"]], preserve_index=False)
    table = table.set_column(2, "k", table["k"].cast(pa.string()).cast(kind))
    pq.write_table(table, tmp_path / "flows.parquet")
    out = screen_files(
        [tmp_path / "flows.parquet"], importer="USA", partner="CHN", out=tmp_path / "o.csv", engine=engine
    )
    pd.testing.assert_frame_equal(out.to_pandas().set_index(["year", "hs6"]), screened(tmp_path, FLOWS))


def test_bloc_buys_from_outside_only(tmp_path):
    flows = (
        HEADER + "2024,156,276,850511,30,\n2024,251,276,850511,70,\n2024,156,251,850511,30,\n2024,276,842,850511,1,\n"
    )
    row = screened(tmp_path, flows, importer="DEU,FRA").loc[(2024, "850511")]
    assert row["importer"] == "DEU+FRA" and row["imports_kusd"] == 60 and row["import_hhi"] == 1
    assert row["outside_share"] == round(60 / 130, 12) and row["exports_kusd"] == 71
    assert not row["european_commission"]  # CDI2 below a half, CDI3 below one


@needs_spark
def test_spark_frames_agree_with_pandas(session):
    years = pd.concat([WORLD.assign(t=year, v=WORLD["v"] * year) for year in (2022, 2023, 2024)], ignore_index=True)
    on_spark = session.createDataFrame(pa.Table.from_pandas(years, preserve_index=False))
    found = screen(trade_profile(on_spark, **ASKED).cache()).toArrow().to_pandas()
    wanted = screen(trade_profile(years, **ASKED))
    keys = ["t", "k", "suppliers", "majority", "net_importer", "henry_jackson", "european_commission", "geodep_year"]
    pd.testing.assert_frame_equal(found[keys], wanted[keys], check_dtype=False)
    assert found["geodep"].tolist()[-2:] == [False, True]
    shares = ["partner_share", "import_hhi", "partner_world_share", "world_export_hhi", "outside_share"]
    pd.testing.assert_frame_equal(found[shares], wanted[shares], rtol=0, atol=1e-9)
    bought = on_spark.filter("j = 842 AND t = 2024")
    counts = sole_suppliers(bought, product="k", supplier="i", value="v", thresholds=[0.5]).toArrow().to_pandas()
    assert counts[["threshold", "i", "products"]].values.tolist() == [[0.5, CANADA, 1], [0.5, CHINA, 1]]


# --- what is refused -----------------------------------------------------------------------------------------


def refused(tmp_path, monkeypatch, files: list[str], out: str = "out.csv", **asked) -> str:
    """Run the screen in `tmp_path`; return the message and make sure that nothing was written."""
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ClaimbookError) as caught:
        screen_files(files, **({"importer": "USA", "partner": "CHN", "out": out} | asked))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "engine"),
    [(name, "duckdb") for name in MUST_FAIL]
    + [(name, engine) for name in READ_DIFFERENTLY for engine in ("polars", "pandas")]
    + [pytest.param(name, "spark", marks=spark.marks) for name in READ_DIFFERENTLY[::3]],
)
def test_bad_input_is_refused_and_nothing_written(tmp_path, monkeypatch, name, engine):
    case = yaml.safe_load(MUST_FAIL[name].read_text(encoding="utf-8"))
    for file, text in case.get("inputs", {}).items():
        (tmp_path / file).write_bytes(text.encode())
    (tmp_path / "out.csv").write_text("an older result\n")
    asked = {key: case[key] for key in ("importer", "partner", "engine", "master", "out") if key in case}
    files = case.get("files", list(case.get("inputs", {})))
    assert case["message"] in refused(tmp_path, monkeypatch, files, **({"engine": engine} | asked))


GOOD = {"t": [2024, 2024], "i": [156, 124], "j": [842, 842], "k": ["850511", "010121"], "v": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"v": [1.0, -2.0]}, "flows.parquet: row 2: v is -2.0; a value of trade is a number, zero or more"),
        ({"v": [1.0, None]}, "flows.parquet: row 2: v is empty"),
        ({"v": [1.0, math.nan]}, "flows.parquet: row 2: v is nan"),
        ({"v": [1.0, math.inf]}, "flows.parquet: row 2: v is inf"),
        ({"v": ["1", "2"]}, "flows.parquet: column v is string; numbers expected"),
        ({"i": [156, 1]}, "flows.parquet: row 2: i is '1', no country"),
        ({"j": [842, 0]}, "flows.parquet: row 2: j is '0', no country"),
        ({"j": [842, None]}, "flows.parquet: row 2: j is empty"),
        ({"i": [156.0, 124.5]}, "flows.parquet: column i is double; whole numbers expected"),
        ({"k": ["850511", "8505"]}, "flows.parquet: row 2: k is '8505', no product"),
        ({"k": [850511, 8505]}, "flows.parquet: row 2: k is '8505', no product"),
        ({"t": [2024, 24]}, "flows.parquet: row 2: t is '24', no year"),
        ({"v": None}, "flows.parquet: no column v (value in thousand dollars)"),
    ],
)
@pytest.mark.parametrize("statistics", [True, False])
def test_spoiled_parquet(tmp_path, monkeypatch, change, message, statistics):
    columns = {name: cells for name, cells in (GOOD | change).items() if cells is not None}
    pq.write_table(pa.table(columns), tmp_path / "flows.parquet", write_statistics=statistics)
    assert message in refused(tmp_path, monkeypatch, ["flows.parquet"])


@pytest.mark.parametrize("engine", ENGINES[1:])
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, None])
def test_spoiled_value_in_parquet_on_every_engine(tmp_path, monkeypatch, value, engine):
    pq.write_table(pa.table(GOOD | {"v": [1.0, value]}), tmp_path / "flows.parquet")
    assert "flows.parquet: row 2: v is " in refused(tmp_path, monkeypatch, ["flows.parquet"], engine=engine)


@pytest.mark.parametrize("left", [0.2, 0.9, 0.999])
def test_parquet_cut_short(tmp_path, monkeypatch, world, left):
    whole = world["parquet"][0].read_bytes()
    (tmp_path / "flows.parquet").write_bytes(whole[: int(len(whole) * left)])
    message = refused(tmp_path, monkeypatch, ["flows.parquet"])
    assert message.startswith("flows.parquet: no Parquet, or cut short: its end is missing")


def test_parquet_broken_inside(tmp_path, monkeypatch, world):
    whole = bytearray(world["parquet"][0].read_bytes())
    whole[2000:6000] = bytes(4000)
    (tmp_path / "flows.parquet").write_bytes(whole)
    assert refused(tmp_path, monkeypatch, ["flows.parquet"]).startswith("flows.parquet: row 1: broken from here on")


def test_parquet_of_two_kinds_or_without_rows(tmp_path, monkeypatch):
    pq.write_table(pa.table(GOOD), tmp_path / "a.parquet")
    pq.write_table(pa.table(GOOD | {"k": [850511, 10121]}), tmp_path / "b.parquet")
    pq.write_table(pa.table(GOOD).slice(0, 0), tmp_path / "c.parquet")
    message = refused(tmp_path, monkeypatch, ["a.parquet", "b.parquet"])
    assert message.startswith("b.parquet: columns t int64, i int64, j int64, k int64, v double, but a.parquet has")
    assert refused(tmp_path, monkeypatch, ["c.parquet"]).startswith("c.parquet: row 1: the file holds no flows")


def test_line_is_named_in_a_long_file(tmp_path, monkeypatch, world):
    lines = world["csv"][0].read_text().splitlines(keepends=True)
    lines[20_000] = lines[20_000].replace(",", ";", 1)
    (tmp_path / "flows.csv").write_text("".join(lines))
    assert refused(tmp_path, monkeypatch, ["flows.csv"]).startswith(
        "flows.csv: line 20001: 5 cells where the header has 6"
    )


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "out.csv").write_text("an older result\n")

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        screened(tmp_path, FLOWS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flows.csv", "out.csv"]
    assert (tmp_path / "out.csv").read_text() == "an older result\n"


# --- countries and the command line ----------------------------------------------------------------------------


def test_countries():
    assert baci.country("usa").code == baci.country("842").code == 842
    assert baci.country("DEU").name == "Germany"  # not the Federal Republic of before 1990
    assert baci.country("280").former
    assert len(baci.countries()) == 238


def test_command_line(tmp_path):
    (tmp_path / "flows.csv").write_text(FLOWS)
    asked = ["screen", str(tmp_path / "flows.csv"), "--importer", "USA", "--partner", "CHN", "--out"]
    result = CliRunner().invoke(app, [*asked, str(tmp_path / "out.csv")])
    assert result.exit_code == 0
    assert result.stdout.endswith("3 rows. 2024: USA imports 2 products; of 1 more than half comes from CHN.\n")
    assert "screen (duckdb):" in result.stderr and "reading and adding up" in result.stderr


def test_progress_in_plain_lines(tmp_path, monkeypatch, capsys, world):
    monkeypatch.setattr("claimbook.screen.SECONDS_BETWEEN_LINES", 0.001)
    screen_files(world["csv"], importer="USA", partner="CHN", out=tmp_path / "out.csv")
    lines = capsys.readouterr().err.splitlines()
    steps = [line.split(" s  ")[1] for line in lines if "%" not in line]
    assert steps == ["looking at 2 files", "reading and adding up", f"writing {tmp_path / 'out.csv'}"]
    assert any(re.search(r"  \d+%$", line) for line in lines)


# --- the generator -----------------------------------------------------------------------------------------------


def test_generator_is_like_the_table_it_was_fitted_to(world):
    with duckdb.connect() as connection:
        flows = connection.read_parquet([str(path) for path in world["parquet"]]).df()
    assert len(flows) == 30_000
    assert not flows.duplicated(["t", "i", "j", "k"]).any() and (flows["i"] != flows["j"]).all()
    assert set(flows["i"]) | set(flows["j"]) <= set(baci.countries())
    assert flows["k"].str.fullmatch(r"\d{6}").all() and flows["v"].min() >= 0.001
    # the real table: median 19.1 thousand dollars, 4.7% without quantity, China and the US in front
    assert 5 < flows["v"].median() < 60 and 0.04 < flows["q"].isna().mean() < 0.055
    assert flows["i"].value_counts().index[:2].tolist() == [156, 842]


def test_generator_gives_the_same_files_again(tmp_path, world):
    again = generate(30_000, tmp_path, "parquet", seed=7)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in world["parquet"]]


# --- Spark, last: the session of the other tests ends here -----------------------------------------------------


@needs_spark
def test_spark_session_is_stopped_if_it_was_started_here(tmp_path, session):
    from pyspark.sql import SparkSession

    screened(tmp_path, FLOWS, "spark")
    assert SparkSession.getActiveSession() is session  # not ours, left running
    session.stop()
    pd.testing.assert_frame_equal(screened(tmp_path, FLOWS, "spark"), screened(tmp_path, FLOWS))
    assert SparkSession.getActiveSession() is None
