"""Speed targets as measurements: ``python -m perf [NAME ...]`` prints one JSON line a figure."""
