"""The benchmark as the registry finds it."""

from __future__ import annotations

from collections.abc import Mapping

from vtb.benchmarks.registry import Benchmark, PublishedTable
from vtb.benchmarks.vsi_bench import NAME
from vtb.benchmarks.vsi_bench.published import AVERAGE, COLUMNS, PUBLISHED, SOURCE
from vtb.benchmarks.vsi_bench.questions import read_published
from vtb.benchmarks.vsi_bench.task import VsiTask

DIRECTIONS = tuple(f"object_rel_direction_{level}" for level in ("easy", "medium", "hard"))
# The published column of each question type; the three kinds of directions share one.
COLUMN_OF: Mapping[str, str] = {
    "object_counting": "obj_count", "object_abs_distance": "abs_dist", "object_size_estimation": "obj_size",
    "room_size_estimation": "room_size", "object_rel_distance": "rel_dist",
    **dict.fromkeys(DIRECTIONS, "rel_dir"), "route_planning": "route_plan", "obj_appearance_order": "appr_order",
}  # fmt: skip
# Training sets in its form have these, too.
OF_TRAINING = tuple(f"object_rel_{what}_v{number}" for what in ("direction", "distance") for number in (1, 2, 3))
TASKS = {name: VsiTask(name) for name in (*COLUMN_OF, *OF_TRAINING)}
QUESTIONS = 5130


def summarise(scores: Mapping[str, float]) -> dict[str, float]:
    """The published columns from the mean score of each question type.

    Directions are the plain mean of easy, medium and hard, whatever their numbers of questions, and the average is that
    of the columns, as in the released evaluator. A column whose types are not all there is left out, and then the
    average, too.
    """
    types = {column: [name for name in COLUMN_OF if COLUMN_OF[name] == column] for column in COLUMNS}
    whole = {column: names for column, names in types.items() if all(name in scores for name in names)}
    columns = {column: sum(scores[name] for name in names) / len(names) for column, names in whole.items()}
    if len(columns) < len(COLUMNS):
        return columns
    return {AVERAGE: sum(columns.values()) / len(columns), **columns}


OFFICIAL = "for figures that may stand beside those of papers, run the official task of lmms-eval (docs/vsi-bench.md)"
TABLE = PublishedTable(NAME, SOURCE, (AVERAGE, *COLUMNS), PUBLISHED, QUESTIONS, summarise, official=OFFICIAL)
BENCHMARK = Benchmark(NAME, lambda: TASKS, TABLE, read_published)
