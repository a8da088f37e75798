"""How long the tariff models take: median milliseconds in a warm process, tables loaded before the clock starts.

Run: `python -m benchmarks.tariffs`. Exit code 1 if a model takes longer than its bar.
"""

import statistics
import sys
import time
from collections.abc import Callable

from claimbook import scenarios
from claimbook.disruption import network_loss
from claimbook.replications import gsim_case
from claimbook.tariffs import armington
from claimbook.us_economy import detail_2017
from claimbook.us_trade import imports_2024, product_elasticities

BAR_MS = 1000
RUNS = 5


def milliseconds(run: Callable[[], object]) -> float:
    """Return the median time of a few runs."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def cases() -> dict[str, Callable[[], object]]:
    """Return what is measured, by name."""
    rise, io = scenarios.import_price_rise({"China": 1.0}), detail_2017()
    products = imports_2024("hs6")
    elasticity = product_elasticities(products.index.get_level_values("sector").unique())["elasticity"]
    shares = scenarios.rare_earth_shares()

    def factorise_and_solve():
        io._factors.clear()
        return io.consumer_price(rise)

    def solve_again():
        return io.consumer_price(rise)

    def all_products():
        return armington(products["imports_usd"], {"China": 1.0}, base=products["rate"], elasticity=elasticity)

    def four_regions():
        gsim_case.cache_clear()
        return gsim_case()

    return {
        "build the 402-sector economy from its tables": detail_2017,
        "consumer prices, 402 sectors, factorised anew": factorise_and_solve,
        "consumer prices, 402 sectors, factors reused": solve_again,
        "Armington response, all six-digit products and partners": all_products,
        "GSIM, four regions, tables loaded": four_regions,
        "supply cut through the 402-sector network": lambda: network_loss(io, shares, 0.8, 0.2),
    }


def main() -> int:
    """Print one line a model."""
    times = {name: milliseconds(run) for name, run in cases().items()}
    for name, took in times.items():
        print(f"{took:8.1f} ms  {name}")
    return int(max(times.values()) > BAR_MS)


if __name__ == "__main__":
    sys.exit(main())
