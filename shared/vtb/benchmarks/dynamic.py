"""Questions about how things move that are made here (``vtb-gen-dynamic``), of the types of DSR-Bench."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtb.benchmarks.registry import Benchmark
from vtb.tasks.task import Task

NAME = "vtb-dynamic"  # the source of their examples
CUT = "-cut"  # ends the name of a video that stops where predictions ask


def tasks() -> Mapping[str, Task[Any]]:
    """One for each type."""
    from vtb.benchmarks.dsr_bench import SIZES
    from vtb.benchmarks.dsr_bench.task import DsrTask

    return {name: DsrTask(name) for name in SIZES}


BENCHMARK = Benchmark(NAME, tasks)
