"""Export controls over time: how each measure stood on a day, and which minerals that touches.

In: the tables `export_controls` and `control_minerals`. Out: stretches of time, standings on a day, counts by day.
"""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError

LAST_DAY = "2026-08-22"  # the measures were read up to this day; what holds afterwards is not known here
STANDINGS = ("announced", "in force", "suspended", "lifted", "unclear")
STRONGEST_FIRST = ("in force", "unclear", "suspended", "announced", "lifted")
_ONE_DAY = pd.Timedelta(days=1)
_NO_DATE = pd.Timestamp("2200-01-01").as_unit("s")  # later than any date of the tables


def _day(day: str | dt.date) -> pd.Timestamp:
    day = pd.Timestamp(day)
    if day > pd.Timestamp(LAST_DAY):
        raise ClaimbookError(f"export_controls: read up to {LAST_DAY}, so {day:%Y-%m-%d} cannot be told; ask earlier")
    return day


def _cuts(announced, effective, off, back, status) -> list[tuple[str, pd.Timestamp, pd.Timestamp]]:
    """One measure: what it is from when to when, ends excluded and possibly empty or reversed."""
    if off == _NO_DATE:
        return [("announced", announced, effective), ("in force", effective, _NO_DATE)]
    before = [("announced", announced, min(effective, off)), ("in force", effective, off)]
    if back == _NO_DATE:
        return [*before, ("lifted" if status == "lifted" else "unclear", off, _NO_DATE)]
    return [
        *before,
        ("suspended", off, back),
        ("announced", back, effective),
        ("in force", max(back, effective), _NO_DATE),
    ]


def stretches(measures: pd.DataFrame, until: str | dt.date = LAST_DAY) -> pd.DataFrame:
    """Return the stretches of time in which each control was announced, in force, suspended, lifted or unclear.

    A suspended control is in force again once the last day of its suspension has passed. One whose suspension has no
    written end is "lifted" where the table says so, and "unclear" from then on where it does not.

    Parameters
    ----------
    measures : DataFrame
        `tables.load("export_controls")`. Rows that do not restrict (suspensions, statements) are left out. As loaded
        for a reader of a day (`known_by`), without the columns on suspensions, every control runs on as written.
    until : str or date
        Last day looked at, at most `LAST_DAY`.

    Returns
    -------
    DataFrame
        id, standing (see `STANDINGS`), start, end (excluded; the day after `until` where it goes on), in the order of
        `measures`.

    Raises
    ------
    ClaimbookError
        If `until` lies after the day to which the measures were read.
    """
    close = _day(until) + _ONE_DAY
    columns = ["id", "announced", "effective", "suspended_from", "suspended_until", "status"]
    controls = measures.loc[measures["restricts"].astype(bool), measures.columns.intersection(columns)]
    off, last = (
        pd.to_datetime(controls.get(name, pd.Series(pd.NaT, controls.index))).astype("datetime64[s]")
        for name in ("suspended_from", "suspended_until")
    )
    off, back = off.fillna(_NO_DATE), (last + _ONE_DAY).fillna(_NO_DATE)
    status = controls.get("status", pd.Series("", controls.index))
    dates = zip(controls["id"], controls["announced"], controls["effective"], off, back, status, strict=True)
    rows = [(name, what, start, min(end, close)) for name, *rest in dates for what, start, end in _cuts(*rest)]
    frame = pd.DataFrame(rows, columns=["id", "standing", "start", "end"])
    return frame[frame["start"] < frame["end"]].reset_index(drop=True)


def standing(measures: pd.DataFrame, day: str | dt.date) -> pd.Series:
    """Return how each control stood on a day; controls announced later are left out.

    Parameters
    ----------
    measures : DataFrame
        As for `stretches`.
    day : str or date
        At most `LAST_DAY`.

    Returns
    -------
    Series
        Standing (see `STANDINGS`) by id of the measure.
    """
    held = stretches(measures, day)
    return held[held["end"] > _day(day)].set_index("id")["standing"]


