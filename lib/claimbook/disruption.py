"""What a cut of supply costs: the answer is the elasticity of substitution.

In: an input's share of output, the cut, the elasticity; or the input-output tables and who uses the input first.
Out: output lost as a fraction or in million US dollars, by industry, and the elasticity that a published loss implies.
"""

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.optimize.elementwise import find_root

from claimbook.ces import DisruptionError, ces_loss, ces_output, checked
from claimbook.input_output import InputOutput

__all__ = [
    "implied_network_elasticities", "implied_network_elasticity", "network_cost",
    "DisruptionError", "ces_loss", "ces_output", "implied_elasticity", "loss_curve", "network_loss", "price_elasticity",
    "user_shares",
]  # fmt: skip

_SEARCHED = (0.02, 20.0)  # the elasticities among which one that gives a loss is looked for


def implied_elasticity(loss: float, share: float, cut: float) -> float:
    """Return the elasticity of substitution at which a cut of an input costs `loss`.

    Parameters
    ----------
    loss : float
        Share of output lost; between share x cut (perfect substitutes) and cut (fixed proportions).
    share, cut : float
        As in `ces_loss`.

    Raises
    ------
    DisruptionError
        If no elasticity gives that loss.
    """
    low, high = share * cut, cut
    if not low < loss < high:
        raise DisruptionError(
            f"a loss of {loss:g} cannot come from a cut of {cut:g} of an input with share {share:g}: "
            f"it lies between {low:g} (perfect substitutes) and {high:g} (fixed proportions)"
        )
    log = brentq(lambda log: ces_loss(share, cut, np.exp(log)) - loss, np.log(1e-3), np.log(1e6), xtol=1e-12)
    return float(np.exp(log))


def price_elasticity(price_rise: float, cut: float) -> float:
    """Return the elasticity that a rise of the input's price implies: e = ln(1 / (1 - cut)) / ln(1 + rise).

    The input's marginal product rises by (x / y)^(-1/e); with a small share output hardly moves, y = 1.
    """
    if price_rise <= 0 or not 0 < cut < 1:
        raise DisruptionError(f"price rise {price_rise:g}, cut {cut:g}: give a rise above 0 and a cut between 0 and 1")
    return float(np.log(1 / (1 - cut)) / np.log1p(price_rise))


def user_shares(io: InputOutput, uses: pd.DataFrame, spending: pd.Series) -> pd.Series:
    """Return the input's share of output in each industry that uses it first.

    A material's spending goes to its uses by their share of demand, and within a use to industries by their output.

    Parameters
    ----------
    io : InputOutput
    uses : DataFrame
        Columns ``material``, ``use``, ``industry``, ``share_of_demand_pct`` (missing where a material has one use),
        such as the table `mineral_uses`.
    spending : Series
        By material, million US dollars at the prices of the tables.

    Returns
    -------
    Series
        By industry, fractions.
    """
    unknown = [code for code in uses["industry"] if code not in io.industries]
    if unknown:
        raise DisruptionError(f"uses: no industry {unknown[0]!r} in the tables; take codes of io.industries")
    missing = sorted(set(uses["material"]) - set(spending.index))
    if missing:
        raise DisruptionError(f"spending: none given for {missing[0]!r}; add it, zero if nothing is bought")
    rows = uses.assign(output=uses["industry"].map(io.output).astype(float))
    demand = rows["share_of_demand_pct"].astype(float).fillna(1.0)
    first = ~rows.duplicated(["material", "use"])
    total = demand.where(first, 0.0).groupby(rows["material"]).transform("sum")
    within = rows["output"] / rows.groupby(["material", "use"])["output"].transform("sum")
    rows["bought"] = rows["material"].map(spending).astype(float) * demand / total * within
    bought = rows.groupby("industry")["bought"].sum()
    return bought / io.output.reindex(bought.index)


