"""A small model that starts from nothing learns: what it cannot know without the picture, it knows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call
from vtb.artifact import read_manifest

pytestmark = [pytest.mark.engine, pytest.mark.slow]

ANSWERS = 3
STEPS = 250
TOKENS = 3  # of an answer: the color, and two that end the turn


def _ok(*words: Any) -> None:
    done = call(words[0], *words[1:])
    assert done.code == 0, done.err


def test_a_small_model_learns_what_colors_overlaps_have(tmp_path: Path) -> None:
    """Who does not look has one color in three: ln 3 for the color and nothing for the end of the turn, in the mean."""
    squares = ("--task", "color_overlap_squares", "--target-size", "192x192", "--no-video", "--preview", 0)
    _ok("vtb-gen-visual", *squares, "--count", 1200, "--output", tmp_path / "puzzles")
    _ok("vtb-curate", "--input", tmp_path / "puzzles", "--val", 0.15, "--output", tmp_path / "curated")
    _ok("vtb-prepare", "vlm", "--input", tmp_path / "curated", "--output", tmp_path / "dataset")
    _ok("vtb-train-vlm", "tiny-model", "--size", "small", tmp_path / "model")
    places = ("--input", tmp_path / "dataset", "--model", tmp_path / "model", "--output", tmp_path / "taught")
    pace = ("--learning-rate", 1e-3, "--batch-size", 16, "--max-steps", STEPS, "--max-pixels", 9216, "--device", "cpu")
    eyes = ("--freeze_vit", "false", "--freeze_aligner", "false", "--warmup_ratio", 0.1)
    _ok("vtb-train-vlm", "sft", *places, "--tuner", "full", *pace, "--", *eyes)
    blind = math.log(ANSWERS) / TOKENS
    assert read_manifest(str(tmp_path / "taught")).metrics["val_loss_last"] < 0.6 * blind, blind
