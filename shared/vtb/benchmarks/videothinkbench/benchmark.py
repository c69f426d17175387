"""The benchmark as the registry finds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtb.benchmarks.registry import Benchmark
from vtb.benchmarks.videothinkbench import NAME
from vtb.tasks.task import Task


def _tasks() -> Mapping[str, Task[Any]]:
    from vtb.benchmarks.videothinkbench.tasks import tasks  # the judges' libraries

    return tasks()


BENCHMARK = Benchmark(NAME, _tasks)
