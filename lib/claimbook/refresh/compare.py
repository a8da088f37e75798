"""Old table against new: which rows came, went and were revised, and the largest revisions.

In: two frames of the same table and its primary key. Out: a `Comparison` that prints as a few plain lines.
"""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Comparison:
    """What changed; `revisions` has one row a revised cell: key, column, old, new, change (relative, or missing).

    `told` holds what the builder had to say, such as which editions it left as they were.
    """

    old_rows: int
    new_rows: int
    added: int
    removed: int
    revised: int
    revisions: pd.DataFrame
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.added or self.removed or self.revised or self.columns_added or self.columns_removed)

    def lines(self, most: int = 5) -> list[str]:
        """Return the report: one line of counts, then the largest relative revisions."""
        if not self:
            return [*self.told, f"{self.new_rows:,} rows, none changed"]
        counts = f"{self.added:,} added, {self.removed:,} removed, {self.revised:,} revised"
        columns = [f"column {name} is new" for name in self.columns_added]
        columns += [f"column {name} is gone" for name in self.columns_removed]
        largest = [_line(row) for row in self.revisions.head(most).itertuples()]
        return [*self.told, f"{self.new_rows:,} rows ({self.old_rows:,} before): {counts}", *columns, *largest]


def _line(row) -> str:
    change = "" if pd.isna(row.change) else f" ({row.change:+.1%})"
    return f"{row.key}: {row.column} {_shown(row.old)} -> {_shown(row.new)}{change}"


def _shown(value: object) -> str:
    return "missing" if pd.isna(value) else f"{value:,.6g}" if isinstance(value, float) else str(value)


def compare(old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> Comparison:
    """Compare two versions of a table by primary key.

    Parameters
    ----------
    old, new : DataFrame
        The columns of `key` tell the rows of each apart. A table that is new is compared with an empty one.
    key : list of str
        Primary key. If `old` lacks a key column, all its rows count as removed.

    Returns
    -------
    Comparison
        Revisions are sorted by the size of the relative change ``(new - old) / |old|``, text changes last.
    """
    columns_added = tuple(c for c in new.columns if c not in old.columns)
    columns_removed = tuple(c for c in old.columns if c not in new.columns)
    if not set(key) <= set(old.columns):
        return Comparison(len(old), len(new), len(new), len(old), 0, _no_revisions(), columns_added, columns_removed)
    before, after = _by_key(old, key), _by_key(new, key)
    both = after.index[after.index.isin(before.index)]
    revisions = _revisions(before.loc[both], after.loc[both])
    return Comparison(
        old_rows=len(old),
        new_rows=len(new),
        added=len(after) - len(both),
        removed=len(before) - len(both),
        revised=revisions["key"].nunique(),
        revisions=revisions,
        columns_added=columns_added,
        columns_removed=columns_removed,
    )


def _by_key(frame: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Index a frame by its key as text: missing parts of a key are equal to each other that way."""
    parts = [frame[name].astype("string").fillna("") for name in key]
    label = parts[0].str.cat(parts[1:], sep=" | ") if len(parts) > 1 else parts[0]
    return frame.drop(columns=key).set_axis(pd.Index(label, dtype=object), axis=0)


def _revisions(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    found = [_no_revisions()]
    for column in (c for c in after.columns if c in before.columns):
        old, new = before[column], after[column]
        same = ((old == new).fillna(False) | (old.isna() & new.isna())).to_numpy(dtype=bool)
        if not same.all():
            part = pd.DataFrame({"key": after.index[~same], "column": column})
            part["old"], part["new"] = old[~same].astype(object).array, new[~same].astype(object).array
            part["change"] = _relative(old[~same], new[~same])
            found.append(part)
    table = pd.concat(found[1:], ignore_index=True) if len(found) > 1 else found[0]
    order = table["change"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return table.loc[order].reset_index(drop=True)


def _no_revisions() -> pd.DataFrame:
    return pd.DataFrame({"key": [], "column": [], "old": [], "new": [], "change": pd.Series(dtype=float)})


def _relative(old: pd.Series, new: pd.Series) -> list[float]:
    if not (pd.api.types.is_numeric_dtype(old.dtype) and pd.api.types.is_numeric_dtype(new.dtype)):
        return [float("nan")] * len(new)
    before, after = old.astype("Float64"), new.astype("Float64")
    return ((after - before) / before.abs().where(before != 0)).astype("float64").tolist()
