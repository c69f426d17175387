"""The published benchmarks: modules beside this one, or ``benchmark.py`` in a folder, that have a ``BENCHMARK``.

Packages add theirs by the entry-point group ``vtb.benchmarks``.
"""

from __future__ import annotations

import functools
import importlib
import logging
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from vtb.errors import BadInput
from vtb.tasks.task import Task

GROUP = "vtb.benchmarks"
log = logging.getLogger("vtb.benchmarks")


@dataclass(frozen=True)
class Benchmark:
    """A published benchmark.

    Attributes:
        name: the source that its examples carry.
        tasks: its tasks by name.
    """

    name: str
    tasks: Mapping[str, Task[Any]]


@functools.cache
def benchmarks() -> dict[str, Benchmark]:
    """Every benchmark by name; a broken one of another package is named and left out."""
    every = pkgutil.iter_modules(importlib.import_module("vtb.benchmarks").__path__)
    modules = [f"vtb.benchmarks.{info.name}" + ".benchmark" * info.ispkg for info in every]
    found = [getattr(importlib.import_module(module), "BENCHMARK", None) for module in modules]
    added = [_load(entry) for entry in entry_points(group=GROUP)]
    return {benchmark.name: benchmark for benchmark in (*found, *added) if benchmark is not None}


def _load(entry: EntryPoint) -> Benchmark | None:
    """The benchmark of another package, or None where it is none."""
    try:
        return _loaded(entry)
    except BadInput as error:
        log.warning("%s: it is left out", error)
        return None


def _loaded(entry: EntryPoint) -> Benchmark:
    where = f"benchmark {entry.name!r} of {entry.value}: cannot be loaded"
    try:
        loaded = entry.load()
    except Exception as error:  # whatever somebody else's module does when it is imported
        raise BadInput(f"{where}: {error}") from error
    if not isinstance(loaded, Benchmark):
        raise BadInput(f"{where}: it is no Benchmark")
    return loaded


def find_benchmark(name: str) -> Benchmark:
    """A benchmark by name.

    Raises:
        BadInput: there is none of that name.
    """
    if name not in benchmarks():
        raise BadInput(f"there is no benchmark {name[:80]!r}, only {', '.join(benchmarks())}: upgrade vtb-train")
    return benchmarks()[name]
