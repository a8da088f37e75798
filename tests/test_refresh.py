"""A refresh replaces a table and its record, both or neither, and says what changed or why nothing did."""

import datetime
import io
import json
import os
import signal
from pathlib import Path

import pandas as pd
import pytest
from misbehaving_server import MisbehavingServer
from rich.console import Console
from small_package import CSV, small_package

from claimbook import tables
from claimbook.home import home
from claimbook.refresh import core
from claimbook.refresh.compare import compare
from claimbook.refresh.core import Builder, Download, RefreshError, expect_columns, refresh
from claimbook.refresh.corrections import correct, correction_faults, corrections
from claimbook.refresh.download import Fetcher
from claimbook.table_files import TableError

TABLE = "mine_production"
OFFICIAL = CSV.replace("45500", "51000").replace("\nMCS 2026,2026-02-06,China,CHN,2024,270000,68.4,false", "") + (
    "MCS 2026,2026-02-06,China,CHN,2023,255000,,false\n"
)  # one value revised, one row removed, one added


def read(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "official.csv", dtype={"year": "Int64"})


def tidy(raw: pd.DataFrame) -> pd.DataFrame:
    return expect_columns(raw, ["edition", "country", "value"], "official.csv")


def builder(url: str, **changes) -> Builder:
    made = {"table": TABLE, "downloads": (Download(url, "official.csv"),), "read": read, "tidy": tidy}
    return Builder(**made | changes)


@pytest.fixture
def said():
    return Console(file=io.StringIO(), width=500)


@pytest.fixture
def waits():
    return []


@pytest.fixture
def run(tmp_path, said, waits):
    """Refresh the small table from a server's path or a folder; return its result."""

    def run(url: str, source_dir: Path | None = None, **changes):
        data = tmp_path / "data"
        if not data.exists():
            small_package(data)
        fetcher = Fetcher(timeout=0.3, sleep=waits.append, console=said)
        made = builder(url, **changes)
        today = datetime.date(2026, 12, 1)
        results = refresh(
            [TABLE], source_dir, data=data, known={TABLE: made}, fetcher=fetcher, console=said, today=today
        )
        return results[TABLE]

    return run


@pytest.fixture
def server():
    with MisbehavingServer(OFFICIAL.encode()) as server:
        yield server


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- the course of a good refresh ----------------------------------------------------------------------------


def test_a_refresh_replaces_table_record_and_dictionary(run, server, tmp_path, said):
    changes = run(f"{server.base}/ok/official.csv")
    assert (changes.added, changes.removed, changes.revised) == (1, 1, 1)
    data = tmp_path / "data"
    frame = tables.load(TABLE, data=data)
    assert frame.set_index(["edition", "country", "year"])["value"].to_dict() == {
        ("MCS 2025", "China", 2024): 270000,
        ("MCS 2025", "United States", 2024): 45000,
        ("MCS 2026", "China", 2023): 255000,
        ("MCS 2026", "United States", 2024): 51000,
    }
    record = tables.record(TABLE, data)
    assert (record["row_count"], record["accessed"]) == (4, "2026-12-01")
    assert tables.validate(data=data) == []
    assert "4 rows" in (data / "README.md").read_text()
    printed = said.file.getvalue().splitlines()
    assert printed == [
        TABLE,
        f"  getting {server.base}/ok/official.csv",
        "  4 rows (4 before): 1 added, 1 removed, 1 revised",
        "  MCS 2026 | United States | 2024: value 45500 -> 51000 (+12.1%)",
    ]


def test_a_second_refresh_changes_no_byte(run, server, tmp_path, said):
    run(f"{server.base}/ok/official.csv")
    before = files(tmp_path / "data")
    assert not run(f"{server.base}/ok/official.csv")
    assert files(tmp_path / "data") == before
    assert said.file.getvalue().endswith("  4 rows, none changed\n")


def test_a_refresh_from_a_folder_asks_no_server_and_leaves_the_date_of_reading(run, tmp_path):
    (tmp_path / "saved/deep").mkdir(parents=True)
    (tmp_path / "saved/deep/official.csv").write_text(OFFICIAL)
    assert run("http://127.0.0.1:9/unreachable", tmp_path / "saved")
    assert tables.record(TABLE, tmp_path / "data")["accessed"] == "2026-11-23"


