"""From the engine's work folder to the artifact: weights, what they are for, log, curves, strips of pictures."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

from vtb.artifact import Manifest
from vtb.artifact.output import Output
from vtb.diffusion.adapter import DESCRIPTION, describe
from vtb.diffusion.flow import QUARTERS
from vtb.diffusion.job import Job
from vtb.diffusion.whole_model import write_whole
from vtb.engine.complete import newest_complete_checkpoint
from vtb.engine.curves import Panel, read_figures, read_parts
from vtb.engine.launch import strips_folder, train_log
from vtb.engine.lock import OutputLock
from vtb.engine.proof import training_proof
from vtb.engine.side_files import write_side_files
from vtb.errors import BadInput, QualityGate

log = logging.getLogger("vtb.train")
_PARTS = range(1, QUARTERS + 1)
_PANELS = (
    Panel("loss", {"loss": "training loss"}),
    Panel("loss by noise", {f"loss_noise_{part}": f"quarter {part} from the noisiest" for part in _PARTS}),
    Panel("held-out puzzles solved", {"eval_solved": "by the benchmark's rule", "eval_tolerant": "tolerantly"}),
)  # fmt: skip


def collect(job: Job, output: Output, outcome: dict[str, Any], lock: OutputLock) -> Manifest:
    """Write the artifact.

    Raises:
        BadInput: the engine ended well and left no checkpoint.
        QualityGate: training changed nothing.
        TryAgain: another run has taken the output over.
    """
    checkpoint = newest_complete_checkpoint(job.output_dir)
    if checkpoint is None:
        raise BadInput("training ended without a checkpoint: is the disk full?")
    place = job.output_dir / "artifact"
    proof = _weights(job, checkpoint, place)
    rows = read_figures(train_log(job.output_dir))
    judged = any("eval_solved" in row for row in rows)
    write_side_files(rows, {"curves.png": _PANELS if judged else _PANELS[:2]}, place)
    strips = strips_folder(job.output_dir)
    if strips.is_dir():
        shutil.copytree(strips, place / "strips")
    lock.check()
    files = output.put_folder(place)
    metrics = {**proof, **figures(rows), "steps": outcome["step"]}
    lock.check()
    return output.commit([], files, metrics, {"parts": read_parts(train_log(job.output_dir))})


def _weights(job: Job, checkpoint: Path, place: Path) -> dict[str, Any]:
    """The trained weights; figures that show that they changed, which an end in good order does not."""
    place.mkdir()
    if job.tuner == "full":
        return write_whole(job, checkpoint, place)
    for expert in job.experts:
        shutil.copy(checkpoint / f"{expert}.safetensors", place)
    (place / DESCRIPTION).write_text(describe(job), encoding="utf-8")
    proof = training_proof(job.model, place)
    if proof["lora_b_max"] == 0:
        raise QualityGate("training changed nothing: is --learning-rate 0, or the loss constant?")
    return dict(proof)


def figures(rows: list[dict[str, Any]]) -> dict[str, float]:
    """First and last logged loss, and what was solved at the start and at the end."""
    losses = [row["loss"] for row in rows if "loss" in row]
    solved = [row["eval_solved"] for row in rows if "eval_solved" in row]
    found = {"loss_first": losses[0], "loss_last": losses[-1]} if losses else {}
    if losses:
        log.info("loss %.3f at the first step, %.3f at the last", losses[0], losses[-1])
    if solved:
        log.info("held-out puzzles solved: %.0f %% at the start, %.0f %% at the end", 100 * solved[0], 100 * solved[-1])
        found |= {"solved_first": solved[0], "solved_last": solved[-1]}
    return found
