"""The stage's side of a training by reward: what its job has beside others, and what becomes of the last checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.diffusion import artifact
from vtb.diffusion.grpo_job import GrpoJob
from vtb.diffusion.grpo_options import RewardedOptions
from vtb.diffusion.training import Way
from vtb.engine.curves import Panel, read_figures
from vtb.engine.launch import train_log
from vtb.engine.own_artifact import Harvest, Rows
from vtb.errors import QualityGate

log = logging.getLogger("vtb.train")
# The options that a job has by the same names, beside those of every training.
SAME = ("generations", "rollout_steps", "noise_level", "window", "iterations", "clip_range", "beta", "reward")
_FIGURES = ("reward", "kl", "alike", "clipped", "eval_")  # of the manifest, by how their names begin


def own(options: RewardedOptions) -> dict[str, Any]:
    """What the job has beside that of every training."""
    return {**{name: getattr(options, name) for name in SAME}, "weights": options.weights()}


def weights(job: GrpoJob, checkpoint: Path, place: Path) -> dict[str, Any]:
    """The trained weights.

    Raises:
        QualityGate: in no group was a drawing worth more than another, so that nothing was learned.
    """
    rows = [row for row in read_figures(train_log(job.output_dir)) if "alike" in row]
    if rows and all(row["alike"] == 1 for row in rows):
        raise QualityGate(
            "no drawing of any puzzle was worth more than another, so that there was nothing to learn: start from a "
            "model that solves some puzzles, pay for wrong ones that are near (--reward-weights near=0.5), or raise "
            "--generations or --noise-level"
        )
    return artifact.weights(job, checkpoint, place)


def curves(rows: Rows) -> Mapping[str, Sequence[Panel]]:
    """The reward and its parts, what there is to learn from, and how far the model has gone."""
    parts = {name: name.removeprefix("reward_") for row in rows for name in row if name.startswith("reward_")}
    parts.pop("reward_std", None)
    panels = [
        Panel("reward", {"reward": "mean", "reward_std": "deviation in a group", "eval_reward": "held-out puzzles"}),
        Panel("parts of the reward", parts),
        Panel("groups without a difference", {"alike": "share"}),
        Panel("distance to the model before", {"kl": "KL of a step"}),
        Panel("steps beyond the clip range", {"clipped": "share"}),
        artifact.SOLVED,
    ]
    return {"curves.png": panels if any("eval_solved" in row for row in rows) else panels[:-1]}


def figures(rows: Rows) -> dict[str, float]:
    """First and last of each figure of the log that says how training went."""
    names = dict.fromkeys(name for row in rows for name in row if name.startswith(_FIGURES))
    found: dict[str, float] = {}
    for name in names:
        values, told = [row[name] for row in rows if name in row], name.replace("eval_solved", "solved")  # as of sft
        found |= {f"{told}_first": values[0], f"{told}_last": values[-1]}
    if "reward_first" in found:
        log.info("reward %.3f at the first step, %.3f at the last", found["reward_first"], found["reward_last"])
    return found


_HARVEST = Harvest(weights, curves, figures)
BY_REWARD = Way("vtb.diffusion.grpo_engine", GrpoJob, own, _HARVEST, lambda options: options.beta > 0)
