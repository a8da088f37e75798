"""Builders of the tables in `data/trade`: US trade, China's exports of rare earths, soybeans, codes.

In: files of the US Census Bureau, UN Comtrade, CEPII and the Harmonized System list. Out: `BUILDERS`.
"""

from claimbook.refresh.trade_codes import BACI_COUNTRY_CODES, HS_CODES
from claimbook.refresh.trade_comtrade import (
    CHINA_RARE_EARTH_EXPORTS,
    SOYBEAN_EXPORTS_TO_CHINA,
    US_IMPORTS_FROM_CHINA_2025,
)
from claimbook.refresh.trade_exports import (
    PHASE_ONE_EXPORTS,
    PHASE_ONE_PRODUCT_MAP,
    US_CHINA_GOODS_TRADE,
    US_CHINA_GOODS_TRADE_MONTH,
)
from claimbook.refresh.trade_imports import (
    HS10_DESCRIPTIONS,
    US_DUTIES_BY_PARTNER_MONTH,
    US_IMPORTS_2024,
    US_IMPORTS_BY_INDUSTRY_MONTH,
)

BUILDERS = (
    US_IMPORTS_2024,
    HS10_DESCRIPTIONS,
    US_DUTIES_BY_PARTNER_MONTH,
    US_IMPORTS_BY_INDUSTRY_MONTH,
    US_CHINA_GOODS_TRADE_MONTH,
    US_CHINA_GOODS_TRADE,
    PHASE_ONE_PRODUCT_MAP,  # before the exports, which are read with it
    PHASE_ONE_EXPORTS,
    CHINA_RARE_EARTH_EXPORTS,
    SOYBEAN_EXPORTS_TO_CHINA,
    US_IMPORTS_FROM_CHINA_2025,
    HS_CODES,
    BACI_COUNTRY_CODES,
)
