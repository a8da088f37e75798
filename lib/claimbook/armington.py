"""Imports by supplier when a tariff changes: Armington goods, a CES bundle of suppliers in each sector.

In: imports and tariffs by partner and sector, elasticities. Out: flows, rates and duties before and after, prices.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.schedules import Rates, TariffError, checked_index, checked_rates, laid_out, must_be_known


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


class Market:
    """Imports by partner and sector with what is paid on them, laid out once for any number of tariffs.

    Parameters
    ----------
    imports, base
        As in `armington`.

    Attributes
    ----------
    index : MultiIndex
        Partners and sectors of the flows.
    imports, rate : ndarray
        Of each flow: customs value, and the rate paid before.
    imports_by_sector : Series
    """

    def __init__(self, imports: pd.Series, base: Rates = 0.0) -> None:
        self.index = checked_index(imports)
        self.imports = imports.to_numpy(float)
        self.rate = laid_out(base, self.index).to_numpy()
        self._power = 1 + self.rate
        self._sector, sectors = pd.factorize(self.index.get_level_values("sector"), sort=True)
        self.imports_by_sector = pd.Series(np.bincount(self._sector, self.imports), sectors.rename("sector"))
        spent = self.imports * self._power
        total, bought = self._sums(spent), self.imports_by_sector.to_numpy()
        self._weight = spent / np.where(total > 0, total, 1)[self._sector]
        self._spent_per_value = total / np.where(bought > 0, bought, np.nan)

    def _sums(self, flows: np.ndarray) -> np.ndarray:
        return np.bincount(self._sector, flows)

    def by_sector(self, elasticity: float | pd.Series) -> pd.Series:
        """Return an elasticity for each sector, or say which has none."""
        sectors = self.imports_by_sector.index
        if np.isscalar(elasticity):
            elasticity = pd.Series(float(elasticity), sectors)
        found = elasticity.reindex(sectors).astype(float)
        values = found.to_numpy()
        missing = sectors[np.isnan(values)]
        if len(missing):
            others = len(missing) - 1
            raise TariffError(f"elasticity: none for sector {missing[0]!r} and {others} others; fill them")
        if not ((values > 0) & np.isfinite(values)).all():
            raise TariffError("elasticity: give positive numbers, the absolute value of the trade elasticity")
        return found

    def respond(
        self,
        tariff: Rates,
        elasticity: float | pd.Series,
        *,
        demand_elasticity: float = 1.0,
        passthrough: float = 1.0,
    ) -> Response:
        """Return how imports move when a tariff is put on top; see `armington`."""
        if not 0 <= passthrough <= 1:
            raise TariffError(f"passthrough is {passthrough:g}; give a share from 0 to 1")
        if demand_elasticity < 0:
            raise TariffError(f"demand_elasticity is {demand_elasticity:g}; give zero or more")
        after = checked_rates(laid_out(tariff, self.index) + self.rate).to_numpy()
        ratio = 1 + passthrough * ((1 + after) / self._power - 1)
        s, logs = self.by_sector(elasticity).to_numpy(), np.log(ratio)
        bundle = self._log_price(logs, s)  # logarithms keep large elasticities from overflowing
        quantity = np.exp(((s - demand_elasticity) * bundle)[self._sector] - s[self._sector] * logs)
        moved = self.imports * quantity * ratio * self._power / (1 + after)
        flows = {
            "imports_before": self.imports, "imports_after": moved, "rate_before": self.rate, "rate_after": after,
            "duty_before": self.imports * self.rate, "duty_after": moved * after,
        }  # fmt: skip
        rise = {"before_substitution": self._sums(self._weight * ratio) - 1, "after_substitution": np.expm1(bundle)}
        price = {name: self._spent_per_value * part for name, part in rise.items()}
        return Response(pd.DataFrame(flows, self.index), pd.DataFrame(price, self.imports_by_sector.index))

    def _log_price(self, logs: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Return the logarithm of the price index of each sector from those of the buyers' prices of its flows."""
        flat = np.abs(1 - s) < 1e-9
        power = np.where(flat, 1.0, 1 - s)
        terms = power[self._sector] * logs
        top = np.full(len(s), -np.inf)
        np.maximum.at(top, self._sector, terms)
        total = self._sums(self._weight * np.exp(terms - top[self._sector]))
        index = (np.log(np.where(total > 0, total, 1.0)) + np.where(total > 0, top, 0.0)) / power
        return np.where(flat, self._sums(self._weight * logs), index)


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
    return Market(imports, base).respond(
        tariff, elasticity, demand_elasticity=demand_elasticity, passthrough=passthrough
    )


def collapse(imports: pd.Series, base: Rates, partner: str, rest: str = "others") -> tuple[pd.Series, pd.Series]:
    """Return imports and rates with all partners but one taken together.

    Exact for a tariff that only `partner` pays: the others' prices stay in proportion. It makes curves fast.

    Returns
    -------
    imports, rates : Series
        Indexed by partner (`partner` and `rest`) and sector; the rest's rate is the import-weighted average.
    """
    index = checked_index(imports)
    must_be_known("partner", pd.Index([partner]), index)
    paid = pd.DataFrame({"value": imports.to_numpy(float), "rate": laid_out(base, index)})
    paid["duty"] = paid["value"] * paid["rate"]
    it = index.get_level_values("partner") == partner
    sums = paid.groupby([it, index.get_level_values("sector")])[["value", "duty"]].sum()
    sums = sums.rename({True: partner, False: rest}, level=0).rename_axis(["partner", "sector"])
    return sums["value"], (sums["duty"] / sums["value"].where(sums["value"] > 0)).fillna(0.0)
