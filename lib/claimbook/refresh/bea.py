"""Readers of the Bureau of Economic Analysis's input-output workbooks: one sheet to one frame of codes.

In: a workbook, alone or inside one of the bureau's ZIP bundles. Out: numbers by row code and column code, and names.
"""

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas as pd

from claimbook.refresh.errors import RefreshError

_NOTHING = {None, "", "---", "..."}  # how the bureau marks an empty cell
_SEARCHED = 12  # a sheet's code row stands among its first rows, below titles that change


class Sheet(NamedTuple):
    """One table of a workbook."""

    values: pd.DataFrame  # index: row codes; columns: column codes; missing where the bureau prints nothing
    names: dict[str, str]  # code -> name, of rows and columns


def rows_of(source: Path | io.BytesIO, sheet: str) -> list[tuple]:
    """Return the rows of one sheet as tuples of cell values."""
    book = openpyxl.load_workbook(source, read_only=True, data_only=True)
    if sheet not in book.sheetnames:
        raise RefreshError(f"{source}: no sheet {sheet!r} but {book.sheetnames}; the release may have a new layout")
    rows = list(book[sheet].iter_rows(values_only=True))
    book.close()
    return rows


def member(archive: Path, name: str) -> io.BytesIO:
    """Return one workbook of a ZIP bundle, looked for by its file name."""
    with zipfile.ZipFile(archive) as bundle:
        found = [entry for entry in bundle.namelist() if entry.rsplit("/", 1)[-1] == name]
        if len(found) != 1:
            raise RefreshError(
                f"{archive.name}: {len(found)} files named {name}, expected one; it holds {sorted(bundle.namelist())}"
            )
        return io.BytesIO(bundle.read(found[0]))


def parse_sheet(rows: list[tuple], marker: str, what: str) -> Sheet:
    """Return the table whose code row is the one that holds the code `marker`.

    Raises
    ------
    RefreshError
        If no row among the first holds the marker: the layout changed.
    """
    at = next((i for i, row in enumerate(rows[:_SEARCHED]) if marker in map(_text, row)), None)
    if at is None:
        raise RefreshError(f"{what}: no code row with {marker!r} among the first {_SEARCHED} rows; layout changed?")
    codes = [_text(cell) for cell in rows[at]]
    columns = [i for i, code in enumerate(codes) if i >= 2 and code]
    body = [row for row in rows[at + 1 :] if _text(row[0])]
    values = pd.DataFrame(
        [[_number(row[i]) for i in columns] for row in body],
        index=[_text(row[0]) for row in body],
        columns=[codes[i] for i in columns],
    )
    beside = _name_row(rows, at)
    names = {codes[i]: _text(beside[i]) for i in columns if _text(beside[i])}
    return Sheet(values, names | {_text(row[0]): _text(row[1]) for row in body})


def _name_row(rows: list[tuple], at: int) -> tuple:
    """Return the row of column names: above the codes in the bundles, below them in interactive tables."""
    below = rows[at + 1]
    return below if not _text(below[0]) and _text(below[1]) else rows[at - 1]


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _number(cell: object) -> float | None:
    text = cell.strip() if isinstance(cell, str) else cell
    return None if text in _NOTHING else float(text)
