"""The United States as an input-output economy: BEA's benchmark of 2017 in detail and the summary of 2024.

Tables of `data/models` in; `claimbook.input_output.InputOutput` and consumer spending out, million US dollars.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from claimbook.input_output import InputOutput, InputOutputError
from claimbook.tables import load

MARKUPS = ("dollar", "percent")
# BEA's core leaves out food and beverages bought for use at home, energy goods and household energy: lines of its
# table of consumer spending by type of product, as numbered in the bridges.
FOOD_AND_ENERGY = {2017: (*range(77, 104), 115, 116, 118, 119, 170, 171), 2024: (27, 28, 29, 37, 38, 58, 59)}
_EXPORTS_AND_IMPORTS = ("F040", "F050")


_read = lru_cache(maxsize=3)(load)  # tables that several functions here take parts of; nobody writes into them


def _matrix(frame: pd.DataFrame, rows: str, columns: str, values: str, index, names) -> np.ndarray:
    """Return a long table as a dense matrix; absent cells are zero."""
    matrix = np.zeros((len(index), len(names)))
    row, column = _positions(frame[rows], index), _positions(frame[columns], names)
    kept = (row >= 0) & (column >= 0)
    matrix[row[kept], column[kept]] = frame[values].fillna(0).to_numpy(float)[kept]
    return matrix


def _positions(codes: pd.Series, index: pd.Index) -> np.ndarray:
    """Return where each code stands in an index, -1 where it does not; each different code is looked up once."""
    number, different = pd.factorize(codes)
    return index.get_indexer(different)[number]


@dataclass(frozen=True, eq=False)
class _Uses:
    """What industries use, commodities by industries in million US dollars, and make: the same for all margins."""

    commodities: pd.Index
    industries: pd.Index
    domestic: np.ndarray
    imported: np.ndarray
    output: pd.Series
    requirements: pd.DataFrame

    @cached_property
    def market(self) -> np.ndarray:
        """Market shares D = R (I + B R)^-1, from BEA's requirements R = D (I - B D)^-1."""
        needs = _matrix(self.requirements, "industry", "commodity", "requirement_usd_per_usd",
                        self.industries, self.commodities)  # fmt: skip
        per_output = _per(self.domestic, self.output.to_numpy(float))
        return np.linalg.solve((np.eye(len(self.commodities)) + per_output @ needs).T, needs.T).T

    def economy(self, base: np.ndarray, **rest) -> InputOutput:
        """Return the economy with uses divided by `base`, by industry."""
        shares = [_per(use, base) for use in (self.domestic, self.imported)]
        return InputOutput(self.commodities, self.industries, *shares, self.market, output=self.output, **rest)


def _per(uses: np.ndarray, base: np.ndarray) -> np.ndarray:
    return np.where(base > 0, uses / np.where(base > 0, base, 1), 0.0)


def detail_2017(markup: str = "dollar") -> InputOutput:
    """Return the economy of 2017 in 402 commodities and 402 industries (BEA benchmark, producers' prices).

    Parameters
    ----------
    markup : {"dollar", "percent"}
        How margins answer a rise of cost. ``dollar``: a rise is passed on dollar for dollar, margins stay in dollars;
        shares of cost in output, trade margins as spending on trade. ``percent``: margins stay in percent of cost;
        shares of cost in variable cost (inputs and wages), consumer goods weighted at what shoppers pay. The two are
        the lower and the upper bound of the Budget Lab's model.

    Notes
    -----
    Value added is output less inputs. Where BEA has no variable cost (customs duties), output is taken.
    """
    _known(markup)
    sectors, uses = _read("bea_sectors_detail_2017").set_index("code"), _uses_2017()
    cost = sectors.loc[uses.industries, "variable_cost_musd"].astype(float)
    absorbed = sectors.loc[uses.commodities, ["domestic_absorption_musd", "import_absorption_musd"]].astype(float)
    return uses.economy(
        (uses.output if markup == "dollar" else cost.where(cost > 0, uses.output)).to_numpy(),
        import_share=_share(absorbed.iloc[:, 1], absorbed.sum(axis=1)),
        consumption=consumer_spending(2017, "producers" if markup == "dollar" else "purchasers"),
        parent=sectors.loc[uses.commodities, "summary_code"],
        value_added=uses.output - uses.domestic.sum(axis=0) - uses.imported.sum(axis=0),
    )


@lru_cache(maxsize=1)
def _uses_2017() -> _Uses:
    sectors, use = _read("bea_sectors_detail_2017").set_index("code"), load("bea_use_detail_2017")
    commodities, industries = sectors.index[sectors["is_commodity"]], sectors.index[sectors["is_industry"]]
    where = (commodities, industries)
    domestic, imported = (
        _matrix(use, "commodity", "industry", name, *where) for name in ("domestic_musd", "import_musd")
    )
    output = sectors.loc[industries, "output_musd"].astype(float)
    return _Uses(commodities, industries, domestic, imported, output, load("bea_requirements_detail_2017"))


