"""Questions about how things move that are made here (``vtb-gen-dynamic``), of the types of DSR-Bench."""

from __future__ import annotations

from vtb.benchmarks.dsr_bench.benchmark import tasks
from vtb.benchmarks.registry import Benchmark

NAME = "vtb-dynamic"  # the source of their examples
CUT = "-cut"  # ends the name of a video that stops where predictions ask
BENCHMARK = Benchmark(NAME, tasks)