def test_a_copy_of_another_form_is_read_by_its_own_reader(run, tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/copy.csv").write_text(OFFICIAL.replace(",", ";"))
    changes = run("http://127.0.0.1:9/", tmp_path / "raw", read_copy=lambda d: pd.read_csv(d / "copy.csv", sep=";"))
    assert changes.revised == 1


def test_a_folder_without_the_files_names_them_and_their_address(run, tmp_path):
    (tmp_path / "empty").mkdir()
    error = run("https://example.org/official", tmp_path / "empty")
    assert str(error).endswith("/empty; the folder has to hold official.csv from https://example.org/official")
    error = run("https://example.org/official", tmp_path / "empty", read_copy=lambda d: pd.read_csv(d / "copy.csv"))
    assert str(error).endswith("/copy.csv; the folder has to hold official.csv from https://example.org/official")


def test_what_a_builder_has_to_tell_is_said_whether_or_not_anything_changed(run, tmp_path, said):
    def telling(raw):
        table = tidy(raw)
        table.attrs["told"] = ["files of MCS 2026; no files of MCS 2025: rows kept"]
        return table

    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/official.csv").write_text(OFFICIAL)
    for last in ("  MCS 2026 | United States | 2024: value 45500 -> 51000 (+12.1%)", "  4 rows, none changed"):
        run("http://127.0.0.1:9/", tmp_path / "saved", tidy=telling)
        printed = said.file.getvalue().splitlines()
        assert "  files of MCS 2026; no files of MCS 2025: rows kept" in printed[-3:]
        assert printed[-1] == last


def test_two_files_of_one_name_and_different_content_are_refused(run, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "saved" / name).mkdir(parents=True)
        (tmp_path / "saved" / name / "official.csv").write_text(OFFICIAL + name)
    error = run("http://127.0.0.1:9/", tmp_path / "saved")
    assert "official.csv: found more than once with different content (a/official.csv, b/official.csv)" in str(error)


# --- servers that misbehave ----------------------------------------------------------------------------------

HOPELESS = {
    "missing": "404 Not Found; the file was moved or renamed: find its new address and mend the builder",
    "forbidden": "403 Forbidden; open the address in a browser, save the file and use --from its folder",
    "busy_long": "the server answered 429 Too Many Requests and asks to wait 86400 s; come again then",
}
PASSING = {
    "busy": ("the server answered 429 Too Many Requests", [7, 7]),
    "broken": ("the server answered 500 Internal Server Error", [2, 4]),
    "truncated": ("connection failed (peer closed connection without sending complete message body", [2, 4]),
    "page": ("a web page came where official.csv was expected", [2, 4]),
    "page_called_csv": ("a web page came where official.csv was expected", [2, 4]),
    "empty": ("an empty file came", [2, 4]),
    "silent": ("no answer within 0.3 s", [2, 4]),
    "hangup": ("connection failed", [2, 4]),
}


@pytest.mark.parametrize("way", HOPELESS)
def test_where_another_try_would_not_help_there_is_one(run, server, tmp_path, waits, way):
    run(f"{server.base}/ok/official.csv")
    before = files(tmp_path / "data")
    error = run(f"{server.base}/{way}/official.csv")
    assert isinstance(error, RefreshError)
    assert str(error) == f"{server.base}/{way}/official.csv: {HOPELESS[way]}"
    assert (server.asked[f"/{way}/official.csv"], waits) == (1, [])
    assert files(tmp_path / "data") == before


@pytest.mark.parametrize("way", PASSING)
def test_three_tries_then_one_clear_error_and_the_old_table(run, server, tmp_path, waits, way):
    small_package(tmp_path / "data")
    before = files(tmp_path / "data")
    error, (got, slept) = run(f"{server.base}/{way}/official.csv"), PASSING[way]
    assert isinstance(error, RefreshError)
    assert str(error).startswith(f"{server.base}/{way}/official.csv: {got}")
    assert "after 3 tries; try again later, or save the file as official.csv and name its folder" in str(error)
    assert (server.asked[f"/{way}/official.csv"], waits) == (3, slept)
    assert files(tmp_path / "data") == before


@pytest.mark.parametrize("way", PASSING)
def test_a_failure_that_passes_is_survived(run, server, waits, way):
    server.bad = 2
    assert run(f"{server.base}/{way}/official.csv").revised == 1
    assert waits == PASSING[way][1]


def test_a_redirect_is_followed(run, server):
    assert run(f"{server.base}/moved/official.csv").revised == 1


def test_retry_after_may_be_a_date(server, tmp_path, waits, said, monkeypatch):
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=50)
    monkeypatch.setattr("misbehaving_server._Handler.busy", lambda self: self._answer(
        503, b"", "text/plain", Retry_After=soon.strftime("%a, %d %b %Y %H:%M:%S GMT")))  # fmt: skip
    server.bad = 1
    Fetcher(sleep=waits.append, console=said).fetch(f"{server.base}/busy/x.csv", tmp_path / "x.csv")
    assert len(waits) == 1 and 40 < waits[0] <= 50


