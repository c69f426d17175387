"""What holds of every published benchmark: its table, and each of its tasks about questions with options."""

from __future__ import annotations

from typing import Any

import pytest

from vtb.benchmarks.common.examples import example_of, key_of
from vtb.benchmarks.common.picture_question import PictureRecord, PictureTask
from vtb.benchmarks.registry import Benchmark, benchmarks
from vtb.tasks.example import encode_example
from vtb.tasks.registry import decode_example, task_of

EVERY = list(benchmarks().values())
WITH_TABLE = [one for one in EVERY if one.table is not None]
BY_OPTION = [
    (one.name, task)
    for one in EVERY
    for task in one.tasks().values()
    if isinstance(task, PictureTask) and task.payload_class is PictureRecord
]
RECORD = PictureRecord(question="Which way does it go?", options=("to the left", "to the right", "up", "nowhere"),
                       answer="C", pictures=("a",))  # fmt: skip


def named(value: Any) -> str:
    return value.name if isinstance(value, (Benchmark, PictureTask)) else str(value)


@pytest.mark.parametrize("benchmark", WITH_TABLE, ids=named)
def test_published_figures_stand_in_known_columns(benchmark: Benchmark) -> None:
    table = benchmark.table
    assert table is not None
    assert len(set(table.columns)) == len(table.columns)
    for model, row in table.rows.items():
        assert row.keys() <= set(table.columns), model
        assert all(0 <= figure <= 130 for figure in row.values()), model  # CIDEr may be above 100


@pytest.mark.parametrize("benchmark", WITH_TABLE, ids=named)
def test_sums_are_means_of_what_is_there(benchmark: Benchmark) -> None:
    """All columns of equal scores are equal; of nothing there is nothing; one task alone is in its own columns."""
    table, names = benchmark.table, list(benchmark.tasks())
    assert table is not None
    same = table.summarise(dict.fromkeys(names, 0.25))
    assert same.keys() <= set(table.columns)
    assert list(same.values()) == pytest.approx([0.25] * len(same))
    assert table.summarise({}) == {}
    for name in names:
        alone = table.summarise({name: 1.0})
        assert all(value == pytest.approx(1) for value in alone.values())


@pytest.mark.parametrize(("source", "task"), BY_OPTION, ids=named)
def test_the_right_option_alone_is_right(source: str, task: PictureTask) -> None:
    example = decode_example(encode_example(example_of(source, task, RECORD, key_of(source, "1"))))
    found = task_of(example)
    asked = found.ask(example.payload, "vlm")
    assert all(option in asked for option in RECORD.options)
    assert example.answer == "C"
    for text in ("C", "(C)", "up", "The answer is C.", "<think>A</think><answer>C</answer>", example.answer):
        assert found.score_text(example.payload, text).strict, text
    for text in ("A", "B", "D", "nowhere", "A or C", "", "?", "I"):
        assert not found.score_text(example.payload, text).strict, text
        assert not found.reward_text(example.payload, text).strict, text


@pytest.mark.parametrize("benchmark", [one for one in EVERY if one.views is not None], ids=named)
def test_views_name_files_and_frames(benchmark: Benchmark) -> None:
    assert benchmark.views is not None
    assert benchmark.shows == "videos"
    assert benchmark.views.frames * len(benchmark.views.names) == 18
