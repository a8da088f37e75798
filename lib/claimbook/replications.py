"""Published results against ours, row by row of `published_benchmarks`: value, relative error, why they differ.

Every row of the table has a row here: reproduced, tried on other data, or not possible with the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from claimbook import us_imports
from claimbook.dependency import partner_share
from claimbook.disruption import implied_network_elasticity, network_cost
from claimbook.errors import ClaimbookError
from claimbook.gsim import Gsim, gsim
from claimbook.outcome_2025 import chapter_check, total_change
from claimbook.scenarios import (
    GALLIUM,
    GERMANIUM,
    assumption,
    consumer_effects,
    economy,
    import_price_rise,
    imports_of_musd,
    market_shares,
    parameter,
    rare_earth_shares,
    us_gdp_musd,
)
from claimbook.tables import load
from claimbook.tariffs import aggregate_price_rule
from claimbook.threat import april_coverage, elasticity
from claimbook.us_economy import FOOD_AND_ENERGY, consumer_spending
from claimbook.us_trade import imports_2024

# inside theirs: our value in a published range; inside ours: the published value in ours, however wide; off: neither
UNGRADED = ("fitted", "not possible", "nothing published")
STATUSES = ("reproduced", "inside theirs", "inside ours", "off", *UNGRADED)
USGS_SUM = (
    "the USGS loss is far smaller at such a cut: the two disagree on the elasticity; also our sum of single scenarios"
)
LATER = "the lab's later parameters"
LISTS = "our list of users, the paper's was not read"


class ReplicationError(ClaimbookError):
    """A published result without a replication, or one whose inputs are missing."""


@dataclass(frozen=True)
class Ours:
    """Our value for a published one, or none, with what makes the difference."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    status: str = ""


# --- prices --------------------------------------------------------------------------------------------------


def _prices(rise: pd.Series, core: bool, reason: str, sign: int = 1) -> Ours:
    effects = consumer_effects(rise, core)
    value = sign * float(np.mean([effects["2017 dollar"], effects["2024 dollar"]]))
    low, high = sorted([sign * min(effects.values()), sign * max(effects.values())])
    return Ours(value, low, high, reason)


MARGINS = (
    "mean of the tables of 2017 and 2024 with margins in dollars; the range runs to margins in percent of cost, which "
    "is the upper bound"
)


def _boston_60_10() -> Ours:
    return _prices(import_price_rise({"China": 0.6}, others=0.1), True, MARGINS)


def _boston_25_25_10() -> Ours:
    rise = import_price_rise({"Canada": 0.25, "Mexico": 0.25, "China": 0.1})
    return _prices(rise, True, f"{MARGINS}; no goods free under the agreement with Canada and Mexico are left out")


def _boston_share() -> Ours:
    contents = []
    for year, prices in ((2017, "producers"), (2024, "purchasers")):
        core = consumer_spending(year, prices, FOOD_AND_ENERGY[year])
        contents.append(100 * economy(year, "dollar").consumer_price(1.0, consumption=core))
    return Ours(float(np.mean(contents)), min(contents), max(contents), "services included, as in the published figure")


def _feds_20() -> Ours:
    reason = "costs are passed on mechanically; the published model adds monetary policy and mark-ups"
    return _prices(import_price_rise({"China": 0.2}), False, f"{reason}; {MARGINS}")


def _rule(rate: str | None, rise: float | None = None, reason: str = "") -> Callable[[], Ours]:
    def run() -> Ours:
        points = parameter(rate) - parameter("bl-rate-start") if rate else rise
        value = aggregate_price_rule(
            points if points is not None else parameter("bl-rise-2025-09-03"),
            goods_share=parameter("bl-goods-share"),
            import_share=parameter("bl-import-share"),
            passthrough=parameter("bl-passthrough"),
            exchange_rate_offset=parameter("bl-usd-offset"),
        )
        return Ours(value, reason=reason or "the lab's formula and parameters; published to one decimal")

    return run


def _points_on_china(rate: float) -> tuple[float, float]:
    """Return what a tariff on China adds to the average: on all goods, and with the electronics of April 2025 exempt.

    Percentage points, trade of 2024.
    """
    trade = imports_2024()
    china, total = trade.xs("China").sum(), float(trade["imports_usd"].sum())
    return tuple(
        100 * rate * float(hit) / total for hit in (china["imports_usd"], china["imports_usd"] - china["exempt_usd"])
    )


def _china_115() -> Ours:
    full, without = (-points for points in _points_on_china(1.15))
    reason = (
        "with the electronics of April 2025 exempt; the range runs from no exemption to the coverage that the Trade "
        "War Tracker's averages imply. Copper, drugs, lumber, energy and goods under Section 232 were exempt too and "
        "are not listed in the held data"
    )
    return Ours(without, full, april_coverage() * full, reason)


