"""The tables of the house, and the ways in which a table or its record can be wrong."""

import copy
import json
import shutil
from pathlib import Path

import pytest
import yaml
from small_package import CSV, small_package, small_record

from claimbook import tables
from claimbook.home import home
from claimbook.refresh.dictionary import dictionary
from claimbook.table_files import TableError, csv_bytes, parquet_bytes

DATA = home() / "data"
RECORDS = tables.package()["resources"]
NAMES = [record["name"] for record in RECORDS]
MUST_FAIL = sorted((Path(__file__).parent / "must_fail_tables").glob("*.yaml"))


# --- loading -------------------------------------------------------------------------------------------------


def test_load_gives_declared_dtypes_and_provenance(tmp_path):
    frame = tables.load("mine_production", data=small_package(tmp_path))
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "edition": "str", "published": "datetime64[s]", "country": "str", "iso3": "str", "year": "Int64",
        "value": "Int64", "share_pct": "float64", "estimated": "boolean",
    }  # fmt: skip
    assert frame.attrs == {
        "name": "mine_production",
        "title": "Mine production of rare earths",
        "source": "Made-up Survey, Commodity Summaries",
        "edition": None,
        "published": "2026-02-06",
        "licence": "Creative Commons Attribution 4.0",
        "hash": small_record()["hash"],
    }
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs


def test_known_by_leaves_what_could_be_read_that_day(tmp_path):
    data = small_package(tmp_path)
    frame = tables.load("mine_production", known_by="2025-10-25", data=data)
    assert frame["edition"].tolist() == ["MCS 2025", "MCS 2025"]
    assert frame.attrs["edition"] == "MCS 2025"
    assert frame.attrs["published"] == "2025-01-31"
    assert frame.attrs["source"] == "Made-up Survey, Commodity Summaries (MCS 2025)"
    assert frame.attrs["known_by"] == "2025-10-25"
    on_the_day = tables.load("mine_production", known_by="2026-02-06", data=data)
    assert len(on_the_day) == 4
    assert len(tables.load("mine_production", known_by="2025-01-30", data=data)) == 0


def test_known_by_leaves_out_what_became_of_a_row_later(tmp_path):
    data = small_package(tmp_path, later_fields=["estimated"])
    assert "estimated" in tables.load("mine_production", data=data)
    assert "estimated" not in tables.load("mine_production", known_by="2026-12-31", data=data)


def test_source_names_the_edition_once_one_is_left(tmp_path):
    data = small_package(tmp_path)
    frame = tables.load("mine_production", data=data)
    assert tables.source(frame, data=data) == "Made-up Survey, Commodity Summaries"
    latest = frame[frame["edition"] == "MCS 2026"]
    assert tables.source(latest, data=data) == "Made-up Survey, Commodity Summaries (MCS 2026)"


@pytest.mark.parametrize(
    ("published", "known_by", "known"),
    [
        ("2025-10-25", "2025-10-25", True), ("2025-10-26", "2025-10-25", False),
        ("2025-09", "2025-10-25", True), ("2025-10", "2025-10-25", False), ("2025-10", "2025-10-31", True),
        ("2024", "2025-01-01", True), ("2025", "2025-10-25", False),
    ],
)  # fmt: skip
def test_a_table_without_dated_rows_is_known_from_the_last_day_its_date_can_mean(tmp_path, published, known_by, known):
    data = small_package(tmp_path, known_by_field=None, published=published)
    if known:
        assert len(tables.load("mine_production", known_by=known_by, data=data)) == 4
    else:
        with pytest.raises(TableError, match=f"published {published}, so nobody could use it on {known_by}"):
            tables.load("mine_production", known_by=known_by, data=data)


def test_a_bad_date_and_an_unknown_name_are_refused_with_a_remedy(tmp_path):
    data = small_package(tmp_path)
    with pytest.raises(TableError, match=r"known_by='October' is not an ISO date; write it like 2025-10-25"):
        tables.load("mine_production", known_by="October", data=data)
    with pytest.raises(TableError, match=r"no table 'mine_prodution'; did you mean mine_production\?"):
        tables.load("mine_prodution", data=data)
    with pytest.raises(TableError, match=r"no table '\?'; tables.catalogue\(\) lists what there is"):
        tables.load("?", data=data)


def test_catalogue_has_a_row_a_table(tmp_path):
    row = tables.catalogue(data=small_package(tmp_path)).iloc[0]
    assert row[["name", "rows", "published", "path"]].tolist() == [
        "mine_production", 4, "2026-02-06", "minerals/mine_production.csv",
    ]  # fmt: skip


# --- what must be refused ------------------------------------------------------------------------------------


