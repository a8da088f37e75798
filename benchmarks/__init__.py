"""Measurements: how long things take and how much memory they need. Run: `make bench`, or `python -m benchmarks`."""