def _china_115_price() -> Ours:
    rise = import_price_rise({"China": 1.15}, exempt=True)
    reason = (
        f"electronics of April 2025 exempt; {MARGINS}. The lab used other parameters then, and its two updates differ "
        "in more than China: that the figures are close is partly luck"
    )
    return _prices(rise, False, reason, sign=-1)


THREAT = "all goods of China, trade of 2024; low end with the electronics of April 2025 exempt"


def _threat() -> Ours:
    full, low = _points_on_china(1.0)
    return Ours(full, low, full, THREAT, "nothing published")


def _threat_price() -> Ours:
    full = _prices(import_price_rise({"China": 1.0}), False, "")
    low = _prices(import_price_rise({"China": 1.0}, exempt=True), False, "")
    return Ours(full.value, low.low, full.high, f"{THREAT}; {MARGINS}", "nothing published")


# --- trade ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def gsim_case() -> Gsim:
    """Return the solved four-region example."""
    flows, regions = load("gsim_case_flows"), load("gsim_case_regions").set_index("region")
    wide = {
        name: flows.pivot(index="exporter", columns="importer", values=name)
        for name in ("trade_value", "tariff_power_before", "tariff_power_after")
    }
    return gsim(
        *wide.values(),
        import_demand=regions["import_demand_elasticity"],
        export_supply=regions["export_supply_elasticity"],
        substitution=regions["substitution_elasticity"],
    )


def _gsim(region: str) -> Callable[[], Ours]:
    return lambda: Ours(float(gsim_case().price[region]), reason="published to four digits")


def _china_over(share: float, at_least: bool = False) -> Callable[[], Ours]:
    def run() -> Ours:
        count = int(partner_share(us_imports.profile(), share, at_least=at_least)["majority"].sum())
        return Ours(count, reason="2024 in place of 2015, another edition of the codes, and fifty partners: shares are "
                                  "upper bounds")  # fmt: skip

    return run


def _protee() -> Ours:
    known = load("product_elasticities")["trade_elasticity"]
    reason = "the file now published is a later vintage than the text of 2019; both are the authors'"
    return Ours(float(known.median()), reason=reason)


def _outcome() -> Ours:
    runs = ("first year", "decade", "by product")
    found = {name: 100 * total_change(chapter_check(elasticity(name)), "predicted") for name in runs}
    reason = (
        "the model with the average rates of 2025 and the elasticity of a decade, against 2024; the range runs from "
        "that of the first year to those by product. The actual figure is against the mean of 2022 to 2024"
    )
    return Ours(found["decade"], min(found.values()), max(found.values()), reason)


# --- disruption ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def imf_elasticity() -> float:
    """Return the elasticity at which the network gives the IMF's loss from the IMF's cut."""
    loss = -_published("imf-ree-80")["value"] / 100
    return implied_network_elasticity(
        loss, economy(2017, "dollar"), rare_earth_shares(), assumption("cut-imf")["central"]
    )


def _published(name: str) -> pd.Series:
    return load("published_benchmarks").set_index("benchmark_id").loc[name]


FITTED = "the network with the elasticity that gives the IMF's loss"


def _at_imf_elasticity(shares: pd.Series, cut: str) -> np.ndarray:
    """Return losses as shares of gross domestic product for the central, low and high size of a cut."""
    sizes = assumption(cut)[["central", "low", "high"]].to_numpy(float)
    return network_cost(economy(2017, "dollar"), shares, sizes, imf_elasticity())


def _rare_earths(cut: str, in_usd: bool = False, reason: str = "") -> Callable[[], Ours]:
    def run() -> Ours:
        row, unit = assumption(cut), us_gdp_musd() / 1e3 if in_usd else 100.0
        values = -unit * _at_imf_elasticity(rare_earth_shares(), cut)
        sizes = f"cut of {row['low']:.0%} to {row['high']:.0%} ({row['basis']})"
        return Ours(values[0], min(values), max(values), f"{FITTED}, {sizes}; {reason or LISTS}")

    return run


def _imf() -> Ours:
    value = -100 * _at_imf_elasticity(rare_earth_shares(), "cut-imf")[0]
    return Ours(
        value, reason=f"not reproduced: it sets the elasticity that the rows on minerals use; {LISTS}", status="fitted"
    )


def _gallium_and_germanium() -> Ours:
    totals = np.zeros(3)
    for metal, codes in (("gallium", GALLIUM), ("germanium", GERMANIUM)):
        shares = market_shares(pd.Series({metal: imports_of_musd(codes)}))
        totals -= _at_imf_elasticity(shares, f"cut-{metal}") * us_gdp_musd() / 1e3
    reason = (
        "rare earths do not set the elasticity of other metals; imports of unwrought metal of 2024 as the market, cuts "
        "our assumption; the report's elasticities and uses were not read"
    )
    return Ours(totals[0], min(totals), max(totals), f"{FITTED}; {reason}")


