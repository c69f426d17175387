"""``vtb-train-image grpo``: from puzzles and a tiny model to an adapter that ``vtb-eval predict`` draws with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.command_line import call
from vtb.artifact import read_manifest
from vtb.diffusion.adapter import read_adapter
from vtb.diffusion.tiny.build import build_tiny_model
from vtb.formats.webdataset import read_tar
from vtb.media.image import decode_image
from vtb_eval.prediction import drawn_answers

pytestmark = pytest.mark.engine
VARIANT = ("--variant", "qwen-image-edit")
FEW = (
    "--edit-pixels", "4096", "--lora-rank", "4", "--learning-rate", "0.01", "--device", "cpu", "--max-steps", "2",
    "--generations", "3", "--rollout-steps", "3", "--window", "1", "--judge-count", "1", "--judge-inference-steps", "2",
)  # fmt: skip


def good(*words: str) -> str:
    done = call(*words)
    assert done.code == 0, done.err
    return done.out + done.err


def test_rewards_make_an_adapter_that_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    marks, pairs, out, drew, model = (str(tmp_path / name) for name in ("marks", "pairs", "out", "drew", "model"))
    build_tiny_model("qwen-image-edit", tmp_path / "model", 3, small=True)  # its pictures have some red in them
    one = ("--workers", "1")
    good("vtb-gen-eyeballing", "--task", "midpoint", "--count", "4", "--width", "256", *one, "--output", marks)
    good("vtb-prepare", "image", "--input", marks, "--max-pixels", "4096", "--val", "0.3", *one, "--output", pairs)
    start = ("--input", pairs, "--model", model, "--output", out)
    command = ("vtb-train-image", "grpo", *VARIANT, *start, *FEW, "--reward-weights", "near=0.5", "--cache")
    assert "3 rows for 2 updates on cpu" in good(*command, "--dry-run")
    good(*command)
    manifest = read_manifest(out, ("adapter",))
    names = {file.path for file in manifest.files}
    assert names >= {"lora.safetensors", "adapter.json", "log.jsonl", "curves.png", "strips/step-000002.png"}
    assert manifest.plan.config["weights"] == {"correct": 1.0, "near": 0.5, "trajectory": 0.0}
    assert manifest.metrics["lora_b_max"] > 0
    assert {"reward_first", "reward_last", "kl_last", "alike_last", "solved_last"} <= manifest.metrics.keys()
    rows = [json.loads(line) for line in (tmp_path / "out/log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [0, 1, 2]
    for row in rows[1:]:
        assert row["reward"] == pytest.approx(row["reward_correct"] + 0.5 * row["reward_near"])
        assert {"reward_std", "alike", "kl", "ratio", "clipped", "grad_norm"} <= row.keys()
    assert ["eval_reward_near" in row for row in rows] == [True, False, True]
    assert read_adapter(tmp_path / "out").rank == 4
    asked = ("--input", marks, *VARIANT, "--model", model, "--adapter", out)
    drawn = ("--inference-steps", "2", "--limit", "1", "--device", "cpu")
    good("vtb-eval", "predict", *asked, *drawn, "--output", drew)
    assert read_manifest(drew, ("predictions",)).rows == 1
    (parts,) = (sample.parts for sample in read_tar((tmp_path / "drew/shards/00000.tar").read_bytes()))
    assert decode_image(drawn_answers(parts)[0][1]).size == 3 * 4096  # as in the training


def test_options_that_cannot_be_are_refused_in_a_line(tmp_path: Path) -> None:
    def refused(*words: str) -> str:
        start = ("--input", "nowhere", "--model", "nowhere", "--output", str(tmp_path / "out"))
        done = call("vtb-train-image", "grpo", *start, *words)
        assert done.code == 2
        assert len(done.err.strip().splitlines()) == 1
        return done.err

    assert "there is none" in refused("--reward", "vtb")
    assert "is no part of reward drawn" in refused("--reward-weights", "format=1")
    assert "nothing would be rewarded" in refused("--reward-weights", "correct=0")
    assert "give 9 at most" in refused("--window", "10")