def test_no_part_of_a_file_is_left_behind(server, tmp_path, said):
    with pytest.raises(RefreshError):
        Fetcher(sleep=lambda _: None, console=said).fetch(f"{server.base}/truncated/x.csv", tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []


def test_the_address_asked_can_be_another_than_the_official_one(server, tmp_path, said):
    fetcher = Fetcher(console=said, address=lambda url: url.replace("https://www.census.gov", f"{server.base}/ok"))
    fetcher.fetch("https://www.census.gov/x.csv", tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == server.body


# --- sources that changed ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (OFFICIAL.replace("country", "Country", 1), "official.csv: header changed: no column ['country'], but ['edit"),
        (OFFICIAL.replace("estimated", "est", 1), "the builder gives ['est'] beyond and lacks ['estimated'] of the"),
        (OFFICIAL.replace("51000", "W"), "column value: not of type integer"),
        (OFFICIAL.replace("51000", "-51000"), "the new table breaks its record, so the old one stays:\n"),
        (OFFICIAL + OFFICIAL.splitlines()[-1] + "\n", "stands twice; a primary key is unique"),
        ("edition,country\n1,2,3,4\n1,2,3,4,5,6\n", "does not have the layout the builder knows (ParserError"),
    ],
)
def test_a_changed_source_is_refused_at_once_and_the_old_table_stays(run, server, tmp_path, waits, body, says):
    small_package(tmp_path / "data")
    before = files(tmp_path / "data")
    server.body = body.encode()
    error = run(f"{server.base}/ok/official.csv")
    assert says in str(error)
    assert (server.asked["/ok/official.csv"], waits) == (1, [])
    assert files(tmp_path / "data") == before


# --- both or neither -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2])
def test_table_and_record_are_replaced_both_or_neither(run, server, tmp_path, monkeypatch, step):
    small_package(tmp_path / "data")
    before = files(tmp_path / "data")
    done, replace = [], os.replace

    def failing(source, target):
        done.append(target)
        if len(done) == step:
            raise OSError("disk full")
        replace(source, target)

    monkeypatch.setattr(core.os, "replace", failing)
    with pytest.raises(OSError, match="disk full"):
        run(f"{server.base}/ok/official.csv")
    assert files(tmp_path / "data") == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process to kill")
def test_killed_between_table_and_record_the_table_is_refused_and_the_next_refresh_mends_it(run, tmp_path, said):
    data = small_package(tmp_path / "data")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/official.csv").write_text(OFFICIAL)
    replace, process = os.replace, os.fork()
    if not process:
        steps = iter([replace, lambda *_: os.kill(os.getpid(), signal.SIGKILL)])
        core.os.replace = lambda *paths: next(steps)(*paths)
        try:
            run("http://127.0.0.1:9/", tmp_path / "saved")
        finally:
            os._exit(0)  # not killed
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL
    (fault,) = tables.validate(data=data)
    assert "changed since its record was written" in fault
    assert fault.endswith(f"or a refresh was broken off, `python -m claimbook refresh {TABLE}`")
    assert run("http://127.0.0.1:9/", tmp_path / "saved")
    assert tables.validate(data=data) == []
    assert tables.load(TABLE, data=data)["value"].tolist() == [270000, 45000, 255000, 51000]


