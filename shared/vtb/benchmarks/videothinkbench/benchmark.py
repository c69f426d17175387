"""The benchmark as the registry finds it."""

from vtb.benchmarks.registry import Benchmark
from vtb.benchmarks.videothinkbench import NAME
from vtb.benchmarks.videothinkbench.tasks import tasks

BENCHMARK = Benchmark(NAME, tasks())
