"""Speed targets as measurements: ``python -m benchmarks [NAME ...]`` prints one JSON line a figure."""
