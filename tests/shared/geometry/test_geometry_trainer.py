"""The training: it learns, each part at its rate; a stopped one equals an undisturbed one; what it leaves answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from geometries import job, loaded, rows
from latents import half as half  # a fixture
from latents import one_thread as one_thread  # a fixture
from latents import tiny
from stopping import StopAfter
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.launch import TRAIN_LOG
from vtb.engine.training_job import Judging, read_job, write_job
from vtb.errors import UsageProblem
from vtb.geometry.engine import train
from vtb.geometry.export import write_model
from vtb.geometry.job import Geometry, Job
from vtb.geometry.trained import groups_of, make_trainable
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


@pytest.mark.parametrize(
    ("geometry", "family", "more"),
    [("select", "qwen2_5_vl", {}), ("concat", "qwen2_5_vl", {"tuner": "lora"}),
     ("none", "qwen2_5_vl", {"encoder": None}), ("select", "qwen3_vl", {})],
)  # fmt: skip
def test_a_few_rows_are_learned(
    geometry: Geometry, family: Family, more: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the model that is left behind says the answers, and learns on from there."""
    import torch

    from vtb.engine.vision_language import load_vision_language
    from vtb.geometry.known import make_known
    from vtb.geometry.sequences import Sequencer

    judging = Judging(every=1000, count=3, max_new_tokens=4)
    how = {"geometry": geometry, "model": tiny(family), "judging": judging, **more}
    work = job(tmp_path / "out", max_steps=30, **how)
    _, log = trained(work, monkeypatch)
    found = [row for row in log if "grad_norm" in row]
    assert sum(row["loss"] for row in found[-5:]) < 0.2 * sum(row["loss"] for row in found[:5])
    ends = [row["eval_loss"] for row in log if "eval_loss" in row]
    assert ends[-1] < 0.2 * ends[0]
    (packed,) = [row for row in log if "packs" in row]
    assert 0.5 < packed["packing_efficiency"] <= 1
    assert packed["packs"] < packed["rows"] == len(rows())
    checkpoint = newest_complete_checkpoint(work.output_dir)
    assert checkpoint is not None
    proof = write_model(work, checkpoint, tmp_path / "model")
    assert proof["weights_changed"] == proof["weights_total"] > 10
    goes_on = structs.replace(work, model=tmp_path / "model", encoder=None, output_dir=tmp_path / "on", max_steps=1)
    again = [row["eval_loss"] for row in trained(goes_on, monkeypatch)[1] if "eval_loss" in row]
    assert again[0] == pytest.approx(ends[-1], rel=1e-3)  # what was learned is there
    make_known(tmp_path / "model")
    model = load_vision_language(tmp_path / "model", None, torch.float32).eval()
    _, old = loaded(geometry, family)
    inputs = Sequencer(old.processor, geometry, 5, old._positions, 4096, 1 << 20).prompts([rows()[2]])
    said = model.generate(**inputs, max_new_tokens=12, do_sample=False, temperature=None, top_p=None, top_k=None)
    text = old.processor.decode(said[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    assert text == rows()[2].answer


def test_stopped_and_continued_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    stop = 3

    work = job(tmp_path / "whole", grad_accum=2, schedule="cosine", tune_vision=True)
    undisturbed, _ = trained(work, monkeypatch)
    parts = structs.replace(work, output_dir=tmp_path / "parts")
    trained(parts, monkeypatch, looks=stop)
    resumed = structs.replace(parts, resume_from=newest_complete_checkpoint(parts.output_dir))
    assert resumed.resume_from is not None
    assert resumed.resume_from.name == f"checkpoint-{stop}"
    again, log = trained(resumed, monkeypatch)
    assert undisturbed.keys() == again.keys()
    assert all(torch.equal(weight, again[name]) for name, weight in undisturbed.items())
    assert len([row for row in log if "packs" in row]) == 1


def test_every_part_moves_at_its_own_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AdamW's first step is the rate, whatever the gradient."""
    rates = {"learning_rate": 1e-4, "merger_rate": 3e-4, "vision_rate": 5e-4, "tune_vision": True}
    work = job(tmp_path / "out", max_steps=1, weight_decay=0.0, **rates)
    after, _ = trained(work, monkeypatch)
    still = structs.replace(
        work, output_dir=tmp_path / "still", learning_rate=0.0, merger_rate=0.0, vision_rate=0.0, tune_vision=True
    )
    before, _ = trained(still, monkeypatch)
    moved = {name: float((weight - before[name]).abs().max()) for name, weight in after.items()}
    for name, wanted in {
        "model.language_model.layers.1.mlp.up_proj.weight": 1e-4, "lm_head.weight": 1e-4,
        "model.visual.merger.mlp.0.weight": 3e-4, "geometry.selector.o_proj.weight": 3e-4, "geometry.queries": 3e-4,
        "geometry.spatial_merger.mlp.2.weight": 3e-4, "model.visual.blocks.1.attn.qkv.weight": 5e-4,
    }.items():  # fmt: skip
        assert moved[name] == pytest.approx(wanted, rel=0.02), name
    assert not any(name.startswith("geometry.encoder") for name in after)


def test_biases_and_norms_do_not_decay(tmp_path: Path) -> None:
    model, _ = loaded("select")
    groups = groups_of(make_trainable(model, job(tmp_path, tune_vision=True)), job(tmp_path))
    for group in groups:
        assert group["weight_decay"] == (0.01 if group["params"][0].ndim > 1 else 0.0)
        assert len({weight.ndim > 1 for weight in group["params"]}) == 1
    wanted = {id(weight) for weight in model.parameters() if weight.requires_grad}
    assert {id(weight) for group in groups for weight in group["params"]} == wanted


def test_small_updates_are_not_lost_in_half_precision(
    half: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU: frozen weights and the computation in bfloat16, trained ones in float32, with checkpointing."""
    import torch

    work = job(
        tmp_path / "out", max_steps=1, learning_rate=1e-6, merger_rate=1e-6, weight_decay=0.0,
        gradient_checkpointing=True, judging=Judging(every=9, count=3, max_new_tokens=3),
    )  # fmt: skip
    after, log = trained(work, monkeypatch)
    assert {weight.dtype for weight in after.values()} == {torch.float32}
    still = structs.replace(work, output_dir=tmp_path / "still", learning_rate=0.0, merger_rate=0.0)
    before, _ = trained(still, monkeypatch)
    for part in ("language_model.layers.0", "visual.merger", "geometry.selector", "geometry.reader"):
        moved = [float((after[name] - before[name]).abs().max()) for name in after if part in name]
        assert 0 < max(moved) < 1e-5
    assert all(row["loss"] > 0 for row in log if "loss" in row)


def test_offloaded_training_keeps_bfloat16_alone_and_learns_as_finely(
    half: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps of 1e-6, which bfloat16 cannot hold, add up in the optimizer's float32; stopped equals undisturbed."""
    import torch

    work = job(tmp_path / "whole", offload=True, learning_rate=1e-6, merger_rate=1e-6, weight_decay=0.0)
    whole, log = trained(work, monkeypatch)
    assert {weight.dtype for weight in whole.values()} == {torch.bfloat16}
    assert all(row["loss"] > 0 for row in log if "loss" in row)
    parts = structs.replace(work, output_dir=tmp_path / "parts")
    trained(parts, monkeypatch, looks=1)  # of those that follow, one has media
    first = newest_complete_checkpoint(parts.output_dir)
    assert first is not None
    early = precise(first)
    again, _ = trained(structs.replace(parts, resume_from=first), monkeypatch)
    ends = [precise(place) for place in map(newest_complete_checkpoint, (work.output_dir, parts.output_dir)) if place]
    assert all(torch.equal(weight, again[name]) for name, weight in whole.items())
    assert all(torch.equal(one, other) for one, other in zip(*ends, strict=True))
    moved = [float((one - other).abs().max()) for one, other in zip(early, ends[0], strict=True)]
    assert max(moved) < 1e-5
    assert sum(most > 1e-7 for most in moved) > 0.8 * len(moved), sorted(moved)


def precise(checkpoint: Path) -> list[Any]:
    """The weights in float32."""
    import torch

    state = torch.load(checkpoint / "optimizer.pt", weights_only=True)["state"]
    return [state[number]["precise"] for number in sorted(state)]


def test_deepspeed_by_the_back_door_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file would set the rates of the parts and the schedule aside, as in the released recipe, without a word."""
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")
    with pytest.raises(UsageProblem, match="this training knows no DeepSpeed: unset it"):
        train(job(tmp_path / "out"), StopAfter(9))


def test_a_job_survives_its_file(tmp_path: Path) -> None:
    work = job(tmp_path, judging=Judging(every=1, count=2, max_new_tokens=3))
    write_job(work, tmp_path / "job.json")
    assert read_job(tmp_path / "job.json", Job) == work