def test_a_right_package_has_no_fault(tmp_path):
    assert tables.validate(data=small_package(tmp_path)) == []


@pytest.mark.parametrize("path", MUST_FAIL, ids=lambda path: path.stem)
def test_spoiled_tables_and_records_are_refused(tmp_path, path):
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    content = case.get("csv", CSV).encode(case.get("encoding", "utf-8"))
    record = small_record(content)
    for keys, value in case.get("record", {}).items():
        _put(record, keys.split("."), value)
    data = small_package(tmp_path, content, **record)
    if "recorded" in case:  # the record belongs to other bytes than the file's
        data = small_package(tmp_path, case["recorded"].encode())
        (data / record["path"]).write_bytes(content)
    if "file" in case:
        (data / case["file"]).write_bytes(b"a,b\n1,2\n")
    faults = "\n".join(tables.validate(data=data))
    for words in case["says"]:
        assert words in faults
    if case.get("load", True):
        with pytest.raises(TableError) as refusal:
            tables.load("mine_production", data=data)
        assert all(words in str(refusal.value) for words in case["says"])


def _put(record: dict, keys: list[str], value) -> None:
    """Set a value deep in a record: `schema.fields.year.type` names the field by its name."""
    for key in keys[:-1]:
        record = record[key] if isinstance(record, dict) else next(field for field in record if field["name"] == key)
    if value == "(remove)":
        del record[keys[-1]]
    else:
        record[keys[-1]] = value


def test_twelve_kinds_of_spoiled_tables_or_more():
    assert len(MUST_FAIL) >= 12


def test_two_records_of_one_name_are_refused(tmp_path):
    data = small_package(tmp_path)
    package = json.loads((data / "datapackage.json").read_text())
    package["resources"] *= 2
    (data / "datapackage.json").write_text(json.dumps(package))
    assert "datapackage.json: two records are named mine_production; rename one" in tables.validate(data=data)


@pytest.mark.parametrize("text", ['{"resources": [', "[]", "{}", '{"resources": [{}]}', '{"resources": ["a"]}'])
def test_a_package_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "datapackage.json").write_text(text)
    with pytest.raises(TableError, match="datapackage.json: not readable"):
        tables.load("mine_production", data=tmp_path)


@pytest.mark.parametrize(
    ("keys", "value", "says"),
    [
        ("path", 5, "path is not text; see how another record writes it"),
        ("path", "../elsewhere.csv", "path '../elsewhere.csv' leads out of data/; keep the table inside"),
        ("path", "/etc/elsewhere.csv", "path '/etc/elsewhere.csv' leads out of data/; keep the table inside"),
        ("schema", "schema.json", "schema is not a mapping"),
        ("schema.fields", None, "schema.fields is not a list of mappings"),
        ("schema.fields", [5], "schema.fields is not a list of mappings"),
        ("schema.fields.year.name", "(remove)", "a field has no name; name the column"),
        ("schema.fields.year.type", ["year"], "field year: type ['year'] is not one of"),
        ("schema.primaryKey", "year", "primaryKey is not a list"),
        ("sources", ["a page"], "sources is not a list of mappings"),
        ("schema.fields.iso3.constraints.pattern", "(", "field iso3: pattern '(' does not work for type string"),
        ("schema.fields.value.constraints", {"enum": ["many"]}, "field value: enum ['many'] does not work for type"),
        ("schema.fields.value.constraints", {"minimum": "few"}, "field value: minimum 'few' does not work for type"),
    ],
)
def test_a_record_out_of_form_is_refused(tmp_path, keys, value, says):
    data = small_package(tmp_path)
    package = json.loads((data / "datapackage.json").read_text())
    _put(package["resources"][0], keys.split("."), value)
    (data / "datapackage.json").write_text(json.dumps(package))
    assert any(fault.startswith(f"datapackage.json: mine_production: {says}") for fault in tables.validate(data=data))
    with pytest.raises(TableError, match="datapackage.json: mine_production: "):
        tables.load("mine_production", data=data)


# --- the tables of the house ---------------------------------------------------------------------------------


