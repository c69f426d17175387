"""A run stopped at any step and continued ends as one that nothing disturbed: to the last bit, on a CPU in fp32."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from stages.train_vlm.engine_runs import train
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.curves import read_figures, read_parts
from vtb.engine.launch import stop_file, train_log
from vtb.engine.train import already_done
from vtb_train_vlm.job import Job

pytestmark = pytest.mark.engine
STEPS = 6
STOPPER = ("--external_plugins", str(Path(__file__).parent / "stop_at.py"), "--callbacks", "stop_at")
# Eight rows: two epochs are begun, checkpoints and validations fall on their ends and between them.
SHAPES = {
    "plain": {"batch_size": 2, "save_steps": 2},
    "accumulated": {"batch_size": 1, "grad_accum": 3, "save_steps": 4},
}


def _end(folder: Path) -> tuple[bytes, list[dict[str, Any]]]:
    """The last weights and the figures of each step."""
    newest = newest_complete_checkpoint(folder)
    assert newest is not None
    assert newest.name == f"checkpoint-{STEPS}"
    return (newest / "adapter_model.safetensors").read_bytes(), read_figures(train_log(folder))


def _train(job: Job, stop_at: int | None = None) -> None:
    """To the end, or until asked to stop while it makes a step; the end must be orderly."""
    with patch.dict(os.environ, STOP_AT=str(stop_at)):
        done = train(replace(job, engine_args=STOPPER) if stop_at else job)
    assert done.code == 0, done.lines[-50:]


def _continue(job: Job, folder: Path) -> None:
    """What the stage does after a stop: the newest checkpoint and the log go to a fresh folder."""
    newest = newest_complete_checkpoint(job.output_dir)
    assert newest is not None
    folder.mkdir()
    shutil.copytree(newest, folder / newest.name)
    shutil.copy(train_log(job.output_dir), train_log(folder))
    if not already_done(folder / newest.name):
        _train(replace(job, output_dir=folder, resume_from=folder / newest.name))


@pytest.mark.parametrize("shape", SHAPES)
def test_stopped_at_every_step(job: Job, tmp_path: Path, shape: str) -> None:
    short = replace(job, max_steps=STEPS, val_file="train.jsonl", **SHAPES[shape])  # type: ignore[arg-type]
    whole = replace(short, output_dir=tmp_path / "whole")
    _train(whole)
    wanted = _end(whole.output_dir)
    assert len(wanted[1]) == STEPS
    for step in range(1, STEPS + 1):
        stopped = replace(short, output_dir=tmp_path / f"stopped-{step}")
        _train(stopped, stop_at=step)
        newest = newest_complete_checkpoint(stopped.output_dir)
        assert newest is not None
        assert newest.name == f"checkpoint-{step}"
        assert stop_file(stopped.output_dir).exists()
        _continue(stopped, tmp_path / f"continued-{step}")
        assert _end(tmp_path / f"continued-{step}") == wanted, step
        parts = [part["from_step"] for part in read_parts(train_log(tmp_path / f"continued-{step}"))]
        assert parts == ([0, step] if step < STEPS else [0])


def test_weights_do_not_depend_on_when_checkpoints_are_made(job: Job, tmp_path: Path) -> None:
    """Nor on the validation that goes with each."""
    short = replace(job, max_steps=STEPS, batch_size=2, val_file="train.jsonl")
    for every in (1, 5):
        _train(replace(short, save_steps=every, output_dir=tmp_path / str(every)))
    assert _end(tmp_path / "1")[0] == _end(tmp_path / "5")[0]
