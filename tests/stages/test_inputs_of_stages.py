"""Stages over the published layouts: nothing is dropped without a word, nothing empty is written, one input is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.command_line import call
from shared.benchmarks.videothinkbench.benchmark_like import pictures
from shared.datasets.test_published_layouts import MINI, VISION, table
from stages.eval.answer_folders import put, scored
from vtb.artifact import read_manifest
from vtb.media.image import encode_rgb


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    for folder, each in ((VISION, 3), (MINI, 1)):
        table(tmp_path / "hub" / folder / "Eyeballing_Puzzles.parquet", "midpoint", *(f"m-{n}" for n in range(each)))
    return tmp_path / "hub"


def test_scores_of_the_test_and_of_the_mini_test(hub: Path, tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path / "answers", f"m-{number}.png", encode_rgb(pictures("midpoint")[1]))
    for split, count in (("test", 3), ("minitest", 1)):
        found = scored(hub, tmp_path / split, tmp_path / "answers", more=("--split", split))
        assert (found["puzzles"], found["attempts_judged"]) == (count, count)


def test_prepare_says_what_it_leaves_out(hub: Path, tmp_path: Path) -> None:
    line = ("vtb-prepare", "vlm", "--workers", "1", "--output", tmp_path / "out")
    refused = call(*line, "--input", hub)
    assert (refused.code, "nothing but a test split" in refused.err) == (3, True), refused.err
    assert not (tmp_path / "out").exists()
    table(hub / "data" / "train-00000-of-00001.parquet", "midpoint", "t-0", "t-1")
    table(hub / "data" / "validation-00000-of-00001.parquet", "midpoint", "v-0")
    done = call(*line, "--input", hub)
    assert done.code == 0, done.err
    assert "left out: test (3), minitest (1)" in done.err
    manifest = read_manifest(str(tmp_path / "out"))
    assert (manifest.rows, manifest.metrics["rows"]) == (3, {"train": 2, "val": 1})
    assert len((tmp_path / "out" / "val_sft.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "program",
    [
        ("vtb-eval", "predict", "--model", "none"),
        ("vtb-eval", "score", "--answers", "a"),
        ("vtb-train-vlm", "sft", "--model", "none"),
    ],
)
def test_a_second_input_is_refused_where_one_is_read(hub: Path, tmp_path: Path, program: tuple[str, ...]) -> None:
    done = call(*program, "--input", hub, "--input", hub / MINI, "--output", tmp_path / "out")
    assert (done.code, "--input: is given twice, and this stage reads one" in done.err) == (2, True), done.err
    assert not (tmp_path / "out").exists()
