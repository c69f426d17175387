"""``vtb-eval score --against``: a run beside an earlier one, puzzle by puzzle."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from browser import measure
from contract.command_line import run
from stages.eval.test_score import FAMILY, QUESTIONS, RIGHT, figures, predict, score, write
from vtb.artifact import read_manifest
from vtb.puzzles.maze.square import Config
from vtb.puzzles.sample import make_example
from vtb_eval.predicting import make_sample


def answers(right: set[int], count: int = 18) -> list[str]:
    return [answer if number in right else "[1]" for number, answer in enumerate(RIGHT[:count])]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    figures(predict(tmp_path / "base", answers({0, 1, 2})), tmp_path / "before")
    return tmp_path / "before"


def test_won_and_lost_are_told_everywhere(base: Path, tmp_path: Path) -> None:
    predict(tmp_path / "trained", answers({1, 2, 3, 4, 5, 6, 7, 8, 9}))
    done = score(tmp_path / "trained", tmp_path / "after", "--against", base)
    assert done.code == 0, done.err
    # Bonett and Price: (8 - 2) / 20 and 1.96 * sqrt((0.5 - 0.09) / 20), which is 0.3 and 0.2806
    last = f"against {base}: 7 won, 1 lost, 2 right in both; +33.3 points (+1.8 to +58.1), p = 0.039 (McNemar)"
    assert done.err.splitlines()[-1].endswith(last), done.err
    (found,) = json.loads((tmp_path / "after" / "scores.json").read_text())["against"]
    assert (found["uri"], found["per_task"]["maze_square"]) == (str(base), found["overall"])
    changed = [json.loads(line) for line in (tmp_path / "after" / "compared.jsonl").read_text().splitlines()]
    assert [row["change"] for row in changed] == ["lost"] + ["won"] * 7
    assert (changed[0]["id"], changed[0]["before"], changed[0]["after"]) == ("maze_square-07-0000000", 1, 0)
    assert [entry.kind for entry in read_manifest(str(tmp_path / "after")).plan.inputs] == ["predictions", "scores"]
    page = (tmp_path / "after" / "report.html").read_text()
    assert f"Against {base}" in page
    assert "+33.3" in page
    assert "Won: the first 7" in page
    assert "Lost: the first 1" in page
    assert page.index("Against ") < page.index("<h2>By task") < page.index("Lost: the first 1")  # figures come first
    assert last in run("vtb", "show", tmp_path / "after").out


def test_without_it_nothing_changes(base: Path) -> None:
    assert "against" not in json.loads((base / "scores.json").read_text())
    assert not (base / "compared.jsonl").exists()


def test_other_puzzles_of_the_same_names_are_refused(base: Path, tmp_path: Path) -> None:
    example = make_example(FAMILY, Config(size=7, cell_px=16), "maze_square-07", 2, 0)
    assert example.key == QUESTIONS[0].example.key
    other = replace(QUESTIONS[0], example=example)
    write(tmp_path / "other", [make_sample(question, "[1]") for question in (other, *QUESTIONS[1:])])
    done = score(tmp_path / "other", tmp_path / "after", "--against", base)
    assert done.code == 3, done.err
    assert "is not about the same puzzles (1 of the same name have another right answer)" in done.err


def test_fewer_puzzles_are_refused(base: Path, tmp_path: Path) -> None:
    predict(tmp_path / "some", answers({1}, count=10))
    done = score(tmp_path / "some", tmp_path / "after", "--against", base)
    assert done.code == 3, done.err
    assert "is not about the same puzzles (8 only there, 0 only here)" in done.err
    assert score(tmp_path / "some", tmp_path / "after").code == 0  # nothing of the refused run is in the way


def test_another_kind_of_artifact_is_refused(base: Path, tmp_path: Path) -> None:
    done = score(tmp_path / "base", tmp_path / "after", "--against", tmp_path / "base")
    assert done.code == 3, done.err
    assert "scores" in done.err


def test_damaged_scores_are_refused(base: Path, tmp_path: Path) -> None:
    shard = sorted(base.glob("shards/*.jsonl"))[0]
    shard.write_text(shard.read_text().replace("true", "null", 1))
    done = score(tmp_path / "base", tmp_path / "after", "--against", base)
    assert done.code == 3, done.err
    assert "not what the manifest says" in done.err or "is damaged" in done.err


@pytest.mark.browser
@pytest.mark.parametrize("width", [480, 1280])
def test_the_comparison_fits_the_window(base: Path, tmp_path: Path, width: int) -> None:
    predict(tmp_path / "trained", answers({1, 2, 3, 4, 5, 6, 7, 8, 9}))
    assert score(tmp_path / "trained", tmp_path / "after", "--against", base).code == 0
    found = measure(tmp_path / "after" / "report.html", width)
    assert found.scroll_width <= width
    assert max(box[2] for box in found.texts) <= width
    lost, won = found.bars[:2]
    assert won[2] - won[0] == pytest.approx(7 * (lost[2] - lost[0]), rel=0.05)