def summary_2024(markup: str = "dollar") -> InputOutput:
    """Return the economy of 2024 in 73 commodities and 71 industries (BEA summary tables).

    Uses are at purchasers' prices and before redefinitions, requirements at producers' prices and after: the market
    shares take up what does not fit, so that full passthrough gives BEA's requirements exactly.

    Parameters
    ----------
    markup : {"dollar", "percent"}
        As in `detail_2017`. Consumer goods hold their trade margins in both; in ``percent`` the import share of a good
        is that of its value before margins.
    """
    _known(markup)
    use, uses = _read("bea_use_summary_2024"), _uses_2024()
    rows = use.set_index(["row_code", "column_code"])["use_musd"]
    wages = rows["V001"].reindex(uses.industries).fillna(0).to_numpy(float)
    inside = use[use["row_code"].isin(uses.commodities) & ~use["column_code"].isin(_EXPORTS_AND_IMPORTS)]
    inside = inside[~inside["column_code"].str.startswith("T0")].groupby("row_code")[["use_musd", "import_musd"]].sum()
    inside = inside.reindex(uses.commodities).fillna(0).astype(float)
    share = _share(inside["import_musd"], inside["use_musd"])
    if markup == "percent":
        share = (share * _margin_2024().reindex(uses.commodities).fillna(1.0)).clip(upper=1.0)
    inputs = (uses.domestic + uses.imported).sum(axis=0)
    return uses.economy(
        uses.output.to_numpy() if markup == "dollar" else inputs + wages,
        import_share=share,
        consumption=rows[:, "F010"].reindex(uses.commodities).fillna(0).astype(float),
        parent=pd.Series(uses.commodities, uses.commodities),
        value_added=rows["VAPRO"].reindex(uses.industries).fillna(0).astype(float),
    )


@lru_cache(maxsize=1)
def _uses_2024() -> _Uses:
    sectors, use = load("bea_sectors_summary_2024").set_index("code"), _read("bea_use_summary_2024")
    commodities = sectors.index[sectors["kind"].str.contains("commodity")]
    industries = sectors.index[sectors["kind"].str.contains("industry")]
    total, imported = (
        _matrix(use, "row_code", "column_code", name, commodities, industries) for name in ("use_musd", "import_musd")
    )
    output = use[use["row_code"] == "T018"].set_index("column_code")["use_musd"]
    output = output.reindex(industries).fillna(0).astype(float)
    return _Uses(commodities, industries, total - imported, imported, output, load("bea_requirements_summary_2024"))


def _known(markup: str) -> None:
    if markup not in MARKUPS:
        raise InputOutputError(f"markup is {markup!r}; choose {' or '.join(MARKUPS)}")


def _share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return part over whole, zero where the whole is not positive (used goods, whose sales are negative)."""
    return (part / whole.where(whole > 0)).clip(0, 1).fillna(0.0)


def _margin_2024() -> pd.Series:
    """Return what shoppers pay over what producers get, by commodity of 2024."""
    bridge = _read("pce_bridge")
    sums = bridge[bridge["year"] == 2024].groupby("commodity")[["producers_value_musd", "purchasers_value_musd"]].sum()
    goods = sums[(sums["producers_value_musd"] > 0) & (sums["purchasers_value_musd"] > 0)].astype(float)
    return goods["purchasers_value_musd"] / goods["producers_value_musd"]


def consumer_spending(year: int = 2017, prices: str = "producers", leave_out: Iterable[int] = ()) -> pd.Series:
    """Return consumer spending by commodity from BEA's bridge.

    Parameters
    ----------
    year : {2017, 2024}
        2017 in detail commodities, 2024 in summary commodities.
    prices : {"producers", "purchasers"}
        ``producers``: goods without trade and transport margins; the margins of 2017 go to trade and transport
        commodities in proportion to all consumer spending on them. ``purchasers``: goods at what shoppers pay.
    leave_out : iterable of int
        Lines of BEA's table of consumer spending, such as ``FOOD_AND_ENERGY[2017]`` for core prices.

    Returns
    -------
    Series
        Million US dollars.
    """
    bridge = _read("pce_bridge")
    bridge = bridge[bridge["year"] == year]
    if bridge.empty:
        raise InputOutputError(f"pce_bridge: no year {year}; take 2017 or 2024")
    if prices not in ("producers", "purchasers"):
        raise InputOutputError(f"prices is {prices!r}; choose producers or purchasers")
    kept = bridge[~bridge["nipa_line"].isin(list(leave_out))]
    spending = kept.groupby("commodity")[f"{prices}_value_musd"].sum().astype(float)
    if prices == "producers" and year == 2017:
        whole = _read("bea_sectors_detail_2017").set_index("code")["pce_musd"].dropna().astype(float)
        goods = bridge.groupby("commodity")["producers_value_musd"].sum().astype(float)
        trade = whole - goods.reindex(whole.index).fillna(0)
        margin = float((kept["purchasers_value_musd"] - kept["producers_value_musd"]).sum())
        spending = spending.reindex(whole.index).fillna(0) + trade * margin / trade.sum()
    return spending
