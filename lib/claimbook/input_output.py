"""Prices and output along the supply chain: imported inputs through the domestic Leontief inverse.

In: use, requirements and spending from BEA, a change of import prices by commodity, or a loss of output by industry.
Out: prices by commodity and for consumers, output by industry. Money in million US dollars, changes as fractions.
"""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

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

    def by_commodity(self, change: pd.Series | pd.DataFrame | float) -> pd.Series | pd.DataFrame:
        """Return a change for every commodity; missing ones are zero.

        Parameters
        ----------
        change : float, Series or DataFrame
            One number for all, or a Series indexed by commodity or by summary sector, which then holds for all
            commodities of the sector. A DataFrame holds several changes, one a column.

        Raises
        ------
        InputOutputError
            If a code is neither, stands twice, or a value is not finite.
        """
        if np.isscalar(change):
            return pd.Series(float(change), self.commodities)
        sector, sectors = self._sectors
        own, whole = self.commodities.get_indexer(change.index), sectors.get_indexer(change.index)
        unknown = change.index[(own < 0) & (whole < 0)]
        if len(unknown):
            raise InputOutputError(
                f"prices: no commodity or sector {unknown[0]!r}; {near(unknown[0], [*self.commodities, *sectors])}"
            )
        if change.index.has_duplicates:
            twice = change.index[change.index.duplicated()][0]
            raise InputOutputError(f"prices: {twice!r} stands twice; give one change a code")
        finite = np.isfinite(pd.DataFrame(change).to_numpy(float)).all(axis=1)
        if not finite.all():
            bad = change.index[~finite][0]
            raise InputOutputError(f"prices: the change of {bad!r} is not a number; leave it out for no change")
        given = change.to_numpy(float)
        of_sectors = np.zeros((len(sectors), *given.shape[1:]))
        of_sectors[whole[whole >= 0]] = given[whole >= 0]
        values = of_sectors[sector]
        values[own[own >= 0]] = given[own >= 0]
        one = values.ndim == 1
        return pd.Series(values, self.commodities) if one else pd.DataFrame(values, self.commodities, change.columns)

    @cached_property
    def _sectors(self) -> tuple[np.ndarray, pd.Index]:
        """Return the number of each commodity's summary sector, and these sectors."""
        return pd.factorize(pd.Index(self.parent), sort=True)

    def supply_chain(self, import_prices: pd.Series | float, passthrough: float = 1.0) -> pd.Series:
        """Return how much domestic commodities rise in price when imported inputs do.

        With t the change of import prices, B_d and B_m domestic and imported inputs a dollar of output, D the market
        shares and k the share of a rise of cost that an industry passes on, prices q of domestic commodities solve

            q = k D' (B_m' t + B_d' q),   so   q = (I - k (B_d D)')^-1 k D' B_m' t,

        found by adding up what comes in round by round. For k = 1 it is R' B_m' t with R = D (I - B_d D)^-1, BEA's
        domestic requirements. Wages, profits in dollars and quantities stay.

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
        _check(passthrough)
        cost = self.imported.T @ self.by_commodity(import_prices).to_numpy()
        rise = _all_rounds(
            passthrough * (self.market.T @ cost), lambda rise: passthrough * (self.market.T @ (self.domestic.T @ rise))
        )
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
        weight = self._weights(consumption)
        direct = self.import_share * self.by_commodity(import_prices)
        indirect = (1 - self.import_share) * self.supply_chain(import_prices, passthrough)
        return pd.DataFrame({"weight": weight, "direct": direct, "indirect": indirect, "change": direct + indirect})

    def import_content(self, passthrough: float = 1.0, consumption: pd.Series | None = None) -> pd.Series:
        """Return what a dollar of consumer spending holds of each imported commodity, by itself and in home goods.

        Content times the change of import prices is the change of consumer prices. With w the shares of spending and
        h = w (1 - s) home goods it is w s + k B_m D (h + k B_d D h + (k B_d D)^2 h + ...): what home goods hold, what
        their suppliers hold, and so on, round by round.

        Parameters
        ----------
        passthrough, consumption
            As in `consumer_prices`.

        Returns
        -------
        Series
            By commodity, dollars per dollar of spending.
        """
        _check(passthrough)
        weight = self._weights(consumption)
        bought = (weight * (1 - self.import_share)).to_numpy()
        home = _all_rounds(bought, lambda made: passthrough * (self.domestic @ (self.market @ made)))
        return weight * self.import_share + passthrough * (self.imported @ (self.market @ home))

    def _weights(self, consumption: pd.Series | None) -> pd.Series:
        spending = self.consumption if consumption is None else consumption
        spending = spending.reindex(self.commodities).fillna(0.0)
        return spending / spending.sum()

    def consumer_price(
        self,
        import_prices: pd.Series | pd.DataFrame | float,
        passthrough: float = 1.0,
        consumption: pd.Series | None = None,
    ) -> float | pd.Series:
        """Return the change of consumer prices as a fraction; parameters as in `consumer_prices`.

        A DataFrame of several changes of import prices, one a column, gives a Series.
        """
        change = self.import_content(passthrough, consumption) @ self.by_commodity(import_prices)
        return change if isinstance(change, pd.Series) else float(change)

    def output_left(
        self,
        left: pd.Series | pd.DataFrame,
        elasticity: float,
        *,
        share: pd.Series | pd.DataFrame | None = None,
        own_elasticity: float | np.ndarray | None = None,
        tolerance: float = 1e-10,
    ) -> pd.Series | pd.DataFrame:
        """Return the output left to each industry when some inputs are short and what is left is shared out evenly.

        Each industry makes output from domestic inputs and everything else by a CES function with `elasticity`
        (see `claimbook.ces.ces_output`): z = (sum_c b_c a_c^r + 1 - sum_c b_c)^(1/r), r = (e - 1) / e, with
        a_c = sum_i D_ic y_i what is left of commodity c. An input from outside the tables with share s of output and
        `left` x of its quantity joins z in a second function with `own_elasticity`: y = (s x^p + (1 - s) z^p)^(1/p).
        The largest y that fits, found by iteration from y = 1, which falls at every step. No stocks, no reallocation
        between users, no imports in place of the lost output.

        Parameters
        ----------
        left : Series or DataFrame
            By industry: share of the outside input left, 0 to 1; missing = 1. Without `share`, share of output left.
            Several cases at once are the columns of a DataFrame.
        elasticity : float
            Substitution among the inputs of an industry, zero or more.
        share : Series or DataFrame with a column for each case, optional
            By industry: the outside input's share of output; missing = 0.
        own_elasticity : float or array with one for each case, optional
            Substitution between the outside input and the rest; default `elasticity`.

        Returns
        -------
        Series or DataFrame, as `left`
            Output over output before, by industry.

        References
        ----------
        Proportional rationing in networks: Pichler, A. and Farmer, J. D. (2021), Economic Systems Research,
        doi 10.1080/09535314.2021.1926934 (abstract read). CES in place of fixed proportions is ours.
        """
        given = left.index if share is None else left.index.append(share.index)
        unknown = given[self.industries.get_indexer(given) < 0]
        if len(unknown):
            raise InputOutputError(f"output: no industry {unknown[0]!r}; {near(unknown[0], self.industries)}")
        outside = left.reindex(self.industries).fillna(1.0).to_numpy(float).T  # a row a case
        own = np.asarray(elasticity if own_elasticity is None else own_elasticity, float)[..., None]
        if share is not None:
            weight = share.reindex(self.industries).fillna(0.0).to_numpy(float).T
            users = np.flatnonzero(np.atleast_2d(weight).any(axis=0))
            weight, rationed = weight[..., users], outside[..., users]
        inputs, makers, made = self._goods
        y = np.ones(outside.shape)
        for _ in range(1000):
            supply = np.where(made, np.clip(np.vecmat(y, makers), 0, 1), 1.0)
            new = ces_nest(inputs, supply, elasticity)
            if share is None:
                new *= outside
            else:
                new[..., users] *= ces_output(weight, rationed / np.maximum(new[..., users], 1e-300), own)
            if np.max(np.abs(new - y)) < tolerance:
                one = new.ndim == 1
                return pd.Series(new, self.industries) if one else pd.DataFrame(new.T, self.industries, left.columns)
            y = np.minimum(new, y)
        raise InputOutputError("output: no balance found in 1,000 rounds; use a larger elasticity")

    @cached_property
    def _goods(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return industries' inputs (at most 1 in sum), their shares in each commodity, and whether it is made."""
        inputs, made = np.clip(self.domestic, 0, None), self.market.sum(axis=0)
        return inputs / np.maximum(inputs.sum(axis=0), 1), self.market / np.where(made > 0, made, 1), made > 0


def _check(passthrough: float) -> None:
    if not 0 <= passthrough <= 1:
        raise InputOutputError(f"passthrough is {passthrough:g}; give a share from 0 to 1")


def _all_rounds(first: np.ndarray, next_round: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the sum of what goes through the supply chain round by round, until nothing more comes in."""
    total = added = first
    for _ in range(1000):
        added = next_round(added)
        total = total + added
        if np.abs(added).max() <= 1e-17 * np.abs(total).max():
            return total
    raise InputOutputError("prices: the rounds of suppliers never end; inputs must cost less than the output")
