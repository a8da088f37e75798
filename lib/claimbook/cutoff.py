"""A cut-off of rare earths: the loss over the elasticity of substitution, and published losses placed on that curve.

Tables and parameters in; curves, placements and industries out. Losses are a year's US gross domestic product of 2024,
billion US dollars, from the network of 2017 (`claimbook.disruption`).
"""

import numpy as np
import pandas as pd

from claimbook.disruption import implied_network_elasticities, network_cost, network_loss
from claimbook.scenarios import (
    GALLIUM,
    GERMANIUM,
    RARE_EARTH_MAGNETS,
    RARE_EARTHS,
    assumption,
    economy,
    imports_of_musd,
    market_shares,
    parameter,
    rare_earth_shares,
    us_gdp_musd,
)
from claimbook.tables import load

NETWORK = "network-elasticity"


def curve(cut: float, elasticities: np.ndarray, network: float | None = None) -> pd.DataFrame:
    """Return the loss from a cut of rare earths for each elasticity between them and everything else.

    Parameters
    ----------
    cut : float
        Share of supply gone for a year.
    elasticities : array of float
    network : float, optional
        Elasticity among the other inputs of an industry; default the central value of `model_assumptions`.

    Returns
    -------
    DataFrame
        ``elasticity``, ``loss_busd``.
    """
    between = assumption(NETWORK)["central"] if network is None else network
    io, shares = economy(2017, "dollar"), rare_earth_shares()
    lost = network_cost(io, shares, cut, np.asarray(elasticities, float), between)
    return pd.DataFrame({"elasticity": elasticities, "loss_busd": lost * us_gdp_musd() / 1e3})


def purchases() -> pd.DataFrame:
    """Return what the United States buys, million US dollars of 2024, from the world and from China."""
    goods = {
        "rare-earth magnets": RARE_EARTH_MAGNETS, "rare-earth compounds and metals": RARE_EARTHS,
        "unwrought germanium": GERMANIUM, "unwrought gallium": GALLIUM,
    }  # fmt: skip
    rows = [(name, imports_of_musd(codes), imports_of_musd(codes, "China")) for name, codes in goods.items()]
    return pd.DataFrame(rows, columns=["good", "imports_musd", "from_china_musd"])


def published() -> pd.DataFrame:
    """Return published losses in billion dollars of 2024, the cut behind each and its market.

    Returns
    -------
    DataFrame
        ``estimate``, ``loss_busd``, ``loss_low``, ``loss_high``, ``cut`` (id in `model_assumptions`), ``market``
        ("rare earths", "gallium", "germanium").
    """
    table = load("published_benchmarks").set_index("benchmark_id")
    usgs = load("usgs_disruption_estimates").set_index(["report", "commodity"])
    report = "USGS OFR 2024-1057"
    gdp = us_gdp_musd() / 1e5  # billion dollars a percent
    rows = [
        _row("ECB: near-total ban", table.loc["ecb-ree-ban"], gdp, "cut-near-total", "rare earths"),
        _row("IMF: less by four fifths", table.loc["imf-ree-80"], gdp, "cut-imf", "rare earths"),
        _row("ECB: partial restriction", table.loc["ecb-ree-18m"], gdp, "cut-partial", "rare earths"),
        _row("USGS: sum over rare earths", table.loc["usgs-ree-sum"], 1.0, "cut-rare-earths-usgs", "rare earths"),
    ]
    for metal in ("Gallium", "Germanium"):
        row = usgs.loc[(report, metal)]
        loss, low, high = (float(row[name]) / 1e3 for name in
                           ("gdp_decrease_musd", "decrease_low_musd", "decrease_high_musd"))  # fmt: skip
        rows.append((f"USGS: no {metal.lower()}", loss, low, high, f"cut-{metal.lower()}", metal.lower()))
    return pd.DataFrame(rows, columns=["estimate", "loss_busd", "loss_low", "loss_high", "cut", "market"])


def _row(name: str, row: pd.Series, unit: float, cut: str, market: str) -> tuple:
    low, high = -row["value_high"] * unit, -row["value_low"] * unit
    middle = -row["value"] * unit if not np.isnan(row["value"]) else (low + high) / 2
    return name, middle, low if not np.isnan(low) else middle, high if not np.isnan(high) else middle, cut, market


def market(name: str) -> pd.Series:
    """Return the share of output that industries spend on a market's goods, for `claimbook.disruption`."""
    if name == "rare earths":
        return rare_earth_shares()
    return market_shares(pd.Series({name: imports_of_musd({"gallium": GALLIUM, "germanium": GERMANIUM}[name])}))


def placed() -> pd.DataFrame:
    """Return `published` with the elasticity that each loss implies in the network.

    Returns
    -------
    DataFrame
        Also ``implied``, ``implied_low``, ``implied_high``: with the central, and over all ends of cut and loss;
        missing where no elasticity gives the loss. A larger cut for the same loss implies a higher elasticity.
    """
    table, gdp = published(), us_gdp_musd() / 1e3
    cuts = pd.DataFrame([assumption(cut) for cut in table["cut"]])
    shares = pd.concat([market(name) for name in table["market"]], axis=1).fillna(0.0)
    found = implied_network_elasticities(
        np.concatenate([table[loss] for loss in ("loss_busd", "loss_high", "loss_low")]) / gdp,
        economy(2017, "dollar"),
        pd.concat([shares] * 3, axis=1),
        np.concatenate([cuts[size] for size in ("central", "low", "high")]).astype(float),
    )
    table[["implied", "implied_low", "implied_high"]] = found.reshape(3, -1).T
    return table


def first_in_line(elasticity: float, cut: float) -> pd.DataFrame:
    """Return industries by what a cut of rare earths costs them, largest first.

    Returns
    -------
    DataFrame
        By BEA detail industry: ``industry`` (name), ``uses_first`` (whether it buys rare earths itself), ``loss``
        (share of its output), ``loss_busd`` (of value added, dollars of 2024).
    """
    io = economy(2017, "dollar")
    table = network_loss(io, rare_earth_shares(), cut, elasticity, assumption(NETWORK)["central"])
    names = load("bea_sectors_detail_2017").set_index("code")["name"]
    scale = us_gdp_musd() / float(io.value_added.sum()) / 1e3
    return pd.DataFrame({
        "industry": names.reindex(table.index), "uses_first": table["first"] > 0, "loss": table["loss"],
        "loss_busd": table["value_added_loss_musd"] * scale,
    })  # fmt: skip


def multiple(elasticity: float, cut: float) -> float:
    """Return the loss over a year's US market for rare earths."""
    return float(curve(cut, np.array([elasticity]))["loss_busd"].iloc[0]) / parameter("ree-market-us")
