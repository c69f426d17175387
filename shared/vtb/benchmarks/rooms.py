"""Rooms rendered here (``vtb-gen-rooms``), asked about as VSI-Bench asks."""

from __future__ import annotations

from vtb.benchmarks.registry import Benchmark
from vtb.benchmarks.vsi_bench.benchmark import COLUMN_OF, TABLE, TASKS

NAME = "vtb-rooms"  # the source of their examples
BENCHMARK = Benchmark(NAME, lambda: {name: TASKS[name] for name in COLUMN_OF}, TABLE)
