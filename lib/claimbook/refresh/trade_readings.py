"""US goods exports to China as read in public copies of the Census Bureau's page for China, for months and years that
the raw folder lacks: the official workbook (`census.COUNTRY_WORKBOOK`) holds them all and is read instead by a refresh.

In: nothing. Out: constants, million US dollars, f.a.s. value, not seasonally adjusted.
"""

PAGE = "https://www.census.gov/foreign-trade/balance/c5700.html"

# Copy of the page of 2025-05-23: mizydorczyk/relationship-between-trade-and-the-exchange-rate on GitHub, commit
# a3807b5, assets/usa-china-trade-data.csv. Imports of the same rows equal FRED's IMPCH to the rounding.
MONTHS_2014_2019 = {
    2014: (10264.5, 9750.7, 10934.3, 9031.9, 9220.2, 9330.2, 9291.8, 9625.2, 9314.0, 12593.3, 12125.9, 12175.2),
    2015: (9459.2, 8754.6, 9886.5, 9279.9, 8749.8, 9615.8, 9505.2, 9183.5, 9419.4, 11324.9, 10603.6, 10091.1),
    2016: (8208.9, 8080.5, 8925.6, 8679.7, 8542.0, 8845.6, 9129.7, 9372.9, 9521.2, 12600.0, 12044.1, 11644.8),
    2017: (9955.5, 9739.8, 9720.2, 9806.5, 9880.0, 9718.2, 9954.1, 10825.5, 10896.0, 12963.2, 12908.4, 13629.9),
    2018: (9909.5, 9743.1, 12653.0, 10509.6, 10397.8, 10855.7, 10152.0, 9278.1, 9733.1, 9188.7, 8650.5, 9210.2),
    2019: (7105.4, 8083.6, 10574.3, 7900.4, 9070.7, 9168.5, 8700.8, 9413.5, 8604.8, 8854.9, 10103.2, 8901.2),
}  # fmt: skip

# Copy of the page of 2026-02-17: weiqi-kids/agent.cross-border-trade on GitHub, commit 5171074,
# docs/Extractor/us_trade_census/trade_balance/us-balance-5700-2026.md. Imports equal FRED's IMPCH to the rounding.
MONTHS_2024_2025 = {
    2024: (12067.7, 12062.2, 12653.5, 11552.4, 11323.7, 11376.6, 10769.8, 11966.9, 11187.1, 13368.4, 12603.1, 12295.2),
    2025: (9901.3, 10461.6, 11458.2, 8193.1, 6553.3, 9443.6, 9298.4, 8271.9, 8380.2, 8950.5, 7008.4),
}  # fmt: skip

# Years whose months were not found: value, basis, address of the page it was read on.
_CPA = "https://prosperousamerica.org/?p=27204"
YEARS = {
    2020: (124500.0, "reported", "https://www.euobiz.com/trends/us-3rd-largest-export-market/"),  # quoting USTR
    2021: (151430.0, "reported", _CPA),
    2022: (154010.0, "reported", _CPA),
    2023: (147800.0, "reported", _CPA),
}
# The goods deficit with China of 2025 in the press on the Census Bureau's release of 2026-02-19; exports are derived.
DEFICITS = {
    2025: (202100.0, "https://whistlebuzz.com/despite-president-trumps-tariffs-the-u-s-trade-deficit-totaled-901-billion-in-2025"),
}  # fmt: skip