def _goldman() -> Ours:
    uses = rare_earth_shares().index
    output = economy(2017, "dollar").output.reindex(uses).sum() / 1e3
    return Ours(-0.1 * float(output), reason=f"a tenth of the output of 2017 of {len(uses)} industries; {LISTS}")


def _no(reason: str) -> Callable[[], Ours]:
    return lambda: Ours(reason=reason, status="not possible")


_RUNS: dict[str, Callable[[], Ours]] = {
    "boston-25-25-10": _boston_25_25_10,
    "boston-60-10": _boston_60_10,
    "boston-import-share": _boston_share,
    "ecb-ree-18m": _rare_earths("cut-partial"),
    "ecb-ree-ban": _rare_earths("cut-near-total"),
    "fajgelbaum-net": _no("needs the study's monthly trade by product and its estimated supply curves"),
    "feds-20": _feds_20,
    "geodep-china": _no("counts China's own dependencies; needs world trade by product, which is not held"),
    "gs-ree-10": _goldman,
    **{f"gsim-4x4-{region.lower()}": _gsim(region) for region in ("US", "JP", "EU", "RW")},
    "hjs-414": _no("needs world exports by product, which are not held"),
    "imf-ree-80": _imf,
    "piie-825": _china_over(0.5),
    "piie-83": _china_over(0.9, at_least=True),
    "protee-median": _protee,
    "tbl-apr15-price": _rule("bl-rate-2025-04-15", reason=f"{LATER}; those of April 2025 were not found"),
    "tbl-china-115": _china_115,
    "tbl-china-115-price": _china_115_price,
    "tbl-oct17-price": _rule("bl-rate-2025-10-17"),
    "tbl-oct30-price": _rule("bl-rate-2025-10-30"),
    "tbl-sep3-price": _rule(None, reason=f"{LATER}; it changed them between September and October 2025"),
    "threat-100": _threat,
    "threat-100-price": _threat_price,
    "us-china-2025": _outcome,
    "usgs-ga-ge": _gallium_and_germanium,
    "usgs-ree-sum": _rare_earths("cut-rare-earths-usgs", True, USGS_SUM),
    "usgs-sm": _no("no size of the US market for samarium is held, and the report's elasticities were not read"),
}  # fmt: skip


def relative_error(ours: float, value: float, low: float, high: float) -> float:
    """Return (ours - published) / |published|; for a published range 0 inside, else from its nearer end."""
    if not np.isnan(value):
        return (ours - value) / abs(value)
    nearest = min(max(ours, low), high)
    return (ours - nearest) / abs(nearest)


def replications(within: float = 0.05) -> pd.DataFrame:
    """Return every row of `published_benchmarks` with our value.

    Parameters
    ----------
    within : float
        Relative error up to which a value counts as reproduced.

    Returns
    -------
    DataFrame
        Columns ``benchmark_id``, ``method``, ``scenario``, ``quantity``, ``unit``, ``published``, ``published_low``,
        ``published_high``, ``ours``, ``ours_low``, ``ours_high``, ``relative_error``, ``status`` (one of `STATUSES`),
        ``reason``, ``source``.

    Raises
    ------
    ReplicationError
        If the table holds a result that has no replication here, or the other way round.
    """
    table = load("published_benchmarks")
    if odd := sorted(set(table["benchmark_id"]) ^ set(_RUNS)):
        raise ReplicationError(
            f"published_benchmarks and replications differ in {', '.join(odd)}; add the missing side"
        )
    rows = []
    for row in table.itertuples():
        ours = _RUNS[row.benchmark_id]()
        error = np.nan
        if ours.value is not None and not (np.isnan(row.value) and np.isnan(row.value_low)):
            error = relative_error(ours.value, row.value, row.value_low, row.value_high)
        rows.append((ours.value, ours.low, ours.high, error, ours.status, ours.reason))
    ours = pd.DataFrame(rows, columns=["ours", "ours_low", "ours_high", "relative_error", "status", "reason"])
    kept = table.drop(columns=["held", "reason", "published"]).rename(
        columns={"value": "published", "value_low": "published_low", "value_high": "published_high"}
    )
    return graded(pd.concat([kept, ours.astype(dict.fromkeys(ours.columns[:4], float))], axis=1), within)


def graded(results: pd.DataFrame, within: float) -> pd.DataFrame:
    """Return the table of `replications` with the statuses that another `within` gives."""
    return results.assign(status=[_status(row, within) for row in results.itertuples()])


def _status(row, within: float) -> str:
    if row.status in UNGRADED:
        return row.status
    if not np.isnan(row.published) and abs(row.relative_error) <= within:
        return "reproduced"
    if row.published_low <= row.ours <= row.published_high:
        return "inside theirs"
    known = [x for x in (row.published, row.published_low, row.published_high) if not np.isnan(x)]
    inside = known and all(row.ours_low <= x <= row.ours_high for x in known)
    return "inside ours" if inside else "off"
