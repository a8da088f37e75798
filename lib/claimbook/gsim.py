"""GSIM, the global simulation model of one industry: world prices that clear every exporter's market, by one solve.

Trade by exporter and importer, tariffs before and after, three elasticities in; prices, trade and revenue out.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError


class GsimError(ClaimbookError):
    """Trade, tariffs and elasticities that do not fit together."""


@dataclass(frozen=True, eq=False)
class Gsim:
    """What a change of tariffs does to one industry.

    Attributes
    ----------
    price : Series
        Change of the world price of each exporter's goods, fraction.
    quantity : DataFrame, exporters by importers
        Change of each flow, fraction.
    value : DataFrame, exporters by importers
        Trade at the new world prices, unit of the trade given.
    revenue : DataFrame
        By importer: tariff revenue ``before`` and ``after``, same unit.
    producer_surplus : Series
        Change for each exporter, same unit: the area left of a supply curve of constant elasticity.
    """

    price: pd.Series
    quantity: pd.DataFrame
    value: pd.DataFrame
    revenue: pd.DataFrame
    producer_surplus: pd.Series


def _by(name: str, value: float | pd.Series, index: pd.Index) -> np.ndarray:
    if np.isscalar(value):
        return np.full(len(index), float(value))
    missing = [region for region in index if region not in value.index]
    if missing:
        raise GsimError(f"{name}: none given for {missing[0]!r}")
    return value.reindex(index).to_numpy(float)


def _like(name: str, power: pd.DataFrame | float, trade: pd.DataFrame) -> np.ndarray:
    if np.isscalar(power):
        power = pd.DataFrame(float(power), trade.index, trade.columns)
    if set(power.index) != set(trade.index) or set(power.columns) != set(trade.columns):
        raise GsimError(f"{name}: regions are not those of the trade; give the same exporters and importers")
    power = power.reindex(index=trade.index, columns=trade.columns).to_numpy(float)
    if not (power > 0).all():
        raise GsimError(f"{name}: holds {np.nanmin(power):g}; give the power of the tariff, 1.25 for 25 percent")
    return power


def gsim(
    trade: pd.DataFrame,
    before: pd.DataFrame | float,
    after: pd.DataFrame | float,
    *,
    import_demand: float | pd.Series,
    export_supply: float | pd.Series,
    substitution: float | pd.Series,
) -> Gsim:
    """Solve GSIM.

    Goods differ by exporter r; importer v spends the share theta_rv of its imports, at internal prices, on r, and r
    sells the share phi_rv of its exports, at world prices, to v. With T_rv the change of the power of the tariff,
    After / Before - 1, and p_r the change of the world price,

        own price      N_rr = theta_rv Em_v - (1 - theta_rv) Es_v
        other prices   N_rs = theta_sv (Em_v + Es_v)
        trade          m_rv = N_rr (p_r + T_rv) + sum_(s != r) N_rs (p_s + T_sv)
        market clears  Ex_r p_r = sum_v phi_rv m_rv

    which is linear in p.

    Parameters
    ----------
    trade : DataFrame, exporters by importers
        Values at world prices, zero or more; own trade (domestic sales) may stand on the diagonal.
    before, after : DataFrame of the same shape, or float
        Power of the tariff, one plus the rate.
    import_demand : float or Series by importer
        Elasticity of the demand for all imports, negative (Em).
    export_supply : float or Series by exporter
        Zero or more (Ex).
    substitution : float or Series by importer
        Between suppliers, zero or more (Es).

    Returns
    -------
    Gsim

    Raises
    ------
    GsimError
        If regions, signs or shapes do not fit, an exporter or importer has no trade, or no prices clear the markets.

    References
    ----------
    Francois, J. and Hall, H. K. (2003). Global Simulation Analysis of Industry-Level Trade Policy, version 3.0
    (https://ru.scribd.com/document/7804009/gsimpaper, opening read). Equations as in a public R example of four regions
    that quotes the paper's prices. The example finds them by Newton's method; they are linear, so one solve does.
    Producer surplus is our own integral of a supply curve of constant elasticity.
    """
    if (trade.to_numpy(float) < 0).any() or trade.isna().to_numpy().any():
        raise GsimError("trade: holds a missing or negative value; give zero where nothing is traded")
    exporters, importers = trade.index, trade.columns
    flows = trade.to_numpy(float)
    for names, sums in ((exporters, flows.sum(axis=1)), (importers, flows.sum(axis=0))):
        if (sums == 0).any():
            raise GsimError(f"trade: {names[sums == 0][0]!r} trades nothing; leave it out")
    old, new = _like("before", before, trade), _like("after", after, trade)
    demand, between = _by("import_demand", import_demand, importers), _by("substitution", substitution, importers)
    supply = _by("export_supply", export_supply, exporters)
    if (demand > 0).any() or (between < 0).any() or (supply < 0).any():
        raise GsimError("elasticities: import demand is negative, export supply and substitution are positive")
    change = new / old - 1
    spent = flows * old
    theta, phi = spent / spent.sum(axis=0), flows / flows.sum(axis=1, keepdims=True)
    # m = cross @ (p + T) for each importer, the own price taken out of the sum and put in with its own elasticity:
    # N_rr = theta (Em + Es) - Es, so one matrix theta (Em + Es) serves all prices and Es comes off the own one.
    pull = theta * (demand + between)
    system = np.diag(supply + phi @ between) - phi @ pull.T
    push = (phi * ((pull * change).sum(axis=0) - between * change)).sum(axis=1)
    try:
        price = np.linalg.solve(system, push)
    except np.linalg.LinAlgError as error:
        raise GsimError("no prices clear these markets; give a supply elasticity above zero") from error
    moved = price[:, None] + change
    quantity = (pull * moved).sum(axis=0) - between * moved
    value = flows * (1 + quantity) * (1 + price[:, None])
    sold = flows.sum(axis=1)
    return Gsim(
        price=pd.Series(price, exporters),
        quantity=pd.DataFrame(quantity, exporters, importers),
        value=pd.DataFrame(value, exporters, importers),
        revenue=pd.DataFrame(
            {"before": (flows * (old - 1)).sum(axis=0), "after": (value * (new - 1)).sum(axis=0)}, importers
        ),
        producer_surplus=pd.Series(sold * ((1 + price) ** (1 + supply) - 1) / (1 + supply), exporters),
    )
