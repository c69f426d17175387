"""The training loop on tiny models of every architecture: resume, features, experts, judging, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drawing import FEW, job, judging, pipeline, rows
from drawing import one_thread as one_thread  # a fixture
from stopping import StopAfter
from vtb.diffusion.adapter import describe, put_on
from vtb.diffusion.engine import train
from vtb.diffusion.features import encode
from vtb.diffusion.flow import Draw, flow_loss
from vtb.diffusion.job import Job
from vtb.diffusion.rows import load_sample
from vtb.diffusion.trained_weights import load_weights, make_trainable
from vtb.diffusion.variants import VARIANTS
from vtb.engine.complete import complete_checkpoints
from vtb.engine.stop_signal import StopSignal
from vtb.engine.training_job import read_job, write_job

pytestmark = pytest.mark.engine


def run(work: Job, monkeypatch: pytest.MonkeyPatch, stop: StopSignal | None = None) -> list[dict[str, Any]]:
    """Train in this process; the log."""
    log = work.output_dir / "log.jsonl"
    monkeypatch.setenv("VTB_TRAIN_LOG", str(log))
    train(work, stop or StopSignal(None))
    return [json.loads(line) for line in log.read_text().splitlines()]


def weights(work: Job, step: int = 6) -> dict[str, Any]:
    """What was trained by then."""
    from safetensors.torch import load_file

    found = {}
    for expert in work.experts:
        tensors = load_file(work.output_dir / f"checkpoint-{step}" / f"{expert}.safetensors")
        found.update({f"{expert}/{name}": tensor for name, tensor in tensors.items()})
    return found


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    import torch

    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("variant", FEW)
def test_a_stopped_training_goes_on_as_if_nothing_had_been(
    variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last bit; with features kept or not, judged meanwhile or not."""
    whole = job(variant, tmp_path / "whole")
    run(whole, monkeypatch)
    first = job(variant, tmp_path / "first", cache=tmp_path / "cache", judging=judging(), save_steps=100)
    log = run(first, monkeypatch, StopAfter(2))
    assert [line["stopped"] for line in log if line.get("event") == "end"] == [True]
    (checkpoint,) = complete_checkpoints(first.output_dir)
    assert checkpoint.name == "checkpoint-2"
    second = job(
        variant, tmp_path / "second", cache=tmp_path / "cache", judging=judging(), resume_from=checkpoint,
        gradient_checkpointing=True,
    )  # fmt: skip
    log = run(second, monkeypatch)
    assert [line["step"] for line in log if "loss" in line] == [3, 4, 5, 6]
    assert [line["step"] for line in log if "eval_solved" in line] == [3, 6]
    assert same(weights(whole), weights(second))
    assert not same(weights(whole), weights(whole, 3))
    other = job(variant, tmp_path / "other", seed=1)
    run(other, monkeypatch)
    assert not same(weights(whole), weights(other))


def test_each_expert_has_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variant = "wan2.2-i2v-a14b"
    both = job(variant, tmp_path / "both", steps=6, weight_decay=0.0)
    log = [line for line in run(both, monkeypatch) if "loss" in line]
    halfway, end = weights(both, 3), weights(both)
    changed = {name.split("/")[0] for name in end if not bool((halfway[name] == end[name]).all())}
    assert changed == {"low_noise"}
    rates = [line["learning_rate"] for line in log]
    assert rates[:3] == rates[3:]  # each has a pace of its own
    noisiest = {name for line in log[:3] for name in line if name.startswith("loss_noise")}
    assert noisiest <= {"loss_noise_1", "loss_noise_2"}  # of 1000 steps the first 358
    assert not any("loss_noise_1" in line for line in log[3:])
    alone = job(variant, tmp_path / "alone", steps=3, experts=("high_noise",), weight_decay=0.0)
    run(alone, monkeypatch)
    assert all(name.startswith("high_noise/") for name in weights(alone, 3))


@pytest.mark.parametrize("variant", FEW)
def test_the_adapter_fused_by_the_engine_is_the_adapter_that_was_trained(
    variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    work = job(variant, tmp_path, learning_rate=0.05)
    run(work, monkeypatch)
    checkpoint, known = tmp_path / "checkpoint-6", VARIANTS[variant]
    (checkpoint / "adapter.json").write_text(describe(work))
    places = {expert.name: expert.attribute for expert in known.experts}
    base, fused, injected = (pipeline(variant) for _ in range(3))
    put_on(fused, known, checkpoint)
    make_trainable(injected, known, places, "lora", work.rank, 0)
    features = encode(base, known, load_sample(rows(variant)[0], known), 4096)
    for pipe in (base, fused):
        pipe.scheduler.set_timesteps(1000, training=True)
    for name, place in places.items():
        load_weights(getattr(injected, place), checkpoint / f"{name}.safetensors")
        with torch.no_grad():
            losses = [
                float(flow_loss(pipe, known, getattr(pipe, place), features, Draw(500, 1), {}))
                for pipe in (base, fused, injected)
            ]
        assert abs(losses[1] - losses[2]) < 1e-4 * losses[2]
        assert abs(losses[0] - losses[2]) > 1e-3 * losses[2]


def test_all_of_a_model_can_be_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = job("qwen-image-edit", tmp_path, tuner="full", learning_rate=1e-3)
    log = run(work, monkeypatch)
    names = {name.partition("/")[2] for name in weights(work)}
    assert names == {name for name, _ in pipeline("qwen-image-edit").dit.named_parameters()}
    assert len([line for line in log if "loss" in line]) == 6


def test_a_loss_that_is_no_number_keeps_the_last_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = job("qwen-image-edit", tmp_path, learning_rate=1e30, warmup=0, save_steps=1, max_grad_norm=1e30)
    with pytest.raises(FloatingPointError, match="lower --learning-rate"):
        run(work, monkeypatch)
    kept = complete_checkpoints(tmp_path)
    assert kept
    assert all(int(path.name.rpartition("-")[2]) < 6 for path in kept)


def test_samples_of_a_batch_share_one_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean loss of two updates of one sample, at a rate of nearly nothing, is that of one update of both."""
    one = run(job("qwen-image-edit", tmp_path / "one", steps=2, learning_rate=1e-12), monkeypatch)
    two = run(job("qwen-image-edit", tmp_path / "two", steps=1, batch_size=2, learning_rate=1e-12), monkeypatch)
    alone = [line["loss"] for line in one if "loss" in line]
    (both,) = [line["loss"] for line in two if "loss" in line]
    assert both == pytest.approx(sum(alone) / 2, rel=1e-6)
    assert abs(alone[0] - alone[1]) > 1e-3


def test_a_job_is_what_was_written(tmp_path: Path) -> None:
    work = job("wan2.2-i2v-a14b", tmp_path, judging=judging(), cache=tmp_path, resume_from=tmp_path / "checkpoint-1")
    write_job(work, tmp_path / "job.json")
    assert read_job(tmp_path / "job.json", Job) == work
