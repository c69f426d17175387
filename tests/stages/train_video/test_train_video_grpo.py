"""``vtb-train-video grpo``: the same trainer with clips; where no clip is worth more than another it says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.command_line import call
from drawing import dataset, tiny
from vtb.engine.launch import train_log

pytestmark = pytest.mark.engine
FEW = (
    "--lora-rank", "4", "--device", "cpu", "--max-steps", "1", "--generations", "2", "--rollout-steps", "4",
    "--window", "1", "--judge-steps", "0",
)  # fmt: skip


def test_where_nothing_is_worth_more_there_is_nothing_to_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A random model draws no path, so that all rewards are 0; both denoisers had their turn."""
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    variant, out = "wan2.2-i2v-a14b", str(tmp_path / "out")
    start = ("--input", dataset("video"), "--model", str(tiny(variant)), "--output", out)
    done = call("vtb-train-video", "grpo", "--variant", variant, *start, *FEW)
    assert done.code == 5, done.err
    assert "no drawing of any puzzle was worth more than another" in done.err
    assert "--reward-weights near=0.5" in done.err
    assert not (tmp_path / "out/manifest.json").exists()
    (work,) = (path for path in (tmp_path / "cache/runs").iterdir() if path.is_dir())
    rows = [json.loads(line) for line in train_log(work).read_text().splitlines()]
    assert [(row["step"], row["alike"]) for row in rows if "loss" in row] == [(1, 1.0), (2, 1.0)]


def test_experts_and_windows_are_looked_at_before_any_input(tmp_path: Path) -> None:
    start = ("--input", "nowhere", "--model", "nowhere", "--output", str(tmp_path / "out"))
    for words, why in (("--expert high_noise", "has one denoiser"), ("--window 10", "give 9 at most")):
        done = call("vtb-train-video", "grpo", *start, *words.split())
        assert done.code == 2
        assert why in done.err