def test_one_tables_error_does_not_stop_the_rest(server, tmp_path, said):
    data = small_package(tmp_path / "data")
    known = {
        "gone": builder(f"{server.base}/missing/official.csv", table=TABLE),
        TABLE: builder(f"{server.base}/ok/official.csv"),
    }
    known = {name: Builder(**{**vars(b), "table": name}) for name, b in known.items()}
    results = refresh(data=data, known=known, fetcher=Fetcher(sleep=lambda _: None, console=said), console=said)
    assert isinstance(results["gone"], Exception)
    assert results[TABLE].revised == 1


def test_tables_made_from_copies_only_are_passed_over_when_all_are_downloaded(server, tmp_path, said):
    data = small_package(tmp_path / "data")
    known = {
        TABLE: builder(f"{server.base}/ok/official.csv"),
        "copy_only": builder("", table="copy_only", downloads=()),
    }
    assert list(refresh(data=data, known=known, fetcher=Fetcher(console=said), console=said)) == [TABLE]
    assert "copy_only: left as it is; it has no official file to download" in said.file.getvalue()


def test_names_that_cannot_be_refreshed_say_why(tmp_path, said):
    data = small_package(tmp_path, builder="hand-compiled")
    with pytest.raises(RefreshError, match=f"{TABLE}: hand-compiled, so it cannot be refreshed: written down"):
        refresh([TABLE], data=data, known={}, console=said)
    with pytest.raises(RefreshError, match=r"no table 'mine_prod'; did you mean mine_production\?"):
        refresh(["mine_prod"], data=data, known={}, console=said)
    with pytest.raises(RefreshError, match=r"nowhere: no such folder"):
        refresh([], tmp_path / "nowhere", data=data, known={}, console=said)


# --- comparison ----------------------------------------------------------------------------------------------


def test_comparison_worked_by_hand():
    old = pd.DataFrame({"k": ["a", "b", "c", None], "v": [100.0, 4.0, None, 1.0], "w": ["x", "y", "z", "u"]})
    new = pd.DataFrame({"k": ["a", "b", "d", None], "v": [110.0, 1.0, 5.0, 1.0], "w": ["x", "Y", "z", "u"]})
    changes = compare(old, new, ["k"])
    assert (changes.added, changes.removed, changes.revised) == (1, 1, 2)
    assert changes.revisions[["key", "column"]].values.tolist() == [["b", "v"], ["a", "v"], ["b", "w"]]
    assert changes.revisions["change"].tolist()[:2] == pytest.approx([-0.75, 0.10])
    assert changes.lines(most=1) == ["4 rows (4 before): 1 added, 1 removed, 2 revised", "b: v 4 -> 1 (-75.0%)"]


def test_comparison_knows_missing_from_zero_and_equal_from_missing():
    old = pd.DataFrame({"k": [1, 2, 3], "v": pd.array([None, 0, None], dtype="Int64")})
    new = pd.DataFrame({"k": [1, 2, 3], "v": pd.array([None, 5, 0], dtype="Int64")})
    changes = compare(old, new, ["k"])
    assert changes.lines()[1:] == ["2: v 0 -> 5", "3: v missing -> 0"]


def test_comparison_of_equal_tables_is_false_and_columns_are_told():
    frame = pd.DataFrame({"k": [1], "v": [2.5]})
    assert not compare(frame, frame.copy(), ["k"])
    wider = compare(frame, frame.assign(unit="t"), ["k"])
    assert wider.lines()[1:] == ["column unit is new"]
    assert compare(frame.rename(columns={"k": "key"}), frame, ["k"]).removed == 1


# --- corrections ---------------------------------------------------------------------------------------------

RAW = pd.DataFrame({"country": ["Slovakia", "EU", "EU"], "value": ["1,000", "7", "7"]})
ENTRY = {
    "id": "e", "table": "t", "where": {"country": "Slovakia"}, "column": "value", "published_value": 1000,
    "corrected_value": "10", "why": "a slip", "source": {"title": "notice", "path": "https://example.org"},
}  # fmt: skip


def test_a_correction_mends_the_cell_and_leaves_the_frame_it_was_given():
    assert correct(RAW, "t", [ENTRY])["value"].tolist() == ["10", "7", "7"]
    assert RAW["value"].tolist() == ["1,000", "7", "7"]
    assert correct(RAW, "other", [ENTRY]) is RAW


