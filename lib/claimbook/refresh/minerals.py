"""Builders of the tables in `data/minerals`: USGS, IEA, and rare earths over time.

In: files of the US Geological Survey and the International Energy Agency. Out: `BUILDERS`.
"""

from claimbook.refresh.minerals_iea import IEA_SUPPLY
from claimbook.refresh.minerals_ree import REE_SHARES, USGS_PRICES
from claimbook.refresh.minerals_usgs_critical import (
    CRITICAL_MINERAL_SUPPLY,
    CRITICAL_MINERALS,
    EXPORT_CONTROLS_USGS,
    TRADE_AGREEMENTS_USGS,
    US_IMPORT_SOURCES,
)
from claimbook.refresh.minerals_usgs_reliance import US_IMPORT_RELIANCE
from claimbook.refresh.minerals_usgs_world import MINERAL_PRODUCTION

BUILDERS = (
    MINERAL_PRODUCTION,
    US_IMPORT_RELIANCE,
    US_IMPORT_SOURCES,
    CRITICAL_MINERALS,
    CRITICAL_MINERAL_SUPPLY,
    EXPORT_CONTROLS_USGS,
    TRADE_AGREEMENTS_USGS,
    USGS_PRICES,
    IEA_SUPPLY,
    REE_SHARES,
)
