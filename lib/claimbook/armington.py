"""Imports by supplier when a tariff changes: Armington goods, a CES bundle of suppliers in each sector.

In: imports and tariffs by partner and sector, elasticities. Out: flows, rates and duties before and after, prices.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.schedules import LEVELS, Rates, TariffError, checked_index, checked_rates, must_be_known, schedule


@dataclass(frozen=True, eq=False)
class Response:
    """What buyers do when a tariff changes.

    Attributes
    ----------
    flows : DataFrame
        Indexed by partner and sector: ``imports_before``, ``imports_after`` (customs value, unit of the imports),
        ``rate_before``, ``rate_after`` (fractions), ``duty_before``, ``duty_after`` (unit of the imports).
    price : DataFrame
        By sector: ``before_substitution`` and ``after_substitution``, rise of the price of all its imports with duty,
        in dollars per dollar of customs value before: with the basket of before, and at equal satisfaction.
    """

    flows: pd.DataFrame
    price: pd.DataFrame

    @property
    def revenue(self) -> float:
        """Revenue after."""
        return float(self.flows["duty_after"].sum())

    @property
    def revenue_change(self) -> float:
        """Revenue after less before, from all partners."""
        return float((self.flows["duty_after"] - self.flows["duty_before"]).sum())

    def change(self, partner: str | None = None, by_sector: bool = False) -> pd.Series | float:
        """Return the change of imports as a fraction: of all or one partner, in all or by sector."""
        rows = self.flows if partner is None else self.flows.xs(partner, level="partner")
        if by_sector:
            sums = rows.groupby(level="sector")[["imports_before", "imports_after"]].sum()
            return (sums["imports_after"] / sums["imports_before"].where(sums["imports_before"] > 0) - 1).rename(
                "change"
            )
        return float(rows["imports_after"].sum() / rows["imports_before"].sum() - 1)


def armington(
    imports: pd.Series,
    tariff: Rates,
    *,
    elasticity: float | pd.Series,
    base: Rates = 0.0,
    demand_elasticity: float = 1.0,
    passthrough: float = 1.0,
) -> Response:
    """Return how imports move between suppliers when a tariff is put on top of what is paid.

    A sector's imports are a CES bundle of suppliers j with elasticity s and spending shares w at prices with duty. With
    power 1 + t before and 1 + t' after, k the share of the rise that buyers pay and r the ratio of buyers' prices,

        r_j = 1 + k ((1 + t'_j) / (1 + t_j) - 1)
        P   = (sum_j w_j r_j^(1 - s))^(1 / (1 - s))          (s = 1: the weighted geometric mean)
        q_j = (r_j / P)^(-s) P^(-h)                           quantity, h the demand elasticity of the bundle
        m_j = q_j r_j (1 + t_j) / (1 + t'_j)                  customs value; the supplier's price falls if k < 1

    Home goods do not compete supplier by supplier: they enter through h.

    Parameters
    ----------
    imports : Series
        Indexed by partner and sector, customs value (without duty).
    tariff : float, mapping, Series or DataFrame
        Added to `base`; see `schedule`.
    elasticity : float or Series by sector
        Substitution between suppliers, positive: percent by which a supplier's tariff-exclusive imports fall per
        percent of its price with duty, when P stays. Estimates from tariffs on trade values without duty are this s.
    base : as `tariff`
        What is paid before.
    demand_elasticity : float
        h, zero or more; 1 keeps spending on the sector's imports.
    passthrough : float
        k, 0 to 1.

    Returns
    -------
    Response

    Raises
    ------
    TariffError
        As in `schedule`; if an elasticity is missing or not positive.

    References
    ----------
    Armington goods by product as in the World Bank's SMART: Jammes, O. and Olarreaga, M. (2005),
    Explaining SMART and GSIM (https://ro.scribd.com/document/7804010/explaining-smart-and-gsim, opening read); exact
    CES in place of its linear form is ours. Product elasticities: Fontagné, L., Guimbard, H. and Orefice, G. (2022),
    Journal of International Economics 137 (ProTEE).
    """
    if not 0 <= passthrough <= 1:
        raise TariffError(f"passthrough is {passthrough:g}; give a share from 0 to 1")
    if demand_elasticity < 0:
        raise TariffError(f"demand_elasticity is {demand_elasticity:g}; give zero or more")
    index = checked_index(imports)
    before = schedule(base, imports)
    after = checked_rates(before + schedule(tariff, imports))
    value = _wide(pd.Series(imports.to_numpy(float), index))
    power, new_power = 1 + _wide(before).to_numpy(), 1 + _wide(after).to_numpy()
    s = _elasticities(elasticity, value.index)[:, None]
    ratio = 1 + passthrough * (new_power / power - 1)
    spent = value.to_numpy() * power
    weight = spent / np.where(spent.sum(axis=1, keepdims=True) > 0, spent.sum(axis=1, keepdims=True), 1)
    bundle = _ces_price(weight, ratio, s)
    quantity = (ratio / bundle) ** (-s) * bundle ** (-demand_elasticity)
    moved = pd.DataFrame(value.to_numpy() * quantity * ratio * power / new_power, value.index, value.columns)
    flows = pd.DataFrame({
        "imports_before": imports.to_numpy(float),
        "imports_after": moved.stack().swaplevel().reindex(index).to_numpy(),
        "rate_before": before, "rate_after": after,
    }, index)  # fmt: skip
    for when in ("before", "after"):
        flows[f"duty_{when}"] = flows[f"imports_{when}"] * flows[f"rate_{when}"]
    per_value = spent.sum(axis=1) / np.where(value.sum(axis=1) > 0, value.sum(axis=1), np.nan)
    rise = {"before_substitution": (weight * ratio).sum(axis=1) - 1, "after_substitution": bundle[:, 0] - 1}
    return Response(flows, pd.DataFrame({name: part * per_value for name, part in rise.items()}, value.index))


def _wide(series: pd.Series) -> pd.DataFrame:
    return series.unstack("partner", fill_value=0.0)


def _elasticities(elasticity: float | pd.Series, sectors: pd.Index) -> np.ndarray:
    if np.isscalar(elasticity):
        values = np.full(len(sectors), float(elasticity))
    else:
        missing = sectors.difference(elasticity.dropna().index)
        if len(missing):
            raise TariffError(f"elasticity: none for sector {missing[0]!r} and {len(missing) - 1} others; fill them")
        values = elasticity.reindex(sectors).to_numpy(float)
    if not (np.isfinite(values) & (values > 0)).all():
        raise TariffError("elasticity: give positive numbers, the absolute value of the trade elasticity")
    return values


def _ces_price(weight: np.ndarray, ratio: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Return the price index of each row as a column; logarithms keep large elasticities from overflowing."""
    logs = np.log(ratio)
    power = np.where(np.abs(1 - s) < 1e-9, 1.0, 1 - s)
    top = (power * logs).max(axis=1, keepdims=True)
    total = (weight * np.exp(power * logs - top)).sum(axis=1, keepdims=True)
    index = (np.log(np.where(total > 0, total, 1.0)) + np.where(total > 0, top, 0.0)) / power
    return np.exp(np.where(np.abs(1 - s) < 1e-9, (weight * logs).sum(axis=1, keepdims=True), index))


def collapse(imports: pd.Series, base: Rates, partner: str, rest: str = "others") -> tuple[pd.Series, pd.Series]:
    """Return imports and rates with all partners but one taken together.

    Exact for a tariff that only `partner` pays: the others' prices stay in proportion. It makes curves fast.

    Returns
    -------
    imports, rates : Series
        Indexed by partner (`partner` and `rest`) and sector; the rest's rate is the import-weighted average.
    """
    index = checked_index(imports)
    must_be_known("partner", [partner], index.get_level_values("partner"))
    who = np.where(index.get_level_values("partner") == partner, partner, rest)
    frame = pd.DataFrame({"partner": who, "sector": index.get_level_values("sector"), "value": imports.to_numpy(float)})
    frame["duty"] = frame["value"] * schedule(base, imports).to_numpy()
    sums = frame.groupby(LEVELS)[["value", "duty"]].sum()
    return sums["value"], (sums["duty"] / sums["value"].where(sums["value"] > 0)).fillna(0.0)
