"""Training by reward: it raises what it is paid for, goes on exactly, and never splits a group."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from latents import half as half  # a fixture
from latents import job, judging, scratch
from latents import one_thread as one_thread  # a fixture
from stopping import StopAfter
from two_processes import in_two_processes
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.launch import TRAIN_LOG
from vtb.engine.stop_signal import StopSignal
from vtb.engine.training_job import read_job, write_job
from vtb.errors import BadInput
from vtb.latent.engine import train as train_supervised
from vtb.latent.export import write_model
from vtb.latent.grpo_engine import train
from vtb.latent.grpo_job import GrpoJob
from vtb.latent.rewards import weights_of
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
from vtb.rewards.registry import find_reward
from vtb.tasks.example import encode_example

pytestmark = pytest.mark.engine


def _dataset(folder: Path) -> Path:
    """Questions that half of the rows answer with a latent segment, and half without."""
    from PIL import Image

    folder.mkdir()
    Image.new("RGB", (56, 56), "white").save(folder / "blank.png")
    family = find_family("maze_square")
    lines = []
    for number in range(8):
        example = make_example(family, family.config_class(size=5), "toy", 1, number)
        words = {"type": "text", "content": f"Answer: {example.answer[:9]}"}
        latent = {"type": "latent", "helper_image": "blank.png"}
        lines.append({
            "id": f"row-{number}", "text_input": f"What is the answer of row {number % 4}?",
            "image_input": ["blank.png"], "sequence_plan": [latent, words] if number < 4 else [words],
            "original_final_answer": example.answer, "task": example.task, "example": encode_example(example).decode(),
        })  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "train.jsonl").write_text(text)
    (folder / "val.jsonl").write_text(text)
    return folder


@pytest.fixture(scope="module")
def started() -> tuple[Path, Path]:
    """The data, and a model that has learned both ways of answering."""
    data, out, folder = (scratch() / f"grpo-{what}" for what in ("data", "out", "model"))
    _dataset(data)
    out.mkdir()
    folder.mkdir()
    work = job("qwen2_5_vl", out, dataset=data, tuner="full", steps=60, batch_size=8, learning_rate=3e-3)
    train_supervised(work, StopSignal(None))
    checkpoint = newest_complete_checkpoint(out)
    assert checkpoint is not None
    write_model(work, checkpoint, folder)
    return data, folder


def work_of(started: tuple[Path, Path], out: Path, weights: str, **more: Any) -> GrpoJob:
    data, model = started
    out.mkdir()
    settings: dict[str, Any] = {
        "model": model, "dataset": data, "output_dir": out, "tuner": "lora", "rank": 8, "steps": 4, "batch_size": 1,
        "learning_rate": 1e-3, "weight_decay": 0.0, "warmup": 0, "schedule": "constant", "max_grad_norm": 1.0,
        "gradient_checkpointing": False, "save_steps": 100, "seed": 5, "resume_from": None, "device": "cpu",
        "grad_accum": 2, "generations": 4, "controls": 0, "latent": "auto", "temperature": 1.0, "max_new_tokens": 24,
        "beta": 0.01, "reward": "vtb", "weights": weights_of(find_reward("vtb"), "plain", weights),
        "necessity": "group", "most_segments": 4, "max_pixels": 1 << 20, "tune_vision": False, "judging": None,
    }  # fmt: skip
    return GrpoJob(**{**settings, **more})


def test_questions_with_marks_are_told_before_the_first_step(
    started: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, model = started
    shutil.copytree(data, tmp_path / "data")
    text = (data / "train.jsonl").read_text()
    (tmp_path / "data" / "train.jsonl").write_text(text.replace("answer of row 3", "answer of <|im_end|> 3"))
    monkeypatch.delattr("vtb.latent.grpo_engine.GrpoTrainer")
    with pytest.raises(BadInput, match=r"row row-3: has <\|im_end\|> among its words"):
        train(work_of((tmp_path / "data", model), tmp_path / "out", "correct=1"), StopSignal(None))


def trained(
    work: GrpoJob, monkeypatch: pytest.MonkeyPatch, looks: int = 10_000
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The weights of the last checkpoint, and the log."""
    from safetensors.torch import load_file

    log = work.output_dir / "log.jsonl"
    monkeypatch.setenv(TRAIN_LOG, str(log))
    train(work, StopAfter(looks))
    checkpoint = newest_complete_checkpoint(work.output_dir)
    assert checkpoint is not None
    return load_file(checkpoint / "trained.safetensors"), [json.loads(line) for line in log.read_text().splitlines()]


def test_what_is_paid_for_becomes_frequent(
    started: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Latents, when their use is paid for; answers without, when it costs."""
    nothing = "correct=0,readable=0,format=0,necessity=0"
    for weights, more in ((f"{nothing},usage=1", True), (f"{nothing},usage=0,quality=0.01,too_many=1", False)):
        name = "more" if more else "fewer"
        most = 4 if more else 0
        work = work_of(
            started, tmp_path / name, weights, steps=12, generations=8, learning_rate=3e-3, most_segments=most
        )
        rows = [row for row in trained(work, monkeypatch)[1] if "reward" in row]
        first, last = (sum(row["latent_answers"] for row in few) / 3 for few in (rows[:3], rows[-3:]))
        assert 0.2 < first < 0.95
        assert last > first + 0.15 if more else last < first - 0.15, (name, first, last)


def test_in_half_precision_with_checkpointing(
    started: tuple[Path, Path], half: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    work = work_of(
        started, tmp_path / "half", "usage=1", steps=2, tuner="full", gradient_checkpointing=True, judging=judging(1),
        necessity="likelihood", latent="force", learning_rate=1e-6,
    )  # fmt: skip
    weights, log = trained(work, monkeypatch)
    assert {weight.dtype for weight in weights.values()} == {torch.float32}
    assert all(row["kl"] < 0.05 for row in log if "kl" in row)


@pytest.mark.parametrize("stop", [1, 3])
def test_stopped_and_continued_equals_undisturbed(
    stop: int, started: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    work = work_of(started, tmp_path / "whole", "usage=1", controls=2, judging=judging(2))
    undisturbed, _ = trained(work, monkeypatch)
    parts = structs.replace(work, output_dir=tmp_path / "parts")
    parts.output_dir.mkdir()
    trained(parts, monkeypatch, looks=stop)
    resumed = structs.replace(parts, resume_from=newest_complete_checkpoint(parts.output_dir))
    again, _ = trained(resumed, monkeypatch)
    assert all(torch.equal(weight, again[name]) for name, weight in undisturbed.items())
    assert any(weight.abs().max() > 0 for name, weight in undisturbed.items() if "lora_B" in name)


def test_two_processes_compare_the_groups_that_one_compares(
    started: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a group split, its mean and deviation would be others, and so would the weights."""
    import torch
    from safetensors.torch import load_file

    alone, log = trained(work_of(started, tmp_path / "one", "usage=1", steps=3, grad_accum=2), monkeypatch)
    assert any(row["reward_std"] > 0 for row in log if "reward_std" in row)
    two = work_of(started, tmp_path / "two", "usage=1", steps=3, grad_accum=1)
    write_job(two, tmp_path / "job.json")
    assert read_job(tmp_path / "job.json", GrpoJob) == two
    in_two_processes("vtb.latent.grpo_engine", tmp_path / "job.json")
    checkpoint = newest_complete_checkpoint(two.output_dir)
    assert checkpoint is not None
    both = load_file(checkpoint / "trained.safetensors")
    assert all(torch.allclose(weight, both[name], atol=1e-4) for name, weight in alone.items())
