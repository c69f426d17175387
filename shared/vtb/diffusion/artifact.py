"""What a training of a model that draws leaves behind: weights, what they are for, curves."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.diffusion.adapter import DESCRIPTION, describe
from vtb.diffusion.flow import QUARTERS
from vtb.diffusion.job import Job
from vtb.diffusion.whole_model import write_whole
from vtb.engine.curves import Panel
from vtb.engine.own_artifact import Harvest, Rows
from vtb.engine.proof import training_proof
from vtb.errors import QualityGate

log = logging.getLogger("vtb.train")
_PARTS = range(1, QUARTERS + 1)
SOLVED = Panel("held-out puzzles solved", {"eval_solved": "by the benchmark's rule", "eval_tolerant": "tolerantly"})
_PANELS = (
    Panel("loss", {"loss": "training loss"}),
    Panel("loss by noise", {f"loss_noise_{part}": f"quarter {part} from the noisiest" for part in _PARTS}),
    SOLVED,
)


def curves(rows: Rows) -> Mapping[str, Sequence[Panel]]:
    """The panels of the figure."""
    judged = any("eval_solved" in row for row in rows)
    return {"curves.png": _PANELS if judged else _PANELS[:2]}


def weights(job: Job, checkpoint: Path, place: Path) -> dict[str, Any]:
    """The trained weights; figures that show that they changed, which an end in good order does not.

    Raises:
        QualityGate: they did not.
    """
    if job.tuner == "full":
        return write_whole(job, checkpoint, place)
    for expert in job.experts:
        shutil.copy(checkpoint / f"{expert}.safetensors", place)
    (place / DESCRIPTION).write_text(describe(job), encoding="utf-8")
    proof = training_proof(job.model, place)
    if proof["lora_b_max"] == 0:
        raise QualityGate("training changed nothing: is --learning-rate 0, or the loss constant?")
    return dict(proof)


def figures(rows: Rows) -> dict[str, float]:
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


HARVEST = Harvest(weights, curves, figures)