def by_mineral(measures: pd.DataFrame, minerals: pd.DataFrame, day: str | dt.date) -> pd.DataFrame:
    """Return how each mineral stood under each kind of control on a day.

    Parameters
    ----------
    measures : DataFrame
        As for `stretches`.
    minerals : DataFrame
        `tables.load("control_minerals")`: measure_id, mineral, kind.
    day : str or date
        At most `LAST_DAY`.

    Returns
    -------
    DataFrame
        One row a mineral of `minerals`, one column a kind; the strongest standing (`STRONGEST_FIRST`) of the measures
        of that kind, or an empty text where there was none.
    """
    stood, strength = standing(measures, day).to_dict(), STRONGEST_FIRST.index
    found = {}
    for measure, mineral, kind in minerals[["measure_id", "mineral", "kind"]].itertuples(index=False):
        if measure in stood:
            found.setdefault((mineral, kind), []).append(stood[measure])
    best = {place: min(standings, key=strength) for place, standings in found.items()}
    names, kinds = pd.Index(minerals["mineral"]).unique(), sorted(minerals["kind"].unique())
    return pd.DataFrame({kind: [best.get((name, kind), "") for name in names] for kind in kinds}, names)


def minerals_in_force(measures: pd.DataFrame, minerals: pd.DataFrame, days: Iterable[str | dt.date]) -> pd.Series:
    """Return the number of minerals that at least one control was in force for, by day.

    Parameters
    ----------
    measures, minerals : DataFrame
        As for `by_mineral`; choose the kinds of control beforehand.
    days : iterable of str or date
        At most `LAST_DAY`.
    """
    held = stretches(measures)
    held = held[held["standing"] == "in force"].merge(minerals, left_on="id", right_on="measure_id")
    days = pd.DatetimeIndex([pd.Timestamp(day) for day in days])
    _day(days.max())  # refuses days after the last one read
    starts, ends = (held[column].to_numpy()[:, None] for column in ("start", "end"))
    holds = (starts <= days.to_numpy()) & (days.to_numpy() < ends)
    counted = np.zeros(len(days), "int64")
    for rows in held.groupby("mineral").indices.values():
        counted += holds[rows].any(axis=0)
    return pd.Series(counted, days, name="minerals")


def as_written(measures: pd.DataFrame, ids: Iterable[str]) -> pd.DataFrame:
    """Return the measures with some of them as if they had never been suspended.

    Parameters
    ----------
    measures : DataFrame
        As for `stretches`, with the columns on suspensions.
    ids : iterable of str
        Measures to run on as written.

    Raises
    ------
    ClaimbookError
        If an id is not among the measures.
    """
    ids = set(ids)
    if unknown := sorted(ids - set(measures["id"])):
        raise ClaimbookError(f"export_controls: no measure {unknown[0]!r}; see the column id")
    chosen = measures["id"].isin(ids)
    return measures.assign(
        suspended_from=measures["suspended_from"].mask(chosen), suspended_until=measures["suspended_until"].mask(chosen)
    )


def exports_by_month(reported: pd.DataFrame, product: str, country: str) -> pd.DataFrame:
    """Return one product's exports to one destination month by month, months without a reading left open.

    Of two readings of a month the one printed (not derived) and published first is taken.

    Parameters
    ----------
    reported : DataFrame
        `tables.load("china_rare_earth_exports_reported")`.
    product, country : str
        As in the table.

    Returns
    -------
    DataFrame
        Index: first day of each month from the first reading to the last. Columns: quantity_t and derived (whether it
        was worked out from another figure), both missing where no reading is held.

    Raises
    ------
    ClaimbookError
        If the table has no month of that product and destination.
    """
    chosen = reported[(reported["product"] == product) & (reported["country"] == country) & (reported["months"] == 1)]
    if chosen.empty:
        raise ClaimbookError(
            f"china_rare_earth_exports_reported: no month of {product!r} to {country!r}; see its products"
        )
    chosen = chosen.assign(derived=chosen["basis"] == "derived").sort_values(["derived", "published"], kind="stable")
    chosen = chosen.drop_duplicates("period_start").set_index("period_start")[["quantity_t", "derived"]]
    months = pd.date_range(chosen.index.min(), chosen.index.max(), freq="MS", unit="s")
    return chosen.astype({"derived": "boolean"}).reindex(months).rename_axis("month")
