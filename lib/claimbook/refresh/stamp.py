"""A hand-compiled table after an edit: checked, put in its canonical form, its record brought up to date.

Run: `python -m claimbook.refresh.stamp NAME ...`. Nothing is written when the edited table breaks its record.
"""

import sys
from pathlib import Path

from claimbook import tables
from claimbook.errors import ClaimbookError
from claimbook.home import home
from claimbook.refresh.core import replace_table
from claimbook.refresh.errors import RefreshError
from claimbook.table_checks import record_faults, table_faults
from claimbook.table_files import TableError, csv_bytes, parse
from claimbook.tables import to_pandas


def stamp(name: str, *, data: Path | None = None) -> int:
    """Accept an edited hand-compiled table; return its number of rows.

    The file is written again in its canonical form (sorted by key), and bytes, SHA-256 and rows of its record anew.

    Raises
    ------
    RefreshError
        If the table has a builder: its bytes come from official files only.
    TableError
        If the table breaks its schema, or the record is incomplete.
    """
    data = data or home() / "data"
    entry = tables.record(name, data)
    if entry["builder"] != "hand-compiled":
        raise RefreshError(f"{name}: built from official files; use python -m claimbook refresh {name}")
    table = parse((data / entry["path"]).read_bytes(), entry["schema"]["fields"], entry["path"])
    faults = record_faults(entry | {"bytes": 1, "hash": "sha256:", "row_count": 0})
    faults += table_faults(table, entry["schema"], entry["path"])
    if faults:
        raise TableError("\n".join(faults))
    frame = to_pandas(table).sort_values(entry["schema"]["primaryKey"], kind="stable", ignore_index=True)
    replace_table(name, frame, csv_bytes(frame), {}, data)
    return len(frame)


def main(names: list[str]) -> int:
    """Stamp the named tables; return 1 if one is refused."""
    try:
        for name in names:
            print(f"{name}: {stamp(name)} rows, record up to date")
    except ClaimbookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
