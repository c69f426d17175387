"""The published benchmarks: modules beside this one, or ``benchmark.py`` in a folder, that have a ``BENCHMARK``.

Packages add theirs by the entry-point group ``vtb.benchmarks``.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vtb.errors import BadInput
from vtb.plug_ins import plug_ins
from vtb.tasks.example import Example
from vtb.tasks.task import Task

GROUP = "vtb.benchmarks"
COMMON = "common"  # the folder beside them with what several share


Shows = Literal["videos", "pictures", "own pictures"]


@dataclass(frozen=True)
class ShownPicture:
    """A picture that a question shows.

    Attributes:
        name: its path below the benchmark's folder of pictures or in their archive; of one in the file of the questions
            itself, what messages call it.
        data: its bytes, where the file of the questions has them.
    """

    name: str
    data: bytes | None = None


@dataclass(frozen=True)
class Views:
    """Videos of one thing from several sides, all of which a question about it shows.

    Attributes:
        names: of the files (``NAME.mp4``) in the folder of the thing, in the order in which they are shown.
        frames: how many are shown of each, as ``vtb.media.frames.strided_places`` has them.
    """

    names: tuple[str, ...]
    frames: int


@dataclass(frozen=True)
class Asking:
    """A question of a published file.

    Attributes:
        example: the question, still without media.
        video: the name of the video that it shows, or of the folder of its views; empty where it shows none.
        pictures: those that it shows, in their order.
    """

    example: Example
    video: str = ""
    pictures: tuple[ShownPicture, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One judged answer in words.

    Attributes:
        key: of the example.
        details: the measurements of its score; None where there is no answer.
    """

    key: str
    details: Mapping[str, Any] | None


@dataclass(frozen=True)
class LeftOut:
    """A row of a published file that nobody can be asked or judged by.

    Attributes:
        where: the file and the row.
        why: in a few words that can be counted.
    """

    where: str
    why: str


@dataclass(frozen=True)
class PublishedTable:
    """Published figures, and how this run's are summed up beside them.

    Attributes:
        of: the benchmark whose figures they are.
        source: paper and table.
        columns: names of the figures, the overall one first.
        rows: figures in per cent by model and column.
        questions: how many questions are behind them.
        summarise: figures by column, 0 to 1, from the mean score of each task: weighted means, with the same weights
            for any scores; columns whose tasks lack are left out.
        reading: how the answers of this run are read, strictly.
        official: how to get figures that may stand beside those of papers, where there is a way.
    """

    of: str
    source: str
    columns: Sequence[str]
    rows: Mapping[str, Mapping[str, float]]
    questions: int
    summarise: Callable[[Mapping[str, float]], Mapping[str, float]]
    reading: str = "the released evaluator's reading of an answer"
    official: str = ""


@dataclass(frozen=True)
class Benchmark:
    """A published benchmark.

    Attributes:
        name: the source that its examples carry.
        tasks: gives its tasks by name; what they need is imported when they are asked for.
        table: its published figures, where scores are put beside them.
        read: the questions of a published file, in its order, where the benchmark comes as one; raises ``BadInput``.
        shows: what its questions show: videos or pictures that lie beside the file, or pictures in the file itself.
        views: of a benchmark whose questions show several videos of one thing.
        files: what the benchmark's own scripts would write of some verdicts, by name, where it has such a form.
        columns: figures of its table in per cent that follow from all verdicts and not from the tasks' mean scores.
    """

    name: str
    tasks: Callable[[], Mapping[str, Task[Any]]]
    table: PublishedTable | None = None
    read: Callable[[Path], Sequence[Asking | LeftOut]] | None = None
    shows: Shows = "videos"
    views: Views | None = None
    files: Callable[[Sequence[Verdict]], Mapping[str, bytes]] | None = None
    columns: Callable[[Sequence[Verdict]], Mapping[str, float]] | None = None


@functools.cache
def benchmarks() -> dict[str, Benchmark]:
    """Every benchmark by name; of two of one name, ours. A broken one of another package is named and left out."""
    every = pkgutil.iter_modules(importlib.import_module("vtb.benchmarks").__path__)
    modules = [f"vtb.benchmarks.{info.name}" + ".benchmark" * info.ispkg for info in every if info.name != COMMON]
    found = [getattr(importlib.import_module(module), "BENCHMARK", None) for module in modules]
    ours = {benchmark.name: benchmark for benchmark in found if benchmark is not None}
    return {**plug_ins(GROUP, "benchmark", Benchmark), **ours}


def find_benchmark(name: str) -> Benchmark:
    """A benchmark by name.

    Raises:
        BadInput: there is none of that name.
    """
    if name not in benchmarks():
        raise BadInput(f"there is no benchmark {name[:80]!r}, only {', '.join(benchmarks())}: upgrade vtb-train")
    return benchmarks()[name]
