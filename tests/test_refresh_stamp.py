"""An edited hand-compiled table is accepted whole, in canonical form, or refused with the old record kept."""

import pytest
from small_package import CSV, small_package

from claimbook import tables
from claimbook.refresh.errors import RefreshError
from claimbook.refresh.stamp import main, stamp
from claimbook.table_files import TableError

NEW_ROW = "MCS 2025,2025-01-31,China,CHN,2023,255000,,false\n"


@pytest.fixture
def edited(tmp_path):
    """Return a function that writes an edited table beside the record of the table before the edit."""

    def edit(text: str, **changes):
        data = small_package(tmp_path, builder="hand-compiled", **changes)
        (data / "minerals/mine_production.csv").write_text(text)
        return data

    return edit


def test_an_edit_is_refused_by_load_and_accepted_by_the_stamp(edited):
    data = edited(CSV + NEW_ROW.replace("255000", '"255000"'))
    with pytest.raises(TableError, match="broken off, `python -m claimbook.refresh.stamp mine_production`"):
        tables.load("mine_production", data=data)
    assert stamp("mine_production", data=data) == 5
    assert tables.validate(data=data) == []
    header, *rows = (data / "minerals/mine_production.csv").read_text().splitlines(keepends=True)
    assert rows[0] == NEW_ROW  # sorted by its key, needless quotes gone
    assert "5 rows" in (data / "README.md").read_text()


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (NEW_ROW.replace("255000", "W"), "line 6: column value: 'W' is not of type integer"),
        (NEW_ROW.replace("2023", "2024"), "line 6: column edition.country.year: .* stands twice"),
        (NEW_ROW.replace("CHN", "CHI"), "line 6: column iso3: 'CHI' is not one of"),
    ],
)
def test_an_edit_that_breaks_the_record_changes_nothing(edited, row, says):
    data = edited(CSV + row)
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    with pytest.raises(TableError, match=says):
        stamp("mine_production", data=data)
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before


def test_a_built_table_is_not_stamped(tmp_path):
    with pytest.raises(RefreshError, match="built from official files; use python -m claimbook refresh"):
        stamp("mine_production", data=small_package(tmp_path))


def test_the_command_ends_with_one_clear_message(capsys):
    assert main(["no_such_table"]) == 1
    assert "no table 'no_such_table'" in capsys.readouterr().err
