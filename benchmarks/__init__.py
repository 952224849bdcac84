"""Measurements, run by `python -m benchmarks`: see docs/performance.md."""