def test_all_tables_and_the_package_are_well():
    assert tables.validate() == []


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of data/ whose tables can be spoiled one at a time."""
    folder = tmp_path_factory.mktemp("data")
    shutil.copy(DATA / "datapackage.json", folder)
    return folder


@pytest.mark.parametrize("record", RECORDS, ids=NAMES)
def test_one_flipped_bit_in_any_table_is_caught(copied, record):
    path = copied / record["path"]
    path.parent.mkdir(exist_ok=True)
    content = bytearray((DATA / record["path"]).read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(TableError, match=f"{record['path']}: changed since its record was written"):
        tables.load(record["name"], data=copied)
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert len(tables.load(record["name"], data=copied)) == record["row_count"]


@pytest.mark.parametrize("record", RECORDS, ids=NAMES)
def test_each_file_is_in_its_one_canonical_form(record):
    """Written again, a table gives the same bytes: no stray spaces, no 1.0 for 1, sorted by its key."""
    frame = tables.load(record["name"])
    content = parquet_bytes(frame) if record["path"].endswith(".parquet") else csv_bytes(frame)
    assert content == (DATA / record["path"]).read_bytes()
    key = record["schema"]["primaryKey"]
    assert frame[key].equals(frame[key].sort_values(key, kind="stable", ignore_index=True))


QUALIFIED = [r for r in RECORDS if {"value", "qualifier", "value_low"} <= {f["name"] for f in r["schema"]["fields"]}]


@pytest.mark.parametrize("record", QUALIFIED, ids=lambda record: record["name"])
def test_qualified_values_keep_their_meaning(record):
    """A missing value is explained by its qualifier, and an exact one has equal bounds."""
    frame = tables.load(record["name"])
    assert frame.loc[frame["value"].isna(), "qualifier"].notna().all()
    exact = frame[frame["qualifier"].isna()]
    assert (exact["value_low"] == exact["value"]).all()
    assert (exact["value_high"] == exact["value"]).all()
    both = frame.dropna(subset=["value_low", "value_high"])
    assert (both["value_low"] <= both["value_high"]).all()


def test_countries_are_iso_3166_alpha_3():
    for record in RECORDS:
        for field in record["schema"]["fields"]:
            if field["name"] == "iso3" or field["name"].endswith("_iso3"):
                assert field["constraints"]["pattern"] == "[A-Z]{3}", (record["name"], field["name"])


UNITS = {
    "US dollars", "million US dollars", "billion US dollars", "US dollars per US dollar", "metric tons",
    "thousand metric tons", "metric tons per year", "percent", "percent of consumption", "percentage points", "share",
    "elasticity", "months", "as in unit",
}  # fmt: skip


def test_each_unit_has_one_name():
    used = {field["unit"] for record in RECORDS for field in record["schema"]["fields"] if "unit" in field}
    assert used - UNITS == set()


def test_each_licence_has_one_address():
    addresses = {}
    for licence in (licence for record in RECORDS for licence in record["licenses"]):
        assert addresses.setdefault(licence["name"], licence.get("path")) == licence.get("path"), licence


def test_data_stays_under_20_mb():
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 20_000_000


def test_text_tables_stay_under_1_mb():
    assert [record["name"] for record in RECORDS if record["format"] == "csv" and record["bytes"] > 1_000_000] == []


def test_the_dictionary_is_current():
    assert (DATA / "README.md").read_text(encoding="utf-8") == dictionary(tables.package()), (
        "data/README.md is out of date; run python -m claimbook.refresh.dictionary"
    )


# --- frictionless --------------------------------------------------------------------------------------------


def test_frictionless_finds_the_package_valid():
    """Metadata, bytes and hashes of all resources, and every row of the CSV ones."""
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.Package(str(DATA / "datapackage.json")).validate()
    assert report.flatten(["name", "rowNumber", "fieldName", "message"]) == []
    assert report.stats["tasks"] == len(RECORDS)


@pytest.mark.parametrize("record", [r for r in RECORDS if r["format"] == "pq"], ids=lambda r: r["name"])
def test_frictionless_finds_the_rows_of_parquet_tables_valid(tmp_path, record):
    """Its own Parquet reader takes missing integers for errors, so it gets the first rows as CSV."""
    frictionless = pytest.importorskip("frictionless")
    part = tables.load(record["name"]).head(2_000)
    (tmp_path / "part.csv").write_bytes(csv_bytes(part))
    described = {"name": "part", "path": "part.csv", "type": "table", "schema": copy.deepcopy(record["schema"])}
    report = frictionless.Resource(described, basepath=str(tmp_path)).validate()
    assert report.flatten(["rowNumber", "fieldName", "message"]) == []
    assert report.tasks[0].stats["rows"] == len(part)


def test_frictionless_catches_a_flipped_bit(tmp_path):
    frictionless = pytest.importorskip("frictionless")
    data = small_package(tmp_path)
    assert frictionless.Package(str(data / "datapackage.json")).validate().valid
    (data / "minerals/mine_production.csv").write_bytes(CSV.replace("45000", "45001").encode())
    assert not frictionless.Package(str(data / "datapackage.json")).validate().valid
