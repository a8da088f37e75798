"""The one check: its line when all is in order, and every fault of every part when not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from claimbook.check import check, run_check, summary
from claimbook.ledger import Ledger

BASE = Path(__file__).parent / "must_fail" / "_base"


@pytest.fixture
def home(tmp_path) -> Path:
    return shutil.copytree(BASE, tmp_path / "house")


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
    (home / "notebooks").mkdir()
    (home / "notebooks" / "01-what.ipynb").write_text("{}", encoding="utf-8")
    assert run_check(home) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("omissions.yaml: empty file")
    assert any(line.startswith("minerals/stray.csv: no record") for line in told)
    assert any(line.startswith("01-what.ipynb: no readable notebook") for line in told)
    assert told[-1] == f"{len(told) - 1} faults"


def test_one_fault_is_told_once(home, capsys):
    (home / "notebooks").mkdir()
    (home / "notebooks" / "01-what.ipynb").write_text("{}", encoding="utf-8")
    (home / "seeds" / "article.txt").write_bytes(b"\xff")
    assert [str(fault) for fault in check(home)] == ["article.txt: not UTF-8 at byte 0; save it as UTF-8"]


def test_a_folder_where_a_file_should_be_is_a_fault(home):
    path = home / "data" / "ledger" / "sources.yaml"
    path.unlink()
    path.mkdir()
    assert [str(fault) for fault in check(home)] == ["sources.yaml: cannot be read (Is a directory); restore the file"]


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
