"""The benchmark as the registry finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.common.means import by_sizes
from vtb.benchmarks.four_d_bench import NAME, SIZES, VIEWS
from vtb.benchmarks.four_d_bench.published import PUBLISHED, SOURCE
from vtb.benchmarks.registry import Asking, Benchmark, PublishedTable, Verdict
from vtb.tasks.task import Task

READING = "our strict reading of an answer"
COLUMNS = ("overall", "macro", *SIZES)


def tasks() -> Mapping[str, Task[Any]]:
    """One for each category."""
    from vtb.benchmarks.four_d_bench.task import FourDTask

    return {name: FourDTask(name) for name in SIZES}


def read(path: Path) -> Sequence[Asking]:
    """Its questions."""
    from vtb.benchmarks.four_d_bench.questions import read_published

    return read_published(path)


def files(verdicts: Sequence[Verdict]) -> Mapping[str, bytes]:
    """Its result file, as the released scripts write it."""
    from vtb.benchmarks.four_d_bench.results import FILE, result_file

    return {FILE: result_file(verdicts)}


def summarise(scores: Mapping[str, float]) -> dict[str, float]:
    """The categories that are there, and where all are, their means: by the numbers of questions, and plain."""
    return by_sizes(scores, SIZES, "overall")


TABLE = PublishedTable(NAME, SOURCE, COLUMNS, PUBLISHED, sum(SIZES.values()), summarise, READING)
BENCHMARK = Benchmark(NAME, tasks, TABLE, read, views=VIEWS, files=files)
