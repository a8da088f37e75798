"""How long `claimbook.tables.load` takes for each table: median milliseconds of five loads in a warm process.

Run: `python benchmarks/load_tables.py`. Exit code 1 if a table takes longer than the bar.
"""

import statistics
import sys
import time

from claimbook import tables

BAR_MS = 100
LOADS = 5


def milliseconds(name: str) -> float:
    """Return the median time of one load, hashing and all checks included."""
    times = []
    for _ in range(LOADS):
        start = time.perf_counter()
        tables.load(name)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main() -> int:
    """Print one line a table, slowest first, then the whole check of the package."""
    catalogue = tables.catalogue()
    catalogue["ms"] = [milliseconds(name) for name in catalogue["name"]]
    for row in catalogue.sort_values("ms", ascending=False).itertuples():
        print(f"{row.ms:7.1f} ms  {row.rows:>9,} rows  {row.name}")
    start = time.perf_counter()
    faults = tables.validate()
    print(f"{(time.perf_counter() - start) * 1000:7.1f} ms  validate(): {len(catalogue)} tables, {len(faults)} faults")
    return int(catalogue["ms"].max() > BAR_MS)


if __name__ == "__main__":
    sys.exit(main())
