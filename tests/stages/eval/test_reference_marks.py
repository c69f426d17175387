"""Published models as marks beside a run, where they may be compared and nowhere else."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from browser import measure
from shared.benchmarks.videothinkbench import benchmark_like
from stages.eval.answer_folders import put, scored
from vtb.benchmarks.videothinkbench.published import COUNTS, PER_TASK
from vtb_eval.comparison import VISUAL
from vtb_eval.reference_marks import reference_marks

TASK = "midpoint"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All 50 puzzles of a task of the benchmark, answered in words, 20 of them rightly."""
    root = tmp_path_factory.mktemp("whole")
    benchmark_like.write_folder(root / "set", [TASK], COUNTS[TASK])
    for index in range(COUNTS[TASK]):
        example = benchmark_like.ours(TASK, index)
        wrong = "A" if example.answer != "A" else "B"
        put(root / "answers", f"{example.key}.txt", example.answer if index < 20 else wrong)
    scored(root / "set", root / "scores", root / "answers")
    return root


def test_models_that_answered_in_words_stand_beside_words(whole: Path) -> None:
    (found,) = reference_marks(json.loads((whole / "scores" / "scores.json").read_text()))
    assert (found.task, found.signal, found.shares["strict"]["rate"]) == (TASK, "text", 0.4)
    published = PER_TASK[TASK]
    assert found.marks == [
        (name, published[name]) for name in ("Claude Sonnet 4.5", "GPT-5 high", "Gemini 2.5 Pro")
    ]  # the highest first


def test_each_mark_stands_at_its_figure_with_its_name(whole: Path) -> None:
    page = (whole / "scores" / "report.html").read_text()
    (drawn,) = re.findall(r'<svg class="marked".*?</svg>', page, re.S)
    marks = re.findall(r'<path d="M([\d.]+) 0v\d+"/><text [^>]*>(.*?)</text>', drawn)
    assert [(float(x), name) for x, name in marks] == [
        (4 * value, f"{name} {value:g} %")
        for name, value in (("Claude Sonnet 4.5", 66), ("GPT-5 high", 34), ("Gemini 2.5 Pro", 28))
    ]
    assert re.findall(r'<circle cx="([\d.]+)"', drawn) == ["160.0"]


def test_what_may_not_be_compared_has_no_marks(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole / "answers", tmp_path / "fewer")
    (tmp_path / "fewer" / f"{benchmark_like.ours(TASK, 0).key}.txt").unlink()
    scored(whole / "set", tmp_path / "scores", tmp_path / "fewer")
    assert reference_marks(json.loads((tmp_path / "scores" / "scores.json").read_text())) == []
    assert 'class="marked"' not in (tmp_path / "scores" / "report.html").read_text()


def test_of_visual_puzzles_only_words_can_be_compared() -> None:
    share = {"strict": {"rate": 0.5}}
    row = {
        "published": {"Sora-2": 94, "GPT-5 high": 100}, "compare": {"Sora-2": "best", "GPT-5 high": "text"},
        "not comparable": [VISUAL],
    }  # fmt: skip
    signals = {name: {"per_task": {"visual_color_grid": share}} for name in ("best", "text")}
    figures = {"comparison": {"tasks": {"visual_color_grid": row}}, "per_signal": signals}
    (found,) = reference_marks(figures)
    assert (found.signal, found.marks) == ("text", [("GPT-5 high", 100)])
    row["not comparable"] = [VISUAL, "3 without an answer count as wrong"]
    assert reference_marks(figures) == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [480, 1280])
def test_the_marks_fit_the_window(whole: Path, width: int) -> None:
    found = measure(whole / "scores" / "report.html", width)
    assert found.scroll_width == width
    assert all(left >= 0 and right <= width for left, _, right, _ in found.texts + found.bars)
