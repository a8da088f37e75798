"""Pictures of markets for minerals: marks on the axes of a house chart.

In: frames of `claimbook.minerals`. Out: dots, bands and their names on the axes given.
"""

from collections.abc import Iterable

import pandas as pd

from claimbook import charts
from claimbook.concentration import HIGHLY_CONCENTRATED_HHI

QUARTERS = ([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100%"])
NOT_NAMED = -9.0  # where on the axis of shares the commodities stand for which no share is printed


def shares_of_two(ax, china: pd.DataFrame, america: pd.DataFrame) -> None:
    """Draw the shares of China and the United States by year, as bands between the sources that measure them.

    Parameters
    ----------
    china, america : DataFrame
        Index year, one column of percent a source.
    """
    charts.measured_by(ax, china, charts.CHINA)
    charts.measured_by(ax, america, charts.UNITED_STATES)
    ax.annotate("China", (2000.5, 82), color=charts.CHINA, fontweight="bold")
    ax.annotate("United States", (2002.5, 6), color=charts.UNITED_STATES, fontweight="bold")
    charts.mark(ax, 2010.5, "July 2010: export\nquota cut", y=0.5)
    ax.set_ylim(0, 103)
    ax.set_yticks(*QUARTERS)


def concentration(ax, markets: pd.DataFrame, named: Iterable[str], strong: Iterable[str] = ()) -> None:
    """Draw one dot a market: its index of concentration against China's share, red where China leads.

    A vertical line spans the index where holders are lumped together, a horizontal one the share that China can have
    among them where it is not named.

    Parameters
    ----------
    markets : DataFrame
        From `minerals.concentrated`.
    named, strong : iterable of str
        Products whose name stands beside the dot, and those of them in bold.
    """
    lead = markets["leader"].eq("China").map({True: charts.CHINA, False: charts.REST})
    middle = (markets["hhi_low"] + markets["hhi_high"]) / 2
    unnamed = markets[markets["share_pct"] == 0]
    ax.vlines(markets["share_pct"], markets["hhi_low"], markets["hhi_high"], color=lead, linewidth=2, alpha=0.6)
    ax.hlines(middle[unnamed.index], 0, unnamed["lumped_share_pct"], color=charts.REST, linewidth=1.5)
    ax.scatter(markets["share_pct"], middle, c=list(lead), s=36, edgecolors="white", linewidths=0.5, zorder=3)
    charts.name_points(ax, markets["share_pct"], middle, markets["product"], named, strong, gap=420)
    charts.mark(ax, HIGHLY_CONCENTRATED_HHI, "highly concentrated above", along="y", side="left")
    ax.text(88, 6050, "China leads", color=charts.CHINA, fontweight="bold")
    ax.text(14, 4350, "others lead", color=charts.SOFT_INK, fontweight="bold")
    ax.set(xlabel="China's share of world output", ylabel="", ylim=(0, 10300), xlim=(-2, 112))
    ax.set_xticks(*QUARTERS)
    ax.set_yticks([0, 2500, 5000, 7500, 10000], ["0", "2,500", "5,000", "7,500", "index\n10,000"])


def exposure(ax, exposed: pd.DataFrame, corner: pd.DataFrame, named: Iterable[str]) -> None:
    """Draw one dot a commodity: China's share of US imports against net import reliance, a line where that is a bound.

    Parameters
    ----------
    exposed : DataFrame
        From `minerals.exposure`, with a column name.
    corner : DataFrame
        The rows of it that are marked.
    named : iterable of str
        Names shown beside the dot, besides those of `corner`.
    """
    ink = pd.Series(charts.REST, exposed.index).mask(exposed.index.isin(corner.index), charts.CHINA)
    level = exposed["share_pct"].fillna(NOT_NAMED)
    ax.fill_between([50, 103], 50, 103, color=charts.CHINA, alpha=0.07, linewidth=0)
    ax.hlines(level, exposed["reliance_low_pct"], exposed["reliance_high_pct"], color=ink, alpha=0.45)
    ax.scatter(exposed["middle_pct"], level, c=ink, s=36, edgecolors="white", linewidths=0.5, zorder=3)
    charts.name_points(ax, exposed["middle_pct"], level, exposed["name"], [*corner["name"], *named],
                       strong=["Rare earths"], side="left", gap=5.2)  # fmt: skip
    ax.set(xlabel="net imports as a share of US consumption", ylabel="", xlim=(0, 104), ylim=(-14, 104))
    ax.set_xticks(*QUARTERS)
    ax.set_yticks([NOT_NAMED, *QUARTERS[0]], ["China not\nnamed", *QUARTERS[1]])
