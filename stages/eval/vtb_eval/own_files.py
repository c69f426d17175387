"""The verdicts in the forms of the benchmarks' own scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vtb.benchmarks.registry import Verdict, benchmarks
from vtb_eval.result import Result


def own_files(results: Sequence[Result]) -> Mapping[str, bytes]:
    """By the names of the files; nothing of benchmarks that have no such form."""
    found: dict[str, bytes] = {}
    for source in dict.fromkeys(result.source for result in results):
        benchmark = benchmarks().get(source)
        if benchmark is not None and benchmark.files is not None:
            found |= benchmark.files(verdicts_of(result for result in results if result.source == source))
    return found


def verdicts_of(results: Iterable[Result]) -> list[Verdict]:
    """What benchmarks sum up themselves: the answers in words."""
    signals = [(result.id, result.signals.get("text")) for result in results]
    return [Verdict(key, None if text is None else text["details"]) for key, text in signals]
