"""Whole trainings in two processes and half precision, as on two GPUs: stopped and continued, they end where others do.

Weights of half precision take ways through the optimizer, and what exchanges gradients, that float32 does not take.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

import drawing
import geometries
from two_processes import in_two_processes
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.training_job import TrainingJob, write_job

pytestmark = pytest.mark.engine
HALF = Path(__file__).parents[2] / "half_engine.py"


def train(module: str, job: TrainingJob) -> Path:
    """In two processes; the checkpoint that they leave."""
    job.output_dir.mkdir(exist_ok=True)
    write_job(job, job.output_dir / "job.json")
    in_two_processes(HALF, module, job.output_dir / "job.json")
    checkpoint = newest_complete_checkpoint(job.output_dir)
    assert checkpoint is not None
    return checkpoint


@pytest.mark.parametrize("what", ["drawing", "geometry"])
def test_a_training_goes_on_where_it_was(what: str, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    work: TrainingJob
    if what == "drawing":
        module = "vtb.diffusion.engine"
        work = drawing.job("qwen-image-edit-2511", tmp_path / "whole", tuner="full", steps=3, save_steps=2)
    else:
        module = "vtb.geometry.engine"
        work = geometries.job(tmp_path / "whole", offload=True, grad_accum=2, max_steps=3, save_steps=2)
    last = train(module, work)
    assert last.name == "checkpoint-3"
    second = last.with_name("checkpoint-2")
    resumed = train(module, structs.replace(work, output_dir=tmp_path / "on", resume_from=second))
    names = sorted(path.name for path in last.glob("*.safetensors"))
    assert names
    for name in names:
        before, whole, again = (load_file(place / name) for place in (second, last, resumed))
        assert {weight.dtype for weight in whole.values()} == {torch.bfloat16}
        assert all(torch.equal(weight, again[key]) for key, weight in whole.items())
        assert any(not torch.equal(weight, before[key]) for key, weight in whole.items())
