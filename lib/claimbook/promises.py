"""Promises to buy, held against what was bought: targets by season, cumulative purchases, shortfall, keeping.

In: exports by month and group, sums promised on top of a year, promises with bounds. Out: frames, one row a group,
month, season or promise. Tons, dollars and aircraft are never added or turned into each other.
"""

import datetime as dt

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError

GROUPS = ("Agriculture", "Energy", "Manufactures")
AIRCRAFT = "Civil aircraft"
ANNEX = {
    "Manufactured goods": "Manufactures",
    "Agricultural goods": "Agriculture",
    "Energy products": "Energy",
    "Services": "Services",
}
RATIOS = ("all", "goods, aircraft in", "goods, aircraft out", "2020, aircraft in", "2020, aircraft out")
FATES = ("kept", "short", "late", "not due", "no due date", "not known")


class PromiseError(ClaimbookError):
    """Figures that cannot be compared: a month is missing, units are mixed, a season is incomplete."""


# --- Phase One: from exports to a ratio ----------------------------------------------------------------------


def purchases(exports: pd.DataFrame, aircraft: bool) -> pd.DataFrame:
    """Return exports of covered goods by month and group.

    Parameters
    ----------
    exports : DataFrame
        Columns ``group``, ``month``, ``exports_usd``, as in the table `phase_one_exports`.
    aircraft : bool
        Whether civil aircraft, engines and parts (Census code 8800) count as covered manufactures. PIIE left them out
        until its report of 26 October 2020 and has counted them since; the Trade War Tracker leaves them out.

    Returns
    -------
    DataFrame
        Billion US dollars; index month, columns `GROUPS`.

    Raises
    ------
    PromiseError
        If a month is missing.
    """
    wide = exports.groupby(["month", "group"])["exports_usd"].sum().unstack().astype(float) / 1e9
    every = pd.date_range(wide.index.min(), wide.index.max(), freq="MS")
    if missing := sorted(set(every) - set(wide.index)):
        raise PromiseError(f"phase_one_exports: no row for {missing[0]:%Y-%m}; a sum over it would be too small")
    if aircraft:
        wide["Manufactures"] += wide[AIRCRAFT]
    return wide[list(GROUPS)].rename_axis(columns=None)


def commitments(base: pd.Series, additional: pd.DataFrame) -> pd.DataFrame:
    """Return what had to be bought in all: the base year and what was promised on top of it.

    Parameters
    ----------
    base : Series
        Purchases of the base year by group.
    additional : DataFrame
        Promised on top, by group (index) and year (columns), in the same unit.

    Returns
    -------
    DataFrame
        By group and year.

    Raises
    ------
    PromiseError
        If a group has no base or no promise.
    """
    if lone := sorted(set(base.index) ^ set(additional.index)):
        raise PromiseError(f"{lone[0]}: either the base or the promise is missing; both are needed")
    return additional.add(base, axis=0)