def network_loss(
    io: InputOutput, share: pd.Series, cut: float, elasticity: float, network_elasticity: float = 1.0
) -> pd.DataFrame:
    """Return what a cut costs each industry, those that use the input first and those that use their goods.

    Parameters
    ----------
    io : InputOutput
    share : Series
        The input's share of output by industry, from `user_shares`.
    cut : float
        Share of the input gone, the same for all users.
    elasticity : float
        Between the input and everything else.
    network_elasticity : float
        Among all other inputs of an industry; 1 lets shocks travel through the Leontief inverse.

    Returns
    -------
    DataFrame
        By industry: ``first`` (loss of the user by itself), ``loss`` (with the supply chain), fractions of output;
        ``value_added_loss_musd``. Largest first.
    """
    checked("cut", cut, 0, 1)
    alone = pd.Series(ces_loss(share.to_numpy(float), cut, elasticity), share.index)
    left = pd.Series(1 - cut, share.index)
    output = io.output_left(left, network_elasticity, share=share, own_elasticity=elasticity)
    frame = pd.DataFrame({"first": alone.reindex(io.industries).fillna(0.0), "loss": 1 - output})
    frame["value_added_loss_musd"] = frame["loss"] * io.value_added
    return frame.sort_values("value_added_loss_musd", ascending=False)


def network_cost(io: InputOutput, share: pd.Series | pd.DataFrame, cut, elasticity, network_elasticity: float = 1.0):
    """Return the loss of `network_loss` as a share of all value added.

    Parameters
    ----------
    io, network_elasticity
        As in `network_loss`.
    share : Series, or DataFrame with a column for each case
    cut, elasticity : float or ndarray
        One for each case, or the same for all.

    Returns
    -------
    float or ndarray
    """
    cut, elasticity = np.broadcast_arrays(checked("cut", cut, 0, 1), elasticity)
    left = pd.DataFrame(np.tile(1 - cut, (len(share), 1)), share.index)
    output = io.output_left(left, network_elasticity, share=share, own_elasticity=np.atleast_1d(elasticity))
    lost = (1 - output).mul(io.value_added, axis=0).sum() / io.value_added.sum()
    return lost.to_numpy() if cut.ndim else float(lost.iloc[0])


def implied_network_elasticity(
    loss: float, io: InputOutput, share: pd.Series, cut: float, network_elasticity: float = 1.0
) -> float:
    """Return the elasticity between the input and the rest at which the network loses a share `loss` of value added.

    Raises
    ------
    DisruptionError
        If no elasticity between 0.02 and 20 gives that loss.
    """
    found = float(implied_network_elasticities(np.array([loss]), io, share, np.array([cut]), network_elasticity)[0])
    if np.isnan(found):
        low, high = network_cost(io, share, cut, np.array(_SEARCHED[::-1]), network_elasticity)
        raise DisruptionError(
            f"a loss of {loss:g} cannot come from a cut of {cut:g} with these users: it is {low:g} to {high:g}"
        )
    return found


def implied_network_elasticities(
    loss, io: InputOutput, share: pd.Series | pd.DataFrame, cut, network_elasticity: float = 1.0
) -> np.ndarray:
    """Return `implied_network_elasticity` of many cases at once; missing where no elasticity gives the loss.

    Parameters
    ----------
    loss, cut : ndarray
        One for each case.
    share : Series, or DataFrame with a column for each case
    """
    shares = np.broadcast_to(share.to_numpy(float).reshape(len(share), -1), (len(share), len(loss)))

    def miss(log, loss, cut, case):  # in logarithms the curve is nearly straight
        cost = network_cost(io, pd.DataFrame(shares[:, case], share.index), cut, np.exp(log), network_elasticity)
        return np.log(cost) - np.log(loss)

    cases = (loss, cut, np.arange(len(loss)))
    found = find_root(miss, tuple(np.log(_SEARCHED)), args=cases, tolerances={"xatol": 1e-6})
    return np.where(found.success, np.exp(found.x), np.nan)


def loss_curve(share: float, cut: float, elasticities, size: float) -> pd.DataFrame:
    """Return the loss of one aggregate production function for each elasticity.

    Parameters
    ----------
    share, cut : float
        As in `ces_loss`.
    elasticities : iterable of float
    size : float
        Output, any unit of money.

    Returns
    -------
    DataFrame
        Columns ``elasticity``, ``share_lost``, ``loss`` (unit of `size`).
    """
    elasticities = np.asarray(list(elasticities), float)
    lost = ces_loss(share, cut, elasticities)
    return pd.DataFrame({"elasticity": elasticities, "share_lost": lost, "loss": lost * size})
