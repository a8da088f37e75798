"""The one check: its line when all is in order, and every fault of every part when not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_house import BASE, NOTEBOOK, small_house, write_notebook
from small_package import small_package

from claimbook.check import check, run_check, summary
from claimbook.ledger import Ledger
from claimbook.refresh.dictionary import write_dictionary


@pytest.fixture
def home(tmp_path) -> Path:
    return small_house(tmp_path)


def told(home: Path) -> list[str]:
    return [str(fault) for fault in check(home)]


def test_summary_counts_what_was_checked():
    assert summary(Ledger.load(BASE)) == "4 sentences, 4 claims, 7 evidence, 7 sources: ok"


def test_a_house_in_order_has_no_fault(home, capsys):
    assert check(home) == []
    assert run_check(home) == 0
    assert capsys.readouterr().out.endswith(": ok\n")


def test_faults_of_all_parts_are_told_together(home, capsys):
    (home / "data" / "ledger" / "omissions.yaml").write_text("", encoding="utf-8")
    (home / "data" / "minerals").mkdir()
    (home / "data" / "minerals" / "stray.csv").write_text("a\n1\n", encoding="utf-8")
    (home / NOTEBOOK).write_text("{}", encoding="utf-8")
    assert run_check(home) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("omissions.yaml: empty file")
    assert any(line.startswith("minerals/stray.csv: no record") for line in told)
    assert any(line.startswith(f"{NOTEBOOK.name}: no readable notebook") for line in told)
    assert told[-1] == f"{len(told) - 1} faults"


def test_one_fault_is_told_once(home, capsys):
    (home / NOTEBOOK).write_text("{}", encoding="utf-8")
    (home / "seeds" / "article.txt").write_bytes(b"\xff")
    assert told(home) == ["article.txt: not UTF-8 at byte 0; save it as UTF-8"]


def test_a_folder_where_a_file_should_be_is_a_fault(home):
    path = home / "data" / "ledger" / "sources.yaml"
    path.unlink()
    path.mkdir()
    assert told(home) == ["sources.yaml: cannot be read (Is a directory); restore the file"]


ENTRY = "- {id: e, table: mine_productoin, where: {year: 2024}, action: drop-rows, why: w, source: {title: T, path: P}}"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("corrections.yaml", "!!python/object/apply:os.system [x]", "corrections.yaml: line 1: "),
        ("corrections.yaml", "- 1\n", "corrections.yaml: not a list of entries; begin each with `- id:`"),
        ("corrections.yaml", "- id: e\n", "corrections.yaml: e: table, where, why, source missing; complete"),
        ("corrections.yaml", ENTRY, "corrections.yaml: e: no table 'mine_productoin'; did you mean \"mine_"),
        ("corrections.yaml", ENTRY.replace("{year: 2024}", "1"), "corrections.yaml: e: where is no mapping; write the"),
        ("README.md", "old", "data/README.md: out of date; run `python -m claimbook.refresh.dictionary`"),
    ],
)
def test_what_goes_with_the_tables_is_checked(home, name, text, told):
    small_package(home / "data", builder="hand-compiled")
    write_dictionary(home / "data")
    assert check(home) == []
    (home / "data" / name).write_text(text, encoding="utf-8")
    (fault,) = map(str, check(home))
    assert fault.startswith(told)


@pytest.mark.parametrize(
    "place",
    ["minerals/notes.txt", "minerals/old/mine_production.csv", "copy.json", "trade/imports.parquet", "mine.xlsx"],
)
def test_files_of_data_without_a_record_are_told(home, place):
    (home / "data" / place).parent.mkdir(parents=True, exist_ok=True)
    (home / "data" / place).write_text("a\n1\n", encoding="utf-8")
    assert told(home) == [f"{place}: no record in datapackage.json; write one, or remove the file"]


def test_files_that_are_none_of_the_ledgers_are_told(home):
    (home / "data" / "ledger" / "claims.yaml~").write_text("", encoding="utf-8")
    fault = "data/ledger/claims.yaml~: no file of the ledger; move it out of data/, or remove it"
    assert told(home) == [fault]


def test_what_an_editor_or_a_killed_run_leaves_is_no_stray(home):
    for place in (".DS_Store", "ledger/.claims.yaml.swp", "minerals/.mine_production.csv.a.tmp"):
        (home / "data" / place).parent.mkdir(exist_ok=True)
        (home / "data" / place).write_bytes(b"")
    assert told(home) == []


@pytest.mark.parametrize("emptied", [True, False])
def test_a_house_without_notebooks_is_told(home, emptied):
    shutil.rmtree(home / "notebooks")
    if emptied:
        (home / "notebooks").mkdir()
    assert told(home) == ["notebooks: no notebook named like 01-question.ipynb; restore the folder with git"]


def test_a_notebook_that_nothing_would_run_is_told(home):
    shutil.copy(home / NOTEBOOK, home / "notebooks" / "Untitled.ipynb")
    assert told(home) == ["Untitled.ipynb: not named like 01-question.ipynb, so nothing runs it; rename or remove it"]


@pytest.mark.parametrize(
    "place",
    ["by hand", "claimbook.refresh.minerals:MINE", "claimbook.refresh.nowhere:A", "os:system", "claimbook.refresh.",
     "claimbook.refresh.trade_codes:HS_CODES"],
)  # fmt: skip
def test_a_builder_that_does_not_make_its_table_is_told(home, place):
    small_package(home / "data", builder=place)
    write_dictionary(home / "data")
    write_notebook(home)
    assert told(home) == [
        f"datapackage.json: mine_production: no builder of it at {place!r}; "
        "name the module and the constant of its builder, or `hand-compiled`"
    ]


@pytest.mark.parametrize(("constant", "faults"), [("HS_CODES", 0), ("BACI_COUNTRY_CODES", 1)])
def test_the_builder_of_another_table_is_none(home, constant, faults):
    small_package(home / "data", name="hs_codes", builder=f"claimbook.refresh.trade_codes:{constant}")
    write_dictionary(home / "data")
    write_notebook(home)
    assert len(told(home)) == faults


def test_a_house_without_its_ledger_is_not_taken_for_another(home):
    shutil.rmtree(home / "data" / "ledger")
    done = subprocess.run(
        [sys.executable, "-m", "claimbook", "check"], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "claims.yaml: " in done.stdout and "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["site", "export"])
def test_a_place_that_cannot_be_written_is_told(tmp_path, command):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    place = tmp_path / "taken" / "below"
    done = subprocess.run(
        [sys.executable, "-m", "claimbook", command, "--out", place], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(str(tmp_path / "taken")) and "Not a directory; choose another place" in done.stderr
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"


def test_outside_a_house_the_command_explains_itself(tmp_path):
    """No traceback where there is no house: run from an empty folder, with the package alone on the path."""
    package = Path(__file__).parents[1] / "lib" / "claimbook"
    shutil.copytree(package, tmp_path / "alone" / "claimbook", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-c", "from claimbook.check import run_check; raise SystemExit(run_check())"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "alone"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no claimbook house here or above" in done.stdout
    assert "Traceback" not in done.stderr
