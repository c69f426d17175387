"""The training: both stages learn, a stopped one equals an undisturbed one, two processes equal one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from latents import FAMILIES, dataset, job, judging
from latents import half as half  # a fixture
from latents import one_thread as one_thread  # a fixture
from stopping import StopAfter
from two_processes import in_two_processes
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.launch import TRAIN_LOG
from vtb.engine.training_job import write_job
from vtb.latent.engine import train
from vtb.latent.job import Job
from vtb_train_vlm.tiny_model import Family

pytestmark = pytest.mark.engine


def trained(
    work: Job, monkeypatch: pytest.MonkeyPatch, looks: int = 10_000
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The weights of the last checkpoint, and the log."""
    from safetensors.torch import load_file

    log = work.output_dir / "log.jsonl"
    work.output_dir.mkdir(exist_ok=True)
    monkeypatch.setenv(TRAIN_LOG, str(log))
    train(work, StopAfter(looks))
    checkpoint = newest_complete_checkpoint(work.output_dir)
    assert checkpoint is not None
    return load_file(checkpoint / "trained.safetensors"), [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("tuner", "stage"), [("lora", 1), ("full", 1), ("lora", 2)])
def test_a_few_rows_are_learned(
    family: Family, tuner: str, stage: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = job(family, tmp_path / "out", tuner=tuner, stage=stage, steps=40, batch_size=4, judging=judging())
    _, log = trained(work, monkeypatch)
    found = [row for row in log if "loss" in row]
    names = ("loss_words", "loss_latents") if stage == 1 else ("loss_words",)
    for name in names:
        assert sum(row[name] for row in found[-5:]) < 0.5 * sum(row[name] for row in found[:5])
    ends = [row for row in log if "eval_loss" in row]
    assert ends[-1]["eval_loss"] < 0.5 * ends[0]["eval_loss"]


def test_the_second_stage_goes_on_from_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a whole model that the first stage leaves behind."""
    from vtb.latent.export import write_model

    first = job("qwen2_5_vl", tmp_path / "one", tuner="full", steps=30, batch_size=4)
    trained(first, monkeypatch)
    checkpoint = newest_complete_checkpoint(first.output_dir)
    assert checkpoint is not None
    write_model(first, checkpoint, tmp_path / "model")
    second = job("qwen2_5_vl", tmp_path / "two", tuner="full", stage=2, steps=30, batch_size=4)
    anew = [row["loss_words"] for row in trained(second, monkeypatch)[1] if "loss_words" in row]
    goes_on = Job(**{name: getattr(second, name) for name in second.__struct_fields__} | {
        "model": tmp_path / "model", "output_dir": tmp_path / "three"
    })  # fmt: skip
    found = [row["loss_words"] for row in trained(goes_on, monkeypatch)[1] if "loss_words" in row]
    assert found[0] < 0.5 * anew[0]  # what the first stage taught is there
    assert found[-1] < found[0]


@pytest.mark.parametrize(("stop", "tau"), [(1, 1.0), (3, 0.9), (5, 0.9)])
def test_stopped_and_continued_equals_undisturbed(
    stop: int, tau: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    work = job("qwen3_vl", tmp_path / "whole", teacher_decay=tau, grad_accum=2, judging=judging(2))
    undisturbed, _ = trained(work, monkeypatch)
    parts = structs.replace(work, output_dir=tmp_path / "parts")
    trained(parts, monkeypatch, looks=stop)
    resumed = structs.replace(parts, resume_from=newest_complete_checkpoint(parts.output_dir))
    assert resumed.resume_from is not None
    assert resumed.resume_from.name == f"checkpoint-{stop}"
    again, _ = trained(resumed, monkeypatch)
    assert all(torch.equal(weight, again[name]) for name, weight in undisturbed.items())


def test_what_latents_are_taught_and_what_it_weighs_are_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: dict[str, dict[str, Any]] = {
        "plain": {}, "pooled": {"selection": "pooled"}, "few": {"coverage": 0.1, "selection_temperature": 0.02},
        "weighed": {"word_weight": 0.5, "latent_weight": 2.0},
    }  # fmt: skip
    first = {}
    for name, more in ways.items():
        work = job("qwen2_5_vl", tmp_path / name, steps=1, batch_size=1, **more)
        first[name] = next(row for row in trained(work, monkeypatch)[1] if "loss_words" in row)
    assert len({round(row["loss_latents"], 5) for row in first.values()}) == 3
    assert "similarity_4" in first["plain"].keys() & first["pooled"].keys()
    assert "similarity_2" not in first["few"]
    weighed = first["weighed"]
    assert weighed["loss"] == pytest.approx(0.5 * weighed["loss_words"] + 2 * weighed["loss_latents"], abs=1e-5)


def test_two_processes_learn_what_one_learns_of_twice_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of equal length in words, so that the mean over a batch is the mean of the means."""
    import torch
    from safetensors.torch import load_file

    lines = (dataset() / "train.jsonl").read_text().splitlines()
    folder = tmp_path / "data"
    folder.mkdir()
    for path in dataset().glob("*.png"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "train.jsonl").write_text("\n".join(lines[:1] * 4))
    (folder / "val.jsonl").write_text("\n".join(lines[:1] * 3))  # no multiple of two
    one = job("qwen2_5_vl", tmp_path / "one", dataset=folder, steps=3, batch_size=2, judging=judging(2))
    alone, _ = trained(one, monkeypatch)
    two = job("qwen2_5_vl", tmp_path / "two", dataset=folder, steps=3, batch_size=1, judging=judging(2))
    two.output_dir.mkdir()
    write_job(two, tmp_path / "job.json")
    in_two_processes("vtb.latent.engine", tmp_path / "job.json")
    checkpoint = newest_complete_checkpoint(two.output_dir)
    assert checkpoint is not None
    both = load_file(checkpoint / "trained.safetensors")
    assert all(torch.allclose(weight, both[name], atol=1e-4) for name, weight in alone.items())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("tuner", "stage"), [("full", 1), ("lora", 1), ("full", 2)])
def test_small_updates_are_not_lost_in_half_precision(
    family: Family, tuner: str, stage: int, half: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU: frozen weights and the computation in bfloat16, trained ones in float32, with checkpointing."""
    import torch

    work = job(
        family, tmp_path / "out", tuner=tuner, stage=stage, steps=2, learning_rate=1e-6, weight_decay=0.0,
        gradient_checkpointing=True, judging=judging(),
    )  # fmt: skip
    after, log = trained(work, monkeypatch)
    before, _ = trained(structs.replace(work, output_dir=tmp_path / "still", learning_rate=0.0), monkeypatch)
    assert {weight.dtype for weight in after.values()} == {torch.float32}
    moved = [name for name, weight in after.items() if "layers" in name and not torch.equal(weight, before[name])]
    assert moved
    assert all(float((after[name] - before[name]).abs().max()) < 1e-5 for name in moved)
    assert all(row["loss"] > 0 for row in log if "loss" in row)


def test_a_job_survives_its_file(tmp_path: Path) -> None:
    from vtb.engine.training_job import read_job

    work = job("qwen3_vl", tmp_path, judging=judging())
    write_job(work, tmp_path / "job.json")
    assert read_job(tmp_path / "job.json", Job) == work
