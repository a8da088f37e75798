"""Rates of tariffs: what was paid, and a tariff of any form laid out by partner and sector.

In: imports and duties, or a rate, mapping, Series or frame. Out: fractions by partner and sector; 1.0 is 100 percent.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError
from claimbook.input_output import near

Rates = float | Mapping | pd.Series | pd.DataFrame
LEVELS = ["partner", "sector"]
MOST = 20.0  # a rate above 2,000 percent is taken for a percentage given as a fraction


class TariffError(ClaimbookError):
    """A tariff for a partner or sector that is not in the imports, or numbers that cannot be rates."""


def effective_rate(
    frame: pd.DataFrame, by: Iterable[str] = (), *, imports: str = "imports_usd", duties: str = "duty_usd"
) -> pd.Series | float:
    """Return duties over imports, the rate that was paid.

    Parameters
    ----------
    frame : DataFrame
    by : iterable of str
        Columns or index levels to tell apart, such as partner and sector; none = one rate for all.
    imports, duties : str
        Columns, in one unit.

    Returns
    -------
    Series by `by`, or float
        Fractions; missing where nothing was imported.
    """
    for column in (imports, duties):
        if column not in frame.columns:
            raise TariffError(f"imports: no column {column!r}; {near(column, frame.columns)}")
    by = list(by)
    if not by:
        return float(frame[duties].sum() / frame[imports].sum())
    sums = frame.groupby(by, observed=True)[[imports, duties]].sum().astype(float)
    return (sums[duties] / sums[imports].where(sums[imports] > 0)).rename("rate")


def schedule(rates: Rates, imports: pd.Series, *, others: float = 0.0) -> pd.Series:
    """Return a tariff for every partner and sector that has imports.

    Parameters
    ----------
    rates : float, mapping, Series or DataFrame
        One rate for all; rates by partner (mapping, or Series with partners as index); by partner and sector (Series
        with both as index levels, in this order or named, or mapping of partner to mapping of sector); or a DataFrame
        of sectors (index) by partners (columns). Fractions. Missing = 0.
    imports : Series
        Indexed by partner and sector; says which there are.
    others : float
        Rate of the partners that `rates` does not name.

    Returns
    -------
    Series
        Indexed like `imports`.

    Raises
    ------
    TariffError
        If a partner or sector is not in the imports, a pair stands twice, or a rate is not a number between -1 and 20.
    """
    return laid_out(rates, checked_index(imports), others)


def laid_out(rates: Rates, index: pd.MultiIndex, others: float = 0.0) -> pd.Series:
    """Return `schedule` for an index that `checked_index` has returned."""
    if np.isscalar(rates):
        return checked_rates(pd.Series(float(rates), index))
    if isinstance(rates, Mapping):
        rates = _from_mapping(rates)
    if isinstance(rates, pd.DataFrame):
        rates = rates.rename_axis(index="sector", columns="partner").stack().swaplevel()
    if not isinstance(rates, pd.Series):
        raise TariffError(f"tariff: {type(rates).__name__} is no tariff; give a number, mapping, Series or DataFrame")
    if rates.index.identical(index) and not rates.hasnans:
        return checked_rates(rates)
    rates = rates.dropna().astype(float)
    if rates.index.has_duplicates:
        raise TariffError(f"tariff: {rates.index[rates.index.duplicated()][0]!r} stands twice; give one rate each")
    partners = index.get_level_values("partner")
    if rates.index.nlevels == 1:
        must_be_known("partner", rates.index, index)
        return checked_rates(pd.Series(rates.reindex(partners).fillna(others).to_numpy(), index))
    if set(rates.index.names) == set(LEVELS):
        rates = rates.reorder_levels(LEVELS)
    rates.index = rates.index.set_names(LEVELS)
    place = index.get_indexer(rates.index)
    if (place < 0).any():  # a partner that does not sell a sector has no place, which is no mistake
        must_be_known("partner", rates.index.unique("partner"), index)
        must_be_known("sector", rates.index.unique("sector"), index)
    full = np.where(partners.isin(rates.index.unique("partner")), 0.0, others)
    full[place[place >= 0]] = rates.to_numpy()[place >= 0]
    return checked_rates(pd.Series(full, index))


def _from_mapping(rates: Mapping) -> pd.Series:
    nested = {partner: rate for partner, rate in rates.items() if isinstance(rate, (Mapping, pd.Series))}
    if not nested:
        return pd.Series(dict(rates), dtype=float)
    if len(nested) < len(rates):
        flat = next(partner for partner in rates if partner not in nested)
        raise TariffError(f"tariff: {flat!r} has one rate and others have rates by sector; give all by sector")
    pairs = {(partner, sector): rate for partner, by in nested.items() for sector, rate in by.items()}
    return pd.Series(list(pairs.values()), pd.MultiIndex.from_tuples(pairs, names=LEVELS), dtype=float)


def checked_index(imports: pd.Series) -> pd.MultiIndex:
    """Return the index of imports by partner and sector, or say what is wrong with them."""
    if not isinstance(imports, pd.Series) or imports.index.nlevels != 2:
        raise TariffError("imports: give a Series indexed by partner and sector")
    if set(imports.index.names) == set(LEVELS) and list(imports.index.names) != LEVELS:
        raise TariffError("imports: index levels are sector, partner; reorder them to partner, sector")
    if imports.index.has_duplicates:
        raise TariffError(f"imports: {imports.index[imports.index.duplicated()][0]!r} stands twice; sum it first")
    if not (imports.to_numpy(float) >= 0).all():
        raise TariffError("imports: a value is missing or negative; give zero or more")
    return imports.index.set_names(LEVELS)


def must_be_known(level: str, names: pd.Index, index: pd.MultiIndex) -> None:
    """Refuse the first name that a level of the imports does not have."""
    known = index.unique(level)
    unknown = names[known.get_indexer(names) < 0]
    if len(unknown):
        raise TariffError(f"tariff: no {level} {unknown[0]!r} in the imports; {near(unknown[0], known)}")


def checked_rates(rates: pd.Series) -> pd.Series:
    """Return rates if each is a number between -1 and 20."""
    values = rates.to_numpy(float)
    bad = ~(np.isfinite(values) & (values > -1) & (values <= MOST))
    if bad.any():
        where, value = rates.index[bad][0], values[bad][0]
        raise TariffError(f"tariff: {value:g} for {where!r} is no rate; give a fraction, 0.25 for 25 percent")
    return rates.rename("rate")


def average_rate(imports: pd.Series, tariff: Rates, by: str | None = None, **options) -> pd.Series | float:
    """Return the average of a tariff with imports as weights.

    Parameters
    ----------
    imports, tariff
        As in `schedule`; further options go there.
    by : {"partner", "sector"}, optional
        One average for each; default one for all.

    Returns
    -------
    Series or float
        Fractions.
    """
    duty = schedule(tariff, imports, **options) * imports.to_numpy(float)
    value = pd.Series(imports.to_numpy(float), duty.index)
    if by is None:
        return float(duty.sum() / value.sum())
    total = value.groupby(level=by).sum()
    return (duty.groupby(level=by).sum() / total.where(total > 0)).rename("rate")


def aggregate_price_rule(
    rise_pct: float, *, goods_share: float, import_share: float, passthrough: float, exchange_rate_offset: float
) -> float:
    """Return the rise of consumer prices by the Budget Lab's former rule, in percent.

    rise x goods share x import share x (1 + passthrough - exchange-rate offset).

    Parameters
    ----------
    rise_pct : float
        Rise of the average tariff, percentage points.
    goods_share, import_share, passthrough, exchange_rate_offset : float
        Goods in consumer spending, imports in goods, domestic response on top, and the part that a stronger dollar
        takes off; fractions (table `model_parameters`, bl-...).

    References
    ----------
    The Budget Lab at Yale (2026). Memo on the Price-Impact Overhaul, section 1
    (https://github.com/Budget-Lab-Yale/Tariff-Model).
    """
    return rise_pct * goods_share * import_share * (1 + passthrough - exchange_rate_offset)
