"""Whether two people code alike: Cohen's kappa with its standard error, for a second coding given as a file.

In: two codings of the same claims. Out: agreement, with what chance would give.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import nan, sqrt
from pathlib import Path

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError
from claimbook.faults import did_you_mean

_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Agreement:
    """Agreement of two codings.

    Attributes
    ----------
    n : int
        Items coded by both.
    observed, expected : float
        Share of items coded alike, and the share that chance gives with these marginals.
    kappa : float
        (observed - expected) / (1 - expected); nan when both use one and the same value throughout.
    se : float
        Standard error for intervals.
    se_null : float
        Standard error for the test that kappa is 0.
    low, high : float
        95% interval, kappa -/+ 1.96 standard errors.
    """

    n: int
    observed: float
    expected: float
    kappa: float
    se: float
    se_null: float
    low: float
    high: float


def kappa_of_table(table) -> Agreement:
    """Cohen's kappa of a square table of counts.

    Parameters
    ----------
    table : array_like, shape (k, k)
        Counts of items; first coder in rows, second in columns.

    Returns
    -------
    Agreement

    Notes
    -----
    Kappa: Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20.
    Both standard errors: Fleiss, Cohen and Everitt (1969), Large sample standard errors of kappa and weighted kappa,
    Psychological Bulletin 72. They are large-sample values; with few items read the interval with care.
    """
    counts = np.asarray(table, dtype=float)
    n = counts.sum()
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or n < 1 or (counts < 0).any():
        raise ValueError("a square table of counts with at least one item is needed")
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.trace(p)), float(rows @ columns)
    if np.isclose(expected, 1):
        return Agreement(int(n), observed, expected, nan, nan, nan, nan, nan)
    kappa = (observed - expected) / (1 - expected)
    alike = np.diag(p) * (1 - (rows + columns) * (1 - kappa)) ** 2
    apart = p * (columns[:, None] + rows[None, :]) ** 2
    apart_sum = apart.sum() - np.trace(apart)
    spread = alike.sum() + (1 - kappa) ** 2 * apart_sum - (kappa - expected * (1 - kappa)) ** 2
    spread_null = expected + expected**2 - (rows * columns * (rows + columns)).sum()
    se = sqrt(max(spread, 0) / n) / (1 - expected)
    se_null = sqrt(max(spread_null, 0) / n) / (1 - expected)
    return Agreement(int(n), observed, expected, kappa, se, se_null, kappa - _Z95 * se, kappa + _Z95 * se)


def agreement(first: Mapping[Hashable, object], second: Mapping[Hashable, object]) -> Agreement:
    """Cohen's kappa of two codings of the same items.

    Parameters
    ----------
    first, second : mapping or Series
        Value by item; the items in both are compared.

    Raises
    ------
    ValueError
        If no item was coded by both.
    """
    first, second = dict(first), dict(second)
    items = [item for item in first if item in second]
    if not items:
        raise ValueError("no item was coded by both")
    labels = sorted({first[i] for i in items} | {second[i] for i in items}, key=str)
    place = {label: number for number, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)))
    for item in items:
        table[place[first[item]], place[second[item]]] += 1
    return kappa_of_table(table)


def read_coding(path: str | Path, first: pd.DataFrame) -> pd.DataFrame:
    """Read a second coding: a CSV file with a column ``claim`` and one or more coded columns of the first.

    Parameters
    ----------
    path : str or Path
        E.g. the header ``claim,kind,attribution,at_publication`` and a row a claim.
    first : DataFrame
        The first coding, as ``Ledger.claims_frame()`` gives it.

    Raises
    ------
    ClaimbookError
        If the file cannot be read, or holds unknown or repeated claims, unknown columns or unknown values; every
        fault in a line.
    """
    path = Path(path)
    try:
        second = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ClaimbookError(f"{path.name}: no readable CSV file ({error}); give a header and a row a claim") from error
    if "claim" not in second.columns:
        raise ClaimbookError(f"{path.name}: no column claim; begin the header with it")
    coded = [c for c in first.columns if isinstance(first[c].dtype, pd.CategoricalDtype)]
    unknown = [c for c in second.columns if c not in ["claim", *coded]]
    faults = [f"{path.name}: unknown column {c!r}{did_you_mean(c, coded)}" for c in unknown]
    known = set(first["claim"])
    for name in second["claim"]:
        if name not in known:
            faults.append(f"{path.name}: {name}: no such claim{did_you_mean(name, known)}")
    faults += [f"{path.name}: {name}: stands twice" for name in second["claim"][second["claim"].duplicated()]]
    for column in set(second.columns) & set(coded):
        allowed = list(first[column].cat.categories)
        for name, value in zip(second["claim"], second[column], strict=True):
            if not pd.isna(value) and value not in allowed:
                faults.append(f"{path.name}: {name}: {column} {value!r} is not one of {', '.join(allowed)}")
    if faults:
        raise ClaimbookError("\n".join(faults))
    return second


def agreement_by_field(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """One row for each field that both coded: field, n, observed, expected, kappa, se, low, high."""
    rows = []
    for field in [c for c in second.columns if c != "claim"]:
        coded = [frame.dropna(subset=[field]).set_index("claim")[field] for frame in (first, second)]
        found = agreement(*coded)
        rows.append(
            (field, found.n, found.observed, found.expected, found.kappa, found.se, found.low, found.high)
        )
    return pd.DataFrame(rows, columns=["field", "n", "observed", "expected", "kappa", "se", "low", "high"])
