"""``vtb show`` of scores: a short table and where the report is, not every figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.command_line import run
from stages.eval.answer_folders import put, sample, score, write_puzzles
from vtb.cli.scores_table import scores_table


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("show")
    write_puzzles(root / "puzzles")
    example = sample("midpoint", 0)[0]
    put(root / "answers", f"{example.key}.txt", example.answer)
    assert score(root / "puzzles", root / "scores", root / "answers").code == 0
    return root / "scores"


def test_scores_are_a_short_table(scores: Path) -> None:
    done = run("vtb", "show", scores)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    start = lines.index("  scores")
    assert [line.split() for line in lines[start + 1 : start + 4]] == [
        ["task", "right", "95", "%", "interval", "blind", "guess"],
        ["midpoint", "1/2", "50.0", "%", "9.5", "to", "90.5", "20.0", "%"],
        ["arc_connect", "0/2", "0.0", "%", "0.0", "to", "65.8", "20.0", "%"],
    ]
    assert lines[start + 8].split() == ["all", "1/12", "8.3", "%", "1.5", "to", "35.4", "-"]
    assert lines[start + 9] == f"  report    {scores}/report.html, and every figure in scores.json"
    assert "per_signal" not in done.out
    assert len(lines) < 40


@pytest.mark.parametrize(
    "metrics",
    [
        {}, {"overall": 5}, {"overall": {"strict": {}}},
        {"per_task": {"a": {"strict": {"right": "x"}}}, "overall": None},
        {"per_task": [1], "overall": {"strict": {"right": 1, "total": 2, "low": None, "high": 1}}},
    ],
)  # fmt: skip
def test_odd_figures_are_no_table(metrics: dict[str, object]) -> None:
    assert scores_table(metrics) == []


def test_damaged_scores_are_shown_as_they_are(scores: Path, tmp_path: Path) -> None:
    manifest = json.loads((scores / "manifest.json").read_text())
    manifest["metrics"] = {"overall": {"strict": 3}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    done = run("vtb", "show", tmp_path)
    assert (done.code, "    overall.strict: 3" in done.out) == (0, True), done.err
