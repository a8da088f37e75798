"""Known errors of published tables, mended while a table is built; each guarded by the error it expects to find.

In: the frame a builder read and `data/corrections.yaml`. Out: the frame with the errors mended, or a refusal.
"""

from pathlib import Path

import pandas as pd

from claimbook.home import home
from claimbook.refresh.errors import RefreshError
from claimbook.strict_yaml import load_yaml

ACTIONS = ("drop-duplicate", "drop-rows")


def corrections(path: Path | None = None) -> list[dict]:
    """Return the entries of `data/corrections.yaml`, each checked for completeness.

    Raises
    ------
    YamlError
        If the file is not readable.
    RefreshError
        If an entry lacks what it needs.
    """
    entries = load_yaml(path or home() / "data" / "corrections.yaml")
    if faults := correction_faults(entries):
        raise RefreshError("\n".join(faults))
    return entries


def correction_faults(entries: list[dict]) -> list[str]:
    """Return what entries lack: id, table, where, why, source, and either a cell to mend or an action."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return ["corrections.yaml: not a list of entries; begin each with `- id:`"]
    faults, ids = [], [entry.get("id") for entry in entries]
    for entry in entries:
        place = f"corrections.yaml: {entry.get('id') or entry}"
        missing = [key for key in ("id", "table", "where", "why", "source") if not entry.get(key)]
        cell = [key for key in ("column", "published_value", "corrected_value") if key not in entry]
        source = entry.get("source") or {}
        if missing:
            faults.append(f"{place}: {', '.join(missing)} missing; complete the entry")
        elif "action" in entry and entry["action"] not in ACTIONS:
            faults.append(f"{place}: unknown action {entry['action']!r}; use {' or '.join(ACTIONS)}")
        elif "action" not in entry and cell:
            faults.append(f"{place}: {', '.join(cell)} missing; say what was published and what is right")
        elif not isinstance(entry["where"], dict):
            faults.append(f"{place}: where is no mapping; write the columns to match and their values")
        elif not isinstance(source, dict) or not source.get("title") or not source.get("path"):
            faults.append(f"{place}: the source needs a title and a path")
        if ids.count(entry.get("id")) > 1:
            faults.append(f"{place}: the id stands twice; rename one")
    return faults


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
    place, wanted = f"corrections.yaml: {entry['id']}", _conditions(entry)
    hit = _matching(frame, wanted, place)
    if not hit.any() or hit.sum() != entry.get("rows", hit.sum()):
        raise RefreshError(
            f"{place}: expected {entry.get('rows', 'at least one')} row(s) with {wanted}, found {hit.sum()}; "
            "the source may have been mended: compare it, then remove or rewrite this entry"
        )
    if entry.get("action") == "drop-rows":
        return frame[~hit]
    if entry.get("action") == "drop-duplicate":
        return _drop_duplicate(frame, hit, place)
    mended = frame[entry["column"]].mask(hit, entry["corrected_value"])
    return frame.assign(**{entry["column"]: mended})


def _conditions(entry: dict) -> dict:
    published = {entry["column"]: entry["published_value"]} if "published_value" in entry else {}
    return {**entry["where"], **published}


def _matching(frame: pd.DataFrame, wanted: dict, place: str) -> pd.Series:
    hit = pd.Series(True, index=frame.index)
    for column, value in wanted.items():
        if column not in frame.columns:
            raise RefreshError(f"{place}: no column {column!r} in the source; it has {list(frame.columns)}")
        hit &= frame[column].map(lambda cell, value=value: _same(cell, value)).astype(bool)
    return hit


def _drop_duplicate(frame: pd.DataFrame, hit: pd.Series, place: str) -> pd.DataFrame:
    again = hit & frame.duplicated(keep="first")
    if not again.any():
        raise RefreshError(f"{place}: no row stands twice any more; the source was mended, remove this entry")
    return frame[~again]


def _same(cell: object, value: object) -> bool:
    """Compare a cell with a YAML value: as numbers where both are, else as text."""
    if pd.isna(cell):
        return value is None or value == ""
    if isinstance(cell, pd.Timestamp):
        cell = cell.date()
    try:
        return float(str(cell).replace(",", "")) == float(str(value).replace(",", ""))
    except ValueError:
        return str(cell).strip() == str(value).strip()
