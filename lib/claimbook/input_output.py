"""Prices and output along the supply chain: imported inputs through the domestic Leontief inverse.

In: use, requirements and spending from BEA, a change of import prices by commodity, or a loss of output by industry.
Out: prices by commodity and for consumers, output by industry. Money in million US dollars, changes as fractions.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.linalg import lu_factor, lu_solve

from claimbook.ces import ces_nest, ces_output
from claimbook.errors import ClaimbookError


class InputOutputError(ClaimbookError):
    """Tables that do not fit together, or a change for a commodity or industry that they do not know."""


def near(name: object, known: Iterable) -> str:
    """Return the known names nearest to an unknown one, as the end of an error message."""
    known = [str(other) for other in known]
    close = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(known[:6])}, ..."


@dataclass(frozen=True, eq=False)
class InputOutput:
    """A domestic economy of commodities and industries, at the prices of its tables.

    Attributes
    ----------
    commodities, industries : Index
        Codes; n commodities, m industries.
    domestic, imported : ndarray, n by m
        Domestic and imported commodity per dollar of an industry's output, or of its variable cost where margins stay
        in percent.
    market : ndarray, m by n
        Share of each industry in the domestic output of each commodity.
    import_share : Series, n
        Imports over domestic absorption of the commodity, 0 to 1.
    consumption : Series, n
        Consumer spending on the commodity, million US dollars.
    parent : Series, n
        Summary sector of each commodity (its own code in summary tables).
    output, value_added : Series, m
        Of each industry, million US dollars.
    """

    commodities: pd.Index
    industries: pd.Index
    domestic: np.ndarray
    imported: np.ndarray
    market: np.ndarray
    import_share: pd.Series
    consumption: pd.Series
    parent: pd.Series
    output: pd.Series
    value_added: pd.Series
    _factors: dict = field(default_factory=dict, repr=False)

    def by_commodity(self, change: pd.Series | float) -> pd.Series:
        """Return a change for every commodity; missing ones are zero.

        Parameters
        ----------
        change : float or Series
            One number for all, or a Series indexed by commodity or by summary sector, which then holds for all
            commodities of the sector.

        Raises
        ------
        InputOutputError
            If a code is neither, stands twice, or a value is not finite.
        """
        if np.isscalar(change):
            return pd.Series(float(change), self.commodities)
        sectors = set(self.parent)
        for code in change.index:
            if code not in self.commodities and code not in sectors:
                names = [*self.commodities, *sorted(sectors)]
                raise InputOutputError(f"prices: no commodity or sector {code!r}; {near(code, names)}")
        if change.index.has_duplicates:
            twice = change.index[change.index.duplicated()][0]
            raise InputOutputError(f"prices: {twice!r} stands twice; give one change a code")
        if not np.isfinite(change.to_numpy(float)).all():
            bad = change.index[~np.isfinite(change.to_numpy(float))][0]
            raise InputOutputError(f"prices: the change of {bad!r} is not a number; leave it out for no change")
        own = change.reindex(self.commodities).astype(float)
        return own.fillna(self.parent.map(change.astype(float))).fillna(0.0)

    def _factor(self, passthrough: float):
        """Return the LU factors of I - passthrough (B D)', made once for each passthrough."""
        if passthrough not in self._factors:
            spread = (self.domestic @ self.market).T
            self._factors[passthrough] = lu_factor(np.eye(len(self.commodities)) - passthrough * spread)
        return self._factors[passthrough]

    def supply_chain(self, import_prices: pd.Series | float, passthrough: float = 1.0) -> pd.Series:
        """Return how much domestic commodities rise in price when imported inputs do.

        With t the change of import prices, B_d and B_m domestic and imported inputs a dollar of output, D the market
        shares and k the share of a rise of cost that an industry passes on, prices q of domestic commodities solve

            q = k D' (B_m' t + B_d' q),   so   q = (I - k (B_d D)')^-1 k D' B_m' t,

        which for k = 1 is R' B_m' t with R = D (I - B_d D)^-1, BEA's domestic requirements. Wages, profits in dollars
        and quantities stay.

        Parameters
        ----------
        import_prices : float or Series
            Change as a fraction, by commodity or summary sector; missing = 0.
        passthrough : float
            Share of a rise of cost that each industry passes on, 0 to 1.

        Returns
        -------
        Series
            Change as a fraction, by commodity.

        References
        ----------
        Miller, R. E. and Blair, P. D. (2009). Input-Output Analysis, 2nd ed.: cost-push price model, p' = v' (I - A)^-1
        (as told at https://scholargate.app/en/economics/leontief-price-model). Commodity-by-industry form as in the
        Budget Lab at Yale, Memo on the Price-Impact Overhaul (2026).
        """
        if not 0 <= passthrough <= 1:
            raise InputOutputError(f"passthrough is {passthrough:g}; give a share from 0 to 1")
        cost = self.imported.T @ self.by_commodity(import_prices).to_numpy()
        rise = lu_solve(self._factor(float(passthrough)), passthrough * (self.market.T @ cost))
        return pd.Series(rise, self.commodities)

    def consumer_prices(
        self, import_prices: pd.Series | float, passthrough: float = 1.0, consumption: pd.Series | None = None
    ) -> pd.DataFrame:
        """Return what a change of import prices does to consumers, commodity by commodity.

        Spending on a commodity is imported and domestic in the proportion of all its uses:
        rise = s t + (1 - s) q, with s the import share and q from `supply_chain`.

        Parameters
        ----------
        import_prices, passthrough
            As in `supply_chain`.
        consumption : Series, optional
            Other weights than `self.consumption`, by commodity (see `claimbook.us_economy.consumer_spending`).

        Returns
        -------
        DataFrame
            By commodity: ``weight`` (sums to 1), ``direct`` and ``indirect`` (parts of the change, fractions),
            ``change``. The sum of weight times change is the change of consumer prices.
        """
        spending = self.consumption if consumption is None else consumption.reindex(self.commodities).fillna(0.0)
        direct = self.import_share * self.by_commodity(import_prices)
        indirect = (1 - self.import_share) * self.supply_chain(import_prices, passthrough)
        weight = spending / spending.sum()
        return pd.DataFrame({"weight": weight, "direct": direct, "indirect": indirect, "change": direct + indirect})

    def consumer_price(
        self, import_prices: pd.Series | float, passthrough: float = 1.0, consumption: pd.Series | None = None
    ) -> float:
        """Return the change of consumer prices as a fraction; parameters as in `consumer_prices`."""
        prices = self.consumer_prices(import_prices, passthrough, consumption)
        return float((prices["weight"] * prices["change"]).sum())

    def output_left(
        self,
        left: pd.Series,
        elasticity: float,
        *,
        share: pd.Series | None = None,
        own_elasticity: float | None = None,
        tolerance: float = 1e-10,
    ) -> pd.Series:
        """Return the output left to each industry when some inputs are short and what is left is shared out evenly.

        Each industry makes output from domestic inputs and everything else by a CES function with `elasticity`
        (see `claimbook.ces.ces_output`): z = (sum_c b_c a_c^r + 1 - sum_c b_c)^(1/r), r = (e - 1) / e, with
        a_c = sum_i D_ic y_i what is left of commodity c. An input from outside the tables with share s of output and
        `left` x of its quantity joins z in a second function with `own_elasticity`: y = (s x^p + (1 - s) z^p)^(1/p).
        The largest y that fits, found by iteration from y = 1, which falls at every step. No stocks, no reallocation
        between users, no imports in place of the lost output.

        Parameters
        ----------
        left : Series
            By industry: share of the outside input left, 0 to 1; missing = 1. Without `share`, share of output left.
        elasticity : float
            Substitution among the inputs of an industry, zero or more.
        share : Series, optional
            By industry: the outside input's share of output.
        own_elasticity : float, optional
            Substitution between the outside input and the rest; default `elasticity`.

        Returns
        -------
        Series
            Output over output before, by industry.

        References
        ----------
        Proportional rationing in networks: Pichler, A. and Farmer, J. D. (2021), Economic Systems Research,
        doi 10.1080/09535314.2021.1926934 (abstract read). CES in place of fixed proportions is ours.
        """
        for code in (*left.index, *(share.index if share is not None else ())):
            if code not in self.industries:
                raise InputOutputError(f"output: no industry {code!r}; {near(code, self.industries)}")
        outside = left.reindex(self.industries).fillna(1.0).to_numpy(float)
        weight = None if share is None else share.reindex(self.industries).fillna(0.0).to_numpy(float)
        inputs = np.clip(self.domestic, 0, None)
        made = self.market.sum(axis=0) > 0
        own = elasticity if own_elasticity is None else own_elasticity
        y = np.ones(len(self.industries))
        for _ in range(1000):
            supply = np.where(made, np.clip(self.market.T @ y / np.where(made, self.market.sum(axis=0), 1), 0, 1), 1.0)
            z = ces_nest(inputs, supply, elasticity)
            new = outside * z if weight is None else ces_output(weight, outside / np.maximum(z, 1e-300), own) * z
            if np.max(np.abs(new - y)) < tolerance:
                return pd.Series(new, self.industries)
            y = np.minimum(new, y)
        raise InputOutputError("output: no balance found in 1,000 rounds; use a larger elasticity")