def test_the_guard_fails_once_the_source_is_mended():
    mended = RAW.replace("1,000", "10")
    with pytest.raises(RefreshError, match=r"corrections.yaml: e: expected at least one row\(s\).* found 0; the"):
        correct(mended, "t", [ENTRY])
    with pytest.raises(RefreshError, match="e: no column 'land' in the source"):
        correct(RAW, "t", [ENTRY | {"where": {"land": "EU"}}])
    with pytest.raises(RefreshError, match=r"expected 2 row\(s\)"):
        correct(RAW, "t", [ENTRY | {"rows": 2}])


def test_rows_can_be_dropped():
    drop = {key: ENTRY[key] for key in ("id", "table", "why", "source")}
    twice = drop | {"where": {"country": "EU"}, "action": "drop-duplicate"}
    assert correct(RAW, "t", [twice]).index.tolist() == [0, 1]
    with pytest.raises(RefreshError, match="no row stands twice any more"):
        correct(RAW.drop(index=2), "t", [twice])
    assert correct(RAW, "t", [drop | {"where": {"country": "EU"}, "action": "drop-rows"}]).index.tolist() == [0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"why": ""}, "why missing; complete the entry"),
        ({"action": "fix"}, "unknown action 'fix'; use drop-duplicate or drop-rows"),
        ({"source": {"title": "notice"}}, "the source needs a title and a path"),
    ],
)
def test_an_incomplete_correction_is_refused(change, says):
    assert correction_faults([ENTRY | change]) == [f"corrections.yaml: e: {says}"]


def test_a_correction_without_the_published_value_is_no_guard():
    entry = {key: value for key, value in ENTRY.items() if key != "published_value"}
    assert "e: published_value missing; say what was published" in correction_faults([entry])[0]
    assert "the id stands twice" in correction_faults([ENTRY, ENTRY])[0]


# --- the builders of the house -------------------------------------------------------------------------------

RAW_COPY = home().parent / "shared/raw"
BUILDERS = core.builders()


def test_every_correction_names_a_table_with_a_builder():
    assert {entry["table"] for entry in corrections()} <= set(BUILDERS)


def test_every_record_names_its_builder_and_every_builder_has_a_record():
    named = {r["name"]: r["builder"] for r in tables.package()["resources"] if r["builder"] != "hand-compiled"}
    assert set(named) == set(BUILDERS)
    for table, place in named.items():
        module, _, constant = place.partition(":")
        assert getattr(__import__(module, fromlist=[constant]), constant) is BUILDERS[table]


def test_official_addresses_are_encrypted_and_files_have_one_content():
    addresses = {}
    for made in BUILDERS.values():
        for download in made.downloads:
            assert download.url.startswith("https://"), download
            assert addresses.setdefault(download.filename, download.url) == download.url, download.filename


@pytest.mark.parametrize("table", BUILDERS)
def test_the_builder_gives_the_committed_table_byte_for_byte(table, tmp_path, said):
    if not RAW_COPY.is_dir():
        pytest.skip("no ../shared/raw beside the repository; rebuild from official files with `claimbook refresh`")
    made = BUILDERS[table]
    folder, copy = core._Files(RAW_COPY, tmp_path, Fetcher(console=said), said).place(made)
    _, content = core.build(made, folder, copy=copy)
    assert content == (home() / "data" / tables.record(table)["path"]).read_bytes()


@pytest.mark.parametrize("table", BUILDERS)
def test_a_builder_says_which_file_an_empty_folder_lacks(table, tmp_path, said):
    made = BUILDERS[table]
    with pytest.raises(RefreshError) as refusal:
        folder, copy = core._Files(tmp_path, tmp_path / "kept", Fetcher(console=said), said).place(made)
        core.build(made, folder, copy=copy)
    assert ": no " in str(refusal.value) and "None" not in str(refusal.value)
    assert not str(refusal.value).endswith("has to hold ")


def test_a_table_error_is_told_from_other_errors(tmp_path):
    data = small_package(tmp_path)
    with pytest.raises(TableError, match="no table 'other'"):
        core.build(builder("x", table="other"), tmp_path, data=data)
    assert json.loads((data / "datapackage.json").read_text())["resources"][0]["name"] == TABLE
