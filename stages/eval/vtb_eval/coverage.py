"""How much of a benchmark about videos was asked: whose questions have no video is in the manifest of its artifact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from vtb.artifact import InputEntry, Manifest, read_manifest
from vtb.benchmarks.registry import benchmarks
from vtb.errors import VtbError
from vtb_eval.result import Result

QUESTIONS, WITHOUT_VIDEO = "questions", "without_video"


def coverage(judged: InputEntry, results: Sequence[Result]) -> dict[str, Any]:
    """Of the questions of a published benchmark: how many it has, were asked, answered, and had no video.

    Nothing where the artifact of the questions does not say what it lacks, is gone, or has changed since.
    """
    manifest = _questions(judged)
    lost = None if manifest is None else manifest.metrics.get(WITHOUT_VIDEO)
    if manifest is None or not isinstance(lost, dict):
        return {}
    asked = Counter(task for task, _ in {(result.task, result.id) for result in results})
    answered = Counter(task for task, _ in {(result.task, result.id) for result in results if result.signals})
    name = manifest.plan.config.get("benchmark")
    benchmark = benchmarks().get(str(name))
    return {
        "benchmark": name,
        "has": benchmark.table.questions if benchmark is not None and benchmark.table is not None else None,
        "asked": asked.total(),
        "answered": answered.total(),
        WITHOUT_VIDEO: sum(lost.values()),
        "videos": list(manifest.metrics.get("bad", ())),
        "per_task": {
            task: {"asked": asked[task], "answered": answered[task], WITHOUT_VIDEO: lost.get(task, 0)}
            for task in sorted({*asked, *lost})
        },
    }


def _questions(judged: InputEntry) -> Manifest | None:
    """The manifest of the questions that were judged, or behind the predictions that were."""
    manifest = _manifest(judged)
    if manifest is None or judged.kind == QUESTIONS or not manifest.plan.inputs:
        return manifest
    asked = manifest.plan.inputs[0]
    return _manifest(asked) if asked.kind == QUESTIONS else None


def _manifest(entry: InputEntry) -> Manifest | None:
    if entry.kind not in (QUESTIONS, "predictions"):
        return None
    try:
        manifest = read_manifest(entry.uri, (entry.kind,))
    except VtbError:
        return None  # a report does without
    return manifest if manifest.digest == entry.digest else None