def season_weights(monthly: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return each calendar month's share of a year's purchases, by group; index 1 to 12, columns sum to one."""
    of_year = monthly[monthly.index.year == year]
    if len(of_year) != 12:
        raise PromiseError(f"{year}: {len(of_year)} months; the seasons of a year take all twelve")
    return (of_year / of_year.sum()).set_axis(of_year.index.month)


def target_path(promised: pd.DataFrame, weights: pd.DataFrame) -> pd.Series:
    """Return the promise in proportion, cumulated month by month over the years of `promised`.

    The agreement sets sums for years only; the months are an illustration, spread by the seasons of the base year as
    PIIE does.
    """
    steps = {
        pd.Timestamp(int(year), int(month), 1): step
        for year in promised.columns
        for month, step in (weights * promised[year]).sum(axis=1).items()
    }
    return pd.Series(steps).cumsum()


def rest_of_year(monthly: pd.Series, seen: int, years: range) -> pd.Series:
    """Return how much the rest of a year adds to its first months, in each of some complete years.

    Parameters
    ----------
    monthly : Series
        By month.
    seen : int
        Months already known, 1 to 11.
    years : range
        Complete years to learn from.

    Returns
    -------
    Series
        Rest over first months, by year: 0.1 means that the rest adds ten percent.

    Raises
    ------
    PromiseError
        If a year is not complete.
    """
    shares = {}
    for year in years:
        of_year = monthly[monthly.index.year == year]
        if len(of_year) != 12:
            raise PromiseError(f"{year}: {len(of_year)} months; leave the year out or complete it")
        shares[year] = of_year.iloc[seen:].sum() / of_year.iloc[:seen].sum()
    return pd.Series(shares)


def shortfall(bought: pd.Series, promised: pd.Series, base: pd.Series) -> pd.DataFrame:
    """Return how far purchases fell short of a promise, and of doing nothing new.

    Parameters
    ----------
    bought, promised, base : Series
        By group, one unit: what was bought, what had to be bought in all, and the base it was promised on top of.

    Returns
    -------
    DataFrame
        ``promised``, ``bought``, ``short`` (promised less bought), ``share`` (bought over promised), ``idle`` (base
        over promised: the share that buying no more than before would have given) and ``extra`` (bought less base).
    """
    promised = promised.rename_axis(None)
    bought, base = bought.reindex(promised.index), base.reindex(promised.index)
    return pd.DataFrame(
        {
            "promised": promised,
            "bought": bought,
            "short": promised - bought,
            "share": bought / promised,
            "idle": base / promised,
            "extra": bought - base,
        }
    )


def rebuilt(
    exports: pd.DataFrame,
    additional: pd.DataFrame,
    eleven: pd.Series,
    aircraft_2021: float | None,
    december: str = "middle",
) -> pd.DataFrame:
    """Rebuild the goods part of Phase One for 2020 and 2021 from export data.

    The base, 2020 and the seasons come from `exports`; of 2021 only `eleven` months by group and the year's aircraft
    are known, and December is put at the share it had in the years 2013 to 2020.

    Parameters
    ----------
    exports : DataFrame
        As for `purchases`.
    additional : DataFrame
        As for `commitments`; groups of goods, columns 2020 and 2021, billion US dollars.
    eleven : Series
        Exports of January to November 2021 by group, aircraft left out, billion US dollars.
    aircraft_2021 : float or None
        Aircraft of 2021, billion US dollars; None leaves civil aircraft out of base, promise and purchases.
    december : {"low", "middle", "high"}
        Which of the shares: the least, the mean or the greatest.

    Returns
    -------
    DataFrame
        As `shortfall` gives it, by group.
    """
    monthly = purchases(exports, aircraft=aircraft_2021 is not None)
    share = _december(purchases(exports, aircraft=False))[december]
    return _rebuilt(monthly, additional, _both_years(monthly, eleven, aircraft_2021, share))


def _of_year(monthly: pd.DataFrame | pd.Series, year: int) -> pd.Series | float:
    return monthly[monthly.index.year == year].sum()


def _december(monthly: pd.DataFrame) -> dict[str, float]:
    """What December added to the first eleven months in the years 2013 to 2020, aircraft left out of `monthly`."""
    added = rest_of_year(monthly.sum(axis=1), 11, range(2013, 2021))
    return {"low": added.min(), "middle": added.mean(), "high": added.max()}


def _both_years(monthly: pd.DataFrame, eleven: pd.Series, aircraft_2021: float | None, december: float) -> pd.Series:
    """Purchases of 2020 and 2021 by group, December 2021 put at the share `december` of the months before it."""
    of_2021 = eleven.reindex(list(GROUPS)) * (1 + december)
    of_2021["Manufactures"] += aircraft_2021 or 0
    return _of_year(monthly, 2020) + of_2021


def _rebuilt(monthly: pd.DataFrame, additional: pd.DataFrame, bought: pd.Series) -> pd.DataFrame:
    base = _of_year(monthly, 2017)
    return shortfall(bought, commitments(base, additional.loc[list(GROUPS)]).sum(axis=1), 2 * base)


def course(
    exports: pd.DataFrame, additional: pd.DataFrame, value: pd.Series, aircraft_2021: float | None
) -> tuple[pd.DataFrame, pd.Series]:
    """Return how purchases of goods ran against the promise of 2020 and 2021, with or without civil aircraft.

    Parameters
    ----------
    exports, additional, aircraft_2021
        As for `rebuilt`.
    value : Series
        Published readings by name, as in the table `phase_one_assessments`.

    Returns
    -------
    line : DataFrame
        Billion US dollars cumulated from January 2020 by month: ``promised`` in proportion to the seasons of 2017,
        ``bought`` as far as months are held (missing after).
    end : Series
        Purchases by the end of 2021: ``low``, ``middle`` and ``high`` by December.
    """
    monthly = purchases(exports, aircraft=aircraft_2021 is not None)
    level = commitments(_of_year(monthly, 2017), additional.loc[list(GROUPS)])
    promised = target_path(level, season_weights(monthly, 2017))
    bought = monthly[monthly.index.year >= 2020].sum(axis=1).cumsum()
    eleven, december = eleven_months(value), _december(purchases(exports, aircraft=False))
    end = {name: _both_years(monthly, eleven, aircraft_2021, share).sum() for name, share in december.items()}
    return pd.DataFrame({"promised": promised, "bought": bought}).rename_axis("month"), pd.Series(end)


def annex(table: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of Annex 6.1 by group (index) and year (columns), billion US dollars on top of 2017."""
    named = table.assign(group=table["category"].map(ANNEX))
    return named.pivot(index="group", columns="year", values="additional_busd").rename_axis(columns=None)


def eleven_months(value: pd.Series) -> pd.Series:
    """Return covered exports of January to November 2021 by group, aircraft left out, from readings by name."""
    ends = {"Agriculture": "agriculture", "Energy": "energy", "Manufactures": "manufactured"}
    return pd.Series({group: value[f"p1-actual-{end}-2021"] for group, end in ends.items()})


def services(value: pd.Series, additional: pd.DataFrame) -> pd.DataFrame:
    """Return the services part as `shortfall` does: base and ratio are PIIE's, since no product data were found.

    The base of 2017 is PIIE's commitment for 2020 less the annex and less its base of goods.
    """
    base = value["piie-commitment-2020"] - additional[2020].sum() - value["piie-base-goods"]
    promised = 2 * base + additional.loc["Services"].sum()
    name = ["Services"]
    bought = promised * value["piie-ratio-services"] / 100
    return shortfall(pd.Series([bought], name), pd.Series([promised], name), pd.Series([2 * base], name))


def ratios(exports: pd.DataFrame, additional: pd.DataFrame, value: pd.Series, aircraft_2021: float) -> pd.DataFrame:
    """Return our rebuild of the ratio of purchases to promise under each definition that the data allow.

    Parameters
    ----------
    exports, additional : DataFrame
        As for `rebuilt`.
    value : Series
        Published readings by name, as in the table `phase_one_assessments`.
    aircraft_2021 : float
        Billion US dollars.

    Returns
    -------
    DataFrame
        Percent; columns ``low``, ``middle``, ``high`` (by December 2021 and, with services, by the rounding of PIIE's
        ratio); rows ``all`` (goods and services, aircraft in), ``goods, aircraft in``, ``goods, aircraft out`` for
        2020-21, and ``2020, aircraft in``, ``2020, aircraft out``.
    """
    with_jets, without = (purchases(exports, aircraft) for aircraft in (True, False))
    views = ((with_jets, aircraft_2021), (without, None))
    of_2020 = [_of_2020(monthly, additional) for monthly, _ in views]
    eleven, december, rounding = eleven_months(value), _december(without), {"low": -0.5, "middle": 0.0, "high": 0.5}
    found = {}
    for name, share in december.items():
        inside, outside = (
            _rebuilt(monthly, additional, _both_years(monthly, eleven, jets, share))[["promised", "bought"]].sum()
            for monthly, jets in views
        )
        shifted = value.copy()
        shifted["piie-ratio-services"] += rounding[name]
        whole = inside + services(shifted, additional)[["promised", "bought"]].sum()
        ratio = [100 * part["bought"] / part["promised"] for part in (whole, inside, outside)]
        found[name] = [*ratio, *of_2020]
    return pd.DataFrame(found, index=list(RATIOS))


def _of_2020(monthly: pd.DataFrame, additional: pd.DataFrame) -> float:
    base, bought = (_of_year(monthly.sum(axis=1), year) for year in (2017, 2020))
    return 100 * bought / (base + additional.loc[list(GROUPS), 2020].sum())


def definitions(ours: pd.DataFrame, additional: pd.DataFrame, value: pd.Series) -> pd.DataFrame:
    """Return every definition of the ratio met in print, the published figures beside our rebuild.

    Parameters
    ----------
    ours : DataFrame
        As `ratios` gives it.
    additional, value
        As for `ratios`.

    Returns
    -------
    DataFrame
        ``definition``, ``promised`` and ``bought`` (billion US dollars, as published or summed from published parts),
        ``published`` and ``ours_low``, ``ours``, ``ours_high`` (percent), missing where there is none.
    """
    tracker = sum(value[f"p1-actual-{group}-2020"] for group in ("agriculture", "energy", "manufactured"))
    goods = additional.loc[list(GROUPS)]
    china_base = value["piie-goods-commitment-2020-china"] - goods[2020].sum()
    china = 2 * china_base + goods.to_numpy().sum() + services(value, additional)["promised"].sum()
    ustr = value["ustr-commitment"]
    rows = [
        ("goods and services, aircraft in, US exports (PIIE)", "2020-21", "piie-commitment", "piie-purchases", "all"),
        ("goods, aircraft in, US exports", "2020-21", None, None, "goods, aircraft in"),
        ("goods, aircraft out, US exports", "2020-21", None, None, "goods, aircraft out"),
        ("goods, aircraft in, US exports (PIIE from 26 October 2020)", "2020", "piie-goods-commitment-2020-us", None,
         "2020, aircraft in"),
        ("goods, aircraft out, US exports (PIIE before; Trade War Tracker)", "2020", "piie-early-commitment-2020-us",
         tracker, "2020, aircraft out"),
        ("goods, Chinese imports (PIIE)", "2020", "piie-goods-commitment-2020-china", "piie-purchases-2020-china",
         None),
        ("goods by Chinese imports, services by US exports (our sum)", "2020-21", china, None, None),
        ("goods and services, base not stated (USTR: both more than)", "2020-21", ustr,
         ustr - value["ustr-shortfall"], None),
    ]  # fmt: skip
    columns = ["definition", "years", "promised", "bought", "key"]
    frame = pd.DataFrame(rows, columns=columns)
    for column in ("promised", "bought"):
        frame[column] = [value[x] if isinstance(x, str) else x for x in frame[column]]
    frame = frame.astype({"promised": float, "bought": float})
    frame["published"] = 100 * frame["bought"] / frame["promised"]
    added = ours.rename(columns={"low": "ours_low", "middle": "ours", "high": "ours_high"})
    return frame.join(added, on="key").drop(columns="key")


# --- seasons -------------------------------------------------------------------------------------------------


def same_season(frame: pd.DataFrame, start: str, months: str, low: str, high: str, whole: int = 3) -> pd.DataFrame:
    """Set each season beside the same season of other years.

    Parameters
    ----------
    frame : DataFrame
        One row a season: first day `start`, number of `months` held, bounds `low` and `high`.
    whole : int
        Months of a complete season.

    Returns
    -------
    DataFrame
        The rows with ``year``, ``season`` (``Jan-Mar``) and ``complete``; a season that is not complete keeps its
        bounds and is marked, so that it is not read as a fall.

    Raises
    ------
    PromiseError
        If a season stands twice, or a lower bound lies above the upper one.
    """
    first = frame[start]
    last = first + pd.DateOffset(months=whole - 1)
    out = frame.assign(
        year=first.dt.year,
        season=first.dt.strftime("%b") + "-" + last.dt.strftime("%b"),
        complete=(frame[months] == whole).astype(bool),
    )
    if out.duplicated(["year", "season"]).any():
        twice = out[out.duplicated(["year", "season"])].iloc[0]
        raise PromiseError(f"{twice['season']} {twice['year']} stands twice; select one seller first")
    if (out[low] > out[high]).any():
        raise PromiseError(f"{low} lies above {high} in a row; mend the bounds")
    return out.sort_values(start, ignore_index=True)


# --- keeping -------------------------------------------------------------------------------------------------


def one_unit(frame: pd.DataFrame, unit: str = "unit") -> str:
    """Return the one unit of a frame.

    Raises
    ------
    PromiseError
        If it holds several: tons, dollars and aircraft must not meet in a sum or on an axis.
    """
    found = sorted(frame[unit].dropna().unique())
    if len(found) != 1:
        raise PromiseError(f"units mixed: {', '.join(found) or 'none'}; select one before adding or drawing")
    return found[0]


def keeping(promises: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Say for each promise how much was bought by its due date and since, and what became of it.

    Parameters
    ----------
    promises : DataFrame
        As the table `purchase_promises`: ``amount``, ``due``, bounds ``by_due_low``, ``by_due_high``, ``since_low``,
        ``since_high``; a share is taken within a promise, so units may differ between rows.
    on : date
        Day on which the question is asked; a promise due later is ``not due``.

    Returns
    -------
    DataFrame
        The rows with the bounds as shares of the amount (``due_low``, ``due_high``, ``now_low``, ``now_high``) and
        ``fate``, one of `FATES`: kept (the lower bound by the due date reaches the amount), late (it was reached
        afterwards), short (the upper bound by the due date lies below the amount and nothing shows that it was reached
        since), not due, no due date, not known (bounds on both sides of the amount, or none).
    """
    shares = {
        name: promises[column] / promises["amount"]
        for name, column in zip(
            ("due_low", "due_high", "now_low", "now_high"),
            ("by_due_low", "by_due_high", "since_low", "since_high"),
            strict=True,
        )
    }
    out = promises.assign(**shares)
    return out.assign(fate=[_fate(row, pd.Timestamp(on)) for row in out.itertuples()])


def _fate(row, on: pd.Timestamp) -> str:
    if pd.isna(row.due):
        return "no due date"
    if row.due > on:
        return "not due"
    if row.due_low >= 1:
        return "kept"
    if row.due_high < 1:
        return "late" if row.now_low >= 1 else "short"
    return "not known"


def in_words(kept: pd.DataFrame) -> list[str]:
    """Return what became of each promise in a few words, for a chart; rows as `keeping` gives them."""
    return [_in_words(row) for row in kept.itertuples()]


def _in_words(row) -> str:
    if row.fate == "not due":
        return f"not due until {row.due:%B %Y}"
    now = "" if pd.isna(row.now_low) else f"{_span(row.now_low, row.now_high)} by {row.since_known_to:%B %Y}"
    if row.fate == "no due date":
        return f"no date; {now or 'no count found'}"
    due = "not known" if pd.isna(row.due_low) else _span(row.due_low, row.due_high)
    return f"{due}; {now}" if now else due


def _span(low: float, high: float) -> str:
    return f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"


def with_level(promises: pd.DataFrame, fallen: pd.DataFrame, ids: dict[str, str]) -> pd.DataFrame:
    """Put computed purchases into promises that are made on top of a base.

    Parameters
    ----------
    promises : DataFrame
        As for `keeping`.
    fallen : DataFrame
        As `shortfall` gives it, by group.
    ids : dict
        Id of a promise to its group in `fallen`.

    Returns
    -------
    DataFrame
        The promises, ``amount`` of those named replaced by what had to be bought in all, and the bounds by the due
        date by what was bought.

    Raises
    ------
    PromiseError
        If the additional sum of the promise is not what `fallen` was computed with.
    """
    out, names = promises.set_index("id"), list(ids)
    computed = fallen.loc[list(ids.values())].set_axis(names)
    additional = computed["promised"] * (1 - computed["idle"])
    for name, before, after in zip(names, out.loc[names, "amount"], additional, strict=True):
        if not np.isclose(after, before, atol=0.06):
            raise PromiseError(f"{name}: promised {before:g} on top, computed with {after:.1f}")
    bounds = computed[["promised", "bought", "bought"]].to_numpy(float)
    out.loc[names, ["amount", "by_due_low", "by_due_high"]] = bounds
    return out.reset_index()
