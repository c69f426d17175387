"""A model that chooses one option whatever it is shown is found out; one that is right, or varies, is not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.command_line import call
from stages.eval.answer_folders import put, score
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
from vtb.tasks.example import Example
from vtb_eval.same_choice import LEAST

COUNT = 24
FAMILY = find_family("midpoint")
EXAMPLES = [
    make_example(FAMILY, dataclasses.replace(FAMILY.config_class(), width=256), "midpoint", 5, index)
    for index in range(COUNT)
]
SAID = "24 of 24 answers choose A"


@pytest.fixture(scope="module")
def puzzles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("puzzles") / "out"
    few = ("--task", "midpoint", "--count", COUNT, "--width", "256", "--seed", "5", "--workers", "1")
    done = call("vtb-gen-eyeballing", *few, "--output", out)
    assert done.code == 0, done.err
    return out


def answered(folder: Path, count: int, answer: Callable[[Example], str]) -> Path:
    for example in EXAMPLES[:count]:
        put(folder, f"{example.key}.txt", f"The answer is {answer(example)}.")
    return folder


def test_said_in_the_log_the_report_and_the_terminal(puzzles: Path, tmp_path: Path) -> None:
    done = score(puzzles, tmp_path / "o", answered(tmp_path / "a", COUNT, lambda example: "A"))
    assert done.code == 0, done.err
    assert f"{SAID}: a score of such a model says nothing of what it sees" in done.err
    assert f"<p>{SAID}:" in (tmp_path / "o" / "report.html").read_text()
    assert f"    {SAID}\n" in call("vtb", "show", tmp_path / "o").out


@pytest.mark.parametrize(
    ("count", "answer"),
    [
        (COUNT, lambda example: example.answer),
        (COUNT, lambda example: "AB"[example is EXAMPLES[0] or example is EXAMPLES[1]]),  # 22 of 24 are 92 %
        (LEAST - 1, lambda example: "A"),
    ],
    ids=["right", "varied", "few"],
)
def test_not_said(count: int, answer: Callable[[Example], str], puzzles: Path, tmp_path: Path) -> None:
    done = score(puzzles, tmp_path / "o", answered(tmp_path / "a", count, answer))
    assert done.code == 0, done.err
    assert "choose" not in done.err
    assert "same_choice" not in (tmp_path / "o" / "scores.json").read_text()
