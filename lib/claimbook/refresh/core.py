"""The frame of a refresh: what a builder is, known errors mended, official file -> tidy -> compare -> replace.

In: builders of the group modules and official files. Out: a table and its record, replaced whole or not at all.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from claimbook.errors import ClaimbookError
from claimbook.home import home

GROUPS = ("minerals", "trade", "tariffs", "models", "events")


class RefreshError(ClaimbookError):
    """A table could not be made anew; the message names the source, what was got and the remedy."""


@dataclass(frozen=True)
class Download:
    """One official file."""

    url: str  # official address
    filename: str  # name under which it is saved, and looked for with --from DIR


@dataclass(frozen=True)
class Builder:
    """How one table is made from official files."""

    table: str
    downloads: tuple[Download, ...]
    read: Callable[[Path], object]  # folder holding the official files -> raw frame(s)
    tidy: Callable[[object], pd.DataFrame]  # raw frame(s) -> the tidy table
    read_copy: Callable[[Path], object] | None = None  # folder laid out as shared/raw -> the same raw frame(s)


def builders() -> dict[str, Builder]:
    """Return the builders of all group modules that exist, by table."""
    found = {}
    for group in GROUPS:
        name = f"claimbook.refresh.{group}"
        if importlib.util.find_spec(name):
            found |= {builder.table: builder for builder in importlib.import_module(name).BUILDERS}
    return found


# --- corrections ---------------------------------------------------------------------------------------------


def corrections(path: Path | None = None) -> list[dict]:
    """Return the entries of `data/corrections.yaml`."""
    path = path or home() / "data" / "corrections.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) or []


def correct(frame: pd.DataFrame, table: str, entries: list[dict] | None = None) -> pd.DataFrame:
    """Return `frame` with the known errors of its source mended.

    Parameters
    ----------
    frame : DataFrame
        Raw or tidy, with the columns that the entries of this table name.
    table : str
        Entries of other tables are left alone.
    entries : list of dict, optional
        Instead of `data/corrections.yaml`.

    Raises
    ------
    RefreshError
        If the published error is not found: the source was mended, or its layout changed.
    """
    for entry in corrections() if entries is None else entries:
        if entry["table"] == table:
            frame = _apply(frame, entry)
    return frame


def _apply(frame: pd.DataFrame, entry: dict) -> pd.DataFrame:
    place = f"corrections.yaml: {entry['id']}"
    hit = pd.Series(True, index=frame.index)
    for column, value in _conditions(entry).items():
        if column not in frame.columns:
            raise RefreshError(f"{place}: {entry['table']} has no column {column!r}; columns are {list(frame.columns)}")
        hit &= frame[column].map(lambda cell, value=value: _same(cell, value)).astype(bool)
    expected = entry.get("rows")
    if not hit.any() or (expected is not None and int(hit.sum()) != expected):
        raise RefreshError(
            f"{place}: expected {expected or 'at least one'} row(s) with {_conditions(entry)}, found {int(hit.sum())}; "
            "the source may have been mended: compare it, then remove or rewrite this entry"
        )
    if "action" in entry:
        return _drop(frame, hit, entry, place)
    frame = frame.copy()
    frame.loc[hit, entry["column"]] = entry["corrected_value"]
    return frame


def _conditions(entry: dict) -> dict:
    published = {entry["column"]: entry["published_value"]} if "published_value" in entry else {}
    return {**entry["where"], **published}


def _drop(frame: pd.DataFrame, hit: pd.Series, entry: dict, place: str) -> pd.DataFrame:
    if entry["action"] == "drop-rows":
        return frame[~hit]
    if entry["action"] != "drop-duplicate":
        raise RefreshError(f"{place}: unknown action {entry['action']!r}; use drop-duplicate or drop-rows")
    again = hit & frame.duplicated(keep="first")
    if not again.any():
        raise RefreshError(f"{place}: no row stands twice any more; the source was mended, remove this entry")
    return frame[~again]


def _same(cell: object, value: object) -> bool:
    if cell is None or pd.isna(cell):
        return value is None or value == ""
    try:
        return float(str(cell).replace(",", "")) == float(str(value).replace(",", ""))
    except ValueError:
        return str(cell).strip() == str(value).strip()
